//! What becomes of rows, over the real registry: every succession of 2025, and the traps that it holds.

mod data;

use super::{Reason, Resolution, Resolver, Told, UnitDecision};
use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::model::unit::Span;
use data::{FIRST, LAST, TODAY, dissolution, legacy, mapping, registry, registry_with, variants};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;
use time::macros::date;
use unicode_normalization::UnicodeNormalization as _;

const LONG_AGO: Date = date!(2024 - 01 - 01);

fn told<'a>(code: &'a str, name: &'a str, district: &'a str) -> Told<'a> {
    Told { code, name, district }
}

fn candidates(resolution: &Resolution) -> Vec<&str> {
    resolution.candidates.iter().map(UnitId::as_str).collect()
}

/// The word of the reason, with the unit or the candidates behind it.
fn shown(resolution: &Resolution) -> String {
    let units: Vec<&str> = resolution.unit.iter().chain(&resolution.candidates).map(UnitId::as_str).collect();
    format!("{} {}", resolution.reason.word(), units.join(" ")).trim_end().to_owned()
}

/// The units that each legacy code leads to.
fn targets() -> BTreeMap<String, BTreeSet<String>> {
    let mut targets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in mapping() {
        let new = targets.entry(row["legacy_code"].clone()).or_default().insert(format!("n{}", row["new_code"]));
        assert!(new, "{} is told once", row["legacy_code"]);
    }
    targets
}

/// Ways in which old systems write a name.
fn spellings(name: &str) -> Vec<String> {
    vec![name.to_owned(), name.to_uppercase(), name.nfd().collect(), format!("  {}  ", name.replace(' ', "  "))]
}

#[test]
fn each_of_the_493_successions_is_resolved_by_its_code_alone() {
    let (registry, targets) = (registry(), targets());
    let resolver = Resolver::new(&registry, TODAY);
    let (mut whole, mut unchanged, mut divided) = (0, 0, 0);
    for (code, expected) in &targets {
        let resolution = resolver.resolve(&told(code, "", ""), LAST);
        if expected.len() == 1 {
            whole += 1;
            unchanged += usize::from(resolution.reason == Reason::Unchanged);
            assert!([Reason::WholeSuccession, Reason::Unchanged].contains(&resolution.reason), "{code}: {resolution:?}");
            assert_eq!(resolution.unit.as_ref().map(UnitId::as_str), expected.first().map(String::as_str), "{code}");
            assert_eq!(candidates(&resolution), Vec::<&str>::new(), "{code}");
        } else {
            divided += 1;
            assert_eq!((resolution.reason, &resolution.unit), (Reason::Divided, &None), "{code}");
            assert_eq!(resolution.decision(), UnitDecision::Review);
            let found: BTreeSet<String> = candidates(&resolution).into_iter().map(str::to_owned).collect();
            assert_eq!((&found, resolution.candidates.len()), (expected, expected.len()), "{code}");
        }
    }
    assert_eq!(targets.values().map(BTreeSet::len).sum::<usize>(), 493);
    assert_eq!((whole, unchanged, divided), (395, 5, 47));
}

#[test]
fn names_with_their_district_lead_to_the_same_with_accents_and_without() {
    let (registry, legacy) = (registry(), legacy());
    let resolver = Resolver::new(&registry, TODAY);
    for code in targets().keys() {
        let by_code = resolver.resolve(&told(code, "", ""), LAST);
        let name = legacy[code]["name"].as_str();
        let above = legacy[code]["parent_code"].as_str();
        let district = if code == "755" { "" } else { legacy[above]["name"].as_str() };
        let mut written: Vec<(String, String)> = spellings(name).into_iter().zip(spellings(district)).collect();
        written.push((fold(name), fold(district)));
        written.push((fold(name), district.to_owned()));
        written.push((name.to_owned(), fold(district)));
        written.push((format!("UBND {name}"), district.to_owned()));
        written.push((format!("{name}, {district}"), String::new()));
        for (name, district) in &written {
            let by_name = resolver.resolve(&told("", name, district), LAST);
            assert_eq!(by_name.unit, by_code.unit, "{name}, {district}: {by_name:?}");
            assert_eq!(by_name.candidates, by_code.candidates, "{name}, {district}");
            let expected = if by_code.unit.is_some() { Reason::NameAndDistrict } else { Reason::Divided };
            assert_eq!(by_name.reason, expected, "{name}, {district}");

            assert_eq!(resolver.resolve(&told(code, name, district), LAST), by_code, "{code}, {name}, {district}");
        }
    }
}

