//! The records: what was found, one entry, and how the chain stands.

use super::Console;
use super::parts::{Crumb, Pages, SelectOption, number};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::service::trail::report::Wrong;
use crate::service::trail::search::{MOST_DAYS, MOST_DAYS_OF_ALL};
use crate::service::trail::told::{Change, Told};
use askama::Template;

/// Where it begins.
const HERE: &str = "/admin/audit";
/// So many changes of an entry stand in a list; its own page has them all.
const FEW: usize = 3;
/// A value in a list is cut here.
const SHORT: usize = 60;

/// The fields of a search, as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFields {
    /// Who did it.
    pub who: String,
    /// To whom.
    pub whom: String,
    /// At which client.
    pub client: String,
    /// Which event, or all that begin with a word.
    pub event: String,
    /// From where.
    pub address: String,
    /// In which request.
    pub request: String,
    /// The first day.
    pub from: String,
    /// The last one.
    pub to: String,
}

/// What is wrong about a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditProblem {
    /// Nobody is called so.
    Who,
    /// Nobody is called so.
    Whom,
    /// That is no client's id.
    Client,
    /// That is no event.
    Event,
    /// That is no address.
    Address,
    /// That is no request's number.
    Request,
    /// The days cannot be read.
    Days,
    /// They come in the wrong order, or are too many.
    TooLong,
}

/// A field of the search.
#[derive(Debug, Clone)]
pub struct Input {
    /// Its name.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What goes in.
    pub hint: &'static str,
    /// What was typed.
    pub value: String,
    /// Something is wrong with it.
    pub wrong: bool,
}

impl Input {
    fn has_hint(&self) -> bool {
        !self.hint.is_empty()
    }

    fn described_by(&self) -> String {
        let hint = if self.has_hint() { format!("{}-hint", self.name) } else { String::new() };
        let problem = if self.wrong { format!("{}-problem", self.name) } else { String::new() };
        [hint, problem].join(" ").trim().to_owned()
    }
}

/// Events that begin with one word.
#[derive(Debug, Clone)]
pub struct EventGroup {
    /// The word.
    pub family: String,
    /// All of them at once, and each.
    pub options: Vec<SelectOption>,
}

/// Somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// Their name, for those who may know it.
    pub name: Option<String>,
    /// Their id, or whatever the records call them.
    pub id: String,
}

/// An entry.
#[derive(Debug, Clone)]
pub struct EntryLine {
    /// Its id.
    pub id: String,
    /// Its number, once it has one.
    pub seq: Option<i64>,
    /// When, as shown.
    pub when: String,
    /// What.
    pub event: String,
    /// Who did it.
    pub actor: Who,
    /// To whom.
    pub person: Who,
    /// At which client.
    pub client: String,
    /// From where.
    pub address: String,
    /// In which request.
    pub request: String,
    /// The rest.
    pub told: Told,
}

impl EntryLine {
    /// What happened, in words, where there are some.
    pub fn name(&self, chrome: &Chrome) -> Option<&'static str> {
        event_name(chrome.t(), &self.event)
    }

    fn number(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        self.seq.map_or_else(
            || t.console_audit_unnumbered.clone(),
            |seq| fill(&t.console_audit_number, &[("number", &number(chrome, seq))]),
        )
    }

    /// As what, and why, where that is said.
    fn acting(&self, chrome: &Chrome) -> Option<String> {
        let role = self.told.acting_as.as_ref()?;
        Some(fill(&chrome.t().console_audit_acting, &[("role", role)]))
    }

    fn reason(&self, chrome: &Chrome) -> Option<String> {
        let reason = self.told.reason.as_ref().filter(|reason| !reason.is_empty())?;
        Some(fill(&chrome.t().console_audit_because, &[("reason", reason)]))
    }

    /// The first changes, each in a line.
    fn changes(&self, chrome: &Chrome) -> Vec<String> {
        let t = chrome.t();
        let line = |change: &Change| {
            let (before, after) = (short(&change.before), short(&change.after));
            fill(&t.console_audit_changed, &[("name", &change.name), ("before", &before), ("after", &after)])
        };
        let mut lines: Vec<String> = self.told.changes.iter().take(FEW).map(line).collect();
        if let Some(more) = self.told.changes.len().checked_sub(FEW).filter(|more| *more > 0) {
            lines.push(fill(&t.console_audit_more_changes, &[("count", &more.to_string())]));
        }
        lines
    }
}

fn short(text: &str) -> String {
    if text.is_empty() {
        return "\u{2205}".to_owned();
    }
    let mut letters = text.chars();
    let mut start: String = letters.by_ref().take(SHORT).collect();
    if letters.next().is_some() {
        start.push('\u{2026}');
    }
    start
}

