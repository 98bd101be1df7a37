// A browser without scripts: it keeps cookies, follows redirects one by one and
// fills in the provider's forms. Just enough to walk from an authorization
// request to the relying party's address.
import assert from 'node:assert/strict';
import { request } from 'node:http';

const STEPS = 20;

/** Cookies by host. As in a browser, ports do not part them; other attributes than an end in the past do not matter here. */
class CookieJar {
  #hosts = new Map();

  #of(url) {
    if (!this.#hosts.has(url.hostname)) this.#hosts.set(url.hostname, new Map());
    return this.#hosts.get(url.hostname);
  }

  keep(url, lines) {
    const values = this.#of(url);
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      const name = pair.slice(0, at);
      const value = pair.slice(at + 1);
      if (value === '' || attributes.some(isPast)) {
        values.delete(name);
      } else {
        values.set(name, value);
      }
    }
  }

  header(url) {
    return [...this.#of(url)].map(([name, value]) => `${name}=${value}`).join('; ');
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
const ANSWERS = {
  signin: { field: 'username', value: (_field, person) => person.username },
  password: { field: 'password', value: (_field, person) => person.password },
  position: { field: 'position', value: (field) => field.value },
  consent: { field: 'decision', value: () => 'allow' },
  logout: { field: 'decision', value: () => 'confirm' },
};

export class Browser {
  #jar = new CookieJar();
  #origins;
  /** Names of the provider's pages that were shown since the last start. */
  pages = [];

  /** `origins`: where else than to the origin of its start a walk may lead. */
  constructor(person, origins = []) {
    this.person = person;
    this.#origins = origins;
  }

  /**
   * Goes to `start` and answers pages until the provider leads to `destination`.
   * Returns a URL (response modes query and fragment) or a Request (form_post),
   * as the relying party would receive it.
   */
  async goTo(start, destination) {
    const end = await this.#walk(start, destination);
    if (end.target) return end.target;
    assert.equal(end.page.name, 'form-post', `led to the page ${described(end)}`);
    return postedTo(end.html, destination);
  }

  /** Goes to `start` and answers pages until one is shown that is not answered here: `{ status, url, html, page }`. */
  async open(start) {
    return this.#walk(start, undefined);
  }

  /** The status of one request, without going further. */
  async status(url) {
    return (await this.#send({ url: new URL(url) })).status;
  }

  /** The error that `start` leads to: in the answer to `destination`, or on the provider's own page. */
  async refusal(start, destination) {
    const { target, page } = await this.#walk(start, destination);
    const error = target ? target.searchParams.get('error') : page.error;
    assert.ok(error, `it was not refused: ${target ?? page.name}`);
    return error;
  }

  /** Walks until the destination, or until a page that is not answered here. */
  async #walk(start, destination) {
    const allowed = [new URL(start).origin, ...this.#origins];
    this.pages = [];
    let next = { url: new URL(start) };
    for (let step = 0; step < STEPS; step += 1) {
      const { status, location, html } = await this.#send(next);
      if (location !== undefined) {
        const target = new URL(location, next.url);
        // After a POST only 303: any other status may repeat the password.
        if (next.body !== undefined) assert.equal(status, 303, `POST ${next.url.pathname}`);
        assert.ok([302, 303].includes(status), `${status} ${next.url.pathname}`);
        if (destination && isAt(target, destination)) return { target };
        assert.ok(allowed.includes(target.origin), `led astray to ${target}`);
        next = { url: target };
        continue;
      }
      const page = pageOf(html);
      this.pages.push(page.name);
      if (status !== 200 || !Object.hasOwn(ANSWERS, page.name ?? '')) {
        return { status, url: next.url, html, page };
      }
      next = fillIn(html, page, next.url, this.person);
    }
    throw new Error(`still under way after ${STEPS} steps from ${start}`);
  }

  async #send({ url, body }) {
    // Some relying parties only redirect what looks like a page being opened.
    const headers = { accept: 'text/html', 'accept-language': 'vi', 'sec-fetch-mode': 'navigate' };
    const cookies = this.#jar.header(url);
    if (cookies) headers.cookie = cookies;
    if (body !== undefined) {
      headers.origin = url.origin;
      headers['content-type'] = 'application/x-www-form-urlencoded';
    }
    const response = await exchange(url, headers, body?.toString());
    this.#jar.keep(url, response.cookies);
    return response;
  }
}

/** One request and its answer. Not by `fetch`, which says that a script sends it. */
function exchange(url, headers, body) {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { method, headers, agent: false, timeout: 30_000 }, (response) => {
      const { location, 'set-cookie': cookies = [] } = response.headers;
      let html = '';
      response.setEncoding('utf8');
      response.on('data', (part) => { html += part; });
      response.on('end', () => resolve({ status: response.statusCode, location, cookies, html }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer from ${url}`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

function described({ status, url, page }) {
  return `${page.name ?? '(not the provider’s)'} ${page.error ?? ''} at ${url.pathname}, status ${status}`;
}

function isAt(url, destination) {
  return url.origin + url.pathname === destination;
}

/** The request that the person's answer sends. */
function fillIn(html, page, url, person) {
  const answer = ANSWERS[page.name];
  const form = formsOf(html).find(
    ({ method, fields }) => method === 'post' && fields.some(({ name }) => name === answer.field),
  );
  assert.ok(form, `the page ${page.name} has no form with the field ${answer.field}`);
  const body = new URLSearchParams();
  for (const { name, value, type } of form.fields) {
    if (type === 'hidden' && name && name !== answer.field) body.append(name, value);
  }
  assert.ok(body.has('csrf'), `the form of the page ${page.name} has no csrf field`);
  body.append(answer.field, answer.value(form.fields.find(({ name }) => name === answer.field), person));
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
