//! What a directory sends, looked at before anything is made of it (RFC 4511 §4.1.1 and §5.1).
//!
//! The library that reads answers trusts their form: it follows nesting as deep
//! as it goes, waits for whatever length is announced, and stops the task where
//! something is missing. So each message is checked here against the grammar of
//! the few answers that we ask for, and what is anything else ends the connection.

/// A longer message is none that we asked for: entries have a few attributes.
pub(super) const MOST_MESSAGE: usize = 1_024 * 1_024;
/// No answer of ours is nested deeper.
const DEEPEST: usize = 8;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const BIND_RESPONSE: u8 = 0x61;
const ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
pub(super) const EXTENDED_RESPONSE: u8 = 0x78;
const INTERMEDIATE: u8 = 0x79;
const CONTROLS: u8 = 0xa0;
const REFERRAL: u8 = 0xa3;
const SASL_CREDENTIALS: u8 = 0x87;
const RESPONSE_NAME: u8 = 0x8a;
const RESPONSE_VALUE: u8 = 0x8b;

/// What is wrong with a message, in fixed words.
pub(super) type Bad = &'static str;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of what was asked for.
    Answer,
    /// An entry that was searched for.
    Entry,
    /// What is not followed: a reference to another directory, or something in between.
    Aside,
}

/// How the length of an element goes on after its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// It was that byte.
    Short(usize),
    /// It stands in so many bytes more.
    Long(usize),
}

/// Reads the first byte of a length. An open end is not allowed here (RFC 4511 §5.1).
pub(super) fn length(first: u8) -> Result<Length, Bad> {
    match first {
        0..=0x7f => Ok(Length::Short(usize::from(first))),
        0x81..=0x84 => Ok(Length::Long(usize::from(first & 0x7f))),
        _ => Err("a length has a form that is not allowed"),
    }
}

/// The number in the bytes of a long length.
pub(super) fn long_length(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte))
}

/// One element.
#[derive(Debug, Clone, Copy)]
struct Element<'a> {
    tag: u8,
    body: &'a [u8],
}

impl Element<'_> {
    fn is_constructed(self) -> bool {
        self.tag & 0x20 != 0
    }
}

/// Elements, one after another.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    fn next(&mut self) -> Result<Option<Element<'a>>, Bad> {
        const CUT: Bad = "an element is cut off";
        let Some((&tag, rest)) = self.0.split_first() else { return Ok(None) };
        if tag & 0x1f == 0x1f {
            return Err("a tag has a form that is not used");
        }
        let (&first, rest) = rest.split_first().ok_or(CUT)?;
        let (length, rest) = match length(first)? {
            Length::Short(length) => (length, rest),
            Length::Long(bytes) => {
                let (bytes, rest) = rest.split_at_checked(bytes).ok_or(CUT)?;
                (long_length(bytes), rest)
            }
        };
        let (body, rest) = rest.split_at_checked(length).ok_or(CUT)?;
        self.0 = rest;
        Ok(Some(Element { tag, body }))
    }

    /// The body of the next element, which has to be there and to be this.
    fn need(&mut self, tag: u8) -> Result<&'a [u8], Bad> {
        match self.next()? {
            Some(element) if element.tag == tag => Ok(element.body),
            Some(_) | None => Err("an element is missing"),
        }
    }

    /// The same, when it is text.
    fn need_text(&mut self, tag: u8) -> Result<&'a str, Bad> {
        text(self.need(tag)?)
    }

    fn end(&self) -> Result<(), Bad> {
        if self.0.is_empty() { Ok(()) } else { Err("there is more than belongs there") }
    }
}

fn text(bytes: &[u8]) -> Result<&str, Bad> {
    std::str::from_utf8(bytes).map_err(|_| "a text is not UTF-8")
}

/// Checks what stands in a message, and says what it is.
pub(super) fn check(message: &[u8]) -> Result<Kind, Bad> {
    check_nesting(message, DEEPEST)?;
    let mut parts = Elements(message);
    number(parts.need(INTEGER)?)?;
    let operation = parts.next()?.ok_or("there is no operation")?;
    if let Some(controls) = parts.next()? {
        if controls.tag != CONTROLS {
            return Err("there is more than belongs there");
        }
        check_controls(controls.body)?;
    }
    parts.end()?;
    match operation.tag {
        BIND_RESPONSE | SEARCH_DONE | EXTENDED_RESPONSE => check_result(operation.body).map(|_| Kind::Answer),
        ENTRY => check_entry(operation.body).map(|()| Kind::Entry),
        REFERENCE | INTERMEDIATE => Ok(Kind::Aside),
        _ => Err("it is no answer to anything that we ask"),
    }
}

/// The outcome that an extended response to our first message tells (RFC 4511 §4.14.2).
pub(super) fn first_outcome(message: &[u8]) -> Result<u32, Bad> {
    if check(message)? != Kind::Answer {
        return Err("it is no answer to what was asked");
    }
    let mut parts = Elements(message);
    if number(parts.need(INTEGER)?)? != 1 {
        return Err("it is an answer to something else");
    }
    check_result(parts.need(EXTENDED_RESPONSE)?)
}

