// A client's home screen: everything it shows comes with one request. Then two files are handed in at once, and
// the screen is told when they count.
//
//   node build/home.js http://127.0.0.1:8080 <email of a client's user> <password>
import { randomUUID } from 'node:crypto';
import { Api, done, there } from './api.js';
import * as documents from './generated/contract.js';

const api = await Api.signIn();
const { liveCursor, viewer, clientDashboard, toHandIn } = await api.ask(documents.HomeDocument, {});
const home = there(clientDashboard, 'client');
const { progress } = home;
const expected = progress.handedIn + progress.nothingToSubmit + progress.missing;
const delivered = progress.unread + progress.read;
console.log(`${there(viewer?.client, 'client').name}, ${home.month}`);
console.log(`handed in ${expected - progress.missing} of ${expected}, delivered ${delivered}, unread ${progress.unread}`);
for (const [title, list] of [
  ['overdue', home.overdue.nodes],
  ['soon', home.dueSoon.nodes],
  ['in progress', home.inProgress.nodes.flatMap(({ document }) => document ?? [])],
  ['to hand in', toHandIn.nodes],
] as const)
  for (const one of list) console.log(`${title}: ${one.name} ${one.period}, ${one.dueOn}, ${one.mark}`);

// The cursor was fixed before the screen was read, so nothing is missed in between.
const screen = api.follow(documents.HomeChangedDocument, (data) => data.dashboardChanged, liveCursor);
const wanted = toHandIn.nodes.slice(0, 2);
const files = await api.upload(
  wanted.map((one) => ({ name: 'extrato.csv', contentType: 'text/csv', text: `documento;valor\n${one.id};10,00\n` })),
);
const items = wanted.map((one, at) => ({ documentId: one.id, fileId: there(files[at], 'file') }));
const handedIn = done((await api.ask(documents.HandInDocument, { key: randomUUID(), items })).documentHandIn);
for (const result of handedIn.results) {
  const { document, version } = done(result);
  console.log(`handed in: ${there(document, 'document').name}, version ${version}`);
}

const missing = new Set(wanted.map((one) => one.id));
while (missing.size) {
  const told = await screen.until(({ changed }) => changed.some((one) => missing.has(one.id)));
  if (told.reload) throw new Error('it had to begin anew');
  for (const one of told.changed) if (one.mark === 'SETTLED') missing.delete(one.id);
}
console.log(`told that all ${wanted.length} are settled`);
process.exit(0);
