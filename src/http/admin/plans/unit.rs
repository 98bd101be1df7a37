//! One unit of a plan: where its people go, or who comes to it.

use super::change::{Change, around, changes};
use super::kin::{Kin, Place};
use super::parts::unit_of;
use super::{LINES, counts, failed, reader, stage_of, standing, told};
use crate::base::id::UnitId;
use crate::base::words::{Words, fill};
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Section;
use crate::http::view::console::parts::number;
use crate::http::view::console::plans::flow::{Flow, Node, Ribbon, Way};
use crate::http::view::console::plans::unit::{FlowLine, PlanUnitPage, Role};
use crate::http::view::console::plans::{Fate, Told};
use crate::protocol::parameters::Parameters;
use crate::service::reorganization::looks::{self, Look, Looked};
use crate::service::reorganization::{ReorganizationError, StageStatus, Status};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// `GET /admin/plans/{name}/units/{unit}`; `stage`.
pub async fn get(visit: Visit, Path((name, unit)): Path<(String, String)>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, (&name, &UnitId(unit)), &asked).await.unwrap_or_else(|response| response)
}

async fn show(visit: &Visit, desk: &Desk, (name, id): (&str, &UnitId), asked: &Parameters) -> Result<Response, Response> {
    reader(visit, desk)?;
    let status = standing(visit, name).await?;
    let stage = stage_of(visit, &status, asked)?;
    let registry = desk.authority.registry();
    let kin = Kin::of(&status.plan, registry);
    let unit = kin.by_id(id).ok_or_else(|| absent(visit))?;
    let known = known(visit, &status, stage).await?;
    let all = changes(&status.plan, stage.stage.as_deref(), registry);
    let shown = around(&all, id);
    let chrome = visit.chrome();
    let mut lines = lines(&kin, &shown, id, known.look.as_deref());
    let more = i64::try_from(lines.len().saturating_sub(LINES)).unwrap_or(i64::MAX);
    lines.truncate(LINES);
    let own = all.iter().find(|change| change.unit.id == *id);
    let role = match own {
        Some(change) => Role::Before(change.fate),
        None if shown.is_empty() => Role::Aside,
        None => Role::After,
    };
    let page = PlanUnitPage {
        console: desk.console(Section::Plans),
        name: status.plan.name.clone(),
        title: status.plan.title.clone(),
        stage: stage.stage.clone(),
        unit: unit_of(&unit),
        role,
        news: own.map(|change| change.news.clone()).unwrap_or_default(),
        flow: drawn(&chrome, &lines),
        lines,
        more,
        is_working: known.is_working,
        trouble: known.trouble,
        chrome,
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

/// What is known of how many people go where.
#[derive(Default)]
struct Known {
    look: Option<Arc<Look>>,
    is_working: bool,
    trouble: Option<Told>,
}

async fn known(visit: &Visit, status: &Status, stage: &StageStatus) -> Result<Known, Response> {
    if counts(status, stage) || status.withdrawn_at.is_some() {
        return Ok(Known::default());
    }
    Ok(match looks::look(&visit.app.services, &visit.app.looks, &status.plan.name, stage.stage.as_deref()).await {
        Ok(Looked::Ready(look)) => Known { look: Some(look), ..Known::default() },
        Ok(Looked::Working) => Known { is_working: true, ..Known::default() },
        Ok(Looked::Failed(trouble)) => Known { trouble: Some(told(trouble)), ..Known::default() },
        Err(error @ ReorganizationError::Failure(_)) => return Err(failed(visit, &error)),
        Err(error) => Known { trouble: Some(told(looks::Told::of(&error))), ..Known::default() },
    })
}

/// Who goes where, of the units that are shown.
fn lines(kin: &Kin<'_>, shown: &[&Change], about: &UnitId, look: Option<&Look>) -> Vec<FlowLine> {
    let mut lines = Vec::new();
    for change in shown.iter().copied() {
        let tally = look.and_then(|look| look.preview.by_unit.iter().find(|tally| tally.unit == change.unit.id));
        let people = tally.map(|tally| tally.people);
        let line = |to: Option<&Place>, way: Way, people: Option<i64>| FlowLine {
            from: unit_of(&change.unit),
            district: change.district.as_ref().map(|place| place.name.clone()).unwrap_or_default(),
            to: to.map(unit_of),
            way,
            people,
        };
        match change.fate {
            Fate::Whole => lines.push(line(change.to.first(), Way::Whole, people)),
            Fate::Gone => {
                // Where somebody said that its people go on; and those of whom nobody said it.
                let parts = look.map(|look| look.parts.as_slice()).unwrap_or_default();
                let to = parts.iter().filter(|part| part.from == change.unit.id);
                let to: Vec<_> = to.filter_map(|part| Some((kin.by_id(&part.to)?, part.people))).collect();
                lines.extend(to.iter().map(|(unit, people)| line(Some(unit), Way::Part, Some(*people))));
                match tally.map(|tally| tally.open) {
                    Some(0) if !to.is_empty() => {}
                    None | Some(0) => lines.push(line(None, Way::Gone, people)),
                    open => lines.push(line(None, Way::Open, open)),
                }
            }
            Fate::GoesOn => {}
            Fate::Divided => {
                let is_own = change.unit.id == *about;
                for to in &change.to {
                    let way = if is_own || to.id == *about { Way::Part } else { Way::Other };
                    let between = look.map(|look| look.people_between(&change.unit.id, &to.id));
                    lines.push(line(Some(to), way, between));
                }
                let open = tally.map(|tally| tally.open);
                if open.is_none_or(|open| open > 0) {
                    lines.push(line(None, Way::Open, open));
                }
            }
        }
    }
    lines
}

/// The drawing of these lines.
fn drawn(chrome: &Chrome, lines: &[FlowLine]) -> Flow {
    let t = chrome.t();
    let mut flow = Flow::default();
    let (mut before, mut after): (Vec<&str>, Vec<(&str, Way)>) = (Vec::new(), Vec::new());
    for line in lines {
        let end = line.to.as_ref().map_or("", |unit| unit.id.as_str());
        // Ways differ in the unit that nothing stands for; units are told apart by themselves.
        let mark = (end, if line.to.is_some() { Way::Whole } else { line.way });
        let from = place_in(&mut before, line.from.id.as_str(), || {
            let of_unit = lines.iter().filter(|other| other.from.id == line.from.id);
            let way = if line.way == Way::Whole || line.way == Way::Gone { line.way } else { Way::Part };
            flow.before.push(node(chrome, (&line.from.name, &line.district), sum(of_unit), way));
        });
        let to = place_in(&mut after, mark, || {
            let of_end = lines.iter().filter(|other| other.to == line.to && (line.to.is_some() || other.way == line.way));
            flow.after.push(node(chrome, (&end_name(t, line), ""), sum(of_end), line.way));
        });
        flow.ribbons.push(Ribbon { from, to, people: line.people, way: line.way });
    }
    flow
}

/// The place of something in a list, to which it is added where it is new.
fn place_in<T: PartialEq>(known: &mut Vec<T>, one: T, add: impl FnOnce()) -> usize {
    if let Some(place) = known.iter().position(|other| *other == one) {
        return place;
    }
    known.push(one);
    add();
    known.len() - 1
}

fn end_name(t: &'static Words, line: &FlowLine) -> String {
    match (&line.to, line.way) {
        (Some(unit), _) => unit.name.clone(),
        (None, Way::Open) => t.console_plans_undecided.clone(),
        (None, _) => t.console_plans_gone.clone(),
    }
}

/// How many people there are; none where that is not known.
fn sum<'a>(lines: impl Iterator<Item = &'a FlowLine>) -> Option<i64> {
    lines.map(|line| line.people).sum()
}

fn node(chrome: &Chrome, (name, district): (&str, &str), people: Option<i64>, way: Way) -> Node {
    let said = people.map(|people| fill(&chrome.t().console_plans_people_count, &[("count", &number(chrome, people))]));
    let parts: Vec<String> = [Some(district.to_owned()), said].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    Node { name: name.to_owned(), sub: parts.join(", "), way }
}
