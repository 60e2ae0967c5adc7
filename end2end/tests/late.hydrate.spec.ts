import type { BrowserContext, Page } from '@playwright/test';
import { expect, jar, OURS, REFRESH, see, somebody, statusLine, submit, test } from '../fixtures';
import { post, type Answer } from '../raw';
import { BRISK, HOUSE } from '../servers';

/** Has the server answer a page's refreshes at once, and the answers arrive only when they are let go. */
async function holdAnswers(page: Page): Promise<{ answers: Answer[]; release: () => void }> {
  const answers: Answer[] = [];
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/refresh', async (route) => {
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const answer = await post('/api/refresh', '', { server: BRISK, headers: { cookie } });
    answers.push(answer);
    await released;
    await page.context().addCookies(answer.setCookie.map(arriving));
    await route.fulfill({ status: answer.status, contentType: 'application/json', body: answer.text });
  });
  return { answers, release };
}

/** A cookie as its line sets it; Chromium takes none from an answer that a test fulfils over plain http. */
function arriving(line: string) {
  const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
  return { name, value, domain: '127.0.0.1', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' as const };
}

/** The names of the refresh cookies in a jar: one for each session. */
const sessions = async (context: BrowserContext) =>
  (await jar(context)).all.map(({ name }) => name).filter((name) => name.startsWith(REFRESH));

const whoami = async (context: BrowserContext, origin: string) =>
  (await context.request.get(`${origin}/api/whoami`)).status();

test.describe('On a server whose tokens live for three seconds', () => {
  test.use({ baseURL: BRISK.origin });

  test('a late answer of an ended session leaves a newer sign-in alone', async ({
    page,
    context,
    visit,
    arrive,
    watch,
  }) => {
    watch.allow(statusLine(401));
    const person = await arrive();
    await visit('/');
    const { answers, release } = await holdAnswers(page);
    await expect.poll(() => answers.length).toBe(1);
    expect(answers[0]?.status).toBe(200);
    const [former] = await sessions(context);

    // Another tab signs out, and in again, while that answer is on its way.
    const other = await context.newPage();
    await visit('/', other);
    await see.signOut(other).click();
    await expect(see.signInPage(other)).toBeVisible();
    await submit(other, person);
    await expect(see.tokenPage(other)).toBeVisible();
    const [newer] = await sessions(context);
    expect(newer).not.toBe(former);

    const delivered = page.waitForResponse('**/api/refresh');
    release();
    await delivered;
    expect(await sessions(context)).toContain(newer);
    await page.unroute('**/api/refresh');
    await visit('/');
    await expect(see.tokenPage(page)).toBeVisible();
    await expect(see.reuseNotice(page)).toHaveCount(0);
    // What the late answer left is deleted by its name, and nothing else.
    await expect.poll(() => sessions(context)).toEqual([newer]);
  });
});

test('two houses on one host leave each other signed in', async ({ page, context, visit, arrive }) => {
  await arrive();
  const form = { ...somebody() };
  const there = await context.request.post(`${BRISK.origin}/api/sign_up`, { form, headers: OURS });
  expect(there.status()).toBe(200);
  expect(await sessions(context)).toHaveLength(2);
  for (const { origin } of [HOUSE, BRISK, HOUSE]) {
    await visit(`${origin}/`);
    await expect(see.tokenPage(page)).toBeVisible();
  }
  const cleared = await context.request.post('/api/clear', { headers: OURS });
  expect(cleared.status()).toBe(200);
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeVisible();
  await visit(`${BRISK.origin}/`);
  await expect(see.tokenPage(page)).toBeVisible();
  await expect.poll(() => whoami(context, HOUSE.origin)).toBe(401);
});
