//! The list of merges, with what was changed in between and stayed, and the way to undo each.

use super::sentences::named;
use crate::base::date::shown_moment;
use crate::base::words::fill;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::merges::{MergeLine, MergesPage, later_said};
use crate::http::view::console::parts::{Pages, Said, address};
use crate::model::authority::ReviewLegacy;
use crate::protocol::parameters::Parameters;
use crate::service::legacy::merge::{self, Listed};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/merges`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    show(&visit, query).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<ReviewLegacy>() else { return Err(absent(visit)) };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let found = merge::list(&visit.app.services, &proof, asked.get("after")).await;
    let (listed, next) = found.map_err(|failure| page::failed(visit, &failure))?;
    let names = names(visit, &desk, &listed).await?;
    let chrome = visit.chrome();
    let t = chrome.t();
    let said = match asked.get("done") {
        Some("merged") => Some(Said::ok(&t.console_merges_done)),
        Some("undone") => Some(Said::ok(&t.console_merges_undone)),
        _ => None,
    };
    let view = MergesPage {
        console: desk.console(Section::People),
        said,
        lines: listed.into_iter().map(|listed| line(visit, &names, listed)).collect(),
        pages: Pages {
            shown: String::new(),
            previous: None,
            next: next.map(|next| address("/admin/merges", &[("after", &next)])),
        },
        chrome,
    };
    Ok(visit.page(StatusCode::OK, &view, None))
}

/// Names of whoever merged and undid.
async fn names(visit: &Visit, desk: &Desk, listed: &[Listed]) -> Result<Names, Response> {
    let undone = |listed: &Listed| listed.merge.undone.as_ref().map(|(by, _, _)| by.clone());
    let all = listed.iter().flat_map(|listed| [Some(listed.merge.by.clone()), undone(listed)]).flatten();
    let ids: Vec<_> = all.map(crate::base::id::PersonId).collect();
    Names::of(visit, desk, &ids).await
}

fn line(visit: &Visit, names: &Names, listed: Listed) -> MergeLine {
    let t = visit.chrome().t();
    let Listed { merge, kept, merged } = listed;
    let page = |id: &str| format!("/admin/people/{id}");
    let undone = merge.undone.as_ref().map(|(by, at, why)| {
        let (by, at) = (names.shown(by), shown_moment(*at));
        fill(&t.console_merges_undone_line, &[("name", &by), ("at", &at), ("reason", why)])
    });
    MergeLine {
        at: shown_moment(merge.at),
        kept: named(&kept),
        kept_address: page(merge.kept.as_str()),
        merged: named(&merged),
        merged_address: page(merge.merged.as_str()),
        by: names.shown(&merge.by),
        reason: merge.reason,
        undo: undone.is_none().then(|| format!("/admin/people/{}/unmerge", merge.merged)),
        undone,
        stayed: merge.stayed.iter().map(|later| later_said(t, later)).collect(),
    }
}
