//! Promises about protected resources and the clients that name them: registered
//! and changed in order, never left with a name that means nothing.

use crate::support::TestApp;
use crate::support::clients::{client_of, words};
use crate::support::records::is_registered;
use crate::support::sites::Site;
use motlan::model::client::{AuthMethod, Client, ClientSettings, ClientType, SubjectType};
use motlan::model::resource::Resource;
use motlan::service::clients::register::{self, RegisterError};
use motlan::service::clients::resources::{self, ResourceError};
use motlan::store::audit;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

const API: &str = "https://ho-so.example/api";
const ACTOR: &str = "os:test";

fn resource(changes: &Value) -> Resource {
    let mut document = json!({ "identifier": API, "name": "Hồ sơ", "scopes": ["ho_so.doc", "ho_so.ghi"] });
    for (member, value) in changes.as_object().expect("members") {
        document[member] = value.clone();
    }
    serde_json::from_value(document).expect("a resource")
}

async fn add(app: &TestApp, changes: &Value) -> Result<(), ResourceError> {
    resources::add(app.services(), &resource(changes), ACTOR).await
}

/// A client without a person, which reaches the resource.
fn service(id: &str) -> Client {
    let settings = ClientSettings {
        application_type: ClientType::Service,
        grant_types: vec!["client_credentials".to_owned()],
        resources: vec![API.to_owned()],
        scopes: vec!["ho_so.doc".to_owned()],
        ..ClientSettings::default()
    };
    client_of(id, settings)
}

async fn stored(app: &TestApp) -> Vec<Resource> {
    resources::list(app.services()).await.expect("resources")
}

/// What a node goes by.
async fn known(app: &TestApp) -> Vec<Resource> {
    let services = app.services();
    services.known.resources(&services.store, services.clock.now()).await.expect("resources").to_vec()
}

/// What was audited about resources, by name: the clock stands still, so rows have no order of their own.
async fn told(app: &TestApp) -> Vec<String> {
    let mut told: Vec<String> = app.audit_events().await.into_iter().filter(|event| event.starts_with("resource.")).collect();
    told.sort();
    told
}

#[tokio::test]
async fn a_resource_is_added_changed_and_removed_and_each_is_on_record() {
    let app = TestApp::start().await;
    app.client("kho", |_| {}).await;
    app.client("tthc", |_| {}).await;
    let wishes =
        json!({ "servers": ["kho"], "roles_of": "tthc", "details": { "ho_so": { "required": ["so"], "optional": [] } } });
    assert!(known(&app).await.is_empty());

    add(&app, &wishes).await.expect("added");
    assert_eq!(known(&app).await, [resource(&wishes)]);
    assert_eq!(resources::find(app.services(), API).await.expect("an answer"), Some(resource(&wishes)));
    assert_eq!(resources::find(app.services(), "https://elsewhere.example").await.expect("an answer"), None);
    let rename = |resource: &mut Resource| {
        resource.name = "Kho hồ sơ".to_owned();
        resource.identifier = "https://elsewhere.example".to_owned();
        Ok(())
    };
    let changed = resources::change(app.services(), API, ACTOR, rename).await.expect("changed");
    assert_eq!(changed, Resource { name: "Kho hồ sơ".to_owned(), ..resource(&wishes) }, "what it is called by stays");
    assert_eq!(known(&app).await, [changed]);
    resources::remove(app.services(), API, ACTOR).await.expect("removed");

    assert_eq!((known(&app).await, stored(&app).await), (vec![], vec![]));
    assert_eq!(told(&app).await, ["resource.added", "resource.changed", "resource.removed"]);
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = audit::list_after(&mut conn, "", 1_000).await.expect("rows");
    let added = rows.iter().find(|row| row.event == "resource.added").expect("a row");
    assert_eq!(added.actor.as_deref(), Some(ACTOR));
    assert!(added.detail.contains(API), "{}", added.detail);
}

#[tokio::test]
async fn another_node_goes_by_a_change_as_soon_as_it_looks() {
    let Some((app, other)) = TestApp::two_nodes().await else { return };
    assert!(known(&other).await.is_empty());

    add(&app, &json!({})).await.expect("added");
    other.sync().await;

    assert_eq!(known(&other).await, [resource(&json!({}))]);
}

