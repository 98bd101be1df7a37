//! Rules about the posts of a unit that is divided: who of them goes into which of its parts.
//!
//! A human makes a rule, and a decision stands behind it. It counts only where its unit is one of those that a post may go
//! into, and only for posts of which nobody has decided one by one.

use super::seats::Place;
use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::model::position::Position;

/// Everybody of a department, of a title, or who works at a place, goes into one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The unit that ends.
    pub from: UnitId,
    /// Only of this department.
    pub department: Option<String>,
    /// Only of this title.
    pub title: Option<String>,
    /// Only of departments that sit at this place.
    pub seat: Option<Place>,
    /// The unit in which they go on.
    pub to: UnitId,
    /// Number of the decision behind it.
    pub decision_no: String,
    /// Who made it.
    pub by: String,
}

impl Rule {
    /// True for a post of which the rule tells: case and accents do not matter, and words do not stand for others that they
    /// are a part of.
    pub fn matches(&self, position: &Position) -> bool {
        let fits = |wanted: Option<&String>, said: &str| wanted.is_none_or(|wanted| fold(wanted) == fold(said));
        position.unit == self.from
            && fits(self.department.as_ref(), &position.department)
            && fits(self.title.as_ref(), &position.title)
            && self.seat.as_ref().is_none_or(|place| place.holds(&position.department))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::people::stage::post;
    use crate::model::plan::seats::Seat;

    fn rule(department: Option<&str>, title: Option<&str>) -> Rule {
        Rule {
            from: UnitId("old".to_owned()),
            department: department.map(str::to_owned),
            title: title.map(str::to_owned),
            seat: None,
            to: UnitId("new".to_owned()),
            decision_no: "1/QĐ".to_owned(),
            by: "an".to_owned(),
        }
    }

    #[test]
    fn a_rule_tells_of_whole_words_and_of_its_unit_only() {
        let of_office =
            Position { department: "Văn phòng".to_owned(), title: "Chuyên viên".to_owned(), ..post("p", "old", None) };
        let elsewhere = Position { unit: UnitId("other".to_owned()), ..of_office.clone() };
        let table = [
            ("everybody", rule(None, None), true),
            ("the department", rule(Some("VĂN  PHONG"), None), true),
            ("the title", rule(None, Some("chuyên viên")), true),
            ("both", rule(Some("văn phòng"), Some("Chuyên Viên")), true),
            ("another department", rule(Some("Văn phòng Đảng ủy"), Some("Chuyên viên")), false),
            ("a part of a title", rule(None, Some("viên")), false),
            ("no department", rule(Some(""), None), false),
        ];
        for (case, rule, expected) in table {
            assert_eq!(rule.matches(&of_office), expected, "{case}");
            assert!(!rule.matches(&elsewhere), "{case}, in another unit");
        }
    }

    #[test]
    fn a_rule_by_seat_tells_of_the_departments_that_sit_there_and_of_no_others() {
        let seat = |department: &str, address: &str| Seat {
            department: department.to_owned(),
            address: address.to_owned(),
            by: "an".to_owned(),
        };
        let seats = [seat("Phòng Tư pháp", "12 đường A, Khu phố 3"), seat("", "Khu phố 30")];
        let by_seat = |words: &str, title| Rule { seat: Some(Place::of(words, &seats)), ..rule(None, title) };
        let of = |department: &str| Position {
            department: department.to_owned(),
            title: "Chuyên viên".to_owned(),
            ..post("p", "old", None)
        };
        let table = [
            ("it sits there", by_seat("khu pho 3", None), "Phòng tư pháp", true),
            ("the title too", by_seat("Khu phố 3", Some("chuyên viên")), "Phòng Tư pháp", true),
            ("another title", by_seat("Khu phố 3", Some("Kế toán")), "Phòng Tư pháp", false),
            ("it sits elsewhere", by_seat("Khu phố 30", None), "Phòng Tư pháp", false),
            ("its unit sits there", by_seat("Khu phố 30", None), "Văn phòng", true),
            ("its unit sits elsewhere", by_seat("Khu phố 3", None), "Văn phòng", false),
            ("no department", by_seat("Khu phố 30", None), "", true),
            ("nobody told of a seat", Rule { seat: Some(Place::of("Khu phố 3", &[])), ..rule(None, None) }, "Văn phòng", false),
        ];
        for (case, rule, department, expected) in table {
            assert_eq!(rule.matches(&of(department)), expected, "{case}");
            let elsewhere = Position { unit: UnitId("other".to_owned()), ..of(department) };
            assert!(!rule.matches(&elsewhere), "{case}, in another unit");
        }
    }
}
