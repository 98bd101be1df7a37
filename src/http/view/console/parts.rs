//! Small parts that many pages of the console are made of: the way here, pages of a list, chips, selects, the line that
//! says what was done, and numbers as people read them.

use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use std::ops::Range;

/// A step of the way to a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Crumb {
    /// What it is called.
    pub name: String,
    /// Where it is; empty for the page itself, which is the last one.
    pub address: String,
}

impl Crumb {
    /// A step that leads somewhere.
    pub fn to(name: &str, address: &str) -> Self {
        Self { name: name.to_owned(), address: address.to_owned() }
    }

    /// The page itself.
    pub fn here(name: &str) -> Self {
        Self::to(name, "")
    }

    /// True for the page itself.
    pub fn is_here(&self) -> bool {
        self.address.is_empty()
    }
}

/// Where a reader is in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pages {
    /// How many there are, such as `1 - 25 trong 1.284`.
    pub shown: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

impl Pages {
    /// A page of a list that is in memory: which of `count` rows stand on page `page` (the first is 0) of `rows` each, and
    /// the links to the pages beside it.
    pub fn of(chrome: &Chrome, (page, rows): (usize, usize), count: usize, to: impl Fn(usize) -> String) -> (Range<usize>, Self) {
        let rows = rows.max(1);
        let page = page.min(count.saturating_sub(1) / rows);
        let here = page * rows..count.min((page + 1) * rows);
        let t = chrome.t();
        let figure = |n: usize| number(chrome, i64::try_from(n).unwrap_or(i64::MAX));
        let (first, last, all) = (figure(here.start + 1), figure(here.end), figure(count));
        let shown = fill(&t.console_people_shown, &[("first", &first), ("last", &last), ("count", &all)]);
        let shown = if count == 0 { String::new() } else { shown };
        let previous = page.checked_sub(1).map(&to);
        let next = (here.end < count).then(|| to(page + 1));
        (here, Self { shown, previous, next })
    }

    /// Whether there is anywhere to go.
    pub fn leads_on(&self) -> bool {
        self.previous.is_some() || self.next.is_some()
    }
}

/// A filter that is in force, with the address of the same list without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// What it lets through.
    pub name: String,
    /// The list without it.
    pub without: String,
}

/// One of the values of a select.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SelectOption {
    /// What the form sends.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// Whether it is the one in force.
    pub chosen: bool,
}

/// What was done, in the line above a page after its form was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// `ok`, `warn` or `bad`.
    pub kind: &'static str,
    /// The sentence.
    pub text: String,
}

impl Said {
    /// Something that went well.
    pub fn ok(text: &str) -> Self {
        Self { kind: "ok", text: text.to_owned() }
    }

    /// The symbol beside it.
    pub fn icon(&self) -> &'static str {
        match self.kind {
            "ok" => "check",
            "warn" => "alert-triangle",
            _ => "alert-circle",
        }
    }
}

/// A whole number with its thousands apart: `48.912`, or `48,912` in English.
pub fn number(chrome: &Chrome, n: i64) -> String {
    if n < 0 {
        // The minus sign of the figures' own typeface.
        return format!("\u{2212}{}", grouped(chrome, n.unsigned_abs()));
    }
    grouped(chrome, n.unsigned_abs())
}

fn grouped(chrome: &Chrome, n: u64) -> String {
    if n < 1_000 {
        return n.to_string();
    }
    let (thousands, units) = (grouped(chrome, n / 1_000), format!("{:03}", n % 1_000));
    fill(&chrome.t().number_thousands, &[("thousands", &thousands), ("units", &units)])
}

/// A part of a whole in percent with one decimal: `1,7%`, or `1.7%` in English. Of nothing it is nothing.
pub fn percent(chrome: &Chrome, part: i64, whole: i64) -> String {
    let thousandths = thousandths(part, whole);
    let (units, tenths) = (number(chrome, thousandths / 10), (thousandths % 10).to_string());
    fill(&chrome.t().console_percent, &[("units", &units), ("tenths", &tenths)])
}

/// A part of a whole in thousandths, rounded to the nearest.
pub fn thousandths(part: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    let exact = (i128::from(part.max(0)) * 1_000 + i128::from(whole) / 2) / i128::from(whole);
    i64::try_from(exact).unwrap_or(i64::MAX)
}

/// The address of a list with a query: without the question mark where nothing is asked, and without what is empty.
pub fn address(path: &str, query: &[(&str, &str)]) -> String {
    let mut asked = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        asked.append_pair(name, value);
    }
    let asked = asked.finish();
    if asked.is_empty() { path.to_owned() } else { format!("{path}?{asked}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::locale::Locale;

    fn chrome(locale: Locale) -> Chrome {
        Chrome { locale, ..Chrome::default() }
    }

    #[test]
    fn numbers_are_grouped_as_each_language_groups_them() {
        let table = [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1.000", "1,000"),
            (48_912, "48.912", "48,912"),
            (1_000_007, "1.000.007", "1,000,007"),
            (-1_284, "\u{2212}1.284", "\u{2212}1,284"),
        ];
        for (n, vi, en) in table {
            assert_eq!(number(&chrome(Locale::Vi), n), vi);
            assert_eq!(number(&chrome(Locale::En), n), en);
        }
    }

    #[test]
    fn parts_are_percent_with_one_decimal_and_nothing_of_nothing() {
        let table = [
            (17, 1_000, "1,7%", "1.7%"),
            (1, 1, "100,0%", "100.0%"),
            (1, 3, "33,3%", "33.3%"),
            (2, 3, "66,7%", "66.7%"),
            (5, 0, "0,0%", "0.0%"),
            (0, 7, "0,0%", "0.0%"),
        ];
        for (part, whole, vi, en) in table {
            assert_eq!(percent(&chrome(Locale::Vi), part, whole), vi);
            assert_eq!(percent(&chrome(Locale::En), part, whole), en);
        }
    }

    #[test]
    fn a_long_list_is_turned_page_by_page_and_no_further_than_it_goes() {
        let to = |page: usize| format!("/x?page={page}");
        let table = [
            (0, 0, 0..0, None, None, ""),
            (0, 20, 0..20, None, None, "1 - 20 trong 20"),
            (0, 168, 0..20, None, Some("/x?page=1"), "1 - 20 trong 168"),
            (8, 168, 160..168, Some("/x?page=7"), None, "161 - 168 trong 168"),
            (99, 168, 160..168, Some("/x?page=7"), None, "161 - 168 trong 168"),
        ];
        for (page, count, expected, previous, next, shown) in table {
            let (here, pages) = Pages::of(&chrome(Locale::Vi), (page, 20), count, to);

            assert_eq!(here, expected);
            assert_eq!((pages.previous.as_deref(), pages.next.as_deref(), pages.shown.as_str()), (previous, next, shown));
        }
    }

    #[test]
    fn an_address_leaves_out_what_is_not_asked() {
        assert_eq!(address("/admin/people", &[("q", ""), ("after", "")]), "/admin/people");
        assert_eq!(address("/admin/people", &[("q", "Dĩ An"), ("after", "")]), "/admin/people?q=D%C4%A9+An");
    }
}
