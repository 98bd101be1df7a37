//! Promises about the console's pages of plans: what is approved is what was shown, and by somebody else than the author;
//! whoever may not sees nothing and changes nothing; drawings and tables tell the same; both languages say it.

use crate::rights_scene::{Admin, admin, everywhere};
use crate::support::people::{bring, row};
use crate::support::plans::{Digests, NAME, STEPS, digests, posts, text, town, unit, units_of};
use crate::support::records::{count_of, rows_of};
use crate::support::{Browser, TestApp};
use crate::units_console::upload;
use motlan::base::date::iso;
use motlan::model::admin_scope::AdminRole;
use motlan::service::directory;
use motlan::service::reorganization::SHIPPED;
use time::Date;
use time::macros::date;

const HERE: &str = "/admin/plans";
/// The plan counts from a day on that is over already, so that it may be applied at once.
const DAY: Date = date!(2026 - 11 - 01);
const EVE: Date = date!(2026 - 10 - 31);

struct Scene {
    app: TestApp,
    author: Admin,
    approver: Admin,
}

/// A town with people in units that go whole, are divided and stay; who writes a plan, and who approves it.
async fn scene() -> Scene {
    let app = town().await;
    let people = [("an", "10001"), ("binh", "10002"), ("chi", "10003"), ("dung", "10004")];
    let person = |(username, unit): (&str, &str)| row(username, &format!("Nguyễn Văn {username}"), "", unit, "Kế toán");
    let rows = people.map(person).concat();
    assert_eq!(bring(&app, &rows).await.rows_bad, 0);
    let author = admin(&app, "soan", &[], everywhere(AdminRole::Directory)).await;
    let approver = admin(&app, "duyet", &[], everywhere(AdminRole::Directory)).await;
    Scene { app, author, approver }
}

fn page_of(name: &str) -> String {
    format!("{HERE}/{name}")
}

/// Sends the town's plan as its author.
async fn sent(scene: &mut Scene) -> String {
    let plan = text(NAME, DAY, &STEPS);
    let sent = upload(&scene.app, &mut scene.author.browser, HERE, &[], Some(("file", &plan))).await;
    assert_eq!((sent.status, sent.location()), (303, format!("{}?done=registered", page_of(NAME)).as_str()), "{}", sent.body);
    page_of(NAME)
}

/// What the page shows; the digest of it.
async fn shown(browser: &mut Browser, page: &str) -> (String, String) {
    let answer = browser.get(page).await;
    assert_eq!((answer.status, answer.page()), (200, Some("admin-plan")), "{}", answer.body);
    let digest = answer.body.split("name=\"digest\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    (digest.unwrap_or_default().to_owned(), answer.body)
}

/// Nothing of a plan counts, and nobody approved it.
async fn untouched(app: &TestApp, before: &Digests, case: &str) {
    assert_eq!(digests(app).await, *before, "{case}");
    for event in ["plan.approved", "plan.applied", "plan.rolled_back", "plan.withdrawn"] {
        assert_eq!(count_of(app, event).await, 0, "{case}: {event}");
    }
}

#[tokio::test]
async fn a_plan_goes_from_its_file_to_its_end_and_back_by_the_pages() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let Scene { app, author, approver } = &mut scene;
    let before = digests(app).await;

    let (_, own) = shown(&mut author.browser, &page).await;
    assert!(own.contains("plan-author") && !own.contains("id=\"plan-approve\""), "{own}");
    let (digest, body) = shown(&mut approver.browser, &page).await;
    assert_eq!(digest.split('-').count(), 3, "{digest}");
    for told in ["Phường Một", "Phường Ba", "Phường Sông Một", "12/NQ-HDND", "Quận Một", "plan-counts"] {
        assert!(body.contains(told), "{told}: {body}");
    }
    let open = approver.post(&format!("{page}/approve"), &[("digest", &digest), ("accept_open", "1")]).await;
    assert_eq!((open.status, open.location()), (303, format!("{page}?done=approved").as_str()), "{}", open.body);
    let applied = approver.post(&format!("{page}/apply"), &[]).await;
    assert_eq!(applied.location(), format!("{page}?done=applied&people=3&open=1"), "{}", applied.body);
    app.sync().await;
    assert_eq!(units_of(app, "an", DAY).await, ["Phường Sông Một"]);
    assert_eq!(units_of(app, "dung", DAY).await, ["Phường Bốn"], "whoever is not concerned stays");
    let record = rows_of(app, "plan.applied").await.pop().expect("a record");
    assert_eq!(record.actor.as_deref(), Some(approver.official.id.as_str()));
    let told = approver.browser.get(applied.location()).await;
    assert!(told.body.contains("id=\"plan-rollback\"") && !told.body.contains("id=\"plan-apply\""), "{}", told.body);

    let silent = approver.post(&format!("{page}/rollback"), &[("reason", " ")]).await;
    assert_eq!((silent.status, silent.page()), (422, Some("admin-plan")), "{}", silent.body);
    assert_eq!(count_of(app, "plan.rolled_back").await, 0);
    let back = approver.post(&format!("{page}/rollback"), &[("reason", "Nghị quyết bị bãi bỏ")]).await;
    assert_eq!(back.location(), format!("{page}?done=rolled-back&people=0&scopes=0"), "{}", back.body);
    app.sync().await;
    assert_eq!(digests(app).await, before);
    assert!(rows_of(app, "plan.rolled_back").await[0].detail.contains("bãi bỏ"));
}

