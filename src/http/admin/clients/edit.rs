//! Changing a client: the fields that are the reader's to change, and no other.

use super::{address, editor, keeper, seen};
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::clients::{ClientEdit, FormField, FormProblem, Shape, field_words, wrong_said};
use crate::http::view::error::ErrorWords;
use crate::model::client::is_client_id;
use crate::protocol::parameters::Parameters;
use crate::service::clients::console::{self, Change, EditError};
use crate::service::clients::fields::{Field, Wrong};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Typed {
    changes: Vec<Change>,
    version: Option<i64>,
    wrong: Vec<(Field, Wrong)>,
    problem: Option<FormProblem>,
}

/// `GET /admin/clients/{id}/edit`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    show(&visit, &desk, &id, Typed::default()).await
}

/// `POST /admin/clients/{id}/edit`: `fields` names the fields of the form, since an emptied one is sent like none.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    if !is_client_id(&id) {
        return absent(&visit);
    }
    visit.here = format!("{}/edit", address(&id));
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = editor(&desk, &id) else { return absent(&visit) };
    let Some(version) = form.get("version").and_then(|version| version.parse().ok()) else {
        return visit.see_other(&visit.here);
    };
    let changes = typed(&form);
    let edited = console::edit(&visit.app.services, &proof, keeper(&desk).as_ref(), version, &changes).await;
    let typed = Typed { changes, version: Some(version), ..Typed::default() };
    match edited {
        Ok(_) => visit.see_other(&format!("{}?done=saved", address(&id))),
        Err(EditError::Wrong(wrong)) => show(&visit, &desk, &id, Typed { wrong, ..typed }).await,
        Err(EditError::Refused(reason)) => {
            show(&visit, &desk, &id, Typed { problem: Some(FormProblem::Refused(reason)), ..typed }).await
        }
        Err(EditError::OtherSubjects) => {
            show(&visit, &desk, &id, Typed { problem: Some(FormProblem::OtherSubjects), ..typed }).await
        }
        // What was typed stays, to be laid over what the other one made of it.
        Err(EditError::Stale) => {
            show(&visit, &desk, &id, Typed { problem: Some(FormProblem::Stale), version: None, ..typed }).await
        }
        Err(EditError::NotTheirs(_)) => page::show(&visit, ErrorWords::Forbidden, None, "a field is not theirs to change"),
        Err(EditError::Unknown) => absent(&visit),
        Err(EditError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

/// The fields that the form names or brings. What is no field of a client is not looked at.
fn typed(form: &Parameters) -> Vec<Change> {
    let named: Vec<&str> = form.get("fields").unwrap_or_default().split(' ').collect();
    let there = |field: &Field| named.contains(&field.word()) || form.get(field.word()).is_some();
    let change = |field: Field| Change { field, typed: form.owned(field.word()).unwrap_or_default() };
    Field::ALL.into_iter().filter(there).map(change).collect()
}

async fn show(visit: &Visit, desk: &Desk, id: &str, typed: Typed) -> Response {
    if editor(desk, id).is_none() {
        return absent(visit);
    }
    let (_, found) = match seen(visit, desk, id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let whole = keeper(desk).is_some();
    let theirs: &[Field] = if whole { &Field::ALL } else { &Field::OWNERS };
    let chrome = visit.chrome();
    let t = chrome.t();
    let field = |field: &Field| {
        let (label, hint) = field_words(t, *field);
        let change = typed.changes.iter().find(|change| change.field == *field);
        FormField {
            name: field.word(),
            label,
            hint: hint.to_owned(),
            value: change.map_or_else(|| field.text(&found.client), |change| change.typed.clone()),
            shape: if field.is_flag() {
                Shape::Tick
            } else if field.is_long() {
                Shape::Lines
            } else {
                Shape::Line
            },
            problem: typed.wrong.iter().find(|(wrong, _)| wrong == field).map(|(_, wrong)| wrong_said(t, wrong)),
        }
    };
    let mended = typed.problem.is_none() && typed.wrong.is_empty();
    let fields = theirs.iter().map(field).collect();
    let page = ClientEdit {
        console: desk.console(Section::Clients),
        id: id.to_owned(),
        name: found.client.name.clone(),
        version: typed.version.unwrap_or(found.version),
        fields,
        own: !whole,
        problem: typed.problem,
        chrome,
    };
    visit.page(if mended { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, &page, None)
}
