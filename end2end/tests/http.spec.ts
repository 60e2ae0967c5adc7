import { expect, test } from '@playwright/test';
import { decodeJwt } from 'jose';
import { RAW_TOKEN, somebody } from '../fixtures';
import { ask, FORM, form, post, signedUp, type Answer } from '../raw';
import { BRISK, HOUSE } from '../servers';

/** Every function that can be posted to. */
const FUNCTIONS = ['sign_up', 'sign_in', 'sign_out', 'refresh', 'clear', 'current_session', 'call_protected', 'see_events'].map(
  (name) => `/api/${name}`,
);
const HTML = { accept: 'text/html' };

function expectError(answer: Answer, status: number, error: string): void {
  expect({ status: answer.status, body: answer.text, type: answer.headers['content-type'] }).toEqual({
    status,
    body: expect.stringContaining(`"error":"${error}"`),
    type: 'application/json',
  });
  expect(JSON.parse(answer.text)).toMatchObject({ error });
  expect(answer.setCookie).toEqual([]);
  expect(answer.headers['cache-control']).toBe('no-store');
}

test.describe('whoami', () => {
  const WHOAMI = '/api/whoami';
  const who = (cookie: string | string[], server = undefined as typeof BRISK | undefined) =>
    ask(WHOAMI, { headers: { cookie }, ...(server && { server }) });

  test('says which user the token is of', async () => {
    const { access, cookie } = await signedUp();
    for (const sent of [access, cookie]) {
      const answer = await who(sent);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(JSON.parse(answer.text)).toEqual({
        sub: expect.stringMatching(/^[\w-]{22}$/),
        sid: expect.stringMatching(/^[\w-]{22}$/),
        role: 'user',
      });
      expect(answer.setCookie).toEqual([]);
      expect(answer.text).not.toMatch(RAW_TOKEN);
    }
  });

  test('refuses a request without a token with a challenge', async () => {
    const answer = await ask(WHOAMI);
    expectError(answer, 401, 'unauthenticated');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="coatroom"');
  });

  test('refuses everything that is not one good access token', async () => {
    const { access, refresh, cookie } = await signedUp();
    const elsewhere = await signedUp(BRISK);
    const [name, token = ''] = access.split('=');
    const [head = '', claims = '', signature = ''] = token.split('.');
    const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const header = JSON.parse(Buffer.from(head, 'base64url').toString());
    const other = signature.startsWith('A') ? 'B' : 'A';
    const worthless: Record<string, string | string[]> = {
      garbage: `${name}=garbage`,
      empty: `${name}=`,
      'only dots': `${name}=..`,
      truncated: access.slice(0, -1),
      'without its signature': `${name}=${head}.${claims}.`,
      'another signature': `${name}=${head}.${claims}.${other}${signature.slice(1)}`,
      'alg none': `${name}=${json({ ...header, alg: 'none' })}.${claims}.`,
      'alg none with the signature': `${name}=${json({ ...header, alg: 'none' })}.${claims}.${signature}`,
      'alg HS256': `${name}=${json({ ...header, alg: 'HS256' })}.${claims}.${signature}`,
      'another type': `${name}=${json({ ...header, typ: 'JWT' })}.${claims}.${signature}`,
      'of another server': elsewhere.access,
      'the refresh token in its place': `${name}=${refresh.split('=')[1]}`,
      'a name in another case': access.toLowerCase().replace(token.toLowerCase(), token),
      'a megabyte is not needed': `${name}=${'a'.repeat(4000)}`,
    };
    // Where a browser does not enforce the prefix, anything on the host can plant a cookie of that name.
    const planted: Record<string, string | string[]> = {
      'twice the same': `${access}; ${access}`,
      'twice, one planted': `${name}=planted; ${access}`,
      'in two headers': [access, `${name}=planted`],
    };
    for (const [what, sent] of Object.entries(planted)) {
      expect([what, (await who(sent)).status]).toEqual([what, 200]);
    }
    for (const [what, sent] of Object.entries(worthless)) {
      const answer = await who(sent);
      expect([what, answer.status]).toEqual([what, 401]);
      expectError(answer, 401, 'invalid_token');
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="coatroom", error="invalid_token"');
    }
    expect((await who(cookie)).status).toBe(200);
  });

  test('takes a token from a cookie alone', async () => {
    const { access } = await signedUp();
    const authorization = `Bearer ${access.split('=')[1]}`;
    expectError(await ask(WHOAMI, { headers: { authorization } }), 401, 'unauthenticated');
  });
});