#[test]
fn a_code_with_the_name_of_the_unit_that_has_it_today_is_never_a_guess() {
    let (registry, legacy) = (registry(), legacy());
    let resolver = Resolver::new(&registry, TODAY);
    let new_names: BTreeMap<String, String> =
        mapping().into_iter().map(|row| (row["new_code"].clone(), row["new_name"].clone())).collect();
    let mut contradictions = 0;
    for (code, name) in &new_names {
        let Some(old) = legacy.get(code) else { continue };
        let resolution = resolver.resolve(&told(code, name, ""), LAST);
        if fold(&old["name"]) == fold(name) {
            assert_ne!(resolution.reason, Reason::CodeAndNameDisagree, "{code} {name}");
        } else {
            contradictions += 1;
            assert_eq!((resolution.reason, &resolution.unit), (Reason::CodeAndNameDisagree, &None), "{code} {name}");
            assert!(candidates(&resolution).contains(&format!("n{code}").as_str()), "{code} {name}");
        }
    }
    assert_eq!(contradictions, 121);
}

#[test]
fn other_spellings_of_sources_are_known() {
    let (registry, legacy) = (registry(), legacy());
    let resolver = Resolver::new(&registry, TODAY);
    for row in variants() {
        let (code, variant) = (row["gso_code"].as_str(), row["variant"].as_str());
        let district = legacy[legacy[code]["parent_code"].as_str()]["name"].as_str();
        let by_code = resolver.resolve(&told(code, variant, district), LAST);
        let by_name = resolver.resolve(&told("", variant, district), LAST);
        assert_eq!((&by_name.unit, &by_name.candidates), (&by_code.unit, &by_code.candidates), "{variant}");
        assert_eq!(by_code, resolver.resolve(&told(code, "", ""), LAST), "{variant}");
    }
}

#[test]
fn district_offices_wait_for_a_decision_with_all_units_of_their_district() {
    let (registry, legacy) = (registry(), legacy());
    let resolver = Resolver::new(&registry, TODAY);
    let mut districts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in dissolution() {
        districts.entry(row["legacy_code"].clone()).or_default().insert(format!("n{}", row["new_code"]));
    }
    assert_eq!(districts.len(), 38);
    districts.remove("755");
    for (code, expected) in &districts {
        let name = legacy[code]["name"].as_str();
        for said in [told(code, "", ""), told("", name, ""), told(code, name, name), told("", "", name)] {
            let resolution = resolver.resolve(&said, LAST);
            assert_eq!((resolution.reason, &resolution.unit), (Reason::DistrictOffice, &None), "{said:?}");
            let found: BTreeSet<String> = candidates(&resolution).into_iter().map(str::to_owned).collect();
            assert_eq!(&found, expected, "{said:?}");
        }
    }
}