#[tokio::test]
async fn whoever_registered_a_plan_does_not_approve_it_and_an_old_look_approves_nothing() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let Scene { app, author, approver } = &mut scene;
    let before = digests(app).await;
    let (digest, _) = shown(&mut approver.browser, &page).await;

    let own = author.post(&format!("{page}/approve"), &[("digest", &digest), ("accept_open", "1")]).await;
    assert_eq!((own.status, own.page()), (409, Some("admin-plan")), "{}", own.body);
    assert!(own.body.contains("nhờ người khác duyệt") && own.body.contains("<title>Lỗi:"), "{}", own.body);
    let other = approver.post(&format!("{page}/approve"), &[("digest", "x")]).await;
    assert_eq!(other.status, 409, "{}", other.body);
    let early = approver.post(&format!("{page}/apply"), &[]).await;
    assert_eq!(early.status, 409, "nobody has approved it: {}", early.body);
    let never = approver.post(&format!("{page}/rollback"), &[("reason", "Thử")]).await;
    assert_eq!(never.status, 409, "it is not applied: {}", never.body);
    untouched(app, &before, "refused").await;

    assert_eq!(bring(app, &row("em", "Lê Thị Em", "", "10001", "Văn thư")).await.rows_bad, 0);
    let came = digests(app).await;
    let late = approver.post(&format!("{page}/approve"), &[("digest", &digest), ("accept_open", "1")]).await;
    assert_eq!(late.status, 409, "{}", late.body);
    untouched(app, &came, "somebody came since").await;
}

#[tokio::test]
async fn open_posts_end_only_when_somebody_accepts_that() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let Scene { app, approver, .. } = &mut scene;
    let (digest, _) = shown(&mut approver.browser, &page).await;
    let approved = approver.post(&format!("{page}/approve"), &[("digest", &digest)]).await;
    assert_eq!(approved.status, 303, "{}", approved.body);
    let before = (digests(app).await, posts(app, "chi").await);

    let refused = approver.post(&format!("{page}/apply"), &[]).await;
    assert_eq!((refused.status, refused.page()), (409, Some("admin-plan")), "{}", refused.body);
    assert_eq!((digests(app).await, posts(app, "chi").await), before);
    assert_eq!(count_of(app, "plan.applied").await, 0);

    let applied = approver.post(&format!("{page}/apply"), &[("accept_open", "1")]).await;
    assert_eq!(applied.location(), format!("{page}?done=applied&people=3&open=1"), "{}", applied.body);
    app.sync().await;
    assert_eq!(posts(app, "chi").await[0].valid_to, Some(EVE));
}

