//! What is said of days that are over is never overwritten: what was said before stays known, and since when it is said
//! otherwise; and what was believed at a moment can still be told. What is first said of a unit corrects nothing.

use crate::support::TestApp;
use crate::support::plans::{
    FIRST, LAST, NAME, applied, apply, approve, go_to, register, registry, rollback, town, town_plan, unit,
};
use crate::support::registry::{all_files, bring, loaded};
use crate::units_console::{SAI_GON, administrator, send, unit_id, upload};
use motlan::base::clock::Millis;
use motlan::base::id::UnitId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::correction::{Change, Correction, Way};
use motlan::model::plan::Fact;
use motlan::model::registry::Registry;
use motlan::model::unit_code::AGENCY;
use motlan::service::registry::believed;
use motlan::service::registry::files::Source;
use motlan::store::registry_corrections;
use time::Date;
use time::macros::date;

const CODES: &str = "/admin/units/codes";
const HEADER: &str = "gso_code,scheme,code,valid_from,valid_to\n";
const TODAY: Date = date!(2026 - 11 - 22);

async fn all(app: &TestApp) -> Vec<Correction> {
    let mut conn = app.services().store.read().await.expect("a connection");
    registry_corrections::list_after(&mut conn, Millis(0)).await.expect("the corrections")
}

fn now(app: &TestApp) -> Millis {
    app.services().clock.now()
}

async fn believed_at(app: &TestApp, moment: Millis) -> Registry {
    believed::at(app.services(), moment).await.expect("the registry of then")
}

async fn bring_codes(app: &TestApp, rows: &str) {
    let source = Source { name: "ma.csv".to_owned(), bytes: format!("{HEADER}{rows}").into_bytes() };
    bring(app.services(), &[source], false).await.expect("codes are brought in");
    app.sync().await;
}

/// The agency code of a unit on a day.
fn agency_code(registry: &Registry, gso: &str, on: Date) -> Option<String> {
    let unit = registry.look_up("gso", gso, on).one().expect("a unit");
    registry.code_on(unit, AGENCY, on).map(str::to_owned)
}

#[tokio::test]
async fn a_first_import_and_a_plan_on_its_own_day_correct_nothing() {
    let (imported, _) = loaded().await;
    assert!(all(&imported).await.is_empty(), "nothing was said of these units before");
    bring(imported.services(), &all_files(), false).await.expect("imported again");
    assert!(all(&imported).await.is_empty());

    let app = town().await;
    applied(&app, &town_plan()).await;
    assert!(all(&app).await.is_empty(), "the plan says nothing of the days before its own");
    rollback(&app, NAME, false).await.expect("taken back on its day");
    assert!(all(&app).await.is_empty());
}

#[tokio::test]
async fn a_plan_that_is_applied_late_and_taken_back_later_leaves_what_was_believed_when() {
    let app = town().await;
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, true).await.expect("an approval");
    let before = registry(&app).await.digest();
    go_to(&app, date!(2027 - 01 - 04)).await;
    let at_first = now(&app);
    app.advance_seconds(60);
    apply(&app, NAME).await.expect("applied");

    let told = all(&app).await;
    assert!(!told.is_empty());
    for correction in &told {
        let made = &correction.made;
        assert_eq!((made.way, made.reason.as_str(), made.by.as_str()), (Way::Plan, NAME, "os:duyet"));
        assert_eq!((made.at, made.version_after), (now(&app), made.version_before + 1));
    }
    let merged = registry(&app).await.digest();
    let earlier = believed_at(&app, at_first).await;
    assert_eq!(earlier.digest(), before);
    // Nobody knew on the 4th yet that the ward had gone on the 1st.
    let third = date!(2027 - 01 - 03);
    assert!(earlier.look_up("gso", "10001", third).one().is_some() && earlier.look_up("gso", "20001", third).one().is_none());
    let present = registry(&app).await;
    assert!(present.look_up("gso", "10001", third).one().is_none() && present.look_up("gso", "20001", third).one().is_some());
    let applied_at = now(&app);
    assert_eq!(believed_at(&app, applied_at).await.digest(), merged);

    app.advance_seconds(3 * 86_400);
    app.sync().await;
    rollback(&app, NAME, false).await.expect("taken back");

    assert_eq!(registry(&app).await.digest(), before);
    let every = all(&app).await;
    assert_eq!(every.len(), 2 * told.len(), "each is said otherwise again");
    assert!(every[..told.len()].iter().all(|correction| correction.made.way == Way::PlanUndone), "the newest first");
    assert!(every[0].made.reason.starts_with("sap-xep: "), "{}", every[0].made.reason);
    assert_eq!(believed_at(&app, applied_at).await.digest(), merged);
    assert_eq!(believed_at(&app, at_first).await.digest(), before);
    assert_eq!(believed_at(&app, now(&app)).await.digest(), before);
}

