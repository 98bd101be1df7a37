//! Plans over the units of 2025 and over a small city.

mod data;
mod places;
mod stages;

use super::{Edits, Fate, Plan, UnitEffect, What, Wrong, effect, read};
use crate::base::id::UnitId;
use crate::model::registry::{LookUp, Registry};
use crate::model::unit::{DatedCode, Span, Unit, UnitKind};
use crate::model::unit_code::{self, CodeError};
use data::{MERGER, after_2025, before_2025, city};
use std::collections::BTreeMap;
use time::macros::date;

const HEAD: &str = "name = \"sap-xep-thu\"\ntitle = \"Sắp xếp thử\"\neffective = 2027-01-01\n\
                    [instrument]\nnumber = \"1/NQ\"\ndate = 2026-12-01\nissuer = \"Hội đồng\"\n";
const COLUMNS: &str = "step,unit,kind,name,code,parent,into,relation";
/// The line before the first row of [`text`].
const BEFORE: u64 = 9;
/// Both districts end; their communes come to the city.
const FLAT: &str = "dissolve,101\ndissolve,102\nmove,10001,,,,10\nmove,10002,,,,10\nmove,10003,,,,10\nmove,10004,,,,10";
/// Two communes become one, and one is divided.
const MERGED: &str = "create,+20001,phuong,Phường Mới,20001,101\ncreate,+20002,phuong,Phường Nam,,102\n\
                      merge,10001,,,,,+20001\nmerge,10002,,,,,+20001\n\
                      divide,10003,,,,,+20001\ndivide,10003,,,,,+20002";

fn text(rows: &str) -> String {
    format!("{HEAD}+++\n{COLUMNS}\n{rows}\n")
}

fn plan(rows: &str) -> Plan {
    read(&text(rows)).expect("a plan")
}

fn over(registry: &Registry, rows: &str) -> Result<UnitEffect, Vec<Wrong>> {
    effect(&read(&text(rows))?, None, registry)
}

fn id(code: &str) -> UnitId {
    UnitId(format!("c{code}"))
}

/// The city with something more known of one unit.
fn city_where(code: &str, change: impl Fn(&mut Unit)) -> Registry {
    let mut units: Vec<Unit> = city().units().cloned().collect();
    change(units.iter_mut().find(|unit| unit.id == id(code)).expect("a unit"));
    Registry::new(1, units, Vec::new())
}

#[test]
fn the_plan_of_2025_leads_to_what_the_files_say() {
    let merger = read(MERGER).expect("the plan");
    for recorded in [true, false] {
        let before = before_2025(recorded);

        let done = effect(&merger, None, &before).expect("an effect");

        assert_eq!(done.after.digest(), after_2025().digest(), "ends recorded: {recorded}");
        assert_eq!((done.ended.len(), done.begun.len(), done.edits.pairs.len()), (482, 169, 681));
        assert_eq!(done.after.version(), before.version() + 1);
        let back = done.after.with(&done.edits.inverse()).expect("the way back");
        assert_eq!(back.digest(), before.digest());
    }
}

#[test]
fn what_ends_in_2025_goes_whole_or_a_person_chooses() {
    let merger = read(MERGER).expect("the plan");
    let done = effect(&merger, None, &before_2025(true)).expect("an effect");
    let new = |key: &str| merger.unit_id(key);
    let table = [
        ("l74", Fate::Whole(new("79"))),
        ("l79", Fate::Whole(new("79"))),
        ("l25744", Fate::Whole(new("25750"))),
        // A district without communes: that it went whole says more than that it covers the new unit.
        ("l755", Fate::Whole(new("26732"))),
        ("l25741", Fate::Choice(vec![new("25747"), new("25750")])),
        ("l718", Fate::Choice(["25747", "25750", "25760", "25768", "25771"].map(new).to_vec())),
    ];
    for (unit, fate) in table {
        assert_eq!(done.ended.get(&UnitId(unit.into())), Some(&fate), "{unit}");
    }
    // Where ends are recorded already, nothing is said of the old units anew.
    assert!(done.edits.facts.iter().all(|edit| edit.was.is_none()));
}