#[test]
fn what_is_written_is_read_as_of_the_day_of_its_source() {
    let registry = registry();
    let resolver = Resolver::new(&registry, TODAY);
    let table = [
        // One code, on three days.
        (told("26740", "", ""), LAST, "whole_succession n26740"),
        (told("26740", "", ""), FIRST, "current_code n26740"),
        (told("26872", "", ""), LAST, "whole_succession n26878"),
        (told("26872", "", ""), LONG_AGO, "ambiguous_code n26878"),
        (told("26872", "Phường 15", "Quận Gò Vấp"), LONG_AGO, "whole_succession n26878"),
        (told("27022", "", ""), LAST, "divided n27019 n27022 n27031"),
        (told("27022", "", ""), FIRST, "current_code n27022"),
        // A province went whole into the city.
        (told("74", "", ""), LAST, "whole_succession n79"),
        (told("", "UBND tỉnh Bình Dương", ""), LAST, "name_and_district n79"),
        // Gone before the day: what came after is known by weaker evidence.
        (told("26551", "", ""), LAST, "ambiguous_code n26560"),
        (told("", "Phường Phước Hiệp", "Thành phố Bà Rịa"), LAST, "ambiguous_name n26560"),
        // Only one unit ever had this code, and it has it today.
        (told("26732", "", ""), LAST, "current_code n26732"),
        // Units of today, which lie in no district, and in one that is remembered.
        (told("", "Phường Sài Gòn", ""), FIRST, "name_and_district n26740"),
        (told("", "phuong sai gon", "quan 1"), FIRST, "name_and_district n26740"),
        (told("", "xa thanh an", ""), FIRST, "ambiguous_name n25807 n27676"),
        (told("", "Xã Thạnh An", ""), FIRST, "name_and_district n27676"),
        (told("", "Thạnh An", ""), FIRST, "ambiguous_name n27676"),
    ];
    for (said, as_of, expected) in table {
        let resolution = resolver.resolve(&said, as_of);
        assert_eq!(shown(&resolution), expected, "{said:?} on {as_of}");
    }
}

#[test]
fn names_are_read_as_old_systems_write_them() {
    let registry = registry();
    let resolver = Resolver::new(&registry, TODAY);
    let plain = shown(&resolver.resolve(&told("", "Phường 1", "Quận 4"), LAST));
    let spellings =
        [("P1", "Q4"), ("P. 1", "Q. 4"), ("Phường 01", "Quận 04"), ("UBND P.1", "4"), ("F1", "quan 4"), ("p.01, q.4", "")];
    for (name, district) in spellings {
        assert_eq!(shown(&resolver.resolve(&told("", name, district), LAST)), plain, "{name}, {district}");
    }
    let nghe = "name_and_district n26740";
    let spellings = [("Bến Nghé", "Quận 1"), ("ben nghe", "1"), ("Ủy ban nhân dân phường Bến Nghé", "Q1"), ("P.Bến Nghé", "Q.1")];
    for (name, district) in spellings {
        assert_eq!(shown(&resolver.resolve(&told("", name, district), LAST)), nghe, "{name}, {district}");
    }
}

#[test]
fn whatever_is_not_clear_is_never_mapped() {
    let registry = registry();
    let resolver = Resolver::new(&registry, TODAY);
    let table = [
        // A name without its district, even when nobody else has it.
        (told("", "Phường Bến Nghé", ""), Reason::AmbiguousName),
        (told("", "Phường 1", ""), Reason::AmbiguousName),
        (told("", "1", "Quận 4"), Reason::AmbiguousName),
        (told("", "Bình Dương", ""), Reason::AmbiguousName),
        // The city, or its ward of the same name.
        (told("", "Dĩ An", "Dĩ An"), Reason::AmbiguousName),
        // Another district.
        (told("", "Phường Bến Nghé", "Quận 3"), Reason::AmbiguousName),
        (told("", "Phường Bến Nghé", "Quận Mặt Trời"), Reason::AmbiguousName),
        // Accents that were written count.
        (told("", "Xã Thạnh An", "Huyện Dầu Tiếng"), Reason::AmbiguousName),
        (told("", "Xã Thanh An", "Huyện Cần Giờ"), Reason::AmbiguousName),
        (told("", "Thanh An", "Huyện Cần Giờ"), Reason::AmbiguousName),
        // The kind of before.
        (told("", "Xã An Điền", "Thị xã Bến Cát"), Reason::AmbiguousName),
        // Two things that cannot both be right.
        (told("27022", "Phường Phú Thọ Hòa", "Quận Tân Phú"), Reason::CodeAndNameDisagree),
        (told("27022", "Phường Tân Thành", "Quận 1"), Reason::CodeAndNameDisagree),
        (told("26740", "Phường Không Có", ""), Reason::CodeAndNameDisagree),
        (told("26740", "Xã Bến Nghé", ""), Reason::CodeAndNameDisagree),
        (told("26740", "", "Quận 3"), Reason::CodeAndNameDisagree),
        (told("760", "Phường Bến Nghé", "Quận 1"), Reason::CodeAndNameDisagree),
        (told("25807", "Xã Thạnh An", ""), Reason::CodeAndNameDisagree),
        (told("25807", "Công an xã Thạnh An", ""), Reason::CodeAndNameDisagree),
        // Nothing that is known.
        (told("", "", ""), Reason::Missing),
        (told(" ' ", " ", " - "), Reason::Missing),
        (told("99999", "", ""), Reason::UnknownCode),
        (told("PB-07", "", ""), Reason::UnknownCode),
        (told("", "Phường Không Có", "Quận 1"), Reason::UnknownName),
        (told("", "Văn phòng", ""), Reason::UnknownName),
        (told("", "", "Huyện Không Có"), Reason::UnknownName),
    ];
    for (said, reason) in table {
        let resolution = resolver.resolve(&said, LAST);
        assert_eq!((resolution.reason, &resolution.unit), (reason, &None), "{said:?}: {resolution:?}");
        assert_ne!(resolution.decision(), UnitDecision::Mapped);
        assert_eq!(resolution.candidates.is_empty(), resolution.decision() == UnitDecision::Unknown, "{said:?}: {resolution:?}");
    }
}

