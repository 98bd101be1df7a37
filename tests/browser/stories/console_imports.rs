//! A list of decisions: three rows of it cannot be, the others are applied, and all of it is taken back.

use crate::console_steps::DIRECTORY;
use crate::console_steps::comes_as;
use crate::console_steps::count_of;
use crate::console_steps::file_named;
use crate::console_steps::open_person;
use crate::console_steps::path_here;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use tempfile::TempDir;

/// Far enough away that nobody's present posts change, whenever the story is told.
const FROM: &str = "01/12/2099";

/// A list as offices write it: somebody moves and somebody is appointed; an act that there is not, a decision without a
/// number, and nobody.
fn decisions(moved: &str, appointed: &str) -> String {
    format!(
        "Tên đăng nhập,Hình thức,Số quyết định,Từ ngày,Mã đơn vị,Chức danh\n\
         {moved},Điều động,11/QĐ-MAU,{FROM},26737,\n\
         {appointed},Bổ nhiệm,12/QĐ-MAU,{FROM},,Phó Chánh Văn phòng\n\
         {moved},Thuyên chuyển,14/QĐ-MAU,{FROM},,\n\
         {appointed},Nghỉ hưu,,{FROM},,\n\
         khong.co.ai,Nghỉ hưu,15/QĐ-MAU,{FROM},,\n"
    )
}

pub(crate) async fn a_list_of_decisions_with_three_bad_rows_is_applied_and_taken_back(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let people = [("phuc.lh", "quynhnhu.dt", "thuydung.lt"), ("baochau.tt", "ngoclan.pt", "bichngoc.ct")];
    for (way, (keeper, moved, appointed)) in Way::BOTH.into_iter().zip(people) {
        let (browser, _) = comes_as(stage, way, keeper, DIRECTORY).await;
        open(browser, demo, "/admin/imports", "admin-imports").await;
        browser.look_at("admin-imports", "").await;
        browser.tick("#kind-decisions").await;
        browser.go("#imports-send-submit").await;
        browser.sees("main[data-page='admin-imports'] .summary[role='alert']").await;
        browser.look_at("admin-imports", "error").await;

        let list = file_named(&folder, "quyet-dinh.csv", &decisions(moved, appointed));
        browser.tick("#kind-decisions").await;
        browser.attach("#file", &list).await;
        browser.go("#imports-send-submit").await;
        browser.arrives_at("admin-import").await;
        browser.asks_until("#import-apply").await;
        browser.look_at("admin-import", "preview").await;
        let file = path_here(browser).await;
        the_bad_rows_are_told(browser, demo, &file).await;
        it_is_applied(browser, demo, &file, (moved, appointed)).await;
        it_is_taken_back(browser, demo, &file, moved).await;
        its_columns_are_looked_at(browser, demo, &folder).await;
    }
}

async fn the_bad_rows_are_told(browser: &Browser, demo: &Demo, file: &str) {
    open(browser, demo, &format!("{file}?rows=bad"), "admin-import").await;
    assert_eq!(count_of(browser, "#import-rows tbody tr").await, 3, "{}", browser.text("#import-rows").await);
    browser.look_at("admin-import", "bad-rows").await;
    let bad = browser.file_behind("a[href$='/bad.csv']").await;
    assert!(bad.contains("khong.co.ai") && bad.lines().count() == 4, "each bad row with its reason: {bad}");
}

async fn it_is_applied(browser: &Browser, demo: &Demo, file: &str, (moved, appointed): (&str, &str)) {
    open(browser, demo, file, "admin-import").await;
    browser.go("#import-apply").await;
    browser.arrives_at("admin-import").await;
    assert!(!browser.has("#import-applied").await, "mistakes have to be accepted first");
    open(browser, demo, file, "admin-import").await;
    browser.tick("#accept-good").await;
    browser.go("#import-apply").await;
    browser.arrives_at("admin-import").await;
    browser.asks_until("#import-applied").await;
    browser.look_at("admin-import", "applied").await;
    for (username, decision) in [(moved, "11/QĐ-MAU"), (appointed, "12/QĐ-MAU")] {
        open_person(browser, demo, username).await;
        let line = browser.text("ol.timeline").await;
        assert!(line.contains(decision), "{username}: {line}");
    }
    browser.look_at("admin-person", "of-a-list").await;
}

async fn it_is_taken_back(browser: &Browser, demo: &Demo, file: &str, moved: &str) {
    open(browser, demo, file, "admin-import").await;
    browser.go("#import-undo-ask").await;
    browser.look_at("admin-import-undo", "").await;
    browser.go("#import-undo").await;
    browser.arrives_at("admin-import").await;
    browser.asks_until("#import-kept").await;
    browser.look_at("admin-import", "undone").await;
    open_person(browser, demo, moved).await;
    let line = browser.text("ol.timeline").await;
    assert!(!line.contains("11/QĐ-MAU") && !line.contains("2099"), "all is as it was: {line}");
}

/// A list whose columns nobody has told yet; it is dropped.
async fn its_columns_are_looked_at(browser: &Browser, demo: &Demo, folder: &TempDir) {
    let strange = format!("cot {0},viec {0},so {0},ngay {0}\nai.do,Nghỉ hưu,1/QĐ,{FROM}\n", browser.language());
    let list = file_named(folder, "la.csv", &strange);
    open(browser, demo, "/admin/imports", "admin-imports").await;
    browser.tick("#kind-decisions").await;
    browser.attach("#file", &list).await;
    browser.go("#imports-send-submit").await;
    browser.look_at("admin-import-columns", "").await;
    browser.go("#import-columns").await;
    browser.sees("main[data-page='admin-import-columns'] .summary[role='alert']").await;
    browser.look_at("admin-import-columns", "error").await;
    browser.go("#import-discard").await;
    browser.sees("main[data-page] .note[role='status']").await;
}
