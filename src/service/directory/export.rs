//! Everybody who matches, to be taken away: piece by piece, so that how many they are does not matter here.

use super::find::{AT_ONCE, Count, Listed, count, listed, per_branch, planned};
use super::plan::{FactorFilter, Query, StateFilter};
use crate::model::authority::ExportPeople;
use crate::model::position::PositionKind;
use crate::service::audit::{self, Event};
use crate::service::authority::People;
use crate::service::{Failure, Services};
use crate::store::StoreError;
use crate::store::people_search::{self, Scan};
use serde_json::{Value, json};

/// A list that is being taken away.
pub struct Taking {
    services: Services,
    /// The next look; none behind the last.
    scan: Option<Scan>,
}

/// Begins, once that is on record with what narrows the list: never what was typed, which may be a name or a number.
pub async fn export(services: &Services, proof: &People<ExportPeople>, query: &Query) -> Result<Taking, Failure> {
    let registry = services.known.registry();
    let mut conn = services.store.read().await?;
    let plan = planned(services, &mut conn, proof.extent(), query, &registry).await?;
    let matching = match &plan {
        None => Count::Exactly(0),
        Some(plan) => count(&mut conn, plan).await?,
    };
    drop(conn);
    audit::looked(services, Event::by(&proof.by, "people.exported", None, None, detail(query, matching))).await?;
    let scan = plan.map(|plan| Scan {
        depth: per_branch(AT_ONCE, plan.sources.len(), 100),
        sources: plan.sources,
        tests: plan.tests,
        beyond: None,
        backwards: query.reversed,
    });
    Ok(Taking { services: services.clone(), scan })
}

fn detail(query: &Query, matching: Count) -> Value {
    let (people, more) = match matching {
        Count::Exactly(people) => (people, false),
        Count::MoreThan(people) => (people, true),
    };
    json!({
        "people": people,
        "more": more,
        "words": query.words.len(),
        "unit": query.unit,
        "kind": query.kind.map(PositionKind::as_str),
        "state": query.state.map(|state| match state {
            StateFilter::Enabled => "enabled",
            StateFilter::Is(state) => state.word(),
        }),
        "factor": query.factor.map(|factor| match factor {
            FactorFilter::Weak => "weak",
            FactorFilter::Is(factor) => factor.word(),
        }),
    })
}

impl Taking {
    /// Some more of them, in order; none behind the last. Somebody who is given another name meanwhile may be told twice.
    pub async fn piece(&mut self) -> Result<Option<Vec<Listed>>, Failure> {
        while let Some(scan) = &mut self.scan {
            let mut conn = self.services.store.read().await?;
            // The place where the next look begins is known first: whoever goes meanwhile makes nobody else left out.
            let edge = people_search::edge(&mut conn, scan).await?;
            let rows = people_search::find(&mut conn, scan, scan.depth).await?;
            drop(conn);
            match edge {
                None => self.scan = None,
                edge => scan.beyond = edge,
            }
            if !rows.is_empty() {
                return Ok(Some(rows.into_iter().map(listed).collect::<Result<_, StoreError>>()?));
            }
        }
        Ok(None)
    }
}
