//! What a reader of the records asks for, as its address carries it.

use super::HERE;
use crate::base::date::{parse, shown, vietnam_date};
use crate::base::text::nfc;
use crate::http::view::console::audit::{AuditFields, AuditProblem};
use crate::http::view::console::parts::address;
use crate::model::authority::ReadAudit;
use crate::model::personal_number::PersonalNumber;
use crate::protocol::parameters::Parameters;
use crate::service::authority::City;
use crate::service::trail::search::{self, EventFilter, Mark, Query, USUAL_DAYS};
use crate::service::{Failure, Services};
use time::{Date, Duration};

/// Nothing longer is typed into a field.
const LONGEST: usize = 200;

/// The fields as they were typed, and where the reader is in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) fields: AuditFields,
    pub(super) before: Option<Mark>,
}

impl Filter {
    /// Reads a query. Days that nobody typed are the last ones.
    pub(super) fn read(parameters: &Parameters, services: &Services) -> Self {
        let get = |name: &str| {
            let text: String = nfc(parameters.get(name).unwrap_or_default()).trim().chars().take(LONGEST).collect();
            // Nobody is looked for by their personal number, and no page repeats one.
            if PersonalNumber::parse(&text).is_some() { "?".to_owned() } else { text }
        };
        let today = vietnam_date(services.clock.now());
        let first = today.checked_sub(Duration::days(USUAL_DAYS - 1)).unwrap_or(today);
        let day = |name: &str, usual: Date| Some(get(name)).filter(|text| !text.is_empty()).unwrap_or_else(|| shown(usual));
        let fields = AuditFields {
            who: get("who"),
            whom: get("whom"),
            client: get("client"),
            event: get("event"),
            address: get("address"),
            request: get("request"),
            from: day("from", first),
            to: day("to", today),
        };
        Self { fields, before: parameters.get("before").and_then(Mark::parse) }
    }

    /// Whether somebody typed a personal number: then the page does not even say its own address.
    pub(super) fn holds_number(parameters: &Parameters) -> bool {
        parameters.pairs().any(|(_, value)| PersonalNumber::parse(value).is_some())
    }

    /// What the records are asked, or the field that cannot be read.
    pub(super) async fn query(
        &self,
        services: &Services,
        proof: &City<ReadAudit>,
    ) -> Result<Result<Query, AuditProblem>, Failure> {
        let fields = &self.fields;
        let (Some(from), Some(to)) = (parse(&fields.from), parse(&fields.to)) else { return Ok(Err(AuditProblem::Days)) };
        let mut query = Query::of_days(from, to);
        query.before = self.before.clone();
        if !fields.who.is_empty() {
            query.actor = search::actor(services, proof, &fields.who).await?;
            if query.actor.is_none() {
                return Ok(Err(AuditProblem::Who));
            }
        }
        if !fields.whom.is_empty() {
            query.person = search::person(services, proof, &fields.whom).await?;
            if query.person.is_none() {
                return Ok(Err(AuditProblem::Whom));
            }
        }
        let texts = [
            (&fields.client, search::client(&fields.client), AuditProblem::Client),
            (&fields.address, search::address(&fields.address), AuditProblem::Address),
            (&fields.request, search::request(&fields.request), AuditProblem::Request),
        ];
        for (typed, read, problem) in &texts {
            if !typed.is_empty() && read.is_none() {
                return Ok(Err(*problem));
            }
        }
        let [(_, client, _), (_, address, _), (_, request, _)] = texts;
        (query.client, query.address, query.request) = (client, address, request);
        if !fields.event.is_empty() {
            query.event = EventFilter::parse(&fields.event);
            if query.event.is_none() {
                return Ok(Err(AuditProblem::Event));
            }
        }
        Ok(if query.fits() { Ok(query) } else { Err(AuditProblem::TooLong) })
    }

    /// The address of the list at a place.
    pub(super) fn address(&self, before: Option<&Mark>) -> String {
        self.address_of(HERE, "before", &before.map(Mark::written).unwrap_or_default())
    }

    /// The address of another page that reads the same filter, with one more parameter.
    pub(super) fn address_of(&self, path: &str, name: &str, value: &str) -> String {
        let fields = &self.fields;
        let asked = [
            ("who", fields.who.as_str()),
            ("whom", &fields.whom),
            ("client", &fields.client),
            ("event", &fields.event),
            ("address", &fields.address),
            ("request", &fields.request),
            ("from", &fields.from),
            ("to", &fields.to),
            (name, value),
        ];
        address(path, &asked)
    }
}
