//! People, what is known of them, and their personal numbers.
//!
//! A person is there when a fact about them is applied; the newest applied one
//! counts. Rows that a set of changes has staged are seen by that set alone, and
//! rows of a set that was taken back by nobody.

mod access;

pub use access::{
    Disabling, count_disabled_alone, disable, disable_but_last, enable, find_disabling, hold_enabled, mark_disabled_by,
};

use super::{AsEx, StoreError, positions, role_grants, sql};
use crate::base::clock::Millis;
use crate::base::date::{iso, parse};
use crate::base::id::{ChangeSetId, PersonId, PositionId};
use crate::base::text::{fold, name_key};
use crate::model::behind::Beside;
use crate::model::legacy_account::FoldedName;
use crate::model::person::Person;
use crate::model::position::Position;
use std::collections::{BTreeMap, HashMap};
use time::Date;

/// What is known of a person, as stored: the personal number is sealed.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Full name, family name first.
    pub full_name: String,
    /// Date of birth.
    pub date_of_birth: Option<Date>,
    /// The personal number, sealed for this person.
    pub personal_number: Option<Vec<u8>>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Number in the staff list.
    pub employee_code: Option<String>,
    /// Further standard claims.
    pub claims: BTreeMap<String, String>,
}

/// One version of the facts about a person.
#[derive(Debug, Clone)]
pub struct FactsVersion {
    /// Whom it is about.
    pub person: PersonId,
    /// The set that told it.
    pub change_set: ChangeSetId,
    /// When it was applied; `None` while it is staged.
    pub applied_at: Option<Millis>,
    /// What it says.
    pub facts: Facts,
}

/// A person whom a set of changes brings.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// The identity to take if the name is free.
    pub id: PersonId,
    /// The user name as given.
    pub username: String,
    /// The user name folded.
    pub folded: String,
}

/// Who has a user name.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Owner {
    /// The person.
    pub id: String,
    /// The user name as first given.
    pub username: String,
    /// The user name folded.
    pub username_folded: String,
    /// Since when the person may not sign in.
    pub disabled_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct FactsRow {
    person_id: String,
    change_set: String,
    applied_at: Option<i64>,
    full_name: String,
    date_of_birth: Option<String>,
    personal_number: Option<Vec<u8>>,
    email: Option<String>,
    phone: Option<String>,
    employee_code: Option<String>,
    claims: Option<String>,
}

impl FactsRow {
    fn version(self) -> Result<FactsVersion, StoreError> {
        let date_of_birth = self.date_of_birth.map(|text| parse(&text).ok_or_else(|| unreadable("date_of_birth"))).transpose()?;
        let claims = self.claims.map(|text| serde_json::from_str(&text).map_err(|_| unreadable("claims"))).transpose()?;
        Ok(FactsVersion {
            person: PersonId(self.person_id),
            change_set: ChangeSetId(self.change_set),
            applied_at: self.applied_at.map(Millis),
            facts: Facts {
                full_name: self.full_name,
                date_of_birth,
                personal_number: self.personal_number,
                email: self.email,
                phone: self.phone,
                employee_code: self.employee_code,
                claims: claims.unwrap_or_default(),
            },
        })
    }
}

fn unreadable(column: &str) -> StoreError {
    StoreError::Corrupt(format!("person_facts.{column}"))
}

/// The newest versions of somebody's posts, and since when it is known that one goes on from another.
type Told = (BTreeMap<PositionId, Position>, BTreeMap<PositionId, Date>);

/// Versions of facts, to be narrowed down by people. The sets are joined by an expression, not by the column: else all that
/// a large set tells is read for a few.
const VERSIONS: &str = "SELECT f.person_id, f.change_set, s.applied_at, f.full_name, f.date_of_birth, f.personal_number, f.email,
       f.phone, f.employee_code, f.claims
  FROM person_facts f JOIN change_sets s ON s.id = f.change_set || ''";

