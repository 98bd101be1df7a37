//! What a plan promises: the merger of 2025 comes to what the whole import comes to, and back, and to the same again; a
//! post goes on in the unit into which its own goes; what is asked of days before stays as it was.

use crate::reorganization_rights::grant;
use crate::support::TestApp;
use crate::support::people::{HEADER, How, bring, bring_as, row};
use crate::support::plans::{
    APPROVER, FIRST, INSTRUMENT, LAST, NAME, applied, apply, approve, by, digests, go_to, posts, preview, register, registry,
    rollback, text, town, town_plan, unit, units_of,
};
use crate::support::records::{count_of, rows_of};
use crate::support::registry::{FIRST_DAY, LAST_DAY, all_files, bring as bring_units, file, gso};
use motlan::model::plan::effect::Fate;
use motlan::model::position::Position;
use motlan::model::registry::Registry;
use motlan::service::reorganization::{self, SHIPPED};
use motlan::store::units;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use time::macros::date;

const MERGER: &str = "merger-2025";

/// The rows of a data file, by column.
fn rows(name: &str) -> Vec<HashMap<String, String>> {
    let source = file(name);
    csv::Reader::from_reader(source.bytes.as_slice()).deserialize().map(|row| row.expect("a row")).collect()
}

/// The city of before the merger, with one official in each of its units.
async fn city_of_before() -> TestApp {
    let app = TestApp::start().await;
    bring_units(app.services(), &all_files(), true).await.expect("the units of before");
    let mut people = HEADER.to_owned();
    for unit in rows("units_legacy.csv") {
        let code = &unit["gso_code"];
        writeln!(people, "cb.{code},Nguyễn Văn An,,,,,,{code},Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,2025-06-30,")
            .expect("text");
    }
    let report = bring_as(app.services(), people.as_bytes(), How::default()).await.expect("a report");
    assert_eq!((report.rows_bad, report.rows_read), (0, 482), "{:?}", report.errors);
    app
}

/// Every row of the mapping, looked up on both days.
async fn all_493_rows_are_there(app: &TestApp) {
    let registry = registry(app).await;
    let mapping = rows("mapping_2025.csv");
    assert_eq!(mapping.len(), 493);
    for row in mapping {
        let old = gso(&registry, &row["legacy_code"], LAST_DAY);
        let new = gso(&registry, &row["new_code"], FIRST_DAY);
        assert_eq!(registry.name_on(old, LAST_DAY), row["legacy_name"]);
        assert_eq!(registry.name_on(new, FIRST_DAY), row["new_name"]);
        assert_ne!(old.id, new.id);
        let successors = registry.successors(&old.id);
        let (_, pair) = successors.iter().find(|(unit, _)| unit.id == new.id).expect("the pair");
        assert_eq!((pair.relation.as_str(), pair.effective), (row["relation"].as_str(), Some(FIRST_DAY)), "{row:?}");
        assert!(registry.predecessors(&new.id).iter().any(|(unit, _)| unit.id == old.id));
    }
}

/// Everybody is where their unit went; who was in one that was divided or dissolved is in none.
async fn everybody_is_placed(app: &TestApp) {
    let mapping = rows("mapping_2025.csv");
    for unit in rows("units_legacy.csv") {
        let code = &unit["gso_code"];
        let name = format!("cb.{code}");
        let whole = mapping.iter().find(|row| row["legacy_code"] == *code && row["relation"] == "whole");
        let next = match unit["kind"].as_str() {
            "tinh" | "thanh_pho_tw" => Some("Thành phố Hồ Chí Minh".to_owned()),
            _ => whole.map(|row| row["new_name"].clone()),
        };
        assert_eq!(units_of(app, &name, LAST_DAY).await, [unit["name"].clone()], "{code}");
        assert_eq!(units_of(app, &name, FIRST_DAY).await, next.into_iter().collect::<Vec<_>>(), "{code}");
    }
}

