//! The `claims` parameter (OpenID Connect Core §5.5): single claims, asked for by name.

use super::nesting::is_deeper_than;
use serde_json::{Map, Value};

/// No honest request is nested deeper; one that is could not be read again while it waits.
const DEEPEST: usize = 8;

/// What was asked beside the scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClaimsRequest {
    /// Wanted from userinfo.
    #[serde(default)]
    pub userinfo: Map<String, Value>,
    /// Wanted in the ID token.
    #[serde(default)]
    pub id_token: Map<String, Value>,
}

impl ClaimsRequest {
    /// Reads the parameter. Unknown members are left alone, as §5.5 says.
    pub fn parse(text: Option<&str>) -> Result<Self, &'static str> {
        let Some(text) = text else { return Ok(Self::default()) };
        let document = serde_json::from_str::<Value>(text).map_err(|_| "claims is not a JSON object")?;
        if is_deeper_than(&document, DEEPEST) {
            return Err("claims is nested too deeply");
        }
        let Value::Object(mut document) = document else { return Err("claims is not a JSON object") };
        let mut side = |name: &str| match document.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(side)) if side.len() <= 50 && side.values().all(is_wish) => Ok(side),
            Some(_) => Err("a member of claims is neither null nor an object of wishes"),
        };
        Ok(Self { userinfo: side("userinfo")?, id_token: side("id_token")? })
    }

    /// True when nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// True when a subject was named on either side (§5.5.1).
    pub fn names_sub(&self) -> bool {
        self.id_token.contains_key("sub") || self.userinfo.contains_key("sub")
    }

    /// True when the answer may be about a subject: what is said of `sub` counts on both sides (§5.5.1).
    pub fn fits_sub(&self, sub: &str) -> bool {
        let sub = Value::from(sub);
        [&self.id_token, &self.userinfo].into_iter().filter_map(|side| side.get("sub")).all(|wish| fits(wish, &sub))
    }

    /// The `acr` values that were asked, and whether they are essential (§5.5.1.1).
    pub fn wanted_acr(&self) -> Option<(Vec<String>, bool)> {
        let wish = self.id_token.get("acr")?.as_object()?;
        let mut values: Vec<String> = Vec::new();
        values.extend(wish.get("value").and_then(Value::as_str).map(str::to_owned));
        values.extend(
            wish.get("values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned),
        );
        let essential = wish.get("essential").and_then(Value::as_bool).unwrap_or_default();
        Some((values, essential))
    }
}

/// True when a value is one that a wish names, or the wish names none (§5.5.1).
pub fn fits(wish: &Value, value: &Value) -> bool {
    let one = wish.get("value").is_none_or(|wanted| wanted == value);
    let any = wish.get("values").and_then(Value::as_array).is_none_or(|wanted| wanted.contains(value));
    one && any
}

fn is_wish(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(wish) => {
            wish.get("essential").is_none_or(Value::is_boolean) && wish.get("values").is_none_or(Value::is_array)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_core_5_5() {
        let read = ClaimsRequest::parse(Some(
            r#"{"userinfo":{"email":null},"id_token":{"auth_time":{"essential":true},"acr":{"values":["LoA2"],"essential":true},"sub":{"value":"x"}},"other":1}"#,
        ))
        .expect("well formed");
        assert_eq!(read.wanted_acr(), Some((vec!["LoA2".to_owned()], true)));
        assert!(read.names_sub() && read.fits_sub("x") && !read.fits_sub("y"));
        assert!(!ClaimsRequest::default().names_sub());
        assert!(read.userinfo.contains_key("email"));
        for bad in
            ["", "[]", "1", r#"{"userinfo":[]}"#, r#"{"id_token":{"acr":1}}"#, r#"{"id_token":{"acr":{"essential":"yes"}}}"#]
        {
            assert!(ClaimsRequest::parse(Some(bad)).is_err(), "{bad}");
        }
        let empty = |text: Option<&str>| ClaimsRequest::parse(text).is_ok_and(|request| request.is_empty());
        assert!(empty(None) && empty(Some("{}")));
        assert!(!empty(Some(r#"{"userinfo":{"email":null}}"#)) && !empty(Some(r#"{"id_token":{"email":null}}"#)));
    }

    #[test]
    fn a_wish_is_for_any_value_for_one_or_for_one_of_several() {
        use serde_json::json;
        let table = [
            (json!(null), true),
            (json!({"essential": true}), true),
            (json!({"value": "x"}), true),
            (json!({"value": "y"}), false),
            (json!({"value": 1}), false),
            (json!({"values": ["y", "x"]}), true),
            (json!({"values": ["y"]}), false),
            (json!({"values": []}), false),
            (json!({"value": "x", "values": ["y"]}), false),
            (json!({"value": "y", "values": ["x"]}), false),
        ];
        for (wish, fine) in table {
            assert_eq!(fits(&wish, &json!("x")), fine, "{wish}");
        }
    }
}
