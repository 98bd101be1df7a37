//! Logs and metrics.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// The database driver is quiet about what it skips.
const DEFAULT: &str = "info,sqlx=warn,webauthn_rs=off,webauthn_rs_core=off";

/// Whatever is asked for: these write out what they send, and passwords are among it.
const NEVER: [&str; 2] = ["ldap3=off", "lber=off"];

/// Starts logging to standard error: text for people, JSON for machines.
pub fn start_logs(filter: Option<&str>, json: bool) {
    let filter = EnvFilter::try_new(filter.unwrap_or(DEFAULT)).unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let filter = NEVER.iter().filter_map(|never| never.parse().ok()).fold(filter, EnvFilter::add_directive);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start in one process (tests) keeps the first.
    let _ = if json { builder.json().flatten_event(true).try_init() } else { builder.try_init() };
}

/// What is counted, in words for those who read the numbers.
const COUNTED: [(&str, &str); 16] = [
    ("motlan_http_requests_total", "Requests answered, by route and class of status."),
    ("motlan_sign_ins_total", "Passwords and passkeys tried, by outcome: ok, wrong, throttled, busy, failed."),
    ("motlan_second_factors_total", "Codes tried, by outcome: ok, wrong, throttled, failed."),
    ("motlan_tokens_issued_total", "Token responses, by grant type."),
    ("motlan_logout_deliveries_total", "Logout tokens sent, by outcome: ok, retried, dead."),
    ("motlan_mails_total", "Mails, by outcome: sent, retried, dead."),
    ("motlan_connections_refused_total", "Connections closed at once, by limit: all, address."),
    ("motlan_store_errors_total", "Statements that the database did not carry out, by kind: unavailable, corrupt."),
    ("motlan_audit_chained_total", "Records that got their place in the chain."),
    ("motlan_audit_streamed_total", "Records handed over to the collector, some of them twice."),
    ("motlan_audit_foreign_total", "Records found without a MAC of ours: another hand is in the database."),
    ("motlan_accounts_disabled_total", "Accounts that were disabled by themselves, by why: left, idle."),
    ("motlan_break_glass_total", "Sign-ins and acts of accounts for the worst day."),
    ("motlan_tls_handshakes_refused_total", "TLS handshakes that failed, by reason: failed, late."),
    ("motlan_directory_binds_total", "Passwords asked of directories, by outcome: right, wrong, held, offline, down, refused."),
    ("motlan_directory_syncs_total", "Readings of directories, by outcome: done, held, empty, failed."),
];

/// Starts counting. Durations fall into fixed buckets, in seconds.
pub fn start_metrics() -> PrometheusHandle {
    const SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];
    let builder = PrometheusBuilder::new();
    let recorder = builder.set_buckets(&SECONDS).unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
    let handle = recorder.handle();
    let _ = metrics::set_global_recorder(recorder);
    for (name, words) in COUNTED {
        metrics::describe_counter!(name, words);
    }
    metrics::describe_gauge!(
        "motlan_audit_stream_lag",
        "Sealed records that are not known to have got to the collector; on the node that tells them."
    );
    metrics::describe_counter!("motlan_legacy_hashes_wrapped_total", "Weak password hashes of old systems that were wrapped.");
    metrics::describe_gauge!(
        "motlan_legacy_hashes_sealed",
        "Weak password hashes of old systems that wait to be wrapped; on the node that does it."
    );
    metrics::describe_gauge!("motlan_plans_waiting", "Approved plans, or stages, that could not be applied on their day.");
    metrics::describe_gauge!("motlan_connections_open", "Open connections of both listeners.");
    metrics::describe_histogram!("motlan_http_request_seconds", "Seconds from a request's head to its answer, by route.");
    handle
}
