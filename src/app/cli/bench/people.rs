//! `motlan bench-people`: fills the directory with a crowd, and measures the console's pages of people and units.
//!
//! The pages are asked of the router in this process, as administrators who are signed on: everything but the network is
//! in the figures. It belongs on a database of its own: the crowd stays.

mod crowd;

use super::measure::percentile_ms;
use crate::app::build;
use crate::app::cli::{CliError, Output, actor};
use crate::app::config::Config;
use crate::base::date::vietnam_date;
use crate::base::id::{ChangeSetId, PersonId, UnitId, uuid_v7};
use crate::http::{App, routes};
use crate::model::admin_scope::AdminRole;
use crate::model::position::{Position, PositionKind};
use crate::model::sign_on::Manner;
use crate::model::unit::Certainty;
use crate::model::unit_code::GSO;
use crate::service::administrators::{self, Grant};
use crate::service::provisioning::change_set::{self, Applied};
use crate::service::sign_on::{self, Proof};
use crate::service::{Origin, Services, directory, known};
use crate::store::passkeys::{self, StoredPasskey};
use crate::store::persons::{self, Facts, NewPerson};
use crate::store::{change_sets, methods, positions};
use clap::Args;
use crowd::somebody;
use hyper::body::Body;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower::{Service, ServiceExt as _};

/// People of one short write.
const BATCH: u64 = 250;
/// Administrators of the bench: of the whole city, and of one unit.
const CITY: &str = "bench.city";
const UNIT: &str = "bench.unit";

/// How many people, and what must hold.
#[derive(Debug, Args)]
pub struct PeopleArgs {
    /// People in the directory; those that are missing are brought in.
    #[arg(long, default_value_t = 1_000_000)]
    people: u64,
    /// How often each kind of page is asked for.
    #[arg(long, default_value_t = 400)]
    rounds: usize,
    /// The most that the 95th percentile of each may be.
    #[arg(long, default_value_t = 100.0)]
    max_p95_ms: f64,
}

/// Where people work.
struct Place {
    id: UnitId,
    code: String,
}

/// One kind of page, as measured.
#[derive(serde::Serialize)]
struct Line {
    page: &'static str,
    asked: usize,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
}

/// Fills, lists, measures.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
pub async fn run(args: &PeopleArgs, config: &Config, services: &Services, output: &mut Output) -> Result<(), CliError> {
    let places = places(services);
    if places.is_empty() {
        return Err(CliError::Refused("there are no units: motlan unit import data/units first".to_owned()));
    }
    let begun = Instant::now();
    let brought = fill(services, args.people, &places).await?;
    let filled = begun.elapsed();
    let begun = Instant::now();
    directory::catch_up(services).await?;
    output.note(&format!("{brought} people brought in within {filled:.1?}, listed within {:.1?}", begun.elapsed()));
    let visitors = [visitor(services, config, CITY, None).await?, visitor(services, config, UNIT, Some(&places[0])).await?];
    let site = Arc::new(build::site(config).map_err(CliError::Other)?);
    let stage = Stage { router: routes::public(App { services: services.clone(), site, looks: Arc::default() }), services };
    let mut lines = Vec::new();
    for look in looks(services, &visitors, &places, args.people).await? {
        lines.push(stage.measure(&look, args.rounds).await?);
    }
    lines.push(stage.turn_pages(&visitors[0], args.rounds).await?);
    tell(args, &lines, output)
}

fn tell(args: &PeopleArgs, lines: &[Line], output: &mut Output) -> Result<(), CliError> {
    output.line("| page | asked | p50 ms | p95 ms | p99 ms |");
    output.line("| --- | ---: | ---: | ---: | ---: |");
    for line in lines {
        let Line { page, asked, p50_ms, p95_ms, p99_ms } = line;
        output.line(&format!("| {page} | {asked} | {p50_ms:.1} | {p95_ms:.1} | {p99_ms:.1} |"));
    }
    let missed: Vec<&str> = lines.iter().filter(|line| line.p95_ms > args.max_p95_ms).map(|line| line.page).collect();
    let document = json!({ "people": args.people, "pages": lines });
    if missed.is_empty() {
        if output.json {
            output.document(&document);
        }
        return Ok(());
    }
    let sentence = format!("the 95th percentile is above {:.0} ms: {}", args.max_p95_ms, missed.join(", "));
    Err(CliError::Document(document, sentence))
}

/// The communes of today.
fn places(services: &Services) -> Vec<Place> {
    let today = vietnam_date(services.clock.now());
    let registry = services.known.registry();
    let communes = registry.units().filter(|unit| unit.kind.level() == 3 && unit.span.holds_on(today) == Certainty::Yes);
    let place = |unit| Some(Place { code: registry.code_on(unit, GSO, today)?.to_owned(), id: unit.id.clone() });
    communes.filter_map(place).collect()
}

