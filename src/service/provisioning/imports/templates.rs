//! Empty files to fill in, each with an example: as CSV and as a workbook.

use super::mapping::columns;
use crate::base::{csv, xlsx};
use crate::model::import::ImportKind;
use crate::service::Failure;

/// A file's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Text split by commas.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

impl Form {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Csv, Self::Xlsx];

    /// What file names end with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// Rows in this form, safe to open whoever wrote what is in them.
    pub fn written(self, rows: &[Vec<String>]) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Csv => Ok(csv::table(rows).into_bytes()),
            Self::Xlsx => Ok(xlsx::workbook(rows)?),
        }
    }
}

/// The kind and the form that a file name such as `people.xlsx` asks for.
pub fn named(name: &str) -> Option<(ImportKind, Form)> {
    let (kind, extension) = name.split_once('.')?;
    let form = Form::ALL.into_iter().find(|form| form.extension() == extension)?;
    Some((ImportKind::from_word(kind)?, form))
}

/// An empty file of a kind, with an example under its header.
pub fn template(kind: ImportKind, form: Form) -> Result<Vec<u8>, Failure> {
    let header: Vec<String> = columns(kind).iter().map(|column| column.name.to_owned()).collect();
    let example = columns(kind).iter().map(|column| example(kind, column.name).to_owned()).collect();
    form.written(&[header, example])
}

/// What an example says in a column.
fn example(kind: ImportKind, column: &str) -> &'static str {
    match column {
        "username" => "minh.lq",
        "full_name" => "Lê Quang Minh",
        "date_of_birth" => "05/08/1986",
        "personal_number" => "079086000001",
        "email" => "minh.lq@vi-du.vn",
        "phone" => "0900000000",
        "employee_code" => "CB0001",
        "unit_code" => "26740",
        "department" => "Văn phòng",
        "title" => "Chuyên viên",
        "kind" => "cong_chuc",
        "primary" if kind == ImportKind::Decisions => "",
        "primary" => "true",
        "decision_no" => "12/QĐ-UBND",
        "valid_from" => "01/12/2026",
        "action" => "Điều động",
        "client_id" => "tthc",
        "role" => "tiep_nhan",
        "reason" => "Phân công nhiệm vụ",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::sheet::Sheet;

    #[test]
    fn every_template_reads_back_with_its_columns_and_its_example() {
        for kind in ImportKind::ALL {
            for form in Form::ALL {
                let name = format!("{}.{}", kind.word(), form.extension());
                assert_eq!(named(&name), Some((kind, form)));
                let file = template(kind, form).expect("a file");
                let mut sheet = Sheet::open(file.as_slice()).expect("a sheet");
                let listed: Vec<&str> = columns(kind).iter().map(|column| column.name).collect();
                assert_eq!(sheet.columns(), listed, "{name}");
                let row = sheet.next_row().expect("readable").expect("a row").expect("a good row");
                assert_eq!(row.get("username"), "minh.lq", "{name}");
                assert!(sheet.next_row().expect("readable").is_none());
            }
        }
        assert_eq!(named("people.pdf"), None);
        assert_eq!(named("nothing.csv"), None);
    }
}
