//! What a review of the console asked about: slices of a mass act, acts of somebody above, looks that leave no record,
//! floods of requests, and what is shown to whom.

use crate::rights_scene::{Admin, CITY, SAI_GON, TAN_DINH, admin, appoint, doer, everywhere, post, within};
use crate::support::TestApp;
use crate::support::people::{bring, person, row};
use crate::support::races::together;
use crate::support::records::{count_of, rows_of};
use crate::units_console::{send, unit_id, upload};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::{DisablePeople, OnboardUnits};
use motlan::service::approvals::{self, Dangerous, MOST_OPEN};
use motlan::service::authority::Doer;
use motlan::service::lifecycle::{self, Memory, restore};
use motlan::service::onboarding::runs;
use motlan::service::people::add::MOST_REFUSED;
use motlan::service::provisioning::many::ALONE;
use motlan::service::{Failure, Origin, directory};
use serde_json::{Value, json};

const BULK: &str = "/admin/people/bulk";
const APPROVALS: &str = "/admin/approvals";
const DAY: i64 = 86_400;

/// A city with so many people in one ward, in the order of their numbers.
async fn crowd(many: usize) -> (TestApp, Vec<PersonId>) {
    let app = TestApp::with_registry().await;
    let rows: String = (0..many).map(|n| row(&format!("nguoi{n:02}"), "Lê Thị Số", "", SAI_GON, "Kế toán")).collect();
    assert_eq!(bring(&app, &rows).await.rows_bad, 0);
    directory::catch_up(app.services()).await.expect("listed");
    let mut people = Vec::new();
    for n in 0..many {
        people.push(id(&app, &format!("nguoi{n:02}")).await);
    }
    (app, people)
}

async fn id(app: &TestApp, username: &str) -> PersonId {
    person(app, username).await.expect("a person").id
}

async fn is_disabled(app: &TestApp, username: &str) -> bool {
    person(app, username).await.expect("a person").disabled_at.is_some()
}

/// Chooses people for an act; answers the page on which it is begun.
async fn choose(who: &mut Admin, people: &[PersonId], act: &str) -> String {
    let ticks: Vec<String> = people.iter().map(|person| format!("p.{person}")).collect();
    let mut fields = vec![("act", act)];
    fields.extend(ticks.iter().map(|tick| (tick.as_str(), "1")));
    let chosen = who.post(BULK, &fields).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    chosen.location().to_owned()
}

