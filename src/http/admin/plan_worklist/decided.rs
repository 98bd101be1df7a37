//! What was decided of single posts, a page at a time, and taking those back that are ticked.

use super::list::{Asked, ticks};
use super::{fell, reader, refused};
use crate::base::date::shown_moment;
use crate::base::id::PersonId;
use crate::http::admin::names::Names;
use crate::http::admin::{Desk, absent, enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::parts::address;
use crate::http::view::console::plan_worklist::{DecidedLine, DecidedListPage, DecidedProblem};
use crate::model::authority::{PlacePeople, ReadPlans};
use crate::protocol::parameters::Parameters;
use crate::service::reorganization::desk::{self, DecidedPage, Filter, PAGE, Told};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// The word of addresses for how many were taken back.
const TAKEN_BACK: &str = "taken-back";

/// What a page is asked to show beside the decisions.
#[derive(Default)]
struct Shown {
    after: Option<String>,
    problem: Option<DecidedProblem>,
    status: StatusCode,
    taken_back: Option<i64>,
}

/// The address of the decisions of a plan.
pub(super) fn here(name: &str) -> String {
    format!("/admin/plans/{name}/worklist/decided")
}

/// `GET /admin/plans/{name}/worklist/decided`
pub async fn get(visit: Visit, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let asked = Asked::read(&parameters);
    let shown = Shown {
        after: parameters.owned("after"),
        taken_back: parameters.get(TAKEN_BACK).and_then(|count| count.parse().ok()),
        ..Shown::default()
    };
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    show(&visit, &desk, (&name, asked.filter()), shown).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/plans/{name}/worklist/decided`: what is decided of each `p.PERSON.POSITION` that is ticked is taken back.
pub async fn post(mut visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = here(&name);
    press(&visit, &name, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, name: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<PlacePeople>() else { return Err(absent(visit)) };
    let form = own_form(visit, headers, body).await?;
    let asked = Asked::read(&form);
    let ticked = ticks(&form);
    let mut shown = Shown { after: form.owned("after"), status: StatusCode::UNPROCESSABLE_ENTITY, ..Shown::default() };
    if ticked.is_empty() {
        shown.problem = Some(DecidedProblem::Nobody);
        return show(visit, &desk, (name, asked.filter()), shown).await;
    }
    match desk::take_back(&visit.app.services, &proof, name, &ticked).await {
        Ok(count) => Ok(visit.see_other(&place(name, asked.filter(), "", &count.to_string()))),
        Err(error) => {
            let refused = refused(visit, error)?;
            (shown.status, shown.problem) = (refused.status, Some(DecidedProblem::Refused(refused.sentence)));
            show(visit, &desk, (name, asked.filter()), shown).await
        }
    }
}

fn place(name: &str, filter: &Filter, after: &str, taken_back: &str) -> String {
    let Filter { unit, department, title } = filter;
    let query = [("of", unit), ("department", department), ("title", title)].map(|(name, value)| (name, value.as_str()));
    let [of, department, title] = query;
    address(&here(name), &[of, department, title, ("after", after), (TAKEN_BACK, taken_back)])
}

/// Shows a page of the decisions to whoever may see it.
async fn show(visit: &Visit, desk: &Desk, (name, filter): (&str, &Filter), asked: Shown) -> Result<Response, Response> {
    let reader = reader(desk).ok_or_else(|| absent(visit))?;
    let found = desk::decisions(&visit.app.services, &reader, name, filter, asked.after.as_deref()).await;
    let (found, problem, status) = match found {
        Ok(found) => (found, asked.problem, asked.status),
        Err(error) => {
            // The units are not as the plan has them: nothing can be listed, and the page says why.
            let refused = refused(visit, error)?;
            let nothing = DecidedPage { title: name.to_owned(), told: Vec::new(), next: None };
            (nothing, asked.problem.or(Some(DecidedProblem::Refused(refused.sentence))), refused.status)
        }
    };
    let makers: Vec<PersonId> = found.told.iter().map(|told| PersonId(told.line.decided.row.by.clone())).collect();
    let names = Names::of(visit, desk, &makers).await?;
    let fell = fell(visit, name, asked.taken_back.is_some()).await;
    let page = DecidedListPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Plans),
        title: found.title,
        reads_plan: desk.authority.city::<ReadPlans>().is_some(),
        decides: desk.authority.units::<PlacePeople>().is_some(),
        lines: found.told.iter().map(|told| line(&names, told)).collect(),
        filter: filter.clone(),
        is_narrowed: *filter != Filter::default(),
        after: asked.after.clone().unwrap_or_default(),
        first: place(name, filter, "", ""),
        next: found.next.map(|next| place(name, filter, &next, "")),
        problem,
        fell,
        taken_back: asked.taken_back,
        most: PAGE,
        here: here(name),
    };
    Ok(visit.page(status, &page, None))
}

fn line(names: &Names, told: &Told) -> DecidedLine {
    let (line, decided) = (&told.line, &told.line.decided);
    let post = decided.post.as_ref();
    DecidedLine {
        person: decided.row.person.0.clone(),
        full_name: decided.full_name.clone(),
        username: decided.username.clone(),
        department: post.map(|post| post.department.clone()).unwrap_or_default(),
        title: post.map(|post| post.title.clone()).unwrap_or_default(),
        from: line.from_unit.clone(),
        to: line.to_unit.clone(),
        decision_no: decided.row.decision_no.clone(),
        by: names.shown(&decided.row.by),
        at: shown_moment(decided.row.at),
        counts: decided.counts,
        may_take_back: told.may_take_back,
        value: format!("{}.{}", decided.row.person, decided.row.position),
    }
}
