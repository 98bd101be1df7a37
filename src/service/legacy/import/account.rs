//! What a row becomes: facts as they are stored, a password that is sealed or not kept, and a digest of both.
//!
//! The digest outlives the hash: a weak one is wrapped in Argon2 and then gone. So of a weak hash the digest is over its
//! scheme, cost and salt alone. Were it over the hash, whoever came to have the records and the key could try passwords
//! against it as fast as against the hash itself. Schemes that take a fresh salt for each password tell a change by that.
//! The others (bare digests, and salts that stay with an account) are compared with what is sealed; once it is wrapped
//! nobody can tell without the password, and the hash of a newer file is taken in anew.

use super::ImportError;
use super::row::{Columns, Told};
use crate::base::date;
use crate::base::digest::same;
use crate::base::text::fold;
use crate::crypto::envelope::Unopened;
use crate::crypto::password::legacy::{Declared, LegacyHash, ParseError, Scheme, Strength};
use crate::model::audit_entry::Columns as Form;
use crate::model::legacy_account::{AccountKey, FoldedName, Number, NumberToken, swapped};
use crate::model::legacy_source::{LegacySource, Settings};
use crate::model::same_person::{Alike, agree};
use crate::service::Services;
use crate::store::legacy_accounts::passwords::{self, Kept, Password};
use crate::store::legacy_accounts::{Given, Reset, Stored};
use time::Date;
use zeroize::Zeroizing;

/// A row digest is that of the facts, and behind it that of the password.
const HALF: usize = 32;
/// Nobody in these files is older.
const FIRST_YEAR: i32 = 1900;

/// What a source says of its bare hexadecimal hashes.
pub(super) fn declared(source: &LegacySource) -> Result<Option<Declared>, ImportError> {
    let word = match &source.settings {
        Settings::Hashes(settings) => settings.declared.as_deref(),
        Settings::Oidc(_) | Settings::Ldap(_) => None,
    };
    let Some(word) = word else { return Ok(None) };
    word.parse().map(Some).map_err(|_| ImportError::Setting {
        field: "declared",
        word: word.to_owned(),
        known: Declared::ALL.map(Declared::as_str).join(", "),
    })
}

