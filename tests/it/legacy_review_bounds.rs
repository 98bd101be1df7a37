//! Who decides about legacy accounts: within their bounds, never about their own, never about an administrator unless they
//! look after the city; and only whoever runs the service brings files.

use crate::legacy_review::{BORN, bring, decide, house, key, mark, official, proof, stored};
use crate::rights_scene::{SAI_GON, TAN_DINH, admin, everywhere, within};
use crate::support::records::count_of;
use crate::support::registry::gso;
use crate::support::trail::Hand;
use crate::support::{Answer, Browser, TestApp};
use motlan::base::date::vietnam_date;
use motlan::model::admin_scope::AdminRole;
use motlan::service::legacy::files::work;
use motlan::service::legacy::review::{self, Choice, Filter, ReviewError, UnitAsked};
use std::fmt::Write as _;

/// Two accounts that wait, one in each ward.
async fn wards(app: &TestApp) {
    for (username, name) in [("kim.nt", "Nguyễn Thị Kim"), ("be.tt", "Trần Thị Bé")] {
        official(app, username, name, "").await;
    }
    let one = format!("1,kim,Nguyễn Thị Kim,{BORN},,,,gso:{SAI_GON},,");
    let two = format!("2,be,Trần Thị Bé,{BORN},,,,gso:{TAN_DINH},,");
    bring(app, &[&one, &two]).await;
    // Both belong to wards of today, whatever their codes meant before.
    let services = app.services();
    let registry = services.known.registry();
    let hand = Hand::of(app);
    for (id, code) in [("1", SAI_GON), ("2", TAN_DINH)] {
        let today = vietnam_date(services.clock.now());
        let unit = gso(&registry, code, today).id.0.clone();
        hand.execute(&format!(
            "UPDATE legacy_accounts SET unit_decision = 'mapped', unit_id = '{unit}', unit_reason = 'current_code'
              WHERE legacy_id = '{id}'"
        ))
        .await;
    }
}

#[tokio::test]
async fn an_administrator_of_a_unit_sees_and_decides_about_accounts_of_that_unit_alone() {
    let app = house().await;
    wards(&app).await;
    let inside = app.official_in("trong", &[SAI_GON]).await;
    let outside = app.official_in("ngoai", &[TAN_DINH]).await;
    let boss = admin(&app, "boss", &[SAI_GON], within(AdminRole::HelpDesk, SAI_GON)).await;
    let unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let proof = proof(&app, &unit).await;

    let listed = review::list(app.services(), &proof, &Filter::default(), None).await.expect("a list");
    assert_eq!(listed.lines.iter().map(|line| line.legacy_id.as_str()).collect::<Vec<_>>(), ["1"]);
    let hidden = review::look(app.services(), &proof, &key("2"), None).await;
    assert!(matches!(hidden, Err(ReviewError::NotThere)), "{hidden:?}");
    let sheet = review::look(app.services(), &proof, &key("1"), None).await.expect("a sheet");
    assert_eq!((sheet.candidates.len(), sheet.hidden), (0, 1), "whoever has no post there is nobody's to see");
    let seen = sheet.mark;
    for (choice, who) in [(outside.id.clone(), "outside"), (boss.official.id.clone(), "an administrator")] {
        let refused = decide(&app, &proof, ("1", &seen), Choice::Link(choice)).await;
        assert!(matches!(refused, Err(ReviewError::Person)), "{who}: {refused:?}");
    }
    let own = decide(&app, &proof, ("1", &seen), Choice::Link(unit.official.id.clone())).await;
    assert!(matches!(own, Err(ReviewError::Own)), "{own:?}");
    assert_eq!((stored(&app, "1").await.decision.as_str(), count_of(&app, "legacy.account_linked").await), ("review", 0));

    decide(&app, &proof, ("1", &seen), Choice::Link(inside.id.clone())).await.expect("decided");
    assert_eq!(stored(&app, "1").await.person_id, Some(inside.id.0));
}

