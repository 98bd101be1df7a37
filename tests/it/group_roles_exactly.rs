//! Roles of groups, no more and no fewer: in a post that was handed over they are those of whoever handed it over, before a plan
//! and after it; a unit that comes under another one brings nobody in it anything; nor does a plan that is applied late. What
//! whoever had between two stages of a plan goes on.

use crate::group_roles::{HEAD, begun, client, give, group, roles_of, take_back};
use crate::support::plans::{APPROVER, FIRST, LAST, applied, apply, approve, by, go_to, posts, register, rollback, text, town};
use crate::support::registry::bring;
use crate::support::{Official, TestApp};
use motlan::base::date::{iso, vietnam_date};
use motlan::model::entitlement::GroupGrant;
use motlan::service::Origin;
use motlan::service::delegation::{self, By, Wish};
use motlan::service::provisioning::roles;
use motlan::service::registry::files::Source;
use motlan::service::reorganization;
use serde_json::{Value, json};
use time::macros::date;

/// One ward goes into another one that goes on.
const MERGE: [&str; 1] = ["merge,10005,,,,,10004,"];

/// A city goes into a province that goes on, which comes first; and its wards become two.
const INTO: [&str; 11] = [
    "merge,79,,,,,80,",
    "create,+A,phuong,Phường Sông Một,20001,80,,",
    "create,+B,phuong,Phường Sông Hai,20002,80,,",
    "merge,10001,,,,,+A,",
    "merge,10002,,,,,+A,",
    "merge,10003,,,,,+A,",
    "merge,10004,,,,,+B,",
    "merge,10005,,,,,+B,",
    "merge,10006,,,,,+B,",
    "dissolve,760,,,,,+A,within",
    "dissolve,761,,,,,+B,within",
];

/// Hands the post of one over to another, from today on.
async fn hand_over(app: &TestApp, of: &Official, to: &Official) {
    let services = app.services();
    let today = vietnam_date(services.clock.now());
    let giver = services.person(&of.id).await.expect("an answer").expect("a person");
    let wish = Wish {
        position: giver.person.positions_on(today)[0].id.0.clone(),
        to: to.username.clone(),
        valid_from: iso(today),
        valid_to: "2027-06-30".to_owned(),
        decision_no: "7/QĐ".to_owned(),
    };
    let origin = Origin::command_line();
    let by = By { person: &of.id, origin: &origin };
    delegation::give(services, by, &giver, &wish).await.expect("handed over");
    app.sync().await;
}

/// Somebody as they act for another one.
async fn for_another(app: &TestApp, official: &Official) -> Official {
    let services = app.services();
    let today = vietnam_date(services.clock.now());
    let known = services.person(&official.id).await.expect("an answer").expect("a person");
    let lent = known.person.positions_on(today).into_iter().find(|post| post.delegated_by.is_some()).expect("a post");
    Official { positions: vec![lent.id.clone()], ..official.clone() }
}

#[tokio::test]
async fn a_post_that_was_handed_over_has_the_groups_of_its_giver_be_it_before_a_plan_or_after_it() {
    for before in [true, false] {
        let app = town().await;
        let tthc = client(&app).await;
        let (kim, minh) = (app.official_in("kim", &["10005"]).await, app.official_in("minh", &["10001"]).await);
        assert!(give(&app, &group(&app, "chair", "10005").await).await);
        assert!(give(&app, &group(&app, "clerk", "10004").await).await);
        if before {
            hand_over(&app, &kim, &minh).await;
            assert_eq!(roles_of(&app, &tthc, &for_another(&app, &minh).await).await, json!(["chair"]));
        }

        applied(&app, &text("nhap", FIRST, &MERGE)).await;

        if !before {
            hand_over(&app, &kim, &minh).await;
        }
        let lent = for_another(&app, &minh).await;
        for official in [&kim, &lent] {
            let told = roles_of(&app, &tthc, official).await;
            assert_eq!(told, json!(["chair"]), "{}, handed over before: {before}", official.username);
        }
        assert_eq!(roles_of(&app, &tthc, &minh).await, Value::Null, "nothing comes to their own post");
        assert!(take_back(&app, "clerk of 10004").await);
        assert!(give(&app, &GroupGrant { id: "since".to_owned(), ..group(&app, "clerk", "10004").await }).await);
        for official in [&kim, &lent] {
            let told = roles_of(&app, &tthc, official).await;
            assert_eq!(told, json!(["chair", "clerk"]), "what is given since is for all: {}", official.username);
        }
    }
}

