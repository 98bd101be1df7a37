//! The guides: light pages, whose pictures are there and come when somebody wants to see them.

use crate::steps::open;
use crate::support::Stage;
use crate::support::Way;
use crate::support::picture_folder;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// Those in which stories are walked: only in them can pictures be taken.
const LANGUAGES: [&str; 2] = [Way::AT_A_DESK.language, Way::ON_A_PHONE.language];
/// All pictures of one guide together: its page must stay a light one.
const MOST_BYTES_EACH: u64 = 16_000;

/// Where the help leads.
const GUIDES: &str = r#"return [...document.querySelectorAll("main a[href^='/help/']")].map((e) => e.getAttribute("href"))"#;
const OPEN: &str = r#"for (const e of document.querySelectorAll("main details")) e.open = true; return null"#;
const BROKEN: &str =
    r#"return [...document.querySelectorAll("main img")].filter((e) => e.naturalWidth === 0).map((e) => e.getAttribute("src"))"#;

pub(crate) async fn every_guide_has_its_pictures_in_both_languages(stage: &Stage) {
    if std::env::var("MOTLAN_PICTURES").is_ok_and(|value| value == "write") {
        println!("skipped: the pictures are being taken");
        return;
    }
    let mut wanted = BTreeSet::new();
    for language in LANGUAGES {
        let guides = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("templates/help/{language}.toml"));
        let guides = std::fs::read_to_string(guides).expect("the guides");
        let names = guides.split("picture = \"").skip(1).filter_map(|rest| rest.split('"').next());
        wanted.extend(names.map(|name| format!("{name}.{language}.webp")));
    }
    let mut there = BTreeSet::new();
    for entry in std::fs::read_dir(picture_folder()).into_iter().flatten() {
        let entry = entry.expect("a picture");
        if entry.path().extension().is_some_and(|ending| ending == "webp") {
            let name = entry.file_name().into_string().expect("a name in UTF-8");
            let bytes = entry.metadata().expect("its size").len();
            if bytes > MOST_BYTES_EACH {
                stage.browser.found(format!("{name} weighs {bytes} bytes"));
            }
            there.insert(name);
        }
    }
    let missing: Vec<_> = wanted.difference(&there).collect();
    let unused: Vec<_> = there.difference(&wanted).collect();
    assert!(missing.is_empty(), "MOTLAN_PICTURES=write cargo test --test browser takes {missing:?}");
    assert!(unused.is_empty(), "no guide names {unused:?}");
}

pub(crate) async fn every_guide_is_light_and_its_pictures_come_when_they_are_opened(stage: &Stage) {
    let demo = &stage.demo;
    for way in Way::BOTH {
        let browser = stage.begin(way).await;
        open(browser, demo, "/help", "help").await;
        let guides: Vec<String> = serde_json::from_value(browser.look_up(GUIDES).await).expect("addresses");
        assert!(guides.len() > 5, "{guides:?}");
        for guide in &guides {
            open(browser, demo, guide, "help-guide").await;
            browser.weigh(guide).await;
            browser.look_up(OPEN).await;
            browser.is_whole().await;
            let broken = browser.look_up(BROKEN).await;
            assert_eq!(broken, json!([]), "{guide}: these pictures do not come");
        }
    }
}
