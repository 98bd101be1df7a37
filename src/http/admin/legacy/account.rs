//! One account: whose it is, to which unit it belongs, and taking a decision back.

use super::{failed, reviewer, told, units};
use crate::base::date::shown_moment;
use crate::base::id::{PersonId, UnitId};
use crate::http::admin::names::{Names, unit_name};
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::legacy::{AccountPage, DecisionLine, HERE, Problem, ShownSide};
use crate::http::view::console::parts::address;
use crate::model::authority::ReviewLegacy;
use crate::model::legacy_account::AccountKey;
use crate::protocol::parameters::Parameters;
use crate::service::authority::Units;
use crate::service::legacy::review::{self, Asked, Choice, Decided, Line, ReviewError, Sheet, Side, UnitAsked, What, Who};
use crate::service::legacy::sources;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What a page is asked to show beside the account.
#[derive(Default)]
struct Shown<'a> {
    username: &'a str,
    reason: &'a str,
    problem: Option<Problem>,
    done: bool,
}

/// `GET /admin/legacy/accounts/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    look(&visit, &id, &asked).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/legacy/accounts/{id}`: `act` = `link` (with `choice`, which is `p.PERSON.MARK` or `a.ACCOUNT.MARK`, or with
/// `username`), `create`, `reject` or `unit` (with `unit` or `code`), or `undo` = the decision; always with `mark` and
/// `reason`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    act(&mut visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn look(visit: &Visit, id: &str, asked: &Parameters) -> Result<Response, Response> {
    let (desk, proof) = reviewer(visit).await?;
    let key = review::key_of(id).ok_or_else(|| absent(visit))?;
    show(visit, &desk, (&proof, &key), Shown { done: asked.get("done").is_some(), ..Shown::default() }).await
}

async fn act(visit: &mut Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    // It opens accounts: a sign-in of the last minutes is asked for.
    let desk = enter_fresh(visit).await?;
    let Some(proof) = desk.authority.units::<ReviewLegacy>() else { return Err(absent(visit)) };
    let key = review::key_of(id).ok_or_else(|| absent(visit))?;
    let form = own_form(visit, headers, body).await?;
    visit.here = format!("{HERE}/accounts/{}", review::name_of(&key));
    let problem = match press(visit, &proof, &key, &form).await {
        Ok(None) => return Ok(visit.see_other(&format!("{}?done=1", visit.here))),
        Ok(Some(problem)) => problem,
        Err(error) => told(visit, error)?,
    };
    let (username, reason) = (form.get("username").unwrap_or_default(), form.get("reason").unwrap_or_default());
    show(visit, &desk, (&proof, &key), Shown { username, reason, problem: Some(problem), done: false }).await
}

/// Does what was pressed; or what is missing for it.
async fn press(
    visit: &Visit,
    proof: &Units<ReviewLegacy>,
    key: &AccountKey,
    form: &Parameters,
) -> Result<Option<Problem>, ReviewError> {
    let services = &visit.app.services;
    let field = |name: &str| form.get(name).unwrap_or_default();
    // An account outside the reader's bounds is not there, whatever the form says.
    review::look(services, proof, key, None).await?;
    if !field("undo").is_empty() {
        return review::undo(services, proof, key, (field("undo"), field("reason"))).await.map(|_| None);
    }
    let choice = match field("act") {
        "unit" => {
            let unit = if field("code").trim().is_empty() { field("unit") } else { field("code") };
            let asked = UnitAsked { key, mark: field("mark"), unit, reason: field("reason") };
            return review::choose(services, proof, &asked).await.map(|_| None);
        }
        "create" => Choice::Create,
        "reject" => Choice::Reject,
        "link" => match chosen(visit, proof, (field("choice"), field("username"))).await? {
            Ok(choice) => choice,
            Err(problem) => return Ok(Some(problem)),
        },
        _ => return Ok(Some(Problem::NoChoice)),
    };
    let asked = Asked { key, mark: field("mark"), choice, reason: field("reason") };
    review::decide(services, proof, &asked).await.map(|_| None)
}

/// To whom: a user name that was typed comes before a candidate that was ticked.
async fn chosen(
    visit: &Visit,
    proof: &Units<ReviewLegacy>,
    (ticked, username): (&str, &str),
) -> Result<Result<Choice, Problem>, ReviewError> {
    if !username.trim().is_empty() {
        let found = review::person_of_username(&visit.app.services, proof, username.trim()).await?;
        return Ok(found.map(Choice::Link).ok_or(Problem::Person));
    }
    let parts: Vec<&str> = ticked.split('.').collect();
    Ok(match parts.as_slice() {
        ["p", person, mark] => Ok(Choice::Candidate { person: PersonId((*person).to_owned()), mark: (*mark).to_owned() }),
        ["a", name, mark] => {
            let account = review::key_of(name).ok_or(Problem::NoChoice);
            account.map(|account| Choice::Join { account, mark: (*mark).to_owned() })
        }
        _ => Err(Problem::NoChoice),
    })
}

