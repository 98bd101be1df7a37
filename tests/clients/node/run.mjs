// Runs the cases of both libraries against a running motlan; what it needs to
// know is in environment.mjs.
//
//   node run.mjs [WORDS]    only the cases whose name holds WORDS
import './environment.mjs';

const FILES = [
  './openid-client/sign-in.mjs',
  './openid-client/requests.mjs',
  './openid-client/tokens.mjs',
  './openid-client/dpop.mjs',
  './openid-client/fapi2.mjs',
  './oauth4webapi/sign-in.mjs',
  './oauth4webapi/requests.mjs',
  './oauth4webapi/tokens.mjs',
  './oauth4webapi/dpop.mjs',
];

const words = process.argv[2] ?? '';
let passed = 0;
let failed = 0;
for (const file of FILES) {
  const { cases } = await import(file);
  for (const [title, check] of Object.entries(cases)) {
    const name = `${file.split('/')[1]}: ${title}`;
    if (!name.includes(words)) continue;
    try {
      await check();
      passed += 1;
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL    ${name}`);
      console.error(error);
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
