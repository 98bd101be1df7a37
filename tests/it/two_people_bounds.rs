//! Nobody reaches further by a file, by a template, by many at once or by a post beside their own than by a form; and what
//! cannot be undone is shown to the second person, and is not for a sign-in of an hour ago.

use crate::rights_scene::{Admin, CITY, SAI_GON, TAN_DINH, admin, appoint, everywhere, roles_of, within};
use crate::support::imports::{apply, checked, id_of, press, work};
use crate::support::people::{HEADER, person, row};
use crate::support::records::count_of;
use crate::support::{Answer, Official, TestApp};
use crate::two_people::{APPROVE, is_open};
use crate::units_console::{unit_id, upload};
use motlan::model::admin_scope::AdminRole;
use motlan::model::person::Person;
use motlan::service::lifecycle::{self, Memory};
use motlan::service::provisioning::roles;
use motlan::service::{Origin, administrators, directory, keys};
use motlan::store::{clients, import_rows, imports};

const TEMPLATE: &str = "/admin/onboarding/template";
const NEW_RUN: &str = "/admin/onboarding/new";

/// A system with one role that units give, and one that they do not.
async fn client(app: &TestApp) {
    app.client("tthc", |settings| {
        settings.roles = vec!["lanh_dao".to_owned(), "tiep_nhan".to_owned()];
        settings.unit_granted_roles = vec!["tiep_nhan".to_owned()];
    })
    .await;
}

/// What each row of a file does.
async fn effects(app: &TestApp, address: &str) -> Vec<&'static str> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = import_rows::list(&mut conn, id_of(address), None, (0, 1_000)).await.expect("rows");
    rows.into_iter().map(|row| row.effect.word()).collect()
}

async fn state_of(app: &TestApp, address: &str) -> &'static str {
    let mut conn = app.services().store.read().await.expect("a connection");
    imports::find(&mut conn, id_of(address)).await.expect("an answer").expect("the file").state.word()
}

/// The roles in systems that somebody has.
async fn rights_of(app: &TestApp, username: &str) -> Vec<String> {
    person(app, username).await.expect("a person").roles.into_iter().map(|role| role.role).collect()
}

#[tokio::test]
async fn a_file_gives_no_role_that_its_sender_could_not_give_and_none_at_the_console() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let mut unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let appointed = count_of(&app, "admin_role.granted").await;
    let at_the_console = "kim,motlan,system,x\nkim,admin,directory,x\nkim,tthc,system,x\nkim,,auditor,x\n";
    let of_unit = format!(
        "username,client_id,role,reason\n{at_the_console}kim,tthc,lanh_dao,x\nunit,tthc,tiep_nhan,x\nkim,tthc,tiep_nhan,x\n"
    );

    let address = checked(&app, &mut unit.browser, "grants", &of_unit).await;
    assert_eq!(effects(&app, &address).await, ["bad", "bad", "bad", "bad", "bad", "bad", "granted"]);
    apply(&app, &mut unit.browser, &address).await;
    assert_eq!((rights_of(&app, "kim").await, count_of(&app, "role.granted").await), (vec!["tiep_nhan".to_owned()], 1));
    assert!(rights_of(&app, "unit").await.is_empty(), "nobody gives anything to themselves");

    let address = checked(&app, &mut root.browser, "grants", &format!("username,client_id,role,reason\n{at_the_console}")).await;
    assert_eq!(effects(&app, &address).await, ["bad", "bad", "bad", "bad"], "not even for whoever runs the service");
    press(&mut root.browser, &address, &[("act", "apply"), ("accept_good", "1")]).await;
    work(&app).await;
    assert!(roles_of(&app, &kim).await.is_empty());
    assert_eq!((count_of(&app, "admin_role.granted").await, count_of(&app, "role.granted").await), (appointed, 1));
}

