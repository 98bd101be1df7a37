//! Accounts of old systems.

use super::{HOSTILE, Row, bare, chrome, full, moment, options, typed};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, UnitId};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::legacy::{
    AccountPage, BatchPage, BatchProblem, DecisionLine, FilePage, FilesPage, ListLine, ListPage, Problem, Refused, SayingLine,
    SayingPage, SayingsListPage, ShownSide,
};
use crate::model::legacy_account::AccountKey;
use crate::model::legacy_unit::Reason;
use crate::model::matching::Rule;
use crate::service::legacy::files::{File, Mistake, Report, State};
use crate::service::legacy::review::{
    BatchAct, BatchLine, Filter, Line, Mark, Outcome, Piece, Preview, ReviewRow, Saying, SayingSheet, Sheet, Side, ToldUnit,
    What, Who, WorkLine,
};
use std::collections::BTreeMap;

fn work_line(decision: &str, rule: &str, unit_decision: &str) -> WorkLine {
    WorkLine {
        name: "YmQvMQ".to_owned(),
        source: typed(),
        legacy_id: typed(),
        username: typed(),
        full_name: typed(),
        decision: decision.to_owned(),
        rule: rule.to_owned(),
        candidates: 2,
        person: Some(PersonId("p1".to_owned())),
        by_hand: true,
        unit_decision: unit_decision.to_owned(),
        unit: None,
        unit_told: typed(),
    }
}

fn list(locale: Locale) -> ListPage {
    let words = ["review", "linked", "created", "rejected", ""];
    let places = ["mapped", "review", "unknown", "", "mapped"];
    let line = |(place, rule): (usize, &Rule)| ListLine {
        line: work_line(words[place % 5], rule.word(), places[place % 5]),
        unit: if place % 2 == 0 { typed() } else { String::new() },
        owner: typed(),
    };
    ListPage {
        chrome: chrome(locale),
        console: full(Section::Legacy),
        filter: Filter { source: typed(), decision: "review".to_owned(), q: typed(), ..Filter::default() },
        unit: typed(),
        no_unit: true,
        sources: vec![typed(), "bd".to_owned()],
        lines: Rule::ALL.iter().enumerate().map(line).collect(),
        is_first: false,
        first: format!("/admin/legacy?q={HOSTILE}"),
        next: Some(format!("/admin/legacy?after={HOSTILE}")),
        query: format!("q={HOSTILE}"),
        may_import: true,
        done: Some(1_200),
    }
}

fn row() -> ReviewRow {
    ReviewRow {
        source: typed(),
        legacy_id: typed(),
        username: typed(),
        full_name: typed(),
        date_of_birth: None,
        born_text: typed(),
        number_kind: "missing".to_owned(),
        number_born: None,
        number_digest: None,
        number_sealed: None,
        email: typed(),
        phone: typed(),
        unit_code: typed(),
        unit_name: typed(),
        district_name: typed(),
        title: typed(),
        status: typed(),
        last_login_at: typed(),
        row_digest: Vec::new(),
        gone_at: None,
        decision: "review".to_owned(),
        rule: "name_differs".to_owned(),
        evidence: String::new(),
        person_id: None,
        decided_at: None,
        decided_by: None,
        decided_why: typed(),
        unit_decision: "review".to_owned(),
        unit_id: None,
        unit_reason: "divided".to_owned(),
        unit_decided_by: None,
        first_used_at: None,
        last_used_at: None,
        confirmed_at: None,
    }
}

fn lines() -> Vec<Line> {
    let whats = [What::Name, What::Birth, What::Number, What::Email, What::Phone, What::Username, What::Unit, What::Title];
    let line = |(place, what): (usize, What)| Line {
        what,
        pieces: vec![Piece { text: typed(), marked: place % 2 == 0 }, Piece { text: typed(), marked: true }],
        mark: Mark::ALL[place % Mark::ALL.len()],
    };
    whats.into_iter().enumerate().map(line).collect()
}

fn side(who: Who, decision: &str, value: &str) -> ShownSide {
    let side = Side {
        who,
        person: None,
        lines: lines(),
        seen: vec!["source_same".to_owned()],
        decision: decision.to_owned(),
        mark: "m".to_owned(),
        may_be_chosen: !value.is_empty(),
    };
    let merge = if value.is_empty() { String::new() } else { format!("/admin/people/p1/merge?other={HOSTILE}") };
    ShownSide { side, value: value.to_owned(), address: "/admin/people/p1".to_owned(), title: typed(), merge }
}