/// Begins what was chosen; answers what the page says was done.
async fn begin(who: &mut Admin, path: &str) -> String {
    let begun = who.post(path, &[("act", "begin"), ("reason", "QĐ 7/QĐ-UBND")]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    begun.location().rsplit_once("?done=").map(|(_, done)| done.to_owned()).unwrap_or_default()
}

/// Sends the form by which one person's access ends, or comes back; answers its status.
async fn status(who: &mut Admin, person: &PersonId, act: &str) -> u16 {
    who.post(&format!("/admin/people/{person}/status"), &[("act", act), ("reason", "QĐ 8")]).await.status
}

fn detail(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn slices_of_a_mass_act_take_a_second_person_within_a_day() {
    let (app, people) = crowd(ALONE + 2).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let mut other = admin(&app, "other", &[], everywhere(AdminRole::Directory)).await;

    let first = choose(&mut root, &people[..ALONE], "disable").await;
    assert_eq!(begin(&mut root, &first).await, "done");
    assert_eq!(count_of(&app, "person.disabled").await, ALONE);
    let undone = root.post(&first, &[("act", "undo")]).await;
    assert_eq!(undone.status, 303, "{}", undone.body);
    assert!(!is_disabled(&app, "nguoi00").await);

    let slice = choose(&mut root, &people[ALONE..=ALONE], "disable").await;
    let page = root.browser.get(&slice).await;
    assert!(page.body.contains("trong 24 giờ") && page.body.contains("people-bulk-begin"), "said beforehand: {}", page.body);
    assert_eq!(begin(&mut root, &slice).await, "asked", "what was taken back had ended too");
    let alone = root.post(&format!("/admin/people/{}/status", people[ALONE + 1]), &[("act", "disable"), ("reason", "x")]).await;
    assert_eq!((alone.status, alone.page()), (422, Some("admin-person-status")), "{}", alone.body);
    assert!(alone.body.contains("id=\"reason-problem\""), "{}", alone.body);
    root.post(&slice, &[("act", "run")]).await;
    assert_eq!(count_of(&app, "person.disabled").await, ALONE, "nobody more");
    assert!(!is_disabled(&app, "nguoi20").await && !is_disabled(&app, "nguoi21").await);

    assert_eq!(status(&mut other, &people[0], "disable").await, 303, "each counts for themselves");
    app.advance_seconds(DAY);
    root.again(&app).await;
    assert_eq!(status(&mut root, &people[ALONE + 1], "disable").await, 303, "a day later");
    assert!(is_disabled(&app, "nguoi00").await && is_disabled(&app, "nguoi21").await);
}

#[tokio::test]
async fn of_two_slices_that_are_begun_at_once_one_asks_a_second_person() {
    let (app, people) = crowd(2 * ALONE).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let mut paths = Vec::new();
    for slice in people.chunks(ALONE) {
        paths.push(choose(&mut root, slice, "disable").await);
    }

    let acts = paths.into_iter().map(|path| {
        let mut browser = root.browser.clone();
        async move { post(&mut browser, &path, &[("act", "begin"), ("reason", "QĐ 2")]).await.location().to_owned() }
    });
    let answers = together(acts).await;

    let came = |word: &str| answers.iter().filter(|location| location.ends_with(word)).count();
    assert_eq!((came("?done=done"), came("?done=asked")), (1, 1), "{answers:?}");
    assert_eq!((count_of(&app, "person.disabled").await, count_of(&app, "approval.requested").await), (ALONE, 1));
}

#[tokio::test]
async fn what_somebody_above_ended_is_not_given_back_from_below() {
    let (app, people) = crowd(5).await;
    let system = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let directory = admin(&app, "danhba", &[], everywhere(AdminRole::Directory)).await;
    let city = admin(&app, "thanhpho", &[], within(AdminRole::Unit, CITY)).await;
    let ward = admin(&app, "phuong", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut admins = [system, directory, city, ward];
    // Who ends it, who may not give it back, and who may.
    let table: [(usize, &[usize], usize); 4] = [(0, &[1, 2, 3], 0), (1, &[2, 3], 0), (2, &[3], 2), (3, &[], 3)];

    for (place, (ends, below, above)) in table.into_iter().enumerate() {
        let (who, username) = (&people[place], format!("nguoi{place:02}"));
        assert_eq!(status(&mut admins[ends], who, "disable").await, 303, "{place}");
        for by in below {
            let path = format!("/admin/people/{who}/status");
            let refused = admins[*by].post(&path, &[("act", "restore"), ("reason", "x")]).await;
            assert_eq!((refused.status, refused.page()), (422, Some("admin-person-status")), "{place}: {by}");
            assert!(refused.body.contains("id=\"reason-problem\""), "{place}: {by}: {}", refused.body);
            let many = choose(&mut admins[*by], std::slice::from_ref(who), "restore").await;
            assert_eq!(begin(&mut admins[*by], &many).await, "done");
            assert!(admins[*by].browser.get(&many).await.body.contains("Ngoài phạm vi được làm"), "{place}: {by}");
            assert!(is_disabled(&app, &username).await, "{place}: {by} gave it back");
        }
        assert_eq!(count_of(&app, "person.enabled").await, place, "nobody below");
        assert_eq!(status(&mut admins[above], who, "restore").await, 303, "{place}");
        assert!(!is_disabled(&app, &username).await, "{place}");
    }

    // Ended by the ward, given back, and ended anew above it within the same millisecond: the ward's undo leaves it.
    let many = choose(&mut admins[3], &people[4..], "disable").await;
    assert_eq!(begin(&mut admins[3], &many).await, "done");
    assert_eq!(status(&mut admins[0], &people[4], "restore").await, 303);
    assert_eq!(status(&mut admins[0], &people[4], "disable").await, 303);
    let undone = admins[3].post(&many, &[("act", "undo")]).await;
    assert_eq!(undone.status, 303, "{}", undone.body);
    assert!(is_disabled(&app, "nguoi04").await, "the undo gave back what the system's administrator took");
    assert!(admins[3].browser.get(&many).await.body.contains("Giữ nguyên"));
}

#[tokio::test]
async fn what_the_job_ended_is_given_back_by_whoever_looks_after_the_person() {
    let app = TestApp::with_registry().await;
    let gone = row("kim", "Nguyễn Thị Kim", "", SAI_GON, "Kế toán").replace("2025-07-01,\n", "2025-07-01,2026-11-01\n");
    assert_eq!(bring(&app, &gone).await.rows_bad, 0);
    let ward = admin(&app, "phuong", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut memory = Memory::default();
    while lifecycle::run(app.services(), &mut memory, "a node").await.expect("the job runs") {}
    assert!(is_disabled(&app, "kim").await);

    let proof = ward.authority(&app).await.one::<DisablePeople>(app.services(), &id(&app, "kim").await).await;
    // Whoever holds no post any more is looked after by nobody below the city.
    assert!(proof.expect("an answer").is_none());
    let directory = admin(&app, "danhba", &[], everywhere(AdminRole::Directory)).await;
    let proof = directory.authority(&app).await.one::<DisablePeople>(app.services(), &id(&app, "kim").await).await;
    let proof = proof.expect("an answer").expect("within the bounds");
    assert!(restore::restore(app.services(), &proof, "Chờ quyết định").await.expect("an answer"));
    assert!(!is_disabled(&app, "kim").await);
}

#[tokio::test]
async fn reading_a_list_of_people_or_of_rights_is_on_record_without_what_was_typed() {
    let (app, _) = crowd(3).await;
    app.client("tthc", |settings| settings.roles = vec!["mot-cua".to_owned()]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;

    let nobody = root.browser.get("/admin/people?q=079186098092").await;
    assert_eq!((nobody.status, count_of(&app, "people.listed").await), (200, 0), "nobody was shown");
    let page = root.browser.get("/admin/people?q=nguoi&state=new").await;
    assert!(page.status == 200 && page.body.contains("nguoi02"), "{}", page.body);
    let listed = rows_of(&app, "people.listed").await;
    assert_eq!((listed.len(), listed[0].actor.as_deref()), (1, Some(root.official.id.as_str())), "one for a request");
    let told = detail(&listed[0].detail);
    assert_eq!((&told["filters"], &told["people"]), (&json!(["words", "state"]), &json!(3)), "{told}");
    assert!(!listed[0].detail.contains("nguoi"), "{}", listed[0].detail);

    for path in ["/admin/rights/clients/khong-co", "/admin/rights/clients/tthc?role=079186098092", "/admin/rights/expiring"] {
        root.browser.get(path).await;
        assert_eq!(count_of(&app, "rights.listed").await, 0, "{path} shows nobody");
    }
    let give = [("act", "give"), ("username", "nguoi00"), ("role", "mot-cua"), ("reason", "QĐ 1")];
    assert_eq!(root.post("/admin/rights/clients/tthc", &give).await.status, 303);
    let page = root.browser.get("/admin/rights/clients/tthc").await;
    assert!(page.status == 200 && page.body.contains("nguoi00"), "{}", page.body);
    let listed = rows_of(&app, "rights.listed").await;
    assert_eq!((listed.len(), listed[0].client_id.as_deref()), (1, Some("tthc")));
    let told = detail(&listed[0].detail);
    assert_eq!((&told["list"], &told["rights"]), (&json!("client"), &json!(1)), "{told}");
}

/// Asks for a key to count no more, as a system administrator.
async fn ask(app: &TestApp, by: &PersonId, subject: &str) -> Result<String, Failure> {
    approvals::ask(app.services(), Dangerous::RevokeKey, subject, &json!({}), "x", &doer(by)).await
}

#[tokio::test]
async fn nobody_has_more_requests_waiting_than_anybody_reads() {
    let app = TestApp::start().await;
    let (first, second) = (app.official("first").await.id, app.official("second").await.id);
    for username in ["first", "second"] {
        appoint(&app, username, everywhere(AdminRole::System)).await;
    }
    let mut waiting = Vec::new();
    for n in 0..MOST_OPEN - 1 {
        waiting.push(ask(&app, &first, &format!("khoa-{n}")).await.expect("a request"));
    }

    let acts = ["mot", "hai", "ba"].map(|subject| {
        let (app, by) = (app.clone(), first.clone());
        async move { ask(&app, &by, subject).await.is_ok() }
    });
    let answers = together(acts).await;

    assert_eq!(answers.iter().filter(|asked| **asked).count(), 1, "one more fits: {answers:?}");
    let refused = ask(&app, &first, "them").await;
    assert!(matches!(refused, Err(Failure::TooMany)), "{refused:?}");
    let most = usize::try_from(MOST_OPEN).expect("a number");
    assert_eq!(count_of(&app, "approval.requested").await, most);
    assert_eq!(ask(&app, &first, "khoa-0").await.expect("the same"), waiting[0], "what waits is answered as before");
    assert!(ask(&app, &second, "them").await.is_ok(), "others ask as before");
    assert!(approvals::withdraw(app.services(), &waiting[0], &doer(&first)).await.expect("an answer"));
    assert!(ask(&app, &first, "nua").await.is_ok(), "what is decided makes room");
}

#[tokio::test]
async fn a_request_is_seen_by_whoever_decides_on_it_however_many_others_wait() {
    let (app, people) = crowd(1).await;
    let mut quan = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    let asker = app.official("ben").await.id;
    appoint(&app, "ben", within(AdminRole::Unit, SAI_GON)).await;
    for n in 0..11 {
        let username = format!("xa{n}");
        let by = app.official(&username).await.id;
        appoint(&app, &username, everywhere(AdminRole::System)).await;
        for one in 0..MOST_OPEN {
            ask(&app, &by, &format!("{username}-{one}")).await.expect("a request");
        }
    }
    app.advance_seconds(1);
    let acting_as = format!("unit {}", unit_id(&app, SAI_GON));
    let by = Doer { person: asker, acting_as, origin: Origin::command_line() };
    let payload = json!({ "bulk": "x", "people": 21 });
    let subject = people[0].as_str();
    let request = approvals::ask(app.services(), Dangerous::DisableMany, subject, &payload, "QĐ 9", &by).await;
    let here = format!("{APPROVALS}/{}", request.expect("a request"));

    let list = quan.browser.get(APPROVALS).await;

    assert!(list.status == 200 && list.body.contains(&here), "{}", list.body);
    assert!(!list.body.contains("xa0"), "what others ask is not theirs to see: {}", list.body);
}

#[tokio::test]
async fn the_help_desk_is_not_told_when_and_where_somebody_signed_in() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let mut desk = admin(&app, "desk", &[], everywhere(AdminRole::HelpDesk)).await;
    let mut own = app.browser();
    assert_eq!(own.sign_in(&kim, "/signin").await.page(), Some("portal"));
    directory::catch_up(app.services()).await.expect("listed");
    let path = format!("/admin/people/{}/sessions", kim.id);
    let main = |body: &str| {
        let (_, after) = body.split_once("<main").expect("a main part");
        after.split_once("</main>").expect("its end").0.to_owned()
    };

    let told = root.browser.get(&path).await;
    assert!(main(&told.body).contains("22/11/2026"), "{}", told.body);
    let untold = desk.browser.get(&path).await;
    assert_eq!((untold.status, untold.page()), (200, Some("admin-person-sessions")));
    let shown = main(&untold.body);
    assert!(shown.contains("name=\"session\"") && !shown.contains("22/11/2026") && !shown.contains("127.0.0.1"), "{shown}");
    let last_seen = "Đăng nhập cuối";
    assert!(root.browser.get("/admin/people").await.body.contains(last_seen));
    let list = desk.browser.get("/admin/people").await;
    assert!(list.body.contains("Nguyễn Văn kim") && !list.body.contains(last_seen), "{}", list.body);

    let ended = desk.post(&path, &[("act", "all")]).await;
    assert_eq!(ended.location(), format!("{path}?done=all"), "what the desk is there for goes on");
    assert_eq!(own.get("/account").await.status, 303);
}

#[tokio::test]
async fn personal_numbers_are_not_tried_out_by_adding_people() {
    const NEW: &str = "/admin/people/new";
    const NUMBER: &str = "079186098092";
    let app = TestApp::with_registry().await;
    assert_eq!(bring(&app, &row("kim", "Nguyễn Thị Kim", NUMBER, TAN_DINH, "Kế toán")).await.rows_bad, 0);
    let kim = id(&app, "kim").await;
    let mut quan = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut other = admin(&app, "other", &[], within(AdminRole::Unit, SAI_GON)).await;
    let unit = unit_id(&app, SAI_GON);
    let new = |username: &'static str, number: &'static str| {
        [
            ("username", username),
            ("full_name", "Trần Thị Mới"),
            ("personal_number", number),
            ("unit", unit.as_str()),
            ("title", "Chuyên viên"),
            ("kind", "cong_chuc"),
            ("valid_from", "01/12/2026"),
        ]
    };
    assert_eq!(quan.post(NEW, &new("mot", "079186000001")).await.status, 303, "who is new does not count");

    for turn in 1..=MOST_REFUSED {
        let refused = quan.post(NEW, &new("hai", NUMBER)).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-person-new")), "{turn}: {}", refused.body);
    }
    let refusals = rows_of(&app, "person.add_refused").await;
    assert_eq!(refusals.len(), usize::try_from(MOST_REFUSED).expect("a number"));
    let told = (refusals[0].actor.as_deref(), refusals[0].person_id.as_deref());
    assert_eq!(told, (Some(quan.official.id.as_str()), Some(kim.as_str())));
    assert!(!refusals[0].detail.contains(NUMBER), "{}", refusals[0].detail);

    for number in [NUMBER, "079186000002"] {
        let stopped = quan.post(NEW, &new("hai", number)).await;
        assert_eq!((stopped.status, stopped.error_page()), (429, Some("too_many")), "{number}: {}", stopped.body);
    }
    assert!(person(&app, "hai").await.is_none());
    assert_eq!(rows_of(&app, "person.add_refused").await.len(), refusals.len());
    assert_eq!(other.post(NEW, &new("ba", "079186000003")).await.status, 303, "others go on");
    app.advance_seconds(3_600);
    quan.again(&app).await;
    assert_eq!(quan.post(NEW, &new("hai", "079186000002")).await.status, 303, "an hour later");
}

#[tokio::test]
async fn figures_of_a_run_are_of_the_units_that_a_reader_looks_after() {
    const NEW: &str = "/admin/onboarding/new";
    let app = TestApp::with_registry().await;
    app.client("tthc", |settings| settings.roles = vec!["mot-cua".to_owned()]).await;
    let rows = [row("chi", "Lê Thị Chi", "", SAI_GON, "Chánh Văn phòng"), row("dung", "Phạm Văn Dũng", "", TAN_DINH, "Một cửa")];
    bring(&app, &rows.concat()).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let keeper = admin(&app, "keeper", &[], within(AdminRole::Directory, TAN_DINH)).await;
    let posts = [
        ("version", "0"),
        ("name_1", "Quản trị đơn vị"),
        ("words_1", ""),
        ("administers_1", "1"),
        ("name_2", "Một cửa"),
        ("words_2", "một cửa"),
        ("rights_2", "tthc:mot-cua"),
    ];
    let saved = send(&mut root.browser, "/admin/onboarding/template", &posts).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let names = format!("unit_code,post,username\n{SAI_GON},quan-tri-don-vi,chi\n");
    let codes = format!("{SAI_GON} {TAN_DINH}");
    for (codes, file) in [(codes.as_str(), Some(("names", names.as_str()))), (SAI_GON, None)] {
        let made = upload(&app, &mut root.browser, NEW, &[("codes", codes), ("reason", "QĐ 12")], file).await;
        assert_eq!(made.status, 303, "{}", made.body);
    }

    let mut figures = Vec::new();
    for reader in [&root, &keeper] {
        let proof = reader.authority(&app).await.units::<OnboardUnits>().expect("bounds");
        let mut runs = runs::list(app.services(), &proof).await.expect("runs");
        runs.sort_by_key(|run| -run.units);
        figures.push(runs.into_iter().map(|run| (run.units, run.appoints)).collect::<Vec<_>>());
    }

    assert_eq!(figures[0], [(2, 1), (1, 0)]);
    assert_eq!(figures[1], [(1, 0)], "what other units are given, and how many they are, is not told");
}
