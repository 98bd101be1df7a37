//! The details of an entry, taken apart for people who read them.
//!
//! No record holds a personal number. Should a text that somebody typed hold one all the same, it leaves here masked.

use crate::model::personal_number::PersonalNumber;
use serde_json::{Map, Value};

/// Digits of a personal number.
const DIGITS: usize = 12;

/// Something that is another than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub name: String,
    /// As it was; empty when it was not there.
    pub before: String,
    /// As it is; empty when it is not there any more.
    pub after: String,
}

/// What an entry says beside who, when and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Why, as somebody typed it.
    pub reason: Option<String>,
    /// As what they did it.
    pub acting_as: Option<String>,
    /// What is another than before.
    pub changes: Vec<Change>,
    /// The rest: names and values.
    pub rest: Vec<(String, String)>,
}

impl Told {
    /// Takes details apart. What is no document is one text.
    pub fn of(detail: &str) -> Self {
        let mut told = Self::default();
        if detail.is_empty() {
            return told;
        }
        match serde_json::from_str::<Value>(detail) {
            Ok(Value::Object(members)) => told.take(&members, ""),
            Ok(Value::Null) => {}
            Ok(_) | Err(_) => told.rest.push((String::new(), masked(detail))),
        }
        told
    }

    fn take(&mut self, members: &Map<String, Value>, within: &str) {
        let pair = (members.get("before"), members.get("after"));
        if pair.0.is_some() || pair.1.is_some() {
            self.compare(pair.0.unwrap_or(&Value::Null), pair.1.unwrap_or(&Value::Null), within);
        }
        for (name, value) in members {
            match (name.as_str(), value) {
                ("before" | "after", _) | (_, Value::Null) => {}
                ("reason", Value::String(reason)) if within.is_empty() => self.reason = Some(masked(reason)),
                ("acting_as", Value::String(role)) if within.is_empty() => self.acting_as = Some(masked(role)),
                (_, Value::Object(inner)) => self.take(inner, &joined(within, name)),
                (_, value) => self.rest.push((joined(within, name), text(value))),
            }
        }
    }

    /// Documents are compared member by member.
    fn compare(&mut self, before: &Value, after: &Value, within: &str) {
        let members = |value: &Value| value.as_object().cloned();
        match (members(before), members(after)) {
            (None, None) => {
                self.changes.push(Change { name: within.to_owned(), before: text(before), after: text(after) });
            }
            (before, after) => {
                let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
                let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
                for name in names {
                    let (was, is) = (before.get(name).unwrap_or(&Value::Null), after.get(name).unwrap_or(&Value::Null));
                    if was != is {
                        self.changes.push(Change { name: joined(within, name), before: text(was), after: text(is) });
                    }
                }
            }
        }
    }
}

fn joined(within: &str, name: &str) -> String {
    if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => masked(text),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => without_numbers(value.clone()).to_string(),
    }
}

/// The details with every text in them masked; the same text where there is nothing to mask.
pub fn masked_detail(detail: &str) -> String {
    if masked(detail) == detail {
        return detail.to_owned();
    }
    match serde_json::from_str::<Value>(detail) {
        Ok(document) => without_numbers(document).to_string(),
        Err(_) => masked(detail),
    }
}

fn without_numbers(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(masked(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(without_numbers).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (masked(&name), without_numbers(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// A text in which whatever could be a personal number shows its ends only. Ids are left as they are.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let in_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, digits_on) = rest.split_at(start);
        out.push_str(before);
        let end = digits_on.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits_on.len());
        let (digits, after) = digits_on.split_at(end);
        let alone = !out.chars().next_back().is_some_and(in_word) && !after.chars().next().is_some_and(in_word);
        match PersonalNumber::parse(digits).filter(|_| alone && digits.len() == DIGITS) {
            Some(number) => out.push_str(&number.masked()),
            None => out.push_str(digits),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, before: &str, after: &str) -> Change {
        Change { name: name.to_owned(), before: before.to_owned(), after: after.to_owned() }
    }

    #[test]
    fn what_was_and_what_is_stand_beside_each_other() {
        let told = Told::of(
            r#"{"acting_as":"system","after":{"a":1,"b":"x"},"before":{"a":1,"b":"y","c":true},"changed":{"email":{"after":"n@v.vn","before":null}},"reason":"QĐ 1","units":["A","B"],"n":null}"#,
        );

        assert_eq!((told.reason.as_deref(), told.acting_as.as_deref()), (Some("QĐ 1"), Some("system")));
        assert_eq!(told.changes, [change("b", "y", "x"), change("c", "true", ""), change("changed.email", "", "n@v.vn")]);
        assert_eq!(told.rest, [("units".to_owned(), "A, B".to_owned())]);
        let first = Told::of(r#"{"before":null,"after":{"title":"Chuyên viên"}}"#);
        assert_eq!(first.changes, [change("title", "", "Chuyên viên")]);
        assert_eq!(Told::of("{}"), Told::default());
        assert_eq!(Told::of("not a document").rest, [(String::new(), "not a document".to_owned())]);
    }

    #[test]
    fn a_personal_number_that_somebody_typed_is_masked_and_an_id_is_not() {
        let table = [
            ("CCCD 079186000007.", "CCCD 079••••••007."),
            ("079186000007", "079••••••007"),
            ("0791860000071", "0791860000071"),
            ("01939c2e-7c00-7000-8000-000000000000", "01939c2e-7c00-7000-8000-000000000000"),
            ("Sửa 1, 2 và 3", "Sửa 1, 2 và 3"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(masked(text), expected);
        }
        assert_eq!(masked_detail(r#"{"n":179530920000,"r":"079186000007"}"#), r#"{"n":179530920000,"r":"079••••••007"}"#);
        assert_eq!(masked_detail("{ \"n\": 1}"), "{ \"n\": 1}");
    }
}
