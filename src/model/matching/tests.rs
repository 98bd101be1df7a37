//! The rules of matching, an example each.

mod order;

use super::clusters::gather;
use super::evidence::Comparison;
use super::{Block, Decision, Evidence, Kind, KnownPerson, Review, Rule, Whom, decide, decide_all};
use crate::base::date;
use crate::base::id::PersonId;
use crate::model::legacy_account::{AccountKey, AccountStatus, Facts, LegacyAccount, Number, NumberToken, Settled};

const AN: &str = "Nguyễn Văn An";
const BORN: &str = "03/04/1986";
const NUMBER: &str = "079086001234";
const OTHER: &str = "079086001235";
const NINE: &str = "280123456";

fn token(digits: &str) -> NumberToken {
    let mut bytes = [0; 32];
    bytes[..digits.len()].copy_from_slice(digits.as_bytes());
    NumberToken(bytes)
}

fn facts(name: &str, born: &str, number: &str) -> Facts {
    Facts::new(name, date::parse(born), Number::read(number, token))
}

/// An account by `source/id`.
fn account(key: &str, name: &str, born: &str, number: &str) -> LegacyAccount {
    let (source, legacy_id) = key.split_once('/').expect("source/id");
    LegacyAccount {
        key: AccountKey { source: source.to_owned(), legacy_id: legacy_id.to_owned() },
        facts: facts(name, born, number),
        status: AccountStatus::Active,
        settled: None,
    }
}

fn person(id: &str, name: &str, born: &str, number: &str) -> KnownPerson {
    KnownPerson { id: PersonId(id.to_owned()), facts: facts(name, born, number) }
}

/// The decisions as `key kind rule`, in the order of keys; a link says to whom.
fn told(persons: Vec<KnownPerson>, accounts: Vec<LegacyAccount>) -> Vec<String> {
    let decided = decide_all(&Block { persons, accounts });
    decided.iter().map(|(key, decision)| format!("{key} {} {}", kind(decision), decision.rule.word())).collect()
}

fn kind(decision: &Decision) -> String {
    match &decision.kind {
        Kind::Link(Whom::Person(person)) => format!("={person}"),
        Kind::Link(Whom::Account(key)) => format!("={key}"),
        Kind::Create | Kind::Review(_) | Kind::Reject => decision.kind.word().to_owned(),
    }
}

fn asked(decision: &Decision) -> &Review {
    match &decision.kind {
        Kind::Review(review) => review,
        Kind::Link(_) | Kind::Create | Kind::Reject => panic!("nobody is asked: {decision:?}"),
    }
}

#[test]
fn an_account_beside_a_person_of_the_directory() {
    let an = || person("p", AN, BORN, NUMBER);
    let unnumbered = || person("p", AN, BORN, "");
    let undated = || person("p", AN, "", NUMBER);
    let bare = || person("p", AN, "", "");
    let table = [
        ("all agrees", an(), (AN, BORN, NUMBER), "=p strong_number_name"),
        ("no accents, another order", an(), ("an nguyen van", BORN, NUMBER), "=p strong_number_name"),
        ("no date of birth", an(), (AN, "", NUMBER), "=p strong_number_name"),
        ("day and month exchanged", an(), (AN, "04/03/1986", NUMBER), "=p strong_number_name"),
        ("another tone, and the same birthday", an(), ("Nguyễn Văn Ân", BORN, NUMBER), "=p strong_number_name"),
        ("another tone, and no birthday", an(), ("Nguyễn Văn Ân", "", NUMBER), "review name_differs"),
        ("another name", an(), ("Lê Thị Bé", BORN, NUMBER), "review name_differs"),
        ("an abbreviation", an(), ("Ng. Văn An", BORN, NUMBER), "review name_differs"),
        ("another birthday", an(), (AN, "05/04/1986", NUMBER), "review birth_contradicts"),
        ("another name and birthday", an(), ("Lê Thị Bé", "01/02/1990", NUMBER), "review number_shared"),
        ("the number is of another year", undated(), (AN, "03/04/1990", NUMBER), "review birth_contradicts"),
        ("one wrong digit", an(), (AN, BORN, OTHER), "review number_differs"),
        ("one wrong digit and no birthday", an(), (AN, "", OTHER), "created no_counterpart"),
        ("no number", an(), (AN, BORN, ""), "review no_number_agreement"),
        ("a malformed number", an(), (AN, BORN, "79086001234"), "review no_number_agreement"),
        ("an old number", an(), (AN, BORN, NINE), "review no_number_agreement"),
        ("no number there", unnumbered(), (AN, BORN, NUMBER), "review no_number_agreement"),
        ("the year of the number", unnumbered(), (AN, "", NUMBER), "review no_number_agreement"),
        ("the year of their number", undated(), (AN, BORN, ""), "review no_number_agreement"),
        ("another year than their number's", undated(), (AN, "03/04/1990", ""), "created no_counterpart"),
        ("a name and nothing else", an(), (AN, "", ""), "review name_only"),
        ("nothing else there", bare(), (AN, BORN, NUMBER), "review name_only"),
        ("another birthday, no number", an(), (AN, "05/04/1986", ""), "created no_counterpart"),
        ("another name, no number", an(), ("Lê Thị Bé", BORN, ""), "created no_counterpart"),
        ("no name", an(), ("", BORN, NUMBER), "review name_missing"),
        ("no name and no number", an(), (" ", BORN, ""), "rejected name_missing"),
    ];
    for (case, known, (name, born, number), expected) in table {
        let decision = decide(&account("a/1", name, born, number), &[known]);
        assert_eq!(format!("{} {}", kind(&decision), decision.rule.word()), expected, "{case}");
    }
}

