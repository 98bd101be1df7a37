//! The console: pages for administrators.
//!
//! Every page begins at [`enter`]: two factors, and no longer away from the console than a quarter of an hour. What a
//! page shows or does goes through a proof that the reader's `Authority` hands out; without one the page answers as if
//! the thing were not there.

pub mod administrators;
pub mod approvals;
pub mod audit;
pub mod clients;
pub mod day;
pub mod imports;
pub mod keys;
pub mod legacy;
pub mod merges;
pub mod names;
pub mod nodes;
pub mod onboarding;
pub mod overview;
pub mod people;
pub mod pieces;
pub mod plan_worklist;
pub mod plans;
pub mod receipts;
pub mod recovery;
pub mod reports;
pub mod reviews;
pub mod rights;
pub mod routes;
pub mod sources;
pub mod units;

use crate::base::date::vietnam_date;
use crate::http::extract::account::Account;
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::{Console, Section};
use crate::http::view::error::ErrorWords;
use crate::model::admin_scope::AdminRole;
use crate::model::authority::{
    Appoint, EditTemplate, HelpPeople, OnboardUnits, PlacePeople, ReadAudit, ReadClients, ReadFigures, ReadImports, ReadPeople,
    ReadPlans, ReadReadiness, ReadReports, ReadReviews, ReadRuntime, ReadSources, RetryDeliveries, ReviewLegacy,
};
use crate::protocol::parameters::Parameters;
use crate::service::administrators::alarm::{self, Banner};
use crate::service::authority::{Authority, Entered};
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;

/// An administrator at the console.
pub struct Desk {
    /// Their sign-on, and who they are.
    pub account: Account,
    /// What they may do.
    pub authority: Authority,
    /// What is said above every page about the account for the worst day.
    pub alarm: Option<Banner>,
}

/// Lets administrators in; sends others to sign in, to their second factor, or away.
pub async fn enter(visit: &Visit) -> Result<Desk, Response> {
    own_way(visit).await?;
    let account = visit.account().await?;
    admit(visit, account).await
}

/// The same after a sign-in of the last ten minutes: for what cannot be undone, and for what opens an account.
pub async fn enter_fresh(visit: &Visit) -> Result<Desk, Response> {
    own_way(visit).await?;
    // Whoever administers nothing is told so, and is not asked for more first.
    let account = visit.account().await?;
    if !account.person.is_administrator(vietnam_date(visit.app.services.clock.now())) {
        return Err(nobody(visit));
    }
    admit(visit, visit.fresh_account().await?).await
}

/// What an old system says of somebody makes them no administrator: they hear so, and are not asked for more.
async fn own_way(visit: &Visit) -> Result<(), Response> {
    match visit.sign_on().await {
        Ok(Some(sign_on)) if sign_on.legacy.is_some() => {
            Err(page::show(visit, ErrorWords::NoAccess, None, "the console asks for a way to sign in of one's own"))
        }
        Ok(_) => Ok(()),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

fn nobody(visit: &Visit) -> Response {
    page::show(visit, ErrorWords::NoAccess, None, "this account administers nothing")
}

async fn admit(visit: &Visit, account: Account) -> Result<Desk, Response> {
    let entered = Authority::enter(&visit.app.services, &account.sign_on, &visit.origin).await;
    match entered.map_err(|failure| page::failed(visit, &failure))? {
        Entered::In(authority) => {
            let alarm = alarm::banner(&visit.app.services, &authority).await;
            let alarm = alarm.map_err(|failure| page::failed(visit, &failure))?;
            Ok(Desk { account, authority, alarm })
        }
        Entered::Away => Err(visit.sign_in_again().await),
        Entered::OneFactor => Err(page::show(visit, ErrorWords::NoAccess, None, "two factors are asked for here")),
        Entered::Nobody => Err(nobody(visit)),
    }
}

/// What lies outside the reader's bounds is not there, and what is not there neither.
pub fn absent(visit: &Visit) -> Response {
    page::show(visit, ErrorWords::NotFound, None, "not there, or outside the reader's bounds")
}

/// The form of one of our own pages.
pub async fn own_form(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Parameters, Response> {
    let form = match body::page_form(headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return Err(page::show(visit, ErrorWords::BadRequest, None, &fault.to_string())),
        Err(problem) => return Err(page::unread(visit, problem)),
    };
    if visit.is_own_form(&form) {
        return Ok(form);
    }
    Err(page::show(visit, ErrorWords::Forbidden, None, "the form does not come from this browser"))
}

impl Desk {
    /// What surrounds a page of this section.
    pub fn console(&self, section: Section) -> Console {
        let authority = &self.authority;
        let today = authority.today();
        let registry = authority.registry();
        let bound = authority.scopes().iter().filter_map(|scope| scope.unit.as_ref()).filter_map(|unit| registry.unit(unit));
        let mut units: Vec<&str> = bound.map(|unit| registry.name_on(unit, today)).collect();
        units.dedup();
        let everywhere = authority.scopes().iter().any(|scope| scope.unit.is_none() && scope.role != AdminRole::Application);
        let clients = authority.scopes().iter().filter_map(|scope| scope.client.as_deref());
        let scope = if everywhere { String::new() } else { units.into_iter().chain(clients).collect::<Vec<_>>().join(", ") };
        Console {
            section,
            name: self.account.person.person.full_name.clone(),
            scope,
            open: self.open(),
            alarm: self.alarm.clone(),
        }
    }

    /// The sections that this administrator may open.
    fn open(&self) -> Vec<Section> {
        let authority = &self.authority;
        let allowed = [
            (Section::People, authority.people::<ReadPeople>().is_some()),
            (Section::Imports, authority.units::<ReadImports>().is_some()),
            (Section::Legacy, authority.units::<ReviewLegacy>().is_some()),
            (Section::Reports, authority.people::<ReadReports>().is_some()),
            (Section::Recovery, authority.people::<HelpPeople>().is_some()),
            (Section::Approvals, true),
            (Section::Units, true),
            (Section::Plans, authority.city::<ReadPlans>().is_some() || authority.units::<PlacePeople>().is_some()),
            (Section::Onboarding, authority.units::<ReadReadiness>().is_some() || authority.units::<OnboardUnits>().is_some()),
            (Section::Reviews, authority.units::<ReadReviews>().is_some()),
            (Section::Rights, authority.people::<ReadPeople>().is_some() || authority.reads_clients::<ReadClients>()),
            (Section::Administrators, authority.people::<Appoint>().is_some() || authority.city::<ReadRuntime>().is_some()),
            (Section::Overview, authority.units::<ReadFigures>().is_some() || authority.city::<EditTemplate>().is_some()),
            (Section::Clients, authority.reads_clients::<ReadClients>()),
            (Section::Sources, authority.city::<ReadSources>().is_some()),
            (Section::Audit, authority.city::<ReadAudit>().is_some()),
            (Section::Keys, authority.city::<ReadRuntime>().is_some()),
            (Section::Receipts, authority.city::<ReadRuntime>().is_some() || authority.reads_clients::<RetryDeliveries>()),
            (Section::Nodes, authority.city::<ReadRuntime>().is_some()),
        ];
        allowed.into_iter().filter(|(_, open)| *open).map(|(section, _)| section).collect()
    }
}
