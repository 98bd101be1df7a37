//! The pages of the records, in every language.

use super::names::event_name;
use super::*;
use crate::base::locale::Locale;
use crate::base::words::words;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::service::trail::report::Wrong;
use crate::service::trail::told::Told;
use std::collections::{BTreeMap, BTreeSet};

fn console() -> Console {
    let open = vec![Section::Audit];
    Console { section: Section::Audit, name: String::new(), scope: String::new(), open, alarm: None }
}

fn line() -> EntryLine {
    EntryLine {
        id: "01939c2e-7c00-7000-8000-000000000000".to_owned(),
        seq: Some(1_284),
        when: "08:00, 22/11/2026".to_owned(),
        event: "person.edited".to_owned(),
        actor: Who { name: Some("Nguyễn Văn <Kim> (kim)".to_owned()), id: "a".to_owned() },
        person: Who::default(),
        client: "tthc".to_owned(),
        address: "203.0.113.7".to_owned(),
        request: "4F7K-22QW-9A".to_owned(),
        told: Told::of(r#"{"acting_as":"system","changed":{"email":{"before":"a@v.vn","after":null}},"reason":"<QĐ 1>"}"#),
    }
}

fn list(locale: Locale, lines: Vec<EntryLine>, problem: Option<AuditProblem>) -> String {
    let chain = ChainCard {
        seal: Some((1_284, "08:00, 22/11/2026".to_owned())),
        standing: Standing::Broken { wrong: Wrong::Altered, seq: Some(7), id: Some("b".to_owned()) },
        ran: Some("08:01, 22/11/2026".to_owned()),
        stream: Some((1_200, 84)),
    };
    let page = AuditPage {
        chrome: Chrome { locale, ..Chrome::default() },
        console: console(),
        fields: AuditFields { address: "somewhere".to_owned(), ..AuditFields::default() },
        events: Vec::new(),
        lines,
        pages: Pages::default(),
        exports: vec![("CSV".to_owned(), "/admin/audit/export?format=csv".to_owned())],
        chain: Some(chain),
        problem,
    };
    page.render_page()
}

#[test]
fn a_list_says_who_did_what_as_what_and_why() {
    for locale in Locale::ALL {
        let html = list(locale, vec![line()], None);
        assert!(html.contains("data-page=\"admin-audit\""), "{html}");
        assert!(!html.contains("<QĐ") && !html.contains("<Kim>"));
        assert!(html.contains("a@v.vn") && html.contains("/admin/audit/b"));

        let html = list(locale, vec![line()], Some(AuditProblem::Address));
        assert!(html.contains("id=\"address-problem\"") && !html.contains("a@v.vn"), "{html}");
    }
}

#[test]
fn an_entry_says_what_holds_of_it() {
    for locale in Locale::ALL {
        let place = PlaceView { seq: 7, holds: false, follows: Some(true), sealed: Some((9, "08:00".to_owned(), true)) };
        let page = EntryPage {
            chrome: Chrome { locale, ..Chrome::default() },
            console: console(),
            line: line(),
            time: "2026-11-22T01:00:00.000Z".to_owned(),
            kind: "audit",
            detail: "{}".to_owned(),
            is_ours: false,
            place: Some(place),
        };

        let html = page.render_page();

        assert!(html.contains("data-page=\"admin-audit-entry\""), "{html}");
        assert_eq!(html.matches("class=\"tag bad\"").count(), 2, "the MAC and the place: {html}");
        assert_eq!(html.matches("class=\"tag ok\"").count(), 2);
    }
}

#[test]
fn an_entry_of_the_list_stays_light() {
    let name = Some("Nguyễn Thị Minh Khai (khai.ntm)".to_owned());
    let actor = Who { name, id: "01939c2e-7c00-7000-8000-000000000000".to_owned() };
    let entry = EntryLine { person: actor.clone(), actor, ..line() };
    for locale in Locale::ALL {
        let [one, many] = [1, 51].map(|count| list(locale, vec![entry.clone(); count], None).len());

        assert!((many - one) / 50 < 800, "{locale:?}: {} bytes", (many - one) / 50);
    }
}

/// The events of README's table: words with a dot, and the one without. Others in it are values of details.
fn told_in_readme() -> BTreeSet<&'static str> {
    const README: &str = include_str!("../../../../../README.md");
    let (_, rest) = README.split_once("| about | events |").expect("a table of events");
    let (table, _) = rest.split_once("**Mail**").expect("its end");
    let lines = table.lines().filter(|line| line.starts_with('|'));
    let words = lines.flat_map(|line| line.split('`').skip(1).step_by(2));
    words.filter(|word| word.contains('.') || *word == "sign_out").collect()
}

#[test]
fn every_event_that_readme_tells_of_has_a_name_of_its_own_in_every_language() {
    let events = told_in_readme();
    assert!(events.len() > 100 && events.contains("sign_out") && events.contains("legacy.matched"), "{events:?}");
    for locale in Locale::ALL {
        let t = words(locale);
        let nameless: Vec<&&str> = events.iter().filter(|event| event_name(t, event).is_none_or(str::is_empty)).collect();
        assert!(nameless.is_empty(), "{locale:?}: no name for {nameless:?}");
        let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for event in &events {
            named.entry(event_name(t, event).unwrap_or_default()).or_default().push(event);
        }
        let alike: Vec<_> = named.values().filter(|events| events.len() > 1).collect();
        assert!(alike.is_empty(), "{locale:?}: one name for {alike:?}");
        assert_eq!(event_name(t, "nothing.of_this_kind"), None);
    }
}

#[test]
fn an_event_is_shown_by_its_name_and_by_its_word() {
    for locale in Locale::ALL {
        let html = list(locale, vec![EntryLine { event: "legacy_account.retired".to_owned(), ..line() }], None);

        assert!(html.contains("<code class=\"sub\">legacy_account.retired</code>"), "{html}");
        assert!(html.contains(words(locale).event_legacy_account_retired.as_str()), "{html}");
    }
}
