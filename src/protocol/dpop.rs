//! DPoP proofs (RFC 9449): what their header and their claims must be.
//!
//! Two steps with the signature between them: [`key`] finds the key that a
//! proof brings, the caller verifies the proof with it, and [`check`] judges
//! the claims. That a proof is used once is the caller's to mark.

use super::jws::{Algorithm, Header};
use crate::base::digest::{base64url, same, sha256};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use url::Url;

/// The `typ` of a proof (RFC 9449 §4.2).
const TYPE: &str = "dpop+jwt";

/// Seconds that the clocks of a client and of ours may be apart, to either side.
pub const WINDOW: i64 = 10;

/// Seconds that a used `jti` is remembered: longer than any proof with it is
/// acceptable (`iat` may be [`WINDOW`] ahead and is good for [`WINDOW`] more),
/// so that nodes whose clocks differ a little agree.
pub const REMEMBERED: i64 = 60;

/// The longest `jti`.
const LONGEST_JTI: usize = 256;
/// The longest `htu`.
const LONGEST_HTU: usize = 2_048;

/// Members that only a private or a shared key has (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What a proof must be about.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The endpoint's address.
    pub address: &'a str,
    /// The access token that goes along.
    pub access_token: Option<&'a str>,
    /// Nonces of which the proof must hold one; empty when none is demanded.
    pub nonces: &'a [String],
    /// Now, in seconds.
    pub now: i64,
}

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// One sentence that says what is wrong.
    Wrong(&'static str),
    /// All is well but the nonce, which is missing or not a present one of ours (RFC 9449 §8).
    Nonce,
}

impl From<&'static str> for Fault {
    fn from(sentence: &'static str) -> Self {
        Self::Wrong(sentence)
    }
}

/// The public key that a proof brings and the algorithm that it names, from its header (RFC 9449 §4.3, points 4 to 7).
///
/// # Errors
/// One sentence that says what is wrong.
pub fn key(header: &Header) -> Result<(&Value, Algorithm), &'static str> {
    if !header.is_typ(TYPE) {
        return Err("typ of the DPoP proof is dpop+jwt");
    }
    let algorithm = Algorithm::parse(&header.alg).ok_or("alg of the DPoP proof is PS256, ES256, EdDSA or RS256")?;
    let jwk = header.jwk.as_ref().filter(|jwk| jwk.is_object()).ok_or("the DPoP proof brings no public key (jwk)")?;
    if PRIVATE.iter().any(|member| jwk.get(member).is_some()) {
        return Err("jwk of the DPoP proof holds a private key, which is known to others from now on: replace it");
    }
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let fits = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => text("kty") == Some("RSA"),
        Algorithm::Es256 => text("kty") == Some("EC") && text("crv") == Some("P-256"),
        Algorithm::EdDsa => text("kty") == Some("OKP") && text("crv") == Some("Ed25519"),
    };
    if fits { Ok((jwk, algorithm)) } else { Err("jwk of the DPoP proof is not of the kind that alg says") }
}

/// Checks the claims of a proof whose signature was verified with its own key,
/// and answers its `jti`, to be marked as used (RFC 9449 §4.3, points 3 and 8 to 12).
///
/// # Errors
/// What is wrong; a missing nonce only when all else is right.
pub fn check(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<String, Fault> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let jti = text("jti").filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI).ok_or("jti of the DPoP proof is missing")?;
    if text("htm") != Some(expected.method) {
        return Err("htm of the DPoP proof is not the method of the request".into());
    }
    let told = text("htu").ok_or("htu of the DPoP proof is missing")?;
    if normal(told).is_none_or(|told| normal(expected.address) != Some(told)) {
        return Err("htu of the DPoP proof is not the address of the request".into());
    }
    check_times(claims, expected.now)?;
    if let Some(token) = expected.access_token {
        let digest = base64url(&sha256(token.as_bytes()));
        if !text("ath").is_some_and(|ath| same(ath.as_bytes(), digest.as_bytes())) {
            return Err("ath of the DPoP proof is not the digest of the access token".into());
        }
    }
    let ours = |nonce: &str| expected.nonces.iter().any(|known| same(known.as_bytes(), nonce.as_bytes()));
    if !expected.nonces.is_empty() && !text("nonce").is_some_and(ours) {
        return Err(Fault::Nonce);
    }
    Ok(jti.to_owned())
}

