//! Settings that a developer pastes into their own system, made from what a client is registered with.
//!
//! Each text names the options as the library names them today. Two libraries
//! decide something for the registration: ASP.NET Core sends the secret in the
//! body, and Spring Security and the PHP library expect ID tokens signed with
//! RS256 unless told otherwise.

use super::texts::{self, Facts};
use crate::model::client::{AuthMethod, Client, ClientSettings};
use crate::protocol::jws::Algorithm;

/// What a system is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framework {
    /// Spring Boot with Spring Security.
    Spring,
    /// ASP.NET Core.
    AspNet,
    /// PHP with `jumbojett/openid-connect-php`.
    Php,
    /// Node.js with `openid-client`.
    Node,
    /// Apache httpd with `mod_auth_openidc`.
    Apache,
    /// Anything else that speaks OpenID Connect.
    #[default]
    Other,
}

impl Framework {
    /// All of them, as the form lists them.
    pub const ALL: [Self; 6] = [Self::Spring, Self::AspNet, Self::Php, Self::Node, Self::Apache, Self::Other];

    /// The word of forms and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Spring => "spring",
            Self::AspNet => "aspnet",
            Self::Php => "php",
            Self::Node => "node",
            Self::Apache => "apache",
            Self::Other => "other",
        }
    }

    /// Reads [`Framework::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|framework| framework.word() == word)
    }

    /// Its own name; nothing for anything else.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Spring => Some("Spring Boot"),
            Self::AspNet => Some("ASP.NET Core"),
            Self::Php => Some("PHP (jumbojett/openid-connect-php)"),
            Self::Node => Some("Node.js (openid-client)"),
            Self::Apache => Some("Apache (mod_auth_openidc)"),
            Self::Other => None,
        }
    }

    /// The file that the text goes into.
    pub fn file(self) -> &'static str {
        match self {
            Self::Spring => "application.yml, SecurityConfig.java",
            Self::AspNet => "Program.cs",
            Self::Php => "login.php",
            Self::Node => "auth.mjs",
            Self::Apache => "auth_openidc.conf",
            Self::Other => "",
        }
    }

    /// Where answers come when nothing else is set there: its path under the system's own address.
    pub fn callback_path(self) -> &'static str {
        match self {
            Self::Spring => "/login/oauth2/code/motlan",
            Self::AspNet => "/signin-oidc",
            Self::Php => "/login.php",
            Self::Apache => "/oidc/callback",
            Self::Node | Self::Other => "/callback",
        }
    }

    /// Where it takes logout tokens, if it does without code of one's own.
    pub fn backchannel_path(self) -> Option<&'static str> {
        match self {
            Self::Spring => Some("/logout/connect/back-channel/motlan"),
            Self::Apache => Some("/oidc/callback?logout=backchannel"),
            Self::AspNet | Self::Php | Self::Node | Self::Other => None,
        }
    }

    /// Where it answers after a sign-out, if that is a page of its own.
    pub fn signed_out_path(self) -> Option<&'static str> {
        match self {
            Self::AspNet => Some(texts::SIGNED_OUT),
            Self::Spring | Self::Php | Self::Node | Self::Apache | Self::Other => None,
        }
    }

    /// Sets what it needs of a registration.
    pub(super) fn suit(self, settings: &mut ClientSettings) {
        match self {
            Self::AspNet => settings.auth_method = AuthMethod::ClientSecretPost,
            Self::Spring | Self::Php => settings.id_token_alg = Algorithm::Rs256,
            Self::Node | Self::Apache | Self::Other => {}
        }
    }

    /// What it could not work with in a registration.
    pub fn misfits(self, client: &Client) -> Vec<Misfit> {
        let settings = &client.settings;
        let mut found = Vec::new();
        let secret = settings.auth_method.uses_secret();
        if !secret && !client.is_public() {
            found.push(Misfit::NoSecret);
        }
        if self == Self::AspNet && settings.auth_method == AuthMethod::ClientSecretBasic {
            found.push(Misfit::SecretInHeader);
        }
        let verifies = match self {
            Self::Php => matches!(settings.id_token_alg, Algorithm::Rs256 | Algorithm::Ps256),
            Self::Spring | Self::AspNet | Self::Apache => settings.id_token_alg != Algorithm::EdDsa,
            Self::Node | Self::Other => true,
        };
        if !verifies {
            found.push(Misfit::Algorithm);
        }
        let own_page = |address: &String| url::Url::parse(address).is_ok_and(|url| url.path() != "/");
        if self.signed_out_path().is_some() && !settings.post_logout_redirect_uris.iter().any(own_page) {
            found.push(Misfit::SignedOut);
        }
        found
    }

    /// The text.
    pub fn text(self, client: &Client, issuer: &str) -> String {
        let facts = Facts::of(client, issuer);
        match self {
            Self::Spring => texts::spring(&facts),
            Self::AspNet => texts::aspnet(&facts),
            Self::Php => texts::php(&facts),
            Self::Node => texts::node(&facts),
            Self::Apache => texts::apache(&facts),
            Self::Other => texts::plain(&facts),
        }
    }
}

