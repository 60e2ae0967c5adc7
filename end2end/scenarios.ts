/** The scenarios of the lab. What they are made of is read from their pages. */

import type { Locator, Page } from '@playwright/test';
import { expect } from './fixtures';

/** All of them, by number. */
export const SLUGS = [
  'sign-in',
  'silent-refresh',
  'reload-after-expiry',
  'five-tabs',
  'lost-response',
  'slow-answer',
  'thieves',
  'sign-out-against-refresh',
  'sign-out-everywhere',
  'from-admin-to-user',
  'another-site-posts',
  'planted-script',
  'signing-key-rotates',
  'who-can-forge',
  'a-to-b-once',
  'restart-and-outage',
  'fifty-lost-answers',
  'late-answer-after-sign-in',
  'every-request',
  'three-questions',
  'two-clubs',
  'each-lookup',
  'two-nodes',
  'store-is-down',
  'twenty-clicks',
  'idle-and-absolute',
  'stolen-token-lives',
  'deny-one-or-all',
  'sign-out-keeps-a-copy',
  'service-b-with-keys',
  'plain-http',
  'planted-id',
  'read-a-payload',
  'too-much',
  'signed-and-wrong',
  'four-seals',
] as const;

/** A way a scenario can go, as its page tells it. */
export interface Branch {
  readonly slug: string;
  readonly name: string;
  readonly stages: readonly Told[];
}

/** A stage, as it was told. */
export interface Told {
  readonly say: string;
  readonly outcomes: readonly string[];
  readonly verdicts: readonly string[];
  /** The panel to look at, by its tab. */
  readonly names: string;
}

/** What a list of stages says. */
export async function told(stages: Locator): Promise<Told[]> {
  const each = await stages.all();
  return Promise.all(
    each.map(async (stage) => ({
      say: trimmed(await stage.locator('p').first().allTextContents())[0] ?? '',
      outcomes: trimmed(await stage.locator('.outcomes > li').allTextContents()),
      verdicts: trimmed(await stage.locator('.badge').allTextContents()),
      names: (await stage.getAttribute('data-names')) ?? '',
    })),
  );
}

const trimmed = (texts: readonly string[]): string[] => texts.map((text) => text.trim());

/** The branches of the scenario whose page is open, each with its trace. */
export async function branches(page: Page): Promise<Branch[]> {
  const sections = await page.getByRole('region', { name: /^What it comes to · / }).all();
  const read = sections.map(async (section) => {
    const heading = await section.getByRole('heading').textContent();
    const id = await section.getByRole('heading').getAttribute('id');
    return {
      slug: id?.replace('trace-', '') ?? '',
      name: heading?.replace('What it comes to · ', '') ?? '',
      stages: await told(section.locator('.told > li')),
    };
  });
  return Promise.all(read);
}

/** As every stage must end that showed something. */
export function expectAsTold({ say, outcomes, verdicts }: Told): void {
  expect({ say, verdicts }).toEqual({ say, verdicts: outcomes.length > 0 ? ['As the rule says'] : [] });
}
