import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { ask, form, post, signedUp, type Answer } from '../raw';

/**
 * The most bytes of WebAssembly that a browser is asked to fetch, compressed: with all else of a first visit less than
 * 1.6 times what a Leptos application of one form weighs.
 */
const MOST_WASM = 220_000;
const HTML = { accept: 'text/html' };

const bundle = async () => {
  const { text } = await ask('/', { headers: HTML });
  const found = (kind: string) => text.match(new RegExp(`/pkg/coatroom\\.[\\w-]+\\.${kind}`))?.[0] ?? `no ${kind}`;
  return { js: found('js'), wasm: found('wasm'), css: found('css') };
};

/** A world of the lab. */
const world = async () => String((await post('/lab/worlds', '')).headers['location']);
/** All kinds of pages. */
const pages = async () => ['/', '/sign-in', '/sign-up', '/nowhere', '/lab', '/learn', '/learn/five-tabs', '/lab/thieves', await world()];

test('every answer carries the security headers', async () => {
  const { cookie } = await signedUp();
  const { js } = await bundle();
  const path = await world();
  const live = (fields: Record<string, string>) => post(path, form({ ...fields, live: '1' }));
  const answers: [what: string, answer: Answer][] = [
    ['a page', await ask('/', { headers: HTML })],
    ['a page of somebody who is signed in', await ask('/', { headers: { ...HTML, cookie } })],
    ['a page that is not there', await ask('/nowhere', { headers: HTML })],
    ['a redirect', await ask('/sign-in', { headers: { ...HTML, cookie } })],
    ['an answer', await ask('/api/whoami', { headers: { cookie } })],
    ['a refusal', await ask('/api/whoami')],
    ['a refusal of another site', await post('/api/refresh', '', { headers: { origin: 'null' } })],
    ['a refusal of a body', await post('/api/sign_in', 'x'.repeat(20_000))],
    ['a method that is not allowed', await ask('/api/refresh')],
    ['a file', await ask(js)],
    ['a file that is not there', await ask('/pkg/nothing.js')],
    ['a health check', await ask('/healthz')],
    ['a page of the lab', await ask('/lab', { headers: HTML })],
    ['a world', await ask(path, { headers: HTML })],
    ['a world that begins', await post('/lab/worlds', '')],
    ['what is done in a world', await post(path, form({ do: 'tab1 call' }))],
    ['the panels of a world', await live({ do: 'tab1 refresh' })],
    ['a refusal in a world', await live({ do: 'deliver 99' })],
    ['nothing new in a world', await live({ since: 'x' })],
    ['a trace', await ask(`${path}/trace.json`)],
    ['a trace as a picture', await ask(`${path}/trace.svg`)],
    ['a trace as text', await ask(`${path}/trace.txt`)],
    ['a world that is not there', await ask('/lab/world/AAAAAAAAAAAAAAAAAAAAAA', { headers: HTML })],
    ['a form of the lab that is too long', await post(path, 'x'.repeat(600_000))],
  ];
  for (const [what, { headers }] of answers) {
    expect({ what, ...headers }).toMatchObject({
      what,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
      'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
      'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
    });
    expect([what, headers['server'], headers['x-powered-by']]).toEqual([what, undefined, undefined]);
  }
});

for (const path of ['/', '/sign-in', '/sign-up', '/nowhere', '/lab', '/lab/five-tabs', '/learn', '/x-ray', '/lab/x-ray', 'a world']) {
  test(`the policy of ${path} lets our scripts run alone, by a nonce used once`, async () => {
    const address = path === 'a world' ? await world() : path;
    const nonces = new Set<string>();
    for (let time = 0; time < 3; time += 1) {
      const { headers, text } = await ask(address, { headers: HTML });
      const policy = String(headers['content-security-policy']);
      const nonce = policy.match(/'nonce-([\w+/=-]{16,})'/)?.[1] ?? '';
      expect(nonce).not.toBe('');
      nonces.add(nonce);
      expect(policy).not.toMatch(/'unsafe-|\*|https?:/);
      expect(policy).toContain("'wasm-unsafe-eval'");
      // As a nonce of scripts and nowhere else, so that nothing but the browser can read it.
      const scripts = text.match(/<script\b[^>]*>/g) ?? [];
      expect(scripts.length).toBeGreaterThan(0);
      for (const script of scripts) expect(script).toContain(`nonce="${nonce}"`);
      expect(text.split(nonce)).toHaveLength(scripts.length + 1);
      expect(text).not.toMatch(/\son\w+=|\sstyle=|<style\b/);
    }
    expect(nonces.size).toBe(3);
  });
}

test('documents are never stored, for a visitor or a signed-in user', async () => {
  const { cookie } = await signedUp();
  for (const path of await pages()) {
    for (const headers of [HTML, { ...HTML, cookie }]) {
      expect((await ask(path, { headers })).headers['cache-control']).toBe('no-store');
    }
  }
});

test('a trace to take along is no page, and is never stored', async () => {
  const path = await world();
  for (const [file, type] of [
    ['trace.json', /^application\/json/],
    ['trace.svg', /^image\/svg\+xml/],
    ['trace.mmd', /^text\/plain; charset=utf-8/],
    ['trace.txt', /^text\/plain; charset=utf-8/],
  ] as const) {
    const { status, headers } = await ask(`${path}/${file}`);
    expect([status, headers['content-disposition']]).toEqual([200, `attachment; filename="coatroom-${file}"`]);
    expect(headers['content-type']).toMatch(type);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; frame-ancestors 'none'; img-src 'self'$/);
  }
  expect((await ask(`${path}/trace.exe`, { headers: HTML })).status).toBe(404);
});

