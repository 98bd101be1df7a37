//! The post in which somebody acts at a client: named by it, chosen, remembered, or the only one of their own.
//!
//! The page that asks comes only where an answer depends on the post. What a client names and the person does not hold is
//! asked about too: no other post takes its place without a word. And nobody acts for another person unasked: a post that
//! was handed to somebody is theirs to choose, and never chosen for them.

use super::decide::Acting;
use super::{Pending, entry};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::PositionId;
use crate::model::client::Client;
use crate::model::position::Position;
use crate::model::sign_on::SignOn;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::scope;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Origin, Services, policies};
use crate::store::position_choices::{PORTAL, PositionChoice};

/// The claims that say something else in another post.
const BY_POST: [&str; 7] = ["unit", "unit_code", "unit_name", "legacy_unit", "legacy_units", "position", "roles"];

/// The posts of a page that asks.
pub struct Choosable<'k> {
    /// Those of today, and whether the client lets the person in by each as they signed in. Those that open it come first, and
    /// of them what is the person's own.
    pub posts: Vec<(&'k Position, bool)>,
    /// The client named one that they do not hold.
    pub is_unheld: bool,
}

/// The post that the person acts in; `None` when they have to choose.
pub(super) fn choose(
    client: &Client,
    pending: &Pending,
    request: &AuthorizationRequest,
    sign_on: &SignOn,
    known: &KnownPerson,
    now: Millis,
) -> Option<Acting> {
    let today = vietnam_date(now);
    let held = known.person.positions_on(today);
    // What was chosen before a re-organization goes on in the post that follows it.
    let acting = |id: &PositionId| known.person.acting_on(id, today).map(|position| position.id.clone());
    if held.is_empty() {
        return Some(Acting(None));
    }
    if let Some(chosen) = pending.position.as_ref().and_then(acting) {
        return Some(Acting(Some(chosen)));
    }
    if let Some(named) = &request.position {
        return acting(&PositionId(named.clone())).map(|named| Acting(Some(named)));
    }
    let mut own = held.iter().filter(|post| post.delegated_by.is_none()).map(|post| post.id.clone());
    let (first, second) = (own.next(), own.next());
    if held.len() == 1 && first.is_some() {
        return Some(Acting(first));
    }
    if let Some(remembered) = remembered(client, sign_on, known, acting) {
        return Some(Acting(Some(remembered)));
    }
    if !matters(client, request) {
        return Some(Acting(first));
    }
    // Whoever was handed a post goes on in silence in the one that is theirs, as before.
    first.filter(|_| request.prompt.none && second.is_none()).map(|only| Acting(Some(only)))
}

/// What was chosen for this client, or on the portal for all of them: the newer choice is meant.
fn remembered(
    client: &Client,
    sign_on: &SignOn,
    known: &KnownPerson,
    acting: impl Fn(&PositionId) -> Option<PositionId>,
) -> Option<PositionId> {
    let counts = |choice: &&PositionChoice| {
        let here = choice.client_id == client.id || choice.client_id == PORTAL;
        here && choice.sign_on.as_ref().is_none_or(|until| *until == sign_on.id) && acting(&choice.position).is_some()
    };
    let newest = known.choices.iter().filter(counts).max_by_key(|choice| (choice.chosen_at, choice.client_id == client.id))?;
    acting(&newest.position)
}

/// Whether anything depends on the post: whether the client lets them in, what it is told, or what its access tokens say.
fn matters(client: &Client, request: &AuthorizationRequest) -> bool {
    let claims = &request.claims;
    let asked = claims.userinfo.keys().chain(claims.id_token.keys()).any(|claim| BY_POST.contains(&claim.as_str()));
    let granted = client.grantable(&request.scopes);
    let told = granted.iter().any(|scope| scope::claims_of(scope).iter().any(|claim| BY_POST.contains(claim)));
    // Tokens for a resource tell roles whatever was asked.
    asked || told || !client.settings.entry.is_anyone() || !client.settings.resources.is_empty()
}

/// The posts among which a signed-on person chooses for a request that waits.
pub async fn choosable<'k>(
    services: &Services,
    pending: &Pending,
    known: &'k KnownPerson,
    sign_on: &SignOn,
    origin: &Origin,
) -> Result<Choosable<'k>, Failure> {
    let now = services.clock.now();
    let today = vietnam_date(now);
    let mut posts: Vec<(&Position, bool)> = known.person.positions_on(today).into_iter().map(|post| (post, true)).collect();
    let Some(request) = &pending.request else { return Ok(Choosable { posts, is_unheld: false }) };
    if let Some(client) = services.known.client(&services.store, &request.client_id, now).await? {
        let asked = policies::Asked { person: Some(known), client: Some(&client.id), address: &origin.address };
        let demands = policies::demands(services, &asked).await?;
        let circumstances = entry::circumstances(services, policies::reached(sign_on, &demands), &origin.address);
        for (post, enters) in &mut posts {
            *enters = known.holder(Some(&post.id), today).enters(&client, circumstances);
        }
    }
    posts.sort_by_key(|(post, enters)| (!enters, post.delegated_by.is_some()));
    let named = request.position.clone().map(PositionId);
    let is_unheld = named.is_some_and(|named| known.person.acting_on(&named, today).is_none());
    Ok(Choosable { posts, is_unheld })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::{ClientSettings, Entry};
    use crate::protocol::parameters::Parameters;

    fn request(query: &str) -> AuthorizationRequest {
        let parameters = Parameters::decode(format!("response_type=code&{query}").as_bytes());
        AuthorizationRequest::read("tthc", &parameters).expect("a request")
    }

    #[test]
    fn a_post_matters_where_an_answer_depends_on_it() {
        let scopes = || ["openid", "profile", "unit", "position", "positions", "roles"].map(str::to_owned).to_vec();
        let client = |change: fn(&mut ClientSettings)| {
            let mut settings = ClientSettings { scopes: scopes(), ..ClientSettings::default() };
            change(&mut settings);
            Client { id: "tthc".to_owned(), name: "TTHC".to_owned(), settings, secrets: vec![], disabled_at: None }
        };
        let open = client(|_| ());
        let narrow = client(|settings| settings.scopes = vec!["openid".to_owned()]);
        let kept = client(|settings| settings.entry = Entry::WithRole);
        let reaching = client(|settings| settings.resources = vec!["https://kho.vi-du.vn".to_owned()]);
        let by_name = r#"scope=openid&claims={"id_token":{"unit_code":null}}"#;
        let table = [
            (&open, "scope=openid+profile", false, "who they are"),
            (&open, "scope=openid+positions", false, "all of their posts"),
            (&open, "scope=openid+unit", true, "the unit"),
            (&open, "scope=openid+position", true, "the post"),
            (&open, "scope=openid+roles", true, "the roles"),
            (&narrow, "scope=openid+unit", false, "what the client may not have"),
            (&open, by_name, true, "a claim by its name"),
            (&kept, "scope=openid", true, "who enters"),
            (&reaching, "scope=openid", true, "what a resource is told"),
        ];
        for (client, query, expected, case) in table {
            assert_eq!(matters(client, &request(query)), expected, "{case}");
        }
    }
}
