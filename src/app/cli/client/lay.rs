//! Laying what a command line names over what is set. What is not named stays;
//! where nothing may be set, an empty value takes away what is.

use crate::base::date::parse;
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::Date;

/// Reads a word of a closed list, as configuration spells it.
pub fn word<T: DeserializeOwned>(flag: &str, text: &str) -> Result<T, String> {
    serde_json::from_value(Value::String(text.to_owned()))
        .map_err(|_| format!("{flag}: {text:?} is not one of the values that --help names"))
}

/// A word that is always set.
pub fn choice<T: DeserializeOwned>(flag: &str, named: Option<&str>, place: &mut T) -> Result<(), String> {
    if let Some(text) = named {
        *place = word(flag, text)?;
    }
    Ok(())
}

/// A word that may be absent.
pub fn optional_word<T: DeserializeOwned>(flag: &str, named: Option<&str>, place: &mut Option<T>) -> Result<(), String> {
    match named {
        None => {}
        Some("") => *place = None,
        Some(text) => *place = Some(word(flag, text)?),
    }
    Ok(())
}

/// A number, zero or more, that may be absent.
pub fn optional_number(flag: &str, named: Option<&str>, place: &mut Option<i64>) -> Result<(), String> {
    match named {
        None => {}
        Some("") => *place = None,
        Some(text) => {
            let number = text.parse::<u32>().map_err(|_| format!("{flag}: {text:?} is not a number"))?;
            *place = Some(i64::from(number));
        }
    }
    Ok(())
}

/// A day that may be absent.
pub fn optional_day(flag: &str, named: Option<&str>, place: &mut Option<Date>) -> Result<(), String> {
    match named {
        None => {}
        Some("") => *place = None,
        Some(text) => {
            let day = parse(text).ok_or_else(|| format!("{flag}: write a date as 2026-12-31 or 31/12/2026"))?;
            *place = Some(day);
        }
    }
    Ok(())
}

/// A text that may be absent.
pub fn optional(named: Option<&str>, place: &mut Option<String>) {
    if let Some(text) = named {
        *place = (!text.is_empty()).then(|| text.to_owned());
    }
}

/// A text that may be empty.
pub fn text(named: Option<&str>, place: &mut String) {
    if let Some(named) = named {
        named.clone_into(place);
    }
}

/// A list: what is named replaces the whole of it.
pub fn list(named: &[String], place: &mut Vec<String>) {
    if !named.is_empty() {
        *place = named.iter().filter(|text| !text.is_empty()).cloned().collect();
    }
}

/// A pair of flags: the first, the second, or neither.
pub fn switch(on: bool, off: bool, place: &mut bool) {
    *place = (*place || on) && !off;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_and_an_empty_value_takes_away() {
        let mut list_place = vec!["a".to_owned()];
        list(&[], &mut list_place);
        assert_eq!(list_place, ["a"]);
        list(&["b".to_owned(), "c".to_owned()], &mut list_place);
        assert_eq!(list_place, ["b", "c"]);
        list(&[String::new()], &mut list_place);
        assert!(list_place.is_empty());

        let mut place = Some("a".to_owned());
        optional(None, &mut place);
        assert_eq!(place.as_deref(), Some("a"));
        optional(Some(""), &mut place);
        assert_eq!(place, None);

        let mut number = Some(1);
        for (named, expected) in [(None, Some(1)), (Some("0"), Some(0)), (Some(""), None)] {
            assert_eq!(optional_number("--n", named, &mut number), Ok(()));
            assert_eq!(number, expected);
        }
        assert!(optional_number("--n", Some("-1"), &mut number).is_err_and(|reason| reason.starts_with("--n: ")));

        let mut day = None;
        let last = time::macros::date!(2026 - 12 - 31);
        for (named, expected) in [(Some("31/12/2026"), Some(last)), (None, Some(last)), (Some(""), None)] {
            assert_eq!(optional_day("--until", named, &mut day), Ok(()));
            assert_eq!(day, expected);
        }
        assert!(optional_day("--until", Some("soon"), &mut day).is_err_and(|reason| reason.starts_with("--until: ")));
    }
}
