//! The list of people.

use super::filter::{ENABLED, Filter, SIZES, WEAK};
use super::units::{self, groups};
use crate::base::clock::Millis;
use crate::base::date::{shown, shown_time, vietnam_date};
use crate::base::id::UnitId;
use crate::base::words::{Words, fill};
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{Chip, Pages, Said, SelectOption, number};
use crate::http::view::console::people::{
    KeptView, ListMay, ListProblem, PeopleList, PersonLine, UnitGroup, UnitTyped, act_name, factor_name, kind_name, state_name,
};
use crate::model::authority::{AddPeople, DisablePeople, ExportPeople, GrantRoles, HelpPeople, ReadHistory, ReadPeople};
use crate::model::position::PositionKind;
use crate::model::unit::Certainty;
use crate::protocol::parameters::Parameters;
use crate::service::directory::{self, Count, Factor, Found, Listed, State, views};
use crate::service::provisioning::many::{self, Act};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use std::collections::BTreeSet;

/// More units than these are not chosen from a list but typed.
const MOST_TO_CHOOSE: usize = 30;

/// What a reader sent from the list, when it comes back to them.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) problem: Option<ListProblem>,
    /// Those who were ticked.
    pub(super) people: BTreeSet<String>,
    pub(super) all: bool,
    pub(super) act: String,
    pub(super) role: String,
    pub(super) view_name: String,
    /// What was done before.
    pub(super) done: Option<&'static str>,
}

/// `GET /admin/people`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let done = match parameters.get("done") {
        Some("kept") => Some("kept"),
        Some("removed") => Some("removed"),
        _ => None,
    };
    let filter = Filter::read(&parameters);
    shown_to(&visit, &filter, done).await.unwrap_or_else(|answer| answer)
}

async fn shown_to(visit: &Visit, filter: &Filter, done: Option<&'static str>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    show(visit, &desk, filter, &Sent { done, ..Sent::default() }).await
}

/// The list, with what was sent from it.
pub(super) async fn show(visit: &Visit, desk: &Desk, filter: &Filter, sent: &Sent) -> Result<Response, Response> {
    let Some(proof) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let services = &visit.app.services;
    let failed = |failure| errors::failed(visit, &failure);
    let units = groups(visit.chrome().t(), desk, proof.extent(), &filter.unit);
    let (filter, unit) = settled(visit.chrome().t(), desk, filter, &units);
    let found = directory::find(services, &proof, &filter.query(), filter.size).await.map_err(failed)?;
    let kept = views::list(services, &proof).await.map_err(failed)?;
    let roles = match desk.authority.people::<GrantRoles>() {
        Some(proof) => many::roles_offered(services, &proof).await.map_err(failed)?,
        None => Vec::new(),
    };
    let roles: Vec<SelectOption> = roles.into_iter().map(|role| role_option(&role, &sent.role)).collect();
    let units = if unit.is_some() { Vec::new() } else { units };
    let page = page(visit, desk, (&filter, sent), Read { found, kept, roles, units, unit });
    let status = if sent.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(visit.page(status, &page, None))
}

fn role_option(role: &many::OfferedRole, chosen: &str) -> SelectOption {
    let value = format!("{}/{}", role.client_id, role.role);
    SelectOption { label: format!("{}: {}", role.client_name, role.role), chosen: value == chosen, value }
}

/// The filter with the unit that was typed. Where there are too many units to choose from, what is shown of that too.
fn settled(t: &'static Words, desk: &Desk, filter: &Filter, units: &[UnitGroup]) -> (Filter, Option<UnitTyped>) {
    let mut settled = Filter { named: String::new(), ..filter.clone() };
    if units.iter().map(|group| group.options.len()).sum::<usize>() <= MOST_TO_CHOOSE {
        return (settled, None);
    }
    let mut typed = UnitTyped { text: filter.named.clone(), several: Vec::new() };
    let found = if filter.named.is_empty() { Vec::new() } else { units::found(desk, units, &filter.named) };
    if let [one] = found.as_slice() {
        settled.unit.clone_from(&one.value);
    } else {
        let of = |option: &SelectOption| Filter { unit: option.value.clone(), place: None, ..settled.clone() }.address(None);
        typed.several = found.iter().map(|option| Chip { name: option.label.clone(), without: of(option) }).collect();
    }
    if !settled.unit.is_empty() && typed.several.is_empty() {
        typed.text = units::name(t, desk, &UnitId(settled.unit.clone()));
    }
    (settled, Some(typed))
}

