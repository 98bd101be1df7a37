//! Undoing a merge: what goes back, what came since and goes or stays, and the act with its reason.

use super::proof;
use super::sentences::{named_person, undone};
use crate::base::date::shown_moment;
use crate::base::words::fill;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::merges::{MergeUndoPage, UndoShown, Wrong, undo_refusal_said};
use crate::model::authority::ReviewLegacy;
use crate::service::authority::One;
use crate::service::legacy::merge::{self, Pair, UndoError, UndoPlan};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/people/{id}/unmerge`, of whoever was merged.
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    look(&visit, &id).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/unmerge` with a `reason`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}/unmerge");
    act(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

/// A merge that stands, with who may undo it.
struct Standing {
    id: String,
    pair: Pair,
}

async fn look(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let merged = proof(visit, &desk, id).await?;
    let standing = standing(visit, &desk, &merged).await?;
    show(visit, &desk, (&merged, standing), (String::new(), None)).await
}

async fn act(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let merged = proof(visit, &desk, id).await?;
    let standing = standing(visit, &desk, &merged).await?;
    let form = own_form(visit, headers, body).await?;
    let t = visit.chrome().t();
    let reason = form.owned("reason").unwrap_or_default();
    let about = |target, text: &str| Some(Wrong { target, text: text.to_owned() });
    let Some(stands) = &standing else {
        let wrong = about("standing", &t.console_merge_undo_no_merge);
        return show(visit, &desk, (&merged, None), (reason, wrong)).await;
    };
    let wrong = match merge::undo(&visit.app.services, &stands.pair, &stands.id, &reason).await {
        Ok(_) => return Ok(visit.see_other("/admin/merges?done=undone")),
        Err(UndoError::Refused(refusal)) => about("standing", undo_refusal_said(t, refusal)),
        Err(UndoError::Reason) => {
            let most = merge::LONGEST_REASON.to_string();
            about("reason", &fill(&t.console_merge_reason_hint, &[("most", &most)]))
        }
        Err(UndoError::Changed) => about("standing", &t.console_merge_changed),
        Err(UndoError::Failure(failure)) => return Err(page::failed(visit, &failure)),
    };
    show(visit, &desk, (&merged, standing), (reason, wrong)).await
}

/// The merge by which somebody is merged, when the reader may decide about the other one too.
async fn standing(visit: &Visit, desk: &Desk, merged: &One<ReviewLegacy>) -> Result<Option<Standing>, Response> {
    let found = merge::merged_into(&visit.app.services, &merged.person().id).await;
    let Some(found) = found.map_err(|failure| page::failed(visit, &failure))? else { return Ok(None) };
    let kept = proof(visit, desk, found.kept.as_str()).await?;
    Ok(Some(Standing { id: found.id, pair: Pair::of(&kept, merged) }))
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    (merged, standing): (&One<ReviewLegacy>, Option<Standing>),
    (reason, wrong): (String, Option<Wrong>),
) -> Result<Response, Response> {
    let plan = match &standing {
        None => None,
        Some(stands) => match merge::look_undo(&visit.app.services, &stands.pair, &stands.id).await {
            Ok(plan) => Some(shown(visit, desk, &plan).await?),
            // Somebody else undid it a moment ago.
            Err(UndoError::Refused(_) | UndoError::Reason | UndoError::Changed) => None,
            Err(UndoError::Failure(failure)) => return Err(page::failed(visit, &failure)),
        },
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    // What can no more be sent has no field to point at.
    let has_form = plan.as_ref().is_some_and(|plan| plan.refusal.is_none());
    let wrong = wrong.map(|wrong| if has_form { wrong } else { Wrong { target: "standing", ..wrong } });
    let person = merged.person();
    let view = MergeUndoPage {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        id: person.id.0.clone(),
        full_name: person.full_name.clone(),
        username: person.username.clone(),
        plan,
        reason,
        longest: merge::LONGEST_REASON,
        wrong,
    };
    Ok(visit.page(status, &view, None))
}

async fn shown(visit: &Visit, desk: &Desk, plan: &UndoPlan) -> Result<UndoShown, Response> {
    let t = visit.chrome().t();
    let names = Names::of(visit, desk, &[crate::base::id::PersonId(plan.merge.by.clone())]).await?;
    let (by, at) = (names.shown(&plan.merge.by), shown_moment(plan.merge.at));
    Ok(UndoShown {
        kept: named_person(&plan.kept.person),
        kept_address: format!("/admin/people/{}", plan.merge.kept),
        when: fill(&t.console_merge_when_line, &[("name", &by), ("at", &at)]),
        why: plan.merge.reason.clone(),
        back: plan.back.as_ref().map(|back| undone(t, back)),
        refusal: plan.refusal.map(|refusal| undo_refusal_said(t, refusal)),
    })
}
