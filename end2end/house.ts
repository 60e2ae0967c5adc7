/** The program under test, and what a house is started with. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Server } from './servers';

export const BINARY = resolve(process.env['COATROOM_BINARY'] ?? '../target/release/coatroom');
/** The example of a page without Leptos. */
export const EXAMPLE = resolve(process.env['LIVE_PAGE'] ?? '../target/debug/examples/live_page');
const SITE = resolve(process.env['COATROOM_SITE'] ?? '../target/site');

/** One folder a run. Workers load this file again, and find the folder of their run in the environment. */
function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coatroom-end2end-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const DATA = (process.env['COATROOM_END2END_DATA'] ??= freshFolder());

/** The environment of a house, and of commands on its database. */
export const environment = ({ name, port, settings }: Server): Record<string, string> => ({
  COATROOM_PROFILE: 'demo',
  COATROOM_ADDRESS: `127.0.0.1:${port}`,
  COATROOM_DATA: join(DATA, name),
  COATROOM_SITE: SITE,
  RUST_LOG: 'error',
  // All browsers of a run come from one address.
  COATROOM_LIMIT_SIGN_INS: 'off',
  COATROOM_LIMIT_SIGN_UPS: 'off',
  COATROOM_LIMIT_FAILURES: 'off',
  COATROOM_LIMIT_WORLDS: '200',
  ...settings,
});
