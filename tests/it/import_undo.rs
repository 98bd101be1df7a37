//! What taking a file back promises: exactly its own effect goes, what anybody changed since is listed and stays, and a
//! user name is one person's for ever.

use crate::support::imports::{administrator, bring, checked, id_of, press, undo, work};
use crate::support::people::{HEADER, people, person, row};
use crate::support::records::count_of;
use crate::support::{Browser, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::model::import::Kept;
use motlan::service::Origin;
use motlan::service::provisioning::password;
use motlan::store::{import_rows, imports};
use time::macros::date;

const SAI_GON: &str = "26740";
const TAN_DINH: &str = "26737";

async fn stage() -> (TestApp, Browser) {
    let app = TestApp::with_registry().await;
    let (_, root) = administrator(&app, "root", &[], (AdminRole::System, None)).await;
    (app, root)
}

fn file(rows: &[String]) -> String {
    format!("{HEADER}{}", rows.concat())
}

/// User name, what and which of all that was left alone.
async fn kept(app: &TestApp, address: &str) -> Vec<(String, Kept, String)> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = import_rows::list_kept(&mut conn, id_of(address), 100).await.expect("rows");
    rows.into_iter().map(|row| (row.username, row.what, row.subject)).collect()
}

async fn state_of(app: &TestApp, address: &str) -> &'static str {
    let mut conn = app.services().store.read().await.expect("a connection");
    imports::find(&mut conn, id_of(address)).await.expect("an answer").expect("the file").state.word()
}

#[tokio::test]
async fn everything_is_as_before_where_nobody_changed_anything_since() {
    let (app, mut root) = stage().await;
    bring(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "Chuyên viên")])).await;
    let before = (people(&app).await, person(&app, "kim.nt").await.expect("a person"));
    let changed = row("kim.nt", "Nguyễn Thị Kim Anh", "074186098092", SAI_GON, "Chuyên viên")
        .replace("2025-07-01,", "2025-07-01,2026-12-31");
    let text = file(&[changed, row("minh.lq", "Lê Quang Minh", "079086000001", SAI_GON, "Trưởng phòng")]);

    let address = bring(&app, &mut root, "people", &text).await;
    let during = person(&app, "kim.nt").await.expect("a person");
    assert_eq!((during.full_name.as_str(), during.has_personal_number), ("Nguyễn Thị Kim Anh", true));
    let page = undo(&app, &mut root, &address).await;

    assert!(page.body.contains("import-kept"), "{}", page.body);
    let kim = person(&app, "kim.nt").await.expect("a person");
    assert_eq!(people(&app).await, before.0);
    assert!(person(&app, "minh.lq").await.is_none());
    assert!(kim.updated_at > before.1.updated_at, "taking back is a change too");
    assert_eq!(motlan::model::person::Person { updated_at: before.1.updated_at, ..kim }, before.1);
    assert!(kept(&app, &address).await.is_empty());
    assert_eq!((count_of(&app, "people.import_undone").await, count_of(&app, "import.undone").await), (1, 1));
}

#[tokio::test]
async fn a_number_goes_free_and_a_user_name_stays_with_its_person() {
    let (app, mut root) = stage().await;
    let address =
        bring(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "074186098092", SAI_GON, "CV")])).await;
    let kim = person(&app, "kim.nt").await.expect("a person").id;
    undo(&app, &mut root, &address).await;
    assert!(person(&app, "kim.nt").await.is_none());

    // The name is nobody else's.
    let other = row("kim.nt", "Trần Văn Lệ", "079086000009", SAI_GON, "CV").replace("1986-08-05", "1990-01-01");
    let refused = checked(&app, &mut root, "people", &file(&[other])).await;
    press(&mut root, &refused, &[("act", "apply"), ("accept_good", "1")]).await;
    work(&app).await;
    assert!(person(&app, "kim.nt").await.is_none());

    // The number is free for the name that it should have come with.
    bring(&app, &mut root, "people", &file(&[row("kim.anh", "Nguyễn Thị Kim Anh", "074186098092", SAI_GON, "CV")])).await;
    assert!(person(&app, "kim.anh").await.expect("a person").has_personal_number);

    // The same person comes back as who they were; the slip in the number is mended.
    bring(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "074186098093", SAI_GON, "CV")])).await;
    assert_eq!(person(&app, "kim.nt").await.expect("a person").id, kim);
}

