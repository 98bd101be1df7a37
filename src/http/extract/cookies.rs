//! Cookies: five of them, host-only, with the `__Host-` prefix on https.

use crate::http::Site;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// Which cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Finds the sign-on.
    SignOn,
    /// Ties forms and waiting requests to a browser.
    Browser,
    /// Language, theme and text size.
    Preferences,
    /// What a device is known by, for a year.
    Device,
    /// Where names that are typed here are from, for a year. It opens nothing.
    Place,
}

impl Cookie {
    fn name(self, site: &Site) -> &'static str {
        match (self, site.secure) {
            (Self::SignOn, true) => "__Host-motlan_sign_on",
            (Self::SignOn, false) => "motlan_sign_on",
            (Self::Browser, true) => "__Host-motlan_browser",
            (Self::Browser, false) => "motlan_browser",
            (Self::Preferences, true) => "__Host-motlan_prefs",
            (Self::Preferences, false) => "motlan_prefs",
            (Self::Device, true) => "__Host-motlan_device",
            (Self::Device, false) => "motlan_device",
            (Self::Place, true) => "__Host-motlan_place",
            (Self::Place, false) => "motlan_place",
        }
    }

    /// The cookie's value, when it came exactly once in a form that we make.
    pub fn read<'h>(self, site: &Site, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = self.name(site);
        let mut found = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(found, _)| *found == name)
            .map(|(_, value)| value);
        let value = found.next()?;
        let plain = value.len() <= 64 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        (plain && found.next().is_none()).then_some(value)
    }

    /// A `Set-Cookie` header; `seconds` is absent for a cookie that ends with the browser.
    pub fn set(self, site: &Site, value: &str, seconds: Option<i64>) -> Option<HeaderValue> {
        let name = self.name(site);
        let secure = if site.secure { "; Secure" } else { "" };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(value).expect("a header"));
        headers
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name_and_only_once() {
        let site = Site { secure: true, ..Site::default() };
        let table = [
            ("__Host-motlan_sign_on=abc", Some("abc")),
            ("a=b; __Host-motlan_sign_on=abc; c=d", Some("abc")),
            ("motlan_sign_on=abc", None),
            ("__Host-motlan_sign_on=abc; __Host-motlan_sign_on=def", None),
            ("__Host-motlan_sign_on=a b", None),
            ("__Host-motlan_sign_on", None),
        ];
        for (header, expected) in table {
            assert_eq!(Cookie::SignOn.read(&site, &headers(header)), expected, "{header}");
        }
    }

    #[test]
    fn cookies_are_kept_from_scripts_and_other_sites() {
        let site = Site { secure: true, ..Site::default() };
        let header = Cookie::SignOn.set(&site, "abc", None).expect("a header");
        assert_eq!(header, "__Host-motlan_sign_on=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
        let header = Cookie::Device.set(&site, "abc", Some(60)).expect("a header");
        assert_eq!(header, "__Host-motlan_device=abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
    }
}
