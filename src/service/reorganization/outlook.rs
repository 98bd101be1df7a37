//! What a plan would do now: the plan as registered, the units as they are, and what was said of single posts.
//!
//! The digest has three parts, so that whoever finds another one knows where to look: units with the plan's own text and all
//! that was decided, scopes of administrators, and people. The first two are the same for everybody who looks at the same
//! registry; the third is over one line a person, in the order of their ids.

use super::errors::{Part, ReorganizationError};
use super::lines::{Lines, Look, count, part};
use crate::base::date::iso;
use crate::base::digest::sha256;
use crate::base::id::{ChangeSetId, PersonId, PositionId, UnitId};
use crate::model::admin_scope::AdminScope;
use crate::model::plan::effect::{Fate, UnitEffect, effect};
use crate::model::plan::people::{Decision, Ground, in_force, of_person};
use crate::model::plan::rules::Rule;
use crate::model::plan::scopes::{ScopeMove, of_scopes};
use crate::model::plan::{Plan, file};
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::service::Services;
use crate::store::admin_roles::Granted;
use crate::store::plan_choices::{DecisionRow, RuleRow, Unsaid};
use crate::store::plans::StoredPlan;
use crate::store::positions_in_units::list_people;
use crate::store::{StoreError, admin_roles, change_sets, plan_choices, positions, units};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// People of one look.
pub(super) const BATCH: usize = 200;
/// Ids of one page.
const PAGE: i64 = 500;
/// The same of whoever changed: each page costs as much as all of them.
const CHANGED: i64 = 20_000;
/// Times that others may be first before a reader gives up.
pub(super) const TURNS: usize = 20;

/// A plan, or a stage of it, over what is known now.
pub(super) struct Outlook {
    pub(super) stored: StoredPlan,
    pub(super) plan: Plan,
    pub(super) registry: Registry,
    pub(super) effect: UnitEffect,
    pub(super) scopes: Vec<(PersonId, ScopeMove)>,
    /// The user names of those whose scopes change.
    pub(super) usernames: HashMap<PersonId, String>,
    /// The first two parts of the digest.
    pub(super) fixed: [String; 2],
    /// The units that end.
    pub(super) ended: Vec<UnitId>,
    /// Those, and the units that they go whole into: what administrators of them are bound to.
    pub(super) administered: Vec<UnitId>,
    rules: Vec<Rule>,
    decisions: HashMap<PositionId, Decision>,
    /// Words that somebody else undid.
    unsaid: Vec<Unsaid>,
}

impl Outlook {
    /// Looks at a plan, or a stage of it; the mistakes when it does not fit the units as they are.
    pub(super) async fn open(services: &Services, stored: StoredPlan, stage: Option<&str>) -> Result<Self, ReorganizationError> {
        let registry = registry_now(services).await?;
        Self::over(services, registry, stored, stage).await
    }

    /// The same over units that may be others than they are now.
    pub(super) async fn over(
        services: &Services,
        registry: Registry,
        stored: StoredPlan,
        stage: Option<&str>,
    ) -> Result<Self, ReorganizationError> {
        let plan = file::read(&stored.text).map_err(ReorganizationError::Wrong)?;
        if stage.is_some_and(|stage| !plan.stage_names().contains(&stage)) {
            return Err(ReorganizationError::UnknownStage);
        }
        let effect = effect(&plan, stage, &registry).map_err(ReorganizationError::Wrong)?;
        let ended: Vec<UnitId> = effect.ended.keys().cloned().collect();
        let administered = administered(&effect);
        let (rules, decisions, unsaid, granted) = {
            let mut conn = services.store.read().await?;
            let rules = plan_choices::list_rules(&mut conn, &plan.name).await?;
            let decisions = plan_choices::list_decisions(&mut conn, &plan.name).await?;
            let unsaid = plan_choices::list_unsaid(&mut conn, &plan.name).await?;
            (rules, decisions, unsaid, admin_roles::list_bound_to(&mut conn, &administered).await?)
        };
        let scopes = scope_moves(&plan, &effect, &granted);
        let own = own_part(&plan, stage, (&registry, &effect), (&rules, &decisions));
        let fixed = [own, scopes_part(&scopes)];
        Ok(Self {
            rules: rules.iter().map(RuleRow::rule).collect(),
            decisions: decisions.iter().map(|row| (row.position.clone(), row.decision())).collect(),
            usernames: granted.into_iter().map(|granted| (granted.person, granted.username)).collect(),
            unsaid,
            stored,
            plan,
            registry,
            effect,
            scopes,
            fixed,
            ended,
            administered,
        })
    }

