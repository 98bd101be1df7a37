//! One-time codes of authenticator apps (RFC 6238 over RFC 4226): SHA-1, six
//! digits, thirty seconds.
//!
//! Nothing else is offered, since most apps ignore what an address says of
//! other hashes, lengths and periods. SHA-1 stands inside an HMAC here, where
//! its collisions are of no use. That a code counts once is for the records to
//! decide: here is only said which step a code belongs to.

use crate::base::clock::Millis;
use crate::base::digest::same;
use crate::base::entropy::Entropy;
use aws_lc_rs::hmac;
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// Bytes of a secret: as many as the hash has (RFC 4226 §4, R6).
const BYTES: usize = 20;
/// Digits of a code.
pub const DIGITS: usize = 6;
/// A code is shown for this long (RFC 6238 §5.2).
const STEP_SECONDS: i64 = 30;
/// Steps before and after the present one that are accepted: a slow hand, a clock that is a little off (RFC 6238 §5.2).
const TOLERANCE: i64 = 1;
/// A code of up to ten minutes before or after shows that a clock is wrong. It is never accepted.
const ASTRAY: i64 = 20;

/// What an app and this installation share. Wiped after use, never printed.
pub struct Secret(Zeroizing<[u8; BYTES]>);

/// The step of a moment (RFC 6238 §4.2).
pub fn step_at(now: Millis) -> i64 {
    now.seconds().div_euclid(STEP_SECONDS)
}

impl Secret {
    /// A new secret.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let random = Zeroizing::new(entropy.bytes32());
        let mut bytes = Zeroizing::new([0_u8; BYTES]);
        bytes.copy_from_slice(&random[..BYTES]);
        Self(bytes)
    }

    /// A secret that was made before; `None` for anything of another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        <[u8; BYTES]>::try_from(bytes).ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// Its bytes, for sealing.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// In base32 (RFC 4648 §6), as apps take it by hand: 32 letters and digits.
    pub fn base32(&self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut text = String::with_capacity(BYTES * 8 / 5);
        for group in self.0.chunks(5) {
            let bits = group.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
            for place in (0..8).rev() {
                let letter = usize::try_from((bits >> (place * 5)) & 31).unwrap_or_default();
                text.push(char::from(LETTERS[letter]));
            }
        }
        text
    }

    /// The address that an app reads from a picture: whose it is, and the secret.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account, secret) = (percent(issuer), percent(account), self.base32());
        format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
    }

    /// The code of a step (RFC 4226 §5.3).
    pub fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.bytes());
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
        let word = tag.iter().skip(offset).take(4).fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
        format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
    }

    /// The step that a code belongs to, if it is good now.
    pub fn step_of(&self, code: &str, now: Millis) -> Option<i64> {
        self.find(code, now, TOLERANCE)
    }

    /// True when a code was good minutes ago, or will be: the clock of the phone is wrong, or ours.
    pub fn is_astray(&self, code: &str, now: Millis) -> bool {
        self.find(code, now, ASTRAY).is_some()
    }

    /// Looks at every step, whichever fits: the time that it takes says nothing.
    fn find(&self, code: &str, now: Millis, reach: i64) -> Option<i64> {
        let present = step_at(now);
        (present - reach..=present + reach)
            .fold(None, |found, step| if same(self.code(step).as_bytes(), code.as_bytes()) { Some(step) } else { found })
    }
}

/// Percent-encoding of all but unreserved characters (RFC 3986 §2.3).
fn percent(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len() * 3), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SeededEntropy;

    fn secret() -> Secret {
        Secret::from_bytes(b"12345678901234567890").expect("a secret")
    }

    #[test]
    fn follows_rfc_6238_appendix_b() {
        let table = [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ];
        for (seconds, eight_digits) in table {
            let now = Millis(0).plus_seconds(seconds);
            // Of eight digits an app shows the last six.
            assert_eq!(secret().code(step_at(now)), eight_digits[2..], "{seconds}");
            assert_eq!(secret().step_of(&eight_digits[2..], now), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn follows_rfc_4226_appendix_d() {
        let codes = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(secret().code(step), code, "{step}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_late_and_no_longer() {
        let now = Millis(1_795_309_215_000);
        let present = step_at(now);
        for (away, good, astray) in [
            (-21, false, false),
            (-20, false, true),
            (-4, false, true),
            (-2, false, true),
            (-1, true, true),
            (0, true, true),
            (1, true, true),
            (2, false, true),
            (4, false, true),
            (21, false, false),
        ] {
            let code = secret().code(present + away);
            assert_eq!(secret().step_of(&code, now), good.then_some(present + away), "{away}");
            assert_eq!(secret().is_astray(&code, now), astray, "{away}");
        }
    }

    #[test]
    fn what_is_no_code_belongs_to_no_step() {
        let now = Millis(1_795_309_215_000);
        let right = secret().code(step_at(now));
        for wrong in ["", "0", &right[1..], &format!("{right}0"), &format!(" {right}"), "abcdef", "mã sai"] {
            assert_eq!(secret().step_of(wrong, now), None, "{wrong}");
        }
    }

    #[test]
    fn a_step_begins_every_thirty_seconds() {
        for (milliseconds, step) in [(0, 0), (29_999, 0), (30_000, 1), (1_795_309_200_000, 59_843_640)] {
            assert_eq!(step_at(Millis(milliseconds)), step);
        }
    }

    #[test]
    fn the_address_names_issuer_and_account_and_holds_nothing_unencoded() {
        let uri = secret().uri("Đăng nhập một lần", "kim:ánh&secret=x");

        assert_eq!(
            uri,
            concat!(
                "otpauth://totp/%C4%90%C4%83ng%20nh%E1%BA%ADp%20m%E1%BB%99t%20l%E1%BA%A7n:kim%3A%C3%A1nh%26secret%3Dx",
                "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
                "&issuer=%C4%90%C4%83ng%20nh%E1%BA%ADp%20m%E1%BB%99t%20l%E1%BA%A7n&algorithm=SHA1&digits=6&period=30",
            )
        );
    }

    #[test]
    fn a_secret_is_random_and_comes_back_from_its_bytes() {
        let entropy = SeededEntropy::new(7);
        let (one, other) = (Secret::new(&entropy), Secret::new(&entropy));

        assert_ne!(one.bytes(), other.bytes());
        assert_eq!(one.bytes().len(), BYTES);
        assert_eq!(Secret::from_bytes(one.bytes()).expect("a secret").base32(), one.base32());
        assert!(Secret::from_bytes(&one.bytes()[1..]).is_none());
        assert_eq!(one.base32().len(), 32);
    }
}
