//! The units at the console: any day's tree, one unit through its life, and the file of agency codes. A file is applied
//! as it was shown or not at all, and taken back as a whole but for what somebody changed since.

use crate::support::phones::{self, asked, enrol};
use crate::support::records::{count_of, rows_of};
use crate::support::requests::FORM;
use crate::support::{Answer, Browser, Official, TestApp};
use http::Request;
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::model::unit_code::AGENCY;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use std::fmt::Write as _;
use time::macros::date;

pub const SAI_GON: &str = "26740";
pub const TAN_DINH: &str = "26737";
const CODES: &str = "/admin/units/codes";
const HEADER: &str = "gso_code,scheme,code,valid_from,valid_to\n";

/// Somebody with a second factor and a role, signed on a moment ago.
pub async fn administrator(app: &TestApp, username: &str, role: AdminRole, unit: Option<&str>) -> (Official, Browser) {
    let official = app.official(username).await;
    let (browser, _) = enrol(app, &official).await;
    give(app, username, role, unit).await;
    (official, browser)
}

/// A role of an administrator.
pub async fn give(app: &TestApp, username: &str, role: AdminRole, unit: Option<&str>) -> AdminScope {
    let origin = Origin::command_line();
    let grant = Grant { username, role, unit, client: None, valid_from: None, valid_to: None, actor: "os:test", origin: &origin };
    administrators::grant(app.services(), &grant).await.expect("a role").expect("a new one")
}

/// The form token of a browser.
pub async fn csrf(browser: &mut Browser) -> String {
    browser.get("/signin/recover").await.hidden("csrf")
}

/// Sends a form of the console.
pub async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = csrf(browser).await;
    let all = [&[("csrf", token.as_str())][..], fields].concat();
    browser.post(path, &all).await
}

/// Sends a form with a file: its field and what is in it.
pub async fn upload(
    app: &TestApp,
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
    file: Option<(&str, &str)>,
) -> Answer {
    let token = csrf(browser).await;
    let mut body = String::new();
    for (name, value) in [("csrf", token.as_str())].iter().chain(fields) {
        write!(body, "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").expect("text");
    }
    if let Some((name, content)) = file {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"tep.csv\"\r\nContent-Type: text/csv");
        write!(body, "--edge\r\n{head}\r\n\r\n{content}\r\n").expect("text");
    }
    body.push_str("--edge--\r\n");
    let jar = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let request = Request::post(path).header("cookie", jar).header("content-type", "multipart/form-data; boundary=edge");
    app.request(request.body(body).expect("a request")).await
}

/// The id of today's unit of a code.
pub fn unit_id(app: &TestApp, code: &str) -> String {
    let registry = app.services().known.registry();
    registry.look_up("gso", code, date!(2026 - 11 - 22)).one().expect("a unit").id.0.clone()
}

/// The agency code of a unit now.
fn agency_code(app: &TestApp, code: &str) -> Option<String> {
    let registry = app.services().known.registry();
    let today = date!(2026 - 11 - 22);
    let unit = registry.look_up("gso", code, today).one().expect("a unit");
    registry.code_on(unit, AGENCY, today).map(str::to_owned)
}

async fn checked(app: &TestApp, browser: &mut Browser, rows: &str) -> String {
    let sent = upload(app, browser, CODES, &[], Some(("file", &format!("{HEADER}{rows}")))).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.location().to_owned()
}

