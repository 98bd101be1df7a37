//! XML as workbooks use it, read tag by tag and never held as a whole.
//!
//! No document types: nothing is declared, expanded or fetched. Names are told
//! without their prefixes.

use super::zip::TooLarge;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A longer tag or text is no part of a workbook.
const MOST: u64 = 256 * 1_024;
/// What is read ahead.
const AHEAD: usize = 64 * 1_024;

/// Why it cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not well-formed, not UTF-8, or it declares a document type.
    Broken,
    /// It is larger than it may be.
    TooLarge,
}

impl From<quick_xml::Error> for Fault {
    fn from(error: quick_xml::Error) -> Self {
        match error {
            quick_xml::Error::Io(error) if is_too_large(&error) => Self::TooLarge,
            _ => Self::Broken,
        }
    }
}

fn is_too_large(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooLarge>)
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

/// Stops a tag or a text that does not end before it fills the memory.
struct Bounded<R> {
    inner: R,
    read_for_node: Arc<AtomicU64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read_for_node.load(Ordering::Relaxed) > MOST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TooLarge));
        }
        let count = self.inner.read(buffer)?;
        self.read_for_node.fetch_add(u64::try_from(count).unwrap_or(MOST), Ordering::Relaxed);
        Ok(count)
    }
}

/// A reader.
pub(super) struct Xml<R> {
    reader: Reader<BufReader<Bounded<R>>>,
    read_for_node: Arc<AtomicU64>,
    buffer: Vec<u8>,
    /// The tag of a beginning or empty element.
    tag: BytesStart<'static>,
    name: String,
    text: String,
}

impl<R: Read> Xml<R> {
    /// Reads from here.
    pub(super) fn new(input: R) -> Self {
        let read_for_node = Arc::new(AtomicU64::new(0));
        let bounded = Bounded { inner: input, read_for_node: Arc::clone(&read_for_node) };
        let reader = Reader::from_reader(BufReader::with_capacity(AHEAD, bounded));
        let (buffer, tag) = (Vec::new(), BytesStart::new(""));
        Self { reader, read_for_node, buffer, tag, name: String::new(), text: String::new() }
    }

    /// Goes on to the next tag or text.
    pub(super) fn next(&mut self) -> Result<Node, Fault> {
        self.read_for_node.store(0, Ordering::Relaxed);
        loop {
            self.buffer.clear();
            match self.reader.read_event_into(&mut self.buffer)? {
                Event::Start(tag) => {
                    named(&mut self.name, tag.local_name().as_ref());
                    self.tag = tag.into_owned();
                    return Ok(Node::Start);
                }
                Event::Empty(tag) => {
                    named(&mut self.name, tag.local_name().as_ref());
                    self.tag = tag.into_owned();
                    return Ok(Node::Empty);
                }
                Event::End(tag) => {
                    named(&mut self.name, tag.local_name().as_ref());
                    return Ok(Node::End);
                }
                Event::Text(text) => named(&mut self.text, &text),
                Event::CData(text) => named(&mut self.text, &text),
                Event::GeneralRef(reference) => {
                    let letter = reference.resolve_char_ref()?;
                    self.text.clear();
                    match letter {
                        Some(letter) => self.text.push(letter),
                        None => self.text.push_str(resolve_predefined_entity(&reference).ok_or(Fault::Broken)?),
                    }
                }
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
                Event::DocType(_) => return Err(Fault::Broken),
                Event::Eof => return Ok(Node::Over),
            }
            return Ok(Node::Text);
        }
    }

    /// The name of the element, without its prefix.
    pub(super) fn name(&self) -> &[u8] {
        self.name.as_bytes()
    }

    /// An attribute of the element, without its prefix.
    pub(super) fn attribute(&self, wanted: &str) -> Result<Option<String>, Fault> {
        for attribute in self.tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| Fault::Broken)?;
            if attribute.key.local_name().as_ref() == wanted {
                let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|_| Fault::Broken)?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }

    /// The text that was read last.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Keeps a name or a text in memory that is used again.
fn named(kept: &mut String, text: &str) {
    kept.clear();
    kept.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(text: &str) -> Result<String, Fault> {
        let mut xml = Xml::new(text.as_bytes());
        let mut seen = Vec::new();
        loop {
            let name = |xml: &Xml<&[u8]>| String::from_utf8_lossy(xml.name()).into_owned();
            match xml.next()? {
                Node::Start => seen.push(format!("<{}>", name(&xml))),
                Node::Empty => seen.push(format!("<{}/>", name(&xml))),
                Node::End => seen.push(format!("</{}>", name(&xml))),
                Node::Text => seen.push(xml.text().to_owned()),
                Node::Over => return Ok(seen.concat()),
            }
        }
    }

    #[test]
    fn elements_come_without_prefixes_and_texts_without_references() {
        let text = "<?xml version=\"1.0\"?><x:a b='1>2'><!-- <c> --><c d=\"&amp;&#7857;\"/>m&#x1EAF;t &lt;<![CDATA[<&]]></x:a>";
        assert_eq!(nodes(text).expect("XML"), "<a><c/>mắt <<&</a>");
        let mut xml = Xml::new(&b"<c r:id = 'x &gt; y' s=\"2\"/>"[..]);
        assert_eq!(xml.next(), Ok(Node::Empty));
        assert_eq!(xml.attribute("id"), Ok(Some("x > y".to_owned())));
        assert_eq!((xml.attribute("s"), xml.attribute("t")), (Ok(Some("2".to_owned())), Ok(None)));
    }

    #[test]
    fn what_declares_names_or_never_ends_is_refused() {
        let endless = format!("<a>{}", "x".repeat(400_000));
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
