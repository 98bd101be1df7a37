//! Promises that hold for any block: made from little, so that much of it agrees by half.

use super::{AN, Block, Kind, LegacyAccount, Settled, Whom, account, decide_all, only_the_strong_are_joined, person};
use crate::base::id::PersonId;
use crate::model::legacy_account::AccountKey;
use crate::model::matching::evidence::Comparison;
use crate::model::matching::{Decision, keys};
use std::collections::{BTreeMap, BTreeSet};

const ROUNDS: u64 = 400;

/// A generator of its own (Knuth's MMIX constants): the same seed, the same block.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    fn shuffle<T>(&mut self, things: &mut [T]) {
        for place in (1..things.len()).rev() {
            things.swap(place, self.below(place + 1));
        }
    }
}

const NAMES: [&str; 7] = [AN, AN, "nguyen van an", "An Nguyễn Văn", "Nguyễn Văn Ân", "Lê Thị Bé", ""];
const BIRTHS: [&str; 6] = ["", "", "03/04/1986", "04/03/1986", "05/04/1986", "03/04/1990"];
const NUMBERS: [&str; 8] = ["", "", "079086001234", "079086001234", "079086001235", "079090001234", "280123456", "79086001234"];

/// Up to two persons and fourteen accounts of three sources; a human decided about some.
fn block(dice: &mut Dice) -> Block {
    let mut some = Block::default();
    for id in ["p", "q"].into_iter().take(dice.below(3)) {
        some.persons.push(person(id, dice.one_of(&NAMES[..6]), dice.one_of(&BIRTHS), dice.one_of(&NUMBERS)));
    }
    for id in 0..=dice.below(14) {
        let key = format!("{}/{id}", dice.one_of(&["a", "b", "c"]));
        let mut one = account(&key, dice.one_of(&NAMES), dice.one_of(&BIRTHS), dice.one_of(&NUMBERS));
        one.settled = match dice.below(12) {
            0 => Some(Settled::Linked(PersonId("p".to_owned()))),
            1 => Some(Settled::Rejected),
            _ => None,
        };
        some.accounts.push(one);
    }
    some
}

#[test]
fn the_order_of_a_block_does_not_count() {
    for seed in 0..ROUNDS {
        let mut dice = Dice(seed);
        let mut some = block(&mut dice);
        let expected = decide_all(&some);
        for _ in 0..4 {
            dice.shuffle(&mut some.persons);
            dice.shuffle(&mut some.accounts);
            assert_eq!(decide_all(&some), expected, "block {seed}");
        }
    }
}

#[test]
fn every_account_is_decided_once_and_leads_to_somebody_who_is_there() {
    for seed in 0..ROUNDS {
        let some = block(&mut Dice(seed));
        let decided: BTreeMap<AccountKey, Decision> = decide_all(&some).into_iter().collect();
        let given: BTreeSet<&AccountKey> = some.accounts.iter().map(|account| &account.key).collect();
        assert_eq!(decided.keys().collect::<BTreeSet<_>>(), given, "block {seed}");
        for (key, decision) in &decided {
            if let Kind::Link(Whom::Account(first)) = &decision.kind {
                assert!(first < key, "block {seed}: {key} leads to {first}");
                assert_eq!(decided[first].kind, Kind::Create, "block {seed}: {key} leads to {first}");
            }
        }
    }
}

#[test]
fn nobody_is_joined_without_all_of_strong_agreement() {
    let mut joined = 0;
    for seed in 0..ROUNDS {
        let mut some = block(&mut Dice(seed));
        // What a human linked may disagree; here it is left out, and everything has to agree.
        some.accounts.retain(|account| account.settled.is_none());
        assert!(only_the_strong_are_joined(&some), "block {seed}");
        let facts: BTreeMap<&AccountKey, &LegacyAccount> = some.accounts.iter().map(|account| (&account.key, account)).collect();
        for (key, decision) in decide_all(&some) {
            let Kind::Link(whom) = decision.kind else { continue };
            let other = match &whom {
                Whom::Person(id) => &some.persons.iter().find(|person| person.id == *id).expect("a person").facts,
                Whom::Account(first) => &facts[first].facts,
            };
            assert!(Comparison::of(&facts[&key].facts, other).is_strong(), "block {seed}: {key}");
            joined += 1;
        }
    }
    assert!(joined > 20, "the blocks are too poor: {joined}");
}

#[test]
fn an_account_beside_those_who_share_its_keys_is_decided_as_among_all() {
    for seed in 0..ROUNDS {
        let some = block(&mut Dice(seed));
        for (key, expected) in decide_all(&some) {
            let part = around(&some, &key);
            let found = decide_all(&part).into_iter().find(|(other, _)| *other == key);
            assert_eq!(found, Some((key, expected)), "block {seed}");
        }
    }
}

/// Everybody who shares the name or the number of an account, everybody who shares the number of one of those, and
/// what a human linked to the persons among them.
fn around(whole: &Block, key: &AccountKey) -> Block {
    let own = whole.accounts.iter().find(|account| account.key == *key).expect("an account");
    let near = |known: &LegacyAccount, other: &LegacyAccount| {
        let (known, other) = (keys(&known.facts), keys(&other.facts));
        known.name == other.name || (known.number.is_some() && known.number == other.number)
    };
    let first: Vec<&LegacyAccount> = whole.accounts.iter().filter(|other| near(own, other)).collect();
    let numbers: BTreeSet<_> = first.iter().filter_map(|account| keys(&account.facts).number).collect();
    let of_numbers = |account: &LegacyAccount| keys(&account.facts).number.is_some_and(|number| numbers.contains(number));
    let by_hand = |account: &LegacyAccount| matches!(account.settled, Some(Settled::Linked(_)));
    let accounts = whole.accounts.iter().filter(|other| near(own, other) || of_numbers(other) || by_hand(other));
    Block { persons: whole.persons.clone(), accounts: accounts.cloned().collect() }
}
