//! Counting: a job reads the records in the order of the chain, and adds them up by the hour.
//!
//! A record that is committed late gets its place in the chain late, and is counted then; one whose MAC does not hold
//! gets no place, and is never counted. The cursor moves in the transaction that adds the counts, from the place where
//! it was found: so two nodes that count at once, or one that is killed, count nothing twice and leave nothing out.

use super::{AT, ENTRIES, FAILURES, METHODS, Method, PEOPLE, Reason, SIGN_INS, SIGNED_IN, UNITS, WITH_PASSKEY, gauges, hour_of};
use crate::base::clock::Millis;
use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, UnitId};
use crate::model::methods::{BY_MAIL, OTP, PASSKEY};
use crate::model::position::Position;
use crate::service::{Failure, Services, leases};
use crate::store::audit::AuditRow;
use crate::store::figures::{self, Count};
use crate::store::{Conn, StoreError, audit_chain, positions};
use serde_json::Value;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use time::Date;

const LEASE: &str = "figures";
/// Less than the beat of the job: whoever runs first in a minute does the work.
const LEASE_SECONDS: i64 = 50;
/// Records of one short write.
const AT_ONCE: i64 = 500;
/// Writes of one run; what is left waits for the next one.
const ROUNDS: usize = 400;
/// People and sign-ons are looked at this often.
const LOOK_SECONDS: i64 = 300;
/// What was counted is kept for this many days.
const KEPT_DAYS: i64 = 400;

/// Counts what got its place since the last time; answers how many records. Nothing while another node is at it.
pub async fn run(services: &Services, holder: &str) -> Result<u64, Failure> {
    if !leases::take(services, LEASE, LEASE_SECONDS, holder).await? {
        return Ok(0);
    }
    let mut done = 0;
    for _ in 0..ROUNDS {
        let some = count_some(services).await?;
        done += some;
        if some == 0 {
            break;
        }
    }
    look(services).await?;
    Ok(done)
}

/// Counts some records behind the cursor, all or nothing.
async fn count_some(services: &Services) -> Result<u64, Failure> {
    let mut conn = services.store.read().await?;
    let after = figures::cursor(&mut conn).await?;
    let places = audit_chain::list_after(&mut conn, after, i64::MAX, AT_ONCE).await?;
    let Some(last) = places.last().map(|place| place.seq) else { return Ok(0) };
    let mut counts = Counts::default();
    let mut people = HashMap::new();
    for row in audit_chain::audit_rows(&mut conn, after + 1, last).await? {
        if let Some((person, day)) = counts.add_act(&row) {
            let unit = unit_of(&mut conn, &mut people, &person, day).await?;
            counts.add(UNITS, Millis(row.at), unit.map_or("", |unit| unit.as_str()));
        }
    }
    for grant in audit_chain::grant_rows(&mut conn, after + 1, last).await? {
        counts.add(ENTRIES, Millis(grant.issued_at), &grant.client_id);
    }
    drop(conn);
    let mut tx = services.store.write().await?;
    if !figures::move_cursor(&mut tx, after, last).await? {
        // Another node counted them in the meantime.
        return Ok(0);
    }
    figures::add(&mut tx, &counts.into_rows()).await?;
    tx.commit().await?;
    Ok(places.len() as u64)
}

/// The unit of a person's main post on a day.
async fn unit_of<'a>(
    conn: &mut Conn,
    known: &'a mut HashMap<PersonId, Vec<Position>>,
    person: &PersonId,
    day: Date,
) -> Result<Option<&'a UnitId>, StoreError> {
    let held = match known.entry(person.clone()) {
        Entry::Occupied(held) => held.into_mut(),
        Entry::Vacant(place) => {
            let (held, _) = positions::list(conn, person).await?;
            place.insert(held)
        }
    };
    let of_day = held.iter().filter(|position| position.in_force_on(day));
    Ok(of_day.min_by_key(|position| (!position.primary, position.valid_from)).map(|position| &position.unit))
}

