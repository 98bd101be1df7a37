//! Whoever says where somebody's post goes on leaves a record of whose it was; so do who says otherwise and who takes it back.
//! Whoever is placed at once is told.

use crate::support::TestApp;
use crate::support::people::{bring, person, row};
use crate::support::plans::{APPROVER, AUTHOR, FIRST, NAME, applied, by, posts, register, town, town_plan, unit};
use crate::support::records::{count_of, rows_of};
use motlan::base::id::{PositionId, UnitId};
use motlan::model::notice::NoticeKind;
use motlan::model::plan;
use motlan::service::notices;
use motlan::service::reorganization::{ReorganizationError, choices, decided};
use motlan::store::audit::AuditRow;
use serde_json::Value;
use time::macros::date;

/// The town with two officials in the ward that is divided.
async fn scene() -> TestApp {
    let app = town().await;
    let people = [row("an", "Nguyễn Văn An", "", "10003", "Chuyên viên"), row("binh", "Lê Thị Bình", "", "10003", "Kế toán")];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    app.sync().await;
    register(&app, &town_plan()).await.expect("a plan");
    app
}

async fn post_of(app: &TestApp, username: &str) -> PositionId {
    posts(app, username).await.into_iter().find(|post| post.follows.is_none()).expect("a post").id
}

async fn decide(app: &TestApp, post: &PositionId, unit: &UnitId, number: &str, actor: &str) -> Result<(), ReorganizationError> {
    app.advance_seconds(1);
    choices::decide(app.services(), NAME, post, unit, number, &by(actor)).await
}

fn detail(row: &AuditRow) -> Value {
    serde_json::from_str(&row.detail).expect("JSON")
}

async fn told(app: &TestApp, username: &str) -> Vec<NoticeKind> {
    let id = person(app, username).await.expect("a person").id;
    let all = notices::list(app.services(), &id).await.expect("notices");
    all.into_iter().map(|notice| notice.kind).collect()
}

/// The units that a plan begins, by their keys.
fn begun(key: &str) -> UnitId {
    plan::read(&town_plan()).expect("a plan").unit_id(key)
}

#[tokio::test]
async fn a_decision_what_replaces_it_and_its_taking_back_are_on_record_for_their_person() {
    let app = scene().await;
    let (an, post) = (person(&app, "an").await.expect("an").id, post_of(&app, "an").await);
    let (old, one, three) = (unit(&app, "10003", date!(2026 - 11 - 22)).await, begun("A"), begun("B"));
    let elsewhere = unit(&app, "10004", FIRST).await;
    let refused = decide(&app, &post, &elsewhere, "6/QĐ", AUTHOR).await;
    assert!(matches!(refused, Err(ReorganizationError::BadChoice(_))), "{refused:?}");
    assert_eq!(count_of(&app, "position.decided").await, 0, "what is refused is decided of nobody");

    decide(&app, &post, &three, "7/QĐ", AUTHOR).await.expect("decided");
    decide(&app, &post, &one, "8/QĐ", APPROVER).await.expect("decided");

    let rows = rows_of(&app, "position.decided").await;
    let [first, second] = rows.as_slice() else { panic!("two rows: {rows:?}") };
    for (row, actor) in [(first, AUTHOR), (second, APPROVER)] {
        assert_eq!((row.person_id.as_deref(), row.actor.as_deref()), (Some(an.as_str()), Some(actor)));
        let told = detail(row);
        assert_eq!((&told["position"], &told["from"]), (&Value::from(post.as_str()), &Value::from(old.as_str())));
        assert_eq!((&told["late"], &told["told"], &told["plan"]), (&Value::from(false), &Value::from(false), &Value::from(NAME)));
    }
    let (first, second) = (detail(first), detail(second));
    assert_eq!((&first["to"], &first["decision_no"]), (&Value::from(three.as_str()), &Value::from("7/QĐ")));
    assert_eq!(first["replaced"], Value::Null);
    assert_eq!((&second["to"], &second["decision_no"]), (&Value::from(one.as_str()), &Value::from("8/QĐ")));
    assert_eq!(second["replaced"]["to"], three.as_str());
    assert_eq!(second["replaced"]["decided_by"], AUTHOR);
    assert_eq!(second["replaced"]["decision_no"], "7/QĐ");

    let back = decided::remove(app.services(), NAME, std::slice::from_ref(&post), &by(AUTHOR)).await;

    assert_eq!(back.expect("taken back"), 1);
    let rows = rows_of(&app, "position.decision_removed").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    assert_eq!((row.person_id.as_deref(), row.actor.as_deref()), (Some(an.as_str()), Some(AUTHOR)));
    let taken = detail(row);
    assert_eq!((&taken["from"], &taken["to"]), (&Value::from(old.as_str()), &Value::from(one.as_str())));
    assert_eq!((&taken["decided_by"], &taken["decision_no"]), (&Value::from(APPROVER), &Value::from("8/QĐ")));
    let again = decided::remove(app.services(), NAME, std::slice::from_ref(&post), &by(AUTHOR)).await;
    assert!(matches!(again, Err(ReorganizationError::BadChoice(_))), "{again:?}");
    assert_eq!(count_of(&app, "position.decision_removed").await, 1);
    assert!(told(&app, "an").await.is_empty(), "nothing of it counts yet");
}

#[tokio::test]
async fn whose_post_is_decided_after_the_plan_is_told_and_nobody_else() {
    let app = scene().await;
    applied(&app, &town_plan()).await;
    let (post, three) = (post_of(&app, "an").await, unit(&app, "20002", FIRST).await);
    let elsewhere = unit(&app, "10004", FIRST).await;
    let refused = decide(&app, &post, &elsewhere, "6/QĐ", APPROVER).await;
    assert!(matches!(refused, Err(ReorganizationError::BadChoice(_))), "{refused:?}");
    assert!(told(&app, "an").await.is_empty());

    decide(&app, &post, &three, "7/QĐ", APPROVER).await.expect("decided");

    assert_eq!(told(&app, "an").await, [NoticeKind::PostDecided]);
    assert!(told(&app, "binh").await.is_empty());
    let rows = rows_of(&app, "position.decided").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    let record = detail(row);
    assert_eq!(row.person_id, Some(person(&app, "an").await.expect("an").id.0));
    assert_eq!((&record["late"], &record["told"]), (&Value::from(true), &Value::from(true)));
    assert_eq!(record["to"], three.as_str());
    assert!(record["run"].is_string() && record["replaced"].is_null(), "{record}");
    let twice = decide(&app, &post, &three, "8/QĐ", APPROVER).await;
    assert!(twice.is_err(), "it waits no more");
    assert_eq!((told(&app, "an").await.len(), count_of(&app, "position.decided").await), (1, 1));
}
