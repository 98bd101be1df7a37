//! Words around a person: what a colleague, or a list of officials, would try first.

use crate::base::date::{iso, shown};
use crate::model::person::Person;
use crate::model::registry::Registry;

/// The city, the country and this very service.
const CITY: [&str; 11] = [
    "Thành phố Hồ Chí Minh",
    "Hồ Chí Minh",
    "TP HCM",
    "HCM",
    "HCMC",
    "Sài Gòn",
    "Việt Nam",
    "UBND",
    "motlan",
    "một lần",
    "VNeID",
];

/// Claims that are names of a person.
const NAMES: [&str; 5] = ["given_name", "family_name", "middle_name", "nickname", "preferred_username"];

/// Everything that says who a person is and where they work. Whoever judges
/// folds them: accents, case and signs do not matter.
pub fn words_of(person: &Person, registry: &Registry) -> Vec<String> {
    let mut words: Vec<String> = CITY.map(str::to_owned).to_vec();
    words.extend(of_name(&person.full_name));
    words.extend(NAMES.iter().filter_map(|claim| person.claims.get(*claim).cloned()));
    words.extend(of_account(&person.username));
    let local = person.email.as_deref().and_then(|email| email.split('@').next());
    words.extend(local.into_iter().flat_map(of_account));
    words.extend(person.phone.iter().chain(&person.employee_code).cloned());
    if let Some(born) = person.date_of_birth {
        let (day_first, year_first) = (shown(born), iso(born));
        // 03/02/1980: the same with two digits of the year, and the year alone.
        let short = format!("{}{}", day_first.get(..6).unwrap_or_default(), day_first.get(8..).unwrap_or_default());
        words.extend([short, born.year().to_string(), day_first, year_first]);
    }
    for position in &person.positions {
        words.extend(tails(&position.department));
        let unit = registry.unit(&position.unit);
        words.extend(unit.into_iter().flat_map(|unit| &unit.names).flat_map(|name| tails(&name.name)));
    }
    words
}

/// `Nguyễn Thị Kim Ngân`: each word, what its last words make together, and the
/// given name with the initials of the others on either side.
fn of_name(full_name: &str) -> Vec<String> {
    let mut words: Vec<String> = full_name.split_whitespace().map(str::to_owned).collect();
    if let Some((given, before)) = full_name.split_whitespace().collect::<Vec<_>>().split_last() {
        let initials = initials(before);
        words.extend([format!("{given}{initials}"), format!("{initials}{given}")]);
    }
    words.extend(tails(full_name));
    words
}

/// `kimngan.nt`: the whole, and its parts.
fn of_account(name: &str) -> Vec<String> {
    let parts = name.split(|letter: char| !letter.is_alphanumeric());
    std::iter::once(name).chain(parts).map(str::to_owned).collect()
}

/// `Phường Thủ Dầu Một`: the whole, what its last words make together, and their initials.
fn tails(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let mut tails = vec![name.to_owned()];
    for start in 0..words.len() {
        let tail = words.get(start..).unwrap_or_default();
        if tail.len() >= 2 {
            tails.push(tail.concat());
        }
        if tail.len() >= 3 {
            tails.push(initials(tail));
        }
    }
    tails
}

fn initials(words: &[&str]) -> String {
    words.iter().filter_map(|word| word.chars().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_in_the_ways_in_which_people_shorten_them() {
        let of_person = of_name("Nguyễn Thị Kim Ngân");
        for expected in ["Kim", "Ngân", "KimNgân", "NguyễnThịKimNgân", "NgânNTK", "NTKNgân", "NTKN"] {
            assert!(of_person.iter().any(|word| word == expected), "{expected}: {of_person:?}");
        }
        let of_unit = tails("Phường Thủ Dầu Một");
        for expected in ["Phường Thủ Dầu Một", "ThủDầuMột", "DầuMột", "TDM", "PTDM"] {
            assert!(of_unit.iter().any(|word| word == expected), "{expected}: {of_unit:?}");
        }
        assert!(!of_unit.iter().any(|word| word == "Một"), "one syllable of a unit is a word of the language");
        assert_eq!(of_account("kimngan.nt"), ["kimngan.nt", "kimngan", "nt"]);
        assert!(of_name("").iter().all(String::is_empty));
    }
}
