//! One's own passkeys: added, named, removed.

use super::authenticator::{Device, Said};
use super::scene::{FIRST, PAGE, Scene, add, change, creation_options, is_refused, send_new};
use motlan::base::digest::base64url;
use serde_json::json;

const TOO_LONG: &str = "Tên thiết bị có nhiều nhất 60 ký tự.";

/// What may be wrong with what a device says.
const WRONG: [(&str, fn(&mut Said)); 6] = [
    ("another site", |said| said.origin = "https://id.example.evil".to_owned()),
    ("another relying party", |said| said.rp_id = "evil.example".to_owned()),
    ("nobody was verified", |said| said.verified = false),
    ("nobody was there", |said| said.present = false),
    ("a passkey that was used", |said| said.kind = "webauthn.get"),
    ("a challenge of the device's own", |said| said.challenge = base64url(&[7; 32])),
];

#[tokio::test]
async fn an_added_passkey_is_on_the_page_and_in_the_records() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;

    let page = scene.with(&mut device).await.get(PAGE).await;

    assert_eq!((page.status, page.page()), (200, Some("passkeys")));
    for words in ["<bdi>Điện thoại</bdi>", "Thêm ngày 22/11/2026", "Dùng lần cuối 08:00, 22/11/2026"] {
        assert!(page.body.contains(words), "{words}");
    }
    let added = scene.rows_of("method.added").await;
    assert_eq!(added.len(), 1);
    assert_eq!(added[0].person_id.as_deref(), Some(scene.kim.id.as_str()));
    assert_eq!(added[0].detail, r#"{"kind":"passkey"}"#);
    assert!(scene.stored(&scene.minh).await.is_empty());
}

#[tokio::test]
async fn a_passkey_is_added_only_as_it_was_asked_for() {
    let scene = Scene::set().await;
    let mut first = scene.device_of(&scene.kim).await;
    let mut browser = scene.with(&mut first).await;
    let mut of_minh = scene.with_password(&scene.minh).await;
    let mut device = Device::new();

    for (case, wrong) in WRONG {
        let credential = device.make_so(&creation_options(&mut browser).await, wrong);
        let answer = send_new(&mut browser, &credential, "máy").await;
        assert_eq!((answer.status, answer.page()), (422, Some("passkeys")), "{case}: {}", answer.body);
    }
    let of_kim = device.make(&creation_options(&mut browser).await);
    assert_eq!(send_new(&mut of_minh, &of_kim, "máy").await.status, 422, "kim's challenge, answered by minh");
    let waiting = scene.begin(&mut browser, &[("prompt", "login")]).await;
    let mut to_sign_in = waiting.options(&mut browser, FIRST).await;
    to_sign_in["user"] = json!({ "id": base64url(&first.handle) });
    to_sign_in["rp"] = json!({ "id": "id.example" });
    assert_eq!(send_new(&mut browser, &device.make(&to_sign_in), "máy").await.status, 422, "a challenge to sign in");
    let late = device.make(&creation_options(&mut browser).await);
    scene.app.advance_seconds(300);
    scene.app.sync().await;
    assert_eq!(send_new(&mut browser, &late, "máy").await.status, 422, "late");
    for garbage in ["", "null", "{}"] {
        assert_eq!(send_new(&mut browser, garbage, "máy").await.status, 422, "{garbage}");
    }
    assert_eq!(scene.stored(&scene.kim).await.len(), 1);
    assert_eq!(scene.rows_of("method.added").await.len(), 1);

    let credential = device.make(&creation_options(&mut browser).await);
    assert_eq!(send_new(&mut browser, &credential, "máy").await.status, 303);
    assert_eq!(send_new(&mut browser, &credential, "máy").await.status, 422, "once");
    let mut copy = Device::new();
    copy.id.clone_from(&device.id);
    assert_eq!(add(&mut of_minh, &mut copy, "máy").await.status, 422, "the credential is somebody's already");
    assert!(scene.stored(&scene.minh).await.is_empty());
    assert_eq!(scene.rows_of("method.added").await.len(), 2);
}

#[tokio::test]
async fn a_name_is_what_can_be_seen_of_it() {
    let scene = Scene::set().await;
    let mut first = scene.device_of(&scene.kim).await;
    let mut browser = scene.with(&mut first).await;
    let table = [
        ("📱 Máy 👩\u{200d}👧", "📱 Máy 👩\u{200d}👧"),
        ("\u{202e}tin\u{2067}yám\u{200f}", "tinyám"),
        ("<b>\"máy\"</b>", "<b>\"máy\"</b>"),
        ("", "Thiết bị ngày 22/11/2026"),
        ("\u{200b} \u{202e}", "Thiết bị ngày 22/11/2026"),
    ];

    for (place, (typed, expected)) in table.into_iter().enumerate() {
        let answer = add(&mut browser, &mut Device::new(), typed).await;
        assert_eq!(answer.status, 303, "{typed}: {}", answer.body);
        let stored = scene.stored(&scene.kim).await;
        assert_eq!(stored.len(), place + 2);
        assert!(stored.iter().any(|key| key.name == expected), "{typed:?}: {stored:?}");
    }

    let page = browser.get(PAGE).await.body;
    assert!(page.contains("<bdi>📱 Máy 👩\u{200d}👧</bdi>"));
    assert!(!page.contains("<b>") && !page.contains('\u{202e}'), "a name is never markup and never turns the page");
}