/// Why a text does not fit a registration as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// The client proves itself by a key or a certificate, of which the text says nothing.
    NoSecret,
    /// The library sends the secret in the body, and the client is registered for the header.
    SecretInHeader,
    /// The library cannot verify what ID tokens are signed with.
    Algorithm,
    /// The page at which the library answers after a sign-out is not registered.
    SignedOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(change: impl FnOnce(&mut ClientSettings)) -> Client {
        let mut settings = ClientSettings {
            redirect_uris: vec!["https://tthc.example/cb".to_owned()],
            post_logout_redirect_uris: vec!["https://tthc.example/ra".to_owned()],
            ..ClientSettings::default()
        };
        change(&mut settings);
        Client { id: "tthc".to_owned(), name: "TTHC".to_owned(), settings, secrets: vec![], disabled_at: None }
    }

    #[test]
    fn every_text_names_issuer_client_address_and_scopes_and_no_secret() {
        for framework in Framework::ALL {
            let text = framework.text(&client(|_| ()), "https://id.example");
            for word in ["https://id.example", "tthc", "/cb", "unit", "S256"] {
                let pkce = word == "S256" && matches!(framework, Framework::Spring | Framework::AspNet);
                assert!(pkce || text.contains(word), "{framework:?}: {word}\n{text}");
            }
            assert!(!text.contains("{{") && !text.contains("offline_access"), "{framework:?}\n{text}");
        }
    }

    #[test]
    fn every_text_follows_the_registration() {
        let post = client(|settings| settings.auth_method = AuthMethod::ClientSecretPost);
        let public = client(|settings| settings.auth_method = AuthMethod::None);
        let table = [
            (Framework::Spring, "client_secret_basic", "client_secret_post", "none"),
            (Framework::Node, "ClientSecretBasic(", "ClientSecretPost(", "client.None()"),
            (Framework::Apache, "client_secret_basic", "client_secret_post", "Auth none"),
            (Framework::Other, "client_secret_basic", "client_secret_post", "method = none"),
        ];
        for (framework, in_header, in_body, nothing) in table {
            let of = |client: &Client| framework.text(client, "https://id.example");
            assert!(of(&client(|_| ())).contains(in_header), "{framework:?}");
            assert!(of(&post).contains(in_body), "{framework:?}");
            assert!(of(&public).contains(nothing) && !of(&public).to_lowercase().contains("secret}"), "{framework:?}");
        }
        let signed = client(|settings| settings.id_token_alg = Algorithm::Es256);
        assert!(Framework::Spring.text(&signed, "https://id.example").contains("SignatureAlgorithm.ES256"));
        let usual = client(|settings| settings.id_token_alg = Algorithm::Rs256);
        assert!(!Framework::Spring.text(&usual, "https://id.example").contains("SignatureAlgorithm"));
    }

    #[test]
    fn an_address_ends_no_string_of_a_text() {
        let hostile = client(|settings| settings.redirect_uris = vec!["https://a.example/cb?x=');exit(\"${y}`".to_owned()]);
        for framework in Framework::ALL {
            let text = framework.text(&hostile, "https://id.example");
            assert!(!text.contains("x=')") && !text.contains("(\"${y}"), "{framework:?}\n{text}");
        }
    }

    #[test]
    fn what_a_library_cannot_do_is_said() {
        let keyed = client(|settings| settings.auth_method = AuthMethod::PrivateKeyJwt);
        assert_eq!(Framework::Node.misfits(&keyed), [Misfit::NoSecret]);
        assert_eq!(Framework::AspNet.misfits(&client(|_| ())), [Misfit::SecretInHeader]);
        let start = client(|settings| {
            settings.auth_method = AuthMethod::ClientSecretPost;
            settings.post_logout_redirect_uris = vec!["https://tthc.example/".to_owned()];
        });
        assert_eq!(Framework::AspNet.misfits(&start), [Misfit::SignedOut]);
        assert_eq!(Framework::Php.misfits(&client(|_| ())), [Misfit::Algorithm]);
        let mut fit = client(|_| ());
        Framework::Php.suit(&mut fit.settings);
        assert_eq!(Framework::Php.misfits(&fit), Vec::new());
    }

    #[test]
    fn words_read_back() {
        for framework in Framework::ALL {
            assert_eq!(Framework::from_word(framework.word()), Some(framework));
        }
        assert_eq!(Framework::from_word("cobol"), None);
    }
}
