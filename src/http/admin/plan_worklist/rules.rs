//! The rules of a plan: the list, a new one, and taking one back; and the seats that they may go by.

use super::{fell, refused};
use crate::base::date::shown_moment;
use crate::base::id::{PersonId, UnitId};
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, SelectOption, address};
use crate::http::view::console::plan_worklist::{RuleLine, RulesDone, RulesPage, RulesProblem, SeatLine, Typed};
use crate::model::authority::{ReadPlans, WritePlans};
use crate::model::row_error::RowError;
use crate::protocol::parameters::Parameters;
use crate::service::authority::City;
use crate::service::reorganization::ReorganizationError;
use crate::service::reorganization::choices::NewRule;
use crate::service::reorganization::desk::{self, Divided, Rule, Rules, Seated};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Rules of a page, and seats.
const PAGE: usize = 50;

/// What a page is asked to show beside the rules.
#[derive(Default)]
pub(super) struct Shown {
    /// Which page of the rules.
    page: usize,
    /// Which page of the seats.
    seats: usize,
    typed: Typed,
    problem: Option<RulesProblem>,
    /// What is wrong in a file, row by row.
    mistakes: Vec<RowError>,
    status: StatusCode,
    done: Option<RulesDone>,
}

impl Shown {
    /// What is said of a file that was not taken.
    pub(super) fn of_file(problem: RulesProblem, mistakes: Vec<RowError>, status: StatusCode) -> Self {
        Self { problem: Some(problem), mistakes, status, ..Self::default() }
    }
}

/// The address of the rules of a plan.
pub(super) fn here(name: &str) -> String {
    format!("/admin/plans/{name}/rules")
}

