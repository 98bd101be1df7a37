//! What the portal tells a person of their own account until they have said something to it.

use super::chrome::Chrome;
use super::place::{Place, device_name};
use crate::model::device::Device;
use crate::model::notice::NoticeKind;

/// One line of `parts/notices.html`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeLine {
    /// What forms call it.
    pub id: String,
    /// What happened.
    pub what: String,
    /// When, as shown.
    pub when: String,
    /// With what and from where; empty where that says nothing to the person.
    pub from: String,
}

impl NoticeLine {
    /// A notice in the words of the page.
    pub fn new(chrome: &Chrome, id: String, kind: NoticeKind, when: String, (device, place): (Device, &Place)) -> Self {
        let known = device != Device::default();
        let from = match (kind.is_by_another(), known) {
            (true, _) => String::new(),
            (false, true) => format!("{}, {}", device_name(chrome, device), place.shown(chrome)),
            (false, false) => place.shown(chrome),
        };
        Self { id, what: kind.said(chrome.t()).to_owned(), when, from }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_an_administrator_sat_is_not_shown() {
        let chrome = Chrome::default();
        let place = Place { office: None, address: "203.0.113.7".to_owned() };
        let line = |kind, device: &str| {
            NoticeLine::new(&chrome, "n".to_owned(), kind, String::new(), (Device::from_words(device), &place)).from
        };

        assert!(line(NoticeKind::AppAdded, "phone/Android/Chrome").ends_with("Android, Chrome, 203.0.113.7"));
        assert_eq!(line(NoticeKind::AppAdded, "other//"), "203.0.113.7");
        assert_eq!(line(NoticeKind::PasswordReset, "phone/Android/Chrome"), "");
    }
}
