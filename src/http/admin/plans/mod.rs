//! Plans of re-organization: the plans, one of them with what it does, one unit of it, one person under it, and the acts.

pub mod acts;
mod change;
mod kin;
mod known;
pub mod list;
pub mod one;
mod parts;
pub mod person;
mod prepared;
pub mod since;
pub mod unit;

use super::{Desk, absent};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::plans::Told;
use crate::http::view::error::ErrorWords;
use crate::model::authority::{ReadPlans, WritePlans};
use crate::protocol::parameters::Parameters;
use crate::service::authority::City;
use crate::service::reorganization::looks;
use crate::service::reorganization::{Readiness, ReorganizationError, StageStatus, Status, status};
use axum::http::StatusCode;
use axum::response::Response;

/// Where the list is.
pub const HERE: &str = "/admin/plans";
/// Lines of one list at most.
pub const LINES: usize = 50;

/// The address of a plan.
pub fn address_of(name: &str) -> String {
    format!("{HERE}/{name}")
}

/// Whoever may look at plans.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn reader(visit: &Visit, desk: &Desk) -> Result<City<ReadPlans>, Response> {
    desk.authority.city::<ReadPlans>().ok_or_else(|| absent(visit))
}

/// Whoever may do something with plans.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn writer(visit: &Visit, desk: &Desk) -> Result<City<WritePlans>, Response> {
    desk.authority.city::<WritePlans>().ok_or_else(|| absent(visit))
}

/// How a registered plan stands; what is no such plan is not there.
async fn standing(visit: &Visit, name: &str) -> Result<Status, Response> {
    match status(&visit.app.services, name).await {
        Ok(status) => Ok(status),
        Err(ReorganizationError::UnknownPlan) => Err(absent(visit)),
        Err(error) => Err(failed(visit, &error)),
    }
}

/// The stage that is asked for; one that the plan does not have is not there.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn stage_of<'a>(visit: &Visit, status: &'a Status, asked: &Parameters) -> Result<&'a StageStatus, Response> {
    let wanted = asked.get("stage").filter(|stage| !stage.is_empty());
    let found = status.stages.iter().find(|stage| stage.stage.as_deref() == wanted);
    found.ok_or_else(|| absent(visit))
}

/// True when a stage, or the whole plan that it belongs to, counts; and of the whole plan when a part of it does: what it
/// would do cannot be told any more then.
fn counts(status: &Status, stage: &StageStatus) -> bool {
    let is_of_it = |other: &StageStatus| other.stage.is_none() || stage.stage.is_none() || other.stage == stage.stage;
    status.stages.iter().any(|other| other.readiness == Readiness::Applied && is_of_it(other))
}

/// A part of ours that does not work, or what cannot be shown at all.
fn failed(visit: &Visit, error: &ReorganizationError) -> Response {
    match error {
        ReorganizationError::Failure(failure) => page::failed(visit, failure),
        other => page::show(visit, ErrorWords::ServerError, None, &other.to_string()),
    }
}

/// The sentences of a refusal.
fn told(told: looks::Told) -> Told {
    Told { vietnamese: told.vietnamese, english: told.english }
}

/// The status of an answer to a form that was refused.
fn status_of(told: &looks::Told) -> StatusCode {
    match told.word {
        "reason" | "wrong" => StatusCode::UNPROCESSABLE_ENTITY,
        "failure" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    }
}
