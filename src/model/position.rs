//! A position: one post of one official in one unit, for a time.

use crate::base::digest::sha256;
use crate::base::id::{PersonId, PositionId, UnitId};
use time::Date;

/// The kind of employment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PositionKind {
    /// Cán bộ: elected or appointed.
    CanBo,
    /// Công chức: civil servant.
    CongChuc,
    /// Viên chức: public employee.
    VienChuc,
    /// Người lao động: contract worker.
    NguoiLaoDong,
    /// Người hoạt động không chuyên trách: part-time, in a commune.
    KhongChuyenTrach,
}

impl PositionKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::CanBo, Self::CongChuc, Self::VienChuc, Self::NguoiLaoDong, Self::KhongChuyenTrach];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CanBo => "can_bo",
            Self::CongChuc => "cong_chuc",
            Self::VienChuc => "vien_chuc",
            Self::NguoiLaoDong => "nguoi_lao_dong",
            Self::KhongChuyenTrach => "khong_chuyen_trach",
        }
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Its identity.
    pub id: PositionId,
    /// The unit it is in.
    pub unit: UnitId,
    /// The department within the unit; may be empty.
    pub department: String,
    /// The title.
    pub title: String,
    /// The kind of employment.
    pub kind: PositionKind,
    /// The main post, or one held beside it.
    pub primary: bool,
    /// Number of the decision that gave it; may be empty.
    pub decision_no: String,
    /// Who handed their powers over, when this is a delegation.
    pub delegated_by: Option<PersonId>,
    /// The post that this one goes on from, after a re-organization.
    pub follows: Option<PositionId>,
    /// First day.
    pub valid_from: Date,
    /// Last day, inclusive; open when `None`.
    pub valid_to: Option<Date>,
}

impl Position {
    /// True while the position is held.
    pub fn in_force_on(&self, on: Date) -> bool {
        self.valid_from <= on && self.valid_to.is_none_or(|last| on <= last)
    }

    /// The identity of the post that this person holds in this department of
    /// this unit with this title from this day. The same post told again, by
    /// another file or at the same moment, gets the same identity, so that it
    /// becomes a newer version and not a second post.
    pub fn id_of(person: &PersonId, unit: &UnitId, department: &str, title: &str, valid_from: Date) -> PositionId {
        let days = valid_from.to_julian_day().to_string();
        let parts = [person.as_str(), unit.as_str(), department, title, days.as_str()];
        // Lengths keep `ab` + `c` apart from `a` + `bc`.
        let text = parts.map(|part| format!("{}:{part}", part.len())).concat();
        PositionId(named_uuid(&text))
    }

    /// The identity of the post that goes on from another one, from the day of a re-organization. Whoever does the same
    /// again, after it was taken back too, gets the same identity.
    pub fn following_id(old: &PositionId, effective: Date) -> PositionId {
        PositionId(named_uuid(&format!("follows:{old}:{}", effective.to_julian_day())))
    }

    /// True unless it is told as never held.
    pub fn was_ever_held(&self) -> bool {
        self.valid_to.is_none_or(|last| last >= self.valid_from)
    }

    /// This post as one that was never held.
    #[must_use]
    pub fn never_held(self) -> Self {
        Self { valid_to: self.valid_from.previous_day(), ..self }
    }

    /// Of the posts that somebody holds, the one that is told again: the same one, or one that goes on from another and is
    /// alike. Whoever tells of a post in a unit does not know that it goes on from another. One that was taken back goes on
    /// from nothing any more: told alike, it is a post of its own. So is one alike that another person handed over.
    pub fn told_before<'p>(told: &Self, held: impl Iterator<Item = &'p Self>) -> Option<&'p Self> {
        let alike = |held: &Self| {
            held.follows.is_some()
                && held.delegated_by.is_none()
                && held.was_ever_held()
                && held.unit == told.unit
                && held.department == told.department
                && held.title == told.title
                && held.valid_from == told.valid_from
        };
        // Two posts of one title may have come into one unit: the main one is told as the main one.
        let order = |a: &Self, b: &Self| {
            (a.id != told.id, a.primary != told.primary, &a.id).cmp(&(b.id != told.id, b.primary != told.primary, &b.id))
        };
        held.filter(|held| held.id == told.id || alike(held)).min_by(|a, b| order(a, b))
    }

    /// This post as it is told again of one that is held: under its identity, and with what nobody tells who tells it again,
    /// its delegation and what it goes on from.
    #[must_use]
    pub fn told_again(self, held: &Self) -> Self {
        let (id, delegated_by, follows) = (held.id.clone(), held.delegated_by.clone(), held.follows.clone());
        Self { id, delegated_by, follows, ..self }
    }

    /// The last day of a post that is told again, with the last day of its unit: one that ended with its unit, or before
    /// that, is not opened beyond it by who does not know that the unit ended. One that never began there does not begin.
    pub fn last_told_again(told: Option<Date>, held: &Self, of_unit: Option<Date>) -> Option<Date> {
        match (held.valid_to, of_unit) {
            (Some(last), Some(end)) if (last <= end || !held.was_ever_held()) && told.is_none_or(|told| told > end) => {
                Some(if end < held.valid_from { last } else { end })
            }
            _ => told,
        }
    }
}

