//! The posts that a person handed to others, for whoever looks at them; and the end of one, by whoever looks after their
//! account.

use super::person::{one, titled, unit_name};
use crate::base::date::{shown, vietnam_date};
use crate::base::id::PositionId;
use crate::base::words::fill;
use crate::http::admin::{enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::person::{GivenLine, May};
use crate::model::authority::{EditPeople, ReadPeople};
use crate::service::authority::{One, People};
use crate::service::delegation::{self, Line, Standing};
use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;

/// `POST /admin/people/{id}/delegations`: ends `delegation`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}");
    end(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn end(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let proof = one::<EditPeople>(visit, &desk, id).await?;
    let position = PositionId(form.owned("delegation").unwrap_or_default());
    let ended = delegation::end_given(&visit.app.services, &proof, &position).await;
    let ended = ended.map_err(|failure| errors::failed(visit, &failure))?;
    Ok(visit.see_other(&if ended { format!("{}?done=delegation", visit.here) } else { visit.here.clone() }))
}

/// Those of a person that are not over, with the names that the reader may know.
pub(super) async fn lines(
    visit: &Visit,
    (proof, readers): (&One<ReadPeople>, &People<ReadPeople>),
    may: May,
) -> Result<Vec<GivenLine>, Response> {
    let found = delegation::list_given(&visit.app.services, proof, readers).await;
    let found = found.map_err(|failure| errors::failed(visit, &failure))?;
    Ok(found.into_iter().map(|given| line(visit, given, may)).collect())
}

fn line(visit: &Visit, given: Line, may: May) -> GivenLine {
    let t = visit.chrome().t();
    let registry = visit.app.services.known.registry();
    let today = vietnam_date(visit.app.services.clock.now());
    let (standing, tone) = match given.standing {
        Standing::Now => (&t.delegations_now, " ok"),
        Standing::Later => (&t.delegations_later, " river"),
        Standing::Idle => (&t.delegations_idle, " warn"),
        Standing::Over => (&t.delegations_over, ""),
    };
    let days = [("since", shown(given.valid_from)), ("until", shown(given.valid_to))];
    GivenLine {
        title: given.post.as_ref().map(titled).unwrap_or_default(),
        place: given.post.as_ref().map(|post| unit_name(&registry, post, today)).unwrap_or_default(),
        to: fill(&t.delegations_to, &[("name", given.other.as_deref().unwrap_or(&t.console_person_beyond))]),
        days: fill(&t.portal_since_until, &days.each_ref().map(|(name, day)| (*name, day.as_str()))),
        decision_no: given.decision_no,
        standing,
        tone,
        end: may.edit.then_some(given.id.0),
    }
}
