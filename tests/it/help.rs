//! Help: open to everybody, whole in every language, and true to what the service itself says.

use crate::support::flows::visit;
use crate::support::{Browser, TestApp};
use motlan::base::locale::Locale;
use motlan::http::view::guides::find;
use motlan::protocol::scope;

const COOKIE: &str = "__Host-motlan_prefs";
/// No page is larger, pictures and all that every page brings aside.
const MOST_BYTES: usize = 60_000;

fn speaking(app: &TestApp, locale: Locale) -> Browser {
    let mut browser = app.browser();
    browser.cookies.insert(COOKIE.to_owned(), format!("{}..", locale.tag()));
    browser
}

/// The guides that a page leads to.
fn guides(body: &str) -> Vec<String> {
    let links = body.split("<a class=\"tile\" href=\"/help/").skip(1);
    links.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// The files of the pictures that a guide names, in their order.
fn named(locale: Locale, guide: &str) -> Vec<String> {
    let (_, guide) = find(locale, guide).expect("a guide");
    let steps = guide.section.iter().flat_map(|section| &section.step);
    steps.filter_map(|step| step.picture.as_ref()).map(|page| format!("{page}.{}.webp", locale.tag())).collect()
}

/// The pictures that a guide shows: their addresses, each with the rest of its element.
fn pictures(body: &str) -> Vec<(String, String)> {
    let elements = body.split("<img ").skip(1).filter_map(|rest| rest.split('>').next());
    let pictures = elements.filter_map(|element| Some((element.split_once("src=\"")?.1.split('"').next()?, element)));
    let of_help = pictures.filter(|(address, _)| address.contains("/help/"));
    of_help.map(|(address, element)| (address.to_owned(), element.to_owned())).collect()
}

/// The file behind an address.
fn file_name(address: &str) -> Option<&str> {
    address.split('?').next()?.rsplit('/').next()
}

#[tokio::test]
async fn every_guide_opens_for_everybody_in_every_language() {
    let app = TestApp::start().await;
    let mut all = Vec::new();
    for locale in Locale::ALL {
        let mut browser = speaking(&app, locale);
        let index = browser.get("/help").await;
        assert_eq!((index.status, index.page()), (200, Some("help")));
        let found = guides(&index.body);
        for guide in &found {
            let page = browser.get(&format!("/help/{guide}")).await;
            assert_eq!((page.status, page.page()), (200, Some("help-guide")), "{guide}");
            assert!(page.body.contains(&format!("<html lang=\"{}\"", locale.tag())), "{guide}");
            assert!(page.body.contains("<ol class=\"guided\">"), "{guide}: steps");
            assert!(!page.body.contains(['{', '}']), "{guide}: a word is missing");
            assert!(page.body.len() < MOST_BYTES, "{guide}: {} bytes", page.body.len());
        }
        all.push(found);
    }
    for (locale, found) in Locale::ALL.into_iter().zip(&all) {
        assert_eq!(found, &all[0], "{locale:?}: the same guides as in Vietnamese");
    }
    for audience in ["sign-in", "lost-phone", "forgotten-password", "shared-computer", "one-time-code", "connect"] {
        assert!(all[0].iter().any(|guide| guide == audience), "{audience}");
    }
}

#[tokio::test]
async fn developers_are_told_what_discovery_tells() {
    let app = TestApp::start().await;
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    let page = app.get("/help/connect").await;

    let members = metadata.as_object().expect("an object");
    let addresses: Vec<&str> = members
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
        .filter_map(|(_, value)| value.as_str())
        .collect();
    assert!(addresses.len() > 5);
    for address in addresses {
        assert!(page.body.contains(&format!("<dd><code>{address}</code></dd>")), "{address}");
    }
    for scope in scope::ALL {
        assert!(page.body.contains(&format!("<dt><code>{scope}</code></dt>")), "{scope}");
    }
    assert!(page.body.contains("issuer-uri=https://id.example"));
}

#[tokio::test]
async fn every_picture_that_a_guide_names_is_shown_and_is_there() {
    let app = TestApp::start().await;
    for locale in Locale::ALL {
        let mut browser = speaking(&app, locale);
        let mut illustrated = 0;
        for guide in guides(&browser.get("/help").await.body) {
            let page = browser.get(&format!("/help/{guide}")).await;
            let shown = pictures(&page.body);
            let names: Vec<&str> = shown.iter().filter_map(|(address, _)| file_name(address)).collect();
            assert_eq!(names, named(locale, &guide), "{guide} in {locale:?}");
            illustrated += usize::from(!shown.is_empty());
            for (address, tag) in shown {
                let picture = app.get(&address).await;
                assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/webp")), "{address}");
                for part in [" alt=\"", " width=\"", " height=\"", "loading=\"lazy\""] {
                    assert!(tag.contains(part), "{address}: {part}");
                }
            }
        }
        assert!(illustrated > 5, "{illustrated} guides with pictures in {locale:?}");
    }
}

#[tokio::test]
async fn an_unknown_guide_is_an_ordinary_missing_page() {
    let app = TestApp::start().await;
    for id in ["nothing", "..%2Fsign-in", "%F0%9F%99%82", "sign-in%00", "SIGN-IN"] {
        let page = app.get(&format!("/help/{id}")).await;
        assert_eq!((page.status, page.error_page()), (404, Some("not_found")), "{id}");
    }
}

#[tokio::test]
async fn whoever_is_signed_on_keeps_the_tabs_and_strangers_have_none() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();
    browser.sign_in(&kim, "/signin").await;

    for path in ["/help", "/help/passkey"] {
        assert!(visit(&mut browser, path).await.body.contains("class=\"tabs\""), "{path}");
        assert!(!app.get(path).await.body.contains("class=\"tabs\""), "{path}");
    }
}
