//! The units as of any day: as a tree, or those that a search finds.

use super::{HERE, attachment, line};
use crate::base::date::{iso, parse};
use crate::base::text::{fold, nfc};
use crate::base::words::fill;
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::parts::number;
use crate::http::view::console::units::{Branch, UnitLine, UnitsPage};
use crate::model::authority::ReadCodes;
use crate::model::registry::Registry;
use crate::model::unit::{Certainty, Unit};
use crate::protocol::parameters::Parameters;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::HashMap;
use time::Date;

/// More lines than anybody reads.
const MOST: usize = 200;
/// Characters that are searched for.
const LONGEST: usize = 80;

/// What is asked for.
struct Asked {
    /// The day, ISO 8601; or what was typed, where that is none.
    typed: String,
    /// The day; absent: what was typed is none.
    on: Option<Date>,
    q: String,
}

impl Asked {
    fn of(desk: &Desk, query: Option<String>) -> Self {
        let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
        let today = desk.authority.today();
        let typed = parameters.get("on").map(|text| text.chars().take(LONGEST).collect::<String>());
        let q: String = parameters.get("q").map(nfc).unwrap_or_default().chars().take(LONGEST).collect();
        let on = typed.as_deref().map_or(Some(today), parse);
        Self { on, typed: on.map(iso).or(typed).unwrap_or_default(), q }
    }
}

/// `GET /admin/units`; `on` is the day (by default today), `q` what is searched for.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Asked::of(&desk, query);
    let registry = desk.authority.registry();
    let chrome = visit.chrome();
    let on = asked.on.unwrap_or_else(|| desk.authority.today());
    let (mut tree, mut lines) = (Vec::new(), Vec::new());
    let mut count = 0;
    if asked.on.is_some() && asked.q.is_empty() {
        tree = branches(registry, on);
        count = registry.units().filter(|unit| is_there(unit, on)).count();
    } else if asked.on.is_some() {
        let found = search(registry, &asked.q, on);
        count = found.len();
        lines = found.into_iter().take(MOST).map(|unit| line(registry, unit, on)).collect();
    }
    let shown = number(&chrome, i64::try_from(count).unwrap_or(i64::MAX));
    let page = UnitsPage {
        count: fill(&chrome.t().console_units_count, &[("count", &shown)]),
        chrome,
        console: desk.console(Section::Units),
        on: asked.typed,
        wrong_day: asked.on.is_none(),
        q: asked.q,
        tree,
        cut_off: count > lines.len() && !lines.is_empty(),
        lines,
        may_edit_codes: desk.authority.units::<ReadCodes>().is_some(),
    };
    let status = if page.wrong_day { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visit.page(status, &page, None)
}

/// `GET /admin/units/export`: the same as a file.
pub async fn export(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let asked = Asked::of(&desk, query);
    let Some(on) = asked.on else { return visit.see_other(HERE) };
    let registry = desk.authority.registry();
    let chrome = visit.chrome();
    let mut rows = vec![UnitLine::header(&chrome)];
    rows.extend(search(registry, &asked.q, on).into_iter().map(|unit| line(registry, unit, on).cells(&chrome)));
    attachment(&format!("don-vi-{}.csv", iso(on)), &rows)
}

fn is_there(unit: &Unit, on: Date) -> bool {
    unit.span.holds_on(on) != Certainty::No
}

/// The units of a day that a text finds: a part of a name in any spelling, or the beginning of a code; an empty text
/// finds all.
fn search<'a>(registry: &'a Registry, text: &str, on: Date) -> Vec<&'a Unit> {
    let wanted = fold(text);
    let named = |unit: &Unit| unit.names.iter().any(|name| fold(&name.name).contains(&wanted));
    let coded = |unit: &Unit| {
        let codes = registry.codes_on(unit, on);
        codes.into_iter().any(|(_, code)| code.to_lowercase().starts_with(&wanted))
    };
    let there = registry.units().filter(|&unit| is_there(unit, on));
    let mut found: Vec<&Unit> = there.filter(|&unit| wanted.is_empty() || named(unit) || coded(unit)).collect();
    found.sort_by_cached_key(|unit| (unit.kind.level(), fold(registry.name_on(unit, on)), unit.id.clone()));
    found
}

/// The tree of a day: at the top whatever nothing stands above.
fn branches(registry: &Registry, on: Date) -> Vec<Branch> {
    let mut under: HashMap<Option<&str>, Vec<&Unit>> = HashMap::new();
    for unit in registry.units().filter(|unit| is_there(unit, on)) {
        let above = registry.parent_on(unit, on).filter(|above| is_there(above, on));
        under.entry(above.map(|above| above.id.as_str())).or_default().push(unit);
    }
    grown(registry, &under, None, on)
}

fn grown(registry: &Registry, under: &HashMap<Option<&str>, Vec<&Unit>>, above: Option<&str>, on: Date) -> Vec<Branch> {
    let mut units = under.get(&above).cloned().unwrap_or_default();
    units.sort_by_cached_key(|unit| (unit.kind.level(), fold(registry.name_on(unit, on)), unit.id.clone()));
    let branch =
        |unit: &Unit| Branch { line: line(registry, unit, on), under: grown(registry, under, Some(unit.id.as_str()), on) };
    units.into_iter().map(branch).collect()
}
