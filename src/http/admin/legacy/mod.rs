//! Accounts of old systems: the worklist, one account with whoever it may be of beside it, decisions about many, units in
//! question, and files that are brought in.

pub mod account;
pub mod batch;
pub mod file;
pub mod import;
pub mod list;
pub mod sayings;

use super::{Desk, absent, enter};
use crate::base::encoding::Encoding;
use crate::base::id::UnitId;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::legacy::Problem;
use crate::http::view::console::parts::SelectOption;
use crate::model::authority::{EditSources, ReviewLegacy};
use crate::service::Failure;
use crate::service::authority::{City, Units};
use crate::service::legacy::review::ReviewError;
use axum::response::Response;

/// Whoever decides about accounts.
async fn reviewer(visit: &Visit) -> Result<(Desk, Units<ReviewLegacy>), Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<ReviewLegacy>() else { return Err(absent(visit)) };
    Ok((desk, proof))
}

/// Whoever brings files of accounts.
async fn keeper(visit: &Visit) -> Result<(Desk, City<EditSources>), Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.city::<EditSources>() else { return Err(absent(visit)) };
    Ok((desk, proof))
}

/// What is told beside the form; what lies outside the reader's bounds, and what failed, has a page of its own.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn told(visit: &Visit, error: ReviewError) -> Result<Problem, Response> {
    match error {
        ReviewError::NotThere => Err(absent(visit)),
        ReviewError::Reason => Ok(Problem::Reason),
        ReviewError::Own => Ok(Problem::Own),
        ReviewError::Changed => Ok(Problem::Changed),
        ReviewError::Person => Ok(Problem::Person),
        ReviewError::Unit => Ok(Problem::Unit),
        ReviewError::UnitFirst => Ok(Problem::UnitFirst),
        ReviewError::Nameless => Ok(Problem::Nameless),
        ReviewError::Nothing => Ok(Problem::Nothing),
        ReviewError::Failure(failure) => Err(failed(visit, &failure)),
    }
}

fn failed(visit: &Visit, failure: &Failure) -> Response {
    page::failed(visit, failure)
}

/// Units to choose from.
fn units(desk: &Desk, units: &[UnitId]) -> Vec<SelectOption> {
    let option =
        |unit: &UnitId| SelectOption { value: unit.0.clone(), label: super::names::unit_name(desk, unit), chosen: false };
    units.iter().map(option).collect()
}

/// Encodings to choose from.
fn encodings(chosen: Option<Encoding>) -> Vec<SelectOption> {
    let option = |encoding: Encoding| SelectOption {
        value: encoding.word().to_owned(),
        label: encoding.word().to_owned(),
        chosen: chosen == Some(encoding),
    };
    Encoding::ALL.map(option).to_vec()
}
