//! Who can enter what, and why: roles count on their days, are given by those who may, and every question about them has
//! an answer, within the reader's bounds.

use crate::rights_scene::{CITY, SAI_GON, TAN_DINH, admin, everywhere, owner_of, within};
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use crate::support::{Official, TestApp, TestClient, encode};
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::{GrantRoles, ReadPeople};
use motlan::model::entitlement::Condition;
use motlan::service::authority::Authority;
use motlan::service::entitlements::{self, List, uses};
use motlan::service::provisioning::roles::given::{self, GiveError, NewRole, Terms};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

async fn client(app: &TestApp) -> TestClient {
    app.client("tthc", |settings| {
        settings.roles = vec!["lanh-dao".to_owned(), "tiep-nhan".to_owned()];
        settings.unit_granted_roles = vec!["tiep-nhan".to_owned()];
    })
    .await
}

fn role(name: &str) -> NewRole {
    let terms = Terms { reason: "Quyết định 7/QĐ".to_owned(), ..Terms::default() };
    NewRole { client_id: "tthc".to_owned(), role: name.to_owned(), position: None, condition: Condition::default(), terms }
}

/// The roles that the client is told of.
async fn told(app: &TestApp, client: &TestClient, official: &Official) -> Value {
    let tokens = app.tokens(client, official, &[("scope", "openid roles")]).await;
    app.userinfo(text(&tokens, "access_token")).await.json()["roles"].clone()
}

#[tokio::test]
async fn a_role_counts_on_its_days_and_no_day_longer() {
    let app = TestApp::start().await;
    let tthc = client(&app).await;
    let kim = app.official("kim").await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let give = [("act", "give"), ("username", "kim"), ("role", "lanh-dao"), ("reason", "Thay Chánh Văn phòng")];
    let days = [("from", "23/11/2026"), ("to", "24/11/2026")];

    let here = "/admin/rights/clients/tthc";
    let given = root.post(here, &[&give[..], &days[..]].concat()).await;
    assert_eq!((given.status, given.location()), (303, "/admin/rights/clients/tthc?done=given"), "{}", given.body);
    let again = root.post(here, &[&give[..], &days[..]].concat()).await;
    assert_eq!((again.status, again.page()), (422, Some("admin-rights-client")), "they have it then: {}", again.body);
    assert_eq!(count_of(&app, "role.granted").await, 1);

    assert_eq!(told(&app, &tthc, &kim).await, Value::Null, "the day before");
    app.advance_seconds(DAY);
    assert_eq!(told(&app, &tthc, &kim).await, json!(["lanh-dao"]), "the first day");
    app.advance_seconds(DAY);
    assert_eq!(told(&app, &tthc, &kim).await, json!(["lanh-dao"]), "the last day");
    app.advance_seconds(DAY);
    assert_eq!(told(&app, &tthc, &kim).await, Value::Null, "the day after");

    root.again(&app).await;
    let page = root.browser.get(&format!("/admin/rights?{}", encode(&[("username", "Kim"), ("client", "tthc")]))).await;
    assert!(page.body.contains("Đã hết hạn") && page.body.contains("id=\"verdict\""), "{}", page.body);
    let anew = root.post(here, &give).await;
    assert_eq!(anew.status, 303, "what is over may be given again: {}", anew.body);
    assert_eq!(told(&app, &tthc, &kim).await, json!(["lanh-dao"]));
}