#[tokio::test]
async fn whoever_only_reads_sees_plans_and_does_nothing_with_them() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let mut auditor = admin(&scene.app, "kiem-toan", &[], everywhere(AdminRole::Auditor)).await;
    let mut help = admin(&scene.app, "ho-tro", &[], everywhere(AdminRole::HelpDesk)).await;
    let Scene { app, approver, .. } = &mut scene;
    let before = (digests(app).await, app.audit_events().await);
    let (digest, _) = shown(&mut approver.browser, &page).await;

    let (_, body) = shown(&mut auditor.browser, &page).await;
    for form in ["/approve", "/apply", "/rollback", "/withdraw"] {
        assert!(!body.contains(&format!("action=\"{page}{form}\"")), "{form}");
    }
    for path in [HERE, &page, &format!("{page}/person"), &format!("{page}/units/{}", unit(app, "10001", EVE).await)] {
        assert_eq!(help.browser.get(path).await.error_page(), Some("not_found"), "{path}");
    }
    for who in [&mut auditor, &mut help] {
        for act in ["approve", "apply", "rollback", "withdraw"] {
            let fields = [("digest", digest.as_str()), ("accept_open", "1"), ("reason", "Thử")];
            let answer = who.post(&format!("{page}/{act}"), &fields).await;
            assert_eq!((answer.status, answer.error_page()), (404, Some("not_found")), "{act}");
        }
        let other = text("khac", DAY, &STEPS);
        let answer = upload(app, &mut who.browser, HERE, &[], Some(("file", &other))).await;
        assert_eq!((answer.status, answer.error_page()), (404, Some("not_found")));
    }
    assert_eq!((digests(app).await, app.audit_events().await), before);
}

#[tokio::test]
async fn a_file_with_mistakes_is_not_registered_and_all_of_them_are_told() {
    let Scene { app, mut author, .. } = scene().await;
    let wrong = text(NAME, DAY, &["merge,10001,,,,,+Z,", "rename,10002,,,,,,", "bake,10003,,,,,,"]);
    for (case, file) in [("mistakes", Some(("file", wrong.as_str()))), ("no file", None), ("no plan", Some(("file", "a,b\n")))] {
        let answer = upload(&app, &mut author.browser, HERE, &[], file).await;
        assert_eq!((answer.status, answer.page()), (422, Some("admin-plans")), "{case}: {}", answer.body);
        assert!(answer.body.contains("<title>Lỗi:"), "{case}");
        assert_eq!(count_of(&app, "plan.registered").await, 0, "{case}");
    }
    let told = upload(&app, &mut author.browser, HERE, &[], Some(("file", &wrong))).await;
    let rows = told.body.split("id=\"plan-mistakes\"").nth(1).map_or(0, |table| table.matches("<th scope=\"row\"").count());
    assert!(rows >= 2, "{rows}: {}", told.body);
}

#[tokio::test]
async fn a_plan_that_comes_with_the_program_is_registered_and_says_when_it_does_not_fit() {
    let Scene { app, mut author, .. } = scene().await;
    let (name, _) = SHIPPED[0];
    let listed = author.browser.get(HERE).await;
    assert!(listed.body.contains(&format!("name=\"shipped\" value=\"{name}\"")), "{}", listed.body);
    let sent = upload(&app, &mut author.browser, HERE, &[("shipped", name)], None).await;
    assert_eq!(sent.location(), format!("{}?done=registered", page_of(name)), "{}", sent.body);

    let (digest, body) = shown(&mut author.browser, &page_of(name)).await;
    assert!(digest.is_empty() && body.contains("plan-misfits"), "the town has none of its units");
    assert!(body.matches("<tr><th scope=\"row\" lang=\"vi\">").count() <= 50, "never more than a page of units");
    assert!(body.contains("rel=\"next\""), "there are more pages");
    let listed = author.browser.get(HERE).await;
    assert!(!listed.body.contains("name=\"shipped\""), "it is registered");
}

