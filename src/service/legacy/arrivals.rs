//! Somebody who came through a live system: what it tells of them becomes an account, as if a file had brought it.
//!
//! An account that is there already is believed to be who it was as long as
//! what is told of its owner does not contradict what was known. Systems give
//! a name or number that was deleted to somebody else: then nobody gets in by
//! it, and a human looks. An e-mail address is never a reason for anything.
//!
//! Whose it is, what their position is by it, and what ends with that is written
//! as a whole run of matching would write it: nothing of it waits for one.

use super::import::live::{self, Live};
use super::matching::by_hand::{self, Lost};
use super::taken_away::{self, TakenAway};
use super::{matching, units};
use crate::base::id::PersonId;
use crate::base::text::{has_control, nfc};
use crate::model::legacy_account::{AccountStatus, FoldedName, swapped};
use crate::model::legacy_source::{LegacySource, Settings};
use crate::model::legacy_unit::UnitDecision;
use crate::service::audit::{self, Event};
use crate::service::sign_on::ending::{By, Ended};
use crate::service::{Failure, Origin, Services};
use crate::store::legacy_accounts::{self, Given, Replacing, Reset, Stored, credentials};
use crate::store::legacy_arrivals::{self, Doubted};
use crate::store::legacy_units::{self, DecidedUnit, ToldUnit};
use crate::store::{StoreError, Tx, legacy_matching, legacy_sources};
use serde_json::json;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Stands where an import would.
const LIVE: &str = "live";
/// Who decides when facts contradict.
const ACTOR: &str = "system:arrival";
/// The rule by which an account is taken from its owner.
pub const REUSED: &str = "subject_reused";
/// Times that somebody else may be first to one account.
const TURNS: usize = 4;
/// The longest names of accounts and the longest of other texts, in characters, as files have them.
const LONGEST_ID: usize = 255;
const LONGEST: usize = 300;

/// What a live system tells of somebody. What it does not tell is empty.
#[derive(Clone, Default)]
pub struct Arrival {
    /// What the system calls the account; it never changes there.
    pub legacy_id: String,
    /// What the person types as their name.
    pub username: String,
    /// The full name.
    pub full_name: String,
    /// The date of birth, as it is written there.
    pub date_of_birth: String,
    /// The personal number, as it is written there.
    pub personal_number: Zeroizing<String>,
    /// An e-mail address.
    pub email: String,
    /// A telephone number.
    pub phone: String,
    /// The code of the unit.
    pub unit_code: String,
    /// The name of the unit.
    pub unit_name: String,
    /// The name of the unit's district.
    pub district_name: String,
    /// The post.
    pub title: String,
    /// Whether the account can be used there, in the system's words.
    pub status: String,
}

/// Which one, and nothing of whom.
impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arrival").field("legacy_id", &self.legacy_id).finish_non_exhaustive()
    }
}

impl Arrival {
    /// In composed letters; what is no text, or too long, is not told.
    pub(super) fn tidied(mut self) -> Option<Self> {
        let id = nfc(&self.legacy_id);
        let is_id = !id.is_empty() && id.chars().count() <= LONGEST_ID && !has_control(&id);
        self.legacy_id = id;
        let texts = [
            (&mut self.username, LONGEST_ID),
            (&mut self.full_name, LONGEST),
            (&mut self.date_of_birth, LONGEST),
            (&mut *self.personal_number, LONGEST),
            (&mut self.email, LONGEST),
            (&mut self.phone, LONGEST),
            (&mut self.unit_code, LONGEST),
            (&mut self.unit_name, LONGEST),
            (&mut self.district_name, LONGEST),
            (&mut self.title, LONGEST),
            (&mut self.status, LONGEST),
        ];
        for (text, longest) in texts {
            let tidy = nfc(text);
            let fits = tidy.chars().count() <= longest && !has_control(&tidy);
            *text = if fits { tidy } else { String::new() };
        }
        is_id.then_some(self)
    }
}

