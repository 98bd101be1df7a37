//! What was done since a plan was applied: told by person to whoever is about to take it back, before anything is decided.
//!
//! Nothing is written. It says the same as the undoing itself: which posts were changed and stay so, which posts and rights would
//! end with what they were given in, and whose roles as administrators somebody changed, so that they stay as they are. The
//! undoing goes through everybody of whom the plan told something; here only those are read of whom somebody told since what
//! the undoing may have to keep.

use super::ground::{find, is_last, removed};
use super::rights::{self, Right, Rights, name_of};
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::AdminScope;
use crate::model::authority::WritePlans;
use crate::model::entitlement::GroupGrant;
use crate::model::plan::scopes::ScopeMove;
use crate::model::position::{Position, PositionKind};
use crate::model::registry::Registry;
use crate::service::Services;
use crate::service::audit::{self, Event};
use crate::service::authority::City;
use crate::service::reorganization::ReorganizationError;
use crate::service::reorganization::accounts::sets;
use crate::service::reorganization::lines::count;
use crate::service::reorganization::outlook::{BATCH, registry_now};
use crate::service::reorganization::rest::{Edit, edited};
use crate::store::admin_roles::{self, Granted};
use crate::store::plan_runs::{Run, RunEffect};
use crate::store::{StoreError, persons, plan_undoing};
use serde_json::json;
use std::collections::{BTreeMap, HashMap, HashSet};
use time::Date;

/// So many people are found at once.
const FOUND: i64 = 20_000;

/// What would be left, and what would end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Since {
    /// People of whom something was changed or given since, by user name.
    pub people: Vec<PersonSince>,
    /// Roles that were given since to groups in units that go, each with the unit's name: they would end.
    pub group_roles: Vec<(GroupGrant, String)>,
}

impl Since {
    /// Whether there is anything that whoever takes the plan back has to accept.
    pub fn asks(&self) -> bool {
        let asks = |one: &PersonSince| !one.scope_stays || !one.posts.is_empty() || !one.rights.is_empty();
        !self.group_roles.is_empty() || self.people.iter().any(asks)
    }
}

/// Somebody of whom something was changed or given since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonSince {
    /// Their user name.
    pub username: String,
    /// Their full name.
    pub full_name: String,
    /// Their posts that were changed: what was changed stays, unless the post ends.
    pub posts: Vec<PostSince>,
    /// Rights that would end.
    pub rights: Vec<Right>,
    /// Somebody changed since what they look after: it would stay so.
    pub scope_stays: bool,
}

/// A post that was changed since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostSince {
    /// The name of its unit.
    pub unit: String,
    /// The department; may be empty.
    pub department: String,
    /// The title.
    pub title: String,
    /// What was changed: as the plan left it, and as it is now.
    pub changed: Vec<(PostFact, PostValue, PostValue)>,
    /// The unit in which it would be held then; none where it would not be held at all.
    pub left: Option<String>,
    /// It is held now, in a unit that there is not any more then: it would count as never held.
    pub ends: bool,
}

/// A fact of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PostFact {
    /// Whether it is held: somebody gave it since, or took it back.
    Held,
    /// Its unit.
    Unit,
    /// Its department.
    Department,
    /// Its title.
    Title,
    /// What kind of position it is.
    Kind,
    /// Whether it is the main one.
    Primary,
    /// The number of its decision.
    Decision,
    /// Its first day.
    FirstDay,
    /// Its last day.
    LastDay,
}

impl PostFact {
    /// A word for scripts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Unit => "unit",
            Self::Department => "department",
            Self::Title => "title",
            Self::Kind => "kind",
            Self::Primary => "primary",
            Self::Decision => "decision_no",
            Self::FirstDay => "valid_from",
            Self::LastDay => "valid_to",
        }
    }
}

/// What a fact of a post says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostValue {
    /// Words.
    Text(String),
    /// A day, or none.
    Day(Option<Date>),
    /// A kind of position.
    Kind(PositionKind),
    /// Whether it is so.
    Is(bool),
}

