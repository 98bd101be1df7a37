//! A delegation is ended by whoever looks after the account of the giver too: somebody who was locked, or has left, ends
//! nothing any more. Who the other one is they are told where they look after them too.

use crate::posts_chosen::hand_over;
use crate::rights_scene::{admin, everywhere, within};
use crate::support::people::lock;
use crate::support::plans::town;
use crate::support::records::{count_of, rows_of};
use crate::support::{Official, TestApp};
use motlan::base::date::vietnam_date;
use motlan::base::id::PositionId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::notice::NoticeKind;
use motlan::service::{delegation, forget, notices};
use motlan::store::changes::Kind;
use motlan::store::delegations::{self, Delegation};
use motlan::store::persons;

/// What stands for the name of whoever the reader does not look after.
const BEYOND: &str = "một người ngoài phạm vi của Ông/Bà";

/// Whether somebody acts for another one today.
async fn acts(app: &TestApp, official: &Official) -> bool {
    let services = app.services();
    let today = vietnam_date(services.clock.now());
    let known = services.person(&official.id).await.expect("an answer").expect("a person");
    known.person.positions_on(today).iter().any(|post| post.delegated_by.is_some())
}

#[tokio::test]
async fn whoever_looks_after_the_giver_sees_what_they_handed_over_and_ends_it() {
    let app = town().await;
    let chair = app.official_in("chutich", &["10001"]).await;
    let deputy = app.official_in("pho", &["10004"]).await;
    let lent = hand_over(&app, &chair, &deputy).await;
    let mut keeper = admin(&app, "giu", &["10001"], within(AdminRole::Unit, "10001")).await;
    let mut other = admin(&app, "khac", &["10004"], within(AdminRole::Unit, "10004")).await;
    let (of_chair, of_deputy) = (format!("/admin/people/{}", chair.id), format!("/admin/people/{}", deputy.id));
    let to = |page: &str| format!("{page}/delegations");
    let end = [("delegation", lent.as_str())];

    let page = keeper.browser.get(&of_chair).await;
    assert!(page.body.contains(lent.as_str()), "{}", page.body);
    assert!(!other.browser.get(&of_deputy).await.body.contains(&to(&of_deputy)), "it is not the delegate's to hand over");
    assert_eq!(other.post(&to(&of_chair), &end).await.status, 404, "who looks after others");
    let by_deputys = other.post(&to(&of_deputy), &end).await;
    assert_eq!((by_deputys.status, by_deputys.location()), (303, of_deputy.as_str()), "nor by way of the delegate");
    let unknown = keeper.post(&to(&of_chair), &[("delegation", "x")]).await;
    assert_eq!((unknown.status, unknown.location()), (303, of_chair.as_str()));
    app.sync().await;
    assert!(acts(&app, &deputy).await);
    assert_eq!(count_of(&app, "delegation.ended").await, 0);

    let ended = keeper.post(&to(&of_chair), &end).await;
    assert_eq!((ended.status, ended.location()), (303, format!("{of_chair}?done=delegation").as_str()), "{}", ended.body);
    app.sync().await;
    assert!(!acts(&app, &deputy).await);
    assert!(!keeper.browser.get(&of_chair).await.body.contains(lent.as_str()), "it is not listed any more");
    let rows = rows_of(&app, "delegation.ended").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    assert_eq!(row.actor.as_deref(), Some(keeper.official.id.as_str()));
    assert!(row.detail.contains("\"acting_as\":\"unit ") && row.detail.contains(chair.id.as_str()), "{}", row.detail);
    for official in [&chair, &deputy] {
        let told = notices::list(app.services(), &official.id).await.expect("notices");
        assert!(told.iter().any(|notice| notice.kind == NoticeKind::DelegationTakenBack), "{}", official.username);
    }
}

#[tokio::test]
async fn what_somebody_handed_over_is_ended_while_they_are_locked_and_does_not_come_back_with_them() {
    let app = town().await;
    let chair = app.official_in("chutich", &["10001"]).await;
    let deputy = app.official_in("pho", &["10004"]).await;
    let lent = hand_over(&app, &chair, &deputy).await;
    let mut keeper = admin(&app, "giu", &["10001"], within(AdminRole::Unit, "10001")).await;
    lock(&app, &chair).await;
    assert!(!acts(&app, &deputy).await, "it rests");

    let page = format!("/admin/people/{}", chair.id);
    assert!(keeper.browser.get(&page).await.body.contains(lent.as_str()), "and is there to be ended");
    let ended = keeper.post(&format!("{page}/delegations"), &[("delegation", lent.as_str())]).await;
    assert_eq!(ended.location(), format!("{page}?done=delegation"), "{}", ended.body);
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(persons::enable(&mut tx, &chair.id).await.expect("an answer"));
    forget(&mut tx, services, Kind::Person, chair.id.as_str()).await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;

    assert!(services.person(&chair.id).await.expect("an answer").is_some(), "they are back");
    assert!(!acts(&app, &deputy).await, "and nobody acts for them");
}

