import { expect, statusLine, test as base } from '../fixtures';
import { begin, fiveTabs, neverLooks, played, trace, World } from '../lab';

/** A fresh world, begun at the lab's front page. */
const test = base.extend<{ world: World }>({
  world: async ({ page, visit, follow }, use) => {
    await visit('/lab');
    await use(await begin(page, follow));
  },
});

test('five at once: one rotates, four are given the same, and there is one jar', async ({ world }) => {
  await world.ask('Tab 1', 'Call');
  await world.wait('1 min', '1 s');
  await expect(world.panel('Now')).toContainText('Expired access token');
  await world.press(/^Five at once/);
  await expect(world.network).toHaveCount(5);
  await expect(world.network.filter({ hasText: 'carries generation 0' })).toHaveCount(5);
  await world.press('Deliver each, oldest first');
  await expect(world.network.filter({ hasText: 'the answer 200, sets access, refresh 1' })).toHaveCount(5);
  await expect(world.cookie('refresh token')).toContainText('generation 0');
  await world.press('Deliver each, oldest first');
  await expect(world.network).toHaveCount(0);
  await expect(world.answers.filter({ hasText: 'row 6 Rotate' })).toHaveCount(1);
  await expect(world.answers.filter({ hasText: /row 7 Replay\(undelivered\)|row 8 Replay\(concurrent\)/ })).toHaveCount(
    4,
  );
  await expect(world.answers).toHaveCount(6);
  await expect(world.cookie('refresh token')).toHaveCount(1);
  await expect(world.cookie('refresh token')).toContainText('generation 1');
  await expect(world.panel('Now')).toContainText('generation 1, the current one');
  await expect(world.panel('Now')).toContainText('Active access token');
});

test('where the clock of a world runs, nothing that runs down stands still', async ({ world, javaScriptEnabled }) => {
  await world.press('Call');
  const runsDown = world.page.locator('[data-until], [data-bar]').filter({ visible: true });
  // It stands for as long as the clock does.
  await expect(runsDown).not.toHaveCount(0);
  await world.press('Let the clock run');
  await expect(world.button('Stop the clock')).toBeVisible();
  if (javaScriptEnabled === false) await expect(runsDown).toHaveCount(0);
  else await expect(runsDown).not.toHaveCount(0);
});

test('of eight rules one signs out the owner of five tabs, and calls it theft', async ({ world }) => {
  test.slow();
  await fiveTabs(world);
  const rules = await world.show(/^Same trace/);
  const row = (name: RegExp) => rules.getByRole('row', { name }).getByRole('cell');
  await expect(rules.getByRole('row')).toHaveCount(9);
  await expect(row(/^strict single use/)).toHaveText(['signed out after 1 min 1 s', 'at once, falsely']);
  await expect(row(/^Coatroom/)).toHaveText(['signed in', 'none happened']);
  await expect(rules.getByRole('row').filter({ hasText: 'signed in' })).toHaveCount(7);
  // Each names who does it so, its own window, what it is given here, and where that is told.
  await rules.locator('summary').click();
  const systems = rules.locator('dl > div');
  await expect(systems).toHaveCount(8);
  await expect(systems.filter({ hasText: 'Here it is your G.' })).toHaveCount(6);
  await expect(systems.getByRole('link')).toHaveCount(8);
  for (const [rule, system] of Object.entries(SYSTEMS)) {
    await expect(systems.filter({ hasText: rule })).toContainText(system);
  }
});

/** Who works so, for some of the rules. */
const SYSTEMS = {
  'strict single use': 'RFC 9700',
  'a new token for each racer': 'SuperTokens',
  'a new branch for each use': 'Ory Hydra',
  'the old one until its successor is used': 'MSC2918',
  'one behind always': 'Supabase',
};

test('a copy ends nothing where the old ticket works until the new one is used', async ({ page, visit, follow }) => {
  await visit('/lab');
  const theft = ['tab1 call', 'steal', 'wait 61s', 'thief use', 'wait 1m', 'tab1 use'];
  const world = await played(page, follow, trace(theft));
  const rules = await world.show(/^Same trace/);
  const row = (name: RegExp) => rules.getByRole('row', { name }).getByRole('cell');
  await expect(row(/^the old one until/)).toHaveText([
    'signed out alone: the session goes on',
    'never: the thief is in',
  ]);
  await expect(row(/^Coatroom/)).toHaveText(['signed out with the thief', 'after 2 min 1 s']);
});

test('service B is handed the access token, and nothing else of the jar', async ({ page, visit, follow }) => {
  await visit('/lab');
  const world = await played(page, follow, trace(['tab1 call', 'tab1 call at service-b']));
  const told = world.panel('On the network').locator('.recent li');
  await expect(told.filter({ hasText: 'Node A' })).toContainText('-refresh-');
  await expect(told.filter({ hasText: 'Service B' })).toContainText('-access-');
  await expect(told.filter({ hasText: 'Service B' })).not.toContainText('-refresh-');
});

