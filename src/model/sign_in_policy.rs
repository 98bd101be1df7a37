//! What is asked of a sign-in: named, dated rules, each with the instrument that asks for it.
//!
//! A rule speaks of some systems, some roles and some networks, and of what it
//! names only. Where several apply, the stricter word counts; what no rule
//! names is as the settings say.

use crate::base::date::{iso, parse};
use crate::base::network::Network;
use crate::model::methods::TWO_FACTORS;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use time::Date;

/// The longest name and the longest citation, in bytes.
const LONGEST_NAME: usize = 64;
const LONGEST_CITATION: usize = 500;
/// The shortest time that a rule may set: less would lock everyone out.
const SHORTEST_SECONDS: i64 = 60;
/// The role of whoever administers anything; `admin:ROLE` is one of them.
const ADMINISTRATOR: &str = "admin";

/// A rule. What is empty or absent says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInPolicy {
    /// Its name: letters, digits and hyphens.
    pub name: String,
    /// The instrument that asks for it, as people cite it.
    pub citation: String,
    /// Its first day (ISO 8601).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Its last day (ISO 8601).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<String>,
    /// The systems that it is for; none: all, and the pages of the account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<String>,
    /// The roles that it is for: `CLIENT:ROLE`, `admin`, or `admin:ROLE`; none: everybody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The networks that it is for; none: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// It is for everywhere but these networks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// The least level: 1 or 2. Whoever has no second factor is led to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<i64>,
    /// One of the factors is a passkey: no page that looks like ours can have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passkey: Option<bool>,
    /// Codes by e-mail may stand for the second factor: the weakest there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_codes: Option<bool>,
    /// For so many days a device may be remembered; 0: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remember_days: Option<i64>,
    /// A sign-on lasts for so many seconds at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_on_seconds: Option<i64>,
    /// A sign-on that is not used lasts for so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<i64>,
    /// The person proved themselves at most so many seconds ago; for systems.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<i64>,
}

/// Who is asked, where from and for what.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// The system; none: the pages of the account, or not known yet.
    pub client: Option<&'a str>,
    /// The person's roles: `CLIENT:ROLE`, `admin`, `admin:ROLE`.
    pub roles: &'a [String],
    /// From where.
    pub address: Option<IpAddr>,
    /// When, in Vietnam.
    pub today: Date,
}

/// What is asked in a situation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    /// The least level.
    pub level: i64,
    /// One of the factors is a passkey.
    pub passkey: bool,
    /// Codes by e-mail may stand for the second factor.
    pub email_codes: bool,
    /// For so many days a device may be remembered; 0: not at all.
    pub remember_days: i64,
    /// A sign-on lasts for so long at most.
    pub sign_on_seconds: Option<i64>,
    /// A sign-on that is not used lasts for so long.
    pub idle_seconds: Option<i64>,
    /// The person proved themselves at most so long ago.
    pub max_age_seconds: Option<i64>,
}

impl Default for Demands {
    fn default() -> Self {
        Self {
            level: 1,
            passkey: false,
            email_codes: false,
            remember_days: 30,
            sign_on_seconds: None,
            idle_seconds: None,
            max_age_seconds: None,
        }
    }
}

impl SignInPolicy {
    /// True when the rule speaks of a situation.
    pub fn applies(&self, to: &Situation<'_>) -> bool {
        let day = |text: &Option<String>| text.as_deref().and_then(parse);
        let begun = day(&self.valid_from).is_none_or(|from| from <= to.today);
        let over = day(&self.valid_to).is_some_and(|last| last < to.today);
        let holds = |networks: &[String]| {
            let within = |address: IpAddr| networks.iter().filter_map(|text| Network::parse(text)).any(|net| net.holds(address));
            to.address.is_some_and(|address| within(address.to_canonical()))
        };
        begun
            && !over
            && (self.clients.is_empty() || to.client.is_some_and(|client| self.clients.iter().any(|named| named == client)))
            && (self.roles.is_empty() || self.roles.iter().any(|named| to.roles.contains(named)))
            && (self.networks.is_empty() || holds(&self.networks))
            && (self.outside.is_empty() || !holds(&self.outside))
    }

