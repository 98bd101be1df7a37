//! The file of units' codes: checked, shown, applied, taken back.

use super::upload::own_upload;
use super::{HERE, attachment, line};
use crate::base::date::{iso, parse, shown, shown_moment};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::unit_codes::{ChangeLine, CodeFilePage, CodesDone, CodesPage, CodesProblem, FileLine};
use crate::model::authority::{EditCodes, ReadCodes, Sees};
use crate::model::unit_code::{AGENCY, GSO};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authority::Units;
use crate::service::onboarding::begins;
use crate::service::registry::code_file::{self, CodeChange, CodeFile, CodeFileError, MOST_BYTES};
use crate::service::registry::files::Source;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// The list of files.
const FILES: &str = "/admin/units/codes";

/// `GET /admin/units/codes`
pub async fn get(visit: Visit) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<ReadCodes>() else { return absent(&visit) };
    answer(&visit, show_list(&visit, &desk, &proof, None).await)
}

/// `POST /admin/units/codes`: a file is checked, and waits under an id of its own.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    FILES.clone_into(&mut visit.here);
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<EditCodes>() else { return absent(&visit) };
    let upload = match own_upload(&visit, &headers, body, MOST_BYTES).await {
        Ok(upload) => upload,
        Err(response) => return response,
    };
    let Some(file) = upload.file("file") else {
        return answer(&visit, show_list(&visit, &desk, &proof, Some(CodesProblem::NoFile)).await);
    };
    let source = Source { name: file.name.clone(), bytes: file.bytes.clone() };
    let problem = match code_file::preview(&visit.app.services, &proof, &source).await {
        Ok(id) => return visit.see_other(&format!("{FILES}/{id}")),
        Err(CodeFileError::Refused(errors)) => CodesProblem::Mistakes(errors.into_iter().map(|error| error.error).collect()),
        Err(CodeFileError::Unchanged) => CodesProblem::Unchanged,
        // What waits nowhere yet is not decided, and nothing was applied that could be stale.
        Err(CodeFileError::Absent | CodeFileError::Decided | CodeFileError::Stale) => CodesProblem::Stale,
        Err(CodeFileError::Failure(failure)) => return page::failed(&visit, &failure),
    };
    answer(&visit, show_list(&visit, &desk, &proof, Some(problem)).await)
}

/// `GET /admin/units/codes/sheet`: the units without an agency code, to be filled in.
pub async fn sheet(visit: Visit) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<ReadCodes>() else { return absent(&visit) };
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    let mut rows = vec![["gso_code", "scheme", "code", "valid_from", "valid_to"].map(str::to_owned).to_vec()];
    for unit in registry.units().filter(|unit| begins(unit, today) && proof.holds(&unit.id)) {
        let Some(gso) = registry.code_on(unit, GSO, today) else { continue };
        if registry.code_on(unit, AGENCY, today).is_none() {
            let from = unit.span.from.unwrap_or(today);
            rows.push(vec![gso.to_owned(), AGENCY.to_owned(), String::new(), iso(from), String::new()]);
        }
    }
    attachment("ma-dinh-danh.csv", &rows)
}