/// What is corrected of a unit, by what it is about.
async fn corrected(app: &TestApp, unit: &UnitId) -> Vec<&'static str> {
    let told = believed::of_unit(app.services(), unit).await.expect("corrections");
    let mut about: Vec<&'static str> = told.iter().map(|one| one.change.about()).collect();
    about.sort_unstable();
    about
}

#[tokio::test]
async fn what_a_late_plan_says_of_its_own_units_is_no_correction_and_the_end_of_others_is_one() {
    let app = town().await;
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, true).await.expect("an approval");
    go_to(&app, date!(2027 - 01 - 04)).await;
    let at_first = now(&app);
    app.advance_seconds(60);
    let (merged, divided) = (unit(&app, "10001", LAST).await, unit(&app, "10003", LAST).await);
    let (renamed, elsewhere) = (unit(&app, "10005", LAST).await, unit(&app, "10006", LAST).await);
    let district = unit(&app, "760", LAST).await;
    apply(&app, NAME).await.expect("applied");

    let new = unit(&app, "20001", FIRST).await;
    // Of what becomes of it the plan says the first word; that it had ended by then is news.
    for ended in [&merged, &divided] {
        assert_eq!(corrected(&app, ended).await, ["code", "name", "parent", "unit"]);
    }
    // The ward was called otherwise on days that are over: the one name ended, the other one began.
    assert_eq!(corrected(&app, &renamed).await, ["name", "name"]);
    for (case, unit) in [("a unit that begins", &new), ("another one", &elsewhere)] {
        assert_eq!(corrected(&app, unit).await, Vec::<&str>::new(), "{case}");
    }
    // Of the district wards are told that lay in it and had ended, and none that came to lie in it.
    let told = believed::of_unit(app.services(), &district).await.expect("corrections");
    let lay_there = |one: &Correction| match &one.change {
        Change::Fact(edit) => matches!(edit.fact, Fact::Parent { .. }) && edit.was.is_some(),
        Change::Pair(_) => false,
    };
    assert_eq!((told.len(), told.iter().all(lay_there)), (3, true), "{told:?}");
    // Nobody knew of the new ward before, whatever is a correction.
    assert!(believed_at(&app, at_first).await.unit(&new).is_none());
    assert!(believed_at(&app, now(&app)).await.unit(&new).is_some());

    rollback(&app, NAME, false).await.expect("taken back");
    assert!(!corrected(&app, &new).await.is_empty(), "it was believed until then");
}