#[tokio::test]
async fn the_merger_of_2025_comes_to_what_the_whole_import_comes_to_and_back_and_to_the_same_again() {
    let whole = {
        let other = TestApp::start().await;
        bring_units(other.services(), &all_files(), false).await.expect("all units");
        registry(&other).await.digest()
    };
    let app = city_of_before().await;
    let before = digests(&app).await;
    assert_eq!(SHIPPED.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [MERGER]);

    register(&app, SHIPPED[0].1).await.expect("the shipped plan");
    let preview = preview(&app, MERGER).await;
    assert_eq!((preview.registry_before.as_str(), preview.registry_after.as_str()), (before.units.as_str(), whole.as_str()));
    assert_eq!((preview.people, preview.units_begun, preview.units_ended), (482, 169, 482));
    // 47 divided communes, and 38 districts of which one went whole into an island.
    assert_eq!((preview.open_people, preview.open_count, preview.decided), (47 + 37, 47 + 37, 0));
    assert_eq!(digests(&app).await, before, "looking changes nothing");
    approve(&app, MERGER, true).await.expect("an approval");
    assert_eq!(digests(&app).await, before, "nor does an approval");
    let done = apply(&app, MERGER).await.expect("applied");

    assert_eq!((done.people, done.open), (482, 47 + 37));
    let after = digests(&app).await;
    assert_eq!(after.units, whole);
    all_493_rows_are_there(&app).await;
    everybody_is_placed(&app).await;
    let first = registry(&app).await;
    let ids = |registry: &Registry| registry.units().map(|unit| unit.id.clone()).collect::<BTreeSet<_>>();

    let back = rollback(&app, MERGER, false).await.expect("taken back");
    assert!(back.kept.is_empty());
    assert_eq!(digests(&app).await, before);
    approve(&app, MERGER, true).await.expect("an approval");
    apply(&app, MERGER).await.expect("applied again");
    assert_eq!(digests(&app).await, after);
    assert_eq!(ids(&registry(&app).await), ids(&first), "units are who they were");
    assert_eq!((count_of(&app, "plan.applied").await, count_of(&app, "plan.rolled_back").await), (2, 1));
}

/// Somebody's post in the town.
fn post(username: &str, unit: &str, from: &str, to: &str) -> String {
    format!("{username},Nguyễn Văn An,,,,,,{unit},Tư pháp,Chuyên viên,vien_chuc,true,1/QĐ,{from},{to}\n")
}

#[tokio::test]
async fn a_post_goes_on_in_the_new_unit_from_the_day_and_keeps_all_but_its_decision() {
    let app = town().await;
    let table = [
        // Whose, from, to; what becomes of the old one, and of the new one.
        ("mo", "2025-07-01", "", Some(LAST), Some((FIRST, None))),
        ("han", "2025-07-01", "2027-06-30", Some(LAST), Some((FIRST, Some(date!(2027 - 06 - 30))))),
        ("ngay", "2025-07-01", "2027-01-01", Some(LAST), Some((FIRST, Some(FIRST)))),
        ("xong", "2025-07-01", "2026-12-31", Some(LAST), None),
        ("som", "2025-07-01", "2026-12-15", Some(date!(2026 - 12 - 15)), None),
        ("sau", "2027-03-01", "", Some(date!(2027 - 02 - 28)), Some((date!(2027 - 03 - 01), None))),
    ];
    let people: String = table.iter().map(|(name, from, to, ..)| post(name, "10001", from, to)).collect();
    let beside = post("mo", "10004", "2025-07-01", "").replace(",true,", ",false,");
    assert_eq!(bring(&app, &format!("{people}{beside}")).await.rows_bad, 0);
    let mut before = HashMap::new();
    for (name, ..) in table {
        before.insert(name, posts(&app, name).await);
    }

    applied(&app, &town_plan()).await;

    let new_unit = unit(&app, "20001", FIRST).await;
    for (name, _, _, old_to, new) in table {
        let all = posts(&app, name).await;
        let was = before[name].iter().find(|held| held.title == "Chuyên viên" && held.primary).expect("the post of before");
        let old = all.iter().find(|held| held.id == was.id).expect("the old post stays known");
        assert_eq!(old, &Position { valid_to: old_to, ..was.clone() }, "{name}");
        let found = all.iter().find(|held| held.follows.as_ref() == Some(&was.id));
        let expected = new.map(|(valid_from, valid_to)| Position {
            id: Position::following_id(&was.id, FIRST),
            unit: new_unit.clone(),
            decision_no: INSTRUMENT.to_owned(),
            follows: Some(was.id.clone()),
            valid_from,
            valid_to,
            ..was.clone()
        });
        assert_eq!(found, expected.as_ref(), "{name}");
        for on in [date!(2025 - 12 - 01), LAST] {
            let of = |posts: &[Position]| {
                posts.iter().filter(|held| held.in_force_on(on)).map(|held| held.id.clone()).collect::<Vec<_>>()
            };
            assert_eq!(of(&all), of(&before[name]), "{name} on {on}: as it was");
        }
    }
    let ahead = posts(&app, "sau").await;
    let old = ahead.iter().find(|held| held.follows.is_none()).expect("the old post");
    assert!(old.valid_to < Some(old.valid_from), "a post in a unit that is gone by then is held on no day");
    assert_eq!(units_of(&app, "mo", FIRST).await, ["Phường Sông Một", "Phường Bốn"]);
}

