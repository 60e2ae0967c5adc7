import { existsSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { learns, signsInAndStays, type Engine, type Kept } from '../engines';
import { BRISK } from '../servers';

test.use({ baseURL: BRISK.origin });

/** One that was named has to be there. */
const installed = process.env['FIREFOX'] !== undefined || existsSync('/usr/bin/firefox-esr');
// Where nobody would read it, what was not tested is a failure.
test.skip(!installed && !process.env['CI'], 'not installed: Firefox; run scripts/setup test');

/** The words of Firefox on the cookie that a test plants. */
const REFUSED = /rejected for invalid prefix/;

// Firefox names each violation of the policy, and asks for an icon where it shows no page.
test.beforeEach(({ page }) => {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) heard.push(message.text());
  });
});
test.afterEach(() => {
  expect(heard.splice(0).filter((line) => !REFUSED.test(line))).toEqual([]);
});
const heard: string[] = [];

const engine = (page: import('@playwright/test').Page): Engine => ({
  open: async (path) => {
    await page.goto(path);
  },
  type: (selector, text) => page.locator(selector).pressSequentially(text),
  click: (selector) => page.locator(selector).first().click(),
  run: (body) => page.evaluate(`(() => { ${body} })()`),
  cookies: (): Promise<Kept[]> => page.context().cookies(),
});

test('in Firefox a user signs up, stays, signs out and signs in', async ({ page }) => {
  // An answer that is no page: there Firefox asks for the icon of the site by itself.
  await page.goto('/api/whoami');
  await signsInAndStays(engine(page), { prefixes: true });
});

test('in Firefox a lesson goes to its end as the rule says', async ({ page }) => {
  await learns(engine(page));
});
