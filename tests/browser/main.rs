//! What people do with the whole, told by a real browser.
//!
//! Needs `chromedriver` and Chromium, and npm for axe-core. Without them the
//! tests fail and say so; `MOTLAN_SKIP_BROWSER=1` skips them. Pictures of every
//! page are written to `target/screenshots`, or where `MOTLAN_SCREENSHOTS`
//! says; `MOTLAN_PICTURES=write` takes the pictures of the guides anew;
//! `MOTLAN_BIN` names another binary than the one built with the tests.
//!
//! Most stories are walked twice: at a desk in Vietnamese with the keyboard
//! alone, and on a phone in English by touch. Every page that is looked at is
//! held to WCAG 2.2 at level AA by axe-core, must not scroll sideways at 320 px
//! or with the largest text, must keep to its own content policy, and may weigh
//! no more than 100 kB on a first visit.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test panics with what it saw, reads its switches from the environment and tells what it skips"
)]

mod console_steps;
mod steps;
mod stories;
mod support;

/// Each story is a test; together they must have stopped at every page.
macro_rules! stories {
    ($($room:ident: $($story:ident)+;)+) => {
        const ALL: &[&str] = &[$($(stringify!($story)),+),+];
        $($(
            #[test]
            fn $story() {
                support::play(stringify!($story), ALL, stories::$room::$story);
            }
        )+)+
    };
}

stories! {
    signing_in:
        one_sign_in_enters_three_systems_and_one_sign_out_leaves_them
        an_official_with_two_positions_chooses_one_and_it_is_remembered
        everything_works_without_javascript;
    pages:
        every_page_that_anybody_may_open_is_for_everybody
        every_page_of_the_sign_in_is_for_everybody
        every_page_of_the_own_account_is_for_everybody;
    passkeys:
        a_passkey_is_added_and_then_enters_without_a_name_or_a_password
        without_scripts_passkeys_are_out_of_sight_and_the_page_says_why;
    second_factor:
        an_app_is_added_and_asked_for_and_a_printed_code_stands_in_once
        a_device_that_is_remembered_is_not_asked_again_until_it_is_forgotten
        a_code_by_mail_stands_in_where_a_rule_allows_it;
    step_up:
        a_system_asks_for_more_and_only_what_is_missing_is_asked_of_the_person
        a_system_asks_how_long_ago_it_was_and_the_person_proves_themselves_again;
    first_walk:
        a_newcomer_walks_from_a_temporary_password_to_a_printed_sheet
        a_walk_that_was_left_goes_on_where_it_stood;
    recovery:
        an_administrator_in_person_gives_a_code_that_opens_the_account_anew
        a_link_by_mail_leads_back_and_opening_it_uses_nothing_up
        this_was_not_me_ends_every_session_and_locks_changes;
    shared_computer:
        on_a_shared_computer_signing_out_is_large_and_nothing_stays;
    two_positions:
        an_official_of_two_units_stamps_dossiers_of_the_one_and_then_of_the_other
        who_has_no_role_in_a_position_is_told_whom_to_ask;
    delegations:
        a_post_is_handed_over_for_a_time_and_taken_back;
    movers:
        whoever_moves_is_out_within_seconds_and_keeps_nothing_of_the_old_post;
    own_account:
        the_portal_searches_switches_positions_and_takes_reports
        what_was_told_to_a_system_is_shown_and_consent_is_taken_back
        another_session_is_ended_from_here;
    stubborn:
        the_back_button_harms_nothing
        the_back_button_uses_nothing_twice
        ten_windows_at_once_all_arrive
        cookies_that_vanish_in_the_middle_lead_to_a_kind_page
        strange_names_meet_a_kind_page;
    guides:
        every_guide_has_its_pictures_in_both_languages
        every_guide_is_light_and_its_pictures_come_when_they_are_opened;
    measures:
        the_first_page_paints_at_once_and_is_small;
    console_onboarding:
        ten_units_begin_from_a_list_and_their_readiness_is_seen;
    console_imports:
        a_list_of_decisions_with_three_bad_rows_is_applied_and_taken_back;
    console_clients:
        a_system_is_connected_with_the_wizard_and_checked_by_a_real_sign_in;
    console_units:
        a_unit_administrator_says_why_somebody_may_enter_and_keeps_the_unit_right;
    console_help_desk:
        the_help_desk_lets_somebody_back_in;
    console_audit:
        an_auditor_searches_the_records_and_takes_them_away;
    console_approvals:
        two_administrators_let_each_others_request_happen;
    console_reviews:
        a_unit_answers_for_its_rights;
    old_accounts:
        an_old_account_comes_in_through_its_old_provider_and_gives_way_to_a_passkey
        an_official_of_an_export_comes_in_with_the_old_password_and_sees_who_they_are
        whoever_says_that_it_is_not_them_is_out_and_a_human_looks
        an_account_that_waits_for_a_human_opens_nothing_yet
        another_provider_that_is_slow_or_a_way_back_that_is_over_meet_a_kind_page;
    console_old_accounts:
        a_reviewer_resolves_a_conflict_undoes_it_and_both_people_are_whole_again
        the_rest_of_the_review_is_for_everybody
        an_administrator_sees_what_stands_in_the_way_of_switching_an_old_system_off;
    console_plans:
        a_plan_is_looked_at_from_the_whole_down_to_one_person
        a_plan_is_applied_and_taken_back_once_it_is_seen_what_was_given_since;
    console_worklist:
        a_unit_administrator_empties_the_worklist_of_their_unit;
    console_pages:
        every_other_page_of_the_console_is_for_everybody;
}
