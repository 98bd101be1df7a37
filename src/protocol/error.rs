//! Error codes (RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, OpenID Connect Core §3.1.2.6).

/// An error code as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// A parameter is missing, repeated, malformed or contradictory.
    InvalidRequest,
    /// The client is unknown or did not prove itself.
    InvalidClient,
    /// The code or refresh token cannot be used.
    InvalidGrant,
    /// The client may not do this.
    UnauthorizedClient,
    /// The grant type is not offered.
    UnsupportedGrantType,
    /// The response type is not offered.
    UnsupportedResponseType,
    /// A scope is unknown or exceeds the grant.
    InvalidScope,
    /// The person or the server refused.
    AccessDenied,
    /// Something failed on our side.
    ServerError,
    /// We are overloaded for a moment.
    TemporarilyUnavailable,
    /// Nobody is signed on and no page may be shown.
    LoginRequired,
    /// A choice is needed and no page may be shown.
    InteractionRequired,
    /// Consent is needed and no page may be shown.
    ConsentRequired,
    /// The request object cannot be used (RFC 9101 §7).
    InvalidRequestObject,
    /// The address of a request object, or a pushed request, cannot be used (RFC 9101 §7, RFC 9126 §2.2).
    InvalidRequestUri,
    /// Client metadata in the request are not offered.
    RegistrationNotSupported,
    /// The level that was asked cannot be reached (OpenID Connect Core: Unmet Authentication Requirements 1.0).
    UnmetAuthenticationRequirements,
    /// The access token cannot be used (RFC 6750).
    InvalidToken,
    /// The access token lacks a scope (RFC 6750).
    InsufficientScope,
    /// The person signed in too long ago or too weakly for this (RFC 9470 §3).
    InsufficientUserAuthentication,
    /// The resource is unknown, or not for this client (RFC 8707 §2).
    InvalidTarget,
    /// Authorization details of no known type or form (RFC 9396 §5).
    InvalidAuthorizationDetails,
    /// The DPoP proof cannot be used (RFC 9449 §5).
    InvalidDpopProof,
    /// The DPoP proof needs a nonce of ours (RFC 9449 §8).
    UseDpopNonce,
    /// The kind of token cannot be revoked (RFC 7009 §2.2.1).
    UnsupportedTokenType,
    /// An address in client metadata (RFC 7591 §3.2.2).
    InvalidRedirectUri,
    /// Another member of client metadata (RFC 7591 §3.2.2).
    InvalidClientMetadata,
    /// Software statements are not accepted (RFC 7591 §3.2.2).
    UnapprovedSoftwareStatement,
}

impl ErrorCode {
    /// The code's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::ConsentRequired => "consent_required",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientUserAuthentication => "insufficient_user_authentication",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::UnapprovedSoftwareStatement => "unapproved_software_statement",
        }
    }
}

/// An error and one sentence for the developer who reads it: what to mend, never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    /// The code.
    pub code: ErrorCode,
    /// `error_description`: printable ASCII without `"` and `\` (RFC 6749 §5.2).
    pub description: String,
}

impl OAuthError {
    /// An error; characters that a description may not hold become `'`.
    pub fn new(code: ErrorCode, description: impl Into<String>) -> Self {
        let allowed = |letter: char| matches!(letter, ' '..='!' | '#'..='[' | ']'..='~');
        let description = description.into().chars().map(|letter| if allowed(letter) { letter } else { '\'' }).collect();
        Self { code, description }
    }

    /// `invalid_request`.
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_holds_only_what_rfc_6749_allows() {
        let error = OAuthError::invalid_request("sai \"mã\" \\ đây\n");
        assert!(error.description.chars().all(|letter| matches!(letter, ' '..='!' | '#'..='[' | ']'..='~')));
    }
}
