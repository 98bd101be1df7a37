//! The portal's first page: the systems and their search, the post that a person acts in, what the account lacks, and what a
//! stranger sees of it. With the privacy notice and the preferences that stand around every page.

use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use serde_json::Value;

/// Two wards of today.
const UNITS: [&str; 2] = ["25747", "26740"];

async fn systems(app: &TestApp) {
    for (id, line) in [("van-ban", "Văn bản đến, đi"), ("hop", "Họp không giấy"), ("dat-dai", "Hồ sơ đất đai")]
    {
        app.client(id, |settings| {
            settings.home_uri = Some(format!("https://{id}.example/"));
            settings.description = line.to_owned();
        })
        .await;
    }
}

async fn at_home(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, "/signin").await;
    assert_eq!(arrived.page(), Some("portal"), "{} {}", arrived.status, arrived.body);
    browser
}

/// Which systems a page has tiles of.
fn tiles(page: &Answer) -> Vec<&str> {
    let links = page.body.split("<a class=\"tile\" href=\"https://").skip(1);
    links.filter_map(|rest| rest.split('.').next()).collect()
}

#[tokio::test]
async fn systems_are_found_by_their_name_or_line_whatever_the_accents() {
    let app = TestApp::start().await;
    systems(&app).await;
    let kim = app.official("kim").await;
    let mut browser = at_home(&app, &kim).await;

    let table: [(&str, &[&str]); 7] = [
        ("", &["dat-dai", "hop", "van-ban"]),
        ("?q=dat+dai", &["dat-dai"]),
        ("?q=%C4%90%E1%BA%A4T", &["dat-dai"]),
        ("?q=giay+hop", &["hop"]),
        ("?q=H%E1%BB%87+th%E1%BB%91ng", &["dat-dai", "hop", "van-ban"]),
        ("?q=khong+co", &[]),
        ("?q=%3Cscript%3E%E2%80%AE%F0%9F%99%82", &[]),
    ];
    for (query, expected) in table {
        let page = browser.get(&format!("/{query}")).await;

        assert_eq!((page.status, page.page()), (200, Some("portal")), "{query}");
        let mut found = tiles(&page);
        found.sort_unstable();
        assert_eq!(found, expected, "{query}");
        assert!(!page.body.contains("<script>"), "{query}: what was typed is shown as text");
        assert_eq!(page.body.contains("Không có hệ thống nào khớp.</span>"), expected.is_empty(), "{query}");
    }
    let long = browser.get(&format!("/?q={}", "a".repeat(7_000))).await;
    assert_eq!((long.status, tiles(&long).len()), (200, 0));
}

#[tokio::test]
async fn a_stranger_sees_the_way_in_and_no_system() {
    let app = TestApp::start().await;
    systems(&app).await;

    for path in ["/", "/?q=hop"] {
        let page = app.get(path).await;

        assert_eq!((page.status, page.page()), (200, Some("portal")));
        assert!(page.body.contains("id=\"portal-signin\"") && page.body.contains("href=\"/privacy\""));
        assert!(tiles(&page).is_empty() && !page.body.contains("class=\"tabs\""), "{path}");
    }
}

#[tokio::test]
async fn whoever_holds_one_post_acts_in_it_and_has_nothing_to_switch() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &UNITS[..1]).await;

    let page = at_home(&app, &kim).await.get("/").await;

    assert!(page.body.contains("Đang làm việc với chức vụ") && page.body.contains("Thủ Dầu Một"), "{}", page.body);
    assert!(!page.body.contains("/account/position"));
}

/// The position that a client is told of.
async fn acting(app: &TestApp, browser: &mut Browser, client: &TestClient) -> Option<String> {
    let answer = browser.get(&app.authorize_path(client, &[("scope", "openid position")])).await;
    let code = answer.param("code")?;
    let tokens: Value = app.redeem(client, &code).await.json();
    let told = app.userinfo(tokens["access_token"].as_str().expect("a token")).await.json();
    told["position"]["id"].as_str().map(str::to_owned)
}

async fn switch(browser: &mut Browser, position: &str) -> Answer {
    let csrf = browser.get("/").await.hidden("csrf");
    browser.post("/account/position", &[("csrf", &csrf), ("position", position)]).await
}

#[tokio::test]
async fn a_post_chosen_on_the_portal_counts_at_every_system_until_the_sign_on_ends() {
    let app = TestApp::with_registry().await;
    let (tthc, hop) = (app.client("tthc", |_| {}).await, app.client("hop", |_| {}).await);
    let kim = app.official_in("kim", &UNITS).await;
    let (first, second) = (kim.positions[0].0.clone(), kim.positions[1].0.clone());
    let mut browser = at_home(&app, &kim).await;

    let before = browser.get("/").await;
    assert!(before.body.contains("Chưa chọn chức vụ làm việc."), "{}", before.body);
    assert_eq!(acting(&app, &mut browser, &tthc).await, None, "a system asks");

    let sent = switch(&mut browser, &second).await;
    assert_eq!((sent.status, sent.location()), (303, "/?done=position"));
    let told = browser.get(sent.location()).await;
    assert!(told.body.contains("Đã đổi chức vụ làm việc sang: Chuyên viên, Văn phòng"), "{}", told.body);
    assert!(told.body.contains("Đang làm việc với chức vụ"));
    assert_eq!(acting(&app, &mut browser, &tthc).await.as_deref(), Some(second.as_str()), "no page asks");

    assert_eq!(switch(&mut browser, &first).await.status, 303);
    for client in [&tthc, &hop] {
        assert_eq!(acting(&app, &mut browser, client).await.as_deref(), Some(first.as_str()));
    }

    let mut elsewhere = at_home(&app, &kim).await;
    assert!(elsewhere.get("/").await.body.contains("Chưa chọn chức vụ làm việc."), "another sign-on begins anew");
    assert_eq!(acting(&app, &mut elsewhere, &tthc).await, None);
}

