//! Old accounts at the console: conflicts, units in question, files, and when an old system may be switched off.

use super::old_accounts::shown;
use crate::console_steps::SYSTEM;
use crate::console_steps::comes_as;
use crate::console_steps::count_of;
use crate::console_steps::employ;
use crate::console_steps::file_named;
use crate::console_steps::open_list_with;
use crate::console_steps::open_person;
use crate::console_steps::path_here;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use serde_json::Value;
use tempfile::TempDir;

const HEADER: &str = "legacy_id,username,full_name,date_of_birth,unit_code";
const REASON: &str = "Đã đối chiếu hồ sơ giấy, biên bản 12";

/// Who reviews, whose name and day of birth the account has, the account's id and name, and its row.
type Cast = (&'static str, &'static str, (&'static str, &'static str), &'static str);

const CASTS: [Cast; 2] = [
    ("nguoi.xet.mot", "saomai.lt", ("XET-1", "mai.lts"), "XET-1,mai.lts,Lê Thị Sao Mai,1983-06-18,26506"),
    ("nguoi.xet.hai", "cattuong.vt", ("XET-2", "tuong.vtc"), "XET-2,tuong.vtc,Vương Thị Cát Tường,1991-05-15,26506"),
];

/// Brings accounts of Bà Rịa - Vũng Tàu in and has them matched, as at the command line.
fn bring_in(demo: &Demo, folder: &TempDir, rows: &str) {
    let file = file_named(folder, "tai-khoan.csv", &format!("{HEADER}\n{rows}\n"));
    demo.motlan(&["legacy", "import", "--source", "vt", &file.display().to_string()], "");
    demo.motlan(&["legacy", "match", "--source", "vt"], "");
}

/// The old accounts of somebody, by their ids.
fn accounts_of(shown: &Value) -> Vec<&str> {
    let accounts = shown["legacy_accounts"].as_array().expect("accounts");
    accounts.iter().map(|account| account["legacy_id"].as_str().expect("an id")).collect()
}

/// What a decision about an account may change of somebody, and what taking it back has to bring back.
fn whole(shown: &Value) -> Value {
    let members = ["username", "full_name", "status", "legacy_accounts", "methods"];
    members.iter().map(|name| ((*name).to_owned(), shown[*name].clone())).collect::<serde_json::Map<_, _>>().into()
}

pub(crate) async fn a_reviewer_resolves_a_conflict_undoes_it_and_both_people_are_whole_again(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    for (way, (reviewer, kept, (id, username), row)) in Way::BOTH.into_iter().zip(CASTS) {
        bring_in(demo, &folder, row);
        let before = shown(demo, kept);
        employ(demo, &folder, reviewer, "26740");
        let (browser, _) = comes_as(stage, way, reviewer, SYSTEM).await;
        open(browser, demo, &format!("/admin/legacy?decision=any&q={username}"), "admin-legacy").await;
        browser.look_at("admin-legacy", "found").await;
        browser.go("#legacy-accounts tbody th a").await;
        browser.look_at("admin-legacy-account", "waits").await;
        let account = path_here(browser).await;

        // It is the person who is there already; no, it was not.
        it_is_linked_and_that_is_taken_back(browser, demo, &account, (kept, id)).await;
        let again = shown(demo, kept);
        assert_eq!(whole(&again), whole(&before), "nothing of the first decision is left");

        // It is somebody of their own; no, the two are one; no, they are not.
        browser.write("#reason", REASON).await;
        browser.go("#legacy-create").await;
        browser.sees("main[data-page='admin-legacy-account'] .note[role='status']").await;
        let of_account = shown(demo, username);
        assert_eq!(accounts_of(&of_account), [id]);
        the_two_are_made_one(browser, demo, (kept, username)).await;
        assert!(accounts_of(&shown(demo, kept)).contains(&id), "one person has it all");
        the_two_are_taken_apart(browser, demo).await;
        assert_eq!(shown(demo, kept), again, "the one is whole again");
        assert_eq!(shown(demo, username), of_account, "and so is the other");
        open_person(browser, demo, username).await;
        assert!(!browser.has("#merged").await);
    }
}

async fn it_is_linked_and_that_is_taken_back(browser: &Browser, demo: &Demo, account: &str, (kept, id): (&str, &str)) {
    browser.tick("#choice-1").await;
    browser.go("#legacy-link").await;
    browser.sees("main[data-page='admin-legacy-account'] .summary[role='alert']").await;
    browser.look_at("admin-legacy-account", "without-a-reason").await;
    browser.tick("#choice-1").await;
    browser.write("#reason", REASON).await;
    browser.go("#legacy-link").await;
    browser.sees("main[data-page='admin-legacy-account'] .note[role='status']").await;
    assert!(accounts_of(&shown(demo, kept)).contains(&id));
    open(browser, demo, account, "admin-legacy-account").await;
    browser.look_at("admin-legacy-account", "decided").await;
    browser.write("#reason", REASON).await;
    browser.go("button[name='undo']").await;
    browser.sees("main[data-page='admin-legacy-account'] .note[role='status']").await;
    open(browser, demo, account, "admin-legacy-account").await;
    assert!(!browser.has("button[name='undo']").await, "it is taken back once");
}

async fn the_two_are_made_one(browser: &Browser, demo: &Demo, (kept, merged): (&str, &str)) {
    open_list_with(browser, demo, merged).await;
    open_person(browser, demo, kept).await;
    browser.go("#person-merge").await;
    browser.look_at("admin-merge", "").await;
    browser.write("#q", merged).await;
    browser.go("#merge-find").await;
    browser.go("section[aria-labelledby='who'] tbody th a").await;
    browser.sees("#compare").await;
    browser.look_at("admin-merge", "both").await;
    browser.write("#reason", REASON).await;
    browser.tick("#sure").await;
    browser.go("#merge-do").await;
    browser.look_at("admin-merges", "merged").await;
}

async fn the_two_are_taken_apart(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/admin/merges", "admin-merges").await;
    browser.go("table.list a[href$='/unmerge']").await;
    browser.look_at("admin-merge-undo", "").await;
    browser.write("#reason", REASON).await;
    browser.go("#unmerge-do").await;
    browser.sees("main[data-page='admin-merges'] .note[role='status']").await;
    browser.look_at("admin-merges", "undone").await;
}

pub(crate) async fn the_rest_of_the_review_is_for_everybody(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    for (way, username) in Way::BOTH.into_iter().zip(["nguoi.xet.ba", "nguoi.xet.bon"]) {
        employ(demo, &folder, username, "26740");
        let (browser, _) = comes_as(stage, way, username, SYSTEM).await;
        open(browser, demo, "/admin/legacy", "admin-legacy").await;
        browser.look_at("admin-legacy", "").await;
        let waiting = browser.text("#legacy-accounts").await;
        assert!(waiting.contains("Lê Thị Thùy Dương"), "the conflict of the demo waits: {waiting}");
        let act = browser.look_up("return document.querySelector('input[name=act]').id").await;
        browser.tick(&format!("#{}", act.as_str().expect("an act"))).await;
        browser.go("#legacy-preview").await;
        browser.look_at("admin-legacy-batch", "").await;

        open(browser, demo, "/admin/legacy/sayings", "admin-legacy-sayings").await;
        browser.look_at("admin-legacy-sayings", "").await;
        assert!(browser.text("#legacy-sayings").await.contains("Hiệp Thành"), "a ward that was divided");
        browser.go("#legacy-sayings tbody th a").await;
        browser.look_at("admin-legacy-saying", "").await;
        a_file_is_checked_and_left(browser, demo, &folder).await;
    }
}

async fn a_file_is_checked_and_left(browser: &Browser, demo: &Demo, folder: &TempDir) {
    open(browser, demo, "/admin/legacy/import", "admin-legacy-imports").await;
    browser.look_at("admin-legacy-imports", "").await;
    let rows = "XET-9,thu.nv,Nguyễn Văn Thử,1980-01-01,26506\n,khong.ma,Không Có Mã,1980-01-01,26506";
    let file = file_named(folder, "tai-khoan-cu.csv", &format!("{HEADER}\n{rows}\n"));
    browser.choose("#source", "vt").await;
    browser.attach("#file", &file).await;
    browser.go("#legacy-send").await;
    browser.arrives_at("admin-legacy-import").await;
    browser.asks_until("#legacy-mistakes").await;
    assert_eq!(count_of(browser, "#legacy-mistakes tbody tr").await, 1);
    browser.look_at("admin-legacy-import", "checked").await;
    browser.go("#legacy-discard").await;
    browser.sees("main[data-page]").await;
}

pub(crate) async fn an_administrator_sees_what_stands_in_the_way_of_switching_an_old_system_off(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    for (way, username) in Way::BOTH.into_iter().zip(["nguoi.tat.mot", "nguoi.tat.hai"]) {
        employ(demo, &folder, username, "26740");
        let (browser, _) = comes_as(stage, way, username, SYSTEM).await;
        open(browser, demo, "/admin/sources", "admin-sources").await;
        browser.look_at("admin-sources", "").await;
        browser.go("a[href='/admin/sources/bd']").await;
        browser.look_at("admin-source", "").await;
        assert!(browser.has("#source-unsafe").await, "people are still to come, and a system still counts on it");
        assert!(!browser.has("#source-safe").await);
        let page = browser.text("main").await;
        assert!(page.contains("Quản lý văn bản"), "the system that keeps its subjects: {page}");
        assert!(!page.contains(&demo.old_password), "no secret is shown");
        // It is not stopped without a reason.
        browser.go("#source-stop").await;
        browser.sees("main[data-page='admin-source'] .summary[role='alert']").await;
        browser.look_at("admin-source", "without-a-reason").await;

        open(browser, demo, "/admin/sources/bd/edit", "admin-source-form").await;
        browser.look_at("admin-source-form", "change").await;
        open(browser, demo, "/admin/sources/new", "admin-source-form").await;
        browser.look_at("admin-source-form", "new").await;
        open(browser, demo, "/admin/sources/bd/removal", "admin-source-removal").await;
        browser.look_at("admin-source-removal", "").await;
    }
}
