import { expect, test } from '../fixtures';

test('what the documents say leads to the experiments that show it', async ({ page, visit, follow, request }) => {
  await visit('/learn');
  await follow(page.getByRole('link', { name: /^What five documents say/ }), '/learn/seeds');
  const statements = page.getByRole('main').locator('.questions > li');
  expect(await statements.count()).toBeGreaterThan(40);
  for (const statement of await statements.all()) {
    await expect(statement.locator('small').last()).toHaveText(/ · (all five|the (paper|guide|article|interview post|critique))/);
  }
  const links = statements.getByRole('link');
  const addresses = new Set(await links.evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? '')));
  expect(addresses.size).toBeGreaterThan(10);
  for (const address of addresses) expect((await request.get(address)).status(), address).toBe(200);
  // Where it came out otherwise here.
  const outage = statements.filter({ hasText: 'If the store is down, all users are signed out.' });
  await expect(outage).toContainText('Here: Nobody needs to be');
  await follow(outage.getByRole('link'), '/learn/store-is-down');
});