#[tokio::test]
async fn the_other_one_is_named_to_whoever_looks_after_them_and_to_nobody_else() {
    let app = town().await;
    let chair = app.official_in("chutich", &["10001"]).await;
    let away = app.official_in("xaxoi", &["10004"]).await;
    let second = app.official_in("haichu", &["10001"]).await;
    let near = app.official_in("gan", &["10001"]).await;
    let lent = hand_over(&app, &chair, &away).await;
    hand_over(&app, &second, &near).await;
    let mut keeper = admin(&app, "giu", &["10001"], within(AdminRole::Unit, "10001")).await;
    let mut other = admin(&app, "khac", &["10004"], within(AdminRole::Unit, "10004")).await;
    let mut root = admin(&app, "goc", &[], everywhere(AdminRole::System)).await;
    let of = |official: &Official| format!("/admin/people/{}", official.id);

    let page = keeper.browser.get(&of(&chair)).await;
    assert!(page.body.contains(&format!("Giao cho {BEYOND}")) && page.body.contains(lent.as_str()), "{}", page.body);
    assert!(!page.body.contains("Nguyễn Văn xaxoi") && !page.body.contains(away.id.as_str()), "{}", page.body);
    let page = other.browser.get(&of(&away)).await;
    assert!(page.body.contains(&format!("thay mặt {BEYOND}")), "{}", page.body);
    assert!(!page.body.contains("Nguyễn Văn chutich") && !page.body.contains(chair.id.as_str()), "{}", page.body);

    for (official, said) in [(&second, "Giao cho Nguyễn Văn gan"), (&near, "thay mặt Nguyễn Văn haichu")] {
        let page = keeper.browser.get(&of(official)).await;
        assert!(page.body.contains(said) && !page.body.contains(BEYOND), "{}", page.body);
    }
    for (official, said) in [(&chair, "Giao cho Nguyễn Văn xaxoi"), (&away, "thay mặt Nguyễn Văn chutich")] {
        let page = root.browser.get(&of(official)).await;
        assert!(page.body.contains(said) && !page.body.contains(BEYOND), "{}", page.body);
    }
}

#[tokio::test]
async fn one_that_is_open_is_listed_before_the_many_that_are_over() {
    let app = town().await;
    let chair = app.official_in("chutich", &["10001"]).await;
    let deputy = app.official_in("pho", &["10004"]).await;
    let lent = hand_over(&app, &chair, &deputy).await;
    let mut keeper = admin(&app, "giu", &["10001"], within(AdminRole::Unit, "10001")).await;
    let services = app.services();
    let now = services.clock.now().plus_seconds(60);
    let today = vietnam_date(now);
    let mut tx = services.store.write().await.expect("a unit of work");
    for number in 0..60 {
        let was_ended = number % 2 == 0;
        let over = Delegation {
            position: PositionId(format!("over-{number:02}")),
            of_position: chair.positions[0].clone(),
            of_person: chair.id.clone(),
            to_person: deputy.id.clone(),
            valid_from: today.previous_day().expect("a day"),
            valid_to: if was_ended { today } else { today.previous_day().expect("a day") },
            decision_no: "8/QĐ-UBND".to_owned(),
            created_at: now,
            ended_at: None,
        };
        delegations::add(&mut tx, &over).await.expect("added");
        assert_eq!(was_ended && delegations::mark_ended(&mut tx, &over.position, now).await.expect("an answer"), was_ended);
    }
    tx.commit().await.expect("committed");

    for official in [&chair, &deputy] {
        let found = delegation::list(services, &official.id).await.expect("a list");
        assert_eq!(found.len(), 50, "so many at most");
        let open: Vec<bool> = found.iter().map(delegation::Line::is_open).collect();
        assert!(found[0].id == lent && open[0] && !open[1..].contains(&true), "{}: {open:?}", official.username);
    }
    let page = keeper.browser.get(&format!("/admin/people/{}", chair.id)).await;
    assert!(page.body.contains(lent.as_str()) && !page.body.contains("8/QĐ-UBND"), "{}", page.body);
}
