//! What `motlan client add` and `motlan client set` may be told, and how it is
//! laid over a registration. What a client says only of itself when it
//! registers (software, picture) has no flag.

mod entry;
mod messages;
mod people;
mod proof;
mod reach;

use super::lay;
use crate::app::cli::CliError;
use crate::model::client::{AuthMethod, Client, ClientSettings, ClientType};
use clap::Args;
use entry::Entering;
use messages::{Messages, Tokens};
use people::{People, Words};
use proof::Proof;
use reach::{Addresses, Reach};
use serde_json::Value;

/// A registration.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Client id.
    #[arg(long)]
    pub id: String,
    /// The name that people see; the id when none is given.
    #[arg(long)]
    name: Option<String>,
    /// web, native, spa or service.
    #[arg(long = "type", value_name = "TYPE")]
    application_type: Option<String>,
    #[command(flatten, next_help_heading = "Addresses")]
    addresses: Addresses,
    #[command(flatten, next_help_heading = "What it may ask for")]
    reach: Reach,
    #[command(flatten, next_help_heading = "How it proves itself")]
    proof: Proof,
    #[command(flatten, next_help_heading = "Requests and responses")]
    messages: Messages,
    #[command(flatten, next_help_heading = "Tokens")]
    tokens: Tokens,
    #[command(flatten, next_help_heading = "People")]
    people: People,
    #[command(flatten, next_help_heading = "Who may enter it")]
    entering: Entering,
    #[command(flatten, next_help_heading = "In words")]
    words: Words,
}

impl AddArgs {
    /// The public keys in the file that was named.
    pub fn keys(&self) -> Result<Option<Value>, CliError> {
        self.proof.keys()
    }

    /// Lays what is named over a registration.
    pub fn apply(&self, keys: Option<&Value>, client: &mut Client) -> Result<(), String> {
        lay::text(self.name.as_deref(), &mut client.name);
        let settings = &mut client.settings;
        if let Some(kind) = &self.application_type {
            settings.application_type = lay::word("--type", kind)?;
            settle(settings);
        }
        self.addresses.apply(settings);
        self.reach.apply(settings);
        self.proof.apply(keys, settings)?;
        self.messages.apply(settings)?;
        self.tokens.apply(settings)?;
        self.people.apply(settings)?;
        self.entering.apply(settings)?;
        self.words.apply(settings);
        Ok(())
    }
}

