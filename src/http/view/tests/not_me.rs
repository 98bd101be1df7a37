//! The pages of "this was not me".

use super::super::Page;
use super::{HOSTILE, chrome};
use crate::base::locale::Locale;
use crate::http::view::not_me::Doubted;
use crate::http::view::not_me::NotMe;
use crate::http::view::not_me::NotMeDone;
use crate::http::view::not_me::NotMeGone;

fn not_me(locale: Locale, doubted: Doubted) -> NotMe {
    NotMe { chrome: chrome(locale), doubted, what: HOSTILE.to_owned(), when: "07:42, 21/11/2026".to_owned() }
}

/// Each of them.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, String)> {
    vec![
        ("not-me", not_me(locale, Doubted::Link("token".to_owned())).render_page()),
        ("not-me", not_me(locale, Doubted::Own("n1".to_owned())).render_page()),
        ("not-me-done", NotMeDone { chrome: chrome(locale) }.render_page()),
        ("not-me-gone", NotMeGone { chrome: chrome(locale) }.render_page()),
    ]
}

#[test]
fn the_form_goes_where_its_proof_counts() {
    let link = not_me(Locale::Vi, Doubted::Link("token".to_owned())).render_page();
    let own = not_me(Locale::Vi, Doubted::Own("n1".to_owned())).render_page();

    assert!(link.contains("method=\"post\" action=\"/not-me\"") && link.contains("name=\"token\" value=\"token\""));
    assert!(own.contains("action=\"/account/notices\"") && own.contains("name=\"notice\" value=\"n1\""));
    assert!(own.contains("name=\"act\" value=\"not-mine\"") && !own.contains("name=\"token\""));
}
