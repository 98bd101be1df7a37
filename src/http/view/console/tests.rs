//! Every page of the console, full and empty, in every language, keeps the promises that all pages make.

mod approvals;
mod clients;
mod imports;
mod legacy;
mod merges;
mod onboarding;
mod people;
mod people_forms;
mod plan_worklist;
mod plans;
mod printed;
mod rights;
mod service;
mod sources;
mod units;

use super::{Console, Section};
use crate::base::clock::Millis;
use crate::base::locale::Locale;
use crate::base::words::words;
use crate::http::view::chrome::{Chrome, Help, TextSize, Theme};
use crate::http::view::console::parts::{Pages, SelectOption};
use crate::http::view::console::person::DayAsked;
use crate::service::administrators::alarm::Banner;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const HOSTILE: &str = "\"><script>alert(1)</script>";

/// A page as its name and its HTML.
type Row = (&'static str, String);

/// Something that somebody typed.
fn typed() -> String {
    HOSTILE.to_owned()
}

fn moment() -> String {
    "08:00, 22/11/2026".to_owned()
}

fn day() -> String {
    "22/11/2026".to_owned()
}

fn chrome(locale: Locale) -> Chrome {
    Chrome {
        locale,
        theme: Theme::Dark,
        text: TextSize::Two,
        csrf: "token".to_owned(),
        back: "/admin".to_owned(),
        owner: "Ủy ban nhân dân Thành phố Hồ Chí Minh".to_owned(),
        city: "Thành phố Hồ Chí Minh".to_owned(),
        seal: None,
        shared: false,
        printed: "https://example/admin?x=1, 08:00, 22/11/2026".to_owned(),
        help: Help::default(),
    }
}

/// What surrounds a full page: every section is open, and the account for the worst day was used.
fn full(section: Section) -> Console {
    let alarm = Banner::Used { username: typed(), at: Millis(1_795_309_200_000), count: 3 };
    Console { section, name: typed(), scope: typed(), open: Section::GROUPS.concat(), alarm: Some(alarm) }
}

/// What surrounds an empty page: nothing but its own section is open.
fn bare(section: Section) -> Console {
    Console { section, name: "Lê Quang Minh".to_owned(), scope: String::new(), open: vec![section], alarm: None }
}

/// A day that is not today.
fn another_day(address: &str) -> DayAsked {
    DayAsked { address: address.to_owned(), on: typed(), is_wrong: false, shown: Some(day()) }
}

/// What was typed is no day.
fn no_day(address: &str) -> DayAsked {
    DayAsked { is_wrong: true, shown: None, ..another_day(address) }
}

fn pages_of_many() -> Pages {
    let turned = |to: &str| Some(format!("/admin?{to}={HOSTILE}"));
    Pages { shown: "26 - 50".to_owned(), previous: turned("before"), next: turned("after") }
}

fn options() -> Vec<SelectOption> {
    vec![SelectOption { value: typed(), label: typed(), chosen: true }, SelectOption::default()]
}

/// Every page with its `data-page`, full ones and empty ones.
fn every_page(locale: Locale) -> Vec<Row> {
    let areas: [fn(Locale) -> Vec<Row>; 14] = [
        approvals::pages,
        clients::pages,
        imports::pages,
        legacy::pages,
        merges::pages,
        onboarding::pages,
        people::pages,
        people_forms::pages,
        plans::pages,
        rights::pages,
        service::pages,
        sources::pages,
        units::pages,
        plan_worklist::pages,
    ];
    areas.into_iter().flat_map(|pages| pages(locale)).collect()
}

/// What stands in an attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let begins = format!(" {name}=\"");
    tag.split_once(begins.as_str())?.1.split('"').next()
}

/// All values of an attribute.
fn values<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let begins = format!(" {name}=\"");
    html.split(begins.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Each tag of a kind: where it begins, and what stands in it.
fn tags<'a>(html: &'a str, kind: &str) -> Vec<(usize, &'a str)> {
    let begins = format!("<{kind} ");
    html.match_indices(begins.as_str()).filter_map(|(at, _)| Some((at, html[at..].split('>').next()?))).collect()
}

#[test]
fn no_template_of_the_console_is_without_a_full_page_and_an_empty_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/pages");
    let mut wanted = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the templates") {
        let entry = entry.expect("a file");
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.starts_with("console_") {
            let text = std::fs::read_to_string(entry.path()).expect("a template");
            let name = text.split_once("{% block page %}").and_then(|(_, rest)| rest.split('{').next()).expect("a name");
            assert!(wanted.insert(name.to_owned()), "{file}: {name} is the page of another template");
        }
    }
    let mut shown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, html) in every_page(Locale::Vi) {
        shown.entry(name).or_default().insert(html);
    }

    for name in &wanted {
        assert!(shown.get(name.as_str()).is_some_and(|pages| pages.len() > 1), "{name} is not shown both full and empty");
    }
    for name in shown.keys() {
        assert!(wanted.contains(*name), "{name} is the page of no template");
    }
}

