//! Clients at the console: connected step by step, changed by whoever may and no further, secrets beside each other
//! while a system changes over, and keys that two people change.

use crate::legacy_subjects::{keeping, source};
use crate::support::phones::enrol;
use crate::support::records::{count_of, is_registered, rows_of};
use crate::support::{Answer, Browser, Official, TestApp, TestClient, encode};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::RotateKeys;
use motlan::model::client::{AuthMethod, Client, SubjectType, UnitIdentifier};
use motlan::service::administrators::{self, Grant};
use motlan::service::authority::{Authority, City, Entered};
use motlan::service::{Origin, keys};
use motlan::store::{clients, sign_ons};
use serde_json::Value;
use time::macros::date;

/// Somebody with two factors and a role, signed on a moment ago.
pub async fn administrator(app: &TestApp, username: &str, role: AdminRole, client: Option<&str>) -> (Official, Browser) {
    let official = app.official(username).await;
    let (browser, _) = enrol(app, &official).await;
    let origin = Origin::command_line();
    let grant = Grant { username, role, unit: None, client, valid_from: None, valid_to: None, actor: "os:test", origin: &origin };
    administrators::grant(app.services(), &grant).await.expect("a role").expect("a new one");
    (official, browser)
}

/// Sends a form of the console.
pub async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.get("/signin/recover").await.hidden("csrf");
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

async fn stored(app: &TestApp, id: &str) -> Client {
    let mut conn = app.services().store.read().await.expect("a connection");
    clients::find(&mut conn, id).await.expect("an answer").expect("a client")
}

/// A text between two others on a page.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let rest = page.split_once(before).unwrap_or_else(|| panic!("no {before}: {page}")).1;
    rest.split_once(after).expect("an end").0
}

fn version_of(page: &Answer) -> String {
    page.hidden("version")
}

fn detail(row: &motlan::store::audit::AuditRow) -> Value {
    serde_json::from_str(&row.detail).expect("JSON")
}

const DRAFT: [(&str, &str); 7] = [
    ("kind", "web"),
    ("framework", "aspnet"),
    ("id", "tthc"),
    ("name", "Thủ tục hành chính"),
    ("redirect_uris", "https://tthc.example/signin-oidc"),
    ("post_logout_redirect_uris", "https://tthc.example/"),
    ("roles", "xu_ly\r\nlanh_dao"),
];

#[tokio::test]
async fn a_system_is_connected_step_by_step_and_its_secret_is_shown_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;

    let first = root.get("/admin/clients/new").await;
    assert_eq!((first.status, first.page()), (200, Some("admin-client-new")), "{}", first.body);
    let empty = root.get("/admin/clients/new?step=kind&kind=web").await;
    assert_eq!(empty.status, 422, "{}", empty.body);
    assert!(empty.body.contains("href=\"#id\"") && empty.body.contains("href=\"#name\""));
    let wrong = [("id", "tthc"), ("name", "A"), ("redirect_uris", "http://tthc.example/cb"), ("step", "addresses")];
    let wrong = root.get(&format!("/admin/clients/new?{}", encode(&wrong))).await;
    assert!(wrong.status == 422 && wrong.body.contains("href=\"#redirect_uris\""), "{}", wrong.body);
    assert!(wrong.body.contains("http://tthc.example/cb"), "what was typed stays");
    let chosen = [("step", "rights"), ("rights", "1"), ("scope_profile", "1"), ("scope_roles", "1")];
    let asked = encode(&[&DRAFT[..], &chosen[..]].concat());
    let summary = root.get(&format!("/admin/clients/new?{asked}")).await;
    assert!(summary.status == 200 && summary.body.contains("openid profile roles"), "{}", summary.body);
    assert!(!is_registered(&app, "tthc").await, "looking changes nothing");

    let more = [("rights", "1"), ("scope_profile", "1"), ("scope_roles", "1"), ("dynamic", "1"), ("scope_made_up", "1")];
    let fields = [&DRAFT[..], &more[..]].concat();
    let done = send(&mut root, "/admin/clients/new", &fields).await;
    assert_eq!((done.status, done.page()), (200, Some("admin-client-secret")), "{}", done.body);
    assert_eq!(done.header("cache-control"), Some("no-store"));
    let secret = between(&done.body, "id=\"client-secret\">", "<").to_owned();
    let client = stored(&app, "tthc").await;
    assert_eq!(client.settings.scopes, ["openid", "profile", "roles"]);
    assert_eq!((client.settings.auth_method, client.settings.dynamic), (AuthMethod::ClientSecretPost, false));
    let tthc = TestClient::known("tthc", &secret, "https://tthc.example/signin-oidc", AuthMethod::ClientSecretPost);
    app.tokens(&tthc, &kim, &[]).await;

    let page = root.get("/admin/clients/tthc").await;
    assert_eq!((page.status, page.page()), (200, Some("admin-client")), "{}", page.body);
    let settings = root.get("/admin/clients/tthc/settings?for=aspnet").await;
    assert!(settings.body.contains("CallbackPath") && settings.body.contains("/signin-oidc"), "{}", settings.body);
    assert!(![&page, &settings].iter().any(|page| page.body.contains(&secret)), "shown once");
    let again = send(&mut root, "/admin/clients/new", &fields).await;
    assert_eq!(again.status, 422, "{}", again.body);
    let added = rows_of(&app, "client.added").await;
    assert_eq!(added.len(), 1);
    assert_eq!(detail(&added[0])["acting_as"], "system");
    assert!(!added[0].detail.contains(&secret));
}

