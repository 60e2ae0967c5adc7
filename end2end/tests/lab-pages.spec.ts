import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, RAW_TOKEN, see, statusLine, test } from '../fixtures';
import { begin, Lesson, lesson, play, played, trace, unfolded, World, WORLD } from '../lab';
import { signedUp } from '../raw';
import { SLUGS } from '../scenarios';
import { STRANGERS } from '../servers';

/** One refresh that works, with its call before and after. */
const SHORT = '{"setting":{},"actions":["tab1 call","wait 61s","tab1 refresh","tab1 call"]}';
/** As the engine's search prints what it found. */
const FOUND = `{"setting":{"access_ttl_s":900,"grace_ms":2000},"actions":[
  "tab1 call","wait 7s","tab1 sends refresh","deliver 2","lose 2","wait 5s","tab1 refresh"]}`;

const title = (page: Page) => page.getByRole('heading', { level: 1 });

test('the tour is entered from the front page, goes on lesson by lesson, and ends with three questions', async ({
  page,
  visit,
  follow,
}) => {
  // Some hundred presses, each of them a document where no script runs.
  test.setTimeout(240_000);
  await visit('/');
  await follow(page.getByRole('banner').getByRole('link', { name: 'Learn' }), '/learn');
  const stops = await page.getByRole('region', { name: /^The tour/ }).getByRole('button').allTextContents();
  expect(stops).toHaveLength(7);
  await follow(page.getByRole('button', { name: 'Begin the tour' }), WORLD);
  const learner = new Lesson(page);
  for (const [index, stop] of stops.entries()) {
    await expect(title(page)).toHaveText(stop);
    await learner.toEnd();
    const after = stops[index + 1];
    if (after === undefined) break;
    await follow(page.getByRole('button', { name: `Next in the tour: ${after}` }), WORLD);
  }
  await expect(page.getByRole('button', { name: /^Next in the tour/ })).toHaveCount(0);
  // The table of the same trace under the other rules, and a link that plays it again.
  await expect(learner.shown.getByRole('row')).toHaveCount(9);
  const story = await (await learner.whole()).story();
  await page.goBack();
  await follow(page.getByRole('link', { name: /^A link to share/ }), /\/lab\?trace=.*#play$/);
  await follow(page.getByRole('button', { name: 'Play it' }), WORLD);
  expect(await new World(page).story()).toEqual(story);
  // The browser has noted each of them, and forgets them when it is told to.
  await visit('/learn');
  const tour = page.getByRole('region', { name: /^The tour/ });
  await expect(tour.getByText('Done', { exact: true })).toHaveCount(7);
  await expect(page.getByText(`7 of ${SLUGS.length} lessons done.`)).toBeVisible();
  await page.getByRole('button', { name: 'Forget it' }).click();
  await expect(page.getByRole('button', { name: 'Begin the tour' })).toBeVisible();
  await expect(tour.getByText('Done', { exact: true })).toHaveCount(0);
});

test('a part leads from lesson to lesson, and ends with five lines and the next part', async ({
  page,
  visit,
  follow,
}) => {
  test.setTimeout(240_000);
  await visit('/learn');
  const part = page.getByRole('region', { name: 'Taking it back' });
  const lessons = await part.getByRole('button').allTextContents();
  await follow(part.getByRole('button').first(), WORLD);
  const learner = new Lesson(page);
  for (const [index, name] of lessons.entries()) {
    await expect(title(page)).toHaveText(name);
    await expect(page.getByRole('img', { name: `Lesson ${index + 1} of ${lessons.length}` })).toBeVisible();
    await learner.toEnd();
    const after = lessons[index + 1];
    if (after !== undefined) await follow(page.getByRole('button', { name: `Next: ${after}` }), WORLD);
  }
  await follow(page.getByRole('link', { name: 'The end of this part' }), '/learn/taking-it-back');
  await expect(page.getByRole('region', { name: 'In five lines' }).getByRole('listitem')).toHaveCount(5);
  await follow(page.getByRole('button', { name: 'Next part: The next ticket' }), WORLD);
  await expect(learner.step).toHaveAccessibleName(/^Step 1 of /);
});

test('old addresses of the lab lead where they led', async ({ page, visit }) => {
  for (const [path, heading] of [
    ['/lab/tour', 'Learn how sign-in works, by causing it.'],
    ['/lab/x-ray', 'Which check would refuse it?'],
    ['/x-ray', 'Which check would refuse it?'],
    ['/lab/five-tabs', 'Five at once, and one exchange'],
  ] as const) {
    await visit(path);
    await expect(title(page)).toHaveText(heading);
  }
});

test('forty messages under way can each be reached', async ({ page, visit, follow }) => {
  await visit('/lab');
  const world = await played(page, follow, trace(Array<string>(40).fill('tab1 sends call')));
  await page.locator('#behind-summary').click();
  await expect(page.locator('ol.network > li').filter({ visible: true })).toHaveCount(40);
  await world.press(page.locator('#do-lose-40'));
  await expect(page.locator('ol.network > li')).toHaveCount(39);
});

test('a goal is reached by playing, and says how many moves it took', async ({ page, visit, follow }) => {
  await visit('/lab');
  const goals = page.getByRole('region', { name: 'Goals' }).getByRole('listitem');
  await expect(goals).toHaveCount(4);
  await follow(goals.first().getByRole('button'), WORLD);
  const world = await unfolded(page);
  const goal = world.panel('Goal');
  await expect(goal).toContainText('Not yet. Moves: 0, par: 4.');
  await world.ask('Tab 1', 'Call');
  await world.press('The thief copies the jar');
  await world.wait('1 min', '1 s');
  await expect(goal).toContainText('Not yet. Moves: 3, par: 4.');
  await world.ask('Thief', 'Refresh');
  await expect(goal).toContainText('Reached. Moves: 4, par: 4.');
  await expect(goal.getByRole('button', { name: 'The next goal' })).toBeVisible();
});

test('a question of the interview is answered by doing, in a world of its own', async ({ page, visit, follow }) => {
  await visit('/learn');
  await follow(page.getByRole('link', { name: /^The interview room/ }), '/learn/interview');
  const questions = page.getByRole('region', { name: 'The questions' }).getByRole('listitem');
  await expect(questions).toHaveCount(5);
  await follow(questions.first().getByRole('button', { name: 'Why is a JWT called stateless?' }), WORLD);
  const world = await unfolded(page);
  const goal = world.panel('Goal');
  await expect(goal).toContainText('Not yet. Moves: 0, par: 2.');
  await expect(page.locator('#lineage')).toHaveCount(0);
  await world.press('The database goes down');
  await world.ask('Tab 1', 'Call');
  await expect(goal).toContainText('Reached. Moves: 2, par: 2.');
  await expect(goal.getByRole('button', { name: 'The next question' })).toBeVisible();
});

test('a free world begins with one suggestion, and goes on by suggestions alone', async ({ page, visit, follow }) => {
  await visit('/lab');
  await follow(page.getByRole('button', { name: 'A world without a script' }), WORLD);
  const world = new World(page);
  const asks = world.panel('Who asks');
  const suggested = asks.locator('.suggest .main');
  await expect(asks.getByRole('button').filter({ visible: true })).toHaveCount(2);
  for (const words of ['Call a protected function', 'Let it expire', 'Fetch the next pair', 'Let it expire']) {
    await expect(suggested).toHaveText(words);
    await world.press(suggested);
  }
  await expect(world.answers).toHaveText([/tab1 call: 200/, /tab1 refresh: 200/]);
});

test('the keyboard reaches an arrow, a link to the details of its message', async ({
  page,
  visit,
  follow,
}) => {
  await visit('/lab');
  await played(page, follow, SHORT);
  const arrow = page.getByRole('link', { name: 'Tab 1 refresh, message 2: request to Node A' });
  await expect(arrow).toHaveCount(1);
  const answer = page.getByRole('link', { name: /^Tab 1 refresh, message 2: 200, row 6 Rotate/ });
  await expect(answer).toHaveCount(1);
  const message = page.locator('#m2');
  await expect(message).toBeHidden();
  // Arrows are gone through in the order of time, so that the one before leads to it.
  await page.getByRole('link', { name: /^Tab 1 call, message 1: 200/ }).focus();
  await page.keyboard.press('Tab');
  await expect(arrow).toBeFocused();
  // Between them stands the row that decided.
  await page.keyboard.press('Tab');
  await expect(page.locator('a.sd-row[href$="#row-6"]').filter({ visible: true })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(answer).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(message).toBeVisible();
  await expect(message).toBeInViewport();
  await expect(page.locator('#m1')).toBeHidden();
  await expect(message).toContainText('6 · Rotate');
  await expect(message).toContainText('Without this row: ');
  await expect(message).toContainText('1 changed');
  const column = (name: string) => message.getByRole('row', { name: new RegExp(`^${name} `) }).getByRole('cell');
  await expect(column('generation')).toHaveText(['0', '1']);
  await expect(column('acknowledged_at')).toHaveText([/^\+0/, 'null']);
  await expect(message.locator('.heads')).toContainText('__Host-Http-coatroom-refresh-');
});

test('the arrows of a scenario lead to what is behind them as well', async ({ page, visit }) => {
  await visit('/lab/thieves');
  for (const picture of await page
    .locator('details')
    .filter({ has: page.locator('svg') })
    .all()) {
    await picture.locator('summary').first().click();
    const arrow = picture.getByRole('link', { name: /row 9 Reuse|row 7 Replay/ }).first();
    const href = (await arrow.getAttribute('href')) ?? '';
    const message = page.locator(href);
    await expect(message).toHaveCount(1);
    await arrow.focus();
    await page.keyboard.press('Enter');
    await expect(message).toBeVisible();
    await expect(message).toContainText(/9 · Reuse|7 · Replay/);
    await expect(picture.locator(href)).toHaveCount(1);
  }
});

/** What can be taken along: its ending, how it begins, and what it says of the exchange. */
const FILES = {
  'JSON, to play again': { kind: 'json', begins: /^\{"setting":\{/, says: '"tab3 sends refresh"' },
  Mermaid: { kind: 'mmd', begins: /^sequenceDiagram\n {4}participant /, says: 'row 6 · Rotate' },
  'SVG, to print': { kind: 'svg', begins: /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/, says: '6 · Rotate' },
  'Text, for a report': { kind: 'txt', begins: /^A world of the lab: /, says: 'row 6 Rotate' },
} as const;

test('a trace is taken along, and played again it comes to the same', async ({
  page,
  visit,
  follow,
  anotherBrowser,
}) => {
  await visit('/lab/five-tabs');
  const learner = await lesson(page, follow, 'five-tabs');
  await learner.toEnd();
  const world = await learner.whole();
  const story = await world.story();
  expect(story.filter((line) => line.includes('row 7 Replay(undelivered)'))).toHaveLength(4);
  const address = page.url();
  const files = new Map<string, string>();
  const links = world.panel('Take it along').getByRole('link');
  await expect(links).toHaveText(Object.keys(FILES));
  for (const [name, { kind, begins, says }] of Object.entries(FILES)) {
    const [download] = await Promise.all([page.waitForEvent('download'), links.filter({ hasText: name }).click()]);
    expect(download.suggestedFilename()).toBe(`coatroom-trace.${kind}`);
    const text = await readFile(await download.path(), 'utf8');
    expect(text).toMatch(begins);
    expect(text).toContain(says);
    expect(text).not.toMatch(RAW_TOKEN);
    files.set(kind, text);
  }
  await expect(page).toHaveURL(address);
  // On a blank page: the policy of ours lets no style in that is not a file.
  const blank = await (await anotherBrowser()).newPage();
  const parsed = await blank.evaluate(
    (text) => {
      const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
      return { name: root.localName, text: root.textContent };
    },
    files.get('svg') ?? '',
  );
  expect(parsed).toEqual({ name: 'svg', text: expect.stringContaining('6 · Rotate') });
  const json = files.get('json') ?? '';
  await visit('/lab');
  await played(page, follow, json);
  expect(await world.story()).toEqual(story);
});

test('a lesson goes back a step, and a double click is one step', async ({ page, visit, follow }) => {
  await visit('/lab/lost-response');
  const learner = await lesson(page, follow, 'lost-response');
  const told = async () => [
    await learner.step.getAttribute('aria-labelledby'),
    await learner.main.textContent(),
    await page.locator('.tell .say').textContent(),
  ];
  const first = await told();
  await expect(learner.back).toHaveCount(0);
  await learner.main.dblclick();
  await expect(learner.main).toHaveText('Refresh');
  const between = await told();
  await learner.goOn();
  await expect(learner.main).toHaveText('Go on');
  const done = await told();
  await learner.goOn();
  await expect(learner.step).toHaveAccessibleName(/^Step 2 of /);
  for (const before of [done, between, first]) {
    await learner.press(learner.back);
    expect(await told()).toEqual(before);
  }
  const world = await learner.whole();
  expect(await world.story()).toEqual([]);
});

test('a prediction is asked for before the deed, kept, and compared without blame', async ({ page, visit, follow }) => {
  await visit('/learn/three-questions');
  await follow(page.getByRole('button', { name: 'Begin' }), WORLD);
  const learner = new Lesson(page);
  await expect(learner.guesses).toHaveCount(3);
  await learner.main.click();
  // The browser asks for an answer, and nothing is done.
  await expect(learner.step).toHaveAccessibleName('Step 1 of 3');
  await expect(learner.guesses.first()).not.toBeChecked();
  await learner.goOn(1);
  // It is kept while the deeds are done, one by one.
  await expect(learner.guesses).toHaveCount(0);
  await expect(learner.step.getByRole('radio').nth(1)).toBeChecked();
  const more = await learner.doAll();
  expect(more).toBeGreaterThan(0);
  await expect(learner.step.locator('.came')).toHaveText(/^As you predicted: the server took my retry for a thief\./);
  for (let back = 0; back <= more; back += 1) await learner.press(learner.back);
  await expect(learner.guesses.nth(1)).toBeChecked();
  await learner.doAll(2);
  await expect(learner.step.locator('.came')).toContainText('You had said: my browser forgot its cookies.');
});

test('the other panels are tabs behind the named one, until the lesson goes on', async ({ page, visit, follow }) => {
  await visit('/lab/five-tabs');
  const learner = await lesson(page, follow, 'five-tabs');
  const tabs = page.locator('.tabs-row').getByRole('button');
  await expect(tabs).toHaveCount(10);
  await learner.goOn();
  for (const name of await tabs.allTextContents()) {
    await tabs.filter({ hasText: name }).click();
    await expect(tabs.filter({ hasText: name })).toHaveAttribute('aria-current', 'true');
    await expect(page.locator('.tabs-row [aria-current]')).toHaveCount(1);
    await expect(learner.shown).toHaveAccessibleName(name);
  }
  await learner.goOn();
  await expect(learner.shown).toHaveAttribute('data-tab', 'network');
  await expect(tabs.first()).toHaveAttribute('aria-current', 'true');
});

test('on paper there is the text and the picture, without any control', async ({ page, visit, follow }) => {
  await visit('/lab/sign-in');
  const learner = await lesson(page, follow, 'sign-in');
  await learner.goOn();
  await page.locator('#see-diagram').click();
  await expect(learner.shown).toHaveAttribute('data-tab', 'diagram');
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ media: 'screen' });
    await expect(learner.main).toBeVisible();
    await page.emulateMedia({ media: 'print' });
    await expect(learner.shown.locator('svg').filter({ visible: true })).toHaveCount(1);
    await expect(learner.step.locator('.say')).toBeVisible();
    await expect(page.locator('button, input, textarea, a.button, .top').filter({ visible: true })).toHaveCount(0);
  }
});

test('a trace that the search for counterexamples prints can be played', async ({ page, visit, follow }) => {
  await visit('/lab');
  const world = await played(page, follow, FOUND);
  await expect(world.answers).toHaveText([
    /1 · tab1 call: 200 · writes acknowledge$/,
    /2 · tab1 refresh: 200 · row 6 Rotate · writes rotate · sets access, refresh 1$/,
    /3 · tab1 refresh: 200 · row 7 Replay\(undelivered\) · writes count_replay · sets access, refresh 1$/,
  ]);
  expect(await world.story()).toContainEqual(expect.stringContaining('the answer is lost'));
  await expect(page.getByRole('slider', { name: /^An access token lives/ })).toHaveValue('900');
  await expect(page.getByRole('slider', { name: /^The grace lasts/ })).toHaveValue('2000');
});

/** Texts that are no trace, and what is said of them. */
const BAD: readonly { what: string; text: string; status: number; says: RegExp }[] = [
  { what: 'is no JSON', text: 'tab1 call', status: 422, says: /^this is no trace: in line 1, at character 2: invalid JSON$/ },
  { what: 'ends too early', text: '{"setting":{},', status: 422, says: /^this is no trace: it ends too early/ },
  { what: 'lacks its actions', text: '{"setting":{}}', status: 422, says: /^this is no trace: `actions` is missing/ },
  {
    what: 'has an action that is none',
    text: trace(['tab1 dances']),
    status: 422,
    says: /not an action: "tab1 dances"/,
  },
  { what: 'asks for what cannot be', text: trace(['deliver 5']), status: 422, says: /^message 5 is not under way$/ },
  {
    what: 'has parameters that do not fit',
    text: '{"setting":{"grace_ms":30000},"actions":[]}',
    status: 422,
    says: /^these parameters make no sense: grace/,
  },
  {
    what: 'has too many actions',
    text: trace(Array(2001).fill('steal')),
    status: 422,
    says: /^a trace has at most 2000 actions and 64 kB$/,
  },
  {
    what: 'is far too long',
    text: trace(['x'.repeat(600_000)]),
    status: 413,
    says: /^That is too long: 58\d KiB, where a form of the lab has 256 KiB at most\.$/,
  },
];

for (const { what, text, status, says } of BAD) {
  test(`a trace that ${what} is refused, and stays in its field`, async ({ page, visit, watch, follow }) => {
    watch.allow(statusLine(status));
    await visit('/lab');
    const answered = page.waitForResponse((response) => response.url().endsWith('/lab/worlds'));
    await play(page, text);
    expect((await answered).status()).toBe(status);
    await expect(page.locator('.lab').getByRole('alert')).toHaveText(says);
    const field = page.getByLabel('Trace', { exact: true });
    if (status === 413) {
      // It was not read, so the server cannot give it back; the browser can.
      await expect(title(page)).toHaveText('That was not done.');
      await expect(page.getByRole('main')).toContainText('go back, and it is there');
      await page.goBack();
      return expect(field).toHaveValue(text);
    }
    await expect(field).toHaveValue(text);
    await expect(field).toHaveAccessibleDescription(says);
    // What is mended is played.
    await field.fill(SHORT);
    await follow(page.getByRole('button', { name: 'Play it' }), WORLD);
  });
}

test('a world that is not there is 404, says so, and leads to another', async ({ page, visit, follow, watch }) => {
  watch.allow(statusLine(404));
  for (const id of ['AAAAAAAAAAAAAAAAAAAAAA', 'no-id', '%3Cb%3E']) {
    const [answer] = await Promise.all([page.waitForResponse(/\/lab\/world\//), visit(`/lab/world/${id}`)]);
    expect(answer.status()).toBe(404);
    await expect(page.locator('.lab').getByRole('alert')).toHaveText(/^There is no such world any more/);
  }
  await follow(page.getByRole('button', { name: 'Begin a new world' }), WORLD);
  await expect(title(page)).toHaveText('A world of your own');
});

const part = (value: object | string): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Forged by hand, each with the check that refuses it. */
const FORGED: readonly { token: string; check: string }[] = [
  { token: 'eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.', check: 'form' },
  { token: 'anything else that is not one', check: 'form' },
  { token: 'a'.repeat(5000), check: 'length' },
  { token: `${part({ alg: 'none', typ: 'at+jwt' })}.e30.AAAA`, check: 'header' },
  { token: `${part({ alg: 'EdDSA', typ: 'JWT', kid: 'x' })}.e30.AAAA`, check: 'type' },
  { token: `${part({ alg: 'EdDSA', typ: 'at+jwt', kid: '../../dev/null' })}.e30.AAAA`, check: 'key' },
];

test('the X-ray names the refusing check, and keeps the token to its field', async ({ page, visit, watch }) => {
  watch.echoes('token');
  const { access } = await signedUp();
  const [header = '', claims = '', signature = ''] = (access.split('=')[1] ?? '').split('.');
  const changed = (text: string, by: object): string =>
    part({ ...JSON.parse(Buffer.from(text, 'base64url').toString()), ...by });
  const own = [
    { token: `${changed(header, { alg: 'none' })}.${claims}.${signature}`, check: 'algorithm' },
    { token: `${header}.${changed(claims, { role: 'admin' })}.${signature}`, check: 'signature' },
    { token: `Bearer ${header}.${claims}.${signature}`, check: 'none' },
  ];
  for (const { token, check } of [...FORGED, ...own]) {
    await visit('/lab/x-ray?example=none');
    await expect(page.getByTestId('verdict')).toHaveCount(0);
    await page.getByLabel('Token').fill(token);
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Look' }).click();
    expect((await answered).status()).toBe(200);
    await expect(page.getByLabel('Token')).toHaveValue(token);
    const verdict = page.getByTestId('verdict');
    const says = check === 'none' ? 'Every check passes: this token is good.' : new RegExp(`^Refused by ${check}: `);
    await expect(verdict).toHaveText(says);
    const checks = page.getByRole('list', { name: 'The checks, in order' }).getByRole('listitem');
    await expect(checks.filter({ hasText: ': refused' })).toHaveText(check === 'none' ? [] : [`${check}: refused`]);
    // What was pasted stays in its field, and is nowhere else.
    await page.getByLabel('Token').evaluate((field) => field.remove());
    const html = await page.content();
    for (const piece of [token, ...token.split('.')].filter((piece) => piece.length > 12)) {
      expect(html.includes(piece), `${piece.slice(0, 12)}… is in the page`).toBe(false);
    }
  }
  expect(watch.documents.every((url) => !url.includes('eyJ'))).toBe(true);
});

test('a paste too long for the X-ray is told so, and its page stays', async ({ page, visit, watch, javaScriptEnabled }) => {
  watch.allow(statusLine(413));
  await visit('/lab/x-ray');
  await expect(page.getByTestId('verdict')).toHaveCount(1);
  const pasted = 'a'.repeat(300_000);
  await page.getByLabel('Token').fill(pasted);
  await page.getByRole('button', { name: 'Look' }).click();
  const said = page.locator('#said');
  await expect(said).toHaveText('That is too long: 293 KiB, where a form of the lab has 256 KiB at most.');
  await expect(page.getByTestId('verdict')).toHaveCount(0);
  if (javaScriptEnabled !== false) await expect(page.getByLabel('Token')).toHaveValue(pasted);
  await page.getByLabel('Token').fill('hello');
  await page.getByRole('button', { name: 'Look' }).click();
  await expect(page.getByTestId('verdict')).toHaveText(/no dots/);
  await expect(said).toBeEmpty();
});

/** What the buttons of a world's X-ray do to its token, and which check refuses that. */
const FORGERIES = {
  'make the user an admin': 'signature',
  'be somebody else': 'signature',
  'say alg: none': 'algorithm',
  'sign with the public key, as if it were a secret': 'algorithm',
  'name an empty file as the key': 'key',
  'bring a key along': 'header',
  'live ten years longer': 'signature',
  'leave the signature out': 'form',
  'hand in another kind of token': 'type',
  'use it for another service': 'signature',
} as const;

test('each forgery of a token of a world is refused by the check meant for it', async ({
  page,
  visit,
  follow,
}) => {
  await visit('/lab');
  const world = await begin(page, follow);
  const xray = await world.show(/^X-ray/);
  const verdict = xray.getByTestId('verdict');
  const checks = xray.getByRole('list', { name: 'The checks, in order' }).getByRole('listitem');
  const words = async () => (await checks.allTextContents()).map((text) => text.replace(/^.*: /, ''));
  await expect(verdict).toHaveText('Every check passes: this token is good.');
  const all = (await words()).length;
  expect(await words()).toEqual(Array(all).fill('passed'));
  const buttons = await xray.locator('button[name="forge"]').allTextContents();
  expect(buttons).toEqual(['As it is', ...Object.keys(FORGERIES)]);
  for (const [name, check] of Object.entries(FORGERIES)) {
    const button = xray.getByRole('button', { name, exact: true });
    await world.press(button);
    await expect(button).toHaveAttribute('aria-pressed', 'true');
    await expect(verdict).toHaveText(new RegExp(`^Refused by ${check}: `));
    const seen = await words();
    const at = seen.indexOf('refused');
    expect(await checks.nth(at).textContent()).toBe(`${check}: refused`);
    expect(seen).toEqual([...Array(at).fill('passed'), 'refused', ...Array(all - at - 1).fill('not reached')]);
  }
  await world.press(xray.getByRole('button', { name: 'As it is' }));
  await expect(verdict).toHaveText('Every check passes: this token is good.');
  // Nothing of it was ever sent: the world does not know.
  await expect(world.answers).toHaveCount(0);
  // What has expired is refused for that, and nothing else.
  await world.wait('1 min');
  await expect(verdict).toHaveText(/^Refused by expiry: /);
});

test('the way to the lab stays where it is when one goes on', async ({ page, visit, follow }) => {
  await visit('/');
  const link = page.getByRole('banner').getByRole('link', { name: 'Lab' });
  await page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name: 'Sign in' }).click();
  await expect(see.signInPage(page)).toBeVisible();
  await follow(link, '/lab');
  await expect(title(page)).toHaveText('Cause it, and see which rule decides.');
  await page.getByRole('banner').getByRole('link', { name: 'Coatroom' }).click();
  await expect(see.welcome(page)).toBeVisible();
  await page.goBack();
  await expect(title(page)).toHaveText('Cause it, and see which rule decides.');
});

test.describe('Without a lab', () => {
  test.use({ baseURL: STRANGERS.origin });

  test('nothing leads there', async ({ page, visit, arrive }) => {
    const links = page.locator(':is(a[href], form[action]):is([href^="/lab"], [action^="/lab"], [href^="/learn"], [href^="/x-ray"])');
    await visit('/');
    await expect(see.welcome(page)).toBeVisible();
    await expect(links).toHaveCount(0);
    await page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name: 'Sign in' }).click();
    await expect(see.signInPage(page)).toBeVisible();
    await expect(links).toHaveCount(0);
    await arrive();
    await visit('/');
    await expect(see.tokenPage(page)).toBeVisible();
    await expect(links).toHaveCount(0);
  });
});
