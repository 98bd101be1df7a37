//! A preview: what the template would give to some units, written down so that exactly that is given later.

use super::named::{self, Frame, Named};
use super::plan::{Scene, UnitPlan};
use super::{LONGEST_REASON, administrator_of, begins, template};
use crate::base::digest::sha256;
use crate::base::id::{PersonId, PositionId, UnitId, uuid_v7};
use crate::base::text::nfc;
use crate::model::appointing::may_appoint;
use crate::model::authority::{Appoint, OnboardUnits};
use crate::model::registry::LookUp;
use crate::model::row_error::RowError;
use crate::model::unit_code::reference;
use crate::model::unit_template::{Post, Right};
use crate::service::audit::{self, Event};
use crate::service::authority::{Authority, Units};
use crate::service::{Failure, Services};
use crate::store::onboardings::{self, StoredRun, StoredUnit};
use crate::store::unit_people::HasRight;
use crate::store::{AsEx, StoreError, admin_roles, positions, unit_people};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Which units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All that lie within the bounds.
    All,
    /// Those of these codes, `scheme:code` or a `gso` code, as of today; split by white space, commas or semicolons.
    Coded(String),
}

/// What is asked for.
pub struct Asked<'a> {
    /// In which units.
    pub which: &'a Which,
    /// Who fills posts, from a file.
    pub names: Option<&'a [u8]>,
    /// Why.
    pub reason: &'a str,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// No unit was chosen.
    #[error("no unit was chosen")]
    NoUnit,
    /// Codes that are no unit's within these bounds.
    #[error("these codes are no unit's: {}", .0.join(", "))]
    UnknownUnits(Vec<String>),
    /// It says not why.
    #[error("a reason is needed")]
    NoReason,
    /// It says too much.
    #[error("a reason has at most {LONGEST_REASON} characters")]
    LongReason,
    /// The file of names has mistakes.
    #[error("the file has {} mistakes", .0.len())]
    Names(Vec<RowError>),
    /// A part that it leans on.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<StoreError> for PreviewError {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Who plans, and by what.
pub(super) struct Planner<'a> {
    pub(super) authority: &'a Authority,
    pub(super) maker: &'a PersonId,
    pub(super) posts: &'a [Post],
    pub(super) declared: &'a BTreeSet<Right>,
}

impl Planner<'_> {
    /// Plans a unit as it is now.
    pub(super) async fn plan(
        &self,
        conn: &mut impl AsEx,
        unit: &UnitId,
        named: &BTreeMap<String, Vec<PersonId>>,
        appointable: Option<&HashSet<PersonId>>,
    ) -> Result<UnitPlan, StoreError> {
        let today = self.authority.today();
        let held = unit_people::list_held(conn, unit, today).await?;
        let people: BTreeSet<PersonId> = held.iter().map(|held| held.person.clone()).collect();
        let ids: Vec<PersonId> = people.iter().cloned().collect();
        let rights = unit_people::list_rights(conn, &ids, today).await?.into_iter().collect();
        let rights = going_on(rights, &positions::list_followed(conn, &ids).await?);
        let administrators = unit_people::list_administrators(conn, Some(unit), today).await?;
        // What begins tomorrow is guarded today.
        let mut granted = admin_roles::list_all(conn).await?;
        granted.retain(|granted| people.contains(&granted.person) && !granted.scope.is_over_on(today));
        let above = granted.into_iter().filter(|granted| !self.authority.stands_above(&granted.scope));
        let role = administrator_of(unit, String::new(), today);
        Ok(UnitPlan::of(&Scene {
            posts: self.posts,
            declared: self.declared,
            named,
            held: &held,
            rights: &rights,
            administrators: &administrators.into_iter().map(|administrator| administrator.person).collect(),
            above: &above.map(|granted| granted.person).collect(),
            maker: self.maker,
            appoints: may_appoint(self.authority.scopes(), &role, self.authority.registry(), today),
            appointable,
        }))
    }

    /// Of the people of a plan, those whom the planner may make administrators: each with a proof of its own.
    pub(super) async fn appointable(&self, services: &Services, plan: &UnitPlan) -> Result<HashSet<PersonId>, Failure> {
        let mut allowed = HashSet::new();
        for person in plan.appointed() {
            if let Some(proof) = self.authority.one::<Appoint>(services, person).await? {
                allowed.insert(proof.person().id.clone());
            }
        }
        Ok(allowed)
    }
}

/// The rights with what they are in the posts that go on from the ones that they are bound to; of each of those the one
/// that it goes on from is told.
fn going_on(mut rights: HashSet<HasRight>, followed: &[(PositionId, PositionId)]) -> HashSet<HasRight> {
    // A chain of posts is no longer than all of them.
    for _ in followed {
        let bound: Vec<HasRight> = rights.iter().filter(|right| right.position.is_some()).cloned().collect();
        let later = bound.iter().flat_map(|right| {
            let next = followed.iter().filter(move |(_, before)| right.position.as_ref() == Some(before));
            next.map(move |(post, _)| HasRight { position: Some(post.clone()), ..right.clone() })
        });
        let known = rights.len();
        rights.extend(later);
        if rights.len() == known {
            break;
        }
    }
    rights
}

