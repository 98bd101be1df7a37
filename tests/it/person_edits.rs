//! Edits of one person at the console: only what is named, only of one's own people and in one's own units, and never over
//! what somebody else saved meanwhile.

use crate::support::people::{people, person};
use crate::support::phones::enrol;
use crate::support::races::together;
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::base::date::vietnam_date;
use motlan::base::id::UnitId;
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use motlan::store::audit::AuditRow;
use serde_json::Value;

/// Phường Sài Gòn.
pub const SAI_GON: &str = "26740";
/// Phường Tân Định.
pub const TAN_DINH: &str = "26737";
const NEW: &str = "/admin/people/new";
const PERSON_PAGE: &str = "/admin/people/";

/// Somebody with a second factor and a role, in a browser in which they signed in a moment ago.
pub async fn administrator(app: &TestApp, username: &str, role: AdminRole, unit: Option<&str>) -> (Official, Browser) {
    let official = app.official(username).await;
    let (browser, _) = enrol(app, &official).await;
    let origin = Origin::command_line();
    let grant = Grant { username, role, unit, client: None, valid_from: None, valid_to: None, actor: "os:test", origin: &origin };
    administrators::grant(app.services(), &grant).await.expect("granted").expect("new");
    (official, browser)
}

/// The address of a page about somebody.
pub fn about(official: &Official, page: &str) -> String {
    format!("{PERSON_PAGE}{}{page}", official.id)
}

/// Sends a form with what its page put into it.
pub async fn send(browser: &mut Browser, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let hidden = ["csrf", "seen"].map(|name| (name, page.hidden(name)));
    let mut all: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

/// Opens a page of a form.
pub async fn opened(browser: &mut Browser, path: &str) -> Answer {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {}", page.body);
    page
}

/// The rest of a record.
pub fn detail(row: &AuditRow) -> Value {
    serde_json::from_str(&row.detail).expect("JSON")
}

fn unit(app: &TestApp, code: &str) -> UnitId {
    let services = app.services();
    let today = vietnam_date(services.clock.now());
    let registry = services.known.registry();
    registry.look_up("gso", code, today).one().expect("a unit").id.clone()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

async fn phone_of(app: &TestApp, username: &str) -> Option<String> {
    person(app, username).await.expect("a person").phone
}

#[tokio::test]
async fn a_form_changes_only_what_it_names() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let edit = about(&kim, "/edit");
    let page = opened(&mut quan, &edit).await;
    assert_eq!(page.page(), Some("admin-person-edit"));
    let before = person(&app, "kim").await.expect("kim");

    let stuffed = [
        ("phone", "0911 222 333"),
        ("username", "khac"),
        ("id", "khac"),
        ("disabled_at", "1"),
        ("personal_number", "079186098092"),
        ("gender", "x"),
        ("unit", "khac"),
        ("primary", "0"),
        ("reason", "Công văn 5"),
    ];
    let saved = send(&mut quan, &edit, &page, &stuffed).await;

    assert_eq!((saved.status, saved.location()), (303, format!("{}?done=saved", about(&kim, "")).as_str()), "{}", saved.body);
    let after = person(&app, "kim").await.expect("kim");
    assert_eq!(after.phone.as_deref(), Some("0911 222 333"));
    let unchanged = motlan::model::person::Person { phone: before.phone.clone(), updated_at: before.updated_at, ..after };
    assert_eq!(unchanged, before, "nothing but the telephone number");
    let rows = rows_of(&app, "person.edited").await;
    let told = detail(&rows[0]);
    assert_eq!(told["changed"]["phone"]["after"], "••• ••• 333");
    assert_eq!(told["reason"], "Công văn 5");
    assert!(told["acting_as"].as_str().is_some_and(|role| role.starts_with("unit ")), "{told}");
    assert!(!rows[0].detail.contains("0911 222"), "no whole number is on record");

    let page = opened(&mut quan, &edit).await;
    let emptied = send(&mut quan, &edit, &page, &[("has", "phone employee_code"), ("phone", "")]).await;
    assert_eq!(emptied.status, 303);
    let after = person(&app, "kim").await.expect("kim");
    assert_eq!((after.phone, after.email), (None, before.email), "what the form holds and left empty is taken away");
    let page = opened(&mut quan, &edit).await;
    let same = send(&mut quan, &edit, &page, &[("full_name", &after.full_name)]).await;
    assert_eq!(same.location(), format!("{}?done=same", about(&kim, "")));
    assert_eq!(count_of(&app, "person.edited").await, 2, "what changes nothing leaves nothing");
}

#[tokio::test]
async fn nobody_edits_people_beyond_their_bounds_or_themselves() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let lan = app.official_in("lan", &[TAN_DINH]).await;
    let (quan_self, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let (_, mut auditor) = administrator(&app, "soat", AdminRole::Auditor, None).await;
    let own = opened(&mut quan, &about(&kim, "/edit")).await;
    let own_of_auditor = auditor.get("/signin/recover").await;

    for whose in [&lan, &quan_self] {
        let path = about(whose, "/edit");
        assert_eq!(quan.get(&path).await.status, 404);
        assert_eq!(send(&mut quan, &path, &own, &[("phone", "0911 222 333")]).await.status, 404);
    }
    let path = about(&kim, "/edit");
    assert_eq!(auditor.get(&path).await.status, 404);
    assert_eq!(send(&mut auditor, &path, &own_of_auditor, &[("phone", "0911 222 333")]).await.status, 404);
    let forged = app.browser().post(&path, &[("seen", &own.hidden("seen")), ("phone", "0911 222 333")]).await;
    assert_eq!(forged.status, 303, "a stranger signs in first");

    for username in ["kim", "lan", "quan"] {
        assert_eq!(phone_of(&app, username).await.as_deref(), Some("0900000000"), "{username}");
    }
    assert_eq!(count_of(&app, "person.edited").await, 0);
}

#[tokio::test]
async fn mistakes_are_told_beside_their_fields_and_what_was_typed_stays() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let edit = about(&kim, "/edit");
    let page = opened(&mut root, &edit).await;

    let wrong = [("has", "full_name"), ("date_of_birth", "31/02/1980"), ("phone", "số lạ"), ("employee_code", "NV<7>")];
    let refused = send(&mut root, &edit, &page, &wrong).await;

    assert_eq!((refused.status, refused.page()), (422, Some("admin-person-edit")));
    for target in ["full_name", "date_of_birth", "phone"] {
        assert!(refused.body.contains(&format!("href=\"#{target}\"")), "{target}");
        assert!(refused.body.contains(&format!("id=\"{target}-problem\"")), "{target}");
    }
    assert!(refused.body.contains("31/02/1980") && refused.body.contains("NV&#60;7&#62;"), "what was typed stays, as text");
    assert_eq!(count_of(&app, "person.edited").await, 0);
}

