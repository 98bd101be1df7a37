//! Officials who come with the account that they had before: through their old provider, or with its password.

use crate::steps::ask_to_enter;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::open;
use crate::steps::type_username;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Device;
use crate::support::Stage;
use crate::support::Way;
use serde_json::Value;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// How long a change at the command line may take to be known to a server beside it.
const KNOWN_DEADLINE: Duration = Duration::from_secs(30);

/// Old accounts, and the people whose they are, that come without a way of their own. Once the person is enrolled by
/// another story, their old account opens nothing any more.
pub(crate) const STRANGERS: [(&str, &str); 2] = [("bien.lv", "bien.lv"), ("lan.ptn", "ngoclan.pt")];

/// What the command line shows of somebody.
pub(crate) fn shown(demo: &Demo, username: &str) -> Value {
    serde_json::from_str(&demo.motlan(&["person", "show", username, "--json"], "")).expect("JSON")
}

/// Types a name that tells where it is from, and proves oneself at Bình Dương's old provider.
async fn comes_through_binh_duong(browser: &Browser, demo: &Demo, username: &str) {
    type_username(browser, &format!(r"bd\{username}")).await;
    let end = Instant::now() + KNOWN_DEADLINE;
    while !browser.driver.current_url().await.is_ok_and(|url| url.as_str().starts_with(&demo.binh_duong)) {
        assert!(Instant::now() < end, "nobody is led to {}", demo.binh_duong);
        tokio::time::sleep(Browser::LOOK_AGAIN).await;
    }
    // The old provider is told whom to expect, and asks all the same.
    give_username(browser, username).await;
    give_password(browser, &demo.old_password).await;
}

pub(crate) async fn an_old_account_comes_in_through_its_old_provider_and_gives_way_to_a_passkey(stage: &Stage) {
    let demo = &stage.demo;
    let people = [("hanh.lt", "Phường Lái Thiêu"), ("phuc.nh", "Phường Thủ Dầu Một")];
    for (way, (username, unit)) in Way::BOTH.into_iter().zip(people) {
        let subject = subject_at_binh_duong(demo, username);
        let browser = stage.begin(way).await;
        let device = browser.has_a_device().await;
        ask_to_enter(browser, &demo.van_ban).await;
        comes_through_binh_duong(browser, demo, username).await;
        browser.look_at("confirm", "through-a-provider").await;
        assert!(browser.text(".became .after").await.contains(unit), "where they belong now");
        browser.go("#confirm-right").await;
        browser.arrives_at("rp-home").await;
        assert_eq!(browser.text("#rp-unit").await, unit);
        assert_eq!(browser.text("#rp-subject").await, subject, "known as before");

        adds_a_passkey(browser, demo, &device).await;
        // With it alone they come to the same records.
        browser.forget_cookies().await;
        ask_to_enter(browser, &demo.van_ban).await;
        browser.arrives_at("rp-home").await;
        assert_eq!(browser.text("#rp-subject").await, subject, "known as before");
        the_old_password_opens_nothing(stage, way, username).await;
    }
}

/// What the old provider calls somebody.
fn subject_at_binh_duong(demo: &Demo, username: &str) -> String {
    let shown = shown(demo, username);
    let accounts = shown["legacy_accounts"].as_array().expect("accounts");
    let account = accounts.iter().find(|account| account["source"] == "bd").expect("an account");
    account["legacy_id"].as_str().expect("a subject").to_owned()
}

/// What the old account may do by itself: make room for a better way in.
async fn adds_a_passkey(browser: &Browser, demo: &Demo, device: &Device) {
    open(browser, demo, "/account/methods", "own-way").await;
    browser.look_at("own-way", "enough").await;
    browser.go("#own-way-begin").await;
    if browser.arrives_at_one_of(&["welcome-who", "welcome-factor"]).await == "welcome-who" {
        browser.go("#welcome-right").await;
    }
    browser.arrives_at("welcome-factor").await;
    browser.go("#passkey-add").await;
    browser.arrives_at_one_of(&["welcome-codes", "welcome-done"]).await;
    assert_eq!(browser.passkeys_on(device).await, 1);
}

/// At another browser, without the device: the old provider still knows them, and the city does not let them in by that.
async fn the_old_password_opens_nothing(stage: &Stage, way: Way, username: &str) {
    let demo = &stage.demo;
    let browser = stage.begin(way).await;
    ask_to_enter(browser, &demo.van_ban).await;
    comes_through_binh_duong(browser, demo, username).await;
    browser.look_at("old-account", "retired").await;
    for system in [&demo.van_ban, &demo.tthc, &demo.hop] {
        ask_to_enter(browser, system).await;
        browser.arrives_at("signin").await;
    }
    open(browser, demo, "/", "portal").await;
    assert!(browser.has("#portal-signin").await, "nobody is signed in");
}

