//! Old systems: the list, one of them, its forms, and its removal.

use super::{HOSTILE, Row, bare, chrome, day, full, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::clients::{FormField, Shape};
use crate::http::view::console::sources::{
    Came, Named, NamingLine, Reading, RemovalProblem, SourceDone, SourceForm, SourceLine, SourcePage, SourceProblem,
    SourceRemoval, SourcesPage, Standing, State, UseLine,
};
use crate::model::legacy_source::SourceKind;
use crate::service::legacy::retirement::Kind;

fn line(kind: SourceKind, state: State) -> SourceLine {
    SourceLine { id: "bd".to_owned(), name: typed(), kind, province: "74".to_owned(), as_of: day(), sunset: day(), state }
}

fn list(locale: Locale) -> SourcesPage {
    let bare = SourceLine { province: String::new(), sunset: String::new(), ..line(SourceKind::Ldap, State::Over) };
    SourcesPage {
        chrome: chrome(locale),
        console: full(Section::Sources),
        lines: vec![line(SourceKind::Oidc, State::Open), line(SourceKind::Hashes, State::Stopped), bare],
        may_add: true,
    }
}

fn field(name: &'static str, problem: Option<String>) -> FormField {
    FormField { name, label: "Tên", hint: typed(), value: typed(), shape: Shape::Line, problem }
}

fn form(locale: Locale, kind: SourceKind, problem: Option<SourceProblem>) -> SourceForm {
    SourceForm {
        chrome: chrome(locale),
        console: full(Section::Sources),
        changed: None,
        version: 1,
        kind,
        fields: vec![field("id", None), field("name", Some(typed())), field("as_of", None)],
        settings: typed(),
        unread: Some(typed()),
        has_secret: false,
        problem,
    }
}

fn fine_form(locale: Locale, kind: SourceKind, has_secret: bool) -> SourceForm {
    SourceForm {
        console: bare(Section::Sources),
        changed: Some(("bd".to_owned(), typed())),
        fields: vec![field("name", None)],
        settings: String::new(),
        unread: None,
        has_secret,
        ..form(locale, kind, None)
    }
}

fn named(count: i64, names: usize) -> Named {
    Named { count, names: vec![typed(); names] }
}

fn one(locale: Locale, done: Option<SourceDone>, reason_missing: bool) -> SourcePage {
    let uses = [Kind::Subject, Kind::Unit, Kind::Scope].map(|kind| UseLine {
        client: "van-ban".to_owned(),
        name: typed(),
        kind,
        people: named(1_284, 2),
        last: day(),
    });
    let naming = |belongs, keeps_subjects| NamingLine { client: "van-ban".to_owned(), name: typed(), belongs, keeps_subjects };
    SourcePage {
        chrome: chrome(locale),
        console: full(Section::Sources),
        line: line(SourceKind::Oidc, State::Open),
        settings: typed(),
        has_secret: true,
        standing: Standing {
            linked: 2_000,
            signed_in: 716,
            waiting: 12,
            locked: 41,
            to_come: named(1_284, 2),
            leaning: named(3, 3),
            uses: uses.to_vec(),
            named_by: vec![naming(true, true), naming(false, true)],
            safe: false,
            days: 30,
        },
        reading: None,
        may_edit: true,
        may_remove: true,
        asked: None,
        done,
        reason_missing,
    }
}

fn read(locale: Locale, came: Option<Came>) -> SourcePage {
    let reading = Reading { begun: day(), seen: 9_000, came };
    SourcePage { line: line(SourceKind::Ldap, State::Open), reading: Some(reading), ..one(locale, None, false) }
}

fn safe(locale: Locale, state: State) -> SourcePage {
    SourcePage {
        console: bare(Section::Sources),
        line: SourceLine { province: String::new(), sunset: String::new(), ..line(SourceKind::Hashes, state) },
        settings: String::new(),
        has_secret: false,
        standing: Standing {
            linked: 0,
            signed_in: 0,
            waiting: 0,
            locked: 0,
            to_come: Named::default(),
            leaning: Named::default(),
            uses: Vec::new(),
            named_by: Vec::new(),
            safe: true,
            days: 30,
        },
        asked: Some("r1".to_owned()),
        ..one(locale, None, false)
    }
}

fn removal(locale: Locale, problem: Option<RemovalProblem>) -> SourceRemoval {
    SourceRemoval {
        chrome: chrome(locale),
        console: full(Section::Sources),
        id: "bd".to_owned(),
        name: typed(),
        accounts: 12_840,
        people: 1_284,
        safe: problem.is_none(),
        reason: typed(),
        problem,
    }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let nothing = SourcesPage { console: bare(Section::Sources), lines: Vec::new(), may_add: false, ..list(locale) };
    let looked_at = SourcePage { may_edit: false, may_remove: false, ..safe(locale, State::Over) };
    let nobody = SourcePage {
        standing: Standing { to_come: named(2, 0), leaning: Named::default(), ..one(locale, None, false).standing },
        ..one(locale, None, false)
    };
    let mut pages = vec![
        ("admin-sources", list(locale).render_page()),
        ("admin-sources", nothing.render_page()),
        ("admin-source", one(locale, None, true).render_page()),
        ("admin-source", safe(locale, State::Stopped).render_page()),
        ("admin-source", read(locale, None).render_page()),
        ("admin-source", read(locale, Some(Came::Done)).render_page()),
        ("admin-source", read(locale, Some(Came::Held { gone: 600, known: 9_000 })).render_page()),
        ("admin-source", read(locale, Some(Came::Empty)).render_page()),
        ("admin-source", read(locale, Some(Came::Failed(typed()))).render_page()),
        ("admin-source", looked_at.render_page()),
        ("admin-source", nobody.render_page()),
        ("admin-source-removal", removal(locale, None).render_page()),
        ("admin-source-removal", removal(locale, Some(RemovalProblem::NoReason)).render_page()),
        ("admin-source-removal", removal(locale, Some(RemovalProblem::Refused(HOSTILE.to_owned()))).render_page()),
    ];
    for done in [SourceDone::Added, SourceDone::Saved, SourceDone::Stopped, SourceDone::Resumed] {
        pages.push(("admin-source", one(locale, Some(done), false).render_page()));
    }
    for kind in SourceKind::ALL {
        for problem in [None, Some(SourceProblem::Refused(typed())), Some(SourceProblem::Taken), Some(SourceProblem::Stale)] {
            pages.push(("admin-source-form", form(locale, kind, problem).render_page()));
        }
        pages.push(("admin-source-form", fine_form(locale, kind, kind == SourceKind::Oidc).render_page()));
    }
    pages
}
