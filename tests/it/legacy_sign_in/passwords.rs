//! Old names and passwords: where a name is from, what is kept of a password, and how guessing goes.

use super::scene::{APART, HASH, OLD, SOURCE, Scene, bring, come, decide, kept, row, scene, send, source, walk};
use crate::support::records::{count_of, rows_of};
use motlan::service::Origin;
use motlan::service::legacy::home;
use motlan::service::legacy::sign_in::{self, SignInError};
use motlan::service::legacy::wrapping::{self, Memory};
use motlan::service::old_accounts::Leads;
use motlan::service::throttle;
use motlan::store::audit::AuditRow;
use motlan::store::legacy_accounts::passwords;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PLACE: &str = "__Host-motlan_place";

/// What comes of a password without a page.
async fn try_out(scene: &Scene, name: &str, password: &str) -> Result<Leads, SignInError> {
    let services = scene.app.services();
    let source = home::place(services, SOURCE).await.expect("an answer").expect("the source");
    sign_in::password(services, &source, name, password.into(), None, &Origin::command_line()).await
}

async fn is_right(scene: &Scene, name: &str, password: &str) -> bool {
    matches!(try_out(scene, name, password).await, Ok(Leads::Person(_)))
}

fn detail(row: &AuditRow) -> Value {
    serde_json::from_str(&row.detail).expect("JSON")
}

/// Wraps all that waits.
async fn wrap(scene: &Scene) {
    let mut memory = Memory::default();
    while wrapping::run(scene.app.services(), &mut memory, "this").await.expect("wrapped") {}
}

#[tokio::test]
async fn a_password_opens_as_it_is_typed_or_composed() {
    let scene = scene().await;
    for password in [OLD, APART] {
        assert!(is_right(&scene, "kim.cu", password).await, "{password:?}");
    }
    assert!(!is_right(&scene, "kim.cu", "Mat khau cu 1").await, "accents count");
}

#[tokio::test]
async fn a_weak_hash_is_wrapped_and_rewritten_by_the_first_good_sign_in() {
    let scene = scene().await;
    assert_eq!(kept(&scene.app, "7").await.state, "sealed");

    wrap(&scene).await;
    let wrapped = kept(&scene.app, "7").await;
    assert_eq!((wrapped.state.as_str(), wrapped.sealed), ("wrapped", None));
    assert!(wrapped.wrapped.as_ref().is_some_and(|text| text.starts_with("$wrapped$")), "{:?}", wrapped.wrapped);

    assert!(!is_right(&scene, "kim.cu", "sai").await);
    assert_eq!(kept(&scene.app, "7").await.state, "wrapped", "a wrong password changes nothing");
    assert!(is_right(&scene, "kim.cu", OLD).await);
    let strong = kept(&scene.app, "7").await;
    assert_eq!((strong.state.as_str(), strong.scheme.as_str(), strong.wrapped), ("strong", "argon2id", None));
    assert!(is_right(&scene, "kim.cu", APART).await, "it opens as before");
    assert_eq!(kept(&scene.app, "7").await.sealed, strong.sealed, "and is rewritten once");
}

#[tokio::test]
async fn two_first_sign_ins_at_once_both_come_in_and_one_rewrites_the_hash() {
    let scene = scene().await;
    wrap(&scene).await;

    let (one, two) = tokio::join!(is_right(&scene, "kim.cu", OLD), is_right(&scene, "kim.cu", OLD));

    assert!(one && two);
    assert_eq!(kept(&scene.app, "7").await.state, "strong");
    assert!(is_right(&scene, "kim.cu", OLD).await);
}

#[tokio::test]
async fn a_file_that_brings_another_hash_meanwhile_is_not_undone_by_the_job() {
    let scene = scene().await;
    wrap(&scene).await;
    let before = kept(&scene.app, "7").await;
    // SHA-1 of another password (made with Python's hashlib).
    bring(&scene.app, &row("7", "kim.cu", "{SHA}t3EvurpF/PY7BKgQRcvw+2EzZnk=", "active")).await;
    assert_eq!(kept(&scene.app, "7").await.state, "sealed");

    wrap(&scene).await;

    assert_ne!(kept(&scene.app, "7").await.wrapped, before.wrapped);
    assert!(!is_right(&scene, "kim.cu", OLD).await);
    scene.app.advance_seconds(5);
    assert!(is_right(&scene, "kim.cu", "M\u{1ead}t kh\u{1ea9}u c\u{169} 2").await);
}

