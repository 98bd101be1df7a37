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

mod administrators;
mod approvals;
mod assertions;
mod audiences;
mod audit_chain;
mod audit_months;
mod authorization;
mod authorize;
mod backchannel;
mod break_glass;
mod claims;
mod claims_details;
mod client_auth;
mod client_credentials;
mod client_keys;
mod clients_console;
mod consent;
mod core_details;
mod details;
mod devices;
mod directory;
mod disclosures;
mod discovery;
mod dpop;
mod dpop_bound;
mod dpop_nonces;
mod email_codes;
mod endings;
mod entitlements;
mod errors;
mod expiry;
mod fapi;
mod fapi_signing;
mod figures;
mod floors;
mod frontchannel;
mod fuzz_corpus;
mod help;
mod history;
mod hostile_sheets;
mod id_token;
mod implicit;
mod import_undo;
mod imports;
mod introspection;
mod introspection_signed;
mod issued_tokens;
mod jarm;
mod keys;
mod kills;
mod limits;
mod logout;
mod logout_details;
mod logout_hints;
mod mails;
mod mtls;
mod musts;
mod nodes;
mod notices;
mod oauth_details;
mod oauth_leaks;
mod onboarding;
mod overlaps;
mod own_sessions;
mod pairwise;
mod par;
mod par_references;
mod passkeys;
mod passwords;
mod people;
mod people_accounts;
mod people_list;
mod person_edits;
mod person_page;
mod person_show;
mod pkce;
mod policies;
mod portal;
mod preferences;
mod profile;
mod prompts;
mod receipts;
mod records;
mod recovery;
mod redirects;
mod refresh;
mod registration;
mod registration_management;
mod registration_pages;
mod registry;
mod registry_import;
mod renewals;
mod report_queue;
mod reports;
mod request_object_forgeries;
mod request_objects;
mod request_uris;
mod resources;
mod resources_registry;
mod retention;
mod retry_after;
mod revocation;
mod rights_scene;
mod second_factor;
mod self_check;
mod shared_computers;
mod sign_in;
mod step_up;
mod strong_factors;
mod support;
mod sweep;
mod throttling;
mod tls;
mod tls_files;
mod token;
mod unit_claims;
mod units_console;
mod upgrade;
mod userinfo;
mod waited;
mod welcome;
