//! The DPoP proof of a request, from its header `DPoP` (RFC 9449 §4.1).

use crate::protocol::error::{ErrorCode, OAuthError};
use axum::http::HeaderMap;

/// The proof, when there is one; several are refused, since only one could be checked (RFC 9449 §4.3, point 1).
pub fn read(headers: &HeaderMap) -> Result<Option<&str>, OAuthError> {
    let mut found = headers.get_all("dpop").iter();
    let Some(first) = found.next() else { return Ok(None) };
    if found.next().is_some() {
        return Err(OAuthError::new(ErrorCode::InvalidDpopProof, "a request has one DPoP header"));
    }
    let proof = first.to_str().ok().filter(|proof| !proof.is_empty());
    proof.map(Some).ok_or_else(|| OAuthError::new(ErrorCode::InvalidDpopProof, "the DPoP header cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn one_header_or_none_is_read() {
        let mut headers = HeaderMap::new();
        assert_eq!(read(&headers), Ok(None));

        headers.append("DPoP", HeaderValue::from_static("a.b.c"));
        assert_eq!(read(&headers), Ok(Some("a.b.c")));

        headers.append("dpop", HeaderValue::from_static("a.b.c"));
        assert_eq!(read(&headers).map_err(|error| error.code), Err(ErrorCode::InvalidDpopProof));
    }

    #[test]
    fn what_is_not_ascii_is_refused() {
        for bad in [&b"a.b.\xc3\xa4"[..], b"\xff", b""] {
            let mut headers = HeaderMap::new();
            headers.insert("dpop", HeaderValue::from_bytes(bad).expect("a header"));
            assert_eq!(read(&headers).map_err(|error| error.code), Err(ErrorCode::InvalidDpopProof), "{bad:?}");
        }
    }
}
