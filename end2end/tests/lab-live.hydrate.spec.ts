import type { APIResponse, Page, Request, Route } from '@playwright/test';
import { expect, NETWORK_LINE, statusLine, test as base } from '../fixtures';
import { begin, Lesson, lesson, neverLooks, played, trace, World, WORLD } from '../lab';

/** How often a page looks for what others do, and how long to wait for it. */
const LOOKED = { timeout: 5_000 };
const UNHEARD = 'No answer arrived. Are you online?';

/** A world whose page looks by itself, and one whose page does not. */
const test = base.extend<{ world: World; still: World }>({
  world: async ({ page, visit, follow }, use) => {
    await visit('/lab');
    await use(await begin(page, follow));
  },
  still: async ({ page, visit, follow }, use) => {
    await neverLooks(page);
    await visit('/lab');
    await use(await begin(page, follow));
  },
});

/** What becomes of the next posts of a page, or of so many. */
const posts = (page: Page, handle: (route: Route) => Promise<void>, times?: number): Promise<unknown> =>
  page.route(/\/lab\/world\//, handle, times === undefined ? {} : { times });

test('a press without an answer says so, and the next one takes that away', async ({ still, watch }) => {
  watch.allow(NETWORK_LINE);
  await posts(still.page, (route) => route.abort(), 1);
  await still.button('Call').click();
  await expect(still.said).toHaveText(UNHEARD);
  await still.press('Call');
  await expect(still.said).toBeEmpty();
});

test('a poll without an answer says so, until one is answered', async ({ world, watch }) => {
  watch.allow(NETWORK_LINE);
  await posts(world.page, (route) => route.abort());
  await expect(world.said).toHaveText(UNHEARD, LOOKED);
  await world.page.unrouteAll({ behavior: 'wait' });
  await expect(world.said).toBeEmpty(LOOKED);
});

test('a press is seen to be waited for until it is answered', async ({ still }) => {
  const held: Route[] = [];
  await posts(still.page, async (route) => void held.push(route), 1);
  const call = still.button('Call');
  await call.click();
  await expect(call).toHaveAttribute('aria-busy', 'true');
  await expect.poll(() => held).toHaveLength(1);
  await held[0]?.continue();
  await expect(still.answers).toHaveText([/tab1 call: 200/]);
  await expect(call).not.toHaveAttribute('aria-busy');
});

test.describe('While nothing of the lab answers, a page', () => {
  /** Opens a world whose page's clock only the test moves. Returns how often it asks while seconds pass. */
  async function counted(page: Page, follow: Parameters<typeof begin>[1]): Promise<(seconds: number) => Promise<number>> {
    await begin(page, follow);
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
    let asked = 0;
    const open = new Set<Request>();
    page.on('request', (request) => {
      if (request.method() !== 'POST' || !request.url().includes('/lab/world/')) return;
      asked += 1;
      open.add(request);
    });
    page.on('requestfinished', (request) => void open.delete(request));
    page.on('requestfailed', (request) => void open.delete(request));
    // Until what it asked was answered: a test's own answer may take longer than the server's. Then the page has read it.
    const settled = async () => {
      await expect.poll(() => open.size, { intervals: [5] }).toBe(0);
      await page.evaluate(async () => {
        for (let answers = 0; answers < 3; answers += 1) await (await fetch('/healthz')).text();
      });
    };
    await settled();
    return async (seconds) => {
      const before = asked;
      for (let second = 0; second < seconds; second += 1) {
        await page.clock.runFor(1000);
        await settled();
      }
      return asked - before;
    };
  }

  const unavailable = (headers: Record<string, string> = {}) => ({
    status: 503,
    contentType: 'text/html',
    body: '<h1>503 Service Unavailable</h1>',
    headers,
  });

  test.beforeEach(async ({ page, watch, visit }) => {
    test.slow();
    watch.allow(statusLine(503));
    await page.clock.install();
    await visit('/lab');
  });

  test('looks less and less, and as often as ever once it is answered', async ({ page, follow }) => {
    const during = await counted(page, follow);
    // Counted where nothing answers: a question may have been on its way before.
    let unanswered = 0;
    await posts(page, (route) => {
      unanswered += 1;
      return route.fulfill(unavailable());
    });
    // At once, and then after pauses that double from two seconds, less a quarter, to a minute.
    await during(60);
    expect(unanswered).toBeGreaterThanOrEqual(4);
    expect(unanswered).toBeLessThanOrEqual(7);
    expect(await during(120)).toBeLessThanOrEqual(4);
    const { said } = new World(page);
    await expect(said).toHaveText(/does not answer just now/);
    await page.unrouteAll({ behavior: 'wait' });
    await during(62);
    await expect(said).toBeEmpty();
    expect(await during(15)).toBeGreaterThanOrEqual(8);
  });

  test('looks not before it is asked to', async ({ page, follow }) => {
    const during = await counted(page, follow);
    await posts(page, (route) => route.fulfill(unavailable({ 'retry-after': '45' })));
    expect(await during(3)).toBe(1);
    expect(await during(41)).toBe(0);
    expect(await during(10)).toBeGreaterThanOrEqual(1);
  });
});

test('an answer that is not of the lab is not taken for one', async ({ still, watch }) => {
  watch.allow(statusLine(502));
  for (const [contentType, body] of [
    ['text/html', '<h1>502 Bad Gateway</h1>'],
    ['application/json', '{"error":"unavailable"}'],
  ] as const) {
    await posts(still.page, (route) => route.fulfill({ status: 502, contentType, body }), 1);
    await still.button('Call').click();
    await expect(still.said).toHaveText(/does not answer just now/);
    await still.press('Call');
    await expect(still.said).toBeEmpty();
  }
});

test('an answer that was overtaken by a later one changes nothing', async ({ still }) => {
  const { page } = still;
  const held: { route: Route; response: APIResponse }[] = [];
  const hold = async (route: Route) => void held.push({ route, response: await route.fetch() });
  await posts(page, hold, 1);
  await still.button('Call').click();
  await expect.poll(() => held).toHaveLength(1);
  await still.press('The thief copies the jar');
  for (const { route, response } of held) {
    const finished = page.waitForEvent('requestfinished', (request) => request === route.request());
    await Promise.all([finished, route.fulfill({ response })]);
  }
  // The page has had its turn at it.
  await page.evaluate(() => new Promise(requestAnimationFrame));
  await expect(still.panel('Cookie jar').getByRole('heading', { name: "The thief's copy" })).toBeVisible();
  await expect(still.news).toHaveText('The thief copies the jar');
});

test('a world that is gone is looked at no more, and there is a way to another', async ({
  page,
  visit,
  follow,
  watch,
}) => {
  watch.allow(statusLine(404));
  await page.clock.install();
  await visit('/lab');
  const world = await begin(page, follow);
  // As the server says it of a world that is not there.
  const missing = '/lab/world/AAAAAAAAAAAAAAAAAAAAAA';
  const gone = await page.request.post(missing, { form: { live: '1', since: '0' } });
  const body = await gone.text();
  let asked = 0;
  await world.button('Call').focus();
  await posts(page, (route) => {
    asked += 1;
    return route.fulfill({ status: gone.status(), contentType: 'text/html', body });
  });
  await page.keyboard.press('Enter');
  await expect(page.locator('.lab').getByRole('alert')).toHaveText(/^There is no such world any more/);
  // The button that was pressed is gone; the keyboard goes on where it was.
  await expect(page.locator('#world')).toBeFocused();
  const before = asked;
  await page.clock.runFor(20_000);
  expect(asked).toBe(before);
  await page.unrouteAll({ behavior: 'wait' });
  await follow(page.getByRole('button', { name: 'Begin a new world' }), WORLD);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('A world of your own');
});

test('while the clock runs, a token expires on the page without a press', async ({
  page,
  visit,
  follow,
}) => {
  await visit('/lab');
  const world = await played(page, follow, trace(['tab1 call'], { access_ttl_s: 5, grace_ms: 500 }));
  await expect(page.getByRole('slider', { name: /^An access token lives/ })).toHaveValue('5');
  await world.press('Let the clock run');
  await expect(world.panel('Now')).toContainText('Active access token');
  await expect(world.panel('Now')).toContainText('Expired access token', { timeout: 15_000 });
  await expect(world.news).toHaveText('Expired access token');
  await expect(world.button('Stop the clock')).toBeVisible();
});

test('a refusal is in view wherever the page is scrolled, beside the button', async ({ world, watch }) => {
  watch.allow(statusLine(422));
  const { page } = world;
  const apply = page.locator('#apply-access');
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 700 });
    await page.getByRole('slider', { name: /^An access token lives/ }).fill('10');
    await apply.evaluate((button) => button.scrollIntoView({ block: 'start' }));
    await apply.focus();
    await page.keyboard.press('Enter');
    await expect(world.said).toHaveText(/^these parameters make no sense: grace/);
    await expect(world.said).toBeInViewport({ ratio: 1 });
    await expect(apply).toBeFocused();
    const seen = (button: Element): boolean => {
      const { x, y, width, height } = button.getBoundingClientRect();
      return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    };
    await expect.poll(() => apply.evaluate(seen)).toBe(true);
    // What makes sense is not refused.
    await page.getByRole('slider', { name: /^An access token lives/ }).fill('60');
    await world.press(apply);
    await expect(world.said).toBeEmpty();
  }
});

