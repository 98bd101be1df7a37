//! An authenticator app on a phone (RFC 6238), written apart from the one that it is checked by.

use aws_lc_rs::hmac;
use std::cell::Cell;
use std::time::Duration;
use std::time::SystemTime;

const STEP_SECONDS: u64 = 30;
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// An app that holds one account.
pub(crate) struct App {
    key: hmac::Key,
    /// The last step whose code was given away: none counts twice.
    last: Cell<u64>,
}

impl App {
    /// Takes the key as a person types it, in groups of base32.
    pub(crate) fn with_key(text: &str) -> Self {
        let mut bits = 0_u64;
        let mut held = 0_u32;
        let mut secret = Vec::new();
        for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
            let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap_or_else(|| panic!("{letter:?} in {text}"));
            bits = (bits << 5) | u64::try_from(value).expect("five bits");
            held += 5;
            if held >= 8 {
                held -= 8;
                secret.push(u8::try_from((bits >> held) & 0xff).expect("a byte"));
            }
        }
        assert_eq!(secret.len(), 20, "{text} is no key");
        Self { key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret), last: Cell::new(0) }
    }

    /// A code that was not used yet. A phone's clock may be one step fast; after that a person waits.
    pub(crate) async fn code(&self) -> String {
        while step_now() < self.last.get() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let step = step_now().max(self.last.get() + 1);
        self.last.set(step);
        self.code_of(step)
    }

    /// The code that was given last, again.
    pub(crate) fn same_code(&self) -> String {
        self.code_of(self.last.get())
    }

    fn code_of(&self, step: u64) -> String {
        let tag = hmac::sign(&self.key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[19] & 0x0f);
        let word = u32::from_be_bytes([tag[offset], tag[offset + 1], tag[offset + 2], tag[offset + 3]]);
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }
}

fn step_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() / STEP_SECONDS
}
