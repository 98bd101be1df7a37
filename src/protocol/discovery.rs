//! Provider metadata (OpenID Connect Discovery §3, RFC 8414 §2).

use super::jws::Algorithm;
use super::{response_mode, scope};
use crate::base::locale::Locale;
use serde_json::{Value, json};

/// How clients prove themselves.
const METHODS: [&str; 6] =
    ["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth", "none"];

/// What differs between installations.
#[derive(Debug, Clone, Default)]
pub struct Offered {
    /// Tokens come from the authorization endpoint too.
    pub implicit: bool,
    /// Every client pushes its requests first (RFC 9126 §5).
    pub require_pushed: bool,
    /// Clients may register themselves.
    pub registration: bool,
    /// Types of authorization details that a resource understands (RFC 9396 §10).
    pub details_types: Vec<String>,
    /// The highest level that a sign-in here reaches.
    pub highest_level: i64,
    /// Where callers are asked for a certificate, when it is another host than the issuer's (RFC 8705 §5).
    pub certificate_origin: Option<String>,
}

/// The document for both well-known addresses: it names what is offered and nothing else.
pub fn document(issuer: &str, offered: &Offered) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let algorithms = Algorithm::names();
    let with_none: Vec<&str> = std::iter::once("none").chain(algorithms).collect();
    let methods: Vec<&str> = METHODS.to_vec();
    let proving: Vec<&str> = METHODS.into_iter().filter(|method| *method != "none").collect();
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "end_session_endpoint": at("/oauth2/logout"),
        "pushed_authorization_request_endpoint": at("/oauth2/par"),
        "introspection_endpoint": at("/oauth2/introspect"),
        "revocation_endpoint": at("/oauth2/revoke"),
    });
    let messages = json!({
        "require_pushed_authorization_requests": offered.require_pushed,
        "scopes_supported": scope::ALL,
        "response_types_supported": if offered.implicit { vec!["code", "id_token", "id_token token"] } else { vec!["code"] },
        "response_modes_supported": response_mode::ALL,
        "grant_types_supported": if offered.implicit {
            vec!["authorization_code", "refresh_token", "client_credentials", "implicit"]
        } else {
            vec!["authorization_code", "refresh_token", "client_credentials"]
        },
        "acr_values_supported": levels(issuer, offered.highest_level),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "request_object_signing_alg_values_supported": with_none,
        "authorization_signing_alg_values_supported": algorithms,
        "introspection_signing_alg_values_supported": algorithms,
        "dpop_signing_alg_values_supported": algorithms,
    });
    let rules = json!({
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": proving,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "tls_client_certificate_bound_access_tokens": true,
        "code_challenge_methods_supported": ["S256"],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims(),
        "ui_locales_supported": Locale::ALL.map(Locale::tag),
        "claims_locales_supported": ["vi"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "require_signed_request_object": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    });
    for part in [messages, rules] {
        if let (Some(whole), Value::Object(part)) = (document.as_object_mut(), part) {
            whole.extend(part);
        }
    }
    if let Some(origin) = &offered.certificate_origin {
        let endpoints = ["token", "userinfo", "pushed_authorization_request", "introspection", "revocation"];
        let aliases = endpoints.into_iter().filter_map(|name| {
            let name = format!("{name}_endpoint");
            let path = document[&name].as_str()?.strip_prefix(issuer)?.to_owned();
            Some((name, json!(format!("{origin}{path}"))))
        });
        document["mtls_endpoint_aliases"] = Value::Object(aliases.collect());
    }
    if offered.registration {
        document["registration_endpoint"] = json!(at("/oauth2/register"));
    }
    if !offered.details_types.is_empty() {
        document["authorization_details_types_supported"] = json!(offered.details_types);
    }
    document
}

/// Every level in both of its forms.
fn levels(issuer: &str, highest: i64) -> Vec<String> {
    (1..=highest).flat_map(|level| [format!("{issuer}/acr/{level}"), format!("LoA{level}")]).collect()
}

fn claims() -> Vec<&'static str> {
    let mut all = vec!["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"];
    all.extend(scope::ALL.iter().flat_map(|scope| scope::claims_of(scope)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_offered_and_nothing_else() {
        let plain = document("https://id.example", &Offered::default());
        assert_eq!(plain["response_types_supported"], json!(["code"]));
        assert!(plain.get("registration_endpoint").is_none() && plain.get("authorization_details_types_supported").is_none());
        // Absent would mean true (Discovery §3), and any address would be fetched.
        assert_eq!(plain["require_request_uri_registration"], true);
        assert_eq!(plain["authorization_response_iss_parameter_supported"], true);
        let claims = plain["claims_supported"].as_array().expect("a list");
        for claim in ["sub", "sid", "name", "email", "unit", "roles"] {
            assert!(claims.contains(&claim.into()), "{claim}");
        }
        assert!(plain.get("mtls_endpoint_aliases").is_none());
        let all = Offered {
            implicit: true,
            require_pushed: true,
            registration: true,
            details_types: vec!["ho_so".to_owned()],
            highest_level: 2,
            certificate_origin: Some("https://mtls.id.example".to_owned()),
        };
        let full = document("https://id.example", &all);
        assert_eq!(full["response_types_supported"], json!(["code", "id_token", "id_token token"]));
        assert!(full["grant_types_supported"].as_array().is_some_and(|grants| grants.contains(&json!("implicit"))));
        let pushed = |document: &Value| document["require_pushed_authorization_requests"].clone();
        assert_eq!((pushed(&plain), pushed(&full)), (json!(false), json!(true)));
        assert_eq!(full["registration_endpoint"], "https://id.example/oauth2/register");
        assert_eq!(full["authorization_details_types_supported"], json!(["ho_so"]));
        assert_eq!(full["acr_values_supported"], json!(["https://id.example/acr/1", "LoA1", "https://id.example/acr/2", "LoA2"]));
        assert_eq!(full["mtls_endpoint_aliases"]["token_endpoint"], "https://mtls.id.example/oauth2/token");
        assert_eq!(full["mtls_endpoint_aliases"].as_object().map(serde_json::Map::len), Some(5));
    }
}
