import { randomInt } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures';
import { Lesson, lesson } from '../lab';
import { branches, expectAsTold, SLUGS, type Branch } from '../scenarios';

/** The sizes at which each step shows its panel without scrolling. */
const SIZES = [
  { width: 360, height: 740 },
  { width: 1280, height: 720 },
  { width: 1440, height: 900 },
] as const;
type Size = (typeof SIZES)[number];

/** Each lesson's learner comes from a network of their own, or all of them would exceed the worlds of one. */
test.beforeEach(async ({ context }) => {
  await context.setExtraHTTPHeaders({ 'x-forwarded-for': `10.${[0, 0, 0].map(() => randomInt(256)).join('.')}` });
});

/** Where scripts run the document is never left; without, each press is a form and the page after it. */
const DOCUMENTS = { true: 0, false: 2 };

test('each scenario is asked for by a question', async ({ page, visit, follow }) => {
  await visit('/lab');
  const entries = page.getByRole('region', { name: 'By question' }).getByRole('listitem');
  const questions = entries.locator(':scope > a');
  const hrefs = await questions.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  expect([...new Set(hrefs)]).toEqual(SLUGS.map((slug) => `/learn/${slug}`));
  for (const question of await questions.allTextContents()) expect(question).toMatch(/\?$/);
  const revoke = questions.filter({ hasText: 'Can I revoke a JWT?' });
  await expect(revoke).toHaveAttribute('href', '/learn/sign-out-everywhere');
  for (const slug of SLUGS) {
    await page.goto('/lab');
    const entry = entries.filter({ has: page.locator(`a[href="/learn/${slug}"]`) }).first();
    const title = (await entry.locator('small').textContent())?.replace(/ · .*$/s, '').trim() ?? '';
    await follow(entry.locator(':scope > a'), `/learn/${slug}`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  }
});

for (const slug of SLUGS) {
  test(slug, async ({ page, visit, watch, follow, javaScriptEnabled }) => {
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
      const learner = await lesson(page, follow, slug, branch.slug);
      const before = watch.documents.length;
      // What is drawn does not depend on scripts: all sizes are looked at once.
      const presses = await goThrough(learner, branch, javaScriptEnabled === false ? SIZES.slice(0, 1) : SIZES);
      expect(watch.documents.length - before).toBe(presses * DOCUMENTS[`${javaScriptEnabled ?? true}`]);
    }
  });
}

/** Goes through a branch in a world, up to its end, and counts the presses. */
async function goThrough(learner: Lesson, branch: Branch, sizes: readonly Size[]): Promise<number> {
  const count = branch.stages.length;
  const look = learner.page.locator('.stage .look');
  let [presses, made, right] = [0, 0, 0];
  for (const [index, stage] of branch.stages.entries()) {
    const { step } = learner;
    await expect(step).toHaveAccessibleName(`Step ${index + 1} of ${count}`);
    await expect(step.locator('.say')).toHaveText(stage.say);
    await expectInView(learner, stage.names, sizes);
    const asked = (await learner.guesses.count()) > 0;
    while ((await learner.main.textContent()) !== 'Go on') {
      await learner.goOn(index % 2);
      presses += 1;
      await expect(step).toHaveAccessibleName(`Step ${index + 1} of ${count}`);
      // Between two deeds nothing but their marks is new: the narrowest page is the one to ask.
      await expectInView(learner, stage.names, sizes.slice(0, 1));
    }
    // What the step changed is marked, and a sentence says what to look at: both are seen.
    await expectInView(learner, stage.names, sizes, DONE);
    await expect(look).toHaveText(/^Look here: \S/);
    // The step tells what the page of the scenario does, line by line.
    const lines = (await step.locator('.outcomes > li').allTextContents()).map((text) => text.trim());
    expect(lines).toEqual(stage.outcomes);
    await expect(step).not.toContainText('Something else happened in between');
    if (asked) {
      made += 1;
      const came = (await step.locator('.came b').textContent()) ?? '';
      expect(came).toMatch(/^(As you predicted|It came otherwise): $/);
      await expect(step.locator('.because')).not.toBeEmpty();
      right += Number(came.startsWith('As'));
    }
    await learner.goOn();
    presses += 1;
  }
  expect(made).toBeGreaterThan(1);
  await expect(learner.step).toHaveAccessibleName('The end of this lesson');
  await expect(learner.step).toContainText(`You predicted ${right} of ${made}.`);
  await expect(learner.step).toContainText('The failure this rule exists for.');
  await expect(learner.main).toHaveCount(0);
  await expect(learner.step.locator('.ways').locator('a, button').first()).toBeVisible();
  return presses;
}

/** What is in view of a step before its deed, and after it. */
const READ = { scrolled: 0, panel: true, tall: true, button: true, covered: false };
const DONE = { ...READ, look: true, marked: true };

/** The panel that the step names is on the stage, and in view without scrolling, with what goes on. */
async function expectInView({ page, shown }: Lesson, names: string, sizes: readonly Size[], seen = READ): Promise<void> {
  await expect(shown).toHaveAttribute('data-tab', names);
  for (const size of sizes) {
    await page.setViewportSize(size);
    expect(await inView(page), `${names}, ${size.width} wide`).toMatchObject(seen);
  }
}

/** What of a lesson's page is in view. */
const inView = (page: Page) =>
  page.evaluate(() => {
    const find = (selector: string) => [...document.querySelectorAll(selector)];
    const box = (of: Element) => of.getBoundingClientRect();
    const within = ({ top, bottom, left, right }: DOMRect) =>
      top >= -1 && left >= -1 && bottom <= innerHeight + 1 && right <= innerWidth + 1;
    const [panel, button] = [find('.stage > .shown')[0]!, find('.bar .main')[0]!];
    const { x, y, width, height } = box(button);
    const frame = box(panel);
    const shows = (each: DOMRect) => each.height > 0 && each.bottom > frame.top + 8 && each.top < frame.bottom - 8;
    return {
      scrolled: scrollY,
      panel: within(frame),
      tall: frame.height > 140,
      button: within(box(button)),
      covered: !button.contains(document.elementFromPoint(x + width / 2, y + height / 2)),
      look: find('.stage .look').some((each) => within(box(each))),
      marked: find('.shown [data-new]').some((each) => shows(box(each))),
    };
  });

test('a learner chooses how long a token lives', async ({ page, visit, follow }) => {
  await visit('/lab/stolen-token-lives');
  const learner = await lesson(page, follow, 'stolen-token-lives', 'you-choose');
  const slider = page.getByRole('slider', { name: /^A token lives/ });
  await expect(slider).toHaveValue('15');
  await slider.fill('30');
  await learner.goOn();
  await expect(learner.step).toContainText('Your choice: 30 minutes.');
  await expect(slider).toHaveCount(0);
  await learner.goOn();
  await expect(learner.shown).toContainText('Max-Age=1800');
  // A step back plays it again with the same choice.
  await learner.press('Back');
  await learner.press('Back');
  await expect(slider).toHaveValue('30');
});
