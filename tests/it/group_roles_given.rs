//! Roles of groups: who gives them and takes them back, whom they would reach, and where it is said that they are somebody's.

use crate::rights_scene::{CITY, SAI_GON, TAN_DINH, admin, everywhere, owner_of, within};
use crate::support::people::lock;
use crate::support::plans::{FIRST, LAST, applied, digests, town, town_plan, unit};
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use crate::support::{Official, TestApp, TestClient};
use motlan::app::cli::grant::{self, AddArgs, GrantCommand};
use motlan::app::cli::{CliError, Output};
use motlan::base::date::parse;
use motlan::base::id::UnitId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::{ReadClients, ReadPeople};
use motlan::model::entitlement::Condition;
use motlan::service::Origin;
use motlan::service::authority::Authority;
use motlan::service::entitlements::{self, GroupRight, Standing};
use motlan::service::provisioning::group_roles::{self, Giver, GroupRoleError, Seeing, Wish};
use motlan::store::group_holders;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

/// The day on which these tests begin.
const TODAY: Date = date!(2026 - 11 - 22);
const HEADER: &str =
    "username,full_name,date_of_birth,email,phone,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";

/// Whether an error is the one that is meant.
type IsMeant = fn(&GroupRoleError) -> bool;

async fn client(app: &TestApp) -> TestClient {
    app.client("tthc", |settings| {
        settings.roles = vec!["lanh-dao".to_owned(), "tiep-nhan".to_owned()];
        settings.unit_granted_roles = vec!["tiep-nhan".to_owned()];
    })
    .await
}

/// Somebody with a title.
async fn titled(app: &TestApp, username: &str, unit: &str, title: &str) -> Official {
    let person = format!("{username},Nguyễn Văn {username},1980-02-03,{username}@vi-du.vn,0900000000");
    let text = format!("{HEADER}{person},{unit},Văn phòng,{title},can_bo,true,1/QĐ,2025-07-01,\n");
    app.official_of(&text, username).await
}

fn operator() -> Giver {
    Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() }
}

fn wish(role: &str, unit: &UnitId) -> Wish {
    Wish {
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        unit: unit.clone(),
        below: false,
        title: None,
        condition: Condition::default(),
        valid_from: None,
        valid_to: None,
        reason: "Quyết định 7/QĐ".to_owned(),
    }
}

async fn give(app: &TestApp, giver: &Giver, wish: &Wish) -> Result<String, GroupRoleError> {
    group_roles::add(app.services(), giver, wish).await
}

/// All roles of groups: the client's role, and the unit.
async fn given(app: &TestApp, seeing: &Seeing<'_>) -> Vec<(String, UnitId)> {
    let lines = group_roles::list(app.services(), seeing, None).await.expect("a list");
    lines.into_iter().map(|line| (line.grant.role, line.grant.unit)).collect()
}

/// The roles that the client is told of.
async fn told(app: &TestApp, client: &TestClient, official: &Official) -> Value {
    let tokens = app.tokens(client, official, &[("scope", "openid roles")]).await;
    app.userinfo(text(&tokens, "access_token")).await.json()["roles"].clone()
}

