import type { Page } from '@playwright/test';
import { expect, hydrated, see, somebody, submit, test } from '../fixtures';
import { begin } from '../lab';

/** What a person is told of the page they are on: its title, its heading, its hints, and where the keyboard is. */
const told = (page: Page) =>
  page.evaluate(() => ({
    path: location.pathname,
    title: document.title,
    headings: [...document.querySelectorAll('h1')].map((heading) => heading.textContent),
    hints: [...document.querySelectorAll('main [aria-describedby]')].flatMap((field) =>
      (field.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent ?? `nothing is called ${id}`),
    ),
    focus: document.activeElement?.tagName,
  }));

/** The addresses of this site that a page links to. The examples of the X-ray are one page, and their specs look at each. */
const links = (page: Page) =>
  page.evaluate(() => {
    const anchors = [...document.querySelectorAll('a[href]:not([download])')];
    const hrefs = anchors.map((anchor) => new URL(anchor.getAttribute('href') ?? '', location.href));
    const ours = hrefs.filter(({ origin, hash }) => origin === location.origin && hash === '');
    const pages = ours.filter(({ pathname, search }) => pathname !== '/x-ray' || search === '');
    return [...new Set(pages.map(({ pathname, search }) => pathname + search))];
  });

for (const inside of [false, true]) {
  test(`every page is the same by its link as by its address, signed ${inside ? 'in' : 'out'}`, async ({
    page,
    context,
    visit,
    arrive,
  }) => {
    test.setTimeout(300_000);
    if (inside) await arrive();
    const other = await context.newPage();
    const known = new Set(['/']);
    const titles = new Map<string, string>();
    for (const from of known) {
      await visit(from, other);
      const beyond = (await links(other)).filter((to) => !known.has(to));
      for (const to of beyond) {
        known.add(to);
        await visit(to, other);
        const byAddress = await told(other);
        expect(byAddress.headings, to).toHaveLength(1);
        titles.set(byAddress.path, byAddress.title);
        await visit(from);
        await page.evaluate(() => Object.assign(document, { same: true }));
        await page.locator(`a[href="${to}"]`).first().click();
        await page.waitForURL(to);
        await hydrated(page);
        const loaded = await page.evaluate(() => !('same' in document));
        // A document is read from its beginning; a page that takes another's place, from its heading.
        await expect
          .poll(() => told(page), { message: `${to} from ${from}` })
          .toEqual({ ...byAddress, focus: loaded ? 'BODY' : 'H1' });
      }
    }
    expect(titles.size).toBeGreaterThan(15);
    expect(new Set(titles.values()).size, [...titles].join('\n')).toBe(titles.size);
  });
}

test('a user signing up, out and in is told the place, without a document', async ({ page, visit, watch }) => {
  await visit('/sign-up');
  const loaded = watch.documents.length;
  const person = somebody();
  await submit(page, person);
  await expect(see.tokenPage(page)).toBeFocused();
  await expect(page).toHaveTitle('Your tokens · Coatroom');
  await see.signOut(page).click();
  await expect(see.signInPage(page)).toBeFocused();
  await expect(page).toHaveTitle('Sign in · Coatroom');
  await submit(page, person);
  await expect(see.tokenPage(page)).toBeFocused();
  await expect(page).toHaveTitle('Your tokens · Coatroom');
  expect(watch.documents).toHaveLength(loaded);
});

test('a refresh by button leaves the keyboard focus on that button', async ({ page, visit, arrive }) => {
  await arrive();
  await visit('/');
  await see.refreshNow(page).focus();
  await page.keyboard.press('Enter');
  await expect(see.outcome(page)).toHaveText(/^5 · Debounced/);
  await expect(see.refreshNow(page)).toBeFocused();
});

test('the four tabs of a world are told apart by their titles', async ({ page, visit, follow }) => {
  await visit('/lab');
  await begin(page, follow);
  const address = page.url();
  for (const tab of [1, 2, 3, 4]) {
    await visit(`${address}?tab=${tab}`);
    await expect(page).toHaveTitle(`Tab ${tab} · A world of your own · Coatroom`);
  }
});
