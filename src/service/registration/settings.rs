//! From metadata to a client's settings.

use crate::base::clock::Millis;
use crate::crypto::jwt::refuse_jwks;
use crate::model::client::{AuthMethod, CertificateSubject, ClientSettings, ClientType, RequestObjectAlg, SubjectType};
use crate::protocol::client_metadata::{ApplicationType, ClientMetadata, Flow, Messages, Proof, wrong};
use crate::protocol::error::OAuthError;
use crate::protocol::redirect_uri::host;
use crate::service::{Failure, Services};

/// Keys by value are public ones that can be used.
pub(super) fn check_keys(metadata: &ClientMetadata) -> Result<(), OAuthError> {
    match metadata.proof.jwks.as_ref().and_then(refuse_jwks) {
        Some(reason) => Err(wrong("jwks", &reason)),
        None => Ok(()),
    }
}

/// The name that people see: its own, in whatever language, or where answers go.
pub(super) fn name(metadata: &ClientMetadata) -> String {
    let about = &metadata.about;
    let tagged = about.tagged.iter().find(|(member, _)| member.starts_with("client_name#")).map(|(_, name)| name);
    let named = about.client_name.as_ref().or(tagged).cloned();
    let of_address = || metadata.flow.redirect_uris.first().map(|address| host(address)).unwrap_or_default();
    named.unwrap_or_else(|| of_address().chars().take(120).collect())
}

/// Sets what the metadata say. What they cannot say stays as it is, but for
/// this: people are always asked about a client that registered itself.
pub(super) fn apply(metadata: &ClientMetadata, settings: &mut ClientSettings) -> Result<(), OAuthError> {
    settings.dynamic = true;
    settings.third_party = true;
    flow(&metadata.flow, settings);
    proof(&metadata.proof, settings)?;
    messages(&metadata.messages, settings)?;
    let about = &metadata.about;
    settings.logo_uri.clone_from(&about.logo_uri);
    settings.client_uri.clone_from(&about.client_uri);
    settings.policy_uri.clone_from(&about.policy_uri);
    settings.tos_uri.clone_from(&about.tos_uri);
    settings.contacts.clone_from(&about.contacts);
    settings.software_id.clone_from(&about.software_id);
    settings.software_version.clone_from(&about.software_version);
    let logout = &metadata.logout;
    settings.frontchannel_logout_uri.clone_from(&logout.frontchannel_logout_uri);
    settings.frontchannel_logout_session_required = logout.frontchannel_logout_session_required;
    settings.backchannel_logout_uri.clone_from(&logout.backchannel_logout_uri);
    settings.backchannel_logout_session_required = logout.backchannel_logout_session_required;
    Ok(())
}

fn flow(flow: &Flow, settings: &mut ClientSettings) {
    settings.application_type = match flow.application_type {
        ApplicationType::Web => ClientType::Web,
        ApplicationType::Native => ClientType::Native,
    };
    settings.redirect_uris.clone_from(&flow.redirect_uris);
    settings.post_logout_redirect_uris.clone_from(&flow.post_logout_redirect_uris);
    settings.response_types.clone_from(&flow.response_types);
    settings.grant_types.clone_from(&flow.grant_types);
    settings.scopes = flow.scope.split_ascii_whitespace().map(str::to_owned).collect();
    settings.initiate_login_uri.clone_from(&flow.initiate_login_uri);
    settings.default_max_age = flow.default_max_age;
    settings.require_auth_time = flow.require_auth_time;
    settings.default_acr_values.clone_from(&flow.default_acr_values);
}

fn proof(proof: &Proof, settings: &mut ClientSettings) -> Result<(), OAuthError> {
    let method = AuthMethod::ALL.into_iter().find(|method| method.as_str() == proof.token_endpoint_auth_method);
    settings.auth_method = method.ok_or_else(|| wrong("token_endpoint_auth_method", "it is not offered"))?;
    settings.token_endpoint_auth_alg = proof.token_endpoint_auth_signing_alg;
    settings.jwks.clone_from(&proof.jwks);
    settings.jwks_uri.clone_from(&proof.jwks_uri);
    settings.tls_client_auth = match proof.certificate.iter().next() {
        Some((member, text)) => Some(subject(member, text.clone())?),
        None => None,
    };
    settings.certificate_bound_access_tokens = proof.tls_client_certificate_bound_access_tokens;
    settings.dpop_bound_access_tokens = proof.dpop_bound_access_tokens;
    Ok(())
}

fn subject(member: &str, text: String) -> Result<CertificateSubject, OAuthError> {
    match member {
        "tls_client_auth_subject_dn" => Ok(CertificateSubject::SubjectDn(text)),
        "tls_client_auth_san_dns" => Ok(CertificateSubject::SanDns(text)),
        "tls_client_auth_san_uri" => Ok(CertificateSubject::SanUri(text)),
        "tls_client_auth_san_ip" => Ok(CertificateSubject::SanIp(text)),
        "tls_client_auth_san_email" => Ok(CertificateSubject::SanEmail(text)),
        other => Err(wrong(other, "it is not offered")),
    }
}

fn messages(messages: &Messages, settings: &mut ClientSettings) -> Result<(), OAuthError> {
    settings.id_token_alg = messages.id_token_signed_response_alg;
    settings.userinfo_alg = messages.userinfo_signed_response_alg;
    settings.authorization_signed_response_alg = messages.authorization_signed_response_alg;
    settings.introspection_alg = messages.introspection_signed_response_alg;
    settings.request_object_alg = messages
        .request_object_signing_alg
        .clone()
        .map(RequestObjectAlg::try_from)
        .transpose()
        .map_err(|reason| wrong("request_object_signing_alg", &reason))?;
    settings.require_signed_request_object = messages.require_signed_request_object;
    settings.require_pushed_requests = messages.require_pushed_authorization_requests;
    settings.request_uris.clone_from(&messages.request_uris);
    settings.subject_type = if messages.subject_type == "pairwise" { SubjectType::Pairwise } else { SubjectType::Public };
    settings.sector_identifier_uri.clone_from(&messages.sector_identifier_uri);
    settings.authorization_details_types.clone_from(&messages.authorization_details_types);
    Ok(())
}

/// The resources that define the details that a client may ask: it reaches these and no others.
pub(super) async fn reach(services: &Services, settings: &mut ClientSettings, now: Millis) -> Result<(), Failure> {
    let types = &settings.authorization_details_types;
    if types.is_empty() {
        return Ok(());
    }
    let all = services.known.resources(&services.store, now).await?;
    let defining = all.iter().filter(|resource| types.iter().any(|kind| resource.details.contains_key(kind)));
    for resource in defining {
        if !settings.resources.contains(&resource.identifier) {
            settings.resources.push(resource.identifier.clone());
        }
    }
    Ok(())
}
