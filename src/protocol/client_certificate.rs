//! Whom a client's certificate names, and whom it must name (RFC 8705 §2.1.2).
//!
//! Who vouches for a certificate is not judged here.

use crate::protocol::distinguished_name::DistinguishedName;
use std::net::IpAddr;

/// Whom a client's certificate must name: exactly one of them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateSubject {
    /// Distinguished name (RFC 4514).
    SubjectDn(String),
    /// DNS name among the alternative names.
    SanDns(String),
    /// URI among them.
    SanUri(String),
    /// IP address among them.
    SanIp(String),
    /// E-mail address among them.
    SanEmail(String),
}

/// Whom a certificate names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Distinguished name (RFC 4514).
    pub subject: String,
    /// Alternative names: DNS names.
    pub dns: Vec<String>,
    /// URIs.
    pub uri: Vec<String>,
    /// IP addresses.
    pub ip: Vec<IpAddr>,
    /// E-mail addresses.
    pub email: Vec<String>,
}

impl CertificateSubject {
    /// Says in one sentence why a subject may not be registered, or nothing.
    pub fn refuse(&self) -> Option<&'static str> {
        let word = |text: &str| !text.is_empty() && text.len() <= 2_000 && text.bytes().all(|byte| byte.is_ascii_graphic());
        let (fine, reason) = match self {
            Self::SubjectDn(name) => (
                name.len() <= 2_000 && DistinguishedName::read(name).is_some_and(|name| name.has_known_types()),
                "a subject is a distinguished name such as CN=name,O=owner,C=VN, most specific part first (RFC 4514)",
            ),
            Self::SanDns(name) => (word(name) && !name.contains('*'), "a DNS name is one whole name, without *"),
            Self::SanUri(name) => (word(name) && name.contains(':'), "a URI is ASCII and begins with a scheme"),
            Self::SanIp(name) => (name.parse::<IpAddr>().is_ok(), "an IP address is one such as 192.0.2.1 or 2001:db8::1"),
            Self::SanEmail(name) => (word(name) && mailbox(name).is_some(), "an e-mail address is a name, @ and a host"),
        };
        (!fine).then_some(reason)
    }

    /// True when a certificate names whom it must name. What cannot be read names nobody.
    pub fn is_named_by(&self, names: &Names) -> bool {
        match self {
            Self::SubjectDn(expected) => {
                let expected = DistinguishedName::read(expected);
                expected.is_some() && DistinguishedName::read(&names.subject) == expected
            }
            Self::SanDns(expected) => names.dns.iter().any(|found| found.eq_ignore_ascii_case(expected)),
            Self::SanUri(expected) => names.uri.contains(expected),
            Self::SanIp(expected) => expected.parse().is_ok_and(|expected: IpAddr| names.ip.contains(&expected)),
            Self::SanEmail(expected) => {
                let expected = mailbox(expected);
                expected.is_some() && names.email.iter().any(|found| mailbox(found) == expected)
            }
        }
    }
}