/// Brings in whoever is missing of the crowd, in one set.
async fn fill(services: &Services, people: u64, places: &[Place]) -> Result<u64, CliError> {
    let there = u64::try_from(persons::count(&mut services.store.read().await?).await?).unwrap_or_default();
    if there >= people {
        return Ok(0);
    }
    let bar = ProgressBar::new(people - there);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} % {msg}") {
        bar.set_style(style);
    }
    let (actor, origin) = (actor(), Origin::command_line());
    let set = change_set::begin(services, "bench", &actor).await?;
    // Their numbers go on where an earlier crowd ended; the two administrators are 0 and 1 of the first one.
    let mut next = there;
    while next < people {
        let end = (next + BATCH).min(people);
        stage(services, &set, next..end, places).await?;
        bar.inc(end - next);
        next = end;
    }
    let applied =
        Applied { event: "people.imported", actor: &actor, origin: &origin, detail: json!({ "bench": people - there }) };
    change_set::apply(services, &set, applied).await.map_err(|error| CliError::Other(error.to_string()))?;
    bar.finish_and_clear();
    Ok(people - there)
}

async fn stage(services: &Services, set: &ChangeSetId, numbers: std::ops::Range<u64>, places: &[Place]) -> Result<(), CliError> {
    let now = services.clock.now();
    let crowd: Vec<(PersonId, crowd::Somebody)> = numbers
        .map(|number| {
            let mut one = somebody(number, places.len());
            match number {
                0 => one.username = CITY.to_owned(),
                1 => one.username = UNIT.to_owned(),
                _ => {}
            }
            (PersonId::new(now, services.entropy.as_ref()), one)
        })
        .collect();
    // Sorted, as everybody does who takes names.
    let mut names: Vec<NewPerson> = crowd
        .iter()
        .map(|(id, one)| NewPerson { id: id.clone(), username: one.username.clone(), folded: one.username.clone() })
        .collect();
    names.sort_by(|one, other| one.folded.cmp(&other.folded));
    let facts: Vec<(PersonId, Facts)> = crowd.iter().map(|(id, one)| (id.clone(), facts(one))).collect();
    let held: Vec<(PersonId, Position)> = crowd.iter().map(|(id, one)| (id.clone(), position(id, one, places))).collect();
    let mut tx = services.store.write().await?;
    change_sets::mark_touched(&mut tx, set, now).await?;
    persons::add(&mut tx, set, now, &names).await?;
    persons::add_facts(&mut tx, set, &facts).await?;
    positions::add(&mut tx, set, &held).await?;
    Ok(tx.commit().await?)
}

fn facts(one: &crowd::Somebody) -> Facts {
    Facts {
        full_name: one.full_name.clone(),
        date_of_birth: None,
        personal_number: None,
        email: Some(format!("{}@vi-du.vn", one.username)),
        phone: None,
        employee_code: Some(one.employee_code.clone()),
        claims: BTreeMap::new(),
    }
}

fn position(person: &PersonId, one: &crowd::Somebody, places: &[Place]) -> Position {
    let unit = places[one.unit].id.clone();
    let from = time::macros::date!(2025 - 07 - 01);
    Position {
        id: Position::id_of(person, &unit, "", one.title, from),
        unit,
        department: String::new(),
        title: one.title.to_owned(),
        kind: PositionKind::CongChuc,
        primary: true,
        decision_no: String::new(),
        delegated_by: None,
        follows: None,
        valid_from: from,
        valid_to: None,
    }
}

/// An administrator who is signed on with two factors, by the cookie of their browser.
async fn visitor(services: &Services, config: &Config, username: &str, place: Option<&Place>) -> Result<String, CliError> {
    let other = |error: &dyn std::fmt::Display| CliError::Other(error.to_string());
    let now = services.clock.now();
    let person = persons::find_id_by_username(&mut services.store.read().await?, username).await?;
    let person = person.ok_or_else(|| CliError::Refused(format!("{username} is missing: use a database of its own")))?;
    let (actor, origin) = (actor(), Origin::command_line());
    let grant = Grant {
        username,
        role: if place.is_some() { AdminRole::Unit } else { AdminRole::Directory },
        unit: place.map(|place| place.code.as_str()),
        client: None,
        valid_from: None,
        valid_to: None,
        actor: &actor,
        origin: &origin,
    };
    administrators::grant(services, &grant).await.map_err(|error| other(&error))?;
    let mut tx = services.store.write().await?;
    if methods::find(&mut tx, &person).await?.passkeys == 0 {
        let passkey = StoredPasskey {
            id: uuid_v7(now, services.entropy.as_ref()),
            person: person.clone(),
            name: "bench".to_owned(),
            credential: "{}".to_owned(),
            version: 1,
            created_at: now,
            used_at: None,
        };
        passkeys::add(&mut tx, &passkey, 10).await?;
    }
    tx.commit().await?;
    known::refresh(services).await?;
    let methods = "hwk user".to_owned();
    let manner = Manner::default();
    let proof = Proof { person, level: 2, methods, password_since: None, proved_at: None, manner, legacy: None };
    let started = sign_on::start(services, proof, None, &origin).await?;
    let prefix = if config.server.issuer.starts_with("https://") { "__Host-" } else { "" };
    Ok(format!("{prefix}motlan_sign_on={}", started.cookie))
}

type Look<'a> = (&'static str, &'a str, Vec<String>);

