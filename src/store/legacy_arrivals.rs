//! Accounts whose owners come through a live system, and what is no longer believed of them.

use super::{AsEx, StoreError, sql};
use crate::base::clock::Millis;

/// An account that is not believed any more.
#[derive(Debug, Clone, Copy)]
pub struct Doubted<'a> {
    /// Of which source.
    pub source: &'a str,
    /// What the source calls it.
    pub legacy_id: &'a str,
    /// The row that was looked at.
    pub row_digest: &'a [u8],
    /// By which rule.
    pub rule: &'a str,
    /// Who says so: matching leaves it alone from here on.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
}

/// Takes an account from whoever has it, and asks a human; false when it was nobody's, or says something else by now.
/// Who had it stays written for whoever looks at it: without a decision it opens nothing.
pub async fn doubt(conn: &mut impl AsEx, doubted: &Doubted<'_>, now: Millis) -> Result<bool, StoreError> {
    let changed = sql!(conn, |c| sqlx::query(
        "UPDATE legacy_accounts
            SET decision = 'review', rule = $4, decided_by = $5, decided_why = $6, decided_at = $7, confirmed_at = NULL
          WHERE source = $1 AND legacy_id = $2 AND row_digest = $3 AND decision IN ('linked', 'created')",
    )
    .bind(doubted.source)
    .bind(doubted.legacy_id)
    .bind(doubted.row_digest)
    .bind(doubted.rule)
    .bind(doubted.by)
    .bind(doubted.why)
    .bind(now.0)
    .execute(c)
    .await
    .map(|done| done.rows_affected()))?;
    Ok(changed == 1)
}
