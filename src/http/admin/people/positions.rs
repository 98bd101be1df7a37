//! Positions of a person: a new one by a decision, the end of one, and what may be said anew of it.

use super::edit::{Refused, reason_input, refused, seen};
use super::person::{days_said, head, kind_said, may, one, titled, unit_name};
use crate::base::date::{shown, vietnam_date};
use crate::base::id::PositionId;
use crate::base::text::fold;
use crate::http::admin::{Desk, absent, enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::parts::SelectOption;
use crate::http::view::console::person::{Tab, field_name};
use crate::http::view::console::person_forms::{ChangePosition, Input, NewPosition, PositionFields, place};
use crate::model::authority::{EditPeople, Extent};
use crate::model::position::{Position, PositionKind};
use crate::model::unit::Certainty;
use crate::protocol::parameters::Parameters;
use crate::service::authority::{One, People};
use crate::service::people::ChangeError;
use crate::service::people::edit::{self, Begun};
use crate::service::people::positions::{self, PositionEdit, is_within};
use crate::service::people::told::{Field, PositionTold};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::collections::BTreeMap;

/// The field of the last day in the form that ends a position.
const LAST_DAY: &str = "last_day";
/// The decision by which a position ends.
const DECISION: &str = "decision";

/// `GET /admin/people/{id}/positions`: the form of a new one.
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    show(&visit, &id).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/positions`
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}/positions");
    add(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

/// `GET /admin/people/{id}/positions/{position}`: the forms of one that is there.
pub async fn get_one(visit: Visit, Path((id, position)): Path<(String, String)>) -> Response {
    show_one(&visit, &id, position).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/positions/{position}`: `act` is `end` or `change`.
pub async fn post_one(
    mut visit: Visit,
    Path((id, position)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    visit.here = format!("/admin/people/{id}/positions/{position}");
    change(&visit, &id, position, &headers, body).await.unwrap_or_else(|answer| answer)
}

/// Over the person, and within which units.
async fn proofs(visit: &Visit, desk: &Desk, id: &str) -> Result<(One<EditPeople>, People<EditPeople>), Response> {
    let proof = one::<EditPeople>(visit, desk, id).await?;
    let within = desk.authority.people::<EditPeople>().ok_or_else(|| absent(visit))?;
    Ok((proof, within))
}

async fn begin(visit: &Visit, proof: &One<EditPeople>) -> Result<Begun, Response> {
    let begun = edit::begin(&visit.app.services, proof).await.map_err(|failure| errors::failed(visit, &failure))?;
    begun.ok_or_else(|| absent(visit))
}

async fn show(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let (proof, within) = proofs(visit, &desk, id).await?;
    let begun = begin(visit, &proof).await?;
    let empty = PositionTold { kind: PositionKind::CongChuc.as_str().to_owned(), ..PositionTold::default() };
    let view = new_view(visit, &desk, &begun, &within, (&empty, "")).await?;
    Ok(visit.page(StatusCode::OK, &view, None))
}

async fn add(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let (proof, within) = proofs(visit, &desk, id).await?;
    let form = own_form(visit, headers, body).await?;
    let told = told(&form);
    let reason = form.get("reason").unwrap_or_default();
    let seen = seen(&form);
    let Err(error) = positions::add(&visit.app.services, (&proof, &within), seen, &told, reason).await else {
        return Ok(visit.see_other(&format!("/admin/people/{id}?done=position")));
    };
    let Refused { status, mistakes, second, version } = refused(visit, error)?;
    let begun = Begun { version: version.unwrap_or(seen), person: proof.person().clone() };
    let mut view = new_view(visit, &desk, &begun, &within, (&told, reason)).await?;
    place(&mut view.fields.inputs, &mistakes);
    place(&mut view.inputs, &mistakes);
    view.mistakes = mistakes;
    view.second = second;
    Ok(visit.page(status, &view, None))
}

/// What was typed of a new position.
pub(super) fn told(form: &Parameters) -> PositionTold {
    let typed = |field: Field| form.owned(field.word()).unwrap_or_default();
    PositionTold {
        unit: typed(Field::Unit),
        unit_code: form.owned("unit_code").unwrap_or_default(),
        department: typed(Field::Department),
        title: typed(Field::Title),
        kind: typed(Field::Kind),
        primary: form.get(Field::Primary.word()).is_some(),
        decision_no: typed(Field::DecisionNo),
        valid_from: typed(Field::ValidFrom),
        valid_to: typed(Field::ValidTo),
    }
}

/// The fields of a new position, with the units of today in an extent to choose from.
pub(super) fn fields(visit: &Visit, extent: &Extent, told: &PositionTold) -> PositionFields {
    let t = visit.chrome().t();
    let input = |field: Field, value: &str| Input::text(field.word(), field_name(t, field), value.to_owned());
    PositionFields {
        units: units(visit, extent, &told.unit),
        kinds: kinds(visit, &told.kind),
        primary: told.primary,
        inputs: vec![
            Input::text("unit_code", &t.console_person_unit_code, told.unit_code.clone())
                .hinted(&t.console_person_unit_code_hint),
            input(Field::Department, &told.department),
            input(Field::Title, &told.title),
            input(Field::DecisionNo, &told.decision_no),
            input(Field::ValidFrom, &told.valid_from).hinted(&t.console_person_date_hint),
            input(Field::ValidTo, &told.valid_to).hinted(&t.console_person_valid_to_hint),
        ],
    }
}

fn units(visit: &Visit, extent: &Extent, chosen: &str) -> Vec<SelectOption> {
    let today = vietnam_date(visit.app.services.clock.now());
    let registry = visit.app.services.known.registry();
    let there = registry.units().filter(|unit| extent.holds(&unit.id) && unit.span.holds_on(today) != Certainty::No);
    let mut named: Vec<(String, String, String)> = there
        .map(|unit| {
            let above = registry.parent_on(unit, today).map(|above| registry.name_on(above, today).to_owned());
            (registry.name_on(unit, today).to_owned(), above.unwrap_or_default(), unit.id.0.clone())
        })
        .collect();
    let mut namesakes: BTreeMap<String, usize> = BTreeMap::new();
    for (name, ..) in &named {
        *namesakes.entry(name.clone()).or_default() += 1;
    }
    named.sort_by_cached_key(|(name, above, _)| (fold(name), fold(above)));
    let mut options = vec![SelectOption {
        value: String::new(),
        label: visit.chrome().t().console_person_choose_unit.clone(),
        chosen: chosen.is_empty(),
    }];
    options.extend(named.into_iter().map(|(name, above, id)| {
        let alone = namesakes.get(&name).is_none_or(|many| *many == 1) || above.is_empty();
        SelectOption { chosen: id == chosen, label: if alone { name } else { format!("{name}, {above}") }, value: id }
    }));
    options
}

fn kinds(visit: &Visit, chosen: &str) -> Vec<SelectOption> {
    let option = |kind: PositionKind| SelectOption {
        value: kind.as_str().to_owned(),
        label: kind_said(visit, kind).to_owned(),
        chosen: kind.as_str() == chosen,
    };
    PositionKind::ALL.map(option).to_vec()
}

async fn new_view(
    visit: &Visit,
    desk: &Desk,
    begun: &Begun,
    within: &People<EditPeople>,
    (told, reason): (&PositionTold, &str),
) -> Result<NewPosition, Response> {
    let may = may(visit, desk, &begun.person.id).await?;
    Ok(NewPosition {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: head(visit, &begun.person, may, Tab::Form, None),
        seen: begun.version,
        fields: fields(visit, within.extent(), told),
        inputs: vec![reason_input(visit, reason)],
        mistakes: Vec::new(),
        second: None,
    })
}

/// What was typed in one of the two forms of a position.
#[derive(Default)]
struct Typed {
    last_day: String,
    decision: String,
    edit: PositionEdit,
}

async fn show_one(visit: &Visit, id: &str, position: String) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let (proof, within) = proofs(visit, &desk, id).await?;
    let begun = begin(visit, &proof).await?;
    let position = PositionId(position);
    let held = begun.person.positions.iter().find(|held| held.id == position && is_within(&within, held));
    let Some(held) = held else { return Err(absent(visit)) };
    let edit = PositionEdit {
        kind: held.kind.as_str().to_owned(),
        primary: held.primary,
        decision_no: held.decision_no.clone(),
        valid_to: held.valid_to.map(shown).unwrap_or_default(),
        reason: String::new(),
    };
    let view = one_view(visit, &desk, &begun, held, &Typed { edit, ..Typed::default() }).await?;
    Ok(visit.page(StatusCode::OK, &view, None))
}

async fn change(visit: &Visit, id: &str, position: String, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let (proof, within) = proofs(visit, &desk, id).await?;
    let form = own_form(visit, headers, body).await?;
    let position = PositionId(position);
    let services = &visit.app.services;
    let over = (&proof, &within);
    let seen = seen(&form);
    let ends = form.get("act") == Some("end");
    let typed = typed(&form);
    let done = if ends {
        positions::end(services, over, seen, &position, (&typed.last_day, &typed.decision)).await
    } else {
        positions::change(services, over, seen, &position, &typed.edit).await
    };
    let word = if ends { "ended" } else { "position" };
    let error = match done {
        Ok(true) => return Ok(visit.see_other(&format!("/admin/people/{id}?done={word}"))),
        Ok(false) => return Ok(visit.see_other(&format!("/admin/people/{id}?done=same"))),
        Err(error) => error,
    };
    let held = proof.person().positions.iter().find(|held| held.id == position && is_within(&within, held));
    let Some(held) = held else { return Err(absent(visit)) };
    again(visit, &desk, (&proof, held), (seen, ends, &typed), error).await
}

async fn again(
    visit: &Visit,
    desk: &Desk,
    (proof, held): (&One<EditPeople>, &Position),
    (seen, ends, typed): (i64, bool, &Typed),
    error: ChangeError,
) -> Result<Response, Response> {
    let Refused { status, mut mistakes, second, version } = refused(visit, error)?;
    let begun = Begun { version: version.unwrap_or(seen), person: proof.person().clone() };
    let mut view = one_view(visit, desk, &begun, held, typed).await?;
    if ends {
        // The same fields have other names in the form of the end, since both forms are on one page.
        for mistake in &mut mistakes {
            mistake.target = if mistake.target == Field::DecisionNo.word() { DECISION } else { LAST_DAY };
        }
        place(&mut view.ending, &mistakes);
    } else {
        place(&mut view.inputs, &mistakes);
    }
    view.mistakes = mistakes;
    view.second = second;
    Ok(visit.page(status, &view, None))
}

fn typed(form: &Parameters) -> Typed {
    let text = |name: &str| form.owned(name).unwrap_or_default();
    Typed {
        last_day: text(LAST_DAY),
        decision: text(DECISION),
        edit: PositionEdit {
            kind: text(Field::Kind.word()),
            primary: form.get(Field::Primary.word()).is_some(),
            decision_no: text(Field::DecisionNo.word()),
            valid_to: text(Field::ValidTo.word()),
            reason: text(Field::Reason.word()),
        },
    }
}

async fn one_view(visit: &Visit, desk: &Desk, begun: &Begun, held: &Position, typed: &Typed) -> Result<ChangePosition, Response> {
    let t = visit.chrome().t();
    let registry = visit.app.services.known.registry();
    let today = vietnam_date(visit.app.services.clock.now());
    let may = may(visit, desk, &begun.person.id).await?;
    let edit = &typed.edit;
    Ok(ChangePosition {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: head(visit, &begun.person, may, Tab::Form, None),
        id: held.id.0.clone(),
        post: titled(held),
        place: unit_name(&registry, held, today),
        days: days_said(visit, held),
        seen: begun.version,
        ending: vec![
            Input::text(LAST_DAY, &t.console_person_last_day, typed.last_day.clone()).hinted(&t.console_person_date_hint),
            Input::text(DECISION, &t.console_person_end_decision, typed.decision.clone()),
        ],
        kinds: kinds(visit, &edit.kind),
        primary: edit.primary,
        inputs: vec![
            Input::text(Field::DecisionNo.word(), field_name(t, Field::DecisionNo), edit.decision_no.clone()),
            Input::text(Field::ValidTo.word(), field_name(t, Field::ValidTo), edit.valid_to.clone())
                .hinted(&t.console_person_valid_to_hint),
            reason_input(visit, &edit.reason),
        ],
        mistakes: Vec::new(),
        second: None,
    })
}
