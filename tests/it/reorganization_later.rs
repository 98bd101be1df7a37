//! What comes after a plan and does not know of it: a file with the posts of before, a file that is taken back, accounts of an
//! old system, a merge that is undone. None of them opens a post that ended, and whoever loses the reason for a post loses
//! what went on from it too.

use crate::legacy_review::{HEADER as ACCOUNTS, matched};
use crate::support::TestApp;
use crate::support::imports;
use crate::support::people::{HEADER, bring, person, row};
use crate::support::plans::{
    AUTHOR, FIRST, LAST, NAME, applied, apply, approve, approved, by, go_to, posts, register, town, town_plan, units_of,
};
use motlan::model::admin_scope::AdminRole;
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::model::position::Position;
use motlan::service::Origin;
use motlan::service::legacy::merge::{self, Later, Pair};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::legacy::{import, units};
use motlan::service::reorganization::choices::{self, NewRule};
use motlan::store::{import_rows, positions};
use std::io::Cursor;
use time::macros::date;

/// Two officials: one in a ward that goes whole into another, one in the ward that is divided.
fn two() -> String {
    [row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên"), row("binh", "Lê Thị Bình", "", "10003", "Kế toán")].concat()
}

/// The post of somebody that goes on from no other.
async fn first_post(app: &TestApp, username: &str) -> Position {
    posts(app, username).await.into_iter().find(|post| post.follows.is_none()).expect("a post")
}

#[tokio::test]
async fn a_file_with_the_posts_of_before_opens_none_that_a_plan_ended() {
    let app = town().await;
    assert_eq!(bring(&app, &two()).await.positions, 2);
    applied(&app, &town_plan()).await;
    let before = [posts(&app, "an").await, posts(&app, "binh").await];

    let again = bring(&app, &two()).await;

    assert_eq!((again.rows_bad, again.positions), (0, 0), "{:?}", again.errors);
    assert_eq!([posts(&app, "an").await, posts(&app, "binh").await], before);
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
    assert!(units_of(&app, "binh", FIRST).await.is_empty(), "nobody has said where they go");

    let told = bring(&app, &two().replace("1/QĐ", "2/QĐ")).await;
    assert_eq!((told.rows_bad, told.positions), (0, 2), "{:?}", told.errors);
    for name in ["an", "binh"] {
        let post = first_post(&app, name).await;
        assert_eq!((post.decision_no.as_str(), post.valid_to), ("2/QĐ", Some(LAST)), "{name}");
    }
}

#[tokio::test]
async fn a_file_that_was_read_before_a_plan_and_counts_after_it_opens_nothing_either() {
    let app = town().await;
    bring(&app, &two()).await;
    approved(&app, &town_plan()).await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let text = format!("{HEADER}{}", two().replace("1/QĐ", "2/QĐ"));
    let address = imports::checked(&app, &mut root, "people", &text).await;
    apply(&app, NAME).await.expect("applied");

    let page = imports::apply(&app, &mut root, &address).await;

    assert!(page.body.contains("import-applied"), "{}", page.body);
    for name in ["an", "binh"] {
        let post = first_post(&app, name).await;
        assert_eq!((post.decision_no.as_str(), post.valid_to), ("2/QĐ", Some(LAST)), "{name}");
    }
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
    assert!(units_of(&app, "binh", FIRST).await.is_empty());
}

#[tokio::test]
async fn a_file_that_is_taken_back_takes_along_what_a_plan_made_of_its_posts() {
    let app = town().await;
    go_to(&app, FIRST).await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let address = imports::bring(&app, &mut root, "people", &format!("{HEADER}{}", two())).await;
    let an = person(&app, "an").await.expect("a person").id;
    applied(&app, &town_plan()).await;
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);

    imports::undo(&app, &mut root, &address).await;

    assert!(person(&app, "an").await.is_none(), "the file had brought them");
    let mut conn = app.services().store.read().await.expect("a connection");
    let (left, _) = positions::list(&mut conn, &an).await.expect("posts");
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|post| !post.was_ever_held()), "{left:?}");
    let kept = import_rows::list_kept(&mut conn, imports::id_of(&address), 100).await.expect("rows");
    assert!(kept.is_empty(), "{kept:?}");
}

