//! What somebody types of a post brings nobody a role that is not theirs to give: by its title, by a first day in the past or
//! by a later last day, at the console and by files; nor does a merge of two persons, or a file that is taken back.

use crate::person_edits::{SAI_GON, about, administrator, opened, send};
use crate::rights_scene::{CITY, admin, everywhere, within};
use crate::support::imports::{self, apply, checked, id_of};
use crate::support::people::{HEADER, people, person, row};
use crate::support::plans::{FIRST, applied, posts, text, town, unit};
use crate::support::records::count_of;
use crate::support::{Official, TestApp};
use motlan::base::id::UnitId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::entitlement::Condition;
use motlan::model::import::Kept;
use motlan::service::Origin;
use motlan::service::provisioning::group_roles::{self, Giver, Wish};
use motlan::store::import_rows;
use time::Date;
use time::macros::date;

/// The day on which these tests begin.
const TODAY: Date = date!(2026 - 11 - 22);
const OF_SAI_GON: (AdminRole, Option<&str>) = (AdminRole::Unit, Some(SAI_GON));
const NEW: &str = "/admin/people/new";

/// A role that the client leaves to units, and one that it does not.
async fn client(app: &TestApp) {
    app.client("tthc", |settings| {
        settings.roles = vec!["lanh-dao".to_owned(), "tiep-nhan".to_owned()];
        settings.unit_granted_roles = vec!["tiep-nhan".to_owned()];
    })
    .await;
}

/// Gives a role to all under a unit, or to those with one title.
async fn give(app: &TestApp, role: &str, unit: UnitId, title: Option<&str>) {
    let giver = Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() };
    let wish = Wish {
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        unit,
        below: true,
        title: title.map(str::to_owned),
        condition: Condition::default(),
        valid_from: None,
        valid_to: None,
        reason: "Quyết định 7/QĐ".to_owned(),
    };
    group_roles::add(app.services(), &giver, &wish).await.expect("given");
}

/// Every chair of the city leads, every clerk of the ward receives, and everybody in the city has another role.
async fn scene() -> TestApp {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let (city, ward) = (unit(&app, CITY, TODAY).await, unit(&app, SAI_GON, TODAY).await);
    give(&app, "lanh-dao", city.clone(), Some("Chủ tịch")).await;
    give(&app, "tiep-nhan", ward, Some("Tiếp nhận")).await;
    give(&app, "tiep-nhan", city, None).await;
    app
}

async fn titles(app: &TestApp, username: &str) -> Vec<String> {
    let mut titles: Vec<String> = posts(app, username).await.into_iter().map(|post| post.title).collect();
    titles.sort_unstable();
    titles
}

#[tokio::test]
async fn a_post_whose_title_brings_what_is_not_theirs_to_give_is_added_by_whoever_keeps_the_directory() {
    let app = scene().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let (_, mut keeper) = administrator(&app, "danh-ba", AdminRole::Directory, None).await;
    let ward = unit(&app, SAI_GON, TODAY).await.0;
    let path = about(&kim, "/positions");
    let post = |title| [("unit", ward.as_str()), ("title", title), ("kind", "can_bo"), ("valid_from", "22/11/2026")];

    let page = opened(&mut quan, &path).await;
    let refused = send(&mut quan, &path, &page, &post("CHỦ TỊCH")).await;

    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("id=\"title-problem\"") && refused.body.contains("lanh-dao"), "{}", refused.body);
    assert_eq!((titles(&app, "kim").await, count_of(&app, "position.added").await), (vec!["Chuyên viên".to_owned()], 0));

    // One that is theirs to give, and one that brings nothing.
    for title in ["Tiếp nhận", "Phó Chủ tịch"] {
        let page = opened(&mut quan, &path).await;
        let added = send(&mut quan, &path, &page, &post(title)).await;
        assert_eq!(added.status, 303, "{title}: {}", added.body);
    }
    let page = opened(&mut keeper, &path).await;
    let added = send(&mut keeper, &path, &page, &post("Chủ tịch")).await;
    assert_eq!(added.status, 303, "{}", added.body);
    assert_eq!(titles(&app, "kim").await, ["Chuyên viên", "Chủ tịch", "Phó Chủ tịch", "Tiếp nhận"]);
}

/// Somebody who leads the ward until a day.
async fn chair(app: &TestApp, username: &str) -> Official {
    leader(app, username, "2026-12-31").await
}

