//! Messy populations with known truth: who people are, and how three old systems wrote them down.
//!
//! A household is a person with all their accounts and, at times, a second
//! person who is easily taken for the first: a namesake of the same birthday,
//! a colleague under the same number, somebody whose name is theirs but for the
//! accents under the same number, or somebody whose number one wrong digit makes
//! theirs. The same seed makes the same population, one household at a time.
//!
//! Here belongs who people are and what is written of them. What matching has
//! to answer is told in `class`, and to which unit accounts belong in `places`.

use super::class::{Class, birth, class, plain, valid, without_accents};
use unicode_normalization::UnicodeNormalization as _;

/// A row as an old system wrote it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The source.
    pub source: &'static str,
    /// Its key there.
    pub legacy_id: String,
    /// The full name.
    pub full_name: String,
    /// The date of birth.
    pub date_of_birth: String,
    /// The personal number.
    pub personal_number: String,
    /// The e-mail address.
    pub email: String,
    /// The telephone number.
    pub phone: String,
    /// Who it really is.
    pub truth: u64,
    /// What has to be answered.
    pub class: Class,
}

/// The households of a seed, one after another.
pub struct Population {
    draw: Draw,
    /// Persons so far, and in all.
    next: u64,
    persons: u64,
}

impl Population {
    /// Numbers are given out to so many persons.
    pub const MOST: u64 = 100_000 * PLACES.len() as u64;

    /// So many persons, and never more than [`Population::MOST`].
    pub fn new(seed: u64, persons: u64) -> Self {
        Self { draw: Draw(seed), next: 0, persons: persons.min(Self::MOST) }
    }
}

impl Iterator for Population {
    type Item = Vec<Row>;

    fn next(&mut self) -> Option<Vec<Row>> {
        if self.next >= self.persons {
            return None;
        }
        let draw = &mut self.draw;
        let first = Somebody::new(self.next, draw);
        let mut rows = accounts(&first, draw);
        self.next += 1;
        if self.next < self.persons && draw.in_thousand(40) {
            let mut second = Somebody::new(self.next, draw);
            self.next += 1;
            match draw.below(10) {
                0..4 => {
                    second.name = first.name.clone();
                    second.birth = first.birth;
                    second.number = second.number_of(second.birth);
                    rows.extend(accounts(&second, draw));
                }
                4 | 5 => {
                    // Under the first one's number, with a name that folds to theirs.
                    second.be_like(&first);
                    second.number = second.number_of(second.birth);
                    let others = mistaken(&first, &rows, accounts(&second, draw));
                    rows.extend(others);
                }
                6 | 7 => {
                    // Another number by one digit, which somebody got wrong; the names fold to one, or do not.
                    if draw.in_thousand(500) {
                        second.be_like(&first);
                    } else {
                        second.birth = first.other_birth();
                    }
                    second.number = first.neighbour();
                    let others = mistaken(&first, &rows, accounts(&second, draw));
                    rows.extend(others);
                }
                _ if plain(&second.name.join(" ")) != plain(&first.name.join(" ")) => {
                    let mut others = accounts(&second, draw);
                    others[0].personal_number = first.number.clone();
                    rows.extend(others);
                }
                _ => {}
            }
        }
        let classes: Vec<Class> = (0..rows.len()).map(|place| class(place, &rows)).collect();
        for (row, class) in rows.iter_mut().zip(classes) {
            row.class = class;
        }
        Some(rows)
    }
}

/// SplitMix64.
pub struct Draw(pub u64);

impl Draw {
    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or_default() % limit
    }

    /// True so many times in a thousand.
    pub fn in_thousand(&mut self, share: usize) -> bool {
        self.below(1_000) < share
    }

    fn one_of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }

    /// Puts things into another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for place in (1..things.len()).rev() {
            things.swap(place, self.below(place + 1));
        }
    }
}

/// The old systems: of Bình Dương, of Bà Rịa - Vũng Tàu, of the old city.
pub const SOURCES: [&str; 3] = ["binh-duong", "vung-tau", "tp-cu"];
/// Family names, the common ones as often as they are common.
const FAMILY: &str = "Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Trần Trần Trần Lê Lê Lê Phạm Phạm Huỳnh \
                      Hoàng Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Trịnh Mai Cao Thái Châu Quách Lưu Tống Tạ Hà Lâm";
