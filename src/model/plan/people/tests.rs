//! What becomes of the posts of one person.

use super::stage::{DAY, EVE, effect, plan, post, unit};
use super::*;
use crate::model::entitlement::Condition;
use crate::model::role::RoleGrant;
use crate::model::unit::{Span, UnitKind};
use std::collections::BTreeSet;
use time::macros::date;

fn rule(title: Option<&str>, to: &str) -> Rule {
    Rule {
        from: unit("divided"),
        department: None,
        title: title.map(str::to_owned),
        seat: None,
        to: unit(to),
        decision_no: "7/QĐ".to_owned(),
        by: "an".to_owned(),
    }
}

fn decided(post: &str, to: &str, decision_no: &str) -> HashMap<PositionId, Decision> {
    let decision = Decision { unit: unit(to), decision_no: decision_no.to_owned(), by: "binh".to_owned() };
    HashMap::from([(PositionId(post.to_owned()), decision)])
}

fn moved(rules: &[Rule], decisions: &HashMap<PositionId, Decision>, positions: &[Position]) -> Vec<Moved> {
    of_person(&Ground { plan: &plan("p"), effect: &effect(), rules, decisions }, positions)
}

fn without_words(positions: &[Position]) -> Vec<Moved> {
    moved(&[], &HashMap::new(), positions)
}

#[test]
fn a_post_goes_on_where_its_unit_goes_whole() {
    let by = Some(PersonId("lan".to_owned()));
    let last = Some(date!(2026 - 12 - 31));
    let old = Position { primary: false, delegated_by: by, ..post("p", "whole", last) };

    let moved = without_words(std::slice::from_ref(&old));

    let new = Position {
        id: Position::following_id(&old.id, DAY),
        unit: unit("new"),
        decision_no: "1685/NQ".to_owned(),
        follows: Some(old.id.clone()),
        valid_from: DAY,
        ..old.clone()
    };
    let ended = Position { valid_to: Some(EVE), ..old.clone() };
    assert_eq!(moved, [Moved { old: ended.clone(), new: Some(new.clone()), by: By::Succession }]);
    assert_eq!(moved[0].told(&old), [ended.clone(), new.clone()]);
    assert_eq!(moved[0].told(&ended), [new], "its end is known already");
}

#[test]
fn what_is_over_or_elsewhere_or_went_on_already_stays() {
    let over = post("over", "whole", Some(EVE));
    let elsewhere = post("elsewhere", "kept", None);
    let never = Position { valid_from: date!(2025 - 09 - 01), ..post("never", "whole", Some(date!(2025 - 08 - 31))) };
    assert!(without_words(&[over, elsewhere, never]).is_empty());

    let old = post("p", "whole", None);
    let went = without_words(std::slice::from_ref(&old)).remove(0);
    let again = [went.old.clone(), went.new.clone().expect("it went on")];
    assert!(without_words(&again).is_empty());
    // Somebody took its end away since.
    assert!(without_words(&[old.clone(), again[1].clone()]).is_empty());
    // It was taken back, and stands there as never held.
    let never = Position { valid_to: Some(EVE), ..again[1].clone() };
    let anew = without_words(&[old, never]).remove(0);
    assert_eq!(anew.new, Some(again[1].clone()));
}

#[test]
fn a_post_that_went_on_where_it_was_ends_all_the_same() {
    let old = post("p", "whole", None);
    let there = Position { follows: Some(old.id.clone()), id: Position::following_id(&old.id, DAY), ..old.clone() };
    let there = Position { valid_from: DAY, ..there };

    let moved = without_words(&[old.clone(), there.clone()]);

    let of = |id: &PositionId| moved.iter().find(|one| one.old.id == *id).expect("it ends");
    assert_eq!((of(&old.id).old.valid_to, &of(&old.id).new), (Some(EVE), &None));
    let next = of(&there.id).new.as_ref().expect("it goes on");
    assert_eq!((next.follows.as_ref(), &next.unit), (Some(&there.id), &unit("new")));
    let was = |one: &Moved| if one.old.id == old.id { old.clone() } else { there.clone() };
    let told: Vec<PositionId> = moved.iter().flat_map(|one| one.told(&was(one))).map(|post| post.id).collect();
    assert_eq!(told.iter().collect::<std::collections::HashSet<_>>().len(), told.len(), "each is told once");
}

