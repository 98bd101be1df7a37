//! What may be registered: every refusal is one sentence that says how to mend it.

use super::{AuthMethod, Client, ClientType, Entry, LONGEST_ENTRY_CONTACT, Profile, RequestObjectAlg, SubjectType, is_client_id};
use crate::model::legacy_source::is_source_id;
use crate::model::resource::Resource;
use crate::protocol::jws::Algorithm;
use crate::protocol::redirect_uri::{self, For};
use crate::protocol::response_type::ResponseType;
use crate::protocol::scope;

/// More old systems than the city had.
const MOST_SOURCES: usize = 20;

const GRANTS: [&str; 4] = ["authorization_code", "refresh_token", "client_credentials", "implicit"];

impl Client {
    /// Says in one sentence why a registration cannot be, or nothing.
    pub fn refuse(&self, resources: &[Resource]) -> Option<String> {
        if !is_client_id(&self.id) {
            return Some("a client id is 1 to 64 letters, digits and -._~".to_owned());
        }
        if self.name.trim().is_empty() || self.name.chars().count() > 120 || crate::base::text::has_control(&self.name) {
            return Some("a client has a name of at most 120 characters".to_owned());
        }
        self.refuse_addresses()
            .or_else(|| self.refuse_frame())
            .or_else(|| self.refuse_grants())
            .or_else(|| self.refuse_proof())
            .or_else(|| self.refuse_profile())
            .or_else(|| self.refuse_past())
            .or_else(|| self.refuse_entry())
            .or_else(|| self.refuse_reach(resources))
    }

    /// What it keeps of old systems. Whether there are such systems is for the records to say.
    fn refuse_past(&self) -> Option<String> {
        let settings = &self.settings;
        if settings.dynamic && settings.named_sources().next().is_some() {
            return Some("a client that registered itself is told nothing of old systems".to_owned());
        }
        let named = &settings.legacy_sources;
        if let Some(other) = named.iter().find(|source| !is_source_id(source)) {
            return Some(format!("{other:?} is no old system: `motlan source list` names them"));
        }
        let twice = named.iter().enumerate().any(|(place, source)| named[..place].contains(source));
        (twice || named.len() > MOST_SOURCES)
            .then(|| format!("a client belongs to at most {MOST_SOURCES} old systems, each named once"))
    }

    /// Who may enter: somebody may, and the line that says whom to ask can be read.
    fn refuse_entry(&self) -> Option<String> {
        let settings = &self.settings;
        if settings.entry == Entry::WithRole && settings.roles.is_empty() {
            return Some("a client that only people with its roles may enter declares roles: --role".to_owned());
        }
        let contact = settings.entry_contact.as_ref()?;
        let wrong = contact.trim().is_empty()
            || contact.chars().count() > LONGEST_ENTRY_CONTACT
            || crate::base::text::has_control(contact);
        wrong.then(|| format!("whom to ask is said in a line of at most {LONGEST_ENTRY_CONTACT} characters"))
    }

    fn refuse_addresses(&self) -> Option<String> {
        let settings = &self.settings;
        let kind = if settings.application_type == ClientType::Native { For::Native } else { For::Web };
        for uri in settings.redirect_uris.iter().chain(&settings.post_logout_redirect_uris) {
            if let Some(reason) = redirect_uri::refuse(uri, kind) {
                return Some(format!("{uri}: {reason}"));
            }
        }
        if let Some(uri) = settings.redirect_uris.iter().find(|uri| redirect_uri::holds_answer(uri)) {
            return Some(format!("{uri}: its query holds a parameter of the answer, which would then stand there twice"));
        }
        let single = [
            &settings.backchannel_logout_uri,
            &settings.frontchannel_logout_uri,
            &settings.home_uri,
            &settings.initiate_login_uri,
            &settings.jwks_uri,
            &settings.sector_identifier_uri,
            &settings.client_uri,
            &settings.policy_uri,
            &settings.tos_uri,
        ];
        // What a request object's address says after `#` only names its version (OpenID Connect Registration §2).
        let objects = settings.request_uris.iter().map(|uri| uri.split('#').next().unwrap_or_default());
        for uri in single.into_iter().flatten().map(String::as_str).chain(objects) {
            if let Some(reason) = redirect_uri::refuse(uri, For::Web) {
                return Some(format!("{uri}: {reason}"));
            }
        }
        let plain = settings.redirect_uris.iter().any(|uri| redirect_uri::origin_or_scheme(uri).starts_with("http://"));
        let implicit = settings.response_types.iter().filter_map(|kind| ResponseType::parse(kind)).any(ResponseType::is_implicit);
        if plain && settings.application_type != ClientType::Native && (implicit || settings.profile.is_fapi2()) {
            // OpenID Connect Core §3.2.2.1, FAPI 2.0 §5.3.2.2.
            return Some(
                "with the implicit flow or FAPI 2.0 a redirect URI uses https (http only for a native application)".to_owned(),
            );
        }
        let interactive = settings.grant_types.iter().any(|grant| grant == "authorization_code" || grant == "implicit");
        (interactive && settings.redirect_uris.is_empty())
            .then(|| "a client that people sign in to needs at least one --redirect-uri".to_owned())
    }

