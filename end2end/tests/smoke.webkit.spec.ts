import type { Server } from 'node:tls';
import { expect, test } from '@playwright/test';
import { learns, signsInAndStays } from '../engines';
import { somebody } from '../fixtures';
import { BRISK, SECURED, SECURED_FRONT } from '../servers';
import { front, missing, WebKit } from '../webkit';

test.describe.configure({ mode: 'serial' });
// Where nobody would read it, what was not tested is a failure.
test.skip(missing().length > 0 && !process.env['CI'], `not installed: ${missing().join(', ')}; run scripts/setup test`);

let tls: Server;
let browser: WebKit;

test.beforeAll(async () => {
  tls = await front(SECURED_FRONT, SECURED.port);
  browser = await WebKit.start(SECURED_FRONT + 1, SECURED.origin);
});

test.afterAll(async () => {
  await browser?.end();
  tls?.close();
});

test('in WebKit a user signs up, stays, signs out and signs in', async () => {
  // Keeps the prefixes from nobody: what README says of engines is this.
  await signsInAndStays(browser, { prefixes: false });
});

test('in WebKit a lesson goes to its end, and the wasm is fetched once', async () => {
  await learns(browser);
  // In its private windows a preload would be fetched twice.
  const fetched = "return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm')).length";
  expect(await browser.run(fetched)).toBe(1);
});

test('whose cookies are not kept, over plain http, is told so', async () => {
  const { email, password } = somebody();
  await browser.open(`${BRISK.origin}/sign-up`);
  await expect.poll(() => browser.run("return document.body.matches('[data-hydrated]')")).toBe(true);
  await browser.type('#email', email);
  await browser.type('#password', password);
  await browser.click('form.credentials button.main');
  const error = "return document.querySelector('#password-error')?.textContent";
  await expect.poll(() => browser.run(error)).toMatch(/^Your browser keeps no sign-in cookies of this site/);
  expect(await browser.cookies()).toEqual([]);
});