#[tokio::test]
async fn whoever_comes_second_is_told_and_so_is_whoever_was_first() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let edit = about(&kim, "/edit");
    let (of_root, of_quan) = (opened(&mut root, &edit).await, opened(&mut quan, &edit).await);

    let first = send(&mut quan, &edit, &of_quan, &[("phone", "0911 222 333")]).await;
    assert_eq!(first.status, 303, "{}", first.body);
    let second = send(&mut root, &edit, &of_root, &[("phone", "0977 888 999"), ("reason", "gọi điện")]).await;

    assert_eq!((second.status, second.page()), (409, Some("admin-person-edit")));
    for told in ["Nguyễn Văn quan", "0900000000", "0911 222 333", "0977 888 999", "gọi điện"] {
        assert!(second.body.contains(told), "{told}: {}", second.body);
    }
    assert_eq!(phone_of(&app, "kim").await.as_deref(), Some("0911 222 333"), "nothing of the second is saved");
    let rows = rows_of(&app, "person.edit_overtaken").await;
    assert_eq!(rows.len(), 1);
    let note = opened(&mut quan, &about(&kim, "")).await;
    assert!(note.body.contains("person-note") && note.body.contains("Nguyễn Văn root"), "{}", note.body);
    let other = opened(&mut root, &about(&kim, "")).await;
    assert!(!other.body.contains("person-note"), "the note is for whoever was first");

    let knowingly = send(&mut root, &edit, &second, &[("phone", "0977 888 999")]).await;
    assert_eq!(knowingly.status, 303, "on top of what they were shown");
    assert_eq!(phone_of(&app, "kim").await.as_deref(), Some("0977 888 999"));
    let (csrf, far) = (of_root.hidden("csrf"), i64::MAX.to_string());
    let made_up = root.post(&edit, &[("csrf", &csrf), ("seen", &far), ("phone", "0933 333 333")]).await;
    assert_eq!(made_up.status, 409, "a version that nobody has seen");
    let without = root.post(&edit, &[("csrf", &csrf), ("phone", "0933 333 333")]).await;
    assert_eq!(without.status, 409, "nor none at all");
    assert_eq!(phone_of(&app, "kim").await.as_deref(), Some("0977 888 999"));
}

