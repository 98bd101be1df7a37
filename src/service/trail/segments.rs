//! Months of long ago, moved from the database into files.
//!
//! A file is an export, packed. It is read back and gone through before
//! anything is removed, and its digest is signed. Then the rows go, a few at a
//! time; a node that is killed in the middle goes on the next time. Grants
//! that a refresh token lives on stay until it does not.

use super::export::{Bounds, write_lines};
use super::lines::start_of;
use super::walk::{Trust, Walk};
use super::{TrailError, files, seal};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::digest::hex;
use crate::model::audit_entry::Segment;
use crate::service::{Services, leases};
use crate::store::audit_chain;
use crate::store::audit_seals::{self, StoredSegment};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use time::Date;

const LEASE: &str = "audit_segments";
/// Writing a month out takes its time.
const LEASE_SECONDS: i64 = 3_600;
/// Entries of one short write.
const AT_ONCE: i64 = 500;

/// What the file of a month is called.
pub fn file_name(month: &str) -> String {
    format!("{month}.jsonl.gz")
}

/// Where the file of a month lies.
pub fn path_of(dir: &Path, month: &str) -> PathBuf {
    // A month comes out of a signature; nothing else of its name is believed.
    dir.join(file_name(&month.replace(|letter: char| !letter.is_ascii_digit() && letter != '-', "_")))
}

/// Moves one month whose time has come; answers which. Run again until there is none.
pub async fn archive(services: &Services, holder: &str) -> Result<Option<String>, TrailError> {
    let Some(dir) = services.settings.audit_dir.clone() else { return Ok(None) };
    let Some((month, bounds)) = due(services).await? else {
        finish(services, holder).await?;
        return Ok(None);
    };
    if !leases::take(services, LEASE, LEASE_SECONDS, holder).await? {
        return Ok(None);
    }
    remove_moved(services).await?;
    let path = path_of(&dir, &month);
    write_file(services, &bounds, &path).await?;
    let segment = examine(services, &bounds, &month, &path).await?;
    let stored =
        StoredSegment { month, first_seq: segment.first, last_seq: segment.last, seal: signed(services, &segment).await? };
    let mut tx = services.store.write().await?;
    audit_seals::add_segment(&mut tx, &stored).await?;
    tx.commit().await?;
    tracing::info!(month = %stored.month, entries = segment.last - segment.first + 1, "a month of the audit was moved into a file");
    remove_moved(services).await?;
    Ok(Some(stored.month))
}

/// Goes on removing where a node was killed, or where a token has ended meanwhile.
async fn finish(services: &Services, holder: &str) -> Result<(), TrailError> {
    let archived = archived(services).await?;
    if archived == 0 || !leases::take(services, LEASE, LEASE_SECONDS, holder).await? {
        return Ok(());
    }
    remove_moved(services).await
}

async fn archived(services: &Services) -> Result<i64, TrailError> {
    let months = audit_seals::list_segments(&mut services.store.read().await?).await?;
    Ok(months.last().map_or(0, |month| month.last_seq))
}

/// The first month that is not kept in the database any longer, and its entries.
async fn due(services: &Services) -> Result<Option<(String, Bounds)>, TrailError> {
    let mut conn = services.store.read().await?;
    let archived = audit_seals::list_segments(&mut conn).await?.last().map_or(0, |month| month.last_seq);
    let Some(oldest) = audit_chain::list_after(&mut conn, archived, i64::MAX, 1).await?.into_iter().next() else {
        return Ok(None);
    };
    let kept_from = first_kept(vietnam_date(services.clock.now()), services.settings.audit_keep_months);
    let mut month = first_day(vietnam_date(Millis(oldest.at)));
    // A month in which nothing was sealed to its end goes with the next one.
    while month < kept_from {
        let next = months_later(month, 1);
        if let Some(last) = audit_seals::last_through(&mut conn, archived, start_of(next).0).await? {
            let after = audit_seals::before(&mut conn, archived.saturating_add(1)).await?;
            return Ok(Some((name_of(month), Bounds { after, last })));
        }
        month = next;
    }
    Ok(None)
}

async fn write_file(services: &Services, bounds: &Bounds, path: &Path) -> Result<(), TrailError> {
    let trouble = |error| TrailError::file(path, error);
    if let Some(dir) = path.parent() {
        tokio::fs::create_dir_all(dir).await.map_err(trouble)?;
    }
    // An earlier try that was not finished is written over; a finished one is never tried again.
    let draft = path.with_extension("new");
    let file = File::create(&draft).map_err(trouble)?;
    let mut packed = GzEncoder::new(BufWriter::new(file), Compression::default());
    write_lines(services, bounds, &mut packed).await?;
    let file = packed.finish().map_err(trouble)?.into_inner().map_err(|error| trouble(error.into_error()))?;
    file.sync_all().map_err(trouble)?;
    tokio::fs::rename(&draft, path).await.map_err(trouble)?;
    let Some(dir) = path.parent() else { return Ok(()) };
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(trouble)
}

