//! Lists that people open in a spreadsheet program (RFC 4180, with a mark that
//! tells such programs the encoding), safe to open whoever wrote what is in them.

/// Stands at the top of a file.
pub const BOM: &str = "\u{feff}";

/// What makes a program take a cell for a formula when it comes first.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// One line with its end. A cell that a program could take for a formula begins
/// with an apostrophe: names in it may be anybody's.
pub fn line(cells: &[&str]) -> String {
    let written: Vec<String> = cells.iter().map(|cell| written(cell)).collect();
    format!("{}\r\n", written.join(","))
}

/// A whole file: the mark, and each row as [`line`] writes it.
pub fn table(rows: &[Vec<String>]) -> String {
    let mut text = BOM.to_owned();
    for row in rows {
        text.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    text
}

/// What a cell says without the apostrophe that [`line`] put before it, so that a
/// list which was taken away can be brought back.
pub fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(cell)
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
            let inner = expected.trim_matches('"').replace("\"\"", "\"");
            assert_eq!(plain(&inner), cell, "it comes back as it was");
        }
    }

    #[test]
    fn a_file_begins_with_the_mark_and_every_line_ends() {
        assert_eq!(table(&[vec!["a".to_owned(), "=b".to_owned()], vec![]]), "\u{feff}\"a\",\"'=b\"\r\n\r\n");
        assert_eq!(line(&["a", "b"]), "\"a\",\"b\"\r\n");
    }

    #[test]
    fn an_apostrophe_of_a_name_stays() {
        assert_eq!(plain("'s-Gravenhage"), "'s-Gravenhage");
        assert_eq!(plain("'"), "'");
    }
}
