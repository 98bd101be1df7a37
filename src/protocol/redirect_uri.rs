//! Redirect URIs: what may be registered, and what matches (RFC 6749 §3.1.2, RFC 8252 §7 and §8.4, RFC 9700 §2.1).

use url::{Host, Url};

/// Compares an asked address with a registered one: the whole string, exactly.
/// A native client on a loopback address may name any port (RFC 8252 §7.3).
pub fn matches(registered: &str, asked: &str, native: bool) -> bool {
    registered == asked || (native && same_but_port(registered, asked))
}

fn same_but_port(registered: &str, asked: &str) -> bool {
    let (Some(left), Some(right)) = (loopback_parts(registered), loopback_parts(asked)) else { return false };
    left == right
}

/// An `http` loopback address without its port: what stands before and after it.
fn loopback_parts(address: &str) -> Option<(&str, &str)> {
    let rest = address.strip_prefix("http://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !port.contains(']') => {
            let number = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
            if !number {
                return None;
            }
            host
        }
        _ => authority,
    };
    matches!(host, "127.0.0.1" | "[::1]").then_some((host, path))
}

/// What kind of application registers the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Reached over https, or http on loopback while developing.
    Web,
    /// Claimed https, loopback http, or a private scheme with a dot (RFC 8252 §7).
    Native,
}

/// Says in one sentence why an address may not be registered, or nothing.
pub fn refuse(address: &str, kind: For) -> Option<&'static str> {
    if !address.is_ascii() {
        return Some("a redirect URI is ASCII: encode other letters by percent signs (RFC 3986 section 2)");
    }
    if address.len() > 2_000 || address.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Some("a redirect URI is at most 2,000 characters, without spaces");
    }
    if address.contains('*') {
        return Some("a redirect URI is compared exactly: it holds no wildcard");
    }
    let Ok(url) = Url::parse(address) else { return Some("a redirect URI is absolute, such as https://app.example/callback") };
    if url.fragment().is_some() {
        return Some("a redirect URI has no fragment");
    }
    // Also an empty one: a private scheme with nothing but `@` could carry no answer.
    let authority = address.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    if !url.username().is_empty() || url.password().is_some() || authority.is_some_and(|authority| authority.contains('@')) {
        return Some("a redirect URI holds no user name or password");
    }
    // The parser lets `;` and `,` stand in a host, which would say more in a Content-Security-Policy.
    if url.host_str().is_some_and(|host| !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))) {
        return Some("the host of a redirect URI has letters, digits, hyphens and dots only");
    }
    match url.scheme() {
        // The parser knows no https address without a host.
        "https" => None,
        "http" if is_loopback(&url) => None,
        "http" => Some("a redirect URI uses https (http only on a loopback address)"),
        "javascript" | "data" | "file" | "blob" | "vbscript" | "about" => Some("this scheme cannot receive an answer safely"),
        scheme if kind == For::Native && scheme.contains('.') => None,
        _ if kind == For::Native => Some("a private scheme is a reversed domain name, such as vn.gov.app (RFC 8252 section 7.1)"),
        _ => Some("a redirect URI of a web application uses https"),
    }
}

/// True for `localhost` and loopback addresses of digits.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The origin of an address (`https://app.example`), or its scheme (`vn.gov.app:`) when it has none, for `form-action`.
pub fn origin_or_scheme(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => "'none'".to_owned(),
    }
}

/// The host of an address, or its scheme when it has none: what a pairwise sector is named by (OpenID Connect Core §8.1).
pub fn host(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url.host_str().unwrap_or_default().to_owned(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => String::new(),
    }
}

/// True when the query holds what a sign-out in a frame adds (Front-Channel Logout 1.0 §2).
pub fn holds_session(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.query_pairs().any(|(name, _)| matches!(name.as_ref(), "iss" | "sid")))
}

