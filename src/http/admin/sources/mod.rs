//! Old systems at the console: set up, looked after, stopped, and removed by two people.
//!
//! Whoever reads sources sees all of each but its secret, which is shown to nobody.

pub mod form;
pub mod list;
pub mod one;
pub mod removal;

use super::{Desk, absent};
use crate::base::date::{shown, vietnam_date};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::sources::{SourceLine, State};
use crate::model::authority::{EditSources, ReadSources};
use crate::model::legacy_source::{LegacySource, is_source_id};
use crate::service::authority::City;
use crate::service::legacy::sources::console::{self, Seen};
use axum::response::Response;

/// Where the list begins.
const HERE: &str = "/admin/sources";
/// No reason is longer.
const LONGEST_REASON: usize = 400;

/// The page of a source.
fn address(id: &str) -> String {
    format!("{HERE}/{id}")
}

/// May see all sources.
fn reader(desk: &Desk) -> Option<City<ReadSources>> {
    desk.authority.city::<ReadSources>()
}

/// May change them.
fn editor(desk: &Desk) -> Option<City<EditSources>> {
    desk.authority.city::<EditSources>()
}

/// The source of an address, as this reader may see it.
async fn seen(visit: &Visit, desk: &Desk, id: &str) -> Result<(City<ReadSources>, Seen), Response> {
    let proof = reader(desk).filter(|_| is_source_id(id)).ok_or_else(|| absent(visit))?;
    match console::find(&visit.app.services, &proof, id).await {
        Ok(Some(seen)) => Ok((proof, seen)),
        Ok(None) => Err(absent(visit)),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

fn line(visit: &Visit, source: &LegacySource) -> SourceLine {
    let today = vietnam_date(visit.app.services.clock.now());
    let state = match source.stopped_at {
        Some(_) => State::Stopped,
        None if source.is_open_on(today) => State::Open,
        None => State::Over,
    };
    SourceLine {
        id: source.id.clone(),
        name: source.name.clone(),
        kind: source.kind,
        province: source.province.clone().unwrap_or_default(),
        as_of: shown(source.as_of),
        sunset: source.sunset_on.map(shown).unwrap_or_default(),
        state,
    }
}

/// A reason as it was typed, or nothing where none was.
fn reason(typed: Option<&str>) -> Option<String> {
    let plain = typed.unwrap_or_default().trim().chars().filter(|letter| !letter.is_control());
    Some(plain.take(LONGEST_REASON).collect::<String>()).filter(|reason| !reason.is_empty())
}
