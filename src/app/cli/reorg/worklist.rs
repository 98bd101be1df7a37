//! The list of those who need a human decision: written, and read back when it is filled in.

use super::refused::many;
use crate::app::cli::CliError;
use crate::base::csv;
use crate::model::row_error::RowError;
use crate::service::Services;
use crate::service::reorganization::choices;
use crate::service::reorganization::worklist::{self, COLUMNS};
use crate::service::sheet::{Row, Sheet};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// So many posts are asked for at a time.
const PAGE: i64 = 1_000;
/// More rows than any city has people to decide about.
const MOST_ROWS: usize = 250_000;
/// Nor more bytes, whatever is in the columns of their own.
const MOST_BYTES: u64 = 128 * 1_048_576;

fn trouble(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Refused(format!("{}: {error}", path.display()))
}

/// Writes who waits for a decision; answers how many posts. A list of before stays until the new one is whole, and nobody
/// else may read either: names stand in it.
pub async fn write(services: &Services, name: &str, stage: Option<&str>, path: &Path) -> Result<usize, CliError> {
    may_be_replaced(path)?;
    let draft = Draft::begin(path)?;
    let written = write_draft(services, (name, stage), &draft).await;
    // Looked at last, so that what somebody filled in meanwhile is not lost either.
    let kept = match written {
        Ok(count) => keep_filled(services, name, path).await.map(|()| count),
        Err(error) => Err(error),
    };
    match kept {
        Ok(count) => draft.end().map(|()| count),
        Err(error) => {
            draft.give_up();
            Err(error)
        }
    }
}

async fn write_draft(services: &Services, (name, stage): (&str, Option<&str>), draft: &Draft) -> Result<usize, CliError> {
    draft.put(csv::BOM)?;
    draft.put(&csv::line(&COLUMNS))?;
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let page = worklist::worklist(services, name, stage, &after, PAGE).await?;
        let lines: String = page.iter().map(|item| csv::line(&item.cells().each_ref().map(String::as_str))).collect();
        draft.put(&lines)?;
        count += page.len();
        match page.last() {
            Some(last) => after = last.key().to_owned(),
            None => return Ok(count),
        }
    }
}

/// A list that is being written, beside the one that it is to replace.
struct Draft {
    file: File,
    begun: PathBuf,
    path: PathBuf,
}

impl Draft {
    /// Readable by its owner only, from its first moment.
    fn begin(path: &Path) -> Result<Self, CliError> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut draft = path.as_os_str().to_owned();
        draft.push(".part");
        let draft = PathBuf::from(draft);
        let opened = File::options().write(true).create_new(true).mode(0o600).open(&draft);
        let file = opened.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => CliError::Refused(format!(
                "{}: another one writes this list, or was killed while it did; remove this file then, and try again",
                draft.display()
            )),
            _ => trouble(&draft, &error),
        })?;
        Ok(Self { file, begun: draft, path: path.to_owned() })
    }

    fn put(&self, text: &str) -> Result<(), CliError> {
        (&self.file).write_all(text.as_bytes()).map_err(|error| trouble(&self.begun, &error))
    }

    /// Puts it in its place at once.
    fn end(self) -> Result<(), CliError> {
        let moved = self.file.sync_all().and_then(|()| std::fs::rename(&self.begun, &self.path));
        moved.map_err(|error| {
            let refused = trouble(&self.path, &error);
            self.give_up();
            refused
        })
    }

    /// Leaves nothing of it. What cannot be removed stands in the way of the next one, which says so.
    fn give_up(&self) {
        if let Err(error) = std::fs::remove_file(&self.begun) {
            tracing::warn!(%error, file = %self.begun.display(), "a list that was begun could not be removed");
        }
    }
}

/// The rows of a list that is to be written over; none where nothing is. Nothing else is ever written over: neither another
/// file nor a list in which a row cannot be read, since somebody may have filled the others in.
fn may_be_replaced(path: &Path) -> Result<Vec<Row>, CliError> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(trouble(path, &error)),
    };
    if !found.is_file() {
        return Err(CliError::Refused(format!("{}: this is no plain file; write another one", path.display())));
    }
    if found.len() == 0 {
        return Ok(Vec::new());
    }
    read(path).map_err(|_| {
        let why = "this is no such list, or a row of it has a mistake, so it is not written over";
        CliError::Refused(format!("{}: {why}; mend it, or write another one", path.display()))
    })
}

