//! Where the departments of units that a plan divides sit, as a file tells it: rules may go by that.
//!
//! A file says all of the units that it names, and counts whole or not at all. The seats that a rule goes by are a part of
//! what is approved, and whoever told them is one of those who said where people go. Once the plan is applied, latecomers go
//! by the same seats: those of units that ended are not told anew.

use super::By;
use super::choices::{is_short, not_divided};
use super::errors::ReorganizationError;
use super::lines::count;
use super::outlook::Outlook;
use super::register::{note, registered};
use super::scene::{Scene, hold};
use crate::base::clock::Millis;
use crate::base::id::UnitId;
use crate::base::text::{fold, nfc};
use crate::model::plan::seats::has_a_word;
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::sheet::{Row, Sheet};
use crate::store::plan_seats::{self, SeatRow};
use serde_json::json;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::io::Read;

/// The columns of a file.
pub const COLUMNS: [&str; 3] = ["from_unit", "department", "address"];
/// No file of seats is larger, in bytes.
pub const MOST_BYTES: usize = 4 * 1_024 * 1_024;
/// Nor has it more rows: all of it is one short write.
const MOST_ROWS: usize = 5_000;

/// What a file told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatsRead {
    /// The units that it named.
    pub units: usize,
    /// Their seats.
    pub seats: usize,
}

/// The seat of a department of a unit, or of the unit itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    unit: UnitId,
    department: String,
    address: String,
}

impl Told {
    fn row(self, by: &By<'_>, at: Millis) -> SeatRow {
        SeatRow { unit: self.unit, department: self.department, address: self.address, by: by.actor.to_owned(), at }
    }
}

/// The rows of a file, CSV or the first sheet of a workbook; or all its mistakes.
pub fn rows_of(file: impl Read) -> Result<Vec<Row>, Vec<RowError>> {
    // People add columns of their own for notes.
    let opened = Sheet::open(file).and_then(|sheet| sheet.check_header(&COLUMNS, |_| true).map(|()| sheet));
    let (rows, mut wrong) = opened.map_err(|error| vec![error])?.read_all(MOST_ROWS);
    if rows.is_empty() && wrong.is_empty() {
        wrong.push(RowError::new(1, "", "tệp không có dòng nào dưới tiêu đề", "the file has no row under its header"));
    }
    if wrong.is_empty() { Ok(rows) } else { Err(wrong) }
}

/// Takes the seats of the units that a file names, in place of what was told of them before. With a mistake in any row
/// nothing is written.
pub async fn read(services: &Services, name: &str, rows: &[Row], by: &By<'_>) -> Result<SeatsRead, ReorganizationError> {
    let scene = Scene::open(services, name).await?;
    if scene.pending.is_empty() {
        return Err(ReorganizationError::Already);
    }
    let told = told_by(rows, &|cell| meant(&scene, cell)).map_err(ReorganizationError::BadChoice)?;
    let units: BTreeSet<&UnitId> = told.iter().map(|seat| &seat.unit).collect();
    let units: Vec<UnitId> = units.into_iter().cloned().collect();
    let read = SeatsRead { units: units.len(), seats: told.len() };
    let now = services.clock.now();
    let seats: Vec<SeatRow> = told.into_iter().map(|seat| seat.row(by, now)).collect();
    let mut tx = services.store.write().await?;
    hold(&mut tx, name, &scene.applied).await?;
    plan_seats::replace(&mut tx, name, &units, &seats).await?;
    let detail = json!({ "plan": name, "stage": null, "units": count(read.units), "seats": count(read.seats) });
    note(&mut tx, services, "plan.seats_read", by, detail).await?;
    tx.commit().await?;
    Ok(read)
}

/// The seats of a plan, unit by unit; those that were told of units which the plan does not divide any more, too.
pub async fn list(services: &Services, name: &str) -> Result<Vec<SeatRow>, ReorganizationError> {
    registered(services, name).await?;
    let mut seats = plan_seats::list(&mut services.store.read().await?, name).await?;
    // Engines do not agree on the order of texts.
    seats.sort_by(|a, b| (&a.unit, &a.department).cmp(&(&b.unit, &b.department)));
    Ok(seats)
}

/// The unit that a cell means, of those that the plan divides and has not ended yet.
fn meant(scene: &Scene, cell: &str) -> Option<UnitId> {
    let mut divided = scene.pending.iter().flat_map(Outlook::divided);
    divided.find(|unit| scene.means_before(cell, unit))
}

/// What all rows tell, each department once; or all their mistakes.
fn told_by(rows: &[Row], unit_of: &dyn Fn(&str) -> Option<UnitId>) -> Result<Vec<Told>, Vec<RowError>> {
    let (mut told, mut wrong) = (Vec::new(), Vec::new());
    let mut seen: HashMap<(UnitId, String), String> = HashMap::new();
    for row in rows {
        let one = match read_row(row, unit_of) {
            Ok(one) => one,
            Err(error) => {
                wrong.push(error);
                continue;
            }
        };
        // Departments are compared as rules compare them.
        match seen.entry((one.unit.clone(), fold(&one.department))) {
            Entry::Occupied(before) if *before.get() == one.address => {}
            Entry::Occupied(_) => wrong.push(told_otherwise(row)),
            Entry::Vacant(new) => {
                new.insert(one.address.clone());
                told.push(one);
            }
        }
    }
    if wrong.is_empty() { Ok(told) } else { Err(wrong) }
}

