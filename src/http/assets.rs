//! Styles, scripts, fonts and drawings, embedded in the binary.
//!
//! A page names a file with `?v=` and a digest of its bytes, so a browser may keep it for a year and still never show an
//! old one. What shrinks is also kept packed (gzip) for the browsers that take it; of the pages only those of the console
//! are (`packed`), since a page may hold a secret beside what a stranger puts there. Fonts carry their package's version
//! in their names and need no `?v=`.

use crate::base::digest;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
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
const WEBP: &str = "image/webp";

const SOURCES: &[Source] = embed! {
    "motlan.css" => CSS,
    "motlan.js" => JAVASCRIPT,
    "console.css" => CSS,
    "console.js" => JAVASCRIPT,
    "flow.css" => CSS,
    "form-post.js" => JAVASCRIPT,
    "passkey.js" => JAVASCRIPT,
    "icons.svg" => SVG,
    "mark.svg" => SVG,
    "rivers.svg" => SVG,
    "tabler-icons-MIT.txt" => TEXT,
    "fonts/be-vietnam-pro-5.3.0-basic-400.woff2" => WOFF2,
    "fonts/be-vietnam-pro-5.3.0-basic-600.woff2" => WOFF2,
    "fonts/be-vietnam-pro-5.3.0-vietnamese-400.woff2" => WOFF2,
    "fonts/be-vietnam-pro-5.3.0-vietnamese-600.woff2" => WOFF2,
    "fonts/be-vietnam-pro-OFL.txt" => TEXT,
    "fonts/figures-1-400.woff2" => WOFF2,
    "fonts/figures-1-600.woff2" => WOFF2,
    "fonts/figures-OFL.txt" => TEXT,
    "help/admin-recovery.en.webp" => WEBP,
    "help/admin-recovery.vi.webp" => WEBP,
    "help/methods.en.webp" => WEBP,
    "help/methods.vi.webp" => WEBP,
    "help/new-password.en.webp" => WEBP,
    "help/new-password.vi.webp" => WEBP,
    "help/passkeys.en.webp" => WEBP,
    "help/passkeys.vi.webp" => WEBP,
    "help/password.en.webp" => WEBP,
    "help/password.vi.webp" => WEBP,
    "help/position.en.webp" => WEBP,
    "help/position.vi.webp" => WEBP,
    "help/recover-code.en.webp" => WEBP,
    "help/recover-code.vi.webp" => WEBP,
    "help/recover.en.webp" => WEBP,
    "help/recover.vi.webp" => WEBP,
    "help/second-factor.en.webp" => WEBP,
    "help/second-factor.vi.webp" => WEBP,
    "help/signed-out.en.webp" => WEBP,
    "help/signed-out.vi.webp" => WEBP,
    "help/signin.en.webp" => WEBP,
    "help/signin.vi.webp" => WEBP,
    "help/totp.en.webp" => WEBP,
    "help/totp.vi.webp" => WEBP,
    "help/welcome-factor.en.webp" => WEBP,
    "help/welcome-factor.vi.webp" => WEBP,
    "help/welcome-who.en.webp" => WEBP,
    "help/welcome-who.vi.webp" => WEBP,
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
    /// The same packed (gzip), where that is shorter.
    packed: Option<Vec<u8>>,
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
            packed: pack(source.bytes).filter(|packed| packed.len() < source.bytes.len()),
            etag: format!("\"{version}\""),
            version,
        }
    }

    /// Another form of one file has another tag (RFC 9110 §8.8.3).
    fn packed_etag(&self) -> String {
        format!("\"{}-gz\"", self.version)
    }
}

/// Packs a file (RFC 1952).
fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).ok()?;
    packer.finish().ok()
}

/// Whether the browser takes gzip (RFC 9110 §12.5.3): named, and not with a weight of nothing.
pub(super) fn takes_packed(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
            named.then(|| parts.all(|part| part.strip_prefix("q=").is_none_or(|q| !q.trim_matches(['0', '.']).is_empty())))
        })
        .any(|wanted| wanted)
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
    let packed = asset.packed.as_deref().filter(|_| takes_packed(headers));
    let etag = if packed.is_some() { asset.packed_etag() } else { asset.etag.clone() };
    let kept = [
        (header::ETAG, etag.as_str()),
        (header::CACHE_CONTROL, if keep { KEEP } else { ASK_AGAIN }),
        (header::VARY, "accept-encoding"),
    ];
    if already_there(asset, headers) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    let kind = [(header::CONTENT_TYPE, asset.content_type)];
    match packed {
        Some(packed) => (kept, kind, [(header::CONTENT_ENCODING, "gzip")], packed).into_response(),
        None => (kept, kind, asset.bytes).into_response(),
    }
}

/// Whether the browser names the present entity tag (RFC 9110 §13.1.2, weak comparison).
fn already_there(asset: &Asset, headers: &HeaderMap) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == asset.etag || tag == asset.packed_etag())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> &'static str {
        std::str::from_utf8(find(name).expect("an embedded file").bytes).expect("text")
    }

    #[test]
    fn the_stylesheets_ask_nothing_of_others_and_stay_small() {
        for (name, most) in [("motlan.css", 40), ("console.css", 20), ("flow.css", 4)] {
            let css = text(name);

            for refused in ["data:", "@import", "http"] {
                assert!(!css.contains(refused), "{name}: {refused}");
            }
            assert!(css.len() <= most * 1024, "{name}: {} bytes", css.len());
        }
    }

    #[test]
    fn what_is_for_paper_is_shown_there_alone_and_what_is_for_screens_is_not() {
        for (name, screen_rule, paper_rule) in [
            ("motlan.css", Some(".printed { display: none; }"), ".printed { display: block;"),
            ("console.css", None, ".unprinted { display: none !important; }"),
        ] {
            let (screen, paper) = text(name).split_once("@media print {").expect("a part for paper");

            assert!(screen_rule.is_none_or(|rule| screen.contains(rule)), "{name}");
            assert!(paper.contains(paper_rule) && !screen.contains(paper_rule), "{name}");
        }
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
        for tag in [css.etag.clone(), css.packed_etag()] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, format!("\"other\", W/{tag}").parse().expect("a header"));

            let answer = answer(css, None, &headers);

            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{tag}");
        }
    }

    #[test]
    fn what_shrinks_is_sent_packed_to_whoever_takes_it() {
        let css = find("motlan.css").expect("the stylesheet");
        let table = [
            (Some("gzip, deflate, br"), true),
            (Some("br, GZIP;q=0.5"), true),
            (Some("gzip;q=0"), false),
            (Some("gzip; q=0.000, br"), false),
            (Some("br"), false),
            (None, false),
        ];
        for (accepted, packed) in table {
            let mut headers = HeaderMap::new();
            if let Some(accepted) = accepted {
                headers.insert(header::ACCEPT_ENCODING, accepted.parse().expect("a header"));
            }

            let answer = answer(css, None, &headers);

            assert_eq!(answer.headers().contains_key(header::CONTENT_ENCODING), packed, "{accepted:?}");
            assert_eq!(answer.headers()[header::VARY], "accept-encoding");
        }
        let font = find("fonts/figures-1-400.woff2").expect("a font");
        assert!(font.packed.is_none(), "what is packed already stays as it is");
        assert!(css.packed.as_ref().is_some_and(|packed| packed.len() * 3 < css.bytes.len()));
    }

    #[test]
    fn an_unknown_name_is_not_found() {
        assert!(find("../Cargo.toml").is_none());
        assert_eq!(address("nothing.css"), "/assets/nothing.css");
    }
}