    /// The whole digest.
    pub(super) fn digest(&self, lines: &Lines) -> String {
        format!("{}-{}-{}", self.fixed[0], self.fixed[1], lines.digest())
    }

    /// What of a digest is not as it is found now; people are for whoever has looked at all of them.
    pub(super) fn differs(&self, digest: &str) -> Option<Part> {
        let mut parts = digest.split('-');
        if parts.next() != Some(self.fixed[0].as_str()) {
            return Some(Part::Plan);
        }
        (parts.next() != Some(self.fixed[1].as_str())).then_some(Part::Scopes)
    }

    /// The units that were divided, or after which nothing comes: where a post in one of them goes on, somebody has to say.
    pub(super) fn divided(&self) -> Vec<UnitId> {
        let divided = self.effect.ended.iter().filter(|(_, fate)| !matches!(fate, Fate::Whole(_)));
        divided.map(|(unit, _)| unit.clone()).collect()
    }

    /// The units among which somebody has to choose for posts in a unit: of none, among all of [`Outlook::anywhere`].
    pub(super) fn candidates(&self, unit: &UnitId) -> Option<&[UnitId]> {
        match self.effect.ended.get(unit) {
            Some(Fate::Choice(candidates)) => Some(candidates),
            Some(Fate::Gone) => Some(&[]),
            Some(Fate::Whole(_)) | None => None,
        }
    }

    /// The units that people may go to of a unit after which nothing comes: all that are in force then; none where there is no
    /// such unit.
    pub(super) fn anywhere(&self) -> Arc<[UnitId]> {
        let units = if is_any_gone(&self.effect) { in_force(&self.effect.after, self.plan.effective) } else { Vec::new() };
        Arc::from(units)
    }

    /// Of the units that somebody said, those in which people may go on of a unit after which nothing comes.
    pub(super) fn said_anywhere(&self) -> BTreeSet<UnitId> {
        let said = self.rules.iter().map(|rule| &rule.to).chain(self.decisions.values().map(|decision| &decision.unit));
        let said: BTreeSet<&UnitId> = said.collect();
        self.anywhere().iter().filter(|unit| said.contains(unit)).cloned().collect()
    }

    /// True for whoever said something of where people of these units go, or undid what somebody else had said: this effect
    /// rests on their word.
    pub(super) fn is_said_by(&self, actor: &str) -> bool {
        let is_meant = |rule: &Rule| self.effect.ended.contains_key(&rule.from);
        // Where a rule goes by seats, whoever told these said as much as whoever made it.
        let told_seats = |rule: &Rule| rule.seat.as_ref().is_some_and(|place| place.is_told_by(actor));
        let is_choice = |unit: &UnitId| self.effect.ended.values().any(|fate| is_choice(fate, unit));
        // Where somebody decided about the post since, that is what counts, and whoever undid an earlier word does not matter.
        let is_open = |word: &str| !self.decisions.contains_key(&PositionId(word.to_owned()));
        self.rules.iter().any(|rule| is_meant(rule) && (rule.by == actor || told_seats(rule)))
            || self.decisions.values().any(|decision| decision.by == actor && is_choice(&decision.unit))
            || self.unsaid.iter().any(|word| word.by == actor && is_choice(&word.unit) && is_open(&word.word))
    }

