//! The system that a person is on the way to, as sign-in pages name it.

use super::chrome::Chrome;

/// The system that the person is on the way to.
#[derive(Debug, Clone, Default)]
pub struct ForClient {
    /// Its name; empty for the portal.
    pub name: String,
    /// The address of our own copy of its picture.
    pub logo: Option<String>,
    /// Where its answer goes, for one that registered itself: a name and a picture are soon borrowed.
    pub host: Option<String>,
    /// What it says about itself.
    pub links: Vec<ClientLink>,
}

impl ForClient {
    /// The pages that concern whoever signs in: its policy and its terms.
    pub fn conditions(&self) -> Vec<&ClientLink> {
        self.links.iter().filter(|link| link.about != LinkAbout::Site).collect()
    }
}

/// A page of the system's own, with the host that it leads to, since its words may say anything.
#[derive(Debug, Clone)]
pub struct ClientLink {
    /// What it is about.
    pub about: LinkAbout,
    /// Its address.
    pub url: String,
    /// Its host, in ASCII.
    pub host: String,
}

/// What a page of the system's own is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkAbout {
    /// The system.
    Site,
    /// What it does with personal data.
    Policy,
    /// Its terms.
    Terms,
}

impl ClientLink {
    /// What the link says.
    pub fn label(&self, chrome: &Chrome) -> &'static str {
        let t = chrome.t();
        match self.about {
            LinkAbout::Site => &t.consent_site,
            LinkAbout::Policy => &t.consent_policy,
            LinkAbout::Terms => &t.consent_terms,
        }
    }
}
