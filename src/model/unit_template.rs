//! The template by which units begin: posts, by which title they are known, and what each of them may do.
//!
//! A post is filled by whoever's title or department holds one of its words. Who that is, is shown before anything is
//! given: words choose, and people decide.

use crate::base::text::{fold, nfc};
use std::collections::BTreeSet;

/// More posts than any template needs.
pub const MOST_POSTS: usize = 12;
/// More words, or rights, than any post needs.
pub const MOST_LINES: usize = 24;
/// Characters of a name or a word.
pub const LONGEST: usize = 80;

/// A role in a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Right {
    /// The client that declares the role.
    pub client: String,
    /// The role.
    pub role: String,
}

/// A post that every unit has.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Post {
    /// Its name in files: the name folded, with hyphens.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Words of the titles or departments that fill it.
    pub words: Vec<String>,
    /// What whoever fills it may do, while acting in the position that fills it.
    pub rights: Vec<Right>,
    /// Whoever fills it administers the unit.
    pub administers: bool,
}

/// All posts of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Raised by every change; 0: nobody changed what the product ships.
    pub version: i64,
    /// The posts.
    pub posts: Vec<Post>,
}

/// Why a template cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// No post at all, or too many.
    #[error("a template has 1 to {MOST_POSTS} posts")]
    Count,
    /// A name that is empty, too long, or told twice.
    #[error("the name of post {0} is empty, too long, or another post's")]
    Name(usize),
    /// A word that is too long, says nothing, or too many of them.
    #[error("the words of post {0} are too many, too long, or say nothing")]
    Words(usize),
    /// Too many rights.
    #[error("the rights of post {0} are too many")]
    Rights(usize),
    /// No client declares this role.
    #[error("post {0}: no client declares the role {1}")]
    Undeclared(usize, String),
}

impl Post {
    /// A post whose name is told.
    pub fn new(name: &str, words: &[String], rights: Vec<Right>, administers: bool) -> Self {
        let name = nfc(name);
        let key = spoken(&name).replace(' ', "-");
        let mut seen = BTreeSet::new();
        let words = words.iter().map(|word| nfc(word)).filter(|word| !word.is_empty());
        let words = words.filter(|word| seen.insert(spoken(word))).collect();
        let rights: BTreeSet<Right> = rights.into_iter().collect();
        Self { key, name, words, rights: rights.into_iter().collect(), administers }
    }

    /// True for a title in a department that fills the post.
    pub fn fits(&self, title: &str, department: &str) -> bool {
        let held = [title, department].map(|text| format!(" {} ", spoken(text)));
        let words = self.words.iter().map(|word| spoken(word)).filter(|word| !word.is_empty());
        words.map(|word| format!(" {word} ")).any(|word| held.iter().any(|text| text.contains(&word)))
    }

    /// True for what a file calls the post: its key, or its name in any spelling.
    pub fn is_called(&self, text: &str) -> bool {
        self.key == spoken(text).replace(' ', "-")
    }
}

impl Template {
    /// What units begin with until somebody says otherwise. Which systems a city has, and what they call their roles,
    /// is for the city to say.
    pub fn shipped() -> Self {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Self {
            version: 0,
            posts: vec![
                Post::new("Quản trị đơn vị", &[], Vec::new(), true),
                Post::new("Cán bộ chuyên môn", &words(&["chuyên viên", "công chức", "văn phòng - thống kê"]), Vec::new(), false),
                Post::new(
                    "Cán bộ một cửa",
                    &words(&["tiếp nhận hồ sơ", "một cửa", "phục vụ hành chính công"]),
                    Vec::new(),
                    false,
                ),
            ],
        }
    }

