//! What was corrected of a unit's past, as its page shows it; and the days that the page is asked for.

use super::days;
use crate::base::clock::Millis;
use crate::base::date::{iso, parse, shown, shown_moment};
use crate::base::id::{PersonId, UnitId};
use crate::http::admin::Desk;
use crate::http::admin::names::Names;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::unit_corrections::{About, CorrectionLine, Corrections, Told};
use crate::model::correction::{Change, Correction};
use crate::model::lifecycle::midnight;
use crate::model::plan::edit::{Fact, Pair};
use crate::model::registry::Registry;
use crate::model::unit::Span;
use crate::protocol::parameters::Parameters;
use crate::service::registry::believed;
use axum::response::Response;
use time::Date;

/// Characters of what is typed that are kept.
const LONGEST: usize = 40;

/// What is asked for: the unit as of a day, as it was known at the end of a day.
pub(super) struct Asked {
    /// As of which day; by default today, or the unit's last day.
    pub(super) on: Option<Date>,
    /// As known on which day; by default now.
    pub(super) known: Option<Date>,
    /// The field in which no day was typed.
    pub(super) wrong: Option<&'static str>,
    /// What is wrong is that the day is still to come.
    is_to_come: bool,
    typed: [String; 2],
}

impl Asked {
    /// What a query asks for, today.
    pub(super) fn of(query: Option<String>, today: Date) -> Self {
        let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
        let typed = ["on", "known"].map(|field| {
            let text = parameters.get(field).unwrap_or_default();
            text.chars().take(LONGEST).collect::<String>()
        });
        let [on, known] = typed.each_ref().map(|text| parse(text));
        let is_wrong = |text: &String, day: Option<Date>| !text.is_empty() && day.is_none();
        let is_to_come = known.is_some_and(|day| today < day);
        let wrong = match &typed {
            [text, _] if is_wrong(text, on) => Some("on"),
            [_, text] if is_to_come || is_wrong(text, known) => Some("known"),
            _ => None,
        };
        let typed = [(on, 0), (known, 1)].map(|(day, place)| day.map_or_else(|| typed[place].clone(), iso));
        let is_to_come = is_to_come && wrong == Some("known");
        Self { on, known: known.filter(|_| wrong.is_none()), wrong, is_to_come, typed }
    }

    /// The last moment of the day at whose end the unit is asked for as it was known.
    pub(super) fn moment(&self) -> Option<Millis> {
        self.known.and_then(Date::next_day).map(|next| Millis(midnight(next).0 - 1))
    }
}

/// The corrections of a unit; `absent` says that nobody knew it then.
pub(super) async fn of(visit: &Visit, desk: &Desk, id: &UnitId, asked: Asked, absent: bool) -> Result<Corrections, Response> {
    let found = believed::of_unit(&visit.app.services, id).await.map_err(|error| page::failed(visit, &error.into()))?;
    let most = usize::try_from(believed::MOST).unwrap_or(usize::MAX);
    let by: Vec<PersonId> = found.iter().map(|correction| PersonId(correction.made.by.clone())).collect();
    let names = Names::of(visit, desk, &by).await?;
    let registry = desk.authority.registry();
    let [on, known] = asked.typed;
    Ok(Corrections {
        cut_off: found.len() > most,
        lines: found.iter().take(most).map(|correction| line(registry, &names, correction)).collect(),
        on,
        known,
        wrong: asked.wrong,
        is_to_come: asked.is_to_come,
        as_known_on: asked.known.map(shown),
        absent,
    })
}

fn line(registry: &Registry, names: &Names, correction: &Correction) -> CorrectionLine {
    let made = &correction.made;
    let (about, what) = what(registry, &correction.change);
    let (before, after) = match &correction.change {
        Change::Fact(edit) => (told(edit.was), told(edit.now)),
        Change::Pair(edit) => (told_of_pair(edit.was.as_ref()), told_of_pair(edit.now.as_ref())),
    };
    CorrectionLine {
        at: shown_moment(made.at),
        way: made.way,
        reason: made.reason.clone(),
        by: names.shown(&made.by),
        about,
        what,
        before,
        after,
    }
}

fn what(registry: &Registry, change: &Change) -> (About, String) {
    let two = |one: &UnitId, other: &UnitId| format!("{} → {}", name(registry, one), name(registry, other));
    match change {
        Change::Fact(edit) => match &edit.fact {
            Fact::Unit { .. } => (About::Unit, String::new()),
            Fact::Code { scheme, code, .. } => (About::Code, format!("{scheme} {code}")),
            Fact::Name { name, .. } => (About::Name, name.clone()),
            Fact::Parent { unit, parent } => (About::Parent, two(unit, parent)),
        },
        Change::Pair(edit) => (About::Succession, two(&edit.from, &edit.to)),
    }
}

/// The last name of a unit; of one that was taken back, its id.
fn name(registry: &Registry, id: &UnitId) -> String {
    let named = registry.unit(id).map(|unit| registry.name_on(unit, Date::MAX).to_owned());
    named.unwrap_or_else(|| id.0.clone())
}

fn told(span: Option<Span>) -> Told {
    span.map_or(Told::Nothing, |span| Told::Days(days(&span)))
}

fn told_of_pair(pair: Option<&Pair>) -> Told {
    pair.map_or(Told::Nothing, |pair| Told::Kin(pair.relation, pair.effective.map(shown)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 01 - 15);

    #[test]
    fn days_are_read_and_what_is_none_is_named_and_kept() {
        let asked = |query: &str| {
            let asked = Asked::of(Some(query.to_owned()), TODAY);
            (asked.on, asked.known, asked.wrong, asked.typed)
        };
        let typed = |on: &str, known: &str| [on.to_owned(), known.to_owned()];
        let day = Some(date!(2026 - 01 - 15));
        assert_eq!(asked(""), (None, None, None, typed("", "")));
        assert_eq!(asked("on=15/01/2026&known="), (day, None, None, typed("2026-01-15", "")));
        assert_eq!(asked("known=2026-01-15"), (None, day, None, typed("", "2026-01-15")));
        assert_eq!(asked("on=x&known=2026-01-15"), (None, None, Some("on"), typed("x", "2026-01-15")));
        assert_eq!(asked("known=15/01/2026"), (None, Some(TODAY), None, typed("", "2026-01-15")));
        let to_come = "known=16/01/2026";
        assert_eq!(asked(to_come), (None, None, Some("known"), typed("", "2026-01-16")));
        assert!(Asked::of(Some(to_come.to_owned()), TODAY).is_to_come);
        assert_eq!(asked("known=31/02/2026"), (None, None, Some("known"), typed("", "31/02/2026")));
        // 17:00 in UTC is midnight in Vietnam.
        assert_eq!(Asked::of(Some("known=2025-06-30".to_owned()), TODAY).moment(), Some(Millis(1_751_302_799_999)));
    }
}