#[tokio::test]
async fn what_somebody_was_given_as_a_person_does_not_come_along_while_they_act_for_another() {
    let app = town().await;
    let tthc = client(&app).await;
    let (kim, minh) = (app.official_in("kim", &["10005"]).await, app.official_in("minh", &["10001"]).await);
    let origin = Origin::command_line();
    let request =
        roles::Request { username: "minh", client_id: "tthc", role: "clerk", position: None, actor: "os:test", origin: &origin };
    assert!(roles::grant(app.services(), &request).await.expect("an answer"));
    hand_over(&app, &kim, &minh).await;

    assert_eq!(roles_of(&app, &tthc, &minh).await, json!(["clerk"]));
    assert_eq!(roles_of(&app, &tthc, &for_another(&app, &minh).await).await, Value::Null);
}

#[tokio::test]
async fn a_unit_that_comes_under_another_one_brings_those_who_are_in_it_nothing_of_what_was_given_there() {
    let app = town().await;
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &["10004"]).await;
    for (role, code) in [("chair", "760"), ("clerk", "761")] {
        assert!(give(&app, &GroupGrant { below: true, ..group(&app, role, code).await }).await);
    }
    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["clerk"]));

    applied(&app, &text("chuyen", FIRST, &["move,10004,,,,760,,"])).await;

    let moi = app.official_of(&format!("{HEAD}{}", begun("moi", "10004")), "moi").await;
    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["clerk"]), "what they had, and no more");
    assert_eq!(roles_of(&app, &tthc, &moi).await, json!(["chair"]), "whoever begins there now");
    assert!(take_back(&app, "chair of 760").await);
    assert!(give(&app, &GroupGrant { id: "since".to_owned(), below: true, ..group(&app, "chair", "760").await }).await);
    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["chair", "clerk"]), "what is given since is for all");
}

#[tokio::test]
async fn what_was_given_between_the_day_of_a_plan_and_its_application_is_not_for_those_who_were_not_there_yet() {
    let app = town().await;
    let tthc = client(&app).await;
    let (kim, lan) = (app.official_in("kim", &["10005"]).await, app.official_in("lan", &["10004"]).await);
    register(&app, &text("nhap", FIRST, &MERGE)).await.expect("a plan");
    go_to(&app, date!(2027 - 01 - 04)).await;
    assert!(give(&app, &group(&app, "clerk", "10004").await).await);
    assert!(give(&app, &group(&app, "chair", "10005").await).await);
    go_to(&app, date!(2027 - 01 - 15)).await;
    approve(&app, "nhap", true).await.expect("an approval");

    apply(&app, "nhap").await.expect("applied");

    let held = posts(&app, "kim").await;
    assert!(held.iter().any(|post| post.valid_to == Some(LAST)), "the posts say the day of the plan: {held:?}");
    assert_eq!(roles_of(&app, &tthc, &lan).await, json!(["clerk"]));
    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["chair"]), "hers goes on, and theirs is not hers");
}

