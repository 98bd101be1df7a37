//! What waits for a second person: who sees a request, and who may decide on it.

pub mod act;
pub mod export;
pub mod list;
pub mod one;

use super::Desk;
use super::names::{Names, bound_name, days};
use crate::base::id::{PersonId, UnitId};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::approvals::{Fact, FactName};
use crate::model::authority::{Appoint, DisablePeople, ErasePeople, Extent, ReadAudit, ReadPeople, RemoveSource, RotateKeys};
use crate::service::Failure;
use crate::service::administrators::appoint;
use crate::service::approvals::{self, Approval, Dangerous};
use crate::service::authority::Doer;
use crate::service::provisioning::imports::leaving::{self, Askers};
use crate::service::provisioning::imports::look;
use crate::service::provisioning::many;
use axum::response::Response;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where the list begins.
pub const HERE: &str = "/admin/approvals";

/// As what the reader may decide on a request; nothing when it is not theirs to decide. Whether it is their own is for
/// the request to say.
fn decider(desk: &Desk, askers: &Askers, approval: &Approval) -> Option<Doer> {
    let authority = &desk.authority;
    match approval.act {
        Dangerous::RotateKeys | Dangerous::RevokeKey => authority.city::<RotateKeys>().map(|proof| proof.by),
        Dangerous::RemoveSource => authority.city::<RemoveSource>().map(|proof| proof.by),
        Dangerous::DisableMany if leaving::is_of_file(approval) => {
            let proof = authority.people::<DisablePeople>()?;
            // A file may touch all that whoever sent it looks after.
            askers.are_covered_by(&proof, authority, approval).then_some(proof.by)
        }
        Dangerous::DisableMany => {
            let proof = authority.people::<DisablePeople>()?;
            // What was asked for one unit is decided by whoever looks after that unit, or after everybody.
            let unit = approval.requested_bound.as_ref().map(|unit| UnitId(unit.clone()));
            let within = unit.map_or(*proof.extent() == Extent::City, |unit| proof.extent().holds(&unit));
            within.then_some(proof.by)
        }
        Dangerous::GrantAdministrator => {
            let (_, scope) = appoint::read_payload(&approval.payload)?;
            let proof = authority.people::<Appoint>()?;
            appoint::may_give(authority, &scope).then_some(proof.by)
        }
        Dangerous::Erase => authority.people::<ErasePeople>().map(|proof| proof.by),
    }
}

/// Who asked sees a request, and who may decide on it, and whoever reads everything.
fn sees(desk: &Desk, askers: &Askers, approval: &Approval) -> bool {
    is_own(desk, approval) || decider(desk, askers, approval).is_some() || desk.authority.city::<ReadAudit>().is_some()
}

/// Who asks, as what: for [`decider`] and [`sees`].
async fn askers(visit: &Visit) -> Result<Askers, Response> {
    Askers::load(&visit.app.services).await.map_err(|failure| failed(visit, &failure))
}

fn is_own(desk: &Desk, approval: &Approval) -> bool {
    approval.requested_by == *desk.authority.person()
}

/// Whether the reader and whoever asked are two people, as far as their accounts can tell. It is for the act to ask again.
async fn is_second(visit: &Visit, desk: &Desk, asker: &PersonId) -> Result<bool, Response> {
    let second = approvals::is_second(&visit.app.services, asker, desk.authority.person()).await;
    second.map_err(|failure| failed(visit, &failure))
}

/// What a request holds, beside its subject.
fn facts(desk: &Desk, approval: &Approval) -> Vec<Fact> {
    if let Some((_, scope)) = appoint::read_payload(&approval.payload).filter(|_| approval.act == Dangerous::GrantAdministrator) {
        let (first, last) = days(Some(scope.valid_from), scope.valid_to);
        let mut facts = vec![Fact::role(scope.role)];
        let bound = bound_name(desk, &scope);
        if !bound.is_empty() {
            facts.push(Fact { name: FactName::Bound, value: bound });
        }
        facts.push(Fact::days(first, last));
        return facts;
    }
    if approval.act == Dangerous::RotateKeys && approval.payload.get("at_once").and_then(Value::as_bool) == Some(true) {
        return vec![Fact { name: FactName::AtOnce, value: String::new() }];
    }
    if approval.act == Dangerous::RevokeKey {
        return vec![Fact { name: FactName::Drops, value: String::new() }];
    }
    let count = approval.payload.get("people").and_then(Value::as_u64);
    count.map(|count| Fact { name: FactName::Count, value: count.to_string() }).into_iter().collect()
}

/// The people whom a request is about, by name. Of many, they are told to whom all of them belong.
async fn people(visit: &Visit, desk: &Desk, approval: &Approval) -> Result<Vec<String>, Response> {
    match approval.act {
        Dangerous::GrantAdministrator | Dangerous::Erase => {
            let id = PersonId(approval.subject.clone());
            let names = Names::of(visit, desk, std::slice::from_ref(&id)).await?;
            Ok(vec![names.shown(id.as_str())])
        }
        Dangerous::DisableMany if leaving::is_of_file(approval) => {
            let Some(proof) = desk.authority.people::<DisablePeople>() else { return Ok(Vec::new()) };
            let rows = look::ending(&visit.app.services, &proof, approval).await.map_err(|failure| failed(visit, &failure))?;
            let names: BTreeSet<String> = rows.into_iter().map(|row| format!("{} ({})", row.full_name, row.username)).collect();
            Ok(names.into_iter().collect())
        }
        Dangerous::DisableMany => {
            let Some(proof) = desk.authority.people::<ReadPeople>() else { return Ok(Vec::new()) };
            let found = many::look(&visit.app.services, &proof, &approval.subject).await;
            let chosen = found.map_err(|failure| failed(visit, &failure))?.map(|found| found.people).unwrap_or_default();
            Ok(chosen.into_iter().map(|one| format!("{} ({})", one.full_name, one.username)).collect())
        }
        Dangerous::RotateKeys | Dangerous::RevokeKey | Dangerous::RemoveSource => Ok(Vec::new()),
    }
}

fn failed(visit: &Visit, failure: &Failure) -> Response {
    page::failed(visit, failure)
}
