//! How a client proves itself, at every endpoint that clients call: an assertion (RFC 7521 §4.2, RFC 7523 §3), a
//! secret in the header (RFC 6749 §2.3.1), and the proof of a key beside it (RFC 9449 §4.3 and §5).

use super::{
    CLIENT, FINE, FORM, Fields, LONG, REQUEST, Row, TOO_LONG, Told, by_post, every_way, exchanged, own, post, spoil, whole, with,
};
use crate::support::keys::Party;
use crate::support::proofs::{PAR, ProofKey, TOKEN, add_api, reaching};
use crate::support::{Answer, CHALLENGE, TestApp, TestClient};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Request};
use motlan::model::client::ClientSettings;
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;

const PROOF: Told = Told::Refused("invalid_dpop_proof");

/// What a client with an assertion proves itself by, and what would be a second way.
const BY_ASSERTION: &[Row<Told>] = &[
    // It may be left out, and is the assertion's own subject (RFC 7521 §4.2).
    ("client_id", FINE, REQUEST, REQUEST, CLIENT, CLIENT),
    ("client_assertion_type", REQUEST, REQUEST, REQUEST, REQUEST, REQUEST),
    ("client_assertion", CLIENT, REQUEST, REQUEST, CLIENT, CLIENT),
    ("client_secret", FINE, REQUEST, REQUEST, REQUEST, REQUEST),
];

fn both_grants(settings: &mut ClientSettings) {
    settings.grant_types = ["authorization_code", "client_credentials"].map(str::to_owned).to_vec();
    reaching(settings);
}

