import type { Page, Response } from '@playwright/test';
import { expect, statusLine, test, untilExpired } from '../fixtures';
import { PLAIN_PAGE } from '../servers';

/** A page of `examples/live_page`, without Leptos: one script of 30 lines, on a server whose tokens live for three seconds. */
test.use({ baseURL: PLAIN_PAGE.origin });

const field = (page: Page, id: string) => page.locator(`#${id}`);

async function signIn(page: Page): Promise<void> {
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign in as a guest' }).click();
  await expect(page.getByRole('heading', { name: 'Signed in' })).toBeVisible();
}

const picture = (page: Page) =>
  page.getByAltText('A ticket').evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth));

/** The refresh cookies that answers set. */
async function exchanged(answers: Response[]): Promise<string[]> {
  const set = await Promise.all(answers.map((answer) => answer.headerValues('set-cookie')));
  return set.flat().filter((line) => line.includes('refresh'));
}

test('a call, an image and streams refresh on their way, without page code', async ({ page, context }) => {
  await signIn(page);
  await expect(field(page, 'events')).not.toBeEmpty();
  await expect(field(page, 'socket')).toHaveText('open for guest');
  const answers: Response[] = [];
  page.on('response', (answer) => answers.push(answer));
  const asked = (path: string) => answers.filter((answer) => new URL(answer.url()).pathname === path);

  await untilExpired(context);
  await page.getByRole('button', { name: 'Get a part' }).click();
  await expect(field(page, 'part')).toHaveText('For user alone.');
  expect(asked('/part').map((answer) => answer.status())).toEqual([200]);
  expect(await exchanged(answers)).toHaveLength(1);

  await untilExpired(context);
  await page.getByAltText('A ticket').evaluate((image: HTMLImageElement) => {
    image.src = '/picture?again';
  });
  expect(await picture(page)).toBeGreaterThan(0);

  await untilExpired(context);
  const first = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const source = new EventSource('/events');
        source.onmessage = ({ data }) => {
          source.close();
          resolve(data);
        };
      }),
  );
  expect(first).toBe('1');
  expect(asked('/auth/refresh')).toEqual([]);
  expect(answers.filter((answer) => answer.status() >= 400)).toEqual([]);
});

test('a burst after expiry is answered by one rotation', async ({ page, context }) => {
  await signIn(page);
  await untilExpired(context);
  const answers: Response[] = [];
  page.on('response', (answer) => answers.push(answer));
  const statuses = await page.evaluate(() =>
    Promise.all(Array.from({ length: 40 }, async (_, number) => (await fetch(`/part?${number}`)).status)),
  );
  expect(statuses).toEqual(Array(40).fill(200));
  expect(new Set((await exchanged(answers)).map((line) => line.split(';')[0])).size).toBe(1);
});

test('a WebSocket and a stream close if another tab signs out; the page leaves', async ({
  page,
  context,
  watch,
}) => {
  watch.allow(statusLine(401));
  await page.addInitScript(() => {
    const { WebSocket: Real } = globalThis;
    globalThis.WebSocket = class extends Real {
      constructor(url: string | URL) {
        super(url);
        this.addEventListener('close', () => sessionStorage.setItem('closed', 'by the server'));
      }
    };
  });
  await signIn(page);
  await expect(field(page, 'socket')).toHaveText('open for guest');
  const other = await context.newPage();
  await other.goto('/');
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL('/sign-in');
  expect(await page.evaluate(() => sessionStorage.getItem('closed'))).toBe('by the server');
  expect(await context.cookies()).toEqual([]);
});

test('a WebSocket reconnects after a break, though its token expired meanwhile', async ({ page, context }) => {
  await signIn(page);
  const broken: (() => void)[] = [];
  await page.routeWebSocket('**/socket', (socket) => {
    const server = socket.connectToServer();
    broken.push(() => server.close());
  });
  await page.reload();
  await expect(field(page, 'socket')).toHaveText('open for guest');
  await untilExpired(context);
  await field(page, 'socket').evaluate((output) => (output.textContent = ''));
  broken.splice(0).forEach((cut) => cut());
  await expect(field(page, 'socket')).toHaveText('open for guest');
});
