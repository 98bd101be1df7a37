// Once for each client authentication method: sign-in, ID token, userinfo,
// refresh, silent sign-on by form_post, sign-out.
import assert from 'node:assert/strict';
import { afterLogout, issuer, newBrowser } from '../environment.mjs';
import * as oidc from 'openid-client';
import { authorize, checkUserinfo, discover, refused } from './party.mjs';

const SCOPE = 'openid profile unit position offline_access';

function checkMetadata(metadata, method) {
  assert.ok(metadata.supportsPKCE(), 'discovery does not announce S256');
  assert.ok(metadata.token_endpoint_auth_methods_supported.includes(method), `discovery does not announce ${method}`);
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
}

function checkIdToken(claims, clientId, begun) {
  assert.equal(claims.iss, issuer);
  assert.deepEqual([claims.aud].flat(), [clientId]);
  assert.match(claims.sub, /^[\x21-\x7e]{1,255}$/);
  assert.ok(claims.exp > claims.iat, 'exp is not after iat');
  assert.ok(claims.auth_time >= begun - 5 && claims.auth_time <= claims.iat + 5, 'auth_time is not the sign-in');
  for (const name of ['sid', 'acr']) assert.equal(typeof claims[name], 'string', name);
  assert.ok(claims.amr.includes('pwd'), 'amr does not say pwd');
  for (const [name, value] of Object.entries(claims)) {
    assert.ok(value !== null && value !== '', `${name} is empty`);
  }
}

/** Refreshes: a public client's token is replaced, and the one before is dead; a confidential client's stays. */
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
    await oidc.refreshTokenGrant(config, tokens.refresh_token);
  }
  await checkUserinfo(config, refreshed, { subject });
}

/** Out, back at the registered address, and really out. */
async function checkLogout(config, browser, tokens) {
  const url = oidc.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: afterLogout,
    state: 'out-1',
  });
  const back = await browser.goTo(url, afterLogout);
  assert.equal(back.search, '?state=out-1');
  await refused(authorize(config, browser, { scope: 'openid', prompt: 'none' }), 'login_required');
}

async function check(name, method, idTokenAlg) {
  const begun = Math.floor(Date.now() / 1000);
  const config = await discover(name, method, { id_token_signed_response_alg: idTokenAlg });
  checkMetadata(config.serverMetadata(), method);
  const browser = newBrowser();

  const { tokens } = await authorize(config, browser, { scope: SCOPE, prompt: 'consent' });
  assert.deepEqual(browser.pages, ['signin', 'password', 'consent']);
  const claims = tokens.claims();
  checkIdToken(claims, config.clientMetadata().client_id, begun);
  await checkUserinfo(config, tokens);
  await checkRefresh(config, method, tokens);

  const { tokens: silent } = await authorize(config, browser, {
    scope: 'openid', prompt: 'none', response_mode: 'form_post',
  });
  assert.deepEqual(browser.pages, ['form-post']);
  assert.equal(silent.claims().sub, claims.sub);
  assert.equal(silent.claims().sid, claims.sid);
  assert.equal(silent.claims().auth_time, claims.auth_time);

  await checkLogout(config, browser, silent);
}

export const cases = {
  'in and out with client_secret_basic': () => check('basic', 'client_secret_basic', 'ES256'),
  'in and out with client_secret_post': () => check('post', 'client_secret_post', 'RS256'),
  'in and out with private_key_jwt': () => check('key', 'private_key_jwt', 'EdDSA'),
  'in and out as a public client': () => check('public', 'none', 'ES256'),
};
