//! Client metadata: each member that registration reads, spoilt in every way that JSON knows (RFC 7591 §2 and §3.2.2,
//! RFC 7592 §2.2, OpenID Connect Dynamic Client Registration 1.0 §2). `null` is as if absent, and so is an empty text
//! or list; the last of two members of one name would count, so they are tried with the same value.

use super::registration::{REGISTER, bearer, invitation, place, registered, send};
use crate::support::proofs::text;
use crate::support::{Answer, TestApp};
use motlan::store::clients;
use serde_json::{Value, json};

/// Longer than any text of the metadata.
const TOO_LONG: usize = 2_001;

/// How a member holds its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    One,
    List,
}

impl Shape {
    fn of(self, text: &str) -> Value {
        match self {
            Self::One => json!(text),
            Self::List => json!([text]),
        }
    }

    fn empty(self) -> Value {
        match self {
            Self::One => json!(""),
            Self::List => json!([]),
        }
    }
}

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    /// What it is for whoever leaves it out.
    Usual,
    /// What was sent.
    Kept,
    /// Nothing: this error, which names it.
    Refused(&'static str),
}

const ONE: Shape = Shape::One;
const LIST: Shape = Shape::List;
const USUAL: Made = Made::Usual;
const KEPT: Made = Made::Kept;
const META: Made = Made::Refused("invalid_client_metadata");
const ADDRESS: Made = Made::Refused("invalid_redirect_uri");
const STATEMENT: Made = Made::Refused("unapproved_software_statement");

