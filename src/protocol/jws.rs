//! JSON Web Signature (RFC 7515) as it comes from outside: its algorithm and
//! header, read strictly before anything is verified.
//!
//! Nothing in a header is believed: it only says which of the keys that we
//! already hold to try. `crit` is always refused, since no extension is known
//! here (RFC 7515 §4.1.11), and addresses of keys (`jku`, `x5u`) are never fetched.

use crate::base::digest::from_base64url;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a token may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits: what OpenID Connect obliges to offer.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSASSA-PSS with SHA-256: what FAPI 2.0 allows of RSA.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256: small and fast, what clients get unless they ask otherwise.
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519 (RFC 8037).
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// Those of the FAPI 2.0 Security Profile, §5.4.1.
    pub const FAPI2: [Self; 3] = [Self::Ps256, Self::Es256, Self::EdDsa];

    /// The JWS name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a JWS name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// The names, for metadata.
    pub fn names() -> [&'static str; 4] {
        Self::ALL.map(Self::as_str)
    }
}

/// A signed JWT is never longer.
pub const LONGEST: usize = 16 * 1024;
const LONGEST_HEADER: usize = 4 * 1024;

/// The protected header of a compact JWS.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Header {
    /// The algorithm, as it stands there.
    pub alg: String,
    /// What kind of token it says it is.
    pub typ: Option<String>,
    /// Which key.
    pub kid: Option<String>,
    /// The key itself: only a DPoP proof brings it (RFC 9449 §4.2).
    pub jwk: Option<Value>,
}

impl Header {
    /// True for a `typ` that says this media type, with or without `application/`, in any case (RFC 7515 §4.1.9).
    pub fn is_typ(&self, kind: &str) -> bool {
        self.typ.as_deref().is_some_and(|typ| is_typ(typ, kind))
    }
}

/// True when a `typ` says a media type, with or without `application/`, in any case.
pub fn is_typ(typ: &str, kind: &str) -> bool {
    let bare = typ.get(..12).filter(|start| start.eq_ignore_ascii_case("application/")).map_or(typ, |_| &typ[12..]);
    bare.eq_ignore_ascii_case(kind)
}

/// Reads the header of a compact JWS.
pub fn header(token: &str) -> Result<Header, &'static str> {
    if token.len() > LONGEST {
        return Err("the JWT is too long");
    }
    let mut parts = token.split('.');
    let (Some(head), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err("it is not a signed JWT");
    };
    if head.len() > LONGEST_HEADER {
        return Err("the header of the JWT is too long");
    }
    let bytes = from_base64url(head).ok_or("the header of the JWT cannot be read")?;
    let unread = |_| "the header of the JWT cannot be read";
    let members: Map<String, Value> = serde_json::from_slice(&bytes).map_err(unread)?;
    if ["crit", "b64"].iter().any(|name| members.contains_key(*name)) {
        return Err("the JWT demands an extension that is not known here (crit)");
    }
    if ["enc", "zip"].iter().any(|name| members.contains_key(*name)) {
        return Err("the JWT is encrypted or compressed, which is not offered");
    }
    serde_json::from_value(Value::Object(members)).map_err(unread)
}

/// The claims of a token that nobody has verified: only to know whose keys to try.
pub fn unverified_claims(token: &str) -> Option<Map<String, Value>> {
    let payload = token.split('.').nth(1).filter(|part| part.len() <= LONGEST)?;
    serde_json::from_slice(&from_base64url(payload)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::base64url;

    fn token(header: &str) -> String {
        format!("{}.{}.c2ln", base64url(header.as_bytes()), base64url(b"{}"))
    }

    #[test]
    fn a_header_is_read_strictly() {
        let table = [
            (r#"{"alg":"ES256"}"#, true),
            (r#"{"alg":"ES256","typ":"JWT","kid":"1","jku":"https://evil.example"}"#, true),
            (r#"{"typ":"JWT"}"#, false),
            (r#"{"alg":"ES256","crit":["exp"]}"#, false),
            (r#"{"alg":"ES256","crit":[]}"#, false),
            (r#"{"alg":"ES256","crit":null}"#, false),
            (r#"{"alg":"ES256","b64":false}"#, false),
            (r#"{"alg":"dir","enc":"A256GCM"}"#, false),
            (r#"{"alg":"ES256","zip":"DEF"}"#, false),
            (r#"{"alg":1}"#, false),
            (r#"{"alg":"ES256","typ":[]}"#, false),
            ("[]", false),
            ("", false),
        ];
        for (text, fine) in table {
            assert_eq!(header(&token(text)).is_ok(), fine, "{text}");
        }
        let nested = format!(r#"{{"alg":"ES256","jwk":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        assert!(header(&token(&nested)).is_err());
    }

    #[test]
    fn what_is_not_three_parts_or_too_long_is_no_token() {
        let fine = token(r#"{"alg":"ES256"}"#);
        for bad in ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e", &format!("{fine}.x"), "!.e30.x"] {
            assert!(header(bad).is_err(), "{bad}");
        }
        assert!(header(&format!("{fine}{}", "a".repeat(LONGEST - fine.len()))).is_ok());
        assert!(header(&format!("{fine}{}", "a".repeat(LONGEST - fine.len() + 1))).is_err());
        let long = |length: usize| token(&format!(r#"{{"alg":"ES256","x":"{}"}}"#, "a".repeat(length)));
        let head = |token: &str| token.split('.').next().map(str::len);
        assert_eq!((head(&long(3_050)), head(&long(3_051))), (Some(LONGEST_HEADER), Some(LONGEST_HEADER + 2)));
        assert!(header(&long(3_050)).is_ok() && header(&long(3_051)).is_err());
    }

    #[test]
    fn a_typ_is_a_media_type() {
        for (typ, fine) in [
            ("dpop+jwt", true),
            ("DPoP+JWT", true),
            ("application/dpop+jwt", true),
            ("Application/dpop+jwt", true),
            ("text/dpop+jwt", false),
            ("jwt", false),
            ("", false),
        ] {
            assert_eq!(is_typ(typ, "dpop+jwt"), fine, "{typ}");
        }
    }

    #[test]
    fn algorithms_have_their_names() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.as_str()), Some(algorithm));
            assert_eq!(serde_json::to_value(algorithm).expect("a name"), algorithm.as_str());
        }
        for name in ["none", "Ed25519", "HS256", "es256", "RS512", ""] {
            assert_eq!(Algorithm::parse(name), None, "{name}");
        }
        assert_eq!(Algorithm::names(), ["RS256", "PS256", "ES256", "EdDSA"]);
    }

    #[test]
    fn claims_are_read_without_being_believed() {
        let token = format!("x.{}.", base64url(br#"{"sub":"c"}"#));
        assert_eq!(unverified_claims(&token).and_then(|claims| claims.get("sub").cloned()), Some(Value::from("c")));
        for bad in ["", "a", "a.b.c", "a.W10.c"] {
            assert_eq!(unverified_claims(bad), None, "{bad}");
        }
    }
}
