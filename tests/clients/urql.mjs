// urql: document cache, which asks again for what a mutation may have changed, and a subscription over
// a lost connection.

import assert from 'node:assert/strict';
import { cacheExchange, Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { SignIn, Tickets, TicketsChanged, TicketStatusChange, Wrong } from './documents.mjs';
import { editor, follow, inbox, websocket } from './websocket.mjs';

export const name = '@urql/core';

export async function check({ url, credentials, change }) {
  let token;
  const client = new Client({
    url,
    exchanges: [cacheExchange, fetchExchange],
    fetchOptions: () => ({ headers: token ? { authorization: `Bearer ${token}` } : {} }),
    preferGetMethod: false,
  });

  const entered = await client.mutation(SignIn, { input: credentials }).toPromise();
  assert.equal(entered.error, undefined);
  token = entered.data.signIn.token;

  const variables = { first: 100 };
  const first = await client.query(Tickets, variables).toPromise();
  assert.equal(first.error, undefined);
  const nodes = first.data.tickets.edges.map((edge) => edge.node);
  const again = await client.query(Tickets, variables).toPromise();
  assert.equal(again.operation.context.meta.cacheOutcome, 'hit');

  const input = change(nodes);
  const changed = await client.mutation(TicketStatusChange, { input }).toPromise();
  assert.equal(changed.error, undefined);
  assert.equal(changed.data.ticketStatusChange.ticket.status, input.status);
  const after = await client.query(Tickets, variables).toPromise();
  assert.notEqual(after.operation.context.meta.cacheOutcome, 'hit', 'a change of a Ticket makes its lists stale');
  assert.equal(after.data.tickets.edges.find((edge) => edge.node.id === input.id).node.status, input.status);

  // By GET too, as a front end behind a cache would.
  const got = await client.query(Tickets, { first: 1 }, { preferGetMethod: 'force' }).toPromise();
  assert.equal(got.error, undefined);
  assert.equal(got.data.tickets.edges.length, 1);

  const refused = await client.query(Wrong, {}).toPromise();
  assert.equal(refused.error.graphQLErrors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');

  const wire = await websocket(url, token);
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: wire.client.subscribe({ query, variables }, sink) }),
  });
  const live = new Client({ url, exchanges: [subscriptionExchange({ forwardSubscription })] });
  const told = inbox();
  const following = live.subscription(TicketsChanged, {}).subscribe(({ data, error }) => {
    told.put(error ?? data.ticketsChanged);
  });
  await follow(wire, editor(url, token), told.take);
  following.unsubscribe();
  await wire.close();
}
