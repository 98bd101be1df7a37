//! Who had a post in a unit on a day.

use super::Console;
use super::parts::{Crumb, Pages};
use super::person::DayAsked;
use super::units::Days;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use askama::Template;

/// A post that somebody had there.
#[derive(Debug, Clone)]
pub struct WorkedLine {
    /// Where they are shown, as of that day.
    pub address: String,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// The title; may be empty.
    pub title: String,
    /// The department within the unit; may be empty.
    pub department: String,
    /// It was their main post.
    pub primary: bool,
    /// When it was held.
    pub days: Days,
}

/// `GET /admin/units/{id}/people`
#[derive(Debug, Template)]
#[template(path = "pages/console_unit_people.html")]
pub struct UnitPeoplePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The unit's name on that day.
    pub unit: String,
    /// The names of the units above it then, the nearest first; may be empty.
    pub above: String,
    /// Where the unit is shown, as of that day.
    pub unit_address: String,
    /// The day that is asked for.
    pub day: DayAsked,
    /// Today is a day of the unit.
    pub is_there_today: bool,
    /// The posts, person by person, the main one first.
    pub lines: Vec<WorkedLine>,
    /// Where one is in the list.
    pub pages: Pages,
    /// Where the list of units is.
    pub list: &'static str,
}

impl UnitPeoplePage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb::to(&t.console_units, self.list),
            Crumb::to(&self.unit, &self.unit_address),
            Crumb::here(&t.console_unit_people),
        ]
    }

    fn problem(&self) -> Option<&'static str> {
        self.day.problem(&self.chrome)
    }

    /// Of which day the list is, when it is not today.
    fn note(&self) -> Option<String> {
        let day = self.day.shown.as_ref()?;
        Some(fill(&self.chrome.t().console_unit_people_then, &[("date", day)]))
    }
}
