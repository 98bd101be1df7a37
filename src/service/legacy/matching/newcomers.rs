//! Somebody whom matching makes: what their accounts say of them, the best of it, whatever their order.

use super::ground::Ground;
use super::scene::Account;
use super::usernames::Wanted;
use crate::base::id::PersonId;
use crate::base::text::{has_control, nfc};
use crate::model::legacy_account::FoldedName;
use crate::model::personal_number::PersonalNumber;
use crate::service::Services;
use crate::store::StoreError;
use crate::store::legacy_matching::AccountRow;
use crate::store::persons::Facts;
use std::collections::BTreeMap;
use time::Date;

/// The longest name, in letters.
const LONGEST_NAME: usize = 200;
/// The longest e-mail address and telephone number, in bytes.
const LONGEST_EMAIL: usize = 254;
const LONGEST_PHONE: usize = 32;
/// Nobody in office was born before.
const FIRST_YEAR: i32 = 1900;

/// Somebody new.
#[derive(Debug)]
pub(super) struct Newcomer {
    full_name: String,
    born: Option<Date>,
    number: Option<PersonalNumber>,
    email: Option<String>,
    phone: Option<String>,
    /// The user name to try first, and the next ones.
    pub(super) wanted: Wanted,
    /// The account that makes them.
    pub(super) maker: String,
}

impl Newcomer {
    /// The same without the number, which somebody else has.
    pub(super) fn without_number(mut self) -> Self {
        self.number = None;
        self
    }

    /// The keyed hash of the number.
    pub(super) fn number_digest(&self, services: &Services) -> Option<Vec<u8>> {
        self.number.as_ref().map(|number| services.secrets.personal_number_digest(number.expose()).to_vec())
    }

    /// What is known of them, as it is stored.
    pub(super) fn facts(&self, services: &Services, person: &PersonId) -> Facts {
        let associated = format!("person_facts.personal_number {person}");
        let seal = |number: &PersonalNumber| services.envelope.seal(number.expose().as_bytes(), associated.as_bytes());
        Facts {
            full_name: self.full_name.clone(),
            date_of_birth: self.born,
            personal_number: self.number.as_ref().map(seal),
            email: self.email.clone(),
            phone: self.phone.clone(),
            employee_code: None,
            claims: BTreeMap::new(),
        }
    }
}

/// Somebody of these accounts, the first of which makes them; nobody without an account.
pub(super) fn of(services: &Services, ground: &Ground, accounts: &[&Account]) -> Result<Option<Newcomer>, StoreError> {
    let Some(first) = accounts.first() else { return Ok(None) };
    let full_name = full_name(accounts);
    let plausible = |born: &Date| *born <= ground.places.today && born.year() >= FIRST_YEAR;
    let births = accounts.iter().filter_map(|account| Some((account.facts.number_and_birth_differ(), account.facts.born?)));
    let numbered = accounts.iter().find(|account| account.facts.number.twelve().is_some());
    Ok(Some(Newcomer {
        born: births.min_by_key(|(differs, _)| *differs).map(|(_, born)| born).filter(plausible),
        number: numbered.map(|account| opened(services, account)).transpose()?,
        email: texts(accounts, |row| &row.email).find(|email| is_email(email) && !ground.is_shared(email)),
        phone: texts(accounts, |row| &row.phone).find(|phone| is_phone(phone)),
        wanted: wanted(services, &first.row, &full_name),
        maker: first.row.key().to_string(),
        full_name,
    }))
}

/// The user names to try.
fn wanted(services: &Services, row: &AccountRow, full_name: &str) -> Wanted {
    let mark = services.secrets.record_mac(format!("user name of {}", row.key()).as_bytes());
    Wanted::of(&row.username, full_name, (row.source.as_str(), row.legacy_id.as_str()), &mark)
}

/// What the accounts say in one of their columns.
fn texts(accounts: &[&Account], column: fn(&AccountRow) -> &String) -> impl Iterator<Item = String> {
    accounts.iter().map(move |account| nfc(column(&account.row)))
}

/// A name with its accents before one that lost them, and one in letters of both sizes before capitals.
fn full_name(accounts: &[&Account]) -> String {
    let best = accounts.iter().map(|account| &account.facts.name).min_by_key(|name| {
        let is_one_size = name.shown() == name.shown().to_uppercase() || name.shown() == name.shown().to_lowercase();
        (name.marked().is_none(), is_one_size)
    });
    let shown = best.map(FoldedName::shown).unwrap_or_default();
    shown.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect()
}

/// The number of an account that has one of twelve digits.
fn opened(services: &Services, account: &Account) -> Result<PersonalNumber, StoreError> {
    let row = &account.row;
    let unreadable = || StoreError::Corrupt("legacy_accounts.number_sealed".to_owned());
    let sealed = row.number_sealed.as_deref().ok_or_else(unreadable)?;
    let opened = services.envelope.open(sealed, row.key().to_string().as_bytes()).map_err(|_| unreadable())?;
    let number = std::str::from_utf8(&opened).ok().and_then(PersonalNumber::parse).ok_or_else(unreadable)?;
    let digest = services.secrets.personal_number_digest(number.expose());
    if row.number_digest.as_deref() == Some(digest.as_slice()) { Ok(number) } else { Err(unreadable()) }
}

/// An address that mail can be sent to. What old systems have in its place is left out.
fn is_email(text: &str) -> bool {
    let atom = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    let halves = text.split_once('@');
    text.len() <= LONGEST_EMAIL
        && halves.is_some_and(|(local, domain)| domain.contains('.') && local.split('.').all(atom) && domain.split('.').all(atom))
}

fn is_phone(text: &str) -> bool {
    text.len() <= LONGEST_PHONE
        && !has_control(text)
        && text.chars().any(|letter| letter.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_digit() || "+-(). ".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_or_number_is_left_out() {
        for (text, expected) in [("an.nv@bd.vn", true), ("không có", false), ("an@bd", false), ("@bd.vn", false), ("", false)] {
            assert_eq!(is_email(text), expected, "{text}");
        }
        for (text, expected) in [("0901 234 567", true), ("+84 (28) 1", true), ("", false), ("máy lẻ 12", false), ("-", false)]
        {
            assert_eq!(is_phone(text), expected, "{text}");
        }
    }
}
