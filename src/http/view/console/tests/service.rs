//! The service itself: figures, records, keys, processes, receipts of sign-outs.

use super::{HOSTILE, Row, bare, chrome, full, moment, options, pages_of_many, typed};
use crate::base::clock::Millis;
use crate::base::id::UnitId;
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::audit::{
    AuditFields, AuditPage, AuditProblem, ChainCard, EntryLine, EntryPage, PlaceView, Standing, Who,
};
use crate::http::view::console::keys::{KeyRow, KeysPage, KeysProblem, Spans, WaitingRow};
use crate::http::view::console::nodes::{NodeLine, NodesPage};
use crate::http::view::console::overview::OverviewPage;
use crate::http::view::console::parts::Pages;
use crate::http::view::console::receipts::{ReceiptRow, ReceiptsDone, ReceiptsPage};
use crate::model::signing_key::State;
use crate::service::figures::{Gauges, Method, Overview, Reason, Slot, Span};
use crate::service::logout::receipts::Outcome;
use crate::service::reorganization::Waiting;
use crate::service::trail::report::Wrong;
use crate::service::trail::told::{Change, Told};
use time::macros::date;

/// Midnight in Vietnam.
const MIDNIGHT: i64 = 1_795_280_400_000;

fn figures(span: Span, whole: bool) -> Overview {
    let slot = |place: i64| Slot {
        begins: Millis(MIDNIGHT + place * 3_600_000),
        sign_ins: (place < 9).then_some(place * 100),
        sign_ins_before: place * 90,
        failures: (place < 9).then_some(1),
        failures_before: 0,
    };
    // More than a table names.
    let many = || (0..20_i64).map(|place| 2_000 - place);
    Overview {
        whole,
        span,
        slots: (0..24).map(slot).collect(),
        sign_ins: 40_000,
        compared: (3_600, 3_240),
        failures: 9,
        reasons: vec![(Reason::First, 6), (Reason::Second, 2), (Reason::Throttled, 1)],
        methods: vec![
            (Method::Passkey, 20_000),
            (Method::App, 10_000),
            (Method::Mail, 5_000),
            (Method::Password, 4_000),
            (Method::Other, 1_000),
        ],
        units: many().map(|count| (Some(UnitId(format!("u{count}"))), count)).chain([(None, 7)]).collect(),
        clients: many().map(|count| (format!("c{count}"), count)).collect(),
        gauges: Gauges { at: Some(Millis(MIDNIGHT)), signed_in: 1_284, people: 48_912, with_passkey: 22_490 },
    }
}

fn waiting(stage: Option<String>) -> Waiting {
    Waiting { plan: typed(), title: typed(), effective: date!(2027 - 01 - 01), stage, why: typed() }
}

fn overview(locale: Locale, span: Span, whole: bool) -> OverviewPage {
    let overview = figures(span, whole);
    OverviewPage {
        chrome: chrome(locale),
        console: full(Section::Overview),
        units: overview.units.iter().map(|(unit, _)| unit.as_ref().map(|_| typed())).collect(),
        clients: overview.clients.iter().map(|_| typed()).collect(),
        overview,
        updated: Some(moment()),
        waiting: [None, Some(typed())].into_iter().map(waiting).collect(),
    }
}

fn no_overview(locale: Locale) -> OverviewPage {
    let overview = Overview {
        slots: Vec::new(),
        sign_ins: 0,
        compared: (0, 0),
        failures: 0,
        reasons: Vec::new(),
        methods: Vec::new(),
        units: Vec::new(),
        clients: Vec::new(),
        gauges: Gauges::default(),
        ..figures(Span::Today, true)
    };
    OverviewPage {
        console: bare(Section::Overview),
        overview,
        units: Vec::new(),
        clients: Vec::new(),
        updated: None,
        waiting: Vec::new(),
        ..self::overview(locale, Span::Today, true)
    }
}

fn entry(event: &str, seq: Option<i64>, actor: Who, person: Who) -> EntryLine {
    let change = |before: &str, after: &str| Change { name: typed(), before: before.to_owned(), after: after.to_owned() };
    let told = Told {
        reason: Some(typed()),
        acting_as: Some(typed()),
        // More than a list shows.
        changes: vec![change(HOSTILE, ""), change("", HOSTILE), change(HOSTILE, HOSTILE), change("a", "b"), change("c", "d")],
        rest: vec![(typed(), typed())],
    };
    EntryLine {
        id: "e1".to_owned(),
        seq,
        when: moment(),
        event: event.to_owned(),
        actor,
        person,
        client: typed(),
        address: typed(),
        request: typed(),
        told,
    }
}

