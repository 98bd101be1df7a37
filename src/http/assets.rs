//! Styles, scripts, fonts and drawings, embedded in the binary.
//!
//! A page names a file with `?v=` and a digest of its bytes, so a browser may keep it for a year and still never show an
//! old one. Fonts carry their package's version in their names and need no `?v=`.

use crate::base::digest;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use std::sync::LazyLock;

const KEEP: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "public, max-age=300";

/// A file as it lies in `templates/assets`.
struct Source {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! embed {
    ($($name:literal => $content_type:expr,)*) => {
        &[$(Source {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../templates/assets/", $name)),
        },)*]
    };
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";
const WOFF2: &str = "font/woff2";

const SOURCES: &[Source] = embed! {
    "motlan.css" => CSS,
    "motlan.js" => JAVASCRIPT,
    "form-post.js" => JAVASCRIPT,
    "passkey.js" => JAVASCRIPT,
    "icons.svg" => SVG,
    "mark.svg" => SVG,
    "rivers.svg" => SVG,
    "tabler-icons-MIT.txt" => TEXT,
    "fonts/be-vietnam-pro-5.3.0-latin-400.woff2" => WOFF2,
    "fonts/be-vietnam-pro-5.3.0-latin-600.woff2" => WOFF2,
    "fonts/be-vietnam-pro-5.3.0-vietnamese-400.woff2" => WOFF2,
    "fonts/be-vietnam-pro-5.3.0-vietnamese-600.woff2" => WOFF2,
    "fonts/be-vietnam-pro-OFL.txt" => TEXT,
    "fonts/ibm-plex-sans-5.3.0-latin-400.woff2" => WOFF2,
    "fonts/ibm-plex-sans-5.3.0-latin-600.woff2" => WOFF2,
    "fonts/ibm-plex-sans-OFL.txt" => TEXT,
};

/// An embedded file, ready to be sent.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    version: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
    /// Its entity tag, in quotes.
    pub etag: String,
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| SOURCES.iter().map(Asset::of).collect());

impl Asset {
    fn of(source: &Source) -> Self {
        let version = version_of(source.bytes);
        Self {
            name: source.name,
            content_type: source.content_type,
            bytes: source.bytes,
            etag: format!("\"{version}\""),
            version,
        }
    }
}

/// Twelve hexadecimal digits of the digest: enough to tell two editions of one file apart.
fn version_of(bytes: &[u8]) -> String {
    digest::hex(&digest::sha256(bytes)[..6])
}

/// The embedded file of this path below `/assets/`.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == path)
}

/// The address of an embedded file as pages write it.
pub fn address(name: &str) -> String {
    find(name).map_or_else(|| format!("/assets/{name}"), |asset| format!("/assets/{name}?v={}", asset.version))
}

/// `GET /assets/{*path}`
pub async fn get(Path(path): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    find(&path).map_or_else(|| StatusCode::NOT_FOUND.into_response(), |asset| answer(asset, query.as_deref(), &headers))
}

fn answer(asset: &'static Asset, query: Option<&str>, headers: &HeaderMap) -> Response {
    let named_version = query.and_then(|query| query.strip_prefix("v=")) == Some(asset.version.as_str());
    let keep = named_version || asset.content_type == WOFF2;
    let kept = [(header::ETAG, asset.etag.as_str()), (header::CACHE_CONTROL, if keep { KEEP } else { ASK_AGAIN })];
    if already_there(asset, headers) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(header::CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
}

/// Whether the browser names the present entity tag (RFC 9110 §13.1.2, weak comparison).
fn already_there(asset: &Asset, headers: &HeaderMap) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == asset.etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> &'static str {
        std::str::from_utf8(find(name).expect("an embedded file").bytes).expect("text")
    }

    #[test]
    fn the_stylesheet_asks_nothing_of_others_and_stays_small() {
        let css = text("motlan.css");

        for refused in ["data:", "@import", "http"] {
            assert!(!css.contains(refused), "{refused}");
        }
        assert!(css.len() <= 40 * 1024, "{} bytes", css.len());
    }

    #[test]
    fn every_file_that_the_stylesheet_names_is_embedded() {
        let named: Vec<&str> =
            text("motlan.css").split("url(\"/assets/").skip(1).filter_map(|rest| rest.split('"').next()).collect();

        assert_eq!(named.len(), 6);
        for name in named {
            assert!(find(name).is_some(), "{name}");
        }
    }

    #[test]
    fn scripts_and_drawings_hold_no_inline_style() {
        for asset in ASSETS.iter().filter(|asset| asset.content_type == SVG) {
            assert!(!text(asset.name).contains("style="), "{}", asset.name);
        }
    }

    #[test]
    fn a_versioned_address_may_be_kept_and_another_may_not() {
        let css = find("motlan.css").expect("the stylesheet");
        let right = format!("v={}", css.version);
        let table = [(Some(right.as_str()), KEEP), (Some("v=old"), ASK_AGAIN), (None, ASK_AGAIN)];
        for (query, expected) in table {
            let answer = answer(css, query, &HeaderMap::new());

            assert_eq!(answer.headers()[header::CACHE_CONTROL], expected, "{query:?}");
            assert_eq!(answer.status(), StatusCode::OK);
        }
    }

    #[test]
    fn a_browser_that_has_the_file_is_told_so() {
        let css = find("motlan.css").expect("the stylesheet");
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, format!("\"other\", W/{}", css.etag).parse().expect("a header"));

        let answer = answer(css, None, &headers);

        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn an_unknown_name_is_not_found() {
        assert!(find("../Cargo.toml").is_none());
        assert_eq!(address("nothing.css"), "/assets/nothing.css");
    }
}
