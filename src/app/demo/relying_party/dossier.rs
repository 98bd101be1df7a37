//! Stamping dossiers with the acting unit's agency code: what TTHC needs the unit claim for.

use super::Kind;
use super::leave::is_own_form;
use super::pages;
use super::party::Party;
use super::session::cookie;
use crate::base::date::vietnam_date;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::Redirect;
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use time::Date;

/// The numbers given out today, by agency code.
#[derive(Default)]
pub(super) struct Register(Mutex<Today>);

#[derive(Default)]
struct Today {
    day: Option<Date>,
    last: HashMap<String, u32>,
}

impl Register {
    /// The next dossier number of an agency: `H29.x.y-250701-0001`.
    pub(super) fn next(&self, agency: &str, day: Date) -> String {
        let mut today = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if today.day != Some(day) {
            today.day = Some(day);
            today.last.clear();
        }
        let number = today.last.entry(agency.to_owned()).and_modify(|last| *last += 1).or_insert(1);
        let year = day.year().rem_euclid(100);
        format!("{agency}-{year:02}{:02}{:02}-{number:04}", u8::from(day.month()), day.day())
    }
}

/// `POST /dossier`: gives the next number and shows it on the home page.
pub(super) async fn post(State(party): State<Arc<Party>>, headers: HeaderMap) -> Response {
    if party.config.kind != Kind::Tthc {
        return pages::not_found(State(party)).await;
    }
    if !is_own_form(&party, &headers) {
        return pages::foreign_form(&party);
    }
    let session = cookie(&headers, party.config.kind.session_cookie()).and_then(|id| party.sessions.find(&id));
    if let Some(session) = session {
        let agency = session.claims.unit.as_ref().and_then(|unit| unit.codes.get("agency"));
        if let Some(agency) = agency {
            session.stamped(party.register.next(agency, vietnam_date(party.now())));
        }
    }
    Redirect::to("/").into_response()
}

#[cfg(test)]
mod tests {
    use super::Register;
    use time::macros::date;

    #[test]
    fn numbers_count_by_agency_and_start_again_each_day() {
        let register = Register::default();

        assert_eq!(register.next("H29.MAU.1", date!(2025 - 07 - 01)), "H29.MAU.1-250701-0001");
        assert_eq!(register.next("H29.MAU.1", date!(2025 - 07 - 01)), "H29.MAU.1-250701-0002");
        assert_eq!(register.next("H29.MAU.2", date!(2025 - 07 - 01)), "H29.MAU.2-250701-0001");
        assert_eq!(register.next("H29.MAU.1", date!(2025 - 07 - 02)), "H29.MAU.1-250702-0001");
    }
}
