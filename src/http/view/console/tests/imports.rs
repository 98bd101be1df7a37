//! Files that administrators bring.

use super::{HOSTILE, Row, bare, chrome, day, full, moment, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::import_columns::{ColumnLine, ColumnsPage, ColumnsProblem, UndoPage};
use crate::http::view::console::imports::{Done, FileLine, ImportPage, ImportsPage, KeptLine, RowLine, Sending, ShownPost};
use crate::http::view::console::parts::{Pages, SelectOption};
use crate::model::import::{ImportKind, ImportState, Kept, RowEffect};
use crate::service::provisioning::imports::Change;
use crate::service::provisioning::imports::look::Leaving;

fn list(locale: Locale, problem: Option<Sending>) -> ImportsPage {
    let file = |(place, state): (usize, ImportState)| FileLine {
        id: format!("f{place}"),
        name: typed(),
        kind: ImportKind::ALL[place % ImportKind::ALL.len()],
        by: typed(),
        at: moment(),
        rows: 100_000,
        bad: 3,
        state,
    };
    ImportsPage {
        chrome: chrome(locale),
        console: full(Section::Imports),
        files: ImportState::ALL.into_iter().enumerate().map(file).collect(),
        older: Some(format!("/admin/imports?before={HOSTILE}")),
        is_first: false,
        everyone: true,
        may_send: true,
        kind: Some(ImportKind::Decisions),
        problem,
    }
}

fn no_files(locale: Locale) -> ImportsPage {
    let console = bare(Section::Imports);
    ImportsPage {
        console,
        files: Vec::new(),
        older: None,
        is_first: true,
        everyone: false,
        may_send: false,
        kind: None,
        ..list(locale, None)
    }
}

fn post(to: Option<String>, department: String) -> ShownPost {
    ShownPost { unit: typed(), title: typed(), department, from: day(), to }
}

fn rows() -> Vec<RowLine> {
    let change =
        |before: &str, after: &str| Change { column: "email".to_owned(), before: before.to_owned(), after: after.to_owned() };
    let row = |(line, effect): (i64, RowEffect)| RowLine {
        line,
        effect,
        username: typed(),
        full_name: typed(),
        changes: vec![change(HOSTILE, HOSTILE), change("", HOSTILE), change(HOSTILE, "")],
        position: Some(post(Some(day()), typed())),
        ended: vec![post(Some(day()), String::new()), post(None, typed())],
        role: Some((typed(), typed())),
        cell: typed(),
        message: (typed(), typed()),
    };
    let plain = RowLine {
        changes: Vec::new(),
        position: Some(post(None, String::new())),
        ended: Vec::new(),
        role: None,
        cell: String::new(),
        message: (String::new(), String::new()),
        ..row((1, RowEffect::Unchanged))
    };
    (2..).zip(RowEffect::ALL).map(row).chain([plain]).collect()
}

fn one(locale: Locale, state: ImportState, done: Option<Done>) -> ImportPage {
    let kept = |what: Kept| KeptLine {
        person: "p1".to_owned(),
        what,
        subject: format!("{HOSTILE} (p1)"),
        username: typed(),
        full_name: typed(),
    };
    let page = ImportPage {
        chrome: chrome(locale),
        console: full(Section::Imports),
        id: "f1".to_owned(),
        name: typed(),
        kind: ImportKind::People,
        state,
        by: typed(),
        at: moment(),
        applied_at: Some(moment()),
        undone_at: Some(moment()),
        undo_until: Some(moment()),
        rows_read: 70_000,
        rows_bad: 3,
        total: 100_000,
        counts: RowEffect::ALL.map(|effect| (effect, 12_500)).to_vec(),
        leaving: Leaving { people: 21, second: true, request: None },
        effect: Some(RowEffect::Bad),
        pages: pages_of_many(),
        rows: rows(),
        kept: Kept::ALL.map(kept).to_vec(),
        kept_count: 5,
        problem: (typed(), typed()),
        may_act: true,
        done,
        said: None,
    };
    page.spoken()
}

fn nothing_of_it(locale: Locale, state: ImportState) -> ImportPage {
    ImportPage {
        console: bare(Section::Imports),
        applied_at: None,
        undone_at: None,
        undo_until: None,
        rows_read: 0,
        rows_bad: 0,
        total: 0,
        counts: Vec::new(),
        leaving: Leaving { people: 21, second: false, request: Some("r1".to_owned()) },
        effect: None,
        pages: Pages::default(),
        rows: Vec::new(),
        kept: Vec::new(),
        kept_count: 0,
        problem: (String::new(), String::new()),
        may_act: false,
        ..one(locale, state, None)
    }
}

fn columns(locale: Locale, problem: Option<ColumnsProblem>) -> ColumnsPage {
    let option = |value: &str, chosen| SelectOption { value: value.to_owned(), label: typed(), chosen };
    let line = |name: &str, required| ColumnLine {
        name: name.to_owned(),
        label: typed(),
        required,
        options: vec![option("Họ tên", true), option(HOSTILE, false)],
    };
    let columns = vec![line("username", true), line("full_name", true), line("email", false)];
    let (console, id, name) = (full(Section::Imports), "f1".to_owned(), typed());
    ColumnsPage { chrome: chrome(locale), console, id, name, kind: ImportKind::Positions, columns, problem }
}

fn undo(locale: Locale, is_empty: bool) -> UndoPage {
    UndoPage {
        chrome: chrome(locale),
        console: full(Section::Imports),
        id: "f1".to_owned(),
        name: typed(),
        kind: ImportKind::Grants,
        applied_at: moment(),
        until: moment(),
        is_empty,
    }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let no_columns = ColumnsPage { console: bare(Section::Imports), columns: Vec::new(), ..columns(locale, None) };
    let empty_undo = UndoPage { console: bare(Section::Imports), ..undo(locale, true) };
    let mut pages = vec![
        ("admin-imports", list(locale, None).render_page()),
        ("admin-imports", no_files(locale).render_page()),
        ("admin-import-columns", columns(locale, None).render_page()),
        ("admin-import-columns", no_columns.render_page()),
        ("admin-import-undo", undo(locale, false).render_page()),
        ("admin-import-undo", empty_undo.render_page()),
    ];
    for problem in [Sending::NoFile, Sending::NoKind, Sending::TooLarge, Sending::TooMany] {
        pages.push(("admin-imports", list(locale, Some(problem)).render_page()));
    }
    for problem in [ColumnsProblem::Missing("full_name".to_owned()), ColumnsProblem::Twice("Họ tên".to_owned())] {
        pages.push(("admin-import-columns", columns(locale, Some(problem)).render_page()));
    }
    for state in ImportState::ALL {
        pages.push(("admin-import", one(locale, state, None).render_page()));
        pages.push(("admin-import", nothing_of_it(locale, state).render_page()));
    }
    for done in [Done::Checking, Done::Applying, Done::Undoing, Done::Discarded, Done::NotNow] {
        for state in [ImportState::Applied, ImportState::Undone, ImportState::Discarded] {
            pages.push(("admin-import", one(locale, state, Some(done)).render_page()));
        }
    }
    pages
}
