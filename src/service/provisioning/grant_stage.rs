//! Roles in clients from a file, and taking them back.
//!
//! A grant counts by itself, so a file of them is applied in short writes that
//! each say which of its lines are done: work that was stopped in the middle
//! goes on there. Nobody gets a role who is outside the bounds of the file.

use super::bounds::{self, Bounds};
use super::change_set::ChangeSetError;
use super::known_stage::{misnamed, nobody};
use super::person_row::{text, unit};
use super::person_stage::Staged;
use super::row_told::{Detail, Post, RowTold};
use super::row_wrong::{Wrong, disabled, fail, oneself};
use crate::base::id::{ChangeSetId, PersonId, UnitId, uuid_v7};
use crate::base::text::fold;
use crate::model::admin_scope::AdminRole;
use crate::model::client::Client;
use crate::model::import::{Kept, RowEffect};
use crate::model::person::Username;
use crate::model::position::Position;
use crate::model::registry::Registry;
use crate::model::row_error::RowError;
use crate::service::audit::{self, Event};
use crate::service::authority::Doer;
use crate::service::sheet::{Row, Sheet};
use crate::service::{Services, forget};
use crate::store::changes::Kind;
use crate::store::import_grants::{self, Brought, NewGrant, Which};
use crate::store::import_rows::{self, KeptRow};
use crate::store::{StoreError, Tx, clients, lifecycles, person_names, persons};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Read;
use time::Date;

/// The columns of a file of grants.
const GRANT: [&str; 9] = ["username", "full_name", "client_id", "role", "unit_code", "title", "reason", "valid_from", "valid_to"];
/// Grants of one short write, when they are taken back.
const BATCH: i64 = 250;

/// A row without mistakes of its own.
#[derive(Debug, Clone)]
pub(super) struct GrantRow {
    pub(super) line: u64,
    pub(super) username: Username,
    full_name: String,
    client: String,
    role: String,
    unit: Option<UnitId>,
    title: Option<String>,
    reason: String,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
}

/// Checks the header.
pub(super) fn check_header<R: Read>(sheet: &Sheet<R>) -> Result<(), RowError> {
    sheet.check_header(&["username", "client_id", "role"], |name| GRANT.contains(&name))
}

/// Reads a row.
pub(super) fn read(row: &Row, registry: &Registry, today: Date) -> Result<GrantRow, RowError> {
    let username =
        Username::parse(row.needed("username")?).map_err(|error| row.wrong("username", error.vietnamese(), error.to_string()))?;
    let (valid_from, valid_to) = (row.date("valid_from")?, row.date("valid_to")?);
    if valid_to.is_some_and(|last| valid_from.is_some_and(|first| last < first)) {
        return Err(row.wrong("valid_to", "ngày kết thúc ở trước ngày bắt đầu", "the last day is before the first"));
    }
    let on = valid_from.unwrap_or(today);
    Ok(GrantRow {
        line: row.line,
        username,
        full_name: row.get("full_name").to_owned(),
        client: row.needed("client_id")?.to_owned(),
        role: row.needed("role")?.to_owned(),
        unit: (!row.get("unit_code").is_empty()).then(|| unit(row, registry, on)).transpose()?,
        title: text(row, "title", 200)?,
        reason: text(row, "reason", 500)?.unwrap_or_default(),
        valid_from,
        valid_to,
    })
}

/// Where rows of grants go.
pub(super) struct Grants<'a> {
    services: &'a Services,
    import: &'a str,
    bounds: &'a Bounds,
    doer: &'a Doer,
    /// Roles by the client that declares them.
    declared: HashMap<String, Declared>,
    /// Grants of earlier rows of the file.
    seen: HashSet<(PersonId, Which)>,
    /// Lines that are done already; nothing while the rows are only checked.
    done: Option<HashSet<i64>>,
}

/// The roles of a client.
struct Declared {
    roles: Vec<String>,
    /// Those that administrators of units may give.
    unit_granted: Vec<String>,
}

impl Declared {
    fn of(client: Client) -> (String, Self) {
        (client.id, Self { roles: client.settings.roles, unit_granted: client.settings.unit_granted_roles })
    }

