//! Clients' certificates (RFC 8705, RFC 5280): what one says, read from its DER form.
//!
//! The chain is not verified here. Our own TLS listener has looked whether it
//! leads to the configured authorities; behind a trusted proxy, the proxy has,
//! where the settings say so. In every case the client has proven in the
//! handshake that it holds the private key. What is left, and is done here and
//! by the callers, is whom the certificate names, whose key it holds, and
//! whether it is in time.
//!
//! A certificate that no authority vouches for, such as a self-signed one
//! (RFC 8705 §2.2), counts only when the client registered it, or its key: the
//! names in it are anybody's.

use crate::base::clock::Millis;
use crate::base::digest::{base64url, from_base64url, sha256};
use crate::protocol::client_certificate::Names;
use crate::protocol::distinguished_name::{self, Attribute};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::net::IpAddr;
use x509_parser::extensions::GeneralName;
use x509_parser::x509::X509Name;

/// A certificate is never longer.
const LONGEST: usize = 16 * 1024;

/// A certificate that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct BadCertificate(pub &'static str);

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// `x5t#S256`: the SHA-256 digest of the DER form, in base64url (RFC 8705 §3.1).
    pub thumbprint: String,
    /// Whom it names; to be believed only when it is [verified](Self::verified).
    pub names: Names,
    /// An authority for clients vouches for it. Reading cannot tell: whoever shook hands says so.
    pub verified: bool,
    /// Good from this second on.
    not_before: i64,
    /// Good up to this second.
    not_after: i64,
    /// `SubjectPublicKeyInfo` in DER.
    public_key: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate.
    pub fn read(der: &[u8]) -> Result<Self, BadCertificate> {
        if der.len() > LONGEST {
            return Err(BadCertificate("the client's certificate is too long"));
        }
        let (rest, parsed) =
            x509_parser::parse_x509_certificate(der).map_err(|_| BadCertificate("the client's certificate cannot be read"))?;
        if !rest.is_empty() {
            return Err(BadCertificate("the client's certificate is followed by something else"));
        }
        let mut names = Names { subject: distinguished_name::write(&parts(parsed.subject())), ..Names::default() };
        let alternative = parsed
            .subject_alternative_name()
            .map_err(|_| BadCertificate("the alternative names of the client's certificate cannot be read"))?;
        for name in alternative.iter().flat_map(|alternative| &alternative.value.general_names) {
            match name {
                GeneralName::DNSName(name) => names.dns.push((*name).to_owned()),
                GeneralName::URI(name) => names.uri.push((*name).to_owned()),
                GeneralName::RFC822Name(name) => names.email.push((*name).to_owned()),
                GeneralName::IPAddress(bytes) => names.ip.extend(address(bytes)),
                _ => {}
            }
        }
        let validity = parsed.validity();
        Ok(Self {
            thumbprint: base64url(&sha256(der)),
            names,
            verified: false,
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
            public_key: parsed.public_key().raw.to_vec(),
        })
    }

    /// True while the certificate is in time, both ends included (RFC 5280 §4.1.2.5).
    pub fn is_good_at(&self, now: Millis) -> bool {
        (self.not_before..=self.not_after).contains(&now.seconds())
    }

    /// The last second at which it is good.
    pub fn good_until(&self) -> Millis {
        Millis(self.not_after.saturating_mul(1_000))
    }

    /// True when a key of the client's JWKS is this certificate's: a key with `x5c` stands for that one
    /// certificate (RFC 8705 §2.2), a key without it for every certificate of the key.
    pub fn is_among(&self, jwks: &Value) -> bool {
        let keys = jwks.get("keys").and_then(Value::as_array);
        keys.is_some_and(|keys| keys.iter().any(|key| self.is_of(key)))
    }

    fn is_of(&self, jwk: &Value) -> bool {
        if jwk.get("use").is_some_and(|wanted| wanted != "sig") {
            return false;
        }
        match jwk.get("x5c") {
            Some(chain) => {
                let first = chain.get(0).and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
                first.is_some_and(|der| base64url(&sha256(&der)) == self.thumbprint)
            }
            None => public_key(jwk).is_some_and(|key| key == self.public_key),
        }
    }
}

