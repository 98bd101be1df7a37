//! Promises about rich authorization requests (RFC 9396): what is asked in more words than a scope has.

use crate::support::flows::{code_form, code_of, signed_on};
use crate::support::records::{count_of, was_redeemed};
use crate::support::requests::{post, refused_with, text};
use crate::support::resources::{API, add_resource, machine, reaching};
use crate::support::{Answer, Browser, TestApp, TestClient};
use motlan::model::client::ClientSettings;
use serde_json::{Value, json};

const OTHER: &str = "https://api.example/cong-van";

/// One dossier, to read and to sign.
fn one() -> Value {
    json!({ "type": "ho_so", "identifier": "HS-1", "actions": ["doc", "ky"], "locations": [API] })
}

/// Another one.
fn another() -> Value {
    json!({ "type": "ho_so", "identifier": "HS-2" })
}

fn detailed(settings: &mut ClientSettings) {
    reaching(settings);
    settings.resources.push(OTHER.to_owned());
    settings.authorization_details_types = vec!["ho_so".to_owned(), "cong_van".to_owned()];
}

async fn add_apis(app: &TestApp) {
    let ho_so = json!({ "ho_so": { "required": ["identifier"], "optional": ["actions", "locations"] } });
    let document = json!({
        "identifier": API, "name": "Hồ sơ", "scopes": ["ho_so.doc", "ho_so.ghi"], "servers": ["kho"], "details": ho_so,
    });
    add_resource(app, document).await;
    let cong_van = json!({ "cong_van": { "required": [], "optional": ["datatypes", "privileges"] } });
    let mat = json!({ "mat": {} });
    add_resource(app, json!({ "identifier": OTHER, "name": "Công văn", "details": cong_van })).await;
    add_resource(app, json!({ "identifier": "https://api.example/mat", "name": "Mật", "details": mat })).await;
}

/// APIs that understand details, a client that may ask for some of them, and somebody signed on.
async fn scene() -> (TestApp, Browser, TestClient) {
    let app = TestApp::start().await;
    add_apis(&app).await;
    let tthc = app.client("tthc", detailed).await;
    let browser = signed_on(&app, &tthc).await;
    (app, browser, tthc)
}

async fn redeem(app: &TestApp, client: &TestClient, code: &str, details: Option<&Value>) -> Answer {
    let details = details.map(Value::to_string);
    let mut fields = code_form(client, code);
    fields.extend(details.iter().map(|details| ("authorization_details", details.as_str())));
    post(app, client, "/oauth2/token", &fields, &[]).await
}

async fn refresh(app: &TestApp, client: &TestClient, token: &str, details: Option<&Value>) -> Answer {
    let details = details.map(Value::to_string);
    let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    fields.extend(details.iter().map(|details| ("authorization_details", details.as_str())));
    post(app, client, "/oauth2/token", &fields, &[]).await
}

/// Details as the token response and the access token tell them.
fn told(app: &TestApp, tokens: &Value) -> Value {
    let claims = app.claims(text(tokens, "access_token"));
    assert_eq!(tokens.get("authorization_details"), claims.get("authorization_details"), "{tokens}");
    tokens.get("authorization_details").cloned().unwrap_or(Value::Null)
}

/// What a text as parameter is answered with.
async fn asked(app: &TestApp, browser: &mut Browser, client: &TestClient, details: &str) -> Answer {
    browser.get(&app.authorize_path(client, &[("authorization_details", details), ("scope", "openid ho_so.doc")])).await
}

