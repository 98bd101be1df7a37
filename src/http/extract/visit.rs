//! A visit: the browser behind a request, its language and theme, its sign-on.

use super::cookies::Cookie;
use super::origin;
use crate::base::date::shown_moment;
use crate::base::digest::{base64url, same};
use crate::base::locale::Locale;
use crate::http::seal::Seal;
use crate::http::view::Page;
use crate::http::view::chrome::{Chrome, TextSize, Theme};
use crate::http::{App, packed};
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::Visitor;
use crate::service::{Failure, Origin, sign_on};
use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Who visits.
pub struct Visit {
    /// The doors' state.
    pub app: App,
    /// From where.
    pub origin: Origin,
    /// The path and query asked, to come back to after a change of preferences.
    pub here: String,
    /// The language of pages.
    pub locale: Locale,
    /// True when the person chose the language themselves.
    locale_chosen: bool,
    theme: Theme,
    text: TextSize,
    browser: String,
    browser_is_new: bool,
    sign_on_cookie: Option<String>,
    device_cookie: Option<String>,
    place_cookie: Option<String>,
    /// The sign-on that was found is on a computer that others use too.
    shared: AtomicBool,
    /// Whether other sites' scripts could have sent it.
    fetch_site: Option<String>,
    /// Pages go to this browser packed.
    takes_packed: bool,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let site = &app.site;
        let known = Cookie::Browser.read(site, &parts.headers).filter(|value| value.len() == 43).map(str::to_owned);
        let (locale, theme, text) = preferences(Cookie::Preferences.read(site, &parts.headers).unwrap_or_default());
        Ok(Self {
            origin: origin::of(site, parts),
            here: parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            locale: locale.unwrap_or_default(),
            locale_chosen: locale.is_some(),
            theme,
            text,
            browser_is_new: known.is_none(),
            browser: known.unwrap_or_else(|| app.services.entropy.token()),
            shared: AtomicBool::new(false),
            sign_on_cookie: Cookie::SignOn.read(site, &parts.headers).map(str::to_owned),
            device_cookie: Cookie::Device.read(site, &parts.headers).filter(|value| value.len() == 43).map(str::to_owned),
            place_cookie: Cookie::Place.read(site, &parts.headers).map(str::to_owned),
            fetch_site: parts.headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()).map(str::to_owned),
            takes_packed: packed::is_wanted(parts.uri.path(), &parts.headers),
            app: app.clone(),
        })
    }
}

/// Reads the preferences cookie: `locale.theme.text`, each part perhaps empty.
fn preferences(cookie: &str) -> (Option<Locale>, Theme, TextSize) {
    let mut parts = cookie.split('.');
    let locale = parts.next().and_then(Locale::from_tag);
    let theme = parts.next().and_then(Theme::from_word).unwrap_or_default();
    let text = parts.next().and_then(TextSize::from_word).unwrap_or_default();
    (locale, theme, text)
}

impl Visit {
    /// The open sign-on of this browser.
    pub async fn sign_on(&self) -> Result<Option<Arc<SignOn>>, Failure> {
        match &self.sign_on_cookie {
            Some(cookie) => {
                let found = sign_on::find(&self.app.services, cookie).await?;
                self.shared.store(found.as_ref().is_some_and(|sign_on| sign_on.manner.shared), Ordering::Relaxed);
                Ok(found)
            }
            None => Ok(None),
        }
    }

    /// The cookie that finds the sign-on.
    pub fn sign_on_cookie(&self) -> Option<&str> {
        self.sign_on_cookie.as_deref()
    }

    /// What this browser is known by, where somebody has signed in in it.
    pub fn device_cookie(&self) -> Option<&str> {
        self.device_cookie.as_deref()
    }

    /// Where names that are typed in this browser are from, as far as it remembers.
    pub fn place_cookie(&self) -> Option<&str> {
        self.place_cookie.as_deref()
    }

