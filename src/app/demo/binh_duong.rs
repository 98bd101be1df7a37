//! Bình Dương's old system: a second provider, with a directory, keys and an address of its own.
//!
//! It is the same program on another host name of this machine, so that the
//! browser keeps its cookies apart. To the city it is what any other provider
//! would be: the two share no state and speak over HTTP only. Here belong its
//! people and how it runs; how the city knows it does not.

use super::scene::{ACTOR, bring_people, give_passwords, refused};
use crate::app::build::{self, Sources};
use crate::app::cli::CliError;
use crate::app::config::Config;
use crate::app::run::{self, Running};
use crate::base::text::fold;
use crate::model::client::{AuthMethod, Client, ClientSettings};
use crate::service::clients::register;
use crate::service::{Origin, Services, old_subjects};
use crate::store::{clients, persons};
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use std::path::Path;

/// Its accounts, but for what it calls them: that it says itself.
const ACCOUNTS: &str = include_str!("../../../data/demo/binh_duong.csv");
/// What the city's provider is called there.
pub(super) const CLIENT: &str = "mot-lan";
/// Columns of [`ACCOUNTS`] that its directory knows.
const OF_ITS_PEOPLE: [&str; 3] = ["username", "full_name", "date_of_birth"];

/// What the city needs to know of it.
pub struct Upstream {
    /// Its issuer.
    pub issuer: String,
    /// What the city proves itself with there.
    pub secret: SecretString,
    /// Its accounts, as a file that it exported: each by the subject that it tells.
    pub accounts: String,
}

/// It, while it runs.
pub(super) struct Provider {
    pub(super) upstream: Upstream,
    running: Running,
}

impl Provider {
    /// Starts it on an address, for the city's provider of this issuer.
    pub(super) async fn start(
        (listen, ops): (&str, &str),
        city: &str,
        dir: &Path,
        metrics: PrometheusHandle,
    ) -> Result<Self, CliError> {
        let mut config = Config { data_dir: Some(dir.to_path_buf()), ..Config::default() };
        config.server.issuer = format!("http://{listen}");
        config.server.listen = listen.to_owned();
        config.server.ops_listen = ops.to_owned();
        config.mail.folder = Some(dir.join("mails"));
        config.outbound.allow_networks = "127.0.0.0/8,::1/128".to_owned();
        config.site.owner_vi = "Hệ thống cũ của tỉnh Bình Dương (mẫu)".to_owned();
        config.site.owner_en = "The former Bình Dương system (sample)".to_owned();
        config.site.city_vi = "tỉnh Bình Dương".to_owned();
        config.site.city_en = "Bình Dương province".to_owned();
        let store = build::open_store(&config, true).await.map_err(CliError::Other)?;
        let services = build::services(&config, store, Sources::default()).await.map_err(CliError::Other)?;
        let upstream = furnish(&services, city).await?;
        let running = run::start(&config, services, metrics).await.map_err(CliError::Other)?;
        Ok(Self { upstream, running })
    }

    /// Ends it in good order.
    pub(super) async fn finish(self) {
        self.running.finish().await;
    }
}

/// Brings in its people, and the city's provider as its client.
pub async fn furnish(services: &Services, city: &str) -> Result<Upstream, CliError> {
    let secret = register_city(services, city).await?;
    let origin = Origin::command_line();
    let brought = bring_people(services, &people()?, &origin).await?;
    if brought.is_new {
        give_passwords(services, &brought.names, super::OLD_PASSWORD, &origin).await?;
    }
    Ok(Upstream { issuer: services.settings.issuer.clone(), secret, accounts: accounts(services).await? })
}

/// Registers the city's provider, or gives the one of a kept directory a new secret and its present addresses.
async fn register_city(services: &Services, city: &str) -> Result<SecretString, CliError> {
    let settings = ClientSettings {
        auth_method: AuthMethod::ClientSecretBasic,
        redirect_uris: vec![format!("{city}/signin/federation/{}/callback", super::legacy::BINH_DUONG)],
        post_logout_redirect_uris: vec![format!("{city}/")],
        backchannel_logout_uri: Some(format!("{city}/federation/{}/backchannel-logout", super::legacy::BINH_DUONG)),
        scopes: vec!["openid".to_owned(), "profile".to_owned()],
        home_uri: Some(format!("{city}/")),
        description: "Đăng nhập một lần của Thành phố".to_owned(),
        ..ClientSettings::default()
    };
    let name = "Đăng nhập một lần của Thành phố".to_owned();
    let client = Client { id: CLIENT.to_owned(), name, settings, secrets: Vec::new(), disabled_at: None };
    let is_known = clients::find(&mut services.store.read().await?, CLIENT).await?.is_some();
    if !is_known {
        let secret = register::add(services, &client, ACTOR).await?;
        return secret.ok_or_else(|| refused("a client without a secret"));
    }
    register::replace(services, &client, ACTOR).await?;
    Ok(register::rotate_secret(services, CLIENT, 0, ACTOR).await?)
}

/// Its people, in the form of a file of people.
fn people() -> Result<String, CliError> {
    let mut reader = csv::Reader::from_reader(ACCOUNTS.as_bytes());
    let header = reader.headers().map_err(refused)?.clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(OF_ITS_PEOPLE).map_err(refused)?;
    for row in reader.records() {
        let row = row.map_err(refused)?;
        writer.write_record(OF_ITS_PEOPLE.map(|column| cell(&header, &row, column))).map_err(refused)?;
    }
    text_of(writer)
}

/// Its accounts, each under the subject that the city is told.
async fn accounts(services: &Services) -> Result<String, CliError> {
    let found = clients::find(&mut services.store.read().await?, CLIENT).await?;
    let client = found.ok_or_else(|| refused("the city is no client"))?;
    let mut reader = csv::Reader::from_reader(ACCOUNTS.as_bytes());
    let header = reader.headers().map_err(refused)?.clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("legacy_id").chain(header.iter())).map_err(refused)?;
    for row in reader.records() {
        let row = row.map_err(refused)?;
        let username = fold(cell(&header, &row, "username"));
        let person = persons::find_id_by_username(&mut services.store.read().await?, &username).await?;
        let person = person.ok_or_else(|| refused("somebody is not there"))?;
        let called = old_subjects::of(services, &client, &person).await?;
        writer.write_record(std::iter::once(called.sub.as_str()).chain(row.iter())).map_err(refused)?;
    }
    text_of(writer)
}

fn text_of(writer: csv::Writer<Vec<u8>>) -> Result<String, CliError> {
    String::from_utf8(writer.into_inner().map_err(refused)?).map_err(refused)
}

fn cell<'a>(header: &csv::StringRecord, row: &'a csv::StringRecord, column: &str) -> &'a str {
    header.iter().position(|name| name == column).and_then(|place| row.get(place)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_directory_knows_names_and_nothing_that_only_the_export_tells() {
        let people = people().expect("people");

        assert!(people.starts_with("username,full_name,date_of_birth\n"), "{people}");
        assert!(people.contains("\nhanh.lt,Lê Thị Mỹ Hạnh,1987-03-12\n"), "{people}");
        assert_eq!(people.lines().count(), ACCOUNTS.lines().count());
        assert!(!people.contains("074"), "no numbers");
    }
}
