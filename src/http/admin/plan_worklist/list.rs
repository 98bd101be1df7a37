//! The posts that wait for a decision, a page at a time, and a decision about those that are ticked.

use super::{fell, reader, refused};
use crate::base::date::shown;
use crate::base::id::{PersonId, PositionId, is_uuid};
use crate::http::admin::{Desk, absent, enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Section;
use crate::http::view::console::parts::{SelectOption, address};
use crate::http::view::console::plan_worklist::{Done, Group, ListPage, PostLine, Problem};
use crate::model::authority::{PlacePeople, ReadPlans};
use crate::model::row_error::RowError;
use crate::protocol::parameters::Parameters;
use crate::service::reorganization::desk::{self, Candidate, Filter, PAGE, PAPER, Post};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::collections::BTreeSet;

/// The fields of the filter, and where a page begins.
const ASKED: [&str; 4] = ["of", "department", "title", "after"];
/// The word of addresses for a list that is made for paper.
const PAPER_WORD: &str = "whole";

/// Which page of which list was asked for, and what was typed on it.
#[derive(Default)]
pub(super) struct Asked {
    filter: Filter,
    after: Option<String>,
    /// It is for paper: longer, and nothing is decided on it.
    on_paper: bool,
    /// The posts that are ticked: `PERSON.POSITION`.
    ticked: Vec<String>,
    unit: String,
    /// Code or name of a unit, where it may be any.
    named: String,
    decision_no: String,
    pub(super) problem: Option<Problem>,
    pub(super) mistakes: Vec<RowError>,
    pub(super) status: StatusCode,
    done: Option<Done>,
}

impl Asked {
    /// Reads a query, or the form that carries one.
    pub(super) fn read(parameters: &Parameters) -> Self {
        let text = |name: &str| parameters.get(name).unwrap_or_default().trim().to_owned();
        let filter = Filter { unit: text("of"), department: text("department"), title: text("title") };
        Self { filter, after: parameters.owned("after"), on_paper: parameters.get(PAPER_WORD).is_some(), ..Self::default() }
    }

    /// What narrows the list.
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What a form decides.
    fn with_choice(mut self, form: &Parameters) -> Self {
        let ticked = form.pairs().filter_map(|(name, _)| name.strip_prefix("p."));
        self.ticked = ticked.map(str::to_owned).collect();
        self.unit = form.owned("unit").unwrap_or_default();
        self.named = form.get("named").unwrap_or_default().trim().to_owned();
        self.decision_no = form.owned("decision_no").unwrap_or_default();
        self
    }

    fn address(&self, here: &str, after: &str) -> String {
        self.address_for(here, after, self.on_paper)
    }

    fn address_for(&self, here: &str, after: &str, on_paper: bool) -> String {
        let Filter { unit, department, title } = &self.filter;
        let whole = if on_paper { "1" } else { "" };
        address(here, &[("of", unit), ("department", department), ("title", title), ("after", after), (PAPER_WORD, whole)])
    }
}

/// The address of the list of a plan.
pub(super) fn here(name: &str) -> String {
    format!("/admin/plans/{name}/worklist")
}

/// `GET /admin/plans/{name}/worklist`; with `whole` longer and without forms, for paper.
pub async fn get(visit: Visit, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let mut asked = Asked::read(&parameters);
    asked.done = Done::read(|word| parameters.get(word).and_then(|count| count.parse().ok()));
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    show(&visit, &desk, &name, asked).await.unwrap_or_else(|answer| answer)
}

/// The posts that a form ticks: `p.PERSON.POSITION`.
pub(super) fn ticks(form: &Parameters) -> Vec<(PersonId, PositionId)> {
    let ticked = |name: &str| {
        let (person, position) =
            name.strip_prefix("p.")?.split_once('.').filter(|(person, position)| is_uuid(person) && is_uuid(position))?;
        Some((PersonId(person.to_owned()), PositionId(position.to_owned())))
    };
    form.pairs().filter_map(|(name, _)| ticked(name)).collect()
}

/// `POST /admin/plans/{name}/worklist`: `unit`, or `named` where it may be any, and `decision_no` for each `p.PERSON.POSITION`
/// that is ticked; and the query of the list, to come back to it.
pub async fn post(mut visit: Visit, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = here(&name);
    press(&visit, &name, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn press(visit: &Visit, name: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.units::<PlacePeople>() else { return Err(absent(visit)) };
    let form = own_form(visit, headers, body).await?;
    let mut asked = Asked::read(&form).with_choice(&form);
    let ticked = ticks(&form);
    asked.status = StatusCode::UNPROCESSABLE_ENTITY;
    if ticked.is_empty() {
        asked.problem = Some(Problem::Nobody);
        return show(visit, &desk, name, asked).await;
    }
    // What is typed was meant, whatever the list beside it was left at.
    let unit = if asked.named.is_empty() { asked.unit.as_str() } else { asked.named.as_str() };
    if unit.is_empty() {
        asked.problem = Some(Problem::NoUnit);
        return show(visit, &desk, name, asked).await;
    }
    let decided = desk::decide(&visit.app.services, &proof, name, &ticked, (unit, &asked.decision_no)).await;
    match decided {
        // What was decided is gone from the list, so that the page begins where it began.
        Ok(count) => Ok(visit.see_other(&address(
            &here(name),
            &[
                ("of", &asked.filter.unit),
                ("department", &asked.filter.department),
                ("title", &asked.filter.title),
                ("after", asked.after.as_deref().unwrap_or_default()),
                (Done::DECIDED, &count.to_string()),
            ],
        ))),
        Err(error) => {
            let refused = refused(visit, error)?;
            asked.status = refused.status;
            let is_number = refused.rows.iter().any(|row| row.column == "decision_no");
            asked.problem = Some(if is_number { Problem::Number(refused.sentence) } else { Problem::Refused(refused.sentence) });
            show(visit, &desk, name, asked).await
        }
    }
}

/// Shows a page of the list to whoever may see it.
pub(super) async fn show(visit: &Visit, desk: &Desk, name: &str, mut asked: Asked) -> Result<Response, Response> {
    let reader = reader(desk).ok_or_else(|| absent(visit))?;
    let most = if asked.on_paper { PAPER } else { PAGE };
    let found = desk::list(&visit.app.services, &reader, name, &asked.filter, (asked.after.as_deref(), most)).await;
    let (title, effective, is_applied, posts, anywhere, next) = match found {
        Ok(page) => (page.title, shown(page.effective), page.is_applied, page.posts, page.anywhere, page.next),
        Err(error) => {
            // The units are not as the plan has them: nothing can be listed, and the page says why.
            let refused = refused(visit, error)?;
            asked.status = refused.status;
            asked.problem.get_or_insert(Problem::Refused(refused.sentence));
            (name.to_owned(), String::new(), false, Vec::new(), Vec::new(), None)
        }
    };
    let here = here(name);
    let fell = fell(visit, name, asked.done.is_some()).await;
    let page = ListPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Plans),
        title,
        effective,
        is_applied,
        decides: !asked.on_paper && desk.authority.units::<PlacePeople>().is_some(),
        reads_plan: desk.authority.city::<ReadPlans>().is_some(),
        choices: choices(&posts, &asked.unit),
        groups: groups(&visit.chrome(), &here, &posts, &asked.ticked),
        anywhere,
        named: asked.named.clone(),
        is_first: asked.after.is_none(),
        first: asked.address(&here, ""),
        paper: (!asked.on_paper && (next.is_some() || asked.after.is_some())).then(|| asked.address_for(&here, "", true)),
        on_paper: asked.on_paper,
        next: next.map(|next| asked.address(&here, &next)),
        csv: export(&here, &asked, "csv"),
        xlsx: export(&here, &asked, "xlsx"),
        kept: kept(&asked),
        is_narrowed: asked.filter != Filter::default(),
        filter: asked.filter,
        decision_no: asked.decision_no,
        problem: asked.problem,
        mistakes: asked.mistakes,
        fell,
        done: asked.done,
        most,
        here,
    };
    Ok(visit.page(asked.status, &page, None))
}

fn export(here: &str, asked: &Asked, form: &str) -> String {
    let Filter { unit, department, title } = &asked.filter;
    address(&format!("{here}/export"), &[("form", form), ("of", unit), ("department", department), ("title", title)])
}

/// What a form carries on, to come back to the same page of the same list.
fn kept(asked: &Asked) -> Vec<(&'static str, String)> {
    let Filter { unit, department, title } = asked.filter.clone();
    let values = [unit, department, title, asked.after.clone().unwrap_or_default()];
    ASKED.into_iter().zip(values).filter(|(_, value)| !value.is_empty()).collect()
}

/// All units that the reader may choose for any of these posts.
fn choices(posts: &[Post], chosen: &str) -> Vec<SelectOption> {
    let decidable = posts.iter().filter(|post| post.may_decide);
    let all: BTreeSet<&Candidate> = decidable.flat_map(|post| &post.candidates).filter(|unit| unit.may_choose).collect();
    let option = |candidate: &Candidate| SelectOption {
        value: candidate.unit.0.clone(),
        label: candidate.label.clone(),
        chosen: candidate.unit.as_str() == chosen,
    };
    all.into_iter().map(option).collect()
}

/// The posts of a page by the unit that ends.
fn groups(chrome: &Chrome, here: &str, posts: &[Post], ticked: &[String]) -> Vec<Group> {
    let units: BTreeSet<&str> = posts.iter().map(|post| post.from_unit.as_str()).collect();
    let lines = |unit: &str| posts.iter().filter(|post| post.from_unit == unit).map(|post| line(chrome, post, ticked)).collect();
    let code = |unit: &str| unit.split(' ').next().unwrap_or_default().to_owned();
    let group = |unit: &str| Group { unit: unit.to_owned(), only: address(here, &[("of", &code(unit))]), lines: lines(unit) };
    units.into_iter().map(group).collect()
}

fn line(chrome: &Chrome, post: &Post, ticked: &[String]) -> PostLine {
    let value = format!("{}.{}", post.person, post.position);
    let named = post.candidates.iter().map(|candidate| candidate.label.clone());
    let anywhere = post.is_anywhere.then(|| chrome.t().plan_worklist_anywhere.clone());
    PostLine {
        person: post.person.0.clone(),
        full_name: post.full_name.clone(),
        username: post.username.clone(),
        department: post.department.clone(),
        title: post.title.clone(),
        candidates: named.chain(anywhere).collect(),
        may_decide: post.may_decide,
        chosen: ticked.contains(&value),
        value,
    }
}
