//! The posts of a worklist that a reader sees, some at a time: for a page, and for a file.
//!
//! A place in the list is a number and an id: what of the plan is looked through (the runs that count, then what is not
//! applied yet), and the last post or person of it that was seen. One request looks through so many people and no more, so
//! that whoever asks for few of many gets a short page with a way on, and not a long wait.

use super::{Eyes, Reader};
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::base::text::fold;
use crate::service::audit::{self, Event};
use crate::service::reorganization::errors::ReorganizationError;
use crate::service::reorganization::lines::count;
use crate::service::reorganization::onward::Onward;
use crate::service::reorganization::outlook::{BATCH, Outlook};
use crate::service::reorganization::preview::{OpenPost, open_posts_of};
use crate::service::reorganization::scene::Scene;
use crate::service::reorganization::worklist::{COLUMNS, candidates_cell, mark, place};
use crate::service::{Failure, Services};
use crate::store::plan_open::{self, OpenRow};
use crate::store::plan_runs::Run;
use crate::store::positions_in_units::list_people;
use crate::store::{StoreError, persons};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use time::Date;

/// Posts of a page.
pub const PAGE: usize = 50;
/// Posts of a page that is made for paper.
pub const PAPER: usize = 500;
/// Posts of a piece of a file.
const PIECE: usize = 500;
/// Looks of one request, each at so many people as [`BATCH`] says.
const LOOKS: usize = 20;

/// What narrows a worklist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Code or id of the unit that ends.
    pub unit: String,
    /// Words of the department.
    pub department: String,
    /// Words of the title.
    pub title: String,
}

impl Filter {
    pub(super) fn fits(&self, department: &str, title: &str) -> bool {
        let fits = |wanted: &str, said: &str| wanted.is_empty() || fold(said).contains(&fold(wanted));
        fits(&self.department, department) && fits(&self.title, title)
    }

    /// What narrows it, for the records: never what was typed.
    pub(super) fn parts(&self) -> Vec<&'static str> {
        let parts = [("unit", &self.unit), ("department", &self.department), ("title", &self.title)];
        parts.into_iter().filter(|(_, typed)| !typed.is_empty()).map(|(part, _)| part).collect()
    }
}

/// A unit that a post may go on in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its code and name from the day of the plan on.
    pub label: String,
    /// The unit.
    pub unit: UnitId,
    /// Whether the reader may choose it.
    pub may_choose: bool,
}

/// A post that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Whose it is.
    pub person: PersonId,
    /// Their user name.
    pub username: String,
    /// Their full name.
    pub full_name: String,
    /// The post.
    pub position: PositionId,
    /// Its department; may be empty.
    pub department: String,
    /// Its title.
    pub title: String,
    /// Code and name of the unit that ends.
    pub from_unit: String,
    /// Where it may go on, as the plan says.
    pub candidates: Vec<Candidate>,
    /// True where nothing comes after its unit: it may go on in any unit that is in force.
    pub is_anywhere: bool,
    /// Whether the reader may decide about it.
    pub may_decide: bool,
}

impl Post {
    /// Its row in a file, in the order of the columns of a worklist; where it goes is empty.
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        let choices = self.candidates.iter().filter(|candidate| candidate.may_choose);
        let choices: Vec<&str> = choices.map(|candidate| candidate.label.as_str()).collect();
        [
            self.person.0.clone(),
            self.full_name.clone(),
            self.from_unit.clone(),
            candidates_cell(&choices, self.is_anywhere),
            String::new(),
            String::new(),
            self.position.0.clone(),
            self.department.clone(),
            self.title.clone(),
        ]
    }
}

