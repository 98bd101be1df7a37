//! Settings of a directory: LDAP, or Active Directory.
//!
//! There is no setting for an unencrypted connection: `ldaps://` begins with
//! TLS, and `ldap://` changes to it (StartTLS) before anything is said.

use crate::base::text::has_control;
use serde::{Deserialize, Serialize};
use url::Url;

/// The longest text in these settings, and the longest chain of certificates.
const LONGEST_TEXT: usize = 1_000;
const LONGEST_CA: usize = 64 * 1024;
const MOST_SERVERS: usize = 10;
/// Where the name of whoever signs in is written, escaped.
const PLACE: &str = "{username}";
/// A verifier that was learnt at a sign-in is used no longer than this.
const MOST_OFFLINE_DAYS: i64 = 7;
/// So many wrong passwords before a directory locks an account we stop: somebody else may try there too.
const SPARED: i64 = 2;
/// All servers of a directory, one after another, are silent for no longer.
const MOST_SILENT_SECONDS: i64 = 20;
/// Where people sign in by what was learnt of them, it is read so often at least: it is known whom it has disabled.
const READ_MINUTES: i64 = 720;
/// The longest name that anybody types, in bytes.
const LONGEST_NAME: usize = 256;

/// As whom somebody binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BindBy {
    /// As `name@upn_suffix` (Active Directory).
    Upn,
    /// As `dn_template` says.
    Template,
    /// As the entry that `filter` finds.
    #[default]
    Search,
}

/// Who signs in by what was learnt of them while the directory is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfflineFor {
    /// Whoever asked for it.
    #[default]
    Asked,
    /// Everybody.
    Everybody,
}

/// Which attribute tells which fact. An empty name: none does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttributeMap {
    /// What the directory calls the account; it never changes there.
    pub legacy_id: String,
    /// What the person types as their name.
    pub username: String,
    /// The full name.
    pub full_name: String,
    /// The date of birth.
    pub date_of_birth: String,
    /// The personal number.
    pub personal_number: String,
    /// An e-mail address.
    pub email: String,
    /// A telephone number.
    pub phone: String,
    /// The code of the unit.
    pub unit_code: String,
    /// The name of the unit.
    pub unit_name: String,
    /// The name of the unit's district.
    pub district_name: String,
    /// The post.
    pub title: String,
}

impl Default for AttributeMap {
    /// The attributes of inetOrgPerson (RFC 2798), and the entry's own number (RFC 4530).
    fn default() -> Self {
        Self {
            legacy_id: "entryUUID".to_owned(),
            username: "uid".to_owned(),
            full_name: "cn".to_owned(),
            date_of_birth: String::new(),
            personal_number: String::new(),
            email: "mail".to_owned(),
            phone: "telephoneNumber".to_owned(),
            unit_code: "departmentNumber".to_owned(),
            unit_name: "ou".to_owned(),
            district_name: String::new(),
            title: "title".to_owned(),
        }
    }
}

/// The numbers of entries themselves (RFC 4530; Active Directory). No other name of an account stays one person's for good.
const LASTING_IDS: [&str; 2] = ["entryUUID", "objectGUID"];

impl AttributeMap {
    /// True where the directory never calls another account by the name of one that is gone.
    pub fn has_lasting_ids(&self) -> bool {
        LASTING_IDS.iter().any(|name| self.legacy_id.eq_ignore_ascii_case(name))
    }

    /// The attributes to ask for.
    pub fn names(&self) -> Vec<&str> {
        let all = [
            &self.legacy_id,
            &self.username,
            &self.full_name,
            &self.date_of_birth,
            &self.personal_number,
            &self.email,
            &self.phone,
            &self.unit_code,
            &self.unit_name,
            &self.district_name,
            &self.title,
        ];
        all.into_iter().map(String::as_str).filter(|name| !name.is_empty()).collect()
    }
}

/// The scheduled reading of a directory; it never writes there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyncSettings {
    /// How often; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_minutes: Option<i64>,
    /// Which entries are people.
    pub filter: String,
    /// So many entries a page.
    pub page_size: i64,
    /// A reading after which more of the known accounts, of a hundred, would be gone stops and asks.
    pub most_gone_percent: i64,
}

impl Default for SyncSettings {
    fn default() -> Self {
        Self { every_minutes: None, filter: "(objectClass=person)".to_owned(), page_size: 500, most_gone_percent: 5 }
    }
}

