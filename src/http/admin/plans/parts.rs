//! The parts of a plan's page: what the plan is, its stages, what it comes to, and what was done with it.

use super::LINES;
use super::kin::{Kin, Place};
use super::known::Known;
use super::one::is_fresh;
use crate::base::clock::Millis;
use crate::base::date::{shown, shown_moment};
use crate::base::id::PersonId;
use crate::base::words::{Words, fill};
use crate::http::admin::names::Names;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::parts::{Said, number};
use crate::http::view::console::plans::UnitName;
use crate::http::view::console::plans::lines::{
    ClientLine, Counts, EntryLine, GroupRolesLine, Head, RoleLine, ScopeLine, Short, StageLine,
};
use crate::http::view::console::plans::one::Going;
use crate::model::plan::Plan;
use crate::model::plan::scopes::ScopeMove;
use crate::model::registry::Registry;
use crate::protocol::parameters::Parameters;
use crate::service::reorganization::looks::Look;
use crate::service::reorganization::looks::acts::Work;
use crate::service::reorganization::{Entry, Readiness, Run, RunState, StageStatus, Status, Tally};

/// What names are looked up in.
pub struct Ground<'a> {
    /// Words.
    pub t: &'static Words,
    /// The plan.
    pub plan: &'a Plan,
    /// The units.
    pub registry: &'a Registry,
}

/// A unit, as it is shown.
pub fn unit_of(place: &Place) -> UnitName {
    UnitName { id: place.id.0.clone(), code: place.code.clone(), name: place.name.clone() }
}

/// What a plan is.
pub fn head(status: &Status, names: &Names) -> Head {
    let plan = &status.plan;
    Head {
        name: plan.name.clone(),
        title: plan.title.clone(),
        number: plan.instrument.number.clone(),
        dated: shown(plan.instrument.date),
        issuer: plan.instrument.issuer.clone(),
        effective: shown(plan.effective),
        author: names.shown(&status.author),
        registered: shown_moment(status.registered_at),
        withdrawn: status.withdrawn_at.map(shown_moment),
    }
}

/// Its stages; of the one that was looked at it is known whether it is what was approved.
pub fn stages(status: &Status, names: &Names, (looked_at, look): (&StageStatus, Option<&Look>)) -> Vec<StageLine> {
    let changed = |stage: &StageStatus| match look {
        Some(look) if stage.stage == looked_at.stage => stage.differs_from(&look.preview.digest),
        Some(_) | None => stage.changed,
    };
    let line = |stage: &StageStatus| StageLine {
        stage: stage.stage.clone(),
        readiness: stage.readiness,
        approved: stage
            .approval
            .as_ref()
            .map(|approval| (names.shown(&approval.approved_by), shown_moment(approval.approved_at))),
        changed: changed(stage),
        waits: stage.approval.as_ref().and_then(|approval| approval.waits_why.clone()),
        run: stage.run.as_ref().filter(|run| run.state == RunState::Applied).map(|run| (run.people, run.posts)),
        open: stage.open,
    };
    status.stages.iter().map(line).collect()
}

/// What a stage comes to: as it was looked at, or as it was applied. Of the whole plan that is what its stages came to that
/// count: whoever has posts in two of them counts twice.
pub fn counts_of(status: &Status, stage: &StageStatus, (look, tally): (Option<&Look>, Option<&Tally>)) -> Option<Counts> {
    let is_of_it = |other: &&StageStatus| stage.stage.is_none() || other.stage == stage.stage;
    let of_it = status.stages.iter().filter(is_of_it);
    let applied: Vec<(&StageStatus, &Run)> = of_it.filter_map(|other| Some((other, applied_run(other)?))).collect();
    if !applied.is_empty() {
        return Some(Counts {
            units: tally.map(|tally| tally.units),
            people: applied.iter().map(|(_, run)| run.people).sum(),
            posts: applied.iter().map(|(_, run)| run.posts).sum(),
            decided: tally.map(|tally| tally.decided),
            open: applied.iter().map(|(stage, _)| stage.open).sum(),
            open_people: None,
        });
    }
    let preview = &look?.preview;
    let count = |units: usize| i64::try_from(units).unwrap_or(i64::MAX);
    Some(Counts {
        units: Some((count(preview.units_ended), count(preview.units_begun), count(preview.units_changed))),
        people: preview.people,
        posts: preview.posts,
        decided: Some(preview.decided),
        open: preview.open_count,
        open_people: Some(preview.open_people),
    })
}

fn applied_run(stage: &StageStatus) -> Option<&Run> {
    stage.run.as_ref().filter(|run| run.state == RunState::Applied)
}

