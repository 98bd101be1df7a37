//! One hash over all facts of the registry, whatever way they came in.
//!
//! Units are named by what is known of them (kind, official names and codes
//! with their dates), never by internal ids, and the facts are sorted. Who
//! stated a succession is not a fact about units and is left out.

use super::registry::Registry;
use super::unit::{NameUsage, Span, Unit};
use crate::base::date::iso;
use crate::base::digest::{hex, sha256};
use crate::base::id::UnitId;
use std::collections::HashMap;

impl Registry {
    /// SHA-256 over the canonical text, in hexadecimal.
    pub fn digest(&self) -> String {
        let mut facts = self.facts();
        facts.sort_unstable();
        hex(&sha256(facts.join("\n").as_bytes()))
    }

    /// What a unit is known by, whatever its id: a hash of its kind, official names and codes with their dates.
    pub fn key_of(&self, id: &UnitId) -> Option<String> {
        self.unit(id).map(key_of)
    }

    /// All facts, one a line, in no order.
    fn facts(&self) -> Vec<String> {
        let keys: HashMap<&UnitId, String> = self.units().map(|unit| (&unit.id, key_of(unit))).collect();
        let key = |id: &UnitId| keys.get(id).map_or("", String::as_str);
        let mut facts = Vec::new();
        for unit in self.units() {
            let own = key(&unit.id);
            facts.push(line(&["unit", own, &span_text(&unit.span)]));
            for name in unit.names.iter().filter(|name| name.usage != NameUsage::Official) {
                facts.push(line(&["name", own, &name.name, name.usage.as_str(), &span_text(&name.span)]));
            }
            for above in &unit.parents {
                facts.push(line(&["parent", own, key(&above.parent), &span_text(&above.span)]));
            }
        }
        for succession in self.successions() {
            let effective = succession.effective.map(iso).unwrap_or_default();
            let (from, to) = (key(&succession.from), key(&succession.to));
            facts.push(line(&["succession", from, to, succession.relation.as_str(), &effective]));
        }
        facts
    }
}

/// What a unit is known by: a hash of its kind, official names and codes.
fn key_of(unit: &Unit) -> String {
    let names = unit.names.iter().filter(|name| name.usage == NameUsage::Official);
    let mut parts: Vec<String> = names.map(|name| line(&["name", &name.name, &span_text(&name.span)])).collect();
    parts.extend(unit.codes.iter().map(|code| line(&["code", &code.scheme, &code.code, &span_text(&code.span)])));
    parts.sort_unstable();
    parts.insert(0, line(&["kind", unit.kind.as_str()]));
    hex(&sha256(parts.join("\n").as_bytes()))
}

/// Fields with their lengths, so that no two lists of fields read alike.
pub(super) fn line(fields: &[&str]) -> String {
    let mut out = String::new();
    for field in fields {
        out.push_str(&field.len().to_string());
        out.push(':');
        out.push_str(field);
    }
    out
}

fn span_text(span: &Span) -> String {
    [span.from, span.to, span.ended_by].map(|day| day.map(iso).unwrap_or_default()).join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::succession::{Relation, Succession};
    use crate::model::unit::{DatedCode, DatedName, UnitKind};
    use time::macros::date;

    fn unit(id: &str, code: &str, span: Span) -> Unit {
        Unit {
            id: UnitId(id.into()),
            kind: UnitKind::Xa,
            span,
            codes: vec![DatedCode { scheme: "gso".into(), code: code.into(), span }],
            names: vec![DatedName { name: format!("Xã {code}"), usage: NameUsage::Official, span }],
            parents: vec![],
        }
    }

    fn pair(from: &str, to: &str, relation: Relation) -> Succession {
        Succession { from: UnitId(from.into()), to: UnitId(to.into()), relation, effective: None, source: from.into() }
    }

    #[test]
    fn the_digest_depends_on_facts_and_not_on_ids_order_or_version() {
        let (old, new) = (Span::until(date!(2025 - 06 - 30)), Span::since(date!(2025 - 07 - 01)));
        let one = Registry::new(1, vec![unit("a", "1", old), unit("b", "1", new)], vec![pair("a", "b", Relation::Whole)]);
        let same = Registry::new(9, vec![unit("y", "1", new), unit("x", "1", old)], vec![pair("x", "y", Relation::Whole)]);
        let other = Registry::new(1, vec![unit("a", "1", old), unit("b", "1", new)], vec![pair("a", "b", Relation::Part)]);

        assert_eq!(one.digest(), same.digest());
        assert_ne!(one.digest(), other.digest());
        assert_eq!(one.digest().len(), 64);
        assert_eq!(one.key_of(&UnitId("a".into())), same.key_of(&UnitId("x".into())));
        assert_ne!(one.key_of(&UnitId("a".into())), one.key_of(&UnitId("b".into())));
        assert_eq!(one.key_of(&UnitId("x".into())), None);
    }
}
