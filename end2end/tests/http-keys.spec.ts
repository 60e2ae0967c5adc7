import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { BINARY, environment } from '../house';
import { ask, signedUp } from '../raw';
import { STRANGERS } from '../servers';

const JWKS = '/.well-known/jwks.json';
const TERMS = { issuer: STRANGERS.origin, audience: 'coatroom' };
const run = promisify(execFile);

/** A command of the program, on the database of the running house. */
const coatroom = async (...words: string[]): Promise<{ kid: string; state: string }[]> =>
  JSON.parse((await run(BINARY, [...words, '--json'], { env: environment(STRANGERS) })).stdout);

const keySet = async (): Promise<JSONWebKeySet> => JSON.parse((await ask(JWKS, { server: STRANGERS })).text);
const shown = async (): Promise<string[]> => (await keySet()).keys.map((key) => key.kid ?? '');

const token = async (): Promise<string> => (await signedUp(STRANGERS)).access.split('=')[1] ?? '';

/** What PyJWT says of a token, from the key set alone. */
function pyjwt(jwks: JSONWebKeySet, jwt: string): { claims?: Record<string, unknown>; error?: string } {
  const input = JSON.stringify({ jwks, token: jwt, ...TERMS });
  const { stdout, stderr, status } = spawnSync('python3', [join(import.meta.dirname, '../verify.py')], { input });
  expect(status, stderr.toString()).toBe(0);
  return JSON.parse(stdout.toString());
}

const broken = (jwt: string): string => {
  const [header = '', claims = '', signature = ''] = jwt.split('.');
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString());
  const admin = Buffer.from(JSON.stringify({ ...said, role: 'admin' })).toString('base64url');
  return [header, admin, signature].join('.');
};

// One after the other: they change the keys of one house.
test.describe.configure({ mode: 'serial' });

for (const algorithm of ['EdDSA', 'ES256', 'RS256']) {
  test(`a token of ${algorithm} is good to two libraries of strangers, by the public keys alone`, async () => {
    await coatroom('keys', 'rotate', '--now', '--algorithm', algorithm);
    const kid = (await coatroom('keys', 'list')).find(({ state }) => state === 'active')?.kid ?? '';
    // The set may show a key before the house signs with it: a token is asked for until one is.
    let jwt = '';
    const signedBy = async () => decodeProtectedHeader((jwt = await token()));
    await expect.poll(signedBy).toEqual({ typ: 'at+jwt', alg: algorithm, kid });

    const remote = createRemoteJWKSet(new URL(JWKS, STRANGERS.origin));
    const { payload } = await jwtVerify(jwt, remote, { ...TERMS, typ: 'at+jwt' });
    expect(payload).toMatchObject({ iss: TERMS.issuer, aud: TERMS.audience, role: 'user', gen: 0 });
    const jwks = await keySet();
    expect(pyjwt(jwks, jwt)).toEqual({ claims: payload });

    // And neither believes what was changed, nor a set without the key.
    await expect(jwtVerify(broken(jwt), remote, TERMS)).rejects.toThrow(/signature/);
    expect(pyjwt(jwks, broken(jwt)).error).toBe('InvalidSignatureError');
    const others = { keys: jwks.keys.filter((key) => key.kid !== kid) };
    await expect(jwtVerify(jwt, createLocalJWKSet(others), TERMS)).rejects.toThrow(/no applicable key/);
    expect(pyjwt(others, jwt).error).toBe('KeyError');
  });
}

test('the public keys have no private half, a lifetime, and a 304 for an ETag', async () => {
  const answer = await ask(JWKS, { server: STRANGERS });
  expect(answer.headers).toMatchObject({
    'content-type': 'application/jwk-set+json',
    'cache-control': 'public, max-age=300, must-revalidate',
  });
  expect(answer.setCookie).toEqual([]);
  for (const key of (await keySet()).keys) {
    expect(key).toMatchObject({ use: 'sig', kid: expect.stringMatching(/^[\w-]{43}$/) });
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) expect(key).not.toHaveProperty(secret);
  }
  const etag = String(answer.headers['etag']);
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const again = await ask(JWKS, { server: STRANGERS, headers: { 'if-none-match': known } });
    expect([again.status, again.text]).toEqual([304, '']);
  }
  const other = await ask(JWKS, { server: STRANGERS, headers: { 'if-none-match': '"other"' } });
  expect(other.status).toBe(200);
});

test('an HMAC key is never shown, and its tokens are good at home', async () => {
  const before = await shown();
  await coatroom('keys', 'rotate', '--now', '--algorithm', 'HS256');
  await expect.poll(async () => decodeProtectedHeader(await token()).alg).toBe('HS256');
  expect(await shown()).toEqual(before);
  const { cookie } = await signedUp(STRANGERS);
  expect((await ask('/api/whoami', { server: STRANGERS, headers: { cookie } })).status).toBe(200);
  await coatroom('keys', 'rotate', '--now', '--algorithm', 'EdDSA');
  await expect.poll(async () => decodeProtectedHeader(await token()).alg).toBe('EdDSA');
});

test('a key that got out is refused, and its tokens are refreshed in passing', async () => {
  const { cookie } = await signedUp(STRANGERS);
  const { kid = '' } = decodeProtectedHeader(cookie.split(/[=;]/)[1] ?? '');
  await coatroom('keys', 'rotate', '--now', '--algorithm', 'ES256');
  await coatroom('keys', 'retire', kid);
  await expect.poll(shown).not.toContain(kid);
  const whoami = await ask('/api/whoami', { server: STRANGERS, headers: { cookie } });
  expect(whoami.status).toBe(200);
  expect(whoami.setCookie).toHaveLength(1);
  expect(decodeProtectedHeader(whoami.setCookie[0]?.split(/[=;]/)[1] ?? '').kid).not.toBe(kid);
});