#[test]
fn what_changes_begins_on_the_day_and_ends_on_the_one_before() {
    let done = over(&city(), "rename,10001,,Phường Khác\nrecode,10002,,,10009\nmove,10003,,,,101\nattach,10004,,,H10.4")
        .expect("an effect");
    let (last, first) = (date!(2026 - 12 - 31), date!(2027 - 01 - 01));
    let after = &done.after;
    let known = |code: &str| after.unit(&id(code)).expect("a unit");

    assert_eq!((after.name_on(known("10001"), last), after.name_on(known("10001"), first)), ("Phường 10001", "Phường Khác"));
    let codes = [last, first].map(|day| after.code_on(known("10002"), "gso", day));
    assert_eq!(codes, [Some("10002"), Some("10009")]);
    let parents = [last, first].map(|day| after.parent_on(known("10003"), day).expect("a parent").id.clone());
    assert_eq!(parents, [id("102"), id("101")]);
    assert_eq!([last, first].map(|day| after.code_on(known("10004"), "agency", day)), [None, Some("H10.4")]);
    assert!(done.ended.is_empty() && done.begun.is_empty());
}

#[test]
fn a_unit_that_ends_takes_what_is_open_of_it_along() {
    let done = over(&city(), "create,+20005,phuong,Phường Năm,10005,10\nmerge,10005,,,,,+20005").expect("an effect");
    let (last, first) = (date!(2026 - 12 - 31), date!(2027 - 01 - 01));
    let old = done.after.unit(&id("10005")).expect("a unit");

    assert!(old.codes.iter().all(|code| code.span.to == Some(last)));
    assert!(old.names.iter().all(|name| name.span.to == Some(last)));
    assert!(old.parents.iter().all(|above| above.span.to == Some(last)));
    assert_eq!(done.after.look_up("agency", "H10.5", first), LookUp::None);
    assert_eq!(done.after.look_up("gso", "10005", first).one().map(|unit| &unit.id), done.begun.first());
    assert_eq!(done.after.look_up("gso", "10005", last).one().map(|unit| &unit.id), Some(&old.id));
}

#[test]
fn a_dissolved_unit_without_successors_is_gone() {
    let done = over(&city(), FLAT).expect("an effect");
    assert_eq!(done.ended, BTreeMap::from([(id("101"), Fate::Gone), (id("102"), Fate::Gone)]));
    assert!(done.edits.pairs.is_empty());
}

#[test]
fn edits_and_their_inverse_lead_back() {
    let before = city();
    for rows in [FLAT, MERGED, "rename,10001,,Phường Khác\nattach,10004,,,H10.4"] {
        let done = over(&before, rows).expect("an effect");
        assert_ne!(done.after.digest(), before.digest(), "{rows}");
        let kept = serde_json::to_string(&done.edits).expect("a text");
        let edits: Edits = serde_json::from_str(&kept).expect("edits");
        assert_eq!(edits, done.edits);

        let back = done.after.with(&edits.inverse()).expect("the way back");

        assert_eq!(back.digest(), before.digest(), "{rows}");
        assert_eq!(back.with(&edits).expect("the same again").digest(), done.after.digest(), "{rows}");
        assert!(done.after.with(&edits).is_none(), "twice does not fit: {rows}");
        assert!(before.with(&edits.inverse()).is_none(), "back from nowhere does not fit: {rows}");
    }
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let mut rows: Vec<&str> = MERGED.lines().chain(["rename,10004,,Phường Bắc"]).collect();
    let one = over(&city(), &rows.join("\n")).expect("an effect");
    let digest = plan(&rows.join("\n")).text_digest();
    rows.reverse();

    let other = over(&city(), &rows.join("\n")).expect("an effect");

    assert_eq!((&one.edits, &one.ended, &one.begun), (&other.edits, &other.ended, &other.begun));
    assert_eq!(one.after.digest(), other.after.digest());
    assert_eq!(plan(&rows.join("\n")).text_digest(), digest);
    assert_ne!(plan("rename,10004,,Phường Bắc").text_digest(), digest);
}

#[test]
fn ids_of_new_units_depend_on_the_plan_and_the_key_alone() {
    let (one, other) = (plan(MERGED), Plan { name: "khac".to_owned(), ..plan(MERGED) });
    assert!(crate::base::id::is_uuid(one.unit_id("20001").as_str()));
    assert_eq!(one.unit_id("20001"), plan("rename,10001,,Phường Khác").unit_id("20001"));
    assert_ne!(one.unit_id("20001"), one.unit_id("20002"));
    assert_ne!(one.unit_id("20001"), other.unit_id("20001"));
}