#[tokio::test]
async fn of_the_portals_choice_and_what_a_system_remembers_the_newer_one_counts() {
    let app = TestApp::with_registry().await;
    let tthc = app.client("tthc", |_| {}).await;
    let kim = app.official_in("kim", &UNITS).await;
    let (first, second) = (kim.positions[0].0.clone(), kim.positions[1].0.clone());
    let mut browser = at_home(&app, &kim).await;
    let begun = browser.get(&app.authorize_path(&tthc, &[("scope", "openid position")])).await;
    let page = browser.follow(begun).await;
    assert_eq!(page.page(), Some("position"));
    let fields = [
        ("csrf", page.hidden("csrf")),
        ("request", page.hidden("request")),
        ("position", first.clone()),
        ("remember", "on".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post("/signin/position", &fields).await.status, 303);
    assert_eq!(acting(&app, &mut browser, &tthc).await.as_deref(), Some(first.as_str()));

    app.advance_seconds(60);
    app.sync().await;
    assert_eq!(switch(&mut browser, &second).await.status, 303);
    assert_eq!(acting(&app, &mut browser, &tthc).await.as_deref(), Some(second.as_str()), "chosen later");

    let mut elsewhere = at_home(&app, &kim).await;
    assert_eq!(acting(&app, &mut elsewhere, &tthc).await.as_deref(), Some(first.as_str()), "remembered for good");
}

#[tokio::test]
async fn a_post_that_is_not_held_or_not_chosen_switches_nothing() {
    let app = TestApp::with_registry().await;
    let tthc = app.client("tthc", |_| {}).await;
    let kim = app.official_in("kim", &UNITS).await;
    let minh = app.official_in("minh", &UNITS).await;
    let mut browser = at_home(&app, &kim).await;
    let csrf = browser.get("/").await.hidden("csrf");

    for chosen in ["", "nothing", minh.positions[0].0.as_str()] {
        let answer = browser.post("/account/position", &[("csrf", &csrf), ("position", chosen)]).await;

        assert_eq!((answer.status, answer.page()), (422, Some("portal")), "{chosen}");
        assert!(answer.body.contains("<title>Lỗi: ") && answer.body.contains("<a href=\"#position-1\">"), "{chosen}");
    }
    let mine = kim.positions[0].0.as_str();
    let foreign = browser.post("/account/position", &[("csrf", "another"), ("position", mine)]).await;
    assert_eq!((foreign.status, foreign.error_page()), (403, Some("forbidden")));
    let stranger = app.post("/account/position", &[("csrf", &csrf), ("position", mine)]).await;
    assert_eq!(stranger.status, 403);

    assert_eq!(acting(&app, &mut browser, &tthc).await, None, "nothing was chosen");
}

#[tokio::test]
async fn the_sign_in_before_this_one_is_told_and_not_this_one() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    let first = at_home(&app, &kim).await.get("/").await;
    assert!(!first.body.contains("Lần đăng nhập trước"), "{}", first.body);

    app.advance_seconds(86_400);
    app.sync().await;
    let second = at_home(&app, &kim).await.get("/").await;
    assert!(second.body.contains("Lần đăng nhập trước") && second.body.contains("href=\"/account/sessions\""), "{}", second.body);
}

#[tokio::test]
async fn the_first_page_says_what_the_account_lacks() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    let page = at_home(&app, &kim).await.get("/").await;

    assert!(page.body.contains("Chưa có khóa truy cập (passkey).") && page.body.contains("href=\"/account/methods/passkeys\""));
    assert!(!page.body.contains("Chưa có mã khôi phục."), "codes stand in for another factor, and there is none yet");
    assert!(page.body.contains("id=\"portal-walk\"") && page.body.contains("href=\"/welcome\""));
}

#[tokio::test]
async fn the_privacy_notice_is_for_everybody_in_both_languages() {
    let app = TestApp::start().await;
    let mut browser = app.browser();

    let vi = browser.get("/privacy").await;
    assert_eq!((vi.status, vi.page()), (200, Some("privacy")));
    assert!(vi.body.contains("Luật Bảo vệ dữ liệu cá nhân") && vi.body.contains("Ủy ban nhân dân Thành phố Hồ Chí Minh"));
    assert!(!vi.body.contains("href=\"/account\""), "a stranger has no account to look at");

    let csrf = vi.hidden("csrf");
    let changed = browser.post("/preferences", &[("csrf", &csrf), ("locale", "en"), ("text", "4"), ("back", "/privacy")]).await;
    assert_eq!((changed.status, changed.location()), (303, "/privacy"));
    let en = browser.get("/privacy").await;
    assert!(en.body.contains("Law on Personal Data Protection") && en.body.contains("data-text=\"4\""), "{}", en.body);
}

#[tokio::test]
async fn a_seal_stands_beside_the_owners_name_only_where_the_owner_has_set_one() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("seal.svg");
    let drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>";
    std::fs::write(&file, drawing).expect("written");
    let sealed = crate::support::stage(|config| config.site.seal_file = Some(file)).await;
    let plain = TestApp::start().await;

    let page = sealed.get("/").await;
    let address = page.body.split("<img src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a picture").to_owned();
    assert!(address.starts_with("/assets-site/seal?v="), "{address}");
    let picture = sealed.get(&address).await;
    assert_eq!((picture.status, picture.header("content-type"), picture.body.as_str()), (200, Some("image/svg+xml"), drawing));
    assert!(picture.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));

    assert!(!plain.get("/").await.body.contains("assets-site"));
    assert_eq!(plain.get("/assets-site/seal").await.status, 404);
}
