//! Who may open what at the console: every address and method, for every role, within its bounds and outside them. Where
//! somebody may not, the answer is that of a thing that is not there, or that they have no access, and nothing happened.

use crate::support::people::{bring, person, row};
use crate::support::phones::enrol;
use crate::support::registry::gso;
use crate::support::{Answer, Browser, TestApp, encode};
use motlan::base::date::vietnam_date;
use motlan::http::admin::routes::ROUTES;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::{self, Act};
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};

/// Within the bounds of whoever is bound to a unit.
const INSIDE: &str = "26740";
/// Outside them.
const OUTSIDE: &str = "26737";
const OWN_CLIENT: &str = "so-tay";
const OTHER_CLIENT: &str = "van-ban";
/// An id of nothing.
const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

macro_rules! acts {
    ($($act:ident)+) => {
        const ACTS: &[(&str, &[AdminRole])] = &[$((stringify!($act), <authority::$act as Act>::ROLES)),+];
    };
}

acts! {
    ReadPeople ReadHistory ExportPeople ReadReports
    EditPeople DisablePeople HelpPeople GrantRoles AnswerReports ReadPersonalNumber Appoint ErasePeople
    AddPeople ReadReadiness OnboardUnits EditCodes ReviewAccess ReadReviews
    ReadClients EditClients GrantInClient
    AddClients ReadRuntime RotateKeys ReadAudit ExportAudit EditTemplate RunReviews ReadFigures
}

/// Whom or what an act is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Anybody,
    City,
    People,
    Person,
    Units,
    Unit,
    Clients,
    Client,
}

/// A line of the table.
struct Row {
    line: &'static str,
    method: &'static str,
    path: &'static str,
    /// Any of these is enough.
    rules: Vec<(Over, &'static [AdminRole])>,
    fields: Vec<(&'static str, &'static str)>,
}

impl Row {
    fn read(line: &'static str) -> Self {
        let mut parts = line.split('|').map(str::trim);
        let (method, path) = parts.next().and_then(|address| address.split_once(' ')).unwrap_or_else(|| panic!("{line}"));
        let rules = parts.next().unwrap_or_default().split(',').map(|rule| rule_of(rule.trim(), line)).collect();
        let fields = parts.next().unwrap_or_default().split('&').filter_map(|field| field.split_once('=')).collect();
        Self { line, method, path: path.trim(), rules, fields }
    }

    /// It is about one thing, which lies within somebody's bounds or outside them.
    fn is_over_one(&self) -> bool {
        self.rules.iter().any(|(over, _)| matches!(over, Over::Person | Over::Unit | Over::Client))
    }

    /// Whether somebody may.
    fn allows(&self, seat: &Seat, inside: bool) -> bool {
        self.rules.iter().any(|(over, roles)| seat.may(*over, roles, inside))
    }

    /// The address, with what it is about written in; and whether there is such a thing.
    fn aimed(&self, target: &Target) -> (String, bool) {
        let id = match self.path.split('/').take_while(|part| !part.starts_with('{')).last() {
            Some("people") => target.person.as_str(),
            Some("clients") => target.client.as_str(),
            Some("units") => target.unit.as_str(),
            _ => NOWHERE,
        };
        let mut path = self.path.replacen("{id}", id, 1).replace("{position}", &target.position);
        let mut there = id != NOWHERE || !self.path.contains('{');
        while let Some((before, rest)) = path.split_once('{') {
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            path = format!("{before}{NOWHERE}{after}");
            there = false;
        }
        (path, there)
    }

