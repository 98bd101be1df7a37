//! What an operator is told of a person: also how they sign in, and whether that may be changed.

use crate::passkeys::authenticator::Device;
use crate::passkeys::scene::{Scene, add};
use crate::support::TestApp;
use crate::support::phones::enrol;
use motlan::app::cli::{CliError, person};
use motlan::service::Origin;
use motlan::service::notices::{self, Which};
use serde_json::json;

const SHEET: &str = "/account/methods/recovery-codes";

#[tokio::test]
async fn every_way_to_sign_in_is_told_by_its_kind() {
    let scene = Scene::set().await;
    let app = &scene.app;
    let before = person::described(app.services(), "kim").await.expect("a person");
    assert_eq!((&before["methods"], &before["methods_locked"]), (&json!(["password"]), &json!(false)));

    let (mut browser, _) = enrol(app, &scene.kim).await;
    for name in ["Điện thoại", "Khóa"] {
        let added = add(&mut browser, &mut Device::new(), name).await;
        assert_eq!(added.status, 303, "{}", added.body);
    }
    let page = browser.get(SHEET).await;
    assert_eq!(browser.post(SHEET, &[("csrf", &page.hidden("csrf"))]).await.status, 200);

    let shown = person::described(app.services(), "KIM").await.expect("a person");
    assert_eq!(shown["methods"], json!(["password", "passkey", "totp", "recovery_codes"]));
    assert_eq!((&shown["username"], &shown["id"]), (&json!("kim"), &json!(scene.kim.id)));
    let other = person::described(app.services(), "minh").await.expect("a person");
    assert_eq!(other["methods"], json!(["password"]), "each has their own");
}

#[tokio::test]
async fn methods_that_their_owner_had_locked_are_told_so() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    enrol(&app, &kim).await;
    let newest = notices::list(app.services(), &kim.id).await.expect("notices").remove(0);
    let origin = Origin::command_line();
    let which = Which::Own { person: &kim.id, id: &newest.id };
    assert!(notices::disown(app.services(), which, &origin).await.expect("an answer"));

    let shown = person::described(app.services(), "kim").await.expect("a person");

    assert_eq!(shown["methods_locked"], json!(true));
}

#[tokio::test]
async fn a_name_that_nobody_has_is_refused() {
    let app = TestApp::start().await;
    for username in ["nobody", "", "no body"] {
        let refused = person::described(app.services(), username).await;
        assert!(matches!(refused, Err(CliError::Refused(_))), "{username}: {refused:?}");
    }
}
