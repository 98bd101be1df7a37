//! Merging somebody into the person of the page: looking for them, both side by side, and the act with its reason.

use super::proof;
use super::sentences::chosen;
use crate::base::words::fill;
use crate::http::admin::names::unit_name;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::merges::{Candidate, Chosen, MergePage, Wrong, refusal_said};
use crate::http::view::console::parts::address;
use crate::model::authority::{ReadPeople, ReviewLegacy};
use crate::protocol::parameters::Parameters;
use crate::service::authority::One;
use crate::service::directory::{self, Listed, Query};
use crate::service::legacy::merge::{self, MergeError, Pair};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// People who are found at a time: whoever looks for one says more of them.
const MOST_FOUND: i64 = 25;

/// What the page shows beside the person.
#[derive(Default)]
struct Shown {
    q: String,
    found: Option<Vec<Candidate>>,
    chosen: Option<Chosen>,
    reason: String,
    wrong: Option<Wrong>,
}

/// `GET /admin/people/{id}/merge`: `q` looks for somebody, `other` puts them beside the person.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    look(&visit, &id, query).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/merge`: merges `other` into the person, with a `reason`; `seen` is what was shown, and `sure`
/// says that it was meant.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}/merge");
    act(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn look(visit: &Visit, id: &str, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let kept = proof(visit, &desk, id).await?;
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let q = asked.get("q").unwrap_or_default().trim().to_owned();
    let found = if q.is_empty() { None } else { Some(search(visit, &desk, &kept, &q).await?) };
    let chosen = match asked.get("other").filter(|other| !other.is_empty()) {
        Some(other) => {
            let merged = proof(visit, &desk, other).await?;
            Some(compared(visit, &desk, &Pair::of(&kept, &merged)).await?)
        }
        None => None,
    };
    Ok(show(visit, &desk, &kept, Shown { q, found, chosen, ..Shown::default() }))
}

async fn act(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let kept = proof(visit, &desk, id).await?;
    let form = own_form(visit, headers, body).await?;
    let t = visit.chrome().t();
    let about = |target, text: &str| Some(Wrong { target, text: text.to_owned() });
    let reason = form.owned("reason").unwrap_or_default();
    let Some(other) = form.get("other").filter(|other| !other.is_empty()) else {
        let wrong = about("q", &t.console_merge_choose);
        return Ok(show(visit, &desk, &kept, Shown { reason, wrong, ..Shown::default() }));
    };
    let merged = proof(visit, &desk, other).await?;
    let pair = Pair::of(&kept, &merged);
    let wrong = if form.get("sure").is_none() {
        about("sure", &t.console_merge_not_sure)
    } else {
        // A form without it saw nothing.
        let seen = form.get("seen").unwrap_or_default();
        match merge::merge(&visit.app.services, &pair, &reason, Some(seen)).await {
            Ok(_) => return Ok(visit.see_other("/admin/merges?done=merged")),
            Err(MergeError::Refused(refusal)) => about("compare", refusal_said(t, refusal)),
            Err(MergeError::NotThere) => return Err(absent(visit)),
            Err(MergeError::Reason) => {
                let most = merge::LONGEST_REASON.to_string();
                about("reason", &fill(&t.console_merge_reason_hint, &[("most", &most)]))
            }
            Err(MergeError::Changed) => about("compare", &t.console_merge_changed),
            Err(MergeError::NotAlone) => about("compare", &t.console_person_wrong_not_alone),
            Err(MergeError::Failure(failure)) => return Err(page::failed(visit, &failure)),
        }
    };
    let chosen = compared(visit, &desk, &pair).await?;
    // What can no more be sent has no field to point at.
    let wrong = wrong.map(|wrong| if chosen.refusal.is_none() { wrong } else { Wrong { target: "compare", ..wrong } });
    Ok(show(visit, &desk, &kept, Shown { chosen: Some(chosen), reason, wrong, ..Shown::default() }))
}

/// Whoever is found by what was typed, but the person themselves.
async fn search(visit: &Visit, desk: &Desk, kept: &One<ReviewLegacy>, q: &str) -> Result<Vec<Candidate>, Response> {
    let Some(readers) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let query = Query { words: directory::typed(q), ..Query::default() };
    let found = directory::find(&visit.app.services, &readers, &query, MOST_FOUND).await;
    let found = found.map_err(|failure| page::failed(visit, &failure))?;
    let kept = &kept.person().id;
    let others = found.people.into_iter().filter(|listed| listed.person != *kept);
    Ok(others.map(|listed| candidate(desk, kept.as_str(), &listed)).collect())
}

fn candidate(desk: &Desk, kept: &str, listed: &Listed) -> Candidate {
    let unit = listed.unit.as_ref().map(|unit| unit_name(desk, unit)).unwrap_or_default();
    let parts = [listed.title.as_str(), unit.as_str()];
    let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Candidate {
        full_name: listed.full_name.clone(),
        username: listed.username.clone(),
        post: said.join(", "),
        address: address(&format!("/admin/people/{kept}/merge"), &[("other", listed.person.as_str())]),
    }
}

async fn compared(visit: &Visit, desk: &Desk, pair: &Pair) -> Result<Chosen, Response> {
    match merge::preview(&visit.app.services, pair).await {
        Ok(plan) => Ok(chosen(visit, desk, &plan)),
        Err(MergeError::Failure(failure)) => Err(page::failed(visit, &failure)),
        Err(MergeError::Refused(_) | MergeError::NotThere | MergeError::Reason | MergeError::Changed | MergeError::NotAlone) => {
            Err(absent(visit))
        }
    }
}

fn show(visit: &Visit, desk: &Desk, kept: &One<ReviewLegacy>, shown: Shown) -> Response {
    let person = kept.person();
    let status = if shown.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = MergePage {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        id: person.id.0.clone(),
        full_name: person.full_name.clone(),
        username: person.username.clone(),
        q: shown.q,
        found: shown.found,
        chosen: shown.chosen,
        reason: shown.reason,
        longest: merge::LONGEST_REASON,
        wrong: shown.wrong,
    };
    visit.page(status, &view, None)
}
