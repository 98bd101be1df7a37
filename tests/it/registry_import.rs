//! What bringing the unit registry in promises: it may be repeated, one digest in any order, bad rows bring nothing.

use crate::support::TestApp;
use crate::support::registry::{FIRST_DAY, LAST_DAY, all_files, bring, code_names, file, gso, loaded};
use motlan::model::registry::LookUp;
use motlan::model::succession::Relation;
use motlan::service::registry::document;
use motlan::service::registry::files::Source;
use motlan::service::registry::import::ImportError;
use time::macros::date;

fn text(name: &str, content: &str) -> Source {
    Source { name: name.to_owned(), bytes: content.as_bytes().to_vec() }
}

#[tokio::test]
async fn importing_again_changes_nothing() {
    let (app, registry) = loaded().await;
    assert_eq!(registry.version(), 1);
    let again = bring(app.services(), &all_files(), false).await.expect("imported again");
    assert_eq!((again.version, again.added, again.units), (1, 0, 0));
    let after = document::load(app.services()).await.expect("the registry");
    assert_eq!(after.digest(), registry.digest());
    assert_eq!(after.version(), 1);
}

/// The file with its rows turned round and its columns in another order.
fn shuffled(source: &Source) -> Source {
    let mut reader = csv::Reader::from_reader(source.bytes.as_slice());
    let header: Vec<String> = reader.headers().expect("a header").iter().rev().map(str::to_owned).collect();
    let mut rows: Vec<Vec<String>> =
        reader.records().map(|row| row.expect("a row").iter().rev().map(str::to_owned).collect()).collect();
    rows.reverse();
    let mut writer = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    for row in std::iter::once(&header).chain(&rows) {
        writer.write_record(row).expect("written");
    }
    Source { name: source.name.clone(), bytes: writer.into_inner().expect("the bytes") }
}

#[tokio::test]
async fn the_digest_is_the_same_in_any_order_of_files_and_rows() {
    let (_app, registry) = loaded().await;
    let app = TestApp::start().await;
    // One file after the other, dissolution before mapping, every file turned round.
    let order = [
        "units_2025.csv",
        "units_legacy.csv",
        "district_dissolution.csv",
        "units_pre2025.csv",
        "mapping_2025.csv",
        "name_variants.csv",
    ];
    for name in order {
        bring(app.services(), &[shuffled(&file(name))], false).await.expect("a file is imported");
    }
    let other = document::load(app.services()).await.expect("the registry");
    assert_eq!(other.digest(), registry.digest());
    assert_eq!(other.version(), 6);
    assert_eq!(registry.digest().len(), 64);
}

#[tokio::test]
async fn only_legacy_leaves_out_what_came_with_the_merger() {
    let app = TestApp::start().await;
    bring(app.services(), &all_files(), true).await.expect("imported");
    let registry = document::load(app.services()).await.expect("the registry");

    assert_eq!(registry.look_up("gso", "26740", FIRST_DAY), LookUp::None);
    assert_eq!(code_names(&registry, "26740", LAST_DAY), ["Phường Bến Nghé"]);
    assert!(registry.successions().iter().all(|pair| pair.relation == Relation::Earlier));

    bring(app.services(), &all_files(), false).await.expect("the rest is imported");
    let (_other, whole) = loaded().await;
    let completed = document::load(app.services()).await.expect("the registry");
    assert_eq!(completed.digest(), whole.digest());
}

