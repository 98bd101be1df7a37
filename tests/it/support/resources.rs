//! Protected resources, and the clients that may ask for them.

use super::TestApp;
use motlan::model::client::{ClientSettings, ClientType};
use motlan::model::resource::Resource;
use motlan::service::forget;
use motlan::store::changes::Kind;
use motlan::store::resources;
use serde_json::{Value, json};

/// The resource that most tests ask for.
pub const API: &str = "https://api.example/ho-so";

/// Registers a protected resource, as its JSON document says.
pub async fn add_resource(app: &TestApp, document: Value) {
    let resource: Resource = serde_json::from_value(document).expect("a resource");
    assert_eq!(resource.refuse(), None);
    let services = app.services();
    let now = services.clock.now();
    let mut tx = services.store.write().await.expect("a unit of work");
    resources::add(&mut tx, &resource, now).await.expect("added");
    forget(&mut tx, services, Kind::Resources, &resource.identifier).await.expect("told");
    tx.commit().await.expect("committed");
    services.known.forget(Kind::Resources, &resource.identifier, now);
}

/// Registers it: two scopes, and a client `kho` that speaks for it.
pub async fn add_api(app: &TestApp) {
    let scopes = ["ho_so.doc", "ho_so.ghi"];
    add_resource(app, json!({"identifier": API, "name": "Hồ sơ", "scopes": scopes, "servers": ["kho"]})).await;
}

/// A client that may ask for it.
pub fn reaching(settings: &mut ClientSettings) {
    settings.resources.push(API.to_owned());
    settings.scopes.extend(["ho_so.doc", "ho_so.ghi"].map(str::to_owned));
}

/// A client without a person, that may ask for it.
pub fn machine(settings: &mut ClientSettings) {
    settings.application_type = ClientType::Service;
    settings.grant_types = vec!["client_credentials".to_owned()];
    settings.scopes.clear();
    reaching(settings);
}
