//! Figures of a plan that stay with its run: what was told of it before it counted is told afterwards too.
//!
//! They are kept in short writes of their own, beside what is staged. Nothing rests on them: a plan is applied all the same
//! where they could not be kept.

use super::errors::ReorganizationError;
use super::lines::{Lines, Way, count};
use super::outlook::{BATCH, Outlook};
use super::preview::{Preview, changed, clients_of_before};
use super::readiness::groups_of;
use super::stage::Work;
use super::status::{StageStatus, Status};
use crate::base::clock::Millis;
use crate::base::id::{PersonId, UnitId};
use crate::model::plan::scopes::ScopeMove;
use crate::service::Services;
use crate::store::plan_figures::{self, Figures, PeopleBetween, PeopleOf, Tally};
use crate::store::plan_runs::{Run, RunState};
use crate::store::{StoreError, person_names};
use std::collections::{BTreeMap, HashMap};

/// What was kept of a plan, or of a stage of it, that counts or is staged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// What of it counts: its stages, or none for the whole plan.
    pub applied: Vec<Option<String>>,
    /// How many people are gone through.
    pub people: i64,
    /// What it comes to; none where that was not kept.
    pub tally: Option<Tally>,
}

impl Kept {
    /// Takes in what was kept of a run.
    fn take(&mut self, run: &Run, figures: Figures) {
        self.people += figures.people;
        let Some(tally) = figures.tally else { return };
        if run.state != RunState::Staging {
            self.applied.push(Some(run.stage.clone()).filter(|stage| !stage.is_empty()));
        }
        match &mut self.tally {
            Some(known) => known.join(tally),
            None => self.tally = Some(tally),
        }
    }
}

impl Tally {
    /// What becomes of the people of a unit.
    pub fn people_of(&self, unit: &UnitId) -> Option<&PeopleOf> {
        self.by_unit.iter().find(|of| of.unit == *unit)
    }

    /// How many go from a divided unit into another one.
    pub fn people_between(&self, from: &UnitId, to: &UnitId) -> i64 {
        self.between.iter().find(|part| part.from == *from && part.to == *to).map_or(0, |part| part.people)
    }

    /// Adds what another stage comes to.
    fn join(&mut self, other: Self) {
        let (ended, begun, changed) = other.units;
        self.people_version = self.people_version.max(other.people_version);
        self.at = self.at.max(other.at);
        self.units = (self.units.0 + ended, self.units.1 + begun, self.units.2 + changed);
        self.decided += other.decided;
        self.by_unit.extend(other.by_unit);
        self.between.extend(other.between);
        for (client, role, number) in other.roles {
            match self.roles.iter_mut().find(|known| known.0 == client && known.1 == role) {
                Some(known) => known.2 += number,
                None => self.roles.push((client, role, number)),
            }
        }
        self.roles.sort_unstable();
        for of in other.groups {
            match self.groups.iter_mut().find(|known| known.client == of.client && known.role == of.role) {
                Some(known) => {
                    known.go_on += of.go_on;
                    known.end += of.end;
                }
                None => self.groups.push(of),
            }
        }
        self.groups.sort_unstable_by(|a, b| (&a.client, &a.role).cmp(&(&b.client, &b.role)));
        for client in other.clients {
            if !self.clients.iter().any(|known| known.0 == client.0 && known.2 == client.2) {
                self.clients.push(client);
            }
        }
    }
}

/// People, each of them once: the posts of one person come together.
#[derive(Default)]
struct Once<'a> {
    people: i64,
    last: Option<&'a PersonId>,
}

impl<'a> Once<'a> {
    fn add(&mut self, person: &'a PersonId) {
        if self.last != Some(person) {
            self.people += 1;
            self.last = Some(person);
        }
    }
}

/// People with a post in each unit that ends, and those of them of whom nobody has said where they go.
pub(super) fn people_by_unit(lines: &Lines) -> HashMap<&UnitId, (i64, i64)> {
    let mut all: HashMap<&UnitId, (Once<'_>, Once<'_>)> = HashMap::new();
    for (person, post) in lines.all() {
        let (people, open) = all.entry(&post.from).or_default();
        people.add(person);
        if post.way == Way::Open {
            open.add(person);
        }
    }
    all.into_iter().map(|(unit, (people, open))| (unit, (people.people, open.people))).collect()
}

fn by_unit(outlook: &Outlook, lines: &Lines) -> Vec<PeopleOf> {
    let known = people_by_unit(lines);
    let of = |unit: &UnitId| {
        let (people, open) = known.get(unit).copied().unwrap_or_default();
        PeopleOf { unit: unit.clone(), people, open }
    };
    outlook.ended.iter().map(of).collect()
}

