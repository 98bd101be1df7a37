//! Every page, in every language, keeps the promises that all pages make.

mod account;
mod federation;
mod methods;
mod not_me;
mod old_accounts;
mod own_pages;
mod recover;
mod walk;

use super::Page;
use super::chrome::Chrome;
use super::chrome::Help;
use super::chrome::TextSize;
use super::chrome::Theme;
use super::client::ClientLink;
use super::client::ForClient;
use super::client::LinkAbout;
use super::consent::Consent;
use super::consent::ConsentDetail;
use super::error::ErrorPage;
use super::error::ErrorWords;
use super::form_post::FormPost;
use super::logout::ConfirmLogout;
use super::password::Password;
use super::password::PasswordError;
use super::position::ChoosePosition;
use super::position::PositionChoice;
use super::position::PositionKindLine;
use super::refused::{Helper, Lack, RefusedPage};
use super::signed_out::LeftState;
use super::signed_out::SignedOut;
use super::signed_out::SignedOutSystem;
use super::signin::FieldError;
use super::signin::SignIn;
use super::wait::Wait;
use crate::base::locale::Locale;
use crate::base::words::words;
use crate::service::throttle::Limit;

const HOSTILE: &str = "\"><script>alert(1)</script>";

fn chrome(locale: Locale) -> Chrome {
    Chrome {
        locale,
        theme: Theme::Dark,
        text: TextSize::Two,
        csrf: "token".to_owned(),
        back: "/signin?request=r1".to_owned(),
        owner: "Ủy ban nhân dân Thành phố Hồ Chí Minh".to_owned(),
        city: "Thành phố Hồ Chí Minh".to_owned(),
        seal: None,
        shared: false,
        printed: String::new(),
        help: Help {
            phone: "1022, nhánh 3".to_owned(),
            zalo: "0123456789".to_owned(),
            email: "hotro@vi-du.vn".to_owned(),
            guide_url: "https://vi-du.vn/huong-dan".to_owned(),
        },
    }
}

fn signin(locale: Locale, error: Option<FieldError>) -> SignIn {
    SignIn {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        client: ForClient {
            name: HOSTILE.to_owned(),
            logo: Some("/clients/so-tay/logo".to_owned()),
            host: Some(HOSTILE.to_owned()),
            links: vec![ClientLink {
                about: LinkAbout::Policy,
                url: format!("https://vi-du.vn/?x={HOSTILE}"),
                host: "vi-du.vn".to_owned(),
            }],
        },
        username: HOSTILE.to_owned(),
        lasting: vec![("vneid".to_owned(), HOSTILE.to_owned())],
        passkeys: true,
        shared: true,
        error,
    }
}

fn password(locale: Locale, error: Option<PasswordError>) -> Password {
    Password {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        client: ForClient { name: "Văn bản".to_owned(), ..ForClient::default() },
        username: HOSTILE.to_owned(),
        place: Some(HOSTILE.to_owned()),
        elsewhere: true,
        shared: false,
        error,
    }
}

fn position(locale: Locale, error: bool) -> ChoosePosition {
    let choice = |id: &str, kind_line| PositionChoice {
        id: id.to_owned(),
        title: "Chuyên viên".to_owned(),
        department: "Phòng Văn hóa - Xã hội".to_owned(),
        unit_name: HOSTILE.to_owned(),
        kind_line,
        delegated_by: (id == "p3").then(|| HOSTILE.to_owned()),
        kept_out: id == "p3",
        former_units: vec!["UBND phường Phú Cường".to_owned()],
        chosen: false,
    };
    ChoosePosition {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        client_name: "Văn bản".to_owned(),
        positions: vec![
            choice("p1", PositionKindLine::Primary),
            choice("p2", PositionKindLine::Concurrent { until: Some("31/12/2026".to_owned()) }),
            choice("p3", PositionKindLine::Concurrent { until: None }),
        ],
        is_unheld: error,
        other: error.then(|| HOSTILE.to_owned()),
        error,
    }
}