#[test]
fn accounts_beside_each_other() {
    let table = [
        (
            "strong agreement makes one person of two",
            vec![account("b/1", AN, BORN, NUMBER), account("a/1", "nguyen van an", "", NUMBER)],
            vec!["a/1 created strong_number_name", "b/1 =a/1 strong_number_name"],
        ),
        (
            "two of one source are one when both are strong",
            vec![account("a/1", AN, BORN, NUMBER), account("a/2", AN, BORN, NUMBER)],
            vec!["a/1 created strong_number_name", "a/2 =a/1 strong_number_name"],
        ),
        (
            "two of one source without numbers ask",
            vec![account("a/1", AN, BORN, ""), account("a/2", AN, BORN, "")],
            vec!["a/1 review two_of_one_source", "a/2 review two_of_one_source"],
        ),
        (
            "whoever lacks a number asks, and the other goes on",
            vec![account("a/1", AN, BORN, ""), account("b/1", AN, BORN, NUMBER)],
            vec!["a/1 review no_number_agreement", "b/1 created no_counterpart"],
        ),
        (
            "a wrong digit is on either side",
            vec![account("a/1", AN, BORN, NUMBER), account("b/1", AN, BORN, OTHER)],
            vec!["a/1 review number_differs", "b/1 review number_differs"],
        ),
        (
            "two accounts confirm each other, and the third asks",
            vec![account("a/1", AN, BORN, NUMBER), account("b/1", AN, BORN, NUMBER), account("c/1", AN, BORN, OTHER)],
            vec!["a/1 created strong_number_name", "b/1 =a/1 strong_number_name", "c/1 review number_differs"],
        ),
        (
            "a shared number joins nobody, not even those who agree",
            vec![account("a/1", AN, BORN, NUMBER), account("b/1", AN, BORN, NUMBER), account("c/1", "Lê Thị Bé", "", NUMBER)],
            vec!["a/1 review name_differs", "b/1 review name_differs", "c/1 review name_differs"],
        ),
        (
            "with A like B, B like C and A against C nobody is joined",
            vec![account("a/1", AN, BORN, NUMBER), account("b/1", AN, "", NUMBER), account("c/1", AN, "05/04/1986", NUMBER)],
            vec!["a/1 review birth_contradicts", "b/1 review number_shared", "c/1 review birth_contradicts"],
        ),
        (
            "an old number is a question, whatever agrees",
            vec![account("a/1", AN, BORN, NINE), account("b/1", AN, BORN, NINE), account("c/1", "Lê Thị Bé", "", NINE)],
            vec!["a/1 review nine_digits", "b/1 review nine_digits", "c/1 review number_shared"],
        ),
        (
            "a filler proves nothing",
            vec![account("a/1", AN, BORN, "111111111111"), account("b/1", "Lê Thị Bé", "", "111111111111")],
            vec!["a/1 created no_counterpart", "b/1 created no_counterpart"],
        ),
        (
            "namesakes with other birthdays are nothing to each other",
            vec![account("a/1", AN, BORN, ""), account("b/1", AN, "06/04/1986", "")],
            vec!["a/1 created no_counterpart", "b/1 created no_counterpart"],
        ),
        (
            "an account without a name is in nobody's way",
            vec![account("a/1", AN, BORN, NUMBER), account("b/1", AN, BORN, NUMBER), account("c/1", "", "", NUMBER)],
            vec!["a/1 created strong_number_name", "b/1 =a/1 strong_number_name", "c/1 review name_missing"],
        ),
    ];
    for (case, accounts, expected) in table {
        assert_eq!(told(vec![], accounts), expected, "{case}");
    }
}