/// A page of a worklist.
#[derive(Debug, Clone)]
pub struct Page {
    /// What the plan is called.
    pub title: String,
    /// Its day.
    pub effective: Date,
    /// True when nothing of the plan is left to apply.
    pub is_applied: bool,
    /// The posts: at most as many as were asked for, unless they are all of one person.
    pub posts: Vec<Post>,
    /// Codes and names of the units that the reader may choose for those of them that may go on anywhere.
    pub anywhere: Vec<String>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A page of what a reader sees, after a place: at most so many posts.
pub async fn list(
    services: &Services,
    reader: &Reader,
    name: &str,
    filter: &Filter,
    (after, most): (Option<&str>, usize),
) -> Result<Page, ReorganizationError> {
    let walk = Walk::open(services, reader, name, filter).await?;
    let (posts, next) = walk.some(after, most).await?;
    if !posts.is_empty() {
        let detail = json!({ "plan": name, "filters": filter.parts(), "people": posts.len() });
        audit::looked(services, Event::by(&reader.by, "people.listed", None, None, detail)).await?;
    }
    let anywhere = if posts.iter().any(|post| post.is_anywhere && post.may_decide) { walk.anywhere() } else { Vec::new() };
    let Scene { plan, pending, .. } = walk.scene;
    Ok(Page { title: plan.title, effective: plan.effective, is_applied: pending.is_empty(), posts, anywhere, next })
}

/// Begins to take away what a reader sees, as a file to fill in, once that is on record: whoever decides is not given the posts
/// that others decide about, with which a file would be refused; whoever only looks is given all.
pub async fn export(services: &Services, reader: &Reader, name: &str, filter: &Filter) -> Result<Taking, ReorganizationError> {
    let walk = Walk::open(services, reader, name, filter).await?;
    let detail = json!({ "plan": name, "filters": filter.parts() });
    audit::looked(services, Event::by(&reader.by, "people.exported", None, None, detail)).await?;
    Ok(Taking { walk, after: None, is_over: false })
}

/// A worklist that is being taken away.
pub struct Taking {
    walk: Walk,
    after: Option<String>,
    is_over: bool,
}

impl Taking {
    /// Some more posts; none behind the last.
    pub async fn piece(&mut self) -> Result<Option<Vec<Post>>, Failure> {
        while !self.is_over {
            let (mut posts, next) = self.walk.some(self.after.as_deref(), PIECE).await?;
            posts.retain(|post| post.may_decide || !self.walk.eyes.reader.decides);
            self.is_over = next.is_none();
            self.after = next;
            if !posts.is_empty() {
                return Ok(Some(posts));
            }
        }
        Ok(None)
    }
}

/// Posts that stay together, under the id after which the next look begins.
type Groups = Vec<(String, Vec<Post>)>;
/// What a look found, and the last id that it looked at; none at the end of a part.
type Looked = (Groups, Option<String>);

/// A worklist that is looked through.
struct Walk {
    services: Services,
    scene: Scene,
    eyes: Eyes,
    filter: Filter,
}

impl Walk {
    async fn open(services: &Services, reader: &Reader, name: &str, filter: &Filter) -> Result<Self, ReorganizationError> {
        let scene = Scene::open(services, name).await?;
        let eyes = Eyes::open(services, reader).await?;
        Ok(Self { services: services.clone(), scene, eyes, filter: filter.clone() })
    }

    /// Posts after a place, at most so many unless they are all of one person; and the place to go on from.
    async fn some(&self, after: Option<&str>, most: usize) -> Result<(Vec<Post>, Option<String>), StoreError> {
        let (mut part, mut after) = place(after);
        let mut posts: Vec<Post> = Vec::new();
        for _ in 0..LOOKS {
            let Some((groups, last)) = self.look(part, &after).await? else { return Ok((posts, None)) };
            for (key, group) in groups {
                if !posts.is_empty() && posts.len() + group.len() > most {
                    return Ok((posts, Some(mark(part, &after))));
                }
                posts.extend(group);
                after = key;
            }
            if let Some(last) = last {
                after = last;
            } else {
                (part, after) = (part + 1, String::new());
            }
        }
        Ok((posts, Some(mark(part, &after))))
    }

    /// Looks at some of a part of the plan, after an id. Nothing behind the last part.
    async fn look(&self, part: usize, after: &str) -> Result<Option<Looked>, StoreError> {
        if let Some(run) = self.scene.applied.get(part) {
            return self.look_applied(run, after).await.map(Some);
        }
        let pending = part.checked_sub(self.scene.applied.len()).and_then(|part| self.scene.pending.get(part));
        match pending {
            Some(outlook) => self.look_pending(outlook, after).await.map(Some),
            None => Ok(None),
        }
    }

    async fn look_pending(&self, outlook: &Outlook, after: &str) -> Result<Looked, StoreError> {
        let mut units = outlook.divided();
        units.retain(|unit| self.is_asked_for(unit) && self.eyes.reader.extent.holds(unit));
        let mut conn = self.services.store.read().await?;
        let after = PersonId(after.to_owned());
        let people = list_people(&mut conn, &units, self.scene.plan.effective, &after, count(BATCH)).await?;
        drop(conn);
        let Some(last) = people.last().map(|person| person.0.clone()) else { return Ok((Groups::new(), None)) };
        let (mut groups, anywhere) = (Groups::new(), outlook.anywhere());
        for open in open_posts_of(&self.services, outlook, &people).await? {
            let Some(post) = self.pending_post(open, &anywhere) else { continue };
            match groups.last_mut() {
                Some((person, group)) if *person == post.person.0 => group.push(post),
                _ => groups.push((post.person.0.clone(), vec![post])),
            }
        }
        Ok((groups, Some(last)))
    }

