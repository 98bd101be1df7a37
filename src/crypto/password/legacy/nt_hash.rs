//! The NT hash of Windows and Samba (MS-NLMP §3.3.1): MD4 of the password in
//! UTF-16, in hexadecimal after `{NT}`, `{NTLM}` or `$NT$`. Bare digits are MD5
//! as well, so that their source must declare them.

use super::message_digest::{Algorithm, Encoding, MessageDigest};
use super::{LegacyHash, ParseError, notation};

pub(super) fn parse(text: &str) -> Result<LegacyHash, ParseError> {
    let tagged = || ["NT", "NTLM"].iter().find_map(|tag| notation::after_tag(text, tag));
    let digits = text.strip_prefix("$NT$").or_else(tagged).ok_or(ParseError::Unknown)?;
    MessageDigest::plain(Algorithm::Md4, Encoding::Utf16).with(notation::hex(digits)?)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PASSWORD, opens};
    use super::super::{Declared, Strength};
    use super::*;

    #[test]
    fn the_vector_of_passlib_opens_in_every_notation() {
        let digits = "07a7f5642f7498a90baef02e5f2cdcb3";
        for text in [format!("{{NT}}{digits}"), format!("{{ntlm}}{}", digits.to_uppercase()), format!("$NT${digits}")] {
            let hash = opens("passlib 1.7.4", &text, None, PASSWORD);
            assert_eq!((hash.scheme().name(), hash.scheme().strength()), ("ntlm", Strength::Weak));
        }
        opens("passlib 1.7.4", digits, Some(Declared::Ntlm), PASSWORD);
        assert_eq!(LegacyHash::parse(digits, None).err(), Some(ParseError::Undeclared));
    }
}
