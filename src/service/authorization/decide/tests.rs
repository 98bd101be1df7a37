//! What is decided of each request, case by case of the specifications.

use super::*;

fn asked(words: &str) -> Asked {
    Asked { prompt: Prompt::parse(Some(words)).expect("a prompt") }
}

fn known(change: impl Fn(&mut Known)) -> Known {
    let mut known = Known {
        signed_on: true,
        authenticated_for_this: false,
        fresh_enough: true,
        old_account: OldAccount::Fine,
        expected_person: true,
        hint_usable: true,
        level: Level::Enough,
        reached: 0,
        has_second_factor: false,
        wants_passkey: false,
        must_enrol: false,
        must_change_password: false,
        position: Some(Acting(None)),
        posts: 0,
        chosen_for_this: false,
        enters: true,
        scopes_granted: true,
        consented_to_this: false,
    };
    change(&mut known);
    known
}

/// `None` stands for an error of that name.
fn refused(code: ErrorCode) -> impl Fn(&Decision) -> bool {
    move |decision| matches!(decision, Decision::Refuse(found, _) if *found == code)
}

#[test]
fn follows_core_3_1_2_1_and_3_1_2_3() {
    let table = [
        ("nobody", asked(""), Known::nobody(), Decision::ShowSignIn),
        ("signed on", asked(""), known(|_| ()), Decision::Issue),
        ("login", asked("login"), known(|_| ()), Decision::ShowSignIn),
        ("select_account without a position", asked("select_account"), known(|_| ()), Decision::ShowSignIn),
        ("select_account", asked("select_account"), known(|k| k.posts = 1), Decision::ShowPosition),
        ("select_account of nobody", asked("select_account"), Known::nobody(), Decision::ShowSignIn),
        ("select_account, chosen", asked("select_account"), known(|k| (k.posts, k.chosen_for_this) = (2, true)), Decision::Issue),
        (
            "select_account, signed in for it with the only position",
            asked("select_account"),
            known(|k| (k.posts, k.authenticated_for_this) = (1, true)),
            Decision::Issue,
        ),
        (
            "select_account, signed in for it with several positions",
            asked("select_account"),
            known(|k| (k.posts, k.authenticated_for_this) = (2, true)),
            Decision::ShowPosition,
        ),
        ("login and select_account", asked("login select_account"), known(|k| k.posts = 2), Decision::ShowSignIn),
        ("may not enter", asked(""), known(|k| k.enters = false), Decision::ShowRefused),
        ("chooses first", asked(""), known(|k| (k.enters, k.position) = (false, None)), Decision::ShowPosition),
        (
            "is not asked to agree in vain",
            asked("consent"),
            known(|k| (k.enters, k.scopes_granted) = (false, false)),
            Decision::ShowRefused,
        ),
        ("login, done", asked("login"), known(|k| k.authenticated_for_this = true), Decision::Issue),
        ("too old", asked(""), known(|k| k.fresh_enough = false), Decision::ShowSignIn),
        ("too old, done", asked(""), known(|k| (k.fresh_enough, k.authenticated_for_this) = (false, true)), Decision::Issue),
        ("another person", asked(""), known(|k| k.expected_person = false), Decision::ShowSignIn),
        ("several positions", asked(""), known(|k| k.position = None), Decision::ShowPosition),
        ("not agreed", asked(""), known(|k| k.scopes_granted = false), Decision::ShowConsent),
        ("consent", asked("consent"), known(|_| ()), Decision::ShowConsent),
        ("consent, done", asked("consent"), known(|k| k.consented_to_this = true), Decision::Issue),
        ("login and consent", asked("login consent"), known(|_| ()), Decision::ShowSignIn),
        ("login done, consent", asked("login consent"), known(|k| k.authenticated_for_this = true), Decision::ShowConsent),
    ];
    for (case, asked, known, expected) in table {
        assert_eq!(decide(&asked, &known), expected, "{case}");
    }
}

#[test]
fn no_page_is_shown_for_prompt_none() {
    let table = [
        (Known::nobody(), ErrorCode::LoginRequired),
        (known(|k| k.fresh_enough = false), ErrorCode::LoginRequired),
        (known(|k| k.expected_person = false), ErrorCode::LoginRequired),
        (known(|k| k.position = None), ErrorCode::InteractionRequired),
        (known(|k| k.enters = false), ErrorCode::AccessDenied),
        (known(|k| k.scopes_granted = false), ErrorCode::ConsentRequired),
        (known(|k| k.level = Level::BelowDemand), ErrorCode::LoginRequired),
        (known(|k| k.level = Level::Unreachable), ErrorCode::UnmetAuthenticationRequirements),
    ];
    for (known, code) in table {
        assert!(refused(code)(&decide(&asked("none"), &known)), "{code:?}");
    }
    assert_eq!(decide(&asked("none"), &known(|_| ())), Decision::Issue);
}

