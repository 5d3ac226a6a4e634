// graphql-request: the least that a client can be.

import assert from 'node:assert/strict';
import { ClientError, GraphQLClient } from 'graphql-request';
import { SignIn, Tickets, TicketStatusChange, Wrong } from './documents.mjs';

export const name = 'graphql-request';

export async function check({ url, credentials, change }) {
  const client = new GraphQLClient(url);
  const { signIn } = await client.request(SignIn, { input: credentials });
  assert.deepEqual(signIn.userErrors, []);
  client.setHeader('authorization', `Bearer ${signIn.token}`);

  const { tickets } = await client.request(Tickets, { first: 100 });
  const input = change(tickets.edges.map((edge) => edge.node));
  const { ticketStatusChange } = await client.request(TicketStatusChange, { input });
  assert.equal(ticketStatusChange.ticket.status, input.status);
  assert.equal(ticketStatusChange.mail.state, 'QUEUED');

  const refused = await client.request(Wrong).catch((error) => error);
  assert.ok(refused instanceof ClientError, `${refused}`);
  assert.equal(refused.response.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
}
