//! Which devices an administrator's passkey may be kept in, where the city names their makers.

use super::authenticator::{Device, Maker};
use super::scene::{Scene, creation_options, send_new};
use crate::support::stage;
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};

#[tokio::test]
async fn an_administrators_new_passkey_is_kept_by_a_device_of_a_trusted_maker() {
    let (trusted, unknown) = (Maker::new("Trusted"), Maker::new("Unknown"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("makers.pem");
    std::fs::write(&file, format!("{}{}", Maker::new("Another").authority, trusted.authority)).expect("a file");
    let app = stage(|config| config.passkeys.administrators_ca_file = Some(file.clone())).await;
    let scene = Scene::on(app).await;
    let grant = Grant {
        username: &scene.kim.username,
        role: AdminRole::System,
        unit: None,
        client: None,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &Origin::command_line(),
    };
    administrators::grant(scene.app.services(), &grant).await.expect("granted");
    let (mut of_kim, mut of_minh) = (scene.password_only(&scene.kim).await, scene.with_password(&scene.minh).await);

    let options = creation_options(&mut of_kim).await;
    assert_eq!(options["attestation"], "direct");
    let anonymous = Device::new().make(&options);
    assert_eq!(send_new(&mut of_kim, &anonymous, "máy").await.status, 422, "a device that does not say who made it");
    let strange = Device::new().make_vouched(&creation_options(&mut of_kim).await, &unknown);
    assert_eq!(send_new(&mut of_kim, &strange, "máy").await.status, 422, "a maker whom the city does not know");
    assert!(scene.stored(&scene.kim).await.is_empty());

    let vouched = Device::new().make_vouched(&creation_options(&mut of_kim).await, &trusted);
    assert_eq!(send_new(&mut of_kim, &vouched, "máy").await.status, 303, "a device of a trusted maker");
    let options = creation_options(&mut of_minh).await;
    assert_eq!(options["attestation"], "none", "others keep theirs where they like");
    assert_eq!(send_new(&mut of_minh, &Device::new().make(&options), "máy").await.status, 303);
    assert_eq!((scene.stored(&scene.kim).await.len(), scene.stored(&scene.minh).await.len()), (1, 1));
}
