//! Who can enter what, and why: roles count on their days, are given by those who may, and every question about them has
//! an answer, within the reader's bounds.

use crate::rights_scene::{CITY, SAI_GON, TAN_DINH, admin, everywhere, owner_of, within};
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use crate::support::{Official, TestApp, TestClient, encode};
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::{GrantRoles, ReadPeople};
use motlan::model::entitlement::Condition;
use motlan::service::Origin;
use motlan::service::authority::Authority;
use motlan::service::entitlements::{self, List, uses};
use motlan::service::provisioning::roles::given::{self, GiveError, NewRole, Terms};
use motlan::service::provisioning::roles::{self, Given, Request};
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
    let give = async |new: &NewRole| given::give(services, &authority, &proof, new).await;
    let bound = |name: &str| NewRole { position: Some(kim.positions[0].clone()), ..role(name) };
    assert!(matches!(give(&bound("lanh-dao")).await, Err(GiveError::NotTheirs)));
    assert!(matches!(give(&bound("khach")).await, Err(GiveError::Undeclared)));
    let no_reason = NewRole { terms: Terms::default(), ..bound("tiep-nhan") };
    assert!(matches!(give(&no_reason).await, Err(GiveError::Reason)));
    assert_eq!(count_of(&app, "role.granted").await, 0);
    let theirs = give(&bound("tiep-nhan")).await.expect("given").expect("new");
    assert!(give(&bound("tiep-nhan")).await.expect("an answer").is_none(), "once");

    let above = root.authority(&app).await;
    let proof_above = above.one::<GrantRoles>(services, &kim.id).await.expect("an answer").expect("a proof");
    let leader = given::give(services, &above, &proof_above, &role("lanh-dao")).await.expect("given").expect("new");
    assert!(matches!(given::take_back(services, &authority, &proof, &leader, "x").await, Err(GiveError::NotTheirs)));
    assert_eq!(count_of(&app, "role.revoked").await, 0);
    let here = format!("/admin/rights/people/{}", kim.id);
    let ended = unit.post(&here, &[("act", "end"), ("grant", theirs.as_str()), ("reason", "Thôi việc")]).await;
    assert_eq!(ended.status, 303, "{}", ended.body);
    assert!(!given::take_back(services, &authority, &proof, &theirs, "x").await.expect("an answer"), "once");
    assert!(given::take_back(services, &above, &proof_above, &leader, "x").await.expect("an answer"));

    let post = ("position", kim.positions[0].as_str());
    let given = unit.post(&here, &[("act", "give"), ("right", "tthc tiep-nhan"), post, ("reason", "x")]).await;
    assert_eq!(given.status, 303, "{}", given.body);
    let refused = unit.post(&here, &[("act", "give"), ("right", "tthc lanh-dao"), post, ("reason", "x")]).await;
    assert_eq!((refused.status, refused.page()), (422, Some("admin-rights-person")), "{}", refused.body);
    let other = format!("/admin/rights/people/{}", minh.id);
    let outside = unit.post(&other, &[("act", "give"), ("right", "tthc tiep-nhan"), ("reason", "x")]).await;
    assert_eq!((outside.status, count_of(&app, "role.granted").await), (404, 3));
}

