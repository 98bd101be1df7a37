//! The rules, one row a password.

use super::Complaint::{AboutThePerson, ControlCharacter, NoDigit, NoLower, NoOther, NoUpper, TooCommon, TooLong};
use super::*;
use crate::base::clock::Millis;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::person::Person;
use crate::model::position::{Position, PositionKind};
use crate::model::registry::Registry;
use crate::model::unit::{DatedName, NameUsage, Span, Unit, UnitKind};
use std::collections::BTreeMap;
use time::macros::date;

const SHORT: Complaint = Complaint::TooShort { least: 12 };

const AROUND: [&str; 21] = [
    "Nguyễn Thị Kim Ngân",
    "Nguyễn",
    "Kim",
    "Ngân",
    "KimNgân",
    "NgânNTK",
    "kimngan.ntk",
    "kimngan",
    "03/02/1980",
    "1980",
    "0903123456",
    "Phường Thủ Dầu Một",
    "Thủ Dầu Một",
    "TDM",
    "Hồ Chí Minh",
    "TP HCM",
    "HCM",
    "Sài Gòn",
    "UBND",
    "motlan",
    "một lần",
];

fn judged(policy: PasswordPolicy, candidate: &str) -> Vec<Complaint> {
    policy.judge(candidate, &AROUND).err().unwrap_or_default()
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let table: &[(&str, &[Complaint])] = &[
        ("Con mèo trèo cây cau 7 lần", &[]),
        ("Hôm nay trời mưa to 9 giờ", &[]),
        ("Tôi uống 2 ly cà phê sữa đá", &[]),
        ("Xk7#pQ2vLm9!", &[]),
        ("Ngân thích ăn phở lúc 6 giờ!", &[]),
        ("Sẽ đổi mật khẩu vào tháng 5", &[]),
        ("", &[SHORT, NoLower, NoUpper, NoDigit, NoOther, TooCommon]),
        ("a", &[SHORT, NoUpper, NoDigit, NoOther, TooCommon]),
        ("Xk7#pQ2vLm9", &[SHORT]),
        ("xk7#pq2vlm9!", &[NoUpper]),
        ("XK7#PQ2VLM9!", &[NoLower]),
        ("Xka#pQbvLmc!", &[NoDigit]),
        ("Xk7apQ2vLm9b", &[NoOther]),
        ("ĐẶNG ĐÌNH QUỶ 7 KHOÈO!", &[NoLower]),
        ("đặng đình quỷ 7 khoèo!", &[NoUpper]),
        ("ắằẳẵặ ờởỡợ Ữ 7 quỷ khoèo", &[]),
        ("mật khẩu rất dài 1", &[NoUpper]),
        ("một mật khẩu khác, cũng dài", &[NoUpper, NoDigit]),
        ("another long pass phrase 2", &[NoUpper]),
        ("Tphcm@2025", &[SHORT, TooCommon, AboutThePerson]),
        ("Matkhau@123456", &[TooCommon]),
        ("Mật Khẩu@123456", &[TooCommon]),
        ("P@ssw0rd2025!!", &[TooCommon]),
        ("M@tKh@u123456", &[TooCommon]),
        ("Hcm@12345678", &[TooCommon, AboutThePerson]),
        ("Anhyeuem@1234567", &[TooCommon]),
        ("Abc@1234567890", &[TooCommon]),
        ("Qwerty@123456789", &[TooCommon]),
        ("Ubnd@phuong2025", &[TooCommon, AboutThePerson]),
        ("Vietnam@30041975", &[TooCommon]),
        ("CongChuc@Ubnd2026", &[TooCommon]),
        ("aaaaaaaaaaaaA1!", &[TooCommon]),
        ("ạạạạạạạạạạạạẠ1!", &[TooCommon]),
        ("😀😀😀😀😀😀😀😀😀aA1", &[TooCommon]),
        ("aB1!aB1!aB1!aB1!", &[TooCommon]),
        ("!!!!!!!!!!!!Aa1", &[TooCommon]),
        ("KimNgan@1980!!", &[AboutThePerson]),
        ("Nguyễn Thị Kim Ngân 1980", &[AboutThePerson]),
        ("N.g.u.y.e.n Thi 1980", &[AboutThePerson]),
        ("Ng@n030219801980", &[AboutThePerson]),
        ("Kimngan0903123456@", &[AboutThePerson]),
        ("Kim-Ngan-Kim-Ngan-1", &[AboutThePerson]),
        ("Thủ Dầu Một 2026", &[TooCommon, AboutThePerson]),
        ("ThuDauMot#2026", &[TooCommon, AboutThePerson]),
        ("Saigon@Saigon2025", &[TooCommon, AboutThePerson]),
        ("Motlan@motlan2025", &[TooCommon, AboutThePerson]),
        ("Th@nhPh0H0Ch1M1nh", &[TooCommon]),
        ("１２３ Con Mèo Đen Ngủ", &[]),
        ("Ｃｏｎ\u{3000}ｍèｏ\u{3000}ｔｒèｏ\u{3000}ｃâｙ\u{3000}７", &[]),
        ("Мой кот ест 3 рыбы!", &[]),
        ("我的猫每天吃三条鱼Aa1", &[]),
        ("مرحبا بالعالم Aa1!", &[]),
        ("🐈 trèo 🌳 cau 7 Lần", &[]),
        ("👨\u{200d}👩\u{200d}👧 đi Chợ 7 Lần nhé", &[]),
        ("Con mèo trèo\u{200f} cây cau 7", &[ControlCharacter]),
        ("Con mèo\ttrèo cây cau 7", &[ControlCharacter]),
        ("\u{feff}Con mèo trèo cây cau 7", &[ControlCharacter]),
        ("Con mèo trèo cây cau 7\u{200b}", &[ControlCharacter]),
        ("Con mèo trèo cây cau 7\n", &[ControlCharacter]),
        ("Con me\u{300}o tre\u{300}o ca\u{302}y cau 7 la\u{302}\u{300}n", &[]),
    ];
    for (candidate, expected) in table {
        assert_eq!(judged(PasswordPolicy::default(), candidate), *expected, "{candidate:?}");
    }
}