test('a list that is whole stays whole, whatever is pressed', async ({ page, visit, follow }) => {
  await visit('/lab');
  const world = await played(page, follow, trace(Array(40).fill('steal')));
  const entries = world.panel('What happened, in words').locator('.entries > li');
  await expect(entries).toHaveCount(30);
  await follow(page.getByRole('link', { name: 'The whole list' }), /list=whole/);
  await expect(entries).toHaveCount(40);
  await world.press('The thief copies the jar');
  await world.wait('1 s');
  await expect(entries).toHaveCount(42);
});

test('with more under way than a form may ask for, the button says how much', async ({
  page,
  visit,
  follow,
}) => {
  await visit('/lab');
  const world = await played(page, follow, trace(Array(21).fill('tab1 sends call')));
  await expect(world.button('Deliver each, oldest first')).toHaveCount(0);
  await world.press('Deliver the 20 oldest, oldest first');
  await expect(world.answers).toHaveCount(20);
  await expect(world.panel('On the network')).toContainText('9 more wait behind these');
});

test('an answer that is lost is fetched an hour later with the old ticket', async ({ world }) => {
  const hold = world.page.getByRole('checkbox', { name: /^Leave the messages to me/ });
  await world.ask('Tab 1', 'Call');
  await world.wait('1 min', '1 s');
  await hold.check();
  await world.ask('Tab 1', 'Refresh');
  await expect(world.network).toHaveText([/Tab 1 → Node A.*refresh, carries generation 0/]);
  await world.press('Deliver');
  await expect(world.network).toHaveText([/Node A → Tab 1.*the answer 200, sets access, refresh 1/]);
  await world.press('Lose');
  await expect(world.network).toHaveCount(0);
  await expect(world.cookie('refresh token')).toContainText('generation 0');
  await expect(world.panel('Now')).toContainText('generation 0; the house is at 1');
  await world.wait('1 h');
  await hold.uncheck();
  await world.ask('Tab 1', 'Refresh');
  await expect(world.answers.last()).toHaveText(/tab1 refresh: 200 .* row 7 Replay\(undelivered\) .* refresh 1$/);
  await expect(world.panel('Now')).toContainText('generation 1, the current one');
  await world.ask('Tab 1', 'Call');
  await expect(world.answers.last()).toHaveText(/tab1 call: 200 · writes acknowledge$/);
});

for (const [first, second] of [
  ['Tab 1', 'Thief'],
  ['Thief', 'Tab 1'],
] as const) {
  test(`of two who have the same ticket, ${first} comes first and ${second} ends the session for both`, async ({
    world,
  }) => {
    await expect(world.page.getByRole('radio', { name: 'Thief' })).toBeDisabled();
    await world.ask('Tab 1', 'Call');
    await world.press('The thief copies the jar');
    await expect(world.panel('Cookie jar').getByRole('heading', { name: "The thief's copy" })).toBeVisible();
    await world.wait('1 min', '1 s');
    await world.ask(first, 'Refresh');
    await expect(world.answers.last()).toHaveText(/refresh: 200 .* row 6 Rotate/);
    await world.ask(first, 'Call');
    await world.wait('5 s', '1 s');
    await world.ask(second, 'Refresh');
    await expect(world.answers.last()).toHaveText(/refresh: 401 .* row 9 Reuse\(recent\) · writes revoke$/);
    await expect(world.panel('Now')).toContainText('over: a spent token was presented');
    for (const who of [first, second]) {
      await world.ask(who, 'Call');
      await expect(world.answers.last()).toHaveText(/call: 401 · access (revoked|expired)$/);
    }
  });
}

test('two who keep in step for three generations are reported', async ({ world }) => {
  test.slow();
  const reported = world.panel(/^Lineage/).getByText(/^Reported: /);
  await world.ask('Tab 1', 'Call');
  await world.press('The thief copies the jar');
  for (let generation = 1; generation <= 3; generation += 1) {
    await expect(reported).toHaveCount(0);
    await expect(world.panel('Now')).not.toContainText('Another browser');
    await world.wait('1 min', '1 s');
    await world.ask('Tab 1', 'Refresh');
    await expect(world.answers.last()).toHaveText(new RegExp(`row 6 Rotate .* refresh ${generation}$`));
    await world.ask('Thief', 'Refresh');
    await expect(world.answers.last()).toHaveText(new RegExp(`row 7 Replay.* refresh ${generation}$`));
    await world.ask('Tab 1', 'Call');
  }
  await expect(reported).toHaveText('Reported: two clients keep in step');
  await expect(world.panel('Now')).toContainText('Another browser may be using this sign-in');
});

/** What signing out everywhere is worth to a copy of the cookies, by what is looked at. */
const MODES = [
  { what: 'the signature alone is looked at', mode: 'The signature', nodes: 'after 1:01', letIn: '1' },
  { what: 'a denylist in memory is looked at as well', mode: 'and a denylist in memory', nodes: 'at once', letIn: '0' },
  { what: "the session's row is looked at as well", mode: "and the session's row", nodes: 'at once', letIn: '0' },
] as const;

