//! What was decided, a line an account, in the order of their keys.

use super::evidence::Seen;
use crate::base::date::vietnam_date;
use crate::base::id::UnitId;
use crate::model::legacy_account::AccountKey;
use crate::model::registry::Registry;
use crate::model::unit_code::GSO;
use crate::service::{Failure, Services};
use crate::store::legacy_matching::{self, ReportRow};
use time::Date;

/// Lines that are read together.
const PAGE: i64 = 2_000;

/// The columns.
pub const COLUMNS: [&str; 9] =
    ["source", "legacy_id", "decision", "person_id", "rule", "unit_decision", "unit_id", "unit_gso", "reason"];

/// Where a report stands.
pub struct Report<'a> {
    services: &'a Services,
    source: &'a str,
    after: AccountKey,
}

impl<'a> Report<'a> {
    /// A report of one source, or of all.
    pub fn begin(services: &'a Services, source: Option<&'a str>) -> Self {
        let after = AccountKey { source: String::new(), legacy_id: String::new() };
        Self { services, source: source.unwrap_or_default(), after }
    }

    /// The next lines, by [`COLUMNS`]; none at the end.
    pub async fn next_lines(&mut self) -> Result<Vec<[String; 9]>, Failure> {
        let mut conn = self.services.store.read().await?;
        let rows = legacy_matching::list_report(&mut conn, self.source, &self.after, PAGE).await?;
        if let Some(last) = rows.last() {
            self.after = AccountKey { source: last.source.clone(), legacy_id: last.legacy_id.clone() };
        }
        let registry = self.services.known.registry();
        let today = vietnam_date(self.services.clock.now());
        Ok(rows.into_iter().map(|row| line(row, &registry, today)).collect())
    }
}

fn line(row: ReportRow, registry: &Registry, today: Date) -> [String; 9] {
    let unit = row.unit_id.clone().and_then(|id| registry.unit(&UnitId(id)));
    let gso = unit.and_then(|unit| registry.code_on(unit, GSO, today).or_else(|| registry.last_code(unit, GSO)));
    let reason = reason(&row);
    [
        row.source,
        row.legacy_id,
        row.decision,
        row.person_id.unwrap_or_default(),
        row.rule,
        row.unit_decision,
        row.unit_id.unwrap_or_default(),
        gso.unwrap_or_default().to_owned(),
        reason,
    ]
}

/// What the rule saw, and why the unit was decided so.
fn reason(row: &ReportRow) -> String {
    let mut parts = Vec::new();
    let seen = Seen::read(&row.evidence).seen;
    if !seen.is_empty() {
        parts.push(seen.join(" "));
    }
    if !row.unit_reason.is_empty() {
        parts.push(format!("unit: {}", row.unit_reason));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_tells_of_the_person_and_of_the_unit() {
        let row = |evidence: &str, unit: &str| ReportRow {
            source: "bd".to_owned(),
            legacy_id: "1".to_owned(),
            decision: "linked".to_owned(),
            person_id: None,
            rule: String::new(),
            evidence: evidence.to_owned(),
            unit_decision: String::new(),
            unit_id: None,
            unit_reason: unit.to_owned(),
        };
        let seen = "{\"seen\":[\"number_same\",\"name_plain\"]}";
        assert_eq!(reason(&row(seen, "whole_succession")), "number_same name_plain; unit: whole_succession");
        assert_eq!(reason(&row(seen, "")), "number_same name_plain");
        assert_eq!(reason(&row("", "")), "");
    }
}
