//! Plans of re-organization: the list, one plan, one unit of it, one person, and what was done since it was applied.

use super::{HOSTILE, Row, bare, chrome, day, full, moment, options, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, Said};
use crate::http::view::console::plans::flow::{Flow, Node, Ribbon, Way};
use crate::http::view::console::plans::lines::{
    ClientLine, CountedAt, Counts, EntryLine, GroupRolesLine, Head, RoleLine, ScopeLine, Short, StageLine, UnitChange,
};
use crate::http::view::console::plans::list::{FileProblem, PlanLine, PlansPage, ShippedLine};
use crate::http::view::console::plans::one::{Filters, Going, May, PlanPage};
use crate::http::view::console::plans::person::{Cause, Match, PlanPersonPage, PostLine, Sought};
use crate::http::view::console::plans::prepared::{BesideLine, GroupLine, LeaningLine, PreparedCard};
use crate::http::view::console::plans::since::{PlanSincePage, SinceLine, Then};
use crate::http::view::console::plans::unit::{FlowLine, PlanUnitPage, Role};
use crate::http::view::console::plans::{Fate, Mistake, News, Told, UnitName};
use crate::service::reorganization::{Concern, Former, Part, Readiness};

const STATES: [Readiness; 10] = [
    Readiness::Withdrawn,
    Readiness::NotApproved,
    Readiness::NotYet,
    Readiness::RegistryChanged,
    Readiness::Outdated,
    Readiness::Busy,
    Readiness::Staged,
    Readiness::Staging,
    Readiness::Applied,
    Readiness::Ready,
];
const WAYS: [Way; 5] = [Way::Whole, Way::Part, Way::Other, Way::Open, Way::Gone];

fn told() -> Told {
    Told { vietnamese: format!("Vì {HOSTILE}"), english: format!("Since {HOSTILE}") }
}

fn mistake() -> Mistake {
    Mistake { line: 7, column: typed(), told: told() }
}

fn unit() -> UnitName {
    UnitName { id: "u1".to_owned(), code: typed(), name: typed() }
}

fn unknown() -> UnitName {
    UnitName { id: String::new(), ..unit() }
}

fn list(locale: Locale, problem: Option<FileProblem>) -> PlansPage {
    let line = |readiness| PlanLine { name: typed(), title: typed(), effective: day(), readiness, stages: (1, 3) };
    PlansPage {
        chrome: chrome(locale),
        console: full(Section::Plans),
        lines: STATES.map(line).to_vec(),
        pages: pages_of_many(),
        shipped: vec![ShippedLine { name: typed(), title: typed(), effective: day() }],
        may_read: true,
        may_write: true,
        mistakes: vec![mistake()],
        mistake_count: 1_284,
        problem,
    }
}

fn no_list(locale: Locale) -> PlansPage {
    PlansPage {
        console: bare(Section::Plans),
        lines: Vec::new(),
        pages: Pages::default(),
        shipped: Vec::new(),
        may_read: false,
        may_write: false,
        mistakes: Vec::new(),
        ..list(locale, None)
    }
}

fn stage(readiness: Readiness) -> StageLine {
    StageLine {
        stage: Some(format!("{HOSTILE}{}", readiness.word())),
        readiness,
        approved: Some((typed(), moment())),
        changed: Some(Part::Plan),
        waits: Some("open".to_owned()),
        run: Some((1, 2)),
        open: 3,
    }
}

fn change(fate: Fate) -> UnitChange {
    let news = vec![News::Name(typed()), News::Code(typed()), News::Agency(typed()), News::Above(typed())];
    let to = vec![unit(), unknown()];
    UnitChange { unit: unit(), district: typed(), province: typed(), fate, to, news, people: Some((7, 1)) }
}

fn entry(what: &'static str) -> EntryLine {
    EntryLine { at: moment(), what, stage: Some("rest".to_owned()), by: typed(), detail: typed() }
}

/// A stage of which everything is told, and one that is prepared.
fn cards() -> [PreparedCard; 2] {
    let client = |what, until| LeaningLine { id: typed(), name: typed(), what, until };
    let group = |below, title| GroupLine { client: typed(), role: typed(), unit: unit(), below, title };
    let some = PreparedCard {
        stage: stage(Readiness::Ready).stage,
        people: 200_000,
        recent: 150_000,
        owners: (9_000, 8_000),
        accounts: (10_000, 9_500, 500),
        undecided: 14,
        concerns: vec![
            Concern::Undecided(14),
            Concern::Waiting(500),
            Concern::Away(1_000),
            Concern::Clients(2),
            Concern::Groups(2),
            Concern::Scopes(3),
            Concern::Beside(2),
        ],
        clients: Short {
            lines: vec![
                client(Former::Units, Some(day())),
                client(Former::Subjects, None),
                client(Former::Identities, Some(day())),
                client(Former::Codes, None),
            ],
            more: 1,
        },
        groups: Short { lines: vec![group(true, Some(typed())), group(false, None)], more: 1 },
        beside: [None, Some("rest".to_owned())].map(|stage| BesideLine { plan: typed(), stage }).to_vec(),
    };
    let none = PreparedCard {
        stage: Some("rest".to_owned()),
        owners: (0, 0),
        accounts: (0, 0, 0),
        undecided: 0,
        concerns: Vec::new(),
        clients: Short::of(Vec::new(), 1),
        groups: Short::of(Vec::new(), 1),
        beside: Vec::new(),
        ..some.clone()
    };
    [some, none]
}

