//! An administrative unit: an immutable identity whose codes, names and parents are dated.
//!
//! Codes and names are reused over time, so neither says which unit is meant
//! without a date.

use crate::base::id::UnitId;
use time::Date;

/// What kind of unit it is. The text forms are those of the unit files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Thành phố trực thuộc trung ương.
    ThanhPhoTw,
    /// Tỉnh.
    Tinh,
    /// Quận (to 2025-06-30).
    Quan,
    /// Huyện (to 2025-06-30).
    Huyen,
    /// Thành phố of a province or of a city (to 2025-06-30).
    ThanhPho,
    /// Thị xã (to 2025-06-30).
    ThiXa,
    /// Phường.
    Phuong,
    /// Xã.
    Xa,
    /// Thị trấn (to 2025-06-30).
    ThiTran,
    /// Đặc khu (from 2025-07-01).
    DacKhu,
}

impl UnitKind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ThanhPhoTw,
        Self::Tinh,
        Self::Quan,
        Self::Huyen,
        Self::ThanhPho,
        Self::ThiXa,
        Self::Phuong,
        Self::Xa,
        Self::ThiTran,
        Self::DacKhu,
    ];

    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ThanhPhoTw => "thanh_pho_tw",
            Self::Tinh => "tinh",
            Self::Quan => "quan",
            Self::Huyen => "huyen",
            Self::ThanhPho => "thanh_pho",
            Self::ThiXa => "thi_xa",
            Self::Phuong => "phuong",
            Self::Xa => "xa",
            Self::ThiTran => "thi_tran",
            Self::DacKhu => "dac_khu",
        }
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The kind that an official name begins with. A bare `Thành phố` is one
    /// within a province: only a list says which is governed centrally.
    pub fn of_name(name: &str) -> Option<Self> {
        const PREFIXES: [(&str, UnitKind); 9] = [
            ("Phường ", UnitKind::Phuong),
            ("Xã ", UnitKind::Xa),
            ("Thị trấn ", UnitKind::ThiTran),
            ("Đặc khu ", UnitKind::DacKhu),
            ("Quận ", UnitKind::Quan),
            ("Huyện ", UnitKind::Huyen),
            ("Thị xã ", UnitKind::ThiXa),
            ("Thành phố ", UnitKind::ThanhPho),
            ("Tỉnh ", UnitKind::Tinh),
        ];
        PREFIXES.into_iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, kind)| kind)
    }

    /// 1 for a province, 2 for a district, 3 for a commune.
    pub fn level(self) -> u8 {
        match self {
            Self::ThanhPhoTw | Self::Tinh => 1,
            Self::Quan | Self::Huyen | Self::ThanhPho | Self::ThiXa => 2,
            Self::Phuong | Self::Xa | Self::ThiTran | Self::DacKhu => 3,
        }
    }
}

/// Whether something held on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// It did not.
    No,
    /// What is known does not tell.
    Maybe,
    /// It did.
    Yes,
}

/// When something held, as far as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// First day; `None` is an unknown start.
    pub from: Option<Date>,
    /// Last day, inclusive; `None` is open, unless `ended_by` is given.
    pub to: Option<Date>,
    /// Certainly gone before this day, while the last day is unknown.
    pub ended_by: Option<Date>,
}

impl Span {
    /// From a day on, open.
    pub fn since(from: Date) -> Self {
        Self { from: Some(from), ..Self::default() }
    }

    /// From an unknown day to a last day.
    pub fn until(to: Date) -> Self {
        Self { to: Some(to), ..Self::default() }
    }

    /// From an unknown day to an unknown day before `gone`.
    pub fn gone_by(gone: Date) -> Self {
        Self { ended_by: Some(gone), ..Self::default() }
    }

    /// Whether it held on a day.
    pub fn holds_on(&self, on: Date) -> Certainty {
        let before = self.from.is_some_and(|from| on < from);
        let after = self.to.is_some_and(|to| on > to) || self.ended_by.is_some_and(|gone| on >= gone);
        if before || after {
            return Certainty::No;
        }
        let begun = self.from.is_some() || self.to == Some(on);
        let not_ended = !self.end_is_unknown() || self.from == Some(on);
        if begun && not_ended { Certainty::Yes } else { Certainty::Maybe }
    }