#[tokio::test]
async fn whoever_looks_after_one_application_reaches_that_one_and_no_right_of_it() {
    let app = TestApp::start().await;
    app.client("tthc", |settings| settings.scopes = vec!["openid".to_owned()]).await;
    app.client("qlvb", |_| {}).await;
    let (_, mut owner) = administrator(&app, "owner", AdminRole::Application, Some("tthc")).await;
    let before = stored(&app, "tthc").await;

    let list = owner.get("/admin/clients").await;
    assert!(list.body.contains("/admin/clients/tthc") && !list.body.contains("/admin/clients/qlvb"), "{}", list.body);
    let others = ["", "/edit", "/secret", "/settings", "/check", "/check/callback?state=x&code=y"];
    for page in others {
        let answer = owner.get(&format!("/admin/clients/qlvb{page}")).await;
        assert_eq!((answer.status, answer.error_page()), (404, Some("not_found")), "{page}");
    }
    assert_eq!(owner.get("/admin/clients/new").await.status, 404);
    let form = owner.get("/admin/clients/tthc/edit").await;
    assert!(form.body.contains("name=\"redirect_uris\"") && !form.body.contains("name=\"scopes\""), "{}", form.body);
    let version = version_of(&form);

    let beyond = [
        ("scopes", "openid email"),
        ("roles", "lanh_dao"),
        ("unit_granted_roles", "lanh_dao"),
        ("third_party", "1"),
        ("require_pkce", ""),
        ("name", "Cổng dịch vụ công"),
        ("minimum_level", ""),
        ("id_token_claims", "email"),
        ("unit_identifier", "both"),
        ("refresh_with_sign_on", "1"),
        ("entry", "with_role"),
        ("told_of_moves", "1"),
    ];
    for (field, value) in beyond {
        let named = format!("redirect_uris {field}");
        let base = [("version", version.as_str()), ("fields", named.as_str()), ("redirect_uris", "https://x.example/")];
        let fields = [&base[..], &[(field, value)][..]].concat();
        let answer = send(&mut owner, "/admin/clients/tthc/edit", &fields).await;
        assert_eq!((answer.status, answer.error_page()), (403, Some("forbidden")), "{field}");
    }
    let unnamed = [("version", version.as_str()), ("scopes", "openid email")];
    assert_eq!(send(&mut owner, "/admin/clients/tthc/edit", &unnamed).await.status, 403, "also unnamed");
    let unknown = [("version", version.as_str()), ("subject_type", "pairwise"), ("dynamic", "1"), ("grant_types", "implicit")];
    assert_eq!(send(&mut owner, "/admin/clients/tthc/edit", &unknown).await.status, 303, "what is no field is not looked at");
    for (path, fields) in [
        ("/admin/clients/qlvb/edit", vec![("version", "1"), ("fields", "contacts"), ("contacts", "a@b.vn")]),
        ("/admin/clients/qlvb/secret", vec![("act", "rotate")]),
        ("/admin/clients/qlvb/check", vec![]),
        ("/admin/clients/tthc/status", vec![("act", "off"), ("reason", "thử")]),
        ("/admin/clients/new", DRAFT.to_vec()),
    ] {
        assert_eq!(send(&mut owner, path, &fields).await.status, 404, "{path}");
    }
    assert_eq!(stored(&app, "tthc").await.settings, before.settings, "nothing of it changed");
    assert_eq!(stored(&app, "qlvb").await.secrets.len(), 1);

    let version = version_of(&owner.get("/admin/clients/tthc/edit").await);
    let fields = [
        ("version", version.as_str()),
        ("fields", "redirect_uris contacts home_uri"),
        ("redirect_uris", "https://tthc.example/callback\r\nhttps://tthc.example/hai"),
        ("contacts", "a@tthc.example"),
    ];
    app.advance_seconds(1);
    let saved = send(&mut owner, "/admin/clients/tthc/edit", &fields).await;
    assert_eq!((saved.status, saved.location()), (303, "/admin/clients/tthc?done=saved"), "{}", saved.body);
    let after = stored(&app, "tthc").await.settings;
    assert_eq!(after.redirect_uris, ["https://tthc.example/callback", "https://tthc.example/hai"]);
    assert_eq!((after.contacts.len(), after.scopes), (1, before.settings.scopes));
    let changed = rows_of(&app, "client.changed").await;
    let last = detail(changed.last().expect("a row"));
    assert_eq!(last["acting_as"], "application tthc");
    assert_eq!(last["changed"]["contacts"]["after"][0], "a@tthc.example");
    assert_eq!(last["changed"].as_object().expect("changes").len(), 2, "only what changed");
}