fn plan(locale: Locale) -> PlanPage {
    let words = ["registered", "withdrawn", "approved", "staging", "abandoned", "applied", "undone"];
    let changed = Some(Part::People);
    let whole = StageLine { stage: None, approved: None, changed, waits: None, run: None, ..stage(Readiness::Ready) };
    PlanPage {
        chrome: chrome(locale),
        console: full(Section::Plans),
        head: Head {
            name: typed(),
            title: typed(),
            number: typed(),
            dated: day(),
            issuer: typed(),
            effective: day(),
            author: typed(),
            registered: moment(),
            withdrawn: Some(moment()),
        },
        stages: [whole].into_iter().chain(STATES.map(stage)).collect(),
        stage: stage(Readiness::Ready).stage,
        readiness: Readiness::Ready,
        counts: Some(Counts {
            units: Some((482, 169, 3)),
            people: 200_000,
            posts: 200_007,
            decided: Some(5),
            open: 14,
            open_people: Some(13),
        }),
        counted_at: Some(CountedAt::Kept(moment(), vec![None, Some(typed())])),
        prepared: cards().to_vec(),
        beside: vec![BesideLine { plan: typed(), stage: None }],
        digest: typed(),
        going: None,
        trouble: Some(told()),
        mistakes: Short { lines: vec![mistake()], more: 9 },
        filters: Filters { provinces: options(), districts: options(), fates: options() },
        lines: Fate::ALL.map(change).to_vec(),
        line_count: 482,
        pages: pages_of_many(),
        whole: Some("/admin/plans/p?whole=1".to_owned()),
        roles: Short { lines: vec![RoleLine { client: typed(), role: typed(), count: 4 }], more: 1 },
        groups: Short { lines: vec![GroupRolesLine { client: typed(), role: typed(), go_on: 1_284, end: 2 }], more: 1 },
        scopes: Short {
            lines: [Some(typed()), None].map(|to| ScopeLine { username: typed(), ended: day(), to }).to_vec(),
            more: 1,
        },
        clients: Short {
            lines: ["both", "legacy", "identities", "codes"]
                .map(|way| ClientLine { id: typed(), name: typed(), way: way.to_owned() })
                .to_vec(),
            more: 1,
        },
        journal: Short { lines: words.map(entry).to_vec(), more: 1 },
        may: May { approve: true, is_author: false, apply: true, roll_back: true, withdraw: true },
        reason: typed(),
        problem: None,
        said: Some(Said::ok(&typed())),
    }
}

fn no_plan(locale: Locale, going: Option<Going>) -> PlanPage {
    PlanPage {
        console: bare(Section::Plans),
        head: Head { title: "Phương án".to_owned(), name: "p".to_owned(), ..Head::default() },
        stages: vec![StageLine {
            stage: None,
            readiness: Readiness::NotApproved,
            approved: None,
            changed: None,
            waits: None,
            run: None,
            open: 0,
        }],
        stage: None,
        counts: None,
        counted_at: None,
        prepared: Vec::new(),
        beside: Vec::new(),
        digest: String::new(),
        going,
        trouble: None,
        mistakes: Short::of(Vec::new(), 1),
        filters: Filters::default(),
        lines: Vec::new(),
        line_count: 0,
        pages: Pages::default(),
        whole: None,
        roles: Short::of(Vec::new(), 1),
        groups: Short::of(Vec::new(), 1),
        scopes: Short::of(Vec::new(), 1),
        clients: Short::of(Vec::new(), 1),
        journal: Short::of(Vec::new(), 1),
        may: May::default(),
        said: None,
        ..plan(locale)
    }
}

fn refused(locale: Locale) -> PlanPage {
    let may = May { is_author: true, ..plan(locale).may };
    let counted_at = Some(CountedAt::Looked(moment()));
    PlanPage { problem: Some(told()), said: None, may, counts: Some(Counts::default()), counted_at, ..plan(locale) }
}

fn flow() -> Flow {
    let node = |way| Node { name: typed(), sub: typed(), way };
    Flow {
        before: WAYS.map(node).to_vec(),
        after: WAYS.map(node).to_vec(),
        ribbons: (0..).zip(WAYS).map(|(place, way)| Ribbon { from: place, to: place, people: Some(9), way }).collect(),
    }
}

fn one_unit(locale: Locale, role: Role) -> PlanUnitPage {
    let line = |way| FlowLine { from: unit(), district: typed(), to: Some(unit()), way, people: Some(12) };
    let mut lines = WAYS.map(line).to_vec();
    lines.push(FlowLine { from: unknown(), to: None, people: None, ..line(Way::Open) });
    PlanUnitPage {
        chrome: chrome(locale),
        console: full(Section::Plans),
        name: typed(),
        title: typed(),
        stage: Some(typed()),
        unit: unit(),
        role,
        news: vec![News::Name(typed())],
        flow: flow(),
        lines,
        more: 3,
        counted_at: Some(CountedAt::Looked(moment())),
        is_working: true,
        trouble: Some(told()),
    }
}

