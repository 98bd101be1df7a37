//! Roles of groups, as those look at them who ask who holds what: each by its id, also one that was taken back, and who may
//! be of one. Giving and taking back is the matter of `group_grants`.

use super::group_grants::Columns;
use super::{AsEx, StoreError, sql};
use crate::base::id::{PersonId, UnitId};
use crate::model::entitlement::GroupGrant;
use std::collections::{BTreeSet, HashMap};

/// Ids of one statement.
const AT_ONCE: usize = 500;

/// A role of a group that was given once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The role, and whom it is for.
    pub grant: GroupGrant,
    /// It was taken back.
    pub is_taken_back: bool,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    columns: Columns,
    revoked_at: Option<i64>,
}

impl Row {
    fn given(self) -> Result<Given, StoreError> {
        Ok(Given { grant: self.columns.grant()?, is_taken_back: self.revoked_at.is_some() })
    }
}

/// Those of these ids, also what was taken back. What was never given is left out.
pub async fn list_by_id(conn: &mut impl AsEx, ids: &[String]) -> Result<HashMap<String, Given>, StoreError> {
    let mut all = HashMap::new();
    for chunk in ids.chunks(AT_ONCE) {
        let rows: Vec<Row> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(
                "SELECT id, client_id, role, unit_id, below, title, least_level, office_only, valid_from, valid_to,
                        granted_at, revoked_at
                   FROM group_grants WHERE id IN (",
            );
            let mut list = query.separated(", ");
            for id in chunk {
                list.push_bind(id.as_str());
            }
            query.push(")");
            query.build_query_as::<Row>().fetch_all(c).await
        })?;
        for row in rows {
            let given = row.given()?;
            all.insert(given.grant.id.clone(), given);
        }
    }
    Ok(all)
}

/// Whom to look for: more people rather than fewer, since each of them is read afterwards.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// With a post in one of these units, in whatever version.
    pub units: &'a [UnitId],
    /// Only with one of these titles in it, as they are written; none: with any.
    pub titles: Option<&'a [String]>,
    /// Only with a post in one of these units too; none: wherever else they have one.
    pub within: Option<&'a BTreeSet<UnitId>>,
}

impl Sought<'_> {
    fn is_nobody(&self) -> bool {
        let no_title = self.titles.is_some_and(<[String]>::is_empty);
        self.units.is_empty() || no_title || self.within.is_some_and(BTreeSet::is_empty)
    }
}

/// Narrows down to the posts `p` that are sought.
macro_rules! such_posts {
    ($query:ident, $sought:ident) => {
        $query.push(" AND p.unit_id IN (");
        let mut list = $query.separated(", ");
        for unit in $sought.units {
            list.push_bind(unit.as_str());
        }
        $query.push(")");
        if let Some(titles) = $sought.titles {
            $query.push(" AND p.title IN (");
            let mut list = $query.separated(", ");
            for title in titles {
                list.push_bind(title.as_str());
            }
            $query.push(")");
        }
    };
}

/// People who have, or had, such a post, and whoever acts for one of them; in the order of ids after one, some at a time.
pub async fn list_people(
    conn: &mut impl AsEx,
    sought: &Sought<'_>,
    after: &PersonId,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    if sought.is_nobody() {
        return Ok(Vec::new());
    }
    let ids = match sought.within {
        None => list_everywhere(conn, sought, after, most).await?,
        Some(units) => list_within(conn, (sought, units), after, most).await?,
    };
    Ok(ids.into_iter().map(PersonId).collect())
}

async fn list_everywhere(
    conn: &mut impl AsEx,
    sought: &Sought<'_>,
    after: &PersonId,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT s.who
               FROM (SELECT p.person_id AS who FROM positions p WHERE p.person_id > ",
        );
        query.push_bind(after.as_str());
        such_posts!(query, sought);
        query.push(
            " UNION SELECT g.to_person AS who FROM delegations g JOIN positions p ON p.person_id = g.of_person
               WHERE g.ended_at IS NULL AND g.to_person > ",
        );
        query.push_bind(after.as_str());
        such_posts!(query, sought);
        query.push(") s ORDER BY s.who LIMIT ").push_bind(most);
        query.build_query_scalar().fetch_all(c).await
    })?)
}

/// The same of those who have a post in some units too: they are fewer, and are looked up first.
async fn list_within(
    conn: &mut impl AsEx,
    (sought, within): (&Sought<'_>, &BTreeSet<UnitId>),
    after: &PersonId,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT DISTINCT q.person_id FROM positions q WHERE q.person_id > ");
        query.push_bind(after.as_str()).push(" AND q.unit_id IN (");
        let mut list = query.separated(", ");
        for unit in within {
            list.push_bind(unit.as_str());
        }
        query.push(") AND (EXISTS (SELECT 1 FROM positions p WHERE p.person_id = q.person_id");
        such_posts!(query, sought);
        query.push(
            ") OR EXISTS (SELECT 1 FROM delegations g JOIN positions p ON p.person_id = g.of_person
                           WHERE g.to_person = q.person_id AND g.ended_at IS NULL",
        );
        such_posts!(query, sought);
        query.push(")) ORDER BY q.person_id LIMIT ").push_bind(most);
        query.build_query_scalar().fetch_all(c).await
    })?)
}

/// Every title that is written in a post, in whatever version.
pub async fn list_titles(conn: &mut impl AsEx) -> Result<Vec<String>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar("SELECT DISTINCT title FROM positions ORDER BY title").fetch_all(c).await)?)
}
