//! What an event of the records is called.
//!
//! Every event that README's table tells of has a name here; a test reads both.

use crate::base::words::Words;

/// The names of one group of events.
type Names = fn(&'static Words, &str) -> Option<&'static String>;

const GROUPS: [Names; 9] = [signing_in, own, systems, people, units, plans, old_systems, old_accounts, looks];

/// An event in words; nothing for one that is not known here.
pub(super) fn event_name(t: &'static Words, event: &str) -> Option<&'static str> {
    GROUPS.into_iter().find_map(|names| names(t, event)).map(String::as_str)
}

/// Coming in, going out and coming back.
fn signing_in(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "sign_in.succeeded" => &t.history_signed_in,
        "sign_in.raised" => &t.history_raised,
        "sign_in.failed" => &t.history_failed,
        "sign_in.throttled" => &t.history_throttled,
        "sign_in.unlocked" => &t.console_person_ev_unlocked,
        "sign_out" => &t.history_signed_out,
        "sessions.ended" => &t.console_person_ev_sessions,
        "federation.refused" => &t.event_federation_refused,
        "second_factor.failed" => &t.history_code_failed,
        "entry.refused" => &t.event_entry_refused,
        "email_code.sent" => &t.event_email_code_sent,
        "device.remembered" => &t.history_device_remembered,
        "device.forgotten" => &t.history_device_forgotten,
        "logout.undelivered" => &t.event_logout_undelivered,
        "logout.retried" => &t.event_logout_retried,
        "client.told_of_move" => &t.event_client_told_of_move,
        "recovery.link_sent" => &t.history_link_sent,
        "recovery.invited" => &t.history_invited,
        "recovery.code_issued" => &t.history_recovery_issued,
        "recovery.code_accepted" => &t.event_recovery_code_accepted,
        "recovery.failed" => &t.history_recovery_failed,
        "recovery.used" => &t.history_recovered,
        "account.disowned" => &t.history_disowned,
        "mail.undelivered" => &t.event_mail_undelivered,
        "break_glass.alarm" => &t.event_break_glass_alarm,
        _ => return None,
    })
}

/// What people do about their own accounts.
fn own(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "method.added" => &t.event_method_added,
        "method.removed" => &t.event_method_removed,
        "recovery_codes.made" => &t.history_codes_made,
        "recovery_code.used" => &t.history_code_used,
        "password.changed" => &t.history_password_changed,
        "password.refused" => &t.history_password_refused,
        "password.set" => &t.history_password_set,
        "passkey.reminded" => &t.event_passkey_reminded,
        "profile.seen" => &t.event_profile_seen,
        "report.made" => &t.console_person_ev_report_made,
        "report.answered" => &t.console_person_ev_report_answered,
        "report.looked" => &t.event_report_looked,
        "reports.looked" => &t.event_reports_looked,
        "consent.given" => &t.history_consent_given,
        "consent.withdrawn" => &t.history_consent_withdrawn,
        _ => return None,
    })
}

/// Systems, their tokens, and what the service runs on.
fn systems(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "grant.given" => &t.console_audit_event_grant,
        "token.issued" => &t.event_token_issued,
        "token.refreshed" => &t.event_token_refreshed,
        "token.revoked" => &t.event_token_revoked,
        "refresh_token.reused" => &t.event_refresh_token_reused,
        "code.reused" => &t.event_code_reused,
        "client_authentication.failed" => &t.event_client_authentication_failed,
        "client.added" => &t.event_client_added,
        "client.changed" => &t.event_client_changed,
        "client.secret_rotated" => &t.event_client_secret_rotated,
        "client.overlap_ended" => &t.event_client_overlap_ended,
        "client.disabled" => &t.event_client_disabled,
        "client.enabled" => &t.event_client_enabled,
        "client.checked" => &t.event_client_checked,
        "client.registered" => &t.event_client_registered,
        "client.removed" => &t.event_client_removed,
        "initial_access_token.issued" => &t.event_initial_access_token_issued,
        "resource.added" => &t.event_resource_added,
        "resource.changed" => &t.event_resource_changed,
        "resource.removed" => &t.event_resource_removed,
        "registry.imported" => &t.event_registry_imported,
        "registry.codes_checked" => &t.event_registry_codes_checked,
        "registry.codes_applied" => &t.event_registry_codes_applied,
        "registry.codes_undone" => &t.event_registry_codes_undone,
        "registry.codes_discarded" => &t.event_registry_codes_discarded,
        "policies.applied" => &t.event_policies_applied,
        "key.announced" => &t.event_key_announced,
        "key.revoked" => &t.event_key_revoked,
        "audit.key_rotated" => &t.event_audit_key_rotated,
        _ => return None,
    })
}

