import type { Page } from '@playwright/test';
import { expect, jar, see, somebody, test as base } from '../fixtures';
import { Lesson, WORLD } from '../lab';
import { BRISK } from '../servers';

/** What extensions, translators and proxies do to a page before it is taken over, and whether it then can be. */
const CHANGES: Record<string, { change: () => void; takenOver: boolean }> = {
  'nothing is done': { change: () => {}, takenOver: true },
  'an element is the first in body': {
    change: () => document.body.prepend(Object.assign(document.createElement('div'), { textContent: 'x' })),
    takenOver: false,
  },
  'an element is the last in body': {
    change: () => document.body.append(Object.assign(document.createElement('div'), { textContent: 'x' })),
    takenOver: true,
  },
  'an icon stands after each input': {
    change: () => {
      for (const input of document.querySelectorAll('input, button')) {
        input.after(Object.assign(document.createElement('div'), { textContent: '.' }));
      }
    },
    takenOver: false,
  },
  'an icon without text stands before each button': {
    change: () => {
      for (const button of document.querySelectorAll('button')) button.before(document.createElement('span'));
    },
    takenOver: false,
  },
  'all text is translated, within <font>': {
    change: () => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const texts: Text[] = [];
      while (walker.nextNode()) texts.push(walker.currentNode as Text);
      for (const text of texts.filter((text) => text.data.trim() && text.parentElement?.tagName !== 'SCRIPT')) {
        const [font, within] = [document.createElement('font'), document.createElement('font')];
        within.textContent = text.data;
        font.append(within);
        text.replaceWith(font);
      }
    },
    takenOver: false,
  },
  'comments are removed': {
    change: () => {
      const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_COMMENT);
      const comments: Comment[] = [];
      while (walker.nextNode()) comments.push(walker.currentNode as Comment);
      for (const comment of comments) comment.remove();
    },
    takenOver: false,
  },
  'attributes are added': {
    change: () => {
      document.documentElement.setAttribute('data-darkreader-mode', 'dynamic');
      document.body.setAttribute('cz-shortcut-listen', 'true');
      for (const input of document.querySelectorAll('input')) input.setAttribute('data-lpignore', 'true');
    },
    takenOver: true,
  },
};

type Rewrite = (html: string) => string;

/** As many nodes as before: hydration begins, and fails. */
const breaks: Rewrite = (html) =>
  html.replace(/(<main[^]*)(<\/main>)/, (main) => main.replace(/<!--.*?-->|<!>/g, '<i></i>'));

/** What proxies make of the text of a page: taking it over then fails half way. */
const PROXIES: Record<string, Rewrite> = {
  'removes comments': (html) => html.replace(/<!--.*?-->|<!>/g, ''),
  'puts a banner first': (html) => html.replace(/(<body[^>]*>)/, '$1<div id="banner">Wi-Fi of the train</div>'),
  'wraps each input': (html) => html.replace(/<input[^>]*>/g, '<span>$&</span>'),
  'puts elements in the place of comments': breaks,
};

/** Opens pages that are changed once they are parsed, and taken over only then. */
type Open = (path: string) => Promise<void>;

const test = base.extend<{ change: string; takenOver: boolean; changed: Open; settled: () => Promise<void> }>({
  change: ['', { option: true }],
  takenOver: [true, { option: true }],
  /** Waits until it is known whether the page is taken over. */
  settled: async ({ page, takenOver }, use) => {
    await use(async () => {
      const [known, not] = takenOver ? ['data-hydrated', 'data-plain'] : ['data-plain', 'data-hydrated'];
      await expect(page.locator('body')).toHaveAttribute(known);
      await expect(page.locator('body')).not.toHaveAttribute(not);
    });
  },
  changed: async ({ page, change, settled }, use) => {
    // Each document is changed as soon as it is parsed, and its script waits for that.
    await page.addInitScript(`addEventListener('DOMContentLoaded', () => { ${change}; document.changed = true; });`);
    await page.route(/\.wasm$/, async (route) => {
      await page.waitForFunction(() => 'changed' in document);
      await route.continue();
    });
    await use(async (path) => {
      await page.goto(path);
      await settled();
    });
    // The last page may be waiting yet.
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  },
});