    /// Whether somebody who acts as this may give a role.
    fn lets(&self, by: AdminRole, role: &str) -> bool {
        let is_in = |roles: &[String]| roles.iter().any(|declared| declared == role);
        is_in(&self.roles) && (by != AdminRole::Unit || is_in(&self.unit_granted))
    }
}

/// What is known of the people of one batch.
struct Known {
    owners: HashMap<String, persons::Owner>,
    names: HashMap<PersonId, String>,
    held: HashMap<PersonId, Vec<Position>>,
    grants: HashSet<(PersonId, Which)>,
}

impl Known {
    /// Whether somebody has a grant already: in its position, or in one that this goes on from.
    fn has(&self, (person, which): &(PersonId, Which), held: &[Position]) -> bool {
        let (client, role, position, from, to) = which;
        let mut next = position.clone();
        // A chain of posts is no longer than all of them.
        for _ in 0..=held.len() {
            let which = (client.clone(), role.clone(), next.clone(), from.clone(), to.clone());
            if self.grants.contains(&(person.clone(), which)) {
                return true;
            }
            let post = next.and_then(|id| held.iter().find(|post| post.id.0 == id));
            let Some(before) = post.and_then(|post| post.follows.as_ref()) else { return false };
            next = Some(before.0.clone());
        }
        false
    }
}

impl<'a> Grants<'a> {
    /// Reads what clients declare. With `apply`, rows are granted; else they are only looked at.
    pub(super) async fn begin(
        services: &'a Services,
        import: &'a str,
        (bounds, doer): (&'a Bounds, &'a Doer),
        apply: bool,
    ) -> Result<Self, StoreError> {
        let mut conn = services.store.read().await?;
        let enabled = clients::list(&mut conn).await?.into_iter().filter(|client| client.disabled_at.is_none());
        let declared = enabled.map(Declared::of).collect();
        let done = if apply { Some(import_grants::list_lines(&mut conn, import).await?.into_iter().collect()) } else { None };
        Ok(Self { services, import, bounds, doer, declared, seen: HashSet::new(), done })
    }

    /// Looks at a batch of rows, or grants it.
    pub(super) async fn stage(&mut self, rows: Vec<GrantRow>) -> Result<Staged, ChangeSetError> {
        let mut staged = Staged::default();
        if rows.is_empty() {
            return Ok(staged);
        }
        let mut tx = self.services.store.write().await?;
        if self.done.is_some() && !self.bounds.still_stand(&mut tx, self.services).await? {
            return Err(ChangeSetError::NotAllowed);
        }
        let known = self.known(&mut tx, &rows).await?;
        if self.done.is_some() {
            // In one order, as everybody does who holds several people.
            let people: BTreeSet<&str> = known.owners.values().map(|owner| owner.id.as_str()).collect();
            for person in people {
                lifecycles::hold(&mut tx, &PersonId(person.to_owned())).await?;
            }
        }
        let mut granted = BTreeSet::new();
        for row in rows {
            let line = row.line;
            match self.grant(&mut tx, &known, row).await? {
                Ok(told) => {
                    if told.effect == RowEffect::Granted {
                        staged.positions += 1;
                        granted.extend(known.owners.get(&fold(&told.username)).map(|owner| owner.id.clone()));
                    }
                    staged.told.push(told);
                }
                Err(wrong) => fail(&[line], &wrong, &mut staged.errors),
            }
        }
        if self.done.is_none() {
            // Nothing was written: the transaction is given up with what it read.
            return Ok(staged);
        }
        forget_each(tx, self.services, &granted).await?;
        Ok(staged)
    }

    async fn known(&self, tx: &mut Tx, rows: &[GrantRow]) -> Result<Known, StoreError> {
        let names: HashSet<&str> = rows.iter().map(|row| row.username.folded()).collect();
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let owners = person_names::list_owners(tx, &names).await?;
        let people: Vec<PersonId> = owners.values().map(|owner| PersonId(owner.id.clone())).collect();
        let facts = persons::list_facts(tx, &ChangeSetId(String::new()), &people).await?;
        // Oldest first, so that the newest name stays.
        let names = facts.into_iter().map(|version| (version.person, version.facts.full_name)).collect();
        let held = bounds::held(tx, &people).await?;
        let grants = import_grants::list_held(tx, &people).await?;
        Ok(Known { owners, names, held, grants })
    }

