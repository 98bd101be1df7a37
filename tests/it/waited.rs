//! Promises about requests that wait for a person: they are small, and they are held against the
//! registration as it is when the person comes back.

use crate::support::{Answer, TestApp};
use motlan::model::client::{Client, ClientSettings, Profile};
use motlan::service::clients::register;

/// The request with so many bytes of names and values.
fn padded(app: &TestApp, path: &str, bytes: usize) -> String {
    let query = path.split_once('?').expect("a query").1;
    let size: usize = url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| name.len() + value.len()).sum();
    let missing = bytes - size - "more".len() - "rest".len();
    let (more, rest) = ("a".repeat(missing / 2), "a".repeat(missing - missing / 2));
    assert!(app.issuer().starts_with("https://"));
    format!("{path}&more={more}&rest={rest}")
}

#[tokio::test]
async fn a_request_of_16_kib_waits_and_a_larger_one_does_not() {
    let app = TestApp::start().await;
    let client = app.client("tthc", |_| {}).await;
    let path = app.authorize_path(&client, &[]);

    let fits = app.browser().get(&padded(&app, &path, 16 * 1024)).await;
    let too_large = app.browser().get(&padded(&app, &path, 16 * 1024 + 1)).await;

    assert!(fits.location().starts_with("/signin?request="), "{}", fits.location());
    assert_eq!((too_large.status, too_large.header("location")), (400, None), "{}", too_large.body);
    assert!(too_large.error_page().is_some());
}

/// Begins a request, takes something from the client, and signs in.
async fn after(take: fn(&mut ClientSettings)) -> Answer {
    let app = TestApp::start().await;
    let official = app.official("kim").await;
    let client = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();
    let began = browser.get(&app.authorize_path(&client, &[("scope", "profile")])).await;
    let change = |client: &mut Client| {
        take(&mut client.settings);
        Ok(())
    };
    register::change(app.services(), "tthc", "os:test", change).await.expect("changed");
    app.sync().await;
    browser.sign_in(&official, began.location()).await
}

#[tokio::test]
async fn what_was_taken_from_a_client_while_a_person_read_a_page_is_not_given() {
    let nothing = after(|_| {}).await;
    assert!(nothing.param("code").is_some(), "nothing was taken");

    let table: [(&str, fn(&mut ClientSettings), &str); 2] = [
        ("the flow", |settings| settings.grant_types = vec!["client_credentials".to_owned()], "unauthorized_client"),
        ("every scope", |settings| settings.scopes = vec!["email".to_owned()], "invalid_scope"),
    ];
    for (what, take, error) in table {
        let answer = after(take).await;
        assert_eq!((answer.param("error").as_deref(), answer.param("code")), (Some(error), None), "{what}: {}", answer.body);
        assert_eq!(answer.param("state").as_deref(), Some("st"), "{what}");
    }
    let address = after(|settings| settings.redirect_uris = vec!["https://tthc.example/other".to_owned()]).await;
    assert!(address.error_page().is_some() && address.header("location").is_none(), "the address: {}", address.body);
}

#[tokio::test]
async fn a_client_whose_answers_are_signed_gets_no_error_in_the_clear() {
    let app = TestApp::start().await;
    let client = app.client_with_key("fapi", |settings| settings.profile = Profile::Fapi2MessageSigning).await;

    let clear = app.browser().get(&app.authorize_path(&client, &[("request", "spoilt")])).await;
    let signed = app.browser().get(&app.authorize_path(&client, &[("request", "spoilt"), ("response_mode", "jwt")])).await;

    assert_eq!((clear.status, clear.header("location")), (400, None), "{}", clear.body);
    assert!(clear.error_page().is_some());
    assert_eq!(signed.param("error"), None);
    let answer = app.claims(&signed.param("response").expect("a signed answer"));
    assert!(answer["error"].is_string() && answer["code"].is_null(), "{answer}");
}
