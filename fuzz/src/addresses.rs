//! Where answers go: redirect URIs, destinations, and resources.

use super::parts;
use motlan::model::client::{Client, ClientSettings, ClientType, Departure, Destination};
use motlan::protocol::redirect_uri::{self, For};
use motlan::protocol::resource_indicator;
use motlan::protocol::response_mode::{Place, ResponseMode};
use url::Url;
use url::form_urlencoded;

const ISSUER: &str = "https://id.example.vn";

/// The input is a registered address, an asked one, and a `state`.
pub fn run(data: &[u8]) {
    let Some([registered, asked, state]) = parts(data) else { return };
    for (kind, application_type) in [(For::Web, ClientType::Web), (For::Native, ClientType::Native)] {
        let fine = redirect_uri::refuse(registered, kind).is_none();
        if fine {
            registrable(registered, kind);
        }
        for place in [Place::Query, Place::Fragment, Place::FormPost] {
            let mode = ResponseMode { place, signed: false };
            let prove = |client: &Client, asked: &str| client.destination(asked, mode, Some(state.to_owned()), ISSUER);
            let client = client(application_type, &[registered]);
            assert_eq!(prove(&self::client(application_type, &[]), asked), None, "nothing is registered");
            let own = prove(&client, registered).expect("a registered address is proven");
            if fine && !redirect_uri::holds_answer(registered) {
                depart(&own, place, registered, state);
            }
            let Some(destination) = prove(&client, asked) else { continue };
            assert_eq!(destination.redirect_uri(), asked);
            assert!(asked == registered || kind == For::Native, "{asked} is not registered");
            if asked != registered && fine {
                only_the_port_differs(registered, asked);
            }
        }
    }
    resources([registered, asked, registered]);
}

fn client(application_type: ClientType, redirect_uris: &[&str]) -> Client {
    let redirect_uris = redirect_uris.iter().map(|&address| address.to_owned()).collect();
    let settings = ClientSettings { application_type, redirect_uris, ..ClientSettings::default() };
    Client { id: "client".to_owned(), name: "Client".to_owned(), settings, secrets: vec![], disabled_at: None }
}

fn registrable(address: &str, kind: For) {
    assert!(address.is_ascii() && address.len() <= 2_000 && !address.contains(['*', ' ', '\n']));
    let url = Url::parse(address).expect("an address");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    match url.scheme() {
        "https" => assert!(url.has_host()),
        "http" => assert!(redirect_uri::is_loopback(&url)),
        scheme => assert!(kind == For::Native && scheme.contains('.'), "{scheme}"),
    }
    assert!(!redirect_uri::host(address).is_empty());
    let place = redirect_uri::origin_or_scheme(address);
    assert!(!place.contains([' ', ';', ',', '\'', '"']), "{place} would say more in a policy");
}

fn only_the_port_differs(registered: &str, asked: &str) {
    let (left, right) = (Url::parse(registered).expect("an address"), Url::parse(asked).expect("an address"));
    assert_eq!(left.scheme(), "http");
    assert!(redirect_uri::is_loopback(&right), "{asked} is not on this machine");
    let all_but_port = |url: &Url| {
        let host = url.host_str().map(str::to_owned);
        (url.scheme().to_owned(), host, url.path().to_owned(), url.query().map(str::to_owned), url.username().to_owned())
    };
    assert_eq!(all_but_port(&left), all_but_port(&right));
}

fn depart(destination: &Destination, place: Place, address: &str, state: &str) {
    let fields = match destination.depart(&[("code", "a+b/c=&d")]) {
        Departure::FormPost { action, fields } => {
            assert_eq!((action.as_str(), place), (address, Place::FormPost));
            fields
        }
        Departure::Redirect(location) => {
            assert!(location.starts_with(address) && location.is_ascii());
            let (from, to) = (Url::parse(address).expect("an address"), Url::parse(&location).expect("an address"));
            let at = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port());
            assert_eq!(at(&from), at(&to), "an answer stays where it is registered");
            let carried = if place == Place::Query { to.query() } else { to.fragment() };
            assert_eq!(to.fragment().is_some(), place == Place::Fragment);
            form_urlencoded::parse(carried.unwrap_or_default().as_bytes()).into_owned().collect()
        }
    };
    for (name, expected) in [("code", "a+b/c=&d"), ("state", state), ("iss", ISSUER)] {
        let found: Vec<&str> = fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        assert_eq!(found, [expected], "{name} stands there once");
    }
}

fn resources(asked: [&str; 3]) {
    let Ok(resources) = resource_indicator::parse(asked) else { return };
    assert!(resources.iter().all(|resource| resource_indicator::refuse(resource).is_none()));
    assert!(resources.iter().all(|resource| resource.is_ascii() && !resource.contains(['#', ' ', '"'])));
    assert_eq!(resource_indicator::parse(resources.iter().map(String::as_str)), Ok(resources));
}
