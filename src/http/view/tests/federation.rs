//! The pages around a sign-in at another provider.

use super::super::Page;
use super::{HOSTILE, chrome};
use crate::base::locale::Locale;
use crate::http::view::federation::Leaving;
use crate::http::view::federation::Trouble;
use crate::http::view::federation::TroubleKind;

fn trouble(locale: Locale, kind: TroubleKind, name: &str, request: Option<&str>) -> Trouble {
    Trouble {
        chrome: chrome(locale),
        kind,
        name: name.to_owned(),
        request: request.map(str::to_owned),
        reference: "7K4P-92MX-D3".to_owned(),
    }
}

/// Each of them.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, String)> {
    let address = "https://cu.example/auth?state=st&nonce=nn".to_owned();
    let leaving = Leaving { chrome: chrome(locale), name: HOSTILE.to_owned(), address };
    let mut pages = vec![("federation-leaving", leaving.render_page())];
    for kind in TroubleKind::ALL {
        pages.push(("federation", trouble(locale, kind, HOSTILE, Some("r1")).render_page()));
        pages.push(("federation", trouble(locale, kind, "", None).render_page()));
    }
    pages
}

#[test]
fn whoever_went_back_goes_on_with_what_waited() {
    let with = trouble(Locale::En, TroubleKind::Cancelled, "Bình Dương", Some("r1")).render_page();
    let without = trouble(Locale::En, TroubleKind::Over, "", None).render_page();

    assert!(with.contains("href=\"/signin?request=r1\"") && with.contains("data-error=\"federation_cancelled\""));
    assert!(without.contains("href=\"/signin\"") && without.contains("7K4P-92MX-D3"));
}
