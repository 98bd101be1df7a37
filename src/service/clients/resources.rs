//! Protected resources: registered, changed and removed from the command line.
//!
//! A client names the resources that it reaches, and a resource names clients.
//! Whoever changes either side holds the resource's row first and looks at the
//! other side afterwards, so that no name is left that means nothing.

use crate::base::text::has_control;
use crate::model::client::{Client, is_client_id};
use crate::model::resource::Resource;
use crate::protocol::authorization_details::DetailsType;
use crate::service::audit::{self, Event};
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx, clients, resources};
use serde_json::json;

/// The longest name of a type of authorization details, and of a field of it, in bytes.
const LONGEST_NAME: usize = 128;

/// Why a resource is not registered, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum ResourceError {
    /// What is wrong and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// There is a resource of this identifier already.
    #[error("a resource with this identifier exists already")]
    Taken,
    /// There is no such resource.
    #[error("there is no resource with this identifier")]
    Unknown,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ResourceError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// All resources, by identifier.
pub async fn list(services: &Services) -> Result<Vec<Resource>, Failure> {
    Ok(resources::list(&mut services.store.read().await?).await?)
}

/// One resource.
pub async fn find(services: &Services, identifier: &str) -> Result<Option<Resource>, Failure> {
    Ok(list(services).await?.into_iter().find(|resource| resource.identifier == identifier))
}

/// Registers a resource.
pub async fn add(services: &Services, resource: &Resource, actor: &str) -> Result<(), ResourceError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let all = resources::list(&mut tx).await?;
    check(services, &mut tx, resource, &all).await?;
    resources::add(&mut tx, resource, now).await.map_err(|error| match error {
        StoreError::Stale => ResourceError::Taken,
        other => other.into(),
    })?;
    finish(services, tx, "resource.added", resource, actor).await
}

/// Changes a resource; answers what it is now. Its identifier stays: tokens are for it.
///
/// What `change` names is laid over the resource as it is stored. A change
/// that a client could not live with is refused.
pub async fn change(
    services: &Services,
    identifier: &str,
    actor: &str,
    change: impl FnOnce(&mut Resource) -> Result<(), String>,
) -> Result<Resource, ResourceError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    // Nobody else changes it from here on.
    if !resources::hold(&mut tx, identifier).await? {
        return Err(ResourceError::Unknown);
    }
    let before = resources::list(&mut tx).await?;
    let mut after = before.clone();
    let old = before.iter().find(|resource| resource.identifier == identifier).ok_or(ResourceError::Unknown)?;
    let new = after.iter_mut().find(|resource| resource.identifier == identifier).ok_or(ResourceError::Unknown)?;
    change(new).map_err(ResourceError::Refused)?;
    new.identifier.clone_from(&old.identifier);
    let new = new.clone();
    check(services, &mut tx, &new, &before).await?;
    let all = clients::list(&mut tx).await?;
    if let Some(reason) = stranded(&all, &before, &after) {
        return Err(ResourceError::Refused(reason));
    }
    resources::replace(&mut tx, old, &new, now).await?;
    finish(services, tx, "resource.changed", &new, actor).await?;
    Ok(new)
}

/// Removes a resource that no client reaches any more. Tokens for it end by themselves, within minutes.
pub async fn remove(services: &Services, identifier: &str, actor: &str) -> Result<(), ResourceError> {
    let mut tx = services.store.write().await?;
    if !resources::hold(&mut tx, identifier).await? {
        return Err(ResourceError::Unknown);
    }
    let all = resources::list(&mut tx).await?;
    let resource = all.iter().find(|resource| resource.identifier == identifier).ok_or(ResourceError::Unknown)?;
    let registered = clients::list(&mut tx).await?;
    let reaches = |client: &&Client| client.disabled_at.is_none() && client.may_reach(identifier);
    let reached_by: Vec<&str> = registered.iter().filter(reaches).map(|client| client.id.as_str()).collect();
    if !reached_by.is_empty() {
        let names = reached_by.join(", ");
        let reason = format!("{names} may ask tokens for it: take it from them first, by motlan client set --resource");
        return Err(ResourceError::Refused(reason));
    }
    resources::remove(&mut tx, identifier).await?;
    finish(services, tx, "resource.removed", resource, actor).await
}

