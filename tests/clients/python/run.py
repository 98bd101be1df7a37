"""Drives a running motlan with authlib: the code flow with each client
authentication method, refresh, a service's tokens, introspection, revocation.

Environment: as tests/clients/run sets it."""

import json
import os
import secrets
import sys
import traceback
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from browser import Browser

ISSUER = os.environ["ISSUER"]
RESOURCE = os.environ["RESOURCE"]
RESOURCE_SCOPE = os.environ["RESOURCE_SCOPE"]
REDIRECT_URI = os.environ["REDIRECT_URI"]
SCOPE = "openid profile unit offline_access"


def read(variable, name):
    return json.loads(Path(os.environ[variable], name).read_text(encoding="utf-8"))


def fetch(url):
    with requests.Session() as session:
        session.trust_env = False
        response = session.get(url, timeout=30)
        response.raise_for_status()
        return response.json()


def discover():
    metadata = OpenIDProviderMetadata(fetch(get_well_known_url(ISSUER, external=True)))
    assert metadata["issuer"] == ISSUER
    return metadata


def session_of(name, method, metadata, **more):
    """The session of a registered client, which proves itself by `method`."""
    client = read("CLIENTS", f"{name}.json")
    secret = client.get("client_secret")
    if method == "private_key_jwt":
        secret = ECKey.import_key(read("KEYS", "ES256.private.jwk.json"))
    session = OAuth2Session(
        client["client_id"],
        secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
        **more,
    )
    session.trust_env = False
    if method == "private_key_jwt":
        # For revocation too, the assertion is meant for the token endpoint.
        session.register_client_auth_method(
            PrivateKeyJWT(metadata["token_endpoint"], headers={"kid": secret.kid}, alg="ES256")
        )
    return session


def id_token_claims(metadata, client_id, token, nonce):
    """Checks an ID token as authlib's own integrations do, at_hash included."""
    decoded = jwt.decode(
        token["id_token"],
        KeySet.import_key_set(fetch(metadata["jwks_uri"])),
        algorithms=metadata["id_token_signing_alg_values_supported"],
    )
    options = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": client_id}}
    params = {"nonce": nonce, "client_id": client_id, "access_token": token["access_token"]}
    claims = CodeIDToken(decoded.claims, decoded.header, options, params)
    claims.validate(leeway=5)
    return claims


def sign_in(session, metadata, **parameters):
    """One authorization request, from its address to the token and the claims of the ID token."""
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **parameters
    )
    browser = Browser(os.environ["USERNAME"], os.environ["PASSWORD"])
    answer = browser.go_to(url, REDIRECT_URI)
    assert parse_qs(urlsplit(answer).query)["iss"] == [ISSUER]
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=answer, state=state, code_verifier=verifier
    )
    return token, id_token_claims(metadata, session.client_id, token, nonce)


def refused(error, act, *args, **kwargs):
    try:
        act(*args, **kwargs)
    except OAuthError as refusal:
        assert refusal.error == error, refusal
    else:
        raise AssertionError(f"not refused with {error}")


def check_userinfo(session, metadata, subject):
    response = session.get(metadata["userinfo_endpoint"])
    response.raise_for_status()
    userinfo = response.json()
    assert userinfo["sub"] == subject
    assert userinfo["name"] == os.environ["EXPECT_NAME"]
    assert userinfo["unit_code"] == os.environ["EXPECT_UNIT_CODE"]


def code_flow(name, method):
    metadata = discover()
    session = session_of(name, method, metadata, scope=SCOPE)

    token, claims = sign_in(session, metadata, prompt="consent")
    check_userinfo(session, metadata, claims["sub"])

    refreshed = session.refresh_token(metadata["token_endpoint"])
    assert refreshed["access_token"] != token["access_token"]
    assert (refreshed["refresh_token"] != token["refresh_token"]) == (method == "none")
    check_userinfo(session, metadata, claims["sub"])


def revocation(name, method):
    metadata = discover()
    session = session_of(name, method, metadata, scope=SCOPE)
    token, _claims = sign_in(session, metadata, prompt="consent")

    response = session.revoke_token(metadata["revocation_endpoint"], token["refresh_token"], "refresh_token")

    assert response.status_code == 200
    refused("invalid_grant", session.refresh_token, metadata["token_endpoint"], token["refresh_token"])


def service(name, method):
    metadata = discover()
    session = session_of(name, method, metadata)
    token = session.fetch_token(
        metadata["token_endpoint"], grant_type="client_credentials", resource=RESOURCE, scope=RESOURCE_SCOPE
    )
    assert "refresh_token" not in token and "id_token" not in token
    server = session_of("server", "client_secret_basic", metadata)
    answer = server.introspect_token(metadata["introspection_endpoint"], token["access_token"]).json()
    assert answer["active"] is True
    assert answer["client_id"] == session.client_id


CASES = {
    "code flow with client_secret_basic": lambda: code_flow("basic", "client_secret_basic"),
    "code flow with client_secret_post": lambda: code_flow("post", "client_secret_post"),
    "code flow with private_key_jwt": lambda: code_flow("key", "private_key_jwt"),
    "code flow as a public client": lambda: code_flow("public", "none"),
    "revocation with client_secret_basic": lambda: revocation("basic", "client_secret_basic"),
    "revocation with private_key_jwt": lambda: revocation("key", "private_key_jwt"),
    "client credentials, introspected": lambda: service("service", "client_secret_basic"),
    "client credentials with private_key_jwt": lambda: service("service-key", "private_key_jwt"),
}


def main(words):
    passed = failed = 0
    for title, check in CASES.items():
        name = f"authlib: {title}"
        if words not in name:
            continue
        try:
            check()
        except Exception:  # whatever it was: the next case is another matter
            failed += 1
            print(f"FAIL    {name}", flush=True)
            traceback.print_exc()
        else:
            passed += 1
            print(f"ok      {name}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
