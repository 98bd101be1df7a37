//! The records at the console: what is looked for is found, by those who may and within bounds; looking leaves a record;
//! and no page or file holds a personal number or a secret.

use crate::rights_scene::{Admin, SAI_GON, admin, everywhere, owner_of, within};
use crate::support::people::{bring, row};
use crate::support::records::{count_of, rows_of};
use crate::support::trail::{Hand, run};
use crate::support::{Answer, TestApp, encode};
use motlan::model::admin_scope::AdminRole;
use motlan::store::audit::AuditRow;
use serde_json::Value;
use std::collections::BTreeSet;

const PAGE: &str = "/admin/audit";
const NUMBER: &str = "079186000007";

/// A house with some acts in it, an auditor at the console, and a sign-in of Kim's.
async fn scene() -> (TestApp, Admin, AuditRow) {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let (kim, lan) = (app.official("kim").await, app.official("lan").await);
    app.tokens(&tthc, &kim, &[]).await;
    app.tokens(&tthc, &lan, &[]).await;
    let auditor = admin(&app, "auditor", &[], everywhere(AdminRole::Auditor)).await;
    let rows = rows_of(&app, "sign_in.succeeded").await;
    let of_kim = rows.into_iter().find(|row| row.person_id.as_deref() == Some(kim.id.as_str()));
    (app, auditor, of_kim.expect("Kim signed in"))
}

async fn ask(reader: &mut Admin, fields: &[(&str, &str)]) -> Answer {
    reader.browser.get(&format!("{PAGE}?{}", encode(fields))).await
}

