//! What the console and the pages beside it keep apart: whose figures and receipts somebody sees, which systems are there
//! for whom, who is told of a new address, whose a user name stays, and whose seals count after a change of keys.

use crate::clients_console::{self, send};
use crate::person_edits::{self, about, opened};
use crate::receipts::given_up;
use crate::rights_scene::{SAI_GON, TAN_DINH, admin, everywhere, post, within};
use crate::support::clients::words;
use crate::support::imports::{self, bring, undo};
use crate::support::people::{HEADER, lock, person, row};
use crate::support::post::stage_with_post;
use crate::support::records::{count_of, outbox, rows_of};
use crate::support::registry::gso;
use crate::support::trail::{Hand, exported, forged, keys, own, run, scene};
use crate::support::{Answer, Official, TestApp};
use motlan::base::date::vietnam_date;
use motlan::base::id::{PositionId, UnitId};
use motlan::crypto::keyring::SigningKey;
use motlan::model::admin_scope::AdminRole;
use motlan::model::audit_entry::{Seal, write_digest};
use motlan::model::authority::ReadFigures;
use motlan::model::lifetimes::RECOVERIES_KEPT_SECONDS;
use motlan::model::notice::NoticeKind;
use motlan::service::Origin;
use motlan::service::authority::Authority;
use motlan::service::figures::{self, Overview, Span, count};
use motlan::service::notices::{self, addresses};
use motlan::service::provisioning::roles;
use motlan::service::trail::chain;
use motlan::service::trail::lines::{self, Line, SealLine};
use motlan::service::trail::report::Wrong;
use motlan::service::trail::seal::{self, PublicKey};
use motlan::service::trail::verify::{self, Means};
use motlan::store::approvals::RECOVERED_SECONDS;

const RECEIPTS: &str = "/admin/receipts";
const NEW: &str = "/admin/people/new";

fn unit(app: &TestApp, code: &str) -> UnitId {
    let today = vietnam_date(app.services().clock.now());
    gso(&app.services().known.registry(), code, today).id.clone()
}

async fn overview(app: &TestApp, authority: &Authority) -> Overview {
    let proof = authority.units::<ReadFigures>().expect("figures");
    figures::overview(app.services(), &proof, Span::Today).await.expect("figures")
}

#[tokio::test]
async fn whoever_looks_after_a_unit_sees_its_sign_ins_and_nothing_of_the_city() {
    let app = TestApp::with_registry().await;
    let (kim, lan) = (app.official_in("kim", &[SAI_GON]).await, app.official_in("lan", &[TAN_DINH]).await);
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut head = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    for official in [&kim, &kim, &lan] {
        app.browser().sign_in(official, "/signin").await;
    }
    app.advance_seconds(61);
    chain::run(app.services(), "test").await.expect("the chain grows");
    count::run(app.services(), "test").await.expect("counted");

    let of_city = overview(&app, &root.authority(&app).await).await;
    let own = overview(&app, &head.authority(&app).await).await;

    assert!(of_city.whole && of_city.sign_ins >= 5 && !of_city.methods.is_empty());
    assert_eq!((own.whole, own.sign_ins), (false, 2));
    assert_eq!(own.units, [(Some(unit(&app, SAI_GON)), 2)]);
    assert_eq!(own.slots.iter().filter_map(|slot| slot.sign_ins).sum::<i64>(), 2);
    assert!(own.methods.is_empty() && own.reasons.is_empty() && own.clients.is_empty());
    assert_eq!((own.failures, own.gauges.signed_in, own.gauges.people), (0, 0, 0));
    let page = head.browser.get("/admin").await;
    assert_eq!((page.status, page.page()), (200, Some("admin-overview")), "{}", page.body);
    assert!(page.body.contains("id=\"by-unit\"") && !page.body.contains("Tân Định"), "{}", page.body);
    for kept in ["id=\"by-method\"", "id=\"failed\"", "id=\"by-system\""] {
        assert!(!page.body.contains(kept), "{kept}");
        assert!(root.browser.get("/admin").await.body.contains(kept), "{kept}");
    }
}

