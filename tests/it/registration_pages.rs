//! What people see of clients that registered themselves: they are asked, pictures come from here, and links say
//! where they lead (OpenID Connect Dynamic Client Registration 1.0 §2).

use crate::support::records::count_of;
use crate::support::registration::{
    GIF, asked, client_count, code_answer, invitation, join, manage, redeem_as, refused, registered, to_put,
};
use crate::support::requests::text;
use crate::support::sites::Site;
use crate::support::{TestApp, encode};
use motlan::service::clients::register;
use motlan::store::consents;
use serde_json::json;

#[tokio::test]
async fn people_are_asked_and_what_is_the_citys_alone_is_never_told() {
    let app = TestApp::start().await;
    let information = registered(&app, &json!({})).await;
    let id = text(&information, "client_id").to_owned();

    let answer = code_answer(&app, &information, "kim", "openid profile unit position positions roles").await;
    let arrived = answer.param("code").unwrap_or_else(|| panic!("no code came: {} {}", answer.status, answer.body));
    let tokens = redeem_as(&app, &information, text(&information, "client_secret"), &arrived).await;

    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let access = tokens.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(app.claims(&access)["scope"], "openid profile");
    let id_token = tokens.json()["id_token"].as_str().expect("a token").to_owned();
    assert_eq!(app.header(&id_token)["alg"], "RS256", "what the specification gives who names none");
    assert_eq!(count_of(&app, "consent.given").await, 1);
    let mut conn = app.services().store.read().await.expect("a connection");
    let kim = motlan::store::persons::find_id_by_username(&mut conn, "kim").await.expect("an answer").expect("a person");
    assert_eq!(consents::find(&mut conn, &kim, &id).await.expect("an answer").as_deref(), Some("openid profile"));
}

