//! Why a plan is not carried out: a sentence in both languages for people, a word for scripts.

use crate::app::cli::CliError;
use crate::model::row_error::RowError;
use crate::service::reorganization::{Part, ReorganizationError};
use serde_json::{Value, json};

impl From<ReorganizationError> for CliError {
    fn from(error: ReorganizationError) -> Self {
        match error {
            ReorganizationError::Failure(failure) => failure.into(),
            ReorganizationError::Wrong(wrongs) => {
                let told = wrongs.iter().map(|wrong| document("invalid_plan", &wrong.to_row_error())).collect();
                let sentence = "nothing was done; mend the plan, or bring in the units that it counts on, and preview it again";
                Self::Refusals(told, sentence.to_owned())
            }
            ReorganizationError::BadChoice(rows) => many(&rows, "nothing was decided; mend these rows and read the file again"),
            ReorganizationError::Partly { done, why } => match *why {
                ReorganizationError::BadChoice(rows) => {
                    let sentence = "decisions count already, the others do not; mend these rows and read the whole file again";
                    many(&rows, &format!("{done} {sentence}"))
                }
                why => sentence_of(&ReorganizationError::Partly { done, why: Box::new(why) }),
            },
            refused => sentence_of(&refused),
        }
    }
}

/// What is said of a refusal, with what to do.
fn sentence_of(refused: &ReorganizationError) -> CliError {
    let (vi, en) = (refused.vietnamese(), refused.to_string());
    let told = json!({ "error": word(refused), "message": en, "message_vi": vi, "message_en": en });
    let how = how(refused).map(|command| format!(" ({command})")).unwrap_or_default();
    CliError::Document(told, format!("motlan: {vi} / {en}{how}"))
}

/// Mistakes of a file, row by row.
pub fn many(rows: &[RowError], sentence: &str) -> CliError {
    CliError::Refusals(rows.iter().map(|row| document("invalid_row", row)).collect(), sentence.to_owned())
}

fn document(kind: &str, wrong: &RowError) -> Value {
    let mut told = json!({
        "error": kind,
        "message": wrong.message_en,
        "message_vi": wrong.message_vi,
        "message_en": wrong.message_en,
        "column": wrong.column,
    });
    // The head of a plan is no row.
    if wrong.line > 0 {
        told["line"] = json!(wrong.line);
    }
    told
}

fn word(refused: &ReorganizationError) -> &'static str {
    match refused {
        ReorganizationError::UnknownPlan => "unknown_plan",
        ReorganizationError::NameTaken => "name_taken",
        ReorganizationError::Author => "author",
        ReorganizationError::Said => "said",
        ReorganizationError::Partly { why, .. } => word(why),
        ReorganizationError::NotApproved => "not_approved",
        ReorganizationError::Stale { what } => match what {
            Part::Registry => "stale_registry",
            Part::People => "stale_people",
            Part::Scopes => "stale_scopes",
            Part::Plan => "stale_plan",
        },
        ReorganizationError::NotYet { .. } => "not_yet",
        ReorganizationError::Open { .. } | ReorganizationError::OpenOfOwn { .. } => "open_worklist",
        ReorganizationError::Coming => "coming",
        ReorganizationError::Busy => "busy",
        ReorganizationError::Already => "applied_already",
        ReorganizationError::NotApplied => "not_applied",
        ReorganizationError::LaterPlan { .. } => "later_plan",
        ReorganizationError::EditsSince { .. } => "edits_since",
        ReorganizationError::GroupRolesSince { .. } => "group_roles_since",
        ReorganizationError::RegistrySince => "registry_since",
        ReorganizationError::UnknownStage => "unknown_stage",
        ReorganizationError::Withdrawn => "withdrawn",
        ReorganizationError::Overtaken => "overtaken",
        _ => "refused",
    }
}

/// By which command it is mended.
fn how(refused: &ReorganizationError) -> Option<&'static str> {
    Some(match refused {
        ReorganizationError::UnknownPlan => "motlan reorg preview PLAN: a name that ships, or a file",
        ReorganizationError::Withdrawn => "motlan reorg preview PLAN",
        ReorganizationError::NotApproved | ReorganizationError::Stale { .. } => {
            "motlan reorg preview PLAN, then somebody else: motlan reorg approve PLAN"
        }
        ReorganizationError::Author | ReorganizationError::Said => "somebody else: motlan reorg approve PLAN",
        ReorganizationError::Partly { why, .. } => return how(why),
        ReorganizationError::Open { .. } => "motlan reorg preview PLAN --worklist FILE.csv, or somebody else: --accept-open",
        ReorganizationError::OpenOfOwn { .. } => "somebody else: motlan reorg approve PLAN --accept-open",
        ReorganizationError::Already | ReorganizationError::LaterPlan { .. } => "motlan reorg rollback PLAN",
        ReorganizationError::EditsSince { .. } | ReorganizationError::GroupRolesSince { .. } => "--accept-edits",
        ReorganizationError::NotApplied
        | ReorganizationError::UnknownStage
        | ReorganizationError::Coming
        | ReorganizationError::Busy => "motlan reorg status PLAN",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_in_both_languages_and_by_a_word() {
        let CliError::Document(told, sentence) = ReorganizationError::Author.into() else { panic!("a refusal") };

        assert_eq!(told["error"], "author");
        let (vi, en) = (told["message_vi"].as_str().expect("words"), told["message_en"].as_str().expect("words"));
        assert!(sentence.contains(vi) && sentence.contains(en) && vi != en, "{sentence}");
    }

    #[test]
    fn mistakes_of_a_sheet_keep_their_line_and_the_head_of_a_plan_has_none() {
        let rows = vec![RowError::new(3, "chosen_unit", "sai", "wrong"), RowError::new(0, "name", "sai", "wrong")];

        let CliError::Refusals(told, _) = ReorganizationError::BadChoice(rows).into() else { panic!("refusals") };

        assert_eq!((told[0]["line"].as_u64(), told[0]["column"].as_str()), (Some(3), Some("chosen_unit")));
        assert!(told[1].get("line").is_none());
    }
}
