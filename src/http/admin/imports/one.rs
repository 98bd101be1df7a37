//! One file: what its columns are, how far it is, what each row would do, what became of it.

use super::{HERE, name_of, nobody, reader};
use crate::base::date::{parse, shown, shown_moment};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::import_columns::{ColumnLine, ColumnsPage, ColumnsProblem};
use crate::http::view::console::imports::{
    Done, ImportPage, KeptLine, RowLine, ShownPost, column_name, effect_address, row_pages,
};
use crate::http::view::console::parts::SelectOption;
use crate::model::authority::AddPeople;
use crate::model::import::{ImportState, RowEffect};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authority::Units;
use crate::service::provisioning::imports::act::{self, ActError, Begun};
use crate::service::provisioning::imports::mapping::{self, Mapping, Problem};
use crate::service::provisioning::imports::{Detail, Import, ImportRow, Post, look};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Rows of one page.
const ROWS: i64 = 50;

/// `GET /admin/imports/{id}`; `rows=bad` shows those with a mistake, `page=2` the next ones.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let (desk, proof) = match reader(&visit).await {
        Ok(reader) => reader,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let import = match look::file(&visit.app.services, &proof, &id).await {
        Ok(Some(import)) => import,
        Ok(None) => return absent(&visit),
        Err(failure) => return page::failed(&visit, &failure),
    };
    let asks_columns = import.state == ImportState::Checked && asked.get("columns").is_some();
    if may_act(&desk) && (import.state == ImportState::Mapping || asks_columns) {
        return show_columns(&visit, &desk, &import, (look::mapping(&import), None));
    }
    show(&visit, &desk, &import, &asked).await.unwrap_or_else(|response| response)
}

