//! Administrators: who helps whom back in. Nobody helps themselves, nobody takes over whoever stands above or beside
//! them, and whoever lies outside a scope is answered like somebody who is not there.

use crate::recovery::scene::right;
use crate::support::phones::enrol;
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, Official, TestApp, encode};
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::service::administrators::{self, AdminError, Grant};
use motlan::service::recovery::{self, Issue, IssueError};
use motlan::service::{Origin, notices, throttle};
use time::Date;
use time::macros::date;

const DESK: &str = "/admin/recovery";
const SAI_GON: &str = "26740";
const TAN_DINH: &str = "26737";
const CITY: &str = "79";

fn origin() -> Origin {
    Origin::command_line()
}

/// A role to be given.
struct Role<'a> {
    kind: AdminRole,
    unit: Option<&'a str>,
    client: Option<&'a str>,
    days: (Option<Date>, Option<Date>),
}

fn role(role: AdminRole, unit: Option<&str>) -> Role<'_> {
    Role { kind: role, unit, client: None, days: (None, None) }
}

async fn give(app: &TestApp, username: &str, role: &Role<'_>) -> Result<Option<AdminScope>, AdminError> {
    let origin = origin();
    let grant = Grant {
        username,
        role: role.kind,
        unit: role.unit,
        client: role.client,
        valid_from: role.days.0,
        valid_to: role.days.1,
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await
}

/// Somebody with a second factor and a role, signed on a moment ago.
async fn administrator(app: &TestApp, username: &str, units: &[&str], role: &Role<'_>) -> (Official, Browser, AdminScope) {
    let official = app.official_in(username, units).await;
    let (browser, _) = enrol(app, &official).await;
    let scope = give(app, username, role).await.expect("a role").expect("a new one");
    (official, browser, scope)
}

/// Looks for somebody.
async fn look(browser: &mut Browser, username: &str) -> Answer {
    browser.get(&format!("{DESK}?{}", encode(&[("look", "1"), ("username", username)]))).await
}

/// What an administrator sends of the page about somebody.
async fn act(browser: &mut Browser, username: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.get("/signin/recover").await.hidden("csrf");
    let mut all = vec![("csrf", csrf.as_str()), ("username", username)];
    all.extend_from_slice(fields);
    browser.post(DESK, &all).await
}

const ISSUE: [(&str, &str); 2] = [("act", "issue"), ("seen", "1")];

async fn issued(app: &TestApp) -> usize {
    count_of(app, "recovery.code_issued").await
}

#[tokio::test]
async fn the_desk_is_for_whoever_helps_and_has_just_shown_two_factors() {
    let app = TestApp::with_registry().await;
    let kim = app.official("kim").await;
    let (mut of_kim, _) = enrol(&app, &kim).await;
    let (_, mut auditor, _) = administrator(&app, "lan", &[], &role(AdminRole::Auditor, None)).await;
    let (_, mut root, scope) = administrator(&app, "root", &[], &role(AdminRole::System, None)).await;

    let stranger = app.get(DESK).await;
    assert_eq!(stranger.status, 303, "to sign in");
    for browser in [&mut of_kim, &mut auditor] {
        let refused = browser.get(DESK).await;
        assert_eq!((refused.status, refused.error_page()), (403, Some("no_access")));
        let refused = act(browser, "root", &ISSUE).await;
        assert_eq!(refused.status, 403);
    }
    let page = root.get(DESK).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-recovery")), "{}", page.body);
    let empty = root.get(&format!("{DESK}?look=1&username=")).await;
    assert_eq!((empty.status, empty.page()), (422, Some("admin-recovery")));

    let forged = app.browser().post(DESK, &[("act", "issue"), ("seen", "1"), ("username", "kim")]).await;
    assert_eq!(forged.status, 403, "a form of nobody's page");
    app.advance_seconds(601);
    assert_eq!(root.get(DESK).await.status, 303, "what was left open on a desk opens nothing");
    assert_eq!(issued(&app).await, 0);
    administrators::revoke(app.services(), &scope.id, "os:test", &origin()).await.expect("revoked");
    assert_eq!(root.get(DESK).await.error_page(), Some("no_access"), "at once");
    assert!(matches!(
        administrators::revoke(app.services(), &scope.id, "os:test", &origin()).await,
        Err(AdminError::UnknownRole)
    ));
}

#[tokio::test]
async fn an_administrator_without_a_second_factor_gets_one_first() {
    let app = TestApp::with_registry().await;
    let root = app.official("root").await;
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(&root, "/signin").await.page(), Some("portal"));

    give(&app, "root", &role(AdminRole::System, None)).await.expect("a role").expect("a new one");

    assert_eq!(browser.get(DESK).await.status, 303, "sent to where one is added");
    assert_eq!(act(&mut browser, "kim", &ISSUE).await.status, 303);
    assert_eq!(issued(&app).await, 0);
}

