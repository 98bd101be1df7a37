//! What mail says: each letter in every language, as text and as HTML.
//!
//! A letter carries no picture, style, script or address of anybody else: mail
//! programs bend them, and the reader's own colours and sizes stay. Nothing
//! that somebody typed stands in a subject, and names are one line each.

use crate::base::clock::Millis;
use crate::base::date::{shown, shown_moment};
use crate::base::locale::{GivenName, Locale};
use crate::base::text::nfc;
use crate::base::words::{Words, fill, words};
use crate::model::device::Device;
use crate::model::notice::{LINK_DAYS, NoticeKind, device_said};
use askama::Template;
use std::net::IpAddr;
use time::Date;

/// A longer name is cut: it would bury what the letter says.
const LONGEST_NAME: usize = 120;

/// Whose letters these are.
#[derive(Debug, Clone, Default)]
pub struct Letterhead {
    /// The owner.
    pub owner: GivenName,
    /// Where every link of ours begins.
    pub issuer: String,
    /// The hotline; may be empty.
    pub phone: String,
    /// The support mailbox; may be empty.
    pub email: String,
}

/// What a letter is about. It may hold what opens something: it is not printed.
#[derive(Clone, Copy)]
pub enum Letter<'a> {
    /// Something changed on the account.
    MethodChanged {
        /// Who is told.
        full_name: &'a str,
        /// What happened.
        what: NoticeKind,
        /// When.
        when: Millis,
        /// With what.
        device: Device,
        /// From where.
        address: &'a str,
        /// The page on which one says "this was not me".
        not_me: &'a str,
    },
    /// The way back, as a link.
    RecoveryLink {
        /// Who asked.
        full_name: &'a str,
        /// The link.
        link: &'a str,
        /// How long it works.
        minutes: i64,
    },
    /// A code beside the password.
    Code {
        /// Who signs in.
        full_name: &'a str,
        /// The code.
        code: &'a str,
        /// How long it works.
        minutes: i64,
    },
    /// The account for the worst day is in use.
    Alarm {
        /// Who is told.
        full_name: &'a str,
        /// The user name of that account.
        account: &'a str,
        /// When it began.
        when: Millis,
        /// How many things it did.
        acts: usize,
        /// Where its role is taken back.
        link: &'a str,
    },
    /// An administrator asks for a passkey.
    AddPasskey {
        /// Who is asked.
        full_name: &'a str,
        /// The page on which one adds it.
        link: &'a str,
    },
    /// Nobody signed in for long.
    AccountIdle {
        /// Who is told.
        full_name: &'a str,
        /// On which day the account will be disabled.
        day: Date,
        /// Where one signs in.
        link: &'a str,
    },
    /// Rights wait for somebody's answer.
    ReviewWaits {
        /// Who is asked.
        full_name: &'a str,
        /// How many rights.
        rights: i64,
        /// The last day.
        due: Date,
        /// Where one answers.
        link: &'a str,
    },
    /// The first way in, or a way back for an administrator.
    Invitation {
        /// Who is asked in.
        full_name: &'a str,
        /// The link.
        link: &'a str,
        /// How long it works.
        hours: i64,
    },
}

impl Letter<'_> {
    /// The word by which records know it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::MethodChanged { .. } => "method-changed",
            Self::AccountIdle { .. } => "account-idle",
            Self::ReviewWaits { .. } => "review-waits",
            Self::Alarm { .. } => "alarm",
            Self::AddPasskey { .. } => "add-passkey",
            Self::RecoveryLink { .. } => "recovery-link",
            Self::Code { .. } => "code",
            Self::Invitation { .. } => "invitation",
        }
    }

    /// After so many seconds the letter is of no use to anybody.
    pub fn useful_seconds(&self) -> Option<i64> {
        match self {
            Self::MethodChanged { .. }
            | Self::AccountIdle { .. }
            | Self::ReviewWaits { .. }
            | Self::Alarm { .. }
            | Self::AddPasskey { .. } => None,
            Self::RecoveryLink { minutes, .. } | Self::Code { minutes, .. } => Some(minutes * 60),
            Self::Invitation { hours, .. } => Some(hours * 3_600),
        }
    }

    fn full_name(&self) -> &str {
        match self {
            Self::MethodChanged { full_name, .. }
            | Self::AccountIdle { full_name, .. }
            | Self::ReviewWaits { full_name, .. }
            | Self::Alarm { full_name, .. }
            | Self::AddPasskey { full_name, .. }
            | Self::RecoveryLink { full_name, .. }
            | Self::Code { full_name, .. }
            | Self::Invitation { full_name, .. } => full_name,
        }
    }
}