#[test]
fn two_hundred_and_fifty_six_bytes_are_counted_in_the_form_that_is_hashed() {
    let sentence = "Con mèo trèo cây cau 7 lần ";
    let filled = |bytes: usize| format!("{sentence}{}", "x".repeat(bytes - sentence.len()));
    let accents = |count: usize| format!("Con mèo 7 {}", "ậ".repeat(count));
    let typed_apart = |count: usize| format!("Con mèo 7 {}", "a\u{323}\u{302}".repeat(count));
    let table = [
        ("256 bytes", filled(256), true),
        ("257 bytes", filled(257), false),
        ("254 bytes in 91 characters", accents(81), true),
        ("257 bytes in 92 characters", accents(82), false),
        ("411 bytes that become 251", typed_apart(80), true),
        ("10,000 characters", filled(10_000), false),
        ("10,000 characters, one for all", "a".repeat(10_000), false),
    ];
    for (case, candidate, fine) in table {
        let expected = if fine { vec![] } else { vec![TooLong] };
        assert_eq!(judged(PasswordPolicy::default(), &candidate), expected, "{case}");
        assert_eq!(fits(&candidate), fine, "{case}");
    }
    let swelling = format!("Con mèo 7 {}", "\u{fdfa}".repeat(20));
    assert_eq!(judged(PasswordPolicy::default(), &swelling), [TooLong], "71 bytes that become 671");
}

#[test]
fn each_rule_is_a_setting() {
    let plain = PasswordPolicy {
        min_length: 8,
        require_lower: false,
        require_upper: false,
        require_digit: false,
        require_other: false,
        min_score: 0,
        history: 0,
        administrators_days: 0,
    };
    let table = [
        ("nothing is asked but eight characters", plain, "chuonggio", vec![]),
        ("eight characters", plain, "chuongg", vec![Complaint::TooShort { least: 8 }]),
        ("a small letter", PasswordPolicy { require_lower: true, ..plain }, "CHUONGGIO", vec![NoLower]),
        ("a capital letter", PasswordPolicy { require_upper: true, ..plain }, "chuonggio", vec![NoUpper]),
        ("a digit", PasswordPolicy { require_digit: true, ..plain }, "chuonggio", vec![NoDigit]),
        ("another sign", PasswordPolicy { require_other: true, ..plain }, "chuonggio", vec![NoOther]),
        ("the list counts without the estimate", plain, "matkhau2025", vec![TooCommon]),
        ("and what is known of the person", plain, "Kimngan1980", vec![AboutThePerson]),
        ("the estimate", PasswordPolicy { min_score: 3, ..plain }, "bananas1", vec![TooCommon]),
        ("what nobody sees is never taken", plain, "chuong\u{200b}gio", vec![ControlCharacter]),
    ];
    for (case, policy, candidate, expected) in table {
        assert_eq!(judged(policy, candidate), expected, "{case}");
    }
}

