//! What is on paper: where a page is from, and no forms that only a screen can send.

use super::every_page;
use crate::base::locale::Locale;

/// The pages of plans that people print, whose forms change something beside what they tell.
const WITHOUT_FORMS: [&str; 2] = ["admin-plan-since", "admin-plan-rules"];

#[test]
fn every_page_says_below_all_else_where_it_is_and_of_when() {
    for (name, html) in every_page(Locale::Vi) {
        let foot = "</main>\n<footer class=\"printed\">https://example/admin?x=1, 08:00, 22/11/2026</footer>";
        assert_eq!(html.matches("class=\"printed\"").count(), 1, "{name}");
        assert!(html.contains(foot), "{name}");
    }
}

#[test]
fn no_form_that_changes_something_is_printed_with_what_became_of_a_plan_or_its_rules() {
    let mut forms = 0;
    for (name, html) in every_page(Locale::Vi).into_iter().filter(|(name, _)| WITHOUT_FORMS.contains(name)) {
        let (_, main) = html.split_once("<main").expect("a main part");
        for (at, _) in main.match_indices("<form").filter(|(at, _)| main[*at..].split('>').next().is_some_and(is_sent)) {
            let around = ["<section", "<td"].iter().filter_map(|kind| main[..at].rfind(kind)).max().expect("a place");
            let tag = main[around..].split('>').next().expect("a tag");
            assert!(tag.contains("unprinted"), "{name}: {tag}");
            forms += 1;
        }
    }
    assert!(forms > 4, "{forms}");
}

fn is_sent(tag: &str) -> bool {
    tag.contains("method=\"post\"")
}