#[tokio::test]
async fn what_was_given_before_a_late_plan_moved_a_unit_is_for_those_alone_for_whom_it_was_then() {
    let app = town().await;
    let tthc = client(&app).await;
    let (kim, lan) = (app.official_in("kim", &["10004"]).await, app.official_in("lan", &["10001"]).await);
    register(&app, &text("chuyen", FIRST, &["move,10004,,,,760,,"])).await.expect("a plan");
    go_to(&app, date!(2027 - 01 - 04)).await;
    for (role, code) in [("chair", "760"), ("clerk", "761")] {
        assert!(give(&app, &GroupGrant { below: true, ..group(&app, role, code).await }).await);
    }
    go_to(&app, date!(2027 - 01 - 15)).await;
    approve(&app, "chuyen", true).await.expect("an approval");
    apply(&app, "chuyen").await.expect("applied");

    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["clerk"]), "what she had, and nothing that was never hers");
    assert_eq!(roles_of(&app, &tthc, &lan).await, json!(["chair"]));
    rollback(&app, "chuyen", false).await.expect("taken back");
    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["clerk"]));
}

/// Approves a stage of the plan as it is now, and applies it.
async fn run(app: &TestApp, stage: &str) {
    let services = app.services();
    let shown = reorganization::preview(services, "nhap", Some(stage)).await.expect("a preview");
    reorganization::approve(services, "nhap", Some(stage), &shown.digest, false, &by(APPROVER)).await.expect("an approval");
    let applied = reorganization::apply(services, "nhap", Some(stage), false, &by(APPROVER), &|_, _| {}).await;
    applied.expect("applied");
    app.sync().await;
}

async fn take_back_stage(app: &TestApp, stage: &str) {
    let done = reorganization::rollback(app.services(), "nhap", Some(stage), false, "thử", &by(APPROVER)).await;
    done.expect("taken back");
    app.sync().await;
}

#[tokio::test]
async fn what_was_given_between_two_stages_goes_on_after_the_second_and_nothing_that_was_given_before_the_first() {
    let app = town().await;
    let province = "gso_code,name,kind,parent_code,valid_from\n80,Tỉnh Núi,tinh,,2020-01-01\n";
    let source = Source { name: "tinh.csv".to_owned(), bytes: province.as_bytes().to_vec() };
    bring(app.services(), &[source], false).await.expect("the province is brought in");
    app.sync().await;
    let declared = ["before", "between", "late", "since"].map(str::to_owned).to_vec();
    let tthc = app.client("tthc", |settings| settings.roles = declared).await;
    let (kim, dung) = (app.official_in("kim", &["10004"]).await, app.official_in("dung", &["79"]).await);
    let give_all = async |role: &str| {
        assert!(give(&app, &GroupGrant { below: true, ..group(&app, role, "80").await }).await, "{role}");
    };
    let stage = "\n[[stage]]\nname = \"mot\"\nunits = [\"80\"]\n\n+++\n";
    register(&app, &text("nhap", FIRST, &INTO).replace("\n+++\n", stage)).await.expect("a plan");
    give_all("before").await;
    go_to(&app, date!(2027 - 01 - 04)).await;
    give_all("late").await;
    go_to(&app, date!(2027 - 01 - 08)).await;
    run(&app, "mot").await;
    assert_eq!(roles_of(&app, &tthc, &kim).await, Value::Null, "nothing comes with the units that her ward came under");

    go_to(&app, date!(2027 - 01 - 10)).await;
    give_all("between").await;
    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["between"]));
    go_to(&app, date!(2027 - 01 - 15)).await;
    run(&app, "rest").await;

    for official in [&kim, &dung] {
        let told = roles_of(&app, &tthc, official).await;
        assert_eq!(told, json!(["between"]), "{}: what was theirs, and no more", official.username);
    }
    give_all("since").await;
    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["between", "since"]), "what is given since is for all");

    take_back_stage(&app, "rest").await;
    assert_eq!(roles_of(&app, &tthc, &kim).await, json!(["between", "since"]), "she is still there");
    take_back_stage(&app, "mot").await;
    assert_eq!(roles_of(&app, &tthc, &kim).await, Value::Null, "as if she had never been there");
}
