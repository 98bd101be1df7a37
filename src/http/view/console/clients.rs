//! Systems that sign in here: the list, one of them, and the forms about it.

use super::Console;
use super::client_findings::{finding_said, weight_tag};
use super::parts::{Crumb, SelectOption, address};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::model::client::ClientType;
use crate::service::clients::fields::{Field, Wrong};
use crate::service::clients::findings::Finding;
use askama::Template;

/// What a kind of application is called.
pub fn kind_name(t: &'static Words, kind: ClientType) -> &'static str {
    match kind {
        ClientType::Web => &t.console_clients_web,
        ClientType::Spa => &t.console_clients_spa,
        ClientType::Native => &t.console_clients_native,
        ClientType::Service => &t.console_clients_service,
    }
}

/// What is wrong with what was typed, in a sentence.
pub fn wrong_said(t: &'static Words, wrong: &Wrong) -> String {
    match wrong {
        Wrong::Empty => t.console_clients_wrong_empty.clone(),
        Wrong::TooLong => t.console_clients_wrong_long.clone(),
        Wrong::Address(address) => fill(&t.console_clients_wrong_address, &[("address", address)]),
        Wrong::Id => t.console_clients_wrong_id.clone(),
        Wrong::Taken => t.console_clients_wrong_taken.clone(),
        Wrong::Choice => t.console_clients_wrong_choice.clone(),
        Wrong::Day => t.console_clients_wrong_day.clone(),
        Wrong::Keys => t.console_clients_wrong_keys.clone(),
        Wrong::Refused(reason) => fill(&t.console_clients_wrong_refused, &[("reason", reason)]),
    }
}

/// The way to a page about a client.
pub fn crumbs_to(chrome: &Chrome, client: Option<(&str, &str)>, page: &str) -> Vec<Crumb> {
    let t = chrome.t();
    let mut crumbs = vec![
        Crumb { name: t.console_title.clone(), address: "/admin".to_owned() },
        Crumb { name: t.console_clients.clone(), address: "/admin/clients".to_owned() },
    ];
    if let Some((id, name)) = client {
        crumbs.push(Crumb { name: name.to_owned(), address: format!("/admin/clients/{id}") });
    }
    crumbs.push(Crumb { name: page.to_owned(), address: String::new() });
    crumbs
}

/// How a field of a form looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One line.
    Line,
    /// Several lines.
    Lines,
    /// Ticked or not.
    Tick,
}

/// A field of a form, with what is wrong with it.
#[derive(Debug, Clone)]
pub struct FormField {
    /// Its name.
    pub name: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// More about it; may be empty.
    pub hint: String,
    /// What stands in it.
    pub value: String,
    /// How it looks.
    pub shape: Shape,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl FormField {
    /// Ticked or not.
    pub fn is_tick(&self) -> bool {
        self.shape == Shape::Tick
    }

    /// Of several lines.
    pub fn is_long(&self) -> bool {
        self.shape == Shape::Lines
    }

    /// There is more to say about it.
    pub fn has_hint(&self) -> bool {
        !self.hint.is_empty()
    }

    /// What describes it, by id.
    pub fn described_by(&self) -> String {
        let hint = self.has_hint().then(|| format!("{}-hint", self.name));
        let problem = self.problem.as_ref().map(|_| format!("{}-problem", self.name));
        hint.into_iter().chain(problem).collect::<Vec<_>>().join(" ")
    }
}

/// One line of the list.
#[derive(Debug, Clone)]
pub struct ClientLine {
    /// Client id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Kind of application.
    pub kind: ClientType,
    /// Where it is; may be empty.
    pub host: String,
    /// Not the city's own.
    pub third_party: bool,
    /// Switched off.
    pub disabled: bool,
    /// It is told when people sign out.
    pub told: bool,
}

/// `GET /admin/clients`
#[derive(Debug, Template)]
#[template(path = "pages/console_clients.html")]
pub struct ClientsPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// What was looked for.
    pub typed: String,
    /// What was found.
    pub lines: Vec<ClientLine>,
    /// The reader may connect another one.
    pub may_add: bool,
}

impl ClientsPage {
    /// The same list as a file.
    fn export(&self) -> String {
        address("/admin/clients/export", &[("q", &self.typed)])
    }

    fn crumbs(&self) -> Vec<Crumb> {
        let t = self.chrome.t();
        vec![
            Crumb { name: t.console_title.clone(), address: "/admin".to_owned() },
            Crumb { name: t.console_clients.clone(), address: String::new() },
        ]
    }

    fn kind(&self, line: &ClientLine) -> &'static str {
        kind_name(self.chrome.t(), line.kind)
    }

    fn count(&self) -> String {
        fill(&self.chrome.t().console_clients_count, &[("count", &self.lines.len().to_string())])
    }
}

