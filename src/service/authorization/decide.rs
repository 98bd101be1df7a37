//! What an authorization request leads to (OpenID Connect Core §3.1.2.3).
//!
//! Deciding is kept apart from doing: [`decide`] is a pure function over what
//! is already known, so each row of the specification is one row of a test.

use crate::base::id::PositionId;
use crate::protocol::authorization_request::AuthorizationRequest;
use crate::protocol::error::ErrorCode;
use crate::protocol::prompt::Prompt;

/// What was asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// Wishes about pages.
    pub prompt: Prompt,
}

impl Asked {
    /// The part of a request that decides.
    pub fn of(request: &AuthorizationRequest) -> Self {
        Self { prompt: request.prompt }
    }
}

/// The position that a person acts in, if they hold any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting(pub Option<PositionId>);

/// What is known about the browser, its person and this request.
#[derive(Debug, Clone)]
pub struct Known {
    /// Someone is signed on.
    pub signed_on: bool,
    /// They signed in for this very request.
    pub authenticated_for_this: bool,
    /// They signed in within `max_age`.
    pub fresh_enough: bool,
    /// They are who the client expects.
    pub expected_person: bool,
    /// The hint, if there is one, is an ID token of ours for this client.
    pub hint_usable: bool,
    /// An essential level can be reached.
    pub level_reachable: bool,
    /// What they act in; `None` when they must choose.
    pub position: Option<Acting>,
    /// What is asked may be told, by policy or by an earlier consent.
    pub scopes_granted: bool,
    /// They agreed to this very request.
    pub consented_to_this: bool,
}

impl Known {
    /// Nobody is signed on.
    pub fn nobody() -> Self {
        Self {
            signed_on: false,
            authenticated_for_this: false,
            fresh_enough: false,
            expected_person: false,
            hint_usable: true,
            level_reachable: true,
            position: None,
            scopes_granted: false,
            consented_to_this: false,
        }
    }
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Ask who is there.
    ShowSignIn,
    /// Ask which position.
    ShowPosition,
    /// Ask for consent.
    ShowConsent,
    /// Answer with an error.
    Refuse(ErrorCode, &'static str),
    /// Answer with a code.
    Issue,
}

/// Decides. A sign-in made for this request satisfies `prompt=login` and
/// `max_age`, or else the page would come back for ever.
pub fn decide(asked: &Asked, known: &Known) -> Decision {
    let silent = asked.prompt.none;
    if !known.level_reachable {
        return Decision::Refuse(ErrorCode::UnmetAuthenticationRequirements, "the essential acr cannot be reached");
    }
    if !known.hint_usable {
        // A sign-in could not mend it: nobody is asked for a password in vain.
        return Decision::Refuse(ErrorCode::LoginRequired, "id_token_hint was not issued here for this client");
    }
    let again = asked.prompt.login || asked.prompt.select_account || !known.fresh_enough;
    if !known.signed_on || (again && !known.authenticated_for_this) {
        return if silent { Decision::Refuse(ErrorCode::LoginRequired, "the person must sign in") } else { Decision::ShowSignIn };
    }
    if !known.expected_person {
        let another = Decision::Refuse(ErrorCode::LoginRequired, "another person than the expected one is signed on");
        return if silent || known.authenticated_for_this { another } else { Decision::ShowSignIn };
    }
    if known.position.is_none() {
        let choose = Decision::Refuse(ErrorCode::InteractionRequired, "the person must choose a position");
        return if silent { choose } else { Decision::ShowPosition };
    }
    let ask = (asked.prompt.consent || !known.scopes_granted) && !known.consented_to_this;
    if ask {
        let agree = Decision::Refuse(ErrorCode::ConsentRequired, "the person must agree");
        return if silent { agree } else { Decision::ShowConsent };
    }
    Decision::Issue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &str) -> Asked {
        Asked { prompt: Prompt::parse(Some(words)).expect("a prompt") }
    }

    fn known(change: impl Fn(&mut Known)) -> Known {
        let mut known = Known {
            signed_on: true,
            authenticated_for_this: false,
            fresh_enough: true,
            expected_person: true,
            hint_usable: true,
            level_reachable: true,
            position: Some(Acting(None)),
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
            ("select_account", asked("select_account"), known(|_| ()), Decision::ShowSignIn),
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
            (known(|k| k.scopes_granted = false), ErrorCode::ConsentRequired),
            (known(|k| k.level_reachable = false), ErrorCode::UnmetAuthenticationRequirements),
        ];
        for (known, code) in table {
            assert!(refused(code)(&decide(&asked("none"), &known)), "{code:?}");
        }
        assert_eq!(decide(&asked("none"), &known(|_| ())), Decision::Issue);
    }

    #[test]
    fn what_was_asked_is_what_the_request_says() {
        use crate::protocol::parameters::Parameters;
        let parameters = Parameters::decode(b"response_type=code&scope=openid&prompt=login+consent");
        let request = AuthorizationRequest::read("tthc", &parameters).expect("a request");

        assert_eq!(Asked::of(&request).prompt, Prompt { login: true, consent: true, ..Prompt::default() });
    }

    #[test]
    fn another_person_who_signed_in_for_this_is_never_answered() {
        let other = known(|k| (k.expected_person, k.authenticated_for_this) = (false, true));
        assert!(refused(ErrorCode::LoginRequired)(&decide(&asked(""), &other)));
    }
}
