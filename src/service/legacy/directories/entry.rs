//! What an entry of a directory says, as the source's settings read it.

use crate::base::digest::hex;
use crate::base::text::nfc;
use crate::model::legacy_source::LdapSettings;
use crate::outbound::ldap::Entry;
use crate::service::legacy::arrivals::Arrival;
use zeroize::Zeroizing;

/// Where Active Directory says, among other things, whether an account can be used.
const CONTROL: &str = "userAccountControl";
/// The bit that says that it cannot.
const DISABLED: i64 = 2;
/// The longest name of an account that is kept, in characters.
const LONGEST_ID: usize = 255;

/// The attributes to ask for.
pub(super) fn attributes(settings: &LdapSettings) -> Vec<String> {
    let mut names: Vec<String> = settings.attributes.names().into_iter().map(str::to_owned).collect();
    names.push(CONTROL.to_owned());
    names.sort_unstable();
    names.dedup();
    names
}

/// True when the directory says that the account opens nothing.
pub(super) fn is_disabled(entry: &Entry) -> bool {
    let told = entry.first(CONTROL).and_then(|value| std::str::from_utf8(value).ok());
    told.and_then(|value| value.trim().parse::<i64>().ok()).is_some_and(|flags| flags & DISABLED != 0)
}

/// What an entry tells of somebody; nothing when it does not say what its account is called.
pub(super) fn arrival(settings: &LdapSettings, entry: &Entry) -> Option<Arrival> {
    let map = &settings.attributes;
    let told = |name: &str| if name.is_empty() { String::new() } else { text(name, entry.first(name).unwrap_or_default()) };
    let legacy_id = nfc(&told(&map.legacy_id));
    let fits = !legacy_id.is_empty() && legacy_id.chars().count() <= LONGEST_ID;
    fits.then(|| Arrival {
        legacy_id,
        username: told(&map.username),
        full_name: told(&map.full_name),
        date_of_birth: day(told(&map.date_of_birth)),
        personal_number: Zeroizing::new(told(&map.personal_number)),
        email: told(&map.email),
        phone: told(&map.phone),
        unit_code: told(&map.unit_code),
        unit_name: told(&map.unit_name),
        district_name: told(&map.district_name),
        title: told(&map.title),
        status: String::new(),
    })
}

/// A value as text. The number of an entry in Active Directory is written as people write it; other bytes as digits.
fn text(name: &str, value: &[u8]) -> String {
    if name.eq_ignore_ascii_case("objectGUID")
        && let Ok(bytes) = <[u8; 16]>::try_from(value)
    {
        return guid(bytes);
    }
    match std::str::from_utf8(value) {
        Ok(text) => text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect(),
        Err(_) => hex(value),
    }
}

/// The first three groups stand with their lowest byte first.
fn guid(mut bytes: [u8; 16]) -> String {
    for group in [0..4, 4..6, 6..8] {
        bytes[group].reverse();
    }
    [0..4, 4..6, 6..8, 8..10, 10..16].map(|group| hex(&bytes[group])).join("-")
}

/// A day, where it is written as a generalised time (RFC 4517 §3.3.13) or as its digits alone.
fn day(text: String) -> String {
    let digits = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let is_time = text.len() == 8 || (text.ends_with('Z') && text.len() >= 11);
    match digits.filter(|_| is_time) {
        Some(digits) => format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::legacy_source::AttributeMap;

    fn active_directory() -> LdapSettings {
        let attributes = AttributeMap {
            legacy_id: "objectGUID".to_owned(),
            username: "sAMAccountName".to_owned(),
            date_of_birth: "ngaySinh".to_owned(),
            ..AttributeMap::default()
        };
        LdapSettings { attributes, ..LdapSettings::default() }
    }

    #[test]
    fn an_entry_of_active_directory_is_read() {
        let number: [u8; 16] = std::array::from_fn(|place| u8::try_from(place).expect("a byte"));
        let entry = Entry::of(
            "CN=Kim,DC=vn",
            &[
                ("objectGUID", &number),
                ("samaccountname", b"kim.nt"),
                ("cn", "Nguyễn\nThị Kim".as_bytes()),
                ("ngaySinh", b"19860403000000Z"),
                ("userAccountControl", b"514"),
            ],
        );

        let told = arrival(&active_directory(), &entry).expect("somebody");

        assert_eq!(told.legacy_id, "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_eq!((told.username.as_str(), told.full_name.as_str()), ("kim.nt", "Nguyễn Thị Kim"));
        assert_eq!((told.date_of_birth.as_str(), told.email.as_str()), ("1986-04-03", ""));
        assert!(is_disabled(&entry));
    }

    #[test]
    fn an_account_is_disabled_by_one_bit_only() {
        for (flags, disabled) in [("512", false), ("514", true), ("66050", true), ("", false), ("x", false), ("-1", true)] {
            let entry = Entry::of("x", &[("userAccountControl", flags.as_bytes())]);
            assert_eq!(is_disabled(&entry), disabled, "{flags}");
        }
        assert!(!is_disabled(&Entry::default()));
    }

    #[test]
    fn an_entry_that_does_not_say_what_it_is_called_is_nobody() {
        let settings = LdapSettings::default();
        for id in ["", "  ", "a".repeat(256).as_str()] {
            assert!(arrival(&settings, &Entry::of("x", &[("entryUUID", id.as_bytes())])).is_none());
        }
        let bytes = arrival(&settings, &Entry::of("x", &[("entryUUID", &[0xff, 0])])).expect("somebody");
        assert_eq!(bytes.legacy_id, "ff00");
    }

    #[test]
    fn days_are_written_as_files_have_them() {
        for (text, expected) in [
            ("19860403", "1986-04-03"),
            ("198604030000Z", "1986-04-03"),
            ("03/04/1986", "03/04/1986"),
            ("1986-04-03", "1986-04-03"),
            ("", ""),
        ] {
            assert_eq!(day(text.to_owned()), expected);
        }
    }
}
