//! What bringing people in promises: a file as a whole or not at all, each bad
//! row told, a user name for one person for ever.

use crate::support::{TestApp, data_dir};
use motlan::base::id::{ChangeSetId, PersonId};
use motlan::model::person::{Person, Username};
use motlan::model::role::RoleGrant;
use motlan::service::provisioning::person_import::{self, ImportError, Outcome, Progress, Report, Request};
use motlan::service::provisioning::{change_set, password, roles};
use motlan::service::registry::files::Source;
use motlan::service::registry::import;
use motlan::service::{Origin, Services};
use motlan::store::{change_sets, passwords, persons, role_grants};
use std::fmt::Write as _;
use std::io::Read;
use time::macros::date;

const HEADER: &str = "username,full_name,date_of_birth,personal_number,email,phone,employee_code,unit_code,department,title,kind,\
                      primary,decision_no,valid_from,valid_to\n";

async fn app() -> TestApp {
    let app = TestApp::start().await;
    let sources: Vec<Source> = ["units_legacy.csv", "units_2025.csv", "units_pre2025.csv"]
        .into_iter()
        .map(|name| Source {
            name: name.to_owned(),
            bytes: std::fs::read(data_dir().join("units").join(name)).expect("a file of the data folder"),
        })
        .collect();
    let origin = Origin::command_line();
    let request = import::Request { sources: &sources, only_legacy: false, actor: "os:test", origin: &origin };
    import::import(app.services(), &request).await.expect("the registry is imported");
    app
}

#[derive(Clone, Copy, Default)]
struct How {
    accept_good: bool,
    dry_run: bool,
}

async fn bring_as(services: &Services, input: impl Read + Send, how: How) -> Result<Report, ImportError> {
    let origin = Origin::command_line();
    let request = Request { accept_good: how.accept_good, dry_run: how.dry_run, actor: "os:test", origin: &origin };
    person_import::import(services, input, &request, |_| {}).await
}

async fn bring(app: &TestApp, rows: &str) -> Report {
    let text = format!("{HEADER}{rows}");
    bring_as(app.services(), text.as_bytes(), How::default()).await.expect("a report")
}

/// A row whose cells are all good.
fn row(username: &str, full_name: &str, number: &str, unit: &str, title: &str) -> String {
    let mailbox: String = username.chars().filter(char::is_ascii).collect();
    format!(
        "{username},{full_name},1986-08-05,{number},{mailbox}@vi-du.vn,0900000000,NV1,{unit},Văn phòng,{title},cong_chuc,true,1/QĐ,2025-07-01,\n"
    )
}

async fn person(app: &TestApp, username: &str) -> Option<Person> {
    let folded = Username::parse(username).expect("a user name").folded().to_owned();
    let mut conn = app.services().store.read().await.expect("a connection");
    let id = persons::find_id_by_username(&mut conn, &folded).await.expect("an answer")?;
    persons::find(&mut conn, &id).await.expect("an answer")
}

async fn people(app: &TestApp) -> i64 {
    let mut conn = app.services().store.read().await.expect("a connection");
    persons::count(&mut conn).await.expect("a count")
}

fn places(report: &Report) -> Vec<(u64, &str)> {
    report.errors.iter().map(|error| (error.line, error.column.as_str())).collect()
}

#[tokio::test]
async fn a_person_with_several_dated_positions_comes_from_several_rows() {
    let app = app().await;
    let rows = "kim.nt,Nguyễn Thị Kim,05/08/1986,074186098092,kim@vi-du.vn,0900001000,NV1,26740,Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,01/07/2025,\n\
                kim.nt,Nguyễn Thị Kim,1986-08-05,074186098092,kim@vi-du.vn,0900001000,NV1,26743,,Phó Chủ tịch,can_bo,false,2/QĐ,2025-07-01,\n\
                kim.nt,Nguyễn Thị Kim,1986-08-05,074186098092,kim@vi-du.vn,0900001000,NV1,26740,,Công chức,cong_chuc,true,3/QĐ,2025-06-30,2025-06-30\n";
    let report = bring(&app, rows).await;
    assert_eq!((report.outcome, report.rows_read, report.rows_bad), (Outcome::Applied, 3, 0));
    assert_eq!((report.persons_new, report.positions), (1, 3));

    let kim = person(&app, "kim.nt").await.expect("the person");
    assert_eq!((kim.full_name.as_str(), kim.date_of_birth), ("Nguyễn Thị Kim", Some(date!(1986 - 08 - 05))));
    assert!(kim.has_personal_number);
    let held = kim.positions_on(date!(2025 - 07 - 01));
    assert_eq!(held.iter().map(|position| position.title.as_str()).collect::<Vec<_>>(), ["Chuyên viên", "Phó Chủ tịch"]);
    let before = kim.positions_on(date!(2025 - 06 - 30));
    // The same code on another day is another unit.
    assert_ne!(before[0].unit, held[0].unit);
}

