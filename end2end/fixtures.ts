/** What every test stands on: a browser that is watched, people, and the words of the pages. */

import { randomUUID } from 'node:crypto';
import { test as base, expect, type BrowserContext, type Locator, type Page, type Request, type Route } from '@playwright/test';

export { expect };

/** A signed token, a refresh token or a session token: what must never be where a script or a log can see it. */
export const RAW_TOKEN = /eyJ[\w-]{8,}\.[\w-]{8,}\.|(rt1|os1)\.[\w-]{10,}\./;

/** What the cookies are called before the tag of their session. */
export const ACCESS = '__Host-Http-coatroom-access-';
export const REFRESH = '__Host-Http-coatroom-refresh-';

/** What a browser says with a post from a page of ours. A post with cookies that does not say it is refused. */
export const OURS = { 'sec-fetch-site': 'same-origin' };

/** The browser's own line about an answer with that status. It is no fault of the page. */
export const statusLine = (status: number): RegExp =>
  new RegExp(`^error: Failed to load resource: the server responded with a status of ${status} `);

/** The browser's own line about a request that a test kept from arriving. */
export const NETWORK_LINE = /^error: Failed to load resource: net::ERR_/;

/** The token that the X-ray shows where none was pasted: the one of RFC 7515, appendix A.1. */
const EXAMPLE = /eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9\.[\w-]+\.[\w-]+/;

/** Where scripts do not run, the browser wonders what the bundle was fetched for. */
const PRELOADED_FOR_NOTHING = /^warning: The resource \S+\/pkg\/\S+ was preloaded using link preload but not used/;

/** What a page holds; of one that is being left or taken anew, what comes of that. */
async function contentOf(page: Page): Promise<string> {
  for (;;) {
    try {
      return await page.content();
    } catch (error) {
      if (!String(error).includes('navigating and changing the content')) throw error;
      await page.waitForLoadState();
    }
  }
}

/** Sees all that happens in some contexts, and complains of what should not. */
export class Watch {
  /** The documents that were asked for, in order. */
  readonly documents: string[] = [];
  private readonly allowed: RegExp[] = [];
  private echoed = /^$/;
  private carrier = /^$/;
  private readonly heard: string[] = [];
  private readonly leaks: string[] = [];
  private readonly reading: Promise<void>[] = [];

  /** Declares a line of the console that the test provokes. */
  allow(...lines: RegExp[]): void {
    this.allowed.push(...lines);
  }

  /** Declares a field that gives back what is pasted into it. */
  echoes(field: string): void {
    this.echoed = new RegExp(`<textarea id="${field}"[^]*?</textarea>`);
  }

  /** Declares an address that carries a token, because it is used up as it arrives. */
  carries(address: RegExp): void {
    this.carrier = address;
  }

  async over(context: BrowserContext): Promise<void> {
    // Chromium writes violations to the console as well, but only those that it thinks a developer should see.
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on('console', (message) => {
      this.search(message.text(), 'the console');
      if (['error', 'warning'].includes(message.type())) {
        this.heard.push(`${message.type()}: ${message.text()}`);
      }
    });
    context.on('weberror', (error) => this.heard.push(`uncaught: ${error.error().message}`));
    context.on('request', (request) => {
      if (!this.carrier.test(request.url())) this.search(request.url(), 'a URL');
      if (request.isNavigationRequest()) this.documents.push(request.url());
    });
    // Not when it begins to arrive: an answer whose body nobody reads never ends.
    context.on('requestfinished', (request) => this.reading.push(this.read(request)));
  }

  /** What there is to complain of; asked while the contexts are still open. */
  async complaints(contexts: readonly BrowserContext[]): Promise<string[]> {
    for (const page of contexts.flatMap((context) => context.pages())) {
      this.search(await contentOf(page), 'the page');
    }
    await Promise.all(this.reading);
    const unexpected = this.heard.filter((line) => !this.allowed.some((known) => known.test(line)));
    return [...unexpected, ...this.leaks];
  }

  private async read(request: Request): Promise<void> {
    // The bundle is the same for everybody, and large.
    if (new URL(request.url()).pathname.startsWith('/pkg/')) return;
    // A redirect has no body, and that of a page that was left may be gone.
    const body = await request
      .response()
      .then((response) => response?.text() ?? '')
      .catch(() => '');
    this.search(body, `the answer of ${request.url()}`);
  }

  private search(text: string, where: string): void {
    if (RAW_TOKEN.test(text.replace(this.echoed, '').replace(EXAMPLE, ''))) this.leaks.push(`a raw token in ${where}`);
  }
}

/** Somebody with an account, or who wants one. */
export interface Person {
  readonly email: string;
  readonly password: string;
}

export const somebody = (): Person => ({
  email: `guest-${randomUUID().slice(0, 12)}@example.com`,
  password: 'four words nobody joins',
});

interface Fixtures {
  watch: Watch;
  /** Opens another browser, which is watched as well. */
  anotherBrowser: (
    options?: Parameters<import('@playwright/test').Browser['newContext']>[0],
  ) => Promise<BrowserContext>;
  /** Opens a page, and waits until the browser has taken it over where scripts run. */
  visit: (path: string, page?: Page) => Promise<void>;
  /** Presses what leads to another page, and waits until that has been taken over as well. */
  follow: (what: Locator, to: string | RegExp) => Promise<void>;
  /** Gives the context's jar a new account's session, without a page. */
  arrive: (options?: { stay?: boolean }) => Promise<Person>;
}

