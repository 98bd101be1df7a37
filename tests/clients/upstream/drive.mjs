// A browser without scripts that signs in to motlan through another provider.
//
//   node drive.mjs npm       oidc-provider
//   node drive.mjs motlan    a second motlan, whose pages are filled in
import assert from 'node:assert/strict';

const issuer = process.env.ISSUER;
const which = process.argv[2];

// Cookies by origin: two providers on one host have one jar each.
const jars = new Map();

function jar(url) {
  const { origin } = new URL(url);
  if (!jars.has(origin)) jars.set(origin, new Map());
  return jars.get(origin);
}

async function visit(url, form) {
  for (let hop = 0; hop < 20; hop += 1) {
    const cookies = [...jar(url)].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      redirect: 'manual',
      method: form ? 'POST' : 'GET',
      headers: cookies ? { cookie: cookies } : {},
      body: form ? new URLSearchParams(form) : undefined,
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      jar(url).set(pair.slice(0, at), pair.slice(at + 1));
    }
    const location = response.headers.get('location');
    if (!location || response.status < 300 || response.status > 399) {
      return { url, status: response.status, body: await response.text() };
    }
    url = new URL(location, url).href;
    form = undefined;
  }
  throw new Error(`redirects go in a circle: ${url}`);
}

const page = (answer) => answer.body.match(/<main[^>]*data-page="([^"]*)"/)?.[1];
const hidden = (answer, name) => {
  const main = answer.body.slice(answer.body.indexOf('<main'));
  return main.match(new RegExp(`<input type="hidden" name="${name}" value="([^"]*)"`))?.[1];
};

let answer = await visit(`${issuer}/signin/federation/${which}`);
if (which === 'motlan') {
  const steps = { signin: ['/signin', 'username', process.env.USERNAME], password: ['/signin/password', 'password', process.env.PASSWORD] };
  for (let step = 0; step < 4 && new URL(answer.url).origin !== new URL(issuer).origin; step += 1) {
    const [path, field, value] = steps[page(answer)] ?? assert.fail(`${answer.url}: ${page(answer)}`);
    const form = { csrf: hidden(answer, 'csrf'), request: hidden(answer, 'request'), [field]: value };
    answer = await visit(new URL(path, answer.url).href, form);
  }
}
assert.equal(new URL(answer.url).origin, new URL(issuer).origin);
if (which === 'motlan') {
  // It releases no personal number, and a name and a birth date alone make nobody anyone: a human is asked.
  assert.equal(page(answer), 'old-account', answer.body);
  console.log('ok      upstream motlan: the sign-in comes back, and nobody is linked without a number');
  process.exit(0);
}
assert.equal(answer.status, 200, answer.body);
assert.equal(page(answer), 'confirm', answer.body);
assert.ok(answer.body.includes(process.env.OLD_NAME), 'the page says who is there');
console.log(`ok      upstream ${which}: lands signed in, with the old account's owner`);

const asked = await visit(`${issuer}/oauth2/logout`);
assert.equal(page(asked), 'logout', asked.body);
const left = await visit(`${issuer}/oauth2/logout`, { csrf: hidden(asked, 'csrf'), decision: 'confirm' });
assert.equal(page(left), 'signed-out', left.body);
assert.ok(/id="logout-continue" href="[^"]*id_token_hint=/.test(left.body), 'the page leads on to sign out there');
console.log(`ok      upstream ${which}: signing out leads there`);