#[tokio::test]
async fn a_hash_that_nobody_can_check_reads_like_a_name_that_nobody_has() {
    let scene = scene().await;
    bring(&scene.app, &row("8", "la.cu", "khong-ro-dang-gi", "active")).await;
    decide(&scene.app, "8", "linked", Some(&scene.kim.id)).await;
    assert_eq!(kept(&scene.app, "8").await.state, "unknown");

    let mut pages = Vec::new();
    for name in ["la.cu", "xx.cu"] {
        let mut browser = scene.app.browser();
        let answer = come(&mut browser, &scene.van_ban_path(&[]), &format!(r"bd\{name}"), OLD).await;
        let (csrf, request) = (answer.hidden("csrf"), answer.hidden("request"));
        pages.push((answer.status, answer.body.replace(name, "").replace(&csrf, "").replace(&request, "")));
    }

    assert_eq!(pages[0].0, 422);
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn names_that_fold_alike_are_told_apart_by_their_spelling() {
    let scene = scene().await;
    bring(&scene.app, &(row("8", "tuấn", HASH, "active") + &row("9", "tuan", HASH, "active"))).await;
    decide(&scene.app, "9", "linked", Some(&scene.kim.id)).await;

    assert!(is_right(&scene, "Tuan", OLD).await);
    assert!(matches!(try_out(&scene, "TUẤN", OLD).await, Ok(Leads::Undecided)));
    assert!(matches!(try_out(&scene, "tuàn", OLD).await, Err(SignInError::Wrong)), "which of them is not guessed");
}

#[tokio::test]
async fn failures_count_for_the_name_within_its_source() {
    let scene = scene().await;
    for _ in 0..5 {
        assert!(matches!(try_out(&scene, "kim.cu", "sai").await, Err(SignInError::Wrong)));
        scene.app.advance_seconds(10);
    }

    assert!(matches!(try_out(&scene, "kim.cu", OLD).await, Err(SignInError::Locked { .. })), "the right one is not looked at");
    assert!(matches!(try_out(&scene, "Kim.Cu@bd", OLD).await, Err(SignInError::Locked { .. })), "however it is written");
    assert!(matches!(try_out(&scene, "khac.cu", OLD).await, Err(SignInError::Wrong)), "others are not locked");
    assert_eq!(count_of(&scene.app, "sign_in.throttled").await, 1);
    let own = scene.app.browser().sign_in(&scene.kim, "/signin").await;
    assert_eq!(own.page(), Some("portal"), "nor is the same person's own name");
}

#[tokio::test]
async fn failures_are_on_record_with_the_account_and_whose_it_is() {
    let scene = scene().await;
    for name in ["kim.cu", "khong-co"] {
        assert!(matches!(try_out(&scene, name, "sai").await, Err(SignInError::Wrong)));
    }
    for _ in 0..4 {
        scene.app.advance_seconds(10);
        assert!(matches!(try_out(&scene, "kim.cu", "sai").await, Err(SignInError::Wrong)));
    }

    let failed = rows_of(&scene.app, "sign_in.failed").await;
    let (of_kim, of_nobody): (Vec<_>, Vec<_>) = failed.iter().partition(|row| row.person_id.is_some());
    assert_eq!((of_kim.len(), of_nobody.len()), (5, 1));
    for row in of_kim {
        assert_eq!(row.person_id.as_deref(), Some(scene.kim.id.as_str()));
        assert_eq!(detail(row), json!({ "source": "bd", "legacy_id": "7" }));
    }
    assert_eq!(detail(of_nobody[0]), json!({ "source": "bd" }), "what was typed is kept nowhere");
    let locked = rows_of(&scene.app, "sign_in.throttled").await;
    assert_eq!(locked.len(), 1);
    assert_eq!(locked[0].person_id.as_deref(), Some(scene.kim.id.as_str()));
    let told = detail(&locked[0]);
    assert_eq!((&told["legacy_id"], &told["source"], &told["limit"]), (&json!("7"), &json!("bd"), &json!("name")));
}

#[tokio::test]
async fn an_account_that_waits_to_be_decided_is_on_record_as_nobodys() {
    let scene = scene().await;
    bring(&scene.app, &row("8", "cho.cu", HASH, "active")).await;

    assert!(matches!(try_out(&scene, "cho.cu", "sai").await, Err(SignInError::Wrong)));

    let failed = rows_of(&scene.app, "sign_in.failed").await;
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].person_id, None);
    assert_eq!(detail(&failed[0]), json!({ "source": "bd", "legacy_id": "8" }));
}

#[tokio::test]
async fn whoever_opens_a_persons_name_opens_their_old_names_too() {
    let scene = scene().await;
    let services = scene.app.services();
    scene.app.official("minh").await;
    for _ in 0..5 {
        assert!(matches!(try_out(&scene, "kim.cu", "sai").await, Err(SignInError::Wrong)));
        scene.app.advance_seconds(10);
    }
    assert!(matches!(try_out(&scene, "kim.cu", OLD).await, Err(SignInError::Locked { .. })));
    let locked = async |name: &str| throttle::locked_until(services, name).await.expect("an answer").is_some();
    assert_eq!((locked("kim").await, locked("minh").await), (true, false), "administrators see that it is locked");

    throttle::unlock(services, "minh").await.expect("unlocked");
    assert!(locked("kim").await, "somebody else's stays");
    throttle::unlock(services, "kim").await.expect("unlocked");

    assert!(!locked("kim").await);
    assert!(is_right(&scene, "kim.cu", OLD).await);
}

