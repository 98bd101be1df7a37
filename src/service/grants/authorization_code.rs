//! Redeeming an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.5).
//!
//! Single use is decided by the store in one statement: the grant's UNIQUE code
//! digest. That insert is the one durable write of a silent sign-on.

use super::{GrantError, TokenWish, revoke_reused_code};
use crate::base::clock::Millis;
use crate::base::digest::sha256;
use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::service::sender::Sender;
use crate::service::tokens::issue::{Issue, TokenResponse, sign};
use crate::service::tokens::target::{self, Wish};
use crate::service::tokens::{bind, circumstances, grant, identities};
use crate::service::{Failure, Origin, Services, old_accounts};
use crate::store::grants::was_redeemed;
use crate::store::group::{Redeemed, Redemption};
use crate::store::refresh_tokens::NewRefreshToken;
use crate::store::{consents, sign_ons};
use crate::transient::authorization_codes::{self, CodeData};

/// The parameters of this grant.
pub struct CodeRequest {
    /// `code`.
    pub code: String,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `code_verifier`.
    pub code_verifier: Option<String>,
    /// What the tokens are to be for.
    pub wish: TokenWish,
}

/// Turns a code into tokens, once.
pub async fn redeem(
    services: &Services,
    client: &Client,
    request: &CodeRequest,
    sender: &Sender,
    origin: &Origin,
) -> Result<TokenResponse, GrantError> {
    let now = services.clock.now();
    if !client.may_use("authorization_code") {
        return Err(GrantError::NotAllowed);
    }
    let digest = authorization_codes::digest(&request.code);
    let Some(data) = authorization_codes::find(&services.transient, &request.code, now).await? else {
        let redeemed = was_redeemed(&mut services.store.read().await?, &digest, &client.id).await?;
        if redeemed {
            revoke_reused_code(services, &digest, &client.id, origin).await?;
        }
        return Err(GrantError::UnusableCode);
    };
    check(client, request, &data)?;
    if !bind::shows(sender, data.extent.confirmation.as_ref()) {
        return Err(GrantError::WrongSender);
    }
    let confirmation = bind::confirmation(client, sender)?;
    let idle = services.settings.lifetimes.idle_seconds;
    let person = services.known.person(&services.store, &data.person, now).await?.ok_or(GrantError::UnusableCode)?;
    if !services.known.is_sign_on_open(&services.store, &data.sign_on, idle, now).await? {
        return Err(GrantError::UnusableCode);
    }
    // The old system may have been closed between the code and now, or the client taken from it.
    if data.limited && !may_still_enter(services, client, &data).await? {
        return Err(GrantError::UnusableCode);
    }
    // An agreement that was taken back between the code and now.
    if client.asks_consent() && consents::find(&mut services.store.read().await?, &data.person, &client.id).await?.is_none() {
        return Err(GrantError::UnusableCode);
    }
    let mut grant = grant::of(services, client, &data, now).await?;
    // What opens the client from an office only would be used from anywhere: it ends with the sign-on.
    grant.offline = grant.offline && circumstances::still_counts(services, &grant, &person, client);
    // So may the position, or what lets the person into the client, have ended between the code and now.
    if !circumstances::still_counts(services, &grant, &person, client) {
        return Err(GrantError::UnusableCode);
    }
    // A public client proves nothing when it refreshes, so its tokens stay with the key (RFC 9449 §5, RFC 8705 §4).
    grant.extent.confirmation = confirmation.clone().filter(|_| client.is_public());
    let details = request.wish.details_of(&data.extent.details)?;
    let wish =
        Wish { asked: &request.wish.resources, granted: &grant.extent.resources, scopes: &grant.scopes, details: &details };
    let target = target::of(services, client, &wish, now).await??;
    let asked = (&grant.scopes, &grant.claims);
    let of_old = identities::for_id_token(services, client, &person, asked, false, now).await?;
    let issue = Issue {
        client,
        grant: &grant,
        scopes: &grant.scopes,
        target: &target,
        confirmation: confirmation.as_ref(),
        person: &person,
        identities: &of_old,
        nonce: data.nonce.as_deref(),
    };
    // Signed before the write: a key that fails must not use up the code.
    let mut response = sign(services, &issue, now)?;
    let refresh = refresh_token(services, client, &grant, now);
    let redemption = Redemption {
        grant: grant::row_of(services, &grant, &digest, origin)?,
        refresh_token: refresh.as_ref().map(|(_, new)| new.clone()),
    };
    match services.writer.redeem(redemption).await? {
        Redeemed::First => {}
        Redeemed::SignedOut => return Err(GrantError::UnusableCode),
        Redeemed::Again => {
            revoke_reused_code(services, &digest, &client.id, origin).await?;
            return Err(GrantError::UnusableCode);
        }
    }
    services.known.remember_grant(grant);
    response.refresh_token = refresh.map(|(token, _)| token);
    Ok(response)
}

/// Whether a sign-on through an old system would still enter this client.
async fn may_still_enter(services: &Services, client: &Client, data: &CodeData) -> Result<bool, Failure> {
    let found = sign_ons::find(&mut services.store.read().await?, &data.sign_on).await?;
    match found {
        Some(sign_on) => Ok(old_accounts::may_enter(services, &sign_on, client).await?),
        None => Ok(false),
    }
}

/// The code must be this client's, for this address, with this proof.
fn check(client: &Client, request: &CodeRequest, data: &CodeData) -> Result<(), GrantError> {
    if data.client_id != client.id {
        return Err(GrantError::UnusableCode);
    }
    if request.redirect_uri.as_deref() != Some(data.redirect_uri.as_str()) {
        return Err(GrantError::WrongRedirectUri);
    }
    match (&data.challenge, &request.code_verifier) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) if challenge.matches(verifier) => Ok(()),
        // A verifier without a challenge is a downgrade (RFC 9700 §2.1.1).
        _ => Err(GrantError::WrongVerifier),
    }
}

/// A first refresh token: for `offline_access`, or by the client's setting. Whoever asks for offline access through an
/// old account, or where only an office lets them in, gets one that lives as long as the sign-on.
fn refresh_token(services: &Services, client: &Client, grant: &Grant, now: Millis) -> Option<(String, NewRefreshToken)> {
    let asked = grant.scopes.contains("offline_access");
    if !asked && !client.settings.refresh_with_sign_on {
        return None;
    }
    let token = services.entropy.token();
    let new = NewRefreshToken {
        digest: sha256(token.as_bytes()).to_vec(),
        grant: grant.id.clone(),
        parent: None,
        issued_at: now,
        expires_at: now.plus_seconds(services.settings.lifetimes.refresh_token_seconds),
        confirmation: grant.extent.confirmation.clone(),
    };
    Some((token, new))
}
