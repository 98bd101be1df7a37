//! Pairwise subjects: a person is another in every sector, and the same within one, wherever a client
//! meets them (OpenID Connect Core §8 and §8.1).

use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use axum::Router;
use http::header::CONTENT_TYPE;
use motlan::model::client::{ClientSettings, SubjectType};
use motlan::service::clients::register;
use motlan::service::old_subjects;
use motlan::service::tokens::introspect::introspect;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const HOME: &str = "https://kin.example/";

fn pairwise(settings: &mut ClientSettings) {
    settings.subject_type = SubjectType::Pairwise;
}

/// Where a client of a sector is answered: on two hosts.
fn addresses(id: &str) -> [String; 2] {
    [format!("https://{id}.example/callback"), format!("https://{id}.other.example/callback")]
}

/// A site whose every document lists the addresses of some clients: the host of a sector.
async fn site_of(ids: &[&str]) -> String {
    let listed: Vec<String> = ids.iter().flat_map(|id| addresses(id)).collect();
    let document = json!(listed).to_string();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router: Router = Router::new().fallback(move || async move { ([(CONTENT_TYPE, "application/json")], document) });
    tokio::spawn(async move { axum::serve(listener, router).await.expect("the site runs") });
    format!("http://{address}")
}

/// A client whose sector is the host of a document.
async fn of_sector(app: &TestApp, id: &str, document: String) -> TestClient {
    app.client(id, |settings| {
        pairwise(settings);
        settings.redirect_uris = addresses(id).to_vec();
        settings.sector_identifier_uri = Some(document);
    })
    .await
}

fn text<'v>(tokens: &'v Value, name: &str) -> &'v str {
    tokens[name].as_str().unwrap_or_else(|| panic!("{name}: {tokens}"))
}

/// What a client calls a person who signs in anew.
async fn sub(app: &TestApp, client: &TestClient, official: &Official) -> String {
    let tokens = app.tokens(client, official, &[]).await;
    text(&app.claims(text(&tokens, "id_token")), "sub").to_owned()
}

async fn redeemed(app: &TestApp, client: &TestClient, answer: &Answer) -> Value {
    let code = answer.param("code").unwrap_or_else(|| panic!("no code: {} {:?}", answer.status, answer.header("location")));
    let answer = app.redeem(client, &code).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// A browser in which somebody is signed on, and their tokens.
async fn signed_on(app: &TestApp, client: &TestClient, official: &Official) -> (Browser, Value) {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, &app.authorize_path(client, &[])).await;
    let tokens = redeemed(app, client, &arrived).await;
    (browser, tokens)
}

#[tokio::test]
async fn a_person_is_another_in_every_sector_and_the_same_within_one() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let open = app.client("open", |_| {}).await;
    let open_too = app.client("open-too", |_| {}).await;
    let first = app.client("first", pairwise).await;
    let second = app.client("second", pairwise).await;
    let beside_first = app
        .client("beside-first", |settings| {
            pairwise(settings);
            settings.redirect_uris = vec!["https://first.example/another/callback".to_owned()];
        })
        .await;
    let site = site_of(&["joined", "joined-too"]).await;
    let joined = of_sector(&app, "joined", format!("{site}/addresses.json")).await;
    let joined_too = of_sector(&app, "joined-too", format!("{site}/others.json")).await;
    let sectors = [vec![&open, &open_too], vec![&first, &beside_first], vec![&second], vec![&joined, &joined_too]];

    let mut all = BTreeSet::new();
    for person in [&kim, &minh] {
        for clients in &sectors {
            let mut within = BTreeSet::new();
            for client in clients {
                within.insert(sub(&app, client, person).await);
            }
            assert_eq!(within.len(), 1, "{} has one name in a sector: {within:?}", person.username);
            all.append(&mut within);
        }
    }

    assert_eq!(all.len(), 2 * sectors.len(), "and another in every other: {all:?}");
    for sub in &all {
        assert!(sub.is_ascii() && (1..=255).contains(&sub.len()), "{sub}");
        assert!(![&kim, &minh].iter().any(|person| sub.contains(person.id.as_str())), "{sub}");
    }
}

#[tokio::test]
async fn a_subject_stays_whatever_changes_around_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = app.client("kin", pairwise).await;
    let before = sub(&app, &client, &kim).await;

    app.advance_seconds(30 * 86_400);
    let later = sub(&app, &client, &kim).await;
    register::change(app.services(), "kin", "os:test", |client| {
        client.name = "Tên khác".to_owned();
        client.settings.redirect_uris.push("https://kin.example/another".to_owned());
        Ok(())
    })
    .await
    .expect("changed");
    let renamed = sub(&app, &client, &kim).await;

    assert_eq!((later.as_str(), renamed.as_str()), (before.as_str(), before.as_str()));
    if let Some(node) = app.second_node().await {
        let services = node.services();
        let kin = services.client("kin").await.expect("an answer").expect("a client");
        let elsewhere = old_subjects::of(services, &kin, &kim.id).await.expect("a subject");
        assert_eq!(elsewhere.sub, before, "on every node");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_first_sign_ins_at_once_give_one_subject() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    app.client("kin", pairwise).await;
    let kin = app.services().client("kin").await.expect("an answer").expect("a client");

    let tries: Vec<_> = (0..32)
        .map(|_| {
            let (services, client, person) = (app.services().clone(), kin.clone(), kim.id.clone());
            tokio::spawn(async move { old_subjects::of(&services, &client, &person).await })
        })
        .collect();
    let mut given = BTreeSet::new();
    for attempt in tries {
        given.insert(attempt.await.expect("a task").expect("a subject").sub.clone());
    }

    assert_eq!(given.len(), 1, "{given:?}");
}

