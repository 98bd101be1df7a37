//! Asking about tokens (RFC 7662): an API, its neighbours, and what strangers are told.

use super::requests::post;
use super::resources::{add_api, reaching};
use super::{Answer, Official, TestApp, TestClient};
use serde_json::{Value, json};

/// The endpoint.
pub const PATH: &str = "/oauth2/introspect";
/// What asks for tokens of the API.
pub const FOR_API: [(&str, &str); 1] = [("scope", "openid ho_so.doc offline_access")];

/// Asks about a token.
pub async fn ask(app: &TestApp, asker: &TestClient, token: &str) -> Answer {
    post(app, asker, PATH, &[("token", token)], &[]).await
}

/// All that is told of a token which is worth nothing, or nobody's business.
#[track_caller]
pub fn nothing(answer: &Answer, case: &str) {
    assert_eq!(answer.status, 200, "{case}: {}", answer.body);
    assert_eq!(answer.json(), json!({ "active": false }), "{case}");
}

/// An API, who speaks for it, who asks for its tokens, and who has nothing to do with it.
pub struct Scene {
    pub app: TestApp,
    pub kim: Official,
    pub tthc: TestClient,
    pub kho: TestClient,
    pub stranger: TestClient,
}

impl Scene {
    /// All of them.
    pub async fn set() -> Self {
        let app = TestApp::start().await;
        add_api(&app).await;
        let kim = app.official("kim").await;
        let tthc = app.client("tthc", reaching).await;
        let kho = app.client("kho", |_| {}).await;
        let stranger = app.client("khach", |_| {}).await;
        Self { app, kim, tthc, kho, stranger }
    }

    /// Tokens for the API.
    pub async fn tokens(&self) -> Value {
        self.app.tokens(&self.tthc, &self.kim, &FOR_API).await
    }
}
