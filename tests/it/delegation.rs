//! Delegation (ủy quyền): a post is handed over for a time, systems are told for whom somebody acts, nothing is lent that
//! its owner does not have, and all of it ends within a second with what it rests on.

use crate::support::flows::sub_of;
use crate::support::people::{How, bring_as, lock};
use crate::support::plans::{FIRST, LAST, NAME, applied, posts, rollback, town, town_plan};
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::date::vietnam_date;
use motlan::base::id::PositionId;
use motlan::model::lifecycle::left_on;
use motlan::model::notice::NoticeKind;
use motlan::model::position::Position;
use motlan::service::legacy::merge::{self, Pair};
use motlan::service::notices::{self, Which};
use motlan::service::provisioning::roles;
use motlan::service::{Origin, delegation};
use serde_json::{Value, json};

const HERE: &str = "/account/delegations";
const FORM: &str = "/account/delegations?give=1";
pub const ROLE: &str = "duyet";
const OWN_ROLE: &str = "rieng";

/// A chair of a ward who has a role in that post and another one as a person, somebody to act for them, and a system.
pub struct Scene {
    pub app: TestApp,
    pub chair: Official,
    pub deputy: Official,
    pub tthc: TestClient,
}

impl Scene {
    /// Sets it.
    pub async fn set() -> Self {
        let app = town().await;
        let tthc = app.client("tthc", |settings| settings.roles = vec![ROLE.to_owned(), OWN_ROLE.to_owned()]).await;
        let chair = app.official_in("chutich", &["10001"]).await;
        let deputy = app.official_in("pho", &["10004"]).await;
        let scene = Self { app, chair, deputy, tthc };
        assert!(scene.grant(ROLE, Some(scene.chair.positions[0].clone())).await);
        assert!(scene.grant(OWN_ROLE, None).await);
        scene.app.sync().await;
        scene
    }

    async fn grant(&self, role: &str, position: Option<PositionId>) -> bool {
        let origin = Origin::command_line();
        let request =
            roles::Request { username: "chutich", client_id: "tthc", role, position, actor: "os:test", origin: &origin };
        roles::grant(self.app.services(), &request).await.expect("an answer")
    }

    /// What is sent to hand the chair's post over to the deputy.
    fn wish(&self) -> Vec<(&'static str, String)> {
        vec![
            ("act", "give".to_owned()),
            ("position", self.chair.positions[0].0.clone()),
            ("to", self.deputy.username.clone()),
            ("valid_from", "2026-11-22".to_owned()),
            ("valid_to", "2027-06-30".to_owned()),
            ("decision_no", "7/QĐ-UBND".to_owned()),
        ]
    }

    async fn at_home(&self, official: &Official) -> Browser {
        let mut browser = self.app.browser();
        let arrived = browser.sign_in(official, "/signin").await;
        assert_eq!(arrived.page(), Some("portal"), "{} {}", arrived.status, arrived.body);
        browser
    }

    /// Hands it over, and answers the post of the deputy.
    pub async fn given(&self) -> PositionId {
        let mut browser = self.at_home(&self.chair).await;
        let answer = send(&mut browser, &self.wish()).await;
        assert_eq!((answer.status, answer.location()), (303, "/account/delegations?done=given"), "{}", answer.body);
        self.app.sync().await;
        self.lent().await.expect("a post")
    }

    /// The post in which the deputy acts for somebody today.
    pub async fn lent(&self) -> Option<PositionId> {
        let services = self.app.services();
        let today = vietnam_date(services.clock.now());
        let known = services.person(&self.deputy.id).await.expect("an answer").expect("a person");
        let held = known.person.positions_on(today);
        held.into_iter().find(|post| post.delegated_by.is_some()).map(|post| post.id.clone())
    }

    /// The deputy, as they act in a post.
    fn acting(&self, position: &PositionId) -> Official {
        Official { positions: vec![position.clone()], ..self.deputy.clone() }
    }

    /// An access token that the system gets while the deputy acts in a post.
    pub async fn token(&self, position: &PositionId) -> String {
        let tokens = self.app.tokens(&self.tthc, &self.acting(position), &[("scope", "openid position roles")]).await;
        text(&tokens, "access_token").to_owned()
    }

