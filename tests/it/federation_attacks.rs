//! What nobody gains at another provider: each of these ends on a page that says so, without a sign-on and without
//! anything of it in the records of who signed in.

use crate::federation::{NUMBER, SECRET, START, account, claims_of_an, scene, sign_on_of};
use crate::support::flows::visit;
use crate::support::records::{count_of, rows_of};
use crate::support::upstream::{CLIENT, Door, Upstream};
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::base::id::PersonId;
use motlan::crypto::own_assertion::sign_with_secret;
use motlan::service::Origin;
use motlan::service::provisioning::password;
use serde_json::{Value, json};

/// Nobody was signed in, and the page says why.
pub async fn refused(app: &TestApp, browser: &Browser, answer: &Answer, code: &str) {
    assert_eq!(answer.error_page(), Some(code), "{} {}", answer.status, answer.body);
    assert!(answer.status >= 400, "{}", answer.status);
    assert!(sign_on_of(app, browser).await.is_none(), "{code}");
    assert_eq!(count_of(app, "sign_in.succeeded").await, 0, "{code}");
}

/// A sign-in of An whose ID token says something else.
async fn with_claims(app: &TestApp, upstream: &Upstream, browser: &mut Browser, change: &Value) -> Answer {
    let mut claims = claims_of_an();
    for (name, value) in change.as_object().expect("members") {
        claims[name] = value.clone();
    }
    upstream.sign_in(app, browser, START, &claims).await
}

