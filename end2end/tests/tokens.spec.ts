import type { BrowserContext, Page } from '@playwright/test';
import { expect, generationOf, jar, OURS, REFRESH, see, statusLine, test, untilExpired } from '../fixtures';
import { BRISK, STRANGERS } from '../servers';

test('a refresh that comes too soon is debounced, and the ticket is kept', async ({ page, context, visit, arrive }) => {
  await arrive();
  const before = await jar(context);
  await visit('/');
  for (let time = 0; time < 2; time += 1) {
    const answer = page.waitForResponse((response) => response.url().endsWith('/api/refresh'));
    await see.refreshNow(page).click();
    // The access token is set again, the refresh token is not; what a form came to is no token.
    const cookies = await (await answer).headerValues('set-cookie');
    const names = cookies.map((cookie) => cookie.split('=')[0] ?? '');
    expect(names.filter((name) => !name.startsWith('coatroom-posted-'))).toEqual([before.access?.name]);
    await expect(see.tokenPage(page)).toBeVisible();
  }
  await expect(see.generation(page)).toHaveText('0');
  await expect(see.log(page)).toHaveCount(1);
  expect((await jar(context)).refresh?.value).toBe(before.refresh?.value);
});

test('the outcome of a refresh names the row that decided, and leads there', async ({ page, visit, follow, arrive }) => {
  await arrive();
  await visit('/');
  await see.refreshNow(page).click();
  await expect(see.outcome(page)).toHaveText(/^5 · Debounced: this ticket is too fresh/);
  await follow(see.outcome(page).getByRole('link', { name: '5 · Debounced', exact: true }), /\/lab\/rule#row-5$/);
  await expect(page.locator('#row-5')).toBeInViewport();
});

test.describe('Where there is no lab', () => {
  test.use({ baseURL: STRANGERS.origin });

  test('the outcome of a refresh leads nowhere', async ({ page, visit, arrive }) => {
    await arrive();
    await visit('/');
    await see.refreshNow(page).click();
    await expect(see.outcome(page)).toHaveText(/^5 · Debounced: this ticket is too fresh/);
    await expect(see.outcome(page).getByRole('link')).toHaveCount(0);
  });
});

test('a protected function is answered to a signed-in user', async ({ page, visit, arrive }) => {
  await arrive();
  await visit('/');
  await expect(see.outcome(page)).toBeEmpty();
  await see.callProtected(page).click();
  await expect(see.outcome(page)).toHaveText(/^Let in\b.*: one signature, no query\.$/);
  await expect(see.generation(page)).toHaveText('0');
});

test('the token page says what the tokens hold', async ({ page, context, visit, arrive, baseURL }) => {
  await arrive();
  await visit('/');
  const token = (await jar(context)).access?.value ?? '';
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const inside = page.getByRole('region', { name: 'Inside the wristband' });
  const said = (name: string) =>
    inside
      .locator('dl > div')
      .filter({ has: page.locator('dt').getByText(name, { exact: true }) })
      .locator('dd')
      .first();
  for (const name of ['iss', 'aud', 'sub', 'sid', 'jti', 'role']) await expect(said(name)).toHaveText(claims[name]);
  for (const name of ['iat', 'exp', 'auth_time']) {
    const instant = new Date(claims[name] * 1000).toISOString().replace('.000', '');
    await expect(said(name).locator('time')).toHaveAttribute('datetime', instant);
  }
  expect(claims.iss).toBe(baseURL);
  await expect(see.wristband(page)).toContainText(`${token.length} bytes`);
});

test('after a sign-out, going back shows no tokens', async ({ page, visit, arrive, watch }) => {
  watch.allow(statusLine(404));
  await arrive();
  await visit('/');
  await visit('/nowhere');
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeVisible();
  for (let steps = 0; steps < 2; steps += 1) {
    await page.goBack();
    await expect(see.tokenPage(page)).toHaveCount(0);
    await expect(see.signOut(page)).toHaveCount(0);
  }
  await expect(see.welcome(page)).toBeVisible();
});

test.describe('Where tokens live for three seconds', () => {
  test.use({ baseURL: BRISK.origin });

  /** Leaves the page, so that none refreshes in silence, and waits until the access token has expired. */
  async function away(page: Page): Promise<void> {
    await page.goto('about:blank');
    await untilExpired(page.context());
  }

  test('a reload after expiry is signed in from the first byte, by one rotation', async ({
    page,
    context,
    visit,
    arrive,
  }) => {
    await arrive();
    await visit('/');
    await away(page);
    const first = (await jar(context)).refresh?.value;
    // Would fail this test if the page ever showed what a stranger sees.
    await page.addInitScript(() => {
      new MutationObserver(() => {
        const stranger = document.querySelector('a[href="/sign-in"], a[href="/sign-up"]');
        if (stranger) console.error(`a flash of signed-out: ${stranger.textContent}`);
      }).observe(document, { childList: true, subtree: true, characterData: true });
    });
    const arrived = page.waitForResponse((response) => response.request().isNavigationRequest());
    await visit('/');
    const answer = await arrived;
    expect(answer.status()).toBe(200);
    expect((await answer.headerValues('set-cookie')).map((cookie) => cookie.split('=')[0])).toHaveLength(2);
    expect(answer.headers()['cache-control']).toBe('no-store');
    const html = await answer.text();
    expect(html).toContain('You are signed in');
    expect(html).not.toContain('href="/sign-in"');
    expect(html.match(/6 · Rotate/g)).toHaveLength(1);
    expect(html).toMatch(/data-testid="generation">1</);
    await expect(see.log(page).filter({ hasText: 'Refreshed with the load of a page' })).toHaveCount(1);
    const { access, refresh } = await jar(context);
    expect(refresh?.value).not.toBe(first);
    expect(generationOf(access?.value ?? '')).toBeGreaterThanOrEqual(1);
  });

  test('a press on "Refresh now" exchanges a ticket that is old enough', async ({ page, visit, arrive }) => {
    await arrive();
    await visit('/');
    await expect(async () => {
      await see.refreshNow(page).click();
      await expect(see.generation(page)).toHaveText('1', { timeout: 200 });
    }).toPass({ intervals: [50] });
    await expect(see.log(page).filter({ hasText: 'Ticket 0 → 1' })).toHaveText([/6 · Rotate/]);
    await expect(see.tokenPage(page)).toBeVisible();
  });

  test('a document of another kind than the token page refreshes as well', async ({ page, visit, arrive, watch }) => {
    watch.allow(statusLine(404));
    const person = await arrive();
    await away(page);
    await visit('/nowhere');
    await expect(page.getByRole('banner')).toContainText(person.email);
    await visit('/');
    await expect(see.log(page).filter({ hasText: '6 · Rotate' })).not.toHaveCount(0);
  });

  test('a copied ticket left behind ends the session; thief and owner are told', async ({
    page,
    context,
    arrive,
    visit,
    anotherBrowser,
  }) => {
    await arrive();
    const copied = (await jar(context)).refresh;
    expect(copied?.name).toContain(REFRESH);
    for (let rotation = 1; rotation <= 2; rotation += 1) {
      await away(page);
      await visit('/');
      await expect(see.generation(page)).toHaveText(String(rotation));
    }
    // Or the page would be told in silence, before its owner looks.
    await page.goto('about:blank');
    const thief = await anotherBrowser();
    await thief.addCookies([copied!]);
    const theirs = await thief.newPage();
    await visit('/', theirs);
    await expect(see.reuseNotice(theirs)).toBeVisible();
    await expect(theirs).toHaveURL('/sign-in?ended');
    await expect(see.tokenPage(theirs)).toHaveCount(0);
    await visit('/');
    await expect(see.reuseNotice(page)).toBeVisible();
    await expect(page).toHaveURL('/sign-in?ended');
    await expect(see.signInPage(page)).toBeVisible();
  });

  test('another browser refreshing right after the owner is shown to the owner', async ({
    page,
    context,
    arrive,
    visit,
    anotherBrowser,
  }) => {
    await arrive();
    const thief = await anotherBrowser({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0' });
    await thief.addCookies((await jar(context)).all);
    const refresh = (who: BrowserContext) => who.request.post('/api/refresh', { headers: OURS });
    const row = async (who: BrowserContext) => (await (await refresh(who)).json()).row;
    for (let rotation = 1; rotation <= 3; rotation += 1) {
      await expect(async () => {
        await context.request.get('/api/whoami');
        expect(await row(context)).toBe(6);
      }).toPass({ intervals: [50] });
      expect(await row(thief)).toBe(7);
    }
    await visit('/');
    const shown = see.log(page).filter({ hasText: 'Another browser may use this sign-in, too' });
    await expect(shown).toHaveText([/Firefox on Linux.*sign out if that is not you/]);
    await see.signOut(page).click();
    await expect(see.tokenPage(page)).toHaveCount(0);
    expect((await refresh(thief)).status()).toBe(401);
  });
});
