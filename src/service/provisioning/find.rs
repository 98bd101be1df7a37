//! Looking a person up as they are now, for whoever administers them.

use crate::model::person::{Person, Username};
use crate::service::Services;
use crate::store::{StoreError, passwords, persons};

/// A person, also a disabled one.
#[derive(Debug)]
pub struct Found {
    /// Who they are, with every position and role.
    pub person: Person,
    /// Whether a password was ever set.
    pub has_password: bool,
}

/// The person with a user name, however it is written.
pub async fn by_username(services: &Services, username: &str) -> Result<Option<Found>, StoreError> {
    let Ok(name) = Username::parse(username) else { return Ok(None) };
    let mut conn = services.store.read().await?;
    let Some(id) = persons::find_id_by_username(&mut conn, name.folded()).await? else { return Ok(None) };
    let Some(person) = persons::find(&mut conn, &id).await? else { return Ok(None) };
    let has_password = passwords::find(&mut conn, &id).await?.is_some();
    Ok(Some(Found { person, has_password }))
}
