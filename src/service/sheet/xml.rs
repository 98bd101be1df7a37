//! XML as workbooks use it, read tag by tag and never held as a whole.
//!
//! No document types: nothing is declared, expanded or fetched. Names are told
//! without their prefixes.

use super::zip::TooLarge;
use std::io::{self, BufRead as _, BufReader, Read};

/// A longer tag or text is no part of a workbook.
const MOST: u64 = 256 * 1_024;

/// Why it cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not well-formed, not UTF-8, or it declares a document type.
    Broken,
    /// It is larger than it may be.
    TooLarge,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooLarge>) {
            Self::TooLarge
        } else {
            Self::Broken
        }
    }
}

/// What comes next. Its name, attributes and text are asked of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// The beginning of an element.
    Start,
    /// An element without content.
    Empty,
    /// The end of an element.
    End,
    /// Text.
    Text,
    /// The end of the document.
    Over,
}

/// A reader.
pub(super) struct Xml<R> {
    input: BufReader<R>,
    /// A tag without its brackets, or a text.
    raw: Vec<u8>,
    text: String,
    is_in_tag: bool,
}

impl<R: Read> Xml<R> {
    /// Reads from here.
    pub(super) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 * 1_024, input), raw: Vec::new(), text: String::new(), is_in_tag: false }
    }

    /// Goes on to the next tag or text.
    pub(super) fn next(&mut self) -> Result<Node, Fault> {
        loop {
            if !self.is_in_tag {
                self.raw.clear();
                let ended = self.read_to(b'<')?;
                self.is_in_tag = ended;
                if !self.raw.is_empty() {
                    self.text = unescaped(&self.raw)?;
                    return Ok(Node::Text);
                }
                if !ended {
                    return Ok(Node::Over);
                }
            }
            self.is_in_tag = false;
            self.raw.clear();
            if let Some(node) = self.tag()? {
                return Ok(node);
            }
        }
    }

    /// The name of the element, without its prefix.
    pub(super) fn name(&self) -> &[u8] {
        let name = self.raw.strip_prefix(b"/").unwrap_or(&self.raw);
        let end = name.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/').unwrap_or(name.len());
        let name = &name[..end];
        name.iter().rposition(|byte| *byte == b':').map_or(name, |colon| &name[colon + 1..])
    }

    /// An attribute of the element, without its prefix.
    pub(super) fn attribute(&self, wanted: &str) -> Result<Option<String>, Fault> {
        let mut rest = &self.raw[..];
        while let Some(equals) = rest.iter().position(|byte| *byte == b'=') {
            let name = rest[..equals].trim_ascii_end();
            let begin = name.iter().rposition(u8::is_ascii_whitespace).map_or(0, |space| space + 1);
            let name = &name[begin..];
            let local = name.iter().rposition(|byte| *byte == b':').map_or(name, |colon| &name[colon + 1..]);
            let value = rest[equals + 1..].trim_ascii_start();
            let (quote, value) = value.split_first().ok_or(Fault::Broken)?;
            let end = value.iter().position(|byte| byte == quote).ok_or(Fault::Broken)?;
            if local == wanted.as_bytes() {
                return unescaped(&value[..end]).map(Some);
            }
            rest = &value[end + 1..];
        }
        Ok(None)
    }

    /// The text that was read last.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Reads up to a byte, which is left out; false at the end of the document.
    fn read_to(&mut self, byte: u8) -> Result<bool, Fault> {
        let left = MOST.saturating_sub(u64::try_from(self.raw.len()).unwrap_or(MOST));
        let read = self.input.by_ref().take(left).read_until(byte, &mut self.raw)?;
        if read > 0 && self.raw.last() == Some(&byte) {
            self.raw.pop();
            return Ok(true);
        }
        if u64::try_from(self.raw.len()).unwrap_or(MOST) >= MOST { Err(Fault::TooLarge) } else { Ok(false) }
    }

    /// Reads a tag; nothing for what is passed over.
    fn tag(&mut self) -> Result<Option<Node>, Fault> {
        loop {
            if !self.read_to(b'>')? {
                return Err(Fault::Broken);
            }
            let is_whole = if self.raw.starts_with(b"!--") {
                self.raw.len() >= 5 && self.raw.ends_with(b"--")
            } else if self.raw.starts_with(b"![CDATA[") {
                self.raw.ends_with(b"]]")
            } else {
                is_balanced(&self.raw)
            };
            if is_whole {
                break;
            }
            self.raw.push(b'>');
        }
        if let Some(text) = self.raw.strip_prefix(b"![CDATA[") {
            let text = text.strip_suffix(b"]]").unwrap_or(text);
            self.text = std::str::from_utf8(text).map_err(|_| Fault::Broken)?.to_owned();
            return Ok(Some(Node::Text));
        }
        match self.raw.first() {
            Some(b'?') => Ok(None),
            Some(b'!') if self.raw.starts_with(b"!--") => Ok(None),
            None | Some(b'!') => Err(Fault::Broken),
            Some(b'/') => Ok(Some(Node::End)),
            Some(_) if self.raw.ends_with(b"/") => Ok(Some(Node::Empty)),
            Some(_) => Ok(Some(Node::Start)),
        }
    }
}

