//! Devices that are known through an old account: each is its person's at the sign-in of that system and nowhere else, so
//! a stolen old password makes no browser one of theirs.

use super::scene::{OLD, SOURCE, Scene, scene, send, source, walk};
use crate::support::TestApp;
use motlan::base::id::PersonId;
use motlan::service::Origin;
use motlan::service::devices::{self, KnownDevice, Noting};
use motlan::service::legacy::home;
use motlan::service::legacy::sign_in::{self, SignInError};
use motlan::service::login::{self, LoginError};
use motlan::service::old_accounts::Leads;
use motlan::service::passwords;
use motlan::service::sign_on::{self, Started};
use motlan::service::throttle;

const DEVICE: &str = "__Host-motlan_device";
const NEW: &str = "Con mèo trèo cây cau 7!";

/// What a browser is known by in which somebody came in with the old password.
async fn through_the_old_password(scene: &Scene) -> String {
    let (browser, _) = scene.come_in().await;
    browser.cookies.get(DEVICE).expect("a device").clone()
}

async fn known(app: &TestApp, person: &PersonId) -> Vec<KnownDevice> {
    devices::list(app.services(), person).await.expect("an answer")
}

async fn known_as_kim(app: &TestApp, value: &str) -> bool {
    devices::known_as(app.services(), Some(value), "kim").await.expect("an answer").is_some()
}

/// What comes of the old password on a device.
async fn try_old(scene: &Scene, password: &str, known_by: Option<&str>) -> Result<Leads, SignInError> {
    let services = scene.app.services();
    let source = home::place(services, SOURCE).await.expect("an answer").expect("the source");
    sign_in::password(services, &source, "kim.cu", password.into(), known_by, &Origin::command_line()).await
}

/// A sign-on of kim's own password.
async fn own_sign_on(scene: &Scene, known_by: Option<&str>) -> Started {
    let (services, origin) = (scene.app.services(), Origin::command_line());
    let password = scene.kim.password.as_str();
    let Ok(proof) = login::password(services, "kim", password.into(), known_by, &origin).await else {
        panic!("the own password opens")
    };
    sign_on::start(services, proof, None, &origin).await.expect("a sign-on")
}

/// Notes the device of a sign-on.
async fn note(scene: &Scene, started: &Started, known_by: Option<&str>) -> String {
    let origin = Origin::command_line();
    let noting = Noting { sign_on: &started.sign_on, known_by, remember_days: 0, origin: &origin };
    devices::note(scene.app.services(), noting).await.expect("noted").expect("a value")
}

#[tokio::test]
async fn guessing_at_the_own_password_there_counts_as_anywhere_else() {
    let scene = scene().await;
    let services = scene.app.services();
    let stolen = through_the_old_password(&scene).await;
    assert!(!known_as_kim(&scene.app, &stolen).await);

    for _ in 0..services.settings.throttle.failures {
        let wrong = login::password(services, "kim", "sai".into(), Some(&stolen), &Origin::command_line()).await;
        assert!(matches!(wrong, Err(LoginError::Wrong)));
        scene.app.advance_seconds(10);
    }

    assert!(throttle::locked_until(services, "kim").await.expect("an answer").is_some(), "it is no device of kim's own");
    let origin = Origin::command_line();
    let right = login::password(services, "kim", scene.kim.password.as_str().into(), Some(&stolen), &origin);
    assert!(matches!(right.await, Err(LoginError::Locked { .. })));
}

#[tokio::test]
async fn at_the_sign_in_of_its_own_system_strangers_lock_nobody_out_of_it() {
    let scene = scene().await;
    source(&scene.app, "vt").await;
    let device = through_the_old_password(&scene).await;

    for _ in 0..scene.app.services().settings.throttle.failures {
        assert!(matches!(try_old(&scene, "sai", None).await, Err(SignInError::Wrong)));
        scene.app.advance_seconds(10);
    }

    assert!(matches!(try_old(&scene, OLD, None).await, Err(SignInError::Locked { .. })));
    assert!(matches!(try_old(&scene, OLD, Some(&device)).await, Ok(Leads::Person(_))));
    let (services, kim) = (scene.app.services(), &scene.kim.id);
    let at = async |source: &str| devices::known_at(services, Some(&device), kim, source).await.expect("an answer").is_some();
    assert_eq!((at(SOURCE).await, at("vt").await), (true, false), "another old system knows nothing of it");
}

