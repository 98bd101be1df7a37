//! The hot pieces of a silent sign-on: sign, verify, decide, issue, look a
//! session up on both engines. PostgreSQL is measured when
//! `MOTLAN_TEST_POSTGRES_URL` names one.

#![allow(clippy::expect_used, clippy::disallowed_methods, reason = "a benchmark that cannot go on says why and stops")]

use divan::{Bencher, black_box};
use motlan::base::clock::Millis;
use motlan::base::digest::sha256;
use motlan::base::entropy::{Entropy as _, SystemEntropy};
use motlan::base::id::{PersonId, SignOnId};
use motlan::crypto::jwt::verify_own;
use motlan::crypto::keyring::{Keyring, SigningKey, TokenType, generate};
use motlan::model::device::Device;
use motlan::model::sign_on::{Manner, SignOn};
use motlan::model::signing_key::{Algorithm, Schedule};
use motlan::protocol::authorization_request::AuthorizationRequest;
use motlan::protocol::parameters::Parameters;
use motlan::service::authorization::{Acting, Asked, Known, Level, OldAccount, decide};
use motlan::store::{Store, sign_ons};
use tokio::runtime::Runtime;

fn main() {
    motlan::crypto::install_provider();
    divan::main();
}

const NOW: Millis = Millis(1_795_309_200_000);
const CLAIMS: &[u8] = br#"{"iss":"https://id.example","sub":"fV5fmXTSnemv0yktoJj6_JsP","aud":"tthc","exp":1795309500,"iat":1795309200,"auth_time":1795309200,"nonce":"n-0S6_WzA2Mj","acr":"https://id.example/acr/1","amr":["pwd"],"sid":"019ab0c2-7000-7000-8000-000000000000","at_hash":"77QmUPtjPfzWtF2AnpK9RQ"}"#;

fn keyring(algorithm: Algorithm) -> Keyring {
    let made = generate(algorithm).expect("a key");
    let schedule = Schedule { announced_at: NOW, active_at: NOW, retiring_at: None, gone_at: None, revoked_at: None };
    let key = SigningKey::read(&made.kid, algorithm, &made.private, &made.public_jwk.to_string(), schedule).expect("a key");
    let keyring = Keyring::default();
    keyring.replace(vec![key]);
    keyring
}

#[divan::bench(args = Algorithm::ALL)]
fn sign(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let keyring = keyring(algorithm);
    bencher.bench(|| keyring.signer(algorithm, NOW).expect("a signer").sign(TokenType::Id, black_box(CLAIMS)).expect("a token"));
}

#[divan::bench(args = Algorithm::ALL)]
fn verify(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let keyring = keyring(algorithm);
    let token = keyring.signer(algorithm, NOW).expect("a signer").sign(TokenType::Id, CLAIMS).expect("a token");
    bencher.bench(|| verify_own(&keyring, black_box(&token), NOW).expect("verified"));
}

#[divan::bench]
fn read_and_decide(bencher: Bencher<'_, '_>) {
    let query = b"response_type=code&client_id=tthc&redirect_uri=https%3A%2F%2Ftthc.example%2Fcallback&scope=openid+profile+unit&state=st&nonce=nn&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    let known = Known {
        old_account: OldAccount::Fine,
        has_second_factor: false,
        wants_passkey: false,
        must_enrol: false,
        must_change_password: false,
        signed_on: true,
        authenticated_for_this: false,
        fresh_enough: true,
        expected_person: true,
        hint_usable: true,
        level: Level::Enough,
        reached: 1,
        posts: 0,
        chosen_for_this: false,
        enters: true,
        position: Some(Acting(None)),
        scopes_granted: true,
        consented_to_this: false,
    };
    bencher.bench(|| {
        let parameters = Parameters::decode(black_box(query));
        let request = AuthorizationRequest::read("tthc", &parameters).expect("a request");
        decide(&Asked::of(&request), &known)
    });
}

fn look_up(bencher: Bencher<'_, '_>, url: &str) {
    let runtime = Runtime::new().expect("a runtime");
    let (store, digest) = runtime.block_on(async {
        let store = Store::open(url).await.expect("a database");
        store.migrate().await.expect("a schema");
        let digest = sha256(SystemEntropy.token().as_bytes());
        let sign_on = SignOn {
            id: SignOnId::new(NOW, &SystemEntropy),
            person: PersonId::new(NOW, &SystemEntropy),
            started_at: NOW,
            authenticated_at: NOW,
            last_seen_at: NOW,
            ends_at: NOW.plus_seconds(28_800),
            level: 1,
            methods: "pwd".to_owned(),
            device: Device::default(),
            manner: Manner::default(),
            legacy: None,
            legacy_id: None,
            ended_at: None,
        };
        let mut tx = store.write().await.expect("a transaction");
        sign_ons::add(&mut tx, &sign_on, &digest, "127.0.0.1").await.expect("a sign-on");
        tx.commit().await.expect("a commit");
        (store, digest)
    });
    bencher.bench(|| {
        runtime.block_on(async {
            let mut conn = store.read().await.expect("a connection");
            sign_ons::find_by_cookie(&mut conn, &digest).await.expect("an answer").expect("a sign-on")
        })
    });
}

#[divan::bench]
fn session_look_up_sqlite(bencher: Bencher<'_, '_>) {
    let dir = tempfile::tempdir().expect("a directory");
    look_up(bencher, &format!("sqlite://{}/bench.db", dir.path().display()));
}

#[divan::bench]
fn session_look_up_postgresql(bencher: Bencher<'_, '_>) {
    match std::env::var("MOTLAN_TEST_POSTGRES_URL") {
        Ok(url) => look_up(bencher, &url),
        Err(_) => bencher.bench(|| ()),
    }
}
