import type { Page } from '@playwright/test';
import { ACCESS, expect, hydrated, NETWORK_LINE, OURS, see, statusLine, test as base } from '../fixtures';
import { houseAt } from '../clock';

/** The requests to the server's functions, counted, and a clock of the page that only the test moves. */
class Stopwatch {
  readonly asked: string[] = [];
  private open = 0;

  constructor(private readonly page: Page) {
    const path = (url: string) => new URL(url).pathname;
    const closed = (request: { url: () => string }) => {
      if (path(request.url()).startsWith('/api/')) this.open -= 1;
    };
    page.on('request', (request) => {
      if (!path(request.url()).startsWith('/api/')) return;
      this.open += 1;
      this.asked.push(path(request.url()));
    });
    page.on('requestfinished', closed);
    page.on('requestfailed', closed);
  }

  /** Waits until the page asks nothing more by itself while its clock stands. */
  async settled(): Promise<void> {
    for (let quiet = false; !quiet; ) {
      const before = this.asked.length;
      // What a page waits for but a clock: a task, a lock, another tab, an answer.
      await this.page.evaluate(async () => {
        const here = new MessageChannel();
        for (let task = 0; task < 5; task += 1) {
          await new Promise((done) => {
            here.port1.onmessage = done;
            here.port2.postMessage('');
          });
          await navigator.locks.request('settled', () => undefined);
        }
        await (await fetch('/healthz')).text();
      });
      quiet = this.asked.length === before && this.open === 0;
      expect(this.asked.length, 'a page that does not stop asking').toBeLessThan(100);
    }
  }

  /** Lets so many seconds pass for the page; each second, something is done. Returns how often it asked. */
  async during(seconds: number, each: () => Promise<unknown> = async () => {}): Promise<number> {
    const before = this.asked.length;
    for (let second = 0; second < seconds; second += 1) {
      await this.page.clock.runFor(1000);
      await each();
      await this.settled();
    }
    return this.asked.length - before;
  }
}

/** What a page asks in one go: who is signed in, and one refresh at most. */
const ONE_GO = 2;
/**
 * While it is not answered a page asks in a minute of looks after at least 1.5, 3, 6, and then each 10 seconds
 * (app/src/session/pace.rs: pauses double from 2 s, less a quarter; a look waits for 10 s of one at most).
 */
const MINUTE_OF_LOOKS = 8 * ONE_GO;
/** Left alone afterwards its pauses are 45 s at least; one may have begun before. */
const MINUTE_ALONE = 2 * ONE_GO + 1;

const test = base.extend<{ stopwatch: Stopwatch }>({
  stopwatch: async ({ page, watch }, use) => {
    watch.allow(statusLine(401), statusLine(429), statusLine(503), NETWORK_LINE);
    await page.clock.install();
    await use(new Stopwatch(page));
  },
});

/** Opens the token page, and stops its clock. */
async function open(page: Page, stopwatch: Stopwatch, path = '/'): Promise<void> {
  await page.goto(path);
  await hydrated(page);
  await stop(page, stopwatch);
}

/** Stops the clock of a page that is open, and of all others of its context: they have one. */
async function stop(page: Page, stopwatch: Stopwatch): Promise<void> {
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
  await stopwatch.settled();
}

const REFUSED = /^Something on the way answered in the place of this server: /;
/** The page's own functions; not what a person presses. */
const QUESTIONS = /\/api\/(current_session|refresh)$/;

/** All that makes a page ask, once; it comes back from the back-forward cache, too, where `restored`. */
const look = (page: Page, restored = false) => () =>
  page.evaluate((persisted) => {
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    dispatchEvent(new Event('online'));
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted }));
    const other = new BroadcastChannel('coatroom-session');
    other.postMessage('changed');
    other.close();
  }, restored);

test.describe('A page whose calls are answered by something on the way, though each refresh is good', () => {
  test.describe.configure({ timeout: 90_000 });

  test('says what is wrong, keeps still, and goes on by itself', async ({ page, arrive, stopwatch }) => {
    await arrive();
    const proxied = /\/api\/(current_session|call_protected)$/;
    await page.route(proxied, (route) => route.fulfill({ status: 401, body: 'who are you?' }));
    await open(page, stopwatch);
    await stopwatch.during(2, look(page));
    await expect(see.outcome(page)).toHaveText(REFUSED);
    expect(await stopwatch.during(60, look(page))).toBeLessThanOrEqual(MINUTE_OF_LOOKS);
    expect(await stopwatch.during(60)).toBeLessThanOrEqual(MINUTE_ALONE);
    await expect(see.outcome(page)).toHaveText(REFUSED);
    await expect(see.tokenPage(page)).toBeVisible();
    // A press is answered, and refreshes nothing.
    const before = stopwatch.asked.length;
    await see.callProtected(page).click();
    await stopwatch.settled();
    expect(stopwatch.asked.slice(before)).toEqual(['/api/call_protected']);
    await page.unroute(proxied);
    await stopwatch.during(62);
    await see.callProtected(page).click();
    await expect(see.outcome(page)).toHaveText(/^Let in/);
    await expect(see.tokenPage(page)).toBeVisible();
  });

  test('keeps still in two tabs that tell each other', async ({ page, context, arrive, stopwatch }) => {
    await arrive();
    await context.route('**/api/current_session', (route) => route.fulfill({ status: 401 }));
    const other = await context.newPage();
    const second = new Stopwatch(other);
    // Not even the first paint comes once the clock stands.
    for (const tab of [page, other]) {
      await tab.goto('/');
      await hydrated(tab);
    }
    await stop(page, stopwatch);
    for (let round = 0; round < 30; round += 1) {
      await stopwatch.during(1);
      await second.settled();
    }
    // Each tab's words are a look for the other: half a minute holds six goes of each.
    expect(stopwatch.asked.length + second.asked.length).toBeLessThanOrEqual(2 * 6 * ONE_GO);
  });
});