export const test = base.extend<Fixtures>({
  watch: async ({ javaScriptEnabled }, use) => {
    const watch = new Watch();
    if (!javaScriptEnabled) watch.allow(PRELOADED_FOR_NOTHING);
    await use(watch);
  },
  context: async ({ context, watch }, use) => {
    await watch.over(context);
    await use(context);
    expect(await watch.complaints([context]), 'console, policy and tokens').toEqual([]);
  },
  anotherBrowser: async ({ browser, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      await watch.over(context);
      return context;
    });
    const complaints = await watch.complaints(contexts);
    await Promise.all(contexts.map((context) => context.close()));
    expect(complaints, 'console, policy and tokens of other browsers').toEqual([]);
  },
  visit: async ({ page: own, javaScriptEnabled }, use) => {
    await use(async (path, page = own) => {
      await page.goto(path);
      if (javaScriptEnabled) await hydrated(page);
    });
  },
  follow: async ({ javaScriptEnabled }, use) => {
    await use(async (what, to) => {
      const page = what.page();
      await Promise.all([page.waitForURL(to), what.click()]);
      if (javaScriptEnabled) await hydrated(page);
    });
  },
  arrive: async ({ context }, use) => {
    await use(async ({ stay = false } = {}) => {
      const person = somebody();
      const form = { ...person, ...(stay && { stay: 'on' }) };
      const answer = await context.request.post('/api/sign_up', { form, headers: OURS });
      expect(answer.status()).toBe(200);
      return person;
    });
  },
});

/** Waits until the browser has taken the page over. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('body')).toHaveAttribute('data-hydrated');
}

/**
 * Handles the first request to an address; those after it go on. The interception stays: while it is being turned off, as
 * the option `times` does, a request that comes is lost.
 */
export async function intercept(page: Page, url: string, handle: (route: Route) => Promise<void>): Promise<void> {
  let handled = false;
  await page.route(url, async (route) => {
    if (handled) return route.fallback();
    handled = true;
    await handle(route);
  });
}

/** Fills in the form of the page and sends it. */
export async function submit(page: Page, who: Person, options: { stay?: boolean } = {}): Promise<void> {
  await page.getByLabel('Email address').fill(who.email);
  await page.getByLabel('Password').fill(who.password);
  if (options.stay) await page.getByLabel(/stay signed in/i).check();
  await page
    .locator('form.credentials')
    .getByRole('button', { name: /^sign (in|up)$/i })
    .click();
}

/** Parts of the pages, by what a person sees. */
export const see = {
  tokenPage: (page: Page): Locator => page.getByRole('heading', { name: 'You are signed in' }),
  welcome: (page: Page): Locator => page.getByRole('heading', { name: 'A login that keeps itself alive' }),
  signInPage: (page: Page): Locator => page.getByRole('heading', { name: 'Sign in', exact: true, level: 1 }),
  reuseNotice: (page: Page): Locator => page.getByRole('heading', { name: 'We ended your session to protect you.' }),
  signedOutNotice: (page: Page): Locator => page.getByRole('heading', { name: 'You were signed out.' }),
  generation: (page: Page): Locator => page.getByTestId('generation'),
  /** What others did to the session, on a page that has no notice for it. */
  news: (page: Page): Locator => page.getByRole('main').locator('.who[role=alert]'),
  outcome: (page: Page): Locator => page.getByTestId('outcome'),
  wristband: (page: Page): Locator => page.getByRole('region', { name: /wristband · access token/i }),
  log: (page: Page): Locator => page.getByRole('region', { name: 'What happened' }).getByRole('listitem'),
  signOut: (page: Page): Locator => page.getByRole('button', { name: 'Sign out' }),
  refreshNow: (page: Page): Locator => page.getByRole('button', { name: 'Refresh now' }),
  callProtected: (page: Page): Locator => page.getByRole('button', { name: 'Call a protected function' }),
};

/** A cookie that brought an answer to a form, which was posted without a script, and lasts for a minute. */
const BROUGHT = /^coatroom-posted-/;

/** The two cookies of the only session in the jar; either is undefined where the jar has none. */
export async function jar(context: BrowserContext) {
  const cookies = (await context.cookies()).filter(({ name }) => !BROUGHT.test(name));
  const named = (name: string) => cookies.find((cookie) => cookie.name.startsWith(name));
  return { all: cookies, access: named(ACCESS), refresh: named(REFRESH) };
}

/** Shows the server that the tokens of the jar arrived, and waits until the access token has expired. */
export async function untilExpired(context: BrowserContext): Promise<void> {
  await context.request.get('/api/whoami');
  await untilOver(context);
}

/** Waits until the access token of a jar is over. */
export async function untilOver(context: BrowserContext): Promise<void> {
  const { exp } = claimsOf((await jar(context)).access?.value ?? '');
  await expect.poll(() => Date.now() >= exp * 1000, { intervals: [100] }).toBe(true);
}

/** The generation that the access token of a jar belongs to. */
export const generationOf = (token: string): number => claimsOf(token).gen;

function claimsOf(token: string): { exp: number; gen: number } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** Something that moved, as the browser tells it. */
interface Source {
  node: Node | null;
  previousRect: DOMRectReadOnly;
  currentRect: DOMRectReadOnly;
}

/** Notes, from now on, what moves on a page without having been asked to. */
export async function shiftsOf(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const shifts: string[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, sources } = entry as unknown as { value: number; sources: Source[] };
        const told = ({ node, previousRect, currentRect }: Source) => {
          const [from, to] = [previousRect, currentRect].map(({ x, y, width, height }) => [x, y, width, height].join());
          return `${node?.parentElement?.outerHTML.slice(0, 80)} ${node?.textContent} ${from} → ${to}`;
        };
        shifts.push(`${value} ${sources.map(told).join('; ')}`);
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  return () => page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts);
}