#[tokio::test]
async fn a_file_gives_what_its_sender_may_give_when_it_is_applied() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.official_in("kim", &[SAI_GON]).await;
    let mut keeper = admin(&app, "keeper", &[], everywhere(AdminRole::Directory)).await;
    let text = "username,client_id,role,reason\nkim,tthc,tiep_nhan,x\nkim,tthc,lanh_dao,x\n";
    let address = checked(&app, &mut keeper.browser, "grants", text).await;
    assert_eq!(effects(&app, &address).await, ["granted", "granted"]);

    administrators::revoke(app.services(), &keeper.scope.id, "os:test", &Origin::command_line()).await.expect("revoked");
    appoint(&app, "keeper", within(AdminRole::Unit, SAI_GON)).await;
    let pressed = press(&mut keeper.browser, &address, &[("act", "apply")]).await;
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    work(&app).await;

    assert_eq!((state_of(&app, &address).await, effects(&app, &address).await), ("checked", vec!["granted", "bad"]));
    assert!(rights_of(&app, "kim").await.is_empty(), "nothing before somebody has looked again");
    assert_eq!(count_of(&app, "role.granted").await, 0);
}

/// A template whose one post is filled by every specialist.
fn post_with(right: &str) -> [(&str, &str); 4] {
    [("version", "0"), ("name_1", "Chuyên môn"), ("words_1", "chuyên viên"), ("rights_1", right)]
}

#[tokio::test]
async fn a_template_gives_what_systems_declare_when_it_is_applied_and_is_not_for_units() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut unit = admin(&app, "unit", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut own = admin(&app, "own", &[], within(AdminRole::Directory, SAI_GON)).await;
    for right in ["motlan:system", "admin:unit", "tthc:system", "system", ":unit"] {
        let refused = root.post(TEMPLATE, &post_with(right)).await;
        assert_eq!(refused.status, 422, "{right}: {}", refused.body);
    }
    for by in [&mut unit, &mut own] {
        let refused = by.post(TEMPLATE, &post_with("tthc:lanh_dao")).await;
        assert_eq!(refused.status, 404, "{}", by.official.username);
    }
    assert_eq!(count_of(&app, "onboarding.template_changed").await, 0);
    assert_eq!(root.post(TEMPLATE, &post_with("tthc:lanh_dao")).await.status, 303);

    let fields = [("codes", SAI_GON), ("reason", "QĐ 12/QĐ-UBND")];
    assert_eq!(unit.browser.get(NEW_RUN).await.status, 404);
    assert_eq!(upload(&app, &mut unit.browser, NEW_RUN, &fields, None).await.status, 404);
    let outside = [("codes", TAN_DINH), ("reason", "QĐ 12/QĐ-UBND")];
    assert_eq!(upload(&app, &mut own.browser, NEW_RUN, &outside, None).await.status, 422, "nor for other units");
    assert_eq!(count_of(&app, "onboarding.previewed").await, 0);
    let sent = upload(&app, &mut own.browser, NEW_RUN, &fields, None).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let run = sent.location().to_owned();
    let digest = own.browser.get(&run).await.hidden("digest");
    let form = [("act", "apply"), ("digest", digest.as_str())];
    assert_eq!(unit.browser.get(&run).await.status, 404);
    assert_eq!(unit.post(&run, &form).await.status, 404);

    let off = root.post("/admin/clients/tthc/status", &[("act", "off"), ("reason", "Bị lộ khóa")]).await;
    assert_eq!(off.status, 303, "{}", off.body);
    let found = own.post(&run, &form).await;
    assert_eq!(found.location(), format!("{run}?done=applied-in-part"), "no system declares it any more");
    assert!(rights_of(&app, "kim").await.is_empty() && roles_of(&app, &kim).await.is_empty());
    assert_eq!((count_of(&app, "role.granted").await, count_of(&app, "onboarding.applied").await), (0, 0));
}

