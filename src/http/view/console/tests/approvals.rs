//! What waits for a second person, who keeps their access, and what people say is wrong about themselves.

use super::{HOSTILE, Row, bare, chrome, day, full, moment, pages_of_many, typed};
use crate::base::locale::Locale;
use crate::http::view::Page as _;
use crate::http::view::console::Section;
use crate::http::view::console::approvals::{
    ApprovalLine, ApprovalPage, ApprovalProblem, ApprovalsPage, Change, Done, Fact, FactName,
};
use crate::http::view::console::parts::Pages;
use crate::http::view::console::reports::{AnswerProblem, QueueLine, QueuePage, QueuedPage, QueuedPost};
use crate::http::view::console::reviews::{
    Done as Answered, Figures, GroupAsked, ReviewsPage, RightLine, Round, RoundLine, RoundPage, UnitLine, UnitPage, UnitProblem,
};
use crate::model::access_review::Answer;
use crate::model::admin_scope::AdminRole;
use crate::model::report::ReportAbout;
use crate::service::approvals::{Dangerous, Decision};

fn waits(act: Dangerous, decision: Option<Decision>) -> ApprovalLine {
    ApprovalLine {
        id: "a1".to_owned(),
        act,
        subject: typed(),
        by: typed(),
        at: moment(),
        until: moment(),
        reason: typed(),
        decision: decision.map(|decision| (decision, moment())),
        decided_by: if decision == Some(Decision::Taken) { typed() } else { String::new() },
        may_decide: decision.is_none(),
    }
}

fn approvals(locale: Locale) -> ApprovalsPage {
    let decisions = [Decision::Taken, Decision::Refused, Decision::Withdrawn, Decision::Over];
    ApprovalsPage {
        chrome: chrome(locale),
        console: full(Section::Approvals),
        waiting: Dangerous::ALL.map(|act| waits(act, None)).to_vec(),
        own: vec![waits(Dangerous::Erase, None)],
        decided: decisions.map(|decision| waits(Dangerous::RotateKeys, Some(decision))).to_vec(),
    }
}

fn approval(locale: Locale, act: Dangerous, problem: Option<ApprovalProblem>) -> ApprovalPage {
    let fact = |name, value: &str| Fact { name, value: value.to_owned() };
    ApprovalPage {
        chrome: chrome(locale),
        console: full(Section::Approvals),
        id: "a1".to_owned(),
        act,
        subject: typed(),
        facts: vec![
            Fact::role(AdminRole::Unit),
            fact(FactName::Bound, HOSTILE),
            Fact::days(day(), String::new()),
            fact(FactName::Count, "12"),
            fact(FactName::AtOnce, ""),
            fact(FactName::Role, HOSTILE),
        ],
        people: vec![typed(), typed()],
        by: typed(),
        at: moment(),
        until: moment(),
        why: typed(),
        decision: None,
        decided_by: String::new(),
        decided_reason: String::new(),
        is_over: false,
        may_decide: true,
        second: problem != Some(ApprovalProblem::NoSecondPerson),
        may_withdraw: true,
        own: false,
        reason: typed(),
        problem,
        done: None,
    }
}

