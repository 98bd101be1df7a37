//! A worklist that was filled in and comes back as a file: all its mistakes are told at once, and with one of them nothing
//! is decided.

use super::decided::sees;
use super::{Eyes, Reader, by};
use crate::model::authority::PlacePeople;
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::authority::Units;
use crate::service::reorganization::choices::{keep, read_rows};
use crate::service::reorganization::decided::Decided;
use crate::service::reorganization::errors::ReorganizationError;
use crate::service::reorganization::scene::Scene;
use crate::service::sheet::{Row, Sheet};

/// Larger files are not read here.
pub const MOST_BYTES: usize = 4 * 1_024 * 1_024;
/// Longer files are brought at the command line, where nobody waits for a page.
const MOST_ROWS: usize = 20_000;
/// So many posts are decided by one file.
const MOST_CHOSEN: usize = 2_000;
/// Columns without which nothing can be decided.
const NEEDED: [&str; 4] = ["person_id", "from_unit", "chosen_unit", "decision_no"];

/// Reads a file, CSV or a workbook; answers of how many posts it decides. They are decided when that is asked for, and the
/// file has no mistake. A post that is not the reader's to decide about is told as one that is not there.
pub async fn read_file(
    services: &Services,
    proof: &Units<PlacePeople>,
    name: &str,
    bytes: Vec<u8>,
    decides: bool,
) -> Result<usize, ReorganizationError> {
    // Beside the threads that answer requests: a workbook unpacks its texts first.
    let read = tokio::task::spawn_blocking(move || rows_of(&bytes)).await;
    let unreadable = |_| Err(vec![RowError::new(1, "", "không đọc được tệp", "the file cannot be read")]);
    let rows = read.unwrap_or_else(unreadable).map_err(ReorganizationError::BadChoice)?;
    let scene = Scene::open(services, name).await?;
    let eyes = Eyes::open(services, &Reader::placing(proof)).await?;
    let bounds = (|target| eyes.narrowed(target), |one: &Decided| sees(&eyes.reader.extent, one));
    let chosen = read_rows(services, &scene, &rows, bounds).await?;
    if chosen.len() > MOST_CHOSEN {
        return Err(ReorganizationError::BadChoice(vec![too_many_decisions()]));
    }
    if decides {
        keep(services, &scene, &chosen, (&by(&proof.by), "sheet")).await?;
    }
    Ok(chosen.len())
}

fn too_many_decisions() -> RowError {
    RowError::new(
        1,
        "chosen_unit",
        "mỗi lần quyết định tối đa 2.000 vị trí; hãy chia tệp thành nhiều phần",
        "at most 2,000 posts are decided at a time; split the file",
    )
}

fn rows_of(bytes: &[u8]) -> Result<Vec<Row>, Vec<RowError>> {
    // People add columns of their own for notes.
    let opened = Sheet::open(bytes).and_then(|sheet| sheet.check_header(&NEEDED, |_| true).map(|()| sheet));
    let (rows, wrong) = opened.map_err(|error| vec![error])?.read_all(MOST_ROWS);
    if wrong.is_empty() { Ok(rows) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_cannot_be_read_are_refused_with_the_place() {
        let header = "person_id,from_unit,chosen_unit,decision_no\n";
        let table = [
            ("a column is missing", "person_id,from_unit,chosen_unit\np,760,26740\n".to_owned(), 1),
            ("a cell is missing", format!("{header}p,760,26740,12\nq,760\n"), 3),
            ("too many rows", format!("{header}{}", "p,760,26740,12\n".repeat(MOST_ROWS + 1)), 1),
        ];
        for (case, text, line) in table {
            let wrong = rows_of(text.as_bytes()).expect_err(case);
            assert_eq!(wrong.iter().map(|error| error.line).collect::<Vec<_>>(), [line], "{case}");
        }
        let rows = rows_of(format!("note,{header}asked Lan,p,760,26740,12/QĐ\n").as_bytes()).expect("rows");
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].get("person_id"), rows[0].get("decision_no")), ("p", "12/QĐ"));
    }
}