/// The same until another day, or for good.
async fn leader(app: &TestApp, username: &str, last: &str) -> Official {
    let person = format!("{username},Nguyễn Văn {username},1986-08-05,,{username}@vi-du.vn,0900000000,NV1");
    let text = format!("{HEADER}{person},{SAI_GON},Văn phòng,Chủ tịch,can_bo,true,1/QĐ,2025-07-01,{last}\n");
    app.official_of(&text, username).await
}

#[tokio::test]
async fn a_post_that_is_there_is_changed_and_shortened_and_made_longer_by_whoever_keeps_the_directory() {
    let app = scene().await;
    let kim = chair(&app, "kim").await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let (_, mut keeper) = administrator(&app, "danh-ba", AdminRole::Directory, None).await;
    let path = about(&kim, &format!("/positions/{}", kim.positions[0]));
    let change = |last| [("act", "change"), ("kind", "can_bo"), ("primary", "1"), ("decision_no", "9/QĐ"), ("valid_to", last)];
    let last = async || posts(&app, "kim").await[0].valid_to;

    let table = [
        ("open", change("").to_vec(), "valid_to"),
        ("longer", change("31/03/2027").to_vec(), "valid_to"),
        ("ended later", vec![("act", "end"), ("last_day", "31/03/2027"), ("decision", "9/QĐ")], "last_day"),
    ];
    for (case, fields, field) in table {
        let page = opened(&mut quan, &path).await;
        let refused = send(&mut quan, &path, &page, &fields).await;
        assert_eq!(refused.status, 422, "{case}");
        assert!(refused.body.contains(&format!("id=\"{field}-problem\"")), "{case}: {}", refused.body);
        assert!(refused.body.contains("lanh-dao"), "{case}: {}", refused.body);
        assert_eq!(last().await, Some(date!(2026 - 12 - 31)), "{case}");
    }
    assert_eq!((count_of(&app, "position.changed").await, count_of(&app, "position.ended").await), (0, 0));

    let page = opened(&mut quan, &path).await;
    let kept = send(&mut quan, &path, &page, &change("31/12/2026")).await;
    assert_eq!((kept.status, last().await), (303, Some(date!(2026 - 12 - 31))), "another number of the decision: {}", kept.body);
    let page = opened(&mut quan, &path).await;
    let ended = send(&mut quan, &path, &page, &[("act", "end"), ("last_day", "15/12/2026"), ("decision", "9/QĐ")]).await;
    assert_eq!((ended.status, last().await), (303, Some(date!(2026 - 12 - 15))), "{}", ended.body);
    let page = opened(&mut keeper, &path).await;
    let longer = send(&mut keeper, &path, &page, &change("31/03/2027")).await;
    assert_eq!((longer.status, last().await), (303, Some(date!(2027 - 03 - 31))), "{}", longer.body);
}

#[tokio::test]
async fn nobody_new_comes_with_a_title_that_brings_what_is_not_theirs_to_give() {
    let app = scene().await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let ward = unit(&app, SAI_GON, TODAY).await.0;
    let before = people(&app).await;
    let joiner = |title| {
        [
            ("username", "moi.tt"),
            ("full_name", "Trần Thị Mới"),
            ("unit", ward.as_str()),
            ("title", title),
            ("kind", "cong_chuc"),
            ("primary", "1"),
            ("valid_from", "01/12/2026"),
        ]
    };
    let page = opened(&mut quan, NEW).await;

    let refused = send(&mut quan, NEW, &page, &joiner("Chủ tịch")).await;

    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("id=\"title-problem\"") && refused.body.contains("lanh-dao"), "{}", refused.body);
    assert!(person(&app, "moi.tt").await.is_none());
    assert_eq!((people(&app).await, count_of(&app, "person.added").await), (before, 0));
    let added = send(&mut quan, NEW, &page, &joiner("Chuyên viên")).await;
    assert_eq!((added.status, people(&app).await), (303, before + 1), "{}", added.body);
}

/// Line and effect of every row of a file, and whether it names the role that leads.
async fn rows_of(app: &TestApp, address: &str) -> Vec<(i64, &'static str, bool)> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = import_rows::list(&mut conn, id_of(address), None, (0, 1_000)).await.expect("rows");
    let names = |text: &str| text.contains("lanh-dao");
    rows.into_iter().map(|row| (row.line, row.effect.word(), names(&row.message_vi) && names(&row.message_en))).collect()
}

