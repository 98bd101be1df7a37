//! Doing what was chosen, person by person.

use super::{Act, Bulk, Outcome, State, find};
use crate::base::id::PersonId;
use crate::model::admin_scope::Helper;
use crate::model::authority::{Act as _, DisablePeople, GrantRoles, HelpPeople};
use crate::model::entitlement::Condition;
use crate::outbound::letters::Letter;
use crate::service::approvals::disabling::{self, Ending, Hand};
use crate::service::approvals::{self, Dangerous};
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, Doer, One, People};
use crate::service::mails::{self, Addressee};
use crate::service::provisioning::roles::given::{self, GiveError, NewRole, Terms};
use crate::service::provisioning::roles::within::Within;
use crate::service::sign_on::ending::{By, Ended, Reach, end_all};
use crate::service::{Failure, Services, forget};
use crate::store::changes::Kind;
use crate::store::{Tx, admin_roles, methods, people_bulks, persons};
use serde_json::json;

/// Where one adds a passkey.
const PASSKEYS: &str = "/account/methods/passkeys";

/// What a run came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Everybody had their turn.
    Done,
    /// It is not there, not theirs, or not to be done now.
    NotNow,
}

/// What one person's turn came to, with what taking it back will look at.
pub(super) struct Turn {
    pub(super) outcome: Outcome,
    pub(super) mark: String,
    ended: Option<Ended>,
}

impl Turn {
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, mark: String::new(), ended: None }
    }

    fn done(mark: String) -> Self {
        Self { mark, ..Self::of(Outcome::Done) }
    }
}

/// Does what was begun, or goes on with it. Each person needs a proof of their own.
pub async fn run(services: &Services, authority: &Authority, id: &str) -> Result<Run, Failure> {
    let bulk = find(&mut services.store.read().await?, id).await?;
    let Some(bulk) = bulk.filter(|bulk| bulk.state == State::Running) else { return Ok(Run::NotNow) };
    let by = bulk.approved_by.as_ref().unwrap_or(&bulk.created_by);
    if by != authority.person() {
        return Ok(Run::NotNow);
    }
    if bulk.approved_by.is_some() {
        if authority.people::<DisablePeople>().is_none() {
            return Ok(Run::NotNow);
        }
        return run_approved(services, authority, &bulk).await;
    }
    for person in waiting(services, &bulk).await? {
        match bulk.act {
            Act::Disable => {
                let proof = authority.one::<DisablePeople>(services, &person).await?;
                disable(services, proof.as_ref().map(|proof| (&proof.person().id, &proof.by)), &bulk, &person).await?;
            }
            Act::Restore => restore(services, authority.one(services, &person).await?.as_ref(), &bulk, &person).await?,
            Act::Remind => remind(services, authority.one(services, &person).await?.as_ref(), &bulk, &person).await?,
            Act::Grant => grant(services, authority, &bulk, &person).await?,
        }
    }
    finish(services, &bulk).await
}

/// Lets happen what somebody asked for, and does it; false when the request is not there, was decided, is over or is
/// one's own. Administrators among the chosen are left alone: they are disabled one by one.
pub async fn disable_approved(
    services: &Services,
    authority: &Authority,
    proof: &People<DisablePeople>,
    approval: &str,
) -> Result<bool, Failure> {
    let mut tx = services.store.write().await?;
    let Some(approved) = approvals::take(&mut tx, services, approval, Dangerous::DisableMany, &proof.by).await? else {
        return Ok(false);
    };
    if !people_bulks::mark_approved(&mut tx, &approved.subject, &proof.by.person, services.clock.now()).await? {
        return Ok(false);
    }
    let detail = json!({ "bulk": approved.subject, "act": Act::Disable.word(), "requested_by": approved.requested_by });
    audit::record(&mut tx, services, Event::by(&proof.by, "people.act_begun", None, None, detail)).await?;
    tx.commit().await?;
    if let Some(bulk) = find(&mut services.store.read().await?, &approved.subject).await? {
        run_approved(services, authority, &bulk).await?;
    }
    Ok(true)
}

