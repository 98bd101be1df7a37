//! Searching the records, and how their chain stands.

use super::filter::Filter;
use super::{HERE, names, shown};
use crate::base::clock::Millis;
use crate::base::date::shown_moment;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::audit::{AuditPage, AuditProblem, ChainCard, Standing};
use crate::http::view::console::parts::Pages;
use crate::model::authority::{ExportAudit, ReadAudit};
use crate::protocol::parameters::Parameters;
use crate::service::authority::City;
use crate::service::trail::export::Format;
use crate::service::trail::search::{self, Lines};
use crate::service::trail::state::{self, State, Verdict};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/audit`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    if Filter::holds_number(&parameters) {
        HERE.clone_into(&mut visit.here);
    }
    answer(&visit, &parameters).await.unwrap_or_else(|answer| answer)
}

async fn answer(visit: &Visit, parameters: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.city::<ReadAudit>() else { return Err(absent(visit)) };
    let services = &visit.app.services;
    let filter = Filter::read(parameters, services);
    let asked = filter.query(services, &proof).await.map_err(|failure| errors::failed(visit, &failure))?;
    match asked {
        Ok(query) => {
            let found = search::search(services, &proof, &query).await.map_err(|failure| errors::failed(visit, &failure))?;
            page(visit, &desk, &proof, &filter, Ok(found)).await
        }
        Err(problem) => page(visit, &desk, &proof, &filter, Err(problem)).await,
    }
}

/// The page with what was found, or with what is wrong about the question.
pub(super) async fn page(
    visit: &Visit,
    desk: &Desk,
    proof: &City<ReadAudit>,
    filter: &Filter,
    found: Result<Lines, AuditProblem>,
) -> Result<Response, Response> {
    let services = &visit.app.services;
    let failed = |failure| errors::failed(visit, &failure);
    let events = search::events(services, proof).await.map_err(failed)?;
    let chain = match filter.before {
        None => Some(card(state::state(services, proof).await.map_err(failed)?)),
        Some(_) => None,
    };
    let (lines, older, problem) = match found {
        Ok(found) => (found.lines, found.older, None),
        Err(problem) => (Vec::new(), None, Some(problem)),
    };
    let entries: Vec<_> = lines.iter().map(|line| &line.entry).collect();
    let names = names(visit, desk, &entries).await?;
    let takes = desk.authority.city::<ExportAudit>().is_some() && problem.is_none();
    let exports = Format::ALL.into_iter().filter(|_| takes);
    let export = |format: Format| {
        let address = filter.address_of(&format!("{HERE}/export"), "format", format.as_str());
        (format.as_str().to_uppercase(), address)
    };
    let t = visit.chrome().t();
    let pages = Pages {
        shown: if filter.before.is_none() { &t.history_newest } else { &t.history_earlier }.clone(),
        previous: filter.before.as_ref().map(|_| filter.address(None)),
        next: older.map(|mark| filter.address(Some(&mark))),
    };
    let view = AuditPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Audit),
        fields: filter.fields.clone(),
        events: groups(&events),
        lines: lines.iter().map(|line| shown(&names, &line.entry, line.seq)).collect(),
        pages,
        exports: exports.map(export).collect(),
        chain,
        problem,
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(visit.page(status, &view, None))
}

/// The words that events begin with, each for all of its events.
fn groups(events: &[String]) -> Vec<String> {
    let mut groups: Vec<String> = events.iter().filter_map(|event| Some(format!("{}.*", event.split_once('.')?.0))).collect();
    groups.dedup();
    groups
}

fn card(state: State) -> ChainCard {
    let standing = match state.verdict {
        Verdict::Nothing => Standing::Nothing,
        Verdict::Whole(entries) => Standing::Whole(entries),
        Verdict::Broken(finding) => Standing::Broken { wrong: finding.wrong, seq: finding.seq, id: finding.id },
    };
    ChainCard {
        seal: state.seal.map(|(seq, at)| (seq, shown_moment(Millis(at)))),
        standing,
        ran: state.ran_at.map(|at| shown_moment(Millis(at))),
        stream: state.stream,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_offered_by_the_word_that_they_begin_with() {
        let events = ["audit.read", "sign_in.failed", "sign_in.succeeded"].map(str::to_owned);

        assert_eq!(groups(&events), ["audit.*", "sign_in.*"]);
    }
}
