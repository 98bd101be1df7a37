//! Each parameter of each endpoint, spoilt in every way: missing, empty, repeated, too long, of wrong bytes, of a
//! wrong kind, of another client. A table for each endpoint says exactly what its specification answers. Nothing is
//! issued, and nothing is used up that an honest repetition needs.
//!
//! What holds everywhere: a parameter without a value is as if it were absent, and none comes twice (RFC 6749 §3.1
//! and §3.2) but those of which another specification says that they may.

mod authorize;
mod client;
mod introspection;
mod logout;
mod metadata;
mod objects;
mod par;
mod registration;
mod token;
mod userinfo;

use crate::support::proofs::{reaching, refused_with};
use crate::support::{Answer, TestApp, TestClient};
use http::Request;
use motlan::model::client::{AuthMethod, ClientSettings};
use url::form_urlencoded::byte_serialize;

const FORM: &str = "application/x-www-form-urlencoded";
/// Longer than any parameter may be: 16 KiB.
const TOO_LONG: usize = 17_000;
/// Longer than most parameters make sense, and within what is read.
const LONG: usize = 2_000;

/// How a parameter is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoilt {
    Missing,
    Empty,
    Repeated,
    TooLong,
    Nul,
    NotUtf8,
    /// No letter of it belongs there.
    Emoji,
    /// Two thousand letters that may stand anywhere.
    Long,
}

const WAYS: [Spoilt; 8] = [
    Spoilt::Missing,
    Spoilt::Empty,
    Spoilt::Repeated,
    Spoilt::TooLong,
    Spoilt::Nul,
    Spoilt::NotUtf8,
    Spoilt::Emoji,
    Spoilt::Long,
];

/// A parameter, and what comes back when it is: absent (missing or empty), repeated, beyond reading (too long, with a
/// NUL byte, not UTF-8), an emoji, two thousand letters.
type Row<T> = (&'static str, T, T, T, T, T);

/// What an endpoint that clients call answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// The same as to a form in order.
    Fine,
    /// Success that tells and changes nothing, as of a token that never was.
    Nothing,
    /// This error (RFC 6749 §5.2): 401 for `invalid_client`, 400 for any other.
    Refused(&'static str),
}

const FINE: Told = Told::Fine;
const REQUEST: Told = Told::Refused("invalid_request");
const CLIENT: Told = Told::Refused("invalid_client");
const SCOPE: Told = Told::Refused("invalid_scope");
const TARGET: Told = Told::Refused("invalid_target");
const DETAILS: Told = Told::Refused("invalid_authorization_details");

impl Told {
    /// Holds an answer against it; `status` is that of success.
    #[track_caller]
    fn check(self, answer: &Answer, status: u16, case: &str) {
        match self {
            Self::Fine => assert_eq!(answer.status, status, "{case}: {}", answer.body),
            Self::Nothing => {
                assert_eq!(answer.status, status, "{case}: {}", answer.body);
                assert!(["", r#"{"active":false}"#].contains(&answer.body.as_str()), "{case}: {}", answer.body);
            }
            Self::Refused(error) => {
                refused_with(answer, error, case);
                assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
                assert_eq!(answer.header("www-authenticate").is_some(), error == "invalid_client", "{case}");
            }
        }
    }
}

/// A client that proves itself by a secret in the form, where that can be spoilt (RFC 6749 §2.3.1 and §5.2).
const BY_SECRET: &[Row<Told>] = &[
    ("client_id", CLIENT, REQUEST, REQUEST, CLIENT, CLIENT),
    ("client_secret", CLIENT, REQUEST, REQUEST, CLIENT, CLIENT),
    // A second way to prove oneself.
    ("client_assertion", FINE, REQUEST, REQUEST, REQUEST, REQUEST),
    // It says nothing without an assertion.
    ("client_assertion_type", FINE, REQUEST, REQUEST, FINE, FINE),
];

/// Such a client, with every grant, and an API that it reaches.
fn by_post(settings: &mut ClientSettings) {
    settings.auth_method = AuthMethod::ClientSecretPost;
    settings.grant_types = ["authorization_code", "client_credentials", "refresh_token"].map(str::to_owned).to_vec();
    reaching(settings);
}

/// The parameters of a request.
type Fields = Vec<(&'static str, String)>;

/// What such a client proves itself by.
fn own(client: &TestClient) -> Fields {
    vec![("client_id", client.id.clone()), ("client_secret", client.secret.clone().expect("a secret"))]
}

fn with(mut fields: Fields, more: &[(&'static str, &str)]) -> Fields {
    fields.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    fields
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

fn pair(name: &str, value: &str) -> String {
    format!("{}={}", encoded(name), encoded(value))
}

/// A form in order.
fn whole(fields: &[(&'static str, String)]) -> String {
    fields.iter().map(|(name, value)| pair(name, value)).collect::<Vec<_>>().join("&")
}

/// A form in which one parameter has another value.
fn exchanged(fields: &[(&'static str, String)], name: &'static str, value: &str) -> String {
    let others: Fields = fields.iter().filter(|(field, _)| *field != name).cloned().collect();
    whole(&with(others, &[(name, value)]))
}

/// A form in which one parameter is spoilt, be it one that the form in order does not have. It stands last, so that
/// whatever becomes of it, the others were read.
fn spoil(fields: &[(&'static str, String)], name: &str, how: Spoilt) -> String {
    let (mine, others): (Fields, Fields) = fields.iter().cloned().partition(|(field, _)| *field == name);
    let fine = pair(name, mine.first().map_or("x", |(_, value)| value.as_str()));
    let mut parts: Vec<String> = others.iter().map(|(field, value)| pair(field, value)).collect();
    match how {
        Spoilt::Missing => {}
        Spoilt::Empty => parts.push(format!("{name}=")),
        Spoilt::Repeated => parts.extend([fine.clone(), fine]),
        Spoilt::TooLong => parts.push(format!("{name}={}", "a".repeat(TOO_LONG))),
        Spoilt::Nul => parts.push(format!("{fine}%00")),
        Spoilt::NotUtf8 => parts.push(format!("{fine}%ff")),
        Spoilt::Emoji => parts.push(format!("{name}=%F0%9F%A6%86")),
        Spoilt::Long => parts.push(format!("{name}={}", "a".repeat(LONG))),
    }
    parts.join("&")
}

/// Every way of spoiling each parameter of a table, and what comes back.
fn every_way<T: Copy>(table: &[Row<T>]) -> Vec<(&'static str, Spoilt, T)> {
    let mut cases = Vec::with_capacity(table.len() * WAYS.len());
    for (name, absent, repeated, unreadable, emoji, long) in table.iter().copied() {
        cases.extend(WAYS.map(|how| {
            let told = match how {
                Spoilt::Missing | Spoilt::Empty => absent,
                Spoilt::Repeated => repeated,
                Spoilt::TooLong | Spoilt::Nul | Spoilt::NotUtf8 => unreadable,
                Spoilt::Emoji => emoji,
                Spoilt::Long => long,
            };
            (name, how, told)
        }));
    }
    cases
}

/// The same, where each parameter of a form must have its row.
fn cases<T: Copy>(fields: &[(&'static str, String)], table: &[Row<T>]) -> Vec<(&'static str, Spoilt, T)> {
    for (field, _) in fields {
        assert!(table.iter().any(|(name, ..)| name == field), "no row says what a spoilt {field} is answered with");
    }
    every_way(table)
}

async fn post(app: &TestApp, path: &str, body: String) -> Answer {
    let request = Request::post(path).header("content-type", FORM);
    app.request(request.body(body).expect("a request")).await
}
