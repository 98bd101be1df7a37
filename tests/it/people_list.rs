//! The list of people at the console: what it shows to whom, filters that are kept, the file, and acts on many.

use crate::rights_scene::{Admin, SAI_GON, TAN_DINH, admin, appoint, everywhere, within};
use crate::support::people::{bring, person, row};
use crate::support::post::stage_with_post;
use crate::support::records::{count_of, rows_of};
use crate::support::registry::{all_files, bring as bring_units};
use crate::support::{Answer, TestApp};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::DisablePeople;
use motlan::service::provisioning::many;
use motlan::service::{approvals, directory, known};

const LIST: &str = "/admin/people";
const BULK: &str = "/admin/people/bulk";

fn one(username: &str, full_name: &str, unit: &str, title: &str) -> String {
    row(username, full_name, "", unit, title)
}

async fn listed(app: &TestApp) {
    directory::catch_up(app.services()).await.expect("listed");
}

async fn come(app: &TestApp, rows: &str) {
    assert_eq!(bring(app, rows).await.rows_bad, 0);
    listed(app).await;
}

/// Two people in one ward, one in another.
async fn three() -> TestApp {
    let app = TestApp::with_registry().await;
    let rows = [
        one("anh.nt", "Nguyễn Thị Minh Anh", SAI_GON, "Phó Chủ tịch UBND"),
        one("yen.dl", "Đặng Lê Yến", SAI_GON, "Kế toán"),
        one("binh.pt", "Phan Thanh Bình", TAN_DINH, "Chuyên viên"),
    ];
    come(&app, &rows.concat()).await;
    app
}

async fn id(app: &TestApp, username: &str) -> PersonId {
    person(app, username).await.expect("a person").id
}

async fn is_disabled(app: &TestApp, username: &str) -> bool {
    person(app, username).await.expect("a person").disabled_at.is_some()
}

/// Chooses people for an act, and answers the page on which it is begun.
async fn choose(who: &mut Admin, fields: &[(&str, &str)]) -> Answer {
    let chosen = who.post(BULK, fields).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    assert!(chosen.location().starts_with(&format!("{BULK}/")));
    chosen
}

#[tokio::test]
async fn the_list_shows_people_by_given_name_with_their_unit_and_the_filters_that_are_in_force() {
    let app = three().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;

    let page = root.browser.get(LIST).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-people")), "{}", page.body);
    let mut rest = page.body.as_str();
    for part in [
        "3 người",
        "Nguyễn Thị Minh Anh",
        "Phó Chủ tịch UBND",
        "Phường Sài Gòn",
        "Chưa kích hoạt",
        "Phan Thanh Bình",
        "Đặng Lê Yến",
    ] {
        let found = rest.find(part).unwrap_or_else(|| panic!("{part} is not there, or not in its place: {}", page.body));
        rest = &rest[found..];
    }
    assert!(page.body.contains("aria-sort=\"ascending\"") && page.body.contains("1 - 3 trong 3"));

    let page = root.browser.get(&format!("{LIST}?q=sai+gon&state=enabled&dir=desc")).await;
    assert!(
        page.body.contains("2 người khớp bộ lọc, trong 3") && page.body.contains("aria-sort=\"descending\""),
        "{}",
        page.body
    );
    assert!(page.body.find("Đặng Lê Yến") < page.body.find("Nguyễn Thị Minh Anh") && !page.body.contains("Phan Thanh Bình"));
    assert!(page.body.contains("class=\"chip\" href=\"/admin/people?state=enabled&#38;dir=desc\""), "{}", page.body);
    for hostile in ["?q=%3Cscript%3E", "?unit=x%27--&at=a.b.c", "?at=a.1.2.3.4.5&size=999999", "?q=%25%25%25", "?q=%ff"] {
        let answer = root.browser.get(&format!("{LIST}{hostile}")).await;
        assert_eq!((answer.status, answer.page()), (200, Some("admin-people")), "{hostile}");
        assert!(!answer.body.contains("<script>"), "{hostile}");
    }
}

