//! The rounds, newest first; and the button that begins the one of this quarter.

use super::{HERE, figures, round};
use crate::http::admin::{absent, enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::reviews::{ReviewsPage, RoundLine};
use crate::model::access_review::quarter_of;
use crate::model::authority::{ReadReviews, RunReviews};
use crate::service::lifecycle::reviews;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/reviews`
pub async fn get(visit: Visit) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<ReadReviews>() else { return absent(&visit) };
    let rounds = match reviews::list(&visit.app.services, &proof).await {
        Ok(rounds) => rounds,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let quarter = quarter_of(desk.authority.today());
    let begun = rounds.iter().any(|(review, _)| review.quarter == quarter);
    let page = ReviewsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Reviews),
        rounds: rounds.iter().map(|(review, sums)| RoundLine { round: round(review), figures: figures(sums) }).collect(),
        may_begin: !begun && desk.authority.city::<RunReviews>().is_some(),
        quarter,
    };
    visit.page(StatusCode::OK, &page, None)
}

/// `POST /admin/reviews`: begins the round of this quarter.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.city::<RunReviews>() else { return absent(&visit) };
    if form.get("act") != Some("begin") {
        return visit.see_other(HERE);
    }
    match reviews::begin(&visit.app.services, &proof).await {
        Ok(id) => visit.see_other(&format!("{HERE}/{id}")),
        Err(failure) => page::failed(&visit, &failure),
    }
}
