//! A place as its person recognises it: the office's name, and the address.

use super::chrome::Chrome;
use crate::model::device::{Device, Kind};

/// From where something was done.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The office whose network it is.
    pub office: Option<String>,
    /// The address, as recorded.
    pub address: String,
}

impl Place {
    /// In one line.
    pub fn shown(&self, chrome: &Chrome) -> String {
        let t = chrome.t();
        match (&self.office, self.address.as_str()) {
            (_, "" | "unknown") => t.place_unknown.clone(),
            (_, "command-line") => t.place_console.clone(),
            (Some(office), address) => format!("{office}, {address}"),
            (None, address) => address.to_owned(),
        }
    }
}

/// A device in the words of the page's language, such as `Máy tính Windows, Edge`.
pub fn device_name(chrome: &Chrome, device: Device) -> String {
    let t = chrome.t();
    let kind = match device.kind {
        Kind::Other => &t.account_device_other,
        Kind::Computer => &t.account_device_computer,
        Kind::Phone => &t.account_device_phone,
        Kind::Tablet => &t.account_device_tablet,
    };
    let named = if device.system.is_empty() { kind.clone() } else { format!("{kind} {}", device.system) };
    if device.browser.is_empty() { named } else { format!("{named}, {}", device.browser) }
}

/// The icon of a device.
pub fn device_icon(chrome: &Chrome, device: Device) -> String {
    chrome.icon(match device.kind {
        Kind::Phone => "device-mobile",
        Kind::Tablet => "device-tablet",
        Kind::Other | Kind::Computer => "device-laptop",
    })
}
