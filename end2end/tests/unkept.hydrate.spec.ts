import { expect, jar, submit, test } from '../fixtures';

test('a browser that keeps no cookies is told so, and sees no token page', async ({ page, context, visit, arrive }) => {
  const person = await arrive();
  await context.clearCookies();
  await context.route('**/api/sign_in', async (route) => {
    const answer = await route.fetch();
    // The test's own request keeps them.
    await context.clearCookies();
    const { 'set-cookie': _dropped, ...headers } = answer.headers();
    await route.fulfill({ response: answer, headers });
  });
  await page.addInitScript(() => {
    const seen = new MutationObserver(() => {
      if (document.body?.textContent?.includes('You are signed in')) Object.assign(globalThis, { flashed: true });
    });
    seen.observe(document, { childList: true, subtree: true });
  });
  await visit('/sign-in');
  await submit(page, person);
  await expect(page.locator('#password-error')).toHaveText(/^Your browser keeps no sign-in cookies of this site/);
  await expect(page.getByLabel('Email address')).toHaveValue(person.email);
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  expect((await jar(context)).all).toEqual([]);
  expect(await page.evaluate(() => 'flashed' in globalThis)).toBe(false);
});