    /// What browsers load in a frame is of an origin that people are led to anyway (Front-Channel Logout 1.0 §2).
    fn refuse_frame(&self) -> Option<String> {
        let frame = self.settings.frontchannel_logout_uri.as_ref()?;
        let origin = redirect_uri::origin_or_scheme(frame);
        if !self.settings.redirect_uris.iter().any(|uri| redirect_uri::origin_or_scheme(uri) == origin) {
            return Some(format!("{frame}: scheme, host and port are those of a redirect URI"));
        }
        redirect_uri::holds_session(frame).then(|| format!("{frame}: its query leaves iss and sid to the sign-out"))
    }

    fn refuse_grants(&self) -> Option<String> {
        let settings = &self.settings;
        if let Some(other) = settings.grant_types.iter().find(|grant| !GRANTS.contains(&grant.as_str())) {
            return Some(format!("the grant type {other} is not offered: use {}", GRANTS.join(", ")));
        }
        if let Some(other) = settings.response_types.iter().find(|kind| ResponseType::parse(kind).is_none()) {
            return Some(format!("the response type {other} is not offered: use code, id_token or id_token token"));
        }
        let parsed = settings.response_types.iter().filter_map(|kind| ResponseType::parse(kind));
        if let Some(kind) = parsed.into_iter().find(|kind| kind.is_implicit())
            && !settings.grant_types.iter().any(|grant| grant == "implicit")
        {
            return Some(format!("the response type {} needs the grant type implicit", kind.as_str()));
        }
        let own = settings.grant_types.iter().any(|grant| grant == "client_credentials");
        if own && self.is_public() {
            return Some("client_credentials is for a client that proves itself (RFC 6749 section 4.4)".to_owned());
        }
        if settings.application_type == ClientType::Service
            && settings.grant_types.iter().any(|grant| grant == "authorization_code" || grant == "implicit")
        {
            return Some("a service has no person to sign in: use --grant-type client_credentials".to_owned());
        }
        None
    }

    fn refuse_proof(&self) -> Option<String> {
        let settings = &self.settings;
        let exposed = matches!(settings.application_type, ClientType::Spa | ClientType::Native);
        if exposed && settings.auth_method.uses_secret() {
            return Some("an application on a device or in a browser keeps no secret: use --auth none".to_owned());
        }
        if settings.jwks.is_some() && settings.jwks_uri.is_some() {
            return Some("keys come by value or by address, not both (RFC 7591 section 2)".to_owned());
        }
        let has_keys = settings.jwks.is_some() || settings.jwks_uri.is_some();
        let signs = matches!(settings.request_object_alg, Some(RequestObjectAlg::Signed(_)))
            || settings.require_signed_request_object
            || self.signs_messages();
        if (settings.auth_method.uses_keys() || signs) && !has_keys {
            return Some("its keys must be known: --jwks FILE or --jwks-uri".to_owned());
        }
        if settings.auth_method == AuthMethod::TlsClientAuth && settings.tls_client_auth.is_none() {
            return Some("tls_client_auth needs the certificate's subject: --tls-subject-dn or --tls-san-dns".to_owned());
        }
        if let Some(reason) = settings.tls_client_auth.as_ref().and_then(super::CertificateSubject::refuse) {
            return Some(reason.to_owned());
        }
        let pairwise = settings.subject_type == SubjectType::Pairwise && settings.sector_identifier_uri.is_none();
        if pairwise && hosts(&settings.redirect_uris).len() > 1 {
            return Some("pairwise subjects for several hosts need --sector-identifier-uri".to_owned());
        }
        if settings.minimum_level.is_some_and(|level| !(1..=4).contains(&level)) {
            return Some("a level is 1 to 4".to_owned());
        }
        None
    }

