//! What was typed into a form that gives a role or takes one back, what came of it, and what is said about it.

use crate::base::date::parse;
use crate::base::text::nfc;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::rights::{GiveProblem, GiveTyped, RightDone};
use crate::model::entitlement::Condition;
use crate::model::methods::TWO_FACTORS;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::provisioning::roles::given::GiveError;
use axum::response::Response;
use time::Date;

/// What came of such a form.
pub(super) type Outcome = Result<Result<RightDone, GiveProblem>, Failure>;

/// What is wrong with a form; when nothing is, the way to its page, which says what was done.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
pub(super) fn wrong(visit: &Visit, outcome: Outcome) -> Result<GiveProblem, Response> {
    match outcome {
        Ok(Ok(done)) => Err(visit.see_other(&format!("{}?done={}", visit.here, done.word()))),
        Ok(Err(problem)) => Ok(problem),
        Err(failure) => Err(page::failed(visit, &failure)),
    }
}

/// The fields of such a form.
pub fn typed(form: &Parameters) -> GiveTyped {
    let text = |name: &str| form.get(name).map(nfc).unwrap_or_default();
    GiveTyped {
        username: text("username"),
        role: text(if form.get("right").is_some() { "right" } else { "role" }),
        position: text("position"),
        from: text("from"),
        to: text("to"),
        two_factors: form.get("two_factors").is_some(),
        office: form.get("office").is_some(),
        grant: text("grant"),
        reason: text("reason"),
    }
}

/// What a role asks of a sign-on, by the boxes that were ticked.
pub(super) fn condition(two_factors: bool, office_only: bool) -> Condition {
    Condition { least_level: two_factors.then_some(TWO_FACTORS), office_only }
}

/// A day as typed; nothing typed is no day.
pub(super) fn day(text: &str) -> Result<Option<Date>, ()> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some).ok_or(()) }
}

/// What is said about an error; what nobody can mend by typing is a failure.
pub fn problem(error: GiveError) -> Result<GiveProblem, Failure> {
    Ok(match error {
        GiveError::UnknownPerson => GiveProblem::Person,
        GiveError::OwnAccount => GiveProblem::Own,
        GiveError::UnknownClient | GiveError::Undeclared | GiveError::NotTheirs => GiveProblem::Role,
        GiveError::UnknownPosition => GiveProblem::Post,
        GiveError::Days => GiveProblem::Days,
        GiveError::Reason => GiveProblem::Reason,
        GiveError::Failure(failure) => return Err(failure),
    })
}
