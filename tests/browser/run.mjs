// What people see in a real browser, against one server:
//
//   npm ci && node run.mjs http://127.0.0.1:8080 <token> '{"pdf": "file_…", "png": "file_…", "xml": "file_…", "txt": "file_…"}' [folder]
//
// The token is a session that may download the files, which are those in `files`. Prints a line a check, and keeps a
// picture of each in the folder. Exits with 0 only when all are as they should.

import { ask, launch } from './browser.mjs';
import { isSaved, isShown } from './files.mjs';

const [url, token, files, pictures] = process.argv.slice(2);
if (!files) {
  console.error('usage: node run.mjs <url of the server> <token> <ids of the files as JSON> [folder for pictures]');
  process.exit(2);
}
const { pdf, png, xml, txt } = JSON.parse(files);

const browser = await launch();
let failed = false;
try {
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  const home = await context.newPage();
  await home.goto(`${url}/livez`);
  const { viewer } = await ask(home, token, '{ viewer { account { name } } }');
  console.log(`signed in as ${viewer.account.name}`);
  const site = { context, home, token, url, pictures };
  const checks = {
    'a PDF document is shown': () => isShown(site, { id: pdf, colour: [204, 0, 0], least: 0.1, name: 'pdf' }),
    'an image is shown': () => isShown(site, { id: png, colour: [0, 160, 0], least: 0.005, name: 'png' }),
    'a page in an XML file is saved': () => isSaved(site, { id: xml, name: 'page.xml' }),
    'a page in a text file is saved': () => isSaved(site, { id: txt, name: 'page.txt' }),
  };
  for (const [what, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok     ${what}`);
    } catch (error) {
      failed = true;
      console.log(`failed ${what}: ${error.stack}`);
    }
  }
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