/// What was done since a plan, or a stage of it, was applied.
///
/// # Errors
///
/// What the undoing would be refused for, whatever is accepted.
pub async fn since(services: &Services, name: &str, stage: Option<&str>) -> Result<Since, ReorganizationError> {
    let (_, run, effect) = find(services, name, stage).await?;
    let registry = registry_now(services).await?;
    is_last(services, &run, &effect).await?;
    let inverse = effect.edits.inverse();
    let gone = removed(&inverse);
    if registry.with(&inverse).is_none() {
        return Err(ReorganizationError::RegistrySince);
    }
    let version = plan_undoing::version_of(&mut services.store.read().await?, &run.change_set).await?;
    version.ok_or(ReorganizationError::NotApplied)?;
    let own = sets(services, &run).await?.into_iter().collect();
    let changed = told_since(services, &run, &gone).await?;
    let told = edited(services, (&own, &gone), &changed).await?;
    let rights = rights::since(&mut services.store.read().await?, (&run, &effect), &gone).await?;
    let group_roles = rights.named_groups(&registry, vietnam_date(services.clock.now()));
    let scopes = scopes_left(services, &effect).await?;
    let people = Gathered::of(services, &registry, (told, &gone)).with_rights(&rights).with_scopes(&scopes);
    Ok(Since { people: people.named().await?, group_roles })
}

/// The same for whoever may take it back; that they were shown these people, or take them away as a file, is on record.
///
/// # Errors
///
/// As [`since`].
pub async fn look_since(
    services: &Services,
    proof: &City<WritePlans>,
    (name, stage): (&str, Option<&str>),
    as_file: bool,
) -> Result<Since, ReorganizationError> {
    let found = since(services, name, stage).await?;
    if !found.people.is_empty() {
        let event = if as_file { "people.exported" } else { "people.listed" };
        let detail = json!({ "plan": name, "stage": stage, "since": true, "people": found.people.len() });
        audit::looked(services, Event::by(&proof.by, event, None, None, detail)).await?;
    }
    Ok(found)
}