#[tokio::test]
async fn nobody_gives_a_role_that_counts_in_a_unit_which_they_do_not_look_after() {
    let app = TestApp::with_registry().await;
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON, TAN_DINH]).await;
    let mut unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let here = format!("/admin/rights/people/{}", kim.id);
    let give = [("act", "give"), ("right", "tthc tiep-nhan"), ("reason", "Quyết định 8/QĐ")];
    let (own, other) = (kim.positions[0].as_str(), kim.positions[1].as_str());

    let page = unit.browser.get(&here).await;
    assert!(page.body.contains(own) && !page.body.contains(other), "{}", page.body);
    assert!(!page.body.contains("Mọi chức vụ"), "{}", page.body);
    let refusals =
        [(vec![("position", other)], "a post elsewhere"), (vec![], "every post"), (vec![("position", "x")], "none of theirs")];
    for (fields, case) in refusals {
        let refused = unit.post(&here, &[&give[..], &fields[..]].concat()).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-rights-person")), "{case}: {}", refused.body);
        assert!(refused.body.contains("href=\"#position\""), "{case}: {}", refused.body);
    }
    assert_eq!(count_of(&app, "role.granted").await, 0);

    assert_eq!(unit.post(&here, &[&give[..], &[("position", own)]].concat()).await.status, 303);
    let elsewhere = app.authorize_path(&tthc, &[("scope", "openid roles"), ("position", other)]);
    let arrived = app.browser().sign_in(&kim, &elsewhere).await;
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await.json();
    let claims = app.userinfo(text(&tokens, "access_token")).await.json();
    assert_eq!(claims["roles"], Value::Null, "it counts in their post only");
    assert_eq!(told(&app, &tthc, &kim).await, json!(["tiep-nhan"]));
    let page = root.browser.get(&here).await;
    assert!(page.body.contains(other) && page.body.contains("Mọi chức vụ"), "{}", page.body);

    let above = root.authority(&app).await;
    let proof = above.one::<GrantRoles>(app.services(), &kim.id).await.expect("an answer").expect("a proof");
    let there = NewRole { position: Some(kim.positions[1].clone()), ..role("tiep-nhan") };
    let id = given::give(app.services(), &above, &proof, &there).await.expect("given").expect("new");
    let end = [("act", "end"), ("grant", id.as_str()), ("reason", "Thôi việc")];
    let refused = unit.post(&here, &end).await;
    assert_eq!((refused.status, count_of(&app, "role.revoked").await), (422, 0), "nor ends it there: {}", refused.body);
    assert_eq!((root.post(&here, &end).await.status, count_of(&app, "role.revoked").await), (303, 1));
    assert_eq!(root.post(&here, &give).await.status, 303, "whoever reaches the city gives it for every post");
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
        given::give(services, &above, &proof, &new).await.expect("given").expect("new");
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

#[tokio::test]
async fn a_role_of_one_person_given_by_name_has_days_a_reason_and_conditions() {
    let app = TestApp::start().await;
    let tthc = client(&app).await;
    let kim = app.official("kim").await;
    let origin = Origin::command_line();
    let request =
        Request { username: "kim", client_id: "tthc", role: "lanh-dao", position: None, actor: "os:test", origin: &origin };
    let day = |text: &str| motlan::base::date::parse(text);
    let given = |from: &str, to: &str| Given {
        condition: Condition::default(),
        terms: Terms { valid_from: day(from), valid_to: day(to), reason: "QĐ 12/QĐ-UBND".to_owned() },
    };
    let asks = |least_level: Option<i64>, office_only: bool| Condition { least_level, office_only };
    let wrong = [
        (given("2026-11-24", "2026-11-23"), "the end before the beginning"),
        (given("2026-11-01", "2026-11-21"), "over"),
        (Given { condition: asks(Some(3), false), ..Given::default() }, "no level of ours"),
        (Given { terms: Terms { reason: "x".repeat(501), ..Terms::default() }, ..Given::default() }, "a long reason"),
    ];
    for (given, case) in wrong {
        assert!(roles::grant_as(app.services(), &request, &given).await.is_err(), "{case}");
    }
    assert_eq!(count_of(&app, "role.granted").await, 0);

    assert!(roles::grant_as(app.services(), &request, &given("2026-11-23", "2026-11-23")).await.expect("an answer"));
    let all_days = Given { condition: asks(Some(2), true), ..Given::default() };
    assert!(
        !roles::grant_as(app.services(), &request, &all_days).await.expect("an answer"),
        "one that asks less has a day of these"
    );
    let asking = Given { condition: asks(Some(2), true), ..given("2026-11-24", "2026-12-24") };
    assert!(roles::grant_as(app.services(), &request, &asking).await.expect("an answer"), "another one, with more to ask");
    assert!(!roles::grant_as(app.services(), &request, &asking).await.expect("an answer"), "once");
    app.sync().await;

    assert_eq!(told(&app, &tthc, &kim).await, Value::Null, "the day before, and one factor from nowhere");
    app.advance_seconds(DAY);
    assert_eq!(told(&app, &tthc, &kim).await, json!(["lanh-dao"]), "the day");
    app.advance_seconds(DAY);
    assert_eq!(told(&app, &tthc, &kim).await, Value::Null, "the day after");
    let rows = rows_of(&app, "role.granted").await;
    assert_eq!(rows.len(), 2);
    let said = rows.iter().map(|row| row.detail.as_str()).collect::<String>();
    for part in ["\"valid_from\":\"2026-11-23\"", "QĐ 12/QĐ-UBND", "\"least_level\":2", "\"office_only\":true"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
