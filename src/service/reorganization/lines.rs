//! What becomes of people under a plan: kept in mind as one line a person.
//!
//! A line holds the digest of all that becomes of a person, and the posts in short: enough to say how many people there are
//! and where they go, little enough to be kept of everybody at once.

use crate::base::digest::{Sha256, hex, sha256};
use crate::base::id::{PersonId, PositionId, UnitId};
use crate::model::plan::people::{By, Moved, digest_line};
use crate::model::position::Position;
use std::collections::BTreeMap;

/// Hexadecimal characters of each part of a digest.
const PART: usize = 32;

/// What becomes of one person.
pub(super) struct Look {
    pub(super) person: PersonId,
    /// All their posts, as they count now.
    pub(super) applied: BTreeMap<PositionId, Position>,
    /// What a set has staged of them.
    pub(super) staged: BTreeMap<PositionId, Position>,
    pub(super) moved: Vec<Moved>,
}

impl Look {
    /// Somebody of whom nothing is known yet.
    pub(super) fn of(person: PersonId) -> Self {
        Self { person, applied: BTreeMap::new(), staged: BTreeMap::new(), moved: Vec::new() }
    }

    /// What is to be staged of the person.
    pub(super) fn told(&self) -> BTreeMap<PositionId, Position> {
        let told = self.moved.iter().filter_map(|moved| self.applied.get(&moved.old.id).map(|was| moved.told(was)));
        told.flatten().map(|position| (position.id.clone(), position)).collect()
    }
}

/// How a post goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Where its unit goes.
    Whole,
    /// Where a rule or a decision says.
    Decided,
    /// Nobody has said where.
    Open,
    /// It ends.
    Gone,
}

/// A post that ends or goes on.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) id: PositionId,
    pub(super) from: UnitId,
    pub(super) way: Way,
    /// Where it goes on, where somebody said so.
    pub(super) to: Option<UnitId>,
}

/// What is kept in mind of one person.
struct Line {
    digest: [u8; 32],
    posts: Vec<Post>,
}

/// Everybody whom a plan moves, as of one version of the people.
pub(super) struct Lines {
    of: BTreeMap<PersonId, Line>,
    /// The posts of all of them: asked for in every short write.
    posts: usize,
    /// The version.
    pub(super) at: i64,
}

impl Lines {
    /// Nobody yet, as of a version of the people.
    pub(super) fn of_version(version: i64) -> Self {
        Self { of: BTreeMap::new(), posts: 0, at: version }
    }

    /// Notes what becomes of somebody, in place of what was noted before.
    pub(super) fn put(&mut self, look: &Look) {
        if let Some(before) = self.of.remove(&look.person) {
            self.posts -= before.posts.len();
        }
        if look.moved.is_empty() {
            return;
        }
        self.posts += look.moved.len();
        let posts = look.moved.iter().map(|moved| post_of(moved, look.applied.get(&moved.old.id))).collect();
        let digest = sha256(digest_line(&look.person, &look.moved).as_bytes());
        self.of.insert(look.person.clone(), Line { digest, posts });
    }

    pub(super) fn holds(&self, person: &PersonId) -> bool {
        self.of.contains_key(person)
    }

    pub(super) fn people(&self) -> i64 {
        count(self.of.len())
    }

    pub(super) fn posts(&self) -> i64 {
        count(self.posts)
    }

    /// Posts that go on in one way.
    pub(super) fn posts_that(&self, way: Way) -> i64 {
        count(self.all().filter(|(_, post)| post.way == way).count())
    }

    /// Those of whom a post is open.
    pub(super) fn open_people(&self) -> impl Iterator<Item = &PersonId> {
        let is_open = |line: &Line| line.posts.iter().any(|post| post.way == Way::Open);
        self.of.iter().filter(move |(_, line)| is_open(line)).map(|(person, _)| person)
    }

    /// All posts with whose they are.
    pub(super) fn all(&self) -> impl Iterator<Item = (&PersonId, &Post)> {
        self.of.iter().flat_map(|(person, line)| line.posts.iter().map(move |post| (person, post)))
    }

    /// The third part of the digest.
    pub(super) fn digest(&self) -> String {
        let mut whole = Sha256::new();
        for line in self.of.values() {
            whole.add(&line.digest);
        }
        part(&whole.finish())
    }
}

fn post_of(moved: &Moved, was: Option<&Position>) -> Post {
    let way = match &moved.by {
        By::Succession => Way::Whole,
        By::Rule(_) | By::Decision => Way::Decided,
        By::Open(_) => Way::Open,
        By::Gone => Way::Gone,
    };
    let from = was.map_or(&moved.old.unit, |was| &was.unit).clone();
    let to = moved.new.as_ref().filter(|_| way == Way::Decided).map(|new| new.unit.clone());
    Post { id: moved.old.id.clone(), from, way, to }
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A part of a digest, as it is shown.
pub(super) fn part(digest: &[u8; 32]) -> String {
    let mut text = hex(digest);
    text.truncate(PART);
    text
}
