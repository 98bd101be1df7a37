//! For whom one acts, who acts for one, and handing a post over: the list, the form, the look before it, and the end.

use super::chrome::Chrome;
use super::position::titled;
use crate::base::words::fill;
use crate::service::delegation::{LONGEST_DECISION, Problem, Standing};
use askama::Template;

/// A post as these pages name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostNamed {
    /// What forms call it.
    pub id: String,
    /// The title.
    pub title: String,
    /// The department inside the unit; may be empty.
    pub department: String,
    /// The unit's full name.
    pub unit_name: String,
}

impl PostNamed {
    fn name(&self) -> String {
        titled(&self.title, &self.department)
    }
}

/// One delegation.
#[derive(Debug, Clone)]
pub struct DelegationLine {
    /// What forms call it.
    pub id: String,
    /// The person gave it; else they were given it.
    pub is_given: bool,
    /// The full name of the other one.
    pub other: String,
    /// The post.
    pub post: PostNamed,
    /// First and last day, as shown.
    pub days: (String, String),
    /// Number of the decision.
    pub decision_no: String,
    /// How it stands.
    pub standing: Standing,
}

impl DelegationLine {
    fn is_open(&self) -> bool {
        self.standing != Standing::Over
    }

    fn tone(&self) -> &'static str {
        match self.standing {
            Standing::Now => " ok",
            Standing::Later => " river",
            Standing::Idle => " warn",
            Standing::Over => "",
        }
    }
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DelegationDone {
    /// A post was handed over.
    Given,
    /// A delegation was ended.
    Ended,
}

/// `GET /account/delegations`
#[derive(Debug, Template)]
#[template(path = "pages/delegations.html")]
pub struct Delegations {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What was given and what was received: what counts first.
    pub lines: Vec<DelegationLine>,
    /// There is a post that can be handed over, and this sign-on may.
    pub may_give: bool,
    /// The sign-on came through an account of an old system: it changes nothing here.
    pub is_old: bool,
    /// What was just done.
    pub done: Option<DelegationDone>,
}

impl Delegations {
    fn given(&self) -> Vec<&DelegationLine> {
        self.lines.iter().filter(|line| line.is_given).collect()
    }

    fn received(&self) -> Vec<&DelegationLine> {
        self.lines.iter().filter(|line| !line.is_given).collect()
    }

    fn told(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.done.map(|done| match done {
            DelegationDone::Given => t.delegations_done_given.as_str(),
            DelegationDone::Ended => t.delegations_done_ended.as_str(),
        })
    }

    fn other(&self, line: &DelegationLine) -> String {
        let t = self.chrome.t();
        let said = if line.is_given { &t.delegations_to } else { &t.delegations_for };
        fill(said, &[("name", &line.other)])
    }

    fn days(&self, line: &DelegationLine) -> String {
        days_said(&self.chrome, &line.days)
    }

    fn standing(&self, line: &DelegationLine) -> &'static str {
        let t = self.chrome.t();
        match line.standing {
            Standing::Now => &t.delegations_now,
            Standing::Later => &t.delegations_later,
            Standing::Idle => &t.delegations_idle,
            Standing::Over => &t.delegations_over,
        }
    }
}

fn days_said(chrome: &Chrome, (from, to): &(String, String)) -> String {
    fill(&chrome.t().portal_since_until, &[("since", from), ("until", to)])
}

/// What was typed, as the form and the look before it send it on.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// The post that was chosen.
    pub position: String,
    /// The user name.
    pub to: String,
    /// First day.
    pub valid_from: String,
    /// Last day.
    pub valid_to: String,
    /// Number of the decision.
    pub decision_no: String,
}

/// Why the form came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormProblem {
    /// Something of it cannot be.
    Wrong(Problem),
    /// Too many names were asked for.
    TooMany,
}

/// `GET /account/delegations?give=`: the form, and its answer when it cannot be.
#[derive(Debug, Template)]
#[template(path = "pages/delegation_new.html")]
pub struct NewDelegation {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The posts that can be handed over.
    pub posts: Vec<PostNamed>,
    /// What was typed.
    pub typed: Typed,
    /// What is wrong, with a day or a moment that belongs to it.
    pub problem: Option<(FormProblem, String)>,
}

impl NewDelegation {
    fn is_chosen(&self, post: &PostNamed) -> bool {
        self.posts.len() == 1 || post.id == self.typed.position
    }

    fn sentence(&self) -> Option<String> {
        let t = self.chrome.t();
        let (problem, more) = self.problem.as_ref()?;
        Some(match problem {
            FormProblem::TooMany => fill(&t.delegations_too_many, &[("until", more)]),
            FormProblem::Wrong(problem) => match problem {
                Problem::Post => t.delegations_no_post.clone(),
                Problem::Twice => t.delegations_twice.clone(),
                Problem::NoName => t.delegations_no_name.clone(),
                Problem::Oneself => t.delegations_oneself.clone(),
                Problem::Nobody => t.delegations_nobody.clone(),
                Problem::From => t.delegations_no_from.clone(),
                Problem::Past => t.delegations_past.clone(),
                Problem::TooFar => t.delegations_too_far.clone(),
                Problem::Until => t.delegations_no_until.clone(),
                Problem::Order => t.delegations_order.clone(),
                Problem::TooLong => t.delegations_too_long.clone(),
                Problem::BeyondPost(_) => fill(&t.delegations_beyond, &[("day", more)]),
                Problem::Decision => fill(&t.delegations_no_decision, &[("most", &LONGEST_DECISION.to_string())]),
            },
        })
    }

    /// The field that mends it.
    fn target(&self) -> &'static str {
        match self.problem.as_ref().map(|(problem, _)| *problem) {
            None | Some(FormProblem::Wrong(Problem::Post | Problem::Twice)) => "position-1",
            Some(FormProblem::TooMany | FormProblem::Wrong(Problem::NoName | Problem::Oneself | Problem::Nobody)) => "to",
            Some(FormProblem::Wrong(Problem::From | Problem::Past | Problem::TooFar)) => "valid-from",
            Some(FormProblem::Wrong(Problem::Until | Problem::Order | Problem::TooLong | Problem::BeyondPost(_))) => "valid-to",
            Some(FormProblem::Wrong(Problem::Decision)) => "decision-no",
        }
    }

    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Option<String> {
        self.sentence().filter(|_| self.target() == field)
    }
}

/// The look before a post is handed over: whose name that is, and what they will have.
#[derive(Debug, Template)]
#[template(path = "pages/delegation_confirm.html")]
pub struct ConfirmDelegation {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The post.
    pub post: PostNamed,
    /// The full name of whoever will act in it.
    pub full_name: String,
    /// Their own post.
    pub own: PostNamed,
    /// First and last day, as shown.
    pub days: (String, String),
    /// What was typed.
    pub typed: Typed,
}

impl ConfirmDelegation {
    fn span(&self) -> String {
        days_said(&self.chrome, &self.days)
    }
}

/// `GET /account/delegations?end=`: the question before one is ended.
#[derive(Debug, Template)]
#[template(path = "pages/delegation_end.html")]
pub struct EndDelegation {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// Which one.
    pub line: DelegationLine,
}

impl EndDelegation {
    fn other(&self) -> String {
        let t = self.chrome.t();
        let said = if self.line.is_given { &t.delegations_to } else { &t.delegations_for };
        fill(said, &[("name", &self.line.other)])
    }

    fn span(&self) -> String {
        days_said(&self.chrome, &self.line.days)
    }
}
