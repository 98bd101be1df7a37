//! The pages of the way back, for whoever lost it and for whoever helps.

use super::super::Page;
use super::{HOSTILE, chrome};
use crate::base::locale::Locale;
use crate::http::view::admin_recovery::{AdminCode, AdminRecovery, AtTheDesk, DeskPosition, DeskProblem};
use crate::http::view::passkey::PasskeyProblem;
use crate::http::view::password_rules::{PasswordRules, Tried};
use crate::http::view::recover::{
    CodeProblem, NameProblem, ProofProblem, RecoverCode, RecoverLink, RecoverOver, RecoverPassword, RecoverSent, RecoverStart,
};
use crate::model::password_policy::{Complaint, PasswordPolicy};

fn start(locale: Locale, by_mail: bool, problem: Option<NameProblem>) -> RecoverStart {
    RecoverStart { chrome: chrome(locale), request: "r1".to_owned(), by_mail, username: HOSTILE.to_owned(), problem }
}

fn link(locale: Locale, codes: bool, passkey: bool, problem: Option<ProofProblem>) -> RecoverLink {
    let username = HOSTILE.to_owned();
    RecoverLink { chrome: chrome(locale), token: "t".to_owned(), username, codes, passkey, problem }
}

fn code(locale: Locale, problem: Option<CodeProblem>) -> RecoverCode {
    RecoverCode { chrome: chrome(locale), request: String::new(), username: HOSTILE.to_owned(), problem }
}

fn password(locale: Locale, tried: Option<Tried>) -> RecoverPassword {
    RecoverPassword {
        chrome: chrome(locale),
        ticket: "a.none.1.b".to_owned(),
        request: "r1".to_owned(),
        username: HOSTILE.to_owned(),
        shared: tried.is_some(),
        rules: PasswordRules { policy: PasswordPolicy::default(), tried },
    }
}

fn desk(locale: Locale, whole: bool, problem: Option<DeskProblem>) -> AdminRecovery {
    let position = DeskPosition {
        title: "Chuyên viên".to_owned(),
        department: "Văn phòng".to_owned(),
        unit_name: "Ủy ban nhân dân phường Thủ Dầu Một".to_owned(),
        since: "01/07/2025".to_owned(),
    };
    let found = AtTheDesk {
        full_name: HOSTILE.to_owned(),
        username: HOSTILE.to_owned(),
        born: whole.then(|| "03/02/1980".to_owned()),
        employee_code: whole.then(|| "NV1".to_owned()),
        positions: if whole { vec![position] } else { Vec::new() },
        has_second: whole,
        changes_locked: whole,
        code_until: whole.then(|| "08:00, 23/11/2026".to_owned()),
    };
    let nobody = matches!(problem, Some(DeskProblem::Empty | DeskProblem::NotTheirs));
    AdminRecovery {
        chrome: chrome(locale),
        username: HOSTILE.to_owned(),
        found: (!nobody).then_some(found),
        unlocked: problem.is_none(),
        problem,
    }
}

fn admin_code(locale: Locale, anew: bool) -> AdminCode {
    AdminCode {
        chrome: chrome(locale),
        full_name: HOSTILE.to_owned(),
        username: HOSTILE.to_owned(),
        code: "ABCDE-FGH23".to_owned(),
        until: "08:00, 23/11/2026".to_owned(),
        address: "https://id.vi-du.vn/signin/recover/code".to_owned(),
        anew,
    }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, String)> {
    let sent = RecoverSent { chrome: chrome(locale), request: "r1".to_owned(), minutes: 30 };
    let over = |by_mail| RecoverOver { chrome: chrome(locale), request: "r1".to_owned(), by_mail };
    let mut pages = vec![
        ("recover", start(locale, true, None).render_page()),
        ("recover", start(locale, false, None).render_page()),
        ("recover", start(locale, true, Some(NameProblem::Empty)).render_page()),
        ("recover", start(locale, true, Some(NameProblem::TooLong)).render_page()),
        ("recover-sent", sent.render_page()),
        ("recover-over", over(true).render_page()),
        ("recover-over", over(false).render_page()),
        ("recover-code", code(locale, None).render_page()),
        ("recover-code", code(locale, Some(CodeProblem::NoName)).render_page()),
        ("recover-code", code(locale, Some(CodeProblem::NoCode)).render_page()),
        ("recover-code", code(locale, Some(CodeProblem::Wrong)).render_page()),
        ("recover-code", code(locale, Some(CodeProblem::TooMany { until: "19:30".to_owned() })).render_page()),
        ("recover-password", password(locale, None).render_page()),
        ("recover-password", password(locale, Some(Tried { empty: true, ..Tried::default() })).render_page()),
        (
            "recover-password",
            password(locale, Some(Tried { complaints: vec![Complaint::TooCommon], ..Tried::default() })).render_page(),
        ),
        ("admin-recovery", desk(locale, true, None).render_page()),
        ("admin-recovery", desk(locale, false, None).render_page()),
        ("admin-recovery-code", admin_code(locale, false).render_page()),
        ("admin-recovery-code", admin_code(locale, true).render_page()),
    ];
    for problem in [DeskProblem::Empty, DeskProblem::NotTheirs, DeskProblem::NotSeen, DeskProblem::TooMany] {
        pages.push(("admin-recovery", desk(locale, true, Some(problem)).render_page()));
    }
    let problems = [
        None,
        Some(ProofProblem::Empty),
        Some(ProofProblem::Wrong),
        Some(ProofProblem::TooMany),
        Some(ProofProblem::Passkey(PasskeyProblem::Refused)),
    ];
    for (codes, passkey) in [(true, true), (true, false), (false, true)] {
        for problem in problems {
            pages.push(("recover-link", link(locale, codes, passkey, problem).render_page()));
        }
    }
    pages
}

#[test]
fn factors_are_taken_away_only_from_whoever_has_them() {
    let tick = "name=\"anew\"";

    assert!(desk(Locale::Vi, true, None).render_page().contains(tick));
    assert!(!desk(Locale::Vi, false, None).render_page().contains(tick));
}
