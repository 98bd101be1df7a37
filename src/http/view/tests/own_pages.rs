//! The pages of the portal about the person: the first page, the profile, reports, the privacy notice.

use super::super::Page;
use super::{HOSTILE, chrome};
use crate::base::locale::Locale;
use crate::http::view::chrome::TextSize;
use crate::http::view::delegations::ConfirmDelegation;
use crate::http::view::delegations::DelegationDone;
use crate::http::view::delegations::DelegationLine;
use crate::http::view::delegations::Delegations;
use crate::http::view::delegations::EndDelegation;
use crate::http::view::delegations::FormProblem;
use crate::http::view::delegations::NewDelegation;
use crate::http::view::delegations::PostNamed;
use crate::http::view::delegations::Typed;
use crate::http::view::notices::NoticeLine;
use crate::http::view::place::Place;
use crate::http::view::portal::EndedUnit;
use crate::http::view::portal::LastSignIn;
use crate::http::view::portal::Portal;
use crate::http::view::portal::PortalPerson;
use crate::http::view::portal::PortalPosition;
use crate::http::view::portal::PortalSystem;
use crate::http::view::portal::Safety;
use crate::http::view::privacy::Privacy;
use crate::http::view::profile::FactKind;
use crate::http::view::profile::FactLine;
use crate::http::view::profile::PostLine;
use crate::http::view::profile::ProfilePage;
use crate::http::view::profile::Provenance;
use crate::http::view::profile::Time;
use crate::http::view::report::ReportLine;
use crate::http::view::report::ReportPage;
use crate::http::view::report::ReportProblem;
use crate::model::device::Device;
use crate::model::position::PositionKind;
use crate::model::report::ReportAbout;
use crate::service::delegation::Problem;
use crate::service::delegation::Standing;
use time::macros::date;

fn post(id: &str, acting: bool) -> PortalPosition {
    PortalPosition {
        id: id.to_owned(),
        title: "Chuyên viên".to_owned(),
        department: String::new(),
        unit_name: HOSTILE.to_owned(),
        since: "01/07/2025".to_owned(),
        until: (!acting).then(|| "31/12/2026".to_owned()),
        primary: acting,
        acting,
        former_units: vec!["UBND phường Phú Cường".to_owned()],
        delegated_by: (!acting).then(|| HOSTILE.to_owned()),
    }
}

fn ended() -> EndedUnit {
    EndedUnit { name: HOSTILE.to_owned(), last: "30/06/2025".to_owned() }
}

fn person(positions: Vec<PortalPosition>, safety: Safety, walk: Option<bool>) -> PortalPerson {
    let last_sign_in = LastSignIn {
        at: "07:42, 21/11/2026".to_owned(),
        device: Device::from_words("phone/Android/Chrome"),
        place: Place { office: Some(HOSTILE.to_owned()), address: "10.20.3.4".to_owned() },
    };
    PortalPerson {
        full_name: HOSTILE.to_owned(),
        ended: walk.is_some().then(ended),
        positions,
        last_sign_in: walk.is_none().then_some(last_sign_in),
        safety,
        walk,
    }
}

fn portal(locale: Locale, person: Option<PortalPerson>) -> Portal {
    Portal {
        chrome: chrome(locale),
        person,
        notices: Vec::new(),
        systems: vec![PortalSystem {
            name: "Văn bản".to_owned(),
            url: "https://vi-du.vn/".to_owned(),
            description: "Văn bản đến, đi".to_owned(),
            found_by: "van ban van ban den, di".to_owned(),
        }],
        q: String::new(),
        switched: false,
        missing: false,
        helps: true,
    }
}

fn portals(locale: Locale) -> Vec<String> {
    let bare = Safety { passkeys_on: true, ..Safety::default() };
    let full = Safety { passkeys_on: true, passkeys: 2, app: true, recovery_codes: 7 };
    let half = Safety { passkeys_on: false, app: true, ..Safety::default() };
    let chosen = || vec![post("p1", true), post("p2", false)];
    let open = || vec![post("p1", false), post("p2", false)];
    let notice = |id: &str| NoticeLine {
        id: id.to_owned(),
        what: HOSTILE.to_owned(),
        when: "07:42, 21/11/2026".to_owned(),
        from: if id == "n1" { HOSTILE.to_owned() } else { String::new() },
    };
    let mut pages = vec![
        portal(locale, None),
        Portal { notices: vec![notice("n1"), notice("n2")], ..portal(locale, Some(person(chosen(), full, None))) },
        portal(locale, Some(person(chosen(), full, None))),
        portal(locale, Some(person(open(), half, Some(true)))),
        portal(locale, Some(person(Vec::new(), bare, Some(false)))),
        Portal { switched: true, ..portal(locale, Some(person(chosen(), full, None))) },
        Portal { missing: true, ..portal(locale, Some(person(open(), full, None))) },
        Portal { q: HOSTILE.to_owned(), ..portal(locale, Some(person(chosen(), full, None))) },
        Portal { q: HOSTILE.to_owned(), systems: Vec::new(), ..portal(locale, Some(person(chosen(), full, None))) },
        Portal { systems: Vec::new(), ..portal(locale, Some(person(chosen(), full, None))) },
    ];
    let mut shared = portal(locale, Some(person(chosen(), full, None)));
    shared.chrome.shared = true;
    pages.push(shared);
    pages.iter().map(Page::render_page).collect()
}