/// People who go on where somebody said so.
fn between(lines: &Lines) -> Vec<PeopleBetween> {
    let mut all: BTreeMap<(&UnitId, &UnitId), Once<'_>> = BTreeMap::new();
    for (person, post) in lines.all() {
        if let Some(to) = &post.to {
            all.entry((&post.from, to)).or_default().add(person);
        }
    }
    let all = all.into_iter();
    all.map(|((from, to), once)| PeopleBetween { from: from.clone(), to: to.clone(), people: once.people }).collect()
}

/// What somebody looked at comes to.
pub(super) fn of_preview(preview: &Preview, between: Vec<PeopleBetween>, at: Millis) -> Tally {
    let by_unit = preview.by_unit.iter();
    Tally {
        people_version: preview.people_version,
        at,
        units: (count(preview.units_ended), count(preview.units_begun), count(preview.units_changed)),
        decided: preview.decided,
        by_unit: by_unit.map(|of| PeopleOf { unit: of.unit.clone(), people: of.people, open: of.open }).collect(),
        between,
        roles: preview.roles.clone(),
        groups: preview.groups.clone(),
        clients: preview.clients.clone(),
    }
}

/// Says with a run how many people it goes through.
pub(super) async fn begin(work: &Work<'_>, people: i64) {
    if let Err(error) = write_people(work, people).await {
        tracing::debug!(%error, "how many people a plan goes through could not be kept");
    }
}

async fn write_people(work: &Work<'_>, people: i64) -> Result<(), StoreError> {
    let mut tx = work.services.store.write().await?;
    plan_figures::remove_over(&mut tx).await?;
    plan_figures::begin(&mut tx, work.held, people).await?;
    tx.commit().await
}

/// Counts what is staged of everybody, and keeps it with the run; nothing where that cannot be done.
pub(super) async fn keep_first(work: &Work<'_>, lines: &Lines) -> Option<Tally> {
    let counted = counted(work, lines).await;
    let tally = counted.inspect_err(|error| tracing::warn!(%error, "what a plan comes to could not be counted")).ok()?;
    write(work, &tally).await;
    Some(tally)
}

async fn counted(work: &Work<'_>, lines: &Lines) -> Result<Tally, StoreError> {
    let (services, effect) = (work.services, &work.outlook.effect);
    let mut roles = plan_figures::count_roles(&mut services.store.read().await?, work.set).await?;
    // Engines do not agree on the order of texts.
    roles.sort_unstable();
    Ok(Tally {
        people_version: lines.at,
        at: services.clock.now(),
        units: (count(effect.ended.len()), count(effect.begun.len()), count(changed(work.outlook))),
        decided: lines.posts_that(Way::Decided),
        by_unit: by_unit(work.outlook, lines),
        between: between(lines),
        roles,
        groups: groups_of(services, work.outlook).await?,
        clients: clients_of_before(services, work.outlook).await?,
    })
}

/// Keeps it again where people changed since: roles and clients stay as they were counted.
pub(super) async fn keep_again(work: &Work<'_>, lines: &Lines, tally: &mut Tally) {
    if tally.people_version == lines.at {
        return;
    }
    tally.people_version = lines.at;
    tally.at = work.services.clock.now();
    tally.decided = lines.posts_that(Way::Decided);
    tally.by_unit = by_unit(work.outlook, lines);
    tally.between = between(lines);
    write(work, tally).await;
}

async fn write(work: &Work<'_>, tally: &Tally) {
    if let Err(error) = write_tally(work, tally).await {
        tracing::warn!(%error, "what a plan comes to could not be kept with it");
    }
}

async fn write_tally(work: &Work<'_>, tally: &Tally) -> Result<(), StoreError> {
    let mut tx = work.services.store.write().await?;
    plan_figures::keep(&mut tx, work.held, tally).await?;
    tx.commit().await
}

/// What was kept of a plan, or of a stage of it.
pub async fn kept(services: &Services, status: &Status, stage: &StageStatus) -> Result<Kept, ReorganizationError> {
    let mut kept = Kept::default();
    let mut conn = services.store.read().await?;
    for run in runs_of(status, stage) {
        let Some(mut figures) = plan_figures::find(&mut conn, &run.id).await? else { continue };
        if stage.stage.is_some() && run.stage.is_empty() {
            // Of a stage that was applied with the whole plan only its units are known apart.
            let known = |tally: Tally| Tally { roles: Vec::new(), groups: Vec::new(), clients: Vec::new(), ..tally };
            figures.tally = figures.tally.map(known);
        }
        kept.take(run, figures);
    }
    Ok(kept)
}

