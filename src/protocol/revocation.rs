//! Which kind of token a caller says it holds, at revocation (RFC 7009 §2.1) and introspection (RFC 7662 §2.1).

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
}

impl TokenKind {
    /// Both kinds in the order to look for a token: the hint only says where to begin, and one
    /// that is unknown or wrong changes nothing but the order.
    pub fn in_order(token_type_hint: Option<&str>) -> [Self; 2] {
        if token_type_hint == Some("access_token") { [Self::Access, Self::Refresh] } else { [Self::Refresh, Self::Access] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_rfc_7009_2_1_a_hint_never_narrows_the_search() {
        let table = [
            (None, TokenKind::Refresh),
            (Some("refresh_token"), TokenKind::Refresh),
            (Some("access_token"), TokenKind::Access),
            (Some("id_token"), TokenKind::Refresh),
            (Some("ACCESS_TOKEN"), TokenKind::Refresh),
            (Some(""), TokenKind::Refresh),
        ];
        for (hint, first) in table {
            let order = TokenKind::in_order(hint);
            assert_eq!(order[0], first, "{hint:?}");
            assert_ne!(order[0], order[1], "{hint:?}");
        }
    }
}
