//! Signing in with a passkey, instead of a name and a password.

use super::authenticator::{Device, Said};
use super::scene::{FIRST, PAGE, SECOND, SIGN_ON, Scene, TWO_FACTORS, Waiting, creation_options, is_refused};
use crate::support::Answer;
use crate::support::proofs::{at_once, text};
use motlan::base::digest::base64url;
use motlan::service::Origin;
use motlan::service::provisioning::status;
use serde_json::{Value, json};

/// What may be wrong with what a device says.
const WRONG: [(&str, fn(&mut Said)); 12] = [
    ("another site", |said| said.origin = "https://id.example.evil".to_owned()),
    ("a site below ours", |said| said.origin = "https://www.id.example".to_owned()),
    ("another port", |said| said.origin = "https://id.example:8443".to_owned()),
    ("without TLS", |said| said.origin = "http://id.example".to_owned()),
    ("in a frame of another site", |said| said.cross_origin = true),
    ("another relying party", |said| said.rp_id = "example".to_owned()),
    ("nobody was verified", |said| said.verified = false),
    ("nobody was there", |said| said.present = false),
    ("a passkey that was made", |said| said.kind = "webauthn.create"),
    ("a challenge of the device's own", |said| said.challenge = base64url(&[7; 32])),
    ("a handle of nobody", |said| said.handle = Some(vec![1, 2, 3])),
    ("no handle", |said| said.handle = None),
];

/// The page that comes back, without what differs each time.
fn words(answer: &Answer) -> String {
    let (request, csrf) = (answer.hidden("request"), answer.hidden("csrf"));
    answer.body.replace(&request, "").replace(&csrf, "")
}

#[tokio::test]
async fn a_passkey_signs_its_owner_in_at_the_second_level() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let mut browser = scene.app.browser();

    let answer = scene.sign_in(&mut browser, &mut device).await;

    assert_eq!(answer.status, 303, "the form's answer leads to the system");
    let claims = scene.id_token(&answer).await;
    assert_eq!(claims["acr"], format!("{}/acr/2", scene.app.issuer()));
    assert_eq!(claims["amr"], json!(["hwk", "user"]));
    let in_silence = [("prompt", "none"), ("claims", TWO_FACTORS)];
    let silent = browser.get(&scene.app.authorize_path(&scene.tthc, &in_silence)).await;
    assert_eq!(scene.id_token(&silent).await["sid"], claims["sid"], "the sign-on stays");
    assert!(scene.stored(&scene.kim).await[0].used_at.is_some());
}