/// What is asked for, and by whom.
async fn looks<'a>(
    services: &Services,
    visitors: &'a [String; 2],
    places: &[Place],
    people: u64,
) -> Result<Vec<Look<'a>>, CliError> {
    let [city, unit] = visitors;
    let list = |query: &str| format!("/admin/people{query}");
    // As somebody types: every beginning is a search.
    let typed =
        ["nguyen", "nguyễn yến", "tran thi mai", "xuyen", "chu tich minh", "can.bo.0000123", "cb-00001", "phuong sai gon"];
    let beginnings = typed.iter().flat_map(|text| {
        let ends = text.char_indices().map(|(place, letter)| place + letter.len_utf8()).skip(1);
        ends.map(|end| text[..end].to_owned()).collect::<Vec<_>>()
    });
    let search: Vec<String> = beginnings
        .map(|text| list(&format!("?{}", url::form_urlencoded::Serializer::new(String::new()).append_pair("q", &text).finish())))
        .collect();
    let mut filters: Vec<String> = [
        "",
        "?state=disabled",
        "?state=enabled",
        "?state=new",
        "?factor=weak",
        "?factor=passkey&q=an",
        "?kind=can_bo",
        "?dir=desc",
    ]
    .map(list)
    .to_vec();
    filters.extend(places.iter().take(20).map(|place| list(&format!("?unit={}&q=ng", place.id))));
    let mut persons_pages = Vec::new();
    for part in 1..=50_u64 {
        let number = (people / 51) * part + 2;
        let name = format!("can.bo.{:07}", number.min(people.saturating_sub(1)));
        let id = persons::find_id_by_username(&mut services.store.read().await?, &name).await?;
        persons_pages.extend(id.map(|id| list(&format!("/{id}"))));
    }
    let units: Vec<String> = places.iter().take(50).map(|place| format!("/admin/units/{}", place.id)).collect();
    Ok(vec![
        ("search, whole city", city.as_str(), search.clone()),
        ("search, one unit", unit.as_str(), search),
        ("filters, whole city", city.as_str(), filters),
        ("person page", city.as_str(), persons_pages),
        ("unit page", city.as_str(), units),
    ])
}

/// The pages of this process.
struct Stage<'a, R> {
    router: R,
    services: &'a Services,
}

impl<R, B> Stage<'_, R>
where
    R: Service<http::Request<String>, Response = http::Response<B>, Error = Infallible> + Clone,
    B: Body + Unpin,
    B::Data: AsRef<[u8]>,
    B::Error: std::fmt::Display,
{
    /// One page, read to its end; how long that took, and what it says.
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures durations")]
    async fn ask(&self, visitor: &str, address: &str) -> Result<(Duration, String), CliError> {
        // What a server does twice a second beside its requests.
        known::refresh(self.services).await?;
        let request = http::Request::get(address).header("cookie", visitor).body(String::new());
        let request = request.map_err(|error| CliError::Other(error.to_string()))?;
        let begun = Instant::now();
        let response = self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = response.status();
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|error| CliError::Other(error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                bytes.extend_from_slice(data.as_ref());
            }
        }
        let took = begun.elapsed();
        if status != http::StatusCode::OK {
            return Err(CliError::Other(format!("{address}: {status}")));
        }
        Ok((took, String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Some addresses in turn, so often.
    async fn measure(&self, look: &Look<'_>, rounds: usize) -> Result<Line, CliError> {
        let (page, visitor, addresses) = look;
        let mut times = Vec::with_capacity(rounds);
        for address in addresses.iter().cycle().take(rounds) {
            times.push(self.ask(visitor, address).await?.0);
        }
        Ok(line(page, times))
    }

    /// From page to page of the whole list.
    async fn turn_pages(&self, visitor: &str, rounds: usize) -> Result<Line, CliError> {
        let mut times = Vec::with_capacity(rounds);
        let mut address = "/admin/people".to_owned();
        for _ in 0..rounds {
            let (took, body) = self.ask(visitor, &address).await?;
            times.push(took);
            address = next_page(&body).unwrap_or_else(|| "/admin/people".to_owned());
        }
        Ok(line("pages, one after another", times))
    }
}

/// Where a list goes on.
fn next_page(body: &str) -> Option<String> {
    let (before, _) = body.split_once("\" rel=\"next\"")?;
    let (_, address) = before.rsplit_once("href=\"")?;
    Some(address.replace("&#38;", "&"))
}

fn line(page: &'static str, mut times: Vec<Duration>) -> Line {
    times.sort_unstable();
    Line {
        page,
        asked: times.len(),
        p50_ms: percentile_ms(&times, 0.50),
        p95_ms: percentile_ms(&times, 0.95),
        p99_ms: percentile_ms(&times, 0.99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_where_it_goes_on() {
        let body = "<a href=\"/a\" rel=\"prev\">x</a> <a href=\"/admin/people?q=a&#38;at=a.1.2.3.25\" rel=\"next\">y</a>";
        assert_eq!(next_page(body).as_deref(), Some("/admin/people?q=a&at=a.1.2.3.25"));
        assert_eq!(next_page("<a href=\"/a\" rel=\"prev\">x</a>"), None);
    }
}
