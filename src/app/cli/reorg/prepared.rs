//! How far a stage is prepared, and what had better be done before: text for people, one document for scripts.

use super::tell::of_stage;
use crate::app::cli::Output;
use crate::base::date::{iso, shown, shown_moment};
use crate::model::entitlement::GroupGrant;
use crate::model::registry::Registry;
use crate::service::reorganization::{Beside, Concern, Former, Leaning, Prepared};
use serde_json::{Value, json};
use time::Date;

/// How far a stage is prepared; units are named as on a day.
pub fn tell(prepared: &Prepared, (registry, day): (&Registry, Date), out: &mut Output) {
    let (people, accounts) = (prepared.people, prepared.accounts);
    out.line(&format!("  people    {} who may sign in, {} of them within 30 days", people.all, people.recent));
    if accounts.all > 0 || people.owners > 0 {
        let (all, linked, waiting) = (accounts.all, accounts.linked, accounts.waiting);
        out.line(&format!("  accounts  {all} of old systems in units that end: {linked} linked, {waiting} waiting"));
        let (owners, arrived) = (people.owners, people.arrived);
        out.line(&format!("  accounts  {owners} people have one, {arrived} of them signed in since it is theirs"));
    }
    out.line(&format!("  counted   at {}", shown_moment(prepared.counted_at)));
    for concern in prepared.concerns() {
        out.line(&format!("  before    {}", sentence(concern)));
    }
    if prepared.concerns().is_empty() {
        out.line("  before    nothing stands in the way");
    }
    for client in &prepared.clients {
        out.line(&format!("  client    {}", client_line(client)));
    }
    for grant in &prepared.groups {
        let title = grant.title.as_ref().map(|title| format!(", title {title}")).unwrap_or_default();
        let named = registry.unit(&grant.unit).map(|unit| registry.name_on(unit, day).to_owned());
        let unit = named.unwrap_or_else(|| grant.unit.to_string());
        out.line(&format!("  role      {}: {}, of {unit}{title}, does not pass to the units after", grant.client_id, grant.role));
    }
    tell_beside(&prepared.beside, out);
}

/// What else is approved, and what follows from that.
pub fn tell_beside(beside: &[Beside], out: &mut Output) {
    for other in beside {
        let name = of_stage(&other.plan, other.stage.as_deref());
        out.line(&format!("  beside    {name} is approved for this day or an earlier one: the later needs a new approval"));
    }
}

fn sentence(concern: Concern) -> String {
    match concern {
        Concern::Undecided(count) => format!("{count} posts: nobody has said where they go"),
        Concern::Waiting(count) => format!("{count} accounts of old systems: nobody has said whose they are"),
        Concern::Away(count) => format!("{count} people have not signed in since an old account was linked to them"),
        Concern::Clients(count) => format!("{count} clients live on codes or subjects of before, too short or without an end"),
        Concern::Groups(count) => format!("{count} roles of groups do not pass to the units after: grant them there where due"),
        Concern::Scopes(count) => format!("{count} administrators are appointed anew"),
        Concern::Beside(count) => format!("{count} others are approved for this day or an earlier one"),
    }
}

fn client_line(client: &Leaning) -> String {
    let what = match client.what {
        Former::Units => "units of before",
        Former::Subjects => "subjects of old systems",
        Former::Identities => "codes of before with accounts of old systems",
        Former::Codes => return format!("{} ({}) is told a kind of code that units after have none of", client.id, client.name),
    };
    let until = client.until.map_or_else(|| "without an end".to_owned(), |last| format!("until {}", shown(last)));
    format!("{} ({}) is told {what} {until}", client.id, client.name)
}

/// What else is approved, for scripts.
pub fn beside_document(beside: &[Beside]) -> Value {
    beside.iter().map(|other| json!({ "plan": other.plan, "stage": other.stage })).collect()
}

/// The same for scripts.
pub fn document(prepared: &Prepared) -> Value {
    let (people, accounts) = (prepared.people, prepared.accounts);
    let client = |client: &Leaning| {
        json!({
            "client_id": client.id,
            "name": client.name,
            "what": client.what.word(),
            "until": client.until.map(iso),
        })
    };
    let concern = |concern: Concern| {
        let (word, count) = concern.counted();
        json!({ "what": word, "count": count })
    };
    json!({
        "people": people.all,
        "people_signed_in_lately": people.recent,
        "people_with_old_account": people.owners,
        "people_signed_in_since_linked": people.arrived,
        "old_accounts": accounts.all,
        "old_accounts_linked": accounts.linked,
        "old_accounts_waiting": accounts.waiting,
        "undecided": prepared.undecided,
        "counted_at": prepared.counted_at,
        "clients": prepared.clients.iter().map(client).collect::<Vec<_>>(),
        "group_roles_ended": prepared.groups.iter().map(group_document).collect::<Vec<_>>(),
        "administrators_anew": prepared.scopes,
        "approved_beside": beside_document(&prepared.beside),
        "concerns": prepared.concerns().into_iter().map(concern).collect::<Vec<_>>(),
    })
}

fn group_document(grant: &GroupGrant) -> Value {
    json!({
        "id": grant.id,
        "client_id": grant.client_id,
        "role": grant.role,
        "unit": grant.unit,
        "below": grant.below,
        "title": grant.title,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::service::reorganization::{Accounts, People};

    #[test]
    fn what_is_in_the_way_is_told_with_how_many_and_nothing_else_is() {
        let none = Prepared {
            stage: None,
            people: People::default(),
            accounts: Accounts::default(),
            undecided: 0,
            counted_at: Millis(0),
            clients: Vec::new(),
            groups: Vec::new(),
            scopes: 0,
            beside: Vec::new(),
        };
        assert_eq!(document(&none)["concerns"], json!([]));
        let some = Prepared { undecided: 3, scopes: 1, ..none };
        assert_eq!(
            document(&some)["concerns"],
            json!([{ "what": "undecided", "count": 3 }, { "what": "administrators", "count": 1 }])
        );
        assert!(sentence(some.concerns()[0]).starts_with("3 posts"));
    }

    #[test]
    fn a_client_is_told_with_its_last_day_or_without_one() {
        let client = |what, until| Leaning { id: "a".to_owned(), name: "A".to_owned(), what, until };
        assert_eq!(client_line(&client(Former::Units, None)), "a (A) is told units of before without an end");
        let last = Some(time::macros::date!(2026 - 12 - 30));
        assert_eq!(client_line(&client(Former::Units, last)), "a (A) is told units of before until 30/12/2026");
        let accounts = "a (A) is told codes of before with accounts of old systems until 30/12/2026";
        assert_eq!(client_line(&client(Former::Identities, last)), accounts);
        let codes = "a (A) is told a kind of code that units after have none of";
        assert_eq!(client_line(&client(Former::Codes, None)), codes, "no day says until when");
    }
}