#[tokio::test]
async fn a_unit_is_drawn_and_its_table_says_the_same() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let Scene { app, approver, .. } = &mut scene;
    let divided = format!("{page}/units/{}", unit(app, "10003", EVE).await);
    let table = [("10001", 1, "Phường Sông Một"), ("10003", 3, "Phường Sông Ba")];
    for (code, ribbons, after) in table {
        let answer = approver.browser.get(&format!("{page}/units/{}", unit(app, code, EVE).await)).await;
        assert_eq!((answer.status, answer.page()), (200, Some("admin-plan-unit")), "{}", answer.body);
        // A wide drawing and a narrow one.
        assert_eq!(answer.body.matches("<path class=\"ribbon").count(), 2 * ribbons, "{code}: {}", answer.body);
        let rows = answer.body.split("id=\"flows\"").nth(1).map_or(0, |table| table.matches("<th scope=\"row\"").count());
        assert_eq!(rows, ribbons, "{code}");
        assert!(answer.body.contains(after), "{code}: {after}");
    }
    let into = approver.browser.get(&divided).await;
    let target = into.body.split(&format!("{page}/units/")).find(|rest| rest.contains("Phường Sông Một</a>"));
    let target = target.and_then(|rest| rest.split('"').next()).expect("a link to the unit that begins").to_owned();
    let answer = approver.browser.get(&format!("{page}/units/{target}")).await;
    assert_eq!((answer.status, answer.page()), (200, Some("admin-plan-unit")));
    for from in ["Phường Một", "Phường Hai", "Phường Ba"] {
        assert!(answer.body.contains(from), "{from}: {}", answer.body);
    }
    let aside = approver.browser.get(&format!("{page}/units/{}", unit(app, "10006", EVE).await)).await;
    assert!(aside.body.contains("unit-still") && !aside.body.contains("<path class=\"ribbon"), "{}", aside.body);
    assert_eq!(approver.browser.get(&format!("{page}/units/none")).await.status, 404);
}

#[tokio::test]
async fn what_becomes_of_one_person_is_told_by_their_user_name() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let Scene { app, approver, .. } = &mut scene;
    let table = [
        ("an", "Phường Sông Một", "Theo đơn vị"),
        ("chi", "Phường Sông Ba", "Chưa quyết định"),
        ("dung", "Nguyễn Văn dung", "person-still"),
        ("ai", "Không tìm thấy", "Lỗi:"),
    ];
    for (username, first, second) in table {
        let answer = approver.browser.get(&format!("{page}/person?username={username}")).await;
        assert_eq!((answer.status, answer.page()), (200, Some("admin-plan-person")), "{username}");
        assert!(answer.body.contains(first) && answer.body.contains(second), "{username}: {}", answer.body);
    }
    assert_eq!(count_of(app, "plan.approved").await, 0);
}

#[tokio::test]
async fn somebody_is_found_by_name_too_and_of_several_one_is_chosen() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let Scene { app, approver, .. } = &mut scene;
    bring(app, &row("an.hai", "Nguyễn Văn An", "", "10004", "Văn thư")).await;
    app.sync().await;
    directory::catch_up(app.services()).await.expect("listed");

    let one = approver.browser.get(&format!("{page}/person?username=van+binh")).await;
    assert!(one.body.contains("id=\"person-posts\"") && one.body.contains("Phường Sông Một"), "{}", one.body);
    let several = approver.browser.get(&format!("{page}/person?username=nguyen+van+an")).await;
    assert_eq!((several.status, several.page()), (200, Some("admin-plan-person")));
    assert!(several.body.contains("id=\"person-matches\"") && !several.body.contains("id=\"person-posts\""), "{}", several.body);
    for username in ["an", "an.hai"] {
        assert!(several.body.contains(&format!("{page}/person?username={username}\"")), "{username}: {}", several.body);
    }
    let nobody = approver.browser.get(&format!("{page}/person?username=khong+ai+ca")).await;
    assert!(nobody.body.contains("Không tìm thấy") && !nobody.body.contains("id=\"person-matches\""), "{}", nobody.body);
}

#[tokio::test]
async fn a_post_that_ended_by_another_hand_is_none_of_what_the_plan_did() {
    let mut scene = scene().await;
    let Scene { app, .. } = &scene;
    let over = row("dung", "Nguyễn Văn dung", "", "10005", "Thủ quỹ").replace(",true,", ",false,");
    let over = over.replace(",2025-07-01,\n", &format!(",2025-07-01,{}\n", iso(EVE)));
    assert_eq!(bring(app, &over).await.rows_bad, 0);
    assert!(posts(app, "dung").await.iter().any(|post| post.valid_to == Some(EVE)), "it ended on the last day before");
    let page = sent(&mut scene).await;
    let Scene { app, approver, .. } = &mut scene;
    let (digest, _) = shown(&mut approver.browser, &page).await;
    let approved = approver.post(&format!("{page}/approve"), &[("digest", &digest), ("accept_open", "1")]).await;
    assert_eq!(approved.status, 303, "{}", approved.body);
    let applied = approver.post(&format!("{page}/apply"), &[]).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    app.sync().await;
    assert_eq!(units_of(app, "an", DAY).await, ["Phường Sông Một"]);

    let other = approver.browser.get(&format!("{page}/person?username=dung")).await;
    assert!(other.body.contains("id=\"person-still\"") && !other.body.contains("id=\"person-posts\""), "{}", other.body);
    let an = approver.browser.get(&format!("{page}/person?username=an")).await;
    let told = an.body.split("id=\"person-posts\"").nth(1).expect("what became of the posts");
    assert_eq!(told.matches("<tr><th scope=\"row\"").count(), 1, "the post that goes on, with where: {told}");
    assert!(told.contains("Phường Sông Một"), "{told}");
}