/// A person as of now, with positions and roles.
pub async fn find(conn: &mut impl AsEx, id: &PersonId) -> Result<Option<Person>, StoreError> {
    let row: Option<FactsRow> = sql!(conn, |c| sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{VERSIONS} WHERE f.person_id = $1 AND s.applied_at IS NOT NULL AND s.undone_at IS NULL
          ORDER BY s.applied_at DESC, s.id DESC LIMIT 1"
    )))
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    let Some(version) = row.map(FactsRow::version).transpose()? else { return Ok(None) };
    // What was taken back changed the person at that moment, although what counts now is older.
    let owner: Option<(String, Option<i64>, Option<i64>)> = sql!(conn, |c| sqlx::query_as(
        "SELECT p.username, p.disabled_at,
                (SELECT MAX(s.undone_at) FROM change_sets s
                  WHERE s.id IN (SELECT f.change_set FROM person_facts f WHERE f.person_id = p.id
                                  UNION SELECT q.change_set FROM positions q WHERE q.person_id = p.id))
           FROM persons p WHERE p.id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    let Some((username, disabled_at, undone_at)) = owner else { return Ok(None) };
    let (disabled_at, undone_at) = (disabled_at.map(Millis), undone_at.map(Millis));
    let known = positions::find_known(conn, id).await?;
    let changed_at = [version.applied_at, known.changed_at, disabled_at, undone_at].into_iter().flatten().max();
    let facts = version.facts;
    Ok(Some(Person {
        id: id.clone(),
        username,
        full_name: facts.full_name,
        date_of_birth: facts.date_of_birth,
        email: facts.email,
        phone: facts.phone,
        employee_code: facts.employee_code,
        claims: facts.claims,
        disabled_at,
        updated_at: changed_at.unwrap_or(Millis(0)),
        positions: known.positions,
        roles: role_grants::list(conn, id).await?,
        has_personal_number: facts.personal_number.is_some(),
        beside: Beside { told_on: known.told_on, ..Beside::default() },
    }))
}

/// People as of now with their positions, without their roles: for lists, which read them in so many statements as for one.
/// Whoever is not there is left out.
pub async fn list_with_positions(conn: &mut impl AsEx, people: &[PersonId]) -> Result<HashMap<PersonId, Person>, StoreError> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    // No set has this name, so only what is applied is found, oldest first.
    let nothing = ChangeSetId(String::new());
    let owners: Vec<(String, String, Option<i64>)> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT id, username, disabled_at FROM persons WHERE id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    let owners: HashMap<PersonId, (String, Option<Millis>)> =
        owners.into_iter().map(|(id, username, disabled)| (PersonId(id), (username, disabled.map(Millis)))).collect();
    let mut held: HashMap<PersonId, Told> = HashMap::new();
    for version in positions::list_versions(conn, &nothing, people).await? {
        let (newest, told_on) = held.entry(version.person.clone()).or_default();
        version.note_told(told_on);
        newest.insert(version.position.id.clone(), version.position);
    }
    let mut found = HashMap::new();
    for version in list_facts(conn, &nothing, people).await? {
        let Some((username, disabled_at)) = owners.get(&version.person).cloned() else { continue };
        let facts = version.facts;
        let person = Person {
            id: version.person.clone(),
            username,
            full_name: facts.full_name,
            date_of_birth: facts.date_of_birth,
            email: facts.email,
            phone: facts.phone,
            employee_code: facts.employee_code,
            claims: facts.claims,
            disabled_at,
            updated_at: version.applied_at.unwrap_or(Millis(0)),
            positions: Vec::new(),
            roles: Vec::new(),
            has_personal_number: facts.personal_number.is_some(),
            beside: Beside::default(),
        };
        // The newest comes last.
        found.insert(version.person, person);
    }
    for (id, (positions, told_on)) in held {
        if let Some(person) = found.get_mut(&id) {
            person.positions = positions.into_values().collect();
            person.beside.told_on = told_on;
        }
    }
    Ok(found)
}

