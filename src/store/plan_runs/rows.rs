//! What a run is, as stored and as asked for.

use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId, UnitId};
use crate::model::plan::edit::Edits;
use crate::model::plan::effect::Fate;
use crate::model::plan::scopes::ScopeMove;
use crate::store::StoreError;
use std::collections::BTreeMap;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// People are staged; nothing counts.
    Staging,
    /// It counts.
    Applied,
    /// It counts, and is being taken back. That begins and ends in one write, which keeps the city from doing two such things
    /// at once: nobody else ever reads it.
    Undoing,
    /// It was taken back.
    Undone,
    /// It was given up before it counted.
    Abandoned,
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Staging, Self::Applied, Self::Undoing, Self::Undone, Self::Abandoned];

    /// The word by which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Staging => "staging",
            Self::Applied => "applied",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Abandoned => "abandoned",
        }
    }

    /// Reads [`RunState::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One run, without what it did: see [`find_effect`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its identity.
    pub id: String,
    /// The plan.
    pub plan: String,
    /// The stage; empty for the whole plan.
    pub stage: String,
    /// The approval that it rests on.
    pub approval: String,
    /// The digest that was approved.
    pub digest: String,
    /// The set that the people are staged in.
    pub change_set: ChangeSetId,
    /// How far it is.
    pub state: RunState,
    /// The last person who is staged; an empty id before the first.
    pub cursor: PersonId,
    /// When it began.
    pub started_at: Millis,
    /// Who began it.
    pub started_by: String,
    /// When somebody last worked on it.
    pub touched_at: Millis,
    /// Which process does.
    pub holder: String,
    /// People whose posts it moves or ends, so far.
    pub people: i64,
    /// Their posts.
    pub posts: i64,
    /// Of those, posts that ended without going on.
    pub open: i64,
    /// The version of the registry that it rests on.
    pub registry_before: i64,
    /// The version that the registry came to by it.
    pub registry_after: Option<i64>,
    /// When it was applied.
    pub applied_at: Option<Millis>,
    /// The version of the people up to which nobody is in a unit that it ended.
    pub swept: i64,
    /// The set that keeps what taking it back left alone.
    pub undo_set: Option<ChangeSetId>,
    /// When it was taken back.
    pub undone_at: Option<Millis>,
    /// By whom.
    pub undone_by: Option<String>,
    /// Why it was taken back or given up.
    pub reason: String,
}

/// What a run did beside what it told of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEffect {
    /// To units.
    pub edits: Edits,
    /// To those who administer them.
    pub scopes: Vec<(PersonId, ScopeMove)>,
    /// What each unit that ended left to whoever worked there.
    pub ended: BTreeMap<UnitId, Fate>,
}

/// A run that begins.
#[derive(Debug, Clone, Copy)]
pub struct NewRun<'a> {
    /// Its identity.
    pub id: &'a str,
    /// The plan.
    pub plan: &'a str,
    /// The stage; empty for the whole plan.
    pub stage: &'a str,
    /// The approval that it rests on.
    pub approval: &'a str,
    /// The digest that was approved.
    pub digest: &'a str,
    /// The set that the people are staged in.
    pub change_set: &'a ChangeSetId,
    /// The version of the registry that it rests on.
    pub registry_before: i64,
    /// Who begins it.
    pub by: &'a str,
    /// Which process works on it.
    pub holder: &'a str,
}

/// Whoever works on a run.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The run.
    pub id: &'a str,
    /// Which process holds it.
    pub holder: &'a str,
}

/// How far the staging is.
#[derive(Debug, Clone, Copy)]
pub struct Far<'a> {
    /// The last person who is staged.
    pub cursor: &'a PersonId,
    /// People so far.
    pub people: i64,
    /// Posts so far.
    pub posts: i64,
}

/// What a run is once it counts.
#[derive(Debug, Clone, Copy)]
pub struct Applying<'a> {
    /// People whose posts it moved or ended.
    pub people: i64,
    /// Their posts.
    pub posts: i64,
    /// Of those, posts that ended without going on.
    pub open: i64,
    /// The version that the registry came to by it.
    pub registry_after: i64,
    /// What it did to units and to those who administer them.
    pub effect: &'a RunEffect,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    plan: String,
    stage: String,
    approval: String,
    digest: String,
    change_set: String,
    state: String,
    cursor: String,
    started_at: i64,
    started_by: String,
    touched_at: i64,
    holder: String,
    people: i64,
    posts: i64,
    open_posts: i64,
    registry_before: i64,
    registry_after: Option<i64>,
    applied_at: Option<i64>,
    swept: i64,
    undo_set: Option<String>,
    undone_at: Option<i64>,
    undone_by: Option<String>,
    reason: String,
}

impl Row {
    pub(super) fn run(self) -> Result<Run, StoreError> {
        Ok(Run {
            state: RunState::from_word(&self.state).ok_or_else(|| StoreError::Corrupt("plan_runs.state".to_owned()))?,
            id: self.id,
            plan: self.plan,
            stage: self.stage,
            approval: self.approval,
            digest: self.digest,
            change_set: ChangeSetId(self.change_set),
            cursor: PersonId(self.cursor),
            started_at: Millis(self.started_at),
            started_by: self.started_by,
            touched_at: Millis(self.touched_at),
            holder: self.holder,
            people: self.people,
            posts: self.posts,
            open: self.open_posts,
            registry_before: self.registry_before,
            registry_after: self.registry_after,
            applied_at: self.applied_at.map(Millis),
            swept: self.swept,
            undo_set: self.undo_set.map(ChangeSetId),
            undone_at: self.undone_at.map(Millis),
            undone_by: self.undone_by,
            reason: self.reason,
        })
    }
}
