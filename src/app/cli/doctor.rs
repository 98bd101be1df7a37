//! `motlan doctor`: checks everything that a deployment leans on and says how to mend it.

use super::reorg::waits;
use super::{CliError, Output};
use crate::app::build::{self, Sources};
use crate::app::config::{Config, mail, syslog};
use crate::app::tls;
use crate::base::clock::Millis;
use crate::base::date::{shown, shown_moment};
use crate::service::readiness;
use crate::service::reorganization::{Waiting, waiting};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// What a synced SQLite page and a log line need, and more.
const PROBE_BYTES: usize = 1 << 20;
/// Clocks that differ by this much still agree on every token.
const CLOCK_TOLERANCE_SECONDS: i64 = 10;

struct Finding {
    what: &'static str,
    fine: bool,
    sentence: String,
}

/// Runs every check, also after one that failed.
pub async fn run(config: &Config, output: &mut Output) -> Result<(), CliError> {
    let mut findings = vec![
        finding("configuration", Ok("every key is known and fits".to_owned())),
        finding("issuer", Ok(issuer(config))),
        finding("TLS", tls::examine(config, &Sources::default().clock)),
        finding("key file", key_file(config)),
        finding("disk", disk(config)),
    ];
    findings.push(finding("mail", mail::examine(config).await));
    findings.push(finding("syslog", syslog::examine(config).await));
    match build::open_store(config, false).await {
        Err(error) => {
            findings.push(finding("database", Err(format!("{error}; check database.url, its network and its password"))));
        }
        Ok(store) => {
            findings.push(finding("database", Ok(format!("{} answers", store.engine_name()))));
            if config.keys.key_encryption_key.is_none() && !config.keys_dir().join("key-encryption-key").exists() {
                // Looking must not make keys: the service's own user does, at its first start.
                store.close().await;
                return report(&findings, output);
            }
            match build::services(config, store, Sources::default()).await {
                Err(error) => findings.push(finding("services", Err(format!("{error}; run `motlan migrate` first")))),
                Ok(services) => {
                    let ready =
                        readiness::check(&services).await.map(|()| "takes writes, keys sign".to_owned()).map_err(str::to_owned);
                    findings.push(finding("readiness", ready));
                    findings.push(finding("short-term memory", short_term(config, services.transient.is_ready().await)));
                    findings.push(finding("registry", registry(&services)));
                    let newest = readiness::newest_record(&services).await.map_err(CliError::from)?;
                    findings.push(finding("clock", clock(services.clock.now(), newest)));
                    let plans = waiting(&services).await.map_err(CliError::from)?;
                    findings.push(finding("re-organizations", reorganizations(&plans)));
                    services.store.close().await;
                }
            }
        }
    }
    report(&findings, output)
}

fn finding(what: &'static str, result: Result<String, String>) -> Finding {
    match result {
        Ok(sentence) => Finding { what, fine: true, sentence },
        Err(sentence) => Finding { what, fine: false, sentence },
    }
}

fn issuer(config: &Config) -> String {
    let issuer = &config.server.issuer;
    if issuer.starts_with("https://") { issuer.clone() } else { format!("{issuer}: for trying out on this machine only") }
}

fn key_file(config: &Config) -> Result<String, String> {
    use std::os::unix::fs::PermissionsExt as _;
    if config.keys.key_encryption_key.is_some() {
        return Ok("the key-encryption key is handed in".to_owned());
    }
    let path = config.keys_dir().join("key-encryption-key");
    match std::fs::metadata(&path) {
        Err(_) => Ok(format!("{} will be made at the first start", path.display())),
        Ok(data) if is_private(data.permissions().mode()) => Ok(format!("{} is its owner's alone", path.display())),
        Ok(_) => Err(format!("{0} can be read by others: chmod 600 {0}", path.display())),
    }
}

/// Whether the data directory takes a file: a full disk, a read-only mount and a wrong owner all show here.
fn disk(config: &Config) -> Result<String, String> {
    let Some(dir) = config.data_dir.as_ref().filter(|_| config.database_url().expose_secret().starts_with("sqlite")) else {
        return Ok("records are not kept on this machine".to_owned());
    };
    let probe = dir.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, vec![0_u8; PROBE_BYTES]);
    let gone = std::fs::remove_file(&probe);
    match written.and(gone) {
        Ok(()) => Ok(format!("{} takes files", dir.display())),
        Err(error) => Err(format!("{}: {error}; make room there, or give it to the service's own user", dir.display())),
    }
}

