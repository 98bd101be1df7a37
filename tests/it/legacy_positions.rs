//! What positions old accounts give: to whoever comes for the first time at once, as a run would; by a human's word as by
//! matching's, as long as that word stands; and what somebody told otherwise of since is left to them.

use crate::federation::{self, START};
use crate::legacy_review::{bring, decide, house, key, mark, official, proof, stored};
use crate::rights_scene::{admin, everywhere};
use crate::support::people::person;
use crate::support::records::{count_of, rows_of};
use crate::support::trail::Hand;
use crate::support::upstream::Upstream;
use crate::support::{Answer, TestApp};
use motlan::base::id::{ChangeSetId, PersonId};
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::ReviewLegacy;
use motlan::model::person::Person;
use motlan::model::position::Position;
use motlan::service::Origin;
use motlan::service::authority::Units;
use motlan::service::legacy::matching;
use motlan::service::legacy::review::{self, Apply, BatchAct, Choice, Filter, UnitAsked};
use motlan::store::{change_sets, persons, positions};
use serde_json::json;

const WHY: &str = "QĐ 12/UBND";
/// What the provider says beside who it is.
const CLAIMS: &str = "[claims]\npersonal_number = \"SoDinhDanh\"\nfull_name = \"HoVaTen\"\nunit_code = \"MaDonVi\"\n\
                      title = \"ChucVu\"\n";
/// Trần Thị Bé, as a file has her and as the provider does.
const BE: &str = "bd-2,be.tt,Trần Thị Bé,02/05/1990,074190000002,,,25747,Chuyên viên,active";
const BE_TOLD: (&str, &str) = ("Trần Thị Bé", "074190000002");

/// A provider as a source, and the units.
async fn provider() -> (TestApp, Upstream) {
    let (app, upstream) = (TestApp::with_registry().await, Upstream::start().await);
    federation::source(&app, &upstream, CLAIMS).await;
    (app, upstream)
}

/// Somebody comes as `bd-2`, and this is told of them.
async fn comes(app: &TestApp, upstream: &Upstream, (name, number): (&str, &str), unit: &str) -> Answer {
    upstream.userinfo(json!({
        "HoVaTen": name, "SoDinhDanh": number, "birthdate": "1990-05-02", "MaDonVi": unit, "ChucVu": "Chuyên viên",
    }));
    upstream.sign_in(app, &mut app.browser(), START, &json!({ "sub": "bd-2" })).await
}

/// Positions that a whole run gives, and those that it ends.
async fn run(app: &TestApp) -> (u64, u64) {
    let origin = Origin::command_line();
    let request = matching::Request { source: None, actor: "os:test", origin: &origin };
    let summary = matching::run(app.services(), &request, |_| {}).await.expect("a summary");
    (summary.positions_new, summary.positions_ended)
}

async fn somebody(app: &TestApp, id: &PersonId) -> Person {
    let mut conn = app.services().store.read().await.expect("a connection");
    persons::find(&mut conn, id).await.expect("an answer").expect("a person")
}

/// Whose an account is.
async fn owner(app: &TestApp, id: &str) -> Person {
    let row = stored(app, id).await;
    somebody(app, &PersonId(row.person_id.expect("an owner"))).await
}

/// The positions that somebody holds: unit, and whether it is the primary one.
fn held(person: &Person) -> Vec<(&str, bool)> {
    let open = person.positions.iter().filter(|position| position.valid_to.is_none());
    open.map(|position| (position.unit.as_str(), position.primary)).collect()
}

/// The unit of today of an account.
async fn unit_of(app: &TestApp, id: &str) -> String {
    stored(app, id).await.unit_id.expect("a unit")
}

/// Decides, a while after whatever was before; answers whose the account is now.
async fn link(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str, choice: Choice) -> PersonId {
    app.advance_seconds(60);
    let seen = mark(app, proof, id).await;
    let owner = decide(app, proof, (id, &seen), choice).await.expect("decided").expect("a person");
    app.advance_seconds(60);
    owner
}

/// Takes the last decision about an account back; answers the record of that.
async fn undo(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str) -> String {
    let sheet = review::look(app.services(), proof, &key(id), None).await.expect("a sheet");
    let decision = sheet.decisions.first().expect("a decision").id.clone();
    review::undo(app.services(), proof, &key(id), (&decision, WHY)).await.expect("undone");
    app.advance_seconds(60);
    rows_of(app, "legacy.decision_undone").await.pop().expect("a record").detail
}

