//! What is said of days that are over is never overwritten: what was said before stays known, and since when it is said
//! otherwise; and what was believed at a moment can still be told.

use crate::support::TestApp;
use crate::support::plans::{FIRST, LAST, NAME, applied, apply, approve, go_to, register, registry, rollback, town, town_plan};
use crate::support::registry::{all_files, bring, loaded};
use crate::units_console::{SAI_GON, administrator, send, unit_id, upload};
use motlan::base::clock::Millis;
use motlan::model::admin_scope::AdminRole;
use motlan::model::correction::{Correction, Way};
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
