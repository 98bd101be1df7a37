//! Figures: how many sign in, when, by what, from which units, and how many fail; and the processes that answer.
//!
//! What is counted comes from the records, by a job ([`count`]). Reading figures reads counts and nothing else, so that
//! the first page of the console costs the same on a quiet day and on the busiest one. Sign-ins alone are counted by unit:
//! whoever looks after some units sees those, and nothing that is counted over the whole city. The processes that answer
//! say so themselves ([`nodes`]).

pub mod count;
pub mod nodes;

use super::authority::Units;
use super::{Failure, Services};
use crate::base::clock::Millis;
use crate::base::id::UnitId;
use crate::model::authority::{Extent, ReadFigures};
use crate::store::figures;
use std::collections::{BTreeSet, HashMap};

const HOUR_MS: i64 = 3_600_000;
/// Days in Vietnam begin so many hours before they do in UTC, all year.
const VIETNAM_HOURS: i64 = 7;
const DAY_HOURS: i64 = 24;
/// Units and systems that are named; the rest is counted together.
const NAMED: i64 = 50;

// The kinds of what is counted.
const SIGN_INS: &str = "sign_in";
const METHODS: &str = "method";
const UNITS: &str = "unit";
const FAILURES: &str = "failure";
const ENTRIES: &str = "entry";

/// Over which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Span {
    /// Since midnight, hour by hour.
    #[default]
    Today,
    /// Seven days with today, day by day.
    Week,
    /// Thirty days with today, day by day.
    Month,
}

impl Span {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Today, Self::Week, Self::Month];

    /// The word of addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Reads [`Span::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.word() == word)
    }

    /// Days.
    fn days(self) -> i64 {
        match self {
            Self::Today => 1,
            Self::Week => 7,
            Self::Month => 30,
        }
    }

    /// How many days before lies what it is compared with. A day is compared with the same day of the week.
    fn days_back(self) -> i64 {
        match self {
            Self::Today | Self::Week => 7,
            Self::Month => 30,
        }
    }
}

/// By what people signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// A passkey, alone or after a password.
    Passkey,
    /// A password and a code of an app.
    App,
    /// A password and a code that came by e-mail.
    Mail,
    /// A password and nothing else.
    Password,
    /// Anything else.
    Other,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Passkey, Self::App, Self::Mail, Self::Password, Self::Other];

    /// The word under which it is counted.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::App => "app",
            Self::Mail => "mail",
            Self::Password => "password",
            Self::Other => "other",
        }
    }

    /// Reads [`Method::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.word() == word)
    }
}

/// Why people did not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A wrong name, password or passkey.
    First,
    /// A wrong second factor.
    Second,
    /// Too many tries: closed for a while.
    Throttled,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Throttled];

    /// The word under which it is counted.
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Throttled => "throttled",
        }
    }

    /// Reads [`Reason::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// An hour or a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it begins.
    pub begins: Millis,
    /// Sign-ins; none when it is still to come.
    pub sign_ins: Option<i64>,
    /// Sign-ins in what it is compared with.
    pub sign_ins_before: i64,
    /// Failures; none when it is still to come.
    pub failures: Option<i64>,
    /// Failures in what it is compared with.
    pub failures_before: i64,
}

/// What was looked at some minutes ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gauges {
    /// When; none before the first look.
    pub at: Option<Millis>,
    /// People with an open sign-on.
    pub signed_in: i64,
    /// People who may sign in.
    pub people: i64,
    /// Those of them who have a passkey.
    pub with_passkey: i64,
}

/// What the first page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// They are of the whole city. Of some units only sign-ins are known, and the rest is empty.
    pub whole: bool,
    /// Over which time.
    pub span: Span,
    /// Hours or days, the first one first.
    pub slots: Vec<Slot>,
    /// Sign-ins in all.
    pub sign_ins: i64,
    /// Sign-ins in the whole hours that are over, and in as many hours of what they are compared with.
    pub compared: (i64, i64),
    /// Failures in all.
    pub failures: i64,
    /// Failures by reason, the most first.
    pub reasons: Vec<(Reason, i64)>,
    /// Sign-ins by method, the most first.
    pub methods: Vec<(Method, i64)>,
    /// Sign-ins by the unit of the main post, the most first; none for people without one.
    pub units: Vec<(Option<UnitId>, i64)>,
    /// Entries into systems, by client, the most first.
    pub clients: Vec<(String, i64)>,
    /// What was looked at.
    pub gauges: Gauges,
}

