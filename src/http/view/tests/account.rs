//! The pages of the own account: methods and sessions, history, disclosures.

use super::super::Page;
use super::{HOSTILE, chrome};
use crate::base::locale::Locale;
use crate::http::view::disclosures::Disclosures;
use crate::http::view::disclosures::GroundLine;
use crate::http::view::disclosures::SystemCard;
use crate::http::view::disclosures::Withdraw;
use crate::http::view::history::History;
use crate::http::view::history::Line;
use crate::http::view::methods::AwayRow;
use crate::http::view::methods::DeviceRow;
use crate::http::view::methods::Done;
use crate::http::view::methods::EndSessions;
use crate::http::view::methods::MethodRow;
use crate::http::view::methods::Methods;
use crate::http::view::methods::MethodsPage;
use crate::http::view::methods::SessionRow;
use crate::http::view::place::Place;
use crate::model::device::Device;
use crate::service::account::history::{Act, By};
use crate::service::account::methods::{NextStep, Strength};

fn place() -> Place {
    Place { office: Some(HOSTILE.to_owned()), address: "10.20.3.4".to_owned() }
}

fn moment() -> String {
    "08:00, 22/11/2026".to_owned()
}

fn methods(strength: Strength, next: Option<NextStep>) -> Methods {
    let row = MethodRow { name: HOSTILE.to_owned(), since: "21/11/2026".to_owned(), used: Some(moment()) };
    Methods {
        password_since: Some("21/11/2026".to_owned()),
        passkeys: vec![row.clone(), MethodRow { used: None, ..row.clone() }],
        app: Some(MethodRow { name: String::new(), ..row }),
        codes: Some(("21/11/2026".to_owned(), 7)),
        strength,
        next,
        locked: true,
    }
}

fn nothing() -> Methods {
    Methods { password_since: None, passkeys: Vec::new(), app: None, codes: None, locked: false, ..methods(Strength::Weak, None) }
}

fn session(id: &str, is_this: bool) -> SessionRow {
    SessionRow {
        id: id.to_owned(),
        device: Device::from_words("tablet/iPadOS/Safari"),
        place: place(),
        systems: if is_this { vec![HOSTILE.to_owned(), "Văn bản".to_owned()] } else { Vec::new() },
        used: moment(),
        since: moment(),
        shared: is_this,
        is_this,
    }
}

fn own(locale: Locale, methods: Methods, done: Option<Done>) -> MethodsPage {
    let device = DeviceRow {
        id: "d1".to_owned(),
        device: Device::default(),
        used: moment(),
        remembered_until: Some("22/12/2026".to_owned()),
    };
    let away = AwayRow {
        account: "c2cvMQ".to_owned(),
        source: HOSTILE.to_owned(),
        username: HOSTILE.to_owned(),
        days: 7,
        allowed: true,
    };
    MethodsPage {
        chrome: chrome(locale),
        methods,
        away: vec![AwayRow { allowed: false, ..away.clone() }, away],
        sessions: vec![session("s1", true), session(HOSTILE, false)],
        devices: vec![DeviceRow { remembered_until: None, ..device.clone() }, device],
        done,
    }
}

const ACTS: [Act; 30] = [
    Act::SignedIn,
    Act::SignedInAgain,
    Act::Raised,
    Act::SignedOut,
    Act::Failed,
    Act::CodeFailed,
    Act::PasswordRefused,
    Act::Throttled,
    Act::PasswordChanged,
    Act::PasswordSet,
    Act::PasskeyAdded,
    Act::PasskeyRemoved,
    Act::AppAdded,
    Act::AppRemoved,
    Act::CodesMade,
    Act::CodeUsed,
    Act::LinkSent,
    Act::Invited,
    Act::RecoveryFailed,
    Act::RecoveryIssued,
    Act::HelpGiven,
    Act::HelpUsed,
    Act::Recovered,
    Act::Disowned,
    Act::DeviceRemembered,
    Act::DeviceForgotten,
    Act::ConsentGiven,
    Act::ConsentWithdrawn,
    Act::Disabled,
    Act::Enabled,
];

fn line(act: Act) -> Line {
    Line {
        when: moment(),
        act,
        by: if act == Act::PasswordSet { By::Administrator } else { By::Oneself },
        methods: "pwd otp mca hwk user".to_owned(),
        system: Some(HOSTILE.to_owned()),
        place: place(),
    }
}

