//! A sheet of rows under a header, read row by row.
//!
//! UTF-8 with or without a byte order mark, separated by commas, in constant
//! memory; or the first sheet of an Excel workbook (XLSX), which is held packed.
//! What people save by mistake (an older workbook, UTF-16, semicolons) is told by
//! name. Rows, cells and what a workbook unpacks to have limits.

mod whole;
mod workbook;
mod xml;
mod zip;

use crate::base::csv::plain;
use crate::model::row_error::RowError;
use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A longer row is a quotation mark that was never closed.
const MAX_ROW_BYTES: usize = 1_048_576;
/// A longer cell is a mistake in any column.
const MAX_CELL_BYTES: usize = 4_096;
/// More columns than any file here has.
const MAX_COLUMNS: usize = 64;

/// Stops a row that does not end before it fills the memory.
struct Bounded<R> {
    inner: R,
    read_for_row: Arc<AtomicUsize>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read_for_row.load(Ordering::Relaxed) > MAX_ROW_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the row does not end"));
        }
        let count = self.inner.read(buffer)?;
        self.read_for_row.fetch_add(count, Ordering::Relaxed);
        Ok(count)
    }
}

/// An open sheet.
pub struct Sheet<R> {
    source: Source<R>,
    columns: Arc<HashMap<String, usize>>,
    names: Vec<String>,
}

/// Where rows come from.
enum Source<R> {
    Text(Box<Text<R>>),
    Workbook(Box<workbook::Rows>),
}

/// A text whose columns are split by commas. Its first bytes were looked at.
struct Text<R> {
    reader: Reader<Bounded<Chain<Cursor<Vec<u8>>, R>>>,
    read_for_row: Arc<AtomicUsize>,
    record: ByteRecord,
}

/// One row that could be read.
#[derive(Debug, Clone)]
pub struct Row {
    /// The line of the file on which it begins.
    pub line: u64,
    columns: Arc<HashMap<String, usize>>,
    cells: Vec<String>,
}

impl Row {
    /// The trimmed cell of a column; empty when the sheet has no such column.
    pub fn get(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|place| self.cells.get(*place)).map_or("", String::as_str)
    }

    /// A mistake in a column of this row.
    pub fn wrong(&self, column: &str, vi: impl Into<String>, en: impl Into<String>) -> RowError {
        RowError::new(self.line, column, vi, en)
    }

    /// The cell of a column that must not be empty.
    pub fn needed(&self, column: &str) -> Result<&str, RowError> {
        match self.get(column) {
            "" => Err(self.wrong(column, "ô này không được để trống", "this cell must not be empty")),
            text => Ok(text),
        }
    }

    /// The date in a column, when there is one.
    pub fn date(&self, column: &str) -> Result<Option<time::Date>, RowError> {
        match self.get(column) {
            "" => Ok(None),
            text => crate::base::date::parse(text).map(Some).ok_or_else(|| {
                self.wrong(
                    column,
                    format!("\u{201c}{text}\u{201d} không phải là ngày; viết 01/07/2025 hoặc 2025-07-01"),
                    format!("\u{201c}{text}\u{201d} is not a date; write 2025-07-01 or 01/07/2025"),
                )
            }),
        }
    }
}

