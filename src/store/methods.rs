//! Which methods a person has, in one look.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::methods::Methods;

/// The methods of a person.
pub async fn find(conn: &mut impl AsEx, person: &PersonId) -> Result<Methods, StoreError> {
    let (must_change, set_at, totp, passkeys, recovery_codes): (i64, Option<i64>, i64, i64, i64) =
        sql!(conn, |c| sqlx::query_as(
            "SELECT (SELECT COALESCE(MAX(p.must_change), 0) FROM passwords p WHERE p.person_id = $1),
                (SELECT p.changed_at FROM passwords p WHERE p.person_id = $1),
                (SELECT COUNT(*) FROM totp_secrets t WHERE t.person_id = $1 AND t.confirmed_at IS NOT NULL),
                (SELECT COUNT(*) FROM passkeys k WHERE k.person_id = $1),
                (SELECT COUNT(*) FROM recovery_codes r WHERE r.person_id = $1 AND r.used_at IS NULL)",
        )
        .bind(person.as_str())
        .fetch_one(c)
        .await)?;
    let password_set_at = set_at.map(Millis);
    Ok(Methods { must_change_password: must_change != 0, totp: totp > 0, passkeys, recovery_codes, password_set_at })
}
