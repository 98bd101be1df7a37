//! What an authorization response brings (RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Types §3).

/// What an authorization response brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum ResponseType {
    /// A code.
    #[default]
    #[serde(rename = "code")]
    Code,
    /// An ID token (implicit flow).
    #[serde(rename = "id_token")]
    IdToken,
    /// An ID token and an access token (implicit flow).
    #[serde(rename = "id_token token")]
    IdTokenToken,
}

impl ResponseType {
    /// Reads the parameter: words in any order, each once.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "code" => Some(Self::Code),
            "id_token" => Some(Self::IdToken),
            "id_token token" | "token id_token" => Some(Self::IdTokenToken),
            _ => None,
        }
    }

    /// The name in metadata.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
        }
    }

    /// True when tokens come from the authorization endpoint itself.
    pub fn is_implicit(self) -> bool {
        match self {
            Self::Code => false,
            Self::IdToken | Self::IdTokenToken => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_any_order() {
        let table = [
            ("code", Some(ResponseType::Code)),
            ("id_token", Some(ResponseType::IdToken)),
            ("id_token token", Some(ResponseType::IdTokenToken)),
            ("token id_token", Some(ResponseType::IdTokenToken)),
            ("token", None),
            ("code id_token", None),
            ("code token", None),
            ("none", None),
            ("Code", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(ResponseType::parse(text), expected, "{text}");
        }
        for kind in [ResponseType::Code, ResponseType::IdToken, ResponseType::IdTokenToken] {
            assert_eq!(ResponseType::parse(kind.as_str()), Some(kind));
            assert_eq!(kind.is_implicit(), kind != ResponseType::Code);
        }
    }
}
