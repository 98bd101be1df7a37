//! The user name of somebody whom matching makes: that of their old account, in the form that is allowed here, or that
//! with the name of the source behind it when it is somebody's. The same accounts always lead to the same names.
//!
//! Old systems use personal numbers as user names and as keys. A user name is shown and told to others, so none is made
//! of what may be such a number.

use crate::base::text::fold;
use crate::model::person::Username;

/// The longest user name.
const LONGEST: usize = 64;
/// Letters behind a name that two others have; one more at each turn.
const MARK: usize = 8;
/// Digits of an old personal number.
const OLD_NUMBER: usize = 9;
/// Digits of a personal number whose leading zero a sheet has cut off, and no telephone number has as many.
const CUT_NUMBER: usize = 11;

/// What a new user name is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    base: String,
    source: String,
    mark: String,
}

impl Wanted {
    /// From an account; without a user name that can be used, from the name of its owner. `mark` is a keyed digest of the
    /// account's key: nobody reads the key in it, which may be a personal number.
    pub(super) fn of(username: &str, full_name: &str, (source, legacy_id): (&str, &str), mark: &[u8]) -> Self {
        let forms = [plain(username), from_name(full_name), plain(&format!("{source}.{legacy_id}"))];
        let base = forms.into_iter().find(|form| Username::parse(form).is_ok() && !may_tell_number(form));
        let base = base.unwrap_or_else(|| "nguoi.dung".to_owned());
        Self { base, source: plain(source), mark: letters(mark) }
    }

    /// The name to try at a turn, the first of which is 0. All turns differ.
    pub(super) fn at(&self, turn: usize) -> String {
        let behind = match turn {
            0 => String::new(),
            1 => format!(".{}", self.source),
            more => format!(".{}.{}", self.source, self.mark.chars().take(MARK + more - 2).collect::<String>()),
        };
        let room = LONGEST.saturating_sub(behind.len());
        let kept: String = self.base.chars().take(room).collect();
        format!("{kept}{behind}")
    }
}

/// True for what has as many digits as a personal number, whatever signs stand between them.
fn may_tell_number(form: &str) -> bool {
    let joined: String = form.chars().filter(|letter| !matches!(letter, '.' | '-' | '_')).collect();
    let is_number = |digits: &str| digits.len() == OLD_NUMBER || digits.len() >= CUT_NUMBER;
    joined.split(|letter: char| !letter.is_ascii_digit()).any(is_number)
}

/// Bytes as letters from `a` to `p`: no digit is among them.
fn letters(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from(b'a' + half)).collect()
}

/// Small Latin letters, digits and the signs that are allowed. What stands before a backslash is a domain (`BD\ten`).
fn plain(text: &str) -> String {
    let name = text.rsplit('\\').next().unwrap_or_default();
    let kept: String = fold(name)
        .chars()
        .map(|letter| if letter == ' ' || letter == '/' { '.' } else { letter })
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '@'))
        .take(LONGEST)
        .collect();
    kept.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_owned()
}

/// `Nguyễn Văn An` as `an.nv`.
fn from_name(full_name: &str) -> String {
    let folded = fold(full_name);
    let words: Vec<&str> = folded.split(' ').collect();
    let Some((given, rest)) = words.split_last() else { return String::new() };
    let initials: String = rest.iter().filter_map(|word| word.chars().next()).collect();
    plain(&format!("{given}.{initials}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_user_name_is_kept_where_it_can_be_one() {
        let table = [
            ("annv", "annv"),
            ("AnNV", "annv"),
            ("BD\\an.nv", "an.nv"),
            ("an.nv@bd.vi-du.vn", "an.nv@bd.vi-du.vn"),
            ("đào văn an", "dao.van.an"),
            ("an'nv;--", "annv"),
            ("", "an.nv"),
            ("x", "an.nv"),
            ("\u{430}\u{43d}", "an.nv"),
        ];
        for (username, expected) in table {
            let wanted = Wanted::of(username, "Nguyễn Văn An", ("bd", "17"), &[]);
            assert_eq!(wanted.at(0), expected, "{username:?}");
            assert!(Username::parse(&wanted.at(0)).is_ok(), "{username:?}");
        }
        assert_eq!(Wanted::of("", "", ("bd", "17"), &[]).at(0), "bd.17");
        assert_eq!(Wanted::of("", "", ("", ""), &[]).at(0), "nguoi.dung");
    }

    #[test]
    fn a_personal_number_becomes_no_user_name() {
        let number = "079086001234";
        for username in
            [number, "280123456", "79086001234", "079.086.001.234", "BD\\079086001234", "cd079086001234", "280-123-456"]
        {
            let named = Wanted::of(username, "Nguyễn Văn An", ("bd", "17"), &[]);
            assert_eq!(named.at(0), "an.nv", "{username}");
            assert_eq!(Wanted::of(username, "", ("bd", number), &[]).at(0), "nguoi.dung", "{username}");
        }
        assert_eq!(Wanted::of("0901234567", "Nguyễn Văn An", ("bd", "17"), &[]).at(0), "0901234567");
        assert_eq!(Wanted::of("an.1986", "Nguyễn Văn An", ("bd", "17"), &[]).at(0), "an.1986");
    }

    #[test]
    fn a_name_that_is_taken_gets_its_source_and_then_letters_of_its_own() {
        let wanted = Wanted::of("annv", "Nguyễn Văn An", ("bd", "17"), &[0x01, 0x23, 0xff, 0x00, 0x5a, 0x5a]);
        let expected = ["annv", "annv.bd", "annv.bd.abcdppaa", "annv.bd.abcdppaaf"];
        assert_eq!([0, 1, 2, 3].map(|turn| wanted.at(turn)), expected);

        let long = Wanted::of(&"a".repeat(80), "", ("bd", "17"), &[7; 32]);
        for turn in 0..8 {
            let name = long.at(turn);
            assert_eq!(name.len(), 64, "{name}");
            assert_eq!(Username::parse(&name).map(|name| name.folded().len()), Ok(64));
        }
    }
}
