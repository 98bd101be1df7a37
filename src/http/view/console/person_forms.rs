//! Forms about one person: what is known of them, a position, somebody new, their access, their whole number.

use super::Console;
use super::parts::{Crumb, SelectOption};
use super::person::{Head, problem_said};
use crate::base::words::Words;
use crate::http::view::chrome::Chrome;
use crate::service::people::told::{Field, Problem};
use askama::Template;

/// One field of text.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name and id.
    pub id: &'static str,
    /// Its label.
    pub label: &'static str,
    /// What helps to fill it in.
    pub hint: Option<&'static str>,
    /// What it holds.
    pub value: String,
    /// `text`, `email` or `tel`.
    pub kind: &'static str,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl Input {
    /// A field of text.
    pub fn text(id: &'static str, label: &'static str, value: String) -> Self {
        Self { id, label, hint: None, value, kind: "text", problem: None }
    }

    /// The same of another kind.
    #[must_use]
    pub fn of_kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// The same with a hint.
    #[must_use]
    pub fn hinted(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    fn described(&self) -> Option<String> {
        let hint = self.hint.map(|_| format!("{}-hint", self.id));
        let problem = self.problem.as_ref().map(|_| format!("{}-problem", self.id));
        let both: Vec<String> = hint.into_iter().chain(problem).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

/// A line of the summary of mistakes.
#[derive(Debug, Clone)]
pub struct Mistake {
    /// The field that it is about.
    pub target: &'static str,
    /// What is wrong.
    pub text: String,
}

/// The mistakes of a form, in the order of its fields as they were found.
pub fn mistakes(t: &'static Words, problems: &[Problem]) -> Vec<Mistake> {
    problems.iter().map(|problem| Mistake { target: problem.field.word(), text: problem_said(t, *problem) }).collect()
}

/// Puts each mistake beside its field.
pub fn place(inputs: &mut [Input], mistakes: &[Mistake]) {
    for input in inputs {
        input.problem = mistakes.iter().find(|mistake| mistake.target == input.id).map(|mistake| mistake.text.clone());
    }
}

/// What is wrong with one field.
fn of(mistakes: &[Mistake], field: Field) -> Option<&str> {
    mistakes.iter().find(|mistake| mistake.target == field.word()).map(|mistake| mistake.text.as_str())
}

/// The choices of a position's form, for the templates: what is wrong with each.
trait Choices {
    fn wrong(&self) -> &[Mistake];

    fn of_unit(&self) -> Option<&str> {
        of(self.wrong(), Field::Unit)
    }

    fn of_kind(&self) -> Option<&str> {
        of(self.wrong(), Field::Kind)
    }

    fn of_primary(&self) -> Option<&str> {
        of(self.wrong(), Field::Primary)
    }
}

/// Others were first: who, and what is known now.
#[derive(Debug, Clone, Default)]
pub struct Second {
    /// Who, when, in words.
    pub by: Vec<String>,
    /// Field, before, after.
    pub changed: Vec<(String, String, String)>,
    /// The positions that are new or others, in words.
    pub positions: Option<String>,
}

/// `GET /admin/people/{id}/edit`, and its answer when something is wrong.
#[derive(Template)]
#[template(path = "pages/console_person_edit.html")]
pub struct PersonEdit {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whom it is about.
    pub head: Head,
    /// The version that the form rests on.
    pub seen: i64,
    /// The names of the fields that the form holds.
    pub has: String,
    /// The fields.
    pub inputs: Vec<Input>,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
    /// Others were first.
    pub second: Option<Second>,
}

impl PersonEdit {
    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), Some(&self.chrome.t().console_person_edit_title))
    }
}

/// The fields of a new position.
#[derive(Debug, Clone)]
pub struct PositionFields {
    /// Units to choose from.
    pub units: Vec<SelectOption>,
    /// Kinds of employment.
    pub kinds: Vec<SelectOption>,
    /// The main post.
    pub primary: bool,
    /// The fields of text.
    pub inputs: Vec<Input>,
}

/// `GET /admin/people/{id}/positions`, and its answer when something is wrong.
#[derive(Template)]
#[template(path = "pages/console_person_position.html")]
pub struct NewPosition {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whose.
    pub head: Head,
    /// The version that the form rests on.
    pub seen: i64,
    /// The fields.
    pub fields: PositionFields,
    /// Why.
    pub inputs: Vec<Input>,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
    /// Others were first.
    pub second: Option<Second>,
}

impl NewPosition {
    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), Some(&self.chrome.t().console_person_position_title))
    }
}

impl Choices for NewPosition {
    fn wrong(&self) -> &[Mistake] {
        &self.mistakes
    }
}

/// `GET /admin/people/{id}/positions/{position}`, and its answer when something is wrong.
#[derive(Template)]
#[template(path = "pages/console_person_position_change.html")]
pub struct ChangePosition {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whose.
    pub head: Head,
    /// The position's id.
    pub id: String,
    /// The post, in words.
    pub post: String,
    /// The unit.
    pub place: String,
    /// Its days, in words.
    pub days: String,
    /// The version that the forms rest on.
    pub seen: i64,
    /// The fields of its end.
    pub ending: Vec<Input>,
    /// Kinds of employment.
    pub kinds: Vec<SelectOption>,
    /// The main post.
    pub primary: bool,
    /// What else may be said anew.
    pub inputs: Vec<Input>,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
    /// Others were first.
    pub second: Option<Second>,
}

impl ChangePosition {
    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), Some(&self.chrome.t().console_person_change_title))
    }
}

impl Choices for ChangePosition {
    fn wrong(&self) -> &[Mistake] {
        &self.mistakes
    }
}

/// `GET /admin/people/new`, and its answer when something is wrong.
#[derive(Template)]
#[template(path = "pages/console_person_new.html")]
pub struct NewPerson {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Who.
    pub inputs: Vec<Input>,
    /// In which post.
    pub fields: PositionFields,
    /// Why.
    pub reasons: Vec<Input>,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
}

impl NewPerson {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb::to(&t.console_title, "/admin"),
            Crumb::to(&t.console_people, "/admin/people"),
            Crumb::here(&t.console_person_new_title),
        ]
    }
}

impl Choices for NewPerson {
    fn wrong(&self) -> &[Mistake] {
        &self.mistakes
    }
}

/// `GET /admin/people/{id}/status`, and its answer when something is wrong.
#[derive(Template)]
#[template(path = "pages/console_person_status.html")]
pub struct PersonStatus {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whose.
    pub head: Head,
    /// Why.
    pub inputs: Vec<Input>,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
}

impl PersonStatus {
    fn title(&self) -> &'static str {
        let t = self.chrome.t();
        if self.is_disabled() { &t.console_person_restore_title } else { &t.console_person_disable_title }
    }

    fn is_disabled(&self) -> bool {
        self.head.disabled_since.is_some()
    }

    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), Some(self.title()))
    }
}

/// `GET /admin/people/{id}/number`, and the answer that shows the number. It is not printed for debugging.
#[derive(Template)]
#[template(path = "pages/console_person_number.html")]
pub struct PersonNumber {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whose.
    pub head: Head,
    /// The whole number, once a reason was given.
    pub number: Option<String>,
    /// Why.
    pub inputs: Vec<Input>,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
}

impl PersonNumber {
    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), Some(&self.chrome.t().console_person_number_title))
    }
}
