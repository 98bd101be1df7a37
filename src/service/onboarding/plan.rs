//! What a unit would be given: a pure function over what is known of it.

use super::MOST_BY_WORDS;
use crate::base::digest::sha256;
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::unit_template::{Post, Right};
use crate::store::unit_people::{HasRight, Held};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What somebody is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// They administer the unit.
    Administrator,
    /// A role in a client, while acting in the position.
    Role(Right),
}

/// One gift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gift {
    /// To whom.
    pub person: PersonId,
    /// The position that fills the post.
    pub position: PositionId,
    /// What.
    pub what: What,
    /// The key of the post.
    pub post: String,
}

/// Why somebody is not given what a post brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nobody in the unit fills the post.
    NobodyFits,
    /// Words fit more people than are made administrators by words.
    TooMany,
    /// It is who made the run: nobody gives anything to themselves.
    Oneself,
    /// They administer something that whoever made the run does not stand above.
    Above,
    /// Whoever made the run may make nobody an administrator here, or not this person.
    NotTheirs,
    /// No client declares a role of the post any more.
    Undeclared,
}

/// Somebody, or a whole post, that is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Left {
    /// The key of the post.
    pub post: String,
    /// Why.
    pub why: Why,
    /// Who; nobody: the post itself.
    pub person: Option<PersonId>,
}

/// What a unit would be given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitPlan {
    /// The gifts.
    pub gifts: Vec<Gift>,
    /// Who is left out, and why.
    pub left: Vec<Left>,
    /// How much of it people have already.
    pub had: usize,
}

/// What is known of a unit, and of whoever plans.
pub(super) struct Scene<'a> {
    /// The posts of the template.
    pub(super) posts: &'a [Post],
    /// The roles that clients declare.
    pub(super) declared: &'a BTreeSet<Right>,
    /// Who was named for posts, by key.
    pub(super) named: &'a BTreeMap<String, Vec<PersonId>>,
    /// The positions held in the unit, each person's main one first.
    pub(super) held: &'a [Held],
    /// The rights that its people have.
    pub(super) rights: &'a HashSet<HasRight>,
    /// Who administers the unit.
    pub(super) administrators: &'a HashSet<PersonId>,
    /// Who administers anything that the planner does not stand above.
    pub(super) above: &'a HashSet<PersonId>,
    /// Whoever made the run.
    pub(super) maker: &'a PersonId,
    /// Whether the planner may make an administrator of this unit.
    pub(super) appoints: bool,
    /// Whom the planner may make an administrator; absent while nobody was asked about.
    pub(super) appointable: Option<&'a HashSet<PersonId>>,
}

impl UnitPlan {
    /// What tells this plan from another one: over what it gives, and to which unit.
    pub fn digest(&self, unit: &UnitId) -> [u8; 32] {
        sha256(json!([unit, self.gifts]).to_string().as_bytes())
    }

    /// People who are given something.
    pub fn people(&self) -> BTreeSet<&PersonId> {
        self.gifts.iter().map(|gift| &gift.person).collect()
    }

    /// People who are made administrators.
    pub fn appointed(&self) -> Vec<&PersonId> {
        self.gifts.iter().filter(|gift| gift.what == What::Administrator).map(|gift| &gift.person).collect()
    }

