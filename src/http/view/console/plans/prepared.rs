//! How far a stage is prepared: figures, what had better be done before, and what that is about.

use super::lines::Short;
use super::{UnitName, stage_name};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::number;
use crate::service::reorganization::{Concern, Former};

/// How far a stage is prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedCard {
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
    /// People who may sign in and have a post that ends or goes on.
    pub people: i64,
    /// Of those, people who signed in lately.
    pub recent: i64,
    /// Of those, people with an account of an old system, and people who have signed in since it is theirs.
    pub owners: (i64, i64),
    /// Accounts of old systems in the units that end: all, those that are somebody's, those that wait.
    pub accounts: (i64, i64, i64),
    /// Posts of which nobody has said where they go.
    pub undecided: i64,
    /// What had better be done before.
    pub concerns: Vec<Concern>,
    /// Systems that live on what was before.
    pub clients: Short<LeaningLine>,
    /// Roles of groups that end with their units.
    pub groups: Short<GroupLine>,
    /// What else is approved for the day.
    pub beside: Vec<BesideLine>,
}

/// A system that lives on what was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaningLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is told.
    pub what: Former,
    /// The last day on which it is told so, as shown.
    pub until: Option<String>,
}

/// A role of a group that ends with its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLine {
    /// The client.
    pub client: String,
    /// The role.
    pub role: String,
    /// The unit.
    pub unit: UnitName,
    /// Also in every unit under it.
    pub below: bool,
    /// Only with this title.
    pub title: Option<String>,
}

/// Something else that is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BesideLine {
    /// The plan.
    pub plan: String,
    /// The stage; none for the whole plan.
    pub stage: Option<String>,
}

impl PreparedCard {
    /// Its heading.
    pub fn title(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        fill(&t.console_plans_prepared, &[("stage", &stage_name(t, self.stage.as_deref()))])
    }

    /// Nothing stands in the way.
    pub fn is_ready(&self) -> bool {
        self.concerns.is_empty()
    }

    /// Figures with their names.
    pub fn figures(&self, chrome: &Chrome) -> Vec<(String, String)> {
        let t = chrome.t();
        let of = |part: i64, whole: i64| {
            let (part, whole) = (number(chrome, part), number(chrome, whole));
            fill(&t.console_plans_prepared_of, &[("part", &part), ("whole", &whole)])
        };
        let mut figures = vec![
            (t.console_plans_prepared_people.clone(), number(chrome, self.people)),
            (t.console_plans_prepared_recent.clone(), of(self.recent, self.people)),
        ];
        let (owners, arrived) = self.owners;
        let (accounts, linked, waiting) = self.accounts;
        if accounts > 0 || owners > 0 {
            figures.push((t.console_plans_prepared_linked.clone(), of(linked, accounts)));
            figures.push((t.console_plans_prepared_waiting.clone(), of(waiting, accounts)));
            figures.push((t.console_plans_prepared_owners.clone(), of(owners, self.people)));
            figures.push((t.console_plans_prepared_arrived.clone(), of(arrived, owners)));
        }
        figures.push((t.console_plans_open.clone(), number(chrome, self.undecided)));
        figures
    }

    /// What had better be done before, in sentences.
    pub fn sentences(&self, chrome: &Chrome) -> Vec<String> {
        self.concerns.iter().map(|concern| self.sentence(chrome, *concern)).collect()
    }

    fn sentence(&self, chrome: &Chrome, concern: Concern) -> String {
        let t = chrome.t();
        let counted = |words: &str, count: i64| fill(words, &[("count", &number(chrome, count))]);
        match concern {
            Concern::Undecided(count) => counted(&t.console_plans_before_undecided, count),
            Concern::Waiting(count) => counted(&t.console_plans_before_waiting, count),
            Concern::Away(count) => counted(&t.console_plans_before_away, count),
            Concern::Clients(count) => counted(&t.console_plans_before_clients, count),
            Concern::Groups(count) => counted(&t.console_plans_before_groups, count),
            Concern::Scopes(count) => counted(&t.console_plans_before_scopes, count),
            Concern::Beside(_) => beside_said(t, &self.beside),
        }
    }
}

/// That others are approved for the day too, and what follows from it.
pub fn beside_said(t: &'static Words, beside: &[BesideLine]) -> String {
    let name = |line: &BesideLine| format!("{} ({})", line.plan, stage_name(t, line.stage.as_deref()));
    let names: Vec<String> = beside.iter().map(name).collect();
    fill(&t.console_plans_before_beside, &[("plans", &names.join(", "))])
}

impl LeaningLine {
    /// What the system is told, and until when.
    pub fn said(&self, t: &'static Words) -> String {
        let what = match self.what {
            Former::Units => &t.console_plans_former_units,
            Former::Subjects => &t.console_plans_former_subjects,
            Former::Identities => &t.console_plans_old_accounts,
            // No day ends that.
            Former::Codes => return t.console_plans_no_code.clone(),
        };
        match &self.until {
            Some(last) => format!("{what}, {}", fill(&t.console_plans_former_until, &[("day", last)])),
            None => format!("{what}, {}", t.console_plans_former_endless),
        }
    }
}
