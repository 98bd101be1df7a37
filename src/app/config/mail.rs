//! Where mail goes: to a mail server, into a folder for trying out, or nowhere.

use super::Config;
use crate::base::locale::GivenName;
use crate::outbound::letters::Letterhead;
use crate::outbound::mail::{Account, Encryption, Relay, Sink};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Mail. Without an address and a folder it is off: then nobody is told by mail, and nobody comes back by a link.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The mail server: `smtp://HOST:587` (STARTTLS must succeed), `smtps://HOST:465`, or `smtp://localhost:25?tls=none`.
    pub url: Option<String>,
    /// The user name there; absent: no log-in.
    pub username: Option<String>,
    /// The password there; better in a file that `MOTLAN_MAIL__PASSWORD_FILE` names.
    #[serde(serialize_with = "super::hidden")]
    pub password: Option<SecretString>,
    /// One more trusted authority of mail servers (PEM).
    pub ca_file: Option<PathBuf>,
    /// Instead of a mail server: a folder that takes every mail as a file, for trying out.
    pub folder: Option<PathBuf>,
    /// The address that mail comes from.
    pub from: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            url: None,
            username: None,
            password: None,
            ca_file: None,
            folder: None,
            from: "khong-tra-loi@localhost.localdomain".to_owned(),
        }
    }
}

impl Mail {
    /// The mail server of the settings.
    fn relay(&self) -> Result<Option<Relay>, String> {
        self.url.as_deref().map(Relay::parse).transpose().map_err(|reason| format!("mail.url {reason}"))
    }

    /// The first thing that is wrong.
    pub(super) fn check(&self) -> Result<(), String> {
        let relay = self.relay()?;
        let plain = relay.as_ref().is_some_and(|relay| relay.encryption == Encryption::Off);
        let rules = [
            (relay.is_some() && self.folder.is_some(), "mail.url and mail.folder: name one of them"),
            (
                self.username.is_some() != self.password.is_some(),
                "mail.username and mail.password go together: name both, or none",
            ),
            (
                relay.is_none() && (self.username.is_some() || self.ca_file.is_some()),
                "mail.username and mail.ca_file are for a mail server: name mail.url",
            ),
            (plain && self.username.is_some(), "mail.url has tls=none: nobody logs in without encryption"),
            (relay.is_some() && self.from == Self::default().from, "mail.from is the address that your mail comes from"),
        ];
        rules.into_iter().find(|(broken, _)| *broken).map_or(Ok(()), |(_, sentence)| Err(sentence.to_owned()))
    }
}

/// The way out of mail that a configuration names.
pub fn sink(config: &Config) -> Result<Sink, String> {
    let mail = &config.mail;
    if let Some(folder) = &mail.folder {
        return Sink::folder(folder, &mail.from, head(config)).map_err(|error| error.to_string());
    }
    let Some(relay) = mail.relay()? else { return Ok(Sink::off()) };
    let ca = mail.ca_file.as_ref().map(std::fs::read).transpose().map_err(|error| format!("mail.ca_file: {error}"))?;
    let issuer = url::Url::parse(&config.server.issuer).map_err(|error| format!("server.issuer: {error}"))?;
    let account = Account {
        relay: &relay,
        login: mail.username.as_deref().zip(mail.password.as_ref()),
        ca_pem: ca.as_deref(),
        hello: issuer.host_str().unwrap_or("localhost"),
    };
    Sink::smtp(&account, &mail.from, head(config)).map_err(|error| error.to_string())
}

fn head(config: &Config) -> Letterhead {
    let site = &config.site;
    Letterhead {
        owner: GivenName { vi: site.owner_vi.clone(), en: site.owner_en.clone() },
        issuer: config.server.issuer.clone(),
        phone: site.help_phone.clone(),
        email: site.help_email.clone(),
    }
}

/// Whether mail can go out now, in a sentence that says how to mend it when not.
pub async fn examine(config: &Config) -> Result<String, String> {
    crate::crypto::install_provider();
    let sink = sink(config)?;
    if !sink.is_on() {
        return Ok("is off: people are told on the portal only, and come back through their administrators".to_owned());
    }
    match (sink.probe().await, &config.mail.folder) {
        (Ok(()), Some(folder)) => Ok(format!("goes into {}: for trying out only", folder.display())),
        (Ok(()), None) => Ok("the mail server answers, and takes our log-in where there is one".to_owned()),
        (Err(error), Some(folder)) => Err(format!("{}: {error}; give it to the service's own user", folder.display())),
        (Err(error), None) => Err(format!("{error}; check mail.url, mail.username, the password, and mail.ca_file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (&'static str, fn(&mut Mail));

    fn mail(change: impl FnOnce(&mut Mail)) -> Result<(), String> {
        let mut mail = Mail { from: "motlan@vi-du.vn".to_owned(), ..Mail::default() };
        change(&mut mail);
        mail.check()
    }

    #[test]
    fn what_belongs_together_is_set_together() {
        let secret = || Some(SecretString::from("x"));
        assert_eq!(Mail::default().check(), Ok(()), "off");
        assert_eq!(mail(|mail| mail.folder = Some("mails".into())), Ok(()));
        assert_eq!(mail(|mail| mail.url = Some("smtps://mail.vi-du.vn".to_owned())), Ok(()));
        let table: [Case; 5] = [
            ("mail.url", |mail| mail.url = Some("mail.vi-du.vn".to_owned())),
            ("name one of them", |mail| {
                mail.url = Some("smtp://mail.vi-du.vn".to_owned());
                mail.folder = Some("mails".into());
            }),
            ("go together", |mail| {
                mail.url = Some("smtp://mail.vi-du.vn".to_owned());
                mail.username = Some("motlan".to_owned());
            }),
            ("are for a mail server", |mail| mail.ca_file = Some("ca.pem".into())),
            ("mail.from", |mail| {
                mail.url = Some("smtp://mail.vi-du.vn".to_owned());
                mail.from = Mail::default().from;
            }),
        ];
        for (says, change) in table {
            let refused = mail(change).expect_err(says);
            assert!(refused.contains(says), "{refused}");
        }
        let plain = mail(|mail| {
            mail.url = Some("smtp://localhost?tls=none".to_owned());
            mail.username = Some("motlan".to_owned());
            mail.password = secret();
        });
        assert!(plain.is_err_and(|reason| reason.contains("tls=none")));
    }
}
