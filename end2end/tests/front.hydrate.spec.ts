import { expect, test } from '../fixtures';

test('a press is waited for, and is sent once', async ({ page, visit }) => {
  await visit('/');
  const piece = page.getByRole('region', { name: 'See it at work' });
  let sent = 0;
  page.on('request', (request) => (sent += Number(request.method() === 'POST')));
  // At once, as nothing is asked of a page that is being left.
  const waited = await piece
    .getByRole('button', { name: 'Lose the answer' })
    .evaluate((button: HTMLElement) => {
      button.click();
      const state = button.getAttribute('aria-disabled');
      button.click();
      return state;
    });
  expect(waited).toBe('true');
  await page.waitForURL(/trial=lost-answer/);
  await expect(piece.locator('.line')).toHaveCount(1);
  expect(sent).toBe(1);
});
