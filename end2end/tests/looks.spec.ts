import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Locator, Page } from '@playwright/test';
import { expect, see, somebody, statusLine, submit, test, type Person } from '../fixtures';
import { begin, fiveTabs, lesson } from '../lab';

interface Scene {
  readonly name: string;
  /** Whether somebody is signed in. */
  readonly inside: boolean;
  readonly path: string;
  readonly status?: number;
  /** What is sent with the form of the page, if something is. */
  readonly send?: Person;
  /** What is done on the page. */
  readonly act?: (page: Page, follow: Follow) => Promise<unknown>;
}

type Follow = (what: Locator, to: string | RegExp) => Promise<void>;

/** Every page, and every form with what it says when it is not content. */
const SCENES: readonly Scene[] = [
  { name: 'the welcome', inside: false, path: '/' },
  {
    name: 'the welcome after something was tried',
    inside: false,
    path: '/',
    act: (page, follow) => follow(page.getByRole('button', { name: 'Five tabs at once' }), /trial=five-tabs/),
  },
  { name: 'the token page', inside: true, path: '/' },
  { name: 'the sign-in page', inside: false, path: '/sign-in' },
  { name: 'the sign-in page after a mistake', inside: false, path: '/sign-in', status: 401, send: somebody() },
  { name: 'the sign-up page', inside: false, path: '/sign-up' },
  {
    name: 'the sign-up page after a mistake',
    inside: false,
    path: '/sign-up',
    status: 422,
    send: { ...somebody(), password: 'too short' },
  },
  { name: 'the page of an address that leads nowhere', inside: false, path: '/nowhere', status: 404 },
  { name: 'the same for somebody who is signed in', inside: true, path: '/nowhere', status: 404 },
  { name: 'the lab', inside: false, path: '/lab' },
  { name: 'the rule', inside: false, path: '/lab/rule' },
  { name: 'the forms of token', inside: false, path: '/lab/formats' },
  {
    name: 'the advice',
    inside: false,
    path: '/lab/choose',
    act: (page, follow) => follow(page.getByRole('button', { name: 'Show the answer' }), /#answer$/),
  },
  { name: 'the comparison of architectures', inside: false, path: '/lab/compare' },
  { name: 'the five documents', inside: false, path: '/learn/seeds' },
  {
    name: 'a scenario',
    inside: false,
    path: '/lab/thieves',
    act: async (page) => {
      for (const picture of await page.locator('summary', { hasText: /as arrows/ }).all()) await picture.click();
    },
  },
  {
    name: 'the X-ray of a token',
    inside: false,
    path: '/lab/x-ray',
    act: async (page) => {
      await page.getByLabel('Token').fill('eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.AAAA');
      await page.getByRole('button', { name: 'Look' }).click();
      await expect(page.getByTestId('verdict')).toBeVisible();
    },
  },
  { name: 'a world', inside: false, path: '/lab', act: begin },
  {
    name: 'a world with all of it shown, after five tabs at once',
    inside: false,
    path: '/lab',
    act: async (page, follow) => {
      const world = await begin(page, follow);
      await fiveTabs(world);
      await world.press('The thief copies the jar');
      for (const panel of [/^Same trace/, /^X-ray/, 'Take it along']) await world.show(panel);
      const closed = page.locator('details:not([open]) > summary');
      while ((await closed.count()) > 0) await closed.first().click();
    },
  },
  {
    name: 'a world in which something was refused',
    inside: false,
    path: '/lab',
    status: 422,
    act: async (page, follow) => {
      const world = await begin(page, follow);
      await page.getByRole('slider', { name: /^An access token lives/ }).fill('10');
      await page.locator('#apply-access').click();
      await expect(world.said).not.toBeEmpty();
    },
  },
  {
    name: 'a lesson before a deed',
    inside: true,
    path: '/lab/three-questions',
    act: async (page, follow) => {
      const learner = await lesson(page, follow, 'three-questions');
      await learner.guesses.first().check();
    },
  },
  {
    name: 'a lesson between two deeds',
    inside: true,
    path: '/lab/three-questions',
    act: async (page, follow) => {
      const learner = await lesson(page, follow, 'three-questions');
      await learner.goOn();
    },
  },
  {
    name: 'a lesson after its deed',
    inside: true,
    path: '/lab/three-questions',
    act: async (page, follow) => {
      const learner = await lesson(page, follow, 'three-questions');
      await learner.doAll();
    },
  },
  {
    name: 'a lesson at its end',
    inside: true,
    path: '/lab/sign-in',
    act: async (page, follow) => {
      const learner = await lesson(page, follow, 'sign-in');
      await learner.toEnd();
    },
  },
  { name: 'all lessons', inside: true, path: '/learn' },
  { name: 'the end of a part', inside: true, path: '/learn/the-next-ticket' },
  { name: 'the beginning of a lesson', inside: true, path: '/learn/thieves' },
  {
    name: 'a world that is not there',
    inside: false,
    path: '/lab/world/AAAAAAAAAAAAAAAAAAAAAA',
    status: 404,
  },
];

test.describe('accessible, light and dark, and no wider than 360 pixels:', () => {
  for (const scene of SCENES) {
    test(scene.name, async ({ page, arrive, visit, follow, watch, javaScriptEnabled, anotherBrowser }) => {
      // A world is built up press by press, and is long to look at.
      if (scene.act) test.slow();
      if (scene.status) watch.allow(statusLine(scene.status));
      if (scene.inside) await arrive();
      await visit(scene.path);
      if (scene.send) {
        await submit(page, scene.send);
        await expect(page.locator('#password-error')).not.toBeEmpty();
      }
      await scene.act?.(page, follow);
      const seen = javaScriptEnabled ? page : await copyOf(page, await anotherBrowser({ javaScriptEnabled: true }));
      await seen.emulateMedia({ colorScheme: 'light' });
      expect(await faults(seen), 'light').toEqual([]);
      // Nothing but colours differs.
      await seen.emulateMedia({ colorScheme: 'dark' });
      expect(await faults(seen, 'color-contrast', 'link-in-text-block'), 'dark').toEqual([]);
      await page.setViewportSize({ width: 360, height: 740 });
      const widths = await page.evaluate(() => ({
        seen: document.documentElement.clientWidth,
        needed: document.documentElement.scrollWidth,
        // What sticks out is named; what scrolls within its own region is not the page's.
        out: [...document.querySelectorAll('body *')]
          .filter((part) => part.getBoundingClientRect().right > innerWidth + 0.5 && !part.closest('.scroll, .tabs'))
          .map((part) => part.outerHTML.slice(0, 80)),
      }));
      expect(widths.out).toEqual([]);
      expect(widths.needed).toBeLessThanOrEqual(widths.seen);
    });
  }
});

/** What axe finds by those rules, or by all of them, each fault with where it is. */
async function faults(page: Page, ...rules: string[]): Promise<string[]> {
  // Nothing is asked of a frame or of what passed, which would take half of the time.
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).setLegacyMode();
  const { violations } = await (rules.length > 0 ? axe.withRules(rules) : axe).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary ?? ''}`));
}

/** What a browser without scripts drew, in one where axe can run and the page's own scripts are left out. */
async function copyOf(page: Page, browser: BrowserContext): Promise<Page> {
  const drawn = (await page.content()).replace(/<script\b[^]*?<\/script>/g, '').replace(/(<\/?)noscript/g, '$1div');
  const copy = await browser.newPage();
  await copy.route(
    (url) => url.href === page.url(),
    (route) => route.fulfill({ contentType: 'text/html', body: drawn }),
  );
  await copy.goto(page.url());
  return copy;
}

test('the keyboard alone reaches the content and signs a visitor up', async ({ page, visit }) => {
  await visit('/');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('main').getByRole('link', { name: 'Sign up' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Sign up', level: 1 })).toBeVisible();
  const email = page.getByLabel('Email address');
  await expect(async () => {
    await page.keyboard.press('Tab');
    await expect(email).toBeFocused({ timeout: 50 });
  }).toPass();
  const person = somebody();
  await page.keyboard.type(person.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(person.password);
  await page.keyboard.press('Enter');
  await expect(see.tokenPage(page)).toBeVisible();
});
