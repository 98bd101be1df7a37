//! What people are told of their own account: every change of the ways in which they sign in, and what was done in their name.

use super::device::{Device, Kind};
use crate::base::words::Words;

/// The link by which somebody says "this was not me" works for so many days.
pub const LINK_DAYS: i64 = 30;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// The person chose another password.
    PasswordChanged,
    /// Somebody else set the password.
    PasswordReset,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An authenticator app was added.
    AppAdded,
    /// The authenticator app was removed.
    AppRemoved,
    /// A new sheet of recovery codes was made.
    RecoveryCodesMade,
    /// A code of the sheet was used.
    RecoveryCodeUsed,
    /// Somebody came back by a link or an administrator's code.
    RecoveryUsed,
    /// An administrator made a code to come back with.
    RecoveryCodeIssued,
    /// A device stands for the second factor from now on.
    DeviceRemembered,
    /// The first sign-in on a device.
    NewDevice,
    /// Nobody signed in for so long that the account will be disabled.
    AccountIdle,
    /// What the person said is wrong about themselves was answered.
    ReportAnswered,
    /// An administrator or a file gave the person another e-mail address.
    EmailChanged,
    /// An account of an old system is not theirs any more, and what was enrolled since they came with it is gone.
    MethodsRemoved,
    /// The person handed a post of theirs to somebody for a time.
    DelegationGiven,
    /// Somebody handed them one.
    DelegationReceived,
    /// The person ended a delegation.
    DelegationEnded,
    /// The other one ended it.
    DelegationTakenBack,
    /// After a re-organization somebody said in which unit a post of theirs goes on.
    PostDecided,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::AppAdded,
        Self::AppRemoved,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::RecoveryUsed,
        Self::RecoveryCodeIssued,
        Self::DeviceRemembered,
        Self::NewDevice,
        Self::AccountIdle,
        Self::ReportAnswered,
        Self::EmailChanged,
        Self::MethodsRemoved,
        Self::DelegationGiven,
        Self::DelegationReceived,
        Self::DelegationEnded,
        Self::DelegationTakenBack,
        Self::PostDecided,
    ];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password-changed",
            Self::PasswordReset => "password-reset",
            Self::PasskeyAdded => "passkey-added",
            Self::PasskeyRemoved => "passkey-removed",
            Self::AppAdded => "app-added",
            Self::AppRemoved => "app-removed",
            Self::RecoveryCodesMade => "recovery-codes-made",
            Self::RecoveryCodeUsed => "recovery-code-used",
            Self::RecoveryUsed => "recovery-used",
            Self::RecoveryCodeIssued => "recovery-code-issued",
            Self::DeviceRemembered => "device-remembered",
            Self::NewDevice => "new-device",
            Self::AccountIdle => "account-idle",
            Self::ReportAnswered => "report-answered",
            Self::EmailChanged => "email-changed",
            Self::MethodsRemoved => "methods-removed",
            Self::DelegationGiven => "delegation-given",
            Self::DelegationReceived => "delegation-received",
            Self::DelegationEnded => "delegation-ended",
            Self::DelegationTakenBack => "delegation-taken-back",
            Self::PostDecided => "post-decided",
        }
    }

    /// Reads [`NoticeKind::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// True for what somebody else does: where they did it from says nothing to the person.
    pub fn is_by_another(self) -> bool {
        match self {
            Self::PasswordReset
            | Self::AccountIdle
            | Self::RecoveryCodeIssued
            | Self::ReportAnswered
            | Self::EmailChanged
            | Self::MethodsRemoved
            | Self::DelegationReceived
            | Self::DelegationTakenBack
            | Self::PostDecided => true,
            Self::PasswordChanged
            | Self::PasskeyAdded
            | Self::PasskeyRemoved
            | Self::AppAdded
            | Self::AppRemoved
            | Self::RecoveryCodesMade
            | Self::RecoveryCodeUsed
            | Self::RecoveryUsed
            | Self::DeviceRemembered
            | Self::NewDevice
            | Self::DelegationGiven
            | Self::DelegationEnded => false,
        }
    }

    /// What happened, in words.
    pub fn said(self, t: &Words) -> &str {
        match self {
            Self::PasswordChanged => &t.notice_password_changed,
            Self::PasswordReset => &t.notice_password_reset,
            Self::PasskeyAdded => &t.notice_passkey_added,
            Self::PasskeyRemoved => &t.notice_passkey_removed,
            Self::AppAdded => &t.notice_app_added,
            Self::AppRemoved => &t.notice_app_removed,
            Self::RecoveryCodesMade => &t.notice_recovery_codes_made,
            Self::RecoveryCodeUsed => &t.notice_recovery_code_used,
            Self::RecoveryUsed => &t.notice_recovery_used,
            Self::RecoveryCodeIssued => &t.notice_recovery_code_issued,
            Self::DeviceRemembered => &t.notice_device_remembered,
            Self::NewDevice => &t.notice_new_device,
            Self::AccountIdle => &t.notice_account_idle,
            Self::ReportAnswered => &t.notice_report_answered,
            Self::EmailChanged => &t.notice_email_changed,
            Self::MethodsRemoved => &t.notice_methods_removed,
            Self::DelegationGiven => &t.notice_delegation_given,
            Self::DelegationReceived => &t.notice_delegation_received,
            Self::DelegationEnded => &t.notice_delegation_ended,
            Self::DelegationTakenBack => &t.notice_delegation_taken_back,
            Self::PostDecided => &t.notice_post_decided,
        }
    }
}

/// A device as its owner would name it; nothing when nothing is known of it.
pub fn device_said(device: Device, t: &Words) -> Option<String> {
    if device == Device::default() {
        return None;
    }
    let kind = match device.kind {
        Kind::Other => &t.account_device_other,
        Kind::Computer => &t.account_device_computer,
        Kind::Phone => &t.account_device_phone,
        Kind::Tablet => &t.account_device_tablet,
    };
    let named = if device.system.is_empty() { kind.clone() } else { format!("{kind} {}", device.system) };
    Some(if device.browser.is_empty() { named } else { format!("{named}, {}", device.browser) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::locale::Locale;
    use crate::base::words::words;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_reads_back_and_says_something_of_its_own() {
        for locale in Locale::ALL {
            let said: BTreeSet<&str> = NoticeKind::ALL.into_iter().map(|kind| kind.said(words(locale))).collect();
            assert_eq!(said.len(), NoticeKind::ALL.len());
        }
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::from_word(kind.word()), Some(kind));
        }
        assert_eq!(NoticeKind::from_word("party"), None);
    }

    #[test]
    fn a_device_is_named_by_what_is_known_of_it() {
        let t = words(Locale::En);
        let device = |words: &str| device_said(Device::from_words(words), t);

        assert_eq!(device("computer/Windows/Edge"), Some(format!("{} Windows, Edge", t.account_device_computer)));
        assert_eq!(device("phone//"), Some(t.account_device_phone.clone()));
        assert_eq!(device("other//"), None);
    }
}
