//! The way back for people who cannot sign in: a link by e-mail, or a code that an administrator told them; then a new
//! password.
//!
//! Opening a page uses nothing up, and every answer to a name is the same for names that nobody has. What was opened
//! stays with this browser as a ticket in the address, so that the steps can be walked back and forth.

pub mod code;
pub mod link;
pub mod password;
pub mod start;

use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::recover::RecoverOver;
use crate::protocol::parameters::Parameters;
use crate::service::mails;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// No user name is longer.
const LONGEST_NAME: usize = 64;
/// No id of a waiting request is longer.
const LONGEST_REQUEST: usize = 64;

/// Reads a form of these pages: from this browser, from one of our pages.
pub(super) async fn read(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Parameters, Response> {
    let form = match body::page_form(headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return Err(page::show(visit, ErrorWords::BadRequest, None, &fault.to_string())),
        Err(problem) => return Err(page::unread(visit, problem)),
    };
    if visit.is_own_form(&form) {
        Ok(form)
    } else {
        Err(page::show(visit, ErrorWords::Forbidden, None, "the form does not come from this browser"))
    }
}

/// The sign-in that waits meanwhile; empty when the person came by themselves. Whether it still waits is asked when
/// they go on with it.
pub(super) fn request_of(parameters: &Parameters) -> String {
    let plain = |text: &&str| {
        text.len() <= LONGEST_REQUEST && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    parameters.get("request").filter(plain).unwrap_or_default().to_owned()
}

/// An address of ours with the sign-in that waits.
pub(super) fn with_request(path: &str, request: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    if request.is_empty() { path.to_owned() } else { format!("{path}{sign}request={request}") }
}

/// The page for what was used, is over, or never was: all the same.
fn over(visit: &Visit, request: &str) -> Response {
    let page = RecoverOver { chrome: visit.chrome(), request: request.to_owned(), by_mail: mails::are_on(&visit.app.services) };
    visit.page(StatusCode::GONE, &page, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_waiting_request_is_handed_on() {
        let of = |query: &str| request_of(&Parameters::decode(query.as_bytes()));
        for (query, expected) in [
            ("request=abc-_9", "abc-_9"),
            ("", ""),
            ("request=a%26b", ""),
            ("request=a%0d%0ab", ""),
            ("request=//evil.example", ""),
        ] {
            assert_eq!(of(query), expected, "{query}");
        }
        assert_eq!(of(&format!("request={}", "a".repeat(65))), "");
    }

    #[test]
    fn the_waiting_request_is_added_to_whatever_address() {
        assert_eq!(with_request("/a", ""), "/a");
        assert_eq!(with_request("/a", "r"), "/a?request=r");
        assert_eq!(with_request("/a?b=c", "r"), "/a?b=c&request=r");
    }
}
