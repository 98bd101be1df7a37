//! Roles of groups whose unit is gone: whoever looks after those for whom they still count sees them, and whoever looks after
//! all of those ends them.

use crate::rights_scene::{admin, within};
use crate::support::TestApp;
use crate::support::plans::{FIRST, LAST, applied, text, town, town_plan, unit};
use crate::support::records::count_of;
use motlan::base::id::UnitId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::ReadPeople;
use motlan::model::entitlement::Condition;
use motlan::service::Origin;
use motlan::service::authority::Authority;
use motlan::service::provisioning::group_roles::{self, Giver, GroupRoleError, Seeing, Wish};

async fn client(app: &TestApp) {
    app.client("tthc", |settings| {
        settings.roles = vec!["lanh-dao".to_owned(), "tiep-nhan".to_owned()];
        settings.unit_granted_roles = vec!["tiep-nhan".to_owned()];
    })
    .await;
}

/// Gives it at the command line; its id.
async fn give(app: &TestApp, role: &str, unit: &UnitId, below: bool) -> String {
    let giver = Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() };
    let wish = Wish {
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        unit: unit.clone(),
        below,
        title: None,
        condition: Condition::default(),
        valid_from: None,
        valid_to: None,
        reason: "Quyết định 7/QĐ".to_owned(),
    };
    group_roles::add(app.services(), &giver, &wish).await.expect("given")
}

async fn authority(app: &TestApp, username: &str, unit: &str) -> Authority {
    admin(app, username, &[], within(AdminRole::Unit, unit)).await.authority(app).await
}

/// What somebody sees: the id, and whether they may end it.
async fn seen(app: &TestApp, authority: &Authority) -> Vec<(String, bool)> {
    let giver = Giver::of(authority, "tthc").expect("a giver");
    let proof = authority.people::<ReadPeople>().expect("a proof");
    let lines = group_roles::list(app.services(), &Seeing::People(&proof), Some("tthc")).await.expect("a list");
    let mut seen: Vec<_> = lines.into_iter().map(|line| (line.grant.id.clone(), giver.may_take_back(&line))).collect();
    seen.sort();
    seen
}

async fn ends(app: &TestApp, authority: &Authority, id: &str) -> Result<bool, GroupRoleError> {
    let giver = Giver::of(authority, "tthc").expect("a giver");
    group_roles::revoke(app.services(), &giver, id, Some("Thôi giao")).await
}

#[tokio::test]
async fn what_was_given_in_a_unit_that_was_merged_is_seen_and_ended_by_who_looks_after_those_who_came_from_it() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    app.official_in("mot", &["10001"]).await;
    let ward = unit(&app, "10001", LAST).await;
    let left = give(&app, "tiep-nhan", &ward, false).await;
    let above = give(&app, "lanh-dao", &ward, false).await;
    let nobodys = give(&app, "tiep-nhan", &unit(&app, "10002", LAST).await, false).await;
    applied(&app, &town_plan()).await;
    let merged = authority(&app, "moi", "20001").await;
    let away = authority(&app, "xa", "10004").await;

    let mut expected = vec![(left.clone(), true), (above.clone(), false)];
    expected.sort();
    assert_eq!(seen(&app, &merged).await, expected, "what a client does not leave to units is seen only");
    assert!(seen(&app, &away).await.is_empty());
    assert!(matches!(ends(&app, &merged, &above).await, Err(GroupRoleError::NotTheirs)));
    for (case, by, id) in [("elsewhere", &away, &left), ("of which nobody has anything", &merged, &nobodys)] {
        assert!(!ends(&app, by, id).await.expect("an answer"), "{case}: as if it were not there");
    }
    assert_eq!(count_of(&app, "group_role.revoked").await, 0);

    assert!(ends(&app, &merged, &left).await.expect("an answer"));
    assert_eq!((seen(&app, &merged).await, count_of(&app, "group_role.revoked").await), (vec![(above, false)], 1));
}

#[tokio::test]
async fn what_counts_in_several_units_is_seen_in_each_and_ended_by_nobody_who_looks_after_one() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    app.official_in("mot", &["10004"]).await;
    app.official_in("hai", &["10005"]).await;
    let district = unit(&app, "761", LAST).await;
    let below = give(&app, "tiep-nhan", &district, true).await;
    // The second district is no more, and its wards lie in the first one.
    let steps = ["move,10004,,,,760,,", "move,10005,,,,760,,", "move,10006,,,,760,,", "dissolve,761,,,,,,"];
    applied(&app, &text("bo-quan", FIRST, &steps)).await;
    let one = authority(&app, "bon", "10004").await;
    let both = authority(&app, "mot-quan", "760").await;
    let none = authority(&app, "sau", "10006").await;

    assert_eq!(seen(&app, &one).await, [(below.clone(), false)], "somebody of theirs has it, and somebody else too");
    assert!(seen(&app, &none).await.is_empty(), "nobody there has it");
    assert!(matches!(ends(&app, &one, &below).await, Err(GroupRoleError::NotTheirs)));
    assert!(!ends(&app, &none, &below).await.expect("an answer"));
    assert_eq!(count_of(&app, "group_role.revoked").await, 0);
    assert_eq!(seen(&app, &both).await, [(below.clone(), true)]);
    assert!(ends(&app, &both, &below).await.expect("an answer"));
    assert!(seen(&app, &one).await.is_empty());
}
