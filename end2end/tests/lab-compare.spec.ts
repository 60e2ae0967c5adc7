import { expect, test } from '../fixtures';

/** The architectures, with the time until a sign-out holds: on the node that was asked, and on another. */
const [AT_ONCE, POLL, EXPIRY] = ['at once', 'after 1 s', 'after 8 h'];
const ENDS: Record<string, readonly (string | undefined)[]> = {
  'Opaque, in memory': [AT_ONCE, 'not known there'],
  'Opaque, in a shared store': [AT_ONCE, AT_ONCE],
  'Stateless JWT, EdDSA': [EXPIRY, EXPIRY],
  'Stateless JWT, HS256': [EXPIRY, EXPIRY],
  'Stateless JWT, RS256': [EXPIRY, EXPIRY],
  'Stateless JWT, ES256': [EXPIRY, EXPIRY],
  'JWT and a denylist': [AT_ONCE, POLL],
  'Hybrid, denylist': [AT_ONCE, POLL],
  'Hybrid, strict': [AT_ONCE, AT_ONCE],
};
const TABLES = ['Costs', 'Times', 'Trials', 'Keys and scripts'];

/** The microseconds of a cell: of a token that was seen before. */
const micros = (cell: string | undefined) => Number(/^[\d.]+ µs, then ([\d.]+) µs$/.exec(cell ?? '')?.[1]);

test('nine architectures stand in each table, measured', async ({ page, visit, follow }) => {
  await visit('/lab');
  await follow(page.getByRole('link', { name: 'Nine architectures, measured' }), '/lab/compare');
  for (const name of TABLES) {
    const heads = page.getByRole('region', { name, exact: true }).locator('tbody').getByRole('rowheader');
    await expect(heads).toHaveText(Object.keys(ENDS));
  }
  const rows = page.getByRole('region', { name: 'Times', exact: true }).locator('tbody tr');
  for (const [index, ends] of Object.values(ENDS).entries()) {
    expect((await rows.nth(index).getByRole('cell').allTextContents()).slice(0, 2)).toEqual(ends);
  }
  const attacks = page.getByRole('region', { name: 'Outcomes', exact: true }).locator('tbody tr');
  await expect(attacks).toHaveCount(14);
  await expect(attacks.filter({ hasText: /Stateless/ }).getByRole('rowheader')).toHaveText([/signed out/]);
});

test('a slower store slows what asks it, and nothing else', async ({ page, visit, follow }) => {
  await visit('/lab/compare');
  const slider = page.getByRole('slider', { name: /^The store answers after/ });
  await slider.fill('5');
  await follow(page.getByRole('button', { name: 'Measure' }), /\/lab\/compare\?latency=5$/);
  await expect(slider).toHaveValue('5');
  await expect(page.locator('output[for="latency"]')).toHaveText('5');
  const rows = page.getByRole('region', { name: 'Costs', exact: true }).locator('tbody tr');
  const time = async (name: string) => {
    const row = rows.filter({ has: page.getByRole('rowheader', { name, exact: true }) });
    return micros((await row.getByRole('cell').allTextContents()).at(-1));
  };
  expect(await time('Opaque, in a shared store')).toBeGreaterThanOrEqual(5000);
  expect(await time('Stateless JWT, EdDSA')).toBeLessThan(5000);
  const slower = page.getByRole('row').filter({ hasText: 'Sessions are slower than tokens.' });
  await expect(slower).toContainText('agrees: The lookup takes');
});

test('a latency that is not offered is ignored', async ({ page, visit }) => {
  for (const bad of ['700', '-1', 'x', '']) {
    await visit(`/lab/compare?latency=${bad}`);
    await expect(page.getByRole('slider')).toHaveValue('0');
  }
});

test('each claim of the documents is judged, and each link leads somewhere', async ({ page, visit, follow, request }) => {
  await visit('/learn');
  await follow(page.getByRole('link', { name: /^Nine architectures, measured/ }), '/lab/compare');
  const claims = page.getByRole('region', { name: 'Their claims' }).locator('tbody tr');
  await expect(claims).toHaveCount(14);
  for (const claim of await claims.all()) await expect(claim).toContainText(/(dis)?agrees: /);
  const links = page.getByRole('main').getByRole('link');
  const addresses = new Set(await links.evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? '')));
  expect(addresses.size).toBeGreaterThan(8);
  for (const address of addresses) expect((await request.get(address)).status(), address).toBe(200);
});

test('on a narrow page each row is a card, under column names', async ({ page, visit }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await visit('/lab/compare');
  for (const name of TABLES) {
    const region = page.getByRole('region', { name, exact: true });
    expect(await region.evaluate((of) => of.scrollWidth - of.clientWidth), name).toBe(0);
    await expect(region.getByRole('row')).toHaveCount(10);
  }
  const root = page.locator('html');
  expect(await root.evaluate((of) => of.scrollWidth - of.clientWidth)).toBeLessThanOrEqual(0);
});
