//! What a plan does: text for people, one document for scripts.

use super::lasting::{client_document, client_said, groups_document, groups_line};
use crate::app::cli::Output;
use crate::base::date::{iso, shown};
use crate::base::id::UnitId;
use crate::model::plan::effect::Fate;
use crate::model::plan::scopes::ScopeMove;
use crate::model::plan::{Plan, Step};
use crate::model::registry::Registry;
use crate::service::reorganization::{Approval, OpenPost, Part, Preview, RuleRow, SeatRow, UnitTally};
use serde_json::{Value, json};
use std::collections::HashMap;

/// More lines than people read; scripts get all.
const MOST_LINES: usize = 40;

/// What became of the files that were named beside a preview, and of the approval that waits.
#[derive(Debug, Default)]
pub struct Files {
    /// So many posts were decided by the list that was read.
    pub decided: Option<usize>,
    /// So many posts stand in the list that was written.
    pub listed: Option<usize>,
    /// What is not any more as it was approved.
    pub changed: Option<Part>,
}

impl Files {
    /// Says so.
    pub fn tell(&self, out: &mut Output) {
        if let Some(count) = self.decided {
            out.line(&format!("  read      {count} posts were decided by the list"));
        }
        if let Some(count) = self.listed {
            out.line(&format!("  written   {count} posts wait for a decision in the list"));
        }
    }
}

/// Units by their names, also those that the plan makes.
struct Names<'a> {
    registry: &'a Registry,
    plan: &'a Plan,
    made: HashMap<UnitId, String>,
}

impl<'a> Names<'a> {
    fn new(plan: &'a Plan, registry: &'a Registry) -> Self {
        let mut made = HashMap::new();
        for row in &plan.steps {
            if let Step::Create { key, name, .. } = &row.step {
                made.insert(plan.unit_id(key), format!("{key} {name}"));
            }
        }
        Self { registry, plan, made }
    }

    /// `26740 Phường Sài Gòn`, as of the day before for what was there.
    fn of(&self, id: &UnitId) -> String {
        if let Some(made) = self.made.get(id) {
            return made.clone();
        }
        let Some(unit) = self.registry.unit(id) else { return id.to_string() };
        let code = self.registry.last_code(unit, "gso").unwrap_or_default();
        format!("{code} {}", self.registry.name_on(unit, self.plan.day_before()))
    }

    fn all(&self, ids: &[UnitId]) -> String {
        ids.iter().map(|id| self.of(id)).collect::<Vec<_>>().join("; ")
    }

    fn fate(&self, fate: &Fate) -> String {
        match fate {
            Fate::Whole(to) => format!("into {}", self.of(to)),
            Fate::Choice(to) => format!("into one of {}", self.all(to)),
            Fate::Gone => "ends".to_owned(),
        }
    }
}

/// `merger-2025`, or `merger-2025, stage mot`.
pub fn of_stage(name: &str, stage: Option<&str>) -> String {
    stage.map_or_else(|| name.to_owned(), |stage| format!("{name}, stage {stage}"))
}

/// The same as one types it.
pub fn words(name: &str, stage: Option<&str>) -> String {
    stage.map_or_else(|| name.to_owned(), |stage| format!("{name} --stage {stage}"))
}

/// What a plan would do.
pub fn preview(preview: &Preview, registry: &Registry, files: &Files, out: &mut Output) {
    if out.json {
        out.json(&preview_document(preview, files));
        return;
    }
    let names = Names::new(&preview.plan, registry);
    let (plan, stage) = (&preview.plan, preview.stage.as_deref());
    let instrument = &plan.instrument;
    out.line(&format!("{}: {}", of_stage(&plan.name, stage), plan.title));
    out.line(&format!("  from      {}", shown(plan.effective)));
    out.line(&format!("  by        {}, {}, {}", instrument.number, shown(instrument.date), instrument.issuer));
    counts(preview, out);
    files.tell(out);
    tell_units(&preview.by_unit, &names, out);
    tell_others(preview, &names, out);
    let (version, digest) = (preview.registry_version, &preview.digest);
    out.line(&format!("  registry  {} now, version {version}", preview.registry_before));
    out.line(&format!("  registry  {} then", preview.registry_after));
    out.line(&format!("  digest    {digest}"));
    if let Some(part) = files.changed {
        out.line(&format!("  approved  what waits is for something else: {} changed since", part.in_english()));
    }
    let words = words(&plan.name, stage);
    if preview.open_count > 0 && files.listed.is_none() {
        out.line(&format!("Who needs a decision: motlan reorg preview {words} --worklist FILE.csv"));
    }
    out.line(&format!("Somebody else approves exactly this: motlan reorg approve {words} --digest {digest}"));
}

