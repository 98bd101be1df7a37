//! Plans in stages: whatever is applied first, all of them come to what the plan comes to at once, and back again.

use super::data::{MERGER, before_2025, city};
use super::{BEFORE, id, text};
use crate::base::id::{PersonId, UnitId};
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::model::plan::scopes::{ScopeMove, of_scopes};
use crate::model::plan::{Fate, Plan, Step, UnitEffect, What, Wrong, effect, read};
use crate::model::registry::Registry;
use std::collections::BTreeMap;
use time::macros::date;

/// Ten communes of the merger that come first: all of one district, a part of another, an island, and a ward by itself.
const PILOT: [&str; 10] = ["26737", "26740", "26743", "26758", "25747", "25750", "25768", "25771", "26732", "26506"];
/// The city ends, with all that lies in it: communes come to be of both districts, and one goes on.
const ANEW: &str = "create,+T,thanh_pho_tw,Thành phố Mới,10\nmerge,10,,,,,+T\n\
                    create,+20001,phuong,Phường Mới,20001,+T\ncreate,+20002,phuong,Phường Nam,20002,+T\n\
                    create,+20003,phuong,Phường Bắc,20003,+T\n\
                    merge,10001,,,,,+20001\nmerge,10003,,,,,+20001\nmerge,10002,,,,,+20002\nmerge,10004,,,,,+20003\n\
                    dissolve,101,,,,,+20001,cross\ndissolve,101,,,,,+20002,within\n\
                    dissolve,102,,,,,+20001,cross\ndissolve,102,,,,,+20003,within\n\
                    rename,10005,,Phường Năm";
/// Its stages: the districts end in the second and in the rest.
const PARTS: [(&str, &[&str]); 2] = [("mot", &["+T", "+20001"]), ("hai", &["+20002"])];

/// A plan's text with stages in its head.
fn with_stages(plan: &str, stages: &[(&str, &[&str])]) -> String {
    let head = |(name, units): &(&str, &[&str])| {
        let units: Vec<String> = units.iter().map(|unit| format!("\"{unit}\"")).collect();
        format!("[[stage]]\nname = \"{name}\"\nunits = [{}]\n", units.join(", "))
    };
    let heads: Vec<String> = stages.iter().map(head).collect();
    plan.replacen("+++\n", &format!("{}+++\n", heads.concat()), 1)
}

/// The merger with its pilot.
fn merger_in_stages() -> Plan {
    let units: Vec<String> = ["79"].into_iter().chain(PILOT).map(|code| format!("+{code}")).collect();
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    read(&with_stages(MERGER, &[("thi-diem", units.as_slice())])).expect("the plan in stages")
}

/// What the pilot does, what the rest does after it, and what the plan does at once.
fn merged(before: &Registry) -> [UnitEffect; 3] {
    let staged = merger_in_stages();
    let first = effect(&staged, Some("thi-diem"), before).expect("the pilot");
    let rest = effect(&staged, Some("rest"), &first.after).expect("the rest");
    let whole = effect(&read(MERGER).expect("the plan"), None, before).expect("all of it");
    [first, rest, whole]
}

#[test]
fn the_merger_in_stages_comes_to_what_it_comes_to_at_once_and_back() {
    assert_eq!(merger_in_stages().stage_names(), ["thi-diem", "rest"]);
    for recorded in [true, false] {
        let before = before_2025(recorded);
        let [first, rest, whole] = merged(&before);

        assert_eq!(rest.after.digest(), whole.after.digest(), "ends recorded: {recorded}");
        assert_eq!((first.begun.len(), rest.begun.len()), (11, 158));
        let ended: BTreeMap<UnitId, Fate> = first.ended.clone().into_iter().chain(rest.ended.clone()).collect();
        assert_eq!(ended, whole.ended);
        assert_eq!(first.ended.len() + rest.ended.len(), whole.ended.len(), "nothing ends twice");
        assert!(rest.after.with(&first.edits.inverse()).is_none(), "the pilot is not taken back from under the rest");
        let back = rest.after.with(&rest.edits.inverse()).expect("the way back");
        assert_eq!(back.digest(), first.after.digest());
        let back = back.with(&first.edits.inverse()).expect("all the way back");
        assert_eq!(back.digest(), before.digest());
    }
}

