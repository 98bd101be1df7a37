//! The rules of new passwords, as two pages list them before and after a try.

use crate::base::words::{Words, fill};
use crate::model::password_policy::{Complaint, PasswordPolicy};

/// What became of a password that was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tried {
    /// Nothing was typed.
    pub empty: bool,
    /// What the rules say.
    pub complaints: Vec<Complaint>,
    /// It is the present one or one of the last; absent when that was not looked at.
    pub used_before: Option<bool>,
    /// It was not looked at: try again after so many seconds.
    pub busy: Option<u32>,
}

/// A rule in one line, with a mark once a password was judged by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What is asked.
    pub text: String,
    /// Whether the password that was sent had it; nothing while none was judged.
    pub met: Option<bool>,
}

impl Rule {
    pub(super) fn is_marked(&self) -> bool {
        self.met.is_some()
    }

    pub(super) fn is_met(&self) -> bool {
        self.met == Some(true)
    }
}

/// The rules in force, and what became of the last try.
#[derive(Debug, Clone)]
pub struct PasswordRules {
    /// The settings.
    pub policy: PasswordPolicy,
    /// The last try.
    pub tried: Option<Tried>,
}

impl PasswordRules {
    /// The rules, told before anything is typed.
    pub(super) fn rules(&self, t: &'static Words) -> Vec<Rule> {
        let policy = &self.policy;
        let judged = self.tried.as_ref().filter(|tried| !tried.empty && tried.busy.is_none());
        let mark = |is_about: fn(&Complaint) -> bool| judged.map(|tried| !tried.complaints.iter().any(is_about));
        let length = fill(&t.new_password_rule_length, &[("least", &policy.min_length.to_string())]);
        let history = fill(&t.new_password_rule_history, &[("history", &policy.history.to_string())]);
        // Earlier passwords are looked at only when all else is right.
        let unused = judged.and_then(|tried| tried.used_before).map(|used| !used);
        let lines = [
            (true, length, mark(|complaint| matches!(complaint, Complaint::TooShort { .. }))),
            (policy.require_lower, t.new_password_rule_lower.clone(), mark(|complaint| *complaint == Complaint::NoLower)),
            (policy.require_upper, t.new_password_rule_upper.clone(), mark(|complaint| *complaint == Complaint::NoUpper)),
            (policy.require_digit, t.new_password_rule_digit.clone(), mark(|complaint| *complaint == Complaint::NoDigit)),
            (policy.require_other, t.new_password_rule_other.clone(), mark(|complaint| *complaint == Complaint::NoOther)),
            (true, t.new_password_rule_common.clone(), mark(|complaint| *complaint == Complaint::TooCommon)),
            (true, t.new_password_rule_person.clone(), mark(|complaint| *complaint == Complaint::AboutThePerson)),
            (policy.history > 0, history, unused),
        ];
        lines.into_iter().filter(|(asked, ..)| *asked).map(|(_, text, met)| Rule { text, met }).collect()
    }

    /// What has to be mended, in sentences.
    pub(super) fn problems(&self, t: &'static Words) -> Vec<String> {
        let Some(tried) = &self.tried else { return Vec::new() };
        let empty = tried.empty.then(|| t.new_password_empty.clone());
        let used = (tried.used_before == Some(true)).then(|| t.new_password_used.clone());
        let busy = tried.busy.map(|seconds| fill(&t.new_password_busy, &[("seconds", &seconds.to_string())]));
        let complaints = tried.complaints.iter().map(|complaint| sentence(*complaint, t));
        empty.into_iter().chain(complaints).chain(used).chain(busy).collect()
    }
}

fn sentence(complaint: Complaint, t: &'static Words) -> String {
    match complaint {
        Complaint::TooShort { least } => fill(&t.new_password_too_short, &[("least", &least.to_string())]),
        Complaint::TooLong => t.new_password_too_long.clone(),
        Complaint::NoLower => t.new_password_no_lower.clone(),
        Complaint::NoUpper => t.new_password_no_upper.clone(),
        Complaint::NoDigit => t.new_password_no_digit.clone(),
        Complaint::NoOther => t.new_password_no_other.clone(),
        Complaint::TooCommon => t.new_password_common.clone(),
        Complaint::AboutThePerson => t.new_password_person.clone(),
        Complaint::ControlCharacter => t.new_password_invisible.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::locale::Locale;
    use crate::base::words::words;

    fn rules(tried: Option<Tried>) -> PasswordRules {
        PasswordRules { policy: PasswordPolicy::default(), tried }
    }

    #[test]
    fn rules_are_told_before_and_marked_after_a_try() {
        let t = words(Locale::Vi);
        let before = rules(None).rules(t);
        assert_eq!(before.len(), 8);
        assert!(before.iter().all(|rule| rule.met.is_none()));
        assert!(rules(None).problems(t).is_empty());

        let complaints = vec![Complaint::TooShort { least: 12 }, Complaint::NoUpper, Complaint::ControlCharacter];
        let after = rules(Some(Tried { complaints, ..Tried::default() }));
        let marks: Vec<Option<bool>> = after.rules(t).into_iter().map(|rule| rule.met).collect();
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(marks, [no, yes, no, yes, yes, yes, yes, None], "earlier passwords were not looked at");
        assert_eq!(after.problems(t).len(), 3, "what is no rule of the list is told too");

        let used = rules(Some(Tried { used_before: Some(true), ..Tried::default() }));
        assert_eq!(used.rules(t).last().and_then(|rule| rule.met), no);
        let unseen = rules(Some(Tried { busy: Some(3), ..Tried::default() }));
        assert!(unseen.rules(t).iter().all(|rule| rule.met.is_none()));
    }

    #[test]
    fn a_rule_that_is_switched_off_is_not_told() {
        let policy = PasswordPolicy { require_other: false, require_upper: false, history: 0, ..PasswordPolicy::default() };
        assert_eq!(PasswordRules { policy, tried: None }.rules(words(Locale::En)).len(), 5);
    }
}
