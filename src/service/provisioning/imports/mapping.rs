//! Which column of a file means what: guessed from its header, said by whoever sent it, and remembered for the next
//! file with the same header.

use crate::base::digest::sha256;
use crate::base::text::fold;
use crate::model::import::ImportKind;
use crate::model::person::FURTHER_CLAIMS;
use std::collections::{BTreeMap, BTreeSet};

/// Our columns, each with the column of the file that says it.
pub type Mapping = BTreeMap<String, String>;

/// One of our columns.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// A file without it is not taken.
    pub required: bool,
    /// What headers call it, folded.
    also: &'static [&'static str],
}

const fn column(name: &'static str, required: bool, also: &'static [&'static str]) -> Column {
    Column { name, required, also }
}

const USERNAME: Column = column("username", true, &["ten dang nhap", "tai khoan", "ten tai khoan"]);
const NAME: &[&str] = &["ho va ten", "ho ten", "ten can bo"];
const UNIT: &[&str] = &["ma don vi", "don vi", "ma dvhc"];
const DEPARTMENT: Column = column("department", false, &["phong ban", "phong", "bo phan"]);
const TITLE: &[&str] = &["chuc danh", "chuc vu"];
const KIND: &[&str] = &["loai", "doi tuong", "loai can bo"];
const PRIMARY: Column = column("primary", false, &["vi tri chinh", "chinh"]);
const DECISION: &[&str] = &["so quyet dinh", "quyet dinh", "so qd"];
const FROM: &[&str] = &["tu ngay", "ngay bat dau", "ngay hieu luc", "hieu luc tu"];
const TO: Column = column("valid_to", false, &["den ngay", "ngay ket thuc", "hieu luc den"]);

const PEOPLE: &[Column] = &[
    USERNAME,
    column("full_name", true, NAME),
    column("date_of_birth", false, &["ngay sinh", "ngay thang nam sinh", "sinh ngay"]),
    column("personal_number", false, &["so dinh danh ca nhan", "so dinh danh", "cccd", "so cccd", "so can cuoc"]),
    column("email", false, &["thu dien tu", "thu cong vu", "dia chi thu dien tu"]),
    column("phone", false, &["dien thoai", "so dien thoai", "di dong"]),
    column("employee_code", false, &["ma can bo", "ma nhan vien", "so hieu can bo"]),
    column("unit_code", false, UNIT),
    DEPARTMENT,
    column("title", false, TITLE),
    column("kind", false, KIND),
    PRIMARY,
    column("decision_no", false, DECISION),
    column("valid_from", false, FROM),
    TO,
];

const POSITIONS: &[Column] = &[
    USERNAME,
    column("full_name", false, NAME),
    column("unit_code", true, UNIT),
    DEPARTMENT,
    column("title", true, TITLE),
    column("kind", true, KIND),
    PRIMARY,
    column("decision_no", false, DECISION),
    column("valid_from", true, FROM),
    TO,
];

const GRANTS: &[Column] = &[
    USERNAME,
    column("full_name", false, NAME),
    column("client_id", true, &["he thong", "ma he thong"]),
    column("role", true, &["vai tro", "quyen"]),
    column("unit_code", false, UNIT),
    column("title", false, TITLE),
    column("reason", false, &["ly do"]),
    column("valid_from", false, FROM),
    TO,
];

const DECISIONS: &[Column] = &[
    USERNAME,
    column("full_name", false, NAME),
    column("action", true, &["hinh thuc", "noi dung", "loai quyet dinh"]),
    column("decision_no", true, DECISION),
    column("valid_from", true, FROM),
    column("unit_code", false, UNIT),
    DEPARTMENT,
    column("title", false, TITLE),
    column("kind", false, KIND),
    PRIMARY,
];

/// The columns of a kind of file, as templates list them.
pub fn columns(kind: ImportKind) -> &'static [Column] {
    match kind {
        ImportKind::People => PEOPLE,
        ImportKind::Positions => POSITIONS,
        ImportKind::Grants => GRANTS,
        ImportKind::Decisions => DECISIONS,
    }
}