/// How often anything was done to anybody at the console.
async fn done_to_people(app: &TestApp) -> usize {
    let events = [
        "person.disabled",
        "person.edited",
        "position.added",
        "position.changed",
        "position.ended",
        "recovery.code_issued",
        "sign_in.unlocked",
        "sessions.ended",
        "role.granted",
        "approval.requested",
        "people.imported",
    ];
    app.audit_events().await.iter().filter(|event| events.contains(&event.as_str())).count()
}

/// People who stand above the directory of one ward, and hold a post there.
async fn above(app: &TestApp) -> Vec<Official> {
    let all = [
        ("system", &[SAI_GON][..], everywhere(AdminRole::System)),
        ("directory", &[SAI_GON][..], everywhere(AdminRole::Directory)),
        ("warden", &[SAI_GON][..], within(AdminRole::Unit, CITY)),
        ("desk", &[SAI_GON][..], everywhere(AdminRole::HelpDesk)),
        ("reader", &[SAI_GON][..], everywhere(AdminRole::Auditor)),
        ("beside", &[TAN_DINH, SAI_GON][..], everywhere(AdminRole::System)),
    ];
    let mut above = Vec::new();
    for (username, units, to) in all {
        above.push(app.official_in(username, units).await);
        appoint(app, username, to).await;
    }
    above
}

async fn as_they_are(app: &TestApp, all: &[Official]) -> Vec<Person> {
    let mut people = Vec::new();
    for official in all {
        people.push(person(app, &official.username).await.expect("a person"));
    }
    people
}