/// The person who has a folded user name.
pub async fn find_id_by_username(conn: &mut impl AsEx, folded: &str) -> Result<Option<PersonId>, StoreError> {
    let id: Option<String> = sql!(conn, |c| sqlx::query_scalar(
        "SELECT p.id FROM persons p
          WHERE p.username_folded = $1
            AND EXISTS (SELECT 1 FROM person_facts f JOIN change_sets s ON s.id = f.change_set
                         WHERE f.person_id = p.id AND s.applied_at IS NOT NULL AND s.undone_at IS NULL)",
    )
    .bind(folded)
    .fetch_optional(c)
    .await)?;
    Ok(id.map(PersonId))
}

/// How many people there are.
pub async fn count(conn: &mut impl AsEx) -> Result<i64, StoreError> {
    Ok(sql!(conn, |c| sqlx::query_scalar(
        "SELECT COUNT(DISTINCT f.person_id) FROM person_facts f JOIN change_sets s ON s.id = f.change_set
          WHERE s.applied_at IS NOT NULL AND s.undone_at IS NULL",
    )
    .fetch_one(c)
    .await)?)
}

/// Takes user names for a set of changes and tells who has each of them now.
///
/// A free name goes to the new person. A name that an unapplied set brought is
/// handed to this set, so that giving the other set up does not remove it. The
/// names must be sorted: two sets at once then wait for each other and do not
/// deadlock.
pub async fn add(
    conn: &mut impl AsEx,
    change_set: &ChangeSetId,
    now: Millis,
    people: &[NewPerson],
) -> Result<HashMap<String, Owner>, StoreError> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    sql!(conn, |c| {
        let mut query =
            sqlx::QueryBuilder::<Engine>::new("INSERT INTO persons (id, username, username_folded, change_set, created_at) ");
        query.push_values(people, |mut row, person| {
            row.push_bind(person.id.as_str()).push_bind(person.username.as_str()).push_bind(person.folded.as_str());
            row.push_bind(change_set.as_str()).push_bind(now.0);
        });
        query.push(
            " ON CONFLICT (username_folded) DO UPDATE SET change_set = excluded.change_set
               WHERE NOT EXISTS (SELECT 1 FROM change_sets s
                                  WHERE s.id = persons.change_set AND s.applied_at IS NOT NULL)",
        );
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    let owners: Vec<Owner> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT id, username, username_folded, disabled_at FROM persons WHERE username_folded IN (",
        );
        let mut names = query.separated(", ");
        for person in people {
            names.push_bind(person.folded.as_str());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(owners.into_iter().map(|owner| (owner.username_folded.clone(), owner)).collect())
}

/// Gives names back that this set has just taken and does not need.
pub async fn remove(conn: &mut impl AsEx, change_set: &ChangeSetId, ids: &[PersonId]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM persons WHERE change_set = ");
        query.push_bind(change_set.as_str());
        query.push(" AND id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id.as_str());
        }
        query.push(")");
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// What is applied about these people, oldest first, and what this set has staged.
pub async fn list_facts(
    conn: &mut impl AsEx,
    change_set: &ChangeSetId,
    people: &[PersonId],
) -> Result<Vec<FactsVersion>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<FactsRow> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(VERSIONS);
        query.push(" WHERE s.undone_at IS NULL AND (s.applied_at IS NOT NULL OR s.id = ").push_bind(change_set.as_str());
        query.push(") AND f.person_id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(") ORDER BY s.applied_at, s.id");
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(FactsRow::version).collect()
}

/// The last that was known of people of whom nothing counts any more, since the sets that told it were taken back.
pub async fn list_undone_facts(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<FactsVersion>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<FactsRow> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(VERSIONS);
        query.push(" WHERE s.undone_at IS NOT NULL AND f.person_id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(") ORDER BY s.applied_at, s.id");
        query.build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(FactsRow::version).collect()
}

/// Stages facts in a set.
pub async fn add_facts(conn: &mut impl AsEx, change_set: &ChangeSetId, facts: &[(PersonId, Facts)]) -> Result<(), StoreError> {
    if facts.is_empty() {
        return Ok(());
    }
    let mut claims = Vec::with_capacity(facts.len());
    for (_, said) in facts {
        let text = (!said.claims.is_empty()).then(|| serde_json::to_string(&said.claims)).transpose();
        claims.push(text.map_err(|_| unreadable("claims"))?);
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "INSERT INTO person_facts (person_id, change_set, full_name, name_key, name_folded, name_sorted, date_of_birth,
                                       personal_number, email, phone, employee_code, claims) ",
        );
        query.push_values(facts.iter().zip(&claims), |mut row, ((person, said), claims)| {
            row.push_bind(person.as_str()).push_bind(change_set.as_str());
            row.push_bind(said.full_name.as_str()).push_bind(name_key(&said.full_name)).push_bind(fold(&said.full_name));
            row.push_bind(FoldedName::read(&said.full_name).sorted().to_owned());
            row.push_bind(said.date_of_birth.map(iso)).push_bind(said.personal_number.clone());
            row.push_bind(said.email.clone()).push_bind(said.phone.clone()).push_bind(said.employee_code.clone());
            row.push_bind(claims.clone());
        });
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// Takes back what this set has staged of people.
pub async fn remove_facts(conn: &mut impl AsEx, change_set: &ChangeSetId, people: &[PersonId]) -> Result<(), StoreError> {
    if people.is_empty() {
        return Ok(());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("DELETE FROM person_facts WHERE change_set = ");
        query.push_bind(change_set.as_str()).push(" AND person_id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(")");
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    Ok(())
}

/// The user names of people, sorted.
pub async fn list_usernames(conn: &mut impl AsEx, people: &[PersonId]) -> Result<Vec<String>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT username FROM persons WHERE id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(") ORDER BY username");
        query.build_query_scalar().fetch_all(c).await
    })?)
}

