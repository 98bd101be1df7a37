//! The ways to sign in that somebody has, told apart from those that they had before a merge.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A kind of way to sign in, by the word of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Method {
    /// A password.
    #[serde(rename = "password")]
    Password,
    /// A passkey.
    #[serde(rename = "passkey")]
    Passkey,
    /// An authenticator app.
    #[serde(rename = "totp")]
    App,
    /// A printed sheet of recovery codes.
    #[serde(rename = "recovery_codes")]
    Codes,
}

/// One way to sign in. Of passkeys one has several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The password.
    Password,
    /// A passkey, by the id of its credential.
    Passkey(String),
    /// The authenticator app.
    App,
    /// The printed sheet.
    Codes,
}

impl Way {
    /// Its kind.
    pub fn method(&self) -> Method {
        match self {
            Self::Password => Method::Password,
            Self::Passkey(_) => Method::Passkey,
            Self::App => Method::App,
            Self::Codes => Method::Codes,
        }
    }
}

/// All that somebody signs in with, and since when, in milliseconds. What is hashed or sealed of them is not among it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ways {
    /// When each passkey was made, by the id of its credential.
    pub passkeys: BTreeMap<String, i64>,
    /// When the password was set.
    pub password: Option<i64>,
    /// When the app was added.
    pub app: Option<i64>,
    /// When the sheet of codes was made.
    pub codes: Option<i64>,
}

impl Ways {
    /// Each of them, with since when.
    pub fn list(&self) -> Vec<(Way, i64)> {
        let single = [(Way::Password, self.password), (Way::App, self.app), (Way::Codes, self.codes)];
        let single = single.into_iter().filter_map(|(way, at)| Some((way, at?)));
        let passkeys = self.passkeys.iter().map(|(id, at)| (Way::Passkey(id.clone()), *at));
        single.chain(passkeys).collect()
    }

    /// Those that were not there before a merge, and those that are others by now. Where nothing is known of before, all
    /// that are not older than the merge.
    pub fn added(&self, before: Option<&Self>, merged_at: i64) -> Vec<(Way, i64)> {
        let before = before.map(Self::list);
        let is_new = |had: &(Way, i64)| before.as_ref().map_or(had.1 >= merged_at, |before| !before.contains(had));
        self.list().into_iter().filter(is_new).collect()
    }

    /// Those that are not among what is left, by kind.
    pub fn lost(&self, left: &[Way]) -> Vec<Method> {
        let all = self.list().into_iter();
        all.filter(|(way, _)| !left.contains(way)).map(|(way, _)| way.method()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_passkeys(keys: &[(&str, i64)], mut ways: Ways) -> Ways {
        ways.passkeys = keys.iter().map(|(id, at)| ((*id).to_owned(), *at)).collect();
        ways
    }

    #[test]
    fn what_came_since_a_merge_is_what_was_not_there_before_it() {
        let none = Ways::default();
        let password = |at| Ways { password: Some(at), ..Ways::default() };
        let key = |id: &str| Way::Passkey(id.to_owned());
        let before = with_passkeys(&[("a", 1)], password(2));
        let table = [
            ("nothing", none.clone(), Some(none.clone()), vec![]),
            ("the same", before.clone(), Some(before.clone()), vec![]),
            ("a first passkey", with_passkeys(&[("b", 20)], none.clone()), Some(none.clone()), vec![(key("b"), 20)]),
            ("another passkey", with_passkeys(&[("a", 1), ("b", 20)], password(2)), Some(before.clone()), vec![(key("b"), 20)]),
            ("another password", with_passkeys(&[("a", 1)], password(20)), Some(before.clone()), vec![(Way::Password, 20)]),
            (
                "an app and codes",
                Ways { app: Some(21), codes: Some(22), ..before.clone() },
                Some(before.clone()),
                vec![(Way::App, 21), (Way::Codes, 22)],
            ),
            ("in the moment of the merge", password(10), Some(none.clone()), vec![(Way::Password, 10)]),
            ("nothing is known of before", with_passkeys(&[("a", 1), ("b", 10)], password(2)), None, vec![(key("b"), 10)]),
        ];
        for (case, now, before, expected) in table {
            assert_eq!(now.added(before.as_ref(), 10), expected, "{case}");
        }
    }

    #[test]
    fn what_was_removed_or_replaced_since_is_told_unless_there_is_another_of_its_kind() {
        let before = with_passkeys(&[("a", 1)], Ways { password: Some(2), app: Some(3), ..Ways::default() });
        let table = [
            ("all is there", vec![Way::Password, Way::App, Way::Passkey("a".to_owned())], vec![]),
            ("an app was removed", vec![Way::Password, Way::Passkey("a".to_owned())], vec![Method::App]),
            ("another passkey", vec![Way::Password, Way::App, Way::Passkey("b".to_owned())], vec![Method::Passkey]),
            ("nothing is left", vec![], vec![Method::Password, Method::App, Method::Passkey]),
        ];
        for (case, left, expected) in table {
            assert_eq!(before.lost(&left), expected, "{case}");
        }
    }
}
