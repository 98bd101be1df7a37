//! Promises about tokens for the provider itself beside an API (RFC 8707).

use crate::support::proofs::{API, add_api, code_form, post, reaching, signed_on, text};
use crate::support::{TestApp, encode};
use serde_json::json;

const SCOPES: (&str, &str) = ("scope", "openid profile ho_so.doc");

#[tokio::test]
async fn the_provider_is_among_the_audience_when_it_was_named() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let tthc = app.client("tthc", reaching).await;
    let mut browser = signed_on(&app, &tthc).await;
    let both = [("resource", app.issuer()), ("resource", API)];
    let path = format!("{}&{}", app.authorize_path(&tthc, &[SCOPES]), encode(&both));
    let table: [(&[(&str, &str)], serde_json::Value, &str, u16); 4] = [
        (&[], json!([app.issuer(), API]), "ho_so.doc openid profile", 200),
        (&both, json!([app.issuer(), API]), "ho_so.doc openid profile", 200),
        (&both[..1], json!(app.issuer()), "openid profile", 200),
        (&both[1..], json!(API), "ho_so.doc", 401),
    ];

    for (asked, audience, scope, userinfo) in table {
        let code = browser.get(&path).await.param("code").expect("a code");
        let mut fields = code_form(&tthc, &code);
        fields.extend_from_slice(asked);
        let tokens = post(&app, &tthc, "/oauth2/token", &fields, &[]).await.json();

        let claims = app.claims(text(&tokens, "access_token"));
        assert_eq!((&claims["aud"], &claims["scope"]), (&audience, &json!(scope)), "{asked:?}");
        assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, userinfo, "{asked:?}");
    }
}
