//! A round of access reviews asks for roles of groups too: the unit of the group answers, nobody for a group that they are of
//! themselves, and what is taken back is gone for everybody at once.

use crate::rights_scene::{Admin, SAI_GON, TAN_DINH, admin, everywhere, within};
use crate::support::plans::{FIRST, LAST, applied, town, town_plan, unit};
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, TestApp};
use motlan::base::id::UnitId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::entitlement::Condition;
use motlan::service::Origin;
use motlan::service::lifecycle::{self, Memory};
use motlan::service::provisioning::group_roles::{self, Giver, Seeing, Wish};
use time::Date;
use time::macros::date;

const HERE: &str = "/admin/reviews";
/// The day on which these tests begin.
const TODAY: Date = date!(2026 - 11 - 22);

async fn run(app: &TestApp) {
    let mut memory = Memory::default();
    while lifecycle::run(app.services(), &mut memory, "a node").await.expect("the job runs") {}
    app.sync().await;
}

async fn client(app: &TestApp) {
    app.client("tthc", |settings| {
        settings.roles = vec!["clerk".to_owned(), "manager".to_owned()];
        settings.unit_granted_roles = vec!["clerk".to_owned()];
    })
    .await;
}

/// Gives a role at the command line to everybody in a unit; its id.
async fn give(app: &TestApp, role: &str, unit: &UnitId) -> String {
    let giver = Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() };
    let wish = Wish {
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        unit: unit.clone(),
        below: false,
        title: None,
        condition: Condition { least_level: None, office_only: true },
        valid_from: None,
        valid_to: None,
        reason: "QĐ 7".to_owned(),
    };
    group_roles::add(app.services(), &giver, &wish).await.expect("given")
}

/// The roles of groups that are left.
async fn left(app: &TestApp) -> Vec<String> {
    let lines = group_roles::list(app.services(), &Seeing::Operator, None).await.expect("a list");
    lines.into_iter().map(|line| line.grant.role).collect()
}

