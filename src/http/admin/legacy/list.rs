//! The worklist by its filters.

use super::{failed, reviewer};
use crate::base::id::{PersonId, UnitId};
use crate::http::admin::Desk;
use crate::http::admin::names::{Names, unit_name};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::legacy::{HERE, ListLine, ListPage};
use crate::http::view::console::parts::address;
use crate::model::authority::EditSources;
use crate::model::registry::LookUp;
use crate::model::unit_code::reference;
use crate::protocol::parameters::Parameters;
use crate::service::legacy::review::{self, Filter};
use crate::service::legacy::sources;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// A filter as it was asked for.
pub(super) struct Asked {
    pub(super) filter: Filter,
    /// The unit, as typed.
    unit: String,
    /// It is none.
    no_unit: bool,
}

impl Asked {
    /// Reads a query. Without a decision the accounts that wait are asked for.
    pub(super) fn read(desk: &Desk, parameters: &Parameters) -> Self {
        let text = |name: &str| parameters.get(name).unwrap_or_default().trim().to_owned();
        let unit = text("unit");
        let found = unit_of(desk, &unit);
        let decision = match parameters.get("decision") {
            None => "review".to_owned(),
            Some("any") => String::new(),
            Some(word) => word.to_owned(),
        };
        let filter = Filter {
            source: text("source"),
            decision,
            rule: text("rule"),
            unit_decision: text("unit_state"),
            unit: found.clone(),
            q: text("q"),
        };
        Self { filter, no_unit: found.is_none() && !unit.is_empty(), unit }
    }

    /// The address of this list, after an account.
    fn address(&self, after: &str) -> String {
        let filter = &self.filter;
        let decision = if filter.decision.is_empty() { "any" } else { &filter.decision };
        address(
            HERE,
            &[
                ("q", &filter.q),
                ("source", &filter.source),
                ("decision", decision),
                ("rule", &filter.rule),
                ("unit_state", &filter.unit_decision),
                ("unit", &self.unit),
                ("after", after),
            ],
        )
    }

    /// Its query, for a form.
    pub(super) fn query(&self) -> String {
        self.address("").split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
    }

    /// A unit that is none is nothing's.
    pub(super) fn is_empty(&self) -> bool {
        self.no_unit
    }
}

fn unit_of(desk: &Desk, typed: &str) -> Option<UnitId> {
    let registry = desk.authority.registry();
    if let Some(unit) = registry.unit(&UnitId(typed.to_owned())) {
        return Some(unit.id.clone());
    }
    let (scheme, code) = reference(typed);
    match registry.look_up(scheme, code, desk.authority.today()) {
        LookUp::One(unit) => Some(unit.id.clone()),
        LookUp::Candidates(_) | LookUp::None => None,
    }
}

/// `GET /admin/legacy`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &asked).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, parameters: &Parameters) -> Result<Response, Response> {
    let (desk, proof) = reviewer(visit).await?;
    let services = &visit.app.services;
    let asked = Asked::read(&desk, parameters);
    let found = if asked.no_unit {
        review::Worklist::default()
    } else {
        let listed = review::list(services, &proof, &asked.filter, parameters.get("after")).await;
        listed.map_err(|failure| failed(visit, &failure))?
    };
    let owners: Vec<PersonId> = found.lines.iter().filter_map(|line| line.person.clone()).collect();
    let names = Names::of(visit, &desk, &owners).await?;
    let sources = sources::list(services).await.map_err(|failure| failed(visit, &failure))?;
    let line = |line: review::WorkLine| ListLine {
        unit: line.unit.as_ref().map(|unit| unit_name(&desk, unit)).unwrap_or_default(),
        owner: line.person.as_ref().map(|person| names.full(person)).unwrap_or_default(),
        line,
    };
    let status = if asked.no_unit { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ListPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Legacy),
        sources: sources.into_iter().map(|source| source.id).collect(),
        lines: found.lines.into_iter().map(line).collect(),
        is_first: parameters.get("after").is_none(),
        first: asked.address(""),
        next: found.next.map(|next| asked.address(&next)),
        query: asked.query(),
        may_import: desk.authority.city::<EditSources>().is_some(),
        done: parameters.get("done").and_then(|count| count.parse().ok()),
        unit: asked.unit,
        no_unit: asked.no_unit,
        filter: asked.filter,
    };
    Ok(visit.page(status, &page, None))
}
