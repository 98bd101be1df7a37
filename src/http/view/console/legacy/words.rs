//! What decisions, rules and reasons are called.

use crate::base::words::Words;
use crate::model::legacy_unit::Reason;
use crate::model::matching::Rule;
use crate::service::legacy::review::{Mark, What};

/// A decision about the owner, as a kind of tag and in words.
pub(super) fn decision(t: &'static Words, word: &str) -> (&'static str, &'static str) {
    match word {
        "linked" => ("ok", t.console_legacy_linked.as_str()),
        "created" => ("ok", t.console_legacy_created.as_str()),
        "rejected" => ("", t.console_legacy_rejected.as_str()),
        "review" => ("warn", t.console_legacy_review.as_str()),
        _ => ("info", t.console_legacy_unmatched.as_str()),
    }
}

/// A decision about the unit.
pub(super) fn unit_decision(t: &'static Words, word: &str) -> (&'static str, &'static str) {
    match word {
        "mapped" => ("ok", t.console_legacy_unit_mapped.as_str()),
        "review" => ("warn", t.console_legacy_unit_review.as_str()),
        _ => ("bad", t.console_legacy_unit_unknown.as_str()),
    }
}

/// Why an account was decided so; nothing for a word that nobody knows.
pub(super) fn rule(t: &'static Words, word: &str) -> &'static str {
    let Some(rule) = Rule::from_word(word) else {
        // What no rule decided, but somebody's word or what a live system said.
        return match word {
            "not_me" => &t.console_legacy_rule_not_me,
            "subject_reused" => &t.console_legacy_rule_reused,
            _ => "",
        };
    };
    match rule {
        Rule::StrongNumberName => &t.console_legacy_rule_strong,
        Rule::NoCounterpart => &t.console_legacy_rule_alone,
        Rule::NumberShared => &t.console_legacy_rule_number_shared,
        Rule::NumberTooCommon => &t.console_legacy_rule_number_common,
        Rule::NameDiffers => &t.console_legacy_rule_name_differs,
        Rule::BirthContradicts => &t.console_legacy_rule_birth,
        Rule::NineDigits => &t.console_legacy_rule_nine,
        Rule::NumberDiffers => &t.console_legacy_rule_number_differs,
        Rule::NoNumberAgreement => &t.console_legacy_rule_no_number,
        Rule::TwoOfOneSource => &t.console_legacy_rule_two,
        Rule::NameOnly => &t.console_legacy_rule_name_only,
        Rule::NameTooCommon => &t.console_legacy_rule_name_common,
        Rule::NameMissing => &t.console_legacy_rule_nameless,
        Rule::ByHand => &t.console_legacy_rule_by_hand,
    }
}

/// Why a unit is in question, or was decided so.
pub(super) fn reason(t: &'static Words, reason: Reason) -> &'static str {
    match reason {
        Reason::CurrentCode | Reason::AgencyCode | Reason::AgencyOldForm => &t.console_legacy_reason_code,
        Reason::WholeSuccession | Reason::Unchanged => &t.console_legacy_reason_whole,
        Reason::NameAndDistrict => &t.console_legacy_reason_name,
        Reason::Divided => &t.console_legacy_reason_divided,
        Reason::DistrictOffice => &t.console_legacy_reason_district,
        Reason::AmbiguousCode | Reason::AmbiguousName => &t.console_legacy_reason_ambiguous,
        Reason::UnknownCode | Reason::UnknownName => &t.console_legacy_reason_unknown,
        Reason::CodeAndNameDisagree => &t.console_legacy_reason_disagree,
        Reason::Missing => &t.console_legacy_reason_missing,
    }
}

/// What a field is called.
pub(super) fn field(t: &'static Words, what: What) -> &'static str {
    match what {
        What::Name => &t.console_imports_column_full_name,
        What::Birth => &t.console_imports_column_date_of_birth,
        What::Number => &t.console_imports_column_personal_number,
        What::Email => &t.console_imports_column_email,
        What::Phone => &t.console_imports_column_phone,
        What::Username => &t.console_imports_column_username,
        What::Unit => &t.console_legacy_unit,
        What::Title => &t.console_imports_column_title,
    }
}

/// How two fields agree, as a kind of tag and in words; nothing where they cannot be compared.
pub(super) fn mark(t: &'static Words, mark: Mark) -> Option<(&'static str, &'static str)> {
    match mark {
        Mark::Same => Some(("ok", t.console_legacy_same.as_str())),
        Mark::Near => Some(("warn", t.console_legacy_near.as_str())),
        Mark::Differs => Some(("bad", t.console_legacy_differs.as_str())),
        Mark::Unknown => None,
    }
}