#[tokio::test]
async fn a_unit_administrator_finds_the_people_of_the_unit_and_nobody_else() {
    let app = TestApp::with_registry().await;
    app.official_in("kim", &[SAI_GON]).await;
    app.official_in("minh", &[TAN_DINH]).await;
    app.official_in("beside", &[TAN_DINH, SAI_GON]).await;
    app.official("nowhere").await;
    for (username, unit, scope) in [
        ("chief", SAI_GON, role(AdminRole::System, None)),
        ("keeper", SAI_GON, role(AdminRole::Directory, None)),
        ("desk", SAI_GON, role(AdminRole::HelpDesk, None)),
        ("peer", SAI_GON, role(AdminRole::Unit, Some(SAI_GON))),
        ("above", SAI_GON, role(AdminRole::Unit, Some(CITY))),
        ("reader", SAI_GON, role(AdminRole::Auditor, None)),
        ("tomorrow", SAI_GON, Role { days: (Some(date!(2027 - 01 - 01)), None), ..role(AdminRole::System, None) }),
    ] {
        app.official_in(username, &[unit]).await;
        give(&app, username, &scope).await.expect("a role").expect("a new one");
    }
    let (_, mut browser, _) = administrator(&app, "unit", &[SAI_GON], &role(AdminRole::Unit, Some(SAI_GON))).await;

    let found = look(&mut browser, "KIM").await;
    assert_eq!((found.status, found.page()), (200, Some("admin-recovery")), "{}", found.body);
    assert!(found.body.contains("Nguyễn Văn kim") && found.body.contains("03/02/1980"));
    let nobody = look(&mut browser, "nobody").await;
    assert_eq!((nobody.status, nobody.page()), (422, Some("admin-recovery")));
    let others = ["minh", "beside", "nowhere", "chief", "keeper", "desk", "peer", "above", "reader", "tomorrow", "unit"];
    for username in others {
        let answer = look(&mut browser, username).await;
        assert_eq!(answer.status, 422, "{username}");
        assert_eq!(answer.body.replace(username, "nobody"), nobody.body.replace(username, "nobody"), "{username}: no word more");
        let refused = act(&mut browser, username, &ISSUE).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-recovery")), "{username}");
        let refused = act(&mut browser, username, &[("act", "unlock")]).await;
        assert_eq!(refused.status, 422, "{username}");
    }
    assert_eq!((issued(&app).await, count_of(&app, "sign_in.unlocked").await), (0, 0));

    let (_, mut above, _) = administrator(&app, "city", &[], &role(AdminRole::Unit, Some(CITY))).await;
    for (username, expected) in [("kim", 200), ("minh", 200), ("peer", 200), ("unit", 200), ("above", 422), ("city", 422)] {
        assert_eq!(look(&mut above, username).await.status, expected, "{username}");
    }
}

#[tokio::test]
async fn a_code_is_made_for_whoever_was_seen_is_shown_once_and_told_on_both_sides() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let unit = role(AdminRole::Unit, Some(SAI_GON));
    let (helper, mut browser, _) = administrator(&app, "unit", &[SAI_GON], &unit).await;

    let unseen = act(&mut browser, "kim", &[("act", "issue")]).await;
    assert_eq!((unseen.status, unseen.page()), (422, Some("admin-recovery")));
    assert!(unseen.body.contains("href=\"#seen\"") && issued(&app).await == 0);
    let page = act(&mut browser, "kim", &ISSUE).await;

    assert_eq!((page.status, page.page()), (200, Some("admin-recovery-code")), "{}", page.body);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let code = page.body.split_once("id=\"admin-code\">").expect("a code").1.split('<').next().expect("text").to_owned();
    assert_eq!((code.len(), code.as_bytes().get(5)), (11, Some(&b'-')));
    let again = look(&mut browser, "kim").await;
    assert!(!again.body.contains(&code), "shown once");
    let rows = rows_of(&app, "recovery.code_issued").await;
    let mut sides: Vec<_> = rows.iter().map(|row| row.person_id.clone().expect("a person")).collect();
    sides.sort();
    let mut both = [kim.id.0.clone(), helper.id.0.clone()];
    both.sort();
    assert_eq!(sides, both);
    assert!(rows.iter().all(|row| row.actor.as_deref() == Some(helper.id.as_str()) && !row.detail.contains(&code)));
    assert_eq!(notices::list(app.services(), &kim.id).await.expect("notices").len(), 1, "the person is told");
    let right = recovery::redeem(app.services(), "kim", &code, "browser", &origin()).await;
    assert!(right.is_ok());
}

