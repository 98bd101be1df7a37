// Tokens for a resource (RFC 8707), of a service and of a person; introspection
// (RFC 7662, RFC 9701), revocation (RFC 7009), signed userinfo.
import assert from 'node:assert/strict';
import { issuer, newBrowser, resource, resourceScope } from '../environment.mjs';
import * as oidc from 'openid-client';
import { authorize, checkUserinfo, discover, refused, signIn, unauthorized } from './party.mjs';

const FOR_RESOURCE = { resource, scope: resourceScope };
const OFFLINE = { scope: 'openid profile unit position offline_access', prompt: 'consent' };

/** The resource's own server, asking in plain JSON. */
const server = () => discover('server', 'client_secret_basic');

async function introspected(config, token) {
  const answer = await oidc.tokenIntrospection(config, token);
  if (!answer.active) assert.deepEqual(answer, { active: false }, 'an inactive token tells nothing more');
  return answer;
}

/** A token of a service by client_credentials, and what the resource's server is told about it. */
async function serviceToken(name, method) {
  const config = await discover(name, method);
  const tokens = await oidc.clientCredentialsGrant(config, FOR_RESOURCE);
  assert.equal(tokens.token_type, 'bearer');
  assert.equal(tokens.refresh_token, undefined);
  assert.equal(tokens.id_token, undefined);
  return { config, tokens };
}

function checkServiceToken(answer, config) {
  const clientId = config.clientMetadata().client_id;
  assert.equal(answer.active, true);
  assert.equal(answer.iss, issuer);
  assert.equal(answer.client_id, clientId);
  assert.equal(answer.sub, clientId);
  assert.equal(answer.scope, resourceScope);
  assert.deepEqual([answer.aud].flat(), [resource]);
  assert.match(answer.token_type, /^bearer$/i);
  assert.ok(answer.exp > answer.iat && answer.exp > Date.now() / 1000, 'exp');
}

export const cases = {
  'client credentials for a resource, introspected': async () => {
    const { config, tokens } = await serviceToken('service', 'client_secret_basic');
    checkServiceToken(await introspected(await server(), tokens.access_token), config);
  },

  'client credentials with private_key_jwt': async () => {
    const { config, tokens } = await serviceToken('service-key', 'private_key_jwt');
    checkServiceToken(await introspected(await server(), tokens.access_token), config);
  },

  'an introspection answer comes signed': async () => {
    const { config, tokens } = await serviceToken('service', 'client_secret_basic');
    const asking = await discover('server-signed', 'private_key_jwt', { introspection_signed_response_alg: 'ES256' });

    const answer = await introspected(asking, tokens.access_token);

    checkServiceToken(answer, config);
    assert.deepEqual(await introspected(asking, 'not-a-token'), { active: false });
  },

  'a resource that nobody registered is refused': async () => {
    const config = await discover('service', 'client_secret_basic');
    const other = { ...FOR_RESOURCE, resource: 'https://other.example/' };
    await refused(oidc.clientCredentialsGrant(config, other), 'invalid_target');
  },

  'a person’s opaque token for a resource': async () => {
    const config = await discover('opaque', 'client_secret_basic');
    const { tokens } = await authorize(config, newBrowser(), { resource, scope: `openid ${resourceScope}` });
    assert.notEqual(tokens.access_token.split('.').length, 3, 'it looks like a JWT');

    const answer = await introspected(await server(), tokens.access_token);

    assert.equal(answer.active, true);
    assert.equal(answer.sub, tokens.claims().sub);
    assert.equal(answer.client_id, config.clientMetadata().client_id);
    assert.ok(answer.scope.split(' ').includes(resourceScope), answer.scope);
  },

  'a resource is not told about tokens for others': async () => {
    const { tokens } = await signIn(await discover('basic', 'client_secret_basic'), { scope: 'openid profile unit' });
    assert.deepEqual(await introspected(await server(), tokens.access_token), { active: false });
    assert.deepEqual(await introspected(await server(), tokens.id_token), { active: false });
  },

  'a revoked access token is dead': async () => {
    const config = await discover('basic', 'client_secret_basic');
    const { tokens } = await signIn(config, { scope: 'openid profile unit' });

    await oidc.tokenRevocation(config, tokens.access_token, { token_type_hint: 'access_token' });

    await unauthorized(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
    // What is unknown counts as revoked (RFC 7009 §2.2).
    await oidc.tokenRevocation(config, tokens.access_token);
    await oidc.tokenRevocation(config, 'not-a-token');
  },

  'a revoked service token is inactive': async () => {
    const { config, tokens } = await serviceToken('service', 'client_secret_basic');
    await oidc.tokenRevocation(config, tokens.access_token);
    assert.deepEqual(await introspected(await server(), tokens.access_token), { active: false });
  },

  'a revoked refresh token takes its access tokens along': async () => {
    const config = await discover('public', 'none');
    const { tokens } = await signIn(config, OFFLINE);

    await oidc.tokenRevocation(config, tokens.refresh_token);

    await refused(oidc.refreshTokenGrant(config, tokens.refresh_token), 'invalid_grant');
    await unauthorized(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub));
  },

  'another client cannot revoke': async () => {
    const config = await discover('public', 'none');
    const { tokens } = await signIn(config, OFFLINE);

    // Whether it is told so is left open (RFC 7009 §2.1).
    await oidc.tokenRevocation(await discover('basic', 'client_secret_basic'), tokens.refresh_token).catch((error) => {
      assert.ok(error.error, String(error));
    });

    await checkUserinfo(config, tokens);
    await oidc.refreshTokenGrant(config, tokens.refresh_token);
  },

  'a replaced refresh token is refused, and ends what came of it': async () => {
    const config = await discover('public', 'none');
    const { tokens } = await signIn(config, OFFLINE);
    const second = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    const third = await oidc.refreshTokenGrant(config, second.refresh_token);

    await refused(oidc.refreshTokenGrant(config, tokens.refresh_token), 'invalid_grant');
    await refused(oidc.refreshTokenGrant(config, third.refresh_token), 'invalid_grant');
  },

  'userinfo comes signed': async () => {
    const config = await discover('userinfo', 'client_secret_basic', { userinfo_signed_response_alg: 'ES256' });
    await signIn(config, { scope: 'openid profile unit position' });
  },
};
