import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { expect, jar, see, somebody, statusLine, submit, test } from '../fixtures';
import { BINARY, environment } from '../house';
import { DENYLIST, FLEETING, HOUSE, OPAQUE, STATELESS, type Server } from '../servers';

const run = promisify(execFile);

interface Scheme {
  readonly server: Server;
  /** The cookies that it sets. */
  readonly cookies: readonly string[];
  readonly wristband: boolean;
  /** What it costs to check a request. */
  readonly check: string;
  /** The title of the panel on its properties. */
  readonly panel: string;
  /** What a copy of the jar is worth once its owner has signed out. */
  readonly copyOutlivesSignOut: boolean;
  /** What becomes of a sign-in whose owner is made an administrator. */
  readonly afterNewRole: 'admin' | 'user' | 'signed out';
}

const SCHEMES: readonly Scheme[] = [
  {
    server: HOUSE,
    cookies: ['access', 'refresh'],
    wristband: true,
    check: 'one signature, no query',
    panel: 'The hybrid: what it can do, and what not',
    copyOutlivesSignOut: false,
    afterNewRole: 'admin',
  },
  {
    server: OPAQUE,
    cookies: ['session'],
    wristband: false,
    check: 'one query',
    panel: 'An opaque session: what it can do, and what not',
    copyOutlivesSignOut: false,
    afterNewRole: 'admin',
  },
  {
    server: STATELESS,
    cookies: ['access'],
    wristband: true,
    check: 'one signature, and nothing else',
    panel: 'A stateless token: what it can do, and what not',
    copyOutlivesSignOut: true,
    afterNewRole: 'user',
  },
  {
    server: DENYLIST,
    cookies: ['access'],
    wristband: true,
    check: 'one signature, no query',
    panel: 'A token with a denylist: what it can do, and what not',
    copyOutlivesSignOut: false,
    afterNewRole: 'signed out',
  },
];

const ticket = (page: Page) => page.getByRole('region', { name: /^ticket · /i });
const panel = (page: Page) => page.getByTestId('scheme');