/// What a cell has for a password hash.
enum Hash {
    /// Nothing.
    Missing,
    /// A hash that a sign-in can be checked against.
    Known(LegacyHash),
    /// Something that opens nothing, and why.
    Useless(&'static str),
}

fn hash(told: &Told, declared: Option<Declared>) -> Hash {
    if told.password_hash.is_empty() {
        return Hash::Missing;
    }
    match LegacyHash::parse(&told.password_hash, declared) {
        Ok(hash) => Hash::Known(hash),
        Err(ParseError::Unknown) => Hash::Useless("unknown"),
        Err(ParseError::Undeclared) => Hash::Useless("undeclared"),
        Err(ParseError::TooCostly { .. }) => Hash::Useless("too_costly"),
    }
}

/// The word under which a row's password is counted.
pub(super) fn scheme_word(told: &Told, declared: Option<Declared>) -> Option<String> {
    match hash(told, declared) {
        Hash::Missing => None,
        Hash::Known(hash) => Some(hash.scheme().name().to_owned()),
        Hash::Useless(word) => Some(word.to_owned()),
    }
}

/// A row's password as it is kept: under AEAD for its account, or not at all.
pub(super) fn password(services: &Services, source: &str, told: &Told, declared: Option<Declared>) -> Option<Password> {
    let legacy_id = told.legacy_id.clone();
    match hash(told, declared) {
        Hash::Missing => None,
        Hash::Useless(word) => Some(Password { legacy_id, state: passwords::UNKNOWN, scheme: word.to_owned(), sealed: None }),
        Hash::Known(hash) => {
            let state = match hash.scheme().strength() {
                Strength::Weak => passwords::SEALED,
                Strength::Strong => passwords::STRONG,
            };
            let sealed = services.envelope.seal(hash.encode().as_bytes(), place_of(source, &legacy_id).as_bytes());
            Some(Password { legacy_id, state, scheme: hash.scheme().name().to_owned(), sealed: Some(sealed) })
        }
    }
}

/// What a sealed hash belongs to: one that is moved to another account does not open.
fn place_of(source: &str, legacy_id: &str) -> String {
    format!("legacy_password/{source}/{legacy_id}")
}

/// What a digest is over of a password: all of a strong hash, which is as slow to try as ever; of a weak one all but what
/// passwords can be tried against; of what opens nothing, why.
fn mark(told: &Told, declared: Option<Declared>) -> Zeroizing<String> {
    match hash(told, declared) {
        Hash::Missing => Zeroizing::new(String::new()),
        Hash::Useless(word) => Zeroizing::new(word.to_owned()),
        Hash::Known(hash) => {
            let whole = hash.encode();
            match (hash.scheme().strength(), whole.rsplit_once('$')) {
                (Strength::Weak, Some((recipe, _))) => Zeroizing::new(recipe.to_owned()),
                (Strength::Weak, None) | (Strength::Strong, _) => whole,
            }
        }
    }
}

/// True when two digests tell whether a row has another password: every new one has a salt of its own, or there is none
/// that opens anything.
pub(super) fn is_told_by_digest(told: &Told, declared: Option<Declared>) -> bool {
    match hash(told, declared) {
        Hash::Missing | Hash::Useless(_) => true,
        Hash::Known(hash) => match hash.scheme() {
            Scheme::MessageDigest(_) => false,
            Scheme::Bcrypt(_)
            | Scheme::Pbkdf2(_)
            | Scheme::Scrypt(_)
            | Scheme::Argon2(_)
            | Scheme::ShaCrypt(_)
            | Scheme::Md5Crypt(_)
            | Scheme::Portable(_) => true,
        },
    }
}

/// Whether a row has the password that is kept of its account; nothing where only the password itself could tell.
pub(super) fn is_kept(
    services: &Services,
    source: &str,
    (told, declared): (&Told, Option<Declared>),
    kept: Option<&Kept>,
) -> Option<bool> {
    let Some(kept) = kept else { return Some(false) };
    if kept.retired_at.is_some() {
        // It opens nothing, whatever the file says.
        return Some(true);
    }
    let sealed = kept.sealed.as_deref().filter(|_| kept.state == passwords::SEALED)?;
    let Hash::Known(hash) = hash(told, declared) else { return Some(false) };
    match services.envelope.open(sealed, place_of(source, &told.legacy_id).as_bytes()) {
        Ok(opened) => Some(same(&opened, hash.encode().as_bytes())),
        // What cannot be opened is replaced.
        Err(_) => Some(false),
    }
}

/// The facts of a row as they are stored, under a digest.
pub(super) fn given(services: &Services, source: &str, told: &Told, row_digest: Vec<u8>) -> Given {
    let mut digits = Zeroizing::new(String::new());
    let number = Number::read(&told.personal_number, |clean| {
        digits.push_str(clean);
        NumberToken(services.secrets.personal_number_digest(clean))
    });
    let (number_kind, number_born) = match &number {
        Number::Missing => ("missing", None),
        Number::Malformed => ("malformed", None),
        Number::Nine(_) => ("nine", None),
        Number::Twelve { born, .. } => ("twelve", Some(i64::from(*born))),
    };
    // What is no number is kept as it was written, for whoever decides by it.
    let shown = if digits.is_empty() { told.personal_number.as_str() } else { digits.as_str() };
    let place = key(source, told).to_string();
    let number_sealed = (number != Number::Missing).then(|| services.envelope.seal(shown.as_bytes(), place.as_bytes()));
    Given {
        legacy_id: told.legacy_id.clone(),
        username: told.username.clone(),
        username_folded: fold(&told.username),
        full_name: told.full_name.clone(),
        name_sorted: FoldedName::read(&told.full_name).sorted().to_owned(),
        date_of_birth: born(&told.date_of_birth, date::vietnam_date(services.clock.now())),
        born_text: told.date_of_birth.clone(),
        number_kind: number_kind.to_owned(),
        number_born,
        number_digest: number.token().map(|token| token.0.to_vec()),
        number_sealed,
        email: told.email.clone(),
        phone: told.phone.clone(),
        unit_code: told.unit_code.clone(),
        unit_name: told.unit_name.clone(),
        district_name: told.district_name.clone(),
        title: told.title.clone(),
        status: told.status.clone(),
        last_login_at: told.last_login_at.clone(),
        row_digest,
    }
}

fn key(source: &str, told: &Told) -> AccountKey {
    AccountKey { source: source.to_owned(), legacy_id: told.legacy_id.clone() }
}

/// A keyed digest of a row, since what it is over could be guessed. Where the file has no passwords, that of the known one stays.
pub(super) fn digest(
    services: &Services,
    (source, declared): (&str, Option<Declared>),
    told: &Told,
    columns: Columns,
    known: Option<&[u8]>,
) -> Vec<u8> {
    // Each member by its name: a new one does not compile until it is decided on.
    let Told {
        line: _,
        legacy_id,
        username,
        full_name,
        date_of_birth,
        personal_number,
        email,
        phone,
        unit_code,
        unit_name,
        district_name,
        title,
        // See `mark`.
        password_hash: _,
        status,
        last_login_at,
    } = told;
    // The number grows with what is read off a row: the next file then takes in anew what is known already.
    let facts = Form::of("legacy account 2")
        .text(source)
        .text(legacy_id)
        .text(username)
        .text(full_name)
        .text(date_of_birth)
        .text(personal_number)
        .text(email)
        .text(phone)
        .text(unit_code)
        .text(unit_name)
        .text(district_name)
        .text(title)
        .text(status)
        .text(last_login_at);
    let mut digest = services.secrets.record_mac(facts.as_bytes()).to_vec();
    let kept = known.and_then(|known| known.get(HALF..)).filter(|_| !columns.has("password_hash"));
    if let Some(kept) = kept {
        digest.extend_from_slice(kept);
    } else {
        let password = Form::of("legacy password 2").text(source).text(legacy_id).text(&mark(told, declared));
        digest.extend_from_slice(&services.secrets.record_mac(password.as_bytes()));
    }
    digest
}

/// True when two digests are of one password.
pub(super) fn same_password(one: &[u8], other: &[u8]) -> bool {
    one.get(HALF..) == other.get(HALF..)
}

/// Fills in what the file has no column for with what is known.
pub(super) fn fill(
    services: &Services,
    source: &str,
    told: &mut Told,
    stored: &Stored,
    columns: Columns,
) -> Result<(), Unopened> {
    if !columns.has("personal_number")
        && let Some(sealed) = &stored.given.number_sealed
    {
        let opened = services.envelope.open(sealed, key(source, told).to_string().as_bytes())?;
        told.personal_number = Zeroizing::new(String::from_utf8_lossy(&opened).into_owned());
    }
    let known = &stored.given;
    let others = [
        ("date_of_birth", &mut told.date_of_birth, &known.born_text),
        ("email", &mut told.email, &known.email),
        ("phone", &mut told.phone, &known.phone),
        ("unit_code", &mut told.unit_code, &known.unit_code),
        ("unit_name", &mut told.unit_name, &known.unit_name),
        ("district_name", &mut told.district_name, &known.district_name),
        ("title", &mut told.title, &known.title),
        ("status", &mut told.status, &known.status),
        ("last_login_at", &mut told.last_login_at, &known.last_login_at),
    ];
    for (column, cell, known) in others {
        if !columns.has(column) {
            cell.clone_from(known);
        }
    }
    Ok(())
}

/// The columns of which something else is given now; a number is told by its column's name alone.
pub(super) fn changes(before: &Given, after: &Given) -> Vec<&'static str> {
    let number = |given: &Given| (given.number_kind.clone(), given.number_digest.clone());
    let compared = [
        ("username", before.username != after.username),
        ("full_name", before.full_name != after.full_name),
        ("date_of_birth", before.born_text != after.born_text),
        ("personal_number", number(before) != number(after)),
        ("email", before.email != after.email),
        ("phone", before.phone != after.phone),
        ("unit_code", before.unit_code != after.unit_code),
        ("unit_name", before.unit_name != after.unit_name),
        ("district_name", before.district_name != after.district_name),
        ("title", before.title != after.title),
        ("status", before.status != after.status),
        ("last_login_at", before.last_login_at != after.last_login_at),
        ("password_hash", !same_password(&before.row_digest, &after.row_digest)),
    ];
    compared.into_iter().filter(|(_, differs)| *differs).map(|(column, _)| column).collect()
}