    /// Plans a unit.
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let mut plan = Self::default();
        for post in scene.posts {
            let filling = scene.filling(post);
            if post.administers {
                plan.appoint(scene, post, &filling);
            }
            plan.give(scene, post, &filling);
        }
        let key = |gift: &Gift| (gift.person.clone(), gift.position.clone(), gift.what.clone());
        // Stable: of two posts that bring the same, the first of the template is named.
        plan.gifts.sort_by_key(key);
        plan.gifts.dedup_by(|later, earlier| key(later) == key(earlier));
        plan.left.sort();
        plan.left.dedup();
        plan
    }

    fn leave(&mut self, post: &Post, person: Option<&PersonId>, why: Why) {
        self.left.push(Left { post: post.key.clone(), why, person: person.cloned() });
    }

    fn appoint(&mut self, scene: &Scene<'_>, post: &Post, filling: &[&Held]) {
        let mut seen = HashSet::new();
        let chosen: Vec<&Held> = filling.iter().copied().filter(|held| seen.insert(&held.person)).collect();
        if chosen.is_empty() && scene.administrators.is_empty() {
            return self.leave(post, None, Why::NobodyFits);
        }
        if chosen.len() > MOST_BY_WORDS && !scene.named.contains_key(&post.key) {
            return self.leave(post, None, Why::TooMany);
        }
        for held in chosen {
            let person = &held.person;
            let allowed = scene.appoints && scene.appointable.is_none_or(|appointable| appointable.contains(person));
            if scene.administrators.contains(person) {
                self.had += 1;
            } else if let Some(why) = scene.left_out(person) {
                self.leave(post, Some(person), why);
            } else if allowed {
                self.gifts.push(gift(held, post, What::Administrator));
            } else {
                self.leave(post, Some(person), Why::NotTheirs);
            }
        }
    }

    fn give(&mut self, scene: &Scene<'_>, post: &Post, filling: &[&Held]) {
        if filling.is_empty() && !post.rights.is_empty() && !post.administers {
            return self.leave(post, None, Why::NobodyFits);
        }
        for right in &post.rights {
            if !scene.declared.contains(right) {
                self.leave(post, None, Why::Undeclared);
                continue;
            }
            for held in filling {
                if scene.has(held, right) {
                    self.had += 1;
                } else if let Some(why) = scene.left_out(&held.person) {
                    self.leave(post, Some(&held.person), why);
                } else {
                    self.gifts.push(gift(held, post, What::Role(right.clone())));
                }
            }
        }
    }
}

fn gift(held: &Held, post: &Post, what: What) -> Gift {
    Gift { person: held.person.clone(), position: held.position.clone(), what, post: post.key.clone() }
}

