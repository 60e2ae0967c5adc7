import type { Locator, Page, Route } from '@playwright/test';
import { Lesson, WORLD } from '../lab';
import {
  expect,
  hydrated,
  jar,
  NETWORK_LINE,
  OURS,
  see,
  somebody,
  statusLine,
  submit,
  test,
  untilExpired,
  type Person,
} from '../fixtures';
import { BRISK, STRANGERS } from '../servers';

test.describe('Where each check reads the row', () => {
  test.use({ baseURL: STRANGERS.origin });

  test('the page says what a check costs there', async ({ page, visit, arrive }) => {
    await arrive();
    await visit('/');
    await expect(see.wristband(page)).toContainText('one signature, one query');
    await see.callProtected(page).click();
    await expect(see.outcome(page)).toHaveText(/^Let in as .*: one signature, one query\.$/);
    await expect(page.getByRole('main')).not.toContainText('no query');
  });
});

test.describe('A page that refreshes by itself', () => {
  test.use({ baseURL: BRISK.origin });

  test('says nothing of it where the answers to presses are', async ({ page, visit, arrive }) => {
    await arrive();
    await visit('/');
    await expect(see.generation(page)).toHaveText('1');
    await expect(see.outcome(page)).toBeEmpty();
    await see.refreshNow(page).click();
    await expect(see.outcome(page)).toHaveText(/^[5678] · /);
  });
});

for (const [button, path] of [
  [see.refreshNow, '/api/refresh'],
  [see.callProtected, '/api/call_protected'],
] as const) {
  test(`a press of the button for ${path} is pending until it is answered, and asks once`, async ({ page, visit, arrive }) => {
    await arrive();
    await visit('/');
    const held: Route[] = [];
    await page.route(`**${path}`, (route) => void held.push(route));
    await button(page).click();
    await expect(see.outcome(page)).toHaveText('One moment …');
    await expect(button(page)).toHaveAttribute('aria-disabled', 'true');
    await button(page).click({ force: true });
    expect(held).toHaveLength(1);
    await held[0]?.continue();
    await expect(button(page)).not.toHaveAttribute('aria-disabled');
    await expect(see.outcome(page)).toHaveText(/^(5 · Debounced|Let in)/);
    expect(held).toHaveLength(1);
  });
}

test('the outcome of a press stays, though the page then polls in vain', async ({ page, visit, arrive, watch }) => {
  watch.allow(statusLine(503));
  await arrive();
  await visit('/');
  await page.route('**/api/current_session', (route) => route.fulfill({ status: 503, json: { error: 'unavailable' } }));
  // A good refresh asks how things stand.
  const asked = page.waitForResponse('**/api/current_session');
  await see.refreshNow(page).click();
  await (await asked).finished();
  await expect(see.outcome(page)).toHaveText(/^[5678] · /);
  await page.evaluate(async () => (await fetch('/healthz')).text());
  expect(await see.outcome(page).textContent()).toMatch(/^[5678] · /);
  // Where nothing was pressed, there is room for what is wrong.
  await visit('/');
  await expect(see.outcome(page)).toBeEmpty();
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await expect(see.outcome(page)).toHaveText(/does not answer just now/);
});

test('a sign-out is pending until it is answered, and says what went wrong', async ({ page, visit, arrive, watch }) => {
  watch.allow(statusLine(503), NETWORK_LINE);
  await arrive();
  await visit('/');
  const held: Route[] = [];
  await page.route('**/api/sign_out', (route) => void held.push(route));
  await see.signOut(page).click();
  await expect(see.signOut(page)).toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByRole('banner').getByRole('alert')).toHaveText('One moment …');
  await see.signOut(page).click({ force: true });
  expect(held).toHaveLength(1);
  await held[0]?.fulfill({ status: 503, json: { error: 'unavailable' } });
  await expect(page.getByRole('banner').getByRole('alert')).toHaveText(/does not answer just now/);
  expect(held).toHaveLength(1);
  await expect(see.signOut(page)).not.toHaveAttribute('aria-disabled');
  await page.unroute('**/api/sign_out');
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeVisible();
});

test('a user signed out in another tab is told, until the next sign-in', async ({
  page,
  context,
  visit,
  arrive,
}) => {
  const person = await arrive();
  await visit('/');
  const other = await context.newPage();
  await visit('/', other);
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeVisible();
  await expect(see.signedOutNotice(page)).toHaveCount(0);
  await expect(see.signedOutNotice(other)).toBeVisible();
  await expect(see.signInPage(other)).toBeVisible();
  // Whatever it asks and hears meanwhile.
  await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await other.reload();
  await hydrated(other);
  await expect(see.signedOutNotice(other)).toBeVisible();
  await submit(other, person);
  await expect(see.tokenPage(other)).toBeVisible();
  await expect(see.signedOutNotice(other)).toHaveCount(0);
  await expect(see.news(other)).toBeEmpty();
});