/// Each endpoint with the status of success, and what it is asked beside the client's proof of itself.
fn endpoints(client: &TestClient) -> [(&'static str, u16, Fields); 4] {
    let pushed = [
        ("response_type", "code"),
        ("redirect_uri", client.redirect_uri.as_str()),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let some_token = with(Vec::new(), &[("token", "x")]);
    [
        (TOKEN, 200, with(Vec::new(), &[("grant_type", "client_credentials")])),
        (PAR, 201, with(Vec::new(), &pushed)),
        ("/oauth2/introspect", 200, some_token.clone()),
        ("/oauth2/revoke", 200, some_token),
    ]
}

/// A request with an assertion of this party.
fn form(asked: &[(&'static str, String)], party: &Party, assertion: &str) -> Fields {
    let proof = [("client_id", party.client.id.as_str()), ("client_assertion_type", TYPE), ("client_assertion", assertion)];
    with(asked.to_vec(), &proof)
}

#[tokio::test]
async fn a_spoilt_assertion_proves_nobody_and_is_not_used_up() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let khoa = app.party("khoa", Algorithm::Es256, both_grants).await;

    for (path, success, asked) in endpoints(&khoa.client) {
        for (name, how, told) in every_way(BY_ASSERTION) {
            let case = format!("{path} {name} {how:?}");
            let honest = form(&asked, &khoa, &khoa.assertion(&app, |_| {}));
            let is_proven = told == FINE;
            // A pushed request names its client, also where the assertion does (RFC 9126 §2.1).
            let told = if is_proven && path == PAR && name == "client_id" { REQUEST } else { told };

            told.check(&post(&app, path, spoil(&honest, name, how)).await, success, &case);

            let again = post(&app, path, whole(&honest)).await;
            let then = if is_proven { CLIENT } else { FINE };
            then.check(&again, success, &format!("{case}, and then as it should be"));
        }
    }
}

#[tokio::test]
async fn an_assertion_of_another_client_proves_nobody_and_still_counts_for_its_owner() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let khoa = app.party("khoa", Algorithm::Es256, both_grants).await;
    let other = app.party("khac", Algorithm::Es256, both_grants).await;
    let posting = app.client("tthc", by_post).await;

    for (path, success, asked) in endpoints(&khoa.client) {
        let theirs = other.assertion(&app, |_| {});
        let mine = khoa.assertion(&app, |_| {});
        let honest = form(&asked, &khoa, &mine);

        for (name, value) in [("client_assertion", theirs.as_str()), ("client_id", "khac"), ("client_id", "tthc")] {
            let answer = post(&app, path, exchanged(&honest, name, value)).await;
            CLIENT.check(&answer, success, &format!("{path} {name} {value}"));
        }
        let in_its_name = [("client_assertion_type", TYPE), ("client_assertion", theirs.as_str())];
        let two_clients = with([own(&posting), asked.clone()].concat(), &in_its_name);
        REQUEST.check(&post(&app, path, whole(&two_clients)).await, success, path);

        FINE.check(&post(&app, path, whole(&honest)).await, success, path);
        let their_address = exchanged(&form(&asked, &other, &theirs), "redirect_uri", &other.client.redirect_uri);
        FINE.check(&post(&app, path, their_address).await, success, path);
    }
}

/// A form with headers beside it, each as its bytes are.
async fn send(app: &TestApp, path: &str, name: &str, values: &[HeaderValue], fields: &[(&'static str, String)]) -> Answer {
    let mut request = Request::post(path).header("content-type", FORM);
    for value in values {
        request = request.header(name, value);
    }
    app.request(request.body(whole(fields)).expect("a request")).await
}

fn header(bytes: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(bytes).expect("a value")
}

fn basic(credentials: impl AsRef<[u8]>) -> Vec<HeaderValue> {
    vec![header(format!("Basic {}", STANDARD.encode(credentials)).as_bytes())]
}

#[tokio::test]
async fn a_spoilt_authorization_header_proves_nobody() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", both_grants).await;
    let other = app.client("van-ban", both_grants).await;
    let secret = client.secret.clone().expect("a secret");
    let their_secret = other.secret.clone().expect("a secret");
    let good = basic(format!("tthc:{secret}"));
    let bytes = |more: &[u8]| vec![header(&[good[0].as_bytes(), more].concat())];
    let table = [
        ("missing", Vec::new(), CLIENT),
        ("empty", vec![header(b"")], CLIENT),
        ("a scheme alone", vec![header(b"Basic")], CLIENT),
        ("another scheme", vec![header(format!("Bearer {secret}").as_bytes())], CLIENT),
        ("twice", [good.clone(), good.clone()].concat(), REQUEST),
        ("with another's", [good.clone(), basic(format!("van-ban:{their_secret}"))].concat(), REQUEST),
        ("not ASCII", bytes(b"\xff"), CLIENT),
        ("an emoji", bytes("\u{1f986}".as_bytes()), CLIENT),
        ("no base64", vec![header(b"Basic !")], CLIENT),
        ("no colon", basic("tthc"), CLIENT),
        ("an empty name", basic(format!(":{secret}")), REQUEST),
        ("an empty secret", basic("tthc:"), CLIENT),
        ("a NUL within", basic(format!("tthc:{secret}\0")), CLIENT),
        ("an encoded NUL within", basic(format!("tthc:{secret}%00")), CLIENT),
        ("not UTF-8 within", basic([b"tthc:".as_slice(), secret.as_bytes(), b"\xff"].concat()), CLIENT),
        ("encoded bytes that are not UTF-8", basic(format!("tthc:{secret}%ff")), CLIENT),
        ("an emoji within", basic("tthc:\u{1f986}"), CLIENT),
        ("a long secret", basic(format!("tthc:{}", "a".repeat(LONG))), CLIENT),
        ("a secret that is too long", basic(format!("tthc:{}", "a".repeat(TOO_LONG))), CLIENT),
        ("another's secret", basic(format!("tthc:{their_secret}")), CLIENT),
        ("another's name", basic(format!("van-ban:{secret}")), REQUEST),
    ];

    for (path, success, asked) in endpoints(&client) {
        let named = with(asked.clone(), &[("client_id", "tthc")]);
        let of_another = with(asked.clone(), &[("client_id", "van-ban")]);
        for (case, values, told) in &table {
            let answer = send(&app, path, "authorization", values, &named).await;
            told.check(&answer, success, &format!("{path} {case}"));
        }
        let strange = send(&app, path, "authorization", &basic(format!("van-ban:{secret}")), &of_another).await;
        CLIENT.check(&strange, success, path);
        REQUEST.check(&send(&app, path, "authorization", &good, &of_another).await, success, path);
        let nameless = if path == PAR { REQUEST } else { FINE };
        nameless.check(&send(&app, path, "authorization", &good, &asked).await, success, path);
        FINE.check(&send(&app, path, "authorization", &good, &named).await, success, path);
    }
}

#[tokio::test]
async fn a_spoilt_proof_of_a_key_is_invalid_and_the_proof_still_counts() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let client = app.client("tthc", by_post).await;
    let key = ProofKey::es256();

    for (path, success, asked) in endpoints(&client) {
        let honest = [own(&client), asked].concat();
        let good = key.proof(&app, "POST", path, |_, _| {});
        let bytes = |more: &[u8]| vec![header(&[good.as_bytes(), more].concat())];
        let table = [
            ("missing", Vec::new(), FINE),
            ("empty", vec![header(b"")], PROOF),
            ("twice", vec![header(good.as_bytes()), header(good.as_bytes())], PROOF),
            ("not ASCII", bytes(b"\xff"), PROOF),
            ("an emoji", vec![header("\u{1f986}".as_bytes())], PROOF),
            ("no JWT", vec![header("a".repeat(LONG).as_bytes())], PROOF),
            ("too long", vec![header("a".repeat(TOO_LONG).as_bytes())], PROOF),
            ("cut short", vec![header(&good.as_bytes()[..good.len() - 1])], PROOF),
            ("for another endpoint", vec![header(key.proof(&app, "POST", "/", |_, _| {}).as_bytes())], PROOF),
        ];
        for (case, values, told) in &table {
            told.check(&send(&app, path, "dpop", values, &honest).await, success, &format!("{path} {case}"));
        }
        FINE.check(&send(&app, path, "dpop", &[header(good.as_bytes())], &honest).await, success, path);
        let again = send(&app, path, "dpop", &[header(good.as_bytes())], &honest).await;
        PROOF.check(&again, success, &format!("{path}, a second time"));
    }
}
