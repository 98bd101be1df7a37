//! axe-core, the accessibility checker, put into a page from outside.
//!
//! It comes from npm in the version that `tests/axe` pins, once, and is kept
//! under `target`. `MOTLAN_AXE` may name another `axe.min.js`.

use super::browser::Browser;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

static SOURCE: LazyLock<String> = LazyLock::new(|| {
    let path = std::env::var_os("MOTLAN_AXE").map_or_else(installed, PathBuf::from);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
});

/// All that WCAG 2.2 asks at levels A and AA and a program can judge.
const RUN: &str = r#"
const done = arguments[arguments.length - 1];
const told = (rule) => rule.nodes.map((node) =>
  `${rule.id} (${rule.help}): ${node.html.replace(/\s+/g, " ").slice(0, 160)} ${(node.failureSummary || "").replace(/\s+/g, " ")}`);
axe.run(document, {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
}).then((report) => done(report.violations.flatMap(told)), (error) => done([`axe: ${error}`]));
"#;

/// The file of the pinned version, installed when it is not there.
fn installed() -> PathBuf {
    let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/axe");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let wanted = version(&pinned.join("package.json"), |package| &package["dependencies"]["axe-core"]);
    let package = place.join("node_modules/axe-core");
    if wanted.is_none() || version(&package.join("package.json"), |package| &package["version"]) != wanted {
        std::fs::create_dir_all(&place).expect("a folder for axe-core");
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(pinned.join(file), place.join(file)).unwrap_or_else(|error| panic!("tests/axe/{file}: {error}"));
        }
        let npm = Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&place).output();
        let output = npm.expect("npm is not on PATH (Debian: apt-get install npm); or let MOTLAN_AXE name an axe.min.js");
        assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
    }
    package.join("axe.min.js")
}

fn version(file: &Path, of: impl Fn(&Value) -> &Value) -> Option<String> {
    let package: Value = serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()?;
    of(&package).as_str().map(str::to_owned)
}

impl Browser {
    /// What axe-core finds wrong with the page as it stands.
    pub(super) async fn violations(&self) -> Vec<String> {
        if self.look_up("return typeof axe").await != "object" {
            self.look_up(&SOURCE).await;
        }
        let report = self.driver.execute_async(RUN, Vec::<Value>::new()).await;
        let report = report.unwrap_or_else(|error| panic!("axe-core: {error}"));
        serde_json::from_value(report.json().clone()).expect("a list of violations")
    }
}
