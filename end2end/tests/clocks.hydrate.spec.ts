import { expect, hydrated, see, shiftsOf, test as base } from '../fixtures';
import { houseAt, type Elsewhen } from '../clock';

/** In whose course of a day, month or year an instant is written in other words than in UTC. */
const ZONES = ['UTC', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Kiritimati', 'Europe/Berlin'];

const INSTANTS: readonly [when: string, instant: string][] = [
  ['in the evening, when the end of the session is a day later in India', '2026-11-25T21:29:00Z'],
  ['just before midnight', '2027-01-14T23:59:56Z'],
  ['at the end of a month', '2026-11-30T23:59:56Z'],
  ['at the end of a year', '2026-12-31T23:59:56Z'],
  ['just before summer time begins in Europe', '2027-03-28T00:59:56Z'],
  ['a month before the end of the session, which is in summer time', '2027-03-20T22:30:00Z'],
  ['just before summer time ends in Europe', '2027-10-31T00:59:56Z'],
  ['before a 29 February', '2028-02-28T23:59:56Z'],
  ['on a 29 February', '2028-02-29T12:00:00Z'],
];

const test = base.extend<{ instant: string; elsewhen: Elsewhen }>({
  instant: ['', { option: true }],
  elsewhen: async ({ instant }, use) => {
    const house = await houseAt(new Date(instant));
    await use(house);
    await house.stop();
  },
  baseURL: async ({ elsewhen }, use) => use(elsewhen.origin),
});

for (const [when, instant] of INSTANTS) {
  test.describe(`A house ${when}`, () => {
    test.use({ instant });

    test('shows all zones their own times, and nothing moves', async ({ anotherBrowser }) => {
      test.slow();
      for (const timezoneId of ZONES) {
        const browser = await anotherBrowser({ timezoneId });
        await browser.clock.install({ time: instant });
        const form = { email: `${timezoneId.replace('/', '.')}@example.com`, password: 'four words nobody joins' };
        const answer = await browser.request.post('/api/sign_up', { form: { ...form, stay: 'on' } });
        expect(answer.status()).toBe(200);
        const page = await browser.newPage();
        const shifts = await shiftsOf(page);
        await page.goto('/');
        await hydrated(page);
        await expect(see.tokenPage(page)).toBeVisible();
        // Ticks across the instant, so that what is drawn anew by then has been drawn.
        const timer = see.wristband(page).getByRole('timer');
        const shown = await timer.innerText();
        await page.clock.runFor(5000);
        await expect(timer).not.toHaveText(shown);
        expect(await shifts(), timezoneId).toEqual([]);

        const times = await page
          .locator('time')
          .evaluateAll((all) => all.map((time) => [time.getAttribute('datetime') ?? '', time.textContent ?? '']));
        expect(times.length).toBeGreaterThan(5);
        for (const [at, text] of times) expect([timezoneId, at, text]).toEqual([timezoneId, at, said(at!, timezoneId, instant)]);
        await page.close();
      }
    });
  });
}

/** An instant as a page writes it: its time of day, or its day where it is far off. */
function said(at: string, timeZone: string, now: string): string {
  const date = new Date(at);
  if (Math.abs(date.getTime() - Date.parse(now)) < 20 * 3600_000) return date.toLocaleTimeString('en-GB', { timeZone });
  const part = (options: Intl.DateTimeFormatOptions) => date.toLocaleDateString('en-US', { timeZone, ...options });
  return `${part({ weekday: 'short' })} ${part({ day: 'numeric' })} ${part({ month: 'short' })}`;
}