#[tokio::test]
async fn a_file_tells_such_a_post_by_its_row_and_the_other_rows_count() {
    let app = scene().await;
    app.official_in("kim", &[SAI_GON]).await;
    chair(&app, "lan").await;
    let (_, mut unit) = imports::administrator(&app, "unit", &[SAI_GON], OF_SAI_GON).await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let known = people(&app).await;
    let of_people = [
        row("kim", "Nguyễn Văn kim", "", SAI_GON, "Chủ tịch"),
        row("kim", "Nguyễn Văn kim", "", SAI_GON, "Ủy viên"),
        row("moi", "Trần Thị Mới", "", SAI_GON, "Chủ tịch"),
        row("moi.hai", "Trần Thị Hai", "", SAI_GON, "Chuyên viên"),
    ];
    let lan = |last: &str| format!("lan,26740,Văn phòng,Chủ tịch,can_bo,true,2/QĐ,2025-07-01,{last}\n");
    let positions = "username,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
    let (longer, same) = (lan("2027-12-31"), lan("2026-12-31"));
    let header = "username,action,decision_no,valid_from,title,primary\n";
    let table = [
        (
            "people",
            format!("{HEADER}{}", of_people.concat()),
            vec![(2, "bad", true), (3, "new_position", false), (4, "bad", true), (5, "new_person", false)],
        ),
        ("positions", format!("{positions}{longer}"), vec![(2, "bad", true)]),
        ("positions", format!("{positions}{same}"), vec![(2, "changed_position", false)]),
        (
            "decisions",
            format!("{header}kim,bo_nhiem,3/QĐ,2026-12-01,Chủ tịch,false\nkim,bo_nhiem,3/QĐ,2026-12-01,Kế toán,false\n"),
            vec![(2, "bad", true), (3, "new_position", false)],
        ),
    ];
    for (kind, file, expected) in table {
        let by_keeper = checked(&app, &mut root, kind, &file).await;
        assert!(rows_of(&app, &by_keeper).await.iter().all(|(_, effect, _)| *effect != "bad"), "{kind}: {file}");
        let address = checked(&app, &mut unit, kind, &file).await;
        assert_eq!(rows_of(&app, &address).await, expected, "{kind}: {file}");
        if expected.iter().any(|(_, effect, _)| *effect != "bad") {
            apply(&app, &mut unit, &address).await;
        }
    }
    assert_eq!(titles(&app, "kim").await, ["Chuyên viên", "Kế toán", "Ủy viên"]);
    assert!(person(&app, "moi").await.is_none(), "nobody new comes without a post");
    assert_eq!(people(&app).await, known + 1);
    let lan = posts(&app, "lan").await;
    assert_eq!((lan[0].valid_to, lan[0].decision_no.as_str()), (Some(date!(2026 - 12 - 31)), "2/QĐ"));
}

#[tokio::test]
async fn a_first_day_before_a_unit_came_elsewhere_brings_nothing_of_where_it_was() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    give(&app, "tiep-nhan", unit(&app, "761", TODAY).await, None).await;
    let kim = app.official_in("kim", &["10004"]).await;
    applied(&app, &text("chuyen", FIRST, &["move,10004,,,,760,,"])).await;
    let mut own = admin(&app, "bon", &[], within(AdminRole::Unit, "10004")).await.browser;
    let ward = unit(&app, "10004", FIRST).await.0;
    let path = about(&kim, "/positions");
    let post = |from| [("unit", ward.as_str()), ("title", "Thủ quỹ"), ("kind", "cong_chuc"), ("valid_from", from)];

    let page = opened(&mut own, &path).await;
    let refused = send(&mut own, &path, &page, &post("01/12/2026")).await;

    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("id=\"valid_from-problem\"") && refused.body.contains("tiep-nhan"), "{}", refused.body);
    assert_eq!((titles(&app, "kim").await.len(), count_of(&app, "position.added").await), (1, 0));
    let added = send(&mut own, &path, &page, &post("01/01/2027")).await;
    assert_eq!(added.status, 303, "{}", added.body);
}