#[tokio::test]
async fn a_file_with_a_mistake_brings_nothing_in_unless_the_good_rows_are_accepted() {
    let app = app().await;
    let text = format!(
        "{HEADER}{}{}",
        row("kim.nt", "Nguyễn Thị Kim", "", "26740", "Chuyên viên"),
        row("minh.lq", "Lê Quang Minh", "", "99999", "Chuyên viên")
    );
    let refused = bring_as(app.services(), text.as_bytes(), How::default()).await.expect("a report");
    assert_eq!((refused.outcome, refused.rows_bad), (Outcome::Refused, 1));
    assert_eq!(people(&app).await, 0);
    assert!(person(&app, "kim.nt").await.is_none());

    let checked = bring_as(app.services(), text.as_bytes(), How { accept_good: true, dry_run: true }).await.expect("a report");
    assert_eq!((checked.outcome, people(&app).await), (Outcome::Checked, 0));

    let accepted = bring_as(app.services(), text.as_bytes(), How { accept_good: true, dry_run: false }).await.expect("a report");
    assert_eq!((accepted.outcome, accepted.persons_new, accepted.rows_bad), (Outcome::Applied, 1, 1));
    assert!(person(&app, "kim.nt").await.is_some());
    assert!(person(&app, "minh.lq").await.is_none());
}

#[tokio::test]
async fn each_bad_row_is_told_with_line_column_and_reason_in_two_languages() {
    let app = app().await;
    let good = "a@vi-du.vn,0900000000,NV1,26740,Phòng,Chuyên viên,cong_chuc,true,1/QĐ,2025-07-01,";
    let table: [(String, &str); 18] = [
        (format!(",Kim,1986-08-05,,{good}"), "username"),
        (format!("k,Kim,1986-08-05,,{good}"), "username"),
        (format!("kim nt,Kim,1986-08-05,,{good}"), "username"),
        (format!("kim.01,,1986-08-05,,{good}"), "full_name"),
        (format!("kim.02,Kim,31/02/1986,,{good}"), "date_of_birth"),
        (format!("kim.03,Kim,2999-01-01,,{good}"), "date_of_birth"),
        (format!("kim.04,Kim,,74186098092,{good}"), "personal_number"),
        ("kim.05,Kim,,,not-an-address,,,26740,,CV,cong_chuc,true,,2025-07-01,".to_owned(), "email"),
        ("kim.06,Kim,,,,nine hundred,,26740,,CV,cong_chuc,true,,2025-07-01,".to_owned(), "phone"),
        ("kim.07,Kim,,,,,,99999,,CV,cong_chuc,true,,2025-07-01,".to_owned(), "unit_code"),
        // What this code meant in 2024 is uncertain.
        ("kim.08,Kim,,,,,,26872,,CV,cong_chuc,true,,2024-01-01,".to_owned(), "unit_code"),
        ("kim.09,Kim,,,,,,26740,,,cong_chuc,true,,2025-07-01,".to_owned(), "title"),
        ("kim.10,Kim,,,,,,26740,,CV,chief,true,,2025-07-01,".to_owned(), "kind"),
        ("kim.11,Kim,,,,,,26740,,CV,cong_chuc,maybe,,2025-07-01,".to_owned(), "primary"),
        ("kim.12,Kim,,,,,,26740,,CV,cong_chuc,true,,,".to_owned(), "valid_from"),
        ("kim.13,Kim,,,,,,26740,,CV,cong_chuc,true,,2025-07-01,2025-06-30".to_owned(), "valid_to"),
        ("kim.14,Kim,,,,,,agency:29,,CV,cong_chuc,true,,2025-07-01,".to_owned(), "unit_code"),
        ("kim.15,Kim,too,few".to_owned(), ""),
    ];
    let mut rows = String::new();
    for (line, _) in &table {
        let _ = writeln!(rows, "{line}");
    }
    let report = bring(&app, &rows).await;
    let expected: Vec<(u64, &str)> = (2..).zip(table.iter().map(|(_, column)| *column)).collect();
    assert_eq!(places(&report), expected);
    assert!(report.errors.iter().all(|error| !error.message_vi.is_empty() && !error.message_en.is_empty()));
    assert!(report.errors.iter().all(|error| error.message_vi != error.message_en));
    assert!(report.errors.iter().all(|error| !error.message_en.contains("74186098092")), "a personal number is not repeated");
    assert_eq!((report.outcome, people(&app).await), (Outcome::Refused, 0));
}

