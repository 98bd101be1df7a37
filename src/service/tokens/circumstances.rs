//! How somebody signed in for a grant, and whether they may still use it.

use crate::base::date::vietnam_date;
use crate::model::client::Client;
use crate::model::entitlement::Circumstances;
use crate::model::grant::Grant;
use crate::protocol::acr;
use crate::service::Services;
use crate::service::known::KnownPerson;

/// How the owner of a grant had signed in when it was asked for.
pub fn of(services: &Services, grant: &Grant) -> Circumstances {
    // What is said to the client may be less than was reached, or more than counts there.
    let reached = grant.extent.level.or_else(|| acr::level_of(&grant.acr, &services.settings.issuer));
    // What outlives the sign-on is used from anywhere.
    Circumstances { level: reached.unwrap_or_default(), office: grant.extent.from_office && !grant.offline }
}

/// True while the owner of a grant holds the post that it was given for, or one that goes on from it, and may enter the client.
pub fn still_counts(services: &Services, grant: &Grant, known: &KnownPerson, client: &Client) -> bool {
    let today = vietnam_date(services.clock.now());
    let acting = grant.position.as_ref();
    known.still_acts(acting, today) && known.holder(acting, today).enters(client, of(services, grant))
}
