//! What deciding about legacy accounts promises: what was looked at is what is decided, everything is on record with who
//! and why, whoever decided can take it back, and no rule touches it afterwards.

use crate::rights_scene::{Admin, admin, everywhere};
use crate::support::TestApp;
use crate::support::people::{HEADER as PEOPLE, people, person};
use crate::support::records::{count_of, rows_of};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::ReviewLegacy;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{HashSettings, Settings};
use motlan::service::Origin;
use motlan::service::authority::Units;
use motlan::service::legacy::review::{self, Apply, Asked, BatchAct, Choice, Filter, ReviewError, UnitAsked};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::legacy::{import, matching};
use motlan::service::provisioning::person_import;
use motlan::store::legacy_reviews::{self, ReviewRow};
use std::io::Cursor;
use time::macros::date;

pub const HEADER: &str = "legacy_id,username,full_name,date_of_birth,personal_number,email,phone,unit_code,title,status\n";
pub const NUMBER: &str = "074086000001";
pub const BORN: &str = "14/03/1986";
const WHY: &str = "QĐ 12/UBND";

/// A provider with the units and one old system.
pub async fn house() -> TestApp {
    let app = TestApp::with_registry().await;
    let source = NewSource {
        id: "bd".to_owned(),
        name: None,
        province: Some("74".to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    };
    sources::add(app.services(), source, "os:test").await.expect("a source");
    app
}

/// Brings accounts in and has them matched.
pub async fn bring(app: &TestApp, rows: &[&str]) {
    let origin = Origin::command_line();
    let text = format!("{HEADER}{}\n", rows.join("\n"));
    let request =
        import::Request { source: "bd", encoding: None, accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let report = import::import(app.services(), Cursor::new(text), &request, |_| {}).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    matched(app).await;
}

pub async fn matched(app: &TestApp) {
    let origin = Origin::command_line();
    let request = matching::Request { source: None, actor: "os:test", origin: &origin };
    matching::run(app.services(), &request, |_| {}).await.expect("a summary");
}

pub async fn official(app: &TestApp, username: &str, name: &str, number: &str) -> PersonId {
    let origin = Origin::command_line();
    let request = person_import::Request { accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let text = format!("{PEOPLE}{username},{name},1986-03-14,{number},,,,,,,,,,,\n");
    person_import::import(app.services(), text.as_bytes(), &request, |_| {}).await.expect("a report");
    person(app, username).await.expect("a person").id
}

pub fn key(id: &str) -> AccountKey {
    AccountKey { source: "bd".to_owned(), legacy_id: id.to_owned() }
}

pub async fn stored(app: &TestApp, id: &str) -> ReviewRow {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_reviews::find(&mut conn, &key(id)).await.expect("an answer").expect("an account")
}

pub async fn proof(app: &TestApp, admin: &Admin) -> Units<ReviewLegacy> {
    admin.authority(app).await.units::<ReviewLegacy>().expect("a proof")
}

pub async fn mark(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str) -> String {
    review::look(app.services(), proof, &key(id), None).await.expect("a sheet").mark
}

pub async fn decide(
    app: &TestApp,
    proof: &Units<ReviewLegacy>,
    (id, mark): (&str, &str),
    choice: Choice,
) -> Result<Option<PersonId>, ReviewError> {
    review::decide(app.services(), proof, &Asked { key: &key(id), mark, choice, reason: WHY }).await
}

#[tokio::test]
async fn a_link_stands_whatever_is_matched_later_and_is_on_record_with_its_reason() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let seen = mark(&app, &proof, "1").await;

    let owner = decide(&app, &proof, ("1", &seen), Choice::Link(kim.clone())).await.expect("decided");
    matched(&app).await;

    assert_eq!(owner, Some(kim.clone()));
    let row = stored(&app, "1").await;
    assert_eq!((row.decision.as_str(), row.rule.as_str(), row.person_id), ("linked", "by_hand", Some(kim.0.clone())));
    assert_eq!((row.decided_by, row.decided_why.as_str()), (Some(root.official.id.0.clone()), WHY));
    let records = rows_of(&app, "legacy.account_linked").await;
    let [record] = records.as_slice() else { panic!("one row: {records:?}") };
    assert_eq!((record.actor.as_deref(), record.person_id.as_deref()), (Some(root.official.id.as_str()), Some(kim.as_str())));
    assert!(record.detail.contains(WHY) && record.detail.contains("acting_as"), "{}", record.detail);
    assert_eq!(count_of(&app, "legacy.account_looked").await, 1);
}

#[tokio::test]
async fn of_two_who_decide_at_once_one_is_heard_and_the_other_is_told() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,"]).await;
    let one = admin(&app, "one", &[], everywhere(AdminRole::System)).await;
    let two = admin(&app, "two", &[], everywhere(AdminRole::Directory)).await;
    let (one, two) = (proof(&app, &one).await, proof(&app, &two).await);
    let seen = mark(&app, &one, "1").await;
    assert_eq!(seen, mark(&app, &two, "1").await);

    let (first, second) =
        tokio::join!(decide(&app, &one, ("1", &seen), Choice::Link(kim)), decide(&app, &two, ("1", &seen), Choice::Reject));

    assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first:?} {second:?}");
    let told = first.err().or(second.err());
    assert!(matches!(told, Some(ReviewError::Changed)), "{told:?}");
    assert_eq!(count_of(&app, "legacy.account_linked").await + count_of(&app, "legacy.account_rejected").await, 1);
}