#[tokio::test]
async fn the_table_of_units_is_filtered_by_where_they_lay_and_what_becomes_of_them() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let approver = &mut scene.approver;
    let table = [
        ("", vec!["Phường Một", "Phường Ba", "Phường Năm"], vec![]),
        ("district=760", vec!["Phường Một", "Phường Ba"], vec!["Phường Năm"]),
        ("district=761", vec!["Phường Năm"], vec!["Phường Một", "Phường Ba"]),
        ("fate=divided", vec!["Phường Ba"], vec!["Phường Một", "Phường Năm"]),
        ("province=79&fate=goes-on", vec!["Phường Năm"], vec!["Phường Một", "Phường Ba"]),
        ("province=99", vec![], vec!["Phường Một", "Phường Ba", "Phường Năm"]),
    ];
    for (query, there, absent) in table {
        let (_, body) = shown(&mut approver.browser, &format!("{page}?{query}")).await;
        let is_line = |name: &str| body.contains(&format!("\">{name}</a> <span class=\"num\">1000"));
        assert!(there.iter().all(|name| is_line(name)), "{query}: {there:?}");
        assert!(!absent.iter().any(|name| is_line(name)), "{query}: {absent:?}");
    }
    assert_eq!(approver.browser.get(&format!("{page}?stage=none")).await.status, 404);
}

#[tokio::test]
async fn a_plan_is_withdrawn_and_nothing_more_is_done_with_it() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let Scene { app, author, approver } = &mut scene;
    let before = digests(app).await;
    let (digest, _) = shown(&mut approver.browser, &page).await;
    let gone = author.post(&format!("{page}/withdraw"), &[]).await;
    assert_eq!(gone.location(), format!("{page}?done=withdrawn"), "{}", gone.body);

    let late = approver.post(&format!("{page}/approve"), &[("digest", &digest), ("accept_open", "1")]).await;
    assert_eq!((late.status, late.page()), (409, Some("admin-plan")), "{}", late.body);
    let again = author.post(&format!("{page}/withdraw"), &[]).await;
    assert_eq!(again.status, 409, "{}", again.body);
    assert_eq!((digests(app).await, count_of(app, "plan.withdrawn").await), (before, 1));
    assert_eq!(count_of(app, "plan.approved").await, 0);
}

#[tokio::test]
async fn the_pages_speak_both_languages() {
    let mut scene = scene().await;
    let page = sent(&mut scene).await;
    let Scene { app, approver, .. } = &mut scene;
    let divided = format!("{page}/units/{}", unit(app, "10003", EVE).await);
    let table = [
        (HERE.to_owned(), "Đăng ký phương án mới", "Register a new plan"),
        (page.clone(), "Chưa phê duyệt", "Not approved"),
        (divided, "Bị chia", "Divided"),
        (format!("{page}/person"), "Ảnh hưởng đến một người", "What it does to one person"),
    ];
    for (tag, is_english) in [("vi", false), ("en", true)] {
        let csrf = approver.browser.get(HERE).await.hidden("csrf");
        let fields = [("csrf", csrf.as_str()), ("locale", tag), ("back", HERE)];
        assert_eq!(approver.browser.post("/preferences", &fields).await.status, 303);
        for (path, vi, en) in &table {
            let body = approver.browser.get(path).await.body;
            assert!(body.contains(&format!("<html lang=\"{tag}\"")), "{path}");
            assert_eq!((body.contains(vi), body.contains(en)), (!is_english, is_english), "{tag} {path}");
        }
    }
}
