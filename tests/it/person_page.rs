//! The page about one person: who sees what of it, what is on record before it is seen, and the acts that begin there.

use crate::person_edits::{SAI_GON, TAN_DINH, about, administrator, detail, opened, send};
use crate::support::people::{HEADER, person};
use crate::support::records::{count_of, rows_of};
use crate::support::{Official, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::provisioning::roles;

const NUMBER: &str = "079186098092";
const PREFERENCES: &str = "__Host-motlan_prefs";

/// Somebody with a whole life in the records: a post in a ward that is gone, the one after it, and a personal number.
async fn diem(app: &TestApp) -> Official {
    let facts = format!("diem.hn,Huỳnh Ngọc Diễm,1984-11-23,{NUMBER},diem.hn@vi-du.vn,0903 555 318,BRVT-004417");
    let rows = format!(
        "{HEADER}{facts},{SAI_GON},,Phó Chủ tịch UBND,can_bo,true,QĐ 52/QĐ-UBND,2021-04-01,2025-06-30\n\
         {facts},{SAI_GON},Phòng Kinh tế,Trưởng phòng,cong_chuc,true,QĐ 214/QĐ-UBND,2025-07-01,\n"
    );
    app.official_of(&rows, "diem.hn").await
}

#[tokio::test]
async fn a_page_shows_posts_through_time_and_no_more_of_a_number_than_its_ends() {
    let app = TestApp::with_registry().await;
    let diem = diem(&app).await;
    let (root_self, mut root) = administrator(&app, "root", AdminRole::System, None).await;

    let page = opened(&mut root, &about(&diem, "")).await;

    assert_eq!(page.page(), Some("admin-person"));
    let places = [
        "Từ 01/07/2025",
        "Trưởng phòng, Phòng Kinh tế",
        "Phường Sài Gòn",
        "nhập trọn vẹn vào Phường Sài Gòn",
        "Phó Chủ tịch UBND",
        "Phường Bến Nghé, Quận 1",
        "QĐ 52/QĐ-UBND, cán bộ",
    ];
    let mut rest = page.body.split_once("class=\"timeline\"").expect("a line of posts").1;
    for place in places {
        let found = rest.find(place).unwrap_or_else(|| panic!("{place} is not there, or not in its place: {rest}"));
        rest = &rest[found..];
    }
    assert!(page.body.contains("Tệp nhập tại máy chủ"), "and where all of it came from");
    assert!(page.body.contains("079••••••092") && !page.body.contains(NUMBER));
    assert!(page.body.contains("••• ••• 318") && !page.body.contains("555 318"), "nor a whole telephone number");
    let looked = &rows_of(&app, "person.viewed").await[0];
    let told = (looked.actor.as_deref(), looked.person_id.as_deref());
    assert_eq!(told, (Some(root_self.id.as_str()), Some(diem.id.as_str())), "looking is on record");
}

#[tokio::test]
async fn whoever_looks_sees_the_pages_of_their_role_and_people() {
    let app = TestApp::with_registry().await;
    let (diem, lan) = (diem(&app).await, app.official_in("lan", &[TAN_DINH]).await);
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let (_, mut soat) = administrator(&app, "soat", AdminRole::Auditor, None).await;
    let (_, mut truc) = administrator(&app, "truc", AdminRole::HelpDesk, None).await;
    let pages = ["", "/roles", "/history", "/sessions", "/edit", "/positions", "/status", "/number"];
    let table: [(&str, &mut _, [u16; 8]); 3] = [
        ("unit", &mut quan, [200, 200, 200, 200, 200, 200, 200, 404]),
        ("auditor", &mut soat, [200, 200, 200, 200, 404, 404, 404, 404]),
        ("help desk", &mut truc, [200, 200, 404, 200, 404, 404, 404, 404]),
    ];

    for (role, browser, expected) in table {
        for (page, status) in pages.iter().zip(expected) {
            assert_eq!(browser.get(&about(&diem, page)).await.status, status, "{role} {page}");
        }
    }
    let viewed = count_of(&app, "person.viewed").await;
    for page in pages {
        assert_eq!(quan.get(&about(&lan, page)).await.status, 404, "{page} of somebody elsewhere");
        let nobody = format!("/admin/people/01939c2e-7c00-7000-8000-000000000000{page}");
        assert_eq!(quan.get(&nobody).await.status, 404, "{page} of nobody");
    }
    assert_eq!(count_of(&app, "person.viewed").await, viewed, "what was not seen is not on record as seen");
    let page = opened(&mut soat, &about(&diem, "")).await;
    for act in ["person-edit", "person-recovery", "person-status", "person-position", "person-number"] {
        assert!(!page.body.contains(&format!("id=\"{act}\"")), "{act} is offered to whoever changes nothing");
    }
    let page = opened(&mut soat, &about(&diem, "/sessions")).await;
    assert!(!page.body.contains("value=\"one\"") && !page.body.contains("person-end-all"), "{}", page.body);
    let sent = send(&mut soat, &about(&diem, "/sessions"), &page, &[("act", "all")]).await;
    assert_eq!((sent.status, count_of(&app, "sessions.ended").await), (404, 0));
}

#[tokio::test]
async fn every_page_speaks_every_language() {
    let app = TestApp::with_registry().await;
    let diem = diem(&app).await;
    let client = app.client("tthc", |settings| settings.roles = vec!["clerk".to_owned()]).await;
    let origin = Origin::command_line();
    let request = roles::Request {
        username: "diem.hn",
        client_id: &client.id,
        role: "clerk",
        position: None,
        actor: "os:test",
        origin: &origin,
    };
    assert!(roles::grant(app.services(), &request).await.expect("granted"));
    app.browser().sign_in(&diem, "/signin").await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let position = format!("/positions/{}", diem.positions[0]);
    let own = ["", "/roles", "/history", "/sessions", "/edit", "/positions", position.as_str(), "/status", "/number"];

    for language in ["vi", "en"] {
        root.cookies.insert(PREFERENCES.to_owned(), format!("{language}.."));
        let mut paths: Vec<String> = own.iter().map(|page| about(&diem, page)).collect();
        paths.push("/admin/people/new".to_owned());
        for path in paths {
            let page = opened(&mut root, &path).await;
            assert!(page.body.contains(&format!("<html lang=\"{language}\"")), "{path}");
            assert!(!page.body.contains("style=") && !page.body.contains("data:"), "{path}");
        }
    }
    let roles = opened(&mut root, &about(&diem, "/roles")).await;
    assert!(roles.body.contains("clerk") && roles.body.contains("Hệ thống tthc"), "{}", roles.body);
}

#[tokio::test]
async fn the_whole_number_is_shown_for_a_reason_to_whoever_may_and_is_on_record_first() {
    let app = TestApp::with_registry().await;
    let diem = diem(&app).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::Directory, None).await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let path = about(&diem, "/number");
    let page = opened(&mut root, &path).await;

    let unsaid = send(&mut root, &path, &page, &[("reason", "  ")]).await;
    assert_eq!((unsaid.status, unsaid.page()), (422, Some("admin-person-number")));
    assert!(!unsaid.body.contains(NUMBER));
    let own = quan.get("/signin/recover").await;
    assert_eq!(send(&mut quan, &path, &own, &[("reason", "xem thử")]).await.status, 404);
    assert_eq!(count_of(&app, "person.number_shown").await, 0);
    let shown = send(&mut root, &path, &page, &[("reason", "Đối chiếu hồ sơ 12")]).await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains(NUMBER));
    assert!(shown.header("cache-control").is_some_and(|value| value.contains("no-store")), "{:?}", shown.headers);
    let row = &rows_of(&app, "person.number_shown").await[0];
    assert_eq!(detail(row)["reason"], "Đối chiếu hồ sơ 12");
    assert!(!row.detail.contains(NUMBER));

    app.advance_seconds(601);
    let late = send(&mut root, &path, &page, &[("reason", "Đối chiếu hồ sơ 13")]).await;
    assert!(late.location().starts_with("/signin"), "an old sign-in shows nothing");
    assert_eq!(count_of(&app, "person.number_shown").await, 1);
}