/// What is known of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LdapSettings {
    /// `ldaps://HOST[:PORT]`, or `ldap://HOST[:PORT]` for StartTLS; the first that answers is asked.
    pub servers: Vec<String>,
    /// The certificates that its servers are trusted by (PEM); absent: those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// Where its people are.
    pub base: String,
    /// As whom somebody binds.
    pub bind: BindBy,
    /// What follows the name and `@`.
    pub upn_suffix: String,
    /// The name of an entry, with `{username}` in it.
    pub dn_template: String,
    /// Which entry is meant, with `{username}` in it.
    pub filter: String,
    /// Which entries are disabled, beside those of Active Directory that say so: they are as if they were not there. Empty: none.
    pub disabled_filter: String,
    /// The entry that searches and reads; its password is the source's secret.
    pub reader_dn: String,
    /// Which attribute tells what.
    pub attributes: AttributeMap,
    /// A server that is silent for so long is away.
    pub timeout_seconds: i64,
    /// After so many wrong passwords the directory locks an account; [`LdapSettings::most_failures`] are passed on.
    pub lockout_after: i64,
    /// After how long without a wrong one it counts anew.
    pub failure_minutes: i64,
    /// While it is away, people sign in by what was learnt of them so many days ago at most; 0: nobody.
    pub offline_days: i64,
    /// Which people.
    pub offline_for: OfflineFor,
    /// The scheduled reading.
    pub sync: SyncSettings,
    /// What stands before `\` or after `@` in the names of its people, beside the source's id.
    pub domains: Vec<String>,
}

impl Default for LdapSettings {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            ca: None,
            base: String::new(),
            bind: BindBy::default(),
            upn_suffix: String::new(),
            dn_template: String::new(),
            filter: "(&(objectClass=person)(uid={username}))".to_owned(),
            disabled_filter: String::new(),
            reader_dn: String::new(),
            attributes: AttributeMap::default(),
            timeout_seconds: 5,
            lockout_after: 5,
            failure_minutes: 30,
            offline_days: 0,
            offline_for: OfflineFor::default(),
            sync: SyncSettings::default(),
            domains: Vec::new(),
        }
    }
}

impl LdapSettings {
    /// True when we hold a password of it: whoever searches or reads binds first.
    pub fn needs_secret(&self) -> bool {
        self.bind == BindBy::Search || self.sync.every_minutes.is_some() || !self.reader_dn.is_empty()
    }

    /// So many wrong passwords of one account are passed on in a row.
    pub fn most_failures(&self) -> i64 {
        (self.lockout_after - SPARED).max(1)
    }

    /// True for a text that can be somebody's name there. Nothing else is passed on.
    pub fn is_name(&self, username: &str) -> bool {
        let fits = (1..=LONGEST_NAME).contains(&username.len()) && !has_control(username);
        let is_whole = match self.bind {
            // What stands around the name is ours to say.
            BindBy::Upn => !username.contains(['@', '\\', ',', '=']),
            BindBy::Template | BindBy::Search => true,
        };
        fits && is_whole
    }

    /// As whom somebody binds; nothing where their entry is searched for first.
    pub fn bind_name(&self, username: &str) -> Option<String> {
        match self.bind {
            BindBy::Upn => Some(format!("{username}@{}", self.upn_suffix)),
            BindBy::Template => Some(self.dn_template.replace(PLACE, &escaped_in_name(username))),
            BindBy::Search => None,
        }
    }

    /// Which entry is somebody's: among those under the base, or the one as which they bind.
    pub fn own_filter(&self, username: &str) -> String {
        self.but_disabled(match self.bind {
            BindBy::Upn => {
                let name = escaped_in_filter(&format!("{username}@{}", self.upn_suffix));
                format!("(userPrincipalName={name})")
            }
            BindBy::Template => "(objectClass=*)".to_owned(),
            BindBy::Search => self.filter.replace(PLACE, &escaped_in_filter(username)),
        })
    }

    /// Which entries are people who may sign in.
    pub fn people_filter(&self) -> String {
        self.but_disabled(self.sync.filter.clone())
    }

    fn but_disabled(&self, filter: String) -> String {
        if self.disabled_filter.is_empty() { filter } else { format!("(&{filter}(!{}))", self.disabled_filter) }
    }

    pub(super) fn refuse(&self) -> Option<String> {
        self.refuse_servers().or_else(|| self.refuse_bind()).or_else(|| self.refuse_numbers())
    }