#[tokio::test]
async fn whoever_comes_for_the_first_time_has_their_position_at_once_and_a_run_adds_nothing() {
    let (app, upstream) = provider().await;

    let answer = comes(&app, &upstream, BE_TOLD, "25747").await;

    assert_eq!(answer.page(), Some("confirm"), "{}", answer.body);
    let unit = unit_of(&app, "bd-2").await;
    assert_eq!(held(&owner(&app, "bd-2").await), [(unit.as_str(), true)]);
    assert_eq!(run(&app).await, (0, 0));
}

#[tokio::test]
async fn a_position_that_an_account_gives_no_more_ends_when_its_owner_comes() {
    let (app, upstream) = provider().await;
    bring(&app, &[BE]).await;
    let before = unit_of(&app, "bd-2").await;
    assert_eq!(held(&owner(&app, "bd-2").await), [(before.as_str(), true)]);
    app.advance_seconds(86_400);

    let answer = comes(&app, &upstream, BE_TOLD, "25744").await;

    assert_eq!(answer.page(), Some("confirm"), "{}", answer.body);
    let now = unit_of(&app, "bd-2").await;
    assert_ne!(now, before);
    let be = owner(&app, "bd-2").await;
    assert_eq!(held(&be), [(now.as_str(), true)]);
    assert_eq!(be.positions.len(), 2, "the one that ended stays on record");
    let ended = rows_of(&app, "legacy.positions_ended").await;
    let [ended] = ended.as_slice() else { panic!("one row: {ended:?}") };
    assert_eq!((ended.actor.as_deref(), ended.person_id.as_deref()), (Some("system:arrival"), Some(be.id.as_str())));
    assert_eq!(run(&app).await, (0, 0));
}

#[tokio::test]
async fn a_position_ends_when_the_account_comes_to_a_unit_that_is_in_question() {
    let (app, upstream) = provider().await;
    bring(&app, &[BE]).await;
    app.advance_seconds(86_400);

    comes(&app, &upstream, BE_TOLD, "25741").await;

    let row = stored(&app, "bd-2").await;
    assert_eq!(row.unit_decision, "review", "a divided commune");
    assert!(held(&owner(&app, "bd-2").await).is_empty());
    assert_eq!(count_of(&app, "legacy.positions_ended").await, 1);
    assert_eq!(run(&app).await, (0, 0));
}

#[tokio::test]
async fn a_name_that_somebody_else_got_takes_the_position_from_whoever_had_it_and_gives_nobody_one() {
    let (app, upstream) = provider().await;
    bring(&app, &[BE]).await;
    let be = owner(&app, "bd-2").await.id;
    app.advance_seconds(86_400);

    let answer = comes(&app, &upstream, ("Lê Văn Tư", "074090000009"), "25744").await;

    assert_eq!(answer.page(), Some("old-account"), "{}", answer.body);
    assert_eq!(stored(&app, "bd-2").await.rule, "subject_reused");
    assert!(held(&somebody(&app, &be).await).is_empty());
    assert_eq!(count_of(&app, "legacy.positions_ended").await, 1);
    assert_eq!(count_of(&app, "sign_in.succeeded").await, 0);
    assert_eq!(run(&app).await, (0, 0));
}

#[tokio::test]
async fn a_link_by_hand_gives_the_position_that_matching_gives_and_an_undo_takes_it_back() {
    let app = house().await;
    bring(&app, &["1,an,Nguyễn Văn An,14/03/1986,074086000001,,,25747,Chuyên viên,active"]).await;
    // Whose account is used is somebody whom the directory knows.
    Hand::of(&app).execute("UPDATE legacy_accounts SET first_used_at = 1, last_used_at = 1").await;
    bring(&app, &["2,an2,Nguyễn Văn An,14/03/1986,,,,25744,Phó phòng,active"]).await;
    assert_eq!(stored(&app, "2").await.decision, "review");
    let an = owner(&app, "1").await;
    let (first, second) = (unit_of(&app, "1").await, unit_of(&app, "2").await);
    assert_eq!(held(&an), [(first.as_str(), true)]);
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    link(&app, &proof, "2", Choice::Link(an.id.clone())).await;

    let mut expected = [(first.as_str(), true), (second.as_str(), false)];
    expected.sort_unstable();
    let after = somebody(&app, &an.id).await;
    let mut both = held(&after);
    both.sort_unstable();
    assert_eq!(both, expected);
    let record = rows_of(&app, "legacy.account_linked").await.pop().expect("a record");
    assert!(record.detail.contains(&format!("\"unit\":\"{second}\"")), "{}", record.detail);
    assert_eq!(run(&app).await, (0, 0));

    let told = undo(&app, &proof, "2").await;
    assert!(told.contains(&format!("\"position_taken_back\":\"{second}\"")), "{told}");
    assert_eq!(somebody(&app, &an.id).await.positions, an.positions, "as it was");
    assert_eq!(run(&app).await, (0, 0));
}

