//! Clients that register themselves: invited only, checked member by member, and told what was registered
//! (RFC 7591, OpenID Connect Dynamic Client Registration 1.0).

use crate::support::races::at_once;
use crate::support::records::count_of;
use crate::support::registration::{
    GIF, PATH, asked, call, client_count, document, events, invitation, join, place, refused, registered, unauthorized,
};
use crate::support::requests::text;
use crate::support::resources::add_resource;
use crate::support::sites::Site;
use crate::support::{TestApp, stage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use motlan::base::digest::sha256;
use motlan::service::clients::resources;
use motlan::store::{audit, client_registrations, clients};
use serde_json::{Value, json};

#[tokio::test]
async fn nobody_registers_uninvited_and_nothing_is_fetched_for_strangers() {
    let app = TestApp::start().await;
    let site = Site::with(vec![("/logo", "image/gif", GIF.to_vec())]).await;
    let invitation = invitation(&app, 1).await;
    let mut body = document(&json!({ "logo_uri": site.url("/logo") }));
    let request = |header: Option<String>| {
        let mut request = Request::post(PATH).header("content-type", "application/json");
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        request.body(body.to_string()).expect("a request")
    };

    let without = app.request(request(None)).await;
    let basic = app.request(request(Some(format!("Basic {}", STANDARD.encode(&invitation))))).await;
    let wrong = app.request(request(Some(format!("Bearer {invitation}x")))).await;
    let empty = app.request(request(Some("Bearer ".to_owned()))).await;
    let in_query = call(&app, "POST", &format!("{PATH}?access_token={invitation}"), None, &body.to_string()).await;
    body["access_token"] = json!(invitation);
    let in_body = call(&app, "POST", PATH, None, &body.to_string()).await;
    let wrong_and_unreadable = call(&app, "POST", PATH, Some("x"), "{").await;

    for answer in [&without, &basic, &in_query, &in_body] {
        unauthorized(answer, None);
    }
    assert_eq!(empty.status, 401, "{}", empty.body);
    unauthorized(&wrong, Some("invalid_token"));
    unauthorized(&wrong_and_unreadable, Some("invalid_token"));
    assert_eq!((client_count(&app).await, site.calls()), (0, 0));
    assert_eq!(events(&app).await, ["initial_access_token.issued"]);
}

#[tokio::test]
async fn a_client_is_told_everything_that_was_registered() {
    let app = TestApp::start().await;
    let wishes = json!({
        "client_name#en": "Handbook", "contacts": ["kim@so-tay.example"], "client_uri": "https://so-tay.example/",
        "grant_types": ["authorization_code", "refresh_token"], "token_endpoint_auth_method": "client_secret_post",
        "scope": "email openid", "default_max_age": 600, "software_id": "so-tay", "unknown_member": 1,
    });

    let answer = join(&app, &invitation(&app, 1).await, &wishes).await;

    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), (Some("no-store"), Some("no-cache")));
    let information = answer.json();
    for (member, value) in document(&wishes).as_object().expect("members") {
        let expected = if member == "unknown_member" { &Value::Null } else { value };
        assert_eq!(&information[member], expected, "{member}");
    }
    let defaults = [
        ("application_type", json!("web")),
        ("response_types", json!(["code"])),
        ("id_token_signed_response_alg", json!("RS256")),
        ("subject_type", json!("public")),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", json!(app.now_seconds())),
        ("registration_client_uri", json!(format!("{}{}", app.issuer(), place(&information)))),
    ];
    for (member, value) in defaults {
        assert_eq!(information[member], value, "{member}");
    }
    let id = text(&information, "client_id");
    let mut conn = app.services().store.read().await.expect("a connection");
    let client = clients::find(&mut conn, id).await.expect("an answer").expect("a client");
    assert!(client.settings.dynamic && client.settings.third_party && client.settings.require_pkce);
    assert_eq!(client.name, "Sổ tay");
    assert_eq!(client.settings.scopes, ["email", "openid"]);
    assert_eq!(client.secrets[0].digest, sha256(text(&information, "client_secret").as_bytes()));
    assert_eq!(events(&app).await, ["client.registered", "initial_access_token.issued"]);
}

#[tokio::test]
async fn secrets_and_tokens_have_256_bits_and_only_their_digests_are_kept() {
    let app = TestApp::start().await;
    let invitation = invitation(&app, 1).await;

    let information = join(&app, &invitation, &json!({})).await.json();

    let (secret, token) = (text(&information, "client_secret"), text(&information, "registration_access_token"));
    let mut conn = app.services().store.read().await.expect("a connection");
    let id = text(&information, "client_id");
    let kept = client_registrations::find(&mut conn, id).await.expect("an answer").expect("a registration");
    let client = clients::find(&mut conn, id).await.expect("an answer");
    let rows = audit::list_after(&mut conn, "", 1_000).await.expect("rows");
    let everything = format!("{kept:?} {client:?} {rows:?}");
    for word in [secret, token, invitation.as_str()] {
        assert_eq!(word.len(), 43, "256 bits");
        assert!(!everything.contains(word));
    }
    assert_eq!(kept.token_digest, sha256(token.as_bytes()));
}

