//! Who administered what on a day: also by a role that was taken back since.

use super::{AdminError, person_of};
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::admin_scope::AdminRole;
use crate::model::as_of::AsOf;
use crate::service::Services;
use crate::store::admin_roles::{self, Granted};
use crate::store::{AsEx, StoreError};
use std::collections::HashSet;
use time::Date;

/// The roles that counted on a day, of everybody or of one person, by user name.
pub async fn list_on(services: &Services, username: Option<&str>, on: Date) -> Result<Vec<Granted>, AdminError> {
    let person = match username {
        Some(username) => Some(person_of(services, username).await?),
        None => None,
    };
    let day = AsOf::of(on, vietnam_date(services.clock.now()));
    let mut all = list_as_of(&mut services.store.read().await?, day).await?;
    all.retain(|granted| person.as_ref().is_none_or(|person| granted.person == *person));
    Ok(all)
}

/// The roles that counted on a day, by user name.
pub(super) async fn list_as_of(conn: &mut impl AsEx, day: AsOf) -> Result<Vec<Granted>, StoreError> {
    Ok(counting(admin_roles::list_all_until(conn, day.until()).await?, day))
}

/// Of roles that were not taken back by the end of a day those that counted on it. One that goes on from another one with a plan
/// was theirs from the plan's day, also where the plan was applied later.
fn counting(all: Vec<Granted>, day: AsOf) -> Vec<Granted> {
    let is_given = |granted: &Granted| day.had_come(Some(granted.granted_at));
    let ended = |old: &Granted| Some((old.person.clone(), old.scope.role, old.scope.valid_to?));
    let ended: HashSet<(PersonId, AdminRole, Date)> = all.iter().filter(|old| is_given(old)).filter_map(ended).collect();
    let goes_on = |granted: &Granted| {
        let eve = granted.scope.valid_from.previous_day();
        eve.is_some_and(|eve| ended.contains(&(granted.person.clone(), granted.scope.role, eve)))
    };
    let counts = |granted: &Granted| granted.scope.in_force_on(day.on) && (is_given(granted) || goes_on(granted));
    all.into_iter().filter(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::date::first_moment;
    use crate::base::id::UnitId;
    use crate::model::admin_scope::AdminScope;
    use time::macros::date;

    const LAST: Date = date!(2025 - 06 - 30);
    const FIRST: Date = date!(2025 - 07 - 01);
    /// When the plan of that day was applied.
    const LATER: Date = date!(2025 - 07 - 04);
    const TODAY: Date = date!(2026 - 01 - 15);

    fn granted(id: &str, person: &str, (from, to): (Date, Option<Date>), given: Date) -> Granted {
        Granted {
            person: PersonId(person.to_owned()),
            username: person.to_owned(),
            scope: AdminScope {
                id: id.to_owned(),
                role: AdminRole::Unit,
                unit: Some(UnitId("ward".to_owned())),
                client: None,
                valid_from: from,
                valid_to: to,
            },
            granted_at: Millis(first_moment(given).0 + 1),
            granted_by: "os:test".to_owned(),
            reason: String::new(),
            break_glass: false,
        }
    }

    #[test]
    fn a_role_counts_on_its_days_from_when_it_was_given_and_goes_on_from_another_one_from_the_day_of_the_plan() {
        let long_ago = date!(2024 - 01 - 01);
        let all = vec![
            granted("old", "kim", (long_ago, Some(LAST)), long_ago),
            granted("new", "kim", (FIRST, None), LATER),
            granted("told of the past", "lan", (FIRST, None), LATER),
            granted("to come", "minh", (date!(2026 - 02 - 01), None), LATER),
        ];
        let table: [(Date, &[&str]); 5] = [
            (date!(2023 - 12 - 31), &[]),
            (LAST, &["old"]),
            (FIRST, &["new"]),
            (LATER, &["new", "told of the past"]),
            (date!(2026 - 02 - 01), &["new", "told of the past", "to come"]),
        ];
        for (on, expected) in table {
            let found = counting(all.clone(), AsOf::of(on, TODAY));
            assert_eq!(found.iter().map(|granted| granted.scope.id.as_str()).collect::<Vec<_>>(), expected, "{on}");
        }
    }
}
