//! Resource indicators (RFC 8707 §2): the APIs that a token is asked for.

use url::Url;

const LONGEST: usize = 512;
const MOST: usize = 10;

/// Says in one sentence why an address cannot name a resource, or nothing.
///
/// Resources are compared exactly, so an address is kept as it came.
pub fn refuse(address: &str) -> Option<&'static str> {
    if address.len() > LONGEST {
        return Some("a resource is at most 512 bytes long");
    }
    if !address.bytes().all(is_uri_letter) {
        return Some("a resource is a URI: encode other letters by percent signs (RFC 3986 section 2)");
    }
    if address.contains('#') {
        return Some("a resource has no fragment");
    }
    let Ok(url) = Url::parse(address) else { return Some("a resource is an absolute URI, such as https://api.example/") };
    // The parser forgives `https:api.example`; RFC 3986 does not read it so.
    let has_authority = address.get(url.scheme().len()..).is_some_and(|rest| rest.starts_with("://"));
    if matches!(url.scheme(), "http" | "https") && !has_authority {
        return Some("a resource is an absolute URI, such as https://api.example/");
    }
    None
}

/// What RFC 3986 §2 lets stand in a URI.
fn is_uri_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// Reads every value of `resource`, in their order; one that comes twice counts once.
///
/// # Errors
/// One sentence that says what is wrong: `invalid_target`.
pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, &'static str> {
    let mut resources: Vec<String> = Vec::new();
    for value in values {
        if let Some(reason) = refuse(value) {
            return Err(reason);
        }
        if resources.iter().any(|known| known == value) {
            continue;
        }
        if resources.len() == MOST {
            return Err("at most 10 resources are asked at once");
        }
        resources.push(value.to_owned());
    }
    Ok(resources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_rfc_8707_2() {
        let table = [
            ("https://api.example", true),
            ("https://api.example/dossiers/", true),
            ("https://api.example:8443/x?tenant=1", true),
            ("HTTPS://api.example/", true),
            ("http://[::1]:3000/", true),
            ("urn:vn:hcm:dossiers", true),
            ("https://api.example/h%E1%BB%93-s%C6%A1", true),
            ("https://api.example/#part", false),
            ("https://api.example/#", false),
            ("/dossiers", false),
            ("//api.example/dossiers", false),
            ("api.example", false),
            ("dossiers", false),
            ("", false),
            ("https://", false),
            ("https:api.example", false),
            ("https:/api.example", false),
            ("https:\\\\api.example", false),
            (" https://api.example", false),
            ("https://api.example/a b", false),
            ("https://api.example/\n", false),
            ("https://api.example/\u{0}", false),
            ("https://api.example/hồ-sơ", false),
            ("https://api.example/<x>", false),
            ("https://api.example/\"x\"", false),
        ];
        for (address, fine) in table {
            assert_eq!(refuse(address).is_none(), fine, "{address}");
        }
        let long = |length: usize| format!("https://a/{}", "x".repeat(length - 10));
        assert_eq!(refuse(&long(512)), None);
        assert!(refuse(&long(513)).is_some());
    }

    #[test]
    fn a_list_keeps_its_order_and_counts_each_once() {
        assert_eq!(parse([]), Ok(vec![]));
        let two = vec!["https://b".to_owned(), "https://a".to_owned()];
        assert_eq!(parse(["https://b", "https://a", "https://b"]), Ok(two));
        // Compared exactly: these are two.
        assert_eq!(parse(["https://a", "https://a/"]).map(|list| list.len()), Ok(2));
        assert!(parse(["https://a", "not a uri"]).is_err());
        let many: Vec<String> = (0..11).map(|n| format!("https://a/{n}")).collect();
        assert_eq!(parse(many[..10].iter().map(String::as_str)).map(|list| list.len()), Ok(10));
        assert!(parse(many.iter().map(String::as_str)).is_err());
        assert!(parse(std::iter::repeat_n("https://a", 90)).is_ok());
    }
}