pub(crate) async fn an_official_of_an_export_comes_in_with_the_old_password_and_sees_who_they_are(stage: &Stage) {
    let demo = &stage.demo;
    let people = [("lan.dtp", "Đinh Thị Phương Lan", "Phường Vũng Tàu"), ("hai.tv", "Tống Văn Hải", "Phường Bà Rịa")];
    for (way, (username, name, unit)) in Way::BOTH.into_iter().zip(people) {
        let browser = stage.begin(way).await;
        ask_to_enter(browser, &demo.tthc).await;
        type_username(browser, username).await;
        // The name is known in one place only, and goes there; they look at the others all the same.
        browser.arrives_at("password").await;
        browser.go("#signin-elsewhere").await;
        browser.look_at("place", "").await;
        browser.tick("#place-of-vt").await;
        browser.go("#place-submit").await;
        give_password(browser, &demo.password).await;
        browser.sees("main[data-page='password'] .summary[role='alert']").await;
        browser.look_at("password", "old-account").await;
        give_password(browser, &demo.old_password).await;
        browser.look_at("confirm", "with-an-old-password").await;
        let now = browser.text(".became .after").await;
        assert!(now.contains(name) && now.contains(unit), "{now}");
        browser.go("#confirm-right").await;
        browser.arrives_at("rp-home").await;
        assert_eq!(browser.text("#rp-name").await, name);
        assert_eq!(browser.text("#rp-unit").await, unit);

        // A system of somewhere else, and the own account, want more than a password that others may have.
        ask_to_enter(browser, &demo.van_ban).await;
        browser.look_at("own-way", "more").await;
        assert!(!browser.has("#own-way-begin").await, "an exported password adds no way in");
        assert!(browser.has("#own-way-code").await);
        browser.visit(&format!("{}/admin", demo.issuer)).await;
        browser.sees("main[data-page]").await;
        assert!(!browser.has("main[data-page^='admin-']").await, "and never the console");

        // The device knows by now where names are from.
        browser.visit(&format!("{}/", demo.tthc)).await;
        browser.go("#rp-logout").await;
        browser.arrives_at("rp-signed-out").await;
        ask_to_enter(browser, &demo.tthc).await;
        type_username(browser, username).await;
        give_password(browser, &demo.old_password).await;
        browser.arrives_at("rp-home").await;
    }
}

pub(crate) async fn whoever_says_that_it_is_not_them_is_out_and_a_human_looks(stage: &Stage) {
    let demo = &stage.demo;
    for (way, (account, username)) in Way::BOTH.into_iter().zip(STRANGERS) {
        assert_eq!(shown(demo, username)["legacy_accounts"].as_array().map(Vec::len), Some(1));
        let browser = stage.begin(way).await;
        ask_to_enter(browser, &demo.tthc).await;
        type_username(browser, &format!("{account}@vt")).await;
        give_password(browser, &demo.old_password).await;
        browser.arrives_at("confirm").await;
        browser.go("#confirm-wrong").await;
        browser.look_at("disputed", "").await;
        ask_to_enter(browser, &demo.tthc).await;
        browser.arrives_at("signin").await;
        type_username(browser, &format!("{account}@vt")).await;
        give_password(browser, &demo.old_password).await;
        browser.look_at("old-account", "disputed").await;
    }
}

pub(crate) async fn an_account_that_waits_for_a_human_opens_nothing_yet(stage: &Stage) {
    let demo = &stage.demo;
    for way in Way::BOTH {
        let browser = stage.begin(way).await;
        ask_to_enter(browser, &demo.van_ban).await;
        comes_through_binh_duong(browser, demo, "duong.ltt").await;
        browser.look_at("old-account", "undecided").await;
        browser.go("#old-again").await;
        browser.arrives_at_one_of(&["signin", "error"]).await;
        open(browser, demo, "/", "portal").await;
        assert!(browser.has("#portal-signin").await, "nobody is signed in");
    }
}

pub(crate) async fn another_provider_that_is_slow_or_a_way_back_that_is_over_meet_a_kind_page(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let silent = a_provider_without_pages();
    let settings = format!(
        "issuer = \"{silent}\"\nclient_id = \"mot-lan\"\nclient_auth = \"none\"\ndiscovery = false\nuserinfo = false\n\
         logout = false\nauthorization_endpoint = \"{silent}/auth\"\ntoken_endpoint = \"{silent}/token\"\n\
         jwks_uri = \"{silent}/keys\"\n"
    );
    let file = folder.path().join("cham.toml");
    std::fs::write(&file, settings).expect("the settings are written");
    demo.motlan(&["source", "add", "cham", "--kind", "oidc", "--name", "Cham", "--settings", &file.display().to_string()], "");
    for way in Way::BOTH {
        let browser = stage.begin(way).await;
        is_led_to(browser, &format!("{}/signin/federation/cham", demo.issuer), "federation-leaving").await;
        browser.look_at("federation-leaving", "").await;

        browser.visit(&format!("{}/signin/federation/bd/callback?state=khong-ai&code=x", demo.issuer)).await;
        browser.look_at("federation", "over").await;
        assert!(browser.has("#reference").await, "it has a number to read aloud");
    }
    demo.motlan(&["source", "set", "cham", "--stop"], "");
}

/// Asks for a page until it is that one.
async fn is_led_to(browser: &Browser, address: &str, page: &str) {
    let end = Instant::now() + KNOWN_DEADLINE;
    loop {
        browser.visit(address).await;
        if browser.page().await.as_deref() == Some(page) {
            return;
        }
        assert!(Instant::now() < end, "{address} never leads to {page}");
        tokio::time::sleep(Browser::LOOK_AGAIN).await;
    }
}

/// A provider that has nothing to show: whoever is sent there stays on the page where they are.
fn a_provider_without_pages() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            answer_nothing(&connection);
        }
    });
    format!("http://{address}")
}

fn answer_nothing(connection: &TcpStream) {
    let mut lines = BufReader::new(connection).lines().map_while(Result::ok);
    let _ = lines.find(String::is_empty);
    let mut writer = connection;
    let _ = writer.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}
