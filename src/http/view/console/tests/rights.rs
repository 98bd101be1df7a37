//! Who can enter what, and why; who administers what.

mod groups;

use super::{Row, another_day, bare, chrome, day, full, moment, no_day, options, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::administrators::{
    AdministratorsPage, AppointPage, AppointProblem, Done, EndPage, RoleLine, State, Typed,
};
use crate::http::view::console::parts::Pages;
use crate::http::view::console::person::DayAsked;
use crate::http::view::console::rights::{
    Answered, ClientRightsPage, GiveProblem, GiveTyped, GroupHeldLine, GroupWhy, Kind, PersonRightsPage, RightDone, RightLine,
    RightListPage, RightsPage, RightsProblem, RoleCount, Why,
};
use crate::model::admin_scope::AdminRole;
use crate::model::entitlement::Condition;
use crate::model::methods::TWO_FACTORS;
use crate::service::entitlements::{Reach, Standing};

const STANDINGS: [Standing; 7] = [
    Standing::Counts,
    Standing::NotYet,
    Standing::Over,
    Standing::NoPost,
    Standing::Undeclared,
    Standing::ClientOff,
    Standing::Disabled,
];

fn why(id: &str, standing: Standing, post: Option<(String, String)>) -> Why {
    let said = |text: String| if post.is_some() { text } else { String::new() };
    Why {
        id: id.to_owned(),
        client_id: "tthc".to_owned(),
        client_name: typed(),
        role: typed(),
        condition: Condition { least_level: post.as_ref().map(|_| TWO_FACTORS), office_only: post.is_some() },
        standing,
        first: said(day()),
        last: said(day()),
        reason: said(typed()),
        by: typed(),
        at: moment(),
        used: post.as_ref().map(|_| day()),
        post,
    }
}

fn whys() -> Vec<Why> {
    let bound = |(place, standing): (usize, Standing)| why(&format!("g{place}"), standing, Some((typed(), typed())));
    STANDINGS.into_iter().enumerate().map(bound).chain([why("g9", Standing::Counts, None)]).collect()
}

/// The same by posts of theirs.
fn by_posts() -> Vec<GroupWhy> {
    whys().into_iter().zip(groups::names().into_iter().cycle()).map(|(why, whom)| GroupWhy { whom, why }).collect()
}

/// The same in a list: counted, counted in part, and not.
fn held() -> Vec<GroupHeldLine> {
    let counted = |people, at_least| Some(Reach { people, at_least });
    let reaches = [counted(1_284, false), counted(2_000, true), None].into_iter().cycle();
    let line = |(group, reach): (GroupWhy, Option<Reach>)| {
        let is_shown = group.why.post.is_some();
        let address = |end: &str| if is_shown { format!("/admin/rights/groups/g1{end}") } else { String::new() };
        GroupHeldLine { group, unit_over: is_shown, reach, people: address("/people"), end: address("") }
    };
    by_posts().into_iter().zip(reaches).map(line).collect()
}

fn lines() -> Vec<RightLine> {
    let line = |why: Why| {
        let units = if why.post.is_some() { typed() } else { String::new() };
        RightLine { person: "p1".to_owned(), full_name: typed(), username: typed(), units, why }
    };
    whys().into_iter().map(line).collect()
}

fn given() -> GiveTyped {
    GiveTyped {
        username: typed(),
        role: typed(),
        position: typed(),
        from: typed(),
        to: typed(),
        two_factors: true,
        office: true,
        grant: "g1".to_owned(),
        reason: typed(),
    }
}

fn question(locale: Locale, client: &str, answered: Option<Answered>, problem: Option<RightsProblem>) -> RightsPage {
    RightsPage {
        chrome: chrome(locale),
        console: full(Section::Rights),
        username: typed(),
        client: client.to_owned(),
        clients: vec![("tthc".to_owned(), typed()), ("van-ban".to_owned(), typed())],
        reads_people: true,
        answered,
        problem,
    }
}

fn answered(disabled: bool, rights: Vec<Why>, open: Vec<String>) -> Answered {
    let groups = if rights.is_empty() { Vec::new() } else { by_posts() };
    let address = "/admin/rights/people/p1".to_owned();
    Answered { address, full_name: typed(), username: typed(), disabled, rights, groups, open }
}

fn of_person(locale: Locale, problem: Option<GiveProblem>, done: Option<RightDone>) -> PersonRightsPage {
    PersonRightsPage {
        chrome: chrome(locale),
        console: full(Section::Rights),
        person: "p1".to_owned(),
        full_name: typed(),
        username: typed(),
        disabled: true,
        rights: whys(),
        groups: by_posts(),
        open: vec![typed(), typed()],
        may_give: true,
        offered: options(),
        positions: options(),
        any_post: problem.is_none(),
        typed: given(),
        longest: 200,
        problem,
        done,
    }
}

fn counts() -> Vec<RoleCount> {
    let count = |role: &str, counts| RoleCount { role: role.to_owned(), counts };
    vec![count(&typed(), Some((12, 3))), count("tiep-nhan", Some((1, 0))), count("van-thu", None)]
}

fn of_client(locale: Locale, problem: Option<GiveProblem>, done: Option<RightDone>) -> ClientRightsPage {
    ClientRightsPage {
        chrome: chrome(locale),
        console: full(Section::Rights),
        id: "tthc".to_owned(),
        name: typed(),
        disabled: true,
        roles: counts(),
        role: typed(),
        day: DayAsked::default(),
        groups: held(),
        lines: lines(),
        pages: pages_of_many(),
        may_give: true,
        typed: given(),
        longest: 200,
        problem,
        done,
    }
}

fn listed(locale: Locale, kind: Kind, lines: Vec<RightLine>) -> RightListPage {
    let pages = if lines.is_empty() { Pages::default() } else { pages_of_many() };
    let groups = if lines.is_empty() { Vec::new() } else { held() };
    RightListPage { chrome: chrome(locale), console: full(Section::Rights), kind, groups, lines, pages }
}

fn of_rights(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::Rights);
    let no_person = PersonRightsPage {
        console: console(),
        disabled: false,
        rights: Vec::new(),
        groups: Vec::new(),
        open: Vec::new(),
        may_give: false,
        offered: Vec::new(),
        positions: Vec::new(),
        typed: GiveTyped::default(),
        ..of_person(locale, None, None)
    };
    let no_client = ClientRightsPage {
        console: console(),
        disabled: false,
        roles: Vec::new(),
        role: String::new(),
        groups: Vec::new(),
        lines: Vec::new(),
        pages: Pages::default(),
        may_give: false,
        typed: GiveTyped::default(),
        ..of_client(locale, None, None)
    };
    let nothing = RightsPage { console: console(), clients: Vec::new(), reads_people: false, ..question(locale, "", None, None) };
    let mut pages = vec![
        ("admin-rights", nothing.render_page()),
        ("admin-rights-person", no_person.render_page()),
        ("admin-rights-client", no_client.render_page()),
    ];
    let then = ClientRightsPage { day: another_day("/admin/rights/clients/tthc"), ..of_client(locale, None, None) };
    let never = ClientRightsPage { day: no_day("/admin/rights/clients/tthc"), ..of_client(locale, None, None) };
    pages.extend([then, never].map(|page| ("admin-rights-client", page.render_page())));
    for client in ["tthc", ""] {
        let answers = [
            answered(false, whys(), vec![typed()]),
            answered(false, Vec::new(), vec![typed()]),
            answered(false, Vec::new(), Vec::new()),
            answered(true, whys(), Vec::new()),
        ];
        pages.extend(answers.map(|answer| ("admin-rights", question(locale, client, Some(answer), None).render_page())));
    }
    for problem in [RightsProblem::Empty, RightsProblem::NotTheirs] {
        pages.push(("admin-rights", question(locale, "", None, Some(problem)).render_page()));
    }
    for done in [RightDone::Given, RightDone::Ended] {
        pages.push(("admin-rights-person", of_person(locale, None, Some(done)).render_page()));
        pages.push(("admin-rights-client", of_client(locale, None, Some(done)).render_page()));
    }
    let problems = [
        GiveProblem::Person,
        GiveProblem::Own,
        GiveProblem::Role,
        GiveProblem::Post,
        GiveProblem::Days,
        GiveProblem::Reason,
        GiveProblem::Already,
        GiveProblem::Gone,
        GiveProblem::EndReason,
        GiveProblem::EndNotTheirs,
    ];
    for problem in problems {
        pages.push(("admin-rights-person", of_person(locale, Some(problem), None).render_page()));
        pages.push(("admin-rights-client", of_client(locale, Some(problem), None).render_page()));
    }
    for kind in [Kind::Expiring, Kind::Unused] {
        pages.push(("admin-rights-list", listed(locale, kind, lines()).render_page()));
        pages.push(("admin-rights-list", listed(locale, kind, Vec::new()).render_page()));
        let of_groups = RightListPage { groups: held(), ..listed(locale, kind, Vec::new()) };
        pages.push(("admin-rights-list", of_groups.render_page()));
    }
    pages
}

