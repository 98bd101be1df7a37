//! The words of the pages, one file a language (`templates/i18n/*.toml`).
//!
//! Every key is a field of [`Words`]: a template that names a missing key does not compile, and a language file with a
//! missing or unknown key does not load. Placeholders look like `{client}` and are filled by [`fill`].

use crate::base::locale::Locale;
use serde::Deserialize;
use std::sync::LazyLock;

macro_rules! words {
    ($($key:ident,)*) => {
        /// Every sentence that a page can say, in one language.
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Words {
            $(
                #[doc = concat!("The words kept under `", stringify!($key), "`.")]
                pub $key: String,
            )*
        }

        #[cfg(test)]
        impl Words {
            /// Keys beside their words, for the comparison of languages.
            fn pairs(&self) -> Vec<(&'static str, &str)> {
                vec![$((stringify!($key), self.$key.as_str())),*]
            }
        }
    };
}

words! {
    product,
    skip_to_content,
    preferences,
    text_size,
    text_one,
    text_two,
    text_three,
    theme,
    theme_auto,
    theme_light,
    theme_dark,
    theme_contrast,
    other_language,
    help,
    help_zalo,
    help_guide,
    error_prefix,
    summary_title,
    to_enter,
    continue_button,
    cancel_button,
    to_portal,
    signin_title,
    signin_username,
    signin_username_hint,
    signin_empty,
    signin_too_long,
    signin_panel_title,
    signin_panel_text,
    password_title,
    password_label,
    password_who,
    password_not_you,
    password_show,
    password_hide,
    password_show_label,
    password_hide_label,
    password_submit,
    password_empty,
    password_wrong,
    password_locked,
    password_busy,
    position_title,
    position_intro,
    position_primary,
    position_concurrent,
    position_concurrent_until,
    position_former,
    position_remember,
    position_missing,
    consent_title,
    consent_intro,
    consent_who,
    consent_host,
    consent_list,
    consent_details,
    consent_about,
    consent_site,
    consent_policy,
    consent_terms,
    consent_links_note,
    consent_unchecked,
    consent_note,
    consent_allow,
    consent_deny,
    scope_openid,
    scope_profile,
    scope_email,
    scope_phone,
    scope_address,
    scope_unit,
    scope_position,
    scope_positions,
    scope_roles,
    scope_legacy,
    scope_offline_access,
    logout_title,
    logout_intro,
    logout_intro_nobody,
    logout_systems,
    logout_warning,
    logout_confirm,
    logout_stay,
    signed_out_title,
    signed_out_systems,
    signed_out_done,
    signed_out_waiting,
    signed_out_asked,
    signed_out_asked_text,
    signed_out_manual,
    signed_out_manual_text,
    signed_out_shared,
    signed_out_shared_text,
    signed_out_again,
    signed_out_continue,
    signed_out_leading,
    portal_title,
    portal_hello,
    portal_lead,
    portal_nobody_title,
    portal_nobody_text,
    portal_signin,
    portal_signout,
    portal_systems,
    portal_no_systems,
    portal_positions,
    portal_position,
    portal_no_position,
    portal_code_from,
    portal_code_agency,
    portal_code_gso,
    portal_since,
    portal_until,
    portal_since_until,
    portal_codes,
    portal_last_sign_in,
    form_post_title,
    form_post_text,
    error_what_to_do,
    error_call,
    error_contact,
    error_reference,
    error_details,
    error_code,
    error_unharmed,
    system_named,
    system_unnamed,
    error_unknown_client_title,
    error_unknown_client_text,
    error_unknown_client_do,
    error_unregistered_redirect_title,
    error_unregistered_redirect_text,
    error_unregistered_redirect_do,
    error_bad_request_title,
    error_bad_request_text,
    error_bad_request_do,
    error_expired_title,
    error_expired_text,
    error_expired_do,
    error_not_found_title,
    error_not_found_text,
    error_not_found_do,
    error_method_not_allowed_title,
    error_method_not_allowed_text,
    error_method_not_allowed_do,
    error_too_large_title,
    error_too_large_text,
    error_too_large_do,
    error_too_many_title,
    error_too_many_text,
    error_too_many_do,
    error_forbidden_title,
    error_forbidden_text,
    error_forbidden_do,
    error_unavailable_title,
    error_unavailable_text,
    error_unavailable_do,
    error_server_error_title,
    error_server_error_text,
    error_server_error_do,
    error_logout_refused_title,
    error_logout_refused_text,
    error_logout_refused_do,
    error_no_access_title,
    error_no_access_text,
    error_no_access_do,
    tabs,
    tabs_apps,
    tabs_account,
    account_title,
    account_methods,
    account_in_use,
    account_unused,
    account_made,
    account_not_made,
    account_add,
    account_manage,
    account_passkeys,
    account_passkeys_none,
    account_password,
    account_password_line,
    account_change_password,
    account_app,
    account_app_none,
    account_codes,
    account_codes_none,
    account_codes_left,
    account_make_codes,
    account_added,
    account_added_used,
    account_sessions,
    account_end_others,
    account_end,
    account_this_session,
    account_systems,
    account_since,
    account_used,
    account_device_computer,
    account_device_phone,
    account_device_tablet,
    account_device_other,
    account_strange,
    account_session_ended,
    account_password_changed,
    account_method_added,
    account_method_removed,
    second_factor_title,
    second_factor_label,
    second_factor_hint,
    second_factor_empty,
    second_factor_wrong,
    second_factor_clock,
    second_factor_without,
    second_factor_without_text,
    second_factor_passkey,
    totp_title,
    totp_lead,
    totp_scan,
    totp_qr,
    totp_open,
    totp_by_hand,
    totp_account,
    totp_key,
    totp_private,
    totp_confirm,
    totp_label,
    totp_submit,
    totp_astray,
    totp_back,
    totp_in_use_title,
    totp_in_use,
    totp_since,
    totp_used,
    totp_no_codes,
    totp_no_codes_link,
    totp_new_phone,
    totp_remove,
    totp_remove_title,
    totp_remove_text,
    totp_remove_confirm,
    totp_remove_keep,
    recovery_title,
    recovery_lead,
    recovery_none,
    recovery_left,
    recovery_made,
    recovery_warning,
    recovery_make,
    recovery_first,
    recovery_sheet_title,
    recovery_once,
    recovery_account,
    recovery_address,
    recovery_when,
    recovery_each,
    recovery_copy,
    recovery_done,
    new_password_title,
    new_password_intro,
    new_password_label,
    new_password_rules,
    new_password_rule_length,
    new_password_rule_lower,
    new_password_rule_upper,
    new_password_rule_digit,
    new_password_rule_other,
    new_password_rule_common,
    new_password_rule_person,
    new_password_rule_history,
    new_password_tip,
    new_password_met,
    new_password_unmet,
    new_password_empty,
    new_password_too_short,
    new_password_too_long,
    new_password_no_lower,
    new_password_no_upper,
    new_password_no_digit,
    new_password_no_other,
    new_password_common,
    new_password_person,
    new_password_invisible,
    new_password_used,
    new_password_busy,
    new_password_submit,
    new_password_done_title,
    new_password_done_text,
    change_password_title,
    change_password_intro,
    change_password_current,
    change_password_current_empty,
    change_password_current_wrong,
    change_password_locked,
    change_password_overtaken,
    change_password_submit,
    change_password_back,
    change_password_done,
    passkey_or,
    passkey_signin,
    passkey_cancelled,
    passkey_failed,
    passkey_refused,
    passkey_locked,
    passkey_unsupported,
    passkey_step_title,
    passkey_step_text,
    passkey_step_submit,
    passkey_step_other,
    passkeys_title,
    passkeys_intro,
    passkeys_list,
    passkeys_none,
    passkeys_made,
    passkeys_used,
    passkeys_unused,
    passkeys_rename,
    passkeys_remove,
    passkeys_add_title,
    passkeys_add_text,
    passkeys_name,
    passkeys_name_hint,
    passkeys_default_name,
    passkeys_add,
    passkeys_full,
    passkeys_off,
    passkeys_cancelled,
    passkeys_known,
    passkeys_unable,
    passkeys_refused,
    passkeys_name_empty,
    passkeys_name_long,
    passkeys_added,
    passkeys_renamed,
    passkeys_removed,
    passkeys_rename_title,
    passkeys_rename_submit,
    passkeys_remove_title,
    passkeys_remove_text,
    passkeys_remove_submit,
    passkeys_keep,
    passkeys_back,
}

