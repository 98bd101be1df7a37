//! What is printed of plans: where it is from and when, and a worklist that is longer than a page of the screen.

use crate::rights_scene::{admin, within};
use crate::support::TestApp;
use crate::support::people::{bring, row};
use crate::support::plans::{register, town, town_plan};
use crate::support::records::count_of;
use motlan::base::date::shown_moment;
use motlan::model::admin_scope::AdminRole;

const LIST: &str = "/admin/plans/sap-xep/worklist";
const PEOPLE: usize = 70;

/// Posts that a page lists.
fn posts(body: &str) -> usize {
    body.matches("<a href=\"/admin/people/").count()
}

/// A ward that is divided, with more people than a page holds.
async fn scene() -> TestApp {
    let app = town().await;
    let person = |number: usize| row(&format!("nguoi.{number}"), &format!("Lê Văn Người {number}"), "", "10003", "Kế toán");
    assert_eq!(bring(&app, &(0..PEOPLE).map(person).collect::<String>()).await.rows_bad, 0);
    app.sync().await;
    register(&app, &town_plan()).await.expect("a plan");
    app
}

#[tokio::test]
async fn a_long_worklist_is_there_for_paper_without_forms_and_for_nobody_elses_people() {
    let app = scene().await;
    let mut own = admin(&app, "ba", &[], within(AdminRole::Unit, "10003")).await;
    let mut other = admin(&app, "mot", &[], within(AdminRole::Unit, "10001")).await;
    let paper = format!("{LIST}?title=ke+toan&whole=1");

    let page = own.browser.get(&format!("{LIST}?title=ke+toan")).await;
    assert_eq!((page.status, posts(&page.body)), (200, 50), "{}", page.body);
    assert!(page.body.contains(&format!("id=\"worklist-paper\" href=\"{}\"", paper.replace('&', "&#38;"))), "{}", page.body);
    let listed = count_of(&app, "people.listed").await;

    let whole = own.browser.get(&paper).await;
    assert_eq!((whole.status, whole.page(), posts(&whole.body)), (200, Some("admin-plan-worklist"), PEOPLE), "{}", whole.body);
    for missing in ["type=\"checkbox\"", "worklist-decide\"", "sheet-decide", "rel=\"next\"", "worklist-paper"] {
        assert!(!whole.body.contains(missing), "{missing}: {}", whole.body);
    }
    assert_eq!(count_of(&app, "people.listed").await, listed + 1, "looking at it is on record");

    let none = other.browser.get(&format!("{LIST}?whole=1")).await;
    assert_eq!((none.status, posts(&none.body)), (200, 0), "{}", none.body);
    assert_eq!(count_of(&app, "people.listed").await, listed + 1);
}

#[tokio::test]
async fn a_printed_page_says_at_its_foot_where_it_is_from_and_when() {
    let app = scene().await;
    let mut own = admin(&app, "ba", &[], within(AdminRole::Unit, "10003")).await;

    let page = own.browser.get(LIST).await;

    let when = shown_moment(app.services().clock.now());
    let issuer = app.services().settings.issuer.trim_end_matches('/');
    assert!(page.body.contains(&format!("<footer class=\"printed\">{issuer}{LIST}, {when}</footer>")), "{}", page.body);
}
