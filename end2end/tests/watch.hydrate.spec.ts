import { expect, test as base } from '@playwright/test';
import { Watch } from '../fixtures';

// Without the fixture that fails the test: what is tested here is what it would fail for.
base.describe('The watch over the browser', () => {
  const provocations: [what: string, script: string, complaint: RegExp][] = [
    ['an error on the console', 'console.error("oh no")', /^error: oh no$/],
    ['a warning on the console', 'console.warn("hm")', /^warning: hm$/],
    ['an uncaught error', 'setTimeout(() => { throw new Error("lost") })', /^uncaught: lost$/],
    [
      'a violation of the policy',
      'document.head.append(Object.assign(document.createElement("style"), { textContent: "a{}" }))',
      /policy violation: style-src-elem inline/,
    ],
    ['a token on the console', 'console.log("rt1.abcdefghijklmnop.AAAA.x")', /^a raw token in the console$/],
    [
      'a token in the page',
      'document.body.append("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.")',
      /^a raw token in the page$/,
    ],
    [
      'a token in a URL',
      'fetch("/healthz?rt1.abcdefghijklmnop.AAAA").then((answer) => answer.text())',
      /^a raw token in a URL$/,
    ],
  ];
  for (const [what, script, complaint] of provocations) {
    base(`sees ${what}`, async ({ context, page }) => {
      const watch = new Watch();
      await watch.over(context);
      await page.goto('/');
      await page.evaluate(script);
      await expect
        .poll(() => watch.complaints([context]))
        .toEqual(expect.arrayContaining([expect.stringMatching(complaint)]));
    });
  }

  base('sees a token in an answer', async ({ context, page }) => {
    const watch = new Watch();
    await watch.over(context);
    await page.route('**/leak', (route) => route.fulfill({ body: 'rt1.abcdefghijklmnop.AAAA' }));
    await page.goto('/leak');
    expect(await watch.complaints([context])).toContainEqual(expect.stringMatching(/^a raw token in the answer of /));
  });

  base('is content with a page as it is', async ({ context, page }) => {
    const watch = new Watch();
    await watch.over(context);
    await page.goto('/sign-in');
    await expect(page.locator('body')).toHaveAttribute('data-hydrated');
    expect(await watch.complaints([context])).toEqual([]);
  });
});