test('a page that is not there says so with its status', async () => {
  const answer = await ask('/nowhere', { headers: HTML });
  expect(answer.status).toBe(404);
  expect(answer.headers['content-type']).toMatch(/^text\/html/);
  expect(answer.text).toContain('There is nothing on this hook.');
});

test('a request for a strange path is never a fault', async () => {
  for (const path of [
    '/%',
    '/%ff%fe',
    '/%00',
    '/..%2f..%2fetc%2fpasswd',
    '/pkg/..%2f..%2fCargo.toml',
    '/?posted=%',
    `/?posted=${'a'.repeat(500)}`,
    `/${'a/'.repeat(500)}`,
  ]) {
    const { status } = await ask(path, { headers: HTML });
    expect([path, status < 500]).toEqual([path, true]);
  }
});

test('a forged answer to a form shows only words of the application', async () => {
  const link = '/sign-in?posted=1-a';
  for (const forged of ['call 555-0100', 'failed=call+555-0100', 'failed={"error":"call+555-0100"}', '%ff', 'email']) {
    const headers = { ...HTML, cookie: `coatroom-posted-1-a=function=/api/sign_in&${forged}` };
    const { status, text } = await ask(link, { headers });
    expect(status).toBe(200);
    expect(text.replace(/<script[^]*?<\/script>/g, '')).not.toContain('555-0100');
  }
  // An address is the one text that goes along, into its field.
  const headers = { ...HTML, cookie: 'coatroom-posted-1-a=function=/api/sign_in&email="><b>bold' };
  expect((await ask(link, { headers })).text).not.toContain('<b>bold');
});

test.describe('The bundle', () => {
  const kinds = { js: /^text\/javascript|^application\/javascript/, wasm: /^application\/wasm$/, css: /^text\/css/ };
  for (const [kind, type] of Object.entries(kinds)) {
    test(`has its ${kind} kept for ever, and compressed for whoever takes it`, async () => {
      const path = (await bundle())[kind as keyof typeof kinds];
      const plain = await ask(path);
      const packed = await ask(path, { headers: { 'accept-encoding': 'gzip, br' } });
      for (const { status, headers } of [plain, packed]) {
        expect(status).toBe(200);
        expect(headers['content-type']).toMatch(type);
        expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
        expect(String(headers['vary']).toLowerCase()).toContain('accept-encoding');
        expect(headers['set-cookie']).toBeUndefined();
      }
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(packed.headers['content-encoding']).toBe('br');
      expect(brotliDecompressSync(packed.bytes).equals(plain.bytes)).toBe(true);
    });
  }

  test(`has WebAssembly of at most ${MOST_WASM} bytes`, async () => {
    const { bytes, headers } = await ask((await bundle()).wasm, { headers: { 'accept-encoding': 'br' } });
    expect(headers['content-encoding']).toBe('br');
    expect(bytes.length).toBeLessThanOrEqual(MOST_WASM);
    expect(bytes.length).toBeGreaterThan(10_000);
  });

  test('has no file that is not there, and keeps no memory of it', async () => {
    const { status, headers } = await ask('/pkg/coatroom.old.wasm');
    expect([status, headers['cache-control']]).toEqual([404, 'no-store']);
  });
});

test('the server says that it lives and that it is ready', async () => {
  const live = await ask('/healthz');
  expect([live.status, live.text]).toEqual([200, 'ok']);
  const ready = await ask('/readyz');
  expect([ready.status, ready.text]).toEqual([200, 'ready']);
});
