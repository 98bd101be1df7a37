//! Rounds of access reviews: the rounds, one of them with its units, and one unit with the rights to answer for.

use super::Console;
use super::administrators::role_name;
use super::parts::{Crumb, Said, address, number, percent};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::access_review::Answer;
use crate::model::admin_scope::AdminRole;
use askama::Template;

/// What was answered, in words.
pub fn answer_name(t: &'static Words, answer: Option<Answer>) -> &'static str {
    match answer {
        None => &t.console_reviews_open,
        Some(Answer::Keep) => &t.console_reviews_kept,
        Some(Answer::Removing) => &t.console_reviews_removing,
        Some(Answer::Removed) => &t.console_reviews_removed,
        Some(Answer::Objected) => &t.console_reviews_objected,
    }
}

/// Figures of a round, or of one unit in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Rights to answer for.
    pub all: i64,
    /// Those that are kept.
    pub kept: i64,
    /// Those that were taken back.
    pub removed: i64,
    /// Those that somebody above is asked to take back.
    pub objected: i64,
    /// Those of which nobody said anything.
    pub open: i64,
}

impl Figures {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            kept: self.kept + other.kept,
            removed: self.removed + other.removed,
            objected: self.objected + other.objected,
            open: self.open + other.open,
        }
    }

    /// Rights for which somebody answered.
    pub fn answered(&self) -> i64 {
        self.all - self.open
    }

    fn is_done(self) -> bool {
        self.open == 0
    }
}

/// A round.
#[derive(Debug, Clone)]
pub struct Round {
    /// Its id.
    pub id: String,
    /// Its quarter, such as `2026-Q4`.
    pub quarter: String,
    /// Its first day, as shown.
    pub begun: String,
    /// The last day on which answers are awaited, as shown.
    pub due: String,
    /// What there is to answer was written down.
    pub is_listed: bool,
    /// It may still be answered.
    pub is_open: bool,
}

impl Round {
    /// What it is called.
    fn title(&self, t: &'static Words) -> String {
        fill(&t.console_reviews_round, &[("quarter", &self.quarter)])
    }

    fn days(&self, t: &'static Words) -> String {
        fill(&t.console_reviews_days, &[("first", &self.begun), ("last", &self.due)])
    }

    fn tag(&self, t: &'static Words) -> (&'static str, &'static str) {
        if !self.is_listed {
            ("info", t.console_reviews_listing.as_str())
        } else if self.is_open {
            ("warn", t.console_reviews_going_on.as_str())
        } else {
            ("ok", t.console_reviews_closed.as_str())
        }
    }
}

/// A round of the list.
#[derive(Debug, Clone)]
pub struct RoundLine {
    /// The round.
    pub round: Round,
    /// Figures of all units within the reader's bounds.
    pub figures: Figures,
}

/// `GET /admin/reviews`
#[derive(Debug, Template)]
#[template(path = "pages/console_reviews.html")]
pub struct ReviewsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The rounds, newest first.
    pub rounds: Vec<RoundLine>,
    /// The reader may begin the round of this quarter.
    pub may_begin: bool,
    /// This quarter.
    pub quarter: String,
}

impl ReviewsPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_reviews)]
    }

    fn title(&self, line: &RoundLine) -> String {
        line.round.title(self.chrome.t())
    }

    fn days(&self, line: &RoundLine) -> String {
        line.round.days(self.chrome.t())
    }

    fn tag(&self, line: &RoundLine) -> (&'static str, &'static str) {
        line.round.tag(self.chrome.t())
    }

    fn begin(&self) -> String {
        fill(&self.chrome.t().console_reviews_begin, &[("quarter", &self.quarter)])
    }

    fn number(&self, n: i64) -> String {
        number(&self.chrome, n)
    }
}

/// A unit in a round.
#[derive(Debug, Clone)]
pub struct UnitLine {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its figures.
    pub figures: Figures,
}