#[tokio::test]
async fn a_user_name_that_was_taken_back_is_nobody_elses_when_it_is_typed() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let file = format!("{HEADER}{}", row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "Chuyên viên"));
    let address = bring(&app, &mut root, "people", &file).await;
    let kim = person(&app, "kim.nt").await.expect("a person").id;
    undo(&app, &mut root, &address).await;
    let sai_gon = unit(&app, SAI_GON).0;
    let joiner = |full_name| {
        [
            ("username", "kim.nt"),
            ("full_name", full_name),
            ("unit", sai_gon.as_str()),
            ("title", "Chuyên viên"),
            ("kind", "cong_chuc"),
            ("primary", "1"),
            ("valid_from", "01/12/2026"),
        ]
    };

    let another = post(&mut root, NEW, &joiner("Trần Văn Lệ")).await;

    assert_eq!(another.status, 422, "{}", another.body);
    assert!(another.body.contains("id=\"username-problem\""), "{}", another.body);
    assert!(person(&app, "kim.nt").await.is_none());
    assert_eq!(count_of(&app, "person.added").await, 0);
    let same = post(&mut root, NEW, &joiner("Nguyễn Thị Kim")).await;
    assert_eq!(same.status, 303, "{}", same.body);
    assert_eq!(person(&app, "kim.nt").await.expect("a person").id, kim);
}

/// What mails say of a new address.
const MOVED: &str = "Địa chỉ thư điện tử";

async fn told(app: &TestApp) -> u64 {
    addresses::run(app.services(), "test").await.expect("told")
}

#[tokio::test]
async fn whoever_is_given_another_address_is_told_at_both_of_them_and_once() {
    let (app, post) = stage_with_post().await;
    let (kim, lan) = (app.official("kim").await, app.official("lan").await);
    let (_, mut root) = person_edits::administrator(&app, "root", AdminRole::System, None).await;
    let edit = about(&kim, "/edit");
    let page = opened(&mut root, &edit).await;
    assert_eq!(told(&app).await, 0, "whoever is new was told nothing");

    let saved = person_edits::send(&mut root, &edit, &page, &[("email", "kim.moi@vi-du.vn"), ("reason", "Đổi hộp thư")]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    bring(&app, &mut root, "people", "username,full_name,email\nlan,Nguyễn Văn lan,lan.moi@vi-du.vn\n").await;

    assert_eq!(told(&app).await, 2);
    assert_eq!(told(&app).await, 0, "once");
    bring(&app, &mut root, "people", "username,full_name,phone\nlan,Nguyễn Văn lan,0911222333\n").await;
    assert_eq!(told(&app).await, 0, "a telephone number is no address");
    let letters = post.letters(&app).await;
    let moved: Vec<_> = letters.iter().filter(|letter| letter.text().contains(MOVED)).collect();
    let mut to: Vec<&str> = moved.iter().map(|letter| letter.to()).collect();
    to.sort_unstable();
    assert_eq!(to, ["kim.moi@vi-du.vn", "kim@vi-du.vn", "lan.moi@vi-du.vn", "lan@vi-du.vn"]);
    for official in [&kim, &lan] {
        let notices = notices::list(app.services(), &official.id).await.expect("notices");
        assert_eq!(notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(), [NoticeKind::EmailChanged]);
    }
    let before = moved.iter().find(|letter| letter.to() == "kim@vi-du.vn").expect("the address of before");
    assert!(!before.text().contains("kim.moi"), "where mail goes now is nobody's who reads the old box");
    let asked = app.browser().get(&before.link(&app)).await;
    assert_eq!((asked.status, asked.page()), (200, Some("not-me")), "{}", asked.body);
}

/// Which systems a page has tiles of.
fn tiles(page: &Answer) -> Vec<&str> {
    let links = page.body.split("<a class=\"tile\" href=\"https://").skip(1);
    let mut found: Vec<&str> = links.filter_map(|rest| rest.split('.').next()).collect();
    found.sort_unstable();
    found
}

async fn grant(app: &TestApp, official: &Official, client_id: &str, position: Option<&PositionId>) {
    let origin = Origin::command_line();
    let (username, position) = (official.username.as_str(), position.cloned());
    let request = roles::Request { username, client_id, role: "xu-ly", position, actor: "os:test", origin: &origin };
    assert!(roles::grant(app.services(), &request).await.expect("a role"));
}

#[tokio::test]
async fn tiles_are_of_the_systems_that_a_person_enters_as_they_act() {
    let app = TestApp::with_registry().await;
    let systems: [(&str, &[&str]); 4] = [("mo", &[]), ("dat-dai", &["xu-ly"]), ("ho-so", &["xu-ly"]), ("van-ban", &["xu-ly"])];
    for (id, declared) in systems {
        app.client(id, |settings| {
            settings.home_uri = Some(format!("https://{id}.example/"));
            settings.roles = words(declared);
        })
        .await;
    }
    let kim = app.official_in("kim", &[SAI_GON, TAN_DINH]).await;
    let (first, second) = (&kim.positions[0], &kim.positions[1]);
    grant(&app, &kim, "dat-dai", None).await;
    grant(&app, &kim, "ho-so", Some(second)).await;
    let mut browser = app.browser();
    browser.sign_in(&kim, "/signin").await;

    let undecided = browser.get("/").await;
    assert_eq!(tiles(&undecided), ["dat-dai", "ho-so", "mo"], "a system asks for the position: {}", undecided.body);
    for (position, expected) in [(first, &["dat-dai", "mo"][..]), (second, &["dat-dai", "ho-so", "mo"][..])] {
        let csrf = browser.get("/").await.hidden("csrf");
        let chosen = browser.post("/account/position", &[("csrf", &csrf), ("position", position.as_str())]).await;
        assert_eq!(chosen.status, 303, "{}", chosen.body);
        assert_eq!(tiles(&browser.get("/").await), expected);
        assert!(!browser.get("/?q=van").await.body.contains("van-ban"), "nor is it found");
    }
}

#[test]
fn whoever_let_somebody_back_in_is_known_for_as_long_as_it_counts() {
    const { assert!(RECOVERIES_KEPT_SECONDS >= RECOVERED_SECONDS) };
}

#[tokio::test]
async fn the_page_of_a_disabled_person_leads_to_the_removal_whoever_may_ask_for_it() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut head = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    let here = about(&kim, "");
    assert!(!root.browser.get(&here).await.body.contains("person-erase"), "nobody asks for that of somebody at work");

    lock(&app, &kim).await;

    let link = format!("id=\"person-erase\" href=\"{here}/erase\"");
    let page = root.browser.get(&here).await;
    assert!(page.body.contains(&link), "{}", page.body);
    let page = head.browser.get(&here).await;
    assert_eq!(page.page(), Some("admin-person"));
    assert!(!page.body.contains("person-erase"), "{}", page.body);
}

