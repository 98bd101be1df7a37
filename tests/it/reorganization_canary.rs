//! A city that ends in the first stage of a plan: what ends only in the second goes on under what comes after the city, nobody
//! there notices, and both stages come to what the plan comes to at once.

use crate::support::TestApp;
use crate::support::imports::appoint;
use crate::support::people::{bring, row};
use crate::support::plans::{
    APPROVER, Digests, FIRST, LAST, NAME, apply, approve, by, digests, go_to, register, registry, text, town, units_of,
};
use motlan::model::admin_scope::AdminRole;
use motlan::model::plan::What;
use motlan::service::reorganization::{self, Applied, ReorganizationError, RolledBack};
use time::Date;
use time::macros::date;

/// The city begins anew, with two wards; a part of the one district comes first.
const STEPS: [&str; 13] = [
    "create,+T,thanh_pho_tw,Thành phố Sông Mới,79,,,",
    "create,+A,phuong,Phường Sông Một,20001,+T,,",
    "create,+B,phuong,Phường Sông Ba,20002,+T,,",
    "merge,79,,,,,+T,",
    "merge,10001,,,,,+A,",
    "merge,10002,,,,,+A,",
    "merge,10003,,,,,+B,",
    "merge,10004,,,,,+B,",
    "merge,10005,,,,,+B,",
    "merge,10006,,,,,+B,",
    "dissolve,760,,,,,+A,cross",
    "dissolve,760,,,,,+B,cross",
    "dissolve,761,,,,,+B,within",
];
const STAGE: &str = "\n[[stage]]\nname = \"mot\"\nunits = [\"+T\", \"+A\"]\n\n+++\n";

/// The town with an official in each of some wards, one in the city's own office, and one who administers all of it.
async fn staffed() -> TestApp {
    let app = town().await;
    let people = [("an", "10001"), ("binh", "10003"), ("chi", "10004"), ("dung", "79"), ("kim", "10006")];
    let rows: String = people.map(|(name, unit)| row(name, &format!("Nguyễn Văn {name}"), "", unit, "Kế toán")).concat();
    assert_eq!(bring(&app, &rows).await.rows_bad, 0);
    appoint(&app, "kim", (AdminRole::Unit, Some("79"))).await;
    app
}

/// Approves a stage as it is now, and applies it.
async fn run(app: &TestApp, stage: &str) -> Applied {
    let services = app.services();
    let shown = reorganization::preview(services, NAME, Some(stage)).await.expect("a preview");
    reorganization::approve(services, NAME, Some(stage), &shown.digest, false, &by(APPROVER)).await.expect("an approval");
    let applied = reorganization::apply(services, NAME, Some(stage), false, &by(APPROVER), &|_, _| {}).await;
    app.sync().await;
    applied.expect("applied")
}

async fn take_back(app: &TestApp, stage: &str) -> Result<RolledBack, ReorganizationError> {
    let done = reorganization::rollback(app.services(), NAME, Some(stage), false, "thử", &by(APPROVER)).await;
    app.sync().await;
    done
}

/// What the plan comes to when it is applied as one.
async fn at_once() -> Digests {
    let app = staffed().await;
    register(&app, &text(NAME, FIRST, &STEPS)).await.expect("a plan");
    approve(&app, NAME, false).await.expect("an approval");
    go_to(&app, FIRST).await;
    assert_eq!(apply(&app, NAME).await.expect("applied").people, 5);
    digests(&app).await
}

/// The names of the units above one, the highest first.
async fn above(app: &TestApp, code: &str, on: Date) -> Vec<String> {
    let registry = registry(app).await;
    let unit = registry.look_up("gso", code, on).one().expect("a unit");
    registry.path_on(unit, on).into_iter().map(|above| registry.name_on(above, on).to_owned()).collect()
}

#[tokio::test]
async fn a_city_that_ends_in_the_first_stage_holds_nobody_up_and_both_come_to_what_the_plan_does() {
    let wanted = at_once().await;
    let app = staffed().await;
    register(&app, &text(NAME, FIRST, &STEPS).replace("\n+++\n", STAGE)).await.expect("a plan");
    go_to(&app, FIRST).await;
    let before = digests(&app).await;

    let early = reorganization::preview(app.services(), NAME, Some("rest")).await.map(|told| told.digest);
    let other = What::OtherStage("T".to_owned(), "mot".to_owned());
    let is_told = matches!(&early, Err(ReorganizationError::Wrong(wrong)) if wrong.iter().any(|wrong| wrong.what == other));
    assert!(is_told, "{early:?}");

    assert_eq!(run(&app, "mot").await.people, 2);
    let between = digests(&app).await;
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
    assert_eq!(units_of(&app, "dung", FIRST).await, ["Thành phố Sông Mới"]);
    for (name, unit, code) in [("binh", "Phường Ba", "10003"), ("chi", "Phường Bốn", "10004")] {
        assert_eq!(units_of(&app, name, FIRST).await, [unit], "{name}");
        let district = if code == "10003" { "Quận Một" } else { "Quận Hai" };
        assert_eq!(above(&app, code, FIRST).await, ["Thành phố Sông Mới", district], "{code}");
        assert_eq!(above(&app, code, LAST).await, ["Thành phố Sông", district], "{code}");
    }

    go_to(&app, date!(2027 - 01 - 15)).await;
    assert_eq!(run(&app, "rest").await.people, 3);
    assert_eq!(digests(&app).await, wanted);
    assert_eq!(units_of(&app, "chi", FIRST).await, ["Phường Sông Ba"]);

    let refused = take_back(&app, "mot").await;
    assert!(matches!(&refused, Err(ReorganizationError::LaterPlan { name }) if name == NAME), "{refused:?}");
    assert_eq!(digests(&app).await, wanted);
    take_back(&app, "rest").await.expect("taken back");
    assert_eq!(digests(&app).await, between);
    take_back(&app, "mot").await.expect("taken back");
    assert_eq!(digests(&app).await, before);

    for stage in ["mot", "rest"] {
        run(&app, stage).await;
    }
    assert_eq!(digests(&app).await, wanted);
}
