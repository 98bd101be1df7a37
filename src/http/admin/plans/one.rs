//! One plan: how it stands, and what it does; with the answer to an act that was refused.

use super::change::{Change, changes};
use super::kin::Place;
use super::known::{Known, known};
use super::parts::{Ground, clients, counts_of, going_of, group_roles, head, journal, roles, said_of, scopes, stages, unit_of};
use super::prepared::{cards, others};
use super::{LINES, address_of, failed, reader, stage_of, standing, told};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::base::words::Words;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Pages, SelectOption, address};
use crate::http::view::console::plans::lines::{Short, UnitChange};
use crate::http::view::console::plans::one::{Filters, Going, May, PlanPage};
use crate::http::view::console::plans::{Fate, Told};
use crate::model::authority::WritePlans;
use crate::model::plan::Plan;
use crate::model::plan::scopes::ScopeMove;
use crate::protocol::parameters::Parameters;
use crate::service::reorganization::looks::Look;
use crate::service::reorganization::looks::acts::{Work, work_on};
use crate::service::reorganization::{Readiness, StageStatus, Status, Tally, scopes_kept};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeMap;

/// What a page answers beside the plan.
#[derive(Default)]
pub struct Shown {
    /// The status.
    pub status: StatusCode,
    /// Why an act was refused.
    pub problem: Option<Told>,
    /// The reason that was typed.
    pub reason: String,
}

/// Lines of a table that is asked for as a whole: no plan has more units.
const WHOLE: usize = 20_000;

/// `GET /admin/plans/{name}`: `stage`; `province`, `district`, `fate` and `page` of the table, or `whole` for all of it.
pub async fn get(visit: Visit, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, (&name, &asked), Shown::default()).await.unwrap_or_else(|response| response)
}

/// Shows a plan.
pub async fn show(visit: &Visit, desk: &Desk, (name, asked): (&str, &Parameters), shown: Shown) -> Result<Response, Response> {
    reader(visit, desk)?;
    let status = standing(visit, name).await?;
    let stage = stage_of(visit, &status, asked)?;
    let now = visit.app.services.clock.now();
    let work = work_on(&visit.app.services, &visit.app.looks, name);
    let mut known = known(visit, &status, stage, work.as_ref()).await?;
    let (trouble, mistakes) = (known.trouble.take(), std::mem::take(&mut known.mistakes));
    let moved = moved(visit, (&status, stage), &known).await?;
    let chrome = visit.chrome();
    let ground = Ground { t: chrome.t(), plan: &status.plan, registry: desk.authority.registry() };
    let going = going_of(stage, work.as_ref(), &known, now);
    let names = Names::of(visit, desk, &actors(&status)).await?;
    let (look, tally) = (known.look.as_deref(), known.tally());
    let beside = others(visit, name, look).await?;
    let table = Table::of(&status.plan, stage, desk, asked);
    let (here, pages) = Pages::of(&chrome, (table.page, table.most), table.lines.len(), |page| table.address(name, page));
    let lines = table.lines.get(here).unwrap_or_default().iter().map(|change| line(change, tally)).collect();
    let page = PlanPage {
        console: desk.console(Section::Plans),
        head: head(&status, &names),
        stages: stages(&status, &names, (stage, look)),
        stage: stage.stage.clone(),
        readiness: stage.readiness,
        counts: counts_of(&status, stage, (look, tally)),
        counted_at: known.counted_at(),
        prepared: cards(&ground, look),
        beside,
        digest: look.map(|look| look.preview.digest.clone()).unwrap_or_default(),
        trouble: trouble.or_else(|| outcome(work.as_ref(), stage)),
        mistakes: Short::of(mistakes, LINES),
        line_count: i64::try_from(table.lines.len()).unwrap_or(i64::MAX),
        filters: table.filters(ground.t),
        lines,
        pages,
        whole: table.whole(name),
        roles: roles(tally),
        groups: group_roles(tally),
        scopes: scopes(&ground, &moved),
        clients: clients(tally),
        journal: journal(&status, &names),
        may: may(desk, &status, stage, (look, going)),
        going,
        reason: shown.reason,
        said: said_of(&chrome, asked).filter(|_| shown.problem.is_none()),
        problem: shown.problem,
        chrome,
    };
    Ok(visit.page(shown.status, &page, None))
}

/// What becomes, or became, of the scopes of administrators.
async fn moved(
    visit: &Visit,
    (status, stage): (&Status, &StageStatus),
    known: &Known,
) -> Result<Vec<(PersonId, String, ScopeMove)>, Response> {
    match &known.look {
        Some(look) => Ok(look.preview.scopes.clone()),
        None => scopes_kept(&visit.app.services, status, stage).await.map_err(|error| failed(visit, &error)),
    }
}

/// What an act came to that nobody waited for.
fn outcome(work: Option<&Work>, stage: &StageStatus) -> Option<Told> {
    let work = work.filter(|work| work.stage == stage.stage)?;
    let (_, outcome) = work.outcome.as_ref()?;
    outcome.clone().err().map(told)
}

