//! Somebody whose data was removed after they were merged: the merge stays, and whoever would undo it is told why.

use super::{Two, accounts_of};
use crate::rights_scene::{admin, everywhere};
use crate::support::TestApp;
use crate::support::records::count_of;
use clap::{Args as _, FromArgMatches as _};
use motlan::app::cli::person::{self, PersonArgs};
use motlan::app::cli::{CliError, Output};
use motlan::model::admin_scope::AdminRole;

const DAY: i64 = 86_400;

/// `motlan person unmerge ID`
async fn unmerge(app: &TestApp, id: &str) -> Result<(), CliError> {
    let command = PersonArgs::augment_args(clap::Command::new("person"));
    let typed = command.try_get_matches_from(["person", "unmerge", id]).expect("a command");
    let args = PersonArgs::from_arg_matches(&typed).expect("what was typed");
    person::run(args, app.services(), &mut Output { json: true }).await
}

#[tokio::test]
async fn a_merge_of_somebody_whose_data_was_removed_is_not_undone_and_says_why() {
    let two = Two::set().await;
    let app = &two.app;
    let done = two.merge().await;
    app.advance_seconds(365 * DAY);
    let mut first = admin(app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(app, "second", &[], everywhere(AdminRole::System)).await;
    let page = format!("/admin/people/{}/erase", two.merged.id);
    let asked = first.post(&page, &[("reason", "Theo yêu cầu"), ("sure", "1")]).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    let (request, _) = asked.location().split_once('?').expect("a request");
    let erased = second.post(request, &[("act", "approve")]).await;
    assert_eq!(erased.status, 303, "{}", erased.body);
    app.sync().await;

    let away = format!("/admin/people/{}/unmerge", two.merged.id);
    let page = first.browser.get(&away).await;
    let refused = first.post(&away, &[("reason", "Nhầm người")]).await;
    let told = unmerge(app, &done.id).await;

    assert_eq!((page.status, page.page()), (200, Some("admin-merge-undo")), "{}", page.body);
    assert!(page.body.contains("Dữ liệu của một trong hai người đã được xóa"), "{}", page.body);
    assert!(!page.body.contains("unmerge-do") && !page.body.contains("Trở lại như trước"), "{}", page.body);
    assert_eq!((refused.status, refused.page()), (422, Some("admin-merge-undo")), "{}", refused.body);
    assert!(matches!(&told, Err(CliError::Refused(why)) if why.contains("removed for good")), "{told:?}");
    assert_eq!(count_of(app, "person.merge_undone").await, 0);
    assert_eq!((accounts_of(app, &two.kept.id).await, accounts_of(app, &two.merged.id).await), (1, 0), "nothing went back");
    assert_eq!(first.browser.get("/admin/merges").await.status, 200, "and the list of merges is there");
}

#[tokio::test]
async fn the_command_line_undoes_a_merge_that_stands_and_refuses_it_a_second_time() {
    let two = Two::set().await;
    let done = two.merge().await;

    unmerge(&two.app, &done.id).await.expect("undone");
    let again = unmerge(&two.app, &done.id).await;

    assert!(matches!(&again, Err(CliError::Refused(why)) if why.contains("undone already")), "{again:?}");
    assert_eq!(count_of(&two.app, "person.merge_undone").await, 2, "one undo, on record with both");
}