fn profile(locale: Locale, full: bool) -> ProfilePage {
    let file = |origin: &str| Provenance { origin: origin.to_owned(), day: "01/07/2025".to_owned() };
    let fact = |kind| FactLine { kind, value: full.then(|| HOSTILE.to_owned()), provenance: full.then(|| file("file")) };
    let kinds = [
        FactKind::FullName,
        FactKind::Username,
        FactKind::DateOfBirth,
        FactKind::PersonalNumber,
        FactKind::Email,
        FactKind::Phone,
        FactKind::EmployeeCode,
    ];
    let post = |(kind, time)| PostLine {
        title: "Chuyên viên".to_owned(),
        department: "Văn phòng".to_owned(),
        unit_name: HOSTILE.to_owned(),
        kind,
        primary: time == Time::Now,
        delegated_by: (time == Time::Later).then(|| "Trần Thị B".to_owned()),
        decision_no: if time == Time::Now { HOSTILE.to_owned() } else { String::new() },
        since: "01/07/2025".to_owned(),
        until: (time == Time::Past).then(|| "31/12/2025".to_owned()),
        time,
        former_units: vec!["UBND phường Phú Cường".to_owned()],
        codes: vec![("gso".to_owned(), "25747 (từ 01/07/2025)".to_owned())],
        provenance: Some(file("elsewhere")),
    };
    let times = [Time::Now, Time::Later, Time::Past, Time::Past, Time::Past];
    ProfilePage {
        chrome: chrome(locale),
        facts: kinds.into_iter().map(fact).collect(),
        posts: if full { PositionKind::ALL.into_iter().zip(times).map(post).collect() } else { Vec::new() },
        ended: (!full).then(ended),
        open_reports: usize::from(full),
    }
}

fn report(locale: Locale, problem: Option<ReportProblem>) -> ReportPage {
    let line = |about, answer: Option<&str>| ReportLine {
        at: "07:42, 21/11/2026".to_owned(),
        about,
        words: format!("{HOSTILE}\n\u{202e}dòng hai 🙂"),
        answer: answer.map(|answer| ("08:00, 22/11/2026".to_owned(), answer.to_owned())),
    };
    ReportPage {
        chrome: chrome(locale),
        about: Some(ReportAbout::Contact),
        words: HOSTILE.to_owned(),
        longest: 2_000,
        sent: problem.is_none(),
        problem,
        reports: ReportAbout::ALL.into_iter().map(|about| line(about, (about == ReportAbout::Unit).then_some(HOSTILE))).collect(),
    }
}

fn post_named(id: &str) -> PostNamed {
    PostNamed {
        id: id.to_owned(), title: HOSTILE.to_owned(), department: "Văn phòng".to_owned(), unit_name: HOSTILE.to_owned()
    }
}

fn delegation_line(is_given: bool, standing: Standing) -> DelegationLine {
    DelegationLine {
        id: format!("{is_given} {standing:?}"),
        is_given,
        other: HOSTILE.to_owned(),
        post: post_named("p1"),
        days: ("22/11/2026".to_owned(), "30/06/2027".to_owned()),
        decision_no: HOSTILE.to_owned(),
        standing,
    }
}

fn delegations(locale: Locale, full: bool, done: Option<DelegationDone>) -> Delegations {
    let all = [Standing::Now, Standing::Later, Standing::Idle, Standing::Over];
    let lines = all.into_iter().flat_map(|standing| [true, false].map(|is_given| delegation_line(is_given, standing)));
    Delegations {
        chrome: chrome(locale),
        lines: if full { lines.collect() } else { Vec::new() },
        may_give: full,
        is_old: !full,
        done,
    }
}

fn typed() -> Typed {
    let hostile = || HOSTILE.to_owned();
    Typed { position: hostile(), to: hostile(), valid_from: hostile(), valid_to: hostile(), decision_no: hostile() }
}

fn delegation_form(locale: Locale, problem: Option<FormProblem>) -> NewDelegation {
    let problem = problem.map(|problem| (problem, "19:30".to_owned()));
    NewDelegation { chrome: chrome(locale), posts: vec![post_named("p1"), post_named("p2")], typed: typed(), problem }
}

