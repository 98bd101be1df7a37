//! Promises to whoever upgrades: what an earlier version wrote goes on to work.

use crate::support::{CHALLENGE, Official, TestApp, TestClient, VERIFIER};
use motlan::base::digest::{hex, sha256};
use motlan::base::id::{PersonId, SignOnId};
use motlan::model::client::{AuthMethod, Client};
use motlan::service::Origin;
use motlan::service::clients::register;
use motlan::service::provisioning::person_import::{self, Outcome, Request};
use motlan::store::{logout_deliveries, persons};

const SECRET: &str = "a-secret-from-before";
const REFRESH_TOKEN: &str = "a-refresh-token-from-before";
const PERSON: &str = "01a20288-a541-7b39-8324-bda117545fd3";
const SIGN_ON: &str = "01a20288-0000-7000-8000-000000000001";
/// argon2id of "mật khẩu rất dài 1", small.
const HASH: &str = include_str!("installed/password_hash.txt");

/// The rows of before, in an engine's own way to write bytes.
fn rows(shared: bool) -> String {
    let bytes = |text: &str| {
        let digits = hex(&sha256(text.as_bytes()));
        if shared { format!("'\\x{digits}'") } else { format!("x'{digits}'") }
    };
    include_str!("installed/before_stricter_records.sql")
        .replace("{secret}", &bytes(SECRET))
        .replace("{cookie}", &bytes(VERIFIER))
        .replace("{code}", &bytes("a-code-from-before"))
        .replace("{refresh}", &bytes(REFRESH_TOKEN))
        .replace("{hash}", HASH.trim())
}

fn client() -> TestClient {
    let address = "https://tthc.example/callback";
    TestClient::known("tthc", SECRET, address, AuthMethod::ClientSecretBasic)
}

fn official() -> Official {
    Official {
        id: PersonId(PERSON.to_owned()),
        username: "cu.nv".to_owned(),
        password: "mật khẩu rất dài 1".to_owned(),
        positions: Vec::new(),
    }
}

#[tokio::test]
async fn people_clients_and_tokens_of_an_installed_database_go_on() {
    let app = TestApp::upgraded_from(3, rows).await;
    let (client, official) = (client(), official());

    // The sign-on of before enters without a question.
    let mut browser = app.browser();
    browser.cookies.insert("__Host-motlan_sign_on".to_owned(), VERIFIER.to_owned());
    let answer = browser.get(&app.authorize_path(&client, &[("code_challenge", CHALLENGE), ("prompt", "none")])).await;
    let code = answer.param("code").unwrap_or_else(|| panic!("{} {:?} {}", answer.status, answer.headers, answer.body));
    let tokens = app.redeem(&client, &code).await.json();
    assert_eq!(app.claims(tokens["id_token"].as_str().expect("an ID Token"))["sub"], "sub-from-before");

    // The refresh token of before is taken, and the newest facts are told.
    let fields = [("grant_type", "refresh_token"), ("refresh_token", REFRESH_TOKEN)];
    let refreshed = app.token(&client, &fields).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
    let refreshed = refreshed.json();
    let told = app.userinfo(refreshed["access_token"].as_str().expect("an access token")).await.json();
    assert_eq!((&told["sub"], &told["name"]), (&"sub-from-before".into(), &"Nguyễn Văn Cũ".into()));

    // The password of before opens a new one.
    let tokens = app.tokens(&client, &official, &[]).await;
    assert_eq!(app.claims(tokens["id_token"].as_str().expect("an ID Token"))["sub"], "sub-from-before");
}

#[tokio::test]
async fn records_of_an_installed_database_can_be_changed() {
    let app = TestApp::upgraded_from(3, rows).await;
    let services = app.services();

    let change = |client: &mut Client| {
        client.settings.roles.push("chuyen_vien".to_owned());
        Ok(())
    };
    register::change(services, "tthc", "os:test", change).await.expect("changed");
    let changed = register::find(services, "tthc").await.expect("an answer").expect("the client");
    assert_eq!((changed.name.as_str(), changed.settings.roles.as_slice()), ("Một cửa", ["chuyen_vien".to_owned()].as_slice()));

    let origin = Origin::command_line();
    let request = Request { accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let file = "username,full_name,date_of_birth,email,phone\ncu.nv,Nguyễn Văn Cũ,1980-02-03,moi@vi-du.vn,0900000001\n";
    let report = person_import::import(services, file.as_bytes(), &request, |_| {}).await.expect("a report");
    assert_eq!((report.outcome, report.persons_new, report.persons_changed), (Outcome::Applied, 0, 1), "{:?}", report.errors);
    let mut conn = services.store.read().await.expect("a connection");
    let person = persons::find(&mut conn, &official().id).await.expect("an answer").expect("the person");
    assert_eq!(person.email.as_deref(), Some("moi@vi-du.vn"));
    drop(conn);

    // What was waiting to be delivered still is.
    app.deliver_logouts().await;
    let mut conn = services.store.read().await.expect("a connection");
    let sign_on = SignOnId(SIGN_ON.to_owned());
    let deliveries = logout_deliveries::list_of_sign_on(&mut conn, &sign_on).await.expect("an answer");
    assert_eq!(deliveries.first().map(|delivery| delivery.attempts), Some(1));
}