/// Corrections as they were written before the first word of a unit was told apart.
fn of_before(_: bool) -> String {
    let fact =
        |of: &str, unit: &str, more: &str| format!("'{of}', '{unit}', NULL, '{{\"of\":\"{of}\",\"unit\":\"{unit}\",{more}}}'");
    let (kind, code) = ("\"kind\":\"phuong\"", "\"scheme\":\"gso\",\"code\":\"1\"");
    let name = "\"name\":\"Phường\",\"usage\":\"official\"";
    let was = "'{\"from\":\"2020-01-01\"}'";
    let rows = [
        (2, "plan", fact("unit", "moi", kind), "NULL"),
        (2, "plan", fact("code", "moi", code), "NULL"),
        (2, "plan", fact("unit", "cu", kind), was),
        (2, "plan", "'succession', 'cu', 'moi', '{\"from\":\"cu\",\"to\":\"moi\"}'".to_owned(), "NULL"),
        (2, "plan", fact("name", "quen", name), "NULL"),
        (3, "import", fact("code", "moi", code), "NULL"),
    ];
    let now = [was, "'{\"relation\":\"whole\",\"effective\":\"2025-07-01\",\"source\":\"nguon\"}'"];
    let line = |(place, (version, way, what, before)): (usize, &(i64, &str, String, &str))| {
        let now = now[usize::from(what.starts_with("'succession"))];
        format!(
            "INSERT INTO registry_corrections (id, made_at, made_by, way, reason, version_before, version_after, about, unit_id,
                                               other_id, keys, said_before, said_after)
             VALUES ('{version:012}-{place:06}', 1, 'os:test', '{way}', '', {version} - 1, {version}, {what}, {before}, {now});"
        )
    };
    rows.iter().enumerate().map(line).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn corrections_of_an_installed_database_are_told_apart_too() {
    let app = TestApp::upgraded_from(47, of_before).await;
    assert_eq!(all(&app).await.len(), 6, "each leads back to what was believed");
    for (unit, expected) in [("moi", vec!["code"]), ("cu", vec!["unit"]), ("quen", vec!["name"])] {
        assert_eq!(corrected(&app, &UnitId(unit.to_owned())).await, expected, "{unit}");
    }
}

#[tokio::test]
async fn a_plan_that_is_taken_back_after_its_day_was_believed_until_then() {
    let app = town().await;
    applied(&app, &town_plan()).await;
    let (merged, applied_at) = (registry(&app).await.digest(), now(&app));
    app.advance_seconds(2 * 86_400);
    app.sync().await;

    rollback(&app, NAME, false).await.expect("taken back");

    let told = all(&app).await;
    assert!(!told.is_empty() && told.iter().all(|correction| correction.made.way == Way::PlanUndone));
    assert_eq!(believed_at(&app, applied_at).await.digest(), merged);
    assert!(registry(&app).await.look_up("gso", "20001", FIRST).one().is_none());
    assert!(registry(&app).await.look_up("gso", "10001", LAST).one().is_some());
}

#[tokio::test]
async fn a_code_that_is_told_or_ended_for_days_that_are_over_is_a_correction_and_one_from_today_on_is_none() {
    let app = town().await;
    let moment = now(&app);
    app.advance_seconds(60);
    bring_codes(&app, "10001,agency,H29.1,2026-11-22,\n10002,agency,H29.2,2026-12-01,\n").await;
    assert!(all(&app).await.is_empty(), "from today on, and later");

    bring_codes(&app, "10003,agency,H29.3,2026-01-01,\n").await;
    let said = now(&app);
    let told = all(&app).await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].made.way, told[0].made.reason.as_str(), told[0].made.by.as_str()), (Way::Import, "ma.csv", "os:test"));
    let day = date!(2026 - 06 - 30);
    assert_eq!(agency_code(&registry(&app).await, "10003", day).as_deref(), Some("H29.3"));
    assert_eq!(agency_code(&believed_at(&app, moment).await, "10003", day), None);
    assert_eq!(agency_code(&believed_at(&app, moment).await, "10001", TODAY).as_deref(), Some("H29.1"), "no correction");

    app.advance_seconds(60);
    bring_codes(&app, "10003,agency,H29.3,2026-01-01,2026-05-31\n").await;
    assert_eq!(all(&app).await.len(), 2);
    assert_eq!(agency_code(&registry(&app).await, "10003", day), None);
    assert_eq!(agency_code(&believed_at(&app, said).await, "10003", day).as_deref(), Some("H29.3"));
    assert_eq!(agency_code(&believed_at(&app, moment).await, "10003", day), None);

    bring_codes(&app, "10001,agency,H29.1,2026-11-22,2026-11-30\n").await;
    assert_eq!(all(&app).await.len(), 2, "it ends on a day to come");
}