/// Where the next page begins, as the control of RFC 2696 tells it; empty behind the last one.
pub(super) fn cookie(value: &[u8]) -> Result<Vec<u8>, Bad> {
    let mut outer = Elements(value);
    let mut parts = Elements(outer.need(SEQUENCE)?);
    outer.end()?;
    parts.need(INTEGER)?;
    let cookie = parts.need(OCTETS)?.to_vec();
    parts.end()?;
    Ok(cookie)
}

/// Every element ends where it says, and none is nested too deep.
fn check_nesting(bytes: &[u8], deepest: usize) -> Result<(), Bad> {
    let mut elements = Elements(bytes);
    while let Some(element) = elements.next()? {
        if element.is_constructed() {
            check_nesting(element.body, deepest.checked_sub(1).ok_or("it is nested too deep")?)?;
        }
    }
    Ok(())
}

/// A number of at most 31 bits, above 0: 0 is what a server says unasked, before it hangs up.
fn number(bytes: &[u8]) -> Result<u32, Bad> {
    let is_small = (1..=4).contains(&bytes.len()) && bytes.first().is_some_and(|first| first & 0x80 == 0);
    let number = bytes.iter().take(4).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    if is_small && number > 0 { Ok(number) } else { Err("it answers no message of ours") }
}

/// An outcome with what may stand behind it; answers its code.
fn check_result(body: &[u8]) -> Result<u32, Bad> {
    let mut parts = Elements(body);
    let code = parts.need(ENUMERATED)?;
    if !(1..=2).contains(&code.len()) {
        return Err("an outcome is no number");
    }
    parts.need_text(OCTETS)?;
    parts.need_text(OCTETS)?;
    while let Some(part) = parts.next()? {
        match part.tag {
            REFERRAL => {
                let mut places = Elements(part.body);
                while let Some(place) = places.next()? {
                    if place.tag != OCTETS {
                        return Err("a referral is none");
                    }
                    text(place.body)?;
                }
            }
            RESPONSE_NAME => {
                text(part.body)?;
            }
            SASL_CREDENTIALS | RESPONSE_VALUE => {}
            _ => return Err("there is more than belongs there"),
        }
    }
    Ok(code.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
}

fn check_entry(body: &[u8]) -> Result<(), Bad> {
    let mut parts = Elements(body);
    parts.need_text(OCTETS)?;
    let mut attributes = Elements(parts.need(SEQUENCE)?);
    parts.end()?;
    while let Some(attribute) = attributes.next()? {
        if attribute.tag != SEQUENCE {
            return Err("an attribute is none");
        }
        let mut halves = Elements(attribute.body);
        halves.need_text(OCTETS)?;
        let mut values = Elements(halves.need(SET)?);
        halves.end()?;
        while let Some(value) = values.next()? {
            if value.tag != OCTETS {
                return Err("a value is none");
            }
        }
    }
    Ok(())
}

fn check_controls(body: &[u8]) -> Result<(), Bad> {
    let mut controls = Elements(body);
    while let Some(control) = controls.next()? {
        if control.tag != SEQUENCE {
            return Err("a control is none");
        }
        let mut parts = Elements(control.body);
        parts.need_text(OCTETS)?;
        let mut next = parts.next()?;
        if next.is_some_and(|part| part.tag == BOOLEAN && part.body.len() == 1) {
            next = parts.next()?;
        }
        if next.is_some_and(|part| part.tag != OCTETS) {
            return Err("a control is none");
        }
        parts.end()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element around others.
    fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let body = parts.concat();
        let mut all = vec![tag];
        match u8::try_from(body.len()) {
            Ok(short) if short < 0x80 => all.push(short),
            _ => {
                let length = u32::try_from(body.len()).expect("a length").to_be_bytes();
                all.push(0x84);
                all.extend_from_slice(&length);
            }
        }
        all.extend_from_slice(&body);
        all
    }

    fn octets(text: &str) -> Vec<u8> {
        element(OCTETS, &[text.as_bytes()])
    }

    fn result(tag: u8, code: u8) -> Vec<u8> {
        element(tag, &[&element(ENUMERATED, &[&[code]]), &octets(""), &octets("không")])
    }

    fn id(number: u8) -> Vec<u8> {
        element(INTEGER, &[&[number]])
    }

    fn message(parts: &[&[u8]]) -> Vec<u8> {
        let first = id(2);
        let mut all: Vec<&[u8]> = vec![first.as_slice()];
        all.extend_from_slice(parts);
        all.concat()
    }

    fn entry(dn: &[u8], attributes: &[u8]) -> Vec<u8> {
        element(ENTRY, &[&element(OCTETS, &[dn]), &element(SEQUENCE, &[attributes])])
    }

    #[test]
    fn answers_that_we_ask_for_are_what_they_are() {
        let values = element(SET, &[&octets("Kim"), &element(OCTETS, &[&[0xff, 0]])]);
        let attribute = element(SEQUENCE, &[&octets("cn"), &values]);
        let paged = element(SEQUENCE, &[&octets("1.2.840.113556.1.4.319"), &element(BOOLEAN, &[&[0xff]]), &octets("x")]);
        let referral = element(REFERRAL, &[&octets("ldap://x")]);
        let referred = element(SEARCH_DONE, &[&element(ENUMERATED, &[&[10]]), &octets(""), &octets(""), &referral]);
        let table = [
            (message(&[&result(BIND_RESPONSE, 49)]), Kind::Answer),
            (message(&[&result(SEARCH_DONE, 0), &element(CONTROLS, &[&paged])]), Kind::Answer),
            (message(&[&referred]), Kind::Answer),
            (message(&[&entry(b"uid=kim,dc=vn", &attribute)]), Kind::Entry),
            (message(&[&entry(b"", b"")]), Kind::Entry),
            (message(&[&element(REFERENCE, &[&octets("ldap://khac.vn/dc=vn")])]), Kind::Aside),
        ];
        for (bytes, kind) in table {
            assert_eq!(check(&bytes), Ok(kind), "{bytes:02x?}");
        }
    }

    #[test]
    fn anything_else_is_refused_before_it_is_read() {
        let deep = (0..40).fold(Vec::new(), |inner, _| element(SEQUENCE, &[&inner]));
        let no_text = element(ENTRY, &[&element(OCTETS, &[&[0xff]]), &element(SEQUENCE, &[])]);
        let no_set = element(SEQUENCE, &[&octets("cn"), &octets("Kim")]);
        let table: [(&str, Vec<u8>); 14] = [
            ("nothing", Vec::new()),
            ("no operation", id(2)),
            ("an unasked word", [id(0), result(EXTENDED_RESPONSE, 52)].concat()),
            ("a negative number", [element(INTEGER, &[&[0x80]]), result(BIND_RESPONSE, 0)].concat()),
            ("a request", message(&[&result(0x60, 0)])),
            ("an outcome without texts", message(&[&element(BIND_RESPONSE, &[&element(ENUMERATED, &[&[0]])])])),
            ("an outcome of five bytes", message(&[&element(BIND_RESPONSE, &[&element(ENUMERATED, &[&[0; 5]])])])),
            ("a name that is no text", message(&[&no_text])),
            ("an attribute without values", message(&[&entry(b"", &no_set)])),
            ("nesting", message(&[&entry(b"", &deep)])),
            ("something behind it", message(&[&result(SEARCH_DONE, 0), &octets("x")])),
            ("a control that is none", message(&[&result(SEARCH_DONE, 0), &element(CONTROLS, &[&octets("x")])])),
            ("a length that never ends", message(&[&[SEARCH_DONE, 0x80, 0, 0]])),
            ("a length beyond the end", message(&[&[SEARCH_DONE, 0x84, 0xff, 0xff, 0xff, 0xff]])),
        ];
        for (case, bytes) in table {
            assert!(check(&bytes).is_err(), "{case}");
        }
    }

    #[test]
    fn every_beginning_of_an_answer_is_refused_or_read_and_none_stops_us() {
        let attribute = element(SEQUENCE, &[&octets("cn"), &element(SET, &[&octets("Kim")])]);
        let whole = message(&[&entry(b"uid=kim", &attribute)]);
        for end in 0..whole.len() {
            assert!(check(&whole[..end]).is_err(), "{end}");
            let mut bent = whole.clone();
            bent[end] ^= 0xff;
            let _ = check(&bent);
        }
        assert_eq!(check(&whole), Ok(Kind::Entry));
    }

    #[test]
    fn the_answer_to_start_tls_tells_its_outcome() {
        for (bytes, outcome) in [
            ([id(1), result(EXTENDED_RESPONSE, 0)].concat(), Some(0)),
            ([id(1), result(EXTENDED_RESPONSE, 2)].concat(), Some(2)),
            ([id(2), result(EXTENDED_RESPONSE, 0)].concat(), None),
            ([id(1), result(BIND_RESPONSE, 0)].concat(), None),
        ] {
            assert_eq!(first_outcome(&bytes).ok(), outcome);
        }
    }

    #[test]
    fn a_page_tells_where_the_next_one_begins() {
        let value = |cookie: &[u8]| element(SEQUENCE, &[&element(INTEGER, &[&[0]]), &element(OCTETS, &[cookie])]);
        assert_eq!(cookie(&value(b"")), Ok(Vec::new()));
        assert_eq!(cookie(&value(b"ab")), Ok(b"ab".to_vec()));
        for bad in [Vec::new(), octets("x"), [value(b"a"), value(b"b")].concat()] {
            assert!(cookie(&bad).is_err());
        }
    }
}
