import type { Page } from '@playwright/test';
import { ACCESS, expect, hydrated, jar, OURS, REFRESH, see, shiftsOf, somebody, submit, test } from '../fixtures';

test('a user signs out and in again, twice, and no document is loaded', async ({
  page,
  context,
  visit,
  watch,
  arrive,
}) => {
  const person = await arrive();
  await visit('/');
  const loaded = watch.documents.length;
  const sessions = new Set<string | undefined>();
  for (let time = 0; time < 2; time += 1) {
    sessions.add((await jar(context)).refresh?.value.split('.')[1]);
    await see.signOut(page).click();
    await expect(see.signInPage(page)).toBeVisible();
    expect((await jar(context)).all).toEqual([]);
    await submit(page, person);
    await expect(see.tokenPage(page)).toBeVisible();
    await expect(page.getByRole('banner')).toContainText(person.email);
    await expect(see.generation(page)).toHaveText('0');
  }
  sessions.add((await jar(context)).refresh?.value.split('.')[1]);
  expect(sessions.size).toBe(3);
  expect(watch.documents).toHaveLength(loaded);
});

test('a sign-up loads no document, and its ticket is soon proven delivered', async ({
  page,
  visit,
  watch,
}) => {
  await visit('/sign-up');
  const loaded = watch.documents.length;
  await submit(page, somebody());
  await expect(see.tokenPage(page)).toBeVisible();
  await expect(page.getByRole('region', { name: /ticket · refresh token/i })).toContainText('In your pocket');
  expect(watch.documents).toHaveLength(loaded);
});

test('refreshing twice in a row is debounced, and says so', async ({ page, visit, arrive }) => {
  await arrive();
  await visit('/');
  for (let time = 0; time < 2; time += 1) {
    const answer = page.waitForResponse((response) => response.url().endsWith('/api/refresh'));
    await see.refreshNow(page).click();
    expect(await (await answer).json()).toMatchObject({ row: 5, generation: 0 });
    await expect(see.outcome(page)).toHaveText(/^5 · Debounced/);
  }
  await expect(see.generation(page)).toHaveText('0');
});

test('a page in a tab that is not seen is taken over as well', async ({ page, arrive }) => {
  await arrive();
  // Such a tab is not painted.
  await page.addInitScript(() => {
    Object.defineProperty(document, 'hidden', { value: true });
    globalThis.requestAnimationFrame = () => 0;
  });
  await page.goto('/');
  await hydrated(page);
  await expect(see.tokenPage(page)).toBeVisible();
});

test('scripts find no token and nothing stored', async ({ page, visit, arrive }) => {
  await arrive({ stay: true });
  await visit('/');
  const found = await page.evaluate(async () => ({
    cookies: document.cookie,
    fromCookieStore: await (
      globalThis as unknown as { cookieStore: { getAll(): Promise<unknown[]> } }
    ).cookieStore.getAll(),
    local: { ...localStorage },
    session: { ...sessionStorage },
    databases: await indexedDB.databases(),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }));
  expect(found).toEqual({
    cookies: '',
    fromCookieStore: [],
    local: {},
    session: {},
    databases: [],
    caches: [],
    workers: 0,
  });
  await expect(page.getByRole('region', { name: 'The cookie jar' })).toContainText('document.cookie → ""');
});

for (const signedIn of [true, false]) {
  test(`scripts can neither plant nor overwrite a token, ${signedIn ? 'signed in' : 'signed out'}`, async ({
    page,
    context,
    visit,
    arrive,
  }) => {
    if (signedIn) await arrive();
    await visit(signedIn ? '/' : '/sign-in');
    const before = (await jar(context)).all;
    await page.evaluate(
      async (names) => {
        const store = (globalThis as unknown as { cookieStore: { set(cookie: object): Promise<void> } }).cookieStore;
        for (const name of names) {
          document.cookie = `${name}=planted; Secure; Path=/`;
          document.cookie = `${name}=planted; Secure; Path=/; Max-Age=0`;
          document.cookie = `${name}=planted; Secure; Path=/sign-in`;
          await store.set({ name, value: 'planted', path: '/' }).catch(() => {});
        }
      },
      [`${ACCESS}AAAAAAAA`, `${REFRESH}AAAAAAAA`, ...before.map((cookie) => cookie.name)],
    );
    expect((await jar(context)).all).toEqual(before);
    expect(before).toHaveLength(signedIn ? 2 : 0);
  });
}

