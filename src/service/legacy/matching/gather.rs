//! How a scene is brought together: round by round, whoever has a number that was found, and whom accounts lead to, until
//! nobody new is found, or more than may be looked at.

use super::evidence::Seen;
use super::posts::born;
use super::scene::{Account, Scene, Told, facts_of_account, token};
use crate::base::id::PersonId;
use crate::model::legacy_account::{Facts, FoldedName, Number, NumberToken};
use crate::service::{Failure, Services};
use crate::store::legacy_matching::{self, AccountRow, PersonRow};
use crate::store::{Conn, StoreError};
use std::collections::{BTreeMap, HashSet};

/// Values of one statement.
const CHUNK: usize = 500;
/// Of a number that so many accounts have, no more are looked at: it joins nobody.
const MOST_HOLDERS: i64 = 64;

/// Brings a scene together, round by round.
pub(super) struct Gatherer<'a> {
    services: &'a Services,
    /// So many accounts and people, and no more.
    most: usize,
    /// Who was found so far.
    pub(super) scene: Scene,
    asked_numbers: HashSet<NumberToken>,
    asked_persons: HashSet<PersonId>,
    numbers: Vec<NumberToken>,
    persons: Vec<PersonId>,
}

impl<'a> Gatherer<'a> {
    /// With nobody so far.
    pub(super) fn new(services: &'a Services, most: usize) -> Self {
        Self {
            services,
            most,
            scene: Scene::default(),
            asked_numbers: HashSet::new(),
            asked_persons: HashSet::new(),
            numbers: Vec::new(),
            persons: Vec::new(),
        }
    }

    /// There are more than may be looked at.
    pub(super) fn is_full(&self) -> bool {
        self.scene.accounts.len() + self.scene.persons.len() > self.most
    }

    fn want_number(&mut self, number: Option<&NumberToken>) {
        let Some(token) = number else { return };
        if self.asked_numbers.insert(token.clone()) {
            self.numbers.push(token.clone());
        }
    }

    /// Asks for somebody, once.
    pub(super) fn want_person(&mut self, person: &PersonId) {
        if self.asked_persons.insert(person.clone()) {
            self.persons.push(person.clone());
        }
    }

    /// Takes an account of the page in; answers its name, where it has one.
    pub(super) fn seed(&mut self, row: AccountRow) -> Result<Option<String>, StoreError> {
        let key = row.key();
        self.take(row)?;
        let account = self.scene.accounts.get(&key).filter(|account| !account.facts.name.is_empty());
        let name = account.map(|account| account.facts.name.sorted().to_owned());
        self.scene.seeds.insert(key);
        Ok(name)
    }

    /// Asks for those of some people who have a name by now, and whom others than matching vouch for: the same as a run
    /// finds by the name. Whom accounts of the name lead to is asked for in any case.
    pub(super) async fn want_named(&mut self, conn: &mut Conn, name: &str, people: &[PersonId]) -> Result<(), Failure> {
        let others: Vec<PersonId> = people.iter().filter(|person| !self.asked_persons.contains(*person)).cloned().collect();
        for chunk in others.chunks(CHUNK) {
            // The newest comes last.
            let newest: BTreeMap<String, PersonRow> =
                legacy_matching::list_persons(conn, chunk).await?.into_iter().map(|row| (row.id.clone(), row)).collect();
            for row in newest.into_values().filter(|row| row.made == 0 || row.adopted != 0) {
                if FoldedName::read(&row.full_name).sorted() == name {
                    self.want_person(&PersonId(row.id));
                }
            }
        }
        Ok(())
    }

    /// Takes an account in, once.
    fn take(&mut self, row: AccountRow) -> Result<(), StoreError> {
        let key = row.key();
        if self.scene.accounts.contains_key(&key) {
            return Ok(());
        }
        let facts = facts_of_account(&row)?;
        self.want_number(facts.number.token());
        let before = Seen::read(&row.evidence).before;
        for person in row.person_id.clone().map(PersonId).iter().chain(&before) {
            self.want_person(person);
        }
        self.scene.accounts.insert(key, Account { row, facts });
        Ok(())
    }

    /// Looks up what is asked for by now; false when that is nothing.
    pub(super) async fn go_on(&mut self, conn: &mut Conn) -> Result<bool, Failure> {
        let (numbers, persons) = (std::mem::take(&mut self.numbers), std::mem::take(&mut self.persons));
        if numbers.is_empty() && persons.is_empty() {
            return Ok(false);
        }
        for chunk in numbers.chunks(CHUNK) {
            if !self.is_full() {
                self.look_up_numbers(conn, chunk).await?;
            }
        }
        for chunk in persons.chunks(CHUNK) {
            if !self.is_full() {
                self.look_up_persons(conn, chunk).await?;
            }
        }
        Ok(true)
    }

    async fn look_up_numbers(&mut self, conn: &mut Conn, numbers: &[NumberToken]) -> Result<(), Failure> {
        let digests: Vec<Vec<u8>> = numbers.iter().map(|token| token.0.to_vec()).collect();
        for row in legacy_matching::list_numbered(conn, &digests, MOST_HOLDERS).await? {
            self.take(row)?;
        }
        for (digest, person) in legacy_matching::list_number_holders(conn, &digests).await? {
            self.want_person(&person);
            if let Some(token) = token(&digest) {
                self.scene.numbers.insert(token, person);
            }
        }
        Ok(())
    }

    async fn look_up_persons(&mut self, conn: &mut Conn, persons: &[PersonId]) -> Result<(), Failure> {
        for row in legacy_matching::list_persons(conn, persons).await? {
            let told = self.told(&row)?;
            self.want_person(&told.stands_for);
            // The newest comes last.
            self.scene.persons.insert(PersonId(row.id), told);
        }
        for person in persons {
            let number = self.scene.persons.get(person).filter(|told| told.is_known());
            let number = number.and_then(|told| told.facts.number.token()).cloned();
            self.want_number(number.as_ref());
        }
        for row in legacy_matching::list_of_persons(conn, persons).await? {
            let Some(person) = row.person_id.clone().map(PersonId) else { continue };
            let is_certain = self.scene.persons.get(&person).is_some_and(|told| told.made && told.adopted);
            self.scene.owned.entry(person).or_default().push((row.key(), row.decision == "created"));
            if is_certain || row.is_used != 0 || row.decided_by.is_some() {
                self.take(row)?;
            }
        }
        Ok(())
    }

    fn told(&self, row: &PersonRow) -> Result<Told, StoreError> {
        let number = match &row.personal_number {
            None => Number::Missing,
            Some(sealed) => {
                let unreadable = |_| StoreError::Corrupt("person_facts.personal_number".to_owned());
                let associated = format!("person_facts.personal_number {}", row.id);
                let opened = self.services.envelope.open(sealed, associated.as_bytes()).map_err(unreadable)?;
                let digits = std::str::from_utf8(&opened).unwrap_or_default();
                Number::read(digits, |digits| NumberToken(self.services.secrets.personal_number_digest(digits)))
            }
        };
        let (email, phone) = (row.email.as_deref().unwrap_or_default(), row.phone.as_deref().unwrap_or_default());
        Ok(Told {
            stands_for: PersonId(row.stands_for.clone()),
            made: row.made != 0,
            adopted: row.adopted != 0,
            facts: Facts::new(&row.full_name, born(row.date_of_birth.as_deref()), number).with_contacts(email, phone),
        })
    }
}