#[tokio::test]
async fn whoever_looks_after_a_unit_sees_its_people_and_nobody_else_by_any_way() {
    let app = three().await;
    let mut quan = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    let binh = id(&app, "binh.pt").await;

    for path in ["", "?q=binh", "?q=binh.pt", "?state=new", "/export", "/export?q=binh"] {
        let answer = quan.browser.get(&format!("{LIST}{path}")).await;
        assert!(answer.status == 200 && !answer.body.contains("Phan Thanh Bình"), "{path}: {}", answer.body);
    }
    let tick = format!("p.{binh}");
    let refused = quan.post(BULK, &[("act", "disable"), (&tick, "1")]).await;
    assert_eq!((refused.status, refused.page()), (422, Some("admin-people")));
    let refused = quan.post(BULK, &[("act", "disable"), ("all", "1"), ("query", "q=binh")]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(!is_disabled(&app, "binh.pt").await);
}

#[tokio::test]
async fn a_filter_is_kept_under_a_name_for_its_owner_alone() {
    let app = three().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let mut other = admin(&app, "other", &[], everywhere(AdminRole::Directory)).await;
    let views = "/admin/people/views";
    let keep = [("act", "keep"), ("query", "q=sai+gon&size=50&at=a.1.2.3.4")];

    let nameless = root.post(views, &keep).await;
    assert_eq!((nameless.status, nameless.page()), (422, Some("admin-people")));
    assert!(nameless.body.contains("href=\"#view-name\""));
    let kept = root.post(views, &[&keep[..], &[("name", "Người của <b>tôi</b>")][..]].concat()).await;
    assert_eq!((kept.status, kept.location()), (303, "/admin/people?q=sai+gon&size=50&done=kept"));
    let page = root.browser.get(LIST).await;
    assert!(page.body.contains("href=\"/admin/people?q=sai+gon&#38;size=50\"><bdi>Người của &#60;b&#62;tôi"), "{}", page.body);
    assert!(!other.browser.get(LIST).await.body.contains("Người của"));

    let place = page.body.find("name=\"id\" value=\"").expect("an id") + "name=\"id\" value=\"".len();
    let view = page.body[place..place + 36].to_owned();
    let stolen = other.post(views, &[("act", "remove"), ("id", &view)]).await;
    assert_eq!(stolen.status, 404);
    assert!(root.browser.get(LIST).await.body.contains("Người của"));
    let removed = root.post(views, &[("act", "remove"), ("id", &view)]).await;
    assert_eq!((removed.status, removed.location()), (303, "/admin/people?done=removed"));
    assert!(!root.browser.get(LIST).await.body.contains("Người của"));
    assert_eq!((count_of(&app, "people_view.kept").await, count_of(&app, "people_view.removed").await), (1, 1));
}

#[tokio::test]
async fn the_list_is_taken_away_on_record_and_no_cell_is_a_formula() {
    let app = three().await;
    come(&app, &one("xa.h", "Hồ Xạ", SAI_GON, "=1+1")).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Auditor)).await;
    let mut desk = admin(&app, "desk", &[], everywhere(AdminRole::HelpDesk)).await;

    let file = root.browser.get(&format!("{LIST}/export?q=sai+gon")).await;
    assert_eq!((file.status, file.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    assert!(file.header("content-disposition").is_some_and(|name| name.contains("can-bo-2026-11-22.csv")));
    assert!(file.body.starts_with('\u{feff}') && file.body.contains("\"'=1+1\"") && !file.body.contains("Phan Thanh Bình"));
    assert_eq!(file.body.lines().count(), 4, "{}", file.body);
    let taken = &rows_of(&app, "people.exported").await[0];
    assert_eq!(taken.actor.as_deref(), Some(root.official.id.as_str()));
    assert!(taken.detail.contains("\"people\":3") && !taken.detail.contains("gon"));

    assert_eq!(desk.browser.get(&format!("{LIST}/export")).await.status, 404, "looking is not taking away");
    assert!(!desk.browser.get(LIST).await.body.contains("id=\"people-export\""));
    assert_eq!(count_of(&app, "people.exported").await, 1);
}

#[tokio::test]
async fn every_other_list_is_taken_away_by_whoever_sees_it_and_that_is_on_record() {
    let app = three().await;
    app.client("tthc", |_| {}).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Auditor)).await;
    let mut desk = admin(&app, "desk", &[], everywhere(AdminRole::HelpDesk)).await;

    for list in ["administrators", "clients", "reports", "receipts", "approvals"] {
        let (path, event) = (format!("/admin/{list}/export"), format!("{list}.exported"));
        let link = format!("id=\"{list}-export\" href=\"{path}\"");
        assert!(root.browser.get(&format!("/admin/{list}")).await.body.contains(&link), "{list}");
        let file = root.browser.get(&path).await;
        assert_eq!((file.status, file.header("content-type")), (200, Some("text/csv; charset=utf-8")), "{list}");
        assert!(file.header("content-disposition").is_some_and(|name| name.contains("-2026-11-22.csv")), "{list}");
        assert!(file.body.starts_with('\u{feff}') && file.body.lines().count() > 0, "{list}: {}", file.body);
        assert_eq!(rows_of(&app, &event).await[0].actor.as_deref(), Some(root.official.id.as_str()), "{list}");

        // The help desk sees what it asked for itself, and none of the other lists.
        let refused = desk.browser.get(&path).await;
        assert_eq!(refused.status == 200, list == "approvals", "{list}: {}", refused.status);
        assert_eq!(count_of(&app, &event).await, if list == "approvals" { 2 } else { 1 }, "{list}");
    }
    let administrators = root.browser.get("/admin/administrators/export?role=auditor").await;
    assert!(administrators.body.contains("\"root\"") && !administrators.body.contains("\"desk\""), "{}", administrators.body);
    assert!(root.browser.get("/admin/clients/export?q=tthc").await.body.contains("\"tthc\""));
    assert!(!root.browser.get("/admin/clients/export?q=khong").await.body.contains("\"tthc\""));
}