/// How the newest end of the chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is sealed yet.
    Nothing,
    /// So many entries are whole; with none, the newest seal is.
    Whole(i64),
    /// Something is not as it was.
    Broken {
        /// What is wrong.
        wrong: Wrong,
        /// With which entry.
        seq: Option<i64>,
        /// Its id, when its row is known.
        id: Option<String>,
    },
}

/// The state of the chain.
#[derive(Debug, Clone)]
pub struct ChainCard {
    /// The newest seal: up to which number, and when.
    pub seal: Option<(i64, String)>,
    /// What was found.
    pub standing: Standing,
    /// When the job ran last.
    pub ran: Option<String>,
    /// The stream to a collector: up to which number, and how many wait.
    pub stream: Option<(i64, i64)>,
}

impl ChainCard {
    /// Class, symbol and words of how it stands.
    fn tag(&self, chrome: &Chrome) -> (&'static str, &'static str, String) {
        let t = chrome.t();
        match &self.standing {
            Standing::Nothing => ("info", "clock", t.console_audit_nothing_sealed.clone()),
            Standing::Whole(0) => ("ok", "check", t.console_audit_seal_holds.clone()),
            Standing::Whole(count) => ("ok", "check", fill(&t.console_audit_whole, &[("count", &number(chrome, *count))])),
            Standing::Broken { wrong, seq, .. } => {
                let wrong: &str = match wrong {
                    Wrong::Altered => &t.console_audit_altered,
                    Wrong::Missing => &t.console_audit_missing,
                    Wrong::Added => &t.console_audit_added,
                    Wrong::Reordered => &t.console_audit_reordered,
                    Wrong::Seal => &t.console_audit_seal_broken,
                };
                let seq = seq.map(|seq| number(chrome, seq)).unwrap_or_default();
                ("bad", "alert-circle", fill(&t.console_audit_broken, &[("number", &seq), ("wrong", wrong)]))
            }
        }
    }

    /// The page of the entry that is not as it was.
    fn broken_entry(&self) -> Option<&str> {
        match &self.standing {
            Standing::Broken { id, .. } => id.as_deref(),
            Standing::Nothing | Standing::Whole(_) => None,
        }
    }

    fn seal_line(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        self.seal.as_ref().map_or_else(
            || t.console_audit_none_yet.clone(),
            |(seq, at)| fill(&t.console_audit_sealed_to, &[("number", &number(chrome, *seq)), ("at", at)]),
        )
    }

    fn stream_line(&self, chrome: &Chrome) -> Option<String> {
        let (sent, lag) = self.stream?;
        let (sent, lag) = (number(chrome, sent), number(chrome, lag));
        Some(fill(&chrome.t().console_audit_streamed, &[("number", &sent), ("lag", &lag)]))
    }
}

/// `GET /admin/audit`
#[derive(Debug, Template)]
#[template(path = "pages/console_audit.html")]
pub struct AuditPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// What was asked.
    pub fields: AuditFields,
    /// The events that are on record.
    pub events: Vec<EventGroup>,
    /// Newest first.
    pub lines: Vec<EntryLine>,
    /// Where the list goes on.
    pub pages: Pages,
    /// The same search as files: what each is called, and where it is.
    pub exports: Vec<(String, String)>,
    /// How the chain stands; on the first page only.
    pub chain: Option<ChainCard>,
    /// What is wrong about the search.
    pub problem: Option<AuditProblem>,
}