async fn run_approved(services: &Services, authority: &Authority, bulk: &Bulk) -> Result<Run, Failure> {
    for person in waiting(services, bulk).await? {
        let reached = reached(services, authority, bulk, &person).await?;
        disable(services, reached.as_ref().map(|by| (&person, by)), bulk, &person).await?;
    }
    finish(services, bulk).await
}

/// As what the second person reaches somebody, where each of the two may do it alone: within the bounds of both, neither
/// of the two, and nobody who administers.
async fn reached(services: &Services, authority: &Authority, bulk: &Bulk, id: &PersonId) -> Result<Option<Doer>, Failure> {
    if *id == bulk.created_by {
        return Ok(None);
    }
    let Some(one) = authority.one::<DisablePeople>(services, id).await? else { return Ok(None) };
    let (today, registry) = (authority.today(), authority.registry());
    let mut conn = services.store.read().await?;
    let theirs = admin_roles::list(&mut conn, id).await?;
    if theirs.iter().any(|scope| !scope.is_over_on(today)) {
        return Ok(None);
    }
    let scopes = admin_roles::list(&mut conn, &bulk.created_by).await?;
    let asker = Helper { id: &bulk.created_by, scopes: &scopes };
    let both = asker.reaches(DisablePeople::ROLES, (one.person(), &theirs), registry, today).is_some();
    Ok(both.then_some(one.by))
}

async fn waiting(services: &Services, bulk: &Bulk) -> Result<Vec<PersonId>, Failure> {
    let items = people_bulks::list_items(&mut services.store.read().await?, &bulk.id).await?;
    let waiting = items.into_iter().filter(|item| item.outcome == Outcome::Waiting.word());
    Ok(waiting.map(|item| PersonId(item.person_id)).collect())
}

async fn finish(services: &Services, bulk: &Bulk) -> Result<Run, Failure> {
    let mut tx = services.store.write().await?;
    people_bulks::mark_state(&mut tx, &bulk.id, State::Running.word(), State::Done.word()).await?;
    tx.commit().await?;
    Ok(Run::Done)
}

/// Ends one person's turn: what became of them counts together with what was done, or neither does.
async fn settle(mut tx: Tx, services: &Services, bulk: &Bulk, person: &PersonId, turn: Turn) -> Result<(), Failure> {
    let steps = (Outcome::Waiting.word(), turn.outcome.word());
    if !people_bulks::mark_item(&mut tx, &bulk.id, person, steps, &turn.mark).await? {
        // Somebody else pressed at the same moment: their turn counts.
        return Ok(());
    }
    tx.commit().await?;
    if turn.outcome == Outcome::Done {
        services.known.forget(Kind::Person, person.as_str(), services.clock.now());
    }
    if let Some(ended) = turn.ended {
        ended.tell(services);
    }
    Ok(())
}

async fn disable(
    services: &Services,
    reached: Option<(&PersonId, &Doer)>,
    bulk: &Bulk,
    person: &PersonId,
) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    let Some((id, by)) = reached else { return settle(tx, services, bulk, person, Turn::of(Outcome::OutOfReach)).await };
    let now = services.clock.now();
    let hand = if bulk.approved_by.is_some() { Hand::Second(by) } else { Hand::Alone(by) };
    match disabling::end(&mut tx, id, now, hand).await? {
        Ending::Done => {}
        Ending::Already => return settle(tx, services, bulk, person, Turn::of(Outcome::Already)).await,
        Ending::BreakGlass | Ending::LastOfSystem => {
            return settle(tx, services, bulk, person, Turn::of(Outcome::OutOfReach)).await;
        }
    }
    let ended = end_all(&mut tx, services, id, Reach::Everything, By { actor: by.person.as_str(), origin: &by.origin }).await?;
    let detail = json!({
        "bulk": bulk.id,
        "reason": bulk.reason,
        "sign_ons_ended": ended.sign_ons.len(),
        "offline_grants_revoked": ended.grants.len(),
    });
    audit::record(&mut tx, services, Event::by(by, "person.disabled", Some(id), None, detail)).await?;
    forget(&mut tx, services, Kind::Person, id.as_str()).await?;
    let turn = Turn { ended: Some(ended), ..Turn::done(now.0.to_string()) };
    settle(tx, services, bulk, person, turn).await
}

