//! What everybody may do in each of their posts, and what they look after: held against what they might in the posts from
//! which they go on.

use super::steps::exists;
use crate::reorganization_rights::grant;
use crate::support::TestApp;
use crate::support::imports::appoint;
use crate::support::people::person;
use crate::support::plans::{posts, registry, unit};
use motlan::app::cli::bench::matching::population::Draw;
use motlan::base::date::{iso, vietnam_date};
use motlan::base::id::{PersonId, PositionId, UnitId};
use motlan::model::admin_scope::AdminRole;
use motlan::model::entitlement::{Circumstances, Condition};
use motlan::model::registry::Registry;
use motlan::service::delegation::{self, Wish as Lent};
use motlan::service::provisioning::group_roles::{self, Giver, GroupRoleError, Wish};
use motlan::service::{Origin, Services};
use motlan::store::{admin_roles, clients};
use std::collections::{BTreeMap, BTreeSet};
use time::{Date, Duration};

/// The system with the roles.
pub(super) const SYSTEM: &str = "tthc";
/// Days for which posts are handed over: longer than a history is.
const LENT_DAYS: i64 = 350;

/// One way in which somebody acts.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// The post, and those that it goes on from; none for who holds no post.
    lineage: Vec<PositionId>,
    /// Whose post it is that they act in for another.
    lent_by: Option<PersonId>,
    /// The roles that count in it.
    roles: BTreeSet<String>,
}

/// An administrator's role, and the unit that it is bound to.
type Scope = (AdminRole, Option<UnitId>);

/// What everybody may do.
#[derive(Debug, Clone, Default)]
pub(super) struct Rights {
    held: BTreeMap<PersonId, Vec<Held>>,
    scopes: BTreeMap<PersonId, BTreeSet<Scope>>,
}

/// Posts that were handed over: whose, and which.
pub(super) type Given = BTreeMap<PersonId, PositionId>;

/// What these people may do today.
pub(super) async fn read(app: &TestApp, people: &[PersonId]) -> Rights {
    let services = app.services();
    let today = vietnam_date(services.clock.now());
    let mut conn = services.store.read().await.expect("a connection");
    let system = clients::find(&mut conn, SYSTEM).await.expect("an answer").expect("a client");
    let mut rights = Rights::default();
    for id in people {
        let scopes = admin_roles::list(&mut conn, id).await.expect("scopes");
        let counting = scopes.into_iter().filter(|scope| scope.in_force_on(today));
        rights.scopes.insert(id.clone(), counting.map(|scope| (scope.role, scope.unit)).collect());
    }
    drop(conn);
    for id in people {
        let known = services.person(id).await.expect("an answer").expect("a person who may sign in");
        let ways = known.holders(today).into_iter().map(|holder| Held {
            lineage: holder.acting.iter().flat_map(|post| known.person.lineage(&post.id)).cloned().collect(),
            lent_by: holder.acting.and_then(|post| post.delegated_by.clone()),
            roles: holder.roles(&system, Circumstances::BEST).into_iter().map(str::to_owned).collect(),
        });
        rights.held.insert(id.clone(), ways.collect());
    }
    rights
}

impl Rights {
    /// How many ways there are in which a role counts.
    pub(super) fn count(&self) -> usize {
        self.held.values().flatten().map(|held| held.roles.len()).sum()
    }

    /// Takes what might be done at another time for what might be done at this one too.
    pub(super) fn extend(&mut self, other: &Self) {
        for (person, held) in &other.held {
            self.held.entry(person.clone()).or_default().extend(held.iter().cloned());
        }
        for (person, scopes) in &other.scopes {
            self.scopes.entry(person.clone()).or_default().extend(scopes.iter().cloned());
        }
    }

    /// What somebody might do in a post, or in one that it goes on from. Who holds no post any more has at most what they
    /// had in any.
    fn in_post(&self, person: &PersonId, lineage: &[PositionId]) -> BTreeSet<&String> {
        let ways = self.held.get(person).into_iter().flatten();
        let of_post = ways.filter(|held| lineage.is_empty() || held.lineage.first().is_some_and(|post| lineage.contains(post)));
        of_post.flat_map(|held| &held.roles).collect()
    }

    /// What the owner of a post might do in it: of whoever acts for them, and for a while could not, it is no gain.
    fn of_owner(&self, owner: &PersonId, post: &PositionId) -> BTreeSet<&String> {
        let ways = self.held.get(owner).into_iter().flatten();
        ways.filter(|held| held.lineage.contains(post)).flat_map(|held| &held.roles).collect()
    }

    /// Nobody can do now, after a plan, what they could not before it: not in the post that goes on from theirs, and not in
    /// any other; and nobody looks after a unit that is made of more than they looked after.
    pub(super) fn are_no_more_than(&self, before: &Self, given: &Given, (registry, effective): (&Registry, Date)) {
        for (person, ways) in &self.held {
            for now in ways {
                let mut had = before.in_post(person, &now.lineage);
                let owned = now.lent_by.as_ref().and_then(|owner| Some((owner, given.get(owner)?)));
                had.extend(owned.into_iter().flat_map(|(owner, post)| before.of_owner(owner, post)));
                let gained: Vec<&String> = now.roles.iter().filter(|role| !had.contains(role)).collect();
                assert!(gained.is_empty(), "{person} has gained {gained:?} in {:?}", now.lineage);
            }
        }
        for (person, scopes) in &self.scopes {
            let had = &before.scopes[person];
            for scope in scopes {
                let fine = had.contains(scope) || is_of(registry, had, scope, effective);
                assert!(fine, "{person} looks after {scope:?} and did after {had:?}");
            }
        }
    }
}

