#!/usr/bin/env node
// Builds the release: the program, and the site beside it. `make build` calls it, once `scripts/setup run` is through.
//
// Five steps: cargo, wasm-bindgen, wasm-opt, Lightning CSS, and names with hashes beside compressed copies. What is
// built stands in Cargo.toml, under `workspace.metadata.leptos`, where `cargo leptos watch` reads it for `make dev`.

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const began = Date.now();
const say = (text) => console.error(`build: ${text} (${Math.round((Date.now() - began) / 1000)} s)`);
const HINT = 'scripts/setup run installs it';

// Whatever ends this ends the programs that it started, and what those started: each leads a group of its own.
const running = new Set();
const end = ({ pid }) => {
  try {
    process.kill(-pid);
  } catch {
    // It has ended by itself.
  }
};
process.on('exit', () => running.forEach(end));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
const fail = (why) => {
  say(`FAILED: ${why}`);
  process.exit(1);
};
process.on('uncaughtException', (error) => fail(error.message));

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));

/** Runs a program, and returns once it has ended well. */
const run = (name, args, env = {}) =>
  new Promise((resolve, reject) => {
    const stdio = ['ignore', 'inherit', 'inherit'];
    const program = spawn(name, args, { env: { ...process.env, ...env }, stdio, detached: true });
    if (program.pid) running.add(program);
    program.on('error', ({ code, message }) => reject(new Error(code === 'ENOENT' ? `${name} is not installed: ${HINT}` : message)));
    program.on('exit', (code, signal) => {
      running.delete(program);
      if (code === 0) resolve();
      else reject(new Error(`${name} ended with ${signal ?? code}: ${name} ${args.join(' ')}`));
    });
  });

// --- The configuration ---

const metadata = JSON.parse(
  execFileSync('cargo', ['metadata', '--no-deps', '--format-version', '1'], { maxBuffer: 1 << 26 }),
);
const settings = new Map(Object.entries(metadata.metadata.leptos[0]));
/** Returns a setting, which is then known to be heeded. */
const take = (name) => {
  if (!settings.has(name)) fail(`Cargo.toml: workspace.metadata.leptos has no ${name}`);
  const value = settings.get(name);
  settings.delete(name);
  return value;
};
const output = take('output-name');
const server = { package: take('bin-package'), target: take('bin-target'), program: take('bin-exe-name') };
const front = { package: take('lib-package'), features: take('lib-features'), profile: take('lib-profile-release') };
const site = take('site-root');
const pkg = take('site-pkg-dir');
const style = take('style-file');
const browsers = take('browserquery');
const assets = take('assets-dir');
// What this script does in any case; the rest means nothing to a release.
for (const [name, value] of [['style-bundle', true], ['hash-files', true], ['lib-default-features', false]]) {
  if (take(name) !== value) fail(`Cargo.toml: ${name} can only be ${value}`);
}
for (const name of ['name', 'site-addr', 'reload-port', 'disable-erase-components']) settings.delete(name);
if (settings.size > 0) fail(`Cargo.toml: ${[...settings.keys()].join(', ')}: this script does not support it`);

const target = metadata.target_directory;
const frontTarget = join(target, 'front');
const bindgen = join(frontTarget, 'bindgen');
const next = `${site}.next`;

// --- The steps ---

const { bundle, minifyScript } = (() => {
  const require = createRequire(new URL('../end2end/package.json', import.meta.url));
  try {
    return { bundle: require('lightningcss').bundle, minifyScript: require('terser').minify };
  } catch ({ code, message }) {
    return fail(code === 'MODULE_NOT_FOUND' ? `${message.split('\n')[0]}: ${HINT}` : message);
  }
})();

/** Compiles with the variable that Leptos has compiled in. The lines of two cargos mix; their bars would not. */
const cargo = (...args) =>
  run('cargo', ['build', ...args], { LEPTOS_OUTPUT_NAME: output, CARGO_TERM_PROGRESS_WHEN: 'never' });

const { BROTLI_PARAM_QUALITY, BROTLI_MAX_QUALITY } = constants;
const compress = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [BROTLI_PARAM_QUALITY]: BROTLI_MAX_QUALITY } }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

