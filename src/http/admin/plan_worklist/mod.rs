//! Who goes where by a plan: the posts that wait for a decision, the same as a file that goes out and comes back, what was
//! decided, rules for many posts, and the seats that rules go by.

pub mod decided;
pub mod export;
pub mod list;
pub mod rules;
pub mod seats;
pub mod sheet;

use super::{Desk, absent};
use crate::base::locale::Locale;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::model::authority::{PlacePeople, ReadPlans};
use crate::model::row_error::RowError;
use crate::service::reorganization::desk::Reader;
use crate::service::reorganization::{self, ReorganizationError};
use axum::http::StatusCode;
use axum::response::Response;

/// What somebody sees of a worklist: whoever decides, within their bounds; whoever reads plans, all of it.
fn reader(desk: &Desk) -> Option<Reader> {
    let placing = desk.authority.units::<PlacePeople>();
    let looking = || desk.authority.city::<ReadPlans>().map(|proof| Reader::looking(&proof));
    placing.map(|proof| Reader::placing(&proof)).or_else(looking)
}

/// Why nothing was done.
struct Refused {
    status: StatusCode,
    sentence: String,
    /// Mistakes, each with its place.
    rows: Vec<RowError>,
}

/// What is told on the page; what is not there, and what failed, has a page of its own.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn refused(visit: &Visit, error: ReorganizationError) -> Result<Refused, Response> {
    let sentence = said(visit.locale, &error);
    match error {
        ReorganizationError::UnknownPlan | ReorganizationError::Withdrawn | ReorganizationError::UnknownStage => {
            Err(absent(visit))
        }
        ReorganizationError::Failure(failure) => Err(page::failed(visit, &failure)),
        ReorganizationError::BadChoice(rows) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(Refused { status, sentence, rows })
        }
        ReorganizationError::Wrong(_)
        | ReorganizationError::NameTaken
        | ReorganizationError::Author
        | ReorganizationError::Said
        | ReorganizationError::Partly { .. }
        | ReorganizationError::NotApproved
        | ReorganizationError::Stale { .. }
        | ReorganizationError::NotYet { .. }
        | ReorganizationError::Open { .. }
        | ReorganizationError::OpenOfOwn { .. }
        | ReorganizationError::Coming
        | ReorganizationError::Busy
        | ReorganizationError::Already
        | ReorganizationError::NotApplied
        | ReorganizationError::LaterPlan { .. }
        | ReorganizationError::EditsSince { .. }
        | ReorganizationError::GroupRolesSince { .. }
        | ReorganizationError::RegistrySince
        | ReorganizationError::Overtaken
        | ReorganizationError::Reason => Ok(Refused { status: StatusCode::CONFLICT, sentence, rows: Vec::new() }),
    }
}

/// True when an approval of a plan fits no more: whoever has just said where people go is told so.
async fn fell(visit: &Visit, name: &str, is_said: bool) -> bool {
    // What was said counts, whether this can be told or not.
    is_said && reorganization::fell(&visit.app.services, name).await.is_ok_and(|fell| !fell.is_empty())
}

/// The sentence of a refusal: of one mistake its own words.
fn said(locale: Locale, error: &ReorganizationError) -> String {
    let is_vi = locale == Locale::Vi;
    match error {
        ReorganizationError::BadChoice(rows) if rows.len() == 1 => {
            let told = rows.iter().map(|row| if is_vi { &row.message_vi } else { &row.message_en });
            told.map(|told| capital(told)).collect()
        }
        _ if is_vi => error.vietnamese(),
        _ => capital(&error.to_string()),
    }
}

/// A sentence that begins and ends as one.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if words.ends_with('.') { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_whole_sentence_in_the_readers_language() {
        let one = RowError::new(0, "to", "không có đơn vị này", "there is no such unit");
        let bad = ReorganizationError::BadChoice(vec![one]);
        assert_eq!(said(Locale::Vi, &bad), "Không có đơn vị này.");
        assert_eq!(said(Locale::En, &bad), "There is no such unit.");
        let busy = said(Locale::En, &ReorganizationError::Busy);
        assert!(busy.starts_with("A plan") && busy.ends_with('.'), "{busy}");
        assert!(said(Locale::Vi, &ReorganizationError::Busy).ends_with('.'));
        assert_eq!(capital(""), "");
    }
}