async fn restore(services: &Services, proof: Option<&One<DisablePeople>>, bulk: &Bulk, person: &PersonId) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    let Some(proof) = proof else { return settle(tx, services, bulk, person, Turn::of(Outcome::OutOfReach)).await };
    let id = &proof.person().id;
    if !disabling::may_give_back(&mut tx, services, &proof.by, id).await? {
        return settle(tx, services, bulk, person, Turn::of(Outcome::OutOfReach)).await;
    }
    if !persons::enable(&mut tx, id).await? {
        return settle(tx, services, bulk, person, Turn::of(Outcome::Already)).await;
    }
    let detail = json!({ "bulk": bulk.id, "reason": bulk.reason });
    audit::record(&mut tx, services, Event::by(&proof.by, "person.enabled", Some(id), None, detail)).await?;
    forget(&mut tx, services, Kind::Person, id.as_str()).await?;
    settle(tx, services, bulk, person, Turn::done(String::new())).await
}

async fn remind(services: &Services, proof: Option<&One<HelpPeople>>, bulk: &Bulk, person: &PersonId) -> Result<(), Failure> {
    let mut tx = services.store.write().await?;
    let Some(proof) = proof else { return settle(tx, services, bulk, person, Turn::of(Outcome::OutOfReach)).await };
    let reminded = proof.person();
    let has_passkey = methods::find(&mut tx, &reminded.id).await?.passkeys > 0;
    let turn = if has_passkey || reminded.disabled_at.is_some() {
        Turn::of(Outcome::Already)
    } else if let Some(to) = Addressee::of(reminded).filter(|_| mails::are_on(services)) {
        let link = format!("{}{PASSKEYS}", services.settings.issuer.trim_end_matches('/'));
        let letter = Letter::AddPasskey { full_name: &reminded.full_name, link: &link };
        mails::enqueue(&mut tx, services, &to, &letter).await?;
        let detail = json!({ "bulk": bulk.id });
        audit::record(&mut tx, services, Event::by(&proof.by, "passkey.reminded", Some(&reminded.id), None, detail)).await?;
        Turn::done(String::new())
    } else {
        Turn::of(Outcome::NoAddress)
    };
    settle(tx, services, bulk, person, turn).await
}

async fn grant(services: &Services, authority: &Authority, bulk: &Bulk, person: &PersonId) -> Result<(), Failure> {
    let proof = authority.one::<GrantRoles>(services, person).await?;
    let mut tx = services.store.write().await?;
    let (Some(proof), Some((client, role))) = (proof, &bulk.role) else {
        return settle(tx, services, bulk, person, Turn::of(Outcome::OutOfReach)).await;
    };
    let within = Within::of(authority);
    let role = NewRole {
        client_id: client.clone(),
        role: role.clone(),
        position: within.and_then(|within| within.usual_post(proof.person(), authority.today())),
        condition: Condition::default(),
        terms: Terms { reason: bulk.reason.clone(), ..Terms::default() },
    };
    let turn = match given::give_in(&mut tx, services, authority, &proof, &role).await {
        Ok(Some(grant)) => Turn::done(grant),
        Ok(None) => Turn::of(Outcome::Already),
        Err(
            GiveError::UnknownClient
            | GiveError::UnknownPerson
            | GiveError::Undeclared
            | GiveError::NotTheirs
            | GiveError::OwnAccount
            | GiveError::UnknownPosition
            | GiveError::Days
            | GiveError::Reason,
        ) => Turn::of(Outcome::Refused),
        Err(GiveError::Failure(failure)) => return Err(failure),
    };
    settle(tx, services, bulk, person, turn).await
}