/// What becomes of what is told.
enum Written {
    /// All of it was known.
    Known,
    /// Something was written, which a decision may follow from: what is told, and whose the account was.
    New(Box<Given>, Option<PersonId>),
    /// It contradicts what was known: a human looks, and what the account gave ends.
    Doubted(Lost),
    /// Nobody whom this source may bring.
    Stranger,
}

/// Brings an account in, or what is told of it now; decides its unit and whose it is.
///
/// Whoever asks afterwards whom the account leads to gets the answer: this one says nothing of that.
pub async fn arrive(services: &Services, source: &LegacySource, row: Arrival, origin: &Origin) -> Result<(), Failure> {
    let Some(arrival) = row.tidied() else {
        tracing::warn!(source = %source.id, "somebody came whose account has no name that can be kept");
        return Ok(());
    };
    let mut written = Err(StoreError::Stale.into());
    for _ in 0..TURNS {
        written = try_to_write(services, source, &arrival, origin).await;
        if !matches!(written, Err(Failure::Store(StoreError::Stale))) {
            break;
        }
    }
    let outcome = match &written {
        Ok(Written::Known) => "known",
        Ok(Written::New(..)) => "new",
        Ok(Written::Doubted(_)) => "doubted",
        Ok(Written::Stranger) => "stranger",
        Err(_) => "failed",
    };
    metrics::counter!("motlan_legacy_arrivals_total", "outcome" => outcome).increment(1);
    match written? {
        Written::New(given, was) => {
            resolve_unit(services, source, &given).await?;
            matching::decide_name(services, &given.name_sorted, origin).await?;
            end_old(services, source, (&given.legacy_id, was), origin).await
        }
        Written::Doubted(lost) => {
            lost.tell(services);
            Ok(())
        }
        Written::Known | Written::Stranger => Ok(()),
    }
}

/// Ends what an account gave and gives no more, also where nothing was decided anew: its unit alone is another.
async fn end_old(
    services: &Services,
    source: &LegacySource,
    (legacy_id, was): (&str, Option<PersonId>),
    origin: &Origin,
) -> Result<(), Failure> {
    let found = credentials::find(&mut services.store.read().await?, &source.id, legacy_id).await?;
    let now = found.and_then(|account| account.person_id).map(PersonId);
    let people: BTreeSet<PersonId> = was.into_iter().chain(now).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    by_hand::end_now(services, &people, By { actor: ACTOR, origin }).await
}

async fn try_to_write(
    services: &Services,
    source: &LegacySource,
    arrival: &Arrival,
    origin: &Origin,
) -> Result<Written, Failure> {
    let mut conn = services.store.read().await?;
    let ids = [arrival.legacy_id.as_str()];
    let known = legacy_accounts::list(&mut conn, &source.id, &ids).await?.into_iter().next();
    if legacy_accounts::list_marks(&mut conn, &source.id, &ids).await?.iter().any(|mark| mark.erased != 0) {
        // All that was known of them was removed, and does not come back this way.
        return Ok(Written::Stranger);
    }
    let live = live::lay(services, &source.id, arrival, known.as_ref())?;
    let is_same = |known: &Stored| known.gone_at.is_none() && known.given.row_digest == live.given.row_digest;
    if known.as_ref().is_some_and(is_same) {
        return Ok(Written::Known);
    }
    if known.is_none() && !may_come(services, source, &live.given).await? {
        return Ok(Written::Stranger);
    }
    drop(conn);
    let mut tx = services.store.write().await?;
    // Whoever removes a source stops it first: nothing comes in any more.
    if !legacy_sources::hold(&mut tx, &source.id).await? {
        return Ok(Written::Stranger);
    }
    let now_set = legacy_sources::find(&mut tx, &source.id).await?;
    if now_set.is_none_or(|source| source.stopped_at.is_some()) {
        return Ok(Written::Stranger);
    }
    let (written, ended) = match &known {
        None => (add(&mut tx, services, source, live, origin).await?, Vec::new()),
        Some(known) => replace(&mut tx, services, source, (known, live), origin).await?,
    };
    tx.commit().await?;
    taken_away::tell(services, &ended);
    Ok(written)
}

