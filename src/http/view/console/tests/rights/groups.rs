//! Roles that groups have.

use super::held;
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::administrators::State;
use crate::http::view::console::parts::Pages;
use crate::http::view::console::person::DayAsked;
use crate::http::view::console::rights::{
    GroupEndPage, GroupLine, GroupName, GroupNewPage, GroupPeoplePage, GroupPreviewPage, GroupProblem, GroupTyped, GroupsPage,
    MemberLine, RightDone,
};
use crate::http::view::console::tests::{
    Row, another_day, bare, chrome, day, full, moment, no_day, options, pages_of_many, typed,
};
use crate::model::entitlement::Condition;
use crate::model::methods::TWO_FACTORS;

const PROBLEMS: [GroupProblem; 12] = [
    GroupProblem::Right,
    GroupProblem::NoUnit,
    GroupProblem::Several,
    GroupProblem::UnitNotTheirs,
    GroupProblem::UnitEnded,
    GroupProblem::Title,
    GroupProblem::Level,
    GroupProblem::Days,
    GroupProblem::Reason,
    GroupProblem::Own,
    GroupProblem::Held,
    GroupProblem::EndNotTheirs,
];
const ASKED: Condition = Condition { least_level: Some(TWO_FACTORS), office_only: true };

/// Groups of every kind.
pub(super) fn names() -> Vec<GroupName> {
    let of = |(below, title)| GroupName { unit: typed(), below, title };
    [(false, None), (true, None), (false, Some(typed())), (true, Some(typed()))].map(of).to_vec()
}

fn line(state: State, whom: GroupName) -> GroupLine {
    let is_now = state == State::Now;
    let said = |text: String| if is_now { text } else { String::new() };
    GroupLine {
        id: "g1".to_owned(),
        client_id: "tthc".to_owned(),
        client_name: typed(),
        role: typed(),
        whom,
        unit_over: is_now,
        condition: if is_now { ASKED } else { Condition::default() },
        first: said(day()),
        last: said(day()),
        state,
        reason: said(typed()),
        by: typed(),
        at: moment(),
        people: if is_now { "/admin/rights/groups/g1/people".to_owned() } else { String::new() },
        may_end: is_now,
    }
}

fn list(locale: Locale, done: Option<RightDone>) -> GroupsPage {
    let states = [State::Now, State::Later, State::Over].into_iter().cycle();
    GroupsPage {
        chrome: chrome(locale),
        console: full(Section::Rights),
        client: "tthc".to_owned(),
        clients: vec![("tthc".to_owned(), typed()), ("van-ban".to_owned(), typed())],
        day: DayAsked::default(),
        lines: states.zip(names()).map(|(state, whom)| line(state, whom)).collect(),
        pages: pages_of_many(),
        may_give: true,
        done,
    }
}

fn given() -> GroupTyped {
    GroupTyped {
        right: typed(),
        unit: typed(),
        which: typed(),
        below: true,
        title: typed(),
        two_factors: true,
        office: true,
        from: typed(),
        to: typed(),
        reason: typed(),
    }
}

fn form(locale: Locale, problem: Option<GroupProblem>) -> GroupNewPage {
    GroupNewPage {
        chrome: chrome(locale),
        console: full(Section::Rights),
        offered: options(),
        units: options(),
        typed: given(),
        longest: 500,
        problem,
    }
}

fn preview(locale: Locale, people: i64, at_most: bool) -> GroupPreviewPage {
    GroupPreviewPage {
        chrome: chrome(locale),
        console: full(Section::Rights),
        client_name: typed(),
        role: typed(),
        whom: GroupName { unit: typed(), below: true, title: Some(typed()) },
        condition: ASKED,
        typed: given(),
        people,
        at_most,
        names: vec![(typed(), typed(), typed())],
    }
}

fn end(locale: Locale, problem: Option<GroupProblem>) -> GroupEndPage {
    let whom = GroupName { unit: typed(), below: true, title: Some(typed()) };
    GroupEndPage {
        chrome: chrome(locale),
        console: full(Section::Rights),
        line: line(State::Now, whom),
        reason: typed(),
        longest: 500,
        problem,
    }
}

/// Those who are of a group.
fn people(locale: Locale) -> GroupPeoplePage {
    let member = |delegated| MemberLine {
        person: "p1".to_owned(),
        full_name: typed(),
        username: typed(),
        title: typed(),
        unit: typed(),
        delegated,
    };
    GroupPeoplePage {
        chrome: chrome(locale),
        console: full(Section::Rights),
        line: held().remove(0),
        members: vec![member(false), member(true)],
        pages: pages_of_many(),
        export: "/admin/rights/export.csv?list=group".to_owned(),
    }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::Rights);
    let nothing = GroupsPage {
        console: console(),
        client: String::new(),
        clients: Vec::new(),
        lines: Vec::new(),
        pages: Pages::default(),
        may_give: false,
        ..list(locale, None)
    };
    let then = GroupsPage { day: another_day("/admin/rights/groups"), ..list(locale, None) };
    let never = GroupsPage { lines: Vec::new(), day: another_day("/admin/rights/groups"), ..list(locale, None) };
    let never_listed = GroupsPage { lines: Vec::new(), day: no_day("/admin/rights/groups"), ..list(locale, None) };
    let untyped = GroupNewPage {
        console: console(),
        offered: Vec::new(),
        units: Vec::new(),
        typed: GroupTyped::default(),
        ..form(locale, None)
    };
    let nobody = GroupPreviewPage {
        console: console(),
        condition: Condition::default(),
        typed: GroupTyped::default(),
        names: Vec::new(),
        ..preview(locale, 0, false)
    };
    let over = line(State::Over, GroupName::default());
    let plain = GroupEndPage { console: console(), line: over, reason: String::new(), ..end(locale, None) };
    let mut pages = vec![
        ("admin-rights-groups", nothing.render_page()),
        ("admin-rights-groups", then.render_page()),
        ("admin-rights-groups", never.render_page()),
        ("admin-rights-groups", never_listed.render_page()),
        ("admin-rights-group-new", untyped.render_page()),
        ("admin-rights-group-preview", nobody.render_page()),
        ("admin-rights-group-end", plain.render_page()),
        ("admin-rights-group-preview", preview(locale, 1, false).render_page()),
        ("admin-rights-group-preview", preview(locale, 1_284, true).render_page()),
    ];
    let unshown = held().pop().map(|line| GroupPeoplePage {
        console: console(),
        line,
        members: Vec::new(),
        pages: Pages::default(),
        export: String::new(),
        ..people(locale)
    });
    pages.push(("admin-rights-group-people", people(locale).render_page()));
    pages.extend(unshown.map(|page| ("admin-rights-group-people", page.render_page())));
    for done in [None, Some(RightDone::Given), Some(RightDone::Ended)] {
        pages.push(("admin-rights-groups", list(locale, done).render_page()));
    }
    pages.extend(PROBLEMS.map(|problem| ("admin-rights-group-new", form(locale, Some(problem)).render_page())));
    for problem in [GroupProblem::Reason, GroupProblem::EndNotTheirs] {
        pages.push(("admin-rights-group-end", end(locale, Some(problem)).render_page()));
    }
    pages
}
