//! The page about one person, and what the other pages about them begin with.

use super::{delegations, on_day};
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::id::PersonId;
use crate::base::words::fill;
use crate::http::admin::day::Day;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::parts::Said;
use crate::http::view::console::person::{DayAsked, Head, Known, LineItem, May, PersonPage, Tab, TabLink, who_said};
use crate::model::authority::{
    DisablePeople, EditPeople, ErasePeople, HelpPeople, OverPeople, ReadAudit, ReadHistory, ReadPeople, ReadPersonalNumber,
};
use crate::model::person::Person;
use crate::model::position::{Position, PositionKind};
use crate::model::registry::Registry;
use crate::model::succession::Relation;
use crate::model::unit::Unit;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authority::One;
use crate::service::legacy::merge;
use crate::service::people::edit::last_digits;
use crate::service::people::page::{self, HandedOver, Page, Way};
use crate::service::people::positions::is_within;
use crate::service::people::timeline::{self, Corrected, Item, Reorganized, Time};
use crate::service::then::Then;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use time::Date;

/// More successors than these do not help anybody.
const MOST_UNITS: usize = 4;

/// `GET /admin/people/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    show(&visit, &id, query).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, id: &str, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = one::<ReadPeople>(visit, &desk, id).await?;
    let Some(readers) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let found = page::look(&visit.app.services, &proof, &readers).await.map_err(|failure| errors::failed(visit, &failure))?;
    let Some(found) = found else { return Err(absent(visit)) };
    let may = may(visit, &desk, &found.person.id).await?;
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let said = parameters.get("done").and_then(|done| said(visit, done));
    let merged = merged(visit, &desk, &found.person.id).await?;
    let today = desk.authority.today();
    let asked = Day::asked(&parameters, today);
    let then = on_day::then(visit, &proof, asked.other_than(today)).await?;
    let acts = if then.is_some() { May::default() } else { may };
    let given = delegations::lines(visit, (&proof, &readers), acts).await?;
    let status = asked.status();
    let day = asked.on_page(format!("/admin/people/{}", found.person.id), today);
    let view = PersonPage { day, merged, given, ..view(visit, &desk, (found, then.as_ref()), may, said) };
    Ok(visit.page(status, &view, None))
}

/// Into whom somebody was merged: the name, or the id of whoever lies outside the reader's bounds, and the page.
async fn merged(visit: &Visit, desk: &Desk, id: &PersonId) -> Result<Option<(String, String)>, Response> {
    let found = merge::merged_into(&visit.app.services, id).await.map_err(|failure| errors::failed(visit, &failure))?;
    let Some(found) = found else { return Ok(None) };
    let names = Names::of(visit, desk, std::slice::from_ref(&found.kept)).await?;
    Ok(Some((names.shown(found.kept.as_str()), format!("/admin/people/{}", found.kept))))
}

/// A proof over the person of an address, or the answer that nobody is there.
pub(super) async fn one<A: OverPeople>(visit: &Visit, desk: &Desk, id: &str) -> Result<One<A>, Response> {
    let found = desk.authority.one::<A>(&visit.app.services, &PersonId(id.to_owned())).await;
    found.map_err(|failure| errors::failed(visit, &failure))?.ok_or_else(|| absent(visit))
}

/// What the reader may do with a person.
pub(super) async fn may(visit: &Visit, desk: &Desk, id: &PersonId) -> Result<May, Response> {
    rights(visit, desk, id).await.map_err(|failure| errors::failed(visit, &failure))
}

async fn rights(visit: &Visit, desk: &Desk, id: &PersonId) -> Result<May, Failure> {
    let (services, authority) = (&visit.app.services, &desk.authority);
    let help = authority.one::<HelpPeople>(services, id).await?.is_some();
    let history = authority.one::<ReadHistory>(services, id).await?.is_some();
    Ok(May {
        edit: authority.one::<EditPeople>(services, id).await?.is_some(),
        help,
        disable: authority.one::<DisablePeople>(services, id).await?.is_some(),
        history,
        sessions: help || (history && authority.city::<ReadAudit>().is_some()),
        number: authority.one::<ReadPersonalNumber>(services, id).await?.is_some(),
        erase: authority.one::<ErasePeople>(services, id).await?.is_some(),
    })
}

