//! What was done since a plan was applied: by person, before it is taken back; with the form that takes it back.

use super::one::Shown;
use super::{LINES, failed, stage_of, standing, told, writer};
use crate::base::date::shown;
use crate::base::words::{Words, fill};
use crate::http::admin::units::attachment;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::administrators::role_name;
use crate::http::view::console::parts::{Pages, address};
use crate::http::view::console::people::kind_name;
use crate::http::view::console::plans::plan_address;
use crate::http::view::console::plans::since::{PlanSincePage, SinceLine, Then};
use crate::protocol::parameters::Parameters;
use crate::service::reorganization::looks::Told;
use crate::service::reorganization::{
    PersonSince, PostFact, PostSince, PostValue, ReorganizationError, Right, SINCE_COLUMNS, Since, look_since,
};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/plans/{name}/rollback`: `stage`, and `page`; `file` for all of it as a file.
pub async fn get(visit: Visit, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, (&name, &asked), Shown::default()).await.unwrap_or_else(|response| response)
}

/// Shows it.
pub async fn show(visit: &Visit, desk: &Desk, (name, asked): (&str, &Parameters), answer: Shown) -> Result<Response, Response> {
    let proof = writer(visit, desk)?;
    let status = standing(visit, name).await?;
    let stage = stage_of(visit, &status, asked)?.stage.as_deref();
    let (since, trouble) = match look_since(&visit.app.services, &proof, (name, stage), asked.get("file").is_some()).await {
        Ok(since) => (since, None),
        Err(error @ ReorganizationError::Failure(_)) => return Err(failed(visit, &error)),
        Err(error) => (Since::default(), Some(told(Told::of(&error)))),
    };
    if asked.get("file").is_some() && trouble.is_none() {
        let head = SINCE_COLUMNS.map(str::to_owned).to_vec();
        let rows: Vec<Vec<String>> = std::iter::once(head).chain(since.rows().into_iter().map(Vec::from)).collect();
        return Ok(attachment(&format!("{name}-hoan-tac.csv"), &rows));
    }
    let chrome = visit.chrome();
    let lines = lines(chrome.t(), &since);
    let at = asked.get("page").and_then(|page| page.parse().ok()).unwrap_or_default();
    let here = plan_address(name, "/rollback", None);
    let to = |more: (&str, &str)| address(&here, &[("stage", stage.unwrap_or_default()), more]);
    let (range, pages) = Pages::of(&chrome, (at, LINES), lines.len(), |page| to(("page", &page.to_string())));
    let status_code = if trouble.is_some() && answer.problem.is_none() { StatusCode::CONFLICT } else { answer.status };
    let page = PlanSincePage {
        console: desk.console(Section::Plans),
        name: name.to_owned(),
        title: status.plan.title.clone(),
        stage: stage.map(str::to_owned),
        people: i64::try_from(since.people.len()).unwrap_or(i64::MAX),
        groups: i64::try_from(since.group_roles.len()).unwrap_or(i64::MAX),
        asks: since.asks(),
        lines: lines.get(range).unwrap_or_default().to_vec(),
        pages,
        file: to(("file", "csv")),
        reason: answer.reason,
        problem: answer.problem,
        trouble,
        chrome,
    };
    Ok(visit.page(status_code, &page, None))
}

fn lines(t: &'static Words, since: &Since) -> Vec<SinceLine> {
    let mut lines: Vec<SinceLine> = since.people.iter().flat_map(|one| of_person(t, one)).collect();
    lines.extend(since.group_roles.iter().map(|(grant, unit)| SinceLine {
        about: fill(&t.console_plans_back_in_client, &[("role", &grant.role), ("client", &grant.client_id)]),
        unit: unit.clone(),
        then: Then::Ends,
        ..SinceLine::default()
    }));
    lines
}

fn of_person(t: &'static Words, one: &PersonSince) -> Vec<SinceLine> {
    let whose = || SinceLine { username: one.username.clone(), full_name: one.full_name.clone(), ..SinceLine::default() };
    let post = |post: &PostSince| SinceLine {
        about: post.title.clone(),
        unit: post.unit.clone(),
        changed: post.changed.iter().map(|(fact, was, now)| (fact_name(t, *fact), said(t, was), said(t, now))).collect(),
        then: match &post.left {
            Some(unit) => Then::Held(unit.clone()),
            None if post.ends => Then::UnitGone,
            None => Then::NotHeld,
        },
        ..whose()
    };
    let right = |right: &Right| match right {
        Right::Administers { role, unit } => {
            SinceLine { about: role_name(t, *role).to_owned(), unit: unit.clone(), then: Then::Ends, ..whose() }
        }
        Right::InClient { client, role } => {
            let about = fill(&t.console_plans_back_in_client, &[("role", role), ("client", client)]);
            SinceLine { about, then: Then::Ends, ..whose() }
        }
    };
    let mut lines: Vec<SinceLine> = one.posts.iter().map(post).chain(one.rights.iter().map(right)).collect();
    if one.scope_stays {
        lines.push(SinceLine { about: t.console_plans_back_scope.clone(), then: Then::Stays, ..whose() });
    }
    lines
}

fn fact_name(t: &'static Words, fact: PostFact) -> String {
    let name = match fact {
        PostFact::Held => &t.console_plans_fact_held,
        PostFact::Unit => &t.console_plans_fact_unit,
        PostFact::Department => &t.console_plans_fact_department,
        PostFact::Title => &t.console_plans_fact_title,
        PostFact::Kind => &t.console_plans_fact_kind,
        PostFact::Primary => &t.console_plans_fact_primary,
        PostFact::Decision => &t.console_plans_fact_decision,
        PostFact::FirstDay => &t.console_plans_fact_first,
        PostFact::LastDay => &t.console_plans_fact_last,
    };
    name.clone()
}

fn said(t: &'static Words, value: &PostValue) -> String {
    match value {
        PostValue::Text(text) if text.is_empty() => t.console_plans_back_empty.clone(),
        PostValue::Text(text) => text.clone(),
        PostValue::Day(day) => day.map_or_else(|| t.console_plans_back_open.clone(), shown),
        PostValue::Kind(kind) => kind_name(t, *kind).to_owned(),
        PostValue::Is(true) => t.console_plans_back_yes.clone(),
        PostValue::Is(false) => t.console_plans_back_no.clone(),
    }
}
