//! The walk that first-timers are taken on: one page a step, the same steps above each.

use super::chrome::Chrome;
use super::position::{former_named, titled};
use super::qr::Drawing;
use super::totp::TotpError;
use crate::base::words::fill;
use crate::model::welcome::Step;
use askama::Template;

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Behind.
    Done,
    /// Here.
    Current,
    /// Ahead.
    Ahead,
}

/// One step as the list above each page names it.
#[derive(Debug, Clone)]
pub struct StepLine {
    /// Its place, from one.
    pub place: usize,
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub standing: Standing,
}

impl StepLine {
    fn is_done(&self) -> bool {
        self.standing == Standing::Done
    }

    fn is_current(&self) -> bool {
        self.standing == Standing::Current
    }
}

/// The way through the steps: where one is, and where one may go instead.
#[derive(Debug, Clone)]
pub struct Walk {
    /// The steps.
    pub steps: Vec<StepLine>,
    /// The waiting request that the walk goes on with; empty for the portal.
    pub request: String,
    /// The system that asked; empty for the portal.
    pub client_name: String,
    /// A second factor is demanded and not there yet: the walk cannot be left for something else.
    pub held: bool,
    /// There is a password here. Whoever came through an old account may have none.
    pub password: bool,
}

impl Walk {
    /// The way as it is seen from `here`.
    pub fn new(chrome: &Chrome, here: Step, waiting: Option<(String, String)>, held: bool, password: bool) -> Self {
        let t = chrome.t();
        // The password is no step to be taken: it is behind whoever has one, whatever stands next.
        let places = [
            (Some(Step::Who), t.welcome_step_who.as_str()),
            (None, t.welcome_step_password.as_str()),
            (Some(Step::Factor), t.welcome_step_factor.as_str()),
            (Some(Step::Codes), t.welcome_step_codes.as_str()),
            (Some(Step::Done), t.welcome_step_done.as_str()),
        ];
        let standing = |step: Option<Step>| match step {
            None => Standing::Done,
            Some(step) if step < here => Standing::Done,
            Some(step) if step == here => Standing::Current,
            Some(_) => Standing::Ahead,
        };
        let line = |(index, (step, name)): (usize, (Option<Step>, &'static str))| StepLine {
            place: index + 1,
            name,
            standing: standing(step),
        };
        let (request, client_name) = waiting.unwrap_or_default();
        let places = places.into_iter().filter(|(step, _)| password || step.is_some());
        Self { steps: places.enumerate().map(line).collect(), request, client_name, held, password }
    }

    fn has_request(&self) -> bool {
        !self.request.is_empty()
    }

    /// Where one goes on when the walk is over, or left.
    pub fn onward(&self) -> String {
        if self.has_request() { format!("/signin/continue?request={}", self.request) } else { "/".to_owned() }
    }

    /// The address of a step, or of a page within it.
    pub fn at(&self, step: &str) -> String {
        let request = if self.has_request() { format!("&request={}", self.request) } else { String::new() };
        format!("/welcome?step={step}{request}")
    }
}

/// One position, with what its unit came from.
#[derive(Debug, Clone)]
pub struct WelcomePost {
    /// The title, such as `Chuyên viên`.
    pub title: String,
    /// The department inside the unit; may be empty.
    pub department: String,
    /// The unit's full name today.
    pub unit_name: String,
    /// The unit's first day, as shown.
    pub unit_since: Option<String>,
    /// The units that it succeeds, with their last days.
    pub former_units: Vec<String>,
}

impl WelcomePost {
    fn name(&self) -> String {
        titled(&self.title, &self.department)
    }
}

/// `GET /welcome?step=who`
#[derive(Debug, Template)]
#[template(path = "pages/welcome_who.html")]
pub struct WelcomeWho {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The way.
    pub walk: Walk,
    /// Full name.
    pub full_name: String,
    /// User name.
    pub username: String,
    /// Date of birth, as shown.
    pub date_of_birth: Option<String>,
    /// The personal number, masked.
    pub personal_number: Option<String>,
    /// The positions in force, the main one first.
    pub posts: Vec<WelcomePost>,
}

impl WelcomeWho {
    fn since(&self, day: &str) -> String {
        fill(&self.chrome.t().portal_since, &[("date", day)])
    }

