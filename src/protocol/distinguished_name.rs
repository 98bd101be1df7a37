//! Distinguished names, written and read as RFC 4514 says and compared in the
//! manner of `distinguishedNameMatch` (RFC 4517 §4.2.15): the parts keep their
//! order, types are compared by their identifiers, values without regard to
//! case and to spaces.

use crate::base::digest::hex;
use std::fmt::Write as _;
use unicode_normalization::UnicodeNormalization as _;

/// Attribute types and their names, of which we write the first (RFC 4514 §3, RFC 4519 §2, RFC 5280 appendix A).
const TYPES: [(&str, &[&str]); 27] = [
    ("2.5.4.3", &["CN", "commonName"]),
    ("2.5.4.7", &["L", "localityName"]),
    ("2.5.4.8", &["ST", "stateOrProvinceName"]),
    ("2.5.4.10", &["O", "organizationName"]),
    ("2.5.4.11", &["OU", "organizationalUnitName"]),
    ("2.5.4.6", &["C", "countryName"]),
    ("2.5.4.9", &["STREET", "streetAddress"]),
    ("0.9.2342.19200300.100.1.25", &["DC", "domainComponent"]),
    ("0.9.2342.19200300.100.1.1", &["UID", "userId"]),
    ("1.2.840.113549.1.9.1", &["emailAddress", "email", "E"]),
    ("2.5.4.4", &["SN", "surname"]),
    ("2.5.4.5", &["serialNumber"]),
    ("2.5.4.12", &["title"]),
    ("2.5.4.13", &["description"]),
    ("2.5.4.15", &["businessCategory"]),
    ("2.5.4.17", &["postalCode"]),
    ("2.5.4.20", &["telephoneNumber"]),
    ("2.5.4.41", &["name"]),
    ("2.5.4.42", &["GN", "givenName"]),
    ("2.5.4.43", &["initials"]),
    ("2.5.4.44", &["generationQualifier"]),
    ("2.5.4.46", &["dnQualifier"]),
    ("2.5.4.65", &["pseudonym"]),
    ("2.5.4.97", &["organizationIdentifier"]),
    ("1.3.6.1.4.1.311.60.2.1.1", &["jurisdictionL"]),
    ("1.3.6.1.4.1.311.60.2.1.2", &["jurisdictionST"]),
    ("1.3.6.1.4.1.311.60.2.1.3", &["jurisdictionC"]),
];

/// An attribute as a certificate holds it: the type's identifier in digits and dots, and the value in DER.
pub type Attribute = (String, Vec<u8>);

/// Writes a distinguished name from its parts in the certificate's order, most general first (RFC 4514 §2).
pub fn write(parts: &[Vec<Attribute>]) -> String {
    let part = |attributes: &Vec<Attribute>| attributes.iter().map(write_attribute).collect::<Vec<_>>().join("+");
    parts.iter().rev().map(part).collect::<Vec<_>>().join(",")
}

fn write_attribute((identifier, value): &Attribute) -> String {
    let known = TYPES.iter().find(|(known, _)| *known == identifier.as_str()).and_then(|(_, names)| names.first());
    match (known, text_of(value)) {
        (Some(name), Some(text)) => format!("{name}={}", escaped(&text)),
        // Digits and dots never stand beside text (RFC 4514 §2.4).
        (Some(name), None) => format!("{name}=#{}", hex(value)),
        (None, _) => format!("{identifier}=#{}", hex(value)),
    }
}

/// Escapes what has a meaning of its own (RFC 4514 §2.4).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (place, letter) in text.chars().enumerate() {
        let edge = (letter == ' ' && (place == 0 || place == last)) || (letter == '#' && place == 0);
        if letter.is_control() {
            for byte in letter.to_string().bytes() {
                let _ = write!(out, "\\{byte:02X}");
            }
            continue;
        }
        if edge || matches!(letter, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// A value, ready to be compared.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Prepared {
    Text(String),
    Bytes(Vec<u8>),
}

