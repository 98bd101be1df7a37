//! Promises about how pages look: what a person chose stays chosen, in this browser, and nothing else does.

use crate::support::TestApp;

const COOKIE: &str = "__Host-motlan_prefs";

#[tokio::test]
async fn each_choice_is_kept_beside_the_others() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let first = browser.get("/").await;
    assert!(first.body.contains(r#"<html lang="vi" data-theme="auto" data-text="1">"#), "{}", first.body);

    let table = [
        (("theme", "dark"), r#"lang="vi" data-theme="dark" data-text="1""#),
        (("text", "3"), r#"lang="vi" data-theme="dark" data-text="3""#),
        (("locale", "en"), r#"lang="en" data-theme="dark" data-text="3""#),
        (("theme", "neon"), r#"lang="en" data-theme="dark" data-text="3""#),
        (("theme", "contrast"), r#"lang="en" data-theme="contrast" data-text="3""#),
        (("locale", "vi"), r#"lang="vi" data-theme="contrast" data-text="3""#),
    ];
    for (choice, shown) in table {
        let page = browser.get("/").await;
        let answer = browser.post("/preferences", &[("csrf", &page.hidden("csrf")), ("back", "/"), choice]).await;
        assert_eq!((answer.status, answer.location()), (303, "/"), "{choice:?}");
        let page = browser.get("/").await;
        assert!(page.body.contains(shown), "{choice:?}: {}", page.body);
    }
    assert_eq!(browser.cookies.get(COOKIE).map(String::as_str), Some("vi.contrast.3"));
}

#[tokio::test]
async fn a_language_that_a_system_wishes_for_gives_way_to_the_persons_own() {
    let app = TestApp::start().await;
    let client = app.client("tthc", |_| {}).await;
    let path = app.authorize_path(&client, &[("ui_locales", "en")]);
    let mut browser = app.browser();

    let answer = browser.get(&path).await;
    let wished = browser.follow(answer).await;
    browser.cookies.insert(COOKIE.to_owned(), "vi..".to_owned());
    let answer = browser.get(&path).await;
    let chosen = browser.follow(answer).await;
    browser.cookies.insert(COOKIE.to_owned(), "<script>.dark\".9".to_owned());
    let answer = browser.get(&path).await;
    let spoilt = browser.follow(answer).await;

    assert!(wished.body.contains(r#"<html lang="en""#) && chosen.body.contains(r#"<html lang="vi""#));
    assert!(spoilt.body.contains(r#"<html lang="en" data-theme="auto" data-text="1">"#), "{}", spoilt.body);
}
