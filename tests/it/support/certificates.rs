//! Certificates of clients, and a provider behind a proxy that hands them on (RFC 8705, RFC 9440).
//!
//! They are of one authority, and good from 2025-01-01 to 2035-01-01 where nothing else is said; nobody holds the keys any more.

use super::door::Door;
use super::{TestApp, stage};
use motlan::model::client::{AuthMethod, CertificateSubject, ClientSettings};
use serde_json::{Value, json};

/// C=VN,O=City,CN=lgsp, with alternative names of every kind.
pub const LGSP: &str = concat!(
    "MIIB9jCCAZ2gAwIBAgIBAjAKBggqhkjOPQQDAjA3MRIwEAYDVQQDDAlhdXRob3JpdHkxFDASBgNVBAoMC01vdGxhbiB0ZXN0MQswCQYDVQQGEw",
    "JWTjAeFw0yNTAxMDEwMDAwMDBaFw0zNTAxMDEwMDAwMDBaMCsxDTALBgNVBAMMBGxnc3AxDTALBgNVBAoMBENpdHkxCzAJBgNVBAYTAlZOMFkw",
    "EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE76PvjIMlim7DhHi7kaunJh59Ox2gcEuXXwTdnoBWoCvY5oQ6XCQm5Kgtvkl4twkMGVJdfSDCnJHx6U",
    "gcZSKL7KOBpTCBojBVBgNVHREETjBMgg9sZ3NwLmV4YW1wbGUudm6GEHVybjpleGFtcGxlOmxnc3CHBMAAAgeHECABDbgAAAAAAAAAAAAAAAeB",
    "D2xnc3BAZXhhbXBsZS52bjAJBgNVHRMEAjAAMB0GA1UdDgQWBBREQ0y56IxTCrHlRIsaooUTyK8oVjAfBgNVHSMEGDAWgBRhHmndVa3JF5Sukp",
    "8sJjNUqXwQqTAKBggqhkjOPQQDAgNHADBEAiAqkcQZNNn+4LHLZ75HgdAiNLrlXu3jVZg1dv45/vYTrwIgLO8lJrx7rzEIaUyhe35TxCYYLnka",
    "EiH+ELJZYytlmsY=",
);
/// Another certificate of the same subject and the same key.
pub const RENEWED: &str = concat!(
    "MIIB9zCCAZ2gAwIBAgIBAzAKBggqhkjOPQQDAjA3MRIwEAYDVQQDDAlhdXRob3JpdHkxFDASBgNVBAoMC01vdGxhbiB0ZXN0MQswCQYDVQQGEw",
    "JWTjAeFw0yNjAxMDEwMDAwMDBaFw0zNTAxMDEwMDAwMDBaMCsxDTALBgNVBAMMBGxnc3AxDTALBgNVBAoMBENpdHkxCzAJBgNVBAYTAlZOMFkw",
    "EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE76PvjIMlim7DhHi7kaunJh59Ox2gcEuXXwTdnoBWoCvY5oQ6XCQm5Kgtvkl4twkMGVJdfSDCnJHx6U",
    "gcZSKL7KOBpTCBojBVBgNVHREETjBMgg9sZ3NwLmV4YW1wbGUudm6GEHVybjpleGFtcGxlOmxnc3CHBMAAAgeHECABDbgAAAAAAAAAAAAAAAeB",
    "D2xnc3BAZXhhbXBsZS52bjAJBgNVHRMEAjAAMB0GA1UdDgQWBBREQ0y56IxTCrHlRIsaooUTyK8oVjAfBgNVHSMEGDAWgBRhHmndVa3JF5Sukp",
    "8sJjNUqXwQqTAKBggqhkjOPQQDAgNIADBFAiAeA79jt0gSO8L6EBntOfhpxGbFuQk61oHpZLikVwWj/AIhAIeWrtQUx0tD219hAmVWhUOIOZBv",
    "nhs0mdY51BilQhYv",
);
/// The same, good up to 2025-01-01.
pub const EXPIRED: &str = concat!(
    "MIIB+DCCAZ2gAwIBAgIBBTAKBggqhkjOPQQDAjA3MRIwEAYDVQQDDAlhdXRob3JpdHkxFDASBgNVBAoMC01vdGxhbiB0ZXN0MQswCQYDVQQGEw",
    "JWTjAeFw0yNDAxMDEwMDAwMDBaFw0yNTAxMDEwMDAwMDBaMCsxDTALBgNVBAMMBGxnc3AxDTALBgNVBAoMBENpdHkxCzAJBgNVBAYTAlZOMFkw",
    "EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE76PvjIMlim7DhHi7kaunJh59Ox2gcEuXXwTdnoBWoCvY5oQ6XCQm5Kgtvkl4twkMGVJdfSDCnJHx6U",
    "gcZSKL7KOBpTCBojBVBgNVHREETjBMgg9sZ3NwLmV4YW1wbGUudm6GEHVybjpleGFtcGxlOmxnc3CHBMAAAgeHECABDbgAAAAAAAAAAAAAAAeB",
    "D2xnc3BAZXhhbXBsZS52bjAJBgNVHRMEAjAAMB0GA1UdDgQWBBREQ0y56IxTCrHlRIsaooUTyK8oVjAfBgNVHSMEGDAWgBRhHmndVa3JF5Sukp",
    "8sJjNUqXwQqTAKBggqhkjOPQQDAgNJADBGAiEArzucygy+FMx0zqk4mW0iXlC7tiy+HuMfxDigLsvklSICIQC2i5vgch1vX4z4E6hBjZ4O8wij",
    "3cuV7pC3p35h/KTTsw==",
);
/// C=VN,O=City,CN=other, without alternative names.
pub const OTHER: &str = concat!(
    "MIIBoDCCAUWgAwIBAgIBBDAKBggqhkjOPQQDAjA3MRIwEAYDVQQDDAlhdXRob3JpdHkxFDASBgNVBAoMC01vdGxhbiB0ZXN0MQswCQYDVQQGEw",
    "JWTjAeFw0yNTAxMDEwMDAwMDBaFw0zNTAxMDEwMDAwMDBaMCwxDjAMBgNVBAMMBW90aGVyMQ0wCwYDVQQKDARDaXR5MQswCQYDVQQGEwJWTjBZ",
    "MBMGByqGSM49AgEGCCqGSM49AwEHA0IABEZlB0hGbQsvPt3jxXhDRrSyUE2aHHDMt+Rw66lyH+rQbv7Pc5zsOyvdXDbnTS9lutzG8ZWSCobakp",
    "3KJlY/GQCjTTBLMAkGA1UdEwQCMAAwHQYDVR0OBBYEFH5Sfyk1Na9OOCHxq5cqtlIO/cPdMB8GA1UdIwQYMBaAFGEead1VrckXlK6SnywmM1Sp",
    "fBCpMAoGCCqGSM49BAMCA0kAMEYCIQD9cYgMM7iG3ZVf1zntA8E8KhMXKKVACKfSU9q4owjpYwIhAKVbdXg5BlpeZ2HnG8aXH0W6SZeX1Ccq9w",
    "Vpr5kktrY/",
);
/// Signed by its own key.
pub const SELF: &str = concat!(
    "MIIBOTCB36ADAgECAgEGMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHNlbGYwHhcNMjUwMTAxMDAwMDAwWhcNMzUwMTAxMDAwMDAwWjAPMQ0wCw",
    "YDVQQDDARzZWxmMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYZ0R4HL4VJpKrRV0y/9tbf0H6g60Gw8x6oQ4fh89owPWx6py/8J+r0ReQQ6R",
    "xpxHhqJJzOg568LahWP1uFGxaaMsMCowCQYDVR0TBAIwADAdBgNVHQ4EFgQUGj7itRj3L4bUxw/P9gNucD5yFagwCgYIKoZIzj0EAwIDSQAwRg",
    "IhAOvwaPnFD8bHkykuzFPBjrzO55uWDTPh7DztSkJN6NF/AiEA8b6ePiJREL+5RtwWIw9L0Jngoca2WGxYC4tM0mrP83s=",
);
/// Of the same key.
pub const SELF_AGAIN: &str = concat!(
    "MIIBODCB36ADAgECAgEHMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBHNlbGYwHhcNMjUwMTAyMDAwMDAwWhcNMzUwMTAxMDAwMDAwWjAPMQ0wCw",
    "YDVQQDDARzZWxmMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYZ0R4HL4VJpKrRV0y/9tbf0H6g60Gw8x6oQ4fh89owPWx6py/8J+r0ReQQ6R",
    "xpxHhqJJzOg568LahWP1uFGxaaMsMCowCQYDVR0TBAIwADAdBgNVHQ4EFgQUGj7itRj3L4bUxw/P9gNucD5yFagwCgYIKoZIzj0EAwIDSAAwRQ",
    "IhAJ7ZKXWWiAVwqmDtLmFh8BtMW3KjCIXiSLI1k6SCMTOgAiAzba7wT66HknSFP7BGR/Yv9JYx81AF44avftKRGvgP1w==",
);
/// The digest of the first.
pub const LGSP_DIGEST: &str = "olwcqeNYR1cTtkhEHVpFemUYSMo0dMK7ZrKoKnhLmkM";
/// The digest of the second.
pub const RENEWED_DIGEST: &str = "rhXeMzpT2SU3ULmRNqdwG5GNWmeslbQ85tb2_j8JTeQ";

