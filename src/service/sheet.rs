//! A sheet of rows under a header, read row by row in constant memory.
//!
//! UTF-8 with or without a byte order mark, separated by commas. What people
//! save by mistake (an Excel workbook, UTF-16, semicolons) is told by name.

use crate::model::row_error::RowError;
use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use std::collections::HashMap;
use std::io::{self, Read};
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
    reader: Reader<Bounded<R>>,
    read_for_row: Arc<AtomicUsize>,
    columns: Arc<HashMap<String, usize>>,
    names: Vec<String>,
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
    pub fn open(input: R) -> Result<Self, RowError> {
        let read_for_row = Arc::new(AtomicUsize::new(0));
        let bounded = Bounded { inner: input, read_for_row: read_for_row.clone() };
        // Lines end at \n, so that they are counted right; cells are trimmed of a \r before it.
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).terminator(Terminator::Any(b'\n')).from_reader(bounded);
        let mut header = ByteRecord::new();
        let found = reader.read_byte_record(&mut header).map_err(|error| unreadable(1, &error))?;
        let names = if found { header_names(&header)? } else { Vec::new() };
        if names.iter().all(String::is_empty) {
            return Err(RowError::new(1, "", "tệp không có dòng tiêu đề", "the file has no header row"));
        }
        let mut columns = HashMap::new();
        for (place, name) in names.iter().enumerate() {
            if columns.insert(name.clone(), place).is_some() {
                return Err(RowError::new(1, name, "cột này xuất hiện hai lần", "this column appears twice"));
            }
        }
        Ok(Self { reader, read_for_row, columns: Arc::new(columns), names, record: ByteRecord::new() })
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
        match self.names.iter().find(|name| !known(name)) {
            Some(unknown) => Err(RowError::new(1, unknown, "không có cột nào mang tên này", "there is no column of this name")),
            None => Ok(()),
        }
    }

    /// The next row: `None` at the end, the inner error when only this row is
    /// bad, the outer one when nothing after it can be read.
    pub fn next_row(&mut self) -> Result<Option<Result<Row, RowError>>, RowError> {
        loop {
            self.read_for_row.store(0, Ordering::Relaxed);
            let before = self.reader.position().line();
            match self.reader.read_byte_record(&mut self.record) {
                Ok(false) => return Ok(None),
                // An empty line of a file whose lines end with \r\n.
                Ok(true) if self.record.len() == 1 && &self.record[0] == b"\r" => {}
                Ok(true) => {
                    let line = self.record.position().map_or(before, csv::Position::line);
                    return Ok(Some(self.row(line)));
                }
                Err(error) => return Err(unreadable(before, &error)),
            }
        }
    }

    fn row(&self, line: u64) -> Result<Row, RowError> {
        if self.record.len() != self.names.len() {
            let (cells, columns) = (self.record.len(), self.names.len());
            let vi = format!("dòng có {cells} ô nhưng tiêu đề có {columns} cột");
            let en = format!("the row has {cells} cells and the header {columns} columns");
            return Err(RowError::new(line, "", vi, en));
        }
        let mut cells = Vec::with_capacity(self.names.len());
        for (bytes, column) in self.record.iter().zip(&self.names) {
            cells.push(cell(bytes, line, column)?);
        }
        Ok(Row { line, columns: self.columns.clone(), cells })
    }
}

fn cell(bytes: &[u8], line: u64, column: &str) -> Result<String, RowError> {
    let wrong = |vi: &str, en: &str| Err(RowError::new(line, column, vi, en));
    if bytes.len() > MAX_CELL_BYTES {
        return wrong("ô dài quá 4096 byte", "the cell is longer than 4096 bytes");
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return wrong("ô không phải văn bản UTF-8", "the cell is not UTF-8 text");
    };
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return wrong("ô có ký tự điều khiển không nhìn thấy được", "the cell has control characters that nobody can see");
    }
    Ok(text.to_owned())
}

fn header_names(header: &ByteRecord) -> Result<Vec<String>, RowError> {
    let first = header.get(0).unwrap_or_default();
    let wrong = |vi: &str, en: &str| Err(RowError::new(1, "", vi, en));
    if first.starts_with(b"PK\x03\x04") {
        return wrong(
            "đây là tệp Excel (XLSX), hiện chưa đọc được: hãy lưu lại dưới dạng CSV UTF-8",
            "this is an Excel workbook (XLSX), which cannot be read yet: save it as CSV UTF-8",
        );
    }
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
        return wrong("tiêu đề có quá nhiều cột", "the header has too many columns");
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
    fn a_quotation_mark_that_never_closes_ends_the_reading() {
        let endless = [b"a,b\n\"".to_vec(), vec![b'x'; 3 * MAX_ROW_BYTES]].concat();
        let mut sheet = open(&endless).expect("a sheet");
        let error = sheet.next_row().expect_err("unreadable");
        assert_eq!(error.line, 2);
    }
}
