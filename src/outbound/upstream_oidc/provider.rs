//! What is known of a provider: its endpoints (OpenID Connect Discovery §3), and the addresses that lead people there
//! (OpenID Connect Core §3.1.2.1, RP-Initiated Logout 1.0 §2).

use super::{UpstreamError, issuer, redirect};
use crate::model::legacy_source::OidcSettings;
use openidconnect::core::{CoreAuthPrompt, CoreClient, CoreIdToken, CoreJsonWebKeySet, CoreResponseType};
use openidconnect::{
    AuthUrl, AuthenticationContextClass, AuthenticationFlow, ClientId, CsrfToken, EndSessionUrl, LoginHint, LogoutRequest, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, Scope,
};
use std::time::Duration;
use url::Url;

/// Addresses of pages are no longer than servers take, with room for the rest.
const LONGEST_HINT: usize = 4_000;

/// A provider with its endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The issuer that is set.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where more claims are.
    pub userinfo_endpoint: Option<String>,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where people sign out.
    pub end_session_endpoint: Option<String>,
    /// It names itself in its answers (RFC 9207 §3): one that does not is not its.
    pub names_itself: bool,
}

/// What a provider says of itself, as far as it is looked at.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    jwks_uri: Option<String>,
    end_session_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// A request that sends somebody to a provider.
pub struct Asking<'a> {
    /// What is set of it.
    pub settings: &'a OidcSettings,
    /// Where the answer comes to.
    pub redirect_uri: &'a str,
    /// The state.
    pub state: &'a str,
    /// The nonce.
    pub nonce: &'a str,
    /// The code verifier, where the provider knows challenges.
    pub verifier: Option<&'a str>,
    /// Who is meant, as they typed it.
    pub login_hint: Option<&'a str>,
    /// The person is to prove themselves anew.
    pub fresh: bool,
}

/// The address of what an issuer says of itself.
pub fn discovery_address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// True for a page on the web, in clear only where the issuer itself is: a browser follows whatever it is led to, and what
/// a provider says of itself is looked at by nobody before.
fn is_page(address: &str, issuer: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let fits = match url.scheme() {
        "https" => true,
        "http" => issuer.starts_with("http://"),
        _ => false,
    };
    fits && url.has_host() && url.username().is_empty() && url.password().is_none()
}