#[tokio::test]
async fn people_are_disabled_after_a_preview_and_a_reason_and_let_in_again_unless_somebody_else_came_between() {
    let app = three().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let (anh, yen) = (id(&app, "anh.nt").await, id(&app, "yen.dl").await);
    let ticks = [format!("p.{anh}"), format!("p.{yen}")];

    let problem = root.post(BULK, &[("act", ""), (&ticks[0], "1")]).await;
    assert_eq!(problem.status, 422);
    assert!(problem.body.contains(&format!("name=\"p.{anh}\" aria-label=\"Chọn Nguyễn Thị Minh Anh\" checked")));
    let chosen = choose(&mut root, &[("act", "disable"), (&ticks[0], "1"), (&ticks[1], "1")]).await;
    let path = chosen.location().to_owned();
    let page = root.browser.get(&path).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-people-bulk")), "{}", page.body);
    assert!(page.body.contains("2 người được chọn") && page.body.contains("Đặng Lê Yến"));
    assert!(!is_disabled(&app, "anh.nt").await, "looking changes nothing");

    let unsaid = root.post(&path, &[("act", "begin"), ("reason", " ")]).await;
    assert_eq!((unsaid.status, unsaid.page()), (422, Some("admin-people-bulk")));
    assert!(unsaid.body.contains("href=\"#reason\"") && !is_disabled(&app, "anh.nt").await);
    let done = root.post(&path, &[("act", "begin"), ("reason", "QĐ 7/QĐ-UBND")]).await;
    assert_eq!((done.status, done.location()), (303, format!("{path}?done=done").as_str()));
    assert!(is_disabled(&app, "anh.nt").await && is_disabled(&app, "yen.dl").await && !is_disabled(&app, "binh.pt").await);
    let rows = rows_of(&app, "person.disabled").await;
    assert!(rows.len() == 2 && rows.iter().all(|row| row.detail.contains("QĐ 7/QĐ-UBND") && row.detail.contains("acting_as")));
    let again = root.post(&path, &[("act", "begin"), ("reason", "again")]).await;
    assert_eq!((again.status, rows_of(&app, "person.disabled").await.len()), (303, 2), "pressed twice");

    let mut other = admin(&app, "other", &[], everywhere(AdminRole::Directory)).await;
    assert_eq!(other.browser.get(&path).await.status, 404, "whoever chose it");
    assert_eq!(other.post(&path, &[("act", "undo")]).await.status, 404);
    enable_and_disable(&app, "yen.dl").await;
    let undone = root.post(&path, &[("act", "undo")]).await;
    assert_eq!((undone.status, undone.location()), (303, format!("{path}?done=undone").as_str()), "{}", undone.body);
    assert!(!is_disabled(&app, "anh.nt").await);
    assert!(is_disabled(&app, "yen.dl").await, "somebody did something since");
    assert_eq!(count_of(&app, "person.enabled").await, 2, "once by hand, once by the undo");
    let page = root.browser.get(&path).await;
    assert!(page.body.contains("Đã hoàn tác") && page.body.contains("Giữ nguyên"), "{}", page.body);
}

