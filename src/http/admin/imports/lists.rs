//! Lists to take away: empty files to fill in, rows with mistakes to be mended, what was left alone.

use super::{attachment, keeper};
use crate::http::admin::absent;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::imports::{kept_rows, row_rows};
use crate::model::import::RowEffect;
use crate::service::provisioning::imports::look;
use crate::service::provisioning::imports::templates::{self, Form};
use axum::extract::Path;
use axum::response::Response;

/// `GET /admin/imports/templates/{name}`, such as `people.xlsx`.
pub async fn template(visit: Visit, Path(name): Path<String>) -> Response {
    if let Err(response) = keeper(&visit).await {
        return response;
    }
    match templates::named(&name) {
        Some((kind, form)) => {
            let name = format!("mau-{}.{}", kind.word(), form.extension());
            attachment(&name, form.media_type(), templates::template(kind, form))
        }
        None => absent(&visit),
    }
}

/// What a list is of.
enum List {
    Rows(Option<RowEffect>),
    Kept,
}

/// `bad.csv`, `all.xlsx`, `kept.csv`
fn named(name: &str) -> Option<(List, Form)> {
    let (what, extension) = name.split_once('.')?;
    let form = Form::ALL.into_iter().find(|form| form.extension() == extension)?;
    let list = match what {
        "all" => List::Rows(None),
        "kept" => List::Kept,
        _ => List::Rows(Some(RowEffect::from_word(what)?)),
    };
    Some((list, form))
}

/// `GET /admin/imports/{id}/{list}`
pub async fn rows(visit: Visit, Path((id, list)): Path<(String, String)>) -> Response {
    let (_, proof) = match keeper(&visit).await {
        Ok(keeper) => keeper,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    let Some((what, form)) = named(&list) else { return absent(&visit) };
    let import = match look::file(services, &proof, &id).await {
        Ok(Some(import)) => import,
        Ok(None) => return absent(&visit),
        Err(failure) => return page::failed(&visit, &failure),
    };
    let chrome = visit.chrome();
    let written = match what {
        List::Rows(effect) => look::taken(services, &proof, &import, effect).await.map(|rows| row_rows(&chrome, &import, &rows)),
        List::Kept => look::taken_kept(services, &proof, &import).await.map(|rows| kept_rows(&chrome, &rows)),
    };
    match written {
        Ok(rows) => attachment(&format!("nhap-tep-{list}"), form.media_type(), form.written(&rows)),
        Err(failure) => page::failed(&visit, &failure),
    }
}
