//! What is done with a plan: approving what was looked at, applying it, taking it back, withdrawing it. Each of them asks
//! for a sign-in of the last minutes. What takes long goes on behind the answer, and the plan's page tells how far it is.

use super::one::{Shown, show};
use super::{address_of, failed, since, standing, status_of, told, writer};
use crate::http::admin::{Desk, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::plans::plan_address;
use crate::model::authority::WritePlans;
use crate::protocol::parameters::Parameters;
use crate::service::authority::City;
use crate::service::reorganization::looks::Told;
use crate::service::reorganization::looks::acts::{Act, Done, Order, begin};
use crate::service::reorganization::{By, ReorganizationError, withdraw as withdraw_plan};
use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;

/// `POST /admin/plans/{name}/approve`: `stage`, `digest`, and `accept_open` where open posts may end.
pub async fn approve(visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let act = |form: &Parameters| Act::Approve {
        digest: form.get("digest").unwrap_or_default().to_owned(),
        accept_open: form.get("accept_open").is_some(),
    };
    done(visit, name, (headers, body), act).await
}

/// `POST /admin/plans/{name}/apply`: `stage`, and `accept_open` where open posts may end.
pub async fn apply(visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let act = |form: &Parameters| Act::Apply { accept_open: form.get("accept_open").is_some() };
    done(visit, name, (headers, body), act).await
}

/// `POST /admin/plans/{name}/rollback`: `stage`, `reason`, and `accept_edits` where what was changed since may stay.
pub async fn rollback(visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let act = |form: &Parameters| Act::RollBack {
        accept_edits: form.get("accept_edits").is_some(),
        reason: form.get("reason").unwrap_or_default().to_owned(),
    };
    done(visit, name, (headers, body), act).await
}

/// `POST /admin/plans/{name}/withdraw`
pub async fn withdraw(mut visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = address_of(&name);
    let (desk, proof, form) = match asked(&visit, &name, (headers, body)).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let by = By { actor: proof.by.person.as_str(), origin: &proof.by.origin, typed_by: None };
    match withdraw_plan(&visit.app.services, &name, &by).await {
        Ok(()) => visit.see_other(&format!("{}?done=withdrawn", address_of(&name))),
        Err(error @ ReorganizationError::Failure(_)) => failed(&visit, &error),
        Err(error) => refused(&visit, (&desk, &name), &form, Told::of(&error)).await,
    }
}

type Asked = (Desk, City<WritePlans>, Parameters);

/// Who asks for something to be done with a plan that is there.
async fn asked(visit: &Visit, name: &str, (headers, body): (HeaderMap, Body)) -> Result<Asked, Response> {
    let form = own_form(visit, &headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let proof = writer(visit, &desk)?;
    standing(visit, name).await?;
    Ok((desk, proof, form))
}

async fn done(mut visit: Visit, name: String, sent: (HeaderMap, Body), act: impl Fn(&Parameters) -> Act) -> Response {
    visit.here = address_of(&name);
    let (desk, proof, form) = match asked(&visit, &name, sent).await {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let stage = form.owned("stage").filter(|stage| !stage.is_empty());
    let order = Order {
        plan: name.clone(),
        stage: stage.clone(),
        act: act(&form),
        actor: proof.by.person.0.clone(),
        origin: proof.by.origin.clone(),
    };
    let page = plan_address(&name, "", stage.as_deref());
    let mark = if page.contains('?') { '&' } else { '?' };
    match begin(&visit.app.services, &visit.app.looks, order).await {
        None => visit.see_other(&page),
        Some(Ok(done)) => visit.see_other(&format!("{page}{mark}{}", word(done))),
        Some(Err(problem)) => refused(&visit, (&desk, &name), &form, problem).await,
    }
}

/// What was done, for the address that says so.
fn word(done: Done) -> String {
    match done {
        Done::Approved => "done=approved".to_owned(),
        Done::Applied { people, open } => format!("done=applied&people={people}&open={open}"),
        Done::RolledBack { kept, ended, scopes_left, group_roles } => {
            let more = [("ended", ended), ("roles", group_roles)].into_iter().filter(|(_, figure)| *figure > 0);
            let more: Vec<String> = more.map(|(name, figure)| format!("&{name}={figure}")).collect();
            format!("done=rolled-back&people={kept}&scopes={scopes_left}{}", more.concat())
        }
    }
}

async fn refused(visit: &Visit, (desk, name): (&Desk, &str), form: &Parameters, problem: Told) -> Response {
    let status = status_of(&problem);
    let reason = form.get("reason").unwrap_or_default().to_owned();
    // Whoever is to accept what was done since sees what that is.
    let is_since = matches!(problem.word, "edits_since" | "group_roles_since");
    let shown = Shown { status, problem: Some(told(problem)), reason };
    if is_since {
        return since::show(visit, desk, (name, form), shown).await.unwrap_or_else(|response| response);
    }
    show(visit, desk, (name, form), shown).await.unwrap_or_else(|response| response)
}
