//! A sheet that is read as a whole: all its rows are held at once, so both their number and what stands in them has an end.
//!
//! A workbook names a text once and shows it in as many cells as it likes: a
//! few kilobytes of it would fill gigabytes of rows.

use super::{Row, Sheet};
use crate::model::row_error::RowError;
use std::io::Read;
use std::mem::size_of;

/// What the rows of a file may take for each that it may have, in bytes. People's rows take a quarter of it.
const ROW_BYTES: usize = 2_048;

impl<R: Read> Sheet<R> {
    /// All rows, and the mistakes of those that cannot be read. With more rows than so many, or more in them than so many
    /// rows hold, there are none, and that is the one mistake.
    pub fn read_all(mut self, most: usize) -> (Vec<Row>, Vec<RowError>) {
        let (mut rows, mut wrong, mut left) = (Vec::new(), Vec::new(), most.saturating_mul(ROW_BYTES));
        loop {
            match self.next_row() {
                Ok(Some(Ok(row))) => match left.checked_sub(taken(&row)) {
                    Some(rest) => {
                        left = rest;
                        rows.push(row);
                    }
                    None => return (Vec::new(), vec![too_much(row.line)]),
                },
                Ok(Some(Err(error))) => wrong.push(error),
                Ok(None) => return (rows, wrong),
                Err(error) => {
                    wrong.push(error);
                    return (rows, wrong);
                }
            }
            if rows.len() + wrong.len() > most {
                return (Vec::new(), vec![too_many(most)]);
            }
        }
    }
}

/// The memory of a row, in bytes.
fn taken(row: &Row) -> usize {
    size_of::<Row>() + row.cells.iter().map(|cell| size_of::<String>() + cell.capacity()).sum::<usize>()
}

fn too_many(most: usize) -> RowError {
    let vi = format!("tệp có hơn {} dòng; hãy chia tệp thành nhiều phần", grouped(most, '.'));
    RowError::new(1, "", vi, format!("the file has more than {} rows; split it", grouped(most, ',')))
}

fn too_much(line: u64) -> RowError {
    let vi = "các ô từ đầu tệp đến dòng này chứa quá nhiều chữ; hãy xóa các cột không cần hoặc chia tệp thành nhiều phần";
    let en = "the cells up to this row hold too much text; remove the columns that are not needed, or split the file";
    RowError::new(line, "", vi, en)
}

/// A number with its thousands set apart.
fn grouped(number: usize, by: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(by);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, most: usize) -> (Vec<Row>, Vec<RowError>) {
        Sheet::open(text.as_bytes()).expect("a sheet").read_all(most)
    }

    #[test]
    fn rows_and_mistakes_come_together_up_to_a_number_of_both() {
        let (rows, wrong) = all("a,b\n1,2\n3\n4,5\n", 3);
        assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(wrong.iter().map(|error| error.line).collect::<Vec<_>>(), [3]);

        let (rows, wrong) = all("a,b\n1,2\n3\n4,5\n", 2);
        assert!(rows.is_empty());
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].message_en.contains("more than 2 rows"), "{}", wrong[0]);
        assert_eq!(
            (grouped(3_000, '.').as_str(), grouped(250_000, ',').as_str(), grouped(12, ',').as_str()),
            ("3.000", "250,000", "12")
        );
    }

    #[test]
    fn what_stands_in_the_rows_has_an_end_too() {
        let long = "x".repeat(4_000);
        let text = format!("a,b\n{}", format!("{long},{long}\n").repeat(40));
        let (rows, wrong) = all(&text, 100);
        assert!(rows.is_empty(), "{}", rows.len());
        assert_eq!(wrong.iter().map(|error| error.line).collect::<Vec<_>>(), [27], "25 rows of 8,000 bytes are the most");
        assert_eq!(all(&text, 400).0.len(), 40, "where more rows are taken more of it is");
    }
}
