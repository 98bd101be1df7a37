//! Once a quarter units say who keeps what they may enter: each right is answered once, a removal counts at once, and
//! what nobody answers is listed and stays.

use crate::rights_scene::{Admin, CITY, SAI_GON, TAN_DINH, admin, everywhere, within};
use crate::support::people::person;
use crate::support::post::Post;
use crate::support::races::together;
use crate::support::records::{count_of, rows_of};
use crate::support::{Official, TestApp, TestClient, registry, stage};
use motlan::base::clock::Millis;
use motlan::base::date::vietnam_date;
use motlan::model::access_review::quarter_of;
use motlan::model::admin_scope::AdminRole;
use motlan::service::lifecycle::{self, Memory};
use motlan::service::provisioning::roles;
use motlan::service::{Origin, known};
use motlan::store::access_reviews;

const DAY: i64 = 86_400;
const HERE: &str = "/admin/reviews";

async fn run(app: &TestApp) {
    let mut memory = Memory::default();
    while lifecycle::run(app.services(), &mut memory, "a node").await.expect("the job runs") {}
    app.sync().await;
}

async fn client(app: &TestApp) -> TestClient {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    app.client("tthc", |settings| {
        settings.roles = words(&["clerk", "manager"]);
        settings.unit_granted_roles = words(&["clerk"]);
    })
    .await
}

async fn give(app: &TestApp, username: &str, role: &str) {
    let origin = Origin::command_line();
    let request = roles::Request { username, client_id: "tthc", role, position: None, actor: "os:test", origin: &origin };
    assert!(roles::grant(app.services(), &request).await.expect("granted"));
}

async fn roles_left(app: &TestApp, username: &str) -> Vec<String> {
    person(app, username).await.expect("a person").roles.into_iter().map(|role| role.role).collect()
}

/// The unit's id of a code.
fn unit_id(app: &TestApp, code: &str) -> String {
    let registry = app.services().known.registry();
    let today = vietnam_date(Millis(app.now_seconds() * 1_000));
    registry.look_up("gso", code, today).one().expect("a unit").id.0.clone()
}