#[tokio::test]
async fn what_was_granted_is_told_to_the_client_and_to_the_api() {
    let (app, mut browser, tthc) = scene().await;
    let kho = app.client("kho", |_| {}).await;
    let details = json!([one(), another()]).to_string();
    let changes = [("scope", "openid ho_so.doc offline_access"), ("authorization_details", details.as_str())];
    let code = code_of(&app, &mut browser, &tthc, &changes).await;
    let tokens = redeem(&app, &tthc, &code, None).await.json();

    let fields = [("token", text(&tokens, "access_token"))];
    let introspected = post(&app, &kho, "/oauth2/introspect", &fields, &[]).await.json();
    let fields = [("token", text(&tokens, "refresh_token"))];
    let to_its_owner = post(&app, &tthc, "/oauth2/introspect", &fields, &[]).await.json();
    let plain = code_of(&app, &mut browser, &tthc, &[]).await;
    let plain = redeem(&app, &tthc, &plain, None).await.json();

    assert_eq!(told(&app, &tokens), json!([one(), another()]));
    assert_eq!(introspected["active"], true);
    assert_eq!(introspected["authorization_details"], json!([one(), another()]));
    assert_eq!(to_its_owner["authorization_details"], json!([one(), another()]));
    assert_eq!(app.claims(text(&tokens, "id_token")).get("authorization_details"), None);
    assert_eq!(told(&app, &plain), Value::Null, "nothing was asked");
}

#[tokio::test]
async fn details_that_are_not_understood_are_refused_with_their_own_error() {
    let (app, mut browser, tthc) = scene().await;
    let with = |name: &str, value: Value| {
        let mut detail = one();
        detail[name] = value;
        json!([detail]).to_string()
    };
    let many: Vec<Value> = (0..21).map(|number| json!({ "type": "ho_so", "identifier": number.to_string() })).collect();
    let table = [
        ("an unknown type", json!([{ "type": "nothing" }]).to_string()),
        ("a type of an API that is not the client's", json!([{ "type": "mat" }]).to_string()),
        ("one of two is unknown", json!([one(), { "type": "nothing" }]).to_string()),
        ("the type in capitals", with("type", json!("HO_SO"))),
        ("no type", json!([{ "identifier": "HS-1" }]).to_string()),
        ("a type that is a number", with("type", json!(1))),
        ("an unknown field", with("amount", json!(1))),
        ("a common field that the type does not have", with("privileges", json!(["admin"]))),
        ("a required field is missing", json!([{ "type": "ho_so" }]).to_string()),
        ("a required field is null", with("identifier", Value::Null)),
        ("a field of the wrong type", with("actions", json!("doc"))),
        ("a list of the wrong type", with("actions", json!([1]))),
        ("an identifier that is a list", with("identifier", json!(["HS-1"]))),
        ("a location that is no address", with("locations", json!(["ho-so"]))),
        ("an object instead of a list", one().to_string()),
        ("a list of text", json!(["ho_so"]).to_string()),
        ("no JSON", "[{".to_owned()),
        ("text", "ho_so".to_owned()),
        ("too many", Value::Array(many).to_string()),
        ("too long", with("identifier", json!("x".repeat(9_000)))),
        ("too deep", format!("[{{\"type\":\"ho_so\",\"identifier\":{}1{}}}]", "[".repeat(20), "]".repeat(20))),
    ];

    for (case, details) in &table {
        let answer = asked(&app, &mut browser, &tthc, details).await;

        let shown = format!("{case}: {:?}", answer.header("location"));
        assert_eq!(answer.param("error").as_deref(), Some("invalid_authorization_details"), "{shown}");
        assert_eq!((answer.param("state").as_deref(), answer.param("code")), (Some("st"), None), "{shown}");
    }
    let elsewhere = asked(&app, &mut browser, &tthc, &with("locations", json!(["https://api.example/mat"]))).await;
    let error = elsewhere.param("error").unwrap_or_default();
    assert!(["invalid_authorization_details", "invalid_target"].contains(&error.as_str()), "{error}");
    assert_eq!(elsewhere.param("code"), None, "a location that the client may not reach");
    let twice = format!("{}&authorization_details=%5B%5D", app.authorize_path(&tthc, &[("authorization_details", "[]")]));
    let twice = browser.get(&twice).await;
    assert_eq!(twice.param("error").as_deref(), Some("invalid_request"), "the parameter comes once");
    let fine = asked(&app, &mut browser, &tthc, &json!([one()]).to_string()).await;
    assert!(fine.param("code").is_some(), "{:?}", fine.header("location"));
}

#[tokio::test]
async fn a_client_asks_only_for_types_that_it_is_registered_for() {
    let app = TestApp::start().await;
    add_apis(&app).await;
    let tthc = app.client("tthc", reaching).await;
    let mut browser = signed_on(&app, &tthc).await;

    let answer = asked(&app, &mut browser, &tthc, &json!([one()]).to_string()).await;

    assert_eq!(answer.param("error").as_deref(), Some("invalid_authorization_details"));
    assert_eq!(answer.param("code"), None);
}

