//! What becomes of people's posts when units end: a pure function over one person's posts.
//!
//! A post in a unit that goes whole into another one goes on there. Of a divided unit a human says where each post goes,
//! one by one or by a rule; of what nobody has said, the post ends with its unit and nothing begins. A rule says nothing of
//! powers that somebody else handed over: they go on where a human says it of that very post. Roles are bound to posts and
//! are not touched: they count in the post that goes on from theirs, and in no other.

use super::rules::Rule;
use super::{Fate, Plan, UnitEffect};
use crate::base::date::iso;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::position::Position;
use crate::model::registry_digest::line;
use std::collections::HashMap;
use time::Date;

/// What it rests on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What it does to the units.
    pub effect: &'a UnitEffect,
    /// The rules, in the order in which they count.
    pub rules: &'a [Rule],
    /// What was decided of posts one by one.
    pub decisions: &'a HashMap<PositionId, Decision>,
}

/// Where a human sent one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The unit in which it goes on.
    pub unit: UnitId,
    /// Number of the decision behind it; may be empty.
    pub decision_no: String,
    /// Who said so.
    pub by: String,
}

/// What becomes of one post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The post as it is told from now on: it ends with its unit, or before its own first day.
    pub old: Position,
    /// The post that goes on from it.
    pub new: Option<Position>,
    /// By what.
    pub by: By,
}

/// By what a post goes on, or why it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Its unit goes whole into another one.
    Succession,
    /// By the rule at this place of the rules.
    Rule(usize),
    /// Somebody decided of this very post.
    Decision,
    /// Nobody has said yet into which of these it goes.
    Open(Vec<UnitId>),
    /// Nothing comes after its unit.
    Gone,
}

impl By {
    fn word(&self) -> &'static str {
        match self {
            Self::Succession => "succession",
            Self::Rule(_) => "rule",
            Self::Decision => "decision",
            Self::Open(_) => "open",
            Self::Gone => "gone",
        }
    }
}

impl Moved {
    /// What is to be staged: the versions that say another thing than what is known.
    pub fn told(&self, was: &Position) -> Vec<Position> {
        let old = (self.old != *was).then(|| self.old.clone());
        old.into_iter().chain(self.new.clone()).collect()
    }
}

/// What becomes of one person's posts, in the order of their ids; empty when nothing does. What has gone on already does
/// not go on a second time.
pub fn of_person(ground: &Ground<'_>, positions: &[Position]) -> Vec<Moved> {
    let mut moved: Vec<Moved> = positions.iter().filter_map(|post| of_post(ground, positions, post)).collect();
    moved.sort_by(|a, b| a.old.id.cmp(&b.old.id));
    moved
}

fn of_post(ground: &Ground<'_>, positions: &[Position], post: &Position) -> Option<Moved> {
    let fate = ground.effect.ended.get(&post.unit)?;
    let effective = ground.plan.effective;
    let is_over = post.valid_to.is_some_and(|last| last < effective || last < post.valid_from);
    let next = Position::following_id(&post.id, effective);
    if is_over {
        return None;
    }
    // One that was taken back although somebody had changed it is told as never held, and may begin again.
    if let Some(went_on) = positions.iter().find(|held| held.id == next && held.was_ever_held()) {
        // Where it stands in a unit that ends too it goes on from there: this one only ends.
        let ends_too = ground.effect.ended.contains_key(&went_on.unit);
        let old = Position { valid_to: Some(day_before(post.valid_from.max(effective))), ..post.clone() };
        return ends_too.then_some(Moved { old, new: None, by: By::Gone });
    }
    let (by, to, decision_no) = meant(ground, fate, post);
    // Whoever is given the post anew by a decision holds it by that one; nobody else does by an empty one.
    let decision_no = decision_no.filter(|number| !number.is_empty()).unwrap_or(&ground.plan.instrument.number);
    let from = post.valid_from.max(effective);
    let new = to.map(|unit| Position {
        id: next,
        unit: unit.clone(),
        decision_no: decision_no.clone(),
        follows: Some(post.id.clone()),
        valid_from: from,
        ..post.clone()
    });
    // A post that had not begun never counts where it was to begin.
    let old = Position { valid_to: Some(day_before(from)), ..post.clone() };
    Some(Moved { old, new, by })
}

