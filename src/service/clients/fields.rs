//! What administrators may change of a client, field by field.
//!
//! A form names fields; what is not in [`Field`] cannot be changed at the
//! console at all, and whoever looks after one application reaches the fields
//! of [`Field::OWNERS`] only: its addresses, its public keys, and what it says
//! of itself. What it may ask, whom it is told about, how it is trusted and
//! what people are called by is not theirs to raise.

use crate::base::date::{iso, parse, shown};
use crate::model::client::{Client, ClientSettings, ClientType, LONGEST_ENTRY_CONTACT};
use crate::protocol::redirect_uri::{self, For};
use serde_json::{Map, Value, json};

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The name that people see.
    Name,
    /// One line for the portal.
    Description,
    /// Its start page.
    HomeUri,
    /// Where answers may go.
    RedirectUris,
    /// Where a signed-out browser may go.
    PostLogoutRedirectUris,
    /// Where logout tokens are delivered.
    BackchannelLogoutUri,
    /// Loaded in a frame at sign-out.
    FrontchannelLogoutUri,
    /// Where a sign-in can be begun from outside.
    InitiateLoginUri,
    /// What it does with personal data.
    PolicyUri,
    /// Its terms.
    TosUri,
    /// Who answers for it.
    Contacts,
    /// Where its public keys lie.
    JwksUri,
    /// Its public keys.
    Jwks,
    /// What it may ask.
    Scopes,
    /// Roles that it declares.
    Roles,
    /// Those of its roles that administrators of units may give.
    UnitGrantedRoles,
    /// Claims that also go into the ID token.
    IdTokenClaims,
    /// What its ID tokens are signed with.
    IdTokenAlg,
    /// The scheme of the flat unit code.
    UnitCodeScheme,
    /// Which units it is told about.
    UnitIdentifier,
    /// The last day of those that are no more.
    UnitIdentifierUntil,
    /// What people are called by.
    Subject,
    /// The last day on which newcomers are called as an old system called them.
    SubjectUntil,
    /// The old systems that it belongs to.
    LegacySources,
    /// The least level of a sign-in.
    MinimumLevel,
    /// Who may enter it.
    Entry,
    /// Whom somebody asks who may not.
    EntryContact,
    /// It is told when somebody leaves the position in which they entered.
    ToldOfMoves,
    /// Not the city's own: people are asked.
    ThirdParty,
    /// PKCE is demanded.
    RequirePkce,
    /// Refresh tokens that die with the sign-on.
    RefreshWithSignOn,
}

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// One short line, or nothing.
    Note,
    Address,
    /// One a line.
    Addresses,
    /// One a line.
    Lines,
    /// Parted by spaces.
    Words,
    Word,
    Flag,
    Level,
    Day,
    Json,
}

/// What is wrong with what was typed into a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It holds nothing, and has to.
    Empty,
    /// It is longer than it may be, or holds signs that cannot be shown.
    TooLong,
    /// An address that may not be registered; which one.
    Address(String),
    /// A client id has other letters.
    Id,
    /// Another client has the id.
    Taken,
    /// None of the choices.
    Choice,
    /// No day.
    Day,
    /// Not JSON, or no set of public keys.
    Keys,
    /// The registration as a whole cannot be, in one sentence for developers.
    Refused(String),
}

impl Field {
    /// All of them, as the form shows them.
    pub const ALL: [Self; 31] = [
        Self::Name,
        Self::Description,
        Self::HomeUri,
        Self::RedirectUris,
        Self::PostLogoutRedirectUris,
        Self::BackchannelLogoutUri,
        Self::FrontchannelLogoutUri,
        Self::InitiateLoginUri,
        Self::PolicyUri,
        Self::TosUri,
        Self::Contacts,
        Self::JwksUri,
        Self::Jwks,
        Self::Scopes,
        Self::Roles,
        Self::UnitGrantedRoles,
        Self::IdTokenClaims,
        Self::IdTokenAlg,
        Self::UnitCodeScheme,
        Self::UnitIdentifier,
        Self::UnitIdentifierUntil,
        Self::Subject,
        Self::SubjectUntil,
        Self::LegacySources,
        Self::MinimumLevel,
        Self::Entry,
        Self::EntryContact,
        Self::ToldOfMoves,
        Self::ThirdParty,
        Self::RequirePkce,
        Self::RefreshWithSignOn,
    ];