    /// FAPI 2.0 Security Profile §5.3 and §5.4.
    pub fn refuse_profile(&self) -> Option<String> {
        let settings = &self.settings;
        if settings.profile == Profile::None {
            return None;
        }
        if !settings.auth_method.uses_keys() && !settings.auth_method.uses_certificate() {
            return Some("FAPI 2.0 allows private_key_jwt and mutual TLS only".to_owned());
        }
        let unfit = |algorithm: Algorithm| !Algorithm::FAPI2.contains(&algorithm);
        let optional = [settings.userinfo_alg, settings.introspection_alg, settings.token_endpoint_auth_alg];
        let request = match settings.request_object_alg {
            Some(RequestObjectAlg::None) => return Some("FAPI 2.0 knows no unsigned request objects".to_owned()),
            Some(RequestObjectAlg::Signed(algorithm)) => Some(algorithm),
            None => None,
        };
        let always = [settings.id_token_alg, settings.access_token_alg, settings.authorization_signed_response_alg];
        if always.into_iter().chain(optional.into_iter().flatten()).chain(request).any(unfit) {
            return Some("FAPI 2.0 allows PS256, ES256 and EdDSA only".to_owned());
        }
        if settings.response_types.iter().any(|kind| kind != "code") {
            return Some("FAPI 2.0 knows the response type code only".to_owned());
        }
        None
    }

    fn refuse_reach(&self, resources: &[Resource]) -> Option<String> {
        let settings = &self.settings;
        let mut reached = Vec::new();
        for asked in &settings.resources {
            match resources.iter().find(|resource| resource.identifier == *asked) {
                Some(resource) => reached.push(resource),
                None => return Some(format!("the resource {asked} is not registered: `motlan resource add` does")),
            }
        }
        let known = |scope: &str| {
            scope::ALL.contains(&scope) || reached.iter().any(|resource| resource.scopes.iter().any(|own| own == scope))
        };
        if let Some(other) = settings.scopes.iter().find(|scope| !known(scope)) {
            return Some(format!("the scope {other} is unknown: neither the provider's own nor of a resource that it reaches"));
        }
        let understood = |kind: &String| reached.iter().any(|resource| resource.details.contains_key(kind));
        let other = settings.authorization_details_types.iter().find(|kind| !understood(kind));
        other.map(|kind| format!("no resource that it reaches understands authorization details of type {kind}"))
    }
}