#[tokio::test]
async fn an_address_that_would_call_people_by_other_names_is_not_an_owners_to_set() {
    let app = TestApp::start().await;
    app.client("tthc", |settings| settings.subject_type = SubjectType::Pairwise).await;
    let (_, mut owner) = administrator(&app, "owner", AdminRole::Application, Some("tthc")).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let version = version_of(&owner.get("/admin/clients/tthc/edit").await);
    let stolen = [("version", version.as_str()), ("fields", "redirect_uris"), ("redirect_uris", "https://qlvb.example/cb")];

    let refused = send(&mut owner, "/admin/clients/tthc/edit", &stolen).await;
    assert_eq!((refused.status, refused.page()), (422, Some("admin-client-edit")), "{}", refused.body);
    assert_eq!(stored(&app, "tthc").await.sector(), "pairwise:tthc.example");
    let same = [("version", version.as_str()), ("fields", "redirect_uris"), ("redirect_uris", "https://tthc.example/moi")];
    assert_eq!(send(&mut owner, "/admin/clients/tthc/edit", &same).await.status, 303);
    let version = version_of(&root.get("/admin/clients/tthc/edit").await);
    let moved = [("version", version.as_str()), ("fields", "redirect_uris"), ("redirect_uris", "https://moi.example/cb")];
    assert_eq!(send(&mut root, "/admin/clients/tthc/edit", &moved).await.status, 303);
}

#[tokio::test]
async fn who_may_enter_is_the_citys_to_say_and_whom_to_ask_is_the_owners() {
    let app = TestApp::start().await;
    app.client("tthc", |_| {}).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let (_, mut owner) = administrator(&app, "owner", AdminRole::Application, Some("tthc")).await;
    let edit = "/admin/clients/tthc/edit";

    let version = version_of(&root.get(edit).await);
    let nobody = [("version", version.as_str()), ("fields", "entry"), ("entry", "with_role")];
    assert_eq!(send(&mut root, edit, &nobody).await.status, 422, "nobody could enter");
    assert!(stored(&app, "tthc").await.settings.entry.is_anyone());
    let fields = [
        ("version", version.as_str()),
        ("fields", "entry roles told_of_moves"),
        ("entry", "with_role"),
        ("roles", "duyet"),
        ("told_of_moves", "1"),
    ];
    assert_eq!(send(&mut root, edit, &fields).await.status, 303);
    let version = version_of(&owner.get(edit).await);
    let contact = [("version", version.as_str()), ("fields", "entry_contact"), ("entry_contact", "Tổ hỗ trợ")];
    assert_eq!(send(&mut owner, edit, &contact).await.status, 303);

    let settings = stored(&app, "tthc").await.settings;
    assert_eq!((settings.entry.as_str(), settings.entry_contact.as_deref()), ("with_role", Some("Tổ hỗ trợ")));
    assert!(settings.told_of_moves);
    let page = root.get("/admin/clients/tthc").await;
    assert!(page.body.contains("with_role") && page.body.contains("Tổ hỗ trợ"), "{}", page.body);
    let form = root.get(edit).await;
    assert!(form.body.contains("name=\"entry\" type=\"text\" value=\"with_role\""), "{}", form.body);
}

