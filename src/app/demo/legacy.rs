//! The old systems of the three former provinces, as the city knows them: their sources, their accounts, and whose each is.
//!
//! Everything goes through the doors of a deployment: sources are registered,
//! exports imported, the directory read, accounts matched. What waits for a
//! human waits.

use super::binh_duong::{CLIENT, Upstream};
use super::old_city::Directory;
use super::scene::{ACTOR, refused};
use crate::app::cli::CliError;
use crate::model::legacy_source::{
    AttributeMap, ClaimMap, HashSettings, LdapSettings, LegacySource, OidcSettings, Settings, SyncSettings, UpstreamAuth,
};
use crate::service::legacy::directories::sync;
use crate::service::legacy::import::{self, Outcome};
use crate::service::legacy::matching;
use crate::service::legacy::sources::{self, NewSource};
use crate::service::{Origin, Services};
use secrecy::SecretString;
use serde_json::json;
use std::io::Cursor;
use time::Date;
use time::macros::date;

/// The source that is a provider of its own: Bình Dương's.
pub const BINH_DUONG: &str = "bd";
/// The source that is an export with password hashes: that of Bà Rịa - Vũng Tàu.
pub const VUNG_TAU: &str = "vt";
/// The source that is a directory: that of the city as it was.
pub const OLD_CITY: &str = "hcm";

/// Accounts of Bà Rịa - Vũng Tàu, as its system wrote them out.
const EXPORT: &str = include_str!("../../../data/demo/vung_tau.csv");
/// The last day of the three.
const LAST_DAY: Date = date!(2025 - 06 - 30);
/// Every how many minutes the directory is read.
const EVERY_MINUTES: i64 = 60;

/// Registers the sources, or gives those of a kept directory their present addresses. Clients name them, so they come first.
pub async fn register(services: &Services, upstream: &Upstream, directory: Option<&Directory>) -> Result<(), CliError> {
    let provider = Settings::Oidc(Box::new(OidcSettings {
        issuer: upstream.issuer.clone(),
        client_id: CLIENT.to_owned(),
        client_auth: UpstreamAuth::ClientSecretBasic,
        claims: ClaimMap { email: String::new(), email_verified: String::new(), phone: String::new(), ..ClaimMap::default() },
        domains: vec!["binhduong.example".to_owned()],
        ..OidcSettings::default()
    }));
    lay_down(services, (BINH_DUONG, "Tỉnh Bình Dương (trước 01/07/2025)", "74"), provider, Some(&upstream.secret)).await?;
    let export = Settings::Hashes(HashSettings::default());
    lay_down(services, (VUNG_TAU, "Tỉnh Bà Rịa - Vũng Tàu (trước 01/07/2025)", "77"), export, None).await?;
    let Some(directory) = directory else { return Ok(()) };
    let settings = Settings::Ldap(Box::new(LdapSettings {
        servers: vec![directory.address.clone()],
        ca: Some(directory.authority.clone()),
        base: directory.base.clone(),
        reader_dn: directory.reader.clone(),
        attributes: AttributeMap { personal_number: "employeeNumber".to_owned(), ..AttributeMap::default() },
        sync: SyncSettings { every_minutes: Some(EVERY_MINUTES), ..SyncSettings::default() },
        ..LdapSettings::default()
    }));
    let named = (OLD_CITY, "Thành phố Hồ Chí Minh (trước 01/07/2025)", "79");
    lay_down(services, named, settings, Some(&directory.reader_secret)).await
}

async fn lay_down(
    services: &Services,
    (id, name, province): (&str, &str, &str),
    settings: Settings,
    secret: Option<&SecretString>,
) -> Result<(), CliError> {
    if sources::find(services, id).await?.is_none() {
        let new = NewSource {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            province: Some(province.to_owned()),
            as_of: Some(LAST_DAY),
            sunset_on: None,
            settings,
            secret: secret.cloned(),
        };
        sources::add(services, new, ACTOR).await?;
        return Ok(());
    }
    let now_so = |source: &mut LegacySource| {
        source.settings = settings;
        Ok(())
    };
    sources::change(services, id, ACTOR, secret, now_so).await?;
    Ok(())
}

/// Brings the accounts in and decides of each whose it is.
pub async fn bring(services: &Services, upstream: &Upstream, has_directory: bool) -> Result<matching::Summary, CliError> {
    let origin = Origin::command_line();
    bring_in(services, BINH_DUONG, &upstream.accounts, &origin).await?;
    bring_in(services, VUNG_TAU, EXPORT, &origin).await?;
    if has_directory {
        let request = sync::Request { accept: false, actor: ACTOR, origin: &origin };
        let holder = services.entropy.token();
        // Where it fails the demo goes on, and the source's page tells why.
        if let Err(error) = sync::run(services, OLD_CITY, &request, &holder).await {
            tracing::warn!(%error, "the sample directory was not read");
        }
    }
    let request = matching::Request { source: None, actor: ACTOR, origin: &origin };
    Ok(matching::run(services, &request, |_| ()).await?)
}

async fn bring_in(services: &Services, source: &str, text: &str, origin: &Origin) -> Result<(), CliError> {
    let request = import::Request { source, encoding: None, accept_good: false, dry_run: false, actor: ACTOR, origin };
    let report = import::import(services, Cursor::new(text.to_owned()), &request, |_| ()).await.map_err(refused)?;
    match report.outcome {
        Outcome::Applied | Outcome::Unchanged | Outcome::Checked => Ok(()),
        Outcome::Refused => Err(refused(json!(report.errors))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::password::legacy::LegacyHash;

    /// The column of an account's password hash.
    const HASH: usize = 11;

    #[test]
    fn the_old_password_meets_the_rules_and_opens_every_hash_that_can_be_checked() {
        let old = super::super::OLD_PASSWORD;
        assert_eq!(crate::model::password_policy::PasswordPolicy::default().judge(old, &[]), Ok(()));
        let mut opened = 0;
        for row in csv::Reader::from_reader(EXPORT.as_bytes()).records() {
            let row = row.expect("a row");
            // The last one is of a kind that nobody knows any more.
            let Ok(hash) = LegacyHash::parse(&row[HASH], None) else { continue };
            assert!(hash.verify(old).expect("an answer"), "{}", &row[0]);
            opened += 1;
        }
        assert_eq!(opened, 5);
    }

    #[test]
    fn somebody_has_accounts_in_two_of_them() {
        let number = "077194034235";
        let of_binh_duong = include_str!("../../../data/demo/binh_duong.csv");
        assert!(EXPORT.contains(number) && of_binh_duong.contains(number));
    }
}
