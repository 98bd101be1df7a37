//! For whom a role of a group still counts when its unit is gone. Where they work says who looks after it: nobody else does,
//! since the unit lies in none of today's.

use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::authority::Extent;
use crate::model::entitlement::{GroupGrant, standing_for};
use crate::model::group_reach::{Lies, lies};
use crate::model::registry::Registry;
use crate::model::unit::Certainty;
use crate::service::Services;
use crate::service::group_reach::Seeker;
use crate::store::{Conn, StoreError};
use std::collections::BTreeSet;
use std::sync::Arc;
use time::Date;

/// Whoever has the role anywhere.
static CITY: Extent = Extent::City;
/// People found at once.
const AT_ONCE: usize = 500;
/// More turns than these are not taken: a role of so many is looked after by who reaches all units.
const TURNS: usize = 8;

/// Where those work for whom a role counts today.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    units: BTreeSet<UnitId>,
    /// Everybody was looked at.
    is_all: bool,
}

impl Holders {
    /// True when somebody of them works within these bounds.
    pub(super) fn any_in(&self, extent: &Extent) -> bool {
        self.units.iter().any(|unit| extent.holds(unit))
    }

    /// True when there are some, and all of them work within these bounds.
    pub(super) fn all_in(&self, extent: &Extent) -> bool {
        self.is_all && !self.units.is_empty() && self.units.iter().all(|unit| extent.holds(unit))
    }
}

/// True when the unit of a role is gone, and none stands for it today.
fn is_gone(grant: &GroupGrant, registry: &Registry, today: Date) -> bool {
    let last = standing_for(registry, &grant.unit, today).pop();
    let span = last.and_then(|unit| registry.unit(unit)).map(|unit| &unit.span);
    span.is_some_and(|span| span.holds_on(today) == Certainty::No && span.from.is_none_or(|first| first <= today))
}

/// Looks at roles of groups for somebody's list, or for one of them.
pub(super) struct Look<'a> {
    registry: Arc<Registry>,
    today: Date,
    /// The bounds of whoever looks.
    bounds: &'a Extent,
    /// Within them.
    within: Seeker<'a>,
    /// Anywhere.
    anywhere: Seeker<'a>,
}

impl<'a> Look<'a> {
    /// Within these bounds.
    pub(super) fn new(services: &Services, bounds: &'a Extent) -> Self {
        Self {
            registry: services.known.registry(),
            today: vietnam_date(services.clock.now()),
            bounds,
            within: Seeker::new(services, bounds),
            anywhere: Seeker::new(services, &CITY),
        }
    }

    /// Within no bounds.
    pub(super) fn anywhere(services: &Services) -> Self {
        Self::new(services, &CITY)
    }

    /// Whether one more role may be told of for the same page: one of which nobody has to be looked for always may.
    pub(super) fn may_tell(&self, grant: &GroupGrant) -> bool {
        let is_plain = match self.bounds {
            Extent::City => true,
            Extent::Units(_) => {
                let is_open = lies(grant, self.bounds, &self.registry, self.today) == Lies::Perhaps;
                !is_open && !is_gone(grant, &self.registry, self.today)
            }
        };
        is_plain || (self.within.may_look() && self.anywhere.may_look())
    }

    /// The unit of a role, and those that stand for it today.
    pub(super) fn standing(&self, grant: &GroupGrant) -> Vec<UnitId> {
        standing_for(&self.registry, &grant.unit, self.today).into_iter().cloned().collect()
    }

    /// Whether a role is of one of their units, reaches into one from above, or counts for somebody there whose unit went into
    /// theirs.
    pub(super) async fn reaches(&mut self, conn: &mut Conn, grant: &GroupGrant) -> Result<bool, StoreError> {
        Ok(match lies(grant, self.bounds, &self.registry, self.today) {
            Lies::Within => true,
            Lies::Perhaps => self.within.is_anybodys(conn, grant).await? == Some(true),
            Lies::Beyond => false,
        })
    }

    /// Where those work for whom a role counts whose unit is gone; nothing where its unit is there, and for whoever reaches all
    /// units anyway. Nobody is looked for behind somebody who works outside the bounds.
    pub(super) async fn holders(&mut self, conn: &mut Conn, grant: &GroupGrant) -> Result<Option<Holders>, StoreError> {
        if *self.bounds == Extent::City {
            return Ok(None);
        }
        let bounds = self.bounds;
        self.holders_until(conn, grant, |units| units.iter().any(|unit| !bounds.holds(unit))).await
    }

    /// The same, whoever asks: all of them.
    pub(super) async fn all_holders(&mut self, conn: &mut Conn, grant: &GroupGrant) -> Result<Option<Holders>, StoreError> {
        self.holders_until(conn, grant, |_| false).await
    }

    async fn holders_until(
        &mut self,
        conn: &mut Conn,
        grant: &GroupGrant,
        is_enough: impl Fn(&BTreeSet<UnitId>) -> bool,
    ) -> Result<Option<Holders>, StoreError> {
        if !is_gone(grant, &self.registry, self.today) {
            return Ok(None);
        }
        let mut found = Holders::default();
        let mut after = PersonId(String::new());
        for _ in 0..TURNS {
            let some = self.anywhere.some(conn, grant, (&after, AT_ONCE)).await?;
            found.units.extend(some.members.into_iter().map(|member| member.post.unit));
            if is_enough(&found.units) {
                break;
            }
            let Some(last) = some.next else {
                found.is_all = true;
                break;
            };
            after = last;
        }
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_for_nobody_or_for_more_than_were_looked_at_is_not_all_theirs() {
        let unit = |name: &str| UnitId(name.to_owned());
        let holders = |names: &[&str], is_all| Holders { units: names.iter().map(|name| unit(name)).collect(), is_all };
        let own = Extent::Units(BTreeSet::from([unit("a"), unit("b")]));
        let table = [
            ("all of them", holders(&["a", "b"], true), (true, true)),
            ("somebody elsewhere", holders(&["a", "c"], true), (true, false)),
            ("all elsewhere", holders(&["c"], true), (false, false)),
            ("nobody", holders(&[], true), (false, false)),
            ("not all were looked at", holders(&["a"], false), (true, false)),
        ];
        for (case, holders, expected) in table {
            assert_eq!((holders.any_in(&own), holders.all_in(&own)), expected, "{case}");
        }
    }
}
