//! Claims: by scope, by name, never more than the client may have (OpenID Connect Core §5).

use crate::support::clients::words;
use crate::support::flows::{told, visit};
use crate::support::requests::names;
use crate::support::{Official, TestApp};
use motlan::service::Origin;
use motlan::service::provisioning::roles;
use serde_json::json;
use std::collections::BTreeSet;

const PERSONAL_NUMBER: &str = "079090012345";
const EVERYTHING: &str = "openid profile email phone address unit position positions roles";
const PEOPLE: &str = "\
username,full_name,date_of_birth,personal_number,email,phone,given_name,family_name,gender,locale,zoneinfo,website,address.formatted,address.locality,unit_code,title,kind,primary,valid_from
hoa.ng,Nguyễn Thị Hoa,1990-02-03,079090012345,hoa.ng@tphcm.example,028 3822 0000,Hoa,Nguyễn,female,vi-VN,Asia/Ho_Chi_Minh,https://hoa.example,86 Lê Thánh Tôn,Thành phố Hồ Chí Minh,26740,Chuyên viên,cong_chuc,yes,2025-07-01
";

/// Somebody of whom everything is known that a claim can tell.
async fn hoa(app: &TestApp) -> Official {
    let hoa = app.official_of(PEOPLE, "hoa.ng").await;
    app.sync().await;
    hoa
}

#[tokio::test]
async fn scopes_ask_for_their_claims_with_their_names_and_types() {
    let app = TestApp::with_registry().await;
    let hoa = hoa(&app).await;
    let tthc = app.client("tthc", |settings| settings.roles = vec!["reviewer".to_owned()]).await;
    let origin = Origin::command_line();
    let role = roles::Request {
        username: "hoa.ng",
        client_id: "tthc",
        role: "reviewer",
        position: None,
        actor: "test",
        origin: &origin,
    };
    assert!(roles::grant(app.services(), &role).await.expect("granted"));
    app.sync().await;
    let profile = [
        "name",
        "given_name",
        "family_name",
        "preferred_username",
        "gender",
        "birthdate",
        "locale",
        "zoneinfo",
        "website",
        "updated_at",
    ];
    let table: [(&str, &[&str]); 8] = [
        ("profile", &profile),
        ("email", &["email", "email_verified"]),
        ("phone", &["phone_number", "phone_number_verified"]),
        ("address", &["address"]),
        ("unit", &["unit", "unit_code", "unit_name"]),
        ("position", &["position"]),
        ("positions", &["positions"]),
        ("roles", &["roles"]),
    ];

    for (scope, expected) in table {
        let (id_token, userinfo) = told(&app, &tthc, &hoa, &[("scope", &format!("openid {scope}"))]).await;
        let with_sub: BTreeSet<&str> = expected.iter().chain(&["sub"]).copied().collect();
        assert_eq!(names(&userinfo), with_sub, "{scope}");
        assert!(expected.iter().all(|name| id_token.get(*name).is_none()), "{scope}: claims of scopes come from userinfo");
    }
    let (_, all) = told(&app, &tthc, &hoa, &[("scope", EVERYTHING)]).await;

    assert_eq!(all["name"], "Nguyễn Thị Hoa");
    assert_eq!(all["birthdate"], "1990-02-03");
    assert_eq!(all["email_verified"], json!(true));
    assert!(all["phone_number_verified"].is_boolean() && all["updated_at"].is_i64());
    assert_eq!(all["address"], json!({"formatted": "86 Lê Thánh Tôn", "locality": "Thành phố Hồ Chí Minh"}));
    assert_eq!(all["unit"]["codes"]["gso"], "26740");
    assert_eq!(all["unit_code"], "26740");
    assert_eq!(all["unit_name"], all["unit"]["name"]);
    assert_eq!(all["position"]["title"], "Chuyên viên");
    assert_eq!(all["position"]["primary"], json!(true));
    assert_eq!(all["positions"], json!([all["position"]]));
    assert_eq!(all["roles"], json!(["reviewer"]));
}

#[tokio::test]
async fn the_claims_parameter_asks_for_userinfo_and_id_token_apart() {
    let app = TestApp::with_registry().await;
    let hoa = hoa(&app).await;
    let tthc = app.client("tthc", |_| {}).await;
    let claims = r#"{"userinfo":{"email":null},"id_token":{"name":{"essential":true}}}"#;

    let (id_token, userinfo) = told(&app, &tthc, &hoa, &[("scope", "openid"), ("claims", claims)]).await;

    assert_eq!(userinfo["email"], "hoa.ng@tphcm.example");
    assert_eq!(names(&userinfo), BTreeSet::from(["email", "sub"]));
    assert_eq!(id_token["name"], "Nguyễn Thị Hoa");
    assert!(id_token.get("email").is_none(), "{id_token}");
}

#[tokio::test]
async fn claims_that_are_unknown_missing_or_unfitting_are_left_out() {
    let app = TestApp::with_registry().await;
    let hoa = hoa(&app).await;
    let tthc = app.client("tthc", |_| {}).await;
    let claims = json!({
        "userinfo": {
            "shoe_size": null,
            "nickname": {"essential": true},
            "phone_number": {"essential": true, "colour": "red"},
            "email": {"value": "other@tphcm.example"},
            "gender": {"values": ["male", "other"]},
            "family_name": {"values": ["Trần", "Nguyễn"]},
        },
        "id_token": null,
        "elsewhere": {"name": null},
    });

    let (id_token, userinfo) = told(&app, &tthc, &hoa, &[("scope", "openid"), ("claims", &claims.to_string())]).await;

    assert_eq!(names(&userinfo), BTreeSet::from(["sub", "phone_number", "family_name"]), "{userinfo}");
    assert!(id_token.get("name").is_none());
}

