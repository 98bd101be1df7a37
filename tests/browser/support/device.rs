//! A device that keeps passkeys, pretended by the browser's own tools.

use super::browser::Browser;
use serde_json::json;

/// A device in the browser; it leaves with the next person.
pub(crate) struct Device(String);

impl Browser {
    /// A device that knows its owner (by finger, face or PIN) and holds the finger on it all the time.
    pub(crate) async fn has_a_device(&self) -> Device {
        self.devtools("WebAuthn.enable", json!({ "enableUI": false })).await;
        let options = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
            "automaticPresenceSimulation": true,
        });
        let made = self.devtools("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
        Device(made["authenticatorId"].as_str().expect("the device has an id").to_owned())
    }

    /// Whether the person touches the device when it asks. One that waits for the field's suggestions goes on waiting.
    pub(crate) async fn touches(&self, device: &Device, touches: bool) {
        let params = json!({ "authenticatorId": device.0, "enabled": touches });
        self.devtools("WebAuthn.setAutomaticPresenceSimulation", params).await;
    }

    /// How many passkeys the device keeps.
    pub(crate) async fn passkeys_on(&self, device: &Device) -> usize {
        let kept = self.devtools("WebAuthn.getCredentials", json!({ "authenticatorId": device.0 })).await;
        kept["credentials"].as_array().map_or(0, Vec::len)
    }

    /// Every device is taken away.
    pub(super) async fn has_no_device(&self) {
        self.devtools("WebAuthn.enable", json!({ "enableUI": false })).await;
        self.devtools("WebAuthn.disable", json!({})).await;
    }
}