#[test]
fn what_says_nothing_of_a_territory_contradicts_nothing() {
    let registry = registry();
    let resolver = Resolver::new(&registry, TODAY);
    let by_code = "whole_succession n26740";
    let table = [
        (told("26740", "Phòng Quản lý đô thị", ""), by_code),
        (told("26740", "Phòng Văn hóa - Xã hội", "Quận 1"), by_code),
        (told("26740", "Công an phường Bến Nghé", "Q.1"), by_code),
        (told("26740", "phuong ben nghe", "Không rõ"), by_code),
        (told("PB-07", "Phường Bến Nghé", "Quận 1"), "name_and_district n26740"),
        (told("99999", "Phường Bến Nghé", "Quận 1"), "name_and_district n26740"),
    ];
    for (said, expected) in table {
        assert_eq!(shown(&resolver.resolve(&said, LAST)), expected, "{said:?}");
    }
}

#[test]
fn people_of_an_agency_go_with_the_agency_and_not_with_the_territory() {
    let (old, new) = (Span::until(LAST), Span::since(FIRST));
    let registry = registry_with(&[
        // This one went on in one of the parts of its divided commune.
        ("l25741", "agency", "H09.50", old),
        ("n25750", "agency", "H09.50", new),
        // These were closed.
        ("l26740", "agency", "H29.60", old),
        ("l25747", "agency_2016", "000.00.61.H09", old),
        ("l760", "agency", "H29.70", old),
        ("l27022", "agency", "H29.71", old),
        // These are there today.
        ("n26740", "agency", "H29.80", new),
        ("n26743", "agency", "H29.90", new),
        ("n26743", "agency_2016", "000.00.91.H29", new),
    ]);
    let resolver = Resolver::new(&registry, TODAY);
    let table = [
        (told("25741", "", ""), "divided n25747 n25750"),
        (told("H09.50", "", ""), "agency_code n25750"),
        (told("h09.50", "Phường Hiệp Thành", "Thành phố Thủ Dầu Một"), "agency_code n25750"),
        (told("000.00.50.H09", "", ""), "agency_old_form n25750"),
        (told("H29.60", "", ""), "agency_code n26740"),
        (told("60.H29", "Phường Bến Nghé", "Quận 1"), "agency_old_form n26740"),
        (told("agency_2016:000.00.61.H09", "", ""), "agency_old_form n25747"),
        (told("H29.70", "", ""), "district_office n26737 n26740 n26743 n26758"),
        (told("H29.71", "", ""), "divided n27019 n27022 n27031"),
        (told("H29.80", "Trung tâm Y tế", ""), "agency_code n26740"),
        (told("H29.80", "Phường Phú Lợi", "Thành phố Thủ Dầu Một"), "code_and_name_disagree n25750 n26740"),
        (told("000.00.91.H29", "", ""), "agency_old_form n26743"),
        // The unit has another code in this form: it was not meant.
        (told("000.00.90.H29", "", ""), "ambiguous_code n26743"),
        (told("H29.80.5", "", ""), "unknown_code"),
    ];
    for (said, expected) in table {
        assert_eq!(shown(&resolver.resolve(&said, LAST)), expected, "{said:?}");
    }
    assert_eq!(shown(&resolver.resolve_near(&told("H29.80.5", "", ""), LAST)), "unknown_code n26740");
}

