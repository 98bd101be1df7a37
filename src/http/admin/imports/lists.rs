//! Lists to take away: empty files to fill in, rows with mistakes to be mended, what was left alone. As text they are
//! written while they are read; a workbook is made as a whole, so longer lists are given as text alone.

use super::{HERE, attachment, reader};
use crate::base::csv;
use crate::http::admin::{absent, pieces};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::imports::{kept_rows, row_rows};
use crate::model::authority::ReadImports;
use crate::model::import::RowEffect;
use crate::service::Failure;
use crate::service::authority::Units;
use crate::service::provisioning::imports::Import;
use crate::service::provisioning::imports::look::{self, Taking, TakingKept};
use crate::service::provisioning::imports::templates::{self, Form};
use axum::extract::Path;
use axum::response::Response;

/// `GET /admin/imports/templates/{name}`, such as `people.xlsx`.
pub async fn template(visit: Visit, Path(name): Path<String>) -> Response {
    if let Err(response) = reader(&visit).await {
        return response;
    }
    match templates::named(&name) {
        Some((kind, form)) => {
            let name = format!("mau-{}.{}", kind.word(), form.extension());
            match templates::template(kind, form) {
                Ok(file) => attachment(&name, form.media_type(), file),
                Err(failure) => page::failed(&visit, &failure),
            }
        }
        None => absent(&visit),
    }
}

/// More rows are not made a workbook of.
const MOST_IN_WORKBOOK: i64 = 20_000;

/// What a list is of.
#[derive(Debug, Clone, Copy)]
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
    let (_, proof) = match reader(&visit).await {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    let Some((what, form)) = named(&list) else { return absent(&visit) };
    let import = match look::file(services, &proof, &id).await {
        Ok(Some(import)) => import,
        Ok(None) => return absent(&visit),
        Err(failure) => return page::failed(&visit, &failure),
    };
    match taken(&visit, &proof, import, (what, form, &list)).await {
        Ok(Some(file)) => file,
        Ok(None) => absent(&visit),
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn taken(
    visit: &Visit,
    proof: &Units<ReadImports>,
    import: Import,
    (what, form, list): (List, Form, &str),
) -> Result<Option<Response>, Failure> {
    let services = &visit.app.services;
    if form == Form::Xlsx {
        let many = match what {
            List::Rows(effect) => look::count_of(&import, effect),
            List::Kept => look::count_kept(services, &import).await?,
        };
        if many > MOST_IN_WORKBOOK {
            let text = list.replace(Form::Xlsx.extension(), Form::Csv.extension());
            return Ok(Some(visit.see_other(&format!("{HERE}/{}/{text}", import.id))));
        }
    }
    let source = match what {
        List::Rows(effect) => look::taken(services, proof, &import, effect).await?.map(Source::Rows),
        List::Kept => look::taken_kept(services, proof, &import).await?.map(Source::Kept),
    };
    let Some(source) = source else { return Ok(None) };
    let name = format!("nhap-tep-{list}");
    let mut lines = Lines { source, chrome: visit.chrome(), import, begun: false };
    Ok(Some(match form {
        Form::Csv => pieces::attachment(&name, form.media_type(), lines),
        Form::Xlsx => {
            let mut rows = Vec::new();
            while let Some(some) = lines.rows().await? {
                rows.extend(some);
            }
            attachment(&name, form.media_type(), form.written(&rows)?)
        }
    }))
}

/// Where the rows of a list come from.
enum Source {
    Rows(Taking),
    Kept(TakingKept),
}

/// The lines of a list.
struct Lines {
    source: Source,
    chrome: Chrome,
    import: Import,
    begun: bool,
}

impl Lines {
    /// Some more rows, the first of them with the header above; none behind the last.
    async fn rows(&mut self) -> Result<Option<Vec<Vec<String>>>, Failure> {
        let (rows, is_over) = match &mut self.source {
            Source::Rows(taking) => {
                let some = taking.piece().await?;
                (row_rows(&self.chrome, &self.import, some.as_deref().unwrap_or_default()), some.is_none())
            }
            Source::Kept(taking) => {
                let some = taking.piece().await?;
                (kept_rows(&self.chrome, some.as_deref().unwrap_or_default()), some.is_none())
            }
        };
        let begun = std::mem::replace(&mut self.begun, true);
        if begun && is_over {
            return Ok(None);
        }
        Ok(Some(rows.into_iter().skip(usize::from(begun)).collect()))
    }
}

impl pieces::Pieces for Lines {
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        let begun = self.begun;
        let Some(rows) = self.rows().await? else { return Ok(None) };
        let text = csv::table(&rows);
        Ok(Some(if begun { text.replacen(csv::BOM, "", 1) } else { text }))
    }
}
