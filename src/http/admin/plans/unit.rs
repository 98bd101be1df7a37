//! One unit of a plan: where its people go, or who comes to it.

use super::change::{Change, around, changes};
use super::kin::{Kin, Place};
use super::known::known;
use super::parts::unit_of;
use super::{LINES, reader, stage_of, standing};
use crate::base::id::UnitId;
use crate::base::words::{Words, fill};
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Section;
use crate::http::view::console::parts::number;
use crate::http::view::console::plans::Fate;
use crate::http::view::console::plans::flow::{Flow, Node, Ribbon, Way};
use crate::http::view::console::plans::unit::{FlowLine, PlanUnitPage, Role};
use crate::protocol::parameters::Parameters;
use crate::service::reorganization::Tally;
use crate::service::reorganization::looks::acts::work_on;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;

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
    let work = work_on(&visit.app.services, &visit.app.looks, name);
    let known = known(visit, &status, stage, work.as_ref()).await?;
    let all = changes(&status.plan, stage.stage.as_deref(), registry);
    let shown = around(&all, id);
    let chrome = visit.chrome();
    let counted_at = known.counted_at();
    let mut lines = lines(&kin, &shown, id, known.tally());
    let more = i64::try_from(lines.len().saturating_sub(LINES)).unwrap_or(i64::MAX);
    lines.truncate(LINES);
    let own = all.iter().find(|change| change.unit.id == *id);
    let role = match own {
        Some(change) => Role::Before(change.fate),
        None if shown.is_empty() => Role::Aside,
        // Of a district only what lay in it is in the plan.
        None if shown.iter().any(|change| change.lies_in(id)) => Role::Before(Fate::GoesOn),
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
        counted_at,
        is_working: known.is_working,
        trouble: known.trouble.or(known.misfit),
        chrome,
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}

/// Who goes where, of the units that are shown.
fn lines(kin: &Kin<'_>, shown: &[&Change], about: &UnitId, tally: Option<&Tally>) -> Vec<FlowLine> {
    let mut lines = Vec::new();
    for change in shown.iter().copied() {
        let of = tally.and_then(|tally| tally.people_of(&change.unit.id));
        let people = of.map(|of| of.people);
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
                let between = tally.map(|tally| tally.between.as_slice()).unwrap_or_default();
                let to = between.iter().filter(|part| part.from == change.unit.id);
                let to: Vec<_> = to.filter_map(|part| Some((kin.by_id(&part.to)?, part.people))).collect();
                lines.extend(to.iter().map(|(unit, people)| line(Some(unit), Way::Part, Some(*people))));
                match of.map(|of| of.open) {
                    Some(0) if !to.is_empty() => {}
                    None | Some(0) => lines.push(line(None, Way::Gone, people)),
                    open => lines.push(line(None, Way::Open, open)),
                }
            }
            Fate::GoesOn => {}
            Fate::Divided => {
                let is_own = change.lies_in(about);
                for to in &change.to {
                    let way = if is_own || to.id == *about { Way::Part } else { Way::Other };
                    let between = of.and(tally).map(|tally| tally.people_between(&change.unit.id, &to.id));
                    lines.push(line(Some(to), way, between));
                }
                let open = of.map(|of| of.open);
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