/// The parts of a name in the certificate's order. Values of names are never constructed (RFC 5280 §4.1.2.4).
fn parts(name: &X509Name<'_>) -> Vec<Vec<Attribute>> {
    let value = |tag: u32, content: &[u8]| der(u8::try_from(tag).unwrap_or_default(), content);
    name.iter_rdn()
        .map(|part| {
            part.iter()
                .map(|attribute| {
                    let tag = attribute.attr_value().tag().0;
                    (attribute.attr_type().to_id_string(), value(tag, attribute.as_slice()))
                })
                .collect()
        })
        .collect()
}

/// Four bytes or sixteen (RFC 5280 §4.2.1.6); a network is no address.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// What stands before the point of a P-256 key (RFC 5480 §2), up to the sign that it is uncompressed.
const P256: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
/// What stands before an Ed25519 key (RFC 8410 §4).
const ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// `rsaEncryption` and its absent parameters (RFC 3279 §2.3.1).
const RSA: [u8; 15] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// The `SubjectPublicKeyInfo` of a public RSA, P-256 or Ed25519 key (RFC 7518 §6, RFC 8037 §2).
fn public_key(jwk: &Value) -> Option<Vec<u8>> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| text(name).and_then(from_base64url).filter(|bytes| !bytes.is_empty());
    let bytes32 = |name: &str| bytes(name).filter(|bytes| bytes.len() == 32);
    match (text("kty")?, text("crv")) {
        ("EC", Some("P-256")) => Some([P256.to_vec(), bytes32("x")?, bytes32("y")?].concat()),
        ("OKP", Some("Ed25519")) => Some([ED25519.to_vec(), bytes32("x")?].concat()),
        ("RSA", None) => {
            let numbers = [integer(&bytes("n")?), integer(&bytes("e")?)].concat();
            // A bit string of whole bytes begins with the count of unused bits.
            let string = der(3, &[vec![0], der(0x30, &numbers)].concat());
            Some(der(0x30, &[RSA.to_vec(), string].concat()))
        }
        _ => None,
    }
}

/// A DER value.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    if let Ok(short @ 0..=0x7f) = u8::try_from(content.len()) {
        out.push(short);
    } else {
        let length = content.len().to_be_bytes();
        let digits = without_zeros(&length);
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
        out.extend(digits);
    }
    out.extend(content);
    out
}

