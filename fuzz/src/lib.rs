//! What the fuzz targets do with their input, as ordinary functions: the fuzzer
//! calls them with what it invents, `tests/it/fuzz_corpus.rs` with the seeds.
//!
//! A target asserts what holds for every input, not only that nothing panics.

pub mod addresses;
pub mod certificate;
pub mod claims;
pub mod client_metadata;
pub mod details;
pub mod headers;
pub mod jws;
pub mod jwt;
pub mod proofs;
pub mod request;
pub mod request_object;
pub mod sheet;
pub mod text;
pub mod words;

use motlan::protocol::error::OAuthError;
use serde_json::Value;

/// What a target does with an input.
pub type Target = fn(&[u8]);

/// All targets. The name is also that of the folder with the seeds.
pub const ALL: [(&str, Target); 14] = [
    ("addresses", addresses::run),
    ("certificate", certificate::run),
    ("claims", claims::run),
    ("client_metadata", client_metadata::run),
    ("details", details::run),
    ("headers", headers::run),
    ("jws", jws::run),
    ("jwt", jwt::run),
    ("proofs", proofs::run),
    ("request", request::run),
    ("request_object", request_object::run),
    ("sheet", sheet::run),
    ("text", text::run),
    ("words", words::run),
];

/// The input in so many parts, split where lines end; the last one holds the rest. Nothing when it is no text.
fn parts<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    let mut split = std::str::from_utf8(data).ok()?.splitn(N, '\n');
    Some(std::array::from_fn(|_| split.next().unwrap_or_default()))
}

/// True when a document is the same after it was printed and read: a fraction may differ in its last bit.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// A description never breaks out of the quotes that it stands in (RFC 6749 §5.2).
fn assert_quotable(error: &OAuthError) {
    let fine = |letter: char| matches!(letter, ' '..='!' | '#'..='[' | ']'..='~');
    assert!(error.description.chars().all(fine), "{}", error.description);
}