/// What somebody else does at the command line.
async fn enable_and_disable(app: &TestApp, username: &str) {
    use motlan::service::Origin;
    use motlan::service::provisioning::status::{Request, disable, enable};
    app.advance_seconds(5);
    let origin = Origin::command_line();
    let request = Request { username, actor: "os:test", origin: &origin };
    assert!(enable(app.services(), &request).await.expect("an answer"));
    assert!(disable(app.services(), &request).await.expect("an answer").is_some());
    app.sync().await;
}

#[tokio::test]
async fn more_than_twenty_are_disabled_when_a_second_person_lets_it_happen() {
    let app = TestApp::with_registry().await;
    let rows: String = (0..21).map(|n| one(&format!("nguoi{n:02}"), &format!("Lê Thị Số {n}"), SAI_GON, "Kế toán")).collect();
    come(&app, &rows).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let second = admin(&app, "second", &[], everywhere(AdminRole::Directory)).await;
    appoint(&app, "nguoi20", within(AdminRole::Unit, SAI_GON)).await;

    let chosen = choose(&mut root, &[("act", "disable"), ("all", "1"), ("query", "q=nguoi")]).await;
    let path = chosen.location().to_owned();
    let asked = root.post(&path, &[("act", "begin"), ("reason", "QĐ 9")]).await;
    assert_eq!((asked.status, asked.location()), (303, format!("{path}?done=asked").as_str()));
    assert_eq!(count_of(&app, "person.disabled").await, 0);
    let page = root.browser.get(&path).await;
    assert!(page.body.contains("/admin/approvals/") && !page.body.contains("people-bulk-begin"), "{}", page.body);
    root.post(&path, &[("act", "run")]).await;
    assert_eq!(count_of(&app, "person.disabled").await, 0, "nobody lets happen what they asked for");

    let request = approvals::list_open(app.services()).await.expect("requests").pop().expect("one");
    for (who, happens) in [(&root, false), (&second, true), (&second, false)] {
        let authority = who.authority(&app).await;
        let proof = authority.people::<DisablePeople>().expect("bounds");
        let happened = many::disable_approved(app.services(), &authority, &proof, &request.id).await.expect("an answer");
        assert_eq!(happened, happens, "{}", who.official.username);
    }
    app.sync().await;
    assert_eq!(count_of(&app, "person.disabled").await, 20, "an administrator is disabled by themselves");
    assert!(!is_disabled(&app, "nguoi20").await && is_disabled(&app, "nguoi00").await);
}