    fn refuse_servers(&self) -> Option<String> {
        if self.servers.is_empty() || self.servers.len() > MOST_SERVERS {
            return Some(format!("servers names 1 to {MOST_SERVERS} servers, such as ldaps://thu-muc.example.vn"));
        }
        if let Some(server) = self.servers.iter().find(|server| !is_server(server)) {
            return Some(format!("servers: {server:?} is no server such as ldaps://thu-muc.example.vn:636"));
        }
        let is_chain = |pem: &String| pem.len() <= LONGEST_CA && pem.contains("-----BEGIN CERTIFICATE-----");
        if self.ca.as_ref().is_some_and(|pem| !is_chain(pem)) {
            return Some("ca holds certificates, as PEM".to_owned());
        }
        (self.base.is_empty() || is_bad(&self.base))
            .then(|| "base is the entry under which its people are, such as dc=example,dc=vn".to_owned())
    }

    fn refuse_bind(&self) -> Option<String> {
        let texts =
            [&self.upn_suffix, &self.dn_template, &self.filter, &self.disabled_filter, &self.reader_dn, &self.sync.filter];
        if texts.into_iter().any(|text| is_bad(text)) || self.attributes.names().into_iter().any(is_bad) {
            return Some(format!("a name or filter has at most {LONGEST_TEXT} bytes, all of them visible"));
        }
        match self.bind {
            BindBy::Upn if self.upn_suffix.is_empty() || self.upn_suffix.contains('@') => {
                return Some("bind = upn: upn_suffix is what follows the @, such as cu.example.vn".to_owned());
            }
            BindBy::Template if self.dn_template.matches(PLACE).count() != 1 => {
                return Some(format!("bind = template: dn_template holds {PLACE} once, such as uid={PLACE},ou=people,dc=vn"));
            }
            BindBy::Search if !is_filter(&self.filter) || !self.filter.contains(PLACE) => {
                return Some(format!("bind = search: filter holds {PLACE}, such as (&(objectClass=person)(uid={PLACE}))"));
            }
            BindBy::Upn | BindBy::Template | BindBy::Search => {}
        }
        if self.needs_secret() && self.reader_dn.is_empty() {
            return Some("reader_dn is the entry that searches and reads: bind = search and sync need it".to_owned());
        }
        if self.attributes.legacy_id.is_empty() || self.attributes.username.is_empty() {
            return Some("attributes.legacy_id and attributes.username are named: they tell accounts apart".to_owned());
        }
        if !self.disabled_filter.is_empty() && !is_filter(&self.disabled_filter) {
            return Some("disabled_filter is a filter such as (nsAccountLock=true)".to_owned());
        }
        (!is_filter(&self.sync.filter)).then(|| "sync.filter is a filter such as (objectClass=person)".to_owned())
    }

    fn refuse_numbers(&self) -> Option<String> {
        let table = [
            ("timeout_seconds", self.timeout_seconds, 1, 10),
            ("lockout_after", self.lockout_after, 2, 100),
            ("failure_minutes", self.failure_minutes, 1, 1_440),
            ("offline_days", self.offline_days, 0, MOST_OFFLINE_DAYS),
            ("sync.every_minutes", self.sync.every_minutes.unwrap_or(60), 5, 10_080),
            ("sync.page_size", self.sync.page_size, 10, 1_000),
            ("sync.most_gone_percent", self.sync.most_gone_percent, 0, 100),
        ];
        let out = table.into_iter().find(|(_, number, least, most)| !(least..=most).contains(&number));
        if let Some((field, _, least, most)) = out {
            return Some(format!("{field} is {least} to {most}"));
        }
        let servers = i64::try_from(self.servers.len()).unwrap_or(i64::MAX);
        if servers.saturating_mul(self.timeout_seconds) > MOST_SILENT_SECONDS {
            return Some(format!(
                "timeout_seconds for each of the servers is {MOST_SILENT_SECONDS} seconds at most: people wait"
            ));
        }
        let is_read = self.sync.every_minutes.is_some_and(|minutes| minutes <= READ_MINUTES);
        (self.offline_days > 0 && !is_read).then(|| {
            format!("offline_days needs sync.every_minutes of at most {READ_MINUTES}: it has to be known who is disabled")
        })
    }
}

