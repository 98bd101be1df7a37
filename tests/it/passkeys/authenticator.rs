//! A passkey device in software (Web Authentication §6): makes one key pair and answers with it, rightly or not.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use motlan::base::digest::{base64url, from_base64url, sha256};
use serde_json::{Value, json};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// A device with one passkey.
pub struct Device {
    pair: EcdsaKeyPair,
    /// The credential's id.
    pub id: Vec<u8>,
    /// How often it was used.
    pub counter: u32,
    /// Whose it is, as it was told when the passkey was made.
    pub handle: Vec<u8>,
}

/// What a device says, to be changed before it is signed.
#[derive(Debug, Clone)]
pub struct Said {
    /// `webauthn.create` or `webauthn.get`.
    pub kind: &'static str,
    /// In base64url.
    pub challenge: String,
    /// Of the page.
    pub origin: String,
    /// Whether the page was in a frame of another site.
    pub cross_origin: bool,
    /// The relying party.
    pub rp_id: String,
    /// Somebody touched the device.
    pub present: bool,
    /// It knows who: by PIN or biometrics.
    pub verified: bool,
    /// How often it was used.
    pub counter: u32,
    /// Whose the passkey is; absent when the device leaves it out.
    pub handle: Option<Vec<u8>>,
}

impl Said {
    fn of(device: &Device, kind: &'static str, challenge: &Value, rp_id: &Value, counter: u32) -> Self {
        Self {
            kind,
            challenge: challenge.as_str().expect("a challenge").to_owned(),
            origin: "https://id.example".to_owned(),
            cross_origin: false,
            rp_id: rp_id.as_str().expect("a relying party").to_owned(),
            present: true,
            verified: true,
            counter,
            handle: Some(device.handle.clone()),
        }
    }

    fn client_data(&self) -> Vec<u8> {
        let data = json!({
            "type": self.kind, "challenge": self.challenge, "origin": self.origin, "crossOrigin": self.cross_origin,
        });
        data.to_string().into_bytes()
    }

    /// Authenticator data (§6.1), with the attested credential when there is one.
    fn authenticator_data(&self, attested: &[u8]) -> Vec<u8> {
        let flag = |bit: u8, set: bool| if set { bit } else { 0 };
        let flags = flag(PRESENT, self.present) | flag(VERIFIED, self.verified) | flag(ATTESTED, !attested.is_empty());
        let mut data = sha256(self.rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data.extend_from_slice(attested);
        data
    }
}

impl Device {
    /// A device that has made no passkey yet.
    pub fn new() -> Self {
        let mut id = vec![0; 32];
        aws_lc_rs::rand::fill(&mut id).expect("random bytes");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a pair");
        Self { pair, id, counter: 0, handle: Vec::new() }
    }

    /// Makes its passkey: the answer that a page would send.
    pub fn make(&mut self, options: &Value) -> String {
        self.make_so(options, |_| {})
    }

    /// The same, with something changed.
    pub fn make_so(&mut self, options: &Value, change: impl FnOnce(&mut Said)) -> String {
        self.handle = from_base64url(options["user"]["id"].as_str().expect("a handle")).expect("base64url");
        let mut said = Said::of(self, "webauthn.create", &options["challenge"], &options["rp"]["id"], self.counter);
        change(&mut said);
        self.made(&said, Cbor::text("none"), Cbor::map(&[]))
    }

    /// Makes its passkey and says who made the device (§8.2).
    pub fn make_vouched(&mut self, options: &Value, maker: &Maker) -> String {
        self.handle = from_base64url(options["user"]["id"].as_str().expect("a handle")).expect("base64url");
        let said = Said::of(self, "webauthn.create", &options["challenge"], &options["rp"]["id"], self.counter);
        let signed = [said.authenticator_data(&self.attested()), sha256(&said.client_data()).to_vec()].concat();
        let statement = Cbor::map(&[
            (Cbor::text("alg"), Cbor::number(-7)),
            (Cbor::text("sig"), Cbor::bytes(&maker.sign(&signed))),
            (Cbor::text("x5c"), Cbor::list(&[Cbor::bytes(&maker.certificate)])),
        ]);
        self.made(&said, Cbor::text("packed"), statement)
    }

    fn made(&self, said: &Said, format: Cbor, statement: Cbor) -> String {
        let attestation = Cbor::map(&[
            (Cbor::text("fmt"), format),
            (Cbor::text("attStmt"), statement),
            (Cbor::text("authData"), Cbor::bytes(&said.authenticator_data(&self.attested()))),
        ]);
        self.answer(&json!({
            "clientDataJSON": base64url(&said.client_data()),
            "attestationObject": base64url(&attestation.0),
        }))
    }

    /// Uses its passkey.
    pub fn show(&mut self, options: &Value) -> String {
        self.show_so(options, |_| {})
    }