    /// One row; the inner error is a mistake of it.
    async fn grant(&mut self, tx: &mut Tx, known: &Known, row: GrantRow) -> Result<Result<RowTold, Wrong>, StoreError> {
        let owner = known.owners.get(row.username.folded());
        let Some(owner) = owner else { return Ok(Err(nobody())) };
        let person = PersonId(owner.id.clone());
        let full_name = known.names.get(&person).cloned().unwrap_or_default();
        let held = known.held.get(&person).map_or(&[][..], Vec::as_slice);
        let position = match self.admit(&person, &row, (owner, held, &full_name)) {
            Ok(position) => position,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let now = self.services.clock.now();
        let line = i64::try_from(row.line).unwrap_or(i64::MAX);
        let grant = NewGrant {
            id: uuid_v7(now, &*self.services.entropy),
            line,
            person: person.clone(),
            client: row.client,
            role: row.role,
            position: position.map(|position| position.id.clone()),
            reason: row.reason,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        };
        let which = (person, grant.which());
        let is_done = self.done.as_ref().is_some_and(|done| done.contains(&line));
        let is_known = known.has(&which, held) || !self.seen.insert(which);
        let effect = if is_done {
            RowEffect::Granted
        } else if is_known {
            RowEffect::Unchanged
        } else if self.done.is_none() || self.write(tx, &grant).await? {
            RowEffect::Granted
        } else {
            RowEffect::Unchanged
        };
        let detail = Detail { role: Some((grant.client, grant.role)), position: position.map(Post::of), ..Detail::default() };
        Ok(Ok(RowTold { line: row.line, username: owner.username.clone(), full_name, effect, detail }))
    }

    /// Whether a row may be granted, and for which position.
    fn admit<'p>(
        &self,
        person: &PersonId,
        row: &GrantRow,
        (owner, held, full_name): (&persons::Owner, &'p [Position], &str),
    ) -> Result<Option<&'p Position>, Wrong> {
        if self.bounds.is_own(person) {
            return Err(oneself());
        }
        let Some(by) = self.bounds.reached_as(person, held.iter()) else { return Err(nobody()) };
        if !row.full_name.is_empty() && fold(&row.full_name) != fold(full_name) {
            return Err(misnamed());
        }
        if owner.disabled_at.is_some() {
            return Err(disabled());
        }
        let Some(declared) = self.declared.get(&row.client) else { return Err(unknown_client()) };
        if !declared.lets(by, &row.role) {
            return Err(undeclared());
        }
        if row.valid_to.is_some_and(|last| last < self.bounds.today()) {
            return Err(over());
        }
        self.position(row, held)
    }

    /// The position that a row names by its unit, and by its title where there are several.
    fn position<'p>(&self, row: &GrantRow, held: &'p [Position]) -> Result<Option<&'p Position>, Wrong> {
        let Some(unit) = &row.unit else { return Ok(None) };
        let from = row.valid_from.unwrap_or(self.bounds.today());
        let fits = |position: &&Position| {
            position.unit == *unit
                && position.valid_to.is_none_or(|last| last >= from)
                && row.title.as_ref().is_none_or(|title| fold(title) == fold(&position.title))
        };
        let mut found = held.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(position), None) => Ok(Some(position)),
            (None, _) => Err(no_position()),
            (Some(_), Some(_)) => Err(several_positions()),
        }
    }

    /// Grants it and records that; false when somebody else was first.
    async fn write(&self, tx: &mut Tx, grant: &NewGrant) -> Result<bool, StoreError> {
        let by = (self.doer.person.as_str(), self.services.clock.now());
        if !import_grants::add(tx, self.import, grant, by).await? {
            return Ok(false);
        }
        let detail = serde_json::json!({
            "role": grant.role, "position": grant.position, "reason": grant.reason,
            "valid_from": grant.valid_from.map(crate::base::date::iso), "valid_to": grant.valid_to.map(crate::base::date::iso),
            "import": self.import, "line": grant.line,
        });
        let event = Event::by(self.doer, "role.granted", Some(&grant.person), Some(&grant.client), detail);
        audit::record(tx, self.services, event).await?;
        Ok(true)
    }
}

