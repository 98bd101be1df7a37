//! Promises about the console's pages of roles that groups have: nothing counts before it was looked at and given, whoever
//! may not gives nothing and takes nothing back, and why somebody has a role is said.

use crate::rights_scene::{Admin, SAI_GON, TAN_DINH, admin, everywhere, owner_of, within};
use crate::support::plans::{LAST, town, unit};
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use crate::support::{Answer, Official, TestApp, TestClient};
use motlan::model::admin_scope::AdminRole;
use serde_json::{Value, json};

const HERE: &str = "/admin/rights/groups";
const NEW: &str = "/admin/rights/groups/new";

async fn client(app: &TestApp) -> TestClient {
    app.client("tthc", |settings| {
        settings.roles = vec!["lanh-dao".to_owned(), "tiep-nhan".to_owned()];
        settings.unit_granted_roles = vec!["tiep-nhan".to_owned()];
    })
    .await
}

/// The roles that the client is told of.
async fn told(app: &TestApp, client: &TestClient, official: &Official) -> Value {
    let tokens = app.tokens(client, official, &[("scope", "openid roles")]).await;
    app.userinfo(text(&tokens, "access_token")).await.json()["roles"].clone()
}

/// What the form sends.
fn form<'a>(act: &'a str, right: &'a str, unit: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("act", act), ("right", right), ("unit", unit), ("reason", "Quyết định 7/QĐ")]
}

/// Presses a button of the page that was shown, with what is written in it.
async fn pressed(by: &mut Admin, page: &Answer, act: &str) -> Answer {
    let mut hidden = page.form_post_fields();
    hidden.retain(|(name, _)| name != "csrf");
    let mut fields: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("act", act));
    by.post(NEW, &fields).await
}

