//! What is refused of a plan has changed nothing: without an approval by another, before its day, when what was shown is no
//! more what would be done, and when others have gone on from it.

use crate::support::TestApp;
use crate::support::people::{bring, row};
use crate::support::plans::{
    APPROVER, AUTHOR, Digests, FIRST, LAST, NAME, STEPS, applied, apply, approve, approved, by, digests, go_to, posts, preview,
    register, registry, rollback, text, town, town_plan, units_of,
};
use crate::support::records::{count_of, rows_of};
use motlan::service::reorganization::{self, By, Part, ReorganizationError};
use serde_json::{Value, json};
use time::macros::date;

/// Nothing of the plan is there.
async fn untouched(app: &TestApp, before: &Digests, case: &str) {
    assert_eq!(digests(app).await, *before, "{case}");
    let events = app.audit_events().await;
    assert!(!events.iter().any(|event| matches!(event.as_str(), "plan.applied" | "plan.rolled_back")), "{case}: {events:?}");
}

#[tokio::test]
async fn nothing_is_applied_without_an_approval_by_another_or_before_its_day() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    let before = digests(&app).await;
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::UnknownPlan)));
    register(&app, &town_plan()).await.expect("a plan");
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::NotApproved | ReorganizationError::NotYet { .. })));
    let digest = preview(&app, NAME).await.digest;
    let own = reorganization::approve(app.services(), NAME, None, &digest, true, &by(AUTHOR)).await;
    assert!(matches!(own, Err(ReorganizationError::Author)), "{own:?}");
    assert_eq!(count_of(&app, "plan.approved").await, 0);
    let unknown = reorganization::approve(app.services(), NAME, Some("mot"), &digest, true, &by(APPROVER)).await;
    assert!(matches!(unknown, Err(ReorganizationError::UnknownStage)), "{unknown:?}");

    approve(&app, NAME, false).await.expect("an approval");
    let early = apply(&app, NAME).await;
    assert!(matches!(early, Err(ReorganizationError::NotYet { effective }) if effective == FIRST), "{early:?}");
    untouched(&app, &before, "before its day").await;
    go_to(&app, LAST).await;
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::NotYet { .. })));
    untouched(&app, &before, "the day before").await;
    assert!(matches!(rollback(&app, NAME, false).await, Err(ReorganizationError::NotApplied)));

    go_to(&app, FIRST).await;
    apply(&app, NAME).await.expect("applied on its day");
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::Already)));
    assert_eq!(count_of(&app, "plan.applied").await, 1);
}

#[tokio::test]
async fn an_approval_is_for_exactly_what_was_shown() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    register(&app, &town_plan()).await.expect("a plan");
    let shown = preview(&app, NAME).await.digest;
    bring(&app, &row("binh", "Lê Thị Bình", "", "10002", "Kế toán")).await;
    let late = reorganization::approve(app.services(), NAME, None, &shown, true, &by(APPROVER)).await;
    assert!(matches!(late, Err(ReorganizationError::Stale { what: Part::People })), "{late:?}");
    assert_eq!(count_of(&app, "plan.approved").await, 0);

    approve(&app, NAME, true).await.expect("an approval");
    bring(&app, &row("chi", "Trần Thị Chi", "", "10001", "Văn thư")).await;
    go_to(&app, FIRST).await;
    let before = digests(&app).await;
    let people = apply(&app, NAME).await;
    assert!(matches!(people, Err(ReorganizationError::Stale { what: Part::People })), "{people:?}");
    untouched(&app, &before, "somebody came since").await;

    approve(&app, NAME, true).await.expect("an approval");
    let renamed = text("khac", FIRST, &["rename,10006,,Xã Sáu Mới,,,,"]);
    applied(&app, &renamed).await;
    let before = (digests(&app).await, count_of(&app, "plan.applied").await);
    let units = apply(&app, NAME).await;
    assert!(matches!(units, Err(ReorganizationError::Stale { what: Part::Registry })), "{units:?}");
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), before);

    approve(&app, NAME, true).await.expect("an approval");
    apply(&app, NAME).await.expect("what was shown");
}

#[tokio::test]
async fn a_plan_is_its_authors_until_it_is_approved_and_may_be_withdrawn() {
    let app = town().await;
    let services = app.services();
    register(&app, &town_plan()).await.expect("a plan");
    register(&app, &town_plan()).await.expect("the same again");
    assert_eq!(count_of(&app, "plan.registered").await, 1);
    let other = text(NAME, FIRST, &STEPS[..6]);
    let taken = reorganization::register(services, &other, &by(APPROVER)).await;
    assert!(matches!(taken, Err(ReorganizationError::NameTaken)), "{taken:?}");
    register(&app, &other).await.expect("its author changes it");
    approve(&app, NAME, true).await.expect("an approval");
    assert!(matches!(register(&app, &town_plan()).await, Err(ReorganizationError::NameTaken)));

    go_to(&app, FIRST).await;
    let before = digests(&app).await;
    reorganization::withdraw(services, NAME, &by(APPROVER)).await.expect("withdrawn");
    let gone = apply(&app, NAME).await;
    assert!(matches!(gone, Err(ReorganizationError::Withdrawn | ReorganizationError::NotApproved)), "{gone:?}");
    untouched(&app, &before, "withdrawn").await;
    assert_eq!(count_of(&app, "plan.withdrawn").await, 1);
}

