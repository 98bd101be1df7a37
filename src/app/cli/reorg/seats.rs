//! Where the departments of divided units sit: read from a file, or listed.

use super::args::{Acting, SeatsArgs};
use super::refused::many;
use super::{meant, standing, tell};
use crate::app::cli::{CliError, Output};
use crate::service::Services;
use crate::service::reorganization::seats::{self, MOST_BYTES};
use crate::service::reorganization::{self, ReorganizationError};
use crate::service::sheet::Row;
use serde_json::json;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Reads a file of seats; without one, lists those that are known.
pub async fn run(args: &SeatsArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let acting = Acting::of(&args.named);
    let name = meant(services, &args.named.plan).await?;
    let Some(path) = args.file.as_deref() else {
        let plan = reorganization::named(services, &name).await?.ok_or(ReorganizationError::UnknownPlan)?;
        tell::seats(&seats::list(services, &name).await?, &plan, &services.known.registry(), out);
        return Ok(());
    };
    let read = seats::read(services, &name, &read_rows(path)?, &acting.by()).await?;
    let fell = reorganization::fell(services, &name).await.unwrap_or_default();
    if out.json {
        let changed = standing::fell_document(&fell);
        out.json(&json!({ "units": read.units, "seats": read.seats, "approvals_changed": changed }));
    } else {
        let (units, seats) = (read.units, read.seats);
        out.line(&format!("{seats} seats of {units} units are read. Where rules go by them, preview the plan again."));
        standing::tell_fell(&name, &fell, out);
    }
    Ok(())
}

/// The rows of a file, or all its mistakes.
fn read_rows(path: &Path) -> Result<Vec<Row>, CliError> {
    let trouble = |error: &std::io::Error| CliError::Refused(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(|error| trouble(&error))?;
    let length = file.metadata().map_err(|error| trouble(&error))?.len();
    if usize::try_from(length).is_ok_and(|length| length > MOST_BYTES) {
        return Err(CliError::Refused(format!("{}: more than 4 MiB, which no such file has", path.display())));
    }
    let again = || format!("nothing was read; mend {} and read it again", path.display());
    seats::rows_of(BufReader::new(file)).map_err(|errors| many(&errors, &again()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_refused_with_its_mistakes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seats.csv");
        let good = "from_unit,department,address\n760,,Khu phố 3\n";
        let long = format!("{good}760,{},Khu phố 3\n", "x".repeat(MOST_BYTES));
        let table = [
            ("good", good.to_owned(), Some(1)),
            ("a row with a mistake", format!("{good}761,\n"), None),
            ("no row", "from_unit,department,address\n".to_owned(), None),
            ("too long", long, None),
        ];
        for (case, text, expected) in table {
            std::fs::write(&path, text).expect("a file");
            assert_eq!(read_rows(&path).ok().map(|rows| rows.len()), expected, "{case}");
        }
        assert!(read_rows(&folder.path().join("nothing.csv")).is_err());
    }
}