fn giver(authority: &Authority) -> Giver {
    Giver::of(authority, "tthc").expect("a giver")
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_reason_and_nothing_is_given() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let ward = unit(&app, SAI_GON, TODAY).await;
    let ended = unit(&app, "760", date!(2025 - 06 - 30)).await;
    let usual = wish("tiep-nhan", &ward);
    let level = |level| Condition { least_level: Some(level), office_only: false };
    let table: [(&str, Wish, IsMeant); 14] = [
        ("no client", Wish { client_id: "khac".to_owned(), ..usual.clone() }, |e| matches!(e, GroupRoleError::UnknownClient)),
        ("no such role", wish("khach", &ward), |e| matches!(e, GroupRoleError::Undeclared(all) if all.len() == 2)),
        ("no unit", wish("tiep-nhan", &UnitId("nowhere".to_owned())), |e| matches!(e, GroupRoleError::UnknownUnit)),
        (
            "a unit of the past",
            wish("tiep-nhan", &ended),
            |e| matches!(e, GroupRoleError::UnitEnded(last) if *last == date!(2025 - 06 - 30)),
        ),
        ("level 1", Wish { condition: level(1), ..usual.clone() }, |e| matches!(e, GroupRoleError::Level)),
        ("level 3", Wish { condition: level(3), ..usual.clone() }, |e| matches!(e, GroupRoleError::Level)),
        ("over", Wish { valid_to: parse("2026-11-21"), ..usual.clone() }, |e| matches!(e, GroupRoleError::Days)),
        ("the last day first", Wish { valid_from: parse("2026-12-02"), valid_to: parse("2026-12-01"), ..usual.clone() }, |e| {
            matches!(e, GroupRoleError::Days)
        }),
        ("no reason", Wish { reason: " ".to_owned(), ..usual.clone() }, |e| matches!(e, GroupRoleError::NoReason)),
        ("a long reason", Wish { reason: "x".repeat(501), ..usual.clone() }, |e| matches!(e, GroupRoleError::LongReason)),
        ("two lines", Wish { reason: "một\nhai".to_owned(), ..usual.clone() }, |e| matches!(e, GroupRoleError::LongReason)),
        ("a long title", Wish { title: Some("x".repeat(201)), ..usual.clone() }, |e| matches!(e, GroupRoleError::LongTitle)),
        ("a title of two lines", Wish { title: Some("a\u{7}b".to_owned()), ..usual.clone() }, |e| {
            matches!(e, GroupRoleError::LongTitle)
        }),
        ("nobody's role", wish("", &ward), |e| matches!(e, GroupRoleError::Undeclared(_))),
    ];
    for (case, wish, is_meant) in &table {
        let looked = group_roles::look(app.services(), &operator(), wish).await.expect_err(case);
        let error = give(&app, &operator(), wish).await.expect_err(case);
        assert!(is_meant(&error) && is_meant(&looked), "{case}: {error:?} {looked:?}");
    }
    assert!(given(&app, &Seeing::Operator).await.is_empty());
    assert_eq!(count_of(&app, "group_role.granted").await, 0);

    give(&app, &operator(), &usual).await.expect("what can be is given");
    assert!(matches!(give(&app, &operator(), &usual).await, Err(GroupRoleError::Held)), "once");
    let titled = Wish { title: Some(" ".to_owned()), ..usual.clone() };
    assert!(matches!(give(&app, &operator(), &titled).await, Err(GroupRoleError::Held)), "an empty title is none");
    give(&app, &operator(), &Wish { title: Some("Chủ tịch".to_owned()), ..usual }).await.expect("another group");
    assert_eq!((given(&app, &Seeing::Operator).await.len(), count_of(&app, "group_role.granted").await), (2, 2));
}

#[tokio::test]
async fn units_give_what_is_left_to_them_where_they_are_and_to_no_group_of_their_own() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let (ward, other) = (unit(&app, SAI_GON, TODAY).await, unit(&app, TAN_DINH, TODAY).await);
    let own = admin(&app, "own", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let away = admin(&app, "away", &[TAN_DINH], within(AdminRole::Unit, SAI_GON)).await;
    let directory = admin(&app, "directory", &[TAN_DINH], within(AdminRole::Directory, SAI_GON)).await;
    let leader = Wish { title: Some("Chủ tịch".to_owned()), ..wish("tiep-nhan", &ward) };

    let own = giver(&own.authority(&app).await);
    assert!(matches!(give(&app, &own, &wish("tiep-nhan", &ward)).await, Err(GroupRoleError::OwnAccount)));
    let away_giver = giver(&away.authority(&app).await);
    for (case, asked) in [
        ("another unit", wish("tiep-nhan", &other)),
        ("the unit above", Wish { below: true, ..wish("tiep-nhan", &unit(&app, CITY, TODAY).await) }),
    ] {
        assert!(matches!(give(&app, &away_giver, &asked).await, Err(GroupRoleError::UnknownUnit)), "{case}");
    }
    assert!(matches!(give(&app, &away_giver, &wish("lanh-dao", &ward)).await, Err(GroupRoleError::NotTheirs)));
    assert_eq!(count_of(&app, "group_role.granted").await, 0);

    let theirs = give(&app, &own, &leader).await.expect("a title that is not their own");
    give(&app, &away_giver, &wish("tiep-nhan", &ward)).await.expect("whoever is not there themselves");
    // Records of one moment are in no order.
    let rows = rows_of(&app, "group_role.granted").await;
    let row = rows.into_iter().find(|row| row.detail.contains("Chủ tịch")).expect("it is on record");
    assert_eq!((row.client_id.as_deref(), row.person_id), (Some("tthc"), None));
    assert!(row.detail.contains("Quyết định 7/QĐ"), "{}", row.detail);
    assert!(row.detail.contains("\"acting_as\":\"unit "), "{}", row.detail);

    let directory = giver(&directory.authority(&app).await);
    let above = give(&app, &directory, &wish("lanh-dao", &ward)).await.expect("whatever the client declares");
    let services = app.services();
    assert!(matches!(group_roles::revoke(services, &away_giver, &above, Some("x")).await, Err(GroupRoleError::NotTheirs)));
    assert!(matches!(group_roles::revoke(services, &away_giver, &theirs, Some("")).await, Err(GroupRoleError::NoReason)));
    assert_eq!(count_of(&app, "group_role.revoked").await, 0);
    assert!(group_roles::revoke(services, &away_giver, &theirs, Some("Thôi giao")).await.expect("an answer"));
    assert!(!group_roles::revoke(services, &away_giver, &theirs, Some("Thôi giao")).await.expect("an answer"), "once");
    let row = rows_of(&app, "group_role.revoked").await.remove(0);
    assert!(row.detail.contains("Thôi giao") && row.detail.contains(&theirs), "{}", row.detail);
    assert_eq!((given(&app, &Seeing::Operator).await.len(), count_of(&app, "group_role.revoked").await), (2, 1));
}