/** Writes a file under a name that means these bytes for ever, plain and compressed. Returns the kind and the hash. */
const publish = async (kind, bytes) => {
  const hash = createHash('md5').update(bytes).digest('base64url');
  const file = join(next, pkg, `${output}.${hash}.${kind}`);
  const sizes = await Promise.all([
    writeFile(file, bytes).then(() => `${bytes.length} bytes`),
    ...Object.entries(compress).map(async ([ending, packed]) => {
      const small = await packed(bytes);
      await writeFile(`${file}.${ending}`, small);
      return `${small.length} ${ending}`;
    }),
  ]);
  say(`${output}.${kind}: ${sizes.join(', ')}`);
  return `${kind}: ${hash}\n`;
};

/** The program: `target/release/coatroom`. */
const buildServer = async () => {
  await cargo(`--package=${server.package}`, `--bin=${server.target}`, '--release');
  say('the server is compiled');
};

/** The browser's half, as a module and the script that loads it. */
const buildFront = async () => {
  await cargo(
    `--package=${front.package}`,
    '--lib',
    '--target=wasm32-unknown-unknown',
    `--target-dir=${frontTarget}`,
    `--profile=${front.profile}`,
    '--no-default-features',
    `--features=${front.features.join(',')}`,
  );
  say('the bundle is compiled; wasm-bindgen');
  const library = `${front.package.replaceAll('-', '_')}.wasm`;
  const compiled = join(frontTarget, 'wasm32-unknown-unknown', front.profile, library);
  await rm(bindgen, { recursive: true, force: true });
  // The page says where the module is, whose name is not known yet.
  const options = ['--no-typescript', '--omit-default-module-path', `--out-name=${output}`, `--out-dir=${bindgen}`];
  await run('wasm-bindgen', ['--target=web', ...options, compiled]);
  const [script, module] = [`${output}.js`, `${output}_bg.wasm`];
  const more = (await readdir(bindgen)).filter((file) => file !== script && file !== module);
  if (more.length > 0) throw new Error(`wasm-bindgen wrote files that this script does not publish: ${more.join(', ')}`);

  say('wasm-opt');
  const small = join(bindgen, `${output}.wasm`);
  const features = ['--enable-bulk-memory', '--enable-nontrapping-float-to-int'];
  await run('wasm-opt', ['-Oz', ...features, join(bindgen, module), '-o', small]);
  const { code } = await minifyScript(await readFile(join(bindgen, script), 'utf8'), { module: true });
  return Promise.all([publish('js', Buffer.from(code)), publish('wasm', await readFile(small))]);
};

/** Reads a list such as `chrome 109, safari 16.4`; Lightning CSS has a byte for each part of a version. */
const targets = () => {
  const versions = browsers.split(', ').map((text) => /^([a-z_]+) (\d+)(?:\.(\d+))?$/.exec(text));
  if (versions.includes(null)) throw new Error(`Cargo.toml: browserquery must be a list such as chrome 109, safari 16.4: ${browsers}`);
  return Object.fromEntries(versions.map(([, name, major, minor = 0]) => [name, (major << 16) | (minor << 8)]));
};

/** The style sheet, with all that it imports. */
const buildStyle = async () => {
  const { code, warnings } = bundle({ filename: style, minify: true, targets: targets() });
  if (warnings.length > 0) throw new Error(`${style}: ${warnings.map(({ message }) => message).join('; ')}`);
  return publish('css', code);
};

// --- The whole ---

await rm(next, { recursive: true, force: true });
await mkdir(join(next, pkg), { recursive: true });
await cp(assets, next, { recursive: true });
const [css, [js, wasm]] = await Promise.all([buildStyle(), buildFront(), buildServer()]);

// All is there: only now does the site of an earlier build make room.
const before = `${site}.before`;
await rm(before, { recursive: true, force: true });
await rename(site, before).catch(({ code, message }) => code === 'ENOENT' || fail(message));
await rename(next, site);
await writeFile(join(target, 'release', 'hash.txt'), js + wasm + css);
await rm(before, { recursive: true, force: true });
say(`${join(target, 'release', server.program)} and ${site} are ready`);
