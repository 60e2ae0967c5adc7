import { ACCESS, expect, jar, OURS, REFRESH, see, somebody, statusLine, submit, test, type Person } from '../fixtures';

test('a visitor signs up and sees their tokens', async ({ page, visit }) => {
  const person = somebody();
  await visit('/');
  await expect(see.welcome(page)).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Sign up' }).click();
  await submit(page, person);
  await expect(see.tokenPage(page)).toBeVisible();
  await expect(page).toHaveURL('/');
  await expect(page).toHaveTitle('Your tokens · Coatroom');
  await expect(page.getByRole('banner')).toContainText(person.email);
  await expect(see.generation(page)).toHaveText('0');
  await expect(see.log(page)).toHaveCount(1);
  await expect(see.log(page)).toContainText('Signed up');
});

test.describe('The sign-up form', () => {
  const common = { ...somebody(), password: '1234567890123456789' };
  const address = somebody();
  const refused: [what: string, who: Person, status: number, says: RegExp][] = [
    ['a short password', { ...somebody(), password: 'only fourteen!' }, 422, /Use at least 15 characters/],
    ['a common password', common, 422, /among the passwords that are tried first/],
    ['the address as its password', { ...address, password: address.email }, 422, /Your address or our name/],
    ['our name as the password', { ...somebody(), password: 'CoatroomCoatroom' }, 422, /Your address or our name/],
    ['a password that is too long', { ...somebody(), password: 'x y'.repeat(90) }, 422, /Use at most 256 characters/],
  ];
  for (const [what, who, status, says] of refused) {
    test(`refuses ${what}, next to the password`, async ({ page, context, visit, watch }) => {
      watch.allow(statusLine(status));
      await visit('/sign-up');
      await submit(page, who);
      await expect(page.locator('#password-error')).toHaveText(says);
      await expect(page.locator('#email-error')).toBeEmpty();
      await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');
      await expect(page.getByLabel('Email address')).toHaveAttribute('aria-invalid', 'false');
      await expect(page.getByLabel('Password')).toHaveAccessibleDescription(says);
      expect((await jar(context)).all).toEqual([]);
      expect(page.url()).not.toContain(encodeURIComponent(who.password));
    });
  }

  test('refuses an address that has an account, next to the address', async ({
    page,
    visit,
    watch,
    anotherBrowser,
  }) => {
    watch.allow(statusLine(409));
    const taken = somebody();
    await (await anotherBrowser()).request.post('/api/sign_up', { form: { ...taken } });
    await visit('/sign-up');
    // Addresses are one whatever their case.
    await submit(page, { email: taken.email.toUpperCase(), password: 'another four words here' });
    const says = 'This address has an account already. Sign in instead.';
    await expect(page.locator('#email-error')).toHaveText(says);
    await expect(page.locator('#password-error')).toBeEmpty();
    await expect(page.getByLabel('Email address')).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'false');
    await expect(page.getByLabel('Email address')).toHaveAccessibleDescription(says);
  });

  test('lets a refused person try again', async ({ page, visit, watch }) => {
    watch.allow(statusLine(422));
    const person = somebody();
    await visit('/sign-up');
    await submit(page, { ...person, password: 'too short' });
    await expect(page.locator('#password-error')).toHaveText(/^Use at least 15/);
    await submit(page, person);
    await expect(see.tokenPage(page)).toBeVisible();
    await expect(page.getByRole('banner')).toContainText(person.email);
  });
});

test('a wrong password and an unknown person are told the same', async ({
  page,
  context,
  visit,
  watch,
  anotherBrowser,
}) => {
  watch.allow(statusLine(401));
  const known = somebody();
  await (await anotherBrowser()).request.post('/api/sign_up', { form: { ...known } });
  const told: string[] = [];
  for (const who of [{ ...known, password: 'not the four words' }, somebody()]) {
    await visit('/sign-in');
    await submit(page, who);
    await expect(page.locator('#password-error')).toHaveText('This address and password do not belong together.');
    await expect(page.locator('#email-error')).toBeEmpty();
    await expect(see.signInPage(page)).toBeVisible();
    told.push(`${page.url().replace(/posted=\d+-[\w-]{22}$/, 'posted=…')} ${await page.getByRole('main').innerText()}`);
  }
  expect(told[0]).toBe(told[1]);
  expect((await jar(context)).all).toEqual([]);
});

test('a user signs out and in again, and each sign-in is a new session', async ({ page, context, visit, arrive }) => {
  const person = await arrive();
  const first = await jar(context);
  await visit('/');
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeVisible();
  await expect(page).toHaveURL('/sign-in');
  await expect.poll(async () => (await jar(context)).all).toEqual([]);
  await submit(page, person);
  await expect(see.tokenPage(page)).toBeVisible();
  await expect(see.log(page)).toHaveText([/Signed in with a password/]);
  const second = await jar(context);
  expect(second.refresh?.value.split('.')[1]).not.toBe(first.refresh?.value.split('.')[1]);
});

test.describe('The cookies', () => {
  const DAYS = 24 * 3600;

  test('end with the browser unless the user asks to stay', async ({ page, context, visit }) => {
    await visit('/sign-up');
    await submit(page, somebody());
    await expect(see.tokenPage(page)).toBeVisible();
    const { access, refresh } = await jar(context);
    expect([access?.expires, refresh?.expires]).toEqual([-1, -1]);
    await expect(page.getByRole('main')).toContainText('It also ends with the browser');
  });

  test('stay as long as the session may if the user asks for it', async ({ page, context, visit, arrive }) => {
    const person = await arrive();
    await context.clearCookies();
    await visit('/sign-in');
    await submit(page, person, { stay: true });
    await expect(see.tokenPage(page)).toBeVisible();
    const { access, refresh } = await jar(context);
    for (const cookie of [access, refresh]) {
      const left = (cookie?.expires ?? 0) - Date.now() / 1000;
      expect(left).toBeGreaterThan(30 * DAYS - 60);
      expect(left).toBeLessThanOrEqual(30 * DAYS);
    }
    await expect(page.getByRole('main')).toContainText('You asked to stay signed in.');
  });

  for (const stay of [false, true]) {
    test(`carry every attribute, ${stay ? 'remembered' : 'for now'}, and lose them all at once`, async ({
      context,
    }) => {
      const set = async (path: string, form: Record<string, string>) => {
        const answer = await context.request.post(path, { form, headers: OURS });
        expect(answer.status()).toBe(200);
        const headers = answer.headersArray().filter(({ name }) => name.toLowerCase() === 'set-cookie');
        return headers.map(({ value }) =>
          value
            .split('; ')
            .map((part) => part.replace(/^(__[^=]+-)[\w-]{8}=.*/, '$1'))
            .sort(),
        );
      };
      const attributes = ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure'];
      const cookies = (maxAge: string[]) =>
        [ACCESS, REFRESH].map((name) => [...attributes, ...maxAge, name].sort());
      const given = await set('/api/sign_up', { ...somebody(), ...(stay && { stay: 'on' }) });
      expect(given.sort()).toEqual(cookies(stay ? [`Max-Age=${30 * DAYS}`] : []));
      const { all } = await jar(context);
      for (const cookie of all) {
        expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/', domain: '127.0.0.1' });
      }
      const deleted = await set('/api/sign_out', {});
      expect(deleted.sort()).toEqual(cookies(['Max-Age=0']));
      expect((await jar(context)).all).toEqual([]);
    });
  }
});
