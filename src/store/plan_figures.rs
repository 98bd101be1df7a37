//! Figures that are kept with a run of a plan: how many people it goes through, and what it comes to.

use super::plan_runs::Held;
use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId, UnitId};
use crate::model::plan::scopes::ScopeMove;
use serde::{Deserialize, Serialize};

/// What becomes of the people of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleOf {
    /// The unit that ends.
    pub unit: UnitId,
    /// People with a post in it.
    pub people: i64,
    /// Those of whom nobody has said where they go.
    pub open: i64,
}

/// People who go from a divided unit into another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleBetween {
    /// The divided unit.
    pub from: UnitId,
    /// Where they go on.
    pub to: UnitId,
    /// How many.
    pub people: i64,
}

/// Roles of groups of units that end, of one client and one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupsOf {
    /// The client.
    pub client: String,
    /// The role.
    pub role: String,
    /// How many go on with their units.
    pub go_on: i64,
    /// How many end with them.
    pub end: i64,
}

/// What a plan, or a stage of it, comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The version of the people.
    pub people_version: i64,
    /// When it was counted.
    pub at: Millis,
    /// Units that end, begin, and go on changed.
    pub units: (i64, i64, i64),
    /// Posts of which a rule or a decision says where they go.
    pub decided: i64,
    /// People by unit that ends.
    pub by_unit: Vec<PeopleOf>,
    /// Where people of divided units go, by rules and decisions.
    pub between: Vec<PeopleBetween>,
    /// Roles bound to posts that go on: client, role, how many.
    pub roles: Vec<(String, String, i64)>,
    /// Roles of groups of units that end; nothing where it was kept before they were counted.
    #[serde(default)]
    pub groups: Vec<GroupsOf>,
    /// Clients that live on codes of before: id, name, and in which way; once for each.
    pub clients: Vec<(String, String, String)>,
}

/// What is kept with a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// How many people are gone through.
    pub people: i64,
    /// What it comes to; none before everybody is staged.
    pub tally: Option<Tally>,
}

/// What is kept with a run; nothing with one that was never gone through.
pub async fn find(conn: &mut impl AsEx, run: &str) -> Result<Option<Figures>, StoreError> {
    let row: Option<(i64, Option<String>)> =
        sql!(conn, |c| sqlx::query_as("SELECT people, tally FROM plan_figures WHERE run = $1")
            .bind(run)
            .fetch_optional(c)
            .await)?;
    let Some((people, tally)) = row else { return Ok(None) };
    let tally = tally.map(|tally| serde_json::from_str(&tally)).transpose()?;
    Ok(Some(Figures { people, tally }))
}

/// Says how many people a run goes through; false when another process has taken it over, or it is over.
pub async fn begin(conn: &mut impl AsEx, held: Held<'_>, people: i64) -> Result<bool, StoreError> {
    let written = sql!(conn, |c| sqlx::query(
        "INSERT INTO plan_figures (run, people)
         SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM plan_runs r WHERE r.id = $1 AND r.holder = $3 AND r.state = 'staging')
         ON CONFLICT (run) DO UPDATE SET people = excluded.people",
    )
    .bind(held.id)
    .bind(people)
    .bind(held.holder)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(written == 1)
}

/// Keeps what a run comes to; false when another process has taken it over, it is over, or was never begun.
pub async fn keep(conn: &mut impl AsEx, held: Held<'_>, tally: &Tally) -> Result<bool, StoreError> {
    let text = serde_json::to_string(tally)?;
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE plan_figures SET tally = $2
          WHERE run = $1
            AND EXISTS (SELECT 1 FROM plan_runs r WHERE r.id = $1 AND r.holder = $3 AND r.state IN ('staging', 'applied'))",
    )
    .bind(held.id)
    .bind(text.as_str())
    .bind(held.holder)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}

/// Removes what is kept with runs that were given up or taken back.
pub async fn remove_over(conn: &mut impl AsEx) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query(
        "DELETE FROM plan_figures WHERE run IN (SELECT r.id FROM plan_runs r WHERE r.state IN ('abandoned', 'undone'))"
    )
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(())
}

/// How many roles that were not taken back are bound to posts of which a set tells something: client, role, how many.
pub async fn count_roles(conn: &mut impl AsEx, set: &ChangeSetId) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_as(
        "SELECT g.client_id, g.role, COUNT(*) FROM role_grants g
          WHERE g.revoked_at IS NULL AND g.position_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM positions q WHERE q.id = g.position_id AND q.change_set = $1)
          GROUP BY g.client_id, g.role",
    )
    .bind(set.as_str())
    .fetch_all(c)
    .await)?)
}

/// What a run did to the scopes of administrators; nothing before it is applied.
pub async fn list_scopes(conn: &mut impl AsEx, run: &str) -> Result<Vec<(PersonId, ScopeMove)>, StoreError> {
    let scopes: Option<String> =
        sql!(conn, |c| sqlx::query_scalar("SELECT scopes FROM plan_runs WHERE id = $1 AND scopes IS NOT NULL")
            .bind(run)
            .fetch_optional(c)
            .await)?;
    let Some(scopes) = scopes else { return Ok(Vec::new()) };
    Ok(serde_json::from_str(&scopes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_before_roles_of_groups_were_counted_is_read_and_what_is_kept_now_comes_back() {
        let before = r#"{"people_version":7,"at":9,"units":[1,2,3],"decided":4,"by_unit":[],"between":[],
                         "roles":[["tthc","duyet",5]],"clients":[["tthc","Thủ tục hành chính","both"]]}"#;
        let mut tally: Tally = serde_json::from_str(before).expect("a tally");
        assert_eq!((tally.decided, tally.groups.len(), tally.clients.len()), (4, 0, 1));
        tally.groups = vec![GroupsOf { client: "tthc".to_owned(), role: "duyet".to_owned(), go_on: 2, end: 1 }];
        let text = serde_json::to_string(&tally).expect("a text");
        assert_eq!(serde_json::from_str::<Tally>(&text).expect("a tally"), tally);
    }
}
