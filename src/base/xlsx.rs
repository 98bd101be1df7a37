//! Workbooks of one sheet. Every cell is a text: nothing in it is ever taken for a formula, a number or a date.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// The format in which spreadsheets keep what is typed as it is, so that 079… keeps its zero.
const TEXT: &str = "@";
/// In letters.
const COLUMN_WIDTH: u16 = 22;

/// A workbook with these rows, the first of them in bold. What XML cannot hold is left out.
///
/// # Errors
/// More rows, columns or letters in a cell than a workbook can have.
pub fn workbook(rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let (text, head) = (Format::new().set_num_format(TEXT), Format::new().set_num_format(TEXT).set_bold());
    let columns = rows.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0_u32..).zip(rows) {
        let format = if row == 0 { &head } else { &text };
        for (column, cell) in (0_u16..).zip(cells) {
            let cell: String = cell.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect();
            sheet.write_string_with_format(row, column, cell, format)?;
        }
    }
    // Columns are text also where nobody has typed yet.
    for column in (0_u16..).take(columns) {
        sheet.set_column_width(column, COLUMN_WIDTH)?.set_column_format(column, &text)?;
    }
    book.save_to_buffer()
}
