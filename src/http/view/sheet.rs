//! Sheets that people open in a spreadsheet program (RFC 4180, with a mark that
//! tells such programs the encoding).

/// What makes a program take a cell for a formula when it comes first.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Rows as one text. A cell that a program could take for a formula begins with
/// an apostrophe: names in it may be anybody's.
pub fn csv(rows: &[Vec<String>]) -> String {
    let mut text = "\u{feff}".to_owned();
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| written(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

fn written(cell: &str) -> String {
    let mark = if cell.starts_with(FORMULA) { "'" } else { "" };
    format!("\"{mark}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_taken_for_a_formula() {
        let table = [
            ("08:00, 22/11/2026", "\"08:00, 22/11/2026\""),
            ("=1+1", "\"'=1+1\""),
            ("+84 28", "\"'+84 28\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("＝1", "\"'＝1\""),
            ("a=1", "\"a=1\""),
            ("a \"quoted\", word", "\"a \"\"quoted\"\", word\""),
            ("", "\"\""),
        ];
        for (cell, expected) in table {
            assert_eq!(written(cell), expected, "{cell:?}");
        }
        assert_eq!(csv(&[vec!["a".to_owned(), "=b".to_owned()], vec![]]), "\u{feff}\"a\",\"'=b\"\r\n\r\n");
    }
}