/// True when somebody may come of whom nobody has heard: the source brings newcomers, or their number is known.
async fn may_come(services: &Services, source: &LegacySource, given: &Given) -> Result<bool, Failure> {
    let brings_newcomers = match &source.settings {
        Settings::Oidc(settings) => settings.newcomers,
        Settings::Ldap(_) | Settings::Hashes(_) => true,
    };
    if brings_newcomers {
        return Ok(true);
    }
    let Some(digest) = given.number_digest.clone().filter(|_| given.number_kind == "twelve") else { return Ok(false) };
    let mut conn = services.store.read().await?;
    let digests = [digest];
    let is_known = !legacy_matching::list_number_holders(&mut conn, &digests).await?.is_empty()
        || !legacy_matching::list_numbered(&mut conn, &digests, 1).await?.is_empty();
    Ok(is_known)
}

async fn add(
    tx: &mut Tx,
    services: &Services,
    source: &LegacySource,
    live: Live,
    origin: &Origin,
) -> Result<Written, StoreError> {
    let now = services.clock.now();
    legacy_accounts::add(tx, &source.id, LIVE, now, std::slice::from_ref(&live.given)).await?;
    let detail = json!({ "source": source.id, "legacy_id": live.given.legacy_id });
    record(tx, services, ("legacy_account.arrived", detail), None, origin).await?;
    Ok(Written::New(Box::new(live.given), None))
}

async fn replace(
    tx: &mut Tx,
    services: &Services,
    source: &LegacySource,
    (known, live): (&Stored, Live),
    origin: &Origin,
) -> Result<(Written, Vec<Ended>), StoreError> {
    let now = services.clock.now();
    let by = By { actor: ACTOR, origin };
    let is_doubted = is_to_be_doubted(source, known, &live);
    let reset = if is_doubted { Reset::default() } else { live.reset };
    let replacing = Replacing { source: &source.id, given: &live.given, before: &known.given.row_digest, import: LIVE, reset };
    legacy_accounts::replace(tx, &replacing, now).await?;
    let person = known.person_id.clone().map(PersonId);
    let mut detail = json!({
        "source": source.id,
        "legacy_id": live.given.legacy_id,
        "import": LIVE,
        "columns": live.columns,
        "came_back": known.gone_at.is_some(),
    });
    let mut taken = TakenAway::default();
    if let Some(was) = person.as_ref().filter(|_| is_doubted || is_taken_by(known, &live.given, reset)) {
        taken.add((&source.id, &live.given.legacy_id), was);
    }
    if is_doubted {
        doubt(tx, services, &source.id, &live.given).await?;
        record(tx, services, ("legacy_account.doubted", detail), person.as_ref(), origin).await?;
        let ended = taken.end(tx, services, by).await?;
        let people: Vec<PersonId> = person.into_iter().collect();
        let lost = by_hand::end_in(tx, services, &people, by).await?;
        return Ok((Written::Doubted(lost), ended));
    }
    detail["decided_anew"] = json!(live.reset.decision && known.decided_by.is_none());
    record(tx, services, ("legacy_account.changed", detail), person.as_ref(), origin).await?;
    if person.is_some() && live.reset.another {
        let detail = json!({ "source": source.id, "legacy_id": live.given.legacy_id, "import": LIVE });
        record(tx, services, ("legacy.account_released", detail), person.as_ref(), origin).await?;
    }
    let ended = taken.end(tx, services, by).await?;
    Ok((Written::New(Box::new(live.given), person), ended))
}

