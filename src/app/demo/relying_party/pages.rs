//! The pages as askama structs, and the headers that every answer carries.

use super::Kind;
use super::enter::EnterError;
use super::party::Party;
use askama::Template;
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Html;
use axum::response::IntoResponse;
use axum::response::Response;
use std::sync::Arc;

/// What surrounds every page.
struct Frame {
    system: &'static str,
    short: &'static str,
    class: &'static str,
    neighbours: Vec<(&'static str, String)>,
}

/// The signed-in official, ready to be shown.
pub(super) struct Official {
    /// What this system calls them.
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) unit: Option<Unit>,
    pub(super) position: Option<Post>,
    pub(super) others: Vec<Post>,
    pub(super) roles: Vec<String>,
}

/// The acting unit.
pub(super) struct Unit {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) gso: Option<String>,
    pub(super) agency: Option<String>,
    pub(super) since: Option<String>,
    pub(super) path: String,
}

/// A unit that the acting one succeeds.
pub(super) struct OldUnit {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) gso: Option<String>,
    pub(super) until: Option<String>,
}

/// A position.
pub(super) struct Post {
    pub(super) title: String,
    pub(super) department: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) primary: bool,
}

/// A sample meeting.
pub(super) struct Meeting {
    pub(super) when: String,
    pub(super) topic: &'static str,
    pub(super) room: String,
}

#[derive(Template)]
#[template(path = "demo/signed_out.html")]
struct SignedOutPage {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "demo/tthc.html")]
struct TthcPage {
    frame: Frame,
    official: Official,
    dossier: Option<String>,
}

#[derive(Template)]
#[template(path = "demo/van_ban.html")]
struct VanBanPage {
    frame: Frame,
    official: Official,
    old_units: Vec<OldUnit>,
}

#[derive(Template)]
#[template(path = "demo/hop.html")]
struct HopPage {
    frame: Frame,
    official: Official,
    meetings: Vec<Meeting>,
}

#[derive(Template)]
#[template(path = "demo/trouble.html")]
struct TroublePage {
    frame: Frame,
    error: String,
    heading: &'static str,
    advice: &'static str,
}

/// Nobody is signed in here.
pub(super) fn signed_out(party: &Party) -> Response {
    page(StatusCode::OK, &SignedOutPage { frame: frame(party) })
}

/// The home of the administrative procedures.
pub(super) fn tthc(party: &Party, official: Official, dossier: Option<String>) -> Response {
    page(StatusCode::OK, &TthcPage { frame: frame(party), official, dossier })
}

/// The home of the documents.
pub(super) fn van_ban(party: &Party, official: Official, old_units: Vec<OldUnit>) -> Response {
    page(StatusCode::OK, &VanBanPage { frame: frame(party), official, old_units })
}

/// The home of the meetings.
pub(super) fn hop(party: &Party, official: Official, meetings: Vec<Meeting>) -> Response {
    page(StatusCode::OK, &HopPage { frame: frame(party), official, meetings })
}

/// A sign-in or sign-out that did not work, and what to do about it.
pub(super) fn trouble(party: &Party, error: &EnterError) -> Response {
    tracing::info!(%error, system = party.config.kind.short_name(), "nobody was signed in");
    let (status, code, heading, advice) = match error {
        EnterError::Refused(code) if code == "access_denied" => (
            StatusCode::OK,
            code.as_str(),
            "Chưa đăng nhập",
            "Việc đăng nhập đã được hủy. Chưa có dữ liệu nào được gửi đến hệ thống này.",
        ),
        EnterError::Refused(code) => (
            StatusCode::BAD_REQUEST,
            code.as_str(),
            "Chưa đăng nhập được",
            "Hệ thống đăng nhập một lần đã từ chối yêu cầu. Vui lòng thử lại.",
        ),
        EnterError::Malformed | EnterError::UnknownState | EnterError::WrongIssuer => (
            StatusCode::BAD_REQUEST,
            "unknown_answer",
            "Lượt đăng nhập này không còn hiệu lực",
            "Địa chỉ này chỉ dùng được một lần, trong trình duyệt đã bắt đầu đăng nhập. Vui lòng vào lại.",
        ),
        EnterError::Provider(_) | EnterError::Exchange(_) | EnterError::IdToken(_) | EnterError::UserInfo(_) => (
            StatusCode::BAD_GATEWAY,
            "provider_error",
            "Chưa kết nối được hệ thống đăng nhập một lần",
            "Vui lòng thử lại sau ít phút.",
        ),
    };
    page(status, &TroublePage { frame: frame(party), error: code.to_owned(), heading, advice })
}

/// A form that another site sent.
pub(super) fn foreign_form(party: &Party) -> Response {
    let page_of = TroublePage {
        frame: frame(party),
        error: "foreign_form".to_owned(),
        heading: "Chưa thực hiện",
        advice: "Yêu cầu đến từ một trang khác. Vui lòng làm lại từ trang này.",
    };
    page(StatusCode::FORBIDDEN, &page_of)
}

/// No such page.
pub(super) async fn not_found(State(party): State<Arc<Party>>) -> Response {
    let page_of = TroublePage {
        frame: frame(&party),
        error: "not_found".to_owned(),
        heading: "Không có trang này",
        advice: "Vui lòng kiểm tra địa chỉ hoặc về trang đầu.",
    };
    page(StatusCode::NOT_FOUND, &page_of)
}

/// `GET /demo.css`
pub(super) async fn stylesheet() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (kind, include_str!("../../../../templates/demo/demo.css")).into_response()
}

/// Adds what every answer must carry.
///
/// `form-action` names the provider, because signing out is a form whose answer leads there.
pub(super) async fn with_headers(State(party): State<Arc<Party>>, mut response: Response) -> Response {
    let issuer = url::Url::parse(&party.config.issuer).map(|url| url.origin().ascii_serialization());
    let policy =
        format!("default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}", issuer.unwrap_or_default());
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy.trim_end()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let fixed: [(HeaderName, &'static str); 2] =
        [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::REFERRER_POLICY, "same-origin")];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn frame(party: &Party) -> Frame {
    let kind = party.config.kind;
    Frame {
        system: kind.name(),
        short: kind.short_name(),
        class: match kind {
            Kind::Tthc => "tthc",
            Kind::VanBan => "vanban",
            Kind::HopKhongGiay => "hop",
        },
        neighbours: party
            .config
            .neighbours
            .iter()
            .filter(|other| other.kind != kind)
            .map(|other| (other.kind.name(), format!("{}/", other.url.trim_end_matches('/'))))
            .collect(),
    }
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
