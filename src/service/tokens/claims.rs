//! What a client is told about a person: only what was granted, never null, never empty.

use crate::base::date;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::client::{Client, UnitIdentifier};
use crate::model::entitlement::{Circumstances, GroupGrant, Holder};
use crate::model::former_units::former_units;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::unit::Unit;
use crate::model::unit_code::GSO;
use crate::protocol::claims_request::fits;
use crate::protocol::scope::{self, Scopes};
use crate::store::subjects::Account;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// What is known of a person beside their own record, as far as a client may be told: from old systems, and for whom they act.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OfOld {
    /// Their accounts.
    pub accounts: Vec<Account>,
    /// The units that any of their accounts were in, on the days as of which the sources are read.
    pub units: Vec<UnitId>,
    /// What the client calls those who handed them a post, as far as it has called them anything.
    pub delegators: BTreeMap<PersonId, String>,
}

impl OfOld {
    /// Nothing.
    pub fn nothing() -> &'static Self {
        static NOTHING: OfOld = OfOld { accounts: Vec::new(), units: Vec::new(), delegators: BTreeMap::new() };
        &NOTHING
    }
}

/// Everything that claims are made of.
pub struct Facts<'a> {
    /// Who.
    pub person: &'a Person,
    /// The position that they act in.
    pub acting: Option<&'a PositionId>,
    /// All roles of groups.
    pub groups: &'a [GroupGrant],
    /// How they signed in.
    pub circumstances: Circumstances,
    /// Who is told.
    pub client: &'a Client,
    /// What was granted, and for a system that is not the city's own: agreed to.
    pub granted: &'a Scopes,
    /// The units.
    pub registry: &'a Registry,
    /// Today in Vietnam.
    pub today: Date,
    /// What old systems know of them that the client may be told, and for whom they act.
    pub identities: &'a OfOld,
}

