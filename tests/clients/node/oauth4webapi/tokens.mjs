// Tokens of a service for a resource, as the resource checks them by itself and
// as it is told; revocation.
import assert from 'node:assert/strict';
import { decoded, resource, resourceScope } from '../environment.mjs';
import * as oauth from 'oauth4webapi';
import { checkedByResource, insecure, party, send } from './party.mjs';

async function serviceToken({ as, client, auth }, dpop) {
  const parameters = { resource, scope: resourceScope };
  return send(
    () => oauth.clientCredentialsGrantRequest(as, client, auth, parameters, { ...insecure, DPoP: dpop }),
    (response) => oauth.processClientCredentialsResponse(as, client, response),
  );
}

/** What introspection says; the signature of a signed answer is checked. */
async function introspect({ as, client, auth }, token) {
  const response = await oauth.introspectionRequest(as, client, auth, token, insecure);
  const type = oauth.getContentType(response);
  const answer = await oauth.processIntrospectionResponse(as, client, response);
  if (type === 'application/token-introspection+jwt') {
    await oauth.validateApplicationLevelSignature(as, response, insecure);
  }
  return { type, answer };
}

async function revoke({ as, client, auth }, token) {
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, insecure));
}

export const cases = {
  'client credentials, checked by the resource': async () => {
    const service = await party('service', 'client_secret_basic');

    const { access_token: token, expires_in: lifetime } = await serviceToken(service);

    const claims = await checkedByResource(service, token, resource);
    assert.equal(claims.client_id, service.client.client_id);
    assert.equal(claims.sub, service.client.client_id);
    assert.equal(claims.scope, resourceScope);
    assert.equal(claims.exp - claims.iat, lifetime);
    assert.equal(claims.cnf, undefined);
  },

  'client credentials bound to a key': async () => {
    const service = await party('service-dpop', 'private_key_jwt');
    const dpop = oauth.DPoP(service.client, await oauth.generateKeyPair('ES256'));

    const { access_token: token, token_type: type } = await serviceToken(service, dpop);

    assert.equal(type, 'dpop');
    const claims = await checkedByResource(service, token, resource, dpop);
    assert.equal(claims.cnf.jkt, await dpop.calculateThumbprint());
    const { answer } = await introspect(await party('server', 'client_secret_basic'), token);
    assert.deepEqual(answer.cnf, claims.cnf);
    assert.match(answer.token_type, /^dpop$/i);
  },

  'introspection in JSON and signed': async () => {
    const { access_token: token } = await serviceToken(await party('service', 'client_secret_basic'));

    const plain = await introspect(await party('server', 'client_secret_basic'), token);
    const metadata = { introspection_signed_response_alg: 'ES256' };
    const signed = await introspect(await party('server-signed', 'private_key_jwt', metadata), token);

    assert.equal(plain.type, 'application/json');
    assert.equal(signed.type, 'application/token-introspection+jwt');
    assert.equal(plain.answer.active, true);
    assert.deepEqual(signed.answer, plain.answer);
    assert.equal(plain.answer.jti, decoded(token).claims.jti);
  },

  'introspection is for clients that prove themselves': async () => {
    const { access_token: token } = await serviceToken(await party('service', 'client_secret_basic'));
    const { as, client } = await party('server', 'client_secret_basic');
    for (const auth of [oauth.None(), oauth.ClientSecretBasic('not-the-secret')]) {
      const response = await oauth.introspectionRequest(as, client, auth, token, insecure);
      assert.equal(response.status, 401);
      assert.ok(!(await response.text()).includes('active'));
    }
  },

  'a revoked token is inactive': async () => {
    const service = await party('service', 'client_secret_basic');
    const server = await party('server', 'client_secret_basic');
    const { access_token: token } = await serviceToken(service);
    assert.equal((await introspect(server, token)).answer.active, true);

    await revoke(service, token);

    assert.deepEqual((await introspect(server, token)).answer, { active: false });
  },
};