/// What a round adds up to.
#[derive(Debug, Default)]
struct Counts(BTreeMap<(&'static str, i64, String), i64>);

impl Counts {
    fn add(&mut self, kind: &'static str, at: Millis, name: &str) {
        self.change(kind, at, name, 1);
    }

    fn change(&mut self, kind: &'static str, at: Millis, name: &str, by: i64) {
        *self.0.entry((kind, hour_of(at), name.to_owned())).or_default() += by;
    }

    /// A second factor makes another way of signing in out of the one that was counted with the first.
    fn add_raise(&mut self, at: Millis, methods: &str) {
        let before = methods.rsplit_once(' ').map_or("", |(before, _)| before);
        let (was, is) = (method_of(before), method_of(methods));
        if was != is {
            self.change(METHODS, at, was.word(), -1);
            self.add(METHODS, at, is.word());
        }
    }

    /// Counts an act; answers who signed in by it and on which day.
    fn add_act(&mut self, row: &AuditRow) -> Option<(PersonId, Date)> {
        let at = Millis(row.at);
        if let Some(reason) = reason_of(&row.event) {
            self.add(FAILURES, at, reason.word());
            return None;
        }
        let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
        let methods = detail["methods"].as_str().unwrap_or_default();
        if row.event == "sign_in.raised" {
            self.add_raise(at, methods);
        }
        if row.event != "sign_in.succeeded" {
            return None;
        }
        let method = method_of(methods);
        self.add(SIGN_INS, at, "");
        self.add(METHODS, at, method.word());
        Some((PersonId(row.person_id.clone()?), vietnam_date(at)))
    }

    fn into_rows(self) -> Vec<Count> {
        self.0.into_iter().map(|((kind, hour, name), counted)| Count { kind, hour, name, counted }).collect()
    }
}

/// Why somebody did not come in.
fn reason_of(event: &str) -> Option<Reason> {
    match event {
        "sign_in.failed" => Some(Reason::First),
        "second_factor.failed" => Some(Reason::Second),
        "sign_in.throttled" => Some(Reason::Throttled),
        _ => None,
    }
}

/// By what somebody signed in, of the methods of a sign-on (RFC 8176).
fn method_of(methods: &str) -> Method {
    let has = |method: &str| methods.split(' ').any(|known| known == method);
    if has(PASSKEY) {
        Method::Passkey
    } else if has(BY_MAIL) {
        Method::Mail
    } else if has(OTP) {
        Method::App
    } else if has("pwd") {
        Method::Password
    } else {
        Method::Other
    }
}

/// Looks at people and open sign-ons every few minutes, and forgets counts of long ago.
async fn look(services: &Services) -> Result<(), Failure> {
    let now = services.clock.now();
    let mut conn = services.store.read().await?;
    let last = gauges(&figures::list_now(&mut conn).await?).at;
    if last.is_some_and(|last| now.since(last) < LOOK_SECONDS * 1_000 && now.since(last) >= 0) {
        return Ok(());
    }
    let signed_in = figures::count_signed_in(&mut conn, services.settings.lifetimes.idle_seconds, now).await?;
    let people = figures::count_people(&mut conn).await?;
    let with_passkey = figures::count_with_passkey(&mut conn).await?;
    drop(conn);
    let values = [(AT, now.0), (SIGNED_IN, signed_in), (PEOPLE, people), (WITH_PASSKEY, with_passkey)];
    let mut tx = services.store.write().await?;
    figures::set_now(&mut tx, &values).await?;
    figures::remove_before(&mut tx, hour_of(now) - KEPT_DAYS * 24, AT_ONCE).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(event: &str, detail: &Value) -> AuditRow {
        AuditRow {
            id: "1".to_owned(),
            at: 1_795_309_200_000,
            event: event.to_owned(),
            actor: None,
            person_id: Some("kim".to_owned()),
            client_id: None,
            address: None,
            request_id: None,
            detail: detail.to_string(),
            mac: Vec::new(),
        }
    }

    #[test]
    fn methods_are_named_by_the_strongest_of_them() {
        let table = [
            ("hwk", Method::Passkey),
            ("hwk mfa", Method::Passkey),
            ("pwd hwk mfa", Method::Passkey),
            ("pwd otp mfa", Method::App),
            ("pwd otp mca mfa", Method::Mail),
            ("pwd", Method::Password),
            ("", Method::Other),
            ("pwdx", Method::Other),
        ];
        for (methods, expected) in table {
            assert_eq!(method_of(methods), expected, "{methods}");
        }
    }

    #[test]
    fn sign_ins_and_failures_count_and_nothing_else_does() {
        let mut counts = Counts::default();
        let signed_in = counts.add_act(&row("sign_in.succeeded", &json!({ "methods": "pwd" })));
        assert_eq!(signed_in.map(|(person, _)| person.0).as_deref(), Some("kim"));
        for (event, detail) in [("sign_in.failed", json!({})), ("sign_in.throttled", json!({})), ("sign_out", json!({}))] {
            assert!(counts.add_act(&row(event, &detail)).is_none());
        }
        counts.add_act(&row("sign_in.succeeded", &json!({ "methods": "pwd" })));

        let counted: Vec<_> = counts.into_rows().into_iter().map(|count| (count.kind, count.name, count.counted)).collect();

        let expected = [("failure", "first", 1), ("failure", "throttled", 1), ("method", "password", 2), ("sign_in", "", 2)];
        assert_eq!(counted, expected.map(|(kind, name, n)| (kind, name.to_owned(), n)));
    }
}
