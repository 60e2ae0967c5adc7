import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, jar, see, statusLine, test } from '../fixtures';
import { HOUSE } from '../servers';

/** A site of its own, with a form for each thing that it would like to do here, and a link. */
let site: Server;
test.beforeAll(async () => {
  site = createServer((_, response) => {
    const forms = ['sign_out', 'refresh', 'sign_in'].map(
      (name) => `<form method="post" action="${HOUSE.origin}/api/${name}"><button>${name}</button></form>`,
    );
    response.setHeader('content-type', 'text/html');
    response.end(`<link rel="icon" href="data:,">${forms.join('')}<a href="${HOUSE.origin}/">Your coat</a>`);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
test.afterAll(() => {
  site.closeAllConnections();
  site.close();
});
const at = (host: string) => `http://${host}:${(site.address() as AddressInfo).port}`;

for (const [host, relation] of [
  ['localhost', 'cross-site'],
  ['127.0.0.1', 'same-site'],
] as const) {
  for (const name of ['sign_out', 'refresh', 'sign_in']) {
    test(`a ${relation} form cannot ${name}`, async ({ page, context, visit, arrive, watch }) => {
      watch.allow(statusLine(403));
      await arrive();
      const before = (await jar(context)).all;
      await page.goto(at(host));
      const answer = page.waitForResponse((response) => response.url().startsWith(HOUSE.origin));
      await page.getByRole('button', { name }).click();
      const refused = await answer;
      const sent = await refused.request().allHeaders();
      // The browser itself says where it comes from, and sends the cookies to its own site; nothing is made up.
      expect([sent['origin'], sent['sec-fetch-site'], 'cookie' in sent]).toEqual([
        at(host),
        relation,
        relation === 'same-site',
      ]);
      expect(refused.status()).toBe(403);
      expect(await refused.headerValues('set-cookie')).toEqual([]);
      expect((await jar(context)).all).toEqual(before);
      await visit('/');
      await expect(see.tokenPage(page)).toBeVisible();
    });
  }
}

test('a link of another site arrives signed in', async ({ page, arrive }) => {
  await arrive();
  await page.goto(at('localhost'));
  await page.getByRole('link', { name: 'Your coat' }).click();
  await expect(see.tokenPage(page)).toBeVisible();
});