#[tokio::test]
async fn of_many_who_save_at_once_one_is_first_and_edits_of_others_go_on() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let mut others = Vec::new();
    for name in ["an", "ba", "cu"] {
        others.push(app.official_in(name, &[SAI_GON]).await);
    }
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let page = opened(&mut root, &about(&kim, "/edit")).await;

    let mut forms: Vec<(String, String)> = (0..6).map(|number| (about(&kim, "/edit"), format!("0911 000 00{number}"))).collect();
    forms.extend(others.iter().map(|other| (about(other, "/edit"), "0922 000 000".to_owned())));
    let acts = forms.into_iter().map(|(path, phone)| {
        let (mut browser, page) = (root.clone(), page.clone());
        async move { send(&mut browser, &path, &page, &[("phone", &phone)]).await.status }
    });
    let answers = together(acts).await;

    let (of_kim, of_others) = answers.split_at(6);
    assert_eq!(of_kim.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    assert_eq!(of_kim.iter().filter(|status| **status == 409).count(), 5, "{answers:?}");
    assert_eq!(of_others, [303, 303, 303]);
    assert_eq!(count_of(&app, "person.edited").await, 4);
}

#[tokio::test]
async fn positions_are_added_ended_and_changed_in_ones_own_units_only() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON, TAN_DINH]).await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let (sai_gon, tan_dinh) = (unit(&app, SAI_GON), unit(&app, TAN_DINH));
    let path = about(&kim, "/positions");
    let page = opened(&mut quan, &path).await;
    assert!(page.body.contains(sai_gon.as_str()) && !page.body.contains(tan_dinh.as_str()), "only own units are offered");
    let new = |unit: &UnitId, primary: &str| {
        let fields = [
            ("unit", unit.as_str()),
            ("title", "Tổ trưởng"),
            ("kind", "cong_chuc"),
            ("decision_no", "QĐ 7/QĐ-UBND"),
            ("valid_from", "01/01/2027"),
            ("primary", primary),
        ];
        fields.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };

    for (fields, field) in [(new(&tan_dinh, ""), "unit"), (new(&sai_gon, "1"), "primary")] {
        let refused = send(&mut quan, &path, &page, &borrowed(&fields)).await;
        assert_eq!(refused.status, 422, "{field}");
        assert!(refused.body.contains(&format!("id=\"{field}-problem\"")), "{field}: {}", refused.body);
    }
    assert_eq!(person(&app, "kim").await.expect("kim").positions.len(), 2);
    let added = send(&mut quan, &path, &page, &borrowed(&new(&sai_gon, ""))).await;
    assert_eq!((added.status, added.location()), (303, format!("{}?done=position", about(&kim, "")).as_str()), "{}", added.body);
    let held = person(&app, "kim").await.expect("kim").positions;
    assert_eq!(held.len(), 3);

    let beyond = held.iter().find(|held| held.unit == tan_dinh).expect("a position elsewhere");
    let path = about(&kim, &format!("/positions/{}", beyond.id));
    assert_eq!(quan.get(&path).await.status, 404, "a post elsewhere is not theirs to end");
    let page = opened(&mut quan, &about(&kim, "/positions")).await;
    for act in ["end", "change"] {
        let fields = [("act", act), ("last_day", "30/11/2026"), ("kind", "can_bo"), ("valid_to", "30/11/2026")];
        assert_eq!(send(&mut quan, &path, &page, &fields).await.status, 404);
    }
    let own = held.iter().find(|held| held.unit == sai_gon && held.primary).expect("the main post");
    let path = about(&kim, &format!("/positions/{}", own.id));
    let page = opened(&mut quan, &path).await;
    let early = send(&mut quan, &path, &page, &[("act", "end"), ("last_day", "30/06/2025")]).await;
    assert_eq!(early.status, 422, "before it began");
    assert!(early.body.contains("id=\"last_day-problem\""), "{}", early.body);
    let ended = send(&mut quan, &path, &page, &[("act", "end"), ("last_day", "31/12/2026"), ("decision", "QĐ 9")]).await;
    assert_eq!((ended.status, ended.location()), (303, format!("{}?done=ended", about(&kim, "")).as_str()));

    let held = person(&app, "kim").await.expect("kim").positions;
    let last = |unit: &UnitId, primary: bool| {
        held.iter().find(|held| held.unit == *unit && held.primary == primary).expect("a position").valid_to
    };
    assert_eq!(last(&sai_gon, true).map(|day| day.to_string()).as_deref(), Some("2026-12-31"));
    assert_eq!(last(&tan_dinh, false), None);
    assert_eq!(detail(&rows_of(&app, "position.ended").await[0])["decision"], "QĐ 9");
    assert_eq!((count_of(&app, "position.added").await, count_of(&app, "position.changed").await), (1, 0));
}

