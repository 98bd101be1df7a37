//! What was done since a plan was applied: told before it is taken back, and after that.

use super::tell;
use crate::app::cli::{CliError, Output};
use crate::base::csv;
use crate::base::date::shown;
use crate::base::id::PersonId;
use crate::model::entitlement::GroupGrant;
use crate::service::Services;
use crate::service::reorganization::{
    self, PersonSince, PostSince, PostValue, ReorganizationError, Right, RightSince, RolledBack, SINCE_COLUMNS, Since,
};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

/// More lines than people read; scripts and files get all.
const MOST_LINES: usize = 40;
/// So many are named where a rollback is refused.
const FIRST: usize = 5;

/// Tells what would be left and what would end; nothing is taken back.
pub async fn run(
    services: &Services,
    (name, stage): (&str, Option<&str>),
    report: Option<&Path>,
    out: &mut Output,
) -> Result<(), CliError> {
    let since = reorganization::since(services, name, stage).await?;
    let rows = since.rows();
    if let Some(path) = report {
        write(path, &rows)?;
    }
    if out.json {
        out.json(&document(&since, report.map(|_| rows.len())));
        return Ok(());
    }
    let (people, groups) = (since.people.len(), since.group_roles.len());
    out.line(&format!("{}: nothing is taken back yet.", tell::of_stage(name, stage)));
    out.line(&format!("  since     {people} people were changed or given something, {groups} roles were given to groups"));
    let lines = lines(&since);
    for line in lines.iter().take(MOST_LINES) {
        out.line(&format!("  {line}"));
    }
    if lines.len() > MOST_LINES {
        out.line(&format!("  and {} more lines; --report FILE.csv and --json tell all", lines.len() - MOST_LINES));
    }
    if let Some(path) = report {
        out.line(&format!("  written   {} rows to {}", rows.len(), path.display()));
    }
    let words = tell::words(name, stage);
    let accept = if since.asks() { " --accept-edits" } else { "" };
    out.line(&format!("Take it back with: motlan reorg rollback {words}{accept} --reason TEXT"));
    Ok(())
}

/// A refusal that names the first of those whom it is about, and says how to see all.
pub async fn refused(services: &Services, (name, stage): (&str, Option<&str>), refused: ReorganizationError) -> CliError {
    let since = reorganization::since(services, name, stage).await;
    match (CliError::from(refused), since) {
        (CliError::Document(mut told, sentence), Ok(since)) => {
            let lines = lines(&since);
            let see = format!("motlan reorg rollback {} --dry-run", tell::words(name, stage));
            let first: Vec<&str> = lines.iter().take(FIRST).map(String::as_str).collect();
            let listed: Vec<String> = first.iter().map(|line| format!("\n  {line}")).collect();
            (told["first"], told["lines"], told["see"]) = (json!(first), json!(lines.len()), json!(see));
            CliError::Document(told, format!("{sentence}{}\n  {} in all: {see}", listed.concat(), lines.len()))
        }
        (refused, _) => refused,
    }
}

/// Tells what was done.
pub fn rolled_back(back: &RolledBack, whole: &str, out: &mut Output) {
    if out.json {
        out.json(&done(back));
        return;
    }
    out.line(&format!("{whole} is rolled back; the registry is at version {}.", back.registry_version));
    for (_, username) in &back.scopes_of {
        out.line(&format!("  what they administer was changed since, and is left as it is: {username}"));
    }
    for given in &back.rights {
        out.line(&format!("  given since, and ended: {}: {}", given.username, right(&given.right)));
    }
    for (grant, unit) in &back.group_roles_ended {
        out.line(&format!("  given since to a group, and ended: {} ({})", group(grant, unit), grant.id));
    }
    for (_, username) in &back.kept {
        out.line(&format!("  posts changed since, and left as they are: {username}"));
    }
    for (_, username) in &back.ended {
        out.line(&format!("  posts given since, and ended as never held, as their unit is no more: {username}"));
    }
}

fn done(back: &RolledBack) -> Value {
    let named = |(person, username): &(PersonId, String)| json!({ "id": person, "username": username });
    let kept: Vec<Value> = back.kept.iter().map(named).collect();
    let ended: Vec<Value> = back.ended.iter().map(named).collect();
    let scopes: Vec<Value> = back.scopes_of.iter().map(named).collect();
    json!({
        "run": back.run,
        "kept": kept,
        "ended": ended,
        "rights_ended": back.rights_ended,
        "rights": back.rights.iter().map(given_document).collect::<Vec<_>>(),
        "group_roles_ended": back.group_roles_ended.iter().map(group_document).collect::<Vec<_>>(),
        "scopes_left": back.scopes_left,
        "scopes_of": scopes,
        "registry_version": back.registry_version,
        "took_ms": back.took_ms,
    })
}

fn given_document(given: &RightSince) -> Value {
    let mut told = right_document(&given.right);
    told["id"] = json!(given.person);
    told["username"] = json!(given.username);
    told
}

fn group_document((grant, unit): &(GroupGrant, String)) -> Value {
    json!({ "id": grant.id, "client": grant.client_id, "role": grant.role, "unit": grant.unit, "unit_name": unit })
}

fn right_document(right: &Right) -> Value {
    match right {
        Right::Administers { role, unit } => json!({ "kind": "administrator", "role": role.word(), "unit_name": unit }),
        Right::InClient { client, role } => json!({ "kind": "role", "client": client, "role": role }),
    }
}

fn post_document(post: &PostSince) -> Value {
    let changed: Vec<Value> = post
        .changed
        .iter()
        .map(|(fact, was, now)| json!({ "fact": fact.word(), "was": was.written(), "now": now.written() }))
        .collect();
    json!({
        "unit_name": post.unit,
        "department": post.department,
        "title": post.title,
        "changed": changed,
        "held_then_in": post.left,
        "ends": post.ends,
    })
}