/// Whether every quotation mark of a tag is closed: a value may hold a bracket.
fn is_balanced(tag: &[u8]) -> bool {
    let mut open = None;
    for byte in tag.iter().filter(|byte| matches!(**byte, b'"' | b'\'')) {
        match open {
            None => open = Some(*byte),
            Some(quote) if quote == *byte => open = None,
            Some(_) => {}
        }
    }
    open.is_none()
}

/// A text with its references replaced.
fn unescaped(raw: &[u8]) -> Result<String, Fault> {
    let text = std::str::from_utf8(raw).map_err(|_| Fault::Broken)?;
    if !text.contains('&') {
        return Ok(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or(Fault::Broken)?;
        out.push(reference(name).ok_or(Fault::Broken)?);
        out.push_str(rest);
    }
    Ok(out)
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(text: &str) -> Result<Vec<String>, Fault> {
        let mut xml = Xml::new(text.as_bytes());
        let mut seen = Vec::new();
        loop {
            let name = |xml: &Xml<&[u8]>| String::from_utf8_lossy(xml.name()).into_owned();
            match xml.next()? {
                Node::Start => seen.push(format!("<{}>", name(&xml))),
                Node::Empty => seen.push(format!("<{}/>", name(&xml))),
                Node::End => seen.push(format!("</{}>", name(&xml))),
                Node::Text => seen.push(xml.text().to_owned()),
                Node::Over => return Ok(seen),
            }
        }
    }

    #[test]
    fn elements_come_without_prefixes_and_texts_without_references() {
        let text = "<?xml version=\"1.0\"?><x:a b='1>2'><!-- <c> --><c d=\"&amp;&#7857;\"/>m&#x1EAF;t &lt;<![CDATA[<&]]></x:a>";
        assert_eq!(nodes(text).expect("XML"), ["<a>", "<c/>", "mắt <", "<&", "</a>"]);
        let mut xml = Xml::new(&b"<c r:id = 'x &gt; y' s=\"2\"/>"[..]);
        assert_eq!(xml.next(), Ok(Node::Empty));
        assert_eq!(xml.attribute("id"), Ok(Some("x > y".to_owned())));
        assert_eq!((xml.attribute("s"), xml.attribute("t")), (Ok(Some("2".to_owned())), Ok(None)));
    }

    #[test]
    fn what_declares_names_or_never_ends_is_refused() {
        let endless = format!("<a>{}", "x".repeat(300_000));
        let table = [
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", Fault::Broken),
            ("<a>&b;</a>", Fault::Broken),
            ("<a", Fault::Broken),
            ("<a b=\"c>", Fault::Broken),
            (endless.as_str(), Fault::TooLarge),
        ];
        for (text, fault) in table {
            assert_eq!(nodes(text).err(), Some(fault), "{}", &text[..text.len().min(40)]);
        }
    }
}
