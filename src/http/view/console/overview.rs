//! The first page of the console: four numbers, and charts with their tables.

use super::Console;
use super::chart::{Bar, BarChart, Drawing, Line, LineChart};
use super::parts::{SelectOption, number, percent, thousandths};
use super::plans::{plan_address, stage_name, waits_said};
use crate::base::date::{shown, shown_time, vietnam_date};
use crate::base::words::{Words, fill};
use crate::http::view::chrome::Chrome;
use crate::service::figures::{Method, Overview, Reason, Slot, Span};
use crate::service::reorganization::Waiting;
use askama::Template;

/// Units that are drawn; the table names more.
const DRAWN: usize = 8;
/// Units or systems that a table names; the rest is one row.
const NAMED: usize = 15;

/// `GET /admin`
#[derive(Debug, Template)]
#[template(path = "pages/console_overview.html")]
pub struct OverviewPage {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// What surrounds every page of the console.
    pub console: Console,
    /// The figures.
    pub overview: Overview,
    /// The names of its units, in their order; none for people without one.
    pub units: Vec<Option<String>>,
    /// The names of its systems, in their order.
    pub clients: Vec<String>,
    /// When it was last looked, as shown.
    pub updated: Option<String>,
    /// Plans that were due and could not be applied, for whoever reads plans.
    pub waiting: Vec<Waiting>,
}

/// One of the four numbers.
#[derive(Debug)]
struct Big {
    what: &'static str,
    value: String,
    line: String,
}

/// A row of the table under a line.
#[derive(Debug)]
struct TimeRow {
    mark: String,
    now: Option<String>,
    before: String,
}

/// A row of the table under bars.
#[derive(Debug)]
struct CountRow {
    name: String,
    count: String,
    share: String,
}

/// A plan that was due and waits.
#[derive(Debug)]
struct PlanLine {
    title: String,
    /// Its page.
    to: String,
    /// Which stage, since when, and why.
    said: String,
}

/// Which of the two lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    SignIns,
    Failures,
}

impl Of {
    fn now(self, slot: &Slot) -> Option<i64> {
        match self {
            Self::SignIns => slot.sign_ins,
            Self::Failures => slot.failures,
        }
    }

    fn before(self, slot: &Slot) -> i64 {
        match self {
            Self::SignIns => slot.sign_ins_before,
            Self::Failures => slot.failures_before,
        }
    }
}