for (const minutes of [10, -10]) {
  test(`the countdown follows the server's clock where the browser's is ${minutes} minutes off`, async ({
    page,
    visit,
    arrive,
  }) => {
    await page.addInitScript((shift) => {
      const Real = Date;
      class Shifted extends Real {
        constructor(...args: [] | [number]) {
          if (args.length === 0) super(Real.now() + shift);
          else super(...args);
        }
        static override now(): number {
          return Real.now() + shift;
        }
      }
      globalThis.Date = Shifted as DateConstructor;
    }, minutes * 60_000);
    await arrive();
    await visit('/');
    const skew = (await page.evaluate(() => Date.now())) - Date.now();
    expect(Math.abs(skew - minutes * 60_000)).toBeLessThan(5000);
    // Both while the page is young and when some seconds have passed.
    await inStep(page);
    const shown = await secondsShown(page);
    await expect.poll(() => secondsShown(page)).toBeLessThan(shown - 1);
    await inStep(page);
  });
}

/** The server and the tests run by one clock, so what is left by it must be what the page shows. */
async function inStep(page: Page): Promise<void> {
  await expect(async () => {
    const expires = await see.wristband(page).locator('time').getAttribute('datetime');
    const before = Date.now();
    const shown = await secondsShown(page);
    const after = Date.now();
    const left = (now: number) => (Date.parse(expires ?? '') - now) / 1000;
    // The page ticks four times a second, and rounds up.
    expect(shown).toBeGreaterThanOrEqual(left(after) - 0.1);
    expect(shown).toBeLessThanOrEqual(left(before) + 1.5);
  }).toPass({ timeout: 3000 });
}

async function secondsShown(page: Page): Promise<number> {
  const [minutes, seconds] = (await see.wristband(page).getByRole('timer').innerText()).split(':');
  return Number(minutes) * 60 + Number(seconds);
}

test('a sign-out in one tab is seen in the other', async ({ page, context, visit, arrive }) => {
  await arrive();
  await visit('/');
  const other = await context.newPage();
  await visit('/', other);
  await expect(see.tokenPage(other)).toBeVisible();
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeVisible();
  await expect(see.tokenPage(other)).toHaveCount(0);
  await expect(see.signedOutNotice(other)).toBeVisible();
  await expect(other.getByRole('banner').getByRole('link', { name: 'Sign in' })).toBeVisible();
});

test('a sign-in of another user in another tab is seen', async ({ page, context, visit, arrive }) => {
  const first = await arrive();
  await visit('/');
  const other = await context.newPage();
  await visit('/', other);
  await see.signOut(other).click();
  await expect(see.signInPage(other)).toBeVisible();
  await other.getByRole('main').getByRole('link', { name: 'Sign up' }).click();
  const second = somebody();
  await submit(other, second);
  await expect(see.tokenPage(other)).toBeVisible();
  await expect(page.getByRole('banner')).toContainText(second.email);
  await expect(page.getByRole('banner')).not.toContainText(first.email);
  await expect(see.tokenPage(page)).toBeVisible();
  await expect(see.news(page)).toHaveText(`You are now signed in as ${second.email}: another tab signed in.`);
  await expect(see.news(other)).toBeEmpty();
});

