//! Giving a role to a group: the form, what it would come to, and the button that gives it.

use super::list::may_give;
use super::units::{self, Meant, meant};
use super::{HERE, problem};
use crate::base::id::UnitId;
use crate::base::text::nfc;
use crate::http::admin::rights::person::options;
use crate::http::admin::rights::typed::{condition, day};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::parts::SelectOption;
use crate::http::view::console::rights::{GroupName, GroupNewPage, GroupPreviewPage, GroupProblem, GroupTyped};
use crate::model::authority::ReadPeople;
use crate::protocol::parameters::Parameters;
use crate::service::provisioning::group_roles::{self, Giver, Reach, Wish};
use crate::service::provisioning::roles::given::LONGEST_REASON;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What the form is shown with.
#[derive(Default)]
struct Shown<'a> {
    /// Only roles of this client; may be empty.
    client: &'a str,
    typed: GroupTyped,
    units: Vec<SelectOption>,
    problem: Option<GroupProblem>,
}

/// Why nothing was asked for: what is missing, and the units that may be meant.
struct Missing(GroupProblem, Vec<SelectOption>);

/// `GET /admin/rights/groups/new`; `client` leaves out the roles of others.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    open(&visit, &asked).await.unwrap_or_else(|answer| answer)
}

async fn open(visit: &Visit, asked: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    if !may_give(&desk) {
        return Err(absent(visit));
    }
    let shown = Shown { client: asked.get("client").unwrap_or_default(), ..Shown::default() };
    show(visit, &desk, shown).await
}

/// `POST /admin/rights/groups/new`: `act` = `look`, `add` or `change`, with `right` (a client and a role, with a space
/// between), `unit` (a name or a code) or `which` (its id, where `asked` is what `unit` was when it was chosen), `below`,
/// `title`, `two_factors`, `office`, `from`, `to` and `reason`.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/new");
    press(&visit, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    if !may_give(&desk) {
        return Err(absent(visit));
    }
    let typed = typed(&form);
    let Some((client, role)) = typed.right.split_once(' ') else {
        return missed(visit, &desk, typed, Missing(GroupProblem::Right, Vec::new())).await;
    };
    let Some(giver) = Giver::of(&desk.authority, client) else { return Err(absent(visit)) };
    if form.get("act") == Some("change") {
        return show(visit, &desk, Shown { typed, ..Shown::default() }).await;
    }
    let wish = match wish(&desk, &typed, (client, role)) {
        Ok(wish) => wish,
        Err(missing) => return missed(visit, &desk, typed, missing).await,
    };
    let services = &visit.app.services;
    let outcome = if form.get("act") == Some("add") {
        group_roles::add(services, &giver, &wish).await.map(|_| None)
    } else {
        group_roles::look(services, &giver, &wish).await.map(Some)
    };
    match outcome {
        Ok(None) => Ok(visit.see_other(&format!("{HERE}?done=given"))),
        Ok(Some(reach)) => preview(visit, &desk, (typed, &wish), reach).await,
        Err(error) => {
            let wrong = problem(error).map_err(|failure| page::failed(visit, &failure))?;
            missed(visit, &desk, typed, Missing(wrong, Vec::new())).await
        }
    }
}

fn typed(form: &Parameters) -> GroupTyped {
    let text = |name: &str| form.get(name).map(nfc).unwrap_or_default();
    let unit = text("unit");
    // Whoever typed another one since means that.
    let is_same = unit == text("asked");
    GroupTyped {
        right: text("right"),
        which: if is_same { text("which") } else { String::new() },
        unit,
        below: form.get("below").is_some(),
        title: text("title"),
        two_factors: form.get("two_factors").is_some(),
        office: form.get("office").is_some(),
        from: text("from"),
        to: text("to"),
        reason: text("reason"),
    }
}

/// What the form asks for.
fn wish(desk: &Desk, typed: &GroupTyped, (client, role): (&str, &str)) -> Result<Wish, Missing> {
    let unit = unit(desk, typed)?;
    let (Ok(valid_from), Ok(valid_to)) = (day(&typed.from), day(&typed.to)) else {
        return Err(Missing(GroupProblem::Days, Vec::new()));
    };
    Ok(Wish {
        client_id: client.to_owned(),
        role: role.to_owned(),
        unit,
        below: typed.below,
        title: Some(typed.title.clone()).filter(|title| !title.trim().is_empty()),
        condition: condition(typed.two_factors, typed.office),
        valid_from,
        valid_to,
        reason: typed.reason.clone(),
    })
}

fn unit(desk: &Desk, typed: &GroupTyped) -> Result<UnitId, Missing> {
    let chosen = desk.authority.registry().unit(&UnitId(typed.which.clone()));
    if let Some(unit) = chosen {
        return Ok(unit.id.clone());
    }
    match meant(desk, &typed.unit) {
        Meant::One(unit) => Ok(unit),
        Meant::Several(units) => Err(Missing(GroupProblem::Several, units)),
        Meant::Nothing => Err(Missing(GroupProblem::NoUnit, Vec::new())),
    }
}

async fn missed(visit: &Visit, desk: &Desk, typed: GroupTyped, missing: Missing) -> Result<Response, Response> {
    let Missing(problem, units) = missing;
    show(visit, desk, Shown { client: "", typed, units, problem: Some(problem) }).await
}

async fn show(visit: &Visit, desk: &Desk, shown: Shown<'_>) -> Result<Response, Response> {
    let Shown { client, typed, mut units, problem } = shown;
    let offered = group_roles::offered(&visit.app.services, &desk.authority).await;
    let mut offered = offered.map_err(|failure| page::failed(visit, &failure))?;
    offered.retain(|offered| client.is_empty() || offered.client_id == client);
    // A unit that was chosen among several goes on being chosen.
    if units.is_empty()
        && !typed.which.is_empty()
        && let Meant::Several(several) = meant(desk, &typed.unit)
    {
        units = several;
    }
    for option in &mut units {
        option.chosen = option.value == typed.which;
    }
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = GroupNewPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        offered: options(&offered, &typed.right),
        units,
        typed,
        longest: LONGEST_REASON,
        problem,
    };
    Ok(visit.page(status, &page, None))
}

async fn preview(visit: &Visit, desk: &Desk, (typed, wish): (GroupTyped, &Wish), reach: Reach) -> Result<Response, Response> {
    let services = &visit.app.services;
    let offered = group_roles::offered(services, &desk.authority).await.map_err(|failure| page::failed(visit, &failure))?;
    let client = offered.into_iter().find(|offered| offered.client_id == wish.client_id);
    let name = |unit: &UnitId| units::name(desk, unit);
    // Who works where is told to whoever reads those people.
    let readers = desk.authority.people::<ReadPeople>();
    let reads = |unit: &UnitId| readers.as_ref().is_some_and(|proof| proof.extent().holds(unit));
    let seen = reach.names.into_iter().filter(|(_, _, unit)| reads(unit));
    let page = GroupPreviewPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Rights),
        client_name: client.map_or_else(|| wish.client_id.clone(), |client| client.client_name),
        role: wish.role.clone(),
        whom: GroupName { unit: name(&wish.unit), below: wish.below, title: wish.title.clone() },
        condition: wish.condition,
        // What is looked at is what is given, whatever the text means by then.
        typed: GroupTyped { which: wish.unit.0.clone(), ..typed },
        people: reach.people,
        at_most: reach.at_most,
        names: seen.map(|(username, full_name, unit)| (username, full_name, name(&unit))).collect(),
    };
    Ok(visit.page(StatusCode::OK, &page, None))
}