/// The entries that a page lists, in its order.
fn entries(page: &Answer) -> Vec<String> {
    let links = page.body.split("<th class=\"num\" scope=\"row\"><a href=\"/admin/audit/").skip(1);
    links.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

fn next(page: &Answer) -> Option<String> {
    let (before, _) = page.body.split_once("rel=\"next\"")?;
    let address = before.rsplit_once("href=\"")?.1.split('"').next()?;
    Some(address.replace("&#38;", "&").replace("&amp;", "&"))
}

#[tokio::test]
async fn what_is_looked_for_is_found_and_nothing_else() {
    let (app, mut auditor, of_kim) = scene().await;
    let kim = of_kim.person_id.expect("a person");
    let failed = {
        let mut browser = app.browser();
        let mut wrong = app.official("minh").await;
        wrong.password = "khác".to_owned();
        browser.sign_in(&wrong, "/signin").await;
        rows_of(&app, "sign_in.failed").await.remove(0)
    };
    let request = failed.request_id.expect("a number").to_lowercase();

    let table: [(&[(&str, &str)], &str, &[&str]); 8] = [
        (&[("whom", "kim"), ("event", "sign_in.succeeded")], "sign_in.succeeded", &["minh"]),
        (&[("whom", kim.as_str()), ("event", "sign_in.*")], "sign_in.succeeded", &["password.set"]),
        (&[("event", "sign_in.failed")], "sign_in.failed", &["sign_in.succeeded"]),
        (&[("event", "grant.given")], "grant.given", &["sign_in.succeeded"]),
        (&[("client", "tthc"), ("event", "grant.*")], "tthc", &["sign_in.succeeded"]),
        (&[("request", request.as_str())], "sign_in.failed", &["grant.given"]),
        (&[("who", "os:test"), ("address", "command-line")], "os:test", &["sign_in.succeeded", "grant.given"]),
        (&[("who", "lan"), ("event", "grant.given")], "grant.given", &["Nguyễn Văn kim"]),
    ];
    for (fields, found, absent) in table {
        let page = ask(&mut auditor, fields).await;
        assert_eq!((page.status, page.page()), (200, Some("admin-audit")), "{fields:?}: {}", page.body);
        let list = page.body.split("<tbody>").nth(1).unwrap_or_default();
        assert!(!entries(&page).is_empty() && list.contains(found), "{fields:?}: {}", page.body);
        for other in absent {
            assert!(!list.contains(other), "{fields:?}: {other}: {}", page.body);
        }
    }
    let named = ask(&mut auditor, &[("whom", "kim"), ("event", "grant.given")]).await;
    assert!(named.body.contains("Nguyễn Văn kim (kim)") && named.body.contains(&kim), "the name, and always the id");
    let nothing = ask(&mut auditor, &[("whom", "kim"), ("from", "01/01/2026"), ("to", "31/01/2026")]).await;
    assert!(nothing.status == 200 && entries(&nothing).is_empty(), "{}", nothing.body);
}

#[tokio::test]
async fn pages_go_back_entry_by_entry_and_none_is_told_twice() {
    let (app, mut auditor, _) = scene().await;
    for number in 0..60 {
        app.official(&format!("nguoi.{number}")).await;
    }
    let all: BTreeSet<String> = rows_of(&app, "password.set").await.into_iter().map(|row| row.id).collect();
    assert!(all.len() > 60);

    let mut page = ask(&mut auditor, &[("event", "password.set")]).await;
    let mut told = entries(&page);
    assert_eq!(told.len(), 50);
    while let Some(address) = next(&page) {
        page = auditor.browser.get(&address).await;
        assert_eq!(page.status, 200, "{address}: {}", page.body);
        told.extend(entries(&page));
    }

    let mut order = told.clone();
    order.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(told, order, "newest first");
    assert_eq!((told.len(), told.into_iter().collect::<BTreeSet<_>>()), (all.len(), all));
}

#[tokio::test]
async fn whoever_looks_is_on_record_before_they_see_anything() {
    let (app, mut auditor, kim) = scene().await;

    ask(&mut auditor, &[("whom", "kim"), ("event", "sign_in.*"), ("client", "tthc")]).await;
    let searched = rows_of(&app, "audit.searched").await.remove(0);
    assert_eq!(searched.actor.as_deref(), Some(auditor.official.id.as_str()));
    assert_eq!((&searched.person_id, searched.client_id.as_deref()), (&kim.person_id, Some("tthc")));
    let detail: Value = serde_json::from_str(&searched.detail).expect("JSON");
    assert_eq!((detail["event"].as_str(), detail["acting_as"].as_str()), (Some("sign_in.*"), Some("auditor")));
    assert_eq!((detail["from"].as_str(), detail["to"].as_str()), (Some("2026-10-23"), Some("2026-11-22")));
    assert!(!searched.detail.contains("kim"), "people stand in records by id");

    let page = auditor.browser.get(&format!("{PAGE}/{}", kim.id)).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-audit-entry")), "{}", page.body);
    let read = rows_of(&app, "audit.read").await.remove(0);
    assert_eq!(read.person_id, kim.person_id);
    assert!(read.detail.contains(&kim.id), "{}", read.detail);

    let itself = ask(&mut auditor, &[("event", "audit.*")]).await;
    assert!(itself.body.contains(&read.id), "that too is found: {}", itself.body);
}

#[tokio::test]
async fn others_than_the_system_and_its_auditors_see_no_record_and_take_none_away() {
    let app = TestApp::with_registry().await;
    app.client("tthc", |_| {}).await;
    let row = {
        app.official("kim").await;
        rows_of(&app, "password.set").await.remove(0)
    };
    let seats = [
        ("danh-ba", everywhere(AdminRole::Directory)),
        ("don-vi", within(AdminRole::Unit, SAI_GON)),
        ("ho-tro", everywhere(AdminRole::HelpDesk)),
        ("he-thong-con", owner_of("tthc")),
    ];
    for (name, seat) in seats {
        let mut reader = admin(&app, name, &[], seat).await;
        let before = app.audit_events().await;
        let paths = [PAGE.to_owned(), format!("{PAGE}/{}", row.id), format!("{PAGE}/export?format=csv")];
        for path in paths {
            let answer = reader.browser.get(&path).await;
            assert_eq!((answer.status, answer.error_page()), (404, Some("not_found")), "{name}: {path}");
            assert!(!answer.body.contains("password.set"), "{name}: {path}");
        }
        assert_eq!(app.audit_events().await, before, "{name}");
    }

    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    assert_eq!(root.browser.get(PAGE).await.status, 200);
    let nowhere = format!("{PAGE}/00000000-0000-7000-8000-000000000000");
    assert_eq!(root.browser.get(&nowhere).await.status, 404);
    assert_eq!(root.browser.get(&format!("{PAGE}/x")).await.status, 404);
    assert_eq!(count_of(&app, "audit.read").await, 0, "what is not there was not read");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_told_and_asks_nothing() {
    let (app, mut auditor, _) = scene().await;
    let table = [
        ("who", "nobody", "who-problem"),
        ("whom", NUMBER, "whom-problem"),
        ("client", "a b", "client-problem"),
        ("event", "Sign in", "event-problem"),
        ("address", "203.0.113", "address-problem"),
        ("request", "4F7K", "request-problem"),
        ("from", "hôm nay", "from-problem"),
        ("from", "01/01/2020", "from-problem"),
        ("from", "01/01/2027", "from-problem"),
    ];
    for (field, value, problem) in table {
        let page = ask(&mut auditor, &[(field, value)]).await;
        assert_eq!((page.status, page.page()), (422, Some("admin-audit")), "{field}={value}: {}", page.body);
        assert!(page.body.contains(problem), "{field}={value}: {}", page.body);
        assert!(!page.body.contains(NUMBER) && entries(&page).is_empty(), "{field}={value}");
    }
    let long = [("format", "csv"), ("event", "sign_in.*"), ("from", "01/01/2026")];
    let refused = auditor.browser.get(&format!("{PAGE}/export?{}", encode(&long))).await;
    assert_eq!((refused.status, refused.page()), (422, Some("admin-audit")), "{}", refused.body);
    let other = auditor.browser.get(&format!("{PAGE}/export?format=xlsx")).await;
    assert_eq!(other.status, 404);

    assert_eq!((count_of(&app, "audit.searched").await, count_of(&app, "audit.exported").await), (0, 0));
}

#[tokio::test]
async fn a_search_is_taken_away_in_three_forms_and_that_is_on_record() {
    let (app, mut auditor, _) = scene().await;
    let sign_ins = rows_of(&app, "sign_in.succeeded").await;
    app.advance_seconds(60);
    run(&app, "one").await;
    auditor.again(&app).await;
    let whole = rows_of(&app, "sign_in.succeeded").await.len();
    assert!(whole > sign_ins.len());

    let mut files = Vec::new();
    for format in ["jsonl", "csv", "cef"] {
        let fields = [("format", format), ("event", "sign_in.succeeded")];
        let file = auditor.browser.get(&format!("{PAGE}/export?{}", encode(&fields))).await;
        assert_eq!(file.status, 200, "{format}: {}", file.body);
        let name = file.header("content-disposition").unwrap_or_default().to_owned();
        assert!(name.starts_with("attachment") && name.ends_with(&format!(".{format}\"")), "{name}");
        files.push(file.body);
    }

    let lines: Vec<Value> = files[0].lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), whole);
    assert!(lines.iter().all(|line| line["event"] == "sign_in.succeeded"));
    let numbered = lines.iter().filter(|line| line["seq"].is_i64()).count();
    assert_eq!(numbered, sign_ins.len(), "the newest wait for their numbers");
    assert_eq!(files[1].lines().count(), whole + 1, "{}", files[1]);
    assert!(files[1].starts_with('\u{feff}'));
    assert!(files[2].lines().count() == whole && files[2].lines().all(|line| line.starts_with("CEF:0|")), "{}", files[2]);
    let exported = rows_of(&app, "audit.exported").await;
    let details = exported.iter().map(|row| serde_json::from_str::<Value>(&row.detail).expect("JSON"));
    let mut formats: Vec<String> = details.filter_map(|detail| detail["format"].as_str().map(str::to_owned)).collect();
    formats.sort_unstable();
    assert_eq!(formats, ["cef", "csv", "jsonl"]);
}

