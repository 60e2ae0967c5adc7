import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, defineConfig } from '@playwright/test';
import { BRISK, HOUSE, type Server } from './servers';

const BINARY = resolve(process.env['COATROOM_BINARY'] ?? '../target/release/coatroom');
const SITE = resolve(process.env['COATROOM_SITE'] ?? '../target/site');

/** One folder a run. Workers load this file again, and find the folder of their run in the environment. */
function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coatroom-end2end-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const DATA = (process.env['COATROOM_END2END_DATA'] ??= freshFolder());

function browser(): string {
  const own = chromium.executablePath();
  return process.env['CHROMIUM'] ?? (existsSync(own) ? own : '/usr/bin/chromium');
}

const webServer = ({ name, origin, port, settings }: Server) => ({
  name,
  command: `exec "${BINARY}"`,
  url: `${origin}/readyz`,
  timeout: 30_000,
  reuseExistingServer: false,
  gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 2000 },
  env: {
    COATROOM_PROFILE: 'demo',
    COATROOM_ADDRESS: `127.0.0.1:${port}`,
    COATROOM_DATA: join(DATA, name),
    COATROOM_SITE: SITE,
    RUST_LOG: 'error',
    ...settings,
  },
});

const PICTURES = /pictures\.spec\.ts$/;
const HTTP = /http[\w-]*\.spec\.ts$/;
/** Those that need scripts, and those that need there to be none. */
const HYDRATE = /\.hydrate\.spec\.ts$/;
const PLAIN = /\.plain\.spec\.ts$/;

export default defineConfig({
  testDir: './tests',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: !!process.env['CI'],
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [['line']],
  use: {
    baseURL: HOUSE.origin,
    // Its film would cost a third of the time.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      executablePath: browser(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: process.env['PICTURES']
    ? [{ name: 'pictures', testMatch: PICTURES }]
    : [
        { name: 'http', testMatch: HTTP },
        { name: 'with-script', testIgnore: [PICTURES, HTTP, PLAIN] },
        {
          name: 'without-script',
          testIgnore: [PICTURES, HTTP, HYDRATE],
          use: { javaScriptEnabled: false },
        },
      ],
  webServer: [HOUSE, BRISK].map(webServer),
});
