//! What an authorization request leads to (OpenID Connect Core §3.1.2.3).
//!
//! Deciding is kept apart from doing: [`decide`] is a pure function over what
//! is already known, so each row of the specification is one row of a test.

use crate::base::id::PositionId;
use crate::protocol::acr;
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

/// Above every level: what is demanded is no level of ours.
const NO_LEVEL_OF_OURS: i64 = i64::MAX;

/// What is asked of the level of the sign-in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The answer is an error below it.
    pub demanded: Option<i64>,
    /// It is tried for, and what was reached is told all the same.
    pub wished: Option<i64>,
}

impl Wanted {
    /// An essential `acr` and the client's own least level are demanded (Core §5.5.1.1); `acr_values`
    /// and a voluntary `acr` are wished for (Core §3.1.2.1, RFC 9470 §5). Of several values one is enough.
    pub fn of(request: &AuthorizationRequest, least: Option<i64>, issuer: &str) -> Self {
        let lowest = |values: &[String]| values.iter().filter_map(|value| acr::level_of(value, issuer)).min();
        let (named, essential) = request.claims.wanted_acr().unwrap_or_default();
        if !essential {
            return Self { demanded: least, wished: lowest(&request.asked_acr()) };
        }
        let demanded = if named.is_empty() { None } else { lowest(&named).or(Some(NO_LEVEL_OF_OURS)) };
        Self { demanded: demanded.max(least), wished: lowest(&request.acr_values) }
    }

    /// Holds it against the level of a sign-on, if there is one, and the highest that a sign-in could reach.
    pub fn against(self, reached: Option<i64>, highest: i64) -> Level {
        let below = |level: &i64| reached.is_none_or(|reached| reached < *level);
        if let Some(demanded) = self.demanded.filter(below) {
            return if demanded > highest { Level::Unreachable } else { Level::BelowDemand };
        }
        match self.wished.filter(|wished| *wished <= highest).filter(below) {
            Some(_) => Level::BelowWish,
            None => Level::Enough,
        }
    }
}

/// How the level of the sign-on compares with what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It is what is asked, or nothing is.
    Enough,
    /// A sign-in could reach what is wished for.
    BelowWish,
    /// A sign-in could reach what is demanded.
    BelowDemand,
    /// No sign-in here reaches what is demanded.
    Unreachable,
}

/// How a sign-on that came through an old system stands to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldAccount {
    /// It did not come that way, or may enter.
    Fine,
    /// Its person has not yet said that they are who the system believes they are.
    Unconfirmed,
    /// The client is none of its source's: a way to sign in of the person's own comes first.
    Elsewhere,
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
    /// What a sign-on through an old system still needs here, or may not.
    pub old_account: OldAccount,
    /// They are who the client expects.
    pub expected_person: bool,
    /// The hint, if there is one, is an ID token of ours for this client.
    pub hint_usable: bool,
    /// How the level of their sign-on compares with what is asked.
    pub level: Level,
    /// The level that they reached, as far as the rules for this client count it.
    pub reached: i64,
    /// They have something beside the password to prove themselves with.
    pub has_second_factor: bool,
    /// The second factor has to be a passkey.
    pub wants_passkey: bool,
    /// They have to get a second factor first: nothing that they have reaches what is demanded.
    pub must_enrol: bool,
    /// Their password was set by somebody else.
    pub must_change_password: bool,
    /// What they act in; `None` when they must choose.
    pub position: Option<Acting>,
    /// So many positions are theirs today.
    pub posts: usize,
    /// They chose one of them for this very request.
    pub chosen_for_this: bool,
    /// The client lets them in, in that position and as they signed in.
    pub enters: bool,
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
            old_account: OldAccount::Fine,
            expected_person: false,
            hint_usable: true,
            level: Level::Enough,
            reached: 0,
            has_second_factor: false,
            wants_passkey: false,
            must_enrol: false,
            must_change_password: false,
            position: None,
            posts: 0,
            chosen_for_this: false,
            enters: true,
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
    /// Ask for the factor that is missing (RFC 9470 §4).
    ShowSecondFactor,
    /// Ask for a password of their own.
    ShowNewPassword,
    /// Lead them to a second factor of their own.
    ShowEnrolment,
    /// Show them who the system believes they are.
    ShowConfirm,
    /// Tell them that this needs a way to sign in of their own, and lead them to one.
    ShowOwnWay,
    /// Ask which position.
    ShowPosition,
    /// Tell them that the client does not let them in, and whom to ask.
    ShowRefused,
    /// Ask for consent.
    ShowConsent,
    /// Answer with an error.
    Refuse(ErrorCode, &'static str),
    /// Answer with a code.
    Issue,
}