const SIGNED_OUT = /^You were signed out\. It was done on another page or in another tab\b/;
const signedInAs = ({ email }: Person): string => `You are now signed in as ${email}: another tab signed in.`;

/** Notes what a live region says from now on, each time that it does. */
async function heardOf(region: Locator): Promise<() => Promise<string[]>> {
  await region.evaluate((element) => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    const changed = new MutationObserver(() => heard.push(element.textContent ?? ''));
    changed.observe(element, { childList: true, characterData: true, subtree: true });
  });
  return () => region.page().evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
}

/** Has a page ask how things stand, and waits until that was answered. */
async function lookedAt(page: Page): Promise<void> {
  const asked = page.waitForResponse('**/api/current_session');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await (await asked).finished();
}

for (const path of ['/lab', '/nowhere']) {
  test(`a page that stays open at ${path} says once who signs out and in elsewhere`, async ({
    page,
    context,
    visit,
    arrive,
    watch,
  }) => {
    watch.allow(statusLine(404));
    await arrive();
    await visit(path);
    await expect(see.news(page)).toBeEmpty();
    const heard = await heardOf(see.news(page));
    const other = await context.newPage();
    await visit('/', other);
    await see.signOut(other).click();
    await expect(see.news(page)).toHaveText(SIGNED_OUT);
    await expect(see.news(page)).toBeVisible();
    await lookedAt(page);
    await visit('/sign-up', other);
    const second = somebody();
    await submit(other, second);
    await expect(see.tokenPage(other)).toBeVisible();
    await expect(see.news(page)).toHaveText(signedInAs(second));
    await lookedAt(page);
    expect(await heard()).toEqual([expect.stringMatching(SIGNED_OUT), signedInAs(second)]);
    await expect(page).toHaveURL(path);
    await page.reload();
    await hydrated(page);
    await expect(see.news(page)).toBeEmpty();
  });
}

test('a page of the lab says why a session ended, as its notice does', async ({ page, visit, arrive }) => {
  await arrive();
  await visit('/lab');
  await page.route('**/api/current_session', (route) => route.fulfill({ json: { signed_out: { ended: 'reuse' } } }));
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await expect(see.news(page)).toHaveText(/^We ended your session to protect you\. /);
  await page.getByRole('banner').getByRole('link', { name: 'Sign in' }).click();
  await expect(see.reuseNotice(page)).toBeVisible();
  await expect(see.news(page)).toHaveCount(0);
});

test('a token page that is open says whose it has become', async ({ page, context, visit, arrive }) => {
  await arrive();
  await visit('/');
  await expect(see.news(page)).toBeEmpty();
  const heard = await heardOf(see.news(page));
  await context.request.post('/api/sign_out', { headers: OURS });
  const second = await arrive();
  await lookedAt(page);
  await expect(see.news(page)).toHaveText(signedInAs(second));
  await expect(page.getByRole('banner')).toContainText(second.email);
  await lookedAt(page);
  expect(await heard()).toEqual([signedInAs(second)]);
});

test('a page that comes back and claimed nothing meanwhile has no news', async ({ page, context, visit, arrive }) => {
  await arrive();
  await visit('/lab');
  await context.request.post('/api/sign_out', { headers: OURS });
  const second = await arrive();
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await expect(page.getByRole('banner')).toContainText(second.email);
  await expect(see.news(page)).toBeEmpty();
});