    /// Those that whoever looks after one application may change.
    pub const OWNERS: [Self; 13] = [
        Self::Description,
        Self::HomeUri,
        Self::RedirectUris,
        Self::PostLogoutRedirectUris,
        Self::BackchannelLogoutUri,
        Self::FrontchannelLogoutUri,
        Self::InitiateLoginUri,
        Self::PolicyUri,
        Self::TosUri,
        Self::Contacts,
        Self::JwksUri,
        Self::Jwks,
        Self::EntryContact,
    ];

    /// The setting that it is.
    fn setting(self) -> &'static str {
        if self == Self::Subject { "subject_type" } else { self.word() }
    }

    /// Its name in forms and records: that of the setting.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Description => "description",
            Self::HomeUri => "home_uri",
            Self::RedirectUris => "redirect_uris",
            Self::PostLogoutRedirectUris => "post_logout_redirect_uris",
            Self::BackchannelLogoutUri => "backchannel_logout_uri",
            Self::FrontchannelLogoutUri => "frontchannel_logout_uri",
            Self::InitiateLoginUri => "initiate_login_uri",
            Self::PolicyUri => "policy_uri",
            Self::TosUri => "tos_uri",
            Self::Contacts => "contacts",
            Self::JwksUri => "jwks_uri",
            Self::Jwks => "jwks",
            Self::Scopes => "scopes",
            Self::Roles => "roles",
            Self::UnitGrantedRoles => "unit_granted_roles",
            Self::IdTokenClaims => "id_token_claims",
            Self::IdTokenAlg => "id_token_alg",
            Self::UnitCodeScheme => "unit_code_scheme",
            Self::UnitIdentifier => "unit_identifier",
            Self::UnitIdentifierUntil => "unit_identifier_until",
            Self::Subject => "subject",
            Self::SubjectUntil => "subject_until",
            Self::LegacySources => "legacy_sources",
            Self::MinimumLevel => "minimum_level",
            Self::Entry => "entry",
            Self::EntryContact => "entry_contact",
            Self::ToldOfMoves => "told_of_moves",
            Self::ThirdParty => "third_party",
            Self::RequirePkce => "require_pkce",
            Self::RefreshWithSignOn => "refresh_with_sign_on",
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Name | Self::Description => Kind::Text,
            Self::EntryContact => Kind::Note,
            Self::HomeUri
            | Self::BackchannelLogoutUri
            | Self::FrontchannelLogoutUri
            | Self::InitiateLoginUri
            | Self::PolicyUri
            | Self::TosUri
            | Self::JwksUri => Kind::Address,
            Self::RedirectUris | Self::PostLogoutRedirectUris => Kind::Addresses,
            Self::Contacts | Self::Roles | Self::UnitGrantedRoles => Kind::Lines,
            Self::Scopes | Self::IdTokenClaims | Self::LegacySources => Kind::Words,
            Self::IdTokenAlg | Self::UnitCodeScheme | Self::UnitIdentifier | Self::Subject | Self::Entry => Kind::Word,
            Self::UnitIdentifierUntil | Self::SubjectUntil => Kind::Day,
            Self::ThirdParty | Self::RequirePkce | Self::RefreshWithSignOn | Self::ToldOfMoves => Kind::Flag,
            Self::MinimumLevel => Kind::Level,
            Self::Jwks => Kind::Json,
        }
    }

    /// True for a field of several lines.
    pub fn is_long(self) -> bool {
        match self.kind() {
            Kind::Addresses | Kind::Lines | Kind::Json => true,
            Kind::Text | Kind::Note | Kind::Address | Kind::Words | Kind::Word | Kind::Flag | Kind::Level | Kind::Day => false,
        }
    }

    /// True for a field that is ticked or not.
    pub fn is_flag(self) -> bool {
        self.kind() == Kind::Flag
    }

    /// What stands in the field, as a record tells it.
    pub fn value(self, client: &Client) -> Value {
        if self == Self::Name {
            return json!(client.name);
        }
        if self == Self::Entry {
            // It is not written where it keeps nobody out.
            return json!(client.settings.entry.as_str());
        }
        members(&client.settings).remove(self.setting()).unwrap_or(Value::Null)
    }

    /// What stands in the field, as a form shows it.
    pub fn text(self, client: &Client) -> String {
        let value = self.value(client);
        let list = |parted: &str| {
            let words = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            words.collect::<Vec<_>>().join(parted)
        };
        match self.kind() {
            Kind::Text | Kind::Note | Kind::Address | Kind::Word => value.as_str().unwrap_or_default().to_owned(),
            Kind::Addresses | Kind::Lines => list("\n"),
            Kind::Words => list(" "),
            Kind::Flag => value.as_bool().filter(|on| *on).map(|_| "1".to_owned()).unwrap_or_default(),
            Kind::Level => value.as_i64().map(|level| level.to_string()).unwrap_or_default(),
            Kind::Day => value.as_str().and_then(parse).map(shown).unwrap_or_default(),
            Kind::Json if value.is_null() => String::new(),
            Kind::Json => serde_json::to_string_pretty(&value).unwrap_or_default(),
        }
    }

    /// Lays what was typed over a client.
    pub fn lay(self, client: &mut Client, typed: &str) -> Result<(), Wrong> {
        let typed = typed.trim();
        let kind = if client.settings.application_type == ClientType::Native { For::Native } else { For::Web };
        let value = match self.kind() {
            Kind::Note if typed.chars().count() > LONGEST_ENTRY_CONTACT => return Err(Wrong::TooLong),
            Kind::Note | Kind::Address | Kind::Level | Kind::Day | Kind::Json if typed.is_empty() => Value::Null,
            Kind::Text | Kind::Note => json!(plain(typed)?),
            Kind::Address => json!(address(typed, For::Web)?),
            Kind::Addresses => {
                let all = lines(typed).map(|line| address(line, kind)).collect::<Result<Vec<_>, _>>()?;
                json!(all)
            }
            Kind::Lines => json!(lines(typed).map(plain).collect::<Result<Vec<_>, _>>()?),
            Kind::Words => json!(typed.split([' ', ',', '\n', '\r', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>()),
            Kind::Word => json!(typed),
            Kind::Flag => json!(!typed.is_empty()),
            Kind::Level => json!(typed.parse::<i64>().ok().filter(|level| (1..=4).contains(level)).ok_or(Wrong::Choice)?),
            Kind::Day => json!(iso(parse(typed).ok_or(Wrong::Day)?)),
            Kind::Json => serde_json::from_str(typed).map_err(|_| Wrong::Keys)?,
        };
        if self == Self::Name {
            client.name = value.as_str().filter(|name| !name.is_empty()).ok_or(Wrong::Empty)?.to_owned();
            return Ok(());
        }
        let mut settings = members(&client.settings);
        settings.insert(self.setting().to_owned(), value);
        client.settings = serde_json::from_value(Value::Object(settings)).map_err(|_| Wrong::Choice)?;
        Ok(())
    }
}

fn members(settings: &ClientSettings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(_) => Map::new(),
    }
}

