/** Servers that live at another time. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BINARY, environment } from './house';

export interface Elsewhen {
  readonly origin: string;
  /** Sets its clock to another instant, from which it goes on. */
  readonly set: (instant: Date) => void;
  readonly stop: () => Promise<void>;
}

/** The library that gives a program another clock; `scripts/setup test` installs it. */
function faketime(): string {
  const named = process.env['COATROOM_FAKETIME'];
  const places = readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`);
  const found = named ?? [...places, '/usr/lib/faketime/libfaketimeMT.so.1'].find(existsSync);
  if (!found) throw new Error('libfaketime is missing: scripts/setup test installs it, or name it in COATROOM_FAKETIME');
  return found;
}

/** A port that is free, and that the system gives to no connection meanwhile: it takes those of 32768 and more. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const free = await new Promise((resolve) => {
      const listener = createServer().on('error', () => resolve(false));
      listener.listen(port, '127.0.0.1', () => listener.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Starts a house whose clock says `instant` now, and goes on from there. */
export async function houseAt(instant: Date): Promise<Elsewhen> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const data = mkdtempSync(join(tmpdir(), 'coatroom-elsewhen-'));
  const clock = join(data, 'clock');
  const set = (to: Date): void => {
    const offset = Math.round((to.getTime() - Date.now()) / 1000);
    writeFileSync(`${clock}.new`, `${offset < 0 ? '' : '+'}${offset}`);
    renameSync(`${clock}.new`, clock);
  };
  set(instant);
  const house = spawn(BINARY, [], {
    stdio: 'inherit',
    env: {
      ...environment({ name: 'elsewhen', port, origin, settings: { COATROOM_DATA: data } }),
      LD_PRELOAD: faketime(),
      FAKETIME_TIMESTAMP_FILE: clock,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  });
  const ended = new Promise<void>((resolve) => house.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    house.kill('SIGKILL');
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  for (const give_up = Date.now() + 20_000; ; ) {
    const ready = await fetch(`${origin}/readyz`).catch(() => undefined);
    if (ready?.ok) return { origin, set, stop };
    if (house.exitCode !== null || Date.now() > give_up) {
      await stop();
      throw new Error(`no house at ${instant.toISOString()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
