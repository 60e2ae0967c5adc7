/** Steps that every engine has to pass, by whatever drives it. */

import { expect } from '@playwright/test';
import { ACCESS, RAW_TOKEN, somebody } from './fixtures';

/** A cookie, as a driver shows it. */
export interface Kept {
  readonly name: string;
  readonly value: string;
  readonly httpOnly?: boolean;
  readonly secure?: boolean;
  readonly sameSite?: string;
}

/** A browser with one tab. */
export interface Engine {
  /** Opens a path of the server. */
  open(path: string): Promise<void>;
  /** Types into the field of that selector. */
  type(selector: string, text: string): Promise<void>;
  /** Clicks what that selector finds first. */
  click(selector: string): Promise<void>;
  /** Runs the body of a function in the page. */
  run(body: string): Promise<unknown>;
  cookies(): Promise<Kept[]>;
}

/** Differences between engines. */
export interface Promised {
  /** True if the engine refuses names with the prefixes from scripts. */
  readonly prefixes: boolean;
}

/** Waits until an expression is true in the page. */
const until = (engine: Engine, expression: string): Promise<void> =>
  expect.poll(() => engine.run(`return Boolean(${expression})`), { message: expression, intervals: [50] }).toBe(true);

const hydrated = (engine: Engine) => until(engine, "document.querySelector('body[data-hydrated]')");
const says = (engine: Engine, selector: string, text: string) =>
  until(engine, `document.querySelector('${selector}')?.textContent.includes(${JSON.stringify(text)})`);

/** Signs up, is refreshed, reloads after the token expired, signs out, and in again; against a server that lives fast. */
export async function signsInAndStays(engine: Engine, { prefixes }: Promised): Promise<void> {
  const { email, password } = somebody();
  const fill = async (secret: string): Promise<void> => {
    await engine.run("document.querySelector('#email').value = ''; document.querySelector('#password').value = ''");
    await engine.type('#email', email);
    await engine.type('#password', secret);
    await engine.click('form.credentials button.main');
  };
  const generation = "Number(document.querySelector('[data-testid=generation]')?.textContent)";

  await engine.open('/sign-up');
  await hydrated(engine);
  await fill(password);
  await says(engine, 'h1', 'You are signed in');
  await expectJar(engine);
  await until(engine, `${generation} >= 1`);
  await expectJar(engine);

  // In another document, a token's life later: its server refreshes before the first byte.
  await engine.open('/healthz');
  await expect.poll(async () => expiryOf(await engine.cookies()) - Date.now() / 1000, { intervals: [200] }).toBeLessThan(0);
  await engine.open('/');
  await says(engine, 'h1', 'You are signed in');
  await until(engine, `${generation} >= 2`);
  await hydrated(engine);

  await plant(engine, prefixes);
  await engine.open('/');
  await says(engine, 'h1', 'You are signed in');

  await hydrated(engine);
  await engine.click('header form button');
  await says(engine, 'h1', 'Sign in');
  expect((await engine.cookies()).filter(({ name }) => !name.includes('JUNKJUNK'))).toEqual([]);

  await fill('not the right password');
  await says(engine, '#password-error', 'do not belong together');
  await fill(password);
  await says(engine, 'h1', 'You are signed in');
}

/** Goes through one lesson of the lab. */
export async function learns(engine: Engine): Promise<void> {
  await engine.open('/lab/lost-response');
  await hydrated(engine);
  await engine.click('.lead button');
  await until(engine, "/^\\/lab\\/world\\//.test(location.pathname)");
  await hydrated(engine);
  const next = "document.querySelector('.bar .main')";
  const badges = "[...document.querySelectorAll('.tell .badge')].map((badge) => badge.textContent.trim())";
  const verdicts: string[] = [];
  for (let step = 0; await engine.run(`return Boolean(${next})`); step += 1) {
    expect(step, 'steps of a lesson').toBeLessThan(20);
    await engine.run("document.querySelector('.guess')?.click()");
    await engine.run(`${next}.click()`);
    await until(engine, `document.querySelector('[name=step]').value === '${step + 1}'`);
    verdicts.push(...((await engine.run(`return ${badges}`)) as string[]));
  }
  expect(new Set(verdicts)).toEqual(new Set(['As the rule says']));
}

/** The end of the access token in a jar, in seconds since the epoch. */
function expiryOf(cookies: readonly Kept[]): number {
  const access = cookies.find(({ name }) => name.startsWith(ACCESS));
  const claims = access?.value.split('.')[1] ?? '';
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).exp;
}

/** The two cookies of a session, out of reach of scripts. */
async function expectJar(engine: Engine): Promise<void> {
  const cookies = await engine.cookies();
  expect(cookies.map(({ name }) => name.replace(/-.{8}$/, '')).sort()).toEqual([
    '__Host-Http-coatroom-access',
    '__Host-Http-coatroom-refresh',
  ]);
  for (const { httpOnly, secure, sameSite } of cookies) {
    expect({ httpOnly, secure, sameSite }).toEqual({ httpOnly: true, secure: true, sameSite: 'Lax' });
  }
  expect(await engine.run('return document.cookie')).toBe('');
  expect(await engine.run('return document.documentElement.outerHTML')).not.toMatch(RAW_TOKEN);
}

/** Has a script plant a cookie with a prefix. Where the engine lets it, nobody is signed out by it. */
async function plant(engine: Engine, prefixes: boolean): Promise<void> {
  const name = '__Host-Http-coatroom-refresh-JUNKJUNK';
  await engine.run(`document.cookie = '${name}=junk; Secure; Path=/'`);
  const planted = (await engine.cookies()).some((cookie) => cookie.name === name);
  expect(planted, 'a cookie that a script planted was kept').toBe(!prefixes);
}