/// A member, and what becomes of it when it is: absent (missing or `null`), empty, an emoji, anything worse (an object
/// of no use, a text that is too long, one with a NUL).
type Member = (&'static str, Shape, Made, Made, Made, Made);

const MEMBERS: &[Member] = &[
    ("redirect_uris", LIST, ADDRESS, ADDRESS, ADDRESS, ADDRESS),
    ("post_logout_redirect_uris", LIST, USUAL, USUAL, META, META),
    ("response_types", LIST, USUAL, USUAL, META, META),
    ("grant_types", LIST, USUAL, USUAL, META, META),
    ("application_type", ONE, USUAL, USUAL, META, META),
    ("scope", ONE, USUAL, USUAL, META, META),
    ("initiate_login_uri", ONE, USUAL, USUAL, META, META),
    ("default_max_age", ONE, USUAL, META, META, META),
    ("require_auth_time", ONE, USUAL, META, META, META),
    ("default_acr_values", LIST, USUAL, USUAL, KEPT, META),
    ("client_name", ONE, USUAL, USUAL, KEPT, META),
    ("client_name#vi", ONE, USUAL, USUAL, KEPT, META),
    ("logo_uri", ONE, USUAL, USUAL, META, META),
    ("logo_uri#vi", ONE, USUAL, USUAL, META, META),
    ("client_uri", ONE, USUAL, USUAL, META, META),
    ("policy_uri", ONE, USUAL, USUAL, META, META),
    ("tos_uri", ONE, USUAL, USUAL, META, META),
    ("tos_uri#en", ONE, USUAL, USUAL, META, META),
    ("contacts", LIST, USUAL, USUAL, META, META),
    ("software_id", ONE, USUAL, USUAL, KEPT, META),
    ("software_version", ONE, USUAL, USUAL, KEPT, META),
    ("software_statement", ONE, USUAL, STATEMENT, STATEMENT, STATEMENT),
    ("token_endpoint_auth_method", ONE, USUAL, USUAL, META, META),
    ("token_endpoint_auth_signing_alg", ONE, USUAL, USUAL, META, META),
    ("jwks", ONE, USUAL, META, META, META),
    ("jwks_uri", ONE, USUAL, USUAL, META, META),
    ("tls_client_auth_subject_dn", ONE, USUAL, USUAL, META, META),
    ("tls_client_auth_san_dns", ONE, USUAL, USUAL, META, META),
    ("tls_client_auth_san_uri", ONE, USUAL, USUAL, META, META),
    ("tls_client_auth_san_ip", ONE, USUAL, USUAL, META, META),
    ("tls_client_auth_san_email", ONE, USUAL, USUAL, META, META),
    ("tls_client_certificate_bound_access_tokens", ONE, USUAL, META, META, META),
    ("dpop_bound_access_tokens", ONE, USUAL, META, META, META),
    ("id_token_signed_response_alg", ONE, USUAL, USUAL, META, META),
    ("userinfo_signed_response_alg", ONE, USUAL, USUAL, META, META),
    ("authorization_signed_response_alg", ONE, USUAL, USUAL, META, META),
    ("introspection_signed_response_alg", ONE, USUAL, USUAL, META, META),
    ("request_object_signing_alg", ONE, USUAL, USUAL, META, META),
    ("require_signed_request_object", ONE, USUAL, META, META, META),
    ("require_pushed_authorization_requests", ONE, USUAL, META, META, META),
    ("request_uris", LIST, USUAL, USUAL, META, META),
    ("subject_type", ONE, USUAL, USUAL, META, META),
    ("sector_identifier_uri", ONE, USUAL, USUAL, META, META),
    ("authorization_details_types", LIST, USUAL, USUAL, META, META),
    ("frontchannel_logout_uri", ONE, USUAL, USUAL, META, META),
    ("frontchannel_logout_session_required", ONE, USUAL, META, META, META),
    ("backchannel_logout_uri", ONE, USUAL, USUAL, META, META),
    ("backchannel_logout_session_required", ONE, USUAL, META, META, META),
    // Encryption is not offered, and leaving the wish alone would answer in the clear.
    ("id_token_encrypted_response_alg", ONE, USUAL, META, META, META),
    ("id_token_encrypted_response_enc", ONE, USUAL, META, META, META),
    ("userinfo_encrypted_response_alg", ONE, USUAL, META, META, META),
    ("userinfo_encrypted_response_enc", ONE, USUAL, META, META, META),
    ("request_object_encryption_alg", ONE, USUAL, META, META, META),
    ("request_object_encryption_enc", ONE, USUAL, META, META, META),
    ("authorization_encrypted_response_alg", ONE, USUAL, META, META, META),
    ("authorization_encrypted_response_enc", ONE, USUAL, META, META, META),
    ("introspection_encrypted_response_alg", ONE, USUAL, META, META, META),
    ("introspection_encrypted_response_enc", ONE, USUAL, META, META, META),
];

/// What a change holds beside them, and what only the server says (RFC 7592 §2.2).
const OF_A_CHANGE: &[Member] = &[
    ("client_id", ONE, META, META, META, META),
    ("client_secret", ONE, USUAL, META, META, META),
    ("client_id_issued_at", ONE, META, META, META, META),
    ("client_secret_expires_at", ONE, META, META, META, META),
    ("registration_access_token", ONE, META, META, META, META),
    ("registration_client_uri", ONE, META, META, META, META),
];

/// One way of spoiling a member: how, with which values, and what becomes of it.
type Way = (&'static str, Vec<Value>, Made);

fn ways(&(name, shape, absent, empty, emoji, worse): &Member, honest: &Value) -> Vec<Way> {
    let animal = shape.of("\u{1f986}");
    let mut ways = vec![
        ("null", vec![Value::Null], absent),
        ("empty", vec![shape.empty()], empty),
        ("an emoji", vec![animal.clone()], emoji),
        ("an emoji, twice", vec![animal.clone(), animal], emoji),
        ("of another type", vec![json!({ "x": 1 })], worse),
        ("too long", vec![shape.of(&"a".repeat(TOO_LONG))], worse),
        ("with a NUL", vec![shape.of("x\u{0}")], worse),
    ];
    if honest.get(name).is_some() {
        ways.push(("missing", Vec::new(), absent));
    }
    ways
}

/// A document in which a member has these values.
fn document(honest: &Value, member: &str, values: &[Value]) -> String {
    let others = honest.as_object().expect("members").iter().filter(|(name, _)| name.as_str() != member);
    let mut parts: Vec<String> = others.map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    parts.extend(values.iter().map(|value| format!("{}:{value}", json!(member))));
    format!("{{{}}}", parts.join(","))
}

impl Made {
    /// Holds an answer against it: `status` is that of success, `usual` the answer to a document in order.
    #[track_caller]
    fn check(self, answer: &Answer, status: u16, usual: &Value, (member, values): (&str, &[Value]), case: &str) {
        let told = answer.json();
        if let Self::Refused(error) = self {
            assert_eq!((answer.status, told["error"].as_str()), (400, Some(error)), "{case}: {}", answer.body);
            assert!(text(&told, "error_description").starts_with(&format!("{member}: ")), "{case}: {}", answer.body);
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
            return;
        }
        let expected = if self == Self::Kept { &values[0] } else { &usual[member] };
        assert_eq!(answer.status, status, "{case}: {}", answer.body);
        assert_eq!(&told[member], expected, "{case}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_spoilt_member_has_its_own_error_and_spends_no_invitation() {
    let app = TestApp::start().await;
    let (once, often) = (invitation(&app, 1).await, invitation(&app, 1_000).await);
    let honest = json!({ "redirect_uris": ["https://so-tay.example/cb"] });
    let usual = send(&app, "POST", REGISTER, &bearer(&often), &honest.to_string()).await.json();
    let mut count = 1;

    for member in MEMBERS {
        for (how, values, made) in ways(member, &honest) {
            let is_refused = matches!(made, Made::Refused(_));
            let token = if is_refused { &once } else { &often };
            let answer = send(&app, "POST", REGISTER, &bearer(token), &document(&honest, member.0, &values)).await;
            made.check(&answer, 201, &usual, (member.0, values.as_slice()), &format!("{} {how}", member.0));
            count += usize::from(!is_refused);
        }
    }

    let last = send(&app, "POST", REGISTER, &bearer(&once), &honest.to_string()).await;
    assert_eq!(last.status, 201, "no refusal spent it: {}", last.body);
    let stored = clients::list(&mut app.services().store.read().await.expect("a connection")).await.expect("clients");
    assert_eq!(stored.len(), count + 1, "nothing was stored of what was refused");
}

#[tokio::test]
async fn a_spoilt_member_of_a_change_has_its_own_error_and_changes_nothing() {
    let app = TestApp::start().await;
    let own = registered(&app).await;
    let (place, token) = (place(&own), bearer(text(&own, "registration_access_token")));
    let honest = json!({ "client_id": own["client_id"], "redirect_uris": ["https://so-tay.example/cb"] });
    let usual = send(&app, "PUT", &place, &token, &honest.to_string()).await.json();
    let mut present = usual.clone();

    for member in [MEMBERS, OF_A_CHANGE].concat() {
        for (how, values, made) in ways(&member, &honest) {
            let case = format!("{} {how}", member.0);
            let answer = send(&app, "PUT", &place, &token, &document(&honest, member.0, &values)).await;
            made.check(&answer, 200, &usual, (member.0, values.as_slice()), &case);
            if !matches!(made, Made::Refused(_)) {
                present = answer.json();
            }
            assert_eq!(send(&app, "GET", &place, &token, "").await.json(), present, "{case}");
        }
    }
}
