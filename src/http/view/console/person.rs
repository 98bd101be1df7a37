//! The page about one person: who they are, their posts through time, and what they can sign in with.

use super::Console;
use super::parts::{Crumb, Said};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::service::people::told::{Field, Problem, Why};
use crate::service::people::who::Who;
use askama::Template;

/// Which page about the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Who they are.
    Overview,
    /// Their roles.
    Roles,
    /// Where they are signed on.
    Sessions,
    /// What happened.
    History,
    /// A page that leads back to the others.
    Form,
}

/// A link to one of those pages.
#[derive(Debug, Clone)]
pub struct TabLink {
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub address: String,
    /// Whether it is the page that is shown.
    pub here: bool,
}

/// What a reader may do with a person.
#[derive(Debug, Clone, Copy, Default)]
pub struct May {
    /// Change facts and positions.
    pub edit: bool,
    /// Give a way back, end sessions.
    pub help: bool,
    /// End access, and give it back.
    pub disable: bool,
    /// Read what happened.
    pub history: bool,
    /// See the open sessions.
    pub sessions: bool,
    /// See the whole personal number.
    pub number: bool,
    /// Ask for the removal of what is known.
    pub erase: bool,
}

/// The head of every page about a person.
#[derive(Debug, Clone)]
pub struct Head {
    /// The person's id.
    pub id: String,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// The main post of today; empty without one.
    pub post: String,
    /// The day on which access ended, as shown.
    pub disabled_since: Option<String>,
    /// The other pages.
    pub tabs: Vec<TabLink>,
    /// What the reader may do.
    pub may: May,
}

impl Head {
    /// The address of one of the pages below.
    pub fn to(&self, page: &str) -> String {
        format!("/admin/people/{}{page}", self.id)
    }

    /// Where a way back in is given.
    pub fn recovery(&self) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("username", &self.username).finish();
        format!("/admin/recovery?{query}")
    }

    /// The way to a page of the person's; `page` is the name of one below, or nothing for the person's own.
    pub fn crumbs(&self, t: &'static Words, page: Option<&str>) -> Vec<Crumb> {
        let crumb = |name: &str, address: &str| Crumb { name: name.to_owned(), address: address.to_owned() };
        let mut crumbs = vec![crumb(&t.console_title, "/admin"), crumb(&t.console_people, "/admin/people")];
        match page {
            None => crumbs.push(crumb(&self.full_name, "")),
            Some(page) => crumbs.extend([crumb(&self.full_name, &self.to("")), crumb(page, "")]),
        }
        crumbs
    }
}

/// A label with what is known.
#[derive(Debug, Clone)]
pub struct Known {
    /// What it is about.
    pub label: &'static str,
    /// What is known; none: nothing is.
    pub value: Option<String>,
    /// Figures of equal width.
    pub is_figure: bool,
}

/// One thing on the line of posts.
#[derive(Debug, Clone)]
pub struct LineItem {
    /// How it is drawn: `now`, `later`, `past` or `event`.
    pub class: &'static str,
    /// When, as shown.
    pub when: String,
    /// The post, or what became of the unit.
    pub title: String,
    /// Whether it is the main post; empty for what is no post.
    pub held_as: &'static str,
    /// The unit; empty for what is no post.
    pub place: String,
    /// The decision and the kind of employment; may be empty.
    pub detail: String,
    /// What was said of it before something else was said of days that were over.
    pub corrected: Option<String>,
    /// Where it is changed, by whoever may.
    pub change: Option<String>,
}

/// A post that the person handed to somebody.
#[derive(Debug, Clone)]
pub struct GivenLine {
    /// The post.
    pub title: String,
    /// Its unit.
    pub place: String,
    /// To whom, in words.
    pub to: String,
    /// From when to when, as shown.
    pub days: String,
    /// Number of the decision.
    pub decision_no: String,
    /// How it stands, in words.
    pub standing: &'static str,
    /// How that is drawn.
    pub tone: &'static str,
    /// Its id, for whoever may end it.
    pub end: Option<String>,
}

/// The day for which a page about somebody is asked. `Default`: none.
#[derive(Debug, Clone, Default)]
pub struct DayAsked {
    /// Where the page is.
    pub address: String,
    /// The day, ISO 8601; or what was typed, where that is none.
    pub on: String,
    /// What was typed is no day.
    pub is_wrong: bool,
    /// The day, as shown, when it is not today.
    pub shown: Option<String>,
}

impl DayAsked {
    /// What is wrong with what was typed.
    pub fn problem(&self, chrome: &Chrome) -> Option<&'static str> {
        self.is_wrong.then_some(chrome.t().console_units_wrong_day.as_str())
    }

    /// Of which day the page speaks, when it is not today.
    pub fn note(&self, chrome: &Chrome) -> Option<String> {
        self.shown.as_ref().map(|day| fill(&chrome.t().console_person_as_of, &[("date", day)]))
    }
}

/// `GET /admin/people/{id}`
#[derive(Template)]
#[template(path = "pages/console_person.html")]
pub struct PersonPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// The head.
    pub head: Head,
    /// The day that is asked for.
    pub day: DayAsked,
    /// What was just done.
    pub said: Option<Said>,
    /// Who came second to a change of the reader's, in words.
    pub notes: Vec<String>,
    /// Into whom they were merged: the name, and the page.
    pub merged: Option<(String, String)>,
    /// The posts that they handed to others, as far as that is not over.
    pub given: Vec<GivenLine>,
    /// They can sign in with nothing.
    pub has_no_method: bool,
    /// They said that something was not them.
    pub changes_locked: bool,
    /// Posts and re-organizations, newest first.
    pub line: Vec<LineItem>,
    /// What is known.
    pub known: Vec<Known>,
    /// The first and last digits of the personal number.
    pub number: Option<String>,
    /// What they can sign in with.
    pub methods: Vec<Known>,
    /// How what is known came here, and when; the newest first.
    pub sources: Vec<Known>,
}

