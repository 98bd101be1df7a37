//! Request objects: an authorization request as a JWT (RFC 9101, OpenID Connect
//! Core §6, FAPI 2.0 Message Signing §5.3).
//!
//! What is read here was verified with the client's keys, or is unsigned and
//! the client may send it so. Three steps: [`check`] its claims, read them as
//! [`parameters`], then lay them over those beside it, [`merged`].

use super::jws::is_typ;
use super::nesting::is_deeper_than;
use super::parameters::Parameters;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The explicit type of a request object (RFC 9101 §10.8).
pub const TYPE: &str = "oauth-authz-req+jwt";

/// Claims about the JWT itself; the rest are parameters.
const ABOUT_ITSELF: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
/// A request object is not reached through another one (RFC 9101 §4).
const BY_REFERENCE: [&str; 2] = ["request", "request_uri"];

/// How far a client's clock may be ahead, in seconds.
const AHEAD: f64 = 10.0;
/// In a strict object: the oldest `nbf`, and the longest from `nbf` to `exp`, in seconds.
const LONGEST: f64 = 3_600.0;
const DEEPEST: usize = 8;
const LARGEST: usize = 16 * 1024;

/// What a request object must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// The client beside it, whose keys verified it.
    pub client_id: &'a str,
    /// Who is asked.
    pub issuer: &'a str,
    /// The present moment, in seconds.
    pub now_seconds: i64,
    /// FAPI 2.0 Message Signing: who asks whom and when are all said, and for an hour at most.
    /// A strict object is a signed one; the caller has refused any other.
    pub strict: bool,
}