/// A UUID of version 8 (RFC 9562 §5.8) that says what something is known by.
pub(super) fn named_uuid(text: &str) -> String {
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&sha256(text.as_bytes())[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    uuid::Uuid::from_bytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn post(id: &str, primary: bool, follows: Option<&str>) -> Position {
        Position {
            id: PositionId(id.into()),
            unit: UnitId("u".into()),
            department: String::new(),
            title: "Chuyên viên".into(),
            kind: PositionKind::CongChuc,
            primary,
            decision_no: String::new(),
            delegated_by: None,
            follows: follows.map(|old| PositionId(old.into())),
            valid_from: date!(2025 - 07 - 01),
            valid_to: None,
        }
    }

    #[test]
    fn the_same_post_told_twice_is_one_post() {
        let (person, unit) = (PersonId("p".into()), UnitId("u".into()));
        let day = date!(2025 - 07 - 01);
        let one = Position::id_of(&person, &unit, "a", "bc", day);

        assert_eq!(one, Position::id_of(&person, &unit, "a", "bc", day));
        assert_ne!(one, Position::id_of(&person, &unit, "ab", "c", day));
        assert_ne!(one, Position::id_of(&person, &unit, "a", "bc", date!(2025 - 07 - 02)));
        assert!(crate::base::id::is_uuid(one.as_str()));
    }

    #[test]
    fn what_goes_on_from_a_post_on_a_day_is_one_post() {
        let day = date!(2025 - 07 - 01);
        let next = Position::following_id(&PositionId("a".into()), day);

        assert_eq!(next, Position::following_id(&PositionId("a".into()), day));
        assert_ne!(next, Position::following_id(&PositionId("b".into()), day));
        assert_ne!(next, Position::following_id(&PositionId("a".into()), date!(2025 - 07 - 02)));
        assert!(crate::base::id::is_uuid(next.as_str()));
    }

    #[test]
    fn a_post_that_goes_on_from_another_is_known_again_when_it_is_told() {
        let known = |told: &Position, held: &[Position]| Position::told_before(told, held.iter()).map(|held| held.id.0.clone());
        let told = post("told", true, None);
        let (beside, main) = (post("a", false, Some("x")), post("b", true, Some("y")));
        let elsewhere = Position { unit: UnitId("v".into()), ..main.clone() };

        assert_eq!(known(&told, &[beside.clone(), main.clone()]).as_deref(), Some("b"));
        assert_eq!(known(&told, &[beside, told.clone()]).as_deref(), Some("told"), "the same one comes first");
        assert_eq!(known(&told, &[post("c", true, None), elsewhere]), None, "alike, but nothing goes on in it, or elsewhere");
        let lent = Position { delegated_by: Some(PersonId("giver".into())), ..post("e", true, Some("y")) };
        assert_eq!(known(&told, &[lent]), None, "another person's, and not what is told");
        let taken_back = post("d", true, Some("z")).never_held();
        assert_eq!(known(&told, &[taken_back]), None, "it goes on from nothing any more");
    }

    #[test]
    fn a_post_that_ended_with_its_unit_is_not_opened_by_who_does_not_know_of_that() {
        let (end, later) = (date!(2026 - 12 - 31), date!(2027 - 05 - 31));
        let (earlier, never) = (date!(2026 - 05 - 31), date!(2025 - 06 - 30));
        let table = [
            ("ended with it", Some(end), None, Some(end), Some(end)),
            ("told beyond it", Some(end), Some(later), Some(end), Some(end)),
            ("told before it", Some(end), Some(earlier), Some(end), Some(earlier)),
            ("ended before it", Some(earlier), None, Some(end), Some(end)),
            ("held beyond it", Some(later), None, Some(end), None),
            ("open", None, Some(later), Some(end), Some(later)),
            ("the unit is open", Some(end), None, None, None),
            ("never held, and the unit was there", Some(never), None, Some(end), Some(end)),
            ("never held, and the unit was not", Some(never), None, Some(never), Some(never)),
        ];
        for (case, last, told, of_unit, expected) in table {
            let held = Position { valid_to: last, ..post("p", true, None) };
            assert_eq!(Position::last_told_again(told, &held, of_unit), expected, "{case}");
        }
    }
}