impl PersonPage {
    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), None)
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    fn problem(&self) -> Option<&'static str> {
        self.day.problem(&self.chrome)
    }

    fn merged_line(&self, name: &str) -> String {
        fill(&self.chrome.t().console_merge_into, &[("name", name)])
    }

    fn change_label(&self, item: &LineItem) -> String {
        fill(&self.chrome.t().console_person_change_label, &[("title", &item.title)])
    }
}

/// Who did something, in words.
pub fn who_said(chrome: &Chrome, who: &Who) -> String {
    let t = chrome.t();
    match who {
        Who::Oneself => t.console_person_by_self.clone(),
        Who::Person { name, .. } => name.clone(),
        Who::Beyond(_) => t.console_person_by_beyond.clone(),
        Who::Other(word) => match word.strip_prefix("os:") {
            Some(name) => fill(&t.console_person_by_command, &[("name", name)]),
            None => word.clone(),
        },
        Who::Unknown => t.console_person_by_unknown.clone(),
    }
}

/// Who handed a post over, in words: whoever lies beyond the reader need not be an administrator.
pub fn giver_said(chrome: &Chrome, who: &Who) -> String {
    match who {
        Who::Beyond(_) => chrome.t().console_person_beyond.clone(),
        Who::Oneself | Who::Person { .. } | Who::Other(_) | Who::Unknown => who_said(chrome, who),
    }
}

/// What a field is called.
pub fn field_name(t: &'static Words, field: Field) -> &'static str {
    match field {
        Field::Username => &t.profile_username,
        Field::FullName => &t.profile_full_name,
        Field::DateOfBirth => &t.profile_date_of_birth,
        Field::PersonalNumber => &t.profile_personal_number,
        Field::Email => &t.profile_email,
        Field::Phone => &t.profile_phone,
        Field::EmployeeCode => &t.profile_employee_code,
        Field::Unit => &t.console_person_unit,
        Field::Department => &t.console_person_department,
        Field::Title => &t.console_person_title_field,
        Field::Kind => &t.console_person_kind,
        Field::Primary => &t.position_primary,
        Field::DecisionNo => &t.profile_decision,
        Field::ValidFrom => &t.console_person_valid_from,
        Field::ValidTo => &t.console_person_valid_to,
        Field::Reason => &t.console_person_reason,
    }
}

/// What is wrong with a field, in words.
pub fn problem_said(t: &'static Words, problem: Problem) -> String {
    let name = field_name(t, problem.field);
    let of_field = |sentence: &str| fill(sentence, &[("field", name)]);
    match problem.why {
        Why::Missing => of_field(&t.console_person_wrong_missing),
        Why::TooLong(longest) => fill(&t.console_person_wrong_long, &[("field", name), ("most", &longest.to_string())]),
        Why::Control => of_field(&t.console_person_wrong_control),
        Why::NotADate => of_field(&t.console_person_wrong_date),
        Why::Impossible => of_field(&t.console_person_wrong_impossible),
        Why::NotAnAddress => t.console_person_wrong_address.clone(),
        Why::NotAPhone => t.console_person_wrong_phone.clone(),
        Why::NotANumber => t.console_person_wrong_number.clone(),
        Why::NumberTaken => t.console_person_wrong_number_taken.clone(),
        Why::NameLength => t.console_person_wrong_name_length.clone(),
        Why::NameCharacters => t.console_person_wrong_name_characters.clone(),
        Why::NameTaken => t.console_person_wrong_name_taken.clone(),
        Why::UnknownUnit => t.console_person_wrong_unit.clone(),
        Why::OutsideUnit => t.console_person_wrong_unit_outside.clone(),
        Why::UnitNotThere => t.console_person_wrong_unit_gone.clone(),
        Why::UnknownKind => of_field(&t.console_person_wrong_choice),
        Why::Order => t.console_person_wrong_order.clone(),
        Why::SecondMain => t.console_person_wrong_second_main.clone(),
        Why::Held => t.console_person_wrong_held.clone(),
        Why::NotAlone => t.console_person_wrong_not_alone.clone(),
        Why::EndedAbove => t.console_person_wrong_ended_above.clone(),
        Why::BreakGlass => t.console_person_wrong_break_glass.clone(),
        Why::LastOfSystem => t.console_person_wrong_last_of_system.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::PersonId;
    use crate::base::locale::Locale;

    #[test]
    fn whoever_lies_beyond_the_reader_has_no_name() {
        for locale in Locale::ALL {
            let chrome = Chrome { locale, ..Chrome::default() };
            let who = Who::Beyond(PersonId("0193".to_owned()));
            let (beyond, giver) = (who_said(&chrome, &who), giver_said(&chrome, &who));
            assert!([&beyond, &giver].iter().all(|said| !said.contains("0193") && !said.is_empty()));
            assert_ne!(beyond, giver, "whoever hands a post over is no administrator by that");
            assert!(who_said(&chrome, &Who::Other("os:root".to_owned())).contains("root"));
            assert_eq!(who_said(&chrome, &Who::Other("job".to_owned())), "job");
        }
    }
}