/// What one row tells.
fn read_row(row: &Row, unit_of: &dyn Fn(&str) -> Option<UnitId>) -> Result<Told, RowError> {
    let (cell, address, department) = (row.needed("from_unit")?, row.needed("address")?, row.get("department"));
    for (column, text) in [("department", department), ("address", address)] {
        if !is_short(text) {
            return Err(row.wrong(column, "tối đa 200 ký tự, trên một dòng", "one line of at most 200 characters"));
        }
    }
    if !has_a_word(address) {
        return Err(row.wrong("address", "địa chỉ cần có chữ hoặc số", "an address has letters or digits"));
    }
    let unit = unit_of(cell).ok_or_else(|| not_divided(row.line, "from_unit", cell))?;
    Ok(Told { unit, department: nfc(department), address: nfc(address) })
}

fn told_otherwise(row: &Row) -> RowError {
    row.wrong(
        "department",
        "một dòng khác cho địa chỉ khác của bộ phận này",
        "another row tells another address of this department",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "from_unit,department,address\n";

    fn read_text(text: &str) -> Result<Vec<Row>, Vec<RowError>> {
        rows_of(format!("{HEADER}{text}").as_bytes())
    }

    fn unit_of(cell: &str) -> Option<UnitId> {
        ["760", "761"].contains(&cell).then(|| UnitId(format!("unit of {cell}")))
    }

    fn told(text: &str) -> Result<Vec<Told>, Vec<RowError>> {
        told_by(&read_text(text).expect("rows"), &unit_of)
    }

    #[test]
    fn files_that_cannot_be_read_are_refused_with_the_place() {
        let table = [
            ("no row", HEADER.to_owned(), vec![1]),
            ("a column is missing", "from_unit,address\n760,Khu phố 3\n".to_owned(), vec![1]),
            ("cells are missing", format!("{HEADER}760,\n760,,Khu phố 3\n761\n"), vec![2, 4]),
            ("too many rows", format!("{HEADER}{}", "760,,Khu phố 3\n".repeat(MOST_ROWS + 1)), vec![1]),
        ];
        for (case, text, lines) in table {
            let wrong = rows_of(text.as_bytes()).expect_err(case);
            assert_eq!(wrong.iter().map(|error| error.line).collect::<Vec<_>>(), lines, "{case}");
        }
        let rows = rows_of(format!("note,{HEADER}asked Lan,760,,Khu phố 3\n").as_bytes()).expect("rows");
        assert_eq!((rows.len(), rows[0].get("from_unit"), rows[0].get("address")), (1, "760", "Khu phố 3"));
        assert_eq!(read_text(&"760,,Khu phố 3\n".repeat(MOST_ROWS)).expect("rows").len(), MOST_ROWS);
    }

    #[test]
    fn each_department_has_one_seat_and_the_same_may_be_told_twice() {
        let text = "760,,Khu phố 1\n760,Phòng  Tư pháp,\"12  đường A, Khu phố 3\"\n760,phong tu phap,\"12 đường A, Khu phố 3\"\n\
                    761,,Khu phố 1\n761,Phòng Tư pháp,Khu phố 2\n";
        let all = told(text).expect("seats");
        let all: Vec<_> = all.iter().map(|seat| [seat.unit.as_str(), &seat.department, &seat.address]).collect();
        let expected = [
            ["unit of 760", "", "Khu phố 1"],
            ["unit of 760", "Phòng Tư pháp", "12 đường A, Khu phố 3"],
            ["unit of 761", "", "Khu phố 1"],
            ["unit of 761", "Phòng Tư pháp", "Khu phố 2"],
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn all_mistakes_are_told_each_with_its_row_and_column() {
        let long = "x".repeat(201);
        let table = [
            ("no unit", ",,Khu phố 1".to_owned(), "from_unit"),
            ("a unit that is not divided", "762,,Khu phố 1".to_owned(), "from_unit"),
            ("no address", "760,Văn phòng,".to_owned(), "address"),
            ("an address without a word", "760,Văn phòng,-".to_owned(), "address"),
            ("a long address", format!("760,Văn phòng,{long}"), "address"),
            ("a long department", format!("760,{long},Khu phố 1"), "department"),
            ("another address of the unit", "760,,Khu phố 2".to_owned(), "department"),
            ("another address of a department", "760,PHONG TU PHAP,Khu phố 2".to_owned(), "department"),
        ];
        let good = "760,,Khu phố 1\n760,Phòng Tư pháp,Khu phố 3\n";
        let mut text = good.to_owned();
        for (case, row, column) in &table {
            let wrong = told(&format!("{good}{row}\n")).expect_err(case);
            let places: Vec<(u64, &str)> = wrong.iter().map(|error| (error.line, error.column.as_str())).collect();
            assert_eq!(places, [(4, *column)], "{case}");
            assert!(wrong.iter().all(|error| !error.message_vi.is_empty() && !error.message_en.is_empty()), "{case}");
            text.push_str(row);
            text.push('\n');
        }
        let wrong = told(&text).expect_err("mistakes");
        assert_eq!(wrong.len(), table.len(), "{wrong:?}");
    }
}
