//! What was decided of single posts of a plan: listed, or taken back.

use super::args::{Acting, DecisionsArgs};
use super::{meant, standing};
use crate::app::cli::{CliError, Output};
use crate::base::id::PositionId;
use crate::service::Services;
use crate::service::reorganization::decided::{self, Line};
use crate::service::reorganization::fell;
use serde_json::{Value, json};

/// Takes decisions back; without one to take back, lists all.
pub async fn run(args: &DecisionsArgs, services: &Services, out: &mut Output) -> Result<(), CliError> {
    let acting = Acting::of(&args.named);
    let name = meant(services, &args.named.plan).await?;
    if args.remove.is_empty() {
        tell(&decided::list(services, &name).await?, out);
        return Ok(());
    }
    let positions: Vec<PositionId> = args.remove.iter().map(|id| PositionId(id.trim().to_owned())).collect();
    let removed = decided::remove(services, &name, &positions, &acting.by()).await?;
    let fell = fell(services, &name).await.unwrap_or_default();
    if out.json {
        out.json(&json!({ "removed": removed, "approvals_changed": standing::fell_document(&fell) }));
    } else {
        out.line(&format!("{removed} decisions are taken back; their posts wait again. Preview the plan again."));
        standing::tell_fell(&name, &fell, out);
    }
    Ok(())
}

fn tell(lines: &[Line], out: &mut Output) {
    if out.json {
        let all: Vec<Value> = lines.iter().map(document).collect();
        out.json(&json!(all));
        return;
    }
    if lines.is_empty() {
        out.line("Nothing is decided of single posts.");
    }
    for line in lines {
        out.line(&shown(line));
    }
}

fn document(line: &Line) -> Value {
    let row = &line.decided.row;
    json!({
        "person": row.person,
        "username": line.decided.username,
        "position": row.position,
        "from": line.from_unit,
        "to": line.to_unit,
        "unit": row.unit,
        "decision_no": row.decision_no,
        "by": row.by,
        "at": row.at.0,
        "source": row.source,
        "counts": line.decided.counts,
    })
}

fn shown(line: &Line) -> String {
    let (row, decided) = (&line.decided.row, &line.decided);
    let title = decided.post.as_ref().map(|post| post.title.as_str()).unwrap_or_default();
    let state = if decided.counts { ", counts already" } else { "" };
    let (position, from, to) = (&row.position, &line.from_unit, &line.to_unit);
    format!("{position}  {} ({title}): {from} -> {to}, by {} ({}){state}", decided.username, row.decision_no, row.by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::id::{PersonId, UnitId};
    use crate::service::reorganization::DecisionRow;
    use crate::service::reorganization::decided::Decided;

    #[test]
    fn a_decision_is_told_with_whose_post_it_is_where_it_goes_and_who_said_so() {
        let row = DecisionRow {
            person: PersonId("an".to_owned()),
            position: PositionId("p".to_owned()),
            unit: UnitId("b".to_owned()),
            decision_no: "7/QĐ".to_owned(),
            by: "os:soan".to_owned(),
            at: Millis(1),
            source: "sheet".to_owned(),
        };
        let decided =
            Decided { row, username: "an.nv".to_owned(), full_name: "Nguyễn Văn An".to_owned(), post: None, counts: true };
        let line = Line { decided, from_unit: "760 Quận 1".to_owned(), to_unit: "26740 Phường Sài Gòn".to_owned() };
        assert_eq!(shown(&line), "p  an.nv (): 760 Quận 1 -> 26740 Phường Sài Gòn, by 7/QĐ (os:soan), counts already");
        assert_eq!((document(&line)["counts"].as_bool(), document(&line)["by"].as_str()), (Some(true), Some("os:soan")));
    }
}