/// What was just done with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientDone {
    /// It was changed.
    Saved,
    /// It was switched off.
    SwitchedOff,
    /// It was switched on again.
    SwitchedOn,
    /// Only the newest secret counts.
    OverlapEnded,
}

impl ClientDone {
    /// Reads the word of an address.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "saved" => Some(Self::Saved),
            "off" => Some(Self::SwitchedOff),
            "on" => Some(Self::SwitchedOn),
            "overlap" => Some(Self::OverlapEnded),
            _ => None,
        }
    }
}

/// A secret of a client, without the secret.
#[derive(Debug, Clone)]
pub struct SecretLine {
    /// Made, as shown.
    pub made: String,
    /// Its end, as shown, if it has one.
    pub ends: Option<String>,
}

/// `GET /admin/clients/{id}`
#[derive(Debug, Template)]
#[template(path = "pages/console_client.html")]
pub struct ClientPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// What it is.
    pub line: ClientLine,
    /// Names of the protocol, and their values.
    pub facts: Vec<(&'static str, String)>,
    /// What can be said of its settings.
    pub findings: Vec<Finding>,
    /// Its secrets, newest first; nothing for a client that has none.
    pub secrets: Option<Vec<SecretLine>>,
    /// The reader may change it.
    pub may_edit: bool,
    /// The reader may switch it off.
    pub may_switch: bool,
    /// What was just done.
    pub done: Option<ClientDone>,
    /// A reason has to be typed before it is switched off.
    pub reason_missing: bool,
}

impl ClientPage {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, None, &self.line.name)
    }

    fn kind(&self) -> &'static str {
        kind_name(self.chrome.t(), self.line.kind)
    }

    fn done_said(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.done.map(|done| match done {
            ClientDone::Saved => t.console_clients_saved.as_str(),
            ClientDone::SwitchedOff => t.console_clients_switched_off.as_str(),
            ClientDone::SwitchedOn => t.console_clients_switched_on.as_str(),
            ClientDone::OverlapEnded => t.console_clients_overlap_ended.as_str(),
        })
    }

    fn finding(&self, finding: &Finding) -> String {
        finding_said(self.chrome.t(), finding)
    }

    fn weight(&self, finding: &Finding) -> (&'static str, &'static str, &'static str) {
        weight_tag(self.chrome.t(), finding.weight())
    }

    fn has_overlap(&self) -> bool {
        self.secrets.iter().flatten().any(|secret| secret.ends.is_some())
    }

    fn until(&self, ends: &str) -> String {
        fill(&self.chrome.t().console_clients_secret_until, &[("until", ends)])
    }
}

/// What a field is called, and more about it.
pub fn field_words(t: &'static Words, field: Field) -> (&'static str, &'static str) {
    let both: (&'static String, Option<&'static String>) = match field {
        Field::Name => (&t.console_clients_name, Some(&t.console_clients_name_hint)),
        Field::Description => (&t.console_clients_description, Some(&t.console_clients_description_hint)),
        Field::HomeUri => (&t.console_clients_home, Some(&t.console_clients_home_hint)),
        Field::RedirectUris => (&t.console_clients_redirect_uris, Some(&t.console_clients_redirect_uris_hint)),
        Field::PostLogoutRedirectUris => (&t.console_clients_post_logout, Some(&t.console_clients_post_logout_hint)),
        Field::BackchannelLogoutUri => (&t.console_clients_backchannel, Some(&t.console_clients_backchannel_hint)),
        Field::FrontchannelLogoutUri => (&t.console_clients_frontchannel, Some(&t.console_clients_frontchannel_hint)),
        Field::InitiateLoginUri => (&t.console_clients_initiate, Some(&t.console_clients_initiate_hint)),
        Field::PolicyUri => (&t.console_clients_policy, None),
        Field::TosUri => (&t.console_clients_tos, None),
        Field::Contacts => (&t.console_clients_contacts, Some(&t.console_clients_contacts_hint)),
        Field::JwksUri => (&t.console_clients_jwks_uri, Some(&t.console_clients_jwks_uri_hint)),
        Field::Jwks => (&t.console_clients_jwks, Some(&t.console_clients_jwks_hint)),
        Field::Scopes => (&t.console_clients_scopes, Some(&t.console_clients_scopes_hint)),
        Field::Roles => (&t.console_clients_roles, Some(&t.console_clients_roles_hint)),
        Field::UnitGrantedRoles => (&t.console_clients_unit_roles, Some(&t.console_clients_unit_roles_hint)),
        Field::IdTokenClaims => (&t.console_clients_id_token_claims, Some(&t.console_clients_id_token_claims_hint)),
        Field::IdTokenAlg => (&t.console_clients_id_token_alg, Some(&t.console_clients_id_token_alg_hint)),
        Field::UnitCodeScheme => (&t.console_clients_scheme, Some(&t.console_clients_scheme_hint)),
        Field::UnitIdentifier => (&t.console_clients_unit_identifier, Some(&t.console_clients_unit_identifier_hint)),
        Field::UnitIdentifierUntil => (&t.console_clients_unit_until, Some(&t.console_clients_unit_until_hint)),
        Field::Subject => (&t.console_clients_subject, Some(&t.console_clients_subject_hint)),
        Field::SubjectUntil => (&t.console_clients_subject_until, Some(&t.console_clients_subject_until_hint)),
        Field::LegacySources => (&t.console_clients_legacy_sources, Some(&t.console_clients_legacy_sources_hint)),
        Field::MinimumLevel => (&t.console_clients_level, Some(&t.console_clients_level_hint)),
        Field::Entry => (&t.console_clients_entry, Some(&t.console_clients_entry_hint)),
        Field::EntryContact => (&t.console_clients_entry_contact, Some(&t.console_clients_entry_contact_hint)),
        Field::ToldOfMoves => (&t.console_clients_told_of_moves, Some(&t.console_clients_told_of_moves_hint)),
        Field::ThirdParty => (&t.console_clients_third_party, Some(&t.console_clients_third_party_hint)),
        Field::RequirePkce => (&t.console_clients_pkce, Some(&t.console_clients_pkce_hint)),
        Field::RefreshWithSignOn => (&t.console_clients_refresh, Some(&t.console_clients_refresh_hint)),
    };
    (both.0.as_str(), both.1.map(String::as_str).unwrap_or_default())
}

