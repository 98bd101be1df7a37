//! One row of a file of legacy accounts: what it says, as it says it.
//!
//! Old systems know little of their people, and much of it is wrong: what is
//! missing or malformed is kept and told to matching. A row is bad only when it
//! names no account, names one twice, or cannot be read.

use super::file::Opened;
use crate::base::digest::sha256;
use crate::base::encoding::NO_LETTER;
use crate::base::text::nfc;
use crate::model::row_error::RowError;
use crate::service::sheet::{Row, Sheet};
use std::collections::HashMap;
use std::io::Read;
use zeroize::Zeroizing;

/// Columns that every file has.
const NEEDED: [&str; 3] = ["legacy_id", "username", "full_name"];
/// Columns that a file may have. One that it has not tells nothing: what was known stays.
const OTHERS: [&str; 11] = [
    "date_of_birth",
    "personal_number",
    "email",
    "phone",
    "unit_code",
    "unit_name",
    "district_name",
    "title",
    "password_hash",
    "status",
    "last_login_at",
];

/// The longest names of accounts, in characters.
const LONGEST_ID: usize = 255;
/// The longest of other texts.
const LONGEST: usize = 300;
/// The longest hash; no notation has longer ones.
const LONGEST_HASH: usize = 2_048;

/// Which of the columns that a file may have it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns([bool; OTHERS.len()]);

impl Columns {
    /// What a live system tells of: all but the password.
    pub(super) fn facts_only() -> Self {
        Self(OTHERS.map(|column| column != "password_hash"))
    }

    /// True for a column that the file has.
    pub(super) fn has(self, column: &str) -> bool {
        OTHERS.iter().zip(self.0).any(|(other, is_there)| is_there && *other == column) || NEEDED.contains(&column)
    }

    /// True when nothing of an account is left untold but perhaps its password.
    pub(super) fn tell_all_facts(self) -> bool {
        OTHERS.iter().zip(self.0).all(|(other, is_there)| is_there || *other == "password_hash")
    }
}

/// What a row says.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) line: u64,
    pub(super) legacy_id: String,
    pub(super) username: String,
    pub(super) full_name: String,
    pub(super) date_of_birth: String,
    pub(super) personal_number: Zeroizing<String>,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) unit_code: String,
    pub(super) unit_name: String,
    pub(super) district_name: String,
    pub(super) title: String,
    pub(super) password_hash: Zeroizing<String>,
    pub(super) status: String,
    pub(super) last_login_at: String,
}

/// Where it stands alone: numbers and hashes are for no log.
impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").field("line", &self.line).finish_non_exhaustive()
    }
}

/// Reads the rows of one file, in their order.
pub(super) struct Reader<'a> {
    opened: &'a Opened,
    columns: Columns,
    /// The lines of the accounts that were read, by a digest of their id: a million of them are 32 MiB.
    seen: HashMap<u64, u64>,
}

impl<'a> Reader<'a> {
    /// Checks the header.
    pub(super) fn new<R: Read>(sheet: &Sheet<R>, opened: &'a Opened) -> Result<Self, RowError> {
        sheet.check_header(&NEEDED, |name| NEEDED.contains(&name) || OTHERS.contains(&name))?;
        Ok(Self { opened, columns: Columns(OTHERS.map(|column| sheet.has(column))), seen: HashMap::new() })
    }

    /// The columns of the file.
    pub(super) fn columns(&self) -> Columns {
        self.columns
    }

    /// Reads a row. The second one of an account is bad.
    pub(super) fn read(&mut self, row: &Row) -> Result<Told, RowError> {
        row.needed("legacy_id")?;
        row.needed("username")?;
        let told = Told {
            line: row.line,
            legacy_id: self.plain(row, "legacy_id", LONGEST_ID)?,
            username: self.plain(row, "username", LONGEST_ID)?,
            full_name: self.written(row, "full_name")?,
            date_of_birth: self.plain(row, "date_of_birth", LONGEST)?,
            personal_number: Zeroizing::new(self.plain(row, "personal_number", LONGEST)?),
            email: self.plain(row, "email", LONGEST)?,
            phone: self.plain(row, "phone", LONGEST)?,
            unit_code: self.plain(row, "unit_code", LONGEST)?,
            unit_name: self.written(row, "unit_name")?,
            district_name: self.written(row, "district_name")?,
            title: self.written(row, "title")?,
            password_hash: Zeroizing::new(Self::exact(row, "password_hash")?),
            status: self.written(row, "status")?,
            last_login_at: self.plain(row, "last_login_at", LONGEST)?,
        };
        let place = short_digest(&told.legacy_id);
        if let Some(line) = self.seen.get(&place) {
            let vi = format!("mã này đã có ở dòng {line}; mỗi tài khoản một dòng");
            return Err(row.wrong("legacy_id", vi, format!("this id stands in line {line} already; one row an account")));
        }
        self.seen.insert(place, row.line);
        Ok(told)
    }

