//! Reads a file of any encoding as UTF-8, piece by piece.

use super::utf16::Units;
use super::{Encoding, NO_LETTER, tcvn3, vni, windows1258};
use std::io::{self, Read};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{compose, is_combining_mark};

/// Bytes that are read at once.
const PIECE: usize = 32 * 1_024;
/// The byte order mark, which is no letter.
const MARK: char = '\u{feff}';

/// A file as UTF-8. One that is UTF-8 passes through as it is, its mistakes too.
pub struct Decoder<R> {
    input: R,
    letters: Option<Letters>,
    piece: Vec<u8>,
    ready: String,
    at: usize,
    is_over: bool,
}

impl<R: Read> Decoder<R> {
    /// Reads a file of this encoding from where it stands.
    pub fn new(input: R, encoding: Encoding) -> Self {
        let letters = (encoding != Encoding::Utf8).then(|| Letters::new(encoding));
        Self { input, letters, piece: Vec::new(), ready: String::new(), at: 0, is_over: false }
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(letters) = &mut self.letters else { return self.input.read(buffer) };
        while self.at == self.ready.len() {
            if self.is_over {
                return Ok(0);
            }
            self.ready.clear();
            self.at = 0;
            self.piece.resize(PIECE, 0);
            let count = self.input.read(&mut self.piece)?;
            if count == 0 {
                self.is_over = true;
                letters.end(&mut self.ready);
            } else {
                letters.read(&self.piece[..count], &mut self.ready);
            }
        }
        let waiting = &self.ready.as_bytes()[self.at..];
        let count = waiting.len().min(buffer.len());
        buffer[..count].copy_from_slice(&waiting[..count]);
        self.at += count;
        Ok(count)
    }
}

/// A whole text at once, such as some lines of a file.
pub(super) fn whole(encoding: Encoding, bytes: &[u8]) -> String {
    let (mut letters, mut text) = (Letters::new(encoding), String::with_capacity(bytes.len() * 2));
    letters.read(bytes, &mut text);
    letters.end(&mut text);
    text
}

/// A text whose letters are those of an old font. The encoding is one of those that lie in UTF-8.
pub(super) fn carried(encoding: Encoding, text: &str) -> String {
    whole(encoding, text.as_bytes())
}

/// Turns bytes into letters. A letter waits for what may follow it: a tone, a sign.
struct Letters {
    encoding: Encoding,
    units: Units,
    /// The beginning of a letter of UTF-8 whose end was cut off.
    cut: Vec<u8>,
    waiting: Option<char>,
    is_begun: bool,
}

impl Letters {
    fn new(encoding: Encoding) -> Self {
        Self { encoding, units: Units::default(), cut: Vec::new(), waiting: None, is_begun: false }
    }

    fn read(&mut self, bytes: &[u8], out: &mut String) {
        match self.encoding {
            Encoding::Utf8 | Encoding::Utf8Tcvn3 | Encoding::Utf8Vni => self.read_utf8(bytes, out),
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let mut units = std::mem::take(&mut self.units);
                units.read(bytes, self.encoding == Encoding::Utf16Be, |letter| self.add(letter, out));
                self.units = units;
            }
            Encoding::Windows1258 => {
                for byte in bytes {
                    self.add(windows1258::letter(*byte), out);
                }
            }
            Encoding::Tcvn3 => {
                for byte in bytes {
                    self.add(tcvn3::letter(*byte), out);
                }
            }
            Encoding::Vni => {
                for byte in bytes {
                    match byte {
                        0x80..0xa0 => self.add(windows1258::mark(*byte), out),
                        ..0x80 | 0xa0.. => self.add_signed(char::from(*byte), out),
                    }
                }
            }
        }
    }

    /// What is left when the file is over.
    fn end(&mut self, out: &mut String) {
        let mut units = std::mem::take(&mut self.units);
        units.end(|letter| self.add(letter, out));
        if !self.cut.is_empty() {
            self.cut.clear();
            self.add(NO_LETTER, out);
        }
        out.extend(self.waiting.take());
    }

    fn read_utf8(&mut self, bytes: &[u8], out: &mut String) {
        let mut all = std::mem::take(&mut self.cut);
        all.extend_from_slice(bytes);
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            for letter in chunk.valid().chars() {
                self.carried(letter, out);
            }
            let wrong = chunk.invalid();
            if wrong.is_empty() {
                continue;
            }
            // At the very end it may be the beginning of a letter, whose rest comes with the next piece.
            let is_cut = chunks.peek().is_none() && std::str::from_utf8(wrong).is_err_and(|error| error.error_len().is_none());
            if is_cut {
                self.cut = wrong.to_vec();
            } else {
                self.add(NO_LETTER, out);
            }
        }
    }

    /// A letter of UTF-8 that may stand for a byte of an old font.
    fn carried(&mut self, letter: char, out: &mut String) {
        match self.encoding {
            Encoding::Utf8Tcvn3 => {
                let byte = u8::try_from(u32::from(letter)).ok().filter(|byte| *byte >= 0xa0);
                self.add(byte.map_or(letter, tcvn3::letter), out);
            }
            Encoding::Utf8Vni => self.add_signed(letter, out),
            Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be | Encoding::Windows1258 | Encoding::Tcvn3 | Encoding::Vni => {
                self.add(letter, out);
            }
        }
    }

    /// A letter of VNI: a sign joins the letter before it.
    fn add_signed(&mut self, letter: char, out: &mut String) {
        if let Some(before) = self.waiting.filter(|before| vni::takes_a_sign(*before))
            && let Some(whole) = vni::with_sign(before, letter)
        {
            self.waiting = None;
            out.push(whole);
            return;
        }
        self.add(vni::alone(letter), out);
    }

    /// A letter that is told; a tone joins the letter before it.
    fn add(&mut self, letter: char, out: &mut String) {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        if is_first && letter == MARK {
            return;
        }
        if letter.is_ascii() {
            // Nothing of ASCII joins what was before it.
            out.extend(self.waiting.replace(letter));
            return;
        }
        if is_combining_mark(letter)
            && let Some(before) = self.waiting
            && let Some(whole) = joined(before, letter)
        {
            self.waiting = Some(whole);
            return;
        }
        out.extend(self.waiting.replace(letter));
    }
}