/** Each button that is shown can do what it says. */
async function nothingDead(page: Page, takenOver: boolean): Promise<void> {
  const toggle = page.locator('button[aria-controls="password"]');
  if (!takenOver) return expect(toggle).toBeHidden();
  await toggle.click();
  await expect(page.locator('#password')).toHaveAttribute('type', 'text');
}

for (const [what, { change, takenOver }] of Object.entries(CHANGES)) {
  test.describe(`Where ${what} before the page is taken over`, () => {
    test.use({ change: `(${change})()`, takenOver });

    test('a person signs in', async ({ page, context, changed, arrive }) => {
      const person = await arrive();
      await context.clearCookies();
      await changed('/sign-in');
      await nothingDead(page, takenOver);
      await page.locator('#email').fill(person.email);
      await page.locator('#password').fill(person.password);
      await page.locator('form.credentials button.main').click();
      await expect(see.tokenPage(page)).toBeVisible();
      await expect(page.getByRole('banner')).toContainText(person.email);
    });

    test('a wrong password is told', async ({ page, changed, watch }) => {
      watch.allow(/the server responded with a status of 401/);
      await changed('/sign-in');
      await page.locator('#email').fill(somebody().email);
      await page.locator('#password').fill('not the right words');
      await page.locator('form.credentials button.main').click();
      await expect(page.locator('#password-error')).toHaveText(/do not belong together/);
    });

    test('the token page shows nothing that stands still, and signs out', async ({ page, context, changed, arrive }) => {
      await arrive();
      await changed('/');
      const timer = see.wristband(page).locator('[role=timer]');
      const bar = see.wristband(page).locator('progress');
      if (takenOver) {
        const before = await timer.textContent();
        await expect(timer).not.toHaveText(before ?? '');
      } else {
        for (const dead of [timer, bar, see.wristband(page).locator('.badge')]) await expect(dead).toBeHidden();
        await expect(see.wristband(page).locator('time')).toBeVisible();
      }
      await see.callProtected(page).click();
      await expect(see.outcome(page)).toHaveText(/^Let in/);
      await see.signOut(page).click();
      await expect(see.signInPage(page)).toBeVisible();
      expect((await jar(context)).all).toEqual([]);
    });

    test('a lesson goes on', async ({ page, changed, settled }) => {
      await changed('/lab/sign-in');
      await Promise.all([page.waitForURL(WORLD), page.locator('.lead').getByRole('button').first().click()]);
      await settled();
      const learner = new Lesson(page);
      await learner.goOn();
      await expect(learner.main).toHaveText('Go on');
      await expect(learner.step.getByText('As the rule says')).not.toHaveCount(0);
      await learner.goOn();
      await expect(learner.step).toHaveAccessibleName(/^Step 2 of /);
    });
  });
}

/** Puts a proxy before the tests of this group. */
function proxied(rewritten: Rewrite): void {
  test.use({ takenOver: false });

  test.beforeEach(async ({ page, watch }) => {
    watch.allow(/^uncaught: /);
    await page.route('**/*', async (route) => {
      if (route.request().resourceType() !== 'document') return route.continue();
      const response = await route.fetch({ maxRedirects: 0 });
      await route.fulfill({ response, body: rewritten(await response.text()) });
    });
  });

  // A page that breaks loads itself anew, also behind the last assertion: the proxy outlives that.
  test.afterEach(({ page }) => page.unrouteAll({ behavior: 'wait' }));
}

for (const [what, rewritten] of Object.entries(PROXIES)) {
  test.describe(`Behind a proxy that ${what}`, () => {
    proxied(rewritten);

    test('a person signs in, and out again', async ({ page, context, arrive, settled }) => {
      const person = await arrive();
      await context.clearCookies();
      await page.goto('/sign-in');
      await settled();
      await nothingDead(page, false);
      await page.locator('#email').fill(person.email);
      await page.locator('#password').fill(person.password);
      await page.locator('form.credentials button.main').click();
      await expect(see.tokenPage(page)).toBeVisible();
      await see.signOut(page).click();
      await expect(see.signInPage(page)).toBeVisible();
      expect((await jar(context)).all).toEqual([]);
    });

    test('a link leads where it says', async ({ page }) => {
      await page.goto('/sign-in');
      await page.getByRole('main').getByRole('link', { name: 'Sign up' }).click();
      await expect(page.getByRole('heading', { name: 'Sign up', level: 1 })).toBeVisible();
    });
  });
}

