//! People who lose their last post by a file, and with it, on that day, their access: how many one administrator lets go
//! alone, what takes a second person, and who gets their access back with the file.
//!
//! They are counted when the file is checked, and again when it is applied: whoever asked and whoever let it happen have
//! seen so many of them, and no more go.

use super::read::{Job, Stop};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::model::admin_scope::AdminScope;
use crate::model::authority::{AddPeople, DisablePeople, Extent, extent};
use crate::model::import::ImportState;
use crate::model::lifecycle::gone_since;
use crate::model::position::Position;
use crate::service::approvals::{self, Approval, Dangerous, disabling};
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, Doer, People};
use crate::service::provisioning::bounds::Bounds;
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::import_work::Far;
use crate::store::imports::{self, Asked, Import};
use crate::store::{StoreError, Tx, admin_roles, change_sets, leavings, lifecycles, persons, positions, units};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// Under this name the people who lose their last post stand beside the rows by what they do.
pub(super) const COUNTED: &str = "leaving";
/// People of one look.
const BATCH: i64 = 250;

/// What became of a request to apply a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approved {
    /// It is applied next.
    Done,
    /// It was decided before, or its time is over, or it is one's own.
    TooLate,
    /// Whoever asked reaches further than whoever decides.
    NotTheirs,
    /// The file is not what it was when it was asked for.
    Changed,
}

/// How many people lose their last post by a file, as it was checked.
pub(super) fn counted(import: &Import) -> usize {
    let counts: BTreeMap<String, i64> = serde_json::from_str(&import.counts).unwrap_or_default();
    counts.get(COUNTED).and_then(|count| usize::try_from(*count).ok()).unwrap_or_default()
}

/// What a second person is asked for: this file, as it was checked. Nothing in it changes while the file is applied.
pub(super) fn payload(import: &Import, accept_good: bool) -> Value {
    json!({
        "import": import.id,
        "people": counted(import),
        "checked_at": import.checked_at.map(|at| at.0),
        "accept_good": accept_good,
    })
}

