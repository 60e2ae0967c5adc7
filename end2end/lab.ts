/** A world of the lab, as somebody uses it who has it on a page. */

import type { Locator, Page } from '@playwright/test';
import { expect } from './fixtures';

/** The address of a world's page. */
export const WORLD = /\/lab\/world\/[\w-]+$/;

type Follow = (what: Locator, to: string | RegExp) => Promise<void>;

/** Begins a world, from the front page of the lab, and unfolds its controls. */
export async function begin(page: Page, follow: Follow): Promise<World> {
  await follow(page.getByRole('button', { name: 'A world without a script' }), WORLD);
  return unfolded(page);
}

/** The world of a page, with its controls unfolded. */
export async function unfolded(page: Page): Promise<World> {
  const world = new World(page);
  await world.unfold();
  return world;
}

/** Begins a lesson from the page of its scenario: the first way through it, or that one. */
export async function lesson(page: Page, follow: Follow, slug: string, branch?: string): Promise<Lesson> {
  const buttons = page.locator('.lead').getByRole('button');
  await follow(branch === undefined ? buttons.first() : page.locator(`.lead #begin-${slug}-${branch}`), WORLD);
  return new Lesson(page);
}

/** Has five requests refresh at once, each of them and its answer delivered. */
export async function fiveTabs(world: World): Promise<void> {
  await world.ask('Tab 1', 'Call');
  await world.wait('1 min', '1 s');
  await world.press(/^Five at once/);
  await world.press('Deliver each, oldest first');
  await world.press('Deliver each, oldest first');
}

/** Keeps a page from looking by itself for what others do. */
export const neverLooks = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    Object.assign(globalThis, { setInterval: () => 0 });
  });

/** A trace, as text: the actions, in a world of that setting. */
export const trace = (actions: readonly string[], setting: object = {}): string => JSON.stringify({ setting, actions });

/** Asks for a world in which a trace has happened. */
export async function play(page: Page, trace: string): Promise<void> {
  await page.getByLabel('Trace', { exact: true }).fill(trace);
  await page.getByRole('button', { name: 'Play it' }).click();
}

/** Begins a world in which a trace has happened, from the front page of the lab. */
export async function played(page: Page, follow: Follow, trace: string): Promise<World> {
  await page.getByLabel('Trace', { exact: true }).fill(trace);
  await follow(page.getByRole('button', { name: 'Play it' }), WORLD);
  return unfolded(page);
}

export type Who = 'Tab 1' | 'Tab 2' | 'Tab 3' | 'Tab 4' | 'Thief';
export type Whom = 'Node A' | 'Node B' | 'Service B';

export class World {
  constructor(readonly page: Page) {}

  /** A panel, by its heading. */
  panel(name: string | RegExp): Locator {
    return this.page.getByRole('region', { name }).first();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** What is under way. */
  get network(): Locator {
    return this.panel('On the network').locator('ol.network > li');
  }

  /** The requests that were answered, in words, in the order in which they were. */
  get answers(): Locator {
    return this.panel('What happened, in words').locator('summary');
  }

  /** Everything that happened, a line each, with when it did. */
  async story(): Promise<string[]> {
    const entries = await this.panel('What happened, in words').locator('.entries > li').all();
    const lines = entries.map(async (entry) => {
      const [when, what] = [entry.locator('time'), entry.locator('time ~ span, summary')];
      return `${await when.textContent()} ${(await what.allTextContents()).join()}`;
    });
    return Promise.all(lines);
  }

  /** A cookie in the owner's jar. */
  cookie(name: string): Locator {
    return this.panel('Cookie jar').locator('.cookies').first().getByRole('listitem').filter({ hasText: name });
  }

  /** What was refused, and why. */
  get said(): Locator {
    return this.page.getByRole('status').and(this.page.locator('#said'));
  }

  /** What happened last, as it is announced. */
  get news(): Locator {
    return this.page.getByRole('status').and(this.page.locator('#news'));
  }

  /** Unfolds the controls, where they are folded. */
  async unfold(): Promise<void> {
    for (const controls of ['#by-hand', '#house-by-hand']) {
      const folded = this.page.locator(`${controls}:not([open])`);
      if ((await folded.count()) > 0) await folded.locator('summary').first().click();
    }
  }

  /** Presses what does something, and waits until it is done: the page shows the world as it is afterwards. */
  async press(what: string | RegExp | Locator): Promise<void> {
    if ((typeof what === 'string' || what instanceof RegExp) && !(await this.button(what).isVisible())) await this.unfold();
    const version = await this.page.locator('#version').getAttribute('data-panel');
    await (typeof what === 'string' || what instanceof RegExp ? this.button(what) : what).click();
    await expect(this.page.locator('#version')).not.toHaveAttribute('data-panel', version ?? '');
  }

  /** A panel that is folded away until somebody wants it. */
  async show(name: string | RegExp): Promise<Locator> {
    const panel = this.panel(name);
    const button = panel.getByRole('button', { name: /^Show/ });
    if ((await button.count()) > 0) await this.press(button);
    await expect(button).toHaveCount(0);
    return panel;
  }

  /** Has somebody ask for something. */
  async ask(who: Who, what: string, whom: Whom = 'Node A'): Promise<void> {
    await this.unfold();
    const asks = this.panel('Who asks');
    await asks.getByRole('radio', { name: who }).check();
    await asks.getByRole('radio', { name: whom, exact: true }).check();
    await this.press(asks.getByRole('button', { name: what, exact: true }));
  }

  /** Moves the clock, by what the buttons are called. */
  async wait(...steps: string[]): Promise<void> {
    for (const step of steps) {
      await this.unfold();
      await this.press(this.panel('Who asks').getByRole('button', { name: step, exact: true }));
    }
  }
}

/** A lesson, on its stage. */
export class Lesson extends World {
  /** The step that its learner is at. */
  get step(): Locator {
    return this.page.getByRole('region', { name: /^Step \d|^The end of this lesson/ });
  }

  /** The panel that is on the stage. */
  get shown(): Locator {
    return this.page.locator('.stage > .shown');
  }

  /** The button that does the deed, or goes on. */
  get main(): Locator {
    return this.step.locator('.bar .main');
  }

  get back(): Locator {
    return this.step.getByRole('button', { name: 'Back' });
  }

  get guesses(): Locator {
    return this.step.locator('input[type=radio]:enabled');
  }

  /** Goes on by a press; where something is to be predicted, it is the guess of that number. */
  async goOn(guess = 0): Promise<void> {
    if ((await this.guesses.count()) > 0) await this.guesses.nth(guess).check();
    await this.press(this.main);
  }

  /** Goes on until the deeds of the step are done, and counts the presses. */
  async doAll(guess = 0): Promise<number> {
    let presses = 0;
    for (; (await this.main.textContent()) !== 'Go on'; presses += 1) await this.goOn(guess);
    return presses;
  }

  /** Goes to the end, and counts the presses. */
  async toEnd(): Promise<number> {
    let presses = 0;
    for (; (await this.main.count()) > 0; presses += 1) await this.goOn();
    return presses;
  }

  /** Opens the same world with all its panels. */
  async whole(): Promise<World> {
    await this.page.getByRole('link', { name: 'All panels' }).click();
    await this.page.waitForURL(/panel=all/);
    return unfolded(this.page);
  }
}
