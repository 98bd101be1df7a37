//! Changing what is known of a person.

use super::apply::{self, ChangeError, Draft, Ground, version};
use super::told::{Check, FactsTold, Field, facts};
use crate::base::date::vietnam_date;
use crate::model::authority::EditPeople;
use crate::model::person::Person;
use crate::service::audit::{self, Event};
use crate::service::authority::One;
use crate::service::{Failure, Services};
use crate::store::persons::{self, Facts};
use serde_json::{Map, Value, json};

/// What a form begins with.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The version that it rests on, which it sends back.
    pub version: i64,
    /// The person.
    pub person: Person,
}

/// What a form about a person begins with, read anew with its version. That it was looked at is recorded first.
pub async fn begin(services: &Services, proof: &One<EditPeople>) -> Result<Option<Begun>, Failure> {
    let id = &proof.person().id;
    audit::looked(services, Event::by(&proof.by, "person.viewed", Some(id), None, json!({ "part": "edit" }))).await?;
    let mut conn = services.store.read().await?;
    // The version first: whatever changes after it is found when the form comes back.
    let version = version(&mut conn).await?;
    Ok(persons::find(&mut conn, id).await?.map(|person| Begun { version, person }))
}

/// Changes the facts that were named, on top of the version that was seen. False when that changes nothing.
pub async fn edit(
    services: &Services,
    proof: &One<EditPeople>,
    seen: i64,
    told: &FactsTold,
    reason: &str,
) -> Result<bool, ChangeError> {
    let mut check = Check::default();
    let reason = check.reason(reason);
    let reason = check.done(reason)?;
    let today = vietnam_date(services.clock.now());
    let ground = Ground { by: &proof.by, person: &proof.person().id, seen };
    apply::change(services, &ground, |present| {
        let (after, changed) = facts(told, &present.facts, today)?;
        let detail = json!({ "changed": shown_changes(&present.facts, &after, &changed), "reason": reason });
        let facts = (!changed.is_empty()).then_some(after);
        Ok(Draft { facts, positions: Vec::new(), event: "person.edited", detail })
    })
    .await
}

/// Before and after for the record, which nobody can take anything out of again: names, addresses and numbers in
/// part. The whole of it stands in the set of changes that the record names.
fn shown_changes(before: &Facts, after: &Facts, changed: &[Field]) -> Value {
    let both = changed.iter().map(|field| {
        let pair = json!({ "before": in_part(before, *field), "after": in_part(after, *field) });
        (field.word().to_owned(), pair)
    });
    Value::Object(both.collect::<Map<String, Value>>())
}

fn in_part(facts: &Facts, field: Field) -> String {
    let value = |text: &Option<String>| text.clone().unwrap_or_default();
    match field {
        Field::FullName => initials(&facts.full_name),
        Field::DateOfBirth => facts.date_of_birth.map(|born| born.year().to_string()).unwrap_or_default(),
        Field::Email => address_in_part(&value(&facts.email)),
        Field::Phone => last_digits(&value(&facts.phone)),
        Field::EmployeeCode => value(&facts.employee_code),
        Field::Username
        | Field::PersonalNumber
        | Field::Unit
        | Field::Department
        | Field::Title
        | Field::Kind
        | Field::Primary
        | Field::DecisionNo
        | Field::ValidFrom
        | Field::ValidTo
        | Field::Reason => String::new(),
    }
}

/// `Nguyễn Thị Kim` as `N. T. K.`
fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().next())
        .map(|letter| format!("{letter}."))
        .collect::<Vec<_>>()
        .join(" ")
}

/// `kim@vi-du.vn` as `k•••@vi-du.vn`
fn address_in_part(address: &str) -> String {
    match address.split_once('@') {
        Some((local, domain)) => format!("{}•••@{domain}", local.chars().take(1).collect::<String>()),
        None => String::new(),
    }
}

/// A telephone number as its last three digits.
pub fn last_digits(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        0 => String::new(),
        1..=3 => "•••".to_owned(),
        many => format!("••• ••• {}", digits[many - 3..].iter().collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_holds_no_more_than_a_part() {
        assert_eq!(initials("Nguyễn Thị  Kim"), "N. T. K.");
        assert_eq!(address_in_part("kim@vi-du.vn"), "k•••@vi-du.vn");
        assert_eq!(address_in_part(""), "");
        let phones = [("0900 111 318", "••• ••• 318"), ("+84 (28) 38.29", "••• ••• 829"), ("113", "•••"), ("", "")];
        for (phone, expected) in phones {
            assert_eq!(last_digits(phone), expected, "{phone}");
        }
    }
}
