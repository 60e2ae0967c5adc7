import type { BrowserContext, Locator, Page } from '@playwright/test';
import { expect, intercept, jar, see, somebody, statusLine, submit, test, untilExpired } from '../fixtures';
import { begin, fiveTabs, lesson } from '../lab';
import { BRISK, HOUSE } from '../servers';

interface At {
  arrive: () => Promise<unknown>;
  visit: (path: string, page?: Page) => Promise<void>;
  follow: (what: Locator, to: string | RegExp) => Promise<void>;
  anotherBrowser: (options: { javaScriptEnabled: boolean }) => Promise<BrowserContext>;
}

/** Shows what the picture is of, on that page or on one that it returns. */
type Make = (page: Page, at: At) => Promise<Page | void>;

/** How somebody sees the site: light, dark, or in colours of their own. */
const SCHEMES = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'light', forcedColors: 'active' },
} as const;

/** How each picture comes to be what it shows. */
const PICTURES: Record<string, Make> = {
  welcome: (_, { visit }) => visit('/'),
  'welcome-tried': async (page, { visit, follow }) => {
    await visit('/');
    await follow(page.getByRole('button', { name: 'Copy the cookies' }), /trial=copied-cookies/);
  },
  'sign-in': (_, { visit }) => visit('/sign-in'),
  'sign-up': (_, { visit }) => visit('/sign-up'),
  'sign-in-error': async (page, { visit }) => {
    await visit('/sign-in');
    await submit(page, somebody());
    await expect(page.locator('#password-error')).not.toBeEmpty();
  },
  'token-fresh': async (_, { arrive, visit }) => {
    await arrive();
    await visit('/');
  },
  'token-plain': async (page, { arrive, anotherBrowser }) => {
    await arrive();
    const plain = await anotherBrowser({ javaScriptEnabled: false });
    await plain.addCookies(await page.context().cookies());
    const shown = await plain.newPage();
    await shown.goto(new URL('/', HOUSE.origin).href);
    await expect(see.tokenPage(shown)).toBeVisible();
    return shown;
  },
  'sign-in-ended': async (page, { visit }) => {
    await visit('/sign-in?ended');
    await expect(see.signedOutNotice(page)).toBeVisible();
  },
  'not-found': (_, { visit }) => visit('/nowhere'),
  lab: (_, { visit }) => visit('/lab'),
  'lab-rule': (_, { visit }) => visit('/lab/rule'),
  'lab-formats': (_, { visit }) => visit('/lab/formats'),
  'lab-choose': (_, { visit }) =>
    visit('/lab/choose?end=expiry&services=several-services&store=postgres&clients=mobile&stolen=day'),
  'lab-compare': (_, { visit }) => visit('/lab/compare'),
  'learn-seeds': (_, { visit }) => visit('/learn/seeds'),
  'lab-scenario': async (page, { visit }) => {
    await visit('/lab/five-tabs');
    await page.locator('summary', { hasText: /as arrows/ }).click();
  },
  'lab-x-ray': async (page, { visit }) => {
    await visit('/lab/x-ray');
    await page.getByLabel('Token').fill('eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.AAAA');
    await page.getByRole('button', { name: 'Look' }).click();
    await expect(page.getByTestId('verdict')).toBeVisible();
  },
  'lab-world': async (page, { visit, follow }) => {
    await visit('/lab');
    await begin(page, follow);
  },
  'lab-five-tabs': async (page, { visit, follow }) => {
    await visit('/lab');
    const world = await begin(page, follow);
    await fiveTabs(world);
    for (const panel of [/^Same trace/, /^X-ray/]) await world.show(panel);
  },
  'lab-lesson': async (page, { visit, follow }) => {
    await visit('/lab/thieves');
    const learner = await lesson(page, follow, 'thieves');
    await learner.toEnd();
  },
  'lesson-before': async (page, { visit, follow }) => {
    await visit('/lab/five-tabs');
    const learner = await lesson(page, follow, 'five-tabs');
    for (let step = 0; step < 6; step += 1) await learner.goOn();
    await learner.guesses.nth(1).check();
  },
  'lesson-after': async (page, { visit, follow }) => {
    await visit('/lab/five-tabs');
    const learner = await lesson(page, follow, 'five-tabs');
    for (let step = 0; step < 7; step += 1) await learner.goOn();
  },
  learn: (_, { visit }) => visit('/learn'),
  'learn-part': (_, { visit }) => visit('/learn/the-next-ticket'),
  'learn-lesson': (_, { visit }) => visit('/learn/thieves'),
};

/** Those that need tokens that live fast. */
const BRISK_PICTURES: Record<string, Make> = {
  'sign-in-reuse': async (page, { arrive, visit }) => {
    await arrive();
    const stolen = (await jar(page.context())).refresh!;
    await visit('/');
    await expect(see.generation(page)).toHaveText('2');
    await page.goto('about:blank');
    await page.context().addCookies([stolen]);
    await untilExpired(page.context());
    await visit('/');
    await expect(see.reuseNotice(page)).toBeVisible();
  },
  'token-rotated': async (page, { arrive, visit }) => {
    await arrive();
    await visit('/');
    await expect(see.generation(page)).toHaveText('3', { timeout: 20_000 });
    await intercept(page, '**/api/refresh', async (route) => {
      const cookies = await page.context().cookies();
      const url = route.request().url();
      const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
      await fetch(url, { method: 'POST', headers: { cookie, origin: new URL(url).origin } });
      await route.abort();
    });
    await expect(see.log(page).filter({ hasText: '7 · Replay' })).toHaveCount(1);
  },
};

for (const [pictures, baseURL] of [
  [PICTURES, undefined],
  [BRISK_PICTURES, BRISK.origin],
] as const) {
  test.describe(baseURL ?? 'the house', () => {
    if (baseURL) test.use({ baseURL });
    for (const [name, make] of Object.entries(pictures)) {
      test(name, async ({ page, arrive, visit, follow, anotherBrowser, watch }) => {
        watch.allow(...[401, 404].map(statusLine), /net::ERR_FAILED/);
        const shown = (await make(page, { arrive, visit, follow, anotherBrowser })) ?? page;
        for (const width of [360, 768, 1440]) {
          for (const [scheme, colours] of Object.entries(SCHEMES)) {
            await shown.setViewportSize({ width, height: 900 });
            await shown.emulateMedia({ ...colours, reducedMotion: 'reduce' });
            await shown.screenshot({ path: `pictures/${name}-${width}-${scheme}.png`, fullPage: true });
          }
        }
      });
    }
  });
}
