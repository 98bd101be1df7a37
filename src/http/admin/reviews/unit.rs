//! The rights of one unit in a round: kept all at once, or taken back one by one with a reason.
//!
//! Where the reader could not take a right back elsewhere either, it is noted that they ask somebody above to.

use super::removal::{self, By};
use super::{HERE, figures, named, round};
use crate::base::date::{shown, vietnam_date};
use crate::base::id::{PersonId, UnitId};
use crate::base::text::has_control;
use crate::http::admin::names::{Names, days, unit_name};
use crate::http::admin::rights::groups::{people_of, whom};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Section;
use crate::http::view::console::administrators::days_said;
use crate::http::view::console::parts::address;
use crate::http::view::console::reviews::{Done, GroupAsked, RightLine, UnitPage, UnitProblem};
use crate::http::view::console::rights::{conditions_said, reached};
use crate::model::access_review::RightKind;
use crate::model::admin_scope::AdminRole;
use crate::model::authority::{ReadReviews, ReviewAccess};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authority::{Authority, Units};
use crate::service::lifecycle::reviews::{self, Line, OfGroup, Place, Sums};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;
/// What the fields of rights begin with.
const MARK: &str = "mark_";

/// What a page is asked to show.
#[derive(Default)]
struct Shown {
    open_only: bool,
    after: Option<String>,
    done: Option<(Done, usize)>,
    problem: Option<UnitProblem>,
    reason: String,
    marked: Vec<String>,
}

impl Shown {
    fn asked(parameters: &Parameters) -> Self {
        let count = parameters.get("count").and_then(|count| count.parse().ok()).unwrap_or_default();
        Self {
            open_only: parameters.get("state") != Some("all"),
            after: parameters.owned("after"),
            done: parameters.get("done").and_then(Done::from_word).map(|done| (done, count)),
            ..Self::default()
        }
    }
}