#[tokio::test]
async fn why_somebody_can_enter_is_said_to_whoever_looks_after_them_and_that_they_asked_is_on_record() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut own = admin(&app, "own", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let mut other = admin(&app, "other", &[TAN_DINH], within(AdminRole::Unit, TAN_DINH)).await;
    let give = [("act", "give"), ("username", "kim"), ("role", "lanh-dao"), ("reason", "Quyết định 9/QĐ")];
    assert_eq!(root.post("/admin/rights/clients/tthc", &give).await.status, 303);

    let question = format!("/admin/rights?{}", encode(&[("username", "kim"), ("client", "tthc")]));
    let answer = own.browser.get(&question).await;
    assert_eq!((answer.status, answer.page()), (200, Some("admin-rights")), "{}", answer.body);
    for said in ["Nguyễn Văn kim vào được Hệ thống tthc", "Quyết định 9/QĐ", "lanh-dao", "Vào được"] {
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    assert!(!answer.body.contains("Nguyễn Văn root"), "who lies outside their bounds is not named");
    let looked = rows_of(&app, "rights.looked").await;
    assert_eq!(looked.len(), 1);
    assert_eq!(looked[0].person_id.as_deref(), Some(kim.id.as_str()));

    let refused = other.browser.get(&question).await;
    assert_eq!((refused.status, refused.page()), (422, Some("admin-rights")));
    assert!(!refused.body.contains("9/QĐ") && !refused.body.contains("Nguyễn Văn kim"), "{}", refused.body);
    assert_eq!(other.browser.get(&format!("/admin/rights/people/{}", kim.id)).await.status, 404);
    let list = other.browser.get("/admin/rights/clients/tthc").await;
    assert!(list.status == 200 && !list.body.contains("Nguyễn Văn kim"), "{}", list.body);
    let file = other.browser.get("/admin/rights/export.csv?list=client&id=tthc").await;
    assert!(file.status == 200 && !file.body.contains("kim"), "{}", file.body);
    assert_eq!(rows_of(&app, "rights.looked").await.len(), 1, "nothing was looked at");

    let list = own.browser.get("/admin/rights/clients/tthc").await;
    assert!(list.body.contains("Nguyễn Văn kim"), "{}", list.body);
    let file = own.browser.get("/admin/rights/export.csv?list=client&id=tthc").await;
    assert!(file.body.contains("\"kim\"") && file.header("content-type") == Some("text/csv; charset=utf-8"), "{}", file.body);
    assert_eq!(count_of(&app, "rights.exported").await, 2);
}

#[tokio::test]
async fn units_give_what_a_client_leaves_to_them_and_take_back_nothing_else() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let minh = app.official_in("minh", &[TAN_DINH]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let services = app.services();
    let authority = unit.authority(&app).await;
    assert!(authority.one::<GrantRoles>(services, &minh.id).await.expect("an answer").is_none());
    assert!(authority.one::<GrantRoles>(services, &unit.official.id).await.expect("an answer").is_none(), "nor themselves");
    let proof = authority.one::<GrantRoles>(services, &kim.id).await.expect("an answer").expect("a proof");

    let offered = given::offered(services, &proof).await.expect("a list");
    assert_eq!(offered.iter().map(|client| client.roles.as_slice()).collect::<Vec<_>>(), [["tiep-nhan".to_owned()]]);
    assert!(matches!(given::give(services, &proof, &role("lanh-dao")).await, Err(GiveError::NotTheirs)));
    assert!(matches!(given::give(services, &proof, &role("khach")).await, Err(GiveError::Undeclared)));
    let no_reason = NewRole { terms: Terms::default(), ..role("tiep-nhan") };
    assert!(matches!(given::give(services, &proof, &no_reason).await, Err(GiveError::Reason)));
    assert_eq!(count_of(&app, "role.granted").await, 0);
    let theirs = given::give(services, &proof, &role("tiep-nhan")).await.expect("given").expect("new");
    assert!(given::give(services, &proof, &role("tiep-nhan")).await.expect("an answer").is_none(), "once");

    let above = root.authority(&app).await;
    let proof_above = above.one::<GrantRoles>(services, &kim.id).await.expect("an answer").expect("a proof");
    let leader = given::give(services, &proof_above, &role("lanh-dao")).await.expect("given").expect("new");
    assert!(matches!(given::take_back(services, &proof, &leader, "x").await, Err(GiveError::NotTheirs)));
    assert_eq!(count_of(&app, "role.revoked").await, 0);
    let here = format!("/admin/rights/people/{}", kim.id);
    let ended = unit.post(&here, &[("act", "end"), ("grant", theirs.as_str()), ("reason", "Thôi việc")]).await;
    assert_eq!(ended.status, 303, "{}", ended.body);
    assert!(!given::take_back(services, &proof, &theirs, "x").await.expect("an answer"), "once");
    assert!(given::take_back(services, &proof_above, &leader, "x").await.expect("an answer"));

    let given = unit.post(&here, &[("act", "give"), ("right", "tthc tiep-nhan"), ("reason", "x")]).await;
    assert_eq!(given.status, 303, "{}", given.body);
    let refused = unit.post(&here, &[("act", "give"), ("right", "tthc lanh-dao"), ("reason", "x")]).await;
    assert_eq!((refused.status, refused.page()), (422, Some("admin-rights-person")), "{}", refused.body);
    let other = format!("/admin/rights/people/{}", minh.id);
    let outside = unit.post(&other, &[("act", "give"), ("right", "tthc tiep-nhan"), ("reason", "x")]).await;
    assert_eq!((outside.status, count_of(&app, "role.granted").await), (404, 3));
}

#[tokio::test]
async fn whoever_looks_after_a_client_gives_its_roles_to_others_and_to_nobody_in_another_client() {
    let app = TestApp::start().await;
    client(&app).await;
    app.client("van-ban", |settings| settings.roles = vec!["van-thu".to_owned()]).await;
    app.official("kim").await;
    let mut owner = admin(&app, "owner", &[], owner_of("tthc")).await;
    let give =
        |username: &'static str, role: &'static str| [("act", "give"), ("username", username), ("role", role), ("reason", "x")];
    let own = "/admin/rights/clients/tthc";

    assert_eq!(owner.post("/admin/rights/clients/van-ban", &give("kim", "van-thu")).await.status, 404);
    assert_eq!(owner.browser.get("/admin/rights/clients/van-ban").await.status, 404);
    for (fields, case) in [
        (give("owner", "lanh-dao"), "to themselves"),
        (give("kim", "van-thu"), "what the client does not declare"),
        (give("nobody", "lanh-dao"), "to nobody"),
    ] {
        let refused = owner.post(own, &fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-rights-client")), "{case}: {}", refused.body);
    }
    assert_eq!(count_of(&app, "role.granted").await, 0);

    assert_eq!(owner.post(own, &give("kim", "lanh-dao")).await.status, 303);
    let page = owner.browser.get(own).await;
    assert!(page.body.contains("kim"), "{}", page.body);
    let grant = page.hidden("grant");
    let silent = owner.post(own, &[("act", "end"), ("grant", grant.as_str()), ("reason", "")]).await;
    assert_eq!((silent.status, count_of(&app, "role.revoked").await), (422, 0));
    let end = [("act", "end"), ("grant", grant.as_str()), ("reason", "Chuyển đơn vị")];
    assert_eq!(owner.post(own, &end).await.status, 303);
    assert_eq!(owner.post(own, &end).await.status, 422, "once");
    let row = rows_of(&app, "role.revoked").await.pop().expect("a row");
    assert!(row.detail.contains("Chuyển đơn vị") && row.detail.contains("application tthc"), "{}", row.detail);
}

#[tokio::test]
async fn roles_that_end_soon_and_roles_that_nobody_used_are_listed_within_bounds() {
    let app = TestApp::with_registry().await;
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let lan = app.official_in("lan", &[SAI_GON]).await;
    let minh = app.official_in("minh", &[TAN_DINH]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let services = app.services();
    let above = root.authority(&app).await;
    for (official, to) in [(&kim, "2027-01-10"), (&lan, "2027-12-31"), (&minh, "2027-01-10")] {
        let proof = above.one::<GrantRoles>(services, &official.id).await.expect("an answer").expect("a proof");
        let mut new = role("tiep-nhan");
        new.terms.valid_to = motlan::base::date::parse(to);
        given::give(services, &proof, &new).await.expect("given").expect("new");
    }
    let listed = async |authority: &Authority, list: List<'_>| {
        let proof = authority.people::<ReadPeople>().expect("a proof");
        let lines = entitlements::list(services, &proof, list, None).await.expect("a list").lines;
        lines.into_iter().map(|line| line.right.granted.username).collect::<Vec<_>>()
    };

    let authority = unit.authority(&app).await;
    assert!(listed(&authority, List::Expiring).await.is_empty() && listed(&authority, List::Unused).await.is_empty());
    app.tokens(&tthc, &lan, &[("scope", "openid")]).await;
    app.advance_seconds(31 * DAY);
    root.again(&app).await;
    unit.again(&app).await;
    let (authority, above) = (unit.authority(&app).await, root.authority(&app).await);

    assert_eq!(listed(&authority, List::Expiring).await, ["kim"]);
    assert_eq!(listed(&above, List::Expiring).await, ["kim", "minh"]);
    assert_eq!(listed(&authority, List::Unused).await, ["kim", "lan"], "nobody has read the grants yet");
    assert_eq!(uses::run(services, "node").await.expect("noted"), 1);
    assert_eq!(uses::run(services, "node").await.expect("noted"), 0, "once");
    assert_eq!(uses::run(services, "another node").await.expect("noted"), 0, "on one node");
    assert_eq!(listed(&authority, List::Unused).await, ["kim"]);
    assert_eq!(listed(&above, List::Unused).await, ["kim", "minh"]);
    let page = unit.browser.get("/admin/rights/unused").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Nguyễn Văn kim") && !page.body.contains("Nguyễn Văn minh"), "{}", page.body);
    let mut city = admin(&app, "city", &[], within(AdminRole::Unit, CITY)).await;
    let page = city.browser.get("/admin/rights/expiring").await;
    assert!(page.body.contains("Nguyễn Văn kim") && page.body.contains("Nguyễn Văn minh"), "{}", page.body);
}
