//! Which encoding a file is in, from those of its lines that tell.
//!
//! The whole file is looked at, since the first accent may stand far behind its
//! beginning; only so many telling lines are kept. Each encoding reads them,
//! and the one that finds the most Vietnamese in them is meant. One line that is
//! wrong among many changes nothing.

use super::{Encoding, decoder, syllable};

/// So much of the beginning is kept, to tell what is no text of bytes.
const HEAD: usize = 4_096;
/// So many bytes of telling lines are kept.
const SAMPLE: usize = 96 * 1_024;
/// A longer line tells nothing that shorter ones do not.
const LONGEST: usize = 4_096;
/// Of so many pairs of bytes one is a unit below 256, or it is not UTF-16: headers are ASCII.
const ONE_IN: usize = 4;

/// Looks at a file while it is read.
#[derive(Debug, Default)]
pub struct Survey {
    head: Vec<u8>,
    line: Vec<u8>,
    is_too_long: bool,
    lines: Vec<Vec<u8>>,
    kept: usize,
}

/// What a file looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much speaks for each encoding that it may be in.
    scores: Vec<(Encoding, i64)>,
}

impl Finding {
    /// The likeliest encoding.
    pub fn likeliest(&self) -> Encoding {
        let mut best = (Encoding::Utf8, i64::MIN);
        for (encoding, score) in &self.scores {
            if *score > best.1 {
                best = (*encoding, *score);
            }
        }
        best.0
    }

    /// The encoding that the file is in rather than in this one: read as this one it is no Vietnamese, and as that one it is.
    pub fn contradicts(&self, named: Encoding) -> Option<Encoding> {
        let likeliest = self.likeliest();
        let score_of = |wanted: Encoding| self.scores.iter().find(|(encoding, _)| *encoding == wanted).map(|(_, score)| *score);
        match score_of(named) {
            None => Some(likeliest),
            Some(score) if score < 0 && score_of(likeliest).is_some_and(|best| best > 0) => Some(likeliest),
            Some(_) => None,
        }
    }
}

impl Survey {
    /// Looks at the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        let wanted = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..wanted]);
        if self.kept >= SAMPLE {
            return;
        }
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        if let Some(first) = pieces.next() {
            self.add_to_line(first);
        }
        for piece in pieces {
            self.end_line();
            self.add_to_line(piece);
        }
    }

    fn add_to_line(&mut self, piece: &[u8]) {
        if self.is_too_long || self.line.len() + piece.len() > LONGEST {
            self.is_too_long = true;
            self.line.clear();
        } else {
            self.line.extend_from_slice(piece);
        }
    }

    fn end_line(&mut self) {
        if self.kept < SAMPLE && !self.line.is_ascii() {
            self.kept += self.line.len();
            self.lines.push(std::mem::take(&mut self.line));
        }
        self.line.clear();
        self.is_too_long = false;
    }

    /// What was seen.
    pub fn finish(mut self) -> Finding {
        self.end_line();
        if let Some(encoding) = utf16(&self.head) {
            return Finding { scores: vec![(encoding, 1)] };
        }
        let has_mark = self.head.starts_with(&[0xef, 0xbb, 0xbf]);
        let in_utf8 = |encoding: Encoding| matches!(encoding, Encoding::Utf8 | Encoding::Utf8Tcvn3 | Encoding::Utf8Vni);
        let scores = Encoding::ALL
            .into_iter()
            .filter(|encoding| !matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be))
            .filter(|encoding| !has_mark || in_utf8(*encoding))
            .map(|encoding| (encoding, self.lines.iter().map(|line| of_line(encoding, line)).sum::<i64>()))
            .collect();
        Finding { scores }
    }
}

fn of_line(encoding: Encoding, line: &[u8]) -> i64 {
    syllable::score(&decoder::whole(encoding, line))
}

