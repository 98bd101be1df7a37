//! Client metadata that a stranger wrote.

use super::assert_quotable;
use motlan::protocol::client_metadata::{CITY_SCOPES, ClientMetadata, Policy, parse};
use motlan::protocol::error::ErrorCode;
use motlan::protocol::redirect_uri::{self, For};
use motlan::protocol::scope::Scopes;

/// The input is a body.
pub fn run(data: &[u8]) {
    let members = match parse(data) {
        Ok(members) => members,
        Err(error) => return assert_quotable(&error),
    };
    for implicit in [false, true] {
        let policy = Policy { implicit, ..Policy::default() };
        match ClientMetadata::read(&members, &policy) {
            Ok(metadata) => check(metadata, &policy),
            Err(error) => {
                assert_quotable(&error);
                assert!(matches!(
                    error.code,
                    ErrorCode::InvalidRedirectUri | ErrorCode::InvalidClientMetadata | ErrorCode::UnapprovedSoftwareStatement
                ));
            }
        }
    }
}

fn check(mut metadata: ClientMetadata, policy: &Policy) {
    let flow = &metadata.flow;
    assert!((1..=20).contains(&flow.redirect_uris.len()));
    for address in flow.redirect_uris.iter().chain(&flow.post_logout_redirect_uris) {
        assert_eq!(redirect_uri::refuse(address, For::Native), None, "{address}");
        assert!(!redirect_uri::holds_answer(address), "{address}");
    }
    let scopes = Scopes::parse(&flow.scope).expect("scopes");
    assert!(scopes.iter().all(|scope| policy.may_have(scope) && !CITY_SCOPES.contains(&scope)));
    let implicit = flow.grant_types.iter().any(|grant| grant == "implicit");
    assert!(policy.implicit || !implicit);
    assert_eq!(implicit, flow.response_types.iter().any(|kind| kind != "code"));
    let proof = &metadata.proof;
    assert!(proof.jwks.is_none() || proof.jwks_uri.is_none());
    assert!(proof.certificate.len() <= 1);
    assert!(proof.token_endpoint_auth_method != "private_key_jwt" || proof.has_keys());

    // What the client is shown it may send back (RFC 7592 section 2.2).
    let document = metadata.document();
    let again = ClientMetadata::read(&document, policy).expect("its own document is accepted");

    assert_eq!(Scopes::parse(&again.flow.scope).as_ref(), Ok(&scopes));
    // The order of scopes says nothing.
    metadata.flow.scope.clone_from(&again.flow.scope);
    assert_eq!(again, metadata);
}