/// `GET /admin/reviews/{round}`
#[derive(Debug, Template)]
#[template(path = "pages/console_review.html")]
pub struct RoundPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The round.
    pub round: Round,
    /// Figures of all units within the reader's bounds.
    pub sums: Figures,
    /// The units.
    pub lines: Vec<UnitLine>,
    /// Only units with rights of which nobody said anything.
    pub open_only: bool,
}

impl RoundPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_reviews, "/admin/reviews"), Crumb::here(&self.title())]
    }

    fn title(&self) -> String {
        self.round.title(self.chrome.t())
    }

    fn lead(&self) -> String {
        self.round.days(self.chrome.t())
    }

    fn tag(&self) -> (&'static str, &'static str) {
        self.round.tag(self.chrome.t())
    }

    fn number(&self, n: i64) -> String {
        number(&self.chrome, n)
    }

    fn part(&self, n: i64) -> String {
        percent(&self.chrome, n, self.sums.all)
    }

    fn progress(&self) -> String {
        let (done, all) = (number(&self.chrome, self.sums.answered()), number(&self.chrome, self.sums.all));
        fill(&self.chrome.t().console_reviews_progress, &[("done", &done), ("all", &all)])
    }
}

/// For whom a role of a group is.
#[derive(Debug, Clone)]
pub struct GroupAsked {
    /// The group, in words.
    pub whom: String,
    /// What it asks of a sign-on, in words.
    pub conditions: Vec<&'static str>,
    /// Its days, in words.
    pub days: String,
    /// How many have it now, in words; empty where that was not counted.
    pub reached: String,
    /// Where they are listed; empty where the reader may not know who they are.
    pub people: String,
}

/// A right to answer for.
#[derive(Debug, Clone)]
pub struct RightLine {
    /// Its id.
    pub id: String,
    /// Whose it is; empty when it is of a group.
    pub person: String,
    /// Their full name.
    pub full_name: String,
    /// Their user name.
    pub username: String,
    /// The client's name; empty for an administrator's role.
    pub client_name: String,
    /// The role.
    pub role: String,
    /// The role of an administrator.
    pub administers: Option<AdminRole>,
    /// The unit that it is bound to; may be empty.
    pub bound: String,
    /// When it was given, as shown.
    pub since: String,
    /// When it was last used, as shown.
    pub used: Option<String>,
    /// What was answered.
    pub answer: Option<Answer>,
    /// By whom; may be empty.
    pub by: String,
    /// When, as shown; may be empty.
    pub at: String,
    /// Why; may be empty.
    pub reason: String,
    /// It is the reader's own: others answer.
    pub own: bool,
    /// It was marked when the form was sent.
    pub marked: bool,
    /// For whom it is, when it is of a group.
    pub group: Option<GroupAsked>,
}

impl RightLine {
    fn is_open(&self) -> bool {
        match self.answer {
            None | Some(Answer::Removing | Answer::Objected) => true,
            Some(Answer::Keep | Answer::Removed) => false,
        }
    }

    fn tag(&self) -> &'static str {
        match self.answer {
            None | Some(Answer::Removing) => "warn",
            Some(Answer::Keep) => "ok",
            Some(Answer::Removed) => "info",
            Some(Answer::Objected) => "bad",
        }
    }
}

/// What was just answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Rights were kept.
    Kept,
    /// Rights were taken back.
    Removed,
    /// Somebody above is asked to take some back.
    Objected,
    /// Some were answered by somebody else meanwhile.
    InPart,
}

impl Done {
    const ALL: [Self; 4] = [Self::Kept, Self::Removed, Self::Objected, Self::InPart];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Removed => "removed",
            Self::Objected => "objected",
            Self::InPart => "in-part",
        }
    }

    /// Reads [`Done::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.word() == word)
    }
}

/// Why nothing was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitProblem {
    /// No right was marked.
    Nothing,
    /// A reason is asked for.
    Reason,
}