/// What the page is made of.
struct Read {
    found: Found,
    kept: Vec<views::View>,
    roles: Vec<SelectOption>,
    units: Vec<UnitGroup>,
    unit: Option<UnitTyped>,
}

fn page(visit: &Visit, desk: &Desk, (filter, sent): (&Filter, &Sent), read: Read) -> PeopleList {
    let Read { found, kept, roles, units, unit } = read;
    let chrome = visit.chrome();
    let t = chrome.t();
    let acts = allowed(desk, !roles.is_empty());
    PeopleList {
        console: desk.console(Section::People),
        q: filter.q.clone(),
        units,
        unit,
        kinds: PositionKind::ALL.map(|kind| option(kind.as_str(), kind_name(t, kind), &filter.kind)).to_vec(),
        states: states(t, &filter.state),
        factors: factors(t, &filter.factor),
        reversed: filter.reversed,
        long: filter.size != SIZES[0],
        chips: chips(t, desk, filter),
        query: filter.written(None),
        turned: Filter { reversed: !filter.reversed, place: None, ..filter.clone() }.address(None),
        export: filter.address_of("/admin/people/export", None),
        lead: lead(&chrome, filter, &found),
        all_match: fill(&t.console_people_all_match, &[("count", &counted(&chrome, found.matching))]),
        pages: pages(&chrome, filter, &found),
        lines: found.people.into_iter().map(|listed| line(visit, desk, listed, sent)).collect(),
        acts: acts.into_iter().map(|act| option(act.word(), act_name(t, act), &sent.act)).collect(),
        roles,
        all: sent.all,
        views: kept.into_iter().map(kept_view).collect(),
        view_name: sent.view_name.clone(),
        may: ListMay {
            add: desk.authority.units::<AddPeople>().is_some(),
            export: desk.authority.people::<ExportPeople>().is_some(),
            history: desk.authority.people::<ReadPeople>().is_some_and(|proof| proof.by.holds::<ReadHistory>()),
        },
        problem: sent.problem,
        done: sent.done.map(|done| said(t, done)),
        chrome,
    }
}

fn said(t: &Words, done: &str) -> Said {
    Said::ok(if done == "kept" { &t.console_people_view_kept } else { &t.console_people_view_removed })
}

/// The acts that this administrator may do to many.
fn allowed(desk: &Desk, has_roles: bool) -> Vec<Act> {
    let may = |act: &Act| match act {
        Act::Disable | Act::Restore => desk.authority.people::<DisablePeople>().is_some(),
        Act::Remind => desk.authority.people::<HelpPeople>().is_some(),
        Act::Grant => has_roles,
    };
    Act::ALL.into_iter().filter(may).collect()
}

fn option(value: &str, label: &str, chosen: &str) -> SelectOption {
    SelectOption { value: value.to_owned(), label: label.to_owned(), chosen: value == chosen }
}

fn states(t: &'static Words, chosen: &str) -> Vec<SelectOption> {
    let mut all = vec![option(ENABLED, &t.console_people_state_enabled, chosen)];
    all.extend(State::ALL.map(|state| option(state.word(), state_name(t, state), chosen)));
    all
}

fn factors(t: &'static Words, chosen: &str) -> Vec<SelectOption> {
    let mut all = vec![option(WEAK, &t.console_people_factor_weak, chosen)];
    all.extend(Factor::ALL.map(|factor| option(factor.word(), factor_name(t, factor), chosen)));
    all
}