/// Every page and form that reaches into one account.
async fn try_one(keeper: &mut Admin, official: &Official) {
    let username = official.username.as_str();
    let seen = keeper.browser.get(&format!("/admin/people/{}", official.id)).await;
    assert_eq!(seen.status, 200, "{username}: whoever works there is on the list: {}", seen.body);
    for button in ["person-edit", "person-status", "person-recovery", "person-position", "person-number"] {
        assert!(!seen.body.contains(&format!("id=\"{button}\"")), "{username}: {button}");
    }
    let forms: [(&str, &[(&str, &str)]); 5] = [
        ("/edit", &[("seen", "0"), ("email", "khac@vi-du.vn"), ("reason", "x")]),
        ("/status", &[("act", "disable"), ("reason", "x")]),
        ("/sessions", &[("act", "all")]),
        ("/number", &[("reason", "x")]),
        ("/positions", &[("seen", "0"), ("unit", SAI_GON), ("title", "Chủ tịch"), ("valid_from", "01/12/2026")]),
    ];
    for (page, fields) in forms {
        let path = format!("/admin/people/{}{page}", official.id);
        assert_eq!(keeper.browser.get(&path).await.status, 404, "{username}{page}");
        assert_eq!(keeper.post(&path, fields).await.status, 404, "{username}{page}");
    }
    let rights = format!("/admin/rights/people/{}", official.id);
    let give = [("act", "give"), ("right", "tthc tiep_nhan"), ("reason", "x")];
    assert_eq!(keeper.post(&rights, &give).await.status, 404, "{username}");
    for act in ["issue", "unlock"] {
        let fields = [("username", username), ("act", act), ("seen", "1"), ("anew", "1")];
        let refused = keeper.post("/admin/recovery", &fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-recovery")), "{username} {act}");
    }
    let appoint = [("username", username), ("role", "unit"), ("unit", SAI_GON), ("reason", "x")];
    assert_eq!(keeper.post("/admin/administrators/new", &appoint).await.status, 422, "{username}");
}

#[tokio::test]
async fn the_directory_of_a_ward_reaches_nobody_who_stands_above_it_and_has_a_post_there() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let above = above(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    directory::catch_up(app.services()).await.expect("listed");
    let mut keeper = admin(&app, "keeper", &[], within(AdminRole::Directory, SAI_GON)).await;
    let (before, done) = (as_they_are(&app, &above).await, done_to_people(&app).await);

    let theirs = keeper.browser.get(&format!("/admin/people/{}/status", kim.id)).await;
    assert_eq!(theirs.status, 200, "others of the ward are theirs: {}", theirs.body);
    for official in &above {
        try_one(&mut keeper, official).await;
    }

    let ticks: Vec<String> = above.iter().map(|official| format!("p.{}", official.id)).collect();
    let mut fields = vec![("act", "disable")];
    fields.extend(ticks.iter().map(|tick| (tick.as_str(), "1")));
    let chosen = keeper.post("/admin/people/bulk", &fields).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    let bulk = chosen.location().to_owned();
    assert_eq!(keeper.post(&bulk, &[("act", "begin"), ("reason", "x")]).await.status, 303);

    let rows = |line: fn(&str) -> String| above.iter().map(|official| line(&official.username)).collect::<String>();
    let files = [
        ("people", format!("{HEADER}{}", rows(|name| row(name, "Nguyễn Văn Khác", "", SAI_GON, "Chủ tịch")))),
        (
            "positions",
            format!(
                "username,unit_code,title,kind,valid_from\n{}",
                rows(|name| format!("{name},26740,CV,cong_chuc,2026-12-01\n"))
            ),
        ),
        (
            "decisions",
            format!("username,action,decision_no,valid_from\n{}", rows(|name| format!("{name},nghi_huu,1/QĐ,2026-12-01\n"))),
        ),
        ("grants", format!("username,client_id,role\n{}", rows(|name| format!("{name},tthc,tiep_nhan\n")))),
    ];
    for (kind, text) in files {
        let address = checked(&app, &mut keeper.browser, kind, &text).await;
        assert_eq!(effects(&app, &address).await, vec!["bad"; above.len()], "{kind}");
        press(&mut keeper.browser, &address, &[("act", "apply"), ("accept_good", "1")]).await;
        work(&app).await;
    }

    assert_eq!(as_they_are(&app, &above).await, before);
    assert_eq!(done_to_people(&app).await, done);
}

/// The keys of elliptic curves: which there are, and from when on they sign.
async fn curve_keys(app: &TestApp) -> Vec<(String, i64)> {
    let all = keys::list(app.services()).await.expect("keys");
    all.into_iter().filter(|key| key.algorithm == "ES256").map(|key| (key.kid, key.active_at)).collect()
}

#[tokio::test]
async fn whoever_lets_new_keys_happen_is_told_that_they_sign_at_once_and_what_stops() {
    let app = TestApp::start().await;
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let (before, now) = (curve_keys(&app).await, app.now_seconds() * 1_000);
    let usual = [("act", "rotate"), ("algorithm", "ES256"), ("reason", "Lộ khóa")];
    let at_once = [usual[0], usual[1], usual[2], ("at_once", "1")];
    let told = ["Ký ngay, không công bố trước", "hệ thống lưu danh sách khóa có thể tạm từ chối"];

    let sent = first.post("/admin/keys", &at_once).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let urgent = sent.location().to_owned();
    let sent = first.post("/admin/keys", &usual).await;
    let announced = sent.location().to_owned();
    assert_ne!(urgent, announced, "whoever lets the one happen has not let the other");
    let page = second.browser.get(&urgent).await;
    assert!(page.status == 200 && told.iter().all(|told| page.body.contains(told)), "{}", page.body);
    let page = second.browser.get(&announced).await;
    assert!(page.status == 200 && !told.iter().any(|told| page.body.contains(told)), "{}", page.body);
    assert_eq!(curve_keys(&app).await, before, "asking changes nothing");

    assert_eq!(second.post(&announced, &APPROVE).await.status, 303);
    let keys = curve_keys(&app).await;
    assert_eq!((keys.len(), keys.iter().filter(|(_, active)| *active > now).count()), (before.len() + 1, 1), "later");
    assert!(is_open(&app, &urgent).await);
    assert_eq!(second.post(&urgent, &APPROVE).await.status, 303);
    let keys = curve_keys(&app).await;
    assert_eq!((keys.len(), keys.iter().filter(|(_, active)| *active == now).count()), (before.len() + 2, 1), "at once");
}

/// Stays at the console until the sign-in is an old one.
async fn grow_old(app: &TestApp, who: &mut Admin, page: &str) {
    for _ in 0..2 {
        app.advance_seconds(400);
        let seen = who.browser.get(page).await;
        assert_eq!(seen.status, 200, "still there: {}", seen.body);
    }
}

/// They are sent to sign in, and come back afterwards.
#[track_caller]
fn sent_to_sign_in(answer: &Answer) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().starts_with("/signin?request="), "{}", answer.location());
}

