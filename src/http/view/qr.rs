//! A QR code as one path of a drawing: no style and no picture file, so the page's policy lets it be.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// Modules of empty ground on each side (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;

/// A drawing of dark modules in units of one module.
#[derive(Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Width and height, the quiet ground included.
    pub side: usize,
    /// The path: a stroke one module thick for each run of dark modules.
    pub path: String,
}

impl Drawing {
    /// The drawing of a text; `None` when no code is large enough for it. On a
    /// screen nothing is torn or stained, so the least correction gives the largest modules.
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (row, modules) in code.into_colors().chunks(width).enumerate() {
            // Through the middle of the row, and over what is light without a mark: the page has to stay small.
            let _ = write!(path, "M{QUIET} {}.5", row + QUIET);
            for run in modules.chunk_by(|one, next| one == next) {
                let length = run.len();
                let dark = run.first() == Some(&Color::Dark);
                let _ = if dark { write!(path, "h{length}") } else { write!(path, "m{length} 0") };
            }
        }
        Some(Self { side: width + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a path of strokes covers.
    fn covered(drawing: &Drawing) -> Vec<(usize, usize)> {
        let number = |text: &str| text.parse::<usize>().expect("a number");
        let mut modules = Vec::new();
        for row in drawing.path.split('M').skip(1) {
            let (x, rest) = row.split_once(' ').expect("a place");
            let (y, rest) = rest.split_once(".5").expect("the middle of a row");
            let (mut x, y) = (number(x), number(y));
            for (mark, length) in rest.split_inclusive(['h', 'm']).zip(rest.split(['h', 'm']).skip(1)) {
                if mark.ends_with('h') {
                    modules.extend((x..x + number(length)).map(|x| (x, y)));
                    x += number(length);
                } else {
                    x += number(length.strip_suffix(" 0").expect("along the row"));
                }
            }
        }
        modules
    }

    #[test]
    fn the_path_covers_the_dark_modules_and_no_others() {
        let text = "otpauth://totp/M%E1%BB%99t:kim?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let code = QrCode::with_error_correction_level(text, EcLevel::L).expect("a code");
        let drawing = Drawing::of(text).expect("a drawing");

        assert_eq!(drawing.side, code.width() + 8);
        let mut dark = Vec::new();
        for y in 0..code.width() {
            dark.extend((0..code.width()).filter(|x| code[(*x, y)] == Color::Dark).map(|x| (x + QUIET, y + QUIET)));
        }
        assert_eq!(covered(&drawing), dark);
    }

    #[test]
    fn what_no_code_can_hold_has_no_drawing() {
        assert!(Drawing::of(&"x".repeat(3_000)).is_none());
    }
}
