//! Delegation (ủy quyền), in what it must not do: fix what a system calls somebody who never came to it, or lend anything to
//! whoever has no post of their own.

use crate::delegation::{ROLE, Scene};
use crate::support::flows::sub_of;
use crate::support::people::{How, bring_as};
use crate::support::records::count_of;
use motlan::store::subjects;
use serde_json::json;

#[tokio::test]
async fn nobody_is_called_anything_at_a_system_because_somebody_else_came_to_it_for_them() {
    let scene = Scene::set().await;
    let lent = scene.given().await;
    let first = scene.told(&lent).await;
    assert_eq!((&first["roles"], first["position"].get("delegated_by")), (&json!([ROLE]), None), "the chair was never there");
    let services = scene.app.services();
    let now = services.clock.now();
    let client = services.known.client(&services.store, "tthc", now).await.expect("an answer").expect("a client");
    let mut conn = services.store.read().await.expect("a connection");
    let called = subjects::find(&mut conn, &client.sector(), &scene.chair.id).await.expect("an answer");
    assert_eq!(called, None, "nothing is fixed for them");
    drop(conn);

    let called = json!(sub_of(&scene.app, &scene.tthc, &scene.chair).await);

    assert_eq!(scene.told(&lent).await["position"]["delegated_by"], called, "once they came themselves");
}

#[tokio::test]
async fn nothing_is_lent_to_whoever_has_no_post_of_their_own_any_more() {
    let scene = Scene::set().await;
    let lent = scene.given().await;
    let token = scene.token(&lent).await;
    let header = "username,full_name,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
    let row = "pho,Nguyễn Văn pho,10004,Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,2025-07-01,2026-11-21\n";

    bring_as(scene.app.services(), format!("{header}{row}").as_bytes(), How::default()).await.expect("a report");
    scene.app.sync().await;

    assert_eq!(scene.lent().await, None, "it rests");
    assert_eq!(scene.app.userinfo(&token).await.status, 401);
    assert_eq!(count_of(&scene.app, "delegation.ended").await, 0, "and is not ended");
}
