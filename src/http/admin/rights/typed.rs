//! What was typed into a form that gives a role or takes one back, and what is said about it.

use crate::base::date::parse;
use crate::base::text::nfc;
use crate::http::view::console::rights::{GiveProblem, GiveTyped};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::provisioning::roles::given::GiveError;
use time::Date;

/// The fields of such a form.
pub fn typed(form: &Parameters) -> GiveTyped {
    let text = |name: &str| form.get(name).map(nfc).unwrap_or_default();
    GiveTyped {
        username: text("username"),
        role: text(if form.get("right").is_some() { "right" } else { "role" }),
        position: text("position"),
        from: text("from"),
        to: text("to"),
        grant: text("grant"),
        reason: text("reason"),
    }
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
        GiveError::UnknownClient | GiveError::Undeclared | GiveError::NotTheirs | GiveError::UnknownPosition => GiveProblem::Role,
        GiveError::Days => GiveProblem::Days,
        GiveError::Reason => GiveProblem::Reason,
        GiveError::Failure(failure) => return Err(failure),
    })
}
