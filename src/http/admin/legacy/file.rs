//! One file of accounts: what it would do, another encoding, bringing it in, giving it up.

use super::{encodings, failed, keeper};
use crate::base::date::shown_moment;
use crate::base::encoding::Encoding;
use crate::base::id::is_uuid;
use crate::http::admin::names::Names;
use crate::http::admin::{absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::legacy::{FilePage, IMPORT};
use crate::model::authority::EditSources;
use crate::protocol::parameters::Parameters;
use crate::service::legacy::files::{self, FileError};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/legacy/import/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &id, asked.get("not_now").is_some()).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/legacy/import/{id}`: `act` = `check` (with `encoding`), `bring` (perhaps with `accept_good`) or `discard`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    IMPORT.clone_into(&mut visit.here);
    press(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let Some(proof) = desk.authority.city::<EditSources>() else { return Err(absent(visit)) };
    if !is_uuid(id) {
        return Err(absent(visit));
    }
    let form = own_form(visit, headers, body).await?;
    let services = &visit.app.services;
    let done = match form.get("act") {
        Some("check") => {
            let encoding = form.get("encoding").and_then(Encoding::from_word);
            files::check_again(services, &proof, id, encoding).await
        }
        Some("bring") => files::bring(services, &proof, id, form.get("accept_good").is_some()).await,
        Some("discard") => files::discard(services, &proof, id).await,
        _ => Err(FileError::NotNow),
    };
    match done {
        Ok(()) => Ok(visit.see_other(&format!("{IMPORT}/{id}"))),
        Err(FileError::NotNow) => Ok(visit.see_other(&format!("{IMPORT}/{id}?not_now=1"))),
        Err(FileError::NotThere) => Err(absent(visit)),
        Err(FileError::Failure(failure)) => Err(failed(visit, &failure)),
    }
}

async fn show(visit: &Visit, id: &str, not_now: bool) -> Result<Response, Response> {
    let (desk, proof) = keeper(visit).await?;
    let found = files::find(&visit.app.services, &proof, id).await.map_err(|failure| failed(visit, &failure))?;
    let file = found.ok_or_else(|| absent(visit))?;
    let names = Names::of(visit, &desk, std::slice::from_ref(&file.by)).await?;
    let page = FilePage {
        chrome: visit.chrome(),
        console: desk.console(Section::Legacy),
        sent: (names.full(&file.by), shown_moment(file.at)),
        encodings: encodings(file.encoding),
        file,
        not_now,
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}
