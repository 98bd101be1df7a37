//! Authorization requests that wait for a person: to sign in, to choose, to agree.

use super::{Space, Transient, TransientError};
use crate::base::clock::Millis;
use crate::base::digest::{base64url, same, sha256};
use crate::base::id::{PositionId, SignOnId};
use crate::model::client::Destination;
use crate::protocol::authorization_request::AuthorizationRequest;

/// A person has half an hour from the first page to the last.
const LIFETIME_SECONDS: i64 = 1_800;

/// A request in waiting, and what the person did for it so far.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Pending {
    /// What the client asked; absent when the person came by themselves, to the portal.
    pub request: Option<AuthorizationRequest>,
    /// The pushed request that it came from (RFC 9126).
    pub pushed: Option<String>,
    /// Where the answer goes.
    pub destination: Option<Destination>,
    /// Where people who came by themselves go on: a page of our own.
    #[serde(default)]
    pub back: Option<String>,
    /// The browser that it belongs to.
    pub browser: String,
    /// The user name that was typed on the first page.
    pub username: String,
    /// Where the name is from: an old system by its id, empty for the city's own; absent while nobody knows.
    #[serde(default)]
    pub place: Option<String>,
    /// The person said that others use this computer too.
    #[serde(default)]
    pub shared: bool,
    /// A code that came by e-mail is no second factor here.
    #[serde(default)]
    pub strong: bool,
    /// The sign-on that was made for this very request.
    pub signed_in: Option<SignOnId>,
    /// The sign-on whose person agreed to this very request.
    pub consented: Option<SignOnId>,
    /// The position chosen for this very request.
    pub position: Option<PositionId>,
    /// The level that the person goes on to reach, since a role of theirs asks for it.
    #[serde(default)]
    pub least_level: Option<i64>,
    /// Who was told that they may not enter, and in which position: that is recorded once.
    #[serde(default)]
    pub refused: Option<String>,
    /// Not usable from here on.
    pub expires_at: Millis,
}

impl Pending {
    /// A request that begins to wait, with the address that its answer goes to.
    pub fn new(browser: &str, asked: Option<(AuthorizationRequest, Destination)>, now: Millis) -> Self {
        let (request, destination) = asked.unzip();
        Self {
            request,
            pushed: None,
            destination,
            back: None,
            browser: browser.to_owned(),
            username: String::new(),
            place: None,
            shared: false,
            strong: false,
            signed_in: None,
            consented: None,
            position: None,
            least_level: None,
            refused: None,
            expires_at: now.plus_seconds(LIFETIME_SECONDS),
        }
    }
}

fn key(id: &str) -> String {
    base64url(&sha256(id.as_bytes()))
}

/// Keeps a request, or what changed in it.
pub async fn put(transient: &Transient, id: &str, pending: &Pending, now: Millis) -> Result<(), TransientError> {
    transient.put(Space::Pending, &key(id), pending, pending.expires_at, now).await
}

/// A request that still waits, if this browser began it.
pub async fn find(transient: &Transient, id: &str, browser: &str, now: Millis) -> Result<Option<Pending>, TransientError> {
    let found: Option<Pending> = transient.get(Space::Pending, &key(id), now).await?;
    Ok(found.filter(|pending| pending.expires_at > now && same(pending.browser.as_bytes(), browser.as_bytes())))
}

/// A request that came by a cross-site POST belongs to the first browser that comes for it.
pub async fn adopt(transient: &Transient, id: &str, browser: &str, now: Millis) -> Result<(), TransientError> {
    let found: Option<Pending> = transient.get(Space::Pending, &key(id), now).await?;
    match found {
        Some(mut pending) if pending.browser.is_empty() && pending.expires_at > now => {
            browser.clone_into(&mut pending.browser);
            put(transient, id, &pending, now).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Forgets a request that was answered.
pub async fn remove(transient: &Transient, id: &str) -> Result<(), TransientError> {
    transient.remove(Space::Pending, &key(id)).await
}