#[tokio::test]
async fn whoever_is_made_by_hand_has_what_matching_gives_and_nobody_gets_a_number_that_is_somebodys() {
    let app = house().await;
    official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    bring(&app, &["1,be,Trần Thị Bé,14/03/1986,074086000001,,,,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let before = people(&app).await;
    let seen = mark(&app, &proof, "1").await;

    let be = decide(&app, &proof, ("1", &seen), Choice::Create).await.expect("decided").expect("a person");

    let found = person(&app, "be").await.expect("a person");
    assert_eq!((found.id, found.full_name.as_str(), found.has_personal_number), (be.clone(), "Trần Thị Bé", false));
    assert_eq!(people(&app).await, before + 1);
    let records = rows_of(&app, "legacy.person_created").await;
    assert!(
        records
            .iter()
            .any(|row| row.person_id.as_deref() == Some(be.as_str()) && row.detail.contains("\"number_left_out\":true"))
    );
    assert!(records.iter().all(|row| !row.detail.contains(NUMBER)));
    assert_eq!(stored(&app, "1").await.decision, "created");
}

#[tokio::test]
async fn a_decision_is_taken_back_by_whoever_made_it_once_and_what_stood_there_stands_again() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let other = admin(&app, "other", &[], everywhere(AdminRole::Directory)).await;
    let (mine, theirs) = (proof(&app, &root).await, proof(&app, &other).await);
    let before = stored(&app, "1").await;
    let seen = mark(&app, &mine, "1").await;
    decide(&app, &mine, ("1", &seen), Choice::Link(kim.clone())).await.expect("decided");
    let sheet = review::look(app.services(), &mine, &key("1"), None).await.expect("a sheet");
    let id = sheet.decisions.first().expect("a decision").id.clone();

    let refused = review::undo(app.services(), &theirs, &key("1"), (&id, WHY)).await;
    assert!(matches!(refused, Err(ReviewError::NotThere)), "{refused:?}");
    let silent = review::undo(app.services(), &mine, &key("1"), (&id, " ")).await;
    assert!(matches!(silent, Err(ReviewError::Reason)), "{silent:?}");
    assert_eq!(stored(&app, "1").await.person_id, Some(kim.0.clone()), "nothing happened");
    review::undo(app.services(), &mine, &key("1"), (&id, WHY)).await.expect("undone");

    assert_eq!(stored(&app, "1").await, before);
    let again = review::undo(app.services(), &mine, &key("1"), (&id, WHY)).await;
    assert!(matches!(again, Err(ReviewError::Nothing)), "{again:?}");
    assert_eq!((count_of(&app, "legacy.decision_undone").await, count_of(&app, "legacy.account_released").await), (1, 1));
}

#[tokio::test]
async fn a_person_who_was_made_is_the_same_again_after_an_undo() {
    let app = house().await;
    official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let seen = mark(&app, &proof, "1").await;
    let made = decide(&app, &proof, ("1", &seen), Choice::Create).await.expect("decided");
    let all = people(&app).await;
    let sheet = review::look(app.services(), &proof, &key("1"), None).await.expect("a sheet");
    review::undo(app.services(), &proof, &key("1"), (&sheet.decisions[0].id, WHY)).await.expect("undone");
    assert_eq!(stored(&app, "1").await.person_id, None);

    app.advance_seconds(5);
    let seen = mark(&app, &proof, "1").await;
    let again = decide(&app, &proof, ("1", &seen), Choice::Create).await.expect("decided");

    assert_eq!((again, people(&app).await), (made, all));
}

#[tokio::test]
async fn a_batch_does_exactly_what_was_shown_or_nothing() {
    let app = house().await;
    official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    official(&app, "be.tt", "Trần Thị Bé", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,", "2,be,Trần Thị Bé,14/03/1986,,,,,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let filter = Filter { source: "bd".to_owned(), ..Filter::default() };
    let shown = review::preview(app.services(), &proof, &filter, BatchAct::Link).await.expect("a preview");
    assert_eq!((shown.count, shown.lines.len()), (2, 2));
    let seen = mark(&app, &proof, "2").await;
    decide(&app, &proof, ("2", &seen), Choice::Reject).await.expect("decided");

    let late = Apply { act: BatchAct::Link, digest: &shown.digest, reason: WHY };
    let refused = review::apply(app.services(), &proof, &filter, late).await;
    assert!(matches!(refused, Err(ReviewError::Changed)), "{refused:?}");
    assert_eq!((stored(&app, "1").await.decision.as_str(), count_of(&app, "legacy.batch_decided").await), ("review", 0));

    let shown = review::preview(app.services(), &proof, &filter, BatchAct::Link).await.expect("a preview");
    let now = Apply { act: BatchAct::Link, digest: &shown.digest, reason: WHY };
    assert_eq!(review::apply(app.services(), &proof, &filter, now).await.expect("decided"), 1);
    assert_eq!(stored(&app, "1").await.decision, "linked");
    assert_eq!((stored(&app, "2").await.decision.as_str(), count_of(&app, "legacy.batch_decided").await), ("rejected", 1));
}

#[tokio::test]
async fn a_unit_is_chosen_by_its_code_and_no_rule_chooses_another_one() {
    let app = house().await;
    bring(&app, &["1,an,Nguyễn Văn An,14/03/1986,,,,99999,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    assert_eq!(stored(&app, "1").await.unit_decision, "unknown");
    let seen = mark(&app, &proof, "1").await;

    let nowhere = UnitAsked { key: &key("1"), mark: &seen, unit: "00000", reason: WHY };
    let refused = review::choose(app.services(), &proof, &nowhere).await;
    assert!(matches!(refused, Err(ReviewError::Unit)), "{refused:?}");
    let asked = UnitAsked { key: &key("1"), mark: &seen, unit: "26740", reason: WHY };
    let unit = review::choose(app.services(), &proof, &asked).await.expect("chosen");
    matched(&app).await;

    let row = stored(&app, "1").await;
    assert_eq!((row.unit_decision.as_str(), row.unit_id, row.unit_reason.as_str()), ("mapped", Some(unit.0), "by_hand"));
    assert_eq!(count_of(&app, "legacy.unit_decided").await, 1);
}

#[tokio::test]
async fn the_pages_show_no_whole_number_and_a_form_without_a_reason_changes_nothing() {
    let app = house().await;
    official(&app, "kim.nt", "Nguyễn Thị Kim", NUMBER).await;
    bring(&app, &["1,be,Trần Thị Bé,14/03/1986,074086000001,,,,,"]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let here = format!("/admin/legacy/accounts/{}", review::name_of(&key("1")));

    let list = root.browser.get("/admin/legacy").await;
    assert_eq!((list.status, list.page()), (200, Some("admin-legacy")), "{}", list.body);
    assert!(list.body.contains("Trần Thị Bé") && list.body.contains(&here), "{}", list.body);
    let page = root.browser.get(&here).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-legacy-account")), "{}", page.body);
    assert!(page.body.contains("074••••••001") && !page.body.contains(NUMBER), "{}", page.body);
    let seen = page.hidden("mark");
    let silent = root.post(&here, &[("act", "reject"), ("mark", &seen), ("reason", "")]).await;

    assert_eq!((silent.status, silent.page()), (422, Some("admin-legacy-account")), "{}", silent.body);
    assert_eq!(stored(&app, "1").await.decision, "review");
    let done = root.post(&here, &[("act", "reject"), ("mark", &seen), ("reason", WHY)]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(stored(&app, "1").await.decision, "rejected");
}

#[tokio::test]
async fn whoever_has_the_account_is_merged_with_another_candidate_from_its_page() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    let other = official(&app, "kim.moi", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,"]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let here = format!("/admin/legacy/accounts/{}", review::name_of(&key("1")));
    let merge = format!("/admin/people/{kim}/merge?other={other}");

    let open = root.browser.get(&here).await;
    assert!(open.status == 200 && !open.body.contains("/merge?other="), "nobody has it yet: {}", open.body);
    let proof = proof(&app, &root).await;
    let seen = mark(&app, &proof, "1").await;
    decide(&app, &proof, ("1", &seen), Choice::Link(kim.clone())).await.expect("decided");
    let page = root.browser.get(&here).await;

    assert!(page.body.contains(&format!("href=\"{merge}\"")), "{}", page.body);
    assert_eq!(page.body.matches("/merge?other=").count(), 1, "nobody is merged with themselves: {}", page.body);
    let beside = root.browser.get(&merge).await;
    assert_eq!((beside.status, beside.page()), (200, Some("admin-merge")), "{}", beside.body);
    assert!(beside.body.contains("id=\"compare\""), "{}", beside.body);
}

/// The key within the source of what a search finds.
async fn found(app: &TestApp, proof: &Units<ReviewLegacy>, q: &str) -> Vec<String> {
    let filter = Filter { q: q.to_owned(), ..Filter::default() };
    let listed = review::list(app.services(), proof, &filter, None).await.expect("a list");
    listed.lines.into_iter().map(|line| line.legacy_id).collect()
}

#[tokio::test]
async fn a_search_finds_names_however_they_are_written_user_names_and_keys_as_they_are() {
    let app = house().await;
    let rows = [
        "1,tran1,Trần Thị Mỹ,14/03/1986,,,,,,",
        "2,le2.lv,Lê Văn Quý,14/03/1987,,,,,,",
        "3,nie3,H'Bia Niê,14/03/1988,,,,,,",
        "XET-1,xet,Nguyễn Văn Xét,14/03/1989,,,,,,",
    ];
    bring(&app, &rows).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    let table: [(&str, &[&str]); 10] = [
        ("Mỹ", &["1"]),
        ("mĩ tran", &["1"]),
        ("Quý", &["2"]),
        ("H'Bia", &["3"]),
        ("XET-1", &["XET-1"]),
        (" XET-1 ", &["XET-1"]),
        ("xet", &["XET-1"]),
        ("LE2.L", &["2"]),
        ("Mỹ Lê", &[]),
        ("%", &[]),
    ];
    for (q, expected) in table {
        assert_eq!(found(&app, &proof, q).await, expected, "{q}");
    }
}

/// The mark of the only candidate of an account.
async fn beside(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str) -> String {
    let sheet = review::look(app.services(), proof, &key(id), None).await.expect("a sheet");
    let [side] = sheet.candidates.as_slice() else { panic!("one candidate: {:?}", sheet.candidates) };
    side.mark.clone()
}

#[tokio::test]
async fn whoever_was_laid_beside_the_account_and_is_another_by_now_does_not_get_it() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let (seen, other) = (mark(&app, &proof, "1").await, beside(&app, &proof, "1").await);
    app.advance_seconds(60);
    official(&app, "kim.nt", "Nguyễn Thị Kim Anh", "").await;

    let late = Choice::Candidate { person: kim.clone(), mark: other };
    let refused = decide(&app, &proof, ("1", &seen), late).await;

    assert!(matches!(refused, Err(ReviewError::Changed)), "{refused:?}");
    assert_eq!((stored(&app, "1").await.decision.as_str(), count_of(&app, "legacy.account_linked").await), ("review", 0));
    let now = Choice::Candidate { person: kim.clone(), mark: beside(&app, &proof, "1").await };
    assert_eq!(decide(&app, &proof, ("1", &seen), now).await.expect("decided"), Some(kim));
}

#[tokio::test]
async fn an_account_is_joined_to_what_the_other_one_was_when_it_was_looked_at_or_not_at_all() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    let lan = official(&app, "lan.nt", "Nguyễn Thị Lan", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,", "2,lan,Nguyễn Thị Lan,14/03/1986,,,,,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let (one, two) = (mark(&app, &proof, "1").await, mark(&app, &proof, "2").await);
    decide(&app, &proof, ("2", &two), Choice::Link(lan.clone())).await.expect("decided");

    let late = Choice::Join { account: key("2"), mark: two };
    let refused = decide(&app, &proof, ("1", &one), late).await;

    assert!(matches!(refused, Err(ReviewError::Changed)), "{refused:?}");
    assert_eq!(stored(&app, "1").await.person_id, None);
    let now = Choice::Join { account: key("2"), mark: mark(&app, &proof, "2").await };
    assert_eq!(decide(&app, &proof, ("1", &one), now).await.expect("decided"), Some(lan));
    assert_ne!(stored(&app, "1").await.person_id, Some(kim.0));
}

#[tokio::test]
async fn a_form_that_does_not_say_who_was_beside_the_account_gives_it_to_nobody() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,,,"]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let here = format!("/admin/legacy/accounts/{}", review::name_of(&key("1")));
    let proof = proof(&app, &root).await;
    let (seen, other) = (mark(&app, &proof, "1").await, beside(&app, &proof, "1").await);

    let bare = format!("p.{kim}");
    let refused = root.post(&here, &[("act", "link"), ("mark", &seen), ("choice", &bare), ("reason", WHY)]).await;
    assert_eq!((refused.status, stored(&app, "1").await.person_id), (422, None), "{}", refused.body);

    let whole = format!("p.{kim}.{other}");
    let done = root.post(&here, &[("act", "link"), ("mark", &seen), ("choice", &whole), ("reason", WHY)]).await;
    assert_eq!((done.status, stored(&app, "1").await.person_id), (303, Some(kim.0)), "{}", done.body);
}

/// Says to which unit an account belongs, a while after whatever was before.
async fn choose(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str, unit: &str) -> String {
    app.advance_seconds(60);
    let seen = mark(app, proof, id).await;
    let asked = UnitAsked { key: &key(id), mark: &seen, unit, reason: WHY };
    review::choose(app.services(), proof, &asked).await.expect("chosen").0
}

#[tokio::test]
async fn a_unit_that_was_chosen_again_after_another_one_is_not_taken_back_by_the_first_choice() {
    let app = house().await;
    bring(&app, &["1,an,Nguyễn Văn An,14/03/1986,,,,99999,,"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let first = choose(&app, &proof, "1", "26740").await;
    let other = choose(&app, &proof, "1", "26737").await;
    assert_eq!(choose(&app, &proof, "1", "26740").await, first);
    let sheet = review::look(app.services(), &proof, &key("1"), None).await.expect("a sheet");
    let may: Vec<bool> = sheet.decisions.iter().map(|decided| decided.may_be_undone).collect();
    assert_eq!(may, [true, false, false], "the newest comes first");

    let refused = review::undo(app.services(), &proof, &key("1"), (&sheet.decisions[2].id, WHY)).await;

    assert!(matches!(refused, Err(ReviewError::Changed)), "{refused:?}");
    assert_eq!(stored(&app, "1").await.unit_id, Some(first));
    review::undo(app.services(), &proof, &key("1"), (&sheet.decisions[0].id, WHY)).await.expect("undone");
    assert_eq!(stored(&app, "1").await.unit_id, Some(other));
    assert_eq!(count_of(&app, "legacy.decision_undone").await, 1);
}
