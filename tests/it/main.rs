//! One integration binary, a file per promise-keeper. The engines come from the
//! environment: `MOTLAN_TEST_ENGINE=postgres` with `MOTLAN_TEST_POSTGRES_URL`
//! and `MOTLAN_TEST_REDIS_URL`, or SQLite and memory by default.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says why and stops")]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests read their environment and say what they skip")]
#![allow(
    clippy::type_complexity,
    clippy::needless_pass_by_value,
    clippy::unused_self,
    reason = "tables are written as they read; and the stage is asked for everything"
)]

mod assertions;
mod audiences;
mod authorize;
mod backchannel;
mod claims;
mod claims_details;
mod client_auth;
mod client_credentials;
mod client_keys;
mod consent;
mod core_details;
mod details;
mod discovery;
mod dpop;
mod dpop_bound;
mod dpop_nonces;
mod endings;
mod errors;
mod fapi;
mod fapi_signing;
mod floors;
mod frontchannel;
mod fuzz_corpus;
mod id_token;
mod implicit;
mod introspection;
mod introspection_signed;
mod issued_tokens;
mod jarm;
mod keys;
mod limits;
mod logout;
mod logout_details;
mod logout_hints;
mod mtls;
mod musts;
mod nodes;
mod oauth_details;
mod oauth_leaks;
mod overlaps;
mod pairwise;
mod par;
mod par_references;
mod passkeys;
mod passwords;
mod people;
mod people_accounts;
mod pkce;
mod preferences;
mod prompts;
mod records;
mod redirects;
mod refresh;
mod registration;
mod registration_management;
mod registration_pages;
mod registry;
mod registry_import;
mod renewals;
mod request_object_forgeries;
mod request_objects;
mod request_uris;
mod resources;
mod resources_registry;
mod retention;
mod revocation;
mod second_factor;
mod sign_in;
mod step_up;
mod support;
mod sweep;
mod tls;
mod tls_files;
mod token;
mod unit_claims;
mod upgrade;
mod userinfo;
mod waited;