/// The head of a page about a person; `open` is how many sign-ons are open, where that was counted.
pub(super) fn head(visit: &Visit, person: &Person, may: May, here: Tab, open: Option<usize>) -> Head {
    let t = visit.chrome().t();
    let today = vietnam_date(visit.app.services.clock.now());
    let registry = visit.app.services.known.registry();
    let base = format!("/admin/people/{}", person.id);
    let counted = |name: &str, count: Option<usize>| match count {
        Some(count) => format!("{name} ({count})"),
        None => name.to_owned(),
    };
    let link = |name: String, page: &str, tab: Tab| TabLink { name, address: format!("{base}{page}"), here: tab == here };
    let mut tabs = vec![
        link(t.console_person_overview.clone(), "", Tab::Overview),
        link(counted(&t.console_person_roles, Some(person.roles.len())), "/roles", Tab::Roles),
    ];
    if may.sessions {
        tabs.push(link(counted(&t.console_person_sessions, open), "/sessions", Tab::Sessions));
    }
    if may.history {
        tabs.push(link(t.console_person_history.clone(), "/history", Tab::History));
    }
    let main = person.positions_on(today).into_iter().next();
    Head {
        id: person.id.0.clone(),
        full_name: person.full_name.clone(),
        username: person.username.clone(),
        post: main.map(|held| format!("{}, {}", titled(held), unit_name(&registry, held, today))).unwrap_or_default(),
        disabled_since: person.disabled_at.map(|at| shown(vietnam_date(at))),
        tabs,
        may,
    }
}

/// A post in words.
pub(super) fn titled(held: &Position) -> String {
    if held.department.is_empty() { held.title.clone() } else { format!("{}, {}", held.title, held.department) }
}

/// The unit of a post: as it is called today, or as it was called when the post or the unit ended.
pub(super) fn unit_name(registry: &Registry, held: &Position, today: Date) -> String {
    let Some(unit) = registry.unit(&held.unit) else { return held.unit.0.clone() };
    let over = held.valid_to.filter(|last| *last < today);
    unit_on(registry, unit, over.unwrap_or(today))
}

/// A unit by its name on a day; one that was gone by then with what it lay in.
pub(super) fn unit_on(registry: &Registry, unit: &Unit, on: Date) -> String {
    let last = unit.span.to.or(unit.span.ended_by);
    let day = last.filter(|last| *last < on).unwrap_or(on);
    let name = registry.name_on(unit, day);
    match registry.parent_on(unit, day).filter(|_| last.is_some()) {
        Some(above) => format!("{name}, {}", registry.name_on(above, day)),
        None => name.to_owned(),
    }
}

/// A kind of employment in words.
pub(super) fn kind_said(visit: &Visit, kind: PositionKind) -> &'static str {
    let t = visit.chrome().t();
    match kind {
        PositionKind::CanBo => &t.profile_kind_can_bo,
        PositionKind::CongChuc => &t.profile_kind_cong_chuc,
        PositionKind::VienChuc => &t.profile_kind_vien_chuc,
        PositionKind::NguoiLaoDong => &t.profile_kind_nguoi_lao_dong,
        PositionKind::KhongChuyenTrach => &t.profile_kind_khong_chuyen_trach,
    }
}

/// The days of a post in words.
pub(super) fn days_said(visit: &Visit, held: &Position) -> String {
    let t = visit.chrome().t();
    let since = shown(held.valid_from);
    match held.valid_to {
        Some(last) => fill(&t.portal_since_until, &[("since", &since), ("until", &shown(last))]),
        None => fill(&t.portal_since, &[("date", &since)]),
    }
}