#[tokio::test]
async fn answers_for_days_before_the_plan_stay_as_they_were() {
    let app = town().await;
    bring(&app, &row("kim", "Nguyễn Thị Kim", "", "10001", "Chuyên viên")).await;
    let days = [date!(2019 - 12 - 31), date!(2020 - 01 - 01), date!(2026 - 11 - 22), LAST];
    let codes = ["79", "760", "761", "10001", "10002", "10003", "10005", "10006", "20001", "20002"];
    let told = async || {
        let registry = registry(&app).await;
        let mut all = Vec::new();
        for on in days {
            for code in codes {
                let found = registry.look_up("gso", code, on).one();
                let name = |unit| registry.name_on(unit, on).to_owned();
                let above = found.map(|unit| registry.path_on(unit, on).into_iter().map(name).collect::<Vec<String>>());
                all.push((on, code, found.map(|unit| (unit.id.clone(), name(unit))), above));
            }
            all.push((on, "kim", None, Some(units_of(&app, "kim", on).await)));
        }
        all
    };
    let before = told().await;

    applied(&app, &town_plan()).await;

    assert_eq!(told().await, before);
    let registry = registry(&app).await;
    assert_eq!(registry.look_up("gso", "10001", FIRST).one(), None);
    assert_eq!(registry.name_on(gso(&registry, "10005", LAST), LAST), "Phường Năm");
    assert_eq!(registry.name_on(gso(&registry, "10005", FIRST), FIRST), "Phường Năm Mới");
    assert_eq!(gso(&registry, "10005", FIRST).id, gso(&registry, "10005", LAST).id, "a name does not make another unit");
}

#[tokio::test]
async fn a_preview_tells_who_moves_who_waits_and_what_goes_with_them() {
    let app = town().await;
    let people = [
        row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên"),
        row("binh", "Lê Thị Bình", "", "10002", "Kế toán"),
        row("chi", "Trần Thị Chi", "", "10003", "Văn thư"),
        row("dung", "Võ Văn Dũng", "", "10004", "Văn thư"),
    ];
    bring(&app, &people.concat()).await;
    let tthc = app.client("tthc", |settings| settings.roles = vec!["duyet".to_owned()]).await;
    grant(&app, "an", &tthc, Some(posts(&app, "an").await[0].id.clone())).await;
    grant(&app, "dung", &tthc, Some(posts(&app, "dung").await[0].id.clone())).await;
    register(&app, &town_plan()).await.expect("a plan");

    let told = preview(&app, NAME).await;
    assert_eq!((told.people, told.posts, told.decided, told.open_count), (3, 3, 0, 1));
    assert_eq!((told.units_ended, told.units_begun), (3, 2));
    assert_eq!(told.roles, [("tthc".to_owned(), "duyet".to_owned(), 1)], "of posts that move, and of no other");
    let open: Vec<(&str, usize)> = told.open.iter().map(|one| (one.username.as_str(), one.candidates.len())).collect();
    assert_eq!(open, [("chi", 2)]);
    let tally: Vec<(&str, i64, i64)> = told.by_unit.iter().map(|unit| (unit.gso.as_str(), unit.people, unit.open)).collect();
    assert_eq!(tally, [("10001", 1, 0), ("10002", 1, 0), ("10003", 1, 1)]);
    assert!(matches!(told.by_unit[0].fate, Fate::Whole(_)) && matches!(&told.by_unit[2].fate, Fate::Choice(of) if of.len() == 2));
    assert_eq!(preview(&app, NAME).await.digest, told.digest, "the same again");

    bring(&app, &row("giang", "Đỗ Giang", "", "10001", "Văn thư")).await;
    assert_ne!(preview(&app, NAME).await.digest, told.digest);
}