    /// A text that people wrote: in an old font it may be shown in capitals that it does not have.
    fn written(&self, row: &Row, column: &str) -> Result<String, RowError> {
        self.plain(row, column, LONGEST).map(|text| self.opened.encoding.mended(text))
    }

    /// A text in composed letters.
    fn plain(&self, row: &Row, column: &str, longest: usize) -> Result<String, RowError> {
        let cell = row.get(column);
        let is_carried = self.opened.is_workbook && self.opened.encoding.is_font();
        let text = if is_carried { nfc(&self.opened.encoding.carried_over(cell)) } else { nfc(cell) };
        if text.contains(NO_LETTER) {
            let encoding = self.opened.encoding;
            let vi = format!("ô có ký tự không đọc được theo bảng mã {encoding}");
            return Err(row.wrong(column, vi, format!("the cell has what is no letter in {encoding}")));
        }
        if text.chars().count() > longest {
            return Err(row.wrong(column, format!("dài quá {longest} ký tự"), format!("longer than {longest} characters")));
        }
        Ok(text)
    }

    /// A text of which every byte counts. It is repeated in no message.
    fn exact(row: &Row, column: &str) -> Result<String, RowError> {
        let text = row.get(column);
        if text.contains(NO_LETTER) || text.len() > LONGEST_HASH {
            let vi = format!("ô không đọc được hoặc dài quá {LONGEST_HASH} byte");
            return Err(row.wrong(column, vi, format!("the cell cannot be read, or is longer than {LONGEST_HASH} bytes")));
        }
        Ok(text.to_owned())
    }
}

/// Eight bytes of the digest: of a million ids two have the same once in thirty million files.
fn short_digest(legacy_id: &str) -> u64 {
    sha256(legacy_id.as_bytes()).first_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::encoding::Encoding;

    fn opened(encoding: Encoding, is_workbook: bool) -> Opened {
        Opened { digest: [0; 32], encoding, is_detected: true, is_workbook }
    }

    fn read(text: &str, opened: &Opened) -> Result<Vec<Result<Told, RowError>>, RowError> {
        let mut sheet = Sheet::open(text.as_bytes())?;
        let mut reader = Reader::new(&sheet, opened)?;
        let mut rows = Vec::new();
        while let Some(row) = sheet.next_row()? {
            rows.push(row.and_then(|row| reader.read(&row)));
        }
        Ok(rows)
    }

    #[test]
    fn what_old_systems_do_not_know_is_no_mistake() {
        let text = "legacy_id,username,full_name,date_of_birth,personal_number\n7,an.nv,,không rõ,x\n";
        let rows = read(text, &opened(Encoding::Utf8, false)).expect("a file");
        let told = rows[0].as_ref().expect("a good row");
        assert_eq!((told.legacy_id.as_str(), told.full_name.as_str(), told.date_of_birth.as_str()), ("7", "", "không rõ"));
    }

    #[test]
    fn an_account_is_named_once() {
        let text = "legacy_id,username,full_name\n7,a,A\n,b,B\n8,,C\n7,d,D\n9,e,E\u{fffd}\n";
        let rows = read(text, &opened(Encoding::Vni, false)).expect("a file");
        let wrong: Vec<(u64, &str)> =
            rows.iter().filter_map(|row| row.as_ref().err()).map(|error| (error.line, error.column.as_str())).collect();
        assert_eq!(wrong, [(3, "legacy_id"), (4, "username"), (5, "legacy_id"), (6, "full_name")]);
        let last = rows[4].as_ref().expect_err("what is no letter");
        assert!(last.message_en.contains("vni"), "{last}");
    }

    #[test]
    fn columns_that_a_file_lacks_are_told_apart_from_empty_ones() {
        let sheet = Sheet::open("legacy_id,username,full_name,phone\n".as_bytes()).expect("a sheet");
        let opened = opened(Encoding::Utf8, false);
        let columns = Reader::new(&sheet, &opened).expect("a header").columns();
        assert!(columns.has("phone") && columns.has("username") && !columns.has("email") && !columns.tell_all_facts());
    }

    #[test]
    fn a_workbook_in_an_old_font_is_read() {
        let text = "legacy_id,username,full_name\n7,an,NguyÔn V¨n An\n8,binh,NGUYÔN V¡N B×NH\n";
        let rows = read(text, &opened(Encoding::Tcvn3, true)).expect("a file");
        let names: Vec<&str> = rows.iter().filter_map(|row| row.as_ref().ok()).map(|told| told.full_name.as_str()).collect();
        assert_eq!(names, ["Nguyễn Văn An", "NGUYỄN VĂN BÌNH"]);
    }
}