/// The different hosts of addresses.
pub(super) fn hosts(addresses: &[String]) -> std::collections::BTreeSet<String> {
    addresses.iter().map(|address| redirect_uri::host(address)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::client;
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_registered_says_why() {
        type Change = fn(&mut Client);
        let table: [(&str, Change); 35] = [
            ("client id", |client| client.id = "a b".to_owned()),
            ("name", |client| client.name = " ".to_owned()),
            ("name", |client| client.name = "a".repeat(121)),
            ("name", |client| client.name = "a\u{7}".to_owned()),
            ("https", |client| client.settings.redirect_uris = vec!["http://a.example/cb".to_owned()]),
            ("stand there twice", |client| client.settings.redirect_uris = vec!["https://a.example/cb?state=1".to_owned()]),
            ("https", |client| client.settings.post_logout_redirect_uris = vec!["http://a.example/".to_owned()]),
            ("https", |client| client.settings.initiate_login_uri = Some("http://a.example/".to_owned())),
            ("https", |client| client.settings.request_uris = vec!["http://a.example/r#1".to_owned()]),
            ("--redirect-uri", |client| client.settings.redirect_uris.clear()),
            ("not offered", |client| client.settings.grant_types = vec!["password".to_owned()]),
            ("not offered", |client| client.settings.response_types = vec!["code token".to_owned()]),
            ("needs the grant type implicit", |client| client.settings.response_types = vec!["id_token".to_owned()]),
            ("keeps no secret", |client| client.settings.application_type = ClientType::Spa),
            ("proves itself", |client| {
                client.settings.auth_method = AuthMethod::None;
                client.settings.grant_types.push("client_credentials".to_owned());
            }),
            ("no person", |client| client.settings.application_type = ClientType::Service),
            ("not both", |client| {
                client.settings.jwks = Some(json!({}));
                client.settings.jwks_uri = Some("https://a.example/jwks".to_owned());
            }),
            ("must be known", |client| client.settings.auth_method = AuthMethod::PrivateKeyJwt),
            ("must be known", |client| client.settings.require_signed_request_object = true),
            ("subject", |client| client.settings.auth_method = AuthMethod::TlsClientAuth),
            ("--sector-identifier-uri", |client| {
                client.settings.subject_type = SubjectType::Pairwise;
                client.settings.redirect_uris.push("https://b.example/cb".to_owned());
            }),
            ("a level", |client| client.settings.minimum_level = Some(5)),
            ("registered itself", |client| {
                client.settings.dynamic = true;
                client.settings.legacy_sources = vec!["bd".to_owned()];
            }),
            ("old system", |client| client.settings.legacy_sources = vec!["Bình Dương".to_owned()]),
            ("named once", |client| client.settings.legacy_sources = vec!["bd".to_owned(), "bd".to_owned()]),
            ("declares roles", |client| {
                client.settings.entry = Entry::WithRole;
                client.settings.roles.clear();
            }),
            ("whom to ask", |client| client.settings.entry_contact = Some(" ".to_owned())),
            ("whom to ask", |client| client.settings.entry_contact = Some("a".repeat(201))),
            ("whom to ask", |client| client.settings.entry_contact = Some("a\u{7}".to_owned())),
            ("mutual TLS", |client| client.settings.profile = Profile::Fapi2),
            ("PS256", |client| {
                fapi(client);
                client.settings.id_token_alg = Algorithm::Rs256;
            }),
            ("unsigned", |client| {
                fapi(client);
                client.settings.request_object_alg = Some(RequestObjectAlg::None);
            }),
            ("not registered", |client| client.settings.resources = vec!["https://api.example".to_owned()]),
            ("scope", |client| client.settings.scopes = vec!["ho_so.doc".to_owned()]),
            ("authorization details", |client| client.settings.authorization_details_types = vec!["x".to_owned()]),
        ];
        assert_eq!(client().refuse(&[]), None);
        for (words, change) in table {
            let mut client = client();
            change(&mut client);
            let reason = client.refuse(&[]);
            assert!(reason.as_ref().is_some_and(|reason| reason.contains(words)), "{words}: {reason:?}");
        }
    }

    fn fapi(client: &mut Client) {
        client.settings.profile = Profile::Fapi2;
        client.settings.auth_method = AuthMethod::PrivateKeyJwt;
        client.settings.jwks = Some(json!({"keys": []}));
    }

    #[test]
    fn a_client_of_fapi_2_and_one_without_a_person_can_be_registered() {
        let mut strict = client();
        fapi(&mut strict);
        assert_eq!(strict.refuse(&[]), None);
        assert!(strict.demands_pushed_requests() && strict.demands_bound_tokens() && strict.demands_pkce());

        let mut service = client();
        service.settings.application_type = ClientType::Service;
        service.settings.grant_types = vec!["client_credentials".to_owned()];
        service.settings.redirect_uris.clear();
        assert_eq!(service.refuse(&[]), None);
    }

    #[test]
    fn a_resource_brings_its_scopes_and_details() {
        let resource: Resource = serde_json::from_value(json!({
            "identifier": "https://api.example", "name": "API", "scopes": ["ho_so.doc"],
            "details": {"ho_so": {"required": ["identifier"], "optional": []}},
        }))
        .expect("a resource");
        let mut client = client();
        client.settings.scopes = vec!["ho_so.doc".to_owned()];
        client.settings.authorization_details_types = vec!["ho_so".to_owned()];
        assert!(client.refuse(std::slice::from_ref(&resource)).is_some());
        client.settings.resources = vec!["https://api.example".to_owned()];
        assert_eq!(client.refuse(&[resource]), None);
    }
}
