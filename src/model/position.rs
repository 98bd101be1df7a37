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
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&sha256(text.as_bytes())[..16]);
        // Version 8 and the variant of RFC 9562 §5.8.
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        PositionId(uuid::Uuid::from_bytes(bytes).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

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
}