/// People, files of them, and what takes two.
fn people(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "person.added" => &t.console_person_ev_added,
        "person.add_refused" => &t.event_person_add_refused,
        "person.edited" => &t.console_audit_event_edited,
        "person.edit_overtaken" => &t.console_person_ev_overtaken,
        "person.disabled" => &t.history_disabled,
        "person.enabled" => &t.history_enabled,
        "person.idle_warned" => &t.event_person_idle_warned,
        "person.erased" => &t.event_person_erased,
        "person.merged" => &t.event_person_merged,
        "person.merge_undone" => &t.event_person_merge_undone,
        "position.added" => &t.console_person_ev_position_added,
        "position.changed" => &t.console_person_ev_position_changed,
        "position.ended" => &t.console_person_ev_position_ended,
        "delegation.given" => &t.event_delegation_given,
        "delegation.ended" => &t.event_delegation_ended,
        "role.granted" => &t.console_audit_event_role,
        "role.revoked" => &t.console_audit_event_role_ended,
        "admin_role.granted" => &t.console_audit_event_appointed,
        "admin_role.revoked" => &t.console_audit_event_dismissed,
        "people.act_begun" => &t.event_people_act_begun,
        "people.imported" => &t.event_people_imported,
        "people.import_undone" => &t.event_people_import_undone,
        "roles.imported" => &t.event_roles_imported,
        "group_role.granted" => &t.event_group_role_granted,
        "group_role.revoked" => &t.event_group_role_revoked,
        "import.uploaded" => &t.event_import_uploaded,
        "import.viewed" => &t.event_import_viewed,
        "import.taken_away" => &t.event_import_taken_away,
        "import.discarded" => &t.event_import_discarded,
        "import.undone" => &t.event_import_undone,
        "approval.requested" => &t.event_approval_requested,
        "approval.taken" => &t.event_approval_taken,
        "approval.refused" => &t.event_approval_refused,
        "approval.withdrawn" => &t.event_approval_withdrawn,
        _ => return None,
    })
}

/// Setting units up, and reviews of access.
fn units(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "onboarding.template_changed" => &t.event_onboarding_template_changed,
        "onboarding.previewed" => &t.event_onboarding_previewed,
        "onboarding.applied" => &t.event_onboarding_applied,
        "onboarding.found_changed" => &t.event_onboarding_found_changed,
        "onboarding.undone" => &t.event_onboarding_undone,
        "onboarding.discarded" => &t.event_onboarding_discarded,
        "onboarding.exported" => &t.event_onboarding_exported,
        "access_review.begun" => &t.event_access_review_begun,
        "access_review.kept" => &t.event_access_review_kept,
        "access_review.removed" => &t.event_access_review_removed,
        "access_review.objected" => &t.event_access_review_objected,
        "access_review.looked" => &t.event_access_review_looked,
        "access_review.exported" => &t.event_access_review_exported,
        _ => return None,
    })
}

/// Re-organizations by plan.
fn plans(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "plan.registered" => &t.event_plan_registered,
        "plan.withdrawn" => &t.event_plan_withdrawn,
        "plan.approved" => &t.event_plan_approved,
        "plan.applied" => &t.event_plan_applied,
        "plan.rolled_back" => &t.event_plan_rolled_back,
        "plan.decided" => &t.event_plan_decided,
        "plan.decision_removed" => &t.event_plan_decision_removed,
        "position.decided" => &t.event_position_decided,
        "position.decision_removed" => &t.event_position_decision_removed,
        "plan.rule_added" => &t.event_plan_rule_added,
        "plan.rule_removed" => &t.event_plan_rule_removed,
        "plan.seats_read" => &t.event_plan_seats_read,
        "plan.waits" => &t.event_plan_waits,
        "plan.latecomers" => &t.event_plan_latecomers,
        _ => return None,
    })
}

