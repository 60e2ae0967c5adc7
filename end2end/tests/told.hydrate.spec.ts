import type { Route } from '@playwright/test';
import { expect, hydrated, jar, NETWORK_LINE, OURS, see, statusLine, submit, test, untilExpired } from '../fixtures';
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
  });
}

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
  await expect(see.signOut(page)).not.toHaveAttribute('aria-disabled');
  await page.unroute('**/api/sign_out');
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeVisible();
});

test('who was signed out in another tab is told, also after a reload, and not after signing in', async ({
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
});

test.describe('A theft', () => {
  test.use({ baseURL: BRISK.origin });

  test('is told after a reload, in another tab and after the next sign-in, until it was seen', async ({
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
});

test('what a script rewrites is left alone by translators', async ({ page, visit, arrive }) => {
  await arrive();
  await visit('/');
  const live = ['[role=timer]', 'main time', '[data-testid=generation]', '[data-testid=outcome]', '.badge', '.log li', '.email'];
  for (const part of live) {
    for (const element of await page.locator(part).all()) {
      expect(await element.evaluate((element) => (element as HTMLElement).translate), part).toBe(false);
    }
  }
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
  const [chosen, other] = [page.locator('.pick input:checked + label'), page.locator('.pick input:not(:checked) + label')];
  const [one, another] = [await chosen.first().evaluate(background), await other.first().evaluate(background)];
  expect(one).not.toBe(another);
});
