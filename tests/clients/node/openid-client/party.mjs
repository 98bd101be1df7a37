// A relying party made of openid-client: what its cases have in common.
import assert from 'node:assert/strict';
import { expected, issuer, newBrowser, redirectUri, registered, signingKey, watchedFetch } from '../environment.mjs';
import * as oidc from 'openid-client';

/** How a client proves itself, by the name of the method. */
async function authentication(method, secret) {
  switch (method) {
    case 'client_secret_basic':
      return oidc.ClientSecretBasic(secret);
    case 'client_secret_post':
      return oidc.ClientSecretPost(secret);
    case 'private_key_jwt':
      return oidc.PrivateKeyJwt(await signingKey('ES256'));
    case 'private_key_jwt PS256':
      return oidc.PrivateKeyJwt(await signingKey('PS256'));
    case 'none':
      return oidc.None();
    default:
      throw new Error(`an unknown method: ${method}`);
  }
}

/** The configuration of a registered client; signatures of what it is answered are checked. */
export async function discover(name, method, metadata = {}) {
  const client = registered(name);
  const config = await oidc.discovery(
    new URL(issuer),
    client.client_id,
    { id_token_signed_response_alg: 'ES256', ...metadata },
    await authentication(method, client.client_secret),
    { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
  );
  assert.equal(config.serverMetadata().issuer, issuer);
  return config;
}

/** Watches what a configuration sends: `statuses(endpoint)`. */
export function watch(config) {
  const watched = watchedFetch();
  config[oidc.customFetch] = watched;
  return watched;
}

/** How a request goes to the authorization endpoint: its address is built from parameters. */
export const plain = (config, parameters) => oidc.buildAuthorizationUrl(config, parameters);
export const pushed = (config, parameters, options) => oidc.buildAuthorizationUrlWithPAR(config, parameters, options);
export const signedBy = (key) => (config, parameters) => oidc.buildAuthorizationUrlWithJAR(config, parameters, key);
export const signedAndPushedBy = (key) => async (config, parameters, options) => {
  const { searchParams } = await oidc.buildAuthorizationUrlWithJAR(config, parameters, key);
  return oidc.buildAuthorizationUrlWithPAR(config, searchParams, options);
};

/** A new authorization request: where it is sent, and how its answer is checked. */
export async function request(config, parameters, { send = plain, dpop, to = redirectUri } = {}) {
  const checks = {
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    idTokenExpected: true,
  };
  const all = {
    redirect_uri: to,
    code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  };
  return { url: await send(config, all, { DPoP: dpop }), checks };
}

/** One authorization request, from its address to the tokens: `{ url, answer, tokens }`. */
export async function authorize(config, browser, parameters, options = {}) {
  const { url, checks } = await request(config, parameters, options);
  const answer = await browser.goTo(url, options.to ?? redirectUri);
  const tokens = await oidc.authorizationCodeGrant(config, answer, checks, options.atToken, { DPoP: options.dpop });
  return { url, answer, tokens };
}

/** A sign-in by a new browser, with userinfo to show that the tokens are good. */
export async function signIn(config, parameters, options = {}) {
  const done = await authorize(config, newBrowser(), parameters, options);
  await checkUserinfo(config, done.tokens, options);
  return done;
}

export async function checkUserinfo(config, tokens, { dpop, subject = tokens.claims().sub } = {}) {
  const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, subject, { DPoP: dpop });
  assert.equal(userinfo.name, expected.name);
  assert.equal(userinfo.unit_code, expected.unitCode);
  assert.equal(userinfo.unit.codes.gso, expected.unitCode);
}

/** That something is refused with one of these error codes, in the body or in a challenge. */
export async function refused(promise, ...codes) {
  await assert.rejects(promise, (error) => {
    const code = error.error ?? error.cause?.[0]?.parameters?.error;
    assert.ok(codes.includes(code), `${code ?? error}, not ${codes.join(' or ')}`);
    return true;
  });
}

/** That a resource, such as userinfo, refuses a token. */
export async function unauthorized(promise) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.status, 401, String(error));
    return true;
  });
}