test.describe('What is not a proper request', () => {
  const SIGN_IN = '/api/sign_in';
  const bad = (error: string, status: number, of: () => Promise<Answer>) => ({ error, status, of });
  const good = somebody();
  const requests: Record<string, ReturnType<typeof bad>> = {
    'a form that is none': bad('bad_request', 400, () => post(SIGN_IN, '%%%===&&&')),
    'an empty form': bad('bad_request', 400, () => post(SIGN_IN, '')),
    'a missing field': bad('bad_request', 400, () => post(SIGN_IN, form({ email: good.email }))),
    'an unknown field': bad('bad_request', 400, () => post(SIGN_IN, form({ ...good, role: 'admin' }))),
    'an unknown field where none is asked for': bad('bad_request', 400, () => post('/api/sign_out', 'everywhere=yes')),
    'a doubled field': bad('bad_request', 400, () => post(SIGN_IN, `${form({ ...good })}&email=other%40example.com`)),
    'a field within a field': bad('bad_request', 400, () => post(SIGN_IN, 'email[a]=b&password=c')),
    'bytes that are no UTF-8': bad('bad_request', 400, () =>
      post(SIGN_IN, Buffer.concat([Buffer.from('email=a%40example.com&password='), Buffer.from([0xff, 0xfe])])),
    ),
    // Read leniently, two different passwords could become one.
    'percent signs that hide no UTF-8': bad('bad_request', 400, () => post(SIGN_IN, 'email=%ff%fe&password=x')),
    'a broken percent sign': bad('bad_request', 400, () => post(SIGN_IN, 'email=%zz&password=%')),
    'a broken address of a new account': bad('bad_request', 400, () => post('/api/sign_up', 'email=%zz%ff&password=%')),
    'an address that is none': bad('invalid_email', 422, () =>
      post('/api/sign_up', form({ ...good, email: 'nobody' })),
    ),
    'a NUL in a password': bad('invalid_credentials', 401, () =>
      post(SIGN_IN, form({ ...good, password: 'four\0words nobody' })),
    ),
    'a NUL in an address': bad('invalid_email', 422, () =>
      post('/api/sign_up', form({ ...good, email: 'a\0@example.com' })),
    ),
    'a form of more than 16 KiB': bad('payload_too_large', 413, () =>
      post(SIGN_IN, `email=a&password=${'x'.repeat(16 * 1024)}`),
    ),
    'the same in pieces': bad('payload_too_large', 413, () =>
      post(SIGN_IN, `email=a&password=${'x'.repeat(16 * 1024)}`, { headers: { 'transfer-encoding': 'chunked' } }),
    ),
    JSON: bad('unsupported_media_type', 415, () =>
      post(SIGN_IN, JSON.stringify(good), { headers: { 'content-type': 'application/json' } }),
    ),
    'a form without its type': bad('unsupported_media_type', 415, () =>
      ask(SIGN_IN, { method: 'POST', body: form({ ...good }) }),
    ),
    'an address below /api that leads nowhere': bad('not_found', 404, () => ask('/api/nowhere')),
    'the same, posted': bad('not_found', 404, () => post('/api/nowhere', '')),
  };
  for (const [what, { error, status, of }] of Object.entries(requests)) {
    test(`such as ${what} is answered ${status}`, async () => {
      expectError(await of(), status, error);
    });
  }

  for (const path of FUNCTIONS) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      test(`such as ${method} ${path} is answered 405 with what is allowed`, async () => {
        const answer = await ask(path, { method });
        expectError(answer, 405, 'method_not_allowed');
        expect(answer.headers['allow']).toBe('POST');
      });
    }
  }
});

