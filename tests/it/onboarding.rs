//! Units begin by one template: a preview gives nothing, applying gives exactly what it showed, and an undo takes back
//! exactly that. Nobody is made an administrator by one person alone, by words that fit many, or of whom one does not
//! stand above.

use crate::support::people::{bring, person, row, set_password};
use crate::support::phones::enrol;
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, Official, TestApp};
use crate::units_console::{SAI_GON, TAN_DINH, administrator, give, send, unit_id, upload};
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators;
use motlan::service::directory;
use motlan::service::provisioning::roles;
use motlan::store::audit::AuditRow;

const READY: &str = "/admin/onboarding";
const NEW: &str = "/admin/onboarding/new";
const TEMPLATE: &str = "/admin/onboarding/template";
const NAMES: &str = "unit_code,post,username\n";

/// A city with a system, a template, and people in two units; and who keeps its directory.
async fn city() -> (TestApp, Official, Browser) {
    let app = TestApp::with_registry().await;
    app.client("tthc", |settings| settings.roles = vec!["mot-cua".to_owned(), "chuyen-vien".to_owned()]).await;
    let rows = [
        row("an", "Nguyễn Văn An", "", SAI_GON, "Chuyên viên tiếp nhận hồ sơ"),
        row("binh", "Trần Thị Bình", "", SAI_GON, "Chuyên viên"),
        row("chi", "Lê Thị Chi", "", SAI_GON, "Chánh Văn phòng"),
        row("dung", "Phạm Văn Dũng", "", TAN_DINH, "Chuyên viên"),
    ];
    bring(&app, &rows.concat()).await;
    let (root, mut browser) = administrator(&app, "root", AdminRole::System, None).await;
    let saved = template(&mut browser, 0, "").await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    (app, root, browser)
}

/// Saves the template of these tests; the post of administrators is filled by these words.
async fn template(browser: &mut Browser, version: i64, words: &str) -> Answer {
    let version = version.to_string();
    let fields = [
        ("version", version.as_str()),
        ("name_1", "Quản trị đơn vị"),
        ("words_1", words),
        ("administers_1", "1"),
        ("name_2", "Một cửa"),
        ("words_2", "tiếp nhận hồ sơ\nmột cửa"),
        ("rights_2", "tthc:mot-cua"),
        ("name_4", "Chuyên môn"),
        ("words_4", "chuyên viên"),
        ("rights_4", "tthc:chuyen-vien"),
    ];
    send(browser, TEMPLATE, &fields).await
}

/// Previews a run; the address under which it waits.
async fn preview(app: &TestApp, browser: &mut Browser, codes: &str, names: &str) -> String {
    let text = format!("{NAMES}{names}");
    let file = (!names.is_empty()).then_some(("names", text.as_str()));
    let sent = upload(app, browser, NEW, &[("codes", codes), ("reason", "QĐ 12/QĐ-UBND")], file).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.location().to_owned()
}