for (const { server, cookies, wristband, check, panel: title, copyOutlivesSignOut, afterNewRole } of SCHEMES) {
  test.describe(`Under the scheme of ${server.name}`, () => {
    test.use({ baseURL: server.origin });

    test('a visitor signs up, out and in again', async ({ page, context, visit, follow }) => {
      const person = somebody();
      await visit('/');
      await expect(see.welcome(page)).toBeVisible();
      await follow(page.getByRole('main').getByRole('link', { name: 'Sign up' }), '/sign-up');
      await submit(page, person);
      await expect(see.tokenPage(page)).toBeVisible();
      await expect(page.getByRole('banner')).toContainText(person.email);
      const first = (await jar(context)).all;
      expect(first.map(({ name }) => name.replace(/^__Host-Http-coatroom-(\w+)-.*$/, '$1')).sort()).toEqual(cookies);
      for (const cookie of first) {
        expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/', expires: -1 });
      }
      await see.signOut(page).click();
      await expect(see.signInPage(page)).toBeVisible();
      expect((await jar(context)).all).toEqual([]);
      await submit(page, person, { stay: true });
      await expect(see.tokenPage(page)).toBeVisible();
      const second = (await jar(context)).all;
      expect(second.every(({ expires }) => expires > 0)).toBe(true);
      expect(second.map(({ name }) => name)).not.toEqual(first.map(({ name }) => name));
      await page.reload();
      await expect(page.getByRole('banner')).toContainText(person.email);
    });

    test('what was typed wrong is refused, and no account is told from none', async ({
      page,
      context,
      visit,
      arrive,
      watch,
    }) => {
      watch.allow(statusLine(401), statusLine(422));
      const known = await arrive();
      await context.clearCookies();
      await visit('/sign-up');
      await submit(page, { ...somebody(), password: 'only fourteen!' });
      await expect(page.locator('#password-error')).toHaveText(/Use at least 15 characters/);
      for (const email of [known.email, somebody().email]) {
        await visit('/sign-in');
        await submit(page, { email, password: 'some other words here' });
        await expect(page.locator('#password-error')).toHaveText('This address and password do not belong together.');
        await expect(see.signInPage(page)).toBeVisible();
      }
      expect((await jar(context)).all).toEqual([]);
    });

    test('its page shows what it has, and nothing else', async ({ page, visit, arrive }) => {
      await arrive();
      await visit('/');
      await expect(see.tokenPage(page)).toBeVisible();
      await expect(panel(page).getByRole('heading')).toHaveText(title);
      await expect(panel(page).locator('dt')).toHaveText([
        'Signing out',
        'A stolen copy',
        'A change of your role',
        'Your other devices',
        'The database is down',
      ]);
      await expect(see.wristband(page)).toHaveCount(wristband ? 1 : 0);
      await expect(page.getByRole('region', { name: 'Inside the wristband' })).toHaveCount(wristband ? 1 : 0);
      await expect(ticket(page)).toHaveCount(cookies.includes('access') && !cookies.includes('refresh') ? 0 : 1);
      await expect(see.refreshNow(page)).toHaveCount(cookies.includes('refresh') ? 1 : 0);
      const jarShown = page.getByRole('region', { name: 'The cookie jar' }).locator('.jar > li');
      await expect(jarShown).toHaveCount(cookies.length);
      await see.callProtected(page).click();
      await expect(see.outcome(page)).toHaveText(new RegExp(`^Let in( as user [\\w-]+)?: ${check}\\.$`));
    });

    test('a sign-out ends what it says that it ends', async ({ page, context, visit, arrive, anotherBrowser }) => {
      await arrive();
      const copied = (await jar(context)).all;
      const thief = await anotherBrowser({ baseURL: server.origin });
      await thief.addCookies(copied);
      const theirs = await thief.newPage();
      await visit('/', theirs);
      await expect(see.tokenPage(theirs)).toBeVisible();
      await visit('/');
      await see.signOut(page).click();
      await expect(see.signInPage(page)).toBeVisible();
      await page.goBack();
      await expect(see.tokenPage(page)).toHaveCount(0);
      await visit('/', theirs);
      await expect(see.tokenPage(theirs)).toHaveCount(copyOutlivesSignOut ? 1 : 0);
      await expect(see.signOut(theirs)).toHaveCount(copyOutlivesSignOut ? 1 : 0);
      const answer = await thief.request.get('/api/whoami');
      expect(answer.status()).toBe(copyOutlivesSignOut ? 200 : 401);
    });

    test('a new role holds as the page says', async ({ page, visit, arrive }) => {
      const person = await arrive();
      await visit('/');
      await run(BINARY, ['users', 'set-role', person.email, 'admin'], { env: environment(server) });
      const role = async () => {
        const answer = await page.request.get('/api/whoami');
        return answer.status() === 200 ? (await answer.json()).role : 'signed out';
      };
      // The command is another process: a server that does not read rows polls for its change once a second.
      await expect.poll(role).toBe(afterNewRole);
      if (afterNewRole === 'signed out') {
        await visit('/');
        await expect(page.getByRole('heading', { name: 'This session has ended.' })).toBeVisible();
        await submit(page, person);
        await expect(see.tokenPage(page)).toBeVisible();
        expect(await role()).toBe('admin');
      }
    });
  });
}

test.describe('A token alone that runs out', () => {
  test.use({ baseURL: FLEETING.origin });

  test('is not renewed, and its owner is told', async ({ page, context, visit, arrive, javaScriptEnabled, watch }) => {
    watch.allow(statusLine(401));
    const person = await arrive();
    const [before] = (await jar(context)).all;
    await visit('/');
    await expect(see.wristband(page)).toBeVisible();
    const over = page.getByRole('heading', { name: 'Your session reached its end.' });
    if (javaScriptEnabled) {
      // By itself: the page asks as the token ends.
      await expect(over).toBeVisible({ timeout: 20_000 });
    } else {
      await expect(async () => {
        await page.goto('/');
        await expect(over).toBeVisible({ timeout: 100 });
      }).toPass();
    }
    expect(before?.name).toMatch(/-access-/);
    await submit(page, person);
    await expect(see.tokenPage(page)).toBeVisible();
    expect((await jar(context)).all[0]?.name).not.toBe(before?.name);
  });
});
