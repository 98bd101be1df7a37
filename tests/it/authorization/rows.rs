//! The table as it is read: lines, the rules in them, and the seats that they are tried from.

use super::house::Target;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::{self, Act};

/// Within the bounds of whoever is bound to a unit.
pub const INSIDE: &str = "26740";
/// Outside them.
pub const OUTSIDE: &str = "26737";
/// The client of whoever is bound to one.
pub const OWN_CLIENT: &str = "so-tay";
/// Another one.
pub const OTHER_CLIENT: &str = "van-ban";
/// What both leave to units.
pub const ROLE: &str = "xem";

macro_rules! acts {
    ($($act:ident)+) => {
        /// Every act by its name, with the roles that hold it.
        pub const ACTS: &[(&str, &[AdminRole])] = &[$((stringify!($act), <authority::$act as Act>::ROLES)),+];
    };
}

acts! {
    ReadPeople ReadHistory ExportPeople ReadReports
    EditPeople DisablePeople HelpPeople GrantRoles AnswerReports ReadPersonalNumber Appoint ErasePeople
    AddPeople ReadImports ReadReadiness OnboardUnits ReadOnboarding EditCodes ReadCodes ReviewAccess ReadReviews
    ReadFigures ReviewLegacy PlacePeople
    ReadClients EditClients GrantInClient RetryDeliveries
    AddClients ReadRuntime RotateKeys ReadAudit ExportAudit ReadBulks ReadTemplate EditTemplate RunReviews ReadSources EditSources RemoveSource
    ReadPlans WritePlans
}

/// Whom or what an act is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The console, whatever one administers.
    Anybody,
    /// The service as a whole.
    City,
    /// People, on a list.
    People,
    /// One person.
    Person,
    /// Units, on a list.
    Units,
    /// One unit.
    Unit,
    /// Clients, on a list.
    Clients,
    /// One client.
    Client,
    /// The role of somebody at the help desk of a unit: for whoever stands above such a role.
    Role,
    /// What somebody made: for themselves, and for whoever looks after the whole city.
    Made,
    /// What somebody made: for themselves alone.
    Own,
}

/// The thing that an address names by an id, other than people, units and clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// None.
    Nothing,
    /// A role of an administrator.
    Role,
    /// A request to a second person, asked for one unit.
    Request,
    /// What a person says is wrong.
    Report,
    /// A file of codes.
    Codes,
    /// A run of the template.
    Run,
    /// An act on many, that nobody but its maker sees.
    Chosen,
    /// An act on many, that waits for a second person.
    Asked,
    /// A record.
    Entry,
    /// An old system.
    Source,
    /// A file of people.
    Import,
    /// A round of reviews.
    Round,
    /// An account of an old system.
    Account,
    /// What such an account says of its unit, which nobody knows.
    Saying,
    /// A file of such accounts.
    OldFile,
    /// A plan of re-organization.
    Plan,
    /// A role that whoever has a post in the unit has in the client, which leaves it to units.
    GroupRole,
}

/// A line of the table.
pub struct Row {
    /// As it is written.
    pub line: &'static str,
    /// In small letters.
    pub method: &'static str,
    /// With marks for what a request is about.
    pub path: &'static str,
    /// What has an id in the path.
    pub thing: Thing,
    /// Any of these is enough.
    rules: Vec<(Over, &'static [AdminRole])>,
    fields: Vec<(&'static str, &'static str)>,
    /// Answers to whoever may, beside the usual ones.
    pub also: Vec<u16>,
}

impl Row {
    fn read(line: &'static str) -> Self {
        let mut parts = line.split('|').map(str::trim);
        let (method, path) = parts.next().and_then(|address| address.split_once(' ')).unwrap_or_else(|| panic!("{line}"));
        let path = path.trim();
        let rules: Vec<_> = parts.next().unwrap_or_default().split(',').map(|rule| rule_of(rule.trim(), line)).collect();
        let fields = parts.next().unwrap_or_default().split('&').filter_map(|field| field.split_once('=')).collect();
        let also = parts.next().unwrap_or_default().split_whitespace();
        let also = also.map(|status| status.parse().unwrap_or_else(|_| panic!("{status} in {line}"))).collect();
        let is_own = rules.iter().any(|(over, _)| *over == Over::Own);
        Self { line, method, path, thing: thing_of(path, is_own), rules, fields, also }
    }

    /// It is about one thing, which lies within somebody's bounds or outside them.
    pub fn is_over_one(&self) -> bool {
        self.rules.iter().any(|(over, _)| match over {
            Over::Person | Over::Unit | Over::Client | Over::Role | Over::Made | Over::Own => true,
            Over::Anybody | Over::City | Over::People | Over::Units | Over::Clients => false,
        })
    }

    /// It matters who made what it is about: within somebody's bounds is what they made.
    pub fn is_of_maker(&self) -> bool {
        self.rules.iter().any(|(over, _)| matches!(over, Over::Made | Over::Own))
    }

    /// Whether somebody may.
    pub fn allows(&self, seat: &Seat, inside: bool) -> bool {
        self.rules.iter().any(|(over, roles)| seat.may(*over, roles, inside))
    }