#[tokio::test]
async fn of_what_was_granted_a_token_may_take_a_part_and_never_more() {
    let (app, mut browser, tthc) = scene().await;
    let granted = json!([one(), another()]).to_string();
    let changes = [("scope", "openid ho_so.doc offline_access"), ("authorization_details", granted.as_str())];
    let code = code_of(&app, &mut browser, &tthc, &changes).await;
    let mut wider = one();
    wider["actions"] = json!(["doc", "ky", "xoa"]);
    let too_much = [
        json!([{ "type": "ho_so", "identifier": "HS-3" }]),
        json!([one(), { "type": "ho_so", "identifier": "HS-3" }]),
        json!([wider]),
        json!([{ "type": "cong_van" }]),
        json!([{ "type": "nothing" }]),
        json!({}),
    ];

    for details in &too_much {
        let answer = redeem(&app, &tthc, &code, Some(details)).await;
        refused_with(&answer, "invalid_authorization_details", &details.to_string());
        assert!(!was_redeemed(&app, &tthc, &code).await, "{details}");
    }
    let whole = redeem(&app, &tthc, &code, None).await.json();
    let token = text(&whole, "refresh_token");
    for details in &too_much {
        let answer = refresh(&app, &tthc, token, Some(details)).await;
        refused_with(&answer, "invalid_authorization_details", &details.to_string());
    }
    let part = refresh(&app, &tthc, token, Some(&json!([another()]))).await.json();
    let all_again = refresh(&app, &tthc, token, None).await.json();

    assert_eq!(told(&app, &whole), json!([one(), another()]));
    assert_eq!(told(&app, &part), json!([another()]));
    assert_eq!(told(&app, &all_again), json!([one(), another()]), "a part narrows nothing");
    assert_eq!(count_of(&app, "token.refreshed").await, 2);
}

#[tokio::test]
async fn a_code_may_be_redeemed_for_a_part_while_the_grant_keeps_the_rest() {
    let (app, mut browser, tthc) = scene().await;
    let granted = json!([one(), another()]).to_string();
    let changes = [("scope", "openid ho_so.doc offline_access"), ("authorization_details", granted.as_str())];
    let code = code_of(&app, &mut browser, &tthc, &changes).await;

    let part = redeem(&app, &tthc, &code, Some(&json!([another()]))).await.json();
    let rest = refresh(&app, &tthc, text(&part, "refresh_token"), None).await.json();

    assert_eq!(told(&app, &part), json!([another()]));
    assert_eq!(told(&app, &rest), json!([one(), another()]), "what the person granted was all of it");
}

#[tokio::test]
async fn details_alone_say_which_api_the_token_is_for() {
    let (app, mut browser, tthc) = scene().await;
    let kho = app.client("kho", |_| {}).await;
    let details = json!([another()]).to_string();

    for scope in ["openid", ""] {
        let changes = [("scope", scope), ("authorization_details", details.as_str())];
        let code = code_of(&app, &mut browser, &tthc, &changes).await;
        let tokens = redeem(&app, &tthc, &code, None).await.json();
        let token = text(&tokens, "access_token");
        let audience = app.claims(token)["aud"].clone();
        let seen = post(&app, &kho, "/oauth2/introspect", &[("token", token)], &[]).await.json();

        let names_it = audience == API || audience.as_array().is_some_and(|names| names.iter().any(|name| name == API));
        assert!(names_it, "{scope}: {audience}");
        assert_eq!(seen["authorization_details"], json!([another()]), "{scope}: {seen}");
        assert_ne!(tokens["scope"], "", "no scope is no member: {tokens}");
        assert_eq!(tokens.get("id_token").is_some(), scope == "openid");
    }
}