#[tokio::test]
async fn the_later_of_two_who_change_a_client_is_told_and_loses_nothing() {
    let app = TestApp::start().await;
    app.client("tthc", |_| {}).await;
    let (_, mut one) = administrator(&app, "one", AdminRole::System, None).await;
    let (_, mut other) = administrator(&app, "other", AdminRole::Application, Some("tthc")).await;
    let version = version_of(&one.get("/admin/clients/tthc/edit").await);

    let fields = [("version", version.as_str()), ("fields", "home_uri"), ("home_uri", "https://tthc.example/dau")];
    assert_eq!(send(&mut one, "/admin/clients/tthc/edit", &fields).await.status, 303);
    let late = [("version", version.as_str()), ("fields", "contacts"), ("contacts", "cham@tthc.example")];
    let told = send(&mut other, "/admin/clients/tthc/edit", &late).await;
    assert_eq!((told.status, told.page()), (422, Some("admin-client-edit")), "{}", told.body);
    assert!(told.body.contains("cham@tthc.example") && told.body.contains("https://tthc.example/dau"));
    assert!(stored(&app, "tthc").await.settings.contacts.is_empty());

    let seen = told.hidden("version");
    let again = [("version", seen.as_str()), ("fields", "contacts"), ("contacts", "cham@tthc.example")];
    assert_eq!(send(&mut other, "/admin/clients/tthc/edit", &again).await.status, 303);
    let settings = stored(&app, "tthc").await.settings;
    assert_eq!((settings.contacts.len(), settings.home_uri.as_deref()), (1, Some("https://tthc.example/dau")));
    let wrong = [("version", "999"), ("fields", "home_uri"), ("home_uri", "javascript:alert(1)")];
    assert_eq!(send(&mut one, "/admin/clients/tthc/edit", &wrong).await.status, 422);
}

#[tokio::test]
async fn an_old_secret_counts_beside_the_new_one_until_the_overlap_ends() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, mut owner) = administrator(&app, "owner", AdminRole::Application, Some("tthc")).await;

    let shown = send(&mut owner, "/admin/clients/tthc/secret", &[("act", "rotate"), ("overlap", "1")]).await;
    assert_eq!((shown.status, shown.page()), (200, Some("admin-client-secret")), "{}", shown.body);
    let secret = between(&shown.body, "id=\"client-secret\">", "<").to_owned();
    let renewed = TestClient::known("tthc", &secret, &tthc.redirect_uri, AuthMethod::ClientSecretBasic);
    app.tokens(&tthc, &kim, &[]).await;
    app.tokens(&renewed, &kim, &[]).await;
    assert!(!owner.get("/admin/clients/tthc").await.body.contains(&secret), "shown once");

    let ended = send(&mut owner, "/admin/clients/tthc/secret", &[("act", "end")]).await;
    assert_eq!((ended.status, ended.location()), (303, "/admin/clients/tthc?done=overlap"));
    let code = app.code(&tthc, &kim, &[]).await;
    assert_eq!(app.redeem(&tthc, &code).await.status, 401, "the old one counts no more");
    app.tokens(&renewed, &kim, &[]).await;
    assert_eq!((count_of(&app, "client.secret_rotated").await, count_of(&app, "client.overlap_ended").await), (1, 1));
    let nothing = send(&mut owner, "/admin/clients/tthc/secret", &[("act", "end")]).await;
    assert_eq!((nothing.status, nothing.location()), (303, "/admin/clients/tthc"));
}

