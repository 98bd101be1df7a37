//! A person: one official, for life, with a user name that nobody else ever gets.

use super::behind::Beside;
use super::position::Position;
use super::role::RoleGrant;
use crate::base::clock::Millis;
use crate::base::id::{PersonId, PositionId};
use crate::base::text::{fold, nfc};
use std::collections::BTreeMap;
use time::Date;

/// Longer chains of posts that go on from each other than this are a defect of the data.
const LONGEST_LINEAGE: usize = 32;

/// The standard claims (OpenID Connect Core §5.1) that a person may have
/// beside the named fields; those of `address` are dotted.
pub const FURTHER_CLAIMS: [&str; 17] = [
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "zoneinfo",
    "locale",
    "address.formatted",
    "address.street_address",
    "address.locality",
    "address.region",
    "address.postal_code",
    "address.country",
];

/// Everything that is known of a person now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their identity.
    pub id: PersonId,
    /// The user name as given.
    pub username: String,
    /// Full name, family name first.
    pub full_name: String,
    /// Date of birth.
    pub date_of_birth: Option<Date>,
    /// E-mail address at work.
    pub email: Option<String>,
    /// Telephone number at work.
    pub phone: Option<String>,
    /// Number in the staff list.
    pub employee_code: Option<String>,
    /// Further standard claims; those of `address` are dotted.
    pub claims: BTreeMap<String, String>,
    /// Since when the person may not sign in.
    pub disabled_at: Option<Millis>,
    /// When anything of this was last changed.
    pub updated_at: Millis,
    /// All positions, past and future ones too.
    pub positions: Vec<Position>,
    /// All roles in all clients.
    pub roles: Vec<RoleGrant>,
    /// True when a personal number is known.
    pub has_personal_number: bool,
    /// What is known of the positions beside what they say.
    pub beside: Beside,
}

impl Person {
    /// The positions that are held on a day, main ones first.
    pub fn positions_on(&self, on: Date) -> Vec<&Position> {
        let mut held: Vec<&Position> = self.positions.iter().filter(|position| position.in_force_on(on)).collect();
        held.sort_by(|a, b| (!a.primary, a.valid_from, &a.id).cmp(&(!b.primary, b.valid_from, &b.id)));
        held
    }

    /// A post and those that it goes on from, newest first; at most 32.
    pub fn lineage<'a>(&'a self, acting: &'a PositionId) -> Vec<&'a PositionId> {
        let before = |id: &&'a PositionId| {
            let post = self.positions.iter().find(|post| post.id == **id)?;
            post.follows.as_ref()
        };
        std::iter::successors(Some(acting), before).take(LONGEST_LINEAGE).collect()
    }

    /// The post of an identity, while it is held on a day; or else the one that is held then and goes on from it: of several
    /// the main one, and the one that began last. One that was taken back, and so was never held, is the one before it.
    pub fn acting_on(&self, chosen: &PositionId, on: Date) -> Option<&Position> {
        let held = || self.positions.iter().filter(|post| post.in_force_on(on));
        let order = |a: &Position, b: &Position| (!a.primary, b.valid_from, &a.id).cmp(&(!b.primary, a.valid_from, &b.id));
        let next = || held().filter(|post| self.lineage(&post.id).contains(&chosen)).min_by(|a, b| order(a, b));
        let before = || {
            let never = self.positions.iter().any(|post| post.id == *chosen && !post.was_ever_held());
            let earlier = self.lineage(chosen).into_iter().skip(1).filter(|_| never);
            earlier.into_iter().find_map(|old| held().find(|post| post.id == *old))
        };
        held().find(|post| post.id == *chosen).or_else(next).or_else(before)
    }

    /// Learns of posts that began with a re-organization which was taken back, each with the one that it went on from: what
    /// was given in one of them goes on there.
    pub fn know_taken_back(&mut self, posts: &[(PositionId, PositionId)]) {
        // One may have gone on from another one of them.
        for _ in posts {
            let known = |id: &PositionId| self.positions.iter().find(|post| post.id == *id);
            let new = posts.iter().filter(|(id, _)| known(id).is_none());
            let made = new.filter_map(|(id, old)| {
                let old = known(old)?;
                Some(Position { id: id.clone(), follows: Some(old.id.clone()), ..old.clone() }.never_held())
            });
            let Some(post) = made.into_iter().next() else { break };
            self.positions.push(post);
        }
    }
}

