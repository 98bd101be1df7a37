//! The page of the processes that answer.

use super::Console;
use super::parts::{Crumb, number};
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use askama::Template;

/// A process.
#[derive(Debug, Clone)]
pub struct NodeLine {
    /// Of the machine.
    pub name: String,
    /// Where it listens.
    pub address: String,
    /// Of the program.
    pub version: String,
    /// When it began, as shown.
    pub started: String,
    /// When it was seen last, as shown.
    pub seen: String,
    /// It gave no sign of life for a while.
    pub away: bool,
    /// How far its clock is ahead of the database's.
    pub skew_ms: i64,
    /// That is too far.
    pub skewed: bool,
}

/// `GET /admin/nodes`
#[derive(Debug, Template)]
#[template(path = "pages/console_nodes.html")]
pub struct NodesPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The processes, those that answer first.
    pub lines: Vec<NodeLine>,
}

impl NodesPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_nodes)]
    }

    /// Those that answer are not of one version.
    fn versions_differ(&self) -> bool {
        let mut here = self.lines.iter().filter(|line| !line.away).map(|line| line.version.as_str());
        let first = here.next();
        here.any(|version| Some(version) != first)
    }

    fn skew(&self, line: &NodeLine) -> String {
        fill(&self.chrome.t().console_nodes_ms, &[("ms", &number(&self.chrome, line.skew_ms))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::locale::Locale;
    use crate::http::view::Page as _;
    use crate::http::view::console::Section;

    fn line(name: &str, version: &str, away: bool) -> NodeLine {
        NodeLine {
            name: name.to_owned(),
            address: "0.0.0.0:8443".to_owned(),
            version: version.to_owned(),
            started: "08:00, 22/11/2026".to_owned(),
            seen: "08:30, 22/11/2026".to_owned(),
            away,
            skew_ms: -2_345,
            skewed: true,
        }
    }

    fn page(locale: Locale, lines: Vec<NodeLine>) -> NodesPage {
        let console = Console {
            section: Section::Nodes,
            name: String::new(),
            scope: String::new(),
            open: vec![Section::Nodes],
            alarm: None,
        };
        NodesPage { chrome: Chrome { locale, ..Chrome::default() }, console, lines }
    }

    #[test]
    fn nodes_are_listed_with_what_is_wrong_about_them() {
        for locale in Locale::ALL {
            let page = page(locale, vec![line("may-1", "1.0.0", false), line("<may>", "0.9.0", true)]);
            assert!(!page.versions_differ(), "who is away does not count");

            let html = page.render_page();

            assert!(html.contains("data-page=\"admin-nodes\""));
            assert!(html.contains("may-1") && !html.contains("<may>"));
            assert_eq!(html.matches("class=\"tag warn\"").count(), 3, "one is away, both clocks differ");
        }
        assert!(page(Locale::Vi, vec![line("a", "1", false), line("b", "2", false)]).versions_differ());
        assert!(page(Locale::Vi, vec![]).render_page().contains("data-page=\"admin-nodes\""));
    }
}