#[test]
fn follows_core_5_5_1_1_and_rfc_9470_5() {
    let at = |level: Level, done: bool| known(|k| (k.level, k.authenticated_for_this) = (level, done));
    let nobody = |level: Level| Known { level, ..Known::nobody() };
    let unmet = ErrorCode::UnmetAuthenticationRequirements;
    let table: [(&str, &str, Known, Option<Decision>); 12] = [
        ("the level is there", "", at(Level::Enough, false), Some(Decision::Issue)),
        ("wished for", "", at(Level::BelowWish, false), Some(Decision::ShowSignIn)),
        ("wished for and tried: what was reached is told", "", at(Level::BelowWish, true), Some(Decision::Issue)),
        ("wished for in silence: what was reached is told", "none", at(Level::BelowWish, false), Some(Decision::Issue)),
        ("demanded", "", at(Level::BelowDemand, false), Some(Decision::ShowSignIn)),
        ("demanded, tried and not reached", "", at(Level::BelowDemand, true), None),
        ("demanded beyond all", "", at(Level::Unreachable, false), None),
        ("demanded beyond all, in silence", "none", at(Level::Unreachable, false), None),
        ("demanded beyond all, whatever else is asked", "login consent", at(Level::Unreachable, true), None),
        ("demanded beyond all: nobody types a password in vain", "", nobody(Level::Unreachable), None),
        ("demanded of nobody yet", "", nobody(Level::BelowDemand), Some(Decision::ShowSignIn)),
        ("wished of nobody yet", "", nobody(Level::BelowWish), Some(Decision::ShowSignIn)),
    ];
    for (case, words, known, expected) in table {
        let decision = decide(&asked(words), &known);
        match expected {
            Some(expected) => assert_eq!(decision, expected, "{case}"),
            None => assert!(refused(unmet)(&decision), "{case}: {decision:?}"),
        }
    }
}

