//! What a change of the registry says of days that are over is written down beside what was said before, with the change.

use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::model::correction::{Made, Way, among};
use crate::model::plan::edit::Edits;
use crate::store::{AsEx, StoreError, registry_corrections};

/// Longer lists of files are cut.
const LONGEST_REASON: usize = 500;

/// Who changes the registry, when and by which way.
pub(super) struct Hand<'a> {
    pub(super) by: &'a str,
    pub(super) way: Way,
    /// The files, or the file of codes.
    pub(super) what: &'a str,
    pub(super) now: Millis,
}

/// Writes down what of these edits corrects the past; `version` is the one that they were made to.
pub(super) async fn note(tx: &mut impl AsEx, hand: &Hand<'_>, edits: &Edits, version: i64) -> Result<(), StoreError> {
    let made = Made {
        at: hand.now,
        by: hand.by.to_owned(),
        way: hand.way,
        reason: hand.what.chars().take(LONGEST_REASON).collect(),
        version_before: version,
        version_after: version + 1,
    };
    registry_corrections::add(tx, &made, &among(edits, vietnam_date(hand.now))).await
}
