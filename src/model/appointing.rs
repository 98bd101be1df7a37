//! How much an administrator may hand on: nothing above themselves, nothing outside their own bounds, nothing that lasts
//! longer than what they hold.

use super::admin_scope::{AdminScope, lies_in, stands_above};
use super::authority::{Appoint, allowing};
use super::registry::Registry;
use time::Date;

/// Whether somebody with these roles may give this one today.
pub fn may_appoint(scopes: &[AdminScope], wanted: &AdminScope, registry: &Registry, today: Date) -> bool {
    allowing::<Appoint>(scopes, today).any(|held| {
        stands_above(held, wanted, registry, today) && is_within(held, wanted, registry, today) && ends_no_later(held, wanted)
    })
}

fn is_within(held: &AdminScope, wanted: &AdminScope, registry: &Registry, today: Date) -> bool {
    match (&held.unit, &wanted.unit) {
        (None, _) => true,
        (Some(own), Some(theirs)) => lies_in(theirs, own, registry, today),
        (Some(_), None) => false,
    }
}

fn ends_no_later(held: &AdminScope, wanted: &AdminScope) -> bool {
    held.valid_to.is_none_or(|last| wanted.valid_to.is_some_and(|theirs| theirs <= last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::UnitId;
    use crate::model::admin_scope::AdminRole;
    use crate::model::unit::{DatedParent, Span, Unit, UnitKind};
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    fn registry() -> Registry {
        let span = Span::since(date!(2025 - 07 - 01));
        let unit = |name: &str, kind: UnitKind, parents: &[&str]| Unit {
            id: UnitId(name.to_owned()),
            kind,
            span,
            codes: Vec::new(),
            names: Vec::new(),
            parents: parents.iter().map(|parent| DatedParent { parent: UnitId((*parent).to_owned()), span }).collect(),
        };
        let units = vec![
            unit("city", UnitKind::ThanhPhoTw, &[]),
            unit("a", UnitKind::Phuong, &["city"]),
            unit("b", UnitKind::Phuong, &["city"]),
        ];
        Registry::new(1, units, Vec::new())
    }

    fn scope(role: AdminRole, unit: Option<&str>, valid_to: Option<Date>) -> AdminScope {
        let unit = unit.map(|name| UnitId(name.to_owned()));
        AdminScope { id: String::new(), role, unit, client: None, valid_from: date!(2026 - 01 - 01), valid_to }
    }

    #[test]
    fn nobody_gives_more_than_they_hold() {
        use AdminRole::{Auditor, Directory, HelpDesk, System, Unit};
        let (soon, later) = (Some(date!(2026 - 12 - 31)), Some(date!(2027 - 12 - 31)));
        let over = Some(date!(2026 - 11 - 21));
        let table = [
            ("the service", scope(System, None, None), scope(System, None, None), true),
            ("the directory gives units", scope(Directory, None, None), scope(Unit, Some("a"), None), true),
            ("but not itself", scope(Directory, None, None), scope(Directory, None, None), false),
            ("a directory of one unit, within it", scope(Directory, Some("a"), None), scope(Unit, Some("a"), None), true),
            ("and not beside it", scope(Directory, Some("a"), None), scope(Unit, Some("b"), None), false),
            ("nor a help desk of the whole city", scope(Directory, Some("a"), None), scope(HelpDesk, None, None), false),
            ("a unit gives those under it", scope(Unit, Some("city"), None), scope(Unit, Some("a"), None), true),
            ("and not itself", scope(Unit, Some("a"), None), scope(Unit, Some("a"), None), false),
            ("an auditor gives nothing", scope(Auditor, None, None), scope(Auditor, None, None), false),
            ("not longer than one's own", scope(System, None, soon), scope(Unit, Some("a"), later), false),
            ("not without an end", scope(System, None, soon), scope(Unit, Some("a"), None), false),
            ("as long as one's own", scope(System, None, soon), scope(Unit, Some("a"), soon), true),
            ("what is over gives nothing", scope(System, None, over), scope(Unit, Some("a"), over), false),
        ];
        for (case, held, wanted, expected) in table {
            assert_eq!(may_appoint(&[held], &wanted, &registry(), TODAY), expected, "{case}");
        }
    }
}