impl<R: Read> Sheet<R> {
    /// Opens a sheet and reads its header.
    pub fn open(mut input: R) -> Result<Self, RowError> {
        let mut head = Vec::with_capacity(4);
        input.by_ref().take(4).read_to_end(&mut head).map_err(|_| cut_off(1))?;
        let (source, names) = if head.starts_with(b"PK\x03\x04") {
            Self::open_workbook(head, input)?
        } else if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            return Err(older_workbook());
        } else {
            Self::open_text(head, input)?
        };
        if names.iter().all(String::is_empty) {
            return Err(RowError::new(1, "", "tệp không có dòng tiêu đề", "the file has no header row"));
        }
        let mut columns = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            if columns.insert(name.clone(), place).is_some() {
                return Err(RowError::new(1, name, "cột này xuất hiện hai lần", "this column appears twice"));
            }
        }
        Ok(Self { source, columns: Arc::new(columns), names })
    }

    fn open_text(head: Vec<u8>, input: R) -> Result<(Source<R>, Vec<String>), RowError> {
        let read_for_row = Arc::new(AtomicUsize::new(0));
        let bounded = Bounded { inner: Cursor::new(head).chain(input), read_for_row: read_for_row.clone() };
        // Lines end at \n, so that they are counted right; cells are trimmed of a \r before it.
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).terminator(Terminator::Any(b'\n')).from_reader(bounded);
        let mut header = ByteRecord::new();
        let found = reader.read_byte_record(&mut header).map_err(|error| unreadable(1, &error))?;
        let names = if found { header_names(&header)? } else { Vec::new() };
        Ok((Source::Text(Box::new(Text { reader, read_for_row, record: ByteRecord::new() })), names))
    }

    fn open_workbook(head: Vec<u8>, input: R) -> Result<(Source<R>, Vec<String>), RowError> {
        let mut bytes = head;
        input.take(workbook::MAX_FILE).read_to_end(&mut bytes).map_err(|_| cut_off(1))?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > workbook::MAX_FILE) {
            return Err(workbook::too_large(1));
        }
        let mut rows = workbook::Rows::open(bytes)?;
        let mut names = Vec::new();
        if let Some(header) = rows.next()? {
            if header.beyond {
                return Err(too_many_columns());
            }
            names = header.cells.iter().map(|name| checked(name, 1, "")).collect::<Result<_, _>>()?;
        }
        // Formatted columns without a name at the end are no columns.
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        Ok((Source::Workbook(Box::new(rows)), names))
    }

    /// The same sheet with other names for its columns; those without one are passed over.
    #[must_use]
    pub fn renamed(mut self, names: &BTreeMap<String, String>) -> Self {
        let places = std::mem::take(&mut self.columns);
        let renamed = names.iter().filter_map(|(ours, theirs)| Some((ours.clone(), *places.get(theirs)?)));
        let columns: HashMap<String, usize> = renamed.collect();
        self.names = (0..self.names.len())
            .map(|place| columns.iter().find(|(_, at)| **at == place).map(|(name, _)| name.clone()).unwrap_or_default())
            .collect();
        self.columns = Arc::new(columns);
        self
    }

    /// The names in the header.
    pub fn columns(&self) -> &[String] {
        &self.names
    }

    /// True when the header has a column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// Checks that the header has what is required and nothing that is unknown.
    pub fn check_header(&self, required: &[&str], known: impl Fn(&str) -> bool) -> Result<(), RowError> {
        if let Some(missing) = required.iter().find(|column| !self.has(column)) {
            let vi = format!("tiêu đề thiếu cột này; cần có: {}", required.join(", "));
            let en = format!("the header lacks this column; it needs: {}", required.join(", "));
            return Err(RowError::new(1, missing, vi, en));
        }
        // A column without a name was passed over when the columns were named anew.
        match self.names.iter().find(|name| !known(name) && self.has(name)) {
            Some(unknown) => Err(RowError::new(1, unknown, "không có cột nào mang tên này", "there is no column of this name")),
            None => Ok(()),
        }
    }

    /// The next row: `None` at the end, the inner error when only this row is
    /// bad, the outer one when nothing after it can be read.
    pub fn next_row(&mut self) -> Result<Option<Result<Row, RowError>>, RowError> {
        let found = match &mut self.source {
            Source::Text(text) => text.next(&self.names)?,
            Source::Workbook(rows) => rows.next()?.map(|cells| of_workbook(&cells, &self.names)),
        };
        Ok(found.map(|row| row.map(|(line, cells)| Row { line, columns: self.columns.clone(), cells })))
    }
}

/// The line of a row, and its cells.
type RowRead = Result<(u64, Vec<String>), RowError>;

impl<R: Read> Text<R> {
    fn next(&mut self, names: &[String]) -> Result<Option<RowRead>, RowError> {
        loop {
            self.read_for_row.store(0, Ordering::Relaxed);
            let before = self.reader.position().line();
            match self.reader.read_byte_record(&mut self.record) {
                Ok(false) => return Ok(None),
                // An empty line of a file whose lines end with \r\n.
                Ok(true) if self.record.len() == 1 && &self.record[0] == b"\r" => {}
                Ok(true) => {
                    let line = self.record.position().map_or(before, csv::Position::line);
                    return Ok(Some(self.row(line, names)));
                }
                Err(error) => return Err(unreadable(before, &error)),
            }
        }
    }

    fn row(&self, line: u64, names: &[String]) -> RowRead {
        if self.record.len() != names.len() {
            return Err(uneven(line, self.record.len(), names.len()));
        }
        let mut cells = Vec::with_capacity(names.len());
        for (bytes, column) in self.record.iter().zip(names) {
            // What is passed over is not looked at.
            cells.push(if column.is_empty() { String::new() } else { cell(bytes, line, column)? });
        }
        Ok((line, cells))
    }
}