#[test]
fn between_two_stages_what_is_left_of_a_province_lies_where_that_went() {
    let day = date!(2025 - 07 - 01);
    let [first, rest, _] = merged(&before_2025(false));
    let city = merger_in_stages().unit_id("79");
    let known = |effect: &UnitEffect, code: &str| effect.after.unit(&UnitId(format!("l{code}"))).expect("a unit").clone();
    let above = |effect: &UnitEffect, code: &str| effect.after.parent_on(&known(effect, code), day).map(|unit| unit.id.clone());

    assert!(["74", "77", "79", "755", "760", "25741"].iter().all(|code| first.ended.contains_key(&UnitId(format!("l{code}")))));
    // A ward of it is in the rest, so that the district is too.
    assert!(!first.ended.contains_key(&UnitId("l718".to_owned())));
    for district in ["718", "747", "769"] {
        assert_eq!(above(&first, district), Some(city.clone()), "{district}");
        assert_eq!(known(&first, district).parents.len(), 2, "{district}");
        assert_eq!(known(&rest, district).parents.len(), 1, "{district}: nothing is left of it");
    }
    // Where ends were known already, nothing is left behind.
    let [recorded, _, _] = merged(&before_2025(true));
    assert_eq!(known(&recorded, "718").parents.len(), 1);
}

#[test]
fn administrators_of_the_merger_come_to_the_same_in_stages() {
    let before = before_2025(false);
    let [first, rest, whole] = merged(&before);
    let of = |person: &str, unit: &UnitId| {
        let scope = AdminScope {
            id: format!("{person}-{unit}"),
            role: AdminRole::Unit,
            unit: Some(unit.clone()),
            client: None,
            valid_from: date!(2024 - 01 - 01),
            valid_to: None,
        };
        (PersonId(person.to_owned()), scope)
    };
    let mut scopes: Vec<(PersonId, AdminScope)> = before.units().map(|unit| of(unit.id.as_str(), &unit.id)).collect();
    scopes.extend(["l74", "l77", "l79"].map(|code| of("all three", &UnitId(code.to_owned()))));
    let (staged, merger) = (merger_in_stages(), read(MERGER).expect("the plan"));
    let mut moved: Vec<(PersonId, ScopeMove)> = of_scopes(&staged, &first, &scopes);
    moved.extend(of_scopes(&staged, &rest, &scopes));
    moved.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));

    let wanted = of_scopes(&merger, &whole, &scopes);

    assert_eq!(moved, wanted);
    let city = Some(staged.unit_id("79"));
    let over_all = |(_, one): &&(PersonId, ScopeMove)| one.begun.as_ref().is_some_and(|next| next.unit == city);
    assert_eq!(wanted.iter().filter(over_all).count(), 1, "whoever had all three");
}

#[test]
fn stages_come_to_the_same_in_any_order_in_which_they_fit() {
    // It goes to where it was carried, or elsewhere.
    for row in ["move,10005,,,,+T", "create,+Q,quan,Quận Ba,103,+T\nmove,10005,,,,+Q"] {
        let plan = read(&with_stages(&text(&format!("{ANEW}\n{row}")), &PARTS)).expect("a plan");
        let whole = effect(&plan, None, &city()).expect("all of it");
        for order in [["mot", "hai", "rest"], ["mot", "rest", "hai"]] {
            let (mut now, mut done) = (city(), Vec::new());
            for stage in order {
                let one = effect(&plan, Some(stage), &now).expect(stage);
                done.push((now.digest(), one.edits));
                now = one.after;
            }
            assert_eq!(now.digest(), whole.after.digest(), "{order:?}, {row}");
            for (before, edits) in done.into_iter().rev() {
                now = now.with(&edits.inverse()).expect("the way back");
                assert_eq!(now.digest(), before, "{order:?}, {row}");
            }
        }
    }
}

#[test]
fn what_only_a_later_stage_ends_or_moves_is_carried_along_until_then() {
    let plan = read(&with_stages(&text(&format!("{ANEW}\nmove,10005,,,,+T")), &PARTS)).expect("a plan");
    let first = effect(&plan, Some("mot"), &city()).expect("the first stage");
    let second = effect(&plan, Some("hai"), &first.after).expect("the second stage");
    let day = date!(2027 - 01 - 01);
    let path = |effect: &UnitEffect, code: &str| -> Vec<UnitId> {
        let unit = effect.after.unit(&id(code)).expect("a unit");
        effect.after.path_on(unit, day).into_iter().map(|above| above.id.clone()).collect()
    };

    let city = plan.unit_id("T");
    assert_eq!(path(&first, "10002"), [city.clone(), id("101")]);
    assert_eq!(path(&first, "10004"), [city.clone(), id("102")]);
    assert_eq!(path(&first, "10005"), std::slice::from_ref(&city));
    assert_eq!(path(&second, "10004"), [city, id("102")], "its stage has not come");
    assert!(second.ended.contains_key(&id("101")) && !second.ended.contains_key(&id("102")));
    assert_eq!(second.after.unit(&id("101")).expect("a unit").parents.len(), 1);
}

