//! Roles: words that a client declares and that people hold in it.

use super::entitlement::Condition;
use crate::base::id::PositionId;

/// A role that a person holds in one client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleGrant {
    /// The client that declares the role.
    pub client_id: String,
    /// The role.
    pub role: String,
    /// Only while acting in this position, or in one that goes on from it; in any when `None`.
    pub position: Option<PositionId>,
    /// What it asks of the sign-on in which it counts.
    pub condition: Condition,
}

impl RoleGrant {
    /// True when the role is theirs in a client while acting in a position: that one, and those that it goes on from. Whether
    /// it counts in a sign-on is for its condition to say.
    pub fn counts_for(&self, client_id: &str, lineage: &[&PositionId]) -> bool {
        self.client_id == client_id && self.position.as_ref().is_none_or(|bound| lineage.contains(&bound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_of_a_position_counts_only_while_acting_in_it() {
        let here = PositionId("here".into());
        let there = PositionId("there".into());
        let of_position = RoleGrant {
            client_id: "tthc".into(),
            role: "clerk".into(),
            position: Some(here.clone()),
            condition: Condition::default(),
        };
        let of_person = RoleGrant { position: None, ..of_position.clone() };

        assert!(of_position.counts_for("tthc", &[&here]));
        assert!(of_position.counts_for("tthc", &[&there, &here]), "what goes on from it counts too");
        assert!(!of_position.counts_for("tthc", &[&there]));
        assert!(!of_position.counts_for("tthc", &[]));
        assert!(of_person.counts_for("tthc", &[]));
        assert!(!of_person.counts_for("van-ban", &[&here]));
        assert!(!of_position.counts_for("van-ban", &[&here]));
    }
}