#[tokio::test]
async fn a_post_that_somebody_holds_beside_in_a_unit_does_not_hand_their_account_to_it() {
    let app = house().await;
    wards(&app).await;
    let beside = app.official_in("kiem", &[TAN_DINH, SAI_GON]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let (city, proof) = (proof(&app, &root).await, proof(&app, &unit).await);
    let seen = mark(&app, &proof, "1").await;

    let refused = decide(&app, &proof, ("1", &seen), Choice::Link(beside.id.clone())).await;
    assert!(matches!(refused, Err(ReviewError::Person)), "{refused:?}");
    assert_eq!((stored(&app, "1").await.decision.as_str(), count_of(&app, "legacy.account_linked").await), ("review", 0));
    let named = review::person_of_username(app.services(), &proof, "kiem").await.expect("an answer");
    assert_eq!(named, None);

    // Once the account is theirs, nothing about it is that unit's to decide: neither whose it is, nor where it belongs.
    decide(&app, &city, ("1", &seen), Choice::Link(beside.id.clone())).await.expect("decided");
    let before = stored(&app, "1").await;
    let sheet = review::look(app.services(), &proof, &key("1"), None).await.expect("a sheet");
    assert!(sheet.owner.is_none() && sheet.owner_is_hidden);
    let seen = sheet.mark;
    for choice in [Choice::Reject, Choice::Create] {
        let refused = decide(&app, &proof, ("1", &seen), choice).await;
        assert!(matches!(refused, Err(ReviewError::Person)), "{refused:?}");
    }
    let asked = UnitAsked { key: &key("1"), mark: &seen, unit: SAI_GON, reason: "QĐ 1" };
    let refused = review::choose(app.services(), &proof, &asked).await;
    assert!(matches!(refused, Err(ReviewError::Person)), "{refused:?}");
    assert_eq!(stored(&app, "1").await, before);
    assert_eq!(count_of(&app, "legacy.unit_decided").await, 0);
}

#[tokio::test]
async fn nobody_decides_about_an_account_that_may_be_their_own() {
    let app = house().await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    bring(&app, &["1,root,Nguyễn Văn root,03/02/1980,,,,,,"]).await;
    let other = admin(&app, "other", &[], everywhere(AdminRole::System)).await;
    let (mine, theirs) = (proof(&app, &root).await, proof(&app, &other).await);
    let seen = mark(&app, &mine, "1").await;

    for choice in [Choice::Reject, Choice::Create, Choice::Link(other.official.id.clone())] {
        let refused = decide(&app, &mine, ("1", &seen), choice).await;
        assert!(matches!(refused, Err(ReviewError::Own)), "{refused:?}");
    }
    assert_eq!(stored(&app, "1").await.decision, "review");

    decide(&app, &theirs, ("1", &seen), Choice::Link(root.official.id.clone())).await.expect("decided");
    assert_eq!(stored(&app, "1").await.person_id, Some(root.official.id.0));
}

#[tokio::test]
async fn whoever_reads_everything_decides_nothing_and_brings_no_file() {
    let app = house().await;
    wards(&app).await;
    let mut auditor = admin(&app, "auditor", &[], everywhere(AdminRole::Auditor)).await;
    let mut directory = admin(&app, "directory", &[], everywhere(AdminRole::Directory)).await;
    let here = format!("/admin/legacy/accounts/{}", review::name_of(&key("1")));

    for path in ["/admin/legacy", here.as_str(), "/admin/legacy/sayings", "/admin/legacy/import"] {
        assert_eq!(auditor.browser.get(path).await.status, 404, "{path}");
    }
    assert_eq!(auditor.post(&here, &[("act", "reject"), ("reason", "QĐ 1")]).await.status, 404);
    assert_eq!(directory.browser.get("/admin/legacy").await.status, 200);
    assert_eq!(directory.browser.get("/admin/legacy/import").await.status, 404);
    assert_eq!(directory.post("/admin/legacy/import", &[("source", "bd")]).await.status, 404);
    assert_eq!((stored(&app, "1").await.decision.as_str(), count_of(&app, "legacy_file.uploaded").await), ("review", 0));
}

#[tokio::test]
async fn a_file_is_checked_first_changes_nothing_and_is_then_brought_in_as_at_the_command_line() {
    let app = house().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let csrf = root.browser.get("/admin/legacy/import").await.hidden("csrf");
    let text = "legacy_id,username,full_name\n1,an,Nguyễn Văn An\n2,be,Trần Thị Bé\n";
    let forged = send(&app, &root.browser, "forged", text).await;
    assert_eq!(forged.status, 403);
    let sent = send(&app, &root.browser, &csrf, text).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let here = sent.location().to_owned();

    while work::run(app.services(), "node").await.expect("the work goes on") {}
    let page = root.browser.get(&here).await;
    assert!(page.body.contains("utf-8") && page.body.contains("id=\"legacy-bring\""), "{}", page.body);
    assert_eq!(count_of(&app, "legacy.imported").await, 0, "it was only looked at");

    assert_eq!(root.post(&here, &[("act", "bring")]).await.status, 303);
    while work::run(app.services(), "node").await.expect("the work goes on") {}
    assert_eq!(stored(&app, "2").await.full_name, "Trần Thị Bé");
    assert_eq!(count_of(&app, "legacy.imported").await, 1);
    let again = root.post(&here, &[("act", "bring")]).await;
    assert!(again.location().ends_with("not_now=1"), "{}", again.location());
}

/// Sends a file of the source with a token.
async fn send(app: &TestApp, browser: &Browser, csrf: &str, text: &str) -> Answer {
    let mut body = String::new();
    for (name, value) in [("csrf", csrf), ("source", "bd"), ("encoding", "")] {
        write!(body, "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").expect("text");
    }
    body.push_str("--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cu.csv\"\r\n\r\n");
    body.push_str(text);
    body.push_str("\r\n--xyz--\r\n");
    let jar = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let request = http::Request::post("/admin/legacy/import");
    let request = request.header("content-type", "multipart/form-data; boundary=xyz").header("cookie", jar);
    app.request(request.body(body).expect("a request")).await
}
