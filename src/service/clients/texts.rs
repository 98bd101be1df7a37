//! The texts of settings, one a library; what they are chosen by is in [`super::snippets`].

use crate::model::client::{AuthMethod, Client};
use std::fmt::Write as _;

/// Where ASP.NET Core answers after a sign-out when nothing else is set.
pub(super) const SIGNED_OUT: &str = "/signout-callback-oidc";

/// What the texts are made of.
pub(super) struct Facts<'a> {
    issuer: &'a str,
    id: &'a str,
    public: bool,
    post: bool,
    redirect: String,
    path: String,
    home: String,
    /// The path that ASP.NET Core itself answers at after a sign-out; its start page cannot be that.
    leave: String,
    scopes: Vec<&'a str>,
    algorithm: &'static str,
    backchannel: bool,
}

impl<'a> Facts<'a> {
    /// Of a client as it is registered.
    pub(super) fn of(client: &'a Client, issuer: &'a str) -> Self {
        let settings = &client.settings;
        let redirect = settings.redirect_uris.first().map_or("https://app.example/callback", String::as_str);
        let parsed = url::Url::parse(redirect).ok();
        let origin = parsed.as_ref().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let home = settings.post_logout_redirect_uris.first().cloned().unwrap_or_else(|| format!("{origin}/"));
        let paths = settings.post_logout_redirect_uris.iter().filter_map(|address| url::Url::parse(address).ok());
        let leave = paths.map(|url| url.path().to_owned()).find(|path| path != "/");
        let known = settings.scopes.iter().map(String::as_str);
        let mut scopes: Vec<&str> = known.filter(|scope| !["openid", "offline_access"].contains(scope)).collect();
        scopes.insert(0, "openid");
        Self {
            issuer,
            id: &client.id,
            public: client.is_public(),
            post: settings.auth_method == AuthMethod::ClientSecretPost,
            path: quoted(parsed.as_ref().map(url::Url::path).unwrap_or_default()),
            redirect: quoted(redirect),
            home: quoted(&home),
            leave: quoted(leave.as_deref().unwrap_or(SIGNED_OUT)),
            scopes,
            algorithm: settings.id_token_alg.as_str(),
            backchannel: settings.backchannel_logout_uri.is_some(),
        }
    }

    fn scope(&self) -> String {
        self.scopes.join(" ")
    }
}

