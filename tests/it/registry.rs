//! What the unit registry promises: every trap of the data's README, and look-ups as of a date.

use crate::support::registry::{FIRST_DAY, LAST_DAY, code_names, file, gso, loaded, names_of};
use motlan::model::registry::LookUp;
use motlan::model::succession::Relation;
use motlan::model::unit::UnitKind;
use motlan::service::registry::document;
use std::collections::{BTreeMap, HashMap};
use time::Date;
use time::macros::date;

const BEFORE: Date = date!(2024 - 01 - 01);

/// The rows of a data file, by column.
fn rows(name: &str) -> Vec<HashMap<String, String>> {
    let source = file(name);
    csv::Reader::from_reader(source.bytes.as_slice()).deserialize().map(|row| row.expect("a row")).collect()
}

#[tokio::test]
async fn all_493_successions_look_up_right_on_both_sides_of_the_merger() {
    let (_app, registry) = loaded().await;
    let rows = rows("mapping_2025.csv");
    assert_eq!(rows.len(), 493);
    for row in rows {
        let old = gso(&registry, &row["legacy_code"], LAST_DAY);
        let new = gso(&registry, &row["new_code"], FIRST_DAY);
        assert_eq!(registry.name_on(old, LAST_DAY), row["legacy_name"]);
        assert_eq!(registry.name_on(new, FIRST_DAY), row["new_name"]);
        assert_ne!(old.id, new.id);
        let successors = registry.successors(&old.id);
        let (_, pair) = successors.iter().find(|(unit, _)| unit.id == new.id).expect("the pair is known");
        assert_eq!(pair.relation.as_str(), row["relation"], "{} -> {}", row["legacy_code"], row["new_code"]);
        assert_eq!(pair.effective, Some(FIRST_DAY));
        assert!(registry.predecessors(&new.id).iter().any(|(unit, _)| unit.id == old.id));
    }
}

#[tokio::test]
async fn every_listed_unit_is_found_by_its_code_on_its_day_and_on_no_day_of_the_other_list() {
    let (_app, registry) = loaded().await;
    let mut kinds: BTreeMap<UnitKind, usize> = BTreeMap::new();
    for row in rows("units_2025.csv") {
        let unit = gso(&registry, &row["gso_code"], FIRST_DAY);
        assert_eq!((registry.name_on(unit, FIRST_DAY), unit.kind.as_str()), (row["name"].as_str(), row["kind"].as_str()));
        assert_eq!((unit.span.from, unit.span.to), (Some(FIRST_DAY), None));
        *kinds.entry(unit.kind).or_default() += 1;
    }
    assert_eq!((kinds[&UnitKind::Phuong], kinds[&UnitKind::Xa], kinds[&UnitKind::DacKhu]), (113, 54, 1));
    for row in rows("units_legacy.csv") {
        let unit = gso(&registry, &row["gso_code"], LAST_DAY);
        assert_eq!((registry.name_on(unit, LAST_DAY), unit.kind.as_str()), (row["name"].as_str(), row["kind"].as_str()));
        assert_eq!((unit.span.from, unit.span.to), (None, Some(LAST_DAY)));
    }
}

#[tokio::test]
async fn the_code_26740_is_two_units_on_two_days() {
    let (_app, registry) = loaded().await;
    let old = document::of(&registry, gso(&registry, "26740", LAST_DAY), LAST_DAY);
    let new = document::of(&registry, gso(&registry, "26740", FIRST_DAY), FIRST_DAY);

    assert_eq!(old["name"], "Phường Bến Nghé");
    assert_eq!(old["parent"]["name"], "Quận 1");
    assert_eq!((&old["valid_from"], &old["valid_to"]), (&serde_json::Value::Null, &"2025-06-30".into()));
    assert_eq!(new["name"], "Phường Sài Gòn");
    assert_eq!(new["parent"]["name"], "Thành phố Hồ Chí Minh");
    assert_eq!(new["valid_from"], "2025-07-01");
    assert_eq!(new["codes"][0]["scheme"], "gso");
    assert_ne!(old["id"], new["id"]);
}

