//! Who goes where by a plan: the posts that wait for a decision, what was decided, rules for many posts, and the seats that
//! rules go by.

mod decided;
mod list;
mod rules;

use super::parts::Said;
use crate::base::words::Words;

pub use decided::{DecidedLine, DecidedListPage, DecidedProblem};
pub use list::{Done, Group, ListPage, PostLine, Problem};
pub use rules::{RuleLine, RulesDone, RulesPage, RulesProblem, SeatLine, Typed};

/// What was just done, and that an approval fits no more, where one does not.
fn after_all(t: &'static Words, said: Said, fell: bool) -> Said {
    if fell { Said { kind: "warn", text: format!("{} {}", said.text, t.console_plans_fell_now) } } else { said }
}