#[tokio::test]
async fn such_devices_push_none_out_on_which_somebody_proved_themselves() {
    let scene = scene().await;
    let own = note(&scene, &own_sign_on(&scene, None).await, None).await;

    for _ in 0..21 {
        scene.app.advance_seconds(1);
        through_the_old_password(&scene).await;
    }

    assert!(known_as_kim(&scene.app, &own).await);
    let all = known(&scene.app, &scene.kim.id).await;
    let through: Vec<&KnownDevice> = all.iter().filter(|device| device.through.as_deref() == Some(SOURCE)).collect();
    assert_eq!((all.len(), through.len()), (21, 20), "they push out each other");
}

#[tokio::test]
async fn whoever_proves_themselves_there_makes_it_a_device_of_theirs_by_another_value() {
    let scene = scene().await;
    let device = through_the_old_password(&scene).await;
    assert!(!known_as_kim(&scene.app, &device).await);

    let started = own_sign_on(&scene, Some(&device)).await;
    let value = note(&scene, &started, Some(&device)).await;

    assert_ne!(value, device, "whoever had the old password may know what it was called before");
    assert!(known_as_kim(&scene.app, &value).await && !known_as_kim(&scene.app, &device).await);
    let all = known(&scene.app, &scene.kim.id).await;
    assert_eq!(all.len(), 1, "it is the same device");
    assert_eq!(all[0].through, None);
    assert!(matches!(try_old(&scene, OLD, Some(&value)).await, Ok(Leads::Person(_))));
    let again = note(&scene, &started, Some(&value)).await;
    assert_eq!(again, value);
}

#[tokio::test]
async fn an_own_device_stays_one_when_its_person_comes_by_the_old_account_too() {
    let scene = scene().await;
    let own = note(&scene, &own_sign_on(&scene, None).await, None).await;
    scene.app.advance_seconds(2 * 3_600);

    let Ok(Leads::Person(proof)) = try_old(&scene, OLD, Some(&own)).await else { panic!("the old password is right") };
    let limited = sign_on::start(scene.app.services(), proof, None, &Origin::command_line()).await.expect("a sign-on");
    let value = note(&scene, &limited, Some(&own)).await;

    assert_eq!(value, own);
    assert!(known_as_kim(&scene.app, &own).await);
}

#[tokio::test]
async fn retiring_the_account_makes_its_devices_strange_and_leaves_others() {
    let scene = scene().await;
    let stolen = through_the_old_password(&scene).await;
    let started = own_sign_on(&scene, None).await;
    let own = note(&scene, &started, None).await;
    assert_eq!(known(&scene.app, &scene.kim.id).await.len(), 2);

    let current = scene.kim.password.as_str();
    passwords::change(scene.app.services(), &started.sign_on, current.into(), NEW.into(), &Origin::command_line())
        .await
        .expect("changed");

    let left = devices::look(scene.app.services(), Some(&stolen), &scene.kim.id).await.expect("an answer");
    assert_eq!(left, None);
    assert!(known_as_kim(&scene.app, &own).await);
    assert_eq!(known(&scene.app, &scene.kim.id).await.len(), 1);
}

#[tokio::test]
async fn whoever_says_that_it_is_not_them_leaves_no_device_of_that_person_behind() {
    let scene = scene().await;
    let mut browser = scene.app.browser();
    let asked = walk(&mut browser, &scene.van_ban_path(&[]), r"bd\kim.cu", OLD).await;
    assert_eq!(asked.page(), Some("confirm"), "{}", asked.body);

    let wrong = send(&mut browser, &asked, "/signin/confirm", &[("act", "wrong")]).await;
    assert_eq!(wrong.status, 303, "{}", wrong.body);

    assert!(known(&scene.app, &scene.kim.id).await.is_empty());
}