#[tokio::test]
async fn what_cannot_be_a_resource_is_refused_with_a_reason_and_leaves_nothing() {
    let app = TestApp::start().await;
    app.client("kho", |_| {}).await;
    let public = |settings: &mut ClientSettings| settings.auth_method = AuthMethod::None;
    app.client("spa", public).await;
    app.client("off", |_| {}).await;
    register::disable(app.services(), "off", ACTOR).await.expect("switched off");
    let details = |fields: Value| json!({ "details": { "ho_so": fields } });
    let table = [
        (json!({ "identifier": "ho-so" }), "absolute"),
        (json!({ "identifier": format!("{API}#a") }), "fragment"),
        (json!({ "identifier": app.issuer() }), "the provider itself"),
        (json!({ "name": "" }), "name"),
        (json!({ "scopes": ["openid"] }), "the provider's own"),
        (json!({ "scopes": ["a b"] }), "cannot be a scope"),
        (json!({ "servers": ["kho", "nobody"] }), "no client \"nobody\""),
        (json!({ "servers": ["off"] }), "no client \"off\""),
        (json!({ "servers": ["spa"] }), "proves itself by nothing"),
        (json!({ "roles_of": "no body" }), "no client"),
        (details(json!({ "required": ["type"] })), "always there"),
        (details(json!({ "required": [""] })), "1 to 128 bytes"),
        (details(json!({ "required": ["a".repeat(129)] })), "1 to 128 bytes"),
        (json!({ "details": { "t".repeat(129): { "required": [] } } }), "1 to 128 bytes"),
        (details(json!({ "required": ["a"], "optional": ["a"] })), "named twice"),
    ];
    for (changes, words) in table {
        let refused = add(&app, &changes).await;

        let fine = matches!(&refused, Err(ResourceError::Refused(reason)) if reason.contains(words));
        assert!(fine, "{changes}: {refused:?}");
    }
    assert!(stored(&app).await.is_empty());
    assert_eq!(told(&app).await, [] as [&str; 0]);
}

#[tokio::test]
async fn an_identifier_is_given_once_and_a_type_of_details_means_one_thing() {
    let app = TestApp::start().await;
    let ho_so = json!({ "details": { "ho_so": { "required": ["so"], "optional": [] } } });
    add(&app, &ho_so).await.expect("added");

    let again = add(&app, &json!({ "name": "Khác" })).await;
    let mut second = json!({ "identifier": "https://kho.example", "scopes": [], "details": { "ho_so": { "required": [] } } });
    let other_fields = add(&app, &second).await;
    second["details"] = ho_so["details"].clone();
    let same_fields = add(&app, &second).await;

    assert!(matches!(again, Err(ResourceError::Taken)), "{again:?}");
    assert!(matches!(other_fields, Err(ResourceError::Refused(_))), "{other_fields:?}");
    assert!(same_fields.is_ok(), "{same_fields:?}");
    assert_eq!(stored(&app).await, [resource(&ho_so), resource(&second)]);
    assert_eq!(told(&app).await, ["resource.added", "resource.added"]);
}

