//! What is known of what a stage would do, or did: looked at now, or kept with its run.

use super::list::mistakes;
use super::{counts, failed, told};
use crate::base::date::shown_moment;
use crate::http::extract::visit::Visit;
use crate::http::view::console::plans::lines::CountedAt;
use crate::http::view::console::plans::{Mistake, Told};
use crate::service::reorganization::looks::acts::Work;
use crate::service::reorganization::looks::{self, Look, Looked, at_hand, look};
use crate::service::reorganization::{Kept, Readiness, ReorganizationError, RunState, StageStatus, Status, Tally, kept};
use axum::response::Response;
use std::sync::Arc;

/// What is known of a stage.
#[derive(Default)]
pub struct Known {
    /// What it would do.
    pub look: Option<Arc<Look>>,
    /// What was kept of it.
    pub kept: Kept,
    /// What it would do is being computed.
    pub is_working: bool,
    /// Why that cannot be told.
    pub trouble: Option<Told>,
    /// Rows that do not fit the units as they are.
    pub mistakes: Vec<Mistake>,
    /// The same in a sentence.
    pub misfit: Option<Told>,
}

impl Known {
    /// What it comes to.
    pub fn tally(&self) -> Option<&Tally> {
        self.look.as_deref().map(|look| &look.tally).or(self.kept.tally.as_ref())
    }

    /// Of when that is.
    pub fn counted_at(&self) -> Option<CountedAt> {
        let at = shown_moment(self.tally()?.at);
        let is_kept = self.look.is_none() && !self.kept.applied.is_empty();
        Some(if is_kept { CountedAt::Kept(at, self.kept.applied.clone()) } else { CountedAt::Looked(at) })
    }
}

/// Looks at what a stage would do, unless it counts; while something is being done with it nothing is computed anew.
pub async fn known(visit: &Visit, status: &Status, stage: &StageStatus, work: Option<&Work>) -> Result<Known, Response> {
    let (services, looks) = (&visit.app.services, &visit.app.looks);
    let kept = kept(services, status, stage).await.map_err(|error| failed(visit, &error))?;
    let known = Known { kept, ..Known::default() };
    if counts(status, stage) || status.withdrawn_at.is_some() {
        return Ok(known);
    }
    let (name, of_stage) = (status.plan.name.as_str(), stage.stage.as_deref());
    if is_under_way(status, stage, work) {
        let look = at_hand(services, looks, name, of_stage).await.map_err(|error| failed(visit, &error))?;
        return Ok(Known { look, ..known });
    }
    Ok(match look(services, looks, name, of_stage).await {
        Ok(Looked::Ready(look)) => Known { look: Some(look), ..known },
        Ok(Looked::Working) => Known { is_working: true, ..known },
        Ok(Looked::Failed(trouble)) => Known { trouble: Some(told(trouble)), ..known },
        Err(error @ ReorganizationError::Failure(_)) => return Err(failed(visit, &error)),
        Err(ReorganizationError::Wrong(wrong)) => {
            let mistakes = mistakes(&wrong);
            let misfit = Some(told(looks::Told::of(&ReorganizationError::Wrong(wrong))));
            Known { mistakes, misfit, ..known }
        }
        Err(error) => Known { trouble: Some(told(looks::Told::of(&error))), ..known },
    })
}

/// True while it is being approved, applied or taken back.
fn is_under_way(status: &Status, stage: &StageStatus, work: Option<&Work>) -> bool {
    let is_undoing = |other: &StageStatus| other.run.as_ref().is_some_and(|run| run.state == RunState::Undoing);
    let is_at_work = work.is_some_and(|work| work.outcome.is_none());
    is_at_work || stage.readiness == Readiness::Staging || status.stages.iter().any(is_undoing)
}
