//! The first sheet of a workbook (XLSX, ECMA-376 Part 1 §18), row by row.
//!
//! A workbook of a few kilobytes may unpack to gigabytes, or name ten million
//! cells: what is unpacked, how many texts there are and how many cells are read
//! have limits, and only the shared texts are held in memory.

use super::MAX_CELL_BYTES;
use super::xml::{self, Node, Xml};
use super::zip::{self, Archive, Part};
use crate::base::date::iso;
use crate::model::row_error::RowError;
use std::collections::HashMap;
use time::Date;
use time::macros::date;

/// The largest file.
pub(super) const MAX_FILE: u64 = 32 * 1_024 * 1_024;
/// The most that the rows unpack to.
const MAX_SHEET: u64 = 512 * 1_024 * 1_024;
/// The most that shared texts unpack to.
const MAX_STRINGS: u64 = 64 * 1_024 * 1_024;
/// The most that styles and lists of parts unpack to.
const MAX_SMALL: u64 = 8 * 1_024 * 1_024;
/// Shared texts; the rows of a large file have each a name, an address and a code.
const MAX_TEXTS: usize = 1_500_000;
/// Cells that are read, empty ones too.
const MAX_CELLS: u64 = 4_000_000;
/// More columns than any file here has; what lies beyond is not kept.
const MAX_COLUMNS: usize = 64;

/// Days are counted from here, but for the first two months of 1900: a year that spreadsheets take for a leap year.
const EPOCH: Date = date!(1899 - 12 - 30);
/// The same in workbooks that began on a Macintosh.
const EPOCH_1904: Date = date!(1904 - 01 - 01);

/// One row of cells.
#[expect(clippy::struct_field_names, reason = "a row of cells has cells")]
pub(super) struct Cells {
    /// Its number in the sheet.
    pub(super) line: u64,
    /// Texts, as people see them; numbers as they are kept, dates in ISO 8601.
    pub(super) cells: Vec<String>,
    /// Cells with a mistake of their own, such as `#REF!`.
    pub(super) wrong: Vec<usize>,
    /// Something stands beyond the columns that are kept.
    pub(super) beyond: bool,
}

/// The rows of the first sheet.
pub(super) struct Rows {
    xml: Xml<Part>,
    strings: Vec<Box<str>>,
    dates: Vec<bool>,
    epoch: Date,
    line: u64,
    cells_read: u64,
}

/// Why a workbook cannot be read.
enum Fault {
    Broken,
    Locked,
    TooLarge,
    NoSheet,
}

impl From<zip::Fault> for Fault {
    fn from(fault: zip::Fault) -> Self {
        match fault {
            zip::Fault::Broken => Self::Broken,
            zip::Fault::Locked => Self::Locked,
        }
    }
}

impl From<xml::Fault> for Fault {
    fn from(fault: xml::Fault) -> Self {
        match fault {
            xml::Fault::Broken => Self::Broken,
            xml::Fault::TooLarge => Self::TooLarge,
        }
    }
}

impl Fault {
    fn error(&self, line: u64) -> RowError {
        match self {
            Self::Broken => RowError::new(
                line,
                "",
                "không đọc được tệp Excel (XLSX): tệp hỏng hoặc không đúng định dạng; mở bằng chương trình bảng tính và lưu lại",
                "this Excel workbook (XLSX) cannot be read: it is broken or of another form; open it in a spreadsheet program and save it again",
            ),
            Self::Locked => RowError::new(
                line,
                "",
                "tệp Excel (XLSX) có mật khẩu: hãy bỏ mật khẩu rồi gửi lại",
                "this Excel workbook (XLSX) has a password: remove it and send the file again",
            ),
            Self::TooLarge => too_large(line),
            Self::NoSheet => {
                RowError::new(line, "", "tệp Excel (XLSX) không có trang tính nào", "this Excel workbook (XLSX) has no sheet")
            }
        }
    }
}

/// As much of a shared text as tells that it is too long for a cell: a row may show the same one in every column.
fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_CELL_BYTES + 4)).unwrap_or(text)
}

