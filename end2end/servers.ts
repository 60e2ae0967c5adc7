/** The servers that the tests run against. */

export interface Server {
  readonly name: string;
  readonly port: number;
  readonly origin: string;
  /** What differs from the demo profile. */
  readonly settings: Readonly<Record<string, string>>;
  /** The command that serves, if it is not the usual one. */
  readonly command?: string;
}

const server = (name: string, port: number, settings: Record<string, string>): Server => ({
  name,
  port,
  origin: `http://127.0.0.1:${port}`,
  settings,
});

/** The demo profile as it is: access tokens of a minute. A test may come from another network, by the header of a proxy. */
export const HOUSE = server('house', 3100, { COATROOM_TRUSTED_PROXIES: '127.0.0.1' });

/**
 * Lives so fast that a test can watch a token expire: a generation can be left 600 ms after it was proven delivered,
 * and its predecessor is dead 300 ms after that proof.
 */
export const BRISK = server('brisk', 3101, { COATROOM_ACCESS_TTL: '3s', COATROOM_GRACE: '300ms' });

/** The same behind TLS, which a test ends at another port: for an engine that keeps no cookies of ours over plain http. */
export const SECURED_FRONT = 3105;
export const SECURED: Server = {
  ...server('secured', 3104, { ...BRISK.settings, COATROOM_ORIGIN: `https://coat.localhost:${SECURED_FRONT}` }),
  origin: `https://coat.localhost:${SECURED_FRONT}`,
};

/** The other schemes, each on a server of its own. */
export const OPAQUE = server('opaque', 3110, { COATROOM_SCHEME: 'opaque' });
export const STATELESS = server('stateless', 3111, { COATROOM_SCHEME: 'stateless' });
export const DENYLIST = server('denylist', 3112, { COATROOM_SCHEME: 'denylist' });
/** A token alone that a test can watch expire, and sessions in memory, which nothing is kept of. */
export const FLEETING = server('fleeting', 3113, {
  COATROOM_SCHEME: 'stateless',
  COATROOM_TOKEN_TTL: '6s',
  COATROOM_SESSIONS: 'memory',
});

/** Service A of a handshake, and service B, which knows of A its keys alone. */
export const SERVICE_A: Server = {
  ...server('service-a', 3114, {
    COATROOM_ORIGIN: 'http://a.localhost:3114',
    COATROOM_HANDOFF: 'b=http://b.localhost:3115/arrive',
  }),
  origin: 'http://a.localhost:3114',
};
export const SERVICE_B: Server = {
  ...server('service-b', 3115, {
    COATROOM_ORIGIN: 'http://b.localhost:3115',
    COATROOM_HANDSHAKE_ISSUER: SERVICE_A.origin,
    COATROOM_HANDSHAKE_KEYS: 'http://127.0.0.1:3114/.well-known/handshake-jwks.json',
  }),
  origin: 'http://b.localhost:3115',
  command: 'service-b',
};

/** `examples/live_page`: no Leptos, and tokens of three seconds. The port before it is that of WebKit's driver. */
export const PLAIN_PAGE = { name: 'plain-page', port: 3107, origin: 'http://localhost:3107' };

/** Whose signing keys change while it is open, for who checks its tokens elsewhere. It reads each row, and has no lab. */
export const STRANGERS = server('strangers', 3102, { COATROOM_LAB: 'off', COATROOM_VERIFICATION: 'strict' });
