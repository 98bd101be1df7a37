//! Promises about subjects that old systems gave: a client that keeps them meets the same one everywhere, each is one
//! person's, and none changes once it is issued.

use crate::legacy_import;
use crate::support::races::together;
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use crate::support::trail::Hand;
use crate::support::{Official, TestApp, TestClient};
use motlan::base::id::PersonId;
use motlan::model::client::{ClientSettings, SubjectType};
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{HashSettings, LegacySource, Settings};
use motlan::service::clients::register::{self, RegisterError};
use motlan::service::legacy::sources::{self, NewSource, SourceError};
use motlan::service::tokens::introspect::introspect;
use motlan::service::{forget, old_subjects};
use motlan::store::changes::Kind;
use motlan::store::legacy_accounts::{self, Given};
use motlan::store::legacy_matching::{self, Decided};
use motlan::store::subjects;
use serde_json::json;
use std::collections::BTreeSet;
use time::macros::date;

const ACTOR: &str = "os:test";
const DAY: i64 = 86_400;

/// An export of a former province, registered.
pub async fn source(app: &TestApp, id: &str, province: &str) -> LegacySource {
    let new = NewSource {
        id: id.to_owned(),
        name: Some(format!("Hệ thống {id}")),
        province: Some(province.to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    };
    sources::add(app.services(), new, ACTOR).await.expect("a source")
}

/// An account of a source that nobody has decided about.
pub async fn account(app: &TestApp, source: &str, legacy_id: &str) {
    let given = Given {
        legacy_id: legacy_id.to_owned(),
        username: format!("{source}.kim"),
        username_folded: format!("{source}.kim"),
        full_name: "Nguyễn Thị Kim".to_owned(),
        name_sorted: "kim nguyen thi".to_owned(),
        date_of_birth: None,
        born_text: String::new(),
        number_kind: "missing".to_owned(),
        number_born: None,
        number_digest: None,
        number_sealed: None,
        email: String::new(),
        phone: String::new(),
        unit_code: "26740".to_owned(),
        unit_name: "Phường Bến Nghé".to_owned(),
        district_name: String::new(),
        title: String::new(),
        status: String::new(),
        last_login_at: String::new(),
        row_digest: legacy_id.as_bytes().to_vec(),
    };
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    legacy_accounts::add(&mut tx, source, "import", services.clock.now(), &[given]).await.expect("an account");
    tx.commit().await.expect("committed");
}

/// Gives an account to somebody, or to somebody else than before.
pub async fn link(app: &TestApp, source: &str, legacy_id: &str, (before, now): (Option<&PersonId>, &PersonId)) {
    let services = app.services();
    let decided = Decided {
        key: AccountKey { source: source.to_owned(), legacy_id: legacy_id.to_owned() },
        row_digest: legacy_id.as_bytes().to_vec(),
        before: before.map(|_| "linked".to_owned()).unwrap_or_default(),
        was: before.cloned().map(|person| person.0),
        decision: "linked",
        rule: "numbers_equal",
        evidence: "{}".to_owned(),
        person: Some(now.clone()),
    };
    let mut tx = services.store.write().await.expect("a unit of work");
    assert_eq!(legacy_matching::decide(&mut tx, &[decided], services.clock.now()).await.expect("decided"), 1);
    tx.commit().await.expect("committed");
}

/// An account of somebody's.
pub async fn owned(app: &TestApp, source: &str, legacy_id: &str, owner: &Official) {
    account(app, source, legacy_id).await;
    link(app, source, legacy_id, (None, &owner.id)).await;
}

/// Keeps what these sources called people.
pub fn keeping(sources: &[&str]) -> SubjectType {
    SubjectType::Legacy(sources.iter().map(|&source| source.to_owned()).collect())
}

async fn client_keeping(app: &TestApp, id: &str, sources: &[&str]) -> TestClient {
    app.client(id, |settings| settings.subject_type = keeping(sources)).await
}

/// What a client calls a person who signs in anew.
async fn sub(app: &TestApp, client: &TestClient, official: &Official) -> String {
    let tokens = app.tokens(client, official, &[]).await;
    text(&app.claims(text(&tokens, "id_token")), "sub").to_owned()
}

/// Lets every node forget somebody, as what moved them does.
async fn forgotten(app: &TestApp, people: [&PersonId; 2]) {
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    for person in people {
        forget(&mut tx, services, Kind::Person, person.as_str()).await.expect("told");
    }
    tx.commit().await.expect("committed");
    app.sync().await;
}

#[tokio::test]
async fn an_old_subject_is_the_same_wherever_the_client_meets_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    source(&app, "bd", "74").await;
    owned(&app, "bd", "BD-4711", &kim).await;
    let receiver = app.receiver().await;
    let address = receiver.url("/out");
    let client = app
        .client("van-ban", |settings| {
            settings.subject_type = keeping(&["bd"]);
            settings.refresh_with_sign_on = true;
            settings.backchannel_logout_uri = Some(address);
        })
        .await;
    let open = app.client("open", |_| {}).await;

    let mut browser = app.browser();
    let arrived = browser.sign_in(&kim, &app.authorize_path(&client, &[])).await;
    let tokens = app.redeem(&client, &arrived.param("code").expect("a code")).await.json();
    let (id_token, access_token) = (text(&tokens, "id_token"), text(&tokens, "access_token"));
    let userinfo = app.userinfo(access_token).await.json();
    let refreshed = app.refresh(&client, text(&tokens, "refresh_token")).await.json();
    let caller = app.services().client("van-ban").await.expect("an answer").expect("a client");
    let told = introspect(app.services(), &caller, access_token, None).await.expect("an answer");
    let of_refresh = introspect(app.services(), &caller, text(&tokens, "refresh_token"), None).await.expect("an answer");
    let named = json!({ "id_token": { "sub": { "value": "BD-4711" } } }).to_string();
    let silent = browser.get(&app.authorize_path(&client, &[("prompt", "none"), ("claims", &named)])).await;
    let hinted = browser.get(&app.authorize_path(&client, &[("prompt", "none"), ("id_token_hint", id_token)])).await;
    browser.get(&format!("/oauth2/logout?id_token_hint={id_token}&post_logout_redirect_uri=https://van-ban.example/")).await;
    app.deliver_logouts().await;

    let received = receiver.received();
    let logout_token = received.first().and_then(|(_, body)| body.strip_prefix("logout_token=")).expect("a logout token");
    let met = [
        ("ID token", app.claims(id_token)["sub"].clone()),
        ("access token", app.claims(access_token)["sub"].clone()),
        ("userinfo", userinfo["sub"].clone()),
        ("refreshed ID token", app.claims(text(&refreshed, "id_token"))["sub"].clone()),
        ("refreshed access token", app.claims(text(&refreshed, "access_token"))["sub"].clone()),
        ("introspection", json!(told.sub)),
        ("introspection of the refresh token", json!(of_refresh.sub)),
        ("logout token", app.claims(logout_token)["sub"].clone()),
    ];
    for (place, met) in met {
        assert_eq!(met, "BD-4711", "{place}");
    }
    assert!(silent.param("code").is_some() && hinted.param("code").is_some(), "the request means the same person");
    assert_ne!(sub(&app, &open, &kim).await, "BD-4711", "other clients are told nothing of it");
}