    async fn look_applied(&self, run: &Run, after: &str) -> Result<Looked, StoreError> {
        let mut conn = self.services.store.read().await?;
        let rows = plan_open::list(&mut conn, &run.id, None, after, count(BATCH)).await?;
        let last = rows.last().map(|row| row.position.0.clone());
        let (mut seen, anywhere) = (Vec::<(OpenRow, Onward)>::new(), self.scene.anywhere());
        for row in rows {
            let onward = Onward::named(&row.candidates, &anywhere);
            if let Some(choices) = self.eyes.choices(&row.from, &onward, true).filter(|_| self.is_asked_for(&row.from)) {
                seen.push((row, choices));
            }
        }
        let people: Vec<PersonId> = seen.iter().map(|(row, _)| row.person.clone()).collect();
        let known = persons::list_with_positions(&mut conn, &people).await?;
        drop(conn);
        let mut groups = Groups::new();
        for (row, choices) in seen {
            let Some(person) = known.get(&row.person) else { continue };
            let held = person.positions.iter().find(|held| held.id == row.position);
            let (department, title) = held.map_or_else(Default::default, |held| (held.department.clone(), held.title.clone()));
            if !self.filter.fits(&department, &title) {
                continue;
            }
            let post = Post {
                may_decide: self.eyes.may_decide(&row.person) && !choices.units().is_empty(),
                candidates: self.candidates(&row.candidates, &choices),
                is_anywhere: choices.is_anywhere(),
                from_unit: self.scene.label_before(&row.from),
                username: person.username.clone(),
                full_name: person.full_name.clone(),
                person: row.person,
                position: row.position,
                department,
                title,
            };
            groups.push((post.position.0.clone(), vec![post]));
        }
        Ok((groups, last))
    }

    /// A post as the reader sees it; none when they do not, or did not ask for it.
    fn pending_post(&self, open: OpenPost, anywhere: &Arc<[UnitId]>) -> Option<Post> {
        let held = &open.position;
        let choices = self.eyes.choices(&held.unit, &Onward::named(&open.candidates, anywhere), false)?;
        if !self.is_asked_for(&held.unit) || !self.filter.fits(&held.department, &held.title) {
            return None;
        }
        Some(Post {
            may_decide: self.eyes.may_decide(&open.person) && !choices.units().is_empty(),
            candidates: self.candidates(&open.candidates, &choices),
            is_anywhere: choices.is_anywhere(),
            from_unit: self.scene.label_before(&held.unit),
            person: open.person,
            username: open.username,
            full_name: open.full_name,
            position: open.position.id,
            department: open.position.department,
            title: open.position.title,
        })
    }

    fn is_asked_for(&self, unit: &UnitId) -> bool {
        self.filter.unit.is_empty() || self.scene.means_before(&self.filter.unit, unit)
    }

    fn candidates(&self, all: &[UnitId], choices: &Onward) -> Vec<Candidate> {
        let candidate = |unit: &UnitId| Candidate {
            label: self.scene.label_after(unit),
            unit: unit.clone(),
            may_choose: choices.units().contains(unit),
        };
        all.iter().map(candidate).collect()
    }

    /// Codes and names of the units that the reader may choose for posts after whose unit nothing comes.
    fn anywhere(&self) -> Vec<String> {
        let of_pending = self.scene.pending.iter().map(Outlook::anywhere);
        let of_applied = (!self.scene.applied.is_empty()).then(|| self.scene.anywhere());
        let units = of_pending.chain(of_applied).flat_map(|units| self.eyes.within(&units).to_vec());
        // What one stage leaves in force may end in another.
        let ends = |unit: &UnitId| self.scene.pending.iter().any(|outlook| outlook.effect.ended.contains_key(unit));
        let units: BTreeSet<UnitId> = units.filter(|unit| !ends(unit)).collect();
        let mut labels: Vec<String> = units.iter().map(|unit| self.scene.label_after(unit)).collect();
        labels.sort();
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_and_what_is_none_is_the_beginning() {
        assert_eq!(place(Some(&mark(2, "0199-a"))), (2, "0199-a".to_owned()));
        for wrong in [None, Some(""), Some("x"), Some("x.y"), Some("-1.a")] {
            assert_eq!(place(wrong), (0, String::new()), "{wrong:?}");
        }
    }

    #[test]
    fn a_filter_looks_for_words_whatever_their_marks() {
        let filter = |department: &str, title: &str| Filter {
            department: department.to_owned(),
            title: title.to_owned(),
            ..Filter::default()
        };
        let table = [
            (filter("", ""), true),
            (filter("van phong", ""), true),
            (filter("", "CHUYEN"), true),
            (filter("Văn", "viên"), true),
            (filter("", "Kế toán"), false),
            (filter("Tư pháp", "Chuyên viên"), false),
        ];
        for (filter, expected) in table {
            assert_eq!(filter.fits("Văn phòng", "Chuyên viên"), expected, "{filter:?}");
        }
        assert_eq!(filter("a", "").parts(), ["department"]);
    }
}
