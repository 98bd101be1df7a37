//! How far every unit has come, on one page; and the newest runs of the template.

use super::{HERE, named};
use crate::base::clock::Millis;
use crate::base::date::{iso, shown_moment};
use crate::base::text::{fold, nfc};
use crate::http::admin::units::attachment;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::onboarding::{ReadinessPage, ReadyAdministrator, ReadyLine, RunLine, Sums};
use crate::http::view::console::parts::{Pages, Said, address as address_of};
use crate::model::authority::{OnboardUnits, ReadOnboarding, ReadReadiness, ReadTemplate};
use crate::protocol::parameters::Parameters;
use crate::service::audit::{self, Event};
use crate::service::authority::Units;
use crate::service::onboarding::OPEN_SECONDS;
use crate::service::onboarding::readiness::{self, Ready, Wanted};
use crate::service::onboarding::runs::{self, RunFigures};
use crate::service::{Failure, Services};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

/// Characters that are searched for.
const LONGEST: usize = 80;
/// Units of a page: all of a city.
const ROWS: usize = 200;
/// Runs that are listed.
const RUNS: usize = 10;

/// What is asked for.
struct Asked {
    wanted: Wanted,
    q: String,
    /// The first page is 0.
    page: usize,
    done: bool,
}

impl Asked {
    fn of(query: Option<String>) -> Self {
        let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
        Self {
            wanted: parameters.get("state").and_then(Wanted::from_word).unwrap_or_default(),
            q: parameters.get("q").map(nfc).unwrap_or_default().chars().take(LONGEST).collect(),
            page: parameters.get("page").and_then(|page| page.parse().ok()).unwrap_or_default(),
            done: parameters.get("done") == Some("template"),
        }
    }
}

/// `GET /admin/onboarding`; `state` and `q` narrow it down.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<ReadReadiness>() else { return absent(&visit) };
    match show(&visit, &desk, &proof, Asked::of(query)).await {
        Ok(response) => response,
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// `GET /admin/onboarding/export`: the same as a file.
pub async fn export(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<ReadReadiness>() else { return absent(&visit) };
    match exported(&visit, &desk, &proof, &Asked::of(query)).await {
        Ok(response) => response,
        Err(failure) => page::failed(&visit, &failure),
    }
}

async fn exported(visit: &Visit, desk: &Desk, proof: &Units<ReadReadiness>, asked: &Asked) -> Result<Response, Failure> {
    let services = &visit.app.services;
    let all = readiness::list(services, proof).await?;
    let lines = lines(desk, &all, asked);
    // A list that is taken away holds names of administrators.
    let detail = json!({ "state": asked.wanted.word(), "units": lines.len() });
    audit::looked(services, Event::by(&proof.by, "onboarding.exported", None, None, detail)).await?;
    let chrome = visit.chrome();
    let mut rows = vec![ReadyLine::header(&chrome)];
    rows.extend(lines.into_iter().map(ReadyLine::cells));
    Ok(attachment(&format!("trien-khai-{}.csv", iso(desk.authority.today())), &rows))
}

async fn show(visit: &Visit, desk: &Desk, proof: &Units<ReadReadiness>, asked: Asked) -> Result<Response, Failure> {
    let services = &visit.app.services;
    let all = readiness::list(services, proof).await?;
    let mut lines = lines(desk, &all, &asked);
    let count = lines.len();
    let chrome = visit.chrome();
    let to = |page: usize| {
        let (state, page) = (if asked.wanted == Wanted::All { "" } else { asked.wanted.word() }, page.to_string());
        address_of(HERE, &[("state", state), ("q", &asked.q), ("page", if page == "0" { "" } else { &page })])
    };
    let (here, pages) = Pages::of(&chrome, (asked.page, ROWS), count, to);
    lines.truncate(here.end);
    lines.drain(..here.start);
    let page = ReadinessPage {
        said: asked.done.then(|| Said::ok(&chrome.t().console_onboarding_template_done)),
        chrome,
        console: desk.console(Section::Onboarding),
        sums: sums(&all),
        wanted: asked.wanted,
        q: asked.q,
        count,
        lines,
        pages,
        runs: newest(services, desk).await?,
        may_run: desk.authority.units::<OnboardUnits>().is_some(),
        may_edit: desk.authority.city::<ReadTemplate>().is_some(),
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

fn sums(all: &[Ready]) -> Sums {
    let count = |holds: fn(&Ready) -> bool| i64::try_from(all.iter().filter(|ready| holds(ready)).count()).unwrap_or(i64::MAX);
    Sums {
        units: count(|_| true),
        ready: count(Ready::is_ready),
        administered: count(Ready::is_administered),
        coded: count(|ready| ready.agency_code.is_some()),
        people: all.iter().map(|ready| ready.count.people).sum(),
        enrolled: all.iter().map(|ready| ready.count.enrolled).sum(),
        strong: all.iter().map(|ready| ready.count.strong).sum(),
    }
}

/// The units that are asked for, by name.
fn lines(desk: &Desk, all: &[Ready], asked: &Asked) -> Vec<ReadyLine> {
    let wanted = fold(&asked.q);
    let mut lines: Vec<ReadyLine> = all.iter().filter(|ready| asked.wanted.holds(ready)).map(|ready| line(desk, ready)).collect();
    lines.retain(|line| wanted.is_empty() || fold(&line.name).contains(&wanted) || line.code.starts_with(&wanted));
    lines.sort_by_cached_key(|line| (fold(&line.name), line.id.clone()));
    lines
}

fn line(desk: &Desk, ready: &Ready) -> ReadyLine {
    let (name, code) = named(desk, &ready.unit);
    let administrators = ready.administrators.iter().map(|administrator| ReadyAdministrator {
        full_name: administrator.full_name.clone(),
        username: administrator.username.clone(),
        last_at: administrator.last_at.map(shown_moment),
    });
    ReadyLine {
        id: ready.unit.0.clone(),
        name,
        code,
        administrators: administrators.collect(),
        people: ready.count.people,
        enrolled: ready.count.enrolled,
        strong: ready.count.strong,
        agency_code: ready.agency_code.clone(),
        ready: ready.is_ready(),
    }
}

/// The newest runs, for whoever may see what they give.
async fn newest(services: &Services, desk: &Desk) -> Result<Vec<RunLine>, Failure> {
    let Some(proof) = desk.authority.units::<ReadOnboarding>() else { return Ok(Vec::new()) };
    let now = services.clock.now();
    let line = |run: RunFigures| RunLine {
        open: run.discarded_at.is_none()
            && run.applied + run.changed < run.units
            && now.since(Millis(run.made_at)) < OPEN_SECONDS * 1_000,
        id: run.id,
        reason: run.reason,
        at: shown_moment(Millis(run.made_at)),
        units: run.units,
        applied: run.applied,
        changed: run.changed,
        undone: run.undone,
        appoints: run.appoints,
    };
    Ok(runs::list(services, &proof).await?.into_iter().take(RUNS).map(line).collect())
}

/// Where it is, for the pages that lead back here.
pub fn address(done: &str) -> String {
    format!("{HERE}?done={done}")
}
