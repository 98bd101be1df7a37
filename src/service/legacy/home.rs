//! Where a name that somebody types is from: the city's own directory, or an old system.
//!
//! What stands before `\` or after `@` tells: a source's id, one of its
//! domains, or the code of its former province. A plain name is looked for: in
//! one place, or in several that are one person's, it goes there; in several
//! that are not, the person is asked, once on each device. A name that nobody
//! has goes on like one of the city's own. So a stranger may learn that a name
//! is one of an upstream provider, or of several people; never more than that,
//! and nothing about passwords. It is the price of asking nearly nobody.

use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::base::text::{fold, nfc};
use crate::model::legacy_source::{LegacySource, SourceKind};
use crate::service::sign_on::is_lasting;
use crate::service::{Failure, Services};
use crate::store::legacy_accounts::credentials::{self, Held};
use crate::store::{methods, persons};

/// What a device remembers for the city's own directory; no source is called so.
pub const CITY: &str = "_city";

/// Where a name is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// The city's own directory.
    City,
    /// An old system.
    Source(Box<LegacySource>),
    /// The name does not tell.
    Ask,
}

/// The sources through which people sign in today, by name.
pub async fn places(services: &Services) -> Result<Vec<LegacySource>, Failure> {
    let now = services.clock.now();
    let today = vietnam_date(now);
    let all = services.known.legacy_sources(&services.store, now).await?;
    let mut open: Vec<LegacySource> = all.iter().filter(|source| source.is_open_on(today)).cloned().collect();
    open.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Ok(open)
}

/// The source of this id, if people sign in through it today.
pub async fn place(services: &Services, id: &str) -> Result<Option<LegacySource>, Failure> {
    Ok(places(services).await?.into_iter().find(|source| source.id == id))
}

/// Where a name is from, on a device that remembers a place or does not.
pub async fn discover(services: &Services, typed: &str, remembered: Option<&str>) -> Result<Home, Failure> {
    let mut open = places(services).await?;
    if let Some(source) = open.iter().find(|source| local(source, typed).is_some()) {
        return Ok(Home::Source(Box::new(source.clone())));
    }
    // Ways to sign in that stay have a button of their own, and no names that are typed here.
    open.retain(|source| !is_lasting(source));
    if open.is_empty() {
        return Ok(Home::City);
    }
    let folded = fold(&nfc(typed));
    let mut conn = services.store.read().await?;
    let held = credentials::list_held(&mut conn, &folded).await?;
    let city = match persons::find_id_by_username(&mut conn, &folded).await? {
        Some(person) => {
            let own = methods::find(&mut conn, &person).await?;
            (own.password_set_at.is_some() || own.passkeys > 0).then_some(person)
        }
        None => None,
    };
    Ok(decide(&open, city, held, remembered))
}

/// Where a plain name is known: at a source, or, without one, in the city's own directory; and whose it is there.
type Known<'a> = (Option<&'a LegacySource>, Option<PersonId>);

/// Which place a name is from that is known in these; `city` owns the name here and has a way of their own to sign in.
fn decide(open: &[LegacySource], city: Option<PersonId>, held: Vec<Held>, remembered: Option<&str>) -> Home {
    let home = |source: &LegacySource| Home::Source(Box::new(source.clone()));
    let mut known: Vec<Known<'_>> = city.into_iter().map(|person| (None, Some(person))).collect();
    known.extend(held.into_iter().filter_map(|held| {
        let source = open.iter().find(|source| source.id == held.source)?;
        Some((Some(source), held.person_id.map(PersonId)))
    }));
    let at = |id: &str| known.iter().any(|(source, _)| source.map_or(CITY, |source| source.id.as_str()) == id);
    if let Some(id) = remembered.filter(|id| at(id)) {
        return open.iter().find(|source| source.id == id).map_or(Home::City, home);
    }
    let Some(best) = known.iter().min_by_key(|(source, _)| rank(*source)) else {
        // Nobody of whom is known: perhaps somebody of a directory that was not read yet.
        return remembered.and_then(|id| open.iter().find(|source| source.id == id)).map_or(Home::City, home);
    };
    let one_place = known.iter().all(|(source, _)| *source == best.0);
    let one_person = best.1.is_some() && known.iter().all(|(_, person)| *person == best.1);
    if one_place || one_person { best.0.map_or(Home::City, home) } else { Home::Ask }
}

/// Of one person's several ways the one that proves most comes first.
fn rank(source: Option<&LegacySource>) -> i64 {
    match source.map(|source| source.kind) {
        None => 0,
        Some(SourceKind::Oidc) => 1,
        Some(SourceKind::Ldap) => 2,
        Some(SourceKind::Hashes) => 3,
    }
}

