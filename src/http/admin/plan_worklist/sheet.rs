//! A worklist that comes back filled in: only checked, or decided at once when it has no mistake.

use super::list::{Asked, here, show};
use super::refused;
use crate::http::admin::units::upload::own_upload;
use crate::http::admin::{absent, enter_fresh};
use crate::http::extract::visit::Visit;
use crate::http::view::console::parts::address;
use crate::http::view::console::plan_worklist::{Done, Problem};
use crate::model::authority::PlacePeople;
use crate::protocol::parameters::Parameters;
use crate::service::reorganization::desk::{self, MOST_BYTES};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `POST /admin/plans/{name}/worklist/sheet`: `file`, and `act` = `check` or `decide`.
pub async fn post(mut visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = here(&name);
    take(&visit, &name, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn take(visit: &Visit, name: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    // Many are decided about at once: a sign-in of the last minutes is asked for.
    let desk = enter_fresh(visit).await?;
    let Some(proof) = desk.authority.units::<PlacePeople>() else { return Err(absent(visit)) };
    let upload = own_upload(visit, headers, body, MOST_BYTES).await?;
    let mut asked = Asked::read(&Parameters::default());
    asked.status = StatusCode::UNPROCESSABLE_ENTITY;
    let Some(file) = upload.file("file") else {
        asked.problem = Some(Problem::NoFile);
        return show(visit, &desk, name, asked).await;
    };
    let decides = upload.get("act") == Some("decide");
    match desk::read_file(&visit.app.services, &proof, name, file.bytes.clone(), decides).await {
        Ok(0) => {
            asked.problem = Some(Problem::NothingChosen);
            show(visit, &desk, name, asked).await
        }
        Ok(count) => {
            let word = if decides { Done::DECIDED } else { Done::CHECKED };
            Ok(visit.see_other(&address(&here(name), &[(word, &count.to_string())])))
        }
        Err(error) => {
            let refused = refused(visit, error)?;
            asked.status = refused.status;
            asked.problem = Some(Problem::File(refused.sentence));
            asked.mistakes = refused.rows;
            show(visit, &desk, name, asked).await
        }
    }
}
