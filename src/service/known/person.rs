//! A person as a node knows them.

use crate::base::id::PositionId;
use crate::model::admin_scope::AdminScope;
use crate::model::entitlement::{GroupGrant, Holder};
use crate::model::methods::{Duty, Methods, Missing};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::sign_on::SignOn;
use crate::store::position_choices::PositionChoice;
use std::sync::Arc;
use time::Date;

/// A person, and what they chose.
pub struct KnownPerson {
    /// The person.
    pub person: Person,
    /// The positions that they act in.
    pub choices: Vec<PositionChoice>,
    /// The ways in which they can prove who they are.
    pub methods: Methods,
    /// What they administer, past and future too.
    pub admin: Vec<AdminScope>,
    /// The last day of an administrator's password, if passwords end.
    pub password_ends: Option<Date>,
    /// The day on which they were read: the roles are those of that day.
    pub read_on: Date,
    /// The version of the registry beside which they were read: a re-organization changes people and units at once.
    pub registry: i64,
    /// The registry of that version. What is told of this person's units is looked up in it and in no other.
    pub units: Arc<Registry>,
    /// All roles of groups that were not taken back when they were read.
    pub groups: Arc<Vec<GroupGrant>>,
}

impl KnownPerson {
    /// True for whoever administers anything on a day: they always use two factors.
    pub fn is_administrator(&self, today: Date) -> bool {
        self.admin.iter().any(|scope| scope.in_force_on(today))
    }

    /// What is asked of this person in a sign-on, beyond their own methods.
    pub fn duty(&self, sign_on: &SignOn, today: Date) -> Duty {
        if self.is_administrator(today) {
            Duty::TwoFactors
        } else if sign_on.manner.waived {
            Duty::Waived
        } else {
            Duty::Own
        }
    }

    /// What a sign-on of this level lacks before anything is answered.
    pub fn missing(&self, level: i64, duty: Duty, today: Date) -> Option<Missing> {
        let methods = Methods { must_change_password: self.must_change_password(today), ..self.methods };
        methods.missing(level, duty)
    }

    /// True when the password was set by somebody else, or is too old for an administrator's.
    pub fn must_change_password(&self, today: Date) -> bool {
        let over = self.password_ends.is_some_and(|last| last < today);
        self.methods.must_change_password || (over && self.is_administrator(today))
    }

    /// This person as they act in a post, or in the one that goes on from it, for the question which roles they have.
    pub fn holder<'a>(&'a self, acting: Option<&'a PositionId>, today: Date) -> Holder<'a> {
        self.holding(acting.and_then(|acting| self.person.acting_on(acting, today)), today)
    }

    /// The same once for each post that they hold, or without one when they hold none.
    pub fn holders(&self, today: Date) -> Vec<Holder<'_>> {
        let held = self.person.positions_on(today);
        if held.is_empty() {
            return vec![self.holding(None, today)];
        }
        held.into_iter().map(|post| self.holding(Some(post), today)).collect()
    }

    fn holding<'a>(&'a self, acting: Option<&'a Position>, today: Date) -> Holder<'a> {
        Holder { person: &self.person, acting, groups: &self.groups, registry: &self.units, today }
    }

    /// True while the post of a grant is held, or one that goes on from it; and for a grant of no post.
    pub fn still_acts(&self, position: Option<&PositionId>, today: Date) -> bool {
        position.is_none_or(|position| self.person.acting_on(position, today).is_some())
    }

    /// The person's roles in the words of rules about sign-ins: in any of their posts, and whatever they ask of the sign-on.
    pub fn role_words(&self, today: Date) -> Vec<String> {
        let mut words: Vec<String> = self.person.roles.iter().map(|role| format!("{}:{}", role.client_id, role.role)).collect();
        let groups = self.holders(today).into_iter().flat_map(|holder| holder.groups());
        words.extend(groups.map(|group| format!("{}:{}", group.client_id, group.role)));
        let administered = self.admin.iter().filter(|scope| scope.in_force_on(today));
        words.extend(administered.map(|scope| format!("admin:{}", scope.role.word())));
        if self.is_administrator(today) {
            words.push("admin".to_owned());
        }
        words
    }
}