/// Why a user name cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// Two to sixty-four characters.
    #[error("a user name has 2 to 64 characters")]
    Length,
    /// Letters, digits, and four signs.
    #[error("a user name has letters, digits and . - _ @ only")]
    Characters,
}

impl UsernameError {
    /// The reason in Vietnamese.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Length => "tên đăng nhập có từ 2 đến 64 ký tự",
            Self::Characters => "tên đăng nhập chỉ gồm chữ cái, chữ số và các dấu . - _ @",
        }
    }
}

/// A user name as given, and folded for comparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    shown: String,
    folded: String,
}

impl Username {
    /// Reads a user name. Its letters must fold to Latin ones: a Cyrillic `а`
    /// looks like another letter and would be another name.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        let shown = nfc(text);
        let sign = |c: char| matches!(c, '.' | '-' | '_' | '@');
        let folded = fold(&shown);
        // Folding drops marks and takes ligatures apart, so both lengths count.
        if [&shown, &folded].iter().any(|text| !(2..=64).contains(&text.chars().count())) {
            return Err(UsernameError::Length);
        }
        let right =
            shown.chars().all(|c| c.is_alphanumeric() || sign(c)) && folded.chars().all(|c| c.is_ascii_alphanumeric() || sign(c));
        if right { Ok(Self { shown, folded }) } else { Err(UsernameError::Characters) }
    }

    /// As given, in NFC.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Small letters without accents: unique in the whole city.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// True when another spelling differs in the case of its letters only.
    pub fn is_spelled_like(&self, other: &str) -> bool {
        self.shown.to_lowercase() == other.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::UnitId;
    use crate::model::position::PositionKind;
    use time::macros::date;

    #[test]
    fn user_names_fold_to_one() {
        for same in ["dao.dv", "Dao.DV", "đào.dv", "ĐÀO.DV", "da\u{300}o.dv"] {
            assert_eq!(Username::parse(same).expect("a name").folded(), "dao.dv", "{same}");
        }
        assert!(Username::parse("Dao.dv").expect("a name").is_spelled_like("dao.DV"));
        assert!(!Username::parse("đào.dv").expect("a name").is_spelled_like("dao.dv"));
    }

    #[test]
    fn user_names_keep_their_rules() {
        let table = [
            ("a", UsernameError::Length),
            ("", UsernameError::Length),
            ("hai tu", UsernameError::Characters),
            ("a\0b", UsernameError::Characters),
            ("a/b", UsernameError::Characters),
            ("\u{430}nh", UsernameError::Characters),
        ];
        for (name, expected) in table {
            assert_eq!(Username::parse(name), Err(expected), "{name}");
        }
        assert_eq!(Username::parse(&"a".repeat(65)), Err(UsernameError::Length));
        assert!(Username::parse(&"a".repeat(64)).is_ok());
    }

    fn position(id: &str, primary: bool, from: Date, to: Option<Date>) -> Position {
        Position {
            id: PositionId(id.into()),
            unit: UnitId("u".into()),
            department: String::new(),
            title: "Chuyên viên".into(),
            kind: PositionKind::CongChuc,
            primary,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        }
    }

    fn person(positions: Vec<Position>) -> Person {
        Person {
            id: PersonId("p".into()),
            username: "kim".into(),
            full_name: "Kim".into(),
            date_of_birth: None,
            email: None,
            phone: None,
            employee_code: None,
            claims: BTreeMap::new(),
            disabled_at: None,
            updated_at: Millis(0),
            positions,
            roles: vec![],
            has_personal_number: false,
            beside: Beside::default(),
        }
    }

    #[test]
    fn positions_in_force_come_with_the_main_one_first() {
        let person = person(vec![
            position("old", true, date!(2020 - 01 - 01), Some(date!(2025 - 06 - 30))),
            position("beside", false, date!(2025 - 07 - 01), None),
            position("main", true, date!(2025 - 07 - 01), None),
        ]);
        let ids = |on| person.positions_on(on).into_iter().map(|held| held.id.0.clone()).collect::<Vec<_>>();
        assert_eq!(ids(date!(2025 - 06 - 30)), ["old"]);
        assert_eq!(ids(date!(2025 - 07 - 01)), ["main", "beside"]);
        assert!(ids(date!(2019 - 01 - 01)).is_empty());
    }

    #[test]
    fn a_post_goes_on_in_those_that_follow_it_and_in_no_other() {
        let (last, first) = (date!(2025 - 06 - 30), date!(2025 - 07 - 01));
        let on_from = |old: &str| Some(PositionId(old.into()));
        let early = position("early", true, date!(2015 - 01 - 01), Some(date!(2019 - 12 - 31)));
        let old = Position { follows: on_from("early"), ..position("old", true, date!(2020 - 01 - 01), Some(last)) };
        let new = Position { follows: on_from("old"), ..position("new", true, first, None) };
        let person = person(vec![early, old, new, position("beside", false, first, None)]);
        let id = |text: &str| PositionId(text.into());
        let lineage = |of: &str| person.lineage(&id(of)).into_iter().map(|id| id.0.clone()).collect::<Vec<_>>();
        let acting = |chosen: &str, on| person.acting_on(&id(chosen), on).map(|held| held.id.0.as_str());

        assert_eq!(lineage("new"), ["new", "old", "early"]);
        assert_eq!(lineage("old"), ["old", "early"], "what comes after is not where it comes from");
        assert_eq!(lineage("beside"), ["beside"]);
        assert_eq!(lineage("nobody's"), ["nobody's"]);
        assert_eq!(acting("old", last), Some("old"));
        assert_eq!(acting("old", first), Some("new"));
        assert_eq!(acting("early", first), Some("new"));
        assert_eq!(acting("new", last), None, "it has not begun");
        assert_eq!(acting("beside", last), None);
    }

    #[test]
    fn of_several_that_go_on_from_a_post_the_main_one_counts_and_the_one_that_began_last() {
        let (first, later) = (date!(2025 - 07 - 01), date!(2026 - 01 - 01));
        let next =
            |id: &str, primary, from| Position { follows: Some(PositionId("old".into())), ..position(id, primary, from, None) };
        let old = position("old", true, date!(2020 - 01 - 01), Some(date!(2025 - 06 - 30)));
        let beside = vec![old, next("a", false, first), next("b", false, later)];
        let main = beside.iter().cloned().chain([next("c", true, first), next("d", true, later)]).collect();
        for (posts, expected) in [(beside, "b"), (main, "d")] {
            let person = person(posts);
            assert_eq!(person.acting_on(&PositionId("old".into()), later).map(|held| held.id.as_str()), Some(expected));
        }
    }

    #[test]
    fn what_was_given_in_a_post_that_was_taken_back_goes_on_in_the_one_before() {
        let today = date!(2025 - 08 - 01);
        let id = |text: &str| PositionId(text.into());
        let mut person = person(vec![position("old", true, date!(2020 - 01 - 01), None)]);
        person.know_taken_back(&[(id("last"), id("new")), (id("new"), id("old")), (id("stray"), id("nobody's"))]);
        let acting = |chosen: &str| person.acting_on(&id(chosen), today).map(|held| held.id.0.as_str());

        assert_eq!((acting("new"), acting("last"), acting("stray")), (Some("old"), Some("old"), None));
        assert_eq!(person.positions_on(today).len(), 1, "they are held on no day");
        let ended = Position { valid_to: Some(date!(2025 - 07 - 31)), ..person.positions[0].clone() };
        person.positions[0] = ended;
        assert_eq!(person.acting_on(&id("new"), today), None);
    }

    #[test]
    fn posts_that_go_on_from_each_other_in_a_circle_end_somewhere() {
        let post = |id: &str, old: &str| {
            let follows = Some(PositionId(old.into()));
            Position { follows, ..position(id, true, date!(2025 - 07 - 01), None) }
        };
        let person = person(vec![post("a", "b"), post("b", "a")]);
        assert_eq!(person.lineage(&PositionId("a".into())).len(), LONGEST_LINEAGE);
    }
}
