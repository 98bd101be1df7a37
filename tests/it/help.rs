//! Help: open to everybody, whole in every language, and true to what the service itself says.

use crate::support::flows::visit;
use crate::support::{Browser, TestApp};
use motlan::base::locale::Locale;
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
async fn every_picture_that_a_guide_shows_is_there() {
    let app = TestApp::start().await;
    for locale in Locale::ALL {
        let mut browser = speaking(&app, locale);
        for guide in guides(&browser.get("/help").await.body) {
            let page = browser.get(&format!("/help/{guide}")).await;
            for rest in page.body.split("<img class=\"shot\" src=\"").skip(1) {
                let (address, tag) = rest.split_once('"').expect("an address");
                let picture = app.get(address).await;
                assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/webp")), "{address}");
                let tag = tag.split('>').next().unwrap_or_default();
                for part in [" alt=\"", " width=\"", " height=\"", "loading=\"lazy\""] {
                    assert!(tag.contains(part), "{address}: {part}");
                }
                assert!(address.contains(&format!(".{}.webp", locale.tag())), "{address}");
            }
        }
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
