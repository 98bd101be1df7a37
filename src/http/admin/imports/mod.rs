//! Files of people, positions, grants and decisions: sending one, saying what its columns are, looking at what each row
//! would do, applying it, and taking it back.

pub mod list;
pub mod lists;
pub mod multipart;
pub mod one;
pub mod undo;

use super::{Desk, enter};
use crate::base::id::PersonId;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::model::authority::{AddPeople, ReadImports};
use crate::service::authority::Units;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// The list.
const HERE: &str = "/admin/imports";

/// Whoever may look at files.
async fn reader(visit: &Visit) -> Result<(Desk, Units<ReadImports>), Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<ReadImports>() else { return Err(nobody(visit)) };
    Ok((desk, proof))
}

/// Whoever may bring files.
async fn keeper(visit: &Visit) -> Result<(Desk, Units<AddPeople>), Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<AddPeople>() else { return Err(nobody(visit)) };
    Ok((desk, proof))
}

fn nobody(visit: &Visit) -> Response {
    page::show(visit, ErrorWords::NoAccess, None, "this account brings no files")
}

/// A person's name, where they are still there.
async fn name_of(visit: &Visit, person: &PersonId) -> Result<String, Response> {
    let found = visit.app.services.person(person).await.map_err(|error| page::failed(visit, &error.into()))?;
    Ok(found.map_or_else(|| person.0.clone(), |known| known.person.full_name.clone()))
}

/// A file to keep.
fn attachment(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = ([(CONTENT_TYPE, media_type)], bytes).into_response();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}
