//! The worklist of a re-organization, as the administrator of a unit that is divided empties it: one by one, and by a file.

use crate::console_steps::comes_as;
use crate::console_steps::count_of;
use crate::console_steps::employ;
use crate::console_steps::file_named;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use tempfile::TempDir;

/// A unit that is divided, the plan by which it is, whom somebody has to decide of, and who does.
struct Cast {
    plan: &'static str,
    divided: &'static str,
    /// The codes of the units that begin.
    begun: [&'static str; 2],
    waiting: [&'static str; 3],
    administrator: &'static str,
}

const CASTS: [Cast; 2] = [
    Cast {
        plan: "don-vi-xet-mot",
        divided: "27559",
        begun: ["90011", "90012"],
        waiting: ["cho.xep.mot", "cho.xep.hai", "cho.xep.ba"],
        administrator: "xep.cho.mot",
    },
    Cast {
        plan: "don-vi-xet-hai",
        divided: "27676",
        begun: ["90021", "90022"],
        waiting: ["cho.xep.bon", "cho.xep.nam", "cho.xep.sau"],
        administrator: "xep.cho.hai",
    },
];

/// The boxes of the posts on the list.
const BOXES: &str = "#worklist-posts tbody input[type='checkbox']";

impl Cast {
    /// The unit is divided among two new ones.
    fn plan(&self) -> String {
        let Self { plan, divided, begun: [one, two], .. } = self;
        format!(
            "name = \"{plan}\"\ntitle = \"Chia một xã\"\neffective = 2027-01-01\n\n[instrument]\nnumber = \"13/NQ-HĐND\"\n\
             date = 2026-10-01\nissuer = \"Hội đồng nhân dân Thành phố\"\n\n+++\n\
             step,unit,kind,name,code,parent,into,relation\n\
             create,+{one},xa,Xã Thử {one},,79,,\ncreate,+{two},xa,Xã Thử {two},,79,,\n\
             divide,{divided},,,,,+{one},\ndivide,{divided},,,,,+{two},\n"
        )
    }

    fn worklist(&self) -> String {
        format!("/admin/plans/{}/worklist", self.plan)
    }
}

pub(crate) async fn a_unit_administrator_empties_the_worklist_of_their_unit(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    for (way, cast) in Way::BOTH.into_iter().zip(CASTS) {
        for username in cast.waiting {
            employ(demo, &folder, username, cast.divided);
        }
        employ(demo, &folder, cast.administrator, "26740");
        let plan = file_named(&folder, &format!("{}.plan", cast.plan), &cast.plan());
        demo.motlan(&["reorg", "preview", &plan.display().to_string(), "--by", "soan"], "");
        let (browser, _) = comes_as(stage, way, cast.administrator, &["unit", "--unit", cast.divided]).await;
        open(browser, demo, &cast.worklist(), "admin-plan-worklist").await;
        browser.look_at("admin-plan-worklist", "of-a-unit").await;
        let waiting = count_of(browser, BOXES).await;
        assert_eq!(waiting, 4, "three who are new, and one of the demo: {}", browser.text("#worklist-posts").await);
        assert!(!browser.has("#worklist-rules").await, "what the whole plan says is not theirs");

        one_is_decided_of(browser, &cast).await;
        assert_eq!(count_of(browser, BOXES).await, waiting - 1, "whoever was decided of waits no more");
        the_decision_is_taken_back(browser, demo, &cast).await;
        assert_eq!(count_of(browser, BOXES).await, waiting, "whoever is decided of no more waits again");
        one_is_decided_of(browser, &cast).await;
        the_rest_is_decided_by_a_file(browser, &folder, &cast).await;
        browser.sees("#worklist-none").await;
        assert!(!browser.has("#worklist-posts").await, "nobody waits");
        browser.look_at("admin-plan-worklist", "empty").await;
    }
}

async fn one_is_decided_of(browser: &Browser, cast: &Cast) {
    browser.go("#worklist-decide").await;
    browser.sees("main[data-page='admin-plan-worklist'] .summary[role='alert']").await;
    browser.look_at("admin-plan-worklist", "nobody-chosen").await;
    let of_code = "return [...document.querySelector('#unit').options] \
                   .filter((e) => e.label.includes(arguments[0])).map((e) => e.value)[0]";
    let unit = browser.look_up_with(of_code, vec![cast.begun[0].into()]).await;
    browser.mark(BOXES).await;
    browser.choose("#unit", unit.as_str().expect("a unit")).await;
    browser.write("#decision-no", "25/QĐ-MAU").await;
    browser.go("#worklist-decide").await;
    browser.sees("main[data-page='admin-plan-worklist'] .note[role='status']").await;
}

/// What was decided is listed with its number, and one press makes it undecided.
async fn the_decision_is_taken_back(browser: &Browser, demo: &Demo, cast: &Cast) {
    open(browser, demo, &format!("{}/decided", cast.worklist()), "admin-plan-decided").await;
    let decided = browser.text("#decided-posts").await;
    assert!(decided.contains("25/QĐ-MAU") && count_of(browser, "#decided-posts tbody tr").await == 1, "{decided}");
    browser.look_at("admin-plan-decided", "").await;
    browser.mark("#decided-posts tbody input[type='checkbox']").await;
    browser.go("#decided-take-back").await;
    browser.sees("#decided-none").await;
    browser.look_at("admin-plan-decided", "none").await;
    open(browser, demo, &cast.worklist(), "admin-plan-worklist").await;
}

/// The list is taken away, filled in, and sent: first with a unit that is none of the two, which decides of nobody.
async fn the_rest_is_decided_by_a_file(browser: &Browser, folder: &TempDir, cast: &Cast) {
    let waiting = count_of(browser, BOXES).await;
    let list = browser.file_behind("#worklist-csv").await;
    for (unit, is_right) in [("26740", false), (cast.begun[1], true)] {
        let sheet = file_named(folder, &format!("{}-{unit}.csv", cast.plan), &filled_in(&list, unit));
        browser.attach("#file", &sheet).await;
        browser.go("#sheet-decide").await;
        browser.arrives_at("admin-plan-worklist").await;
        assert_eq!(browser.has("#sheet-mistakes").await, !is_right, "{unit}");
        if !is_right {
            assert_eq!(count_of(browser, BOXES).await, waiting, "a file with a mistake decides of nobody");
            browser.look_at("admin-plan-worklist", "mistakes").await;
        }
    }
}

/// Two columns beside each other, where everybody goes and by which decision, are empty in what is taken away.
fn filled_in(list: &str, unit: &str) -> String {
    let fill = |(place, line): (usize, &str)| {
        if let Some((who, which)) = line.split_once(",\"\",\"\",") {
            format!("{who},{unit},26/QĐ-MAU,{which}\n")
        } else {
            assert_eq!(place, 0, "{line} is filled in already");
            format!("{line}\n")
        }
    };
    list.lines().enumerate().map(fill).collect()
}
