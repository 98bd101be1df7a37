//! One row a rule: what a document may say, and which member a refusal names.

use super::*;
use serde_json::json;

fn policy() -> Policy {
    Policy { implicit: true, ..Policy::default() }
}

fn read(change: Value) -> Result<ClientMetadata, OAuthError> {
    let mut document = Map::new();
    document.insert("redirect_uris".to_owned(), json!(["https://a.example/cb"]));
    if let Value::Object(members) = change {
        document.extend(members);
    }
    ClientMetadata::read(&document, &policy())
}

#[track_caller]
fn refused(change: Value, member: &str) {
    let shown = change.to_string();
    let error = read(change).expect_err(&shown);
    let code = if member == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" };
    assert_eq!(error.code.as_str(), code, "{shown}: {error}");
    assert!(error.description.starts_with(&format!("{member}: ")), "{shown}: {error}");
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_specifications() {
    let document = read(json!({})).expect("accepted").document();

    let expected = json!({
        "redirect_uris": ["https://a.example/cb"],
        "application_type": "web",
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "scope": "openid profile email",
        "token_endpoint_auth_method": "client_secret_basic",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "authorization_signed_response_alg": "RS256",
        "require_auth_time": false,
        "tls_client_certificate_bound_access_tokens": false,
        "dpop_bound_access_tokens": false,
        "require_signed_request_object": false,
        "require_pushed_authorization_requests": false,
        "frontchannel_logout_session_required": false,
        "backchannel_logout_session_required": false,
    });
    assert_eq!(Value::Object(document), expected);
}

#[test]
fn null_and_empty_mean_absent_and_unknown_members_are_left_alone() {
    let plain = read(json!({})).expect("accepted");
    let changes = json!({
        "client_name": null, "contacts": [], "logo_uri": "", "jwks": null, "grant_types": [], "response_types": null,
        "client_id": "mine", "x_unknown": {"deep": []}, "unknown_uri#vi": 5,
    });
    assert_eq!(read(changes).expect("accepted"), plain);
}

#[test]
fn a_member_of_the_wrong_json_type_is_named() {
    let texts = [
        "application_type",
        "client_name",
        "logo_uri",
        "client_uri",
        "policy_uri",
        "tos_uri",
        "jwks_uri",
        "sector_identifier_uri",
        "subject_type",
        "id_token_signed_response_alg",
        "userinfo_signed_response_alg",
        "request_object_signing_alg",
        "authorization_signed_response_alg",
        "introspection_signed_response_alg",
        "token_endpoint_auth_method",
        "token_endpoint_auth_signing_alg",
        "initiate_login_uri",
        "frontchannel_logout_uri",
        "backchannel_logout_uri",
        "scope",
        "software_id",
        "software_version",
        "tls_client_auth_subject_dn",
        "tls_client_auth_san_dns",
        "tls_client_auth_san_uri",
        "tls_client_auth_san_ip",
        "tls_client_auth_san_email",
    ];
    let lists = [
        "redirect_uris",
        "response_types",
        "grant_types",
        "contacts",
        "default_acr_values",
        "request_uris",
        "post_logout_redirect_uris",
        "authorization_details_types",
    ];
    let flags = [
        "require_auth_time",
        "frontchannel_logout_session_required",
        "backchannel_logout_session_required",
        "tls_client_certificate_bound_access_tokens",
        "dpop_bound_access_tokens",
        "require_pushed_authorization_requests",
        "require_signed_request_object",
    ];
    for member in texts {
        for bad in [json!(1), json!(true), json!(["x"]), json!({})] {
            refused(json!({ member: bad }), member);
        }
    }
    for member in lists {
        for bad in [json!("https://a.example/"), json!(1), json!({}), json!([1]), json!([null]), json!([["x"]]), json!([""])] {
            refused(json!({ member: bad }), member);
        }
    }
    for member in flags {
        for bad in [json!("true"), json!(1), json!([])] {
            refused(json!({ member: bad }), member);
        }
    }
    for bad in [json!("60"), json!(-1), json!(1.5), json!(i64::MAX), json!(true)] {
        refused(json!({ "default_max_age": bad }), "default_max_age");
    }
    refused(json!({ "jwks": "x" }), "jwks");
    refused(json!({ "client_name#vi": 1 }), "client_name#vi");
}

#[test]
fn addresses_of_answers_fit_the_kind_of_application() {
    let table = [
        ("web", "https://a.example/cb?tenant=1", true),
        ("web", "https://a.example:8443/cb", true),
        ("web", "http://a.example/cb", false),
        ("web", "https://localhost/cb", false),
        ("web", "https://127.0.0.1/cb", false),
        ("web", "http://localhost:3000/cb", false),
        ("web", "vn.gov.app:/cb", false),
        ("web", "https://a.example/cb#x", false),
        ("web", "https://*.example/cb", false),
        ("web", "https://u:p@a.example/cb", false),
        ("web", "https://a.example/cb?code=1", false),
        ("web", "/cb", false),
        ("web", "", false),
        ("native", "vn.gov.app:/cb", true),
        ("native", "http://127.0.0.1/cb", true),
        ("native", "http://[::1]:5000/cb", true),
        ("native", "http://localhost/cb", true),
        ("native", "app:/cb", false),
        ("native", "https://a.example/cb", false),
        ("native", "HTTPS://a.example/cb", false),
        ("native", "http://a.example/cb", false),
        ("native", "javascript:alert(1)", false),
    ];
    for (kind, address, fine) in table {
        for member in ["redirect_uris", "post_logout_redirect_uris"] {
            let good = if kind == "web" { "https://a.example/cb" } else { "vn.gov.app:/cb" };
            let mut change = json!({ "application_type": kind, "redirect_uris": [good] });
            change[member] = json!([address]);
            if fine {
                assert!(read(change).is_ok(), "{kind} {address}");
            } else {
                refused(change, member);
            }
        }
    }
    refused(json!({ "redirect_uris": [] }), "redirect_uris");
    refused(json!({ "redirect_uris": null }), "redirect_uris");
    refused(json!({ "redirect_uris": vec!["https://a.example/cb"; 21] }), "redirect_uris");
    refused(json!({ "application_type": "spa" }), "application_type");
}

#[test]
fn grants_and_response_types_go_together() {
    let table: [(Value, Value, Option<&str>); 11] = [
        (json!(["code"]), json!(["authorization_code", "refresh_token"]), None),
        (json!(["id_token"]), json!(["implicit"]), None),
        (json!(["token id_token", "code"]), json!(["implicit", "authorization_code"]), None),
        (json!(["id_token"]), json!(null), None),
        (json!(["id_token"]), json!(["authorization_code"]), Some("grant_types")),
        (json!(["code"]), json!(["implicit"]), Some("grant_types")),
        (json!(["code"]), json!(["authorization_code", "implicit"]), Some("grant_types")),
        (json!(["code"]), json!(["authorization_code", "client_credentials"]), Some("grant_types")),
        (json!(["id_token"]), json!(["implicit", "refresh_token"]), Some("grant_types")),
        (json!(["token"]), json!(["implicit"]), Some("response_types")),
        (json!(["code id_token"]), json!(["authorization_code", "implicit"]), Some("response_types")),
    ];
    for (response_types, grant_types, member) in table {
        let change = json!({ "response_types": response_types, "grant_types": grant_types });
        match member {
            Some(member) => refused(change, member),
            None => assert!(read(change.clone()).is_ok(), "{change}"),
        }
    }
    let derived = read(json!({ "response_types": ["token id_token", "code", "code"] })).expect("accepted").flow;
    assert_eq!(derived.response_types, ["id_token token", "code"]);
    assert_eq!(derived.grant_types, ["authorization_code", "implicit"]);

    let document = json!({ "redirect_uris": ["https://a.example/cb"], "response_types": ["id_token"] });
    let off = ClientMetadata::read(document.as_object().expect("an object"), &Policy::default()).expect_err("switched off");
    assert!(off.description.starts_with("response_types: "), "{off}");
}

#[test]
fn scopes_of_the_city_are_never_given_whatever_the_policy_says() {
    let mut policy = policy();
    policy.scopes.extend(CITY_SCOPES.map(str::to_owned));
    let read = |scope: Value| {
        let document = json!({ "redirect_uris": ["https://a.example/cb"], "scope": scope });
        ClientMetadata::read(document.as_object().expect("an object"), &policy)
    };

    for scope in CITY_SCOPES.into_iter().chain(["phone", "ho_so.doc"]) {
        let error = read(json!(format!("openid {scope}"))).expect_err(scope);
        assert!(error.description.starts_with("scope: ") && error.description.contains(scope), "{error}");
    }
    assert_eq!(read(json!(null)).expect("accepted").flow.scope, "openid profile email");
    assert_eq!(read(json!("email openid")).expect("accepted").flow.scope, "email openid");
}

#[test]
fn what_people_are_told_comes_in_several_languages() {
    let about = read(json!({
        "client_name": "Sổ  tay", "client_name#en": "Handbook", "tos_uri#en-GB": "https://a.example/terms",
        "contacts": ["kim@a.example"],
    }))
    .expect("accepted")
    .about;
    assert_eq!(about.client_name.as_deref(), Some("Sổ tay"));
    assert_eq!(about.tagged.len(), 2);

    refused(json!({ "client_name": "a".repeat(121) }), "client_name");
    refused(json!({ "client_name": "a\u{202e}b" }), "client_name");
    refused(json!({ "client_name": "a\u{7}" }), "client_name");
    refused(json!({ "client_name": " " }), "client_name");
    refused(json!({ "client_name#": "a" }), "client_name");
    refused(json!({ "client_name#not a tag": "a" }), "client_name");
    refused(json!({ "policy_uri#vi": "http://a.example/" }), "policy_uri#vi");
    refused(json!({ "contacts": ["nobody"] }), "contacts");
    for member in ["client_uri", "policy_uri", "tos_uri", "initiate_login_uri", "frontchannel_logout_uri"] {
        for bad in ["http://a.example/", "http://127.0.0.1/", "javascript:alert(1)", "https://u@a.example/", "/about", "https:"] {
            refused(json!({ member: bad }), member);
        }
    }
    for member in ["logo_uri", "jwks_uri", "sector_identifier_uri", "backchannel_logout_uri"] {
        for bad in ["http://a.example/", "ftp://a.example/", "file:///etc/passwd", "https://a.example/#x", "https://a.example/ b"]
        {
            refused(json!({ member: bad }), member);
        }
    }
    refused(json!({ "request_uris": ["http://a.example/r"] }), "request_uris");
    refused(json!({ "request_uris": [format!("https://a.example/{}", "r".repeat(500))] }), "request_uris");
    assert!(read(json!({ "request_uris": ["https://a.example/r#digest"] })).is_ok());
}

#[test]
fn a_frame_belongs_to_the_origin_of_an_answer() {
    assert!(read(json!({ "frontchannel_logout_uri": "https://a.example/out" })).is_ok());
    for other in ["https://b.example/out", "https://a.example:8443/out", "https://a.example.evil.example/out"] {
        refused(json!({ "frontchannel_logout_uri": other }), "frontchannel_logout_uri");
    }
}

#[test]
fn each_method_of_proof_brings_what_it_needs() {
    let keys = json!({ "keys": [] });
    let fine = [
        json!({ "token_endpoint_auth_method": "none" }),
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": keys }),
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example/jwks" }),
        json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": keys }),
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example" }),
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "2001:db8::1" }),
        json!({ "require_signed_request_object": true, "jwks": keys }),
        json!({ "request_object_signing_alg": "none" }),
        json!({ "token_endpoint_auth_signing_alg": "PS256", "userinfo_signed_response_alg": "EdDSA" }),
    ];
    for change in fine {
        assert!(read(change.clone()).is_ok(), "{change}");
    }
    let method = "token_endpoint_auth_method";
    for (change, member) in [
        (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), method),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), method),
        (json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }), method),
        (json!({ "token_endpoint_auth_method": "tls_client_auth" }), method),
        (json!({ "tls_client_auth_san_dns": "a.example" }), "tls_client_auth_san_dns"),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "a.example" }),
            "tls_client_auth_san_ip",
        ),
        (
            json!({
                "token_endpoint_auth_method": "tls_client_auth",
                "tls_client_auth_subject_dn": "CN=a", "tls_client_auth_san_dns": "a.example",
            }),
            "tls_client_auth_san_dns",
        ),
        (json!({ "jwks": keys, "jwks_uri": "https://a.example/jwks" }), "jwks_uri"),
        (json!({ "require_signed_request_object": true }), "require_signed_request_object"),
        (
            json!({ "require_signed_request_object": true, "jwks": keys, "request_object_signing_alg": "none" }),
            "require_signed_request_object",
        ),
        (json!({ "id_token_signed_response_alg": "none" }), "id_token_signed_response_alg"),
        (json!({ "userinfo_signed_response_alg": "HS256" }), "userinfo_signed_response_alg"),
        (json!({ "request_object_signing_alg": "HS256" }), "request_object_signing_alg"),
        (json!({ "subject_type": "other" }), "subject_type"),
        (json!({ "authorization_details_types": ["ho_so"] }), "authorization_details_types"),
        (
            json!({ "subject_type": "pairwise", "redirect_uris": ["https://a.example/cb", "https://b.example/cb"] }),
            "sector_identifier_uri",
        ),
    ] {
        refused(change, member);
    }
}

