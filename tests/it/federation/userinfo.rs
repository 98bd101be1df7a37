//! What a provider signs of somebody at its userinfo endpoint (OpenID Connect Core §5.3.2): heard when it is its own, for
//! us, and of the same person.

use super::{SECRET, START, account, claims_of_an, scene, sign_on_of};
use crate::federation_attacks::refused;
use crate::support::keys::unsigned;
use crate::support::proofs::ProofKey;
use crate::support::records::count_of;
use crate::support::upstream::{CLIENT, Upstream};
use motlan::crypto::own_assertion::sign_with_secret;
use serde_json::{Value, json};

const JWT: &str = "application/jwt";

/// What it signs of somebody whom An is not.
fn claims_of_tu(upstream: &Upstream) -> Value {
    json!({ "iss": upstream.issuer, "aud": CLIENT, "sub": "bd-1", "name": "Lê Văn Tư", "birthdate": "1990-01-01" })
}

#[tokio::test]
async fn what_is_signed_of_somebody_is_heard_as_what_is_not() {
    let (app, upstream, _) = scene("[claims]\npersonal_number = \"SoDinhDanh\"\n").await;
    let people = [("bd-2", "Trần Thị Bé", "074190000002", json!(CLIENT)), ("bd-3", "Võ Thị Ba", "074190000003", json!([CLIENT]))];
    // Within what clocks may be off.
    let ends = app.now_seconds() - 59;
    for (sub, name, number, audience) in people {
        let mut browser = app.browser();
        let claims = json!({
            "iss": upstream.issuer, "aud": audience, "exp": ends, "sub": sub, "name": name, "SoDinhDanh": number,
            "birthdate": "1990-05-02",
        });
        upstream.userinfo_says(JWT, upstream.signed(&json!({ "typ": "JWT" }), &claims));

        let answer = upstream.sign_in(&app, &mut browser, START, &json!({ "sub": sub })).await;

        assert_eq!(answer.page(), Some("confirm"), "{sub}: {}", answer.body);
        let made = account(&app, sub).await.expect("an account");
        assert_eq!((made.decision.as_str(), made.rule.as_str()), ("created", "no_counterpart"), "{sub}");
        assert_eq!(made.person_id, sign_on_of(&app, &browser).await.map(|sign_on| sign_on.person.0), "{sub}");
    }
}

#[tokio::test]
async fn what_others_sign_or_sign_of_others_is_not_heard() {
    let (app, upstream, an) = scene("").await;
    let right = claims_of_tu(&upstream);
    let with = |name: &str, value: Value| {
        let mut claims = right.clone();
        claims[name] = value;
        upstream.signed(&json!({}), &claims)
    };
    let same_name = json!({ "alg": "ES256", "kid": upstream.key().jkt() });
    let table = [
        ("another's key under the same name", ProofKey::es256().sign(&same_name, &right)),
        ("another's key without a name", ProofKey::es256().sign(&json!({ "alg": "ES256" }), &right)),
        ("no signature", unsigned(&right)),
        ("the secret that both know", sign_with_secret(SECRET.as_bytes(), &right).expect("signed")),
        ("another issuer", with("iss", json!("https://ke-gian.example"))),
        ("another audience", with("aud", json!("khac"))),
        ("other audiences", with("aud", json!(["khac", "khac-nua"]))),
        ("no audience that can be read", with("aud", json!(7))),
        ("another person", with("sub", json!("bd-9"))),
        ("nobody", with("sub", json!(null))),
        ("over", with("exp", json!(app.now_seconds() - 60))),
        ("an end that cannot be read", with("exp", json!("mai"))),
        ("no token", "khong-phai-token".to_owned()),
        ("claims that nobody signed", right.to_string()),
    ];
    for (case, told) in table {
        let mut browser = app.browser();
        upstream.userinfo_says(JWT, told);

        let answer = upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;

        assert_eq!(answer.error_page(), Some("federation_refused"), "{case}");
        refused(&app, &browser, &answer, "federation_refused").await;
    }
    for (event, case) in [("legacy_account.changed", "kept"), ("legacy_account.doubted", "believed")] {
        assert_eq!(count_of(&app, event).await, 0, "nothing of it is {case}");
    }
    assert_eq!(account(&app, "bd-1").await.and_then(|account| account.person_id), Some(an.0));
}

#[tokio::test]
async fn a_page_in_the_place_of_claims_signs_nobody_in() {
    let (app, upstream, _) = scene("").await;
    let signed = upstream.signed(&json!({}), &claims_of_tu(&upstream));
    let table = [
        ("text/html", "<html>".to_owned(), "federation_down"),
        ("text/plain", signed.clone(), "federation_down"),
        ("application/json", signed, "federation_refused"),
        ("application/json", "[]".to_owned(), "federation_refused"),
        (JWT, "a".repeat(300 * 1024), "federation_down"),
    ];
    for (kind, told, code) in table {
        let mut browser = app.browser();
        upstream.userinfo_says(kind, told);

        let answer = upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;

        refused(&app, &browser, &answer, code).await;
    }
}
