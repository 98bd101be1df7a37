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
mod floors;
mod frontchannel;
mod fuzz_corpus;
mod id_token;
mod implicit;
mod introspection;
mod issued_tokens;
mod jarm;
mod keys;
mod limits;
mod logout;
mod logout_hints;
mod mtls;
mod musts;
mod nodes;
mod oauth_details;
mod overlaps;
mod pairwise;
mod par;
mod people;
mod pkce;
mod prompts;
mod records;
mod redirects;
mod refresh;
mod registration;
mod registry;
mod renewals;
mod request_objects;
mod request_uris;
mod resources;
mod resources_registry;
mod revocation;
mod sign_in;
mod step_up;
mod support;
mod sweep;
mod tls;
mod token;
mod unit_claims;
mod upgrade;
mod userinfo;
mod waited;