impl Provider {
    /// The endpoints that are set count before those that the provider says.
    pub(super) fn of(settings: &OidcSettings, metadata: Option<&Metadata>) -> Result<Self, UpstreamError> {
        let needed = |set: Option<&String>, said: Option<&String>, missing: &'static str| {
            set.or(said).cloned().ok_or(UpstreamError::Settings(missing))
        };
        let said = |member: fn(&Metadata) -> Option<&String>| metadata.and_then(member);
        // Others are called by us, and the way out looks at each before it does.
        let page = |member: fn(&Metadata) -> Option<&String>| said(member).filter(|address| is_page(address, &settings.issuer));
        Ok(Self {
            issuer: settings.issuer.clone(),
            authorization_endpoint: needed(
                settings.authorization_endpoint.as_ref(),
                page(|metadata| metadata.authorization_endpoint.as_ref()),
                "there is no authorization_endpoint",
            )?,
            token_endpoint: needed(
                settings.token_endpoint.as_ref(),
                said(|metadata| metadata.token_endpoint.as_ref()),
                "there is no token_endpoint",
            )?,
            userinfo_endpoint: settings
                .userinfo_endpoint
                .as_ref()
                .or(said(|metadata| metadata.userinfo_endpoint.as_ref()))
                .cloned(),
            jwks_uri: needed(settings.jwks_uri.as_ref(), said(|metadata| metadata.jwks_uri.as_ref()), "there is no jwks_uri")?,
            end_session_endpoint: settings
                .end_session_endpoint
                .as_ref()
                .or(page(|metadata| metadata.end_session_endpoint.as_ref()))
                .cloned(),
            names_itself: metadata.is_some_and(|metadata| metadata.authorization_response_iss_parameter_supported),
        })
    }

    /// The address that sends somebody there.
    pub fn authorization_address(&self, asking: &Asking<'_>) -> Result<String, UpstreamError> {
        let settings = asking.settings;
        let client = CoreClient::new(ClientId::new(settings.client_id.clone()), issuer(settings)?, CoreJsonWebKeySet::default())
            .set_auth_uri(
                AuthUrl::new(self.authorization_endpoint.clone())
                    .map_err(|_| UpstreamError::Settings("authorization_endpoint is no address"))?,
            )
            .set_redirect_uri(redirect(asking.redirect_uri)?);
        let (state, nonce) = (asking.state.to_owned(), asking.nonce.to_owned());
        let mut request = client.authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        // The library asks for openid by itself.
        for scope in settings.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for acr in &settings.acr_values {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        if let Some(verifier) = asking.verifier {
            let verifier = PkceCodeVerifier::new(verifier.to_owned());
            request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        }
        if let Some(hint) = asking.login_hint {
            request = request.set_login_hint(LoginHint::new(hint.to_owned()));
        }
        if asking.fresh {
            // The age makes auth_time obligatory (OpenID Connect Core §3.1.2.1): a prompt alone tells nobody what came of it.
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        if settings.form_post {
            request = request.add_extra_param("response_mode", "form_post");
        }
        let (address, _, _) = request.url();
        Ok(address.to_string())
    }

    /// The address that signs somebody out there; nothing where there is none.
    pub fn logout_address(&self, settings: &OidcSettings, id_token: Option<&str>, back: &str) -> Option<String> {
        let end_session = EndSessionUrl::new(self.end_session_endpoint.clone()?).ok()?;
        let mut request = LogoutRequest::from(end_session).set_client_id(ClientId::new(settings.client_id.clone()));
        // A token that makes the address too long for others is left out: the person is asked there.
        let hint = id_token.filter(|token| token.len() <= LONGEST_HINT).and_then(|token| token.parse::<CoreIdToken>().ok());
        if let Some(hint) = &hint {
            request = request.set_id_token_hint(hint);
        }
        if let Ok(back) = PostLogoutRedirectUrl::new(back.to_owned()) {
            request = request.set_post_logout_redirect_uri(back);
        }
        Some(request.http_get_url().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> OidcSettings {
        OidcSettings {
            issuer: "https://cu.example".to_owned(),
            client_id: "motlan".to_owned(),
            discovery: false,
            authorization_endpoint: Some("https://cu.example/auth?kenh=web".to_owned()),
            token_endpoint: Some("https://cu.example/token".to_owned()),
            jwks_uri: Some("https://cu.example/keys".to_owned()),
            ..OidcSettings::default()
        }
    }

    fn said(authorization: &str, end_session: &str) -> Metadata {
        Metadata {
            issuer: "https://cu.example".to_owned(),
            authorization_endpoint: Some(authorization.to_owned()),
            token_endpoint: None,
            userinfo_endpoint: Some("https://cu.example/userinfo".to_owned()),
            jwks_uri: None,
            end_session_endpoint: Some(end_session.to_owned()),
            authorization_response_iss_parameter_supported: true,
        }
    }

    fn address(settings: &OidcSettings, verifier: Option<&str>, fresh: bool) -> String {
        let provider = Provider::of(settings, None).expect("endpoints");
        let asking = Asking {
            settings,
            redirect_uri: "https://id.example/signin/federation/bd/callback",
            state: "st",
            nonce: "nn",
            verifier,
            login_hint: Some("an.nv"),
            fresh,
        };
        provider.authorization_address(&asking).expect("an address")
    }

    #[test]
    fn a_request_holds_what_the_settings_say() {
        let plain = address(&settings(), None, false);
        let held = ["kenh=web", "response_type=code", "client_id=motlan", "state=st", "nonce=nn", "login_hint=an.nv"];
        assert!(held.iter().all(|part| plain.contains(part)), "{plain}");
        assert_eq!(plain.matches("openid").count(), 1, "{plain}");
        for left_out in ["code_challenge", "prompt", "max_age", "response_mode"] {
            assert!(!plain.contains(left_out), "{plain}");
        }

        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let more = OidcSettings { form_post: true, acr_values: vec!["LoA2".to_owned()], ..settings() };
        let more = address(&more, Some(verifier), true);
        let held = [
            "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method=S256",
            "prompt=login",
            "max_age=0",
            "response_mode=form_post",
            "acr_values=LoA2",
        ];
        assert!(held.iter().all(|part| more.contains(part)) && !more.contains(verifier), "{more}");
    }

    #[test]
    fn endpoints_that_are_set_count_before_those_that_are_said() {
        let said = said("https://cu.example/said", "https://cu.example/logout");
        let set = OidcSettings { authorization_endpoint: None, ..settings() };

        let provider = Provider::of(&set, Some(&said)).expect("endpoints");

        assert_eq!(provider.authorization_endpoint, "https://cu.example/said");
        assert_eq!(provider.token_endpoint, "https://cu.example/token");
        assert_eq!(provider.userinfo_endpoint.as_deref(), Some("https://cu.example/userinfo"));
        assert_eq!(provider.end_session_endpoint.as_deref(), Some("https://cu.example/logout"));
        assert!(provider.names_itself);
        assert!(Provider::of(&OidcSettings { jwks_uri: None, ..set }, Some(&said)).is_err());
    }

    #[test]
    fn people_are_led_to_pages_on_the_web_and_nowhere_else() {
        let set = OidcSettings { authorization_endpoint: None, ..settings() };
        let (page, script) = ("https://cu.example/auth", "javascript:alert(1)");
        assert!(Provider::of(&set, Some(&said(script, page))).is_err());
        assert_eq!(Provider::of(&set, Some(&said(page, script))).map(|provider| provider.end_session_endpoint), Ok(None));
        let (secure, clear) = ("https://cu.example", "http://127.0.0.1:8080");
        let table = [
            ("https://khac.example/auth?kenh=web", secure, true),
            ("https://khac.example/auth", clear, true),
            ("http://cu.example/auth", secure, false),
            ("http://127.0.0.1:8080/auth", clear, true),
            ("javascript:alert(1)", secure, false),
            ("data:text/html,xin", clear, false),
            ("ftp://cu.example/auth", secure, false),
            ("https://cu.example@khac.example/auth", secure, false),
            ("//cu.example/auth", secure, false),
            ("/auth", secure, false),
            ("", secure, false),
        ];
        for (address, issuer, fine) in table {
            assert_eq!(is_page(address, issuer), fine, "{address} of {issuer}");
        }
    }

    #[test]
    fn what_an_issuer_says_of_itself_has_a_known_address() {
        assert_eq!(discovery_address("https://cu.example/sso/"), "https://cu.example/sso/.well-known/openid-configuration");
    }
}
