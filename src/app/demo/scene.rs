//! Sets the demo's scene through the same doors that a deployment uses: the
//! registry import, the people import, client registration.

use super::System;
use super::relying_party::Kind;
use crate::app::cli::CliError;
use crate::model::client::{AuthMethod, Client, ClientSettings, UnitIdentifier};
use crate::service::clients::register;
use crate::service::provisioning::person_import;
use crate::service::provisioning::{password, roles};
use crate::service::registry::files::Source;
use crate::service::registry::import;
use crate::service::{Origin, Services};
use crate::store::clients;
use secrecy::SecretString;

/// The sample password: public, which is why the demo stays on loopback.
pub(super) const PASSWORD: &str = "Mot-lan-la-du-2025";

const ACTOR: &str = "demo";

/// Embedded, so that the demo runs wherever its binary is.
macro_rules! sources {
    ($($path:literal),* $(,)?) => {
        [$(Source { name: $path.to_owned(), bytes: include_bytes!(concat!("../../../data/", $path)).to_vec() }),*]
    };
}

const PEOPLE: &str = include_str!("../../../data/demo/people.csv");

/// What the scene gives back.
pub(super) struct Scene {
    /// The secrets of the systems, in their order.
    pub(super) secrets: Vec<Option<SecretString>>,
    /// The sample user names.
    pub(super) people: Vec<String>,
}

fn refused(error: impl std::fmt::Display) -> CliError {
    CliError::Other(format!("the demo's own data were refused: {error}"))
}

/// Brings in units, people and systems; on a kept directory, what is there stays.
pub(super) async fn set(services: &Services, systems: &[System]) -> Result<Scene, CliError> {
    let origin = Origin::command_line();
    let sources = sources!(
        "units/units_legacy.csv",
        "units/units_2025.csv",
        "units/mapping_2025.csv",
        "units/district_dissolution.csv",
        "units/units_pre2025.csv",
        "units/name_variants.csv",
        "demo/agency_codes.csv",
    );
    let request = import::Request { sources: &sources, only_legacy: false, actor: ACTOR, origin: &origin };
    import::import(services, &request).await.map_err(refused)?;
    let mut secrets = Vec::new();
    for system in systems {
        secrets.push(register_system(services, system).await?);
    }
    let people = people(services, &origin).await?;
    Ok(Scene { secrets, people })
}

async fn people(services: &Services, origin: &Origin) -> Result<Vec<String>, CliError> {
    let request = person_import::Request { accept_good: false, dry_run: false, actor: ACTOR, origin };
    let report = person_import::import(services, PEOPLE.as_bytes(), &request, |_| ()).await.map_err(refused)?;
    if report.rows_bad > 0 {
        return Err(refused(serde_json::json!(report.errors)));
    }
    let mut names: Vec<String> = Vec::new();
    for row in csv::Reader::from_reader(PEOPLE.as_bytes()).records() {
        let row = row.map_err(refused)?;
        let name = row.get(0).unwrap_or_default().to_owned();
        if names.last() != Some(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    if report.outcome == person_import::Outcome::Applied {
        for name in &names {
            let request = password::Request { username: name, password: PASSWORD.into(), temporary: false, actor: ACTOR, origin };
            password::set(services, request).await.map_err(refused)?;
        }
        for (name, client_id, role) in ROLES {
            let request = roles::Request { username: name, client_id, role, position: None, actor: ACTOR, origin };
            roles::grant(services, &request).await.map_err(refused)?;
        }
    }
    Ok(names)
}

const ROLES: [(&str, &str, &str); 3] =
    [("minh.lq", "tthc", "tiep-nhan"), ("anhtuyet.nt", "tthc", "tiep-nhan"), ("anhtuyet.nt", "van-ban", "van-thu")];

/// Registers a system, or gives the one of a kept directory a new secret and its present addresses.
async fn register_system(services: &Services, system: &System) -> Result<Option<SecretString>, CliError> {
    let base = &system.base_url;
    let public = system.kind == Kind::HopKhongGiay;
    let settings = ClientSettings {
        auth_method: if public { AuthMethod::None } else { AuthMethod::ClientSecretBasic },
        redirect_uris: vec![format!("{base}/callback")],
        post_logout_redirect_uris: vec![format!("{base}/")],
        backchannel_logout_uri: Some(format!("{base}/backchannel-logout")),
        roles: match system.kind {
            Kind::Tthc => vec!["tiep-nhan".to_owned(), "lanh-dao".to_owned()],
            Kind::VanBan => vec!["van-thu".to_owned()],
            Kind::HopKhongGiay => vec!["chu-toa".to_owned()],
        },
        unit_identifier: if system.kind == Kind::VanBan { UnitIdentifier::Both } else { UnitIdentifier::New },
        home_uri: Some(format!("{base}/")),
        description: match system.kind {
            Kind::Tthc => "Tiếp nhận và giải quyết hồ sơ".to_owned(),
            Kind::VanBan => "Văn bản đi, văn bản đến".to_owned(),
            Kind::HopKhongGiay => "Lịch họp và tài liệu họp".to_owned(),
        },
        ..ClientSettings::default()
    };
    let client = Client {
        id: system.client_id.to_owned(),
        name: system.kind.name().to_owned(),
        settings,
        secrets: Vec::new(),
        disabled_at: None,
    };
    let known = clients::find(&mut services.store.read().await?, &client.id).await?.is_some();
    if !known {
        return Ok(register::add(services, &client, ACTOR).await?);
    }
    register::replace(services, &client, ACTOR).await?;
    if public { Ok(None) } else { Ok(Some(register::rotate_secret(services, &client.id, 0, ACTOR).await?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_password_meets_the_rules() {
        assert_eq!(crate::model::password_policy::PasswordPolicy::default().judge(PASSWORD, &[]), Ok(()));
    }
}
