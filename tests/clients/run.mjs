// Clients that others wrote, against one server and its contract:
//
//   npm ci && node run.mjs http://127.0.0.1:8080/graphql <email> <password>
//
// The account has one membership, a staff member's, in a firm with three open tickets of which one is changed by
// each client. Prints a line a client; exits with 0 only when all of them are content.
// graphql stays at 16 and graphql-ws at 5 because 17 and 6 want a newer Node than Debian and Ubuntu have.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as apollo from './apollo.mjs';
import * as codegen from './codegen.mjs';
import * as graphqlRequest from './graphql-request.mjs';
import * as graphqlWs from './graphql-ws.mjs';
import * as relay from './relay.mjs';
import * as urql from './urql.mjs';

const [url, email, password] = process.argv.slice(2);
if (!password) {
  console.error('usage: node run.mjs <url of the GraphQL endpoint> <email> <password>');
  process.exit(2);
}

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const schema = fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url));
const credentials = { email, password, transport: 'BEARER' };

let failed = false;
for (const [index, client] of [apollo, urql, graphqlRequest, relay, codegen, graphqlWs].entries()) {
  // Each client changes a ticket of its own.
  const change = (tickets) => {
    const { id, version } = tickets[index];
    return { idempotencyKey: client.name, id, status: 'IN_ANALYSIS', expectedVersion: version };
  };
  try {
    await client.check({ url, schema, credentials, change });
    console.log(`ok     ${client.name} ${dependencies[client.name]}`);
  } catch (error) {
    failed = true;
    console.log(`failed ${client.name} ${dependencies[client.name]}: ${error.stack}`);
  }
}
process.exit(failed ? 1 : 0);
