//! How a client proves itself: by a secret, by keys, by a certificate.

use crate::app::cli::CliError;
use crate::app::cli::client::lay;
use crate::model::client::{CertificateSubject, ClientSettings};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;

/// How the client proves itself. Of the certificate's names exactly one counts (RFC 8705 §2.1.2).
#[derive(Debug, Args)]
pub struct Proof {
    /// client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, self_signed_tls_client_auth or none.
    #[arg(long = "auth", value_name = "METHOD")]
    auth_method: Option<String>,
    /// What its assertions are signed with: ES256, PS256, RS256 or EdDSA; any of them when none is given.
    #[arg(long, value_name = "ALG")]
    auth_alg: Option<String>,
    /// Its public keys (JWKS).
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// Where its public keys lie.
    #[arg(long, value_name = "URI")]
    jwks_uri: Option<String>,
    /// Whom its certificate names: a distinguished name, most specific part first.
    #[arg(long, value_name = "DN", group = "certificate_subject")]
    tls_subject_dn: Option<String>,
    /// Whom its certificate names: a DNS name.
    #[arg(long, value_name = "NAME", group = "certificate_subject")]
    tls_san_dns: Option<String>,
    /// Whom its certificate names: a URI.
    #[arg(long, value_name = "URI", group = "certificate_subject")]
    tls_san_uri: Option<String>,
    /// Whom its certificate names: an IP address.
    #[arg(long, value_name = "ADDRESS", group = "certificate_subject")]
    tls_san_ip: Option<String>,
    /// Whom its certificate names: an e-mail address.
    #[arg(long, value_name = "ADDRESS", group = "certificate_subject")]
    tls_san_email: Option<String>,
}

/// What makes a subject of its text.
type Kind = fn(String) -> CertificateSubject;

impl Proof {
    /// The public keys in the file that was named.
    pub fn keys(&self) -> Result<Option<Value>, CliError> {
        let Some(file) = &self.jwks else { return Ok(None) };
        let refused = |error: &dyn std::fmt::Display| CliError::Refused(format!("--jwks {}: {error}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| refused(&error))?;
        serde_json::from_str(&text).map(Some).map_err(|error| refused(&error))
    }

    /// Lays it over settings. Keys by value and keys by address replace each other.
    pub fn apply(&self, keys: Option<&Value>, settings: &mut ClientSettings) -> Result<(), String> {
        lay::choice("--auth", self.auth_method.as_deref(), &mut settings.auth_method)?;
        lay::optional_word("--auth-alg", self.auth_alg.as_deref(), &mut settings.token_endpoint_auth_alg)?;
        if let Some(keys) = keys {
            settings.jwks = Some(keys.clone());
            settings.jwks_uri = None;
        }
        if let Some(address) = &self.jwks_uri {
            lay::optional(Some(address.as_str()), &mut settings.jwks_uri);
            if settings.jwks_uri.is_some() {
                settings.jwks = None;
            }
        }
        if let Some((text, subject)) = self.subject() {
            settings.tls_client_auth = (!text.is_empty()).then(|| subject(text.to_owned()));
        }
        Ok(())
    }

    /// Whom the certificate must name, and of which kind the name is.
    fn subject(&self) -> Option<(&str, Kind)> {
        let kinds: [(&Option<String>, Kind); 5] = [
            (&self.tls_subject_dn, CertificateSubject::SubjectDn),
            (&self.tls_san_dns, CertificateSubject::SanDns),
            (&self.tls_san_uri, CertificateSubject::SanUri),
            (&self.tls_san_ip, CertificateSubject::SanIp),
            (&self.tls_san_email, CertificateSubject::SanEmail),
        ];
        kinds.into_iter().find_map(|(named, subject)| Some((named.as_deref()?, subject)))
    }
}
