//! Systems that sign in here, at the console: a file for what is seen, changed, connected and checked.
//!
//! The client of an address is the one that the reader's proof names; what lies outside their bounds is not there.

pub mod check;
pub mod edit;
pub mod export;
pub mod list;
pub mod new;
pub mod one;
pub mod secret;
pub mod snippets;

use super::{Desk, absent};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::clients::ClientLine;
use crate::model::authority::{AddClients, EditClients, ReadClients};
use crate::model::client::{Client, is_client_id};
use crate::protocol::redirect_uri::host;
use crate::service::authority::{City, OneClient};
use crate::service::clients::console::{self, Seen};
use axum::response::Response;

/// The client of an address, as this reader may see it.
async fn seen(visit: &Visit, desk: &Desk, id: &str) -> Result<(OneClient<ReadClients>, Seen), Response> {
    let proof = desk.authority.client::<ReadClients>(id).filter(|_| is_client_id(id));
    let Some(proof) = proof else { return Err(absent(visit)) };
    match console::find(&visit.app.services, &proof).await {
        Ok(Some(seen)) => Ok((proof, seen)),
        Ok(None) => Err(absent(visit)),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

/// May change the client of an address.
fn editor(desk: &Desk, id: &str) -> Option<OneClient<EditClients>> {
    desk.authority.client::<EditClients>(id).filter(|_| is_client_id(id))
}

/// Looks after all clients.
fn keeper(desk: &Desk) -> Option<City<AddClients>> {
    desk.authority.city::<AddClients>()
}

/// The page of a client.
fn address(id: &str) -> String {
    format!("/admin/clients/{id}")
}

fn line(client: &Client) -> ClientLine {
    let settings = &client.settings;
    let known = settings.redirect_uris.first().or(settings.home_uri.as_ref());
    ClientLine {
        id: client.id.clone(),
        name: client.name.clone(),
        kind: settings.application_type,
        host: known.map(|address| host(address)).unwrap_or_default(),
        third_party: client.asks_consent(),
        disabled: client.disabled_at.is_some(),
        told: settings.backchannel_logout_uri.is_some() || settings.frontchannel_logout_uri.is_some(),
    }
}