fn entries() -> Vec<EntryLine> {
    let known = Who { name: Some(typed()), id: "p1".to_owned() };
    let beyond = Who { name: None, id: typed() };
    let bare = EntryLine { told: Told::default(), ..entry(HOSTILE, None, beyond.clone(), Who::default()) };
    vec![
        entry("person.edited", Some(1_284), known.clone(), beyond.clone()),
        entry(HOSTILE, Some(7), beyond, known.clone()),
        entry("sign_in.succeeded", None, known.clone(), known),
        bare,
    ]
}

fn records(locale: Locale, standing: Option<Standing>, problem: Option<AuditProblem>) -> AuditPage {
    let known = standing.as_ref().is_some_and(|standing| *standing != Standing::Nothing);
    let chain = standing.map(|standing| ChainCard {
        seal: known.then(|| (1_284, moment())),
        standing,
        ran: known.then(moment),
        stream: known.then_some((1_200, 84)),
    });
    AuditPage {
        chrome: chrome(locale),
        console: full(Section::Audit),
        fields: AuditFields {
            who: typed(),
            whom: typed(),
            client: typed(),
            event: typed(),
            address: typed(),
            request: typed(),
            from: typed(),
            to: typed(),
        },
        events: vec!["sign_in.*".to_owned(), typed()],
        lines: entries(),
        pages: pages_of_many(),
        exports: vec![("CSV".to_owned(), format!("/admin/audit/export?who={HOSTILE}"))],
        chain,
        problem,
    }
}

fn no_records(locale: Locale) -> AuditPage {
    AuditPage {
        console: bare(Section::Audit),
        fields: AuditFields::default(),
        events: Vec::new(),
        lines: Vec::new(),
        pages: Pages::default(),
        exports: Vec::new(),
        ..records(locale, None, None)
    }
}

fn record(locale: Locale, line: EntryLine, place: Option<PlaceView>) -> EntryPage {
    EntryPage {
        chrome: chrome(locale),
        console: full(Section::Audit),
        line,
        time: "2026-11-22T01:00:00.000Z".to_owned(),
        kind: "audit",
        detail: typed(),
        is_ours: place.is_some(),
        place,
    }
}

fn of_records(locale: Locale) -> Vec<Row> {
    let mut pages = vec![("admin-audit", no_records(locale).render_page())];
    let wrongs = [Wrong::Altered, Wrong::Missing, Wrong::Added, Wrong::Reordered, Wrong::Seal];
    let broken = wrongs.map(|wrong| Standing::Broken { wrong, seq: Some(1_284), id: Some("e1".to_owned()) });
    let others = [Standing::Nothing, Standing::Whole(0), Standing::Whole(1_284)];
    let unknown = Standing::Broken { wrong: Wrong::Seal, seq: None, id: None };
    for standing in broken.into_iter().chain(others).chain([unknown]) {
        pages.push(("admin-audit", records(locale, Some(standing), None).render_page()));
    }
    let problems = [
        AuditProblem::Who,
        AuditProblem::Whom,
        AuditProblem::Client,
        AuditProblem::Event,
        AuditProblem::Address,
        AuditProblem::Request,
        AuditProblem::Days,
        AuditProblem::TooLong,
    ];
    pages.extend(problems.map(|problem| ("admin-audit", records(locale, None, Some(problem)).render_page())));
    let places = [
        None,
        Some(PlaceView { seq: 7, holds: true, follows: None, sealed: None }),
        Some(PlaceView { seq: 7, holds: false, follows: Some(true), sealed: Some((9, moment(), true)) }),
        Some(PlaceView { seq: 7, holds: true, follows: Some(false), sealed: Some((9, moment(), false)) }),
    ];
    for (line, place) in entries().into_iter().zip(places) {
        pages.push(("admin-audit-entry", record(locale, line, place).render_page()));
    }
    pages
}