#[tokio::test]
async fn nobody_ends_an_account_or_a_system_with_a_sign_in_of_long_ago() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    client(&app).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let status = format!("/admin/people/{}/status", kim.id);
    let forms = [
        (status.as_str(), ("act", "disable"), "person.disabled"),
        ("/admin/clients/tthc/status", ("act", "off"), "client.disabled"),
    ];
    grow_old(&app, &mut root, &status).await;

    for (path, act, event) in forms {
        sent_to_sign_in(&root.post(path, &[act, ("reason", "Bị lộ khóa")]).await);
        assert_eq!(count_of(&app, event).await, 0);
    }
    assert!(person(&app, "kim").await.expect("a person").disabled_at.is_none());
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(clients::find(&mut conn, "tthc").await.expect("an answer").expect("a client").disabled_at.is_none());
    drop(conn);

    root.again(&app).await;
    for (path, act, event) in forms {
        let done = root.post(path, &[act, ("reason", "Bị lộ khóa")]).await;
        assert_eq!((done.status, count_of(&app, event).await), (303, 1), "{path}: {}", done.body);
    }
    assert!(person(&app, "kim").await.expect("a person").disabled_at.is_some());
}

#[tokio::test]
async fn nobody_takes_a_right_back_in_a_review_with_a_sign_in_of_long_ago() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.official_in("kim", &[SAI_GON]).await;
    let origin = Origin::command_line();
    let right = roles::Request {
        username: "kim",
        client_id: "tthc",
        role: "tiep_nhan",
        position: None,
        actor: "os:test",
        origin: &origin,
    };
    assert!(roles::grant(app.services(), &right).await.expect("granted"));
    let mut unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let mut keeper = admin(&app, "keeper", &[], everywhere(AdminRole::Directory)).await;
    let begun = keeper.post("/admin/reviews", &[("act", "begin")]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let mut memory = Memory::default();
    while lifecycle::run(app.services(), &mut memory, "a node").await.expect("the job runs") {}
    app.sync().await;
    let page = format!("{}/{}", begun.location(), unit_id(&app, SAI_GON));
    let shown = unit.browser.get(&page).await;
    let mut marks = shown.body.split("name=\"mark_").skip(1);
    let found = marks.find(|rest| rest.split('>').next().is_some_and(|tag| tag.contains("tiep_nhan")));
    let id = found.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no right: {}", shown.body));
    let mark = format!("mark_{id}");
    let remove = [("act", "remove"), (mark.as_str(), "1"), ("reason", "Đã chuyển việc")];
    grow_old(&app, &mut unit, &page).await;

    sent_to_sign_in(&unit.post(&page, &remove).await);
    app.sync().await;
    assert_eq!(rights_of(&app, "kim").await, ["tiep_nhan"]);
    assert_eq!((count_of(&app, "role.revoked").await, count_of(&app, "access_review.removed").await), (0, 0));

    unit.again(&app).await;
    let done = unit.post(&page, &remove).await;
    assert_eq!(done.location(), format!("{page}?done=removed&count=1"), "it was not answered for: {}", done.body);
    app.sync().await;
    assert!(rights_of(&app, "kim").await.is_empty());
}
