//! Files that administrators bring: sheets of units, codes and people.

use motlan::service::registry::files::Kind;
use motlan::service::sheet::Sheet;

/// The input is a file.
pub fn run(data: &[u8]) {
    let Ok(mut sheet) = Sheet::open(data) else { return };
    let columns = sheet.columns().to_vec();
    assert!((1..=64).contains(&columns.len()));
    assert!(columns.iter().all(|column| sheet.has(column)));
    if let Some(kind) = Kind::of_header(&columns) {
        assert_eq!(kind.columns().len(), columns.len());
        assert_eq!(sheet.check_header(kind.columns(), |name| kind.columns().contains(&name)), Ok(()));
    }
    let mut last = 1;
    let mut rows = 0;
    while let Ok(Some(row)) = sheet.next_row() {
        rows += 1;
        let line = match row {
            Ok(row) => {
                for column in &columns {
                    let cell = row.get(column);
                    assert!(cell.len() <= 4_096 && cell == cell.trim() && !cell.chars().any(char::is_control));
                    assert_eq!(row.needed(column).is_ok(), !cell.is_empty());
                    assert!(row.date(column).is_err() || cell.is_empty() || cell.len() == 10 || cell.len() == 11, "{cell}");
                }
                assert_eq!(row.get("no such column\n"), "");
                row.line
            }
            Err(error) => {
                assert!(!error.message_vi.is_empty() && !error.message_en.is_empty());
                error.line
            }
        };
        assert!(line > last, "lines are counted upwards: {line} after {last}");
        last = line;
    }
    // Workbooks are packed: they may hold more rows than bytes.
    assert!(rows <= data.len() || data.starts_with(b"PK"));
}
