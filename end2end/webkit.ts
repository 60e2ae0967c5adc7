/** WebKitGTK, by its own driver and the WebDriver protocol (W3C), and the TLS that it needs. */

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { expect } from '@playwright/test';
import type { Engine, Kept } from './engines';

/** The places where Debian has the small browser that the driver drives. */
const BROWSERS = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`);
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** What else it takes: the driver, a display, and a certificate. */
const PROGRAMS = ['WebKitWebDriver', 'xvfb-run', 'openssl'];

const browser = (): string | undefined => BROWSERS.find((path) => existsSync(path));

/** Names what is missing. */
export function missing(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const programs = PROGRAMS.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
  return browser() ? programs : ['MiniBrowser', ...programs];
}

/** Ends TLS at `port` and passes what is within on to `to`: no cookie with `Secure` is kept by this engine over plain http. */
export async function front(port: number, to: number): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'coatroom-tls-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const subject = ['-subj', '/CN=coat.localhost', '-addext', 'subjectAltName=DNS:coat.localhost'];
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const pair = () => {
    try {
      execFileSync('openssl', [...make, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
      return { key: readFileSync(key), cert: readFileSync(cert) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const server = createServer(pair(), (near) => {
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((each) => each.destroy()));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  return server;
}

/** A browser of its own, without a window that anybody sees. */
export class WebKit implements Engine {
  private constructor(
    private readonly process: ChildProcess,
    private readonly session: string,
    private readonly origin: string,
  ) {}

  /** Starts the driver at `port`, and a browser for pages of `origin`. */
  static async start(port: number, origin: string): Promise<WebKit> {
    const env = { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' };
    // A group of its own: the driver, its display and its browser end together.
    const driver = spawn('xvfb-run', ['-a', 'WebKitWebDriver', '-p', `${port}`], { env, stdio: 'ignore', detached: true });
    // A program that is not there is told by what does not answer.
    driver.on('error', () => undefined);
    const address = `http://127.0.0.1:${port}`;
    try {
      const answers = () =>
        fetch(`${address}/status`).then(
          ({ ok }) => ok,
          () => false,
        );
      await expect.poll(answers, { message: 'WebKitWebDriver answers', intervals: [50] }).toBe(true);
      const alwaysMatch = {
        acceptInsecureCerts: true,
        'webkitgtk:browserOptions': { binary: browser(), args: ['--automation'] },
      };
      const { sessionId } = await command<{ sessionId: string }>(`${address}/session`, { capabilities: { alwaysMatch } });
      return new WebKit(driver, `${address}/session/${sessionId}`, origin);
    } catch (error) {
      endGroup(driver);
      throw error;
    }
  }

  async end(): Promise<void> {
    await fetch(this.session, { method: 'DELETE' }).catch(() => undefined);
    endGroup(this.process);
  }

  async open(path: string): Promise<void> {
    await command(`${this.session}/url`, { url: new URL(path, this.origin).href });
  }

  async type(selector: string, text: string): Promise<void> {
    await command(`${await this.element(selector)}/value`, { text });
  }

  async click(selector: string): Promise<void> {
    await command(`${await this.element(selector)}/click`, {});
  }

  run(body: string): Promise<unknown> {
    return command(`${this.session}/execute/sync`, { script: body, args: [] });
  }

  cookies(): Promise<Kept[]> {
    return command(`${this.session}/cookie`);
  }

  private async element(selector: string): Promise<string> {
    const found = { using: 'css selector', value: selector };
    const element = await command<Record<string, string>>(`${this.session}/element`, found);
    return `${this.session}/element/${element[ELEMENT]}`;
  }
}

/** Ends a process with all that it started. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid) process.kill(-pid);
  } catch {
    // It has ended by itself.
  }
}

async function command<T>(address: string, body?: object): Promise<T> {
  const answer = await fetch(address, body && { method: 'POST', body: JSON.stringify(body) });
  const { value } = (await answer.json()) as { value: T };
  if (!answer.ok) throw new Error(`${address}: ${JSON.stringify(value)}`);
  return value;
}
