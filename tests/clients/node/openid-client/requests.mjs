// Authorization requests that are pushed (RFC 9126) or signed (RFC 9101), and
// responses that are signed (JARM).
import assert from 'node:assert/strict';
import { decoded, newBrowser, redirectUri, signingKey } from '../environment.mjs';
import * as oidc from 'openid-client';
import { discover, plain, pushed, refused, request, signedAndPushedBy, signedBy, signIn, watch } from './party.mjs';

const SCOPE = { scope: 'openid profile unit position' };

/** Asks for a response mode that openid-client does not choose by itself. */
const withMode = (mode) => async (config, parameters) => {
  const url = await plain(config, parameters);
  url.searchParams.set('response_mode', mode);
  return url;
};

/** A configuration that expects signed responses. */
async function expectingSigned() {
  const config = await discover('jarm', 'client_secret_basic', { authorization_signed_response_alg: 'PS256' });
  oidc.useJwtResponseMode(config);
  return config;
}

function checkSigned(parameters) {
  assert.deepEqual([...parameters.keys()], ['response'], 'something else stands beside the signed response');
  assert.equal(decoded(parameters.get('response')).header.alg, 'PS256');
}

export const cases = {
  'a pushed request': async () => {
    const config = await discover('pushed', 'client_secret_basic');
    const sent = watch(config);

    const { url } = await signIn(config, SCOPE, { send: pushed });

    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
    assert.deepEqual(sent.statuses(config.serverMetadata().pushed_authorization_request_endpoint), [201]);
  },

  'a request is pushed with private_key_jwt': async () => {
    const config = await discover('key', 'private_key_jwt', { id_token_signed_response_alg: 'EdDSA' });
    await signIn(config, SCOPE, { send: pushed });
  },

  'a request is pushed by a public client': async () => {
    await signIn(await discover('public', 'none'), SCOPE, { send: pushed });
  },

  'a client that pushes is refused when it does not': async () => {
    const config = await discover('pushed', 'client_secret_basic');
    const { url } = await request(config, SCOPE);
    assert.equal(await newBrowser().refusal(url, redirectUri), 'invalid_request');
  },

  'what is pushed is checked at once': async () => {
    const config = await discover('pushed', 'client_secret_basic');
    await refused(request(config, { ...SCOPE, prompt: 'none login' }, { send: pushed }), 'invalid_request');
  },

  'a signed request': async () => {
    const config = await discover('signed', 'private_key_jwt');

    const { url } = await signIn(config, SCOPE, { send: signedBy(await signingKey('ES256')) });

    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request']);
  },

  'a signed request that is pushed': async () => {
    const config = await discover('signed', 'private_key_jwt');

    const { url } = await signIn(config, SCOPE, { send: signedAndPushedBy(await signingKey('ES256')) });

    assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  },

  'a client that signs is refused when another signs': async () => {
    const config = await discover('signed', 'private_key_jwt');
    const { privateKey } = await oidc.randomDPoPKeyPair('ES256');
    const send = signedAndPushedBy({ key: privateKey, kid: 'test-ES256' });
    await refused(request(config, SCOPE, { send }), 'invalid_request_object');
  },

  'a client that signs is refused when it does not': async () => {
    const config = await discover('signed', 'private_key_jwt');
    await refused(request(config, SCOPE, { send: pushed }), 'invalid_request', 'invalid_request_object');
  },

  'a signed response in the query': async () => {
    const { answer } = await signIn(await expectingSigned(), SCOPE);
    checkSigned(answer.searchParams);
  },

  'a signed response by form_post': async () => {
    const config = await expectingSigned();
    const browser = newBrowser();
    const { url, checks } = await request(config, SCOPE, { send: withMode('form_post.jwt') });
    const answer = await browser.goTo(url, redirectUri);
    const posted = new URLSearchParams(await answer.clone().text());

    const tokens = await oidc.authorizationCodeGrant(config, answer, checks);

    assert.equal(browser.pages.at(-1), 'form-post');
    checkSigned(posted);
    assert.ok(tokens.access_token);
  },

  'an error comes signed too': async () => {
    const config = await expectingSigned();
    const { url, checks } = await request(config, { ...SCOPE, prompt: 'none' });
    const answer = await newBrowser().goTo(url, redirectUri);
    checkSigned(answer.searchParams);
    await refused(oidc.authorizationCodeGrant(config, answer, checks), 'login_required');
  },
};
