// graphql-ws: queries, refusals and subscriptions over a websocket, on over a lost connection.

import assert from 'node:assert/strict';
import { print } from 'graphql';
import { GraphQLClient } from 'graphql-request';
import { SignIn, Tickets, TicketsChanged, Wrong } from './documents.mjs';
import { editor, follow, inbox, websocket } from './websocket.mjs';

export const name = 'graphql-ws';

export async function check({ url, credentials }) {
  const { signIn } = await new GraphQLClient(url).request(SignIn, { input: credentials });
  const wire = await websocket(url, signIn.token);
  const edit = editor(url, signIn.token);
  const ask = (document, variables) => wire.client.iterate({ query: print(document), variables }).next();

  const { value } = await ask(Tickets, { first: 100 });
  assert.equal(value.data.tickets.edges.length, 3);
  const refused = await ask(Wrong).catch((errors) => errors);
  assert.equal(refused[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');

  const told = inbox();
  const subscribe = (variables) => {
    const next = ({ data }) => told.put(data.ticketsChanged);
    const error = (reason) => told.put(reason);
    return wire.client.subscribe({ query: print(TicketsChanged), variables }, { next, error, complete() {} });
  };
  let stop = subscribe({});
  await follow(wire, edit, told.take);
  stop();

  // From its last cursor on it misses nothing and reads nothing anew.
  const variables = {};
  stop = subscribe(variables);
  variables.after = (await told.take()).cursor;
  await wire.lose(() => edit('Guia 4'));
  const { reload, changed } = await told.take();
  assert.deepEqual([reload, changed.map((ticket) => ticket.subject)], [false, ['Guia 4']]);
  stop();
  await wire.close();

  const stranger = await websocket(url, 'none');
  const closing = new Promise((resolve) => stranger.client.on('closed', resolve));
  stranger.client.iterate({ query: '{ __typename }' }).next().catch(() => {});
  const closed = await closing;
  assert.deepEqual([closed.code, closed.reason], [4403, 'Forbidden']);
  await stranger.close();
}