/// The request that waits for a second person.
pub(super) async fn waiting(services: &Services, import: &Import) -> Result<Option<String>, Failure> {
    if import.state != ImportState::Checked || counted(import) == 0 {
        return Ok(None);
    }
    for accept_good in [false, true] {
        let asked = payload(import, accept_good);
        let found = approvals::find_waiting(services, Dangerous::DisableMany, &import.id, &asked).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Whether a request is for a file, and not for people who were chosen one by one.
pub fn is_of_file(approval: &Approval) -> bool {
    approval.act == Dangerous::DisableMany && approval.payload.get("import").is_some()
}

/// What administrators are, to say of each request for a file who may decide on it: read once for all of them.
pub struct Askers {
    roles: HashMap<PersonId, Vec<AdminScope>>,
}

impl Askers {
    /// Reads the roles that were not taken back.
    pub async fn load(services: &Services) -> Result<Self, Failure> {
        let mut roles: HashMap<PersonId, Vec<AdminScope>> = HashMap::new();
        for granted in admin_roles::list_all(&mut services.store.read().await?).await? {
            roles.entry(granted.person).or_default().push(granted.scope);
        }
        Ok(Self { roles })
    }

    /// Whether somebody looks after all that a file of whoever asks may touch, in all of their roles and not only in the one
    /// as which they asked.
    pub fn are_covered_by(&self, proof: &People<DisablePeople>, authority: &Authority, approval: &Approval) -> bool {
        let roles = self.roles.get(&approval.requested_by).map_or(&[][..], Vec::as_slice);
        match extent::<AddPeople>(roles, authority.registry(), authority.today()) {
            Some(Extent::City) => *proof.extent() == Extent::City,
            Some(Extent::Units(units)) => units.iter().all(|unit| proof.extent().holds(unit)),
            None => false,
        }
    }
}

/// Whether somebody looks after all that a file may touch that another one asks to have applied.
pub(super) async fn is_covered(services: &Services, reach: &Extent, approval: &Approval) -> Result<bool, Failure> {
    let registry = units::load(&mut services.store.read().await?).await?;
    let bounds = Bounds::of(services, &approval.requested_by, registry).await?;
    Ok(bounds.is_some_and(|bounds| covers(reach, &bounds)))
}

/// Lets a file be applied that somebody asked a second person for: as theirs, and while it is what they asked for.
pub async fn apply_approved(services: &Services, authority: &Authority, approval: &Approval) -> Result<Approved, Failure> {
    let Some(proof) = authority.people::<DisablePeople>() else { return Ok(Approved::NotTheirs) };
    let registry = units::load(&mut services.store.read().await?).await?;
    let Some(bounds) = Bounds::of(services, &approval.requested_by, registry).await? else { return Ok(Approved::Changed) };
    if !covers(proof.extent(), &bounds) {
        return Ok(Approved::NotTheirs);
    }
    let accept_good = approval.payload.get("accept_good").and_then(Value::as_bool).unwrap_or_default();
    let mut tx = services.store.write().await?;
    let found = imports::find(&mut tx, &approval.subject).await?;
    let same = |import: &Import| import.state == ImportState::Checked && payload(import, accept_good) == approval.payload;
    let Some(import) = found.filter(same) else {
        drop(tx);
        return after_change(services, approval).await;
    };
    if approvals::take(&mut tx, services, &approval.id, Dangerous::DisableMany, &proof.by).await?.is_none() {
        return Ok(Approved::TooLate);
    }
    let asked = asked(&import, approval, &proof.by);
    if !imports::mark_applying(&mut tx, &import.id, accept_good, (&asked, services.clock.now())).await? {
        return Ok(Approved::Changed);
    }
    tx.commit().await?;
    Ok(Approved::Done)
}

/// Somebody may have pressed at the same moment: then the file has gone on because of that.
async fn after_change(services: &Services, approval: &Approval) -> Result<Approved, Failure> {
    let now = services.clock.now();
    let is_open = approvals::find(services, &approval.id).await?.is_some_and(|approval| approval.is_open(now));
    Ok(if is_open { Approved::Changed } else { Approved::TooLate })
}

/// Whether somebody looks after all that another one's files may touch.
fn covers(reach: &Extent, bounds: &Bounds) -> bool {
    if bounds.is_everywhere() {
        return *reach == Extent::City;
    }
    bounds.registry().units().all(|unit| !bounds.holds(&unit.id) || reach.holds(&unit.id))
}

/// Whose file it stays: the rights of whoever asked bound it.
fn asked(import: &Import, approval: &Approval, by: &Doer) -> Asked {
    let bound = approval.requested_bound.as_ref().map(|bound| format!(" {bound}")).unwrap_or_default();
    let same = import.asked.by == approval.requested_by;
    Asked {
        by: approval.requested_by.clone(),
        acting_as: format!("{}{bound}", approval.requested_role),
        address: if same { import.asked.address.clone() } else { String::new() },
        request_id: by.origin.request_id.clone(),
    }
}

impl Job<'_> {
    /// The people who lose their last post when a set counts, of those who may sign in.
    pub(super) async fn leaving(&self, set: &ChangeSetId) -> Result<Vec<PersonId>, StoreError> {
        self.losing(set, set, None).await
    }

    /// Those who lose it when a set is taken back, and another one tells what stays: a post that it gave may be their last.
    pub(super) async fn left_by_undoing(&self, set: &ChangeSetId, rest: &ChangeSetId) -> Result<Vec<PersonId>, StoreError> {
        self.losing(set, rest, Some(set)).await
    }

    /// Of whom a set tells something, and who lose their last post when another one counts and perhaps a third one does not.
    async fn losing(
        &self,
        set: &ChangeSetId,
        told: &ChangeSetId,
        without: Option<&ChangeSetId>,
    ) -> Result<Vec<PersonId>, StoreError> {
        let mut leaving = Vec::new();
        if !self.services.settings.lifecycle.leavers {
            return Ok(leaving);
        }
        let mut after = PersonId(String::new());
        loop {
            let mut conn = self.services.store.read().await?;
            let people = change_sets::list_touched(&mut conn, set, &after, BATCH).await?;
            let Some(last) = people.last() else { return Ok(leaving) };
            after = last.clone();
            let mut held: HashMap<PersonId, Posts> = HashMap::new();
            for version in positions::list_versions(&mut conn, told, &people).await? {
                let posts = held.entry(version.person).or_default();
                let (id, position) = (version.position.id.clone(), version.position);
                if version.applied_at.is_none() {
                    posts.told.insert(id, position);
                    continue;
                }
                // Oldest first, so that the newest one stays.
                if without != Some(&version.change_set) {
                    posts.left.insert(id.clone(), position.clone());
                }
                posts.before.insert(id, position);
            }
            let loses = |person: &&PersonId| held.get(*person).is_some_and(Posts::are_over);
            let losing: Vec<PersonId> = people.iter().filter(loses).cloned().collect();
            leaving.extend(leavings::list_enabled(&mut conn, &losing).await?);
        }
    }

    /// Whether a second person let this file be applied, as it was checked, with no more people than they were told of.
    pub(super) async fn is_let_happen(&self, leaving: usize) -> Result<bool, StoreError> {
        if leaving > counted(self.import) {
            return Ok(false);
        }
        let asked = payload(self.import, self.import.accept_good);
        let mut conn = self.services.store.read().await?;
        approvals::was_taken(&mut conn, Dangerous::DisableMany, &self.import.id, &asked).await
    }

    /// Whether people lose their last post in this transaction: a second person has said so, or so few are let go alone.
    pub(super) async fn lets_go(&self, tx: &mut Tx, leaving: &[PersonId], let_happen: bool) -> Result<bool, StoreError> {
        Ok(let_happen || disabling::let_go_alone(tx, self.services, self.doer, leaving).await?)
    }

    /// Gives their access back to whoever lost it with a post that the file took and that they hold again.
    pub(super) async fn let_in(&self, set: &ChangeSetId) -> Result<(), Stop> {
        let mut after = PersonId(String::new());
        loop {
            let people = {
                let mut conn = self.services.store.read().await?;
                change_sets::list_touched(&mut conn, set, &after, BATCH).await?
            };
            let Some(last) = people.last() else { return Ok(()) };
            after = last.clone();
            let since = self.import.applied_at.unwrap_or(Millis(0));
            // Most have not lost anything: nobody waits for them.
            let shut = leavings::list_shut(&mut self.services.store.read().await?, &people, since).await?;
            for person in &shut {
                self.let_one_in(person).await?;
            }
            self.go_on(Far { rows_read: self.import.rows_read, rows_bad: self.import.rows_bad }).await?;
        }
    }

    async fn let_one_in(&self, id: &PersonId) -> Result<(), StoreError> {
        let services = self.services;
        let mut tx = services.store.write().await?;
        lifecycles::hold(&mut tx, id).await?;
        let Some(person) = persons::find(&mut tx, id).await? else { return Ok(()) };
        let today = vietnam_date(services.clock.now());
        let is_gone = gone_since(&person, today, services.settings.lifecycle.grace_days).is_some();
        if is_gone || !self.bounds.reaches(id, person.positions.iter()) {
            return Ok(());
        }
        lifecycles::mark_let_in(&mut tx, id, services.clock.now()).await?;
        // Only what the job did, and nobody since.
        if !lifecycles::restore(&mut tx, id).await? {
            return Ok(());
        }
        let detail = json!({ "import": self.import.id, "undone": true });
        audit::record(&mut tx, services, Event::by(self.doer, "person.enabled", Some(id), None, detail)).await?;
        forget(&mut tx, services, Kind::Person, id.as_str()).await?;
        tx.commit().await?;
        services.known.forget(Kind::Person, id.as_str(), services.clock.now());
        Ok(())
    }
}

/// The posts of one person: those that count, those of them that go on counting, and those that are told anew.
#[derive(Default)]
struct Posts {
    before: BTreeMap<PositionId, Position>,
    left: BTreeMap<PositionId, Position>,
    told: BTreeMap<PositionId, Position>,
}

impl Posts {
    fn are_over(&self) -> bool {
        let left = self.left.values().filter(|held| !self.told.contains_key(&held.id));
        disabling::ends_access(self.before.values(), left.chain(self.told.values()))
    }
}