/// Reads the file back: only what is whole is taken for it.
async fn examine(services: &Services, bounds: &Bounds, month: &str, path: &Path) -> Result<Segment, TrailError> {
    let keys = seal::trusted(&mut services.store.read().await?, &services.envelope).await?;
    let (own, month, place) = (services.clone(), month.to_owned(), path.to_owned());
    let (first, last) = (bounds.first(), bounds.last.seq);
    let examined = tokio::task::spawn_blocking(move || -> Result<Segment, TrailError> {
        let mut walk = Walk::new(Trust { keys: &keys, secrets: Some(&own.secrets), kept: &[] });
        let range = match files::walk_file(&place, &mut walk, true)? {
            Ok(range) if (range.first, range.last) == (first, last) => range,
            Ok(_) => return Err(TrailError::Refused(format!("{}: not what was written", place.display()))),
            Err(finding) => {
                let what = finding.sentence();
                return Err(TrailError::Refused(format!("month {month} stays in the database: {what}")));
            }
        };
        let sha256 = hex(&files::digest_of(&place)?);
        Ok(Segment { month, first, last, link: range.link, sha256, sealed_at: range.written_at })
    });
    match examined.await {
        Ok(segment) => segment,
        Err(_) => Err(TrailError::Refused(format!("{}: could not be read back", path.display()))),
    }
}

async fn signed(services: &Services, segment: &Segment) -> Result<String, TrailError> {
    let signer = seal::signer(&mut services.store.read().await?, &services.envelope).await?;
    let signer = signer.ok_or_else(|| TrailError::Refused("the key of the audit is gone".to_owned()))?;
    Ok(seal::sign(&signer, segment)?)
}

/// Removes from the database what lies in files. The seal at the end of each month stays: the next one hangs on it.
async fn remove_moved(services: &Services) -> Result<(), TrailError> {
    let keys = seal::trusted(&mut services.store.read().await?, &services.envelope).await?;
    let months = audit_seals::list_segments(&mut services.store.read().await?).await?;
    // Only what we signed ourselves makes us remove anything.
    let ours = |month: &&StoredSegment| {
        seal::open::<Segment>(&keys, &month.seal)
            .is_some_and(|signed| (signed.first, signed.last) == (month.first_seq, month.last_seq))
    };
    for month in months.iter().filter(ours) {
        remove_month(services, month).await?;
    }
    Ok(())
}

async fn remove_month(services: &Services, month: &StoredSegment) -> Result<(), TrailError> {
    loop {
        let mut conn = services.store.read().await?;
        let some = audit_chain::removable(&mut conn, month.first_seq, month.last_seq, AT_ONCE).await?;
        drop(conn);
        let (Some(first), Some(last)) = (some.first(), some.last()) else { break };
        let mut tx = services.store.write().await?;
        let removed = audit_chain::remove(&mut tx, *first, *last).await?;
        tx.commit().await?;
        if removed == 0 {
            break;
        }
    }
    let seals = audit_seals::list_between(&mut services.store.read().await?, month.first_seq - 1, month.last_seq - 1).await?;
    if seals.is_empty() {
        return Ok(());
    }
    let mut tx = services.store.write().await?;
    audit_seals::remove(&mut tx, month.first_seq, month.last_seq - 1).await?;
    Ok(tx.commit().await?)
}

fn first_day(day: Date) -> Date {
    day.replace_day(1).unwrap_or(day)
}

/// The first day of a month so many months later, or earlier.
fn months_later(first: Date, months: i64) -> Date {
    let all = i64::from(first.year()) * 12 + i64::from(u8::from(first.month())) - 1 + months;
    let year = i32::try_from(all.div_euclid(12)).unwrap_or(first.year());
    let month = u8::try_from(all.rem_euclid(12) + 1).ok().and_then(|month| time::Month::try_from(month).ok());
    month.and_then(|month| Date::from_calendar_date(year, month, 1).ok()).unwrap_or(first)
}

/// The first day whose entries stay in the database.
fn first_kept(today: Date, months: i64) -> Date {
    months_later(first_day(today), -months)
}

fn name_of(month: Date) -> String {
    format!("{:04}-{:02}", month.year(), u8::from(month.month()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn whole_months_are_kept_beside_the_present_one() {
        for (today, months, expected) in [
            (date!(2026 - 11 - 22), 12, date!(2025 - 11 - 01)),
            (date!(2026 - 12 - 01), 12, date!(2025 - 12 - 01)),
            (date!(2026 - 01 - 31), 1, date!(2025 - 12 - 01)),
            (date!(2026 - 03 - 31), 3, date!(2025 - 12 - 01)),
        ] {
            assert_eq!(first_kept(today, months), expected, "{today}");
        }
        assert_eq!(name_of(months_later(date!(2025 - 12 - 01), 1)), "2026-01");
    }

    #[test]
    fn a_month_lies_in_its_folder_whatever_it_is_called() {
        assert_eq!(path_of(Path::new("/a"), "2025-11"), Path::new("/a/2025-11.jsonl.gz"));
        assert_eq!(path_of(Path::new("/a"), "../../etc"), Path::new("/a/_________.jsonl.gz"));
    }
}