#[tokio::test]
async fn nul_bytes_invalid_utf_8_and_huge_cells_are_errors_of_their_rows() {
    let app = app().await;
    let mut file = HEADER.as_bytes().to_vec();
    file.extend_from_slice(b"kim.01,K\0im,,,,,,26740,,CV,cong_chuc,true,,2025-07-01,\n");
    file.extend_from_slice(b"kim.02,K\xffim,,,,,,26740,,CV,cong_chuc,true,,2025-07-01,\n");
    file.extend_from_slice(format!("kim.03,{},,,,,,26740,,CV,cong_chuc,true,,2025-07-01,\n", "x".repeat(500_000)).as_bytes());
    file.extend_from_slice(format!("kim.04,Kim,,,,,,26740,,{},cong_chuc,true,,2025-07-01,\n", "x".repeat(201)).as_bytes());
    file.extend_from_slice("kim.05,Kim,,,,,,26740,,CV,cong_chuc,true,,2025-07-01,\n".as_bytes());
    let report = bring_as(app.services(), file.as_slice(), How { accept_good: true, dry_run: false }).await.expect("a report");

    assert_eq!(places(&report), [(2, "full_name"), (3, "full_name"), (4, "full_name"), (5, "title")]);
    assert_eq!(people(&app).await, 1);
}

#[tokio::test]
async fn files_that_cannot_be_read_to_their_end_bring_nothing_in() {
    let app = app().await;
    let endless = format!("{HEADER}{}kim.02,\"{}", row("kim.01", "Kim", "", "26740", "CV"), "x".repeat(4_000_000));
    let header = |text: &str| text.as_bytes().to_vec();
    let table = [
        (endless.into_bytes(), 3, ""),
        (header("username,full_name,salary\n"), 1, "salary"),
        (header("username,date_of_birth\n"), 1, "full_name"),
        (header("username,full_name,unit_code\n"), 1, "title"),
        (header("username;full_name\n"), 1, ""),
        (header("PK\u{3}\u{4}"), 1, ""),
        (header(""), 1, ""),
    ];
    for (bytes, line, column) in table {
        let how = How { accept_good: true, dry_run: false };
        match bring_as(app.services(), bytes.as_slice(), how).await {
            Err(ImportError::File(error)) => assert_eq!((error.line, error.column.as_str()), (line, column), "{error}"),
            other => panic!("refused, not {other:?}"),
        }
        assert_eq!(people(&app).await, 0);
    }
}

#[tokio::test]
async fn user_names_are_one_when_folded_and_belong_to_one_person() {
    let app = app().await;
    bring(&app, &row("dao.dv", "Đỗ Văn Đạo", "079086000001", "26740", "CV")).await;

    // Accents make no other name; case does not matter and is the same person.
    let accents = bring(&app, &row("đào.dv", "Đặng Vân Đào", "079086000002", "26740", "CV")).await;
    assert_eq!(places(&accents), [(2, "username")]);
    let case = bring(&app, &row("DAO.DV", "Đỗ Văn Đạo", "079086000001", "26743", "Trưởng phòng")).await;
    assert_eq!((case.outcome, case.persons_new), (Outcome::Applied, 0));

    // Within one file too.
    let within = format!("{}{}", row("le.tt", "Lê Thị Tư", "", "26740", "CV"), row("lệ.tt", "Trần Thị Lệ", "", "26740", "CV"));
    assert_eq!(places(&bring(&app, &within).await), [(3, "username")]);

    let dao = person(&app, "ĐÀO.DV").await.expect("the first person");
    assert_eq!((dao.username.as_str(), dao.full_name.as_str()), ("dao.dv", "Đỗ Văn Đạo"));
    assert_eq!(people(&app).await, 1);
}

