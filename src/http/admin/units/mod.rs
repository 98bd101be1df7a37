//! Units: the tree as of a day, one unit through its life, its people on a day, and the file of agency codes.

pub mod codes;
mod corrections;
pub mod list;
pub mod people;
pub mod unit;
pub mod upload;

use crate::base::csv;
use crate::base::date::shown;
use crate::http::view::console::units::{Days, UnitLine};
use crate::model::registry::Registry;
use crate::model::unit::{Certainty, Span, Unit};
use crate::model::unit_code::GSO;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use time::Date;

/// Where the list begins.
pub const HERE: &str = "/admin/units";

/// A span, as shown.
pub fn days(span: &Span) -> Days {
    Days { from: span.from.map(shown), to: span.to.map(shown), gone_by: span.ended_by.map(shown) }
}

/// A unit in a list, as of a day: with what tells it from others of its name.
pub fn line(registry: &Registry, unit: &Unit, on: Date) -> UnitLine {
    let path = registry.path_on(unit, on);
    let mut above: Vec<&str> = path.into_iter().map(|above| registry.name_on(above, on)).collect();
    above.reverse();
    UnitLine {
        id: unit.id.0.clone(),
        name: registry.name_on(unit, on).to_owned(),
        above: above.join(", "),
        days: days(&unit.span),
        code: registry.code_on(unit, GSO, on).or_else(|| registry.last_code(unit, GSO)).unwrap_or_default().to_owned(),
        uncertain: unit.span.holds_on(on) == Certainty::Maybe && unit.span.end_is_unknown(),
    }
}

/// Rows as a file to keep.
pub fn attachment(name: &str, rows: &[Vec<String>]) -> Response {
    let mut response = ([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv::table(rows)).into_response();
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    response
}
