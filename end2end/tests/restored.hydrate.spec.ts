import type { BrowserContext, Page } from '@playwright/test';
import config from '../playwright.config';
import { expect, hydrated, jar, OURS, see, statusLine, test } from '../fixtures';

// The back-forward cache and fetching ahead work as they do for people; Playwright switches the first off.
test.use({
  bypassCSP: true,
  launchOptions: { ...config.use?.launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] },
});

// A page without markup has no icon of its own, and the browser looks for one.
test.beforeEach(({ watch }) => watch.allow(statusLine(404)));

const HEADERS = { 'sec-purpose': 'prefetch' };

/** Has the browser fetch or render the home page ahead from a page that links to it; returns what that was answered. */
async function ahead(page: Page, how: 'prefetch' | 'prerender' | 'link'): Promise<string[]> {
  const cdp = await page.context().newCDPSession(page);
  const statuses: string[] = [];
  await cdp.send('Network.enable');
  await cdp.send('Preload.enable');
  cdp.on('Preload.prefetchStatusUpdated', (event) => statuses.push(event.status));
  cdp.on('Preload.prerenderStatusUpdated', (event) => statuses.push(event.status));
  await page.goto('/healthz');
  await page.setContent('<a id="home" href="/">home</a>');
  const answered = how === 'link' ? page.waitForResponse((response) => new URL(response.url()).pathname === '/') : null;
  await page.evaluate((how) => {
    if (how === 'link') {
      document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href: '/', as: 'document' }));
    } else {
      const rules = Object.assign(document.createElement('script'), { type: 'speculationrules' });
      rules.textContent = JSON.stringify({ [how]: [{ source: 'list', urls: ['/'], eagerness: 'immediate' }] });
      document.head.append(rules);
    }
  }, how);
  if (answered) statuses.push(String((await answered).status()));
  else await expect.poll(() => statuses.at(-1)).toMatch(/^(Ready|Success|Failure)$/);
  return statuses;
}

/** Whether the words were on the page at any time since it was followed to. */
async function everShown(page: Page, words: string): Promise<() => Promise<boolean>> {
  await page.addInitScript((words) => {
    const seen = { words: false };
    Object.assign(globalThis, { seen });
    const look = () => {
      if (document.body?.innerText.includes(words)) seen.words = true;
      requestAnimationFrame(look);
    };
    look();
  }, words);
  return () => page.evaluate(() => (globalThis as unknown as { seen: { words: boolean } }).seen.words);
}

async function signIn(context: BrowserContext, email: string): Promise<void> {
  const form = { email, password: 'four words nobody joins' };
  expect((await context.request.post('/api/sign_in', { form, headers: OURS })).status()).toBe(200);
}

for (const how of ['prefetch', 'prerender', 'link'] as const) {
  test.describe(`What is fetched ahead by ${how}`, () => {
    test.beforeEach(({ watch }) => watch.allow(statusLine(403)));

    test('signed out is not shown to who has signed in since', async ({ page, context, arrive }) => {
      const person = await arrive();
      await context.request.post('/api/sign_out', { headers: OURS });
      const strangers = await everShown(page, 'A login that keeps itself alive');
      await ahead(page, how);
      await signIn(context, person.email);
      await page.click('#home');
      await hydrated(page);
      await expect(see.tokenPage(page)).toBeVisible();
      expect(await strangers()).toBe(false);
    });

    test('signed in is not shown to who has signed out since', async ({ page, context, arrive }) => {
      const person = await arrive();
      const address = await everShown(page, person.email);
      await ahead(page, how);
      await context.request.post('/api/sign_out', { headers: OURS });
      await page.click('#home');
      await hydrated(page);
      await expect(see.welcome(page)).toBeVisible();
      expect(await address()).toBe(false);
    });
  });
}

test('a document that is fetched ahead is refused, and changes nothing', async ({ context, arrive }) => {
  await arrive();
  const before = await jar(context);
  for (const headers of [HEADERS, { 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }, { 'x-moz': 'prefetch' }]) {
    for (const path of ['/', '/sign-in', '/lab', '/nowhere']) {
      const answer = await context.request.get(path, { headers: { accept: 'text/html', ...headers } });
      expect([path, answer.status(), answer.headers()['cache-control']]).toEqual([path, 403, 'no-store']);
    }
  }
  expect(await jar(context)).toEqual(before);
  // What is the same for everybody may be fetched whenever a browser likes.
  expect((await context.request.get('/favicon.svg', { headers: HEADERS })).status()).toBe(200);
});

test('a page that comes back shows no user until the server has answered', async ({ page, visit, context, arrive }) => {
  const person = await arrive();
  await visit('/');
  await expect(page.getByRole('banner')).toContainText(person.email);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  expect(await page.evaluate(() => document.body.innerText)).not.toContain(person.email);
  await context.request.post('/api/sign_out', { headers: OURS });
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/api/current_session', async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest('**/api/current_session');
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await asked;
  expect(await page.evaluate(() => document.body.innerText)).not.toContain(person.email);
  answer();
  await expect(see.signedOutNotice(page)).toBeVisible();
});

test('a page that comes back while nothing answers claims nothing', async ({ page, visit, arrive, watch }) => {
  watch.allow(statusLine(503));
  const person = await arrive();
  await visit('/');
  await expect(page.getByRole('region', { name: /ticket · refresh token/i })).toContainText('In your pocket');
  await page.route('**/api/*', (route) => route.fulfill({ status: 503, json: { error: 'unavailable' } }));
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await expect(page.getByRole('heading', { name: 'The cloakroom does not answer just now.' })).toBeVisible();
  await expect(page.getByRole('banner')).not.toContainText(person.email);
  await expect(page.getByRole('banner').getByRole('link', { name: 'Sign in' })).toHaveCount(0);
  await page.unroute('**/api/*');
  await expect(see.tokenPage(page)).toBeVisible();
  await expect(page.getByRole('banner')).toContainText(person.email);
});

for (const scripts of [true, false]) {
  test.describe(scripts ? 'Back' : 'Back without scripts', () => {
    test.use({ javaScriptEnabled: scripts });

    test('after a sign-out elsewhere shows no user', async ({ page, context, visit, arrive }) => {
      const person = await arrive();
      await visit('/');
      await expect(page.getByRole('banner')).toContainText(person.email);
      await page.goto('/healthz');
      await context.request.post('/api/sign_out', { headers: OURS });
      await page.goBack();
      // As the server draws it anew, or as it comes back from the cache and asks.
      await expect(see.welcome(page).or(see.signedOutNotice(page))).toBeVisible();
      await expect(page.getByRole('banner')).not.toContainText(person.email);
    });
  });
}
