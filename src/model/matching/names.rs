//! Whether two names are one.

use crate::model::legacy_account::FoldedName;

/// How two names agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameAgreement {
    /// The same words with the same accents.
    Same,
    /// The same words; one of both has no accents at all, and may have lost them.
    Plain,
    /// The same words but for their accents, which both have: `Thúy` and `Thủy`.
    AccentsDiffer,
    /// Other words.
    Differs,
    /// One of both has no name.
    Unknown,
}

/// Compares two names, whatever the order of their words.
pub(super) fn compare(one: &FoldedName, other: &FoldedName) -> NameAgreement {
    if one.is_empty() || other.is_empty() {
        return NameAgreement::Unknown;
    }
    if one.sorted() != other.sorted() {
        return NameAgreement::Differs;
    }
    match (one.marked(), other.marked()) {
        (Some(marked), Some(others)) if marked != others => NameAgreement::AccentsDiffer,
        (Some(_), Some(_)) | (None, None) => NameAgreement::Same,
        (Some(_), None) | (None, Some(_)) => NameAgreement::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_by_their_words_and_their_accents() {
        let table = [
            ("Nguyễn Thị Thuý", "NGUYỄN THỊ THÚY", NameAgreement::Same),
            ("Nguyễn Thị Thúy", "Thúy Nguyễn Thị", NameAgreement::Same),
            ("Cao Minh Anh", "cao minh anh", NameAgreement::Same),
            ("Nguyễn Thị Thúy", "nguyen thi thuy", NameAgreement::Plain),
            ("Nguyễn Thị Thúy", "Thuy Nguyen Thi", NameAgreement::Plain),
            ("Nguyễn Thị Thúy", "Nguyễn Thị Thủy", NameAgreement::AccentsDiffer),
            ("Nguyễn Văn Thanh", "Nguyễn Văn Thạnh", NameAgreement::AccentsDiffer),
            ("Nguyễn Thị Thúy", "Ng. Thị Thúy", NameAgreement::Differs),
            ("Nguyễn Thị Thúy", "Nguyễn Thúy", NameAgreement::Differs),
            ("Nguyễn Thị Thúy", "", NameAgreement::Unknown),
        ];
        for (one, other, expected) in table {
            let (one, other) = (FoldedName::read(one), FoldedName::read(other));
            assert_eq!(compare(&one, &other), expected, "{} and {}", one.shown(), other.shown());
            assert_eq!(compare(&other, &one), expected, "{} and {}", other.shown(), one.shown());
        }
    }
}