#[test]
fn the_unit_that_was_meant_on_the_day_is_told_beside_what_became_of_it() {
    let (old, new) = (Span::until(LAST), Span::since(FIRST));
    let registry = registry_with(&[
        ("l25741", "agency", "H09.50", old),
        ("n25750", "agency", "H09.50", new),
        ("l26740", "agency", "H29.60", old),
        ("n26740", "agency", "H29.80", new),
    ]);
    let resolver = Resolver::new(&registry, TODAY);
    let table = [
        (told("26740", "", ""), LAST, Some("l26740")),
        (told("", "Phường Bến Nghé", "Quận 1"), LAST, Some("l26740")),
        (told("26740", "", ""), FIRST, Some("n26740")),
        (told("74", "", ""), LAST, Some("l74")),
        // A human says where it is today; what it was is clear.
        (told("27022", "", ""), LAST, Some("l27022")),
        (told("760", "", ""), LAST, Some("l760")),
        // The agency went on elsewhere.
        (told("H09.50", "", ""), LAST, Some("l25741")),
        (told("000.00.50.H09", "", ""), LAST, Some("l25741")),
        (told("H29.60", "", ""), LAST, Some("l26740")),
        // Nothing of the day is known.
        (told("H29.80", "", ""), LAST, None),
        (told("26732", "", ""), LAST, None),
        (told("26551", "", ""), LAST, None),
        // What is not clear.
        (told("", "Phường 1", ""), LAST, None),
        (told("27022", "Phường Phú Thọ Hòa", "Quận Tân Phú"), LAST, None),
        (told("99999", "", ""), LAST, None),
        (told("", "", ""), LAST, None),
    ];
    for (said, as_of, expected) in table {
        let resolution = resolver.resolve(&said, as_of);
        assert_eq!(resolution.from.as_ref().map(UnitId::as_str), expected, "{said:?} on {as_of}: {resolution:?}");
    }
}

#[test]
fn what_is_unknown_comes_with_units_that_may_have_been_meant() {
    let registry = registry();
    let resolver = Resolver::new(&registry, TODAY);
    let table = [
        (told("", "Phường Bến Ngé", "Quận 1"), "n26740"),
        (told("", "ben nge", "q1"), "n26740"),
        (told("", "Đảng ủy phường Bến Nghé", "Quận 1"), "n26740"),
        (told("26741", "", ""), "n26740"),
    ];
    for (said, meant) in table {
        let resolution = resolver.resolve_near(&said, LAST);
        assert_eq!((resolution.decision(), &resolution.unit), (UnitDecision::Unknown, &None), "{said:?}");
        assert!(candidates(&resolution).contains(&meant), "{said:?}: {resolution:?}");
        assert!(resolution.candidates.len() <= 10, "{said:?}: {resolution:?}");
    }
}

#[test]
fn reasons_and_decisions_are_read_as_they_are_written() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_word(reason.word()), Some(reason));
    }
    for decision in UnitDecision::ALL {
        assert_eq!(UnitDecision::from_word(decision.word()), Some(decision));
    }
    assert_eq!(Reason::from_word("guessed"), None);
}