/// Whether a unit began with a plan, and is made of nothing that somebody did not look after.
fn is_of(registry: &Registry, had: &BTreeSet<Scope>, (role, unit): &Scope, effective: Date) -> bool {
    let Some(unit) = unit.as_ref().and_then(|unit| registry.unit(unit)) else { return false };
    if unit.span.from != Some(effective) {
        return false;
    }
    let before = effective - Duration::days(1);
    let looked_after = |id: &UnitId| had.contains(&(*role, Some(id.clone())));
    let came = registry.predecessors(&unit.id).into_iter().filter(|(_, pair)| pair.relation.is_of_territory());
    let mut sources = came.map(|(from, _)| from).peekable();
    sources.peek().is_some()
        && sources.all(|from| {
            let above = registry.path_on(from, before);
            looked_after(&from.id) || above.into_iter().any(|above| looked_after(&above.id))
        })
}

fn operator() -> Giver {
    Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() }
}

/// Gives a role to whoever has a post in a unit; its id, unless that was given before.
async fn give(app: &TestApp, unit: UnitId, below: bool, (role, title): (&str, Option<&str>)) -> Option<String> {
    let wish = Wish {
        client_id: SYSTEM.to_owned(),
        role: role.to_owned(),
        unit,
        below,
        title: title.map(str::to_owned),
        condition: Condition::default(),
        valid_from: None,
        valid_to: None,
        reason: "QĐ 7".to_owned(),
    };
    let given = group_roles::add(app.services(), &operator(), &wish).await;
    app.sync().await;
    match given {
        Ok(id) => Some(id),
        Err(GroupRoleError::Held) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Gives another one to a unit that is there; its id.
pub(super) async fn give_one(app: &TestApp, draw: &mut Draw, on: Date) -> Option<String> {
    let registry = registry(app).await;
    let mut there: Vec<(&str, &UnitId)> = registry
        .units()
        .filter(|unit| exists(unit, on))
        .filter_map(|unit| Some((registry.code_on(unit, "gso", on)?, &unit.id)))
        .collect();
    there.sort_unstable();
    let unit = there[draw.below(there.len())].1.clone();
    let title = draw.in_thousand(400).then_some("Kế toán");
    give(app, unit, draw.in_thousand(500), (["xem", "ky"][draw.below(2)], title)).await
}

/// Takes one back that was given; what a plan's undoing ended is gone already.
pub(super) async fn take_back(app: &TestApp, id: &str) {
    group_roles::revoke(app.services(), &operator(), id, None).await.expect("taken back");
    app.sync().await;
}

/// At first: roles of some people, in a post or in all of them; of everybody in a unit, under one, or with a title; some who
/// look after units; and some posts that are handed to others. Answers whose posts, and who acts in them.
pub(super) async fn at_first(app: &TestApp, draw: &mut Draw, names: &[String]) -> (Given, Vec<String>) {
    let declared = ["duyet", "xem", "ky"].map(str::to_owned).to_vec();
    let tthc = app.client(SYSTEM, |settings| settings.roles = declared).await;
    for (number, name) in names.iter().enumerate().take(names.len() / 2) {
        let bound = posts(app, name).await.first().map(|post| post.id.clone());
        grant(app, name, &tthc, bound.filter(|_| number % 4 > 0)).await;
    }
    let today = vietnam_date(app.services().clock.now());
    let titled = Some("Kế toán");
    for (code, below, role, title) in [
        ("79", true, "ky", Some("Văn thư")),
        ("760", true, "xem", None),
        ("761", true, "xem", titled),
        ("761", false, "ky", None),
        ("10001", false, "ky", titled),
        ("10003", true, "ky", None),
        ("10005", false, "xem", None),
        ("10006", false, "ky", titled),
    ] {
        assert!(give(app, unit(app, code, today).await, below, (role, title)).await.is_some());
    }
    for (number, code) in [(0, "10001"), (1, "10003"), (2, "760"), (3, "10006"), (3, "10005")] {
        appoint(app, &names[number], (AdminRole::Unit, Some(code))).await;
    }
    let mut lent = (Given::new(), Vec::new());
    // Some of those who hand over have a role in the post, and some of those who act have roles of their own.
    for (place, giver) in [1, 2, 5, 13].into_iter().enumerate() {
        let to = &names[14 + 2 * place + draw.below(2)];
        let (owner, post) = hand_over(app.services(), app, &names[giver], to, today).await;
        lent.0.insert(owner, post);
        lent.1.push(to.clone());
    }
    app.sync().await;
    lent
}

/// Hands the first post of somebody to another person.
async fn hand_over(services: &Services, app: &TestApp, giver: &str, to: &str, today: Date) -> (PersonId, PositionId) {
    let owner = person(app, giver).await.expect("a person");
    let known = services.person(&owner.id).await.expect("an answer").expect("a person who may sign in");
    let post = known.person.positions_on(today).first().expect("a post").id.clone();
    let wish = Lent {
        position: post.0.clone(),
        to: to.to_owned(),
        valid_from: iso(today),
        valid_to: iso(today + Duration::days(LENT_DAYS)),
        decision_no: "8/QĐ".to_owned(),
    };
    let origin = Origin::command_line();
    let by = delegation::By { person: &owner.id, origin: &origin };
    delegation::give(services, by, &known, &wish).await.expect("handed over");
    (owner.id, post)
}