fn of_approvals(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::Approvals);
    let none =
        ApprovalsPage { console: console(), waiting: Vec::new(), own: Vec::new(), decided: Vec::new(), ..approvals(locale) };
    let over = ApprovalPage {
        console: console(),
        facts: Vec::new(),
        people: Vec::new(),
        is_over: true,
        may_decide: false,
        may_withdraw: false,
        own: true,
        ..approval(locale, Dangerous::DisableMany, None)
    };
    let mut pages = vec![
        ("admin-approvals", approvals(locale).render_page()),
        ("admin-approvals", none.render_page()),
        ("admin-approval", over.render_page()),
    ];
    for act in Dangerous::ALL {
        pages.push(("admin-approval", approval(locale, act, None).render_page()));
    }
    let problems = [ApprovalProblem::NoReason, ApprovalProblem::Own, ApprovalProblem::TooLate, ApprovalProblem::NoSecondPerson];
    let changes = [Change::Person, Change::Unit, Change::Client, Change::Days, Change::TooMuch, Change::Already, Change::Other];
    let problems = problems.into_iter().chain(changes.map(ApprovalProblem::Changed));
    let asked = problems.map(|problem| ("admin-approval", approval(locale, Dangerous::Erase, Some(problem)).render_page()));
    pages.extend(asked);
    let dones = [Done::Asked, Done::Approved, Done::Refused, Done::Withdrawn];
    let decisions = [Decision::Over, Decision::Taken, Decision::Refused, Decision::Withdrawn];
    for (done, decision) in dones.into_iter().zip(decisions) {
        let page = ApprovalPage {
            decision: Some((decision, moment())),
            decided_by: typed(),
            decided_reason: typed(),
            may_decide: false,
            may_withdraw: false,
            done: Some(done),
            ..approval(locale, Dangerous::GrantAdministrator, None)
        };
        pages.push(("admin-approval", page.render_page()));
    }
    pages
}

const FIGURES: Figures = Figures { all: 1_284, kept: 900, removed: 12, objected: 3, open: 369 };

fn round(is_listed: bool, is_open: bool) -> Round {
    Round { id: "2026-q4".to_owned(), quarter: "2026-Q4".to_owned(), begun: day(), due: day(), is_listed, is_open }
}

fn rounds(locale: Locale) -> ReviewsPage {
    let line = |is_listed, is_open| RoundLine { round: round(is_listed, is_open), figures: FIGURES };
    ReviewsPage {
        chrome: chrome(locale),
        console: full(Section::Reviews),
        rounds: vec![line(false, true), line(true, true), line(true, false)],
        may_begin: true,
        quarter: "2026-Q4".to_owned(),
    }
}

fn one_round(locale: Locale, open_only: bool) -> RoundPage {
    let line = |figures| UnitLine { id: "u1".to_owned(), name: typed(), figures };
    let (console, round) = (full(Section::Reviews), round(true, true));
    let lines = vec![line(FIGURES), line(Figures::default())];
    RoundPage { chrome: chrome(locale), console, round, sums: FIGURES, lines, open_only }
}

/// A role of a group; whoever may not know who they are is led nowhere.
fn of_group(id: &str, answer: Option<Answer>, is_shown: bool) -> RightLine {
    let said = |text: String| if is_shown { text } else { String::new() };
    let group = GroupAsked {
        whom: typed(),
        conditions: if is_shown { vec!["Chỉ từ mạng cơ quan"] } else { Vec::new() },
        days: day(),
        reached: said(typed()),
        people: said("/admin/rights/groups/g1/people".to_owned()),
    };
    RightLine {
        id: id.to_owned(),
        person: String::new(),
        full_name: String::new(),
        username: String::new(),
        client_name: typed(),
        role: typed(),
        administers: None,
        bound: String::new(),
        since: day(),
        used: None,
        answer,
        by: said(typed()),
        at: moment(),
        reason: said(typed()),
        own: is_shown,
        marked: false,
        group: Some(group),
    }
}

fn one_unit(locale: Locale, problem: Option<UnitProblem>, done: Option<(Answered, usize)>) -> UnitPage {
    let answers = [None, Some(Answer::Keep), Some(Answer::Removing), Some(Answer::Removed), Some(Answer::Objected)];
    let line = |(place, answer): (usize, Option<Answer>)| RightLine {
        id: format!("r{place}"),
        person: "p1".to_owned(),
        full_name: typed(),
        username: typed(),
        client_name: typed(),
        role: typed(),
        administers: (place == 1).then_some(AdminRole::HelpDesk),
        bound: if place > 0 { typed() } else { String::new() },
        since: day(),
        used: (place > 0).then(day),
        answer,
        by: if place > 0 { typed() } else { String::new() },
        at: moment(),
        reason: if place > 0 { typed() } else { String::new() },
        own: place == 2,
        marked: place == 0,
        group: None,
    };
    let mut lines: Vec<RightLine> = answers.into_iter().enumerate().map(line).collect();
    lines.extend([of_group("r5", None, true), of_group("r6", Some(Answer::Keep), false)]);
    UnitPage {
        chrome: chrome(locale),
        console: full(Section::Reviews),
        round: round(true, true),
        unit: "u1".to_owned(),
        name: typed(),
        figures: FIGURES,
        lines,
        next: Some(format!("/admin/reviews/2026-q4/u1?after={HOSTILE}")),
        open_only: problem.is_none(),
        may_answer: true,
        longest: 200,
        reason: typed(),
        problem,
        done,
    }
}

