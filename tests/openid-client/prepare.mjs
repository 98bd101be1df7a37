// Prepares what run.mjs needs and the command line does not make.
//
//   node prepare.mjs key DIRECTORY                  a key pair for private_key_jwt:
//                                                   private.jwk.json, public.jwks.json
//   node prepare.mjs clients DIRECTORY REDIRECT_URI joins DIRECTORY/<method>.json, as
//                                                   `motlan client add --json` printed
//                                                   them, into DIRECTORY/clients.json
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'];

function read(directory, name) {
  return JSON.parse(readFileSync(join(directory, name), 'utf8'));
}

function write(directory, name, value) {
  writeFileSync(join(directory, name), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}

function makeKey(directory) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const named = { kid: 'test-1', alg: 'ES256', use: 'sig' };
  write(directory, 'private.jwk.json', { ...privateKey.export({ format: 'jwk' }), ...named });
  write(directory, 'public.jwks.json', { keys: [{ ...publicKey.export({ format: 'jwk' }), ...named }] });
}

function joinClients(directory, redirectUri) {
  const clients = {};
  for (const method of METHODS) {
    clients[method] = { ...read(directory, `${method}.json`), redirect_uri: redirectUri };
  }
  clients.private_key_jwt.private_jwk = read(directory, 'private.jwk.json');
  write(directory, 'clients.json', clients);
}

const [verb, directory, redirectUri] = process.argv.slice(2);
if (verb === 'key' && directory) {
  makeKey(directory);
} else if (verb === 'clients' && directory && redirectUri) {
  joinClients(directory, redirectUri);
} else {
  console.error('usage: node prepare.mjs key DIRECTORY | clients DIRECTORY REDIRECT_URI');
  process.exit(2);
}
