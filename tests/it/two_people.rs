//! What two people let happen reaches no further than both of them do when it happens, and no role that they give lasts
//! longer than their own.

use crate::rights_scene::{Admin, As, CITY, SAI_GON, TAN_DINH, admin, appoint, everywhere, within};
use crate::support::people::{bring, person, row};
use crate::support::phones::enrol;
use crate::support::records::count_of;
use crate::support::{Answer, Official, TestApp};
use crate::units_console::upload;
use motlan::base::id::PersonId;
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::model::authority::DisablePeople;
use motlan::service::administrators::{self, Grant};
use motlan::service::approvals::{self, Approval, Dangerous};
use motlan::service::provisioning::many::{self, Run};
use motlan::service::{Origin, directory};
use motlan::store::{admin_roles, people_bulks};
use time::Date;
use time::macros::date;

const BULK: &str = "/admin/people/bulk";
pub const APPROVE: [(&str, &str); 1] = [("act", "approve")];

/// Asks that somebody gets a role; the page of the request.
pub async fn ask(by: &mut Admin, fields: &[(&str, &str)]) -> String {
    let sent = by.post("/admin/administrators/new", fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let (page, said) = sent.location().split_once('?').expect("a line");
    assert_eq!(said, "done=asked");
    page.to_owned()
}

/// Whether anybody decided on the request of a page.
pub async fn is_open(app: &TestApp, page: &str) -> bool {
    let id = page.rsplit('/').next().expect("an id");
    let found = approvals::find(app.services(), id).await.expect("an answer").expect("a request");
    found.decision.is_none()
}

/// The administrative roles that somebody has.
pub async fn scopes_of(app: &TestApp, person: &PersonId) -> Vec<AdminScope> {
    let mut conn = app.services().store.read().await.expect("a connection");
    admin_roles::list(&mut conn, person).await.expect("roles")
}

async fn is_disabled(app: &TestApp, username: &str) -> bool {
    person(app, username).await.expect("a person").disabled_at.is_some()
}

async fn disabled(app: &TestApp) -> usize {
    count_of(app, "person.disabled").await
}

/// Twenty-one people to be disabled: who asks, who may let it happen, the request, and the page of the act.
struct Many {
    app: TestApp,
    first: Admin,
    second: Admin,
    request: Approval,
    page: String,
}

impl Many {
    /// The page of the request.
    fn here(&self) -> String {
        format!("/admin/approvals/{}", self.request.id)
    }
}

/// `nguoi20` works in this unit, the others in the ward; `first` asks as this.
async fn many_asked(last_in: &str, first: As<'_>) -> Many {
    let app = TestApp::with_registry().await;
    let of = |n: usize| if n == 20 { last_in } else { SAI_GON };
    let one = |n: usize| row(&format!("nguoi{n:02}"), &format!("Lê Thị Số {n}"), "", of(n), "Kế toán");
    let rows: String = (0..21).map(one).collect();
    assert_eq!(bring(&app, &rows).await.rows_bad, 0);
    directory::catch_up(app.services()).await.expect("listed");
    let mut first = admin(&app, "first", &[], first).await;
    let second = admin(&app, "second", &[], everywhere(AdminRole::Directory)).await;

    let chosen = first.post(BULK, &[("act", "disable"), ("all", "1"), ("query", "q=nguoi")]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    let page = chosen.location().to_owned();
    let asked = first.post(&page, &[("act", "begin"), ("reason", "QĐ 9/QĐ-UBND")]).await;
    assert_eq!((asked.status, asked.location()), (303, format!("{page}?done=asked").as_str()), "{}", asked.body);
    assert_eq!(disabled(&app).await, 0);
    let request = approvals::list_open(app.services()).await.expect("requests").pop().expect("one");
    Many { app, first, second, request, page }
}

async fn dismiss(app: &TestApp, of: &Admin) {
    administrators::revoke(app.services(), &of.scope.id, "os:test", &Origin::command_line()).await.expect("revoked");
}

/// Whoever kept the whole directory keeps that of one ward.
async fn shrink(app: &TestApp, of: &mut Admin) {
    dismiss(app, of).await;
    of.scope = appoint(app, &of.official.username, within(AdminRole::Directory, SAI_GON)).await;
    app.sync().await;
}

#[tokio::test]
async fn a_second_person_who_may_less_by_now_lets_nothing_happen_beyond_that() {
    let mut many = many_asked(TAN_DINH, everywhere(AdminRole::Directory)).await;
    let here = many.here();
    assert_eq!(many.second.browser.get(&here).await.status, 200, "theirs to decide until then");
    shrink(&many.app, &mut many.second).await;

    let refused = many.second.post(&here, &APPROVE).await;
    assert_eq!((refused.status, disabled(&many.app).await), (404, 0), "{}", refused.body);
    assert!(is_open(&many.app, &here).await);

    // Nor does the act itself go beyond, whichever door it came by.
    let authority = many.second.authority(&many.app).await;
    let proof = authority.people::<DisablePeople>().expect("bounds");
    let done = many::disable_approved(many.app.services(), &authority, &proof, &many.request.id).await.expect("an answer");
    many.app.sync().await;
    assert!(done && is_disabled(&many.app, "nguoi00").await);
    assert_eq!(disabled(&many.app).await, 20);
    assert!(!is_disabled(&many.app, "nguoi20").await, "outside their bounds of today");
}

/// The request is taken, and the process stops before anybody had their turn.
async fn let_happen_and_stop(many: &Many) -> String {
    let services = many.app.services();
    let authority = many.second.authority(&many.app).await;
    let proof = authority.people::<DisablePeople>().expect("bounds");
    let mut tx = services.store.write().await.expect("a unit of work");
    let taken = approvals::take(&mut tx, services, &many.request.id, Dangerous::DisableMany, &proof.by).await;
    let bulk = taken.expect("an answer").expect("taken").subject;
    let now = services.clock.now();
    assert!(people_bulks::mark_approved(&mut tx, &bulk, &many.second.official.id, now).await.expect("an answer"));
    tx.commit().await.expect("committed");
    bulk
}

#[tokio::test]
async fn an_act_that_goes_on_later_keeps_to_what_the_second_person_may_by_then() {
    let mut many = many_asked(TAN_DINH, everywhere(AdminRole::Directory)).await;
    let bulk = let_happen_and_stop(&many).await;
    shrink(&many.app, &mut many.second).await;

    let refused = many.second.post(&many.page, &[("act", "run")]).await;
    assert_eq!((refused.status, disabled(&many.app).await), (404, 0), "not all of them are theirs: {}", refused.body);
    let authority = many.second.authority(&many.app).await;
    let went_on = many::run(many.app.services(), &authority, &bulk).await.expect("an answer");

    many.app.sync().await;
    assert_eq!((went_on, disabled(&many.app).await), (Run::Done, 20));
    assert!(!is_disabled(&many.app, "nguoi20").await, "within the bounds of one of the two is not enough");
}

#[tokio::test]
async fn an_act_that_goes_on_later_keeps_to_what_the_asker_may_by_then() {
    let mut many = many_asked(TAN_DINH, everywhere(AdminRole::Directory)).await;
    let_happen_and_stop(&many).await;
    shrink(&many.app, &mut many.first).await;

    let page = many.page.clone();
    let not_theirs = many.first.post(&page, &[("act", "run")]).await;
    assert_eq!((not_theirs.status, not_theirs.location()), (303, page.as_str()), "who asked does not go on with it");
    assert_eq!(disabled(&many.app).await, 0);
    let went_on = many.second.post(&page, &[("act", "run")]).await;

    many.app.sync().await;
    assert_eq!((went_on.status, went_on.location()), (303, format!("{page}?done=done").as_str()), "{}", went_on.body);
    assert_eq!(disabled(&many.app).await, 20);
    assert!(!is_disabled(&many.app, "nguoi20").await, "within the bounds of one of the two is not enough");
}

#[tokio::test]
async fn whoever_left_the_unit_of_the_asker_meanwhile_is_left_alone() {
    let mut many = many_asked(SAI_GON, within(AdminRole::Unit, SAI_GON)).await;
    let ends = |unit: &str, days: &str| row("nguoi20", "Lê Thị Số 20", "", unit, "Kế toán").replace("2025-07-01,\n", days);
    let moved = [ends(SAI_GON, "2025-07-01,2026-10-31\n"), ends(TAN_DINH, "2026-11-01,\n")];
    assert_eq!(bring(&many.app, &moved.concat()).await.rows_bad, 0);

    let here = many.here();
    let done = many.second.post(&here, &APPROVE).await;

    many.app.sync().await;
    assert_eq!((done.status, done.location()), (303, format!("{here}?done=approved").as_str()), "{}", done.body);
    assert_eq!(disabled(&many.app).await, 20);
    assert!(!is_disabled(&many.app, "nguoi20").await, "no more theirs to ask for");
}

/// A role until a day.
async fn appoint_until(app: &TestApp, username: &str, to: As<'_>, last: Date) -> AdminScope {
    let origin = Origin::command_line();
    let grant = Grant {
        username,
        role: to.role,
        unit: to.unit,
        client: to.client,
        valid_from: None,
        valid_to: Some(last),
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await.expect("a role").expect("a new one")
}

/// An administrator until a day.
async fn admin_until(app: &TestApp, username: &str, to: As<'_>, last: Date) -> Admin {
    let official: Official = app.official(username).await;
    let (browser, phone) = enrol(app, &official).await;
    let scope = appoint_until(app, username, to, last).await;
    Admin { official, browser, phone, scope }
}

#[tokio::test]
async fn no_role_that_somebody_gives_lasts_longer_than_their_own() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let mut city = admin_until(&app, "city", within(AdminRole::Unit, CITY), date!(2026 - 12 - 31)).await;
    let mut short = admin_until(&app, "short", everywhere(AdminRole::Directory), date!(2026 - 12 - 15)).await;
    let mut keeper = admin(&app, "keeper", &[], everywhere(AdminRole::Directory)).await;
    let given = count_of(&app, "admin_role.granted").await;
    let wanted = |to: &'static str| [("username", "kim"), ("role", "unit"), ("unit", SAI_GON), ("to", to), ("reason", "x")];

    for to in ["", "01/01/2027"] {
        let refused = city.post("/admin/administrators/new", &wanted(to)).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-appoint")), "{to}: {}", refused.body);
    }
    assert_eq!(count_of(&app, "approval.requested").await, 0);

    let here = ask(&mut city, &wanted("31/12/2026")).await;
    assert_eq!(short.post(&here, &APPROVE).await.status, 404, "nor does it last longer than the second person's");
    dismiss(&app, &city).await;
    city.scope = appoint_until(&app, "city", within(AdminRole::Unit, CITY), date!(2026 - 12 - 10)).await;
    let late = keeper.post(&here, &APPROVE).await;
    assert_eq!((late.status, late.page()), (409, Some("admin-approval")), "{}", late.body);
    assert!(is_open(&app, &here).await && scopes_of(&app, &kim.id).await.is_empty());
    assert_eq!(count_of(&app, "approval.taken").await, 0);

    let here = ask(&mut city, &wanted("10/12/2026")).await;
    let done = keeper.post(&here, &APPROVE).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let scopes = scopes_of(&app, &kim.id).await;
    assert_eq!(scopes.iter().map(|scope| scope.valid_to).collect::<Vec<_>>(), [Some(date!(2026 - 12 - 10))]);
    assert_eq!(count_of(&app, "admin_role.granted").await, given + 2, "the shorter one of the command line, and this");
}

/// Saves a template by which units get an administrator, and a right.
pub async fn template(by: &mut Admin) {
    let fields = [
        ("version", "0"),
        ("name_1", "Quản trị đơn vị"),
        ("words_1", ""),
        ("administers_1", "1"),
        ("name_2", "Chuyên môn"),
        ("words_2", "chuyên viên"),
        ("rights_2", "tthc:chuyen-vien"),
    ];
    let saved = by.post("/admin/onboarding/template", &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
}

/// Previews a run that makes `chi` the administrator of a ward; its page.
pub async fn preview(app: &TestApp, by: &mut Admin) -> String {
    let names = format!("unit_code,post,username\n{SAI_GON},quan-tri-don-vi,chi\n");
    let fields = [("codes", SAI_GON), ("reason", "QĐ 12/QĐ-UBND")];
    let sent = upload(app, &mut by.browser, "/admin/onboarding/new", &fields, Some(("names", &names))).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.location().to_owned()
}

/// Applies what the page of a run shows.
pub async fn apply(by: &mut Admin, run: &str) -> Answer {
    let digest = by.browser.get(run).await.hidden("digest");
    by.post(run, &[("act", "apply"), ("digest", &digest)]).await
}

/// A city with a system and two people in a ward, of whom nobody may anything yet.
pub async fn ward() -> (TestApp, PersonId) {
    let app = TestApp::with_registry().await;
    app.client("tthc", |settings| settings.roles = vec!["chuyen-vien".to_owned()]).await;
    let rows =
        [row("binh", "Trần Thị Bình", "", SAI_GON, "Chuyên viên"), row("chi", "Lê Thị Chi", "", SAI_GON, "Chánh Văn phòng")];
    assert_eq!(bring(&app, &rows.concat()).await.rows_bad, 0);
    let chi = person(&app, "chi").await.expect("a person").id;
    (app, chi)
}

#[tokio::test]
async fn a_run_makes_nobody_an_administrator_for_longer_than_either_of_the_two_is_one() {
    let (app, chi) = ward().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut maker = admin(&app, "maker", &[], everywhere(AdminRole::Directory)).await;
    let mut dated = admin_until(&app, "dated", everywhere(AdminRole::Directory), date!(2026 - 12 - 31)).await;
    template(&mut root).await;

    let by_root = preview(&app, &mut root).await;
    let found = apply(&mut dated, &by_root).await;
    assert_eq!((found.status, found.location()), (303, format!("{by_root}?done=applied-in-part").as_str()), "{}", found.body);
    assert!(scopes_of(&app, &chi).await.is_empty(), "whoever lets it happen is one until December");
    let by_maker = preview(&app, &mut maker).await;
    dismiss(&app, &maker).await;
    appoint_until(&app, "maker", everywhere(AdminRole::Directory), date!(2026 - 12 - 31)).await;
    let found = apply(&mut root, &by_maker).await;
    assert_eq!(found.location(), format!("{by_maker}?done=applied-in-part"));
    assert!(scopes_of(&app, &chi).await.is_empty(), "whoever made it is one until December by now");
    assert_eq!((count_of(&app, "role.granted").await, count_of(&app, "onboarding.found_changed").await), (0, 2));
    assert_eq!(count_of(&app, "onboarding.applied").await, 0, "of such a unit nothing is given");

    let by_dated = preview(&app, &mut dated).await;
    let applied = apply(&mut dated, &by_dated).await;
    assert_eq!(applied.location(), format!("{by_dated}?done=applied"), "what makes no administrator takes one person");
    assert_eq!((count_of(&app, "role.granted").await, scopes_of(&app, &chi).await.len()), (1, 0));
}
