import type { Page, Route } from '@playwright/test';
import {
  expect, generationOf, hydrated, intercept, jar, NETWORK_LINE, see, statusLine, submit, test, untilOver,
} from '../fixtures';
import { post } from '../raw';
import { BRISK } from '../servers';

test.use({ baseURL: BRISK.origin });

const REFRESH = '**/api/refresh';
const badge = (page: Page, word: 'Active' | 'Expiring' | 'Expired') =>
  see.wristband(page).getByText(word, { exact: true });

/** What a refresh was answered. */
interface Refreshed {
  row: number;
  generation: number;
}

/** All answers to refreshes of a page or context from now on. */
function refreshes(of: Pick<Page, 'on'>): Promise<Refreshed>[] {
  const answers: Promise<Refreshed>[] = [];
  of.on('response', (response) => {
    if (!response.url().endsWith('/api/refresh') || !response.ok()) return;
    const answer: Promise<Refreshed> = response.json();
    // A page refreshes until it is closed: an answer that the test does not read may be cut off by its end.
    answer.catch(() => {});
    answers.push(answer);
  });
  return answers;
}

/** Holds all refreshes of a page; the function that is given back lets them go on. */
async function hold(page: Page): Promise<{ held: Route[]; release: () => Promise<void> }> {
  const held: Route[] = [];
  await page.route(REFRESH, (route) => {
    held.push(route);
  });
  const release = async () => {
    await page.unroute(REFRESH);
    await Promise.all(held.splice(0).map((route) => route.continue().catch(() => {})));
  };
  return { held, release };
}