fn delegation_pages(locale: Locale) -> Vec<(&'static str, String)> {
    let lists = [(true, None), (false, Some(DelegationDone::Given)), (true, Some(DelegationDone::Ended))];
    let problems = [
        Problem::Post,
        Problem::Twice,
        Problem::NoName,
        Problem::Oneself,
        Problem::Nobody,
        Problem::From,
        Problem::Past,
        Problem::TooFar,
        Problem::Until,
        Problem::Order,
        Problem::TooLong,
        Problem::BeyondPost(date!(2026 - 12 - 31)),
        Problem::Decision,
    ];
    let wrong = problems.map(|problem| Some(FormProblem::Wrong(problem)));
    let forms = [None, Some(FormProblem::TooMany)].into_iter().chain(wrong);
    let confirm = ConfirmDelegation {
        chrome: chrome(locale),
        post: post_named("p1"),
        full_name: HOSTILE.to_owned(),
        own: post_named("p2"),
        days: ("22/11/2026".to_owned(), "30/06/2027".to_owned()),
        typed: typed(),
    };
    let mut pages: Vec<(&'static str, String)> =
        lists.into_iter().map(|(full, done)| ("delegations", delegations(locale, full, done).render_page())).collect();
    pages.extend(forms.map(|problem| ("delegation-new", delegation_form(locale, problem).render_page())));
    pages.push(("delegation-confirm", confirm.render_page()));
    pages.extend([true, false].map(|is_given| {
        let page = EndDelegation { chrome: chrome(locale), line: delegation_line(is_given, Standing::Now) };
        ("delegation-end", page.render_page())
    }));
    pages
}

/// Every page with its `data-page`.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, String)> {
    let problems = [
        None,
        Some(ReportProblem::NoAbout),
        Some(ReportProblem::Empty),
        Some(ReportProblem::TooLong),
        Some(ReportProblem::TooMany { until: "19:30".to_owned() }),
    ];
    let mut pages: Vec<(&'static str, String)> = portals(locale).into_iter().map(|html| ("portal", html)).collect();
    pages.extend([true, false].map(|full| ("profile", profile(locale, full).render_page())));
    pages.extend(problems.map(|problem| ("report", report(locale, problem).render_page())));
    pages.extend(delegation_pages(locale));
    pages.extend([true, false].map(|signed_on| ("privacy", Privacy { chrome: chrome(locale), signed_on }.render_page())));
    pages
}

#[test]
fn a_shared_computer_shows_one_large_way_out() {
    for locale in Locale::ALL {
        let mut page = profile(locale, true);
        let own = page.render_page();
        page.chrome.shared = true;
        let shared = page.render_page();

        assert_eq!(shared.matches("class=\"btn primary big\" id=\"portal-signout\"").count(), 1);
        assert!(!own.contains("portal-signout"));
        assert!(own.contains("id=\"tabs-signout\" href=\"/oauth2/logout\"") && !shared.contains("tabs-signout"));
    }
}

#[test]
fn whoever_acts_in_no_post_chooses_one_and_whoever_does_changes_it() {
    let of = |acting| portal(Locale::En, Some(person(vec![post("p1", acting), post("p2", false)], Safety::default(), None)));
    let (open, chosen) = (of(false).render_page(), of(true).render_page());

    assert!(open.contains(">Choose a post</summary>") && !open.contains("Change post"));
    assert!(chosen.contains(">Change post</summary>") && !chosen.contains("Choose a post"));
}

#[test]
fn text_may_be_twice_as_large() {
    let mut page = profile(Locale::Vi, true);
    page.chrome.text = TextSize::Four;
    let html = page.render_page();

    assert!(html.contains("data-text=\"4\""));
    assert!(html.contains("name=\"text\" value=\"4\""));
}

#[test]
fn a_seal_of_the_owners_takes_the_place_of_our_mark_in_the_header() {
    let mut page = profile(Locale::Vi, false);
    page.chrome.seal = Some("/assets-site/seal?v=1".to_owned());

    assert!(page.render_page().contains("<img src=\"/assets-site/seal?v=1\" alt=\"\" width=\"40\" height=\"40\">"));
}

#[test]
fn a_report_is_shown_as_it_was_typed_and_its_problem_at_the_field_that_mends_it() {
    let empty = report(Locale::En, Some(ReportProblem::Empty)).render_page();
    let no_about = report(Locale::En, Some(ReportProblem::NoAbout)).render_page();

    assert!(empty.contains("<a href=\"#words\">") && empty.contains("id=\"words-problem\"") && empty.contains("aria-invalid"));
    assert!(no_about.contains("<a href=\"#about-1\">") && no_about.contains("id=\"about-1-problem\""));
    assert!(empty.contains("\n\u{202e}dòng hai 🙂</p>"));
}
