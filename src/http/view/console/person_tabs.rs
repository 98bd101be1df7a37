//! The roles of a person, where they are signed on, and what happened to their account.

use super::Console;
use super::parts::{Crumb, Pages, Said};
use super::person::{DayAsked, Head, field_name, who_said};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::http::view::place::{Place, device_icon, device_name};
use crate::model::device::Device;
use crate::service::people::history::Entry;
use crate::service::people::told::Field;
use crate::service::people::who::Who;
use askama::Template;

/// One role, in words.
#[derive(Debug, Clone)]
pub struct RoleLine {
    /// The role.
    pub role: String,
    /// Only while acting in this post; may be empty.
    pub post: String,
    /// Why; may be empty.
    pub reason: String,
    /// Who gave it, and when.
    pub given: String,
    /// On which days it counts; empty: on all.
    pub days: String,
    /// When it was last used; empty where that was not noted.
    pub used: String,
}

/// The roles in one client.
#[derive(Debug, Clone)]
pub struct RolesIn {
    /// The client's id.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// The roles.
    pub roles: Vec<RoleLine>,
}

/// A role that somebody has by a post, in words.
#[derive(Debug, Clone)]
pub struct PostRoleLine {
    /// The client's id.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
    /// The role.
    pub role: String,
    /// What it asks of a sign-on.
    pub conditions: Vec<&'static str>,
    /// How it comes with the post: the group, or whoever lends it.
    pub way: String,
    /// Why; may be empty.
    pub reason: String,
    /// Who gave it to the group, and when; may be empty.
    pub given: String,
    /// On which days it counts; empty: on all.
    pub days: String,
}

/// What a post brings somebody.
#[derive(Debug, Clone)]
pub struct PostRoles {
    /// The post and its unit.
    pub post: String,
    /// For whom they act in it; may be empty.
    pub acts_for: String,
    /// The roles.
    pub roles: Vec<PostRoleLine>,
}

/// What somebody administers, in words.
#[derive(Debug, Clone)]
pub struct ScopeLine {
    /// The role.
    pub role: &'static str,
    /// The unit or the client that it is bound to; may be empty.
    pub bound: String,
    /// Why; may be empty.
    pub reason: String,
    /// Who gave it, and when.
    pub given: String,
    /// On which days it counts.
    pub days: String,
}

/// `GET /admin/people/{id}/roles`
#[derive(Template)]
#[template(path = "pages/console_person_roles.html")]
pub struct PersonRoles {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whose.
    pub head: Head,
    /// The day that is asked for.
    pub day: DayAsked,
    /// The roles by client.
    pub clients: Vec<RolesIn>,
    /// What each post of the day brings beside.
    pub posts: Vec<PostRoles>,
    /// What they administer, for whoever may know.
    pub scopes: Vec<ScopeLine>,
}

impl PersonRoles {
    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), Some(&self.chrome.t().console_person_roles))
    }

    fn problem(&self) -> Option<&'static str> {
        self.day.problem(&self.chrome)
    }

    fn is_empty(&self) -> bool {
        self.clients.is_empty() && self.posts.is_empty()
    }

    fn caption(&self, client: &RolesIn) -> String {
        fill(&self.chrome.t().console_person_roles_caption, &[("client", &client.name)])
    }

    fn post_caption(&self, post: &PostRoles) -> String {
        fill(&self.chrome.t().console_person_post_roles, &[("post", &post.post)])
    }
}

/// One open session.
#[derive(Debug, Clone)]
pub struct SessionLine {
    /// Its id.
    pub id: String,
    /// What it was made with.
    pub device: Device,
    /// When and from where, for whoever may know.
    pub seen: Option<SessionSeen>,
}

/// When and from where a session was used.
#[derive(Debug, Clone)]
pub struct SessionSeen {
    /// From where.
    pub place: Place,
    /// The systems that it entered.
    pub systems: String,
    /// When it was last used.
    pub used: String,
    /// When it began.
    pub since: String,
}