#[tokio::test]
async fn of_several_sources_the_first_that_knows_the_person_counts_and_says_which_it_is() {
    let app = TestApp::start().await;
    let (kim, minh, lan) = (app.official("kim").await, app.official("minh").await, app.official("lan").await);
    source(&app, "bd", "74").await;
    source(&app, "vt", "77").await;
    for (source, id, owner) in [("bd", "7", &kim), ("vt", "9", &kim), ("vt", "7", &minh), ("bd", "uid=lan,ou=Phòng", &lan)] {
        owned(&app, source, id, owner).await;
    }
    let first = client_keeping(&app, "first", &["bd", "vt"]).await;
    let second = client_keeping(&app, "second", &["vt", "bd"]).await;

    assert_eq!((sub(&app, &first, &kim).await, sub(&app, &first, &minh).await), ("bd:7".to_owned(), "vt:7".to_owned()));
    assert_eq!(sub(&app, &second, &kim).await, "vt:9");
    let digested = sub(&app, &first, &lan).await;
    assert!(digested.starts_with("bd:~d.") && digested.is_ascii() && digested.len() == 49, "{digested}");
}

/// Two accounts of somebody's, of an export: what their state and their last use are in it. Answers what they are called.
async fn called_by_two(app: &TestApp, client: &TestClient, name: &str, rows: [(&str, &str); 2], hand: Option<&str>) -> String {
    let official = app.official(name).await;
    let ids = ["1", "2"].map(|place| format!("{name}-{place}"));
    let rows = ids.iter().zip(rows).map(|(id, (status, used))| format!("{id},{id},Nguyễn Văn {name},,,,,,,,,,{status},{used}\n"));
    legacy_import::bring(app, &rows.collect::<String>()).await;
    for id in &ids {
        legacy_import::decide_for(app, id, ("linked", Some(official.id.clone()))).await;
    }
    if let Some(statement) = hand {
        Hand::of(app).execute(&format!("UPDATE legacy_accounts SET {statement} WHERE legacy_id = '{}'", ids[1])).await;
    }
    sub(app, client, &official).await
}

