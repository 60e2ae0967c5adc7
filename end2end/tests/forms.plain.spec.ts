import { expect, jar, see, somebody, submit, test, untilExpired } from '../fixtures';
import { BRISK, HOUSE } from '../servers';

test('without scripts, the button that shows the password is not offered', async ({ page, visit }) => {
  await visit('/sign-in');
  await expect(page.locator('button[aria-controls="password"]')).toBeHidden();
});

test('a form that failed keeps what was typed, and says why once', async ({ page, visit }) => {
  const person = somebody();
  const error = page.locator('#password-error');
  await visit('/sign-in');
  await submit(page, person, { stay: true });
  await expect(error).toHaveText('This address and password do not belong together.');
  await expect(page.getByLabel('Email address')).toHaveValue(person.email);
  await expect(page.getByLabel('Password')).toHaveValue('');
  await expect(page.getByLabel(/stay signed in/i)).toBeChecked();
  expect(page.url()).not.toContain(person.email.split('@')[0]);
  const address = page.url();
  await page.reload();
  await expect(error).toBeEmpty();
  await page.goBack();
  await page.goForward();
  await expect(page).toHaveURL(address);
  await expect(error).toBeEmpty();
  await visit(address.replace('/sign-in', '/sign-up'));
  await expect(error).toBeEmpty();
});

test('two tabs do not take the errors of each other', async ({ page, context, visit }) => {
  const [own, other] = [page, await context.newPage()];
  await visit('/sign-in', own);
  await visit('/sign-up', other);
  const person = somebody();
  const short = { ...person, password: 'short' };
  // The answers are on their way at the same time.
  await Promise.all([submit(own, person), submit(other, short)]);
  await expect(own.locator('#password-error')).toHaveText(/do not belong together/);
  await expect(other.locator('#password-error')).toHaveText(/^Use at least 15 characters/);
  for (const tab of [own, other]) await expect(tab.getByLabel('Email address')).toHaveValue(person.email);
});

test('an error is seen where no Referer is sent', async ({ page, context, visit }) => {
  await context.route('**/api/*', (route) => route.continue({ headers: { ...route.request().headers(), referer: '' } }));
  await visit('/sign-in');
  await submit(page, somebody());
  await expect(page.locator('#password-error')).toHaveText(/do not belong together/);
});

test('a double click on Sign up ends signed in', async ({ page, visit }) => {
  await visit('/sign-up');
  const person = somebody();
  await page.getByLabel('Email address').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.locator('form.credentials button[type="submit"]').dblclick({ noWaitAfter: true });
  await expect(see.tokenPage(page)).toBeVisible();
  await expect(page.getByRole('banner')).toContainText(person.email);
});

test('nothing that runs down stands still', async ({ page, visit, arrive }) => {
  await arrive();
  await visit('/');
  const band = see.wristband(page);
  await expect(band.getByRole('timer')).toBeHidden();
  await expect(band.getByRole('progressbar')).toBeHidden();
  await expect(band.locator('.as-of')).toHaveText(/^at \d\d:\d\d:\d\d UTC$/);
  await expect(band.locator('.as-of')).toBeVisible();
});

test('a signed-in user is sent home from the forms', async ({ page, visit, arrive }) => {
  await arrive();
  for (const path of ['/sign-in', '/sign-up']) {
    await visit(path);
    await expect(page).toHaveURL('/');
    await expect(see.tokenPage(page)).toBeVisible();
  }
});

test('a protected function asks a stranger to sign in', async ({ page, context, visit, arrive }) => {
  await arrive();
  await visit('/');
  await context.clearCookies();
  await see.callProtected(page).click();
  await expect(see.outcome(page)).toHaveCount(0);
  await expect(see.tokenPage(page)).toHaveCount(0);
  await expect(page.getByRole('banner').getByRole('link', { name: 'Sign in' })).toBeVisible();
  expect(new URL(page.url()).origin).toBe(HOUSE.origin);
});

test.describe('A page whose access token expired long since', () => {
  test.use({ baseURL: BRISK.origin });

  test.beforeEach(async ({ context, visit, arrive }) => {
    await arrive();
    await visit('/');
    await untilExpired(context);
  });

  test('calls a protected function, after one rotation on the way', async ({ page }) => {
    await see.callProtected(page).click();
    await expect(see.outcome(page)).toHaveText(/^Let in: this request brought no good wristband, .* 6 · Rotate/);
    const address = page.url();
    await page.reload();
    await expect(page).toHaveURL(address);
    await expect(see.outcome(page)).toBeEmpty();
    await expect(see.generation(page)).toHaveText('1');
    await expect(see.log(page).filter({ hasText: '6 · Rotate' })).toHaveCount(1);
  });

  test('refreshes once, and not again for the press that asked for it', async ({ page }) => {
    await see.refreshNow(page).click();
    await expect(see.tokenPage(page)).toBeVisible();
    await expect(see.outcome(page)).toHaveText(/^6 · Rotate/);
    await expect(see.generation(page)).toHaveText('1');
    await expect(see.log(page).filter({ hasText: '6 · Rotate' })).toHaveCount(1);
  });

  test('signs out', async ({ page, context }) => {
    await see.signOut(page).click();
    await expect(see.signInPage(page)).toBeVisible();
    await expect(see.reuseNotice(page)).toHaveCount(0);
    expect((await jar(context)).all).toEqual([]);
  });

  test('reloads signed in', async ({ page }) => {
    await page.getByRole('link', { name: 'Reload the page' }).click();
    await expect(see.tokenPage(page)).toBeVisible();
    await expect(see.generation(page)).toHaveText('1');
  });
});
