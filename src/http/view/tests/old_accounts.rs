//! The pages of old accounts.

use super::super::Page;
use super::{HOSTILE, chrome, password};
use crate::base::locale::Locale;
use crate::base::words::words;
use crate::http::view::client::ForClient;
use crate::http::view::old_accounts::ChoosePlace;
use crate::http::view::old_accounts::ConfirmOld;
use crate::http::view::old_accounts::ConfirmPost;
use crate::http::view::old_accounts::Disputed;
use crate::http::view::old_accounts::NotIn;
use crate::http::view::old_accounts::OldAccountPage;
use crate::http::view::old_accounts::OwnWay;
use crate::http::view::old_accounts::PlaceChoice;
use crate::http::view::password::PasswordError;

fn place(locale: Locale, error: bool) -> ChoosePlace {
    let choice = |id: &str, there| PlaceChoice { id: id.to_owned(), name: HOSTILE.to_owned(), there, chosen: false };
    ChoosePlace {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        client: ForClient { name: HOSTILE.to_owned(), ..ForClient::default() },
        username: HOSTILE.to_owned(),
        city_chosen: true,
        places: vec![choice("bd", false), choice("vt", true), choice("city", false)],
        error,
    }
}

fn not_in(locale: Locale, why: NotIn) -> OldAccountPage {
    OldAccountPage { chrome: chrome(locale), request: "r1".to_owned(), why }
}

fn confirm(locale: Locale, posts: usize) -> ConfirmOld {
    let post = || ConfirmPost {
        title: HOSTILE.to_owned(),
        department: "Văn phòng".to_owned(),
        unit_name: HOSTILE.to_owned(),
        former_units: vec![HOSTILE.to_owned()],
    };
    ConfirmOld {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        source: HOSTILE.to_owned(),
        old_username: HOSTILE.to_owned(),
        old_name: HOSTILE.to_owned(),
        old_unit: HOSTILE.to_owned(),
        full_name: HOSTILE.to_owned(),
        new_unit: None,
        posts: (0..posts).map(|_| post()).collect(),
        asks_offline: posts == 1,
    }
}

fn own_way(locale: Locale, enough: bool, mail: bool) -> OwnWay {
    OwnWay {
        chrome: chrome(locale),
        request: "r1".to_owned(),
        client_name: HOSTILE.to_owned(),
        source: HOSTILE.to_owned(),
        enough,
        mail,
    }
}

/// Each of them.
pub(super) fn pages(locale: Locale) -> Vec<(&'static str, String)> {
    vec![
        ("place", place(locale, false).render_page()),
        ("place", place(locale, true).render_page()),
        ("old-account", not_in(locale, NotIn::Undecided).render_page()),
        ("old-account", not_in(locale, NotIn::Nobody).render_page()),
        ("confirm", confirm(locale, 0).render_page()),
        ("confirm", confirm(locale, 2).render_page()),
        ("disputed", Disputed { chrome: chrome(locale), request: "r1".to_owned() }.render_page()),
        ("own-way", own_way(locale, true, false).render_page()),
        ("own-way", own_way(locale, false, true).render_page()),
        ("own-way", OwnWay { client_name: String::new(), request: String::new(), ..own_way(locale, false, false) }.render_page()),
    ]
}

#[test]
fn whoever_has_to_prove_more_is_not_led_to_a_new_way_in() {
    let enough = own_way(Locale::Vi, true, false).render_page();
    let mail = own_way(Locale::Vi, false, true).render_page();
    let code = own_way(Locale::Vi, false, false).render_page();

    assert!(enough.contains("href=\"/welcome?request=r1\"") && !enough.contains("/signin/recover/code"));
    assert!(!mail.contains("/welcome") && mail.contains("id=\"own-way-mail\"") && mail.contains("/signin/recover/code"));
    assert!(!code.contains("/welcome") && !code.contains("id=\"own-way-mail\"") && code.contains("/signin/recover/code"));
}

#[test]
fn every_wrong_password_of_an_old_account_is_answered_with_the_same_advice() {
    let hint = &words(Locale::Vi).old_wrong_hint;
    let wrong = password(Locale::Vi, Some(PasswordError::Wrong));
    let mut own = password(Locale::Vi, Some(PasswordError::Wrong));
    own.place = None;

    assert!(wrong.render_page().contains(hint.as_str()));
    assert!(!own.render_page().contains(hint.as_str()));
    assert!(!password(Locale::Vi, None).render_page().contains(hint.as_str()));
}