/// A name as its own system knows it: without what only says where it is from.
pub fn local_name(source: &LegacySource, typed: &str) -> String {
    local(source, typed).unwrap_or_else(|| nfc(typed))
}

/// The name without the place, where the place that it tells is this source.
fn local(source: &LegacySource, typed: &str) -> Option<String> {
    let typed = nfc(typed);
    let (name, place) = match typed.split_once('\\') {
        Some((place, name)) => (name, place),
        None => typed.rsplit_once('@')?,
    };
    let (name, place) = (name.trim(), place.trim().to_lowercase());
    (is_called(source, &place) && !name.is_empty()).then(|| name.to_owned())
}

/// True for one of the words that stand for a source; in small letters.
fn is_called(source: &LegacySource, word: &str) -> bool {
    source.id == word
        || source.province.as_deref() == Some(word)
        || source.settings.domains().iter().any(|domain| domain.to_lowercase() == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::legacy_source::{HashSettings, LdapSettings, Settings};
    use time::macros::date;

    fn source(id: &str, province: &str, settings: Settings) -> LegacySource {
        LegacySource {
            id: id.to_owned(),
            kind: settings.kind(),
            name: id.to_owned(),
            province: Some(province.to_owned()),
            as_of: date!(2025 - 06 - 30),
            sunset_on: None,
            settings,
            stopped_at: None,
            closed_at: None,
            version: 1,
        }
    }

    fn open() -> Vec<LegacySource> {
        let domains = vec!["Cu.Example.VN".to_owned(), "SOTTTT".to_owned()];
        let directory = Settings::Ldap(Box::new(LdapSettings { domains, ..LdapSettings::default() }));
        vec![source("bd", "74", Settings::Hashes(HashSettings::default())), source("hcm-cu", "79", directory)]
    }

    fn told(typed: &str) -> Option<String> {
        let name = |source: &LegacySource| Some(format!("{} {}", source.id, local(source, typed)?));
        open().iter().find_map(name)
    }

    #[test]
    fn a_name_tells_where_it_is_from() {
        let table = [
            (r"bd\ten", Some("bd ten")),
            (r"BD\Tên.NV", Some("bd Tên.NV")),
            (r"74\ten", Some("bd ten")),
            ("ten@bd", Some("bd ten")),
            ("ten@cu.example.vn", Some("hcm-cu ten")),
            (r"sotttt\ten", Some("hcm-cu ten")),
            (r"bd\ten@cu.example.vn", Some("bd ten@cu.example.vn")),
            ("ten", None),
            ("ten@vi-du.vn", None),
            (r"khac\ten", None),
            (r"bd\", None),
            ("@bd", None),
        ];
        for (typed, expected) in table {
            assert_eq!(told(typed).as_deref(), expected, "{typed}");
        }
    }

    /// Whose a name is here, where else it is known, what the device remembers, and where it goes.
    type Row<'a> = (Option<&'a str>, Vec<Held>, Option<&'a str>, &'a str);

    #[test]
    fn a_plain_name_is_asked_for_its_place_only_when_it_is_several_peoples() {
        let provider = Settings::Oidc(Box::default());
        let mut open = open();
        open.push(source("vt", "77", provider));
        let held = |source: &str, person: &str| Held {
            source: source.to_owned(),
            person_id: Some(person.to_owned()).filter(|person| !person.is_empty()),
        };
        let table: [Row<'_>; 14] = [
            (None, vec![], None, "city"),
            (None, vec![], Some("hcm-cu"), "hcm-cu"),
            (None, vec![], Some("da-dong"), "city"),
            (Some("kim"), vec![], Some("bd"), "city"),
            (None, vec![held("bd", "kim")], None, "bd"),
            (None, vec![held("bd", "")], None, "bd"),
            (None, vec![held("bd", ""), held("bd", "an")], None, "bd"),
            (None, vec![held("da-dong", "kim")], None, "city"),
            (Some("kim"), vec![held("bd", "kim")], None, "city"),
            (Some("kim"), vec![held("bd", "kim")], Some("bd"), "bd"),
            (None, vec![held("bd", "kim"), held("vt", "kim"), held("hcm-cu", "kim")], None, "vt"),
            (Some("kim"), vec![held("bd", "an")], None, "ask"),
            (None, vec![held("bd", ""), held("vt", "")], None, "ask"),
            (Some("kim"), vec![held("bd", "an")], Some(CITY), "city"),
        ];
        for (city, held, remembered, expected) in table {
            let said = format!("{city:?} {held:?} {remembered:?}");
            let found = match decide(&open, city.map(|person| PersonId(person.to_owned())), held, remembered) {
                Home::City => "city".to_owned(),
                Home::Ask => "ask".to_owned(),
                Home::Source(source) => source.id,
            };
            assert_eq!(found, expected, "{said}");
        }
    }
}