/// The part before `@` as it stands, and the host, whose case does not count.
fn mailbox(address: &str) -> Option<(&str, String)> {
    let (name, host) = address.rsplit_once('@')?;
    (!name.is_empty() && !host.is_empty()).then(|| (name, host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Kind = fn(String) -> CertificateSubject;

    fn names(subject: &str) -> Names {
        Names { subject: subject.to_owned(), ..Names::default() }
    }

    #[test]
    fn a_distinguished_name_is_compared_by_its_parts() {
        let subject = "CN=hồ sơ \\+ một cửa,OU=Văn thư,O=Sở Nội vụ\\, Thành phố Hồ Chí Minh,C=VN";
        let table = [
            (subject, subject, true),
            ("cn=HỒ SƠ \\2b  một cửa , ou=văn thư , o=\\20sở nội vụ\\, thành phố hồ chí minh\\ , c=vn", subject, true),
            ("2.5.4.3=hồ sơ \\+ một cửa,OID.2.5.4.11=Văn thư,O=Sở Nội vụ\\, Thành phố Hồ Chí Minh,countryName=VN", subject, true),
            ("C=VN,O=Sở Nội vụ\\, Thành phố Hồ Chí Minh,OU=Văn thư,CN=hồ sơ \\+ một cửa", subject, false),
            ("CN=hồ sơ \\+ một cửa,OU=Văn thư,O=Sở Nội vụ\\, Thành phố Hồ Chí Minh", subject, false),
            ("CN=ho so \\+ mot cua,OU=Van thu,O=So Noi vu\\, Thanh pho Ho Chi Minh,C=VN", subject, false),
            ("CN=hồ sơ", subject, false),
            ("CN=a", "CN=a,CN=a", false),
            ("CN=a,O=b", "CN=a\\,O=b", false),
            ("CN=a+O=b", "CN=a\\+O\\=b", false),
            ("OU=Sales+CN=J. Smith,DC=example,DC=net", "CN=J.  Smith+OU=Sales,DC=example,DC=net", true),
            ("OU=Sales+CN=J. Smith", "OU=Sales,CN=J. Smith", false),
            ("CN=Lu\\C4\\8Di\\C4\\87", "CN=LUČIĆ", true),
            ("CN=#0c0161", "CN=a", true),
            ("CN=\\#0c0161", "CN=a", false),
            ("CN=\u{a0}#0c0161", "CN=a", false),
            ("CN=\u{3000}#a", "CN=\\ \\#a", true),
            ("1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=#04024869", true),
            ("1.3.6.1.4.1.1466.0=#04024869", "1.3.6.1.4.1.1466.0=#0402486A", false),
            ("CN=", "CN=", true),
            ("", "", false),
            ("CN=a", "", false),
            ("", "CN=a", false),
            ("CN=a,", "CN=a,", false),
            ("CN=\"a\"", "CN=\"a\"", false),
            ("CN=a\\", "CN=a\\", false),
            ("CN=a\\zz", "CN=a\\zz", false),
            ("CN=a\\ff", "CN=a\\ff", false),
            ("CN=#0g", "CN=#0g", false),
            ("CN=#", "CN=#", false),
            ("1abc=a", "1abc=a", false),
            ("a_b=a", "a_b=a", false),
            ("x-y=a", "X-Y=a", true),
            ("5=a", "5=a", false),
            ("1..2=a", "1..2=a", false),
            ("1.a=a", "1.a=a", false),
            ("/C=VN/CN=a", "/C=VN/CN=a", false),
        ];
        for (expected, found, same) in table {
            let expected = CertificateSubject::SubjectDn(expected.to_owned());
            assert_eq!(expected.is_named_by(&names(found)), same, "{expected:?} {found}");
        }
    }

    #[test]
    fn alternative_names_are_compared_each_in_its_kind() {
        let names = Names {
            subject: "CN=other.example.vn".to_owned(),
            dns: vec!["HoSo.example.vn".to_owned(), "*.wild.example.vn".to_owned()],
            uri: vec!["urn:motlan:hoso".to_owned()],
            ip: vec![IpAddr::from([192, 0, 2, 7]), "2001:db8::7".parse().expect("an address")],
            email: vec!["HoSo@Example.vn".to_owned()],
        };
        let table: [(Kind, &str, bool); 20] = [
            (CertificateSubject::SanDns, "hoso.example.vn", true),
            (CertificateSubject::SanDns, "example.vn", false),
            (CertificateSubject::SanDns, "a.wild.example.vn", false),
            (CertificateSubject::SanDns, "other.example.vn", false),
            (CertificateSubject::SanDns, "urn:motlan:hoso", false),
            (CertificateSubject::SanDns, "192.0.2.7", false),
            (CertificateSubject::SanDns, "", false),
            (CertificateSubject::SanUri, "urn:motlan:hoso", true),
            (CertificateSubject::SanUri, "URN:motlan:hoso", false),
            (CertificateSubject::SanUri, "urn:motlan:hoso/", false),
            (CertificateSubject::SanIp, "192.0.2.7", true),
            (CertificateSubject::SanIp, "2001:0DB8:0:0::7", true),
            (CertificateSubject::SanIp, "192.0.2.8", false),
            (CertificateSubject::SanIp, "192.0.2.7/32", false),
            (CertificateSubject::SanIp, "", false),
            (CertificateSubject::SanEmail, "HoSo@example.VN", true),
            (CertificateSubject::SanEmail, "hoso@example.vn", false),
            (CertificateSubject::SanEmail, "@example.vn", false),
            (CertificateSubject::SanEmail, "HoSo", false),
            (CertificateSubject::SubjectDn, "hoso.example.vn", false),
        ];
        for (make, value, same) in table {
            let expected = make(value.to_owned());
            assert_eq!(expected.is_named_by(&names), same, "{expected:?}");
        }
    }

    #[test]
    fn a_subject_that_no_certificate_could_name_is_refused() {
        let table: [(Kind, &str, bool); 24] = [
            (CertificateSubject::SubjectDn, "CN=hồ sơ,O=Sở Nội vụ\\, Thành phố,C=VN", true),
            (CertificateSubject::SubjectDn, "OID.2.5.4.3=a, 1.2.3=#0c0161", true),
            (CertificateSubject::SubjectDn, "", false),
            (CertificateSubject::SubjectDn, "a", false),
            (CertificateSubject::SubjectDn, "/C=VN/CN=a", false),
            (CertificateSubject::SubjectDn, "favourite=a", false),
            (CertificateSubject::SubjectDn, "CN=a,", false),
            (CertificateSubject::SubjectDn, "CN=\"a\"", false),
            (CertificateSubject::SanDns, "hoso.example.vn", true),
            (CertificateSubject::SanDns, "", false),
            (CertificateSubject::SanDns, "*.example.vn", false),
            (CertificateSubject::SanDns, "hồsơ.example.vn", false),
            (CertificateSubject::SanDns, "a b", false),
            (CertificateSubject::SanUri, "urn:motlan:hoso", true),
            (CertificateSubject::SanUri, "hoso", false),
            (CertificateSubject::SanUri, "urn:a b", false),
            (CertificateSubject::SanIp, "2001:db8::7", true),
            (CertificateSubject::SanIp, "192.0.2.7", true),
            (CertificateSubject::SanIp, "192.0.2.0/24", false),
            (CertificateSubject::SanIp, "localhost", false),
            (CertificateSubject::SanEmail, "hoso@example.vn", true),
            (CertificateSubject::SanEmail, "hoso", false),
            (CertificateSubject::SanEmail, "@example.vn", false),
            (CertificateSubject::SanEmail, "hoso@", false),
        ];
        for (make, value, fine) in table {
            let subject = make(value.to_owned());
            assert_eq!(subject.refuse().is_none(), fine, "{subject:?}");
        }
    }
}