test('a grace that makes no sense cannot be asked for', async ({ world }) => {
  const grace = world.page.getByRole('slider', { name: /^The grace lasts/ });
  await expect(grace).toHaveAttribute('max', '7500');
  await world.page.getByRole('slider', { name: /^An access token lives/ }).fill('120');
  await world.press(world.page.locator('#apply-access'));
  await expect(grace).toHaveAttribute('max', '15000');
  await grace.fill('15000');
  await world.press(world.page.locator('#apply-grace'));
  await expect(world.panel('The house')).toContainText('With this grace it must be 120 s at least.');
  await expect(world.said).toBeEmpty();
});

test('the outcome of a press is announced, and the newest of other visitors', async ({
  world,
  visit,
  anotherBrowser,
}) => {
  await expect(world.news).toBeEmpty();
  // A live region is heard where its text changes, and only if it stays the same element.
  await world.news.evaluate((element) => element.setAttribute('data-same', ''));
  await world.press('Call');
  await expect(world.news).toHaveText('1 · tab1 call: 200 · writes acknowledge');
  await world.wait('1 s');
  await expect(world.news).toHaveText('1 s later');
  await world.show(/^X-ray/);
  await expect(world.news).toHaveText('1 s later');
  await world.press('say alg: none');
  await expect(world.news).toHaveText('Refused by algorithm');
  const page = await (await anotherBrowser()).newPage();
  await visit(world.page.url(), page);
  const other = new World(page);
  await other.press('The thief copies the jar');
  await expect(world.news).toHaveText('The thief copies the jar', LOOKED);
  await expect(world.news).toHaveAttribute('data-same');
});

