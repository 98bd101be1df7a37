//! Who goes where by a plan: the posts that wait for a decision, and rules for many posts.

mod list;
mod rules;

pub use list::{Done, Group, ListPage, PostLine, Problem};
pub use rules::{RuleLine, RulesDone, RulesPage, Typed};
