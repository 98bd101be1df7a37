//! What a code is, as old systems write it: of a territory, or of an agency in one of its two forms.
//!
//! An agency code is written with the highest level first (`H29.38`), or, as of
//! 2016, with the highest last (`000.00.38.H29`), of which papers cut the groups
//! of noughts in front (`38.H29`). Both are the same groups in another order.

use crate::model::unit_code::{self, AGENCY, AGENCY_2016, GSO};

/// A sheet's sign for text, which is none of the code.
const APOSTROPHES: [char; 3] = ['\'', '’', '`'];
/// How long the groups of the form of 2016 are, and what stands where there is none, lowest level first.
const NOUGHTS: [&str; 3] = ["000", "00", "00"];

/// A code in its scheme.
pub(super) type Scheme = (&'static str, String);

/// What was written where a code stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// Nothing.
    Nothing,
    /// A code of a territory, or of a scheme that was named.
    Territory {
        /// The scheme.
        scheme: String,
        /// The code.
        code: String,
    },
    /// A code of an agency.
    Agency(AgencyCode),
    /// What has the form of no code that is known here: a number of the old system's own.
    Foreign,
}

/// A code of an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AgencyCode {
    /// It is written in the form of 2016.
    pub(super) is_old_form: bool,
    /// As it is written; two when it can be read in both forms.
    pub(super) written: Vec<Scheme>,
    /// The same in the other form, where it has one.
    pub(super) turned: Vec<Scheme>,
}

/// Reads a code.
pub(super) fn read(text: &str) -> Code {
    let text: String = text.trim().trim_start_matches(APOSTROPHES).chars().filter(|letter| !letter.is_whitespace()).collect();
    if text.is_empty() {
        return Code::Nothing;
    }
    let Some((scheme, code)) = text.split_once(':') else { return unnamed(&text) };
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        AGENCY | AGENCY_2016 => agency(code).map_or(Code::Foreign, Code::Agency),
        _ if unit_code::check(&scheme, code).is_ok() => Code::Territory { scheme, code: code.to_owned() },
        _ => Code::Foreign,
    }
}

fn unnamed(text: &str) -> Code {
    if unit_code::check(GSO, text).is_ok() {
        return Code::Territory { scheme: GSO.to_owned(), code: text.to_owned() };
    }
    agency(text).map_or(Code::Foreign, Code::Agency)
}

fn agency(text: &str) -> Option<AgencyCode> {
    let text = text.to_ascii_uppercase();
    let new = unit_code::check(AGENCY, &text).is_ok().then(|| text.clone());
    let old = whole_old_form(&text);
    let turned_old = new.as_deref().and_then(to_old_form);
    let turned_new = old.as_deref().map(to_new_form);
    let pairs = |new: Option<String>, old: Option<String>| -> Vec<Scheme> {
        let new = new.map(|code| (AGENCY, code));
        new.into_iter().chain(old.map(|code| (AGENCY_2016, code))).collect()
    };
    let is_old_form = new.is_none();
    let written = pairs(new, old);
    (!written.is_empty()).then(|| AgencyCode { is_old_form, written, turned: pairs(turned_new, turned_old) })
}

/// The form of 2016 with the noughts that were cut in front.
fn whole_old_form(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('.').collect();
    if !(2..=4).contains(&groups.len()) {
        return None;
    }
    let cut = 4 - groups.len();
    let whole = NOUGHTS[..cut].iter().copied().chain(groups).collect::<Vec<_>>().join(".");
    unit_code::check(AGENCY_2016, &whole).is_ok().then_some(whole)
}

/// The highest level first; levels that are not there are left out at the end.
fn to_new_form(old: &str) -> String {
    let mut groups: Vec<&str> = old.rsplit('.').collect();
    while groups.len() > 1 && groups.last().is_some_and(|group| group.bytes().all(|byte| byte == b'0')) {
        groups.pop();
    }
    groups.join(".")
}

/// The highest level last, if its groups fit into that form.
fn to_old_form(new: &str) -> Option<String> {
    let groups: Vec<&str> = new.rsplit('.').collect();
    let missing = 4_usize.checked_sub(groups.len())?;
    let old = NOUGHTS[..missing].iter().copied().chain(groups).collect::<Vec<_>>().join(".");
    unit_code::check(AGENCY_2016, &old).is_ok().then_some(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn territory(scheme: &str, code: &str) -> Code {
        Code::Territory { scheme: scheme.to_owned(), code: code.to_owned() }
    }

    fn agency_of(is_old_form: bool, written: Scheme, turned: Option<Scheme>) -> Code {
        Code::Agency(AgencyCode { is_old_form, written: vec![written], turned: turned.into_iter().collect() })
    }

    #[test]
    fn codes_are_told_apart_by_their_form() {
        let new = |code: &str| (AGENCY, code.to_owned());
        let old = |code: &str| (AGENCY_2016, code.to_owned());
        let table = [
            ("", Code::Nothing),
            (" ' ", Code::Nothing),
            (" 26740 ", territory(GSO, "26740")),
            ("'26740", territory(GSO, "26740")),
            ("gso:26740", territory(GSO, "26740")),
            ("GSO:26740", territory(GSO, "26740")),
            ("tax:0301", territory("tax", "0301")),
            ("gso:2674", Code::Foreign),
            ("2674", Code::Foreign),
            ("UBND-P01", Code::Foreign),
            ("H29", agency_of(false, new("H29"), Some(old("000.00.00.H29")))),
            ("h29.38", agency_of(false, new("H29.38"), Some(old("000.00.38.H29")))),
            ("agency:H29.38", agency_of(false, new("H29.38"), Some(old("000.00.38.H29")))),
            ("H29.38.1", agency_of(false, new("H29.38.1"), None)),
            ("000.00.38.H29", agency_of(true, old("000.00.38.H29"), Some(new("H29.38")))),
            ("38.H29", agency_of(true, old("000.00.38.H29"), Some(new("H29.38")))),
            ("38.98.h29", agency_of(true, old("000.38.98.H29"), Some(new("H29.98.38")))),
            ("001.00.38.H29", agency_of(true, old("001.00.38.H29"), Some(new("H29.38.00.001")))),
        ];
        for (text, expected) in table {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_code_that_can_be_read_in_both_forms_is_read_in_both() {
        let Code::Agency(code) = read("A12.00.00.H29") else { panic!("an agency's code") };

        assert_eq!(code.written.len(), 2);
    }
}
