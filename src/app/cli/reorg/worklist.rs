//! The list of those who need a human decision: written, and read back when it is filled in.

use super::refused::many;
use crate::app::cli::CliError;
use crate::base::csv;
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::reorganization::choices;
use crate::service::reorganization::worklist::{self, COLUMNS};
use crate::service::sheet::{Row, Sheet};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::Path;

/// So many posts are asked for at a time.
const PAGE: i64 = 1_000;
/// More rows than any city has people to decide about.
const MOST_ROWS: usize = 250_000;

fn trouble(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Refused(format!("{}: {error}", path.display()))
}

/// Writes who waits for a decision; answers how many posts.
pub async fn write(services: &Services, name: &str, stage: Option<&str>, path: &Path) -> Result<usize, CliError> {
    keep_filled(services, name, path).await?;
    let mut file = BufWriter::new(File::create(path).map_err(|error| trouble(path, &error))?);
    let mut put = |cells: &[&str]| file.write_all(csv::line(cells).as_bytes()).map_err(|error| trouble(path, &error));
    put(&COLUMNS)?;
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let page = worklist::worklist(services, name, stage, &after, PAGE).await?;
        for item in &page {
            put(&item.cells().each_ref().map(String::as_str))?;
        }
        count += page.len();
        match page.last() {
            Some(last) => after = last.key().to_owned(),
            None => break,
        }
    }
    file.flush().map_err(|error| trouble(path, &error))?;
    Ok(count)
}

/// Work of humans is not written over before it was read.
async fn keep_filled(services: &Services, name: &str, path: &Path) -> Result<(), CliError> {
    if !path.is_file() {
        return Ok(());
    }
    // What is no such list is written over, as every file is that is named for a list.
    let rows = read(path).unwrap_or_default();
    let filled: Vec<&Row> = rows.iter().filter(|row| !row.get("chosen_unit").is_empty()).collect();
    if filled.is_empty() {
        return Ok(());
    }
    let decided: HashSet<String> = choices::decisions(services, name).await?.into_iter().map(|row| row.person.0).collect();
    match filled.iter().find(|row| !decided.contains(row.get("person_id"))) {
        None => Ok(()),
        Some(row) => Err(CliError::Refused(format!(
            "{}: the unit that was chosen on line {} was not read yet; read this file with --decisions, or write another one",
            path.display(),
            row.line
        ))),
    }
}

/// Reads a list that was filled in: CSV, or the first sheet of a workbook.
pub fn read(path: &Path) -> Result<Vec<Row>, CliError> {
    let file = File::open(path).map_err(|error| trouble(path, &error))?;
    let mut errors = Vec::new();
    let rows = rows_of(BufReader::new(file), &mut errors);
    if errors.is_empty() {
        return Ok(rows);
    }
    Err(many(&errors, &format!("nothing was decided; mend {} and read it again", path.display())))
}

fn rows_of(file: impl std::io::Read, errors: &mut Vec<RowError>) -> Vec<Row> {
    let needed = ["person_id", "from_unit", "chosen_unit", "decision_no"];
    let mut rows = Vec::new();
    // People add columns of their own for notes.
    let opened = Sheet::open(file).and_then(|sheet| sheet.check_header(&needed, |_| true).map(|()| sheet));
    let mut sheet = match opened {
        Ok(sheet) => sheet,
        Err(error) => {
            errors.push(error);
            return rows;
        }
    };
    loop {
        match sheet.next_row() {
            Ok(None) => return rows,
            Ok(Some(Ok(row))) => rows.push(row),
            Ok(Some(Err(error))) => errors.push(error),
            Err(error) => {
                errors.push(error);
                return rows;
            }
        }
        if rows.len() + errors.len() > MOST_ROWS {
            errors.push(RowError::new(1, "", "tệp có hơn 250.000 dòng", "the file has more than 250,000 rows"));
            return rows;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Vec<Row>, Vec<RowError>) {
        let mut errors = Vec::new();
        let rows = rows_of(text.as_bytes(), &mut errors);
        (rows, errors)
    }

    #[test]
    fn what_is_written_is_read_back_with_columns_of_ones_own() {
        let filled = ["p", "=Kim", "760 Quận 1", "26740 Phường Sài Gòn; 26743 Phường Bến Thành", "26740", "12/QĐ-UBND"];
        let mut text = csv::line(&COLUMNS);
        text.push_str(&csv::line(&filled));

        let (rows, errors) = read_text(&text);

        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(COLUMNS.map(|column| rows[0].get(column).to_owned()), filled.map(str::to_owned));
        let (rows, errors) = read_text("note,person_id,from_unit,chosen_unit,decision_no\nasked Lan,p,760,26740,12/QĐ\n");
        assert_eq!((rows.len(), errors.len()), (1, 0));
    }

    #[test]
    fn a_list_that_lacks_a_column_or_has_a_bad_row_is_refused_with_its_line() {
        let (_, errors) = read_text("person_id,from_unit,chosen_unit\np,760,26740\n");
        assert_eq!(errors.iter().map(|error| error.column.as_str()).collect::<Vec<_>>(), ["decision_no"]);

        let (_, errors) = read_text("person_id,from_unit,chosen_unit,decision_no\np,760,26740,12\nq,760\n");
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [3]);
    }
}