#[test]
fn a_unit_that_is_only_dissolved_ends_in_the_last_stage_that_its_rows_lead_to() {
    let plan = read(&with_stages(&text(&format!("{ANEW}\nmove,10005,,,,+T")), &PARTS)).expect("a plan");
    let dissolved = |stage: &str| -> Vec<String> {
        let rows = plan.steps_of(Some(stage)).expect("a stage");
        let units = rows.iter().filter(|row| matches!(row.step, Step::Dissolve { .. }));
        units.map(|row| row.step.unit().to_string()).collect()
    };
    assert_eq!(dissolved("mot"), Vec::<String>::new());
    assert_eq!(dissolved("hai"), ["101", "101"]);
    assert_eq!(dissolved("rest"), ["102", "102"]);
}

/// What is told of a stage over the small city, or of the plan by itself.
fn told(stages: &[(&str, &[&str])], rows: &str, stage: &str) -> Vec<Wrong> {
    match read(&with_stages(&text(rows), stages)) {
        Ok(plan) => effect(&plan, Some(stage), &city()).expect_err(rows),
        Err(wrong) => wrong,
    }
}

#[test]
fn a_stage_that_does_not_hold_together_says_in_which_stage_the_other_step_is() {
    let (unit, rest) = ("Phường 10001".to_owned(), "rest".to_owned());
    let table: [(&str, &str, u64, &'static str, What); 6] = [
        ("101", "dissolve,101\nmove,10001,,,,10\nmove,10002,,,,10", 1, "unit", What::OrphanStage(unit.clone(), rest.clone())),
        (
            "+20001",
            "create,+20001,phuong,Phường Mới,20001,10\nmerge,101,,,,,+20001\nmove,10001,,,,10\nmove,10002,,,,10",
            2,
            "unit",
            What::OrphanStage(unit.clone(), rest.clone()),
        ),
        (
            "+X",
            "create,+X,phuong,Phường Mới,10001,102\nmerge,10002,,,,,+X\nmerge,10001,,,,,10003",
            1,
            "code",
            What::CodeStage(unit, rest.clone()),
        ),
        (
            "+X",
            "create,+X,phuong,Phường 10001,20001,101\nmerge,10002,,,,,+X\nmerge,10001,,,,,10003",
            1,
            "name",
            What::NameStage(rest),
        ),
        ("10002", "merge,10001,,,,,10002\nmerge,10002,,,,,10003", 1, "into", What::TargetEnds),
        (
            "+20001",
            "create,+20001,phuong,Phường Mới,20001,101\ndissolve,101\nmove,10001,,,,102\nmove,10002,,,,102",
            1,
            "parent",
            What::ParentEnds,
        ),
    ];
    for (named, rows, row, column, what) in table {
        let wrong = told(&[("mot", &[named])], rows, "mot");
        // Three lines of a stage stand before the rows.
        let expected = Wrong::new(BEFORE + 3 + row, column, what);
        assert!(wrong.contains(&expected), "{rows}\n{expected:?} is not among {wrong:?}");
    }
    let early = told(&PARTS, &format!("{ANEW}\nmove,10005,,,,+T"), "hai");
    let other = What::OtherStage("T".to_owned(), "mot".to_owned());
    assert!(early.contains(&Wrong::new(BEFORE + 6 + 4, "parent", other)), "its city is not there: {early:?}");
}

#[test]
fn what_a_stage_does_not_wait_for_can_come_first() {
    let rows = "dissolve,101\nmove,10001,,,,10\nmove,10002,,,,10";
    let plan = read(&with_stages(&text(rows), &[("mot", &["101"])])).expect("a plan");
    let moved = effect(&plan, Some("rest"), &city()).expect("the rest, first");
    let ended = effect(&plan, Some("mot"), &moved.after).expect("the stage, then");
    assert_eq!(ended.after.digest(), effect(&plan, None, &city()).expect("all of it").after.digest());
}
