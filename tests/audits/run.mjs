// Runs the public audits of GraphQL over HTTP against one server:
//
//   npm ci && node run.mjs http://127.0.0.1:8080/graphql
//
// Prints a line an audit. Exits with 0 only when each of the expected number is ok: a warning counts as a
// failure, and so does an audit that was added or taken away, until somebody has looked at it.
// graphql stays at 16 because 17 wants a newer Node than Debian and Ubuntu have.

import { serverAudits } from 'graphql-http';

const EXPECTED = 61;
const LIMIT_MS = 10_000;

const url = process.argv[2];
if (!url) {
  console.error('usage: node run.mjs <url of the GraphQL endpoint>');
  process.exit(2);
}

const audits = serverAudits({
  url,
  fetchFn: (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(LIMIT_MS) }),
});

let passed = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === 'ok') passed += 1;
  console.log(`${result.status.padEnd(6)} ${result.id} ${result.name}${result.reason ? `: ${result.reason}` : ''}`);
}

console.log(`${passed} of ${audits.length} audits are ok, ${EXPECTED} expected`);
process.exit(passed === EXPECTED && audits.length === EXPECTED ? 0 : 1);
