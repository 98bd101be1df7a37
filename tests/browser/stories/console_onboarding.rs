//! Units begin: ten of a list in one go, with a second person for their administrators, and a page that tells who is ready.

use crate::console_steps::DIRECTORY;
use crate::console_steps::comes_as;
use crate::console_steps::count_of;
use crate::console_steps::file_named;
use crate::console_steps::path_here;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use tempfile::TempDir;

/// Who prepares, who applies, and who begins to administer their unit, for each way.
struct Cast {
    prepares: &'static str,
    applies: &'static str,
    named: &'static str,
    /// Ten units; the first is that of whoever is named.
    codes: &'static str,
    unit: &'static str,
}

const CASTS: [Cast; 2] = [
    Cast {
        prepares: "dung.ha",
        applies: "tri.nm",
        named: "25813,quan-tri-don-vi,kieuoanh.tt\n",
        codes: "25813, 25846, 25858, 25888, 25942, 25966, 25978, 26824, 26884, 26898",
        unit: "25813",
    },
    Cast {
        prepares: "khai.tq",
        applies: "hoaian.d",
        named: "26704,quan-tri-don-vi,cattuong.vt\n",
        codes: "26704, 26725, 26545, 26560, 26620, 26659, 26929, 26944, 26956, 27190",
        unit: "26704",
    },
];

const NAMES: &str = "unit_code,post,username\n";

pub(crate) async fn ten_units_begin_from_a_list_and_their_readiness_is_seen(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    for (way, cast) in Way::BOTH.into_iter().zip(CASTS) {
        let (browser, _) = comes_as(stage, way, cast.prepares, DIRECTORY).await;
        the_template_gives_the_counter_its_right(browser, demo).await;

        open(browser, demo, "/admin/onboarding", "admin-onboarding").await;
        browser.look_at("admin-onboarding", "").await;
        browser.go("#onboarding-new").await;
        browser.look_at("admin-onboarding-new", "").await;
        browser.go("#onboarding-preview").await;
        browser.sees("main[data-page='admin-onboarding-new'] .summary[role='alert']").await;
        browser.look_at("admin-onboarding-new", "error").await;
        browser.write("#codes", cast.codes).await;
        browser.attach("#names", &file_named(&folder, "quan-tri.csv", &format!("{NAMES}{}", cast.named))).await;
        browser.write("#reason", "Kế hoạch 01/KH-MAU").await;
        browser.go("#onboarding-preview").await;
        browser.look_at("admin-onboarding-run", "preview").await;
        assert_eq!(count_of(browser, "table.list tbody tr").await, 10, "each unit has a line");
        assert!(!browser.has("#run-apply").await, "administrators take a second person");
        assert!(!browser.has("#run-undo").await, "nothing was given yet");
        let run = path_here(browser).await;
        browser.go("table.list tbody th a").await;
        browser.look_at("admin-onboarding-unit", "").await;

        let (browser, _) = comes_as(stage, way, cast.applies, DIRECTORY).await;
        open(browser, demo, &run, "admin-onboarding-run").await;
        browser.go("#run-apply").await;
        browser.sees("main[data-page='admin-onboarding-run'] .note[role='status']").await;
        browser.look_at("admin-onboarding-run", "applied").await;
        assert!(!browser.has("#run-apply").await, "once is enough");

        who_is_ready(browser, demo, &cast).await;
    }
}

/// Whoever receives dossiers may enter TTHC for that; the template of the other way has it already.
async fn the_template_gives_the_counter_its_right(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/admin/onboarding/template", "admin-onboarding-template").await;
    browser.look_at("admin-onboarding-template", "").await;
    if browser.value("#rights_3").await.is_empty() {
        browser.write("#rights_3", "tthc:tiep-nhan").await;
        browser.go("#template-save").await;
        browser.arrives_at("admin-onboarding").await;
        open(browser, demo, "/admin/onboarding/template", "admin-onboarding-template").await;
        assert_eq!(browser.value("#rights_3").await.trim(), "tthc:tiep-nhan");
    }
}

/// The unit has an administrator now, who has not signed in yet.
async fn who_is_ready(browser: &Browser, demo: &Demo, cast: &Cast) {
    open(browser, demo, "/admin/onboarding", "admin-onboarding").await;
    browser.write("#q", cast.unit).await;
    browser.comes_to_say("table.list tbody", cast.unit).await;
    open(browser, demo, &format!("/admin/onboarding?q={}", cast.unit), "admin-onboarding").await;
    browser.look_at("admin-onboarding", "one-unit").await;
    let line = browser.text("table.list tbody tr").await;
    assert!(line.contains(cast.unit), "{line}");
    assert!(browser.has("table.list tbody tr bdi").await, "its administrator is named: {line}");
    let file = browser.file_behind("a[href^='/admin/onboarding/export']").await;
    assert!(file.contains(cast.unit), "{file}");
}