    /// Checks posts; `declares` says which roles there are.
    pub fn check(posts: &[Post], declares: impl Fn(&Right) -> bool) -> Result<(), TemplateFault> {
        if posts.is_empty() || posts.len() > MOST_POSTS {
            return Err(TemplateFault::Count);
        }
        let mut keys = BTreeSet::new();
        for (place, post) in posts.iter().enumerate() {
            let number = place + 1;
            if post.key.is_empty() || post.name.chars().count() > LONGEST || !keys.insert(post.key.as_str()) {
                return Err(TemplateFault::Name(number));
            }
            let bad = |word: &String| word.chars().count() > LONGEST || spoken(word).chars().count() < 2;
            if post.words.len() > MOST_LINES || post.words.iter().any(bad) {
                return Err(TemplateFault::Words(number));
            }
            if post.rights.len() > MOST_LINES {
                return Err(TemplateFault::Rights(number));
            }
            if let Some(right) = post.rights.iter().find(|right| !declares(right)) {
                return Err(TemplateFault::Undeclared(number, format!("{}:{}", right.client, right.role)));
            }
        }
        Ok(())
    }
}

/// A text as it is compared: small letters without accents, nothing but words.
fn spoken(text: &str) -> String {
    let plain: String = fold(text).chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(words: &[&str]) -> Post {
        Post::new("Một cửa", &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), Vec::new(), false)
    }

    #[test]
    fn a_post_is_filled_by_whole_words_of_a_title_or_a_department() {
        let table: [(&[&str], &str, &str, bool); 9] = [
            (&["tiếp nhận hồ sơ"], "Chuyên viên tiếp nhận hồ sơ", "", true),
            (&["tiep nhan HO SO"], "Chuyên viên tiếp nhận hồ sơ (biệt phái)", "", true),
            (&["hành chính công"], "Chuyên viên", "Trung tâm Phục vụ hành chính công", true),
            (&["văn phòng thống kê"], "Công chức văn phòng - thống kê", "", true),
            (&["chuyên"], "Chuyên viên", "", true),
            (&["viên c"], "Chuyên viên cao cấp", "", false),
            (&["chủ tịch"], "Chuyên viên", "Ủy ban nhân dân", false),
            (&[], "Chuyên viên", "", false),
            (&["-", "  "], "Chuyên viên - ", "", false),
        ];
        for (words, title, department, expected) in table {
            assert_eq!(post(words).fits(title, department), expected, "{words:?}: {title}, {department}");
        }
    }

    #[test]
    fn a_post_is_found_by_its_name_in_any_spelling() {
        let post = post(&[]);
        assert_eq!(post.key, "mot-cua");
        assert!(["Một cửa", "MỘT  CỬA", "mot-cua", "mot cua"].into_iter().all(|name| post.is_called(name)));
        assert!(!post.is_called("một") && !post.is_called(""));
    }

    #[test]
    fn what_ships_is_a_template_and_makes_nobody_an_administrator_by_words() {
        let shipped = Template::shipped();

        assert_eq!(Template::check(&shipped.posts, |_| false), Ok(()));
        assert!(shipped.posts.iter().filter(|post| post.administers).all(|post| post.words.is_empty()));
        assert_eq!(shipped.posts.iter().filter(|post| post.administers).count(), 1);
    }

    #[test]
    fn a_template_keeps_its_rules() {
        let right = || Right { client: "tthc".to_owned(), role: "clerk".to_owned() };
        let named = |name: &str| Post::new(name, &[], Vec::new(), false);
        let table: [(Vec<Post>, TemplateFault); 7] = [
            (vec![], TemplateFault::Count),
            ((0..=MOST_POSTS).map(|number| named(&format!("post {number}"))).collect(), TemplateFault::Count),
            (vec![named("-")], TemplateFault::Name(1)),
            (vec![named("Một cửa"), named("mot cua")], TemplateFault::Name(2)),
            (vec![named(&"x".repeat(LONGEST + 1))], TemplateFault::Name(1)),
            (vec![named("a"), post(&["x"])], TemplateFault::Words(2)),
            (vec![Post::new("a", &[], vec![right()], false)], TemplateFault::Undeclared(1, "tthc:clerk".to_owned())),
        ];
        for (posts, fault) in table {
            assert_eq!(Template::check(&posts, |_| false), Err(fault));
        }
        assert_eq!(Template::check(&[Post::new("a", &[], vec![right(), right()], true)], |_| true), Ok(()));
        assert_eq!(Post::new("a", &[], vec![right(), right()], true).rights.len(), 1, "told twice is told once");
    }
}