#[tokio::test]
async fn a_name_that_is_too_long_costs_no_passkey() {
    let scene = Scene::set().await;
    let mut first = scene.device_of(&scene.kim).await;
    let mut browser = scene.with(&mut first).await;
    let long = "a".repeat(10_000);
    let mut device = Device::new();
    let id = base64url(&device.id);
    let credential = device.make(&creation_options(&mut browser).await);

    let answer = send_new(&mut browser, &credential, &long).await;
    assert_eq!((answer.status, answer.page()), (422, Some("passkeys")));
    assert!(answer.body.contains(TOO_LONG) && !answer.body.contains(&"a".repeat(200)));
    assert_eq!(scene.stored(&scene.kim).await.len(), 1, "nothing was added");
    assert_eq!(send_new(&mut browser, &credential, "máy bàn").await.status, 303, "a name is mended without a new passkey");

    for (typed, sentence) in [(long.as_str(), TOO_LONG), ("\u{200b}", "Nhập tên thiết bị.")] {
        let answer = change(&mut browser, "rename", &id, typed).await;
        assert_eq!((answer.status, answer.page()), (422, Some("passkey-rename")));
        assert!(answer.body.contains(sentence), "{sentence}");
    }
    let question = browser.get(&format!("{PAGE}?rename={id}")).await;
    assert_eq!(question.page(), Some("passkey-rename"));
    assert!(question.body.contains("máy bàn"));
    let renamed = change(&mut browser, "rename", &id, " Máy   bàn ").await;
    assert_eq!((renamed.status, renamed.location()), (303, "/account/methods/passkeys?done=renamed"));
    assert!(scene.stored(&scene.kim).await.iter().any(|key| key.name == "Máy bàn"));
}

#[tokio::test]
async fn nobody_has_more_than_ten() {
    let scene = Scene::set().await;
    let mut first = scene.device_of(&scene.kim).await;
    let mut browser = scene.with(&mut first).await;
    for place in 2..=9 {
        assert_eq!(add(&mut browser, &mut Device::new(), &format!("máy {place}")).await.status, 303);
    }

    // Two for the last place, each with a challenge from before.
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let of_one = Device::new().make(&creation_options(&mut one).await);
    let of_other = Device::new().make(&creation_options(&mut other).await);
    let answers = tokio::join!(send_new(&mut one, &of_one, "máy 10"), send_new(&mut other, &of_other, "máy 11"));

    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(scene.stored(&scene.kim).await.len(), 10);
    let page = browser.get(PAGE).await;
    assert!(page.body.contains("Đã có đủ 10 khóa truy cập."));
    let csrf = page.hidden("csrf");
    let asked = browser.post(&format!("{PAGE}/options"), &[("csrf", &csrf)]).await;
    assert_eq!(asked.status, 409, "no device is asked in vain");
}

#[tokio::test]
async fn a_removed_passkey_signs_nobody_in() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let id = base64url(&device.id);
    let mut of_minh = scene.with_password(&scene.minh).await;
    let mut browser = scene.with(&mut device).await;

    for act in ["remove", "rename"] {
        let stranger = change(&mut of_minh, act, &id, "của tôi").await;
        assert_eq!((stranger.status, stranger.location()), (303, PAGE), "{act}: not theirs");
    }
    assert_eq!(of_minh.get(&format!("{PAGE}?remove={id}")).await.location(), PAGE);
    assert_eq!(scene.stored(&scene.kim).await[0].name, "Điện thoại");

    let question = browser.get(&format!("{PAGE}?remove={id}")).await;
    assert_eq!((question.status, question.page()), (200, Some("passkey-remove")));
    assert!(question.body.contains("Điện thoại"));
    assert_eq!(scene.stored(&scene.kim).await.len(), 1, "a question removes nothing");
    let removed = change(&mut browser, "remove", &id, "").await;
    assert_eq!((removed.status, removed.location()), (303, "/account/methods/passkeys?done=removed"));
    assert_eq!(change(&mut browser, "remove", &id, "").await.location(), PAGE, "a second time changes nothing");

    let rows = scene.rows_of("method.removed").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].person_id.as_deref(), Some(scene.kim.id.as_str()));
    assert_eq!(rows[0].detail, r#"{"kind":"passkey"}"#);
    let mut fresh = scene.app.browser();
    let answer = scene.sign_in(&mut fresh, &mut device).await;
    is_refused(&answer, &fresh, "removed");
    assert_eq!(browser.get(PAGE).await.page(), Some("passkeys"), "the session goes on");
}

#[tokio::test]
async fn passkeys_are_changed_only_by_somebody_who_has_just_signed_in() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let id = base64url(&device.id);
    let mut browser = scene.with(&mut device).await;
    let csrf = browser.get(PAGE).await.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("act", "remove"), ("passkey", id.as_str())];

    assert!(scene.app.browser().get(PAGE).await.location().starts_with("/signin"), "nobody is signed on");
    scene.app.advance_seconds(601);
    scene.app.sync().await;
    for path in [PAGE.to_owned(), format!("{PAGE}/options")] {
        let answer = browser.post(&path, &fields).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.location().starts_with("/signin"), "{path}: {}", answer.location());
    }
    assert!(browser.get(PAGE).await.location().starts_with("/signin"));
    assert_eq!(scene.stored(&scene.kim).await.len(), 1);
}
