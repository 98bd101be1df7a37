// Signs in to a page behind Apache's mod_auth_openidc, and out again: there, and
// from the provider's side.
//
// Environment: as tests/clients/run sets it, and APACHE_URL.
import assert from 'node:assert/strict';
import { expected, issuer, newBrowser, username } from '../node/environment.mjs';

const apache = process.env.APACHE_URL;
const secured = `${apache}/secured/`;
const origins = [new URL(apache).origin, new URL(issuer).origin];

/** What the page shows in its paragraph with this id. */
function shown(html, id) {
  return new RegExp(`<p id="${id}">([^<]*)</p>`).exec(html)?.[1];
}

/** Opens the page; the provider asks for the password, or not. */
async function enter(browser, { asked }) {
  const end = await browser.open(secured);
  assert.equal(end.status, 200, end.html);
  assert.equal(end.url.href, secured);
  assert.deepEqual(browser.pages, [...(asked ? ['signin', 'password'] : []), undefined]);
  return end.html;
}

const cases = {
  'the page shows who signed in': async () => {
    const browser = newBrowser(origins);
    const html = await enter(browser, { asked: true });
    assert.equal(shown(html, 'user'), username);
    assert.equal(shown(html, 'username'), username);
    assert.equal(shown(html, 'unit'), expected.unitCode);
    await enter(browser, { asked: false });
  },

  'a sign-out there is one here': async () => {
    const browser = newBrowser(origins);
    await enter(browser, { asked: true });

    const out = `${apache}/signed-out.html`;
    const end = await browser.open(`${secured}callback?logout=${encodeURIComponent(out)}`);

    assert.equal(shown(end.html, 'signed-out'), 'Signed out');
    assert.equal(end.url.origin + end.url.pathname, out);
    await enter(browser, { asked: true });
  },

  'a sign-out here reaches Apache': async () => {
    const browser = newBrowser(origins);
    await enter(browser, { asked: true });
    assert.equal(await browser.status(secured), 200);

    const end = await browser.open(`${issuer}/oauth2/logout`);

    assert.equal(end.page.name, 'signed-out');
    for (let tries = 0; (await browser.status(secured)) === 200; tries += 1) {
      assert.ok(tries < 100, 'Apache was not told within 10 s');
      await new Promise((done) => { setTimeout(done, 100); });
    }
    await enter(browser, { asked: true });
  },
};

let failed = 0;
for (const [title, check] of Object.entries(cases)) {
  try {
    await check();
    console.log(`ok      mod_auth_openidc: ${title}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL    mod_auth_openidc: ${title}`);
    console.error(error);
  }
}
process.exit(failed === 0 ? 0 : 1);
