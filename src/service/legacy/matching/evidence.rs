//! What a decision saw, as it is kept beside the account: words, and keys of candidates. No fact of anybody is in it.

use crate::base::id::PersonId;
use crate::model::legacy_account::AccountKey;
use crate::model::matching::{Candidate, Decision, Evidence, Kind, Whom};
use serde::{Deserialize, Serialize};

/// Somebody who may be the owner of an account: a person, or the person of another account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateSeen {
    /// The person, when the directory knows them by other means than matching.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Or the source of the account, which may itself be waiting for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// And its key within that source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legacy_id: Option<String>,
    /// What speaks for and against them, in the words of [`Evidence`].
    #[serde(default)]
    pub seen: Vec<String>,
}

/// What is kept of a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What the rule saw of the owner, or of the likeliest candidate, in the words of [`Evidence`].
    #[serde(default)]
    pub seen: Vec<String>,
    /// Who may be the owner, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<CandidateSeen>,
    /// True when there are more of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// The person whom the account had made before it became a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<PersonId>,
}

impl Seen {
    /// What there is to keep of a decision.
    pub fn of(decision: &Decision) -> Self {
        let (candidates, more) = match &decision.kind {
            Kind::Review(review) => (review.candidates.iter().map(candidate).collect(), review.more),
            Kind::Link(_) | Kind::Create | Kind::Reject => (Vec::new(), false),
        };
        Self { seen: words(&decision.evidence), candidates, more, before: None }
    }

    /// Reads what is kept; nothing where that is empty, or of another hand.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// As it is kept.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

fn words(evidence: &[Evidence]) -> Vec<String> {
    evidence.iter().map(|seen| seen.word().to_owned()).collect()
}

fn candidate(candidate: &Candidate) -> CandidateSeen {
    let seen = words(&candidate.evidence);
    match &candidate.whom {
        Whom::Person(person) => CandidateSeen { person: Some(person.clone()), seen, ..CandidateSeen::default() },
        Whom::Account(AccountKey { source, legacy_id }) => {
            CandidateSeen { source: Some(source.clone()), legacy_id: Some(legacy_id.clone()), seen, ..CandidateSeen::default() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::matching::{Review, Rule};

    #[test]
    fn what_is_kept_is_read_back() {
        let account = Whom::Account(AccountKey { source: "bd".to_owned(), legacy_id: "17".to_owned() });
        let candidates = vec![
            Candidate { whom: Whom::Person(PersonId("p".to_owned())), evidence: vec![Evidence::NameSame] },
            Candidate { whom: account, evidence: vec![Evidence::NamePlain, Evidence::BirthSame] },
        ];
        let decision = Decision {
            kind: Kind::Review(Review { candidates, more: true }),
            rule: Rule::NoNumberAgreement,
            evidence: vec![Evidence::NameSame, Evidence::OwnNumberMissing],
        };
        let seen = Seen { before: Some(PersonId("q".to_owned())), ..Seen::of(&decision) };

        let text = seen.text().expect("JSON");
        assert_eq!(Seen::read(&text), seen);
        assert_eq!(
            text,
            "{\"seen\":[\"name_same\",\"own_number_missing\"],\"candidates\":[{\"person\":\"p\",\"seen\":[\"name_same\"]},\
             {\"source\":\"bd\",\"legacy_id\":\"17\",\"seen\":[\"name_plain\",\"birth_same\"]}],\"more\":true,\"before\":\"q\"}"
        );
        assert_eq!(Seen::read(""), Seen::default());
    }
}