/// How many of what: enough to see whether it is what one thinks of.
pub fn counts(preview: &Preview, out: &mut Output) {
    let (ended, begun, changed) = (preview.units_ended, preview.units_begun, preview.units_changed);
    out.line(&format!("  units     {ended} end, {begun} begin, {changed} others change"));
    out.line(&format!("  people    {}, with {} posts in units that end", preview.people, preview.posts));
    out.line(&format!("  decided   {} posts by rules and decisions", preview.decided));
    let (open, waiting) = (preview.open_count, preview.open_people);
    out.line(&format!("  open      {open} posts of {waiting} people: nobody has said where they go"));
    let (ended, anew) = (preview.scopes.len(), preview.scopes_anew());
    out.line(&format!("  admins    {ended} roles end with their units, {anew} of them to be appointed anew"));
}

/// The same for scripts.
pub fn figures(preview: &Preview) -> Value {
    json!({
        "units_ended": preview.units_ended,
        "units_begun": preview.units_begun,
        "units_changed": preview.units_changed,
        "people": preview.people,
        "posts": preview.posts,
        "decided": preview.decided,
        "open": preview.open_count,
        "open_people": preview.open_people,
        "administrators_ended": preview.scopes.len(),
        "administrators_anew": preview.scopes_anew(),
    })
}

/// The units whose people move; those where somebody has to decide come first.
fn tell_units(tallies: &[UnitTally], names: &Names<'_>, out: &mut Output) {
    let mut touched: Vec<&UnitTally> = tallies.iter().filter(|tally| tally.people > 0).collect();
    touched.sort_by_key(|tally| tally.open == 0);
    for tally in touched.iter().take(MOST_LINES) {
        let open = if tally.open > 0 { format!(", {} open", tally.open) } else { String::new() };
        let (code, name, people) = (&tally.gso, &tally.name, tally.people);
        out.line(&format!("  unit      {code} {name}: {people} people{open}; {}", names.fate(&tally.fate)));
    }
    if touched.len() > MOST_LINES {
        out.line(&format!("  unit      and {} more; --json tells all", touched.len() - MOST_LINES));
    }
}

/// Roles that go along, administrators, and clients that are told former units.
fn tell_others(preview: &Preview, names: &Names<'_>, out: &mut Output) {
    for (client, role, posts) in &preview.roles {
        out.line(&format!("  role      {client}: {role}, bound to {posts} posts that go on"));
    }
    for of in &preview.groups {
        out.line(&format!("  role      {}", groups_line(of)));
    }
    for (_, username, moved) in &preview.scopes {
        let end = moved.ended.map_or_else(|| "stays".to_owned(), |last| format!("ends on {}", shown(last)));
        let begun = moved.begun.as_ref().and_then(|scope| scope.unit.as_ref());
        let otherwise = if moved.anew { ", to be appointed anew" } else { "" };
        let next = begun.map_or_else(|| otherwise.to_owned(), |unit| format!(", goes on for {}", names.of(unit)));
        out.line(&format!("  admin     {username}: {end}{next}"));
    }
    for (id, name, word) in &preview.clients {
        out.line(&format!("  client    {id} ({name}) {}", client_said(word)));
    }
}

fn fate_document(fate: &Fate) -> (&'static str, Vec<&UnitId>) {
    match fate {
        Fate::Whole(to) => ("whole", vec![to]),
        Fate::Choice(to) => ("choice", to.iter().collect()),
        Fate::Gone => ("gone", Vec::new()),
    }
}

fn tally_document(tally: &UnitTally) -> Value {
    let (fate, into) = fate_document(&tally.fate);
    json!({
        "id": tally.unit,
        "gso": tally.gso,
        "name": tally.name,
        "fate": fate,
        "into": into,
        "people": tally.people,
        "open": tally.open,
    })
}

fn open_document(open: &OpenPost) -> Value {
    json!({
        "person_id": open.person,
        "username": open.username,
        "full_name": open.full_name,
        "position": open.position.id,
        "unit": open.position.unit,
        "department": open.position.department,
        "title": open.position.title,
        "candidates": open.candidates,
    })
}

fn scope_document(username: &str, moved: &ScopeMove) -> Value {
    let begun = moved.begun.as_ref().map(|scope| json!({ "id": scope.id, "role": scope.role.word(), "unit": scope.unit }));
    json!({ "username": username, "id": moved.id, "ended": moved.ended.map(iso), "begun": begun, "appoint_anew": moved.anew })
}