#[tokio::test]
async fn a_picture_is_fetched_once_and_shown_from_our_own_copy() {
    let app = TestApp::start().await;
    let mut wide = GIF.to_vec();
    wide[7] = 5;
    let site = Site::with(vec![
        ("/logo", "image/png", GIF.to_vec()),
        ("/wide", "image/gif", wide),
        ("/drawing", "image/png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
        ("/svg", "image/svg+xml", GIF.to_vec()),
        ("/large", "image/gif", [GIF, vec![0; 256 * 1024].as_slice()].concat()),
    ])
    .await;
    let once = invitation(&app, 1).await;

    for path in ["/wide", "/drawing", "/svg", "/large", "/missing"] {
        refused(&join(&app, &once, &json!({ "logo_uri": site.url(path) })).await, "logo_uri");
    }
    assert_eq!(client_count(&app).await, 0);
    let before = site.calls();
    let information = join(&app, &once, &json!({ "logo_uri": site.url("/logo") })).await.json();
    let path = format!("/clients/{}/logo", text(&information, "client_id"));
    let shown = [app.get(&path).await, app.get(&path).await];

    assert_eq!(site.calls(), before + 1, "fetched once");
    for answer in &shown {
        assert_eq!((answer.status, answer.body.as_bytes()), (200, GIF));
        assert_eq!(answer.header("content-type"), Some("image/gif"), "by its bytes, not by the sender's word");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert!(answer.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
        assert!(answer.header("cache-control").is_some_and(|keep| keep.contains("max-age=604800")));
    }
    for unknown in ["/clients/nobody/logo", "/clients/%20/logo"] {
        assert_eq!(app.get(unknown).await.status, 404);
    }

    let hidden = join(&app, &invitation(&app, 1).await, &json!({ "logo_uri": site.url("/logo") })).await.json();
    let of_hidden = format!("/clients/{}/logo", text(&hidden, "client_id"));
    assert_eq!(app.get(&of_hidden).await.status, 200);
    register::disable(app.services(), text(&hidden, "client_id"), "os:test").await.expect("switched off");
    app.sync().await;
    assert_eq!(app.get(&of_hidden).await.status, 404, "a system that was switched off shows nothing");
    let before = site.calls() - 1;

    let same = manage(&app, "PUT", &information, &to_put(&information, &json!({})).to_string()).await;
    assert_eq!((same.status, site.calls()), (200, before + 1), "an unchanged address is not fetched again");
    let without = manage(&app, "PUT", &information, &to_put(&information, &json!({ "logo_uri": null })).to_string()).await;
    assert_eq!(without.status, 200, "{}", without.body);
    assert_eq!(app.get(&path).await.status, 404);
}

#[tokio::test]
async fn pages_show_the_picture_from_here_and_the_host_behind_every_link() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let city = app.client("tthc", |_| {}).await;
    let site = Site::with(vec![("/logo", "image/gif", GIF.to_vec())]).await;
    let links = [
        ("client_uri", "https://so-tay.example/", "so-tay.example"),
        ("policy_uri", "https://luat.example/so-tay?a=1&b=2", "luat.example"),
        ("tos_uri", "https://so-tay.example/terms", "so-tay.example"),
    ];
    let mut wishes = json!({ "logo_uri": site.url("/logo") });
    for (member, address, _) in links {
        wishes[member] = json!(address);
    }
    let information = registered(&app, &wishes).await;
    let path = asked(&app, &information, "openid profile");
    let mut browser = app.browser();

    let entry = browser.get(&path).await;
    let entry = browser.follow(entry).await;
    let of_city = browser.get(&app.authorize_path(&city, &[])).await;
    let of_city = browser.follow(of_city).await;
    browser.sign_in(&kim, &app.authorize_path(&city, &[])).await;
    let consent = browser.get(&path).await;
    let consent = browser.follow(consent).await;

    assert_eq!((entry.page(), of_city.page(), consent.page()), (Some("signin"), Some("signin"), Some("consent")));
    let picture = format!("<img class=\"logo\" src=\"/clients/{}/logo\" alt=\"\"", text(&information, "client_id"));
    for page in [&entry, &consent] {
        assert!(page.body.contains(&picture) && page.body.contains("https://so-tay.example"), "{}", page.body);
        assert!(!page.body.contains("src=\"http") && !page.body.contains(&site.url("/logo")), "nothing is loaded from elsewhere");
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("img-src"), "{policy}");
    }
    let plain = !of_city.body.contains("class=\"logo\"") && !of_city.body.contains("tthc.example");
    assert!(plain, "a system of the city's own needs no warning");
    for (_, address, host) in links {
        let address = address.replace('&', "&#38;");
        let link = format!("<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
        assert!(consent.body.contains(&link), "{link}: {}", consent.body);
        assert!(consent.body.contains(&format!("<span class=\"soft\">{host}</span>")), "{host}: {}", consent.body);
    }
    assert!(consent.body.contains("Hệ thống này tự đăng ký"), "{}", consent.body);
    assert_eq!(site.calls(), 1, "a person's browser is never sent there for a picture");
}

#[tokio::test]
async fn the_portal_begins_a_sign_in_where_a_system_of_the_citys_wants_it_to() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app
        .client("tthc", |settings| {
            settings.home_uri = Some("https://tthc.example/home?a=1".to_owned());
            settings.initiate_login_uri = Some("https://tthc.example/login?by=portal".to_owned());
        })
        .await;
    app.client("van-ban", |settings| settings.home_uri = Some("https://van-ban.example/".to_owned())).await;
    registered(&app, &json!({ "initiate_login_uri": "https://so-tay.example/login" })).await;
    let mut browser = app.browser();
    browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;

    let portal = browser.get("/").await;

    assert_eq!(portal.page(), Some("portal"));
    let asked = [("iss", app.issuer()), ("target_link_uri", "https://tthc.example/home?a=1")];
    let begun = format!("https://tthc.example/login?by=portal&#38;{}", encode(&asked).replace('&', "&#38;"));
    assert!(portal.body.contains(&format!("href=\"{begun}\"")), "{}", portal.body);
    assert!(portal.body.contains("href=\"https://van-ban.example/\""), "{}", portal.body);
    assert!(!portal.body.contains("so-tay"), "whoever registers does not hang itself up in the portal: {}", portal.body);
}

#[tokio::test]
async fn a_client_that_asks_for_pairwise_subjects_gets_one_of_its_own() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let own = app.client("tthc", |_| {}).await;
    let of_city = app.tokens(&own, &kim, &[]).await;
    let of_city = app.claims(text(&of_city, "id_token"))["sub"].clone();
    let mut subjects = Vec::new();
    for kind in ["public", "pairwise"] {
        let information = registered(&app, &json!({ "subject_type": kind })).await;
        let code = app.browser().sign_in(&kim, &asked(&app, &information, "openid")).await.param("code").expect("a code");
        let tokens = redeem_as(&app, &information, text(&information, "client_secret"), &code).await.json();
        subjects.push(app.claims(text(&tokens, "id_token"))["sub"].clone());
    }
    assert_eq!(subjects[0], of_city, "public: the same everywhere");
    assert_ne!(subjects[1], of_city, "pairwise: this client's alone");
}
