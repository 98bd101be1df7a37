//! The merges: all of them for whoever reviews, that of one person, and those into one person.

use super::{Pair, name_of, today};
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::model::authority::{Extent, ReviewLegacy, sees};
use crate::model::person_merge::Later;
use crate::service::authority::Units;
use crate::service::{Failure, Services};
use crate::store::person_merges::{self, StoredMerge};
use crate::store::{Conn, StoreError, persons};

/// Merges of one page.
const PAGE: usize = 50;
/// Merges of one look.
const AT_ONCE: i64 = 200;
/// More are not looked through for one page.
const MOST_LOOKED_THROUGH: usize = 2_000;

/// One merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Its id.
    pub id: String,
    /// Who is left.
    pub kept: PersonId,
    /// Who was merged into them.
    pub merged: PersonId,
    /// Why.
    pub reason: String,
    /// Who did it, as records name them.
    pub by: String,
    /// When.
    pub at: Millis,
    /// Who undid it, when and why.
    pub undone: Option<(String, Millis, String)>,
    /// What was changed since: what stayed, and what the kept person did not keep.
    pub stayed: Vec<Later>,
}

impl Merged {
    pub(super) fn read(stored: StoredMerge) -> Self {
        Self {
            undone: stored.undone_by.zip(stored.undone_at).map(|(by, at)| (by, Millis(at), stored.undone_why)),
            // What an older version wrote and this one cannot read is not shown.
            stayed: serde_json::from_str(&stored.stayed).unwrap_or_default(),
            id: stored.id,
            kept: PersonId(stored.kept_id),
            merged: PersonId(stored.merged_id),
            reason: stored.reason,
            by: stored.merged_by,
            at: Millis(stored.merged_at),
        }
    }
}

/// One merge with the names of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The merge.
    pub merge: Merged,
    /// Full name and user name of whoever is left.
    pub kept: (String, String),
    /// The same of whoever was merged.
    pub merged: (String, String),
}

/// One merge, undone or not. Who may see it is for the caller to say.
pub async fn find(services: &Services, id: &str) -> Result<Option<Merged>, Failure> {
    Ok(person_merges::find(&mut services.store.read().await?, id).await?.map(Merged::read))
}

/// The merge by which somebody is merged now.
pub async fn merged_into(services: &Services, person: &PersonId) -> Result<Option<Merged>, Failure> {
    Ok(person_merges::find_of_merged(&mut services.store.read().await?, person).await?.map(Merged::read))
}

/// Who is merged into whoever is kept of a pair, the last one first.
pub async fn list_into(services: &Services, kept: &PersonId) -> Result<Vec<Listed>, Failure> {
    let mut conn = services.store.read().await?;
    let mut listed = Vec::new();
    for stored in person_merges::list_of_kept(&mut conn, kept).await? {
        listed.push(named(&mut conn, stored).await?);
    }
    Ok(listed)
}

/// The merges of people within the bounds of a proof, the last one first, after a place; and the place of the next page.
pub async fn list(
    services: &Services,
    proof: &Units<ReviewLegacy>,
    after: Option<&str>,
) -> Result<(Vec<Listed>, Option<String>), Failure> {
    let mut conn = services.store.read().await?;
    let (mut before, mut looked_through) = (after.and_then(place).unwrap_or((i64::MAX, String::new())), 0);
    let mut listed = Vec::new();
    loop {
        let some = person_merges::list(&mut conn, (before.0, &before.1), AT_ONCE).await?;
        if some.is_empty() {
            return Ok((listed, None));
        }
        for stored in some {
            before = (stored.version, stored.id.clone());
            looked_through += 1;
            if is_seen(&mut conn, services, proof.extent(), &stored).await? {
                listed.push(named(&mut conn, stored).await?);
            }
            if listed.len() == PAGE || looked_through == MOST_LOOKED_THROUGH {
                return Ok((listed, Some(format!("{}.{}", before.0, before.1))));
            }
        }
    }
}

/// A place as addresses carry it.
fn place(text: &str) -> Option<(i64, String)> {
    let (version, id) = text.split_once('.')?;
    Some((version.parse().ok()?, id.to_owned()))
}

/// Both of them lie within an extent.
async fn is_seen(conn: &mut Conn, services: &Services, extent: &Extent, stored: &StoredMerge) -> Result<bool, StoreError> {
    if *extent == Extent::City {
        return Ok(true);
    }
    for id in [&stored.kept_id, &stored.merged_id] {
        let found = persons::find(conn, &PersonId(id.clone())).await?;
        if found.is_none_or(|person| !sees(extent, &person, today(services))) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn named(conn: &mut Conn, stored: StoredMerge) -> Result<Listed, StoreError> {
    let merge = Merged::read(stored);
    let kept = name_of(conn, &merge.kept).await?;
    let merged = name_of(conn, &merge.merged).await?;
    Ok(Listed { merge, kept, merged })
}

/// Whether a merge is that of a pair.
pub(super) fn is_of(stored: &StoredMerge, pair: &Pair) -> bool {
    stored.kept_id == pair.kept.0 && stored.merged_id == pair.merged.0
}