/// Whether somebody has to choose, because `prompt=select_account` asks them to. Whoever just signed in for this request has
/// chosen the account by that, and with only one position there is nothing more to choose.
fn selects(asked: Asked, known: &Known) -> bool {
    let settled = known.chosen_for_this || (known.authenticated_for_this && known.posts == 1);
    asked.prompt.select_account && known.posts > 0 && !settled
}

/// Decides. A sign-in made for this request satisfies `prompt=login` and
/// `max_age`, and is all that is tried for a level, or else the page would come back for ever.
pub fn decide(asked: &Asked, known: &Known) -> Decision {
    let silent = asked.prompt.none;
    if known.level == Level::Unreachable {
        return Decision::Refuse(
            ErrorCode::UnmetAuthenticationRequirements,
            "no sign-in here reaches the level that is demanded",
        );
    }
    if !known.hint_usable {
        // A sign-in could not mend it: nobody is asked for a password in vain.
        return Decision::Refuse(ErrorCode::LoginRequired, "id_token_hint was not issued here for this client");
    }
    let stronger = match known.level {
        Level::Enough | Level::Unreachable => false,
        // Nobody is bothered for a wish when no page may be shown: the level that was reached is told.
        Level::BelowWish => !silent,
        Level::BelowDemand => true,
    };
    // Whoever holds positions selects among them, and may sign in as somebody else from there.
    let another = asked.prompt.select_account && known.posts == 0;
    let anew = asked.prompt.login || another || !known.fresh_enough;
    // What is missing is asked for, and nothing that was proven already.
    let adds = stronger && known.has_second_factor;
    let enrols = stronger && known.must_enrol;
    let again = anew || (stronger && !adds && !enrols);
    if !known.signed_on || (again && !known.authenticated_for_this) {
        return if silent { Decision::Refuse(ErrorCode::LoginRequired, "the person must sign in") } else { Decision::ShowSignIn };
    }
    if known.level == Level::BelowDemand && !adds && !enrols {
        let short = "the person signed in, but not at the level that is demanded";
        return Decision::Refuse(ErrorCode::UnmetAuthenticationRequirements, short);
    }
    if !known.expected_person {
        let another = Decision::Refuse(ErrorCode::LoginRequired, "another person than the expected one is signed on");
        return if silent || known.authenticated_for_this { another } else { Decision::ShowSignIn };
    }
    if adds {
        let more = Decision::Refuse(ErrorCode::LoginRequired, "the person must prove themselves by a second factor");
        return if silent { more } else { Decision::ShowSecondFactor };
    }
    match known.old_account {
        OldAccount::Fine => {}
        OldAccount::Unconfirmed => {
            let confirm = Decision::Refuse(ErrorCode::InteractionRequired, "the person must see who they are here");
            return if silent { confirm } else { Decision::ShowConfirm };
        }
        OldAccount::Elsewhere => {
            let own = Decision::Refuse(ErrorCode::InteractionRequired, "the person must get a way to sign in of their own");
            return if silent { own } else { Decision::ShowOwnWay };
        }
    }
    if known.must_change_password {
        let change = Decision::Refuse(ErrorCode::InteractionRequired, "the person must choose another password");
        return if silent { change } else { Decision::ShowNewPassword };
    }
    if enrols {
        let enrol = Decision::Refuse(ErrorCode::InteractionRequired, "the person must get a second factor");
        return if silent { enrol } else { Decision::ShowEnrolment };
    }
    if known.position.is_none() || selects(*asked, known) {
        let choose = Decision::Refuse(ErrorCode::InteractionRequired, "the person must choose a position");
        return if silent { choose } else { Decision::ShowPosition };
    }
    if !known.enters {
        let kept_out = Decision::Refuse(ErrorCode::AccessDenied, "this person may not enter this client");
        return if silent { kept_out } else { Decision::ShowRefused };
    }
    let ask = (asked.prompt.consent || !known.scopes_granted) && !known.consented_to_this;
    if ask {
        let agree = Decision::Refuse(ErrorCode::ConsentRequired, "the person must agree");
        return if silent { agree } else { Decision::ShowConsent };
    }
    Decision::Issue
}

#[cfg(test)]
mod tests;