#[tokio::test]
async fn reused_codes_mean_what_they_meant_on_the_day() {
    let (_app, registry) = loaded().await;
    let table: [(&str, Date, &[&str]); 9] = [
        ("27022", LAST_DAY, &["Phường Tân Thành"]),
        ("27022", FIRST_DAY, &["Phường Phú Thọ Hòa"]),
        ("26725", LAST_DAY, &["Phường Hắc Dịch"]),
        ("26725", FIRST_DAY, &["Phường Tân Thành"]),
        ("26872", LAST_DAY, &["Phường 15"]),
        // Which of the two it was then is not known: candidates, not one.
        ("26872", BEFORE, &["Phường 13?", "Phường 15?"]),
        ("26872", FIRST_DAY, &[]),
        // Nobody contests this one before its end.
        ("27022", BEFORE, &["Phường Tân Thành"]),
        ("99999", FIRST_DAY, &[]),
    ];
    for (code, on, expected) in table {
        assert_eq!(code_names(&registry, code, on), expected, "{code} on {on}");
    }
}

#[tokio::test]
async fn codes_of_communes_that_were_gone_before_the_list_are_candidates_only_and_lead_on() {
    let (_app, registry) = loaded().await;
    let shared = rows("units_legacy.csv").into_iter().map(|row| row["gso_code"].clone()).collect::<Vec<_>>();
    let mut recurring = 0;
    for row in rows("units_pre2025.csv") {
        let code = &row["pre2025_code"];
        let LookUp::Candidates(candidates) = registry.look_up("gso", code, BEFORE) else {
            panic!("{code} is uncertain before the list");
        };
        recurring += usize::from(shared.contains(code));
        assert_eq!(candidates.len(), 1 + usize::from(shared.contains(code)), "{code}");
        let gone = candidates.iter().find(|unit| unit.span.ended_by.is_some()).expect("the unit of before");
        assert_eq!(registry.name_on(gone, BEFORE), row["pre2025_name"]);
        let (later, pair) = registry.successors(&gone.id)[0];
        assert_eq!(registry.last_code(later, "gso"), Some(row["legacy_code"].as_str()));
        assert_eq!((pair.relation, pair.effective), (Relation::Earlier, None));
        // On the last legacy day it was certainly gone.
        assert!(!matches!(registry.look_up("gso", code, LAST_DAY), LookUp::Candidates(_)), "{code}");
    }
    assert_eq!(recurring, 22);
}

#[tokio::test]
async fn con_dao_is_known_by_its_district_code_of_three_digits() {
    let (_app, registry) = loaded().await;
    let old = gso(&registry, "755", LAST_DAY);
    let successors = registry.successors(&old.id);

    assert_eq!(registry.name_on(old, LAST_DAY), "Huyện Côn Đảo");
    assert_eq!(successors.len(), 1);
    assert_eq!(registry.name_on(successors[0].0, FIRST_DAY), "Đặc khu Côn Đảo");
    assert_eq!(successors[0].1.relation, Relation::Whole);
    assert_eq!(registry.look_up("gso", "755", FIRST_DAY), LookUp::None);
    assert_eq!(registry.look_up("gso", "26732", LAST_DAY), LookUp::None);
}

#[tokio::test]
async fn names_are_never_matched_without_district_and_date() {
    let (_app, registry) = loaded().await;
    let found = |name: &str, district: Option<&str>, on| names_of(&registry, &registry.find_by_name(name, district, on), on);

    let bare = registry.find_by_name("Phường 1", None, LAST_DAY);
    assert!(matches!(&bare, LookUp::Candidates(units) if units.len() == 11), "Phường 1 occurred eleven times");
    assert_eq!(found("Phường 1", Some("Quận Gò Vấp"), LAST_DAY), ["Phường 1"]);
    assert_eq!(found("Phường 1", Some("Quận Gò Vấp"), FIRST_DAY), Vec::<String>::new());

    // The name moved elsewhere entirely.
    let old = registry.find_by_name("Phường Tân Thành", Some("Quận Tân Phú"), LAST_DAY).one().expect("the old one");
    let new = registry.find_by_name("Phường Tân Thành", None, FIRST_DAY).one().expect("the new one");
    assert_eq!(registry.code_on(old, "gso", LAST_DAY), Some("27022"));
    assert_eq!(registry.code_on(new, "gso", FIRST_DAY), Some("26725"));
}