    /// What the system is told.
    pub async fn told(&self, position: &PositionId) -> Value {
        self.app.userinfo(&self.token(position).await).await.json()
    }
}

/// Sends a form of the page, with the token of the browser.
async fn send(browser: &mut Browser, fields: &[(&'static str, String)]) -> Answer {
    let csrf = browser.get("/signin/recover").await.hidden("csrf");
    let mut all: Vec<(&str, &str)> = vec![("csrf", csrf.as_str())];
    all.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
    browser.post(HERE, &all).await
}

/// The same with other values for some fields.
fn with(wish: &[(&'static str, String)], changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let changed = |name: &str| changes.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
    wish.iter().map(|(name, value)| (*name, changed(name).unwrap_or_else(|| value.clone()))).collect()
}

async fn kinds_of(app: &TestApp, official: &Official) -> Vec<NoticeKind> {
    let told = notices::list(app.services(), &official.id).await.expect("notices");
    told.into_iter().map(|notice| notice.kind).collect()
}

#[tokio::test]
async fn systems_are_told_for_whom_somebody_acts_and_the_roles_of_that_post_and_no_others() {
    let scene = Scene::set().await;
    let own = scene.told(&scene.deputy.positions[0]).await;
    assert_eq!((&own["roles"], &own["position"]["delegated_by"]), (&Value::Null, &Value::Null));
    let called = json!(sub_of(&scene.app, &scene.tthc, &scene.chair).await);
    let mut browser = scene.at_home(&scene.chair).await;

    let look = send(&mut browser, &with(&scene.wish(), &[("act", "look")])).await;

    assert_eq!((look.status, look.page()), (200, Some("delegation-confirm")), "{}", look.body);
    assert!(look.body.contains("Nguyễn Văn pho") && look.body.contains("Phường Bốn"), "{}", look.body);
    assert_eq!((scene.lent().await, count_of(&scene.app, "delegation.given").await), (None, 0), "looking hands nothing over");
    let lent = scene.given().await;
    let told = scene.told(&lent).await;
    assert_eq!(told["sub"], own["sub"], "they are who they are");
    assert_eq!(told["position"]["delegated_by"], called, "as the system calls them");
    assert_ne!(called, json!(scene.chair.id), "and not as we do");
    assert_eq!((&told["position"]["decision_no"], &told["position"]["primary"]), (&json!("7/QĐ-UBND"), &json!(false)));
    assert_eq!(told["roles"], json!([ROLE]), "the role of the post, and not the one of its owner");
    assert_eq!(scene.told(&scene.deputy.positions[0]).await["roles"], Value::Null, "nothing comes to their own post");
    let rows = rows_of(&scene.app, "delegation.given").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    assert_eq!((row.actor.as_deref(), row.person_id.as_deref()), (Some(scene.chair.id.as_str()), Some(scene.deputy.id.as_str())));
    assert!(kinds_of(&scene.app, &scene.chair).await.contains(&NoticeKind::DelegationGiven));
    assert!(kinds_of(&scene.app, &scene.deputy).await.contains(&NoticeKind::DelegationReceived));
    let page = scene.at_home(&scene.acting(&lent)).await.get(HERE).await;
    assert_eq!((page.status, page.page()), (200, Some("delegations")));
    assert!(page.body.contains("Thay mặt Nguyễn Văn chutich"), "{}", page.body);
}

/// What what was lent rests on.
#[derive(Debug, Clone, Copy)]
enum Ends {
    TakenBack,
    GivenBack,
    PostOver,
    Disabled,
    NotMe,
}

#[tokio::test]
async fn what_was_lent_is_refused_with_the_end_of_what_it_rests_on() {
    for end in [Ends::TakenBack, Ends::GivenBack, Ends::PostOver, Ends::Disabled, Ends::NotMe] {
        let scene = Scene::set().await;
        let lent = scene.given().await;
        let token = scene.token(&lent).await;
        assert_eq!(scene.app.userinfo(&token).await.status, 200, "{end:?}");

        bring_about(&scene, end, &lent).await;
        scene.app.sync().await;

        assert_eq!(scene.lent().await, None, "{end:?}");
        assert_eq!(scene.app.userinfo(&token).await.status, 401, "{end:?}");
        let told = scene.told(&lent).await;
        assert_eq!((&told["roles"], &told["position"]["delegated_by"]), (&Value::Null, &Value::Null), "{end:?}");
        let by_hand = matches!(end, Ends::TakenBack | Ends::GivenBack);
        assert_eq!(count_of(&scene.app, "delegation.ended").await, usize::from(by_hand), "{end:?}");
    }
}

async fn bring_about(scene: &Scene, end: Ends, lent: &PositionId) {
    let app = &scene.app;
    match end {
        Ends::TakenBack | Ends::GivenBack => {
            let by = if matches!(end, Ends::TakenBack) { scene.chair.clone() } else { scene.acting(lent) };
            let mut browser = scene.at_home(&by).await;
            let asked = browser.get(&format!("{HERE}?end={lent}")).await;
            assert_eq!(asked.page(), Some("delegation-end"), "{}", asked.body);
            let form = [("act", "end".to_owned()), ("delegation", lent.0.clone())];
            let answer = send(&mut browser, &form).await;
            assert_eq!((answer.status, answer.location()), (303, "/account/delegations?done=ended"));
            let again = send(&mut browser, &form).await;
            assert_eq!((again.status, again.location()), (303, HERE), "it is over");
        }
        Ends::PostOver => {
            let header = "username,full_name,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
            let row = "chutich,Nguyễn Văn chutich,10001,Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,2025-07-01,2026-11-21\n";
            let file = format!("{header}{row}");
            bring_as(app.services(), file.as_bytes(), How::default()).await.expect("a report");
        }
        Ends::Disabled => lock(app, &scene.chair).await,
        Ends::NotMe => {
            let told = notices::list(app.services(), &scene.chair.id).await.expect("notices");
            let notice = told.iter().find(|notice| notice.kind == NoticeKind::DelegationGiven).expect("a notice");
            let which = Which::Own { person: &scene.chair.id, id: &notice.id };
            assert!(notices::disown(app.services(), which, &Origin::command_line()).await.expect("an answer"));
        }
    }
}

#[tokio::test]
async fn a_role_that_is_taken_back_from_its_owner_is_lent_no_more_and_one_that_is_given_is() {
    let scene = Scene::set().await;
    let lent = scene.given().await;
    let token = scene.token(&lent).await;
    assert_eq!(scene.app.userinfo(&token).await.json()["roles"], json!([ROLE]));
    let origin = Origin::command_line();
    let post = Some(scene.chair.positions[0].clone());
    let request = |role| roles::Request {
        username: "chutich",
        client_id: "tthc",
        role,
        position: post.clone(),
        actor: "os:test",
        origin: &origin,
    };

    assert!(roles::revoke(scene.app.services(), &request(ROLE)).await.expect("an answer"));
    scene.app.sync().await;
    assert_eq!(scene.told(&lent).await["roles"], Value::Null);
    assert!(roles::grant(scene.app.services(), &request(OWN_ROLE)).await.expect("an answer"));
    scene.app.sync().await;

    assert_eq!(scene.told(&lent).await["roles"], json!([OWN_ROLE]));
}

#[tokio::test]
async fn what_cannot_be_handed_over_is_refused_and_nothing_is_written() {
    let scene = Scene::set().await;
    let app = &scene.app;
    app.official("khongvitri").await;
    let locked = app.official_in("khoa", &["10002"]).await;
    lock(app, &locked).await;
    let deputys = scene.deputy.positions[0].0.clone();
    let mut browser = scene.at_home(&scene.chair).await;
    let long = "7".repeat(500);
    let table: [(&str, &[(&'static str, &str)]); 15] = [
        ("no post", &[("position", "")]),
        ("somebody else's post", &[("position", deputys.as_str())]),
        ("nobody named", &[("to", " ")]),
        ("oneself", &[("to", "ChuTich")]),
        ("nobody of this name", &[("to", "khong.co")]),
        ("no name at all", &[("to", "<script>")]),
        ("somebody without a post", &[("to", "khongvitri")]),
        ("somebody who may not sign in", &[("to", "khoa")]),
        ("yesterday", &[("valid_from", "2026-11-21")]),
        ("too far ahead", &[("valid_from", "2027-11-24"), ("valid_to", "2027-11-25")]),
        ("the end before the beginning", &[("valid_to", "2026-11-21")]),
        ("longer than a year", &[("valid_to", "2027-11-23")]),
        ("without an end", &[("valid_to", "")]),
        ("no decision", &[("decision_no", "")]),
        ("a decision that is too long", &[("decision_no", long.as_str())]),
    ];
    let before = app.audit_events().await;
    let mut answers = Vec::new();

    for (case, changes) in table {
        for act in ["look", "give"] {
            let answer = send(&mut browser, &with(&with(&scene.wish(), &[("act", act)]), changes)).await;
            assert_eq!((answer.status, answer.page()), (422, Some("delegation-new")), "{case} {act}: {}", answer.body);
            answers.push((case, answer));
        }
    }

    assert_eq!((app.audit_events().await, scene.lent().await), (before, None));
    let nobody = "Không có ai mang tên đăng nhập này";
    let alike = ["nobody of this name", "no name at all", "somebody without a post", "somebody who may not sign in"];
    for (case, answer) in answers.iter().filter(|(case, _)| alike.contains(case)) {
        assert!(answer.body.contains(nobody), "{case}: all that lead to nobody are answered alike");
    }
    assert!(kinds_of(app, &scene.deputy).await.iter().all(|kind| *kind != NoticeKind::DelegationReceived));
}

#[tokio::test]
async fn a_post_has_one_at_a_time_who_acts_in_it_and_nobody_lends_what_was_lent_to_them() {
    let scene = Scene::set().await;
    let third = scene.app.official_in("ba", &["10005"]).await;
    let lent = scene.given().await;
    let mut of_chair = scene.at_home(&scene.chair).await;
    let mut of_deputy = scene.at_home(&scene.acting(&lent)).await;
    let to_third = with(&scene.wish(), &[("to", "ba"), ("valid_from", "2027-06-30"), ("valid_to", "2027-07-31")]);

    let twice = send(&mut of_chair, &to_third).await;
    let chain = send(&mut of_deputy, &with(&to_third, &[("position", lent.as_str())])).await;

    assert_eq!((twice.status, chain.status), (422, 422), "{} {}", twice.body, chain.body);
    assert!(twice.body.contains("đã có người làm việc thay") && chain.body.contains("Hãy chọn một chức vụ"));
    assert!(!of_deputy.get(FORM).await.body.contains(lent.as_str()), "it is not offered");
    assert_eq!(posts(&scene.app, "ba").await.len(), third.positions.len());
    let after = send(&mut of_chair, &with(&to_third, &[("valid_from", "2027-07-01")])).await;
    assert_eq!(after.status, 303, "on other days somebody else may act: {}", after.body);
    assert_eq!(count_of(&scene.app, "delegation.given").await, 2);
}

#[tokio::test]
async fn only_ones_own_form_after_a_sign_in_of_the_last_minutes_hands_anything_over() {
    let scene = Scene::set().await;
    let mut browser = scene.at_home(&scene.chair).await;
    let wish = scene.wish();
    let fields: Vec<(&str, &str)> = wish.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let foreign = browser.post(HERE, &fields).await;
    assert_eq!((foreign.status, foreign.page()), (403, Some("error")));
    scene.app.advance_seconds(601);
    scene.app.sync().await;
    assert_eq!(browser.get(HERE).await.page(), Some("delegations"), "looking asks for nothing more");
    for answer in [browser.get(FORM).await, send(&mut browser, &wish).await] {
        assert_eq!(answer.status, 303);
        assert!(answer.location().starts_with("/signin?"), "{}", answer.location());
    }

    assert_eq!((scene.lent().await, count_of(&scene.app, "delegation.given").await), (None, 0));
}

#[tokio::test]
async fn somebody_elses_delegation_is_not_there() {
    let scene = Scene::set().await;
    let lent = scene.given().await;
    let other = scene.app.official_in("ngoai", &["10005"]).await;
    let mut browser = scene.at_home(&other).await;

    let asked = browser.get(&format!("{HERE}?end={lent}")).await;
    let ended = send(&mut browser, &[("act", "end".to_owned()), ("delegation", lent.0.clone())]).await;

    assert_eq!([asked.location(), ended.location()], [HERE, HERE]);
    scene.app.sync().await;
    assert_eq!((scene.lent().await, count_of(&scene.app, "delegation.ended").await), (Some(lent), 0));
}

#[tokio::test]
async fn a_delegation_goes_on_through_a_plan_with_the_post_it_stands_for_and_comes_back_with_it() {
    let scene = Scene::set().await;
    let lent = scene.given().await;
    let called = json!(sub_of(&scene.app, &scene.tthc, &scene.chair).await);

    applied(&scene.app, &town_plan()).await;
    scene.app.sync().await;

    let went_on = scene.lent().await.expect("it goes on");
    assert_ne!(went_on, lent);
    let told = scene.told(&went_on).await;
    assert_eq!((&told["roles"], &told["position"]["delegated_by"]), (&json!([ROLE]), &called));
    let mut browser = scene.at_home(&scene.chair).await;
    let ended = send(&mut browser, &[("act", "end".to_owned()), ("delegation", lent.0.clone())]).await;
    assert_eq!(ended.status, 303);
    scene.app.sync().await;
    assert_eq!(scene.lent().await, None, "what goes on from it ends with it");
    let open = |post: &Position| post.delegated_by.is_some() && post.was_ever_held() && post.in_force_on(FIRST);
    assert!(!posts(&scene.app, "pho").await.iter().any(open));
    rollback(&scene.app, NAME, true).await.expect("taken back");
    scene.app.sync().await;
    assert_eq!(scene.lent().await, None, "and does not come back");
}

#[tokio::test]
async fn a_delegation_keeps_nobody_from_leaving_and_ends_with_its_last_day() {
    let scene = Scene::set().await;
    let lent = scene.given().await;
    let mut person = crate::support::people::person(&scene.app, "pho").await.expect("a person");
    assert_eq!(left_on(&person), None, "their own post is open");

    for post in person.positions.iter_mut().filter(|post| post.id != lent) {
        post.valid_to = Some(LAST);
    }

    assert_eq!(left_on(&person), Some(LAST), "what was handed to them lasts longer, and does not count");
    // 2027-07-01.
    scene.app.advance_seconds(221 * 86_400);
    scene.app.sync().await;
    assert_eq!(scene.lent().await, None);
}

#[tokio::test]
async fn a_merge_carries_nothing_over_that_was_handed_to_one_of_the_two_and_its_undoing_brings_it_back() {
    let scene = Scene::set().await;
    let lent = scene.given().await;
    let app = &scene.app;
    let kept = app.official_in("pho.moi", &["10004"]).await;
    let pair = Pair::at_command_line(kept.id.clone(), scene.deputy.id.clone(), "os:test", &Origin::command_line());

    let done = merge::merge(app.services(), &pair, "Cùng một người", None).await.expect("a merge");
    app.sync().await;

    assert!(posts(app, "pho.moi").await.iter().all(|post| post.delegated_by.is_none()), "it was handed to the other account");
    let services = app.services();
    assert!(services.person(&scene.deputy.id).await.expect("an answer").is_none(), "which opens nothing");
    merge::undo(services, &pair, &done.id, "Nhầm người").await.expect("undone");
    app.sync().await;
    assert_eq!(scene.lent().await, Some(lent));
}

#[tokio::test]
async fn of_two_who_end_it_at_once_one_does() {
    let scene = Scene::set().await;
    let lent = scene.given().await;
    let services = scene.app.services();
    let origin = Origin::command_line();
    let of = |person| delegation::By { person, origin: &origin };

    let both = tokio::join!(
        delegation::end(services, of(&scene.chair.id), &lent),
        delegation::end(services, of(&scene.deputy.id), &lent)
    );

    let mut done = [both.0.expect("an answer"), both.1.expect("an answer")];
    done.sort_unstable();
    assert_eq!((done, count_of(&scene.app, "delegation.ended").await), ([false, true], 1));
}