#[tokio::test]
async fn what_is_not_there_is_neither_changed_nor_removed() {
    let app = TestApp::start().await;

    let changed = resources::change(app.services(), API, ACTOR, |_| Ok(())).await;
    let removed = resources::remove(app.services(), API, ACTOR).await;

    assert!(matches!(changed, Err(ResourceError::Unknown)), "{changed:?}");
    assert!(matches!(removed, Err(ResourceError::Unknown)), "{removed:?}");
    assert_eq!(told(&app).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_client_reaches_registered_resources_only_and_has_their_scopes_only_then() {
    let app = TestApp::start().await;
    let mut scope_alone = service("alone");
    scope_alone.settings.resources.clear();

    let early = register::add(app.services(), &service("may"), ACTOR).await;
    assert!(matches!(&early, Err(RegisterError::Refused(reason)) if reason.contains("resource add")), "{early:?}");
    assert!(!is_registered(&app, "may").await);
    add(&app, &json!({})).await.expect("added");
    let alone = register::add(app.services(), &scope_alone, ACTOR).await;
    register::add(app.services(), &service("may"), ACTOR).await.expect("added");

    assert!(matches!(alone, Err(RegisterError::Refused(_))), "{alone:?}");
    assert!(!is_registered(&app, "alone").await);
    let wider = |client: &mut Client| {
        client.settings.resources.push("https://unknown.example".to_owned());
        Ok(())
    };
    let changed = register::change(app.services(), "may", ACTOR, wider).await;
    assert!(matches!(changed, Err(RegisterError::Refused(_))), "{changed:?}");
    let client = register::find(app.services(), "may").await.expect("an answer").expect("a client");
    assert_eq!(client.settings.resources, [API]);
    assert!(!app.audit_events().await.contains(&"client.changed".to_owned()));
}

#[tokio::test]
async fn names_of_details_have_128_bytes_at_most() {
    let app = TestApp::start().await;
    let longest = json!({ "details": { "t".repeat(128): { "required": ["a".repeat(128)] } } });
    add(&app, &longest).await.expect("added");
    assert_eq!(stored(&app).await, [resource(&longest)]);
}

#[tokio::test]
async fn a_resource_stays_while_a_client_reaches_it() {
    let app = TestApp::start().await;
    add(&app, &json!({})).await.expect("added");
    register::add(app.services(), &service("may"), ACTOR).await.expect("added");

    let refused = resources::remove(app.services(), API, ACTOR).await;

    assert!(matches!(&refused, Err(ResourceError::Refused(reason)) if reason.starts_with("may ")), "{refused:?}");
    assert_eq!(known(&app).await, [resource(&json!({}))]);
    assert_eq!(told(&app).await, ["resource.added"]);

    let nothing = |client: &mut Client| {
        client.settings.resources.clear();
        client.settings.scopes.clear();
        Ok(())
    };
    register::change(app.services(), "may", ACTOR, nothing).await.expect("changed");
    resources::remove(app.services(), API, ACTOR).await.expect("removed");
    assert!(stored(&app).await.is_empty());
}

#[tokio::test]
async fn a_client_that_is_refused_keeps_no_resource() {
    let app = TestApp::start().await;
    add(&app, &json!({})).await.expect("added");
    register::add(app.services(), &service("may"), ACTOR).await.expect("added");
    register::disable(app.services(), "may", ACTOR).await.expect("switched off");

    resources::remove(app.services(), API, ACTOR).await.expect("removed");

    assert!(stored(&app).await.is_empty());
}

#[tokio::test]
async fn a_change_that_a_client_could_not_live_with_is_refused() {
    let app = TestApp::start().await;
    add(&app, &json!({})).await.expect("added");
    register::add(app.services(), &service("may"), ACTOR).await.expect("added");
    let only = |scope: &'static str| {
        move |resource: &mut Resource| {
            resource.scopes = vec![scope.to_owned()];
            Ok(())
        }
    };

    let refused = resources::change(app.services(), API, ACTOR, only("ho_so.ghi")).await;
    let stayed = known(&app).await;
    let fine = resources::change(app.services(), API, ACTOR, only("ho_so.doc")).await;
    register::disable(app.services(), "may", ACTOR).await.expect("switched off");
    let lived = resources::change(app.services(), API, ACTOR, only("ho_so.ghi")).await;

    assert!(matches!(&refused, Err(ResourceError::Refused(reason)) if reason.contains("the client may ")), "{refused:?}");
    assert_eq!(stayed, [resource(&json!({}))]);
    assert!(fine.is_ok(), "{fine:?}");
    assert!(lived.is_ok(), "whoever is switched off stands in nobody's way: {lived:?}");
    assert_eq!(told(&app).await, ["resource.added", "resource.changed", "resource.changed"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_resource_that_goes_and_a_client_that_comes_at_the_same_moment_do_not_miss_each_other() {
    let app = TestApp::start().await;
    for round in 0..12 {
        add(&app, &json!({})).await.expect("added");
        let id = format!("may-{round}");
        let start = Arc::new(Barrier::new(2));
        let comes = {
            let (services, start, client) = (app.services().clone(), start.clone(), service(&id));
            tokio::spawn(async move {
                start.wait().await;
                register::add(&services, &client, ACTOR).await.map(|_| ())
            })
        };
        let goes = {
            let services = app.services().clone();
            tokio::spawn(async move {
                start.wait().await;
                resources::remove(&services, API, ACTOR).await
            })
        };
        let (comes, goes) = (comes.await.expect("no panic"), goes.await.expect("no panic"));

        assert!(comes.is_ok() != goes.is_ok(), "{comes:?} {goes:?}");
        assert_eq!(is_registered(&app, &id).await, comes.is_ok());
        assert_eq!(stored(&app).await.is_empty(), goes.is_ok());
        if comes.is_ok() {
            register::disable(app.services(), &id, ACTOR).await.expect("switched off");
            resources::remove(app.services(), API, ACTOR).await.expect("removed");
        }
    }
}

/// The site of a sector: a whole list, one that lacks an address, and what is no list.
async fn sector() -> Site {
    let kind = "application/json";
    Site::with(vec![
        ("/sector.json", kind, br#"["https://a.example/cb","https://b.example/cb"]"#.to_vec()),
        ("/short.json", kind, br#"["https://a.example/cb"]"#.to_vec()),
        ("/object.json", kind, br#"{"redirect_uris":["https://a.example/cb"]}"#.to_vec()),
    ])
    .await
}

/// A client of two hosts whose sector is told by one of the documents.
fn of_sector(sector: &Site, document: &str) -> Client {
    let settings = ClientSettings {
        redirect_uris: words(&["https://a.example/cb", "https://b.example/cb"]),
        subject_type: SubjectType::Pairwise,
        sector_identifier_uri: Some(sector.url(document)),
        ..ClientSettings::default()
    };
    client_of("hai-nha", settings)
}

#[tokio::test]
async fn a_client_joins_a_sector_only_when_its_document_lists_every_address() {
    let app = TestApp::start().await;
    let sector = sector().await;

    for (document, words) in [("/short.json", "does not list https://b.example/cb"), ("/object.json", "JSON array")] {
        let refused = register::add(app.services(), &of_sector(&sector, document), ACTOR).await;
        assert!(matches!(&refused, Err(RegisterError::Refused(reason)) if reason.contains(words)), "{refused:?}");
        assert!(!is_registered(&app, "hai-nha").await, "{document}");
    }
    assert_eq!(sector.calls(), 2);
    let mut nameless = of_sector(&sector, "/sector.json");
    nameless.name.clear();
    assert!(register::add(app.services(), &nameless, ACTOR).await.is_err());
    assert_eq!(sector.calls(), 2, "nobody is called for a client that cannot be");

    register::add(app.services(), &of_sector(&sector, "/sector.json"), ACTOR).await.expect("added");
    assert!(is_registered(&app, "hai-nha").await);
    assert_eq!(sector.calls(), 3);
}

#[tokio::test]
async fn a_sector_is_proven_again_when_what_it_rests_on_changes_and_only_then() {
    let app = TestApp::start().await;
    let sector = sector().await;
    let mut client = of_sector(&sector, "/sector.json");
    client.settings.redirect_uris.truncate(1);
    register::add(app.services(), &client, ACTOR).await.expect("added");
    let to = |addresses: &'static [&'static str]| {
        move |client: &mut Client| {
            client.settings.redirect_uris = addresses.iter().map(|&address| address.to_owned()).collect();
            Ok(())
        }
    };
    let describe = |client: &mut Client| {
        client.settings.description = "Hai nhà".to_owned();
        Ok(())
    };
    let public = |client: &mut Client| {
        client.settings.subject_type = SubjectType::Public;
        client.settings.redirect_uris = vec!["https://c.example/cb".to_owned()];
        Ok(())
    };
    assert_eq!(sector.calls(), 1);

    register::change(app.services(), "hai-nha", ACTOR, describe).await.expect("changed");
    assert_eq!(sector.calls(), 1, "nothing of the sector was changed");
    register::change(app.services(), "hai-nha", ACTOR, to(&["https://b.example/cb"])).await.expect("changed");
    assert_eq!(sector.calls(), 2);
    let stranger = register::change(app.services(), "hai-nha", ACTOR, to(&["https://c.example/cb"])).await;
    assert!(matches!(stranger, Err(RegisterError::Refused(_))), "{stranger:?}");
    assert_eq!(sector.calls(), 3);
    let stored = register::find(app.services(), "hai-nha").await.expect("an answer").expect("a client");
    assert_eq!(stored.settings.redirect_uris, ["https://b.example/cb"]);
    register::change(app.services(), "hai-nha", ACTOR, public).await.expect("changed");
    assert_eq!(sector.calls(), 3, "who calls people as everybody does joins no sector");
}
