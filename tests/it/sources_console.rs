//! Promises about the pages of old systems: who sees them, that no secret ever comes out, what the verdict names, and that
//! two people remove one.

use crate::legacy_import;
use crate::legacy_subjects::{keeping, owned, source};
use crate::rights_scene::{admin, everywhere};
use crate::support::records::{count_of, rows_of};
use crate::support::{Official, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::model::legacy_source::LegacySource;
use motlan::service::legacy::sources;
use motlan::store::legacy_sources::Progress;
use motlan::store::{legacy_accounts, legacy_sources, subjects};

const SECRET: &str = "bi-mat-cua-nguon";
const DIRECTORY: &str = "servers = [\"ldaps://thu-muc.example\"]\nbase = \"dc=vn\"\nreader_dn = \"cn=doc,dc=vn\"\n";

async fn find(app: &TestApp, id: &str) -> Option<LegacySource> {
    sources::find(app.services(), id).await.expect("an answer")
}

async fn accounts(app: &TestApp, id: &str) -> i64 {
    legacy_accounts::count(&mut app.services().store.read().await.expect("a connection"), id).await.expect("a count")
}

async fn called(app: &TestApp, official: &Official) -> Option<String> {
    let mut conn = app.services().store.read().await.expect("a connection");
    subjects::find(&mut conn, "client:van-ban", &official.id).await.expect("an answer").map(|stored| stored.sub)
}

#[tokio::test]
async fn a_source_is_set_up_and_changed_at_the_console_and_its_secret_never_comes_out() {
    let app = TestApp::start().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let fields = [
        ("kind", "ldap"),
        ("id", "sg"),
        ("name", "Thư mục cũ"),
        ("province", "79"),
        ("as_of", "30/06/2025"),
        ("settings", DIRECTORY),
        ("secret", SECRET),
    ];

    let torn = [("settings", "servers = [\n"), ("secret", SECRET)];
    let broken = [&fields[..5], &torn[..]].concat();
    let unread = root.post("/admin/sources/new", &broken).await;
    assert_eq!((unread.status, unread.page()), (422, Some("admin-source-form")), "{}", unread.body);
    assert!(unread.body.contains("href=\"#settings\"") && !unread.body.contains(SECRET), "{}", unread.body);
    assert_eq!(find(&app, "sg").await, None);
    let done = root.post("/admin/sources/new", &fields).await;
    assert_eq!((done.status, done.location()), (303, "/admin/sources/sg?done=added"), "{}", done.body);
    let again = root.post("/admin/sources/new", &fields).await;
    assert_eq!(again.status, 422, "{}", again.body);

    let form = root.browser.get("/admin/sources/sg/edit").await;
    assert!(form.status == 200 && form.body.contains("thu-muc.example") && !form.body.contains(SECRET), "{}", form.body);
    let version = form.hidden("version");
    let changes = [("version", version.as_str()), ("name", "Thư mục khác"), ("sunset_on", "31/12/2026"), ("settings", DIRECTORY)];
    let saved = root.post("/admin/sources/sg/edit", &changes).await;
    assert_eq!((saved.status, saved.location()), (303, "/admin/sources/sg?done=saved"), "{}", saved.body);
    let stale = root.post("/admin/sources/sg/edit", &changes).await;
    assert_eq!(stale.status, 422, "somebody was first: {}", stale.body);

    let found = find(&app, "sg").await.expect("the source");
    assert_eq!((found.name.as_str(), found.version), ("Thư mục khác", 2));
    let kept = sources::secret(app.services(), "sg").await.expect("an answer").expect("a secret");
    assert_eq!(kept.as_slice(), SECRET.as_bytes(), "an empty field keeps it");
    for page in ["/admin/sources", "/admin/sources/sg", "/admin/sources/sg/edit"] {
        let page = root.browser.get(page).await;
        assert!(page.status == 200 && !page.body.contains(SECRET), "{}", page.body);
    }
    for event in ["legacy_source.added", "legacy_source.changed"] {
        let rows = rows_of(&app, event).await;
        assert_eq!(rows.len(), 1, "{event}");
        assert_eq!(rows[0].actor.as_deref(), Some(root.official.id.as_str()));
        assert!(!rows[0].detail.contains(SECRET) && rows[0].detail.contains("acting_as"), "{}", rows[0].detail);
    }
}

#[tokio::test]
async fn whoever_only_reads_sources_changes_none_and_others_do_not_see_them() {
    let app = TestApp::start().await;
    source(&app, "bd", "74").await;
    let mut auditor = admin(&app, "auditor", &[], everywhere(AdminRole::Auditor)).await;
    let mut helper = admin(&app, "helper", &[], everywhere(AdminRole::HelpDesk)).await;

    assert_eq!(auditor.browser.get("/admin/sources/bd").await.status, 200);
    for page in ["/admin/sources/new", "/admin/sources/bd/edit", "/admin/sources/bd/removal"] {
        assert_eq!(auditor.browser.get(page).await.status, 404, "{page}");
    }
    let stop = [("act", "stop"), ("reason", "QĐ 1")];
    assert_eq!(auditor.post("/admin/sources/bd/status", &stop).await.status, 404);
    for page in ["/admin/sources", "/admin/sources/bd"] {
        assert_eq!(helper.browser.get(page).await.status, 404, "{page}");
    }

    assert_eq!(find(&app, "bd").await.expect("the source").stopped_at, None);
    assert_eq!(count_of(&app, "legacy_source.stopped").await, 0);
}

#[tokio::test]
async fn a_source_is_stopped_with_a_reason_and_used_again() {
    let app = TestApp::start().await;
    source(&app, "bd", "74").await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;

    let without = root.post("/admin/sources/bd/status", &[("act", "stop"), ("reason", " ")]).await;
    assert_eq!((without.status, without.page()), (422, Some("admin-source")), "{}", without.body);
    assert_eq!(find(&app, "bd").await.expect("the source").stopped_at, None);
    let stopped = root.post("/admin/sources/bd/status", &[("act", "stop"), ("reason", "QĐ 12")]).await;
    assert_eq!(stopped.location(), "/admin/sources/bd?done=stopped");
    assert!(find(&app, "bd").await.expect("the source").stopped_at.is_some());
    root.post("/admin/sources/bd/status", &[("act", "resume"), ("reason", "QĐ 13")]).await;

    assert_eq!(find(&app, "bd").await.expect("the source").stopped_at, None);
    for (event, reason) in [("legacy_source.stopped", "QĐ 12"), ("legacy_source.resumed", "QĐ 13")] {
        let rows = rows_of(&app, event).await;
        assert!(rows.len() == 1 && rows[0].detail.contains(reason), "{rows:?}");
    }
}

#[tokio::test]
async fn the_page_of_a_source_names_who_stands_in_the_way() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    for id in ["bd", "vt"] {
        source(&app, id, "74").await;
    }
    owned(&app, "bd", "BD-1", &kim).await;
    owned(&app, "bd", "BD-2", &minh).await;
    let client = app.client("van-ban", |settings| settings.subject_type = keeping(&["bd"])).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;

    let empty = root.browser.get("/admin/sources/vt").await;
    assert!(empty.body.contains("id=\"source-safe\""), "{}", empty.body);
    app.tokens(&client, &kim, &[]).await;
    // The note goes its own way.
    let mut page = root.browser.get("/admin/sources/bd").await;
    for _ in 0..200 {
        if page.body.contains("/admin/clients/van-ban\"><bdi lang=\"vi\">Hệ thống van-ban</bdi></a><span") {
            break;
        }
        page = root.browser.get("/admin/sources/bd").await;
    }

    assert!(page.body.contains("id=\"source-unsafe\"") && !page.body.contains("id=\"source-safe\""), "{}", page.body);
    for said in ["Nguyễn Văn minh (minh)", "Nguyễn Văn kim (kim)", "Hệ thống van-ban"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
}

#[tokio::test]
async fn accounts_that_are_locked_in_a_source_do_not_keep_it_from_being_switched_off() {
    let app = legacy_import::house().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let row = |id: &str, status: &str| format!("{id},u.{id},Nguyễn Văn An,,,,,,,,,,{status},\n");
    let locked = [row("1", "Khóa"), row("2", "locked"), row("3", "0"), row("4", "disabled")].concat();
    legacy_import::bring(&app, &locked).await;
    legacy_import::decide_for(&app, "1", ("linked", Some(kim.id.clone()))).await;
    legacy_import::decide_for(&app, "2", ("linked", Some(minh.id.clone()))).await;
    legacy_import::decide_for(&app, "3", ("review", None)).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let progress = async || {
        let mut conn = app.services().store.read().await.expect("a connection");
        legacy_sources::progress(&mut conn, "bd").await.expect("an answer")
    };

    let page = root.browser.get("/admin/sources/bd").await;
    let of_locked = Progress { waiting: 0, locked: 4, linked: 2, signed_in: 0, to_come: 0, leaning: 0 };
    assert_eq!(progress().await, of_locked);
    assert!(page.body.contains("id=\"source-safe\"") && !page.body.contains("id=\"source-unsafe\""), "{}", page.body);
    let figure = "Tài khoản đã khóa ở hệ thống cũ (không tính)</dt><dd class=\"num\">4</dd>";
    assert!(page.body.contains(figure), "{}", page.body);
    assert!(!page.body.contains("Nguyễn Văn kim (kim)"), "nobody waits for her: {}", page.body);
    let opened = [row("1", "Hoạt động"), row("2", "locked"), row("3", "active"), row("4", "disabled")].concat();
    legacy_import::bring(&app, &opened).await;

    let page = root.browser.get("/admin/sources/bd").await;
    assert_eq!(progress().await, Progress { waiting: 1, locked: 2, to_come: 1, ..of_locked });
    assert!(page.body.contains("id=\"source-unsafe\"") && page.body.contains("Nguyễn Văn kim (kim)"), "{}", page.body);
    assert!(!page.body.contains("Nguyễn Văn minh (minh)"), "{}", page.body);
}

#[tokio::test]
async fn two_people_remove_a_source_with_everybodys_accounts_and_what_people_are_called_stays() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    for (id, province) in [("bd", "74"), ("vt", "77")] {
        source(&app, id, province).await;
        owned(&app, id, "BD-1", &kim).await;
    }
    let client = app.client("van-ban", |settings| settings.subject_type = keeping(&["bd"])).await;
    app.tokens(&client, &kim, &[]).await;
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let ask = [("reason", "Quyết định 30/QĐ")];

    let named = first.post("/admin/sources/bd/removal", &ask).await;
    assert_eq!((named.status, named.page()), (422, Some("admin-source-removal")), "a client names it: {}", named.body);
    assert_eq!(count_of(&app, "approval.requested").await, 0);
    let form = first.browser.get("/admin/clients/van-ban/edit").await;
    let version = form.hidden("version");
    let freed = [("version", version.as_str()), ("fields", "subject"), ("subject", "public")];
    assert_eq!(first.post("/admin/clients/van-ban/edit", &freed).await.status, 303);

    let asked = first.post("/admin/sources/bd/removal", &ask).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    let here = asked.location().split('?').next().unwrap_or_default().to_owned();
    assert_eq!(first.post(&here, &[("act", "approve")]).await.status, 422, "one's own");
    assert_eq!((accounts(&app, "bd").await, count_of(&app, "legacy_source.removed").await), (1, 0));
    let waiting = first.browser.get("/admin/sources/bd").await;
    assert!(waiting.body.contains(&here) && !waiting.body.contains("id=\"source-removal\""), "{}", waiting.body);
    let done = second.post(&here, &[("act", "approve")]).await;
    assert_eq!((done.status, done.location()), (303, format!("{here}?done=approved").as_str()), "{}", done.body);

    let mut conn = app.services().store.read().await.expect("a connection");
    assert_eq!(legacy_sources::find(&mut conn, "bd").await.expect("an answer"), None);
    drop(conn);
    assert_eq!((accounts(&app, "bd").await, accounts(&app, "vt").await), (0, 1), "another one's stay");
    assert_eq!(called(&app, &kim).await.as_deref(), Some("BD-1"));
    let removed = rows_of(&app, "legacy_source.removed").await;
    assert!(removed.len() == 1 && removed[0].actor.as_deref() == Some(second.official.id.as_str()), "{removed:?}");
    let late = second.post(&here, &[("act", "approve")]).await;
    assert_eq!(late.status, 409, "once: {}", late.body);
}