#[tokio::test]
async fn somebody_who_leads_already_is_entered_in_another_department_for_as_long_by_whoever_looks_after_the_unit() {
    let app = scene().await;
    let (kim, minh) = (leader(&app, "kim", "").await, chair(&app, "minh").await);
    leader(&app, "lan", "").await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let (_, mut unit_files) = imports::administrator(&app, "unit", &[SAI_GON], OF_SAI_GON).await;
    let ward = unit(&app, SAI_GON, TODAY).await.0;
    let post = [
        ("unit", ward.as_str()),
        ("department", "Phòng Tổng hợp"),
        ("title", "Chủ tịch"),
        ("kind", "can_bo"),
        ("valid_from", "22/11/2026"),
    ];

    for (case, official, expected) in [("for good", &kim, (303, 2)), ("until a day", &minh, (422, 1))] {
        let path = about(official, "/positions");
        let page = opened(&mut quan, &path).await;
        let sent = send(&mut quan, &path, &page, &post).await;
        assert_eq!((sent.status, titles(&app, &official.username).await.len()), expected, "{case}: {}", sent.body);
    }
    assert_eq!(count_of(&app, "position.added").await, 1);

    // A decision of a file ends the old post and tells the new one at once.
    let file = "username,action,decision_no,valid_from,title,primary\nlan,bo_nhiem,3/QĐ,2026-12-01,Chủ tịch,true\n\
                minh,bo_nhiem,3/QĐ,2026-12-01,Chủ tịch,true\n";
    let address = checked(&app, &mut unit_files, "decisions", file).await;
    assert_eq!(rows_of(&app, &address).await, [(2, "new_position", false), (3, "bad", true)]);
    apply(&app, &mut unit_files, &address).await;
    let mut days: Vec<Option<Date>> = posts(&app, "lan").await.into_iter().map(|post| post.valid_to).collect();
    days.sort_unstable();
    assert_eq!(days, [None, Some(date!(2026 - 11 - 30))]);
    assert_eq!(posts(&app, "minh").await[0].valid_to, Some(date!(2026 - 12 - 31)));
}

#[tokio::test]
async fn a_merge_brings_nobody_a_post_whose_title_brings_what_is_not_theirs_to_give() {
    let app = scene().await;
    let (kim, lan) = (app.official_in("kim", &[SAI_GON]).await, chair(&app, "lan").await);
    let mut quan = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;
    let here = format!("/admin/people/{}/merge", kim.id);
    let beside = format!("{here}?other={}", lan.id);
    let seen = keeper.browser.get(&beside).await.hidden("seen");
    let fields = [("other", lan.id.as_str()), ("seen", seen.as_str()), ("reason", "Cùng một người"), ("sure", "1")];

    let page = quan.browser.get(&beside).await;
    let refused = quan.post(&here, &fields).await;

    assert!(page.status == 200 && !page.body.contains("merge-do"), "{}", page.body);
    assert!(page.body.contains("mang theo vai trò mà Ông/Bà không được cấp"), "{}", page.body);
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!((titles(&app, "kim").await, count_of(&app, "person.merged").await), (vec!["Chuyên viên".to_owned()], 0));
    let done = keeper.post(&here, &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    app.sync().await;
    assert_eq!(titles(&app, "kim").await, ["Chuyên viên", "Chủ tịch"]);
}

#[tokio::test]
async fn a_file_that_ended_such_a_post_is_taken_back_without_opening_it_again() {
    let app = scene().await;
    app.official_in("kim", &[SAI_GON]).await;
    chair(&app, "lan").await;
    let (_, mut unit) = imports::administrator(&app, "unit", &[SAI_GON], OF_SAI_GON).await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let file = |lan: &str, kim: &str| {
        format!(
            "username,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n\
             lan,{SAI_GON},Văn phòng,Chủ tịch,can_bo,true,2/QĐ,2025-07-01,{lan}\n\
             kim,{SAI_GON},Văn phòng,Chuyên viên,cong_chuc,true,2/QĐ,2025-07-01,{kim}\n"
        )
    };
    let last = async |username: &str| posts(&app, username).await[0].valid_to;

    let address = imports::bring(&app, &mut unit, "positions", &file("2026-11-30", "2026-12-15")).await;
    assert_eq!((last("lan").await, last("kim").await), (Some(date!(2026 - 11 - 30)), Some(date!(2026 - 12 - 15))));
    imports::undo(&app, &mut unit, &address).await;

    assert_eq!((last("lan").await, last("kim").await), (Some(date!(2026 - 11 - 30)), None), "hers stays, his is as before");
    let kept = {
        let mut conn = app.services().store.read().await.expect("a connection");
        import_rows::list_kept(&mut conn, id_of(&address), 100).await.expect("rows")
    };
    let kept: Vec<(&str, Kept)> = kept.iter().map(|row| (row.username.as_str(), row.what)).collect();
    assert_eq!(kept, [("lan", Kept::Position)]);

    // Whoever looks after the whole city takes back all of a file of theirs.
    let address = imports::bring(&app, &mut root, "positions", &file("2026-11-25", "2026-12-15")).await;
    assert_eq!(last("lan").await, Some(date!(2026 - 11 - 25)));
    imports::undo(&app, &mut root, &address).await;
    assert_eq!((last("lan").await, last("kim").await), (Some(date!(2026 - 11 - 30)), None));
}