#[tokio::test]
async fn an_account_that_is_given_to_somebody_of_the_directory_gives_them_no_position() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,kim,Nguyễn Thị Kim,14/03/1986,,,,25747,Chuyên viên,active"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    link(&app, &proof, "1", Choice::Link(kim.clone())).await;

    assert!(somebody(&app, &kim).await.positions.is_empty());
    let told = undo(&app, &proof, "1").await;
    assert!(!told.contains("position"), "{told}");
}

#[tokio::test]
async fn whoever_is_made_by_hand_has_the_position_as_long_as_that_stands_and_the_same_one_again() {
    let app = house().await;
    official(&app, "be.tt", "Trần Thị Bé", "").await;
    bring(&app, &["1,be,Trần Thị Bé,14/03/1986,,,,25747,Chuyên viên,active"]).await;
    let unit = unit_of(&app, "1").await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    let be = link(&app, &proof, "1", Choice::Create).await;

    let made = somebody(&app, &be).await;
    assert_eq!(held(&made), [(unit.as_str(), true)]);
    let told = undo(&app, &proof, "1").await;
    assert!(told.contains("position_taken_back"), "{told}");
    let left = person(&app, "be").await.expect("whoever was made stays");
    assert_eq!((left.id.as_str(), left.positions.len()), (be.as_str(), 0));
    assert_eq!(link(&app, &proof, "1", Choice::Create).await, be);
    assert_eq!(somebody(&app, &be).await.positions, made.positions);
}