test.describe('A page whose access cookie is dropped on the way', () => {
  test.describe.configure({ timeout: 90_000 });

  test('goes on by its refresh token, and asks little', async ({ page, context, arrive, stopwatch }) => {
    await arrive();
    await page.route('**/api/*', async (route) => {
      await context.clearCookies({ name: new RegExp(`^${ACCESS}`) });
      await route.continue();
    });
    await open(page, stopwatch);
    // Each look is answered, and asks twice at most: the second question proves in vain that the first one's answer came.
    expect(await stopwatch.during(10, look(page))).toBeLessThanOrEqual(24);
    expect(await stopwatch.during(60)).toBeLessThanOrEqual(MINUTE_ALONE);
    await see.callProtected(page).click();
    await expect(see.outcome(page)).toHaveText(/^Let in as user .*: this request brought no good wristband/);
    await expect(see.tokenPage(page)).toBeVisible();
  });
});

for (const back of [60, 3600]) {
  test(`a page asks little while the server's clock is set back by ${back} seconds`, async ({
    page,
    context,
    stopwatch,
  }) => {
    test.setTimeout(90_000);
    const house = await houseAt(new Date());
    try {
      const form = { email: 'guest@example.com', password: 'four words nobody joins' };
      expect((await context.request.post(`${house.origin}/api/sign_up`, { form, headers: OURS })).status()).toBe(200);
      await open(page, stopwatch, house.origin);
      house.set(new Date(Date.now() - back * 1000));
      // Each look is answered, and asks twice at most; nothing else does but a refresh or two.
      expect(await stopwatch.during(10, look(page))).toBeLessThanOrEqual(24);
      expect(await stopwatch.during(10)).toBeLessThanOrEqual(2);
      await expect(see.tokenPage(page)).toBeVisible();
      house.set(new Date());
      await stopwatch.during(75);
      await expect(see.tokenPage(page)).toBeVisible();
      await expect(see.outcome(page)).not.toHaveText(REFUSED);
    } finally {
      await house.stop();
    }
  });
}

test.describe('While a server cannot answer, a page', () => {
  test.describe.configure({ timeout: 90_000 });

  test('asks less and less, however often it is looked at', async ({ page, arrive, stopwatch }) => {
    await arrive();
    await open(page, stopwatch);
    await page.route(QUESTIONS, (route) => route.fulfill({ status: 503, json: { error: 'unavailable' } }));
    // Until the refresh is due, looks alone make it ask.
    expect(await stopwatch.during(10, look(page))).toBeLessThanOrEqual(5);
    // A look asks every ten seconds at most, and where a refresh is due it asks twice.
    expect(await stopwatch.during(60, look(page, true))).toBeLessThanOrEqual(MINUTE_OF_LOOKS);
    const alone = await stopwatch.during(120);
    expect(alone).toBeGreaterThanOrEqual(1);
    expect(alone).toBeLessThanOrEqual(5);
    await page.unroute(QUESTIONS);
    await stopwatch.during(62);
    await expect(see.tokenPage(page)).toBeVisible();
    await expect(see.outcome(page)).not.toContainText('does not answer');
  });

  for (const [said, retryAfter] of [
    ['a number', () => '45'],
    ['a date', () => new Date(Date.now() + 45_000).toUTCString()],
  ] as const) {
    test(`asks nothing for as long as it is told to, as ${said}`, async ({ page, arrive, stopwatch }) => {
      await arrive();
      await open(page, stopwatch);
      await page.route(QUESTIONS, (route) =>
        route.fulfill({
          status: 503,
          json: { error: 'unavailable' },
          headers: { 'retry-after': retryAfter(), date: new Date().toUTCString() },
        }),
      );
      await look(page)();
      await stopwatch.settled();
      const before = stopwatch.asked.length;
      expect(before).toBeGreaterThanOrEqual(1);
      expect(await stopwatch.during(43, look(page, true))).toBe(0);
      expect(await stopwatch.during(8)).toBeGreaterThanOrEqual(1);
    });
  }
});
