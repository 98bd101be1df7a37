//! Clients as an administrator registers them, of settings that may be refused.

use super::TestApp;
use motlan::model::client::{AuthMethod, Client, ClientSettings, ClientType};
use motlan::service::clients::register::{self, RegisterError};
use secrecy::SecretString;

/// Words, as settings hold them.
pub fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|&word| word.to_owned()).collect()
}

/// A client without a secret.
pub fn public(settings: &mut ClientSettings) {
    settings.application_type = ClientType::Native;
    settings.auth_method = AuthMethod::None;
}

/// A client of these settings, not registered yet.
pub fn client_of(id: &str, settings: ClientSettings) -> Client {
    Client { id: id.to_owned(), name: "Thử".to_owned(), settings, secrets: Vec::new(), disabled_at: None }
}

/// Tries to register one.
pub async fn offer(app: &TestApp, id: &str, settings: ClientSettings) -> Result<Option<SecretString>, RegisterError> {
    register::add(app.services(), &client_of(id, settings), "os:test").await
}