/// A row of a workbook: cells that are missing at its end are empty.
fn of_workbook(row: &workbook::Cells, names: &[String]) -> RowRead {
    let full = row.cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |place| place + 1);
    if row.beyond || full > names.len() {
        return Err(uneven(row.line, full, names.len()));
    }
    let mut wrong = row.wrong.iter().filter_map(|place| names.get(*place)).filter(|column| !column.is_empty());
    if let Some(column) = wrong.next() {
        let (vi, en) = ("ô có lỗi công thức", "the cell holds a formula that fails");
        return Err(RowError::new(row.line, column, vi, en));
    }
    let mut cells = Vec::with_capacity(names.len());
    for (place, column) in names.iter().enumerate() {
        let text = row.cells.get(place).map_or("", String::as_str);
        // What is passed over is not looked at.
        cells.push(if column.is_empty() { String::new() } else { checked(text, row.line, column)? });
    }
    Ok((row.line, cells))
}

fn uneven(line: u64, cells: usize, columns: usize) -> RowError {
    let vi = format!("dòng có {cells} ô nhưng tiêu đề có {columns} cột");
    let en = format!("the row has {cells} cells and the header {columns} columns");
    RowError::new(line, "", vi, en)
}

fn too_many_columns() -> RowError {
    RowError::new(1, "", "tiêu đề có quá nhiều cột", "the header has too many columns")
}

fn older_workbook() -> RowError {
    RowError::new(
        1,
        "",
        "đây là tệp Excel đời cũ (XLS) hoặc tệp có mật khẩu: hãy lưu lại dưới dạng XLSX không mật khẩu, hoặc CSV UTF-8",
        "this is an older Excel workbook (XLS), or one with a password: save it as XLSX without a password, or as CSV UTF-8",
    )
}

fn cut_off(line: u64) -> RowError {
    RowError::new(line, "", "không đọc tiếp được tệp", "the file cannot be read further")
}

fn cell(bytes: &[u8], line: u64, column: &str) -> Result<String, RowError> {
    let wrong = |vi: &str, en: &str| Err(RowError::new(line, column, vi, en));
    if bytes.len() > MAX_CELL_BYTES {
        return wrong("ô dài quá 4096 byte", "the cell is longer than 4096 bytes");
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return wrong("ô không phải văn bản UTF-8", "the cell is not UTF-8 text");
    };
    checked(text, line, column)
}

/// The trimmed text of a cell, without the mark that our own lists put before what might be a formula.
fn checked(text: &str, line: u64, column: &str) -> Result<String, RowError> {
    let wrong = |vi: &str, en: &str| Err(RowError::new(line, column, vi, en));
    if text.len() > MAX_CELL_BYTES {
        return wrong("ô dài quá 4096 byte", "the cell is longer than 4096 bytes");
    }
    let text = plain(text.trim()).trim();
    if text.chars().any(char::is_control) {
        return wrong("ô có ký tự điều khiển không nhìn thấy được", "the cell has control characters that nobody can see");
    }
    Ok(text.to_owned())
}

fn header_names(header: &ByteRecord) -> Result<Vec<String>, RowError> {
    let first = header.get(0).unwrap_or_default();
    let wrong = |vi: &str, en: &str| Err(RowError::new(1, "", vi, en));
    if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
        return wrong("tệp ở dạng UTF-16: hãy lưu lại dưới dạng CSV UTF-8", "the file is UTF-16: save it as CSV UTF-8");
    }
    if header.len() == 1 && first.contains(&b';') {
        return wrong(
            "các cột phải cách nhau bằng dấu phẩy, không phải dấu chấm phẩy",
            "columns are split by commas, not by semicolons",
        );
    }
    if header.len() > MAX_COLUMNS {
        return Err(too_many_columns());
    }
    header.iter().map(|bytes| cell(bytes, 1, "").map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())).collect()
}