/// The key of the certificate that is signed by it.
pub fn own_key() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "YZ0R4HL4VJpKrRV0y_9tbf0H6g60Gw8x6oQ4fh89owM",
        "y": "1seqcv_Cfq9EXkEOkcacR4aiSczoOevC2oVj9bhRsWk",
    })
}

/// A provider behind a proxy on loopback that verifies certificates and hands them on.
pub async fn behind_a_proxy() -> (TestApp, Door) {
    let app = stage(|config| {
        config.server.trusted_proxies = "127.0.0.0/8".to_owned();
        config.tls.client_certificate_header = Some("client-cert".to_owned());
        config.tls.client_certificate_verified = true;
    })
    .await;
    let door = Door::of(&app).await;
    (app, door)
}

/// A client that proves itself by a certificate of this subject.
pub fn by_subject(subject: CertificateSubject) -> impl FnOnce(&mut ClientSettings) {
    move |settings: &mut ClientSettings| {
        settings.auth_method = AuthMethod::TlsClientAuth;
        settings.tls_client_auth = Some(subject);
    }
}

/// The one of the first certificate.
pub fn by_name(settings: &mut ClientSettings) {
    by_subject(CertificateSubject::SubjectDn("C=VN,O=City,CN=lgsp".to_owned()))(settings);
}

/// A client whose access tokens are bound to its certificate.
pub fn certificate_bound(settings: &mut ClientSettings) {
    settings.certificate_bound_access_tokens = true;
}

/// The header of a certificate: a byte sequence (RFC 9440 §2.1).
pub fn shown(certificates: &[&str]) -> Vec<(&'static str, String)> {
    certificates.iter().map(|certificate| ("client-cert", format!(":{certificate}:"))).collect()
}
