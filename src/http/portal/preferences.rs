//! Language, theme and text size: kept in a cookie, no account needed.

use crate::http::extract::body;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::protocol::parameters::Parameters;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;

const YEAR_SECONDS: i64 = 365 * 86_400;

/// `POST /preferences`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    visit.here = "/".to_owned();
    let form = match body::page_form(&headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
        Err(problem) => return page::unread(&visit, problem),
    };
    if !visit.is_own_form(&form) {
        return page::show(&visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
    }
    let back = form.get("back").filter(|back| is_own_path(back)).unwrap_or("/");
    let mut response = visit.see_other(back);
    visit.set_cookie(&mut response, Cookie::Preferences, &visit.changed_preferences(&form), Some(YEAR_SECONDS));
    response
}

/// A path on this very site; `//host` and `/\host` would lead elsewhere.
fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.chars().all(|letter| letter.is_ascii_graphic())
        && path.len() <= 8_192
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_back_to() {
        for (path, fine) in [
            ("/", true),
            ("/signin?request=a", true),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("/\t/evil.example", false),
            ("https://evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_own_path(path), fine, "{path}");
        }
    }
}