#[tokio::test]
async fn whoever_looks_after_a_client_gives_its_roles_anywhere_and_those_of_no_other() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.client("van-ban", |settings| settings.roles = vec!["van-thu".to_owned()]).await;
    let owner = admin(&app, "owner", &[TAN_DINH], owner_of("tthc")).await.authority(&app).await;
    let city = unit(&app, CITY, TODAY).await;
    let foreign = Wish { client_id: "van-ban".to_owned(), ..wish("van-thu", &city) };
    let services = app.services();

    assert!(Giver::of(&owner, "van-ban").is_none());
    assert!(matches!(give(&app, &giver(&owner), &foreign).await, Err(GroupRoleError::UnknownClient)));
    let everybody = Wish { below: true, ..wish("lanh-dao", &city) };
    assert!(matches!(give(&app, &giver(&owner), &everybody).await, Err(GroupRoleError::OwnAccount)));
    let elsewhere = give(&app, &operator(), &foreign).await.expect("given");
    let taken_back = group_roles::revoke(services, &giver(&owner), &elsewhere, Some("x")).await.expect("an answer");
    assert!(!taken_back, "as if it were not there");
    assert_eq!(count_of(&app, "group_role.revoked").await, 0);

    titled(&app, "kim", SAI_GON, "Chủ tịch").await;
    let chairs = Wish { title: Some("Chủ tịch".to_owned()), ..everybody };
    let reach = group_roles::look(services, &giver(&owner), &chairs).await.expect("a look");
    assert!(reach.people == 1 && reach.names.is_empty(), "whoever may not read people is told how many: {reach:?}");
    give(&app, &giver(&owner), &chairs).await.expect("given");
    let offered = group_roles::offered(services, &owner).await.expect("a list");
    let offered: Vec<&str> = offered.iter().map(|client| client.client_id.as_str()).collect();
    assert_eq!(offered, ["tthc"]);
    let proof = owner.client::<ReadClients>("tthc").expect("a proof");
    assert_eq!(given(&app, &Seeing::Client(&proof)).await, [("lanh-dao".to_owned(), city)]);
}

#[tokio::test]
async fn readers_see_what_reaches_into_their_units() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let (city, ward) = (unit(&app, CITY, TODAY).await, unit(&app, SAI_GON, TODAY).await);
    let other = unit(&app, TAN_DINH, TODAY).await;
    let below = Wish { below: true, ..wish("lanh-dao", &city) };
    for asked in [&below, &wish("tiep-nhan", &city), &wish("tiep-nhan", &ward), &wish("tiep-nhan", &other)] {
        give(&app, &operator(), asked).await.expect("given");
    }
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await.authority(&app).await;
    let own = admin(&app, "own", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await.authority(&app).await;

    let proof = own.people::<ReadPeople>().expect("a proof");
    let mut seen = given(&app, &Seeing::People(&proof)).await;
    seen.sort();
    assert_eq!(seen, [("lanh-dao".to_owned(), city), ("tiep-nhan".to_owned(), ward)]);
    let proof = root.people::<ReadPeople>().expect("a proof");
    assert_eq!(given(&app, &Seeing::People(&proof)).await.len(), 4);
    let offered = group_roles::offered(app.services(), &own).await.expect("a list");
    assert_eq!(offered.into_iter().map(|client| client.roles).collect::<Vec<_>>(), [["tiep-nhan".to_owned()]]);
}