#[tokio::test]
async fn of_two_accounts_of_one_source_the_one_that_was_used_last_says_what_somebody_is_called() {
    let app = legacy_import::house().await;
    let client = client_keeping(&app, "van-ban", &["bd"]).await;
    // The second one each time, though as texts the first ones are greater.
    let table = [
        ("mot", "28/02/2025", "01/06/2025"),
        ("hai", "2025-05-30T08:00:00", "01/06/2025"),
        ("ba", "30/06/2025", "2025-06-30 08:15:00"),
        ("bon", "30/06/2025 7:59", "30/06/2025 16:05"),
        ("nam", "30/06/2025 8:00 SA", "30/06/2025 1:00 CH"),
        ("sau", "2025-06-30T08:00:00+07:00", "2025-06-30T02:00:00Z"),
        ("bay", "không rõ", "02/01/2020"),
        ("tam", "31/12/2099", "2020-01-02"),
        ("chin", "", "2020-01-02"),
    ];
    for (name, first, second) in table {
        let called = called_by_two(&app, &client, name, [("active", first), ("active", second)], None).await;
        assert_eq!(called, format!("{name}-2"), "{first} and {second}");
    }
}

#[tokio::test]
async fn what_they_use_here_counts_before_what_they_used_there_and_what_is_gone_or_locked_says_nothing() {
    let app = legacy_import::house().await;
    let client = client_keeping(&app, "van-ban", &["bd"]).await;
    let used_here = Some("first_used_at = 7, last_used_at = 7");
    let gone = Some("first_used_at = 7, last_used_at = 7, gone_at = 8");
    let table = [
        ("mot", [("active", "2025-06-30"), ("", "2025-01-01")], used_here, "mot-2"),
        ("hai", [("Khóa", "2025-06-30"), ("", "2025-01-01")], None, "hai-2"),
        ("ba", [("", "2025-01-01"), ("locked", "2025-06-30")], used_here, "ba-1"),
        ("bon", [("", "2025-01-01"), ("", "2025-06-30")], gone, "bon-1"),
        ("nam", [("", "2025-06-30"), ("active", "2025-01-01")], None, "nam-1"),
    ];
    for (name, rows, hand, expected) in table {
        assert_eq!(called_by_two(&app, &client, name, rows, hand).await, expected, "{name}");
    }
    let none = [
        ("sau", [("Khóa", "2025-06-30"), ("locked", "2025-01-01")], used_here),
        ("bay", [("locked", "2025-06-30"), ("", "2025-01-01")], gone),
    ];
    for (name, rows, hand) in none {
        let called = called_by_two(&app, &client, name, rows, hand).await;
        assert!(called.starts_with("~n."), "{name}: {called}");
    }
}

