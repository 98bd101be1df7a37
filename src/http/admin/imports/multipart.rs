//! Forms with a file (RFC 7578), part by part: a file is handed on in pieces as it comes, and is never held whole.

use crate::http::extract::body::{BodyProblem, Late};
use axum::body::{Body, HttpBody as _};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;

/// A longer boundary is none (RFC 2046 §5.1.1).
const LONGEST_BOUNDARY: usize = 70;
/// The headers of one part.
const MOST_HEADERS: usize = 8 * 1_024;
/// The value of a field that is no file.
const MOST_FIELD: usize = 4 * 1_024;
/// More parts than any of our forms has.
const MOST_PARTS: usize = 16;
/// A piece is handed on when so much of it is there.
const PIECE: usize = 32 * 1_024;

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field.
    pub name: String,
    /// The file's name, when it is one.
    pub file_name: Option<String>,
}

/// A form that is being read.
pub struct Multipart {
    body: Body,
    /// What stands between parts, with the line break before it.
    mark: Vec<u8>,
    buffer: Vec<u8>,
    left: u64,
    parts: usize,
    in_part: bool,
}

impl Multipart {
    /// Begins to read a form of at most so many bytes.
    pub fn open(headers: &HeaderMap, body: Body, most: u64) -> Result<Self, BodyProblem> {
        let boundary = boundary(headers).ok_or(BodyProblem::WrongType)?;
        let told =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()).and_then(|length| length.parse::<u64>().ok());
        // What announces itself as too large is not read at all.
        if told.is_some_and(|told| told > most) {
            return Err(BodyProblem::TooLarge);
        }
        let mark = format!("\r\n--{boundary}").into_bytes();
        // As if a line ended before the first boundary: it then looks like the others.
        Ok(Self { body, mark, buffer: b"\r\n".to_vec(), left: most, parts: 0, in_part: true })
    }

    /// The next part; what is left of the one before is passed over.
    pub async fn next(&mut self) -> Result<Option<Part>, BodyProblem> {
        while self.in_part {
            self.piece().await?;
        }
        while self.buffer.len() < 2 {
            self.fill().await?;
        }
        if self.buffer.starts_with(b"--") {
            return Ok(None);
        }
        self.parts += 1;
        if !self.buffer.starts_with(b"\r\n") || self.parts > MOST_PARTS {
            return Err(BodyProblem::Broken);
        }
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() > MOST_HEADERS {
                return Err(BodyProblem::Broken);
            }
            self.fill().await?;
        };
        let part = std::str::from_utf8(&self.buffer[..end]).ok().and_then(part).ok_or(BodyProblem::Broken)?;
        self.buffer.drain(..end + 4);
        self.in_part = true;
        Ok(Some(part))
    }

    /// Some more of the part; nothing at its end.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, BodyProblem> {
        if !self.in_part {
            return Ok(None);
        }
        loop {
            if let Some(at) = find(&self.buffer, &self.mark) {
                if at > 0 {
                    return Ok(Some(self.buffer.drain(..at).collect()));
                }
                self.buffer.drain(..self.mark.len());
                self.in_part = false;
                return Ok(None);
            }
            // The last bytes may be the beginning of the mark.
            let sure = self.buffer.len().saturating_sub(self.mark.len());
            if sure >= PIECE {
                return Ok(Some(self.buffer.drain(..sure).collect()));
            }
            self.fill().await?;
        }
    }

    /// The text of a part that is no file.
    pub async fn text(&mut self) -> Result<String, BodyProblem> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            bytes.extend(piece);
            if bytes.len() > MOST_FIELD {
                return Err(BodyProblem::TooLarge);
            }
        }
        String::from_utf8(bytes).map_err(|_| BodyProblem::Broken)
    }

    async fn fill(&mut self) -> Result<(), BodyProblem> {
        loop {
            let body = &mut self.body;
            let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
            let frame = frame.ok_or(BodyProblem::Broken)?.map_err(|error| why(&error))?;
            let Ok(data) = frame.into_data() else { continue };
            let read = u64::try_from(data.len()).unwrap_or(u64::MAX);
            self.left = self.left.checked_sub(read).ok_or(BodyProblem::TooLarge)?;
            self.buffer.extend_from_slice(&data);
            return Ok(());
        }
    }
}

