//! What one sign-on tells of somebody: the unit, the post in it and the roles, beside one version of the registry.

use super::officials::Official;
use crate::base::digest::from_base64url;
use serde_json::Value;

/// Where somebody is, and what they may do there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(super) struct Place {
    /// The unit's identity, with its last day where it ended.
    pub(super) unit: String,
    /// The post's identity; its own unit is the one above. None where that ended.
    pub(super) post: Option<String>,
    /// In the order of the alphabet.
    pub(super) roles: Vec<String>,
}

impl Place {
    /// All of it in few words.
    pub(super) fn words(&self) -> String {
        let post = self.post.as_deref().unwrap_or("no post");
        format!("{} / {post} / {}", self.unit, self.roles.join(" "))
    }
}

/// A place as a token tells it, with the version of the registry; nothing where it tells no unit.
pub(super) type Told = Option<(i64, Place)>;

/// What the ID token tells, and userinfo.
pub(super) async fn look(official: &Official, tokens: &Value) -> Result<Vec<Told>, String> {
    let field = |name: &str| tokens.get(name).and_then(Value::as_str).ok_or_else(|| format!("no {name} came"));
    let payload = field("id_token")?.split('.').nth(1).and_then(from_base64url).ok_or("the ID token is no JWT")?;
    let claims: Value = serde_json::from_slice(&payload).map_err(|error| error.to_string())?;
    let mut all = vec![told(&claims)?];
    match official.target.userinfo(field("access_token")?).await? {
        Some(claims) => all.push(told(&claims)?),
        // A token that was asked for in a post which is over a moment later is worth nothing any more.
        None if official.open => {}
        None => return Err("userinfo refused a token that had just come".to_owned()),
    }
    Ok(all)
}

/// What is told of the place. The post is in the unit that is told beside it. Whoever is told of with a unit that ended has
/// no post, and nothing that comes with one: those who sign on here have no role that stands beside all posts.
fn told(claims: &Value) -> Result<Told, String> {
    let (unit, post) = (claims.get("unit"), claims.get("position"));
    let Some(unit) = unit else {
        return if post.is_some() { Err("a post is told without its unit".to_owned()) } else { Ok(None) };
    };
    let named = unit.get("registry_version").and_then(Value::as_i64).zip(text(unit, "id"));
    let (version, id) = named.ok_or("a unit is told without its version or its id")?;
    if let Some(last) = text(unit, "valid_to") {
        if let Some(more) = ["position", "roles"].into_iter().find(|claim| claims.get(claim).is_some()) {
            return Err(format!("a unit that ended is told with {more}"));
        }
        return Ok(Some((version, Place { unit: format!("{id} until {last}"), post: None, roles: Vec::new() })));
    }
    let post = post.ok_or("a unit is told without the post in it: may the client have it, in the ID token too?")?;
    let of_post = post.get("unit").and_then(|unit| text(unit, "id")).ok_or("a post is told without its unit")?;
    if of_post != id {
        return Err(format!("version {version} of the registry: the unit {id} is told with a post in {of_post}"));
    }
    let post = text(post, "id").ok_or("a post is told without its id")?.to_owned();
    let roles = match claims.get("roles") {
        Some(roles) => serde_json::from_value(roles.clone()).map_err(|_| "roles are told that are no list of words")?,
        None => Vec::new(),
    };
    Ok(Some((version, Place { unit: id.to_owned(), post: Some(post), roles })))
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(unit: &str, post: Option<&str>, roles: &[&str]) -> Place {
        Place { unit: unit.to_owned(), post: post.map(str::to_owned), roles: roles.iter().copied().map(str::to_owned).collect() }
    }

    #[test]
    fn a_place_is_told_with_the_version_beside_it() {
        let unit = json!({ "id": "u", "registry_version": 7, "name": "Phường A" });
        let post = json!({ "id": "p", "unit": { "id": "u" } });
        let all = json!({ "unit": unit, "position": post, "roles": ["duyet", "xem"] });
        assert_eq!(told(&all), Ok(Some((7, place("u", Some("p"), &["duyet", "xem"])))));
        assert_eq!(told(&json!({ "unit": unit, "position": post })), Ok(Some((7, place("u", Some("p"), &[])))));
        assert_eq!(told(&json!({ "sub": "s", "roles": ["duyet"] })), Ok(None), "no unit");
        let ended = json!({ "id": "u", "registry_version": 8, "valid_to": "2025-06-30" });
        assert_eq!(told(&json!({ "unit": ended })), Ok(Some((8, place("u until 2025-06-30", None, &[])))));
    }

    #[test]
    fn what_is_not_of_one_state_is_refused() {
        let unit = json!({ "id": "u", "registry_version": 7 });
        let post = json!({ "id": "p", "unit": { "id": "u" } });
        let ended = json!({ "id": "u", "registry_version": 8, "valid_to": "2025-06-30" });
        let table = [
            ("in v", json!({ "unit": unit, "position": { "id": "p", "unit": { "id": "v" } } })),
            ("without the post", json!({ "unit": unit, "roles": ["duyet"] })),
            ("without its unit", json!({ "unit": unit, "position": { "id": "p" } })),
            ("without its unit", json!({ "position": post })),
            ("without its id", json!({ "unit": unit, "position": { "unit": { "id": "u" } } })),
            ("without its version", json!({ "unit": { "id": "u" }, "position": post })),
            ("no list", json!({ "unit": unit, "position": post, "roles": "duyet" })),
            ("with position", json!({ "unit": ended, "position": post })),
            ("with roles", json!({ "unit": ended, "roles": ["duyet"] })),
        ];
        for (words, claims) in table {
            let refused = told(&claims).expect_err(words);
            assert!(refused.contains(words), "{refused}");
        }
    }
}
