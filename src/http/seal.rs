//! The owner's seal beside their name: a picture that the deployment brings along, and that nobody else may use.
//! Without one, our own mark stands there.

use super::App;
use crate::base::digest;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};

/// Every page carries it, and a page is small.
const LARGEST: usize = 24 * 1024;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The address changes with the picture.
const KEEP: &str = "public, max-age=31536000, immutable";
/// Opened by itself it is a document without rights.
const SANDBOX: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// A picture.
#[derive(Debug, Clone)]
pub struct Seal {
    content_type: &'static str,
    bytes: Vec<u8>,
    version: String,
}

impl Seal {
    /// Takes a picture (SVG or PNG), or says what is wrong with it.
    pub fn of(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.len() > LARGEST {
            return Err(format!("the picture has {} bytes; {LARGEST} at most, since every page carries it", bytes.len()));
        }
        let content_type = if bytes.starts_with(PNG) {
            "image/png"
        } else if is_svg(&bytes) {
            "image/svg+xml"
        } else {
            return Err("the picture is neither SVG nor PNG".to_owned());
        };
        let version = digest::hex(&digest::sha256(&bytes)[..6]);
        Ok(Self { content_type, bytes, version })
    }

    /// Its address, as pages write it.
    pub fn address(&self) -> String {
        format!("/assets-site/seal?v={}", self.version)
    }
}

/// A drawing begins with its root, perhaps after a declaration, comments and a document type.
fn is_svg(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let announced = ["<?xml", "<!--", "<!DOCTYPE svg"].iter().any(|start| text.starts_with(start));
    text.starts_with("<svg") || (announced && text.contains("<svg"))
}

/// `GET /assets-site/seal`
pub async fn get(State(app): State<App>) -> Response {
    let Some(seal) = &app.site.seal else { return StatusCode::NOT_FOUND.into_response() };
    let fixed = [(CACHE_CONTROL, KEEP), (CONTENT_SECURITY_POLICY, SANDBOX), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (fixed, [(CONTENT_TYPE, seal.content_type)], seal.bytes.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_a_small_drawing_or_picture() {
        let table: [(&[u8], Option<&str>); 6] = [
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", Some("image/svg+xml")),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg/>", Some("image/svg+xml")),
            (b"\x89PNG\r\n\x1a\nrest", Some("image/png")),
            (b"<html><svg/></html>", None),
            (b"GIF89a", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(Seal::of(bytes.to_vec()).ok().map(|seal| seal.content_type), expected, "{bytes:?}");
        }
        assert!(Seal::of([PNG, &vec![0; LARGEST]].concat()).is_err());
    }

    #[test]
    fn another_picture_has_another_address() {
        let one = Seal::of(b"<svg/>".to_vec()).expect("a seal");
        let other = Seal::of(b"<svg> </svg>".to_vec()).expect("a seal");

        assert!(one.address().starts_with("/assets-site/seal?v="));
        assert_ne!(one.address(), other.address());
    }
}
