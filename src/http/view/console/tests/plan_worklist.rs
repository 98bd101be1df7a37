//! The worklist of a plan, and its rules.

use super::{HOSTILE, Row, bare, chrome, full, moment, options, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::parts::Pages;
use crate::http::view::console::plan_worklist::{
    DecidedLine, DecidedListPage, DecidedProblem, Done, Group, ListPage, PostLine, Problem, RuleLine, RulesDone, RulesPage,
    RulesProblem, SeatLine, Typed,
};
use crate::model::row_error::RowError;
use crate::service::reorganization::desk::Filter;

fn line(number: usize, may_decide: bool) -> PostLine {
    PostLine {
        person: format!("p{number}"),
        full_name: typed(),
        username: typed(),
        department: if number.is_multiple_of(2) { typed() } else { String::new() },
        title: typed(),
        candidates: vec![typed(), "26743 Phường Bến Thành".to_owned()],
        may_decide,
        value: format!("p{number}.q{number}"),
        chosen: may_decide && number == 1,
    }
}

fn list(locale: Locale) -> ListPage {
    let group = |number: usize| Group {
        unit: typed(),
        only: format!("/admin/plans/sap-xep/worklist?of={HOSTILE}"),
        lines: vec![line(number, true), line(number + 1, false)],
    };
    ListPage {
        chrome: chrome(locale),
        console: full(Section::Plans),
        title: typed(),
        effective: "01/01/2027".to_owned(),
        is_applied: false,
        decides: true,
        reads_plan: true,
        groups: vec![group(1), group(3)],
        choices: options(),
        anywhere: vec![typed(), "26743 Phường Bến Thành".to_owned()],
        named: typed(),
        is_first: false,
        first: format!("/admin/plans/sap-xep/worklist?of={HOSTILE}"),
        next: Some(format!("/admin/plans/sap-xep/worklist?after={HOSTILE}")),
        paper: Some(format!("/admin/plans/sap-xep/worklist?of={HOSTILE}&whole=1")),
        on_paper: false,
        csv: format!("/admin/plans/sap-xep/worklist/export?form=csv&of={HOSTILE}"),
        xlsx: format!("/admin/plans/sap-xep/worklist/export?form=xlsx&of={HOSTILE}"),
        kept: vec![("of", typed()), ("after", typed())],
        filter: Filter { unit: typed(), department: typed(), title: typed() },
        is_narrowed: true,
        decision_no: typed(),
        problem: None,
        mistakes: Vec::new(),
        done: Some(Done::Decided(1_200)),
        fell: true,
        most: 50,
        here: "/admin/plans/sap-xep/worklist".to_owned(),
    }
}

/// Nothing is on it, and the reader only looks.
fn empty_list(locale: Locale) -> ListPage {
    ListPage {
        console: bare(Section::Plans),
        title: "Phương án sắp xếp".to_owned(),
        is_applied: true,
        decides: false,
        reads_plan: false,
        groups: Vec::new(),
        choices: Vec::new(),
        anywhere: Vec::new(),
        is_first: true,
        next: None,
        paper: None,
        kept: Vec::new(),
        filter: Filter::default(),
        is_narrowed: false,
        done: None,
        ..list(locale)
    }
}

fn lists(locale: Locale) -> Vec<ListPage> {
    let mistake = |line: u64| RowError::new(line, "chosen_unit", typed(), typed());
    let problems = [
        Problem::Nobody,
        Problem::NoUnit,
        Problem::Number(typed()),
        Problem::Refused(typed()),
        Problem::NoFile,
        Problem::NothingChosen,
        Problem::File(typed()),
    ];
    let mut all = vec![list(locale), empty_list(locale)];
    for problem in problems {
        all.push(ListPage { problem: Some(problem.clone()), done: Some(Done::Checked(3)), ..list(locale) });
        let nobodys = ListPage { problem: Some(problem), decides: true, ..empty_list(locale) };
        all.push(nobodys);
    }
    let mistakes = (2..150).map(mistake).collect();
    all.push(ListPage { problem: Some(Problem::File(typed())), mistakes, ..list(locale) });
    all.push(ListPage { groups: vec![Group { lines: vec![line(1, false)], ..group_of(locale) }], ..empty_list(locale) });
    for problem in [Problem::NoUnit, Problem::Number(typed())] {
        all.push(ListPage { problem: Some(problem), choices: Vec::new(), ..list(locale) });
    }
    all.push(ListPage { anywhere: Vec::new(), fell: false, ..list(locale) });
    all.push(ListPage { decides: false, paper: None, on_paper: true, most: 500, ..list(locale) });
    all.push(ListPage { next: Some("/admin/plans/sap-xep/worklist?after=1.a".to_owned()), ..empty_list(locale) });
    all
}

fn group_of(locale: Locale) -> Group {
    list(locale).groups.remove(0)
}

fn decided(locale: Locale) -> DecidedListPage {
    let line = |number: usize| DecidedLine {
        person: format!("p{number}"),
        full_name: typed(),
        username: typed(),
        department: if number == 1 { String::new() } else { typed() },
        title: typed(),
        from: typed(),
        to: typed(),
        decision_no: typed(),
        by: typed(),
        at: moment(),
        counts: number == 2,
        may_take_back: number < 2,
        value: format!("p{number}.q{number}"),
    };
    DecidedListPage {
        chrome: chrome(locale),
        console: full(Section::Plans),
        title: typed(),
        reads_plan: true,
        decides: true,
        lines: (0..3).map(line).collect(),
        filter: Filter { unit: typed(), department: typed(), title: typed() },
        is_narrowed: true,
        after: typed(),
        first: format!("/admin/plans/sap-xep/worklist/decided?of={HOSTILE}"),
        next: Some(format!("/admin/plans/sap-xep/worklist/decided?after={HOSTILE}")),
        problem: None,
        taken_back: Some(1_200),
        fell: true,
        most: 50,
        here: "/admin/plans/sap-xep/worklist/decided".to_owned(),
    }
}

fn all_decided(locale: Locale) -> Vec<DecidedListPage> {
    let nothing = |next: Option<String>| DecidedListPage {
        console: bare(Section::Plans),
        title: "Phương án sắp xếp".to_owned(),
        reads_plan: false,
        decides: false,
        lines: Vec::new(),
        filter: Filter::default(),
        is_narrowed: false,
        after: String::new(),
        next,
        taken_back: None,
        ..decided(locale)
    };
    let problem = |problem| DecidedListPage { problem: Some(problem), taken_back: None, ..decided(locale) };
    vec![
        decided(locale),
        nothing(None),
        nothing(Some("/admin/plans/sap-xep/worklist/decided?after=1.a".to_owned())),
        problem(DecidedProblem::Nobody),
        problem(DecidedProblem::Refused(typed())),
    ]
}

fn rules(locale: Locale) -> RulesPage {
    let line = |number: usize| RuleLine {
        id: format!("r{number}"),
        from: typed(),
        to: typed(),
        department: if number == 0 { String::new() } else { typed() },
        title: if number == 2 { typed() } else { String::new() },
        seat: if number == 1 { typed() } else { String::new() },
        decision_no: typed(),
        by: typed(),
        at: moment(),
    };
    let seat = |number: usize| SeatLine {
        unit: typed(),
        department: if number == 0 { String::new() } else { typed() },
        address: typed(),
        by: typed(),
        at: moment(),
    };
    let typed_of = Typed { from: typed(), department: typed(), title: typed(), seat: typed(), to: typed(), decision_no: typed() };
    RulesPage {
        chrome: chrome(locale),
        console: full(Section::Plans),
        name: "sap-xep".to_owned(),
        title: typed(),
        lines: (0..3).map(line).collect(),
        pages: pages_of_many(),
        seats: (0..3).map(seat).collect(),
        seat_pages: pages_of_many(),
        from: options(),
        to: options(),
        typed: typed_of,
        problem: Some(RulesProblem::Rule(typed())),
        mistakes: Vec::new(),
        may_write: true,
        is_open: true,
        done: Some(RulesDone::Added),
        fell: true,
        here: "/admin/plans/sap-xep/rules".to_owned(),
    }
}

fn empty_rules(locale: Locale) -> RulesPage {
    RulesPage {
        console: bare(Section::Plans),
        title: "Phương án sắp xếp".to_owned(),
        lines: Vec::new(),
        pages: Pages::default(),
        seats: Vec::new(),
        seat_pages: Pages::default(),
        from: Vec::new(),
        to: Vec::new(),
        typed: Typed::default(),
        problem: None,
        may_write: false,
        is_open: false,
        done: None,
        ..rules(locale)
    }
}

fn all_rules(locale: Locale) -> Vec<RulesPage> {
    let mistake = |line: u64| RowError::new(line, "address", typed(), typed());
    let of_file = |mistakes: Vec<RowError>| RulesPage { problem: Some(RulesProblem::Seats(typed())), mistakes, ..rules(locale) };
    vec![
        rules(locale),
        empty_rules(locale),
        of_file(vec![mistake(2)]),
        of_file((2..150).map(mistake).collect()),
        RulesPage { problem: Some(RulesProblem::NoFile), done: Some(RulesDone::SeatsRead), ..rules(locale) },
        RulesPage { problem: Some(RulesProblem::Seats(typed())), mistakes: vec![mistake(2)], ..empty_rules(locale) },
        RulesPage { problem: Some(RulesProblem::Rule(typed())), ..empty_rules(locale) },
        RulesPage { may_write: false, problem: None, done: Some(RulesDone::WasRemoved), fell: false, ..rules(locale) },
        RulesPage { problem: None, done: Some(RulesDone::Removed), ..rules(locale) },
    ]
}

/// Every page of the area.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let lists = lists(locale).into_iter().map(|page| ("admin-plan-worklist", page.render_page()));
    let rules = all_rules(locale).into_iter().map(|page| ("admin-plan-rules", page.render_page()));
    let decided = all_decided(locale).into_iter().map(|page| ("admin-plan-decided", page.render_page()));
    lists.chain(rules).chain(decided).collect()
}

#[test]
fn whoever_only_looks_is_offered_nothing_to_decide_with() {
    for (name, html) in [
        ("worklist", empty_list(Locale::Vi).render_page()),
        ("posts of others", ListPage { decides: false, ..list(Locale::Vi) }.render_page()),
        ("decisions", DecidedListPage { decides: false, lines: Vec::new(), ..decided(Locale::Vi) }.render_page()),
        ("rules", RulesPage { may_write: false, problem: None, ..rules(Locale::Vi) }.render_page()),
    ] {
        let acts = ["worklist-decide\"", "decided-take-back", "sheet-decide", "rule-add", "value=\"remove\"", "seats-read"];
        for refused in acts.into_iter().chain(["type=\"checkbox\""]) {
            assert!(!html.contains(refused), "{name}: {refused}");
        }
    }
    let html = list(Locale::Vi).render_page();
    assert_eq!(html.matches("type=\"checkbox\"").count(), 2, "a post that others decide about has no box");
}
