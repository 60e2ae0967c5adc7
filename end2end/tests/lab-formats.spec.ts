import { expect, test } from '../fixtures';

/** The forms, with who reads, makes and checks a token of each. */
const [BEARER, ANYBODY, SHARERS, ONE] = ['its bearer', 'anybody', 'who shares the key', 'one, with the private key'];
const FORMS: Record<string, readonly (string | undefined)[]> = {
  'JWT, HS256': [BEARER, SHARERS, SHARERS],
  'JWT, RS256': [BEARER, ONE, ANYBODY],
  'JWT, ES256': [BEARER, ONE, ANYBODY],
  'JWT, EdDSA': [BEARER, ONE, ANYBODY],
  'PASETO v4.public': [BEARER, ONE, ANYBODY],
  'PASETO v4.local': [SHARERS, SHARERS, SHARERS],
  'JWE, dir, A256GCM': [SHARERS, SHARERS, SHARERS],
  'JWE, ECDH-ES, A256GCM': [ONE, ANYBODY, ONE],
};

test('the same claims stand in eight forms, each measured', async ({ page, visit, follow }) => {
  await visit('/x-ray');
  await follow(page.getByRole('link', { name: /^The same claims in eight forms/ }), '/lab/formats');
  const rows = page.getByRole('region', { name: 'The eight forms' }).locator('tbody tr');
  await expect(rows.getByRole('rowheader')).toHaveText(Object.keys(FORMS));
  for (const [index, can] of Object.values(FORMS).entries()) {
    const cells = await rows.nth(index).getByRole('cell').allTextContents();
    expect(cells.slice(0, 3)).toEqual(can);
    expect(Number(cells[3])).toBeGreaterThan(300);
    for (const time of cells.slice(4)) expect(time).toMatch(/^(\d\.\d|[1-9]\d+) µs$/);
  }
});

for (const [form, [reader]] of Object.entries(FORMS)) {
  test(`the X-ray reads of ${form} what its bearer can`, async ({ page, visit, follow, watch }) => {
    watch.echoes('token');
    await visit('/lab');
    await follow(page.getByRole('link', { name: 'Eight forms of token' }), '/lab/formats');
    const look = page.getByRole('region', { name: 'Look into one' }).getByRole('link', { name: form, exact: true });
    await follow(look, /\/x-ray\?form=[a-z0-9-]+$/);
    await expect(page.getByTestId('verdict')).toHaveText(/^Refused by /);
    const shown = page.getByRole('region', { name: /^What the verifier/ });
    await expect(shown.getByText('"sub"')).toHaveCount(reader === BEARER ? 1 : 0);
  });
}

test('on a narrow page the forms are still a table, their rows under column names', async ({ page, visit }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await visit('/lab/formats');
  const region = page.getByRole('region', { name: 'The eight forms' });
  expect(await region.evaluate((of) => of.scrollWidth - of.clientWidth)).toBe(0);
  await expect(region.getByRole('table').getByRole('columnheader')).toHaveCount(7);
  await expect(region.getByRole('row')).toHaveCount(9);
});
