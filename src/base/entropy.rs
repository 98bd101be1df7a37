//! Randomness, handed in so that a test can repeat it.

use super::digest::{base64url, sha256};
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    /// Fills 32 bytes.
    fn bytes32(&self) -> [u8; 32];

    /// 256 random bits in base64url: an identifier that cannot be guessed.
    fn token(&self) -> String {
        base64url(&self.bytes32())
    }
}

/// The operating system's generator.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes32(&self) -> [u8; 32] {
        let mut out = [0_u8; 32];
        // The generator seeds itself at start and does not fail afterwards; an
        // all-zero token would be a catastrophe, so a failure must stop the process.
        #[expect(clippy::expect_used, reason = "without randomness nothing here is safe to go on with")]
        #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the generator")]
        aws_lc_rs::rand::fill(&mut out).expect("the system's random generator answers");
        out
    }
}

/// Bytes that follow from a seed, for tests that compare.
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// A source that always gives the same sequence for a seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn bytes32(&self) -> [u8; 32] {
        sha256(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes())
    }
}
