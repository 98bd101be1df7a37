//! A small town, plans for it, and what its units and people come to.

use super::TestApp;
use super::people::person;
use super::registry::bring;
use motlan::base::date::iso;
use motlan::base::id::UnitId;
use motlan::model::plan::Plan;
use motlan::model::position::Position;
use motlan::model::registry::Registry;
use motlan::service::Origin;
use motlan::service::registry::files::Source;
use motlan::service::registry::{document, people_digest};
use motlan::service::reorganization::{self, Applied, Approval, By, Preview, ReorganizationError, RolledBack};
use std::sync::LazyLock;
use time::Date;
use time::macros::date;

/// Who writes plans.
pub const AUTHOR: &str = "os:soan";
/// Who approves and applies them.
pub const APPROVER: &str = "os:duyet";
/// The number of the paper that a plan rests on.
pub const INSTRUMENT: &str = "12/NQ-HDND";
/// The last day before the town's plan.
pub const LAST: Date = date!(2026 - 12 - 31);
/// Its first day.
pub const FIRST: Date = date!(2027 - 01 - 01);
/// The town's plan.
pub const NAME: &str = "sap-xep";
/// What it does: two wards become one, a third is divided between that one and another, a fifth is called otherwise.
pub const STEPS: [&str; 7] = [
    "create,+A,phuong,Phường Sông Một,20001,760,,",
    "create,+B,phuong,Phường Sông Ba,20002,760,,",
    "merge,10001,,,,,+A,",
    "merge,10002,,,,,+A,",
    "divide,10003,,,,,+A,",
    "divide,10003,,,,,+B,",
    "rename,10005,,Phường Năm Mới,,,,",
];

const TOWN: &str = "gso_code,name,kind,parent_code,valid_from\n\
                    79,Thành phố Sông,thanh_pho_tw,,2020-01-01\n\
                    760,Quận Một,quan,79,2020-01-01\n\
                    761,Quận Hai,quan,79,2020-01-01\n\
                    10001,Phường Một,phuong,760,2020-01-01\n\
                    10002,Phường Hai,phuong,760,2020-01-01\n\
                    10003,Phường Ba,phuong,760,2020-01-01\n\
                    10004,Phường Bốn,phuong,761,2020-01-01\n\
                    10005,Phường Năm,phuong,761,2020-01-01\n\
                    10006,Xã Sáu,xa,761,2020-01-01\n";

static HERE: LazyLock<Origin> = LazyLock::new(Origin::command_line);

/// Somebody at the machine.
pub fn by(actor: &str) -> By<'_> {
    By { actor, origin: &HERE, typed_by: None }
}

/// A provider with the small town.
pub async fn town() -> TestApp {
    let app = TestApp::start().await;
    let source = Source { name: "town.csv".to_owned(), bytes: TOWN.as_bytes().to_vec() };
    bring(app.services(), &[source], false).await.expect("the town is brought in");
    app
}

/// The text of a plan.
pub fn text(name: &str, effective: Date, steps: &[impl AsRef<str>]) -> String {
    let head = format!("name = \"{name}\"\ntitle = \"Phương án {name}\"\neffective = {}\n", iso(effective));
    let instrument = format!("[instrument]\nnumber = \"{INSTRUMENT}\"\ndate = 2026-10-01\nissuer = \"Hội đồng nhân dân\"\n");
    let rows: Vec<&str> = steps.iter().map(AsRef::as_ref).collect();
    format!("{head}\n{instrument}\n+++\nstep,unit,kind,name,code,parent,into,relation\n{}\n", rows.join("\n"))
}

/// The text of the town's plan.
pub fn town_plan() -> String {
    text(NAME, FIRST, &STEPS)
}

/// Brings a plan in, as its author does.
pub async fn register(app: &TestApp, text: &str) -> Result<Plan, ReorganizationError> {
    reorganization::register(app.services(), text, &by(AUTHOR)).await
}

/// What a plan would do.
pub async fn preview(app: &TestApp, name: &str) -> Preview {
    reorganization::preview(app.services(), name, None).await.expect("a preview")
}

/// Approves what a plan would do now.
pub async fn approve(app: &TestApp, name: &str, accept_open: bool) -> Result<Approval, ReorganizationError> {
    let digest = preview(app, name).await.digest;
    reorganization::approve(app.services(), name, None, &digest, accept_open, &by(APPROVER)).await
}

/// Applies what was approved.
pub async fn apply(app: &TestApp, name: &str) -> Result<Applied, ReorganizationError> {
    let applied = reorganization::apply(app.services(), name, None, false, &by(APPROVER), &|_, _| {}).await;
    app.sync().await;
    applied
}

/// Takes a plan back.
pub async fn rollback(app: &TestApp, name: &str, accept_edits: bool) -> Result<RolledBack, ReorganizationError> {
    let done = reorganization::rollback(app.services(), name, None, accept_edits, "Nghị quyết bị bãi bỏ", &by(APPROVER)).await;
    app.sync().await;
    done
}

/// Goes to noon of a day; no day comes twice.
pub async fn go_to(app: &TestApp, day: Date) {
    let noon = (day - date!(1970 - 01 - 01)).whole_days() * 86_400 + 5 * 3_600;
    let ahead = noon - app.now_seconds();
    if ahead > 0 {
        app.advance_seconds(ahead);
    }
    app.sync().await;
}

/// Brings a plan in and approves it, whatever stays open, and goes to its day.
pub async fn approved(app: &TestApp, text: &str) -> Plan {
    let plan = register(app, text).await.expect("a plan");
    approve(app, &plan.name, true).await.expect("an approval");
    go_to(app, plan.effective).await;
    plan
}

/// The same, and applies it.
pub async fn applied(app: &TestApp, text: &str) -> Applied {
    let plan = approved(app, text).await;
    apply(app, &plan.name).await.expect("applied")
}

/// What units and people come to, whatever their identities are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    pub units: String,
    pub people: String,
}

/// The digests as of now.
pub async fn digests(app: &TestApp) -> Digests {
    let people = people_digest::digest(app.services()).await.expect("a digest");
    Digests { units: registry(app).await.digest(), people }
}

/// The units as of now.
pub async fn registry(app: &TestApp) -> Registry {
    document::load(app.services()).await.expect("the registry")
}

/// The unit that has a code on a day.
pub async fn unit(app: &TestApp, code: &str, on: Date) -> UnitId {
    let registry = registry(app).await;
    let found = registry.look_up("gso", code, on).one().unwrap_or_else(|| panic!("one unit has the code {code} on {on}"));
    found.id.clone()
}

/// All posts of somebody, past and future ones too.
pub async fn posts(app: &TestApp, username: &str) -> Vec<Position> {
    person(app, username).await.expect("a person").positions
}

/// The names of the units in which somebody is on a day, main post first.
pub async fn units_of(app: &TestApp, username: &str, on: Date) -> Vec<String> {
    let known = person(app, username).await.expect("a person");
    let registry = registry(app).await;
    let name = |held: &Position| registry.name_on(registry.unit(&held.unit).expect("a unit"), on).to_owned();
    known.positions_on(on).into_iter().map(name).collect()
}
