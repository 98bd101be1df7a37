//! The files of the registry, told apart by their header.

use crate::model::row_error::RowError;
use crate::service::sheet::{Row, Sheet};

/// Five times the communes of the country.
const MOST_ROWS: usize = 50_000;

/// What a file of the registry brings, in the order in which files build on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Units up to 2025-06-30.
    Legacy,
    /// Units from 2025-07-01.
    Current,
    /// Communes that were gone before 2025-06-30.
    Earlier,
    /// Other spellings of legacy names.
    Variants,
    /// Which legacy commune went into which new unit.
    Mapping,
    /// Which new units lie in which dissolved district.
    Dissolution,
    /// Codes of further schemes.
    Codes,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Legacy, Self::Current, Self::Earlier, Self::Variants, Self::Mapping, Self::Dissolution, Self::Codes];

    /// The columns of the file.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Legacy => &["gso_code", "name", "kind", "parent_code", "province_code", "valid_to"],
            Self::Current => &["gso_code", "name", "kind", "parent_code", "valid_from"],
            Self::Earlier => &[
                "pre2025_code",
                "pre2025_name",
                "pre2025_district_code",
                "pre2025_district",
                "province_code",
                "legacy_code",
                "legacy_name",
                "change",
            ],
            Self::Variants => &["gso_code", "name", "variant", "source"],
            Self::Mapping => &["legacy_code", "legacy_name", "new_code", "new_name", "relation", "source"],
            Self::Dissolution => &["legacy_code", "legacy_name", "province_code", "new_code", "new_name", "coverage"],
            Self::Codes => &["gso_code", "scheme", "code", "valid_from", "valid_to"],
        }
    }

    /// True for what came on 2025-07-01, which a plan can bring instead.
    pub fn is_of_the_merger(self) -> bool {
        matches!(self, Self::Current | Self::Mapping | Self::Dissolution)
    }

    /// The kind whose header this is. The columns may be in any order.
    pub fn of_header(columns: &[String]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| {
            let wanted = kind.columns();
            wanted.len() == columns.len() && wanted.iter().all(|column| columns.iter().any(|name| name == column))
        })
    }
}

/// A file handed in.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, for messages.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileError {
    /// The file's name.
    pub file: String,
    /// The mistake.
    #[serde(flatten)]
    pub error: RowError,
}

/// A file whose kind is known, with all its rows: registries are small.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) rows: Vec<Row>,
}

/// Reads a file; its mistakes go to `errors`.
pub(super) fn read(source: &Source, errors: &mut Vec<FileError>) -> Option<Table> {
    let mut complain = |error| errors.push(FileError { file: source.name.clone(), error });
    let sheet = match Sheet::open(source.bytes.as_slice()) {
        Ok(sheet) => sheet,
        Err(error) => {
            complain(error);
            return None;
        }
    };
    let Some(kind) = Kind::of_header(sheet.columns()) else {
        let known: Vec<String> = Kind::ALL.iter().map(|kind| kind.columns().join(",")).collect();
        complain(RowError::new(
            1,
            "",
            format!("tiêu đề không thuộc tệp nào của danh mục đơn vị; cần một trong: {}", known.join(" | ")),
            format!("the header is not that of a registry file; it must be one of: {}", known.join(" | ")),
        ));
        return None;
    };
    let (rows, wrong) = sheet.read_all(MOST_ROWS);
    wrong.into_iter().for_each(complain);
    Some(Table { name: source.name.clone(), kind, rows })
}
