//! An answer, and what tests ask of it.

use axum::response::Response;
use http::HeaderMap;
use http_body_util::BodyExt as _;
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub(super) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Self { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Where it leads.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("no Location: {} {}", self.status, self.body))
    }

    /// A query parameter of where it leads.
    pub fn param(&self, name: &str) -> Option<String> {
        let (_, sent) = self.header("location")?.split_once(['?', '#'])?;
        let parts = sent.split('#').flat_map(|part| url::form_urlencoded::parse(part.as_bytes()));
        parts.into_iter().find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }

    fn main_attribute(&self, name: &str) -> Option<&str> {
        let main = &self.body[self.body.find("<main")?..];
        let main = &main[..main.find('>')?];
        let at = main.find(&format!("{name}=\""))? + name.len() + 2;
        main[at..].split('"').next()
    }

    /// The page's name.
    pub fn page(&self) -> Option<&str> {
        self.main_attribute("data-page")
    }

    /// The error page's code.
    pub fn error_page(&self) -> Option<&str> {
        self.main_attribute("data-error")
    }

    /// The value of a hidden input: of the main part, else of the preferences around it.
    pub fn hidden(&self, name: &str) -> String {
        let start = self.body.find("<main").unwrap_or_default();
        let named = |part: &str| inputs(part).into_iter().find(|(found, _)| found == name).map(|(_, value)| value);
        named(&self.body[start..]).or_else(|| named(&self.body[..start])).unwrap_or_default()
    }

    /// The fields of a form that posts itself.
    pub fn form_post_fields(&self) -> Vec<(String, String)> {
        let start = self.body.find("<main").unwrap_or_default();
        inputs(&self.body[start..])
    }
}

fn inputs(html: &str) -> Vec<(String, String)> {
    html.split("<input")
        .skip(1)
        .filter_map(|rest| {
            let tag = &rest[..rest.find('>')?];
            let value = |name: &str| {
                let at = tag.find(&format!(" {name}=\""))? + name.len() + 3;
                tag[at..].split('"').next().map(unescape)
            };
            (value("type").as_deref() == Some("hidden")).then(|| Some((value("name")?, value("value").unwrap_or_default())))?
        })
        .collect()
}

/// The numeric entities that templates write.
fn unescape(text: &str) -> String {
    [("&#38;", "&"), ("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'")]
        .iter()
        .fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}