test('the token is refreshed in silence, and never expires meanwhile', async ({ page, visit, arrive, watch }) => {
  await page.addInitScript(() => {
    const words: string[] = [];
    Object.assign(globalThis, { words });
    new MutationObserver(() => {
      const word = document.querySelector('.wristband')?.getAttribute('data-state');
      if (word && words.at(-1) !== word) words.push(word);
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  await arrive();
  await visit('/');
  const loaded = watch.documents.length;
  await expect(see.generation(page)).toHaveText('2');
  await expect(badge(page, 'Active')).toBeVisible();
  const words = await page.evaluate(() => (globalThis as unknown as { words: string[] }).words);
  expect(words).toContain('active');
  expect(words).not.toContain('expired');
  expect(watch.documents).toHaveLength(loaded);
  await expect(see.log(page).filter({ hasText: 'Refreshed in silence' })).toHaveCount(2);
  // Each ticket was proven to have arrived, or it could not have been left.
  await expect(see.log(page).filter({ hasText: 'Replay' })).toHaveCount(0);
});

test('the countdown reaches zero while a refresh is held, and then goes on', async ({
  page,
  visit,
  arrive,
}) => {
  const { held, release } = await hold(page);
  await arrive();
  await visit('/');
  await expect(badge(page, 'Expired')).toBeVisible();
  await expect(see.wristband(page).getByRole('timer')).toHaveText('0:00');
  await expect(see.wristband(page).getByRole('status')).toHaveText(/has expired/);
  await expect(see.tokenPage(page)).toBeVisible();
  expect(held).toHaveLength(1);
  await release();
  await expect(badge(page, 'Active')).toBeVisible();
  await expect(see.generation(page)).toHaveText('1');
});

test('five pages refreshing at once move one generation and share one jar', async ({
  page,
  context,
  visit,
  arrive,
}) => {
  // Five pages, each of which refreshes every two seconds.
  test.slow();
  await arrive();
  const pages = [page, ...(await Promise.all([1, 2, 3, 4].map(() => context.newPage())))];
  const holds = await Promise.all(pages.map(hold));
  await Promise.all(pages.map((each) => visit('/', each)));
  await Promise.all(pages.map((each) => expect(badge(each, 'Expired')).toBeVisible()));
  await expect.poll(() => holds.map(({ held }) => held.length)).toEqual([1, 1, 1, 1, 1]);
  const before = generationOf((await jar(context)).access?.value ?? '');
  const answers = pages.map(refreshes);
  await Promise.all(holds.map(({ release }) => release()));
  await expect.poll(() => answers.map((of) => of.length > 0)).toEqual([true, true, true, true, true]);
  const first = await Promise.all(answers.map((of) => of[0]!));
  // Those that meet share the answer of the one that rotated; one that comes after it is a replay.
  expect(first.some(({ row }) => row === 6)).toBe(true);
  expect(first.map(({ generation }) => generation)).toEqual(Array(5).fill(before + 1));
  expect(first.every(({ row }) => [5, 6, 7, 8].includes(row))).toBe(true);
  for (const each of pages) {
    await expect(see.log(each).filter({ hasText: `Ticket ${before} → ${before + 1} ` })).toHaveCount(1);
    await expect(see.tokenPage(each)).toBeVisible();
    await see.callProtected(each).click();
    await expect(see.outcome(each)).toHaveText(/^Let in as/);
  }
  expect((await jar(context)).all).toHaveLength(2);
});

test('an answer that is lost is given again, and moves nothing', async ({ page, context, visit, arrive, watch }) => {
  watch.allow(NETWORK_LINE);
  await arrive();
  const answers = refreshes(page);
  let lost = 0;
  await intercept(page, REFRESH, async (route) => {
    // Not through the context, whose jar would take the cookies of the answer.
    const { access, refresh } = await jar(context);
    const cookie = [access, refresh].map((one) => `${one?.name}=${one?.value}`).join('; ');
    const answer = await post('/api/refresh', '', { server: BRISK, headers: { cookie } });
    lost = (JSON.parse(answer.text) as Refreshed).row;
    await route.abort();
  });
  await visit('/');
  await expect.poll(() => answers.length).toBeGreaterThan(0);
  expect(lost).toBe(6);
  const retried = await answers[0]!;
  expect(retried).toMatchObject({ row: 7, generation: 1 });
  await expect(see.log(page).filter({ hasText: 'Ticket 0 → 1' })).toHaveText([/6 · Rotate/]);
  await expect(see.log(page).filter({ hasText: '7 · Replay' })).toHaveText([/Asked again before the answer was seen/]);
  await expect(see.tokenPage(page)).toBeVisible();
  // And the chain goes on from there.
  await expect.poll(async () => (await Promise.all(answers)).some(({ row }) => row === 6)).toBe(true);
});

test('an answer that is slow changes nothing but the time', async ({ page, visit, arrive }) => {
  await arrive();
  const answers = refreshes(page);
  let letThrough = () => {};
  const wait = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  await intercept(page, REFRESH, async (route) => {
    const response = await route.fetch();
    await wait;
    await route.fulfill({ response });
  });
  await visit('/');
  await expect(badge(page, 'Expired')).toBeVisible();
  letThrough();
  await expect(badge(page, 'Active')).toBeVisible();
  await expect.poll(async () => (await Promise.all(answers)).filter(({ row }) => row === 6).length).toBeGreaterThan(1);
  await expect(see.tokenPage(page)).toBeVisible();
});

test('a user who is offline for a while is not signed out', async ({ page, context, visit, arrive, watch }) => {
  watch.allow(NETWORK_LINE);
  await arrive();
  await visit('/');
  await context.setOffline(true);
  await expect(see.outcome(page)).toHaveText('No answer arrived. Are you online?');
  await expect(badge(page, 'Expired')).toBeVisible();
  await expect(see.tokenPage(page)).toBeVisible();
  expect((await jar(context)).all).toHaveLength(2);
  await context.setOffline(false);
  await expect(badge(page, 'Active')).toBeVisible();
  await expect(see.outcome(page)).not.toContainText('No answer arrived');
  await expect(see.generation(page)).not.toHaveText('0');
});

test('a server that cannot answer signs no user out, and is asked again', async ({
  page,
  context,
  visit,
  arrive,
  watch,
}) => {
  watch.allow(statusLine(503));
  await arrive();
  let asked = 0;
  await page.route(REFRESH, async (route) => {
    asked += 1;
    await route.fulfill({ status: 503, json: { error: 'unavailable' }, headers: { 'retry-after': '2' } });
  });
  await visit('/');
  await expect(see.outcome(page)).toHaveText(/^The cloakroom does not answer just now/);
  await expect(badge(page, 'Expired')).toBeVisible();
  await expect.poll(() => asked).toBeGreaterThan(1);
  await expect(see.tokenPage(page)).toBeVisible();
  expect((await jar(context)).all).toHaveLength(2);
  await page.unroute(REFRESH);
  await expect(badge(page, 'Active')).toBeVisible();
  // The next rotation may be over before this is read.
  await expect(see.generation(page)).not.toHaveText('0');
  await expect(see.outcome(page)).not.toContainText('does not answer');
});

test('a stolen ticket ends the session, and thief and owner are both told', async ({
  page,
  context,
  visit,
  arrive,
  anotherBrowser,
  watch,
}) => {
  watch.allow(statusLine(401));
  const person = await arrive();
  const stolen = (await jar(context)).refresh!;
  await visit('/');
  await expect(see.generation(page)).toHaveText('2');
  const { release } = await hold(page);
  const thief = await anotherBrowser();
  await thief.addCookies([stolen]);
  const theirs = await thief.newPage();
  await visit('/', theirs);
  for (const each of [theirs, page]) {
    await expect(see.reuseNotice(each)).toBeVisible();
    await expect(each).toHaveURL('/sign-in?ended');
    await expect(see.tokenPage(each)).toHaveCount(0);
    if (each === theirs) await release();
  }
  // Dead cookies tell it until the next sign-in, which deletes them.
  await page.reload();
  await hydrated(page);
  await expect(see.reuseNotice(page)).toBeVisible();
  const dead = (await jar(context)).all.map((cookie) => cookie.name);
  await submit(page, person);
  await expect(see.tokenPage(page)).toBeVisible();
  const living = (await jar(context)).all.map((cookie) => cookie.name);
  expect(living).toHaveLength(2);
  expect(living.filter((name) => dead.includes(name))).toEqual([]);
});

test('a hidden page lets its token expire; a call then refreshes in passing', async ({
  page,
  context,
  visit,
  arrive,
}) => {
  await page.addInitScript(() => {
    Object.defineProperty(Document.prototype, 'visibilityState', { get: () => 'hidden' });
  });
  // On a busy machine a token of three seconds may be over before its page is there: another person is in time.
  await expect(async () => {
    await arrive();
    await visit('/');
    await expect(badge(page, 'Active')).toBeVisible({ timeout: 100 });
    expect(generationOf((await jar(context)).access?.value ?? '')).toBe(0);
  }).toPass();
  const calls: string[] = [];
  page.on('response', (response) => calls.push(`${new URL(response.url()).pathname} ${response.status()}`));
  await untilOver(context);
  await expect(badge(page, 'Expired')).toBeVisible();
  expect(calls).toEqual([]);
  await see.callProtected(page).click();
  await expect(see.outcome(page)).toHaveText(
    /^Let in as user .*: this request brought no good wristband, so it was refreshed on its way\. 6 · Rotate/,
  );
  await expect(see.generation(page)).toHaveText('1');
  // The page asks once for what the call brought, which proves that it arrived.
  expect(calls).toEqual(['/api/call_protected 200', '/api/current_session 200']);
  await see.callProtected(page).click();
  await expect(see.outcome(page)).toHaveText(/^Let in as user .*: one signature, no query\.$/);
});

test('a refresh that is answered after a sign-out changes nothing', async ({ page, context, visit, arrive, watch }) => {
  watch.allow(statusLine(401));
  await arrive();
  await visit('/');
  const { held, release } = await hold(page);
  await expect.poll(() => held.length).toBe(1);
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeVisible();
  const answered = page.waitForResponse((response) => response.url().endsWith('/api/refresh'));
  await release();
  expect((await answered).status()).toBe(401);
  await expect(see.signInPage(page)).toBeVisible();
  await expect(see.reuseNotice(page)).toHaveCount(0);
  expect((await jar(context)).all).toEqual([]);
});
