//! How an authorization response travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).

/// The way back to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// By a form that the browser posts.
    FormPost,
}

impl ResponseMode {
    /// Reads the parameter; absent is the default of the code flow.
    pub fn parse(text: Option<&str>) -> Result<Self, &'static str> {
        match text {
            None | Some("query") => Ok(Self::Query),
            Some("form_post") => Ok(Self::FormPost),
            Some(_) => Err("response_mode is query or form_post"),
        }
    }
}

/// An address with parameters added to its query, which is kept as it is (RFC 6749 §3.1.2).
pub fn with_query(address: &str, fields: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(address.len() + 160);
    out.push_str(address);
    for (index, (name, value)) in fields.iter().enumerate() {
        out.push(if index == 0 && !address.contains('?') { '?' } else { '&' });
        out.push_str(name);
        out.push('=');
        out.extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_was_registered_is_kept() {
        assert_eq!(with_query("https://a/cb", &[("code", "x y"), ("state", "ộ")]), "https://a/cb?code=x+y&state=%E1%BB%99");
        assert_eq!(with_query("https://a/cb?t=1", &[("code", "x")]), "https://a/cb?t=1&code=x");
        assert_eq!(with_query("https://a/cb", &[]), "https://a/cb");
    }

    #[test]
    fn other_modes_are_refused() {
        for mode in ["fragment", "web_message", "jwt", ""] {
            assert!(ResponseMode::parse(Some(mode)).is_err(), "{mode}");
        }
    }
}
