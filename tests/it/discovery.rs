//! Discovery: the documents say what is offered, and nothing else (OpenID Connect Discovery 1.0, RFC 8414, RFC 9207).

use crate::support::TestApp;
use http::Request;
use motlan::base::locale::Locale;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

const DOCUMENTS: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
const ENDPOINTS: [&str; 9] = [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "end_session_endpoint",
    "pushed_authorization_request_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "registration_endpoint",
];
/// Those that are only posted to.
const POSTED: [&str; 5] = [
    "token_endpoint",
    "pushed_authorization_request_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "registration_endpoint",
];

fn is_said(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty() && items.iter().all(is_said),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn words(list: &Value) -> BTreeSet<String> {
    list.as_array().expect("an array").iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

#[tokio::test]
async fn the_documents_are_json_at_their_well_known_paths() {
    let app = TestApp::start().await;

    let mut said = Vec::new();
    for path in DOCUMENTS {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("set-cookie"), None, "{path}");
        said.push(answer.json());
    }

    assert_eq!(said[0], said[1], "both documents say the same");
    for (name, value) in said[0].as_object().expect("an object") {
        assert!(is_said(value), "{name} is left out rather than empty");
    }
}

#[tokio::test]
async fn the_issuer_is_the_configured_one_and_equals_iss_everywhere() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let document = app.get(DOCUMENTS[0]).await.json();

    let mut browser = app.browser();
    let arrived = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    let code = arrived.param("code").expect("a code");
    let tokens = app.redeem(&tthc, &code).await.json();

    let issuer = app.issuer();
    assert_eq!(document["issuer"], issuer);
    assert_eq!(arrived.param("iss").as_deref(), Some(issuer));
    for name in ["id_token", "access_token"] {
        assert_eq!(app.claims(tokens[name].as_str().expect("a token"))["iss"], issuer, "{name}");
    }
    for endpoint in ENDPOINTS {
        let address = document[endpoint].as_str().expect("an address");
        assert!(address.strip_prefix(issuer).is_some_and(|path| path.starts_with('/')), "{address}");
    }
}

#[tokio::test]
async fn it_lists_endpoints_that_answer() {
    let app = TestApp::start().await;
    let document = app.get(DOCUMENTS[0]).await.json();

    for endpoint in ENDPOINTS {
        let address = document[endpoint].as_str().unwrap_or_else(|| panic!("{endpoint} is missing"));
        assert!(address.starts_with("https://") && !address.contains(['#', '?']), "{address}");
        let path = address.strip_prefix(app.issuer()).expect("an address of ours");
        let method = if POSTED.contains(&endpoint) { "POST" } else { "GET" };
        let request = Request::builder().method(method).uri(path).body(String::new()).expect("a request");
        let answer = app.request(request).await;
        assert!(answer.status != 404 && answer.status != 405 && answer.status < 500, "{endpoint}: {}", answer.status);
    }
}

#[tokio::test]
async fn it_announces_only_what_is_offered() {
    let app = TestApp::start().await;

    let mut document = app.get(DOCUMENTS[0]).await.json();

    let members = document.as_object_mut().expect("an object");
    let scopes = words(&members.remove("scopes_supported").expect("scopes"));
    let claims = words(&members.remove("claims_supported").expect("claims"));
    for address in ["issuer"].iter().chain(&ENDPOINTS) {
        assert!(members.remove(*address).is_some(), "{address}");
    }
    let algorithms = ["RS256", "PS256", "ES256", "EdDSA"];
    for name in [
        "id_token_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
        "authorization_signing_alg_values_supported",
        "introspection_signing_alg_values_supported",
        "dpop_signing_alg_values_supported",
        "token_endpoint_auth_signing_alg_values_supported",
        "revocation_endpoint_auth_signing_alg_values_supported",
        "introspection_endpoint_auth_signing_alg_values_supported",
    ] {
        assert_eq!(members.remove(name), Some(json!(algorithms)), "{name}");
    }
    let proving =
        ["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];
    let methods: Vec<&str> = proving.into_iter().chain(["none"]).collect();
    for (name, expected) in [
        ("token_endpoint_auth_methods_supported", methods.clone()),
        ("revocation_endpoint_auth_methods_supported", methods),
        ("introspection_endpoint_auth_methods_supported", proving.to_vec()),
    ] {
        assert_eq!(members.remove(name), Some(json!(expected)), "{name}");
    }
    let offered = json!({
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "acr_values_supported": ["https://id.example/acr/1", "LoA1", "https://id.example/acr/2", "LoA2"],
        "subject_types_supported": ["public", "pairwise"],
        "request_object_signing_alg_values_supported": ["none", "RS256", "PS256", "ES256", "EdDSA"],
        "tls_client_certificate_bound_access_tokens": true,
        "code_challenge_methods_supported": ["S256"],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "ui_locales_supported": Locale::ALL.map(Locale::tag),
        "claims_locales_supported": ["vi"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "require_signed_request_object": false,
        "require_pushed_authorization_requests": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    });
    assert_eq!(document, offered);
    let every_scope =
        ["openid", "profile", "email", "phone", "address", "unit", "position", "positions", "roles", "legacy", "offline_access"];
    assert_eq!(scopes, BTreeSet::from(every_scope.map(str::to_owned)));
    for claim in
        ["sub", "auth_time", "acr", "amr", "sid", "name", "email", "email_verified", "address", "unit", "unit_code", "roles"]
    {
        assert!(claims.contains(claim), "{claim}");
    }
    assert!(!claims.iter().any(|claim| claim.contains("personal_number")), "{claims:?}");
}

#[test]
fn a_bad_issuer_is_refused_at_start() {
    let table = [
        ("https://id.example", true),
        ("http://localhost:8080", true),
        ("http://127.0.0.1:8080", true),
        ("http://[::1]:8080", true),
        ("http://id.example", false),
        ("http://192.0.2.1", false),
        ("http://localhost.id.example", false),
        ("https://id.example/", false),
        ("https://id.example/city", false),
        ("https://id.example?x=1", false),
        ("https://id.example#top", false),
        ("https://user:word@id.example", false),
        ("id.example", false),
        ("ftp://id.example", false),
        ("https://", false),
    ];
    let data = tempfile::tempdir().expect("a folder");

    for (issuer, fine) in table {
        let output = Command::new(env!("CARGO_BIN_EXE_motlan"))
            .args(["config", "print"])
            .current_dir(data.path())
            .env_clear()
            .env("MOTLAN_DATA_DIR", data.path())
            .env("MOTLAN_SERVER__ISSUER", issuer)
            .output()
            .expect("the program runs");

        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(i32::from(!fine)), "{issuer}: {told}");
        assert!(fine || told.to_lowercase().contains("issuer"), "{issuer}: the message names what to mend: {told}");
    }
}
