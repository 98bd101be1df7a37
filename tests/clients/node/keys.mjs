// Makes the key pairs with which clients sign.
//
//   node keys.mjs DIRECTORY    for ES256 and PS256 each: ALG.private.jwk.json
//                              and ALG.jwks.json, the public key as a set
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KINDS = {
  ES256: ['ec', { namedCurve: 'P-256' }],
  PS256: ['rsa', { modulusLength: 2048 }],
};

const directory = process.argv[2];
if (!directory) {
  console.error('usage: node keys.mjs DIRECTORY');
  process.exit(2);
}
for (const [alg, kind] of Object.entries(KINDS)) {
  const { privateKey, publicKey } = generateKeyPairSync(...kind);
  const named = { kid: `test-${alg}`, alg, use: 'sig' };
  const write = (name, value) =>
    writeFileSync(join(directory, name), `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  write(`${alg}.private.jwk.json`, { ...privateKey.export({ format: 'jwk' }), ...named });
  write(`${alg}.jwks.json`, { keys: [{ ...publicKey.export({ format: 'jwk' }), ...named }] });
}