/// `GET /admin/reviews/{round}/{unit}`, and its answer when nothing was answered.
#[derive(Debug, Template)]
#[template(path = "pages/console_review_unit.html")]
pub struct UnitPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The round.
    pub round: Round,
    /// The unit's id.
    pub unit: String,
    /// Its name.
    pub name: String,
    /// Its figures.
    pub figures: Figures,
    /// The rights.
    pub lines: Vec<RightLine>,
    /// The next ones.
    pub next: Option<String>,
    /// Only rights without a last word.
    pub open_only: bool,
    /// The reader may answer.
    pub may_answer: bool,
    /// Characters of a reason at most.
    pub longest: usize,
    /// The reason as typed.
    pub reason: String,
    /// What went wrong.
    pub problem: Option<UnitProblem>,
    /// What was just answered, and for how many.
    pub done: Option<(Done, usize)>,
}

impl UnitPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        let round = format!("/admin/reviews/{}", self.round.id);
        vec![Crumb::to(&t.console_reviews, "/admin/reviews"), Crumb::to(&self.round.title(t), &round), Crumb::here(&self.name)]
    }

    fn here(&self) -> String {
        format!("/admin/reviews/{}/{}", self.round.id, self.unit)
    }

    fn all(&self) -> String {
        address(&self.here(), &[("state", "all")])
    }

    fn said(&self) -> Option<Said> {
        let t = self.chrome.t();
        let (done, count) = self.done?;
        let count = number(&self.chrome, i64::try_from(count).unwrap_or(i64::MAX));
        let (kind, text) = match done {
            Done::Kept => ("ok", &t.console_reviews_done_kept),
            Done::Removed => ("ok", &t.console_reviews_done_removed),
            Done::Objected => ("warn", &t.console_reviews_done_objected),
            Done::InPart => ("warn", &t.console_reviews_done_in_part),
        };
        Some(Said { kind, text: fill(text, &[("count", &count)]) })
    }

    fn lead(&self) -> String {
        let t = self.chrome.t();
        let (done, all) = (number(&self.chrome, self.figures.answered()), number(&self.chrome, self.figures.all));
        let progress = fill(&t.console_reviews_progress, &[("done", &done), ("all", &all)]);
        format!("{} · {progress}", self.round.days(t))
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            UnitProblem::Nothing => t.console_reviews_nothing.clone(),
            UnitProblem::Reason => self.hint(),
        })
    }

    fn target(&self) -> &'static str {
        match self.problem {
            Some(UnitProblem::Reason) => "reason",
            Some(UnitProblem::Nothing) | None => "rights",
        }
    }

    fn is_about_the_reason(&self) -> bool {
        self.problem == Some(UnitProblem::Reason)
    }

    fn hint(&self) -> String {
        fill(&self.chrome.t().console_reviews_reason_hint, &[("most", &self.longest.to_string())])
    }

    fn role(&self, line: &RightLine) -> String {
        line.administers.map_or_else(|| line.role.clone(), |role| role_name(self.chrome.t(), role).to_owned())
    }

    fn system(&self, line: &RightLine) -> String {
        match line.administers {
            None => line.client_name.clone(),
            Some(_) => self.chrome.t().console_reviews_administers.clone(),
        }
    }

    fn answer(&self, line: &RightLine) -> &'static str {
        answer_name(self.chrome.t(), line.answer)
    }

    fn choose(&self, line: &RightLine) -> String {
        let whose = line.group.as_ref().map_or(&line.full_name, |group| &group.whom);
        format!("{whose}: {}", self.role(line))
    }

    /// That others answer.
    fn own(&self, line: &RightLine) -> &'static str {
        let t = self.chrome.t();
        if line.group.is_some() { &t.console_reviews_own_group } else { &t.console_reviews_own }
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_nobody_said_anything_of() {
        let one = Figures { all: 5, kept: 2, removed: 1, objected: 1, open: 1 };
        let both = one.plus(Figures { all: 1, kept: 1, ..Figures::default() });

        assert_eq!((both.all, both.answered(), both.open), (6, 5, 1));
        assert!(!both.is_done() && Figures::default().is_done());
    }

    #[test]
    fn words_read_back() {
        for done in Done::ALL {
            assert_eq!(Done::from_word(done.word()), Some(done));
        }
        assert_eq!(Done::from_word("undone"), None);
    }
}