/// What follows from a type that was named; other flags may say otherwise.
fn settle(settings: &mut ClientSettings) {
    match settings.application_type {
        ClientType::Web => {}
        ClientType::Native | ClientType::Spa => settings.auth_method = AuthMethod::None,
        ClientType::Service => settings.grant_types = vec!["client_credentials".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::client::{CertificateSubject, Profile, RequestObjectAlg, SubjectType};
    use crate::protocol::jws::Algorithm;
    use clap::{CommandFactory as _, Parser};
    use serde_json::json;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: AddArgs,
    }

    fn line(flags: &[&str]) -> Result<AddArgs, clap::Error> {
        Line::try_parse_from(["set", "--id", "tthc"].iter().chain(flags)).map(|line| line.args)
    }

    fn client() -> Client {
        let settings = ClientSettings::default();
        Client { id: "tthc".to_owned(), name: "TTHC".to_owned(), settings, secrets: Vec::new(), disabled_at: None }
    }

    fn with(flags: &[&str]) -> ClientSettings {
        let mut client = client();
        line(flags).expect("arguments").apply(None, &mut client).expect("applied");
        client.settings
    }

    #[test]
    fn every_switch_has_its_opposite_and_both_at_once_are_refused() {
        let mut client = client();
        let before = client.clone();
        let pairs = [
            ("--third-party", "--first-party"),
            ("--no-pkce", "--pkce"),
            ("--refresh-with-sign-on", "--no-refresh-with-sign-on"),
            ("--require-par", "--no-require-par"),
            ("--require-signed-request", "--no-require-signed-request"),
            ("--certificate-bound", "--no-certificate-bound"),
            ("--dpop-bound", "--no-dpop-bound"),
            ("--frontchannel-logout-session", "--no-frontchannel-logout-session"),
            ("--told-of-moves", "--no-told-of-moves"),
        ];
        for (there, back) in pairs {
            for flag in [there, there] {
                line(&[flag]).expect("arguments").apply(None, &mut client).expect("applied");
                assert_ne!(client, before, "{flag}");
            }
            line(&[]).expect("arguments").apply(None, &mut client).expect("applied");
            assert_ne!(client, before, "what is not named stays");
            line(&[back]).expect("arguments").apply(None, &mut client).expect("applied");
            assert_eq!(client, before, "{back}");
            assert!(line(&[there, back]).is_err(), "{there} {back}");
        }
    }

    #[test]
    fn what_may_be_absent_is_taken_away_by_an_empty_value() {
        let table: [(&str, &str); 22] = [
            ("--redirect-uri", "https://a.example/cb"),
            ("--backchannel-logout-uri", "https://a.example/out"),
            ("--frontchannel-logout-uri", "https://a.example/out"),
            ("--initiate-login-uri", "https://a.example/in"),
            ("--home-uri", "https://a.example/"),
            ("--resource", "https://api.example"),
            ("--details-type", "ho_so"),
            ("--role", "tiep_nhan"),
            ("--request-uri", "https://a.example/request.jwt"),
            ("--jwks-uri", "https://a.example/jwks"),
            ("--auth-alg", "ES256"),
            ("--tls-san-dns", "a.example"),
            ("--request-object-alg", "none"),
            ("--userinfo-alg", "ES256"),
            ("--introspection-alg", "ES256"),
            ("--sector-identifier-uri", "https://a.example/sector.json"),
            ("--default-max-age", "600"),
            ("--minimum-level", "2"),
            ("--subject-until", "2026-12-31"),
            ("--unit-identifier-until", "31/12/2026"),
            ("--legacy-source", "bd"),
            ("--entry-contact", "Tổ hỗ trợ, 0274 3822 000"),
        ];
        for (flag, value) in table {
            let mut client = client();
            let before = client.clone();
            line(&[flag, value]).expect("arguments").apply(None, &mut client).expect("applied");
            assert_ne!(client, before, "{flag}");
            line(&[flag, ""]).expect("arguments").apply(None, &mut client).expect("applied");
            assert_eq!(client, before, "{flag} is taken away");
        }
    }

    #[test]
    fn a_type_brings_what_follows_from_it_when_it_is_named_and_only_then() {
        assert_eq!(with(&["--type", "service"]).grant_types, ["client_credentials"]);
        assert_eq!(with(&["--type", "spa"]).auth_method, AuthMethod::None);
        assert_eq!(with(&["--type", "native", "--auth", "private_key_jwt"]).auth_method, AuthMethod::PrivateKeyJwt);

        let mut phone = client();
        phone.settings = with(&["--type", "native", "--auth", "private_key_jwt"]);
        line(&["--home-uri", "https://a.example/"]).expect("arguments").apply(None, &mut phone).expect("applied");
        assert_eq!(phone.settings.auth_method, AuthMethod::PrivateKeyJwt, "what is not named stays");
    }

    #[test]
    fn words_mean_what_settings_mean() {
        let settings = with(&[
            "--profile",
            "fapi2-message-signing",
            "--request-object-alg",
            "PS256",
            "--jarm-alg",
            "PS256",
            "--access-token-alg",
            "EdDSA",
            "--tls-subject-dn",
            "CN=a,O=b",
            "--response-type",
            "id_token token",
        ]);
        assert_eq!(settings.profile, Profile::Fapi2MessageSigning);
        assert_eq!(settings.request_object_alg, Some(RequestObjectAlg::Signed(Algorithm::Ps256)));
        assert_eq!(settings.authorization_signed_response_alg, Algorithm::Ps256);
        assert_eq!(settings.access_token_alg, Algorithm::EdDsa);
        assert_eq!(settings.tls_client_auth, Some(CertificateSubject::SubjectDn("CN=a,O=b".to_owned())));
        assert_eq!(settings.response_types, ["id_token token"]);
        let sources = with(&["--subject-type", "legacy:bd,vt"]).subject_type.sources().to_vec();
        assert_eq!(sources, ["bd", "vt"]);
        assert_eq!(with(&["--subject", "pairwise"]).subject_type, SubjectType::Pairwise);

        let none = [
            ["--type", "robot"],
            ["--profile", "FAPI2"],
            ["--jarm-alg", "HS256"],
            ["--access-token", "paper"],
            ["--subject-type", "legacy:"],
            ["--subject-until", "soon"],
        ];
        for flags in none {
            let refused = line(&flags).expect("arguments").apply(None, &mut client());
            assert!(refused.is_err_and(|reason| reason.starts_with(flags[0])), "{flags:?}");
        }
        assert!(line(&["--tls-subject-dn", "CN=a", "--tls-san-dns", "a.example"]).is_err(), "a certificate has one name here");
    }

    #[test]
    fn keys_come_by_value_or_by_address_and_the_later_word_counts() {
        let mut client = client();
        line(&[]).expect("arguments").apply(Some(&json!({"keys": []})), &mut client).expect("applied");
        assert!(client.settings.jwks.is_some());
        line(&["--jwks-uri", "https://a.example/jwks"]).expect("arguments").apply(None, &mut client).expect("applied");
        assert!(client.settings.jwks.is_none() && client.settings.jwks_uri.is_some());
        line(&[]).expect("arguments").apply(Some(&json!({"keys": []})), &mut client).expect("applied");
        assert!(client.settings.jwks.is_some() && client.settings.jwks_uri.is_none());
    }

    #[test]
    fn every_flag_says_what_it_does() {
        let command = Line::command();
        command.clone().debug_assert();
        for flag in command.get_arguments().filter(|flag| flag.get_id() != "help") {
            assert!(flag.get_help().is_some(), "{}", flag.get_id());
        }
    }
}
