//! The list of people, acts on many of them, and the pages about one person.

use super::{HOSTILE, Row, bare, chrome, day, full, moment, options, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Chip, Pages, Said};
use crate::http::view::console::people::{
    Begin, BulkStep, ChosenLine, KeptView, ListMay, ListProblem, PeopleBulk, PeopleList, PersonLine, UnitGroup, UnitTyped,
};
use crate::http::view::console::person::{DayAsked, GivenLine, Head, Known, LineItem, May, PersonPage, TabLink};
use crate::http::view::console::person_tabs::{
    HistoryLine, PersonHistory, PersonRoles, PersonSessions, PostRoleLine, PostRoles, RoleLine, RolesIn, ScopeLine, SessionLine,
    SessionSeen,
};
use crate::http::view::place::Place;
use crate::model::device::Device;
use crate::service::directory::{Factor, State};
use crate::service::provisioning::many::{Act, Outcome};

fn line(id: &str, state: State, factor: Factor, locked: bool) -> PersonLine {
    PersonLine {
        id: id.to_owned(),
        full_name: typed(),
        username: typed(),
        title: typed(),
        posts: 3,
        unit: typed(),
        former: Some(typed()),
        waits: locked,
        state,
        locked_until: locked.then(moment),
        factor,
        last_seen: (!locked).then(moment),
        chosen: locked,
    }
}

fn list(locale: Locale, problem: Option<ListProblem>) -> PeopleList {
    let several = vec![Chip { name: typed(), without: format!("/admin/people?unit={HOSTILE}") }];
    // Either a list to choose from, or a field for whoever looks after too many.
    let unit = problem.is_none().then(|| UnitTyped { text: typed(), several });
    let both = |(place, state): (usize, State)| line(&format!("p{place}"), state, Factor::ALL[place], place > 0);
    PeopleList {
        chrome: chrome(locale),
        console: full(Section::People),
        q: typed(),
        units: vec![UnitGroup { label: "Phường", options: options() }],
        unit,
        kinds: options(),
        states: options(),
        factors: options(),
        reversed: true,
        long: true,
        chips: vec![Chip { name: typed(), without: format!("/admin/people?q={HOSTILE}") }],
        query: typed(),
        turned: "/admin/people?dir=desc".to_owned(),
        export: "/admin/people/export".to_owned(),
        lead: typed(),
        all_match: typed(),
        lines: State::ALL.into_iter().enumerate().map(both).collect(),
        pages: pages_of_many(),
        acts: options(),
        roles: options(),
        all: true,
        views: vec![KeptView { id: "v1".to_owned(), name: typed(), address: format!("/admin/people?q={HOSTILE}") }],
        view_name: typed(),
        may: ListMay { add: true, export: true, history: true },
        problem,
        done: Some(Said { kind: "warn", text: typed() }),
    }
}

fn nobody(locale: Locale) -> PeopleList {
    PeopleList {
        console: bare(Section::People),
        q: String::new(),
        units: Vec::new(),
        unit: None,
        kinds: Vec::new(),
        states: Vec::new(),
        factors: Vec::new(),
        reversed: false,
        long: false,
        chips: Vec::new(),
        query: String::new(),
        lead: "0".to_owned(),
        all_match: String::new(),
        lines: Vec::new(),
        pages: Pages::default(),
        acts: Vec::new(),
        roles: Vec::new(),
        all: false,
        views: Vec::new(),
        view_name: String::new(),
        may: ListMay::default(),
        done: None,
        ..list(locale, None)
    }
}

fn bulk(locale: Locale, act: Act, step: BulkStep, no_reason: bool) -> PeopleBulk {
    let chosen = |(place, outcome): (usize, Outcome)| ChosenLine {
        id: format!("p{place}"),
        full_name: typed(),
        username: typed(),
        outcome,
    };
    PeopleBulk {
        chrome: chrome(locale),
        console: full(Section::People),
        id: "b1".to_owned(),
        act,
        role: Some(typed()),
        lead: typed(),
        lines: Outcome::ALL.into_iter().enumerate().map(chosen).collect(),
        step,
        reason: typed(),
        no_reason,
        done: Some(Said::ok(HOSTILE)),
    }
}

fn no_bulk(locale: Locale) -> PeopleBulk {
    let gone = ChosenLine { id: "p1".to_owned(), full_name: String::new(), username: String::new(), outcome: Outcome::Waiting };
    PeopleBulk {
        console: bare(Section::People),
        role: None,
        lines: vec![gone],
        reason: String::new(),
        done: None,
        ..bulk(locale, Act::Remind, BulkStep::Nothing, false)
    }
}

