//! The pages of methods: adding, using and removing them.

use super::super::Page;
use super::{HOSTILE, chrome, signin};
use crate::base::locale::Locale;
use crate::http::view::change_password::ChangePassword;
use crate::http::view::change_password::CurrentProblem;
use crate::http::view::client::ForClient;
use crate::http::view::new_password::NewPassword;
use crate::http::view::passkey::PasskeyProblem;
use crate::http::view::passkey::PasskeyStep;
use crate::http::view::passkeys::Limits;
use crate::http::view::passkeys::PasskeyLine;
use crate::http::view::passkeys::Passkeys;
use crate::http::view::passkeys::PasskeysDone;
use crate::http::view::passkeys::PasskeysProblem;
use crate::http::view::passkeys::RemovePasskey;
use crate::http::view::passkeys::RenamePasskey;
use crate::http::view::password_rules::PasswordRules;
use crate::http::view::password_rules::Tried;
use crate::http::view::qr::Drawing;
use crate::http::view::recovery_codes::PresentSheet;
use crate::http::view::recovery_codes::RecoveryCodes;
use crate::http::view::recovery_codes::RecoverySheet;
use crate::http::view::second_factor::ByMail;
use crate::http::view::second_factor::CodeError;
use crate::http::view::second_factor::SecondFactor;
use crate::http::view::signin::FieldError;
use crate::http::view::totp::AddTotp;
use crate::http::view::totp::RemoveTotp;
use crate::http::view::totp::TotpError;
use crate::http::view::totp::TotpInUse;
use crate::http::view::wait::Wait;
use crate::model::password_policy::{Complaint, PasswordPolicy};
use crate::service::throttle::Limit;

fn second_factor(locale: Locale, error: Option<CodeError>) -> SecondFactor {
    SecondFactor {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        client: ForClient { name: "Văn bản".to_owned(), ..ForClient::default() },
        username: HOSTILE.to_owned(),
        passkey: true,
        by_mail: Some(ByMail { to: ByMail::masked(HOSTILE), sent: true, minutes: 10 }),
        remember_days: 30,
        error,
    }
}

fn add_totp(locale: Locale, error: Option<TotpError>) -> AddTotp {
    AddTotp {
        chrome: chrome(locale),
        username: HOSTILE.to_owned(),
        drawing: Drawing::of("otpauth://totp/x"),
        secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned(),
        uri: "otpauth://totp/x?secret=GEZD&issuer=x".to_owned(),
        error,
    }
}

fn totp_in_use(locale: Locale, used: bool) -> TotpInUse {
    TotpInUse {
        chrome: chrome(locale),
        since: "07:42, 21/11/2026".to_owned(),
        used_at: used.then(|| "07:42, 22/11/2026".to_owned()),
        has_recovery_codes: used,
    }
}

fn recovery_codes(locale: Locale, present: bool, possible: bool) -> RecoveryCodes {
    let sheet = || PresentSheet { made_at: "07:42, 21/11/2026".to_owned(), left: 7 };
    RecoveryCodes { chrome: chrome(locale), present: present.then(sheet), all: 10, possible }
}

fn recovery_sheet(locale: Locale) -> RecoverySheet {
    RecoverySheet {
        chrome: chrome(locale),
        username: HOSTILE.to_owned(),
        issuer: "https://id.vi-du.vn".to_owned(),
        made_at: "07:42, 21/11/2026".to_owned(),
        codes: vec!["ABCDE-FGH23".to_owned(), "23456-789AB".to_owned()],
    }
}

const COMPLAINTS: [Complaint; 9] = [
    Complaint::TooShort { least: 12 },
    Complaint::TooLong,
    Complaint::NoLower,
    Complaint::NoUpper,
    Complaint::NoDigit,
    Complaint::NoOther,
    Complaint::TooCommon,
    Complaint::AboutThePerson,
    Complaint::ControlCharacter,
];

fn password_rules(tried: Option<Tried>) -> PasswordRules {
    PasswordRules { policy: PasswordPolicy::default(), tried }
}

fn everything_wrong() -> Tried {
    Tried { empty: true, complaints: COMPLAINTS.to_vec(), used_before: Some(true), busy: Some(5) }
}

fn new_password(locale: Locale, tried: Option<Tried>, changed_elsewhere: bool) -> NewPassword {
    NewPassword {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        username: HOSTILE.to_owned(),
        rules: password_rules(tried),
        expired: changed_elsewhere,
        changed_elsewhere,
    }
}

fn change_password(locale: Locale, current: Option<CurrentProblem>, tried: Option<Tried>) -> ChangePassword {
    ChangePassword { chrome: chrome(locale), username: HOSTILE.to_owned(), current, rules: password_rules(tried) }
}

const LIMITS: Limits = Limits { passkeys: 10, letters: 60 };

fn passkey_line() -> PasskeyLine {
    PasskeyLine {
        id: "AAEC".to_owned(),
        name: HOSTILE.to_owned(),
        made: "22/11/2026".to_owned(),
        used: Some("08:00, 22/11/2026".to_owned()),
    }
}

fn passkeys(locale: Locale, on: bool, done: Option<PasskeysDone>, problem: Option<PasskeysProblem>) -> Passkeys {
    let keys = vec![passkey_line(), PasskeyLine { used: None, ..passkey_line() }];
    Passkeys { chrome: chrome(locale), keys, on, limits: LIMITS, name: HOSTILE.to_owned(), done, problem }
}