#[tokio::test]
async fn whoever_stands_beside_or_lies_outside_is_left_alone() {
    let app = three().await;
    let mut quan = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    appoint(&app, "yen.dl", within(AdminRole::Unit, SAI_GON)).await;
    known::refresh(app.services()).await.expect("known");

    let chosen = choose(&mut quan, &[("act", "disable"), ("all", "1")]).await;
    let path = chosen.location().to_owned();
    quan.post(&path, &[("act", "begin"), ("reason", "QĐ 1")]).await;

    assert!(is_disabled(&app, "anh.nt").await && !is_disabled(&app, "yen.dl").await && !is_disabled(&app, "binh.pt").await);
    let page = quan.browser.get(&path).await;
    assert!(page.body.contains("Ngoài phạm vi được làm") && page.body.contains("1 trong 2 người đã làm"), "{}", page.body);
}

#[tokio::test]
async fn a_role_is_given_to_many_and_taken_back_as_a_whole() {
    let app = three().await;
    app.client("tthc", |settings| settings.roles = vec!["tiep-nhan".to_owned()]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let grant = [("act", "grant"), ("all", "1"), ("query", "q=sai+gon")];

    let roleless = root.post(BULK, &grant).await;
    assert_eq!(roleless.status, 422);
    assert!(roleless.body.contains("href=\"#role\""));
    let chosen = choose(&mut root, &[&grant[..], &[("role", "tthc/tiep-nhan")][..]].concat()).await;
    let path = chosen.location().to_owned();
    root.post(&path, &[("act", "begin"), ("reason", "QĐ 3")]).await;
    assert_eq!(person(&app, "anh.nt").await.expect("a person").roles.len(), 1);
    assert!(person(&app, "binh.pt").await.expect("a person").roles.is_empty());

    root.post(&path, &[("act", "undo")]).await;
    assert!(person(&app, "anh.nt").await.expect("a person").roles.is_empty());
    assert_eq!((count_of(&app, "role.granted").await, count_of(&app, "role.revoked").await), (2, 2));
}

#[tokio::test]
async fn whoever_has_no_passkey_is_reminded_by_mail_and_nothing_else_happens() {
    let (app, post) = stage_with_post().await;
    bring_units(app.services(), &all_files(), false).await.expect("units");
    known::reload_registry(app.services()).await.expect("the registry");
    let nobody = "khong.thu,Lê Không,,,,,,26740,,Văn thư,cong_chuc,true,1/QĐ,2025-07-01,\n";
    come(&app, &format!("{}{nobody}", one("anh.nt", "Nguyễn Thị Minh Anh", SAI_GON, "Kế toán"))).await;
    let mut desk = admin(&app, "desk", &[], everywhere(AdminRole::HelpDesk)).await;

    let chosen = choose(&mut desk, &[("act", "remind"), ("all", "1"), ("query", "q=sai+gon")]).await;
    let path = chosen.location().to_owned();
    desk.post(&path, &[("act", "begin")]).await;

    let letter = post.letter(&app, "khóa truy cập").await;
    assert!(letter.to().contains("anh.nt@vi-du.vn") && letter.text().contains("/account/methods/passkeys"));
    assert_eq!(count_of(&app, "passkey.reminded").await, 1);
    let page = desk.browser.get(&path).await;
    assert!(page.body.contains("Không có địa chỉ thư"), "{}", page.body);
    assert!(!page.body.contains("people-bulk-undo"), "a letter is not taken back");
    let refused = desk.post(BULK, &[("act", "disable"), ("all", "1"), ("query", "q=sai+gon")]).await;
    assert_eq!(refused.status, 404, "the help desk disables nobody");
}

#[tokio::test]
async fn no_more_than_five_hundred_are_chosen_at_a_time() {
    let app = TestApp::with_registry().await;
    let rows: String = (0..501).map(|n| one(&format!("nguoi{n:03}"), "Lê Thị Số", SAI_GON, "Kế toán")).collect();
    come(&app, &rows).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;

    let refused = root.post(BULK, &[("act", "remind"), ("all", "1"), ("query", "q=nguoi")]).await;

    assert_eq!((refused.status, refused.page()), (422, Some("admin-people")));
    assert!(refused.body.contains("href=\"#all\"") && refused.body.contains("501 người khớp"), "{}", refused.body.len());
}
