//! Sets the demo's scene through the same doors that a deployment uses: the
//! registry import, the people import, client registration, old systems.

use super::System;
use super::administrators::{self, Administrator};
use super::binh_duong::Upstream;
use super::legacy;
use super::old_city::Directory;
use super::relying_party::Kind;
use crate::app::cli::CliError;
use crate::model::client::{AuthMethod, Client, ClientSettings, SubjectType, UnitIdentifier};
use crate::service::clients::register;
use crate::service::legacy::sources;
use crate::service::provisioning::person_import;
use crate::service::provisioning::{password, roles};
use crate::service::registry::files::Source;
use crate::service::registry::import;
use crate::service::{Origin, Services};
use crate::store::clients;
use secrecy::SecretString;

/// The sample password: public, which is why the demo stays on loopback.
pub const PASSWORD: &str = "Mot-lan-la-du-2025";

/// Who the records say has set the scene.
pub(super) const ACTOR: &str = "demo";

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
    /// Who may enter the console, and how.
    pub(super) administrators: Vec<Administrator>,
}

/// What came of a file of people.
pub(super) struct Brought {
    /// Their user names, in the order of the file.
    pub(super) names: Vec<String>,
    /// Something of it was not known before: all of them want a password.
    pub(super) is_new: bool,
}

pub(super) fn refused(error: impl std::fmt::Display) -> CliError {
    CliError::Other(format!("the demo's own data were refused: {error}"))
}

/// The old systems beside the city: one that always is there, and one where it is installed.
pub(super) struct Before<'a> {
    /// Bình Dương's provider.
    pub(super) upstream: &'a Upstream,
    /// The directory of the city as it was.
    pub(super) directory: Option<&'a Directory>,
}

/// Brings in units, people and systems, new and old; on a kept directory, what is there stays.
pub(super) async fn set(services: &Services, systems: &[System], before: &Before<'_>) -> Result<Scene, CliError> {
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
    legacy::register(services, before.upstream, before.directory).await?;
    let mut secrets = Vec::new();
    for system in systems {
        secrets.push(register_system(services, system).await?);
    }
    let people = bring_people(services, PEOPLE, &origin).await?;
    if people.is_new {
        for (name, client_id, role) in ROLES {
            let request = roles::Request { username: name, client_id, role, position: None, actor: ACTOR, origin: &origin };
            roles::grant(services, &request).await.map_err(refused)?;
        }
    }
    legacy::bring(services, before.upstream, before.directory.is_some()).await?;
    if people.is_new {
        // Only now: an old account that is linked to somebody who has a way of their own opens nothing any more.
        give_passwords(services, &people.names, PASSWORD, &origin).await?;
    }
    let administrators = administrators::seat(services).await?;
    Ok(Scene { secrets, people: people.names, administrators })
}

/// Brings in a file of people, as yet without passwords.
pub(super) async fn bring_people(services: &Services, file: &str, origin: &Origin) -> Result<Brought, CliError> {
    let request = person_import::Request { accept_good: false, dry_run: false, actor: ACTOR, origin };
    let report = person_import::import(services, file.as_bytes(), &request, |_| ()).await.map_err(refused)?;
    if report.rows_bad > 0 {
        return Err(refused(serde_json::json!(report.errors)));
    }
    let mut names: Vec<String> = Vec::new();
    for row in csv::Reader::from_reader(file.as_bytes()).records() {
        let row = row.map_err(refused)?;
        let name = row.get(0).unwrap_or_default().to_owned();
        if names.last() != Some(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    let is_new = report.outcome == person_import::Outcome::Applied;
    Ok(Brought { names, is_new })
}

/// Gives each of these people the same password, to keep.
pub(super) async fn give_passwords(services: &Services, names: &[String], given: &str, origin: &Origin) -> Result<(), CliError> {
    for name in names {
        let request = password::Request { username: name, password: given.into(), temporary: false, actor: ACTOR, origin };
        password::set(services, request).await.map_err(refused)?;
    }
    Ok(())
}

const ROLES: [(&str, &str, &str); 5] = [
    ("minh.lq", "tthc", "tiep-nhan"),
    ("anhtuyet.nt", "tthc", "tiep-nhan"),
    ("anhtuyet.nt", "van-ban", "van-thu"),
    ("hieu.nt", "van-ban", "van-thu"),
    ("haiau.nt", "van-ban", "van-thu"),
];

/// Registers a system, or gives the one of a kept directory a new secret and its present addresses.
async fn register_system(services: &Services, system: &System) -> Result<Option<SecretString>, CliError> {
    let base = &system.base_url;
    let public = system.kind == Kind::HopKhongGiay;
    let legacy_sources = old_systems_of(services, system.kind).await?;
    let settings = ClientSettings {
        auth_method: if public { AuthMethod::None } else { AuthMethod::ClientSecretBasic },
        redirect_uris: vec![format!("{base}/callback")],
        post_logout_redirect_uris: vec![format!("{base}/")],
        backchannel_logout_uri: Some(format!("{base}/backchannel-logout")),
        roles: match system.kind {
            Kind::Tthc => vec!["tiep-nhan".to_owned(), "lanh-dao".to_owned()],
            Kind::VanBan => vec!["van-thu".to_owned()],
            // Everybody sits in meetings.
            Kind::HopKhongGiay => Vec::new(),
        },
        unit_identifier: if system.kind == Kind::VanBan { UnitIdentifier::Both } else { UnitIdentifier::New },
        // Whoever moves on receives no more dossiers for the unit that they left.
        told_of_moves: system.kind == Kind::Tthc,
        // Its records are kept under what Bình Dương's provider called people.
        subject_type: match system.kind {
            Kind::VanBan => SubjectType::Legacy(vec![legacy::BINH_DUONG.to_owned()]),
            Kind::Tthc | Kind::HopKhongGiay => SubjectType::Public,
        },
        legacy_sources,
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

/// The old systems whose accounts enter a system as long as their people have no other way in.
async fn old_systems_of(services: &Services, kind: Kind) -> Result<Vec<String>, CliError> {
    let named: &[&str] = match kind {
        Kind::VanBan => &[legacy::BINH_DUONG],
        Kind::Tthc => &[legacy::VUNG_TAU, legacy::OLD_CITY],
        Kind::HopKhongGiay => &[],
    };
    let known = sources::list(services).await?;
    let named = named.iter().filter(|id| known.iter().any(|source| source.id == **id));
    Ok(named.map(|&id| id.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_password_meets_the_rules() {
        assert_eq!(crate::model::password_policy::PasswordPolicy::default().judge(PASSWORD, &[]), Ok(()));
    }
}