/// What goes on with a stage, on this node or on another one.
pub fn going_of(stage: &StageStatus, work: Option<&Work>, known: &Known, now: Millis) -> Option<Going> {
    // What is staged ahead of its moment waits, and nobody need wait for it.
    let staged = stage.run.as_ref().filter(|_| stage.readiness == Readiness::Staging);
    let applying = |run: Option<&Run>| Going::Applying {
        people: run.map_or(0, |run| run.people),
        all: run.map(|_| known.kept.people).filter(|all| *all > 0),
    };
    let here = work.filter(|work| work.outcome.is_none()).map(|work| work.act);
    match (here, staged) {
        (Some("approve"), _) => Some(Going::Approving),
        (Some("rollback"), _) => Some(Going::RollingBack),
        (Some(_), run) => Some(applying(run)),
        (None, Some(run)) if is_fresh(run.touched_at, now) => Some(applying(Some(run))),
        (None, _) if stage.run.as_ref().is_some_and(|run| run.state == RunState::Undoing) => Some(Going::RollingBack),
        (None, _) => known.is_working.then_some(Going::Looking),
    }
}

/// Roles that go on with posts, by client.
pub fn roles(tally: Option<&Tally>) -> Short<RoleLine> {
    let all = tally.map(|tally| tally.roles.as_slice()).unwrap_or_default();
    let line =
        |(client, role, count): &(String, String, i64)| RoleLine { client: client.clone(), role: role.clone(), count: *count };
    Short::of(all.iter().map(line).collect(), LINES)
}

/// Roles of groups of units that end, by client.
pub fn group_roles(tally: Option<&Tally>) -> Short<GroupRolesLine> {
    let all = tally.map(|tally| tally.groups.as_slice()).unwrap_or_default();
    let lines =
        all.iter().map(|of| GroupRolesLine { client: of.client.clone(), role: of.role.clone(), go_on: of.go_on, end: of.end });
    Short::of(lines.collect(), LINES)
}

/// Roles of administrators that go on in another unit, or end: whose, their user name, and what becomes of it.
pub fn scopes(ground: &Ground<'_>, moved: &[(PersonId, String, ScopeMove)]) -> Short<ScopeLine> {
    let kin = Kin::of(ground.plan, ground.registry);
    let lines = moved.iter().map(|(_, username, moved)| ScopeLine {
        username: username.clone(),
        ended: moved.ended.map(shown).unwrap_or_default(),
        to: moved.begun.as_ref().and_then(|begun| begun.unit.as_ref()).and_then(|unit| kin.by_id(unit)).map(|unit| unit.name),
    });
    Short::of(lines.collect(), LINES)
}

/// Clients that live on codes of before.
pub fn clients(tally: Option<&Tally>) -> Short<ClientLine> {
    let all = tally.map(|tally| tally.clients.as_slice()).unwrap_or_default();
    let line = |(id, name, word): &(String, String, String)| ClientLine { id: id.clone(), name: name.clone(), way: word.clone() };
    Short::of(all.iter().map(line).collect(), LINES)
}

/// What was done, newest first.
pub fn journal(status: &Status, names: &Names) -> Short<EntryLine> {
    let line = |entry: &Entry| EntryLine {
        at: shown_moment(entry.at),
        what: entry.what,
        stage: entry.stage.clone(),
        by: names.shown(&entry.by),
        detail: entry.detail.get("reason").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned(),
    };
    Short::of(status.journal.iter().rev().map(line).collect(), LINES)
}

/// What was just done, as the address says.
pub fn said_of(chrome: &Chrome, asked: &Parameters) -> Option<Said> {
    let t = chrome.t();
    let figure = |name: &str| asked.get(name).and_then(|figure| figure.parse().ok()).map_or(0, |n: i64| n.max(0));
    let people = number(chrome, figure("people"));
    match asked.get("done")? {
        "registered" => Some(Said::ok(&t.console_plans_done_registered)),
        "approved" => Some(Said::ok(&t.console_plans_done_approved)),
        "withdrawn" => Some(Said::ok(&t.console_plans_done_withdrawn)),
        "applied" => {
            let open = number(chrome, figure("open"));
            let text = fill(&t.console_plans_done_applied, &[("people", &people), ("open", &open)]);
            Some(Said { kind: if figure("open") > 0 { "warn" } else { "ok" }, text })
        }
        "rolled-back" => {
            let scopes = number(chrome, figure("scopes"));
            let back = fill(&t.console_plans_done_rolled_back, &[("people", &people), ("scopes", &scopes)]);
            let ends =
                [("ended", "people", &t.console_plans_done_posts_ended), ("roles", "roles", &t.console_plans_done_group_roles)];
            let ended = ends.into_iter().filter(|end| figure(end.0) > 0);
            let ended = ended.map(|(name, place, text)| fill(text, &[(place, &number(chrome, figure(name)))]));
            let said: Vec<String> = std::iter::once(back).chain(ended).collect();
            Some(Said { kind: if said.len() > 1 { "warn" } else { "ok" }, text: said.join(" ") })
        }
        _ => None,
    }
}
