import type { Page } from '@playwright/test';
import { expect, statusLine, test as base } from '../fixtures';
import { begin, Lesson, lesson, neverLooks, unfolded, World } from '../lab';

/** How often a page looks for what others do, and how long to wait for it. */
const LOOKED = { timeout: 5_000 };

const test = base.extend<{ world: World; joins: (page: Page) => Promise<World> }>({
  world: async ({ page, visit, follow }, use) => {
    await visit('/lab');
    await use(await begin(page, follow));
  },
  joins: async ({ world, visit }, use) => {
    await use(async (page) => {
      await visit(world.page.url(), page);
      return new World(page);
    });
  },
});

test('an action of one tab appears in the other, which is told without a poll', async ({
  world,
  context,
  joins,
  watch,
}) => {
  const page = await context.newPage();
  await neverLooks(page);
  const other = await joins(page);
  const documents = watch.documents.length;
  await world.ask('Tab 1', 'Call');
  await expect(other.answers).toHaveText([/tab1 call: 200 · writes acknowledge$/]);
  await other.ask('Tab 2', 'Refresh');
  await expect(world.answers).toHaveText([/tab1 call: 200/, /tab2 refresh: 200 .*row 5 Debounced/]);
  await world.wait('1 min', '1 s');
  await expect(other.panel('Now')).toContainText('Expired access token');
  expect(watch.documents).toHaveLength(documents);
});

test('a visitor with the address takes part from another browser', async ({ world, anotherBrowser, joins, watch }) => {
  const other = await joins(await (await anotherBrowser()).newPage());
  const documents = watch.documents.length;
  await world.ask('Tab 1', 'Call');
  await expect(other.answers).toHaveText([/tab1 call: 200/], LOOKED);
  await other.press('The thief copies the jar');
  await expect(world.panel('Cookie jar').getByRole('heading', { name: "The thief's copy" })).toBeVisible(LOOKED);
  await other.ask('Thief', 'Sign out everywhere');
  await expect(world.panel('Now')).toContainText('over: signed out', LOOKED);
  expect(watch.documents).toHaveLength(documents);
});

test('a lesson goes on for every visitor who has it open', async ({ page, visit, follow, anotherBrowser }) => {
  await visit('/lab/five-tabs');
  const learner = await lesson(page, follow, 'five-tabs');
  const theirs = await (await anotherBrowser()).newPage();
  await visit(page.url(), theirs);
  await learner.goOn();
  await expect(new Lesson(theirs).main).toHaveText('Go on', LOOKED);
  // The other visitor looks at another panel, which stays while the world goes on.
  await theirs.locator('#see-cost').click();
  await expect(new Lesson(theirs).shown).toHaveAttribute('data-tab', 'cost');
  await learner.goOn();
  await expect(new Lesson(theirs).step).toHaveAccessibleName('Step 2 of 6', LOOKED);
  await expect(new Lesson(theirs).shown).toHaveAttribute('data-tab', 'cost');
});

test('each tab asks as itself, and they share one jar', async ({ world, context, visit }) => {
  const [second] = await Promise.all([
    context.waitForEvent('page'),
    world.page.locator('.tab-links').getByRole('link', { name: '2', exact: true }).click(),
  ]);
  await expect(second.locator('body')).toHaveAttribute('data-hydrated');
  const other = await unfolded(second);
  await expect(second.getByRole('radio', { name: 'Tab 2' })).toBeChecked();
  await other.press('Call');
  await expect(other.answers).toHaveText([/tab2 call: 200/]);
  await world.press('Call');
  await expect(other.answers).toHaveText([/tab2 call: 200/, /tab1 call: 200/]);
  await expect(second.getByRole('radio', { name: 'Tab 2' })).toBeChecked();
  await visit(second.url(), second);
  await other.unfold();
  await expect(second.getByRole('radio', { name: 'Tab 2' })).toBeChecked();
});

