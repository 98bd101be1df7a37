//! Connecting a client, step by step. Only the last step changes anything: what was typed before it stands in the
//! address, which holds no secret, and can be gone back to.

use super::keeper;
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::client_new::ClientNew;
use crate::http::view::console::clients::ClientSecret;
use crate::model::client::ClientType;
use crate::protocol::parameters::Parameters;
use crate::protocol::scope;
use crate::service::clients::console;
use crate::service::clients::draft::{Draft, Part, Step};
use crate::service::clients::fields::Wrong;
use crate::service::clients::register::RegisterError;
use crate::service::clients::snippets::Framework;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::ExposeSecret as _;

const HERE: &str = "/admin/clients/new";
/// What most systems of the city need.
const USUAL_SCOPES: [&str; 5] = ["profile", "unit", "position", "positions", "roles"];

/// `GET /admin/clients/new`: `step` is the one that was filled in, and the next one follows when nothing is wrong with
/// it; `show` is the one to be shown.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    if keeper(&desk).is_none() {
        return absent(&visit);
    }
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let draft = read(&parameters);
    if let Some(step) = parameters.get("show").and_then(Step::from_word) {
        return show(&visit, &desk, step, draft, Vec::new(), None);
    }
    let Some(filled) = parameters.get("step").and_then(Step::from_word) else {
        return show(&visit, &desk, Step::Kind, draft, Vec::new(), None);
    };
    let wrongs = draft.wrongs();
    let first_wrong = wrongs.iter().map(|(part, _)| part.step()).filter(|step| *step <= filled).min();
    let next = Step::ALL.into_iter().find(|step| *step > filled).unwrap_or(Step::Summary);
    match first_wrong {
        Some(step) => show(&visit, &desk, step, draft, wrongs, None),
        None => show(&visit, &desk, next, draft, Vec::new(), None),
    }
}

/// `POST /admin/clients/new`: registers the client and answers with its secret, which no other page ever shows.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = keeper(&desk) else { return absent(&visit) };
    let draft = read(&form);
    let wrongs = draft.wrongs();
    if let Some(step) = wrongs.iter().map(|(part, _)| part.step()).min() {
        return show(&visit, &desk, step, draft, wrongs, None);
    }
    let client = draft.client();
    match console::add(&visit.app.services, &proof, &client).await {
        Ok(secret) => {
            let page = ClientSecret {
                chrome: visit.chrome(),
                console: desk.console(Section::Clients),
                id: client.id,
                name: client.name,
                secret: secret.map(|secret| secret.expose_secret().to_owned()),
                added: true,
                framework: draft.framework.word(),
            };
            visit.page(StatusCode::OK, &page, None)
        }
        Err(RegisterError::Taken) => show(&visit, &desk, Step::Kind, draft, vec![(Part::Id, Wrong::Taken)], None),
        Err(RegisterError::Refused(reason)) => show(&visit, &desk, Step::Summary, draft, Vec::new(), Some(reason)),
        Err(RegisterError::Unknown | RegisterError::Stale) => absent(&visit),
        Err(RegisterError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

/// What was typed, field by field: nothing else of a form reaches a registration.
fn read(form: &Parameters) -> Draft {
    let text = |part: Part| form.owned(part.word()).unwrap_or_default();
    let ticked = |name: &str| form.get(name).is_some();
    let asked = |scope: &&str| {
        if ticked("rights") { ticked(&format!("scope_{scope}")) } else { USUAL_SCOPES.contains(scope) }
    };
    Draft {
        kind: match form.get("kind") {
            Some("spa") => ClientType::Spa,
            Some("native") => ClientType::Native,
            Some("service") => ClientType::Service,
            _ => ClientType::Web,
        },
        framework: form.get("framework").and_then(Framework::from_word).unwrap_or_default(),
        id: text(Part::Id),
        name: text(Part::Name),
        description: text(Part::Description),
        home: text(Part::Home),
        redirect_uris: text(Part::RedirectUris),
        post_logout: text(Part::PostLogout),
        backchannel: text(Part::Backchannel),
        contacts: text(Part::Contacts),
        scopes: scope::ALL.into_iter().filter(asked).map(str::to_owned).collect(),
        roles: text(Part::Roles),
        third_party: ticked("third_party"),
        two_factors: ticked("two_factors"),
    }
}

fn show(visit: &Visit, desk: &Desk, step: Step, draft: Draft, wrongs: Vec<(Part, Wrong)>, refused: Option<String>) -> Response {
    let fine = wrongs.is_empty() && refused.is_none();
    let page = ClientNew { chrome: visit.chrome(), console: desk.console(Section::Clients), step, draft, wrongs, refused };
    visit.page(if fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, &page, None)
}
