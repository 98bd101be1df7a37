//! Parameters of a request, and the authorization request that they make.

use super::{assert_quotable, is_exact};
use motlan::protocol::authorization_request::AuthorizationRequest;
use motlan::protocol::parameters::{Fault, Parameters};
use motlan::protocol::resource_indicator;
use motlan::protocol::response_type::ResponseType;

/// The input is a query.
pub fn run(data: &[u8]) {
    let parameters = Parameters::decode(data);
    check_parameters(&parameters);
    match AuthorizationRequest::read("client", &parameters) {
        Ok(request) => {
            assert_eq!(parameters.fault(), None);
            check_request(&request);
        }
        Err(error) => assert_quotable(&error),
    }
}

fn check_parameters(parameters: &Parameters) {
    let pairs: Vec<(&str, &str)> = parameters.pairs().collect();
    assert!(pairs.len() <= 100);
    for (name, value) in &pairs {
        assert!(!value.is_empty() && value.len() <= 16 * 1024 && name.len() <= 256);
        assert!(![name, value].into_iter().any(|text| text.contains(['\0', '\u{fffd}'])));
    }
    assert_eq!(parameters.size(), pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>());
    if let Some(Fault::Repeated(name)) = parameters.fault() {
        assert_eq!(parameters.get(name), None, "a repeated value is never used");
    }

    let printed = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();

    let again = Parameters::decode(printed.as_bytes());
    assert_eq!(again.fault(), None);
    assert_eq!(again.pairs().collect::<Vec<_>>(), pairs);
}

fn check_request(request: &AuthorizationRequest) {
    assert_eq!(ResponseType::parse(request.response_type.as_str()), Some(request.response_type));
    assert!(request.nonce.as_ref().is_none_or(|nonce| nonce.len() <= 1_024));
    let prompt = request.prompt;
    let others = prompt.login || prompt.consent || prompt.select_account;
    assert!(!(prompt.none && others), "none stands alone");
    assert!(request.max_age.is_none_or(|seconds| (0..=i64::from(u32::MAX)).contains(&seconds)));
    assert!(request.acr_values.len() <= 20 && request.details.len() <= 20 && request.resources.len() <= 10);
    assert!(request.resources.iter().all(|resource| resource_indicator::refuse(resource).is_none()));

    let printed = serde_json::to_value(request).expect("a request is JSON while it waits");

    if is_exact(&printed) {
        let again = serde_json::from_str::<AuthorizationRequest>(&printed.to_string());
        assert_eq!(again.as_ref().ok(), Some(request), "it comes back as it was");
    }
}
