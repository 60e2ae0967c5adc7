import { expect, intercept, test } from '../fixtures';
import { signedUp } from '../raw';

const EXAMPLES = {
  jwt: /^Refused by header: it lacks kid\.$/,
  jwe: /^Refused by form: it is a JWE: what it says is encrypted/,
  paseto: /^Refused by header: it is a PASETO, v4\.public: signed and readable, and no JWT/,
  refresh: /^Refused by form: it is a refresh token of this kind of server/,
  opaque: /^Refused by form: it has no dots and says nothing by itself: an opaque token/,
};

test('an example stands ready, with what is in it beside it', async ({ page, visit }) => {
  await visit('/lab/x-ray');
  await expect(page.getByTestId('verdict')).toHaveText(EXAMPLES.jwt);
  await expect(page.getByRole('region', { name: /^What the verifier/ })).toContainText('"iss": "joe"');
  const [field, result] = [page.getByLabel('Token'), page.getByTestId('verdict')];
  await expect(field).toHaveValue(/^eyJ/);
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect(result).toBeInViewport();
  const [left, right] = [await field.boundingBox(), await result.boundingBox()];
  expect((left?.x ?? 0) + (left?.width ?? 0)).toBeLessThan(right?.x ?? 0);
});

for (const [name, verdict] of Object.entries(EXAMPLES)) {
  test(`a token of the kind ${name} is told for what it is`, async ({ page, visit, watch }) => {
    watch.echoes('token');
    await visit(`/lab/x-ray?example=${name}`);
    await expect(page.getByTestId('verdict')).toHaveText(verdict);
    const pasted = await page.getByLabel('Token').inputValue();
    await visit('/lab/x-ray?example=none');
    await page.getByLabel('Token').fill(`  ${pasted}`);
    await page.getByRole('button', { name: 'Look' }).click();
    await expect(page.getByTestId('verdict')).toHaveText(verdict);
    await expect(page.getByLabel('Token')).toHaveValue(`  ${pasted}`);
  });
}

test('a paste is text and nothing else', async ({ page, visit }) => {
  const pasted = '\n</textarea><img src=x onerror=alert(1)><p id="planted">&amp;';
  await visit('/lab/x-ray');
  await page.getByLabel('Token').fill(pasted);
  await page.getByRole('button', { name: 'Look' }).click();
  await expect(page.getByTestId('verdict')).toHaveText(/^Refused by form: /);
  await expect(page.getByLabel('Token')).toHaveValue(pasted);
  await expect(page.locator('#planted')).toHaveCount(0);
});

test.describe('With scripts', () => {
  test.skip(({ javaScriptEnabled }) => javaScriptEnabled === false);

  test('it is decoded while one types, and announced', async ({ page, visit, watch }) => {
    const { access } = await signedUp();
    const token = access.split('=')[1] ?? '';
    await visit('/lab/x-ray');
    const loaded = watch.documents.length;
    const field = page.getByLabel('Token');
    await field.fill(token.slice(0, -4));
    await expect(page.getByTestId('verdict')).toHaveText(/^Refused by signature: /);
    await expect(page.getByRole('status')).toHaveText('Refused by signature');
    await field.press('End');
    await page.keyboard.press('Control+End');
    await page.keyboard.type(token.slice(-4));
    await expect(page.getByTestId('verdict')).toHaveText('Every check passes: this token is good.');
    await expect(field).toBeFocused();
    await field.fill('');
    await expect(page.getByTestId('verdict')).toHaveCount(0);
    expect(watch.documents).toHaveLength(loaded);
  });

  test('an answer to what has been typed over since changes nothing', async ({ page, visit }) => {
    await visit('/lab/x-ray?example=none');
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await intercept(page, '/x-ray', async (route) => {
      const response = await route.fetch();
      await held;
      await route.fulfill({ response });
    });
    const field = page.getByLabel('Token');
    const first = page.waitForRequest((request) => request.method() === 'POST');
    await field.fill('e30.e30');
    const posted = await first;
    await field.fill('hello');
    await expect(page.getByTestId('verdict')).toHaveText(/no dots/);
    // Whatever is shown from now on, and be it for a moment.
    await page.evaluate(() => {
      const shown: string[] = [];
      Object.assign(globalThis, { shown });
      new MutationObserver(() => {
        shown.push(document.querySelector('[data-testid=verdict]')?.textContent ?? '');
      }).observe(document.querySelector('#world') ?? document, { childList: true, subtree: true });
    });
    const late = page.waitForEvent('requestfinished', (request) => request === posted);
    release();
    await late;
    await field.fill('eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.AAAA');
    await expect(page.getByTestId('verdict')).toHaveText(/^Refused by header: /);
    const shown = await page.evaluate(() => (globalThis as unknown as { shown: string[] }).shown);
    expect(shown.filter((verdict) => !/no dots|^Refused by header: /.test(verdict))).toEqual([]);
  });
});
