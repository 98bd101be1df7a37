//! One request: who asks what, of whom, and why; and the buttons of whoever may decide.

use super::act::{self, Happened};
use super::{HERE, askers, decider, facts, failed, is_own, is_second, people, sees};
use crate::base::date::shown_moment;
use crate::base::text::has_control;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::approvals::{ApprovalPage, ApprovalProblem, Done};
use crate::protocol::parameters::Parameters;
use crate::service::approvals::{self, Approval};
use crate::service::authority::Doer;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// The longest reason of a refusal, in characters.
const LONGEST_REASON: usize = 500;

/// `GET /admin/approvals/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let done = Parameters::decode(query.unwrap_or_default().as_bytes()).get("done").and_then(Done::from_word);
    match found(&visit, &desk, &id).await {
        Ok(approval) => show(&visit, &desk, &approval, Shown { done, ..Shown::default() }).await,
        Err(response) => response,
    }
}

/// What the page says beside the request.
#[derive(Default)]
struct Shown {
    done: Option<Done>,
    problem: Option<ApprovalProblem>,
    reason: String,
}

/// `POST /admin/approvals/{id}`: `act` = `approve`, `refuse` with a `reason`, or `withdraw`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/{id}");
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let approval = match found(&visit, &desk, &id).await {
        Ok(approval) => approval,
        Err(response) => return response,
    };
    let done = match form.get("act") {
        Some("approve") => approve(&visit, &desk, &approval).await,
        Some("refuse") => refuse(&visit, &desk, &approval, form.get("reason").unwrap_or_default()).await,
        Some("withdraw") => withdraw(&visit, &desk, &approval).await,
        _ => return visit.see_other(&visit.here),
    };
    match done {
        Ok(Ok(done)) => visit.see_other(&format!("{HERE}/{id}?done={}", done.word())),
        Ok(Err(problem)) => {
            let reason = form.owned("reason").unwrap_or_default();
            // It may have been decided in this very moment.
            match found(&visit, &desk, &id).await {
                Ok(approval) => show(&visit, &desk, &approval, Shown { done: None, problem: Some(problem), reason }).await,
                Err(response) => response,
            }
        }
        Err(response) => response,
    }
}

type Outcome = Result<Result<Done, ApprovalProblem>, Response>;

async fn approve(visit: &Visit, desk: &Desk, approval: &Approval) -> Outcome {
    if decider(desk, &askers(visit).await?, approval).is_none() {
        return Err(absent(visit));
    }
    let alone = approvals::decides_alone(&visit.app.services, desk.authority.person()).await;
    if is_own(desk, approval) && !alone.map_err(|failure| failed(visit, &failure))? {
        return Ok(Err(ApprovalProblem::Own));
    }
    let services = &visit.app.services;
    // What was decided before is told as such; the statement that takes the request asks all of this once more.
    if approval.is_open(services.clock.now()) && !is_second(visit, desk, &approval.requested_by).await? {
        return Ok(Err(ApprovalProblem::NoSecondPerson));
    }
    match act::happen(services, desk, approval).await {
        Ok(Happened::Done) => Ok(Ok(Done::Approved)),
        Ok(Happened::TooLate) => Ok(Err(ApprovalProblem::TooLate)),
        Ok(Happened::NotTheirs) => Err(absent(visit)),
        Ok(Happened::Changed(change)) => Ok(Err(ApprovalProblem::Changed(change))),
        Err(failure) => Err(failed(visit, &failure)),
    }
}

async fn refuse(visit: &Visit, desk: &Desk, approval: &Approval, reason: &str) -> Outcome {
    let Some(by) = decider(desk, &askers(visit).await?, approval) else { return Err(absent(visit)) };
    if is_own(desk, approval) {
        return Ok(Err(ApprovalProblem::Own));
    }
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || has_control(reason) {
        return Ok(Err(ApprovalProblem::NoReason));
    }
    let refused = approvals::refuse(&visit.app.services, &approval.id, reason, &by).await;
    let refused = refused.map_err(|failure| failed(visit, &failure))?;
    Ok(if refused { Ok(Done::Refused) } else { Err(ApprovalProblem::TooLate) })
}

async fn withdraw(visit: &Visit, desk: &Desk, approval: &Approval) -> Outcome {
    if !is_own(desk, approval) {
        return Err(absent(visit));
    }
    let bound = approval.requested_bound.as_ref().map(|bound| format!(" {bound}")).unwrap_or_default();
    let by = Doer {
        person: desk.authority.person().clone(),
        acting_as: format!("{}{bound}", approval.requested_role),
        origin: visit.origin.clone(),
    };
    let withdrawn = approvals::withdraw(&visit.app.services, &approval.id, &by).await;
    let withdrawn = withdrawn.map_err(|failure| failed(visit, &failure))?;
    Ok(if withdrawn { Ok(Done::Withdrawn) } else { Err(ApprovalProblem::TooLate) })
}

/// A request that the reader sees.
async fn found(visit: &Visit, desk: &Desk, id: &str) -> Result<Approval, Response> {
    let approval = approvals::find(&visit.app.services, id).await.map_err(|failure| failed(visit, &failure))?;
    let askers = askers(visit).await?;
    approval.filter(|approval| sees(desk, &askers, approval)).ok_or_else(|| absent(visit))
}

async fn show(visit: &Visit, desk: &Desk, approval: &Approval, shown: Shown) -> Response {
    let people = match people(visit, desk, approval).await {
        Ok(people) => people,
        Err(response) => return response,
    };
    let mut ids = vec![approval.requested_by.clone()];
    ids.extend(approval.decided_by.clone());
    let names = match Names::of(visit, desk, &ids).await {
        Ok(names) => names,
        Err(response) => return response,
    };
    let alone = match approvals::decides_alone(&visit.app.services, desk.authority.person()).await {
        Ok(alone) => alone,
        Err(failure) => return failed(visit, &failure),
    };
    let second = match is_second(visit, desk, &approval.requested_by).await {
        Ok(second) => second,
        Err(response) => return response,
    };
    let decides = match askers(visit).await {
        Ok(askers) => decider(desk, &askers, approval).is_some(),
        Err(response) => return response,
    };
    let own = is_own(desk, approval);
    let open = approval.is_open(visit.app.services.clock.now());
    let status = match shown.problem {
        None => StatusCode::OK,
        Some(ApprovalProblem::NoReason | ApprovalProblem::Own) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(ApprovalProblem::TooLate | ApprovalProblem::NoSecondPerson | ApprovalProblem::Changed(_)) => StatusCode::CONFLICT,
    };
    let page = ApprovalPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Approvals),
        id: approval.id.clone(),
        act: approval.act,
        subject: approval.subject.clone(),
        facts: facts(desk, approval),
        people,
        by: names.shown(approval.requested_by.as_str()),
        at: shown_moment(approval.requested_at),
        until: shown_moment(approval.expires_at),
        why: approval.reason.clone(),
        decision: approval.decision.map(|(decision, at)| (decision, shown_moment(at))),
        decided_by: approval.decided_by.as_ref().map(|by| names.shown(by.as_str())).unwrap_or_default(),
        decided_reason: approval.decided_reason.clone(),
        is_over: approval.decision.is_none() && !open,
        may_decide: open && (!own || alone) && decides,
        second,
        may_withdraw: open && own,
        own,
        reason: shown.reason,
        problem: shown.problem,
        done: shown.done,
    };
    visit.page(status, &page, None)
}
