// Drives a running motlan with openid-client, once for each client
// authentication method: sign-in, ID token, userinfo, refresh, silent sign-on by
// form_post, sign-out.
//
// Environment: ISSUER; CLIENTS, a JSON file { <method>: { client_id,
// client_secret?, private_jwk?, redirect_uri } }; USERNAME and PASSWORD;
// POST_LOGOUT_REDIRECT_URI; EXPECT_NAME and EXPECT_UNIT_CODE, as userinfo
// answers them.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Browser } from './browser.mjs';

// Node 18, as Debian 12 has it, keeps these two out of the global object.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
const oidc = await import('openid-client');

const SCOPE = 'openid profile unit position offline_access';

function environment(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

const issuer = environment('ISSUER');
const clients = JSON.parse(readFileSync(environment('CLIENTS'), 'utf8'));
const person = { username: environment('USERNAME'), password: environment('PASSWORD') };
const afterLogout = environment('POST_LOGOUT_REDIRECT_URI');

async function clientAuthentication(method, client) {
  switch (method) {
    case 'client_secret_basic':
      return oidc.ClientSecretBasic(client.client_secret);
    case 'client_secret_post':
      return oidc.ClientSecretPost(client.client_secret);
    case 'private_key_jwt': {
      const key = await crypto.subtle.importKey(
        'jwk', client.private_jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'],
      );
      return oidc.PrivateKeyJwt({ key, kid: client.private_jwk.kid });
    }
    case 'none':
      return oidc.None();
    default:
      throw new Error(`an unknown method: ${method}`);
  }
}

async function discover(method, client) {
  const config = await oidc.discovery(
    new URL(issuer),
    client.client_id,
    { id_token_signed_response_alg: client.id_token_signed_response_alg ?? 'ES256' },
    await clientAuthentication(method, client),
    { execute: [oidc.allowInsecureRequests] },
  );
  const metadata = config.serverMetadata();
  assert.equal(metadata.issuer, issuer);
  assert.ok(metadata.supportsPKCE(), 'discovery does not announce S256');
  assert.ok(metadata.token_endpoint_auth_methods_supported.includes(method), `discovery does not announce ${method}`);
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  return config;
}

/** One authorization request, from its URL to the tokens. */
async function authorize(config, client, browser, parameters) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: client.redirect_uri,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...parameters,
  });
  const answer = await browser.goTo(url, client.redirect_uri);
  return oidc.authorizationCodeGrant(config, answer, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
}

function checkIdToken(claims, client, begun) {
  assert.equal(claims.iss, issuer);
  assert.deepEqual([claims.aud].flat(), [client.client_id]);
  assert.match(claims.sub, /^[\x21-\x7e]{1,255}$/);
  assert.ok(claims.exp > claims.iat, 'exp is not after iat');
  assert.ok(claims.auth_time >= begun - 5 && claims.auth_time <= claims.iat + 5, 'auth_time is not the sign-in');
  for (const name of ['sid', 'acr']) assert.equal(typeof claims[name], 'string', name);
  assert.ok(claims.amr.includes('pwd'), 'amr does not say pwd');
  for (const [name, value] of Object.entries(claims)) {
    assert.ok(value !== null && value !== '', `${name} is empty`);
  }
}

async function checkUserinfo(config, accessToken, subject) {
  const userinfo = await oidc.fetchUserInfo(config, accessToken, subject);
  assert.equal(userinfo.name, environment('EXPECT_NAME'));
  assert.equal(userinfo.unit_code, environment('EXPECT_UNIT_CODE'));
  assert.equal(userinfo.unit.codes.gso, environment('EXPECT_UNIT_CODE'));
}

async function checkRefresh(config, method, tokens) {
  assert.equal(typeof tokens.refresh_token, 'string', 'no refresh token for offline_access');
  const subject = tokens.claims().sub;
  const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  assert.notEqual(refreshed.access_token, tokens.access_token);
  if (refreshed.claims()) assert.equal(refreshed.claims().sub, subject);
  if (method === 'none') {
    assert.ok(refreshed.refresh_token, 'a public client gets a successor');
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
  } else {
    assert.ok([undefined, tokens.refresh_token].includes(refreshed.refresh_token), 'rotated for a confidential client');
  }
  await checkUserinfo(config, refreshed.access_token, subject);
}

/** Out, back at the registered address, and really out. */
async function checkLogout(config, client, browser, tokens) {
  const url = oidc.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: afterLogout,
    state: 'out-1',
  });
  const back = await browser.goTo(url, afterLogout);
  assert.equal(back.search, '?state=out-1');
  await assert.rejects(
    authorize(config, client, browser, { scope: 'openid', prompt: 'none' }),
    (error) => error.error === 'login_required',
    'still signed on after the sign-out',
  );
}

async function check(method, client) {
  const begun = Math.floor(Date.now() / 1000);
  const config = await discover(method, client);
  const browser = new Browser(person);

  const tokens = await authorize(config, client, browser, { scope: SCOPE, prompt: 'consent' });
  assert.deepEqual(browser.pages, ['signin', 'password', 'consent']);
  const claims = tokens.claims();
  checkIdToken(claims, client, begun);
  await checkUserinfo(config, tokens.access_token, claims.sub);
  await checkRefresh(config, method, tokens);

  const silent = await authorize(config, client, browser, {
    scope: 'openid', prompt: 'none', response_mode: 'form_post',
  });
  assert.deepEqual(browser.pages, ['form-post']);
  assert.equal(silent.claims().sub, claims.sub);
  assert.equal(silent.claims().sid, claims.sid);
  assert.equal(silent.claims().auth_time, claims.auth_time);

  await checkLogout(config, client, browser, silent);
}

let passed = 0;
let failed = 0;
for (const [method, client] of Object.entries(clients)) {
  try {
    await check(method, client);
    passed += 1;
    console.log(`ok      ${method}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${method}`);
    console.error(error);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
