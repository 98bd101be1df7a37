//! What was found about the settings of a system that signs in here, in sentences.

use crate::base::date::{shown, shown_moment};
use crate::base::words::{Words, fill};
use crate::service::clients::findings::{Before, Finding, Weight};
use time::Date;

/// Class, symbol and word of a weight.
pub fn weight_tag(t: &'static Words, weight: Weight) -> (&'static str, &'static str, &'static str) {
    match weight {
        Weight::Wrong => ("bad", "alert-circle", &t.console_clients_weight_wrong),
        Weight::Doubtful => ("warn", "alert-triangle", &t.console_clients_weight_doubtful),
        Weight::Told => ("info", "help-circle", &t.console_clients_weight_told),
    }
}

/// What was found about the settings, in a sentence.
pub fn finding_said(t: &'static Words, finding: &Finding) -> String {
    match finding {
        Finding::Disabled => t.console_clients_found_disabled.clone(),
        Finding::Refused(reason) => fill(&t.console_clients_wrong_refused, &[("reason", reason)]),
        Finding::NoSecret => t.console_clients_found_no_secret.clone(),
        Finding::Overlap(until) => fill(&t.console_clients_found_overlap, &[("until", &shown_moment(*until))]),
        Finding::RolesUnasked => t.console_clients_found_roles_unasked.clone(),
        Finding::NoRoles => t.console_clients_found_no_roles.clone(),
        Finding::UnknownScheme(scheme) => fill(&t.console_clients_found_scheme, &[("scheme", scheme)]),
        Finding::NoLogout => t.console_clients_found_no_logout.clone(),
        Finding::NoPostLogout => t.console_clients_found_no_post_logout.clone(),
        Finding::NoHome => t.console_clients_found_no_home.clone(),
        Finding::Loopback(address) => fill(&t.console_clients_found_loopback, &[("address", address)]),
        Finding::OwnAddress(address) => fill(&t.console_clients_found_own_address, &[("address", address)]),
        Finding::PkceOff => t.console_clients_found_pkce.clone(),
        Finding::Implicit => t.console_clients_found_implicit.clone(),
        Finding::NoContacts => t.console_clients_found_no_contacts.clone(),
        Finding::Ending(before, last) => told_of(before, *last, ending_words(t, before)),
        Finding::Ended(before, last) => told_of(before, *last, ended_words(t, before)),
    }
}

/// What a client is told for a few days more.
fn ending_words(t: &'static Words, before: &Before) -> &'static str {
    match before {
        Before::Subjects => &t.console_clients_found_ending_subjects,
        Before::Units => &t.console_clients_found_ending_units,
        Before::Source(_) => &t.console_clients_found_ending_source,
    }
}

/// What it is told no more.
fn ended_words(t: &'static Words, before: &Before) -> &'static str {
    match before {
        Before::Subjects => &t.console_clients_found_ended_subjects,
        Before::Units => &t.console_clients_found_ended_units,
        Before::Source(_) => &t.console_clients_found_ended_source,
    }
}

fn told_of(before: &Before, last: Date, sentence: &str) -> String {
    let source = match before {
        Before::Source(name) => name.as_str(),
        Before::Subjects | Before::Units => "",
    };
    fill(sentence, &[("day", &shown(last)), ("source", source)])
}
