//! What is typed after `motlan reorg`.

use crate::app::cli::actor;
use crate::service::Origin;
use crate::service::reorganization::By;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What to do with a plan.
#[derive(Debug, Subcommand)]
pub enum ReorgCommand {
    /// Show what a plan would do to units and people, and its digest; the first who does so is its author.
    #[command(
        after_help = "Examples:\n  motlan reorg preview merger-2025 --worklist worklist.csv\n  motlan reorg preview next.plan --decisions worklist.csv --by an"
    )]
    Preview(PreviewArgs),
    /// Approve exactly what the preview showed; another person than the author does it.
    #[command(after_help = "Example:\n  motlan reorg approve merger-2025 --by binh")]
    Approve(ApproveArgs),
    /// Apply what was approved, on its day or later: all of it or nothing.
    #[command(after_help = "Example:\n  motlan reorg apply merger-2025 --accept-open")]
    Apply(ApplyArgs),
    /// Take an applied plan back: units and people are as they were before it.
    #[command(
        after_help = "Examples:\n  motlan reorg rollback merger-2025 --dry-run --report since.csv\n  motlan reorg rollback merger-2025 --reason \"wrong list of wards\""
    )]
    Rollback(RollbackArgs),
    /// How far a plan is, stage by stage, how it is prepared, and what was done with it.
    #[command(after_help = "Example:\n  motlan reorg status merger-2025 --json")]
    Status(PlanArgs),
    /// Say to which unit people of a divided or dissolved unit go; without a unit, list what was said.
    #[command(
        after_help = "Examples:\n  motlan reorg rule merger-2025 --from 760 --department 'Phòng Tư pháp' --to 26740 --decision-no 12/QĐ-UBND\n  motlan reorg rule merger-2025 --from 760 --seat 'Khu phố 3' --to 26743 --decision-no 12/QĐ-UBND"
    )]
    Rule(RuleArgs),
    /// Read where the departments of divided units sit, for rules by seat; without a file, list what was read.
    #[command(
        after_help = "Columns: from_unit (the code of the unit on the day before), department (empty: the unit's own seat), address.\nA file takes the place of all seats of the units that it names.\n\nExample:\n  motlan reorg seats merger-2025 seats.csv --by an"
    )]
    Seats(SeatsArgs),
    /// List what was decided of single posts: who goes where, by whom and by which number; or take decisions back.
    #[command(
        after_help = "Examples:\n  motlan reorg decisions merger-2025\n  motlan reorg decisions merger-2025 --remove 0198a5f2-3c1d-7b64-9e0a-5d2f8c417b93 --by an"
    )]
    Decisions(DecisionsArgs),
    /// Take a plan that is not applied out of use, with its approvals.
    #[command(after_help = "Example:\n  motlan reorg withdraw merger-2025")]
    Withdraw(PlanArgs),
}

/// Which plan, and who acts.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// A plan that ships (merger-2025) or was previewed before, by its name; or the path of a file.
    pub plan: String,
    /// Who acts, for the records; the user of the operating system by default.
    #[arg(long, value_name = "USER", value_parser = user)]
    pub by: Option<String>,
}

/// What to look at.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// Which plan.
    #[command(flatten)]
    pub named: PlanArgs,
    /// Only this stage of it.
    #[arg(long)]
    pub stage: Option<String>,
    /// Write who needs a human decision to this file.
    #[arg(long, value_name = "FILE.csv")]
    pub worklist: Option<PathBuf>,
    /// Read such a list back (CSV or XLSX), with the units that humans chose.
    #[arg(long, value_name = "FILE")]
    pub decisions: Option<PathBuf>,
}

/// What to approve.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// Which plan.
    #[command(flatten)]
    pub named: PlanArgs,
    /// Only this stage of it.
    #[arg(long)]
    pub stage: Option<String>,
    /// The digest that the preview showed; without one, what a preview shows now is approved.
    #[arg(long)]
    pub digest: Option<String>,
    /// Go ahead although people wait for a decision: their posts end with their units.
    #[arg(long)]
    pub accept_open: bool,
}

/// What to apply.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Which plan.
    #[command(flatten)]
    pub named: PlanArgs,
    /// Only this stage of it.
    #[arg(long)]
    pub stage: Option<String>,
    /// Go ahead although people wait for a decision, where you neither registered the plan, nor said where people go, nor undid
    /// what others had said of it: their posts end with their units, and each is decided later.
    #[arg(long)]
    pub accept_open: bool,
}

