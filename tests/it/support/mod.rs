//! The stage of every test: a whole provider in this process, on a database of its own.

mod answer;
mod browser;
pub mod certificates;
pub mod clients;
pub mod door;
mod engine;
pub mod flows;
pub mod imports;
pub mod introspection;
pub mod keys;
pub mod listener;
pub mod people;
pub mod phones;
pub mod plans;
pub mod ports;
pub mod post;
pub mod proofs;
pub mod races;
mod receiver;
pub mod records;
pub mod registration;
pub mod registry;
pub mod requests;
pub mod resources;
mod scene;
pub mod sites;
pub mod tls;
pub mod trail;
pub mod upstream;

pub use answer::Answer;
pub use browser::Browser;
pub use receiver::Receiver;
pub use scene::{Official, TestClient};

use axum::Router;
use axum::body::Body;
use http::Request;
use motlan::app::build::{self, Sources};
use motlan::app::config::Config;
use motlan::base::clock::{Clock as _, FixedClock, Millis};
use motlan::base::entropy::SystemEntropy;
use motlan::http::{App, routes};
use motlan::service::{Services, known, logout};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use tower::ServiceExt as _;

/// The pair of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its challenge.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Where the stage's clock begins: 2026-11-22T01:00:00Z.
pub const START: Millis = Millis(1_795_309_200_000);
const ISSUER: &str = "https://id.example";

/// The public data folder.
pub fn data_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// A provider on a stage.
#[derive(Clone)]
pub struct TestApp {
    services: Services,
    router: Router,
    clock: Arc<FixedClock>,
    engine: Arc<engine::Engine>,
}

impl TestApp {
    /// An empty provider on the engine that the environment names.
    pub async fn start() -> Self {
        stage(|_| {}).await
    }

    /// The same with the real registry.
    pub async fn with_registry() -> Self {
        let app = Self::start().await;
        scene::bring_registry(&app).await;
        app
    }

    /// A provider that begins on the database of an earlier version.
    pub async fn upgraded_from(version: i64, rows: fn(bool) -> String) -> Self {
        let engine = Arc::new(engine::Engine::at_version(version, rows).await);
        Self::node(engine, Arc::new(FixedClock::at(START)), |_| {}).await
    }

    async fn node(engine: Arc<engine::Engine>, clock: Arc<FixedClock>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        engine.write_to(&mut config);
        config.server.issuer = ISSUER.to_owned();
        config.outbound.allow_networks = "127.0.0.0/8".to_owned();
        // Cheap hashes: what they cost is measured elsewhere.
        config.password.memory_kib = 8_192;
        config.password.passes = 1;
        change(&mut config);
        let store = build::open_store(&config, true).await.expect("a database");
        let sources = Sources { clock: clock.clone(), entropy: Arc::new(SystemEntropy) };
        let services = build::services(&config, store, sources).await.expect("services");
        let site = Arc::new(build::site(&config).expect("a site"));
        let router = routes::public(App { services: services.clone(), site, looks: Arc::default() });
        Self { services, router, clock, engine }
    }

    /// Two nodes on one database and one Redis, or nothing where only one can be.
    pub async fn two_nodes() -> Option<(Self, Self)> {
        let first = Self::start().await;
        let second = first.second_node().await;
        if second.is_none() {
            println!("skipped: SQLite serves one process; the PostgreSQL run proves this");
        }
        second.map(|second| (first, second))
    }

    /// Another node on the same database and Redis; `None` on SQLite.
    pub async fn second_node(&self) -> Option<Self> {
        if self.engine.is_shared() { Some(Self::node(self.engine.clone(), self.clock.clone(), |_| {}).await) } else { None }
    }

    /// The capabilities.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The issuer.
    pub fn issuer(&self) -> &'static str {
        ISSUER
    }

    /// Seconds since 1970 on the stage's clock.
    pub fn now_seconds(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// Moves the clock, and lets the node notice.
    pub fn advance_seconds(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }

    /// Brings the node's memory up to date.
    pub async fn sync(&self) {
        known::refresh(&self.services).await.expect("changes can be read");
    }

    /// Runs the delivery job once.
    pub async fn deliver_logouts(&self) {
        for delivery in logout::deliver::claim(&self.services).await.expect("deliveries are claimed") {
            logout::deliver::deliver(&self.services, &delivery).await.expect("a delivery is recorded");
        }
    }

    /// A real listener on loopback that takes what is delivered.
    pub async fn receiver(&self) -> Receiver {
        Receiver::start().await
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.clone())
    }

    /// Sends a request as it is.
    pub async fn request(&self, request: Request<String>) -> Answer {
        let response = self.router.clone().oneshot(request.map(Body::from)).await.expect("the router answers");
        Answer::read(response).await
    }

    /// `GET` without cookies.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(Request::get(path).body(String::new()).expect("a request")).await
    }

    /// `POST` of a form without cookies.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.request(form_request(path, fields)).await
    }

    /// The payload of a JWT, unverified.
    pub fn claims(&self, jwt: &str) -> Value {
        part(jwt, 1)
    }

    /// The header of a JWT.
    pub fn header(&self, jwt: &str) -> Value {
        part(jwt, 0)
    }

    /// Every audited event, in order.
    pub async fn audit_events(&self) -> Vec<String> {
        let mut conn = self.services.store.read().await.expect("a connection");
        let rows = motlan::store::audit::list_after(&mut conn, "", 10_000).await.expect("audit rows");
        rows.into_iter().map(|row| row.event).collect()
    }
}

/// An empty provider with other settings.
pub async fn stage(change: impl FnOnce(&mut Config)) -> TestApp {
    let engine = Arc::new(engine::Engine::fresh().await);
    TestApp::node(engine, Arc::new(FixedClock::at(START)), change).await
}

fn part(jwt: &str, place: usize) -> Value {
    let bytes = motlan::base::digest::from_base64url(jwt.split('.').nth(place).expect("a JWT")).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// A form, as browsers send it.
pub fn form_request(path: &str, fields: &[(&str, &str)]) -> Request<String> {
    Request::post(path).header("content-type", requests::FORM).body(encode(fields)).expect("a request")
}

/// Form-encodes fields.
pub fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
