//! Changing what is known of a person. Whoever comes second to a change is told who was first, and keeps what they typed.

use super::person::{head, may, one};
use crate::base::date::{shown, shown_moment};
use crate::base::words::{Words, fill};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::person::{Tab, field_name, who_said};
use crate::http::view::console::person_forms::{Input, Mistake, PersonEdit, Second, mistakes, place};
use crate::model::authority::EditPeople;
use crate::model::person::Person;
use crate::protocol::parameters::Parameters;
use crate::service::authority::One;
use crate::service::people::told::{FactsTold, Field};
use crate::service::people::{ChangeError, Overtaken, edit};
use crate::service::withheld::Brought;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// The facts that the form holds, and no others.
const FACTS: [Field; 5] = [Field::FullName, Field::DateOfBirth, Field::Email, Field::Phone, Field::EmployeeCode];

/// `GET /admin/people/{id}/edit`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    show(&visit, &id).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/edit`
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}/edit");
    save(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = one::<EditPeople>(visit, &desk, id).await?;
    let begun = edit::begin(&visit.app.services, &proof).await.map_err(|failure| errors::failed(visit, &failure))?;
    let Some(begun) = begun else { return Err(absent(visit)) };
    let known = told_of(&begun.person);
    let view = view(visit, &desk, &begun.person, begun.version, (&known, "")).await?;
    Ok(visit.page(StatusCode::OK, &view, None))
}

async fn save(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = one::<EditPeople>(visit, &desk, id).await?;
    let form = own_form(visit, headers, body).await?;
    let told = told(&form);
    // Mail opens an account: whoever sends it elsewhere has just shown who they are.
    if told.email.as_ref().is_some_and(|typed| typed.trim() != proof.person().email.as_deref().unwrap_or_default()) {
        enter_fresh(visit).await?;
    }
    let reason = form.get("reason").unwrap_or_default();
    let seen = seen(&form);
    match edit::edit(&visit.app.services, &proof, seen, &told, reason).await {
        Ok(true) => Ok(visit.see_other(&format!("/admin/people/{id}?done=saved"))),
        Ok(false) => Ok(visit.see_other(&format!("/admin/people/{id}?done=same"))),
        Err(error) => again(visit, &desk, &proof, (seen, &told, reason), error).await,
    }
}

async fn again(
    visit: &Visit,
    desk: &Desk,
    proof: &One<EditPeople>,
    (seen, told, reason): (i64, &FactsTold, &str),
    error: ChangeError,
) -> Result<Response, Response> {
    let Refused { status, mistakes, second, version } = refused(visit, error)?;
    let mut view = view(visit, desk, proof.person(), version.unwrap_or(seen), (told, reason)).await?;
    place(&mut view.inputs, &mistakes);
    view.mistakes = mistakes;
    view.second = second;
    Ok(visit.page(status, &view, None))
}

/// What a form is answered with that was not taken.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) second: Option<Second>,
    /// The version that counts now, when others were first.
    pub(super) version: Option<i64>,
}

/// Why a change was not made, for its form; what has no form is answered at once.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
pub(super) fn refused(visit: &Visit, error: ChangeError) -> Result<Refused, Response> {
    let t = visit.chrome().t();
    match error {
        ChangeError::Wrong(problems) => Ok(Refused {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            mistakes: mistakes(t, &problems),
            second: None,
            version: None,
        }),
        ChangeError::Brings(brought) => Ok(Refused {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            mistakes: brought.iter().map(|one| brings(t, one)).collect(),
            second: None,
            version: None,
        }),
        ChangeError::Overtaken(overtaken) => Ok(Refused {
            status: StatusCode::CONFLICT,
            mistakes: Vec::new(),
            second: Some(second(visit, &overtaken)),
            version: Some(overtaken.version),
        }),
        ChangeError::Absent => Err(absent(visit)),
        ChangeError::Failure(failure) => Err(errors::failed(visit, &failure)),
    }
}

