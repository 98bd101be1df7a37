//! Passkeys (Web Authentication Level 3): the options that a browser is handed,
//! and the proof that what comes back holds.
//!
//! User verification is always required, so a passkey is possession and PIN or
//! biometrics in one. Whose a passkey is and whether it was removed is for
//! others to know: here are only options, answers and keys.

use crate::base::digest::{base64url, from_base64url};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AttestationCaList, AttestedPasskeyRegistration, DiscoverableAuthentication, Passkey, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

const BEGIN_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
const END_CERTIFICATE: &str = "-----END CERTIFICATE-----";

/// Why a passkey is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// The relying party's id does not fit the issuer: browsers would refuse it.
    #[error("passkeys.rp_id is neither the issuer's host nor a domain above it")]
    Settings,
    /// What the browser sent does not hold.
    #[error("the answer of a passkey does not hold")]
    Refused,
    /// What was stored before cannot be read back.
    #[error("a stored passkey or challenge cannot be read")]
    Unreadable,
}

/// Who a new passkey is for, as their devices will name them.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// A UUID that never changes; the device gives it back at each sign-in.
    pub handle: &'a str,
    /// The user name.
    pub name: &'a str,
    /// The full name.
    pub display_name: &'a str,
}

/// The first half of a ceremony.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The challenge, in base64url: it comes back in the answer and finds the state again.
    pub challenge: String,
    /// What the page's script is handed.
    pub options: Value,
    /// What the second half needs. It stays on the server and is used once.
    pub state: String,
}

/// A passkey that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPasskey {
    /// The credential's id, in base64url.
    pub id: String,
    /// The public key and the counter, in the library's own form.
    pub credential: String,
}

/// What a browser sends when a passkey was made.
pub struct Attestation {
    answer: RegisterPublicKeyCredential,
    challenge: String,
}

impl Attestation {
    /// Reads the JSON form; nothing of it is proven yet.
    pub fn read(text: &str) -> Option<Self> {
        let answer: RegisterPublicKeyCredential = serde_json::from_str(text).ok()?;
        let challenge = challenge_of(answer.response.client_data_json.as_slice())?;
        Some(Self { answer, challenge })
    }

    /// The challenge that it claims to answer.
    pub fn challenge(&self) -> &str {
        &self.challenge
    }
}

/// What a browser sends when a passkey was used.
pub struct Assertion {
    answer: PublicKeyCredential,
    challenge: String,
}

impl Assertion {
    /// Reads the JSON form; nothing of it is proven yet.
    pub fn read(text: &str) -> Option<Self> {
        let answer: PublicKeyCredential = serde_json::from_str(text).ok()?;
        let challenge = challenge_of(answer.response.client_data_json.as_slice())?;
        Some(Self { answer, challenge })
    }

    /// The challenge that it claims to answer.
    pub fn challenge(&self) -> &str {
        &self.challenge
    }

    /// The id of the credential that it claims to come from, in base64url.
    pub fn credential_id(&self) -> String {
        base64url(self.answer.get_credential_id())
    }

    /// The handle of the holder, as the device remembers it. A device may leave it out when it was told which passkeys
    /// may answer; `None` also for a handle that is not one of ours.
    pub fn handle(&self) -> Option<String> {
        self.answer.get_user_unique_id().and_then(|bytes| Uuid::from_slice(bytes).ok()).map(|handle| handle.to_string())
    }

    /// True when a handle came at all.
    pub fn has_handle(&self) -> bool {
        self.answer.get_user_unique_id().is_some_and(|bytes| !bytes.is_empty())
    }
}

/// The challenge in a client's data: not proven, only to find what it may belong to. None for an answer that was given
/// in a frame of another site, which the library lets pass (Web Authentication Level 3 §7.1 step 10, §7.2 step 13).
fn challenge_of(client_data: &[u8]) -> Option<String> {
    let data: Value = serde_json::from_slice(client_data).ok()?;
    if data["crossOrigin"] == true || data.get("topOrigin").is_some() {
        return None;
    }
    data["challenge"].as_str().map(str::to_owned)
}

/// Makes and verifies for one relying party: this issuer.
pub struct Passkeys {
    webauthn: Webauthn,
    /// Makers that are trusted where a passkey has to say which device keeps it.
    makers: Option<AttestationCaList>,
}

/// What a new passkey has to show beside itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// Nothing: any device, also one that copies its passkeys to others of its owner.
    Any,
    /// That a device of a trusted maker keeps it and never gives it away (Web Authentication Level 3 §6.5), where
    /// trusted makers are named at all.
    Trusted,
}

/// What the second half of making a passkey needs.
#[derive(Serialize, Deserialize)]
enum Registration {
    Any(PasskeyRegistration),
    Attested(AttestedPasskeyRegistration),
}

