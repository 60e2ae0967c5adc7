import { existsSync } from 'node:fs';
import { chromium, defineConfig } from '@playwright/test';
import { BINARY, environment, EXAMPLE } from './house';
import {
  BRISK,
  DENYLIST,
  FLEETING,
  HOUSE,
  OPAQUE,
  PLAIN_PAGE,
  SECURED,
  SERVICE_A,
  SERVICE_B,
  STATELESS,
  STRANGERS,
  type Server,
} from './servers';

function browser(): string {
  // The shell draws no windows, which takes a test half of its time.
  const known = [chromium.executablePath(), '/usr/bin/chromium-headless-shell'];
  return process.env['CHROMIUM'] ?? known.find((path) => existsSync(path)) ?? '/usr/bin/chromium';
}

const firefox = (): string => process.env['FIREFOX'] ?? '/usr/bin/firefox-esr';

const webServer = (server: Server) => ({
  name: server.name,
  command: `exec "${BINARY}" ${server.command ?? 'serve'}`,
  url: `http://127.0.0.1:${server.port}/readyz`,
  timeout: 30_000,
  reuseExistingServer: false,
  gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 2000 },
  env: environment(server),
});

const plainPage = {
  name: PLAIN_PAGE.name,
  command: `exec "${EXAMPLE}"`,
  url: `${PLAIN_PAGE.origin}/sign-in`,
  reuseExistingServer: false,
  env: { PORT: String(PLAIN_PAGE.port), ACCESS_TTL: '3' },
};

const PICTURES = /pictures\.spec\.ts$/;
const HTTP = /http[\w-]*\.spec\.ts$/;
/** Those that need scripts, and those that need there to be none. */
const HYDRATE = /\.hydrate\.spec\.ts$/;
const PLAIN = /\.plain\.spec\.ts$/;
/** A few steps in other engines. */
const FIREFOX = /\.firefox\.spec\.ts$/;
const WEBKIT = /\.webkit\.spec\.ts$/;
const OTHERS = [PICTURES, HTTP, FIREFOX, WEBKIT];

export default defineConfig({
  testDir: './tests',
  fullyParallel: true,
  // Many tests wait for a clock.
  workers: 3,
  retries: 0,
  forbidOnly: !!process.env['CI'],
  timeout: 30_000,
  expect: { timeout: 10_000 },
  reporter: [['line'], ['./failures.ts']],
  // The files that take longest are named, so that it is seen where the time goes.
  reportSlowTests: { max: 10, threshold: 15_000 },
  use: {
    baseURL: HOUSE.origin,
    // To record every step costs a third of the time, and nobody looks at most of it: TRACE=1 where something failed.
    trace: process.env['TRACE'] ? 'retain-on-failure' : 'off',
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
        { name: 'with-script', testIgnore: [...OTHERS, PLAIN] },
        {
          name: 'without-script',
          testIgnore: [...OTHERS, HYDRATE],
          use: { javaScriptEnabled: false },
        },
        {
          name: 'firefox',
          testMatch: FIREFOX,
          use: { browserName: 'firefox', channel: 'moz-firefox', launchOptions: { executablePath: firefox(), args: [] } },
        },
        // Its driver is no part of Playwright.
        { name: 'webkit', testMatch: WEBKIT },
      ],
  webServer: [
    ...[HOUSE, BRISK, SECURED, STRANGERS, OPAQUE, STATELESS, DENYLIST, FLEETING, SERVICE_A, SERVICE_B].map(webServer),
    // Of which there are no pictures.
    ...(process.env['PICTURES'] ? [] : [plainPage]),
  ],
});
