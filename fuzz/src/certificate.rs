//! Clients' certificates, and the names in them.

use super::parts;
use motlan::base::clock::Millis;
use motlan::base::digest::{base64url, sha256};
use motlan::crypto::certificate::Certificate;
use motlan::protocol::client_certificate::{CertificateSubject, Names};
use motlan::protocol::distinguished_name;
use serde_json::json;
use std::iter::once;
use unicode_normalization::UnicodeNormalization as _;

/// The input is a certificate in DER, or two lines of text: names, or parts of names.
pub fn run(data: &[u8]) {
    if let Ok(certificate) = Certificate::read(data) {
        assert!(data.len() <= 16 * 1024);
        assert_eq!(certificate.thumbprint, base64url(&sha256(data)));
        assert_eq!(Certificate::read(data).as_ref(), Ok(&certificate));
        assert!(!certificate.verified, "reading does not vouch");
        let with_more: Vec<u8> = data.iter().copied().chain(once(0)).collect();
        assert!(Certificate::read(&with_more).is_err(), "nothing stands behind a certificate");
        assert!(!certificate.is_among(&json!({"keys": []})) && !certificate.is_among(&json!({"keys": [{"x5c": ["AA=="]}]})));
        let _ = certificate.is_good_at(Millis(1_795_309_200_000));
        for name in certificate.names.dns.iter().filter(|name| !name.is_empty()) {
            assert!(CertificateSubject::SanDns(name.to_ascii_uppercase()).is_named_by(&certificate.names));
        }
    }
    if let Some([left, right]) = parts(data) {
        whole_names(left, right);
        common_names(left, right);
    }
}

fn named(subject: &str) -> Names {
    Names { subject: subject.to_owned(), ..Names::default() }
}

fn dn(name: &str) -> CertificateSubject {
    CertificateSubject::SubjectDn(name.to_owned())
}

/// Both lines are distinguished names.
fn whole_names(left: &str, right: &str) {
    assert_eq!(dn(left).is_named_by(&named(right)), dn(right).is_named_by(&named(left)));
    assert!(dn(left).refuse().is_some() || dn(left).is_named_by(&named(left)), "what is registered can be met");
    assert!(!dn(left).is_named_by(&named("")), "nobody is not somebody");
    let others: [fn(String) -> CertificateSubject; 4] =
        [CertificateSubject::SanDns, CertificateSubject::SanUri, CertificateSubject::SanIp, CertificateSubject::SanEmail];
    for kind in others {
        assert!(!kind(left.to_owned()).is_named_by(&named(left)), "kinds of names are not mixed");
    }
}

/// Both lines are the common name of a certificate, whatever letters they hold:
/// the certificates are called the same only when the names are alike.
fn common_names(left: &str, right: &str) {
    let (Some(left_der), Some(right_der)) = (utf8_string(left), utf8_string(right)) else { return };
    let country = || vec![("2.5.4.6".to_owned(), vec![19, 2, b'V', b'N'])];
    let write = |der: Vec<u8>| distinguished_name::write(&[country(), vec![("2.5.4.3".to_owned(), der)]]);
    let (left_name, right_name) = (write(left_der), write(right_der));
    assert!(dn(&left_name).is_named_by(&named(&left_name)), "{left_name}");
    assert_eq!(dn(&left_name).is_named_by(&named(&right_name)), alike(left) == alike(right), "{left_name} {right_name}");
}

fn utf8_string(text: &str) -> Option<Vec<u8>> {
    let mut der = vec![12];
    match u8::try_from(text.len()) {
        Ok(short @ 0..=0x7f) => der.push(short),
        Ok(long) => der.extend([0x81, long]),
        Err(_) => {
            der.push(0x82);
            der.extend(u16::try_from(text.len()).ok()?.to_be_bytes());
        }
    }
    der.extend(text.as_bytes());
    Some(der)
}

/// The form in which values of names are compared (after RFC 4518 section 2).
fn alike(text: &str) -> String {
    text.nfkc().collect::<String>().to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}
