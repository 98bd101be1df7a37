//! Who administers what: the list, the way to ask for another one, and the way to take a role back.

pub mod export;
pub mod new;
pub mod one;

use super::day::Day;
use super::names::{Names, bound_name_on, days};
use super::{Desk, absent, enter};
use crate::base::date::iso;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::base::words::fill;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::administrators::{AdministratorsPage, Done, RoleLine, State};
use crate::http::view::console::parts::{Pages, address};
use crate::model::admin_scope::AdminRole;
use crate::model::authority::{Appoint, ReadRuntime};
use crate::protocol::parameters::Parameters;
use crate::service::administrators::{Granted, appoint};
use crate::service::authority::Doer;
use axum::extract::RawQuery;
use axum::response::Response;
use time::Date;

/// Where the list begins.
pub const HERE: &str = "/admin/administrators";
/// Lines of a page.
const PAGE: usize = 50;

/// `GET /admin/administrators`; `role` and `q` narrow it down, `on` is the day (by default today, with what is over or still to
/// come).
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match show(&visit, &desk, &parameters).await {
        Ok(response) | Err(response) => response,
    }
}

async fn show(visit: &Visit, desk: &Desk, parameters: &Parameters) -> Result<Response, Response> {
    let today = desk.authority.today();
    let day = Day::asked(parameters, today);
    let wanted = Wanted::read(parameters, day.other_than(today));
    let (_, mut all) = seen(visit, desk, wanted.on).await?;
    wanted.keep(&mut all);
    if day.is_wrong() {
        all.clear();
    }
    let count = all.len();
    let from = parameters.get("from").and_then(|from| from.parse::<usize>().ok()).unwrap_or_default().min(count);
    let some: Vec<Granted> = all.into_iter().skip(from).take(PAGE).collect();
    let lines = lines(visit, desk, &some, wanted.on).await?;
    let status = day.status();
    let page = AdministratorsPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Administrators),
        pages: pages(visit, (from, some.len(), count), |from| wanted.address(Some(from))),
        lines,
        role: wanted.role,
        q: wanted.q.to_owned(),
        day: day.on_page(Wanted { on: None, ..wanted }.address(None), today),
        may_appoint: desk.authority.people::<Appoint>().is_some(),
        done: parameters.get("done").and_then(Done::from_word),
    };
    Ok(visit.page(status, &page, None))
}

/// What narrows the list.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    role: Option<AdminRole>,
    q: &'a str,
    /// The day, when it is not today.
    on: Option<Date>,
}

impl<'a> Wanted<'a> {
    fn read(parameters: &'a Parameters, on: Option<Date>) -> Self {
        Self {
            role: parameters.get("role").and_then(AdminRole::from_word),
            q: parameters.get("q").map(str::trim).unwrap_or_default(),
            on,
        }
    }

    fn keep(self, all: &mut Vec<Granted>) {
        let wanted = fold(self.q);
        all.retain(|granted| self.role.is_none_or(|role| granted.scope.role == role));
        all.retain(|granted| wanted.is_empty() || fold(&granted.username).contains(&wanted));
    }

    /// The list that begins with one of its lines; the whole of it without.
    fn address(self, from: Option<usize>) -> String {
        let (on, from) = (self.on.map(iso).unwrap_or_default(), from.map(|from| from.to_string()).unwrap_or_default());
        let role = self.role.map(AdminRole::word).unwrap_or_default();
        address(HERE, &[("role", role), ("q", self.q), ("on", &on), ("from", &from)])
    }
}

/// The roles that the reader may see, of a day when it is not today, and as what they do.
async fn seen(visit: &Visit, desk: &Desk, on: Option<Date>) -> Result<(Doer, Vec<Granted>), Response> {
    let services = &visit.app.services;
    let (by, all) = if let Some(proof) = desk.authority.city::<ReadRuntime>() {
        let all = appoint::list_all(services, &proof, on).await;
        (proof.by, all)
    } else if let Some(proof) = desk.authority.people::<Appoint>() {
        let all = appoint::list_within(services, &proof, on).await;
        (proof.by, all)
    } else {
        return Err(absent(visit));
    };
    all.map(|all| (by, all)).map_err(|failure| page::failed(visit, &failure))
}

async fn lines(visit: &Visit, desk: &Desk, some: &[Granted], on: Option<Date>) -> Result<Vec<RoleLine>, Response> {
    let mut ids: Vec<_> = some.iter().map(|granted| granted.person.clone()).collect();
    ids.extend(some.iter().map(|granted| PersonId(granted.granted_by.clone())));
    let names = Names::of(visit, desk, &ids).await?;
    let day = on.unwrap_or_else(|| desk.authority.today());
    let line = |granted: &Granted| {
        let scope = &granted.scope;
        let (first, last) = days(Some(scope.valid_from), scope.valid_to);
        RoleLine {
            id: scope.id.clone(),
            full_name: names.full(&granted.person),
            username: granted.username.clone(),
            role: scope.role,
            bound: bound_name_on(desk, scope, day),
            first,
            last,
            by: names.shown(&granted.granted_by),
            reason: granted.reason.clone(),
            state: if scope.is_over_on(day) {
                State::Over
            } else if scope.in_force_on(day) {
                State::Now
            } else {
                State::Later
            },
            break_glass: granted.break_glass,
            // Taking back is of now.
            may_end: on.is_none() && granted.person != *desk.authority.person() && appoint::may_give(&desk.authority, scope),
        }
    };
    Ok(some.iter().map(line).collect())
}

/// Where one is in a list that is counted: its first line, how many lines are shown, how many there are.
fn pages(visit: &Visit, (from, shown, count): (usize, usize, usize), address: impl Fn(usize) -> String) -> Pages {
    let next = from + shown;
    let first = if shown == 0 { 0 } else { from + 1 };
    let numbers = [("from", &first.to_string()), ("to", &next.to_string()), ("count", &count.to_string())];
    Pages {
        shown: fill(&visit.chrome().t().console_administrators_shown, &numbers.map(|(name, number)| (name, number.as_str()))),
        previous: (from > 0).then(|| address(from.saturating_sub(PAGE))),
        next: (next < count).then(|| address(next)),
    }
}
