//! Claims that add up: tied to the access token, asked by name, in any language, of a level or not at all
//! (OpenID Connect Core §2, §3.1.3.6, §5).

use crate::support::TestApp;
use crate::support::flows::told;
use crate::support::requests::{names, sent_back_with, text};
use motlan::base::digest::{base64url, sha256, sha512};
use motlan::crypto::jwt::verify_with_jwks;
use motlan::model::signing_key::Algorithm;
use motlan::service::Origin;
use motlan::service::provisioning::person_import;
use serde_json::json;

#[tokio::test]
async fn every_id_token_is_tied_to_its_access_token_also_after_a_refresh() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let set = app.get("/oauth2/jwks").await.json();
    let wish = [("scope", "openid profile offline_access"), ("claims", r#"{"id_token":{"name":null}}"#)];

    for (id, algorithm) in [("rs", Algorithm::Rs256), ("es", Algorithm::Es256), ("ed", Algorithm::EdDsa)] {
        let client = app.client(id, |settings| settings.id_token_alg = algorithm).await;
        let first = app.tokens(&client, &kim, &wish).await;
        let second = app.refresh(&client, text(&first, "refresh_token")).await.json();

        assert_ne!(first["access_token"], second["access_token"], "{id}");
        for tokens in [&first, &second] {
            let (access_token, id_token) = (text(tokens, "access_token").as_bytes(), text(tokens, "id_token"));
            let half = match algorithm {
                Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => base64url(&sha256(access_token)[..16]),
                Algorithm::EdDsa => base64url(&sha512(access_token)[..32]),
            };
            let claims = app.claims(id_token);
            assert_eq!(claims["at_hash"], half, "{id}");
            assert!(claims["name"].is_string(), "{id}: what was asked for at first counts for a refresh");
            assert_eq!(app.header(id_token)["alg"], algorithm.as_str());
            assert!(verify_with_jwks(&set, id_token, &Algorithm::ALL).is_ok(), "{id}");
        }
    }
}

#[tokio::test]
async fn claims_asked_by_name_come_beside_those_that_come_anyway() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let claims = r#"{"userinfo":{"email":null},"id_token":{"email":null}}"#;

    let (plain_id_token, plain_userinfo) = told(&app, &tthc, &kim, &[("scope", "openid profile")]).await;
    let (id_token, userinfo) = told(&app, &tthc, &kim, &[("scope", "openid profile"), ("claims", claims)]).await;

    for (plain, asked) in [(&plain_id_token, &id_token), (&plain_userinfo, &userinfo)] {
        let mut expected = names(plain);
        assert!(expected.insert("email"), "{plain}");
        assert_eq!(names(asked), expected);
    }
}

#[tokio::test]
async fn claims_are_told_without_language_tags_and_no_number_counts_as_proven() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for locales in ["vi", "VI", "vi-VN", "en", ""] {
        let wish = [("scope", "openid profile email phone"), ("claims_locales", locales)];
        let (_, userinfo) = told(&app, &tthc, &kim, &wish).await;

        assert!(userinfo["name"].is_string(), "{locales}: {userinfo}");
        assert!(names(&userinfo).iter().all(|name| !name.contains('#')), "{locales}: {userinfo}");
        assert!(userinfo["phone_number"].is_string(), "{userinfo}");
        assert_eq!(userinfo["phone_number_verified"], json!(false), "only a number in the form of E.164 could be proven");
    }
}

#[tokio::test]
async fn an_essential_acr_of_a_single_value_is_met_or_fails() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let own = format!("{}/acr/1", app.issuer());

    for (value, fine) in [("LoA1", true), (own.as_str(), true), ("LoA3", false), ("loa1", false), ("urn:else:high", false)] {
        let claims = json!({"id_token": {"acr": {"essential": true, "value": value}}}).to_string();
        let answer = app.browser().sign_in(&kim, &app.authorize_path(&tthc, &[("claims", &claims)])).await;

        if fine {
            let tokens = app.redeem(&tthc, &answer.param("code").expect("a code")).await.json();
            assert_eq!(app.claims(text(&tokens, "id_token"))["acr"], value);
        } else {
            sent_back_with(&answer, "unmet_authentication_requirements", value);
        }
    }
}

#[tokio::test]
async fn an_e_mail_address_is_an_addr_spec() {
    let app = TestApp::start().await;
    let origin = Origin::command_line();
    let table = [
        ("kim@tphcm.example", true),
        ("kim.nguyen+tthc@so-ban.tphcm.example", true),
        ("o'kim_1@tphcm.example", true),
        ("kim", false),
        ("kim@tphcm", false),
        ("@tphcm.example", false),
        ("kim@@tphcm.example", false),
        (".kim@tphcm.example", false),
        ("kim.@tphcm.example", false),
        ("kim..nguyen@tphcm.example", false),
        ("kim,minh@tphcm.example", false),
        ("<kim@tphcm.example>", false),
        ("kim(1)@tphcm.example", false),
        ("kim;@tphcm.example", false),
        ("kím@tphcm.example", false),
        ("kim@tphcm..example", false),
    ];

    for (number, (email, fine)) in table.into_iter().enumerate() {
        let file = format!("username,full_name,email\nai.{number:02},Nguyễn Văn Kim,\"{email}\"\n");
        let request = person_import::Request { accept_good: false, dry_run: true, actor: "os:test", origin: &origin };
        let report = person_import::import(app.services(), file.as_bytes(), &request, |_| {}).await.expect("a report");

        assert_eq!(report.rows_bad, u64::from(!fine), "{email}: {:?}", report.errors);
    }
}
