//! Decisions that come after a plan was applied: the post goes on at once, by a small set of changes that is taken back with
//! the plan. Whose it is, is told.

use super::By;
use super::apply::ORIGIN;
use super::errors::ReorganizationError;
use super::lines::count;
use super::outlook::{TURNS, nothing, people_version, registry_now};
use super::records::{self, Act};
use super::register::note;
use super::scene::Target;
use crate::base::clock::Millis;
use crate::base::date::{iso, shown, vietnam_date};
use crate::base::id::{ChangeSetId, PersonId, PositionId, UnitId};
use crate::model::notice::NoticeKind;
use crate::model::plan::Plan;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::row_error::RowError;
use crate::service::{Failure, Services, forget, notices};
use crate::store::changes::Kind;
use crate::store::plan_choices::DecisionRow;
use crate::store::plan_late::{self, LateRow};
use crate::store::plan_runs::Run;
use crate::store::positions::PositionVersion;
use crate::store::{StoreError, Tx, change_sets, plan_open, positions, units};
use serde_json::json;
use std::collections::BTreeSet;
use time::Date;

/// Posts of one short write.
pub(super) const AT_ONCE: usize = 50;

/// Where one post goes, and by which decision.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// The line of the sheet; 0 without one.
    pub(super) line: u64,
    pub(super) target: Target,
    pub(super) unit: UnitId,
    pub(super) decision_no: String,
}

impl Chosen {
    pub(super) fn row(&self, by: &By<'_>, (at, source): (Millis, &str)) -> DecisionRow {
        DecisionRow {
            person: self.target.person.clone(),
            position: self.target.position.clone(),
            unit: self.unit.clone(),
            decision_no: self.decision_no.clone(),
            by: by.actor.to_owned(),
            at,
            source: source.to_owned(),
        }
    }
}

/// Where late decisions go.
pub(super) struct Late<'a> {
    pub(super) services: &'a Services,
    pub(super) plan: &'a Plan,
    pub(super) run: &'a Run,
    pub(super) by: &'a By<'a>,
    pub(super) source: &'a str,
}

