//! The worklist as a file to fill in: as text it is written while it is read; a workbook is made as a whole, so a longer
//! list is given as text.

use super::list::{Asked, here};
use super::{reader, refused};
use crate::base::csv;
use crate::http::admin::pieces::{self, Pieces};
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::provisioning::imports::templates::Form;
use crate::service::reorganization::desk::{self, Taking};
use crate::service::reorganization::worklist::COLUMNS;
use axum::extract::{Path, RawQuery};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// More rows are not made a workbook of.
const MOST_IN_WORKBOOK: usize = 20_000;

/// `GET /admin/plans/{name}/worklist/export`: `form` is `csv` or `xlsx`, beside the filter of the list.
pub async fn get(mut visit: Visit, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    visit.here = here(&name);
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    taken(&visit, &name, &asked).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit, name: &str, parameters: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let reader = reader(&desk).ok_or_else(|| absent(visit))?;
    let asked = Asked::read(parameters);
    let begun = desk::export(&visit.app.services, &reader, name, asked.filter()).await;
    let taking = match begun {
        Ok(taking) => taking,
        // Where nothing can be listed the page says why.
        Err(error) => return refused(visit, error).map(|_| visit.see_other(&here(name))),
    };
    let wanted = parameters.get("form").unwrap_or_default();
    let form = Form::ALL.into_iter().find(|form| form.extension() == wanted).unwrap_or(Form::Csv);
    let file = format!("cho-quyet-dinh-{name}");
    let failed = |failure: Failure| page::failed(visit, &failure);
    match form {
        Form::Csv => Ok(written(&file, taking, Vec::new())),
        Form::Xlsx => workbook(&file, taking).await.map_err(failed),
    }
}

fn header() -> Vec<String> {
    COLUMNS.map(str::to_owned).to_vec()
}

/// The list as a workbook; as text when it is too long for one.
async fn workbook(file: &str, mut taking: Taking) -> Result<Response, Failure> {
    let mut rows = vec![header()];
    while let Some(posts) = taking.piece().await? {
        rows.extend(posts.iter().map(|post| post.cells().to_vec()));
        if rows.len() > MOST_IN_WORKBOOK {
            rows.remove(0);
            return Ok(written(file, taking, rows));
        }
    }
    let form = Form::Xlsx;
    let mut response = ([(CONTENT_TYPE, form.media_type())], form.written(&rows)?).into_response();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{file}.{}\"", form.extension())) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// The list as text, after rows that were read already.
fn written(file: &str, taking: Taking, before: Vec<Vec<String>>) -> Response {
    let form = Form::Csv;
    let lines = Lines { taking, before, begun: false };
    pieces::attachment(&format!("{file}.{}", form.extension()), form.media_type(), lines)
}

/// The lines of a file.
struct Lines {
    taking: Taking,
    before: Vec<Vec<String>>,
    begun: bool,
}

impl Pieces for Lines {
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        if !self.begun {
            self.begun = true;
            let mut rows = vec![header()];
            rows.append(&mut self.before);
            return Ok(Some(csv::table(&rows)));
        }
        let Some(posts) = self.taking.piece().await? else { return Ok(None) };
        let lines = posts.iter().map(|post| csv::line(&post.cells().each_ref().map(String::as_str)));
        Ok(Some(lines.collect()))
    }
}
