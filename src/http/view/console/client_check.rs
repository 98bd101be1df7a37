//! What came of checking a client by a sign-in: each step, each claim, each mistake.

use super::Console;
use super::client_findings::{finding_said, weight_tag};
use super::clients::crumbs_to;
use super::parts::Crumb;
use crate::base::date::shown_moment;
use crate::base::words::fill;
use crate::http::view::chrome::Chrome;
use crate::service::clients::findings::Finding;
use crate::service::selfcheck::{Grade, Mistake, Report, Stage, Step};
use askama::Template;
use serde_json::{Map, Value};

/// `GET /admin/clients/{id}/check`
#[derive(Debug, Template)]
#[template(path = "pages/console_client_check.html")]
pub struct ClientCheck {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The console around it.
    pub console: Console,
    /// Client id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What can be said of its settings.
    pub findings: Vec<Finding>,
    /// People sign in to it by a code.
    pub can_run: bool,
    /// The reader may run a check.
    pub may_run: bool,
    /// What came of the last one.
    pub report: Option<Report>,
    /// What came of it is not kept any more.
    pub gone: bool,
}

/// A claim, as the table shows it.
#[derive(Debug, Clone)]
pub struct ClaimLine {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The ID token says it.
    pub in_id_token: bool,
    /// Userinfo says it.
    pub in_userinfo: bool,
}

impl ClientCheck {
    fn crumbs(&self) -> Vec<Crumb> {
        crumbs_to(&self.chrome, Some((self.id.as_str(), self.name.as_str())), &self.chrome.t().console_check_title)
    }

    fn finding(&self, finding: &Finding) -> String {
        finding_said(self.chrome.t(), finding)
    }

    fn weight(&self, finding: &Finding) -> (&'static str, &'static str, &'static str) {
        weight_tag(self.chrome.t(), finding.weight())
    }

    fn at(&self, report: &Report) -> String {
        fill(&self.chrome.t().console_check_at, &[("at", &shown_moment(report.at))])
    }

    /// Class, symbol and sentence of the whole.
    fn verdict(&self, report: &Report) -> (&'static str, &'static str, &'static str) {
        let t = self.chrome.t();
        match report.grade() {
            Grade::Fine => ("ok", "check", &t.console_check_fine),
            Grade::Doubtful => ("warn", "alert-triangle", &t.console_check_doubtful),
            Grade::Wrong | Grade::Skipped => ("bad", "alert-circle", &t.console_check_wrong),
        }
    }

    /// Class, symbol and word of a step.
    fn grade(&self, step: &Step) -> (&'static str, &'static str, &'static str) {
        let t = self.chrome.t();
        match step.grade {
            Grade::Fine => ("ok", "check", &t.console_check_grade_fine),
            Grade::Doubtful => ("warn", "alert-triangle", &t.console_check_grade_doubtful),
            Grade::Wrong => ("bad", "alert-circle", &t.console_check_grade_wrong),
            Grade::Skipped => ("info", "clock", &t.console_check_grade_skipped),
        }
    }

    fn stage(&self, step: &Step) -> &'static str {
        let t = self.chrome.t();
        match step.stage {
            Stage::Request => &t.console_check_request,
            Stage::Answer => &t.console_check_answer,
            Stage::Redemption => &t.console_check_redemption,
            Stage::IdToken => &t.console_check_id_token,
            Stage::Userinfo => &t.console_check_userinfo,
            Stage::Withdrawal => &t.console_check_withdrawal,
        }
    }

    fn mistake(&self, mistake: &Mistake) -> String {
        let t = self.chrome.t();
        match mistake {
            Mistake::Refused { error, description } => {
                fill(&t.console_check_mistake_refused, &[("error", error), ("description", description)])
            }
            Mistake::UnreadableAnswer => t.console_check_mistake_unreadable.clone(),
            Mistake::OtherIssuer => t.console_check_mistake_issuer.clone(),
            Mistake::NoCode => t.console_check_mistake_no_code.clone(),
            Mistake::NotRedeemed(reason) => fill(&t.console_check_mistake_not_redeemed, &[("reason", reason)]),
            Mistake::FewerScopes(scopes) => fill(&t.console_check_mistake_scopes, &[("scopes", scopes)]),
            Mistake::NoIdToken => t.console_check_mistake_no_id_token.clone(),
            Mistake::WrongSignature => t.console_check_mistake_signature.clone(),
            Mistake::OtherAlgorithm(algorithm) => fill(&t.console_check_mistake_algorithm, &[("algorithm", algorithm)]),
            Mistake::WrongClaim(claim) => fill(&t.console_check_mistake_claim, &[("claim", claim)]),
            Mistake::OtherSignOn => t.console_check_mistake_sign_on.clone(),
            Mistake::NoUserinfo(reason) => fill(&t.console_check_mistake_userinfo, &[("reason", reason)]),
            Mistake::OtherSubject => t.console_check_mistake_subject.clone(),
            Mistake::NoValue { scope } => match scope.as_str() {
                "roles" => t.console_check_mistake_no_roles.clone(),
                "unit" | "position" | "positions" => fill(&t.console_check_mistake_no_position, &[("scope", scope)]),
                _ => fill(&t.console_check_mistake_no_value, &[("scope", scope)]),
            },
            Mistake::NotWithdrawn => t.console_check_mistake_not_withdrawn.clone(),
        }
    }

    #[expect(clippy::unused_self, reason = "templates reach functions through a value")]
    fn claims(&self, report: &Report) -> Vec<ClaimLine> {
        let mut names: Vec<&String> = report.id_token.keys().chain(report.userinfo.keys()).collect();
        names.sort();
        names.dedup();
        // Numbers that only this sign-in had.
        let shown = names.into_iter().filter(|name| !["nonce", "at_hash"].contains(&name.as_str()));
        let line = |name: &String| {
            let value = report.userinfo.get(name).or_else(|| report.id_token.get(name));
            ClaimLine {
                name: name.clone(),
                value: value.map(said).unwrap_or_default(),
                in_id_token: holds(&report.id_token, name),
                in_userinfo: holds(&report.userinfo, name),
            }
        };
        shown.map(line).collect()
    }
}

fn holds(claims: &Map<String, Value>, name: &str) -> bool {
    claims.contains_key(name)
}

/// A claim's value: a text as it is, anything else as JSON.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}