#[test]
fn what_is_asked_of_the_level_is_demanded_or_wished_for() {
    use crate::protocol::parameters::Parameters;
    const ISSUER: &str = "https://id.example";
    let essential = |values: &str| format!(r#"{{"id_token":{{"acr":{{"essential":true,"values":[{values}]}}}}}}"#);
    let voluntary = r#"{"id_token":{"acr":{"value":"LoA3"}}}"#;
    let table: [(&str, &str, String, Option<i64>, Wanted); 13] = [
        ("nothing", "", String::new(), None, Wanted::default()),
        ("a wish", "LoA2", String::new(), None, Wanted { demanded: None, wished: Some(2) }),
        ("one of several is enough", "LoA3 LoA2", String::new(), None, Wanted { demanded: None, wished: Some(2) }),
        ("somebody else's words", "urn:else", String::new(), None, Wanted::default()),
        ("a voluntary claim", "", voluntary.to_owned(), None, Wanted { demanded: None, wished: Some(3) }),
        ("an essential claim", "", essential(r#""LoA2""#), None, Wanted { demanded: Some(2), wished: None }),
        ("one of several", "", essential(r#""LoA4","LoA2""#), None, Wanted { demanded: Some(2), wished: None }),
        ("a wish beside it", "LoA3", essential(r#""LoA2""#), None, Wanted { demanded: Some(2), wished: Some(3) }),
        ("one of ours among others", "", essential(r#""urn:else","LoA1""#), None, Wanted { demanded: Some(1), wished: None }),
        ("none of ours", "", essential(r#""urn:else""#), None, Wanted { demanded: Some(NO_LEVEL_OF_OURS), wished: None }),
        ("essential, but any will do", "", essential(""), None, Wanted::default()),
        ("the client's least level", "LoA1", String::new(), Some(2), Wanted { demanded: Some(2), wished: Some(1) }),
        ("the higher of two demands", "", essential(r#""LoA1""#), Some(3), Wanted { demanded: Some(3), wished: None }),
    ];
    for (case, acr_values, claims, least, expected) in table {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("response_type", "code").append_pair("acr_values", acr_values);
        if !claims.is_empty() {
            query.append_pair("claims", &claims);
        }
        let request = AuthorizationRequest::read("tthc", &Parameters::decode(query.finish().as_bytes())).expect("a request");

        assert_eq!(Wanted::of(&request, least, ISSUER), expected, "{case}");
    }
}

#[test]
fn a_level_is_held_against_what_was_reached_and_what_can_be() {
    let demanded = |level: i64| Wanted { demanded: Some(level), wished: None };
    let wished = |level: i64| Wanted { demanded: None, wished: Some(level) };
    let both = Wanted { demanded: Some(1), wished: Some(2) };
    let table = [
        (Wanted::default(), None, 1, Level::Enough),
        (Wanted::default(), Some(1), 1, Level::Enough),
        (demanded(1), Some(1), 1, Level::Enough),
        (demanded(1), Some(2), 2, Level::Enough),
        (demanded(2), Some(1), 2, Level::BelowDemand),
        (demanded(2), None, 2, Level::BelowDemand),
        (demanded(2), Some(1), 1, Level::Unreachable),
        (demanded(2), None, 1, Level::Unreachable),
        (demanded(2), Some(2), 1, Level::Enough),
        (demanded(NO_LEVEL_OF_OURS), Some(4), 4, Level::Unreachable),
        (wished(2), Some(1), 2, Level::BelowWish),
        (wished(2), Some(2), 2, Level::Enough),
        (wished(2), Some(1), 1, Level::Enough),
        (both, Some(1), 2, Level::BelowWish),
        (both, Some(1), 1, Level::Enough),
        (both, Some(2), 2, Level::Enough),
    ];
    for (wanted, reached, highest, expected) in table {
        assert_eq!(wanted.against(reached, highest), expected, "{wanted:?} {reached:?} {highest}");
    }
}

#[test]
fn what_was_asked_is_what_the_request_says() {
    use crate::protocol::parameters::Parameters;
    let parameters = Parameters::decode(b"response_type=code&scope=openid&prompt=login+consent");
    let request = AuthorizationRequest::read("tthc", &parameters).expect("a request");

    assert_eq!(Asked::of(&request).prompt, Prompt { login: true, consent: true, ..Prompt::default() });
}

#[test]
fn whoever_must_have_a_second_factor_is_led_to_one_and_is_never_asked_in_circles() {
    let lacking = |change: fn(&mut Known)| {
        known(|k| {
            (k.level, k.must_enrol) = (Level::BelowDemand, true);
            change(k);
        })
    };
    let table = [
        ("first a sign-in", "login", lacking(|_| ()), Decision::ShowSignIn),
        ("then a second factor", "", lacking(|_| ()), Decision::ShowEnrolment),
        ("for this request", "login", lacking(|k| k.authenticated_for_this = true), Decision::ShowEnrolment),
        ("after a password of their own", "", lacking(|k| k.must_change_password = true), Decision::ShowNewPassword),
        ("not another person's", "", lacking(|k| k.expected_person = false), Decision::ShowSignIn),
        (
            "what they have got is asked for",
            "",
            lacking(|k| (k.must_enrol, k.has_second_factor) = (false, true)),
            Decision::ShowSecondFactor,
        ),
    ];
    for (case, words, known, expected) in table {
        assert_eq!(decide(&asked(words), &known), expected, "{case}");
    }
    assert!(refused(ErrorCode::InteractionRequired)(&decide(&asked("none"), &lacking(|_| ()))));
}

#[test]
fn a_sign_on_through_an_old_system_enters_what_is_of_that_system() {
    let old = |old_account: OldAccount| known(|k| k.old_account = old_account);
    let strange = Known { expected_person: false, ..old(OldAccount::Elsewhere) };
    let table = [
        ("one of its systems", "", old(OldAccount::Fine), Some(Decision::Issue)),
        ("nobody asked yet", "", old(OldAccount::Unconfirmed), Some(Decision::ShowConfirm)),
        ("nobody asked yet, in silence", "none", old(OldAccount::Unconfirmed), None),
        ("another system", "", old(OldAccount::Elsewhere), Some(Decision::ShowOwnWay)),
        ("another system, in silence", "none", old(OldAccount::Elsewhere), None),
        ("a fresh sign-in may be another", "login", old(OldAccount::Elsewhere), Some(Decision::ShowSignIn)),
        ("another person is told nothing", "", strange, Some(Decision::ShowSignIn)),
    ];
    for (case, words, known, expected) in table {
        let decision = decide(&asked(words), &known);
        match expected {
            Some(expected) => assert_eq!(decision, expected, "{case}"),
            None => assert!(refused(ErrorCode::InteractionRequired)(&decision), "{case}: {decision:?}"),
        }
    }
    let lacking = known(|k| {
        (k.old_account, k.level, k.has_second_factor) = (OldAccount::Elsewhere, Level::BelowDemand, true);
    });
    assert_eq!(decide(&asked(""), &lacking), Decision::ShowSecondFactor, "a passkey of theirs may be all that it takes");
}

#[test]
fn another_person_who_signed_in_for_this_is_never_answered() {
    let other = known(|k| (k.expected_person, k.authenticated_for_this) = (false, true));
    assert!(refused(ErrorCode::LoginRequired)(&decide(&asked(""), &other)));
}
