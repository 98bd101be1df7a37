//! Units: the tree, one of them, and files of codes.

use super::{HOSTILE, Row, another_day, bare, chrome, day, full, moment, no_day, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, Said};
use crate::http::view::console::person::DayAsked;
use crate::http::view::console::unit_codes::{ChangeLine, CodeFilePage, CodesDone, CodesPage, CodesProblem, FileLine};
use crate::http::view::console::unit_corrections::{About, CorrectionLine, Corrections, Told};
use crate::http::view::console::unit_people::{UnitPeoplePage, WorkedLine};
use crate::http::view::console::units::{
    Branch, CodeLine, Days, Kin, NameLine, Staff, UnitAdministrator, UnitLine, UnitPage, UnitsPage,
};
use crate::model::correction::Way;
use crate::model::row_error::RowError;
use crate::model::succession::Relation;
use crate::model::unit::NameUsage;
use crate::model::unit_code::{AGENCY, AGENCY_2016, GSO};
use crate::service::registry::code_file::State;

const LIST: &str = "/admin/units";

/// What may be known of when something held.
fn spans() -> [Days; 6] {
    let days = |from: bool, to: bool, gone: bool| Days { from: from.then(day), to: to.then(day), gone_by: gone.then(day) };
    [
        days(true, true, false),
        days(true, false, true),
        days(true, false, false),
        days(false, true, false),
        days(false, false, true),
        Days::default(),
    ]
}

fn unit(days: Days) -> UnitLine {
    UnitLine { id: "u1".to_owned(), name: typed(), above: typed(), days, code: typed(), uncertain: true }
}

fn units(locale: Locale, lines: Vec<UnitLine>) -> UnitsPage {
    let branch = |under| Branch { line: unit(Days::default()), under };
    let tree = vec![branch(vec![branch(vec![branch(Vec::new())]), branch(Vec::new())])];
    UnitsPage {
        chrome: chrome(locale),
        console: full(Section::Units),
        on: typed(),
        wrong_day: false,
        q: typed(),
        count: typed(),
        tree,
        lines,
        cut_off: true,
        may_edit_codes: true,
    }
}

fn no_units(locale: Locale, wrong_day: bool) -> UnitsPage {
    let console = bare(Section::Units);
    UnitsPage { console, wrong_day, tree: Vec::new(), cut_off: false, may_edit_codes: false, ..units(locale, Vec::new()) }
}

/// Corrections of every kind and by every way.
fn corrections() -> Corrections {
    let told = [
        (Told::Nothing, Told::Days(Days::default())),
        (Told::Days(Days { from: Some(day()), ..Days::default() }), Told::Nothing),
        (Told::Days(Days::default()), Told::Days(Days::default())),
        (Told::Nothing, Told::Kin(Relation::Whole, Some(day()))),
        (Told::Kin(Relation::Part, None), Told::Nothing),
    ];
    let abouts = [About::Unit, About::Code, About::Name, About::Parent, About::Succession];
    let line = |((about, way), (before, after))| CorrectionLine {
        at: moment(),
        way,
        reason: typed(),
        by: typed(),
        about,
        what: typed(),
        before,
        after,
    };
    Corrections {
        lines: abouts.into_iter().zip(Way::ALL).zip(told).map(line).collect(),
        cut_off: true,
        on: typed(),
        known: typed(),
        wrong: None,
        is_to_come: false,
        as_known_on: Some(day()),
        absent: false,
    }
}

fn one(locale: Locale) -> UnitPage {
    let kin = |relation, effective| Kin { line: unit(Days::default()), relation, effective };
    let administrator = |id: &str, strong, last_at| UnitAdministrator {
        person: id.to_owned(),
        full_name: typed(),
        username: typed(),
        strong,
        last_at,
    };
    let name = |(usage, days)| NameLine { name: typed(), usage, days };
    let usages = [NameUsage::Official, NameUsage::Variant].into_iter().cycle();
    let schemes = [GSO, AGENCY, AGENCY_2016, HOSTILE].into_iter();
    UnitPage {
        chrome: chrome(locale),
        console: full(Section::Units),
        line: unit(Days::default()),
        path: vec![unit(Days::default())],
        names: usages.zip(spans()).map(name).collect(),
        codes: schemes.zip(spans()).map(|(scheme, days)| CodeLine { scheme: scheme.to_owned(), code: typed(), days }).collect(),
        came_from: [Relation::Whole, Relation::Part, Relation::Earlier].map(|relation| kin(relation, Some(day()))).to_vec(),
        went_into: [Relation::Within, Relation::Cross].map(|relation| kin(relation, None)).to_vec(),
        under: 168,
        staff: Some(Staff {
            people: 1_284,
            enrolled: 900,
            strong: 12,
            administrators: vec![administrator("p1", true, Some(moment())), administrator("p2", false, None)],
        }),
        may_see_people: true,
        people_on: format!("/admin/units/u1/people?on={HOSTILE}"),
        may_onboard: true,
        list: LIST,
        corrections: corrections(),
    }
}

fn unknown(locale: Locale, staff: Option<Staff>) -> UnitPage {
    UnitPage {
        console: bare(Section::Units),
        line: UnitLine { above: String::new(), uncertain: false, ..unit(Days::default()) },
        path: Vec::new(),
        names: Vec::new(),
        codes: Vec::new(),
        came_from: Vec::new(),
        went_into: Vec::new(),
        under: 0,
        staff,
        may_see_people: false,
        people_on: String::new(),
        may_onboard: false,
        corrections: Corrections::default(),
        ..one(locale)
    }
}

