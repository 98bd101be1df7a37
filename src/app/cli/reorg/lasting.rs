//! What outlasts units that end: roles of groups, and clients that live on codes of before.

use crate::store::plan_figures::GroupsOf;
use serde_json::{Value, json};

/// How many roles of groups go on with their units, and how many do not.
pub fn groups_line(of: &GroupsOf) -> String {
    let (client, role, go_on, end) = (&of.client, &of.role, of.go_on, of.end);
    format!("{client}: {role}, of groups: {go_on} go on with their units, {end} do not pass to the units after")
}

/// In which way a client lives on codes of before.
pub fn client_said(word: &str) -> String {
    match word {
        "identities" => "is told codes of before with accounts of old systems".to_owned(),
        "codes" => "is told a kind of code that units after have none of".to_owned(),
        units => format!("is told units as: {units}"),
    }
}

/// Such roles for scripts.
pub fn groups_document(of: &GroupsOf) -> Value {
    json!({ "client_id": of.client, "role": of.role, "go_on": of.go_on, "end": of.end })
}

/// A client that lives on codes of before, for scripts.
pub fn client_document((id, name, word): &(String, String, String)) -> Value {
    let is_of_units = matches!(word.as_str(), "legacy" | "both");
    let what = if is_of_units { "units" } else { word.as_str() };
    json!({ "client_id": id, "name": name, "what": what, "unit_identifier": is_of_units.then_some(word) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_groups_are_told_with_how_many_go_on_and_how_many_do_not() {
        let of = GroupsOf { client: "tthc".to_owned(), role: "duyet".to_owned(), go_on: 2, end: 1 };
        let line = "tthc: duyet, of groups: 2 go on with their units, 1 do not pass to the units after";
        assert_eq!(groups_line(&of), line);
        assert_eq!(groups_document(&of), json!({ "client_id": "tthc", "role": "duyet", "go_on": 2, "end": 1 }));
    }

    #[test]
    fn each_way_in_which_a_client_lives_on_codes_of_before_has_its_words() {
        let table = [
            ("both", "is told units as: both", json!("units"), json!("both")),
            ("legacy", "is told units as: legacy", json!("units"), json!("legacy")),
            ("identities", "is told codes of before with accounts of old systems", json!("identities"), Value::Null),
            ("codes", "is told a kind of code that units after have none of", json!("codes"), Value::Null),
        ];
        for (word, said, what, unit_identifier) in table {
            let document = client_document(&("a".to_owned(), "A".to_owned(), word.to_owned()));
            assert_eq!((client_said(word).as_str(), &document["what"]), (said, &what), "{word}");
            assert_eq!(document["unit_identifier"], unit_identifier, "{word}");
        }
    }
}