/// What is said of a workbook that is, or unpacks to, more than it may.
pub(super) fn too_large(line: u64) -> RowError {
    RowError::new(
        line,
        "",
        "tệp Excel (XLSX) quá lớn: tối đa 32 MiB và 4 triệu ô, kể cả ô trống có định dạng; xóa các dòng, cột thừa hoặc chia nhỏ tệp",
        "this Excel workbook (XLSX) is too large: at most 32 MiB and 4 million cells, empty ones with a format too; remove rows and columns that are not needed, or split the file",
    )
}

impl Rows {
    /// Opens a workbook.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, RowError> {
        Self::opened(bytes).map_err(|fault| fault.error(1))
    }

    fn opened(bytes: Vec<u8>) -> Result<Self, Fault> {
        let archive = Archive::open(bytes)?;
        let book = archive.part("xl/workbook.xml", MAX_SMALL)?.ok_or(Fault::Broken)?;
        let (sheet, is_1904) = first_sheet(book)?;
        let names = match archive.part("xl/_rels/workbook.xml.rels", MAX_SMALL)? {
            Some(part) => targets(part)?,
            None => HashMap::new(),
        };
        let target = names.get(&sheet).map_or("worksheets/sheet1.xml", String::as_str);
        let name = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        let rows = archive.part(&name, MAX_SHEET)?.ok_or(Fault::NoSheet)?;
        let strings = match archive.part("xl/sharedStrings.xml", MAX_STRINGS)? {
            Some(part) => shared_strings(part)?,
            None => Vec::new(),
        };
        let dates = match archive.part("xl/styles.xml", MAX_SMALL)? {
            Some(part) => date_styles(part)?,
            None => Vec::new(),
        };
        let epoch = if is_1904 { EPOCH_1904 } else { EPOCH };
        Ok(Self { xml: Xml::new(rows), strings, dates, epoch, line: 0, cells_read: 0 })
    }

    /// The next row that is not empty; nothing after the last.
    pub(super) fn next(&mut self) -> Result<Option<Cells>, RowError> {
        self.read().map_err(|fault| fault.error(self.line.max(1)))
    }

    fn read(&mut self) -> Result<Option<Cells>, Fault> {
        loop {
            match self.xml.next()? {
                Node::Start if self.xml.name() == b"row" => {
                    self.begin_row()?;
                    let cells = self.row()?;
                    if cells.beyond || !cells.wrong.is_empty() || cells.cells.iter().any(|cell| !cell.trim().is_empty()) {
                        return Ok(Some(cells));
                    }
                }
                Node::Empty if self.xml.name() == b"row" => self.begin_row()?,
                Node::End if self.xml.name() == b"sheetData" => return Ok(None),
                Node::Over => return Ok(None),
                Node::Start | Node::Empty | Node::End | Node::Text => {}
            }
        }
    }

    /// Rows are numbered; one without a number follows the one before.
    fn begin_row(&mut self) -> Result<(), Fault> {
        let told = self.xml.attribute("r")?.and_then(|number| number.parse::<u64>().ok());
        self.line = told.unwrap_or(self.line + 1).max(self.line + 1);
        // A row costs as much as a cell, so that empty ones have an end too.
        self.count()
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.cells_read += 1;
        if self.cells_read > MAX_CELLS { Err(Fault::TooLarge) } else { Ok(()) }
    }

    fn row(&mut self) -> Result<Cells, Fault> {
        let mut row = Cells { line: self.line, cells: Vec::new(), wrong: Vec::new(), beyond: false };
        let mut place = 0;
        loop {
            let node = self.xml.next()?;
            match node {
                Node::Start | Node::Empty if self.xml.name() == b"c" => {
                    self.count()?;
                    if let Some(told) = self.xml.attribute("r")?.as_deref().and_then(column_of) {
                        place = told;
                    }
                    if node == Node::Start {
                        self.cell(&mut row, place)?;
                    }
                    place += 1;
                }
                Node::End if self.xml.name() == b"row" => return Ok(row),
                Node::Over => return Err(Fault::Broken),
                Node::Start | Node::Empty | Node::End | Node::Text => {}
            }
        }
    }

    /// Reads one cell to its end.
    fn cell(&mut self, row: &mut Cells, place: usize) -> Result<(), Fault> {
        let kind = self.xml.attribute("t")?.unwrap_or_default();
        let style = self.xml.attribute("s")?.and_then(|style| style.parse::<usize>().ok());
        let (mut value, mut inline) = (String::new(), String::new());
        let (mut in_value, mut in_text, mut in_sound) = (false, false, false);
        loop {
            match self.xml.next()? {
                Node::Start => match self.xml.name() {
                    b"v" => in_value = true,
                    b"t" => in_text = true,
                    // How a text is read aloud is no part of it.
                    b"rPh" => in_sound = true,
                    _ => {}
                },
                Node::Text if in_value => value.push_str(self.xml.text()),
                Node::Text if in_text && !in_sound => inline.push_str(self.xml.text()),
                Node::End => match self.xml.name() {
                    b"c" => break,
                    b"v" => in_value = false,
                    b"t" => in_text = false,
                    b"rPh" => in_sound = false,
                    _ => {}
                },
                Node::Over => return Err(Fault::Broken),
                Node::Empty | Node::Text => {}
            }
        }
        let text = match kind.as_str() {
            "s" => {
                let place = value.trim().parse::<usize>().map_err(|_| Fault::Broken)?;
                shown(self.strings.get(place).ok_or(Fault::Broken)?).to_owned()
            }
            "inlineStr" => inline,
            "b" => (value.trim() == "1").to_string(),
            "str" | "d" => value,
            "e" => {
                row.wrong.push(place);
                value
            }
            _ => self.number(value.trim(), style),
        };
        if place < MAX_COLUMNS {
            if row.cells.len() <= place {
                row.cells.resize(place + 1, String::new());
            }
            row.cells[place] = text;
        } else if !text.trim().is_empty() {
            row.beyond = true;
        }
        Ok(())
    }

    /// A number as people see it: a day where its format is one, and whole numbers without an exponent.
    fn number(&self, value: &str, style: Option<usize>) -> String {
        let is_date = style.and_then(|style| self.dates.get(style)).copied().unwrap_or(false);
        if is_date && let Some(day) = self.day(value) {
            return iso(day);
        }
        whole(value).unwrap_or_else(|| value.to_owned())
    }

    fn day(&self, value: &str) -> Option<Date> {
        let days: i32 = value.split('.').next()?.parse().ok()?;
        // The 29th of February 1900 never was; no serial number before it is of use to anybody here.
        if self.epoch == EPOCH && days < 61 {
            return None;
        }
        let julian = self.epoch.to_julian_day().checked_add(days)?;
        Date::from_julian_day(julian).ok().filter(|day| (1900..=9999).contains(&day.year()))
    }
}