/// `GET /admin/people/{id}/sessions`
#[derive(Template)]
#[template(path = "pages/console_person_sessions.html")]
pub struct PersonSessions {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whose.
    pub head: Head,
    /// What was just done.
    pub said: Option<Said>,
    /// Newest first.
    pub sessions: Vec<SessionLine>,
}

impl PersonSessions {
    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), Some(&self.chrome.t().console_person_sessions))
    }

    fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    fn device(&self, session: &SessionLine) -> String {
        device_name(&self.chrome, session.device)
    }

    fn icon_of(&self, session: &SessionLine) -> String {
        device_icon(&self.chrome, session.device)
    }

    fn place(&self, seen: &SessionSeen) -> String {
        seen.place.shown(&self.chrome)
    }
}

/// One line of the history, in words.
#[derive(Debug, Clone)]
pub struct HistoryLine {
    /// When.
    pub when: String,
    /// What.
    pub what: String,
    /// More of it; may be empty.
    pub more: String,
    /// Who, and as what.
    pub who: String,
    /// From where.
    pub place: String,
}

/// `GET /admin/people/{id}/history`
#[derive(Template)]
#[template(path = "pages/console_person_history.html")]
pub struct PersonHistory {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What every page of the console carries.
    pub console: Console,
    /// Whose.
    pub head: Head,
    /// Newest first.
    pub lines: Vec<HistoryLine>,
    /// Where older ones begin.
    pub pages: Pages,
}

impl PersonHistory {
    fn crumbs(&self) -> Vec<Crumb> {
        self.head.crumbs(self.chrome.t(), Some(&self.chrome.t().console_person_history))
    }
}

/// A record in words.
pub fn history_line(chrome: &Chrome, entry: Entry, when: String, place: &Place) -> HistoryLine {
    let t = chrome.t();
    let what = event_said(t, &entry).map_or_else(|| entry.event.clone(), str::to_owned);
    let changed: Vec<&str> = entry.changed.iter().map(|word| changed_said(t, word)).collect();
    let mut more: Vec<String> = [entry.title, entry.role].into_iter().filter(|text| !text.is_empty()).collect();
    if !changed.is_empty() {
        more.push(changed.join(", "));
    }
    more.extend(entry.system);
    if !entry.reason.is_empty() {
        more.push(fill(&t.console_person_reason_was, &[("reason", &entry.reason)]));
    }
    let by = who_said(chrome, &entry.by);
    let who = if entry.acting_as.is_empty() { by } else { format!("{by} ({})", entry.acting_as) };
    // Whereabouts are told of the person and of strangers; those of others are their own.
    let place = match &entry.by {
        Who::Oneself | Who::Unknown => place.shown(chrome),
        Who::Person { .. } | Who::Beyond(_) | Who::Other(_) => String::new(),
    };
    HistoryLine { when, what, more: more.join(" · "), who, place }
}

fn changed_said<'w>(t: &'static Words, word: &'w str) -> &'w str {
    const FACTS: [Field; 5] = [Field::FullName, Field::DateOfBirth, Field::Email, Field::Phone, Field::EmployeeCode];
    FACTS.into_iter().find(|field| field.word() == word).map_or(word, |field| field_name(t, field))
}