/// Work of humans is not written over before it was read.
async fn keep_filled(services: &Services, name: &str, path: &Path) -> Result<(), CliError> {
    let rows = may_be_replaced(path)?;
    if rows.iter().all(|row| row.get("chosen_unit").is_empty()) {
        return Ok(());
    }
    match choices::first_unread(services, name, &rows).await? {
        None => Ok(()),
        Some(line) => Err(CliError::Refused(format!(
            "{}: the unit that was chosen on line {line} was not read yet; read this file with --decisions, or write another one",
            path.display()
        ))),
    }
}

/// Reads a list that was filled in: CSV, or the first sheet of a workbook.
pub fn read(path: &Path) -> Result<Vec<Row>, CliError> {
    let file = File::open(path).map_err(|error| trouble(path, &error))?;
    let length = file.metadata().map_err(|error| trouble(path, &error))?.len();
    if length > MOST_BYTES {
        return Err(CliError::Refused(format!("{}: more than 128 MiB, which no such list has", path.display())));
    }
    let (rows, errors) = rows_of(BufReader::new(file));
    if errors.is_empty() {
        return Ok(rows);
    }
    Err(many(&errors, &format!("nothing was decided; mend {} and read it again", path.display())))
}

fn rows_of(file: impl std::io::Read) -> (Vec<Row>, Vec<RowError>) {
    let needed = ["person_id", "from_unit", "chosen_unit", "decision_no"];
    // People add columns of their own for notes.
    match Sheet::open(file).and_then(|sheet| sheet.check_header(&needed, |_| true).map(|()| sheet)) {
        Ok(sheet) => sheet.read_all(MOST_ROWS),
        Err(error) => (Vec::new(), vec![error]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Vec<Row>, Vec<RowError>) {
        rows_of(text.as_bytes())
    }

    #[test]
    fn what_is_written_is_read_back_with_columns_of_ones_own() {
        let units = "26740 Phường Sài Gòn; 26743 Phường Bến Thành";
        let filled = ["p", "=Kim", "760 Quận 1", units, "26740", "12/QĐ-UBND", "q", "Văn phòng", "Kế toán"];
        let text = [csv::BOM, &csv::line(&COLUMNS), &csv::line(&filled)].concat();

        let (rows, errors) = read_text(&text);

        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(COLUMNS.map(|column| rows[0].get(column).to_owned()), filled.map(str::to_owned));
        let (rows, errors) = read_text("note,person_id,from_unit,chosen_unit,decision_no\nasked Lan,p,760,26740,12/QĐ\n");
        assert_eq!((rows.len(), errors.len()), (1, 0));
    }

    #[test]
    fn only_a_list_of_which_every_row_can_be_read_is_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("worklist.csv");
        assert!(may_be_replaced(&path).is_ok_and(|rows| rows.is_empty()), "nothing is there");
        let good = "person_id,from_unit,chosen_unit,decision_no\np,760,26740,12\n";
        let short = format!("{good}q,760\n");
        let table = [("", Some(0)), (good, Some(1)), ("notes of mine", None), (short.as_str(), None)];
        for (text, expected) in table {
            std::fs::write(&path, text).expect("a file");
            assert_eq!(may_be_replaced(&path).ok().map(|rows| rows.len()), expected, "{text}");
            assert_eq!(std::fs::read_to_string(&path).expect("a file"), text, "it is looked at only");
        }
        let other = folder.path().join("link.csv");
        std::os::unix::fs::symlink(&path, &other).expect("a link");
        for no_file in [other.as_path(), folder.path()] {
            assert!(may_be_replaced(no_file).is_err(), "{}", no_file.display());
        }
    }

    #[test]
    fn a_list_comes_whole_or_not_at_all_and_is_its_owners() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("worklist.csv");
        std::fs::write(&path, "before").expect("a file");
        let text = || std::fs::read_to_string(&path).expect("a file");

        let draft = Draft::begin(&path).expect("a draft");
        draft.put("after").expect("written");
        assert_eq!(text(), "before");
        assert!(Draft::begin(&path).is_err(), "one at a time");
        draft.give_up();
        assert_eq!((text().as_str(), std::fs::read_dir(folder.path()).expect("a folder").count()), ("before", 1));

        let draft = Draft::begin(&path).expect("a draft");
        draft.put("after").expect("written");
        draft.end().expect("in its place");
        assert_eq!((text().as_str(), std::fs::read_dir(folder.path()).expect("a folder").count()), ("after", 1));
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_list_that_lacks_a_column_or_has_a_bad_row_is_refused_with_its_line() {
        let (_, errors) = read_text("person_id,from_unit,chosen_unit\np,760,26740\n");
        assert_eq!(errors.iter().map(|error| error.column.as_str()).collect::<Vec<_>>(), ["decision_no"]);

        let (_, errors) = read_text("person_id,from_unit,chosen_unit,decision_no\np,760,26740,12\nq,760\n");
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [3]);
    }
}
