#!/usr/bin/env node
// Measures pages in Chromium: time to the first byte, to the first paint and to hydration, and the bytes of each type.
// `make bench` calls it after the load harness, and it adds its section to that report.
//
// Each visit is by a new browser context, so the cache is empty. A round has one visit of each page; every other round
// takes them in reverse. Figures are medians of the rounds.

import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { chromium } from 'playwright-core';

const USAGE = `usage: end2end/bench.mjs [--at ORIGIN] [--rounds N] [--report FILE]

Measures the sign-in page and the home page in Chromium, prints the figures as Markdown, and adds them to FILE.
  --at ORIGIN    a server that is open; without it, COATROOM_BINARY is started with the site in COATROOM_SITE
  --rounds N     the visits of each page (15)
  --report FILE  the report that the section is added to

LIGHTHOUSE names the program of that name, which this project does not install. Without it, that target is not measured.`;

/** The visits of each page without which a median says little. */
const LEAST_ROUNDS = 7;
/** A visit that takes as long is a failure. */
const PATIENCE = 10_000;

/** The bytes of the Leptos application of one form that the first visit is held against, as brotli. */
const ONE_FORM = 152_000;
const MOST_BYTES = 1.6 * ONE_FORM;
/** The milliseconds until a page is hydrated, on loopback. */
const MOST_TIME = 300;

const SIGN_IN = 'sign-in page, first visit';
const HOME = 'home page, signed in';
const TIMES = ['first byte', 'first paint', 'hydrated'];
const TYPES = ['document', 'js', 'wasm', 'css', 'other'];

const say = (text) => console.error(`bench: ${text}`);
const fail = (why) => {
  say(why);
  process.exit(1);
};

// --- The server and the browser ---

async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return port;
}

/** Starts the release as the demo, and returns its origin once it is ready. It ends with this process. */
async function started() {
  const binary = resolve(process.env.COATROOM_BINARY ?? 'target/release/coatroom');
  const data = mkdtempSync(join(tmpdir(), 'coatroom-bench-'));
  const address = `127.0.0.1:${await freePort()}`;
  const server = spawn(binary, ['serve'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      COATROOM_PROFILE: 'demo',
      COATROOM_ADDRESS: address,
      COATROOM_DATA: data,
      COATROOM_SITE: resolve(process.env.COATROOM_SITE ?? 'target/site'),
      RUST_LOG: 'error',
      // Each visit of the home page is by a new account.
      COATROOM_LIMIT_SIGN_UPS: 'off',
    },
  });
  server.on('error', (error) => fail(`${binary}: ${error.message}`));
  server.on('exit', () => fail(`${binary} ended`));
  process.on('exit', () => {
    server.kill();
    rmSync(data, { recursive: true, force: true });
  });
  const origin = `http://${address}`;
  const over = Date.now() + PATIENCE;
  while (!(await fetch(`${origin}/readyz`).then(({ ok }) => ok, () => false))) {
    if (Date.now() > over) fail(`${binary} is not ready`);
    await pause(20);
  }
  return origin;
}

/** Finds the Chromium that `playwright.config.ts` starts. */
function program() {
  const known = [chromium.executablePath(), '/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
  return process.env.CHROMIUM ?? known.find((path) => existsSync(path)) ?? fail('no Chromium was found; CHROMIUM names one');
}

/** Starts Chromium as `playwright.config.ts` does. */
function browser() {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: program(), args });
}

/** Returns the scores of the sign-in page on Lighthouse's phone, by category; nothing if there is no Lighthouse. */
async function scores(origin) {
  const { LIGHTHOUSE } = process.env;
  if (!LIGHTHOUSE) return undefined;
  const { stdout } = await promisify(execFile)(
    LIGHTHOUSE,
    [`${origin}/sign-in`, '--quiet', '--output=json', '--chrome-flags=--headless --no-sandbox'],
    { env: { ...process.env, CHROME_PATH: program() }, maxBuffer: 64 << 20 },
  );
  const { lighthouseVersion, categories } = JSON.parse(stdout);
  const all = Object.values(categories).map(({ title, score }) => [title, Math.round(100 * score)]);
  return { version: lighthouseVersion, all };
}

// --- A visit ---

/** Notes the moment at which the page is marked as hydrated; runs in the page, before its own scripts. */
function noteHydration() {
  new MutationObserver((_, observer) => {
    if (!document.body?.hasAttribute('data-hydrated')) return;
    performance.mark('hydrated');
    observer.disconnect();
  }).observe(document, { attributes: true, attributeFilter: ['data-hydrated'], childList: true, subtree: true });
}

/** Returns the figures of the page, once there are all; runs in the page. */
function figures() {
  const [paint] = performance.getEntriesByName('first-paint');
  const [hydrated] = performance.getEntriesByName('hydrated');
  if (!paint || !hydrated) return undefined;
  const [navigation] = performance.getEntriesByType('navigation');
  const times = [navigation.responseStart, paint.startTime, hydrated.startTime];
  const known = ['js', 'wasm', 'css'];
  const bytes = { document: navigation.encodedBodySize };
  for (const { name, transferSize, encodedBodySize } of performance.getEntriesByType('resource')) {
    const end = new URL(name).pathname.split('.').at(-1);
    const type = known.includes(end) ? end : 'other';
    // What was preloaded is listed again where it is used, with nothing transferred.
    if (transferSize > 0) bytes[type] = (bytes[type] ?? 0) + encodedBodySize;
  }
  return { times, bytes };
}