#[tokio::test]
async fn what_somebody_changed_since_is_listed_and_stays() {
    let (app, mut root) = stage().await;
    bring(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV")])).await;
    let text = "username,full_name,phone,employee_code\nkim.nt,Nguyễn Thị Kim,0911111111,NV9\n";
    let address = bring(&app, &mut root, "people", text).await;
    bring(&app, &mut root, "people", "username,full_name,phone\nkim.nt,Nguyễn Thị Kim,0922222222\n").await;

    let page = undo(&app, &mut root, &address).await;

    let kim = person(&app, "kim.nt").await.expect("a person");
    assert_eq!(kim.phone.as_deref(), Some("0922222222"), "never overwritten");
    assert_eq!(kim.employee_code.as_deref(), Some("NV1"), "what nobody touched goes back");
    assert_eq!(kept(&app, &address).await, [("kim.nt".to_owned(), Kept::Fact, "phone".to_owned())]);
    assert!(page.body.contains("Điện thoại"), "{}", page.body);
    let list = root.get(&format!("{address}/kept.csv")).await;
    assert!(list.body.contains("kim.nt"), "{}", list.body);
}

#[tokio::test]
async fn a_person_who_was_changed_or_has_come_in_since_stays_whole() {
    let (app, mut root) = stage().await;
    let text = file(&[
        row("changed", "Nguyễn Văn Changed", "", SAI_GON, "CV"),
        row("came.in", "Nguyễn Văn Came", "074186098092", SAI_GON, "CV"),
        row("unused", "Nguyễn Văn Unused", "", SAI_GON, "CV"),
    ]);
    let address = bring(&app, &mut root, "people", &text).await;
    bring(&app, &mut root, "people", "username,full_name,phone\nchanged,Nguyễn Văn Changed,0922222222\n").await;
    let origin = Origin::command_line();
    let secret = "mật khẩu rất dài 1";
    let request =
        password::Request { username: "came.in", password: secret.into(), temporary: false, actor: "os:test", origin: &origin };
    let id = password::set(app.services(), request).await.expect("a password");
    let came =
        crate::support::Official { id, username: "came.in".to_owned(), password: secret.to_owned(), positions: Vec::new() };
    assert_eq!(app.browser().sign_in(&came, "/signin").await.page(), Some("portal"));

    undo(&app, &mut root, &address).await;

    let changed = person(&app, "changed").await.expect("stays");
    assert_eq!((changed.phone.as_deref(), changed.positions.len()), (Some("0922222222"), 1));
    let came = person(&app, "came.in").await.expect("stays");
    assert_eq!((came.positions.len(), came.has_personal_number), (1, true));
    assert!(person(&app, "unused").await.is_none());
    let left: Vec<(String, Kept)> = kept(&app, &address).await.into_iter().map(|(name, what, _)| (name, what)).collect();
    assert_eq!(left, [("came.in".to_owned(), Kept::Person), ("changed".to_owned(), Kept::Person)]);
    // The number is still that person's alone.
    let taken = checked(&app, &mut root, "people", &file(&[row("other", "Ai Khác", "074186098092", SAI_GON, "CV")])).await;
    press(&mut root, &taken, &[("act", "apply"), ("accept_good", "1")]).await;
    work(&app).await;
    assert!(person(&app, "other").await.is_none());
}

#[tokio::test]
async fn a_decision_list_is_taken_back_but_for_the_post_that_was_changed_since() {
    let (app, mut root) = stage().await;
    app.official_in("one", &[SAI_GON]).await;
    app.official_in("two", &[SAI_GON]).await;
    let text = "username,action,decision_no,valid_from,unit_code\n\
                one,dieu_dong,11/QĐ,2026-12-01,26737\ntwo,dieu_dong,12/QĐ,2026-12-01,26737\n";
    let before = person(&app, "one").await.expect("a person").positions;
    let address = bring(&app, &mut root, "decisions", text).await;
    // Somebody corrects the number of the decision of the second post since.
    let later = "username,unit_code,department,title,kind,primary,decision_no,valid_from\ntwo,26737,,Chuyên viên,cong_chuc,true,12a/QĐ,2026-12-01\n";
    bring(&app, &mut root, "positions", later).await;

    undo(&app, &mut root, &address).await;

    assert_eq!(person(&app, "one").await.expect("a person").positions, before);
    let two = person(&app, "two").await.expect("a person");
    let held = two.positions_on(date!(2026 - 12 - 01));
    let numbers: Vec<&str> = held.iter().map(|position| position.decision_no.as_str()).collect();
    assert!(numbers.contains(&"12a/QĐ"), "what was corrected stays: {numbers:?}");
    let left = kept(&app, &address).await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!((left[0].0.as_str(), left[0].1), ("two", Kept::Position));
}

#[tokio::test]
async fn a_file_is_taken_back_once_and_within_thirty_days() {
    let (app, mut root) = stage().await;
    let old = bring(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV")])).await;
    let mut tx = app.services().store.write().await.expect("a unit of work");
    let asked = imports::find(&mut tx, id_of(&old)).await.expect("an answer").expect("the file").asked;
    let now = app.services().clock.now();
    let late = imports::mark_undoing(&mut tx, id_of(&old), now, (&asked, now)).await.expect("an answer");
    assert!(!late, "applied no later than the moment from which it may be");
    drop(tx);

    let first = press(&mut root, &old, &[("act", "undo")]).await;
    let second = press(&mut root, &old, &[("act", "undo")]).await;
    assert!(first.location().ends_with("done=undoing") && second.location().ends_with("done=not-now"));
    work(&app).await;
    assert_eq!((state_of(&app, &old).await, count_of(&app, "people.import_undone").await), ("undone", 1));
    assert!(press(&mut root, &old, &[("act", "undo")]).await.location().ends_with("done=not-now"));
    assert_eq!(root.get(&format!("{old}/undo")).await.status, 404);
}

#[tokio::test]
async fn a_file_that_was_looked_at_before_another_was_taken_back_is_read_anew() {
    let (app, mut root) = stage().await;
    let address = bring(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV")])).await;
    // Looked at while the person is there, applied after the person is gone.
    let later = checked(&app, &mut root, "people", "username,full_name,phone\nkim.nt,Nguyễn Thị Kim,0922222222\n").await;
    undo(&app, &mut root, &address).await;
    press(&mut root, &later, &[("act", "apply")]).await;
    work(&app).await;

    let kim = person(&app, "kim.nt").await.expect("brought by the second file");
    assert_eq!((kim.phone.as_deref(), kim.email.as_deref(), kim.positions.len()), (Some("0922222222"), None, 0));
}

#[tokio::test]
async fn whoever_left_the_bounds_since_is_left_alone() {
    let (app, mut root) = stage().await;
    let (_, mut unit) = administrator(&app, "unit", &[SAI_GON], (AdminRole::Unit, Some(SAI_GON))).await;
    let text = file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV"), row("an.nv", "Nguyễn Văn An", "", SAI_GON, "CV")]);
    let address = bring(&app, &mut unit, "people", &text).await;
    let moved = format!("username,action,decision_no,valid_from,unit_code\nkim.nt,dieu_dong,11/QĐ,2026-11-01,{TAN_DINH}\n");
    bring(&app, &mut root, "decisions", &moved).await;

    undo(&app, &mut unit, &address).await;

    assert!(person(&app, "an.nv").await.is_none());
    assert_eq!(person(&app, "kim.nt").await.expect("stays").positions.len(), 2);
    let left = kept(&app, &address).await;
    assert_eq!(left.iter().map(|(name, what, _)| (name.as_str(), *what)).collect::<Vec<_>>(), [("kim.nt", Kept::Outside)]);
}