fn refused(locale: Locale, lacks: &[(Option<i64>, bool)]) -> RefusedPage {
    RefusedPage {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        client_name: HOSTILE.to_owned(),
        post: Some((HOSTILE.to_owned(), "Phòng Văn hóa - Xã hội".to_owned())),
        unit_name: HOSTILE.to_owned(),
        lacks: lacks.iter().map(|&(level, office)| Lack { level, office }).collect(),
        by_factor: lacks.contains(&(Some(2), false)),
        contacts: vec![HOSTILE.to_owned()],
        helpers: vec![
            Helper { name: HOSTILE.to_owned(), email: Some(HOSTILE.to_owned()) },
            Helper { name: "Lê Thị Kim".to_owned(), email: None },
        ],
        several: !lacks.is_empty(),
    }
}

fn refused_pages(locale: Locale) -> [(&'static str, String); 3] {
    let mut nobody = refused(locale, &[]);
    (nobody.post, nobody.contacts, nobody.helpers) = (None, Vec::new(), Vec::new());
    let all = [(Some(2), false), (Some(2), true), (Some(3), false), (None, true)];
    let pages = [refused(locale, &[]), refused(locale, &all), nobody];
    pages.map(|page| ("refused", page.render_page()))
}

fn consent(locale: Locale) -> Consent {
    Consent {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        client_name: "Họp không giấy".to_owned(),
        client_host: "hop.vi-du.vn".to_owned(),
        username_display: HOSTILE.to_owned(),
        scopes: ["openid", "unit", "something_else"].map(str::to_owned).to_vec(),
        details: vec![
            ConsentDetail { kind: HOSTILE.to_owned(), fields: vec![(HOSTILE.to_owned(), HOSTILE.to_owned())] },
            ConsentDetail { kind: "ho_so".to_owned(), fields: vec![] },
        ],
        client_logo: Some("/clients/hop/logo".to_owned()),
        links: [LinkAbout::Site, LinkAbout::Policy, LinkAbout::Terms]
            .map(|about| ClientLink { about, url: format!("https://vi-du.vn/?x={HOSTILE}"), host: "vi-du.vn".to_owned() })
            .to_vec(),
        unchecked: true,
    }
}

fn logout(locale: Locale) -> ConfirmLogout {
    ConfirmLogout {
        chrome: chrome(locale),
        hidden: vec![("state".to_owned(), HOSTILE.to_owned())],
        full_name: "Nguyễn Thị Ánh Tuyết".to_owned(),
        systems: vec!["Văn bản".to_owned()],
    }
}

fn signed_out(locale: Locale) -> SignedOut {
    let system = |name: &str, state| SignedOutSystem { name: name.to_owned(), state };
    SignedOut {
        chrome: chrome(locale),
        at: "17:03, 22/11/2026".to_owned(),
        systems: vec![
            system("Văn bản", LeftState::Done),
            system("Tổng đài 1022", LeftState::Waiting),
            system("Họp không giấy", LeftState::Asked),
            system("Văn bản cũ", LeftState::Manual),
        ],
        continue_to: Some(("https://vi-du.vn/".to_owned(), "Văn bản".to_owned())),
        frames: vec!["https://hop.vi-du.vn/out?iss=https%3A%2F%2Fid&sid=s".to_owned(), HOSTILE.to_owned()],
    }
}

fn form_post(locale: Locale) -> FormPost {
    FormPost {
        chrome: chrome(locale),
        action: "https://vi-du.vn/callback".to_owned(),
        fields: vec![("code".to_owned(), "c".to_owned()), ("state".to_owned(), HOSTILE.to_owned())],
        client_name: "Văn bản".to_owned(),
    }
}

fn error(locale: Locale, what: ErrorWords, client_name: Option<&str>) -> ErrorPage {
    ErrorPage {
        chrome: chrome(locale),
        code: "invalid_request".to_owned(),
        what,
        client_name: client_name.map(str::to_owned),
        reference: "7K4P-92MX-D3".to_owned(),
        at: "08:14:37, 22/11/2026".to_owned(),
        detail: "redirect_uri is not registered".to_owned(),
    }
}

/// Every page with its `data-page`.
fn every_page(locale: Locale) -> Vec<(&'static str, String)> {
    let mut pages = vec![
        ("signin", signin(locale, None).render_page()),
        ("signin", signin(locale, Some(FieldError::Empty)).render_page()),
        ("signin", signin(locale, Some(FieldError::TooLong)).render_page()),
        ("password", password(locale, None).render_page()),
        ("password", password(locale, Some(PasswordError::Empty)).render_page()),
        ("password", password(locale, Some(PasswordError::Wrong)).render_page()),
        ("password", password(locale, Some(PasswordError::Down)).render_page()),
        (
            "password",
            password(locale, Some(PasswordError::Locked(Wait { limit: Limit::Name, until: "19:30".to_owned(), seconds: 43200 })))
                .render_page(),
        ),
        ("password", password(locale, Some(PasswordError::Busy { seconds: 5 })).render_page()),
        ("position", position(locale, false).render_page()),
        ("position", position(locale, true).render_page()),
        ("consent", consent(locale).render_page()),
        ("logout", logout(locale).render_page()),
        ("signed-out", signed_out(locale).render_page()),
        ("form-post", form_post(locale).render_page()),
    ];
    for what in ErrorWords::ALL {
        pages.push(("error", error(locale, what, Some("Họp không giấy")).render_page()));
        pages.push(("error", error(locale, what, None).render_page()));
    }
    pages.extend(refused_pages(locale));
    pages.extend(methods::pages(locale));
    pages.extend(account::pages(locale));
    pages.extend(federation::pages(locale));
    pages.extend(not_me::pages(locale));
    pages.extend(old_accounts::pages(locale));
    pages.extend(own_pages::pages(locale));
    pages.extend(recover::pages(locale));
    pages.extend(walk::pages(locale));
    pages
}

#[test]
fn every_page_says_its_language_its_name_and_its_title() {
    for locale in Locale::ALL {
        for (name, html) in every_page(locale) {
            let product = &words(locale).product;
            assert!(html.contains(&format!("<html lang=\"{}\" data-theme=\"dark\" data-text=\"2\">", locale.tag())), "{name}");
            assert!(html.contains(&format!("<main id=\"main\" tabindex=\"-1\" data-page=\"{name}\"")), "{name}");
            assert!(html.contains(&format!(" - {product}</title>")), "{name}");
            assert!(html.contains("href=\"#main\""), "{name}");
        }
    }
}

#[test]
fn no_page_holds_inline_style_or_script_or_an_unfilled_word() {
    for locale in Locale::ALL {
        for (name, html) in every_page(locale) {
            for refused in ["style=", "<style", "javascript:", " onclick=", " onload=", "data:", HOSTILE] {
                assert!(!html.contains(refused), "{name}: {refused}");
            }
            for script in html.split("<script").skip(1) {
                assert!(script.starts_with(" src=\"/assets/"), "{name}");
                assert!(script.contains("defer></script>"), "{name}");
            }
            assert!(!html.contains('{') && !html.contains('}'), "{name}");
        }
    }
}

#[test]
fn every_id_is_used_once_and_every_label_leads_to_one() {
    for (name, html) in every_page(Locale::Vi) {
        let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for id in &ids {
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{name}: {id}");
        }
        for target in html.split(" for=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(ids.contains(&target), "{name}: {target}");
        }
    }
}

#[test]
fn a_page_with_an_error_says_so_in_its_title_its_summary_and_at_its_field() {
    let html = password(Locale::En, Some(PasswordError::Wrong)).render_page();

    assert!(html.contains("<title>Error: Enter your password - Single sign-on</title>"));
    assert_eq!(html.matches("Incorrect username or password.").count(), 2);
    assert!(html.contains("aria-invalid=\"true\""));
    assert!(html.contains("<a href=\"#password\">"));
}

#[test]
fn every_step_can_be_cancelled_and_the_first_button_is_the_one_that_goes_on() {
    let mut steps = vec![
        (signin(Locale::Vi, None).render_page(), "signin-submit", "signin-cancel"),
        (password(Locale::Vi, None).render_page(), "signin-submit", "signin-cancel"),
        (position(Locale::Vi, false).render_page(), "position-submit", "signin-cancel"),
        (consent(Locale::Vi).render_page(), "consent-allow", "consent-deny"),
    ];
    steps.extend(methods::steps());
    for (html, go_on, cancel) in steps {
        let go_on = html.find(&format!("<button class=\"btn primary\" id=\"{go_on}\"")).expect("a primary button");
        let cancel = html.find(&format!("id=\"{cancel}\" name=\"decision\" value=\"deny\" formnovalidate")).expect("cancel");

        assert!(go_on < cancel);
    }
}

#[test]
fn whoever_may_not_enter_is_offered_only_what_could_help() {
    let [none, asked, nobody] = refused_pages(Locale::Vi).map(|(_, html)| html);

    assert!(none.contains("data-page=\"refused\" data-error=\"not_entitled\""));
    assert!(!none.contains("refused-raise") && !none.contains("refused-position") && none.contains("id=\"refused-ask\""));
    assert!(asked.contains("id=\"refused-raise\" name=\"act\" value=\"raise\""));
    assert!(asked.contains("href=\"/signin/position?request=r1\""));
    assert!(asked.contains("id=\"signin-cancel\" name=\"decision\" value=\"deny\""));
    assert!(!nobody.contains("refused-ask"), "there is nobody to name");
}

#[test]
fn a_page_of_another_systems_is_named_with_its_host_and_learns_nothing() {
    let mut page = consent(Locale::En);
    let html = page.render_page();
    (page.links, page.details, page.client_logo, page.unchecked) = (Vec::new(), Vec::new(), None, false);
    let plain = page.render_page();

    let outward: Vec<&str> = html.split("<a href=\"https://vi-du.vn/?").skip(1).collect();
    assert_eq!(outward.len(), 3);
    for link in outward {
        assert!(link.contains("target=\"_blank\" rel=\"noopener noreferrer nofollow\">"), "{link}");
        assert!(link.contains("</a> <span class=\"soft\">vi-du.vn</span>"), "{link}");
    }
    let words = words(Locale::En);
    let told = [&words.consent_links_note, &words.consent_unchecked, &words.consent_details];
    assert!(told.iter().all(|sentence| html.contains(sentence.as_str()) && !plain.contains(sentence.as_str())));
    assert!(html.contains("<img class=\"logo\" src=\"/clients/hop/logo\" alt=\"\"") && !plain.contains("class=\"logo\""));
}

#[test]
fn error_pages_carry_their_code_and_their_reference() {
    let html = error(Locale::Vi, ErrorWords::UnregisteredRedirect, Some("Họp không giấy")).render_page();

    assert!(html.contains("data-page=\"error\" data-error=\"invalid_request\""));
    assert!(html.contains("7K4P-92MX-D3"));
    assert!(html.contains("Hệ thống Họp không giấy gửi địa chỉ quay về chưa đăng ký"));
}

#[test]
fn help_without_channels_is_our_own_pages() {
    let mut page = signin(Locale::Vi, None);
    page.chrome.help = Help::default();

    let html = page.render_page();

    assert!(html.contains(r#"href="/help""#) && html.contains(r#"href="/privacy""#));
    for channel in ["tel:", "mailto:", "zalo"] {
        assert!(!html.contains(channel), "{channel}");
    }
}