/// What has to be decided anew after these changes. Addresses, telephone numbers and the state tell nobody who it is.
pub(super) fn reset(changes: &[&str]) -> Reset {
    let any = |columns: &[&str]| changes.iter().any(|changed| columns.contains(changed));
    Reset {
        decision: any(&["full_name", "date_of_birth", "personal_number"]),
        unit: any(&["unit_code", "unit_name", "district_name"]),
        another: false,
    }
}

/// True when what is given now cannot be of the person of whom it was: sources give their keys out again.
pub(super) fn is_another(before: &Given, after: &Given) -> bool {
    let number = |given: &Given| given.number_digest.clone().filter(|_| given.number_kind == "twelve");
    let births = before.date_of_birth.zip(after.date_of_birth);
    let alike = Alike {
        number: agree(number(before).as_ref(), number(after).as_ref()),
        birth: births.map(|(one, other)| one == other || swapped(one) == Some(other)),
        name: before.name_sorted == after.name_sorted,
    };
    !alike.may_be_same()
}

/// The date of birth that a cell tells, the day before the month wherever the year is last. A time behind it does not count.
fn born(text: &str, today: Date) -> Option<Date> {
    let told = date::parse(text).or_else(|| date::read_written(text.split([' ', 'T']).next()?))?;
    (told.year() >= FIRST_YEAR && told <= today).then_some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn dates_of_birth_are_read_as_old_systems_write_them() {
        let expected = Some(date!(1986 - 04 - 03));
        let table = [
            ("1986-04-03", expected),
            ("03/04/1986", expected),
            ("3/4/1986", expected),
            ("03-04-1986", expected),
            ("3.4.1986", expected),
            ("1986-04-03 00:00:00", expected),
            ("1986-04-03T00:00:00.000", expected),
            ("03/04/86", None),
            ("1986", None),
            ("31/02/1986", None),
            ("01/01/0001", None),
            ("03/04/2986", None),
            ("không rõ", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(born(text, date!(2026 - 11 - 22)), expected, "{text}");
        }
    }

    #[test]
    fn only_what_matching_looks_at_asks_for_another_decision() {
        let table: [(&[&str], Reset); 5] = [
            (&[], Reset::default()),
            (&["title", "password_hash", "last_login_at", "username", "email", "phone", "status"], Reset::default()),
            (&["full_name"], Reset { decision: true, ..Reset::default() }),
            (&["district_name"], Reset { unit: true, ..Reset::default() }),
            (&["personal_number", "unit_code"], Reset { decision: true, unit: true, another: false }),
        ];
        for (changes, expected) in table {
            assert_eq!(reset(changes), expected, "{changes:?}");
        }
    }
    fn given(name: &str, born: Option<Date>, number: Option<u8>) -> Given {
        Given {
            legacy_id: "7".to_owned(),
            username: "u7".to_owned(),
            username_folded: "u7".to_owned(),
            full_name: name.to_owned(),
            name_sorted: FoldedName::read(name).sorted().to_owned(),
            date_of_birth: born,
            born_text: String::new(),
            number_kind: if number.is_some() { "twelve" } else { "missing" }.to_owned(),
            number_born: None,
            number_digest: number.map(|byte| vec![byte; 32]),
            number_sealed: None,
            email: String::new(),
            phone: String::new(),
            unit_code: String::new(),
            unit_name: String::new(),
            district_name: String::new(),
            title: String::new(),
            status: String::new(),
            last_login_at: String::new(),
            row_digest: Vec::new(),
        }
    }

    #[test]
    fn a_correction_is_told_from_the_next_owner_of_a_key() {
        let (day, exchanged, other) = (Some(date!(1986 - 04 - 03)), Some(date!(1986 - 03 - 04)), Some(date!(1990 - 12 - 01)));
        let before = given("Nguyễn Văn An", day, Some(1));
        let table = [
            (given("NGUYEN VAN AN", day, Some(1)), false),
            (given("Nguyễn Văn Ân Em", other, Some(1)), false),
            (given("Nguyễn Văn An", exchanged, Some(2)), false),
            (given("Nguyễn Văn An", None, None), false),
            (given("Trần Thị Bé", day, None), false),
            (given("Nguyễn Văn An", other, Some(2)), true),
            (given("Nguyễn Văn An", None, Some(2)), true),
            (given("Trần Thị Bé", day, Some(2)), true),
            (given("Trần Thị Bé", other, None), true),
            (given("Trần Thị Bé", None, None), true),
        ];
        for (after, expected) in table {
            assert_eq!(is_another(&before, &after), expected, "{after:?}");
        }
    }
}
