//! Two persons who are one: the pages about them.

use super::{HOSTILE, Row, bare, chrome, day, full, moment, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::merges::{
    Candidate, Chosen, Compared, MergeLine, MergePage, MergeUndoPage, MergesPage, Restored, Things, UndoShown, Wrong, fact_said,
    later_said, refusal_said, role_stays, undo_refusal_said,
};
use crate::http::view::console::parts::{Pages, Said};
use crate::service::legacy::merge::{Filled, Later, Method, Refusal, RoleFate, UndoRefusal};

const REFUSALS: [Refusal; 10] = [
    Refusal::Oneself,
    Refusal::Erased,
    Refusal::MergedAlready,
    Refusal::KeptWasMerged,
    Refusal::KeptDisabled,
    Refusal::NumbersDiffer,
    Refusal::Administrators,
    Refusal::RunsService,
    Refusal::EndedAbove,
    Refusal::Brings,
];

const UNDO_REFUSALS: [UndoRefusal; 8] = [
    UndoRefusal::NotThere,
    UndoRefusal::Erased,
    UndoRefusal::KeptWasMerged,
    UndoRefusal::Later,
    UndoRefusal::NumberTaken,
    UndoRefusal::SubjectTaken,
    UndoRefusal::Administrators,
    UndoRefusal::EndedAbove,
];

fn later() -> Vec<Later> {
    let (client, role, source, legacy_id, title) = (typed(), typed(), typed(), typed(), typed());
    vec![
        Later::Fact { fact: Filled::Number },
        Later::Position { title: title.clone() },
        Later::NewPosition { title },
        Later::RoleTakenBack { client: client.clone(), role: role.clone() },
        Later::NewRole { client, role },
        Later::Account { source: source.clone(), legacy_id: legacy_id.clone() },
        Later::NewAccount { source: source.clone(), legacy_id: legacy_id.clone() },
        Later::PasswordGone { source: source.clone(), legacy_id: legacy_id.clone() },
        Later::Method { method: Method::Password, at: 1 },
        Later::MethodGone { method: Method::Codes },
        Later::MethodRemoved { method: Method::Passkey, at: 1 },
        Later::MethodRemoved { method: Method::App, at: 1 },
        Later::SubjectReturned { sector: typed(), source, legacy_id },
    ]
}

fn chosen(locale: Locale, refusal: Option<Refusal>) -> Chosen {
    let t = chrome(locale).t();
    let line = |differs| Compared { label: &t.profile_full_name, kept: typed(), merged: typed(), differs };
    let facts = [Filled::Number, Filled::BirthDate, Filled::EmployeeCode].map(|fact| fact_said(t, fact).to_owned());
    let fates = [RoleFate::Given, RoleFate::Held, RoleFate::NotTheirs, RoleFate::Idle, RoleFate::Undeclared];
    let roles = fates.into_iter().filter_map(|fate| role_stays(t, fate)).map(str::to_owned).collect();
    Chosen {
        id: "p2".to_owned(),
        full_name: typed(),
        username: typed(),
        seen: "seen".to_owned(),
        refusal: refusal.map(|refusal| refusal_said(t, refusal)),
        lines: vec![line(true), line(false)],
        moves: vec![Things { title: &t.console_merge_facts, items: facts.to_vec() }],
        stays: vec![Things { title: &t.console_merge_roles, items: roles }],
        swapped: "/admin/people/p2/merge?other=p1".to_owned(),
    }
}

fn merge(locale: Locale, refusal: Option<Refusal>, target: Option<&'static str>) -> MergePage {
    let found =
        Candidate { full_name: typed(), username: typed(), post: typed(), address: "/admin/people/p1/merge?other=p2".to_owned() };
    MergePage {
        chrome: chrome(locale),
        console: full(Section::People),
        id: "p1".to_owned(),
        full_name: typed(),
        username: typed(),
        q: typed(),
        found: Some(vec![found]),
        chosen: Some(chosen(locale, refusal)),
        reason: typed(),
        longest: 500,
        wrong: target.map(|target| Wrong { target, text: typed() }),
    }
}

fn undo(locale: Locale, refusal: Option<UndoRefusal>, target: Option<&'static str>) -> MergeUndoPage {
    let t = chrome(locale).t();
    let plan = UndoShown {
        kept: typed(),
        kept_address: "/admin/people/p1".to_owned(),
        when: moment(),
        why: typed(),
        back: Some(Restored {
            counts: vec![typed(), typed()],
            is_used: true,
            taken: vec![typed()],
            stays: later().iter().map(|later| later_said(t, later)).collect(),
        }),
        refusal: refusal.map(|refusal| undo_refusal_said(t, refusal)),
    };
    MergeUndoPage {
        chrome: chrome(locale),
        console: full(Section::People),
        id: "p2".to_owned(),
        full_name: typed(),
        username: typed(),
        plan: Some(plan),
        reason: typed(),
        longest: 500,
        wrong: target.map(|target| Wrong { target, text: typed() }),
    }
}

fn merges(locale: Locale) -> MergesPage {
    let t = chrome(locale).t();
    let line = |undo: Option<&str>, undone: Option<String>| MergeLine {
        at: day(),
        kept: typed(),
        kept_address: "/admin/people/p1".to_owned(),
        merged: typed(),
        merged_address: "/admin/people/p2".to_owned(),
        by: typed(),
        reason: typed(),
        undo: undo.map(str::to_owned),
        undone,
        stayed: later().iter().map(|later| later_said(t, later)).collect(),
    };
    MergesPage {
        chrome: chrome(locale),
        console: full(Section::People),
        said: Some(Said::ok(HOSTILE)),
        lines: vec![line(Some("/admin/people/p2/unmerge"), None), line(None, Some(typed()))],
        pages: pages_of_many(),
    }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::People);
    let nobody = MergePage {
        console: console(),
        q: String::new(),
        found: Some(Vec::new()),
        chosen: None,
        ..merge(locale, None, Some("q"))
    };
    let asked = MergePage { console: console(), q: String::new(), found: None, chosen: None, ..merge(locale, None, None) };
    let nothing = Chosen { moves: Vec::new(), stays: Vec::new(), lines: Vec::new(), ..chosen(locale, None) };
    let unlike = MergePage { chosen: Some(nothing), ..merge(locale, None, None) };
    let apart = MergeUndoPage { console: console(), plan: None, ..undo(locale, None, None) };
    let nothing_new = Restored { counts: Vec::new(), is_used: false, taken: Vec::new(), stays: Vec::new() };
    let undo_with = |refusal, back| {
        let page = undo(locale, refusal, None);
        MergeUndoPage { plan: page.plan.clone().map(|plan| UndoShown { back, ..plan }), ..page }
    };
    let (unchanged, erased) = (undo_with(None, Some(nothing_new)), undo_with(Some(UndoRefusal::Erased), None));
    let none = MergesPage { console: console(), said: None, lines: Vec::new(), pages: Pages::default(), ..merges(locale) };
    let mut pages = vec![
        ("admin-merge", nobody.render_page()),
        ("admin-merge", asked.render_page()),
        ("admin-merge", unlike.render_page()),
        ("admin-merge-undo", apart.render_page()),
        ("admin-merge-undo", unchanged.render_page()),
        ("admin-merge-undo", erased.render_page()),
        ("admin-merges", none.render_page()),
        ("admin-merges", merges(locale).render_page()),
    ];
    for target in ["reason", "sure", "compare"] {
        pages.push(("admin-merge", merge(locale, None, Some(target)).render_page()));
    }
    for target in ["reason", "standing"] {
        pages.push(("admin-merge-undo", undo(locale, None, Some(target)).render_page()));
    }
    pages.extend(REFUSALS.map(|refusal| ("admin-merge", merge(locale, Some(refusal), Some("compare")).render_page())));
    pages.extend(UNDO_REFUSALS.map(|refusal| ("admin-merge-undo", undo(locale, Some(refusal), None).render_page())));
    pages
}
