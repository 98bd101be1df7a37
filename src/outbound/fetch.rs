//! Small documents that a registration points to: keys (`jwks_uri`), request
//! objects (`request_uri`), lists of addresses (`sector_identifier_uri`), logos.
//!
//! Whoever registers an address chooses where we call, so the rules of
//! [`HttpClient`] hold, and more: https unless a setting names the network,
//! one short time-out over the whole, no redirect, a known content type, and
//! a cap that is counted while the bytes come in.

use super::http::{HttpClient, digits};
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName};
use url::Url;

/// What may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// More bytes are refused.
    pub most_bytes: usize,
    /// Media types, in lower case and without their parameters.
    pub types: &'static [&'static str],
}

impl Wanted {
    /// Public keys (RFC 7517 §8.5).
    pub const KEYS: Self = Self { most_bytes: 64 * 1024, types: &["application/json", "application/jwk-set+json"] };
    /// A request object (RFC 9101 §5.2.3). Its signature decides, so older names of a JWT are fine.
    pub const REQUEST_OBJECT: Self = Self {
        most_bytes: 16 * 1024,
        types: &["application/oauth-authz-req+jwt", "application/jwt", "application/jose", "text/plain"],
    };
    /// The redirect URIs of a sector (OpenID Connect Core §8.1).
    pub const SECTOR: Self = Self { most_bytes: 64 * 1024, types: &["application/json"] };
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The document.
    pub bytes: Vec<u8>,
    /// One of the types that were wanted.
    pub media_type: String,
    /// How long it may be kept, in seconds, if the other side says so.
    pub max_age_seconds: Option<i64>,
}

/// Why there is no document, without what the other side said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Not a web address, or one with a password in it.
    #[error("the address cannot be read")]
    Unreadable,
    /// Unencrypted, and its network is not named by a setting.
    #[error("the address is not https")]
    NotHttps,
    /// The address may not be called.
    #[error("the address is private and not allowed")]
    Forbidden,
    /// No answer in time, or none at all.
    #[error("no answer: {0}")]
    NoAnswer(&'static str),
    /// Another status than 200; redirects are not followed.
    #[error("the answer's status is {0}")]
    Status(u16),
    /// A content type that was not wanted, or none.
    #[error("the answer has another content type")]
    Type,
    /// More bytes than were wanted.
    #[error("the answer is too large")]
    TooLarge,
    /// Nobody was called: as many calls are in the air as may be.
    #[error("too many documents are being fetched")]
    Busy,
}

impl HttpClient {
    /// Gets a small document.
    pub async fn fetch(&self, address: &str, wanted: Wanted) -> Result<Fetched, FetchError> {
        // Over all of it: a name that is looked up for long, and bytes that trickle in, keep nobody waiting.
        let got = tokio::time::timeout(self.document_timeout, self.get(address, wanted)).await;
        got.unwrap_or(Err(FetchError::NoAnswer("time-out")))
    }

    async fn get(&self, address: &str, wanted: Wanted) -> Result<Fetched, FetchError> {
        let url = self.callable(address).await?;
        let accept = wanted.types.join(", ");
        let sent = self.client.get(url).header(ACCEPT, accept).send().await;
        let mut answer = sent.map_err(|error| no_answer(&error))?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let media_type = text(answer.headers(), CONTENT_TYPE).map(essence).ok_or(FetchError::Type)?;
        if !wanted.types.contains(&media_type.as_str()) {
            return Err(FetchError::Type);
        }
        let max_age_seconds = text(answer.headers(), CACHE_CONTROL).and_then(max_age);
        // What is announced is not believed, but saves the reading.
        if answer.content_length().is_some_and(|length| length > wanted.most_bytes as u64) {
            return Err(FetchError::TooLarge);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
            if bytes.len() + chunk.len() > wanted.most_bytes {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Fetched { bytes, media_type, max_age_seconds })
    }

    /// The address, if it may be called. A name's addresses are checked again by the resolver, while connecting.
    pub(super) async fn callable(&self, address: &str) -> Result<Url, FetchError> {
        let url = Url::parse(address).map_err(|_| FetchError::Unreadable)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Unreadable);
        }
        if digits(&url).is_some_and(|address| !self.guard.lets(address)) {
            return Err(FetchError::Forbidden);
        }
        let in_clear = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(FetchError::Unreadable),
        };
        if in_clear && !self.is_named(&url).await {
            return Err(FetchError::NotHttps);
        }
        Ok(url)
    }

    /// True when every address that a call would reach lies in a network that a setting names.
    async fn is_named(&self, url: &Url) -> bool {
        if let Some(address) = digits(url) {
            return self.guard.names(address);
        }
        let Some(name) = url.host_str() else { return false };
        let Ok(found) = tokio::net::lookup_host((name, 0)).await else { return false };
        let mut reached = found.map(|socket| socket.ip()).filter(|&address| self.guard.lets(address)).peekable();
        reached.peek().is_some() && reached.all(|address| self.guard.names(address))
    }
}