    /// The same, with something changed.
    pub fn show_so(&mut self, options: &Value, change: impl FnOnce(&mut Said)) -> String {
        self.counter += 1;
        let mut said = Said::of(self, "webauthn.get", &options["challenge"], &options["rpId"], self.counter);
        change(&mut said);
        let (data, client) = (said.authenticator_data(&[]), said.client_data());
        let signed = [data.as_slice(), &sha256(&client)].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).expect("a signature");
        let mut response = json!({
            "clientDataJSON": base64url(&client),
            "authenticatorData": base64url(&data),
            "signature": base64url(signature.as_ref()),
        });
        if let Some(handle) = &said.handle {
            response["userHandle"] = json!(base64url(handle));
        }
        self.answer(&response)
    }

    fn answer(&self, response: &Value) -> String {
        let id = base64url(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response }).to_string()
    }

    /// Attested credential data (§6.5.1): no model, the id, the public key as COSE has it (RFC 9053 §7.1.1).
    fn attested(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        assert_eq!((point.len(), point[0]), (65, 4), "an uncompressed point");
        let key = Cbor::map(&[
            (Cbor::number(1), Cbor::number(2)),
            (Cbor::number(3), Cbor::number(-7)),
            (Cbor::number(-1), Cbor::number(1)),
            (Cbor::number(-2), Cbor::bytes(&point[1..33])),
            (Cbor::number(-3), Cbor::bytes(&point[33..])),
        ]);
        let length = u16::try_from(self.id.len()).expect("a short id").to_be_bytes();
        [&[0; 16][..], &length, &self.id, &key.0].concat()
    }
}

/// Who makes devices, and vouches for them by a certificate of an authority of its own.
pub struct Maker {
    pair: EcdsaKeyPair,
    certificate: Vec<u8>,
    /// The authority (PEM).
    pub authority: String,
}

impl Maker {
    /// A maker whom nobody knows yet.
    pub fn new(name: &str) -> Self {
        let key = || rcgen::KeyPair::generate().expect("a pair");
        let described = |unit: &str| {
            let mut params = rcgen::CertificateParams::default();
            params.not_before = rcgen::date_time_ymd(2025, 1, 1);
            params.not_after = rcgen::date_time_ymd(2045, 1, 1);
            params.distinguished_name = rcgen::DistinguishedName::new();
            for (kind, value) in [
                (rcgen::DnType::CountryName, "VN"),
                (rcgen::DnType::OrganizationName, name),
                (rcgen::DnType::OrganizationalUnitName, unit),
                (rcgen::DnType::CommonName, name),
            ] {
                params.distinguished_name.push(kind, value);
            }
            params
        };
        let mut root = described("Root");
        root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        root.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        let (root_key, leaf_key) = (key(), key());
        let root = rcgen::CertifiedIssuer::self_signed(root, root_key).expect("an authority");
        let mut leaf = described("Authenticator Attestation");
        leaf.is_ca = rcgen::IsCa::ExplicitNoCa;
        leaf.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        leaf.use_authority_key_identifier_extension = true;
        let leaf = leaf.signed_by(&leaf_key, &root).expect("a certificate");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &leaf_key.serialize_der()).expect("a pair");
        Self { pair, certificate: leaf.der().to_vec(), authority: root.pem() }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
    }
}

/// As much of CBOR (RFC 8949) as a device needs.
struct Cbor(Vec<u8>);

impl Cbor {
    fn head(major: u8, length: u64) -> Vec<u8> {
        let major = major << 5;
        match u8::try_from(length) {
            Ok(short) if short < 24 => vec![major | short],
            Ok(byte) => vec![major | 0x18, byte],
            Err(_) => {
                let two = u16::try_from(length).expect("a short value").to_be_bytes();
                vec![major | 0x19, two[0], two[1]]
            }
        }
    }

    fn number(value: i64) -> Self {
        let (major, length) = if value < 0 { (1, -1 - value) } else { (0, value) };
        Self(Self::head(major, length.unsigned_abs()))
    }

    fn bytes(value: &[u8]) -> Self {
        Self([Self::head(2, value.len() as u64), value.to_vec()].concat())
    }

    fn text(value: &str) -> Self {
        Self([Self::head(3, value.len() as u64), value.as_bytes().to_vec()].concat())
    }

    fn list(members: &[Self]) -> Self {
        let mut out = Self::head(4, members.len() as u64);
        for member in members {
            out.extend_from_slice(&member.0);
        }
        Self(out)
    }

    fn map(members: &[(Self, Self)]) -> Self {
        let mut out = Self::head(5, members.len() as u64);
        for (name, value) in members {
            out.extend_from_slice(&name.0);
            out.extend_from_slice(&value.0);
        }
        Self(out)
    }
}