/// What narrows the list, each with the list without it.
fn chips(t: &'static Words, desk: &Desk, filter: &Filter) -> Vec<Chip> {
    let chosen = |options: Vec<SelectOption>| options.into_iter().find(|option| option.chosen).map(|option| option.label);
    let kinds = PositionKind::ALL.map(|kind| option(kind.as_str(), kind_name(t, kind), &filter.kind)).to_vec();
    let unit = Some(&filter.unit).filter(|unit| !unit.is_empty()).map(|unit| units::name(t, desk, &UnitId(unit.clone())));
    let named = [
        ("q", Some(filter.q.clone()).filter(|q| !q.is_empty())),
        ("unit", unit),
        ("kind", chosen(kinds)),
        ("state", chosen(states(t, &filter.state))),
        ("factor", chosen(factors(t, &filter.factor))),
    ];
    let chip = |(part, name): (&str, Option<String>)| Some(Chip { name: name?, without: filter.without(part).address(None) });
    named.into_iter().filter_map(chip).collect()
}

fn counted(chrome: &Chrome, count: Count) -> String {
    match count {
        Count::Exactly(people) => number(chrome, people),
        Count::MoreThan(people) => fill(&chrome.t().console_people_more_than, &[("count", &number(chrome, people))]),
    }
}

fn lead(chrome: &Chrome, filter: &Filter, found: &Found) -> String {
    let t = chrome.t();
    let count = counted(chrome, found.matching);
    match found.all {
        Some(all) if filter.query().is_filter() => {
            fill(&t.console_people_match_of, &[("count", &count), ("all", &number(chrome, all))])
        }
        None if filter.query().is_filter() => fill(&t.console_people_match, &[("count", &count)]),
        Some(_) | None => fill(&t.console_people_there_are, &[("count", &count)]),
    }
}

fn pages(chrome: &Chrome, filter: &Filter, found: &Found) -> Pages {
    let t = chrome.t();
    let here = i64::try_from(found.people.len()).unwrap_or(i64::MAX);
    let count = counted(chrome, found.matching);
    let shown = if here == 0 {
        fill(&t.console_people_there_are, &[("count", &count)])
    } else {
        let (first, last) = (number(chrome, found.skipped + 1), number(chrome, found.skipped + here));
        fill(&t.console_people_shown, &[("first", &first), ("last", &last), ("count", &count)])
    };
    Pages {
        shown,
        previous: found.previous.map(|place| filter.address(Some(place))),
        next: found.next.map(|place| filter.address(Some(place))),
    }
}

fn line(visit: &Visit, desk: &Desk, listed: Listed, sent: &Sent) -> PersonLine {
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    let t = visit.chrome().t();
    let unit = listed.unit.as_ref().and_then(|unit| registry.unit(unit));
    PersonLine {
        unit: unit.map(|unit| registry.name_on(unit, today).to_owned()).unwrap_or_default(),
        waits: unit.is_some_and(|unit| unit.span.holds_on(today) == Certainty::No),
        former: listed.former.as_ref().map(|unit| units::name(t, desk, unit)),
        chosen: sent.people.contains(listed.person.as_str()),
        locked_until: listed.locked_until.map(shown_time),
        last_seen: listed.last_seen.map(|at| seen(t, at, visit.app.services.clock.now())),
        id: listed.person.0,
        full_name: listed.full_name,
        username: listed.username,
        title: listed.title,
        posts: listed.posts,
        state: listed.state,
        factor: listed.factor,
    }
}

/// The time today, or the day.
fn seen(t: &Words, at: Millis, now: Millis) -> String {
    let day = vietnam_date(at);
    if day == vietnam_date(now) { fill(&t.console_people_today, &[("time", &shown_time(at))]) } else { shown(day) }
}

fn kept_view(view: views::View) -> KeptView {
    let filter = Filter::read(&Parameters::decode(view.query.as_bytes()));
    KeptView { id: view.id, name: view.name, address: filter.address(None) }
}