/// True when the query holds a parameter of an answer, which would then stand there twice (RFC 6749 §3.1).
pub fn holds_answer(address: &str) -> bool {
    const ANSWER: [&str; 7] = ["code", "state", "iss", "error", "error_description", "error_uri", "response"];
    Url::parse(address).is_ok_and(|url| url.query_pairs().any(|(name, _)| ANSWER.contains(&name.as_ref())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_of_a_native_loopback_address_is_free() {
        let table = [
            ("https://a.example/cb", "https://a.example/cb", false, true),
            ("https://a.example/cb", "https://a.example/cb/", false, false),
            ("https://a.example/cb", "https://a.example/cb?x=1", false, false),
            ("https://a.example/cb", "https://A.example/cb", false, false),
            ("https://a.example/cb", "https://a.example:8443/cb", true, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb", true, true),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true, true),
            ("http://[::1]/cb", "http://[::1]:5000/cb", true, true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb", false, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5000/other", true, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5000@evil.example/cb", true, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", true, false),
            ("http://127.0.0.1/cb", "http://localhost:5000/cb", true, false),
            ("http://localhost/cb", "http://localhost:5000/cb", true, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", true, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", true, false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:+80/cb", true, false),
            ("http://127.0.0.1/cb", "https://127.0.0.1:5000/cb", true, false),
        ];
        for (registered, asked, native, expected) in table {
            assert_eq!(matches(registered, asked, native), expected, "{registered} {asked}");
        }
    }

    #[test]
    fn what_may_be_registered() {
        let table = [
            ("https://a.example/cb", For::Web, true),
            ("https://a.example/cb?tenant=1", For::Web, true),
            ("http://a.example/cb", For::Web, false),
            ("http://localhost:3000/cb", For::Web, true),
            ("https://a.example/cb#x", For::Web, false),
            ("https://*.example/cb", For::Web, false),
            ("https://a.example;sandbox/cb", For::Web, false),
            ("https://a.example,b/cb", For::Web, false),
            ("http://[::1]:3000/cb", For::Web, true),
            ("https://u:p@a.example/cb", For::Web, false),
            ("javascript:alert(1)", For::Native, false),
            ("vn.gov.app:/cb", For::Native, true),
            ("vn.gov.app:/cb", For::Web, false),
            ("app:/cb", For::Native, false),
            ("vn.gov.app://", For::Native, true),
            ("vn.gov.app://@", For::Native, false),
            ("vn.gov.app://@host/cb", For::Native, false),
            ("vn.gov.app://host/cb?mail=a@b", For::Native, true),
            ("/cb", For::Web, false),
        ];
        for (address, kind, fine) in table {
            assert_eq!(refuse(address, kind).is_none(), fine, "{address}");
        }
    }

    #[test]
    fn each_refusal_says_what_to_mend() {
        let long = |length: usize| format!("https://a.example/{}", "a".repeat(length - "https://a.example/".len()));
        let table = [
            ("https://ví-dụ.example/cb".to_owned(), For::Web, "ASCII"),
            (long(2_001), For::Web, "2,000 characters"),
            ("https://a.example/c b".to_owned(), For::Web, "2,000 characters"),
            ("https://a.example/c\u{7}b".to_owned(), For::Web, "2,000 characters"),
            ("https://a.example/*".to_owned(), For::Web, "wildcard"),
            ("cb".to_owned(), For::Web, "absolute"),
            ("https://a.example/cb#x".to_owned(), For::Web, "fragment"),
            ("https://u@a.example/cb".to_owned(), For::Web, "user name"),
            ("https://:p@a.example/cb".to_owned(), For::Web, "user name"),
            ("http://a.example/cb".to_owned(), For::Native, "loopback"),
            ("data:text/html,x".to_owned(), For::Web, "receive an answer"),
            ("app:/cb".to_owned(), For::Native, "reversed domain name"),
            ("vn.gov.app:/cb".to_owned(), For::Web, "uses https"),
        ];
        for (address, kind, words) in table {
            let reason = refuse(&address, kind);
            assert!(reason.is_some_and(|reason| reason.contains(words)), "{address}: {reason:?}");
        }
        assert_eq!(refuse(&long(2_000), For::Web), None);
    }

    #[test]
    fn an_address_is_named_by_its_origin_its_scheme_or_its_host() {
        let table = [
            ("https://a.example/cb?x=1", "https://a.example", "a.example"),
            ("http://127.0.0.1:3000/cb", "http://127.0.0.1:3000", "127.0.0.1"),
            ("vn.gov.app:/cb", "vn.gov.app:", "vn.gov.app:"),
            ("vn.gov.app://victim.example/cb", "vn.gov.app:", "vn.gov.app:"),
            ("cb", "'none'", ""),
        ];
        for (address, origin, named) in table {
            assert_eq!((origin_or_scheme(address).as_str(), host(address).as_str()), (origin, named), "{address}");
        }
    }

    #[test]
    fn a_query_holds_no_parameter_of_an_answer() {
        for name in ["code", "state", "iss", "error", "error_description", "error_uri", "response"] {
            assert!(holds_answer(&format!("https://a.example/cb?{name}=1")), "{name}");
        }
        for fine in ["https://a.example/cb", "https://a.example/cb?tenant=code", "https://a.example/code"] {
            assert!(!holds_answer(fine), "{fine}");
        }
    }
}