async fn show(
    visit: &Visit,
    desk: &Desk,
    (proof, key): (&Units<ReviewLegacy>, &AccountKey),
    shown: Shown<'_>,
) -> Result<Response, Response> {
    let services = &visit.app.services;
    let sheet = match review::look(services, proof, key, None).await {
        Ok(sheet) => sheet,
        Err(error) => {
            told(visit, error)?;
            return Err(absent(visit));
        }
    };
    let source = sources::find(services, &key.source).await.map_err(|failure| failed(visit, &failure))?;
    let mut people: Vec<PersonId> = Vec::new();
    for decided in &sheet.decisions {
        people.extend(decided.person.iter().cloned().chain([decided.by.clone()]));
    }
    let names = Names::of(visit, desk, &people).await?;
    let mut candidates: Vec<ShownSide> = sheet.candidates.iter().map(side).collect();
    offer_merges(visit, desk, &sheet, &mut candidates).await?;
    let mut options = sheet.resolution.as_ref().map(|found| found.candidates.clone()).unwrap_or_default();
    options.retain(|unit| proof.holds(unit));
    let status = if shown.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = AccountPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Legacy),
        source: source.map_or_else(|| key.source.clone(), |source| source.name),
        owner: sheet.owner.as_ref().map(side),
        candidates,
        unit: sheet.row.unit_id.clone().map(|unit| unit_name(desk, &UnitId(unit))).unwrap_or_default(),
        units: units(desk, &options),
        decisions: sheet.decisions.iter().map(|decided| decision(desk, &names, decided)).collect(),
        username: shown.username.to_owned(),
        reason: shown.reason.to_owned(),
        problem: shown.problem,
        done: shown.done,
        sheet,
    };
    Ok(visit.page(status, &page, None))
}

fn side(side: &Side) -> ShownSide {
    let named = |line: &&Line| line.what == What::Name;
    let name = side.lines.iter().find(named).map(|line| {
        let words: Vec<&str> = line.pieces.iter().map(|piece| piece.text.as_str()).collect();
        words.join(" ")
    });
    let (value, address, fallback) = match &side.who {
        Who::Person(person) => (format!("p.{person}.{}", side.mark), format!("/admin/people/{person}"), person.0.clone()),
        Who::Account(key) => {
            let name = review::name_of(key);
            (format!("a.{name}.{}", side.mark), format!("{HERE}/accounts/{name}"), key.to_string())
        }
    };
    let title = name.filter(|name| !name.is_empty()).unwrap_or(fallback);
    let value = if side.may_be_chosen { value } else { String::new() };
    ShownSide { side: side.clone(), value, address, title, merge: String::new() }
}

/// Where an account is somebody's and a candidate is somebody else, the two may be one: that is for whoever may decide
/// about both of them.
async fn offer_merges(visit: &Visit, desk: &Desk, sheet: &Sheet, candidates: &mut [ShownSide]) -> Result<(), Response> {
    let is_given = matches!(sheet.row.decision.as_str(), "linked" | "created");
    let Some(owner) = sheet.owner.as_ref().and_then(|owner| owner.person.clone()).filter(|_| is_given) else { return Ok(()) };
    if candidates.is_empty() || !reaches(visit, desk, &owner).await? {
        return Ok(());
    }
    for candidate in candidates {
        let Some(other) = candidate.side.person.clone().filter(|other| *other != owner) else { continue };
        if reaches(visit, desk, &other).await? {
            candidate.merge = address(&format!("/admin/people/{owner}/merge"), &[("other", other.as_str())]);
        }
    }
    Ok(())
}

/// Whether the reader may decide about somebody, as the page of the merge asks it.
async fn reaches(visit: &Visit, desk: &Desk, person: &PersonId) -> Result<bool, Response> {
    let proof = desk.authority.one::<ReviewLegacy>(&visit.app.services, person).await;
    proof.map(|proof| proof.is_some()).map_err(|failure| failed(visit, &failure))
}

fn decision(desk: &Desk, names: &Names, decided: &Decided) -> DecisionLine {
    let to = match (&decided.person, &decided.unit) {
        (Some(person), _) => names.shown(person.as_str()),
        (None, Some(unit)) => unit_name(desk, unit),
        (None, None) => String::new(),
    };
    DecisionLine {
        id: decided.id.clone(),
        of_unit: decided.of_unit,
        act: decided.act.clone(),
        to,
        by: names.shown(decided.by.as_str()),
        at: shown_moment(decided.at),
        reason: decided.reason.clone(),
        undone: decided.undone_at.map(shown_moment),
        may_be_undone: decided.may_be_undone,
    }
}
