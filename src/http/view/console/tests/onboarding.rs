//! How units begin: how far each has come, the template, its runs.

use super::units::errors;
use super::{HOSTILE, Row, bare, chrome, full, moment, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::onboarding::{
    ReadinessPage, ReadyAdministrator, ReadyLine, RunLine, StartPage, StartProblem, Sums,
};
use crate::http::view::console::onboarding_runs::{GiftLine, KeptLine, LeftLine, RunDone, RunPage, RunUnitLine, RunUnitPage};
use crate::http::view::console::parts::{Pages, Said};
use crate::http::view::console::unit_template::{PostFields, TemplatePage, TemplateProblem};
use crate::model::unit_template::{Post, Right, TemplateFault};
use crate::service::onboarding::Why;
use crate::service::onboarding::readiness::Wanted;
use crate::service::onboarding::runs::State;
use crate::service::onboarding::template::Declaring;

fn readiness(locale: Locale, wanted: Wanted) -> ReadinessPage {
    let administrator = |last_at| ReadyAdministrator { full_name: typed(), username: typed(), last_at };
    let line = |id: &str, administrators, strong, agency_code: Option<String>| ReadyLine {
        id: id.to_owned(),
        name: typed(),
        code: typed(),
        administrators,
        people: 12,
        enrolled: 12,
        strong,
        ready: agency_code.is_some(),
        agency_code,
    };
    let run = |open| RunLine {
        id: "r1".to_owned(),
        reason: typed(),
        at: moment(),
        units: 10,
        applied: 7,
        changed: 1,
        undone: 2,
        appoints: 3,
        open,
    };
    let both = vec![administrator(Some(moment())), administrator(None)];
    ReadinessPage {
        chrome: chrome(locale),
        console: full(Section::Onboarding),
        sums: Sums { units: 168, ready: 12, administered: 13, coded: 14, people: 48_912, enrolled: 30_000, strong: 1_284 },
        wanted,
        q: typed(),
        count: 168,
        lines: vec![line("u1", both, 12, Some(typed())), line("u2", Vec::new(), 3, None)],
        pages: pages_of_many(),
        runs: vec![run(true), run(false)],
        may_run: true,
        may_edit: true,
        said: Some(Said::ok(HOSTILE)),
    }
}

fn nowhere(locale: Locale) -> ReadinessPage {
    ReadinessPage {
        console: bare(Section::Onboarding),
        sums: Sums::default(),
        q: String::new(),
        count: 0,
        lines: Vec::new(),
        pages: Pages::default(),
        runs: Vec::new(),
        may_run: false,
        may_edit: false,
        said: None,
        ..readiness(locale, Wanted::All)
    }
}

fn start(locale: Locale, problem: Option<StartProblem>) -> StartPage {
    let right = Right { client: typed(), role: typed() };
    let post =
        |words: Vec<String>, rights, administers| Post { key: "mot-cua".to_owned(), name: typed(), words, rights, administers };
    StartPage {
        chrome: chrome(locale),
        console: full(Section::Onboarding),
        codes: typed(),
        all: true,
        count: 168,
        reason: typed(),
        longest: 200,
        posts: vec![post(vec![typed(), typed()], vec![right], true), post(Vec::new(), Vec::new(), false)],
        problem,
    }
}

fn run(locale: Locale, open: bool, done: Option<RunDone>) -> RunPage {
    let chrome = chrome(locale);
    let unit = |(place, state): (usize, State)| RunUnitLine {
        id: format!("u{place}"),
        name: typed(),
        code: typed(),
        people: 12,
        rights: 3,
        administrators: vec![typed(), typed()],
        left: place,
        state,
    };
    let kept = |right| KeptLine { unit: typed(), person: typed(), right };
    RunPage {
        console: full(Section::Onboarding),
        id: "r1".to_owned(),
        digest: "abc".to_owned(),
        reason: typed(),
        made_by: typed(),
        made_at: moment(),
        units: [State::Waiting, State::Changed, State::Applied, State::Undone].into_iter().enumerate().map(unit).collect(),
        kept: vec![kept(Some((typed(), typed()))), kept(None)],
        open,
        discarded: !open,
        needs_another: open && done.is_some(),
        may_undo: !open,
        said: done.map(|done| done.said(&chrome)),
        chrome,
    }
}

fn run_unit(locale: Locale, state: State) -> RunUnitPage {
    let gift = |title: String, department: String, right| GiftLine {
        person: "p1".to_owned(),
        full_name: typed(),
        username: typed(),
        title,
        department,
        post: typed(),
        right,
    };
    let whys = [Why::NobodyFits, Why::TooMany, Why::Oneself, Why::Above, Why::NotTheirs, Why::Undeclared];
    RunUnitPage {
        chrome: chrome(locale),
        console: full(Section::Onboarding),
        run: "r1".to_owned(),
        unit: "u1".to_owned(),
        name: typed(),
        state,
        at: Some(moment()),
        gifts: vec![gift(typed(), typed(), Some((typed(), typed()))), gift(String::new(), String::new(), None)],
        left: whys.map(|why| LeftLine { full_name: typed(), post: typed(), why }).to_vec(),
        had: 3,
    }
}

fn template(locale: Locale, problem: Option<TemplateProblem>) -> TemplatePage {
    let post = |number, administers| PostFields { number, name: typed(), words: typed(), rights: typed(), administers };
    let client = |roles| Declaring { id: "tthc".to_owned(), name: typed(), roles };
    TemplatePage {
        chrome: chrome(locale),
        console: full(Section::Onboarding),
        version: 3,
        posts: vec![post(1, true), post(2, false), PostFields { number: 3, ..PostFields::default() }],
        clients: vec![client(vec![typed(), typed()]), client(Vec::new())],
        may_edit: true,
        problem,
        said: Some(Said::ok(HOSTILE)),
    }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::Onboarding);
    let no_run = RunPage { console: console(), units: Vec::new(), kept: Vec::new(), ..run(locale, false, None) };
    let no_start = StartPage {
        console: console(),
        codes: String::new(),
        all: false,
        reason: String::new(),
        posts: Vec::new(),
        ..start(locale, None)
    };
    let no_unit = RunUnitPage {
        console: console(),
        at: None,
        gifts: Vec::new(),
        left: vec![LeftLine { full_name: String::new(), post: typed(), why: Why::NobodyFits }],
        had: 0,
        ..run_unit(locale, State::Waiting)
    };
    let first = vec![PostFields { number: 1, ..PostFields::default() }];
    let no_template = TemplatePage {
        console: console(),
        posts: first,
        clients: Vec::new(),
        may_edit: false,
        said: None,
        ..template(locale, None)
    };
    let mut pages = vec![
        ("admin-onboarding", nowhere(locale).render_page()),
        ("admin-onboarding-new", start(locale, None).render_page()),
        ("admin-onboarding-new", no_start.render_page()),
        ("admin-onboarding-run", run(locale, true, None).render_page()),
        ("admin-onboarding-run", no_run.render_page()),
        ("admin-onboarding-unit", no_unit.render_page()),
        ("admin-onboarding-template", template(locale, None).render_page()),
        ("admin-onboarding-template", no_template.render_page()),
    ];
    for wanted in Wanted::ALL {
        pages.push(("admin-onboarding", readiness(locale, wanted).render_page()));
    }
    let problems = [
        StartProblem::NoUnit,
        StartProblem::UnknownUnits(vec![typed(), typed()]),
        StartProblem::NoReason,
        StartProblem::LongReason,
        StartProblem::Names(errors()),
    ];
    pages.extend(problems.map(|problem| ("admin-onboarding-new", start(locale, Some(problem)).render_page())));
    let dones = [
        RunDone::Applied,
        RunDone::AppliedInPart,
        RunDone::More,
        RunDone::Undone,
        RunDone::UndoneInPart,
        RunDone::Discarded,
        RunDone::Decided,
        RunDone::NeedsAnother,
        RunDone::NoSecondPerson,
        RunDone::OtherPreview,
    ];
    for open in [true, false] {
        pages.extend(dones.map(|done| ("admin-onboarding-run", run(locale, open, Some(done)).render_page())));
    }
    for state in [State::Waiting, State::Changed, State::Applied, State::Undone] {
        pages.push(("admin-onboarding-unit", run_unit(locale, state).render_page()));
    }
    let faults = [
        TemplateFault::Count,
        TemplateFault::Name(2),
        TemplateFault::Words(1),
        TemplateFault::Rights(3),
        TemplateFault::Undeclared(2, typed()),
    ];
    let problems = faults.map(TemplateProblem::Fault).into_iter().chain([TemplateProblem::Stale]);
    pages.extend(problems.map(|problem| ("admin-onboarding-template", template(locale, Some(problem)).render_page())));
    pages
}
