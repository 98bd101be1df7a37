//! The proven address of a client, and an answer on its way there.

use super::{Client, ClientType};
use crate::base::clock::Millis;
use crate::protocol::jws::Algorithm;
use crate::protocol::redirect_uri;
use crate::protocol::response_mode::{Place, ResponseMode, with_fragment, with_query};
use serde_json::{Map, Value, json};

/// A signed answer is picked up at once (JARM §2.1 asks for a short life).
const SIGNED_ANSWER_SECONDS: i64 = 300;

/// A proven address, and how the answer travels there.
///
/// Its fields are private, and [`Client::destination`] and [`Client::check_destination`]
/// are the only ways to get one, so an answer or an error cannot be sent to an unproven address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Destination {
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
    issuer: String,
    client_id: String,
    signed_with: Algorithm,
    /// The answer comes back to ourselves: an administrator tries out what the client would get.
    #[serde(default)]
    for_check: bool,
}

/// An authorization response on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// 303 to this address.
    Redirect(String),
    /// A page whose form posts these fields.
    FormPost {
        /// Where to.
        action: String,
        /// What.
        fields: Vec<(String, String)>,
    },
}

impl Destination {
    /// The address, as the client must repeat it at the token endpoint.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// True for an answer that comes back to ourselves.
    pub fn is_for_check(&self) -> bool {
        self.for_check
    }

    /// For `form-action`.
    pub fn origin_or_scheme(&self) -> String {
        redirect_uri::origin_or_scheme(&self.redirect_uri)
    }

    /// What the whole answer is to be signed with, if it is (JARM).
    pub fn signed_with(&self) -> Option<Algorithm> {
        self.mode.signed.then_some(self.signed_with)
    }

    /// Sends a response in the clear: its parameters, `state`, and `iss` (RFC 9207 §2).
    pub fn depart(&self, fields: &[(&str, &str)]) -> Departure {
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        if let Some(state) = &self.state {
            all.push(("state", state));
        }
        all.push(("iss", &self.issuer));
        self.leave(&all)
    }

    /// The claims of a signed response (JARM §2.1): the parameters, who it is from and for, and its end.
    pub fn claims(&self, fields: &[(&str, &str)], now: Millis) -> Value {
        let mut claims: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), typed(name, value))).collect();
        if let Some(state) = &self.state {
            claims.insert("state".to_owned(), json!(state));
        }
        claims.insert("iss".to_owned(), json!(self.issuer));
        claims.insert("aud".to_owned(), json!(self.client_id));
        claims.insert("iat".to_owned(), json!(now.seconds()));
        claims.insert("exp".to_owned(), json!(now.seconds() + SIGNED_ANSWER_SECONDS));
        Value::Object(claims)
    }

    /// Sends a signed response: one parameter (JARM §2.3).
    pub fn depart_signed(&self, response: &str) -> Departure {
        self.leave(&[("response", response)])
    }

    fn leave(&self, fields: &[(&str, &str)]) -> Departure {
        match self.mode.place {
            Place::Query => Departure::Redirect(with_query(&self.redirect_uri, fields)),
            Place::Fragment => Departure::Redirect(with_fragment(&self.redirect_uri, fields)),
            Place::FormPost => Departure::FormPost {
                action: self.redirect_uri.clone(),
                fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            },
        }
    }
}

/// Numbers stay numbers (JARM §2.1); of what we send only `expires_in` is one.
fn typed(name: &str, value: &str) -> Value {
    match value.parse::<i64>() {
        Ok(number) if name == "expires_in" => json!(number),
        _ => json!(value),
    }
}

impl Client {
    /// Proves an asked address: the whole string must be a registered one.
    pub fn destination(&self, asked: &str, mode: ResponseMode, state: Option<String>, issuer: &str) -> Option<Destination> {
        let native = self.settings.application_type == ClientType::Native;
        self.settings.redirect_uris.iter().any(|registered| redirect_uri::matches(registered, asked, native)).then(|| {
            Destination {
                redirect_uri: asked.to_owned(),
                mode,
                state,
                issuer: issuer.to_owned(),
                client_id: self.id.clone(),
                signed_with: self.settings.authorization_signed_response_alg,
                for_check: false,
            }
        })
    }

    /// Where the answer to a check goes: a page of our own. No request from outside can name it, since it is registered
    /// for nobody.
    pub fn check_destination(&self, state: &str, issuer: &str) -> Destination {
        Destination {
            redirect_uri: self.check_address(issuer),
            mode: ResponseMode { place: Place::Query, signed: self.signs_messages() },
            state: Some(state.to_owned()),
            issuer: issuer.to_owned(),
            client_id: self.id.clone(),
            signed_with: self.settings.authorization_signed_response_alg,
            for_check: true,
        }
    }

    /// The page that takes the answer to a check.
    pub fn check_address(&self, issuer: &str) -> String {
        format!("{}/admin/clients/{}/check/callback", issuer.trim_end_matches('/'), self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::client;
    use super::*;

    fn to(place: Place, signed: bool) -> Destination {
        client()
            .destination("https://a.example/cb", ResponseMode { place, signed }, Some("s".to_owned()), "https://id")
            .expect("proven")
    }

    #[test]
    fn a_destination_exists_only_for_a_registered_address() {
        let client = client();
        let mode = ResponseMode::default();
        assert!(client.destination("https://a.example/cb", mode, None, "https://id").is_some());
        assert!(client.destination("https://a.example/cb2", mode, None, "https://id").is_none());
        assert!(client.destination("", mode, None, "https://id").is_none());
    }

    #[test]
    fn the_address_of_a_check_is_registered_for_nobody() {
        let client = client();
        let check = client.check_destination("s", "https://id");
        assert_eq!(check.redirect_uri(), "https://id/admin/clients/a/check/callback");
        assert!(check.is_for_check());
        assert!(client.destination(check.redirect_uri(), ResponseMode::default(), None, "https://id").is_none());
        assert!(!to(Place::Query, false).is_for_check());
    }

    #[test]
    fn an_answer_carries_state_and_issuer() {
        let table = [
            (Place::Query, "https://a.example/cb?code=x&state=s&iss=https%3A%2F%2Fid"),
            (Place::Fragment, "https://a.example/cb#code=x&state=s&iss=https%3A%2F%2Fid"),
        ];
        for (place, expected) in table {
            assert_eq!(to(place, false).depart(&[("code", "x")]), Departure::Redirect(expected.to_owned()));
        }
        let fields =
            [("code", "x"), ("state", "s"), ("iss", "https://id")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let posted = Departure::FormPost { action: "https://a.example/cb".to_owned(), fields: fields.to_vec() };
        assert_eq!(to(Place::FormPost, false).depart(&[("code", "x")]), posted);
    }

    #[test]
    fn a_signed_answer_is_one_parameter_that_says_from_whom_and_for_whom() {
        let signed = to(Place::Query, true);
        assert_eq!(
            signed.claims(&[("code", "x")], Millis(1_000_000)),
            json!({"code": "x", "state": "s", "iss": "https://id", "aud": "a", "iat": 1_000, "exp": 1_300})
        );
        assert_eq!(signed.depart_signed("j.w.t"), Departure::Redirect("https://a.example/cb?response=j.w.t".to_owned()));
        assert_eq!((signed.signed_with(), to(Place::Query, false).signed_with()), (Some(Algorithm::Es256), None));
    }
}
