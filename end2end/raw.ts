/** Requests made by hand, which no browser and no client library would send. */

import { request } from 'node:http';
import { HOUSE, type Server } from './servers';
import { somebody } from './fixtures';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly setCookie: readonly string[];
  readonly bytes: Buffer;
  readonly text: string;
}

export interface Ask {
  readonly server?: Server;
  readonly method?: string;
  /** A value that is a list is sent as that many headers. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export function ask(path: string, { server = HOUSE, method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = {
      host: '127.0.0.1',
      port: server.port,
      path,
      method,
      headers: { ...length, ...headers },
      agent: false,
    };
    const asked = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const setCookie = answer.headers['set-cookie'] ?? [];
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, setCookie, bytes, text: bytes.toString() });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Posts a form. It says where it comes from, as browsers do: from a page of that server, unless the headers say more. */
export function post(path: string, body: string | Buffer, ask_: Omit<Ask, 'body' | 'method'> = {}): Promise<Answer> {
  const given = ask_.headers ?? {};
  const origin: Record<string, string> =
    'origin' in given || 'sec-fetch-site' in given ? {} : { origin: (ask_.server ?? HOUSE).origin };
  return ask(path, { ...ask_, method: 'POST', headers: { ...FORM, ...origin, ...given }, body });
}

export const form = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString();

/** The cookies of a new account, as pairs. */
export async function signedUp(server: Server = HOUSE): Promise<{ access: string; refresh: string; cookie: string }> {
  const answer = await post('/api/sign_up', form({ ...somebody() }), { server });
  const [access = '', refresh = ''] = ['access', 'refresh'].map(
    (name) => answer.setCookie.map((cookie) => cookie.split(';')[0] ?? '').find((pair) => pair.includes(name)) ?? '',
  );
  return { access, refresh, cookie: `${access}; ${refresh}` };
}