#[tokio::test]
async fn a_user_name_is_never_given_to_another_person() {
    let app = app().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    let kim = person(&app, "kim.nt").await.expect("the person");

    let other = bring(&app, &row("kim.nt", "Nguyễn Thành Kim", "074086000009", "26740", "CV")).await;
    assert_eq!((other.outcome, places(&other)), (Outcome::Refused, vec![(2, "personal_number")]));

    let services = app.services();
    let mut tx = services.store.write().await.expect("a transaction");
    assert!(persons::disable(&mut tx, &kim.id, services.clock.now()).await.expect("disabled"));
    assert!(!persons::disable(&mut tx, &kim.id, services.clock.now()).await.expect("once only"));
    tx.commit().await.expect("committed");
    let after_leaving = bring(&app, &row("kim.nt", "Nguyễn Thành Kim", "", "26740", "CV")).await;
    assert_eq!(places(&after_leaving), [(2, "username")]);
    assert_eq!(person(&app, "kim.nt").await.map(|person| person.id), Some(kim.id));
}

#[tokio::test]
async fn a_personal_number_has_one_account() {
    let app = app().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    let taken = bring(&app, &row("kim.khac", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    assert_eq!(places(&taken), [(2, "personal_number")]);
    let twice = format!(
        "{}{}",
        row("anh.mot", "Anh", "074186000001", "26740", "CV"),
        row("anh.hai", "Anh", "074186000001", "26740", "CV")
    );
    let twice = bring(&app, &twice).await;
    assert_eq!((twice.rows_bad, twice.errors[0].column.as_str()), (1, "personal_number"));
    assert_eq!(people(&app).await, 1);

    // What failed left nothing: name and number are free.
    let later = bring(&app, &row("anh.ba", "Anh", "074186000001", "26740", "CV")).await;
    assert_eq!(later.outcome, Outcome::Applied);
    let name = bring(&app, &row("kim.khac", "Trần Kim", "", "26740", "CV")).await;
    assert_eq!(name.outcome, Outcome::Applied);
}

#[tokio::test]
async fn rows_of_one_person_must_agree() {
    let app = app().await;
    let rows = format!(
        "{}{}{}{}",
        row("kim.nt", "Nguyễn Thị Kim", "", "26740", "CV"),
        row("kim.nt", "Nguyễn Thị Kìm", "", "26743", "CV"),
        row("kim.nt", "Nguyễn Thị Kim", "", "26740", "CV"),
        row("kim.nt", "Nguyễn Thị Kim", "", "26740", "CV").replace("1/QĐ", "2/QĐ"),
    );
    let report = bring(&app, &rows).await;
    // The third row tells the same again, the fourth the same position otherwise.
    assert_eq!(places(&report), [(3, "full_name"), (5, "title")]);
}

#[tokio::test]
async fn rows_of_one_person_must_agree_although_they_are_far_apart() {
    let app = app().await;
    let mut rows = row("kim.nt", "Nguyễn Thị Kim", "", "26740", "CV");
    for number in 0..700 {
        rows.push_str(&row(&format!("nguoi.{number}"), "Người Khác", "", "26740", "CV"));
    }
    rows.push_str(&row("kim.nt", "Nguyễn Thị Kìm", "", "26743", "CV"));
    let report = bring(&app, &rows).await;
    assert_eq!((report.rows_read, places(&report)), (702, vec![(703, "full_name")]));
}

#[tokio::test]
async fn importing_the_same_again_changes_nothing() {
    let app = app().await;
    let file = std::fs::read(data_dir().join("demo").join("people.csv")).expect("the demo's people");
    let first = bring_as(app.services(), file.as_slice(), How::default()).await.expect("a report");
    assert_eq!((first.outcome, first.rows_bad), (Outcome::Applied, 0), "{:?}", first.errors);
    let again = bring_as(app.services(), file.as_slice(), How::default()).await.expect("a report");
    assert_eq!((again.outcome, again.persons_new, again.persons_changed, again.positions), (Outcome::Unchanged, 0, 0, 0));
    assert_eq!(people(&app).await, i64::try_from(first.persons_new).expect("a count"));
}

#[tokio::test]
async fn a_later_file_changes_what_it_says_and_keeps_what_it_does_not_say() {
    let app = app().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    let before = person(&app, "kim.nt").await.expect("the person");
    let short =
        "username,full_name,phone,given_name,address.formatted\nkim.nt,Nguyễn Thị Kim,0911111111,Kim,\"1 Đồng Khởi, Sài Gòn\"\n";
    let report = bring_as(app.services(), short.as_bytes(), How::default()).await.expect("a report");
    assert_eq!((report.outcome, report.persons_changed, report.positions), (Outcome::Applied, 1, 0));

    let after = person(&app, "kim.nt").await.expect("the person");
    assert_eq!(after.phone.as_deref(), Some("0911111111"));
    assert_eq!((&after.email, after.has_personal_number), (&before.email, true));
    assert_eq!(after.claims["given_name"], "Kim");
    assert_eq!(after.claims["address.formatted"], "1 Đồng Khởi, Sài Gòn");
    assert_eq!(after.positions, before.positions);

    let ended = bring(
        &app,
        &row("kim.nt", "Nguyễn Thị Kim", "074186098092", "26740", "CV").replace("2025-07-01,", "2025-07-01,2025-12-31"),
    )
    .await;
    assert_eq!(ended.positions, 1);
    let after = person(&app, "kim.nt").await.expect("the person");
    assert_eq!((after.positions.len(), after.positions[0].valid_to), (1, Some(date!(2025 - 12 - 31))));
    assert_eq!(after.positions[0].id, before.positions[0].id);
}

/// Stages a set by hand and leaves it, as a killed import does.
async fn killed_import(app: &TestApp, username: &str) -> ChangeSetId {
    let services = app.services();
    let set = change_set::begin(services, "file", "os:test").await.expect("a set");
    let mut tx = services.store.write().await.expect("a transaction");
    let now = services.clock.now();
    let new = persons::NewPerson {
        id: PersonId::new(now, services.entropy.as_ref()),
        username: username.to_owned(),
        folded: username.to_owned(),
    };
    let owners = persons::add(&mut tx, &set, now, std::slice::from_ref(&new)).await.expect("a name");
    let id = PersonId(owners[username].id.clone());
    let facts = persons::Facts {
        full_name: "Kim".to_owned(),
        date_of_birth: None,
        personal_number: None,
        email: None,
        phone: None,
        employee_code: None,
        claims: std::collections::BTreeMap::new(),
    };
    persons::add_facts(&mut tx, &set, &[(id, facts)]).await.expect("facts");
    tx.commit().await.expect("committed");
    set
}

async fn open_sets(app: &TestApp) -> usize {
    let mut conn = app.services().store.read().await.expect("a connection");
    change_sets::list_abandoned(&mut conn).await.expect("a list").len()
}

#[tokio::test]
async fn a_killed_import_counts_for_nothing_and_is_cleaned() {
    let app = app().await;
    let set = killed_import(&app, "kim.nt").await;
    assert!(person(&app, "kim.nt").await.is_none());
    assert_eq!(people(&app).await, 0);

    // Still fresh, it may be alive; later it is not.
    assert_eq!(change_set::clean_abandoned(app.services(), 60).await.expect("cleaned"), 0);
    assert_eq!(change_set::clean_abandoned(app.services(), -60).await.expect("cleaned"), 1);
    assert_eq!(open_sets(&app).await, 0);
    let mut tx = app.services().store.write().await.expect("a transaction");
    assert!(!change_sets::mark_applied(&mut tx, &set, app.services().clock.now()).await.expect("an answer"));
}

#[tokio::test]
async fn a_name_that_a_killed_import_took_is_not_lost_for_those_who_use_it_meanwhile() {
    let app = app().await;
    killed_import(&app, "kim.nt").await;
    let report = bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "074186098092", "26740", "CV")).await;
    assert_eq!((report.outcome, report.persons_new), (Outcome::Applied, 1));
    change_set::clean_abandoned(app.services(), -60).await.expect("cleaned");

    let kim = person(&app, "kim.nt").await.expect("the person is still there");
    assert_eq!(kim.full_name, "Nguyễn Thị Kim");

    // The other way round: what an applied set brought outlives a killed one that touched it.
    killed_import(&app, "kim.nt").await;
    change_set::clean_abandoned(app.services(), -60).await.expect("cleaned");
    assert_eq!(person(&app, "kim.nt").await.map(|person| person.full_name), Some("Nguyễn Thị Kim".to_owned()));
}