/// Applies what a page of a run shows.
async fn apply(browser: &mut Browser, run: &str) -> Answer {
    let digest = browser.get(run).await.hidden("digest");
    let sent = send(browser, run, &[("act", "apply"), ("digest", &digest)]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    browser.follow(sent).await
}

async fn act(browser: &mut Browser, run: &str, act: &str) -> Answer {
    let sent = send(browser, run, &[("act", act)]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    browser.follow(sent).await
}

/// The roles that somebody has in the system, each with whether it is bound to a position.
async fn roles_of(app: &TestApp, username: &str) -> Vec<(String, bool)> {
    let found = person(app, username).await.expect("a person");
    found.roles.into_iter().map(|role| (role.role, role.position.is_some())).collect()
}

/// The units that somebody administers.
async fn administers(app: &TestApp, username: &str) -> Vec<String> {
    let granted = administrators::list(app.services(), Some(username)).await.expect("roles");
    granted.into_iter().filter_map(|granted| granted.scope.unit).map(|unit| unit.0).collect()
}

#[tokio::test]
async fn a_preview_gives_nothing_and_applying_it_gives_exactly_what_it_showed() {
    let (app, root, mut browser) = city().await;

    let run = preview(&app, &mut browser, &format!("{SAI_GON}, {TAN_DINH}"), "").await;

    let page = browser.get(&run).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-onboarding-run")), "{}", page.body);
    assert!(page.body.contains("Phường Sài Gòn") && page.body.contains("QĐ 12/QĐ-UBND") && page.body.contains("run-apply"));
    let of_unit = browser.get(&format!("{run}/{}", unit_id(&app, SAI_GON))).await;
    assert_eq!((of_unit.status, of_unit.page()), (200, Some("admin-onboarding-unit")), "{}", of_unit.body);
    for text in ["Nguyễn Văn An", "tthc: mot-cua", "Trần Thị Bình", "Không có ai phù hợp"] {
        assert!(of_unit.body.contains(text), "{text}: {}", of_unit.body);
    }
    assert_eq!((roles_of(&app, "an").await, count_of(&app, "role.granted").await), (vec![], 0));

    let applied = apply(&mut browser, &run).await;

    assert!(applied.body.contains("run-undo") && !applied.body.contains("run-apply"), "{}", applied.body);
    let bound = |role: &str| (role.to_owned(), true);
    assert_eq!(roles_of(&app, "an").await, [bound("chuyen-vien"), bound("mot-cua")]);
    assert_eq!(roles_of(&app, "binh").await, [bound("chuyen-vien")]);
    assert_eq!(roles_of(&app, "dung").await, [bound("chuyen-vien")]);
    assert!(roles_of(&app, "chi").await.is_empty());
    let told = rows_of(&app, "role.granted").await;
    assert_eq!((told.len(), count_of(&app, "onboarding.applied").await), (4, 2));
    for row in &told {
        assert_eq!((row.actor.as_deref(), row.client_id.as_deref()), (Some(root.id.as_str()), Some("tthc")));
        assert!(row.detail.contains("QĐ 12/QĐ-UBND") && row.detail.contains("\"acting_as\":\"system\""), "{}", row.detail);
    }

    apply(&mut browser, &run).await;
    assert_eq!(count_of(&app, "role.granted").await, 4, "a second time gives nothing");
    let again = preview(&app, &mut browser, SAI_GON, "").await;
    let again = browser.get(&format!("{again}/{}", unit_id(&app, SAI_GON))).await;
    assert!(again.body.contains("Không có gì mới để cấp"), "{}", again.body);
}

#[tokio::test]
async fn a_run_that_makes_administrators_takes_two_people() {
    let (app, _, mut browser) = city().await;
    let (_, mut keeper) = administrator(&app, "keeper", AdminRole::Directory, None).await;
    let unit = unit_id(&app, SAI_GON);

    let run = preview(&app, &mut browser, SAI_GON, &format!("{SAI_GON},quan-tri-don-vi,chi\n")).await;
    let own = browser.get(&run).await;
    assert!(own.body.contains("Lê Thị Chi (chi)") && !own.body.contains("run-apply"), "{}", own.body);
    let theirs = keeper.get(&run).await;
    let digest = theirs.hidden("digest");
    let alone = send(&mut browser, &run, &[("act", "apply"), ("digest", &digest)]).await;
    assert_eq!((alone.status, alone.location()), (303, format!("{run}?done=needs-another").as_str()));
    assert_eq!((administers(&app, "chi").await.len(), roles_of(&app, "an").await.len()), (0, 0), "nothing half-done");

    apply(&mut keeper, &run).await;

    assert_eq!(administers(&app, "chi").await, [unit]);
    assert_eq!(roles_of(&app, "an").await.len(), 2);
    let told = rows_of(&app, "admin_role.granted").await;
    let told = told.iter().find(|row| row.detail.contains("\"run\"")).expect("a record");
    assert!(told.detail.contains("made_by") && told.detail.contains("\"acting_as\":\"directory\""), "{}", told.detail);
    apply(&mut keeper, &run).await;
    assert_eq!(administers(&app, "chi").await.len(), 1, "a second approval changes nothing");
}

#[tokio::test]
async fn a_run_counts_no_more_when_whoever_made_it_lost_their_role() {
    let (app, _, mut browser) = city().await;
    let (_, mut keeper) = administrator(&app, "keeper", AdminRole::Directory, None).await;
    let scope = give(&app, "keeper", AdminRole::System, None).await;
    let run = preview(&app, &mut keeper, SAI_GON, &format!("{SAI_GON},Quản trị đơn vị,chi\n")).await;

    let all = administrators::list(app.services(), Some("keeper")).await.expect("roles");
    for granted in all {
        administrators::revoke(app.services(), &granted.scope.id, "os:test", &Origin::command_line()).await.expect("revoked");
    }
    let applied = apply(&mut browser, &run).await;

    assert!(applied.body.contains("người lập không còn quyền"), "{} {}", scope.id, applied.body);
    assert_eq!((administers(&app, "chi").await.len(), count_of(&app, "role.granted").await), (0, 0));
}

#[tokio::test]
async fn a_unit_that_changed_since_the_preview_is_given_nothing_and_the_others_are() {
    let (app, _, mut browser) = city().await;
    let run = preview(&app, &mut browser, &format!("{SAI_GON};{TAN_DINH}"), "").await;
    let leaving = row("binh", "Trần Thị Bình", "", SAI_GON, "Chuyên viên").replace("2025-07-01,\n", "2025-07-01,2026-10-31\n");
    bring(&app, &leaving).await;

    let applied = apply(&mut browser, &run).await;

    assert!(applied.body.contains("Đã thay đổi, chưa áp dụng"), "{}", applied.body);
    assert_eq!((roles_of(&app, "an").await.len(), roles_of(&app, "binh").await.len()), (0, 0));
    assert_eq!(roles_of(&app, "dung").await.len(), 1);
    assert_eq!((count_of(&app, "onboarding.applied").await, count_of(&app, "onboarding.found_changed").await), (1, 1));
    let again = preview(&app, &mut browser, SAI_GON, "").await;
    apply(&mut browser, &again).await;
    assert_eq!((roles_of(&app, "an").await.len(), roles_of(&app, "binh").await.len()), (2, 0));
}

#[tokio::test]
async fn only_the_preview_that_was_seen_is_applied_and_none_that_was_discarded() {
    let (app, _, mut browser) = city().await;
    let run = preview(&app, &mut browser, SAI_GON, "").await;

    let other = send(&mut browser, &run, &[("act", "apply"), ("digest", "00")]).await;
    assert_eq!(other.location(), format!("{run}?done=other-preview"));
    let digest = browser.get(&run).await.hidden("digest");
    let discarded = act(&mut browser, &run, "discard").await;
    assert!(discarded.body.contains("Đã bỏ bản xem trước") && !discarded.body.contains("run-apply"), "{}", discarded.body);
    let late = send(&mut browser, &run, &[("act", "apply"), ("digest", &digest)]).await;

    assert_eq!(late.location(), format!("{run}?done=decided"));
    assert_eq!((roles_of(&app, "an").await, count_of(&app, "onboarding.applied").await), (vec![], 0));
}

#[tokio::test]
async fn an_undo_takes_back_exactly_what_the_run_gave_and_lists_what_changed_since() {
    let (app, _, mut browser) = city().await;
    let (_, mut keeper) = administrator(&app, "keeper", AdminRole::Directory, None).await;
    let origin = Origin::command_line();
    let by_hand = |username: &'static str, role: &'static str| roles::Request {
        username,
        client_id: "tthc",
        role,
        position: None,
        actor: "os:test",
        origin: &origin,
    };
    roles::grant(app.services(), &by_hand("dung", "mot-cua")).await.expect("granted");
    let run = preview(&app, &mut browser, &format!("{SAI_GON} {TAN_DINH}"), &format!("{SAI_GON},quan-tri-don-vi,chi\n")).await;
    apply(&mut keeper, &run).await;
    let bound = person(&app, "binh").await.expect("a person").roles[0].position.clone();
    let request = roles::Request { position: bound, ..by_hand("binh", "chuyen-vien") };
    assert!(roles::revoke(app.services(), &request).await.expect("an answer"), "somebody takes one back by hand");
    roles::grant(app.services(), &by_hand("binh", "mot-cua")).await.expect("granted");

    let undone = act(&mut browser, &run, "undo").await;

    assert!(undone.body.contains("run-kept") && undone.body.contains("Trần Thị Bình (binh)"), "{}", undone.body);
    assert_eq!((roles_of(&app, "an").await, administers(&app, "chi").await.len()), (vec![], 0));
    assert_eq!(roles_of(&app, "binh").await, [("mot-cua".to_owned(), false)], "what somebody gave since stays");
    assert_eq!(roles_of(&app, "dung").await, [("mot-cua".to_owned(), false)], "what was there before stays");
    assert_eq!(count_of(&app, "onboarding.undone").await, 2);
    let again = send(&mut browser, &run, &[("act", "undo")]).await;
    assert_eq!((again.location(), count_of(&app, "onboarding.undone").await), (format!("{run}?done=decided").as_str(), 2));
}

#[tokio::test]
async fn a_file_names_who_fills_a_post_and_its_mistakes_are_told_by_line() {
    let (app, _, mut browser) = city().await;
    let fields = [("codes", SAI_GON), ("reason", "thử")];
    let table = [
        (format!("{SAI_GON},mot-cua,dung\n"), "không có ai mang tên đăng nhập này"),
        (format!("{SAI_GON},mot-cua,nobody\n"), "không có ai mang tên đăng nhập này"),
        (format!("{TAN_DINH},mot-cua,dung\n"), "không thuộc đơn vị nào trong các đơn vị được chọn"),
        (format!("{SAI_GON},giam-doc,an\n"), "mẫu không có vị trí này"),
        (format!("{SAI_GON},mot-cua,an\n{SAI_GON},Một cửa,AN\n"), "đã được nêu ở dòng khác"),
        (format!("{SAI_GON},mot-cua,\n"), "không được để trống"),
    ];
    for (rows, words) in table {
        let text = format!("{NAMES}{rows}");
        let answer = upload(&app, &mut browser, NEW, &fields, Some(("names", &text))).await;
        assert_eq!((answer.status, answer.page()), (422, Some("admin-onboarding-new")), "{rows}");
        assert!(answer.body.contains(words) && answer.body.contains("value=\"thử\""), "{rows}: {}", answer.body);
    }
    assert_eq!(count_of(&app, "onboarding.previewed").await, 0);

    let run = preview(&app, &mut browser, SAI_GON, &format!("{SAI_GON},Một Cửa,binh\n")).await;
    apply(&mut browser, &run).await;
    let names = |roles: Vec<(String, bool)>| roles.into_iter().map(|(role, _)| role).collect::<Vec<_>>();
    assert_eq!(names(roles_of(&app, "binh").await), ["chuyen-vien", "mot-cua"], "named, whatever the title");
    assert_eq!(names(roles_of(&app, "an").await), ["chuyen-vien"], "words choose nobody where somebody is named");
}

#[tokio::test]
async fn the_form_says_what_is_missing_and_keeps_what_was_typed() {
    let (app, _, mut browser) = city().await;
    let long = "x".repeat(301);
    let table: [(&[(&str, &str)], &str); 5] = [
        (&[("reason", "thử")], "Chọn ít nhất một đơn vị"),
        (&[("codes", "26740, 99999 gso:760"), ("reason", "thử")], "99999, gso:760"),
        (&[("codes", SAI_GON)], "Nhập lý do"),
        (&[("codes", SAI_GON), ("reason", "  ")], "Nhập lý do"),
        (&[("codes", SAI_GON), ("reason", long.as_str())], "tối đa 300 ký tự"),
    ];
    for (fields, words) in table {
        let answer = upload(&app, &mut browser, NEW, fields, None).await;
        assert_eq!((answer.status, answer.page()), (422, Some("admin-onboarding-new")), "{fields:?}");
        assert!(answer.body.contains(words), "{fields:?}: {}", answer.body);
    }
    assert_eq!(count_of(&app, "onboarding.previewed").await, 0);

    let ticked = browser.get(&format!("{NEW}?codes={SAI_GON}&codes={TAN_DINH}")).await;
    assert!(ticked.body.contains(&format!("{SAI_GON} {TAN_DINH}")), "{}", ticked.body);
    let all = upload(&app, &mut browser, NEW, &[("all", "1"), ("reason", "thử")], None).await;
    assert_eq!(all.status, 303, "{}", all.body);
    let run = all.location().to_owned();
    let page = browser.get(&run).await;
    assert_eq!(page.body.matches(&format!("href=\"{run}/")).count(), 168);
    apply(&mut browser, &run).await;
    assert_eq!((count_of(&app, "role.granted").await, count_of(&app, "onboarding.applied").await), (4, 168));
}

#[tokio::test]
async fn nobody_gives_to_themselves_above_themselves_or_to_more_than_words_should_choose() {
    let (app, _, mut browser) = city().await;
    let keeper = app.official_in("keeper", &[SAI_GON]).await;
    let (mut own, _) = enrol(&app, &keeper).await;
    give(&app, "keeper", AdminRole::Directory, None).await;
    give(&app, "binh", AdminRole::Auditor, None).await;
    assert_eq!(template(&mut browser, 1, "chuyên viên").await.status, 303);
    bring(&app, &row("giang", "Võ Thị Giang", "", SAI_GON, "Chuyên viên")).await;

    let run = preview(&app, &mut own, SAI_GON, "").await;
    let page = own.get(&format!("{run}/{}", unit_id(&app, SAI_GON))).await;

    for text in ["không tự cấp cho chính mình", "ngang cấp hoặc cao hơn", "Quá nhiều người phù hợp"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    apply(&mut own, &run).await;
    assert_eq!((roles_of(&app, "keeper").await, roles_of(&app, "binh").await), (vec![], vec![]));
    assert_eq!((roles_of(&app, "giang").await.len(), administers(&app, "giang").await.len()), (1, 0));

    let for_applier = preview(&app, &mut browser, SAI_GON, "").await;
    apply(&mut own, &for_applier).await;
    assert!(roles_of(&app, "keeper").await.is_empty(), "nor by applying what somebody else made");
}

#[tokio::test]
async fn runs_are_for_whoever_keeps_the_directory_and_only_within_their_units() {
    let (app, _, mut browser) = city().await;
    let (_, mut keeper) = administrator(&app, "keeper", AdminRole::Directory, Some(TAN_DINH)).await;
    let run = preview(&app, &mut browser, SAI_GON, "").await;
    let digest = browser.get(&run).await.hidden("digest");
    let of_unit = format!("{run}/{}", unit_id(&app, SAI_GON));

    let looks = [TEMPLATE, run.as_str(), of_unit.as_str()];
    for (username, role, unit, status) in [
        ("unit", AdminRole::Unit, Some(SAI_GON), 404),
        ("desk", AdminRole::HelpDesk, None, 404),
        ("auditor", AdminRole::Auditor, None, 200),
    ] {
        let (_, mut other) = administrator(&app, username, role, unit).await;
        assert_eq!(other.get(NEW).await.status, 404, "{username}");
        for path in looks {
            let page = other.get(path).await;
            assert_eq!(page.status, status, "{username}: {path}");
            for act in ["run-apply", "run-discard", "run-undo", "template-save"] {
                assert!(!page.body.contains(act), "{username}: {path}: {act}");
            }
        }
        let sent = upload(&app, &mut other, NEW, &[("codes", SAI_GON), ("reason", "thử")], None).await;
        assert_eq!(sent.status, 404, "{username}");
        for act in ["apply", "undo", "discard"] {
            assert_eq!(send(&mut other, &run, &[("act", act), ("digest", &digest)]).await.status, 404, "{username}: {act}");
        }
        assert_eq!(send(&mut other, TEMPLATE, &[("version", "1"), ("name_1", "x")]).await.status, 404, "{username}");
    }
    let outside = upload(&app, &mut keeper, NEW, &[("codes", SAI_GON), ("reason", "thử")], None).await;
    assert_eq!((outside.status, outside.page()), (422, Some("admin-onboarding-new")));
    for path in [run.as_str(), of_unit.as_str(), TEMPLATE] {
        assert_eq!(keeper.get(path).await.status, 404, "{path}");
    }
    assert_eq!(send(&mut keeper, &run, &[("act", "apply"), ("digest", &digest)]).await.status, 404);
    assert_eq!(count_of(&app, "onboarding.applied").await, 0);

    let both = preview(&app, &mut browser, &format!("{SAI_GON} {TAN_DINH}"), "").await;
    let seen = keeper.get(&both).await;
    assert!(seen.body.contains("Phường Tân Định") && !seen.body.contains("Phường Sài Gòn"), "{}", seen.body);
    apply(&mut keeper, &both).await;
    assert_eq!((roles_of(&app, "dung").await.len(), roles_of(&app, "an").await.len()), (1, 0), "its own part only");
}

#[tokio::test]
async fn a_template_is_changed_by_one_at_a_time_and_names_roles_that_there_are() {
    let (app, _, mut browser) = city().await;

    let page = browser.get(TEMPLATE).await;
    assert_eq!((page.status, page.page(), page.hidden("version")), (200, Some("admin-onboarding-template"), "1".to_owned()));
    assert!(page.body.contains("Một cửa") && page.body.contains("tthc:mot-cua"), "{}", page.body);
    let stale = template(&mut browser, 0, "x y").await;
    assert_eq!((stale.status, stale.page()), (422, Some("admin-onboarding-template")));
    assert!(stale.body.contains("Người khác vừa sửa mẫu") && stale.body.contains("x y"), "what was typed stays");
    let table: [(&[(&str, &str)], &str); 5] = [
        (&[], "Mẫu có từ 1 đến"),
        (&[("name_1", "a b"), ("rights_1", "tthc:giam-doc")], "tthc:giam-doc"),
        (&[("name_1", "a b"), ("rights_1", "giam-doc")], "giam-doc"),
        (&[("name_1", "Một cửa"), ("name_2", "mot cua")], "Vị trí 2"),
        (&[("name_1", "a b"), ("words_1", "x")], "cụm từ quá ngắn"),
    ];
    for (fields, words) in table {
        let fields = [&[("version", "1")][..], fields].concat();
        let answer = send(&mut browser, TEMPLATE, &fields).await;
        assert_eq!((answer.status, answer.page()), (422, Some("admin-onboarding-template")), "{fields:?}");
        assert!(answer.body.contains(words), "{fields:?}: {}", answer.body);
    }
    assert_eq!(count_of(&app, "onboarding.template_changed").await, 1);

    assert_eq!(template(&mut browser, 1, "chánh văn phòng").await.status, 303);
    let told = rows_of(&app, "onboarding.template_changed").await;
    let is_told = |row: &AuditRow| row.detail.contains("before") && row.detail.contains("chánh văn phòng");
    assert!(told.iter().any(is_told), "{told:?}");
    let run = preview(&app, &mut browser, SAI_GON, "").await;
    assert!(browser.get(&run).await.body.contains("Lê Thị Chi (chi)"));
}

#[tokio::test]
async fn readiness_shows_what_each_unit_lacks() {
    let (app, _, mut browser) = city().await;
    let (_, mut desk) = administrator(&app, "desk", AdminRole::HelpDesk, None).await;
    let (_, mut own) = administrator(&app, "own", AdminRole::Unit, Some(TAN_DINH)).await;
    let shown = |page: &Answer| page.body.matches("href=\"/admin/units/").count();

    assert_eq!(desk.get(READY).await.status, 404);
    let all = browser.get(READY).await;
    assert_eq!((all.status, all.page(), shown(&all)), (200, Some("admin-onboarding"), 168), "{}", all.body);
    let bounded = own.get(READY).await;
    assert_eq!((bounded.status, shown(&bounded)), (200, 1), "{}", bounded.body);
    assert!(!bounded.body.contains("onboarding-new"), "a unit's administrator does not run the template");
    let lacking = browser.get(&format!("{READY}?state=no-administrator")).await;
    assert_eq!(shown(&lacking), 167, "own has signed in");
    assert_eq!(shown(&browser.get(&format!("{READY}?q=sai+gon")).await), 1);
    assert_eq!(shown(&browser.get(&format!("{READY}?state=ready")).await), 0);

    // Four people, none of whom has a method of their own yet; one gets a password, another a second factor too.
    directory::catch_up(app.services()).await.expect("listed");
    let page = browser.get(&format!("{READY}?q=sai+gon")).await;
    assert!(page.body.contains("0 / 3"), "{}", page.body);
    set_password(&app, "an", "mật khẩu rất dài 2").await.expect("a password");
    let ngoc = app.official_in("ngoc", &[SAI_GON]).await;
    enrol(&app, &ngoc).await;
    directory::catch_up(app.services()).await.expect("listed");
    let page = browser.get(&format!("{READY}?q=sai+gon")).await;
    assert!(page.body.contains("2 / 4") && page.body.contains("1 / 4"), "{}", page.body);

    let rows = format!("gso_code,scheme,code,valid_from,valid_to\n{SAI_GON},agency,H29.1.1,,\n");
    let file = upload(&app, &mut browser, "/admin/units/codes", &[], Some(("file", &rows))).await;
    send(&mut browser, file.location(), &[("act", "apply")]).await;
    let page = browser.get(&format!("{READY}?q=sai+gon")).await;
    assert!(page.body.contains("H29.1.1"), "{}", page.body);
    assert_eq!(shown(&browser.get(&format!("{READY}?state=no-code")).await), 167);
    let sheet = own.get(&format!("{READY}/export")).await;
    assert!(sheet.body.contains("Phường Tân Định") && !sheet.body.contains("Phường Sài Gòn"), "{}", sheet.body);
    assert_eq!(count_of(&app, "onboarding.exported").await, 1, "whoever takes a list away is recorded");
}

#[tokio::test]
async fn every_page_speaks_english_too() {
    let (app, _, mut browser) = city().await;
    let run = preview(&app, &mut browser, SAI_GON, "").await;
    let unit = unit_id(&app, SAI_GON);
    browser.cookies.insert("__Host-motlan_prefs".to_owned(), "en..".to_owned());

    let of_run = format!("{run}/{unit}");
    let of_unit = format!("/admin/units/{unit}");
    let table = [
        (READY, "How far each unit has come"),
        (NEW, "Codes of the units"),
        (TEMPLATE, "One template for all units"),
        (run.as_str(), "Apply exactly this"),
        (of_run.as_str(), "Nobody in the unit fits"),
        ("/admin/units", "Administrative units as of any day"),
        (of_unit.as_str(), "Before the reorganisation"),
        ("/admin/units/codes", "Check and preview"),
    ];
    for (path, words) in table {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.body.contains("<html lang=\"en\"") && page.body.contains(words), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn an_undo_leaves_people_alone_whom_its_hand_does_not_reach_any_more() {
    let (app, _, mut browser) = city().await;
    let run = preview(&app, &mut browser, SAI_GON, "").await;
    apply(&mut browser, &run).await;
    let (_, mut keeper) = administrator(&app, "keeper", AdminRole::Directory, Some(SAI_GON)).await;
    give(&app, "an", AdminRole::System, None).await;
    app.sync().await;

    let undone = act(&mut keeper, &run, "undo").await;

    assert!(undone.body.contains("run-kept"), "{}", undone.body);
    assert_eq!(roles_of(&app, "an").await.len(), 2, "whoever stands above is left alone");
    assert!(roles_of(&app, "binh").await.is_empty());
    let taken = rows_of(&app, "role.revoked").await;
    assert_eq!(taken.len(), 1);
}
