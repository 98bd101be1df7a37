//! The pictures of the guides: each that a guide names is there, and none that no guide names.

use crate::support::Stage;
use crate::support::Way;
use crate::support::picture_folder;
use std::collections::BTreeSet;
use std::path::Path;

/// Those in which stories are walked: only in them can pictures be taken.
const LANGUAGES: [&str; 2] = [Way::AT_A_DESK.language, Way::ON_A_PHONE.language];
/// All pictures of one guide together: its page must stay a light one.
const MOST_BYTES_EACH: u64 = 16_000;

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