/// An address that ends no string in any of the languages.
fn quoted(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    for letter in address.chars() {
        if ['\'', '"', '`', '$', '\\', '{', '}', '<', '>'].contains(&letter) {
            let _ = write!(out, "%{:02X}", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    out
}

pub(super) fn spring(facts: &Facts<'_>) -> String {
    let method = match (facts.public, facts.post) {
        (true, _) => "none",
        (false, true) => "client_secret_post",
        (false, false) => "client_secret_basic",
    };
    let secret = if facts.public { "" } else { "            client-secret: ${MOTLAN_CLIENT_SECRET}\n" };
    let mut text = format!(
        "spring:
  security:
    oauth2:
      client:
        registration:
          motlan:
            client-id: {id}
{secret}            client-authentication-method: {method}
            authorization-grant-type: authorization_code
            redirect-uri: {redirect}
            scope: {scope}
        provider:
          motlan:
            issuer-uri: {issuer}
            user-name-attribute: sub
",
        id = facts.id,
        redirect = facts.redirect,
        scope = facts.scopes.join(","),
        issuer = facts.issuer,
    );
    let out =
        if facts.backchannel { "            .oidcLogout(logout -> logout.backChannel(Customizer.withDefaults()))\n" } else { "" };
    let _ = write!(
        text,
        "
// SecurityConfig.java
@Bean
SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {{
    var requests = new DefaultOAuth2AuthorizationRequestResolver(clients, \"/oauth2/authorization\");
    requests.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
    var logout = new OidcClientInitiatedLogoutSuccessHandler(clients);
    logout.setPostLogoutRedirectUri(\"{home}\");
    return http
            .authorizeHttpRequests(all -> all.anyRequest().authenticated())
            .oauth2Login(login -> login.authorizationEndpoint(to -> to.authorizationRequestResolver(requests)))
            .logout(out -> out.logoutSuccessHandler(logout))
{out}            .build();
}}
",
        home = facts.home,
    );
    if facts.algorithm != "RS256" && facts.algorithm != "EdDSA" {
        let _ = write!(
            text,
            "
@Bean
JwtDecoderFactory<ClientRegistration> idTokenDecoderFactory() {{
    var factory = new OidcIdTokenDecoderFactory();
    factory.setJwsAlgorithmResolver(client -> SignatureAlgorithm.{algorithm});
    return factory;
}}
",
            algorithm = facts.algorithm,
        );
    }
    text
}

pub(super) fn aspnet(facts: &Facts<'_>) -> String {
    let mut scopes = String::new();
    for scope in &facts.scopes {
        let _ = writeln!(scopes, "        options.Scope.Add(\"{scope}\");");
    }
    let secret =
        if facts.public { "" } else { "        options.ClientSecret = builder.Configuration[\"Motlan:ClientSecret\"];\n" };
    format!(
        "builder.Services
    .AddAuthentication(options =>
    {{
        options.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        options.DefaultChallengeScheme = OpenIdConnectDefaults.AuthenticationScheme;
    }})
    .AddCookie()
    .AddOpenIdConnect(options =>
    {{
        options.Authority = \"{issuer}\";
        options.ClientId = \"{id}\";
{secret}        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.CallbackPath = \"{path}\";
        options.SignedOutCallbackPath = \"{leave}\";
        options.Scope.Clear();
{scopes}        options.GetClaimsFromUserInfoEndpoint = true;
        options.SaveTokens = true;
        options.MapInboundClaims = false;
        options.ClaimActions.MapJsonKey(\"roles\", \"roles\");
        options.ClaimActions.MapJsonKey(\"unit_code\", \"unit_code\");
        options.TokenValidationParameters.NameClaimType = \"name\";
        options.TokenValidationParameters.RoleClaimType = \"roles\";
    }});
",
        issuer = facts.issuer,
        id = facts.id,
        path = facts.path,
        leave = facts.leave,
    )
}

pub(super) fn php(facts: &Facts<'_>) -> String {
    let secret = if facts.public { "null" } else { "getenv('MOTLAN_CLIENT_SECRET')" };
    let rest: Vec<String> = facts.scopes.iter().filter(|scope| **scope != "openid").map(|scope| format!("'{scope}'")).collect();
    let method = if facts.post { "$oidc->setTokenEndpointAuthMethodsSupported(['client_secret_post']);\n" } else { "" };
    format!(
        "<?php
// composer require jumbojett/openid-connect-php
require __DIR__ . '/vendor/autoload.php';

use Jumbojett\\OpenIDConnectClient;

$oidc = new OpenIDConnectClient('{issuer}', '{id}', {secret});
$oidc->setRedirectURL('{redirect}');
$oidc->setCodeChallengeMethod('S256');
$oidc->addScope([{rest}]);
{method}$oidc->authenticate();

$sub = $oidc->getVerifiedClaims('sub');
$user = $oidc->requestUserInfo();
$_SESSION['id_token'] = $oidc->getIdToken();

// $oidc->signOut($_SESSION['id_token'], '{home}');
",
        issuer = facts.issuer,
        id = facts.id,
        redirect = facts.redirect,
        rest = rest.join(", "),
        home = facts.home,
    )
}

pub(super) fn node(facts: &Facts<'_>) -> String {
    let method = match (facts.public, facts.post) {
        (true, _) => "client.None()".to_owned(),
        (false, true) => "client.ClientSecretPost(process.env.MOTLAN_CLIENT_SECRET)".to_owned(),
        (false, false) => "client.ClientSecretBasic(process.env.MOTLAN_CLIENT_SECRET)".to_owned(),
    };
    format!(
        "// npm install openid-client
import * as client from 'openid-client';

const config = await client.discovery(
  new URL('{issuer}'),
  '{id}',
  {{ id_token_signed_response_alg: '{algorithm}' }},
  {method},
);

export async function begin(session) {{
  session.verifier = client.randomPKCECodeVerifier();
  session.state = client.randomState();
  session.nonce = client.randomNonce();
  return client.buildAuthorizationUrl(config, {{
    redirect_uri: '{redirect}',
    scope: '{scope}',
    code_challenge: await client.calculatePKCECodeChallenge(session.verifier),
    code_challenge_method: 'S256',
    state: session.state,
    nonce: session.nonce,
  }});
}}

export async function finish(session, currentUrl) {{
  const tokens = await client.authorizationCodeGrant(config, currentUrl, {{
    pkceCodeVerifier: session.verifier,
    expectedState: session.state,
    expectedNonce: session.nonce,
  }});
  const {{ sub }} = tokens.claims();
  session.idToken = tokens.id_token;
  return client.fetchUserInfo(config, tokens.access_token, sub);
}}

export function leave(session) {{
  return client.buildEndSessionUrl(config, {{
    id_token_hint: session.idToken,
    post_logout_redirect_uri: '{home}',
  }});
}}
",
        issuer = facts.issuer,
        id = facts.id,
        algorithm = facts.algorithm,
        redirect = facts.redirect,
        scope = facts.scope(),
        home = facts.home,
    )
}

pub(super) fn apache(facts: &Facts<'_>) -> String {
    let method = match (facts.public, facts.post) {
        (true, _) => "none",
        (false, true) => "client_secret_post",
        (false, false) => "client_secret_basic",
    };
    let secret = if facts.public { "" } else { "OIDCClientSecret \"exec:/bin/cat /etc/apache2/motlan.secret\"\n" };
    format!(
        "OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {id}
{secret}OIDCProviderTokenEndpointAuth {method}
OIDCRedirectURI {redirect}
OIDCCryptoPassphrase \"exec:/bin/cat /etc/apache2/motlan.passphrase\"
OIDCResponseType code
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg {algorithm}
OIDCScope \"{scope}\"
OIDCRemoteUserClaim sub
OIDCDefaultLoggedOutURL {home}

<Location />
    AuthType openid-connect
    Require valid-user
</Location>
",
        issuer = facts.issuer,
        id = facts.id,
        redirect = facts.redirect,
        algorithm = facts.algorithm,
        scope = facts.scope(),
        home = facts.home,
    )
}

pub(super) fn plain(facts: &Facts<'_>) -> String {
    let method = match (facts.public, facts.post) {
        (true, _) => "none",
        (false, true) => "client_secret_post",
        (false, false) => "client_secret_basic",
    };
    format!(
        "issuer = {issuer}
discovery = {issuer}/.well-known/openid-configuration
client_id = {id}
token_endpoint_auth_method = {method}
redirect_uri = {redirect}
post_logout_redirect_uri = {home}
response_type = code
code_challenge_method = S256
scope = {scope}
id_token_signed_response_alg = {algorithm}
",
        issuer = facts.issuer,
        id = facts.id,
        redirect = facts.redirect,
        home = facts.home,
        scope = facts.scope(),
        algorithm = facts.algorithm,
    )
}