/// Begins the round of this quarter; answers its address.
async fn begin(app: &TestApp, by: &mut Admin) -> String {
    let sent = by.post(HERE, &[("act", "begin")]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let here = sent.location().to_owned();
    run(app).await;
    here
}

/// The page of a unit.
async fn opened(by: &mut Admin, path: &str) -> Answer {
    let page = by.browser.get(path).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-review-unit")), "{path}: {}", page.body);
    page
}

/// The field of the right of a group on a page, where it may be answered for.
fn field(page: &Answer, role: &str) -> Option<String> {
    let says = format!(": {role}\"");
    let is_such = |tag: &&str| tag.contains("Mọi chức vụ trong") && tag.contains(&says);
    let mut tags = page.body.split("name=\"mark_").skip(1).filter_map(|rest| rest.split('>').next());
    let id = tags.find(is_such).and_then(|tag| tag.split('"').next())?;
    Some(format!("mark_{id}"))
}

#[tokio::test]
async fn a_unit_answers_for_what_its_groups_have_and_what_it_takes_back_is_gone_at_once() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.official_in("kim", &[SAI_GON]).await;
    let (ward, other) = (unit(&app, SAI_GON, TODAY).await, unit(&app, TAN_DINH, TODAY).await);
    let clerks = give(&app, "clerk", &ward).await;
    give(&app, "manager", &ward).await;
    let foreign = give(&app, "clerk", &other).await;
    let mut unit_admin = admin(&app, "unit", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut keeper = admin(&app, "keeper", &[], everywhere(AdminRole::Directory)).await;
    let here = begin(&app, &mut keeper).await;
    let page = format!("{here}/{ward}");
    assert_eq!(unit_admin.browser.get(&format!("{here}/{other}")).await.status, 404, "another unit's");

    let shown = opened(&mut unit_admin, &page).await;
    for said in ["Vai trò theo nhóm", "Chỉ từ mạng cơ quan", ">1 người<", "Hệ thống tthc"] {
        assert!(shown.body.contains(said), "{said}: {}", shown.body);
    }
    let clerk = field(&shown, "clerk").expect("a role left to units");
    let manager = field(&shown, "manager").expect("one that is not");
    assert_eq!(left(&app).await.len(), 3, "looking takes nothing back");

    let removed = unit_admin.post(&page, &[("act", "remove"), (&clerk, "1"), ("reason", "Đã chuyển việc")]).await;
    assert_eq!((removed.status, removed.location()), (303, format!("{page}?done=removed&count=1").as_str()), "{}", removed.body);
    let revoked = rows_of(&app, "group_role.revoked").await;
    let [row] = revoked.as_slice() else { panic!("{revoked:?}") };
    assert!(row.detail.contains(&clerks) && row.detail.contains("Đã chuyển việc"), "{}", row.detail);
    assert_eq!(row.actor.as_deref(), Some(unit_admin.official.id.as_str()));
    let answered = rows_of(&app, "access_review.removed").await.remove(0);
    assert_eq!((answered.person_id, answered.client_id.as_deref()), (None, Some("tthc")));
    assert_eq!(left(&app).await, ["clerk", "manager"], "the other unit's stays");

    let objected = unit_admin.post(&page, &[("act", "remove"), (&manager, "1"), ("reason", "Không còn cần")]).await;
    assert_eq!(objected.location(), format!("{page}?done=objected&count=1"));
    assert_eq!(left(&app).await, ["clerk", "manager"], "it stays until somebody above says so");
    let removed = keeper.post(&page, &[("act", "remove"), (&manager, "1"), ("reason", "Theo đề nghị của phường")]).await;
    assert_eq!(removed.location(), format!("{page}?done=removed&count=1"), "{}", removed.body);
    assert_eq!((left(&app).await, count_of(&app, "group_role.revoked").await), (vec!["clerk".to_owned()], 2));
    let late = unit_admin.post(&page, &[("act", "keep"), (&clerk, "1")]).await;
    assert_eq!(late.location(), format!("{page}?done=in-part&count=0"), "an answer stands");
    assert_eq!(count_of(&app, "access_review.kept").await, 0);

    let file = keeper.browser.get(&format!("{here}/export.csv")).await;
    let of_groups = file.body.lines().filter(|line| line.contains("Mọi chức vụ trong"));
    let removed: Vec<bool> = of_groups.map(|line| line.contains("Đã thu hồi")).collect();
    assert_eq!(removed.iter().filter(|is_gone| **is_gone).count(), 2, "what is gone is still told: {}", file.body);
    assert_eq!(removed.len(), 3, "{}", file.body);
    let all = group_roles::find(app.services(), &foreign).await.expect("an answer");
    assert!(all.is_some(), "nobody touched it");
}

#[tokio::test]
async fn nobody_answers_for_a_group_that_they_are_of() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let ward = unit(&app, SAI_GON, TODAY).await;
    give(&app, "clerk", &ward).await;
    let mut away = admin(&app, "away", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut there = admin(&app, "there", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let mut keeper = admin(&app, "keeper", &[], everywhere(AdminRole::Directory)).await;
    let here = begin(&app, &mut keeper).await;
    let page = format!("{here}/{ward}");
    let clerk = field(&opened(&mut away, &page).await, "clerk").expect("a field");

    let shown = opened(&mut there, &page).await;
    assert!(field(&shown, "clerk").is_none() && shown.body.contains("Nhóm có cả Ông/Bà"), "{}", shown.body);
    let marked = (clerk.as_str(), "1");
    for fields in [vec![("act", "keep"), marked], vec![("act", "remove"), marked, ("reason", "x")]] {
        let refused = there.post(&page, &fields).await;
        assert_eq!(refused.location(), format!("{page}?done=in-part&count=0"), "{fields:?}: {}", refused.body);
    }
    let answered = count_of(&app, "access_review.kept").await + count_of(&app, "access_review.removed").await;
    assert_eq!((answered, left(&app).await.len(), count_of(&app, "group_role.revoked").await), (0, 1, 0));

    let kept = away.post(&page, &[("act", "keep"), (&clerk, "1")]).await;
    assert_eq!(kept.location(), format!("{page}?done=kept&count=1"), "{}", kept.body);
    assert_eq!((count_of(&app, "access_review.kept").await, left(&app).await.len()), (1, 1));
}

#[tokio::test]
async fn after_a_merger_the_unit_that_took_the_other_over_answers() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    app.official_in("mot", &["10001"]).await;
    give(&app, "clerk", &unit(&app, "10001", LAST).await).await;
    applied(&app, &town_plan()).await;
    let merged = unit(&app, "20001", FIRST).await;
    let mut unit_admin = admin(&app, "moi", &[], within(AdminRole::Unit, "20001")).await;
    let mut keeper = admin(&app, "keeper", &[], everywhere(AdminRole::Directory)).await;
    let here = begin(&app, &mut keeper).await;
    let page = format!("{here}/{merged}");

    let clerk = field(&opened(&mut unit_admin, &page).await, "clerk").expect("a field");
    let kept = unit_admin.post(&page, &[("act", "keep"), (&clerk, "1")]).await;
    assert_eq!(kept.location(), format!("{page}?done=kept&count=1"), "{}", kept.body);
    assert_eq!((count_of(&app, "access_review.kept").await, left(&app).await), (1, vec!["clerk".to_owned()]));
}
