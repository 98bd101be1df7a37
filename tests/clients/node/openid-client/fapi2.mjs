// A client of the FAPI 2.0 Security Profile, and one of FAPI 2.0 Message Signing:
// pushed requests, private_key_jwt and DPoP, everything signed with PS256.
import assert from 'node:assert/strict';
import { decoded, newBrowser, signingKey, strictRedirectUri } from '../environment.mjs';
import * as oidc from 'openid-client';
import { authorize, checkUserinfo, discover, pushed, refused, request, signedAndPushedBy } from './party.mjs';

const SCOPE = { scope: 'openid profile unit position' };
const SIGNED = { id_token_signed_response_alg: 'PS256', authorization_signed_response_alg: 'PS256' };

const strict = () => discover('fapi2', 'private_key_jwt PS256', SIGNED);

async function messageSigning() {
  const config = await discover('fapi2-message-signing', 'private_key_jwt PS256', SIGNED);
  oidc.useJwtResponseMode(config);
  return config;
}

async function handle(config) {
  return oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('PS256'));
}

async function checkTokens(config, tokens, dpop) {
  assert.equal(tokens.token_type, 'dpop');
  assert.equal(decoded(tokens.id_token).header.alg, 'PS256');
  assert.deepEqual(decoded(tokens.access_token).claims.cnf, { jkt: await dpop.calculateThumbprint() });
  await checkUserinfo(config, tokens, { dpop });
}

export const cases = {
  'FAPI 2.0: pushed, private_key_jwt, DPoP, PS256': async () => {
    const config = await strict();
    const dpop = await handle(config);
    const { answer, tokens } = await authorize(config, newBrowser(), SCOPE, {
      send: pushed, dpop, to: strictRedirectUri,
    });
    assert.equal(answer.searchParams.get('iss'), config.serverMetadata().issuer);
    await checkTokens(config, tokens, dpop);
  },

  'FAPI 2.0: refused when not pushed': async () => {
    const { url } = await request(await strict(), SCOPE, { to: strictRedirectUri });
    assert.equal(await newBrowser().refusal(url, strictRedirectUri), 'invalid_request');
  },

  'FAPI 2.0: refused without a bound token': async () => {
    const attempt = authorize(await strict(), newBrowser(), SCOPE, { send: pushed, to: strictRedirectUri });
    await refused(attempt, 'invalid_dpop_proof', 'invalid_request', 'invalid_grant');
  },

  'FAPI 2.0: refused without PKCE': async () => {
    const attempt = request(await strict(), { ...SCOPE, code_challenge: '', code_challenge_method: '' }, {
      send: pushed, to: strictRedirectUri,
    });
    await refused(attempt, 'invalid_request');
  },

  'FAPI 2.0 Message Signing: request and response signed': async () => {
    const config = await messageSigning();
    const dpop = await handle(config);
    const send = signedAndPushedBy(await signingKey('PS256'));
    const { answer, tokens } = await authorize(config, newBrowser(), SCOPE, { send, dpop, to: strictRedirectUri });
    assert.deepEqual([...answer.searchParams.keys()], ['response']);
    assert.equal(decoded(answer.searchParams.get('response')).header.alg, 'PS256');
    await checkTokens(config, tokens, dpop);
  },

  'FAPI 2.0 Message Signing: an unsigned request is refused': async () => {
    const attempt = request(await messageSigning(), SCOPE, { send: pushed, to: strictRedirectUri });
    await refused(attempt, 'invalid_request', 'invalid_request_object');
  },
};