#[tokio::test]
async fn a_client_is_switched_off_with_a_reason_and_on_again() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;

    let unsaid = send(&mut root, "/admin/clients/tthc/status", &[("act", "off")]).await;
    assert_eq!((unsaid.status, unsaid.page()), (422, Some("admin-client")), "{}", unsaid.body);
    app.tokens(&tthc, &kim, &[]).await;
    let off = send(&mut root, "/admin/clients/tthc/status", &[("act", "off"), ("reason", "Bị lộ khóa")]).await;
    assert_eq!((off.status, off.location()), (303, "/admin/clients/tthc?done=off"));
    assert_eq!(app.get(&app.authorize_path(&tthc, &[])).await.error_page(), Some("unknown_client"));
    assert_eq!(detail(&rows_of(&app, "client.disabled").await[0])["reason"], "Bị lộ khóa");
    let on = send(&mut root, "/admin/clients/tthc/status", &[("act", "on"), ("reason", "Đã đổi khóa")]).await;
    assert_eq!((on.status, on.location()), (303, "/admin/clients/tthc?done=on"));
    app.tokens(&tthc, &kim, &[]).await;
}

#[tokio::test]
async fn the_last_days_of_what_a_client_is_told_of_before_are_named_in_time() {
    let app = TestApp::start().await;
    source(&app, "bd", "74").await;
    app.client("sap-het", |settings| {
        settings.subject_type = keeping(&["bd"]);
        settings.subject_until = Some(date!(2026 - 12 - 22));
        settings.unit_identifier = UnitIdentifier::Both;
        settings.unit_identifier_until = Some(date!(2026 - 11 - 21));
    })
    .await;
    app.client("con-lau", |settings| {
        settings.subject_type = keeping(&["bd"]);
        settings.subject_until = Some(date!(2026 - 12 - 23));
    })
    .await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;

    for page in ["", "/check"] {
        let soon = root.get(&format!("/admin/clients/sap-het{page}")).await;
        assert_eq!(soon.status, 200, "{}", soon.body);
        for said in [
            "Mã cũ chỉ còn được giữ cho người mới đến hết ngày 22/12/2026.",
            "Đơn vị cũ chỉ được báo đến hết ngày 21/11/2026, nay đã qua.",
        ] {
            assert!(soon.body.contains(said), "{page}: {said}: {}", soon.body);
        }
        let later = root.get(&format!("/admin/clients/con-lau{page}")).await;
        assert!(later.status == 200 && !later.body.contains("đến hết ngày"), "{page}: {}", later.body);
    }
}

#[tokio::test]
async fn whoever_only_reads_changes_nothing() {
    let app = TestApp::start().await;
    app.client("tthc", |_| {}).await;
    let (_, mut auditor) = administrator(&app, "auditor", AdminRole::Auditor, None).await;
    let (_, mut desk) = administrator(&app, "desk", AdminRole::HelpDesk, None).await;

    for page in ["/admin/clients", "/admin/clients/tthc", "/admin/clients/tthc/settings", "/admin/clients/tthc/check"] {
        assert_eq!(auditor.get(page).await.status, 200, "{page}");
    }
    assert_eq!(auditor.get("/admin/keys").await.status, 200);
    for page in ["/admin/clients/tthc/edit", "/admin/clients/tthc/secret", "/admin/clients/new"] {
        assert_eq!(auditor.get(page).await.status, 404, "{page}");
    }
    assert_eq!(desk.get("/admin/clients").await.status, 403);
    assert_eq!(desk.get("/admin/clients/tthc").await.status, 404);
    assert_eq!(desk.get("/admin/keys").await.status, 403);
    for (path, fields, status) in [
        ("/admin/clients/tthc/secret", vec![("act", "rotate")], 404),
        ("/admin/clients/tthc/check", vec![], 404),
        ("/admin/clients/tthc/status", vec![("act", "off"), ("reason", "thử")], 404),
        ("/admin/keys", vec![("act", "rotate"), ("algorithm", "all"), ("reason", "thử")], 403),
    ] {
        assert_eq!(send(&mut auditor, path, &fields).await.status, status, "{path}");
        assert_eq!(send(&mut desk, path, &fields).await.status, status, "{path}");
    }
    assert_eq!(stored(&app, "tthc").await.secrets.len(), 1);
    assert_eq!(count_of(&app, "approval.requested").await, 0);
}