static VI: LazyLock<Words> = LazyLock::new(|| load(include_str!("../../../templates/i18n/vi.toml")));
static EN: LazyLock<Words> = LazyLock::new(|| load(include_str!("../../../templates/i18n/en.toml")));

#[expect(clippy::expect_used, reason = "the language files are part of the binary and a test loads them all")]
fn load(text: &str) -> Words {
    toml::from_str(text).expect("a language file embedded in the binary holds every key once")
}

/// The words of one language.
pub fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::Vi => &VI,
        Locale::En => &EN,
    }
}

/// The sentence with each `{name}` replaced by its value.
///
/// One pass, so that a value that itself holds braces (a name somebody typed) is never read as a placeholder. A
/// placeholder without a value stays visible.
pub fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(sentence.len() + 32);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, behind)| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value, behind)));
        if let Some((value, behind)) = known {
            filled.push_str(value);
            rest = behind;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn placeholders(sentence: &str) -> BTreeSet<&str> {
        sentence.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
    }

    fn keys(text: &str) -> BTreeSet<String> {
        let table: toml::Table = text.parse().expect("a flat table");
        table.keys().cloned().collect()
    }

    #[test]
    fn both_languages_hold_the_same_keys() {
        let vi = keys(include_str!("../../../templates/i18n/vi.toml"));
        let en = keys(include_str!("../../../templates/i18n/en.toml"));

        assert_eq!(vi, en);
    }

    #[test]
    fn both_languages_fill_the_same_placeholders() {
        for ((key, vi), (_, en)) in words(Locale::Vi).pairs().into_iter().zip(words(Locale::En).pairs()) {
            assert_eq!(placeholders(vi), placeholders(en), "{key}");
        }
    }

    #[test]
    fn no_sentence_is_empty_or_shouts() {
        for locale in [Locale::Vi, Locale::En] {
            for (key, sentence) in words(locale).pairs() {
                assert!(!sentence.trim().is_empty(), "{key}");
                assert!(!sentence.contains('!'), "{key}");
            }
        }
    }

    #[test]
    fn a_value_is_never_read_as_a_placeholder() {
        let table = [
            ("until {until}.", vec![("until", "19:30")], "until 19:30."),
            ("{a}{b}", vec![("a", "{b}"), ("b", "x")], "{b}x"),
            ("{unknown} stays", vec![("a", "x")], "{unknown} stays"),
            ("an open { brace", vec![], "an open { brace"),
        ];
        for (sentence, values, expected) in table {
            assert_eq!(fill(sentence, &values), expected, "{sentence}");
        }
    }
}
