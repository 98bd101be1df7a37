//! Forms with a file (RFC 7578) of our own pages: small ones, read whole.

use crate::http::extract::body::{self, BodyProblem};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::protocol::parameters::Parameters;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;

/// More parts than any of our forms has.
const MOST_PARTS: usize = 400;
/// A longer boundary is none (RFC 2046 §5.1.1).
const LONGEST_BOUNDARY: usize = 70;
/// What the fields beside a file may take.
const FIELDS_BYTES: usize = 65_536;

/// A file that came with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// Its name, as the browser told it.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A form that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Upload {
    fields: Vec<(String, String)>,
    files: Vec<(String, UploadedFile)>,
}

impl Upload {
    /// The first value of a field that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// All values of a field.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A file that was chosen; one without a name and without content was not.
    pub fn file(&self, name: &str) -> Option<&UploadedFile> {
        let chosen = |file: &&UploadedFile| !(file.name.is_empty() && file.bytes.is_empty());
        self.files.iter().filter(|(known, _)| known == name).map(|(_, file)| file).find(chosen)
    }
}

/// Reads a form of one of our own pages, with files of at most so many bytes together.
pub async fn own_upload(visit: &Visit, headers: &HeaderMap, body: Body, most: usize) -> Result<Upload, Response> {
    let Some(boundary) = boundary(headers) else { return Err(page::unread(visit, BodyProblem::WrongType)) };
    let bytes = match body::bytes(body, most + FIELDS_BYTES).await {
        Ok(bytes) => bytes,
        Err(problem) => return Err(page::unread(visit, problem)),
    };
    let Some(upload) = parse(&bytes, &boundary) else { return Err(page::unread(visit, BodyProblem::Broken)) };
    let token = Parameters::from_pairs(upload.all("csrf").map(|value| ("csrf", value)));
    if visit.is_own_form(&token) {
        return Ok(upload);
    }
    Err(page::show(visit, ErrorWords::Forbidden, None, "the form does not come from this browser"))
}

/// The boundary of a form with files; nothing for what is none.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (kind, parameters) = value.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut named = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let (_, told) = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    let told = told.trim().trim_matches('"');
    (1..=LONGEST_BOUNDARY).contains(&told.len()).then(|| told.to_owned())
}

/// The parts between the boundaries; nothing for what is cut off or is not text where text belongs.
fn parse(body: &[u8], boundary: &str) -> Option<Upload> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut rest = after(body, first.as_bytes())?.1;
    let mut upload = Upload::default();
    for _ in 0..MOST_PARTS {
        if rest.starts_with(b"--") {
            return Some(upload);
        }
        let (heads, behind) = after(rest.strip_prefix(b"\r\n")?, b"\r\n\r\n")?;
        let (content, behind) = after(behind, next.as_bytes())?;
        rest = behind;
        let heads = std::str::from_utf8(heads).ok()?;
        let disposition = heads.split("\r\n").find(|head| head.to_ascii_lowercase().starts_with("content-disposition:"))?;
        let name = attribute(disposition, "name")?;
        if let Some(file) = attribute(disposition, "filename") {
            upload.files.push((name, UploadedFile { name: file, bytes: content.to_vec() }));
        } else {
            let text = std::str::from_utf8(content).ok().filter(|text| !text.contains('\0'))?;
            upload.fields.push((name, text.to_owned()));
        }
    }
    None
}

/// What stands before a mark, and what behind it.
fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(mark.len()).position(|part| part == mark)?;
    Some((&text[..at], &text[at + mark.len()..]))
}

/// A quoted attribute of a header. Browsers write `%22` for a quotation mark in it.
fn attribute(head: &str, name: &str) -> Option<String> {
    let mark = format!("{name}=\"");
    let whole = |at: &usize| head[..*at].ends_with([' ', ';']);
    let at = head.match_indices(mark.as_str()).map(|(at, _)| at).find(whole)?;
    let value = head[at + mark.len()..].split('"').next()?;
    Some(value.replace("%22", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    fn body(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut text = String::new();
        for (heads, content) in parts {
            write!(text, "--xyz\r\nContent-Disposition: form-data; {heads}\r\n\r\n{content}\r\n").expect("text");
        }
        (text + "--xyz--\r\n").into_bytes()
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let sent = body(&[
            ("name=\"csrf\"", "t"),
            ("name=\"unit\"", "a"),
            ("name=\"unit\"", "b"),
            ("name=\"empty\"; filename=\"\"\r\nContent-Type: application/octet-stream", ""),
            ("name=\"file\"; filename=\"mã %22H29%22.csv\"\r\nContent-Type: text/csv", "a,b\r\n1,2\r\n"),
        ]);

        let upload = parse(&sent, "xyz").expect("a form");

        assert_eq!((upload.get("csrf"), upload.get("file"), upload.get("none")), (Some("t"), None, None));
        assert_eq!(upload.all("unit").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(upload.file("empty"), None, "nothing was chosen");
        let file = upload.file("file").expect("a file");
        assert_eq!((file.name.as_str(), file.bytes.as_slice()), ("mã \"H29\".csv", b"a,b\r\n1,2\r\n".as_slice()));
    }

    #[test]
    fn what_is_cut_off_or_never_ends_is_no_form() {
        let whole = body(&[("name=\"a\"", "1")]);
        for end in 0..whole.len() - 4 {
            assert_eq!(parse(&whole[..end], "xyz"), None, "{end}");
        }
        let many: Vec<(&str, &str)> = vec![("name=\"a\"", "1"); MOST_PARTS + 1];
        assert_eq!(parse(&body(&many), "xyz"), None);
        assert_eq!(parse(&body(&[("name=\"a\"", "\0")]), "xyz"), None);
        assert_eq!(parse(&body(&[("filename=\"a\"", "1")]), "xyz"), None, "a part without a name");
    }

    #[test]
    fn the_boundary_is_that_of_a_form_with_files() {
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, value.parse().expect("a header"));
            boundary(&headers)
        };
        assert_eq!(of("multipart/form-data; boundary=xyz").as_deref(), Some("xyz"));
        assert_eq!(of("Multipart/Form-Data; charset=utf-8; Boundary=\"x y\"").as_deref(), Some("x y"));
        for other in ["multipart/mixed; boundary=x", "application/x-www-form-urlencoded", "multipart/form-data; boundary="] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(of(&format!("multipart/form-data; boundary={}", "x".repeat(71))), None);
    }
}
