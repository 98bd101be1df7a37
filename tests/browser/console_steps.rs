//! What administrators do at the console, as steps that a story is told with.

use crate::steps::give_code;
use crate::steps::knock;
use crate::steps::open;
use crate::steps::take_the_walk;
use crate::stories::old_accounts::STRANGERS;
use crate::support::App;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;
use tempfile::TempDir;

/// Runs the service.
pub(crate) const SYSTEM: &[&str] = &["system"];
/// Keeps the directory of the city.
pub(crate) const DIRECTORY: &[&str] = &["directory"];

/// Between two looks at a list that a job keeps.
const LISTED_AGAIN: Duration = Duration::from_millis(300);

/// Gives somebody a role, as the command line does.
pub(crate) fn appoint(demo: &Demo, username: &str, role: &[&str]) {
    let is_stranger = STRANGERS.iter().any(|(_, stranger)| *stranger == username);
    assert!(!is_stranger, "{username} enrols as an administrator, and so has no old account any more for the other story");
    let fixed = ["admin", "grant", "--username", username, "--role"];
    demo.motlan(&[&fixed[..], role].concat(), "");
}

/// An administrator comes for the first time, and sets up a second factor on the way.
pub(crate) async fn comes_as<'a>(stage: &'a Stage, way: Way, username: &str, role: &[&str]) -> (&'a Browser, App) {
    appoint(&stage.demo, username, role);
    let browser = stage.begin(way).await;
    knock(browser, &stage.demo, username).await;
    let (app, _) = take_the_walk(browser).await;
    browser.arrives_at("portal").await;
    (browser, app)
}

/// An administrator comes again, to an empty browser.
pub(crate) async fn comes_again<'a>(stage: &'a Stage, way: Way, username: &str, app: &App) -> &'a Browser {
    let browser = stage.begin(way).await;
    knock(browser, &stage.demo, username).await;
    give_code(browser, &app.code().await).await;
    browser.arrives_at("portal").await;
    browser
}

/// Where the browser stands, without what was said on the way there.
pub(crate) async fn path_here(browser: &Browser) -> String {
    let path = browser.look_up("return location.pathname").await;
    path.as_str().expect("a path").to_owned()
}

/// How many elements match.
pub(crate) async fn count_of(browser: &Browser, css: &str) -> u64 {
    let count = browser.look_up_with("return document.querySelectorAll(arguments[0]).length", vec![css.into()]).await;
    count.as_u64().expect("a number")
}

/// The page of somebody, found by user name; its path.
pub(crate) async fn open_person(browser: &Browser, demo: &Demo, username: &str) -> String {
    open_list_with(browser, demo, username).await;
    browser.go("table.list tbody th a").await;
    browser.arrives_at("admin-person").await;
    assert!(browser.text(".page-head .lead").await.contains(username), "the page is somebody else's");
    path_here(browser).await
}

/// The list with somebody in it: a job brings it up to date within moments, so whoever does not see them yet looks again.
pub(crate) async fn open_list_with(browser: &Browser, demo: &Demo, username: &str) {
    let end = Instant::now() + Browser::PAGE_DEADLINE;
    loop {
        open(browser, demo, &format!("/admin/people?q={username}"), "admin-people").await;
        if browser.has("table.list tbody th a").await {
            return;
        }
        assert!(Instant::now() < end, "{username} is not listed");
        tokio::time::sleep(LISTED_AGAIN).await;
    }
}

/// A file on this person's computer; it is gone with the folder.
pub(crate) fn file_named(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("the file is written");
    path
}

/// Somebody new in a unit, with the sample password; nobody else signs in as them.
pub(crate) fn employ(demo: &Demo, folder: &TempDir, username: &str, unit: &str) {
    employ_in(demo, folder, username, &[unit]);
}

/// Somebody new in several units, of which the first has their main post.
pub(crate) fn employ_in(demo: &Demo, folder: &TempDir, username: &str, units: &[&str]) {
    let header = "username,full_name,date_of_birth,personal_number,email,phone,employee_code,unit_code,department,title,kind,\
                  primary,decision_no,valid_from,valid_to";
    let row = |(place, unit): (usize, &&str)| {
        let primary = place == 0;
        format!(
            "{username},Trần Thị Thử Nghiệm,1986-08-05,,{username}@vi-du.vn,0900000000,MAU-{username},{unit},Văn phòng,\
             Chuyên viên,cong_chuc,{primary},900/QĐ-MAU,2025-07-01,\n"
        )
    };
    let rows: String = units.iter().enumerate().map(row).collect();
    let file = file_named(folder, &format!("{username}.csv"), &format!("{header}\n{rows}"));
    demo.motlan(&["person", "import", &file.display().to_string()], "");
    demo.motlan(&["person", "set-password", username], &demo.password);
}

/// Gives a role to whoever has a post in a unit, as the command line does; its id.
pub(crate) fn grant_to_unit(demo: &Demo, client: &str, role: &str, unit: &str) -> String {
    let fixed = ["grant", "add", "--json", "--client", client, "--role", role, "--unit", unit, "--reason", "22/QĐ-MAU"];
    let told: Value = serde_json::from_str(&demo.motlan(&fixed, "")).expect("a JSON document");
    told["id"].as_str().expect("an id").to_owned()
}

/// Takes such a role back.
pub(crate) fn take_from_unit(demo: &Demo, id: &str) {
    demo.motlan(&["grant", "revoke", id, "--reason", "23/QĐ-MAU"], "");
}
