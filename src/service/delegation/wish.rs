//! What somebody wants to hand over: read as it was typed, and held against what they hold and who the other one is.

use crate::base::clock::Millis;
use crate::base::date::{parse, vietnam_date};
use crate::base::id::PersonId;
use crate::base::text::{has_control, nfc};
use crate::model::lifecycle::plus_days;
use crate::model::person::Username;
use crate::model::position::Position;
use crate::service::known::KnownPerson;
use crate::service::{Failure, Services};
use crate::store::{StoreError, admin_roles, persons};
use crate::transient::{TransientError, attempts};
use time::Date;

/// Days after the first one on which a delegation may still count: a year at most.
pub const MOST_DAYS: i64 = 365;
/// Characters of the number of a decision.
pub const LONGEST_DECISION: usize = 100;
/// User names that one person may ask for within an hour: a few delegations, and no list of who is here.
const NAMES_AN_HOUR: i64 = 30;
const HOUR_MS: i64 = 3_600_000;
const BUCKET: &str = "delegation";

/// What was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The id of the post.
    pub position: String,
    /// The user name of whoever shall act in it.
    pub to: String,
    /// First day.
    pub valid_from: String,
    /// Last day.
    pub valid_to: String,
    /// Number of the decision.
    pub decision_no: String,
}

/// Why something cannot be handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// No post was chosen, or one that they do not hold themselves.
    Post,
    /// Somebody else acts in this post on some of these days.
    Twice,
    /// Nobody was named.
    NoName,
    /// They named themselves.
    Oneself,
    /// Nobody of this name can act for them: there is none, or they may not sign in, or hold no post here.
    Nobody,
    /// There is no first day, or it is none.
    From,
    /// The first day is over.
    Past,
    /// The first day is too far ahead.
    TooFar,
    /// There is no last day, or it is none.
    Until,
    /// The last day comes before the first.
    Order,
    /// It is for longer than a year.
    TooLong,
    /// The post, or its unit, ends before.
    BeyondPost(Date),
    /// There is no number of a decision, or one that cannot be kept.
    Decision,
}

/// Why nothing was handed over.
#[derive(Debug, thiserror::Error)]
pub enum GiveError {
    /// It cannot be.
    #[error("this cannot be handed over: {0:?}")]
    Refused(Problem),
    /// Too many names were asked for.
    #[error("too many user names were asked for within an hour")]
    TooMany {
        /// When there is room again.
        until: Millis,
    },
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for GiveError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<TransientError> for GiveError {
    fn from(error: TransientError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<Problem> for GiveError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// Who shall act for somebody, as they are shown before anything is handed to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub id: PersonId,
    /// Their user name.
    pub username: String,
    /// Their full name.
    pub full_name: String,
    /// The post by which they are known, their main one first.
    pub post: Position,
}

/// What a wish means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The post that is handed over.
    pub post: Position,
    /// To whom.
    pub to: Recipient,
    /// First day.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Date,
    /// Number of the decision.
    pub decision_no: String,
}

/// Says what a wish means; nothing is written.
///
/// Whoever is named is shown by name and unit, as the city's directory shows everybody: else a slip of the pen would hand a
/// post to a stranger. All names that lead to nobody are answered alike, and names are counted.
pub async fn look(services: &Services, giver: &KnownPerson, wish: &Wish) -> Result<Seen, GiveError> {
    let today = vietnam_date(services.clock.now());
    let post = own_post(giver, &wish.position, today).ok_or(Problem::Post)?.clone();
    let (valid_from, valid_to) = days(wish, today)?;
    let last = [post.valid_to, giver.units.unit(&post.unit).and_then(|unit| unit.span.to)].into_iter().flatten().min();
    if let Some(last) = last.filter(|last| *last < valid_to) {
        return Err(Problem::BeyondPost(last).into());
    }
    let decision_no = nfc(&wish.decision_no);
    if decision_no.is_empty() || has_control(&decision_no) || decision_no.chars().count() > LONGEST_DECISION {
        return Err(Problem::Decision.into());
    }
    // Last of all: whoever mends the rest of the form asks for no name.
    let to = recipient(services, giver, &wish.to, today).await?;
    Ok(Seen { post, to, valid_from, valid_to, decision_no })
}

/// A post that somebody holds themselves today.
fn own_post<'k>(giver: &'k KnownPerson, id: &str, today: Date) -> Option<&'k Position> {
    giver.person.positions_on(today).into_iter().find(|held| held.delegated_by.is_none() && held.id.0 == id)
}

fn days(wish: &Wish, today: Date) -> Result<(Date, Date), Problem> {
    let from = parse(wish.valid_from.trim()).ok_or(Problem::From)?;
    let to = parse(wish.valid_to.trim()).ok_or(Problem::Until)?;
    if from < today {
        return Err(Problem::Past);
    }
    if from > plus_days(today, MOST_DAYS) {
        return Err(Problem::TooFar);
    }
    if to < from {
        return Err(Problem::Order);
    }
    if to > plus_days(from, MOST_DAYS) {
        return Err(Problem::TooLong);
    }
    Ok((from, to))
}

async fn recipient(services: &Services, giver: &KnownPerson, typed: &str, today: Date) -> Result<Recipient, GiveError> {
    if typed.trim().is_empty() {
        return Err(Problem::NoName.into());
    }
    let own = &giver.person.id;
    let now = services.clock.now();
    let (asked, until) = attempts::add(&services.transient, BUCKET, own.as_str(), HOUR_MS, now).await?;
    if asked > NAMES_AN_HOUR {
        return Err(GiveError::TooMany { until });
    }
    let name = Username::parse(typed.trim()).map_err(|_| Problem::Nobody)?;
    let mut conn = services.store.read().await?;
    let id = persons::find_id_by_username(&mut conn, name.folded()).await?.ok_or(Problem::Nobody)?;
    if id == *own {
        return Err(Problem::Oneself.into());
    }
    let is_for_the_worst_day = admin_roles::is_break_glass(&mut conn, &id, today).await?;
    drop(conn);
    let known = services.person(&id).await?.filter(|_| !is_for_the_worst_day).ok_or(Problem::Nobody)?;
    let own_post = known.person.positions_on(today).into_iter().find(|post| post.delegated_by.is_none());
    let post = own_post.ok_or(Problem::Nobody)?.clone();
    let (username, full_name) = (known.person.username.clone(), known.person.full_name.clone());
    Ok(Recipient { id, username, full_name, post })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    #[test]
    fn days_begin_today_at_the_earliest_and_are_no_more_than_a_year() {
        let table = [
            ("2026-11-22", "2026-11-22", Ok((TODAY, TODAY))),
            ("2026-11-22", "2027-11-22", Ok((TODAY, date!(2027 - 11 - 22)))),
            ("2026-11-22", "2027-11-23", Err(Problem::TooLong)),
            ("2026-11-21", "2026-12-01", Err(Problem::Past)),
            ("2027-11-22", "2027-11-23", Ok((date!(2027 - 11 - 22), date!(2027 - 11 - 23)))),
            ("2027-11-23", "2027-11-23", Err(Problem::TooFar)),
            ("2026-12-02", "2026-12-01", Err(Problem::Order)),
            ("", "2026-12-01", Err(Problem::From)),
            ("2026-11-22", "", Err(Problem::Until)),
            ("2026-11-22", "9999-12-31", Err(Problem::TooLong)),
        ];
        for (from, to, expected) in table {
            let wish = Wish { valid_from: from.to_owned(), valid_to: to.to_owned(), ..Wish::default() };
            assert_eq!(days(&wish, TODAY), expected, "{from} {to}");
        }
    }
}