#[tokio::test]
async fn a_large_file_is_brought_in_with_all_that_it_corrects() {
    let app = town().await;
    let moment = now(&app);
    app.advance_seconds(60);
    let day = date!(2026 - 06 - 30);
    let rows = (0..1_200).map(|n| format!("10001,scheme_{n},{n},2026-01-01,\n")).collect::<Vec<_>>().concat();
    bring_codes(&app, &rows).await;
    assert_eq!(all(&app).await.len(), 1_200);
    let codes = |registry: &Registry| {
        let unit = registry.look_up("gso", "10001", day).one().expect("the ward");
        registry.codes_on(unit, day).len()
    };
    assert_eq!((codes(&registry(&app).await), codes(&believed_at(&app, moment).await)), (1_201, 1));
}

#[tokio::test]
async fn the_page_of_a_unit_tells_what_was_corrected_and_shows_it_as_it_was_known() {
    let app = TestApp::with_registry().await;
    let (root, mut browser) = administrator(&app, "root", AdminRole::System, None).await;
    let address = format!("/admin/units/{}", unit_id(&app, SAI_GON));
    let page = browser.get(&address).await;
    assert!(page.body.contains("Chưa có đính chính nào"), "{}", page.body);
    let file = format!("{HEADER}{SAI_GON},agency,H29.7.7,2025-07-01,\n");
    let sent = upload(&app, &mut browser, CODES, &[], Some(("file", &file))).await;
    let shown = sent.location().to_owned();
    assert_eq!(send(&mut browser, &shown, &[("act", "apply")]).await.status, 303);

    let told = all(&app).await;
    assert_eq!((told.len(), told[0].made.way, told[0].made.by.as_str()), (1, Way::Codes, root.id.as_str()));
    let page = browser.get(&address).await;
    for text in ["agency H29.7.7", "chưa ghi nhận", "áp dụng tệp mã: <bdi>tep.csv</bdi>", "Nguyễn Văn root"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("unit-as-known"));
    let (codes, _) = page.body.split_once("unit-corrections").expect("a part for corrections");
    assert!(codes.contains("H29.7.7"));

    let earlier = browser.get(&format!("{address}?on=&known=21/11/2026")).await;
    assert_eq!((earlier.status, earlier.page()), (200, Some("admin-unit")), "{}", earlier.body);
    let (codes, _) = earlier.body.split_once("aria-labelledby=\"unit-corrections\"").expect("a part for corrections");
    assert!(codes.contains("unit-as-known") && codes.contains("21/11/2026") && !codes.contains("H29.7.7"), "{codes}");

    for (query, field) in [("on=31/02/2026", "#on"), ("known=x", "#known"), ("known=23/11/2026", "#known")] {
        let wrong = browser.get(&format!("{address}?{query}")).await;
        assert_eq!((wrong.status, wrong.page()), (422, Some("admin-unit")), "{query}");
        assert!(wrong.body.contains(&format!("href=\"{field}\"")), "{query}: {}", wrong.body);
    }

    assert_eq!(send(&mut browser, &shown, &[("act", "undo")]).await.status, 303);
    let ways: Vec<Way> = all(&app).await.iter().map(|correction| correction.made.way).collect();
    assert_eq!(ways, [Way::CodesUndone, Way::Codes]);
    let page = browser.get(&address).await;
    assert!(page.body.contains("không còn ghi nhận") && page.body.contains("hoàn tác tệp mã"), "{}", page.body);
}