#[tokio::test]
async fn before_it_is_given_it_is_told_who_would_have_it() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    titled(&app, "kim", SAI_GON, "Chủ tịch").await;
    titled(&app, "minh", TAN_DINH, "CHỦ TỊCH").await;
    app.official_in("lan", &[SAI_GON]).await;
    app.official_in("vo-viec", &[]).await;
    let gone = titled(&app, "nghi", TAN_DINH, "Chủ tịch").await;
    lock(&app, &gone).await;
    let (city, ward) = (unit(&app, CITY, TODAY).await, unit(&app, SAI_GON, TODAY).await);
    let chairs = Wish { below: true, title: Some("chủ  tịch".to_owned()), ..wish("lanh-dao", &city) };
    let tomorrow = Wish { valid_from: parse("2026-11-23"), ..chairs.clone() };
    let table: [(&str, Wish, &[&str]); 5] = [
        ("every chair", chairs.clone(), &["kim", "minh"]),
        ("as they are today, whenever it begins", tomorrow, &["kim", "minh"]),
        ("the city itself", Wish { below: false, ..chairs.clone() }, &[]),
        ("a ward", wish("tiep-nhan", &ward), &["kim", "lan"]),
        ("a ward, and one title", Wish { title: Some("Chuyên viên".to_owned()), ..wish("tiep-nhan", &ward) }, &["lan"]),
    ];
    for (case, asked, expected) in &table {
        let reach = group_roles::look(app.services(), &operator(), asked).await.expect("a look");
        let names: Vec<&str> = reach.names.iter().map(|(username, ..)| username.as_str()).collect();
        assert_eq!(names, *expected, "{case}");
        assert_eq!((reach.people, reach.at_most), (i64::try_from(expected.len()).expect("few"), false), "{case}");
    }
    let named = group_roles::look(app.services(), &operator(), &chairs).await.expect("a look").names.remove(0);
    assert_eq!(named, ("kim".to_owned(), "Nguyễn Văn kim".to_owned(), ward));
    assert!(given(&app, &Seeing::Operator).await.is_empty(), "nothing is given by looking");
    let mut conn = app.services().store.read().await.expect("a connection");
    let mut written = group_holders::list_titles(&mut conn).await.expect("titles");
    written.sort_unstable();
    assert_eq!(written, ["CHỦ TỊCH", "Chuyên viên", "Chủ tịch"], "each spelling once");
}

#[tokio::test]
async fn that_a_role_of_a_group_is_somebodys_is_said_with_its_reason_also_after_their_unit_went_into_another() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    let one = app.official_in("mot", &["10001"]).await;
    let two = app.official_in("hai", &["10002"]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let ward = unit(&app, "10001", LAST).await;
    let condition = Condition { least_level: Some(2), office_only: true };
    give(&app, &operator(), &Wish { condition, ..wish("tiep-nhan", &ward) }).await.expect("given");
    give(&app, &operator(), &Wish { valid_from: parse("2027-06-01"), ..wish("lanh-dao", &ward) }).await.expect("given");
    let found = async |authority: &Authority, official: &Official| {
        let proof = authority.one::<ReadPeople>(app.services(), &official.id).await.expect("an answer").expect("a proof");
        let found = entitlements::of_person(app.services(), &proof).await.expect("rights").groups;
        let told = |right: GroupRight| (right.grant.role, right.standing, right.position.expect("a post").unit);
        found.into_iter().map(told).collect::<Vec<_>>()
    };

    let authority = root.authority(&app).await;
    let expected = |unit: &UnitId| {
        [("lanh-dao".to_owned(), Standing::NotYet, unit.clone()), ("tiep-nhan".to_owned(), Standing::Counts, unit.clone())]
    };
    assert_eq!(found(&authority, &one).await, expected(&ward));
    assert!(found(&authority, &two).await.is_empty());
    let proof = authority.one::<ReadPeople>(app.services(), &one.id).await.expect("an answer").expect("a proof");
    let right = entitlements::of_person(app.services(), &proof).await.expect("rights").groups.remove(1);
    assert_eq!((right.grant.condition, right.reason.as_str()), (condition, "Quyết định 7/QĐ"));
    assert_eq!((right.granted_by.as_str(), right.client_name.as_str()), ("os:test", "Hệ thống tthc"));

    applied(&app, &town_plan()).await;
    root.again(&app).await;
    let authority = root.authority(&app).await;
    let merged = unit(&app, "20001", FIRST).await;
    assert_eq!(found(&authority, &one).await, expected(&merged), "whoever came from there keeps it");
    assert!(found(&authority, &two).await.is_empty(), "nobody gains by being merged with them");
    let refused = give(&app, &operator(), &wish("tiep-nhan", &ward)).await;
    assert!(matches!(refused, Err(GroupRoleError::UnitEnded(last)) if last == LAST), "{refused:?}");
}