/// The ids of the roles that a list leads to.
async fn listed(by: &mut Admin) -> Vec<String> {
    let page = by.browser.get(HERE).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-rights-groups")), "{}", page.body);
    let begins = format!("href=\"{HERE}/");
    let links = page.body.split(begins.as_str()).skip(1).filter_map(|rest| rest.split(['"', '?']).next());
    links.filter(|id| *id != "new" && !id.contains('/')).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_role_of_a_group_is_looked_at_then_given_then_taken_back_and_counts_only_in_between() {
    let app = TestApp::with_registry().await;
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let minh = app.official_in("minh", &[TAN_DINH]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;

    let look = root.post(NEW, &form("look", "tthc lanh-dao", SAI_GON)).await;
    assert_eq!((look.status, look.page()), (200, Some("admin-rights-group-preview")), "{}", look.body);
    assert!(look.body.contains("Nguyễn Văn kim") && !look.body.contains("Nguyễn Văn minh"), "{}", look.body);
    assert_eq!(count_of(&app, "group_role.granted").await, 0, "a look gives nothing");
    assert_eq!(told(&app, &tthc, &kim).await, Value::Null);
    let change = pressed(&mut root, &look, "change").await;
    assert_eq!((change.status, change.page()), (200, Some("admin-rights-group-new")), "{}", change.body);
    assert!(change.body.contains("Quyết định 7/QĐ"), "what was typed stays: {}", change.body);

    let given = pressed(&mut root, &look, "add").await;
    assert_eq!((given.status, given.location()), (303, "/admin/rights/groups?done=given"), "{}", given.body);
    assert_eq!(told(&app, &tthc, &kim).await, json!(["lanh-dao"]));
    assert_eq!(told(&app, &tthc, &minh).await, Value::Null, "another unit");
    let again = pressed(&mut root, &look, "add").await;
    assert_eq!((again.status, count_of(&app, "group_role.granted").await), (422, 1), "once: {}", again.body);
    let person = root.browser.get(&format!("/admin/rights/people/{}", kim.id)).await;
    for said in ["Vai trò theo nhóm", "Qua chức vụ Chuyên viên", "Quyết định 7/QĐ", "lanh-dao"] {
        assert!(person.body.contains(said), "{said}: {}", person.body);
    }

    let ids = listed(&mut root).await;
    let [id] = ids.as_slice() else { panic!("{ids:?}") };
    let one = format!("{HERE}/{id}");
    let shown = root.browser.get(&one).await;
    assert_eq!((shown.status, shown.page()), (200, Some("admin-rights-group-end")), "{}", shown.body);
    let silent = root.post(&one, &[("reason", " ")]).await;
    assert_eq!((silent.status, silent.page()), (422, Some("admin-rights-group-end")), "{}", silent.body);
    assert_eq!((count_of(&app, "group_role.revoked").await, told(&app, &tthc, &kim).await), (0, json!(["lanh-dao"])));
    let ended = root.post(&one, &[("reason", "Hết nhiệm vụ")]).await;
    assert_eq!((ended.status, ended.location()), (303, "/admin/rights/groups?done=ended"), "{}", ended.body);
    assert_eq!(told(&app, &tthc, &kim).await, Value::Null);
    assert_eq!(root.post(&one, &[("reason", "Hết nhiệm vụ")]).await.status, 404, "once");
    assert!(listed(&mut root).await.is_empty());
    assert!(rows_of(&app, "group_role.revoked").await[0].detail.contains("Hết nhiệm vụ"));
}

#[tokio::test]
async fn a_unit_is_meant_by_its_code_or_its_name_and_of_several_one_is_chosen() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let second = unit(&app, "10002", LAST).await.0;
    let third = unit(&app, "10003", LAST).await.0;

    for text in ["10002", "gso:10002", "Phường Hai", "phuong hai"] {
        let look = root.post(NEW, &form("look", "tthc lanh-dao", text)).await;
        assert_eq!((look.status, look.page()), (200, Some("admin-rights-group-preview")), "{text}: {}", look.body);
        assert_eq!(look.hidden("which"), second, "{text}");
    }
    let several = root.post(NEW, &form("add", "tthc lanh-dao", "phuong")).await;
    assert_eq!((several.status, several.page()), (422, Some("admin-rights-group-new")), "{}", several.body);
    assert_eq!(several.body.matches("name=\"which\"").count(), 5, "{}", several.body);
    let chosen = [form("look", "tthc lanh-dao", "phuong"), vec![("asked", "phuong"), ("which", &second)]].concat();
    let look = root.post(NEW, &chosen).await;
    assert_eq!((look.status, look.hidden("which")), (200, second.clone()), "{}", look.body);
    let other = [form("look", "tthc lanh-dao", "Phường Ba"), vec![("asked", "phuong"), ("which", &second)]].concat();
    let look = root.post(NEW, &other).await;
    assert_eq!((look.status, look.hidden("which")), (200, third), "what was typed since: {}", look.body);
    for nothing in ["", "99999", "Phường Không Có"] {
        let refused = root.post(NEW, &form("add", "tthc lanh-dao", nothing)).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-rights-group-new")), "{nothing}: {}", refused.body);
        assert!(refused.body.contains("id=\"unit-problem\""), "{nothing}: {}", refused.body);
    }
    assert_eq!(count_of(&app, "group_role.granted").await, 0);
}

#[tokio::test]
async fn a_form_that_is_not_whole_says_what_is_missing_and_gives_nothing() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let base = || form("add", "tthc lanh-dao", "10001");
    let without = |name: &str| base().into_iter().filter(|(field, _)| *field != name).collect::<Vec<_>>();
    let long = "x".repeat(501);
    let table = [
        ("right", without("right")),
        ("right", [without("right"), vec![("right", "tthc khach")]].concat()),
        ("reason", without("reason")),
        ("reason", [without("reason"), vec![("reason", long.as_str())]].concat()),
        ("from", [base(), vec![("from", "hôm nay")]].concat()),
        ("from", [base(), vec![("from", "02/01/2027"), ("to", "01/01/2027")]].concat()),
        ("title", [base(), vec![("title", long.as_str())]].concat()),
    ];
    for (field, fields) in table {
        let refused = root.post(NEW, &fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-rights-group-new")), "{field}: {}", refused.body);
        assert!(refused.body.contains(&format!("id=\"{field}-problem\"")), "{field}: {}", refused.body);
    }
    assert_eq!(count_of(&app, "group_role.granted").await, 0);
}

#[tokio::test]
async fn units_give_what_is_left_to_them_where_they_look_after_people_and_never_to_themselves() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.official_in("kim", &[SAI_GON]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut own = admin(&app, "own", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut there = admin(&app, "there", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let mut other = admin(&app, "other", &[], within(AdminRole::Unit, TAN_DINH)).await;

    let page = own.browser.get(NEW).await;
    assert!(page.body.contains("tthc tiep-nhan") && !page.body.contains("tthc lanh-dao"), "{}", page.body);
    for (fields, case) in [
        (form("add", "tthc lanh-dao", SAI_GON), "not left to units"),
        (form("add", "tthc tiep-nhan", TAN_DINH), "not theirs"),
        (form("add", "tthc tiep-nhan", "79"), "above them"),
    ] {
        let refused = own.post(NEW, &fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-rights-group-new")), "{case}: {}", refused.body);
    }
    let themselves = there.post(NEW, &form("add", "tthc tiep-nhan", SAI_GON)).await;
    assert_eq!(themselves.status, 422, "{}", themselves.body);
    assert!(themselves.body.contains("Không ai tự giao quyền cho mình"), "{}", themselves.body);
    assert_eq!(count_of(&app, "group_role.granted").await, 0);

    assert_eq!(own.post(NEW, &form("add", "tthc tiep-nhan", SAI_GON)).await.status, 303);
    let ids = listed(&mut own).await;
    assert_eq!(root.post(NEW, &form("add", "tthc lanh-dao", SAI_GON)).await.status, 303);
    let all = listed(&mut root).await;
    let [theirs] = ids.as_slice() else { panic!("{ids:?}") };
    let above = all.iter().find(|id| *id != theirs).expect("two of them");
    assert_eq!(listed(&mut own).await, ids, "what somebody above gave is not theirs to take back");
    assert!(listed(&mut other).await.is_empty());
    for (by, id) in [(&mut other, theirs), (&mut own, above)] {
        let one = format!("{HERE}/{id}");
        assert_eq!(by.browser.get(&one).await.status, 404);
        assert_eq!(by.post(&one, &[("reason", "x")]).await.status, 404);
    }
    assert_eq!(count_of(&app, "group_role.revoked").await, 0);
    assert_eq!(own.post(&format!("{HERE}/{theirs}"), &[("reason", "x")]).await.status, 303);
}

#[tokio::test]
async fn whoever_looks_after_a_client_is_told_how_many_and_not_who_and_nothing_of_other_clients() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.client("van-ban", |settings| settings.roles = vec!["van-thu".to_owned()]).await;
    app.official_in("kim", &[SAI_GON]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut owner = admin(&app, "owner", &[], owner_of("tthc")).await;

    let look = owner.post(NEW, &form("look", "tthc lanh-dao", SAI_GON)).await;
    assert_eq!((look.status, look.page()), (200, Some("admin-rights-group-preview")), "{}", look.body);
    assert!(look.body.contains("Hôm nay có 1 người") && !look.body.contains("Nguyễn Văn kim"), "{}", look.body);
    assert_eq!(owner.post(NEW, &form("add", "van-ban van-thu", SAI_GON)).await.status, 404);
    assert_eq!(count_of(&app, "group_role.granted").await, 0);

    assert_eq!(root.post(NEW, &form("add", "van-ban van-thu", SAI_GON)).await.status, 303);
    assert!(listed(&mut owner).await.is_empty());
    let page = owner.browser.get(HERE).await;
    assert!(!page.body.contains("van-thu") && page.body.contains("Hệ thống tthc"), "{}", page.body);
    let ids = listed(&mut root).await;
    assert_eq!(owner.browser.get(&format!("{HERE}/{}", ids[0])).await.status, 404);
    assert_eq!(owner.post(NEW, &form("add", "tthc lanh-dao", SAI_GON)).await.status, 303);
    assert_eq!(listed(&mut owner).await.len(), 1);
}

#[tokio::test]
async fn what_a_role_asks_of_a_sign_in_is_ticked_where_it_is_given_and_said_where_it_is_shown() {
    let app = TestApp::start().await;
    let tthc = client(&app).await;
    let kim = app.official("kim").await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let here = format!("/admin/rights/people/{}", kim.id);
    let give = [("act", "give"), ("right", "tthc lanh-dao"), ("reason", "Quyết định 9/QĐ")];
    let said = ["Chỉ khi xác thực hai lớp", "Chỉ từ mạng cơ quan"];

    let given = root.post(&here, &[&give[..], &[("two_factors", "1"), ("office", "1")]].concat()).await;
    assert_eq!(given.status, 303, "{}", given.body);
    let page = root.browser.get(&here).await;
    let shown = page.body.split("<h2 id=\"roles\">").nth(1).and_then(|rest| rest.split("</section>").next());
    let shown = shown.expect("the roles");
    assert!(said.iter().all(|said| shown.contains(said)), "{shown}");
    assert_eq!(told(&app, &tthc, &kim).await, Value::Null, "one factor, from nowhere");
    assert_eq!(root.post(&here, &give).await.status, 303, "the same without them is more");
    assert_eq!(told(&app, &tthc, &kim).await, json!(["lanh-dao"]));
}
