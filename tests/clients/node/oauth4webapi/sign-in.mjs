// The code flow with each client authentication method and each algorithm of ID
// tokens, refresh, and the access token as a resource checks it.
import assert from 'node:assert/strict';
import { decoded, issuer } from '../environment.mjs';
import * as oauth from 'oauth4webapi';
import { checkedByResource, checkUserinfo, discover, insecure, party, signIn } from './party.mjs';

const SCOPE = { scope: 'openid profile unit offline_access', prompt: 'consent' };

async function refresh({ as, client, auth }, token) {
  const response = await oauth.refreshTokenGrantRequest(as, client, auth, token, insecure);
  return oauth.processRefreshTokenResponse(as, client, response);
}

async function check(name, method, alg) {
  const relying = await party(name, method, { id_token_signed_response_alg: alg });

  const tokens = await signIn(relying, SCOPE);

  assert.equal(tokens.token_type, 'bearer');
  assert.equal(decoded(tokens.id_token).header.alg, alg);
  await checkUserinfo(relying, tokens);
  const claims = await checkedByResource(relying, tokens.access_token, issuer);
  assert.equal(claims.client_id, relying.client.client_id);
  assert.equal(claims.sub, oauth.getValidatedIdTokenClaims(tokens).sub);

  const refreshed = await refresh(relying, tokens.refresh_token);
  if (method === 'none') {
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token, 'a public client gets a successor');
    assert.ok(refreshed.refresh_token);
  } else {
    assert.ok([undefined, tokens.refresh_token].includes(refreshed.refresh_token), 'rotated for a confidential client');
  }
}

export const cases = {
  'both well-known addresses say the same': async () => {
    assert.deepEqual(await discover('oauth2'), await discover('oidc'));
  },
  'code flow with client_secret_basic': () => check('basic', 'client_secret_basic', 'ES256'),
  'code flow with client_secret_post': () => check('post', 'client_secret_post', 'RS256'),
  'code flow with private_key_jwt': () => check('key', 'private_key_jwt', 'EdDSA'),
  'code flow as a public client': () => check('public', 'none', 'ES256'),
};
