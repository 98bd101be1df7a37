//! Names, dates and codes as people type them.

use super::parts;
use motlan::base::date::{iso, parse, shown};
use motlan::base::text::{fold, has_control, name_key, nfc};
use motlan::model::person::Username;
use motlan::model::personal_number::PersonalNumber;
use motlan::model::unit_code::{self, AGENCY, AGENCY_2016, GSO};

/// The input is a text; each reader gets all of it.
pub fn run(data: &[u8]) {
    let Some([text]) = parts(data) else { return };
    let (composed, folded) = (nfc(text), fold(text));
    assert_eq!(nfc(&composed), composed);
    assert_eq!(fold(&folded), folded);
    assert_eq!(name_key(text), name_key(&composed));
    assert!(!has_control(&composed) || has_control(text));
    if let Some(day) = parse(text) {
        assert_eq!(parse(&iso(day)), Some(day), "a stored date is read again");
        assert_eq!(parse(&shown(day)), Some(day), "a shown date is read again");
    }
    if let Ok(username) = Username::parse(text) {
        let again = Username::parse(username.folded());
        assert_eq!(again.as_ref().map(Username::folded), Ok(username.folded()));
        assert!(username.folded().is_ascii() && username.is_spelled_like(username.shown()));
        assert!(!username.shown().contains([' ', ',', '\n']));
    }
    if let Some(number) = PersonalNumber::parse(text) {
        assert_eq!(number.expose(), text.trim());
        assert!(!format!("{number:?}").contains(number.expose()), "it is never printed whole");
    }
    let (scheme, code) = unit_code::reference(text);
    if unit_code::check(scheme, code).is_ok() {
        let written = format!("{scheme}:{code}");
        assert_eq!(unit_code::reference(&written), (scheme, code));
        assert!(scheme.is_ascii() && !code.is_empty() && !has_control(code));
    }
    for scheme in [GSO, AGENCY, AGENCY_2016] {
        assert!(unit_code::check(scheme, text).is_err() || (text.is_ascii() && text.len() <= 35));
    }
}
