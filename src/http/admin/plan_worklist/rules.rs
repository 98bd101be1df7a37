//! The rules of a plan: the list, a new one, and taking one back.

use super::refused;
use crate::base::date::shown_moment;
use crate::base::id::{PersonId, UnitId};
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, SelectOption, address};
use crate::http::view::console::plan_worklist::{RuleLine, RulesDone, RulesPage, Typed};
use crate::model::authority::{ReadPlans, WritePlans};
use crate::protocol::parameters::Parameters;
use crate::service::authority::City;
use crate::service::reorganization::ReorganizationError;
use crate::service::reorganization::choices::NewRule;
use crate::service::reorganization::desk::{self, Divided, Rule, Rules};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Rules of a page.
const PAGE: usize = 50;

/// What a page is asked to show beside the rules.
#[derive(Default)]
struct Shown {
    page: usize,
    typed: Typed,
    problem: Option<String>,
    status: StatusCode,
    done: Option<RulesDone>,
}

fn here(name: &str) -> String {
    format!("/admin/plans/{name}/rules")
}

/// `GET /admin/plans/{name}/rules`
pub async fn get(visit: Visit, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let shown = Shown {
        page: asked.get("page").and_then(|page| page.parse().ok()).unwrap_or_default(),
        done: asked.get("done").and_then(RulesDone::from_word),
        ..Shown::default()
    };
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    show(&visit, &desk, &name, shown).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/plans/{name}/rules`: `act` = `add` with `from`, `department`, `title`, `to` and `decision_no`, or `remove`
/// with `id`.
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
                to: typed("to"),
                decision_no: typed("decision_no"),
            };
            let (problem, status) = (Some(refused.sentence), refused.status);
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
        to: field("to"),
        decision_no: field("decision_no"),
    };
    desk::add_rule(services, proof, name, &rule).await?;
    Ok(RulesDone::Added)
}

async fn show(visit: &Visit, desk: &Desk, name: &str, asked: Shown) -> Result<Response, Response> {
    let Some(proof) = desk.authority.city::<ReadPlans>() else { return Err(absent(visit)) };
    let (found, problem, status) = match desk::rules(&visit.app.services, &proof, name).await {
        Ok(found) => (found, asked.problem, asked.status),
        Err(error) => {
            // The units are not as the plan has them: nothing can be listed, and the page says why.
            let refused = refused(visit, error)?;
            let nothing = Rules { title: name.to_owned(), rules: Vec::new(), divided: Vec::new(), is_open: false };
            (nothing, asked.problem.or(Some(refused.sentence)), refused.status)
        }
    };
    let (chrome, here) = (visit.chrome(), here(name));
    let to = |page: usize| address(&here, &[("page", &page.to_string())]);
    let (range, pages) = Pages::of(&chrome, (asked.page, PAGE), found.rules.len(), to);
    let rules = found.rules.get(range).unwrap_or_default();
    let makers: Vec<PersonId> = rules.iter().map(|rule| PersonId(rule.row.by.clone())).collect();
    let names = Names::of(visit, desk, &makers).await?;
    let page = RulesPage {
        console: desk.console(Section::Plans),
        name: name.to_owned(),
        title: found.title,
        lines: rules.iter().map(|rule| line(&names, rule)).collect(),
        pages,
        from: from(&found.divided, &asked.typed.from),
        to: to_units(&found.divided, &asked.typed.to),
        typed: asked.typed,
        problem,
        may_write: found.is_open && desk.authority.city::<WritePlans>().is_some(),
        is_open: found.is_open,
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
        decision_no: rule.row.decision_no.clone(),
        by: names.shown(&rule.row.by),
        at: shown_moment(rule.row.at),
    }
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