fn administrators(locale: Locale, done: Option<Done>) -> AdministratorsPage {
    let line = |(place, role): (usize, AdminRole)| RoleLine {
        id: format!("r{place}"),
        full_name: typed(),
        username: typed(),
        role,
        bound: if place > 0 { typed() } else { String::new() },
        first: day(),
        last: if place > 1 { day() } else { String::new() },
        by: typed(),
        reason: if place > 0 { typed() } else { String::new() },
        state: [State::Now, State::Later, State::Over][place % 3],
        break_glass: place == 0,
        may_end: place > 0,
    };
    AdministratorsPage {
        chrome: chrome(locale),
        console: full(Section::Administrators),
        lines: AdminRole::ALL.into_iter().enumerate().map(line).collect(),
        pages: pages_of_many(),
        role: Some(AdminRole::Unit),
        q: typed(),
        day: another_day("/admin/administrators"),
        may_appoint: true,
        done,
    }
}

fn appoint(locale: Locale, problem: Option<AppointProblem>) -> AppointPage {
    let typed = Typed {
        username: typed(),
        role: Some(AdminRole::HelpDesk),
        unit: typed(),
        client: typed(),
        from: typed(),
        to: typed(),
        reason: typed(),
    };
    AppointPage { chrome: chrome(locale), console: full(Section::Administrators), typed, longest: 200, problem }
}