async fn act(browser: &mut Browser, file: &str, act: &str) -> Answer {
    let sent = send(browser, file, &[("act", act)]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    browser.follow(sent).await
}

#[tokio::test]
async fn the_tree_is_that_of_the_day_that_is_asked_for() {
    let app = TestApp::with_registry().await;
    let (_, mut browser) = administrator(&app, "reader", AdminRole::HelpDesk, Some(SAI_GON)).await;

    let today = browser.get("/admin/units").await;
    let before = browser.get("/admin/units?on=30/06/2025").await;
    let nonsense = browser.get("/admin/units?on=31/02/2025").await;

    assert_eq!((today.status, today.page()), (200, Some("admin-units")), "{}", today.body);
    assert!(today.body.contains("Phường Sài Gòn") && !today.body.contains("Quận Gò Vấp"));
    // What the reader looks after stands in the header of every page.
    let (_, tree) = before.body.split_once("<main").expect("a main part");
    assert!(tree.contains("Quận Gò Vấp") && !tree.contains("Phường Sài Gòn"), "{tree}");
    assert!(before.body.contains("Tỉnh Bình Dương"));
    assert_eq!((nonsense.status, nonsense.page()), (422, Some("admin-units")));
    assert!(nonsense.body.contains("href=\"#on\"") && nonsense.body.contains("31/02/2025"), "what was typed stays");
    assert_eq!(app.get("/admin/units").await.status, 303, "strangers sign in first");
}

#[tokio::test]
async fn units_are_found_without_accents_and_by_code_as_of_the_day() {
    let app = TestApp::with_registry().await;
    let (_, mut browser) = administrator(&app, "reader", AdminRole::Auditor, None).await;
    let table = [
        ("q=sai+gon", "Phường Sài Gòn", true),
        ("q=SÀI+GÒN", "Phường Sài Gòn", true),
        ("q=26740", "Phường Sài Gòn", true),
        ("q=26740&on=2025-06-30", "Phường Sài Gòn", false),
        ("q=26740&on=2025-06-30", "Phường Bến Nghé", true),
        ("q=go+vap&on=2025-06-30", "Quận Gò Vấp", true),
        ("q=go+vap", "Quận Gò Vấp", false),
    ];
    for (query, name, found) in table {
        let page = browser.get(&format!("/admin/units?{query}")).await;
        assert_eq!((page.status, page.body.contains(name)), (200, found), "{query}: {name}");
    }
    let sheet = browser.get("/admin/units/export?on=2025-06-30&q=ben+nghe").await;
    assert_eq!((sheet.status, sheet.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    assert!(sheet.body.contains("\"26740\",\"Phường Bến Nghé\""), "{}", sheet.body);
    let hostile = browser.get("/admin/units?q=%22%3E%3Cscript%3E").await;
    assert!(!hostile.body.contains("<script>"));
}

#[tokio::test]
async fn a_unit_tells_its_codes_and_kin_to_all_and_its_people_to_whoever_looks_after_it() {
    let app = TestApp::with_registry().await;
    app.official_in("kim", &[SAI_GON]).await;
    give(&app, "kim", AdminRole::Unit, Some(SAI_GON)).await;
    let (_, mut own) = administrator(&app, "own", AdminRole::Unit, Some(SAI_GON)).await;
    let (_, mut other) = administrator(&app, "other", AdminRole::Unit, Some(TAN_DINH)).await;
    let (_, mut desk) = administrator(&app, "desk", AdminRole::HelpDesk, None).await;
    let address = format!("/admin/units/{}", unit_id(&app, SAI_GON));

    let page = own.get(&address).await;

    assert_eq!((page.status, page.page()), (200, Some("admin-unit")), "{}", page.body);
    for text in ["26740", "từ 01/07/2025", "Phường Bến Nghé", "Nguyễn Văn kim", "Nguyễn Văn own"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(!page.body.contains("unit-onboard"), "a unit's administrator does not run the template");
    for browser in [&mut other, &mut desk] {
        let page = browser.get(&address).await;
        assert_eq!((page.status, page.page()), (200, Some("admin-unit")));
        assert!(page.body.contains("Phường Bến Nghé") && !page.body.contains("Nguyễn Văn kim"));
    }
    let gone = own.get("/admin/units/00000000-0000-7000-8000-000000000000").await;
    assert_eq!((gone.status, gone.error_page()), (404, Some("not_found")));
}

#[tokio::test]
async fn a_file_of_codes_counts_when_it_is_applied_and_no_more_when_it_is_taken_back() {
    let app = TestApp::with_registry().await;
    let (root, mut browser) = administrator(&app, "root", AdminRole::System, None).await;
    let rows = format!("{SAI_GON},agency,H29.1.1,2025-07-01,\n{TAN_DINH},agency,H29.1.2,01/07/2025,\n26743,agency,,,\n");

    let file = checked(&app, &mut browser, &rows).await;
    let page = browser.get(&file).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-unit-code-file")), "{}", page.body);
    assert!(page.body.contains("H29.1.1") && page.body.contains("Phường Sài Gòn") && page.body.contains("codes-apply"));
    assert_eq!(agency_code(&app, SAI_GON), None, "shown is not applied");

    let applied = act(&mut browser, &file, "apply").await;
    assert!(applied.body.contains("codes-undo"), "{}", applied.body);
    assert_eq!(
        (agency_code(&app, SAI_GON).as_deref(), agency_code(&app, TAN_DINH).as_deref()),
        (Some("H29.1.1"), Some("H29.1.2"))
    );
    let again = act(&mut browser, &file, "apply").await;
    assert!(again.body.contains("Chưa có gì thay đổi"), "{}", again.body);
    assert_eq!(count_of(&app, "registry.codes_applied").await, 1);

    act(&mut browser, &file, "undo").await;
    assert_eq!((agency_code(&app, SAI_GON), agency_code(&app, TAN_DINH)), (None, None));
    act(&mut browser, &file, "undo").await;
    let undone = rows_of(&app, "registry.codes_undone").await;
    assert_eq!(undone.len(), 1);
    assert_eq!(undone[0].actor.as_deref(), Some(root.id.as_str()));
    assert!(undone[0].detail.contains("\"acting_as\":\"system\""), "{}", undone[0].detail);
}

#[tokio::test]
async fn a_file_may_be_taken_back_for_thirty_days() {
    let app = TestApp::with_registry().await;
    let root = app.official("root").await;
    let (mut browser, phone) = enrol(&app, &root).await;
    give(&app, "root", AdminRole::System, None).await;
    let file = checked(&app, &mut browser, &format!("{SAI_GON},agency,H29.1.1,,\n")).await;
    act(&mut browser, &file, "apply").await;

    app.advance_seconds(30 * 86_400 + 1);
    let (mut later, step) = asked(&app, &root, "/signin").await;
    phones::give(&mut later, &step, &phone.code(&app), &[]).await;
    let page = act(&mut later, &file, "undo").await;

    assert_eq!((page.status, page.page()), (200, Some("admin-unit-code-file")), "{}", page.body);
    assert!(!page.body.contains("codes-undo"));
    assert_eq!((agency_code(&app, SAI_GON).as_deref(), count_of(&app, "registry.codes_undone").await), (Some("H29.1.1"), 0));
}

#[tokio::test]
async fn a_file_with_a_mistake_changes_nothing_and_names_each_of_them() {
    let app = TestApp::with_registry().await;
    let (_, mut browser) = administrator(&app, "root", AdminRole::System, None).await;
    let good = format!("{SAI_GON},agency,H29.1.1,,\n");
    let table = [
        (format!("{HEADER}{good}{TAN_DINH},agency,h29.1,,\n"), "A-Y"),
        (format!("{HEADER}{good}{TAN_DINH},gso,99999,,\n"), "phương án sắp xếp"),
        (format!("{HEADER}{good}{TAN_DINH},agency,H29.1.1,,\n"), "H29.1.1"),
        (format!("{HEADER}99998,agency,H29.1.1,,\n"), "99998"),
        ("gso_code,name\n1,2\n".to_owned(), "gso_code"),
        ("PK\u{3}\u{4}".to_owned(), "Tệp có 1 lỗi"),
        (HEADER.to_owned(), "không có mã nào mới"),
    ];
    for (text, words) in table {
        let answer = upload(&app, &mut browser, CODES, &[], Some(("file", &text))).await;
        assert_eq!((answer.status, answer.page()), (422, Some("admin-unit-codes")), "{text}");
        assert!(answer.body.contains(words), "{text}: {}", answer.body);
    }
    let none = upload(&app, &mut browser, CODES, &[], None).await;
    assert_eq!((none.status, none.page()), (422, Some("admin-unit-codes")));
    assert_eq!((agency_code(&app, SAI_GON), count_of(&app, "registry.codes_checked").await), (None, 0));

    let large = upload(&app, &mut browser, CODES, &[], Some(("file", &"x".repeat(2_000_000)))).await;
    assert_eq!((large.status, large.error_page()), (413, Some("too_large")));
    let plain = browser.post(CODES, &[("csrf", "x")]).await;
    assert_eq!(plain.status, 400, "{FORM} is no form with a file");
    let rows = format!("{HEADER}{good}");
    let forged = upload(&app, &mut browser, CODES, &[("csrf", "x")], Some(("file", &rows))).await;
    assert_eq!((forged.status, forged.error_page()), (403, Some("forbidden")), "two tokens are none");
    assert_eq!(count_of(&app, "registry.codes_checked").await, 0);
}

#[tokio::test]
async fn what_was_shown_is_not_applied_to_a_registry_that_changed_since() {
    let app = TestApp::with_registry().await;
    let (_, mut browser) = administrator(&app, "root", AdminRole::System, None).await;
    let first = checked(&app, &mut browser, &format!("{SAI_GON},agency,H29.1.1,,\n")).await;
    let second = checked(&app, &mut browser, &format!("{TAN_DINH},agency,H29.1.1,,\n")).await;

    act(&mut browser, &first, "apply").await;
    let stale = act(&mut browser, &second, "apply").await;

    assert!(stale.body.contains("Tải tệp lên lại") && stale.body.contains("codes-apply"), "{}", stale.body);
    assert_eq!((agency_code(&app, SAI_GON).as_deref(), agency_code(&app, TAN_DINH)), (Some("H29.1.1"), None));
    act(&mut browser, &second, "discard").await;
    let discarded = act(&mut browser, &second, "apply").await;
    assert!(!discarded.body.contains("codes-apply"), "{}", discarded.body);
    assert_eq!(count_of(&app, "registry.codes_applied").await, 1);
}

#[tokio::test]
async fn taking_a_file_back_leaves_what_another_file_changed_since_and_lists_it() {
    let app = TestApp::with_registry().await;
    let (_, mut browser) = administrator(&app, "root", AdminRole::System, None).await;
    let rows = format!("{SAI_GON},agency,H29.1.1,2025-07-01,\n{TAN_DINH},agency,H29.1.2,2025-07-01,\n");
    let first = checked(&app, &mut browser, &rows).await;
    act(&mut browser, &first, "apply").await;
    let rows = format!("{SAI_GON},agency,H29.1.1,2025-07-01,2026-10-31\n{SAI_GON},agency,H29.9,2026-11-01,\n");
    let second = checked(&app, &mut browser, &rows).await;
    act(&mut browser, &second, "apply").await;
    assert_eq!(agency_code(&app, SAI_GON).as_deref(), Some("H29.9"));

    let undone = act(&mut browser, &first, "undo").await;

    assert!(undone.body.contains("codes-kept") && undone.body.contains("H29.1.1"), "{}", undone.body);
    assert_eq!((agency_code(&app, SAI_GON).as_deref(), agency_code(&app, TAN_DINH)), (Some("H29.9"), None));
    let undone = act(&mut browser, &second, "undo").await;
    assert!(!undone.body.contains("codes-kept"), "{}", undone.body);
    assert_eq!(agency_code(&app, SAI_GON).as_deref(), Some("H29.1.1"), "open again");
}

#[tokio::test]
async fn codes_are_for_whoever_keeps_the_directory_and_only_within_their_units() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let (_, mut keeper) = administrator(&app, "keeper", AdminRole::Directory, Some(SAI_GON)).await;
    let whole = checked(&app, &mut root, &format!("{TAN_DINH},agency,H29.1.2,,\n")).await;

    for (username, role, unit, status) in [
        ("unit", AdminRole::Unit, Some(SAI_GON), 404),
        ("desk", AdminRole::HelpDesk, None, 404),
        ("auditor", AdminRole::Auditor, None, 200),
    ] {
        let (_, mut browser) = administrator(&app, username, role, unit).await;
        for path in [CODES, "/admin/units/codes/sheet", whole.as_str()] {
            let page = browser.get(path).await;
            assert_eq!(page.status, status, "{username}: {path}");
            for act in ["codes-check", "codes-apply", "codes-discard"] {
                assert!(!page.body.contains(act), "{username}: {path}: {act}");
            }
        }
        let rows = format!("{HEADER}{SAI_GON},agency,H29.1.1,,\n");
        assert_eq!(upload(&app, &mut browser, CODES, &[], Some(("file", &rows))).await.status, 404, "{username}");
        assert_eq!(send(&mut browser, &whole, &[("act", "apply")]).await.status, 404, "{username}");
    }
    let outside = upload(&app, &mut keeper, CODES, &[], Some(("file", &format!("{HEADER}{TAN_DINH},agency,H29.1.3,,\n")))).await;
    assert_eq!(outside.status, 422, "{}", outside.body);
    assert_eq!(keeper.get(&whole).await.status, 404);
    assert_eq!(send(&mut keeper, &whole, &[("act", "apply")]).await.status, 404);
    assert_eq!((agency_code(&app, TAN_DINH), count_of(&app, "registry.codes_applied").await), (None, 0));

    let sheet = keeper.get("/admin/units/codes/sheet").await;
    assert!(sheet.body.contains(SAI_GON) && !sheet.body.contains(TAN_DINH), "{}", sheet.body);
    let own = checked(&app, &mut keeper, &format!("{SAI_GON},agency,H29.1.1,,\n")).await;
    act(&mut keeper, &own, "apply").await;
    assert_eq!(agency_code(&app, SAI_GON).as_deref(), Some("H29.1.1"));
    let applied = rows_of(&app, "registry.codes_applied").await;
    assert!(applied[0].detail.contains("directory ") && applied[0].detail.contains("H29.1.1"), "{}", applied[0].detail);
}
