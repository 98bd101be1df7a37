//! Who has a role of a group now: how many, some at a time, and whether anybody at all.
//!
//! Whoever has, or had, such a post is read and looked at one by one: a post goes on from another one, what was handed to
//! somebody counts only as it does today, and whoever may not sign in has nothing. So no more than so many are looked at for
//! one answer, and the answer says where it is not the whole.

use super::Services;
use super::known::Known;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::model::authority::{Extent, sees};
use crate::model::entitlement::GroupGrant;
use crate::model::group_reach::{post_of, units_of};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::store::group_holders::{self, Sought};
use crate::store::{Conn, StoreError, persons};
use std::collections::HashMap;
use std::sync::Arc;
use time::Date;

/// People read at once.
const AT_ONCE: usize = 500;
/// The first of them: one is often enough.
const FIRST: usize = 25;
/// More than so many are not looked at for one role.
const MOST: usize = 2_000;
/// Nor more than so many for all roles of one page.
const MOST_OF_PAGE: usize = 20_000;
/// Whoever was handed a post is looked up alone, which costs as much as so many others.
const HANDED: usize = 10;

/// How many people have a role now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// So many.
    pub people: usize,
    /// Not everybody was looked at: so many at least.
    pub at_least: bool,
}

impl Reach {
    /// Nobody has it.
    pub const NOBODY: Self = Self { people: 0, at_least: false };
}

/// Somebody who has a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: PersonId,
    /// Their user name.
    pub username: String,
    /// Their full name.
    pub full_name: String,
    /// The post by which they have it.
    pub post: Position,
}

/// Some who have a role, and after whom the next ones come.
#[derive(Debug, Clone, Default)]
pub struct Members {
    /// They, in the order of ids.
    pub members: Vec<Member>,
    /// After whom to look on; nothing when there are no more.
    pub next: Option<PersonId>,
    /// So many were looked at, each for as many as they cost.
    looked: usize,
}

/// How many may still be looked at for one page.
struct Budget(usize);

impl Budget {
    /// Whether there is enough for one more role, whoever has it.
    fn suffices(&self) -> bool {
        self.0 >= MOST
    }

    fn spend(&mut self, looked: usize) {
        self.0 = self.0.saturating_sub(looked);
    }
}

/// As how many somebody with these posts counts who is looked at.
fn cost(posts: &[Position]) -> usize {
    if posts.iter().any(|post| post.delegated_by.is_some()) { HANDED } else { 1 }
}

/// Looks for those who have roles of groups, within some bounds, as things stand today.
pub struct Seeker<'a> {
    registry: Arc<Registry>,
    today: Date,
    extent: &'a Extent,
    /// Titles as they are written in posts, by how they are compared; once they were read.
    titles: Option<HashMap<String, Vec<String>>>,
    left: Budget,
}

impl<'a> Seeker<'a> {
    /// Whoever looks within these bounds.
    pub fn new(services: &Services, extent: &'a Extent) -> Self {
        let today = vietnam_date(services.clock.now());
        Self { registry: services.known.registry(), today, extent, titles: None, left: Budget(MOST_OF_PAGE) }
    }

    /// Whether one more role may be looked at for the same page: for one it may.
    pub fn may_look(&self) -> bool {
        self.left.suffices()
    }

    /// How many have a role, whatever its days; nothing when so many were looked at for other roles that this one was left out.
    pub async fn reach(&mut self, conn: &mut Conn, grant: &GroupGrant) -> Result<Option<Reach>, StoreError> {
        if !self.may_look() {
            return Ok(None);
        }
        let found = self.some(conn, grant, (&PersonId(String::new()), usize::MAX)).await?;
        Ok(Some(Reach { people: found.members.len(), at_least: found.next.is_some() }))
    }

    /// Whether anybody has a role, whatever its days; nothing when that cannot be said without looking at too many.
    pub async fn is_anybodys(&mut self, conn: &mut Conn, grant: &GroupGrant) -> Result<Option<bool>, StoreError> {
        let found = self.some(conn, grant, (&PersonId(String::new()), 1)).await?;
        Ok(match (found.members.is_empty(), found.next) {
            (false, _) => Some(true),
            (true, None) => Some(false),
            (true, Some(_)) => None,
        })
    }

    /// At most so many who have a role, whatever its days, after one person. There may be fewer and yet more of them behind.
    pub async fn some(
        &mut self,
        conn: &mut Conn,
        grant: &GroupGrant,
        (after, wanted): (&PersonId, usize),
    ) -> Result<Members, StoreError> {
        let ids = self.perhaps(conn, grant, after).await?;
        let found = self.among(conn, grant, (&ids, wanted)).await?;
        self.left.spend(found.looked);
        Ok(found)
    }