#[tokio::test]
async fn the_first_page_offers_passkeys_to_browsers_that_can() {
    let scene = Scene::set().await;
    let mut browser = scene.app.browser();

    let answer = browser.get("/signin").await;
    let page = browser.follow(answer).await;

    assert!(page.body.contains(r#"autocomplete="username webauthn""#));
    assert!(page.body.contains(r#"action="/signin/passkey" hidden data-passkey="use""#), "hidden until the script knows");
    let script = page.body.split(r#"<script src=""#).nth(1).and_then(|rest| rest.split('"').next()).expect("a script");
    let script = browser.get(script).await;
    assert_eq!(script.status, 200);
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
}

#[tokio::test]
async fn the_options_ask_for_a_verified_person_and_name_nobody() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let id = base64url(&device.id);
    let mut browser = scene.app.browser();
    let waiting = scene.begin(&mut browser, &[]).await;

    let to_sign_in = waiting.options(&mut browser, FIRST).await;
    let again = waiting.options(&mut browser, FIRST).await;
    let to_add = creation_options(&mut scene.with(&mut device).await).await;

    assert_eq!((&to_sign_in["userVerification"], &to_sign_in["allowCredentials"]), (&json!("required"), &json!([])));
    assert_ne!(to_sign_in["challenge"], again["challenge"]);
    assert_eq!((&to_sign_in["rpId"], &to_add["rp"]["id"]), (&json!("id.example"), &json!("id.example")));
    assert_eq!(to_add["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(to_add["authenticatorSelection"]["userVerification"], "required");
    let known: Vec<&str> = to_add["excludeCredentials"].as_array().expect("a list").iter().map(|key| text(key, "id")).collect();
    assert_eq!(known, [id.as_str()]);
    assert!(!to_sign_in.to_string().contains(&id));
}

#[tokio::test]
async fn whatever_is_wrong_with_an_answer_it_is_refused_in_the_same_words() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let of_minh = scene.device_of(&scene.minh).await.handle;
    let before = scene.sign_ins().await;

    let mut said = Vec::new();
    for (case, change) in WRONG {
        let mut browser = scene.app.browser();
        let waiting = scene.begin(&mut browser, &[]).await;
        let credential = device.show_so(&waiting.options(&mut browser, FIRST).await, change);
        let answer = waiting.answer(&mut browser, FIRST, &credential).await;
        is_refused(&answer, &browser, case);
        said.push(words(&answer));
    }
    let mut unknown = Device::new();
    unknown.handle.clone_from(&device.handle);
    let mut forged = Device::new();
    (forged.id, forged.handle) = (device.id.clone(), device.handle.clone());
    let right = std::mem::replace(&mut device.handle, of_minh);
    let cases = [("a key of nobody", &mut unknown), ("another key, same id", &mut forged), ("minh's handle", &mut device)];
    for (case, device) in cases {
        let mut browser = scene.app.browser();
        let answer = scene.sign_in(&mut browser, device).await;
        is_refused(&answer, &browser, case);
        said.push(words(&answer));
    }

    assert!(said.iter().all(|words| *words == said[0]), "nobody learns which check it failed");
    assert_eq!(scene.sign_ins().await, before);
    let failed = scene.rows_of("sign_in.failed").await;
    assert_eq!(failed.len(), said.len());
    assert!(failed.iter().all(|row| row.detail == r#"{"method":"passkey"}"#));
    device.handle = right;
    let answer = scene.sign_in(&mut scene.app.browser(), &mut device).await;
    assert!(answer.param("code").is_some(), "the right answer still counts");
}

#[tokio::test]
async fn what_is_no_answer_at_all_is_refused() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let mut browser = scene.app.browser();
    let waiting = scene.begin(&mut browser, &[]).await;
    let right = device.show(&waiting.options(&mut browser, FIRST).await);
    let without = |member: &str| {
        let mut answer: Value = serde_json::from_str(&right).expect("JSON");
        answer["response"].as_object_mut().expect("members").remove(member);
        answer.to_string()
    };
    let garbage = [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "[".repeat(5_000),
        right[..right.len() - 1].to_owned(),
        without("signature"),
        without("authenticatorData"),
        without("clientDataJSON"),
    ];

    for credential in &garbage {
        let answer = waiting.answer(&mut browser, FIRST, credential).await;
        is_refused(&answer, &browser, credential);
    }
}

#[tokio::test]
async fn an_answer_counts_once() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let mut browser = scene.app.browser();
    let waiting = scene.begin(&mut browser, &[]).await;
    let credential = device.show(&waiting.options(&mut browser, FIRST).await);
    assert!(waiting.answer(&mut browser, FIRST, &credential).await.param("code").is_some());
    let before = scene.sign_ins().await;

    browser.cookies.remove(SIGN_ON);
    let waiting = scene.begin(&mut browser, &[]).await;
    let replayed = waiting.answer(&mut browser, FIRST, &credential).await;

    is_refused(&replayed, &browser, "replayed");
    assert_eq!(scene.sign_ins().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_answer_one_challenge_at_once_one_is_signed_in() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let mut browser = scene.app.browser();
    let waiting = scene.begin(&mut browser, &[]).await;
    // A device without a counter: nothing but the challenge tells one use from another.
    let credential = device.show_so(&waiting.options(&mut browser, FIRST).await, |said| said.counter = 0);
    let before = scene.sign_ins().await;

    let answers = at_once(|| {
        let mut browser = browser.clone();
        let (csrf, request, credential) = (waiting.csrf.clone(), waiting.request.clone(), credential.clone());
        async move {
            let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("credential", credential.as_str())];
            browser.post(FIRST, &fields).await
        }
    })
    .await;

    let entered = answers.iter().filter(|answer| answer.header("location").is_some_and(|to| to.contains("code="))).count();
    assert_eq!(entered, 1);
    assert_eq!(scene.sign_ins().await, before + 1);
}

#[tokio::test]
async fn a_challenge_is_good_for_five_minutes() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    for (seconds, fine) in [(299, true), (300, false)] {
        let mut browser = scene.app.browser();
        let waiting = scene.begin(&mut browser, &[]).await;
        let credential = device.show(&waiting.options(&mut browser, FIRST).await);

        scene.app.advance_seconds(seconds);
        scene.app.sync().await;
        let answer = waiting.answer(&mut browser, FIRST, &credential).await;

        assert_eq!(answer.param("code").is_some(), fine, "{seconds}: {}", answer.body);
        if !fine {
            is_refused(&answer, &browser, "late");
        }
    }
}

#[tokio::test]
async fn a_challenge_is_good_in_its_browser_only() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let (mut of_kim, mut of_a_stranger) = (scene.app.browser(), scene.app.browser());
    let waiting = scene.begin(&mut of_kim, &[]).await;
    let credential = device.show(&waiting.options(&mut of_kim, FIRST).await);

    // Whoever gets hold of the answer cannot come in with it from elsewhere.
    let other = scene.begin(&mut of_a_stranger, &[]).await;
    let stolen = other.answer(&mut of_a_stranger, FIRST, &credential).await;
    is_refused(&stolen, &of_a_stranger, "another browser");

    let late = waiting.answer(&mut of_kim, FIRST, &credential).await;
    is_refused(&late, &of_kim, "what somebody else has tried is spoilt");
}

#[tokio::test]
async fn a_counter_that_stands_still_or_goes_back_is_refused() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    device.counter = 6;
    scene.with(&mut device).await;
    for counter in [7, 6, 0] {
        let mut browser = scene.app.browser();
        let waiting = scene.begin(&mut browser, &[]).await;
        let options = waiting.options(&mut browser, FIRST).await;
        let credential = device.show_so(&options, |said| said.counter = counter);
        let answer = waiting.answer(&mut browser, FIRST, &credential).await;
        is_refused(&answer, &browser, &format!("counter {counter}"));
    }
    device.counter = 7;
    scene.with(&mut device).await;

    // Passkeys that are kept on several devices do not count.
    let mut synced = scene.device_of(&scene.minh).await;
    for _ in 0..2 {
        let mut browser = scene.app.browser();
        let waiting = scene.begin(&mut browser, &[]).await;
        let options = waiting.options(&mut browser, FIRST).await;
        let credential = synced.show_so(&options, |said| said.counter = 0);
        assert!(waiting.answer(&mut browser, FIRST, &credential).await.param("code").is_some());
    }
}

#[tokio::test]
async fn somebody_who_is_locked_does_not_get_in_with_a_passkey() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let origin = Origin::command_line();
    let request = status::Request { username: "kim", actor: "os:test", origin: &origin };
    status::disable(scene.app.services(), &request).await.expect("locked");

    let mut browser = scene.app.browser();
    let answer = scene.sign_in(&mut browser, &mut device).await;

    is_refused(&answer, &browser, "locked");
}

#[tokio::test]
async fn signing_in_ends_somebody_elses_sign_on_and_renews_ones_own() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;

    let mut browser = scene.with_password(&scene.minh).await;
    let old = browser.cookies.clone();
    assert!(scene.sign_in(&mut browser, &mut device).await.param("code").is_some());
    let ended = scene.rows_of("sign_out").await;
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].person_id.as_deref(), Some(scene.minh.id.as_str()));
    assert_ne!(browser.cookies[SIGN_ON], old[SIGN_ON]);

    let first = browser.get(&scene.app.authorize_path(&scene.tthc, &[("prompt", "none")])).await;
    let again = scene.sign_in(&mut browser, &mut device).await;
    assert_eq!(scene.id_token(&again).await["sid"], scene.id_token(&first).await["sid"]);
    assert_eq!(scene.rows_of("sign_out").await.len(), 1);
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let id = base64url(&device.id);
    let mut browser = scene.with(&mut device).await;
    let waiting = Waiting { csrf: String::new(), ..scene.begin(&mut browser, &[("prompt", "login")]).await };
    let events = scene.app.audit_events().await;

    for path in [FIRST.to_owned(), format!("{FIRST}/options"), SECOND.to_owned(), format!("{SECOND}/options")] {
        let answer = waiting.answer(&mut browser, &path, "{}").await;
        assert_eq!((answer.status, answer.error_page()), (403, Some("forbidden")), "{path}");
    }
    for path in [PAGE.to_owned(), format!("{PAGE}/options")] {
        let answer = browser.post(&path, &[("csrf", "x"), ("act", "remove"), ("passkey", &id)]).await;
        assert_eq!((answer.status, answer.error_page()), (403, Some("forbidden")), "{path}");
    }

    assert_eq!(scene.app.audit_events().await, events);
    scene.with(&mut device).await;
}

