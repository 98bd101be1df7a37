// Tokens bound to a key (RFC 9449). The provider is set to give nonces, so the
// first request of each key is refused with one and repeated with it.
import assert from 'node:assert/strict';
import { decoded, newBrowser } from '../environment.mjs';
import * as oidc from 'openid-client';
import { authorize, checkUserinfo, discover, pushed, refused, unauthorized, watch } from './party.mjs';

const SCOPE = { scope: 'openid profile unit position' };

/** A key pair, and handles of it: a new handle knows no nonce. */
async function newKey(config, alg = 'ES256') {
  const pair = await oidc.randomDPoPKeyPair(alg);
  return () => oidc.getDPoPHandle(config, pair);
}

async function checkBound(tokens, handle) {
  assert.equal(tokens.token_type, 'dpop');
  assert.deepEqual(decoded(tokens.access_token).claims.cnf, { jkt: await handle.calculateThumbprint() });
}

export const cases = {
  'a nonce is given at the token endpoint and at userinfo': async () => {
    const config = await discover('dpop', 'client_secret_basic');
    const { token_endpoint: token, userinfo_endpoint: userinfo } = config.serverMetadata();
    const sent = watch(config);
    const handle = await newKey(config);

    const { tokens } = await authorize(config, newBrowser(), SCOPE, { dpop: handle() });
    await checkBound(tokens, handle());
    assert.deepEqual(sent.statuses(token), [400, 200]);

    await checkUserinfo(config, tokens, { dpop: handle() });
    assert.deepEqual(sent.statuses(userinfo), [401, 200]);
  },

  'a pushed request names the key': async () => {
    const config = await discover('dpop', 'client_secret_basic');
    const { pushed_authorization_request_endpoint: par, token_endpoint: token } = config.serverMetadata();
    const sent = watch(config);
    const dpop = (await newKey(config, 'PS256'))();

    const { tokens } = await authorize(config, newBrowser(), SCOPE, { send: pushed, dpop });

    await checkBound(tokens, dpop);
    assert.deepEqual(sent.statuses(par), [400, 201]);
    // The nonce of one endpoint is good at the others.
    assert.deepEqual(sent.statuses(token), [200]);
    await checkUserinfo(config, tokens, { dpop });
  },

  'a key that the pushed request did not name is refused': async () => {
    const config = await discover('dpop', 'client_secret_basic');
    const named = (await newKey(config))();
    const other = (await newKey(config))();
    const send = (config, parameters) => pushed(config, parameters, { DPoP: named });
    const attempt = authorize(config, newBrowser(), SCOPE, { send, dpop: other });
    await refused(attempt, 'invalid_dpop_proof', 'invalid_grant');
  },

  'a client that binds is refused without a proof': async () => {
    const config = await discover('dpop', 'client_secret_basic');
    await refused(authorize(config, newBrowser(), SCOPE), 'invalid_dpop_proof', 'invalid_request', 'invalid_grant');
  },

  'a bound token is of no use to others': async () => {
    const config = await discover('dpop', 'client_secret_basic');
    const dpop = (await newKey(config))();
    const { tokens } = await authorize(config, newBrowser(), SCOPE, { dpop });
    const subject = tokens.claims().sub;

    await unauthorized(oidc.fetchUserInfo(config, tokens.access_token, subject));
    const other = (await newKey(config))();
    await unauthorized(oidc.fetchUserInfo(config, tokens.access_token, subject, { DPoP: other }));
    await checkUserinfo(config, tokens, { dpop });
  },

  'a public client refreshes with its key only': async () => {
    const config = await discover('dpop-public', 'none');
    const dpop = (await newKey(config))();
    const asked = { scope: 'openid profile unit offline_access', prompt: 'consent' };
    const { tokens } = await authorize(config, newBrowser(), asked, { dpop });

    const refreshed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: dpop });

    await checkBound(refreshed, dpop);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
    await checkUserinfo(config, refreshed, { dpop, subject: tokens.claims().sub });
    const other = (await newKey(config))();
    const attempt = oidc.refreshTokenGrant(config, refreshed.refresh_token, undefined, { DPoP: other });
    await refused(attempt, 'invalid_dpop_proof', 'invalid_grant');
  },
};