fn of_reviews(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::Reviews);
    let no_rounds = ReviewsPage { console: console(), rounds: Vec::new(), may_begin: false, ..rounds(locale) };
    let no_units = RoundPage {
        console: console(),
        round: round(false, true),
        sums: Figures::default(),
        lines: Vec::new(),
        ..one_round(locale, true)
    };
    let no_rights = UnitPage {
        console: console(),
        figures: Figures::default(),
        lines: Vec::new(),
        next: None,
        may_answer: false,
        reason: String::new(),
        ..one_unit(locale, None, None)
    };
    let mut pages = vec![
        ("admin-reviews", rounds(locale).render_page()),
        ("admin-reviews", no_rounds.render_page()),
        ("admin-review", one_round(locale, false).render_page()),
        ("admin-review", no_units.render_page()),
        ("admin-review-unit", one_unit(locale, None, None).render_page()),
        ("admin-review-unit", no_rights.render_page()),
    ];
    for problem in [UnitProblem::Nothing, UnitProblem::Reason] {
        pages.push(("admin-review-unit", one_unit(locale, Some(problem), None).render_page()));
    }
    for done in [Answered::Kept, Answered::Removed, Answered::Objected, Answered::InPart] {
        pages.push(("admin-review-unit", one_unit(locale, None, Some((done, 3))).render_page()));
    }
    pages
}

fn queue(locale: Locale, answered: bool) -> QueuePage {
    let line = |about| QueueLine {
        id: "r1".to_owned(),
        about,
        full_name: typed(),
        username: typed(),
        units: typed(),
        at: moment(),
        answered_at: answered.then(moment),
        words: typed(),
    };
    QueuePage {
        chrome: chrome(locale),
        console: full(Section::Reports),
        answered,
        lines: ReportAbout::ALL.map(line).to_vec(),
        pages: pages_of_many(),
        done: answered,
    }
}

fn report(locale: Locale, answer: Option<(String, String)>, problem: Option<AnswerProblem>) -> QueuedPage {
    let post = QueuedPost { title: typed(), unit: typed(), since: day() };
    QueuedPage {
        chrome: chrome(locale),
        console: full(Section::Reports),
        id: "r1".to_owned(),
        person: "p1".to_owned(),
        full_name: typed(),
        username: typed(),
        posts: vec![post.clone(), post],
        about: ReportAbout::Position,
        at: moment(),
        words: typed(),
        answer,
        may_answer: true,
        longest: 2_000,
        typed: typed(),
        problem,
    }
}

fn of_reports(locale: Locale) -> Vec<Row> {
    let console = || bare(Section::Reports);
    let none = QueuePage { console: console(), lines: Vec::new(), pages: Pages::default(), ..queue(locale, false) };
    let plain = QueuedPage { console: console(), posts: Vec::new(), may_answer: false, ..report(locale, None, None) };
    let mut pages = vec![
        ("admin-reports", queue(locale, false).render_page()),
        ("admin-reports", queue(locale, true).render_page()),
        ("admin-reports", none.render_page()),
        ("admin-report", report(locale, None, None).render_page()),
        ("admin-report", report(locale, Some((moment(), typed())), Some(AnswerProblem::Answered)).render_page()),
        ("admin-report", plain.render_page()),
    ];
    for problem in [AnswerProblem::Empty, AnswerProblem::TooLong, AnswerProblem::Unreadable] {
        pages.push(("admin-report", report(locale, None, Some(problem)).render_page()));
    }
    pages
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<Row> {
    [of_approvals(locale), of_reviews(locale), of_reports(locale)].concat()
}
