//! A crowd of officials whose names are spread as names in Vietnam are: few family names, fewer middle ones, and many
//! who share a given name. The same number is always the same person.

/// Family names, and how many of a thousand have each.
const FAMILY: [(&str, u64); 25] = [
    ("Nguyễn", 384),
    ("Trần", 121),
    ("Lê", 95),
    ("Phạm", 70),
    ("Huỳnh", 51),
    ("Phan", 45),
    ("Vũ", 39),
    ("Đặng", 21),
    ("Bùi", 20),
    ("Đỗ", 14),
    ("Hồ", 13),
    ("Ngô", 13),
    ("Dương", 10),
    ("Lý", 5),
    ("Võ", 30),
    ("Trịnh", 10),
    ("Đinh", 10),
    ("Mai", 9),
    ("Cao", 8),
    ("Thái", 8),
    ("Châu", 7),
    ("Quách", 6),
    ("Lưu", 5),
    ("Tống", 4),
    ("Ung", 2),
];
const MIDDLE: [(&str, u64); 14] = [
    ("Thị", 300),
    ("Văn", 230),
    ("Thanh", 70),
    ("Minh", 60),
    ("Ngọc", 60),
    ("Hoàng", 50),
    ("Quốc", 40),
    ("Đức", 40),
    ("Hữu", 30),
    ("Kim", 30),
    ("Thị Mỹ", 30),
    ("Thị Bích", 20),
    ("Thị Thu", 20),
    ("Phương", 20),
];
const GIVEN: [&str; 48] = [
    "An", "Anh", "Ánh", "Bình", "Chi", "Cường", "Dung", "Dũng", "Duyên", "Đạt", "Đức", "Giang", "Hà", "Hải", "Hạnh", "Hiền",
    "Hoa", "Hoàng", "Hùng", "Hương", "Khánh", "Khôi", "Lan", "Linh", "Long", "Mai", "Minh", "Nam", "Nga", "Ngọc", "Nhung",
    "Oanh", "Phúc", "Phương", "Quang", "Quân", "Sơn", "Tâm", "Thảo", "Thủy", "Trang", "Trung", "Tuấn", "Uyên", "Vân", "Vinh",
    "Vy", "Yến",
];
/// Titles, and how many of a thousand hold each.
const TITLES: [(&str, u64); 10] = [
    ("Chuyên viên", 420),
    ("Chuyên viên chính", 110),
    ("Công chức tư pháp - hộ tịch", 90),
    ("Công chức địa chính", 90),
    ("Văn thư", 80),
    ("Kế toán", 80),
    ("Cán bộ một cửa", 70),
    ("Trưởng phòng", 30),
    ("Phó Chủ tịch UBND", 20),
    ("Chủ tịch UBND", 10),
];

/// One of them.
pub(super) struct Somebody {
    pub(super) username: String,
    pub(super) full_name: String,
    pub(super) employee_code: String,
    pub(super) title: &'static str,
    /// Which unit, by its place.
    pub(super) unit: usize,
}

/// The person of a number; so many units there are.
pub(super) fn somebody(number: u64, units: usize) -> Somebody {
    let mut draw = Draw(number);
    let (family, middle) = (draw.weighted(&FAMILY), draw.weighted(&MIDDLE));
    let given = GIVEN[draw.below(GIVEN.len())];
    // A name that is nearly nobody's: what is rare is searched too.
    let rare = if number.is_multiple_of(2_000) { " Xuyến" } else { "" };
    Somebody {
        username: format!("can.bo.{number:07}"),
        full_name: format!("{family} {middle} {given}{rare}"),
        employee_code: format!("CB-{number:07}"),
        title: draw.weighted(&TITLES),
        unit: draw.below(units.max(1)),
    }
}

/// Numbers that look drawn by lot, and are always the same.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(1).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    fn weighted(&mut self, all: &[(&'static str, u64)]) -> &'static str {
        let whole: u64 = all.iter().map(|(_, weight)| weight).sum();
        let mut drawn = self.next() % whole.max(1);
        for (name, weight) in all {
            if drawn < *weight {
                return name;
            }
            drawn -= weight;
        }
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::person::Username;

    #[test]
    fn the_same_number_is_the_same_person_and_names_are_spread() {
        let crowd: Vec<Somebody> = (1..=2_000).map(|number| somebody(number, 168)).collect();
        assert_eq!(somebody(7, 168).full_name, crowd[6].full_name);
        let nguyen = crowd.iter().filter(|one| one.full_name.starts_with("Nguyễn ")).count();
        assert!((500..1_000).contains(&nguyen), "{nguyen}");
        assert!(crowd.iter().all(|one| one.unit < 168 && Username::parse(&one.username).is_ok()));
        assert_eq!(crowd.iter().filter(|one| one.full_name.ends_with("Xuyến")).count(), 1);
    }
}
