import { expect, test } from '../fixtures';

/** Some answers, with the architecture that follows and lines of its configuration. */
const CASES = [
  {
    name: 'a lookup by one service takes an opaque session',
    answers: ['Yes, at the next request', 'PostgreSQL', 'A day'],
    scheme: 'An opaque session',
    lines: ['COATROOM_SCHEME=opaque', 'COATROOM_ABSOLUTE_TTL=24h', 'DATABASE_URL=postgres://'],
  },
  {
    name: 'minutes and third parties take a strict hybrid',
    answers: ['Yes, at the next request', 'Several services of ours', 'Yes', 'A minute'],
    scheme: 'The hybrid',
    lines: ['COATROOM_VERIFICATION=strict', 'COATROOM_ACCESS_TTL=60s', 'COATROOM_ALGORITHM=es256'],
  },
  {
    name: 'patience takes a token alone',
    answers: ['No, it may wait until the token expires', 'Several services of ours', 'A day'],
    scheme: 'A signed token alone',
    lines: ['COATROOM_SCHEME=stateless', 'COATROOM_TOKEN_TTL=12h', 'COATROOM_ALGORITHM=eddsa'],
  },
  {
    name: 'programs take a token and a denylist',
    answers: ['Within a few seconds', 'Programs', 'A day'],
    scheme: 'A signed token, and a denylist',
    lines: ['COATROOM_SCHEME=denylist', 'COATROOM_TOKEN_TTL=12h'],
  },
] as const;

for (const { name, answers, scheme, lines } of CASES) {
  test(name, async ({ page, visit, follow }) => {
    await visit('/lab/choose');
    for (const answer of answers) await page.getByRole('radio', { name: answer, exact: true }).check();
    await follow(page.getByRole('button', { name: 'Show the answer' }), /\/lab\/choose\?.+#answer$/);
    // They stay as they were given.
    for (const answer of answers) await expect(page.getByRole('radio', { name: answer, exact: true })).toBeChecked();
    const answer = page.getByRole('region', { name: 'The answer' });
    await expect(answer).toBeInViewport();
    await expect(answer.getByText(scheme, { exact: true })).toBeVisible();
    for (const line of lines) await expect(answer.locator('pre')).toContainText(line);
  });
}

test('the house answers first, and bad answers are ignored', async ({ page, visit, follow }) => {
  await visit('/lab');
  await follow(page.getByRole('link', { name: 'Which should I use?' }), '/lab/choose');
  await expect(page.getByText(/^You have answered nothing yet/)).toBeVisible();
  await expect(page.getByRole('radio', { checked: true })).toHaveCount(6);
  await visit('/lab/choose?end=never&store=redis');
  await expect(page.getByRole('radio', { name: 'Within a few seconds' })).toBeChecked();
  await expect(page.getByRole('radio', { name: 'Redis or Valkey' })).toBeChecked();
  await expect(page.getByText(/^You have answered nothing yet/)).toHaveCount(0);
});

test('the same answers may be asked for again', async ({ page, visit, follow }) => {
  await visit('/lab/choose');
  const ask = page.getByRole('button', { name: 'Show the answer' });
  await follow(ask, /#answer$/);
  await ask.click();
  await expect(ask).not.toHaveAttribute('aria-disabled');
  await page.getByRole('radio', { name: 'A minute' }).check();
  await follow(ask, /stolen=minute#answer$/);
  await expect(page.locator('pre')).toContainText('COATROOM_ACCESS_TTL=60s');
});

test('each document has its opinion, and each link its page', async ({ page, visit, follow, request }) => {
  await visit('/learn');
  await follow(page.getByRole('link', { name: /^Which should I use\?/ }), '/lab/choose');
  const rows = page.getByRole('region', { name: 'The five documents' }).locator('tbody tr');
  await expect(rows.getByRole('rowheader')).toHaveText([
    'the paper',
    'the guide',
    'the article',
    'the interview post',
    'the critique',
  ]);
  const links = page.getByRole('main').getByRole('link');
  const addresses = new Set(await links.evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? '')));
  expect(addresses.size).toBeGreaterThan(4);
  for (const address of addresses) expect((await request.get(address)).status(), address).toBe(200);
});

test('the pictures are drawn, named and legible on a telephone', async ({ page, visit }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await visit('/lab/choose');
  for (const name of ['The coat check', 'The wristband', 'The gate between two parks', 'Server sessions', 'JWT']) {
    await expect(page.getByRole('img', { name })).toBeVisible();
  }
  const pictures = page.getByRole('main').locator('svg[role="img"]');
  await expect(pictures).toHaveCount(8);
  // Of the smallest letters, whose size is 12.
  const scales = await pictures.evaluateAll((all) =>
    (all as SVGSVGElement[]).map((each) => each.getBoundingClientRect().width / each.viewBox.baseVal.width),
  );
  for (const scale of scales) expect(scale).toBeGreaterThanOrEqual(1);
  const root = page.locator('html');
  expect(await root.evaluate((of) => of.scrollWidth - of.clientWidth)).toBeLessThanOrEqual(0);
});