#[tokio::test]
async fn no_page_and_no_file_holds_a_personal_number_or_a_secret() {
    let app = TestApp::with_registry().await;
    let client = app.client("tthc", |settings| settings.roles = vec!["xem".to_owned()]).await;
    assert_eq!(bring(&app, &row("so.nt", "Nguyễn Thị Số", NUMBER, SAI_GON, "Chuyên viên")).await.rows_bad, 0);
    let kim = app.official("kim").await;
    let tokens = app.tokens(&client, &kim, &[]).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let give = [("act", "give"), ("username", "kim"), ("role", "xem"), ("reason", "CCCD 079186000007")];
    let given = root.post("/admin/rights/clients/tthc", &give).await;
    assert_eq!(given.status, 303, "{}", given.body);
    let mut secrets = vec![NUMBER.to_owned(), kim.password.clone(), client.secret.clone().expect("a secret")];
    for token in ["access_token", "refresh_token", "id_token"] {
        secrets.extend(tokens[token].as_str().map(str::to_owned));
    }

    let mut texts = Vec::new();
    let mut page = root.browser.get(PAGE).await;
    loop {
        for entry in entries(&page) {
            texts.push(root.browser.get(&format!("{PAGE}/{entry}")).await.body);
        }
        let more = next(&page);
        texts.push(page.body);
        match more {
            Some(address) => page = root.browser.get(&address).await,
            None => break,
        }
    }
    for format in ["jsonl", "csv", "cef"] {
        texts.push(root.browser.get(&format!("{PAGE}/export?format={format}")).await.body);
    }

    assert!(texts.len() > 10);
    for secret in &secrets {
        assert!(texts.iter().all(|text| !text.contains(secret.as_str())), "{secret}");
    }
}

#[tokio::test]
async fn an_entry_says_where_it_stands_and_whether_somebody_touched_it() {
    let (app, mut auditor, entry) = scene().await;
    let here = format!("{PAGE}/{}", entry.id);
    let waits = auditor.browser.get(&here).await;
    assert_eq!((waits.body.matches("class=\"tag ok\"").count(), waits.body.matches("class=\"tag bad\"").count()), (1, 0));

    app.advance_seconds(60);
    run(&app, "one").await;
    let stands = auditor.browser.get(&here).await;
    let count = |page: &Answer, kind: &str| page.body.matches(&format!("class=\"tag {kind}\"")).count();
    assert_eq!((count(&stands, "ok"), count(&stands, "bad")), (4, 0), "{}", stands.body);
    let list = auditor.browser.get(PAGE).await;
    assert_eq!(count(&list, "bad"), 0, "{}", list.body);

    Hand::of(&app).execute(&format!("UPDATE audit SET actor = 'somebody' WHERE id = '{}'", entry.id)).await;
    let touched = auditor.browser.get(&here).await;
    assert_eq!((count(&touched, "ok"), count(&touched, "bad")), (2, 2), "{}", touched.body);
    let list = auditor.browser.get(PAGE).await;
    assert_eq!(count(&list, "bad"), 1, "{}", list.body);
    assert!(list.body.contains(&format!("<p><a href=\"{here}\">")), "it is named: {}", list.body);
}