/// Says whether a resource can be, as things stand in this unit of work.
async fn check(services: &Services, tx: &mut Tx, resource: &Resource, all: &[Resource]) -> Result<(), ResourceError> {
    let own = resource.identifier == services.settings.issuer;
    let reason = own
        .then(|| format!("{} is the provider itself, which is no resource", resource.identifier))
        .or_else(|| resource.refuse())
        .or_else(|| refuse_details(resource, all));
    if let Some(reason) = reason {
        return Err(ResourceError::Refused(reason));
    }
    for id in &resource.servers {
        if known(tx, id).await?.is_public() {
            let reason = format!("the client {id} proves itself by nothing: it cannot speak for a resource");
            return Err(ResourceError::Refused(reason));
        }
    }
    if let Some(id) = &resource.roles_of {
        known(tx, id).await?;
    }
    Ok(())
}

/// A client that may be used.
async fn known(tx: &mut Tx, id: &str) -> Result<Client, ResourceError> {
    let found = if is_client_id(id) { clients::find(tx, id).await? } else { None };
    let usable = found.filter(|client| client.disabled_at.is_none());
    usable.ok_or_else(|| ResourceError::Refused(format!("there is no client {id:?}: motlan client add registers one")))
}

/// Says in one sentence why types of authorization details cannot be defined so, or nothing.
fn refuse_details(resource: &Resource, all: &[Resource]) -> Option<String> {
    let bad_name = |name: &String| name.is_empty() || name.len() > LONGEST_NAME || has_control(name);
    for (kind, definition) in &resource.details {
        let DetailsType { required, optional } = definition;
        let fields: Vec<&String> = required.iter().chain(optional).collect();
        if bad_name(kind) || fields.iter().copied().any(bad_name) {
            return Some(format!("a type of authorization details, and a field of it, has a name of 1 to {LONGEST_NAME} bytes"));
        }
        if fields.iter().any(|field| *field == "type") {
            return Some(format!("{kind}: the field type is always there and is not named"));
        }
        let is_again = |(place, field): &(usize, &String)| fields.iter().take(*place).any(|earlier| earlier == field);
        if let Some((_, twice)) = fields.iter().copied().enumerate().find(is_again) {
            return Some(format!("{kind}: the field {twice} is named twice"));
        }
        // A client that reaches both must know what a type means (RFC 9396 §2).
        let differs = |other: &&Resource| {
            other.identifier != resource.identifier && other.details.get(kind).is_some_and(|theirs| theirs != definition)
        };
        if let Some(other) = all.iter().find(differs) {
            return Some(format!("{kind}: the resource {} defines this type with other fields", other.identifier));
        }
    }
    None
}

/// Says which client was in order before a change and would not be after it.
fn stranded(clients: &[Client], before: &[Resource], after: &[Resource]) -> Option<String> {
    clients
        .iter()
        .filter(|client| client.disabled_at.is_none() && client.refuse(before).is_none())
        .find_map(|client| Some(format!("the client {} counts on it: {}", client.id, client.refuse(after)?)))
}

async fn finish(
    services: &Services,
    mut tx: Tx,
    event: &'static str,
    resource: &Resource,
    actor: &str,
) -> Result<(), ResourceError> {
    let origin = Origin::command_line();
    let detail = json!({ "resource": resource });
    let event = Event { event, actor: actor.to_owned(), person: None, client: None, origin: &origin, detail };
    audit::record(&mut tx, services, event).await?;
    forget(&mut tx, services, Kind::Resources, &resource.identifier).await?;
    tx.commit().await?;
    services.known.forget(Kind::Resources, &resource.identifier, services.clock.now());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [Resource], Option<&'a str>);
    use serde_json::from_value;

    fn resource(identifier: &str, required: &[&str], optional: &[&str]) -> Resource {
        let details = json!({ "ho_so": { "required": required, "optional": optional } });
        from_value(json!({ "identifier": identifier, "name": "API", "details": details })).expect("a resource")
    }

    #[test]
    fn a_type_of_authorization_details_means_one_thing() {
        let long = "a".repeat(LONGEST_NAME + 1);
        let others = [resource("https://b.example", &["so"], &[])];
        let table: [Case<'_>; 9] = [
            (&["so"], &["noi_dung"], &[], None),
            (&[], &[], &[], None),
            (&["so"], &[], &others, None),
            (&["so"], &["noi_dung"], &others, Some("other fields")),
            (&["type"], &[], &[], Some("always there")),
            (&["so"], &["so"], &[], Some("named twice")),
            (&["so", "so"], &[], &[], Some("named twice")),
            (&[""], &[], &[], Some("has a name")),
            (&[long.as_str()], &[], &[], Some("has a name")),
        ];
        for (required, optional, others, expected) in table {
            let reason = refuse_details(&resource("https://a.example", required, optional), others);
            assert_eq!(reason.is_some(), expected.is_some(), "{required:?} {optional:?}: {reason:?}");
            assert!(reason.unwrap_or_default().contains(expected.unwrap_or_default()), "{expected:?}");
        }
    }
}