/// A clock that stands before the newest record is wrong here, or was wrong there: tokens would be refused.
fn clock(now: Millis, newest: Option<Millis>) -> Result<String, String> {
    match newest.filter(|newest| newest.since(now) > CLOCK_TOLERANCE_SECONDS * 1_000) {
        Some(newest) => Err(format!(
            "it says {}, and the newest record is of {}: keep every node's clock by NTP (chrony or systemd-timesyncd)",
            shown_moment(now),
            shown_moment(newest)
        )),
        None => Ok(format!("{} in Vietnam", shown_moment(now))),
    }
}

/// True when group and others may do nothing.
fn is_private(mode: u32) -> bool {
    mode.trailing_zeros() >= 6
}

fn short_term(config: &Config, answers: bool) -> Result<String, String> {
    match (&config.redis.url, answers) {
        (None, _) => Ok("memory of one process: for a single node".to_owned()),
        (Some(_), true) => Ok("Redis answers".to_owned()),
        (Some(_), false) => Err("Redis does not answer: check redis.url, its network and its password".to_owned()),
    }
}

fn registry(services: &crate::service::Services) -> Result<String, String> {
    match services.known.registry().version() {
        0 => Err("no units yet: run `motlan unit import data/units`".to_owned()),
        version => Ok(format!("units are loaded (version {version})")),
    }
}

/// A plan whose day came and that could not be applied waits until somebody approves it anew.
fn reorganizations(waiting: &[Waiting]) -> Result<String, String> {
    let Some(first) = waiting.first() else { return Ok("no plan waits that was due".to_owned()) };
    let stage = first.stage.as_ref().map(|stage| format!(", stage {stage}")).unwrap_or_default();
    let others = waiting.len() - 1;
    let more = if others == 0 { String::new() } else { format!("; others wait too: {others}") };
    Err(format!(
        "{plan}{stage} was due on {day} and was not applied: {why}{more}; see `motlan reorg status {plan}`, and approve it anew",
        plan = first.plan,
        day = shown(first.effective),
        why = waits(&first.why),
    ))
}

fn report(findings: &[Finding], output: &mut Output) -> Result<(), CliError> {
    if output.json {
        let all: Vec<Value> =
            findings.iter().map(|one| json!({ "check": one.what, "ok": one.fine, "message": one.sentence })).collect();
        output.document(&Value::Array(all));
    }
    for one in findings {
        output.line(&format!("{} {:<18} {}", if one.fine { "ok  " } else { "MEND" }, one.what, one.sentence));
    }
    let wrong = findings.iter().filter(|one| !one.fine).count();
    if wrong == 0 { Ok(()) } else { Err(CliError::Document(Value::Null, format!("{wrong} to mend"))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_plan_that_was_due_and_waits_is_something_to_mend() {
        let plan = |name: &str, stage: Option<&str>, why: &str| Waiting {
            plan: name.to_owned(),
            title: "Phương án".to_owned(),
            effective: date!(2025 - 07 - 01),
            stage: stage.map(str::to_owned),
            why: why.to_owned(),
        };
        let (whole, stage) = (plan("merger-2025", None, "open"), plan("sap-xep", Some("mot"), "registry"));

        assert_eq!(reorganizations(&[]), Ok("no plan waits that was due".to_owned()));
        let one = reorganizations(std::slice::from_ref(&whole)).expect_err("something to mend");
        for said in ["merger-2025 was due on 01/07/2025", "people wait for a decision", "motlan reorg status merger-2025`"] {
            assert!(one.contains(said), "{said}: {one}");
        }
        assert!(!one.contains("stage") && !one.contains("others wait"), "{one}");
        let two = reorganizations(&[stage, whole]).expect_err("something to mend");
        for said in ["sap-xep, stage mot was due", "registry changed since the approval", "others wait too: 1"] {
            assert!(two.contains(said), "{said}: {two}");
        }
    }
}