const MEN: &str = "Văn Văn Văn Hữu Đức Quốc Minh Thanh Công Ngọc Hoàng Xuân Đình Trọng Bá Gia";
const WOMEN: &str = "Thị Thị Thị Ngọc Thanh Kim Bích Thu Mỹ Phương Hồng Minh Diệu Như Tuyết Quỳnh";
const GIVEN: &str = "An Anh Ánh Ân Bảo Bình Chi Châu Cường Dung Dũng Duy Duyên Đạt Đông Đức Giang Hà Hải Hạnh Hảo Hậu \
                     Hiền Hiếu Hoa Hoà Hoài Hùng Huệ Huy Hương Khánh Khoa Kiệt Lan Lâm Liên Linh Loan Lộc Long Ly Mai \
                     Minh My Nam Nga Ngân Nghĩa Nhàn Nhung Oanh Phát Phúc Phụng Phương Quân Quang Quý Quyên Sơn Sỹ Tài \
                     Tâm Tân Thảo Thắng Thành Thạnh Thịnh Thoa Thu Thuý Thuỷ Tiến Toàn Trang Trí Trinh Trung Tú Tuấn Tùng \
                     Tuyền Uyên Vân Việt Vinh Vy Xuân Ý Yến";
/// Where births were registered; people are given their numbers by it.
const PLACES: [u64; 12] = [79, 74, 77, 75, 72, 80, 82, 83, 86, 87, 89, 92];

struct Somebody {
    truth: u64,
    /// Family name, middle names, given name.
    name: Vec<String>,
    woman: bool,
    birth: Birth,
    number: String,
    old_number: String,
}

/// Day, month, year.
pub(super) type Birth = (u64, u64, u64);

impl Somebody {
    fn new(truth: u64, draw: &mut Draw) -> Self {
        let word = |draw: &mut Draw, list: &str| draw.one_of(&list.split_whitespace().collect::<Vec<_>>()).to_owned();
        let woman = draw.in_thousand(500);
        let mut name = vec![word(draw, FAMILY), word(draw, if woman { WOMEN } else { MEN })];
        if draw.in_thousand(350) {
            name.push(word(draw, GIVEN));
        }
        name.push(word(draw, GIVEN));
        let birth = (1 + draw.below(28) as u64, 1 + draw.below(12) as u64, 1963 + draw.below(42) as u64);
        let old_number = format!("2{:08}", truth % 100_000_000);
        let mut somebody = Self { truth, name, woman, birth, number: String::new(), old_number };
        somebody.number = somebody.number_of(birth);
        somebody
    }

    /// Takes a name that is another's but for its accents, and another birthday of the same year.
    fn be_like(&mut self, other: &Self) {
        const TWINS: [(&str, &str); 7] =
            [("Thuý", "Thuỷ"), ("Thành", "Thạnh"), ("Hà", "Hạ"), ("Tú", "Tư"), ("Hoà", "Hoá"), ("Bảo", "Bão"), ("Linh", "Lĩnh")];
        self.name.clone_from(&other.name);
        if let Some(given) = self.name.last_mut() {
            let twin = TWINS.iter().find_map(|(one, other)| match given.as_str() {
                name if name == *one => Some(*other),
                name if name == *other => Some(*one),
                _ => None,
            });
            // A name without a twin is the same, and the birthday alone tells.
            if let Some(twin) = twin {
                twin.clone_into(given);
            }
        }
        self.birth = other.other_birth();
    }

    /// Another day of the same month, whichever way day and month are written.
    fn other_birth(&self) -> Birth {
        let (day, month, year) = self.birth;
        (if day <= 14 { day + 14 } else { day - 14 }, month, year)
    }

    /// A number of the same place, sex and year that differs by one digit and is nobody's else: the sum tells.
    fn neighbour(&self) -> String {
        let turned = |byte: u8| b'0' + (byte - b'0' + 5) % 10;
        let letters = self.number.bytes().enumerate().map(|(place, byte)| if place == 9 { turned(byte) } else { byte });
        letters.map(char::from).collect()
    }