#[test]
fn every_page_says_its_language_its_name_its_title_and_where_it_is() {
    for locale in Locale::ALL {
        let t = words(locale);
        for (name, html) in every_page(locale) {
            assert!(html.contains(&format!("<html lang=\"{}\" data-theme=\"dark\" data-text=\"2\">", locale.tag())), "{name}");
            assert!(html.contains(&format!("<main id=\"main\" tabindex=\"-1\" data-page=\"{name}\"")), "{name}");
            assert!(html.contains(&format!(" - {}</title>", t.product)), "{name}");
            assert_eq!(html.matches("<h1").count(), 1, "{name}");
            assert!(
                html.contains("href=\"#main\"") && html.contains("aria-current=\"true\""),
                "{name}: the way in, and the rail"
            );
            let wrong = html.contains("class=\"summary\"") || html.contains("id=\"second\"");
            assert_eq!(html.contains(&format!("<title>{}", t.error_prefix)), wrong, "{name}: a mistake is said in the title");
        }
    }
}

#[test]
fn no_page_holds_inline_style_or_script_or_an_unfilled_word_or_what_was_typed_as_it_was_typed() {
    for locale in Locale::ALL {
        for (name, html) in every_page(locale) {
            for refused in ["style=", "<style", "javascript:", " onclick=", " onload=", "=\"data:", HOSTILE, "alert(1)</script>"]
            {
                assert!(!html.contains(refused), "{name}: {refused}");
            }
            for script in html.split("<script").skip(1) {
                assert!(script.starts_with(" src=\"/assets/") && script.contains("defer></script>"), "{name}");
            }
            for brace in ['{', '}'] {
                let around = html.find(brace).map(|at| html[..at].chars().rev().take(80).collect::<Vec<_>>());
                let around: String = around.unwrap_or_default().into_iter().rev().collect();
                assert!(!html.contains(brace), "{name}: after {around}");
            }
        }
    }
}

#[test]
fn every_id_is_used_once_and_what_is_pointed_at_is_there() {
    for (name, html) in every_page(Locale::Vi) {
        let all = values(&html, "id");
        let ids: BTreeSet<&str> = all.iter().copied().collect();
        for id in &ids {
            assert_eq!(all.iter().filter(|other| *other == id).count(), 1, "{name}: {id}");
        }
        let mut targets: Vec<&str> = values(&html, "href").into_iter().filter_map(|link| link.strip_prefix('#')).collect();
        for kind in ["for", "aria-describedby", "aria-labelledby", "list"] {
            for value in values(&html, kind) {
                targets.extend(value.split_whitespace());
            }
        }
        for target in targets {
            assert!(ids.contains(target), "{name}: {target} is not there");
        }
    }
}

#[test]
fn every_field_has_a_name_and_every_table_says_of_what_it_is() {
    for locale in Locale::ALL {
        for (name, html) in every_page(locale) {
            let labels = values(&html, "for");
            for (at, tag) in ["input", "select", "textarea"].iter().flat_map(|kind| tags(&html, kind)) {
                let hidden = attribute(tag, "type") == Some("hidden");
                let said = attribute(tag, "aria-label").is_some_and(|label| !label.is_empty());
                let labelled = attribute(tag, "id").is_some_and(|id| labels.contains(&id));
                let within = html[..at].rfind("<label") > html[..at].rfind("</label>");
                assert!(hidden || said || labelled || within, "{name}: {tag}");
            }
            for table in html.split("<table").skip(1) {
                assert!(table.split("</table>").next().is_some_and(|table| table.contains("<caption")), "{name}");
            }
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token_and_no_other_does() {
    for (name, html) in every_page(Locale::En) {
        for form in html.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next()) {
            let posts = form.split('>').next().is_some_and(|tag| tag.contains("method=\"post\""));
            let token = "<input type=\"hidden\" name=\"csrf\" value=\"token\">";
            assert_eq!(form.matches(token).count(), usize::from(posts), "{name}: {form}");
            assert!(posts || !form.contains("name=\"csrf\""), "{name}: a token in an address: {form}");
        }
    }
}

#[test]
fn sheets_within_a_form_have_room_between_them() {
    for (name, html) in every_page(Locale::Vi) {
        for form in html.split("<form").skip(1).filter_map(|rest| rest.split("</form>").next()) {
            let is_stack = form.split('>').next().is_some_and(|tag| tag.contains(" class=\"stack\""));
            assert!(is_stack || !form.contains("class=\"sheet\""), "{name}: {form}");
        }
    }
}

#[test]
fn every_language_says_it_in_its_own_words() {
    let mut same = Vec::new();
    for ((name, vi), (_, en)) in every_page(Locale::Vi).into_iter().zip(every_page(Locale::En)) {
        let heading = |html: &str| html.split_once("<h1").and_then(|(_, rest)| rest.split("</h1>").next()).map(str::to_owned);
        if heading(&vi) == heading(&en) {
            same.push(name);
        }
        assert_ne!(vi, en, "{name}");
    }
    // Where the heading is what a person, a unit or a system is called.
    let named = ["admin-client", "admin-review-unit", "admin-rights-person", "admin-unit", "admin-audit-entry"];
    same.retain(|name| !named.contains(name) && !name.starts_with("admin-person"));
    assert!(same.is_empty(), "{same:?} are headed alike in both languages");
}