/// `GET /admin/plans/{name}/rules`
pub async fn get(visit: Visit, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let page = |name: &str| asked.get(name).and_then(|page| page.parse().ok()).unwrap_or_default();
    let shown = Shown {
        page: page("page"),
        seats: page("seats"),
        done: asked.get("done").and_then(RulesDone::from_word),
        ..Shown::default()
    };
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    show(&visit, &desk, &name, shown).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/plans/{name}/rules`: `act` = `add` with `from`, `department`, `title`, `seat`, `to` and `decision_no`, or
/// `remove` with `id`.
pub async fn post(mut visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = here(&name);
    press(&visit, &name, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, name: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    // A rule moves many people: a sign-in of the last minutes is asked for.
    let desk = enter_fresh(visit).await?;
    let Some(proof) = desk.authority.city::<WritePlans>() else { return Err(absent(visit)) };
    let form = own_form(visit, headers, body).await?;
    match act(visit, &proof, name, &form).await {
        Ok(done) => Ok(visit.see_other(&address(&here(name), &[("done", done.word())]))),
        Err(error) => {
            let refused = refused(visit, error)?;
            let typed = |name: &str| form.owned(name).unwrap_or_default();
            let typed = Typed {
                from: typed("from"),
                department: typed("department"),
                title: typed("title"),
                seat: typed("seat"),
                to: typed("to"),
                decision_no: typed("decision_no"),
            };
            let (problem, status) = (Some(RulesProblem::Rule(refused.sentence)), refused.status);
            show(visit, &desk, name, Shown { typed, problem, status, ..Shown::default() }).await
        }
    }
}

async fn act(visit: &Visit, proof: &City<WritePlans>, name: &str, form: &Parameters) -> Result<RulesDone, ReorganizationError> {
    let services = &visit.app.services;
    let field = |name: &str| form.get(name).unwrap_or_default();
    if field("act") == "remove" {
        let removed = desk::remove_rule(services, proof, name, field("id")).await?;
        return Ok(if removed { RulesDone::Removed } else { RulesDone::WasRemoved });
    }
    let rule = NewRule {
        from: field("from"),
        department: form.get("department"),
        title: form.get("title"),
        seat: form.get("seat"),
        to: field("to"),
        decision_no: field("decision_no"),
    };
    desk::add_rule(services, proof, name, &rule).await?;
    Ok(RulesDone::Added)
}

/// Shows the rules and the seats to whoever may see them.
pub(super) async fn show(visit: &Visit, desk: &Desk, name: &str, asked: Shown) -> Result<Response, Response> {
    let Some(proof) = desk.authority.city::<ReadPlans>() else { return Err(absent(visit)) };
    let (found, problem, status) = match desk::rules(&visit.app.services, &proof, name).await {
        Ok(found) => (found, asked.problem, asked.status),
        Err(error) => {
            // The units are not as the plan has them: nothing can be listed, and the page says why.
            let refused = refused(visit, error)?;
            let title = name.to_owned();
            let nothing = Rules { title, rules: Vec::new(), divided: Vec::new(), seats: Vec::new(), is_open: false };
            (nothing, asked.problem.or(Some(RulesProblem::Rule(refused.sentence))), refused.status)
        }
    };
    let (chrome, here) = (visit.chrome(), here(name));
    // Of two lists on a page, the other one stays where it is.
    let to = |page: usize, seats: usize| address(&here, &[("page", &turned(page)), ("seats", &turned(seats))]);
    let (range, pages) = Pages::of(&chrome, (asked.page, PAGE), found.rules.len(), |page| to(page, asked.seats));
    let rules = found.rules.get(range).unwrap_or_default();
    let (range, seat_pages) = Pages::of(&chrome, (asked.seats, PAGE), found.seats.len(), |seats| to(asked.page, seats));
    let seats = found.seats.get(range).unwrap_or_default();
    let makers = rules.iter().map(|rule| &rule.row.by).chain(seats.iter().map(|seat| &seat.row.by));
    let makers: Vec<PersonId> = makers.map(|by| PersonId(by.clone())).collect();
    let names = Names::of(visit, desk, &makers).await?;
    let fell = fell(visit, name, asked.done.is_some()).await;
    let page = RulesPage {
        console: desk.console(Section::Plans),
        name: name.to_owned(),
        title: found.title,
        lines: rules.iter().map(|rule| line(&names, rule)).collect(),
        pages,
        seats: seats.iter().map(|seat| seat_line(&names, seat)).collect(),
        seat_pages,
        from: from(&found.divided, &asked.typed.from),
        to: to_units(&found.divided, &asked.typed.to),
        typed: asked.typed,
        problem,
        mistakes: asked.mistakes,
        may_write: found.is_open && desk.authority.city::<WritePlans>().is_some(),
        is_open: found.is_open,
        fell,
        done: asked.done,
        here,
        chrome,
    };
    Ok(visit.page(status, &page, None))
}

fn line(names: &Names, rule: &Rule) -> RuleLine {
    RuleLine {
        id: rule.row.id.clone(),
        from: rule.from_unit.clone(),
        to: rule.to_unit.clone(),
        department: rule.row.department.clone().unwrap_or_default(),
        title: rule.row.title.clone().unwrap_or_default(),
        seat: rule.row.seat.clone().unwrap_or_default(),
        decision_no: rule.row.decision_no.clone(),
        by: names.shown(&rule.row.by),
        at: shown_moment(rule.row.at),
    }
}

fn seat_line(names: &Names, seat: &Seated) -> SeatLine {
    SeatLine {
        unit: seat.unit.clone(),
        department: seat.row.department.clone(),
        address: seat.row.address.clone(),
        by: names.shown(&seat.row.by),
        at: shown_moment(seat.row.at),
    }
}

/// The number of a page, as an address carries it: the first one is not told.
fn turned(page: usize) -> String {
    if page == 0 { String::new() } else { page.to_string() }
}

fn option(unit: &UnitId, label: &str, chosen: &str) -> SelectOption {
    SelectOption { value: unit.0.clone(), label: label.to_owned(), chosen: unit.as_str() == chosen }
}

fn from(divided: &[Divided], chosen: &str) -> Vec<SelectOption> {
    divided.iter().map(|unit| option(&unit.unit, &unit.label, chosen)).collect()
}

/// All units that anybody may go to, each once.
fn to_units(divided: &[Divided], chosen: &str) -> Vec<SelectOption> {
    let mut units: Vec<(&str, &UnitId)> =
        divided.iter().flat_map(|unit| &unit.candidates).map(|(unit, label)| (label.as_str(), unit)).collect();
    units.sort();
    units.dedup();
    units.into_iter().map(|(label, unit)| option(unit, label, chosen)).collect()
}