fn account(locale: Locale, problem: Option<Problem>, is_own: bool) -> AccountPage {
    let key = AccountKey { source: "bd".to_owned(), legacy_id: "1".to_owned() };
    let person = || Who::Person(PersonId("p1".to_owned()));
    let decision = |id: &str, of_unit, undone: Option<String>| DecisionLine {
        id: id.to_owned(),
        of_unit,
        act: "linked".to_owned(),
        to: typed(),
        by: typed(),
        at: moment(),
        reason: typed(),
        may_be_undone: undone.is_none(),
        undone,
    };
    AccountPage {
        chrome: chrome(locale),
        console: full(Section::Legacy),
        sheet: Sheet {
            key: key.clone(),
            name: "YmQvMQ".to_owned(),
            mark: "m".to_owned(),
            row: row(),
            lines: lines(),
            seen: Vec::new(),
            owner: None,
            owner_is_hidden: true,
            retired_at: Some(Millis(1)),
            is_password_gone: true,
            candidates: Vec::new(),
            hidden: 2,
            more: true,
            resolution: None,
            decisions: Vec::new(),
            is_own,
            is_city: true,
        },
        source: typed(),
        owner: Some(side(person(), "", "p.p1")),
        candidates: vec![side(person(), "", "p.p1"), side(Who::Account(key), "review", "a.x"), side(person(), "", "")],
        unit: typed(),
        units: options(),
        decisions: vec![decision("d1", false, None), decision("d2", true, Some(moment()))],
        username: typed(),
        reason: typed(),
        problem,
        done: true,
    }
}

fn nothing_of_it(locale: Locale) -> AccountPage {
    let page = account(locale, None, false);
    let sheet = Sheet {
        row: ReviewRow { decided_why: String::new(), unit_reason: "by_hand".to_owned(), unit_decided_by: Some(typed()), ..row() },
        owner_is_hidden: false,
        retired_at: None,
        is_password_gone: false,
        hidden: 0,
        more: false,
        ..page.sheet
    };
    AccountPage {
        console: bare(Section::Legacy),
        sheet,
        owner: None,
        candidates: Vec::new(),
        unit: String::new(),
        units: Vec::new(),
        decisions: Vec::new(),
        done: false,
        ..account(locale, None, false)
    }
}

fn batch(locale: Locale, act: BatchAct, problem: Option<BatchProblem>) -> BatchPage {
    let outcomes = [
        Outcome::Linked(PersonId("p1".to_owned())),
        Outcome::Created,
        Outcome::Rejected,
        Outcome::Own,
        Outcome::NoOnlyPerson,
        Outcome::Nameless,
        Outcome::UnitFirst,
    ];
    let line = |outcome: Outcome| BatchLine {
        name: "YmQvMQ".to_owned(),
        account: typed(),
        username: typed(),
        full_name: typed(),
        outcome,
    };
    let lines = outcomes.map(line).to_vec();
    BatchPage {
        chrome: chrome(locale),
        console: full(Section::Legacy),
        preview: Preview { act, lines, count: 3, more: true, digest: "d".to_owned() },
        query: format!("q={HOSTILE}"),
        reason: typed(),
        problem,
    }
}

fn saying(reason: Option<Reason>, said: &str) -> Saying {
    Saying {
        name: "x".to_owned(),
        source: typed(),
        told: ToldUnit { code: said.to_owned(), name: said.to_owned(), district: said.to_owned() },
        reason,
        candidates: vec![UnitId("u1".to_owned())],
        accounts: 12,
    }
}

fn sayings(locale: Locale) -> SayingsListPage {
    let line = |reason: Reason| SayingLine { saying: saying(Some(reason), HOSTILE), units: vec![typed(), typed()] };
    SayingsListPage {
        chrome: chrome(locale),
        console: full(Section::Legacy),
        unknown: true,
        is_city: true,
        lines: Reason::ALL.into_iter().map(line).collect(),
        next: Some(format!("/admin/legacy/sayings?after={HOSTILE}")),
        done: Some(3),
    }
}

fn one_saying(locale: Locale, problem: Option<Problem>) -> SayingPage {
    let accounts = vec![(typed(), typed(), "YmQvMQ".to_owned())];
    SayingPage {
        chrome: chrome(locale),
        console: full(Section::Legacy),
        sheet: SayingSheet { saying: saying(Some(Reason::Divided), HOSTILE), accounts, more: true, digest: "d".to_owned() },
        units: options(),
        code: typed(),
        reason: typed(),
        problem,
    }
}