/// A DER integer that is not negative.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let digits = without_zeros(bytes);
    let mut content = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|first| *first >= 0x80) {
        content.push(0);
    }
    content.extend(digits);
    der(2, &content)
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // Self-signed, good from 2025-01-01 to 2035-01-01; nobody holds the keys any more.
    const EC: &str = concat!(
        "MIICWDCCAf6gAwIBAgIBATAKBggqhkjOPQQDAjB5MQswCQYDVQQGEwJWTjE1MDMGA1UECgwsU+G7nyBO4buZaSB24bulLCBUaMOgbmggcGjhu5",
        "EgSOG7kyBDaMOtIE1pbmgxEjAQBgNVBAsMCVbEg24gdGjGsDEfMB0GA1UEAwwWaOG7kyBzxqEgKyBt4buZdCBj4butYTAeFw0yNTAxMDEwMDAw",
        "MDBaFw0zNTAxMDEwMDAwMDBaMHkxCzAJBgNVBAYTAlZOMTUwMwYDVQQKDCxT4bufIE7hu5lpIHbhu6UsIFRow6BuaCBwaOG7kSBI4buTIENow6",
        "0gTWluaDESMBAGA1UECwwJVsSDbiB0aMawMR8wHQYDVQQDDBZo4buTIHPGoSArIG3hu5l0IGPhu61hMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD",
        "QgAEar3NfMYPepX+Wqe0A4nqr2H/EmjSUzfho3qL3Izf5GZgosvIKzEe8aHhN2r84Eatb0G1hsjKic7O2E0U5rbzvKN3MHUwVAYDVR0RBE0wS4",
        "IPSG9Tby5leGFtcGxlLnZuhg91cm46bW90bGFuOmhvc2+HBMAAAgeHECABDbgAAAAAAAAAAAAAAAeBD2hvc29AZXhhbXBsZS52bjAdBgNVHQ4E",
        "FgQUq3EW8hzMO4OtthL416tZ3bRHtMYwCgYIKoZIzj0EAwIDSAAwRQIhAMGGHjwyyC9P7Fspb738q0uf4v+KX9akPzdMmBOYY0vYAiA3k80t6q",
        "lhMiOVRdr5d9XcGxlJmxaI/hyZQD3UeD1UZQ==",
    );
    const ED: &str = concat!(
        "MIIBTDCB/6ADAgECAgECMAUGAytlcDA5MQswCQYDVQQDDAJlZDENMAsGA1UEBRMEMDMwMTEbMBkGCSqGSIb3DQEJARYMYUBleGFtcGxlLnZuMB",
        "4XDTI1MDEwMTAwMDAwMFoXDTM1MDEwMTAwMDAwMFowOTELMAkGA1UEAwwCZWQxDTALBgNVBAUTBDAzMDExGzAZBgkqhkiG9w0BCQEWDGFAZXhh",
        "bXBsZS52bjAqMAUGAytlcAMhAB5fJfDJZg2AzUpni+Icmas+/mqy07gxQkdWxqn2MtFtoywwKjAJBgNVHRMEAjAAMB0GA1UdDgQWBBQ0bs8yA5",
        "FOACPWdswJEfVabAAIXjAFBgMrZXADQQAqkmKT4u8g8tORl0EErQcDLCdknUOR7VDN+3JN1CTdr2SC14sUvanFNOJGb04I1D/oCPIMHpwlFU1k",
        "7R1ca9kE",
    );
    const RSA_2048: &str = concat!(
        "MIICwzCCAaugAwIBAgIBAzANBgkqhkiG9w0BAQsFADAOMQwwCgYDVQQDDANyc2EwHhcNMjUwMTAxMDAwMDAwWhcNMzUwMTAxMDAwMDAwWjAOMQ",
        "wwCgYDVQQDDANyc2EwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQC8isswUh0prhKdavRPC1El9oY6tofDVSRyom/42v5al8bJXjr6",
        "N+dqf/nTKtu5xgnrwbAUekcrZ/PUI965FGe2UW8fUoaHL1BOEIps6LkfpjXw4BxTQEeavii4cqQYL2pM4wHyad8XhXSr2B0PUk9w7Y8dc5HgVe",
        "bGBxw3PAohBbFSDkxcoj7SZ206EuUx/wLJR5G9U/C4TrjA3pxqOscMJMOg5Lc9dcfs/XEVXUxtYhp/3UlW8SKK+D+VGdNQtoqWc5uRe6vX1jnM",
        "AseD49POLm1tyH0ZK54HxrdZafGg09ahNy2sUKccRo73RiiWWv5TPvlvLPRKLsfqDG5IewkfAgMBAAGjLDAqMAkGA1UdEwQCMAAwHQYDVR0OBB",
        "YEFN7629YoivL9i4iMT230qxgdzZqrMA0GCSqGSIb3DQEBCwUAA4IBAQCZ0QzOw42NRGPcKt0Q/nSe9vJ0gbT8rQXiAOFqYZ62pwKjrwa+lqOE",
        "0mxWOPWSAiH+0chXU0gxErHUfIBk18B4gMo5f+J72z8GrqQBOBQuWU6nrseQTWbSfWj79NdcB/LGq+a9ThfhmUvRGQ9E52FgZnz/RXCHSDmE1e",
        "NeH3t1coMf0jY5JzdIWhJXbOXbIm2H2TYhzcSg+jxoGvuXbHsD2/IZ2VX7Da1e/mFaELckZ+iT+ajylC7OVYHnz1HZ2FZoAQB9/luyvdPtRa/q",
        "ZSrvzPUmHFr8DI25ENnkOSNnPbyPYRU/jRSZ/d9lTYY/3J5GovODA4bGQkw2BjLEQo4q",
    );
    const SUBJECT: &str = "CN=hồ sơ \\+ một cửa,OU=Văn thư,O=Sở Nội vụ\\, Thành phố Hồ Chí Minh,C=VN";

    fn bytes(text: &str) -> Vec<u8> {
        STANDARD.decode(text).expect("base64")
    }

    fn read(text: &str) -> Certificate {
        Certificate::read(&bytes(text)).expect("a certificate")
    }

    fn ec_key() -> Value {
        json!({
            "kty": "EC",
            "crv": "P-256",
            "x": "ar3NfMYPepX-Wqe0A4nqr2H_EmjSUzfho3qL3Izf5GY",
            "y": "YKLLyCsxHvGh4Tdq_OBGrW9BtYbIyonOzthNFOa287w",
        })
    }

    fn ed_key() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": "Hl8l8MlmDYDNSmeL4hyZqz7-arLTuDFCR1bGqfYy0W0"})
    }

    fn rsa_key() -> Value {
        let n = concat!(
            "vIrLMFIdKa4SnWr0TwtRJfaGOraHw1UkcqJv-Nr-WpfGyV46-jfnan_50yrbucYJ68GwFHpHK2fz1CPeuRRntlFvH1KGhy9QThCKbOi5H6Y18O",
            "AcU0BHmr4ouHKkGC9qTOMB8mnfF4V0q9gdD1JPcO2PHXOR4FXmxgccNzwKIQWxUg5MXKI-0mdtOhLlMf8CyUeRvVPwuE64wN6cajrHDCTDoOS3",
            "PXXH7P1xFV1MbWIaf91JVvEiivg_lRnTULaKlnObkXur19Y5zALHg-PTzi5tbch9GSueB8a3WWnxoNPWoTctrFCnHEaO90Yollr-Uz75byz0Si",
            "7H6gxuSHsJHw",
        );
        json!({"kty": "RSA", "n": n, "e": "AQAB"})
    }

    #[test]
    fn a_certificate_says_whom_it_names() {
        let certificate = read(EC);

        assert_eq!(certificate.thumbprint, "Ur-BjxBTW2fxeQ522euFQ-GT98Rsq8BobPrYkvfY6lM");
        assert_eq!(certificate.names.subject, SUBJECT);
        assert!(!certificate.verified, "nobody has vouched for it yet");
        assert_eq!(certificate.names.dns, ["HoSo.example.vn"]);
        assert_eq!(certificate.names.uri, ["urn:motlan:hoso"]);
        assert_eq!(certificate.names.email, ["hoso@example.vn"]);
        let addresses: Vec<String> = certificate.names.ip.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["192.0.2.7", "2001:db8::7"]);

        let other = read(ED);
        assert_eq!(other.names.subject, "emailAddress=a@example.vn,serialNumber=0301,CN=ed");
        assert_eq!(other.names, Names { subject: other.names.subject.clone(), ..Names::default() });
    }

    #[test]
    fn a_certificate_is_good_between_its_dates() {
        let certificate = read(EC);
        let (first, last) = (1_735_689_600_000, 2_051_222_400_000);
        let table = [(0, false), (first - 1, false), (first, true), (last, true), (last + 999, true), (last + 1_000, false)];
        for (now, good) in table {
            assert_eq!(certificate.is_good_at(Millis(now)), good, "{now}");
        }
        assert_eq!(certificate.good_until(), Millis(last));
    }

    #[test]
    fn a_self_signed_certificate_counts_when_its_key_is_registered() {
        for (certificate, key) in [(EC, ec_key()), (ED, ed_key()), (RSA_2048, rsa_key())] {
            let others = [ec_key(), ed_key(), rsa_key()].into_iter().filter(|other| *other != key).collect::<Vec<_>>();
            let mut marked = key.clone();
            marked["use"] = json!("sig");
            let mut sealing = key.clone();
            sealing["use"] = json!("enc");
            let certificate = read(certificate);
            assert!(certificate.is_among(&json!({ "keys": [others[0], key] })), "{key}");
            assert!(certificate.is_among(&json!({ "keys": [marked] })), "{key}");
            assert!(!certificate.is_among(&json!({ "keys": others })), "{key}");
            assert!(!certificate.is_among(&json!({ "keys": [sealing] })), "{key}");
        }
    }

    #[test]
    fn a_key_with_a_certificate_stands_for_that_certificate_only() {
        let with = |chain: Value| {
            let mut key = ec_key();
            key["x5c"] = chain;
            json!({ "keys": [key] })
        };
        let certificate = read(EC);
        assert!(certificate.is_among(&with(json!([EC]))));
        assert!(certificate.is_among(&with(json!([EC, ED]))));
        for chain in [json!([ED]), json!([ED, EC]), json!([]), json!(EC), json!([1]), json!(["!"]), json!(null)] {
            assert!(!certificate.is_among(&with(chain.clone())), "{chain}");
        }
    }

    #[test]
    fn keys_that_cannot_be_read_are_nobodys() {
        let certificate = read(EC);
        let with = |name: &str, value: Value| {
            let mut key = ec_key();
            key[name] = value;
            key
        };
        let table = [
            with("x", json!("ar3NfMYPepX-Wqe0A4nqr2H_EmjSUzfho3qL3Izf5A")),
            with("x", json!("")),
            with("x", json!(1)),
            with("y", json!("!")),
            with("crv", json!("P-384")),
            with("kty", json!("RSA")),
            with("kty", json!("oct")),
            json!({}),
            json!(null),
            json!("key"),
        ];
        for key in table {
            assert!(!certificate.is_among(&json!({ "keys": [key] })), "{key}");
        }
        for jwks in [json!({}), json!({"keys": {}}), json!([ec_key()]), json!(null)] {
            assert!(!certificate.is_among(&jwks), "{jwks}");
        }
    }

    #[test]
    fn leading_zeros_of_an_rsa_key_do_not_count() {
        let n = from_base64url(rsa_key()["n"].as_str().expect("text")).expect("base64url");
        let padded = json!({"kty": "RSA", "n": base64url(&[vec![0, 0], n].concat()), "e": "AAEAAQ"});
        assert!(read(RSA_2048).is_among(&json!({ "keys": [padded] })));
    }

    #[test]
    fn garbage_is_refused() {
        let fine = bytes(EC);
        for cut in 0..fine.len() {
            assert!(Certificate::read(&fine[..cut]).is_err(), "{cut}");
        }
        let followed = [fine.clone(), vec![0]].concat();
        let twice = [fine.clone(), fine].concat();
        let pem = b"-----BEGIN CERTIFICATE-----".to_vec();
        let endless = vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff];
        for bad in [followed, twice, pem, endless, vec![], vec![0x30; 100], vec![0; LONGEST + 1]] {
            assert!(Certificate::read(&bad).is_err(), "{} bytes", bad.len());
        }
    }

    #[test]
    fn no_damage_of_one_byte_makes_it_panic() {
        let fine = bytes(EC);
        for place in 0..fine.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = fine.clone();
                damaged[place] ^= flip;
                if let Ok(certificate) = Certificate::read(&damaged) {
                    assert_ne!(certificate.thumbprint, read(EC).thumbprint);
                }
            }
        }
    }
}
