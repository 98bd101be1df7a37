//! How an authorization response travels (OAuth 2.0 Multiple Response Types §2.1,
//! Form Post Response Mode, JWT Secured Authorization Response Mode §2.3).

use super::response_type::ResponseType;

/// Where in the answer the parameters stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Place {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In its fragment.
    Fragment,
    /// In a form that the browser posts.
    FormPost,
}

/// The way back to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct ResponseMode {
    /// Where the parameters stand.
    pub place: Place,
    /// All of them in one signed JWT (JARM).
    pub signed: bool,
}

/// The names that discovery lists.
pub const ALL: [&str; 7] = ["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"];

impl ResponseMode {
    /// Reads the parameter; absent is the default of the response type. Tokens never travel in a query.
    pub fn parse(text: Option<&str>, response_type: ResponseType) -> Result<Self, &'static str> {
        let usual = if response_type.is_implicit() { Place::Fragment } else { Place::Query };
        let (place, signed) = match text {
            None => (usual, false),
            Some("query") => (Place::Query, false),
            Some("fragment") => (Place::Fragment, false),
            Some("form_post") => (Place::FormPost, false),
            Some("jwt") => (usual, true),
            Some("query.jwt") => (Place::Query, true),
            Some("fragment.jwt") => (Place::Fragment, true),
            Some("form_post.jwt") => (Place::FormPost, true),
            Some(_) => return Err("response_mode is query, fragment or form_post, each also with .jwt"),
        };
        if place == Place::Query && response_type.is_implicit() {
            return Err("tokens do not travel in a query: use response_mode fragment or form_post");
        }
        Ok(Self { place, signed })
    }
}

/// An address with parameters added to its query, which is kept as it is (RFC 6749 §3.1.2).
pub fn with_query(address: &str, fields: &[(&str, &str)]) -> String {
    let first = if address.contains('?') { '&' } else { '?' };
    appended(address, first, fields)
}

/// An address with parameters in its fragment; a registered address has none of its own.
pub fn with_fragment(address: &str, fields: &[(&str, &str)]) -> String {
    appended(address, '#', fields)
}

fn appended(address: &str, first: char, fields: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(address.len() + 160);
    out.push_str(address);
    for (index, (name, value)) in fields.iter().enumerate() {
        out.push(if index == 0 { first } else { '&' });
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
        assert_eq!(with_fragment("https://a/cb?t=1", &[("a", "1"), ("b", "2 3")]), "https://a/cb?t=1#a=1&b=2+3");
    }

    #[test]
    fn each_mode_has_its_name_and_each_response_type_its_default() {
        let mode = |place, signed| Some(ResponseMode { place, signed });
        let table = [
            (None, ResponseType::Code, mode(Place::Query, false)),
            (None, ResponseType::IdToken, mode(Place::Fragment, false)),
            (Some("query"), ResponseType::Code, mode(Place::Query, false)),
            (Some("fragment"), ResponseType::Code, mode(Place::Fragment, false)),
            (Some("form_post"), ResponseType::Code, mode(Place::FormPost, false)),
            (Some("jwt"), ResponseType::Code, mode(Place::Query, true)),
            (Some("jwt"), ResponseType::IdTokenToken, mode(Place::Fragment, true)),
            (Some("query.jwt"), ResponseType::Code, mode(Place::Query, true)),
            (Some("fragment.jwt"), ResponseType::Code, mode(Place::Fragment, true)),
            (Some("form_post.jwt"), ResponseType::Code, mode(Place::FormPost, true)),
            (Some("query"), ResponseType::IdToken, None),
            (Some("query.jwt"), ResponseType::IdTokenToken, None),
            (Some("form_post"), ResponseType::IdToken, mode(Place::FormPost, false)),
            (Some("web_message"), ResponseType::Code, None),
            (Some(""), ResponseType::Code, None),
        ];
        for (text, response_type, expected) in table {
            assert_eq!(ResponseMode::parse(text, response_type).ok(), expected, "{text:?} {response_type:?}");
        }
        for name in ALL {
            assert!(ResponseMode::parse(Some(name), ResponseType::Code).is_ok(), "{name}");
        }
    }
}