#[test]
fn stages_are_applied_one_after_another() {
    let stages = "[[stage]]\nname = \"mot\"\nunits = [\"+20001\", \"+20002\"]\n";
    let rows = format!("{MERGED}\nrename,10004,,Phường Bắc");
    let staged = read(&format!("{HEAD}{stages}+++\n{COLUMNS}\n{rows}\n")).expect("a plan");
    assert_eq!(staged.stage_names(), ["mot", "rest"]);

    let first = effect(&staged, Some("mot"), &city()).expect("the first stage");
    let rest = effect(&staged, Some("rest"), &first.after).expect("the rest");
    let whole = effect(&staged, None, &city()).expect("all of it");

    assert_eq!((first.ended.len(), rest.ended.len()), (3, 0));
    assert_eq!(rest.after.digest(), whole.after.digest());
    let again = effect(&staged, Some("mot"), &rest.after).expect_err("applied already");
    assert_eq!(again.iter().map(|wrong| &wrong.what).collect::<Vec<_>>(), [&What::Already, &What::Already]);
    let unknown = effect(&staged, Some("hai"), &city()).expect_err("no such stage");
    assert_eq!(unknown, [Wrong::head("stage", What::UnknownStage("hai".to_owned()))]);
}

#[test]
fn a_stage_waits_for_the_one_that_creates_its_parent() {
    let stages = "[[stage]]\nname = \"quan\"\nunits = [\"Q\"]\n";
    let rows = "create,+Q,quan,Quận Ba,103,10\ncreate,+20001,phuong,Phường Mới,20001,+Q";
    let staged = read(&format!("{HEAD}{stages}+++\n{COLUMNS}\n{rows}\n")).expect("a plan");

    let early = effect(&staged, Some("rest"), &city()).expect_err("its parent is not there");
    let told: Vec<What> = early.into_iter().map(|wrong| wrong.what).collect();
    assert_eq!(told, [What::OtherStage("Q".to_owned(), "quan".to_owned())]);

    let first = effect(&staged, Some("quan"), &city()).expect("the district");
    assert_eq!(effect(&staged, Some("rest"), &first.after).expect("its commune").begun.len(), 1);
}

