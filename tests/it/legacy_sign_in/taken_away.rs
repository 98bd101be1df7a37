//! An account that is taken from somebody, or locked, takes with it what was entered through it.

use super::scene::{HASH, Scene, account, bring, row, scene};
use crate::support::flows::tokens_of;
use crate::support::records::{count_of, has_ended, sign_on_of};
use motlan::base::id::SignOnId;
use motlan::service::Origin;
use motlan::service::legacy::matching::{self, Request};

/// The sign-on of whoever comes in through the old account.
async fn signed_on(scene: &Scene) -> SignOnId {
    let (_, arrived) = scene.come_in().await;
    let tokens = tokens_of(&scene.app, &scene.van_ban, &arrived).await;
    sign_on_of(&scene.app, &tokens)
}

#[tokio::test]
async fn a_file_that_locks_an_account_ends_what_was_entered_through_it() {
    let scene = scene().await;
    let through = signed_on(&scene).await;
    bring(&scene.app, &row("7", "kim.cu", HASH, "đang dùng")).await;
    assert!(!has_ended(&scene.app, &through).await, "another word for the same");

    bring(&scene.app, &row("7", "kim.cu", HASH, "khóa")).await;

    assert!(has_ended(&scene.app, &through).await);
    assert_eq!(count_of(&scene.app, "sign_out").await, 1);
    assert!(!scene.opens().await);
}

#[tokio::test]
async fn a_file_that_gives_an_account_to_somebody_else_ends_what_the_former_owner_entered() {
    let scene = scene().await;
    let through = signed_on(&scene).await;

    let other = row("7", "tu.cu", HASH, "active").replace("Nguyễn Văn Kim", "Trần Văn Tư").replace("1980-02-03", "1975-06-09");
    bring(&scene.app, &other).await;

    assert!(has_ended(&scene.app, &through).await);
    assert_eq!(account(&scene.app, "7").await.person_id, None);
    assert_eq!(count_of(&scene.app, "legacy.account_released").await, 1);
}

#[tokio::test]
async fn matching_that_takes_an_account_in_use_ends_what_was_entered_through_it() {
    let scene = scene().await;
    let through = signed_on(&scene).await;
    // Day and month stand the other way round now: it may be the same person, and is decided anew.
    bring(&scene.app, &row("7", "kim.cu", HASH, "active").replace("1980-02-03", "1980-03-02")).await;
    assert!(!has_ended(&scene.app, &through).await, "nothing is decided yet");

    let origin = Origin::command_line();
    let request = Request { source: None, actor: "os:test", origin: &origin };
    matching::run(scene.app.services(), &request, |_| {}).await.expect("a summary");

    let decided = account(&scene.app, "7").await;
    assert_ne!(decided.person_id.as_deref(), Some(scene.kim.id.as_str()), "no number speaks for it");
    assert!(has_ended(&scene.app, &through).await);
}
