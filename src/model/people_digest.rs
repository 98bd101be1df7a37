//! One hash over all that counts of people: posts, roles, also those of groups, administrators, and what systems know them as.
//!
//! Units are named by what is known of them and people by their user names, never by internal ids, and the facts are
//! sorted: two installations that know the same come to the same. What day it is does not matter.

use super::registry::Registry;
use super::registry_digest::line;
use crate::base::date::iso;
use crate::base::digest::{Sha256, hex, sha256};
use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::model::admin_scope::AdminScope;
use crate::model::entitlement::{Condition, GroupGrant};
use crate::model::position::Position;
use std::collections::HashMap;
use time::Date;

/// A role in a client, with its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole<'a> {
    /// The client.
    pub client: &'a str,
    /// The role.
    pub role: &'a str,
    /// Only while acting in this post, and who delegated that; in any when `None`.
    pub bound: Option<(&'a Position, &'a str)>,
    /// What it asks of the sign-on.
    pub condition: Condition,
    /// First and last day, as stored; may be empty.
    pub days: (&'a str, &'a str),
}

/// Facts as they come, in any order; 32 bytes are kept of each.
pub struct PeopleDigest<'r> {
    registry: &'r Registry,
    keys: HashMap<UnitId, String>,
    lines: Vec<[u8; 32]>,
}

impl<'r> PeopleDigest<'r> {
    /// Of nobody yet.
    pub fn new(registry: &'r Registry) -> Self {
        Self { registry, keys: HashMap::new(), lines: Vec::new() }
    }

    /// A post, with the user name of whoever delegated it (empty where nobody did), and the post that it goes on from: what
    /// was given for that one counts in this one.
    pub fn position(&mut self, username: &str, position: &Position, delegated_by: &str, follows: Option<&Position>) {
        let post = self.post(position, delegated_by);
        let earlier = follows.map(|earlier| self.post(earlier, "")).unwrap_or_default();
        self.add(&["position", username, &post, &earlier]);
    }

    /// A role in a client.
    pub fn role(&mut self, username: &str, held: &HeldRole<'_>) {
        let bound = held.bound.map(|(position, delegated_by)| self.post(position, delegated_by)).unwrap_or_default();
        let asked = asked(held.condition);
        self.add(&["role", username, held.client, held.role, &bound, held.days.0, held.days.1, &asked]);
    }

    /// A role for whoever has a post in a unit. Titles that are compared as one are one.
    pub fn group_role(&mut self, grant: &GroupGrant) {
        let unit = self.key(&grant.unit);
        let reach = if grant.below { "below" } else { "here" };
        let title = fold(grant.title.as_deref().unwrap_or_default());
        let (first, last) = (day(grant.valid_from), day(grant.valid_to));
        let asked = asked(grant.condition);
        self.add(&["group role", &grant.client_id, &grant.role, &unit, reach, &title, &first, &last, &asked]);
    }

    /// A role of an administrator.
    pub fn administrator(&mut self, username: &str, scope: &AdminScope) {
        let unit = scope.unit.as_ref().map(|unit| self.key(unit)).unwrap_or_default();
        let client = scope.client.as_deref().unwrap_or_default();
        let days = (iso(scope.valid_from), day(scope.valid_to));
        self.add(&["administrator", username, scope.role.word(), &unit, client, &days.0, &days.1]);
    }

    /// What a sector knows somebody as.
    pub fn subject(&mut self, username: &str, sector: &str, sub: &str) {
        self.add(&["subject", username, sector, sub]);
    }

    /// SHA-256 over all of it, in hexadecimal.
    pub fn finish(mut self) -> String {
        self.lines.sort_unstable();
        let mut all = Sha256::new();
        for line in &self.lines {
            all.add(line);
        }
        hex(&all.finish())
    }

    fn add(&mut self, fields: &[&str]) {
        self.lines.push(sha256(line(fields).as_bytes()));
    }

    /// All that is told of a post but whose it is.
    fn post(&mut self, position: &Position, delegated_by: &str) -> String {
        let unit = self.key(&position.unit);
        line(&[
            &unit,
            &position.department,
            &position.title,
            position.kind.as_str(),
            if position.primary { "primary" } else { "beside" },
            &position.decision_no,
            delegated_by,
            &iso(position.valid_from),
            &day(position.valid_to),
        ])
    }

    /// What a unit is known by; empty where it is not known.
    fn key(&mut self, unit: &UnitId) -> String {
        if let Some(known) = self.keys.get(unit) {
            return known.clone();
        }
        let key = self.registry.key_of(unit).unwrap_or_default();
        self.keys.insert(unit.clone(), key.clone());
        key
    }
}

/// What a role asks of the sign-on: a level, and an office.
fn asked(condition: Condition) -> String {
    let level = condition.least_level.unwrap_or_default();
    format!("{level} {}", if condition.office_only { "office" } else { "anywhere" })
}

