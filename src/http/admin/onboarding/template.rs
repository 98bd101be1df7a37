//! The template by which units begin: its posts, the words that fill them, their rights.

use super::readiness::address;
use crate::base::text::nfc;
use crate::http::admin::{Desk, absent, enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::unit_template::{PostFields, TemplatePage, TemplateProblem};
use crate::model::authority::{EditTemplate, ReadTemplate, Sees};
use crate::model::unit_template::{MOST_POSTS, Post, Right, TemplateFault};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authority::City;
use crate::service::onboarding::template::{self, TemplateError};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const HERE: &str = "/admin/onboarding/template";
/// Empty posts below the ones that there are.
const EMPTY: usize = 2;

/// `GET /admin/onboarding/template`
pub async fn get(visit: Visit) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.city::<ReadTemplate>() else { return absent(&visit) };
    let shown = match template::current(&visit.app.services).await {
        Ok(current) => {
            let posts = current.posts.iter().map(fields).collect();
            show(&visit, &desk, &proof, (current.version, posts), None).await
        }
        Err(failure) => Err(failure),
    };
    shown.unwrap_or_else(|failure| page::failed(&visit, &failure))
}

/// `POST /admin/onboarding/template`: the posts by their numbers; one without a name is none.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.city::<EditTemplate>() else { return absent(&visit) };
    let mut seen = form.get("version").and_then(|version| version.parse::<i64>().ok()).unwrap_or(-1);
    let typed = typed(&form);
    let problem = match parsed(&typed) {
        Err(fault) => TemplateProblem::Fault(fault),
        Ok(posts) => match template::change(&visit.app.services, &proof, seen, &posts).await {
            Ok(_) => return visit.see_other(&address("template")),
            Err(TemplateError::Fault(fault)) => TemplateProblem::Fault(fault),
            Err(TemplateError::Stale) => {
                // Whoever saves again knows that they replace what somebody else wrote.
                match template::current(&visit.app.services).await {
                    Ok(current) => seen = current.version,
                    Err(failure) => return page::failed(&visit, &failure),
                }
                TemplateProblem::Stale
            }
            Err(TemplateError::Failure(failure)) => return page::failed(&visit, &failure),
        },
    };
    let shown = show(&visit, &desk, &proof, (seen, typed), Some(problem)).await;
    shown.unwrap_or_else(|failure| page::failed(&visit, &failure))
}

/// The posts that were typed; those without a name are left out, and the others follow each other.
fn typed(form: &Parameters) -> Vec<PostFields> {
    let text = |field: &str, number: usize| form.owned(&format!("{field}_{number}")).unwrap_or_default();
    let all = (1..=MOST_POSTS + EMPTY).map(|number| PostFields {
        number,
        name: nfc(&text("name", number)),
        words: text("words", number),
        rights: text("rights", number),
        administers: form.get(&format!("administers_{number}")).is_some(),
    });
    let named = all.filter(|post| !post.name.is_empty());
    named.enumerate().map(|(place, post)| PostFields { number: place + 1, ..post }).collect()
}

/// The posts as they are kept; a right without a colon names nothing.
fn parsed(typed: &[PostFields]) -> Result<Vec<Post>, TemplateFault> {
    let lines = |text: &str| text.split(['\n', ',', ';']).map(nfc).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let post = |fields: &PostFields| {
        let mut rights = Vec::new();
        for line in lines(&fields.rights) {
            let Some((client, role)) = line.split_once(':') else {
                return Err(TemplateFault::Undeclared(fields.number, line));
            };
            rights.push(Right { client: client.trim().to_owned(), role: role.trim().to_owned() });
        }
        Ok(Post::new(&fields.name, &lines(&fields.words), rights, fields.administers))
    };
    typed.iter().map(post).collect()
}

fn fields(post: &Post) -> PostFields {
    let rights: Vec<String> = post.rights.iter().map(|right| format!("{}:{}", right.client, right.role)).collect();
    PostFields {
        number: 0,
        name: post.name.clone(),
        words: post.words.join("\n"),
        rights: rights.join("\n"),
        administers: post.administers,
    }
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    proof: &City<impl Sees<ReadTemplate>>,
    (version, mut posts): (i64, Vec<PostFields>),
    problem: Option<TemplateProblem>,
) -> Result<Response, Failure> {
    let clients = template::declaring(&visit.app.services, proof).await?;
    let may_edit = desk.authority.city::<EditTemplate>().is_some();
    // Whoever only looks has nothing to fill in.
    let empty = if may_edit { EMPTY } else { 0 };
    let wanted = (posts.len() + empty).min(MOST_POSTS.max(posts.len()));
    posts.resize_with(wanted, PostFields::default);
    for (place, post) in posts.iter_mut().enumerate() {
        post.number = place + 1;
    }
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = TemplatePage {
        chrome: visit.chrome(),
        console: desk.console(Section::Onboarding),
        version,
        posts,
        clients,
        may_edit,
        problem,
        said: None,
    };
    Ok(visit.page(status, &page, None))
}