/// By what a post goes on, where, and by which decision.
fn meant<'a>(ground: &Ground<'a>, fate: &'a Fate, post: &Position) -> (By, Option<&'a UnitId>, Option<&'a String>) {
    let candidates = match fate {
        Fate::Whole(unit) => return (By::Succession, Some(unit), None),
        Fate::Gone => return (By::Gone, None, None),
        Fate::Choice(candidates) => candidates,
    };
    let decided = ground.decisions.get(&post.id).filter(|decision| candidates.contains(&decision.unit));
    if let Some(decision) = decided {
        return (By::Decision, Some(&decision.unit), Some(&decision.decision_no));
    }
    // Else a rule could part them from whoever handed them over.
    let is_own = post.delegated_by.is_none();
    let mut rules = ground.rules.iter().enumerate();
    match rules.find(|(_, rule)| is_own && candidates.contains(&rule.to) && rule.matches(post)) {
        Some((place, rule)) => (By::Rule(place), Some(&rule.to), Some(&rule.decision_no)),
        None => (By::Open(candidates.clone()), None, None),
    }
}

fn day_before(day: Date) -> Date {
    day.previous_day().unwrap_or(day)
}

/// A line of a plan's digest: all that becomes of one person's posts. The place of a rule among the others is not told, so
/// that a rule which tells of nobody changes nothing.
pub fn digest_line(person: &PersonId, moved: &[Moved]) -> String {
    let mut fields: Vec<String> = vec![person.0.clone()];
    for one in moved {
        fields.push(one.by.word().to_owned());
        if let By::Open(candidates) = &one.by {
            fields.push(candidates.iter().map(UnitId::as_str).collect::<Vec<_>>().join(" "));
        }
        fields.push(text(&one.old));
        fields.push(one.new.as_ref().map(text).unwrap_or_default());
    }
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    line(&fields)
}

fn text(post: &Position) -> String {
    line(&[
        post.id.as_str(),
        post.unit.as_str(),
        &post.department,
        &post.title,
        post.kind.as_str(),
        if post.primary { "primary" } else { "beside" },
        &post.decision_no,
        post.delegated_by.as_ref().map_or("", PersonId::as_str),
        post.follows.as_ref().map_or("", PositionId::as_str),
        &iso(post.valid_from),
        &post.valid_to.map(iso).unwrap_or_default(),
    ])
}

/// A small plan and small posts for tests.
#[cfg(test)]
pub(super) mod stage {
    use super::{Fate, Plan, UnitEffect};
    use crate::base::id::{PositionId, UnitId};
    use crate::model::plan::{Edits, Instrument};
    use crate::model::position::{Position, PositionKind};
    use crate::model::registry::Registry;
    use std::collections::BTreeMap;
    use time::Date;
    use time::macros::date;

    /// The day of the plan.
    pub const DAY: Date = date!(2025 - 07 - 01);
    /// The day before it.
    pub const EVE: Date = date!(2025 - 06 - 30);

    /// A unit.
    pub fn unit(name: &str) -> UnitId {
        UnitId(name.to_owned())
    }

    /// A plan without steps: what it does is told beside it.
    pub fn plan(name: &str) -> Plan {
        let instrument = Instrument { number: "1685/NQ".to_owned(), date: date!(2025 - 06 - 16), issuer: "UBTVQH".to_owned() };
        Plan {
            name: name.to_owned(),
            title: "Sắp xếp".to_owned(),
            effective: DAY,
            instrument,
            stages: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// `whole` goes into `new`, `divided` into `a` or `b`, and nothing comes after `gone`.
    pub fn effect() -> UnitEffect {
        let ended = BTreeMap::from([
            (unit("whole"), Fate::Whole(unit("new"))),
            (unit("divided"), Fate::Choice(vec![unit("a"), unit("b")])),
            (unit("gone"), Fate::Gone),
        ]);
        let begun = vec![unit("new"), unit("a"), unit("b")];
        UnitEffect { edits: Edits::default(), ended, begun, after: Registry::default() }
    }

    /// A post of long ago in a unit, with its last day.
    pub fn post(id: &str, place: &str, last: Option<Date>) -> Position {
        Position {
            id: PositionId(id.to_owned()),
            unit: unit(place),
            department: "Văn phòng".to_owned(),
            title: "Chuyên viên".to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: "1/QĐ".to_owned(),
            delegated_by: None,
            follows: None,
            valid_from: date!(2020 - 01 - 01),
            valid_to: last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::stage::{DAY, EVE, effect, plan, post, unit};
    use super::*;
    use crate::model::entitlement::Condition;
    use crate::model::role::RoleGrant;
    use time::macros::date;

    fn rule(title: Option<&str>, to: &str) -> Rule {
        Rule {
            from: unit("divided"),
            department: None,
            title: title.map(str::to_owned),
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

        let gone = without_words(&[post("p", "gone", None)]).remove(0);
        assert_eq!((gone.by, gone.new, gone.old.valid_to), (By::Gone, None, Some(EVE)));
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
}