    /// True when it ended on a day that nobody knows.
    pub fn end_is_unknown(&self) -> bool {
        self.to.is_none() && self.ended_by.is_some()
    }

    /// True when there may be a day on which both held.
    pub fn overlaps(&self, other: &Self) -> bool {
        let first = |span: &Self| span.from.unwrap_or(Date::MIN);
        let last = |span: &Self| span.to.or_else(|| span.ended_by.and_then(Date::previous_day)).unwrap_or(Date::MAX);
        first(self) <= last(other) && first(other) <= last(self)
    }
}

/// A code in a scheme, while it held.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatedCode {
    /// The scheme, such as `gso` or `agency`.
    pub scheme: String,
    /// The code: text, never a number.
    pub code: String,
    /// When it held.
    pub span: Span,
}

/// What a name is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameUsage {
    /// The name on papers.
    Official,
    /// Another spelling seen in sources.
    Variant,
}

impl NameUsage {
    /// The text form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Official => "official",
            Self::Variant => "variant",
        }
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Official, Self::Variant].into_iter().find(|usage| usage.as_str() == text)
    }
}

/// A name, while it held.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatedName {
    /// The name with its kind as prefix, in NFC.
    pub name: String,
    /// Official or a variant.
    pub usage: NameUsage,
    /// When it held.
    pub span: Span,
}

/// The unit above, while it was above.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DatedParent {
    /// The unit above.
    pub parent: UnitId,
    /// When it was.
    pub span: Span,
}

/// One unit through its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its identity, for ever.
    pub id: UnitId,
    /// What it is. A unit that becomes another kind becomes another unit.
    pub kind: UnitKind,
    /// When it existed.
    pub span: Span,
    /// Its codes.
    pub codes: Vec<DatedCode>,
    /// Its names.
    pub names: Vec<DatedName>,
    /// The units above it.
    pub parents: Vec<DatedParent>,
}

impl Unit {
    /// True when the unit ever had this official name.
    pub fn was_called(&self, name: &str) -> bool {
        self.names.iter().any(|known| known.usage == NameUsage::Official && known.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_span_says_no_more_than_is_known() {
        let (start, end) = (date!(2025 - 07 - 01), date!(2025 - 06 - 30));
        let table = [
            (Span::since(start), end, Certainty::No),
            (Span::since(start), start, Certainty::Yes),
            (Span::until(end), start, Certainty::No),
            (Span::until(end), end, Certainty::Yes),
            (Span::until(end), date!(2020 - 01 - 01), Certainty::Maybe),
            (Span::gone_by(end), end, Certainty::No),
            (Span::gone_by(end), date!(2025 - 06 - 29), Certainty::Maybe),
            (Span { from: Some(end), to: None, ended_by: Some(date!(2025 - 12 - 01)) }, end, Certainty::Yes),
            (Span { from: Some(end), to: None, ended_by: Some(date!(2025 - 12 - 01)) }, start, Certainty::Maybe),
        ];
        for (span, on, expected) in table {
            assert_eq!(span.holds_on(on), expected, "{span:?} on {on}");
        }
    }

    #[test]
    fn spans_that_touch_no_common_day_do_not_overlap() {
        let (start, end) = (date!(2025 - 07 - 01), date!(2025 - 06 - 30));
        assert!(!Span::until(end).overlaps(&Span::since(start)));
        assert!(!Span::gone_by(start).overlaps(&Span::since(start)));
        assert!(Span::until(start).overlaps(&Span::since(start)));
        assert!(Span::until(end).overlaps(&Span::gone_by(end)));
    }

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for kind in UnitKind::ALL {
            assert_eq!(UnitKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(UnitKind::of_name("Thị xã Bến Cát"), Some(UnitKind::ThiXa));
        assert_eq!(UnitKind::of_name("Sài Gòn"), None);
    }
}