/// What a word of the address says was done.
fn said(visit: &Visit, done: &str) -> Option<Said> {
    let t = visit.chrome().t();
    let text = match done {
        "saved" => &t.console_person_done_saved,
        "same" => &t.console_person_done_same,
        "added" => &t.console_person_done_added,
        "position" => &t.console_person_done_position,
        "ended" => &t.console_person_done_ended,
        "disabled" => &t.console_person_done_disabled,
        "restored" => &t.console_person_done_restored,
        "delegation" => &t.delegations_done_ended,
        _ => return None,
    };
    Some(Said { kind: "ok", text: text.clone() })
}

fn view(visit: &Visit, desk: &Desk, (found, then): (Page, Option<&Then>), may: May, said: Option<Said>) -> PersonPage {
    let chrome = visit.chrome();
    let t = chrome.t();
    let notes = found.notes.iter().map(|note| {
        let (who, at) = (who_said(&chrome, &note.who), shown_moment(note.at));
        fill(&t.console_person_note, &[("name", &who), ("at", &at)])
    });
    let notes: Vec<String> = notes.collect();
    let head = head(visit, &found.person, may, Tab::Overview, (may.help || may.history).then_some(found.open_sign_ons));
    let (head, line) = match then {
        Some(then) => (on_day::head(visit, head, then), on_day::line(visit, desk.authority.registry(), &found, then)),
        None => (head, line(visit, desk, &found, may)),
    };
    PersonPage {
        console: desk.console(Section::People),
        head,
        day: DayAsked::default(),
        said,
        notes,
        merged: None,
        given: Vec::new(),
        has_no_method: found.methods.password_set_at.is_none() && found.methods.passkeys == 0,
        changes_locked: found.changes_locked,
        line,
        known: known(visit, &found.person),
        methods: methods(visit, &found),
        sources: sources(visit, &found),
        number: found.number,
        chrome,
    }
}

fn known(visit: &Visit, person: &Person) -> Vec<Known> {
    let t = visit.chrome().t();
    let fact = |label, value: Option<String>, is_figure| Known { label, value, is_figure };
    vec![
        fact(t.profile_date_of_birth.as_str(), person.date_of_birth.map(shown), true),
        fact(t.profile_employee_code.as_str(), person.employee_code.clone(), true),
        fact(t.profile_email.as_str(), person.email.clone(), false),
        fact(t.profile_phone.as_str(), person.phone.as_deref().map(last_digits), true),
    ]
}

fn methods(visit: &Visit, found: &Page) -> Vec<Known> {
    let t = visit.chrome().t();
    let methods = &found.methods;
    let fact = |label, value: Option<String>, is_figure| Known { label, value, is_figure };
    let count = |many: i64| (many > 0).then(|| many.to_string());
    let since = methods.password_set_at.map(|at| shown(vietnam_date(at)));
    vec![
        fact(t.account_password.as_str(), since.map(|day| fill(&t.account_password_line, &[("day", &day)])), false),
        fact(t.account_passkeys.as_str(), count(methods.passkeys), true),
        fact(t.account_app.as_str(), methods.totp.then(|| t.account_in_use.clone()), false),
        fact(t.account_codes.as_str(), count(methods.recovery_codes), true),
    ]
}

fn sources(visit: &Visit, found: &Page) -> Vec<Known> {
    let t = visit.chrome().t();
    let said = |way: Way| match way {
        Way::CommandLine => &t.console_person_from_command,
        Way::File => &t.console_person_from_file,
        Way::Console => &t.console_person_from_console,
        Way::Before => &t.console_person_from_before,
        Way::TakenBack => &t.console_person_from_undo,
        Way::Other => &t.profile_from_other,
    };
    let known = |way: Way, at| Known { label: said(way).as_str(), value: Some(shown_moment(at)), is_figure: true };
    found.came_from.iter().map(|came| known(came.way, came.at)).collect()
}

