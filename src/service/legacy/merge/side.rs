//! One of the two persons, with all that a merge asks about them.

use super::{MergeError, Pair, today};
use crate::base::clock::Millis;
use crate::base::id::{ChangeSetId, PersonId};
use crate::model::admin_scope::{AdminRole, AdminScope};
use crate::model::methods::Methods;
use crate::model::person::Person;
use crate::model::person_merge::Standing;
use crate::model::personal_number::PersonalNumber;
use crate::service::old_accounts::has_own_way;
use crate::service::{Failure, Services};
use crate::store::person_merges::{self, AccountRow, StandingRow, SubjectRow};
use crate::store::persons::{self, FactsVersion};
use crate::store::role_grants::{self, GrantedRole};
use crate::store::{AsEx, StoreError, admin_roles, methods};

/// One of the two as a page shows them.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Who they are.
    pub person: Person,
    /// The first and last digits of their personal number.
    pub number: Option<String>,
    /// What they sign in with.
    pub methods: Methods,
    /// When they last signed in.
    pub last_signed_in_at: Option<Millis>,
    /// How many accounts of old systems lead to them.
    pub accounts: usize,
    /// They hold a role of an administrator, or will.
    pub administers: bool,
}

/// One of the two.
pub(super) struct Side {
    pub(super) person: Person,
    /// The newest of what is known of them.
    pub(super) facts: FactsVersion,
    pub(super) number: Option<PersonalNumber>,
    pub(super) standing: StandingRow,
    /// Roles of administrators that are not over.
    pub(super) admin: Vec<AdminScope>,
    pub(super) is_break_glass: bool,
    pub(super) roles: Vec<GrantedRole>,
    pub(super) accounts: Vec<AccountRow>,
    pub(super) subjects: Vec<SubjectRow>,
    pub(super) methods: Methods,
}

impl Side {
    pub(super) fn standing(&self) -> Standing<'_> {
        let runs_service = self.is_break_glass || self.admin.iter().any(|scope| scope.role == AdminRole::System);
        Standing {
            person: &self.person.id,
            disabled: self.standing.disabled_at.is_some(),
            erased: self.standing.erased_at.is_some(),
            merged: self.standing.merged_into.is_some(),
            administers: !self.admin.is_empty(),
            runs_service,
        }
    }

    /// They have come to sign in by a way of their own, so that accounts of old systems open nothing any more.
    pub(super) fn is_enrolled(&self) -> bool {
        has_own_way(&self.methods)
    }

    pub(super) fn shown(&self) -> Shown {
        Shown {
            person: self.person.clone(),
            number: self.number.as_ref().map(PersonalNumber::masked),
            methods: self.methods,
            last_signed_in_at: self.standing.last_signed_in_at.map(Millis),
            accounts: self.accounts.len(),
            administers: !self.admin.is_empty(),
        }
    }
}

/// The two, as the records have them: kept and merged.
pub(super) struct Sides {
    pub(super) kept: Side,
    pub(super) merged: Side,
}

/// Reads both.
pub(super) async fn both(conn: &mut impl AsEx, services: &Services, pair: &Pair) -> Result<Sides, MergeError> {
    let kept = read(conn, services, &pair.kept).await?.ok_or(MergeError::NotThere)?;
    let merged = read(conn, services, &pair.merged).await?.ok_or(MergeError::NotThere)?;
    Ok(Sides { kept, merged })
}

async fn read(conn: &mut impl AsEx, services: &Services, id: &PersonId) -> Result<Option<Side>, Failure> {
    let today = today(services);
    let Some(person) = persons::find(conn, id).await? else { return Ok(None) };
    let Some(standing) = person_merges::standing(conn, id).await? else { return Ok(None) };
    let Some(facts) = newest_facts(conn, id).await? else { return Ok(None) };
    let mut admin = admin_roles::list(conn, id).await?;
    admin.retain(|scope| !scope.is_over_on(today));
    Ok(Some(Side {
        number: number_in(services, id, facts.facts.personal_number.as_deref())?,
        facts,
        standing,
        admin,
        is_break_glass: admin_roles::is_break_glass(conn, id, today).await?,
        roles: role_grants::list_of_person(conn, id).await?,
        accounts: person_merges::list_accounts(conn, id).await?,
        subjects: person_merges::list_subjects(conn, id).await?,
        methods: methods::find(conn, id).await?,
        person,
    }))
}

/// The newest of what counts of somebody.
pub(super) async fn newest_facts(conn: &mut impl AsEx, id: &PersonId) -> Result<Option<FactsVersion>, StoreError> {
    // No set has this name: what is staged stays out.
    let nothing = ChangeSetId(String::new());
    Ok(persons::list_facts(conn, &nothing, std::slice::from_ref(id)).await?.pop())
}

/// What binds a sealed number to its person.
fn associated(person: &PersonId) -> String {
    format!("person_facts.personal_number {person}")
}

/// A sealed number of a person, opened.
pub(super) fn number_in(
    services: &Services,
    person: &PersonId,
    sealed: Option<&[u8]>,
) -> Result<Option<PersonalNumber>, Failure> {
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = services.envelope.open(sealed, associated(person).as_bytes())?;
    let unreadable = || StoreError::Corrupt("person_facts.personal_number".to_owned());
    let number = std::str::from_utf8(&opened).ok().and_then(PersonalNumber::parse).ok_or_else(unreadable)?;
    Ok(Some(number))
}

/// A number sealed for a person.
pub(super) fn sealed_for(services: &Services, person: &PersonId, number: &PersonalNumber) -> Vec<u8> {
    services.envelope.seal(number.expose().as_bytes(), associated(person).as_bytes())
}
