//! What bringing people in promises: a file as a whole or not at all, each bad
//! row told, and what a later file does not say is kept.

use crate::support::data_dir;
use crate::support::people::{HEADER, How, bring, bring_as, house, people, person, places, row};
use motlan::service::Origin;
use motlan::service::provisioning::person_import::{self, ImportError, Outcome, Progress, Request};
use std::fmt::Write as _;
use time::macros::date;

#[tokio::test]
async fn a_person_with_several_dated_positions_comes_from_several_rows() {
    let app = house().await;
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
    let app = house().await;
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
    let app = house().await;
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
    let app = house().await;
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
    let app = house().await;
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
async fn rows_of_one_person_must_agree() {
    let app = house().await;
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
    let app = house().await;
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
    let app = house().await;
    let file = std::fs::read(data_dir().join("demo").join("people.csv")).expect("the demo's people");
    let first = bring_as(app.services(), file.as_slice(), How::default()).await.expect("a report");
    assert_eq!((first.outcome, first.rows_bad), (Outcome::Applied, 0), "{:?}", first.errors);
    let again = bring_as(app.services(), file.as_slice(), How::default()).await.expect("a report");
    assert_eq!((again.outcome, again.persons_new, again.persons_changed, again.positions), (Outcome::Unchanged, 0, 0, 0));
    assert_eq!(people(&app).await, i64::try_from(first.persons_new).expect("a count"));
}

#[tokio::test]
async fn a_later_file_changes_what_it_says_and_keeps_what_it_does_not_say() {
    let app = house().await;
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

#[tokio::test]
async fn only_the_first_thousand_mistakes_are_kept_and_the_rest_is_counted() {
    let app = house().await;
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