/// What became of taking some grants back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Back {
    /// Some were looked at, and there may be more.
    More,
    /// None is left to be looked at.
    Over,
    /// Whoever takes them back may not do it any more.
    NotAllowed,
}

/// Takes some grants of a file back. Those that somebody changed since, or whose
/// people are outside the bounds now, stay and are listed. Without bounds, all of them: the file could not be applied
/// to its end.
pub(super) async fn take_back(
    services: &Services,
    import: &str,
    (bounds, doer): (Option<&Bounds>, &Doer),
) -> Result<Back, StoreError> {
    let now = services.clock.now();
    let mut tx = services.store.write().await?;
    if let Some(bounds) = bounds
        && !bounds.still_stand(&mut tx, services).await?
    {
        return Ok(Back::NotAllowed);
    }
    let brought = import_grants::list_brought(&mut tx, import, BATCH).await?;
    if brought.is_empty() {
        return Ok(Back::Over);
    }
    let people: BTreeSet<PersonId> = brought.iter().map(|grant| grant.person.clone()).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let held = bounds::held(&mut tx, &people).await?;
    let usernames = person_names::names_of(&mut tx, &people).await?;
    let mut kept = Vec::new();
    for grant in &brought {
        let positions = held.get(&grant.person).map_or(&[][..], Vec::as_slice);
        let why = if grant.revoked {
            None
        } else if grant.changed {
            Some(Kept::Grant)
        } else if bounds.is_some_and(|bounds| !bounds.reaches(&grant.person, positions.iter())) {
            Some(Kept::Outside)
        } else {
            revoke(&mut tx, services, (import, grant), doer).await?;
            None
        };
        if let Some(what) = why {
            let username = usernames.get(&grant.person).cloned().unwrap_or_default();
            let subject = format!("{}: {}", grant.client, grant.role);
            kept.push(KeptRow { person: grant.person.clone(), what, subject, username, full_name: String::new() });
        }
        import_grants::mark_undone(&mut tx, import, &grant.id, now).await?;
    }
    import_rows::add_kept(&mut tx, import, &kept).await?;
    let people = people.into_iter().map(|person| person.0).collect();
    forget_each(tx, services, &people).await?;
    Ok(Back::More)
}

/// Ends a batch, after which every node reads these people anew, and nobody else.
async fn forget_each(mut tx: Tx, services: &Services, people: &BTreeSet<String>) -> Result<(), StoreError> {
    for person in people {
        forget(&mut tx, services, Kind::Person, person).await?;
    }
    tx.commit().await?;
    for person in people {
        services.known.forget(Kind::Person, person, services.clock.now());
    }
    Ok(())
}

async fn revoke(tx: &mut Tx, services: &Services, (import, grant): (&str, &Brought), doer: &Doer) -> Result<(), StoreError> {
    if !import_grants::revoke(tx, &grant.id, services.clock.now()).await? {
        return Ok(());
    }
    let detail = serde_json::json!({ "role": grant.role, "import": import, "reason": "the import was taken back" });
    let event = Event::by(doer, "role.revoked", Some(&grant.person), Some(&grant.client), detail);
    audit::record(tx, services, event).await
}

fn unknown_client() -> Wrong {
    Wrong::new("client_id".to_owned(), "không có hệ thống nào mang mã này", "no client has this id")
}

fn undeclared() -> Wrong {
    Wrong::new(
        "role".to_owned(),
        "hệ thống này không khai báo vai trò này, hoặc không để quản trị viên của đơn vị cấp",
        "this client does not declare this role, or does not leave it to administrators of units",
    )
}

fn over() -> Wrong {
    Wrong::new("valid_to".to_owned(), "ngày kết thúc đã qua", "the last day is over")
}

fn no_position() -> Wrong {
    Wrong::new(
        "unit_code".to_owned(),
        "người này không có vị trí còn hiệu lực trong đơn vị này",
        "this person has no position in this unit that is in force",
    )
}

fn several_positions() -> Wrong {
    Wrong::new(
        "title".to_owned(),
        "người này có nhiều vị trí trong đơn vị này; hãy ghi rõ chức danh",
        "this person has several positions in this unit; write the title",
    )
}
