//! The requests that wait, and what became of the last ones.

use super::{askers, decider, is_own, is_second, sees};
use crate::base::date::shown_moment;
use crate::base::id::PersonId;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::approvals::{ApprovalLine, ApprovalsPage};
use crate::service::approvals::{self, Approval};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeSet;

/// So many that were decided are shown.
const DECIDED: usize = 50;

/// `GET /admin/approvals`
pub async fn get(visit: Visit) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    match show(&visit, &desk).await {
        Ok(response) | Err(response) => response,
    }
}

async fn show(visit: &Visit, desk: &Desk) -> Result<Response, Response> {
    let services = &visit.app.services;
    let askers = askers(visit).await?;
    let seen = |approval: &Approval| sees(desk, &askers, approval);
    let open = approvals::list_open_for(services, seen).await.map_err(|failure| page::failed(visit, &failure))?;
    let decided = approvals::list_decided_for(services, seen, DECIDED).await.map_err(|failure| page::failed(visit, &failure))?;
    let ids: Vec<PersonId> = open.iter().chain(&decided).flat_map(asked_and_asker).collect();
    let names = Names::of(visit, desk, &ids).await?;
    let (own, theirs): (Vec<_>, Vec<_>) = open.iter().partition(|approval| is_own(desk, approval));
    let mut seconded = BTreeSet::new();
    for asker in theirs.iter().map(|approval| &approval.requested_by).collect::<BTreeSet<_>>() {
        if is_second(visit, desk, asker).await? {
            seconded.insert(asker);
        }
    }
    let shown = |approval: &Approval| {
        let may_decide = seconded.contains(&approval.requested_by) && decider(desk, &askers, approval).is_some();
        line(visit, &names, approval, may_decide)
    };
    let page = ApprovalsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Approvals),
        waiting: theirs.iter().copied().map(shown).collect(),
        own: own.into_iter().map(shown).collect(),
        decided: decided.iter().map(shown).collect(),
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

fn asked_and_asker(approval: &Approval) -> Vec<PersonId> {
    let subject = PersonId(approval.subject.clone());
    let mut ids = vec![subject, approval.requested_by.clone()];
    ids.extend(approval.decided_by.clone());
    ids
}

fn line(visit: &Visit, names: &Names, approval: &Approval, may_decide: bool) -> ApprovalLine {
    // Many are told by their number; their names stand on the request's own page.
    let count = approval.payload.get("people").and_then(serde_json::Value::as_u64);
    let count = count.map(|count| format!("{} {count}", visit.chrome().t().console_approvals_count));
    ApprovalLine {
        id: approval.id.clone(),
        act: approval.act,
        subject: count.unwrap_or_else(|| names.shown(&approval.subject)),
        by: names.shown(approval.requested_by.as_str()),
        at: shown_moment(approval.requested_at),
        until: shown_moment(approval.expires_at),
        reason: approval.reason.clone(),
        decision: approval.decision.map(|(decision, at)| (decision, shown_moment(at))),
        decided_by: approval.decided_by.as_ref().map(|by| names.shown(by.as_str())).unwrap_or_default(),
        may_decide,
    }
}