fn joiner<'a>(username: &'a str, unit: &'a str, number: &'a str) -> [(&'a str, &'a str); 9] {
    [
        ("username", username),
        ("full_name", "Trần Thị Mới"),
        ("personal_number", number),
        ("unit", unit),
        ("title", "Chuyên viên"),
        ("kind", "cong_chuc"),
        ("primary", "1"),
        ("valid_from", "01/12/2026"),
        ("disabled_at", "1"),
    ]
}

#[tokio::test]
async fn somebody_new_comes_into_ones_own_unit_with_a_name_and_number_of_their_own() {
    let app = TestApp::with_registry().await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let (sai_gon, tan_dinh) = (unit(&app, SAI_GON), unit(&app, TAN_DINH));
    let page = opened(&mut quan, NEW).await;
    assert_eq!(page.page(), Some("admin-person-new"));
    let before = people(&app).await;

    let added = send(&mut quan, NEW, &page, &joiner("moi.tt", sai_gon.as_str(), "079186098092")).await;

    assert_eq!(added.status, 303, "{}", added.body);
    let new = person(&app, "moi.tt").await.expect("the new person");
    assert_eq!(added.location(), format!("{PERSON_PAGE}{}?done=added", new.id));
    assert_eq!((new.positions.len(), new.positions[0].unit.clone(), new.positions[0].primary), (1, sai_gon.clone(), true));
    assert!(new.has_personal_number && new.disabled_at.is_none());
    let row = &rows_of(&app, "person.added").await[0];
    assert_eq!(row.person_id.as_deref(), Some(new.id.as_str()));
    assert!(!row.detail.contains("079186098092") && !row.detail.contains("Trần"), "{}", row.detail);

    let table = [
        (joiner("mới.tt", sai_gon.as_str(), ""), "username"),
        (joiner("khac.tt", sai_gon.as_str(), "079186098092"), "personal_number"),
        (joiner("khac.tt", sai_gon.as_str(), "79186098092"), "personal_number"),
        (joiner("khac.tt", tan_dinh.as_str(), ""), "unit"),
        (joiner("k", sai_gon.as_str(), ""), "username"),
        (joiner("khac.tt", "", ""), "unit"),
    ];
    for (fields, field) in table {
        let refused = send(&mut quan, NEW, &page, &fields).await;
        assert_eq!(refused.status, 422, "{fields:?}");
        assert!(refused.body.contains(&format!("id=\"{field}-problem\"")), "{fields:?}: {}", refused.body);
        assert!(!refused.body.contains("079186098092"), "a number does not stand on a page");
    }
    let nameless = send(&mut quan, NEW, &page, &[("username", "khac.tt"), ("unit", sai_gon.as_str())]).await;
    assert_eq!(nameless.status, 422);
    assert!(nameless.body.contains("id=\"full_name-problem\""));
    assert_eq!((people(&app).await, count_of(&app, "person.added").await), (before + 1, 1), "nobody else came");
    assert!(person(&app, "khac.tt").await.is_none());

    let (_, mut helper) = administrator(&app, "truc", AdminRole::HelpDesk, None).await;
    assert_eq!(helper.get(NEW).await.status, 404);
    let page = helper.get("/signin/recover").await;
    assert_eq!(send(&mut helper, NEW, &page, &joiner("khac.tt", sai_gon.as_str(), "")).await.status, 404);
    assert!(person(&app, "khac.tt").await.is_none());
}

#[tokio::test]
async fn two_who_add_the_same_person_end_with_one() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let sai_gon = unit(&app, SAI_GON);
    let page = opened(&mut root, NEW).await;
    let before = people(&app).await;

    let acts = (0..4).map(|_| {
        let (mut browser, page, unit) = (root.clone(), page.clone(), sai_gon.0.clone());
        async move { send(&mut browser, NEW, &page, &joiner("moi.tt", &unit, "079186098092")).await.status }
    });
    let mut answers = together(acts).await;

    answers.sort_unstable();
    assert_eq!(answers, [303, 422, 422, 422]);
    assert_eq!((people(&app).await, count_of(&app, "person.added").await), (before + 1, 1));
}

#[tokio::test]
async fn mail_is_sent_elsewhere_only_after_a_recent_sign_in() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let edit = about(&kim, "/edit");
    app.advance_seconds(601);
    let page = opened(&mut root, &edit).await;

    let asked = send(&mut root, &edit, &page, &[("email", "ke.khac@vi-du.vn")]).await;

    assert!(asked.location().starts_with("/signin"), "{}", asked.location());
    assert_eq!(person(&app, "kim").await.expect("kim").email.as_deref(), Some("kim@vi-du.vn"));
    let other = send(&mut root, &edit, &page, &[("phone", "0911 222 333"), ("email", "kim@vi-du.vn")]).await;
    assert_eq!(other.location(), format!("{}?done=saved", about(&kim, "")), "the rest of the form waits for nothing");
}