async fn keeper_of_keys(app: &TestApp, person: &PersonId) -> City<RotateKeys> {
    let services = app.services();
    let now = services.clock.now();
    let mut conn = services.store.read().await.expect("a connection");
    let sign_on = sign_ons::list_open(&mut conn, person, now).await.expect("sign-ons").remove(0);
    drop(conn);
    match Authority::enter(services, &sign_on, &Origin::command_line()).await.expect("an answer") {
        Entered::In(authority) => authority.city::<RotateKeys>().expect("a proof"),
        Entered::Away | Entered::OneFactor | Entered::Nobody => panic!("not let in"),
    }
}

#[tokio::test]
async fn new_keys_come_when_a_second_person_agrees_and_only_once() {
    let app = TestApp::start().await;
    let (one, mut asking) = administrator(&app, "one", AdminRole::System, None).await;
    let (two, _) = administrator(&app, "two", AdminRole::System, None).await;
    let known = || async { keys::list(app.services()).await.expect("keys").len() };
    let before = known().await;

    let unsaid = send(&mut asking, "/admin/keys", &[("act", "rotate"), ("algorithm", "ES256")]).await;
    assert_eq!((unsaid.status, unsaid.page()), (422, Some("admin-keys")), "{}", unsaid.body);
    let fields = [("act", "rotate"), ("algorithm", "ES256"), ("reason", "Đến hạn")];
    let asked = send(&mut asking, "/admin/keys", &fields).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    let id = asked.location().strip_prefix("/admin/approvals/").expect("a request").to_owned();
    assert_eq!(known().await, before, "asking changes nothing");
    assert!(asking.get("/admin/keys").await.body.contains(&id));

    let own = keeper_of_keys(&app, &one.id).await;
    assert!(!keys::rotate_approved(app.services(), &own, &id).await.expect("an answer"), "nobody agrees with themselves");
    let second = keeper_of_keys(&app, &two.id).await;
    assert!(!keys::revoke_approved(app.services(), &second, &id).await.expect("an answer"), "it is another act");
    assert!(keys::rotate_approved(app.services(), &second, &id).await.expect("an answer"));
    assert!(!keys::rotate_approved(app.services(), &second, &id).await.expect("an answer"), "once");
    assert_eq!(known().await, before + 1);
    let announced = rows_of(&app, "key.announced").await;
    assert_eq!(announced.last().and_then(|row| row.actor.clone()), Some(two.id.0.clone()));
}

#[tokio::test]
async fn a_key_is_dropped_when_a_second_person_agrees() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, mut asking) = administrator(&app, "one", AdminRole::System, None).await;
    let (two, _) = administrator(&app, "two", AdminRole::System, None).await;
    let tokens = app.tokens(&tthc, &kim, &[]).await;
    let access = tokens["access_token"].as_str().expect("a token").to_owned();
    let kid = app.header(&access)["kid"].as_str().expect("a kid").to_owned();

    let page = asking.get(&format!("/admin/keys?drop={kid}")).await;
    assert!(page.body.contains("id=\"keys-drop-ask\""), "{}", page.body);
    let unknown = send(&mut asking, "/admin/keys", &[("act", "drop"), ("kid", "no-such"), ("reason", "lộ")]).await;
    assert_eq!(unknown.status, 422);
    let asked = send(&mut asking, "/admin/keys", &[("act", "drop"), ("kid", &kid), ("reason", "Khóa bị lộ")]).await;
    let id = asked.location().strip_prefix("/admin/approvals/").expect("a request").to_owned();
    assert_eq!(app.userinfo(&access).await.status, 200, "asking changes nothing");
    let second = keeper_of_keys(&app, &two.id).await;
    assert!(keys::revoke_approved(app.services(), &second, &id).await.expect("an answer"));

    assert_eq!(app.userinfo(&access).await.status, 401);
    assert_eq!(rows_of(&app, "key.revoked").await.len(), 1);
    app.tokens(&tthc, &kim, &[]).await;
}
