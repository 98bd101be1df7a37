//! Files of accounts: the list, and sending one.

use super::{encodings, failed, keeper};
use crate::base::date::shown_moment;
use crate::base::encoding::Encoding;
use crate::http::admin::imports::multipart::Multipart;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, enter_fresh};
use crate::http::extract::body::BodyProblem;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::legacy::{FilesPage, IMPORT, Refused};
use crate::http::view::console::parts::SelectOption;
use crate::http::view::error::ErrorWords;
use crate::model::authority::EditSources;
use crate::protocol::parameters::Parameters;
use crate::service::authority::City;
use crate::service::legacy::files::upload::{self, MOST_BYTES, UploadError};
use crate::service::legacy::{files, sources};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What the fields beside the file may take.
const FIELDS_BYTES: u64 = 65_536;

/// Why a file was not taken.
enum Stop {
    /// Said by a page of its own.
    Answered(Box<Response>),
    /// Said by the form.
    Told(Refused),
}

impl Stop {
    fn answered(response: Response) -> Self {
        Self::Answered(Box::new(response))
    }
}

/// `GET /admin/legacy/import`
pub async fn get(visit: Visit) -> Response {
    let (desk, proof) = match keeper(&visit).await {
        Ok(keeper) => keeper,
        Err(response) => return response,
    };
    show(&visit, &desk, &proof, None).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/legacy/import`: `source`, `encoding` and `file`.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    IMPORT.clone_into(&mut visit.here);
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.city::<EditSources>() else { return crate::http::admin::absent(&visit) };
    match take(&visit, &proof, &headers, body).await {
        Ok(id) => visit.see_other(&format!("{IMPORT}/{id}")),
        Err(Stop::Answered(response)) => *response,
        Err(Stop::Told(refused)) => show(&visit, &desk, &proof, Some(refused)).await.unwrap_or_else(|answer| answer),
    }
}

fn unread(visit: &Visit, problem: BodyProblem) -> Stop {
    match problem {
        BodyProblem::TooLarge => Stop::Told(Refused::TooLarge),
        BodyProblem::WrongType | BodyProblem::TooSlow | BodyProblem::Broken => Stop::answered(page::unread(visit, problem)),
    }
}

/// Takes the form part by part. The fields come before the file, so that nothing of a file is kept that another site sent.
async fn take(visit: &Visit, proof: &City<EditSources>, headers: &HeaderMap, body: Body) -> Result<String, Stop> {
    let wrong = |problem: BodyProblem| unread(visit, problem);
    let mut form = Multipart::open(headers, body, MOST_BYTES + FIELDS_BYTES).map_err(wrong)?;
    let (mut token, mut source, mut encoding) = (String::new(), String::new(), String::new());
    while let Some(part) = form.next().await.map_err(wrong)? {
        match (part.name.as_str(), part.file_name) {
            ("csrf", None) => token = form.text().await.map_err(wrong)?,
            ("source", None) => source = form.text().await.map_err(wrong)?,
            ("encoding", None) => encoding = form.text().await.map_err(wrong)?,
            ("file", Some(name)) => {
                if !visit.is_own_form(&Parameters::from_pairs([("csrf", token.as_str())])) {
                    let forged = page::show(visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
                    return Err(Stop::answered(forged));
                }
                let named = (source.as_str(), Encoding::from_word(&encoding));
                return take_file(visit, proof, (named, &name), &mut form).await;
            }
            _ => {}
        }
    }
    Err(Stop::Told(Refused::NoFile))
}

async fn take_file(
    visit: &Visit,
    proof: &City<EditSources>,
    (named, name): ((&str, Option<Encoding>), &str),
    form: &mut Multipart,
) -> Result<String, Stop> {
    let refused = |error: UploadError| match error {
        UploadError::NoSource => Stop::Told(Refused::NoSource),
        UploadError::TooLarge => Stop::Told(Refused::TooLarge),
        UploadError::TooMany => Stop::Told(Refused::TooMany),
        UploadError::Failure(failure) => Stop::answered(failed(visit, &failure)),
    };
    let first = match form.piece().await {
        Ok(Some(first)) => first,
        Ok(None) => return Err(Stop::Told(Refused::NoFile)),
        Err(problem) => return Err(unread(visit, problem)),
    };
    let mut coming = upload::begin(&visit.app.services, proof, named, name).await.map_err(refused)?;
    let mut next = Ok(Some(first));
    let broken = loop {
        match next {
            Ok(None) => break None,
            Ok(Some(piece)) => {
                if let Err(error) = coming.push(&piece).await {
                    break Some(refused(error));
                }
            }
            Err(problem) => break Some(unread(visit, problem)),
        }
        next = form.piece().await;
    };
    match broken {
        None => coming.finish().await.map_err(refused),
        Some(broken) => {
            if let Err(error) = coming.give_up().await {
                tracing::warn!(%error, "a file of accounts that broke off could not be removed now");
            }
            Err(broken)
        }
    }
}

async fn show(visit: &Visit, desk: &Desk, proof: &City<EditSources>, refused: Option<Refused>) -> Result<Response, Response> {
    let services = &visit.app.services;
    let listed = files::list(services, proof).await.map_err(|failure| failed(visit, &failure))?;
    let people: Vec<_> = listed.iter().map(|file| file.by.clone()).collect();
    let names = Names::of(visit, desk, &people).await?;
    let known = sources::list(services).await.map_err(|failure| failed(visit, &failure))?;
    let open = known.into_iter().filter(|source| source.stopped_at.is_none());
    let option = |source: crate::model::legacy_source::LegacySource| SelectOption {
        label: format!("{} ({})", source.name, source.id),
        value: source.id,
        chosen: false,
    };
    let status = match refused {
        None => StatusCode::OK,
        Some(Refused::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        Some(Refused::TooMany) => StatusCode::TOO_MANY_REQUESTS,
        Some(Refused::NoFile | Refused::NoSource) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = FilesPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Legacy),
        files: listed.into_iter().map(|file| (names.full(&file.by), shown_moment(file.at), file)).map(ordered).collect(),
        sources: open.map(option).collect(),
        encodings: encodings(None),
        refused,
    };
    Ok(visit.page(status, &page, None))
}

fn ordered((by, at, file): (String, String, files::File)) -> (files::File, String, String) {
    (file, by, at)
}
