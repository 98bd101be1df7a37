//! What came of a check: each step, each claim, each mistake. Tokens are not in it, only what they say.

use crate::base::clock::Millis;
use serde_json::{Map, Value};

/// A step of a sign-in, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Stage {
    /// The request, as the client would send it.
    Request,
    /// The answer that came back with a code.
    Answer,
    /// The code was turned into tokens.
    Redemption,
    /// What the ID token says, and who signed it.
    IdToken,
    /// What userinfo says.
    Userinfo,
    /// What was issued was taken back.
    Withdrawal,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Grade {
    /// As it should.
    Fine,
    /// It works, and somebody should look at it.
    Doubtful,
    /// It does not work.
    Wrong,
    /// It was not come to.
    Skipped,
}

/// What is wrong with a step, or doubtful.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Mistake {
    /// The request was refused.
    Refused {
        /// OAuth's word for it.
        error: String,
        /// In one sentence, for developers.
        description: String,
    },
    /// A signed answer that cannot be verified.
    UnreadableAnswer,
    /// The answer is not of this issuer (RFC 9207).
    OtherIssuer,
    /// The answer brought neither a code nor an error.
    NoCode,
    /// The code was not redeemed, in one sentence for developers.
    NotRedeemed(String),
    /// Less was granted than was asked: these scopes are missing.
    FewerScopes(String),
    /// There is no ID token.
    NoIdToken,
    /// Its signature is not of a key of ours.
    WrongSignature,
    /// It is signed with another algorithm than the client expects.
    OtherAlgorithm(String),
    /// A claim of the ID token is not what it has to be.
    WrongClaim(String),
    /// It is of another sign-on than the administrator's own.
    OtherSignOn,
    /// Userinfo did not answer, in one sentence for developers.
    NoUserinfo(String),
    /// Userinfo is about somebody else.
    OtherSubject,
    /// A claim that was asked for has no value for this person.
    NoValue {
        /// The scope that asked for it.
        scope: String,
    },
    /// What was issued could not be taken back; it ends by itself.
    NotWithdrawn,
}

impl Mistake {
    /// How much it matters.
    pub fn grade(&self) -> Grade {
        match self {
            Self::FewerScopes(_) | Self::NoValue { .. } | Self::NotWithdrawn => Grade::Doubtful,
            Self::Refused { .. }
            | Self::UnreadableAnswer
            | Self::OtherIssuer
            | Self::NoCode
            | Self::NotRedeemed(_)
            | Self::NoIdToken
            | Self::WrongSignature
            | Self::OtherAlgorithm(_)
            | Self::WrongClaim(_)
            | Self::OtherSignOn
            | Self::NoUserinfo(_)
            | Self::OtherSubject => Grade::Wrong,
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// Which.
    pub stage: Stage,
    /// How it went.
    pub grade: Grade,
    /// Names of the protocol, and their values.
    pub facts: Vec<(String, String)>,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Report {
    /// When the answer came.
    pub at: Millis,
    /// Each step.
    pub steps: Vec<Step>,
    /// What the ID token says.
    pub id_token: Map<String, Value>,
    /// What userinfo says.
    pub userinfo: Map<String, Value>,
}

impl Report {
    /// An empty one.
    pub(super) fn new(at: Millis) -> Self {
        Self { at, steps: Vec::new(), id_token: Map::new(), userinfo: Map::new() }
    }

    /// Adds a step; its grade is that of its worst mistake. False when it went wrong.
    pub(super) fn add(&mut self, stage: Stage, facts: &[(&str, String)], mistakes: Vec<Mistake>) -> bool {
        let grade = mistakes.iter().map(Mistake::grade).max().unwrap_or(Grade::Fine);
        let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.steps.push(Step { stage, grade, facts, mistakes });
        grade != Grade::Wrong
    }

    /// Names the steps that were not come to.
    pub(super) fn skip_the_rest(&mut self) {
        for stage in [Stage::Answer, Stage::Redemption, Stage::IdToken, Stage::Userinfo, Stage::Withdrawal] {
            if !self.steps.iter().any(|step| step.stage == stage) {
                self.steps.push(Step { stage, grade: Grade::Skipped, facts: Vec::new(), mistakes: Vec::new() });
            }
        }
        self.steps.sort_by_key(|step| step.stage as u8);
    }

    /// How the whole went: as its worst step did.
    pub fn grade(&self) -> Grade {
        let come_to = self.steps.iter().map(|step| step.grade).filter(|grade| *grade != Grade::Skipped);
        come_to.max().unwrap_or(Grade::Skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_as_bad_as_its_worst_step_and_names_every_step() {
        let mut report = Report::new(Millis(0));
        assert!(report.add(Stage::Request, &[("scope", "openid".to_owned())], Vec::new()));
        assert_eq!(report.grade(), Grade::Fine);
        assert!(report.add(Stage::Redemption, &[], vec![Mistake::FewerScopes("email".to_owned())]));
        assert_eq!(report.grade(), Grade::Doubtful);
        assert!(!report.add(Stage::Answer, &[], vec![Mistake::NoCode]));
        report.skip_the_rest();
        assert_eq!(report.grade(), Grade::Wrong);
        let stages: Vec<Stage> = report.steps.iter().map(|step| step.stage).collect();
        let all = [Stage::Request, Stage::Answer, Stage::Redemption, Stage::IdToken, Stage::Userinfo, Stage::Withdrawal];
        assert_eq!(stages, all);
    }
}
