//! The pages of the first-time walk, and the guides.

use super::super::Page;
use super::{HOSTILE, chrome};
use crate::base::locale::Locale;
use crate::base::words::words;
use crate::http::view::guides;
use crate::http::view::help::Help;
use crate::http::view::help::HelpGuide;
use crate::http::view::qr::Drawing;
use crate::http::view::totp::TotpError;
use crate::http::view::welcome::Walk;
use crate::http::view::welcome::WelcomeApp;
use crate::http::view::welcome::WelcomeCodes;
use crate::http::view::welcome::WelcomeDone;
use crate::http::view::welcome::WelcomeFactor;
use crate::http::view::welcome::WelcomePost;
use crate::http::view::welcome::WelcomeSheet;
use crate::http::view::welcome::WelcomeWho;
use crate::model::welcome::Step;

fn walk(locale: Locale, here: Step, held: bool) -> Walk {
    Walk::new(&chrome(locale), here, Some(("r1".to_owned(), HOSTILE.to_owned())), held, true)
}

fn who(locale: Locale, posts: Vec<WelcomePost>) -> WelcomeWho {
    WelcomeWho {
        chrome: chrome(locale),
        walk: walk(locale, Step::Who, false),
        full_name: HOSTILE.to_owned(),
        username: HOSTILE.to_owned(),
        date_of_birth: Some("14/03/1987".to_owned()),
        personal_number: Some("079••••••214".to_owned()),
        posts,
    }
}

fn post(former_units: Vec<String>) -> WelcomePost {
    WelcomePost {
        title: "Chuyên viên".to_owned(),
        department: HOSTILE.to_owned(),
        unit_name: "Ủy ban nhân dân phường Thủ Dầu Một".to_owned(),
        unit_since: Some("01/07/2025".to_owned()),
        former_units,
    }
}

/// Which ways the page of the second factor shows: passkeys, an app, a shared computer, something to mend, a refusal.
struct Ways(bool, bool, bool, bool, bool);

fn factor(locale: Locale, held: bool, ways: &Ways) -> WelcomeFactor {
    let Ways(passkeys, app, shared, to_mend, refused) = *ways;
    WelcomeFactor { chrome: chrome(locale), walk: walk(locale, Step::Factor, held), passkeys, app, shared, to_mend, refused }
}

fn app(locale: Locale, error: Option<TotpError>) -> WelcomeApp {
    WelcomeApp {
        chrome: chrome(locale),
        walk: walk(locale, Step::Factor, false),
        username: HOSTILE.to_owned(),
        drawing: Drawing::of("otpauth://totp/x"),
        secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned(),
        uri: "otpauth://totp/x?secret=GEZD&issuer=x".to_owned(),
        error,
    }
}

fn done(locale: Locale, waiting: Option<(String, String)>, all: bool) -> WelcomeDone {
    let chrome = chrome(locale);
    WelcomeDone { walk: Walk::new(&chrome, Step::Done, waiting, false, !all), chrome, passkey: all, app: false, codes: all }
}

fn guide(locale: Locale, id: &str, signed_on: bool) -> HelpGuide {
    let (audience, guide) = guides::find(locale, id).expect("a guide");
    HelpGuide {
        chrome: chrome(locale),
        signed_on,
        audience,
        guide,
        issuer: "https://id.example".to_owned(),
        addresses: vec![("jwks_uri".to_owned(), HOSTILE.to_owned())],
    }
}

