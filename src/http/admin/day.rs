//! The day for which a page of the console is asked.

use crate::base::date::{iso, parse, shown};
use crate::http::view::console::person::DayAsked;
use crate::protocol::parameters::Parameters;
use axum::http::StatusCode;
use time::Date;

/// Characters of what is typed that are kept.
const LONGEST: usize = 40;

/// The day that is asked for.
pub struct Day {
    typed: Option<String>,
    on: Option<Date>,
    /// The day of which the page speaks when none is asked for.
    usual: Date,
}

impl Day {
    /// What an address asks for.
    pub fn asked(parameters: &Parameters, usual: Date) -> Self {
        let typed: Option<String> = parameters.get("on").map(|text| text.chars().take(LONGEST).collect());
        let on = typed.as_deref().map_or(Some(usual), parse);
        Self { typed, on, usual }
    }

    /// What was typed is no day.
    pub fn is_wrong(&self) -> bool {
        self.on.is_none()
    }

    /// The day; the usual one where what was typed is none.
    pub fn on(&self) -> Date {
        self.on.unwrap_or(self.usual)
    }

    /// The day, when it is another one than today.
    pub fn other_than(&self, today: Date) -> Option<Date> {
        self.on.filter(|on| *on != today)
    }

    /// What the page answers with.
    pub fn status(&self) -> StatusCode {
        if self.is_wrong() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    /// The same for a page at an address.
    pub fn on_page(self, address: String, today: Date) -> DayAsked {
        DayAsked {
            address,
            shown: self.other_than(today).map(shown),
            is_wrong: self.is_wrong(),
            on: self.on.map(iso).or(self.typed).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_day_is_the_usual_one_or_what_was_typed_and_what_is_none_stays_as_it_was_typed() {
        let (today, last) = (date!(2026 - 11 - 22), date!(2025 - 06 - 30));
        let table = [
            ("", today, today, None, "2026-11-22", 200),
            ("", last, last, Some(last), "2025-06-30", 200),
            ("on=2026-11-22", last, today, None, "2026-11-22", 200),
            ("on=30/06/2025", today, last, Some(last), "2025-06-30", 200),
            ("on=31/02/2025", today, today, None, "31/02/2025", 422),
            ("on=31/02/2025", last, last, None, "31/02/2025", 422),
        ];
        for (query, usual, on, other, kept, status) in table {
            let day = Day::asked(&Parameters::decode(query.as_bytes()), usual);
            assert_eq!((day.on(), day.other_than(today), day.status().as_u16()), (on, other, status), "{query}");
            let page = day.on_page("/here".to_owned(), today);
            assert_eq!((page.on.as_str(), page.shown, page.is_wrong), (kept, other.map(shown), status == 422), "{query}");
        }
    }
}