/// A name that was read, ready to be compared: parts in order, and in a part the
/// attributes by type, since their order has no meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Vec<(String, Prepared)>>);

impl DistinguishedName {
    /// Reads a distinguished name (RFC 4514 §3); nothing for an empty one and for what cannot be read.
    pub fn read(text: &str) -> Option<Self> {
        split(text, ',').into_iter().map(read_part).collect::<Option<_>>().map(Self)
    }

    /// True when every type is an identifier, or a name whose identifier is known here.
    pub fn has_known_types(&self) -> bool {
        self.0.iter().flatten().all(|(identifier, _)| is_oid(identifier))
    }
}

fn read_part(text: &str) -> Option<Vec<(String, Prepared)>> {
    let mut attributes: Vec<_> = split(text, '+').into_iter().map(read_attribute).collect::<Option<_>>()?;
    attributes.sort();
    Some(attributes)
}

/// Splits where the separator stands for itself.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut after_escape) = (0, false);
    for (at, letter) in text.char_indices() {
        if after_escape {
            after_escape = false;
        } else if letter == '\\' {
            after_escape = true;
        } else if letter == separator {
            parts.push(&text[start..at]);
            start = at + letter.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

fn read_attribute(text: &str) -> Option<(String, Prepared)> {
    let (name, value) = text.split_once('=')?;
    let identifier = read_type(name.trim())?;
    // Only spaces may stand around it unescaped: another blank before a # belongs to the text.
    let value = match value.trim_matches(' ').strip_prefix('#') {
        Some(digits) => {
            let bytes = read_hex(digits)?;
            text_of(&bytes).map_or(Prepared::Bytes(bytes), |text| Prepared::Text(prepared(&text)))
        }
        None => Prepared::Text(prepared(&unescaped(value)?)),
    };
    Some((identifier, value))
}

/// A type's identifier, or its name in small letters when it is not known here.
fn read_type(name: &str) -> Option<String> {
    let bare = name.get(..4).filter(|start| start.eq_ignore_ascii_case("oid.")).map_or(name, |_| &name[4..]);
    if is_oid(bare) {
        return Some(bare.to_owned());
    }
    let word = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let known = TYPES.iter().find(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    word.then(|| known.map_or_else(|| name.to_ascii_lowercase(), |(identifier, _)| (*identifier).to_owned()))
}

fn is_oid(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.contains('.') && text.split('.').all(number)
}

/// Takes the escapes out; nothing for a letter that must be escaped and is not.
fn unescaped(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if matches!(first, b'"' | b';' | b'<' | b'>' | 0) {
            return None;
        }
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let (next, after) = rest.split_first()?;
        if b" \"#+,;<=>\\".contains(next) {
            out.push(*next);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        out.extend(read_hex(digits)?);
        rest = rest.get(2..)?;
    }
    String::from_utf8(out).ok()
}

fn read_hex(digits: &str) -> Option<Vec<u8>> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

/// The text of a DER value, when it is one of the string types of a name (RFC 5280 §4.1.2.4).
fn text_of(der: &[u8]) -> Option<String> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, content) = match (first, rest) {
        (0..=0x7f, content) => (usize::from(*first), content),
        (0x81, [one, content @ ..]) => (usize::from(*one), content),
        (0x82, [high, low, content @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), content),
        _ => return None,
    };
    if content.len() != length {
        return None;
    }
    match tag {
        // UTF8String; NumericString, PrintableString, IA5String.
        12 => String::from_utf8(content.to_vec()).ok(),
        18 | 19 | 22 => content.is_ascii().then(|| content.iter().copied().map(char::from).collect()),
        // TeletexString, which in practice is Latin-1.
        20 => Some(content.iter().copied().map(char::from).collect()),
        // UniversalString, BMPString.
        28 => {
            let (letters, rest) = content.as_chunks::<4>();
            let text = letters.iter().map(|letter| char::from_u32(u32::from_be_bytes(*letter))).collect::<Option<String>>();
            text.filter(|_| rest.is_empty())
        }
        30 => {
            let (letters, rest) = content.as_chunks::<2>();
            let letters: Vec<u16> = letters.iter().map(|letter| u16::from_be_bytes(*letter)).collect();
            String::from_utf16(&letters).ok().filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

/// One form for all spellings of a value (after RFC 4518 §2): compatible letters, small, single spaces.
fn prepared(text: &str) -> String {
    let small = text.nfkc().collect::<String>().to_lowercase();
    small.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf8(text: &str) -> Vec<u8> {
        let mut der = match text.len() {
            short @ 0..0x80 => vec![12, u8::try_from(short).expect("a byte")],
            middle @ 0x80..0x100 => vec![12, 0x81, u8::try_from(middle).expect("a byte")],
            long => {
                let [high, low] = u16::try_from(long).expect("two bytes").to_be_bytes();
                vec![12, 0x82, high, low]
            }
        };
        der.extend(text.as_bytes());
        der
    }

    #[test]
    fn a_name_is_written_as_rfc_4514_says() {
        let table = [
            ("2.5.4.3", utf8("James \"Jim\" Smith, III"), "CN=James \\\"Jim\\\" Smith\\, III"),
            ("2.5.4.3", utf8("Before\rAfter"), "CN=Before\\0DAfter"),
            ("2.5.4.3", utf8(" # "), "CN=\\ #\\ "),
            ("2.5.4.3", utf8("#a\\b"), "CN=\\#a\\\\b"),
            ("2.5.4.3", utf8("a,O=b+C=c"), "CN=a\\,O=b\\+C=c"),
            ("2.5.4.10", vec![30, 4, 0x1e, 0xa5, 0, b'a'], "O=\u{1ea5}a"),
            ("2.5.4.10", vec![20, 2, 0xc0, b'a'], "O=Àa"),
            ("2.5.4.10", vec![28, 4, 0, 0, 0, b'a'], "O=a"),
            ("2.5.4.10", vec![30, 3, 0, b'a', 0], "O=#1e03006100"),
            ("2.5.4.10", vec![12, 2, 0xff, 0xff], "O=#0c02ffff"),
            ("2.5.4.10", vec![12, 9, b'a'], "O=#0c0961"),
            ("2.5.4.10", vec![], "O=#"),
            ("1.3.6.1.4.1.1466.0", vec![4, 2, 0x48, 0x69], "1.3.6.1.4.1.1466.0=#04024869"),
            ("1.2.3", utf8("a"), "1.2.3=#0c0161"),
        ];
        for (identifier, value, written) in table {
            assert_eq!(write(&[vec![(identifier.to_owned(), value)]]), written);
        }
        for length in [200, 400] {
            let text = "a".repeat(length);
            let written = write(&[vec![("2.5.4.3".to_owned(), utf8(&text))]]);
            assert_eq!(written, format!("CN={text}"));
        }
        let attribute = |identifier: &str, text: &str| (identifier.to_owned(), utf8(text));
        let parts = [
            vec![attribute("2.5.4.6", "VN")],
            vec![attribute("2.5.4.11", "x"), attribute("2.5.4.3", "y")],
            vec![attribute("0.9.2342.19200300.100.1.1", "z")],
        ];
        assert_eq!(write(&parts), "UID=z,OU=x+CN=y,C=VN");
        assert_eq!(write(&[]), "");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [" a ", "#a", "a,b+c=d;e", "\"<>\\", "a\u{0}b", "ốc", "\\2C"] {
            let written = write(&[vec![("2.5.4.3".to_owned(), utf8(text))]]);
            let read = DistinguishedName::read(&written).expect("readable");
            assert_eq!(read.0, vec![vec![("2.5.4.3".to_owned(), Prepared::Text(prepared(text)))]], "{written}");
        }
    }
}
