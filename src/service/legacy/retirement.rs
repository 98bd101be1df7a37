//! What stands in the way of switching an old system off: its people who are
//! still to come, those who know no other way in, accounts that nobody has
//! decided about, and clients that still count on what it called people.
//! Accounts that were locked there do not: nobody will ever come with them.

use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::authority::ReadSources;
use crate::model::legacy_source::LegacySource;
use crate::service::authority::City;
use crate::service::{Failure, Services};
use crate::store::{clients, legacy_sources, legacy_uses};
use std::collections::HashMap;
use time::{Date, Duration};

pub use crate::store::legacy_sources::Progress;
pub use crate::store::legacy_uses::Kind;

/// A client counts on something while it was told it within so many days.
pub const COUNTED_DAYS: i64 = 30;
/// No more people are named of each kind.
pub const MOST_NAMED: i64 = 50;

/// A client that counts on what an old system called people, or on units of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientUse {
    /// The client.
    pub client: String,
    /// Its name; its id where it is not there any more.
    pub name: String,
    /// What it was told.
    pub kind: Kind,
    /// About how many people.
    pub people: i64,
    /// Some of them, who was told of last before the others.
    pub whom: Vec<PersonId>,
    /// When it was told last.
    pub last_on: Date,
}

/// A client whose settings name an old system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// The client.
    pub client: String,
    /// Its name.
    pub name: String,
    /// Whoever signs in through the system may enter it.
    pub belongs: bool,
    /// It keeps what the system called people.
    pub keeps_subjects: bool,
}

/// How far an old system is from being switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    /// Its people, counted.
    pub progress: Progress,
    /// Some who have not signed in here yet.
    pub to_come: Vec<PersonId>,
    /// Some who sign in by their old account and have no other way yet.
    pub leaning: Vec<PersonId>,
    /// Clients that count on it still.
    pub uses: Vec<ClientUse>,
    /// Clients whose settings name it: while there are any it is stopped, and not removed.
    pub named_by: Vec<Naming>,
}

impl Retirement {
    /// Nobody and nothing is left behind when it is switched off.
    pub fn is_safe(&self) -> bool {
        let Progress { waiting, locked: _, linked: _, signed_in: _, to_come, leaning } = self.progress;
        waiting == 0 && to_come == 0 && leaning == 0 && self.uses.is_empty()
    }
}

/// How far a source is from being switched off.
pub async fn of(services: &Services, _proof: &City<ReadSources>, source: &LegacySource) -> Result<Retirement, Failure> {
    let today = vietnam_date(services.clock.now());
    let since = today.checked_sub(Duration::days(COUNTED_DAYS)).unwrap_or(today);
    let mut conn = services.store.read().await?;
    let progress = legacy_sources::progress(&mut conn, &source.id).await?;
    let to_come = legacy_sources::list_to_come(&mut conn, &source.id, MOST_NAMED).await?;
    let leaning = legacy_sources::list_leaning(&mut conn, &source.id, MOST_NAMED).await?;
    let all = clients::list(&mut conn).await?;
    let names: HashMap<&str, &str> = all.iter().map(|client| (client.id.as_str(), client.name.as_str())).collect();
    let mut uses = Vec::new();
    for found in legacy_uses::list_leaning(&mut conn, &source.id, source.province.as_deref(), since).await? {
        // Units are noted by the former province that they lay in.
        let of = match found.kind {
            Kind::Subject | Kind::Scope => source.id.as_str(),
            Kind::Unit => source.province.as_deref().unwrap_or_default(),
        };
        let whom = legacy_uses::list_people(&mut conn, (&found.client, found.kind), of, since, MOST_NAMED).await?;
        let name = names.get(found.client.as_str()).map_or_else(|| found.client.clone(), |name| (*name).to_owned());
        let (kind, people, last_on) = (found.kind, found.people, found.last_on);
        uses.push(ClientUse { client: found.client, name, kind, people, whom, last_on });
    }
    let named_by = all.iter().filter_map(|client| {
        let belongs = client.settings.legacy_sources.contains(&source.id);
        let keeps_subjects = client.settings.subject_type.sources().contains(&source.id);
        (belongs || keeps_subjects).then(|| Naming {
            client: client.id.clone(),
            name: client.name.clone(),
            belongs,
            keeps_subjects,
        })
    });
    Ok(Retirement { progress, to_come, leaning, uses, named_by: named_by.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn over() -> Retirement {
        let progress = Progress { waiting: 0, locked: 3, linked: 40, signed_in: 38, to_come: 0, leaning: 0 };
        Retirement { progress, to_come: Vec::new(), leaning: Vec::new(), uses: Vec::new(), named_by: Vec::new() }
    }

    #[test]
    fn it_is_safe_when_nobody_and_nothing_is_left_behind() {
        let used = ClientUse {
            client: "van-ban".to_owned(),
            name: "Văn bản".to_owned(),
            kind: Kind::Subject,
            people: 1,
            whom: Vec::new(),
            last_on: date!(2026 - 11 - 22),
        };
        let naming = Naming { client: "a".to_owned(), name: "A".to_owned(), belongs: true, keeps_subjects: false };
        let with = |progress: Progress| Retirement { progress, ..over() };
        let table = [
            (over(), true),
            (Retirement { named_by: vec![naming], ..over() }, true),
            (with(Progress { waiting: 1, ..over().progress }), false),
            (with(Progress { to_come: 1, ..over().progress }), false),
            (with(Progress { leaning: 1, ..over().progress }), false),
            (Retirement { uses: vec![used], ..over() }, false),
        ];
        for (standing, safe) in table {
            assert_eq!(standing.is_safe(), safe, "{standing:?}");
        }
    }
}