/// `iat` is within the window; `exp` and `nbf` are kept where a client sets them (RFC 7519 §4.1).
fn check_times(claims: &Map<String, Value>, now: i64) -> Result<(), &'static str> {
    let moment = |name: &str| claims.get(name).map(|value| value.as_f64().ok_or("the times of the DPoP proof are not numbers"));
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a float exactly")]
    let (now, window) = (now as f64, WINDOW as f64);
    let iat = moment("iat").ok_or("iat of the DPoP proof is missing")??;
    if (iat - now).abs() > window {
        return Err("iat of the DPoP proof is not the present time: make a proof for each request and check the client's clock");
    }
    if moment("nbf").transpose()?.is_some_and(|nbf| nbf > now + window) {
        return Err("the DPoP proof comes from the future: check the client's clock");
    }
    if moment("exp").transpose()?.is_some_and(|exp| exp <= now) {
        return Err("the DPoP proof has expired");
    }
    Ok(())
}

/// An http address in the normal form of RFC 3986 §6.2.2 and §6.2.3, without
/// query and fragment; nothing for what is no such address.
///
/// The library reads addresses as browsers do, so what it would mend
/// (spaces, backslashes, missing slashes, names and passwords) is refused first.
fn normal(address: &str) -> Option<String> {
    let plain = address.len() <= LONGEST_HTU && address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let (scheme, rest) = address.split_once("://").filter(|_| plain)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let known = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if !known || authority.is_empty() || authority.contains('@') {
        return None;
    }
    let url = Url::parse(address).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    Some(format!("{}://{host}:{port}{}", url.scheme(), normal_path(url.path())))
}