#[tokio::test]
async fn concurrent_imports_of_the_same_names_yield_one_person_each() {
    let app = app().await;
    let mut text = HEADER.to_owned();
    for number in 0..600 {
        text.push_str(&row(&format!("nguoi.{number}"), "Người Chung", &format!("0790860{number:05}"), "26740", "CV"));
    }
    let services = app.services();
    let (one, two, three) = tokio::join!(
        bring_as(services, text.as_bytes(), How::default()),
        bring_as(services, text.as_bytes(), How::default()),
        bring_as(services, text.as_bytes(), How::default()),
    );
    let outcomes = [one, two, three].map(|result| result.expect("a report"));
    assert!(outcomes.iter().any(|report| report.outcome == Outcome::Applied));
    assert!(outcomes.iter().all(|report| report.rows_bad == 0), "{:?}", outcomes.map(|report| report.errors));
    assert_eq!(people(&app).await, 600);
    for number in [0, 299, 599] {
        let person = person(&app, &format!("nguoi.{number}")).await.expect("the person");
        assert_eq!(person.positions.len(), 1, "the same position told twice is one position");
    }
}

#[tokio::test]
async fn only_the_first_thousand_mistakes_are_kept_and_the_rest_is_counted() {
    let app = app().await;
    let mut text = HEADER.to_owned();
    for number in 0..1_200 {
        text.push_str(&row(&format!("nguoi.{number}"), "", "", "26740", "CV"));
    }
    let mut seen = Progress::default();
    let origin = Origin::command_line();
    let request = Request { accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let report = person_import::import(app.services(), text.as_bytes(), &request, |at| seen = at).await.expect("a report");
    assert_eq!((report.errors.len(), report.errors_left_out, report.rows_bad), (1_000, 200, 1_200));
    assert_eq!((seen.rows_read, seen.rows_bad), (1_200, 1_200));
}

#[tokio::test]
async fn a_password_is_set_as_a_hash_and_short_ones_are_refused() {
    let app = app().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "", "26740", "CV")).await;
    let origin = Origin::command_line();
    let request = |username: &'static str, text: &str| password::Request {
        username,
        password: text.to_owned().into(),
        temporary: true,
        actor: "os:test",
        origin: &origin,
    };
    let services = app.services();
    assert!(matches!(password::set(services, request("kim.nt", "short")).await, Err(password::PasswordError::TooShort)));
    let long = "x".repeat(257);
    assert!(matches!(password::set(services, request("kim.nt", &long)).await, Err(password::PasswordError::TooLong)));
    let nobody = password::set(services, request("nobody", "a long enough one")).await;
    assert!(matches!(nobody, Err(password::PasswordError::UnknownPerson)));

    let id = password::set(services, request("KIM.nt", "mật khẩu đủ dài")).await.expect("set");
    let stored = {
        let mut conn = services.store.read().await.expect("a connection");
        passwords::find(&mut conn, &id).await.expect("an answer").expect("a password")
    };
    assert!(stored.hash.starts_with("$argon2id$") && stored.must_change);
    let mut tx = services.store.write().await.expect("a transaction");
    assert!(!passwords::replace(&mut tx, &id, "another", "new").await.expect("an answer"), "someone else changed it");
    assert!(passwords::replace(&mut tx, &id, &stored.hash, "new").await.expect("an answer"));
}

