//! A plan whose day came and that could not be applied by itself is seen: by whoever reads plans, in the metrics, and until
//! somebody approves it anew or withdraws it.

use crate::rights_scene::{admin, everywhere, within};
use crate::support::TestApp;
use crate::support::people::{bring, row};
use crate::support::plans::{AUTHOR, FIRST, NAME, apply, approve, approved, by, town, town_plan};
use crate::support::records::count_of;
use metrics_exporter_prometheus::PrometheusBuilder;
use motlan::model::admin_scope::AdminRole;
use motlan::service::reorganization::choices::{NewRule, add_rule};
use motlan::service::reorganization::{Waiting, due, tell_waiting, waiting, withdraw};

const NOTE: &str = "id=\"plans-waiting\"";

async fn all_waiting(app: &TestApp) -> Vec<Waiting> {
    waiting(app.services()).await.expect("an answer")
}

async fn scene() -> TestApp {
    let app = town().await;
    assert_eq!(bring(&app, &row("an", "Nguyễn Văn An", "", "10003", "Kế toán")).await.rows_bad, 0);
    app.sync().await;
    app
}

/// The day of the town's plan comes, and since it was approved somebody has said by a rule where people go.
async fn falls(app: &TestApp) {
    approved(app, &town_plan()).await;
    let rule =
        NewRule { from: "10003", department: None, title: Some("Kế toán"), seat: None, to: "20001", decision_no: "1/QĐ" };
    add_rule(app.services(), NAME, &rule, &by("os:noi")).await.expect("a rule");
}

#[tokio::test]
async fn whoever_reads_plans_sees_on_the_first_page_that_one_waits_until_it_is_approved_anew() {
    let app = scene().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut own = admin(&app, "quan", &[], within(AdminRole::Unit, "10003")).await;
    falls(&app).await;
    root.again(&app).await;
    own.again(&app).await;
    assert!(all_waiting(&app).await.is_empty(), "nobody has tried it yet");
    assert!(!root.browser.get("/admin").await.body.contains(NOTE));

    assert!(due(app.services(), "one").await.expect("an answer"));

    let told = all_waiting(&app).await;
    let expected = Waiting {
        plan: NAME.to_owned(),
        title: format!("Phương án {NAME}"),
        effective: FIRST,
        stage: None,
        why: "plan".to_owned(),
    };
    assert_eq!(told, [expected]);
    let page = root.browser.get("/admin").await;
    assert_eq!((page.status, page.page()), (200, Some("admin-overview")), "{}", page.body);
    for said in [NOTE, "href=\"/admin/plans/sap-xep\"", "quyết định hoặc quy tắc đã thay đổi", "01/01/2027"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    let others = own.browser.get("/admin").await;
    assert_eq!((others.status, others.page()), (200, Some("admin-overview")), "{}", others.body);
    assert!(!others.body.contains(NOTE), "who reads no plans is told of none: {}", others.body);

    approve(&app, NAME, true).await.expect("approved anew");
    assert!(all_waiting(&app).await.is_empty());
    assert!(!root.browser.get("/admin").await.body.contains(NOTE));
    apply(&app, NAME).await.expect("applied");
    assert!(all_waiting(&app).await.is_empty());
    assert_eq!((count_of(&app, "plan.waits").await, count_of(&app, "plan.applied").await), (1, 1));
}

#[tokio::test]
async fn the_metrics_tell_how_many_wait_and_what_is_withdrawn_waits_no_more() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let app = scene().await;
    falls(&app).await;
    let told = |count: i64| numbers.render().lines().any(|line| line == format!("motlan_plans_waiting {count}"));

    assert_eq!(tell_waiting(app.services()).await.expect("an answer"), 0);
    assert!(told(0), "{}", numbers.render());
    assert!(due(app.services(), "one").await.expect("an answer"));
    assert_eq!(tell_waiting(app.services()).await.expect("an answer"), 1);
    assert!(told(1), "{}", numbers.render());

    withdraw(app.services(), NAME, &by(AUTHOR)).await.expect("withdrawn");
    assert_eq!((tell_waiting(app.services()).await.expect("an answer"), all_waiting(&app).await), (0, Vec::new()));
    assert!(told(0), "{}", numbers.render());
}