/// Percent signs stand only before what needs them, with upper-case digits.
fn normal_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            out.push('%');
            rest = after;
            continue;
        };
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        rest = &after[2..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jws;
    use serde_json::json;

    const ADDRESS: &str = "https://id.example.vn/oauth2/token";

    fn header(json: &Value) -> Header {
        let token = format!("{}.{}.c2ln", base64url(json.to_string().as_bytes()), base64url(b"{}"));
        jws::header(&token).expect("a header")
    }

    #[test]
    fn a_header_follows_rfc_9449_4_3() {
        let ec = json!({"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ"});
        let rsa = json!({"kty": "RSA", "n": "bg", "e": "AQAB"});
        let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "eA"});
        let with = |key: &Value, name: &str, value: &str| {
            let mut key = key.clone();
            key[name] = json!(value);
            key
        };
        let table = [
            ("ES256", "dpop+jwt", "ES256", ec.clone(), true),
            ("PS256", "dpop+jwt", "PS256", rsa.clone(), true),
            ("RS256", "dpop+jwt", "RS256", rsa.clone(), true),
            ("EdDSA", "dpop+jwt", "EdDSA", okp.clone(), true),
            ("typ in capitals", "DPOP+JWT", "ES256", ec.clone(), true),
            ("typ as a whole media type", "application/dpop+jwt", "ES256", ec.clone(), true),
            ("another typ", "JWT", "ES256", ec.clone(), false),
            ("an access token's typ", "at+jwt", "ES256", ec.clone(), false),
            ("alg none", "dpop+jwt", "none", ec.clone(), false),
            ("a shared secret's alg", "dpop+jwt", "HS256", json!({"kty": "oct", "k": "a2V5"}), false),
            ("a shared secret under another alg", "dpop+jwt", "ES256", json!({"kty": "oct", "k": "a2V5"}), false),
            ("alg in small letters", "dpop+jwt", "es256", ec.clone(), false),
            ("an alg that is not offered", "dpop+jwt", "ES384", ec.clone(), false),
            ("a key of another kind", "dpop+jwt", "ES256", rsa.clone(), false),
            ("a curve of another kind", "dpop+jwt", "ES256", with(&ec, "crv", "P-384"), false),
            ("a curve of another kind, OKP", "dpop+jwt", "EdDSA", with(&okp, "crv", "X25519"), false),
            ("RSA for a curve's alg", "dpop+jwt", "EdDSA", rsa.clone(), false),
            ("a private EC key", "dpop+jwt", "ES256", with(&ec, "d", "ZA"), false),
            ("a private RSA key", "dpop+jwt", "PS256", with(&rsa, "d", "ZA"), false),
            ("a prime of an RSA key", "dpop+jwt", "PS256", with(&rsa, "qi", "cQ"), false),
            ("a private OKP key", "dpop+jwt", "EdDSA", with(&okp, "d", "ZA"), false),
            ("an empty key", "dpop+jwt", "ES256", json!({}), false),
            ("a key that is text", "dpop+jwt", "ES256", json!("key"), false),
            ("a key that is a list", "dpop+jwt", "ES256", json!([ec]), false),
            ("no key", "dpop+jwt", "ES256", Value::Null, false),
        ];
        for (case, typ, alg, jwk, fine) in table {
            let header = header(&json!({"typ": typ, "alg": alg, "jwk": jwk}));
            assert_eq!(key(&header).is_ok(), fine, "{case}");
        }
        let bare = header(&json!({"alg": "ES256", "jwk": {"kty": "EC", "crv": "P-256"}}));
        assert!(key(&bare).is_err(), "no typ");
    }

    fn judge(change: impl Fn(&mut Value)) -> Result<String, Fault> {
        judge_for(&Expected { method: "POST", address: ADDRESS, access_token: None, nonces: &[], now: 1_000 }, change)
    }

    fn judge_for(expected: &Expected<'_>, change: impl Fn(&mut Value)) -> Result<String, Fault> {
        let mut claims = json!({"jti": "1", "htm": "POST", "htu": ADDRESS, "iat": 1_000});
        change(&mut claims);
        check(claims.as_object().expect("an object"), expected)
    }

    #[test]
    fn claims_follow_rfc_9449_4_3() {
        assert_eq!(judge(|_| ()), Ok("1".to_owned()));
        let table: [(&str, &str, Value, bool); 25] = [
            ("the longest jti", "jti", json!("j".repeat(256)), true),
            ("a longer jti", "jti", json!("j".repeat(257)), false),
            ("an empty jti", "jti", json!(""), false),
            ("no jti", "jti", Value::Null, false),
            ("a jti that is a number", "jti", json!(1), false),
            ("another method", "htm", json!("GET"), false),
            ("the method in small letters", "htm", json!("post"), false),
            ("no method", "htm", Value::Null, false),
            ("another address", "htu", json!("https://id.example.vn/oauth2/userinfo"), false),
            ("no address", "htu", Value::Null, false),
            ("the oldest iat", "iat", json!(990), true),
            ("an older iat", "iat", json!(989), false),
            ("an iat that is a little older", "iat", json!(989.9), false),
            ("the furthest iat", "iat", json!(1_010), true),
            ("an iat further ahead", "iat", json!(1_011), false),
            ("an iat with a fraction", "iat", json!(1_000.5), true),
            ("an iat that is text", "iat", json!("1000"), false),
            ("an iat in milliseconds", "iat", json!(1_000_000), false),
            ("no iat", "iat", Value::Null, false),
            ("still good", "exp", json!(1_001), true),
            ("expired", "exp", json!(1_000), false),
            ("an exp that is text", "exp", json!("2000"), false),
            ("not yet good", "nbf", json!(1_011), false),
            ("good a moment ahead", "nbf", json!(1_010), true),
            ("an ath that nobody asked", "ath", json!("x"), true),
        ];
        for (case, name, value, fine) in table {
            let result = judge(|claims| match &value {
                Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
                value => claims[name] = value.clone(),
            });
            assert_eq!(result.is_ok(), fine, "{case}: {result:?}");
            assert_ne!(result, Err(Fault::Nonce), "{case}");
        }
    }

    #[test]
    fn an_address_is_compared_in_its_normal_form() {
        let table = [
            (ADDRESS, true),
            ("HTTPS://ID.Example.VN/oauth2/token", true),
            ("https://id.example.vn:443/oauth2/token", true),
            ("https://id.example.vn:/oauth2/token", true),
            ("https://id.example.vn:0443/oauth2/token", true),
            ("https://id.example.vn/oauth2/token?a=b", true),
            ("https://id.example.vn/oauth2/token#part", true),
            ("https://id.example.vn/oauth2/./x/../token", true),
            ("https://id.example.vn/oauth2/%74oken", true),
            ("https://id.example.vn:444/oauth2/token", false),
            ("https://id.example.vn:80/oauth2/token", false),
            ("https://id.example.vn:99999/oauth2/token", false),
            ("https://id.example.vn:https/oauth2/token", false),
            ("http://id.example.vn/oauth2/token", false),
            ("http://id.example.vn:443/oauth2/token", false),
            ("https://id.example.vn/oauth2/token/", false),
            ("https://id.example.vn/oauth2//token", false),
            ("https://id.example.vn/oauth2/Token", false),
            ("https://id.example.vn/oauth2%2Ftoken", false),
            ("https://id.example.vn/oauth2/token%", false),
            ("https://id.example.vn/oauth2/token%+4", false),
            ("https://id.example.vn", false),
            ("https://id.example.vn.evil.example/oauth2/token", false),
            ("https://id.example.vn@evil.example/oauth2/token", false),
            ("https://user@id.example.vn/oauth2/token", false),
            ("https://@id.example.vn/oauth2/token", false),
            ("https:/id.example.vn/oauth2/token", false),
            ("https:///id.example.vn/oauth2/token", false),
            ("https:id.example.vn/oauth2/token?x=://", false),
            ("https:\\\\id.example.vn\\oauth2\\token", false),
            (" https://id.example.vn/oauth2/token", false),
            ("https://id.example.vn/oauth2/tok\ten", false),
            ("//id.example.vn/oauth2/token", false),
            ("/oauth2/token", false),
            ("file://id.example.vn/oauth2/token", false),
            ("", false),
        ];
        for (told, fine) in table {
            assert_eq!(judge(|claims| claims["htu"] = json!(told)).is_ok(), fine, "{told}");
        }
        let long = format!("{ADDRESS}?{}", "a".repeat(LONGEST_HTU));
        assert!(judge(|claims| claims["htu"] = json!(long)).is_err());
    }

    #[test]
    fn an_address_on_another_port_is_that_port() {
        let expected =
            Expected { method: "POST", address: "http://[::1]:8080/oauth2/token", access_token: None, nonces: &[], now: 1_000 };
        for (told, fine) in [
            ("http://[::1]:8080/oauth2/token", true),
            ("http://[0:0::1]:8080/oauth2/token?x", true),
            ("http://[::1]/oauth2/token", false),
            ("http://[::1]:8081/oauth2/token", false),
            ("https://[::1]:8080/oauth2/token", false),
        ] {
            assert_eq!(judge_for(&expected, |claims| claims["htu"] = json!(told)).is_ok(), fine, "{told}");
        }
    }

    #[test]
    fn a_proof_beside_an_access_token_holds_its_digest() {
        // The token and the digest of RFC 9449 §7.1.
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        let expected = Expected { method: "POST", address: ADDRESS, access_token: Some(token), nonces: &[], now: 1_000 };
        let fine = judge_for(&expected, |claims| claims["ath"] = json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"));
        assert!(fine.is_ok());
        for ath in [Value::Null, json!(""), json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo="), json!(token), json!(1)] {
            assert!(judge_for(&expected, |claims| claims["ath"] = ath.clone()).is_err(), "{ath}");
        }
    }

    #[test]
    fn a_demanded_nonce_is_asked_for_only_when_all_else_is_right() {
        let nonces = ["now".to_owned(), "before".to_owned()];
        let expected = Expected { method: "POST", address: ADDRESS, access_token: None, nonces: &nonces, now: 1_000 };
        for (nonce, result) in [
            (json!("now"), Ok("1".to_owned())),
            (json!("before"), Ok("1".to_owned())),
            (json!("long ago"), Err(Fault::Nonce)),
            (json!(""), Err(Fault::Nonce)),
            (Value::Null, Err(Fault::Nonce)),
            (json!(["now"]), Err(Fault::Nonce)),
        ] {
            assert_eq!(judge_for(&expected, |claims| claims["nonce"] = nonce.clone()), result, "{nonce}");
        }
        let wrong = judge_for(&expected, |claims| claims["htm"] = json!("GET"));
        assert!(matches!(wrong, Err(Fault::Wrong(_))));
    }
}