fn method_name(t: &'static Words, method: Method) -> &'static str {
    match method {
        Method::Passkey => &t.console_overview_method_passkey,
        Method::App => &t.console_overview_method_app,
        Method::Mail => &t.console_overview_method_mail,
        Method::Password => &t.console_overview_method_password,
        Method::Other => &t.console_overview_method_other,
    }
}

fn reason_name(t: &'static Words, reason: Reason) -> &'static str {
    match reason {
        Reason::First => &t.console_overview_reason_first,
        Reason::Second => &t.console_overview_reason_second,
        Reason::Throttled => &t.console_overview_reason_throttled,
    }
}

impl OverviewPage {
    fn t(&self) -> &'static Words {
        self.chrome.t()
    }

    fn plans(&self) -> Vec<PlanLine> {
        let t = self.t();
        let line = |plan: &Waiting| {
            let (stage, day) = (plan.stage.as_deref(), shown(plan.effective));
            let since = fill(&t.console_overview_plan_due, &[("day", &day)]);
            PlanLine {
                title: plan.title.clone(),
                to: plan_address(&plan.plan, "", stage),
                said: format!("{}. {since} {}", stage_name(t, stage), waits_said(t, &plan.why)),
            }
        };
        self.waiting.iter().map(line).collect()
    }

    fn is_hourly(&self) -> bool {
        self.overview.span == Span::Today
    }

    fn lead(&self) -> String {
        match &self.updated {
            Some(at) => fill(&self.t().console_overview_updated, &[("at", at)]),
            None => self.t().console_overview_not_yet.clone(),
        }
    }

    fn spans(&self) -> Vec<SelectOption> {
        let t = self.t();
        let option = |span: Span| SelectOption {
            value: span.word().to_owned(),
            label: match span {
                Span::Today => t.console_overview_span_today.clone(),
                Span::Week => t.console_overview_span_week.clone(),
                Span::Month => t.console_overview_span_month.clone(),
            },
            chosen: span == self.overview.span,
        };
        Span::ALL.into_iter().map(option).collect()
    }

    /// What the span is called as a line, and what it is compared with.
    fn names(&self) -> (&'static str, &'static str) {
        let t = self.t();
        match self.overview.span {
            Span::Today => (&t.console_overview_now_today, &t.console_overview_before_today),
            Span::Week => (&t.console_overview_now_week, &t.console_overview_before_week),
            Span::Month => (&t.console_overview_now_month, &t.console_overview_before_month),
        }
    }

    fn numbers(&self) -> Vec<Big> {
        let (t, figures) = (self.t(), &self.overview);
        let gauges = &figures.gauges;
        let people = fill(&t.console_overview_of_people, &[("people", &number(&self.chrome, gauges.people))]);
        let with_passkey = number(&self.chrome, gauges.with_passkey);
        let sign_ins = Big {
            what: match figures.span {
                Span::Today => &t.console_overview_sign_ins_today,
                Span::Week => &t.console_overview_sign_ins_week,
                Span::Month => &t.console_overview_sign_ins_month,
            },
            value: number(&self.chrome, figures.sign_ins),
            line: self.compared(),
        };
        if !figures.whole {
            return vec![sign_ins];
        }
        vec![
            sign_ins,
            Big { what: &t.console_overview_signed_in, value: number(&self.chrome, gauges.signed_in), line: people },
            Big {
                what: &t.console_overview_failed,
                value: percent(&self.chrome, figures.failures, figures.failures + figures.sign_ins),
                line: self.mostly(),
            },
            Big {
                what: &t.console_overview_passkeys,
                value: percent(&self.chrome, gauges.with_passkey, gauges.people),
                line: fill(&t.console_overview_people, &[("people", &with_passkey)]),
            },
        ]
    }

    /// How the whole hours that are over compare.
    fn compared(&self) -> String {
        let t = self.t();
        let (now, before) = self.overview.compared;
        if before == 0 {
            return t.console_overview_nothing_before.clone();
        }
        let sentence = match now.cmp(&before) {
            std::cmp::Ordering::Greater => &t.console_overview_more,
            std::cmp::Ordering::Less => &t.console_overview_less,
            std::cmp::Ordering::Equal => &t.console_overview_same,
        };
        let change = percent(&self.chrome, (now - before).abs(), before);
        fill(sentence, &[("percent", &change), ("before", self.names().1)])
    }

    /// Why most of those who failed did.
    fn mostly(&self) -> String {
        let t = self.t();
        match self.overview.reasons.first() {
            Some((reason, _)) => fill(&t.console_overview_mostly, &[("reason", reason_name(t, *reason))]),
            None => t.console_overview_no_failure.clone(),
        }
    }

    /// What an hour or a day is called in tables and sentences.
    fn mark(&self, slot: &Slot) -> String {
        if self.is_hourly() {
            return shown_time(slot.begins);
        }
        // The year says nothing here.
        shown(vietnam_date(slot.begins)).chars().take(5).collect()
    }

    /// What is written under a line: some marks, so that they do not lie upon each other.
    fn marks(&self) -> Vec<String> {
        let every = match self.overview.span {
            Span::Today => 4,
            Span::Week => 1,
            Span::Month => 6,
        };
        let slots = self.overview.slots.iter().enumerate();
        slots.map(|(place, slot)| if place.is_multiple_of(every) { self.mark(slot) } else { String::new() }).collect()
    }

    fn line_chart(&self, id: &'static str, of: Of) -> LineChart {
        let t = self.t();
        let slots = &self.overview.slots;
        let values: Vec<Option<i64>> = slots.iter().map(|slot| of.now(slot)).collect();
        let highest = values.iter().enumerate().filter_map(|(place, value)| value.map(|value| (value, place)));
        // The first one of those that are highest.
        let highest = highest.max_by_key(|(value, place)| (*value, std::cmp::Reverse(*place))).filter(|(value, _)| *value > 0);
        let (now, before) = self.names();
        let said = |sentence: &str, value: i64, place: usize| {
            let mark = slots.get(place).map(|slot| self.mark(slot)).unwrap_or_default();
            fill(sentence, &[("count", &number(&self.chrome, value)), ("mark", &mark)])
        };
        let peak = if self.is_hourly() { &t.console_overview_peak_hour } else { &t.console_overview_peak_day };
        LineChart {
            id,
            finding: highest.map_or_else(|| t.console_overview_nothing.clone(), |(value, place)| said(peak, value, place)),
            about: fill(&t.console_overview_line_about, &[("now", now), ("before", before)]),
            marks: self.marks(),
            lines: vec![
                Line { name: now.to_owned(), values, past: false },
                Line { name: before.to_owned(), values: slots.iter().map(|slot| Some(of.before(slot))).collect(), past: true },
            ],
            peak: highest.map(|(value, place)| (place, said(&t.console_overview_peak, value, place))),
        }
    }

    fn hours_chart(&self) -> [Drawing; 2] {
        self.line_chart("hours", Of::SignIns).drawings(&self.chrome)
    }

    fn failures_chart(&self) -> [Drawing; 2] {
        self.line_chart("failures", Of::Failures).drawings(&self.chrome)
    }

    fn time_rows(&self, of: Of) -> Vec<TimeRow> {
        let row = |slot: &Slot| TimeRow {
            mark: self.mark(slot),
            now: of.now(slot).map(|value| number(&self.chrome, value)),
            before: number(&self.chrome, of.before(slot)),
        };
        self.overview.slots.iter().map(row).collect()
    }

    fn hour_rows(&self) -> Vec<TimeRow> {
        self.time_rows(Of::SignIns)
    }

    fn failure_rows(&self) -> Vec<TimeRow> {
        self.time_rows(Of::Failures)
    }

    fn count_rows(&self, counts: impl Iterator<Item = (String, i64)>, whole: i64) -> Vec<CountRow> {
        let row =
            |(name, n): (String, i64)| CountRow { name, count: number(&self.chrome, n), share: percent(&self.chrome, n, whole) };
        counts.map(row).collect()
    }

    /// The same of many: the first ones, and the rest of the whole together.
    fn long_rows(&self, counts: Vec<(String, i64)>, whole: i64) -> Vec<CountRow> {
        let is_cut = counts.len() > NAMED;
        let named: Vec<(String, i64)> = counts.into_iter().take(NAMED).collect();
        let rest = whole - named.iter().map(|(_, n)| *n).sum::<i64>();
        let rest = is_cut.then(|| (self.t().console_overview_rest.clone(), rest.max(0)));
        self.count_rows(named.into_iter().chain(rest), whole)
    }

    fn reason_rows(&self) -> Vec<CountRow> {
        let t = self.t();
        let counts = self.overview.reasons.iter().map(|(reason, n)| (reason_name(t, *reason).to_owned(), *n));
        self.count_rows(counts, self.overview.failures)
    }

    fn method_rows(&self) -> Vec<CountRow> {
        let t = self.t();
        let counts = self.overview.methods.iter().map(|(method, n)| (method_name(t, *method).to_owned(), *n));
        self.count_rows(counts, self.overview.sign_ins)
    }

    /// Units by name, with those of nobody under a name of its own.
    fn unit_counts(&self) -> impl Iterator<Item = (String, i64)> {
        let none = &self.t().console_overview_no_unit;
        let names = self.units.iter().map(move |name| name.clone().unwrap_or_else(|| none.clone()));
        names.zip(self.overview.units.iter().map(|(_, n)| *n))
    }

    fn unit_rows(&self) -> Vec<CountRow> {
        self.long_rows(self.unit_counts().collect(), self.overview.sign_ins)
    }

    fn client_rows(&self) -> Vec<CountRow> {
        let whole = self.overview.clients.iter().map(|(_, n)| *n).sum();
        let counts = self.clients.iter().cloned().zip(self.overview.clients.iter().map(|(_, n)| *n));
        self.long_rows(counts.collect(), whole)
    }

    fn bar_chart(&self, id: &'static str, bars: Vec<Bar>, finding: Option<String>) -> [Drawing; 1] {
        let t = self.t();
        let finding = finding.unwrap_or_else(|| t.console_overview_nothing.clone());
        BarChart { id, finding, about: t.console_overview_bars_about.clone(), bars }.drawings()
    }

    fn methods_chart(&self) -> [Drawing; 1] {
        let (t, whole) = (self.t(), self.overview.sign_ins);
        let rows = self.method_rows();
        let finding =
            rows.first().map(|row| fill(&t.console_overview_methods_finding, &[("method", &row.name), ("percent", &row.share)]));
        let values = self.overview.methods.iter().map(|(_, n)| *n);
        let bars = rows.into_iter().zip(values).enumerate().map(|(place, (row, value))| Bar {
            name: row.name,
            // In thousandths, as they are written.
            value: thousandths(value, whole),
            said: row.share,
            strong: place == 0,
        });
        self.bar_chart("methods", bars.collect(), finding)
    }

    fn units_chart(&self) -> [Drawing; 1] {
        let t = self.t();
        let counts: Vec<(String, i64)> = self.unit_counts().take(DRAWN).collect();
        let finding = counts
            .first()
            .map(|(unit, n)| fill(&t.console_overview_units_finding, &[("unit", unit), ("count", &number(&self.chrome, *n))]));
        let bars = counts.into_iter().enumerate().map(|(place, (name, value))| Bar {
            name,
            value,
            said: number(&self.chrome, value),
            strong: place == 0,
        });
        self.bar_chart("units", bars.collect(), finding)
    }
}

#[cfg(test)]
mod tests;
