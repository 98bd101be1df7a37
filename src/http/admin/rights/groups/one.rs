//! One role of a group: what it is, why it is taken back, and the button.

use super::{HERE, givers, line, problem};
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::rights::{GroupEndPage, GroupProblem};
use crate::service::provisioning::group_roles::{self, Giver, GroupRoleError, Line};
use crate::service::provisioning::roles::given::LONGEST_REASON;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/rights/groups/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    open(&visit, &id).await.unwrap_or_else(|answer| answer)
}

async fn open(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let (found, _) = theirs(visit, &desk, id).await?;
    show(visit, &desk, &found, (String::new(), None)).await
}

/// `POST /admin/rights/groups/{id}`: `reason`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/{id}");
    press(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let (found, giver) = theirs(visit, &desk, id).await?;
    let reason = form.owned("reason").unwrap_or_default();
    let wrong = match group_roles::revoke(&visit.app.services, &giver, id, Some(&reason)).await {
        Ok(true) => return Ok(visit.see_other(&format!("{HERE}?done=ended"))),
        Ok(false) => return Err(absent(visit)),
        Err(GroupRoleError::NotTheirs) => GroupProblem::EndNotTheirs,
        Err(error) => problem(error).map_err(|failure| page::failed(visit, &failure))?,
    };
    show(visit, &desk, &found, (reason, Some(wrong))).await
}

/// A role that the reader may take back, and as whom.
async fn theirs(visit: &Visit, desk: &Desk, id: &str) -> Result<(Line, Giver), Response> {
    let found = group_roles::find(&visit.app.services, id).await.map_err(|failure| page::failed(visit, &failure))?;
    let found = found.ok_or_else(|| absent(visit))?;
    let giver = Giver::of(&desk.authority, &found.grant.client_id).filter(|giver| giver.may_take_back(&found));
    giver.map(|giver| (found, giver)).ok_or_else(|| absent(visit))
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    found: &Line,
    (reason, problem): (String, Option<GroupProblem>),
) -> Result<Response, Response> {
    let names = Names::of(visit, desk, &givers(std::slice::from_ref(found))).await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = GroupEndPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        line: line(desk, &names, found, true),
        reason,
        longest: LONGEST_REASON,
        problem,
    };
    Ok(visit.page(status, &page, None))
}