/// UTF-16 by its mark, or since every second byte of a header is zero.
fn utf16(head: &[u8]) -> Option<Encoding> {
    match head {
        [0xff, 0xfe, ..] => return Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => return Some(Encoding::Utf16Be),
        _ => {}
    }
    let (pairs, _) = head.as_chunks::<2>();
    let little = pairs.iter().filter(|[low, high]| *low != 0 && *high == 0).count();
    let big = pairs.iter().filter(|[high, low]| *high == 0 && *low != 0).count();
    if little.max(big) * ONE_IN <= pairs.len() {
        None
    } else if little > big {
        Some(Encoding::Utf16Le)
    } else {
        Some(Encoding::Utf16Be)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Finding {
        let mut survey = Survey::default();
        for piece in bytes.chunks(7) {
            survey.add(piece);
        }
        survey.finish()
    }

    fn bytes(text: &str) -> Vec<u8> {
        text.chars().filter_map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
    }

    const HEADER: &str = "legacy_id,username,full_name\r\n1,an.nv,An\r\n";
    const VNI: &str = "2,binh,Nguyeãn Vaên Bình\n3,hoa,Traàn Thò Hoàng Hoa\n4,dung,Ñaëng Ñöùc Duõng\n";
    const TCVN3: &str = "2,binh,NguyÔn V¨n B×nh\n3,hoa,TrÇn ThÞ Hång Hoa\n4,dung,§Æng §øc Dòng\n";

    #[test]
    fn encodings_are_told_by_what_they_make_of_the_text() {
        let text = "2,binh,Nguyễn Văn Bình\n3,hoa,Trần Thị Hồng Hoa\n4,dung,Đặng Đức Dũng\n";
        let whole = |text: &str| format!("{HEADER}{text}");
        let windows = b"2,binh,Nguy\xea\xden V\xe3n Bi\xccnh\n3,hoa,Tr\xe2\xccn Thi\xf2 H\xf4\xccng Hoa\n";
        let table = [
            (Encoding::Utf8, whole(text).into_bytes()),
            (Encoding::Utf8, HEADER.as_bytes().to_vec()),
            (Encoding::Utf16Le, whole(text).encode_utf16().flat_map(u16::to_le_bytes).collect()),
            (Encoding::Utf16Be, whole(text).encode_utf16().flat_map(u16::to_be_bytes).collect()),
            (Encoding::Windows1258, [HEADER.as_bytes(), windows].concat()),
            (Encoding::Tcvn3, bytes(&whole(TCVN3))),
            (Encoding::Vni, bytes(&whole(VNI))),
            (Encoding::Utf8Tcvn3, whole(TCVN3).into_bytes()),
            (Encoding::Utf8Vni, whole(VNI).into_bytes()),
        ];
        for (encoding, bytes) in table {
            let finding = found(&bytes);
            assert_eq!(finding.likeliest(), encoding, "{finding:?}");
            assert_eq!(finding.contradicts(encoding), None, "{encoding}");
        }
    }

    #[test]
    fn one_wrong_line_among_many_changes_nothing() {
        let mut text = HEADER.as_bytes().to_vec();
        text.extend("2,binh,Nguyễn Văn Bình\n".repeat(50).into_bytes());
        text.extend_from_slice(b"3,hoa,Tr\xe2\xccn Thi\xf2 Hoa\n");

        assert_eq!(found(&text).likeliest(), Encoding::Utf8);
        assert_eq!(found(&text).contradicts(Encoding::Utf8), None);
    }

    #[test]
    fn a_wrong_name_is_contradicted() {
        let table = [
            (bytes(&format!("{HEADER}{VNI}")), Encoding::Utf8, Encoding::Vni),
            (bytes(&format!("{HEADER}{VNI}")), Encoding::Tcvn3, Encoding::Vni),
            (bytes(&format!("{HEADER}{TCVN3}")), Encoding::Windows1258, Encoding::Tcvn3),
            (bytes(&format!("{HEADER}{VNI}")), Encoding::Utf16Le, Encoding::Vni),
        ];
        for (bytes, named, expected) in table {
            assert_eq!(found(&bytes).contradicts(named), Some(expected), "{named}");
        }
        assert_eq!(found(HEADER.as_bytes()).contradicts(Encoding::Vni), None, "nothing speaks against it");
    }
}