#[tokio::test]
async fn whom_no_source_knows_gets_a_new_subject_that_no_old_one_can_be_and_keeps_it() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    source(&app, "bd", "74").await;
    owned(&app, "bd", "~n.mine", &minh).await;
    account(&app, "bd", "BD-1").await;
    let client = client_keeping(&app, "van-ban", &["bd"]).await;

    let before = sub(&app, &client, &kim).await;
    let hostile = sub(&app, &client, &minh).await;
    link(&app, "bd", "BD-1", (None, &kim.id)).await;
    forgotten(&app, [&kim.id, &minh.id]).await;

    assert!(before.starts_with("~n.") && before.len() == 27, "{before}");
    assert!(hostile.starts_with("~d."), "{hostile}");
    assert_eq!(sub(&app, &client, &kim).await, before, "fixed when it was first issued");
}

#[tokio::test]
async fn after_the_last_day_newcomers_are_called_anew_and_nobody_is_called_otherwise() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    source(&app, "bd", "74").await;
    owned(&app, "bd", "BD-1", &kim).await;
    owned(&app, "bd", "BD-2", &minh).await;
    let client = app
        .client("van-ban", |settings| {
            settings.subject_type = keeping(&["bd"]);
            settings.subject_until = Some(date!(2026 - 11 - 23));
        })
        .await;
    app.advance_seconds(DAY);
    app.sync().await;
    assert_eq!(sub(&app, &client, &kim).await, "BD-1", "the last day counts");

    app.advance_seconds(DAY);
    app.sync().await;
    let later = sub(&app, &client, &minh).await;

    assert_eq!(sub(&app, &client, &kim).await, "BD-1");
    assert!(later.starts_with("~n."), "{later}");
    let change = |client: &mut motlan::model::client::Client| {
        client.settings.subject_until = None;
        Ok(())
    };
    register::change(app.services(), "van-ban", ACTOR, change).await.expect("changed");
    assert_eq!(sub(&app, &client, &minh).await, later, "also where the day is taken back");
}

#[tokio::test]
async fn a_source_whose_last_day_is_over_gives_newcomers_no_old_subject_and_the_others_go_on_as_before() {
    let app = TestApp::start().await;
    let (kim, minh, lan) = (app.official("kim").await, app.official("minh").await, app.official("lan").await);
    source(&app, "bd", "74").await;
    source(&app, "vt", "77").await;
    for (source, id, owner) in [("bd", "1", &kim), ("bd", "2", &minh), ("bd", "3", &lan), ("vt", "9", &lan)] {
        owned(&app, source, id, owner).await;
    }
    let ends = |source: &mut LegacySource| {
        source.sunset_on = Some(date!(2026 - 11 - 23));
        Ok(())
    };
    sources::change(app.services(), "bd", ACTOR, None, ends).await.expect("changed");
    let client = app
        .client("van-ban", |settings| {
            settings.subject_type = keeping(&["bd", "vt"]);
            settings.subject_until = Some(date!(2027 - 06 - 30));
        })
        .await;
    app.advance_seconds(DAY);
    app.sync().await;
    assert_eq!(sub(&app, &client, &kim).await, "bd:1", "the last day counts");

    app.advance_seconds(DAY);
    app.sync().await;
    let later = sub(&app, &client, &minh).await;

    assert!(later.starts_with("~n."), "{later}");
    assert_eq!(sub(&app, &client, &kim).await, "bd:1", "nobody is called otherwise");
    assert_eq!(sub(&app, &client, &lan).await, "vt:9", "as if both were there still");
}

