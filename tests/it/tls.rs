//! The built-in TLS: what is offered, and whose certificates count.

use crate::support::listener::{GET_ONCE, SHORT, soon};
use crate::support::tls::{Authority, CLIENTS_HOST, HOST, Pair, Stage};
use metrics_exporter_prometheus::PrometheusBuilder;
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn https_is_served_and_plain_http_is_not() {
    let stage = Stage::start().await;

    let newest = stage.any(None).ask().await.expect("an answer");
    let older = stage.old(None).ask().await.expect("an answer");
    assert_eq!((newest.said.as_str(), newest.version), ("nobody", Some(ProtocolVersion::TLSv1_3)));
    assert_eq!((older.said.as_str(), older.version), ("nobody", Some(ProtocolVersion::TLSv1_2)));

    let mut plain = TcpStream::connect(stage.address).await.expect("a connection");
    plain.write_all(GET_ONCE.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // It may be cut off rather than ended: its request was never read.
    let _ = soon(plain.read_to_end(&mut answer)).await;
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");
    assert_eq!(stage.answered(), 2);
    stage.end().await;
}

#[tokio::test]
async fn only_http_1_1_is_spoken_within_tls() {
    let stage = Stage::start().await;
    let with = |protocols: &[&[u8]]| {
        let mut client = stage.any(None);
        let mut config = ClientConfig::clone(&client.config);
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        client.config = Arc::new(config);
        client
    };

    let both = with(&[b"h2", b"http/1.1"]).ask().await.expect("an answer");
    assert_eq!(both.protocol.as_deref(), Some(&b"http/1.1"[..]));
    assert!(with(&[b"h2"]).ask().await.is_err(), "nothing in common");
    assert_eq!(stage.answered(), 1);
}

#[tokio::test]
async fn only_suites_that_fapi_allows_are_offered() {
    let stage = Stage::start().await;
    let table = [
        (&TLS13, cipher_suite::TLS13_AES_256_GCM_SHA384, true),
        (&TLS13, cipher_suite::TLS13_AES_128_GCM_SHA256, true),
        (&TLS13, cipher_suite::TLS13_CHACHA20_POLY1305_SHA256, true),
        (&TLS12, cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, true),
        (&TLS12, cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true),
        (&TLS12, cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, false),
    ];
    let mut allowed = 0;
    for (version, suite, fine) in table {
        let heard = stage.client(&[version], vec![suite], None).ask().await;
        assert_eq!(heard.is_ok(), fine, "{:?}", suite.suite());
        allowed += usize::from(fine);
    }
    assert_eq!(stage.answered(), allowed, "what is refused never reaches the router");
}

#[tokio::test]
async fn tls_1_1_is_refused_by_name() {
    let stage = Stage::start().await;
    let hello = |version: u8| {
        let mut body = vec![3, version];
        body.extend([7; 32]);
        // No session; TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA; no compression;
        // signature_algorithms with ecdsa_secp256r1_sha256.
        body.extend([0, 0, 4, 0xc0, 0x2b, 0xc0, 0x09, 1, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3]);
        let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("short");
        let mut message = vec![1, 0, 0, length(&body)];
        message.extend(body);
        let mut record = vec![22, 3, 1, 0, length(&message)];
        record.extend(message);
        record
    };
    for version in [1, 2] {
        let mut stream = TcpStream::connect(stage.address).await.expect("a connection");
        stream.write_all(&hello(version)).await.expect("sent");
        let mut answer = Vec::new();
        soon(stream.read_to_end(&mut answer)).await.expect("an end");
        // An alert, fatal: protocol_version (RFC 5246 §7.2.2).
        assert_eq!((answer.first(), answer.get(5..)), (Some(&21), Some(&[2, 70][..])), "{answer:?}");
    }
}

#[tokio::test]
async fn a_certificate_is_asked_for_and_never_demanded() {
    let stage = Stage::start().await;
    let known = stage.clients.vouch(&["client.example"]);
    let alone = Pair::alone("client.example");
    let strangers = Authority::new().vouch(&["client.example"]);
    let ours = stage.authority.vouch(&["client.example"]);
    let table = [
        ("none", None, "nobody".to_owned()),
        ("an authority for clients vouches", Some(&known), format!("verified {}", known.digest())),
        ("self-signed", Some(&alone), format!("unverified {}", alone.digest())),
        ("another authority of the same name", Some(&strangers), format!("unverified {}", strangers.digest())),
        ("the authority of our own certificate", Some(&ours), format!("unverified {}", ours.digest())),
    ];
    for (case, pair, expected) in table {
        for client in [stage.any(pair), stage.old(pair)] {
            let heard = client.ask().await.expect(case);
            assert_eq!(heard.said, expected, "{case}: {:?}", heard.version);
        }
    }
}

#[tokio::test]
async fn without_authorities_no_certificate_is_verified() {
    let stage = Stage::with(|settings| settings.client_ca_file = None, |_| {}).await;
    let pair = stage.clients.vouch(&["client.example"]);

    let heard = stage.any(Some(&pair)).ask().await.expect("an answer");

    assert_eq!(heard.said, format!("unverified {}", pair.digest()));
}

#[tokio::test]
async fn a_certificate_without_its_key_is_refused() {
    let stage = Stage::start().await;
    let theirs = stage.clients.vouch(&["client.example"]);
    let mine = Pair::alone("client.example");
    let key = default_provider().key_provider.load_private_key(mine.private()).expect("a key");
    let stolen = Arc::new(SingleCertAndKey::from(CertifiedKey::new(theirs.chain(), key)));

    for mut client in [stage.any(None), stage.old(None)] {
        let mut config = ClientConfig::clone(&client.config);
        config.client_auth_cert_resolver = stolen.clone();
        client.config = Arc::new(config);
        assert!(client.ask().await.is_err());
    }
    assert_eq!(stage.answered(), 0, "the router has seen nobody");
}

#[tokio::test]
async fn a_resumed_connection_is_judged_anew() {
    let stage = Stage::start().await;
    let pair = stage.clients.vouch(&["client.example"]);
    for client in [stage.any(Some(&pair)), stage.old(Some(&pair))] {
        let first = client.ask().await.expect("an answer");
        let second = client.ask().await.expect("an answer");
        assert_eq!(first.said, format!("verified {}", pair.digest()));
        assert_eq!((second.kind, second.said), (Some(HandshakeKind::Resumed), first.said), "{:?}", first.version);
    }

    let client = stage.any(Some(&pair));
    client.ask().await.expect("an answer");
    // Past 2030, where the certificate ends.
    stage.clock.advance_seconds(4 * 366 * 86_400);
    let late = client.ask().await.expect("an answer");
    assert_eq!((late.kind, late.said), (Some(HandshakeKind::Resumed), format!("unverified {}", pair.digest())));
}

#[tokio::test]
async fn at_other_names_than_the_clients_host_nobody_is_asked() {
    let stage = Stage::with(|settings| settings.client_certificate_host = Some(CLIENTS_HOST.to_owned()), |_| {}).await;
    let pair = stage.clients.vouch(&["client.example"]);
    let client = stage.any(Some(&pair));

    let at_clients_host = client.ask_at(CLIENTS_HOST).await.expect("an answer");
    let elsewhere = client.ask_at(HOST).await.expect("an answer");

    assert_eq!(at_clients_host.said, format!("verified {}", pair.digest()));
    assert_eq!(elsewhere.said, "nobody");
}

#[tokio::test]
async fn a_handshake_that_stalls_is_dropped_and_its_place_is_free_again() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::with(
        |_| {},
        |limits| {
            limits.handshake = SHORT;
            limits.connections = 1;
        },
    )
    .await;

    for bytes in [&b""[..], &[22, 3, 1][..], &[22, 3, 1, 2, 0, 1][..]] {
        let mut stalled = TcpStream::connect(stage.address).await.expect("a connection");
        stalled.write_all(bytes).await.expect("sent");
        let mut rest = Vec::new();
        let _ = soon(stalled.read_to_end(&mut rest)).await;
        assert!(rest.is_empty(), "{bytes:?}: {rest:?}");
        // The place is free once the server has let go of it.
        soon(async { while stage.any(None).ask().await.is_err() {} }).await;
    }
    let text = numbers.render();
    assert!(text.lines().any(|line| line == "motlan_tls_handshakes_refused_total{reason=\"late\"} 3"), "{text}");
    assert_eq!(stage.answered(), 3);
}

#[tokio::test]
async fn the_end_does_not_wait_for_handshakes() {
    let stage = Stage::start().await;
    let mut silent = TcpStream::connect(stage.address).await.expect("a connection");
    // The listener takes them in order: when this one is answered, the silent one was taken.
    stage.any(None).ask().await.expect("an answer");

    stage.end().await;

    let mut rest = Vec::new();
    let _ = soon(silent.read_to_end(&mut rest)).await;
    assert!(rest.is_empty(), "{rest:?}");
}