fn passkey_step(locale: Locale, problem: Option<PasskeyProblem>) -> PasskeyStep {
    let client = ForClient { name: "Văn bản".to_owned(), ..ForClient::default() };
    PasskeyStep { chrome: chrome(locale), request: "r1".to_owned(), client, other: true, remember_days: 30, problem }
}

fn passkey_rename(locale: Locale, problem: Option<PasskeysProblem>) -> RenamePasskey {
    RenamePasskey { chrome: chrome(locale), id: HOSTILE.to_owned(), name: HOSTILE.to_owned(), limits: LIMITS, problem }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, String)> {
    let mut pages = vec![
        ("second-factor", second_factor(locale, None).render_page()),
        ("second-factor", second_factor(locale, Some(CodeError::Empty)).render_page()),
        ("second-factor", second_factor(locale, Some(CodeError::Wrong)).render_page()),
        (
            "second-factor",
            second_factor(locale, Some(CodeError::Locked(Wait { limit: Limit::Device, until: "19:30".to_owned(), seconds: 2 })))
                .render_page(),
        ),
        ("totp", add_totp(locale, None).render_page()),
        ("totp", add_totp(locale, Some(TotpError::Empty)).render_page()),
        ("totp", add_totp(locale, Some(TotpError::Wrong)).render_page()),
        ("totp", add_totp(locale, Some(TotpError::Astray)).render_page()),
        ("totp", totp_in_use(locale, false).render_page()),
        ("totp", totp_in_use(locale, true).render_page()),
        ("totp", RemoveTotp { chrome: chrome(locale) }.render_page()),
        ("recovery-codes", recovery_codes(locale, false, false).render_page()),
        ("recovery-codes", recovery_codes(locale, false, true).render_page()),
        ("recovery-codes", recovery_codes(locale, true, true).render_page()),
        ("recovery-codes", recovery_sheet(locale).render_page()),
        ("new-password", new_password(locale, None, false).render_page()),
        (
            "new-password",
            new_password(locale, Some(Tried { complaints: COMPLAINTS.to_vec(), ..Tried::default() }), false).render_page(),
        ),
        ("new-password", new_password(locale, Some(everything_wrong()), false).render_page()),
        ("new-password", new_password(locale, None, true).render_page()),
        ("change-password", change_password(locale, None, None).render_page()),
        ("change-password", change_password(locale, Some(CurrentProblem::Empty), Some(everything_wrong())).render_page()),
        ("change-password", change_password(locale, Some(CurrentProblem::Wrong), Some(Tried::default())).render_page()),
        (
            "change-password",
            change_password(locale, Some(CurrentProblem::Locked { until: "19:30".to_owned() }), None).render_page(),
        ),
        ("change-password", change_password(locale, Some(CurrentProblem::ChangedElsewhere), None).render_page()),
    ];
    let refused = PasskeyProblem::Refused;
    pages.push(("signin", signin(locale, Some(FieldError::Passkey(refused))).render_page()));
    pages.push(("second-factor-passkey", passkey_step(locale, Some(refused)).render_page()));
    pages.push(("second-factor-passkey", passkey_step(locale, None).render_page()));
    pages.push(("passkeys", passkeys(locale, true, None, None).render_page()));
    pages.push(("passkeys", passkeys(locale, false, None, None).render_page()));
    let mut none = passkeys(locale, true, None, None);
    none.keys.clear();
    pages.push(("passkeys", none.render_page()));
    let mut full = passkeys(locale, true, None, None);
    full.keys = vec![passkey_line(); 10];
    pages.push(("passkeys", full.render_page()));
    for done in PasskeysDone::ALL {
        pages.push(("passkeys", passkeys(locale, true, Some(done), None).render_page()));
    }
    for problem in [PasskeysProblem::Refused, PasskeysProblem::Full, PasskeysProblem::NameEmpty, PasskeysProblem::NameTooLong] {
        pages.push(("passkeys", passkeys(locale, true, None, Some(problem)).render_page()));
        pages.push(("passkey-rename", passkey_rename(locale, Some(problem)).render_page()));
    }
    pages.push(("passkey-rename", passkey_rename(locale, None).render_page()));
    pages.push(("passkey-remove", RemovePasskey { chrome: chrome(locale), key: passkey_line() }.render_page()));
    pages
}

/// The steps of signing in among them, with their first button and the way out.
pub(super) fn steps() -> Vec<(String, &'static str, &'static str)> {
    vec![
        (second_factor(Locale::Vi, None).render_page(), "signin-submit", "signin-cancel"),
        (new_password(Locale::Vi, None, false).render_page(), "new-password-submit", "signin-cancel"),
        (passkey_step(Locale::Vi, None).render_page(), "signin-passkey", "signin-cancel"),
    ]
}

#[test]
fn a_drawing_of_a_key_has_one_path_and_says_what_it_is() {
    let html = add_totp(Locale::Vi, None).render_page();
    let drawing = html.split_once("<svg class=\"qr\"").and_then(|(_, rest)| rest.split_once("</svg>")).expect("a drawing").0;

    assert_eq!(drawing.matches("<path").count(), 1);
    assert!(drawing.contains("role=\"img\"") && drawing.contains("<title id=\"qr-title\">"));
    assert!(drawing.contains("stroke=\"currentColor\""));
}
