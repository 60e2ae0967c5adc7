import { expect, test } from '@playwright/test';
import { ask, form, post, signedUp, type Answer } from '../raw';
import { BRISK, HOUSE, STRANGERS } from '../servers';

const HTML = { accept: 'text/html' };
/** Its own server, so that nobody else's tests are slowed down. */
const server = BRISK;

/** Begins a world, and returns its address. A test beside this one may be too fast for both. */
async function begin(): Promise<string> {
  let answer: Answer | undefined;
  await expect.poll(async () => (answer = await post('/lab/worlds', '', { server })).status).toBe(303);
  expect(answer?.headers['location']).toMatch(/^\/lab\/world\/[\w-]{22}$/);
  return String(answer?.headers['location']);
}

const page = (world: string): Promise<Answer> => ask(world, { server, headers: HTML });

test('a visitor acting too fast is refused with words, and the world goes on', async () => {
  const world = await begin();
  const twenty = Array(20).fill('wait 1s').join(';');
  const answers = await Promise.all([1, 2, 3].map(() => post(world, form({ do: twenty }), { server, headers: HTML })));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status === 303).length + refused.length).toBe(3);
  for (const { text } of refused) expect(text).toContain('that is too fast: a world takes 20 actions a second');
  // The same for a script, which is given the panels and the words.
  const live = await Promise.all([1, 2, 3].map(() => post(world, form({ do: twenty, live: '1' }), { server })));
  const told = live.filter(({ status }) => status === 429);
  expect(told.length).toBeGreaterThan(0);
  for (const { text } of told) expect(text).toMatch(/id="said"[^>]*>[^<]*that is too fast/);
  await expect.poll(async () => (await post(world, form({ do: 'tab1 call' }), { server })).status).toBe(303);
  await expect.poll(async () => (await page(world)).text).toContain('tab1 call: 200');
});

test('a visitor who begins worlds too fast is refused with words', async () => {
  const begun = await Promise.all(Array.from({ length: 60 }, () => post('/lab/worlds', '', { server, headers: HTML })));
  const refused = begun.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(begun.length - refused.length).toBe(begun.filter(({ status }) => status === 303).length);
  for (const { text } of refused) expect(text).toContain('Too many worlds are being made');
});

test('a scenario is lived through once, and each visitor gets the same page', async () => {
  const pages = await Promise.all([1, 2].map(() => ask('/lab/thieves', { server, headers: HTML })));
  const [one, other] = pages.map(({ status, text }) => [status, text.match(/<main\b[^]*<\/main>/)?.[0]]);
  expect(one).toEqual([200, expect.stringContaining('What it comes to')]);
  expect(other).toEqual(one);
});

test('a form of another site does nothing in a world', async () => {
  const world = await begin();
  for (const path of [world, '/lab/worlds', '/lab/x-ray', '/x-ray', '/learn']) {
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const { status } = await post(path, form({ do: 'tab1 call', token: 'x' }), { server, headers });
    expect([path, status]).toEqual([path, 403]);
  }
  expect((await page(world)).text).not.toContain('tab1 call: 200');
});

test('the events in a world touch no signed-in user', async () => {
  const { cookie } = await signedUp(server);
  const world = await begin();
  const everything = 'tab1 call;tab1 sign-out-everywhere;rotate-key;restart;database down';
  const acted = await post(world, form({ do: everything }), { server, headers: { cookie } });
  const seen = await ask(world, { server, headers: { ...HTML, cookie } });
  expect([acted.status, seen.status]).toEqual([303, 200]);
  expect([acted.setCookie, seen.setCookie]).toEqual([[], []]);
  expect((await ask('/api/whoami', { server, headers: { cookie } })).status).toBe(200);
});

test('a post that makes no sense is refused, and is never a fault', async () => {
  const world = await begin();
  const bodies: [what: string, body: string, headers: Record<string, string>, status: number][] = [
    ['no action', form({ do: 'tab1 dances' }), HTML, 422],
    ['markup', form({ do: '<script>alert(1)</script>' }), HTML, 422],
    ['nothing under way', form({ do: 'deliver 99' }), HTML, 422],
    ['a thief without a jar', form({ who: 'thief', ask: 'call' }), HTML, 422],
    ['too much at once', form({ do: Array(21).fill('wait 1s').join(';') }), HTML, 422],
    ['a lifetime that is none', form({ set: 'access', value: '0', unit: 's' }), HTML, 422],
    ['a grace that does not fit', form({ set: 'grace', value: '30000', unit: 'ms' }), HTML, 422],
    ['no form', '{"do":"tab1 call"}', { ...HTML, 'content-type': 'application/json' }, 415],
    ['far too much', form({ do: 'x'.repeat(600_000) }), HTML, 413],
  ];
  for (const [what, body, headers, expected] of bodies) {
    const { status, text } = await post(world, body, { server, headers });
    expect([what, status]).toEqual([what, expected]);
    expect(text).not.toContain('<script>alert');
  }
  const { text } = await page(world);
  expect(text).toContain('Nothing has happened yet');
});

test('without a lab none of its addresses answers, and no page links to it', async () => {
  const paths = ['/lab', '/lab/tour', '/lab/x-ray', '/learn', '/learn/thieves', '/x-ray', '/lab/thieves', '/lab/world/AAAAAAAAAAAAAAAAAAAAAA'];
  for (const path of [...paths, '/lab/worlds', '/lab/world/AAAAAAAAAAAAAAAAAAAAAA/trace.json']) {
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? { body: form({ token: 'x' }) } : {};
      const headers = { ...HTML, 'content-type': 'application/x-www-form-urlencoded' };
      const { status } = await ask(path, { server: STRANGERS, method, headers, ...body });
      expect([method, path, status]).toEqual([method, path, 404]);
    }
  }
  const links = async (server: typeof HOUSE) => {
    const { cookie } = await signedUp(server);
    const asked = ['/', '/sign-in', '/sign-up', '/nowhere'].map((path) => ask(path, { server, headers: HTML }));
    const answers = await Promise.all([...asked, ask('/', { server, headers: { ...HTML, cookie } })]);
    return answers.map(({ text }) => text.includes('"/lab'));
  };
  expect(await links(STRANGERS)).toEqual([false, false, false, false, false]);
  expect(await links(HOUSE)).toEqual([true, true, true, true, true]);
});