#[tokio::test]
async fn a_merge_that_is_undone_takes_along_what_a_plan_made_of_the_posts_that_it_brought() {
    let app = town().await;
    let (kept, merged) = (app.official_in("giu", &["10004"]).await, app.official_in("nhap", &["10001"]).await);
    let pair = Pair::at_command_line(kept.id.clone(), merged.id.clone(), "os:test", &Origin::command_line());
    let done = merge::merge(app.services(), &pair, "Cùng một người", None).await.expect("merged");
    applied(&app, &town_plan()).await;
    assert_eq!(units_of(&app, "giu", FIRST).await, ["Phường Bốn", "Phường Sông Một"]);

    let undone = merge::undo(app.services(), &pair, &done.id, "Nhầm người").await.expect("undone");

    assert_eq!(units_of(&app, "giu", FIRST).await, ["Phường Bốn"]);
    assert_eq!(units_of(&app, "nhap", FIRST).await, ["Phường Sông Một"], "their own");
    let of_posts = |later: &&Later| matches!(later, Later::Position { .. } | Later::NewPosition { .. });
    assert_eq!(undone.stayed.iter().find(of_posts), None, "nobody gave them one");
}

/// Accounts of an old system of the town, with a state each.
async fn accounts(app: &TestApp, status: &str) {
    let origin = Origin::command_line();
    let text = format!(
        "{ACCOUNTS}1,an,Nguyễn Văn An,14/03/1986,074086000001,,,10001,Chuyên viên,{status}\n\
         2,binh,Lê Thị Bình,02/05/1990,074190000002,,,10003,Kế toán,{status}\n"
    );
    let request =
        import::Request { source: "bd", encoding: None, accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let report = import::import(app.services(), Cursor::new(text), &request, |_| {}).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    units::resolve_all(app.services(), None).await.expect("units");
    matched(app).await;
    app.sync().await;
}

#[tokio::test]
async fn a_post_that_an_account_gave_goes_on_with_it_by_a_plan_and_ends_with_it() {
    let app = town().await;
    let source = NewSource {
        id: "bd".to_owned(),
        name: None,
        province: Some("79".to_owned()),
        as_of: Some(date!(2026 - 06 - 30)),
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    };
    sources::add(app.services(), source, "os:test").await.expect("a source");
    accounts(&app, "active").await;
    assert_eq!(units_of(&app, "an", LAST).await, ["Phường Một"]);
    assert_eq!(units_of(&app, "binh", LAST).await, ["Phường Ba"]);
    register(&app, &town_plan()).await.expect("a plan");
    let rule = NewRule { from: "10003", department: None, title: None, seat: None, to: "20002", decision_no: "7/QĐ" };
    choices::add_rule(app.services(), NAME, &rule, &by(AUTHOR)).await.expect("a rule");
    approve(&app, NAME, false).await.expect("an approval");
    let day = FIRST.next_day().expect("a day");
    go_to(&app, day).await;
    apply(&app, NAME).await.expect("applied");
    let went_on = [("an", "Phường Sông Một"), ("binh", "Phường Sông Ba")];

    // Before it is known where the unit of an account went, and after it.
    matched(&app).await;
    for (name, unit) in went_on {
        assert_eq!(units_of(&app, name, day).await, [unit], "{name}");
    }
    accounts(&app, "active").await;
    for (name, unit) in went_on {
        assert_eq!(units_of(&app, name, day).await, [unit], "{name}");
    }

    accounts(&app, "khóa").await;
    for (name, unit) in went_on {
        assert!(units_of(&app, name, day).await.is_empty(), "{name} has no account that is open");
        assert_eq!(units_of(&app, name, FIRST).await, [unit], "{name}");
    }
}