/// Somebody tells otherwise of a position.
async fn promote(app: &TestApp, person: &Person, title: &str) {
    let services = app.services();
    let now = services.clock.now();
    let position = person.positions.first().expect("a position").clone();
    let set = ChangeSetId::new(now, services.entropy.as_ref());
    let mut tx = services.store.write().await.expect("a unit of work");
    change_sets::add(&mut tx, &set, "edit", "os:test", now).await.expect("a set");
    let told = Position { title: title.to_owned(), ..position };
    positions::add(&mut tx, &set, &[(person.id.clone(), told)]).await.expect("told");
    assert!(change_sets::replace_people_version(&mut tx, &set, now).await.expect("an answer"));
    assert!(change_sets::mark_applied(&mut tx, &set, now).await.expect("an answer"));
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn a_position_that_somebody_changed_since_stays_as_it_is_and_the_record_says_so() {
    let app = house().await;
    official(&app, "be.tt", "Trần Thị Bé", "").await;
    bring(&app, &["1,be,Trần Thị Bé,14/03/1986,,,,25747,Chuyên viên,active"]).await;
    let unit = unit_of(&app, "1").await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let be = link(&app, &proof, "1", Choice::Create).await;
    promote(&app, &somebody(&app, &be).await, "Phó Chủ tịch").await;
    app.advance_seconds(60);

    let told = undo(&app, &proof, "1").await;

    assert!(told.contains(&format!("\"position_stayed\":\"{unit}\"")) && !told.contains("taken_back"), "{told}");
    let left = somebody(&app, &be).await;
    assert_eq!(held(&left), [(unit.as_str(), true)]);
    assert_eq!(left.positions[0].title, "Phó Chủ tịch");
    assert_eq!(stored(&app, "1").await.decision, "review", "the account itself is a question again");
}

#[tokio::test]
async fn where_the_primary_position_is_taken_back_the_next_one_becomes_that() {
    let app = house().await;
    official(&app, "be.tt", "Trần Thị Bé", "").await;
    let rows =
        ["1,be,Trần Thị Bé,14/03/1986,,,,25747,Chuyên viên,active", "2,be2,Trần Thị Bé,14/03/1986,,,,25744,Chuyên viên,active"];
    bring(&app, &rows).await;
    let second = unit_of(&app, "2").await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let be = link(&app, &proof, "1", Choice::Create).await;
    link(&app, &proof, "2", Choice::Link(be.clone())).await;
    assert_eq!(held(&somebody(&app, &be).await).len(), 2);

    undo(&app, &proof, "1").await;

    assert_eq!(held(&somebody(&app, &be).await), [(second.as_str(), true)]);
}

#[tokio::test]
async fn everybody_whom_a_batch_makes_has_a_position_and_each_is_taken_back_alone() {
    let app = house().await;
    official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    official(&app, "be.tt", "Trần Thị Bé", "").await;
    let rows = [
        "1,kim,Nguyễn Thị Kim,14/03/1986,,,,25747,Chuyên viên,active",
        "2,be,Trần Thị Bé,14/03/1986,,,,25744,Chuyên viên,active",
    ];
    bring(&app, &rows).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let filter = Filter { source: "bd".to_owned(), ..Filter::default() };
    let shown = review::preview(app.services(), &proof, &filter, BatchAct::Create).await.expect("a preview");
    let now = Apply { act: BatchAct::Create, digest: &shown.digest, reason: WHY };

    assert_eq!(review::apply(app.services(), &proof, &filter, now).await.expect("decided"), 2);
    app.advance_seconds(60);

    let (one, other) = (owner(&app, "1").await, owner(&app, "2").await);
    let (first, second) = (unit_of(&app, "1").await, unit_of(&app, "2").await);
    assert_eq!((held(&one), held(&other)), (vec![(first.as_str(), true)], vec![(second.as_str(), true)]));
    undo(&app, &proof, "1").await;
    assert!(somebody(&app, &one.id).await.positions.is_empty());
    assert_eq!(somebody(&app, &other.id).await.positions, other.positions, "and nothing else");
}

/// Says to which unit an account belongs, a while after whatever was before.
async fn choose(app: &TestApp, proof: &Units<ReviewLegacy>, id: &str, unit: &str) -> String {
    let seen = mark(app, proof, id).await;
    let asked = UnitAsked { key: &key(id), mark: &seen, unit, reason: WHY };
    let unit = review::choose(app.services(), proof, &asked).await.expect("chosen");
    app.advance_seconds(60);
    unit.0
}

#[tokio::test]
async fn whoever_is_made_by_hand_before_their_unit_is_known_has_the_position_with_its_decision_and_not_without() {
    let app = house().await;
    official(&app, "be.tt", "Trần Thị Bé", "").await;
    bring(&app, &["1,be,Trần Thị Bé,14/03/1986,,,,25741,Chuyên viên,active"]).await;
    assert_eq!(stored(&app, "1").await.unit_decision, "review", "a divided commune");
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let be = link(&app, &proof, "1", Choice::Create).await;
    assert!(somebody(&app, &be).await.positions.is_empty());

    let unit = choose(&app, &proof, "1", "26740").await;

    assert_eq!(held(&somebody(&app, &be).await), [(unit.as_str(), true)], "at once");
    assert_eq!(run(&app).await, (0, 0));
    let other = choose(&app, &proof, "1", "26737").await;
    assert_eq!(held(&somebody(&app, &be).await), [(other.as_str(), true)], "and not the one before");
    let told = undo(&app, &proof, "1").await;
    assert!(told.contains(&format!("\"position_taken_back\":\"{other}\"")), "{told}");
    assert_eq!(held(&somebody(&app, &be).await), [(unit.as_str(), true)]);
    assert_eq!(run(&app).await, (0, 0));
}

#[tokio::test]
async fn a_run_gives_their_position_to_whoever_was_made_by_hand_too() {
    let app = house().await;
    official(&app, "be.tt", "Trần Thị Bé", "").await;
    bring(&app, &["1,be,Trần Thị Bé,14/03/1986,,,,25741,Chuyên viên,active"]).await;
    bring(&app, &["2,an,Nguyễn Văn An,14/03/1987,,,,25747,Chuyên viên,active"]).await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;
    let be = link(&app, &proof, "1", Choice::Create).await;
    let unit = unit_of(&app, "2").await;
    // As it stood before positions came with the decision.
    let told = format!(
        "UPDATE legacy_accounts SET unit_decision = 'mapped', unit_id = '{unit}', unit_reason = 'by_hand', unit_decided_by = '{}'
          WHERE legacy_id = '1'",
        root.official.id
    );
    Hand::of(&app).execute(&told).await;

    assert_eq!(run(&app).await, (1, 0));

    assert_eq!(held(&somebody(&app, &be).await), [(unit.as_str(), true)]);
    assert_eq!(run(&app).await, (0, 0));
}

#[tokio::test]
async fn somebody_who_stands_on_one_account_loses_its_position_with_it_at_once_and_has_it_again_after_an_undo() {
    let app = house().await;
    let kim = official(&app, "kim.nt", "Nguyễn Thị Kim", "").await;
    bring(&app, &["1,an,Nguyễn Văn An,14/03/1986,,,,25747,Chuyên viên,active"]).await;
    let an = owner(&app, "1").await.id;
    let unit = unit_of(&app, "1").await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let proof = proof(&app, &root).await;

    link(&app, &proof, "1", Choice::Link(kim)).await;
    assert!(held(&somebody(&app, &an).await).is_empty());
    undo(&app, &proof, "1").await;

    assert_eq!(held(&somebody(&app, &an).await), [(unit.as_str(), true)]);
    assert_eq!(run(&app).await, (0, 0));
}