/// A value as it stands in a filter (RFC 4515 §3).
fn escaped_in_filter(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match letter {
            '*' => out.push_str("\\2a"),
            '(' => out.push_str("\\28"),
            ')' => out.push_str("\\29"),
            '\\' => out.push_str("\\5c"),
            '\0' => out.push_str("\\00"),
            letter => out.push(letter),
        }
    }
    out
}

/// A value as it stands in the name of an entry (RFC 4514 §2.4).
fn escaped_in_name(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (place, letter) in value.chars().enumerate() {
        match letter {
            '\0' => out.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '=' | '>' | '\\' => {
                out.push('\\');
                out.push(letter);
            }
            ' ' if place == 0 || place == last => out.push_str("\\ "),
            '#' if place == 0 => out.push_str("\\#"),
            letter => out.push(letter),
        }
    }
    out
}

fn is_bad(text: &str) -> bool {
    text.len() > LONGEST_TEXT || has_control(text)
}

fn is_filter(text: &str) -> bool {
    text.starts_with('(') && text.ends_with(')') && text.matches('(').count() == text.matches(')').count()
}

fn is_server(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().is_some_and(|host| !host.is_empty());
        matches!(url.scheme(), "ldaps" | "ldap") && host && bare && matches!(url.path(), "" | "/")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(bind: BindBy) -> LdapSettings {
        LdapSettings {
            bind,
            upn_suffix: "cu.example.vn".to_owned(),
            dn_template: format!("uid={PLACE},ou=people,dc=vn"),
            ..LdapSettings::default()
        }
    }

    #[test]
    fn rfc_4515_3_a_name_stays_a_value_in_a_filter() {
        for (name, expected) in [
            ("kim", "kim"),
            ("*", "\\2a"),
            ("a)(uid=*", "a\\29\\28uid=\\2a"),
            ("a\\2ab", "a\\5c2ab"),
            ("a\0b", "a\\00b"),
            ("Đào Kim", "Đào Kim"),
        ] {
            let filter = settings(BindBy::Search).own_filter(name);
            assert_eq!(filter, format!("(&(objectClass=person)(uid={expected}))"));
        }
        assert_eq!(settings(BindBy::Upn).own_filter("k*"), "(userPrincipalName=k\\2a@cu.example.vn)");
    }

    #[test]
    fn rfc_4514_2_4_a_name_stays_a_value_in_the_name_of_an_entry() {
        for (name, expected) in [
            ("kim", "kim"),
            ("kim,ou=admins", "kim\\,ou\\=admins"),
            ("a+b", "a\\+b"),
            (" a b ", "\\ a b\\ "),
            (" ", "\\ "),
            ("#a#", "\\#a#"),
            ("a\"<>;\\", "a\\\"\\<\\>\\;\\\\"),
            ("a\0", "a\\00"),
        ] {
            let bound = settings(BindBy::Template).bind_name(name).expect("a name");
            assert_eq!(bound, format!("uid={expected},ou=people,dc=vn"));
        }
    }

    #[test]
    fn what_stands_around_a_name_is_not_for_whoever_types_it() {
        let upn = settings(BindBy::Upn);
        assert_eq!(upn.bind_name("kim").as_deref(), Some("kim@cu.example.vn"));
        for name in ["kim@khac.vn", "KHAC\\kim", "cn=kim", "a,b", "", "a\nb", "k".repeat(257).as_str()] {
            assert!(!upn.is_name(name), "{name}");
        }
        assert!(upn.is_name("kim.nt") && settings(BindBy::Search).is_name("kim@cu.example.vn"));
        assert_eq!(settings(BindBy::Search).bind_name("kim"), None);
    }

    #[test]
    fn who_is_disabled_is_not_there() {
        let settings = LdapSettings { disabled_filter: "(nsAccountLock=true)".to_owned(), ..settings(BindBy::Search) };
        assert_eq!(settings.own_filter("k"), "(&(&(objectClass=person)(uid=k))(!(nsAccountLock=true)))");
        assert_eq!(settings.people_filter(), "(&(objectClass=person)(!(nsAccountLock=true)))");
        assert_eq!(LdapSettings::default().people_filter(), "(objectClass=person)");
    }

    #[test]
    fn fewer_wrong_passwords_are_passed_on_than_lock_an_account() {
        for (lockout_after, most) in [(2, 1), (3, 1), (5, 3), (10, 8)] {
            let settings = LdapSettings { lockout_after, ..LdapSettings::default() };
            assert_eq!(settings.most_failures(), most);
        }
    }
}