#[tokio::test]
async fn a_discovery_that_lies_about_its_issuer_sends_nobody_anywhere() {
    let (app, upstream, _) = scene("").await;
    upstream.says_of_itself("issuer", json!("https://ke-gian.example"));
    let mut browser = app.browser();

    let answer = browser.get(START).await;
    let answer = browser.follow(answer).await;

    refused(&app, &browser, &answer, "federation_refused").await;
    assert!(!answer.body.contains("ke-gian"), "what it says is not repeated");
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_not_redeemed() {
    let (app, upstream, _) = scene("").await;
    for iss in ["https://ke-gian.example", "", "http://127.0.0.1"] {
        let mut browser = app.browser();
        let sent = upstream.sent(&mut browser, START).await;
        let code = upstream.code(&app, &sent, &claims_of_an());

        let answer = browser.get(&upstream.back(&sent, &[("code", &code), ("iss", iss)])).await;

        refused(&app, &browser, &answer, "federation_refused").await;
    }
    assert!(upstream.asked().is_empty(), "no code went anywhere");
    assert!(rows_of(&app, "federation.refused").await.iter().all(|row| row.detail.contains("mixed")));
}

#[tokio::test]
async fn an_answer_comes_once_to_one_browser_for_one_source() {
    let (app, upstream, _) = scene("").await;
    let mut owner = app.browser();
    let sent = upstream.sent(&mut owner, START).await;
    let code = upstream.code(&app, &sent, &claims_of_an());
    let back = upstream.back(&sent, &[("code", &code)]);
    let mut thief = app.browser();
    thief.get("/signin").await;

    let stolen = thief.get(&back).await;
    let spoiled = owner.get(&back).await;

    refused(&app, &thief, &stolen, "federation_over").await;
    refused(&app, &owner, &spoiled, "federation_over").await;
    assert!(upstream.asked().is_empty(), "nobody redeemed it");
    let mut late = app.browser();
    let sent = upstream.sent(&mut late, START).await;
    let code = upstream.code(&app, &sent, &claims_of_an());
    app.advance_seconds(600);
    let answer = late.get(&upstream.back(&sent, &[("code", &code)])).await;
    refused(&app, &late, &answer, "federation_over").await;
}

#[tokio::test]
async fn an_answer_that_comes_twice_counts_once() {
    let (app, upstream, _) = scene("").await;
    let mut browser = app.browser();
    let sent = upstream.sent(&mut browser, START).await;
    let code = upstream.code(&app, &sent, &claims_of_an());
    let back = upstream.back(&sent, &[("code", &code)]);
    browser.get(&back).await;
    assert!(sign_on_of(&app, &browser).await.is_some());

    let again = browser.get(&back).await;

    assert_eq!(again.error_page(), Some("federation_over"));
    assert_eq!(count_of(&app, "sign_in.succeeded").await, 1);
    assert_eq!(upstream.asked().len(), 1);
}

#[tokio::test]
async fn a_code_of_somebody_elses_sign_in_is_refused() {
    let (app, upstream, _) = scene("").await;
    for more_than_pkce in [false, true] {
        let (mut victim, mut thief) = (app.browser(), app.browser());
        let sent = upstream.sent(&mut victim, START).await;
        let code = upstream.code(&app, &sent, &claims_of_an());
        let own = upstream.sent(&mut thief, START).await;
        // Where the provider forgets the challenge, the nonce still tells.
        let code = if more_than_pkce {
            let mut lenient = own.clone();
            lenient.parameters.insert("nonce".to_owned(), sent.get("nonce").to_owned());
            upstream.code(&app, &lenient, &claims_of_an())
        } else {
            code
        };

        let answer = thief.get(&upstream.back(&own, &[("code", &code)])).await;

        refused(&app, &thief, &answer, "federation_refused").await;
    }
}

#[tokio::test]
async fn a_token_that_is_not_for_this_sign_in_is_refused() {
    let (app, upstream, _) = scene("").await;
    let now = app.now_seconds();
    let table = [
        json!({ "nonce": "khac" }),
        json!({ "nonce": null }),
        json!({ "iss": "https://ke-gian.example" }),
        json!({ "aud": "khac" }),
        json!({ "aud": [CLIENT, "khac"] }),
        json!({ "azp": "khac" }),
        json!({ "at_hash": "c2Fp" }),
    ];
    for change in table {
        let mut browser = app.browser();
        let answer = with_claims(&app, &upstream, &mut browser, &change).await;
        refused(&app, &browser, &answer, "federation_refused").await;
    }
    for (iat, exp) in [(now + 600, now + 900), (now - 600, now - 300), (now - 600, now + 900)] {
        let mut browser = app.browser();
        let answer = with_claims(&app, &upstream, &mut browser, &json!({ "iat": iat, "exp": exp })).await;
        refused(&app, &browser, &answer, "federation_clock").await;
        assert!(answer.body.contains("quản trị viên"), "whom to tell");
    }
}

#[tokio::test]
async fn keys_that_change_meanwhile_are_fetched_and_those_that_went_verify_nothing() {
    let (app, upstream, _) = scene("").await;
    upstream.sign_in(&app, &mut app.browser(), START, &claims_of_an()).await;
    app.advance_seconds(30);
    let mut browser = app.browser();
    let sent = upstream.sent(&mut browser, START).await;
    upstream.rotates();
    let code = upstream.code(&app, &sent, &claims_of_an());

    let answer = browser.get(&upstream.back(&sent, &[("code", &code)])).await;
    let answer = browser.follow(answer).await;

    assert_eq!(answer.page(), Some("confirm"), "{}", answer.body);
    assert!(sign_on_of(&app, &browser).await.is_some());
}

#[tokio::test]
async fn what_a_provider_answers_wrongly_slowly_or_at_length_signs_nobody_in() {
    let (app, upstream, _) = scene("").await;
    let flood = "a".repeat(300 * 1024);
    let table = [
        (Door::Says(400, json!({ "error": "invalid_grant" }).to_string()), "federation_refused"),
        (Door::Says(401, json!({ "error": "invalid_client" }).to_string()), "federation_refused"),
        (Door::Says(500, String::new()), "federation_refused"),
        (Door::Says(200, "<html>".to_owned()), "federation_refused"),
        (Door::Says(200, json!({ "access_token": "at", "token_type": "Bearer" }).to_string()), "federation_refused"),
        (Door::Says(200, flood), "federation_down"),
        (Door::Silent, "federation_down"),
    ];
    for (door, code) in table {
        let mut browser = app.browser();
        upstream.token_endpoint(door);
        let answer = upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;
        refused(&app, &browser, &answer, code).await;
    }
}

#[tokio::test]
async fn an_error_of_the_provider_is_told_without_its_words() {
    let (app, upstream, _) = scene("").await;
    for (error, code, status) in [("access_denied", "federation_cancelled", 200), ("server_error", "federation_refused", 400)] {
        let mut browser = app.browser();
        let sent = upstream.sent(&mut browser, START).await;
        let back = upstream.back(&sent, &[("error", error), ("error_description", "<b>ke-gian</b>")]);

        let answer = browser.get(&back).await;

        assert_eq!((answer.error_page(), answer.status), (Some(code), status));
        assert!(!answer.body.contains("ke-gian"));
        assert!(sign_on_of(&app, &browser).await.is_none());
    }
}

#[tokio::test]
async fn an_address_or_what_is_said_of_it_makes_nobody_anyone() {
    let (app, upstream, an) = scene("").await;
    for (place, verified) in [json!(false), json!(true), json!("true")].into_iter().enumerate() {
        let mut browser = app.browser();
        let sub = format!("ke-gian-{place}");
        let claims = json!({ "sub": sub, "email": "an.nv@bd.vn", "email_verified": verified, "preferred_username": "an" });

        upstream.sign_in(&app, &mut browser, START, &claims).await;

        assert_ne!(sign_on_of(&app, &browser).await.map(|sign_on| sign_on.person), Some(an.clone()), "{verified}");
        let came = account(&app, &sub).await.expect("an account");
        assert_ne!(came.person_id.as_deref(), Some(an.as_str()), "{verified}");
    }
}

#[tokio::test]
async fn a_name_there_that_somebody_else_got_opens_nothing_and_asks_a_human() {
    let (app, upstream, an) = scene("[claims]\npersonal_number = \"SoDinhDanh\"\n").await;
    let mut browser = app.browser();
    upstream.userinfo(json!({ "name": "Lê Văn Tư", "SoDinhDanh": "074090000009", "birthdate": "1990-01-01" }));

    let answer = upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;

    assert_eq!(answer.page(), Some("old-account"), "{}", answer.body);
    assert!(sign_on_of(&app, &browser).await.is_none());
    let asked = account(&app, "bd-1").await.expect("the account");
    assert_eq!((asked.decision.as_str(), asked.rule.as_str()), ("review", "subject_reused"));
    let rows = rows_of(&app, "legacy_account.doubted").await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].person_id.as_deref(), Some(an.as_str()), "whose it was");
    assert!(!rows[0].detail.contains("074090000009") && !rows[0].detail.contains(NUMBER), "{}", rows[0].detail);
    // Not on the next day either, when the same is told again.
    let again = upstream.sign_in(&app, &mut app.browser(), START, &claims_of_an()).await;
    assert_eq!(again.page(), Some("old-account"));
    assert_eq!(count_of(&app, "sign_in.succeeded").await, 0);
}

