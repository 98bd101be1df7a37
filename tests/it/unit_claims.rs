//! Claims about units, positions and roles: of the position that a person acts in, and of
//! the units before it for those who ask.

use crate::support::{Official, TestApp, TestClient};
use motlan::base::id::PositionId;
use motlan::model::client::UnitIdentifier;
use motlan::service::Origin;
use motlan::service::provisioning::roles;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const COLUMNS: &str =
    "username,full_name,date_of_birth,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
const SCOPE: &str = "openid unit position positions roles";

/// An official with these positions: unit code, first day, last day.
async fn official(app: &TestApp, username: &str, positions: &[(&str, &str, &str)]) -> Official {
    let mut people = COLUMNS.to_owned();
    for (unit, from, to) in positions {
        let primary = to.is_empty();
        let person = format!("{username},Trần Thị {username},1985-03-04");
        people +=
            &[person.as_str(), unit, "", "Chuyên viên,cong_chuc", if primary { "true" } else { "false" }, "", from, to].join(",");
        people.push('\n');
    }
    app.official_of(&people, username).await
}

/// What userinfo tells a client.
async fn told(app: &TestApp, client: &TestClient, person: &Official) -> Value {
    let tokens = app.tokens(client, person, &[("scope", SCOPE)]).await;
    app.userinfo(tokens["access_token"].as_str().expect("a token")).await.json()
}

#[tokio::test]
async fn a_unit_is_told_with_its_codes_and_what_it_lies_in() {
    let app = TestApp::with_registry().await;
    let ward = official(&app, "phuong", &[("26740", "2025-07-01", "")]).await;
    let city = official(&app, "thanh.pho", &[("79", "2025-07-01", "")]).await;
    let client = app.client("tthc", |_| {}).await;

    let unit = told(&app, &client, &ward).await["unit"].clone();
    assert_eq!((&unit["name"], &unit["codes"]["gso"]), (&json!("Phường Sài Gòn"), &json!("26740")));
    assert_eq!(unit["valid_from"], "2025-07-01");
    let path: Vec<&str> = unit["path"].as_array().expect("a path").iter().filter_map(|above| above["name"].as_str()).collect();
    assert_eq!(path, ["Thành phố Hồ Chí Minh"]);
    let unit = told(&app, &client, &city).await["unit"].clone();
    assert_eq!((&unit["codes"]["gso"], unit.get("path")), (&json!("79"), None), "nothing lies above it");
}

#[tokio::test]
async fn the_units_before_are_told_to_clients_that_ask_for_them() {
    let app = TestApp::with_registry().await;
    let now = ("26740", "2025-07-01", "");
    let one = official(&app, "mot", &[("26740", "2020-01-01", "2025-06-30"), now]).await;
    let two = official(&app, "hai", &[("26740", "2020-01-01", "2025-06-30"), ("26737", "2019-01-01", "2019-12-31"), now]).await;
    let elsewhere = official(&app, "khac", &[("25741", "2020-01-01", "2025-06-30"), now]).await;
    let mut clients = Vec::new();
    for (id, identifier) in [("new", UnitIdentifier::New), ("both", UnitIdentifier::Both), ("legacy", UnitIdentifier::Legacy)] {
        clients.push(app.client(id, |settings| settings.unit_identifier = identifier).await);
    }
    let [new, both, legacy] = clients.as_slice() else { panic!("three clients") };

    for person in [&one, &two, &elsewhere] {
        let claims = told(&app, new, person).await;
        assert_eq!((claims.get("legacy_unit"), claims.get("legacy_units")), (None, None), "{}", person.username);

        let claims = told(&app, both, person).await;
        let all = claims["legacy_units"].as_array().expect("a list").clone();
        let names: BTreeSet<&str> = all.iter().filter_map(|unit| unit["name"].as_str()).collect();
        assert_eq!(names, BTreeSet::from(["Phường Bến Nghé", "Phường Đa Kao", "Phường Nguyễn Thái Bình"]));
        assert_eq!((all.len(), claims.get("legacy_unit")), (3, None), "what it is of territory only");
        for unit in &all {
            assert_eq!(unit["valid_to"], "2025-06-30", "{unit}");
            assert!(unit["id"].is_string() && unit["kind"] == "phuong" && unit["codes"]["gso"].is_string(), "{unit}");
        }
    }

    let claims = told(&app, legacy, &one).await;
    let unit = &claims["legacy_unit"];
    assert_eq!(claims.get("legacy_units"), None);
    assert_eq!((&unit["name"], &unit["codes"]["gso"]), (&json!("Phường Bến Nghé"), &json!("26740")));
    assert_eq!(unit["valid_to"], "2025-06-30");
    for person in [&two, &elsewhere] {
        let claims = told(&app, legacy, person).await;
        assert_eq!((claims.get("legacy_unit"), claims.get("legacy_units")), (None, None), "{}: never a guess", person.username);
    }
}

#[tokio::test]
async fn what_a_position_lacks_is_left_out_and_a_role_of_another_position_is_not_told() {
    let app = TestApp::with_registry().await;
    let bare = official(&app, "tran", &[("26740", "2025-07-01", "")]).await;
    let full = app.official_in("day.du", &["26740", "26743"]).await;
    let client = app.client("tthc", |settings| settings.roles = vec!["duyet".to_owned(), "xem".to_owned()]).await;
    let origin = Origin::command_line();
    let grant = async |role: &str, position: Option<PositionId>| {
        let username = "day.du";
        let request = roles::Request { username, client_id: "tthc", role, position, actor: "test", origin: &origin };
        assert!(roles::grant(app.services(), &request).await.expect("granted"));
        app.sync().await;
    };

    let position = told(&app, &client, &bare).await["position"].clone();
    assert_eq!((position.get("department"), position.get("decision_no"), position.get("valid_to")), (None, None, None));

    // A person with two positions chooses: the browser of the test takes the first of the page.
    let acting = told(&app, &client, &full).await["position"]["id"].clone();
    let acting = PositionId(acting.as_str().expect("a position").to_owned());
    let other = full.positions.iter().find(|held| **held != acting).expect("another").clone();
    grant("xem", Some(other)).await;
    assert_eq!(told(&app, &client, &full).await.get("roles"), None);
    grant("duyet", Some(acting)).await;
    let claims = told(&app, &client, &full).await;
    assert_eq!(claims["roles"], json!(["duyet"]));
    assert_eq!((&claims["position"]["department"], &claims["position"]["decision_no"]), (&json!("Văn phòng"), &json!("1/QĐ")));
}

#[tokio::test]
async fn a_client_may_have_some_of_them_in_the_id_token_at_once() {
    let app = TestApp::with_registry().await;
    let ward = official(&app, "phuong", &[("26740", "2025-07-01", "")]).await;
    let client = app.client("tthc", |settings| settings.id_token_claims = vec!["unit_code".to_owned(), "email".to_owned()]).await;

    let tokens = app.tokens(&client, &ward, &[("scope", "openid profile unit")]).await;
    let claims = app.claims(tokens["id_token"].as_str().expect("an ID Token"));

    assert_eq!(claims["unit_code"], "26740");
    for absent in ["unit", "unit_name", "name", "email"] {
        assert_eq!(claims.get(absent), None, "{absent}: not set, or its scope was not granted");
    }
}
