// Requests that are pushed or signed, and signed responses in each response mode.
import assert from 'node:assert/strict';
import { newBrowser, signingKey } from '../environment.mjs';
import * as oauth from 'oauth4webapi';
import { addressOf, checkUserinfo, insecure, newRequest, party, push, redeem, signIn } from './party.mjs';

const SCOPE = { scope: 'openid profile unit' };

/** A request object in place of the parameters, with `change` made to its header and claims. */
const signed = ({ as, client }, key, change) => async (parameters) => {
  const options = change && { [oauth.modifyAssertion]: change };
  return new URLSearchParams({ request: await oauth.issueRequestObject(as, client, parameters, key, options) });
};

/** What the relying party receives in each response mode. */
const RECEIVED = {
  'query.jwt': (answer) => answer.searchParams,
  'fragment.jwt': (answer) => new URLSearchParams(answer.hash.slice(1)),
  'form_post.jwt': async (answer) => new URLSearchParams(await oauth.formPostResponse(answer)),
  jwt: (answer) => answer.searchParams,
};

async function checkSignedResponse(mode) {
  const relying = await party('jarm', 'client_secret_basic', { authorization_signed_response_alg: 'PS256' });
  const { as, client } = relying;
  const request = await newRequest(relying, { ...SCOPE, response_mode: mode });

  const answer = await newBrowser().goTo(addressOf(relying, request.parameters), request.to);
  const received = await RECEIVED[mode](answer);

  assert.deepEqual([...received.keys()], ['response'], 'something else stands beside the signed response');
  const callback = await oauth.validateJwtAuthResponse(as, client, received, request.state, insecure);
  await checkUserinfo(relying, await redeem(relying, request, callback));
}

/** That the endpoint refuses what is pushed. */
async function refusedAsPushed(relying, parameters, code) {
  await assert.rejects(push(relying, parameters), (error) => {
    assert.equal(error.error, code, String(error));
    return true;
  });
}

export const cases = {
  'a pushed request': async () => {
    const relying = await party('pushed', 'client_secret_basic');
    const tokens = await signIn(relying, SCOPE, { prepare: (parameters) => push(relying, parameters) });
    await checkUserinfo(relying, tokens);
  },

  'a signed request by value': async () => {
    const relying = await party('signed', 'private_key_jwt');
    const tokens = await signIn(relying, SCOPE, { prepare: signed(relying, await signingKey('ES256')) });
    await checkUserinfo(relying, tokens);
  },

  'a signed request that is pushed': async () => {
    const relying = await party('signed', 'private_key_jwt');
    const sign = signed(relying, await signingKey('ES256'));
    const prepare = async (parameters) => push(relying, await sign(parameters));
    await checkUserinfo(relying, await signIn(relying, SCOPE, { prepare }));
  },

  'a request object for another provider, or too old, is refused': async () => {
    const relying = await party('signed', 'private_key_jwt');
    const key = await signingKey('ES256');
    const changes = [
      (_header, claims) => { claims.aud = 'https://other.example'; },
      (_header, claims) => { claims.exp = claims.iat - 300; },
      (_header, claims) => { claims.iss = 'another-client'; },
      (_header, claims) => { claims.client_id = 'another-client'; },
    ];
    for (const change of changes) {
      const { parameters } = await newRequest(relying, SCOPE);
      await refusedAsPushed(relying, await signed(relying, key, change)(parameters), 'invalid_request_object');
    }
  },

  'a signed response in the query': () => checkSignedResponse('query.jwt'),
  'a signed response in the fragment': () => checkSignedResponse('fragment.jwt'),
  'a signed response by form_post': () => checkSignedResponse('form_post.jwt'),
  'a signed response by default': () => checkSignedResponse('jwt'),
};
