//! Parameters of a request (RFC 6749 §3.1 and §3.2): form-encoded, each at most
//! once, empty ones as if absent, unknown ones left alone.

use std::collections::{BTreeMap, BTreeSet};

/// More parameters than any honest request has.
const MOST: usize = 100;
/// A longer value is refused; request bodies have a cap of their own.
const LONGEST: usize = 16 * 1024;
/// Parameters of other specifications that may come several times (RFC 8707 §2).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// Decoded parameters. Values may hold secrets: this is not printed.
#[derive(Clone, Default)]
pub struct Parameters {
    values: BTreeMap<String, String>,
    repeated: BTreeSet<String>,
    fault: Option<Fault>,
}

/// What is wrong with the parameters as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The same parameter came twice.
    #[error("the parameter {0} is repeated")]
    Repeated(String),
    /// A value is not UTF-8, or holds a NUL byte.
    #[error("a parameter is not valid UTF-8 text")]
    NotText,
    /// Too many, or too long.
    #[error("there are too many parameters, or one is too long")]
    TooLarge,
}

impl Parameters {
    /// Decodes `application/x-www-form-urlencoded` (also the form of a query).
    ///
    /// A fault is kept beside what could be read, since an authorization
    /// endpoint may still be able to tell the client.
    pub fn decode(encoded: &[u8]) -> Self {
        let mut out = Self::default();
        for (count, (name, value)) in url::form_urlencoded::parse(encoded).enumerate() {
            // The decoder puts U+FFFD where bytes are not UTF-8; nothing honest holds it.
            if [&name, &value].iter().any(|text| text.contains(['\u{fffd}', '\0'])) {
                out.fault.get_or_insert(Fault::NotText);
                continue;
            }
            if count >= MOST || value.len() > LONGEST || name.len() > 256 {
                out.fault.get_or_insert(Fault::TooLarge);
                break;
            }
            if value.is_empty() {
                continue;
            }
            if out.values.contains_key(name.as_ref()) || out.repeated.contains(name.as_ref()) {
                if !REPEATABLE.contains(&name.as_ref()) {
                    out.values.remove(name.as_ref());
                    out.repeated.insert(name.to_string());
                    out.fault.get_or_insert(Fault::Repeated(name.into_owned()));
                }
                continue;
            }
            out.values.insert(name.into_owned(), value.into_owned());
        }
        out
    }

    /// The parameters, or what is wrong with them.
    pub fn checked(self) -> Result<Self, Fault> {
        match self.fault {
            None => Ok(self),
            Some(fault) => Err(fault),
        }
    }

    /// What is wrong with them as a whole.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Bytes of all names and values.
    pub fn size(&self) -> usize {
        self.values.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// A value that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The same, owned.
    pub fn owned(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_values_are_absent_and_unknown_ones_are_kept_quietly() {
        let parameters = Parameters::decode(b"state=&scope=openid+profile&x=1").checked().expect("no fault");
        assert_eq!(parameters.get("state"), None);
        assert_eq!(parameters.get("scope"), Some("openid profile"));
    }

    #[test]
    fn faults_are_found() {
        let table: [(&[u8], Option<Fault>); 6] = [
            (b"a=1&b=2", None),
            (b"a=1&a=2", Some(Fault::Repeated("a".into()))),
            (b"resource=1&resource=2", None),
            (b"a=%ff", Some(Fault::NotText)),
            (b"a=%00", Some(Fault::NotText)),
            (b"a=1&a=", None),
        ];
        for (encoded, fault) in table {
            assert_eq!(Parameters::decode(encoded).fault().cloned(), fault, "{encoded:?}");
        }
        let long = format!("a={}", "x".repeat(LONGEST + 1));
        assert_eq!(Parameters::decode(long.as_bytes()).fault(), Some(&Fault::TooLarge));
        let many = (0..=MOST).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(Parameters::decode(many.as_bytes()).fault(), Some(&Fault::TooLarge));
    }

    #[test]
    fn a_repeated_value_is_never_used() {
        assert_eq!(Parameters::decode(b"redirect_uri=a&redirect_uri=b").get("redirect_uri"), None);
        assert_eq!(Parameters::decode(b"state=a&state=b&state=c").get("state"), None);
    }
}