/// The head of a page about somebody.
pub(super) fn head(disabled: bool) -> Head {
    let tab = |name: &str, here| TabLink { name: name.to_owned(), address: "/admin/people/p1".to_owned(), here };
    Head {
        id: "p1".to_owned(),
        full_name: typed(),
        username: typed(),
        post: typed(),
        disabled_since: disabled.then(day),
        tabs: vec![tab(HOSTILE, true), tab("Vai trò", false)],
        may: May { edit: true, help: true, disable: true, history: true, sessions: true, number: true, erase: true },
    }
}

/// The head of a page about somebody of whom nothing is known, for a reader who may do nothing.
pub(super) fn bare_head() -> Head {
    let full_name = "Lê Quang Minh".to_owned();
    Head { full_name, username: "minh.lq".to_owned(), post: String::new(), tabs: Vec::new(), may: May::default(), ..head(false) }
}

/// A post that was handed to somebody.
fn given(end: Option<String>) -> GivenLine {
    GivenLine {
        title: typed(),
        place: typed(),
        to: typed(),
        days: day(),
        decision_no: typed(),
        standing: "Đang có hiệu lực",
        tone: " ok",
        end,
    }
}

/// A day that is not today, or what is none.
fn asked(is_wrong: bool) -> DayAsked {
    DayAsked { address: "/admin/people/p1".to_owned(), on: typed(), is_wrong, shown: (!is_wrong).then(day) }
}

fn person(locale: Locale) -> PersonPage {
    let known = |value, is_figure| Known { label: "Ngày sinh", value, is_figure };
    let item = |class, change| LineItem {
        class,
        when: day(),
        title: typed(),
        held_as: "Chính",
        place: typed(),
        detail: typed(),
        corrected: Some(typed()),
        change,
    };
    let event = LineItem { held_as: "", place: String::new(), detail: String::new(), corrected: None, ..item("event", None) };
    PersonPage {
        chrome: chrome(locale),
        console: full(Section::People),
        head: head(true),
        day: asked(false),
        said: Some(Said::ok(HOSTILE)),
        notes: vec![typed(), typed()],
        merged: Some((typed(), "/admin/people/p2".to_owned())),
        given: vec![given(Some("d1".to_owned())), given(None)],
        has_no_method: true,
        changes_locked: true,
        line: vec![item("later", None), item("now", Some("/admin/people/p1/positions/s1".to_owned())), item("past", None), event],
        known: vec![known(Some(typed()), true), known(None, false)],
        number: Some("079•••••••62".to_owned()),
        methods: vec![known(Some(typed()), false), known(None, false)],
        sources: vec![known(Some(typed()), true), known(None, true)],
    }
}

fn stranger(locale: Locale) -> PersonPage {
    PersonPage {
        console: bare(Section::People),
        head: bare_head(),
        day: DayAsked::default(),
        said: None,
        notes: Vec::new(),
        merged: None,
        given: Vec::new(),
        has_no_method: false,
        changes_locked: false,
        line: Vec::new(),
        known: Vec::new(),
        number: None,
        methods: Vec::new(),
        sources: Vec::new(),
        ..person(locale)
    }
}

fn roles(locale: Locale) -> PersonRoles {
    let role = RoleLine { role: typed(), post: typed(), reason: typed(), given: typed(), days: typed(), used: moment() };
    let plain = RoleLine { post: String::new(), reason: String::new(), days: String::new(), used: String::new(), ..role.clone() };
    let client = |id: &str, roles| RolesIn { client_id: id.to_owned(), name: typed(), roles };
    let clients = vec![client("tthc", vec![role]), client("van-ban", vec![plain])];
    let posts = vec![post_roles(true), post_roles(false)];
    let (chrome, console) = (chrome(locale), full(Section::People));
    PersonRoles { chrome, console, head: head(false), day: asked(false), clients, posts, scopes: vec![scope(true), scope(false)] }
}

/// What somebody administers.
fn scope(is_bound: bool) -> ScopeLine {
    let said = |text: String| if is_bound { text } else { String::new() };
    ScopeLine { role: "Quản trị đơn vị", bound: said(typed()), reason: said(typed()), given: typed(), days: said(day()) }
}

