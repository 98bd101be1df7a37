//! Setting an old system up, and changing it. What was typed stays when it cannot be, but for its secret.

use super::{HERE, address, editor, seen};
use crate::base::date::{parse, shown};
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::clients::{FormField, Shape};
use crate::http::view::console::sources::{SourceDone, SourceForm, SourceProblem};
use crate::model::legacy_source::{LegacySource, Settings, SourceKind, is_source_id};
use crate::protocol::parameters::Parameters;
use crate::service::legacy::sources::console::{self, EditError};
use crate::service::legacy::sources::{NewSource, SourceError};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::SecretString;
use time::Date;

/// What was typed into a form.
#[derive(Default)]
struct Typed {
    kind: Option<SourceKind>,
    id: String,
    name: String,
    province: String,
    as_of: String,
    sunset_on: String,
    settings: String,
    secret: Option<SecretString>,
}

/// What is wrong with it.
#[derive(Default)]
struct Wrong {
    /// Fields that hold no day.
    days: Vec<&'static str>,
    /// Why the settings cannot be read.
    unread: Option<String>,
    /// The rest.
    whole: Option<SourceProblem>,
}

/// What a form says, once it can be read.
struct Read {
    as_of: Option<Date>,
    sunset_on: Option<Date>,
    settings: Settings,
}

impl Wrong {
    fn is_fine(&self) -> bool {
        self.days.is_empty() && self.unread.is_none() && self.whole.is_none()
    }

    fn whole(problem: SourceProblem) -> Self {
        Self { whole: Some(problem), ..Self::default() }
    }
}

impl Typed {
    fn of(form: &Parameters) -> Self {
        let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
        let secret = form.get("secret").map(|secret| secret.trim_matches(['\r', '\n']));
        Self {
            kind: form.get("kind").and_then(SourceKind::from_word),
            id: text("id"),
            name: text("name"),
            province: text("province"),
            as_of: text("as_of"),
            sunset_on: text("sunset_on"),
            // As browsers send lines.
            settings: form.get("settings").unwrap_or_default().replace("\r\n", "\n"),
            secret: secret.filter(|secret| !secret.is_empty()).map(SecretString::from),
        }
    }

    fn of_source(source: &LegacySource) -> Self {
        Self {
            kind: Some(source.kind),
            id: source.id.clone(),
            name: source.name.clone(),
            province: source.province.clone().unwrap_or_default(),
            as_of: shown(source.as_of),
            sunset_on: source.sunset_on.map(shown).unwrap_or_default(),
            settings: source.settings.to_toml().unwrap_or_default(),
            secret: None,
        }
    }

    fn province(&self) -> Option<String> {
        Some(self.province.clone()).filter(|province| !province.is_empty())
    }

    /// Reads it. The settings of a source that is changed are of its own kind, whatever is sent.
    fn read(&self, kind: SourceKind) -> Result<Read, Wrong> {
        let mut wrong = Wrong::default();
        let mut day = |name: &'static str, text: &str| {
            let read = parse(text);
            if read.is_none() && !text.is_empty() {
                wrong.days.push(name);
            }
            read
        };
        let (as_of, sunset_on) = (day("as_of", &self.as_of), day("sunset_on", &self.sunset_on));
        match Settings::from_toml(kind, &self.settings) {
            Ok(settings) if wrong.days.is_empty() => Ok(Read { as_of, sunset_on, settings }),
            Ok(_) => Err(wrong),
            Err(reason) => Err(Wrong { unread: Some(reason), ..wrong }),
        }
    }
}

/// `GET /admin/sources/new`
pub async fn get_new(visit: Visit) -> Response {
    look_new(&visit).await.unwrap_or_else(|answer| answer)
}

async fn look_new(visit: &Visit) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    editor(&desk).ok_or_else(|| absent(visit))?;
    Ok(show(visit, &desk, None, Typed::default(), Wrong::default()))
}