/// `7.4186098092E10` and `12.0` as whole numbers; nothing for others.
fn whole(value: &str) -> Option<String> {
    if !value.contains(['e', 'E', '.']) {
        return None;
    }
    let number: f64 = value.parse().ok()?;
    // Beyond this a number has lost digits already.
    let is_whole = number.is_finite() && number.abs() < 1e15 && number.fract().abs() < f64::EPSILON;
    is_whole.then(|| format!("{number:.0}"))
}

/// The column of a cell's name: `A1` is 0, `AB7` is 27.
fn column_of(name: &str) -> Option<usize> {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic);
    let place = letters.take(4).fold(0_usize, |place, letter| place * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    place.checked_sub(1)
}

/// The relation that names the first sheet, and whether days are counted from 1904.
fn first_sheet(part: Part) -> Result<(String, bool), Fault> {
    let mut xml = Xml::new(part);
    let mut is_1904 = false;
    loop {
        match xml.next()? {
            Node::Start | Node::Empty if xml.name() == b"workbookPr" => {
                is_1904 = xml.attribute("date1904")?.is_some_and(|told| matches!(told.as_str(), "1" | "true"));
            }
            Node::Start | Node::Empty if xml.name() == b"sheet" => {
                // `r:id`; the plain `id` of other elements is not on this one.
                return Ok((xml.attribute("id")?.unwrap_or_default(), is_1904));
            }
            Node::Over => return Err(Fault::NoSheet),
            Node::Start | Node::Empty | Node::End | Node::Text => {}
        }
    }
}

/// Which part each relation leads to.
fn targets(part: Part) -> Result<HashMap<String, String>, Fault> {
    let mut xml = Xml::new(part);
    let mut targets = HashMap::new();
    loop {
        match xml.next()? {
            Node::Start | Node::Empty if xml.name() == b"Relationship" => {
                if let (Some(id), Some(target)) = (xml.attribute("Id")?, xml.attribute("Target")?) {
                    targets.insert(id, target);
                }
            }
            Node::Over => return Ok(targets),
            Node::Start | Node::Empty | Node::End | Node::Text => {}
        }
    }
}