test('a button that was pressed keeps the focus when its panel is replaced', async ({ world }) => {
  await world.show(/^X-ray/);
  await world.page.getByRole('radio', { name: 'Tab 2' }).check();
  await world.page.getByRole('checkbox', { name: /^Leave the messages to me/ }).check();
  for (const [panel, button] of [
    ['#panel-actors', world.button('Call')],
    ['#panel-network', world.button('Deliver')],
    ['#panel-house', world.panel('The house').getByRole('button', { name: 'The signature' })],
    ['#panel-xray', world.button('say alg: none')],
  ] as const) {
    await button.focus();
    await world.page.locator(panel).evaluate((element) => element.setAttribute('data-old', ''));
    await world.page.keyboard.press('Enter');
    await expect(world.page.locator(panel)).not.toHaveAttribute('data-old');
    await expect(button).toBeFocused();
  }
});

test('after a pressed button is gone, the keyboard goes on in its panel', async ({ world }) => {
  await world.page.getByRole('checkbox', { name: /^Leave the messages to me/ }).check();
  await world.press('Call');
  await world.press('Deliver');
  await world.button('Deliver').focus();
  await world.page.keyboard.press('Enter');
  await expect(world.button('Deliver')).toHaveCount(0);
  await expect(world.page.locator('#panel-network:focus-within')).toHaveCount(1);
});

test('opened details stay open, and keep the focus, while others go on', async ({ world, context, joins }) => {
  await world.ask('Tab 1', 'Call');
  const details = world.panel('What happened, in words').getByRole('group').first();
  await world.answers.first().click();
  await expect(details).toHaveAttribute('open');
  const other = await joins(await context.newPage());
  await other.ask('Tab 1', 'Refresh');
  await expect(world.answers).toHaveCount(2);
  await expect(details).toHaveAttribute('open');
  await expect(world.panel('What happened, in words').getByRole('group').nth(1)).not.toHaveAttribute('open');
  await expect(world.answers.first()).toBeFocused();
});

test('a slider moved but not applied stays as it is while others go on', async ({
  world,
  context,
  joins,
}) => {
  const slider = world.page.getByRole('slider', { name: /^An access token lives/ });
  await slider.fill('120');
  await expect(world.page.locator('output[for="set-access"]')).toHaveText('120');
  const other = await joins(await context.newPage());
  await other.wait('1 s');
  await expect(world.panel('Now')).toContainText('+1 s');
  await expect(world.page.locator('output[for="set-access"]')).toHaveText('120');
  await expect(slider).toHaveValue('120');
  await world.press(world.page.locator('#apply-access'));
  await other.ask('Tab 1', 'Call');
  await expect(other.page.getByRole('slider', { name: /^An access token lives/ })).toHaveValue('120');
  await expect(other.said).toBeEmpty();
});

test('of two visitors to one part of the page, none hides it from the other', async ({
  world,
  anotherBrowser,
  joins,
}) => {
  const page = await (await anotherBrowser()).newPage();
  await neverLooks(page);
  const other = await joins(page);
  const rules = await world.show(/^Same trace/);
  await other.show(/^Same trace/);
  for (const each of [other, world]) await expect(each.panel(/^Same trace/).getByRole('table')).toBeVisible();
  await world.press(rules.getByRole('button', { name: /^Fold away/ }));
  await expect(rules.getByRole('table')).toHaveCount(0);
});

test('a refusal is announced, and its announcement goes with the next action', async ({
  world,
  anotherBrowser,
  joins,
  watch,
}) => {
  watch.allow(statusLine(422));
  await world.page.getByRole('checkbox', { name: /^Leave the messages to me/ }).check();
  await world.ask('Tab 1', 'Call');
  const page = await (await anotherBrowser()).newPage();
  await neverLooks(page);
  const other = await joins(page);
  await expect(other.network).toHaveCount(1);
  const status = other.said;
  await expect(status).toBeEmpty();
  // A live region is heard where its text changes, and only if it stays the same element.
  await status.evaluate((element) => element.setAttribute('data-same', ''));
  await world.press('Deliver');
  await world.press('Deliver');
  await expect(world.network).toHaveCount(0);
  await other.button('Deliver').click();
  await expect(status).toHaveText('message 1 is not under way');
  await expect(status).toHaveAttribute('data-same');
  // It shows how things stand as well.
  await expect(other.network).toHaveCount(0);
  await expect(other.answers).toHaveText([/tab1 call: 200/]);
  await other.press('Refresh');
  await expect(status).toBeEmpty();
  await expect(status).toHaveAttribute('data-same');
  await expect(world.said).toBeEmpty();
});