#[tokio::test]
async fn a_plan_with_mistakes_is_refused_with_all_of_them_and_is_not_known() {
    let app = town().await;
    let wrong = text(NAME, FIRST, &["merge,10001,,,,,+C,", "explode,10002,,,,,,", "rename,99999,,Phường X,,,,"]);
    let all = match register(&app, &wrong).await {
        Err(ReorganizationError::Wrong(all)) => all,
        other => panic!("refused, not {other:?}"),
    };
    assert!(!all.is_empty() && all.iter().all(|one| !one.vietnamese().is_empty() && !one.english().is_empty()));
    assert!(reorganization::named(app.services(), NAME).await.expect("an answer").is_none());
    assert_eq!(count_of(&app, "plan.registered").await, 0);

    // What only the registry can tell is told by whoever looks.
    register(&app, &text(NAME, FIRST, &["rename,99999,,Phường X,,,,"])).await.expect("rows that make sense by themselves");
    let looked = reorganization::preview(app.services(), NAME, None).await;
    assert!(matches!(&looked, Err(ReorganizationError::Wrong(all)) if all.len() == 1), "{looked:?}");
    let approved = reorganization::approve(app.services(), NAME, None, "", true, &by(APPROVER)).await;
    assert!(matches!(approved, Err(ReorganizationError::Wrong(_))), "{approved:?}");
    assert_eq!(count_of(&app, "plan.approved").await, 0);
}

#[tokio::test]
async fn a_later_plan_goes_back_first() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    let before = digests(&app).await;
    applied(&app, &town_plan()).await;
    let between = digests(&app).await;
    let later = text("doi-ten", date!(2027 - 02 - 01), &["rename,20001,,Phường Sông Lớn,,,,"]);
    applied(&app, &later).await;
    let after = digests(&app).await;
    assert_eq!(units_of(&app, "an", date!(2027 - 02 - 01)).await, ["Phường Sông Lớn"]);

    let refused = rollback(&app, NAME, true).await;
    assert!(matches!(&refused, Err(ReorganizationError::LaterPlan { name }) if name == "doi-ten"), "{refused:?}");
    assert_eq!((digests(&app).await, count_of(&app, "plan.rolled_back").await), (after, 0));

    rollback(&app, "doi-ten", false).await.expect("the later one goes back");
    assert_eq!(digests(&app).await, between);
    rollback(&app, NAME, false).await.expect("then the earlier one");
    assert_eq!(digests(&app).await, before);
}

#[tokio::test]
async fn who_was_edited_since_is_listed_and_a_rollback_waits_for_a_word() {
    let app = town().await;
    let rows = [row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên"), row("binh", "Lê Thị Bình", "", "10002", "Kế toán")];
    bring(&app, &rows.concat()).await;
    let before = digests(&app).await;
    let posts_before = posts(&app, "binh").await;
    applied(&app, &town_plan()).await;
    // The new post is told by another decision, and ends with the year.
    let told = row("an", "Nguyễn Văn An", "", "20001", "Chuyên viên").replace("1/QĐ,2025-07-01,", "99/QĐ,2027-01-01,2027-12-31");
    assert_eq!(bring(&app, &told).await.rows_bad, 0);
    let edited = digests(&app).await;

    let refused = rollback(&app, NAME, false).await;
    assert!(matches!(refused, Err(ReorganizationError::EditsSince { people: 1 })), "{refused:?}");
    assert_eq!((digests(&app).await, count_of(&app, "plan.rolled_back").await), (edited, 0));
    let done = rollback(&app, NAME, true).await.expect("taken back");

    assert_eq!(done.kept.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["an"]);
    assert_eq!(digests(&app).await.units, before.units);
    assert_eq!(posts(&app, "binh").await, posts_before);
    let units = registry(&app).await;
    for post in posts(&app, "an").await.iter().filter(|post| post.in_force_on(FIRST)) {
        assert!(units.unit(&post.unit).is_some(), "nobody is left in a unit that is not there: {post:?}");
    }
}

#[tokio::test]
async fn records_say_who_typed_whoever_was_named() {
    let app = town().await;
    let typed_by = Some("os:may");
    let (author, approver) = (By { typed_by, ..by(AUTHOR) }, By { typed_by, ..by(APPROVER) });
    reorganization::register(app.services(), &town_plan(), &author).await.expect("a plan");
    let digest = preview(&app, NAME).await.digest;
    reorganization::approve(app.services(), NAME, None, &digest, true, &approver).await.expect("an approval");
    reorganization::withdraw(app.services(), NAME, &by(APPROVER)).await.expect("withdrawn");

    let table = [
        ("plan.registered", AUTHOR, json!("os:may")),
        ("plan.approved", APPROVER, json!("os:may")),
        ("plan.withdrawn", APPROVER, Value::Null),
    ];
    for (event, actor, typed_by) in table {
        let row = rows_of(&app, event).await.remove(0);
        let detail: Value = serde_json::from_str(&row.detail).expect("JSON");
        assert_eq!((row.actor.as_deref(), &detail["typed_by"]), (Some(actor), &typed_by), "{event}");
    }
}

#[tokio::test]
async fn what_was_approved_is_for_one_run() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    approved(&app, &town_plan()).await;
    apply(&app, NAME).await.expect("applied");
    let silent = reorganization::rollback(app.services(), NAME, None, false, " ", &by(APPROVER)).await;
    assert!(matches!(silent, Err(ReorganizationError::Reason)), "{silent:?}");
    rollback(&app, NAME, false).await.expect("taken back");
    let before = digests(&app).await;
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::NotApproved)), "it has to be approved again");
    assert_eq!(digests(&app).await, before);
}