/// Hours since 1970 at a moment.
fn hour_of(at: Millis) -> i64 {
    at.0.div_euclid(HOUR_MS)
}

/// The first hour of a day in Vietnam.
fn day_of(hour: i64) -> i64 {
    (hour + VIETNAM_HOURS).div_euclid(DAY_HOURS) * DAY_HOURS - VIETNAM_HOURS
}

/// A span in hours since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    from: i64,
    until: i64,
    /// Hours of a slot.
    step: i64,
    /// Hours back to what it is compared with.
    back: i64,
    /// The hour that is not over yet.
    now: i64,
}

impl Window {
    fn of(span: Span, now: Millis) -> Self {
        let now = hour_of(now);
        let today = day_of(now);
        let from = today - (span.days() - 1) * DAY_HOURS;
        let step = if span == Span::Today { 1 } else { DAY_HOURS };
        Self { from, until: today + DAY_HOURS, step, back: span.days_back() * DAY_HOURS, now }
    }

    /// The first hours of its slots.
    fn slots(self) -> impl Iterator<Item = i64> {
        (0..(self.until - self.from) / self.step).map(move |place| self.from + place * self.step)
    }
}

/// Counts by the hour.
struct ByHour(HashMap<i64, i64>);

impl ByHour {
    fn sum(&self, from: i64, until: i64) -> i64 {
        (from..until).filter_map(|hour| self.0.get(&hour)).sum()
    }
}

/// The figures that a reader may see: those of the whole city, or the sign-ins of their units.
pub async fn overview(services: &Services, reader: &Units<ReadFigures>, span: Span) -> Result<Overview, Failure> {
    match reader.extent() {
        Extent::City => of_city(services, span).await,
        Extent::Units(units) => of_units(services, units, span).await,
    }
}

async fn of_city(services: &Services, span: Span) -> Result<Overview, Failure> {
    let window = Window::of(span, services.clock.now());
    let mut conn = services.store.read().await?;
    let whole = (window.from - window.back, window.until);
    let sign_ins = ByHour(figures::list_by_hour(&mut conn, SIGN_INS, whole.0, whole.1).await?.into_iter().collect());
    let failures = ByHour(figures::list_by_hour(&mut conn, FAILURES, whole.0, whole.1).await?.into_iter().collect());
    let own = (window.from, window.until);
    let reasons = figures::list_by_name(&mut conn, FAILURES, own, NAMED).await?;
    let methods = figures::list_by_name(&mut conn, METHODS, own, NAMED).await?;
    let units = figures::list_by_name(&mut conn, UNITS, own, NAMED).await?;
    let clients = figures::list_by_name(&mut conn, ENTRIES, own, NAMED).await?;
    let gauges = gauges(&figures::list_now(&mut conn).await?);
    Ok(Overview {
        whole: true,
        failures: failures.sum(window.from, window.until),
        reasons: reasons.into_iter().filter_map(|(word, n)| Reason::from_word(&word).map(|reason| (reason, n))).collect(),
        methods: methods.into_iter().filter_map(|(word, n)| Method::from_word(&word).map(|method| (method, n))).collect(),
        clients,
        gauges,
        ..signed_in(span, window, &sign_ins, &failures, units)
    })
}

async fn of_units(services: &Services, units: &BTreeSet<UnitId>, span: Span) -> Result<Overview, Failure> {
    let window = Window::of(span, services.clock.now());
    let names: Vec<&str> = units.iter().map(UnitId::as_str).collect();
    let mut conn = services.store.read().await?;
    let whole = (window.from - window.back, window.until);
    let sign_ins = ByHour(figures::list_by_hour_of(&mut conn, UNITS, &names, whole).await?.into_iter().collect());
    let units = figures::list_by_name_of(&mut conn, UNITS, &names, (window.from, window.until), NAMED).await?;
    let at = gauges(&figures::list_now(&mut conn).await?).at;
    let none = ByHour(HashMap::new());
    Ok(Overview { gauges: Gauges { at, ..Gauges::default() }, ..signed_in(span, window, &sign_ins, &none, units) })
}

