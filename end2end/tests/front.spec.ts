import type { Page } from '@playwright/test';
import { expect, see, test } from '../fixtures';
import { World, WORLD } from '../lab';
import { ask, type Answer } from '../raw';
import { HOUSE, STRANGERS, type Server } from '../servers';

/** What can be tried, with what this rule did and what others would have done. */
const TRIALS = {
  'Lose the answer': [/fetched the same answer again, and you are still signed in\./, /five would have signed you out/],
  'Five tabs at once': [/the same answer for all five, so you are still signed in\./, /three would have signed you out/],
  'Copy the cookies': [/the session ended for both of you/, /under one of them the thief is still in \(one behind\)/],
} as const;

const piece = (page: Page) => page.getByRole('region', { name: 'See it at work' });
const HTML = { accept: 'text/html' };

/** What stands in the piece's place, as a server sends it. */
async function sent(server: Server, path = '/'): Promise<string> {
  const { text }: Answer = await ask(path, { server, headers: HTML });
  return text.match(/<div id="front"[^>]*>([^]*?)<\/section><\/div>/)?.[1] ?? '';
}

test('a visitor sees a wristband, a ticket and the log, and three trials', async ({ page, visit }) => {
  await visit('/');
  await expect(see.welcome(page)).toBeVisible();
  await expect(piece(page)).toContainText('Wristband · access token');
  await expect(piece(page)).toContainText('Active access token');
  await expect(piece(page)).toContainText('Ticket · refresh token');
  await expect(piece(page).locator('svg').filter({ visible: true })).toHaveCount(1);
  await expect(piece(page).getByRole('button')).toHaveText(Object.keys(TRIALS));
  await expect(piece(page).locator('.line')).toHaveCount(0);
});

for (const [name, says] of Object.entries(TRIALS)) {
  test(`${name}: one press, one line, and a world to go on in`, async ({ page, visit, follow }) => {
    await visit('/');
    await follow(piece(page).getByRole('button', { name }), /\/\?trial=[\w-]+&world=[\w-]{22}#front$/);
    const line = piece(page).locator('.line');
    await expect(line).toHaveCount(1);
    await expect(line).toContainText(`${name}.`);
    for (const part of says) await expect(line).toContainText(part);
    await expect(line).toBeInViewport();
    // It is a world like any other.
    await follow(piece(page).getByRole('link', { name: 'Go on in this world' }), WORLD);
    await expect(new World(page).answers).not.toHaveCount(0);
    await page.goBack();
    await expect(piece(page).locator('.line')).toContainText(says[0]);
  });
}

test('of a world in which something else happened, nothing is told', async ({ page, visit, follow }) => {
  await visit('/');
  await follow(piece(page).getByRole('button', { name: 'Five tabs at once' }), /\/\?trial=five-tabs&world=/);
  const world = new URL(page.url()).searchParams.get('world');
  await visit(`/?trial=copied-cookies&world=${world}`);
  await expect(piece(page).locator('.line')).toHaveCount(0);
  await expect(piece(page).getByRole('button')).toHaveText(Object.keys(TRIALS));
  // Nor of the one that it was tried in, once somebody has gone on there.
  await visit(`/lab/world/${world}`);
  await new World(page).press('Call');
  await visit(`/?trial=five-tabs&world=${world}`);
  await expect(piece(page).locator('.line')).toHaveCount(0);
});

test('before a press each visitor gets the same page, also for a world gone', async () => {
  const first = await sent(HOUSE);
  expect(first).toContain('Lose the answer');
  for (const path of ['/', '/?trial=lost-answer&world=AAAAAAAAAAAAAAAAAAAAAA', '/?trial=x', '/?world=%00']) {
    expect(await sent(HOUSE, path)).toBe(first);
  }
});

test('a page that leads there brings it along, without leaving the document', async ({ page, visit }) => {
  await visit('/sign-in');
  await page.getByRole('banner').getByRole('link', { name: 'Coatroom' }).click();
  await expect(see.welcome(page)).toBeVisible();
  await expect(piece(page).getByRole('button')).toHaveText(Object.keys(TRIALS));
  await expect(page).toHaveURL('/');
});

test('a signed-in user sees their own tokens instead', async ({ page, visit, arrive }) => {
  await arrive();
  await visit('/');
  await expect(see.tokenPage(page)).toBeVisible();
  await expect(piece(page)).toHaveCount(0);
});

test.describe('Without a lab', () => {
  test.use({ baseURL: STRANGERS.origin });

  test('a still picture says the same, and nothing can be pressed', async ({ page, visit }) => {
    await visit('/');
    await expect(piece(page)).toContainText('Ticket · refresh token');
    await expect(piece(page).locator('svg').filter({ visible: true })).toHaveCount(1);
    await expect(piece(page).getByRole('button')).toHaveCount(0);
    await expect(piece(page).getByRole('link')).toHaveCount(0);
    await expect(piece(page).locator('dt')).toHaveText(Object.keys(TRIALS));
    for (const part of Object.values(TRIALS).flat()) await expect(piece(page)).toContainText(part);
  });
});
