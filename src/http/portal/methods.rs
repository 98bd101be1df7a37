//! The methods, sessions and devices of the person who looks.

use crate::base::clock::Millis;
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::id::SignOnId;
use crate::http::extract::account::Account;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::methods::{AwayRow, DeviceRow, Done, MethodRow, Methods, MethodsPage, SessionRow};
use crate::http::view::place::Place;
use crate::model::device::Device;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::account::methods::{self, Overview};
use crate::service::devices;
use crate::service::legacy::confirm::{self, OfflineChoice};
use crate::service::legacy::review::name_of;
use crate::service::logout::sessions::{self, Session};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /account/methods`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let done = Parameters::decode(query.unwrap_or_default().as_bytes()).get("done").and_then(Done::from_word);
    show(&visit, &account, done).await
}

/// The page for somebody who may see it.
pub async fn show(visit: &Visit, account: &Account, done: Option<Done>) -> Response {
    match view(visit, account, done).await {
        Ok(page) => visit.page(StatusCode::OK, &page, None),
        Err(failure) => page::failed(visit, &failure),
    }
}

/// The place behind an address.
pub fn place(visit: &Visit, address: &str) -> Place {
    Place { office: visit.app.services.settings.offices.name_of(address).map(str::to_owned), address: address.to_owned() }
}

async fn view(visit: &Visit, account: &Account, done: Option<Done>) -> Result<MethodsPage, Failure> {
    let services = &visit.app.services;
    let person = &account.sign_on.person;
    let overview = methods::overview(services, person).await?;
    let open = sessions::list_of(services, person).await?;
    let now = services.clock.now();
    let known = devices::list(services, person).await?;
    let choices = confirm::offline_choices(services, person).await?;
    Ok(MethodsPage {
        chrome: visit.chrome(),
        methods: methods_of(&overview),
        away: choices.into_iter().map(away).collect(),
        sessions: open.into_iter().map(|session| row(visit, session, &account.sign_on.id)).collect(),
        devices: known
            .into_iter()
            .map(|device| DeviceRow {
                remembered_until: device.remembered_until.filter(|_| device.is_remembered(now)).map(day),
                device: device.device,
                used: shown_moment(device.last_at),
                id: device.id,
            })
            .collect(),
        done,
    })
}

fn day(at: Millis) -> String {
    shown(vietnam_date(at))
}

fn methods_of(overview: &Overview) -> Methods {
    Methods {
        password_since: overview.password_set_at.map(day),
        passkeys: overview
            .passkeys
            .iter()
            .map(|passkey| MethodRow {
                name: passkey.name.clone(),
                since: day(passkey.added_at),
                used: passkey.used_at.map(shown_moment),
            })
            .collect(),
        app: overview.app.map(|(since, used)| MethodRow { name: String::new(), since: day(since), used: used.map(shown_moment) }),
        codes: overview.recovery_codes.map(|(since, left)| (day(since), left)),
        strength: overview.strength(),
        next: overview.next_step(),
        locked: overview.locked,
    }
}

fn away(choice: OfflineChoice) -> AwayRow {
    let (account, days) = (name_of(&choice.key), choice.days);
    AwayRow { account, source: choice.source, username: choice.username, days, allowed: choice.wants }
}

fn row(visit: &Visit, session: Session, present: &SignOnId) -> SessionRow {
    SessionRow {
        device: Device::from_words(&session.device),
        place: place(visit, &session.address),
        systems: session.systems,
        used: shown_moment(Millis(session.last_seen_at)),
        since: shown_moment(Millis(session.started_at)),
        shared: session.shared,
        is_this: session.id == *present,
        id: session.id.0,
    }
}