/// Everybody of whom somebody told since of a post that the run told of, or of one in a unit that goes: whatever else was told
/// of people, and of whomever else, the undoing leaves as it is.
async fn told_since(services: &Services, run: &Run, gone: &HashSet<UnitId>) -> Result<Vec<PersonId>, StoreError> {
    let gone: Vec<UnitId> = gone.iter().cloned().collect();
    let of_run = (run.id.as_str(), &run.change_set, gone.as_slice());
    let mut all: Vec<PersonId> = Vec::new();
    loop {
        let after = all.last().cloned().unwrap_or_else(|| PersonId(String::new()));
        let mut conn = services.store.read().await?;
        let page = plan_undoing::list_told_since(&mut conn, of_run, &after, FOUND).await?;
        let is_last = count(page.len()) < FOUND;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// Whose roles as administrators somebody changed since: the undoing leaves them so.
async fn scopes_left(services: &Services, effect: &RunEffect) -> Result<HashSet<PersonId>, StoreError> {
    if effect.scopes.is_empty() {
        return Ok(HashSet::new());
    }
    let all = admin_roles::list_all(&mut services.store.read().await?).await?;
    let by_id: HashMap<&str, &Granted> = all.iter().map(|granted| (granted.scope.id.as_str(), granted)).collect();
    let left = effect.scopes.iter().filter(|(person, moved)| !is_as_moved(&by_id, person, moved));
    Ok(left.map(|(person, _)| person.clone()).collect())
}

/// True when a post that is held now is left in no unit, since its own goes.
pub(super) fn ends(edit: &Edit, gone: &HashSet<UnitId>) -> bool {
    edit.now.was_ever_held() && gone.contains(&edit.now.unit) && !edit.left.was_ever_held()
}

/// True while a role that moved is exactly as the plan left it: what ended, and what goes on from it.
fn is_as_moved(by_id: &HashMap<&str, &Granted>, person: &PersonId, moved: &ScopeMove) -> bool {
    let theirs = |id: &str| by_id.get(id).filter(|granted| granted.person == *person).map(|granted| &granted.scope);
    let goes_on = moved.begun.as_ref().is_none_or(|begun| theirs(&begun.id).is_some_and(|scope| is_alike(scope, begun)));
    goes_on && theirs(&moved.id).is_some_and(|scope| scope.valid_to == moved.ended.or(moved.was))
}

fn is_alike(scope: &AdminScope, begun: &AdminScope) -> bool {
    scope.unit == begun.unit && scope.valid_from == begun.valid_from && scope.valid_to == begun.valid_to
}

/// People with what was changed of each.
struct Gathered<'a> {
    services: &'a Services,
    registry: &'a Registry,
    today: Date,
    people: BTreeMap<PersonId, PersonSince>,
}

impl<'a> Gathered<'a> {
    fn of(services: &'a Services, registry: &'a Registry, (told, gone): (Vec<(PersonId, Vec<Edit>)>, &HashSet<UnitId>)) -> Self {
        let today = vietnam_date(services.clock.now());
        let mut gathered = Self { services, registry, today, people: BTreeMap::new() };
        for (person, edits) in told {
            let posts = edits.iter().map(|edit| gathered.post(edit, gone)).collect();
            gathered.people.entry(person).or_default().posts = posts;
        }
        gathered
    }

    fn with_rights(mut self, rights: &Rights) -> Self {
        for right in rights.named(self.registry, self.today) {
            self.people.entry(right.person).or_default().rights.push(right.right);
        }
        self
    }

    fn with_scopes(mut self, left: &HashSet<PersonId>) -> Self {
        for person in left {
            self.people.entry(person.clone()).or_default().scope_stays = true;
        }
        self
    }

    /// All of them with their names.
    async fn named(mut self) -> Result<Vec<PersonSince>, StoreError> {
        let ids: Vec<PersonId> = self.people.keys().cloned().collect();
        for some in ids.chunks(BATCH) {
            let known = persons::list_with_positions(&mut self.services.store.read().await?, some).await?;
            for (id, person) in known {
                if let Some(one) = self.people.get_mut(&id) {
                    (one.username, one.full_name) = (person.username, person.full_name);
                }
            }
        }
        let mut all: Vec<PersonSince> = self.people.into_values().collect();
        all.sort_by(|one, other| one.username.cmp(&other.username));
        Ok(all)
    }

    fn post(&self, edit: &Edit, gone: &HashSet<UnitId>) -> PostSince {
        let Edit { was, now, left } = edit;
        PostSince {
            unit: self.unit(&now.unit),
            department: now.department.clone(),
            title: now.title.clone(),
            changed: self.changed(was.as_ref(), now),
            left: left.was_ever_held().then(|| self.unit(&left.unit)),
            ends: ends(edit, gone),
        }
    }

    fn unit(&self, unit: &UnitId) -> String {
        name_of(unit, self.registry, self.today)
    }

    fn changed(&self, was: Option<&Position>, now: &Position) -> Vec<(PostFact, PostValue, PostValue)> {
        let Some(was) = was else { return vec![(PostFact::Held, PostValue::Is(false), PostValue::Is(true))] };
        if was.was_ever_held() != now.was_ever_held() {
            return vec![(PostFact::Held, PostValue::Is(was.was_ever_held()), PostValue::Is(now.was_ever_held()))];
        }
        let facts = self.facts(was).into_iter().zip(self.facts(now));
        let other = facts.filter(|((_, before), (_, after))| before != after);
        other.map(|((fact, before), (_, after))| (fact, before, after)).collect()
    }

    /// What is said of a post, always in one order.
    fn facts(&self, post: &Position) -> [(PostFact, PostValue); 8] {
        let text = |text: &str| PostValue::Text(text.to_owned());
        [
            (PostFact::Unit, PostValue::Text(self.unit(&post.unit))),
            (PostFact::Department, text(&post.department)),
            (PostFact::Title, text(&post.title)),
            (PostFact::Kind, PostValue::Kind(post.kind)),
            (PostFact::Primary, PostValue::Is(post.primary)),
            (PostFact::Decision, text(&post.decision_no)),
            (PostFact::FirstDay, PostValue::Day(Some(post.valid_from))),
            (PostFact::LastDay, PostValue::Day(post.valid_to)),
        ]
    }
}