fn end(locale: Locale, problem: Option<AppointProblem>) -> EndPage {
    EndPage {
        chrome: chrome(locale),
        console: full(Section::Administrators),
        id: "r1".to_owned(),
        full_name: typed(),
        username: typed(),
        role: AdminRole::Unit,
        bound: typed(),
        first: day(),
        last: day(),
        break_glass: true,
        reason: typed(),
        longest: 200,
        problem,
    }
}

fn of_administrators(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::Administrators);
    let nobody = AdministratorsPage {
        console: console(),
        lines: Vec::new(),
        pages: Pages::default(),
        role: None,
        q: String::new(),
        day: DayAsked::default(),
        may_appoint: false,
        ..administrators(locale, None)
    };
    let no_such_day =
        AdministratorsPage { lines: Vec::new(), day: no_day("/admin/administrators"), ..administrators(locale, None) };
    let untyped = AppointPage { console: console(), typed: Typed::default(), ..appoint(locale, None) };
    let plain = EndPage {
        console: console(),
        bound: String::new(),
        first: String::new(),
        last: String::new(),
        break_glass: false,
        reason: String::new(),
        ..end(locale, None)
    };
    let mut pages = vec![
        ("admin-administrators", nobody.render_page()),
        ("admin-administrators", no_such_day.render_page()),
        ("admin-appoint", untyped.render_page()),
        ("admin-administrator-end", plain.render_page()),
    ];
    for done in [None, Some(Done::Given), Some(Done::Ended)] {
        pages.push(("admin-administrators", administrators(locale, done).render_page()));
    }
    let problems = [
        AppointProblem::NoRole,
        AppointProblem::Person,
        AppointProblem::NeedsUnit,
        AppointProblem::NeedsClient,
        AppointProblem::NotBound,
        AppointProblem::UnknownUnit,
        AppointProblem::UnknownClient,
        AppointProblem::Days,
        AppointProblem::Reason,
        AppointProblem::TooMuch,
        AppointProblem::Already,
        AppointProblem::Last,
    ];
    pages.extend(problems.map(|problem| ("admin-appoint", appoint(locale, Some(problem)).render_page())));
    for problem in [AppointProblem::Reason, AppointProblem::Last] {
        pages.push(("admin-administrator-end", end(locale, Some(problem)).render_page()));
    }
    pages
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    [of_rights(locale), groups::pages(locale), of_administrators(locale)].concat()
}