/// `POST /admin/sources/new`
pub async fn post_new(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("{HERE}/new");
    add(&visit, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn add(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let proof = editor(&desk).ok_or_else(|| absent(visit))?;
    let typed = Typed::of(&form);
    let Some(kind) = typed.kind else { return Ok(visit.see_other(&visit.here)) };
    let read = match typed.read(kind) {
        Ok(read) => read,
        Err(wrong) => return Ok(show(visit, &desk, None, typed, wrong)),
    };
    let new = NewSource {
        id: typed.id.clone(),
        name: Some(typed.name.clone()).filter(|name| !name.is_empty()),
        province: typed.province(),
        as_of: read.as_of,
        sunset_on: read.sunset_on,
        settings: read.settings,
        secret: typed.secret.clone(),
    };
    match console::add(&visit.app.services, &proof, new).await {
        Ok(source) => Ok(visit.see_other(&format!("{}?done={}", address(&source.id), SourceDone::Added.word()))),
        Err(error) => {
            let problem = problem_of(visit, error)?;
            Ok(show(visit, &desk, None, typed, Wrong::whole(problem)))
        }
    }
}

/// `GET /admin/sources/{id}/edit`
pub async fn get_edit(visit: Visit, Path(id): Path<String>) -> Response {
    look_edit(&visit, &id).await.unwrap_or_else(|answer| answer)
}

async fn look_edit(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter_fresh(visit).await?;
    editor(&desk).ok_or_else(|| absent(visit))?;
    let (_, found) = seen(visit, &desk, id).await?;
    let typed = Typed::of_source(&found.source);
    Ok(show(visit, &desk, Some((&found, found.source.version)), typed, Wrong::default()))
}

/// `POST /admin/sources/{id}/edit`: `version` is the one that was seen.
pub async fn post_edit(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    if !is_source_id(&id) {
        return absent(&visit);
    }
    visit.here = format!("{}/edit", address(&id));
    edit(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn edit(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let form = own_form(visit, headers, body).await?;
    let desk = enter_fresh(visit).await?;
    let proof = editor(&desk).ok_or_else(|| absent(visit))?;
    let (_, found) = seen(visit, &desk, id).await?;
    let Some(version) = form.get("version").and_then(|version| version.parse::<i64>().ok()) else {
        return Ok(visit.see_other(&visit.here));
    };
    let typed = Typed::of(&form);
    let read = match typed.read(found.source.kind) {
        Ok(read) => read,
        Err(wrong) => return Ok(show(visit, &desk, Some((&found, version)), typed, wrong)),
    };
    let change = |source: &mut LegacySource| {
        source.name.clone_from(&typed.name);
        source.province = typed.province();
        // There is always such a day: an emptied one stays.
        source.as_of = read.as_of.unwrap_or(source.as_of);
        source.sunset_on = read.sunset_on;
        source.settings = read.settings;
        Ok(())
    };
    let secret = typed.secret.clone();
    match console::edit(&visit.app.services, &proof, (id, version), secret.as_ref(), change).await {
        Ok(_) => Ok(visit.see_other(&format!("{}?done={}", address(id), SourceDone::Saved.word()))),
        // What was typed stays, to be laid over what the other one made of it.
        Err(EditError::Stale) => {
            let newest = found.source.version;
            Ok(show(visit, &desk, Some((&found, newest)), typed, Wrong::whole(SourceProblem::Stale)))
        }
        Err(EditError::Source(error)) => {
            let problem = problem_of(visit, error)?;
            Ok(show(visit, &desk, Some((&found, version)), typed, Wrong::whole(problem)))
        }
    }
}

#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn problem_of(visit: &Visit, error: SourceError) -> Result<SourceProblem, Response> {
    match error {
        SourceError::Refused(reason) => Ok(SourceProblem::Refused(reason)),
        SourceError::Taken => Ok(SourceProblem::Taken),
        SourceError::Unknown => Err(absent(visit)),
        SourceError::Failure(failure) => Err(page::failed(visit, &failure)),
    }
}

fn show(visit: &Visit, desk: &Desk, changed: Option<(&console::Seen, i64)>, typed: Typed, wrong: Wrong) -> Response {
    let fine = wrong.is_fine();
    let chrome = visit.chrome();
    let t = chrome.t();
    let mut fields = Vec::with_capacity(5);
    let mut field = |name: &'static str, label: &'static str, hint: &str, value: String| {
        let problem = wrong.days.contains(&name).then(|| t.console_clients_wrong_day.clone());
        fields.push(FormField { name, label, hint: hint.to_owned(), value, shape: Shape::Line, problem });
    };
    if changed.is_none() {
        field("id", &t.console_sources_id, &t.console_sources_id_hint, typed.id);
    }
    field("name", &t.console_sources_name, &t.console_sources_name_hint, typed.name);
    field("province", &t.console_sources_province, &t.console_sources_province_hint, typed.province);
    field("as_of", &t.console_sources_as_of, &t.console_sources_as_of_hint, typed.as_of);
    field("sunset_on", &t.console_sources_sunset, &t.console_sources_sunset_hint, typed.sunset_on);
    let page = SourceForm {
        console: desk.console(Section::Sources),
        changed: changed.map(|(seen, _)| (seen.source.id.clone(), seen.source.name.clone())),
        version: changed.map(|(_, version)| version).unwrap_or_default(),
        kind: changed.map(|(seen, _)| seen.source.kind).or(typed.kind).unwrap_or(SourceKind::Hashes),
        fields,
        settings: typed.settings,
        unread: wrong.unread,
        has_secret: changed.is_some_and(|(seen, _)| seen.has_secret),
        problem: wrong.whole,
        chrome,
    };
    visit.page(if fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, &page, None)
}
