//! Client assertions (RFC 7523 §3, OpenID Connect Core §9 `private_key_jwt`).

use serde_json::{Map, Value};

/// The only `client_assertion_type`.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far a client's clock may be ahead, in seconds.
const AHEAD: i64 = 60;
/// The longest that an assertion may live, in seconds.
const LONGEST: i64 = 3_600;

/// Whom an assertion must be meant for.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'a> {
    /// The issuer, or an endpoint, also among others (RFC 7523 §3).
    Any(&'a [&'a str]),
    /// The issuer as one string and nothing else, so that no other server can pass the assertion on (FAPI 2.0 §5.3.2.1).
    Issuer(&'a str),
}

impl Audience<'_> {
    fn check(&self, aud: &Value) -> Result<(), &'static str> {
        match (self, aud) {
            (Self::Issuer(issuer), Value::String(named)) if named == issuer => Ok(()),
            (Self::Issuer(_), _) => Err("aud of the assertion is the issuer, as one string"),
            (Self::Any(known), aud) => {
                let ours = |value: &Value| value.as_str().is_some_and(|value| known.contains(&value));
                let fine = aud.as_array().map_or_else(|| ours(aud), |values| values.iter().any(ours));
                if fine { Ok(()) } else { Err("aud of the assertion is the issuer or the endpoint that it is sent to") }
            }
        }
    }
}

/// An assertion that was found in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Unique: used once.
    pub jti: String,
    /// Not usable from here on, in seconds.
    pub exp: i64,
}

/// Checks the claims of an assertion whose signature was verified with the client's keys.
///
/// # Errors
/// One sentence that says what is wrong.
pub fn check(claims: &Map<String, Value>, client_id: &str, audience: &Audience<'_>, now: i64) -> Result<Assertion, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let moment = |name: &str| claims.get(name).and_then(Value::as_f64);
    if text("iss") != Some(client_id) || text("sub") != Some(client_id) {
        return Err("iss and sub of the assertion are the client_id");
    }
    claims.get("aud").map_or(Err("aud of the assertion is missing"), |aud| audience.check(aud))?;
    let jti = text("jti").filter(|jti| !jti.is_empty() && jti.len() <= 256).ok_or("jti of the assertion is missing")?;
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a float exactly")]
    let now_exact = now as f64;
    #[expect(clippy::cast_precision_loss, reason = "small constants")]
    let (ahead, longest) = (AHEAD as f64, LONGEST as f64);
    let exp = moment("exp").ok_or("exp of the assertion is missing")?;
    if exp <= now_exact {
        return Err("the assertion has expired");
    }
    if exp > now_exact + longest + ahead {
        return Err("the assertion lives too long: an hour at most");
    }
    if ["nbf", "iat"].into_iter().any(|name| moment(name).is_some_and(|moment| moment > now_exact + ahead)) {
        return Err("the assertion comes from the future: check the client's clock");
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded above by now plus an hour")]
    let exp = exp.ceil() as i64;
    Ok(Assertion { jti: jti.to_owned(), exp })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judge(change: impl Fn(&mut Value)) -> Result<Assertion, &'static str> {
        let mut claims = json!({"iss": "c", "sub": "c", "aud": "https://id", "jti": "1", "exp": 1_100, "iat": 1_000});
        change(&mut claims);
        check(claims.as_object().expect("an object"), "c", &Audience::Any(&["https://id", "https://id/token"]), 1_000)
    }

    #[test]
    fn follows_rfc_7523_3() {
        assert!(judge(|_| ()).is_ok());
        assert!(judge(|claims| claims["aud"] = json!(["https://other", "https://id/token"])).is_ok());
        for (name, edge) in [("exp", 1_000 + 3_600 + 60), ("nbf", 1_060), ("iat", 1_060)] {
            assert!(judge(|claims| claims[name] = json!(edge)).is_ok(), "{name} {edge}");
        }
        let bad: [(&str, Value); 10] = [
            ("exp", json!(1_000 + 3_600 + 61)),
            ("iss", json!("d")),
            ("sub", json!("d")),
            ("aud", json!("https://other")),
            ("aud", json!(null)),
            ("jti", json!("")),
            ("exp", json!(1_000)),
            ("exp", json!(99_999)),
            ("nbf", json!(1_061)),
            ("iat", json!(1_061)),
        ];
        for (name, value) in bad {
            assert!(judge(|claims| claims[name] = value.clone()).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn under_fapi_2_the_audience_is_the_issuer_alone() {
        let issuer = Audience::Issuer("https://id");
        assert_eq!(issuer.check(&json!("https://id")), Ok(()));
        for other in
            [json!("https://id/token"), json!(["https://id"]), json!(["https://id", "https://other"]), json!(null), json!("")]
        {
            assert!(issuer.check(&other).is_err(), "{other}");
        }
    }
}
