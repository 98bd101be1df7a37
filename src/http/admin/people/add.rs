//! Somebody who is new to the directory.

use super::edit::{Refused, inputs, reason_input, refused};
use super::positions::{fields, told as position_told};
use crate::http::admin::{Desk, absent, enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::person::field_name;
use crate::http::view::console::person_forms::{Input, NewPerson, place};
use crate::model::authority::AddPeople;
use crate::model::position::PositionKind;
use crate::protocol::parameters::Parameters;
use crate::service::authority::Units;
use crate::service::people::add::{self, Joiner};
use crate::service::people::told::{FactsTold, Field, PositionTold};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const HERE: &str = "/admin/people/new";

/// `GET /admin/people/new`
pub async fn get(visit: Visit) -> Response {
    show(&visit).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/new`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    save(&visit, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<AddPeople>() else { return Err(absent(visit)) };
    let position = PositionTold { kind: PositionKind::CongChuc.as_str().to_owned(), primary: true, ..PositionTold::default() };
    let view = view(visit, &desk, &proof, &Joiner { position, ..Joiner::default() });
    Ok(visit.page(StatusCode::OK, &view, None))
}

async fn save(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<AddPeople>() else { return Err(absent(visit)) };
    let form = own_form(visit, headers, body).await?;
    let joiner = typed(&form);
    let error = match add::add(&visit.app.services, &proof, &joiner).await {
        Ok(person) => return Ok(visit.see_other(&format!("/admin/people/{person}?done=added"))),
        Err(error) => error,
    };
    let Refused { status, mistakes, .. } = refused(visit, error)?;
    let mut view = view(visit, &desk, &proof, &joiner);
    place(&mut view.inputs, &mistakes);
    place(&mut view.fields.inputs, &mistakes);
    place(&mut view.reasons, &mistakes);
    view.mistakes = mistakes;
    Ok(visit.page(status, &view, None))
}

fn typed(form: &Parameters) -> Joiner {
    let text = |field: Field| form.owned(field.word());
    Joiner {
        username: text(Field::Username).unwrap_or_default(),
        personal_number: text(Field::PersonalNumber).unwrap_or_default(),
        facts: FactsTold {
            full_name: text(Field::FullName),
            date_of_birth: text(Field::DateOfBirth),
            email: text(Field::Email),
            phone: text(Field::Phone),
            employee_code: text(Field::EmployeeCode),
        },
        position: position_told(form),
        reason: text(Field::Reason).unwrap_or_default(),
    }
}

fn view(visit: &Visit, desk: &Desk, proof: &Units<AddPeople>, joiner: &Joiner) -> NewPerson {
    let t = visit.chrome().t();
    let input = |field: Field, value: &str| Input::text(field.word(), field_name(t, field), value.to_owned());
    let mut who = inputs(visit, &joiner.facts);
    who.insert(0, input(Field::Username, &joiner.username).hinted(&t.console_person_username_hint));
    // A number that was not taken is typed again: it does not stand on the page.
    who.push(input(Field::PersonalNumber, "").hinted(&t.console_person_number_hint));
    NewPerson {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        inputs: who,
        fields: fields(visit, proof.extent(), &joiner.position),
        reasons: vec![reason_input(visit, &joiner.reason)],
        mistakes: Vec::new(),
    }
}