#[tokio::test]
async fn a_token_tells_an_api_only_what_concerns_it() {
    let (app, mut browser, tthc) = scene().await;
    let letters = json!({ "type": "cong_van", "datatypes": ["den"] });
    let details = json!([another(), letters]).to_string();
    let resources = format!("&resource={API}&resource={OTHER}");
    let changes = [("scope", "openid ho_so.doc offline_access"), ("authorization_details", details.as_str())];
    let answer = browser.get(&format!("{}{resources}", app.authorize_path(&tthc, &changes))).await;
    let code = answer.param("code").unwrap_or_else(|| panic!("{:?}", answer.header("location")));
    let tokens = redeem(&app, &tthc, &code, None).await.json();
    let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    fields.push(("resource", OTHER));

    let of_other = post(&app, &tthc, "/oauth2/token", &fields, &[]).await.json();

    assert_eq!(told(&app, &tokens), json!([another(), letters]));
    assert_eq!(told(&app, &of_other), json!([letters]), "the other API has no business with dossiers");
}

#[tokio::test]
async fn a_machine_gets_details_within_what_it_may_ask() {
    let app = TestApp::start().await;
    add_apis(&app).await;
    let lgsp = app
        .client("lgsp", |settings| {
            machine(settings);
            settings.authorization_details_types = vec!["ho_so".to_owned()];
        })
        .await;
    let ask = async |details: &Value| {
        let details = details.to_string();
        let fields = [("grant_type", "client_credentials"), ("resource", API), ("authorization_details", details.as_str())];
        post(&app, &lgsp, "/oauth2/token", &fields, &[]).await
    };

    let fine = ask(&json!([one()])).await;
    for bad in [json!([{ "type": "cong_van" }]), json!([{ "type": "ho_so" }]), json!([{ "type": "nothing" }]), json!("x")] {
        refused_with(&ask(&bad).await, "invalid_authorization_details", &bad.to_string());
    }

    assert_eq!(fine.status, 200, "{}", fine.body);
    assert_eq!(told(&app, &fine.json()), json!([one()]));
    assert_eq!(app.claims(text(&fine.json(), "access_token"))["aud"], API);
    assert_eq!(count_of(&app, "token.issued").await, 1);
}

#[tokio::test]
async fn people_see_the_details_and_are_asked_each_time() {
    let app = TestApp::start().await;
    add_apis(&app).await;
    let own = app.client("tthc", |_| {}).await;
    let stranger = app
        .client("khach", |settings| {
            detailed(settings);
            settings.third_party = true;
        })
        .await;
    let mut browser = signed_on(&app, &own).await;
    let details = json!([one()]).to_string();
    let path = app.authorize_path(&stranger, &[("scope", "openid"), ("authorization_details", &details)]);

    for _ in 0..2 {
        let page = browser.get(&path).await;
        let page = browser.follow(page).await;
        assert_eq!(page.page(), Some("consent"), "details are not remembered: {}", page.body);
        for shown in ["ho_so", "HS-1"] {
            assert!(page.body.contains(shown), "{shown}: {}", page.body);
        }
        let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
        let allow = [("csrf", csrf.as_str()), ("request", request.as_str()), ("decision", "allow")];
        let answer = browser.post("/signin/consent", &allow).await;
        let answer = browser.follow(answer).await;
        assert!(answer.param("code").is_some(), "{:?}", answer.header("location"));
    }
    let silent = app.authorize_path(&stranger, &[("scope", "openid"), ("authorization_details", &details), ("prompt", "none")]);
    let silent = browser.get(&silent).await;
    assert_eq!(silent.param("error").as_deref(), Some("consent_required"));
    assert_eq!(silent.param("code"), None);
    let scopes_only = browser.get(&app.authorize_path(&stranger, &[("scope", "openid"), ("prompt", "none")])).await;
    assert!(scopes_only.param("code").is_some(), "scopes are: {:?}", scopes_only.header("location"));
}

#[tokio::test]
async fn the_types_that_are_offered_are_announced() {
    let app = TestApp::start().await;
    let before = app.get("/.well-known/openid-configuration").await.json();
    add_apis(&app).await;
    let after = app.get("/.well-known/openid-configuration").await.json();

    assert_eq!(before.get("authorization_details_types_supported"), None);
    assert_eq!(after["authorization_details_types_supported"], json!(["cong_van", "ho_so", "mat"]));
}