#[test]
fn a_post_that_had_not_begun_begins_in_the_new_unit_and_never_in_the_old_one() {
    let first = date!(2025 - 09 - 01);
    let old = Position { valid_from: first, ..post("p", "whole", None) };

    let moved = without_words(std::slice::from_ref(&old)).remove(0);

    let new = moved.new.expect("it goes on");
    assert_eq!((new.valid_from, new.valid_to), (first, None));
    assert_eq!(moved.old.valid_to, Some(date!(2025 - 08 - 31)));
    assert!([EVE, DAY, first].into_iter().all(|day| !moved.old.in_force_on(day)));
    let on_the_day = Position { valid_from: DAY, ..post("q", "whole", Some(DAY)) };
    let moved = without_words(std::slice::from_ref(&on_the_day)).remove(0);
    assert_eq!(moved.old.valid_to, Some(EVE));
    assert_eq!(moved.new.map(|new| (new.valid_from, new.valid_to)), Some((DAY, Some(DAY))));
}

#[test]
fn of_a_divided_unit_a_human_says_where_a_post_goes_or_nothing_begins() {
    let nothing = HashMap::new();
    let rules = [rule(Some("Văn thư"), "a"), rule(Some("chuyên viên"), "elsewhere"), rule(None, "b"), rule(None, "a")];
    let open = By::Open(vec![unit("a"), unit("b")]);
    let to = |name: &str| Some(unit(name));
    let table = [
        ("nobody said", &rules[..0], nothing.clone(), open.clone(), None, ""),
        ("the first rule that fits and leads to a part", &rules[..], nothing.clone(), By::Rule(2), to("b"), "7/QĐ"),
        ("a rule that leads elsewhere", &rules[1..2], nothing, open.clone(), None, ""),
        ("decided", &rules[..], decided("p", "a", "9/QĐ"), By::Decision, to("a"), "9/QĐ"),
        ("decided without a number", &rules[..0], decided("p", "a", ""), By::Decision, to("a"), "1685/NQ"),
        ("decided elsewhere", &rules[..0], decided("p", "new", "9/QĐ"), open.clone(), None, ""),
        ("of another post", &rules[..0], decided("q", "a", "9/QĐ"), open, None, ""),
    ];
    for (case, rules, decisions, by, unit, decision_no) in table {
        let moved = moved(rules, &decisions, &[post("p", "divided", None)]).remove(0);
        assert_eq!(moved.by, by, "{case}");
        assert_eq!(moved.old.valid_to, Some(EVE), "{case}");
        assert_eq!(moved.new.as_ref().map(|new| new.unit.clone()), unit, "{case}");
        assert_eq!(moved.new.map_or(String::new(), |new| new.decision_no), decision_no, "{case}");
    }
}

#[test]
fn powers_that_somebody_handed_over_go_on_by_a_decision_and_by_no_rule() {
    let by = Some(PersonId("lan".to_owned()));
    let post = Position { delegated_by: by.clone(), ..post("p", "divided", None) };
    let open = moved(&[rule(None, "a")], &HashMap::new(), std::slice::from_ref(&post)).remove(0);
    assert_eq!((open.by, open.new), (By::Open(vec![unit("a"), unit("b")]), None));

    let placed = moved(&[rule(None, "a")], &decided("p", "b", "9/QĐ"), &[post]).remove(0);
    assert_eq!(placed.by, By::Decision);
    assert_eq!(placed.new.map(|new| (new.unit, new.delegated_by)), Some((unit("b"), by)));
}

#[test]
fn words_about_a_post_do_not_bend_what_a_whole_succession_says() {
    let decisions = decided("p", "a", "9/QĐ");
    let to_a = Rule { from: unit("whole"), ..rule(None, "a") };
    let moved = moved(&[to_a], &decisions, &[post("p", "whole", None)]).remove(0);
    assert_eq!((moved.by, moved.new.map(|new| new.unit)), (By::Succession, Some(unit("new"))));
}

