//! Code schemes and what a code of each looks like.
//!
//! `gso`: the statistics office's codes. `agency`: QĐ 20/2020/QĐ-TTg, highest
//! level first. `agency_2016`: QCVN 102:2016/BTTTT, highest level last.

/// The statistics office's scheme.
pub const GSO: &str = "gso";
/// Electronic agency codes of QĐ 20/2020/QĐ-TTg.
pub const AGENCY: &str = "agency";
/// Their older, reversed form.
pub const AGENCY_2016: &str = "agency_2016";

/// An agency code is at most this long.
const AGENCY_MAX: usize = 35;
/// A code of any other scheme is at most this long.
const OTHER_MAX: usize = 64;

/// Why a code or its scheme cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Schemes are written `[a-z][a-z0-9_]*`.
    #[error("a scheme is written with small letters, digits and _, at most 32 characters")]
    Scheme,
    /// Two, three or five digits.
    #[error("a gso code has 2, 3 or 5 digits")]
    Gso,
    /// Groups of `A-Z` and `0-9`, split by dots.
    #[error("an agency code looks like H29.38.1: a letter A-Y and two digits, then groups of A-Z and 0-9, at most 35 characters")]
    Agency,
    /// `V1V2V3.Z1Z2.Y1Y2.MX1X2`.
    #[error("an agency code of 2016 looks like 000.00.00.H29")]
    Agency2016,
    /// Empty, too long, or with characters that nobody can see.
    #[error("a code has 1 to 64 visible characters")]
    Other,
}

impl CodeError {
    /// The reason in Vietnamese.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Scheme => "tên bộ mã viết bằng chữ thường, chữ số và dấu _, tối đa 32 ký tự",
            Self::Gso => "mã đơn vị hành chính có 2, 3 hoặc 5 chữ số",
            Self::Agency => {
                "mã định danh có dạng H29.38.1: một chữ cái A-Y và hai chữ số, rồi các nhóm A-Z, 0-9 cách nhau bằng dấu chấm, tối đa 35 ký tự"
            }
            Self::Agency2016 => "mã định danh năm 2016 có dạng 000.00.00.H29",
            Self::Other => "mã có từ 1 đến 64 ký tự nhìn thấy được",
        }
    }
}

/// Checks a code against its scheme. Schemes that are not known here are
/// welcome; their codes are free text.
pub fn check(scheme: &str, code: &str) -> Result<(), CodeError> {
    if !is_scheme(scheme) {
        return Err(CodeError::Scheme);
    }
    match scheme {
        GSO => good(is_gso(code), CodeError::Gso),
        AGENCY => good(is_agency(code), CodeError::Agency),
        AGENCY_2016 => good(is_agency_2016(code), CodeError::Agency2016),
        _ => good(is_other(code), CodeError::Other),
    }
}

/// Splits `scheme:code`; a code without a scheme is a `gso` code.
pub fn reference(text: &str) -> (&str, &str) {
    match text.split_once(':') {
        Some((scheme, code)) => (scheme.trim(), code.trim()),
        None => (GSO, text.trim()),
    }
}

fn good(right: bool, error: CodeError) -> Result<(), CodeError> {
    if right { Ok(()) } else { Err(error) }
}

fn is_scheme(scheme: &str) -> bool {
    scheme.len() <= 32
        && scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn is_gso(code: &str) -> bool {
    matches!(code.len(), 2 | 3 | 5) && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// A level-1 code: a letter A-Y and two digits.
fn is_level_1(group: &str) -> bool {
    let bytes = group.as_bytes();
    bytes.len() == 3 && (b'A'..=b'Y').contains(&bytes[0]) && bytes[1..].iter().all(u8::is_ascii_digit)
}

fn is_group(group: &str) -> bool {
    !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_agency(code: &str) -> bool {
    let mut groups = code.split('.');
    code.len() <= AGENCY_MAX && groups.next().is_some_and(is_level_1) && groups.all(is_group)
}

fn is_agency_2016(code: &str) -> bool {
    let groups: Vec<&str> = code.split('.').collect();
    let [third, second, first, province] = groups.as_slice() else { return false };
    third.len() == 3
        && second.len() == 2
        && first.len() == 2
        && [third, second, first].into_iter().all(|group| is_group(group))
        && is_level_1(province)
}

fn is_other(code: &str) -> bool {
    let length = code.chars().count();
    (1..=OTHER_MAX).contains(&length) && code.trim() == code && !code.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_checked_by_their_scheme() {
        let table = [
            (GSO, "26740", Ok(())),
            (GSO, "79", Ok(())),
            (GSO, "755", Ok(())),
            (GSO, "2674", Err(CodeError::Gso)),
            (GSO, "2674O", Err(CodeError::Gso)),
            (AGENCY, "H29", Ok(())),
            (AGENCY, "H29.38.AB1", Ok(())),
            (AGENCY, "Z29", Err(CodeError::Agency)),
            (AGENCY, "H29.", Err(CodeError::Agency)),
            (AGENCY, "h29.1", Err(CodeError::Agency)),
            (AGENCY, "H29.0123456789.0123456789.0123456789", Err(CodeError::Agency)),
            (AGENCY_2016, "000.00.00.H29", Ok(())),
            (AGENCY_2016, "H29.00.00.000", Err(CodeError::Agency2016)),
            ("tax_office", "bất kỳ", Ok(())),
            ("tax_office", "", Err(CodeError::Other)),
            ("tax_office", "a\0b", Err(CodeError::Other)),
            ("Tax", "1", Err(CodeError::Scheme)),
            ("", "1", Err(CodeError::Scheme)),
        ];
        for (scheme, code, expected) in table {
            assert_eq!(check(scheme, code), expected, "{scheme}:{code}");
        }
    }

    #[test]
    fn a_code_without_a_scheme_is_the_statistics_offices() {
        assert_eq!(reference("26740"), (GSO, "26740"));
        assert_eq!(reference("agency:H29.1"), (AGENCY, "H29.1"));
    }
}
