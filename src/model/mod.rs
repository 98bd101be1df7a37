//! The city's own rules: people, positions, units over time, clients, sign-ons, keys.
//!
//! Pure, as `protocol` is: values in, values out. What the world's
//! specifications say on the wire is `protocol`'s; what the city makes of it is here.

pub mod access_review;
pub mod admin_scope;
pub mod appointing;
pub mod as_of;
pub mod audit_entry;
pub mod authority;
pub mod behind;
pub mod brought;
pub mod client;
pub mod confirmation;
pub mod correction;
pub mod device;
pub mod entitlement;
pub mod former_units;
pub mod grant;
pub mod group_reach;
pub mod import;
pub mod legacy_account;
pub mod legacy_source;
pub mod legacy_unit;
pub mod lifecycle;
pub mod lifetimes;
#[cfg(test)]
pub(crate) mod made;
pub mod matching;
pub mod methods;
pub mod notice;
pub mod offices;
pub mod password_policy;
pub mod people_digest;
pub mod person;
pub mod person_merge;
pub mod personal_number;
pub mod plan;
pub mod position;
pub mod registry;
mod registry_digest;
pub mod report;
pub mod resource;
pub mod role;
pub mod row_error;
pub mod same_person;
pub mod sign_in_policy;
pub mod sign_on;
pub mod signing_key;
pub mod succession;
pub mod unit;
pub mod unit_code;
pub mod unit_template;
pub mod welcome;