fn file(state: State, report: Option<Report>) -> File {
    File {
        id: "f1".to_owned(),
        source: typed(),
        name: typed(),
        bytes: 100,
        encoding: None,
        state,
        by: PersonId("p1".to_owned()),
        at: Millis(1_795_309_200_000),
        rows: 12_000,
        bad: 3,
        report,
        problem: (typed(), typed()),
    }
}

fn report(contradicted: bool) -> Report {
    Report {
        encoding: typed(),
        detected: true,
        contradicted,
        rows: 12_000,
        bad: 3,
        added: 10,
        changed: 5,
        same: 1,
        passwords: BTreeMap::from([(typed(), 7)]),
        mistakes: vec![Mistake { line: 2, column: typed(), vi: typed(), en: typed() }],
        more: 4,
    }
}

fn files(locale: Locale, refused: Option<Refused>) -> FilesPage {
    FilesPage {
        chrome: chrome(locale),
        console: full(Section::Legacy),
        files: State::ALL.map(|state| (file(state, None), typed(), moment())).to_vec(),
        sources: options(),
        encodings: options(),
        refused,
    }
}

fn one_file(locale: Locale, file: File) -> FilePage {
    let console = full(Section::Legacy);
    FilePage { chrome: chrome(locale), console, file, sent: (typed(), moment()), encodings: options(), not_now: true }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let empty = ListPage {
        console: bare(Section::Legacy),
        filter: Filter::default(),
        no_unit: false,
        lines: Vec::new(),
        is_first: true,
        next: None,
        may_import: false,
        done: None,
        ..list(locale)
    };
    let no_preview = Preview { act: BatchAct::Link, lines: Vec::new(), count: 0, more: false, digest: String::new() };
    let no_batch = BatchPage {
        console: bare(Section::Legacy),
        preview: no_preview,
        query: String::new(),
        ..batch(locale, BatchAct::Link, None)
    };
    let no_sayings =
        SayingsListPage { console: bare(Section::Legacy), is_city: false, lines: Vec::new(), done: None, ..sayings(locale) };
    let no_saying = SayingPage {
        console: bare(Section::Legacy),
        sheet: SayingSheet { saying: saying(None, ""), accounts: Vec::new(), more: false, digest: String::new() },
        units: Vec::new(),
        ..one_saying(locale, None)
    };
    let no_files = FilesPage { console: bare(Section::Legacy), files: Vec::new(), ..files(locale, None) };
    let mut pages = vec![
        ("admin-legacy", list(locale).render_page()),
        ("admin-legacy", empty.render_page()),
        ("admin-legacy-account", account(locale, None, true).render_page()),
        ("admin-legacy-account", nothing_of_it(locale).render_page()),
        ("admin-legacy-batch", no_batch.render_page()),
        ("admin-legacy-sayings", sayings(locale).render_page()),
        ("admin-legacy-sayings", no_sayings.render_page()),
        ("admin-legacy-saying", one_saying(locale, None).render_page()),
        ("admin-legacy-saying", no_saying.render_page()),
        ("admin-legacy-imports", files(locale, None).render_page()),
        ("admin-legacy-imports", no_files.render_page()),
    ];
    for problem in Problem::ALL {
        pages.push(("admin-legacy-account", account(locale, Some(problem), false).render_page()));
        pages.push(("admin-legacy-saying", one_saying(locale, Some(problem)).render_page()));
    }
    for act in BatchAct::ALL {
        for problem in [None, Some(BatchProblem::Reason), Some(BatchProblem::Changed), Some(BatchProblem::Nothing)] {
            pages.push(("admin-legacy-batch", batch(locale, act, problem).render_page()));
        }
    }
    for refused in Refused::ALL {
        pages.push(("admin-legacy-imports", files(locale, Some(refused)).render_page()));
    }
    for state in State::ALL {
        for told in [None, Some(report(false)), Some(report(true)), Some(Report::default())] {
            pages.push(("admin-legacy-import", one_file(locale, file(state, told)).render_page()));
        }
    }
    pages
}

#[test]
fn whoever_may_merge_is_led_to_it_and_nobody_by_an_account_of_their_own() {
    let html = account(Locale::Vi, None, false).render_page();
    let own = account(Locale::Vi, None, true).render_page();

    assert_eq!(html.matches(" id=\"legacy-merge-").count(), 2, "where both are within reach: {html}");
    assert!(!own.contains("legacy-merge-"), "{own}");
}