#[tokio::test]
async fn failures_of_one_network_keep_nobody_out_and_fill_no_records() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let limits = scene.app.services().settings.throttle;
    let mut browser = scene.app.browser();
    let waiting = scene.begin(&mut browser, &[]).await;

    for _ in 0..limits.failures_per_address + 5 {
        assert_eq!(waiting.answer(&mut browser, FIRST, "{}").await.status, 422);
    }
    let mut fresh = scene.app.browser();
    let answer = scene.sign_in(&mut fresh, &mut device).await;
    assert!(answer.param("code").is_some(), "a right passkey passes at any time: {} {}", answer.status, answer.body);
    assert_eq!(scene.rows_of("sign_in.throttled").await.len(), 1);
    let failed = i64::try_from(scene.rows_of("sign_in.failed").await.len()).expect("a number");
    assert_eq!(failed, limits.failures_per_address, "one network fills no records");
    scene.with_password(&scene.minh).await;

    scene.app.advance_seconds(limits.window_seconds + 1);
    scene.app.sync().await;
    let waiting = scene.begin(&mut browser, &[]).await;
    assert_eq!(waiting.answer(&mut browser, FIRST, "{}").await.status, 422);
    let failed = scene.rows_of("sign_in.failed").await.len();
    assert_eq!(i64::try_from(failed).expect("a number"), limits.failures_per_address + 1, "and is looked at anew later");
}