impl Passkeys {
    /// Passkeys of an issuer; `None` where its host is an address of digits, for which browsers have no passkeys.
    ///
    /// `rp_id` is the issuer's host unless a domain above it is named. It is bound into every passkey: with another one
    /// all of them are lost.
    pub fn new(issuer: &str, rp_id: Option<&str>, name: &str) -> Result<Option<Self>, PasskeyError> {
        let origin = Url::parse(issuer).map_err(|_| PasskeyError::Settings)?;
        let Some(host) = origin.domain() else { return Ok(None) };
        let builder = WebauthnBuilder::new(rp_id.unwrap_or(host), &origin).map_err(|_| PasskeyError::Settings)?;
        let builder = if name.is_empty() { builder } else { builder.rp_name(name) };
        let webauthn = builder.build().map_err(|_| PasskeyError::Settings)?;
        Ok(Some(Self { webauthn, makers: None }))
    }

    /// Trusts the makers of a bundle of certificates (PEM); `Settings` when one cannot be read, or there is none.
    pub fn trusting(self, bundle: &str) -> Result<Self, PasskeyError> {
        let mut makers = AttestationCaList::default();
        for certificate in bundle.split_inclusive(END_CERTIFICATE).filter(|part| part.contains(BEGIN_CERTIFICATE)) {
            let one = AttestationCaList::try_from(certificate.trim().as_bytes()).map_err(|_| PasskeyError::Settings)?;
            makers.union(&one);
        }
        if makers.is_empty() {
            return Err(PasskeyError::Settings);
        }
        Ok(Self { makers: Some(makers), ..self })
    }

    /// Begins to make a passkey; `present` are the ids of those that the holder has, so that no device makes a second.
    pub fn begin_registration(&self, holder: &Holder<'_>, present: &[&str], maker: Maker) -> Result<Begun, PasskeyError> {
        let handle = Uuid::try_parse(holder.handle).map_err(|_| PasskeyError::Unreadable)?;
        let present =
            present.iter().map(|id| from_base64url(id).ok_or(PasskeyError::Unreadable)).collect::<Result<Vec<_>, _>>()?;
        let makers = self.makers.clone().filter(|_| maker == Maker::Trusted);
        let begun_so = match makers {
            None => self
                .webauthn
                .start_passkey_registration(handle, holder.name, holder.display_name, Some(present))
                .map(|(options, state)| (options, Registration::Any(state))),
            Some(makers) => self
                .webauthn
                .start_attested_passkey_registration(handle, holder.name, holder.display_name, Some(present), makers, None)
                .map(|(options, state)| (options, Registration::Attested(state))),
        };
        let (options, state) = begun_so.map_err(|error| refused(&error))?;
        let mut options = public_part(&options)?;
        // The library discourages it, and a device that cannot name the holder cannot sign in without a name.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        begun(options, &state)
    }

    /// The passkey that was made, if all of the answer holds.
    pub fn finish_registration(&self, answer: &Attestation, state: &str) -> Result<NewPasskey, PasskeyError> {
        let state: Registration = serde_json::from_str(state).map_err(|_| PasskeyError::Unreadable)?;
        let made = match state {
            Registration::Any(state) => self.webauthn.finish_passkey_registration(&answer.answer, &state),
            Registration::Attested(state) => {
                self.webauthn.finish_attested_passkey_registration(&answer.answer, &state).map(Passkey::from)
            }
        };
        let passkey = made.map_err(|error| refused(&error))?;
        Ok(NewPasskey { id: base64url(passkey.cred_id().as_slice()), credential: write(&passkey)? })
    }

    /// Begins to use a passkey: any that the device knows, or one of those named when it is known whose it must be.
    pub fn begin_authentication(&self, allowed: &[&str]) -> Result<Begun, PasskeyError> {
        let (options, state) = self.webauthn.start_discoverable_authentication().map_err(|error| refused(&error))?;
        // The library also asks for the autofill of a field (`mediation`). The page's script decides on that, not we.
        let mut options = public_part(&options)?;
        options["allowCredentials"] = allowed.iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
        begun(options, &state)
    }

    /// Whether the answer comes from the stored passkey; and its new form, when the use changed it (its counter went
    /// on). Refuses a counter that stood still or went back: then there are two of what should be one.
    pub fn finish_authentication(&self, answer: &Assertion, state: &str, stored: &str) -> Result<Option<String>, PasskeyError> {
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(|_| PasskeyError::Unreadable)?;
        let mut passkey: Passkey = serde_json::from_str(stored).map_err(|_| PasskeyError::Unreadable)?;
        let used = self
            .webauthn
            .finish_discoverable_authentication_v2(&answer.answer, state, &passkey)
            .map_err(|error| refused(&error))?;
        if !used.user_verified() {
            return Err(PasskeyError::Refused);
        }
        let changed = passkey.update_credential(&used).ok_or(PasskeyError::Refused)?;
        changed.then(|| write(&passkey)).transpose()
    }
}

