//! Two persons who are one: side by side with what would move, the undo, and the list of merges.

use super::Console;
use super::parts::{Crumb, Pages, Said};
use crate::base::clock::Millis;
use crate::base::date::shown_moment;
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::service::legacy::merge::{Filled, Later, Method, Refusal, RoleFate, UndoRefusal};
use askama::Template;

/// What went wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The field that it is about.
    pub target: &'static str,
    /// The sentence.
    pub text: String,
}

/// Somebody who was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// Title and unit; may be empty.
    pub post: String,
    /// Where the two are side by side.
    pub address: String,
}

/// One thing of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What.
    pub label: &'static str,
    /// Of whoever is kept; may be empty.
    pub kept: String,
    /// Of the other one; may be empty.
    pub merged: String,
    /// Both are known and not the same.
    pub differs: bool,
}

/// Things of one kind that move, or stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Things {
    /// What they are.
    pub title: &'static str,
    /// Each of them.
    pub items: Vec<String>,
}

/// The other one, once they are chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Their id.
    pub id: String,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// By what the plan is known again.
    pub seen: String,
    /// Why it cannot be.
    pub refusal: Option<&'static str>,
    /// Side by side.
    pub lines: Vec<Compared>,
    /// What comes to the kept one.
    pub moves: Vec<Things>,
    /// What stays where it is.
    pub stays: Vec<Things>,
    /// The same the other way round.
    pub swapped: String,
}

/// `GET /admin/people/{id}/merge`, and its answer when nothing was done.
#[derive(Template)]
#[template(path = "pages/console_merge.html")]
pub struct MergePage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whoever is kept: id.
    pub id: String,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// What was looked for.
    pub q: String,
    /// Who was found; nothing before anybody looked.
    pub found: Option<Vec<Candidate>>,
    /// The other one.
    pub chosen: Option<Chosen>,
    /// The reason as typed.
    pub reason: String,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub wrong: Option<Wrong>,
}

impl MergePage {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_below(&self.chrome, (&self.id, &self.full_name), &self.chrome.t().console_merge_title)
    }

    fn hint(&self) -> String {
        hint(&self.chrome, self.longest)
    }

    fn problem(&self) -> Option<&str> {
        self.wrong.as_ref().map(|wrong| wrong.text.as_str())
    }

    fn target(&self) -> &'static str {
        self.wrong.as_ref().map_or("", |wrong| wrong.target)
    }

    fn is_about(&self, field: &str) -> bool {
        is_about(self.wrong.as_ref(), field)
    }
}

/// What an undo would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoShown {
    /// Full name and user name of whoever was kept.
    pub kept: String,
    /// Their page.
    pub kept_address: String,
    /// Who merged, and when.
    pub when: String,
    /// Why.
    pub why: String,
    /// What would come of it; nothing where that is not known any more.
    pub back: Option<Restored>,
    /// Why it cannot be.
    pub refusal: Option<&'static str>,
}

/// What would come of an undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How much goes back.
    pub counts: Vec<String>,
    /// An account that goes back was used since.
    pub is_used: bool,
    /// What came since, and whoever was kept does not keep.
    pub taken: Vec<String>,
    /// What was changed since, and stays.
    pub stays: Vec<String>,
}

/// `GET /admin/people/{id}/unmerge`, and its answer when nothing was done.
#[derive(Template)]
#[template(path = "pages/console_merge_undo.html")]
pub struct MergeUndoPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whoever was merged: id.
    pub id: String,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// What it would do; nothing for whoever is not merged.
    pub plan: Option<UndoShown>,
    /// The reason as typed.
    pub reason: String,
    /// Characters of a reason at most.
    pub longest: usize,
    /// What went wrong.
    pub wrong: Option<Wrong>,
}

impl MergeUndoPage {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_below(&self.chrome, (&self.id, &self.full_name), &self.chrome.t().console_merge_undo_title)
    }

    fn hint(&self) -> String {
        hint(&self.chrome, self.longest)
    }

    fn problem(&self) -> Option<&str> {
        self.wrong.as_ref().map(|wrong| wrong.text.as_str())
    }

    fn target(&self) -> &'static str {
        self.wrong.as_ref().map_or("", |wrong| wrong.target)
    }

    fn is_about(&self, field: &str) -> bool {
        is_about(self.wrong.as_ref(), field)
    }
}

/// One merge of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeLine {
    /// When, as shown.
    pub at: String,
    /// Full name and user name of whoever is kept.
    pub kept: String,
    /// Their page.
    pub kept_address: String,
    /// Full name and user name of whoever was merged.
    pub merged: String,
    /// Their page.
    pub merged_address: String,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Where it is undone, while it stands.
    pub undo: Option<String>,
    /// By whom, when and why it was undone.
    pub undone: Option<String>,
    /// What was changed in between and stayed.
    pub stayed: Vec<String>,
}

/// `GET /admin/merges`
#[derive(Template)]
#[template(path = "pages/console_merges.html")]
pub struct MergesPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// What was just done.
    pub said: Option<Said>,
    /// The merges.
    pub lines: Vec<MergeLine>,
    /// Where the list goes on.
    pub pages: Pages,
}

impl MergesPage {
    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![Crumb::to(&t.console_people, "/admin/people"), Crumb::here(&t.console_merges_title)]
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }
}

