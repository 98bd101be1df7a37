//! Signing keys at the console: seen by whoever reads what runs, and changed by two people.
//!
//! One administrator asks for new keys, or for a key to count no more; another
//! lets it happen, and the act takes the request inside its own transaction.

use super::{KeyLine, Who, drop_key, list, make, succeed, successors_of};
use crate::model::authority::{ReadRuntime, RotateKeys};
use crate::model::signing_key::{Algorithm, Rotation};
use crate::service::approvals::{self, Approval, Dangerous};
use crate::service::authority::City;
use crate::service::tokens::load_keys;
use crate::service::{Failure, Services};
use serde_json::{Value, json};

/// Which algorithms get new keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithms(Vec<Algorithm>);

impl Algorithms {
    /// Reads a choice of a form: one algorithm, or `all`.
    pub fn from_word(word: &str) -> Option<Self> {
        if word == "all" {
            return Some(Self(Algorithm::ALL.to_vec()));
        }
        Algorithm::parse(word).map(|algorithm| Self(vec![algorithm]))
    }

    fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|algorithm| algorithm.as_str()).collect()
    }

    fn read(payload: &Value) -> Self {
        let named = payload.get("algorithms").and_then(Value::as_array).into_iter().flatten();
        Self(named.filter_map(Value::as_str).filter_map(Algorithm::parse).collect())
    }
}

/// The keys, how they follow each other, and what was asked for them.
#[derive(Debug)]
pub struct Overview {
    /// Oldest first.
    pub keys: Vec<KeyLine>,
    /// How long each state lasts.
    pub rotation: Rotation,
    /// Requests that wait for a second person.
    pub waiting: Vec<Approval>,
}

/// Everything about signing keys but the keys.
pub async fn overview(services: &Services, _proof: &City<ReadRuntime>) -> Result<Overview, Failure> {
    let about_keys = |approval: &Approval| matches!(approval.act, Dangerous::RotateKeys | Dangerous::RevokeKey);
    let waiting = approvals::list_open_for(services, about_keys).await?;
    Ok(Overview { keys: list(services).await?, rotation: services.settings.rotation, waiting })
}

/// Asks for new keys; answers the request that somebody else decides on.
pub async fn ask_rotation(
    services: &Services,
    proof: &City<RotateKeys>,
    algorithms: &Algorithms,
    at_once: bool,
    reason: &str,
) -> Result<String, Failure> {
    let names = algorithms.names();
    let payload = json!({ "algorithms": names, "at_once": at_once });
    approvals::ask(services, Dangerous::RotateKeys, &names.join(" "), &payload, reason, &proof.by).await
}

/// Asks for a key to count no more; answers the request, or nothing when there is no such key.
pub async fn ask_revocation(
    services: &Services,
    proof: &City<RotateKeys>,
    kid: &str,
    reason: &str,
) -> Result<Option<String>, Failure> {
    let known = list(services).await?.into_iter().any(|key| key.kid == kid && key.revoked_at.is_none());
    if !known {
        return Ok(None);
    }
    approvals::ask(services, Dangerous::RevokeKey, kid, &json!({}), reason, &proof.by).await.map(Some)
}

/// Makes the keys that a request asks for. False when the request is none, was decided, is over, or is one's own.
pub async fn rotate_approved(services: &Services, proof: &City<RotateKeys>, id: &str) -> Result<bool, Failure> {
    let Some(request) = approvals::find(services, id).await?.filter(|request| request.act == Dangerous::RotateKeys) else {
        return Ok(false);
    };
    // Keys take a while to make: that is done before anything is held.
    let Algorithms(algorithms) = Algorithms::read(&request.payload);
    let fresh = make(services, &algorithms).await?;
    let at_once = request.payload.get("at_once").and_then(Value::as_bool).unwrap_or(false);
    let mut tx = services.store.write().await?;
    if approvals::take(&mut tx, services, id, Dangerous::RotateKeys, &proof.by).await?.is_none() {
        return Ok(false);
    }
    succeed(services, &mut tx, fresh, at_once, Who::Administrator(&proof.by)).await?;
    tx.commit().await?;
    load_keys(services).await?;
    Ok(true)
}

/// Drops the key that a request names. False when the request is none, was decided, is over, or is one's own, and when
/// the key counts no more already.
pub async fn revoke_approved(services: &Services, proof: &City<RotateKeys>, id: &str) -> Result<bool, Failure> {
    let Some(request) = approvals::find(services, id).await?.filter(|request| request.act == Dangerous::RevokeKey) else {
        return Ok(false);
    };
    let Some(successors) = successors_of(services, &request.subject).await? else { return Ok(false) };
    let mut tx = services.store.write().await?;
    let Some(approved) = approvals::take(&mut tx, services, id, Dangerous::RevokeKey, &proof.by).await? else {
        return Ok(false);
    };
    if !drop_key(services, &mut tx, &approved.subject, successors, Who::Administrator(&proof.by)).await? {
        return Ok(false);
    }
    tx.commit().await?;
    load_keys(services).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_algorithms_is_asked_for_and_read_back() {
        for word in ["all", "RS256", "PS256", "ES256", "EdDSA"] {
            let chosen = Algorithms::from_word(word).expect("a choice");
            assert_eq!(Algorithms::read(&json!({ "algorithms": chosen.names() })), chosen, "{word}");
        }
        assert_eq!(Algorithms::from_word("HS256"), None);
        assert_eq!(Algorithms::read(&json!({})), Algorithms(Vec::new()));
    }
}