/// What to take back, and why.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Which plan.
    #[command(flatten)]
    pub named: PlanArgs,
    /// Only this stage of it.
    #[arg(long)]
    pub stage: Option<String>,
    /// Take nothing back: tell by person what was changed since and would stay, and which posts and rights would end.
    #[arg(long, conflicts_with = "accept_edits")]
    pub dry_run: bool,
    /// Write all of that to this file, which must not be there yet.
    #[arg(long, value_name = "FILE.csv", requires = "dry_run")]
    pub report: Option<PathBuf>,
    /// Go ahead although something was changed since: changes of posts stay, posts that have no unit any more and rights in what
    /// goes end, and all of it is told.
    #[arg(long)]
    pub accept_edits: bool,
    /// Why, for the records.
    #[arg(long, default_value = "rolled back at the command line")]
    pub reason: String,
}

/// Who of which unit goes where, and who says so.
#[derive(Debug, Args)]
pub struct RuleArgs {
    /// Which plan.
    #[command(flatten)]
    pub named: PlanArgs,
    /// The unit that is divided or dissolved, by its code on the day before.
    #[arg(long, value_name = "CODE", requires_all = ["to", "decision_no"])]
    pub from: Option<String>,
    /// Only posts of this department, whole, whatever its case and accents.
    #[arg(long, requires = "from")]
    pub department: Option<String>,
    /// Only posts of this title, likewise.
    #[arg(long, requires = "from")]
    pub title: Option<String>,
    /// Only posts whose department sits at an address with these words, each whole, by the seats that were read.
    #[arg(long, value_name = "WORDS", requires = "from")]
    pub seat: Option<String>,
    /// The unit that they go to, by its code from the day on.
    #[arg(long, value_name = "CODE", requires = "from")]
    pub to: Option<String>,
    /// The number of the decision that says so.
    #[arg(long, value_name = "NUMBER", requires = "from")]
    pub decision_no: Option<String>,
    /// Remove this rule, by its id.
    #[arg(long, value_name = "ID", conflicts_with = "from")]
    pub remove: Option<String>,
}

/// What was decided of single posts.
#[derive(Debug, Args)]
pub struct DecisionsArgs {
    /// Which plan.
    #[command(flatten)]
    pub named: PlanArgs,
    /// Take the decision about this post back, by the post's id, while it does not count yet; may be given more than once.
    #[arg(long, value_name = "POSITION")]
    pub remove: Vec<String>,
}

/// Where departments sit.
#[derive(Debug, Args)]
pub struct SeatsArgs {
    /// Which plan.
    #[command(flatten)]
    pub named: PlanArgs,
    /// The file that says so (CSV or XLSX); without one, those that were read are listed.
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

fn user(text: &str) -> Result<String, String> {
    let name = text.trim().trim_start_matches("os:");
    if name.is_empty() || name.len() > 64 || name.chars().any(char::is_control) {
        return Err("name who acts, in 64 bytes at most".to_owned());
    }
    Ok(name.to_owned())
}

/// Who acts. Whoever is named stands in the records as the operating system's user does: nobody proved it.
fn acting(named: &PlanArgs) -> String {
    named.by.as_ref().map_or_else(actor, |name| format!("os:{name}"))
}

/// Who acts, and who typed it: the second cannot be chosen beside the command.
pub struct Acting {
    actor: String,
    typed_by: String,
    origin: Origin,
}

impl Acting {
    /// Who acts by these words.
    pub fn of(named: &PlanArgs) -> Self {
        Self { actor: acting(named), typed_by: typist(), origin: Origin::command_line() }
    }

    /// As the records say it.
    pub fn by(&self) -> By<'_> {
        By { actor: &self.actor, origin: &self.origin, typed_by: Some(&self.typed_by) }
    }
}

/// The user of the operating system by the kernel's word: who signed in to the machine where it keeps that, else whose process
/// this is; with whom `sudo` names, if that is another one.
#[expect(clippy::disallowed_methods, reason = "app is the room that reads the environment")]
fn typist() -> String {
    let signed_in = std::fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse::<u32>().ok());
    // The highest number stands for nobody.
    let id = signed_in.filter(|id| *id != u32::MAX).unwrap_or_else(|| rustix::process::getuid().as_raw());
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    typed(&users, id, std::env::var("SUDO_USER").ok().as_deref())
}

