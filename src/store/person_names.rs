//! Who has which user name, and who of them is in use: many people at once.

use super::persons::Owner;
use super::{AsEx, StoreError, sql};
use crate::base::id::PersonId;
use std::collections::{HashMap, HashSet};

/// Who has each of these folded user names, of those who are there.
pub async fn list_owners(conn: &mut impl AsEx, folded: &[String]) -> Result<HashMap<String, Owner>, StoreError> {
    if folded.is_empty() {
        return Ok(HashMap::new());
    }
    let owners: Vec<Owner> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new(
            "SELECT p.id, p.username, p.username_folded, p.disabled_at FROM persons p
              WHERE EXISTS (SELECT 1 FROM person_facts f JOIN change_sets s ON s.id = f.change_set
                             WHERE f.person_id = p.id AND s.applied_at IS NOT NULL AND s.undone_at IS NULL)
                AND p.username_folded IN (",
        );
        let mut names = query.separated(", ");
        for name in folded {
            names.push_bind(name.as_str());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(owners.into_iter().map(|owner| (owner.username_folded.clone(), owner)).collect())
}

/// The user names of people by their identity.
pub async fn names_of(conn: &mut impl AsEx, people: &[PersonId]) -> Result<HashMap<PersonId, String>, StoreError> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, String)> = sql!(conn, |c| {
        let mut query = sqlx::QueryBuilder::<Engine>::new("SELECT id, username FROM persons WHERE id IN (");
        let mut list = query.separated(", ");
        for id in people {
            list.push_bind(id.as_str());
        }
        query.push(")");
        query.build_query_as().fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|(id, username)| (PersonId(id), username)).collect())
}

/// Of these people, those who have signed in, or to whom somebody has given a right: taking back the set that brought
/// them would end more than the set began.
pub async fn list_in_use(conn: &mut impl AsEx, people: &[PersonId]) -> Result<HashSet<PersonId>, StoreError> {
    const USES: [&str; 3] = [
        "SELECT person_id FROM sign_ons WHERE person_id IN (",
        "SELECT person_id FROM role_grants WHERE revoked_at IS NULL AND person_id IN (",
        "SELECT person_id FROM admin_roles WHERE revoked_at IS NULL AND person_id IN (",
    ];
    let mut found = HashSet::new();
    if people.is_empty() {
        return Ok(found);
    }
    for start in USES {
        let ids: Vec<String> = sql!(conn, |c| {
            let mut query = sqlx::QueryBuilder::<Engine>::new(start);
            let mut list = query.separated(", ");
            for id in people {
                list.push_bind(id.as_str());
            }
            query.push(")");
            query.build_query_scalar().fetch_all(c).await
        })?;
        found.extend(ids.into_iter().map(PersonId));
    }
    Ok(found)
}