pub(super) fn no_answer(error: &reqwest::Error) -> FetchError {
    FetchError::NoAnswer(if error.is_timeout() { "time-out" } else { "no connection" })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// A content type without its parameters, in lower case.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// How long an answer may be kept (RFC 9111 §5.2.2); zero when it may not.
fn max_age(cache_control: &str) -> Option<i64> {
    let directives: Vec<String> = cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| matches!(directive.as_str(), "no-store" | "no-cache")) {
        return Some(0);
    }
    let seconds = directives.iter().find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse::<u32>().ok().map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::network::Network;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    /// Answers every call alike and counts them.
    fn serve(answer: String) -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                for line in BufReader::new(&stream).lines().map_while(Result::ok) {
                    if line.is_empty() {
                        break;
                    }
                }
                // A caller that has read enough hangs up.
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        (port, calls)
    }

    /// Takes every call, begins its answer like this, and goes on by so much every 20 ms until the caller hangs up.
    fn serve_slowly(begins: &'static str, goes_on: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut heard = [0; 1_024];
                let asked = stream.read(&mut heard).is_ok_and(|length| length > 0);
                let mut writes = asked && stream.write_all(begins.as_bytes()).is_ok();
                stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a time-out");
                // A caller who waits is not heard in that time, one who hangs up is.
                while writes && !matches!(stream.read(&mut heard), Ok(0)) {
                    writes = stream.write_all(goes_on.as_bytes()).is_ok();
                }
            }
        });
        port
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n{body}")
    }

    fn client(networks: &[&str]) -> HttpClient {
        let networks = networks.iter().map(|network| Network::parse(network).expect("a network")).collect();
        HttpClient::new(networks, None).expect("a client")
    }

    const SMALL: Wanted = Wanted { most_bytes: 4, types: &["application/json"] };

    #[tokio::test]
    async fn only_a_small_document_of_the_wanted_type_is_taken() {
        let json = "Content-Type: application/json\r\n";
        let sized = |length: usize| format!("{json}Content-Length: {length}\r\n");
        let table = [
            (answer("200 OK", &sized(4), "1234"), Ok("1234")),
            (answer("200 OK", json, "1234"), Ok("1234")),
            (answer("200 OK", "Content-Type: Application/JSON; charset=utf-8\r\n", "{}"), Ok("{}")),
            (answer("200 OK", &sized(0), ""), Ok("")),
            (answer("200 OK", &sized(5), "12345"), Err(FetchError::TooLarge)),
            (answer("200 OK", json, "12345"), Err(FetchError::TooLarge)),
            (
                answer("200 OK", &format!("{json}Transfer-Encoding: chunked\r\n"), "3\r\n123\r\n3\r\n456\r\n0\r\n\r\n"),
                Err(FetchError::TooLarge),
            ),
            (answer("200 OK", &sized(4), "12"), Err(FetchError::NoAnswer("no connection"))),
            (answer("200 OK", "Content-Type: text/html\r\n", "{}"), Err(FetchError::Type)),
            (answer("200 OK", "Content-Type: application/jsonp\r\n", "{}"), Err(FetchError::Type)),
            (answer("200 OK", "", "{}"), Err(FetchError::Type)),
            (answer("404 Not Found", json, "{}"), Err(FetchError::Status(404))),
            (answer("204 No Content", json, ""), Err(FetchError::Status(204))),
            ("nonsense\r\n\r\n".to_owned(), Err(FetchError::NoAnswer("no connection"))),
        ];
        let client = client(&["127.0.0.0/8"]);
        for (answer, expected) in table {
            let (port, _) = serve(answer.clone());
            let found = client.fetch(&format!("http://127.0.0.1:{port}/keys"), SMALL).await;
            assert_eq!(found.map(|found| found.bytes), expected.map(|text| text.as_bytes().to_vec()), "{answer}");
        }
    }

    #[tokio::test]
    async fn who_answers_slowly_or_never_is_not_waited_for() {
        assert_eq!(client(&[]).document_timeout, Duration::from_secs(5), "unless a test says otherwise");
        let client = HttpClient { document_timeout: Duration::from_millis(200), ..client(&["127.0.0.0/8"]) };
        let sized = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n";
        let table = [
            ("no answer", "", ""),
            ("a head that does not end", "HTTP/1.1 200 OK\r\nX-Slow: ", "a"),
            ("a body that does not come", sized, ""),
            ("a body that trickles", sized, " "),
        ];
        for (case, begins, goes_on) in table {
            let address = format!("http://127.0.0.1:{}/keys", serve_slowly(begins, goes_on));
            let found = tokio::time::timeout(Duration::from_secs(3), client.fetch(&address, Wanted::KEYS)).await;
            assert_eq!(found, Ok(Err(FetchError::NoAnswer("time-out"))), "{case}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let (other, calls) = serve(answer("200 OK", "Content-Type: application/json\r\n", "{}"));
        let (port, _) = serve(answer("302 Found", &format!("Location: http://127.0.0.1:{other}/\r\n"), ""));

        let found = client(&["127.0.0.0/8"]).fetch(&format!("http://127.0.0.1:{port}/"), SMALL).await;

        assert_eq!(found, Err(FetchError::Status(302)));
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn an_address_that_may_not_be_called_is_not_called() {
        let (port, calls) = serve(answer("200 OK", "Content-Type: application/json\r\n", "{}"));
        let table = [
            (format!("http://127.0.0.1:{port}/"), FetchError::Forbidden),
            (format!("https://127.0.0.1:{port}/"), FetchError::Forbidden),
            (format!("http://0x7f.1:{port}/"), FetchError::Forbidden),
            (format!("http://[::ffff:127.0.0.1]:{port}/"), FetchError::Forbidden),
            (format!("http://localhost:{port}/"), FetchError::NotHttps),
            (format!("https://localhost:{port}/"), FetchError::NoAnswer("no connection")),
            ("http://8.8.8.8/".to_owned(), FetchError::NotHttps),
            (format!("https://name:word@127.0.0.1:{port}/"), FetchError::Unreadable),
            (format!("ftp://127.0.0.1:{port}/"), FetchError::Forbidden),
            ("file:///etc/passwd".to_owned(), FetchError::Unreadable),
            ("data:application/json,{}".to_owned(), FetchError::Unreadable),
            ("/keys".to_owned(), FetchError::Unreadable),
            (String::new(), FetchError::Unreadable),
        ];
        let client = client(&["10.0.0.0/8"]);
        for (address, expected) in table {
            assert_eq!(client.fetch(&address, SMALL).await, Err(expected), "{address}");
        }
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_name_in_a_named_network_may_be_called_unencrypted() {
        let (port, calls) = serve(answer("200 OK", "Content-Type: application/json\r\nCache-Control: max-age=60\r\n", "{}"));

        let found = client(&["127.0.0.0/8"]).fetch(&format!("http://localhost:{port}/"), SMALL).await.expect("a document");

        let media_type = "application/json".to_owned();
        assert_eq!(found, Fetched { bytes: b"{}".to_vec(), media_type, max_age_seconds: Some(60) });
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn follows_rfc_9111_5_2_2() {
        let table = [
            ("max-age=600", Some(600)),
            ("public, Max-Age=600, must-revalidate", Some(600)),
            ("max-age=\"60\"", Some(60)),
            ("max-age=600, no-cache", Some(0)),
            ("no-store", Some(0)),
            ("public", None),
            ("s-maxage=600", None),
            ("max-age=-1", None),
            ("max-age=99999999999", None),
            ("max-age=", None),
            ("", None),
        ];
        for (header, expected) in table {
            assert_eq!(max_age(header), expected, "{header}");
        }
    }
}
