// The browser of the tests: the Chromium that `CHROME_PATH` names, or the system's. For everything that only a browser
// can show: what is displayed, and what is run.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function found() {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not there.
      }
    }
  }
  throw new Error('no Chromium: run `make setup-tests`, or set CHROME_PATH');
}

/** Starts a browser; end it with `close()`. */
export function launch() {
  // The sandbox of Chromium refuses to work for root, as in containers.
  const chromiumSandbox = process.getuid?.() !== 0;
  return chromium.launch({ executablePath: found(), chromiumSandbox });
}

/** The share of a page's picture that has a colour like this one, from 0 to 1. */
export async function shareOf(page, [red, green, blue]) {
  const picture = (await page.screenshot()).toString('base64');
  // The browser reads its own picture, so no library for pictures is needed.
  const reader = await page.context().newPage();
  try {
    return await reader.evaluate(
      async ([picture, wanted]) => {
        const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        const { data } = canvas.getImageData(0, 0, image.width, image.height);
        let alike = 0;
        for (let at = 0; at < data.length; at += 4) {
          if (wanted.every((value, channel) => Math.abs(data[at + channel] - value) < 24)) alike += 1;
        }
        return alike / (data.length / 4);
      },
      [picture, [red, green, blue]],
    );
  } finally {
    await reader.close();
  }
}

/** Waits until something holds, as long as a person would. */
export async function until(what, holds) {
  const end = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within 20 s: ${what}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

/** Asks the API from a page, so with its cookies and as its origin. */
export async function ask(page, token, query, variables = {}) {
  const answer = await page.evaluate(
    async ({ token, body }) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      return (await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify(body) })).json();
    },
    { token, body: { query, variables } },
  );
  if (answer.errors) throw new Error(answer.errors[0].message);
  return answer.data;
}
