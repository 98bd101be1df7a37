//! Who may open what at the console: every address and method, for every role, within its bounds and outside them. What a
//! request names is there, so that an answer tells who may: where somebody may not, it is that of a thing that is not
//! there, or that they have no access, and nothing happened.

mod house;
mod rows;
mod things;

use crate::support::phones::enrol;
use house::{House, give};
use motlan::http::admin::routes::ROUTES;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority;
use rows::{ACTS, SEATS, seat, table};

async fn try_all(method: &str) {
    let mut house = House::build().await;
    let mut wrong = Vec::new();
    for row in table().iter().filter(|row| row.method == method) {
        wrong.extend(house.try_out(row).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_address_of_the_console_has_a_line_and_every_line_an_address() {
    let table = table();
    let has_line = |route: &&(&str, &str)| table.iter().any(|row| (row.method, row.path) == **route);
    let missing: Vec<_> = ROUTES.iter().filter(|route| !has_line(route)).collect();
    assert!(missing.is_empty(), "no line in tests/it/authorization/table.txt says who may open {missing:?}");
    let gone: Vec<_> = table.iter().filter(|row| !ROUTES.contains(&(row.method, row.path))).map(|row| row.line).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

#[test]
fn every_act_can_be_named_in_a_line() {
    assert_eq!(ACTS.len(), authority::TABLE.len(), "an act is missing in this file");
    for (name, roles) in ACTS {
        assert!(authority::TABLE.iter().any(|(_, held)| held == roles), "{name}");
    }
}

#[test]
fn auditors_read_and_change_nothing_and_the_system_holds_every_act() {
    let reading = [
        "ReadPeople",
        "ReadHistory",
        "ExportPeople",
        "ReadReports",
        "ReadImports",
        "ReadReadiness",
        "ReadOnboarding",
        "ReadCodes",
        "ReadReviews",
        "ReadClients",
    ];
    let city =
        ["ReadRuntime", "ReadAudit", "ExportAudit", "ReadBulks", "ReadTemplate", "ReadFigures", "ReadSources", "ReadPlans"];
    for (name, roles) in ACTS {
        let reads = reading.contains(name) || city.contains(name);
        assert_eq!(roles.contains(&AdminRole::Auditor), reads, "{name}");
        assert!(roles.contains(&AdminRole::System), "{name}");
    }
}

#[tokio::test]
async fn pages_open_for_whoever_holds_the_act_within_their_bounds_and_for_nobody_else() {
    try_all("get").await;
}

#[tokio::test]
async fn forms_count_for_whoever_holds_the_act_within_their_bounds_and_for_nobody_else() {
    try_all("post").await;
}

#[tokio::test]
async fn whoever_administers_nothing_or_gave_one_factor_opens_no_page_and_sends_no_form() {
    let mut house = House::build().await;
    let app = house.app.clone();
    let kim = app.official("kim").await;
    let (mut of_kim, _) = enrol(&app, &kim).await;
    let lan = app.official("lan").await;
    let mut of_lan = app.browser();
    assert_eq!(of_lan.sign_in(&lan, "/signin").await.page(), Some("portal"));
    give(&app, &seat("lan", AdminRole::System, None, None)).await;

    for row in table() {
        let target = house.target(&row, true).await;
        let before = app.audit_events().await;
        let (path, filled) = (row.aimed(&target), row.filled(&target));
        let fields: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for (who, browser) in [("a stranger", &mut app.browser()), ("no role", &mut of_kim), ("one factor", &mut of_lan)] {
            let answer = if row.method == "get" {
                browser.get(&path).await
            } else {
                let csrf = browser.get("/signin/recover").await.hidden("csrf");
                browser.post(&path, &[&fields[..], &[("csrf", csrf.as_str())]].concat()).await
            };
            let turned_away = match answer.status {
                303 => !answer.location().starts_with("/admin"),
                403 => who != "a stranger" && answer.error_page() == Some("no_access"),
                _ => false,
            };
            assert!(turned_away, "{}: {who}: {} {:?}", row.line, answer.status, answer.header("location"));
        }
        assert_eq!(app.audit_events().await, before, "{}", row.line);
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing_whoever_sends_it() {
    let mut house = House::build().await;

    for row in table().iter().filter(|row| row.method == "post") {
        let mut target = house.target(row, true).await;
        let before = house.app.audit_events().await;
        for (reader, seat) in SEATS.iter().enumerate() {
            house.readers[reader].csrf = "forged".to_owned();
            if row.is_of_maker() {
                target.thing = house.made_by(reader, row, &target).await;
            }
            let answer = house.ask(reader, row, &target).await;
            // What is no form with a file is not read so far as to see whose it is.
            let refused = matches!(answer.status, 403 | 404) || (answer.status == 400 && row.also.contains(&400));
            assert!(refused, "{}: {}: {}", row.line, seat.name, answer.status);
        }
        assert_eq!(house.app.audit_events().await, before, "{}", row.line);
    }
}
