// What tests/clients/run tells: where the provider is, who signs in, and what
// was registered. Imported before the libraries, for the globals that they need.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setDefaultAutoSelectFamily } from 'node:net';
import { join } from 'node:path';
import { Browser } from './browser.mjs';

// Node 18, as Debian 12 has it, keeps these two out of the global object.
globalThis.crypto ??= webcrypto;
globalThis.CryptoKey ??= webcrypto.CryptoKey;
// And it tries only the first address of localhost.
setDefaultAutoSelectFamily(true);

function named(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

function read(...path) {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

export const issuer = named('ISSUER');
/** The identifier of the one registered resource, and a scope of it. */
export const resource = named('RESOURCE');
export const resourceScope = named('RESOURCE_SCOPE');
/** Where answers go, and where those of strict clients go. Nobody listens there. */
export const redirectUri = named('REDIRECT_URI');
export const strictRedirectUri = named('STRICT_REDIRECT_URI');
export const afterLogout = named('POST_LOGOUT_REDIRECT_URI');
/** What userinfo says about the person. */
export const expected = { name: named('EXPECT_NAME'), unitCode: named('EXPECT_UNIT_CODE') };

export const username = named('USERNAME');
const person = { username, password: named('PASSWORD') };
const clients = named('CLIENTS');
const keys = named('KEYS');

/** `client_id` and `client_secret` of a client, as `motlan client add --json` printed them. */
export function registered(name) {
  return read(clients, `${name}.json`);
}

/** A browser that knows nobody yet; `origins` says where a walk may lead beside where it starts. */
export function newBrowser(origins = []) {
  return new Browser(person, origins);
}

const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
};

/** The key with which clients sign by an algorithm: `{ key, kid }`. */
export async function signingKey(alg) {
  const jwk = read(keys, `${alg}.private.jwk.json`);
  return { key: await crypto.subtle.importKey('jwk', jwk, ALGORITHMS[alg], false, ['sign']), kid: jwk.kid };
}

/** The header and the claims of a JWT, unverified. */
export function decoded(jwt) {
  const [header, claims] = jwt.split('.').map((part) => Buffer.from(part, 'base64url').toString('utf8'));
  return { header: JSON.parse(header), claims: JSON.parse(claims) };
}

/** A `fetch` that remembers the statuses of answers, by path. */
export function watchedFetch() {
  const answers = [];
  const watched = async (url, options) => {
    const response = await fetch(url, options);
    answers.push({ path: new URL(url).pathname, status: response.status });
    return response;
  };
  watched.statuses = (endpoint) =>
    answers.filter(({ path }) => path === new URL(endpoint).pathname).map(({ status }) => status);
  return watched;
}
