//! The requests that the reader sees as a file: those that wait, and those that were decided.

use super::{HERE, askers, sees};
use crate::base::date::{iso, shown_moment};
use crate::base::id::PersonId;
use crate::base::words::Words;
use crate::http::admin::names::Names;
use crate::http::admin::units::attachment;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::approvals::{act_name, outcome_said};
use crate::service::approvals::{self, Approval};
use crate::service::audit::{self, Event};
use axum::response::Response;
use serde_json::{Value, json};

/// So many that were decided are taken away at most.
const DECIDED: usize = 10_000;

/// `GET /admin/approvals/export`
pub async fn get(mut visit: Visit) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    taken(&visit).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let services = &visit.app.services;
    let failed = |failure| page::failed(visit, &failure);
    let askers = askers(visit).await?;
    let seen = |approval: &Approval| sees(&desk, &askers, approval);
    let mut all = approvals::list_open_for(services, seen).await.map_err(failed)?;
    all.extend(approvals::list_decided_for(services, seen, DECIDED).await.map_err(failed)?);
    audit::looked(services, event(&desk, all.len())).await.map_err(failed)?;
    let people = |approval: &Approval| {
        let mut ids = vec![PersonId(approval.subject.clone()), approval.requested_by.clone()];
        ids.extend(approval.decided_by.clone());
        ids
    };
    let ids: Vec<PersonId> = all.iter().flat_map(people).collect();
    let names = Names::of(visit, &desk, &ids).await?;
    let t = visit.chrome().t();
    let mut rows = vec![header(t)];
    rows.extend(all.iter().map(|approval| cells(t, &names, approval)));
    Ok(attachment(&format!("phe-duyet-{}.csv", iso(desk.authority.today())), &rows))
}

/// Whoever administers anything sees their own requests: no role of theirs is the one that lets them.
fn event(desk: &Desk, count: usize) -> Event<'_> {
    Event {
        event: "approvals.exported",
        actor: desk.authority.person().0.clone(),
        person: None,
        client: None,
        origin: desk.authority.origin(),
        detail: json!({ "requests": count }),
    }
}

fn header(t: &'static Words) -> Vec<String> {
    let names = [
        &t.console_approvals_request,
        &t.console_approvals_subject,
        &t.console_approvals_count,
        &t.console_approvals_by,
        &t.console_approvals_at,
        &t.console_rights_reason,
        &t.console_approvals_open_until,
        &t.console_approvals_outcome,
    ];
    names.map(Clone::clone).to_vec()
}

fn cells(t: &'static Words, names: &Names, approval: &Approval) -> Vec<String> {
    let count = approval.payload.get("people").and_then(Value::as_u64);
    let by = approval.decided_by.as_ref().map(|by| names.shown(by.as_str())).unwrap_or_default();
    let outcome = approval.decision.map(|(decision, at)| outcome_said(t, decision, &shown_moment(at), &by));
    vec![
        act_name(t, approval.act).to_owned(),
        names.shown(&approval.subject),
        count.map(|count| count.to_string()).unwrap_or_default(),
        names.shown(approval.requested_by.as_str()),
        shown_moment(approval.requested_at),
        approval.reason.clone(),
        shown_moment(approval.expires_at),
        outcome.unwrap_or_default(),
    ]
}
