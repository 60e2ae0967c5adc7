import { existsSync } from 'node:fs';
import { chromium, defineConfig } from '@playwright/test';
import { BINARY, environment } from './house';
import { BRISK, HOUSE, STRANGERS, type Server } from './servers';

function browser(): string {
  const own = chromium.executablePath();
  return process.env['CHROMIUM'] ?? (existsSync(own) ? own : '/usr/bin/chromium');
}

const webServer = (server: Server) => ({
  name: server.name,
  command: `exec "${BINARY}"`,
  url: `${server.origin}/readyz`,
  timeout: 30_000,
  reuseExistingServer: false,
  gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 2000 },
  env: environment(server),
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
        { name: 'with-script', testIgnore: [PICTURES, HTTP, PLAIN] },
        {
          name: 'without-script',
          testIgnore: [PICTURES, HTTP, HYDRATE],
          use: { javaScriptEnabled: false },
        },
      ],
  webServer: [HOUSE, BRISK, STRANGERS].map(webServer),
});