#[tokio::test]
async fn a_name_that_strangers_locked_is_opened_by_whoever_may_help() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let (_, mut browser, _) = administrator(&app, "desk", &[], &role(AdminRole::HelpDesk, Some(SAI_GON))).await;
    let mut stranger = app.browser();
    for _ in 0..8 {
        stranger.sign_in(&Official { password: "sai mật khẩu rồi 1".to_owned(), ..kim.clone() }, "/signin").await;
        app.advance_seconds(60);
    }
    assert!(throttle::locked_until(app.services(), "kim").await.expect("an answer").is_some());

    let opened = act(&mut browser, "kim", &[("act", "unlock")]).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let page = browser.follow(opened).await;

    assert!(page.body.contains("role=\"status\""), "{}", page.body);
    assert_eq!(throttle::locked_until(app.services(), "kim").await.expect("an answer"), None);
    assert_eq!(rows_of(&app, "sign_in.unlocked").await.len(), 2, "on both sides");
}

#[tokio::test]
async fn nobody_takes_over_a_unit_code_by_code() {
    let app = TestApp::with_registry().await;
    app.official_in("kim", &[SAI_GON]).await;
    let unit = role(AdminRole::Unit, Some(SAI_GON));
    let (helper, _, scope) = administrator(&app, "unit", &[SAI_GON], &unit).await;
    let origin = origin();
    let proof = right(&app, &helper, "kim").await.expect("a right");
    let issue = Issue { proof: &proof, anew: false };

    for _ in 0..30 {
        assert!(recovery::issue(app.services(), &issue).await.is_ok());
    }
    assert!(matches!(recovery::issue(app.services(), &issue).await, Err(IssueError::TooMany)));
    app.advance_seconds(3_601);
    assert!(recovery::issue(app.services(), &issue).await.is_ok());
    administrators::revoke(app.services(), &scope.id, "os:test", &origin).await.expect("revoked");
    assert!(matches!(recovery::issue(app.services(), &issue).await, Err(IssueError::NotTheirs)), "asked of the records");
    assert_eq!(issued(&app).await, 62, "two rows for each");
}

#[tokio::test]
async fn a_role_is_bound_to_exactly_what_it_needs_and_counts_on_its_days() {
    let app = TestApp::with_registry().await;
    app.official("kim").await;
    app.client("tthc", |_| {}).await;
    let with_client = |role: Role<'static>| Role { client: Some("tthc"), ..role };
    let days = |from, to| Role { days: (Some(from), Some(to)), ..role(AdminRole::System, None) };
    let table = [
        (role(AdminRole::Unit, None), "this role needs a unit"),
        (role(AdminRole::Unit, Some("00000")), "this code means no single unit"),
        (role(AdminRole::Unit, Some("760")), "this code means no single unit"),
        (role(AdminRole::System, Some(SAI_GON)), "this role is not bound to that"),
        (role(AdminRole::Auditor, Some(SAI_GON)), "this role is not bound to that"),
        (role(AdminRole::Application, None), "this role needs a client"),
        (with_client(role(AdminRole::Unit, Some(SAI_GON))), "this role is not bound to that"),
        (with_client(role(AdminRole::System, None)), "this role is not bound to that"),
        (Role { client: Some("no-such"), ..role(AdminRole::Application, None) }, "there is no such client"),
        (days(date!(2026 - 12 - 01), date!(2026 - 11 - 30)), "the last day lies before the first"),
    ];
    for (role, told) in table {
        let refused = give(&app, "kim", &role).await.expect_err(told).to_string();
        assert!(refused.starts_with(told), "{refused}");
    }
    assert!(matches!(give(&app, "nobody", &role(AdminRole::System, None)).await, Err(AdminError::UnknownPerson)));
    assert_eq!(count_of(&app, "admin_role.granted").await, 0);

    let fine = [
        role(AdminRole::Unit, Some(SAI_GON)),
        role(AdminRole::Unit, Some("gso:79")),
        role(AdminRole::Directory, Some(SAI_GON)),
        role(AdminRole::HelpDesk, None),
        with_client(role(AdminRole::Application, None)),
        days(date!(2026 - 12 - 01), date!(2026 - 12 - 31)),
    ];
    for role in &fine {
        assert!(give(&app, "kim", role).await.expect("a role").is_some());
        assert!(give(&app, "kim", role).await.expect("an answer").is_none(), "the same is not given twice");
    }
    let all = administrators::list(app.services(), Some("Kim")).await.expect("roles");
    assert_eq!((all.len(), count_of(&app, "admin_role.granted").await), (fine.len(), fine.len()));
    let today = date!(2026 - 11 - 22);
    assert_eq!(all.iter().filter(|granted| granted.scope.in_force_on(today)).count(), fine.len() - 1);
    for granted in &all {
        administrators::revoke(app.services(), &granted.scope.id, "os:test", &origin()).await.expect("revoked");
    }
    assert!(administrators::list(app.services(), None).await.expect("roles").is_empty());
    assert_eq!(count_of(&app, "admin_role.revoked").await, fine.len());
}
