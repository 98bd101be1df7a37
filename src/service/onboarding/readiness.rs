//! How far units have come: who administers them and has signed in, accounts, second factors, agency codes. All of them
//! in two queries; the codes are in memory.

use super::begins;
use crate::base::date::vietnam_date;
use crate::base::id::UnitId;
use crate::model::authority::ReadReadiness;
use crate::model::registry::Registry;
use crate::model::unit_code::AGENCY;
use crate::service::authority::Units;
use crate::service::{Failure, Services};
use crate::store::unit_people;
use time::Date;

pub use crate::store::unit_people::{Administrator, Count};

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Which.
    pub unit: UnitId,
    /// Its people.
    pub count: Count,
    /// Who administers it.
    pub administrators: Vec<Administrator>,
    /// Its agency code of today.
    pub agency_code: Option<String>,
}

impl Ready {
    /// Somebody administers it and has signed in.
    pub fn is_administered(&self) -> bool {
        self.administrators.iter().any(|administrator| administrator.last_at.is_some())
    }

    /// Everybody can sign in by a method of their own.
    pub fn is_enrolled(&self) -> bool {
        self.count.people > 0 && self.count.enrolled == self.count.people
    }

    /// Everybody has a second factor.
    pub fn is_strong(&self) -> bool {
        self.count.people > 0 && self.count.strong == self.count.people
    }

    /// Nothing is missing.
    pub fn is_ready(&self) -> bool {
        self.is_administered() && self.is_enrolled() && self.is_strong() && self.agency_code.is_some()
    }
}

/// Which units a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// All of them.
    #[default]
    All,
    /// Those of which something is missing.
    NotReady,
    /// Those that nobody administers, or nobody who has signed in.
    NoAdministrator,
    /// Those with people who cannot sign in by a method of their own.
    NotEnrolled,
    /// Those with people without a second factor.
    NotStrong,
    /// Those without an agency code.
    NoCode,
    /// Those of which nothing is missing.
    Ready,
}

impl Wanted {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::All, Self::NotReady, Self::NoAdministrator, Self::NotEnrolled, Self::NotStrong, Self::NoCode, Self::Ready];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::NotReady => "not-ready",
            Self::NoAdministrator => "no-administrator",
            Self::NotEnrolled => "not-enrolled",
            Self::NotStrong => "not-strong",
            Self::NoCode => "no-code",
            Self::Ready => "ready",
        }
    }

    /// Reads [`Wanted::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wanted| wanted.word() == word)
    }

    /// Whether a unit is one of them.
    pub fn holds(self, ready: &Ready) -> bool {
        match self {
            Self::All => true,
            Self::NotReady => !ready.is_ready(),
            Self::NoAdministrator => !ready.is_administered(),
            Self::NotEnrolled => !ready.is_enrolled(),
            Self::NotStrong => !ready.is_strong(),
            Self::NoCode => ready.agency_code.is_none(),
            Self::Ready => ready.is_ready(),
        }
    }
}

/// All units within these bounds that have people of their own.
pub async fn list(services: &Services, proof: &Units<ReadReadiness>) -> Result<Vec<Ready>, Failure> {
    let today = vietnam_date(services.clock.now());
    let registry = services.known.registry();
    let mut conn = services.store.read().await?;
    let mut counts = unit_people::count(&mut conn, None).await?;
    let administrators = unit_people::list_administrators(&mut conn, None, today).await?;
    drop(conn);
    let units = registry.units().filter(|unit| begins(unit, today) && proof.holds(&unit.id));
    let mut all: Vec<Ready> = units
        .map(|unit| Ready {
            unit: unit.id.clone(),
            count: counts.remove(&unit.id).unwrap_or_default(),
            administrators: Vec::new(),
            agency_code: agency_code(&registry, &unit.id, today),
        })
        .collect();
    all.sort_by(|one, other| one.unit.cmp(&other.unit));
    for administrator in administrators {
        if let Ok(place) = all.binary_search_by(|ready| ready.unit.cmp(&administrator.unit)) {
            all[place].administrators.push(administrator);
        }
    }
    Ok(all)
}

/// One unit, whatever its kind; nothing when it lies outside these bounds.
pub async fn of(services: &Services, proof: &Units<ReadReadiness>, unit: &UnitId) -> Result<Option<Ready>, Failure> {
    if !proof.holds(unit) {
        return Ok(None);
    }
    let today = vietnam_date(services.clock.now());
    let mut conn = services.store.read().await?;
    let mut counts = unit_people::count(&mut conn, Some(unit)).await?;
    let administrators = unit_people::list_administrators(&mut conn, Some(unit), today).await?;
    Ok(Some(Ready {
        unit: unit.clone(),
        count: counts.remove(unit).unwrap_or_default(),
        administrators,
        agency_code: agency_code(&services.known.registry(), unit, today),
    }))
}

fn agency_code(registry: &Registry, unit: &UnitId, today: Date) -> Option<String> {
    let unit = registry.unit(unit)?;
    registry.code_on(unit, AGENCY, today).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::id::PersonId;

    fn ready(people: i64, enrolled: i64, strong: i64, last_at: Option<i64>, code: Option<&str>) -> Ready {
        let unit = UnitId("u".to_owned());
        let administrator = Administrator {
            unit: unit.clone(),
            person: PersonId("p".to_owned()),
            username: "p".to_owned(),
            full_name: "P".to_owned(),
            strong: true,
            last_at: last_at.map(Millis),
        };
        let count = Count { people, enrolled, strong };
        Ready { unit, count, administrators: vec![administrator], agency_code: code.map(str::to_owned) }
    }

    #[test]
    fn a_unit_is_ready_when_nothing_is_missing() {
        let table: [(Ready, &[Wanted]); 6] = [
            (ready(3, 3, 3, Some(1), Some("H29.1")), &[Wanted::Ready]),
            (ready(3, 3, 3, None, Some("H29.1")), &[Wanted::NotReady, Wanted::NoAdministrator]),
            (ready(3, 2, 3, Some(1), Some("H29.1")), &[Wanted::NotReady, Wanted::NotEnrolled]),
            (ready(3, 3, 2, Some(1), Some("H29.1")), &[Wanted::NotReady, Wanted::NotStrong]),
            (ready(3, 3, 3, Some(1), None), &[Wanted::NotReady, Wanted::NoCode]),
            (ready(0, 0, 0, Some(1), Some("H29.1")), &[Wanted::NotReady, Wanted::NotEnrolled, Wanted::NotStrong]),
        ];
        for (ready, expected) in table {
            let held: Vec<Wanted> = Wanted::ALL.into_iter().filter(|wanted| wanted.holds(&ready)).collect();
            let all: Vec<Wanted> = std::iter::once(Wanted::All).chain(expected.iter().copied()).collect();
            assert_eq!(held, all, "{ready:?}");
        }
        for wanted in Wanted::ALL {
            assert_eq!(Wanted::from_word(wanted.word()), Some(wanted));
        }
    }
}
