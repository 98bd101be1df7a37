//! What a person sees of their own account.

use super::{Failure, Services};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::store::{passkeys, passwords, recovery_codes, totp_secrets};

/// The ways in which a person signs in, with their moments.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// When the password was set; nobody without one has a moment here.
    pub password_set_at: Option<Millis>,
    /// Passkeys, in the order in which they came.
    pub passkeys: Vec<Passkey>,
    /// When the authenticator app was added, and last used.
    pub app: Option<(Millis, Option<Millis>)>,
    /// When the sheet of recovery codes was made, and how many of it are left.
    pub recovery_codes: Option<(Millis, i64)>,
}

/// One passkey.
#[derive(Debug, Clone)]
pub struct Passkey {
    /// What its owner calls it.
    pub name: String,
    /// Added.
    pub added_at: Millis,
    /// Last used.
    pub used_at: Option<Millis>,
}

/// Reads them.
pub async fn overview(services: &Services, person: &PersonId) -> Result<Overview, Failure> {
    let mut conn = services.store.read().await?;
    let password = passwords::find(&mut conn, person).await?;
    let app = totp_secrets::find(&mut conn, person).await?;
    let sheet = recovery_codes::find(&mut conn, person).await?;
    let passkeys = passkeys::list(&mut conn, person).await?;
    Ok(Overview {
        password_set_at: password.map(|password| password.changed_at),
        passkeys: passkeys
            .into_iter()
            .map(|passkey| Passkey { name: passkey.name, added_at: passkey.created_at, used_at: passkey.used_at })
            .collect(),
        app: app.and_then(|app| Some((app.confirmed_at?, app.used_at))),
        recovery_codes: sheet.map(|sheet| (sheet.created_at, sheet.left)),
    })
}