/// True where what a system tells of an account that is somebody's is not of them.
pub(super) fn is_to_be_doubted(source: &LegacySource, known: &Stored, live: &Live) -> bool {
    let is_owned = matches!(known.decision.as_str(), "linked" | "created");
    is_owned && is_doubtful(known, &live.alone, has_lasting_ids(source))
}

/// True where the source never gives the name of an account to somebody else. Whoever comes back by such a name need not
/// show that they are who left.
fn has_lasting_ids(source: &LegacySource) -> bool {
    match &source.settings {
        Settings::Ldap(settings) => settings.attributes.has_lasting_ids(),
        Settings::Oidc(_) | Settings::Hashes(_) => false,
    }
}

/// True where an account is taken from its owner by what is given now, or is locked from now on.
pub(super) fn is_taken_by(known: &Stored, given: &Given, reset: Reset) -> bool {
    let is_locked = |status: &str| AccountStatus::read(status) == AccountStatus::Disabled;
    reset.another || (is_locked(&given.status) && !is_locked(&known.given.status))
}

/// Takes an account from its owner, and asks a human: once what is told is written.
pub(super) async fn doubt(tx: &mut Tx, services: &Services, source: &str, told: &Given) -> Result<(), StoreError> {
    let (legacy_id, row_digest) = (told.legacy_id.as_str(), told.row_digest.as_slice());
    let doubted = Doubted { source, legacy_id, row_digest, rule: REUSED, by: ACTOR, why: "" };
    let is_doubted = legacy_arrivals::doubt(tx, &doubted, services.clock.now()).await?;
    if is_doubted { Ok(()) } else { Err(StoreError::Stale) }
}

/// True when what is told is not of whom the account was. Of one that was gone for a while, it has to be shown that it is,
/// unless its name is never given to anybody else. Only what is told now is compared: what is known of the account agrees
/// with itself.
fn is_doubtful(known: &Stored, given: &Given, is_lasting: bool) -> bool {
    let before = &known.given;
    let number = |given: &Given| given.number_digest.clone().filter(|_| given.number_kind == "twelve");
    let numbers = number(before).zip(number(given)).map(|(one, other)| one == other);
    let births = before.date_of_birth.zip(given.date_of_birth).map(|(one, other)| one == other || swapped(one) == Some(other));
    let names = same_name(&before.full_name, &given.full_name, numbers == Some(true));
    if [numbers, births, names].contains(&Some(false)) {
        return true;
    }
    let is_shown = numbers == Some(true) || (names == Some(true) && births == Some(true));
    known.gone_at.is_some() && !is_lasting && !is_shown
}

/// Whether two names are one; nothing when there are no two. Accents that differ are another name where no number speaks
/// for it.
fn same_name(one: &str, other: &str, number_agrees: bool) -> Option<bool> {
    let (one, other) = (FoldedName::read(one), FoldedName::read(other));
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let accents = match (one.marked(), other.marked()) {
        (Some(one), Some(other)) => one == other,
        (Some(_), None) | (None, Some(_) | None) => true,
    };
    Some(one.sorted() == other.sorted() && (accents || number_agrees))
}

/// Resolves what an account says of its unit, unless a human has decided that.
async fn resolve_unit(services: &Services, source: &LegacySource, given: &Given) -> Result<(), Failure> {
    let told = ToldUnit { code: given.unit_code.clone(), name: given.unit_name.clone(), district: given.district_name.clone() };
    let found = units::explain(services, &[(told.clone(), source.as_of)]);
    let Some(found) = found.into_iter().next() else { return Ok(()) };
    let decision: UnitDecision = found.reason.decision();
    let decided = DecidedUnit {
        legacy_id: &given.legacy_id,
        told: &told,
        decision: decision.word(),
        unit: found.unit.as_ref(),
        from: found.from.as_ref(),
        reason: found.reason.word(),
    };
    let mut tx = services.store.write().await?;
    legacy_units::mark_decided(&mut tx, &source.id, &[decided]).await?;
    Ok(tx.commit().await?)
}