#[tokio::test]
async fn malformed_claims_are_invalid_request() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let repeated = format!("{}&claims=%7B%7D", app.authorize_path(&tthc, &[("claims", "{}")]));
    let mut paths = vec![("repeated", repeated)];
    for bad in ["not json", "[]", "7", "\"name\"", "{\"userinfo\":[]}", "{\"id_token\":{\"name\":7}}", "{\"userinfo\":", &deep] {
        paths.push((&bad[..bad.len().min(20)], app.authorize_path(&tthc, &[("claims", bad)])));
    }

    for (case, path) in paths {
        let answer = visit(&mut app.browser(), &path).await;
        assert_eq!(answer.status, 303, "{case}");
        assert!(answer.location().starts_with("https://tthc.example/callback?"), "{case}");
        assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{case}");
        assert_eq!(answer.param("code"), None, "{case}");
    }
}

#[tokio::test]
async fn a_sub_value_of_somebody_else_is_login_required() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    let (of_minh, _) = told(&app, &tthc, &minh, &[]).await;
    let claims = json!({"id_token": {"sub": {"value": of_minh["sub"]}}}).to_string();
    let mut browser = app.browser();
    browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;

    let silent = browser.get(&app.authorize_path(&tthc, &[("claims", &claims), ("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert_eq!(silent.param("code"), None);

    let as_kim = browser.sign_in(&kim, &app.authorize_path(&tthc, &[("claims", &claims)])).await;
    assert_eq!(as_kim.param("error").as_deref(), Some("login_required"), "kim may not finish for minh");
    assert_eq!(as_kim.param("code"), None);

    let as_minh = browser.sign_in(&minh, &app.authorize_path(&tthc, &[("claims", &claims)])).await;
    let tokens = app.redeem(&tthc, &as_minh.param("code").expect("a code")).await.json();
    assert_eq!(app.claims(tokens["id_token"].as_str().expect("an ID token"))["sub"], of_minh["sub"]);
}

#[tokio::test]
async fn an_essential_acr_that_cannot_be_reached_fails() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let wish =
        |essential: bool, values: &[&str]| json!({"id_token": {"acr": {"essential": essential, "values": values}}}).to_string();

    for values in [&["LoA4"][..], &["https://id.example/acr/3", "LoA4"], &["urn:else:high"]] {
        let answer = app.browser().sign_in(&kim, &app.authorize_path(&tthc, &[("claims", &wish(true, values))])).await;
        assert_eq!(answer.param("error").as_deref(), Some("unmet_authentication_requirements"), "{values:?}");
        assert_eq!(answer.param("code"), None, "{values:?}");
    }

    let (reached, _) = told(&app, &tthc, &kim, &[("claims", &wish(true, &["LoA4", "LoA1"]))]).await;
    let (voluntary, _) = told(&app, &tthc, &kim, &[("claims", &wish(false, &["LoA4"]))]).await;
    assert_eq!(reached["acr"], "LoA1");
    assert_eq!(voluntary["acr"], "LoA1", "what is not essential is told truthfully");
}

#[tokio::test]
async fn claims_locales_and_language_tags_are_no_error() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let claims = r#"{"userinfo":{"name#vi":null,"name#EN":null,"name#x-klingon":{"essential":true},"name":null},"id_token":{"name#vi-VN":null}}"#;
    let wish = [("scope", "openid"), ("claims", claims), ("claims_locales", "en fr-CA xx"), ("ui_locales", "en fr-CA xx")];

    let (id_token, userinfo) = told(&app, &tthc, &kim, &wish).await;

    assert!(userinfo["name"].as_str().is_some_and(|name| !name.is_empty()));
    for claims in [&id_token, &userinfo] {
        assert!(claims.as_object().expect("claims").values().all(|value| !value.is_null()), "{claims}");
    }
}

#[tokio::test]
async fn claims_beyond_the_clients_scopes_are_not_given() {
    let app = TestApp::with_registry().await;
    let hoa = hoa(&app).await;
    let narrow = app.client("narrow", |settings| settings.scopes = words(&["openid", "profile"])).await;
    let wide = app.client("wide", |_| {}).await;
    let claims = r#"{"userinfo":{"email":{"essential":true},"personal_number":null,"employee_code":null},"id_token":{"email":null,"personal_number":null}}"#;

    let tokens = app.tokens(&narrow, &hoa, &[("scope", "openid profile email unit"), ("claims", claims)]).await;
    let userinfo = app.userinfo(tokens["access_token"].as_str().expect("a token")).await.json();
    let (wide_id_token, wide_userinfo) = told(&app, &wide, &hoa, &[("scope", EVERYTHING), ("claims", claims)]).await;

    assert_eq!(tokens["scope"], "openid profile");
    let id_token = app.claims(tokens["id_token"].as_str().expect("an ID token"));
    for told in [&id_token, &userinfo] {
        assert!(["email", "email_verified", "unit", "unit_code"].iter().all(|name| told.get(name).is_none()), "{told}");
    }
    for told in [&id_token, &userinfo, &wide_id_token, &wide_userinfo] {
        let text = told.to_string();
        assert!(!text.contains(PERSONAL_NUMBER) && !text.contains("personal_number"), "{text}");
    }
    assert_eq!(wide_userinfo["email"], "hoa.ng@tphcm.example");
}
