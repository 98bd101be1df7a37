//! The files of the built-in TLS: renewed without a restart, refused when they do not fit, and looked at by the doctor.

use crate::support::START;
use crate::support::listener::{GET_ONCE, soon};
use crate::support::tls::{Authority, Folder, HOST, Stage};
use motlan::app::config::{Config, Tls as Settings};
use motlan::app::tls::{Files, examine};
use motlan::base::clock::{Clock, FixedClock};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn a_renewed_certificate_is_served_without_a_restart() {
    let mut stage = Stage::start().await;
    let client = stage.any(None);
    let mut kept = client.connect(HOST).await.expect("a connection with the old certificate");
    assert_eq!(client.ask().await.expect("an answer").certificate, stage.own.certificate.der().to_vec());

    let renewed = stage.authority.vouch(&[HOST]);
    stage.folder.put_pair(&renewed);
    stage.files.look();

    assert_eq!(stage.any(None).ask().await.expect("an answer").certificate, renewed.certificate.der().to_vec());
    let mut answer = Vec::new();
    kept.write_all(GET_ONCE.as_bytes()).await.expect("sent");
    soon(kept.read_to_end(&mut answer)).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "whoever was connected stays so");
}

#[tokio::test]
async fn files_that_cannot_be_served_change_nothing() {
    let mut stage = Stage::start().await;
    let own = stage.own.certificate.der().to_vec();
    let (renewed, other) = (stage.authority.vouch(&[HOST]), stage.authority.vouch(&[HOST]));
    let table = [
        ("the certificate comes before its key", renewed.certificate.pem(), stage.own.key.serialize_pem()),
        ("the key of another", renewed.certificate.pem(), other.key.serialize_pem()),
        ("nothing in PEM", "soon".to_owned(), renewed.key.serialize_pem()),
        ("no key", renewed.certificate.pem(), String::new()),
        ("the two changed places", renewed.key.serialize_pem(), renewed.certificate.pem()),
    ];
    for (case, certificate, key) in table {
        stage.folder.put("cert.pem", &certificate);
        stage.folder.put("key.pem", &key);
        stage.files.look();
        assert_eq!(stage.any(None).ask().await.expect(case).certificate, own, "{case}");
    }

    stage.folder.put_pair(&renewed);
    stage.files.look();
    assert_eq!(stage.any(None).ask().await.expect("an answer").certificate, renewed.certificate.der().to_vec());
}

#[tokio::test]
async fn an_authority_that_is_taken_away_counts_no_more() {
    let mut stage = Stage::start().await;
    let pair = stage.clients.vouch(&["client.example"]);
    let client = stage.any(Some(&pair));
    assert_eq!(client.ask().await.expect("an answer").said, format!("verified {}", pair.digest()));

    stage.folder.put("clients.pem", &Authority::new().certificate.pem());
    stage.files.look();

    assert_eq!(client.ask().await.expect("an answer").said, format!("unverified {}", pair.digest()));
}

#[test]
fn files_that_do_not_fit_are_refused_at_the_start() {
    let authority = Authority::new();
    let (one, other) = (authority.vouch(&[HOST]), authority.vouch(&[HOST]));
    let folder = Folder::empty();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(START));
    let refusal = |change: &dyn Fn()| {
        folder.put_pair(&one);
        folder.put("clients.pem", &authority.certificate.pem());
        let settings = folder.settings();
        change();
        Files::open(&settings, clock.clone()).err()
    };

    assert_eq!(refusal(&|| {}), None);
    let table: [(&str, &dyn Fn()); 4] = [
        ("TLS: the certificate cannot be served with this key", &|| folder.put("key.pem", &other.key.serialize_pem())),
        ("tls.cert_file", &|| std::fs::remove_file(folder.path("cert.pem")).expect("gone")),
        ("tls.key_file", &|| folder.put("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----")),
        ("tls.client_ca_file", &|| folder.put("clients.pem", "")),
    ];
    for (words, change) in table {
        let reason = refusal(change).expect(words);
        assert!(reason.starts_with(words), "{reason}");
    }
}

#[test]
fn the_doctor_says_who_speaks_tls() {
    let folder = Folder::empty();
    folder.put_pair(&Authority::new().vouch(&[HOST]));
    let clock = Arc::new(FixedClock::at(START));
    let say = |issuer: &str, proxies: &str, tls: Settings| {
        let mut config = Config::default();
        config.server.issuer = issuer.to_owned();
        config.server.trusted_proxies = proxies.to_owned();
        config.tls = tls;
        let clock: Arc<dyn Clock> = clock.clone();
        examine(&config, &clock)
    };

    assert!(say("http://localhost:8080", "", Settings::default()).is_ok());
    assert!(say("https://id.example", "10.0.0.0/8", Settings::default()).is_ok());
    assert!(say("https://id.example", "", Settings::default()).is_err(), "nobody speaks TLS");
    let built_in = say("https://id.example", "", folder.settings()).expect("our own");
    assert!(built_in.contains("2030"), "{built_in}");
    clock.advance_seconds(4 * 366 * 86_400);
    assert!(say("https://id.example", "", folder.settings()).is_err(), "it has expired");
}