/// Lines that hold something.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn plain(text: &str) -> Result<&str, Wrong> {
    let long = text.chars().count() > 400;
    if long || crate::base::text::has_control(text) { Err(Wrong::TooLong) } else { Ok(text) }
}

/// An address that may be registered.
pub(super) fn address(text: &str, kind: For) -> Result<&str, Wrong> {
    match redirect_uri::refuse(text, kind) {
        None => Ok(text),
        Some(_) => Err(Wrong::Address(text.chars().take(200).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::Entry;

    fn client() -> Client {
        let settings = ClientSettings { redirect_uris: vec!["https://a.example/cb".to_owned()], ..ClientSettings::default() };
        Client { id: "a".to_owned(), name: "A".to_owned(), settings, secrets: vec![], disabled_at: None }
    }

    #[test]
    fn whatever_a_form_shows_can_be_sent_back_and_changes_nothing() {
        let mut full = client();
        full.settings.minimum_level = Some(2);
        full.settings.entry = Entry::WithRole;
        full.settings.entry_contact = Some("Tổ hỗ trợ".to_owned());
        full.settings.told_of_moves = true;
        full.settings.jwks = Some(json!({"keys": []}));
        full.settings.contacts = vec!["a@b.vn".to_owned(), "c@d.vn".to_owned()];
        full.settings.subject_type = "legacy:bd,vt".parse().expect("a subject");
        full.settings.subject_until = Some(time::macros::date!(2026 - 12 - 31));
        full.settings.legacy_sources = vec!["bd".to_owned(), "vt".to_owned()];
        for before in [client(), full] {
            for field in Field::ALL {
                let mut after = before.clone();
                assert_eq!(field.lay(&mut after, &field.text(&before)), Ok(()), "{field:?}");
                assert_eq!(after, before, "{field:?}");
            }
        }
    }

    #[test]
    fn each_field_changes_itself_and_nothing_else() {
        let table = [
            (Field::Name, "Khác", json!("Khác")),
            (
                Field::RedirectUris,
                "https://a.example/1\r\n\r\nhttps://a.example/2 ",
                json!(["https://a.example/1", "https://a.example/2"]),
            ),
            (Field::HomeUri, "https://a.example/", json!("https://a.example/")),
            (Field::Scopes, "openid, email", json!(["openid", "email"])),
            (Field::ThirdParty, "1", json!(true)),
            (Field::RequirePkce, "", json!(false)),
            (Field::MinimumLevel, "3", json!(3)),
            (Field::Entry, "with_role", json!("with_role")),
            (Field::EntryContact, " Tổ hỗ trợ ", json!("Tổ hỗ trợ")),
            (Field::ToldOfMoves, "1", json!(true)),
            (Field::IdTokenAlg, "RS256", json!("RS256")),
            (Field::Subject, "legacy:bd", json!("legacy:bd")),
            (Field::SubjectUntil, "31/12/2026", json!("2026-12-31")),
            (Field::UnitIdentifierUntil, "2026-12-31", json!("2026-12-31")),
            (Field::LegacySources, "bd vt", json!(["bd", "vt"])),
        ];
        for (field, typed, expected) in table {
            let mut after = client();
            assert_eq!(field.lay(&mut after, typed), Ok(()), "{field:?}");
            assert_eq!(field.value(&after), expected, "{field:?}");
            for other in Field::ALL.into_iter().filter(|other| *other != field) {
                assert_eq!(other.value(&after), other.value(&client()), "{field:?} left {other:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_refused_and_leaves_the_client_as_it_was() {
        let long = "a".repeat(LONGEST_ENTRY_CONTACT + 1);
        let table = [
            (Field::Name, "  ", Wrong::Empty),
            (Field::Description, "a\u{7}", Wrong::TooLong),
            (Field::RedirectUris, "https://a.example/\nhttp://b.example/", Wrong::Address("http://b.example/".to_owned())),
            (Field::HomeUri, "javascript:alert(1)", Wrong::Address("javascript:alert(1)".to_owned())),
            (Field::MinimumLevel, "5", Wrong::Choice),
            (Field::Entry, "", Wrong::Choice),
            (Field::Entry, "nobody", Wrong::Choice),
            (Field::EntryContact, "Tổ\u{7}", Wrong::TooLong),
            (Field::EntryContact, long.as_str(), Wrong::TooLong),
            (Field::IdTokenAlg, "none", Wrong::Choice),
            (Field::UnitIdentifier, "all", Wrong::Choice),
            (Field::Subject, "legacy", Wrong::Choice),
            (Field::SubjectUntil, "soon", Wrong::Day),
            (Field::Jwks, "{", Wrong::Keys),
        ];
        for (field, typed, expected) in table {
            let mut after = client();
            assert_eq!(field.lay(&mut after, typed), Err(expected), "{field:?}");
            assert_eq!(after, client(), "{field:?}");
        }
    }

    #[test]
    fn an_owner_raises_no_right_and_no_trust() {
        let kept = [
            Field::Name,
            Field::Scopes,
            Field::Roles,
            Field::UnitGrantedRoles,
            Field::IdTokenClaims,
            Field::UnitIdentifier,
            Field::UnitIdentifierUntil,
            Field::Subject,
            Field::SubjectUntil,
            Field::LegacySources,
            Field::UnitCodeScheme,
            Field::MinimumLevel,
            Field::Entry,
            Field::ToldOfMoves,
            Field::ThirdParty,
            Field::RequirePkce,
            Field::RefreshWithSignOn,
            Field::IdTokenAlg,
        ];
        assert_eq!(kept.len() + Field::OWNERS.len(), Field::ALL.len());
        assert!(kept.iter().all(|field| !Field::OWNERS.contains(field)));
        let names: std::collections::BTreeSet<&str> = Field::ALL.iter().map(|field| field.word()).collect();
        assert_eq!(names.len(), Field::ALL.len());
    }
}
