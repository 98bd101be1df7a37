//! A place as its person recognises it: the office's name, and the address.

use super::chrome::Chrome;
use crate::model::device::{Device, Kind};
use crate::model::notice::device_said;

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
    device_said(device, t).unwrap_or_else(|| t.account_device_other.clone())
}

/// The icon of a device.
pub fn device_icon(chrome: &Chrome, device: Device) -> String {
    chrome.icon(match device.kind {
        Kind::Phone => "device-mobile",
        Kind::Tablet => "device-tablet",
        Kind::Other | Kind::Computer => "device-laptop",
    })
}