fn preview_document(preview: &Preview, files: &Files) -> Value {
    let plan = &preview.plan;
    let roles: Vec<Value> =
        preview.roles.iter().map(|(client, role, posts)| json!({ "client_id": client, "role": role, "posts": posts })).collect();
    let mut document = json!({
        "plan": plan.name,
        "title": plan.title,
        "effective": iso(plan.effective),
        "stage": preview.stage,
        "digest": preview.digest,
        "registry_version": preview.registry_version,
        "people_version": preview.people_version,
        "registry_before": preview.registry_before,
        "registry_after": preview.registry_after,
        "worklist": preview.open.iter().map(open_document).collect::<Vec<_>>(),
        "units": preview.by_unit.iter().map(tally_document).collect::<Vec<_>>(),
        "roles": roles,
        "group_roles": preview.groups.iter().map(groups_document).collect::<Vec<_>>(),
        "administrators": preview.scopes.iter().map(|(_, name, moved)| scope_document(name, moved)).collect::<Vec<_>>(),
        "clients": preview.clients.iter().map(client_document).collect::<Vec<_>>(),
        "decisions_read": files.decided,
        "worklist_written": files.listed,
        "approval_changed": files.changed.map(Part::word),
    });
    if let (Some(members), Value::Object(figures)) = (document.as_object_mut(), figures(preview)) {
        members.extend(figures);
    }
    document
}

/// An approval as scripts read it.
pub fn approval(approval: &Approval) -> Value {
    json!({
        "plan": approval.plan,
        "stage": stage_of(&approval.stage),
        "digest": approval.digest,
        "registry_version": approval.registry_version,
        "people_version": approval.people_version,
        "accept_open": approval.accept_open,
        "approved_by": approval.approved_by,
        "approved_at": approval.approved_at,
        "used_at": approval.used_at,
        "waits_why": approval.waits_why,
    })
}

/// Why something approved was not applied by itself, after its word.
pub fn waits(why: &str) -> String {
    let parts = [Part::Registry, Part::People, Part::Scopes, Part::Plan];
    match parts.into_iter().find(|part| part.word() == why) {
        Some(part) => format!("{} changed since the approval", part.in_english()),
        None if why == "open" => "people wait for a decision, and the approval does not accept that".to_owned(),
        None => why.replace('_', " "),
    }
}

/// An empty word stands for the whole plan.
pub fn stage_of(word: &str) -> Option<&str> {
    (!word.is_empty()).then_some(word)
}

/// The rules of a plan, in the order in which they count.
pub fn rules(rules: &[RuleRow], plan: &Plan, registry: &Registry, out: &mut Output) {
    if out.json {
        let all = rules.iter().map(|rule| {
            json!({
                "id": rule.id,
                "from": rule.from,
                "department": rule.department,
                "title": rule.title,
                "seat": rule.seat,
                "to": rule.to,
                "decision_no": rule.decision_no,
                "by": rule.by,
                "at": rule.at,
            })
        });
        out.json(&Value::Array(all.collect()));
        return;
    }
    if rules.is_empty() {
        out.line("The plan has no rules.");
    }
    let names = Names::new(plan, registry);
    for rule in rules {
        let who: Vec<&str> = [rule.department.as_deref(), rule.title.as_deref()].into_iter().flatten().collect();
        let who = if who.is_empty() { "everybody".to_owned() } else { who.join(", ") };
        let seat = rule.seat.as_ref().map(|words| format!(" at {words}")).unwrap_or_default();
        let (from, to) = (names.of(&rule.from), names.of(&rule.to));
        out.line(&format!("{}  {who}{seat} of {from} to {to} ({}, by {})", rule.id, rule.decision_no, rule.by));
    }
}

/// The seats of a plan, unit by unit.
pub fn seats(seats: &[SeatRow], plan: &Plan, registry: &Registry, out: &mut Output) {
    if out.json {
        let all = seats.iter().map(|seat| {
            json!({
                "from_unit": seat.unit,
                "department": seat.department,
                "address": seat.address,
                "by": seat.by,
                "at": seat.at,
            })
        });
        out.json(&Value::Array(all.collect()));
        return;
    }
    if seats.is_empty() {
        out.line("No seats were read for the plan.");
    }
    let names = Names::new(plan, registry);
    for seat in seats {
        let who = if seat.department.is_empty() { "the unit itself" } else { &seat.department };
        out.line(&format!("{}  {who}: {} (by {})", names.of(&seat.unit), seat.address, seat.by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_named_beside_its_plan() {
        assert_eq!((of_stage("p", None), words("p", None)), ("p".to_owned(), "p".to_owned()));
        assert_eq!(of_stage("p", Some("mot")), "p, stage mot");
        assert_eq!(words("p", Some("mot")), "p --stage mot");
        assert_eq!((stage_of(""), stage_of("mot")), (None, Some("mot")));
    }

    #[test]
    fn why_something_waits_is_told_in_words() {
        let table = [
            ("registry", "the units of the registry changed since the approval"),
            ("open", "people wait for a decision, and the approval does not accept that"),
            ("not_applied", "not applied"),
        ];
        for (word, expected) in table {
            assert_eq!(waits(word), expected);
        }
    }
}
