//! What was done since a plan was applied, as the rows of a file.

use super::rights::Right;
use super::since::{PostValue, Since};
use crate::base::date::iso;

/// The columns of such a file.
pub const SINCE_COLUMNS: [&str; 10] =
    ["username", "full_name", "what", "unit", "department", "title", "fact", "was", "now", "then"];

impl PostValue {
    /// As it is written in files of people.
    pub fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Day(day) => day.map(iso).unwrap_or_default(),
            Self::Kind(kind) => kind.as_str().to_owned(),
            Self::Is(is) => is.to_string(),
        }
    }
}

impl Since {
    /// The rows of the file: one for each fact that was changed, and each right.
    pub fn rows(&self) -> Vec<[String; 10]> {
        let mut rows = Vec::new();
        let text = str::to_owned;
        for one in &self.people {
            let who = |what: &str, unit: &str| [text(&one.username), text(&one.full_name), text(what), text(unit)];
            for post in &one.posts {
                let [username, full_name, what, unit] = who("post", &post.unit);
                let then = if post.ends { text("ends") } else { post.left.clone().unwrap_or_default() };
                let of_post = [username, full_name, what, unit, post.department.clone(), post.title.clone()];
                rows.extend(post.changed.iter().map(|(fact, was, now)| {
                    let [username, full_name, what, unit, department, title] = of_post.clone();
                    let (fact, was, now) = (text(fact.word()), was.written(), now.written());
                    [username, full_name, what, unit, department, title, fact, was, now, then.clone()]
                }));
            }
            rows.extend(one.rights.iter().map(|given| {
                let (what, unit, title) = match given {
                    Right::Administers { role, unit } => ("administrator", unit.as_str(), text(role.word())),
                    Right::InClient { client, role } => ("role", "", format!("{client}:{role}")),
                };
                ending(who(what, unit), title)
            }));
            if one.scope_stays {
                let [username, full_name, what, unit] = who("administrator", "");
                let stays = text("stays");
                rows.push([username, full_name, what, unit, text(""), text(""), text(""), text(""), text(""), stays]);
            }
        }
        rows.extend(self.group_roles.iter().map(|(grant, unit)| {
            ending([text(""), text(""), text("group_role"), unit.clone()], format!("{}:{}", grant.client_id, grant.role))
        }));
        rows
    }
}

/// The row of a right that ends.
fn ending([username, full_name, what, unit]: [String; 4], title: String) -> [String; 10] {
    let nothing = String::new;
    [username, full_name, what, unit, nothing(), title, nothing(), nothing(), nothing(), "ends".to_owned()]
}