test('a lesson announces its sentence, and moves the focus to the text of the step', async ({ page, visit, follow }) => {
  await visit('/lab/five-tabs');
  const learner = await lesson(page, follow, 'five-tabs');
  for (const step of [1, 2]) {
    await learner.goOn();
    const look = await page.locator('.stage .look').textContent();
    await expect(learner.news).toHaveText(look?.replace('Look here: ', '') ?? 'nothing to look at');
    await expect(page.locator('#panel-guide')).toBeFocused();
    await learner.goOn();
    await expect(learner.step).toHaveAccessibleName(`Step ${step + 1} of 6`);
    await expect(learner.news).toHaveText((await learner.step.locator('.say').textContent()) ?? 'nothing is told');
    await expect(page.locator('#panel-guide')).toBeFocused();
  }
  await learner.press(learner.back);
  await expect(learner.news).toHaveText(/^Back\. \S/);
});

test('a double click does one deed, also where the first click is answered before the second', async ({
  page,
  visit,
  follow,
}) => {
  await visit('/lab/thieves');
  const learner = await lesson(page, follow, 'thieves');
  const click = async (count: number) => {
    await learner.main.hover();
    await page.mouse.down({ clickCount: count });
    await page.mouse.up({ clickCount: count });
  };
  await click(1);
  await expect(learner.main).toHaveText('Copy the jar');
  await click(2);
  await learner.main.hover();
  await click(1);
  await expect(learner.main).toHaveText('Go on');
});

test('a lesson is gone through by keyboard alone, and Enter does the deed', async ({ page, visit }) => {
  await visit('/learn/three-questions');
  await page.getByRole('button', { name: 'Begin' }).focus();
  await Promise.all([page.waitForURL(WORLD), page.keyboard.press('Enter')]);
  const learner = new Lesson(page);
  await expect(page.locator('body')).toHaveAttribute('data-hydrated');
  await learner.guesses.first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(learner.guesses.nth(1)).toBeChecked();
  await page.keyboard.press('Enter');
  // The guess is made: from the text on to the next deed, and the focus stays on it until all are done.
  await expect(page.locator('#panel-guide')).toBeFocused();
  await expect(learner.news).toHaveText('Done: Call, wait a minute. Next: Refresh, lose the answer.');
  await page.keyboard.press('Tab');
  await expect(page.locator('#terms-1-before-summary')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(learner.main).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(learner.main).toHaveText('Wait, then load a page');
  await expect(learner.main).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(learner.main).toHaveText('Go on');
  await expect(page.locator('#panel-guide')).toBeFocused();
  await expect(learner.step.locator('.came')).toContainText('As you predicted');
  // From the text on: the words that were new, what the server answered, and what goes on.
  await page.keyboard.press('Tab');
  await expect(page.locator('#terms-1-after-summary')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.locator('#answers-1-summary')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(learner.main).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(learner.step).toHaveAccessibleName('Step 2 of 3');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Tab');
  await expect(page.locator('#terms-2-before-summary')).toBeFocused();
});

test('a lesson enlarged to twice its size needs no scrolling sideways, and hides no button', async ({
  page,
  visit,
  follow,
}) => {
  await page.setViewportSize({ width: 640, height: 360 });
  await visit('/lab/five-tabs');
  const learner = await lesson(page, follow, 'five-tabs');
  for (let step = 0; step < 8; step += 1) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBeLessThanOrEqual(0);
    await expect(learner.main).toBeInViewport({ ratio: 0.99 });
    await learner.goOn();
  }
});