/// Every page with its `data-page`.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, String)> {
    let sheet = WelcomeSheet {
        chrome: chrome(locale),
        walk: walk(locale, Step::Codes, false),
        username: HOSTILE.to_owned(),
        issuer: "https://id.example".to_owned(),
        made_at: "08:00, 22/11/2026".to_owned(),
        codes: vec!["ABCDE-FGH23".to_owned()],
    };
    let posts = vec![post(vec!["UBND phường Phú Cường (30/06/2025)".to_owned()]), post(vec![])];
    let mut pages = vec![
        ("welcome-who", who(locale, posts).render_page()),
        ("welcome-who", who(locale, vec![]).render_page()),
        ("welcome-factor", factor(locale, false, &Ways(true, true, false, false, false)).render_page()),
        ("welcome-factor", factor(locale, true, &Ways(true, true, false, true, true)).render_page()),
        ("welcome-factor", factor(locale, true, &Ways(true, false, true, false, false)).render_page()),
        ("welcome-factor", factor(locale, false, &Ways(false, true, true, false, false)).render_page()),
        ("welcome-app", app(locale, None).render_page()),
        ("welcome-app", app(locale, Some(TotpError::Wrong)).render_page()),
        ("welcome-codes", WelcomeCodes { chrome: chrome(locale), walk: walk(locale, Step::Codes, false) }.render_page()),
        ("welcome-sheet", sheet.render_page()),
        ("welcome-done", done(locale, None, true).render_page()),
        ("welcome-done", done(locale, Some(("r1".to_owned(), String::new())), false).render_page()),
        ("welcome-done", done(locale, Some(("r1".to_owned(), HOSTILE.to_owned())), false).render_page()),
        ("help", Help { chrome: chrome(locale), signed_on: false }.render_page()),
        ("help", Help { chrome: chrome(locale), signed_on: true }.render_page()),
    ];
    for id in guides::audiences(locale).iter().flat_map(|audience| &audience.guide).map(|guide| &guide.id) {
        pages.push(("help-guide", guide(locale, id, false).render_page()));
        pages.push(("help-guide", guide(locale, id, true).render_page()));
    }
    pages
}

#[test]
fn whoever_is_held_is_offered_no_way_around() {
    let free = factor(Locale::Vi, false, &Ways(true, true, false, false, false)).render_page();
    let held = factor(Locale::Vi, true, &Ways(true, true, false, false, false)).render_page();
    let passkey_only = factor(Locale::Vi, true, &Ways(true, false, false, false, false)).render_page();

    assert!(free.contains("value=\"skip\"") && free.contains("href=\"/signin/continue?request=r1\""));
    assert!(!held.contains("value=\"skip\"") && !held.contains("/signin/continue"));
    assert!(held.contains("id=\"welcome-app\"") && !passkey_only.contains("id=\"welcome-app\""));
}

#[test]
fn each_step_names_the_present_one_and_those_behind() {
    let html = factor(Locale::En, false, &Ways(true, true, false, false, false)).render_page();

    assert_eq!(html.matches("aria-current=\"step\"").count(), 1);
    let current = html.split("aria-current=\"step\"").nth(1).expect("the present step");
    assert!(current.split("</li>").next().is_some_and(|line| line.contains("Passkey")));
    assert_eq!(html.matches("(done)").count(), 2);
}

#[test]
fn a_guide_without_pictures_is_whole_in_words() {
    let html = guide(Locale::En, "sign-in", false).render_page();

    assert!(html.contains("<strong>Continue</strong>") && html.contains("https://id.example"));
    assert!(html.matches("<img class=\"shot\"").count() <= html.matches("<li><div class=\"stack\">").count());
}

#[test]
fn whoever_has_no_password_here_is_not_told_that_it_is_in_use() {
    for locale in Locale::ALL {
        let t = words(locale);
        let mut page = done(locale, None, true);
        for (password, said) in [(true, &t.account_in_use), (false, &t.account_unused)] {
            page.walk = Walk::new(&chrome(locale), Step::Done, None, false, password);
            let html = page.render_page();

            let named = format!("<span class=\"name\">{}</span>", t.account_password);
            let line = html.split("<li>").find(|line| line.contains(&named));
            assert!(line.is_some_and(|line| line.contains(said.as_str())), "{locale:?}: {password}: {html}");
            let steps = html.split("</ol>").next().unwrap_or_default();
            assert_eq!(steps.contains(&format!(" {}<", t.welcome_step_password)), password, "{locale:?}: {html}");
        }
        let mut step = factor(locale, false, &Ways(true, false, false, false, false));
        assert!(step.render_page().contains(t.welcome_factor_skip.as_str()));
        step.walk.password = false;
        let html = step.render_page();
        assert!(html.contains(t.welcome_factor_skip_old.as_str()) && !html.contains(t.welcome_factor_skip.as_str()), "{html}");
    }
}