/// The body's own error lies below those of what wraps it.
fn why(error: &(dyn Error + 'static)) -> BodyProblem {
    let mut layers = std::iter::successors(Some(error), |error| (*error).source());
    if layers.any(<dyn Error>::is::<Late>) { BodyProblem::TooSlow } else { BodyProblem::Broken }
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

/// The part that headers tell of.
fn part(headers: &str) -> Option<Part> {
    let told = headers.split("\r\n").find(|header| {
        let name = header.split_once(':').map(|(name, _)| name.trim());
        name.is_some_and(|name| name.eq_ignore_ascii_case("content-disposition"))
    })?;
    Some(Part { name: attribute(told, "name")?, file_name: attribute(told, "filename") })
}

/// A quoted attribute of a header. Browsers write `%22` for a quotation mark in it.
fn attribute(header: &str, name: &str) -> Option<String> {
    let mark = format!("{name}=\"");
    let whole = |at: &usize| header[..*at].ends_with([' ', ';']);
    let at = header.match_indices(mark.as_str()).map(|(at, _)| at).find(whole)?;
    let value = header[at + mark.len()..].split('"').next()?;
    Some(value.replace("%22", "\""))
}

/// Where a text begins that begins with a line break.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == b'\r') {
        if bytes[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "multipart/form-data; boundary=xyz".parse().expect("a header"));
        headers
    }

    async fn read(body: &str, most: u64) -> Result<Vec<(Part, String)>, BodyProblem> {
        let mut form = Multipart::open(&headers(), Body::from(body.to_owned()), most)?;
        let mut parts = Vec::new();
        while let Some(part) = form.next().await? {
            let mut content = Vec::new();
            while let Some(piece) = form.piece().await? {
                content.extend(piece);
            }
            parts.push((part, String::from_utf8(content).expect("text")));
        }
        Ok(parts)
    }

    fn field(name: &str, file_name: Option<&str>) -> Part {
        Part { name: name.to_owned(), file_name: file_name.map(str::to_owned) }
    }

    #[tokio::test]
    async fn fields_and_files_come_in_order() {
        let long = "x\r\n-y".repeat(30_000);
        let body = format!(
            "--xyz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nt\r\n\
             --xyz\r\nContent-Disposition: form-data; name=\"none\"\r\n\r\n\r\n\
             --xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b.csv\"\r\nContent-Type: text/csv\r\n\r\n{long}\r\n--xyz--\r\n"
        );
        let parts = read(&body, 1_000_000).await.expect("a form");
        let expected = [(field("csrf", None), "t"), (field("none", None), ""), (field("file", Some("a\"b.csv")), long.as_str())];
        assert_eq!(parts.len(), expected.len());
        for ((part, content), (wanted, text)) in parts.iter().zip(&expected) {
            assert_eq!((part, content.as_str()), (wanted, *text));
        }
    }

    #[tokio::test]
    async fn what_is_cut_off_or_too_large_is_told() {
        let cut = "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf";
        assert_eq!(read(cut, 1_000).await.err(), Some(BodyProblem::Broken));
        assert_eq!(read(cut, 10).await.err(), Some(BodyProblem::TooLarge));
        assert_eq!(read("", 10).await.err(), Some(BodyProblem::Broken));
        assert_eq!(read("--xyz\r\nX: y\r\n\r\nz\r\n--xyz--", 1_000).await.err(), Some(BodyProblem::Broken));
        let plain = Multipart::open(&HeaderMap::new(), Body::empty(), 10);
        assert_eq!(plain.err(), Some(BodyProblem::WrongType));
    }
}