/// Which check failed is for the log, never for the browser.
fn refused(error: &WebauthnError) -> PasskeyError {
    tracing::debug!(%error, "a passkey was refused");
    PasskeyError::Refused
}

fn write(passkey: &Passkey) -> Result<String, PasskeyError> {
    serde_json::to_string(passkey).map_err(|_| PasskeyError::Unreadable)
}

/// The part of the options that the browser's own functions take.
fn public_part(options: &impl Serialize) -> Result<Value, PasskeyError> {
    let mut options = serde_json::to_value(options).map_err(|_| PasskeyError::Unreadable)?;
    Ok(options["publicKey"].take())
}

fn begun(options: Value, state: &impl Serialize) -> Result<Begun, PasskeyError> {
    let challenge = options["challenge"].as_str().map(str::to_owned).ok_or(PasskeyError::Unreadable)?;
    let state = serde_json::to_string(state).map_err(|_| PasskeyError::Unreadable)?;
    Ok(Begun { challenge, options, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIM: Holder<'_> = Holder { handle: "01998c5e-7a10-7c31-9f56-2a7c1e1f0a01", name: "kim", display_name: "Nguyễn Kim" };

    fn passkeys() -> Passkeys {
        Passkeys::new("https://id.example", None, "Thành phố").expect("settings that fit").expect("a host with a name")
    }

    #[test]
    fn the_id_is_the_issuers_host_or_a_domain_above_it() {
        let table = [
            ("https://id.example.vn", None, Ok(true)),
            ("https://id.example.vn", Some("id.example.vn"), Ok(true)),
            ("https://id.example.vn", Some("example.vn"), Ok(true)),
            ("http://localhost:8080", None, Ok(true)),
            ("http://127.0.0.1:8080", None, Ok(false)),
            ("http://[::1]:8080", None, Ok(false)),
            ("https://id.example.vn", Some("other.vn"), Err(PasskeyError::Settings)),
            ("https://id.example.vn", Some("www.id.example.vn"), Err(PasskeyError::Settings)),
            ("https://myexample.vn", Some("example.vn"), Err(PasskeyError::Settings)),
            ("id.example.vn", None, Err(PasskeyError::Settings)),
        ];
        for (issuer, rp_id, expected) in table {
            let made = Passkeys::new(issuer, rp_id, "").map(|passkeys| passkeys.is_some());
            assert_eq!(made, expected, "{issuer} {rp_id:?}");
        }
    }

    #[test]
    fn a_new_passkey_knows_its_holder_and_wants_a_verified_person() {
        let begun = passkeys().begin_registration(&KIM, &["AAEC"], Maker::Trusted).expect("options");

        let options = begun.options;
        assert_eq!(options["rp"], json!({ "id": "id.example", "name": "Thành phố" }));
        assert_eq!(options["user"]["id"], base64url(Uuid::try_parse(KIM.handle).expect("a UUID").as_bytes()));
        assert_eq!((&options["user"]["name"], &options["user"]["displayName"]), (&json!("kim"), &json!("Nguyễn Kim")));
        let selection = &options["authenticatorSelection"];
        assert_eq!((&selection["residentKey"], &selection["requireResidentKey"]), (&json!("required"), &json!(true)));
        assert_eq!(selection["userVerification"], "required");
        assert_eq!((&options["attestation"], &options["excludeCredentials"][0]["id"]), (&json!("none"), &json!("AAEC")));
        assert_eq!(options["challenge"], json!(begun.challenge));
    }

    #[test]
    fn a_sign_in_wants_a_verified_person_and_leaves_the_way_of_asking_to_the_page() {
        let (any, named) = (passkeys().begin_authentication(&[]), passkeys().begin_authentication(&["AAEC"]));
        let (any, named) = (any.expect("options"), named.expect("options"));

        assert_eq!(any.options["userVerification"], "required");
        assert_eq!((&any.options["rpId"], &any.options["allowCredentials"]), (&json!("id.example"), &json!([])));
        assert!(any.options.get("mediation").is_none());
        assert_eq!(named.options["allowCredentials"], json!([{ "type": "public-key", "id": "AAEC" }]));
        assert_ne!(any.challenge, named.challenge);
        assert!(from_base64url(&any.challenge).is_some_and(|bytes| bytes.len() >= 16), "16 bytes or more (§13.4.3)");
    }

    #[test]
    fn garbage_is_no_answer() {
        let deep = "[".repeat(10_000);
        let no_challenge = json!({
            "id": "AAEC", "rawId": "AAEC", "type": "public-key",
            "response": { "clientDataJSON": base64url(b"{}"), "authenticatorData": "", "signature": "", "attestationObject": "" },
        });
        for text in ["", "null", "{}", "[]", deep.as_str(), &no_challenge.to_string()] {
            assert!(Assertion::read(text).is_none() && Attestation::read(text).is_none(), "{}", text.len());
        }
    }
}