/// What is known of sign-ins, and nothing else yet.
fn signed_in(span: Span, window: Window, sign_ins: &ByHour, failures: &ByHour, units: Vec<(String, i64)>) -> Overview {
    let over = window.now.max(window.from);
    Overview {
        whole: false,
        span,
        slots: window.slots().map(|from| slot(window, from, sign_ins, failures)).collect(),
        sign_ins: sign_ins.sum(window.from, window.until),
        compared: (sign_ins.sum(window.from, over), sign_ins.sum(window.from - window.back, over - window.back)),
        failures: 0,
        reasons: Vec::new(),
        methods: Vec::new(),
        units: units.into_iter().map(|(id, n)| (Some(UnitId(id)).filter(|unit| !unit.0.is_empty()), n)).collect(),
        clients: Vec::new(),
        gauges: Gauges::default(),
    }
}

fn slot(window: Window, from: i64, sign_ins: &ByHour, failures: &ByHour) -> Slot {
    let until = from + window.step;
    let begun = from <= window.now;
    Slot {
        begins: Millis(from * HOUR_MS),
        sign_ins: begun.then(|| sign_ins.sum(from, until)),
        sign_ins_before: sign_ins.sum(from - window.back, until - window.back),
        failures: begun.then(|| failures.sum(from, until)),
        failures_before: failures.sum(from - window.back, until - window.back),
    }
}

// The names of what is looked at.
const AT: &str = "at";
const SIGNED_IN: &str = "signed_in";
const PEOPLE: &str = "people";
const WITH_PASSKEY: &str = "with_passkey";

fn gauges(values: &[(String, i64)]) -> Gauges {
    let value = |name: &str| values.iter().find(|(found, _)| found == name).map(|(_, value)| *value);
    Gauges {
        at: value(AT).map(Millis),
        signed_in: value(SIGNED_IN).unwrap_or_default(),
        people: value(PEOPLE).unwrap_or_default(),
        with_passkey: value(WITH_PASSKEY).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::date::vietnam_date;
    use time::macros::date;

    /// 2026-11-22T01:30:00Z: half past eight in the morning in Vietnam, a Sunday.
    const NOW: Millis = Millis(1_795_311_000_000);

    #[test]
    fn words_read_back() {
        for span in Span::ALL {
            assert_eq!(Span::from_word(span.word()), Some(span));
        }
        for method in Method::ALL {
            assert_eq!(Method::from_word(method.word()), Some(method));
        }
        for reason in Reason::ALL {
            assert_eq!(Reason::from_word(reason.word()), Some(reason));
        }
        assert_eq!(Span::from_word("year"), None);
    }

    #[test]
    fn a_day_has_the_hours_of_vietnam_and_days_begin_at_its_midnight() {
        let table = [
            (Span::Today, 24, date!(2026 - 11 - 22)),
            (Span::Week, 7, date!(2026 - 11 - 16)),
            (Span::Month, 30, date!(2026 - 10 - 24)),
        ];
        for (span, slots, first) in table {
            let window = Window::of(span, NOW);
            let begins: Vec<Millis> = window.slots().map(|hour| Millis(hour * HOUR_MS)).collect();

            assert_eq!(begins.len(), slots, "{span:?}");
            assert_eq!(vietnam_date(begins[0]), first);
            assert_ne!(vietnam_date(Millis(begins[0].0 - 1)), first);
        }
    }

    #[test]
    fn hours_to_come_are_unknown_and_hours_of_before_are_found() {
        let window = Window::of(Span::Today, NOW);
        let week = 7 * DAY_HOURS;
        let counts = [(window.from + 7, 5), (window.from + 8, 2), (window.from + 7 - week, 9), (window.from + 20 - week, 1)];
        let sign_ins = ByHour(counts.into_iter().collect());
        let none = ByHour(HashMap::new());

        let slots: Vec<Slot> = window.slots().map(|from| slot(window, from, &sign_ins, &none)).collect();

        assert_eq!((slots[7].sign_ins, slots[7].sign_ins_before), (Some(5), 9));
        assert_eq!((slots[8].sign_ins, slots[9].sign_ins), (Some(2), None));
        assert_eq!((slots[20].sign_ins, slots[20].sign_ins_before), (None, 1));
    }
}