/// `GET /admin/reviews/{round}/{unit}`; `state` = `all` shows what was answered too, `after` the next rights.
pub async fn get(visit: Visit, Path((id, unit)): Path<(String, String)>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, (&id, &UnitId(unit)), Shown::asked(&asked)).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/reviews/{round}/{unit}`: `act` = `keep`, or `remove` with a `reason`; `mark_ID` for each right.
pub async fn post(mut visit: Visit, Path((id, unit)): Path<(String, String)>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/{id}/{unit}");
    act(&visit, (&id, &UnitId(unit)), &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn act(visit: &Visit, (id, unit): (&str, &UnitId), headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    // What is taken away here opens or ends accounts as it does elsewhere.
    let desk = if form.get("act") == Some("remove") { enter_fresh(visit).await? } else { enter(visit).await? };
    let Some(proof) = desk.authority.unit::<ReviewAccess>(unit) else { return Err(absent(visit)) };
    let marked: Vec<String> =
        form.pairs().filter_map(|(name, _)| name.strip_prefix(MARK)).take(reviews::MOST).map(str::to_owned).collect();
    let reason = form.get("reason").unwrap_or_default().trim().to_owned();
    let act = form.get("act").unwrap_or_default();
    let problem = match act {
        "keep" | "remove" if marked.is_empty() => Some(UnitProblem::Nothing),
        "remove" if reason.is_empty() || reason.chars().count() > LONGEST_REASON || has_control(&reason) => {
            Some(UnitProblem::Reason)
        }
        "keep" | "remove" => None,
        _ => return Ok(visit.see_other(&visit.here)),
    };
    if problem.is_some() {
        return show(visit, &desk, (id, unit), Shown { open_only: true, problem, reason, marked, ..Shown::default() }).await;
    }
    let place = Place { review: id, unit };
    let done = if act == "keep" {
        reviews::keep(&visit.app.services, &proof, place, &marked).await.map(|kept| (Done::Kept, kept))
    } else {
        remove_all(visit, &desk.authority, &proof, place, (&marked, &reason)).await
    };
    let (done, count) = done.map_err(|failure| page::failed(visit, &failure))?;
    // What somebody else answered meanwhile was not answered here.
    let done = if count < marked.len() && done != Done::Objected { Done::InPart } else { done };
    Ok(visit.see_other(&address(&visit.here, &[("done", done.word()), ("count", &count.to_string())])))
}

async fn remove_all(
    visit: &Visit,
    authority: &Authority,
    proof: &Units<ReviewAccess>,
    place: Place<'_>,
    (marked, reason): (&[String], &str),
) -> Result<(Done, usize), Failure> {
    let services = &visit.app.services;
    let (mut removed, mut objected) = (0, 0);
    for id in marked {
        let Some(item) = reviews::begin_removal(services, proof, place, id, reason).await? else { continue };
        let is_gone = removal::take_back(services, By { authority, reason }, &item).await?;
        reviews::end_removal(services, proof, place, &item, is_gone).await?;
        if is_gone {
            removed += 1;
        } else {
            objected += 1;
        }
    }
    Ok(if objected > 0 { (Done::Objected, objected) } else { (Done::Removed, removed) })
}

async fn show(visit: &Visit, desk: &Desk, (id, unit): (&str, &UnitId), shown: Shown) -> Result<Response, Response> {
    let Some(proof) = desk.authority.unit::<ReadReviews>(unit) else { return Err(absent(visit)) };
    let failed = |failure: Failure| page::failed(visit, &failure);
    let services = &visit.app.services;
    let found = reviews::of_unit(services, &proof, (id, unit), shown.open_only, shown.after.as_deref()).await;
    let Some((review, found)) = found.map_err(failed)? else { return Err(absent(visit)) };
    let units = reviews::find(services, &proof, id).await.map_err(failed)?.map(|(_, units)| units).unwrap_or_default();
    let sums = units.into_iter().find(|of_unit| of_unit.unit == *unit).map_or(Sums::default(), |of_unit| of_unit.sums);
    let by: Vec<PersonId> = found.lines.iter().filter_map(|line| line.item.answered_by.clone().map(PersonId)).collect();
    let names = Names::of(visit, desk, &by).await?;
    let chrome = visit.chrome();
    let base = format!("{HERE}/{id}/{unit}");
    let state = if shown.open_only { "" } else { "all" };
    let status = if shown.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = UnitPage {
        console: desk.console(Section::Reviews),
        round: round(&review),
        unit: unit.0.clone(),
        name: named(desk, chrome.t(), unit),
        figures: figures(&sums),
        lines: found.lines.iter().map(|line| right(&chrome, (desk, &names), line, &shown.marked)).collect(),
        next: found.next.map(|next| address(&base, &[("state", state), ("after", &next)])),
        open_only: shown.open_only,
        may_answer: review.closed_at.is_none()
            && review.listed_at.is_some()
            && desk.authority.unit::<ReviewAccess>(unit).is_some(),
        longest: LONGEST_REASON,
        reason: shown.reason,
        problem: shown.problem,
        done: shown.done,
        chrome,
    };
    Ok(visit.page(status, &page, None))
}

fn right(chrome: &Chrome, (desk, names): (&Desk, &Names), line: &Line, marked: &[String]) -> RightLine {
    let item = &line.item;
    let group = line.group.as_ref().map(|of_group| group(chrome, desk, of_group));
    RightLine {
        id: item.id.clone(),
        person: item.person.as_ref().map(|person| person.0.clone()).unwrap_or_default(),
        full_name: line.full_name.clone(),
        username: line.username.clone(),
        client_name: line.client_name.clone(),
        role: item.role.clone(),
        administers: match item.kind {
            RightKind::Role | RightKind::Group => None,
            RightKind::Administrator => AdminRole::from_word(&item.role),
        },
        // Of a group its words say the unit.
        bound: item.bound_unit.as_ref().filter(|_| group.is_none()).map(|unit| unit_name(desk, unit)).unwrap_or_default(),
        since: shown(vietnam_date(item.granted_at)),
        used: item.used_at.map(|at| shown(vietnam_date(at))),
        answer: item.answer,
        by: item.answered_by.as_deref().map(|by| names.shown(by)).unwrap_or_default(),
        at: item.answered_at.map(|at| shown(vietnam_date(at))).unwrap_or_default(),
        reason: item.reason.clone(),
        own: line.own,
        marked: marked.contains(&item.id),
        group,
    }
}

/// For whom a role of a group is, and what it asks.
fn group(chrome: &Chrome, desk: &Desk, of_group: &OfGroup) -> GroupAsked {
    let (t, grant) = (chrome.t(), &of_group.grant);
    let (first, last) = days(grant.valid_from, grant.valid_to);
    GroupAsked {
        whom: whom(desk, grant).in_words(t),
        conditions: conditions_said(t, grant.condition),
        days: days_said(t, &first, &last),
        reached: of_group.reach.map(|reach| reached(chrome, Some(reach))).unwrap_or_default(),
        people: people_of(desk, grant),
    }
}
