//! How requests and responses look, and how tokens do.

use crate::app::cli::client::lay;
use crate::model::client::ClientSettings;
use clap::Args;

/// Rules of requests and responses.
#[derive(Debug, Args)]
pub struct Messages {
    /// none, fapi2 or fapi2-message-signing: rules that are switched on as a whole.
    #[arg(long)]
    profile: Option<String>,
    /// Do not demand PKCE of this confidential client.
    #[arg(long, conflicts_with = "pkce")]
    no_pkce: bool,
    /// Demand PKCE (as it is by default).
    #[arg(long)]
    pkce: bool,
    /// Requests must be pushed first (PAR).
    #[arg(long, conflicts_with = "no_require_par")]
    require_par: bool,
    /// Requests need not be pushed (as it is by default).
    #[arg(long)]
    no_require_par: bool,
    /// Requests must be signed (JAR).
    #[arg(long, conflicts_with = "no_require_signed_request")]
    require_signed_request: bool,
    /// Requests need not be signed (as it is by default).
    #[arg(long)]
    no_require_signed_request: bool,
    /// What request objects are signed with: ES256, PS256, RS256, EdDSA, or none for unsigned ones; any signed one when not given.
    #[arg(long, value_name = "ALG")]
    request_object_alg: Option<String>,
    /// Where a request object may lie; repeatable.
    #[arg(long = "request-uri", value_name = "URI")]
    request_uris: Vec<String>,
    /// What signed responses (JARM) are signed with: ES256, PS256, RS256 or EdDSA.
    #[arg(long, value_name = "ALG")]
    jarm_alg: Option<String>,
}

impl Messages {
    /// Lays them over settings.
    pub fn apply(&self, settings: &mut ClientSettings) -> Result<(), String> {
        lay::choice("--profile", self.profile.as_deref(), &mut settings.profile)?;
        lay::switch(self.pkce, self.no_pkce, &mut settings.require_pkce);
        lay::switch(self.require_par, self.no_require_par, &mut settings.require_pushed_requests);
        lay::switch(self.require_signed_request, self.no_require_signed_request, &mut settings.require_signed_request_object);
        lay::optional_word("--request-object-alg", self.request_object_alg.as_deref(), &mut settings.request_object_alg)?;
        lay::list(&self.request_uris, &mut settings.request_uris);
        lay::choice("--jarm-alg", self.jarm_alg.as_deref(), &mut settings.authorization_signed_response_alg)
    }
}

/// How tokens look, and whom they are bound to.
#[derive(Debug, Args)]
pub struct Tokens {
    /// What ID tokens are signed with: ES256, PS256, RS256 or EdDSA.
    #[arg(long, value_name = "ALG")]
    id_token_alg: Option<String>,
    /// A claim of a granted scope that also goes into the ID token; repeatable.
    #[arg(long = "id-token-claim", value_name = "CLAIM")]
    id_token_claims: Vec<String>,
    /// jwt, or opaque: only introspection tells what it is.
    #[arg(long, value_name = "FORM")]
    access_token: Option<String>,
    /// What access tokens are signed with: ES256, PS256, RS256 or EdDSA.
    #[arg(long, value_name = "ALG")]
    access_token_alg: Option<String>,
    /// Sign userinfo with ES256, PS256, RS256 or EdDSA.
    #[arg(long, value_name = "ALG")]
    userinfo_alg: Option<String>,
    /// What signed answers of introspection are signed with: ES256, PS256, RS256 or EdDSA.
    #[arg(long, value_name = "ALG")]
    introspection_alg: Option<String>,
    /// Bind access tokens to the client's certificate.
    #[arg(long, conflicts_with = "no_certificate_bound")]
    certificate_bound: bool,
    /// Do not bind them to a certificate (as it is by default).
    #[arg(long)]
    no_certificate_bound: bool,
    /// Demand DPoP proofs: access tokens are bound to a key.
    #[arg(long, conflicts_with = "no_dpop_bound")]
    dpop_bound: bool,
    /// Do not demand DPoP proofs (as it is by default).
    #[arg(long)]
    no_dpop_bound: bool,
}

impl Tokens {
    /// Lays them over settings.
    pub fn apply(&self, settings: &mut ClientSettings) -> Result<(), String> {
        lay::choice("--id-token-alg", self.id_token_alg.as_deref(), &mut settings.id_token_alg)?;
        lay::list(&self.id_token_claims, &mut settings.id_token_claims);
        lay::choice("--access-token", self.access_token.as_deref(), &mut settings.access_token)?;
        lay::choice("--access-token-alg", self.access_token_alg.as_deref(), &mut settings.access_token_alg)?;
        lay::optional_word("--userinfo-alg", self.userinfo_alg.as_deref(), &mut settings.userinfo_alg)?;
        lay::optional_word("--introspection-alg", self.introspection_alg.as_deref(), &mut settings.introspection_alg)?;
        lay::switch(self.certificate_bound, self.no_certificate_bound, &mut settings.certificate_bound_access_tokens);
        lay::switch(self.dpop_bound, self.no_dpop_bound, &mut settings.dpop_bound_access_tokens);
        Ok(())
    }
}