/// `GET /admin/units/codes/{id}`
pub async fn one(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<ReadCodes>() else { return absent(&visit) };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let done = parameters.get("done").and_then(CodesDone::from_word);
    match code_file::find(&visit.app.services, &proof, &id).await {
        Ok(Some(file)) => visit.page(StatusCode::OK, &file_page(&visit, &desk, &file, done), None),
        Ok(None) => absent(&visit),
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// `POST /admin/units/codes/{id}`: `act` = `apply`, `undo` or `discard`.
pub async fn act(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = FILES.to_owned();
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<EditCodes>() else { return absent(&visit) };
    let services = &visit.app.services;
    let done = match form.get("act") {
        Some("apply") => code_file::apply(services, &proof, &id).await.map(|()| CodesDone::Applied),
        Some("undo") => {
            let kept = code_file::undo(services, &proof, &id).await;
            kept.map(|kept| if kept.is_empty() { CodesDone::Undone } else { CodesDone::UndoneInPart })
        }
        Some("discard") => match code_file::discard(services, &proof, &id).await {
            Ok(true) => Ok(CodesDone::Discarded),
            Ok(false) => Err(CodeFileError::Decided),
            Err(failure) => Err(failure.into()),
        },
        _ => return visit.see_other(FILES),
    };
    let done = match done {
        Ok(done) => done,
        Err(CodeFileError::Absent) => return absent(&visit),
        Err(CodeFileError::Stale) => CodesDone::Stale,
        Err(CodeFileError::Decided | CodeFileError::Refused(_) | CodeFileError::Unchanged) => CodesDone::Decided,
        Err(CodeFileError::Failure(failure)) => return page::failed(&visit, &failure),
    };
    // Of another's file nothing is told, not even that it is there.
    match code_file::find(services, &proof, &id).await {
        Ok(Some(_)) => visit.see_other(&format!("{FILES}/{id}?done={}", done.word())),
        Ok(None) => absent(&visit),
        Err(failure) => page::failed(&visit, &failure),
    }
}

fn may_edit(desk: &Desk) -> bool {
    desk.authority.units::<EditCodes>().is_some()
}

fn answer(visit: &Visit, shown: Result<Response, Failure>) -> Response {
    shown.unwrap_or_else(|failure| page::failed(visit, &failure))
}

async fn show_list(
    visit: &Visit,
    desk: &Desk,
    proof: &Units<impl Sees<ReadCodes>>,
    problem: Option<CodesProblem>,
) -> Result<Response, Failure> {
    let files = code_file::list(&visit.app.services, proof).await?;
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    let within = registry.units().filter(|unit| begins(unit, today) && proof.holds(&unit.id));
    let (coded, bare): (Vec<_>, Vec<_>) = within.partition(|unit| registry.code_on(unit, AGENCY, today).is_some());
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let line = |file: &CodeFile| FileLine {
        id: file.id.clone(),
        name: file.name.clone(),
        at: shown_moment(file.made_at),
        count: file.changes.len(),
        state: file.state,
    };
    let page = CodesPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Units),
        files: files.iter().map(line).collect(),
        coded: coded.len(),
        bare: bare.len(),
        problem,
        may_edit: may_edit(desk),
        list: HERE,
    };
    Ok(visit.page(status, &page, None))
}

fn file_page(visit: &Visit, desk: &Desk, file: &CodeFile, done: Option<CodesDone>) -> CodeFilePage {
    let now = visit.app.services.clock.now();
    let chrome = visit.chrome();
    CodeFilePage {
        said: done.map(|done| done.said(&chrome)),
        chrome,
        console: desk.console(Section::Units),
        id: file.id.clone(),
        name: file.name.clone(),
        at: shown_moment(file.made_at),
        decided_at: file.undone_at.or(file.applied_at).map(shown_moment),
        state: file.state,
        changes: file.changes.iter().map(|change| change_line(desk, change)).collect(),
        kept: file.kept.iter().map(|change| change_line(desk, change)).collect(),
        skipped: file.skipped,
        may_edit: may_edit(desk),
        may_undo: file.may_be_undone(now),
        list: HERE,
    }
}

fn change_line(desk: &Desk, change: &CodeChange) -> ChangeLine {
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    let day = |text: &Option<String>| text.as_deref().and_then(parse);
    let on = day(&change.from).unwrap_or(today);
    ChangeLine {
        unit: registry.unit(&change.unit).map(|unit| line(registry, unit, on)),
        scheme: change.scheme.clone(),
        code: change.code.clone(),
        from: day(&change.from).map(shown),
        to: day(&change.to).map(shown),
        ends: change.ends,
    }
}