    /// The visitor, as capabilities see it.
    pub fn visitor(&self, sign_on: Option<Arc<SignOn>>) -> Visitor<'_> {
        Visitor { sign_on, browser: &self.browser, origin: &self.origin }
    }

    /// This browser's random value.
    pub fn browser(&self) -> &str {
        &self.browser
    }

    /// The language that a client asks for, unless the person chose one.
    pub fn wish_locale(&mut self, ui_locales: Option<&str>) {
        if let Some(wish) = ui_locales.and_then(Locale::first_of).filter(|_| !self.locale_chosen) {
            self.locale = wish;
        }
    }

    /// The form token of this browser.
    pub fn form_token(&self) -> String {
        base64url(&self.app.services.secrets.form_token(&self.browser))
    }

    /// True when a form came from one of our own pages in this browser.
    pub fn is_own_form(&self, form: &Parameters) -> bool {
        let token = form.get("csrf").unwrap_or_default();
        let own_site = self.fetch_site.as_deref().is_none_or(|site| matches!(site, "same-origin" | "none"));
        own_site && !self.browser_is_new && same(token.as_bytes(), self.form_token().as_bytes())
    }

    /// What surrounds a page.
    pub fn chrome(&self) -> Chrome {
        Chrome {
            locale: self.locale,
            theme: self.theme,
            text: self.text,
            csrf: self.form_token(),
            back: self.here.clone(),
            owner: self.app.site.owner.said(self.locale).to_owned(),
            city: self.app.site.city.said(self.locale).to_owned(),
            seal: self.app.site.seal.as_ref().map(Seal::address),
            help: self.app.site.help.clone(),
            shared: self.shared.load(Ordering::Relaxed),
            printed: self.printed(),
        }
    }

    /// What stands at the foot of a page on paper: its address, and when it was made.
    fn printed(&self) -> String {
        let services = &self.app.services;
        format!("{}{}, {}", services.settings.issuer.trim_end_matches('/'), self.here, shown_moment(services.clock.now()))
    }

    /// The preferences cookie's value after a change.
    pub fn changed_preferences(&self, form: &Parameters) -> String {
        let locale = form.get("locale").and_then(Locale::from_tag).or(self.locale_chosen.then_some(self.locale));
        let theme = form.get("theme").and_then(Theme::from_word).unwrap_or(self.theme);
        let text = form.get("text").and_then(TextSize::from_word).unwrap_or(self.text);
        format!("{}.{}.{}", locale.map(Locale::tag).unwrap_or_default(), theme.word(), text.word())
    }

    /// A page. Its forms may lead to `form_action` beside ourselves.
    pub fn page(&self, status: StatusCode, page: &impl Page, form_action: Option<&str>) -> Response {
        let also = form_action.map(|also| format!(" {also}")).unwrap_or_default();
        let policy = format!("default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{also}");
        let html = page.render_page();
        let kind = [(CONTENT_TYPE, "text/html; charset=utf-8")];
        let packed = if self.takes_packed { packed::pack(&html) } else { None };
        let mut response = match packed {
            Some(packed) => {
                let told = [(CONTENT_ENCODING, "gzip"), (VARY, "accept-encoding, sec-fetch-site")];
                (status, kind, told, packed).into_response()
            }
            None => (status, kind, html).into_response(),
        };
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        self.with_browser(response)
    }

    /// 303 to one of our own pages or to a proven address.
    pub fn see_other(&self, location: &str) -> Response {
        let Ok(location) = HeaderValue::from_str(location) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        self.with_browser((StatusCode::SEE_OTHER, [(axum::http::header::LOCATION, location)]).into_response())
    }

    /// Sets the browser's cookie when it had none.
    fn with_browser(&self, mut response: Response) -> Response {
        if self.browser_is_new {
            self.set_cookie(&mut response, Cookie::Browser, &self.browser, None);
        }
        response
    }

    /// Adds a cookie to an answer.
    pub fn set_cookie(&self, response: &mut Response, cookie: Cookie, value: &str, seconds: Option<i64>) {
        if let Some(header) = cookie.set(&self.app.site, value, seconds) {
            response.headers_mut().append(SET_COOKIE, header);
        }
    }
}
