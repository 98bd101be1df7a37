//! Who has one role of a group, of the people within the reader's bounds.

use super::HERE;
use crate::base::id::PersonId;
use crate::http::admin::names::{Names, unit_name};
use crate::http::admin::rights::held;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, address};
use crate::http::view::console::rights::{GroupPeoplePage, MemberLine};
use crate::model::authority::{ExportPeople, ReadPeople};
use crate::protocol::parameters::Parameters;
use crate::service::entitlements::{self, Member, OfGroup};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeSet;

/// `GET /admin/rights/groups/{id}/people`; `after` leads on.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &id, asked.get("after")).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, id: &str, after: Option<&str>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let found = entitlements::of_group(&visit.app.services, &proof, id, after).await;
    let Some(found) = found.map_err(|failure| page::failed(visit, &failure))? else { return Err(absent(visit)) };
    let names = Names::of(visit, &desk, &[PersonId(found.held.granted_by.clone())]).await?;
    let may_export = desk.authority.people::<ExportPeople>().is_some();
    let export = if may_export { format!("/admin/rights/export.csv?list=group&id={id}") } else { String::new() };
    let page = GroupPeoplePage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        line: held::line(&desk, &names, &found.held, &BTreeSet::new()),
        pages: pages(&found, id, after),
        members: found.members.iter().map(|one| member(&desk, one)).collect(),
        export,
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

/// Onward, and back to the beginning: such lists are not counted.
fn pages(found: &OfGroup, id: &str, after: Option<&str>) -> Pages {
    let here = format!("{HERE}/{id}/people");
    Pages {
        shown: found.members.len().to_string(),
        previous: after.map(|_| here.clone()),
        next: found.next.as_deref().map(|next| address(&here, &[("after", next)])),
    }
}

fn member(desk: &Desk, one: &Member) -> MemberLine {
    MemberLine {
        person: one.id.0.clone(),
        full_name: one.full_name.clone(),
        username: one.username.clone(),
        title: one.post.title.clone(),
        unit: unit_name(desk, &one.post.unit),
        delegated: one.post.delegated_by.is_some(),
    }
}