fn asked(unit: &str) -> AddArgs {
    AddArgs {
        client: "tthc".to_owned(),
        role: "lanh-dao".to_owned(),
        unit: unit.to_owned(),
        below: true,
        title: Some("Chủ tịch".to_owned()),
        level: None,
        office_only: false,
        from: None,
        to: None,
        reason: "Quyết định 12/QĐ-UBND".to_owned(),
        dry_run: false,
    }
}

#[tokio::test]
async fn at_the_command_line_a_role_is_given_to_a_group_listed_and_taken_back() {
    let app = TestApp::with_registry().await;
    let tthc = client(&app).await;
    let kim = titled(&app, "kim", SAI_GON, "Chủ tịch").await;
    let lan = app.official_in("lan", &[SAI_GON]).await;
    let services = app.services();
    let mut out = Output { json: true };
    assert_eq!((told(&app, &tthc, &kim).await, told(&app, &tthc, &lan).await), (Value::Null, Value::Null));
    let before = digests(&app).await;

    let dry_run = GrantCommand::Add(AddArgs { dry_run: true, ..asked(CITY) });
    grant::run(dry_run, services, &mut out).await.expect("looked");
    for (case, args) in [
        ("no such code", asked("99999")),
        ("a code of the past", asked("760")),
        ("a level that no role asks for", AddArgs { level: Some(3), ..asked(CITY) }),
        ("a role that is not declared", AddArgs { role: "khach".to_owned(), ..asked(CITY) }),
    ] {
        let refused = grant::run(GrantCommand::Add(args), services, &mut out).await;
        assert!(matches!(refused, Err(CliError::Refused(_))), "{case}: {refused:?}");
    }
    assert!(given(&app, &Seeing::Operator).await.is_empty());
    assert_eq!(digests(&app).await, before, "nothing was given");

    grant::run(GrantCommand::Add(asked(CITY)), services, &mut out).await.expect("given");
    let again = grant::run(GrantCommand::Add(asked(CITY)), services, &mut out).await;
    assert!(matches!(again, Err(CliError::Refused(_))), "once: {again:?}");
    let line = group_roles::list(services, &Seeing::Operator, Some("tthc")).await.expect("a list").remove(0);
    assert!(line.granted_by.starts_with("os:") && line.grant.below && !line.left_to_units, "{line:?}");
    assert!(group_roles::list(services, &Seeing::Operator, Some("khac")).await.expect("a list").is_empty());
    assert_eq!((told(&app, &tthc, &kim).await, told(&app, &tthc, &lan).await), (json!(["lanh-dao"]), Value::Null));
    let with = digests(&app).await;
    assert!(with.people != before.people && with.units == before.units, "what a group has is of the digest of people");

    let list = GrantCommand::List { client: None, on: None };
    grant::run(list, services, &mut Output { json: false }).await.expect("listed");
    let revoke = || GrantCommand::Revoke { id: line.grant.id.clone(), reason: Some("Hết nhiệm kỳ".to_owned()) };
    grant::run(revoke(), services, &mut out).await.expect("taken back");
    grant::run(revoke(), services, &mut out).await.expect("an answer");
    assert_eq!(count_of(&app, "group_role.revoked").await, 1, "once");
    assert_eq!(told(&app, &tthc, &kim).await, Value::Null);
    assert_eq!(digests(&app).await, before);
}
