//! What people are told about a client, perhaps in several languages (RFC 7591 §2.2).

use super::addresses;
use super::members::{MOST, Members, wrong};
use crate::base::text::nfc;
use crate::protocol::error::OAuthError;
use std::collections::BTreeMap;

const ADDRESSES: [&str; 4] = ["logo_uri", "client_uri", "policy_uri", "tos_uri"];
/// A longer name would push the question off the consent page.
const LONGEST_NAME: usize = 120;

/// What people are told.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct About {
    /// The name that people see.
    pub client_name: Option<String>,
    /// Its picture.
    pub logo_uri: Option<String>,
    /// About it.
    pub client_uri: Option<String>,
    /// What it does with personal data.
    pub policy_uri: Option<String>,
    /// Its terms.
    pub tos_uri: Option<String>,
    /// The same in other languages: `client_name#vi` and so on.
    #[serde(flatten)]
    pub tagged: BTreeMap<String, String>,
    /// Who answers for it.
    pub contacts: Vec<String>,
    /// Which software it is.
    pub software_id: Option<String>,
    /// Which version.
    pub software_version: Option<String>,
}

impl About {
    pub(super) fn read(members: &Members<'_>) -> Result<Self, OAuthError> {
        let [logo_uri, client_uri, policy_uri, tos_uri] = ADDRESSES;
        Ok(Self {
            client_name: told(members, "client_name")?,
            logo_uri: told(members, logo_uri)?,
            client_uri: told(members, client_uri)?,
            policy_uri: told(members, policy_uri)?,
            tos_uri: told(members, tos_uri)?,
            tagged: tagged(members)?,
            contacts: contacts(members)?,
            software_id: members.text("software_id")?,
            software_version: members.text("software_version")?,
        })
    }
}

/// A name or an address, with or without a language.
fn told(members: &Members<'_>, member: &str) -> Result<Option<String>, OAuthError> {
    let Some(text) = members.text(member)? else { return Ok(None) };
    match member.split('#').next().unwrap_or_default() {
        "client_name" => name(member, &text).map(Some),
        // We fetch the picture ourselves; the others are links on the consent page.
        "logo_uri" => addresses::called(member, &text).map(|()| Some(text)),
        _ => addresses::visited(member, &text).map(|()| Some(text)),
    }
}

/// A name that looks like what it says: composed, and without letters that cannot be seen or turn the line around.
fn name(member: &str, text: &str) -> Result<String, OAuthError> {
    let name = nfc(text);
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(is_hidden) {
        return Err(wrong(member, "a name is 1 to 120 characters, all of which can be seen"));
    }
    Ok(name)
}

/// True for format characters: soft hyphen, joiners, marks and overrides of direction.
fn is_hidden(letter: char) -> bool {
    let single = ['\u{ad}', '\u{61c}', '\u{180e}', '\u{feff}'];
    let ranges = ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{206f}'];
    single.contains(&letter) || ranges.iter().any(|range| range.contains(&letter))
}

fn tagged(members: &Members<'_>) -> Result<BTreeMap<String, String>, OAuthError> {
    let mut out = BTreeMap::new();
    for member in members.0.keys() {
        let Some((base, tag)) = member.split_once('#') else { continue };
        if base != "client_name" && !ADDRESSES.contains(&base) {
            continue;
        }
        if !is_language(tag) {
            return Err(wrong(base, "what follows # is a language tag (BCP 47), such as vi or en-GB"));
        }
        if let Some(text) = told(members, member)? {
            out.insert(member.clone(), text);
        }
        if out.len() > MOST {
            return Err(wrong(base, "it comes in too many languages"));
        }
    }
    Ok(out)
}

fn is_language(tag: &str) -> bool {
    let word = |word: &str| (1..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.len() <= 35 && tag.split('-').all(word)
}

fn contacts(members: &Members<'_>) -> Result<Vec<String>, OAuthError> {
    let contacts = members.list("contacts", MOST)?;
    let is_mail =
        |text: &String| text.len() <= 254 && text.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    if contacts.iter().all(is_mail) { Ok(contacts) } else { Err(wrong("contacts", "each is an e-mail address")) }
}