/// Old systems and what they tell of their accounts.
fn old_systems(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "legacy_source.added" => &t.event_legacy_source_added,
        "legacy_source.changed" => &t.event_legacy_source_changed,
        "legacy_source.stopped" => &t.event_legacy_source_stopped,
        "legacy_source.resumed" => &t.event_legacy_source_resumed,
        "legacy_source.removed" => &t.event_legacy_source_removed,
        "legacy_source.sign_ons_ended" => &t.event_legacy_source_sign_ons_ended,
        "legacy_subject.taken" => &t.event_legacy_subject_taken,
        "legacy.imported" => &t.event_legacy_imported,
        "legacy.synced" => &t.event_legacy_synced,
        "legacy.sync_held" => &t.event_legacy_sync_held,
        "legacy_file.uploaded" => &t.event_legacy_file_uploaded,
        "legacy_file.begun" => &t.event_legacy_file_begun,
        "legacy_file.discarded" => &t.event_legacy_file_discarded,
        "legacy_account.arrived" => &t.event_legacy_account_arrived,
        "legacy_account.changed" => &t.event_legacy_account_changed,
        "legacy_account.doubted" => &t.event_legacy_account_doubted,
        "legacy_account.gone" => &t.event_legacy_account_gone,
        "legacy_account.used" => &t.event_legacy_account_used,
        "legacy_account.undecided" => &t.event_legacy_account_undecided,
        "legacy_account.confirmed" => &t.event_legacy_account_confirmed,
        "legacy_account.disputed" => &t.event_legacy_account_disputed,
        "legacy_account.offline_chosen" => &t.event_legacy_account_offline_chosen,
        "legacy_account.retired" => &t.event_legacy_account_retired,
        _ => return None,
    })
}

/// Whose old accounts are, and to which unit they belong.
fn old_accounts(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "legacy.matched" => &t.event_legacy_matched,
        "legacy.account_linked" => &t.event_legacy_account_linked,
        "legacy.account_released" => &t.event_legacy_account_released,
        "legacy.account_rejected" => &t.event_legacy_account_rejected,
        "legacy.person_created" => &t.event_legacy_person_created,
        "legacy.positions_ended" => &t.event_legacy_positions_ended,
        "legacy.unit_decided" => &t.event_legacy_unit_decided,
        "legacy.batch_decided" => &t.event_legacy_batch_decided,
        "legacy.decision_undone" => &t.event_legacy_decision_undone,
        "legacy.accounts_looked" => &t.event_legacy_accounts_looked,
        "legacy.account_looked" => &t.event_legacy_account_looked,
        _ => return None,
    })
}

/// Looking at people, rights and records.
fn looks(t: &'static Words, event: &str) -> Option<&'static String> {
    Some(match event {
        "person.viewed" => &t.console_audit_event_viewed,
        "person.number_shown" => &t.console_audit_event_number,
        "people.listed" => &t.event_people_listed,
        "people.exported" => &t.event_people_exported,
        "people.bulk_viewed" => &t.event_people_bulk_viewed,
        "people_view.kept" => &t.event_people_view_kept,
        "people_view.removed" => &t.event_people_view_removed,
        "rights.looked" => &t.event_rights_looked,
        "rights.listed" => &t.event_rights_listed,
        "rights.exported" => &t.event_rights_exported,
        "reports.exported" => &t.event_reports_exported,
        "administrators.exported" => &t.event_administrators_exported,
        "clients.exported" => &t.event_clients_exported,
        "receipts.exported" => &t.event_receipts_exported,
        "audit.searched" => &t.console_audit_event_searched,
        "audit.read" => &t.console_audit_event_read,
        "audit.exported" => &t.console_audit_event_exported,
        _ => return None,
    })
}