/// What a post brings: of a group, or lent with it.
fn post_roles(lent: bool) -> PostRoles {
    let said = |text: String| if lent { String::new() } else { text };
    let role = PostRoleLine {
        client_id: "tthc".to_owned(),
        client_name: typed(),
        role: typed(),
        conditions: if lent { Vec::new() } else { vec!["Chỉ từ mạng cơ quan"] },
        way: typed(),
        reason: said(typed()),
        given: said(typed()),
        days: said(typed()),
    };
    PostRoles { post: typed(), acts_for: if lent { typed() } else { String::new() }, roles: vec![role] }
}

fn sessions(locale: Locale) -> PersonSessions {
    let seen = |office: Option<String>, systems: &str| SessionSeen {
        place: Place { office, address: "10.20.3.4".to_owned() },
        systems: systems.to_owned(),
        used: moment(),
        since: moment(),
    };
    let device = Device::from_words("tablet/iPadOS/Safari");
    let session = |id: &str, seen| SessionLine { id: id.to_owned(), device, seen };
    let sessions =
        vec![session("s1", Some(seen(Some(typed()), HOSTILE))), session("s2", Some(seen(None, ""))), session("s3", None)];
    let said = Some(Said { kind: "bad", text: typed() });
    PersonSessions { chrome: chrome(locale), console: full(Section::People), head: head(false), said, sessions }
}

fn history(locale: Locale) -> PersonHistory {
    let line = HistoryLine { when: moment(), what: typed(), more: typed(), who: typed(), place: typed() };
    let plain = HistoryLine { more: String::new(), place: String::new(), ..line.clone() };
    let (console, pages) = (full(Section::People), pages_of_many());
    PersonHistory { chrome: chrome(locale), console, head: head(false), lines: vec![line, plain], pages }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let problems = [
        ListProblem::Nobody,
        ListProblem::TooMany,
        ListProblem::NoAct,
        ListProblem::NoRole,
        ListProblem::NoName,
        ListProblem::ViewsFull,
    ];
    let mut pages = vec![
        ("admin-people", list(locale, None).render_page()),
        ("admin-people", nobody(locale).render_page()),
        ("admin-people-bulk", no_bulk(locale).render_page()),
        ("admin-person", person(locale).render_page()),
        ("admin-person", stranger(locale).render_page()),
        ("admin-person", PersonPage { day: asked(true), ..person(locale) }.render_page()),
        ("admin-person", PersonPage { day: asked(false), ..stranger(locale) }.render_page()),
        ("admin-person-roles", roles(locale).render_page()),
        ("admin-person-roles", PersonRoles { day: asked(true), ..roles(locale) }.render_page()),
        ("admin-person-sessions", sessions(locale).render_page()),
        ("admin-person-history", history(locale).render_page()),
    ];
    let no_unit = UnitTyped { text: typed(), several: Vec::new() };
    pages.push(("admin-people", PeopleList { unit: Some(no_unit), ..nobody(locale) }.render_page()));
    pages.extend(problems.map(|problem| ("admin-people", list(locale, Some(problem)).render_page())));
    for act in Act::ALL {
        let begin = BulkStep::Begin(Begin { reason: true, second: act == Act::Disable });
        pages.push(("admin-people-bulk", bulk(locale, act, begin, false).render_page()));
    }
    let begin = BulkStep::Begin(Begin { reason: true, second: false });
    pages.push(("admin-people-bulk", bulk(locale, Act::Disable, begin, true).render_page()));
    for step in [BulkStep::Waits("a1".to_owned()), BulkStep::GoOn, BulkStep::Undo(day()), BulkStep::GoOnUndoing] {
        pages.push(("admin-people-bulk", bulk(locale, Act::Disable, step, false).render_page()));
    }
    let (console, head) = (bare(Section::People), bare_head());
    let nothing = |day| PersonRoles {
        console: console.clone(),
        head: head.clone(),
        day,
        clients: Vec::new(),
        posts: Vec::new(),
        scopes: Vec::new(),
        ..roles(locale)
    };
    let (never, now) = (nothing(asked(false)), nothing(DayAsked::default()));
    let sessions =
        PersonSessions { console: console.clone(), head: head.clone(), said: None, sessions: Vec::new(), ..sessions(locale) };
    let history = PersonHistory { console, head, lines: Vec::new(), pages: Pages::default(), ..history(locale) };
    pages.push(("admin-person-roles", never.render_page()));
    pages.push(("admin-person-roles", now.render_page()));
    pages.push(("admin-person-sessions", sessions.render_page()));
    pages.push(("admin-person-history", history.render_page()));
    pages
}