/// Gives a personal number back that this set took last and that is not its person's.
pub async fn remove_number(conn: &mut impl AsEx, change_set: &ChangeSetId, digest: &[u8]) -> Result<(), StoreError> {
    sql!(conn, |c| sqlx::query("DELETE FROM personal_numbers WHERE change_set = $1 AND digest = $2")
        .bind(change_set.as_str())
        .bind(digest)
        .execute(c)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(())
}

/// Takes personal numbers (their keyed hashes) for people and tells whose each
/// is now. They must be sorted and each given once.
pub async fn add_numbers(
    conn: &mut impl AsEx,
    change_set: &ChangeSetId,
    numbers: &BTreeMap<Vec<u8>, PersonId>,
) -> Result<HashMap<Vec<u8>, PersonId>, StoreError> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("INSERT INTO personal_numbers (digest, person_id, change_set) ");
        query.push_values(numbers, |mut row, (digest, person)| {
            row.push_bind(digest.clone()).push_bind(person.as_str()).push_bind(change_set.as_str());
        });
        query.push(
            " ON CONFLICT (digest) DO UPDATE SET change_set = excluded.change_set
               WHERE personal_numbers.person_id = excluded.person_id
                 AND NOT EXISTS (SELECT 1 FROM change_sets s
                                  WHERE s.id = personal_numbers.change_set AND s.applied_at IS NOT NULL)",
        );
        query.build().execute(c).await.map(|done| done.rows_affected())
    })?;
    let rows: Vec<(Vec<u8>, String)> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT digest, person_id FROM personal_numbers WHERE digest IN (");
        let mut list = query.separated(", ");
        for digest in numbers.keys() {
            list.push_bind(digest.clone());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(digest, person)| (digest, PersonId(person))).collect())
}
