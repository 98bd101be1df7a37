//! A request that was let happen: each act is done by its own capability, which takes the request with it.

use crate::http::admin::Desk;
use crate::http::view::console::approvals::Change;
use crate::model::authority::{Appoint, DisablePeople, RemoveSource, RotateKeys};
use crate::service::administrators::appoint::{self, AppointError};
use crate::service::approvals::{Approval, Dangerous};
use crate::service::legacy::sources::console::{self as sources, Removed};
use crate::service::lifecycle::erase::{Erased, erase_approved};
use crate::service::provisioning::imports::leaving::{self, Approved};
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
    Changed(Change),
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
        Dangerous::DisableMany if leaving::is_of_file(approval) => {
            Ok(match leaving::apply_approved(services, authority, approval).await? {
                Approved::Done => Happened::Done,
                Approved::TooLate => Happened::TooLate,
                Approved::NotTheirs => Happened::NotTheirs,
                Approved::Changed => Happened::Changed(Change::Other),
            })
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
            Erased::Changed => Happened::Changed(Change::Other),
        }),
        Dangerous::RemoveSource => {
            let Some(proof) = authority.city::<RemoveSource>() else { return Ok(Happened::NotTheirs) };
            Ok(match sources::remove_approved(services, &proof, &approval.id).await? {
                Removed::Done => Happened::Done,
                Removed::TooLate => Happened::TooLate,
                Removed::Changed => Happened::Changed(Change::Other),
            })
        }
    }
}

async fn appointed(services: &Services, desk: &Desk, approval: &Approval) -> Result<Happened, Failure> {
    let Some((person, _)) = appoint::read_payload(&approval.payload) else {
        return Ok(Happened::Changed(Change::Other));
    };
    let Some(proof) = desk.authority.one::<Appoint>(services, &person).await? else { return Ok(Happened::NotTheirs) };
    match appoint::approve(services, &proof, &desk.authority, &approval.id).await {
        Ok(done) => Ok(Happened::of(done)),
        Err(AppointError::Failure(failure)) => Err(failure),
        Err(AppointError::UnknownPerson) => Ok(Happened::Changed(Change::Person)),
        Err(AppointError::UnknownUnit) => Ok(Happened::Changed(Change::Unit)),
        Err(AppointError::UnknownClient) => Ok(Happened::Changed(Change::Client)),
        Err(AppointError::Days) => Ok(Happened::Changed(Change::Days)),
        Err(AppointError::TooMuch) => Ok(Happened::Changed(Change::TooMuch)),
        Err(AppointError::Already) => Ok(Happened::Changed(Change::Already)),
        // Asked of whoever asks, and not of whoever lets it happen.
        Err(
            AppointError::NeedsUnit
            | AppointError::NeedsClient
            | AppointError::NotBound
            | AppointError::Reason
            | AppointError::Last,
        ) => Ok(Happened::Changed(Change::Other)),
    }
}
