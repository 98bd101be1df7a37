//! A request that was let happen: each act is done by its own capability, which takes the request with it.

use crate::http::admin::Desk;
use crate::model::authority::{Appoint, DisablePeople, RotateKeys};
use crate::service::administrators::appoint::{self, AppointError};
use crate::service::approvals::{Approval, Dangerous};
use crate::service::lifecycle::erase::{Erased, erase_approved};
use crate::service::provisioning::many;
use crate::service::{Failure, Services, keys};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// It was done.
    Done,
    /// It was decided before, or its time is over, or it is one's own.
    TooLate,
    /// The reader may not do this act, or not to this person.
    NotTheirs,
    /// What was asked for cannot be any more.
    Changed,
}

impl Happened {
    fn of(done: bool) -> Self {
        if done { Self::Done } else { Self::TooLate }
    }
}

/// Does what a request asks for.
pub async fn happen(services: &Services, desk: &Desk, approval: &Approval) -> Result<Happened, Failure> {
    let authority = &desk.authority;
    match approval.act {
        Dangerous::RotateKeys => {
            let Some(proof) = authority.city::<RotateKeys>() else { return Ok(Happened::NotTheirs) };
            Ok(Happened::of(keys::rotate_approved(services, &proof, &approval.id).await?))
        }
        Dangerous::RevokeKey => {
            let Some(proof) = authority.city::<RotateKeys>() else { return Ok(Happened::NotTheirs) };
            Ok(Happened::of(keys::revoke_approved(services, &proof, &approval.id).await?))
        }
        Dangerous::DisableMany => {
            let Some(proof) = authority.people::<DisablePeople>() else { return Ok(Happened::NotTheirs) };
            Ok(Happened::of(many::disable_approved(services, authority, &proof, &approval.id).await?))
        }
        Dangerous::GrantAdministrator => appointed(services, desk, approval).await,
        Dangerous::Erase => Ok(match erase_approved(services, authority, &approval.id).await? {
            Erased::Done => Happened::Done,
            Erased::TooLate => Happened::TooLate,
            Erased::NotTheirs => Happened::NotTheirs,
            Erased::Changed => Happened::Changed,
        }),
        // Nothing asks for this yet.
        Dangerous::RemoveSource => Ok(Happened::Changed),
    }
}

async fn appointed(services: &Services, desk: &Desk, approval: &Approval) -> Result<Happened, Failure> {
    let Some((person, _)) = appoint::read_payload(&approval.payload) else { return Ok(Happened::Changed) };
    let Some(proof) = desk.authority.one::<Appoint>(services, &person).await? else { return Ok(Happened::NotTheirs) };
    match appoint::approve(services, &proof, &desk.authority, &approval.id).await {
        Ok(done) => Ok(Happened::of(done)),
        Err(AppointError::Failure(failure)) => Err(failure),
        Err(
            AppointError::UnknownPerson
            | AppointError::NeedsUnit
            | AppointError::NeedsClient
            | AppointError::NotBound
            | AppointError::UnknownUnit
            | AppointError::UnknownClient
            | AppointError::Days
            | AppointError::Reason
            | AppointError::TooMuch
            | AppointError::Already
            | AppointError::Last,
        ) => Ok(Happened::Changed),
    }
}