test.describe('Another site', () => {
  const OTHER = 'https://evil.example';
  const foreign: [what: string, headers: Record<string, string>][] = [
    ['cross-site', { 'sec-fetch-site': 'cross-site', origin: OTHER }],
    ['cross-site without an origin', { 'sec-fetch-site': 'cross-site' }],
    ['same-site', { 'sec-fetch-site': 'same-site', origin: BRISK.origin }],
    ['an older browser with another origin', { origin: OTHER }],
    ['another port', { origin: BRISK.origin }],
    ['the same host by another name', { origin: 'http://localhost:3100' }],
    ['the origin null', { origin: 'null' }],
    ['our origin and a slash', { origin: `${HOUSE.origin}/` }],
    ['our origin in capitals', { origin: HOUSE.origin.toUpperCase() }],
    ['our origin by another scheme', { origin: HOUSE.origin.replace('http:', 'https:') }],
  ];
  for (const [what, headers] of foreign) {
    test(`cannot post anything (${what})`, async () => {
      const { cookie } = await signedUp();
      for (const path of FUNCTIONS) {
        for (const accept of ['*/*', 'text/html']) {
          const body = path.includes('sign_in') || path.includes('sign_up') ? form({ ...somebody() }) : '';
          expectError(await post(path, body, { headers: { cookie, accept, ...headers } }), 403, 'cross_site');
        }
      }
      expect((await ask('/api/whoami', { headers: { cookie } })).status).toBe(200);
    });
  }

  test('may be where a link is followed from', async () => {
    const { cookie } = await signedUp();
    const headers = {
      ...HTML,
      cookie,
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    const answer = await ask('/', { headers });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('You are signed in');
  });

  test('is not this one', async () => {
    const same = { 'sec-fetch-site': 'same-origin', origin: HOUSE.origin };
    for (const headers of [same, { 'sec-fetch-site': 'none' }, { origin: HOUSE.origin }] as Record<string, string>[]) {
      const { cookie } = await signedUp();
      const answer = await post('/api/current_session', '', { headers: { cookie, ...headers } });
      expect(answer.status).toBe(200);
    }
  });

  test('is a client that sends our cookies and does not say where it comes from', async () => {
    const { cookie } = await signedUp();
    const silent = (path: string, headers: Record<string, string>) =>
      ask(path, { method: 'POST', headers: { ...FORM, ...headers }, body: '' });
    for (const path of FUNCTIONS) expectError(await silent(path, { cookie }), 403, 'cross_site');
    // Browsers of old name the page, and a program without cookies has no session to abuse.
    expect((await silent('/api/current_session', { cookie, referer: `${HOUSE.origin}/` })).status).toBe(200);
    expect((await silent('/api/current_session', {})).status).toBe(200);
  });

  test('cannot give us another name', async () => {
    for (const path of ['/', '/api/whoami', '/favicon.svg']) {
      const answer = await ask(path, { headers: { host: 'evil.example', origin: 'http://evil.example' } });
      expect([answer.status, answer.setCookie]).toEqual([421, []]);
      expect(answer.text).toContain(HOUSE.origin);
      expect(answer.text).not.toContain('evil');
    }
    expect((await ask('/healthz', { headers: { host: '10.0.0.1' } })).status).toBe(200);
  });
});

test('after expiry each request but a prefetch refreshes, with one rotation', async () => {
  const server = BRISK;
  const { cookie } = await signedUp(server);
  // Proves that the tokens arrived, and finds out when they expire.
  expect((await ask('/api/whoami', { server, headers: { cookie } })).status).toBe(200);
  const { exp } = decodeJwt(cookie.split(/[=;]/)[1] ?? '');
  await expect.poll(() => Date.now() >= (exp ?? Infinity) * 1000, { intervals: [100] }).toBe(true);
  const asked = (headers: Record<string, string>, method = 'GET') => ask('/', { server, method, headers: { ...headers, cookie } });
  const never: [what: string, answer: Promise<Answer>][] = [
    ['a prefetch', asked({ ...HTML, 'sec-purpose': 'prefetch' })],
    ['a prerender', asked({ ...HTML, 'sec-purpose': 'prefetch;prerender' })],
    ['a prefetch of old', asked({ ...HTML, purpose: 'prefetch' })],
    ['an upgrade', asked({ connection: 'upgrade', upgrade: 'websocket' })],
    ['a static file', ask('/favicon.svg', { server, headers: { cookie } })],
    ['a readiness check', ask('/readyz', { server, headers: { ...HTML, cookie } })],
    ['a post of another site', post('/api/current_session', '', { server, headers: { cookie, origin: 'https://a.example' } })],
  ];
  for (const [what, answer] of never) expect([what, (await answer).setCookie]).toEqual([what, []]);
  const answers = await Promise.all([
    asked({ ...HTML }, 'HEAD'),
    asked({ ...HTML }),
    asked({ ...HTML, 'sec-fetch-dest': 'iframe' }),
    asked({ 'sec-fetch-dest': 'image' }),
    asked({ accept: 'text/event-stream' }),
    ask('/api/whoami', { server, headers: { cookie } }),
    post('/api/current_session', '', { server, headers: { cookie } }),
  ]);
  const first = answers[0]?.setCookie.toSorted();
  expect(first).toHaveLength(2);
  for (const { status, setCookie } of answers) expect([status, setCookie.toSorted()]).toEqual([200, first]);
});

test('the end of a session is told at a reload, and by no link of another site', async () => {
  const told = async (site?: string): Promise<boolean> => {
    const headers: Record<string, string> = site === undefined ? HTML : { ...HTML, 'sec-fetch-site': site };
    return (await ask('/sign-in?ended', { headers })).text.includes('You were signed out.');
  };
  for (const site of [undefined, 'same-origin', 'none']) expect([site, await told(site)]).toEqual([site, true]);
  for (const site of ['cross-site', 'same-site']) expect([site, await told(site)]).toEqual([site, false]);
});

test('only what says so stays signed in, and what says neither is refused', async () => {
  for (const [stay, kept] of [
    ['on', true],
    ['true', true],
    ['1', true],
    ['', false],
    ['off', false],
    ['false', false],
    ['0', false],
  ] as const) {
    const { status, setCookie } = await post('/api/sign_up', form({ ...somebody(), stay }));
    expect([stay, status, setCookie.every((cookie) => cookie.includes('Max-Age='))]).toEqual([stay, 200, kept]);
    expect(setCookie).toHaveLength(2);
  }
  expectError(await post('/api/sign_up', form({ ...somebody(), stay: 'perhaps' })), 400, 'bad_request');
});
