// A relying party made of oauth4webapi: one step at a time, what its cases have
// in common.
import assert from 'node:assert/strict';
import { expected, issuer, newBrowser, redirectUri, registered, signingKey } from '../environment.mjs';
import * as oauth from 'oauth4webapi';

/** The issuer is on loopback. */
export const insecure = { [oauth.allowInsecureRequests]: true };

/** Discovery by one of the two well-known addresses. */
export async function discover(algorithm = 'oidc') {
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, { algorithm, ...insecure });
  return oauth.processDiscoveryResponse(url, response);
}

/** How a client proves itself, by the name of the method. */
async function authentication(method, secret) {
  switch (method) {
    case 'client_secret_basic':
      return oauth.ClientSecretBasic(secret);
    case 'client_secret_post':
      return oauth.ClientSecretPost(secret);
    case 'private_key_jwt':
      return oauth.PrivateKeyJwt(await signingKey('ES256'));
    case 'private_key_jwt PS256':
      return oauth.PrivateKeyJwt(await signingKey('PS256'));
    case 'none':
      return oauth.None();
    default:
      throw new Error(`an unknown method: ${method}`);
  }
}

/** A registered client: `{ as, client, auth }`, which every step wants. */
export async function party(name, method, metadata = {}) {
  const { client_id, client_secret } = registered(name);
  const client = { client_id, id_token_signed_response_alg: 'ES256', ...metadata };
  return { as: await discover(), client, auth: await authentication(method, client_secret) };
}

/** Sends a request and reads its answer; once more when the provider gives a nonce for DPoP. */
export async function send(request, read) {
  try {
    return await read(await request());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return read(await request());
  }
}

/** A new authorization request: its parameters, and what its answer is checked by. */
export async function newRequest({ client }, more, to = redirectUri) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const nonce = oauth.generateRandomNonce();
  const parameters = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: to,
    response_type: 'code',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...more,
  });
  return { parameters, verifier, state, nonce, to };
}

/** The address that a browser goes to with these parameters. */
export function addressOf({ as, client }, parameters) {
  const url = new URL(as.authorization_endpoint);
  for (const [name, value] of parameters) url.searchParams.append(name, value);
  if (!url.searchParams.has('client_id')) url.searchParams.set('client_id', client.client_id);
  return url;
}

/** Pushes parameters; what is left of them. */
export async function push({ as, client, auth }, parameters, dpop) {
  const options = { ...insecure, DPoP: dpop };
  const pushed = await send(
    () => oauth.pushedAuthorizationRequest(as, client, auth, parameters, options),
    (response) => oauth.processPushedAuthorizationResponse(as, client, response),
  );
  assert.match(pushed.request_uri, /^urn:ietf:params:oauth:request_uri:./);
  return new URLSearchParams({ request_uri: pushed.request_uri });
}

/** Redeems a code, and checks the signature of the ID token beside all else. */
export async function redeem({ as, client, auth }, request, callback, dpop) {
  const options = { ...insecure, DPoP: dpop };
  return send(
    () => oauth.authorizationCodeGrantRequest(as, client, auth, callback, request.to, request.verifier, options),
    async (response) => {
      const checks = { expectedNonce: request.nonce, requireIdToken: true };
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, checks);
      await oauth.validateApplicationLevelSignature(as, response, insecure);
      return tokens;
    },
  );
}

/** A sign-in by a new browser, from parameters to the tokens; `prepare` may push or sign them. */
export async function signIn(party, more, { prepare = (parameters) => parameters, dpop, to, browser = newBrowser() } = {}) {
  const request = await newRequest(party, more, to);
  const answer = await browser.goTo(addressOf(party, await prepare(request.parameters)), request.to);
  const callback = oauth.validateAuthResponse(party.as, party.client, answer, request.state);
  return redeem(party, request, callback, dpop);
}

/** Userinfo, which must be about this person. */
export async function checkUserinfo({ as, client }, tokens, dpop) {
  const subject = oauth.getValidatedIdTokenClaims(tokens).sub;
  const userinfo = await send(
    () => oauth.userInfoRequest(as, client, tokens.access_token, { ...insecure, DPoP: dpop }),
    (response) => oauth.processUserInfoResponse(as, client, subject, response),
  );
  assert.equal(userinfo.name, expected.name);
  assert.equal(userinfo.unit_code, expected.unitCode);
}

/** What a resource finds when it checks a token by itself (RFC 9068 §4, RFC 9449 §7.1): its claims. */
export async function checkedByResource({ as }, token, audience, dpop) {
  const url = new URL('https://api.example/dossiers');
  const headers = new Headers({ authorization: `${dpop ? 'DPoP' : 'Bearer'} ${token}` });
  await dpop?.addProof(url, headers, 'GET', token);
  return oauth.validateJwtAccessToken(as, new Request(url, { headers }), audience, insecure);
}