/// What happened; nothing for a word that is not known here.
pub fn event_said(t: &'static Words, entry: &Entry) -> Option<&'static str> {
    let passkey = entry.method == "passkey";
    let said: &'static String = match entry.event.as_str() {
        "sign_in.succeeded" => &t.history_signed_in,
        "sign_in.raised" => &t.history_raised,
        "sign_out" if entry.by == Who::Oneself => &t.history_signed_out,
        "sign_out" => &t.history_signed_out_by,
        "client.told_of_move" => &t.event_client_told_of_move,
        "sign_in.failed" => &t.history_failed,
        "second_factor.failed" => &t.history_code_failed,
        "password.refused" => &t.history_password_refused,
        "sign_in.throttled" => &t.history_throttled,
        "sign_in.unlocked" => &t.console_person_ev_unlocked,
        "password.changed" => &t.history_password_changed,
        "password.set" => &t.history_password_set,
        "method.added" if passkey => &t.history_passkey_added,
        "method.added" => &t.history_app_added,
        "method.removed" if passkey => &t.history_passkey_removed,
        "method.removed" => &t.history_app_removed,
        "recovery_codes.made" => &t.history_codes_made,
        "recovery_code.used" => &t.history_code_used,
        "recovery.link_sent" => &t.history_link_sent,
        "recovery.invited" => &t.history_invited,
        "recovery.failed" => &t.history_recovery_failed,
        "recovery.code_issued" if entry.by == Who::Oneself => &t.history_help_given,
        "recovery.code_issued" => &t.history_recovery_issued,
        "recovery.used" => &t.history_recovered,
        "account.disowned" => &t.history_disowned,
        "device.remembered" => &t.history_device_remembered,
        "device.forgotten" => &t.history_device_forgotten,
        "entry.refused" => &t.event_entry_refused,
        "consent.given" => &t.history_consent_given,
        "consent.withdrawn" => &t.history_consent_withdrawn,
        "sessions.ended" => &t.console_person_ev_sessions,
        "person.added" => &t.console_person_ev_added,
        "person.edited" => &t.console_person_ev_edited,
        "person.edit_overtaken" => &t.console_person_ev_overtaken,
        "person.disabled" => &t.history_disabled,
        "person.enabled" => &t.history_enabled,
        "person.number_shown" => &t.console_person_ev_number,
        "person.viewed" => &t.console_person_ev_viewed,
        "position.added" => &t.console_person_ev_position_added,
        "position.changed" => &t.console_person_ev_position_changed,
        "position.ended" => &t.console_person_ev_position_ended,
        "position.decided" => &t.event_position_decided,
        "position.decision_removed" => &t.event_position_decision_removed,
        "delegation.given" => &t.event_delegation_given,
        "delegation.ended" => &t.event_delegation_ended,
        "role.granted" => &t.console_person_ev_role_granted,
        "role.revoked" => &t.console_person_ev_role_revoked,
        "admin_role.granted" => &t.console_person_ev_admin_granted,
        "admin_role.revoked" => &t.console_person_ev_admin_revoked,
        "report.made" => &t.console_person_ev_report_made,
        "report.answered" => &t.console_person_ev_report_answered,
        _ => return None,
    };
    Some(said.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::locale::Locale;
    use crate::service::people::history::EVENTS;

    fn entry(event: &str, by: Who) -> Entry {
        Entry {
            at: Millis(0),
            event: event.to_owned(),
            by,
            acting_as: "directory".to_owned(),
            system: None,
            address: "203.0.113.7".to_owned(),
            changed: vec!["email".to_owned(), "something new".to_owned()],
            reason: "QĐ 5".to_owned(),
            title: String::new(),
            role: String::new(),
            method: String::new(),
        }
    }

    #[test]
    fn every_event_has_words_in_every_language() {
        for locale in Locale::ALL {
            let chrome = Chrome { locale, ..Chrome::default() };
            for event in EVENTS {
                assert!(event_said(chrome.t(), &entry(event, Who::Unknown)).is_some(), "{event}");
            }
        }
    }

    #[test]
    fn where_an_administrator_sits_is_not_told() {
        let chrome = Chrome::default();
        let place = Place { office: None, address: "203.0.113.7".to_owned() };
        let by_other = history_line(&chrome, entry("person.edited", Who::Other("os:root".to_owned())), String::new(), &place);
        assert!(by_other.place.is_empty());
        assert!(by_other.more.contains("something new") && by_other.more.contains("QĐ 5"), "{}", by_other.more);
        let own = history_line(&chrome, entry("sign_in.failed", Who::Unknown), String::new(), &place);
        assert_eq!(own.place, "203.0.113.7");
    }
}
