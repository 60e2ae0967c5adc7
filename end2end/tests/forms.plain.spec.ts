import { expect, jar, see, somebody, submit, test, untilExpired } from '../fixtures';
import { BRISK, HOUSE } from '../servers';

test('what only a script can do is not offered', async ({ page, visit }) => {
  await visit('/sign-in');
  await expect(page.locator('button[aria-controls="password"]')).toBeHidden();
});

test('a message of one form is not shown by the other', async ({ page, visit }) => {
  await visit('/sign-in');
  await submit(page, somebody());
  await expect(page.locator('#password-error')).not.toBeEmpty();
  await visit(page.url().replace('/sign-in', '/sign-up'));
  await expect(page.locator('#password-error')).toBeEmpty();
});

test('whoever is signed in is sent home from the forms', async ({ page, visit, arrive }) => {
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
    await expect(see.outcome(page)).toHaveText('Let in: read off the wristband, nobody was asked.');
    await expect(page).toHaveURL('/?admitted');
    await expect(see.generation(page)).toHaveText('1');
    await expect(see.log(page).filter({ hasText: '6 · Rotate' })).toHaveCount(1);
  });

  test('refreshes once, and not again for the press that asked for it', async ({ page }) => {
    await see.refreshNow(page).click();
    await expect(see.tokenPage(page)).toBeVisible();
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
