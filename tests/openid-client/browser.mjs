// A browser without scripts: it keeps cookies, follows redirects one by one and
// fills in the provider's forms. Just enough to walk from an authorization
// request to the relying party's address.
import assert from 'node:assert/strict';

const STEPS = 20;

/** Cookies of one origin. Attributes other than an end in the past do not matter here. */
class CookieJar {
  #values = new Map();

  keep(response) {
    for (const line of response.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      const value = pair.slice(at + 1);
      if (value === '' || attributes.some(isPast)) {
        this.#values.delete(name);
      } else {
        this.#values.set(name, value);
      }
    }
  }

  header() {
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

function isPast(attribute) {
  const [name, value = ''] = attribute.split('=');
  if (/^max-age$/i.test(name)) return Number(value) <= 0;
  return /^expires$/i.test(name) && Date.parse(value) <= Date.now();
}

function unescapeHtml(text) {
  const named = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return named[name.toLowerCase()] ?? whole;
  });
}

function attribute(tag, name) {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(tag);
  return found ? unescapeHtml(found[1] ?? found[2] ?? found[3]) : undefined;
}

/** The forms of a page: each with its action and its fields, in order. */
function formsOf(html) {
  return [...html.matchAll(/(<form\b[^>]*>)(.*?)<\/form>/gis)].map(([, tag, content]) => ({
    action: attribute(tag, 'action'),
    method: (attribute(tag, 'method') ?? 'get').toLowerCase(),
    fields: [...content.matchAll(/<(?:input|button)\b[^>]*>/gi)].map(([field]) => ({
      name: attribute(field, 'name'),
      value: attribute(field, 'value') ?? '',
      type: (attribute(field, 'type') ?? 'text').toLowerCase(),
    })),
  }));
}

function pageOf(html) {
  const main = /<main\b[^>]*>/i.exec(html)?.[0] ?? '';
  return { name: attribute(main, 'data-page'), error: attribute(main, 'data-error') };
}

/** What a person answers on each page: the field that is filled in, and with what. */
function answerTo(page, person) {
  switch (page.name) {
    case 'signin':
      return { field: 'username', value: () => person.username };
    case 'password':
      return { field: 'password', value: () => person.password };
    case 'position':
      return { field: 'position', value: (field) => field.value };
    case 'consent':
      return { field: 'decision', value: () => 'allow' };
    case 'logout':
      return { field: 'decision', value: () => 'confirm' };
    default:
      throw new Error(`a page that nobody expected: ${page.name} ${page.error ?? ''}`);
  }
}

export class Browser {
  #jar = new CookieJar();
  /** Names of the pages that were shown. */
  pages = [];

  constructor(person) {
    this.person = person;
  }

  /**
   * Goes to `start` and answers pages until the provider leads to `destination`.
   * Returns a URL (response mode query) or a Request (form_post), as the
   * relying party would receive it.
   */
  async goTo(start, destination) {
    this.pages = [];
    let next = { url: new URL(start) };
    for (let step = 0; step < STEPS; step += 1) {
      const response = await this.#send(next);
      const location = response.headers.get('location');
      if (location !== null) {
        const target = new URL(location, next.url);
        // After a POST only 303: any other status may repeat the password.
        if (next.body !== undefined) assert.equal(response.status, 303, `POST ${next.url.pathname}`);
        assert.ok([302, 303].includes(response.status), `${response.status} ${next.url.pathname}`);
        if (isAt(target, destination)) return target;
        assert.equal(target.origin, new URL(start).origin, `led astray to ${target}`);
        next = { url: target };
        continue;
      }
      const html = await response.text();
      assert.equal(response.status, 200, `${response.status} ${next.url.pathname} ${pageOf(html).error ?? ''}`);
      const page = pageOf(html);
      this.pages.push(page.name);
      if (page.name === 'form-post') return postedTo(html, destination);
      next = fillIn(html, page, next.url, this.person);
    }
    throw new Error(`still not at ${destination} after ${STEPS} steps`);
  }

  async #send({ url, body }) {
    const headers = { accept: 'text/html', 'accept-language': 'vi' };
    const cookies = this.#jar.header();
    if (cookies) headers.cookie = cookies;
    if (body !== undefined) headers.origin = url.origin;
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    });
    this.#jar.keep(response);
    return response;
  }
}

function isAt(url, destination) {
  return url.origin + url.pathname === destination;
}

/** The request that the person's answer sends. */
function fillIn(html, page, url, person) {
  const answer = answerTo(page, person);
  const form = formsOf(html).find(
    ({ method, fields }) => method === 'post' && fields.some(({ name }) => name === answer.field),
  );
  assert.ok(form, `the page ${page.name} has no form with the field ${answer.field}`);
  const body = new URLSearchParams();
  for (const { name, value, type } of form.fields) {
    if (type === 'hidden' && name && name !== answer.field) body.append(name, value);
  }
  assert.ok(body.has('csrf'), `the form of the page ${page.name} has no csrf field`);
  body.append(answer.field, answer.value(form.fields.find(({ name }) => name === answer.field)));
  return { url: new URL(form.action || url.href, url), body };
}

/** The request that a form_post page sends to the relying party. */
function postedTo(html, destination) {
  const form = formsOf(html).find(({ action }) => action === destination);
  assert.ok(form, `the form_post page has no form to ${destination}`);
  assert.equal(form.method, 'post');
  const body = new URLSearchParams();
  for (const { name, value, type } of form.fields) {
    if (type === 'hidden' && name) body.append(name, value);
  }
  return new Request(destination, { method: 'POST', body });
}
