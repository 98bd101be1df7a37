//! Userinfo endpoint (OpenID Connect Core §5.3), with the token in the header
//! or in a form body (RFC 6750 §2), never in the query; bound tokens with their
//! proof (RFC 9449 §7, RFC 8705 §3).

use super::preflight;
use crate::http::App;
use crate::http::extract::certificate::PeerCertificate;
use crate::http::extract::{body, certificate, dpop};
use crate::http::reject::oauth::{self, OAuthRejection};
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::jws::Algorithm;
use crate::protocol::parameters::Parameters;
use crate::service::sender::{self, Presented, SenderError};
use crate::service::tokens::userinfo::{self, UserinfoError};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

const PATH: &str = "/oauth2/userinfo";

/// How a token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    /// By having it (RFC 6750).
    Bearer,
    /// With a proof of the key that it is bound to (RFC 9449 §7.1).
    Dpop,
}

/// `GET /oauth2/userinfo`
pub async fn get(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match in_header(&parts.headers) {
        Ok(Some((scheme, token))) => answer(&app, &parts, scheme, token).await,
        Ok(None) => challenge(Scheme::Bearer, StatusCode::UNAUTHORIZED, None),
        Err(response) => response,
    }
}

/// `POST /oauth2/userinfo`
pub async fn post(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bad = |status, description: &str| refused(Scheme::Bearer, status, ErrorCode::InvalidRequest, description);
    let in_header = match in_header(&parts.headers) {
        Ok(token) => token,
        Err(response) => return response,
    };
    let in_body = if body::is_form(&parts.headers) {
        match body::form(&parts.headers, body).await.map(Parameters::checked) {
            Ok(Ok(form)) => form.owned("access_token"),
            Ok(Err(_)) => return bad(StatusCode::BAD_REQUEST, "the body cannot be read"),
            Err(problem) => return bad(problem.status(), problem.description()),
        }
    } else {
        None
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => bad(StatusCode::BAD_REQUEST, "send the token once"),
        (Some((scheme, token)), None) => answer(&app, &parts, scheme, token).await,
        (None, Some(token)) => answer(&app, &parts, Scheme::Bearer, &token).await,
        (None, None) => challenge(Scheme::Bearer, StatusCode::UNAUTHORIZED, None),
    }
}

/// The token of the Authorization header; an error when the header is something else.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn in_header(headers: &HeaderMap) -> Result<Option<(Scheme, &str)>, Response> {
    let unreadable = || {
        let description = "the Authorization header cannot be read";
        refused(Scheme::Bearer, StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, description)
    };
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(header) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(unreadable());
    }
    let (scheme, token) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unreadable)?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Scheme::Bearer,
        "dpop" => Scheme::Dpop,
        _ => return Err(challenge(Scheme::Bearer, StatusCode::UNAUTHORIZED, None)),
    };
    Ok(Some((scheme, token.trim())))
}

async fn answer(app: &App, parts: &Parts, scheme: Scheme, token: &str) -> Response {
    let sender = match show(app, parts, scheme, token) {
        Ok(sender) => sender,
        Err(response) => return response,
    };
    match userinfo::answer(&app.services, token, &sender, scheme == Scheme::Dpop).await {
        Ok(answer) => {
            let mut response = match answer.signed {
                Some(signed) => ([(CONTENT_TYPE, "application/jwt")], signed).into_response(),
                None => ([(CONTENT_TYPE, "application/json")], answer.claims.to_string()).into_response(),
            };
            if scheme == Scheme::Dpop {
                oauth::add_nonce(&app.services, &mut response);
            }
            preflight::allow(&mut response, &parts.headers, &answer.client);
            response
        }
        Err(UserinfoError::Unusable) => {
            let description = "the access token is expired, revoked, not ours, or not shown with its proof";
            refused(scheme, StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken, description)
        }
        Err(UserinfoError::Sender(error)) => unproven(app, scheme, error),
        Err(UserinfoError::NoOpenid) => {
            refused(scheme, StatusCode::FORBIDDEN, ErrorCode::InsufficientScope, "the access token lacks openid")
        }
        Err(UserinfoError::Failure(failure)) => OAuthRejection::from(failure).into_response(),
    }
}

/// What comes beside the token: a proof for this very token, a certificate.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn show(app: &App, parts: &Parts, scheme: Scheme, token: &str) -> Result<sender::Sender, Response> {
    let unauthorized = |code, description: &str| refused(scheme, StatusCode::UNAUTHORIZED, code, description);
    let proof = match dpop::read(&parts.headers) {
        Ok(proof) => proof.filter(|_| scheme == Scheme::Dpop),
        Err(error) => return Err(unauthorized(error.code, &error.description)),
    };
    if scheme == Scheme::Dpop && proof.is_none() {
        return Err(unauthorized(ErrorCode::InvalidDpopProof, "the DPoP proof is missing"));
    }
    let certificate = match certificate::read(&app.site, parts) {
        Ok(certificate) => certificate,
        Err(error) => return Err(refused(scheme, StatusCode::BAD_REQUEST, error.code, &error.description)),
    };
    if proof.is_none() && certificate.is_none() {
        return Ok(sender::Sender::default());
    }
    let shown = Presented {
        proof,
        method: parts.method.as_str(),
        path: PATH,
        certificate: certificate.as_ref().map(PeerCertificate::shown),
    };
    sender::prove(&app.services, &shown, Some(token)).map_err(|error| unproven(app, scheme, error))
}

fn unproven(app: &App, scheme: Scheme, error: SenderError) -> Response {
    let unauthorized = |code, description: &str| refused(scheme, StatusCode::UNAUTHORIZED, code, description);
    match error {
        SenderError::InvalidProof(reason) => unauthorized(ErrorCode::InvalidDpopProof, reason),
        SenderError::NonceNeeded { .. } => {
            let mut response = unauthorized(ErrorCode::UseDpopNonce, "the DPoP proof needs the nonce of this answer");
            oauth::add_nonce(&app.services, &mut response);
            response
        }
        SenderError::Failure(failure) => OAuthRejection::from(failure).into_response(),
    }
}

fn refused(scheme: Scheme, status: StatusCode, code: ErrorCode, description: &str) -> Response {
    challenge(scheme, status, Some(&OAuthError::new(code, description)))
}

/// `WWW-Authenticate` (RFC 6750 §3, RFC 9449 §7.1): without an error when no token came.
fn challenge(scheme: Scheme, status: StatusCode, error: Option<&OAuthError>) -> Response {
    let because = error.map_or_else(String::new, |OAuthError { code, description }| {
        let scope = if *code == ErrorCode::InsufficientScope { ", scope=\"openid\"" } else { "" };
        format!(", error=\"{}\", error_description=\"{description}\"{scope}", code.as_str())
    });
    let algorithms = Algorithm::names().join(" ");
    let text = match scheme {
        Scheme::Bearer => format!("Bearer realm=\"motlan\"{because}"),
        Scheme::Dpop => format!("DPoP realm=\"motlan\", algs=\"{algorithms}\"{because}"),
    };
    let mut response = status.into_response();
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}
