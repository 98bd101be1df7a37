// DPoP step by step: the nonce at each endpoint, and the whole of FAPI 2.0.
import assert from 'node:assert/strict';
import { decoded, issuer, newBrowser, signingKey, strictRedirectUri } from '../environment.mjs';
import * as oauth from 'oauth4webapi';
import { addressOf, checkedByResource, checkUserinfo, insecure, newRequest, party, push, redeem, signIn } from './party.mjs';

const SCOPE = { scope: 'openid profile unit' };

/** That an answer asks for a nonce and brings one. */
async function checkNonceAsked(response, read) {
  assert.ok(response.headers.get('dpop-nonce'), `no DPoP-Nonce beside ${response.status}`);
  await assert.rejects(read(response), (error) => oauth.isDPoPNonceError(error));
}

export const cases = {
  'each endpoint gives a nonce': async () => {
    const relying = await party('dpop', 'client_secret_basic');
    const { as, client, auth } = relying;
    const pair = await oauth.generateKeyPair('ES256');
    const fresh = () => ({ ...insecure, DPoP: oauth.DPoP(client, pair) });
    const dpop = oauth.DPoP(client, pair);
    const request = await newRequest(relying, SCOPE);

    await checkNonceAsked(
      await oauth.pushedAuthorizationRequest(as, client, auth, request.parameters, fresh()),
      (response) => oauth.processPushedAuthorizationResponse(as, client, response),
    );
    const answer = await newBrowser().goTo(addressOf(relying, await push(relying, request.parameters, dpop)), request.to);
    const callback = oauth.validateAuthResponse(as, client, answer, request.state);
    await checkNonceAsked(
      await oauth.authorizationCodeGrantRequest(as, client, auth, callback, request.to, request.verifier, fresh()),
      (response) => oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: request.nonce }),
    );
    // The code was not used up by a request without a nonce.
    const tokens = await redeem(relying, request, callback, dpop);
    await checkNonceAsked(
      await oauth.userInfoRequest(as, client, tokens.access_token, fresh()),
      (response) => oauth.processUserInfoResponse(as, client, oauth.skipSubjectCheck, response),
    );
    await checkUserinfo(relying, tokens, dpop);
  },

  'a proof is used once, where it is for, and while it is new': async () => {
    const relying = await party('dpop', 'client_secret_basic');
    const { as, client } = relying;
    const pair = await oauth.generateKeyPair('ES256');
    const dpop = oauth.DPoP(client, pair);
    const tokens = await signIn(relying, SCOPE, { dpop });
    await checkUserinfo(relying, tokens, dpop);
    // One nonce for all, so that nothing else is wrong with these proofs.
    const first = await oauth.userInfoRequest(as, client, tokens.access_token, { ...insecure, DPoP: oauth.DPoP(client, pair) });
    const nonce = first.headers.get('dpop-nonce');
    const statusWith = async (change) => {
      const changed = (_header, payload) => Object.assign(payload, { nonce }, change);
      const proving = oauth.DPoP(client, pair, { [oauth.modifyAssertion]: changed });
      const response = await oauth.userInfoRequest(as, client, tokens.access_token, { ...insecure, DPoP: proving });
      await response.body?.cancel();
      return response.status;
    };

    assert.equal(await statusWith({ jti: 'only-once' }), 200);
    assert.equal(await statusWith({ jti: 'only-once' }), 401);
    assert.equal(await statusWith({ htm: 'POST' }), 401);
    assert.equal(await statusWith({ htu: as.token_endpoint }), 401);
    assert.equal(await statusWith({ iat: Math.floor(Date.now() / 1000) - 600 }), 401);
    assert.equal(await statusWith({ ath: undefined }), 401);
    assert.equal(await statusWith({ nonce: 'not-the-nonce' }), 401);
    assert.equal(await statusWith({}), 200);
  },

  'FAPI 2.0, checked by a resource': async () => {
    const relying = await party('fapi2', 'private_key_jwt PS256', { id_token_signed_response_alg: 'PS256' });
    const dpop = oauth.DPoP(relying.client, await oauth.generateKeyPair('PS256'));

    const tokens = await signIn(relying, SCOPE, {
      prepare: (parameters) => push(relying, parameters, dpop), dpop, to: strictRedirectUri,
    });

    assert.equal(decoded(tokens.id_token).header.alg, 'PS256');
    const claims = await checkedByResource(relying, tokens.access_token, issuer, dpop);
    assert.equal(claims.cnf.jkt, await dpop.calculateThumbprint());
    await checkUserinfo(relying, tokens, dpop);
  },

  'FAPI 2.0: an assertion names the provider, nothing else': async () => {
    const relying = await party('fapi2', 'private_key_jwt PS256');
    const key = await signingKey('PS256');
    const { parameters } = await newRequest(relying, SCOPE, strictRedirectUri);
    for (const aud of [relying.as.token_endpoint, [issuer, 'https://other.example']]) {
      const auth = oauth.PrivateKeyJwt(key, { [oauth.modifyAssertion]: (_header, payload) => { payload.aud = aud; } });
      await assert.rejects(push({ ...relying, auth }, parameters), (error) => {
        assert.equal(error.status, 401, String(error));
        return true;
      });
    }
    await push(relying, parameters);
  },
};