    /// Says in one sentence why the rule cannot be, or nothing.
    pub fn refuse(&self) -> Option<String> {
        let name = &self.name;
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(plain) {
            return Some("a policy has a name of small letters, digits and hyphens".to_owned());
        }
        let said = |what: &str| Some(format!("{name}: {what}"));
        if self.citation.trim().is_empty() || self.citation.len() > LONGEST_CITATION {
            return said("citation says which instrument asks for it, in 1 to 500 bytes");
        }
        let is_day = |text: &str| parse(text).is_some_and(|day| iso(day) == text);
        let unread = |text: &Option<String>| text.as_deref().is_some_and(|text| !is_day(text));
        if unread(&self.valid_from) || unread(&self.valid_to) {
            return said("valid_from and valid_to are days such as 2026-01-31");
        }
        if let (Some(from), Some(last)) = (&self.valid_from, &self.valid_to)
            && last < from
        {
            return said("valid_to is before valid_from");
        }
        if let Some(bad) = self.networks.iter().chain(&self.outside).find(|text| Network::parse(text).is_none()) {
            return Some(format!("{name}: {bad:?} is no network such as 10.0.0.0/8"));
        }
        let is_role = |role: &String| {
            role == ADMINISTRATOR || role.split_once(':').is_some_and(|(of, role)| !of.is_empty() && !role.is_empty())
        };
        if let Some(bad) = self.roles.iter().find(|role| !is_role(role)) {
            return Some(format!("{name}: {bad:?} is no role: CLIENT:ROLE, admin or admin:ROLE"));
        }
        if self.level.is_some_and(|level| !(1..=TWO_FACTORS).contains(&level)) {
            return said("level is 1 or 2: no sign-in here reaches more");
        }
        if self.remember_days.is_some_and(|days| !(0..=90).contains(&days)) {
            return said("remember_days is 0 to 90");
        }
        let short = |seconds: Option<i64>| seconds.is_some_and(|seconds| seconds < SHORTEST_SECONDS);
        if short(self.sign_on_seconds) || short(self.idle_seconds) || short(self.max_age_seconds) {
            return said("times below a minute lock everyone out");
        }
        if !self.clients.is_empty()
            && (self.sign_on_seconds.is_some() || self.idle_seconds.is_some() || self.remember_days.is_some())
        {
            return said("a sign-on is for all systems: a rule for some of them sets max_age_seconds instead");
        }
        None
    }
}