/** Visits a page with an empty cache, and returns its figures and the encodings that its parts came in. */
async function visit(opened, origin, { path, signedIn }) {
  const context = await opened.newContext({ baseURL: origin });
  try {
    if (signedIn) {
      const form = { email: `bench-${randomUUID()}@example.com`, password: 'four words nobody joins' };
      const answer = await context.request.post('/api/sign_up', { form, headers: { 'sec-fetch-site': 'same-origin' } });
      if (!answer.ok()) throw new Error(`signing up was answered ${answer.status()}`);
    }
    const page = await context.newPage();
    const encodings = new Set();
    page.on('response', async (response) => {
      const of = response.url().split('.').at(-1);
      const type = response.request().isNavigationRequest() ? 'document' : of;
      if (TYPES.includes(type)) encodings.add(`${type} ${response.headers()['content-encoding'] ?? 'plain'}`);
    });
    await page.addInitScript(noteHydration);
    const answer = await page.goto(path, { timeout: PATIENCE });
    if (!answer?.ok() || new URL(page.url()).pathname !== path) throw new Error(`${path} was not answered by its page`);
    const handle = await page.waitForFunction(figures, undefined, { timeout: PATIENCE });
    return { ...(await handle.jsonValue()), encodings };
  } finally {
    await context.close();
  }
}

// --- The section ---

function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { least: sorted[0], median, most: sorted.at(-1) };
}

const told = ({ least, median, most }, digits) =>
  `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
const total = ({ bytes }) => Object.values(bytes).reduce((sum, some) => sum + some, 0);

function table(heads, rows) {
  const all = [heads, heads.map(() => ''), ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  all[1] = widths.map((width) => '-'.repeat(width));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |\n`;
  return all.map(line).join('');
}

/** Holds a median against the bound of a target, as the load harness does. */
function verdict(target, bound, values, scale, digits) {
  const measured = spread(values.map((value) => value / scale));
  const most = bound / scale;
  const outcome = measured.median > most ? `**missed by ${(100 * (measured.median / most - 1)).toFixed(0)} %**` : 'met';
  return [target, `≤ ${most.toFixed(digits)}`, told(measured, digits), outcome];
}

/** The verdict on each category of Lighthouse, of one run. */
function scored({ version, all }) {
  return all.map(([title, score]) => [
    `${SIGN_IN}, Lighthouse ${version} on a phone: ${title}`,
    '≥ 100',
    String(score),
    score < 100 ? `**missed by ${100 - score}**` : 'met',
  ]);
}

function section(visits, version, load, lighthouse) {
  const pages = [...visits];
  const times = pages.map(([name, of]) => [
    name,
    ...TIMES.map((_, which) => told(spread(of.map(({ times }) => times[which])), 0)),
  ]);
  const bytes = pages.map(([name, of]) => [
    name,
    ...TYPES.map((type) => (spread(of.map(({ bytes }) => bytes[type] ?? 0)).median / 1000).toFixed(1)),
    (spread(of.map(total)).median / 1000).toFixed(1),
  ]);
  const first = visits.get(SIGN_IN);
  const encodings = [...new Set(pages.flatMap(([, of]) => of.flatMap(({ encodings }) => [...encodings])))].sort();
  const compressed = ['document', 'js', 'wasm', 'css'].every((type) => encodings.includes(`${type} br`));
  const verdicts = [
    ...pages.map(([name, of]) =>
      verdict(`${name}: hydrated, in ms`, MOST_TIME, of.map(({ times }) => times[2]), 1, 0),
    ),
    ...(lighthouse ? scored(lighthouse) : []),
    verdict(`${SIGN_IN}: kB, 1.6 × the ${ONE_FORM / 1000} kB of one form in Leptos`, MOST_BYTES, first.map(total), 1000, 1),
  ];
  return `
## In the browser

Chromium ${version}, each visit by a context of its own with an empty cache, ${first.length} of each page, in alternating
order; server and browser share the machine's processors. Load average at the start: ${load}. Milliseconds from the start
of the navigation; medians, with the extremes.

${table(['page', ...TIMES.map((name) => `${name}, ms`)], times)}
The bodies that were transferred until the page was hydrated, encoded, in kB (1000 bytes); medians. They came as:
${encodings.join(', ')}.${compressed ? '' : ' **Not all as brotli, which the target is for.**'}

${table(['page', ...TYPES, 'all'], bytes)}
${table(['target', 'bound', 'measured (spread)', 'outcome'], verdicts)}${
    lighthouse ? '' : '\nNo LIGHTHOUSE was named, so its target, 100 in each category, was not measured.\n'
  }`;
}

// --- The run ---

const options = { at: { type: 'string' }, rounds: { type: 'string', default: '15' }, report: { type: 'string' }, help: { type: 'boolean' } };
const { values: asked } = (() => {
  try {
    return parseArgs({ options });
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`);
  }
})();
if (asked.help) {
  console.log(USAGE);
  process.exit(0);
}
const rounds = Number(asked.rounds);
if (!Number.isInteger(rounds) || rounds < LEAST_ROUNDS) fail(`--rounds: at least ${LEAST_ROUNDS}`);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

const load = loadavg()[0].toFixed(2);
const origin = asked.at ?? (await started());
const opened = await browser();
const pages = [
  { name: SIGN_IN, path: '/sign-in', signedIn: false },
  { name: HOME, path: '/', signedIn: true },
];
const visits = new Map(pages.map(({ name }) => [name, []]));
try {
  // The first of each is not told: the browser starts its processes, the server opens its files.
  for (const page of pages) await visit(opened, origin, page);
  for (let round = 0; round < rounds; round += 1) {
    for (const page of round % 2 ? pages.toReversed() : pages) {
      visits.get(page.name).push(await visit(opened, origin, page));
    }
  }
  const text = section(visits, opened.version(), load, await scores(origin));
  if (asked.report) appendFileSync(asked.report, text);
  console.log(text);
} catch (error) {
  fail(error.message);
} finally {
  await opened.close();
}
process.exit(0);