/// One letter of two, where there is one: `ê` and a dot below are `ệ`, which is not made of them in this order.
fn joined(before: char, mark: char) -> Option<char> {
    compose(before, mark).or_else(|| {
        let mut composed = [before, mark].into_iter().nfc();
        let whole = composed.next()?;
        composed.next().is_none().then_some(whole)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: &str = "Độc lập - Tự do - Hạnh phúc, Nguyễn Thị Thuỳ Dương";

    /// Gives a byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn read(encoding: Encoding, bytes: &[u8]) -> String {
        let mut text = String::new();
        Decoder::new(Slow(bytes), encoding).read_to_string(&mut text).expect("UTF-8");
        assert_eq!(text, whole(encoding, bytes), "pieces do not count");
        text
    }

    #[test]
    fn one_sentence_is_read_from_every_encoding() {
        let units = |to: fn(u16) -> [u8; 2]| SENTENCE.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        let vni = "Ñoäc laäp - Töï do - Haïnh phuùc, Nguyeãn Thò Thuyø Döông";
        let tcvn3 = "§éc lËp - Tù do - H¹nh phóc, NguyÔn ThÞ Thuú D\u{ad}¬ng";
        let bytes = |text: &str| text.chars().filter_map(|letter| u8::try_from(u32::from(letter)).ok()).collect::<Vec<u8>>();
        let windows =
            b"\xd0\xf4\xf2c l\xe2\xf2p - T\xfd\xf2 do - Ha\xf2nh ph\xfa\x63, Nguy\xea\xden Thi\xf2 Thuy\xcc D\xfd\xf5ng";
        let table = [
            (Encoding::Utf8, SENTENCE.as_bytes().to_vec()),
            (Encoding::Utf16Le, units(u16::to_le_bytes)),
            (Encoding::Utf16Be, units(u16::to_be_bytes)),
            (Encoding::Windows1258, windows.to_vec()),
            (Encoding::Tcvn3, bytes(tcvn3)),
            (Encoding::Vni, bytes(vni)),
            (Encoding::Utf8Tcvn3, tcvn3.as_bytes().to_vec()),
            (Encoding::Utf8Vni, vni.as_bytes().to_vec()),
        ];
        for (encoding, bytes) in table {
            assert_eq!(read(encoding, &bytes), SENTENCE, "{encoding}");
        }
    }

    #[test]
    fn a_mark_of_byte_order_is_no_letter() {
        assert_eq!(read(Encoding::Utf16Le, &[0xff, 0xfe, b'a', 0]), "a");
        assert_eq!(read(Encoding::Utf8Vni, b"\xef\xbb\xbfAn"), "An");
    }

    #[test]
    fn what_is_no_letter_is_told_by_a_mark() {
        assert_eq!(read(Encoding::Windows1258, b"K\x81im"), "K\u{fffd}im");
        assert_eq!(read(Encoding::Vni, b"K\xf9im"), "K\u{fffd}im");
        assert_eq!(read(Encoding::Utf8Vni, b"K\xffim"), "K\u{fffd}im");
        assert_eq!(read(Encoding::Utf8Vni, b"Ki\xc3"), "Ki\u{fffd}");
    }
}
