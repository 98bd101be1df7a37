//! Trying a source out: is what is set of it so, as far as that can be seen from here?

use super::{SourceError, secret};
use crate::model::legacy_source::{OidcSettings, Settings};
use crate::outbound::fetch::Wanted;
use crate::service::Services;
use crate::store::legacy_sources;
use serde_json::Value;

/// What a provider says of itself (OpenID Connect Discovery §4).
const METADATA: Wanted = Wanted { most_bytes: 256 * 1024, types: &["application/json"] };
/// No more of what another system says is told on.
const LONGEST_TOLD: usize = 200;

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tested {
    /// The provider answers, says the issuer that is set, and has so many keys.
    Answers {
        /// Its keys.
        keys: usize,
    },
    /// The settings can be; the directory itself was not asked.
    SettingsOnly,
    /// What is stored of the export.
    Stored {
        /// How many accounts, by what was decided of them (empty: nothing yet).
        accounts: Vec<(String, i64)>,
        /// How many passwords that may open something, by scheme and state.
        passwords: Vec<(String, String, i64)>,
    },
}

/// Tries a source out. Nothing is changed, and nobody signs in.
pub async fn try_out(services: &Services, id: &str) -> Result<Tested, SourceError> {
    let mut conn = services.store.read().await?;
    let source = legacy_sources::find(&mut conn, id).await?.ok_or(SourceError::Unknown)?;
    super::check(&source, None)?;
    if let Settings::Hashes(_) = &source.settings {
        let accounts = legacy_sources::count_accounts(&mut conn, id).await?;
        let passwords = legacy_sources::count_passwords(&mut conn, id).await?;
        return Ok(Tested::Stored { accounts, passwords });
    }
    // Nothing is held while another system is asked.
    drop(conn);
    if source.settings.needs_secret() && secret(services, id).await?.is_none() {
        return Err(super::without_secret(&source));
    }
    match &source.settings {
        Settings::Oidc(settings) => Ok(Tested::Answers { keys: ask_provider(services, settings).await? }),
        Settings::Ldap(_) | Settings::Hashes(_) => Ok(Tested::SettingsOnly),
    }
}

/// How many keys a provider has, which says of itself what is set of it.
async fn ask_provider(services: &Services, settings: &OidcSettings) -> Result<usize, SourceError> {
    let keys_at = if settings.discovery {
        let address = format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'));
        let metadata = document(services, &address, METADATA).await?;
        let said = |member: &str| metadata.get(member).and_then(Value::as_str).unwrap_or_default();
        // Another issuer is another provider, whoever answers here (OpenID Connect Discovery §4.3).
        if said("issuer") != settings.issuer {
            let told: String = said("issuer").chars().take(LONGEST_TOLD).collect();
            return Err(refused(&address, &format!("it says that its issuer is {told:?}, and not {:?}", settings.issuer)));
        }
        if let Some(missing) = ["authorization_endpoint", "token_endpoint"].into_iter().find(|member| said(member).is_empty()) {
            return Err(refused(&address, &format!("it does not name its {missing}")));
        }
        settings.jwks_uri.clone().unwrap_or_else(|| said("jwks_uri").to_owned())
    } else {
        settings.jwks_uri.clone().unwrap_or_default()
    };
    let keys = document(services, &keys_at, Wanted::KEYS).await?;
    match keys.get("keys").and_then(Value::as_array).map(Vec::len) {
        None | Some(0) => Err(refused(&keys_at, "there are no keys")),
        Some(count) => Ok(count),
    }
}

async fn document(services: &Services, address: &str, wanted: Wanted) -> Result<Value, SourceError> {
    let fetched = services.outbound.fetch(address, wanted).await.map_err(|error| refused(address, &error.to_string()))?;
    serde_json::from_slice(&fetched.bytes).map_err(|_| refused(address, "the answer is no JSON"))
}

fn refused(address: &str, reason: &str) -> SourceError {
    SourceError::Refused(format!("{address}: {reason}"))
}