#[tokio::test]
async fn of_two_with_a_claim_to_one_old_subject_the_first_keeps_it_and_it_is_on_record() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    source(&app, "bd", "74").await;
    owned(&app, "bd", "BD-1", &kim).await;
    let client = client_keeping(&app, "van-ban", &["bd"]).await;
    assert_eq!(sub(&app, &client, &kim).await, "BD-1");

    link(&app, "bd", "BD-1", (Some(&kim.id), &minh.id)).await;
    forgotten(&app, [&kim.id, &minh.id]).await;
    let other = sub(&app, &client, &minh).await;

    assert!(other.starts_with("~n."), "{other}");
    assert_eq!(sub(&app, &client, &kim).await, "BD-1");
    let taken = rows_of(&app, "legacy_subject.taken").await;
    assert_eq!(taken.len(), 1);
    assert!(taken[0].person_id.as_deref() == Some(minh.id.as_str()) && taken[0].detail.contains(kim.id.as_str()), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_first_sign_ins_at_once_give_the_old_subject_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    source(&app, "bd", "74").await;
    source(&app, "vt", "77").await;
    owned(&app, "bd", "1", &kim).await;
    owned(&app, "vt", "2", &kim).await;
    client_keeping(&app, "van-ban", &["bd", "vt"]).await;
    let other = app.second_node().await;
    let nodes = [app.services().clone(), other.as_ref().unwrap_or(&app).services().clone()];
    let client = app.services().client("van-ban").await.expect("an answer").expect("a client");

    let tries = (0..32).map(|place| {
        let (services, client, person) = (nodes[place % 2].clone(), client.clone(), kim.id.clone());
        async move { old_subjects::of(&services, &client, &person).await.expect("a subject").sub.clone() }
    });
    let given: BTreeSet<String> = together(tries).await.into_iter().collect();

    assert_eq!(given, BTreeSet::from(["bd:1".to_owned()]));
    assert_eq!(count_of(&app, "legacy_subject.taken").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_people_who_are_offered_one_subject_at_once_one_is_called_so() {
    let app = TestApp::start().await;

    let offers = (0..16).map(|place| {
        let services = app.services().clone();
        async move {
            let person = PersonId(format!("p{place}"));
            let mut tx = services.store.write().await.expect("a unit of work");
            subjects::add(&mut tx, "client:van-ban", &person, "BD-1").await.expect("an answer");
            let called = subjects::find(&mut tx, "client:van-ban", &person).await.expect("an answer").is_some();
            tx.commit().await.expect("committed");
            called
        }
    });
    let called = together(offers).await.into_iter().filter(|called| *called).count();

    assert_eq!(called, 1);
}

#[tokio::test]
async fn a_client_names_only_sources_that_are_there_and_keeps_them_from_going() {
    let app = TestApp::start().await;
    source(&app, "bd", "74").await;
    client_keeping(&app, "van-ban", &["bd"]).await;
    let belongs = |settings: &mut ClientSettings| settings.legacy_sources = vec!["bd".to_owned()];
    app.client("tthc", belongs).await;

    let unknown = register::change(app.services(), "tthc", ACTOR, |client| {
        client.settings.legacy_sources.push("vt".to_owned());
        Ok(())
    })
    .await;
    let named = sources::remove(app.services(), "bd", ACTOR).await;

    assert!(matches!(&unknown, Err(RegisterError::Refused(reason)) if reason.contains("no old system vt")), "{unknown:?}");
    assert!(matches!(&named, Err(SourceError::Refused(reason)) if reason.contains("tthc, van-ban")), "{named:?}");
    let left = sources::find(app.services(), "bd").await.expect("an answer").expect("the source");
    assert_eq!(left.stopped_at, None, "it is not even stopped");
    assert_eq!(count_of(&app, "legacy_source.removed").await, 0);
    for id in ["tthc", "van-ban"] {
        register::change(app.services(), id, ACTOR, |client| {
            client.settings.legacy_sources.clear();
            client.settings.subject_type = SubjectType::Public;
            Ok(())
        })
        .await
        .expect("changed");
    }
    assert_eq!(sources::remove(app.services(), "bd", ACTOR).await.expect("removed"), 0);
}

#[tokio::test]
async fn a_second_source_is_refused_where_its_subjects_could_be_read_as_others() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    source(&app, "bd", "74").await;
    source(&app, "vt", "77").await;
    owned(&app, "bd", "vt:9", &kim).await;
    let client = client_keeping(&app, "van-ban", &["bd"]).await;
    assert_eq!(sub(&app, &client, &kim).await, "vt:9");

    let refused = register::change(app.services(), "van-ban", ACTOR, |client| {
        client.settings.subject_type = keeping(&["bd", "vt"]);
        Ok(())
    })
    .await;

    assert!(matches!(&refused, Err(RegisterError::Refused(reason)) if reason.contains("begin with vt:")), "{refused:?}");
    let stored = register::find(app.services(), "van-ban").await.expect("an answer").expect("the client");
    assert_eq!(stored.settings.subject_type, keeping(&["bd"]));
}