#[test]
fn encryption_and_software_statements_are_refused_by_name() {
    for member in ENCRYPTION {
        refused(json!({ member: "RSA-OAEP-256" }), member);
        assert!(read(json!({ member: null })).is_ok(), "{member}");
    }
    let error = read(json!({ "software_statement": "a.b.c" })).expect_err("nobody is trusted");
    assert_eq!(error.code.as_str(), "unapproved_software_statement");
}

#[test]
fn a_body_is_an_object_that_is_not_nested_too_deeply() {
    let nested = |depth: usize| format!("{{\"x\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    for (body, fine) in [
        ("{}".to_owned(), true),
        (nested(7), true),
        (nested(8), false),
        (nested(5_000), false),
        ("[]".to_owned(), false),
        ("null".to_owned(), false),
        ("{".to_owned(), false),
        (String::new(), false),
        ("{\"a\":1} x".to_owned(), false),
    ] {
        let shown = &body[..body.len().min(40)];
        assert_eq!(parse(body.as_bytes()).is_ok(), fine, "{shown}");
    }
}

#[test]
fn bounds_hold_for_the_last_that_fits_and_the_first_that_does_not() {
    let names = |count: usize| (0..count).map(|at| (format!("client_name#x{at}"), json!("a"))).collect::<Map<_, _>>();
    assert!(read(Value::Object(names(20))).is_ok());
    refused(Value::Object(names(21)), "client_name");

    assert!(read(json!({ "client_name": "ố".repeat(120) })).is_ok());
    refused(json!({ "client_name": "ố".repeat(121) }), "client_name");

    let contacts = |count: usize| json!({ "contacts": vec!["kim@a.example"; count] });
    assert!(read(contacts(20)).is_ok());
    refused(contacts(21), "contacts");
    for bad in ["@a.example", "kim@", "@", &format!("{}@a.example", "k".repeat(245))] {
        refused(json!({ "contacts": [bad] }), "contacts");
    }
    assert!(read(json!({ "contacts": [format!("{}@a.example", "k".repeat(244))] })).is_ok());

    let address = |length: usize| format!("https://a.example/{}", "p".repeat(length - 18));
    assert!(read(json!({ "policy_uri": address(2_000) })).is_ok());
    refused(json!({ "policy_uri": address(2_001) }), "policy_uri");
    assert!(read(json!({ "request_uris": [address(512)] })).is_ok());
    refused(json!({ "request_uris": [address(513)] }), "request_uris");
}

#[test]
fn only_pairwise_subjects_of_several_hosts_need_a_document_of_their_sector() {
    let two = json!(["https://a.example/cb", "https://b.example/cb"]);
    assert!(read(json!({ "redirect_uris": two })).is_ok());
    assert!(read(json!({ "subject_type": "pairwise" })).is_ok());
    refused(json!({ "redirect_uris": two, "subject_type": "pairwise" }), "sector_identifier_uri");
    let named = json!({ "redirect_uris": two, "subject_type": "pairwise", "sector_identifier_uri": "https://a.example/s.json" });
    assert!(read(named).is_ok());
}