test.describe('A theft', () => {
  test.use({ baseURL: BRISK.origin });

  test('is told after a reload, in another tab and at a sign-in, until seen', async ({
    page,
    context,
    visit,
    arrive,
    anotherBrowser,
    watch,
  }) => {
    test.slow();
    watch.allow(statusLine(401));
    const person = await arrive();
    const thief = await anotherBrowser({ baseURL: BRISK.origin });
    await thief.addCookies((await jar(context)).all);
    // The thief goes on; the owner, who comes back later, shows what was left behind.
    for (let time = 0; time < 2; time += 1) {
      await untilExpired(thief);
      expect((await thief.request.post('/api/refresh', { headers: OURS })).status()).toBe(200);
      expect((await thief.request.post('/api/current_session', { headers: OURS })).status()).toBe(200);
    }
    await untilExpired(thief);
    await visit('/');
    await expect(see.reuseNotice(page)).toBeVisible();
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await page.reload();
    await hydrated(page);
    await expect(see.reuseNotice(page)).toBeVisible();
    const other = await context.newPage();
    await visit('/sign-in', other);
    await expect(see.reuseNotice(other)).toBeVisible();
    // Also in a browser that has never heard of it.
    const elsewhere = await (await anotherBrowser({ baseURL: BRISK.origin })).newPage();
    await visit('/sign-in', elsewhere);
    await submit(elsewhere, person);
    await expect(see.tokenPage(elsewhere)).toBeVisible();
    await expect(see.reuseNotice(elsewhere)).toBeVisible();
    await submit(page, person);
    await expect(see.tokenPage(page)).toBeVisible();
    await visit('/');
    await expect(see.reuseNotice(page)).toBeVisible();
    await page.getByRole('button', { name: 'I have seen this' }).click();
    await expect(see.tokenPage(page)).toBeVisible();
    await expect(see.reuseNotice(page)).toHaveCount(0);
    await elsewhere.reload();
    await expect(see.reuseNotice(elsewhere)).toHaveCount(0);
  });

  test('is told by a page that is open', async ({ page, visit, arrive, anotherBrowser, watch }) => {
    test.slow();
    watch.allow(statusLine(401));
    const person = await arrive();
    await visit('/');
    await expect(see.tokenPage(page)).toBeVisible();
    const loaded = watch.documents.length;
    // Another session of the account, whose jar was copied: the copy goes on, and its owner shows what was left behind.
    const owner = await anotherBrowser({ baseURL: BRISK.origin });
    const signedIn = await owner.request.post('/api/sign_in', { form: { ...person }, headers: OURS });
    expect(signedIn.status()).toBe(200);
    const thief = await anotherBrowser({ baseURL: BRISK.origin });
    await thief.addCookies((await jar(owner)).all);
    for (let time = 0; time < 2; time += 1) {
      await untilExpired(thief);
      expect((await thief.request.post('/api/refresh', { headers: OURS })).status()).toBe(200);
      expect((await thief.request.post('/api/current_session', { headers: OURS })).status()).toBe(200);
    }
    await expect(see.reuseNotice(page)).toHaveCount(0);
    await untilExpired(thief);
    expect((await owner.request.post('/api/refresh', { headers: OURS })).status()).toBe(401);
    await expect(see.reuseNotice(page)).toBeVisible();
    await expect(see.tokenPage(page)).toBeVisible();
    expect(watch.documents).toHaveLength(loaded);
  });
});

test('text that a script rewrites is left alone by translators', async ({ page, visit, arrive }) => {
  const leftAlone = async (...parts: string[]) => {
    for (const part of parts) {
      const elements = await page.locator(part).all();
      expect(elements.length, part).toBeGreaterThan(0);
      for (const element of elements) {
        expect(await element.evaluate((element) => (element as HTMLElement).translate), part).toBe(false);
      }
    }
  };
  await visit('/sign-in');
  await leftAlone('[role=alert]', '[role=status]');
  await arrive();
  await visit('/');
  await leftAlone('[role=timer]', 'main time', '[data-testid=generation]', '[data-testid=outcome]', '.badge', '.log li', '.email');
  await leftAlone('[role=alert]', '[role=status]');
});

test('where colours are forced, states are still told apart', async ({ page, visit, arrive }) => {
  await arrive();
  await page.emulateMedia({ forcedColors: 'active' });
  await visit('/');
  const background = (element: Element) => getComputedStyle(element).backgroundColor;
  const sheet = await page.locator('.ticket').evaluate(background);
  expect(await page.locator('.beads [data-is=current]').evaluate(background)).not.toBe(sheet);
  const bar = await page.locator('.wristband progress').evaluate((bar) => getComputedStyle(bar).outlineStyle);
  expect(bar).toBe('solid');
  await visit('/lab');
  await page.getByRole('button', { name: 'A world without a script' }).click();
  await page.locator('#by-hand-summary').click();
  const [chosen, other] = [page.locator('.pick input:checked + label'), page.locator('.pick input:not(:checked) + label')];
  const [one, another] = [await chosen.first().evaluate(background), await other.first().evaluate(background)];
  expect(one).not.toBe(another);
});

test('with forced colours the chosen guess and the tab shown are told apart', async ({ page, visit, follow }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await visit('/learn/three-questions');
  await follow(page.getByRole('button', { name: 'Begin' }), WORLD);
  const learner = new Lesson(page);
  await learner.guesses.first().check();
  const looks = (what: string) =>
    page.locator(what).first().evaluate((of) => {
      const { color, backgroundColor, borderColor } = getComputedStyle(of);
      return `${color} on ${backgroundColor} in ${borderColor}`;
    });
  expect(await looks('.guess:has(:checked)')).not.toBe(await looks('.guess:not(:has(:checked))'));
  expect(await looks('.tabs-row [aria-current]')).not.toBe(await looks('.tabs-row button:not([aria-current])'));
});