#[tokio::test]
async fn names_that_nobody_has_are_checked_against_many_accounts_whatever_these_are_called() {
    let scene = scene().await;
    let rows: String = (0..200).map(|number| row(&format!("BD-{number:04}"), &format!("cu.{number}"), HASH, "active")).collect();
    bring(&scene.app, &rows).await;
    let mut conn = scene.app.services().store.read().await.expect("a connection");
    let mut met = BTreeSet::new();
    for point in 0..64 {
        let found = passwords::find_decoy(&mut conn, SOURCE, &format!("{:02x}", point * 4)).await.expect("an answer");
        // After the last one it begins anew.
        if let Some((legacy_id, _)) = found {
            met.insert(legacy_id);
        }
    }
    drop(conn);

    assert!(met.len() > 40, "{met:?}");
    for name in ["khong-co", "chang-ai", "xx.cu"] {
        assert!(matches!(try_out(&scene, name, OLD).await, Err(SignInError::Wrong)), "{name}: somebody else's opens nothing");
    }
}

/// The page that comes after a name, and its text without what differs by itself.
async fn after_name(scene: &Scene, name: &str) -> (Option<String>, String) {
    let mut browser = scene.app.browser();
    let page = browser.get(&scene.van_ban_path(&[])).await;
    let page = browser.follow(page).await;
    let sent = send(&mut browser, &page, "/signin", &[("username", name)]).await;
    let shown = browser.follow(sent).await;
    let (csrf, request) = (shown.hidden("csrf"), shown.hidden("request"));
    let body = shown.body.replace(&csrf, "").replace(&request, "").replace(name, "");
    (shown.page().map(str::to_owned), body)
}

#[tokio::test]
async fn a_plain_name_is_asked_for_its_place_only_when_several_people_may_have_it() {
    let scene = scene().await;
    source(&scene.app, "vt").await;
    scene.app.official("hai.nguoi").await;
    bring(&scene.app, &row("8", "hai.nguoi", HASH, "active")).await;

    let (of_one, _) = after_name(&scene, "kim.cu").await;
    let (of_the_city, text) = after_name(&scene, "kim").await;
    let (of_nobody, other) = after_name(&scene, "khong-co").await;
    let (of_two, asked) = after_name(&scene, "hai.nguoi").await;

    assert_eq!(
        (of_one.as_deref(), of_the_city.as_deref(), of_nobody.as_deref()),
        (Some("password"), Some("password"), Some("password"))
    );
    assert_eq!(text, other, "a name that nobody has goes on like one of the city's own");
    assert_eq!(of_two.as_deref(), Some("place"));
    assert!(
        ["_city", "bd", "vt"].iter().all(|place| asked.contains(&format!("value=\"{place}\""))),
        "every place, not only these two"
    );
}

#[tokio::test]
async fn a_device_remembers_the_place_and_a_shared_one_does_not() {
    let scene = scene().await;
    let mut browser = scene.app.browser();
    come(&mut browser, &scene.van_ban_path(&[]), "kim.cu", OLD).await;
    assert_eq!(browser.cookies.get(PLACE).map(String::as_str), Some(SOURCE));
    let page = browser.get(&scene.van_ban_path(&[("prompt", "login")])).await;
    let page = browser.follow(page).await;
    let sent = send(&mut browser, &page, "/signin", &[("username", "kim.cu")]).await;
    assert_eq!(browser.follow(sent).await.page(), Some("password"), "not asked again");

    let mut shared = scene.app.browser();
    let page = walk(&mut shared, &scene.van_ban_path(&[]), r"bd\kim.cu", "sai").await;
    assert_eq!(page.page(), Some("password"));
    scene.app.advance_seconds(5);
    let sent = send(&mut shared, &page, "/signin/password", &[("password", OLD), ("shared", "on")]).await;
    assert_eq!(sent.status, 303);
    assert_eq!(shared.cookies.get(PLACE), None);
}

#[tokio::test]
async fn nobody_is_asked_for_a_place_where_there_are_no_old_systems() {
    let app = crate::support::TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();

    let arrived = browser.sign_in(&kim, "/signin").await;

    assert_eq!(arrived.page(), Some("portal"));
    assert_eq!(browser.cookies.get(PLACE), None);
    assert_eq!(browser.get("/signin/place?request=x").await.status, 400);
}