#[tokio::test]
async fn further_codes_are_dated_attributes_and_looked_up_by_scheme() {
    let (app, before) = loaded().await;
    let codes = "gso_code,scheme,code,valid_from,valid_to\n\
                 26740,agency,H29.99.1,2025-07-01,\n\
                 26740,agency,H29.99.2,2020-01-01,2025-06-30\n\
                 26740,agency_2016,000.99.99.H29,,\n";
    bring(app.services(), &[text("codes.csv", codes)], false).await.expect("imported");
    let registry = document::load(app.services()).await.expect("the registry");

    let new = gso(&registry, "26740", FIRST_DAY);
    let old = gso(&registry, "26740", LAST_DAY);
    assert_eq!(registry.code_on(new, "agency", FIRST_DAY), Some("H29.99.1"));
    assert_eq!(registry.code_on(new, "agency", LAST_DAY), None);
    assert_eq!(registry.code_on(old, "agency", LAST_DAY), Some("H29.99.2"));
    assert_eq!(registry.look_up("agency", "H29.99.1", FIRST_DAY).one().map(|unit| &unit.id), Some(&new.id));
    assert_eq!(registry.look_up("agency", "H29.99.2", FIRST_DAY), LookUp::None);
    assert_eq!(registry.codes_on(new, FIRST_DAY), [("agency", "H29.99.1"), ("agency_2016", "000.99.99.H29"), ("gso", "26740")]);
    assert_ne!(registry.digest(), before.digest());

    let again = bring(app.services(), &[text("codes.csv", codes)], false).await.expect("imported again");
    assert_eq!(again.added, 0);
    let ended = "gso_code,scheme,code,valid_from,valid_to\n26740,agency,H29.99.1,2025-07-01,2025-12-31\n";
    bring(app.services(), &[text("codes.csv", ended)], false).await.expect("the code ends");
    let registry = document::load(app.services()).await.expect("the registry");
    assert_eq!(registry.look_up("agency", "H29.99.1", date!(2026 - 01 - 01)), LookUp::None);
}

async fn refused(app: &TestApp, source: Source) -> Vec<(u64, String)> {
    let before = document::load(app.services()).await.expect("the registry");
    let errors = match bring(app.services(), &[source], false).await {
        Err(ImportError::Refused(errors)) => errors,
        other => panic!("refused, not {other:?}"),
    };
    assert!(errors.iter().all(|wrong| !wrong.error.message_vi.is_empty() && !wrong.error.message_en.is_empty()));
    let after = document::load(app.services()).await.expect("the registry");
    assert_eq!((after.version(), after.digest()), (before.version(), before.digest()), "nothing was brought in");
    errors.into_iter().map(|wrong| (wrong.error.line, wrong.error.column)).collect()
}

#[tokio::test]
async fn bad_rows_of_registry_files_are_refused_with_line_and_column_and_bring_nothing_in() {
    let (app, _) = loaded().await;
    let codes = "gso_code,scheme,code,valid_from,valid_to\n\
                 26740,agency,H29.1,,\n\
                 99999,agency,H29.2,,\n\
                 26743,agency,29.3,,\n\
                 26743,Agency,H29.3,,\n\
                 26743,agency,H29.1,,\n\
                 26743,agency,H29.4,2025-13-01,\n\
                 26743,agency,H29.4,2025-08-01,2025-07-01\n";
    let expected = [(3, "gso_code"), (4, "code"), (5, "scheme"), (6, "code"), (7, "valid_from"), (8, "valid_to")];
    assert_eq!(refused(&app, text("codes.csv", codes)).await, expected.map(|(line, column)| (line, column.to_owned())));

    let renamed = "gso_code,name,kind,parent_code,valid_from\n26740,Phường Bến Nghé,phuong,79,2025-07-01\n";
    assert_eq!(refused(&app, text("units.csv", renamed)).await, [(2, "gso_code".to_owned())]);
    let wrong_name = "gso_code,name,variant,source\n26740,Phường Sài Gòn,Phường Saigon,x\n";
    assert_eq!(refused(&app, text("variants.csv", wrong_name)).await, [(2, "name".to_owned())]);
    let halved = "legacy_code,legacy_name,new_code,new_name,relation,source\n26740,Phường Bến Nghé,26740,Phường Sài Gòn,part,x\n";
    assert_eq!(refused(&app, text("mapping.csv", halved)).await, [(2, "relation".to_owned())]);
    assert_eq!(refused(&app, text("other.csv", "a,b\n1,2\n")).await, [(1, String::new())]);
    assert_eq!(
        refused(&app, text("nul.csv", "gso_code,scheme,code,valid_from,valid_to\n26740,agency,H29\0,,\n")).await,
        [(2, "code".to_owned())]
    );
}

#[tokio::test]
async fn of_imports_at_the_same_time_each_fact_is_brought_in_once() {
    let (_app, registry) = loaded().await;
    let app = TestApp::start().await;
    let files = all_files();
    let (one, two) = tokio::join!(bring(app.services(), &files, false), bring(app.services(), &files, false));
    let done = [one, two].into_iter().filter(|result| matches!(result, Ok(report) if report.added > 0)).count();

    assert_eq!(done, 1);
    let after = document::load(app.services()).await.expect("the registry");
    assert_eq!((after.version(), after.digest()), (1, registry.digest()));
}