/// A letter in one language.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// The letter as text.
    pub text: String,
    /// The letter as HTML.
    pub html: String,
}

/// What stands in a letter, from top to bottom.
struct Sheet {
    lang: &'static str,
    subject: String,
    hello: String,
    lead: Vec<String>,
    facts: Vec<(&'static str, String)>,
    code: Option<String>,
    then: Vec<String>,
    link: Option<String>,
    after: Vec<String>,
    foot: Vec<String>,
}

#[derive(Template)]
#[template(path = "mails/letter.txt")]
struct AsText<'a> {
    sheet: &'a Sheet,
}

#[derive(Template)]
#[template(path = "mails/letter.html")]
struct AsHtml<'a> {
    sheet: &'a Sheet,
}

/// Writes a letter.
pub fn render(locale: Locale, letter: &Letter<'_>, head: &Letterhead) -> Rendered {
    let sheet = sheet(locale, letter, head);
    Rendered { text: written(&AsText { sheet: &sheet }), html: written(&AsHtml { sheet: &sheet }), subject: sheet.subject }
}

/// Only a formatter out of memory could fail here.
fn written(template: &impl Template) -> String {
    template.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a letter could not be written");
        String::new()
    })
}

fn sheet(locale: Locale, letter: &Letter<'_>, head: &Letterhead) -> Sheet {
    let t = words(locale);
    let blank = Sheet {
        lang: locale.tag(),
        subject: String::new(),
        hello: fill(&t.mail_hello, &[("name", &one_line(letter.full_name()))]),
        lead: Vec::new(),
        facts: Vec::new(),
        code: None,
        then: Vec::new(),
        link: None,
        after: Vec::new(),
        foot: foot(t, locale, head),
    };
    match *letter {
        Letter::MethodChanged { full_name: _, what, when, device, address, not_me } => Sheet {
            subject: fill(&t.mail_notice_subject, &[("what", what.said(t)), ("product", &t.product)]),
            lead: vec![t.mail_notice_lead.clone()],
            facts: facts(t, what, when, device, address),
            then: vec![t.mail_notice_mine.clone(), t.mail_notice_not_me.clone()],
            link: Some(not_me.to_owned()),
            after: vec![fill(&t.mail_notice_link, &[("days", &LINK_DAYS.to_string())])],
            ..blank
        },
        Letter::Alarm { full_name: _, account, when, acts, link } => Sheet {
            subject: fill(&t.console_alarm_mail_subject, &[("product", &t.product)]),
            lead: vec![fill(&t.console_alarm_mail_lead, &[("account", &one_line(account))])],
            facts: vec![(t.mail_when.as_str(), shown_moment(when)), (t.console_alarm_mail_acts.as_str(), acts.to_string())],
            then: vec![t.console_alarm_mail_then.clone()],
            link: Some(link.to_owned()),
            ..blank
        },
        Letter::RecoveryLink { full_name: _, link, minutes } => Sheet {
            subject: t.mail_recovery_subject.clone(),
            lead: vec![t.mail_recovery_lead.clone()],
            link: Some(link.to_owned()),
            after: vec![fill(&t.mail_recovery_life, &[("minutes", &minutes.to_string())]), t.mail_recovery_not_asked.clone()],
            ..blank
        },
        Letter::Code { full_name: _, code, minutes } => Sheet {
            subject: t.mail_code_subject.clone(),
            lead: vec![t.mail_code_lead.clone()],
            code: Some(code.to_owned()),
            after: vec![fill(&t.mail_code_life, &[("minutes", &minutes.to_string())]), t.mail_code_not_asked.clone()],
            ..blank
        },
        Letter::AddPasskey { full_name: _, link } => Sheet {
            subject: t.mail_passkey_subject.clone(),
            lead: vec![t.mail_passkey_lead.clone()],
            then: vec![t.mail_passkey_after.clone()],
            link: Some(link.to_owned()),
            ..blank
        },
        Letter::AccountIdle { full_name: _, day, link } => Sheet {
            subject: fill(&t.mail_idle_subject, &[("product", &t.product)]),
            lead: vec![fill(&t.mail_idle_lead, &[("date", &shown(day))])],
            then: vec![t.mail_idle_then.clone()],
            link: Some(link.to_owned()),
            after: vec![t.mail_idle_after.clone()],
            ..blank
        },
        Letter::ReviewWaits { full_name: _, rights, due, link } => Sheet {
            subject: fill(&t.mail_review_subject, &[("product", &t.product)]),
            lead: vec![fill(&t.mail_review_lead, &[("count", &rights.to_string()), ("date", &shown(due))])],
            then: vec![t.mail_review_then.clone()],
            link: Some(link.to_owned()),
            after: vec![t.mail_review_after.clone()],
            ..blank
        },
        Letter::Invitation { full_name: _, link, hours } => Sheet {
            subject: t.mail_invitation_subject.clone(),
            lead: vec![t.mail_invitation_lead.clone()],
            link: Some(link.to_owned()),
            after: vec![fill(&t.mail_invitation_life, &[("hours", &hours.to_string())]), t.mail_invitation_not_expected.clone()],
            ..blank
        },
    }
}

