import type { BrowserContext, Page } from '@playwright/test';
import { expect, jar, OURS, somebody, statusLine, test, type Person } from '../fixtures';
import { SERVICE_A, SERVICE_B } from '../servers';

const ARRIVAL = /^http:\/\/b\.localhost:3115\/arrive\?token=/;

const onB = (page: Page) => page.getByRole('heading', { name: 'You are signed in' });
const offered = (page: Page) => page.getByRole('button', { name: 'Continue with A' });
const refused = (page: Page) => page.getByRole('heading', { name: 'You were not signed in' });

/** Makes an account at A, without a session in the jar. */
async function accountAtA(context: BrowserContext): Promise<Person> {
  const person = somebody();
  // By its address: not every machine resolves the name for a program that is no browser.
  const address = `http://127.0.0.1:${SERVICE_A.port}`;
  const answer = await context.request.post(`${address}/api/sign_up`, { form: { ...person }, headers: OURS });
  expect(answer.status()).toBe(200);
  await context.clearCookies();
  return person;
}

/** Goes from B to A, signs in there, and stands before the question. */
async function asked(page: Page, person: Person): Promise<void> {
  await page.goto(SERVICE_B.origin);
  await offered(page).click();
  await expect(page).toHaveURL(/^http:\/\/a\.localhost:3114\/handoff\?/);
  await page.getByLabel('Email address').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Continue to b?' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText(person.email);
}

/** Presses Continue, and returns the address at which the token arrived. */
async function goOn(page: Page): Promise<string> {
  const arrival = page.waitForRequest(ARRIVAL);
  await page.getByRole('button', { name: 'Continue', exact: true }).click();
  return (await arrival).url();
}

test('a user of A arrives at B, once, with a session of its own', async ({ page, context, watch }) => {
  watch.carries(ARRIVAL);
  watch.allow(statusLine(403));
  const person = await accountAtA(context);
  await asked(page, person);
  const address = await goOn(page);
  await expect(onB(page)).toBeVisible();
  await expect(page).toHaveURL(`${SERVICE_B.origin}/`);
  await expect(page.getByRole('main')).toContainText('a:');
  const ofB = (await jar(context)).all.filter(({ domain }) => domain === 'b.localhost');
  expect(ofB.map(({ name }) => name.replace(/-[\w-]{8}$/, ''))).toEqual(['__Host-Http-coatroom-session']);
  // The address is in the history now, and worth nothing.
  await page.goto(address);
  await expect(refused(page)).toBeVisible();
  await page.goto(SERVICE_B.origin);
  await expect(onB(page)).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(offered(page)).toBeVisible();
  await page.goto(SERVICE_A.origin);
  await expect(page.getByRole('banner')).toContainText(person.email);
});

test('a token that an attacker plants signs no victim in', async ({ page, context, anotherBrowser, watch }) => {
  watch.carries(ARRIVAL);
  watch.allow(statusLine(403), /^error: Failed to load resource: net::ERR_/);
  const attacker = await anotherBrowser();
  const theirs = await attacker.newPage();
  await asked(theirs, await accountAtA(attacker));
  // Kept from arriving, so that it is not used up.
  await theirs.route(ARRIVAL, (route) => route.abort());
  const address = await goOn(theirs);
  await page.goto(address);
  await expect(refused(page)).toBeVisible();
  await page.goto(SERVICE_B.origin);
  await expect(offered(page)).toBeVisible();
  // Nor with an attempt of the victim's own under way.
  await asked(page, await accountAtA(context));
  await page.goto(address);
  await expect(refused(page)).toBeVisible();
  // Shown to one browser, it is used up for the one that it was made for.
  await theirs.unroute(ARRIVAL);
  await theirs.goto(address);
  await expect(refused(theirs)).toBeVisible();
});
