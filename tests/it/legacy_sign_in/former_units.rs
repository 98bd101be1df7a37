//! Which unit somebody came from, told to a system that still knows units as they were.

use super::scene::{HASH, OLD, SOURCE, bring, come, source};
use crate::support::TestApp;
use crate::support::flows::tokens_of;
use crate::support::requests::text;
use motlan::model::client::UnitIdentifier;
use motlan::service::Origin;
use motlan::service::legacy::matching::{self, Request};

#[tokio::test]
async fn an_official_of_an_export_comes_with_the_unit_of_before() {
    let app = TestApp::with_registry().await;
    source(&app, SOURCE).await;
    bring(&app, &format!("7,kim.cu,Nguyễn Văn Kim,1980-02-03,,,,25747,,,Chuyên viên,{HASH},active,\n")).await;
    let origin = Origin::command_line();
    let request = Request { source: None, actor: "os:test", origin: &origin };
    let summary = matching::run(app.services(), &request, |_| {}).await.expect("a summary");
    assert_eq!((summary.created, summary.positions_new), (1, 1));
    let client = app
        .client("van-ban", |settings| {
            settings.legacy_sources = vec![SOURCE.to_owned()];
            settings.unit_identifier = UnitIdentifier::Legacy;
            settings.id_token_claims = vec!["legacy_unit".to_owned()];
        })
        .await;

    let mut browser = app.browser();
    let arrived = come(&mut browser, &app.authorize_path(&client, &[("scope", "openid unit")]), r"bd\kim.cu", OLD).await;
    let tokens = tokens_of(&app, &client, &arrived).await;
    let userinfo = app.userinfo(text(&tokens, "access_token")).await.json();
    let silent = browser.get(&app.authorize_path(&client, &[("scope", "openid unit"), ("prompt", "none")])).await;
    let again = tokens_of(&app, &client, &silent).await;

    assert_eq!(userinfo["unit_name"], "Phường Thủ Dầu Một", "{userinfo}");
    for told in [&userinfo, &app.claims(text(&tokens, "id_token")), &app.claims(text(&again, "id_token"))] {
        let unit = &told["legacy_unit"];
        assert_eq!((&unit["name"], &unit["codes"]["gso"]), (&"Phường Phú Cường".into(), &"25747".into()), "{told}");
        assert_eq!(unit["valid_to"], "2025-06-30");
        assert_eq!(told.get("legacy_units"), None);
    }
}