#[tokio::test]
async fn an_invitation_is_good_for_its_uses_and_its_hours() {
    let app = TestApp::start().await;
    let twice = invitation(&app, 2).await;
    let (late, in_time) = (invitation(&app, 1).await, invitation(&app, 1).await);

    let answers = [join(&app, &twice, &json!({})).await, join(&app, &twice, &json!({})).await];
    let third = join(&app, &twice, &json!({})).await;
    app.advance_seconds(24 * 3_600 - 1);
    let just = join(&app, &in_time, &json!({})).await;
    app.advance_seconds(1);
    let over = join(&app, &late, &json!({})).await;

    assert_eq!(answers.each_ref().map(|answer| answer.status), [201, 201]);
    assert_ne!(answers[0].json()["client_id"], answers[1].json()["client_id"]);
    unauthorized(&third, Some("invalid_token"));
    unauthorized(&over, Some("invalid_token"));
    assert_eq!(just.status, 201, "a second before its end: {}", just.body);
    assert_eq!(client_count(&app).await, 3);
}

#[tokio::test]
async fn a_refused_registration_spends_no_use() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;

    refused(&join(&app, &once, &json!({ "redirect_uris": ["http://so-tay.example/cb"] })).await, "redirect_uris");
    refused(&join(&app, &once, &json!({ "logo_uri": "https://127.0.0.1:1/" })).await, "logo_uri");

    assert_eq!(client_count(&app).await, 0);
    assert_eq!(join(&app, &once, &json!({})).await.status, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_who_use_one_invitation_at_once_one_registers() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;

    let answers = at_once(|| {
        let (app, once) = (app.clone(), once.clone());
        async move { join(&app, &once, &json!({})).await }
    })
    .await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();

    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 63, "{statuses:?}");
    assert_eq!(client_count(&app).await, 1);
    assert_eq!(count_of(&app, "client.registered").await, 1);
}

#[tokio::test]
async fn what_cannot_be_registered_is_named_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;
    let private = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "c" }] });
    let table = [
        ("redirect_uris", json!([])),
        ("redirect_uris", json!("https://so-tay.example/cb")),
        ("redirect_uris", json!(["https://localhost/cb"])),
        ("redirect_uris", json!(vec!["https://so-tay.example/cb"; 21])),
        ("response_types", json!(["token"])),
        ("response_types", json!(["code token"])),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!(["password", "authorization_code"])),
        ("application_type", json!("spa")),
        ("client_name", json!(7)),
        ("client_name", json!("Ngân\u{202e}hàng")),
        ("contacts", json!(["nobody"])),
        ("client_uri", json!("http://so-tay.example/")),
        ("jwks", private),
        ("jwks", json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] })),
        ("jwks", json!({ "keys": [] })),
        ("jwks", json!({})),
        ("jwks_uri", json!("ftp://so-tay.example/")),
        ("subject_type", json!("other")),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_encrypted_response_alg", json!("RSA-OAEP-256")),
        ("request_object_encryption_enc", json!("A256GCM")),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("default_max_age", json!("600")),
        ("require_auth_time", json!("true")),
        ("scope", json!("openid unit")),
        ("scope", json!("roles")),
        ("scope", json!(["openid"])),
        ("post_logout_redirect_uris", json!(["http://so-tay.example/"])),
        ("frontchannel_logout_uri", json!("https://other.example/")),
        ("authorization_details_types", json!(["ho_so"])),
        ("sector_identifier_uri", json!("https://127.0.0.1:1/")),
    ];

    for (member, value) in table {
        refused(&join(&app, &once, &json!({ member: value })).await, member);
    }
    let vouched = join(&app, &once, &json!({ "software_statement": "a.b.c" })).await;

    assert_eq!((vouched.status, vouched.json()["error"].as_str()), (400, Some("unapproved_software_statement")));
    assert_eq!(client_count(&app).await, 0);
    assert_eq!(events(&app).await, ["initial_access_token.issued"]);
}