/// A role that a post would bring and that is not theirs to give, beside the field that brings it.
fn brings(t: &'static Words, brought: &Brought) -> Mistake {
    let field = Field::from(brought.by);
    let said = [("field", field_name(t, field)), ("role", brought.role.as_str()), ("system", brought.system.as_str())];
    Mistake { target: field.word(), text: fill(&t.console_person_wrong_brings, &said) }
}

fn second(visit: &Visit, overtaken: &Overtaken) -> Second {
    let chrome = visit.chrome();
    let t = chrome.t();
    let by = overtaken.by.iter().map(|first| {
        let (who, at) = (who_said(&chrome, &first.who), shown_moment(first.at));
        fill(&t.console_person_second_by, &[("name", &who), ("at", &at)])
    });
    let changed = overtaken
        .changed
        .iter()
        .map(|difference| (field_name(t, difference.field).to_owned(), difference.before.clone(), difference.after.clone()));
    let titles = overtaken.positions.join("; ");
    let positions = (!titles.is_empty()).then(|| fill(&t.console_person_second_positions, &[("positions", &titles)]));
    Second { by: by.collect(), changed: changed.collect(), positions }
}

/// The version that a form rests on; without one it rests on nothing, and is refused as soon as anything is known.
pub(super) fn seen(form: &Parameters) -> i64 {
    form.get("seen").and_then(|seen| seen.parse().ok()).unwrap_or(-1)
}

/// What was typed: the fields that came, and those that the form says it holds and that came empty.
fn told(form: &Parameters) -> FactsTold {
    let held: Vec<&str> = form.get("has").unwrap_or_default().split(' ').collect();
    let typed = |field: Field| {
        let word = field.word();
        form.owned(word).or_else(|| held.contains(&word).then(String::new))
    };
    FactsTold {
        full_name: typed(Field::FullName),
        date_of_birth: typed(Field::DateOfBirth),
        email: typed(Field::Email),
        phone: typed(Field::Phone),
        employee_code: typed(Field::EmployeeCode),
    }
}

fn told_of(person: &Person) -> FactsTold {
    FactsTold {
        full_name: Some(person.full_name.clone()),
        date_of_birth: Some(person.date_of_birth.map(shown).unwrap_or_default()),
        email: Some(person.email.clone().unwrap_or_default()),
        phone: Some(person.phone.clone().unwrap_or_default()),
        employee_code: Some(person.employee_code.clone().unwrap_or_default()),
    }
}

/// The fields of facts, as they are typed.
pub(super) fn inputs(visit: &Visit, told: &FactsTold) -> Vec<Input> {
    let t = visit.chrome().t();
    let value = |typed: &Option<String>| typed.clone().unwrap_or_default();
    let input = |field: Field, typed: &Option<String>| Input::text(field.word(), field_name(t, field), value(typed));
    vec![
        input(Field::FullName, &told.full_name),
        input(Field::DateOfBirth, &told.date_of_birth).hinted(&t.console_person_date_hint),
        input(Field::Email, &told.email).of_kind("email").hinted(&t.console_person_email_hint),
        input(Field::Phone, &told.phone).of_kind("tel"),
        input(Field::EmployeeCode, &told.employee_code),
    ]
}

/// The field in which it is said why.
pub(super) fn reason_input(visit: &Visit, typed: &str) -> Input {
    let t = visit.chrome().t();
    Input::text(Field::Reason.word(), &t.console_person_reason, typed.to_owned()).hinted(&t.console_person_reason_hint)
}

async fn view(
    visit: &Visit,
    desk: &Desk,
    person: &Person,
    seen: i64,
    (told, reason): (&FactsTold, &str),
) -> Result<PersonEdit, Response> {
    let may = may(visit, desk, &person.id).await?;
    let mut fields = inputs(visit, told);
    fields.push(reason_input(visit, reason));
    Ok(PersonEdit {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: head(visit, person, may, Tab::Form, None),
        seen,
        has: FACTS.map(Field::word).join(" "),
        inputs: fields,
        mistakes: Vec::new(),
        second: None,
    })
}
