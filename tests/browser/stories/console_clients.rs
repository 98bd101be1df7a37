//! A system is connected: the wizard, settings to paste, and a check by a real sign-in.

use crate::console_steps::SYSTEM;
use crate::console_steps::comes_as;
use crate::console_steps::count_of;
use crate::console_steps::path_here;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;

/// What developers paste, and a word that each of them must hold.
const SETTINGS: [(&str, &str); 5] =
    [("spring", "issuer-uri"), ("aspnet", "CallbackPath"), ("php", "qlhs-"), ("node", "qlhs-"), ("apache", "OIDCClientID")];

pub(crate) async fn a_system_is_connected_with_the_wizard_and_checked_by_a_real_sign_in(stage: &Stage) {
    let demo = &stage.demo;
    for (way, (username, id)) in Way::BOTH.into_iter().zip([("xuanmai.nt", "qlhs-mot"), ("phong.nd", "qlhs-hai")]) {
        let (browser, _) = comes_as(stage, way, username, SYSTEM).await;
        open(browser, demo, "/admin/clients", "admin-clients").await;
        browser.look_at("admin-clients", "").await;
        browser.go("#clients-new").await;
        the_wizard_asks(browser, id).await;

        browser.look_at("admin-client-secret", "").await;
        let secret = browser.text("#client-secret").await;
        assert!(secret.len() > 30, "a secret is long");
        let check = format!("/admin/clients/{id}/check");
        the_settings_are_copied(browser, id, &secret).await;
        a_sign_in_is_tried(browser, demo, &check).await;
        the_rest_of_it_is_kept_in_order(browser, demo, id, &secret).await;
    }
}

/// Four steps, each with what is missing told beside its field.
async fn the_wizard_asks(browser: &Browser, id: &str) {
    browser.look_at("admin-client-new", "kind").await;
    browser.go("#client-next").await;
    browser.sees("main[data-page='admin-client-new'] .summary[role='alert']").await;
    browser.look_at("admin-client-new", "error").await;
    browser.choose("#kind", "web").await;
    browser.choose("#framework", "aspnet").await;
    browser.write("#id", id).await;
    browser.write("#name", "Quản lý hồ sơ").await;
    browser.go("#client-next").await;
    browser.sees("#redirect_uris").await;
    browser.look_at("admin-client-new", "addresses").await;
    browser.write("#redirect_uris", &format!("https://{id}.vi-du.vn/signin-oidc")).await;
    browser.go("#client-next").await;
    browser.sees("#roles").await;
    browser.look_at("admin-client-new", "rights").await;
    browser.write("#roles", "xu_ly").await;
    browser.go("#client-next").await;
    browser.sees("#client-create").await;
    browser.look_at("admin-client-new", "summary").await;
    browser.go("#client-create").await;
}

async fn the_settings_are_copied(browser: &Browser, id: &str, secret: &str) {
    browser.go("#client-secret-settings").await;
    browser.look_at("admin-client-settings", "").await;
    for (framework, word) in SETTINGS {
        browser.go(&format!("nav.tabs.local a[href$='for={framework}']")).await;
        browser.arrives_at("admin-client-settings").await;
        let text = browser.text("pre.code").await;
        assert!(text.contains(word), "{framework}: {text}");
        assert!(!text.contains(secret), "{framework}: a secret is shown once");
        browser.look_at("admin-client-settings", framework).await;
    }
    assert_eq!(path_here(browser).await, format!("/admin/clients/{id}/settings"));
}

async fn a_sign_in_is_tried(browser: &Browser, demo: &Demo, check: &str) {
    open(browser, demo, check, "admin-client-check").await;
    browser.look_at("admin-client-check", "").await;
    browser.go("#check-run-submit").await;
    browser.sees("main[data-page='admin-client-check'] #check-report").await;
    browser.look_at("admin-client-check", "report").await;
    assert_eq!(count_of(browser, "#check-report > li").await, 6, "each step is told");
    let report = browser.text("main").await;
    assert!(report.contains("preferred_username") && !report.contains("eyJ"), "claims, and no token: {report}");
}

async fn the_rest_of_it_is_kept_in_order(browser: &Browser, demo: &Demo, id: &str, secret: &str) {
    let here = format!("/admin/clients/{id}");
    open(browser, demo, &here, "admin-client").await;
    browser.look_at("admin-client", "").await;
    browser.go("#client-edit").await;
    browser.look_at("admin-client-edit", "").await;
    browser.go("#client-save").await;
    open(browser, demo, &here, "admin-client").await;
    browser.go("#client-rotate").await;
    browser.look_at("admin-client-rotate", "").await;
    browser.go("#client-rotate-submit").await;
    browser.arrives_at("admin-client-secret").await;
    assert_ne!(browser.text("#client-secret").await, secret, "another secret");
    open(browser, demo, &here, "admin-client").await;
    browser.sees("#client-end-overlap").await;
    browser.look_at("admin-client", "two-secrets").await;
    browser.go("#client-off").await;
    browser.sees("main[data-page='admin-client'] .summary[role='alert']").await;
    browser.look_at("admin-client", "error").await;
    assert!(browser.has("#client-off").await, "without a reason nothing is switched off");
}
