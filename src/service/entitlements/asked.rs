//! The clients that may be asked about, and how many hold each of their roles.

use super::today;
use crate::service::{Failure, Services};
use crate::store::{clients, group_grants, role_grants};
use std::collections::HashMap;

/// A client, for those who ask about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The roles that it declares, with how many hold each today.
    pub roles: Vec<RoleHeld>,
    /// It is switched off.
    pub disabled: bool,
}

/// A role of a client, with how many hold it today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleHeld {
    /// The role.
    pub role: String,
    /// People to whom it was given.
    pub people: i64,
    /// Groups to whom it was given.
    pub groups: i64,
}

/// The clients that may be asked about, by name: id, and name.
pub async fn list_clients(services: &Services) -> Result<Vec<(String, String)>, Failure> {
    let all = clients::list(&mut services.store.read().await?).await?;
    Ok(all.into_iter().map(|client| (client.id, client.name)).collect())
}

/// One client, with how many people and groups hold each of its roles.
pub async fn client(services: &Services, id: &str) -> Result<Option<Asked>, Failure> {
    let today = today(services);
    let mut conn = services.store.read().await?;
    let Some(client) = clients::find(&mut conn, id).await? else { return Ok(None) };
    let held: HashMap<String, i64> = role_grants::count_by_role(&mut conn, id, today).await?.into_iter().collect();
    let mut by_group: HashMap<String, i64> = HashMap::new();
    for stored in group_grants::list_of(&mut conn, id).await? {
        if stored.grant.in_force_on(today) {
            *by_group.entry(stored.grant.role).or_default() += 1;
        }
    }
    let roles = client.settings.roles.into_iter().map(|role| {
        let of = |counts: &HashMap<String, i64>| counts.get(&role).copied().unwrap_or_default();
        let (people, groups) = (of(&held), of(&by_group));
        RoleHeld { role, people, groups }
    });
    Ok(Some(Asked { roles: roles.collect(), id: client.id, name: client.name, disabled: client.disabled_at.is_some() }))
}
