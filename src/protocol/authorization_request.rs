//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).

use super::authorization_details::{self, Detail};
use super::claims_request::ClaimsRequest;
use super::error::{ErrorCode, OAuthError};
use super::parameters::Parameters;
use super::pkce::Challenge;
use super::prompt::Prompt;
use super::resource_indicator;
use super::response_type::ResponseType;
use super::scope::Scopes;

/// What a client asks of us, read and well formed. Whether the client may ask it is another question.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// What the answer is to bring.
    pub response_type: ResponseType,
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
    /// Resources that tokens are to be for (RFC 8707 §2).
    pub resources: Vec<String>,
    /// What is asked in more words than a scope has (RFC 9396 §2).
    pub details: Vec<Detail>,
    /// The key that the tokens are to be bound to, by its thumbprint (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
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
        let response_type = parameters.get("response_type").ok_or_else(|| invalid("response_type is missing"))?;
        let response_type = ResponseType::parse(response_type)
            .ok_or_else(|| OAuthError::new(ErrorCode::UnsupportedResponseType, "this response_type is not offered"))?;
        let scopes = Scopes::parse(parameters.get("scope").unwrap_or_default())
            .map_err(|reason| OAuthError::new(ErrorCode::InvalidScope, reason))?;
        let nonce = parameters.owned("nonce");
        if nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
            return Err(invalid("nonce is too long"));
        }
        let resources = resource_indicator::parse(parameters.all("resource"))
            .map_err(|reason| OAuthError::new(ErrorCode::InvalidTarget, reason))?;
        let details = authorization_details::parse(parameters.get("authorization_details"))
            .map_err(|fault| OAuthError::new(ErrorCode::InvalidAuthorizationDetails, fault.to_string()))?;
        let dpop_jkt = parameters.owned("dpop_jkt");
        if dpop_jkt.as_ref().is_some_and(|thumbprint| !is_thumbprint(thumbprint)) {
            return Err(invalid("dpop_jkt is the SHA-256 thumbprint of a key"));
        }
        Ok(Self {
            client_id: client_id.to_owned(),
            response_type,
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
            resources,
            details,
            dpop_jkt,
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
    match parameters.get("registration") {
        Some(_) => Err(OAuthError::new(ErrorCode::RegistrationNotSupported, "registration is not supported")),
        None => Ok(()),
    }
}

/// True for 256 bits in base64url.
fn is_thumbprint(text: &str) -> bool {
    crate::base::digest::from_base64url(text).is_some_and(|bytes| bytes.len() == 32)
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
    fn lengths_end_where_they_are_said_to() {
        let one = |name: &str, length: usize| {
            let query = format!("response_type=code&{name}={}", "a".repeat(length));
            AuthorizationRequest::read("c", &Parameters::decode(query.as_bytes()))
        };
        assert!(one("nonce", LONGEST_NONCE).is_ok() && one("nonce", LONGEST_NONCE + 1).is_err());
        assert!(one("login_hint", 256).is_ok_and(|request| request.login_hint.is_some()));
        assert!(one("login_hint", 257).is_ok_and(|request| request.login_hint.is_none()));
        assert!(one("position", 64).is_ok_and(|request| request.position.is_some()));
        assert!(one("position", 65).is_ok_and(|request| request.position.is_none()));
    }

    #[test]
    fn levels_asked_by_the_claims_parameter_come_first() {
        let query = "response_type=code&acr_values=LoA1+LoA3&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22value%22%3A%22LoA2%22%7D%7D%7D";
        let request = AuthorizationRequest::read("c", &Parameters::decode(query.as_bytes())).expect("a request");
        assert_eq!(request.asked_acr(), ["LoA2", "LoA1", "LoA3"]);
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
            ("response_type=id_token&nonce=n", None),
            ("response_type=token+id_token&nonce=n", None),
            ("response_type=id_token", None),
            ("response_type=code&resource=https://a&resource=https://b", None),
            ("response_type=code&resource=a", Some("invalid_target")),
            ("response_type=code&authorization_details=%5B%7B%22type%22%3A%22t%22%7D%5D", None),
            ("response_type=code&authorization_details=x", Some("invalid_authorization_details")),
            ("response_type=code&dpop_jkt=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ", None),
            ("response_type=code&dpop_jkt=x", Some("invalid_request")),
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
