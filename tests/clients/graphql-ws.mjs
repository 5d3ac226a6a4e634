// graphql-ws: queries, mutations and refusals over a websocket, on over a lost connection.

import assert from 'node:assert/strict';
import { print } from 'graphql';
import { GraphQLClient } from 'graphql-request';
import { SignIn, Tickets, Wrong } from './documents.mjs';
import { websocket } from './websocket.mjs';

export const name = 'graphql-ws';

export async function check({ url, credentials }) {
  const { signIn } = await new GraphQLClient(url).request(SignIn, { input: credentials });
  const { client, opened, cut, close } = await websocket(url, signIn.token);
  const ask = (document, variables) => client.iterate({ query: print(document), variables }).next();

  for (let connection = 1; connection <= 3; connection += 1) {
    const { value } = await ask(Tickets, { first: 100 });
    assert.equal(value.data.tickets.edges.length, 3);
    assert.equal(opened(), connection);
    cut();
    // Asked for while it is lost, it comes once it is back.
  }
  const refused = await ask(Wrong).catch((errors) => errors);
  assert.equal(refused[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
  await close();

  const stranger = await websocket(url, 'none');
  const closed = await stranger.client.iterate({ query: '{ __typename }' }).next().catch((event) => event);
  assert.deepEqual([closed.code, closed.reason], [4403, 'Forbidden']);
  await stranger.close();
}