for (const { what, mode, nodes, letIn } of MODES) {
  test(`where ${what}, a copy is refused ${nodes} when its owner signs out everywhere`, async ({ world }) => {
    test.slow();
    const watch = world.panel('Cost').getByRole('table').last();
    const times = (who: string) => watch.getByRole('row', { name: who }).getByRole('cell');
    const house = world.panel('The house');
    // The one it begins with is pressed already.
    const button = house.getByRole('button', { name: mode });
    await world.press(button);
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    await expect(house.locator('form:has([value=verification]) button[aria-pressed="true"]')).toHaveCount(1);
    await world.ask('Tab 1', 'Call');
    await world.press('The thief copies the jar');
    await world.ask('Thief', 'Call', 'Node B');
    await expect(world.answers.last()).toHaveText(/thief call at node-b: 200/);
    await expect(world.panel('Cost')).toContainText('The stopwatch starts when a session is revoked');
    await world.ask('Tab 1', 'Sign out everywhere');
    await expect(world.panel('Cost').getByRole('heading', { name: /^Stopwatch, from message \d+/ })).toBeVisible();
    // The owner's own cookies are deleted: there is nothing to stop.
    await world.ask('Tab 1', 'Call');
    await expect(world.answers.last()).toHaveText(/tab1 call: 401 · access none$/);
    for (const place of ['Node A', 'Node B', 'Service B'] as const) await world.ask('Thief', 'Call', place);
    await expect(times('Thief Service B')).toHaveText(['not refused yet', '1']);
    if (nodes !== 'at once') await expect(times('Thief Node A')).toHaveText(['not refused yet', '1']);
    await world.wait('1 min', '1 s');
    for (const place of ['Node A', 'Node B', 'Service B'] as const) await world.ask('Thief', 'Call', place);
    await expect(times('Thief Node A')).toHaveText([nodes, letIn]);
    await expect(times('Thief Node B')).toHaveText([nodes, letIn]);
    await expect(times('Thief Service B')).toHaveText(['after 1:01', '1']);
    await expect(watch.getByRole('row')).toHaveCount(4);
  });
}

test('a thief with the jar signs its owner out, at once and at every node', async ({ world }) => {
  const watch = world.panel('Cost').getByRole('table').last();
  await world.ask('Tab 1', 'Call');
  await world.press('The thief copies the jar');
  await world.ask('Thief', 'Sign out everywhere', 'Node B');
  await world.ask('Tab 1', 'Call');
  await world.ask('Tab 2', 'Call', 'Node B');
  await expect(watch.getByRole('row', { name: 'Tab 1 Node A' }).getByRole('cell')).toHaveText(['at once', '0']);
  await expect(watch.getByRole('row', { name: 'Tab 2 Node B' }).getByRole('cell')).toHaveText(['at once', '0']);
  await expect(world.panel('Now')).toContainText('over: signed out');
});

test('a choice stays while the clock moves and messages are delivered', async ({ world }) => {
  const hold = world.page.getByRole('checkbox', { name: /^Leave the messages to me/ });
  const stays = async () => {
    await expect(world.page.getByRole('radio', { name: 'Thief' })).toBeChecked();
    await expect(world.page.getByRole('radio', { name: 'Node B' })).toBeChecked();
    await expect(hold).toBeChecked();
  };
  await world.press('The thief copies the jar');
  await hold.check();
  await world.ask('Thief', 'Call', 'Node B');
  await stays();
  await world.wait('1 s');
  await stays();
  await world.press('Deliver');
  await stays();
  await world.press(world.panel('The house').getByRole('button', { name: 'The signature' }));
  await stays();
});

test('an impossible action is refused with words, and the page is up to date', async ({
  world,
  anotherBrowser,
  visit,
  watch,
  javaScriptEnabled,
}) => {
  watch.allow(statusLine(422));
  await world.page.getByRole('checkbox', { name: /^Leave the messages to me/ }).check();
  await world.press('Call');
  // A page that does not look again, as without scripts none does.
  const page = await (await anotherBrowser({ javaScriptEnabled: javaScriptEnabled ?? true })).newPage();
  await neverLooks(page);
  await visit(world.page.url().replace(/\?.*$/, ''), page);
  const other = new World(page);
  await world.press('Lose');
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await other.button('Deliver').click();
  expect((await answered).status()).toBe(422);
  await expect(other.said).toHaveText('message 1 is not under way');
  await expect(other.network).toHaveCount(0);
  expect(await other.story()).toContainEqual(expect.stringContaining('the request is lost'));
  await other.press('Refresh');
  await expect(other.answers).toHaveText([/tab1 refresh: 200/]);
  await expect(page.getByText('message 1 is not under way')).toHaveCount(0);
});