async fn record(
    tx: &mut Tx,
    services: &Services,
    (event, detail): (&'static str, serde_json::Value),
    person: Option<&PersonId>,
    origin: &Origin,
) -> Result<(), StoreError> {
    let event = Event { event, actor: ACTOR.to_owned(), person, client: None, origin, detail };
    audit::record(tx, services, event).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use time::macros::date;

    fn stored(name: &str, born: Option<time::Date>, number: Option<u8>) -> Stored {
        let given = Given {
            legacy_id: "7".to_owned(),
            username: "an".to_owned(),
            username_folded: "an".to_owned(),
            full_name: name.to_owned(),
            name_sorted: String::new(),
            date_of_birth: born,
            born_text: String::new(),
            number_kind: if number.is_some() { "twelve" } else { "missing" }.to_owned(),
            number_born: None,
            number_digest: number.map(|number| vec![number; 32]),
            number_sealed: None,
            email: "vp@bd.vn".to_owned(),
            phone: String::new(),
            unit_code: String::new(),
            unit_name: String::new(),
            district_name: String::new(),
            title: String::new(),
            status: String::new(),
            last_login_at: String::new(),
            row_digest: Vec::new(),
        };
        Stored {
            given,
            gone_at: None,
            decision: "linked".to_owned(),
            decided_by: None,
            person_id: Some("an".to_owned()),
            unit_decision: String::new(),
            unit_decided_by: None,
        }
    }

    #[test]
    fn an_account_is_believed_until_facts_contradict() {
        let born = Some(date!(1986 - 03 - 04));
        let known = stored("Nguyễn Văn An", born, Some(1));
        let gone = Stored { gone_at: Some(Millis(1)), ..known.clone() };
        let table = [
            ("the same", stored("Nguyễn Văn An", born, Some(1)), false, false),
            ("nothing is told", stored("", None, None), false, true),
            ("without accents", stored("NGUYEN VAN AN", born, None), false, false),
            ("a name alone", stored("Nguyễn Văn An", None, None), false, true),
            ("day and month exchanged", stored("An Nguyễn Văn", Some(date!(1986 - 04 - 03)), None), false, false),
            ("a number alone", stored("", None, Some(1)), false, false),
            ("another number", stored("Nguyễn Văn An", born, Some(2)), true, true),
            ("another name", stored("Lê Văn Tư", born, None), true, true),
            ("another name and the same number", stored("Lê Văn Tư", born, Some(1)), true, true),
            ("other accents", stored("Nguyễn Văn Ân", None, None), true, true),
            ("other accents and the same number", stored("Nguyễn Văn Ân", None, Some(1)), false, false),
            ("another birth", stored("Nguyễn Văn An", Some(date!(1986 - 03 - 05)), None), true, true),
        ];
        for (case, told, doubted, doubted_when_gone) in table {
            assert_eq!(is_doubtful(&known, &told.given, false), doubted, "{case}");
            assert_eq!(is_doubtful(&gone, &told.given, false), doubted_when_gone, "{case}, gone");
            assert_eq!(is_doubtful(&gone, &told.given, true), doubted, "{case}, gone, by a name that nobody else gets");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_not_told() {
        let arrival = Arrival {
            legacy_id: " 7 ".to_owned(),
            full_name: "a".repeat(LONGEST + 1),
            title: "Chuyên\u{0}viên".to_owned(),
            phone: "0901".to_owned(),
            ..Arrival::default()
        };

        let tidy = arrival.clone().tidied().expect("an account");

        assert_eq!((tidy.full_name.as_str(), tidy.title.as_str(), tidy.phone.as_str()), ("", "", "0901"));
        for id in ["", " ", "a\u{0}b", &"7".repeat(LONGEST_ID + 1)] {
            assert!(Arrival { legacy_id: id.to_owned(), ..arrival.clone() }.tidied().is_none(), "{id:?}");
        }
    }
}
