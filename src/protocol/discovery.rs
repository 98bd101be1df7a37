//! Provider metadata (OpenID Connect Discovery §3, RFC 8414 §2).

use super::scope;
use serde_json::{Value, json};

/// The document for both well-known addresses: it names what is offered and nothing else.
pub fn document(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "end_session_endpoint": at("/oauth2/logout"),
        "scopes_supported": scope::ALL,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "acr_values_supported": [at("/acr/1"), "LoA1"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA"],
        "code_challenge_methods_supported": ["S256"],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": claims(),
        "ui_locales_supported": ["vi", "en"],
        "claims_locales_supported": ["vi"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_request_uri_registration": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": false,
    })
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
    fn says_plainly_what_is_not_offered() {
        let document = document("https://id.example");
        // Absent would mean true (Discovery §3).
        assert_eq!(document["request_uri_parameter_supported"], false);
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        assert!(document.get("registration_endpoint").is_none());
    }
}