#[test]
fn two_persons_of_the_directory_with_one_number_are_a_question() {
    let persons = vec![person("p", AN, BORN, NUMBER), person("q", AN, BORN, NUMBER)];

    assert_eq!(told(persons, vec![account("a/1", AN, BORN, NUMBER)]), ["a/1 review number_shared"]);
}

#[test]
fn what_a_human_decided_stays_and_is_built_upon() {
    let settled = |key, name, settled| LegacyAccount { settled: Some(settled), ..account(key, name, BORN, NUMBER) };
    let to_p = || Settled::Linked(PersonId("p".to_owned()));

    let after_a_link = told(
        vec![person("p", AN, BORN, "")],
        vec![settled("a/1", AN, to_p()), account("b/1", AN, "", NUMBER), account("c/1", AN, BORN, OTHER)],
    );
    assert_eq!(after_a_link, ["a/1 =p by_hand", "b/1 =p strong_number_name", "c/1 review number_differs"]);

    let under_another_name =
        told(vec![person("p", AN, BORN, "")], vec![settled("a/1", "Lê Thị Bé", to_p()), account("b/1", AN, BORN, NUMBER)]);
    assert_eq!(under_another_name, ["a/1 =p by_hand", "b/1 review name_differs"]);

    let after_a_refusal = told(vec![], vec![settled("a/1", AN, Settled::Rejected), account("b/1", AN, BORN, NUMBER)]);
    assert_eq!(after_a_refusal, ["a/1 rejected by_hand", "b/1 created no_counterpart"]);
}

#[test]
fn contacts_put_candidates_in_order_and_prove_nothing() {
    let mut one = account("a/1", AN, "", "");
    one.facts = one.facts.with_contacts("an.nv@vi-du.vn", "0901 234 567");
    let mut shared = person("q", AN, "", NUMBER);
    shared.facts = shared.facts.with_contacts("AN.NV@vi-du.vn", "+84 901 234 567");
    let persons = [person("p", AN, "", OTHER), shared, person("r", "Lê Thị Bé", "", "")];

    let decision = decide(&one, &persons);

    let whom: Vec<&Whom> = asked(&decision).candidates.iter().map(|candidate| &candidate.whom).collect();
    assert_eq!(whom, [&Whom::Person(PersonId("q".to_owned())), &Whom::Person(PersonId("p".to_owned()))]);
    assert!(decision.evidence.contains(&Evidence::EmailSame) && decision.evidence.contains(&Evidence::PhoneSame));

    let mut stranger = account("a/2", "Trần Thị Chi", "", "");
    stranger.facts = stranger.facts.with_contacts("an.nv@vi-du.vn", "0901 234 567");
    assert_eq!(decide(&stranger, &persons).kind, Kind::Create);
}

#[test]
fn a_common_name_lists_some_and_says_that_there_are_more() {
    let mut accounts: Vec<LegacyAccount> =
        (0..500).map(|number| account(&format!("a/{number:03}"), AN, BORN, &format!("07908600{number:04}"))).collect();
    accounts.push(account("b/1", AN, "", ""));
    let decided = decide_all(&Block { persons: vec![], accounts });

    let (_, last) = decided.last().expect("the bare one");
    assert_eq!(last.rule, Rule::NameOnly);
    assert_eq!(asked(last).candidates.len(), 10);
    assert!(asked(last).more);
}

#[test]
fn a_number_of_everybody_joins_nobody() {
    let accounts: Vec<LegacyAccount> = (0..40).map(|number| account(&format!("a/{number:03}"), AN, BORN, NUMBER)).collect();

    for (key, decision) in decide_all(&Block { persons: vec![], accounts }) {
        assert_eq!(decision.rule, Rule::NumberTooCommon, "{key}");
        assert!(asked(&decision).more);
    }
}

#[test]
fn an_account_says_where_it_contradicts_itself() {
    let decision = decide(&account("a/1", AN, "03/04/1990", NUMBER), &[]);

    assert_eq!(decision.kind, Kind::Create);
    assert_eq!(decision.evidence, [Evidence::OwnNumberAndBirthDiffer]);
    for evidence in Evidence::ALL {
        assert_eq!(Evidence::from_word(evidence.word()), Some(*evidence));
    }
}

/// Whether everybody who is joined agrees strongly, each with each.
fn only_the_strong_are_joined(block: &Block) -> bool {
    let mut accounts: Vec<&LegacyAccount> = block.accounts.iter().collect();
    accounts.sort_by(|one, other| one.key.cmp(&other.key));
    let clusters = gather(&block.persons, &accounts);
    clusters.iter().all(|cluster| {
        let strong = |own: &Facts, said: &Facts| std::ptr::eq(own, said) || Comparison::of(own, said).is_strong();
        cluster.open.iter().all(|one| cluster.facts.iter().all(|said| strong(&one.facts, said)))
    })
}