fn keys(locale: Locale, dropping: bool, problem: Option<KeysProblem>) -> KeysPage {
    let states = [State::Announced, State::Active, State::Retiring, State::Gone, State::Revoked];
    let key = |state| KeyRow {
        kid: typed(),
        algorithm: "ES256".to_owned(),
        state,
        announced: moment(),
        active: moment(),
        retiring: Some(moment()),
        gone: Some(moment()),
    };
    let waiting = |revokes| WaitingRow { id: "a1".to_owned(), revokes, subject: typed(), reason: typed(), at: moment() };
    KeysPage {
        chrome: chrome(locale),
        console: full(Section::Keys),
        keys: states.map(key).to_vec(),
        spans: Spans { active_days: 90, announce_hours: 48, keep_days: 8 },
        waiting: vec![waiting(true), waiting(false)],
        may_change: true,
        dropping: dropping.then(typed),
        reason: typed(),
        problem,
    }
}

fn no_keys(locale: Locale) -> KeysPage {
    let console = bare(Section::Keys);
    let page = keys(locale, false, None);
    KeysPage { console, keys: Vec::new(), waiting: Vec::new(), may_change: false, reason: String::new(), ..page }
}

fn nodes(locale: Locale) -> NodesPage {
    let line = |away, skewed| NodeLine {
        name: typed(),
        address: typed(),
        version: typed(),
        started: moment(),
        seen: moment(),
        away,
        skew_ms: -2_345,
        skewed,
    };
    let other = NodeLine { version: "0.9.0".to_owned(), ..line(false, false) };
    let lines = vec![line(false, false), line(true, true), other];
    NodesPage { chrome: chrome(locale), console: full(Section::Nodes), lines }
}

fn receipts(locale: Locale, outcome: Option<Outcome>, done: Option<ReceiptsDone>) -> ReceiptsPage {
    let row = |outcome| ReceiptRow {
        id: "d1".to_owned(),
        client_name: typed(),
        uri: typed(),
        sign_on: typed(),
        created: moment(),
        outcome,
        at: moment(),
        attempts: 3,
        last_answer: typed(),
        may_retry: true,
    };
    ReceiptsPage {
        chrome: chrome(locale),
        console: full(Section::Receipts),
        rows: [Outcome::Delivered, Outcome::Waiting, Outcome::Dead].map(row).to_vec(),
        pages: pages_of_many(),
        waiting: 1_284,
        dead: 3,
        outcome,
        client: typed(),
        clients: options(),
        may_retry: true,
        done,
    }
}

fn no_receipts(locale: Locale) -> ReceiptsPage {
    ReceiptsPage {
        console: bare(Section::Receipts),
        rows: Vec::new(),
        pages: Pages::default(),
        waiting: 0,
        dead: 0,
        client: String::new(),
        clients: Vec::new(),
        may_retry: false,
        ..receipts(locale, None, None)
    }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let no_nodes = NodesPage { console: bare(Section::Nodes), lines: Vec::new(), ..nodes(locale) };
    let mut pages = vec![
        ("admin-overview", no_overview(locale).render_page()),
        ("admin-keys", keys(locale, false, None).render_page()),
        ("admin-keys", keys(locale, true, None).render_page()),
        ("admin-keys", keys(locale, true, Some(KeysProblem::NoReason)).render_page()),
        ("admin-keys", keys(locale, false, Some(KeysProblem::NoReason)).render_page()),
        ("admin-keys", keys(locale, false, Some(KeysProblem::NoSuch)).render_page()),
        ("admin-keys", no_keys(locale).render_page()),
        ("admin-nodes", nodes(locale).render_page()),
        ("admin-nodes", no_nodes.render_page()),
        ("admin-receipts", no_receipts(locale).render_page()),
    ];
    for span in Span::ALL {
        for whole in [true, false] {
            pages.push(("admin-overview", overview(locale, span, whole).render_page()));
        }
    }
    for outcome in [None, Some(Outcome::Delivered), Some(Outcome::Waiting), Some(Outcome::Dead)] {
        for done in [None, Some(ReceiptsDone::Again(3)), Some(ReceiptsDone::Nothing)] {
            pages.push(("admin-receipts", receipts(locale, outcome, done).render_page()));
        }
    }
    pages.extend(of_records(locale));
    pages
}