    /// The form, with what it is about written in.
    fn filled(&self, target: &Target) -> Vec<(&'static str, String)> {
        let marks = [
            ("{unit}", &target.unit),
            ("{person}", &target.person),
            ("{username}", &target.username),
            ("{client}", &target.client),
        ];
        let said = |value: &str| marks.iter().fold(value.to_owned(), |value, (mark, text)| value.replace(mark, text.as_str()));
        self.fields.iter().map(|(name, value)| (*name, said(value))).collect()
    }
}

/// A rule such as `person EditPeople`.
fn rule_of(rule: &str, line: &str) -> (Over, &'static [AdminRole]) {
    let (over, act) = rule.split_once(' ').unwrap_or((rule, ""));
    let over = match over {
        "anybody" => return (Over::Anybody, &AdminRole::ALL),
        "city" => Over::City,
        "people" => Over::People,
        "person" => Over::Person,
        "units" => Over::Units,
        "unit" => Over::Unit,
        "clients" => Over::Clients,
        "client" => Over::Client,
        other => panic!("{other} in {line}"),
    };
    let held = ACTS.iter().find(|(name, _)| *name == act.trim());
    (over, held.unwrap_or_else(|| panic!("no act {act}: {line}")).1)
}

fn table() -> Vec<Row> {
    let lines = include_str!("authorization/table.txt").lines();
    let lines = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(Row::read).collect()
}

/// A role, and what it is bound to.
struct Seat {
    name: &'static str,
    role: AdminRole,
    unit: Option<&'static str>,
    client: Option<&'static str>,
}

impl Seat {
    fn may(&self, over: Over, roles: &[AdminRole], inside: bool) -> bool {
        roles.contains(&self.role)
            && match over {
                Over::Anybody | Over::People | Over::Units | Over::Clients => true,
                Over::City => self.unit.is_none() && self.client.is_none(),
                Over::Person | Over::Unit => self.unit.is_none() || inside,
                Over::Client => self.unit.is_none() && (self.client.is_none() || inside),
            }
    }
}

const fn seat(name: &'static str, role: AdminRole, unit: Option<&'static str>, client: Option<&'static str>) -> Seat {
    Seat { name, role, unit, client }
}

static SEATS: [Seat; 8] = [
    seat("he-thong", AdminRole::System, None, None),
    seat("danh-ba", AdminRole::Directory, None, None),
    seat("danh-ba-phuong", AdminRole::Directory, Some(INSIDE), None),
    seat("don-vi", AdminRole::Unit, Some(INSIDE), None),
    seat("ho-tro", AdminRole::HelpDesk, None, None),
    seat("ho-tro-phuong", AdminRole::HelpDesk, Some(INSIDE), None),
    seat("he-thong-con", AdminRole::Application, None, Some(OWN_CLIENT)),
    seat("kiem-toan", AdminRole::Auditor, None, None),
];

/// What a request is about.
#[derive(Clone, Default)]
struct Target {
    unit: String,
    person: String,
    position: String,
    username: String,
    client: String,
}

/// Somebody at the console.
struct Reader {
    browser: Browser,
    csrf: String,
}

/// The house, with somebody in each seat.
struct House {
    app: TestApp,
    readers: Vec<Reader>,
    people: u32,
}

impl House {
    async fn build() -> Self {
        let app = TestApp::with_registry().await;
        for client in [OWN_CLIENT, OTHER_CLIENT] {
            app.client(client, |_| {}).await;
        }
        let mut readers = Vec::new();
        for seat in &SEATS {
            let official = app.official(seat.name).await;
            let (mut browser, _) = enrol(&app, &official).await;
            give(&app, seat).await;
            let csrf = browser.get("/signin/recover").await.hidden("csrf");
            readers.push(Reader { browser, csrf });
        }
        Self { app, readers, people: 0 }
    }

    /// Somebody new in a unit, the unit, and a client.
    async fn target(&mut self, inside: bool) -> Target {
        self.people += 1;
        let (code, client) = if inside { (INSIDE, OWN_CLIENT) } else { (OUTSIDE, OTHER_CLIENT) };
        let username = format!("nguoi.{}", self.people);
        let number = format!("0791860{:05}", self.people);
        let full_name = format!("Lê Văn Người {}", self.people);
        let report = bring(&self.app, &row(&username, &full_name, &number, code, "Chuyên viên")).await;
        assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
        let found = person(&self.app, &username).await.expect("the person");
        let registry = self.app.services().known.registry();
        let today = vietnam_date(self.app.services().clock.now());
        Target {
            unit: gso(&registry, code, today).id.0.clone(),
            person: found.id.0.clone(),
            position: found.positions.first().map(|held| held.id.0.clone()).unwrap_or_default(),
            username,
            client: client.to_owned(),
        }
    }

    async fn ask(&mut self, reader: usize, row: &Row, target: &Target) -> Answer {
        let ((path, _), filled) = (row.aimed(target), row.filled(target));
        let mut fields: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let Reader { browser, csrf } = &mut self.readers[reader];
        match row.method {
            "get" if fields.is_empty() => browser.get(&path).await,
            "get" => browser.get(&format!("{path}?{}", encode(&fields))).await,
            "post" => {
                fields.push(("csrf", csrf.as_str()));
                browser.post(&path, &fields).await
            }
            other => panic!("{other} is no method of the console"),
        }
    }

