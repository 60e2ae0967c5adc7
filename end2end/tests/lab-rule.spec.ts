import { expect, see, test, untilExpired } from '../fixtures';
import { played, trace } from '../lab';
import { BRISK } from '../servers';

/** The rows, with the decision of each. */
const DECISIONS = [
  'Unrecognized',
  'Ended',
  'Ended',
  'Ahead',
  'Debounced',
  'Rotate',
  'Replay(undelivered)',
  'Replay(concurrent)',
  'Reuse(recent)',
  'Reuse(stale)',
] as const;

test('the rule is shown whole: ten rows with their effects, and its bounds', async ({
  page,
  visit,
  follow,
}) => {
  await visit('/lab');
  await follow(page.getByRole('link', { name: 'The rule, row by row' }), '/lab/rule');
  const rows = page.getByRole('region', { name: 'The ten rows' }).locator('tbody tr');
  await expect(rows).toHaveCount(DECISIONS.length);
  for (const [index, decision] of DECISIONS.entries()) {
    const row = page.locator(`#row-${index + 1}`);
    await expect(row.getByRole('rowheader')).toHaveText(`${index + 1}`);
    await expect(row.locator('.rule')).toHaveText(decision);
    for (const cell of await row.getByRole('cell').all()) await expect(cell).not.toBeEmpty();
  }
  await expect(page.getByRole('region', { name: 'How far it goes' })).toContainText('50 replays');
});

test('on a narrow page the rule is still a table, its rows under column names', async ({
  page,
  visit,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await visit('/lab/rule');
  const region = page.getByRole('region', { name: 'The ten rows' });
  expect(await region.evaluate((of) => of.scrollWidth - of.clientWidth)).toBe(0);
  const table = region.getByRole('table');
  await expect(table.getByRole('columnheader')).toHaveCount(6);
  await expect(table.getByRole('row')).toHaveCount(1 + DECISIONS.length);
  const cells = page.locator('#row-7').getByRole('cell');
  await expect(cells).toHaveCount(5);
  for (const cell of await cells.all()) {
    expect(await cell.evaluate((of) => getComputedStyle(of, '::before').content)).not.toBe('none');
  }
});

test("every row's tag leads to its row, on a scenario's page and in a world", async ({ page, visit, follow }) => {
  await visit('/lab/lost-response');
  const tag = page.locator('.outcomes a.rule').filter({ hasText: 'row 7' }).first();
  await follow(tag, /\/lab\/rule#row-7$/);
  await expect(page.locator('#row-7')).toBeInViewport();
  await visit('/lab');
  const world = await played(page, follow, trace(['tab1 call', 'wait 61s', 'tab1 refresh']));
  await world.answers.last().click();
  await follow(page.locator('#m2 a.rule'), /\/lab\/rule#row-6$/);
  await expect(page.locator('#row-6')).toBeInViewport();
});

test('so does the tag in the picture of a world', async ({ page, visit, follow }) => {
  await visit('/lab');
  const world = await played(page, follow, trace(['tab1 call', 'wait 61s', 'tab1 refresh']));
  const tag = world.panel('What happens').locator('a.sd-row').filter({ visible: true });
  await expect(tag).toHaveText('6 · Rotate');
  await follow(tag, /\/lab\/rule#row-6$/);
  await expect(page.locator('#row-6')).toBeInViewport();
});

test.describe('On a server where tokens expire fast', () => {
  test.use({ baseURL: BRISK.origin });

  test('an event of a session names its row, and leads there', async ({ page, context, visit, follow, arrive }) => {
    await arrive();
    await untilExpired(context);
    await visit('/');
    const tag = see.log(page).locator('a.rule').first();
    await expect(tag).toHaveText('6 · Rotate');
    await follow(tag, /\/lab\/rule#row-6$/);
    await expect(page.locator('#row-6')).toBeInViewport();
  });
});
