//! The lists to take away, as CSV: each is written while it is read.

use super::{HERE, absent, groups, held, line_on};
use crate::base::csv;
use crate::base::words::Words;
use crate::http::admin::day::Day;
use crate::http::admin::names::{Names, unit_name};
use crate::http::admin::pieces::{Pieces, attachment};
use crate::http::admin::{Desk, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::rights::{GroupWhy, RightLine, conditions_said, reached_plain};
use crate::model::authority::{ExportPeople, Extent, ReadClients};
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authority::Doer;
use crate::service::entitlements::{self, List, Member, Reach, Taking, TakingGroup};
use axum::extract::RawQuery;
use axum::response::Response;
use time::Date;

/// `GET /admin/rights/export.csv`: `list` = `expiring`, `unused`, `client` with `id` and perhaps a day `on`, or `group` with
/// `id`.
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match taken(&visit, desk, &parameters).await {
        Ok(response) | Err(response) => response,
    }
}

async fn taken(visit: &Visit, desk: Desk, parameters: &Parameters) -> Result<Response, Response> {
    let id = parameters.get("id").unwrap_or_default();
    let today = desk.authority.today();
    let day = Day::asked(parameters, today);
    let then = day.other_than(today);
    let list = match parameters.get("list") {
        Some("expiring") => List::Expiring,
        Some("unused") => List::Unused,
        Some("client") => List::Client { id, role: None, on: then },
        Some("group") => return group(visit, desk, id).await,
        _ => return Err(absent(visit)),
    };
    let Some((by, extent)) = allowed(&desk, list) else { return Err(absent(visit)) };
    if day.is_wrong() {
        return Ok(visit.see_other(HERE));
    }
    let taking = entitlements::take_away(&visit.app.services, &by, list, extent).await;
    let taking = taking.map_err(|failure| page::failed(visit, &failure))?;
    // Only what a client's list is of has a day.
    let then = then.filter(|_| matches!(list, List::Client { .. }));
    let lines = Lines { taking, desk, then, t: visit.chrome().t(), begun: false };
    Ok(attachment("quyen.csv", "text/csv; charset=utf-8", lines))
}

/// Who is of the group of a role.
async fn group(visit: &Visit, desk: Desk, id: &str) -> Result<Response, Response> {
    let Some(proof) = desk.authority.people::<ExportPeople>() else { return Err(absent(visit)) };
    let taking = entitlements::take_group_away(&visit.app.services, &proof, id).await;
    let Some(taking) = taking.map_err(|failure| page::failed(visit, &failure))? else { return Err(absent(visit)) };
    let lines = MemberLines { taking, desk, t: visit.chrome().t(), begun: false };
    Ok(attachment("nhom.csv", "text/csv; charset=utf-8", lines))
}

/// The lines of the file.
struct Lines {
    taking: Taking,
    desk: Desk,
    /// The day, when it is not today.
    then: Option<Date>,
    t: &'static Words,
    begun: bool,
}

impl Pieces for Lines {
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text.push_str(csv::BOM);
            text.push_str(&csv::line(&head(self.t)));
        }
        let found = self.taking.piece().await?.unwrap_or_default();
        let nobody = Names::default();
        let on = self.then.unwrap_or_else(|| self.desk.authority.today());
        for one in &found.groups {
            text.push_str(&group_row(self.t, &held::why_on(&self.desk, &nobody, one, on), one.reach));
        }
        for one in &found.lines {
            text.push_str(&row(self.t, &line_on(&self.desk, &nobody, one, on), self.then.is_none()));
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

/// Who takes it, and of whom: people within their bounds; of a client, everybody for whoever reads that client.
fn allowed(desk: &Desk, list: List<'_>) -> Option<(Doer, Option<Extent>)> {
    if let List::Client { id, .. } = list
        && let Some(proof) = desk.authority.client::<ReadClients>(id)
    {
        return Some((proof.by, None));
    }
    let proof = desk.authority.people::<ExportPeople>()?;
    let extent = proof.extent().clone();
    Some((proof.by, Some(extent)))
}

fn head(t: &'static Words) -> [&'static str; 11] {
    [
        &t.admin_recovery_username,
        &t.admin_recovery_name,
        &t.console_rights_unit,
        &t.console_rights_client,
        &t.console_rights_role,
        &t.console_rights_from,
        &t.console_rights_to,
        &t.console_rights_reason,
        &t.console_rights_used,
        &t.console_groups_conditions,
        &t.console_groups_people_count,
    ]
}

/// When a role was last used is told of today alone.
fn row(t: &'static Words, line: &RightLine, tells_use: bool) -> String {
    let why = &line.why;
    let used = if tells_use { why.used.as_deref().unwrap_or(&t.console_rights_never) } else { "" };
    csv::line(&[
        &line.username,
        &line.full_name,
        &line.units,
        &why.client_name,
        &why.role,
        &why.first,
        &why.last,
        &why.reason,
        used,
        &conditions_said(t, why.condition).join("; "),
        "",
    ])
}

/// A group stands where people have their names; nobody notes when it was used.
fn group_row(t: &'static Words, group: &GroupWhy, reach: Option<Reach>) -> String {
    let why = &group.why;
    csv::line(&[
        "",
        &group.whom.in_words(t),
        &group.whom.unit,
        &why.client_name,
        &why.role,
        &why.first,
        &why.last,
        &why.reason,
        "",
        &conditions_said(t, why.condition).join("; "),
        &reached_plain(t, reach),
    ])
}

/// Those who are of a group.
struct MemberLines {
    taking: TakingGroup,
    desk: Desk,
    t: &'static Words,
    begun: bool,
}

impl Pieces for MemberLines {
    async fn next(&mut self) -> Result<Option<String>, Failure> {
        let mut text = String::new();
        if !self.begun {
            self.begun = true;
            text.push_str(csv::BOM);
            text.push_str(&csv::line(&member_head(self.t)));
        }
        let members = self.taking.piece().await?.unwrap_or_default();
        let held = self.taking.held();
        let whom = groups::whom(&self.desk, &held.grant).in_words(self.t);
        for one in &members {
            text.push_str(&member_row(&self.desk, one, [&whom, &held.client_name, &held.grant.role]));
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

fn member_head(t: &'static Words) -> [&'static str; 7] {
    [
        &t.admin_recovery_username,
        &t.admin_recovery_name,
        &t.console_groups_post,
        &t.console_rights_unit,
        &t.console_groups_whom,
        &t.console_rights_client,
        &t.console_rights_role,
    ]
}

fn member_row(desk: &Desk, one: &Member, [whom, client_name, role]: [&str; 3]) -> String {
    let unit = unit_name(desk, &one.post.unit);
    csv::line(&[&one.username, &one.full_name, &one.post.title, &unit, whom, client_name, role])
}