#[tokio::test]
async fn whoever_is_signed_on_as_another_is_signed_out_and_never_joined() {
    let (app, upstream, an) = scene("").await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();
    browser.sign_in(&kim, "/signin").await;
    let before = sign_on_of(&app, &browser).await.expect("Kim's sign-on");
    assert_eq!(before.person, kim.id);

    upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;

    let after = sign_on_of(&app, &browser).await.expect("An's sign-on");
    assert_eq!(after.person, an);
    assert_ne!(after.id, before.id);
    assert_eq!(count_of(&app, "sign_out").await, 1, "Kim's ended everywhere");
    assert_eq!(account(&app, "bd-1").await.expect("the account").person_id.as_deref(), Some(an.as_str()));
}

/// A browser in which An is signed on by a password of their own.
async fn signed_on_by_an_own_password(app: &TestApp, an: &PersonId) -> Browser {
    let own = "mật khẩu rất dài 1";
    let origin = Origin::command_line();
    let request = password::Request { username: "an", password: own.into(), temporary: false, actor: "os:test", origin: &origin };
    password::set(app.services(), request).await.expect("a password");
    let official = Official { id: an.clone(), username: "an".to_owned(), password: own.to_owned(), positions: Vec::new() };
    let mut browser = app.browser();
    browser.sign_in(&official, "/signin").await;
    browser
}

#[tokio::test]
async fn a_link_to_the_old_provider_takes_nobodys_own_sign_on_from_them() {
    for (more, legacy, begun) in [("", None, 1), ("lasting = true\n", Some("bd"), 2)] {
        let (app, upstream, an) = scene(more).await;
        let mut browser = signed_on_by_an_own_password(&app, &an).await;
        let own = sign_on_of(&app, &browser).await.expect("a sign-on of An's own");
        assert_eq!((&own.person, own.legacy.as_deref()), (&an, None));

        let page = upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;

        let present = sign_on_of(&app, &browser).await.expect("a sign-on");
        assert_eq!((&present.person, present.legacy.as_deref()), (&an, legacy), "{more}");
        assert_eq!(present.id == own.id, legacy.is_none(), "{more}: what stays is as good as one's own");
        assert_eq!(count_of(&app, "sign_in.succeeded").await, begun, "{more}");
        assert_eq!(count_of(&app, "sign_out").await, 0, "{more}");
        if legacy.is_none() {
            assert_eq!(page.page(), Some("portal"), "{}", page.body);
            // Nothing of it came from there: nothing that happens there ends it.
            let now = app.now_seconds();
            let claims = json!({
                "iss": upstream.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "j1", "sub": "bd-1",
                "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
            });
            let token = upstream.signed(&json!({}), &claims);
            let ended = app.post("/federation/bd/backchannel-logout", &[("logout_token", &token)]).await;
            assert_eq!(ended.status, 200);
            assert!(sign_on_of(&app, &browser).await.is_some());
        }
    }
}