fn unreadable(line: u64, error: &csv::Error) -> RowError {
    let endless = matches!(error.kind(), csv::ErrorKind::Io(inner) if inner.kind() == io::ErrorKind::InvalidData);
    if endless {
        let vi = "dòng bắt đầu ở đây dài quá 1 MiB: có lẽ thiếu một dấu ngoặc kép đóng; phần còn lại không đọc được";
        let en =
            "the row that begins here is longer than 1 MiB: a closing quotation mark may be missing; the rest cannot be read";
        return RowError::new(line, "", vi, en);
    }
    RowError::new(line, "", "không đọc tiếp được tệp", format!("the file cannot be read further: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &[u8]) -> Result<Sheet<&[u8]>, RowError> {
        Sheet::open(text)
    }

    #[test]
    fn rows_know_their_line_even_after_cells_with_line_breaks_elsewhere() {
        let mut sheet = open(b"\xef\xbb\xbfa,b\r\n1,2\r\n\"x\ny\",3\r\n4,5\r\n").expect("a sheet");
        assert_eq!(sheet.columns(), ["a", "b"]);
        let row = sheet.next_row().expect("readable").expect("a row").expect("a good row");
        assert_eq!((row.line, row.get("a"), row.get("c")), (2, "1", ""));
        let bad = sheet.next_row().expect("readable").expect("a row").expect_err("a bad row");
        assert_eq!((bad.line, bad.column.as_str()), (3, "a"));
        let row = sheet.next_row().expect("readable").expect("a row").expect("a good row");
        assert_eq!((row.line, row.get("b")), (5, "5"));
        assert!(sheet.next_row().expect("readable").is_none());
    }

    #[test]
    fn bad_cells_are_errors_of_their_row() {
        let long = "x".repeat(MAX_CELL_BYTES + 1);
        let table: [(Vec<u8>, &str); 4] = [
            (b"a,b\n\xff,2\n".to_vec(), "a"),
            (b"a,b\n1,2\0\n".to_vec(), "b"),
            (format!("a,b\n1,{long}\n").into_bytes(), "b"),
            (b"a,b\n1,2,3\n".to_vec(), ""),
        ];
        for (text, column) in table {
            let mut sheet = open(&text).expect("a sheet");
            let error = sheet.next_row().expect("readable").expect("a row").expect_err("a bad row");
            assert_eq!((error.line, error.column.as_str()), (2, column));
        }
    }

    #[test]
    fn files_of_another_form_are_told_by_name() {
        let table: [(&[u8], &str); 5] = [
            (b"PK\x03\x04rest", "XLSX"),
            (b"\xff\xfea\0,\0b\0", "UTF-16"),
            (b"a;b\n1;2\n", "semicolons"),
            (b"a,a\n", "twice"),
            (b"", "header"),
        ];
        for (text, word) in table {
            let error = open(text).err().expect("refused");
            assert!(error.message_en.contains(word), "{error}");
        }
    }

    #[test]
    fn a_workbook_reads_like_a_text() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let book = crate::base::xlsx::workbook(&[
            row(&["a", "b"]),
            row(&["079", "'=x"]),
            row(&["", ""]),
            row(&["1"]),
            row(&["1", "2", "3"]),
        ])
        .expect("a workbook");
        let mut sheet = open(&book).expect("a workbook");
        assert_eq!(sheet.columns(), ["a", "b"]);
        let good = sheet.next_row().expect("readable").expect("a row").expect("a good row");
        assert_eq!((good.line, good.get("a"), good.get("b")), (2, "079", "=x"));
        let short = sheet.next_row().expect("readable").expect("a row").expect("a good row");
        assert_eq!((short.line, short.get("a"), short.get("b")), (4, "1", ""), "an empty row is passed over");
        let long = sheet.next_row().expect("readable").expect("a row").expect_err("a bad row");
        assert_eq!(long.line, 5);
        assert!(sheet.next_row().expect("readable").is_none());
    }

    #[test]
    fn columns_are_read_by_the_names_that_somebody_gave_them() {
        let names = [("b".to_owned(), "Cột 2".to_owned())].into_iter().collect();
        let mut sheet = open("Cột 1,Cột 2\nx\u{0},2\n".as_bytes()).expect("a sheet").renamed(&names);
        assert!(sheet.check_header(&["b"], |name| name == "b").is_ok());
        assert!(!sheet.has("a") && sheet.has("b"));
        let row = sheet.next_row().expect("readable").expect("a row").expect("what is passed over has no mistakes");
        assert_eq!((row.get("b"), row.get("Cột 1")), ("2", ""));
    }

    #[test]
    fn a_quotation_mark_that_never_closes_ends_the_reading() {
        let endless = [b"a,b\n\"".to_vec(), vec![b'x'; 3 * MAX_ROW_BYTES]].concat();
        let mut sheet = open(&endless).expect("a sheet");
        let error = sheet.next_row().expect_err("unreadable");
        assert_eq!(error.line, 2);
    }
}