    /// Those of some people who have a role, until there are enough of them or too many were looked at.
    async fn among(
        &self,
        conn: &mut Conn,
        grant: &GroupGrant,
        (ids, wanted): (&[PersonId], usize),
    ) -> Result<Members, StoreError> {
        let mut found = Members::default();
        let mut last = None;
        let (mut rest, mut at_once) = (ids.get(..MOST).unwrap_or(ids), FIRST);
        while !rest.is_empty() {
            let (some, others) = rest.split_at(rest.len().min(at_once));
            (rest, at_once) = (others, AT_ONCE);
            let mut people = persons::list_with_positions(conn, some).await?;
            for id in some {
                if found.members.len() >= wanted || found.looked >= MOST {
                    return Ok(Members { next: last, ..found });
                }
                let person = people.remove(id);
                found.looked += person.as_ref().map_or(1, |person| cost(&person.positions));
                last = Some(id.clone());
                let Some(person) = person else { continue };
                found.members.extend(self.member(conn, person, grant).await?);
            }
        }
        let is_more = ids.len() > MOST;
        Ok(Members { next: last.filter(|_| is_more), ..found })
    }

    /// Whoever has, or had, such a post, after one person: one more than are looked at, so that the end is known.
    async fn perhaps(&mut self, conn: &mut Conn, grant: &GroupGrant, after: &PersonId) -> Result<Vec<PersonId>, StoreError> {
        let units = units_of(grant, &self.registry, self.today);
        let titles = match grant.title.as_deref() {
            Some(title) => Some(self.spelt(conn, title).await?),
            None => None,
        };
        let within = match self.extent {
            Extent::City => None,
            Extent::Units(units) => Some(units),
        };
        let sought = Sought { units: &units, titles: titles.as_deref(), within };
        group_holders::list_people(conn, &sought, after, i64::try_from(MOST + 1).unwrap_or(i64::MAX)).await
    }

    /// A title as it is written in posts, once for each spelling.
    async fn spelt(&mut self, conn: &mut Conn, title: &str) -> Result<Vec<String>, StoreError> {
        let known = match self.titles.take() {
            Some(known) => known,
            None => by_fold(group_holders::list_titles(conn).await?),
        };
        let spelt = known.get(&fold(title)).cloned().unwrap_or_default();
        self.titles = Some(known);
        Ok(spelt)
    }

    async fn member(&self, conn: &mut Conn, person: Person, grant: &GroupGrant) -> Result<Option<Member>, StoreError> {
        if person.disabled_at.is_some() || !sees(self.extent, &person, self.today) {
            return Ok(None);
        }
        let Some(person) = self.present(conn, person).await? else { return Ok(None) };
        let post = post_of(grant, &person, &self.registry, self.today).cloned();
        Ok(post.map(|post| Member { id: person.id, username: person.username, full_name: person.full_name, post }))
    }

    /// Somebody with what others handed to them only as it counts: it stands for the posts of those.
    async fn present(&self, conn: &mut Conn, person: Person) -> Result<Option<Person>, StoreError> {
        if person.positions.iter().all(|post| post.delegated_by.is_none()) {
            return Ok(Some(person));
        }
        Known::present(conn, &person.id, self.today).await
    }
}

fn by_fold(titles: Vec<String>) -> HashMap<String, Vec<String>> {
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    for title in titles {
        known.entry(fold(&title)).or_default().push(title);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::{PositionId, UnitId};
    use crate::model::position::PositionKind;
    use time::macros::date;

    fn post(delegated_by: Option<&str>) -> Position {
        Position {
            id: PositionId("post".to_owned()),
            unit: UnitId("ward".to_owned()),
            department: String::new(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: "1".to_owned(),
            delegated_by: delegated_by.map(|id| PersonId(id.to_owned())),
            follows: None,
            valid_from: date!(2020 - 01 - 01),
            valid_to: None,
        }
    }

    #[test]
    fn for_one_page_so_many_roles_are_looked_at_that_each_of_them_can_be_looked_at_wholly() {
        let mut left = Budget(MOST_OF_PAGE);
        for number in 0..MOST_OF_PAGE / MOST {
            assert!(left.suffices(), "{number}");
            left.spend(MOST);
        }
        assert!(!left.suffices());
        left.spend(MOST + HANDED);
        assert!(!left.suffices(), "what was spent beyond it gives nothing back");
    }

    #[test]
    fn whoever_was_handed_a_post_counts_as_many() {
        assert_eq!([cost(&[]), cost(&[post(None)]), cost(&[post(None), post(Some("kim"))])], [1, 1, HANDED]);
    }
}