#[tokio::test]
async fn stages_of_a_plan_are_applied_one_by_one() {
    let app = town().await;
    let people = [row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên"), row("chi", "Trần Thị Chi", "", "10004", "Văn thư")];
    bring(&app, &people.concat()).await;
    let steps = [
        "create,+A,phuong,Phường Sông Một,20001,760,,",
        "create,+D,phuong,Phường Sông Bốn,20004,761,,",
        "merge,10001,,,,,+A,",
        "merge,10004,,,,,+D,",
    ];
    let stages = "[[stage]]\nname = \"mot\"\nunits = [\"+A\"]\n\n[[stage]]\nname = \"hai\"\nunits = [\"+D\"]\n\n+++";
    let whole = text(NAME, FIRST, &steps).replacen("+++", stages, 1);
    register(&app, &whole).await.expect("a plan");
    go_to(&app, FIRST).await;
    let services = app.services();
    let before = digests(&app).await;
    let run = async |stage: &'static str| {
        let shown = reorganization::preview(services, NAME, Some(stage)).await.expect("a preview");
        reorganization::approve(services, NAME, Some(stage), &shown.digest, false, &by(APPROVER)).await.expect("an approval");
        reorganization::apply(services, NAME, Some(stage), false, &by(APPROVER), &|_, _| {}).await.expect("applied")
    };

    assert_eq!(run("mot").await.people, 1);
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
    assert_eq!(units_of(&app, "chi", FIRST).await, ["Phường Bốn"], "its stage has not come");
    assert_eq!(run("hai").await.people, 1);
    assert_eq!(units_of(&app, "chi", FIRST).await, ["Phường Sông Bốn"]);
    for stage in ["hai", "mot"] {
        reorganization::rollback(services, NAME, Some(stage), false, "thử", &by(APPROVER)).await.expect("taken back");
    }
    assert_eq!(digests(&app).await, before);
}

#[tokio::test]
async fn records_hold_counts_and_digests_and_nobodys_name() {
    let app = town().await;
    bring(&app, &row("an.kin", "Nguyễn Văn Kín", "", "10001", "Chuyên viên")).await;
    applied(&app, &town_plan()).await;
    rollback(&app, NAME, false).await.expect("taken back");

    for event in ["plan.registered", "plan.approved", "plan.applied", "plan.rolled_back"] {
        let rows = rows_of(&app, event).await;
        assert_eq!(rows.len(), 1, "{event}");
        let detail: Value = serde_json::from_str(&rows[0].detail).expect("JSON");
        assert_eq!(detail["plan"], NAME, "{event}");
        assert!(!rows[0].detail.contains("an.kin") && !rows[0].detail.contains("Kín"), "{event}: {}", rows[0].detail);
    }
    let applied: Value = serde_json::from_str(&rows_of(&app, "plan.applied").await[0].detail).expect("JSON");
    assert_eq!((&applied["people"], &applied["posts"], &applied["open"]), (&json!(1), &json!(1), &json!(0)));
    let version = units::version(&mut app.services().store.read().await.expect("a connection")).await.expect("a version");
    assert_eq!(version, 3, "brought in, applied, taken back");
    assert!(applied["digest"].as_str().is_some_and(|digest| digest.len() > 64));
}