#[tokio::test]
async fn whoever_owns_a_system_sees_its_receipts_and_sends_its_dead_letters_again() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let sid = given_up(&app, &kim, &receiver).await;
    let (_, mut owner) = clients_console::administrator(&app, "owner", AdminRole::Application, Some("told")).await;
    let (_, mut other) = clients_console::administrator(&app, "other", AdminRole::Application, Some("own")).await;
    let receipt = outbox(&app, &sid).await.remove(0);
    let again = [("act", "again"), ("receipt", receipt.id.as_str())];

    for fields in [&again[..], &[("act", "all"), ("client", "told")][..]] {
        let refused = send(&mut other, RECEIPTS, fields).await;
        assert_eq!((refused.status, refused.error_page()), (404, Some("not_found")), "{fields:?}");
    }
    assert!(outbox(&app, &sid).await[0].dead_at.is_some(), "nothing was sent");
    assert_eq!(other.get(&format!("{RECEIPTS}?client=told")).await.status, 404);
    let page = other.get(RECEIPTS).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-receipts")), "{}", page.body);
    assert!(!page.body.contains("Hệ thống told") && !page.body.contains("/out"), "{}", page.body);

    let page = owner.get(RECEIPTS).await;
    assert!(page.body.contains("Hệ thống told") && page.body.contains("value=\"again\""), "{}", page.body);
    receiver.answer_with(204);
    let sent = send(&mut owner, RECEIPTS, &again).await;
    assert_eq!((sent.status, sent.location()), (303, "/admin/receipts?outcome=waiting&done=1&client=told"), "{}", sent.body);
    app.deliver_logouts().await;
    assert!(outbox(&app, &sid).await[0].delivered_at.is_some());
    let rows = rows_of(&app, "logout.retried").await;
    assert_eq!((rows.len(), rows[0].client_id.as_deref()), (1, Some("told")));
}

/// Entries under a seal of another key than those before them; the number of the last one of before.
async fn rotated(app: &TestApp) -> i64 {
    let turn = own(app).await.last.expect("entries");
    seal::rotate(app.services(), "os:test").await.expect("another key");
    app.official("later").await;
    app.advance_seconds(60);
    assert!(run(app, "one").await >= 2);
    turn
}