fn document(since: &Since, written: Option<usize>) -> Value {
    let person = |one: &PersonSince| {
        json!({
            "username": one.username,
            "full_name": one.full_name,
            "posts": one.posts.iter().map(post_document).collect::<Vec<_>>(),
            "rights_that_end": one.rights.iter().map(right_document).collect::<Vec<_>>(),
            "administers_as_changed": one.scope_stays,
        })
    };
    json!({
        "people": since.people.iter().map(person).collect::<Vec<_>>(),
        "group_roles_that_end": since.group_roles.iter().map(group_document).collect::<Vec<_>>(),
        "rows_written": written,
    })
}

/// A fact for people.
fn said(value: &PostValue) -> String {
    match value {
        PostValue::Day(day) => day.map_or_else(|| "open".to_owned(), shown),
        PostValue::Is(is) => (if *is { "yes" } else { "no" }).to_owned(),
        PostValue::Text(text) if text.is_empty() => "nothing".to_owned(),
        PostValue::Text(_) | PostValue::Kind(_) => value.written(),
    }
}

fn right(right: &Right) -> String {
    match right {
        Right::Administers { role, unit } => format!("administrator ({}) of {unit}", role.word()),
        Right::InClient { client, role } => format!("{role} of {client}"),
    }
}

fn group(grant: &GroupGrant, unit: &str) -> String {
    format!("{} of {} for {unit}", grant.role, grant.client_id)
}

/// One line for each post and right.
fn lines(since: &Since) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &since.people {
        let name = &one.username;
        for post in &one.posts {
            let changed: Vec<String> =
                post.changed.iter().map(|(fact, was, now)| format!("{} {} -> {}", fact.word(), said(was), said(now))).collect();
            let (word, then) = match &post.left {
                Some(unit) => ("stays", format!("held then in {unit}")),
                None if post.ends => ("ends", "as never held: its unit is no more after the rollback".to_owned()),
                None => ("stays", "not held then".to_owned()),
            };
            lines.push(format!("{word:<10}{name}: {}, {}: {}; {then}", post.title, post.unit, changed.join(", ")));
        }
        lines.extend(one.rights.iter().map(|given| format!("ends      {name}: {}", right(given))));
        if one.scope_stays {
            lines.push(format!("stays     {name}: what they administer, as somebody changed it"));
        }
    }
    lines.extend(since.group_roles.iter().map(|(grant, unit)| format!("ends      {} ({})", group(grant, unit), grant.id)));
    lines
}

/// Writes the file, which nobody else may read: names stand in it.
fn write(path: &Path, rows: &[[String; 10]]) -> Result<(), CliError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let trouble = |error: std::io::Error| CliError::Refused(format!("{}: {error}", path.display()));
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path).map_err(trouble)?;
    let lines: String = rows.iter().map(|row| csv::line(&row.each_ref().map(String::as_str))).collect();
    let text = format!("{}{}{lines}", csv::BOM, csv::line(&SINCE_COLUMNS));
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(trouble)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::admin_scope::AdminRole;
    use crate::service::reorganization::PostFact;
    use time::macros::date;

    fn kim() -> Since {
        let changed = vec![(PostFact::LastDay, PostValue::Day(None), PostValue::Day(Some(date!(2027 - 12 - 31))))];
        let post = PostSince {
            unit: "Phường Sông Một".to_owned(),
            department: String::new(),
            title: "=Kế toán".to_owned(),
            changed,
            left: Some("Phường Một".to_owned()),
            ends: false,
        };
        let ending = PostSince {
            title: "Văn thư".to_owned(),
            changed: vec![(PostFact::Held, PostValue::Is(false), PostValue::Is(true))],
            left: None,
            ends: true,
            ..post.clone()
        };
        let rights = vec![
            Right::Administers { role: AdminRole::Unit, unit: "Phường Sông Một".to_owned() },
            Right::InClient { client: "tthc".to_owned(), role: "lanh-dao".to_owned() },
        ];
        let kim = PersonSince {
            username: "kim".to_owned(),
            full_name: "Nguyễn Thị Kim".to_owned(),
            posts: vec![post, ending],
            rights,
            scope_stays: true,
        };
        Since { people: vec![kim], group_roles: vec![] }
    }

    #[test]
    fn what_stays_and_what_ends_is_said_by_person() {
        let expected = [
            "stays     kim: =Kế toán, Phường Sông Một: valid_to open -> 31/12/2027; held then in Phường Một",
            "ends      kim: Văn thư, Phường Sông Một: held no -> yes; as never held: its unit is no more after the rollback",
            "ends      kim: administrator (unit) of Phường Sông Một",
            "ends      kim: lanh-dao of tthc",
            "stays     kim: what they administer, as somebody changed it",
        ];
        assert_eq!(lines(&kim()), expected);
        assert!(lines(&Since::default()).is_empty());
    }

    #[test]
    fn the_file_has_a_row_for_each_and_is_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("since.csv");
        let rows = kim().rows();
        assert_eq!(
            rows.iter().map(|row| (row[2].as_str(), row[9].as_str())).collect::<Vec<_>>(),
            [("post", "Phường Một"), ("post", "ends"), ("administrator", "ends"), ("role", "ends"), ("administrator", "stays")]
        );
        write(&path, &rows).expect("written");
        let text = std::fs::read_to_string(&path).expect("a file");
        assert!(text.contains("\"valid_to\",\"\",\"2027-12-31\"") && text.contains("\"'=Kế toán\""), "{text}");
        assert!(write(&path, &rows).is_err(), "somebody may have worked in it");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), text);
    }
}