impl AuditPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::here(&self.chrome.t().console_audit)]
    }

    /// The field with the mistake.
    fn target(&self) -> &'static str {
        match self.problem {
            Some(AuditProblem::Who) | None => "who",
            Some(AuditProblem::Whom) => "whom",
            Some(AuditProblem::Client) => "client",
            Some(AuditProblem::Event) => "event",
            Some(AuditProblem::Address) => "address",
            Some(AuditProblem::Request) => "request",
            Some(AuditProblem::Days | AuditProblem::TooLong) => "from",
        }
    }

    fn mistake(&self) -> Option<String> {
        let t = self.chrome.t();
        self.problem.map(|problem| match problem {
            AuditProblem::Who | AuditProblem::Whom => t.console_audit_problem_nobody.clone(),
            AuditProblem::Client => t.console_audit_problem_client.clone(),
            AuditProblem::Event => t.console_audit_problem_event.clone(),
            AuditProblem::Address => t.console_audit_problem_address.clone(),
            AuditProblem::Request => t.console_audit_problem_request.clone(),
            AuditProblem::Days => t.console_audit_problem_days.clone(),
            AuditProblem::TooLong => {
                let (narrow, all) = (MOST_DAYS.to_string(), MOST_DAYS_OF_ALL.to_string());
                fill(&t.console_audit_problem_too_long, &[("narrow", &narrow), ("all", &all)])
            }
        })
    }

    fn inputs(&self) -> Vec<Input> {
        let (t, fields) = (self.chrome.t(), &self.fields);
        let all: [(&'static str, &'static str, &'static str, &String); 7] = [
            ("who", &t.console_audit_who, &t.console_audit_who_hint, &fields.who),
            ("whom", &t.console_audit_whom, "", &fields.whom),
            ("client", &t.console_audit_client, "", &fields.client),
            ("address", &t.console_audit_address, "", &fields.address),
            ("request", &t.console_audit_request, &t.console_audit_request_hint, &fields.request),
            ("from", &t.console_audit_from, &t.console_audit_day_hint, &fields.from),
            ("to", &t.console_audit_to, "", &fields.to),
        ];
        let wrong = |name: &str| self.problem.is_some() && self.target() == name;
        let input = |(name, label, hint, value): (&'static str, &'static str, &'static str, &String)| Input {
            name,
            label,
            hint,
            value: value.clone(),
            wrong: wrong(name),
        };
        all.into_iter().map(input).collect()
    }

    fn is_about_event(&self) -> bool {
        self.problem == Some(AuditProblem::Event)
    }
}

/// Where an entry stands in the chain.
#[derive(Debug, Clone)]
pub struct PlaceView {
    /// Its number.
    pub seq: i64,
    /// It says what it said when it got its place.
    pub holds: bool,
    /// It follows the one before it; unknown where that one lies in a file.
    pub follows: Option<bool>,
    /// The seal over it: its number, when, and whether it holds.
    pub sealed: Option<(i64, String, bool)>,
}

/// `GET /admin/audit/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_audit_entry.html")]
pub struct EntryPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The entry.
    pub line: EntryLine,
    /// When, to the millisecond in UTC.
    pub time: String,
    /// Of which record.
    pub kind: &'static str,
    /// The details as they were written.
    pub detail: String,
    /// Its MAC holds.
    pub is_ours: bool,
    /// Its place, once it has one.
    pub place: Option<PlaceView>,
}

/// Something that holds or does not: class, symbol and words.
type Held = (&'static str, &'static str, String);

impl EntryPage {
    fn crumbs(&self) -> Vec<Crumb> {
        vec![Crumb::to(&self.chrome.t().console_audit, HERE), Crumb::here(&self.title())]
    }

    fn title(&self) -> String {
        self.line.name(&self.chrome).map_or_else(|| self.line.event.clone(), ToOwned::to_owned)
    }

    /// What holds of the entry, point by point.
    fn held(&self) -> Vec<Held> {
        let t = self.chrome.t();
        let said = |holds: bool, fine: &str, broken: &str| -> Held {
            if holds { ("ok", "check", fine.to_owned()) } else { ("bad", "alert-circle", broken.to_owned()) }
        };
        let mut held = vec![said(self.is_ours, &t.console_audit_mac_ok, &t.console_audit_mac_bad)];
        let Some(place) = &self.place else {
            held.push(("info", "clock", t.console_audit_place_none.clone()));
            return held;
        };
        held.push(said(place.holds, &t.console_audit_place_ok, &t.console_audit_place_bad));
        held.push(match place.follows {
            Some(follows) => said(follows, &t.console_audit_follows_ok, &t.console_audit_follows_bad),
            None => ("info", "file-text", t.console_audit_follows_file.clone()),
        });
        held.push(match &place.sealed {
            None => ("info", "clock", t.console_audit_place_unsealed.clone()),
            Some((seq, at, holds)) => {
                let seq = number(&self.chrome, *seq);
                let values = [("number", seq.as_str()), ("at", at.as_str())];
                said(*holds, &fill(&t.console_audit_over_ok, &values), &fill(&t.console_audit_over_bad, &values))
            }
        });
        held
    }
}