#[tokio::test]
async fn access_ends_and_comes_back_with_a_reason() {
    let app = TestApp::with_registry().await;
    let diem = diem(&app).await;
    let mut of_diem = app.browser();
    assert_eq!(of_diem.sign_in(&diem, "/signin").await.page(), Some("portal"));
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let path = about(&diem, "/status");
    let page = opened(&mut quan, &path).await;

    let unsaid = send(&mut quan, &path, &page, &[("act", "disable")]).await;
    assert_eq!((unsaid.status, unsaid.page()), (422, Some("admin-person-status")));
    assert_eq!(of_diem.get("/account").await.status, 200, "nothing ended");
    let ended = send(&mut quan, &path, &page, &[("act", "disable"), ("reason", "QĐ nghỉ hưu 3")]).await;
    assert_eq!(ended.location(), format!("{}?done=disabled", about(&diem, "")));
    assert_eq!(of_diem.get("/account").await.status, 303, "signed out at once");
    assert!(person(&app, "diem.hn").await.expect("diem").disabled_at.is_some());
    let twice = send(&mut quan, &path, &page, &[("act", "disable"), ("reason", "QĐ nghỉ hưu 3")]).await;
    assert_eq!(twice.status, 303);
    assert_eq!(count_of(&app, "person.disabled").await, 1, "once");

    let page = opened(&mut quan, &path).await;
    assert!(page.body.contains("value=\"restore\""));
    let back = send(&mut quan, &path, &page, &[("act", "restore"), ("reason", "Nhầm người")]).await;
    assert_eq!(back.location(), format!("{}?done=restored", about(&diem, "")));
    assert!(person(&app, "diem.hn").await.expect("diem").disabled_at.is_none());
    assert_eq!(of_diem.get("/account").await.status, 303, "what ended stays ended");
    assert_eq!(detail(&rows_of(&app, "person.enabled").await[0])["reason"], "Nhầm người");
}