#[tokio::test]
async fn a_body_is_a_json_object_of_reasonable_size() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;
    let fine = document(&json!({})).to_string();
    let with_type = |kind: &str| {
        let request = Request::post(PATH).header("authorization", format!("Bearer {once}")).header("content-type", kind);
        request.body(fine.clone()).expect("a request")
    };
    let deep = format!("{{\"redirect_uris\":[\"https://so-tay.example/cb\"],\"x\":{}{}}}", "[".repeat(8), "]".repeat(8));
    let padded = format!("{fine}{}", " ".repeat(64 * 1024));

    for (status, answer) in [
        (400, app.request(with_type("text/plain")).await),
        (400, app.request(with_type("application/x-www-form-urlencoded")).await),
        (400, call(&app, "POST", PATH, Some(&once), "[]").await),
        (400, call(&app, "POST", PATH, Some(&once), "{\"redirect_uris\":").await),
        (400, call(&app, "POST", PATH, Some(&once), &deep).await),
        (413, call(&app, "POST", PATH, Some(&once), &padded).await),
    ] {
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (status, Some("invalid_client_metadata")),
            "{}",
            answer.body
        );
    }
    assert_eq!(client_count(&app).await, 0);
    assert_eq!(app.request(with_type("Application/JSON; charset=utf-8")).await.status, 201);
}

#[tokio::test]
async fn a_sector_document_lists_every_address_or_the_client_does_not_join() {
    let app = TestApp::start().await;
    let listed = json!(["https://so-tay.example/cb", "https://other.example/cb"]).to_string();
    let site = Site::with(vec![
        ("/all", "application/json", listed.clone().into_bytes()),
        ("/other", "application/json", json!(["https://other.example/cb"]).to_string().into_bytes()),
        ("/object", "application/json", b"{}".to_vec()),
        ("/page", "text/html", listed.into_bytes()),
    ])
    .await;
    let once = invitation(&app, 1).await;
    let both = json!(["https://so-tay.example/cb", "https://other.example/cb"]);
    let wish = |path: &str| json!({ "subject_type": "pairwise", "redirect_uris": both, "sector_identifier_uri": site.url(path) });

    for path in ["/other", "/object", "/page", "/missing"] {
        refused(&join(&app, &once, &wish(path)).await, "sector_identifier_uri");
    }
    let without = json!({ "subject_type": "pairwise", "redirect_uris": both });
    refused(&join(&app, &once, &without).await, "sector_identifier_uri");
    assert_eq!(client_count(&app).await, 0);
    let joined = join(&app, &once, &wish("/all")).await;

    assert_eq!(joined.status, 201, "{}", joined.body);
    assert_eq!(joined.json()["sector_identifier_uri"], json!(site.url("/all")));
}

#[tokio::test]
async fn a_client_reaches_what_understands_the_details_that_it_may_ask_and_nothing_else() {
    let app = stage(|config| config.registration.authorization_details_types = vec!["ho_so".to_owned()]).await;
    for (identifier, kind) in [("https://ho-so.example/api", "ho_so"), ("https://kho.example/api", "kho")] {
        let details = json!({ kind: { "required": ["identifier"], "optional": [] } });
        add_resource(&app, json!({ "identifier": identifier, "name": kind, "details": details })).await;
    }
    let once = invitation(&app, 1).await;

    let information = join(&app, &once, &json!({ "authorization_details_types": ["ho_so"] })).await.json();

    assert_eq!(information["authorization_details_types"], json!(["ho_so"]), "{information}");
    let client = app.services().client(text(&information, "client_id")).await.expect("an answer").expect("a client");
    assert_eq!(client.settings.resources, ["https://ho-so.example/api"]);
    let resources = resources::list(app.services()).await.expect("resources");
    assert_eq!(client.refuse(&resources), None);
}

#[tokio::test]
async fn the_implicit_flow_is_registered_only_where_it_is_switched_on() {
    let asked = json!({ "grant_types": ["implicit"], "response_types": ["id_token"] });
    let app = stage(|config| config.flows.implicit = true).await;
    assert_eq!(registered(&app, &asked).await["response_types"], json!(["id_token"]));

    let app = TestApp::start().await;
    let answer = join(&app, &invitation(&app, 1).await, &asked).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_client_metadata")), "{}", answer.body);
    assert_eq!(client_count(&app).await, 0);
}

#[tokio::test]
async fn the_policy_says_whether_those_that_keep_a_secret_need_pkce() {
    for needed in [true, false] {
        let app = stage(|config| config.registration.require_pkce = needed).await;
        let information = registered(&app, &json!({})).await;
        let path = asked(&app, &information, "openid");
        let plain: Vec<&str> = path.split('&').filter(|field| !field.starts_with("code_challenge")).collect();
        let answer = app.browser().get(&plain.join("&")).await;
        let refused = answer.param("error");
        assert_eq!(refused.as_deref(), needed.then_some("invalid_request"), "{needed}: {:?}", answer.header("location"));
    }
}
