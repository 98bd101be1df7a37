//! The list of files, and sending one.

use super::multipart::Multipart;
use super::{HERE, keeper, name_of, reader};
use crate::base::date::shown_moment;
use crate::http::admin::Desk;
use crate::http::extract::body::BodyProblem;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::imports::{FileLine, ImportsPage, Sending};
use crate::http::view::error::ErrorWords;
use crate::model::authority::{AddPeople, Extent, ReadImports, Sees};
use crate::model::import::ImportKind;
use crate::protocol::parameters::Parameters;
use crate::service::authority::Units;
use crate::service::provisioning::imports::look;
use crate::service::provisioning::imports::upload::{self, MOST_BYTES, UploadError};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What the fields beside the file may take.
const FIELDS_BYTES: u64 = 65_536;

/// `GET /admin/imports`; with `before=` older files.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let (desk, proof) = match reader(&visit).await {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, &proof, (asked.get("before"), None, None)).await.unwrap_or_else(|response| response)
}

/// `POST /admin/imports`: `kind` and `file`.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let (desk, proof) = match keeper(&visit).await {
        Ok(keeper) => keeper,
        Err(response) => return response,
    };
    let (problem, kind) = match take(&visit, &proof, &headers, body).await {
        Ok(id) => return visit.see_other(&format!("{HERE}/{id}")),
        Err(Refused::Answered(response)) => return *response,
        Err(Refused::Told(problem, kind)) => (problem, kind),
    };
    show(&visit, &desk, &proof, (None, Some(problem), kind)).await.unwrap_or_else(|response| response)
}

/// Why a file was not taken.
enum Refused {
    /// Said by a page of its own.
    Answered(Box<Response>),
    /// Said by the form, with the kind that was chosen.
    Told(Sending, Option<ImportKind>),
}

impl Refused {
    fn answered(response: Response) -> Self {
        Self::Answered(Box::new(response))
    }
}

/// Takes the form part by part. The fields come before the file, so that nothing of a file is kept that another site sent.
async fn take(visit: &Visit, proof: &Units<AddPeople>, headers: &HeaderMap, body: Body) -> Result<String, Refused> {
    let unread = |problem: BodyProblem, kind| match problem {
        BodyProblem::TooLarge => Refused::Told(Sending::TooLarge, kind),
        BodyProblem::WrongType | BodyProblem::TooSlow | BodyProblem::Broken => Refused::answered(page::unread(visit, problem)),
    };
    let mut form = Multipart::open(headers, body, MOST_BYTES + FIELDS_BYTES).map_err(|problem| unread(problem, None))?;
    let (mut token, mut kind) = (String::new(), None);
    while let Some(part) = form.next().await.map_err(|problem| unread(problem, kind))? {
        match (part.name.as_str(), part.file_name) {
            ("csrf", None) => token = form.text().await.map_err(|problem| unread(problem, kind))?,
            ("kind", None) => {
                let word = form.text().await.map_err(|problem| unread(problem, kind))?;
                kind = ImportKind::from_word(&word);
            }
            ("file", Some(name)) => {
                if !visit.is_own_form(&Parameters::from_pairs([("csrf", token.as_str())])) {
                    let forged = page::show(visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
                    return Err(Refused::answered(forged));
                }
                let Some(kind) = kind else { return Err(Refused::Told(Sending::NoKind, None)) };
                return take_file(visit, proof, (kind, &name), &mut form).await;
            }
            _ => {}
        }
    }
    Err(Refused::Told(Sending::NoFile, kind))
}

async fn take_file(
    visit: &Visit,
    proof: &Units<AddPeople>,
    (kind, name): (ImportKind, &str),
    form: &mut Multipart,
) -> Result<String, Refused> {
    let told = |sending| Refused::Told(sending, Some(kind));
    let refused = |error: UploadError| match error {
        UploadError::TooLarge => told(Sending::TooLarge),
        UploadError::TooMany => told(Sending::TooMany),
        UploadError::Failure(failure) => Refused::answered(page::failed(visit, &failure)),
    };
    let first = match form.piece().await {
        Ok(Some(first)) => first,
        Ok(None) => return Err(told(Sending::NoFile)),
        Err(problem) => return Err(Refused::answered(page::unread(visit, problem))),
    };
    let mut coming = upload::begin(&visit.app.services, proof, kind, name).await.map_err(refused)?;
    let mut next = Ok(Some(first));
    let broken = loop {
        match next {
            Ok(None) => break None,
            Ok(Some(piece)) => {
                if let Err(error) = coming.push(&piece).await {
                    break Some(refused(error));
                }
            }
            Err(BodyProblem::TooLarge) => break Some(told(Sending::TooLarge)),
            Err(problem @ (BodyProblem::WrongType | BodyProblem::TooSlow | BodyProblem::Broken)) => {
                break Some(Refused::answered(page::unread(visit, problem)));
            }
        }
        next = form.piece().await;
    };
    match broken {
        None => coming.finish().await.map_err(refused),
        Some(broken) => {
            if let Err(error) = coming.give_up().await {
                tracing::warn!(%error, "a file that broke off could not be removed now");
            }
            Err(broken)
        }
    }
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    proof: &Units<impl Sees<ReadImports>>,
    (before, problem, kind): (Option<&str>, Option<Sending>, Option<ImportKind>),
) -> Result<Response, Response> {
    let found = look::files(&visit.app.services, proof, before).await.map_err(|failure| page::failed(visit, &failure))?;
    let mut files = Vec::with_capacity(found.files.len());
    for file in found.files {
        files.push(FileLine {
            by: name_of(visit, &file.created_by).await?,
            id: file.id,
            name: file.file_name,
            kind: file.kind,
            at: shown_moment(file.created_at),
            rows: file.rows_read,
            bad: file.rows_bad,
            state: file.state,
        });
    }
    let status = match problem {
        None => StatusCode::OK,
        Some(Sending::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        Some(Sending::TooMany) => StatusCode::TOO_MANY_REQUESTS,
        Some(Sending::NoFile | Sending::NoKind) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = ImportsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Imports),
        files,
        older: found.older.map(|id| format!("{HERE}?before={id}")),
        is_first: before.is_none(),
        everyone: *proof.extent() == Extent::City,
        may_send: desk.authority.units::<AddPeople>().is_some(),
        kind,
        problem,
    };
    Ok(visit.page(status, &page, None))
}
