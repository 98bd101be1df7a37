//! What the page of a plan is made of: the plan itself, its stages, figures, and the lines of its tables.

use super::{Fate, News, UnitName, stage_name};
use crate::base::words::{Words, fill};
use crate::service::reorganization::{Part, Readiness};

/// What a plan is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The number of the paper that it rests on.
    pub number: String,
    /// The day of that paper, as shown.
    pub dated: String,
    /// Who issued it; may be empty.
    pub issuer: String,
    /// The plan's first day, as shown.
    pub effective: String,
    /// Who registered it.
    pub author: String,
    /// When, as shown.
    pub registered: String,
    /// When it was withdrawn, as shown.
    pub withdrawn: Option<String>,
}

/// How a stage stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageLine {
    /// Its name; none for the whole plan.
    pub stage: Option<String>,
    /// Whether it may be applied.
    pub readiness: Readiness,
    /// Who approved what waits, and when.
    pub approved: Option<(String, String)>,
    /// What is not any more as it was approved.
    pub changed: Option<Part>,
    /// A word for why it did not come by itself.
    pub waits: Option<String>,
    /// People and posts of the newest run.
    pub run: Option<(i64, i64)>,
    /// Posts that wait for a decision after it was applied.
    pub open: i64,
}

/// What a stage comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Units that end, begin, and go on changed; none where that is not known.
    pub units: Option<(i64, i64, i64)>,
    /// People of whom a post ends or goes on.
    pub people: i64,
    /// Their posts.
    pub posts: i64,
    /// Posts of divided units whose place is decided.
    pub decided: Option<i64>,
    /// Posts that wait for a decision.
    pub open: i64,
    /// People who have one; none where that is not known.
    pub open_people: Option<i64>,
}

/// Of when figures are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountedAt {
    /// They tell what would be: when they were counted, as shown.
    Looked(String),
    /// They were kept when it was applied: when, as shown, and of which stages; none is the whole plan.
    Kept(String, Vec<Option<String>>),
}

impl CountedAt {
    /// In words.
    pub fn said(&self, t: &'static Words) -> String {
        match self {
            Self::Looked(at) => fill(&t.console_plans_looked_at, &[("at", at)]),
            Self::Kept(at, stages) => {
                let names: Vec<String> = stages.iter().map(|stage| stage_name(t, stage.as_deref())).collect();
                fill(&t.console_plans_kept_at, &[("stages", &names.join(", ")), ("at", at)])
            }
        }
    }
}

/// What becomes of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitChange {
    /// The unit.
    pub unit: UnitName,
    /// The district that it lay in; may be empty.
    pub district: String,
    /// The province that it lay in; may be empty.
    pub province: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Where its people go.
    pub to: Vec<UnitName>,
    /// What is new of it.
    pub news: Vec<News>,
    /// People in it, and those who wait for a decision; none where that is not known.
    pub people: Option<(i64, i64)>,
}

/// A list of which only the first lines are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Short<Line> {
    /// The lines.
    pub lines: Vec<Line>,
    /// How many more there are.
    pub more: i64,
}

impl<Line> Short<Line> {
    /// The first lines of a list.
    pub fn of(mut lines: Vec<Line>, most: usize) -> Self {
        let more = i64::try_from(lines.len().saturating_sub(most)).unwrap_or(i64::MAX);
        lines.truncate(most);
        Self { lines, more }
    }

    /// Nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Roles that go on with their posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleLine {
    /// The client.
    pub client: String,
    /// The role.
    pub role: String,
    /// How many.
    pub count: i64,
}

/// Roles of groups of units that end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRolesLine {
    /// The client.
    pub client: String,
    /// The role.
    pub role: String,
    /// How many go on with their units.
    pub go_on: i64,
    /// How many do not.
    pub end: i64,
}

/// What becomes of an administrator's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeLine {
    /// Whose.
    pub username: String,
    /// Its last day, as shown; may be empty.
    pub ended: String,
    /// The unit in which it goes on.
    pub to: Option<String>,
}

/// A client that lives on codes of before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A word for the way in which it does.
    pub way: String,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryLine {
    /// When, as shown.
    pub at: String,
    /// What: a word of the journal.
    pub what: &'static str,
    /// Of which stage.
    pub stage: Option<String>,
    /// By whom.
    pub by: String,
    /// More about it; may be empty.
    pub detail: String,
}
