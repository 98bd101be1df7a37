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
    lists: BTreeMap<String, Vec<String>>,
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
        Self::from_pairs(url::form_urlencoded::parse(encoded))
    }

    /// Takes names and values that are decoded already, such as a request object's claims.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        let mut out = Self::default();
        for (count, (name, value)) in pairs.into_iter().enumerate() {
            let (name, value): (String, String) = (name.into(), value.into());
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
            if REPEATABLE.contains(&name.as_str()) {
                out.lists.entry(name).or_default().push(value);
                continue;
            }
            if out.values.contains_key(&name) || out.repeated.contains(&name) {
                out.values.remove(&name);
                out.repeated.insert(name.clone());
                out.fault.get_or_insert(Fault::Repeated(name));
                continue;
            }
            out.values.insert(name, value);
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

    /// The same, with a fault that was found where they came from.
    #[must_use]
    pub fn with_fault(mut self, fault: Option<Fault>) -> Self {
        self.fault = self.fault.or(fault);
        self
    }

    /// Bytes of all names and values.
    pub fn size(&self) -> usize {
        self.pairs().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// Names and values, a repeated one as often as it came.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let single = self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let lists = self.lists.iter().flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value.as_str())));
        single.chain(lists)
    }

    /// Every value of a parameter that may come several times.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.lists.get(name).into_iter().flatten().map(String::as_str)
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
        let fault = |text: String| Parameters::decode(text.as_bytes()).fault().cloned();
        let many = |count: usize| (0..count).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!((fault(many(100)), fault(many(101))), (None, Some(Fault::TooLarge)));
        let long = |name: usize, value: usize| format!("{}={}", "n".repeat(name), "v".repeat(value));
        assert_eq!(
            (fault(long(256, 16_384)), fault(long(1, 16_385)), fault(long(257, 1))),
            (None, Some(Fault::TooLarge), Some(Fault::TooLarge))
        );
    }

    #[test]
    fn size_is_all_names_and_values() {
        assert_eq!(Parameters::decode(b"a=12&bc=345&resource=x&resource=yz").size(), 3 + 5 + 9 + 10);
        assert_eq!(Parameters::default().size(), 0);
    }

    #[test]
    fn a_resource_may_come_several_times_and_keeps_its_order() {
        let parameters =
            Parameters::decode(b"resource=https%3A%2F%2Fb&scope=x&resource=https%3A%2F%2Fa").checked().expect("no fault");
        let all = |parameters: &Parameters, name: &str| parameters.all(name).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(all(&parameters, "resource"), ["https://b", "https://a"]);
        assert_eq!((parameters.get("resource"), parameters.all("scope").count()), (None, 0));
        let again = Parameters::from_pairs(parameters.pairs());
        assert_eq!(all(&again, "resource"), all(&parameters, "resource"));
        assert_eq!(again.get("scope"), Some("x"));
    }

    #[test]
    fn a_repeated_value_is_never_used() {
        assert_eq!(Parameters::decode(b"redirect_uri=a&redirect_uri=b").get("redirect_uri"), None);
        assert_eq!(Parameters::decode(b"state=a&state=b&state=c").get("state"), None);
    }
}