fn line(visit: &Visit, desk: &Desk, found: &Page, may: May) -> Vec<LineItem> {
    let person = &found.person;
    let registry = visit.app.services.known.registry();
    let today = vietnam_date(visit.app.services.clock.now());
    let within = desk.authority.people::<EditPeople>().filter(|_| may.edit);
    let items = timeline::draw(&person.positions, &registry, today);
    let change = |held: &Position| {
        let reached = within.as_ref().is_some_and(|within| is_within(within, held));
        reached.then(|| format!("/admin/people/{}/positions/{}", person.id, held.id))
    };
    let item = |item: Item| match item {
        Item::Held(held, time) => {
            let shown = post(visit, &registry, &held, (time, today), change(&held));
            let told = found.corrected.iter().find(|told| told.before.id == held.id);
            let shown = LineItem { corrected: told.map(|told| corrected(visit, told)), ..shown };
            match found.handed_over.iter().find(|lent| lent.position == held.id) {
                Some(lent) => acted_in_for(visit, shown, lent),
                None => shown,
            }
        }
        Item::Reorganized(event) => reorganized(visit, &registry, &event),
    };
    items.into_iter().map(item).collect()
}

/// A post as it is drawn, with its unit as of a day.
pub(super) fn post(
    visit: &Visit,
    registry: &Registry,
    held: &Position,
    (time, today): (Time, Date),
    change: Option<String>,
) -> LineItem {
    let t = visit.chrome().t();
    let kind = kind_said(visit, held.kind);
    LineItem {
        class: match time {
            Time::Now => "now",
            Time::Later => "later",
            Time::Past => "past",
        },
        when: days_said(visit, held),
        title: titled(held),
        held_as: if held.primary { &t.position_primary } else { &t.position_concurrent },
        place: unit_name(registry, held, today),
        detail: if held.decision_no.is_empty() { kind.to_owned() } else { format!("{}, {kind}", held.decision_no) },
        corrected: None,
        change,
    }
}

/// What was said of a post before it was said otherwise.
pub(super) fn corrected(visit: &Visit, told: &Corrected) -> String {
    let sentence = &visit.chrome().t().console_person_corrected;
    let (at, days) = (shown_moment(told.at), days_said(visit, &told.before));
    fill(sentence, &[("at", &at), ("title", &titled(&told.before)), ("days", &days)])
}

/// A post with the name of whoever handed it over. One of which that was ended is not held, whatever its days say.
pub(super) fn acted_in_for(visit: &Visit, shown: LineItem, lent: &HandedOver) -> LineItem {
    let t = visit.chrome().t();
    let said = if lent.stands { &t.delegations_acts_for } else { &t.delegations_acted_for };
    let name = lent.by.as_deref().unwrap_or(&t.console_person_beyond);
    let detail = format!("{}, {}", shown.detail, fill(said, &[("name", name)]));
    LineItem { class: if lent.stands { shown.class } else { "past" }, detail, ..shown }
}

fn reorganized(visit: &Visit, registry: &Registry, event: &Reorganized) -> LineItem {
    let t = visit.chrome().t();
    let eve = event.on.previous_day().unwrap_or(event.on);
    let name = |id, day| registry.unit(id).map(|unit| unit_on(registry, unit, day)).unwrap_or_default();
    let mut after: Vec<String> = event.to.iter().take(MOST_UNITS).map(|unit| name(unit, event.on)).collect();
    if event.to.len() > MOST_UNITS {
        let others = (event.to.len() - MOST_UNITS).to_string();
        after.push(fill(&t.console_person_more_units, &[("count", &others)]));
    }
    let sentence = match event.relation {
        Relation::Whole => &t.console_person_event_whole,
        Relation::Part => &t.console_person_event_part,
        Relation::Within | Relation::Cross | Relation::Earlier => &t.console_person_event_other,
    };
    LineItem {
        class: "event",
        when: shown(event.on),
        title: fill(sentence, &[("from", &name(&event.from, eve)), ("to", &after.join(", "))]),
        held_as: "",
        place: String::new(),
        detail: String::new(),
        corrected: None,
        change: None,
    }
}
