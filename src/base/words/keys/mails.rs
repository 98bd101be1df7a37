//! Letters.

macro_rules! mails {
    ([$next:ident $(, $then:ident)*] $($before:ident,)*) => {
        $next! { [$($then),*] $($before,)*
            mail_hello,
            mail_what,
            mail_when,
            mail_device,
            mail_address,
            mail_notice_subject,
            mail_notice_lead,
            mail_notice_mine,
            mail_notice_not_me,
            mail_notice_link,
            mail_recovery_subject,
            mail_recovery_lead,
            mail_recovery_life,
            mail_recovery_not_asked,
            mail_code_subject,
            mail_code_lead,
            mail_code_life,
            mail_code_not_asked,
            mail_invitation_subject,
            mail_invitation_lead,
            mail_invitation_life,
            mail_invitation_not_expected,
            mail_never_asks,
            mail_help,
            mail_automatic,
            mail_passkey_subject,
            mail_passkey_lead,
            mail_passkey_after,
            mail_idle_subject,
            mail_idle_lead,
            mail_idle_then,
            mail_idle_after,
            mail_review_subject,
            mail_review_lead,
            mail_review_then,
            mail_review_after,
        }
    };
}
pub(super) use mails;
