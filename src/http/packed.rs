//! Pages of the console, packed (gzip): they are long lists, and go to people who ask for the same ones all day.
//!
//! The length of what is packed tells whether a guess that a stranger put into a request stands in the page already
//! (BREACH). A stranger's requests come from another site, and browsers say so in a header that no page can write
//! (Fetch Metadata, `Sec-Fetch-Site`): only what the console itself or the person at the keyboard asks for is packed.

use super::assets;
use axum::http::HeaderMap;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

/// Where the console is.
const CONSOLE: &str = "/admin";

/// Whether a page of this path goes packed to who asks so.
pub fn is_wanted(path: &str, headers: &HeaderMap) -> bool {
    let of_the_console = path.strip_prefix(CONSOLE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let site = headers.get("sec-fetch-site").map(axum::http::HeaderValue::as_bytes);
    of_the_console && matches!(site, Some(b"same-origin" | b"none")) && assets::takes_packed(headers)
}

/// A page packed (RFC 1952), quickly.
pub fn pack(page: &str) -> Option<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::with_capacity(page.len() / 4), Compression::fast());
    packer.write_all(page.as_bytes()).ok()?;
    packer.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use axum::http::header::ACCEPT_ENCODING;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

    #[test]
    fn only_the_console_is_packed_and_never_for_what_another_site_asks() {
        let table = [
            ("/admin", Some("none"), "gzip", true),
            ("/admin/people", Some("same-origin"), "br, gzip", true),
            ("/admin/people", Some("same-origin"), "br", false),
            ("/admin/people", Some("same-site"), "gzip", false),
            ("/admin/people", Some("cross-site"), "gzip", false),
            ("/admin/people", None, "gzip", false),
            ("/administer", Some("none"), "gzip", false),
            ("/account", Some("none"), "gzip", false),
        ];
        for (path, site, coding, wanted) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(coding));
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            assert_eq!(is_wanted(path, &headers), wanted, "{path} {site:?} {coding}");
        }
    }

    #[test]
    fn a_page_comes_back_whole_and_took_less() {
        let page = "Phường Sài Gòn ".repeat(100);
        let packed = pack(&page).expect("packed");
        let mut whole = String::new();
        GzDecoder::new(packed.as_slice()).read_to_string(&mut whole).expect("a page");
        assert_eq!(whole, page);
        assert!(packed.len() < page.len() / 4, "{}", packed.len());
    }
}
