//! The unit registry: the files of the data folder, bringing them in, and looking up what was brought.

use super::{TestApp, data_dir};
use motlan::model::registry::{LookUp, Registry};
use motlan::model::unit::Unit;
use motlan::service::registry::document;
use motlan::service::registry::files::Source;
use motlan::service::registry::import::{self, ImportError, Report, Request};
use motlan::service::{Origin, Services};
use time::Date;
use time::macros::date;

/// The last day of the districts.
pub const LAST_DAY: Date = date!(2025 - 06 - 30);
/// The first day after the merger.
pub const FIRST_DAY: Date = date!(2025 - 07 - 01);

const FILES: [&str; 6] = [
    "district_dissolution.csv",
    "mapping_2025.csv",
    "name_variants.csv",
    "units_2025.csv",
    "units_legacy.csv",
    "units_pre2025.csv",
];

/// One of the files.
pub fn file(name: &str) -> Source {
    let bytes = std::fs::read(data_dir().join("units").join(name)).expect("a file of the data folder");
    Source { name: name.to_owned(), bytes }
}

/// All of them.
pub fn all_files() -> Vec<Source> {
    FILES.iter().map(|name| file(name)).collect()
}

/// Brings files in, as an administrator does.
pub async fn bring(services: &Services, sources: &[Source], only_legacy: bool) -> Result<Report, ImportError> {
    let origin = Origin::command_line();
    import::import(services, &Request { sources, only_legacy, actor: "os:test", origin: &origin }).await
}

/// A provider with the whole registry, and what is in it.
pub async fn loaded() -> (TestApp, Registry) {
    let app = TestApp::start().await;
    bring(app.services(), &all_files(), false).await.expect("the data is imported");
    let registry = document::load(app.services()).await.expect("the registry");
    (app, registry)
}

/// What a look-up found, by name; what is uncertain has a question mark.
pub fn names_of(registry: &Registry, answer: &LookUp<'_>, on: Date) -> Vec<String> {
    match answer {
        LookUp::One(unit) => vec![registry.name_on(unit, on).to_owned()],
        LookUp::Candidates(units) => {
            let mut names: Vec<_> = units.iter().map(|unit| format!("{}?", registry.name_on(unit, on))).collect();
            names.sort();
            names
        }
        LookUp::None => vec![],
    }
}

/// The one unit that had a code on a day.
pub fn gso<'a>(registry: &'a Registry, code: &str, on: Date) -> &'a Unit {
    registry.look_up("gso", code, on).one().unwrap_or_else(|| panic!("one unit has the code {code} on {on}"))
}

/// What a code meant on a day.
pub fn code_names(registry: &Registry, code: &str, on: Date) -> Vec<String> {
    names_of(registry, &registry.look_up("gso", code, on), on)
}