    /// Everybody who may not do what a line says tries it, and then everybody who may.
    async fn try_out(&mut self, row: &Row) -> Vec<String> {
        let mut wrong = Vec::new();
        let sides: &[bool] = if row.is_over_one() { &[true, false] } else { &[true] };
        for &inside in sides {
            let target = self.target(inside).await;
            let side = if inside { "inside" } else { "outside" };
            let before = self.app.audit_events().await;
            for (reader, seat) in SEATS.iter().enumerate().filter(|(_, seat)| !row.allows(seat, inside)) {
                let answer = self.ask(reader, row, &target).await;
                if !is_refused(&answer) {
                    wrong.push(told(row, seat, side, "was not refused", &answer));
                }
            }
            let after = self.app.audit_events().await;
            if after != before {
                wrong.push(format!("{}: {side}: a refusal left {:?}", row.line, &after[before.len().min(after.len())..]));
            }
            for (reader, seat) in SEATS.iter().enumerate().filter(|(_, seat)| row.allows(seat, inside)) {
                let answer = self.ask(reader, row, &target).await;
                if !is_let_in(&answer, row.aimed(&target).1) {
                    wrong.push(told(row, seat, side, "was not let in", &answer));
                }
            }
        }
        wrong
    }
}

async fn give(app: &TestApp, seat: &Seat) {
    let origin = Origin::command_line();
    let grant = Grant {
        username: seat.name,
        role: seat.role,
        unit: seat.unit,
        client: seat.client,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await.expect("a role").expect("a new one");
}

fn is_refused(answer: &Answer) -> bool {
    matches!((answer.status, answer.error_page()), (403, Some("no_access")) | (404, Some("not_found")))
}

/// An answer to somebody who may: what they asked for, or what is wrong with it.
fn is_let_in(answer: &Answer, there: bool) -> bool {
    match answer.status {
        200 | 400 | 409 | 410 | 413 | 415 | 422 | 429 => true,
        303 => !answer.location().starts_with("/signin"),
        404 => !there,
        _ => false,
    }
}

fn told(row: &Row, seat: &Seat, side: &str, what: &str, answer: &Answer) -> String {
    let shown = (answer.status, answer.error_page(), answer.header("location"));
    format!("{}: {} {side} {what}: {shown:?}", row.line, seat.name)
}

async fn try_all(method: &str) {
    let mut house = House::build().await;
    let mut wrong = Vec::new();
    for row in table().iter().filter(|row| row.method == method) {
        wrong.extend(house.try_out(row).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_address_of_the_console_has_a_line_and_every_line_an_address() {
    let table = table();
    let has_line = |route: &&(&str, &str)| table.iter().any(|row| (row.method, row.path) == **route);
    let missing: Vec<_> = ROUTES.iter().filter(|route| !has_line(route)).collect();
    assert!(missing.is_empty(), "no line in tests/it/authorization/table.txt says who may open {missing:?}");
    let gone: Vec<_> = table.iter().filter(|row| !ROUTES.contains(&(row.method, row.path))).map(|row| row.line).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

#[test]
fn every_act_can_be_named_in_a_line() {
    assert_eq!(ACTS.len(), authority::TABLE.len(), "an act is missing in this file");
    for (name, roles) in ACTS {
        assert!(authority::TABLE.iter().any(|(_, held)| held == roles), "{name}");
    }
}

#[test]
fn auditors_read_and_change_nothing_and_the_system_holds_every_act() {
    let reading = ["ReadPeople", "ReadHistory", "ExportPeople", "ReadReports", "ReadReadiness", "ReadReviews", "ReadClients"];
    let city = ["ReadRuntime", "ReadAudit", "ExportAudit", "ReadFigures"];
    for (name, roles) in ACTS {
        let reads = reading.contains(name) || city.contains(name);
        assert_eq!(roles.contains(&AdminRole::Auditor), reads, "{name}");
        assert!(roles.contains(&AdminRole::System), "{name}");
    }
}

#[tokio::test]
async fn pages_open_for_whoever_holds_the_act_within_their_bounds_and_for_nobody_else() {
    try_all("get").await;
}

#[tokio::test]
async fn forms_count_for_whoever_holds_the_act_within_their_bounds_and_for_nobody_else() {
    try_all("post").await;
}

#[tokio::test]
async fn whoever_administers_nothing_or_gave_one_factor_opens_no_page_and_sends_no_form() {
    let mut house = House::build().await;
    let app = house.app.clone();
    let kim = app.official("kim").await;
    let (mut of_kim, _) = enrol(&app, &kim).await;
    let lan = app.official("lan").await;
    let mut of_lan = app.browser();
    assert_eq!(of_lan.sign_in(&lan, "/signin").await.page(), Some("portal"));
    give(&app, &seat("lan", AdminRole::System, None, None)).await;
    let target = house.target(true).await;
    let before = app.audit_events().await;

    for row in table() {
        let ((path, _), filled) = (row.aimed(&target), row.filled(&target));
        let fields: Vec<(&str, &str)> = filled.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for (who, browser) in [("a stranger", &mut app.browser()), ("no role", &mut of_kim), ("one factor", &mut of_lan)] {
            let answer = if row.method == "get" {
                browser.get(&path).await
            } else {
                let csrf = browser.get("/signin/recover").await.hidden("csrf");
                browser.post(&path, &[&fields[..], &[("csrf", csrf.as_str())]].concat()).await
            };
            let turned_away = match answer.status {
                303 => !answer.location().starts_with("/admin"),
                403 => who != "a stranger" && answer.error_page() == Some("no_access"),
                // What is no form of this kind is not read at all.
                400 | 413 | 415 => row.method == "post",
                _ => false,
            };
            assert!(turned_away, "{}: {who}: {} {:?}", row.line, answer.status, answer.header("location"));
        }
    }

    assert_eq!(app.audit_events().await, before);
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing_whoever_sends_it() {
    let mut house = House::build().await;
    let target = house.target(true).await;
    let before = house.app.audit_events().await;

    for row in table().iter().filter(|row| row.method == "post") {
        for (reader, seat) in SEATS.iter().enumerate() {
            house.readers[reader].csrf = "forged".to_owned();
            let answer = house.ask(reader, row, &target).await;
            let refused = matches!(answer.status, 400 | 403 | 404 | 413 | 415);
            assert!(refused, "{}: {}: {}", row.line, seat.name, answer.status);
        }
    }

    assert_eq!(house.app.audit_events().await, before);
}