impl<'a> Scene<'a> {
    /// The positions that fill a post: those of the people who were named for it, or those whose words fit.
    fn filling(&self, post: &Post) -> Vec<&'a Held> {
        match self.named.get(&post.key) {
            Some(people) => {
                let main = |person: &PersonId| self.held.iter().find(|held| held.person == *person);
                people.iter().filter_map(main).collect()
            }
            None => self.held.iter().filter(|held| post.fits(&held.title, &held.department)).collect(),
        }
    }

    fn left_out(&self, person: &PersonId) -> Option<Why> {
        if person == self.maker {
            return Some(Why::Oneself);
        }
        self.above.contains(person).then_some(Why::Above)
    }

    fn has(&self, held: &Held, right: &Right) -> bool {
        let with = |position: Option<PositionId>| HasRight {
            person: held.person.clone(),
            client: right.client.clone(),
            role: right.role.clone(),
            position,
        };
        self.rights.contains(&with(None)) || self.rights.contains(&with(Some(held.position.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> PersonId {
        PersonId(name.to_owned())
    }

    fn held(name: &str, position: &str, title: &str) -> Held {
        Held {
            person: person(name),
            position: PositionId(position.to_owned()),
            title: title.to_owned(),
            department: String::new(),
        }
    }

    fn right(role: &str) -> Right {
        Right { client: "tthc".to_owned(), role: role.to_owned() }
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    fn posts() -> Vec<Post> {
        vec![
            Post::new("Quản trị", &words(&["chánh văn phòng"]), vec![], true),
            Post::new("Chuyên môn", &words(&["chuyên viên"]), vec![right("officer")], false),
            Post::new("Một cửa", &words(&["tiếp nhận"]), vec![right("clerk"), right("officer")], false),
        ]
    }

    #[derive(Default)]
    struct Stage {
        held: Vec<Held>,
        rights: HashSet<HasRight>,
        administrators: HashSet<PersonId>,
        above: HashSet<PersonId>,
        named: BTreeMap<String, Vec<PersonId>>,
        appointable: Option<HashSet<PersonId>>,
    }

    fn plan(stage: &Stage) -> UnitPlan {
        UnitPlan::of(&Scene {
            posts: &posts(),
            declared: &[right("officer"), right("clerk")].into_iter().collect(),
            named: &stage.named,
            held: &stage.held,
            rights: &stage.rights,
            administrators: &stage.administrators,
            above: &stage.above,
            maker: &person("maker"),
            appoints: true,
            appointable: stage.appointable.as_ref(),
        })
    }

    fn shown(plan: &UnitPlan) -> Vec<String> {
        let what = |what: &What| match what {
            What::Administrator => "administrator".to_owned(),
            What::Role(right) => right.role.clone(),
        };
        plan.gifts.iter().map(|gift| format!("{} {} {}", gift.person, gift.position, what(&gift.what))).collect()
    }

    fn left(plan: &UnitPlan) -> Vec<(String, Option<PersonId>, Why)> {
        plan.left.iter().map(|left| (left.post.clone(), left.person.clone(), left.why)).collect()
    }

    #[test]
    fn each_position_is_given_what_the_posts_that_it_fills_bring_and_nothing_twice() {
        let stage = Stage {
            held: vec![
                held("an", "an1", "Chuyên viên tiếp nhận hồ sơ"),
                held("binh", "b1", "Chuyên viên"),
                held("chi", "c1", "Chủ tịch"),
                held("dung", "d1", "Chánh Văn phòng"),
            ],
            ..Stage::default()
        };

        let plan = plan(&stage);

        assert_eq!(shown(&plan), ["an an1 clerk", "an an1 officer", "binh b1 officer", "dung d1 administrator"]);
        assert_eq!((left(&plan), plan.had), (vec![], 0));
    }

    #[test]
    fn what_people_have_is_not_given_again() {
        let has = |position: Option<&str>| HasRight {
            person: person("an"),
            client: "tthc".to_owned(),
            role: "officer".to_owned(),
            position: position.map(|id| PositionId(id.to_owned())),
        };
        for (had, expected) in [(has(None), 0), (has(Some("an1")), 0), (has(Some("other")), 1)] {
            let stage = Stage {
                held: vec![held("an", "an1", "Chuyên viên")],
                rights: std::iter::once(had).collect(),
                administrators: std::iter::once(person("x")).collect(),
                ..Stage::default()
            };
            assert_eq!(plan(&stage).gifts.len(), expected);
        }
    }

    #[test]
    fn nobody_gives_to_themselves_or_to_whoever_stands_above_them() {
        let stage = Stage {
            held: vec![held("boss", "b1", "Chánh Văn phòng"), held("maker", "m1", "Chuyên viên tiếp nhận hồ sơ")],
            above: std::iter::once(person("boss")).collect(),
            ..Stage::default()
        };

        let plan = plan(&stage);

        assert!(plan.gifts.is_empty());
        assert_eq!(
            left(&plan),
            [
                ("chuyen-mon".to_owned(), Some(person("maker")), Why::Oneself),
                ("mot-cua".to_owned(), Some(person("maker")), Why::Oneself),
                ("quan-tri".to_owned(), Some(person("boss")), Why::Above),
            ]
        );
    }

    #[test]
    fn administrators_are_few_allowed_and_named_where_words_fit_many() {
        let many: Vec<Held> = (0..4).map(|n| held(&format!("p{n}"), &format!("{n}"), "Chánh Văn phòng")).collect();
        let of_all = plan(&Stage { held: many.clone(), ..Stage::default() });
        assert_eq!((of_all.appointed().len(), of_all.left[2].why), (0, Why::TooMany));

        let named: BTreeMap<_, _> = std::iter::once(("quan-tri".to_owned(), vec![person("p1"), person("nobody")])).collect();
        let of_named = plan(&Stage { held: many.clone(), named: named.clone(), ..Stage::default() });
        assert_eq!(of_named.appointed(), [&person("p1")]);

        let appointable = Some(HashSet::new());
        let refused = plan(&Stage { held: many, named, appointable, ..Stage::default() });
        assert!(refused.appointed().is_empty());
        assert!(left(&refused).contains(&("quan-tri".to_owned(), Some(person("p1")), Why::NotTheirs)));
    }

    #[test]
    fn a_plan_is_told_apart_by_what_it_gives_and_to_which_unit() {
        let unit = |id: &str| UnitId(id.to_owned());
        let one = plan(&Stage { held: vec![held("an", "an1", "Chuyên viên")], ..Stage::default() });
        let other = plan(&Stage { held: vec![held("an", "an2", "Chuyên viên")], ..Stage::default() });

        assert_eq!(one.digest(&unit("u")), one.clone().digest(&unit("u")));
        assert_ne!(one.digest(&unit("u")), one.digest(&unit("v")));
        assert_ne!(one.digest(&unit("u")), other.digest(&unit("u")));
    }
}