fn history(locale: Locale, acts: &[Act], older: bool) -> History {
    let older = older.then(|| "5.01939c2e-7c00-7000-8000-000000000000".to_owned());
    History { chrome: chrome(locale), lines: acts.iter().map(|act| line(*act)).collect(), older, is_first: acts.is_empty() }
}

fn system(ground: GroundLine, told: bool) -> SystemCard {
    SystemCard {
        id: "hop".to_owned(),
        name: HOSTILE.to_owned(),
        scopes: ["openid", "unit", "something_else"].map(str::to_owned).to_vec(),
        ground,
        told: told.then(|| ("21/11/2026".to_owned(), moment())),
    }
}

fn disclosures(locale: Locale, withdrawn: bool) -> Disclosures {
    let agreed = GroundLine::Consent { since: "21/11/2026".to_owned() };
    let systems = vec![system(GroundLine::City, true), system(agreed, false), system(GroundLine::Withdrawn, true)];
    Disclosures { chrome: chrome(locale), systems, withdrawn }
}

/// Every page of them.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, String)> {
    let mut pages = vec![
        ("methods", own(locale, nothing(), None).render_page()),
        ("sessions-end", EndSessions { chrome: chrome(locale), others: Vec::new() }.render_page()),
        ("sessions-end", EndSessions { chrome: chrome(locale), others: vec![(Device::default(), place())] }.render_page()),
        ("history", history(locale, &ACTS, true).render_page()),
        ("history", history(locale, &[], false).render_page()),
        ("disclosures", disclosures(locale, true).render_page()),
        ("disclosures", Disclosures { systems: Vec::new(), ..disclosures(locale, false) }.render_page()),
        ("disclosure-withdraw", Withdraw { chrome: chrome(locale), system: system(GroundLine::City, true) }.render_page()),
    ];
    for done in Done::ALL {
        pages.push(("methods", own(locale, methods(Strength::Good, Some(NextStep::RecoveryCodes)), Some(done)).render_page()));
    }
    for (strength, next) in [(Strength::Fair, Some(NextStep::Passkey)), (Strength::Best, None)] {
        pages.push(("methods", own(locale, methods(strength, next), None).render_page()));
    }
    pages
}

#[test]
fn the_strength_is_said_in_words_and_drawn_in_four_steps() {
    let table =
        [(Strength::Weak, "Yếu", 1), (Strength::Fair, "Khá", 2), (Strength::Good, "Tốt", 3), (Strength::Best, "Rất tốt", 4)];
    for (strength, word, step) in table {
        let html = own(Locale::Vi, methods(strength, None), None).render_page();

        assert!(html.contains(&format!("<strong>{word}</strong>")) && html.contains(&format!("{step} trên 4")), "{word}");
        assert_eq!(html.matches("class=\"bar on\"").count(), step, "{word}");
        assert_eq!(html.matches("class=\"bar").count(), 5, "{word}: four bars in their box");
    }
}

#[test]
fn only_an_agreement_that_stands_can_be_taken_back() {
    let html = disclosures(Locale::En, false).render_page();

    assert_eq!(html.matches("?withdraw=hop\"").count(), 1);
    assert!(html.contains("something_else"), "a scope without words is shown by its name");
}

#[test]
fn what_others_did_tells_nothing_of_where_they_were() {
    let html = history(Locale::En, &[Act::PasswordSet], false).render_page();

    assert!(html.contains("An administrator reset the password") && !html.contains("10.20.3.4"));
}

#[test]
fn a_sheet_has_the_same_columns_in_every_row() {
    for act in ACTS {
        assert_eq!(line(act).cells(&chrome(Locale::Vi)).len(), Line::header(&chrome(Locale::Vi)).len(), "{act:?}");
    }
}

#[test]
fn what_opens_something_while_its_directory_is_away_is_switched_on_or_off_and_shown_to_nobody_else() {
    for locale in Locale::ALL {
        let mut page = own(locale, nothing(), None);
        let html = page.render_page();
        let buttons = |name: &str| html.matches(&format!(" name=\"{name}\" value=\"c2cvMQ\"")).count();
        assert_eq!((buttons("on"), buttons("off")), (1, 1), "{html}");

        page.away.clear();
        let html = page.render_page();
        assert!(!html.contains("/account/methods/offline") && !html.contains("id=\"away\""), "{html}");
    }
}