impl Facts<'_> {
    fn acting(&self) -> Option<&Position> {
        // After a re-organization, what was given to a post goes on in the one that follows it.
        self.person.acting_on(self.acting?, self.today)
    }

    /// The value of a claim, if there is one to tell.
    pub fn value(&self, name: &str) -> Option<Value> {
        let person = self.person;
        let text = |value: &Option<String>| value.as_ref().filter(|value| !value.is_empty()).map(|value| json!(value));
        match name {
            "name" => Some(json!(person.full_name)),
            "preferred_username" => Some(json!(person.username)),
            "birthdate" => person.date_of_birth.map(|day| json!(date::iso(day))),
            "updated_at" => Some(json!(person.updated_at.seconds())),
            "email" => text(&person.email),
            // The city's own directory is where the address comes from.
            "email_verified" => person.email.as_ref().map(|_| json!(true)),
            "phone_number" => text(&person.phone),
            "phone_number_verified" => person.phone.as_ref().map(|_| json!(false)),
            "address" => self.address(),
            "unit" => self.unit_or_ended(),
            "unit_code" => {
                let unit = self.acting_unit()?;
                self.registry.code_on(unit, &self.client.settings.unit_code_scheme, self.today).map(|code| json!(code))
            }
            "unit_name" => self.acting_unit().map(|unit| json!(self.registry.name_on(unit, self.today))),
            "legacy_units" => self.legacy_units(),
            "legacy_unit" => self.legacy_unit(),
            "position" => self.acting().map(|position| self.position(position)),
            "positions" => {
                let all: Vec<Value> =
                    person.positions_on(self.today).into_iter().map(|position| self.position(position)).collect();
                (!all.is_empty()).then(|| json!(all))
            }
            "roles" => self.roles(),
            "legacy_identities" => self.legacy_identities(),
            other => person.claims.get(other).filter(|value| !value.is_empty()).map(|value| json!(value)),
        }
    }

    /// The claims of a list of names that have a value.
    pub fn collect<'n>(&self, names: impl Iterator<Item = &'n str>) -> Map<String, Value> {
        names.filter_map(|name| self.value(name).map(|value| (name.to_owned(), value))).collect()
    }

    /// Claims asked one by one: those that the client may be told, and whose value fits the wish.
    pub fn asked(&self, wishes: &Map<String, Value>) -> Map<String, Value> {
        wishes
            .iter()
            .filter(|(name, _)| self.may_be_told(name))
            .filter_map(|(name, wish)| Some((name.clone(), self.value(name).filter(|value| fits(wish, value))?)))
            .collect()
    }

    /// A claim asked by name: the city's own clients are told what they may have
    /// a scope for, others only what the person agreed to.
    fn may_be_told(&self, claim: &str) -> bool {
        let holds = |scope: &str| scope::claims_of(scope).contains(&claim);
        if self.client.settings.third_party {
            self.granted.iter().any(holds)
        } else {
            scope::ALL.iter().any(|scope| holds(scope) && self.client.may_have(scope))
        }
    }

    fn address(&self) -> Option<Value> {
        let parts: Map<String, Value> = self
            .person
            .claims
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("address.")?.to_owned(), json!(value))))
            .collect();
        (!parts.is_empty()).then_some(Value::Object(parts))
    }

    fn acting_unit(&self) -> Option<&Unit> {
        self.registry.unit(&self.acting()?.unit)
    }

    fn codes(&self, unit: &Unit, on: Date) -> Map<String, Value> {
        self.registry.codes_on(unit, on).into_iter().map(|(scheme, code)| (scheme.to_owned(), json!(code))).collect()
    }

    /// The unit of the acting position. Of whoever has none any more because their unit ended: that one, with its last day.
    fn unit_or_ended(&self) -> Option<Value> {
        if self.acting.is_some() {
            return self.acting_unit().map(|unit| self.unit(unit, self.today));
        }
        let ended = self.person.unit_that_ended(self.registry, self.today)?;
        let last = ended.span.to?;
        let mut out = self.unit(ended, last);
        out["valid_to"] = json!(date::iso(last));
        Some(out)
    }

    fn unit(&self, unit: &Unit, on: Date) -> Value {
        let above = self.registry.path_on(unit, on).into_iter();
        let path: Vec<Value> =
            above.map(|above| json!({"id": above.id, "name": self.registry.name_on(above, on), "kind": above.kind})).collect();
        let mut out = json!({
            "id": unit.id,
            "name": self.registry.name_on(unit, on),
            "kind": unit.kind,
            "codes": self.codes(unit, on),
            "registry_version": self.registry.version(),
        });
        if let Some(from) = unit.span.from {
            out["valid_from"] = json!(date::iso(from));
        }
        if !path.is_empty() {
            out["path"] = json!(path);
        }
        out
    }

    /// A unit that is no more, as it was on its last day.
    fn former(&self, unit: &Unit) -> Value {
        let last = unit.span.to.unwrap_or(self.today);
        let mut out = json!({
            "id": unit.id,
            "name": self.registry.name_on(unit, last),
            "kind": unit.kind,
            "codes": self.codes(unit, last),
        });
        if let Some(to) = unit.span.to {
            out["valid_to"] = json!(date::iso(to));
        }
        out
    }

    /// The units of before the first re-organization that the acting one succeeds, through all that there were since.
    fn succeeded(&self) -> Vec<&Unit> {
        self.acting_unit().map(|unit| former_units(self.registry, unit)).unwrap_or_default()
    }

    /// The units of before that this client is told about today.
    fn before(&self) -> Vec<&Unit> {
        match self.client.settings.unit_identifier_on(self.today) {
            UnitIdentifier::New => Vec::new(),
            UnitIdentifier::Both => self.succeeded(),
            UnitIdentifier::Legacy => self.came_from().into_iter().collect(),
        }
    }

    /// Of the units that the acting one succeeds, the one that the person came from. The acting position says it by what it
    /// goes on from; one that was handed over says where whoever did came from, and nothing else does. Else it is the only
    /// one in which they held a position that went nowhere else, or an old system had an account of theirs: of two it is not
    /// known which one is meant.
    fn came_from(&self) -> Option<&Unit> {
        let acting = self.acting()?;
        let former = self.succeeded();
        let behind = self.person.behind(acting);
        // The one of longest ago.
        let by_post = behind.iter().rev().find_map(|held| former.iter().copied().find(|unit| unit.id == held.post.unit));
        if by_post.is_some() || acting.delegated_by.is_some() {
            return by_post;
        }
        let posts = &self.person.positions;
        let went_on = |post: &Position| posts.iter().any(|next| next.was_ever_held() && next.follows.as_ref() == Some(&post.id));
        let own = posts.iter().filter(|post| post.delegated_by.is_none() && post.was_ever_held() && !went_on(post));
        let units: BTreeSet<&UnitId> = own.map(|post| &post.unit).chain(&self.identities.units).collect();
        let mut came_from = former.into_iter().filter(|unit| units.contains(&unit.id));
        came_from.next().filter(|_| came_from.next().is_none())
    }

    fn legacy_units(&self) -> Option<Value> {
        if self.client.settings.unit_identifier != UnitIdentifier::Both {
            return None;
        }
        let all: Vec<Value> = self.before().into_iter().map(|unit| self.former(unit)).collect();
        (!all.is_empty()).then(|| json!(all))
    }

    fn legacy_unit(&self) -> Option<Value> {
        if self.client.settings.unit_identifier != UnitIdentifier::Legacy {
            return None;
        }
        self.before().first().map(|unit| self.former(unit))
    }

    /// The former provinces of the units of before, by their codes.
    pub fn provinces_before(&self) -> BTreeSet<&str> {
        let mut provinces = BTreeSet::new();
        for unit in self.before() {
            let last = unit.span.to.unwrap_or(self.today);
            let province = self.registry.path_on(unit, last).first().copied().unwrap_or(unit);
            provinces.extend(self.registry.code_on(province, GSO, last));
        }
        provinces
    }

    /// What old systems call them, as it was given.
    fn legacy_identities(&self) -> Option<Value> {
        let identity = |account: &Account| {
            let mut out = json!({ "source": account.source, "subject": account.legacy_id });
            let given = [("username", &account.username), ("unit_code", &account.unit_code), ("unit_name", &account.unit_name)];
            for (name, value) in given.into_iter().filter(|(_, value)| !value.is_empty()) {
                out[name] = json!(value);
            }
            out
        };
        let all: Vec<Value> = self.identities.accounts.iter().map(identity).collect();
        (!all.is_empty()).then(|| json!(all))
    }

    fn position(&self, position: &Position) -> Value {
        let mut out = json!({
            "id": position.id,
            "title": position.title,
            "kind": position.kind,
            "primary": position.primary,
            "valid_from": date::iso(position.valid_from),
        });
        for (name, value) in [("department", &position.department), ("decision_no", &position.decision_no)] {
            if !value.is_empty() {
                out[name] = json!(value);
            }
        }
        if let Some(to) = position.valid_to {
            out["valid_to"] = json!(date::iso(to));
        }
        // As this client calls them: by our own name for them, systems could compare whom they know.
        if let Some(called) = position.delegated_by.as_ref().and_then(|by| self.identities.delegators.get(by)) {
            out["delegated_by"] = json!(called);
        }
        if let Some(unit) = self.registry.unit(&position.unit) {
            out["unit"] = json!({
                "id": unit.id,
                "name": self.registry.name_on(unit, self.today),
                "kind": unit.kind,
                "codes": self.codes(unit, self.today),
            });
        }
        out
    }

    /// Roles in this client: those of the person, those of the acting position and of what it goes on from, and those of
    /// groups to which it belongs; each while the sign-on is such as it asks.
    fn roles(&self) -> Option<Value> {
        let (person, registry) = (self.person, self.registry);
        let holder = Holder { person, acting: self.acting(), groups: self.groups, registry, today: self.today };
        let roles = holder.roles(self.client, self.circumstances);
        (!roles.is_empty()).then(|| json!(roles))
    }
}