    fn ground(&self) -> Ground<'_> {
        Ground { plan: &self.plan, effect: &self.effect, rules: &self.rules, decisions: &self.decisions }
    }

    /// Everybody with a post in a unit that ends; whoever comes later changes people, and is found by that.
    pub(super) async fn everybody(&self, services: &Services) -> Result<Vec<PersonId>, StoreError> {
        let mut all: Vec<PersonId> = Vec::new();
        loop {
            let after = all.last().cloned().unwrap_or_else(|| PersonId(String::new()));
            let mut conn = services.store.read().await?;
            let page = list_people(&mut conn, &self.ended, self.plan.effective, &after, PAGE).await?;
            let is_last = count(page.len()) < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// What becomes of some people, beside what a set has staged of them.
    pub(super) async fn look(
        &self,
        services: &Services,
        set: &ChangeSetId,
        people: &[PersonId],
    ) -> Result<Vec<Look>, StoreError> {
        let mut looks: BTreeMap<PersonId, Look> =
            people.iter().map(|person| (person.clone(), Look::of(person.clone()))).collect();
        let versions = positions::list_versions(&mut services.store.read().await?, set, people).await?;
        for version in versions {
            let Some(look) = looks.get_mut(&version.person) else { continue };
            // Oldest first, so that the newest applied one stays.
            let place = if version.applied_at.is_some() { &mut look.applied } else { &mut look.staged };
            place.insert(version.position.id.clone(), version.position);
        }
        let ground = self.ground();
        let mut looks: Vec<Look> = looks.into_values().collect();
        for look in &mut looks {
            let held: Vec<Position> = look.applied.values().cloned().collect();
            look.moved = of_person(&ground, &held);
        }
        Ok(looks)
    }

    /// Looks at everybody, as of one version of the people.
    pub(super) async fn survey(&self, services: &Services) -> Result<Lines, ReorganizationError> {
        let mut lines = Lines::of_version(people_version(services).await?);
        let mut people = self.everybody(services).await?;
        for _ in 0..TURNS {
            for some in people.chunks(BATCH) {
                for look in self.look(services, &nothing(), some).await? {
                    lines.put(&look);
                }
            }
            // Read before who changed: what is applied after it is found at the next turn.
            let version = people_version(services).await?;
            if version == lines.at {
                return Ok(lines);
            }
            people = changed_since(services, lines.at).await?;
            lines.at = version;
        }
        Err(ReorganizationError::Overtaken)
    }
}

/// No set has this name, so that only what is applied is found.
pub(super) fn nothing() -> ChangeSetId {
    ChangeSetId(String::new())
}

/// Which version the people are at.
pub(super) async fn people_version(services: &Services) -> Result<i64, StoreError> {
    change_sets::people_version(&mut services.store.read().await?).await
}

/// Everybody of whom something was applied, or taken back, after a version.
pub(super) async fn changed_since(services: &Services, version: i64) -> Result<Vec<PersonId>, StoreError> {
    let mut all: Vec<PersonId> = Vec::new();
    loop {
        let after = all.last().cloned().unwrap_or_else(|| PersonId(String::new()));
        let mut conn = services.store.read().await?;
        let page = change_sets::list_changed_since(&mut conn, version, &after, CHANGED).await?;
        let is_last = count(page.len()) < CHANGED;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The registry as it is in the database, read as one.
pub(super) async fn registry_now(services: &Services) -> Result<Registry, StoreError> {
    for _ in 0..TURNS {
        let mut conn = services.store.read().await?;
        let before = units::version(&mut conn).await?;
        let loaded = units::load(&mut conn).await;
        // What was read half before a change and half after it is not what anybody meant, or cannot be read at all.
        if units::version(&mut conn).await? == before {
            return loaded;
        }
    }
    Err(StoreError::Stale)
}

fn administered(effect: &UnitEffect) -> Vec<UnitId> {
    let whole = effect.ended.values().filter_map(|fate| match fate {
        Fate::Whole(unit) => Some(unit),
        Fate::Choice(_) | Fate::Gone => None,
    });
    let all: BTreeSet<&UnitId> = effect.ended.keys().chain(whole).collect();
    all.into_iter().cloned().collect()
}

/// What becomes of the scopes of administrators.
pub(super) fn scope_moves(plan: &Plan, effect: &UnitEffect, granted: &[Granted]) -> Vec<(PersonId, ScopeMove)> {
    let scopes: Vec<(PersonId, AdminScope)> =
        granted.iter().map(|granted| (granted.person.clone(), granted.scope.clone())).collect();
    of_scopes(plan, effect, &scopes)
}

/// The digest of that.
pub(super) fn scopes_part(scopes: &[(PersonId, ScopeMove)]) -> String {
    let mut lines: Vec<String> = scopes.iter().map(|(person, moved)| scope_line(person, moved)).collect();
    lines.sort_unstable();
    part(&sha256(lines.concat().as_bytes()))
}

fn scope_line(person: &PersonId, moved: &ScopeMove) -> String {
    let (was, ended) = (moved.was.map(iso).unwrap_or_default(), moved.ended.map(iso).unwrap_or_default());
    let mut out = fields(&[person.as_str(), &moved.id, &was, &ended]);
    if let Some(begun) = &moved.begun {
        let unit = begun.unit.as_ref().map_or("", UnitId::as_str);
        let (from, to) = (iso(begun.valid_from), begun.valid_to.map(iso).unwrap_or_default());
        out += &fields(&[&begun.id, begun.role.word(), unit, begun.client.as_deref().unwrap_or_default(), &from, &to]);
    }
    out
}

/// True for a unit in which somebody may say that people of a unit with this fate go on: where the plan names none, for every
/// one, since another stage may bring it.
fn is_choice(fate: &Fate, unit: &UnitId) -> bool {
    match fate {
        Fate::Whole(_) => false,
        Fate::Choice(candidates) => candidates.contains(unit),
        Fate::Gone => true,
    }
}

/// True where nothing comes after one of the units that end.
fn is_any_gone(effect: &UnitEffect) -> bool {
    effect.ended.values().any(|fate| *fate == Fate::Gone)
}

/// The digest of the plan itself, of what was decided, and of what it does to units.
fn own_part(
    plan: &Plan,
    stage: Option<&str>,
    (registry, effect): (&Registry, &UnitEffect),
    (rules, decisions): (&[RuleRow], &[DecisionRow]),
) -> String {
    // What is said of another stage is no part of this one; where any unit will do, nobody can tell the two apart.
    let choices: BTreeSet<&UnitId> = effect.ended.values().flat_map(candidates_of).collect();
    let is_anywhere = is_any_gone(effect);
    let may_count = |rule: &&RuleRow| effect.ended.get(&rule.from).is_some_and(|fate| is_choice(fate, &rule.to));
    let rules: Vec<&RuleRow> = rules.iter().filter(may_count).collect();
    let mut text = fields(&[
        &plan.text_digest(),
        stage.unwrap_or_default(),
        &registry.digest(),
        &effect.after.digest(),
        &rules.len().to_string(),
    ]);
    for rule in rules {
        let (department, title) = (rule.department.as_deref(), rule.title.as_deref());
        text += &fields(&[rule.from.as_str(), department.unwrap_or_default(), title.unwrap_or_default()]);
        text += &fields(&[rule.to.as_str(), &rule.decision_no]);
        text += &seats_text(rule);
    }
    for decision in decisions.iter().filter(|decision| is_anywhere || choices.contains(&decision.unit)) {
        text += &fields(&[decision.position.as_str(), decision.unit.as_str(), &decision.decision_no]);
    }
    part(&sha256(text.as_bytes()))
}

/// The place that a rule goes by, with the seats among which it is looked for; nothing of a rule that goes by none.
fn seats_text(rule: &RuleRow) -> String {
    let Some(words) = rule.seat.as_deref() else { return String::new() };
    let mut seats: Vec<[&str; 2]> = rule.seats.iter().map(|seat| [seat.department.as_str(), seat.address.as_str()]).collect();
    // Engines do not agree on the order of texts.
    seats.sort_unstable();
    let lines: Vec<String> = [["seat", words]].into_iter().chain(seats).map(|line| fields(&line)).collect();
    lines.concat()
}

/// The units among which somebody has to choose, as the plan names them.
fn candidates_of(fate: &Fate) -> &[UnitId] {
    match fate {
        Fate::Choice(candidates) => candidates,
        Fate::Whole(_) | Fate::Gone => &[],
    }
}

/// Fields with their lengths, so that no two lists of fields read alike.
fn fields(fields: &[&str]) -> String {
    let told: Vec<String> = fields.iter().map(|field| format!("{}:{field}", field.len())).collect();
    let mut out = told.concat();
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::model::plan::seats::Seat;

    fn rule(seat: Option<&str>, seats: &[[&str; 2]]) -> RuleRow {
        let told = |[department, address]: &[&str; 2]| Seat {
            department: (*department).to_owned(),
            address: (*address).to_owned(),
            by: "an".to_owned(),
        };
        RuleRow {
            id: "r".to_owned(),
            ordinal: 1,
            from: UnitId("old".to_owned()),
            department: None,
            title: None,
            seat: seat.map(str::to_owned),
            seats: seats.iter().map(told).collect(),
            to: UnitId("new".to_owned()),
            decision_no: "1".to_owned(),
            by: "an".to_owned(),
            at: Millis(0),
        }
    }

    #[test]
    fn what_stands_for_a_rule_tells_its_place_and_its_seats_in_one_order_and_nothing_where_it_goes_by_none() {
        let (one, other) = (["", "Khu phố 1"], ["Văn phòng", "Khu phố 3"]);
        assert_eq!(seats_text(&rule(None, &[])), "", "what was approved before there were seats is the same");
        let usual = seats_text(&rule(Some("Khu phố 3"), &[one, other]));
        assert_eq!(usual, seats_text(&rule(Some("Khu phố 3"), &[other, one])));
        let others = [
            ("another place", rule(Some("Khu phố 1"), &[one, other])),
            ("fewer seats", rule(Some("Khu phố 3"), &[other])),
            ("another address", rule(Some("Khu phố 3"), &[one, ["Văn phòng", "Khu phố 4"]])),
            ("another department", rule(Some("Khu phố 3"), &[one, ["Phòng", "Khu phố 3"]])),
            ("words elsewhere", rule(Some("Khu phố 3"), &[one, ["Văn phòngK", "hu phố 3"]])),
        ];
        for (case, rule) in others {
            assert_ne!(usual, seats_text(&rule), "{case}");
        }
    }
}