test.describe('A page that is left while it breaks', () => {
  proxied(breaks);

  /** Awaits that the page says why it is none with a script. */
  const broke = (page: Page) =>
    page.waitForEvent('console', (message) => /^(Error|RuntimeError): /.test(message.text()));

  /** Holds what is asked for until that is over. */
  const hold = (page: Page, what: RegExp, until: Promise<unknown>) =>
    page.route(what, async (route) => {
      await until;
      await route.fallback();
    });

  /** Opens a page that breaks while the next one is on its way. */
  const breaking = async (page: Page, next: RegExp): Promise<void> => {
    const left = page.waitForRequest(next);
    await hold(page, /\.wasm$/, left);
    await hold(page, next, broke(page));
    await page.goto('/sign-in');
  };

  test('does not take back a link', async ({ page }) => {
    await breaking(page, /\/sign-up$/);
    await page.getByRole('main').getByRole('link', { name: 'Sign up' }).click();
    await expect(page.getByRole('heading', { name: 'Sign up', level: 1 })).toBeVisible();
  });

  test('does not take back a form', async ({ page, context, arrive }) => {
    const person = await arrive();
    await context.clearCookies();
    await breaking(page, /\/api\/sign_in$/);
    await page.locator('#email').fill(person.email);
    await page.locator('#password').fill(person.password);
    await page.locator('form.credentials button.main').click();
    await expect(see.tokenPage(page)).toBeVisible();
  });

  test('follows a link before it is loaded anew', async ({ page }) => {
    // Pressed by the page itself: Playwright would wait for the load that is under way.
    await page.addInitScript(() => {
      const { info } = console;
      console.info = (told: string) => {
        info(told);
        if (told.includes('RuntimeError')) document.querySelector<HTMLElement>('main a[href="/sign-up"]')?.click();
      };
    });
    await page.goto('/sign-in');
    await expect(page.getByRole('heading', { name: 'Sign up', level: 1 })).toBeVisible();
  });
});

test.describe('A page whose script does not come', () => {
  for (const [what, file] of [
    ['the WebAssembly is missing', /\.wasm$/],
    ['the loader is missing', /\/pkg\/.*\.js$/],
  ] as const) {
    test(`signs in where ${what}`, async ({ page, context, arrive, watch }) => {
      watch.allow(/^error: Failed to load resource/, /^uncaught: /);
      const person = await arrive();
      await context.clearCookies();
      await page.route(file, (route) => route.fulfill({ status: 404 }));
      await page.goto('/sign-in');
      await expect(page.locator('body')).not.toHaveAttribute('data-hydrated');
      await nothingDead(page, false);
      await page.getByLabel('Email address').fill(person.email);
      await page.getByLabel('Password').fill(person.password);
      await page.locator('form.credentials').getByRole('button', { name: 'Sign in' }).click();
      await expect(see.tokenPage(page)).toBeVisible();
    });
  }
});

test.describe('A page that breaks after it was taken over', () => {
  test.use({ baseURL: BRISK.origin });

  test('shows what its server says, and goes on without a script', async ({ page, visit, arrive, watch }) => {
    watch.allow(/^uncaught: /);
    const person = await arrive();
    await visit('/');
    const breaks = () => setTimeout(() => dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError() })));
    await page.evaluate(breaks);
    await expect(page.locator('body')).toHaveAttribute('data-plain');
    await expect(page.locator('body')).not.toHaveAttribute('data-hydrated');
    await expect(see.wristband(page).locator('[role=timer]')).toBeHidden();
    await page.evaluate(() => Object.assign(document, { same: true }));
    await see.signOut(page).click();
    await expect(see.signInPage(page)).toBeVisible();
    expect(await page.evaluate(() => 'same' in document), 'the form posted itself').toBe(false);
    await page.getByLabel('Email address').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(see.tokenPage(page)).toBeVisible();
  });
});
