//! Where a post may go on of which somebody has to say it.

use crate::base::id::UnitId;
use std::sync::Arc;

/// The units that a post may go on in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Onward {
    /// One of these, as the plan says.
    Among(Vec<UnitId>),
    /// Nothing comes after its unit: any of these, which are all that are in force then.
    Anywhere(Arc<[UnitId]>),
}

impl Onward {
    /// As a plan, or a run, names them: where it names none, any will do.
    pub(super) fn named(candidates: &[UnitId], anywhere: &Arc<[UnitId]>) -> Self {
        if candidates.is_empty() { Self::Anywhere(Arc::clone(anywhere)) } else { Self::Among(candidates.to_vec()) }
    }

    /// The units.
    pub(super) fn units(&self) -> &[UnitId] {
        match self {
            Self::Among(units) => units,
            Self::Anywhere(units) => units,
        }
    }

    /// True where the plan names none.
    pub(super) fn is_anywhere(&self) -> bool {
        matches!(self, Self::Anywhere(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_plan_names_no_unit_any_will_do() {
        let unit = |name: &str| UnitId(name.to_owned());
        let anywhere: Arc<[UnitId]> = Arc::from([unit("a"), unit("b"), unit("c")]);
        let among = Onward::named(&[unit("a")], &anywhere);
        assert_eq!((among.units(), among.is_anywhere()), (&[unit("a")][..], false));
        let any = Onward::named(&[], &anywhere);
        assert_eq!((any.units(), any.is_anywhere()), (&anywhere[..], true));
    }
}