#[tokio::test]
async fn whoever_is_asked_anew_and_proves_themselves_by_less_enters_with_that() {
    let (app, upstream, an) = scene("").await;
    let van_ban = app.client("van-ban", |settings| settings.legacy_sources = vec!["bd".to_owned()]).await;
    let mut browser = signed_on_by_an_own_password(&app, &an).await;
    let own = sign_on_of(&app, &browser).await.expect("a sign-on of An's own");
    let page = visit(&mut browser, &app.authorize_path(&van_ban, &[("prompt", "login")])).await;
    let path = format!("{START}?request={}", page.hidden("request"));

    let claims = json!({ "sub": "bd-1", "auth_time": app.now_seconds() });
    let page = upstream.sign_in(&app, &mut browser, &path, &claims).await;

    assert_eq!(page.page(), Some("confirm"), "{}", page.body);
    let present = sign_on_of(&app, &browser).await.expect("a sign-on");
    assert_eq!((&present.person, present.legacy.as_deref()), (&an, Some("bd")));
    assert_ne!(present.id, own.id, "what was entered by better proof is not left to it");
    assert_eq!(count_of(&app, "sign_out").await, 1);
}

#[tokio::test]
async fn what_userinfo_says_of_somebody_else_is_not_heard() {
    let (app, upstream, _) = scene("").await;
    upstream.userinfo(json!({ "sub": "bd-9", "name": "Lê Văn Tư" }));
    let mut browser = app.browser();

    let answer = upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;

    refused(&app, &browser, &answer, "federation_refused").await;
    assert_eq!(count_of(&app, "legacy_account.doubted").await, 0);
}

#[tokio::test]
async fn strangers_do_not_come_in_where_only_known_people_may() {
    let (app, upstream, an) = scene("newcomers = false\nlasting = true\n[claims]\npersonal_number = \"SoDinhDanh\"\n").await;
    let mut browser = app.browser();
    upstream.userinfo(json!({ "name": "Lê Văn Tư", "SoDinhDanh": "074090000009" }));

    let answer = upstream.sign_in(&app, &mut browser, START, &json!({ "sub": "la" })).await;

    assert_eq!(answer.page(), Some("old-account"), "{}", answer.body);
    assert!(account(&app, "la").await.is_none(), "nothing is kept of them");
    assert!(sign_on_of(&app, &browser).await.is_none());
    // Whose number the directory knows is who they are, when the name agrees.
    upstream.userinfo(json!({ "name": "NGUYỄN VĂN AN", "SoDinhDanh": NUMBER, "birthdate": "1986-03-14" }));
    upstream.sign_in(&app, &mut browser, START, &json!({ "sub": "vneid-an" })).await;
    let known = account(&app, "vneid-an").await.expect("an account");
    assert_ne!(known.decision, "created", "nobody is made twice: {}", known.rule);
    let led = sign_on_of(&app, &browser).await.map(|sign_on| sign_on.person);
    assert!(led.is_none_or(|person| person == an));
}

#[tokio::test]
async fn a_logout_token_that_is_none_ends_nothing() {
    let (app, upstream, _) = scene("").await;
    let mut browser = app.browser();
    upstream.sign_in(&app, &mut browser, START, &claims_of_an()).await;
    let now = app.now_seconds();
    let right = json!({
        "iss": upstream.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "j1", "sid": "phien-1",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let with = |name: &str, value: Value| {
        let mut claims = right.clone();
        claims[name] = value;
        upstream.signed(&json!({}), &claims)
    };
    let (other, unsigned) = (Upstream::start().await, right.clone());
    let tokens = [
        with("iss", json!("https://ke-gian.example")),
        with("aud", json!("khac")),
        with("nonce", json!("n")),
        with("events", json!({})),
        with("exp", json!(now - 120)),
        with("iat", json!(now + 120)),
        with("jti", json!(null)),
        other.signed(&json!({}), &unsigned),
        upstream.signed(&json!({ "alg": "none" }), &unsigned),
        upstream.signed(&json!({ "typ": "at+jwt" }), &unsigned),
        sign_with_secret(SECRET.as_bytes(), &unsigned).expect("signed"),
        "khong-phai-token".to_owned(),
    ];
    for token in tokens {
        let answer = app.post("/federation/bd/backchannel-logout", &[("logout_token", &token)]).await;
        assert_eq!(answer.status, 400, "{token}");
    }
    let nowhere = upstream.signed(&json!({}), &right);
    assert_eq!(app.post("/federation/vt/backchannel-logout", &[("logout_token", &nowhere)]).await.status, 400);
    assert!(sign_on_of(&app, &browser).await.is_some());
    assert_eq!(count_of(&app, "sign_out").await, 0);
}