    /// Place, century and sex, year, five digits that nobody else has in that place, and one that makes the sum of all
    /// a multiple of ten: with one wrong digit it is nobody's.
    fn number_of(&self, (_, _, year): Birth) -> String {
        let place = PLACES[usize::try_from(self.truth / 100_000).unwrap_or_default() % PLACES.len()];
        let century = (year / 100 - 19) * 2 + u64::from(self.woman);
        let begun = format!("{place:03}{century}{:02}{:05}", year % 100, self.truth % 100_000);
        let sum: u64 = begun.bytes().map(|byte| u64::from(byte - b'0')).sum();
        format!("{begun}{}", (10 - sum % 10) % 10)
    }
}

/// The accounts of somebody, one of which says the number of another person: only where what both wrote contradicts, so
/// that a reader could know. What agrees in all that is written cannot be told apart by anybody.
fn mistaken(first: &Somebody, rows: &[Row], mut others: Vec<Row>) -> Vec<Row> {
    let has_birth = |row: &&mut Row| birth(row).is_some();
    let is_dated = rows.iter().any(|row| valid(row).as_ref() == Some(&first.number) && birth(row).is_some());
    if let Some(row) = others.iter_mut().find(has_birth).filter(|_| is_dated) {
        row.personal_number = first.number.clone();
    }
    others
}

/// The accounts of one person: in one source or several, at times two in one.
fn accounts(owner: &Somebody, draw: &mut Draw) -> Vec<Row> {
    let first = draw.below(3);
    let count = [1, 1, 1, 1, 2, 2, 2, 2, 3, 3][draw.below(10)];
    let mut sources: Vec<&'static str> = (0..count).map(|place| SOURCES[(first + place) % 3]).collect();
    if draw.in_thousand(15) {
        sources.push(sources[0]);
    }
    sources.into_iter().enumerate().map(|(place, source)| written(owner, source, place, draw)).collect()
}

/// One account, as messy as they are.
fn written(owner: &Somebody, source: &'static str, place: usize, draw: &mut Draw) -> Row {
    let office = draw.below(300);
    let shared = draw.in_thousand(250);
    let own = format!("{}.{}", plain(&owner.name.join(" ")).replace(' ', "."), owner.truth);
    Row {
        source,
        legacy_id: format!("{:07}-{place}", owner.truth),
        full_name: written_name(&owner.name, draw),
        date_of_birth: written_birth(owner.birth, draw),
        personal_number: written_number(owner, draw),
        email: if shared { format!("vanthu.{office}@vi-du.vn") } else { format!("{own}@vi-du.vn") },
        phone: if shared { format!("0274 3822 {office:03}") } else { format!("09{:08}", owner.truth) },
        truth: owner.truth,
        class: Class::Alone,
    }
}

fn written_name(name: &[String], draw: &mut Draw) -> String {
    let mut words = name.to_vec();
    if draw.in_thousand(40) {
        words.rotate_right(1);
    }
    let whole = words.join(if draw.in_thousand(20) { "  " } else { " " });
    match draw.below(20) {
        0..3 => without_accents(&whole),
        3 => whole.nfd().collect(),
        4 => whole.to_uppercase(),
        5 => whole.replace("oà", "òa").replace("uý", "úy").replace("uỷ", "ủy"),
        6 => whole.replace("Lý", "Lí").replace("Mỹ", "Mĩ").replace("Sỹ", "Sĩ").replace("Quý", "Quí"),
        _ => whole,
    }
}

fn written_birth((day, month, year): Birth, draw: &mut Draw) -> String {
    match draw.below(50) {
        0..4 => String::new(),
        4 | 5 if day <= 12 => format!("{month:02}/{day:02}/{year}"),
        6..20 => format!("{year}-{month:02}-{day:02}"),
        _ => format!("{day:02}/{month:02}/{year}"),
    }
}

fn written_number(owner: &Somebody, draw: &mut Draw) -> String {
    let number = &owner.number;
    match draw.below(100) {
        0..6 => String::new(),
        6..9 => owner.old_number.clone(),
        9 | 10 => number.trim_start_matches('0').to_owned(),
        11 | 12 => {
            let wrong = draw.below(12);
            let turned = |byte: u8| b'0' + (byte - b'0' + 3) % 10;
            let letters = number.bytes().enumerate().map(|(place, byte)| if place == wrong { turned(byte) } else { byte });
            letters.map(char::from).collect()
        }
        13..18 => format!("{} {} {} {}", &number[..3], &number[3..6], &number[6..9], &number[9..]),
        _ => number.clone(),
    }
}