fn actors(status: &Status) -> Vec<PersonId> {
    let mut actors = vec![status.author.clone()];
    actors.extend(status.journal.iter().map(|entry| entry.by.clone()));
    let approvals = status.stages.iter().filter_map(|stage| stage.approval.as_ref());
    actors.extend(approvals.map(|approval| approval.approved_by.clone()));
    actors.into_iter().map(PersonId).collect()
}

fn may(desk: &Desk, status: &Status, stage: &StageStatus, (look, going): (Option<&Look>, Option<Going>)) -> May {
    // A run that another process left is taken over by whoever applies it.
    let is_idle = going.is_none() || (stage.readiness == Readiness::Staging && matches!(going, Some(Going::Applying { .. })));
    if desk.authority.city::<WritePlans>().is_none() || !is_idle {
        return May::default();
    }
    let is_applied = status.stages.iter().any(|stage| stage.readiness == Readiness::Applied);
    May {
        is_author: status.author == desk.authority.person().as_str(),
        approve: look.is_some() && going.is_none() && !matches!(stage.readiness, Readiness::Busy | Readiness::Staging),
        apply: matches!(stage.readiness, Readiness::Ready | Readiness::Staging),
        roll_back: stage.readiness == Readiness::Applied,
        withdraw: status.withdrawn_at.is_none() && !is_applied && going.is_none(),
    }
}

fn line(change: &Change, tally: Option<&Tally>) -> UnitChange {
    let name = |place: Option<&Place>| place.map(|place| place.name.clone()).unwrap_or_default();
    UnitChange {
        unit: unit_of(&change.unit),
        district: name(change.district.as_ref()),
        province: name(change.province.as_ref()),
        fate: change.fate,
        to: change.to.iter().map(unit_of).collect(),
        news: change.news.clone(),
        people: tally.and_then(|tally| tally.people_of(&change.unit.id)).map(|of| (of.people, of.open)),
    }
}

/// The table of units, under the filters that are asked for.
struct Table {
    stage: Option<String>,
    page: usize,
    /// Lines of a page.
    most: usize,
    province: String,
    district: String,
    fate: String,
    provinces: BTreeMap<String, String>,
    districts: BTreeMap<String, String>,
    lines: Vec<Change>,
}

impl Table {
    fn of(plan: &Plan, stage: &StageStatus, desk: &Desk, asked: &Parameters) -> Self {
        let mut lines = changes(plan, stage.stage.as_deref(), desk.authority.registry());
        let (mut provinces, mut districts) = (BTreeMap::new(), BTreeMap::new());
        for change in &lines {
            provinces.extend(change.province.iter().map(|place| (place.code.clone(), place.name.clone())));
            districts.extend(change.district.iter().map(|place| (place.code.clone(), place.name.clone())));
        }
        let value = |name: &str| asked.get(name).unwrap_or_default().to_owned();
        let (province, district, fate) = (value("province"), value("district"), value("fate"));
        let lies_in = |place: Option<&Place>, code: &str| code.is_empty() || place.is_some_and(|place| place.code == code);
        let wanted = Fate::from_word(&fate);
        lines.retain(|change| {
            lies_in(change.province.as_ref(), &province)
                && lies_in(change.district.as_ref(), &district)
                && wanted.is_none_or(|wanted| change.fate == wanted)
        });
        let page = asked.get("page").and_then(|page| page.parse().ok()).unwrap_or_default();
        let most = if asked.get("whole").is_some() { WHOLE } else { LINES };
        Self { stage: stage.stage.clone(), page, most, province, district, fate, provinces, districts, lines }
    }

    fn address(&self, name: &str, page: usize) -> String {
        self.address_with(name, ("page", &page.to_string()))
    }

    /// Where all of it is on one page; none where it is so here.
    fn whole(&self, name: &str) -> Option<String> {
        let is_cut = self.lines.len() > self.most;
        is_cut.then(|| self.address_with(name, ("whole", "1")))
    }

    fn address_with(&self, name: &str, more: (&str, &str)) -> String {
        let query = [
            ("stage", self.stage.as_deref().unwrap_or_default()),
            ("province", self.province.as_str()),
            ("district", self.district.as_str()),
            ("fate", self.fate.as_str()),
            more,
        ];
        address(&address_of(name), &query)
    }

    fn filters(&self, t: &'static Words) -> Filters {
        let of = |places: &BTreeMap<String, String>, chosen: &str| {
            let option = |(code, name): (&String, &String)| SelectOption {
                value: code.clone(),
                label: name.clone(),
                chosen: code == chosen,
            };
            places.iter().map(option).collect()
        };
        let fate = |fate: Fate| SelectOption {
            value: fate.word().to_owned(),
            label: fate.name(t).to_owned(),
            chosen: fate.word() == self.fate,
        };
        Filters {
            provinces: of(&self.provinces, &self.province),
            districts: of(&self.districts, &self.district),
            fates: Fate::ALL.into_iter().map(fate).collect(),
        }
    }
}

/// Whether a run is being worked on: a moment ago somebody did.
pub(super) fn is_fresh(touched: Millis, now: Millis) -> bool {
    now.since(touched) < 60_000
}
