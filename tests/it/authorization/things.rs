//! Things with ids of their own for requests to be about: each lies in the unit that it is made for, and belongs to
//! whoever is said to have made it. They are written down as the console does, and not clicked together.

use super::house::Target;
use super::rows::{ROLE, Thing};
use crate::support::TestApp;
use crate::support::imports::appoint;
use crate::support::plans;
use crate::support::trail::Hand;
use motlan::base::date::vietnam_date;
use motlan::base::digest::base64url;
use motlan::base::id::{PersonId, UnitId, uuid_v7};
use motlan::model::access_review::RightKind;
use motlan::model::admin_scope::AdminRole;
use motlan::model::entitlement::{Condition, GroupGrant};
use motlan::model::import::ImportKind;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::model::report::ReportAbout;
use motlan::service::account::reports;
use motlan::service::approvals::{self, Dangerous};
use motlan::service::authority::Doer;
use motlan::service::legacy::review;
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::{Origin, directory};
use motlan::store::access_reviews::{self, Review};
use motlan::store::code_files::{self, StoredFile};
use motlan::store::group_grants::{self, Stored};
use motlan::store::imports::{self, Asked, New};
use motlan::store::onboardings::{self, StoredRun, StoredUnit};
use motlan::store::people_bulks::{self, StoredBulk};
use motlan::store::{Tx, audit, legacy_files, legacy_reviews};
use serde_json::json;
use time::macros::date;

/// A quarter that is over: the round of this one may still begin.
const QUARTER: &str = "2026-Q3";

/// Makes a thing; its id.
pub async fn make(app: &TestApp, thing: Thing, about: &Target, maker: &PersonId) -> String {
    match thing {
        Thing::Nothing => String::new(),
        Thing::Role => appoint(app, &about.username, (AdminRole::HelpDesk, Some(about.code))).await,
        Thing::Request => request(app, about).await,
        Thing::Report => report(app, about).await,
        Thing::Codes => codes(app, about, maker).await,
        Thing::Run => run(app, about, maker).await,
        Thing::Chosen => chosen(app, about, maker).await,
        Thing::Asked => asked(app, about, maker).await,
        Thing::Entry => entry(app).await,
        Thing::Source => source(app).await,
        Thing::Import => import(app, maker).await,
        Thing::Round => round(app).await,
        Thing::Account => account(app, about).await,
        Thing::Saying => saying(app).await,
        Thing::OldFile => old_file(app, maker).await,
        Thing::Plan => plan(app, about).await,
        Thing::GroupRole => group_role(app, about, maker).await,
    }
}