/// What is known of a change. Where an administrator sat says nothing to the person.
fn facts(t: &'static Words, what: NoticeKind, when: Millis, device: Device, address: &str) -> Vec<(&'static str, String)> {
    let mut facts = vec![(t.mail_what.as_str(), what.said(t).to_owned()), (t.mail_when.as_str(), shown_moment(when))];
    if what.is_by_another() {
        return facts;
    }
    facts.extend(device_said(device, t).map(|device| (t.mail_device.as_str(), device)));
    facts.extend(address.parse::<IpAddr>().ok().map(|address| (t.mail_address.as_str(), address.to_string())));
    facts
}

fn foot(t: &Words, locale: Locale, head: &Letterhead) -> Vec<String> {
    let channels: Vec<&str> = [head.phone.as_str(), head.email.as_str()].into_iter().filter(|one| !one.is_empty()).collect();
    let mut foot = vec![fill(&t.mail_never_asks, &[("issuer", &head.issuer)])];
    if !channels.is_empty() {
        foot.push(fill(&t.mail_help, &[("channels", &channels.join(", "))]));
    }
    foot.push(fill(&t.mail_automatic, &[("product", &t.product), ("owner", head.owner.said(locale))]));
    foot
}

/// A name in one line, without what could move the text around it.
fn one_line(name: &str) -> String {
    let steers = |letter: &char| {
        matches!(letter, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || (letter.is_control() && !letter.is_whitespace())
    };
    let name = nfc(&name.chars().filter(|letter| !steers(letter)).collect::<String>());
    name.chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://id.example/not-me?token=abc";

    fn head() -> Letterhead {
        Letterhead {
            owner: GivenName { vi: "Ủy ban".to_owned(), en: "Committee".to_owned() },
            issuer: "https://id.example".to_owned(),
            phone: "1022".to_owned(),
            email: String::new(),
        }
    }

    fn changed<'a>(full_name: &'a str, what: NoticeKind, address: &'a str) -> Letter<'a> {
        let device = Device::from_words("phone/Android/Chrome");
        Letter::MethodChanged { full_name, what, when: Millis(1_795_309_200_000), device, address, not_me: LINK }
    }

    fn letters() -> Vec<Letter<'static>> {
        let full_name = "Nguyễn Thị <b>Kim</b>";
        let mut letters = vec![
            Letter::RecoveryLink { full_name, link: LINK, minutes: 30 },
            Letter::Code { full_name, code: "123456", minutes: 10 },
            Letter::Invitation { full_name, link: LINK, hours: 72 },
            Letter::AccountIdle { full_name, day: Date::MAX, link: LINK },
            Letter::ReviewWaits { full_name, rights: 12, due: Date::MAX, link: LINK },
            Letter::Alarm { full_name, account: "khan-cap", when: Millis(1_795_309_200_000), acts: 3, link: LINK },
        ];
        letters.extend(NoticeKind::ALL.into_iter().map(|what| changed(full_name, what, "203.0.113.7")));
        letters
    }

    #[test]
    fn every_letter_says_the_same_in_text_and_in_html_in_every_language() {
        for locale in Locale::ALL {
            for letter in letters() {
                let rendered = render(locale, &letter, &head());
                let (text, html) = (&rendered.text, &rendered.html);
                let opens = if let Letter::Code { code, .. } = letter { code } else { LINK };

                assert!(text.contains(opens) && html.contains(opens), "{text}");
                assert!(text.contains("Nguyễn Thị <b>Kim</b>") && !html.contains("<b>Kim"), "{html}");
                assert!(text.contains("1022") && html.contains("1022") && text.contains("https://id.example"), "{text}");
                assert!(html.starts_with("<!DOCTYPE html>") && html.contains(&format!("lang=\"{}\"", locale.tag())), "{html}");
                assert!(!rendered.subject.is_empty() && !rendered.subject.contains(['\n', '{']), "{}", rendered.subject);
                assert!(!rendered.subject.contains("Kim") && !rendered.subject.contains("123456"), "{}", rendered.subject);
                for refused in ["{", "style=", "<style", "<img", "<script", " src=", "!"] {
                    assert!(!html.trim_start_matches("<!DOCTYPE html>").contains(refused), "{refused}: {html}");
                }
                assert!(!text.contains(['{', '!']), "{text}");
            }
        }
    }

    #[test]
    fn a_letter_is_of_no_use_longer_than_what_it_carries() {
        let table = [
            (Letter::Code { full_name: "", code: "1", minutes: 10 }, Some(600)),
            (Letter::RecoveryLink { full_name: "", link: "", minutes: 30 }, Some(1_800)),
            (Letter::Invitation { full_name: "", link: "", hours: 72 }, Some(259_200)),
            (changed("", NoticeKind::NewDevice, ""), None),
        ];
        for (letter, seconds) in table {
            assert_eq!(letter.useful_seconds(), seconds, "{}", letter.kind());
        }
    }

    #[test]
    fn where_an_administrator_sat_is_not_told() {
        for (what, told) in [(NoticeKind::PasswordChanged, true), (NoticeKind::PasswordReset, false)] {
            let text = render(Locale::En, &changed("Kim", what, "203.0.113.7"), &head()).text;

            assert_eq!(text.contains("203.0.113.7"), told, "{text}");
            assert_eq!(text.contains("Android"), told, "{text}");
        }
        let text = render(Locale::En, &changed("Kim", NoticeKind::AppAdded, "command-line"), &head()).text;
        assert!(!text.contains("command-line"), "{text}");
    }

    #[test]
    fn a_name_is_one_line_and_not_the_whole_letter() {
        let table = [
            ("Kim\r\nBcc: x@vi-du.vn", "Kim Bcc: x@vi-du.vn"),
            ("\u{202e}miK\u{2066} Thị", "miK Thị"),
            ("👩\u{200d}👧  Kim", "👩\u{200d}👧 Kim"),
        ];
        for (name, line) in table {
            assert_eq!(one_line(name), line);
        }
        assert_eq!(one_line(&"ệ".repeat(10_000)).chars().count(), LONGEST_NAME);
    }
}