// Playwright switches the back-forward cache off, so its events are sent by hand.
const returns: [how: string, event: () => void][] = [
  [
    'comes back from the back-forward cache',
    () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
  ],
  ['is looked at again', () => document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))],
  ['is online again', () => dispatchEvent(new Event('online'))],
];
for (const [how, event] of returns) {
  test(`a page that ${how} notices that its session is over`, async ({ page, context, visit, arrive }) => {
    await arrive();
    await visit('/');
    await expect(see.tokenPage(page)).toBeVisible();
    await context.request.post('/api/sign_out', { headers: OURS });
    await page.evaluate(event);
    await expect(see.signedOutNotice(page)).toBeVisible();
    await expect(see.signOut(page)).toHaveCount(0);
  });
}

for (const [reason, words] of [
  ['administrator', 'An administrator ended this session.'],
  ['a_reason_of_a_newer_server', 'This session has ended.'],
] as const) {
  test(`a page that hears of the end "${reason}" says: ${words}`, async ({ page, visit, arrive }) => {
    await arrive();
    await visit('/');
    await expect(see.tokenPage(page)).toBeVisible();
    await page.route('**/api/current_session', (route) => route.fulfill({ json: { signed_out: { ended: reason } } }));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
    await expect(page.getByRole('heading', { name: words })).toBeVisible();
    await expect(page).toHaveURL('/sign-in?ended');
  });
}

test('the password can be shown and hidden again', async ({ page, visit }) => {
  await visit('/sign-in');
  const password = page.getByLabel('Password');
  await password.fill('four words nobody joins');
  const toggle = page.locator('button[aria-controls="password"]');
  for (const [pressed, type] of [
    ['false', 'password'],
    ['true', 'text'],
    ['false', 'password'],
  ] as const) {
    await expect(toggle).toHaveAttribute('aria-pressed', pressed);
    await expect(password).toHaveAttribute('type', type);
    await toggle.click();
  }
  await expect(password).toHaveValue('four words nobody joins');
});

for (const width of [360, 768, 1440]) {
  test(`no day and no time of day moves anything on a page ${width} pixels wide`, async ({ page, visit, arrive }) => {
    await page.setViewportSize({ width, height: 900 });
    await arrive();
    await visit('/');
    // Whatever ticks would move things by itself: the text of the countdown and the bar.
    const moved = await page.evaluate(() => {
      const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
      const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
      const words = days.flatMap((day) => months.flatMap((month) => [`${day} 1 ${month}`, `${day} 28 ${month}`]));
      const times = [...document.querySelectorAll('main time')];
      const places = () =>
        [...document.querySelectorAll('body *')].map((part) => {
          const { x, y, width, height } = part.getBoundingClientRect();
          return [x, y, width, height].join();
        });
      const before = places();
      const moved: string[] = times.length > 5 ? [] : ['there are hardly any times'];
      for (const word of [...words, '00:00:00', '11:11:11']) {
        for (const time of times) time.textContent = word;
        const after = places();
        if (after.some((place, index) => place !== before[index])) moved.push(word);
        if (times.some((time) => time.scrollWidth > time.clientWidth)) moved.push(`${word} is too wide`);
      }
      return moved;
    });
    expect(moved).toEqual([]);
  });
}

for (const timezoneId of ['UTC', 'Asia/Kolkata']) {
  test.describe(`In the time zone ${timezoneId}`, () => {
    test.use({ timezoneId });

    test('nothing moves while the token page loads and is taken over', async ({ page, visit, arrive }) => {
      const shifts = await shiftsOf(page);
      await arrive();
      await visit('/');
      const shown = await secondsShown(page);
      await expect.poll(() => secondsShown(page)).toBeLessThan(shown - 1);
      expect(await shifts()).toEqual([]);
    });

    test('times are those of the person, and say which instant they mean', async ({ page, visit, arrive }) => {
      await arrive();
      await visit('/');
      const time = see.wristband(page).locator('time');
      const instant = new Date((await time.getAttribute('datetime')) ?? '');
      await expect(time).toHaveText(instant.toLocaleTimeString('en-GB', { timeZone: timezoneId }));
    });
  });
}
