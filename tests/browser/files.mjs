// Files in a browser: PDF documents and images are shown in place, nothing in a file is ever run.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ask, shareOf, until } from './browser.mjs';

const DOWNLOAD = `mutation Download($id: ID!, $disposition: FileDisposition!) {
  fileDownload(input: { id: $id, disposition: $disposition }) { address { url } userErrors { code } }
}`;

/** The address of a file, as a page of the server resolves it. */
async function addressOf({ home, token, url }, id, disposition) {
  const { fileDownload } = await ask(home, token, DOWNLOAD, { id, disposition });
  assert.deepEqual(fileDownload.userErrors, []);
  return new URL(fileDownload.address.url, url).href;
}

/** A page that shows an address in a frame, as a page of the server. */
async function framed(context, url, address) {
  const page = await context.newPage();
  const body = `<!DOCTYPE html><iframe src="${address}" style="position: fixed; inset: 0; width: 100%; height: 100%"></iframe>`;
  await page.route(`${url}/framed`, (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(`${url}/framed`, { waitUntil: 'commit' });
  return page;
}

/** The file fills a part of the window with its colour, opened alone and in a frame. */
export async function isShown(site, { id, colour, least, name }) {
  const address = await addressOf(site, id, 'INLINE');
  const alone = await site.context.newPage();
  await alone.goto(address);
  for (const [page, how] of [[alone, 'alone'], [await framed(site.context, site.url, address), 'framed']]) {
    await until(`${name} is shown ${how}`, async () => (await shareOf(page, colour)) >= least);
    if (site.pictures) await page.screenshot({ path: join(site.pictures, `${name}-${how}.png`) });
    await page.close();
  }
}

/** The browser saves the file, opened alone and in a frame, and runs nothing of it. */
export async function isSaved(site, { id, name }) {
  const { fileDownload } = await ask(site.home, site.token, DOWNLOAD, { id, disposition: 'INLINE' });
  assert.deepEqual(fileDownload.userErrors, [{ code: 'FILE_NOT_PREVIEWABLE' }]);
  const address = await addressOf(site, id, 'ATTACHMENT');
  const ran = [];
  site.context.on('request', (request) => request.url().endsWith('/ran') && ran.push(request.url()));

  const alone = await site.context.newPage();
  const [saved] = await Promise.all([alone.waitForEvent('download'), alone.goto(address).catch(() => {})]);
  assert.equal(saved.suggestedFilename(), name);

  const waiting = site.context.waitForEvent('page').then((page) => page.waitForEvent('download'));
  const page = await framed(site.context, site.url, address);
  assert.equal((await waiting).suggestedFilename(), name);
  for (const each of [alone, page]) {
    assert.notEqual(await each.title(), 'ran');
    await each.close();
  }

  // Even where it is shown after all, its policy lets it run nothing: so it does if the server is told to show it.
  const shown = await site.context.newPage();
  await shown.route(address, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'content-disposition': 'inline', 'content-type': 'text/html' };
    await route.fulfill({ response, headers });
  });
  await shown.goto(address);
  assert.notEqual(await shown.title(), 'ran');
  await shown.close();
  assert.deepEqual(ran, []);
}