#[test]
fn rules_that_cannot_be_are_refused() {
    let default = PasswordPolicy::default();
    let table = [
        (default, None),
        (PasswordPolicy { min_length: 7, ..default }, Some("min_length")),
        (PasswordPolicy { min_length: 65, ..default }, Some("min_length")),
        (PasswordPolicy { min_score: 5, ..default }, Some("min_score")),
        (PasswordPolicy { history: -1, ..default }, Some("history")),
        (PasswordPolicy { history: 25, ..default }, Some("history")),
    ];
    for (policy, expected) in table {
        let refused = policy.refuse();
        assert_eq!(refused.is_some(), expected.is_some(), "{policy:?}");
        assert!(expected.is_none_or(|word| refused.is_some_and(|sentence| sentence.contains(word))), "{policy:?}");
    }
}

#[test]
fn what_looks_the_same_is_one_password() {
    let table = [
        ("Ｍật\u{3000}khẩu\u{3000}１", "Mật khẩu 1"),
        ("Ma\u{323}\u{302}t kha\u{302}\u{309}u", "Mật khẩu"),
        ("M\u{1ead}t\u{a0}kh\u{1ea9}u", "Mật khẩu"),
        (" trước và sau ", " trước và sau "),
        ("Mật khẩu", "Mật khẩu"),
    ];
    for (typed, expected) in table {
        assert_eq!(normalised(typed), expected, "{typed}");
    }
    assert_ne!(normalised("mật khẩu"), normalised("mat khau"), "accents count");
    assert_ne!(normalised("Mật khẩu"), normalised("mật khẩu"), "and so does case");
}

fn ngan() -> (Person, Registry) {
    let unit = Unit {
        id: UnitId("u".into()),
        kind: UnitKind::Phuong,
        span: Span::default(),
        codes: vec![],
        names: vec![DatedName { name: "Phường Bình Hưng Hòa".into(), usage: NameUsage::Official, span: Span::default() }],
        parents: vec![],
    };
    let position = Position {
        id: PositionId("p".into()),
        unit: unit.id.clone(),
        department: "Phòng Kinh tế, Hạ tầng và Đô thị".into(),
        title: "Chuyên viên".into(),
        kind: PositionKind::CongChuc,
        primary: true,
        decision_no: String::new(),
        delegated_by: None,
        follows: None,
        valid_from: date!(2025 - 07 - 01),
        valid_to: None,
    };
    let person = Person {
        id: PersonId("n".into()),
        username: "kimngan.bt".into(),
        full_name: "Bùi Thị Kim Ngân".into(),
        date_of_birth: Some(date!(1973 - 03 - 04)),
        email: Some("bongbay73@vi-du.vn".into()),
        phone: Some("0900001259".into()),
        employee_code: Some("MAU-0008".into()),
        claims: BTreeMap::from([("nickname".to_owned(), "Bé Sóc".to_owned())]),
        disabled_at: None,
        updated_at: Millis(0),
        positions: vec![position],
        roles: vec![],
        has_personal_number: false,
        beside: crate::model::behind::Beside::default(),
    };
    (person, Registry::new(1, vec![unit], vec![]))
}

#[test]
fn what_is_known_of_a_person_is_no_password() {
    let (person, registry) = ngan();
    let words = words_of(&person, &registry);
    let around: Vec<&str> = words.iter().map(String::as_str).collect();
    let judge = |candidate: &str| PasswordPolicy::default().judge(candidate, &around).err().unwrap_or_default();

    for candidate in [
        "Bùi Thị Kim Ngân 73",
        "BuiThiKimNgan#1",
        "NganBTK@04031973",
        "Kimngan.bt@1973",
        "Bongbay73@Bongbay73",
        "Ngân-0900001259!",
        "MAU-0008-Mau-0008",
        "BinhHungHoa@1973",
        "Phường Bình Hưng Hòa 1",
        "BHH-Kimngan-040373",
        "Bé Sóc Bé Sóc 7!",
        "Hạ Tầng và Đô Thị 1",
    ] {
        assert!(judge(candidate).contains(&AboutThePerson), "{candidate}: {:?}", judge(candidate));
    }
    for candidate in ["Con mèo trèo cây cau 7 lần", "Ngân thích ăn phở lúc 6 giờ!", "Xk7#pQ2vLm9!"] {
        assert!(judge(candidate).is_empty(), "{candidate}: {:?}", judge(candidate));
    }
}
