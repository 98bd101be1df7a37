//! The portal's first page.

use super::methods::place;
use super::notices;
use super::profile::ended_unit;
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::text::fold;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::position::former_units;
use crate::http::view::portal::{LastSignIn, Portal, PortalPerson, PortalPosition, PortalSystem, Safety};
use crate::model::methods::Missing;
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::account::{earlier, positions, systems};
use crate::service::administrators::help;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services, old_accounts, passkeys, policies, welcome};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use time::Date;

/// What says in the page's address that another position was chosen.
pub(super) const SWITCHED: &str = "/?done=position";
/// Where people go who must get a second factor before anything else.
const WALK: &str = "/welcome";
/// Characters of what is looked for.
const LONGEST_SEARCH: usize = 100;

/// `GET /`; with `q`, the systems whose name or line holds these words.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let q: String = parameters.get("q").unwrap_or_default().trim().chars().take(LONGEST_SEARCH).collect();
    let switched = parameters.get("done") == Some("position");
    answer(&visit, Asked { q, switched, missing: false }).await
}

/// What the page is asked to show.
#[derive(Default)]
pub(super) struct Asked {
    /// What is looked for among the systems.
    pub(super) q: String,
    /// Another position was just chosen.
    pub(super) switched: bool,
    /// The form came back without a position.
    pub(super) missing: bool,
}

/// The page as its visitor may see it.
pub(super) async fn answer(visit: &Visit, asked: Asked) -> Response {
    let status = if asked.missing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    match view(visit, asked).await {
        Ok(First::Portal(portal)) => visit.page(status, portal.as_ref(), None),
        Ok(First::Elsewhere(response)) => response,
        Err(failure) => page::failed(visit, &failure),
    }
}

/// What comes first.
enum First {
    /// The page.
    Portal(Box<Portal>),
    /// Another one: the question whether it is them, or the walk.
    Elsewhere(Response),
}

async fn view(visit: &Visit, asked: Asked) -> Result<First, Failure> {
    let services = &visit.app.services;
    let today = vietnam_date(services.clock.now());
    let mut portal = Box::new(nobody(visit));
    let Some(sign_on) = visit.sign_on().await? else { return Ok(First::Portal(portal)) };
    let Some(known) = services.person(&sign_on.person).await? else { return Ok(First::Portal(portal)) };
    let missing = policies::missing(services, &known, &sign_on, &visit.origin.address).await?;
    match missing {
        // Whoever has not shown everything yet sees no more than a stranger.
        Some(Missing::SecondFactor | Missing::Passkey | Missing::NewPassword) => return Ok(First::Portal(portal)),
        Some(Missing::Enrolment) | None => {}
    }
    if let Err(response) = visit.claimed(&sign_on, missing).await {
        return Ok(First::Elsewhere(response));
    }
    if missing.is_some() {
        return Ok(First::Elsewhere(visit.see_other(WALK)));
    }
    // Only now is it known on what computer this is.
    portal.chrome = visit.chrome();
    portal.person = Some(person(visit, &sign_on, &known, today).await?);
    // What happened to the account is for whoever proved themselves here.
    if !old_accounts::is_limited(services, &sign_on).await? {
        portal.notices = notices::lines(visit, &known.person.id).await?;
    }
    portal.systems = found(services, &known, &sign_on, &asked.q).await?;
    portal.q = asked.q;
    portal.switched = asked.switched;
    portal.missing = asked.missing;
    portal.helps = help::helps_anybody(services, &known);
    Ok(First::Portal(portal))
}

fn nobody(visit: &Visit) -> Portal {
    Portal {
        chrome: visit.chrome(),
        person: None,
        notices: Vec::new(),
        systems: Vec::new(),
        q: String::new(),
        switched: false,
        missing: false,
        helps: false,
    }
}

async fn person(visit: &Visit, sign_on: &SignOn, known: &KnownPerson, today: Date) -> Result<PortalPerson, Failure> {
    let services = &visit.app.services;
    let before = earlier::find(services, sign_on).await?;
    let walk = welcome::state(services, &known.person.id).await?;
    Ok(PortalPerson {
        full_name: known.person.full_name.clone(),
        positions: held(services, sign_on, known, today).await?,
        ended: ended_unit(&known.person, &known.units, today),
        last_sign_in: before.map(|before| LastSignIn {
            at: shown_moment(before.at),
            device: before.device,
            place: place(visit, &before.address),
        }),
        safety: Safety {
            // Nobody leaves a key on a computer that others use too.
            passkeys_on: passkeys::are_on(services) && !sign_on.manner.shared,
            passkeys: known.methods.passkeys,
            app: known.methods.totp,
            recovery_codes: known.methods.recovery_codes,
        },
        walk: (!walk.is_done()).then_some(walk.begun),
    })
}

async fn held(services: &Services, sign_on: &SignOn, known: &KnownPerson, today: Date) -> Result<Vec<PortalPosition>, Failure> {
    let registry = &known.units;
    let acting = positions::acting(known, sign_on, today).map(|position| &position.id);
    let mut held = Vec::new();
    for position in known.person.positions_on(today) {
        let unit = registry.unit(&position.unit);
        held.push(PortalPosition {
            id: position.id.0.clone(),
            title: position.title.clone(),
            department: position.department.clone(),
            unit_name: unit.map(|unit| registry.name_on(unit, today).to_owned()).unwrap_or_default(),
            since: shown(position.valid_from),
            until: position.valid_to.map(shown),
            primary: position.primary,
            acting: acting == Some(&position.id),
            former_units: unit.map(|unit| former_units(registry, unit)).unwrap_or_default(),
            delegated_by: match &position.delegated_by {
                Some(by) => services.person(by).await?.map(|giver| giver.person.full_name.clone()),
                None => None,
            },
        });
    }
    Ok(held)
}

/// The systems of the person whose name or line holds every word that is looked for; accents do not matter.
async fn found(services: &Services, known: &KnownPerson, sign_on: &SignOn, q: &str) -> Result<Vec<PortalSystem>, Failure> {
    let wanted = fold(q);
    let own = systems::list(services, known, sign_on).await?.into_iter().map(|system| {
        let found_by = fold(&format!("{} {}", system.name, system.description));
        PortalSystem { name: system.name, url: system.address, description: system.description, found_by }
    });
    Ok(own.filter(|system| wanted.split(' ').all(|word| system.found_by.contains(word))).collect())
}
