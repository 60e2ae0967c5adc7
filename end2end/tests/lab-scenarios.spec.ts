import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { branches, expectAsTold, SLUGS, told, type Branch } from '../scenarios';

const WORLD = /\/lab\/world\/[\w-]+$/;
const guide = (page: Page): Locator => page.getByRole('region', { name: /^Scenario \d+ · / });
const stages = (page: Page): Locator => guide(page).locator('.told > li');

/** Where scripts run the document is never left; without, each press is a form and the page after it. */
const DOCUMENTS = { true: 0, false: 2 };

test('there are sixteen scenarios, each asked for by a question', async ({ page, visit, follow }) => {
  await visit('/lab');
  const questions = page.getByRole('region', { name: 'By question' }).getByRole('link');
  const hrefs = await questions.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  expect([...new Set(hrefs)]).toEqual(SLUGS.map((slug) => `/lab/${slug}`));
  for (const question of await questions.allTextContents()) expect(question).toMatch(/\?$/);
  const revoke = questions.filter({ hasText: 'Can I revoke a JWT?' });
  await expect(revoke).toHaveAttribute('href', '/lab/sign-out-everywhere');
  for (const slug of SLUGS) {
    await page.goto('/lab');
    const entry = page
      .getByRole('listitem')
      .filter({ has: page.locator(`a[href="/lab/${slug}"]`) })
      .first();
    const title = (await entry.locator('small').textContent())?.replace(/^\d+ · /, '') ?? '';
    await follow(entry.getByRole('link'), `/lab/${slug}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  }
});

for (const slug of SLUGS) {
  test(slug, async ({ page, visit, follow, watch, javaScriptEnabled }) => {
    test.slow();
    await visit(`/lab/${slug}`);
    const ways = await branches(page);
    expect(ways.length).toBeGreaterThan(0);
    for (const { stages } of ways) {
      stages.forEach(expectAsTold);
      expect(stages.some(({ outcomes }) => outcomes.length > 0)).toBe(true);
    }
    for (const [index, branch] of ways.entries()) {
      if (index > 0) await visit(`/lab/${slug}`);
      await follow(page.locator(`.lead #begin-${branch.slug}`), WORLD);
      const before = watch.documents.length;
      const presses = await goThrough(page, branch);
      const more = index === 0 ? await takeTheQuiz(page) : 0;
      expect(watch.documents.length - before).toBe((presses + more) * DOCUMENTS[`${javaScriptEnabled ?? true}`]);
    }
  });
}

/** Whatever a lesson says to look at leads to the panel that is headed so. */
async function expectNamedPanels(page: Page): Promise<void> {
  for (const link of await guide(page).locator('.look a').all()) {
    const name = (await link.textContent())?.trim().replace(/^Look at “(.*)”$/, '$1');
    await expect(page.locator((await link.getAttribute('href')) ?? '')).toHaveText(name ?? '');
  }
}

/** Goes through a branch in a world, up to its end, and counts the presses. */
async function goThrough(page: Page, branch: Branch): Promise<number> {
  const count = branch.stages.length;
  await expect(guide(page)).toHaveAccessibleName(new RegExp(`^Scenario \\d+ · ${branch.name.replace(/[()]/g, '.')}$`));
  await expect(stages(page)).toHaveCount(0);
  for (let done = 0; done < count; done += 1) {
    await expect(guide(page)).toContainText(`Step ${done + 1} of ${count}.`);
    await guide(page)
      .getByRole('button', { name: done === 0 ? 'Begin' : 'Go on' })
      .click();
    await expect(stages(page)).toHaveCount(done + 1);
  }
  await expect(guide(page).getByRole('button', { name: 'Go on' })).toHaveCount(0);
  await expect(guide(page)).toContainText('The failure this rule exists for.');
  await expect(guide(page)).not.toContainText('Something else happened in between');
  await expectNamedPanels(page);
  // A world shows what the page of the scenario says, line by line.
  expect(await told(stages(page))).toEqual(branch.stages);
  return count;
}

/** Answers wrongly, rightly, and looks; counts the presses. */
async function takeTheQuiz(page: Page): Promise<number> {
  const quiz = guide(page).locator('.quiz');
  await expect(quiz.getByRole('heading')).toHaveText('Check yourself');
  const check = quiz.getByRole('button', { name: 'Do it, and see' });
  const names = await quiz.locator('button[aria-pressed]').allTextContents();
  const press = async (name: string): Promise<string> => {
    const option = quiz.getByRole('button', { name, exact: true });
    await option.click();
    await expect(option).toHaveAttribute('aria-pressed', 'true');
    await expect(quiz.locator('button[aria-pressed="true"]')).toHaveCount(1);
    return (await quiz.locator('.because .badge').textContent())?.trim() ?? '';
  };
  const verdicts: string[] = [];
  for (const name of names) verdicts.push(await press(name));
  expect([...verdicts].sort()).toEqual([...verdicts.slice(1).map(() => 'Not so.'), 'Right.']);
  expect(verdicts.length).toBeGreaterThan(1);
  const again = verdicts.at(-1) !== 'Right.';
  if (again) expect(await press(names[verdicts.indexOf('Right.')] ?? '')).toBe('Right.');
  await expect(check).toBeVisible();
  await check.click();
  await expect(quiz.locator('.checked .badge')).toHaveText('As the rule says');
  await expect(check).toHaveCount(0);
  return names.length + Number(again) + 1;
}