    /// Whether this is an answer to somebody who may. Whoever may not sends the very same and is told that nothing is
    /// there: so where a form that is not whole is answered with 422, or with what this line names, the question who
    /// asks came first.
    pub fn is_fine(&self, status: u16) -> bool {
        let usual: &[u16] = if self.method == "get" { &[200] } else { &[200, 303, 409, 422] };
        usual.contains(&status) || self.also.contains(&status)
    }

    /// The address, with what it is about written in.
    pub fn aimed(&self, target: &Target) -> String {
        let id = match named(self.path) {
            "people" => target.person.as_str(),
            "clients" => target.client.as_str(),
            "units" => target.unit.as_str(),
            _ => target.thing.as_str(),
        };
        let marks = [
            ("{id}", id),
            ("{round}", target.thing.as_str()),
            ("{position}", target.position.as_str()),
            ("{unit}", target.unit.as_str()),
            ("{name}", if named(self.path) == "plans" { target.thing.as_str() } else { "people.csv" }),
            ("{list}", "all.csv"),
        ];
        let path = marks.iter().fold(self.path.to_owned(), |path, (mark, text)| path.replace(mark, text));
        assert!(!path.contains('{') && !path.contains("//") && !path.ends_with('/'), "{path}: {}", self.line);
        path
    }

    /// The form, with what it is about written in.
    pub fn filled(&self, target: &Target) -> Vec<(&'static str, String)> {
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

/// The part of an address before the first id in it.
fn named(path: &str) -> &str {
    path.split('/').take_while(|part| !part.starts_with('{')).last().unwrap_or_default()
}

fn thing_of(path: &str, is_own: bool) -> Thing {
    if !path.contains('{') {
        return Thing::Nothing;
    }
    match named(path) {
        "people" | "clients" | "units" | "templates" => Thing::Nothing,
        "administrators" => Thing::Role,
        "approvals" => Thing::Request,
        "reports" => Thing::Report,
        "codes" => Thing::Codes,
        "runs" => Thing::Run,
        "bulk" if is_own => Thing::Chosen,
        "bulk" => Thing::Asked,
        "audit" => Thing::Entry,
        "imports" => Thing::Import,
        "reviews" => Thing::Round,
        "accounts" => Thing::Account,
        "sayings" => Thing::Saying,
        "import" => Thing::OldFile,
        "sources" => Thing::Source,
        "plans" => Thing::Plan,
        "groups" => Thing::GroupRole,
        other => panic!("nothing is made for {other} in {path}: its access would not be tried"),
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
        "role" => Over::Role,
        "made" => Over::Made,
        "own" => Over::Own,
        other => panic!("{other} in {line}"),
    };
    let held = ACTS.iter().find(|(name, _)| *name == act.trim());
    (over, held.unwrap_or_else(|| panic!("no act {act}: {line}")).1)
}

/// All lines.
pub fn table() -> Vec<Row> {
    let lines = include_str!("table.txt").lines();
    let lines = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(Row::read).collect()
}

/// A role, and what it is bound to.
pub struct Seat {
    /// Who sits there.
    pub name: &'static str,
    /// Their role.
    pub role: AdminRole,
    /// Only in this unit.
    pub unit: Option<&'static str>,
    /// Only for this client.
    pub client: Option<&'static str>,
}

impl Seat {
    fn may(&self, over: Over, roles: &[AdminRole], inside: bool) -> bool {
        let everywhere = self.unit.is_none() && self.client.is_none();
        roles.contains(&self.role)
            && match over {
                Over::Anybody | Over::People | Over::Units | Over::Clients => true,
                Over::City => everywhere,
                Over::Person | Over::Unit => self.unit.is_none() || inside,
                Over::Client => self.unit.is_none() && (self.client.is_none() || inside),
                Over::Role => match self.role {
                    AdminRole::System => true,
                    AdminRole::Directory => self.unit.is_none() || inside,
                    // They stand above nobody but administrators of units under theirs.
                    AdminRole::Unit | AdminRole::HelpDesk | AdminRole::Application | AdminRole::Auditor => false,
                },
                Over::Made => everywhere || inside,
                Over::Own => inside,
            }
    }
}

/// A seat.
pub const fn seat(name: &'static str, role: AdminRole, unit: Option<&'static str>, client: Option<&'static str>) -> Seat {
    Seat { name, role, unit, client }
}

/// All that are tried.
pub static SEATS: [Seat; 8] = [
    seat("he-thong", AdminRole::System, None, None),
    seat("danh-ba", AdminRole::Directory, None, None),
    seat("danh-ba-phuong", AdminRole::Directory, Some(INSIDE), None),
    seat("don-vi", AdminRole::Unit, Some(INSIDE), None),
    seat("ho-tro", AdminRole::HelpDesk, None, None),
    seat("ho-tro-phuong", AdminRole::HelpDesk, Some(INSIDE), None),
    seat("he-thong-con", AdminRole::Application, None, Some(OWN_CLIENT)),
    seat("kiem-toan", AdminRole::Auditor, None, None),
];