#[test]
fn of_a_unit_after_which_nothing_comes_a_human_says_into_which_unit_in_force_a_post_goes() {
    let held = |name: &str, span: Span| Unit {
        id: unit(name),
        kind: UnitKind::Phuong,
        span,
        codes: Vec::new(),
        names: Vec::new(),
        parents: Vec::new(),
    };
    let (long_ago, later) = (date!(2020 - 01 - 01), date!(2025 - 08 - 01));
    let units = vec![
        held("gone", Span { to: Some(EVE), ..Span::since(long_ago) }),
        held("kept", Span::since(long_ago)),
        held("new", Span::since(DAY)),
        held("old", Span { to: Some(EVE), ..Span::since(long_ago) }),
        held("later", Span::since(later)),
    ];
    let effect = UnitEffect { after: Registry::new(1, units, Vec::new()), ..effect() };
    let there = in_force(&effect.after, DAY);
    assert_eq!(there.iter().map(UnitId::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["kept", "new"]));
    let from_gone = |to: &str| Rule { from: unit("gone"), ..rule(None, to) };
    let nothing = HashMap::new();
    let to = |name: &str| Some(unit(name));
    let open = By::Open(Vec::new());
    let table = [
        ("nobody said", Vec::new(), nothing.clone(), open.clone(), None),
        ("a rule", vec![from_gone("kept")], nothing.clone(), By::Rule(0), to("kept")),
        ("a rule into a unit that is over", vec![from_gone("old")], nothing.clone(), open.clone(), None),
        ("a rule about another unit", vec![rule(None, "kept")], nothing, open.clone(), None),
        ("decided", Vec::new(), decided("p", "new", "9/QĐ"), By::Decision, to("new")),
        ("before a rule", vec![from_gone("kept")], decided("p", "new", "9/QĐ"), By::Decision, to("new")),
        ("into the unit itself", Vec::new(), decided("p", "gone", "9/QĐ"), open.clone(), None),
        ("into a unit of later", Vec::new(), decided("p", "later", "9/QĐ"), open.clone(), None),
        ("into a unit that nobody knows", Vec::new(), decided("p", "nowhere", "9/QĐ"), open, None),
    ];
    for (case, rules, decisions, by, unit) in table {
        let ground = Ground { plan: &plan("p"), effect: &effect, rules: &rules, decisions: &decisions };
        let moved = of_person(&ground, &[post("p", "gone", None)]).remove(0);
        assert_eq!((moved.by, moved.old.valid_to), (by, Some(EVE)), "{case}");
        assert_eq!(moved.new.map(|new| new.unit), unit, "{case}");
    }
}

#[test]
fn a_role_of_a_post_counts_where_the_post_goes_on_and_nowhere_else() {
    let role = |post: &str| RoleGrant {
        client_id: "tthc".to_owned(),
        role: "clerk".to_owned(),
        position: Some(PositionId(post.to_owned())),
        condition: Condition::default(),
    };
    let whole = without_words(&[post("p", "whole", None)]).remove(0).new.expect("it goes on");
    let lineage = [Some(&whole.id), whole.follows.as_ref()].map(|id| id.expect("an id"));
    assert!(role("p").counts_for("tthc", &lineage));
    assert!(!role("q").counts_for("tthc", &lineage));
    let divided = without_words(&[post("q", "divided", None)]).remove(0);
    assert_eq!(divided.new, None, "there is no post in which it could count");
    assert!(!divided.old.in_force_on(DAY));
}

#[test]
fn a_line_of_the_digest_tells_all_that_becomes_of_somebody_in_one_order() {
    let person = PersonId("kim".to_owned());
    let line_of = |rules: &[Rule], positions: &[Position]| {
        let moved = moved(rules, &HashMap::new(), positions);
        digest_line(&person, &moved)
    };
    let (one, two) = (post("a", "whole", None), post("b", "divided", None));
    let usual = line_of(&[], &[one.clone(), two.clone()]);

    assert_eq!(usual, line_of(&[], &[two.clone(), one.clone()]), "the order of posts does not matter");
    assert_ne!(usual, line_of(&[], std::slice::from_ref(&one)));
    assert_ne!(usual, line_of(&[rule(None, "a")], &[one.clone(), two.clone()]));
    let last = Position { valid_to: Some(date!(2027 - 01 - 01)), ..one };
    assert_ne!(usual, line_of(&[], &[last, two.clone()]));
    let idle = [rule(Some("Lái xe"), "b"), rule(None, "a")];
    assert_eq!(line_of(&idle, std::slice::from_ref(&two)), line_of(&idle[1..], &[two]), "a rule of nobody");
}
