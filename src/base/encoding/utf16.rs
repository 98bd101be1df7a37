//! UTF-16 (RFC 2781), unit by unit: a pair may be cut where a piece of a file ends.

use super::NO_LETTER;

/// Puts code points together.
#[derive(Debug, Default)]
pub(super) struct Units {
    /// The first byte of a unit that was cut.
    half: Option<u8>,
    /// The first unit of a pair.
    high: Option<u16>,
}

impl Units {
    /// Reads some bytes; each letter that is whole goes to `each`.
    pub(super) fn read(&mut self, bytes: &[u8], is_big: bool, mut each: impl FnMut(char)) {
        for byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(*byte);
                continue;
            };
            let pair = [first, *byte];
            let unit = if is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            self.unit(unit, &mut each);
        }
    }

    fn unit(&mut self, unit: u16, each: &mut impl FnMut(char)) {
        if let Some(high) = self.high.take() {
            if (0xdc00..0xe000).contains(&unit) {
                let code = 0x1_0000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
                each(char::from_u32(code).unwrap_or(NO_LETTER));
                return;
            }
            each(NO_LETTER);
        }
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
        } else {
            // The second unit of a pair alone is no letter.
            each(char::from_u32(u32::from(unit)).unwrap_or(NO_LETTER));
        }
    }

    /// At the end of the file: what was cut is no letter.
    pub(super) fn end(&mut self, mut each: impl FnMut(char)) {
        let was_cut = (self.half.take(), self.high.take()) != (None, None);
        if was_cut {
            each(NO_LETTER);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]], is_big: bool) -> String {
        let (mut units, mut text) = (Units::default(), String::new());
        for piece in pieces {
            units.read(piece, is_big, |letter| text.push(letter));
        }
        units.end(|letter| text.push(letter));
        text
    }

    #[test]
    fn letters_are_whole_wherever_pieces_end() {
        let little: Vec<u8> = "Lê 🙂 Ễ".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "Lê 🙂 Ễ".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for cut in 0..little.len() {
            assert_eq!(read(&[&little[..cut], &little[cut..]], false), "Lê 🙂 Ễ", "{cut}");
            assert_eq!(read(&[&big[..cut], &big[cut..]], true), "Lê 🙂 Ễ", "{cut}");
        }
    }

    #[test]
    fn halves_are_no_letters() {
        assert_eq!(read(&[&[0x41, 0, 0x42]], false), "A\u{fffd}");
        assert_eq!(read(&[&[0xd8, 0x3d, 0, 0x41]], true), "\u{fffd}A");
        assert_eq!(read(&[&[0xde, 0x42, 0, 0x41]], true), "\u{fffd}A");
    }
}