fn shared_strings(part: Part) -> Result<Vec<Box<str>>, Fault> {
    let mut xml = Xml::new(part);
    let mut strings: Vec<Box<str>> = Vec::new();
    let mut text = String::new();
    let (mut in_text, mut in_sound) = (false, false);
    loop {
        match xml.next()? {
            Node::Start => match xml.name() {
                b"si" => text.clear(),
                b"t" => in_text = true,
                b"rPh" => in_sound = true,
                _ => {}
            },
            Node::Text if in_text && !in_sound => text.push_str(xml.text()),
            Node::Empty if xml.name() == b"si" => strings.push(Box::from("")),
            Node::End => match xml.name() {
                b"si" => strings.push(std::mem::take(&mut text).into_boxed_str()),
                b"t" => in_text = false,
                b"rPh" => in_sound = false,
                _ => {}
            },
            Node::Over => return Ok(strings),
            Node::Empty | Node::Text => {}
        }
        if strings.len() > MAX_TEXTS {
            return Err(Fault::TooLarge);
        }
    }
}

/// Which styles of cells show a day.
fn date_styles(part: Part) -> Result<Vec<bool>, Fault> {
    let mut xml = Xml::new(part);
    let mut formats: HashMap<u32, bool> = HashMap::new();
    let mut styles = Vec::new();
    let mut in_cells = false;
    loop {
        let node = xml.next()?;
        match node {
            Node::Start | Node::Empty => match xml.name() {
                b"numFmt" => {
                    let id = xml.attribute("numFmtId")?.and_then(|id| id.parse().ok());
                    if let (Some(id), Some(code)) = (id, xml.attribute("formatCode")?) {
                        formats.insert(id, is_date_format(&code));
                    }
                }
                b"cellXfs" => in_cells = node == Node::Start,
                b"xf" if in_cells => {
                    let id = xml.attribute("numFmtId")?.and_then(|id| id.parse().ok()).unwrap_or(0);
                    styles.push(formats.get(&id).copied().unwrap_or_else(|| is_built_in_date(id)));
                }
                _ => {}
            },
            Node::End if xml.name() == b"cellXfs" => in_cells = false,
            Node::Over => return Ok(styles),
            Node::End | Node::Text => {}
        }
    }
}

/// Formats that need not be declared (ECMA-376 Part 1 §18.8.30), those of East Asia too.
fn is_built_in_date(id: u32) -> bool {
    matches!(id, 14..=17 | 22 | 27..=31 | 34..=36 | 50..=58)
}

/// Whether a format shows a day: a year or a day stands in it, outside of quotation marks and brackets.
fn is_date_format(code: &str) -> bool {
    let (mut quoted, mut bracketed, mut skipped) = (false, false, false);
    for letter in code.chars() {
        if std::mem::take(&mut skipped) {
            continue;
        }
        match letter {
            '\\' | '_' | '*' => skipped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => bracketed = true,
            ']' if !quoted => bracketed = false,
            'y' | 'Y' | 'd' | 'D' if !quoted && !bracketed => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_days_are_told_from_others() {
        let table = [
            ("dd/mm/yyyy", true),
            ("[$-42A]d mmmm yyyy", true),
            ("yyyy\\-mm\\-dd;@", true),
            ("0.00", false),
            ("[Red]0", false),
            ("\"day\" 0", false),
            ("hh:mm", false),
            ("General", false),
        ];
        for (code, expected) in table {
            assert_eq!(is_date_format(code), expected, "{code}");
        }
        assert!(is_built_in_date(14) && !is_built_in_date(0) && !is_built_in_date(49));
    }

    #[test]
    fn cells_know_their_column_and_numbers_their_digits() {
        for (name, place) in [("A1", Some(0)), ("Z9", Some(25)), ("AB7", Some(27)), ("XFD1048576", Some(16_383)), ("7", None)] {
            assert_eq!(column_of(name), place, "{name}");
        }
        let table = [("7.4186098092E10", Some("74186098092")), ("12.0", Some("12")), ("12.5", None), ("079", None), ("x.", None)];
        for (value, expected) in table {
            assert_eq!(whole(value).as_deref(), expected, "{value}");
        }
    }
}