/// Why a form was not taken as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormProblem {
    /// The registration cannot be so, in one sentence for developers.
    Refused(String),
    /// Somebody else changed it meanwhile.
    Stale,
    /// What people are called by would change.
    OtherSubjects,
}

/// `GET /admin/clients/{id}/edit`
#[derive(Debug, Template)]
#[template(path = "pages/console_client_edit.html")]
pub struct ClientEdit {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Client id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The version that is changed.
    pub version: i64,
    /// The fields that are the reader's to change.
    pub fields: Vec<FormField>,
    /// They are those of an owner.
    pub own: bool,
    /// What went wrong with the whole.
    pub problem: Option<FormProblem>,
}

impl ClientEdit {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, Some((self.id.as_str(), self.name.as_str())), &self.chrome.t().console_clients_edit)
    }

    /// Each problem with the field that it is in.
    fn problems(&self) -> Vec<(&'static str, String)> {
        let t = self.chrome.t();
        let whole = self.problem.as_ref().map(|problem| match problem {
            FormProblem::Refused(reason) => fill(&t.console_clients_wrong_refused, &[("reason", reason)]),
            FormProblem::Stale => t.console_clients_wrong_stale.clone(),
            FormProblem::OtherSubjects => t.console_clients_wrong_subjects.clone(),
        });
        let fields = self.fields.iter().filter_map(|field| Some((field.name, field.problem.clone()?)));
        whole.map(|said| ("client-form", said)).into_iter().chain(fields).collect()
    }

    /// The names of its fields, so that an emptied one is told from one that was not there.
    fn named(&self) -> String {
        self.fields.iter().map(|field| field.name).collect::<Vec<_>>().join(" ")
    }
}

/// `GET /admin/clients/{id}/secret`
#[derive(Debug, Template)]
#[template(path = "pages/console_client_rotate.html")]
pub struct ClientRotate {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Client id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Hours that are offered for the overlap.
    pub hours: [i64; 5],
    /// The one that is chosen when nobody says otherwise.
    pub usual: i64,
}

impl ClientRotate {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, Some((self.id.as_str(), self.name.as_str())), &self.chrome.t().console_clients_rotate)
    }

    fn overlaps(&self) -> Vec<SelectOption> {
        let t = self.chrome.t();
        let said = |hours: i64| match hours {
            0 => t.console_clients_overlap_none.clone(),
            hours if hours % 24 == 0 => fill(&t.console_clients_overlap_days, &[("days", &(hours / 24).to_string())]),
            hours => fill(&t.console_clients_overlap_hours, &[("hours", &hours.to_string())]),
        };
        let option = |hours: i64| SelectOption { value: hours.to_string(), label: said(hours), chosen: hours == self.usual };
        self.hours.into_iter().map(option).collect()
    }
}

/// The answer that shows a secret, once. It is not printed for debugging.
#[derive(Template)]
#[template(path = "pages/console_client_secret.html")]
pub struct ClientSecret {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Client id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The secret; nothing for a client that has none.
    pub secret: Option<String>,
    /// It was connected just now.
    pub added: bool,
    /// What it is made with, by its word.
    pub framework: &'static str,
}

impl ClientSecret {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, Some((self.id.as_str(), self.name.as_str())), self.title())
    }

    fn title(&self) -> &'static str {
        let t = self.chrome.t();
        if self.added { &t.console_clients_added } else { &t.console_clients_secret_new }
    }
}
