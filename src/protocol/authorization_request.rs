//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).

use super::claims_request::ClaimsRequest;
use super::error::{ErrorCode, OAuthError};
use super::parameters::Parameters;
use super::pkce::Challenge;
use super::prompt::Prompt;
use super::scope::Scopes;

/// What a client asks of us, read and well formed. Whether the client may ask it is another question.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Scopes that were asked.
    pub scopes: Scopes,
    /// Bound into the ID token.
    pub nonce: Option<String>,
    /// Wishes about pages.
    pub prompt: Prompt,
    /// Seconds that may have passed since the person signed in.
    pub max_age: Option<i64>,
    /// An ID token that says who the client believes is there.
    pub id_token_hint: Option<String>,
    /// What the person may have typed at the client.
    pub login_hint: Option<String>,
    /// Preferred languages of pages.
    pub ui_locales: Option<String>,
    /// Claims asked one by one.
    pub claims: ClaimsRequest,
    /// Bound to the code.
    pub challenge: Option<Challenge>,
    /// Levels that were asked, most wanted first.
    pub acr_values: Vec<String>,
    /// A position of the person to act in, if it is theirs.
    pub position: Option<String>,
}

const LONGEST_NONCE: usize = 1_024;

impl AuthorizationRequest {
    /// Reads the parameters that are left once the client and its address are proven.
    pub fn read(client_id: &str, parameters: &Parameters) -> Result<Self, OAuthError> {
        let invalid = |reason: &str| OAuthError::invalid_request(reason);
        if let Some(fault) = parameters.fault() {
            return Err(invalid(&fault.to_string()));
        }
        refuse_what_is_not_offered(parameters)?;
        match parameters.get("response_type") {
            Some("code") => {}
            None => return Err(invalid("response_type is missing")),
            Some(_) => return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type is code")),
        }
        let scopes = Scopes::parse(parameters.get("scope").unwrap_or_default())
            .map_err(|reason| OAuthError::new(ErrorCode::InvalidScope, reason))?;
        let nonce = parameters.owned("nonce");
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
            return Err(invalid("nonce is too long"));
        }
        Ok(Self {
            client_id: client_id.to_owned(),
            scopes,
            nonce,
            prompt: Prompt::parse(parameters.get("prompt")).map_err(invalid)?,
            max_age: parameters.get("max_age").map(read_max_age).transpose()?,
            id_token_hint: parameters.owned("id_token_hint"),
            login_hint: parameters.owned("login_hint").filter(|hint| hint.len() <= 256),
            ui_locales: parameters.owned("ui_locales"),
            claims: ClaimsRequest::parse(parameters.get("claims")).map_err(invalid)?,
            challenge: Challenge::read(parameters.get("code_challenge"), parameters.get("code_challenge_method"))
                .map_err(invalid)?,
            acr_values: parameters
                .get("acr_values")
                .unwrap_or_default()
                .split_ascii_whitespace()
                .take(20)
                .map(str::to_owned)
                .collect(),
            position: parameters.owned("position").filter(|position| position.len() <= 64),
        })
    }

    /// Every `acr` value that was asked, by either parameter.
    pub fn asked_acr(&self) -> Vec<String> {
        let mut asked = self.claims.wanted_acr().map(|(values, _)| values).unwrap_or_default();
        asked.extend(self.acr_values.iter().cloned());
        asked
    }
}

/// Core §3.1.2.6: what is not offered is refused by its own name.
fn refuse_what_is_not_offered(parameters: &Parameters) -> Result<(), OAuthError> {
    let table = [
        ("request", ErrorCode::RequestNotSupported, "request objects are not supported"),
        ("request_uri", ErrorCode::RequestUriNotSupported, "request_uri is not supported"),
        ("registration", ErrorCode::RegistrationNotSupported, "registration is not supported"),
    ];
    for (name, code, description) in table {
        if parameters.get(name).is_some() {
            return Err(OAuthError::new(code, description));
        }
    }
    Ok(())
}

fn read_max_age(text: &str) -> Result<i64, OAuthError> {
    text.parse::<u32>().map(i64::from).map_err(|_| OAuthError::invalid_request("max_age is a number of seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<AuthorizationRequest, &'static str> {
        AuthorizationRequest::read("c", &Parameters::decode(query.as_bytes())).map_err(|error| error.code.as_str())
    }

    #[test]
    fn follows_core_3_1_2_1_and_3_1_2_6() {
        let table = [
            ("response_type=code&scope=openid", None),
            ("response_type=code&scope=openid&unknown=1&display=touch&claims_locales=vi", None),
            ("scope=openid", Some("invalid_request")),
            ("response_type=token", Some("unsupported_response_type")),
            ("response_type=code+id_token", Some("unsupported_response_type")),
            ("response_type=code&max_age=-1", Some("invalid_request")),
            ("response_type=code&max_age=x", Some("invalid_request")),
            ("response_type=code&prompt=none+login", Some("invalid_request")),
            ("response_type=code&request=x", Some("request_not_supported")),
            ("response_type=code&request_uri=https://x", Some("request_uri_not_supported")),
            ("response_type=code&registration=x", Some("registration_not_supported")),
            ("response_type=code&claims=x", Some("invalid_request")),
            ("response_type=code&state=1&state=2", Some("invalid_request")),
            ("response_type=code&scope=%22", Some("invalid_scope")),
        ];
        for (query, expected) in table {
            assert_eq!(read(query).err(), expected, "{query}");
        }
    }
}