/// What became of the scopes of administrators: whose, their user name, and what; nothing of what does not count.
pub async fn scopes_kept(
    services: &Services,
    status: &Status,
    stage: &StageStatus,
) -> Result<Vec<(PersonId, String, ScopeMove)>, ReorganizationError> {
    let mut conn = services.store.read().await?;
    let mut moved: Vec<(PersonId, ScopeMove)> = Vec::new();
    for run in runs_of(status, stage).into_iter().filter(|run| stage.stage.is_none() || !run.stage.is_empty()) {
        moved.extend(plan_figures::list_scopes(&mut conn, &run.id).await?);
    }
    let people: Vec<PersonId> = moved.iter().map(|(person, _)| person.clone()).collect();
    let mut names = HashMap::new();
    for some in people.chunks(BATCH) {
        names.extend(person_names::names_of(&mut conn, some).await?);
    }
    let named = |(person, one): (PersonId, ScopeMove)| {
        let username = names.get(&person).cloned().unwrap_or_default();
        (person, username, one)
    };
    Ok(moved.into_iter().map(named).collect())
}

/// The runs that tell of a stage: its own; else of the whole plan those of its stages that count, and of a stage that of the
/// whole plan.
fn runs_of<'s>(status: &'s Status, stage: &'s StageStatus) -> Vec<&'s Run> {
    let own = stage.run.as_ref().filter(|run| counts(run) || run.state == RunState::Staging);
    if let Some(run) = own {
        return vec![run];
    }
    let others = status.stages.iter().filter(|other| stage.stage.is_none() || other.stage.is_none());
    others.filter_map(|other| other.run.as_ref()).filter(|run| counts(run)).collect()
}

fn counts(run: &Run) -> bool {
    matches!(run.state, RunState::Applied | RunState::Undoing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::plan_figures::GroupsOf;

    fn unit(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    fn tally(at: i64, name: &str, roles: &[(&str, i64)]) -> Tally {
        Tally {
            people_version: at,
            at: Millis(at),
            units: (1, 2, 3),
            decided: 4,
            by_unit: vec![PeopleOf { unit: unit(name), people: 5, open: 1 }],
            between: vec![PeopleBetween { from: unit(name), to: unit("new"), people: 2 }],
            roles: roles.iter().map(|(role, number)| ("tthc".to_owned(), (*role).to_owned(), *number)).collect(),
            groups: vec![GroupsOf { client: "tthc".to_owned(), role: name.to_owned(), go_on: 1, end: at }],
            clients: vec![("tthc".to_owned(), "Thủ tục hành chính".to_owned(), "both".to_owned())],
        }
    }

    #[test]
    fn what_two_stages_come_to_is_told_as_one_and_no_client_twice() {
        let mut all = tally(7, "a", &[("duyet", 2)]);
        all.join(tally(9, "b", &[("xem", 1), ("duyet", 3)]));
        assert_eq!((all.at, all.units, all.decided), (Millis(9), (2, 4, 6), 8));
        assert_eq!(all.people_of(&unit("b")).map(|of| (of.people, of.open)), Some((5, 1)));
        assert_eq!(all.people_of(&unit("new")), None, "nothing is known of units that do not end");
        assert_eq!((all.people_between(&unit("a"), &unit("new")), all.people_between(&unit("new"), &unit("a"))), (2, 0));
        let roles: Vec<(&str, i64)> = all.roles.iter().map(|(_, role, number)| (role.as_str(), *number)).collect();
        assert_eq!(roles, [("duyet", 5), ("xem", 1)]);
        assert_eq!(all.clients.len(), 1);
        let other_way = ("tthc".to_owned(), "Thủ tục hành chính".to_owned(), "identities".to_owned());
        all.join(Tally { clients: vec![other_way.clone()], ..tally(9, "b", &[]) });
        assert_eq!(all.clients.last(), Some(&other_way), "each way in which it lives on them is told");
        let groups: Vec<(&str, i64, i64)> = all.groups.iter().map(|of| (of.role.as_str(), of.go_on, of.end)).collect();
        assert_eq!(groups, [("a", 1, 7), ("b", 2, 18)]);
    }

    #[test]
    fn somebody_with_several_posts_in_a_unit_is_one_of_its_people() {
        let (an, binh) = (PersonId("an".to_owned()), PersonId("binh".to_owned()));
        let mut once = Once::default();
        for person in [&an, &an, &binh, &binh, &binh] {
            once.add(person);
        }
        assert_eq!(once.people, 2);
    }
}
