//! What was issued, held against what a client may expect of it; then it is taken back.

use super::report::{Mistake, Report, Stage};
use super::{Begun, sender};
use crate::base::clock::Millis;
use crate::base::id::GrantId;
use crate::crypto::jwt::verify_own;
use crate::model::authority::EditClients;
use crate::model::client::Client;
use crate::protocol::id_token::{at_hash, at_hash_ed25519};
use crate::protocol::jws::{self, Algorithm};
use crate::protocol::scope::{Scopes, claims_of};
use crate::service::audit::{self, Event};
use crate::service::authority::OneClient;
use crate::service::tokens::issue::TokenResponse;
use crate::service::tokens::{access, userinfo};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::grants;
use serde_json::{Map, Value, json};

/// What a check is judged by.
#[derive(Clone, Copy)]
pub struct Issued<'a> {
    /// The client.
    pub client: &'a Client,
    /// What was asked.
    pub begun: &'a Begun,
    /// What was issued.
    pub tokens: &'a TokenResponse,
}

/// The code was not redeemed: the report ends there.
#[must_use]
pub fn not_redeemed(mut report: Report, reason: String) -> Report {
    report.add(Stage::Redemption, &[], vec![Mistake::NotRedeemed(reason)]);
    report.skip_the_rest();
    report
}

/// Judges what was issued, and takes it back.
pub async fn judge(
    services: &Services,
    proof: &OneClient<EditClients>,
    issued: Issued<'_>,
    mut report: Report,
) -> Result<Report, Failure> {
    let now = services.clock.now();
    let Issued { client: _, begun, tokens } = issued;
    let asked = Scopes::from(begun.scopes.clone());
    let granted = Scopes::from(tokens.scope.clone());
    let fewer = asked.within(|scope| !granted.contains(scope));
    let mistakes = if fewer.is_empty() { Vec::new() } else { vec![Mistake::FewerScopes(fewer.to_string())] };
    let refresh = if tokens.refresh_token.is_some() { "+" } else { "-" };
    let facts = [
        ("token_type", tokens.token_type.to_owned()),
        ("expires_in", tokens.expires_in.to_string()),
        ("scope", tokens.scope.clone()),
        ("refresh_token", refresh.to_owned()),
    ];
    report.add(Stage::Redemption, &facts, mistakes);
    judge_id_token(services, issued, &mut report, now);
    // Nothing is asked with a token of somebody else's sign-on.
    let own = report.id_token.get("sid").and_then(Value::as_str) == Some(begun.sign_on.as_str());
    if own {
        ask_userinfo(services, issued, &mut report).await;
    } else {
        report.id_token = Map::new();
    }
    let grant = access::read(services, &tokens.access_token, now).and_then(|claims| claims.grant_id().map(str::to_owned));
    withdraw(services, proof, grant, &mut report).await?;
    report.skip_the_rest();
    Ok(report)
}

/// What a client has to check of an ID token (OpenID Connect Core §3.1.3.7).
fn judge_id_token(services: &Services, issued: Issued<'_>, report: &mut Report, now: Millis) {
    let Issued { client, begun, tokens } = issued;
    let Some(token) = &tokens.id_token else {
        report.add(Stage::IdToken, &[], vec![Mistake::NoIdToken]);
        return;
    };
    let (Ok(verified), Ok(header)) = (verify_own(&services.keyring, token, now), jws::header(token)) else {
        report.add(Stage::IdToken, &[], vec![Mistake::WrongSignature]);
        return;
    };
    let claims = verified.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut mistakes = Vec::new();
    let algorithm = client.settings.id_token_alg;
    if header.alg != algorithm.as_str() {
        mistakes.push(Mistake::OtherAlgorithm(header.alg.clone()));
    }
    let hash = if algorithm == Algorithm::EdDsa { at_hash_ed25519(&tokens.access_token) } else { at_hash(&tokens.access_token) };
    let expected = [
        ("iss", services.settings.issuer.as_str()),
        ("aud", client.id.as_str()),
        ("nonce", begun.nonce.as_str()),
        ("at_hash", hash.as_str()),
    ];
    let wrong = expected.into_iter().filter(|(name, value)| text(name) != *value);
    mistakes.extend(wrong.map(|(name, _)| Mistake::WrongClaim(name.to_owned())));
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp <= now.seconds()) {
        mistakes.push(Mistake::WrongClaim("exp".to_owned()));
    }
    if text("sub").is_empty() {
        mistakes.push(Mistake::WrongClaim("sub".to_owned()));
    }
    if text("sid") != begun.sign_on.as_str() {
        mistakes.push(Mistake::OtherSignOn);
    }
    let facts = [
        ("alg", header.alg.clone()),
        ("kid", header.kid.clone().unwrap_or_default()),
        ("iss", text("iss").to_owned()),
        ("aud", text("aud").to_owned()),
    ];
    report.add(Stage::IdToken, &facts, mistakes);
    report.id_token = claims;
}

/// What the client would read at userinfo, and which of the claims that it may have are empty.
async fn ask_userinfo(services: &Services, issued: Issued<'_>, report: &mut Report) {
    let Issued { client, begun, tokens } = issued;
    let sender = sender(client, begun);
    let answer = userinfo::answer(services, &tokens.access_token, &sender, sender.key.is_some()).await;
    let told = match answer {
        Ok(answer) => answer.claims.as_object().cloned().unwrap_or_default(),
        Err(error) => {
            report.add(Stage::Userinfo, &[], vec![Mistake::NoUserinfo(error.to_string())]);
            return;
        }
    };
    let mut mistakes = Vec::new();
    if told.get("sub") != report.id_token.get("sub") {
        mistakes.push(Mistake::OtherSubject);
    }
    let granted = Scopes::from(tokens.scope.clone());
    let has_value = |scope: &str| claims_of(scope).iter().any(|claim| told.contains_key(*claim));
    let empty = granted.iter().filter(|scope| !claims_of(scope).is_empty() && !has_value(scope));
    mistakes.extend(empty.map(|scope| Mistake::NoValue { scope: scope.to_owned() }));
    let facts = [("sub", told.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned())];
    report.add(Stage::Userinfo, &facts, mistakes);
    report.userinfo = told;
}

/// Takes back what was issued: from now on no node accepts it, nor a token that would be made of it.
async fn withdraw(
    services: &Services,
    proof: &OneClient<EditClients>,
    grant: Option<String>,
    report: &mut Report,
) -> Result<(), Failure> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    let withdrawn = match &grant {
        Some(grant) => grants::mark_revoked(&mut tx, &GrantId(grant.clone()), now).await?,
        None => false,
    };
    if let Some(grant) = &grant {
        forget(&mut tx, services, Kind::Grant, grant).await?;
    }
    let mistakes = if withdrawn { Vec::new() } else { vec![Mistake::NotWithdrawn] };
    report.add(Stage::Withdrawal, &[], mistakes);
    let detail = json!({ "grant": grant, "why": "check" });
    let person = Some(&proof.by.person);
    audit::record(&mut tx, services, Event::by(&proof.by, "token.revoked", person, Some(proof.client()), detail)).await?;
    tx.commit().await?;
    if let Some(grant) = &grant {
        services.known.forget(Kind::Grant, grant, now);
    }
    Ok(())
}
