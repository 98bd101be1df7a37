//! A right that nobody needs any more is taken back by the room that gives such rights, with a proof over its owner. Where
//! the reader could not take it back elsewhere either, it is for somebody above.

use crate::base::id::PersonId;
use crate::model::access_review::RightKind;
use crate::model::authority::{Appoint, GrantRoles};
use crate::service::administrators::appoint::{self, AppointError};
use crate::service::authority::Authority;
use crate::service::lifecycle::reviews::Item;
use crate::service::provisioning::group_roles::{self, Giver, GroupRoleError};
use crate::service::provisioning::roles::given::{self, GiveError};
use crate::service::{Failure, Services};

/// Who takes something back, and why.
#[derive(Clone, Copy)]
pub(super) struct By<'a> {
    /// What they may do.
    pub authority: &'a Authority,
    /// Why.
    pub reason: &'a str,
}

/// Takes a right back; false where that is for somebody above.
pub(super) async fn take_back(services: &Services, by: By<'_>, item: &Item) -> Result<bool, Failure> {
    match (item.kind, &item.person) {
        (RightKind::Role, Some(person)) => role(services, by, (person, &item.grant)).await,
        (RightKind::Administrator, Some(person)) => administrator(services, by, (person, &item.grant)).await,
        (RightKind::Group, _) => of_group(services, by, item).await,
        (RightKind::Role | RightKind::Administrator, None) => Ok(false),
    }
}

async fn role(services: &Services, by: By<'_>, (person, grant): (&PersonId, &str)) -> Result<bool, Failure> {
    let Some(proof) = by.authority.one::<GrantRoles>(services, person).await? else { return Ok(false) };
    match given::take_back(services, by.authority, &proof, grant, by.reason).await {
        // Also what somebody took back in this very moment.
        Ok(_) => Ok(true),
        Err(GiveError::Failure(failure)) => Err(failure),
        Err(
            GiveError::UnknownClient
            | GiveError::UnknownPerson
            | GiveError::Undeclared
            | GiveError::NotTheirs
            | GiveError::OwnAccount
            | GiveError::UnknownPosition
            | GiveError::Days
            | GiveError::Reason,
        ) => Ok(false),
    }
}

async fn administrator(services: &Services, by: By<'_>, (person, grant): (&PersonId, &str)) -> Result<bool, Failure> {
    let Some(proof) = by.authority.one::<Appoint>(services, person).await? else { return Ok(false) };
    match appoint::dismiss(services, &proof, grant, by.reason).await {
        Ok(_) => Ok(true),
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
        ) => Ok(false),
    }
}

/// A role of a group ends for all who are of it.
async fn of_group(services: &Services, by: By<'_>, item: &Item) -> Result<bool, Failure> {
    if group_roles::find(services, &item.grant).await?.is_none() {
        // Also what somebody took back in this very moment.
        return Ok(true);
    }
    let client = item.client.as_deref().unwrap_or_default();
    let Some(giver) = Giver::of(by.authority, client) else { return Ok(false) };
    match group_roles::revoke(services, &giver, &item.grant, Some(by.reason)).await {
        Ok(true) => Ok(true),
        Ok(false) => Ok(group_roles::find(services, &item.grant).await?.is_none()),
        Err(GroupRoleError::Failure(failure)) => Err(failure),
        Err(_) => Ok(false),
    }
}
