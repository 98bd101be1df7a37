//! Roles that end soon, and roles that nobody ever used.

use super::{HERE, givers_of_list, held, line, reader};
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::Pages;
use crate::http::view::console::rights::{Kind, RightListPage};
use crate::protocol::parameters::Parameters;
use crate::service::entitlements::{self, Lines, List};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeSet;

/// `GET /admin/rights/expiring`
pub async fn expiring(visit: Visit, RawQuery(query): RawQuery) -> Response {
    of(&visit, query, Kind::Expiring).await
}

/// `GET /admin/rights/unused`
pub async fn unused(visit: Visit, RawQuery(query): RawQuery) -> Response {
    of(&visit, query, Kind::Unused).await
}

async fn of(visit: &Visit, query: Option<String>, kind: Kind) -> Response {
    let desk = match enter(visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match show(visit, &desk, &parameters, kind).await {
        Ok(response) | Err(response) => response,
    }
}

async fn show(visit: &Visit, desk: &Desk, parameters: &Parameters, kind: Kind) -> Result<Response, Response> {
    let proof = reader(visit, desk)?;
    let list = match kind {
        Kind::Expiring => List::Expiring,
        Kind::Unused => List::Unused,
    };
    let after = parameters.get("after");
    let found = entitlements::list(&visit.app.services, &proof, list, after).await;
    let found = found.map_err(|failure| page::failed(visit, &failure))?;
    let names = Names::of(visit, desk, &givers_of_list(&found)).await?;
    let here = format!("{HERE}/{}", kind.word());
    let page = RightListPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        kind,
        groups: found.groups.iter().map(|one| held::line(desk, &names, one, &BTreeSet::new())).collect(),
        lines: found.lines.iter().map(|one| line(desk, &names, one)).collect(),
        pages: pages(&found, &here, after, &[]),
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

/// Onward, and back to the beginning: such lists are not counted.
pub(super) fn pages(found: &Lines, here: &str, after: Option<&str>, kept: &[(&str, &str)]) -> Pages {
    let address = |after: Option<&str>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        format!("{here}?{}", query.finish())
    };
    Pages {
        shown: (found.groups.len() + found.lines.len()).to_string(),
        previous: after.map(|_| address(None)),
        next: found.next.as_deref().map(|next| address(Some(next))),
    }
}