/// Plans units and writes the plan down; answers the id under which it waits.
pub async fn preview(
    services: &Services,
    authority: &Authority,
    proof: &Units<OnboardUnits>,
    asked: &Asked<'_>,
) -> Result<String, PreviewError> {
    let reason = nfc(asked.reason);
    match reason.chars().count() {
        0 => return Err(PreviewError::NoReason),
        length if length > LONGEST_REASON => return Err(PreviewError::LongReason),
        _ => {}
    }
    let units = chosen(authority, proof, asked.which)?;
    let (template, declared) = {
        let mut conn = services.store.read().await?;
        (template::load(&mut conn).await?, template::declared(&mut conn).await?)
    };
    let named = match asked.names {
        None => Named::new(),
        Some(bytes) => {
            let today = authority.today();
            let frame = Frame { registry: authority.registry(), units: &units, posts: &template.posts, today };
            named::read(services, &frame, bytes).await?.map_err(PreviewError::Names)?
        }
    };
    let planner = Planner { authority, maker: &proof.by.person, posts: &template.posts, declared: &declared };
    let nobody = BTreeMap::new();
    let mut rows = Vec::with_capacity(units.len());
    for unit in &units {
        let named = named.get(unit).unwrap_or(&nobody);
        let wished = planner.plan(&mut services.store.read().await?, unit, named, None).await?;
        let plan = if wished.appointed().is_empty() {
            wished
        } else {
            let allowed = planner.appointable(services, &wished).await?;
            planner.plan(&mut services.store.read().await?, unit, named, Some(&allowed)).await?
        };
        rows.push(row(unit, named, &plan)?);
    }
    keep(services, proof, &template.posts, reason, &rows).await
}

/// The units that are asked for; each of them lies within the bounds.
fn chosen(authority: &Authority, proof: &Units<OnboardUnits>, which: &Which) -> Result<BTreeSet<UnitId>, PreviewError> {
    let (registry, today) = (authority.registry(), authority.today());
    let units: BTreeSet<UnitId> = match which {
        Which::All => {
            let within = registry.units().filter(|unit| begins(unit, today) && proof.holds(&unit.id));
            within.map(|unit| unit.id.clone()).collect()
        }
        Which::Coded(text) => {
            let mut unknown = Vec::new();
            let mut known = BTreeSet::new();
            let split = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';');
            for word in text.split(split).filter(|word| !word.is_empty()) {
                let (scheme, code) = reference(word);
                match registry.look_up(scheme, code, today) {
                    LookUp::One(unit) if begins(unit, today) && proof.holds(&unit.id) => {
                        known.insert(unit.id.clone());
                    }
                    LookUp::One(_) | LookUp::Candidates(_) | LookUp::None => unknown.push(word.to_owned()),
                }
            }
            if !unknown.is_empty() {
                return Err(PreviewError::UnknownUnits(unknown));
            }
            known
        }
    };
    if units.is_empty() { Err(PreviewError::NoUnit) } else { Ok(units) }
}

fn row(unit: &UnitId, named: &BTreeMap<String, Vec<PersonId>>, plan: &UnitPlan) -> Result<StoredUnit, StoreError> {
    let appoints = plan.appointed().len();
    let figure = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(StoredUnit {
        unit_id: unit.0.clone(),
        named: serde_json::to_string(named)?,
        plan: serde_json::to_string(plan)?,
        digest: plan.digest(unit).to_vec(),
        people: figure(plan.people().len()),
        rights: figure(plan.gifts.len() - appoints),
        appoints: figure(appoints),
        left_out: figure(plan.left.len()),
        changed_at: None,
        applied_at: None,
        applied_by: None,
        undone_at: None,
        undone_by: None,
    })
}

async fn keep(
    services: &Services,
    proof: &Units<OnboardUnits>,
    posts: &[Post],
    reason: String,
    rows: &[StoredUnit],
) -> Result<String, PreviewError> {
    let now = services.clock.now();
    let (role, bound) = proof.by.acting_as.split_once(' ').unwrap_or((proof.by.acting_as.as_str(), ""));
    let id = uuid_v7(now, services.entropy.as_ref());
    let mut all = id.clone().into_bytes();
    all.extend(rows.iter().flat_map(|row| row.digest.iter().copied()));
    let run = StoredRun {
        digest: sha256(&all).to_vec(),
        posts: serde_json::to_string(posts).map_err(StoreError::from)?,
        made_at: now.0,
        made_by: proof.by.person.0.clone(),
        made_role: role.to_owned(),
        made_bound: bound.to_owned(),
        discarded_at: None,
        reason,
        id,
    };
    let mut tx = services.store.write().await?;
    onboardings::add(&mut tx, &run, rows).await?;
    let detail = json!({
        "run": run.id,
        "units": rows.len(),
        "rights": rows.iter().map(|row| row.rights).sum::<i64>(),
        "administrators": rows.iter().map(|row| row.appoints).sum::<i64>(),
        "reason": run.reason,
    });
    audit::record(&mut tx, services, Event::by(&proof.by, "onboarding.previewed", None, None, detail)).await?;
    tx.commit().await?;
    Ok(run.id)
}