impl Late<'_> {
    /// Lets some posts go on from the day of the plan: all of them or none.
    pub(super) async fn place(&self, chosen: &[Chosen]) -> Result<(), ReorganizationError> {
        let services = self.services;
        for _ in 0..TURNS {
            // Read first: whoever is changed after it is found by the version.
            let version = people_version(services).await?;
            let registry = registry_now(services).await?;
            let posts = self.posts(chosen, &registry).await?;
            let mut tx = services.store.write().await?;
            match self.write(&mut tx, (version, registry.version()), chosen, &posts).await {
                Ok(true) => {
                    tx.commit().await?;
                    services.known.forget(Kind::People, "", services.clock.now());
                    return Ok(());
                }
                // Somebody was first, or two waited for each other.
                Ok(false) | Err(ReorganizationError::Failure(Failure::Store(StoreError::Stale))) => {}
                Err(error) => return Err(error),
            }
        }
        Err(ReorganizationError::Overtaken)
    }

    /// The posts that begin.
    async fn posts(&self, chosen: &[Chosen], registry: &Registry) -> Result<Vec<(PersonId, Position)>, ReorganizationError> {
        let people: Vec<PersonId> = chosen.iter().map(|one| one.target.person.clone()).collect();
        let (versions, own) = {
            let mut conn = self.services.store.read().await?;
            let mut own = plan_late::list_latecomers(&mut conn, &self.run.id).await?;
            own.push(self.run.change_set.clone());
            (positions::list_versions(&mut conn, &nothing(), &people).await?, own)
        };
        let today = vietnam_date(self.services.clock.now());
        let (mut posts, mut wrong) = (Vec::new(), Vec::new());
        for one in chosen {
            let Some(post) = self.post((&versions, &own), one) else {
                wrong.push(changed(one.line));
                continue;
            };
            match outlived(registry, &post, today) {
                Some(last) => wrong.push(over(one.line, last)),
                None => posts.push((one.target.person.clone(), post)),
            }
        }
        if wrong.is_empty() { Ok(posts) } else { Err(ReorganizationError::BadChoice(wrong)) }
    }

    /// The post that goes on from one which the plan ended; nothing when somebody has told otherwise of that one since.
    fn post(&self, (versions, own): (&[PositionVersion], &[ChangeSetId]), chosen: &Chosen) -> Option<Position> {
        let of_post: Vec<&PositionVersion> =
            versions.iter().filter(|version| version.position.id == chosen.target.position).collect();
        let (newest, earlier) = of_post.split_last()?;
        if !own.contains(&newest.change_set) {
            return None;
        }
        let before = &earlier.iter().rfind(|version| !own.contains(&version.change_set))?.position;
        let effective = self.plan.effective;
        Some(Position {
            id: Position::following_id(&before.id, effective),
            unit: chosen.unit.clone(),
            decision_no: chosen.decision_no.clone(),
            follows: Some(before.id.clone()),
            valid_from: before.valid_from.max(effective),
            ..before.clone()
        })
    }

    async fn write(
        &self,
        tx: &mut Tx,
        (people, registry): (i64, i64),
        chosen: &[Chosen],
        posts: &[(PersonId, Position)],
    ) -> Result<bool, ReorganizationError> {
        let (services, now) = (self.services, self.services.clock.now());
        let set = ChangeSetId::new(now, &*services.entropy);
        let rows: Vec<DecisionRow> = chosen.iter().map(|one| one.row(self.by, (now, self.source))).collect();
        let mut wrong = Vec::new();
        for (one, row) in chosen.iter().zip(&rows) {
            let late = LateRow {
                change_set: set.clone(),
                person: row.person.clone(),
                position: row.position.clone(),
                unit: row.unit.clone(),
                decision_no: row.decision_no.clone(),
                by: row.by.clone(),
                at: now,
            };
            let is_open = plan_late::add(tx, &self.run.id, &late).await?;
            if !is_open || !plan_open::remove(tx, &self.run.id, &row.position).await? {
                wrong.push(decided(one.line));
            }
        }
        if !wrong.is_empty() {
            return Err(ReorganizationError::BadChoice(wrong));
        }
        change_sets::add(tx, &set, ORIGIN, self.by.actor, now).await?;
        positions::add(tx, &set, posts).await?;
        if !change_sets::mark_compared(tx, &set, people).await?
            || !change_sets::replace_people_version(tx, &set, now).await?
            || !change_sets::mark_applied(tx, &set, now).await?
            || units::version(tx).await? != registry
        {
            return Ok(false);
        }
        let stage = Some(&self.run.stage).filter(|stage| !stage.is_empty());
        let detail = json!({
            "plan": self.plan.name,
            "stage": stage,
            "run": self.run.id,
            "posts": count(posts.len()),
            "late": true,
        });
        note(tx, services, "plan.decided", self.by, detail).await?;
        self.tell(tx, chosen).await?;
        forget(tx, services, Kind::People, "").await?;
        Ok(true)
    }

    /// Records for each person what was decided of their post, and tells them.
    async fn tell(&self, tx: &mut Tx, chosen: &[Chosen]) -> Result<(), ReorganizationError> {
        let positions: Vec<&PositionId> = chosen.iter().map(|one| &one.target.position).collect();
        // What was decided before the plan was applied, and did not let the post go on.
        let before = records::before(tx, &self.plan.name, &positions).await?;
        let act = Act { services: self.services, plan: &self.plan.name, run: Some(self.run), by: self.by, source: self.source };
        for one in chosen {
            act.decided(tx, one, before.get(&one.target.position)).await?;
        }
        let people: BTreeSet<&PersonId> = chosen.iter().map(|one| &one.target.person).collect();
        for person in people {
            notices::tell(tx, self.services, person, NoticeKind::PostDecided, self.by.origin).await?;
        }
        Ok(())
    }
}

fn changed(line: u64) -> RowError {
    RowError::new(
        line,
        "person_id",
        "vị trí này đã được sửa sau khi áp dụng phương án; hãy thêm vị trí mới cho người này",
        "this post was changed since the plan was applied; give this person a new post instead",
    )
}

/// The last day of the unit of a post, where that is over and the post is not.
fn outlived(registry: &Registry, post: &Position, today: Date) -> Option<Date> {
    let last = registry.unit(&post.unit).and_then(|unit| unit.span.to)?;
    (last < today && post.valid_to.is_none_or(|end| end > last)).then_some(last)
}

fn over(line: u64, last: Date) -> RowError {
    let (vi, en) = (shown(last), iso(last));
    RowError::new(
        line,
        "chosen_unit",
        format!("đơn vị này đã kết thúc ngày {vi}; hãy thêm vị trí mới cho người này"),
        format!("this unit ended on {en}; give this person a new post instead"),
    )
}

fn decided(line: u64) -> RowError {
    RowError::new(
        line,
        "person_id",
        "vị trí này đã có quyết định hoặc phương án đã được hoàn tác",
        "this post was decided already, or the plan was taken back",
    )
}