/// Each row of the table: the plan's rows, which of them is wrong, its column, the mistake.
fn assert_wrong(registry: &Registry, table: &[(&str, u64, &'static str, What)]) {
    for (rows, row, column, what) in table.iter().cloned() {
        let wrong = over(registry, rows).expect_err(rows);
        let expected = Wrong::new(BEFORE + row, column, what);
        assert!(wrong.contains(&expected), "{rows}\n{expected:?} is not among {wrong:?}");
        assert_ne!(expected.vietnamese(), expected.english());
    }
}

#[test]
fn rows_that_cannot_be_read_are_told() {
    let kinds = UnitKind::ALL.map(UnitKind::as_str).join(", ");
    assert_wrong(
        &city(),
        &[
            ("abolish,10001", 1, "step", What::Step),
            ("rename,10001", 1, "name", What::Missing),
            ("rename,,,Phường Khác", 1, "unit", What::Missing),
            ("rename,10001,phuong,Phường Khác", 1, "kind", What::Unused),
            ("rename,1000,,Phường Khác", 1, "unit", What::Code(CodeError::Gso)),
            ("rename,10001,,Phường\u{7} Khác", 1, "name", What::Text),
            ("rename,10001,,Phường Khác,,,,,", 1, "", What::Cells(9)),
            ("create,20001,phuong,Phường Mới,20001,10", 1, "unit", What::Key),
            ("create,+,phuong,Phường Mới,20001,10", 1, "unit", What::Key),
            ("create,+20001,ward,Phường Mới,20001,10", 1, "kind", What::Kind(kinds)),
            ("create,+moi,phuong,Phường Mới,,10", 1, "code", What::Code(CodeError::Gso)),
            ("attach,10001,,,h10", 1, "code", What::Code(CodeError::Agency)),
            ("merge,10001,,,,,10002,part", 1, "relation", What::Relation("whole")),
            ("dissolve,101,,,,,10001", 1, "relation", What::Relation("within, cross")),
            ("\nrename,10001\n,,,,,,,\nrename,10002", 4, "name", What::Missing),
        ],
    );
}

#[test]
fn plans_that_contradict_themselves_are_told() {
    let created = "create,+20001,phuong,Phường Mới,20001,10\ncreate,+20002,phuong,Phường Nam,20002,10";
    let with = |rows: &str| format!("{created}\n{rows}");
    let table = [
        ("create,+20001,phuong,Phường Bắc,20003,10", 3, "unit", What::KeyTwice(BEFORE + 1)),
        ("create,+20003,phuong,PHƯỜNG MỚI,20003,10", 3, "name", What::NameTwice(BEFORE + 1)),
        ("create,+20003,phuong,Phường Bắc,20001,10", 3, "code", What::CodeTwice(BEFORE + 1)),
        ("create,+20003,phuong,Phường Bắc,20003", 3, "parent", What::NoParent),
        ("merge,10001,,,,,+20009", 3, "into", What::NoSuchKey("20009".to_owned())),
        ("merge,+20001,,,,,+20002", 3, "unit", What::NewEnds),
        ("rename,+20001,,Phường Bắc", 3, "unit", What::NewChanges),
        ("merge,10001,,,,,+20001\nmerge,10001,,,,,+20001", 4, "into", What::Twice(BEFORE + 3)),
        ("merge,10001,,,,,+20001\nmerge,10001,,,,,+20002", 4, "into", What::TwoWholes(BEFORE + 3)),
        ("merge,10001,,,,,+20001\ndivide,10001,,,,,+20002", 4, "step", What::MergeAndDivide(BEFORE + 3)),
        ("divide,10001,,,,,+20001", 3, "into", What::DivideOnce),
        ("merge,101,,,,,+20001\ndissolve,101,,,,,+20002,within", 4, "into", What::AlsoDissolved(BEFORE + 3)),
        ("dissolve,101\ndissolve,101,,,,,+20002,within", 4, "into", What::AlsoDissolved(BEFORE + 3)),
        ("merge,10001,,,,,+20001\nrename,10001,,Phường Bắc", 4, "unit", What::EndsAndChanges(BEFORE + 3)),
        ("rename,10001,,Phường Bắc\nrename,10001,,Phường Tây", 4, "step", What::Twice(BEFORE + 3)),
        ("merge,10001,,,,,10002\nmerge,10002,,,,,10003\nmerge,10003,,,,,10001", 4, "into", What::MergeCycle),
        ("merge,10001,,,,,10001", 3, "into", What::MergeCycle),
    ];
    for (rows, row, column, what) in table {
        assert_wrong(&city(), &[(with(rows).as_str(), row, column, what)]);
    }
}

#[test]
fn plans_that_do_not_fit_the_registry_are_told() {
    let unit = |code: &str| format!("Phường {code}");
    assert_wrong(
        &city(),
        &[
            ("rename,99999,,Phường Khác", 1, "unit", What::Unknown("99999".to_owned())),
            ("rename,10001,,Phường 10001", 1, "name", What::Nothing),
            ("recode,10001,,,10001", 1, "code", What::Nothing),
            ("move,10001,,,,101", 1, "parent", What::Nothing),
            ("attach,10005,,,H10.5", 1, "code", What::Nothing),
            ("attach,10005,,,H10.6", 1, "code", What::HasCode("H10.5".to_owned())),
            ("recode,10001,,,10002", 1, "code", What::CodeHeld(unit("10002"))),
            ("create,+X,phuong,Phường Mới,10001,10", 1, "code", What::CodeHeld(unit("10001"))),
            ("merge,10001,,,,,10002\nmerge,10002,,,,,10003", 1, "into", What::TargetEnds),
            ("create,+20001,phuong,Phường Mới,20001,10001\nmerge,10001,,,,,10002", 1, "parent", What::ParentEnds),
            ("move,101,,,,10001", 1, "parent", What::ParentCycle),
            ("create,+A,quan,Quận A,201,+B\ncreate,+B,quan,Quận B,202,+A", 2, "parent", What::ParentCycle),
            ("dissolve,101\nmove,10001,,,,10", 1, "unit", What::Orphan(unit("10002"))),
        ],
    );
}

#[test]
fn what_the_registry_says_already_is_told() {
    let other_end = |unit: &mut Unit| unit.span.to = Some(date!(2026 - 06 - 30));
    let later = Span::since(date!(2027 - 03 - 01));
    let later_code = |unit: &mut Unit| {
        unit.codes.push(DatedCode { scheme: "agency".to_owned(), code: "H10.1".to_owned(), span: later });
    };
    let twin = |unit: &mut Unit| unit.codes[0].code = "10002".to_owned();
    let merge = "merge,10001,,,,,10003";
    assert_wrong(&city_where("10001", |unit| unit.span.to = Some(date!(2027 - 06 - 30))), &[(merge, 1, "unit", What::OtherEnd)]);
    assert_wrong(&city_where("10001", other_end), &[(merge, 1, "unit", What::Unknown("10001".to_owned()))]);
    assert_wrong(&city_where("10001", later_code), &[(merge, 1, "unit", What::Later)]);
    assert_wrong(&city_where("10001", later_code), &[("attach,10001,,,H10.2", 1, "code", What::HasCode("H10.1".to_owned()))]);
    let twice = What::Ambiguous("10002".to_owned());
    assert_wrong(&city_where("10001", twin), &[("merge,10002,,,,,10003", 1, "unit", twice)]);
    let gone = city_where("10001", |unit| unit.span.to = Some(date!(2026 - 12 - 31)));
    assert_wrong(&gone, &[("rename,10001,,Phường Khác", 1, "unit", What::Over)]);
    // Its end is that of the plan: it needs no step of its own, and its end is no change.
    let two_are_over = over(&gone, "dissolve,101\nmove,10002,,,,10").expect("an effect");
    assert!(two_are_over.edits.facts.iter().all(|edit| *edit.fact.unit() != id("10001")));
}

#[test]
fn a_pair_of_which_the_registry_says_otherwise_is_told() {
    let done = over(&city(), "merge,10001,,,,,10002").expect("an effect");
    let divided = "divide,10001,,,,,10002\ndivide,10001,,,,,10003";
    assert_wrong(&done.after, &[(divided, 1, "into", What::OtherPair)]);
    let same = over(&done.after, "merge,10001,,,,,10002").expect("an effect");
    assert!(same.edits.is_empty() && same.ended.len() == 1);
}

#[test]
fn heads_that_cannot_be_are_told() {
    let table: [(&str, &str, &'static str, What); 9] = [
        ("sap-xep-thu", "Sắp xếp", "name", What::PlanName),
        ("Sắp xếp thử", " ", "title", What::Missing),
        ("\"1/NQ\"", "\"\"", "instrument.number", What::NoNumber),
        ("effective = 2027-01-01\n", "", "effective", What::NoDate),
        ("2027-01-01", "\"01/13/2027\"", "effective", What::BadDate),
        ("date = 2026-12-01\n", "", "instrument.date", What::NoDate),
        ("issuer = \"Hội đồng\"\n", "[[stage]]\nname = \"rest\"\nunits = []\n", "stage", What::StageName("rest".to_owned())),
        (
            "issuer = \"Hội đồng\"\n",
            "[[stage]]\nname = \"a\"\nunits = [\"10009\"]\n",
            "stage",
            What::StageUnit("10009".to_owned()),
        ),
        (
            "issuer = \"Hội đồng\"\n",
            "[[stage]]\nname = \"a\"\nunits = [\"10001\"]\n[[stage]]\nname = \"b\"\nunits = [\"10001\"]\n",
            "stage",
            What::StageUnitTwice("10001".to_owned()),
        ),
    ];
    let good = text("rename,10001,,Phường Khác");
    for (old, new, column, what) in table {
        let wrong = read(&good.replacen(old, new, 1)).expect_err(new);
        assert_eq!(wrong, [Wrong::head(column, what)], "{new}");
    }
    assert_eq!(read(HEAD).expect_err("no table"), [Wrong::head("", What::NoTable)]);
    assert_eq!(read(&format!("{HEAD}+++\n")).expect_err("no table"), [Wrong::head("", What::NoTable)]);
    assert_eq!(read(&good.replace("kind,", "")).expect_err("no column"), [Wrong::new(BEFORE, "", What::Header)]);
    let wrong = read(&good.replacen("title", "titel", 1)).expect_err("no such key");
    assert!(matches!(wrong.as_slice(), [Wrong { line: 0, what: What::Head(_), .. }]), "{wrong:?}");
}

#[test]
fn a_unit_ends_in_one_stage() {
    let stages = "[[stage]]\nname = \"a\"\nunits = [\"+20001\"]\n[[stage]]\nname = \"b\"\nunits = [\"+20002\"]\n";
    let wrong = read(&format!("{HEAD}{stages}+++\n{COLUMNS}\n{MERGED}\n")).expect_err("two stages");
    let shift = u64::try_from(stages.lines().count()).expect("few lines");
    assert_eq!(wrong, [Wrong::new(BEFORE + shift + 6, "into", What::TwoStages(BEFORE + shift + 5))]);
}

#[test]
fn every_mistake_is_told_in_both_languages() {
    let error = unit_code::check("gso", "1").expect_err("too short");
    let wrong = Wrong::new(3, "code", What::Code(error));
    assert!(wrong.vietnamese().starts_with(error.vietnamese()) && wrong.english().starts_with(&error.to_string()));
    let held = Wrong::new(3, "code", What::CodeHeld("Phường Một".to_owned()));
    assert!(held.vietnamese().contains("Phường Một") && held.english().contains("Phường Một"));
    let row = held.to_row_error();
    assert_eq!((row.line, row.column.as_str()), (3, "code"));
    assert_eq!((row.message_vi, row.message_en), (held.vietnamese(), held.english()));
}