#[tokio::test]
async fn records_stay_whole_over_a_change_of_their_key_and_each_seal_names_its_own() {
    let (app, dir) = scene().await;
    let services = app.services();
    let path = dir.path().join("audit.jsonl");
    let first = keys(&app).await;

    let turn = rotated(&app).await;

    let report = own(&app).await;
    assert!(report.whole && report.macs_checked, "{}", report.sentence());
    let all = keys(&app).await;
    assert_eq!((all.len(), &all[..1], all[1].after), (2, &first[..], turn));
    let newest = report.newest_seal.expect("a seal");
    assert_eq!(seal::signed_by(&newest.seal).as_ref(), Some(&all[1].kid));
    let row = rows_of(&app, "audit.key_rotated").await.remove(0);
    assert!(row.detail.contains(&all[0].kid) && row.detail.contains(&all[1].kid), "{}", row.detail);

    std::fs::write(&path, exported(&app).await).expect("written");
    let printed = seal::public_keys(services).await.expect("an answer").expect("keys").to_string();
    let kept = PublicKey::read_all(&printed).expect("keys");
    assert_eq!(kept, all, "as they are printed, with their turns");
    let means = Means { keys: kept, ..Means::default() };
    let report = verify::file(&path, &means).await.expect("an answer");
    assert!(report.whole && report.last > Some(turn), "{}", report.sentence());
    let means = Means { keys: first, ..Means::default() };
    assert!(!verify::file(&path, &means).await.expect("an answer").whole, "the first key alone says nothing of the second");

    seal::rotate(services, "os:test").await.expect("a third key");
    let twice = seal::rotate(services, "os:test").await.expect_err("the third has signed nothing yet");
    assert!(twice.to_string().contains("signed nothing"), "{twice}");
    assert_eq!((keys(&app).await.len(), count_of(&app, "audit.key_rotated").await), (3, 2));
    assert!(own(&app).await.whole);
}

/// The same export with every seal after a number signed anew over what stands before it now.
fn sealed_anew(text: &str, keys: &[PublicKey], with: &SigningKey, after: i64) -> String {
    let (mut out, mut end) = (Vec::new(), String::new());
    for line in text.lines() {
        let line = match lines::read(line) {
            Some(Line::Entry(entry)) => {
                end = write_digest(&entry.read().expect("an entry").1.link);
                line.to_owned()
            }
            Some(Line::Seal(sealed)) => {
                let mut said = seal::open::<Seal>(keys, &sealed.seal).expect("a seal");
                said.link.clone_from(&end);
                let anew = seal::sign(with, &said).expect("signed");
                let seal = if said.seq > after { anew } else { sealed.seal };
                serde_json::to_string(&SealLine { seal }).expect("a line")
            }
            Some(Line::Head(_)) | None => line.to_owned(),
        };
        out.push(line + "\n");
    }
    out.concat()
}

#[tokio::test]
async fn what_a_stolen_key_seals_after_its_turn_is_named() {
    let (app, dir) = scene().await;
    let services = app.services();
    let path = dir.path().join("audit.jsonl");
    let stolen = {
        let mut conn = services.store.read().await.expect("a connection");
        seal::signer(&mut conn, &services.envelope).await.expect("an answer").expect("a key")
    };
    let turn = rotated(&app).await;
    let all = keys(&app).await;
    let text = forged(&exported(&app).await, turn + 1);

    std::fs::write(&path, sealed_anew(&text, &all, &stolen, turn)).expect("written");

    let means = Means { keys: all.clone(), ..Means::default() };
    let finding = verify::file(&path, &means).await.expect("an answer").finding.expect("found");
    assert_eq!((finding.wrong, finding.seq), (Wrong::Seal, Some(turn + 1)), "{}", finding.sentence());
    assert!(finding.what.contains(&all[0].kid) && finding.what.contains("turn"), "{}", finding.sentence());
    // With the key-encryption key the MACs name the very entry.
    let means = Means { keys: all.clone(), envelope: Some(services.envelope.clone()), ..Means::default() };
    let finding = verify::file(&path, &means).await.expect("an answer").finding.expect("found");
    assert_eq!((finding.wrong, finding.seq, finding.until), (Wrong::Altered, Some(turn + 1), None), "{}", finding.sentence());

    // The same in the database, and nothing is lined up behind it.
    let hand = Hand::of(&app);
    hand.remember().await;
    let newest = own(&app).await.newest_seal.expect("a seal");
    let said = seal::open::<Seal>(&all, &newest.seal).expect("a seal");
    let anew = seal::sign(&stolen, &said).expect("signed");
    hand.execute(&format!("UPDATE audit_seals SET seal = '{anew}' WHERE seq = {}", said.seq)).await;
    let finding = own(&app).await.finding.expect("found");
    assert_eq!((finding.wrong, finding.seq), (Wrong::Seal, Some(turn + 1)), "{}", finding.sentence());
    app.advance_seconds(60);
    assert!(chain::run(services, "one").await.is_err());
    assert!(seal::rotate(services, "os:test").await.is_err());
    hand.put_back().await;

    // Nor does another hand move the beginning of a turn.
    let moved = format!(
        "UPDATE audit_keys SET public_jwk = replace(public_jwk, '\"motlan_after\":{turn}', '\"motlan_after\":{}')",
        said.seq
    );
    hand.execute(&moved).await;
    assert_eq!(own(&app).await.finding.expect("found").wrong, Wrong::Seal);
    hand.put_back().await;
    assert!(own(&app).await.whole);
}