/// Who had posts in a unit on another day.
fn unit_people(locale: Locale) -> UnitPeoplePage {
    let line = |(days, primary)| WorkedLine {
        address: format!("/admin/people/p1?on={HOSTILE}"),
        full_name: typed(),
        username: typed(),
        title: typed(),
        department: if primary { typed() } else { String::new() },
        primary,
        days,
    };
    UnitPeoplePage {
        chrome: chrome(locale),
        console: full(Section::Units),
        unit: typed(),
        above: typed(),
        unit_address: format!("/admin/units/u1?on={HOSTILE}"),
        day: another_day("/admin/units/u1/people"),
        is_there_today: true,
        lines: spans().into_iter().zip([true, false]).map(line).collect(),
        pages: pages_of_many(),
        list: LIST,
    }
}

fn nobody_in_unit(locale: Locale, day: DayAsked) -> UnitPeoplePage {
    UnitPeoplePage {
        console: bare(Section::Units),
        above: String::new(),
        day,
        is_there_today: false,
        lines: Vec::new(),
        pages: Pages::default(),
        ..unit_people(locale)
    }
}

/// Mistakes in the rows of a file.
pub(super) fn errors() -> Vec<RowError> {
    vec![RowError::new(2, HOSTILE, HOSTILE, HOSTILE), RowError::new(3, "", "Thiếu mã", "No code")]
}

fn codes(locale: Locale, problem: Option<CodesProblem>) -> CodesPage {
    let states = [State::Shown, State::Discarded, State::Applied, State::Undone];
    let file = |state| FileLine { id: "f1".to_owned(), name: typed(), at: moment(), count: 12, state };
    let files = states.map(file).to_vec();
    CodesPage {
        chrome: chrome(locale),
        console: full(Section::Units),
        files,
        coded: 100,
        bare: 68,
        problem,
        may_edit: true,
        list: LIST,
    }
}

fn code_file(locale: Locale, state: State, said: Option<Said>) -> CodeFilePage {
    let change = |from: bool, to: bool, ends| ChangeLine {
        unit: from.then(|| unit(Days::default())),
        scheme: typed(),
        code: typed(),
        from: from.then(day),
        to: to.then(day),
        ends,
    };
    CodeFilePage {
        chrome: chrome(locale),
        console: full(Section::Units),
        id: "f1".to_owned(),
        name: typed(),
        at: moment(),
        decided_at: Some(moment()),
        state,
        changes: vec![change(true, true, true), change(true, false, false), change(false, false, false)],
        kept: vec![change(true, true, false), change(false, false, true)],
        skipped: 3,
        may_edit: true,
        may_undo: state == State::Applied,
        said,
        list: LIST,
    }
}

fn of_codes(locale: Locale) -> Vec<Row> {
    let no_codes = CodesPage { console: bare(Section::Units), files: Vec::new(), may_edit: false, ..codes(locale, None) };
    let no_file = CodeFilePage {
        console: bare(Section::Units),
        decided_at: None,
        changes: Vec::new(),
        kept: Vec::new(),
        skipped: 0,
        may_edit: false,
        may_undo: false,
        ..code_file(locale, State::Discarded, None)
    };
    let mut pages = vec![
        ("admin-unit-codes", codes(locale, None).render_page()),
        ("admin-unit-codes", no_codes.render_page()),
        ("admin-unit-code-file", no_file.render_page()),
    ];
    let problems = [CodesProblem::NoFile, CodesProblem::Mistakes(errors()), CodesProblem::Unchanged, CodesProblem::Stale];
    pages.extend(problems.map(|problem| ("admin-unit-codes", codes(locale, Some(problem)).render_page())));
    let dones = [
        (State::Shown, CodesDone::Decided),
        (State::Shown, CodesDone::Stale),
        (State::Applied, CodesDone::Applied),
        (State::Undone, CodesDone::Undone),
        (State::Undone, CodesDone::UndoneInPart),
        (State::Discarded, CodesDone::Discarded),
    ];
    for (state, done) in dones {
        pages.push(("admin-unit-code-file", code_file(locale, state, Some(done.said(&chrome(locale)))).render_page()));
    }
    pages
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let nobody = Staff { people: 0, enrolled: 0, strong: 0, administrators: Vec::new() };
    let wrong = |field| Corrections { wrong: Some(field), as_known_on: None, ..corrections() };
    let to_come = Corrections { is_to_come: true, ..wrong("known") };
    let nobody_knew = Corrections { absent: true, lines: Vec::new(), cut_off: false, ..corrections() };
    let mut pages = vec![
        ("admin-units", units(locale, Vec::new()).render_page()),
        ("admin-units", units(locale, spans().map(unit).to_vec()).render_page()),
        ("admin-units", no_units(locale, false).render_page()),
        ("admin-units", no_units(locale, true).render_page()),
        ("admin-unit", one(locale).render_page()),
        ("admin-unit", unknown(locale, None).render_page()),
        ("admin-unit", UnitPage { corrections: wrong("on"), ..one(locale) }.render_page()),
        ("admin-unit", UnitPage { corrections: wrong("known"), ..one(locale) }.render_page()),
        ("admin-unit", UnitPage { corrections: to_come, ..one(locale) }.render_page()),
        ("admin-unit", UnitPage { corrections: nobody_knew, ..unknown(locale, None) }.render_page()),
        ("admin-unit", unknown(locale, Some(nobody)).render_page()),
        ("admin-unit-people", unit_people(locale).render_page()),
        ("admin-unit-people", nobody_in_unit(locale, another_day(LIST)).render_page()),
        ("admin-unit-people", nobody_in_unit(locale, DayAsked::default()).render_page()),
        ("admin-unit-people", nobody_in_unit(locale, no_day(LIST)).render_page()),
    ];
    pages.extend(of_codes(locale));
    pages
}
