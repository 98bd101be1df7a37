//! Checking a client by a real sign-in of the administrator who asks.
//!
//! The sign-in goes the usual way (`authorization::check`), the code is
//! redeemed as a client's would be, but by ourselves: the client's secret is
//! not needed for it, and neither code nor tokens are given to anybody. What
//! keeps a check from being used to get somebody else's tokens:
//!
//! - an answer counts only in the browser and the sign-on in which the check
//!   was begun, for ten minutes, once ([`take`]);
//! - the code is bound to a verifier that never leaves this house;
//! - the answer's address is registered for nobody, so no request from
//!   outside leads there;
//! - what is issued is taken back at once ([`judge`]), and only what it says is
//!   shown, to whoever signed in.

mod judge;
mod report;

pub use judge::{Issued, judge, not_redeemed};
pub use report::{Grade, Mistake, Report, Stage, Step};

use super::audit::{self, Event};
use super::authority::OneClient;
use super::{Failure, Services};
use crate::base::digest::{base64url, sha256};
use crate::crypto::jwt::verify_own;
use crate::model::authority::{EditClients, ReadClients};
use crate::model::client::Client;
use crate::model::sign_on::SignOn;
use crate::protocol::jws::Algorithm;
use crate::protocol::parameters::Parameters;
use crate::service::sender::Sender;
use crate::store::StoreError;
use crate::transient::self_checks;
use serde_json::{Value, json};
use std::sync::Arc;

pub use self_checks::{Begun, LIFETIME_SECONDS};

/// What a check asks for.
pub struct Asked {
    /// Comes back with the answer.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// What the code is bound to.
    pub challenge: String,
    /// Space-separated.
    pub scopes: String,
}

/// Where and by whom a check is run.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The administrator's own sign-on.
    pub sign_on: &'a SignOn,
    /// Their browser.
    pub browser: &'a str,
}

/// The client, if there is one that may be used.
pub async fn client(services: &Services, proof: &OneClient<EditClients>) -> Result<Option<Arc<Client>>, Failure> {
    Ok(services.client(proof.client()).await?)
}

/// True for a client that people sign in to by a code: nothing else is checked by a sign-in.
pub fn can_be_run(client: &Client) -> bool {
    client.settings.grant_types.iter().any(|grant| grant == "authorization_code")
}

/// Notes what the answer will have to match, and says what to ask. Nothing for a client that is not there, or that
/// nobody signs in to by a code.
pub async fn begin(services: &Services, proof: &OneClient<EditClients>, at: At<'_>) -> Result<Option<Asked>, Failure> {
    let now = services.clock.now();
    let Some(client) = client(services, proof).await?.filter(|client| can_be_run(client)) else { return Ok(None) };
    let (state, nonce, verifier) = (services.entropy.token(), services.entropy.token(), services.entropy.token());
    let challenge = base64url(&sha256(verifier.as_bytes()));
    // A refresh token would be made and thrown away.
    let known = client.settings.scopes.iter().map(String::as_str);
    let mut wanted: Vec<&str> = known.filter(|scope| !["offline_access", "openid"].contains(scope)).collect();
    wanted.insert(0, "openid");
    let scopes = wanted.join(" ");
    let begun = Begun {
        client_id: client.id.clone(),
        person: at.sign_on.person.clone(),
        sign_on: at.sign_on.id.clone(),
        browser: at.browser.to_owned(),
        verifier,
        nonce: nonce.clone(),
        scopes: scopes.clone(),
        expires_at: now.plus_seconds(LIFETIME_SECONDS),
    };
    self_checks::put(&services.transient, &state, &begun, now).await?;
    Ok(Some(Asked { state, nonce, challenge, scopes }))
}

/// What an authorization response brought.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The check that it answers.
    state: Option<String>,
    /// Who says so.
    issuer: Option<String>,
    /// The code.
    code: Option<String>,
    /// Or an error, and what it means.
    error: Option<(String, String)>,
    /// It is signed, and the signature is right.
    signed: bool,
}

/// Reads an answer: its parameters, or the signed response that holds them (JARM).
pub fn read(services: &Services, parameters: &Parameters) -> Brought {
    let Some(response) = parameters.get("response") else {
        return brought(|name| parameters.owned(name), false);
    };
    let verified = verify_own(&services.keyring, response, services.clock.now());
    match verified {
        Ok(verified) => brought(|name| verified.claims.get(name).and_then(Value::as_str).map(str::to_owned), true),
        Err(_) => Brought::default(),
    }
}