/// What all rules together ask in a situation, over what the settings say.
pub fn demands(policies: &[SignInPolicy], unless: Demands, to: &Situation<'_>) -> Demands {
    let mut demands = unless;
    let stricter = |one: Option<i64>, other: Option<i64>| match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let (mut days, mut by_mail) = (None, None);
    for policy in policies.iter().filter(|policy| policy.applies(to)) {
        demands.level = demands.level.max(policy.level.unwrap_or(demands.level));
        demands.passkey |= policy.passkey.unwrap_or_default();
        days = stricter(days, policy.remember_days);
        by_mail = match (by_mail, policy.email_codes) {
            (Some(one), Some(other)) => Some(one && other),
            (one, other) => one.or(other),
        };
        demands.sign_on_seconds = stricter(demands.sign_on_seconds, policy.sign_on_seconds);
        demands.idle_seconds = stricter(demands.idle_seconds, policy.idle_seconds);
        demands.max_age_seconds = stricter(demands.max_age_seconds, policy.max_age_seconds);
    }
    demands.remember_days = days.unwrap_or(demands.remember_days);
    demands.email_codes = by_mail.unwrap_or(demands.email_codes);
    if demands.passkey {
        demands.level = demands.level.max(TWO_FACTORS);
    }
    demands
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn named(change: impl FnOnce(&mut SignInPolicy)) -> SignInPolicy {
        let mut policy = SignInPolicy { name: "p".to_owned(), citation: "NĐ 85/2016".to_owned(), ..SignInPolicy::default() };
        change(&mut policy);
        policy
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_rule_speaks_of_its_systems_roles_networks_and_days() {
        let roles = words(&["tthc:lanh-dao", "admin", "admin:unit"]);
        let here =
            Situation { client: Some("tthc"), roles: &roles, address: "10.1.2.3".parse().ok(), today: date!(2026 - 07 - 01) };
        let table: [(&str, SignInPolicy, bool); 14] = [
            ("everywhere", named(|_| ()), true),
            ("this system", named(|p| p.clients = words(&["van-ban", "tthc"])), true),
            ("another system", named(|p| p.clients = words(&["van-ban"])), false),
            ("this role", named(|p| p.roles = words(&["tthc:lanh-dao"])), true),
            ("any administrator", named(|p| p.roles = words(&["admin"])), true),
            ("another administrator", named(|p| p.roles = words(&["admin:system"])), false),
            ("this network", named(|p| p.networks = words(&["10.0.0.0/8"])), true),
            ("another network", named(|p| p.networks = words(&["192.0.2.0/24"])), false),
            ("outside of this one", named(|p| p.outside = words(&["10.0.0.0/8"])), false),
            ("outside of another", named(|p| p.outside = words(&["192.0.2.0/24"])), true),
            ("from today", named(|p| p.valid_from = Some("2026-07-01".to_owned())), true),
            ("from tomorrow", named(|p| p.valid_from = Some("2026-07-02".to_owned())), false),
            ("until today", named(|p| p.valid_to = Some("2026-07-01".to_owned())), true),
            ("until yesterday", named(|p| p.valid_to = Some("2026-06-30".to_owned())), false),
        ];
        for (case, policy, applies) in table {
            assert_eq!(policy.applies(&here), applies, "{case}");
            assert_eq!(policy.refuse(), None, "{case}");
        }
        let unknown = Situation { client: None, address: None, ..here };
        assert!(!named(|p| p.clients = words(&["tthc"])).applies(&unknown), "no system");
        assert!(!named(|p| p.networks = words(&["10.0.0.0/8"])).applies(&unknown), "no address is in no network");
        assert!(named(|p| p.outside = words(&["10.0.0.0/8"])).applies(&unknown), "and outside of every one");
    }

    #[test]
    fn of_several_rules_the_stricter_word_counts() {
        let to = Situation { client: None, roles: &[], address: None, today: date!(2026 - 07 - 01) };
        let lax = named(|p| {
            (p.level, p.remember_days, p.idle_seconds, p.email_codes) = (Some(1), Some(60), Some(3_600), Some(true));
        });
        let strict = named(|p| {
            (p.level, p.remember_days, p.idle_seconds, p.email_codes) = (Some(2), Some(7), Some(900), Some(false));
        });
        let passkey = named(|p| p.passkey = Some(true));
        let base = Demands::default();

        assert_eq!(demands(&[], base, &to), base);
        let only = demands(std::slice::from_ref(&lax), base, &to);
        assert_eq!((only.level, only.remember_days, only.idle_seconds, only.email_codes), (1, 60, Some(3_600), true));
        for both in [[lax.clone(), strict.clone()], [strict, lax]] {
            let both = demands(&both, base, &to);
            assert_eq!((both.level, both.remember_days, both.idle_seconds, both.email_codes), (2, 7, Some(900), false));
        }
        assert_eq!(demands(&[passkey], base, &to).level, 2, "a passkey is two factors");
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_reason() {
        let table: [(SignInPolicy, &str); 11] = [
            (named(|p| p.name = "Cấp độ".to_owned()), "name"),
            (named(|p| p.citation = " ".to_owned()), "citation"),
            (named(|p| p.valid_from = Some("01/07/2026".to_owned())), "days such as"),
            (named(|p| (p.valid_from, p.valid_to) = (Some("2026-07-02".to_owned()), Some("2026-07-01".to_owned()))), "before"),
            (named(|p| p.networks = words(&["10.0.0.0/40"])), "no network"),
            (named(|p| p.outside = words(&["ten"])), "no network"),
            (named(|p| p.roles = words(&["lanh-dao"])), "no role"),
            (named(|p| p.level = Some(3)), "level is"),
            (named(|p| p.remember_days = Some(365)), "remember_days"),
            (named(|p| p.idle_seconds = Some(5)), "below a minute"),
            (named(|p| (p.clients, p.idle_seconds) = (words(&["tthc"]), Some(900))), "max_age_seconds"),
        ];
        for (policy, expected) in table {
            let reason = policy.refuse().expect(expected);
            assert!(reason.contains(expected), "{reason}");
        }
    }
}
