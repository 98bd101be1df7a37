//! One old system: how far its people have come, what stands in the way of switching it off, and the switch itself.

use super::{address, editor, line, reason, seen};
use crate::base::date::{shown, shown_moment};
use crate::base::id::PersonId;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::sources::{Came, Named, NamingLine, Reading, SourceDone, SourcePage, Standing, UseLine};
use crate::model::authority::RemoveSource;
use crate::model::legacy_source::{LegacySource, SourceKind, is_source_id};
use crate::protocol::parameters::Parameters;
use crate::service::legacy::directories::sync::{self, Outcome};
use crate::service::legacy::retirement::{self, COUNTED_DAYS, Retirement};
use crate::service::legacy::sources::SourceError;
use crate::service::legacy::sources::console;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/sources/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let done = Parameters::decode(query.unwrap_or_default().as_bytes()).get("done").and_then(SourceDone::from_word);
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    show(&visit, &desk, &id, done, false).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/sources/{id}/status`: `act` = `stop` or `resume`, with a `reason`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    if !is_source_id(&id) {
        return absent(&visit);
    }
    visit.here = address(&id);
    switch(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn switch(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let proof = editor(&desk).ok_or_else(|| absent(visit))?;
    let on = match form.get("act") {
        Some("stop") => false,
        Some("resume") => true,
        _ => return Ok(visit.see_other(&visit.here)),
    };
    let Some(reason) = reason(form.get("reason")) else { return show(visit, &desk, id, None, true).await };
    match console::switch(&visit.app.services, &proof, id, on, &reason).await {
        Ok(_) => {
            let done = if on { SourceDone::Resumed } else { SourceDone::Stopped };
            Ok(visit.see_other(&format!("{}?done={}", address(id), done.word())))
        }
        Err(SourceError::Failure(failure)) => Err(page::failed(visit, &failure)),
        Err(SourceError::Unknown | SourceError::Taken | SourceError::Refused(_)) => Err(absent(visit)),
    }
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    id: &str,
    done: Option<SourceDone>,
    reason_missing: bool,
) -> Result<Response, Response> {
    let (proof, found) = seen(visit, desk, id).await?;
    let standing = retirement::of(&visit.app.services, &proof, &found.source).await;
    let standing = standing.map_err(|failure| page::failed(visit, &failure))?;
    let page = SourcePage {
        chrome: visit.chrome(),
        console: desk.console(Section::Sources),
        line: line(visit, &found.source),
        settings: found.source.settings.to_toml().unwrap_or_default(),
        has_secret: found.has_secret,
        standing: standing_of(visit, desk, standing).await?,
        reading: reading_of(visit, &found.source).await?,
        may_edit: editor(desk).is_some(),
        may_remove: desk.authority.city::<RemoveSource>().is_some(),
        asked: found.asked,
        done,
        reason_missing,
    };
    Ok(visit.page(if reason_missing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page, None))
}

/// The last reading of a directory.
async fn reading_of(visit: &Visit, source: &LegacySource) -> Result<Option<Reading>, Response> {
    if source.kind != SourceKind::Ldap {
        return Ok(None);
    }
    let last = sync::last(&visit.app.services, &source.id).await.map_err(|failure| page::failed(visit, &failure))?;
    Ok(last.map(|last| Reading {
        begun: last.started_at.map(shown_moment).unwrap_or_default(),
        seen: last.seen,
        came: last.told.filter(|_| last.ended_at.is_some()).map(|told| match (told.outcome, last.held) {
            (Outcome::Done, _) | (Outcome::Held, None) => Came::Done,
            (Outcome::Held, Some(held)) => Came::Held { gone: held.gone, known: held.known },
            (Outcome::Empty, _) => Came::Empty,
            (Outcome::Failed, _) => Came::Failed(told.why),
        }),
    }))
}

/// How a source stands, with the names that this reader may see.
async fn standing_of(visit: &Visit, desk: &Desk, found: Retirement) -> Result<Standing, Response> {
    let used = found.uses.iter().flat_map(|used| &used.whom);
    let mut ids: Vec<PersonId> = found.to_come.iter().chain(&found.leaning).chain(used).cloned().collect();
    ids.sort();
    ids.dedup();
    let names = Names::of(visit, desk, &ids).await?;
    let named = |count: i64, ids: &[PersonId]| Named { count, names: ids.iter().map(|id| names.shown(id.as_str())).collect() };
    let safe = found.is_safe();
    let uses = found.uses.into_iter().map(|used| UseLine {
        people: named(used.people, &used.whom),
        client: used.client,
        name: used.name,
        kind: used.kind,
        last: shown(used.last_on),
    });
    let named_by = found.named_by.into_iter().map(|naming| NamingLine {
        client: naming.client,
        name: naming.name,
        belongs: naming.belongs,
        keeps_subjects: naming.keeps_subjects,
    });
    Ok(Standing {
        linked: found.progress.linked,
        signed_in: found.progress.signed_in,
        waiting: found.progress.waiting,
        locked: found.progress.locked,
        to_come: named(found.progress.to_come, &found.to_come),
        leaning: named(found.progress.leaning, &found.leaning),
        uses: uses.collect(),
        named_by: named_by.collect(),
        safe,
        days: COUNTED_DAYS,
    })
}