/// Checks the claims of a request object, and the type that its header says.
///
/// # Errors
/// One sentence that says what is wrong.
pub fn check(claims: &Map<String, Value>, typ: Option<&str>, expect: &Expect<'_>) -> Result<(), &'static str> {
    // Another kind of JWT that the client signed is not to pass for a request (RFC 9101 §10.8).
    if typ.is_some_and(|typ| !is_typ(typ, TYPE) && !is_typ(typ, "JWT")) {
        return Err("typ of the request object is oauth-authz-req+jwt");
    }
    if BY_REFERENCE.iter().any(|&name| claims.contains_key(name)) {
        return Err("a request object holds neither request nor request_uri");
    }
    check_parties(claims, expect)?;
    check_moments(claims, expect)
}

fn check_parties(claims: &Map<String, Value>, expect: &Expect<'_>) -> Result<(), &'static str> {
    let is_client = |name: &str| match claims.get(name) {
        Some(value) => value.as_str() == Some(expect.client_id),
        None => !expect.strict,
    };
    if !is_client("iss") {
        return Err("iss of the request object is the client_id");
    }
    if !is_client("client_id") {
        return Err("client_id is the same in the request object and beside it");
    }
    if claims.get("sub").and_then(Value::as_str) == Some(expect.client_id) {
        return Err("a client assertion is no request object: its sub is the client_id");
    }
    let is_issuer = |value: &Value| value.as_str() == Some(expect.issuer);
    let for_us = match claims.get("aud") {
        Some(Value::Array(values)) => values.iter().any(is_issuer),
        Some(value) => is_issuer(value),
        None => !expect.strict,
    };
    if for_us { Ok(()) } else { Err("aud of the request object is the issuer") }
}

fn check_moments(claims: &Map<String, Value>, expect: &Expect<'_>) -> Result<(), &'static str> {
    let moment = |name: &str| match claims.get(name) {
        Some(value) => value.as_f64().map(Some).ok_or("exp, nbf and iat of the request object are seconds since 1970"),
        None => Ok(None),
    };
    let (exp, nbf, iat) = (moment("exp")?, moment("nbf")?, moment("iat")?);
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a float exactly")]
    let now = expect.now_seconds as f64;
    if exp.is_some_and(|exp| exp <= now) {
        return Err("the request object has expired");
    }
    if [nbf, iat].into_iter().flatten().any(|moment| moment > now + AHEAD) {
        return Err("the request object comes from the future: check the client's clock");
    }
    if !expect.strict {
        return Ok(());
    }
    let (Some(exp), Some(nbf)) = (exp, nbf) else { return Err("exp and nbf of the request object are required") };
    // It has not expired, so nbf is no older than an hour either.
    if exp > nbf + LONGEST {
        return Err("the request object lives longer than an hour after its nbf");
    }
    Ok(())
}

/// The claims as parameters: numbers and truth values as their text, objects as JSON
/// (`claims`), and of lists only `authorization_details` and `resource`, the latter repeated.
///
/// # Errors
/// One sentence that says what is wrong.
pub fn parameters(claims: &Map<String, Value>) -> Result<Parameters, &'static str> {
    let mut pairs: Vec<(String, String)> = Vec::with_capacity(claims.len());
    for (name, value) in claims.iter().filter(|(name, _)| !ABOUT_ITSELF.contains(&name.as_str())) {
        if is_deeper_than(value, DEEPEST) {
            return Err("the request object is nested too deeply");
        }
        match value {
            Value::Null => {}
            Value::String(text) => pairs.push((name.clone(), text.clone())),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => pairs.push((name.clone(), value.to_string())),
            Value::Array(_) if name == "authorization_details" => pairs.push((name.clone(), value.to_string())),
            Value::Array(items) if name == "resource" => {
                for item in items {
                    let text = item.as_str().ok_or("resource in the request object is a list of strings")?;
                    pairs.push((name.clone(), text.to_owned()));
                }
            }
            Value::Array(_) => return Err("the request object holds a list where one value belongs"),
        }
    }
    if pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > LARGEST {
        return Err("the request object is too long");
    }
    Parameters::from_pairs(pairs).checked().map_err(|_| "a parameter of the request object is not text, or there are too many")
}

/// The request as a whole: what is inside the object wins. With `only_inside` nothing beside
/// it counts but `client_id` (RFC 9101 §6.3); else the object is completed by what stands
/// beside it (OpenID Connect Core §6.1). A fault of either side stays.
///
/// # Errors
/// One sentence when `client_id` or `response_type` beside the object contradicts it (Core §6.1).
pub fn merged(outside: &Parameters, inside: &Parameters, only_inside: bool) -> Result<Parameters, &'static str> {
    if contradicts(outside.get("client_id"), inside.get("client_id"), |left, right| left == right) {
        return Err("client_id is the same in the request object and beside it");
    }
    if contradicts(outside.get("response_type"), inside.get("response_type"), same_words) {
        return Err("response_type is the same in the request object and beside it");
    }
    let counts = |name: &str| if only_inside { name == "client_id" } else { !BY_REFERENCE.contains(&name) };
    let inner: BTreeSet<&str> = inside.pairs().map(|(name, _)| name).collect();
    let beside = outside.pairs().filter(|&(name, _)| counts(name) && !inner.contains(name));
    Ok(Parameters::from_pairs(inside.pairs().chain(beside)).with_fault(inside.fault().or(outside.fault()).cloned()))
}

fn contradicts(outside: Option<&str>, inside: Option<&str>, same: impl Fn(&str, &str) -> bool) -> bool {
    outside.zip(inside).is_some_and(|(outside, inside)| !same(outside, inside))
}

/// The order of a response type's words says nothing (OAuth 2.0 Multiple Response Types §3).
fn same_words(left: &str, right: &str) -> bool {
    let sorted = |text: &str| {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.sort();
        words
    };
    sorted(left) == sorted(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::parameters::Fault;
    use serde_json::json;

    const NOW: i64 = 100_000;

    fn object(value: &Value) -> &Map<String, Value> {
        value.as_object().expect("an object")
    }

    fn full() -> Value {
        json!({
            "iss": "c", "aud": "https://id", "client_id": "c", "response_type": "code",
            "nbf": NOW, "iat": NOW, "exp": NOW + 300,
        })
    }

    fn judge(claims: &Value, typ: Option<&str>, strict: bool) -> Result<(), &'static str> {
        let expect = Expect { client_id: "c", issuer: "https://id", now_seconds: NOW, strict };
        check(object(claims), typ, &expect)
    }

    fn with(name: &str, value: &Value) -> Value {
        let mut claims = full();
        claims[name] = value.clone();
        claims
    }

    fn without(name: &str) -> Value {
        let mut claims = full();
        claims.as_object_mut().expect("an object").remove(name);
        claims
    }

    #[test]
    fn follows_rfc_9101_and_core_6_1() {
        assert_eq!(judge(&full(), None, false), Ok(()));
        for name in ["iss", "aud", "client_id", "nbf", "iat", "exp", "response_type"] {
            assert_eq!(judge(&without(name), None, false), Ok(()), "without {name}");
        }
        let table = [
            ("iss", json!("d"), false),
            ("iss", json!(["c"]), false),
            ("iss", json!(null), false),
            ("client_id", json!("d"), false),
            ("client_id", json!(1), false),
            ("aud", json!(["https://other", "https://id"]), true),
            ("aud", json!("https://id/"), false),
            ("aud", json!("https://other"), false),
            ("aud", json!([]), false),
            ("aud", json!([["https://id"]]), false),
            ("aud", json!({"https://id": true}), false),
            ("aud", json!(null), false),
            ("exp", json!(NOW + 1), true),
            ("exp", json!(NOW), false),
            ("exp", json!(NOW + 999_999), true),
            ("exp", json!((NOW + 300).to_string()), false),
            ("exp", json!(null), false),
            ("nbf", json!(NOW + 10), true),
            ("nbf", json!(NOW + 11), false),
            ("nbf", json!(NOW - 999_999), true),
            ("nbf", json!([NOW]), false),
            ("iat", json!(NOW + 10), true),
            ("iat", json!(NOW + 11), false),
            ("iat", json!(-1e300), true),
            ("sub", json!("c"), false),
            ("sub", json!("person"), true),
            ("request", json!("x"), false),
            ("request", json!(null), false),
            ("request_uri", json!("https://c/r"), false),
            ("unknown", json!({"a": 1}), true),
        ];
        for (name, value, fine) in table {
            assert_eq!(judge(&with(name, &value), None, false).is_ok(), fine, "{name} {value}");
        }
    }

    #[test]
    fn follows_rfc_9101_10_8_about_types() {
        let table = [
            (None, true),
            (Some("oauth-authz-req+jwt"), true),
            (Some("OAuth-Authz-Req+JWT"), true),
            (Some("application/oauth-authz-req+jwt"), true),
            (Some("JWT"), true),
            (Some("jwt"), true),
            (Some("at+jwt"), false),
            (Some("dpop+jwt"), false),
            (Some("logout+jwt"), false),
            (Some("client-authentication+jwt"), false),
            (Some(""), false),
        ];
        for (typ, fine) in table {
            assert_eq!(judge(&full(), typ, false).is_ok(), fine, "{typ:?}");
        }
    }

    #[test]
    fn follows_fapi_2_message_signing_5_3_1() {
        assert_eq!(judge(&full(), Some(TYPE), true), Ok(()));
        for (name, needed) in [("iss", true), ("aud", true), ("client_id", true), ("nbf", true), ("exp", true), ("iat", false)] {
            assert_eq!(judge(&without(name), Some(TYPE), true).is_err(), needed, "without {name}");
        }
        let table = [
            (NOW - 3_600, NOW + 1, false),
            (NOW - 3_601, NOW - 1, false),
            (NOW - 3_599, NOW + 1, true),
            (NOW - 3_601, NOW + 1, false),
            (NOW, NOW + 3_600, true),
            (NOW, NOW + 3_601, false),
            (NOW - 100, NOW + 3_500, true),
            (NOW - 100, NOW + 3_501, false),
            (NOW + 10, NOW + 3_610, true),
            (NOW + 11, NOW + 300, false),
        ];
        for (nbf, exp, fine) in table {
            let mut claims = with("nbf", &json!(nbf));
            claims["exp"] = json!(exp);
            assert_eq!(judge(&claims, Some(TYPE), true).is_ok(), fine, "{nbf} {exp}");
        }
    }

    #[test]
    fn claims_become_parameters_in_their_own_form() {
        let claims = json!({
            "iss": "c", "sub": "s", "aud": "https://id", "exp": 1, "nbf": 1, "iat": 1, "jti": "j",
            "scope": "openid profile", "max_age": 3600, "flag": true, "state": null, "nonce": "",
            "claims": {"id_token": {"acr": {"essential": true}}},
            "authorization_details": [{"type": "t"}],
            "resource": ["https://a", "https://b"],
        });

        let read = parameters(object(&claims)).expect("well formed");

        let mut pairs: Vec<_> = read.pairs().collect();
        pairs.sort_unstable();
        assert_eq!(
            pairs,
            [
                ("authorization_details", r#"[{"type":"t"}]"#),
                ("claims", r#"{"id_token":{"acr":{"essential":true}}}"#),
                ("flag", "true"),
                ("max_age", "3600"),
                ("resource", "https://a"),
                ("resource", "https://b"),
                ("scope", "openid profile"),
            ]
        );
        let one = parameters(object(&json!({"resource": "https://a"}))).expect("well formed");
        assert_eq!(one.all("resource").collect::<Vec<_>>(), ["https://a"]);
    }

    #[test]
    fn claims_that_are_no_parameters_are_refused() {
        let nested = |levels: usize| {
            let text = format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
            json!({"claims": serde_json::from_str::<Value>(&text).expect("JSON")})
        };
        let table = [
            (json!({"redirect_uri": ["https://a/cb", "https://b/cb"]}), false),
            (json!({"scope": ["openid"]}), false),
            (json!({"resource": ["https://a", 1]}), false),
            (json!({"resource": ["https://a", ["https://b"]]}), false),
            (json!({"resource": []}), true),
            (nested(8), true),
            (nested(9), false),
            (json!({"state": "x".repeat(LARGEST - 5)}), true),
            (json!({"state": "x".repeat(LARGEST - 4)}), false),
            (json!({"claims": {"a": "x".repeat(LARGEST)}}), false),
            (json!({"state": "a\u{0}b"}), false),
            (json!({("n".repeat(257)): "x"}), false),
            (Value::Object((0..101).map(|n| (format!("p{n}"), json!("x"))).collect()), false),
            (json!({}), true),
        ];
        for (claims, fine) in table {
            let shown: String = claims.to_string().chars().take(80).collect();
            assert_eq!(parameters(object(&claims)).is_ok(), fine, "{shown}");
        }
    }

    fn lay(outside: &str, inside: &str, only_inside: bool) -> Result<String, &'static str> {
        let (outside, inside) = (Parameters::decode(outside.as_bytes()), Parameters::decode(inside.as_bytes()));
        let whole = merged(&outside, &inside, only_inside)?;
        Ok(whole.pairs().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_is_inside_wins_and_what_is_beside_it_only_completes() {
        let table = [
            ("client_id=c&scope=openid&state=1", "state=2", false, Ok("client_id=c scope=openid state=2")),
            ("client_id=c&scope=openid&state=1", "state=2", true, Ok("client_id=c state=2")),
            ("client_id=c&scope=openid", "client_id=c", true, Ok("client_id=c")),
            ("client_id=c&request=x&request_uri=y", "state=2", false, Ok("client_id=c state=2")),
            ("resource=a&resource=b", "resource=c", false, Ok("resource=c")),
            ("resource=a&resource=b", "state=2", false, Ok("state=2 resource=a resource=b")),
            ("response_type=code", "state=2", false, Ok("response_type=code state=2")),
            ("response_type=code+id_token", "response_type=id_token+code", false, Ok("response_type=id_token code")),
        ];
        for (outside, inside, only_inside, expected) in table {
            assert_eq!(lay(outside, inside, only_inside), expected.map(str::to_owned), "{outside} | {inside}");
        }
    }

    #[test]
    fn a_contradiction_with_what_is_beside_it_is_refused() {
        for only_inside in [false, true] {
            for (outside, inside) in [
                ("client_id=c", "client_id=d"),
                ("client_id=c&response_type=code", "response_type=id_token"),
                ("response_type=code", "response_type=code+id_token"),
            ] {
                assert!(lay(outside, inside, only_inside).is_err(), "{outside} | {inside}");
            }
        }
    }

    #[test]
    fn a_fault_beside_the_object_is_not_forgotten() {
        for only_inside in [false, true] {
            let outside = Parameters::decode(b"client_id=c&state=1&state=2");
            let whole = merged(&outside, &Parameters::decode(b"state=3"), only_inside).expect("no contradiction");
            assert_eq!((whole.get("state"), whole.fault()), (Some("3"), Some(&Fault::Repeated("state".into()))));
        }
    }
}