#[tokio::test]
async fn a_client_meets_one_subject_everywhere_and_never_the_public_one() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let open = app.client("open", |_| {}).await;
    let address = receiver.url("/out");
    let client = app
        .client("kin", |settings| {
            pairwise(settings);
            settings.refresh_with_sign_on = true;
            settings.backchannel_logout_uri = Some(address);
        })
        .await;
    let public = sub(&app, &open, &kim).await;

    let (mut browser, tokens) = signed_on(&app, &client, &kim).await;
    let (id_token, access_token) = (text(&tokens, "id_token"), text(&tokens, "access_token"));
    let expected = app.claims(id_token)["sub"].clone();
    let userinfo = app.userinfo(access_token).await.json();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let refreshed = app.token(&client, &fields).await.json();
    let caller = app.services().client("kin").await.expect("an answer").expect("a client");
    let told = introspect(app.services(), &caller, access_token, None).await.expect("an answer");
    let of_refresh = introspect(app.services(), &caller, text(&tokens, "refresh_token"), None).await.expect("an answer");
    let left = browser.get(&format!("/oauth2/logout?id_token_hint={id_token}&post_logout_redirect_uri={HOME}")).await;
    app.deliver_logouts().await;

    assert_eq!((left.status, left.location()), (303, HOME), "the hint signs out");
    let received = receiver.received();
    let logout_token = received.first().and_then(|(_, body)| body.strip_prefix("logout_token=")).expect("a logout token");
    let met = [
        ("access token", app.claims(access_token)["sub"].clone()),
        ("userinfo", userinfo["sub"].clone()),
        ("refreshed ID token", app.claims(text(&refreshed, "id_token"))["sub"].clone()),
        ("refreshed access token", app.claims(text(&refreshed, "access_token"))["sub"].clone()),
        ("introspection", json!(told.sub)),
        ("introspection of the refresh token", json!(of_refresh.sub)),
        ("logout token", app.claims(logout_token)["sub"].clone()),
    ];
    for (place, met) in met {
        assert_eq!(met, expected, "{place}");
    }
    let everything = format!("{tokens} {userinfo} {refreshed} {}", app.claims(logout_token));
    assert!(expected != public.as_str() && !everything.contains(&public), "the public one is never told");
    assert!(!app.claims(id_token).to_string().contains(&public) && !app.claims(access_token).to_string().contains(&public));
}

#[tokio::test]
async fn a_hint_and_a_named_subject_mean_the_person_of_the_sector() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let open = app.client("open", |_| {}).await;
    let site = site_of(&["kin", "chi"]).await;
    let client = of_sector(&app, "kin", format!("{site}/addresses.json")).await;
    let sister = of_sector(&app, "chi", format!("{site}/addresses.json")).await;
    let public = sub(&app, &open, &kim).await;
    let of_sister = text(&app.tokens(&sister, &kim, &[]).await, "id_token").to_owned();
    let of_open = text(&app.tokens(&open, &kim, &[]).await, "id_token").to_owned();
    let of_minh = sub(&app, &client, &minh).await;
    let (mut browser, tokens) = signed_on(&app, &client, &kim).await;
    let (mut of_another, _) = signed_on(&app, &client, &minh).await;
    let hint = text(&tokens, "id_token");
    let own = text(&app.claims(hint), "sub").to_owned();
    let named = |sub: &str| json!({"id_token": {"sub": {"value": sub}}}).to_string();
    let table = [
        ("the hint of this client", "id_token_hint", hint.to_owned(), true),
        ("a hint of the same sector, but of another client", "id_token_hint", of_sister, false),
        ("a hint of another sector", "id_token_hint", of_open, false),
        ("the subject of the sector", "claims", named(&own), true),
        ("the public subject", "claims", named(&public), false),
        ("somebody else of the sector", "claims", named(&of_minh), false),
    ];

    for (case, name, value, fine) in table {
        let silent = app.authorize_path(&client, &[(name, &value), ("prompt", "none")]);
        let answer = browser.get(&silent).await;
        let in_the_wrong_browser = of_another.get(&silent).await;

        if fine {
            let tokens = redeemed(&app, &client, &answer).await;
            assert_eq!(app.claims(text(&tokens, "id_token"))["sub"], own.as_str(), "{case}");
            assert_eq!(in_the_wrong_browser.param("error").as_deref(), Some("login_required"), "{case}");
        } else {
            assert_eq!(answer.param("error").as_deref(), Some("login_required"), "{case}");
            assert_eq!(answer.param("code"), None, "{case}");
        }
    }
}