/// Begins the round of this quarter; answers its address.
async fn begin(app: &TestApp, by: &mut Admin) -> String {
    let sent = by.post(HERE, &[("act", "begin")]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let here = sent.location().to_owned();
    run(app).await;
    here
}

/// The field of the right of somebody on a unit's page.
async fn field(by: &mut Admin, page: &str, says: &str) -> String {
    let shown = by.browser.get(page).await;
    assert_eq!((shown.status, shown.page()), (200, Some("admin-review-unit")), "{}", shown.body);
    let found =
        shown.body.split("name=\"mark_").skip(1).find(|rest| rest.split('>').next().is_some_and(|tag| tag.contains(says)));
    let id = found.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no right says {says}: {}", shown.body));
    format!("mark_{id}")
}

struct Scene {
    app: TestApp,
    kim: Official,
    unit: Admin,
    keeper: Admin,
}

/// Two wards, a right of each kind, who looks after the first ward, and who keeps the directory.
async fn scene() -> Scene {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    app.official_in("minh", &[TAN_DINH]).await;
    for (username, role) in [("kim", "clerk"), ("kim", "manager"), ("minh", "clerk")] {
        give(&app, username, role).await;
    }
    let unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let keeper = admin(&app, "keeper", &[], everywhere(AdminRole::Directory)).await;
    Scene { app, kim, unit, keeper }
}

#[tokio::test]
async fn a_unit_keeps_and_takes_back_what_is_its_own_to_take_back() {
    let Scene { app, kim, mut unit, mut keeper } = scene().await;
    let here = begin(&app, &mut keeper).await;
    let page = format!("{here}/{}", unit_id(&app, SAI_GON));
    let (clerk, manager) = (field(&mut unit, &page, "clerk").await, field(&mut unit, &page, "manager").await);

    let nothing = unit.post(&page, &[("act", "keep")]).await;
    assert_eq!((nothing.status, nothing.page()), (422, Some("admin-review-unit")), "{}", nothing.body);
    let no_reason = unit.post(&page, &[("act", "remove"), (&clerk, "1")]).await;
    assert_eq!(no_reason.status, 422, "a removal says why");
    assert_eq!(roles_left(&app, "kim").await.len(), 2);

    let removed = unit.post(&page, &[("act", "remove"), (&clerk, "1"), ("reason", "Đã chuyển việc")]).await;
    assert_eq!((removed.status, removed.location()), (303, format!("{page}?done=removed&count=1").as_str()), "{}", removed.body);
    app.sync().await;
    assert_eq!(roles_left(&app, "kim").await, ["manager"], "at once");
    let revoked = rows_of(&app, "role.revoked").await.pop().expect("a row");
    assert_eq!(
        (revoked.person_id.as_deref(), revoked.actor.as_deref()),
        (Some(kim.id.as_str()), Some(unit.official.id.as_str()))
    );
    assert!(revoked.detail.contains("Đã chuyển việc"), "{}", revoked.detail);
    assert_eq!(count_of(&app, "access_review.removed").await, 1);

    // What the system does not leave to units is for somebody above.
    let objected = unit.post(&page, &[("act", "remove"), (&manager, "1"), ("reason", "Không còn phụ trách")]).await;
    assert_eq!(objected.location(), format!("{page}?done=objected&count=1"));
    assert_eq!(roles_left(&app, "kim").await, ["manager"], "it stays until then");
    let removed = keeper.post(&page, &[("act", "remove"), (&manager, "1"), ("reason", "Theo đề nghị của phường")]).await;
    assert_eq!(removed.location(), format!("{page}?done=removed&count=1"), "{}", removed.body);
    app.sync().await;
    assert!(roles_left(&app, "kim").await.is_empty());
    assert_eq!(roles_left(&app, "minh").await, ["clerk"], "nobody else lost anything");
    let late = unit.post(&page, &[("act", "keep"), (&clerk, "1")]).await;
    assert_eq!(late.location(), format!("{page}?done=in-part&count=0"), "an answer stands");
    assert_eq!(count_of(&app, "access_review.kept").await, 0);
}

#[tokio::test]
async fn of_many_who_answer_at_the_same_moment_one_does() {
    let Scene { app, mut unit, mut keeper, .. } = scene().await;
    let here = begin(&app, &mut keeper).await;
    let page = format!("{here}/{}", unit_id(&app, SAI_GON));
    let clerk = field(&mut unit, &page, "clerk").await;

    let pressing = (0..8).map(|place| {
        let mut browser = if place % 2 == 0 { unit.browser.clone() } else { keeper.browser.clone() };
        let (page, clerk) = (page.clone(), clerk.clone());
        async move {
            let sent = crate::rights_scene::post(&mut browser, &page, &[("act", "keep"), (&clerk, "1")]).await;
            (sent.status, sent.location().ends_with("done=kept&count=1"))
        }
    });
    let answers = together(pressing).await;

    assert!(answers.iter().all(|(status, _)| *status == 303));
    assert_eq!(answers.iter().filter(|(_, kept)| *kept).count(), 1);
    assert_eq!(count_of(&app, "access_review.kept").await, 1);
    assert_eq!(roles_left(&app, "kim").await.len(), 2);
}

#[tokio::test]
async fn nobody_answers_for_themselves_or_for_another_unit() {
    let Scene { app, mut unit, mut keeper, .. } = scene().await;
    give(&app, "unit", "clerk").await;
    let mut reader = admin(&app, "reader", &[], everywhere(AdminRole::Auditor)).await;
    let mut desk = admin(&app, "desk", &[], everywhere(AdminRole::HelpDesk)).await;
    assert_eq!(unit.post(HERE, &[("act", "begin")]).await.status, 404, "units begin no round");
    assert_eq!(reader.post(HERE, &[("act", "begin")]).await.status, 404);
    assert_eq!(count_of(&app, "access_review.begun").await, 0);
    let here = begin(&app, &mut keeper).await;
    let (own, other) = (format!("{here}/{}", unit_id(&app, SAI_GON)), format!("{here}/{}", unit_id(&app, TAN_DINH)));

    assert_eq!(unit.browser.get(&other).await.status, 404);
    let minhs = field(&mut keeper, &other, "minh").await;
    assert_eq!(unit.post(&other, &[("act", "keep"), (&minhs, "1")]).await.status, 404);
    let smuggled = unit.post(&own, &[("act", "keep"), (&minhs, "1")]).await;
    assert_eq!(smuggled.location(), format!("{own}?done=in-part&count=0"), "a right of another unit by its id");
    let units = field(&mut keeper, &own, "unit: clerk").await;
    let oneself = unit.post(&own, &[("act", "keep"), (&units, "1")]).await;
    assert_eq!(oneself.location(), format!("{own}?done=in-part&count=0"), "their own");
    assert_eq!(reader.browser.get(&own).await.status, 200);
    assert_eq!(reader.post(&own, &[("act", "keep"), (&minhs, "1")]).await.status, 404, "whoever reads changes nothing");
    assert_eq!(desk.browser.get(HERE).await.status, 404);
    assert_eq!(unit.browser.get(&format!("{here}/none")).await.status, 404, "people without a unit are the city's");
    assert_eq!(keeper.browser.get(&format!("{here}/none")).await.status, 200);
    assert_eq!(count_of(&app, "access_review.kept").await, 0);
    assert!(count_of(&app, "access_review.looked").await >= 3, "looking is on record");
}

#[tokio::test]
async fn what_nobody_answers_is_listed_and_never_taken_back() {
    let Scene { app, mut unit, mut keeper, .. } = scene().await;
    let here = begin(&app, &mut keeper).await;
    let page = format!("{here}/{}", unit_id(&app, SAI_GON));
    let clerk = field(&mut unit, &page, "clerk").await;
    assert_eq!(unit.post(&page, &[("act", "keep"), (&clerk, "1")]).await.status, 303);
    let id = here.strip_prefix("/admin/reviews/").expect("a round").to_owned();

    app.advance_seconds(60 * DAY);
    run(&app).await;
    keeper.again(&app).await;
    assert_eq!((roles_left(&app, "kim").await.len(), count_of(&app, "role.revoked").await), (2, 0));
    let report = keeper.browser.get(&here).await;
    assert_eq!((report.status, report.page()), (200, Some("admin-review")), "{}", report.body);
    let file = keeper.browser.get(&format!("{here}/export.csv")).await;
    assert_eq!(file.status, 200);
    assert!(file.header("content-disposition").is_some_and(|header| header.contains("2026-Q4")), "{:?}", file.headers);
    let line = |says: &str| file.body.lines().find(|line| says.split(' ').all(|word| line.contains(word))).map(str::to_owned);
    assert!(line("\"kim\" \"clerk\" Giữ").is_some() && line("\"kim\" \"manager\" trả").is_some(), "{}", file.body);
    assert!(line("\"minh\" \"clerk\" trả").is_some() && line("\"unit\" \"unit\"").is_some(), "{}", file.body);
    assert_eq!(count_of(&app, "access_review.exported").await, 1);
    unit.again(&app).await;
    let own = unit.browser.get(&format!("{here}/export.csv")).await;
    assert!(own.body.contains("\"kim\"") && !own.body.contains("minh"), "within their bounds: {}", own.body);

    // The next round begins by itself, and closes this one.
    while quarter_of(vietnam_date(Millis(app.now_seconds() * 1_000))) != "2027-Q2" {
        app.advance_seconds(DAY);
    }
    run(&app).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let open = access_reviews::find_open(&mut conn).await.expect("an answer").expect("a round");
    assert_eq!((open.quarter.as_str(), open.begun_by.as_str()), ("2027-Q2", "job:lifecycle"));
    assert!(access_reviews::find(&mut conn, &id).await.expect("an answer").expect("a round").closed_at.is_some());
    drop(conn);
    run(&app).await;
    assert_eq!(count_of(&app, "access_review.begun").await, 2, "once a quarter");
}

#[tokio::test]
async fn units_are_written_to_when_a_round_begins_and_after_one_and_two_weeks() {
    let post = Post::empty();
    let app = stage(|config| post.set(config)).await;
    registry::bring(app.services(), &registry::all_files(), false).await.expect("units");
    known::reload_registry(app.services()).await.expect("the registry is read");
    client(&app).await;
    app.official_in("kim", &[SAI_GON]).await;
    give(&app, "kim", "clerk").await;
    let mut unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    admin(&app, "above", &[], within(AdminRole::Unit, CITY)).await;
    let mut keeper = admin(&app, "keeper", &[], everywhere(AdminRole::Directory)).await;
    let letters = async || {
        let all = post.letters(&app).await;
        let asked = all.iter().filter(|letter| letter.text().contains("quyền truy cập"));
        asked.map(|letter| letter.to().to_owned()).filter(|to| to.contains("unit@")).count()
    };
    let here = begin(&app, &mut keeper).await;
    assert_eq!(letters().await, 1);
    let all = post.letters(&app).await;
    assert!(
        !all.iter().any(|letter| letter.text().contains("quyền truy cập") && letter.to().contains("above@")),
        "the nearest one"
    );

    app.advance_seconds(6 * DAY);
    run(&app).await;
    assert_eq!(letters().await, 1);
    app.advance_seconds(DAY);
    run(&app).await;
    run(&app).await;
    assert_eq!(letters().await, 2, "once");
    app.advance_seconds(7 * DAY);
    unit.again(&app).await;
    let page = format!("{here}/{}", unit_id(&app, SAI_GON));
    let kims = field(&mut unit, &page, "kim").await;
    assert_eq!(unit.post(&page, &[("act", "keep"), (&kims, "1")]).await.status, 303);
    let letter = post.letter(&app, "quyền truy cập").await;
    assert!(letter.text().contains(&here), "it leads to the round: {}", letter.text());
    run(&app).await;
    app.advance_seconds(DAY);
    run(&app).await;
    assert_eq!(letters().await, 3, "their own role is still to be answered for by somebody");
}

#[tokio::test]
async fn every_page_speaks_every_language() {
    let Scene { app, mut keeper, .. } = scene().await;
    let here = begin(&app, &mut keeper).await;
    let unit = unit_id(&app, SAI_GON);

    for language in ["vi", "en"] {
        keeper.browser.cookies.insert("__Host-motlan_prefs".to_owned(), format!("{language}.."));
        for path in [HERE.to_owned(), here.clone(), format!("{here}/{unit}"), format!("{here}/{unit}?state=all")] {
            let page = keeper.browser.get(&path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.body);
            assert!(page.body.contains(&format!("<html lang=\"{language}\"")), "{path}");
            assert!(!page.body.contains("style=") && !page.body.contains("data:"), "{path}");
        }
    }
}