fn brought(value: impl Fn(&str) -> Option<String>, signed: bool) -> Brought {
    let error = value("error").map(|error| (error, value("error_description").unwrap_or_default()));
    Brought { state: value("state"), issuer: value("iss"), code: value("code"), error, signed }
}

/// The check that an answer belongs to, if it is this administrator's, was begun here, and nobody came with it before.
pub async fn take(
    services: &Services,
    proof: &OneClient<EditClients>,
    at: At<'_>,
    brought: &Brought,
) -> Result<Option<Begun>, Failure> {
    let Some(state) = &brought.state else { return Ok(None) };
    let place = self_checks::Place { client_id: proof.client(), sign_on: &at.sign_on.id, browser: at.browser };
    let begun = self_checks::take(&services.transient, state, place, services.clock.now()).await?;
    Ok(begun.filter(|begun| begun.person == proof.by.person))
}

/// Judges the answer: a code to redeem, or the report as far as it got. The report's first two steps are in it already.
pub fn answered(services: &Services, client: &Client, begun: &Begun, brought: &Brought) -> (Report, Option<String>) {
    let mut report = Report::new(services.clock.now());
    let request = [
        ("client_id", client.id.clone()),
        ("redirect_uri", client.check_address(&services.settings.issuer)),
        ("response_type", "code".to_owned()),
        ("scope", begun.scopes.clone()),
        ("code_challenge_method", "S256".to_owned()),
    ];
    if let Some((error, description)) = &brought.error {
        let refused = Mistake::Refused { error: error.clone(), description: description.clone() };
        report.add(Stage::Request, &request, vec![refused]);
        report.skip_the_rest();
        return (report, None);
    }
    report.add(Stage::Request, &request, Vec::new());
    let mut mistakes = Vec::new();
    if client.signs_messages() && !brought.signed {
        mistakes.push(Mistake::UnreadableAnswer);
    }
    if brought.issuer.as_deref() != Some(services.settings.issuer.as_str()) {
        mistakes.push(Mistake::OtherIssuer);
    }
    if brought.code.is_none() {
        mistakes.push(Mistake::NoCode);
    }
    let facts = [("iss", brought.issuer.clone().unwrap_or_default())];
    if report.add(Stage::Answer, &facts, mistakes) {
        return (report, brought.code.clone());
    }
    report.skip_the_rest();
    (report, None)
}

/// Who redeems the code: for a client whose tokens are bound to their sender, somebody with a key that is made up for
/// this check and that nobody holds.
pub fn sender(client: &Client, begun: &Begun) -> Sender {
    let mut sender = Sender::default();
    if client.demands_bound_tokens() {
        sender.key = Some(base64url(&sha256(format!("key of {}", begun.nonce).as_bytes())));
        sender.key_algorithm = Some(Algorithm::Es256);
    }
    sender
}

/// Puts a report on record, and keeps it for whoever ran the check; answers where it is found.
pub async fn keep(
    services: &Services,
    proof: &OneClient<EditClients>,
    begun: &Begun,
    report: &Report,
) -> Result<String, Failure> {
    let faulty = report.steps.iter().filter(|step| !step.mistakes.is_empty());
    let faulty: Vec<String> = faulty.map(|step| format!("{:?}", step.stage)).collect();
    let detail = json!({ "result": format!("{:?}", report.grade()), "steps": faulty });
    let person = Some(&proof.by.person);
    let mut tx = services.store.write().await?;
    audit::record(&mut tx, services, Event::by(&proof.by, "client.checked", person, Some(proof.client()), detail)).await?;
    tx.commit().await?;
    let id = services.entropy.token();
    let value = serde_json::to_value(report).map_err(StoreError::from)?;
    self_checks::keep(&services.transient, &id, begun, value, services.clock.now()).await?;
    Ok(id)
}

/// A report, for the sign-on in which the check was run.
pub async fn find(
    services: &Services,
    proof: &OneClient<ReadClients>,
    sign_on: &SignOn,
    id: &str,
) -> Result<Option<Report>, Failure> {
    let now = services.clock.now();
    let found = self_checks::find(&services.transient, id, proof.client(), &sign_on.id, now).await?;
    // What an earlier version wrote is gone within minutes: it is as if it were not there.
    Ok(found.and_then(|value| serde_json::from_value(value).ok()))
}