/// `POST /admin/imports/{id}`: `act` = `columns`, `check`, `apply`, `undo` or `discard`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    visit.here = format!("{HERE}/{}", url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>());
    // What changes people wants a sign-in of the last minutes; the rest does not.
    let entered = match form.get("act") {
        Some("apply" | "undo") => enter_fresh(&visit).await,
        _ => enter(&visit).await,
    };
    let desk = match entered {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.units::<AddPeople>() else { return nobody(&visit) };
    match press(&visit, &proof, &id, &form).await {
        Ok(done) => visit.see_other(&format!("{}?done={}", visit.here, done.word())),
        Err(ActError::NotThere) => absent(&visit),
        Err(ActError::NotNow) => visit.see_other(&format!("{}?done={}", visit.here, Done::NotNow.word())),
        Err(ActError::Columns(problem)) => columns_again(&visit, &desk, &proof, (&id, &form, problem)).await,
        Err(ActError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

/// Whether the reader brings files too.
fn may_act(desk: &Desk) -> bool {
    desk.authority.units::<AddPeople>().is_some()
}

async fn press(visit: &Visit, proof: &Units<AddPeople>, id: &str, form: &Parameters) -> Result<Done, ActError> {
    let services = &visit.app.services;
    match form.get("act") {
        Some("columns") => act::say_columns(services, proof, id, &said(form)).await.map(|()| Done::Checking),
        Some("check") => act::check_again(services, proof, id).await.map(|()| Done::Checking),
        Some("apply") => {
            let accept_good = form.get("accept_good").is_some();
            act::apply(services, proof, id, accept_good).await.map(|begun| match begun {
                Begun::Now => Done::Applying,
                Begun::Asked(_) => Done::Asked,
            })
        }
        Some("undo") => act::undo(services, proof, id).await.map(|()| Done::Undoing),
        Some("discard") => act::discard(services, proof, id).await.map(|()| Done::Discarded),
        _ => Err(ActError::NotNow),
    }
}

/// Which of the fields say a column: `column.username=Tên đăng nhập`.
fn said(form: &Parameters) -> Mapping {
    let columns = form.pairs().filter_map(|(name, value)| Some((name.strip_prefix("column.")?, value)));
    columns.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned())).collect()
}

/// The columns again, as they were said, with what is wrong.
async fn columns_again(
    visit: &Visit,
    desk: &Desk,
    proof: &Units<AddPeople>,
    (id, form, problem): (&str, &Parameters, Problem),
) -> Response {
    match look::file(&visit.app.services, proof, id).await {
        Ok(Some(import)) => show_columns(visit, desk, &import, (said(form), Some(problem))),
        Ok(None) => absent(visit),
        Err(failure) => page::failed(visit, &failure),
    }
}

fn show_columns(visit: &Visit, desk: &Desk, import: &Import, (said, problem): (Mapping, Option<Problem>)) -> Response {
    let chrome = visit.chrome();
    let header = look::header(import);
    let listed = mapping::columns(import.kind);
    let more = said.keys().filter(|name| !listed.iter().any(|column| column.name == name.as_str()));
    let names = listed.iter().map(|column| (column.name.to_owned(), column.required));
    let line = |(name, required): (String, bool)| {
        let options = header.iter().filter(|theirs| !theirs.is_empty()).map(|theirs| SelectOption {
            value: theirs.clone(),
            label: theirs.clone(),
            chosen: said.get(&name) == Some(theirs),
        });
        ColumnLine { label: column_name(&chrome, &name), options: options.collect(), name, required }
    };
    let columns = names.chain(more.map(|name| (name.clone(), false))).map(line).collect();
    let problem = problem.map(|problem| match problem {
        Problem::Missing(column) => ColumnsProblem::Missing(column.to_owned()),
        Problem::Twice(theirs) => ColumnsProblem::Twice(theirs),
    });
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = ColumnsPage {
        chrome,
        console: desk.console(Section::Imports),
        id: import.id.clone(),
        name: import.file_name.clone(),
        kind: import.kind,
        columns,
        problem,
    };
    visit.page(status, &page, None)
}

async fn show(visit: &Visit, desk: &Desk, import: &Import, asked: &Parameters) -> Result<Response, Response> {
    let services = &visit.app.services;
    let failed = |failure: Failure| page::failed(visit, &failure);
    let chrome = visit.chrome();
    let effect = asked.get("rows").and_then(RowEffect::from_word);
    let number = asked.get("page").and_then(|page| page.parse::<i64>().ok()).filter(|page| (1..=100_000).contains(page));
    let number = number.unwrap_or(1);
    let counts = look::counts(import);
    let all = effect.map_or_else(|| counts.values().sum::<i64>(), |effect| counts.get(&effect).copied().unwrap_or_default());
    let rows = if has_rows(import.state) {
        look::rows(services, import, effect, ((number - 1) * ROWS, ROWS)).await.map_err(failed)?
    } else {
        Vec::new()
    };
    let names = look::mapping(import);
    let rows: Vec<RowLine> = rows.into_iter().map(|row| row_line(desk, &names, row)).collect();
    let (kept, kept_count) =
        if import.state == ImportState::Undone { look::kept(services, import).await.map_err(failed)? } else { (Vec::new(), 0) };
    let kept = kept.into_iter().map(|row| KeptLine {
        person: row.person.0,
        what: row.what,
        subject: row.subject,
        username: row.username,
        full_name: row.full_name,
    });
    let address = effect_address(&import.id, effect);
    let now = services.clock.now();
    let leaving = look::leaving_of(services, import, desk.authority.person()).await.map_err(failed)?;
    let page = ImportPage {
        console: desk.console(Section::Imports),
        id: import.id.clone(),
        name: import.file_name.clone(),
        kind: import.kind,
        state: import.state,
        by: name_of(visit, &import.created_by).await?,
        at: shown_moment(import.created_at),
        applied_at: import.applied_at.map(shown_moment),
        undone_at: import.undone_at.map(shown_moment),
        undo_until: look::undo_until(import, now).filter(|_| may_act(desk)).map(shown_moment),
        rows_read: import.rows_read,
        rows_bad: import.rows_bad,
        total: counts.values().sum(),
        counts: counts.into_iter().collect(),
        leaving,
        effect,
        pages: row_pages(&chrome, &address, (number, ROWS, all)),
        rows,
        kept: kept.collect(),
        kept_count,
        problem: (import.problem_vi.clone(), import.problem_en.clone()),
        may_act: may_act(desk),
        done: asked.get("done").and_then(Done::from_word),
        said: None,
        chrome,
    };
    Ok(visit.page(StatusCode::OK, &page.spoken(), None))
}

/// Whether what rows do is there to be looked at.
fn has_rows(state: ImportState) -> bool {
    match state {
        ImportState::Checked | ImportState::Applying | ImportState::Applied | ImportState::Undoing | ImportState::Undone => true,
        ImportState::Uploading | ImportState::Mapping | ImportState::Checking | ImportState::Failed | ImportState::Discarded => {
            false
        }
    }
}

fn row_line(desk: &Desk, names: &Mapping, row: ImportRow) -> RowLine {
    let detail: Detail = serde_json::from_str(&row.detail).unwrap_or_default();
    RowLine {
        line: row.line,
        effect: row.effect,
        username: row.username,
        full_name: row.full_name,
        changes: if row.effect == RowEffect::ChangedPerson { detail.changes } else { Vec::new() },
        position: detail.position.map(|post| post_line(desk, post)),
        ended: detail.ended.into_iter().map(|post| post_line(desk, post)).collect(),
        role: detail.role,
        // Whoever mends the file looks for the name that it has there.
        cell: names.get(&row.cell).cloned().unwrap_or(row.cell),
        message: (row.message_vi, row.message_en),
    }
}

fn post_line(desk: &Desk, post: Post) -> ShownPost {
    let day = |text: &str| parse(text).map(shown).unwrap_or_default();
    ShownPost {
        unit: unit_name(desk, &post),
        title: post.title,
        department: post.department,
        from: day(&post.from),
        to: post.to.as_deref().map(day),
    }
}

/// The unit's name on the day on which the position begins.
fn unit_name(desk: &Desk, post: &Post) -> String {
    let registry = desk.authority.registry();
    let on = parse(&post.from).unwrap_or(desk.authority.today());
    registry.unit(&post.unit).map(|unit| registry.name_on(unit, on).to_owned()).unwrap_or_default()
}
