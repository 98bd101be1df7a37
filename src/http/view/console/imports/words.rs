//! What files, their columns and what their rows do are called.

use crate::base::locale::Locale;
use crate::http::view::chrome::Chrome;
use crate::model::import::{ImportKind, ImportState, Kept, RowEffect};

/// What a kind of file is called.
pub fn kind_name(chrome: &Chrome, kind: ImportKind) -> &'static str {
    let t = chrome.t();
    match kind {
        ImportKind::People => &t.console_imports_kind_people,
        ImportKind::Positions => &t.console_imports_kind_positions,
        ImportKind::Grants => &t.console_imports_kind_grants,
        ImportKind::Decisions => &t.console_imports_kind_decisions,
    }
}

/// What one of our columns is called; further standard claims keep their names.
pub fn column_name(chrome: &Chrome, column: &str) -> String {
    let t = chrome.t();
    let name = match column {
        "username" => &t.console_imports_column_username,
        "full_name" => &t.console_imports_column_full_name,
        "date_of_birth" => &t.console_imports_column_date_of_birth,
        "personal_number" => &t.console_imports_column_personal_number,
        "email" => &t.console_imports_column_email,
        "phone" => &t.console_imports_column_phone,
        "employee_code" => &t.console_imports_column_employee_code,
        "unit_code" => &t.console_imports_column_unit_code,
        "department" => &t.console_imports_column_department,
        "title" => &t.console_imports_column_title,
        "kind" => &t.console_imports_column_kind,
        "primary" => &t.console_imports_column_primary,
        "decision_no" => &t.console_imports_column_decision_no,
        "valid_from" => &t.console_imports_column_valid_from,
        "valid_to" => &t.console_imports_column_valid_to,
        "action" => &t.console_imports_column_action,
        "client_id" => &t.console_imports_column_client_id,
        "role" => &t.console_imports_column_role,
        "reason" => &t.console_imports_column_reason,
        other => return other.to_owned(),
    };
    name.clone()
}

/// How far a file is, as a kind of tag and in words.
pub fn state_name(chrome: &Chrome, state: ImportState) -> (&'static str, &'static str) {
    let t = chrome.t();
    match state {
        ImportState::Uploading => ("info", t.console_imports_state_uploading.as_str()),
        ImportState::Mapping => ("warn", t.console_imports_state_mapping.as_str()),
        ImportState::Checking => ("info", t.console_imports_state_checking.as_str()),
        ImportState::Checked => ("warn", t.console_imports_state_checked.as_str()),
        ImportState::Applying => ("info", t.console_imports_state_applying.as_str()),
        ImportState::Applied => ("ok", t.console_imports_state_applied.as_str()),
        ImportState::Undoing => ("info", t.console_imports_state_undoing.as_str()),
        ImportState::Undone => ("info", t.console_imports_state_undone.as_str()),
        ImportState::Failed => ("bad", t.console_imports_state_failed.as_str()),
        ImportState::Discarded => ("", t.console_imports_state_discarded.as_str()),
    }
}

/// What a row does, as a kind of tag, a symbol and in words.
pub fn effect_name(chrome: &Chrome, effect: RowEffect) -> (&'static str, &'static str, &'static str) {
    let t = chrome.t();
    match effect {
        RowEffect::Bad => ("bad", "alert-circle", t.console_imports_effect_bad.as_str()),
        RowEffect::NewPerson => ("ok", "user-plus", t.console_imports_effect_new_person.as_str()),
        RowEffect::ChangedPerson => ("info", "pencil", t.console_imports_effect_changed_person.as_str()),
        RowEffect::NewPosition => ("ok", "briefcase", t.console_imports_effect_new_position.as_str()),
        RowEffect::ChangedPosition => ("info", "pencil", t.console_imports_effect_changed_position.as_str()),
        RowEffect::EndedPosition => ("warn", "calendar", t.console_imports_effect_ended_position.as_str()),
        RowEffect::Granted => ("ok", "shield-check", t.console_imports_effect_granted.as_str()),
        RowEffect::Unchanged => ("", "check", t.console_imports_effect_unchanged.as_str()),
    }
}

/// What was left alone, by its kind.
pub fn kept_name(chrome: &Chrome, what: Kept) -> &'static str {
    let t = chrome.t();
    match what {
        Kept::Person => &t.console_imports_kept_person,
        Kept::Fact => &t.console_imports_kept_fact,
        Kept::Position => &t.console_imports_kept_position,
        Kept::Grant => &t.console_imports_kept_grant,
        Kept::Outside => &t.console_imports_kept_outside,
    }
}

/// What was left alone, without the id that a list of positions ends with.
pub fn kept_subject(chrome: &Chrome, what: Kept, subject: &str) -> String {
    match what {
        Kept::Fact => column_name(chrome, subject),
        Kept::Position => subject.rsplit_once(" (").map_or(subject, |(title, _)| title).to_owned(),
        Kept::Person | Kept::Grant | Kept::Outside => subject.to_owned(),
    }
}

/// A sentence in the reader's language.
pub fn spoken(chrome: &Chrome, (vi, en): (&str, &str)) -> String {
    if chrome.locale == Locale::Vi { vi.to_owned() } else { en.to_owned() }
}
