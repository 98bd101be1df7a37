//! Sessions and unfinished sign-ins, in memory and bounded, and their cookies.

use super::RelyingParty;
use super::claims::OfficialClaims;
use super::provider::SignedIdToken;
use http::HeaderMap;
use http::header;
use moka::sync::Cache;
use openidconnect::CsrfToken;
use openidconnect::Nonce;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

const MOST_SESSIONS: u64 = 10_000;
const SESSION_LIFE: Duration = Duration::from_hours(8);
const MOST_ENTRIES: u64 = 10_000;
const ENTRY_LIFE: Duration = Duration::from_mins(15);
/// Longer than any logout token is accepted.
const SEEN_LIFE: Duration = Duration::from_hours(2);

/// Someone who is signed in here.
pub(super) struct Session {
    pub(super) subject: String,
    pub(super) sid: Option<String>,
    pub(super) name: String,
    pub(super) claims: OfficialClaims,
    pub(super) id_token: SignedIdToken,
    last_dossier: Mutex<Option<String>>,
}

impl Session {
    pub(super) fn new(
        subject: String,
        sid: Option<String>,
        name: String,
        claims: OfficialClaims,
        id_token: SignedIdToken,
    ) -> Self {
        Self { subject, sid, name, claims, id_token, last_dossier: Mutex::new(None) }
    }

    pub(super) fn stamped(&self, number: String) {
        *self.last_dossier.lock().unwrap_or_else(PoisonError::into_inner) = Some(number);
    }

    pub(super) fn last_dossier(&self) -> Option<String> {
        self.last_dossier.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A sign-in that has left for the provider and is not back yet.
pub(super) struct Entry {
    /// The browser that began it.
    pub(super) browser: String,
    pub(super) nonce: Nonce,
    pub(super) pkce_verifier: String,
}

/// All sessions and unfinished sign-ins of one relying party.
pub(super) struct Sessions {
    open: Cache<String, Arc<Session>>,
    entering: Cache<String, Arc<Entry>>,
    seen_logouts: Cache<String, ()>,
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self {
            open: Cache::builder().max_capacity(MOST_SESSIONS).time_to_live(SESSION_LIFE).build(),
            entering: Cache::builder().max_capacity(MOST_ENTRIES).time_to_live(ENTRY_LIFE).build(),
            seen_logouts: Cache::builder().max_capacity(MOST_SESSIONS).time_to_live(SEEN_LIFE).build(),
        }
    }

    pub(super) fn remember_entry(&self, state: &str, entry: Entry) {
        self.entering.insert(state.to_owned(), Arc::new(entry));
    }

    /// The sign-in with this `state`, once, and only for the browser that began it.
    pub(super) fn take_entry(&self, state: &str, browser: &str) -> Option<Arc<Entry>> {
        let entry = self.entering.get(state)?;
        if !crate::base::digest::same(entry.browser.as_bytes(), browser.as_bytes()) {
            return None;
        }
        self.entering.remove(state)
    }

    /// Opens a session and returns its secret name.
    pub(super) fn open(&self, session: Session) -> String {
        let id = random_name();
        self.open.insert(id.clone(), Arc::new(session));
        id
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.open.get(id)
    }

    pub(super) fn close(&self, id: &str) -> Option<Arc<Session>> {
        self.open.remove(id)
    }

    /// Ends every session of a sign-on (`sid`) or, when none is named, of a person.
    pub(super) fn close_all(&self, sid: Option<&str>, subject: Option<&str>) -> usize {
        let ended: Vec<_> = self
            .open
            .iter()
            .filter(|(_, session)| match sid {
                Some(sid) => session.sid.as_deref() == Some(sid),
                None => subject == Some(session.subject.as_str()),
            })
            .map(|(id, _)| id)
            .collect();
        for id in &ended {
            self.open.invalidate(id.as_str());
        }
        ended.len()
    }

    /// Whether a logout token with this `jti` arrives for the first time.
    pub(super) fn first_logout(&self, jti: &str) -> bool {
        self.seen_logouts.entry(jti.to_owned()).or_insert(()).is_fresh()
    }
}

/// 256 random bits.
pub(super) fn random_name() -> String {
    CsrfToken::new_random_len(32).secret().clone()
}

/// The value of a cookie that the browser sent.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// A `Set-Cookie` line; an empty value removes the cookie.
pub(super) fn set_cookie(config: &RelyingParty, name: &str, value: &str) -> String {
    let secure = if config.base_url.starts_with("https:") { "; Secure" } else { "" };
    let end = if value.is_empty() { "; Max-Age=0" } else { "" };
    format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/{secure}{end}")
}

#[cfg(test)]
mod tests {
    use super::Entry;
    use super::Sessions;
    use super::cookie;
    use http::HeaderMap;
    use http::HeaderValue;
    use http::header;
    use openidconnect::Nonce;

    #[test]
    fn a_cookie_is_found_among_those_of_the_neighbours() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("hop_session=1; tthc_session=2"));

        assert_eq!(cookie(&headers, "tthc_session").as_deref(), Some("2"));
        assert_eq!(cookie(&headers, "vanban_session"), None);
    }

    #[test]
    fn an_entry_is_taken_once_and_only_by_its_browser() {
        let sessions = Sessions::new();
        let entry = Entry { browser: "b".into(), nonce: Nonce::new("n".into()), pkce_verifier: "v".into() };
        sessions.remember_entry("s", entry);

        assert!(sessions.take_entry("s", "another").is_none());
        assert!(sessions.take_entry("s", "b").is_some());
        assert!(sessions.take_entry("s", "b").is_none());
    }

    #[test]
    fn a_logout_token_is_new_once() {
        let sessions = Sessions::new();

        assert!(sessions.first_logout("j"));
        assert!(!sessions.first_logout("j"));
    }
}