#[tokio::test]
async fn roles_are_granted_once_for_clients_that_declare_them_and_taken_back() {
    let app = app().await;
    bring(&app, &row("kim.nt", "Nguyễn Thị Kim", "", "26740", "CV")).await;
    let kim = person(&app, "kim.nt").await.expect("the person");
    let services = app.services();
    let origin = Origin::command_line();
    let request = |client_id: &'static str| roles::Request {
        username: "kim.nt",
        client_id,
        role: "tiep_nhan",
        position: None,
        actor: "os:test",
        origin: &origin,
    };
    assert!(matches!(roles::grant(services, &request("nothing")).await, Err(roles::RoleError::UnknownClient)));
    assert!(!roles::revoke(services, &request("tthc")).await.expect("an answer"));

    let grant = RoleGrant { client_id: "tthc".into(), role: "tiep_nhan".into(), position: Some(kim.positions[0].id.clone()) };
    let by = ("os:test", services.clock.now());
    let mut tx = services.store.write().await.expect("a transaction");
    assert!(role_grants::add(&mut tx, "one", &kim.id, &grant, by).await.expect("granted"));
    assert!(!role_grants::add(&mut tx, "two", &kim.id, &grant, by).await.expect("an answer"), "once only");
    tx.commit().await.expect("committed");
    assert_eq!(person(&app, "kim.nt").await.expect("the person").roles, std::slice::from_ref(&grant));

    let of_position = roles::Request { position: grant.position.clone(), ..request("tthc") };
    assert!(roles::revoke(services, &of_position).await.expect("taken back"));
    assert!(person(&app, "kim.nt").await.expect("the person").roles.is_empty());
}