/// The words for an event that people meet in their own history too.
fn event_name(t: &'static Words, event: &str) -> Option<&'static str> {
    let name: &'static str = match event {
        "sign_in.succeeded" => &t.history_signed_in,
        "sign_in.failed" => &t.history_failed,
        "sign_in.throttled" => &t.history_throttled,
        "sign_in.raised" => &t.history_raised,
        "second_factor.failed" => &t.history_code_failed,
        "password.changed" => &t.history_password_changed,
        "password.set" => &t.history_password_set,
        "recovery_codes.made" => &t.history_codes_made,
        "recovery_code.used" => &t.history_code_used,
        "recovery.link_sent" => &t.history_link_sent,
        "recovery.invited" => &t.history_invited,
        "recovery.failed" => &t.history_recovery_failed,
        "recovery.used" => &t.history_recovered,
        "account.disowned" => &t.history_disowned,
        "device.remembered" => &t.history_device_remembered,
        "device.forgotten" => &t.history_device_forgotten,
        "consent.given" => &t.history_consent_given,
        "consent.withdrawn" => &t.history_consent_withdrawn,
        "person.disabled" => &t.history_disabled,
        "person.enabled" => &t.history_enabled,
        "grant.given" => &t.console_audit_event_grant,
        "audit.searched" => &t.console_audit_event_searched,
        "audit.read" => &t.console_audit_event_read,
        "audit.exported" => &t.console_audit_event_exported,
        "admin_role.granted" => &t.console_audit_event_appointed,
        "admin_role.revoked" => &t.console_audit_event_dismissed,
        "role.granted" => &t.console_audit_event_role,
        "role.revoked" => &t.console_audit_event_role_ended,
        "person.viewed" => &t.console_audit_event_viewed,
        "person.edited" => &t.console_audit_event_edited,
        "person.number_shown" => &t.console_audit_event_number,
        _ => return None,
    };
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::locale::Locale;
    use crate::http::view::Page as _;
    use crate::http::view::console::Section;

    fn console() -> Console {
        let open = vec![Section::Audit];
        Console { section: Section::Audit, name: String::new(), scope: String::new(), open, alarm: None }
    }

    fn line() -> EntryLine {
        EntryLine {
            id: "01939c2e-7c00-7000-8000-000000000000".to_owned(),
            seq: Some(1_284),
            when: "08:00, 22/11/2026".to_owned(),
            event: "person.edited".to_owned(),
            actor: Who { name: Some("Nguyễn Văn <Kim> (kim)".to_owned()), id: "a".to_owned() },
            person: Who::default(),
            client: "tthc".to_owned(),
            address: "203.0.113.7".to_owned(),
            request: "4F7K-22QW-9A".to_owned(),
            told: Told::of(r#"{"acting_as":"system","changed":{"email":{"before":"a@v.vn","after":null}},"reason":"<QĐ 1>"}"#),
        }
    }

    fn list(locale: Locale, problem: Option<AuditProblem>) -> String {
        let chain = ChainCard {
            seal: Some((1_284, "08:00, 22/11/2026".to_owned())),
            standing: Standing::Broken { wrong: Wrong::Altered, seq: Some(7), id: Some("b".to_owned()) },
            ran: Some("08:01, 22/11/2026".to_owned()),
            stream: Some((1_200, 84)),
        };
        let page = AuditPage {
            chrome: Chrome { locale, ..Chrome::default() },
            console: console(),
            fields: AuditFields { address: "somewhere".to_owned(), ..AuditFields::default() },
            events: Vec::new(),
            lines: vec![line()],
            pages: Pages::default(),
            exports: vec![("CSV".to_owned(), "/admin/audit/export?format=csv".to_owned())],
            chain: Some(chain),
            problem,
        };
        page.render_page()
    }

    #[test]
    fn a_list_says_who_did_what_as_what_and_why() {
        for locale in Locale::ALL {
            let html = list(locale, None);
            assert!(html.contains("data-page=\"admin-audit\""), "{html}");
            assert!(!html.contains("<QĐ") && !html.contains("<Kim>"));
            assert!(html.contains("a@v.vn") && html.contains("/admin/audit/b"));

            let html = list(locale, Some(AuditProblem::Address));
            assert!(html.contains("id=\"address-problem\"") && !html.contains("a@v.vn"), "{html}");
        }
    }

    #[test]
    fn an_entry_says_what_holds_of_it() {
        for locale in Locale::ALL {
            let place = PlaceView { seq: 7, holds: false, follows: Some(true), sealed: Some((9, "08:00".to_owned(), true)) };
            let page = EntryPage {
                chrome: Chrome { locale, ..Chrome::default() },
                console: console(),
                line: line(),
                time: "2026-11-22T01:00:00.000Z".to_owned(),
                kind: "audit",
                detail: "{}".to_owned(),
                is_ours: false,
                place: Some(place),
            };

            let html = page.render_page();

            assert!(html.contains("data-page=\"admin-audit-entry\""), "{html}");
            assert_eq!(html.matches("class=\"tag bad\"").count(), 2, "the MAC and the place: {html}");
            assert_eq!(html.matches("class=\"tag ok\"").count(), 2);
        }
    }
}