/// All names that a column of a kind of file may have: people may have further standard claims.
pub fn names(kind: ImportKind) -> Vec<&'static str> {
    let listed = columns(kind).iter().map(|column| column.name);
    match kind {
        ImportKind::People => listed.chain(FURTHER_CLAIMS).collect(),
        ImportKind::Positions | ImportKind::Grants | ImportKind::Decisions => listed.collect(),
    }
}

/// Why a file cannot be read so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A column that is needed is said by none.
    Missing(&'static str),
    /// Two of ours are said by the same column.
    Twice(String),
}

/// Which column seems to mean what.
pub fn guess(kind: ImportKind, header: &[String]) -> Mapping {
    let mut mapping = Mapping::new();
    for theirs in header.iter().filter(|theirs| !theirs.is_empty()) {
        let folded = fold(theirs);
        let exact = names(kind).into_iter().find(|name| *name == theirs.as_str() || *name == folded);
        let called = || columns(kind).iter().find(|column| column.also.contains(&folded.as_str())).map(|column| column.name);
        if let Some(ours) = exact.or_else(called) {
            mapping.entry(ours.to_owned()).or_insert_with(|| theirs.clone());
        }
    }
    mapping
}

/// Leaves out what is no column of the file or none of ours, and says what is wrong with the rest.
pub fn check(kind: ImportKind, header: &[String], mapping: &Mapping) -> Result<Mapping, Problem> {
    let names = names(kind);
    let right = |(ours, theirs): &(&String, &String)| names.contains(&ours.as_str()) && header.contains(theirs);
    let kept: Mapping = mapping.iter().filter(right).map(|(ours, theirs)| (ours.clone(), theirs.clone())).collect();
    let mut said = BTreeSet::new();
    if let Some(theirs) = kept.values().find(|theirs| !said.insert(theirs.as_str())) {
        return Err(Problem::Twice(theirs.clone()));
    }
    let needed = columns(kind).iter().filter(|column| column.required);
    match needed.map(|column| column.name).find(|name| !kept.contains_key(*name)) {
        Some(missing) => Err(Problem::Missing(missing)),
        None => Ok(kept),
    }
}

/// What a header is remembered by.
pub fn digest(header: &[String]) -> Vec<u8> {
    sha256(header.join("\n").as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_are_guessed_by_our_names_and_by_those_of_lists() {
        let header = header(&["STT", "Họ và tên", "Tên đăng nhập", "Số QĐ", "Hình thức", "Từ ngày", "unit_code", ""]);
        let mapping = guess(ImportKind::Decisions, &header);
        let pairs: Vec<_> = mapping.iter().map(|(ours, theirs)| (ours.as_str(), theirs.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("action", "Hình thức"),
                ("decision_no", "Số QĐ"),
                ("full_name", "Họ và tên"),
                ("unit_code", "unit_code"),
                ("username", "Tên đăng nhập"),
                ("valid_from", "Từ ngày"),
            ]
        );
        assert_eq!(check(ImportKind::Decisions, &header, &mapping), Ok(mapping));
    }

    #[test]
    fn what_is_missing_or_said_twice_is_told() {
        let header = header(&["a", "b"]);
        let mapping = |pairs: &[(&str, &str)]| -> Mapping {
            pairs.iter().map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned())).collect()
        };
        let people = ImportKind::People;
        assert_eq!(check(people, &header, &mapping(&[("username", "a")])), Err(Problem::Missing("full_name")));
        let twice = mapping(&[("username", "a"), ("full_name", "a")]);
        assert_eq!(check(people, &header, &twice), Err(Problem::Twice("a".to_owned())));
        let more = mapping(&[("username", "a"), ("full_name", "b"), ("disabled_at", "b"), ("email", "c")]);
        assert_eq!(check(people, &header, &more), Ok(mapping(&[("username", "a"), ("full_name", "b")])));
    }
}
