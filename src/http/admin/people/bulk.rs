//! Acts on many people: chosen on the list, looked at on a page of their own, then begun.

use super::filter::Filter;
use super::list::{Sent, show};
use crate::base::date::{shown, vietnam_date};
use crate::base::id::{PersonId, is_uuid};
use crate::base::words::{Words, fill};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Said, number};
use crate::http::view::console::people::{Begin, BulkStep, ChosenLine, ListProblem, PeopleBulk};
use crate::model::authority::{DisablePeople, GrantRoles, HelpPeople, ReadBulks, ReadPeople};
use crate::protocol::parameters::Parameters;
use crate::service::authority::People;
use crate::service::directory;
use crate::service::provisioning::many::{self, Act, Begun, Bulk, BulkError, May, Outcome, Overview, State};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `POST /admin/people/bulk`: `act` with `p.ID` for each who is ticked, or `all` for everybody who matches `query`.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    super::HERE.clone_into(&mut visit.here);
    choose(&visit, &headers, body).await.unwrap_or_else(|answer| answer)
}

/// `GET /admin/people/bulk/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let done = parameters.owned("done");
    look(&visit, &id, done.as_deref()).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/bulk/{id}`: `act` = `begin`, `run` or `undo`.
pub async fn step(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = address(&id);
    take_step(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

fn address(id: &str) -> String {
    format!("/admin/people/bulk/{id}")
}

async fn choose(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let form = own_form(visit, headers, body).await?;
    let filter = Filter::read(&Parameters::decode(form.get("query").unwrap_or_default().as_bytes()));
    let ticked = form.pairs().filter_map(|(name, _)| name.strip_prefix("p.")).filter(|id| is_uuid(id));
    let mut sent = Sent {
        people: ticked.map(str::to_owned).collect(),
        all: form.get("all").is_some(),
        act: form.get("act").unwrap_or_default().to_owned(),
        role: form.get("role").unwrap_or_default().to_owned(),
        ..Sent::default()
    };
    match chosen(visit, &desk, &proof, &filter, &sent).await? {
        Ok(id) => Ok(visit.see_other(&address(&id))),
        Err(problem) => {
            sent.problem = Some(problem);
            show(visit, &desk, &filter, &sent).await
        }
    }
}

/// Keeps the choice; or what is wrong with it.
async fn chosen(
    visit: &Visit,
    desk: &Desk,
    proof: &People<ReadPeople>,
    filter: &Filter,
    sent: &Sent,
) -> Result<Result<String, ListProblem>, Response> {
    let services = &visit.app.services;
    let Some(act) = Act::from_word(&sent.act) else { return Ok(Err(ListProblem::NoAct)) };
    let Some(proofs) = Proofs::of(desk, act) else { return Err(absent(visit)) };
    let role = sent.role.split_once('/').map(|(client, role)| (client.to_owned(), role.to_owned()));
    if act == Act::Grant && role.is_none() {
        return Ok(Err(ListProblem::NoRole));
    }
    let people = if sent.all {
        let query = directory::Query { place: None, ..filter.query() };
        let found = directory::all_ids(services, proof, &query, many::MOST).await;
        let (people, more) = found.map_err(|failure| errors::failed(visit, &failure))?;
        if more {
            return Ok(Err(ListProblem::TooMany));
        }
        people
    } else {
        sent.people.iter().cloned().map(PersonId).collect()
    };
    match many::choose(services, &proofs.may(role.as_ref()), &people).await {
        Ok(id) => Ok(Ok(id)),
        Err(BulkError::Nobody | BulkError::Reason | BulkError::Gone) => Ok(Err(ListProblem::Nobody)),
        Err(BulkError::TooMany) => Ok(Err(ListProblem::TooMany)),
        Err(BulkError::Failure(failure)) => Err(errors::failed(visit, &failure)),
    }
}

/// The proof that an act on many takes.
enum Proofs {
    Disable(People<DisablePeople>),
    Restore(People<DisablePeople>),
    Remind(People<HelpPeople>),
    Grant(People<GrantRoles>),
}

impl Proofs {
    fn of(desk: &Desk, act: Act) -> Option<Self> {
        match act {
            Act::Disable => desk.authority.people().map(Self::Disable),
            Act::Restore => desk.authority.people().map(Self::Restore),
            Act::Remind => desk.authority.people().map(Self::Remind),
            Act::Grant => desk.authority.people().map(Self::Grant),
        }
    }

    fn may<'a>(&'a self, role: Option<&'a (String, String)>) -> May<'a> {
        let (client, role) = role.map(|(client, role)| (client.as_str(), role.as_str())).unwrap_or_default();
        match self {
            Self::Disable(proof) => May::Disable(proof),
            Self::Restore(proof) => May::Restore(proof),
            Self::Remind(proof) => May::Remind(proof),
            Self::Grant(proof) => May::Grant { proof, client, role },
        }
    }
}

async fn overview(visit: &Visit, desk: &Desk, id: &str) -> Result<Overview, Response> {
    let Some(proof) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let found = many::look(&visit.app.services, &proof, id).await.map_err(|failure| errors::failed(visit, &failure))?;
    found.ok_or_else(|| absent(visit))
}

/// The same, and for whoever reads everything any other.
async fn any_overview(visit: &Visit, desk: &Desk, id: &str) -> Result<Overview, Response> {
    let answer = match overview(visit, desk, id).await {
        Ok(overview) => return Ok(overview),
        Err(answer) => answer,
    };
    let Some(proof) = desk.authority.city::<ReadBulks>() else { return Err(answer) };
    let found = many::look_at_any(&visit.app.services, &proof, id).await.map_err(|failure| errors::failed(visit, &failure))?;
    found.ok_or(answer)
}

async fn look(visit: &Visit, id: &str, done: Option<&str>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let overview = any_overview(visit, &desk, id).await?;
    let t = visit.chrome().t();
    let done = match done {
        Some("done") if overview.bulk.state == State::Done => Some(&t.console_people_bulk_done),
        Some("asked") if overview.bulk.state == State::Waiting => Some(&t.console_people_bulk_asked),
        Some("undone") if overview.bulk.state == State::Undone => Some(&t.console_people_bulk_undone),
        _ => None,
    };
    let page = PeopleBulk { done: done.map(|text| Said::ok(text)), ..view(visit, &desk, overview) };
    Ok(visit.page(StatusCode::OK, &page, None))
}

async fn take_step(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    let overview = overview(visit, &desk, id).await?;
    let form = own_form(visit, headers, body).await?;
    match form.get("act") {
        Some("begin") => begin(visit, &desk, overview, form.get("reason").unwrap_or_default()).await,
        Some("run") => run(visit, &desk, id).await,
        Some("undo") => match many::undo(&visit.app.services, &desk.authority, id).await {
            Ok(()) => Ok(visit.see_other(&format!("{}?done=undone", address(id)))),
            Err(BulkError::Failure(failure)) => Err(errors::failed(visit, &failure)),
            Err(BulkError::Nobody | BulkError::TooMany | BulkError::Reason | BulkError::Gone) => Err(absent(visit)),
        },
        _ => Ok(visit.see_other(&address(id))),
    }
}

async fn begin(visit: &Visit, desk: &Desk, overview: Overview, reason: &str) -> Result<Response, Response> {
    let id = overview.bulk.id.clone();
    let Some(proofs) = Proofs::of(desk, overview.bulk.act) else { return Err(absent(visit)) };
    match many::begin(&visit.app.services, &proofs.may(overview.bulk.role.as_ref()), &id, reason).await {
        Ok(Begun::Now) => run(visit, desk, &id).await,
        Ok(Begun::Asked(_)) => Ok(visit.see_other(&format!("{}?done=asked", address(&id)))),
        Err(BulkError::Reason) => {
            let page = PeopleBulk { reason: reason.to_owned(), no_reason: true, ..view(visit, desk, overview) };
            Ok(visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page, None))
        }
        // Pressed twice: what became of it is on the page.
        Err(BulkError::Gone | BulkError::Nobody | BulkError::TooMany) => Ok(visit.see_other(&address(&id))),
        Err(BulkError::Failure(failure)) => Err(errors::failed(visit, &failure)),
    }
}

async fn run(visit: &Visit, desk: &Desk, id: &str) -> Result<Response, Response> {
    let run = many::run(&visit.app.services, &desk.authority, id).await;
    match run.map_err(|failure| errors::failed(visit, &failure))? {
        many::Run::Done => Ok(visit.see_other(&format!("{}?done=done", address(id)))),
        many::Run::NotNow => Ok(visit.see_other(&address(id))),
    }
}

fn view(visit: &Visit, desk: &Desk, overview: Overview) -> PeopleBulk {
    let chrome = visit.chrome();
    let t = chrome.t();
    let Overview { bulk, people } = overview;
    PeopleBulk {
        console: desk.console(Section::People),
        act: bulk.act,
        role: bulk.role.as_ref().map(|(client, role)| format!("{client}: {role}")),
        lead: lead(visit, t, people.iter().map(|chosen| chosen.outcome)),
        step: step_of(visit, desk, &bulk),
        lines: people
            .into_iter()
            .map(|chosen| ChosenLine {
                id: chosen.person.0,
                full_name: chosen.full_name,
                username: chosen.username,
                outcome: chosen.outcome,
            })
            .collect(),
        id: bulk.id,
        reason: bulk.reason,
        no_reason: false,
        done: None,
        chrome,
    }
}

/// How many were chosen; and once it was begun, how many it was done to.
fn lead(visit: &Visit, t: &Words, outcomes: impl Iterator<Item = Outcome>) -> String {
    let outcomes: Vec<Outcome> = outcomes.collect();
    let chrome = visit.chrome();
    let said = |n: usize| number(&chrome, i64::try_from(n).unwrap_or(i64::MAX));
    let count = |of: Outcome| said(outcomes.iter().filter(|outcome| **outcome == of).count());
    let all = said(outcomes.len());
    if outcomes.iter().all(|outcome| *outcome == Outcome::Waiting) {
        return fill(&t.console_people_bulk_chosen, &[("count", &all)]);
    }
    let (done, waiting) = (count(Outcome::Done), count(Outcome::Waiting));
    fill(&t.console_people_bulk_count, &[("done", &done), ("count", &all), ("waiting", &waiting)])
}

/// What whoever looks may do now.
fn step_of(visit: &Visit, desk: &Desk, bulk: &Bulk) -> BulkStep {
    let me = desk.authority.person();
    let doer = bulk.approved_by.as_ref().unwrap_or(&bulk.created_by);
    let now = visit.app.services.clock.now();
    match bulk.state {
        State::Chosen if bulk.created_by == *me => {
            BulkStep::Begin(Begin { reason: bulk.act.wants_reason(), second: bulk.second })
        }
        State::Waiting => bulk.approval.clone().map_or(BulkStep::Nothing, BulkStep::Waits),
        State::Running if doer == me => BulkStep::GoOn,
        State::Undoing if doer == me => BulkStep::GoOnUndoing,
        State::Done if doer == me && bulk.act.can_be_undone() => {
            let end = bulk.decided_at.map(|at| at.plus_seconds(many::UNDO_DAYS * 86_400)).filter(|end| *end >= now);
            end.map_or(BulkStep::Nothing, |end| BulkStep::Undo(shown(vietnam_date(end))))
        }
        State::Chosen | State::Running | State::Done | State::Undoing | State::Undone => BulkStep::Nothing,
    }
}