fn typed(users: &str, id: u32, sudo: Option<&str>) -> String {
    let of_id = |line: &str| {
        let mut fields = line.split(':');
        let (name, known) = (fields.next()?, fields.nth(1)?);
        (known.parse::<u32>() == Ok(id) && !name.is_empty()).then(|| name.to_owned())
    };
    let name = users.lines().find_map(of_id).unwrap_or_else(|| format!("#{id}"));
    match sudo.and_then(|sudo| user(sudo).ok()).filter(|sudo| *sudo != name) {
        Some(sudo) => format!("os:{name} (sudo: {sudo})"),
        None => format!("os:{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        command: ReorgCommand,
    }

    #[test]
    fn a_plan_is_always_named_and_a_rule_says_from_where_to_where_and_by_which_decision() {
        let whole = ["reorg", "rule", "merger-2025", "--from", "760", "--to", "26740", "--decision-no", "12/QĐ"];
        let by_seat = [&whole[..], &["--seat", "Khu phố 3"]].concat();
        let table: [(&[&str], bool); 27] = [
            (&["reorg", "decisions", "merger-2025"], true),
            (&["reorg", "decisions", "merger-2025", "--remove", "019", "--remove", "020", "--by", "binh"], true),
            (&["reorg", "decisions", "merger-2025", "--remove"], false),
            (&["reorg", "decisions"], false),
            (&["reorg", "preview", "merger-2025"], true),
            (&["reorg", "preview", "./next.plan", "--stage", "mot", "--worklist", "w.csv", "--decisions", "w.xlsx"], true),
            (&["reorg", "preview"], false),
            (&["reorg", "approve", "merger-2025", "--by", "binh", "--digest", "abc", "--accept-open"], true),
            (&["reorg", "approve", "merger-2025", "--by", " "], false),
            (&["reorg", "apply", "merger-2025", "--accept-open"], true),
            (&["reorg", "rollback", "merger-2025"], true),
            (&["reorg", "rollback", "merger-2025", "--accept-edits", "--reason", "QĐ 12"], true),
            (&["reorg", "rollback", "merger-2025", "--dry-run", "--report", "since.csv"], true),
            (&["reorg", "rollback", "merger-2025", "--report", "since.csv"], false),
            (&["reorg", "rollback", "merger-2025", "--dry-run", "--accept-edits"], false),
            (&["reorg", "status"], false),
            (&whole, true),
            (&whole[..7], false),
            (&["reorg", "rule", "merger-2025"], true),
            (&["reorg", "rule", "merger-2025", "--title", "Chủ tịch"], false),
            (&by_seat, true),
            (&["reorg", "rule", "merger-2025", "--seat", "Khu phố 3"], false),
            (&["reorg", "seats"], false),
            (&["reorg", "seats", "merger-2025"], true),
            (&["reorg", "seats", "merger-2025", "seats.csv", "--by", "binh"], true),
            (&["reorg", "seats", "merger-2025", "seats.csv", "more.csv"], false),
            (&["reorg", "rule", "merger-2025", "--remove", "019"], true),
        ];
        for (words, fine) in table {
            assert_eq!(Line::try_parse_from(words).is_ok(), fine, "{words:?}");
        }
    }

    #[test]
    fn whoever_types_is_known_by_their_number_whatever_is_told() {
        let users = "root:x:0:0:root:/root:/bin/sh\nan:x:1001:1001::/home/an:/bin/sh\n:x:1002:1002:::\nbroken\n";
        let table = [
            (1001, None, "os:an"),
            (1001, Some("an"), "os:an"),
            (1001, Some("binh"), "os:an (sudo: binh)"),
            (0, Some("an"), "os:root (sudo: an)"),
            (0, Some("a\nb"), "os:root"),
            (1002, None, "os:#1002"),
            (7, None, "os:#7"),
        ];
        for (id, sudo, expected) in table {
            assert_eq!(typed(users, id, sudo), expected, "{id} {sudo:?}");
        }
        let named = |by: &str| PlanArgs { plan: String::new(), by: Some(by.to_owned()) };
        let (one, other) = (Acting::of(&named("an")), Acting::of(&named("binh")));
        assert_ne!(one.by().actor, other.by().actor);
        assert!(one.by().typed_by.is_some_and(|typed| typed.starts_with("os:") && Some(typed) == other.by().typed_by));
    }

    #[test]
    fn whoever_is_named_is_the_same_as_the_user_of_the_machine_by_that_name() {
        let named = |by: &str| PlanArgs { plan: String::new(), by: Some(user(by).expect("a user")) };
        assert_eq!(acting(&named("an")), "os:an");
        assert_eq!(acting(&named(" os:an ")), "os:an");
        assert!(user("os:").is_err() && user("a\nb").is_err() && user(&"a".repeat(65)).is_err());
    }
}