#[tokio::test]
async fn accents_tell_two_communes_apart() {
    let (_app, registry) = loaded().await;
    for on in [LAST_DAY, FIRST_DAY] {
        let code = |name| registry.find_by_name(name, None, on).one().and_then(|unit| registry.code_on(unit, "gso", on));
        assert_eq!(code("Xã Thanh An"), Some("25807"));
        assert_eq!(code("Xã Thạnh An"), Some("27676"));
    }
}

#[tokio::test]
async fn other_spellings_find_the_unit_and_do_not_rename_it() {
    let (_app, registry) = loaded().await;
    for row in rows("name_variants.csv") {
        let unit = gso(&registry, &row["gso_code"], LAST_DAY);
        let path = registry.path_on(unit, LAST_DAY);
        let district = path.last().map(|above| registry.name_on(above, LAST_DAY));
        let found = registry.find_by_name(&row["variant"], district, LAST_DAY).one().map(|unit| &unit.id);
        assert_eq!(found, Some(&unit.id), "{}", row["variant"]);
        assert_eq!(registry.name_on(unit, LAST_DAY), row["name"]);
    }
}

#[tokio::test]
async fn divided_communes_have_no_default_successor() {
    let (_app, registry) = loaded().await;
    let mut divided: BTreeMap<usize, usize> = BTreeMap::new();
    for unit in registry.units().filter(|unit| unit.span.to == Some(LAST_DAY) && unit.kind.level() == 3) {
        let successors = registry.successors(&unit.id);
        assert!(!successors.is_empty());
        if successors.len() == 1 {
            assert_eq!(successors[0].1.relation, Relation::Whole);
        } else {
            assert!(successors.iter().all(|(_, pair)| pair.relation == Relation::Part));
            *divided.entry(successors.len()).or_default() += 1;
        }
    }
    assert_eq!(divided, BTreeMap::from([(2, 43), (3, 4)]));
}

#[tokio::test]
async fn dissolved_districts_and_the_three_provinces_lead_to_the_units_of_today() {
    let (_app, registry) = loaded().await;
    let relations = |code: &str| -> Vec<Relation> {
        registry.successors(&gso(&registry, code, LAST_DAY).id).iter().map(|(_, pair)| pair.relation).collect()
    };
    let rows = rows("district_dissolution.csv");
    for row in &rows {
        let old = gso(&registry, &row["legacy_code"], LAST_DAY);
        let new = gso(&registry, &row["new_code"], FIRST_DAY);
        let successors = registry.successors(&old.id);
        let (_, pair) = successors.iter().find(|(unit, _)| unit.id == new.id).expect("the pair is known");
        // That Côn Đảo went whole says more than that it covers its successor.
        let expected = if row["legacy_code"] == "755" { "whole" } else { row["coverage"].as_str() };
        assert_eq!(pair.relation.as_str(), expected);
    }
    for province in ["74", "77", "79"] {
        assert_eq!(relations(province), [Relation::Whole], "{province}");
        let city = registry.successors(&gso(&registry, province, LAST_DAY).id)[0].0;
        assert_eq!(city.id, gso(&registry, "79", FIRST_DAY).id);
    }
    // There is no district level any more.
    assert!(rows.iter().all(|row| registry.look_up("gso", &row["legacy_code"], FIRST_DAY) == LookUp::None));
}

#[tokio::test]
async fn a_unit_knows_the_units_above_it_on_the_day() {
    let (_app, registry) = loaded().await;
    let path = |code: &str, on| -> Vec<String> {
        let unit = gso(&registry, code, on);
        registry.path_on(unit, on).into_iter().map(|above| registry.name_on(above, on).to_owned()).collect()
    };
    assert_eq!(path("26740", LAST_DAY), ["Thành phố Hồ Chí Minh", "Quận 1"]);
    assert_eq!(path("26740", FIRST_DAY), ["Thành phố Hồ Chí Minh"]);
    assert_eq!(path("25747", LAST_DAY), ["Tỉnh Bình Dương", "Thành phố Thủ Dầu Một"]);
}
