//! What humans decide about accounts of old systems: whose each is, and to which unit it belongs now.
//!
//! A reviewer sees the accounts whose unit of today lies within their bounds, and those in question of which a candidate
//! does; whoever looks after the city sees all. They give accounts to people within their bounds alone, never to an
//! administrator unless they look after the city, and nobody decides about an account that may be their own. Each decision
//! names what it was made upon (a mark over the account as it was read), and is refused when that is another by now. What
//! stood there before is kept, so that whoever decided can take it back.
//!
//! Here belongs what is asked and answered one by one, and by filter. What the rules decide is `matching`'s and `units`';
//! neither touches what a human decided.

mod batch;
mod bounds;
mod compare;
mod decide;
mod look;
mod released;
mod sayings;
mod undo;
mod unit;
mod worklist;
mod write;

pub use batch::{Apply, BatchAct, BatchLine, MOST as MOST_AT_ONCE, Outcome, Preview, apply, preview};
pub use compare::{Line, Mark, Piece, What};
pub use decide::{Asked, Choice, decide};
pub use look::{Decided, Sheet, Side, Who, look, person_of_username};
pub use sayings::{MOST_OF_SAYING, Saying, SayingSheet, SayingsPage, choose_for_all, saying, sayings};
pub use undo::{Undone, undo};
pub use unit::{UnitAsked, choose};
pub use worklist::{Filter, PAGE, WorkLine, Worklist, list};

pub use crate::store::legacy_reviews::ReviewRow;
pub use crate::store::legacy_units::ToldUnit;

use crate::base::digest::{base64url, from_base64url, sha256};
use crate::base::text::{has_control, nfc};
use crate::model::audit_entry::Columns;
use crate::model::legacy_account::AccountKey;
use crate::service::Failure;
use crate::store::StoreError;

/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 500;
/// The rule of what a human decided.
const BY_HAND: &str = "by_hand";
/// Times that others may be first to the people before a decision gives up.
const TURNS: usize = 8;

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is no such account within the reviewer's bounds.
    #[error("there is no such account")]
    NotThere,
    /// The reason is missing, too long or cannot be read.
    #[error("the reason cannot be taken")]
    Reason,
    /// It may be the reviewer's own account.
    #[error("nobody decides about their own account")]
    Own,
    /// It is not what it was when the reviewer looked: somebody else was first.
    #[error("somebody else was first")]
    Changed,
    /// There is no such person, or not within the reviewer's bounds, or they administer something.
    #[error("the account cannot be given to, or taken from, this person")]
    Person,
    /// There is no such unit today, or not within the reviewer's bounds.
    #[error("there is no such unit")]
    Unit,
    /// Nobody can be made before it is known to which unit within the reviewer's bounds the account belongs.
    #[error("the unit is to be decided first")]
    UnitFirst,
    /// No account has a name: nobody can be made.
    #[error("without a name nobody can be made")]
    Nameless,
    /// There is nothing to decide, or it was taken back before.
    #[error("there is nothing to do")]
    Nothing,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for ReviewError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Why something is decided, as typed; nothing when it cannot be taken.
fn reason(typed: &str) -> Option<String> {
    let said = nfc(typed);
    let fits = !said.is_empty() && said.chars().count() <= LONGEST_REASON && !has_control(&said);
    fits.then_some(said)
}

/// What an account is called in an address: its source may be guessed, its key may hold anything.
pub fn name_of(key: &AccountKey) -> String {
    base64url(key.to_string().as_bytes())
}

/// Reads [`name_of`] back.
pub fn key_of(name: &str) -> Option<AccountKey> {
    let text = String::from_utf8(from_base64url(name)?).ok()?;
    let (source, legacy_id) = text.split_once('/')?;
    Some(AccountKey { source: source.to_owned(), legacy_id: legacy_id.to_owned() })
}

/// Stands for an account as it was read: another mark, another account or another decision about it.
fn mark_of(row: &ReviewRow) -> String {
    let columns = Columns::of("legacy review 1")
        .text(&row.source)
        .text(&row.legacy_id)
        .bytes(&row.row_digest)
        .text(&row.decision)
        .number(row.decided_at.unwrap_or_default())
        .perhaps(row.decided_by.as_deref())
        .perhaps(row.person_id.as_deref())
        .text(&row.unit_decision)
        .perhaps(row.unit_id.as_deref())
        .perhaps(row.unit_decided_by.as_deref());
    base64url(&sha256(columns.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_again_by_its_name_whatever_its_key_holds() {
        for legacy_id in ["17", "cn=An/ou=VP,dc=bd", "{8f2c}?x=1#y", "Nguyễn Văn An", ""] {
            let key = AccountKey { source: "bd".to_owned(), legacy_id: legacy_id.to_owned() };
            assert_eq!(key_of(&name_of(&key)), Some(key), "{legacy_id}");
        }
        for nothing in ["", "x", "!!", "YmQ"] {
            assert_eq!(key_of(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_reason_says_something_that_can_be_read() {
        assert_eq!(reason("  QĐ 12/UBND  ").as_deref(), Some("QĐ 12/UBND"));
        let long = "ệ".repeat(LONGEST_REASON + 1);
        for wrong in ["", "   ", "xong\u{0}", long.as_str()] {
            assert_eq!(reason(wrong), None);
        }
    }
}