fn no_unit(locale: Locale) -> PlanUnitPage {
    PlanUnitPage {
        console: bare(Section::Plans),
        stage: None,
        news: Vec::new(),
        flow: Flow::default(),
        lines: Vec::new(),
        more: 0,
        counted_at: None,
        is_working: false,
        trouble: None,
        ..one_unit(locale, Role::Aside)
    }
}

fn person(locale: Locale, sought: Sought) -> PlanPersonPage {
    let causes = [Cause::Succession, Cause::Rule, Cause::Decision, Cause::Open, Cause::Gone, Cause::WentOn, Cause::Ended];
    let post = |cause| PostLine {
        title: typed(),
        department: typed(),
        from: typed(),
        to: Some((typed(), day())),
        candidates: vec![typed()],
        cause,
        decision_no: typed(),
        roles: vec![typed()],
    };
    PlanPersonPage {
        chrome: chrome(locale),
        console: full(Section::Plans),
        name: typed(),
        title: typed(),
        stage: Some(typed()),
        username: typed(),
        sought,
        posts: causes.map(post).to_vec(),
        trouble: None,
    }
}

fn nobody(locale: Locale, sought: Sought, trouble: Option<Told>) -> PlanPersonPage {
    PlanPersonPage { console: bare(Section::Plans), stage: None, posts: Vec::new(), trouble, ..person(locale, sought) }
}

fn since(locale: Locale, is_asked: bool) -> PlanSincePage {
    let line = |then: Then| SinceLine {
        username: typed(),
        full_name: typed(),
        about: typed(),
        unit: typed(),
        changed: vec![(typed(), typed(), typed())],
        then,
    };
    let group = SinceLine { username: String::new(), unit: String::new(), ..line(Then::Ends) };
    let lines = [Then::Stays, Then::Held(typed()), Then::NotHeld, Then::UnitGone].map(line).into_iter().chain([group]).collect();
    PlanSincePage {
        chrome: chrome(locale),
        console: full(Section::Plans),
        name: typed(),
        title: typed(),
        stage: Some(typed()),
        people: 3,
        groups: 1,
        asks: is_asked,
        lines: if is_asked { lines } else { Vec::new() },
        pages: Pages::default(),
        file: "/admin/plans/sap-xep/rollback?file=csv".to_owned(),
        reason: typed(),
        problem: is_asked.then(told),
        trouble: None,
    }
}

/// The pages of plans.
pub fn pages(locale: Locale) -> Vec<Row> {
    let found = || Sought::Found { id: "p1".to_owned(), full_name: typed(), username: typed() };
    let one = |unit: String| Match {
        address: format!("/admin/plans/sap-xep/person?username={HOSTILE}"),
        full_name: typed(),
        username: typed(),
        title: typed(),
        unit,
    };
    let several = |is_more| Sought::Several { people: vec![one(typed()), one(String::new())], is_more };
    let roles = [Role::Before(Fate::Divided), Role::After, Role::Aside];
    let problems = [FileProblem::None, FileProblem::Mistakes, FileProblem::Refused(told())];
    let applying = |all| Going::Applying { people: 1_284, all };
    let goings = [Going::Looking, Going::Approving, applying(None), applying(Some(200_000)), Going::RollingBack];
    let mut pages = vec![
        ("admin-plans", list(locale, None).render_page()),
        ("admin-plans", no_list(locale).render_page()),
        ("admin-plan", plan(locale).render_page()),
        ("admin-plan", no_plan(locale, None).render_page()),
        ("admin-plan", refused(locale).render_page()),
        ("admin-plan-unit", no_unit(locale).render_page()),
        ("admin-plan-person", person(locale, found()).render_page()),
        ("admin-plan-person", nobody(locale, Sought::Nobody, None).render_page()),
        ("admin-plan-person", nobody(locale, Sought::Unknown, None).render_page()),
        ("admin-plan-person", nobody(locale, several(false), None).render_page()),
        ("admin-plan-person", nobody(locale, several(true), None).render_page()),
        ("admin-plan-person", nobody(locale, found(), None).render_page()),
        ("admin-plan-person", nobody(locale, found(), Some(told())).render_page()),
        ("admin-plan-since", since(locale, true).render_page()),
        ("admin-plan-since", since(locale, false).render_page()),
        ("admin-plan-since", PlanSincePage { trouble: Some(told()), ..since(locale, false) }.render_page()),
    ];
    pages.extend(problems.map(|problem| ("admin-plans", list(locale, Some(problem)).render_page())));
    pages.extend(goings.map(|going| ("admin-plan", no_plan(locale, Some(going)).render_page())));
    pages.extend(roles.map(|role| ("admin-plan-unit", one_unit(locale, role).render_page())));
    pages
}
