//! The position of somebody in the unit that their old account belongs to now.

use super::scene::Account;
use crate::base::date::parse;
use crate::base::id::{PersonId, UnitId};
use crate::base::text::{fold, has_control, nfc};
use crate::model::legacy_account::AccountStatus;
use crate::model::position::{Position, PositionKind};
use crate::model::registry::Registry;
use crate::model::unit::Certainty;
use std::collections::HashMap;
use time::Date;

/// The longest title, in letters.
const LONGEST_TITLE: usize = 200;
/// Stands where a file says no title.
const NO_TITLE: &str = "Chưa rõ chức danh";

/// By what positions are made.
pub(super) struct Places {
    /// The units.
    pub(super) registry: std::sync::Arc<Registry>,
    /// The last day of which the data of each source tell.
    pub(super) as_of: HashMap<String, Date>,
    /// Today.
    pub(super) today: Date,
}

/// A position that an account gives its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Post {
    /// In which unit.
    pub(super) unit: UnitId,
    title: String,
    kind: PositionKind,
    from: Date,
    /// The first that its owner has.
    pub(super) primary: bool,
}

impl Post {
    /// The position of a person.
    pub(super) fn held_by(&self, person: &PersonId) -> Position {
        Position {
            id: Position::id_of(person, &self.unit, "", &self.title, self.from),
            unit: self.unit.clone(),
            department: String::new(),
            title: self.title.clone(),
            kind: self.kind,
            primary: self.primary,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: self.from,
            valid_to: None,
        }
    }
}

impl Places {
    /// The position that an account gives: none while its unit is in question, or when it could not be used any more.
    pub(super) fn post(&self, account: &Account) -> Option<Post> {
        let row = &account.row;
        let is_open = row.gone_at.is_none() && AccountStatus::read(&row.status) != AccountStatus::Disabled;
        if row.unit_decision != "mapped" || !is_open {
            return None;
        }
        let unit = self.registry.unit(&UnitId(row.unit_id.clone()?))?;
        let after = self.as_of.get(&row.source).copied().and_then(Date::next_day).unwrap_or(self.today);
        let from = unit.span.from.map_or(after, |first| first.max(after)).min(self.today);
        if unit.span.holds_on(from) == Certainty::No {
            return None;
        }
        let said: String = nfc(&row.title).chars().take(LONGEST_TITLE).collect();
        let title = if said.is_empty() || has_control(&said) { NO_TITLE.to_owned() } else { said };
        Some(Post { unit: unit.id.clone(), kind: kind_of(&title), title, from, primary: false })
    }
}

/// Files of old accounts have no column for it, so the title tells, and otherwise what most officials are.
fn kind_of(title: &str) -> PositionKind {
    let folded = format!(" {} ", fold(title));
    let has = |words: &[&str]| words.iter().any(|word| folded.contains(&format!(" {word} ")));
    if has(&["khong chuyen trach", "to truong", "truong khu pho", "truong ap"]) {
        PositionKind::KhongChuyenTrach
    } else if has(&["chu tich", "bi thu", "pho bi thu", "can bo"]) {
        PositionKind::CanBo
    } else if has(&["vien chuc", "bac si", "giao vien", "duoc si", "dieu duong"]) {
        PositionKind::VienChuc
    } else if has(&["hop dong", "lao dong", "bao ve", "lai xe", "tap vu"]) {
        PositionKind::NguoiLaoDong
    } else {
        PositionKind::CongChuc
    }
}

/// The date of birth of a row, where it can be one.
pub(super) fn born(text: Option<&str>) -> Option<Date> {
    text.and_then(parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_tells_what_kind_of_employment_it_is() {
        let table = [
            ("Chuyên viên", PositionKind::CongChuc),
            ("Phó Chủ tịch UBND", PositionKind::CanBo),
            ("Bí thư Đoàn", PositionKind::CanBo),
            ("Viên chức Trung tâm", PositionKind::VienChuc),
            ("Lái xe", PositionKind::NguoiLaoDong),
            ("Người hoạt động không chuyên trách", PositionKind::KhongChuyenTrach),
            (NO_TITLE, PositionKind::CongChuc),
        ];
        for (title, expected) in table {
            assert_eq!(kind_of(title), expected, "{title}");
        }
    }
}