    /// One line a former unit, and one on those beyond a few.
    fn former(&self, post: &WelcomePost) -> Vec<String> {
        let (shown, others) = former_named(&post.former_units, self.chrome.t());
        shown.iter().cloned().chain(others).collect()
    }
}

/// `GET /welcome?step=factor`, and its answer to a passkey that was refused.
#[derive(Debug, Template)]
#[template(path = "pages/welcome_factor.html")]
pub struct WelcomeFactor {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The way.
    pub walk: Walk,
    /// A passkey can be made here.
    pub passkeys: bool,
    /// An app would do as well.
    pub app: bool,
    /// Others use this computer too.
    pub shared: bool,
    /// The person said that something about them is not right.
    pub to_mend: bool,
    /// A passkey was refused.
    pub refused: bool,
}

impl WelcomeFactor {
    fn mend_line(&self) -> String {
        let t = self.chrome.t();
        fill(&t.welcome_to_mend, &[("page", &t.tabs_profile), ("act", &t.profile_report)])
    }
}

/// `GET /welcome?step=app`, and its answer to a wrong code. It holds the
/// secret, and is not printed for debugging.
#[derive(Template)]
#[template(path = "pages/welcome_app.html")]
pub struct WelcomeApp {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The way.
    pub walk: Walk,
    /// Whose account it is.
    pub username: String,
    /// The address as a QR code.
    pub drawing: Option<Drawing>,
    /// The secret in base32.
    pub secret: String,
    /// The address that an app on this very device opens.
    pub uri: String,
    /// What went wrong.
    pub error: Option<TotpError>,
}

impl WelcomeApp {
    fn problem(&self) -> Option<&'static str> {
        let t = self.chrome.t();
        self.error.map(|error| match error {
            TotpError::Empty => t.second_factor_empty.as_str(),
            TotpError::Wrong => t.second_factor_wrong.as_str(),
            TotpError::Astray => t.totp_astray.as_str(),
        })
    }

    /// Groups of four are read and typed with fewer slips.
    fn groups(&self) -> String {
        let letters: Vec<char> = self.secret.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
}

/// `GET /welcome?step=codes`
#[derive(Debug, Template)]
#[template(path = "pages/welcome_codes.html")]
pub struct WelcomeCodes {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The way.
    pub walk: Walk,
}

/// The answer that shows a new sheet. It holds the codes, and is not printed for debugging.
#[derive(Template)]
#[template(path = "pages/welcome_sheet.html")]
pub struct WelcomeSheet {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The way.
    pub walk: Walk,
    /// Whose codes they are.
    pub username: String,
    /// The address at which they count.
    pub issuer: String,
    /// When they were made, as shown.
    pub made_at: String,
    /// The codes.
    pub codes: Vec<String>,
}

impl WelcomeSheet {
    /// The codes to be copied, one a line.
    fn text(&self) -> String {
        self.codes.join("\n")
    }
}

/// `GET /welcome?step=done`
#[derive(Debug, Template)]
#[template(path = "pages/welcome_done.html")]
pub struct WelcomeDone {
    /// What surrounds the page.
    pub chrome: Chrome,
    /// The way.
    pub walk: Walk,
    /// There are passkeys.
    pub passkey: bool,
    /// There is an authenticator app.
    pub app: bool,
    /// There are recovery codes.
    pub codes: bool,
}

impl WelcomeDone {
    fn onward_label(&self) -> String {
        let t = self.chrome.t();
        match (self.walk.has_request(), self.walk.client_name.is_empty()) {
            (true, false) => fill(&t.welcome_to_client, &[("client", &self.walk.client_name)]),
            (true, true) => t.continue_button.clone(),
            (false, _) => t.welcome_to_portal.clone(),
        }
    }

    /// Each method with whether it is there.
    fn lines(&self) -> [(&'static str, bool); 4] {
        let t = self.chrome.t();
        [
            (t.account_password.as_str(), self.walk.password),
            (t.account_passkeys.as_str(), self.passkey),
            (t.account_app.as_str(), self.app),
            (t.account_codes.as_str(), self.codes),
        ]
    }

    fn has_all(&self) -> bool {
        (self.passkey || self.app) && self.codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standings(here: Step, password: bool) -> Vec<Standing> {
        let walk = Walk::new(&Chrome::default(), here, None, false, password);
        walk.steps.into_iter().map(|line| line.standing).collect()
    }

    #[test]
    fn the_password_is_behind_whoever_has_one_and_no_step_of_whoever_has_none() {
        use Standing::{Ahead, Current, Done};

        assert_eq!(standings(Step::Who, true), [Current, Done, Ahead, Ahead, Ahead]);
        assert_eq!(standings(Step::Factor, true), [Done, Done, Current, Ahead, Ahead]);
        assert_eq!(standings(Step::Codes, true), [Done, Done, Done, Current, Ahead]);
        assert_eq!(standings(Step::Done, true), [Done, Done, Done, Done, Current]);
        assert_eq!(standings(Step::Who, false), [Current, Ahead, Ahead, Ahead]);
        assert_eq!(standings(Step::Done, false), [Done, Done, Done, Current]);
        let walk = Walk::new(&Chrome::default(), Step::Factor, None, false, false);
        let places: Vec<usize> = walk.steps.iter().map(|line| line.place).collect();
        assert_eq!(places, [1, 2, 3, 4], "they are counted as they are shown");
    }

    #[test]
    fn a_walk_goes_on_with_what_waited() {
        let waiting = Some(("r1".to_owned(), "Văn bản".to_owned()));
        let walk = Walk::new(&Chrome::default(), Step::Who, waiting, false, true);
        assert_eq!(
            (walk.onward().as_str(), walk.at("who").as_str()),
            ("/signin/continue?request=r1", "/welcome?step=who&request=r1")
        );

        let alone = Walk::new(&Chrome::default(), Step::Who, None, false, true);
        assert_eq!((alone.onward().as_str(), alone.at("app").as_str()), ("/", "/welcome?step=app"));
    }
}