#[tokio::test]
async fn sessions_end_one_by_one_or_all_and_only_of_the_person_in_question() {
    let app = TestApp::with_registry().await;
    let diem = diem(&app).await;
    let lan = app.official_in("lan", &[TAN_DINH]).await;
    let mut browsers = Vec::new();
    for official in [&diem, &diem, &diem, &lan] {
        let mut browser = app.browser();
        assert_eq!(browser.sign_in(official, "/signin").await.page(), Some("portal"));
        app.advance_seconds(1);
        browsers.push(browser);
    }
    let (_, mut truc) = administrator(&app, "truc", AdminRole::HelpDesk, Some(SAI_GON)).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let session = |body: &str| {
        let (_, after) = body.split_once("name=\"session\" value=\"").expect("a session");
        after.split('"').next().unwrap_or_default().to_owned()
    };
    let of_lan = session(&opened(&mut root, &about(&lan, "/sessions")).await.body);
    let path = about(&diem, "/sessions");
    let page = opened(&mut truc, &path).await;

    let others = send(&mut truc, &path, &page, &[("act", "one"), ("session", &of_lan)]).await;
    assert_eq!(others.status, 303);
    assert_eq!(browsers[3].get("/account").await.status, 200, "a session of somebody else goes on");
    let newest = session(&page.body);
    assert_eq!(send(&mut truc, &path, &page, &[("act", "one"), ("session", &newest)]).await.status, 303);
    assert_eq!(browsers[2].get("/account").await.status, 303, "the newest is over");
    assert_eq!(browsers[0].get("/account").await.status, 200);
    let all = send(&mut truc, &path, &page, &[("act", "all")]).await;
    assert_eq!(all.location(), format!("{path}?done=all"));
    for browser in &mut browsers[..2] {
        assert_eq!(browser.get("/account").await.status, 303);
    }
    assert_eq!(browsers[3].get("/account").await.status, 200);
    assert_eq!(send(&mut truc, &about(&lan, "/sessions"), &page, &[("act", "all")]).await.status, 404);
    assert_eq!(browsers[3].get("/account").await.status, 200, "outside the bounds nothing ends");
}

#[tokio::test]
async fn history_names_whoever_the_reader_may_know_and_nobody_else() {
    let app = TestApp::with_registry().await;
    let diem = diem(&app).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let edit = about(&diem, "/edit");
    let page = opened(&mut root, &edit).await;
    let saved = send(&mut root, &edit, &page, &[("phone", "0911 222 333"), ("reason", "Công văn 5")]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);

    let of_root = opened(&mut root, &about(&diem, "/history")).await;
    let of_quan = opened(&mut quan, &about(&diem, "/history")).await;

    for page in [&of_root, &of_quan] {
        assert!(page.body.contains("Sửa thông tin") && page.body.contains("Công văn 5"), "{}", page.body);
        assert!(!page.body.contains("0911 222"), "no whole number is told");
    }
    assert!(of_root.body.contains("Nguyễn Văn root (system)"), "{}", of_root.body);
    assert!(!of_quan.body.contains("Nguyễn Văn root"), "the system's administrator lies beyond the ward");
    assert!(of_quan.body.contains("(system)"), "and yet what they acted as is told");
}