fn crumbs_below(chrome: &Chrome, (id, full_name): (&str, &str), here: &str) -> Vec<Crumb> {
    let t = chrome.t();
    vec![Crumb::to(&t.console_people, "/admin/people"), Crumb::to(full_name, &format!("/admin/people/{id}")), Crumb::here(here)]
}

fn hint(chrome: &Chrome, longest: usize) -> String {
    fill(&chrome.t().console_merge_reason_hint, &[("most", &longest.to_string())])
}

fn is_about(wrong: Option<&Wrong>, field: &str) -> bool {
    wrong.is_some_and(|wrong| wrong.target == field)
}

/// Why two cannot be merged, in words.
pub fn refusal_said(t: &'static Words, refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Oneself => &t.console_merge_no_oneself,
        Refusal::Erased => &t.console_merge_no_erased,
        Refusal::MergedAlready => &t.console_merge_no_already,
        Refusal::KeptWasMerged => &t.console_merge_no_kept_merged,
        Refusal::KeptDisabled => &t.console_merge_no_kept_disabled,
        Refusal::NumbersDiffer => &t.console_merge_no_numbers,
        Refusal::Administrators => &t.console_merge_no_administrators,
        Refusal::RunsService => &t.console_merge_no_service,
        Refusal::EndedAbove => &t.console_merge_no_above,
        Refusal::Brings => &t.console_merge_no_brings,
    }
}

/// Why a merge cannot be undone, in words.
pub fn undo_refusal_said(t: &'static Words, refusal: UndoRefusal) -> &'static str {
    match refusal {
        UndoRefusal::NotThere => &t.console_merge_undo_no_merge,
        UndoRefusal::Erased => &t.console_merge_no_erased,
        UndoRefusal::KeptWasMerged => &t.console_merge_undo_no_chain,
        UndoRefusal::Later => &t.console_merge_undo_no_later,
        UndoRefusal::NumberTaken => &t.console_merge_undo_no_number,
        UndoRefusal::SubjectTaken => &t.console_merge_undo_no_subject,
        UndoRefusal::Administrators => &t.console_merge_no_administrators,
        UndoRefusal::EndedAbove => &t.console_merge_undo_no_above,
    }
}

/// What a fact is called.
pub fn fact_said(t: &'static Words, fact: Filled) -> &'static str {
    match fact {
        Filled::Number => &t.profile_personal_number,
        Filled::BirthDate => &t.profile_date_of_birth,
        Filled::EmployeeCode => &t.profile_employee_code,
    }
}

/// Why a role stays, in words; nothing for one that comes along.
pub fn role_stays(t: &'static Words, fate: RoleFate) -> Option<&'static str> {
    match fate {
        RoleFate::Given => None,
        RoleFate::Held => Some(&t.console_merge_role_held),
        RoleFate::NotTheirs => Some(&t.console_merge_role_not_theirs),
        RoleFate::Idle => Some(&t.console_merge_role_idle),
        RoleFate::Undeclared => Some(&t.console_merge_role_undeclared),
    }
}

/// What a way to sign in is called.
fn method_said(t: &'static Words, method: Method) -> &'static str {
    match method {
        Method::Password => &t.account_password,
        Method::Passkey => &t.account_passkeys,
        Method::App => &t.account_app,
        Method::Codes => &t.account_codes,
    }
}

/// What was changed since a merge, and what becomes of it, in words.
pub fn later_said(t: &'static Words, later: &Later) -> String {
    let role = |sentence: &str, client: &str, role: &str| fill(sentence, &[("client", client), ("role", role)]);
    let account = |sentence: &str, source: &str, id: &str| fill(sentence, &[("source", source), ("account", id)]);
    let method = |sentence: &str, method: Method, at: i64| {
        fill(sentence, &[("method", method_said(t, method)), ("at", &shown_moment(Millis(at)))])
    };
    match later {
        Later::Fact { fact } => fill(&t.console_merge_later_fact, &[("fact", fact_said(t, *fact))]),
        Later::Position { title } => fill(&t.console_merge_later_position, &[("title", title)]),
        Later::NewPosition { title } => fill(&t.console_merge_later_new_position, &[("title", title)]),
        Later::RoleTakenBack { client, role: name } => role(&t.console_merge_later_role, client, name),
        Later::NewRole { client, role: name } => role(&t.console_merge_later_new_role, client, name),
        Later::Account { source, legacy_id } => account(&t.console_merge_later_account, source, legacy_id),
        Later::NewAccount { source, legacy_id } => account(&t.console_merge_later_new_account, source, legacy_id),
        Later::PasswordGone { source, legacy_id } => account(&t.console_merge_later_password_gone, source, legacy_id),
        Later::Method { method: kind, at } => method(&t.console_merge_later_method, *kind, *at),
        Later::MethodGone { method: kind } => fill(&t.console_merge_later_method_gone, &[("method", method_said(t, *kind))]),
        Later::MethodRemoved { method: kind, at } => method(&t.console_merge_later_method_removed, *kind, *at),
        Later::SubjectReturned { sector, source, legacy_id } => {
            let of = [("sector", sector.as_str()), ("source", source.as_str()), ("account", legacy_id.as_str())];
            fill(&t.console_merge_later_subject, &of)
        }
    }
}