/// An old system of nobody's.
async fn source(app: &TestApp) -> String {
    let new = NewSource {
        id: format!("n-{}", &id(app)[24..]),
        name: None,
        province: Some("77".to_owned()),
        as_of: Some(time::macros::date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    };
    sources::add(app.services(), new, "os:test").await.expect("a source").id
}

/// A plan of somebody's by which the unit is called otherwise.
async fn plan(app: &TestApp, about: &Target) -> String {
    let name = format!("p-{}", &id(app)[24..]);
    let step = format!("rename,{},,Phường Tên Khác,,,,", about.code);
    plans::register(app, &plans::text(&name, date!(2027 - 01 - 01), &[step])).await.expect("a plan").name
}

/// A title of its own tells each from those before.
async fn group_role(app: &TestApp, about: &Target, maker: &PersonId) -> String {
    let id = id(app);
    let grant = GroupGrant {
        id: id.clone(),
        client_id: about.client.clone(),
        role: ROLE.to_owned(),
        unit: UnitId(about.unit.clone()),
        below: false,
        title: Some(format!("Chức danh {id}")),
        condition: Condition::default(),
        given_on: vietnam_date(app.services().clock.now()),
        valid_from: None,
        valid_to: None,
    };
    let granted_at = app.services().clock.now();
    let stored = Stored { grant, reason: "QĐ 20".to_owned(), granted_at, granted_by: maker.0.clone() };
    let mut tx = write(app).await;
    assert!(group_grants::add(&mut tx, &stored).await.expect("an answer"));
    tx.commit().await.expect("committed");
    id
}

fn id(app: &TestApp) -> String {
    let services = app.services();
    uuid_v7(services.clock.now(), services.entropy.as_ref())
}

/// An account of an old system, with a key of its own.
async fn old_account(app: &TestApp, unit: Option<&str>, code: &str) -> String {
    let legacy_id = id(app);
    let (decision, unit) = unit.map_or(("unknown", "NULL".to_owned()), |unit| ("mapped", format!("'{unit}'")));
    Hand::of(app)
        .execute(&format!(
            "INSERT INTO legacy_accounts
                 (source, legacy_id, username, username_folded, full_name, name_sorted, born_text, number_kind, email, phone,
                  unit_code, unit_name, district_name, title, status, last_login_at, row_digest, import_id, added_at,
                  changed_at, decision, unit_decision, unit_id, unit_reason)
             SELECT 'bd', '{legacy_id}', 'cu', 'cu', 'Lê Văn Cũ', 'cu le van', '', 'missing', '', '', '{code}', '', '', '', '',
                    '', s.digest, '', 0, 0, 'review', '{decision}', {unit}, 'unknown_code'
               FROM (SELECT mac AS digest FROM audit LIMIT 1) AS s"
        ))
        .await;
    legacy_id
}

async fn account(app: &TestApp, about: &Target) -> String {
    let legacy_id = old_account(app, Some(&about.unit), "").await;
    review::name_of(&AccountKey { source: "bd".to_owned(), legacy_id })
}

async fn saying(app: &TestApp) -> String {
    let code = old_account(app, None, &id(app)).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let key = AccountKey { source: "bd".to_owned(), legacy_id: code };
    let row = legacy_reviews::find(&mut conn, &key).await.expect("an answer").expect("an account");
    base64url(json!(["bd", row.unit_code, "", ""]).to_string().as_bytes())
}

async fn old_file(app: &TestApp, maker: &PersonId) -> String {
    let (id, now) = (id(app), app.services().clock.now());
    let pressed = legacy_files::Pressed { by: maker.as_str(), acting_as: "system", address: "", request_id: "", at: now };
    let mut tx = write(app).await;
    legacy_files::add(&mut tx, (&id, "bd", "cu.csv"), "", &pressed).await.expect("a file");
    legacy_files::mark_uploaded(&mut tx, &id, 0, now).await.expect("an answer");
    tx.commit().await.expect("committed");
    id
}

async fn write(app: &TestApp) -> Tx {
    app.services().store.write().await.expect("a unit of work")
}

/// Somebody who administers the unit asks that many lose their access.
async fn request(app: &TestApp, about: &Target) -> String {
    let by = Doer {
        person: PersonId(about.person.clone()),
        acting_as: format!("unit {}", about.unit),
        origin: Origin::command_line(),
    };
    let payload = json!({ "bulk": about.person, "people": 1 });
    let asked = approvals::ask(app.services(), Dangerous::DisableMany, &about.person, &payload, "QĐ 8", &by).await;
    asked.expect("a request")
}

async fn report(app: &TestApp, about: &Target) -> String {
    let (person, origin) = (PersonId(about.person.clone()), Origin::command_line());
    reports::make(app.services(), &person, ReportAbout::Contact, "Số điện thoại đã đổi", &origin).await.expect("a report")
}

/// It was compared with a registry of long ago, so that it changes nothing for whoever applies it.
async fn codes(app: &TestApp, about: &Target, maker: &PersonId) -> String {
    let change = json!({
        "unit": about.unit, "scheme": "agency", "code": "H29.1", "from": "2026-01-01", "to": null, "ends": false,
    });
    let file = StoredFile {
        id: id(app),
        name: "ma.csv".to_owned(),
        digest: vec![0; 32],
        based_on: 0,
        changes: json!([change]).to_string(),
        skipped: 0,
        made_at: app.services().clock.now().0,
        made_by: maker.0.clone(),
        discarded_at: None,
        applied_at: None,
        applied_by: None,
        undone_at: None,
        undone_by: None,
        kept: None,
    };
    let mut tx = write(app).await;
    code_files::add(&mut tx, &file).await.expect("a file of codes");
    tx.commit().await.expect("committed");
    file.id
}

async fn run(app: &TestApp, about: &Target, maker: &PersonId) -> String {
    let run = StoredRun {
        id: id(app),
        posts: "[]".to_owned(),
        reason: "QĐ 9".to_owned(),
        digest: vec![0; 32],
        made_at: app.services().clock.now().0,
        made_by: maker.0.clone(),
        made_role: "directory".to_owned(),
        made_bound: String::new(),
        discarded_at: None,
    };
    let unit = StoredUnit {
        unit_id: about.unit.clone(),
        named: "{}".to_owned(),
        plan: json!({ "gifts": [], "left": [], "had": 0 }).to_string(),
        digest: vec![0; 32],
        people: 0,
        rights: 0,
        appoints: 0,
        left_out: 0,
        changed_at: None,
        applied_at: None,
        applied_by: None,
        undone_at: None,
        undone_by: None,
    };
    let mut tx = write(app).await;
    onboardings::add(&mut tx, &run, &[unit]).await.expect("a run");
    tx.commit().await.expect("committed");
    run.id
}

async fn chosen(app: &TestApp, about: &Target, maker: &PersonId) -> String {
    let bulk = StoredBulk {
        id: id(app),
        act: "disable".to_owned(),
        detail: "{}".to_owned(),
        created_by: maker.0.clone(),
        created_at: app.services().clock.now().0,
        state: "chosen".to_owned(),
        reason: String::new(),
        approval_id: None,
        approved_by: None,
        decided_at: None,
    };
    let mut tx = write(app).await;
    people_bulks::add(&mut tx, &bulk).await.expect("an act on many");
    people_bulks::add_items(&mut tx, &bulk.id, &[PersonId(about.person.clone())]).await.expect("people");
    tx.commit().await.expect("committed");
    bulk.id
}

async fn asked(app: &TestApp, about: &Target, maker: &PersonId) -> String {
    let (bulk, approval) = (chosen(app, about, maker).await, id(app));
    let mut tx = write(app).await;
    let waits = ("waiting", Some(approval.as_str()));
    let begun = people_bulks::mark_begun(&mut tx, &bulk, waits, "QĐ 10", app.services().clock.now()).await;
    assert!(begun.expect("an answer"));
    tx.commit().await.expect("committed");
    // Bounds are looked up in the index of people.
    directory::catch_up(app.services()).await.expect("the index");
    bulk
}

/// The first record that there is.
async fn entry(app: &TestApp) -> String {
    let mut conn = app.services().store.read().await.expect("a connection");
    let mut rows = audit::list_after(&mut conn, "", 1).await.expect("records");
    rows.pop().expect("a record").id
}

/// A file that was applied: it can be looked at, and taken back.
async fn import(app: &TestApp, maker: &PersonId) -> String {
    let (id, now) = (id(app), app.services().clock.now());
    let asked = Asked {
        by: maker.clone(),
        acting_as: "directory".to_owned(),
        address: "command-line".to_owned(),
        request_id: String::new(),
    };
    let mut tx = write(app).await;
    let new = New { id: &id, kind: ImportKind::People, file_name: "danh-sach.csv", asked: &asked };
    imports::add(&mut tx, &new, now).await.expect("a file");
    tx.commit().await.expect("committed");
    let applied = format!("UPDATE imports SET state = 'applied', applied_at = {} WHERE id = '{id}'", now.0);
    Hand::of(app).execute(&applied).await;
    id
}

/// One round for all lines: a quarter has no other.
async fn round(app: &TestApp) -> String {
    let now = app.services().clock.now();
    let today = vietnam_date(now);
    let round = Review {
        id: id(app),
        quarter: QUARTER.to_owned(),
        begun_at: now,
        begun_by: "os:test".to_owned(),
        begun_on: today,
        due_on: today,
        step: RightKind::Role.word().to_owned(),
        after: String::new(),
        listed_at: None,
        closed_at: None,
    };
    let mut tx = write(app).await;
    if access_reviews::add(&mut tx, &round).await.expect("an answer") {
        tx.commit().await.expect("committed");
        return round.id;
    }
    drop(tx);
    let mut conn = app.services().store.read().await.expect("a connection");
    access_reviews::find_by_quarter(&mut conn, QUARTER).await.expect("an answer").expect("the round").id
}