fn day(day: Option<Date>) -> String {
    day.map(iso).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::PositionId;
    use crate::model::admin_scope::AdminRole;
    use crate::model::position::PositionKind;
    use crate::model::unit::{DatedCode, Span, Unit, UnitKind};
    use time::macros::date;

    const FIRST: Date = date!(2025 - 07 - 01);

    /// What is changed, and how.
    type Change<'c> = (&'c str, &'c dyn Fn(&mut PeopleDigest<'_>));

    fn registry(ids: [&str; 2]) -> Registry {
        let unit = |id: &str, code: &str| {
            let span = Span::since(FIRST);
            let codes = vec![DatedCode { scheme: "gso".to_owned(), code: code.to_owned(), span }];
            Unit { id: UnitId(id.to_owned()), kind: UnitKind::Phuong, span, codes, names: Vec::new(), parents: Vec::new() }
        };
        Registry::new(1, vec![unit(ids[0], "26740"), unit(ids[1], "26743")], Vec::new())
    }

    fn post(id: &str, place: &str) -> Position {
        Position {
            id: PositionId(id.to_owned()),
            unit: UnitId(place.to_owned()),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: FIRST,
            valid_to: None,
        }
    }

    fn role<'a>(role: &'a str, bound: Option<(&'a Position, &'a str)>) -> HeldRole<'a> {
        HeldRole { client: "tthc", role, bound, condition: Condition::default(), days: ("", "") }
    }

    fn group(place: &str) -> GroupGrant {
        GroupGrant {
            id: "g".to_owned(),
            client_id: "tthc".to_owned(),
            role: "clerk".to_owned(),
            unit: UnitId(place.to_owned()),
            below: true,
            title: Some("Chủ tịch".to_owned()),
            condition: Condition::default(),
            given_on: FIRST,
            valid_from: None,
            valid_to: None,
        }
    }

    fn scope(place: Option<&str>) -> AdminScope {
        AdminScope {
            id: "s".to_owned(),
            role: AdminRole::Directory,
            unit: place.map(|place| UnitId(place.to_owned())),
            client: None,
            valid_from: FIRST,
            valid_to: None,
        }
    }

    #[test]
    fn ids_and_order_do_not_matter_and_everything_else_does() {
        let one = registry(["a", "b"]);
        let (here, same) = (post("p", "a"), post("q", "y"));
        let usual = || {
            let mut digest = PeopleDigest::new(&one);
            digest.position("kim", &here, "", None);
            digest.role("kim", &role("clerk", Some((&here, ""))));
            digest.administrator("lan", &scope(Some("a")));
            digest.subject("kim", "tthc", "s1");
            digest.group_role(&group("a"));
            digest
        };

        let other = registry(["y", "z"]);
        let mut again = PeopleDigest::new(&other);
        again.subject("kim", "tthc", "s1");
        again.group_role(&GroupGrant { id: "h".to_owned(), title: Some("CHỦ TỊCH".to_owned()), ..group("y") });
        again.administrator("lan", &AdminScope { id: "t".to_owned(), ..scope(Some("y")) });
        again.role("kim", &role("clerk", Some((&same, ""))));
        again.position("kim", &same, "", None);
        let expected = usual().finish();
        assert_eq!(again.finish(), expected);
        assert_eq!(expected.len(), 64);

        let there = post("p", "b");
        let ended = Position { valid_to: Some(FIRST), ..here.clone() };
        let two_factors = Condition { least_level: Some(2), office_only: false };
        let asking = HeldRole { condition: two_factors, ..role("clerk", Some((&here, ""))) };
        let changes: [Change<'_>; 15] = [
            ("a post that goes on", &|digest| digest.position("kim", &here, "", Some(&there))),
            ("another post", &|digest| digest.position("kim", &there, "", None)),
            ("another last day", &|digest| digest.position("kim", &ended, "", None)),
            ("a delegation", &|digest| digest.position("kim", &here, "lan", None)),
            ("a role of the person", &|digest| digest.role("kim", &role("clerk", None))),
            ("a role bound elsewhere", &|digest| digest.role("kim", &role("clerk", Some((&there, ""))))),
            ("an administrator of all", &|digest| digest.administrator("lan", &scope(None))),
            ("another subject", &|digest| digest.subject("kim", "tthc", "s2")),
            ("a role that asks for two factors", &|digest| digest.role("kim", &asking)),
            ("a role of another group", &|digest| digest.group_role(&group("b"))),
            ("of one unit only", &|digest| digest.group_role(&GroupGrant { below: false, ..group("a") })),
            ("of any title", &|digest| digest.group_role(&GroupGrant { title: None, ..group("a") })),
            ("of another client", &|digest| digest.group_role(&GroupGrant { client_id: "vb".to_owned(), ..group("a") })),
            ("for a time", &|digest| digest.group_role(&GroupGrant { valid_to: Some(FIRST), ..group("a") })),
            ("of a group, with two factors", &|digest| {
                digest.group_role(&GroupGrant { condition: two_factors, ..group("a") });
            }),
        ];
        let mut seen = vec![expected];
        for (case, change) in changes {
            let mut digest = usual();
            change(&mut digest);
            let digest = digest.finish();
            assert!(!seen.contains(&digest), "{case}");
            seen.push(digest);
        }
    }
}
